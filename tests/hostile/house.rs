//! A house: the real program, watching a hostile mailbox beside an ordinary one.

use std::fs::{self, File};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tokio::time::Instant;

use crate::letters::letter;
use crate::peer::{Folder, Part};

/// How long anything may take that has no time of its own. The machine may be busy.
pub(crate) const PATIENCE: Duration = Duration::from_secs(100);

const LOOK_EVERY: Duration = Duration::from_millis(50);

/// The variable that names another build of the program.
const ANOTHER_BUILD: &str = "ACKD_HOSTILE_PROGRAM";

/// The lines of the log a failure shows.
const LOG_LINES_SHOWN: usize = 30;

/// What the ordinary mailbox's letters are called.
const ORDINARY: &str = "ordinary";

/// A running daemon and its ordinary mailbox.
pub(crate) struct House {
    folder: TempDir,
    process: Child,
    ordinary: Folder,
}

impl House {
    /// Starts the program on a mailbox named `hostile` and the ordinary one.
    pub(crate) fn watching(part: Part) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let ordinary = Folder::new("INBOX", 0, |uid| letter(ORDINARY, uid));
        let mailboxes = [
            ("hostile", part.play()),
            (ORDINARY, Part::honest(vec![ordinary.clone()]).play()),
        ];
        let config = folder.path().join("ackd.toml");
        let text = configuration(
            &folder.path().join("state").display().to_string(),
            mailboxes,
        );
        fs::write(&config, text).expect("writable");
        let log = File::create(folder.path().join("ackd.log")).expect("a log");
        let process = program(&folder)
            .arg("run")
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a log"))
            .stderr(log)
            .spawn();
        Self {
            folder,
            process: process.expect("the program starts"),
            ordinary,
        }
    }

    /// A client writes to the ordinary mailbox: how long it takes until there is a case.
    pub(crate) fn latency(&mut self) -> Duration {
        let began = Instant::now();
        let uid = self.ordinary.count.fetch_add(1, Ordering::Relaxed) + 1;
        let id = crate::letters::id(ORDINARY, uid);
        self.eventually("the ordinary mailbox's case", |house| {
            house.has_case(&id).then_some(())
        });
        began.elapsed()
    }

    /// Whether a case names this message.
    pub(crate) fn has_case(&self, id: &str) -> bool {
        self.without_case(&[id.to_owned()]).is_empty()
    }

    /// Those of these messages that no case names.
    pub(crate) fn without_case(&self, ids: &[String]) -> Vec<String> {
        let cases = self.printed(&["cases", "--all", "--json"]);
        let missing = ids
            .iter()
            .filter(|id| !cases.contains(&format!("\"{id}\"")));
        missing.cloned().collect()
    }

    /// The reasons of the hostile mailbox's messages in quarantine, by UID.
    pub(crate) fn quarantined(&self) -> Vec<(u64, String)> {
        let printed = self.printed(&["quarantine", "--json"]);
        let lines = printed.lines().map(serde_json::from_str::<Value>);
        let mut listed: Vec<_> = lines
            .map(|line| {
                let line = line.expect("JSON");
                assert_eq!(line["mailbox"], "hostile", "{line}");
                let reason = line["reason"].as_str().unwrap_or_default();
                (line["uid"].as_u64().unwrap_or_default(), reason.to_owned())
            })
            .collect();
        listed.sort();
        listed
    }

    /// The state of a mailbox and its reason; `None` while nobody answers.
    pub(crate) fn state(&self, mailbox: &str) -> Option<(String, String)> {
        let status: Value = serde_json::from_str(&self.printed(&["status", "--json"])).ok()?;
        let mailboxes = status["mailboxes"].as_array()?;
        let own = mailboxes.iter().find(|own| own["name"] == mailbox)?;
        let text = |key: &str| own[key].as_str().unwrap_or_default().to_owned();
        Some((text("state"), text("reason")))
    }

    /// Waits until a mailbox is read up to now.
    pub(crate) fn wait_until_live(&mut self, mailbox: &str) {
        self.eventually(&format!("{mailbox} to be live"), |house| {
            let (state, _) = house.state(mailbox)?;
            (state == "live").then_some(())
        });
    }

    /// The most memory the daemon has had at once, in KiB.
    pub(crate) fn memory_peak(&self) -> u64 {
        let page = fs::read_to_string(format!("/proc/{}/status", self.process.id()));
        let page = page.unwrap_or_default();
        let line = page.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        number.expect("the daemon runs")
    }

    /// How much processor time the daemon has had.
    pub(crate) fn processor_time(&self) -> Duration {
        let page = fs::read_to_string(format!("/proc/{}/stat", self.process.id()));
        let page = page.expect("the daemon runs");
        let (_, fields) = page.rsplit_once(')').expect("a name in brackets");
        let ticks = fields.split_whitespace().skip(11).take(2);
        let ticks: u64 = ticks.map(|tick| tick.parse::<u64>().unwrap_or(0)).sum();
        Duration::from_millis(ticks * 10)
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("ackd.log")).unwrap_or_default()
    }

    /// Looks until something is there; fails if the daemon ends or patience does.
    pub(crate) fn eventually<T>(&mut self, what: &str, look: impl Fn(&Self) -> Option<T>) -> T {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(seen) = look(self) {
                return seen;
            }
            let ended = self.process.try_wait().expect("ours");
            if ended.is_some() || Instant::now() >= until {
                panic!(
                    "waited in vain for {what} (ended: {ended:?}); status {}; quarantine {:?}; the log ends:\n{}",
                    self.printed(&["status", "--json"]),
                    self.quarantined(),
                    self.log_end()
                );
            }
            thread::sleep(LOOK_EVERY);
        }
    }

    fn printed(&self, arguments: &[&str]) -> String {
        let output: Output = program(&self.folder)
            .args(arguments)
            .output()
            .expect("the program starts");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn log_end(&self) -> String {
        let log = self.log();
        // The ordinary mailbox's letters would hide everything else.
        let is_telling = |line: &&str| !line.contains("case opened");
        let lines: Vec<&str> = log.lines().filter(is_telling).collect();
        lines[lines.len().saturating_sub(LOG_LINES_SHOWN)..].join("\n")
    }
}

impl Drop for House {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Whether another build of the program is measured.
pub(crate) fn is_another_build() -> bool {
    std::env::var_os(ANOTHER_BUILD).is_some()
}

/// The program with a configuration and nothing of ours in its environment. To measure another
/// build of it, name that in [`ANOTHER_BUILD`].
fn program(folder: &TempDir) -> Command {
    let path = std::env::var(ANOTHER_BUILD);
    let mut command = Command::new(path.as_deref().unwrap_or(env!("CARGO_BIN_EXE_ackd")));
    command
        .env_clear()
        .arg("--config")
        .arg(folder.path().join("ackd.toml"));
    command
}

fn configuration(state_dir: &str, mailboxes: [(&str, u16); 2]) -> String {
    let mut text = format!(
        r#"[service]
state_dir = "{state_dir}"
mode = "observe"

[team]
name = "Agency"
domains = ["agency.test"]
escalate_to = ["lead@agency.test"]

[policies.standard]
calendar = "office"
acknowledge_within = "3h"

[clients.harbour]
name = "Harbour Hotels"
domains = ["client.test"]
owners = ["alice@agency.test"]
policy = "standard"

[calendars.office]
time_zone = "Europe/London"
mon = ["09:00-17:00"]
"#
    );
    for (name, port) in mailboxes {
        text += &format!(
            r#"
[mailboxes.{name}]
host = "127.0.0.1"
port = {port}
tls = "none"
address = "{name}@agency.test"
username = "{name}"
password = "pw"
start_from = "2026-01-01T00:00:00Z"
"#
        );
    }
    text
}
