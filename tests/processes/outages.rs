//! The mail servers are stopped and frozen. (They are not killed: after that they may deliver
//! twice themselves.)

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::chance::Chance;
use crate::daemon::Daemon;
use crate::people::Servers;
use crate::storm::{self, chance_of, count_in_the_calm, rounds};
use crate::traffic::{Traffic, installation};

const USERS: [&str; 2] = ["user0", "user1"];

/// How many outages there are in the short form.
const OUTAGES: u64 = 3;

/// How long mail comes between two outages, and how long one lasts, in milliseconds.
const TRAFFIC: (i64, i64) = (1000, 3000);
const OUTAGE: (i64, i64) = (500, 5000);

/// Mail servers that nobody else uses. They end with the story.
struct OwnServers {
    folder: TempDir,
    servers: Servers,
}

/// What happens to a server.
#[derive(Debug, Clone, Copy)]
enum Outage {
    /// It is asked to stop, and started again.
    Stopped,
    /// It stands still, with its connections open.
    Frozen,
}

impl OwnServers {
    /// `None` where none can be started; said why.
    fn start() -> Option<Self> {
        let folder = TempDir::new().expect("a temporary folder");
        let started = script(&["start", folder.path().to_str()?, "dovecot", "postfix"]);
        if !started.status.success() {
            let why = String::from_utf8_lossy(&started.stderr).into_owned();
            let required = std::env::var("ACKD_TEST_SERVERS").is_ok_and(|own| own == "required");
            assert!(!required, "servers are required: {why}");
            println!("skipped: no servers can be started here: {why}");
            return None;
        }
        let said = String::from_utf8_lossy(&started.stdout).into_owned();
        let address = |name: &str| {
            let mut lines = said.lines();
            let line = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
            line.expect("it is named").to_owned()
        };
        let servers = Servers {
            dovecot: address("ACKD_TEST_IMAP_DOVECOT"),
            smtp: address("ACKD_TEST_SMTP"),
        };
        Some(Self { folder, servers })
    }

    /// One server is away for some time.
    fn suffer(&self, outage: Outage, server: &str, time: Duration) {
        match outage {
            Outage::Stopped => {
                self.order("down", server);
                std::thread::sleep(time);
                self.order("up", server);
            }
            Outage::Frozen => {
                let family = family(self.master(server));
                signal("STOP", &family);
                std::thread::sleep(time);
                signal("CONT", &family);
            }
        }
        // What it could not deliver meanwhile is not left for minutes.
        let settings = self.folder.path().join("postfix/etc");
        let flushed = Command::new("postfix")
            .arg("-c")
            .arg(settings)
            .arg("flush")
            .output();
        assert!(flushed.is_ok_and(|own| own.status.success()), "not flushed");
    }

    fn order(&self, what: &str, server: &str) {
        let folder = self.folder.path().to_str().expect("a plain path");
        let done = script(&[what, folder, server]);
        assert!(
            done.status.success(),
            "{}",
            String::from_utf8_lossy(&done.stderr)
        );
    }

    fn master(&self, server: &str) -> u32 {
        let file: PathBuf = match server {
            "dovecot" => "dovecot/run/master.pid".into(),
            _ => "postfix/spool/pid/master.pid".into(),
        };
        let pid = fs::read_to_string(self.folder.path().join(file));
        let pid = pid.expect("it runs");
        pid.trim().parse().expect("a number")
    }
}

impl Drop for OwnServers {
    fn drop(&mut self) {
        script(&["stop", &self.folder.path().to_string_lossy()]);
    }
}

#[test]
fn whatever_the_mail_servers_do_nothing_is_lost_and_nothing_is_said_twice() {
    if storm::servers().is_none() {
        return;
    }
    let Some(own) = OwnServers::start() else {
        return;
    };
    let mut chance = chance_of("outages");
    let installation = installation("outage", &own.servers, &USERS);
    let daemon = Daemon::running(&installation);
    let mut traffic = Traffic::new(&own.servers, &installation, &USERS, chance.branch());
    let outages = rounds(OUTAGES);
    for number in 0..outages {
        traffic.flow(time(&mut chance, TRAFFIC));
        let server = if number % 2 == 0 {
            "dovecot"
        } else {
            "postfix"
        };
        let outage = match number % 4 {
            0 | 1 => Outage::Stopped,
            _ => Outage::Frozen,
        };
        own.suffer(outage, server, time(&mut chance, OUTAGE));
        traffic.reconnect();
    }
    let tally = count_in_the_calm(&mut traffic, &daemon);
    println!("outages: {outages} outages, {tally}");
    tally.assert_clean(&daemon);
}

fn time(chance: &mut Chance, (low, high): (i64, i64)) -> Duration {
    Duration::from_millis(chance.between(low, high).unsigned_abs())
}

fn script(arguments: &[&str]) -> std::process::Output {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/servers");
    let ran = Command::new(script).args(arguments).output();
    ran.expect("the script starts")
}

/// A process and all that come from it.
fn family(master: u32) -> Vec<u32> {
    let mut family = vec![master];
    let mut seen = 0;
    while seen < family.len() {
        let parent = family[seen];
        seen += 1;
        let children = Command::new("pgrep")
            .args(["-P", &parent.to_string()])
            .output();
        let children = children.expect("pgrep runs").stdout;
        let children = String::from_utf8_lossy(&children).into_owned();
        family.extend(
            children
                .split_whitespace()
                .filter_map(|pid| pid.parse::<u32>().ok()),
        );
    }
    family
}

fn signal(name: &str, processes: &[u32]) {
    for pid in processes {
        // A child may have ended meanwhile.
        let _ = Command::new("kill")
            .args(["-s", name, &pid.to_string()])
            .output();
    }
}
