//! Mailboxes with more of everything than there should be. These keep the processor busy, so
//! each has its turn.

use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use tokio::time::Instant;

use crate::house::House;
use crate::letters::{header, id, letter, stranger, with_header};
use crate::peer::{Folder, Message, Part};
use crate::{Horror, LATENCY_MAX, memory_kib_max};

/// Every how many messages of a flood one is a client's.
const CLIENT_EVERY: u32 = 500;

fn mixed(name: &'static str, uid: u32) -> Message {
    match uid % CLIENT_EVERY {
        0 => letter(name, uid),
        _ => stranger(uid),
    }
}

fn client_letters(name: &'static str, count: u32) -> Vec<String> {
    let uids = (1..=count).filter(|uid| uid % CLIENT_EVERY == 0);
    uids.map(|uid| id(name, uid)).collect()
}

fn horror(name: &'static str, part: Part, read: Vec<String>) -> Horror {
    Horror {
        name,
        part,
        read,
        set_aside: vec![],
    }
}

#[test]
fn floods_are_read_in_pieces() {
    let name = "long-headers";
    // Of mail in several parts the text is wanted too, so that the header is kept until it comes.
    let long = move |uid| {
        let field = [b"X-Loop: ", &[b'x'; 990][..], b"\r\n"]
            .concat()
            .repeat(1000);
        let parts = b"Content-Type: multipart/mixed; boundary=x\r\n";
        with_header(&[&header(name, uid)[..], parts, &field, b"\r\n"].concat())
    };
    let read = (1..=60).map(|uid| id(name, uid)).collect();
    let part = Part::honest(vec![Folder::new("INBOX", 60, long)]);
    horror(name, part, read).endured();

    // The UIDs lie close together below a gap, so that one range holds them all. Mail of a
    // client's programs has to be judged whole.
    let name = "clustered-uids";
    let count = 4_000;
    let long = [b"X-Loop: ", &[b'x'; 990][..], b"\r\n"].concat().repeat(6);
    let mut folder = Folder::new("INBOX", count, move |uid| match uid % CLIENT_EVERY {
        0 => letter(name, uid),
        _ => {
            let program = b"Auto-Submitted: auto-generated\r\n";
            with_header(&[&header(name, uid)[..], program, &long, b"\r\n"].concat())
        }
    });
    folder.claims = Some((3, 4_000_000_000));
    let part = Part::honest(vec![folder]);
    horror(name, part, client_letters(name, count)).endured();

    let name = "large-sent-folder";
    let sent = Folder::new("Sent", 5_000, |uid| match stranger(uid) {
        Message::Letter { header, text, .. } => Message::Letter {
            header,
            text,
            size: 400_000,
        },
        other => other,
    });
    let inbox = Folder::new("INBOX", 1, |uid| letter(name, uid));
    horror(name, Part::honest(vec![sent, inbox]), vec![id(name, 1)]).endured();

    let name = "many-folders";
    let inbox = Folder::new("INBOX", 1, |uid| letter(name, uid));
    let part = Part::honest(vec![inbox]).but(|_, command, out| {
        if command.starts_with("LIST") {
            for _ in 0..400 {
                out.write_all(b"* LIST () \"/\" {200000}\r\n")?;
                (0..200).try_for_each(|_| out.write_all(&[b'x'; 1000]))?;
                out.write_all(b"\r\n")?;
            }
        }
        Ok(false)
    });
    horror(name, part, vec![id(name, 1)]).endured();
}

/// Fifty thousand messages come into a mailbox that is live already.
#[test]
fn many_messages_come_at_once() {
    let name = "fifty-thousand-at-once";
    let inbox = Folder::new("INBOX", 1, |uid| mixed(name, uid));
    let mut house = House::watching(Part::honest(vec![inbox.clone()]));
    house.wait_until_live("hostile");
    let began = Instant::now();
    inbox.count.store(50_000, Ordering::Relaxed);
    let mut slowest = Duration::ZERO;
    let wanted = client_letters(name, 50_000);
    while !house.has_case(wanted.last().expect("there are some")) {
        slowest = slowest.max(house.latency());
    }
    let took = began.elapsed();
    house.wait_until_live("hostile");
    assert_eq!(house.without_case(&wanted), [""; 0]);
    let memory = house.memory_peak();
    println!(
        "{name}: {:.1} MiB, ordinary mail {} ms at most, read after {:.1} s",
        memory as f64 / 1024.0,
        slowest.as_millis(),
        took.as_secs_f64()
    );
    assert!(memory < memory_kib_max(), "{memory} KiB");
    assert!(slowest < LATENCY_MAX, "{slowest:?}");
}

/// A server that announces a message each time it is asked for it must not keep us busy.
#[test]
fn news_of_nothing_is_not_chased() {
    let asked = std::sync::Arc::new(AtomicU32::new(0));
    let count = asked.clone();
    let inbox = Folder::new("INBOX", 1, |uid| letter("announced", uid));
    let part = Part::honest(vec![inbox]).but(move |tag, command, out| {
        let idle = command == "IDLE";
        if idle {
            out.write_all(b"+ idling\r\n* 1 EXISTS\r\n")?;
        } else if tag == "DONE" {
            // The tag of the IDLE it ends is the last one given.
            let last = count.load(Ordering::Relaxed);
            write!(out, "a{last} OK done\r\n")?;
        } else if command.starts_with("UID FETCH") {
            write!(out, "* 1 EXISTS\r\n")?;
        }
        if let Some(number) = tag.strip_prefix('a').and_then(|own| own.parse().ok()) {
            count.store(number, Ordering::Relaxed);
        }
        Ok(idle || tag == "DONE")
    });
    let mut house = House::watching(part);
    house.wait_until_live("hostile");
    house.wait_until_live("ordinary");
    let before = (asked.load(Ordering::Relaxed), house.processor_time());
    thread::sleep(Duration::from_secs(5));
    let commands = asked.load(Ordering::Relaxed) - before.0;
    let busy = house.processor_time() - before.1;
    println!(
        "news of nothing: {commands} commands and {} ms of processor time in 5 s",
        busy.as_millis()
    );
    assert!(commands < 100, "{commands} commands in 5 s");
    assert!(house.latency() < LATENCY_MAX);
}
