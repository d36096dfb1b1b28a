//! Other roads than mail, through the whole daemon: a chat that takes, refuses or is gone.

use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};

use ackd::roads::signature;
use chrono::Duration;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::blindness::changed;
use crate::house::House;

/// What it answers until somebody hangs up: nothing at all.
const SILENT: u16 = 0;

/// A chat's server, and all that it was told.
struct Chat {
    port: u16,
    answers: Arc<AtomicU16>,
    heard: Arc<Mutex<Vec<(String, String)>>>,
}

impl Chat {
    async fn open(answers: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let chat = Self {
            port,
            answers: Arc::new(AtomicU16::new(answers)),
            heard: Arc::default(),
        };
        let (answers, heard) = (chat.answers.clone(), chat.heard.clone());
        tokio::spawn(async move {
            while let Ok((mut peer, _)) = listener.accept().await {
                let (answers, heard) = (answers.clone(), heard.clone());
                tokio::spawn(async move {
                    let Some(said) = request(&mut peer).await else {
                        return;
                    };
                    heard.lock().expect("no panic").push(said);
                    let code = answers.load(Ordering::SeqCst);
                    if code == SILENT {
                        return std::future::pending().await;
                    }
                    let answer = format!("HTTP/1.1 {code} So\r\nContent-Length: 0\r\n\r\n");
                    let _ = peer.write_all(answer.as_bytes()).await;
                });
            }
        });
        chat
    }

    fn answers(&self, code: u16) {
        self.answers.store(code, Ordering::SeqCst);
    }

    fn heard(&self) -> Vec<(String, String)> {
        self.heard.lock().expect("no panic").clone()
    }

    /// A house whose reminders go to this chat alone.
    fn house(&self) -> House {
        let roads = format!(
            "[roads.chat]\nkind = \"webhook\"\nurl = \"http://127.0.0.1:{}/swordfish\"\n\
             secret = \"sesame\"\ntimeout = \"1s\"\n\
             [notifications]\nremind = [\"chat\"]\n[smtp]\nhost",
            self.port
        );
        House::new(&changed(&[
            ("mode = \"full\"", "mode = \"remind\""),
            ("[smtp]\nhost", &roads),
        ]))
    }
}

/// Head and body of a request.
async fn request(peer: &mut tokio::net::TcpStream) -> Option<(String, String)> {
    let mut said = String::new();
    let mut piece = [0; 4096];
    loop {
        if let Some((head, body)) = said.split_once("\r\n\r\n") {
            let mut lines = head.lines();
            let length = lines.find_map(|line| line.strip_prefix("Content-Length: "));
            if length?.parse() == Ok(body.len()) {
                return Some((head.to_owned(), body.to_owned()));
            }
        }
        match peer.read(&mut piece).await {
            Ok(0) | Err(_) => return None,
            Ok(read) => said.push_str(std::str::from_utf8(&piece[..read]).ok()?),
        }
    }
}

/// Time goes on, as fast as a machine may take it, until so much was heard.
async fn heard_at_least(house: &House, chat: &Chat, count: usize) {
    house
        .eventually("the chat to be told", || {
            (chat.heard().len() >= count).then_some(())
        })
        .await;
}

/// A mail of a client's whose first reminder is due.
async fn a_reminder_is_due(house: &mut House) {
    house.enter().await;
    house
        .mailbox
        .receive("anna@acme.test", "first", house.now());
    house.settled(1).await;
    house.jump(Duration::minutes(100));
}

fn reminders(house: &House) -> usize {
    house.post.letters_to("alice@agency.test").len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chat_is_told_once_signed_and_nobody_by_mail() {
    let chat = Chat::open(200).await;
    let mut house = chat.house();
    a_reminder_is_due(&mut house).await;
    heard_at_least(&house, &chat, 1).await;
    house.quiet().await;
    house.leave().await;
    house.enter().await;
    house.quiet().await;
    let heard = chat.heard();
    assert_eq!(heard.len(), 1, "{heard:#?}");
    assert_eq!(house.subjects(), Vec::<String>::new());
    let (head, body) = &heard[0];
    let told: Value = serde_json::from_str(body).expect("JSON");
    assert_eq!(told["event"], "remind");
    assert_eq!(told["recipients"][0], "alice@agency.test");
    let mut lines = head.lines();
    let signed = lines.find_map(|line| line.strip_prefix("X-Ackd-Signature: "));
    let signed = signed.expect("a signature");
    let seconds = signed
        .strip_prefix("t=")
        .and_then(|rest| rest.split_once(','));
    let seconds = seconds.expect("seconds").0.parse().expect("a number");
    assert_eq!(signed, signature(b"sesame", seconds, body));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_chat_did_not_take_is_told_under_the_same_id_after_a_restart() {
    let chat = Chat::open(503).await;
    let mut house = chat.house();
    a_reminder_is_due(&mut house).await;
    heard_at_least(&house, &chat, 1).await;
    house.leave().await;
    chat.answers(200);
    house.enter().await;
    house.jump(Duration::seconds(40));
    heard_at_least(&house, &chat, 2).await;
    house.quiet().await;
    let ids: Vec<Value> = chat
        .heard()
        .iter()
        .map(|(_, body)| serde_json::from_str::<Value>(body).expect("JSON")["id"].clone())
        .collect();
    assert_eq!(ids.len(), 2, "{ids:?}");
    assert_eq!(ids[0], ids[1]);
    assert_eq!(reminders(&house), 0, "{:#?}", house.subjects());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chat_that_refuses_or_is_silent_is_replaced_by_a_mail() {
    let chat = Chat::open(404).await;
    let mut house = chat.house();
    a_reminder_is_due(&mut house).await;
    house
        .eventually("the mail in its place", || {
            (reminders(&house) == 1).then_some(())
        })
        .await;
    chat.answers(SILENT);
    house.jump(Duration::minutes(52));
    heard_at_least(&house, &chat, 2).await;
    house
        .eventually("the second mail", || {
            house.jump(Duration::seconds(1));
            (reminders(&house) >= 2).then_some(())
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_road_that_is_taken_away_while_something_waits_for_it_is_replaced_by_a_mail() {
    let chat = Chat::open(503).await;
    let mut house = chat.house();
    a_reminder_is_due(&mut house).await;
    heard_at_least(&house, &chat, 1).await;
    let without = chat
        .house()
        .configuration
        .replace("remind = [\"chat\"]\n", "");
    let (before, after) = without.split_once("[roads.chat]").expect("a road");
    let (_, after) = after.split_once("[notifications]").expect("a matrix");
    house.configuration = format!("{before}[notifications]{after}");
    house.reload().await;
    let begin = house.now();
    house
        .eventually("the mail in its place", || {
            house.jump(Duration::seconds(1));
            (reminders(&house) == 1).then_some(())
        })
        .await;
    // With the next attempt, not when a road that fails is given up.
    assert!(house.now() - begin < Duration::minutes(3));
}
