//! `ackd doctor` of the real program against real servers: what is well, and what each mistake is
//! told as.
//!
//! Needs `ACKD_TEST_IMAPS_DOVECOT`, `ACKD_TEST_SUBMISSIONS` and their CA in `ACKD_TEST_CA`, with the
//! user `user13` and the password `pw`; skipped without, unless `ACKD_TEST_SERVERS=required`.

use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

/// The servers' addresses and the CA's file.
fn servers() -> Option<[String; 3]> {
    let names = [
        "ACKD_TEST_IMAPS_DOVECOT",
        "ACKD_TEST_SUBMISSIONS",
        "ACKD_TEST_CA",
    ];
    let values = names.map(|name| std::env::var(name).ok());
    if let [Some(imap), Some(smtp), Some(ca)] = values {
        return Some([imap, smtp, ca]);
    }
    let required = std::env::var("ACKD_TEST_SERVERS").is_ok_and(|value| value == "required");
    assert!(
        !required,
        "of {names:?} one is not set, and servers are required"
    );
    println!("skipped: of {names:?} one is not set");
    None
}

/// A configuration that fits the servers.
fn sound([imap, smtp, ca]: &[String; 3]) -> String {
    let port = |address: &String| address.rsplit_once(':').expect("host:port").1.to_owned();
    format!(
        r#"
[service]
mode = "remind"
state_dir = "state"
[alarm]
command = ["true"]
[team]
domains = ["agency.test"]
escalate_to = ["lead@agency.test"]
[policies.standard]
calendar = "office"
acknowledge_within = "3h"
[calendars.office]
time_zone = "Europe/London"
mon = ["09:00-17:00"]
[clients.harbour]
domains = ["client.test"]
owners = ["alice@agency.test"]
policy = "standard"
[smtp]
host = "localhost"
port = {smtp}
tls = "tls"
from = "ackd@agency.test"
username = "user13"
password = {{ command = ["echo", "pw"] }}
ca_file = "{ca}"
[mailboxes.clients]
host = "localhost"
port = {imap}
tls = "tls"
address = "clients@agency.test"
username = "user13"
password = {{ command = ["echo", "pw"] }}
ca_file = "{ca}"
"#,
        imap = port(imap),
        smtp = port(smtp),
    )
}

fn doctor(configuration: &str, options: &[&str]) -> Output {
    let folder = TempDir::new().expect("a temporary folder");
    let config = folder.path().join("ackd.toml");
    std::fs::write(&config, configuration).expect("writable");
    Command::new(env!("CARGO_BIN_EXE_ackd"))
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .arg("--config")
        .arg(config)
        .arg("doctor")
        .args(options)
        .output()
        .expect("the program starts")
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// What was found of a level, as `subject: seen`.
fn found(output: &Output, level: &str) -> Vec<String> {
    let lines = text(output);
    let findings = lines.lines().map(|line| {
        let value: Value = serde_json::from_str(line).expect("one object per line");
        assert_eq!(
            value["mend"].is_null(),
            value["level"] == "green",
            "what is not well says what to do: {line}"
        );
        value
    });
    let of_level = findings.filter(|own| own["level"] == level);
    let words = |own: &Value, key: &str| own[key].as_str().unwrap_or_default().to_owned();
    of_level
        .map(|own| format!("{}: {}", words(&own, "subject"), words(&own, "seen")))
        .collect()
}

#[test]
fn what_is_well_is_green_and_a_test_mail_goes_only_where_one_asks_for_it() {
    let Some(servers) = servers() else { return };
    let output = doctor(&sound(&servers), &["--json"]);
    assert_eq!(found(&output, "red"), Vec::<String>::new());
    let green = found(&output, "green").join("\n");
    for expected in [
        "configuration: ",
        "disk: ",
        "time zones: rules of 20",
        "mailbox clients: localhost is 127.0.0.1",
        "mailbox clients: certificate trusted, good until 20",
        "mailbox clients: logged in; the server can IDLE",
        "mailbox clients: folder \"INBOX\" opens",
        "mailbox clients: tells of new mail by itself (IDLE, ",
        "smtp: certificate trusted, good until 20",
        "smtp: logged in",
    ] {
        assert!(green.contains(expected), "{expected}: {green}");
    }
    assert!(!green.contains("test mail"), "{green}");
    assert_eq!(output.status.code(), Some(0));
    let sent = doctor(&sound(&servers), &["--send-to", "user13@agency.test"]);
    let told = text(&sent);
    assert!(
        told.contains("test mail: taken by the mail server"),
        "{told}"
    );
    assert!(told.ends_with("ackd can do its work\n"), "{told}");
}

#[test]
fn each_mistake_is_red_and_the_rest_is_looked_at_all_the_same() {
    let Some(servers) = servers() else { return };
    let sound = sound(&servers);
    let ca = format!("ca_file = \"{}\"\n", servers[2]);
    for (wrong, expected) in [
        (
            sound.replacen(
                "[\"echo\", \"pw\"] }\nca_file",
                "[\"echo\", \"no\"] }\nca_file",
                2,
            ),
            "mailbox clients: could not log in",
        ),
        (
            format!("{sound}folders = [\"INBOX\", \"Nope\"]\n"),
            "mailbox clients: folder \"Nope\" does not open",
        ),
        (
            format!("{sound}sent = \"Post\"\n"),
            "mailbox clients: sent folder \"Post\" does not open",
        ),
        (
            sound.replace(&ca, ""),
            "its certificate comes from an issuer this machine does not trust",
        ),
        (
            sound.replace("host = \"localhost\"", "host = \"nowhere.invalid\""),
            "mailbox clients: the name nowhere.invalid could not be looked up",
        ),
    ] {
        let output = doctor(&wrong, &["--json"]);
        let red = found(&output, "red").join("\n");
        assert!(red.contains(expected), "{expected}: {red}");
        assert_eq!(output.status.code(), Some(1), "{red}");
        assert!(!found(&output, "green").is_empty(), "the machine is well");
        assert!(!text(&output).contains("\"pw\""), "no password is shown");
    }
}
