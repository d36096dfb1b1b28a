//! Watching mailboxes on real servers: Dovecot, Cyrus and Courier.
//!
//! The servers are named by the environment (`host:port`, plain on loopback):
//! `ACKD_TEST_IMAP_DOVECOT`, `ACKD_TEST_IMAP_CYRUS`, `ACKD_TEST_IMAP_COURIER`; with TLS
//! `ACKD_TEST_IMAPS_DOVECOT` and its CA in `ACKD_TEST_CA` (a PEM file). They know the users
//! `user0` to `user19` with the password `pw`. A server that is not named is skipped, unless
//! `ACKD_TEST_SERVERS=required`.

#[expect(dead_code, reason = "the stories of the mails need more of them")]
#[path = "mails/given.rs"]
mod given;
#[path = "imap_servers/person.rs"]
mod person;
#[path = "imap_servers/threads.rs"]
mod threads;

use std::sync::Arc;
use std::time::Duration;

use ackd::clock::{Clock, SystemClock};
use ackd::domain::commit::Cursor;
use ackd::domain::facts::{Arrived, FolderRole, Location};
use ackd::domain::ids::{MailboxName, MessageId, OutboxId};
use ackd::imap::{
    Account, Beginning, Order, Protection, Report, SentChoice, WatchState, tls_client, watch,
};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch as watching};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::person::Person;

/// Longer than any server here needs; Courier is polled.
const PATIENCE: Duration = Duration::from_secs(40);

const SERVERS: [&str; 3] = [
    "ACKD_TEST_IMAP_DOVECOT",
    "ACKD_TEST_IMAP_CYRUS",
    "ACKD_TEST_IMAP_COURIER",
];

fn named(variable: &str) -> Option<(String, u16)> {
    let Ok(address) = std::env::var(variable) else {
        let required = std::env::var("ACKD_TEST_SERVERS").is_ok_and(|value| value == "required");
        assert!(!required, "{variable} is not set, and servers are required");
        println!("skipped: {variable} is not set");
        return None;
    };
    let (host, port) = address.rsplit_once(':').expect("host:port");
    Some((host.to_owned(), port.parse().expect("a port")))
}

/// A watch and both ends of its channels.
struct Watching {
    reports: mpsc::Receiver<Report>,
    orders: mpsc::Sender<Order>,
    flags: watching::Sender<Arc<Vec<Location>>>,
    stop: CancellationToken,
}

impl Watching {
    fn start(account: Account, beginning: Beginning) -> Self {
        let (report_to, reports) = mpsc::channel(64);
        let (orders, order_from) = mpsc::channel(64);
        let (flags, flags_from) = watching::channel(Arc::new(Vec::new()));
        let stop = CancellationToken::new();
        let clock = Arc::new(SystemClock);
        tokio::spawn(watch(
            account,
            clock,
            beginning,
            report_to,
            order_from,
            flags_from,
            stop.clone(),
        ));
        Self {
            reports,
            orders,
            flags,
            stop,
        }
    }

    /// Reads reports until one is what we wait for.
    async fn until<T>(&mut self, what: &str, mut wanted: impl FnMut(Report) -> Option<T>) -> T {
        let waiting = async {
            loop {
                let report = self.reports.recv().await.expect("the watch goes on");
                if let Some(found) = wanted(report) {
                    return found;
                }
            }
        };
        timeout(PATIENCE, waiting)
            .await
            .unwrap_or_else(|_| panic!("waited in vain for {what}"))
    }

    async fn live(&mut self) -> Vec<(String, FolderRole)> {
        self.until("the live state", |report| match report {
            Report::State {
                state: WatchState::Live,
                folders,
                ..
            } => Some(folders),
            Report::State {
                state: WatchState::Blind { reason },
                ..
            } => panic!("blind: {reason}"),
            _ => None,
        })
        .await
    }

    async fn message(&mut self, id: &str) -> Arrived {
        self.until("a message", |report| match report {
            Report::Batch { arrived, .. } => {
                arrived.into_iter().find(|message| has_id(message, id))
            }
            _ => None,
        })
        .await
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn has_id(message: &Arrived, id: &str) -> bool {
    let own = message.facts.message_id.as_ref();
    own.is_some_and(|own| own.as_str() == id)
}

fn account(server: &(String, u16), user: &str) -> Account {
    Account {
        name: MailboxName::new("clients"),
        host: server.0.clone(),
        port: server.1,
        connector: ackd::imap::Connector::Network,
        protection: Protection::Plain,
        tls: tls_client(None).expect("roots"),
        username: user.to_owned(),
        password: Arc::new(|| Ok("pw".to_owned().into())),
        folders: vec!["INBOX".to_owned()],
        sent: SentChoice::Auto,
        poll_every: Duration::from_secs(2),
        read_since: SystemClock.now() - chrono::Duration::days(1),
        may_concern: Arc::new(|_| true),
        wants_text: Arc::new(|_, _, _| true),
    }
}

fn unique(what: &str) -> String {
    let now = SystemClock
        .now()
        .timestamp_nanos_opt()
        .expect("this century");
    format!("{what}.{now}@client.example")
}

fn mail(id: &str) -> String {
    format!(
        "From: Carla <carla@client.example>\r\nTo: us@agency.test\r\nSubject: Hello\r\nMessage-ID: <{id}>\r\nDate: Fri, 20 Nov 2026 10:00:00 +0000\r\n\r\nplease answer\r\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn old_and_new_mail_is_read_with_its_text() {
    for variable in SERVERS {
        let Some(server) = named(variable) else {
            continue;
        };
        let mut person = Person::at(&server, "user10");
        let (old, new) = (unique("old"), unique("new"));
        person.append("INBOX", &mail(&old));
        let mut watching = Watching::start(account(&server, "user10"), Beginning::default());
        let first = watching.message(&old).await;
        assert_eq!(first.facts.subject, "Hello", "{variable}");
        assert_eq!(first.role, FolderRole::Inbox);
        let text = first.facts.text.unwrap_or_default();
        assert!(text.contains("please answer"), "{variable}: {text:?}");
        let folders = watching.live().await;
        let sent = folders.iter().find(|(_, role)| *role == FolderRole::Sent);
        let sent = sent.map(|(name, _)| name.as_str());
        assert!(
            matches!(sent, Some("Sent" | "INBOX.Sent")),
            "{variable}: {folders:?}"
        );
        person.append("INBOX", &mail(&new));
        let second = watching.message(&new).await;
        assert!(second.location.uid > first.location.uid, "{variable}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_goes_on_at_the_cursor_and_tells_nothing_twice() {
    for variable in SERVERS {
        let Some(server) = named(variable) else {
            continue;
        };
        let mut person = Person::at(&server, "user14");
        let (old, new) = (unique("old"), unique("new"));
        person.append("INBOX", &mail(&old));
        let mut watching = Watching::start(account(&server, "user14"), Beginning::default());
        let mut cursor: Option<Cursor> = None;
        watching
            .until("the first read", |report| match report {
                Report::Batch {
                    folder,
                    cursor: now,
                    ..
                } if folder.folder == "INBOX" => {
                    cursor = Some(now);
                    None
                }
                Report::Proof { .. } => Some(()),
                _ => None,
            })
            .await;
        drop(watching);
        person.append("INBOX", &mail(&new));
        let cursors = [("INBOX".to_owned(), cursor.expect("a cursor"))];
        let beginning = Beginning {
            cursors: cursors.into_iter().collect(),
        };
        let mut watching = Watching::start(account(&server, "user14"), beginning);
        let arrived = watching
            .until("the second read", |report| match report {
                Report::Batch {
                    folder, arrived, ..
                } if folder.folder == "INBOX" => Some(arrived),
                _ => None,
            })
            .await;
        assert_eq!(arrived.len(), 1, "{variable}");
        assert!(has_id(&arrived[0], &new), "{variable}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_by_flag_is_noticed() {
    for variable in SERVERS {
        let Some(server) = named(variable) else {
            continue;
        };
        let mut person = Person::at(&server, "user12");
        let id = unique("flagged");
        person.append("INBOX", &mail(&id));
        let mut watching = Watching::start(account(&server, "user12"), Beginning::default());
        let message = watching.message(&id).await;
        let wanted = Arc::new(vec![message.location.clone()]);
        watching.flags.send(wanted).expect("the watch goes on");
        person.run("SELECT INBOX");
        person.run(&format!(
            "UID STORE {} +FLAGS (\\Answered)",
            message.location.uid
        ));
        let answered = watching
            .until("the flag", |report| match report {
                Report::Answered { locations } => Some(locations),
                _ => None,
            })
            .await;
        assert_eq!(answered, [message.location], "{variable}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_is_filed_once() {
    for variable in SERVERS {
        let Some(server) = named(variable) else {
            continue;
        };
        let id = unique("ackd.1");
        let mut watching = Watching::start(account(&server, "user11"), Beginning::default());
        let folders = watching.live().await;
        for row in [1, 1] {
            let order = Order::FileSent {
                row: OutboxId(row),
                message_id: MessageId::parse(&id).expect("an id"),
                bytes: mail(&id).into_bytes(),
            };
            watching
                .orders
                .send(order)
                .await
                .expect("the watch goes on");
            let outcome = watching
                .until("the copy", |report| match report {
                    Report::Filed { outcome, .. } => Some(outcome),
                    _ => None,
                })
                .await;
            assert_eq!(outcome, Ok(()), "{variable}");
        }
        let sent = folders.iter().find(|(_, role)| *role == FolderRole::Sent);
        let (sent, _) = sent.expect("a sent folder");
        let mut person = Person::at(&server, "user11");
        person.run(&format!("SELECT {sent}"));
        let found = person.run(&format!("UID SEARCH HEADER Message-ID {id}"));
        let line = found.lines().find(|line| line.starts_with("* SEARCH"));
        let count = line.map_or(0, |line| line.split_whitespace().count() - 2);
        assert_eq!(count, 1, "{variable}: {found}");
        let uid = line.and_then(|line| line.split_whitespace().next_back());
        let flags = person.run(&format!("UID FETCH {} (FLAGS)", uid.unwrap_or("1")));
        assert!(flags.contains("\\Seen"), "{variable}: {flags}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ordered_look_sees_what_is_there() {
    for variable in SERVERS {
        let Some(server) = named(variable) else {
            continue;
        };
        let mut account = account(&server, "user15");
        account.poll_every = Duration::from_secs(600);
        let mut watching = Watching::start(account, Beginning::default());
        watching.live().await;
        let id = unique("looked");
        let mut person = Person::at(&server, "user15");
        person.append("INBOX", &mail(&id));
        for look in [7, 8] {
            let order = Order::Look { look };
            watching
                .orders
                .send(order)
                .await
                .expect("the watch goes on");
        }
        let mut seen = false;
        let mut looked = Vec::new();
        watching
            .until("both looks", |report| {
                match report {
                    Report::Batch { arrived, .. } => seen |= arrived.iter().any(|m| has_id(m, &id)),
                    Report::Looked { look, outcome, .. } => {
                        assert_eq!(outcome, Ok(()), "{variable}");
                        assert!(seen, "{variable}: the look ended before its message came");
                        looked.push(look);
                    }
                    _ => {}
                }
                (looked.len() == 2).then_some(())
            })
            .await;
        assert_eq!(looked, [7, 8], "{variable}");
    }
}

async fn blind_reason(account: Account) -> String {
    let mut watching = Watching::start(account, Beginning::default());
    watching
        .until("blindness", |report| match report {
            Report::State {
                state: WatchState::Blind { reason },
                ..
            } => Some(reason),
            _ => None,
        })
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_told_without_the_password() {
    for variable in SERVERS {
        let Some(server) = named(variable) else {
            continue;
        };
        let mut account = account(&server, "user13");
        account.password = Arc::new(|| Ok("s3cret-wrong".to_owned().into()));
        let reason = blind_reason(account).await;
        assert!(reason.starts_with("could not log in to"), "{reason}");
        assert!(reason.contains("as user13"), "{reason}");
        assert!(!reason.contains("s3cret"), "{reason}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_folder_is_named_with_those_that_exist() {
    for variable in SERVERS {
        let Some(server) = named(variable) else {
            continue;
        };
        let mut account = account(&server, "user16");
        account.folders.push("Clientz".to_owned());
        let reason = blind_reason(account).await;
        assert!(reason.contains("\"Clientz\""), "{variable}: {reason}");
        assert!(
            reason.contains("there are: ") && reason.contains("INBOX"),
            "{reason}"
        );
    }
}

/// The same server under an address its certificate does not name.
async fn pass_on(server: &(String, u16)) -> u16 {
    let listener = TcpListener::bind("127.0.0.2:0").await.expect("a port");
    let port = listener.local_addr().expect("bound").port();
    let server = server.clone();
    tokio::spawn(async move {
        let (mut here, _) = listener.accept().await.expect("a connection");
        let there = tokio::net::TcpStream::connect(server).await;
        let mut there = there.expect("the server runs");
        // Ends with an error when the client hangs up on the certificate.
        let _ = tokio::io::copy_bidirectional(&mut here, &mut there).await;
    });
    port
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_is_verified_in_both_forms() {
    let Some(server) = named("ACKD_TEST_IMAPS_DOVECOT") else {
        return;
    };
    let Some(plain) = named("ACKD_TEST_IMAP_DOVECOT") else {
        return;
    };
    let ca = std::env::var("ACKD_TEST_CA").expect("ACKD_TEST_CA names the CA of the server");
    let ca = std::fs::read(ca).expect("the CA is readable");
    let trusting = tls_client(Some(&ca)).expect("a certificate");
    for (server, protection) in [(&server, Protection::Tls), (&plain, Protection::StartTls)] {
        let mut known = account(server, "user17");
        known.host = "localhost".to_owned();
        known.protection = protection;
        known.tls = Arc::clone(&trusting);
        Watching::start(known.clone(), Beginning::default())
            .live()
            .await;

        let mut wrong_name = known.clone();
        wrong_name.host = "127.0.0.2".to_owned();
        wrong_name.port = pass_on(server).await;
        let reason = blind_reason(wrong_name).await;
        assert!(reason.contains("another name"), "{reason}");

        let mut stranger = known.clone();
        stranger.tls = tls_client(None).expect("roots");
        let reason = blind_reason(stranger).await;
        assert!(reason.contains("issuer"), "{reason}");
    }
}
