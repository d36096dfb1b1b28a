//! Handing over mail, against a scripted mail server on loopback and, where there is one,
//! against a real one.

mod peer;
mod protection;
mod real;

use std::sync::Arc;

use ackd::domain::address::{Address, Author};
use ackd::domain::draft::Mail;
use ackd::domain::ids::MessageId;
use ackd::domain::outbox::SendVerdict;
use ackd::smtp::{Protection, Relay, bytes, send};
use futures_util::future::join_all;
use tokio::net::TcpListener;

use crate::peer::{Act::Close, Act::Say, Act::Silence, PATIENCE, Peer, Script, WILLING};

// --- Given

pub(crate) fn address(text: &str) -> Address {
    Address::parse(text).expect("an address")
}

pub(crate) fn mail() -> Mail {
    Mail {
        message_id: MessageId::parse("ackd.1.k7q2@agency.test").expect("an id"),
        date: "2026-09-10T12:55:00Z".parse().expect("a time"),
        from: Author {
            address: address("ackd@agency.test"),
            name: Some("Ackd".to_owned()),
        },
        to: address("user1@agency.test"),
        envelope_sender: Some(address("ackd@agency.test")),
        subject: "35 min left".to_owned(),
        in_reply_to: None,
        references: Vec::new(),
        headers: vec![("Auto-Submitted", "auto-generated".to_owned())],
        text: "first\n.\n..dots\nlast\n".to_owned(),
        html: None,
    }
}

pub(crate) fn with_login(relay: Relay) -> Relay {
    let read_password = || Ok(secrecy::SecretString::from("pw-secret"));
    Relay {
        login: Some(("user1".to_owned(), Arc::new(read_password))),
        ..relay
    }
}

// --- When

async fn verdict_of(script: Script) -> SendVerdict {
    let peer = Peer::start(script).await;
    send(&peer.relay(Protection::Plain), &mail()).await
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Word {
    Sent,
    Later,
    Refused,
    Unknown,
}

pub(crate) fn word(verdict: &SendVerdict) -> Word {
    match verdict {
        SendVerdict::Sent => Word::Sent,
        SendVerdict::Later { .. } | SendVerdict::LaterBy { .. } => Word::Later,
        SendVerdict::Refused { .. } => Word::Refused,
        SendVerdict::Unknown { .. } => Word::Unknown,
    }
}

pub(crate) fn reason(verdict: &SendVerdict) -> &str {
    match verdict {
        SendVerdict::Sent => "",
        SendVerdict::Later { reason }
        | SendVerdict::LaterBy { reason, .. }
        | SendVerdict::Refused { reason }
        | SendVerdict::Unknown { reason } => reason,
    }
}

async fn expect(cases: &[(&str, Script, Word)]) {
    let verdicts = join_all(cases.iter().map(|(_, script, _)| verdict_of(*script))).await;
    for ((story, _, expected), verdict) in cases.iter().zip(verdicts) {
        assert_eq!(word(&verdict), *expected, "{story}: {verdict:?}");
        let reason = reason(&verdict);
        assert!(!reason.contains('@'), "{story}: {reason}");
        assert!(!reason.contains(['\r', '\n']), "{story}: {reason}");
        assert_eq!(reason.is_empty(), *expected == Word::Sent, "{story}");
    }
}

// --- Then: what each answer comes to

#[tokio::test]
async fn a_mail_is_sent_when_the_server_says_250_after_the_dot_and_only_then() {
    let after_dot = |line| Script {
        content: Say(line),
        ..WILLING
    };
    expect(&[
        ("250", WILLING, Word::Sent),
        (
            "250 in lines",
            after_dot("250-2.0.0 thanks\r\n250 2.0.0 queued\r\n"),
            Word::Sent,
        ),
        ("251", after_dot("251 elsewhere\r\n"), Word::Unknown),
        ("252", after_dot("252 perhaps\r\n"), Word::Unknown),
        ("354", after_dot("354 go ahead\r\n"), Word::Unknown),
        (
            "lines that disagree",
            after_dot("250-yes\r\n550 no\r\n"),
            Word::Unknown,
        ),
        ("garbage", after_dot("lorem ipsum\r\n"), Word::Unknown),
        (
            "half a line",
            Script {
                content: Say("25"),
                ..WILLING
            },
            Word::Unknown,
        ),
        ("421", after_dot("421 4.3.2 shutting down\r\n"), Word::Later),
        (
            "451",
            after_dot("451 4.7.1 greylisted <user1@agency.test>\r\n"),
            Word::Later,
        ),
        ("554", after_dot("554 5.7.1 spam\r\n"), Word::Refused),
    ])
    .await;
}

#[tokio::test]
async fn silence_or_a_break_after_the_content_leaves_the_outcome_unknown() {
    expect(&[
        (
            "silent after the dot",
            Script {
                content: Silence,
                ..WILLING
            },
            Word::Unknown,
        ),
        (
            "closed after the dot",
            Script {
                content: Close,
                ..WILLING
            },
            Word::Unknown,
        ),
        (
            "354, then closed",
            Script {
                content: Close,
                content_bytes: Some(0),
                ..WILLING
            },
            Word::Unknown,
        ),
        (
            "silent in the middle",
            Script {
                content: Silence,
                content_bytes: Some(50),
                ..WILLING
            },
            Word::Unknown,
        ),
        (
            "closed in the middle",
            Script {
                content: Close,
                content_bytes: Some(50),
                ..WILLING
            },
            Word::Unknown,
        ),
    ])
    .await;
}

#[tokio::test]
async fn a_4xx_before_the_content_is_for_later() {
    expect(&[
        (
            "greeting",
            Script {
                greeting: Say("421 busy\r\n"),
                ..WILLING
            },
            Word::Later,
        ),
        (
            "ehlo",
            Script {
                ehlo: Say("421 busy\r\n"),
                ..WILLING
            },
            Word::Later,
        ),
        (
            "mail",
            Script {
                mail: Say("451 4.3.0 busy\r\n"),
                ..WILLING
            },
            Word::Later,
        ),
        (
            "rcpt",
            Script {
                rcpt: Say("450 4.2.0 <user1@agency.test> greylisted\r\n"),
                ..WILLING
            },
            Word::Later,
        ),
        (
            "data",
            Script {
                data: Say("452 4.3.1 full\r\n"),
                ..WILLING
            },
            Word::Later,
        ),
    ])
    .await;
}

#[tokio::test]
async fn a_5xx_to_the_mail_refuses_it_but_one_to_the_account_does_not() {
    expect(&[
        (
            "greeting",
            Script {
                greeting: Say("554 no\r\n"),
                ..WILLING
            },
            Word::Later,
        ),
        (
            "ehlo",
            Script {
                ehlo: Say("550 no\r\n"),
                ..WILLING
            },
            Word::Later,
        ),
        (
            "mail",
            Script {
                mail: Say("553 5.1.8 <ackd@agency.test> no\r\n"),
                ..WILLING
            },
            Word::Refused,
        ),
        (
            "mail, not logged in",
            Script {
                mail: Say("530 5.7.0 log in\r\n"),
                ..WILLING
            },
            Word::Later,
        ),
        (
            "rcpt",
            Script {
                rcpt: Say("550-5.1.1 <user1@agency.test>\r\n550 5.1.1 unknown\r\n"),
                ..WILLING
            },
            Word::Refused,
        ),
        (
            "data",
            Script {
                data: Say("554 5.5.1 no\r\n"),
                ..WILLING
            },
            Word::Refused,
        ),
        (
            "data, out of step",
            Script {
                data: Say("250 ok\r\n"),
                ..WILLING
            },
            Word::Later,
        ),
        (
            "rcpt, forwards",
            Script {
                rcpt: Say("251 will forward\r\n"),
                ..WILLING
            },
            Word::Sent,
        ),
    ])
    .await;
}

#[tokio::test]
async fn silence_a_break_or_garbage_before_the_content_is_for_later() {
    for act in [
        Silence,
        Close,
        Say("lorem ipsum\r\n"),
        Say("250"),
        Say("999 odd\r\n"),
    ] {
        expect(&[
            (
                "greeting",
                Script {
                    greeting: act,
                    ..WILLING
                },
                Word::Later,
            ),
            (
                "ehlo",
                Script {
                    ehlo: act,
                    ..WILLING
                },
                Word::Later,
            ),
            (
                "mail",
                Script {
                    mail: act,
                    ..WILLING
                },
                Word::Later,
            ),
            (
                "rcpt",
                Script {
                    rcpt: act,
                    ..WILLING
                },
                Word::Later,
            ),
            (
                "data",
                Script {
                    data: act,
                    ..WILLING
                },
                Word::Later,
            ),
        ])
        .await;
    }
}

#[tokio::test]
async fn a_server_that_never_ends_its_line_is_left() {
    let endless: &'static str = Box::leak("x".repeat(3_000_000).into_boxed_str());
    let verdict = verdict_of(Script {
        greeting: Say(endless),
        ..WILLING
    })
    .await;
    assert_eq!(word(&verdict), Word::Later);
    assert!(reason(&verdict).contains("too much"), "{verdict:?}");
}

#[tokio::test]
async fn nobody_at_the_door_is_for_later() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    drop(listener);
    let relay = Relay {
        host: "127.0.0.1".to_owned(),
        port,
        protection: Protection::Plain,
        connector: ackd::smtp::Connector::Network,
        extra_root: None,
        login: None,
        timeout: PATIENCE,
    };
    let verdict = send(&relay, &mail()).await;
    assert_eq!(word(&verdict), Word::Later);
    let server = format!("127.0.0.1:{port}: connecting");
    assert!(reason(&verdict).starts_with(&server), "{verdict:?}");
    let relay = Relay {
        host: "no-such-host.invalid".to_owned(),
        ..relay
    };
    let verdict = send(&relay, &mail()).await;
    assert_eq!(word(&verdict), Word::Later);
}

// --- Then: what goes over the wire

#[tokio::test]
async fn the_content_arrives_byte_for_byte_with_its_dots_stuffed() {
    let peer = Peer::start(WILLING).await;
    let verdict = send(&peer.relay(Protection::Plain), &mail()).await;
    assert_eq!(verdict, SendVerdict::Sent);
    let heard = peer.heard();
    let (commands, content) = heard.split_once("DATA\r\n").expect("a DATA command");
    assert_eq!(
        commands,
        "EHLO agency.test\r\nMAIL FROM:<ackd@agency.test>\r\nRCPT TO:<user1@agency.test>\r\n"
    );
    assert!(
        content.contains("\r\nfirst\r\n..\r\n...dots\r\nlast\r\n.\r\n"),
        "{content}"
    );
    let (content, _) = content.split_once("\r\n.\r\n").expect("a final dot");
    let unstuffed = format!("{content}\r\n").replace("\r\n..", "\r\n.");
    assert_eq!(unstuffed.as_bytes(), bytes(&mail()).expect("a mail"));
    assert!(!heard.replace("\r\n", "").contains(['\r', '\n']));
}

#[tokio::test]
async fn an_acknowledgement_has_the_null_sender() {
    let peer = Peer::start(WILLING).await;
    let mail = Mail {
        envelope_sender: None,
        ..mail()
    };
    assert_eq!(
        send(&peer.relay(Protection::Plain), &mail).await,
        SendVerdict::Sent
    );
    assert!(
        peer.heard().contains("\r\nMAIL FROM:<>\r\n"),
        "{}",
        peer.heard()
    );
}

#[tokio::test]
async fn letters_beyond_ascii_in_an_address_need_a_server_that_takes_them() {
    let mail = Mail {
        to: address("jürgen@agency.test"),
        ..mail()
    };
    let peer = Peer::start(WILLING).await;
    let verdict = send(&peer.relay(Protection::Plain), &mail).await;
    assert_eq!(word(&verdict), Word::Refused);
    let modern = Script {
        ehlo: Say("250-peer.test\r\n250 SMTPUTF8\r\n"),
        ..WILLING
    };
    let peer = Peer::start(modern).await;
    assert_eq!(
        send(&peer.relay(Protection::Plain), &mail).await,
        SendVerdict::Sent
    );
    assert!(peer.heard().contains(" SMTPUTF8"), "{}", peer.heard());
}

#[tokio::test]
async fn a_quoted_local_part_reaches_the_server_in_its_quotes() {
    let mail = Mail {
        to: address("\"ann smith\"@agency.test"),
        ..mail()
    };
    let peer = Peer::start(WILLING).await;
    let verdict = send(&peer.relay(Protection::Plain), &mail).await;
    assert_eq!(verdict, SendVerdict::Sent);
    let heard = peer.heard();
    assert!(
        heard.contains("RCPT TO:<\"ann smith\"@agency.test>"),
        "{heard}"
    );
    assert!(heard.contains("To: \"ann smith\"@agency.test"), "{heard}");
}

#[tokio::test]
async fn a_mail_that_cannot_be_written_is_refused_before_anything_is_said() {
    let peer = Peer::start(WILLING).await;
    let mail = Mail {
        // No address from outside is like that; what is on disk is taken as it is.
        to: Address::from_parts("a\"(", "agency.test").expect("two parts"),
        ..mail()
    };
    let verdict = send(&peer.relay(Protection::Plain), &mail).await;
    assert_eq!(word(&verdict), Word::Refused);
    assert_eq!(peer.heard(), "");
}
