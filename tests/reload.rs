//! The real program reads its configuration again, with a pretended systemd that listens: what
//! whoever asks is told, what systemd is told, and in which order.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

/// How long the daemon may take to do what it is told.
const PATIENCE: Duration = Duration::from_secs(20);

const CONFIGURATION: &str = r#"[service]
state_dir = "STATE"
mode = "remind"
[team]
domains = ["northwind.example"]
escalate_to = ["lead@northwind.example"]
[smtp]
host = "127.0.0.1"
port = 1
tls = "none"
from = "ackd@northwind.example"
[mailboxes.clients]
host = "127.0.0.1"
port = 1
tls = "none"
username = "clients@northwind.example"
password = { env = "PASSWORD" }
[calendars.office]
time_zone = "Europe/London"
fri = ["09:00-17:00"]
[policies.standard]
calendar = "office"
acknowledge_within = "3h"
"#;

const CLIENT: &str = "[clients.acme]\ndomains = [\"acme.example\"]\nowners = [\"alice@northwind.example\"]\npolicy = \"standard\"\n";

/// A daemon whose mailbox nobody answers for, and its systemd.
struct House {
    folder: tempfile::TempDir,
    systemd: UnixDatagram,
    daemon: Child,
}

impl House {
    fn entered() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let state = folder.path().join("state");
        let configuration = CONFIGURATION.replace("STATE", &state.display().to_string());
        fs::write(folder.path().join("ackd.toml"), configuration).expect("a file");
        fs::create_dir(folder.path().join("ackd.d")).expect("a folder");
        let notify = folder.path().join("notify");
        let systemd = UnixDatagram::bind(&notify).expect("a socket");
        systemd
            .set_read_timeout(Some(Duration::from_millis(100)))
            .expect("a time-out");
        let log = fs::File::create(folder.path().join("log")).expect("a file");
        let mut command = command_in(&folder);
        let daemon = command
            .arg("run")
            .env("NOTIFY_SOCKET", &notify)
            .stdout(Stdio::null())
            .stderr(log);
        let daemon = daemon.spawn().expect("ackd runs");
        let house = Self {
            folder,
            systemd,
            daemon,
        };
        house.told_systemd("READY=1");
        house
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn drop_in(&self, name: &str, text: &str) {
        fs::write(self.path("ackd.d").join(name), text).expect("a file");
    }

    /// Exit code, output and errors of a command.
    fn ackd(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        let mut command = command_in(&self.folder);
        let output = command.args(arguments).output().expect("ackd runs");
        let here = format!("{}/", self.folder.path().display());
        let text = |bytes| String::from_utf8(bytes).expect("text").replace(&here, "");
        (
            output.status.code(),
            text(output.stdout),
            text(output.stderr),
        )
    }

    /// What systemd was told since, up to a word; moments and status lines cut short.
    fn told_systemd(&self, last: &str) -> Vec<String> {
        let begin = Instant::now();
        let mut told = Vec::new();
        let mut message = [0; 4096];
        while begin.elapsed() < PATIENCE {
            let length = match self.systemd.recv(&mut message) {
                Ok(length) => length,
                Err(error) if error.kind() == ErrorKind::WouldBlock => continue,
                Err(error) => panic!("{error}"),
            };
            let words = String::from_utf8_lossy(&message[..length]).into_owned();
            let lines = words.lines().filter(|line| !line.starts_with("MONOTONIC"));
            told.extend(lines.map(str::to_owned));
            if told.iter().any(|line| line.starts_with(last)) {
                return told;
            }
        }
        panic!("systemd was not told {last}: {told:?}\n{}", self.log());
    }

    fn systemd_hears_nothing(&self) {
        let mut message = [0; 4096];
        let heard = self.systemd.recv(&mut message);
        assert!(heard.is_err(), "{message:?}");
    }

    fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    fn hang_up(&self) {
        let pid = self.daemon.id().to_string();
        let kill = Command::new("kill").args(["-s", "HUP", &pid]).status();
        assert!(kill.expect("kill runs").success());
    }
}

impl Drop for House {
    fn drop(&mut self) {
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}

fn command_in(folder: &tempfile::TempDir) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ackd"));
    command.env_clear().env("PASSWORD", "pw");
    command.arg("--config").arg(folder.path().join("ackd.toml"));
    command
}

#[test]
fn whoever_asks_is_told_and_so_is_systemd_in_order() {
    let house = House::entered();
    house.drop_in("acme.toml", CLIENT);
    let (code, out, err) = house.ackd(&["reload", "--dry-run"]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert!(out.starts_with("Not taken over yet."), "{out}");
    house.systemd_hears_nothing();
    assert!(!house.log().contains("reloaded"), "{}", house.log());

    let (code, out, err) = house.ackd(&["reload"]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert_eq!(out, "Taken over. What has changed:\n  clients.acme added\n");
    let told = house.told_systemd("STATUS=");
    assert_eq!(told[..2], ["RELOADING=1", "READY=1"]);
    assert!(told[2].ends_with(": clients.acme added"), "{told:?}");
    assert!(house.log().contains("clients.acme is added"));
    assert!(house.log().contains("configuration reloaded"));

    fs::remove_file(house.path("ackd.d/acme.toml")).expect("it is there");
    house.hang_up();
    let told = house.told_systemd("STATUS=");
    assert_eq!(told[..2], ["RELOADING=1", "READY=1"]);
    assert!(told[2].ends_with(": clients.acme removed"), "{told:?}");
}

#[test]
fn a_broken_file_changes_nothing_and_everybody_is_told() {
    let house = House::entered();
    house.drop_in("acme.toml", CLIENT);
    house.drop_in("broken.toml", "[clients.broken]\nowner = [\"x\"]\n");
    house.drop_in("torn.toml", "[service\n");
    let (code, out, err) = house.ackd(&["reload", "--quiet"]);
    assert_eq!((code, out.as_str()), (Some(1), ""), "{err}");
    assert!(err.contains("ackd.d/broken.toml:2: "), "{err}");
    assert!(err.contains("ackd.d/torn.toml:1: "), "{err}");
    assert!(err.contains("nothing has changed"), "{err}");
    let told = house.told_systemd("STATUS=");
    assert_eq!(told[..2], ["RELOADING=1", "READY=1"]);
    assert!(told[2].contains("refused at "), "{told:?}");

    house.hang_up();
    let told = house.told_systemd("STATUS=");
    assert_eq!(told[..2], ["RELOADING=1", "READY=1"]);
    assert!(told[2].contains("refused at "), "{told:?}");
    assert!(
        house.log().contains("keeps running on the old one"),
        "{}",
        house.log()
    );
    let (code, out, _) = house.ackd(&["reload", "--dry-run", "--json"]);
    let view: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!((code, &view["outcome"]), (Some(1), &Value::from("refused")));

    // The operator sees it until it is mended.
    let alarms = || {
        let (_, status, _) = house.ackd(&["status", "--json"]);
        let status: Value = serde_json::from_str(&status).unwrap_or_default();
        status["alarms"].to_string()
    };
    for name in ["broken.toml", "torn.toml"] {
        fs::remove_file(house.path("ackd.d").join(name)).expect("it is there");
    }
    assert!(alarms().contains("can't be used since"), "{}", alarms());
    let (code, _, err) = house.ackd(&["reload"]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert!(!alarms().contains("can't be used since"), "{}", alarms());
}

#[test]
fn a_broken_template_changes_nothing_until_it_is_mended() {
    let house = House::entered();
    fs::create_dir(house.path("templates")).expect("a folder");
    let template = house.path("templates").join("acknowledgement.de.txt.j2");
    fs::write(&template, "Hallo {{ kontakt }}\n").expect("a file");
    let (code, out, err) = house.ackd(&["reload"]);
    assert_eq!((code, out.as_str()), (Some(1), ""), "{err}");
    let place = "templates/acknowledgement.de.txt.j2:1: there is no \"kontakt\" here";
    assert!(err.contains(place), "{err}");
    assert!(err.contains("nothing has changed"), "{err}");
    let (_, out, _) = house.ackd(&["reload", "--dry-run", "--json"]);
    let view: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(view["outcome"], "refused");

    fs::write(&template, "Hallo {{ contact }}\n").expect("a file");
    let (code, out, err) = house.ackd(&["reload"]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert!(out.contains("acknowledgement.de.txt.j2"), "{out}");
    // It was taken: nothing is left to change.
    let (_, out, _) = house.ackd(&["reload", "--dry-run", "--json"]);
    assert!(!out.contains("acknowledgement.de.txt.j2"), "{out}");
}

#[test]
fn a_running_daemon_answers_whatever_becomes_of_its_file() {
    let mut house = House::entered();
    let good = fs::read_to_string(house.path("ackd.toml")).expect("a file");
    let broken = format!("{good}remind_before = [\"1h\"\n[clients.x]\nnonsense = 5\n");
    fs::write(house.path("ackd.toml"), broken).expect("a file");
    for (command, expected) in [
        (&["status"][..], Some(0)),
        (&["cases"], Some(0)),
        (&["outbox"], Some(0)),
        (&["quarantine"], Some(0)),
        (&["case", "phoned", "4"], Some(1)),
    ] {
        let (code, out, err) = house.ackd(command);
        let told: Vec<&str> = err.lines().collect();
        assert!(told[0].starts_with("ackd: ackd.toml has "), "{err}");
        assert!(
            told[0].contains("the daemon at state/ackd.sock runs by what"),
            "{err}"
        );
        match expected {
            Some(0) => assert_eq!(
                (told.len(), out.is_empty()),
                (1, false),
                "{command:?} {err}"
            ),
            _ => assert!(told[1].contains("there is no case 4"), "{err}"),
        }
        // The mailbox that nobody answers for is blind.
        let expected = match command {
            ["status"] => code.filter(|code| *code < 2),
            _ => expected,
        };
        assert_eq!(code, expected, "{command:?}: {err}");
    }
    // What needs the file itself refuses it.
    for command in [&["export", "-"][..], &["check"], &["doctor"]] {
        let (code, out, err) = house.ackd(command);
        assert_eq!(code, Some(1), "{command:?}: {err}");
        assert!(
            format!("{out}{err}").contains("ackd.toml:2"),
            "{command:?}: {err}"
        );
    }
    // And without a daemon everything that is wrong is told, as before.
    house.daemon.kill().expect("it runs");
    house.daemon.wait().expect("it ends");
    let (code, out, err) = house.ackd(&["status"]);
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert!(err.starts_with("ackd.toml:2"), "{err}");
}

#[test]
fn where_no_daemon_runs_it_ends_with_three() {
    let house = House::entered();
    house.drop_in("broken.toml", "nonsense");
    let pid = house.daemon.id().to_string();
    let kill = Command::new("kill").args(["-s", "TERM", &pid]).status();
    assert!(kill.expect("kill runs").success());
    house.told_systemd("STOPPING=1");
    let begin = Instant::now();
    let (mut code, mut err) = (None, String::new());
    while code != Some(3) && begin.elapsed() < PATIENCE {
        (code, _, err) = house.ackd(&["reload"]);
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(code, Some(3), "{err}");
    assert!(err.contains("is ackd running"), "{err}");
}
