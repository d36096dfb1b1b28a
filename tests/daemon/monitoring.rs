//! What monitoring systems see of a real daemon, and its log as programs read it.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::Value;

use crate::daemon::Daemon;
use crate::gate::closed_port;
use crate::installation::Installation;
use crate::people::{Inbox, Servers};

/// Status and body of what is answered to a path; `None` if nobody is there.
fn probe(address: &str, path: &str) -> Option<(String, String)> {
    let mut stream = TcpStream::connect(address).ok()?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: ackd\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?;
    Some((status.to_owned(), body.to_owned()))
}

#[test]
fn a_real_daemon_is_seen_from_start_to_stop() {
    let Some(servers) = Servers::named() else {
        return;
    };
    let address = closed_port("127.0.0.5");
    let mut installation =
        Installation::new("monitoring", &servers).watching(&servers.dovecot, "user10");
    installation.further =
        format!("\n[metrics]\nlisten = \"{address}\"\n\n[log]\nformat = \"json\"\n");
    let mut daemon = Daemon::running(&installation);
    let ready = daemon.eventually("it to be ready", || {
        probe(&address, "/readyz").filter(|(status, _)| status == "200")
    });
    assert_eq!(ready.1, r#"{"ready":true,"reasons":[]}"#);
    assert_eq!(probe(&address, "/healthz").expect("it listens").0, "200");

    let letter = installation.letter("user10", "seen");
    servers.deliver(&letter);
    Inbox::of(&servers, &installation.alice()).wait_for(&daemon, &letter.id);
    let (_, page) = daemon.eventually("the numbers of it", || {
        let asked = probe(&address, "/metrics")?;
        let sent = "ackd_mails_sent_total{purpose=\"acknowledgement\"} 1\n";
        asked.1.contains(sent).then_some(asked)
    });
    for line in [
        "ackd_cases_opened_total 1\n",
        "ackd_messages_total{sender=\"client\",kind=\"human\"} 1\n",
        "ackd_mailbox_state{mailbox=\"user10\",state=\"live\"} 1\n",
        "ackd_stages_sent_total{clock=\"acknowledge\",stage=\"remind\"} 1\n",
        "ackd_open_cases{state=\"acknowledged\"} 1\n",
    ] {
        assert!(page.contains(line), "{line}{page}");
    }
    let (ended, _) = daemon.stop();
    assert!(ended.success(), "{ended}");
    assert_eq!(
        probe(&address, "/healthz"),
        None,
        "nobody is there any more"
    );
    the_log_is_for_programs_and_names_nobody(&daemon, &installation);
}

fn the_log_is_for_programs_and_names_nobody(daemon: &Daemon, installation: &Installation) {
    let log = daemon.log();
    let objects: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).expect("a line is an object"))
        .collect();
    let events: Vec<&str> = objects
        .iter()
        .filter_map(|own| own["event"].as_str())
        .collect();
    assert_eq!(events.len(), objects.len(), "{log}");
    for event in [
        "metrics_offered",
        "mailbox_live",
        "case_opened",
        "mail_sent",
        "stopped",
    ] {
        assert!(events.contains(&event), "{event}: {events:?}");
    }
    for personal in [
        installation.anna(),
        installation.alice(),
        "Question".to_owned(),
    ] {
        assert!(!log.contains(&personal), "{personal}: {log}");
    }
}
