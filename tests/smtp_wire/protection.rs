//! TLS, STARTTLS and the login, against the scripted server.

use std::sync::Arc;
use std::time::Duration;

use ackd::domain::outbox::SendVerdict;
use ackd::smtp::{Protection, Relay, send};

use crate::peer::{Act::Close, Act::Say, Act::Silence, PATIENCE, Peer, Script, WILLING};
use crate::{Word, mail, reason, with_login, word};

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
        assert!(reason(&verdict).contains("certificate"), "{verdict:?}");
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
        connector: ackd::smtp::Connector::Network,
        extra_root: None,
        login: None,
        timeout: PATIENCE,
    };
    let verdict = send(&relay, &mail()).await;
    assert_eq!(word(&verdict), Word::Later);
    assert!(reason(&verdict).contains("without TLS"), "{verdict:?}");
}

#[tokio::test]
async fn a_root_certificate_that_is_none_is_said_so() {
    let peer = Peer::start(OFFERS_TLS).await;
    let relay = Relay {
        extra_root: Some(b"not a certificate".to_vec()),
        ..peer.relay(Protection::StartTls)
    };
    let verdict = send(&relay, &mail()).await;
    assert_eq!(word(&verdict), Word::Later);
    assert!(reason(&verdict).contains("ca_file"), "{verdict:?}");
}
