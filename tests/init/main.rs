//! `ackd init`, as scripts call it and at a keyboard, against a mailbox on loopback.

mod keyboard;
mod mailbox;

use std::fs;
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use ackd::settings::{Loaded, load};
use tempfile::TempDir;

use mailbox::Mailbox;

const AUTHORS: [&str; 8] = [
    "Carol <carol@acme.example>",
    "carol@acme.example",
    "dan@shop.harbour.co.uk",
    "erin@acme.example",
    "dan@harbour.co.uk",
    "somebody@gmail.com",
    "alice@northwind.example",
    "no-reply@notices.example",
];

/// A folder to configure in, and a mailbox.
struct House {
    folder: TempDir,
    mailbox: Mailbox,
}

impl House {
    fn with(folders: &[&'static str]) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        fs::write(folder.path().join("pw"), "pw\n").expect("writable");
        Self {
            folder,
            mailbox: Mailbox::start(folders, &AUTHORS),
        }
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn config(&self) -> std::path::PathBuf {
        self.path("ackd.toml")
    }

    /// The program, with the options for this mailbox.
    fn command(&self, options: &[&str]) -> Command {
        let mut command = program(&self.config());
        command
            .args(["--address", "clients@northwind.example"])
            .args(["--imap-host", "127.0.0.1", "--imap-tls", "none"])
            .args(["--imap-port", &self.mailbox.port.to_string()])
            .args(["--no-smtp", "--time-zone", "Europe/London"])
            .args(options)
            .stdin(Stdio::null());
        command
    }

    fn init(&self, options: &[&str]) -> Told {
        let pw = self.path("pw");
        let mut command = self.command(options);
        command.arg("--password-file").arg(pw);
        told(command.output())
    }

    fn loaded(&self) -> Loaded {
        let problems = |problems: Vec<_>| format!("{problems:?}");
        load(&self.config(), &[]).map_err(problems).expect("valid")
    }

    /// What lies in the folder, but for what was there before.
    fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path()).expect("readable");
        let names = entries.map(|entry| entry.expect("readable").file_name());
        let mut names: Vec<String> = names
            .map(|name| name.to_string_lossy().into_owned())
            .filter(|name| name != "pw" && name != "ackd.d")
            .collect();
        names.sort();
        names
    }
}

fn program(config: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ackd"));
    command.env_clear().arg("--config").arg(config).arg("init");
    command
}

/// How a run ended, and what it said.
struct Told {
    code: Option<i32>,
    out: String,
    err: String,
}

fn told(output: std::io::Result<Output>) -> Told {
    let output = output.expect("the program starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Told {
        code: output.status.code(),
        out: text(&output.stdout),
        err: text(&output.stderr),
    }
}

const OWNER: [&str; 2] = ["--owner", "alice@northwind.example"];

#[test]
fn a_script_that_says_everything_gets_a_configuration_that_holds() {
    let house = House::with(&["Sent"]);
    let told = house.init(&[
        "--team",
        "Northwind",
        "--team-domain",
        "northwind.example",
        "--client",
        "acme.example=Acme Ltd",
        "--client",
        "harbour.co.uk",
        "--owner",
        "alice@northwind.example",
        "--owner",
        "bob@northwind.example",
        "--escalate-to",
        "lead@northwind.example",
        "--hours",
        "mon-thu 09:00-12:30,13:30-17:30; fri 09:00-15:00",
        "--acknowledge-within",
        "4h",
    ]);
    assert_eq!(told.code, Some(0), "{}{}", told.out, told.err);
    assert_eq!(told.err, "");
    assert_eq!(house.files(), ["ackd.toml", "clients-password"]);
    let secret = fs::metadata(house.path("clients-password")).expect("written");
    assert_eq!(secret.mode() & 0o777, 0o600);
    let text = fs::read_to_string(house.path("clients-password")).expect("readable");
    assert_eq!(text, "pw\n");
    let config = fs::read_to_string(house.config()).expect("readable");
    assert!(!config.contains("pw"), "{config}");
    let port = house.mailbox.port.to_string();
    insta::with_settings!({snapshot_path => "../snapshots", prepend_module_to_snapshot => false}, {
        insta::assert_snapshot!("init__written", config.replace(&port, "PORT"));
    });
    let loaded = house.loaded();
    assert_eq!(format!("{:?}", loaded.warnings), "[]");
    let rules = &loaded.settings.rules;
    assert_eq!(rules.mode.as_str(), "observe");
    assert_eq!((rules.clients.len(), rules.mailboxes.len()), (2, 1));
    assert!(told.out.contains("Next:"), "{}", told.out);
    assert!(told.out.contains("mode = \"remind\""), "{}", told.out);
    let reload = format!(
        "Each time: ackd reload --config {}",
        house.config().display()
    );
    assert!(told.out.contains(&reload), "{}", told.out);
}

#[test]
fn who_writes_is_proposed_and_not_taken_for_granted() {
    let house = House::with(&["Sent"]);
    let told = house.init(&[&OWNER[..], &["--yes"]].concat());
    assert_eq!(told.code, Some(0), "{}{}", told.out, told.err);
    for line in [
        "8 mails of 90 days looked through: 2 organisations",
        "left out: 1 by programs, 1 from free-mail addresses, 1 by the team itself",
        "acme.example                   3 mails  by 2 people",
        "harbour.co.uk *.harbour.co.uk  2 mails  by 2 people",
    ] {
        assert!(told.out.contains(line), "{line}: {}", told.out);
    }
    assert!(house.loaded().settings.rules.clients.is_empty());
    // Taking the marks away makes clients of them.
    let config = fs::read_to_string(house.config()).expect("readable");
    let (before, proposed) = config.split_once("take the # away.\n").expect("proposals");
    let lines = proposed
        .lines()
        .map(|line| line.strip_prefix('#').unwrap_or(line));
    let confirmed: Vec<&str> = lines.collect();
    let confirmed = format!("{before}take the # away.\n{}\n", confirmed.join("\n"));
    fs::write(
        house.config(),
        confirmed
            .replace("\n 3 mails", "\n# 3 mails")
            .replace("\n 2 mails", "\n# 2 mails"),
    )
    .expect("writable");
    let rules = house.loaded().settings.rules;
    let keys: Vec<&str> = rules.clients.keys().map(|key| key.as_str()).collect();
    assert_eq!(keys, ["acme", "harbour"]);
    // The mailbox was only looked at.
    let heard = house.mailbox.heard();
    for word in ["SELECT", "STORE", "APPEND", "EXPUNGE", "BODY["] {
        assert!(!heard.contains(word), "{word}: {heard}");
    }
}

#[test]
fn what_is_there_is_not_overwritten_unless_one_says_so() {
    let house = House::with(&["Sent"]);
    let options = [&OWNER[..], &["--yes"]].concat();
    fs::write(house.config(), "# mine\n").expect("writable");
    let refused = house.init(&options);
    assert_eq!(refused.code, Some(1));
    assert!(refused.err.contains("is there already"), "{}", refused.err);
    assert!(refused.err.contains("--force"), "{}", refused.err);
    assert_eq!(
        fs::read_to_string(house.config()).expect("there"),
        "# mine\n"
    );
    assert_eq!(house.mailbox.heard(), "", "it stops before it asks anybody");
    fs::remove_file(house.config()).expect("removable");
    // Nor is a password of another mailbox.
    fs::write(house.path("clients-password"), "old\n").expect("writable");
    let refused = house.init(&options);
    assert_eq!(refused.code, Some(1), "{}", refused.out);
    assert!(
        refused.err.contains("clients-password is there already"),
        "{}",
        refused.err
    );
    assert_eq!(house.mailbox.heard(), "", "it stops before it asks anybody");
    assert_eq!(house.files(), ["clients-password"]);
    let forced = house.init(&[&options[..], &["--force"]].concat());
    assert_eq!(forced.code, Some(0), "{}", forced.err);
    let password = fs::read_to_string(house.path("clients-password"));
    assert_eq!(password.expect("there"), "pw\n");
    house.loaded();
}

#[test]
fn a_refused_login_leaves_nothing_behind() {
    let house = House::with(&["Sent"]);
    fs::write(house.path("pw"), "s3cret\n").expect("writable");
    let told = house.init(&[&OWNER[..], &["--yes"]].concat());
    assert_eq!(told.code, Some(1));
    assert!(told.err.contains("could not log in"), "{}", told.err);
    assert!(told.err.contains("nothing was written"), "{}", told.err);
    assert!(told.err.contains("made for programs"), "{}", told.err);
    assert_eq!(house.files(), Vec::<String>::new());
    assert!(!format!("{}{}", told.out, told.err).contains("s3cret"));
}

#[test]
fn without_a_sent_folder_one_is_asked_for() {
    let house = House::with(&["Archiv", "Post-Ausgang"]);
    let options = [&OWNER[..], &["--yes"]].concat();
    let told = house.init(&options);
    assert_eq!(told.code, Some(2), "{}", told.out);
    assert!(told.err.contains("give --sent FOLDER"), "{}", told.err);
    assert!(
        told.err.contains("INBOX, Archiv, Post-Ausgang"),
        "{}",
        told.err
    );
    assert_eq!(house.files(), Vec::<String>::new());
    let wrong = house.init(&[&options[..], &["--sent", "Nope"]].concat());
    assert_eq!(wrong.code, Some(2), "{}", wrong.out);
    assert!(
        wrong.err.contains("\"Nope\" does not open"),
        "{}",
        wrong.err
    );
    let named = house.init(&[&options[..], &["--sent", "Post-Ausgang"]].concat());
    assert_eq!(named.code, Some(0), "{}", named.err);
    let config = fs::read_to_string(house.config()).expect("readable");
    assert!(config.contains("sent = \"Post-Ausgang\""), "{config}");
    let without = house.init(&[&options[..], &["--force", "--sent", "none"]].concat());
    assert_eq!(without.code, Some(0), "{}", without.err);
    house.loaded();
}

#[test]
fn a_missing_answer_names_its_option_where_nobody_can_be_asked() {
    let house = House::with(&["Sent"]);
    let mut nothing = program(&house.config());
    let told_nothing = told(nothing.stdin(Stdio::null()).output());
    assert_eq!(told_nothing.code, Some(2));
    for option in ["--address", "--password-file", "--owner"] {
        assert!(told_nothing.err.contains(option), "{}", told_nothing.err);
    }
    // What could be proposed has to be accepted.
    let unaccepted = house.init(&OWNER);
    assert_eq!(unaccepted.code, Some(2), "{}", unaccepted.out);
    assert!(
        unaccepted
            .err
            .contains("give --team-domain, or --yes to take \"northwind.example\""),
        "{}",
        unaccepted.err
    );
    assert_eq!(house.files(), Vec::<String>::new());
}

#[test]
fn answers_that_make_no_sense_are_refused_with_what_to_write() {
    let house = House::with(&["Sent"]);
    for (options, words) in [
        (["--address", "clients"], "no mail address"),
        (["--address", "clients@northwind"], "no mail address"),
        (["--client", "gmail.com"], "belongs to everybody"),
        (["--time-zone", "Europe/Londres"], "no time zone"),
        (["--hours", "werktags 09:00-17:00"], "is no day"),
        (["--acknowledge-within", "3 days"], "business time"),
        (["--imap-tls", "ssl"], "starttls"),
    ] {
        let mut command = program(&house.config());
        let told = told(command.args(options).stdin(Stdio::null()).output());
        assert_eq!(told.code, Some(2), "{options:?}");
        assert!(told.err.contains(words), "{options:?}: {}", told.err);
    }
}

#[test]
fn a_clients_own_people_are_no_owners_and_the_team_is_no_client() {
    let house = House::with(&["Sent"]);
    let own = ["--team-domain", "northwind.example", "--yes"];
    for (options, words) in [
        (
            ["--client", "acme.example", "--owner", "carol@acme.example"],
            "--owner: carol@acme.example belongs to the client Acme",
        ),
        (
            [
                "--client",
                "northwind.example",
                "--owner",
                "alice@northwind.example",
            ],
            "--client: northwind.example is the team's own domain",
        ),
    ] {
        let told = house.init(&[&own[..], &options].concat());
        assert_eq!(told.code, Some(2), "{options:?}: {}{}", told.out, told.err);
        assert!(told.err.contains(words), "{}", told.err);
        assert_eq!(house.files(), Vec::<String>::new());
    }
    let outside = ["--client", "acme.example", "--owner", "temp@agency.example"];
    let told = house.init(&[&own[..], &outside].concat());
    assert_eq!(told.code, Some(0), "{}", told.err);
    let words = "temp@agency.example is not of the team's domains";
    assert!(told.out.contains(words), "{}", told.out);
}

#[test]
fn a_domain_that_is_nowhere_needs_its_server_named() {
    let house = House::with(&["Sent"]);
    let mut command = program(&house.config());
    command.args(["--address", "clients@nowhere.invalid", "--yes"]);
    command
        .args(OWNER)
        .arg("--password-file")
        .arg(house.path("pw"));
    let told = told(command.stdin(Stdio::null()).output());
    assert_eq!(told.code, Some(2), "{}", told.out);
    let words = "no server for nowhere.invalid was found: give --imap-host HOST";
    assert!(told.err.contains(words), "{}", told.err);
    assert!(
        told.out.contains("autoconfig.nowhere.invalid"),
        "{}",
        told.out
    );
    assert_eq!(house.files(), Vec::<String>::new());
}

#[test]
fn a_password_comes_through_a_pipe_or_the_environment() {
    let house = House::with(&["Sent"]);
    let options = [&OWNER[..], &["--yes", "--password-stdin"]].concat();
    let mut command = house.command(&options);
    let streams = command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = streams.stderr(Stdio::piped()).spawn().expect("starts");
    let mut pipe = child.stdin.take().expect("a pipe");
    pipe.write_all(b"pw\n").expect("written");
    // The pipe stays open: the line is enough.
    let told_by_pipe = told(child.wait_with_output());
    drop(pipe);
    assert_eq!(told_by_pipe.code, Some(0), "{}", told_by_pipe.err);
    let options = [&OWNER[..], &["--yes", "--force", "--password-env", "PW"]].concat();
    let mut command = house.command(&options);
    let told_by_environment = told(command.env("PW", "pw").output());
    assert_eq!(
        told_by_environment.code,
        Some(0),
        "{}",
        told_by_environment.err
    );
    let unset = told(house.command(&options).output());
    assert_eq!(unset.code, Some(1), "{}", unset.out);
    assert!(unset.err.contains("PW holds no password"), "{}", unset.err);
}

#[test]
fn what_would_not_be_valid_with_the_drop_ins_is_not_written() {
    let house = House::with(&["Sent"]);
    fs::create_dir(house.path("ackd.d")).expect("made");
    let drop_in = "[clients.acme]\ndomains = [\"gmail.com\"]\nowners = [\"alice@northwind.example\"]\npolicy = \"standard\"\n";
    fs::write(house.path("ackd.d/acme.toml"), drop_in).expect("writable");
    let told = house.init(&[&OWNER[..], &["--yes"]].concat());
    assert_eq!(told.code, Some(1), "{}", told.out);
    assert!(told.err.contains("acme.toml:2: "), "{}", told.err);
    assert!(!told.err.contains("unfinished"), "{}", told.err);
    assert_eq!(house.files(), Vec::<String>::new());
}

#[test]
fn a_team_with_free_mail_has_addresses_and_no_domain() {
    let house = House::with(&["Sent"]);
    let mut command = program(&house.config());
    command
        .args(["--address", "northwind.studio@gmail.com", "--yes"])
        .args([
            "--imap-host",
            "127.0.0.1",
            "--imap-tls",
            "none",
            "--no-smtp",
        ])
        .args(["--imap-port", &house.mailbox.port.to_string()])
        .args(["--username", "clients@northwind.example"])
        .args(OWNER)
        .arg("--password-file")
        .arg(house.path("pw"));
    let told = told(command.stdin(Stdio::null()).output());
    assert_eq!(told.code, Some(0), "{}{}", told.out, told.err);
    let config = fs::read_to_string(house.config()).expect("readable");
    assert!(
        config.contains("addresses = [\"northwind.studio@gmail.com\"]"),
        "{config}"
    );
    assert!(config.contains("[mailboxes.northwind-studio]"), "{config}");
    house.loaded();
}

#[test]
fn a_program_gets_one_object() {
    let house = House::with(&["Sent"]);
    let told = house.init(&[&OWNER[..], &["--yes", "--json"]].concat());
    assert_eq!(told.code, Some(0), "{}", told.err);
    let value: serde_json::Value = serde_json::from_str(&told.out).expect("one object");
    assert_eq!(value["mode"], "observe");
    assert_eq!(value["proposed"], serde_json::json!(["acme", "harbour"]));
    assert_eq!(value["file"], house.config().display().to_string());
}
