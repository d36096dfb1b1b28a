//! A real mail server, where the environment names one.

use std::sync::Arc;
use std::time::Duration;

use ackd::domain::draft::Mail;
use ackd::domain::outbox::SendVerdict;
use ackd::smtp::{Protection, Relay, send};

use crate::{Word, address, mail, reason, word};

/// The variable's value; fails without one where real servers are required.
fn named(name: &str) -> Option<String> {
    let value = std::env::var(name).ok();
    if value.is_none() {
        let required = std::env::var("ACKD_TEST_SERVERS").is_ok_and(|value| value == "required");
        assert!(
            !required,
            "{name} is not set, and ACKD_TEST_SERVERS=required"
        );
        eprintln!("skipped: {name} is not set");
    }
    value
}

fn host_and_port(text: &str) -> (String, u16) {
    let (host, port) = text.rsplit_once(':').expect("host:port");
    (host.to_owned(), port.parse().expect("a port"))
}

#[tokio::test]
async fn a_real_server_takes_plain_mail_from_this_machine() {
    let Some(server) = named("ACKD_TEST_SMTP") else {
        return;
    };
    let (host, port) = host_and_port(&server);
    let relay = Relay {
        host,
        port,
        protection: Protection::Plain,
        connector: ackd::smtp::Connector::Network,
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
    let (Some(server), Some(ca)) = (named("ACKD_TEST_SUBMISSION"), named("ACKD_TEST_CA")) else {
        return;
    };
    let (host, port) = host_and_port(&server);
    let login = |password: &'static str| -> Relay {
        Relay {
            host: host.clone(),
            port,
            protection: Protection::StartTls,
            connector: ackd::smtp::Connector::Network,
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
