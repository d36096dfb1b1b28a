//! The real program under a story's hands: started, asked, killed, stopped.

use std::fs::{self, File};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tokio::time::Instant;

use crate::installation::Installation;

/// How long anything may take that has no time of its own. The machine may be busy.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// How often is looked whether something has come true.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// The lines of the log a failure shows.
const LOG_LINES_SHOWN: usize = 30;

/// One installation: a configuration, a state folder, a log. May be started many times.
#[derive(Debug)]
pub(crate) struct Daemon {
    folder: TempDir,
    process: Option<Child>,
    /// What starts it: a program and its arguments, to which its own are added.
    pub(crate) starter: Vec<String>,
    /// What it finds in its environment, and its commands do not.
    pub(crate) environment: Vec<(String, String)>,
}

impl Daemon {
    /// Writes the configuration; nothing runs yet.
    pub(crate) fn installed(installation: &Installation) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let daemon = Self {
            folder,
            process: None,
            starter: Vec::new(),
            environment: Vec::new(),
        };
        daemon.configure(installation);
        daemon
    }

    /// Installs and starts, and waits until every mailbox is live.
    pub(crate) fn running(installation: &Installation) -> Self {
        let mut daemon = Self::installed(installation);
        daemon.start();
        daemon.wait_until_live();
        daemon
    }

    pub(crate) fn configure(&self, installation: &Installation) {
        let state = self.state_dir();
        let text = installation.text(state.to_str().expect("a plain path"));
        fs::write(self.config(), text).expect("writable");
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.folder.path().join("ackd.toml")
    }

    pub(crate) fn state_dir(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    /// A file beside the configuration.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn start(&mut self) {
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.path("ackd.log"));
        let log = log.expect("a log");
        let child = self
            .started_by()
            .arg("run")
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a log"))
            .stderr(log)
            .spawn();
        self.process = Some(child.expect("the program starts"));
    }

    fn started_by(&self) -> Command {
        let mut own = program(&self.config());
        let Some((starter, arguments)) = self.starter.split_first() else {
            own.envs(self.environment.iter().cloned());
            return own;
        };
        let mut command = Command::new(starter);
        command
            .env_clear()
            .envs(self.environment.iter().cloned())
            .args(arguments)
            .arg(own.get_program())
            .args(own.get_args());
        command
    }

    /// SIGKILL: no time for anything.
    pub(crate) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().expect("it runs");
            let ended = process.wait().expect("it ends");
            assert_eq!(ended.signal(), Some(9), "it had ended by itself: {ended}");
        }
    }

    /// SIGTERM; how it ended, and how long that took.
    pub(crate) fn stop(&mut self) -> (ExitStatus, Duration) {
        let began = Instant::now();
        self.signal("TERM");
        let ended = self.wait_until_ended();
        (ended, began.elapsed())
    }

    pub(crate) fn signal(&self, name: &str) {
        let process = self.process.as_ref().expect("it was started");
        let sent = Command::new("kill")
            .args(["-s", name, &process.id().to_string()])
            .status();
        assert!(sent.expect("kill runs").success(), "SIG{name} not sent");
    }

    /// Waits until it ends by itself.
    pub(crate) fn wait_until_ended(&mut self) -> ExitStatus {
        let mut process = self.process.take().expect("it was started");
        self.eventually("the daemon to end", || process.try_wait().expect("ours"))
    }

    /// Until every mailbox is read up to now.
    pub(crate) fn wait_until_live(&mut self) -> Value {
        self.eventually("every mailbox to be live", || {
            let status = self.status()?;
            let mailboxes = status["mailboxes"].as_array()?;
            let live = mailboxes.iter().all(|mailbox| mailbox["state"] == "live");
            (live && !mailboxes.is_empty()).then_some(status)
        })
    }

    /// What a command prints, and its exit code.
    pub(crate) fn ask(&self, arguments: &[&str]) -> Output {
        let asked = program(&self.config()).args(arguments).output();
        asked.expect("the program starts")
    }

    /// `ackd status --json`; `None` while nobody answers.
    pub(crate) fn status(&self) -> Option<Value> {
        let output = self.ask(&["status", "--json"]);
        // 1: something is blind or alarmed; the answer is as good.
        matches!(output.status.code(), Some(0 | 1))
            .then(|| serde_json::from_slice(&output.stdout).expect("JSON"))
    }

    /// `ackd cases --json`, with closed ones.
    pub(crate) fn cases(&self) -> Vec<Value> {
        let output = self.ask(&["cases", "--all", "--json"]);
        let said = String::from_utf8_lossy(&output.stdout);
        let lines = said.lines().map(serde_json::from_str);
        lines.collect::<Result<_, _>>().expect("JSON")
    }

    /// The case of a message.
    pub(crate) fn case_of(&self, id: &str) -> Option<Value> {
        let mut cases = self.cases().into_iter();
        cases.find(|case| {
            let ids = case["message_ids"].as_array().expect("a list");
            ids.iter().any(|own| own == id)
        })
    }

    /// Waits for the case of a message.
    pub(crate) fn wait_for_case(&self, id: &str) -> Value {
        self.eventually(&format!("the case of {id}"), || self.case_of(id))
    }

    /// Waits until the case of a message stands where it should.
    pub(crate) fn wait_for_state(&self, id: &str, state: &str) -> Value {
        self.eventually(&format!("the case of {id} to be {state}"), || {
            self.case_of(id).filter(|case| case["state"] == state)
        })
    }

    /// Waits until nothing is queued or on its way.
    pub(crate) fn wait_until_sent(&self) {
        self.eventually("the outbox to be empty", || {
            let outbox = &self.status()?["outbox"];
            (outbox["queued"] == 0 && outbox["sending"] == 0).then_some(())
        });
    }

    /// Waits for a line of the log that holds all these words; the line.
    pub(crate) fn wait_for_log(&self, words: &[&str]) -> String {
        self.eventually(&format!("the log to say {words:?}"), || {
            self.logged(words).into_iter().next()
        })
    }

    /// The lines of the log that hold all these words.
    pub(crate) fn logged(&self, words: &[&str]) -> Vec<String> {
        let log = self.log();
        let lines = log
            .lines()
            .filter(|line| words.iter().all(|word| line.contains(word)));
        lines.map(str::to_owned).collect()
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.path("ackd.log")).unwrap_or_default()
    }

    /// Looks until something is there; fails with the end of the log.
    pub(crate) fn eventually<T>(&self, what: &str, look: impl FnMut() -> Option<T>) -> T {
        eventually(look).unwrap_or_else(|| {
            panic!(
                "waited {} s in vain for {what}; the log ends:\n{}",
                PATIENCE.as_secs(),
                self.log_end()
            )
        })
    }

    /// The end of the log, for failures.
    pub(crate) fn log_end(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(LOG_LINES_SHOWN)..].join("\n")
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            // It may have ended already.
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// Looks until something is there, for as long as patience lasts.
pub(crate) fn eventually<T>(mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let until = Instant::now() + PATIENCE;
    loop {
        let seen = look();
        if seen.is_some() || Instant::now() >= until {
            return seen;
        }
        std::thread::sleep(LOOK_EVERY);
    }
}

/// The program with a configuration and nothing of ours in its environment.
pub(crate) fn program(config: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ackd"));
    command.env_clear().arg("--config").arg(config);
    command
}
