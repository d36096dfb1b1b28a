//! Handing over mail, against a scripted mail server on loopback and, where there is one,
//! against a real one.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ackd::domain::address::{Address, Author};
use ackd::domain::draft::Mail;
use ackd::domain::ids::MessageId;
use ackd::domain::outbox::SendVerdict;
use ackd::smtp::{Protection, Relay, bytes, send};
use futures_util::future::join_all;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

const CA: &[u8] = include_bytes!("smtp_certificates/ca.pem");
const CERTIFICATE: &[u8] = include_bytes!("smtp_certificates/server.pem");
const KEY: &[u8] = include_bytes!("smtp_certificates/server.key");

/// For servers that answer: long enough for any busy machine.
const PATIENCE: Duration = Duration::from_secs(30);
/// For servers that fall silent: waited out in full.
const SHORT_PATIENCE: Duration = Duration::from_secs(2);

// --- The scripted server

/// What the server does at one point.
#[derive(Debug, Clone, Copy)]
enum Act {
    Say(&'static str),
    Silence,
    Close,
}

use Act::{Close, Say, Silence};

#[derive(Debug, Clone, Copy)]
struct Script {
    greeting: Act,
    ehlo: Act,
    start_tls: Act,
    auth: Act,
    mail: Act,
    rcpt: Act,
    data: Act,
    content: Act,
    /// Reads only this much of the content before it acts.
    content_bytes: Option<usize>,
    tls_at_once: bool,
}

const WILLING: Script = Script {
    greeting: Say("220 peer.test ESMTP\r\n"),
    ehlo: Say("250-peer.test\r\n250 8BITMIME\r\n"),
    start_tls: Say("220 go ahead\r\n"),
    auth: Say("235 2.7.0 welcome\r\n"),
    mail: Say("250 2.1.0 ok\r\n"),
    rcpt: Say("250 2.1.5 ok\r\n"),
    data: Say("354 go ahead\r\n"),
    content: Say("250 2.0.0 queued\r\n"),
    content_bytes: None,
    tls_at_once: false,
};

impl Script {
    /// Whether the client has to give up by itself.
    fn falls_silent(&self) -> bool {
        [
            self.greeting,
            self.ehlo,
            self.start_tls,
            self.auth,
            self.mail,
            self.rcpt,
            self.data,
            self.content,
        ]
        .iter()
        .any(|act| match act {
            Say(line) => !line.ends_with('\n'),
            Silence => true,
            Close => false,
        })
    }
}

/// A server with a single visitor, and all it heard.
struct Peer {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<u8>>>,
    patience: Duration,
}

impl Peer {
    async fn start(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let heard = Arc::new(Mutex::new(Vec::new()));
        let ears = Arc::clone(&heard);
        tokio::spawn(async move {
            let (stream, _) = listener.accept().await?;
            if script.tls_at_once {
                let stream = acceptor().accept(stream).await?;
                converse(stream, script, &ears).await.map(drop)
            } else if let Some(stream) = converse(stream, script, &ears).await? {
                let stream = acceptor().accept(stream).await?;
                let quiet = Script {
                    greeting: Say(""),
                    ..script
                };
                converse(stream, quiet, &ears).await.map(drop)
            } else {
                io::Result::Ok(())
            }
        });
        let patience = if script.falls_silent() {
            SHORT_PATIENCE
        } else {
            PATIENCE
        };
        Self {
            address,
            heard,
            patience,
        }
    }

    fn heard(&self) -> String {
        let heard = self.heard.lock().expect("no panic");
        String::from_utf8_lossy(&heard).into_owned()
    }

    fn relay(&self, protection: Protection) -> Relay {
        Relay {
            host: "localhost".to_owned(),
            port: self.address.port(),
            protection,
            extra_root: Some(CA.to_vec()),
            login: None,
            timeout: self.patience,
        }
    }
}

fn acceptor() -> TlsAcceptor {
    let chain = vec![CertificateDer::from_pem_slice(CERTIFICATE).expect("a certificate")];
    let key = PrivateKeyDer::from_pem_slice(KEY).expect("a key");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .expect("a server");
    TlsAcceptor::from(Arc::new(config))
}

/// Plays the script to its end; gives the stream back where TLS is to begin.
async fn converse<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    script: Script,
    heard: &Mutex<Vec<u8>>,
) -> io::Result<Option<S>> {
    act(&mut stream, script.greeting).await?;
    loop {
        let Some(line) = hear_to(&mut stream, b"\r\n", heard, None).await? else {
            return Ok(None);
        };
        let verb = String::from_utf8_lossy(&line).to_ascii_uppercase();
        let verb = verb
            .split([' ', ':', '\r'])
            .next()
            .unwrap_or_default()
            .to_owned();
        match verb.as_str() {
            "EHLO" => act(&mut stream, script.ehlo).await?,
            "STARTTLS" => {
                act(&mut stream, script.start_tls).await?;
                return Ok(Some(stream));
            }
            "AUTH" => act(&mut stream, script.auth).await?,
            "MAIL" => act(&mut stream, script.mail).await?,
            "RCPT" => act(&mut stream, script.rcpt).await?,
            "DATA" => {
                act(&mut stream, script.data).await?;
                if !matches!(script.data, Say(line) if line.starts_with("354")) {
                    continue;
                }
                if script.content_bytes != Some(0) {
                    hear_to(&mut stream, b"\r\n.\r\n", heard, script.content_bytes).await?;
                }
                act(&mut stream, script.content).await?;
            }
            "QUIT" => {
                stream.write_all(b"221 bye\r\n").await?;
                return Ok(None);
            }
            other => panic!("the client said {other}"),
        }
    }
}

async fn act<S: AsyncWrite + Unpin>(stream: &mut S, act: Act) -> io::Result<()> {
    match act {
        Say(line) => {
            stream.write_all(line.as_bytes()).await?;
            stream.flush().await
        }
        Silence => {
            tokio::time::sleep(Duration::from_secs(60)).await;
            Ok(())
        }
        Close => Err(io::Error::other("the script says to close")),
    }
}

/// Reads byte by byte to the end mark or the limit. `None`: the client has gone.
async fn hear_to<S: AsyncRead + Unpin>(
    stream: &mut S,
    end: &[u8],
    heard: &Mutex<Vec<u8>>,
    limit: Option<usize>,
) -> io::Result<Option<Vec<u8>>> {
    let mut text = Vec::new();
    while !text.ends_with(end) && limit.is_none_or(|limit| text.len() < limit) {
        let Ok(byte) = stream.read_u8().await else {
            return Ok(None);
        };
        text.push(byte);
        heard.lock().expect("no panic").push(byte);
    }
    Ok(Some(text))
}

// --- Given

fn address(text: &str) -> Address {
    Address::parse(text).expect("an address")
}

fn mail() -> Mail {
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

fn with_login(relay: Relay) -> Relay {
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
enum Word {
    Sent,
    Later,
    Refused,
    Unknown,
}

fn word(verdict: &SendVerdict) -> Word {
    match verdict {
        SendVerdict::Sent => Word::Sent,
        SendVerdict::Later { .. } => Word::Later,
        SendVerdict::Refused { .. } => Word::Refused,
        SendVerdict::Unknown { .. } => Word::Unknown,
    }
}

fn reason(verdict: &SendVerdict) -> &str {
    match verdict {
        SendVerdict::Sent => "",
        SendVerdict::Later { reason }
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
        extra_root: None,
        login: None,
        timeout: PATIENCE,
    };
    assert_eq!(word(&send(&relay, &mail()).await), Word::Later);
    let relay = Relay {
        host: "no-such-host.invalid".to_owned(),
        ..relay
    };
    assert_eq!(word(&send(&relay, &mail()).await), Word::Later);
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
async fn a_mail_that_cannot_be_written_is_refused_before_anything_is_said() {
    let peer = Peer::start(WILLING).await;
    let mail = Mail {
        to: address("a\"(@agency.test"),
        ..mail()
    };
    let verdict = send(&peer.relay(Protection::Plain), &mail).await;
    assert_eq!(word(&verdict), Word::Refused);
    assert_eq!(peer.heard(), "");
}

// --- Then: protection and login

const OFFERS_TLS: Script = Script {
    ehlo: Say("250-peer.test\r\n250-STARTTLS\r\n250 AUTH PLAIN LOGIN\r\n"),
    ..WILLING
};

#[tokio::test]
async fn mail_goes_out_under_tls_after_starttls_and_with_the_login() {
    let peer = Peer::start(OFFERS_TLS).await;
    let relay = with_login(peer.relay(Protection::StartTls));
    assert_eq!(send(&relay, &mail()).await, SendVerdict::Sent);
    let heard = peer.heard();
    let before = heard.split("STARTTLS\r\n").next().unwrap_or_default();
    assert_eq!(
        before, "EHLO agency.test\r\n",
        "nothing but a greeting in the clear"
    );
    assert!(heard.contains("AUTH PLAIN "), "{heard}");
    let peer = Peer::start(Script {
        tls_at_once: true,
        ..OFFERS_TLS
    })
    .await;
    let relay = with_login(peer.relay(Protection::Tls));
    assert_eq!(send(&relay, &mail()).await, SendVerdict::Sent);
}

#[tokio::test]
async fn starttls_is_demanded_not_hoped_for() {
    let peer = Peer::start(WILLING).await;
    let relay = with_login(peer.relay(Protection::StartTls));
    let verdict = send(&relay, &mail()).await;
    assert_eq!(word(&verdict), Word::Later);
    assert!(reason(&verdict).contains("does not offer"), "{verdict:?}");
    assert!(!peer.heard().contains("AUTH"), "{}", peer.heard());
    assert!(!peer.heard().contains("MAIL"), "{}", peer.heard());
}

#[tokio::test]
async fn replies_smuggled_in_before_tls_are_not_believed() {
    let injected = "220 go ahead\r\n250-evil.test\r\n250 AUTH PLAIN\r\n235 welcome\r\n";
    let peer = Peer::start(Script {
        start_tls: Say(injected),
        ..OFFERS_TLS
    })
    .await;
    let relay = with_login(peer.relay(Protection::StartTls));
    let verdict = send(&relay, &mail()).await;
    assert_eq!(word(&verdict), Word::Later, "{verdict:?}");
    assert!(!peer.heard().contains("AUTH"), "{}", peer.heard());
}

#[tokio::test]
async fn a_certificate_nobody_vouches_for_is_not_accepted() {
    for (protection, tls_at_once) in [(Protection::StartTls, false), (Protection::Tls, true)] {
        let peer = Peer::start(Script {
            tls_at_once,
            ..OFFERS_TLS
        })
        .await;
        let relay = Relay {
            extra_root: None,
            ..with_login(peer.relay(protection))
        };
        let verdict = send(&relay, &mail()).await;
        assert_eq!(word(&verdict), Word::Later, "{verdict:?}");
        let peer = Peer::start(Script {
            tls_at_once,
            ..OFFERS_TLS
        })
        .await;
        let relay = Relay {
            host: "127.0.0.1".to_owned(),
            ..with_login(peer.relay(protection))
        };
        let verdict = send(&relay, &mail()).await;
        assert_eq!(word(&verdict), Word::Later, "another name: {verdict:?}");
        assert!(!peer.heard().contains("AUTH"), "{}", peer.heard());
    }
}

#[tokio::test]
async fn a_login_that_fails_is_the_accounts_trouble_and_stays_secret() {
    let offers_login = Script {
        ehlo: Say("250-peer.test\r\n250 AUTH PLAIN\r\n"),
        ..WILLING
    };
    for auth in [
        Say("535 5.7.8 user1 pw-secret AHVzZXIxAHB3LXNlY3JldA== wrong\r\n"),
        Say("454 4.7.0 later\r\n"),
        Say("250 ok\r\n"),
        Silence,
        Close,
    ] {
        let peer = Peer::start(Script {
            auth,
            ..offers_login
        })
        .await;
        let verdict = send(&with_login(peer.relay(Protection::Plain)), &mail()).await;
        assert_eq!(word(&verdict), Word::Later, "{verdict:?}");
        for secret in ["user1", "pw-secret", "AHVzZXIx"] {
            assert!(!reason(&verdict).contains(secret), "{verdict:?}");
        }
        assert!(!peer.heard().contains("MAIL"), "{}", peer.heard());
    }
    let peer = Peer::start(WILLING).await;
    let verdict = send(&with_login(peer.relay(Protection::Plain)), &mail()).await;
    assert_eq!(word(&verdict), Word::Later, "no AUTH offered: {verdict:?}");
}

#[tokio::test]
async fn a_password_that_cannot_be_read_is_for_later() {
    let peer = Peer::start(WILLING).await;
    let read_password = || Err("the file /run/x is missing".to_owned());
    let relay = Relay {
        login: Some(("user1".to_owned(), Arc::new(read_password))),
        ..peer.relay(Protection::Plain)
    };
    let verdict = send(&relay, &mail()).await;
    assert_eq!(word(&verdict), Word::Later);
    assert!(reason(&verdict).contains("/run/x"), "{verdict:?}");
    let asleep = || {
        std::thread::sleep(Duration::from_secs(3));
        Err(String::new())
    };
    let relay = Relay {
        login: Some(("user1".to_owned(), Arc::new(asleep))),
        timeout: Duration::from_millis(200),
        ..relay
    };
    let verdict = send(&relay, &mail()).await;
    assert!(reason(&verdict).contains("too long"), "{verdict:?}");
}

#[tokio::test]
async fn without_tls_only_this_machine_is_spoken_to() {
    let relay = Relay {
        host: "192.0.2.1".to_owned(),
        port: 25,
        protection: Protection::Plain,
        extra_root: None,
        login: None,
        timeout: PATIENCE,
    };
    let verdict = send(&relay, &mail()).await;
    assert_eq!(word(&verdict), Word::Later);
    assert!(reason(&verdict).contains("without TLS"), "{verdict:?}");
}

// --- A real mail server, where there is one

fn real(name: &str) -> Option<(String, u16)> {
    let Ok(text) = std::env::var(name) else {
        let required = std::env::var("ACKD_TEST_SERVERS").is_ok_and(|value| value == "required");
        assert!(
            !required,
            "{name} is not set, and ACKD_TEST_SERVERS=required"
        );
        eprintln!("skipped: {name} is not set");
        return None;
    };
    let (host, port) = text.rsplit_once(':').expect("host:port");
    Some((host.to_owned(), port.parse().expect("a port")))
}

#[tokio::test]
async fn a_real_server_takes_plain_mail_from_this_machine() {
    let Some((host, port)) = real("ACKD_TEST_SMTP") else {
        return;
    };
    let relay = Relay {
        host,
        port,
        protection: Protection::Plain,
        extra_root: None,
        login: None,
        timeout: Duration::from_secs(30),
    };
    assert_eq!(send(&relay, &mail()).await, SendVerdict::Sent);
    let acknowledgement = Mail {
        envelope_sender: None,
        ..mail()
    };
    assert_eq!(send(&relay, &acknowledgement).await, SendVerdict::Sent);
    let elsewhere = Mail {
        to: address("somebody@outside.invalid"),
        ..mail()
    };
    let verdict = send(&relay, &elsewhere).await;
    assert_ne!(word(&verdict), Word::Unknown, "{verdict:?}");
}

#[tokio::test]
async fn a_real_server_takes_mail_under_starttls_with_a_login() {
    let (Some((_, port)), Some(ca)) = (
        real("ACKD_TEST_SUBMISSION"),
        std::env::var_os("ACKD_TEST_CA"),
    ) else {
        return;
    };
    let login = |password: &'static str| -> Relay {
        Relay {
            host: "localhost".to_owned(),
            port,
            protection: Protection::StartTls,
            extra_root: Some(std::fs::read(&ca).expect("ACKD_TEST_CA can be read")),
            login: Some(("user1".to_owned(), Arc::new(move || Ok(password.into())))),
            timeout: Duration::from_secs(30),
        }
    };
    assert_eq!(send(&login("pw"), &mail()).await, SendVerdict::Sent);
    let verdict = send(&login("wrong"), &mail()).await;
    assert_eq!(word(&verdict), Word::Later, "{verdict:?}");
    assert!(reason(&verdict).contains("535"), "{verdict:?}");
}
