//! The real program at its most talkative, with servers that repeat whatever they are told:
//! what may stand in its log, its answers and its files, and who may read them.

#[path = "../alarms/imap.rs"]
#[expect(dead_code, reason = "another test shuts it and opens it again")]
mod imap;
mod login;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use ackd::clock::{Clock, SystemClock};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use imap::Mailbox;
use login::LoginServer;
use tempfile::TempDir;

/// How long anything may take that has no time of its own. The machine may be busy.
const PATIENCE: Duration = Duration::from_secs(60);

/// A word that stands in the subject of the client's mail and nowhere else.
const MARKER: &str = "zebracrossing";

/// User names and their passwords, one for each way to keep a password.
const PASSWORDS: [(&str, &str); 7] = [
    ("clients", "ok-by-file-s3cret"),
    ("by-command", "no-by-command-s3cret"),
    ("by-variable", "no-by-variable-s3cret"),
    ("by-credential", "no-by-credential-s\"cret"),
    ("in-plain-sight", "no-in-plain-sight-s3cret-ß"),
    ("post", "ok-post-s3cret"),
    ("other-post", "no-other-post-s3cret"),
];

struct House {
    folder: TempDir,
    process: Child,
}

impl House {
    fn started(keep_subjects: bool) -> (Self, LoginServer) {
        let folder = TempDir::new().expect("a temporary folder");
        let (mailbox, refusing) = (Mailbox::open(), LoginServer::imap());
        let (post, other) = (LoginServer::smtp(true), LoginServer::smtp(false));
        mailbox.receive("anna@client.test", MARKER, SystemClock.now());
        let password = folder.path().join("password");
        for (name, secret) in [
            ("password", PASSWORDS[0].1),
            ("by-credential", PASSWORDS[3].1),
        ] {
            fs::write(folder.path().join(name), secret).expect("writable");
            let private = fs::Permissions::from_mode(0o600);
            fs::set_permissions(folder.path().join(name), private).expect("ours");
        }
        let mut text = format!(
            r#"[service]
state_dir = "state"
mode = "remind"
keep_subjects = {keep_subjects}
blind_after = "2s"
[alarm]
to = ["ops@agency.test"]
smtp = {{ host = "127.0.0.1", port = {other}, tls = "none", username = "other-post", password = "{}", from = "alarm@agency.test" }}
[team]
name = "Agency"
domains = ["agency.test"]
escalate_to = ["lead@agency.test"]
sending_hours = "always"
[digest]
daily = false
weekly = false
[smtp]
host = "127.0.0.1"
port = {post}
tls = "none"
username = "post"
password = "{}"
from = "ackd@agency.test"
[calendars.nonstop]
time_zone = "UTC"
"#,
            PASSWORDS[6].1,
            PASSWORDS[5].1,
            other = other.port,
            post = post.port,
        );
        for day in ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] {
            text.push_str(&format!("{day} = [\"00:00-24:00\"]\n"));
        }
        text.push_str(
            r#"[policies.prompt]
calendar = "nonstop"
same_business_day = false
acknowledge_within = "2h"
remind_before = ["7199s"]
[clients.harbour]
domains = ["client.test"]
owners = ["alice@agency.test"]
policy = "prompt"
"#,
        );
        let sources = [
            format!("{{ file = \"{}\" }}", password.display()),
            format!("{{ command = [\"echo\", \"{}\"] }}", PASSWORDS[1].1),
            "{ env = \"MAILBOX_PASSWORD\" }".to_owned(),
            "{ credential = \"by-credential\" }".to_owned(),
            format!("\"{}\"", PASSWORDS[4].1),
        ];
        for ((user, _), source) in PASSWORDS.iter().zip(sources) {
            let port = match *user {
                "clients" => mailbox.port,
                _ => refusing.port,
            };
            text.push_str(&format!(
                "[mailboxes.{user}]\nhost = \"127.0.0.1\"\nport = {port}\ntls = \"none\"\nusername = \"{user}\"\naddress = \"{user}@agency.test\"\npassword = {source}\npoll_every = \"1s\"\nsent = \"none\"\nstart_from = \"2020-01-01T00:00:00Z\"\n"
            ));
        }
        let config = folder.path().join("ackd.toml");
        fs::write(&config, text).expect("writable");
        let log = fs::File::create(folder.path().join("log")).expect("writable");
        let process = program(&config)
            .arg("run")
            .env("ACKD_LOG", "trace")
            .env("MAILBOX_PASSWORD", PASSWORDS[2].1)
            .env("CREDENTIALS_DIRECTORY", folder.path())
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a file"))
            .stderr(log)
            .spawn();
        let process = process.expect("the program starts");
        (Self { folder, process }, post)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    fn ask(&self, arguments: &[&str]) -> Output {
        let asked = program(&self.path("ackd.toml")).args(arguments).output();
        asked.expect("the program starts")
    }

    fn eventually(&self, what: &str, mut look: impl FnMut() -> bool) {
        let until = tokio::time::Instant::now() + PATIENCE;
        while !look() {
            let late = tokio::time::Instant::now() >= until;
            assert!(!late, "waited in vain for {what}; the log:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// Until every login was tried and the owner was reminded.
    fn busy(&self, post: &LoginServer) {
        self.eventually("all logins and the reminder", || {
            let log = self.log();
            let refused = [
                "by-command",
                "by-variable",
                "by-credential",
                "in-plain-sight",
            ];
            refused.iter().all(|user| {
                let blind = format!("mailbox={user}");
                log.lines()
                    .any(|line| line.contains(&blind) && line.contains("could not log in"))
            }) && log.contains("alarm by the second route to")
                && post.heard().contains("alice@agency.test")
        });
    }
}

impl Drop for House {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn program(config: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ackd"));
    command.env_clear().arg("--config").arg(config);
    command
}

/// Every file below a folder.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("readable");
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.expect("readable").path();
        match path.is_dir() {
            true => files.extend(files_below(&path)),
            false => files.push(path),
        }
    }
    files
}

/// All that could be read in the state folder, as far as it can be read (a socket can't).
fn everything_below(folder: &Path) -> Vec<u8> {
    let files = files_below(folder).into_iter();
    files
        .filter_map(|file| fs::read(file).ok())
        .flatten()
        .collect()
}

fn holds(bytes: &[u8], word: &str) -> bool {
    memchr::memmem::find(bytes, word.as_bytes()).is_some()
}

#[test]
fn no_password_stands_in_log_answers_or_store_in_any_form() {
    let (house, post) = House::started(true);
    house.busy(&post);
    let mut said = Vec::new();
    for arguments in [
        &["status", "--json"][..],
        &["status"],
        &["cases", "--all", "--json"],
        &["cases"],
        &["case", "show", "1"],
        &["case", "show", "1", "--json"],
        &["quarantine", "--json"],
        &["check"],
    ] {
        let output = house.ask(arguments);
        said.extend(output.stdout);
        said.extend(output.stderr);
    }
    assert!(holds(&said, "could not log in"), "the reason is told");
    let log = house.log().into_bytes();
    let refused = "could not read ACKD_LOG";
    assert!(!holds(&log, refused), "the log is not talkative");
    assert!(
        holds(&log, "could not log in"),
        "the log is not looked into"
    );
    let kept = everything_below(&house.path("state"));
    assert!(
        holds(&kept, "alice@agency.test"),
        "the store is not looked into"
    );
    for (user, secret) in PASSWORDS {
        for form in [
            secret.to_owned(),
            secret.replace('"', "\\\""),
            STANDARD.encode(secret),
            STANDARD.encode(format!("\0{user}\0{secret}")),
        ] {
            for (place, bytes) in [("log", &log), ("answers", &said), ("store", &kept)] {
                assert!(!holds(bytes, &form), "{form} ({user}) is in the {place}");
            }
        }
    }
}

#[test]
fn nobody_else_may_read_what_is_kept() {
    let (house, post) = House::started(true);
    house.busy(&post);
    let mode = |path: &Path| {
        let metadata = fs::metadata(path).expect("it is there");
        metadata.permissions().mode() & 0o777
    };
    let state = house.path("state");
    assert_eq!(mode(&state), 0o700, "the state folder");
    assert_eq!(mode(&state.join("store")), 0o700, "the store");
    assert_eq!(mode(&state.join("ackd.sock")), 0o660, "the socket");
}

#[test]
fn without_keep_subjects_no_subject_is_kept_or_logged() {
    let (keeping, post) = House::started(true);
    keeping.busy(&post);
    let kept = everything_below(&keeping.path("state"));
    assert!(holds(&kept, MARKER), "it would be seen if it were there");
    assert!(!keeping.log().contains(MARKER), "a subject in the log");
    drop(keeping);

    let (house, post) = House::started(false);
    house.busy(&post);
    for said in [
        &["snooze", "1", "--for", "1h"][..],
        &["phoned", "1"],
        &["reopen", "1"],
    ] {
        let said = [&["case"][..], said].concat();
        house.ask(&said);
    }
    let shown = house.ask(&["case", "show", "1", "--json"]);
    assert!(holds(&shown.stdout, "anna@client.test"), "{shown:?}");
    let kept = everything_below(&house.path("state"));
    assert!(
        holds(&kept, "anna@client.test"),
        "the store is not looked into"
    );
    // The word also stands in the Message-ID, by which the conversation is known.
    for subject in [format!("About {MARKER}"), "About ".to_owned()] {
        assert!(!holds(&kept, &subject), "the subject is in the store");
        assert!(!holds(&shown.stdout, &subject), "the subject is shown");
        assert!(!house.log().contains(&subject), "the subject is in the log");
    }
}
