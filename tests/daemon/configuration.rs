//! A broken configuration starts nothing.

use std::fs;

use tempfile::TempDir;

use crate::daemon::program;

const BROKEN: &str = r#"[service]
state_dir = "STATE"
mode = "fulll"

[team]
name = "Agency"
domains = ["agency.test"]

[mailboxes.clients]
host = "127.0.0.1"
tls = "none"
username = "clients"
pasword = "pw"

[policies.prompt]
calendar = "nonstop"
acknowledge_within = "soon"

[clients.harbour]
domains = ["gmail.com"]
owners = ["alice@agency.test"]
policy = "promt"
"#;

#[test]
fn a_broken_configuration_is_told_in_full_and_nothing_is_started() {
    let folder = TempDir::new().expect("a temporary folder");
    let (config, state) = (folder.path().join("ackd.toml"), folder.path().join("state"));
    let text = BROKEN.replace("STATE", state.to_str().expect("a plain path"));
    fs::write(&config, text).expect("writable");

    let output = program(&config).arg("run").output().expect("it starts");
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{told}");
    for (line, words) in [
        (3, "fulll"),
        (13, "pasword"),
        (16, "nonstop"),
        (17, "soon"),
        (20, "gmail.com"),
        (22, "promt"),
    ] {
        let place = format!("{}:{line}: ", config.display());
        let found = told
            .lines()
            .any(|told| told.starts_with(&place) && told.contains(words));
        assert!(found, "line {line}, \"{words}\", is not among:\n{told}");
    }
    let serious = told.lines().filter(|line| !line.contains(": warning: "));
    let counted = format!("ackd: {} problem(s)", serious.count() - 1);
    assert!(told.contains(&counted), "{counted} is not told:\n{told}");
    assert_nothing_started(&folder);
}

#[test]
fn a_daemon_without_mailbox_and_mail_server_is_not_started() {
    let folder = TempDir::new().expect("a temporary folder");
    let (config, state) = (folder.path().join("ackd.toml"), folder.path().join("state"));
    let text = format!(
        "[service]\nstate_dir = \"{}\"\nmode = \"full\"\n[team]\nname = \"Agency\"\ndomains = [\"agency.test\"]\n",
        state.display()
    );
    fs::write(&config, text).expect("writable");

    let output = program(&config).arg("run").output().expect("it starts");
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("mailbox") && told.contains("smtp"), "{told}");
    assert_nothing_started(&folder);
}

fn assert_nothing_started(folder: &TempDir) {
    let entries = fs::read_dir(folder.path()).expect("readable");
    let names: Vec<_> = entries
        .map(|entry| entry.expect("readable").file_name())
        .collect();
    assert_eq!(names, ["ackd.toml"], "something was created");
}
