//! Holiday files over the years: a file that vanishes, breaks or runs out, as the one who runs
//! ackd meets it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use ackd::settings::{BrokenHolidays, Loaded, ending_holidays, holiday_copy, load_with};
use serde_json::Value;

/// How long the daemon may take to do what it is told.
const PATIENCE: Duration = Duration::from_secs(20);

const CHRISTMAS: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\n\
    SUMMARY:Christmas Day\r\nDTSTART;VALUE=DATE:20261225\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:2\r\n\
    SUMMARY:Boxing Day\r\nDTSTART;VALUE=DATE:20261226\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

/// A team with a holiday file, whose mailbox and mail server nobody answers for.
struct Team {
    folder: tempfile::TempDir,
    daemon: Option<Child>,
}

impl Team {
    fn with_holidays(written: &str) -> Self {
        let team = Self {
            folder: tempfile::tempdir().expect("a folder"),
            daemon: None,
        };
        let config = format!(
            r#"[service]
state_dir = "{}"
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
password = {{ env = "PASSWORD" }}
[calendars.office]
time_zone = "Europe/London"
fri = ["09:00-17:00"]
{written}
[policies.standard]
calendar = "office"
acknowledge_within = "3h"
"#,
            team.path("state").display()
        );
        fs::write(team.path("ackd.toml"), config).expect("a file");
        team
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn load(&self, broken: BrokenHolidays) -> Result<Loaded, String> {
        let loaded = load_with(
            &self.path("ackd.toml"),
            &[("PASSWORD".into(), "pw".into())],
            broken,
        );
        loaded.map_err(|problems| {
            let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
            self.shortened(&lines.join("\n"))
        })
    }

    fn shortened(&self, text: &str) -> String {
        text.replace(&format!("{}/", self.folder.path().display()), "")
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ackd"));
        command.env_clear().env("PASSWORD", "pw");
        command.arg("--config").arg(self.path("ackd.toml"));
        command
    }

    /// Exit code, output and errors of a command.
    fn ackd(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        let output = self.command().args(arguments).output().expect("ackd runs");
        let text = |bytes| self.shortened(&String::from_utf8(bytes).expect("text"));
        (
            output.status.code(),
            text(output.stdout),
            text(output.stderr),
        )
    }

    fn run(&mut self) {
        let log = fs::File::create(self.path("log")).expect("a file");
        let mut command = self.command();
        let daemon = command.arg("run").stdout(Stdio::null()).stderr(log);
        self.daemon = Some(daemon.spawn().expect("ackd runs"));
        self.eventually("it answers", |status| !status.is_null());
    }

    fn signal(&mut self, name: &str) {
        let daemon = self.daemon.as_ref().expect("it runs");
        let kill = Command::new("kill")
            .args(["-s", name, &daemon.id().to_string()])
            .status();
        assert!(kill.expect("kill runs").success());
    }

    fn stop(&mut self) {
        self.signal("TERM");
        let mut daemon = self.daemon.take().expect("it runs");
        assert!(daemon.wait().expect("it ends").success(), "{}", self.log());
    }

    fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    fn eventually(&self, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        let begin = tokio::time::Instant::now();
        loop {
            let (_, status, _) = self.ackd(&["status", "--json"]);
            let status = serde_json::from_str(&status).unwrap_or(Value::Null);
            if is_so(&status) {
                return status;
            }
            assert!(
                begin.elapsed() < PATIENCE,
                "{what}: {status}\n{}",
                self.log()
            );
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for Team {
    fn drop(&mut self) {
        if let Some(mut daemon) = self.daemon.take() {
            let _ = daemon.kill();
            let _ = daemon.wait();
        }
    }
}

fn is_alarmed(status: &Value) -> bool {
    let alarms = status["alarms"].as_array();
    let told = |alarm: &Value| alarm.as_str().is_some_and(|told| told.contains("uk.ics"));
    alarms.is_some_and(|alarms| alarms.iter().any(told))
}

#[test]
fn a_file_that_names_an_unknown_time_zone_is_used_and_warned_of() {
    let team = Team::with_holidays("holiday_files = [\"uk.ics\"]");
    let eve = "BEGIN:VEVENT\r\nUID:3\r\nSUMMARY:Early close\r\n\
               DTSTART;TZID=Head office:20261218T140000\r\nDURATION:PT10H\r\nEND:VEVENT\r\nEND:VCALENDAR";
    let file = CHRISTMAS.replace("END:VCALENDAR", eve);
    fs::write(team.path("uk.ics"), file).expect("a file");
    let loaded = team.load(BrokenHolidays::Refused).expect("it is used");
    let told: Vec<String> = loaded.warnings.iter().map(ToString::to_string).collect();
    let told = told.iter().filter(|line| line.contains("time zone"));
    let told: Vec<String> = told.map(|line| team.shortened(line)).collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].contains("\"uk.ics\" names the unknown time zone \"Head office\""),
        "{told:?}"
    );
    assert!(told[0].contains("X-LIC-LOCATION"), "{told:?}");
}

#[test]
fn a_vanished_file_costs_no_holiday_and_is_told_until_it_is_back() {
    let mut team = Team::with_holidays("holiday_files = [\"uk.ics\"]");
    let file = team.path("uk.ics");
    let show = [
        "calendar",
        "show",
        "--calendar",
        "office",
        "--from",
        "2026-12-25",
    ];

    // Without the file, and before there was a good one, nothing starts.
    let (code, _, err) = team.ackd(&["run"]);
    assert_eq!(code, Some(1));
    assert!(err.contains("ackd.toml:21: "), "{err}");
    assert!(err.contains("there is no good copy of it"), "{err}");

    fs::write(&file, CHRISTMAS).expect("a file");
    team.run();
    let copy = holiday_copy(&team.path("state"), &file);
    assert_eq!(fs::read_to_string(&copy).expect("a copy"), CHRISTMAS);
    let mode = fs::metadata(&copy).expect("a copy").permissions().mode();
    assert_eq!(mode & 0o077, 0, "nobody else reads it");
    team.stop();

    fs::remove_file(&file).expect("it was there");
    team.run();
    let status = team.eventually("an alarm", is_alarmed);
    assert_eq!(status["outbox"]["queued"], 1, "{status}");
    assert!(
        team.log().contains("there is no such file"),
        "{}",
        team.log()
    );
    let (code, out, err) = team.ackd(&show);
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("closed  holiday: Christmas Day"), "{out}");
    assert!(err.contains("warning: holiday file \"uk.ics\""), "{err}");
    let (code, out, _) = team.ackd(&["check"]);
    assert_eq!(code, Some(1));
    assert!(
        out.starts_with("ackd.toml:21: calendars.office.holiday_files: \"uk.ics\""),
        "{out}"
    );

    // Reloading does not tell it twice.
    team.signal("HUP");
    std::thread::sleep(Duration::from_millis(500));
    let status = team.eventually("an alarm", is_alarmed);
    assert_eq!(status["outbox"]["queued"], 1, "{status}");

    fs::write(&file, CHRISTMAS).expect("a file");
    team.signal("HUP");
    let status = team.eventually("the end of the alarm", |status| !is_alarmed(status));
    assert_eq!(status["outbox"]["queued"], 2, "{status}");
    team.stop();

    // A file that is not configured any more leaves no copy behind.
    let config = fs::read_to_string(team.path("ackd.toml")).expect("a file");
    let other = config.replace("uk.ics", "ireland.ics");
    fs::write(team.path("ackd.toml"), other).expect("a file");
    fs::rename(&file, team.path("ireland.ics")).expect("a file");
    fs::write(copy.with_file_name("notes.txt"), "ours").expect("a file");
    team.run();
    assert!(!copy.exists(), "the old copy is gone");
    assert!(holiday_copy(&team.path("state"), &team.path("ireland.ics")).exists());
    assert!(copy.with_file_name("notes.txt").exists());
    team.stop();
}

#[test]
fn a_half_holiday_is_shown_and_explained() {
    let team = Team::with_holidays("holiday_files = [\"uk.ics\"]");
    let eve = "BEGIN:VEVENT\r\nUID:3\r\nSUMMARY:Early close\r\nDTSTART;TZID=Europe/London:20261218T140000\r\nDTEND;TZID=Europe/London:20261219T000000\r\nEND:VEVENT\r\nEND:VCALENDAR";
    let file = CHRISTMAS.replace("END:VCALENDAR", eve);
    fs::write(team.path("uk.ics"), file).expect("a file");
    let show = |more: &[&str]| {
        let show = [
            "calendar",
            "show",
            "--calendar",
            "office",
            "--from",
            "2026-12-18",
        ];
        team.ackd(&[&show[..], &["--days", "1"], more].concat()).1
    };
    assert!(
        show(&[]).contains("Fri 2026-12-18  09:00-14:00  holiday: Early close"),
        "{}",
        show(&[])
    );
    assert_eq!(
        show(&["--json"]).trim(),
        r#"{"days":[{"date":"2026-12-18","holiday":"Early close","windows":[{"open":"2026-12-18T09:00:00Z","close":"2026-12-18T14:00:00Z"}]}]}"#
    );
    let due = ["calendar", "due", "--policy", "standard", "--at"];
    let due = |at: &str| team.ackd(&[&due[..], &[at]].concat()).1;
    let late = due("2026-12-18T12:00:00Z");
    assert!(
        late.starts_with("due        Fri 2026-12-18 14:00 GMT"),
        "{late}"
    );
    assert!(
        late.contains("capped     close of the business day"),
        "{late}"
    );
    assert!(
        late.contains("holiday \"Early close\" on Fri 2026-12-18: open 09:00-14:00 instead"),
        "{late}"
    );
    let early = due("2026-12-18T09:00:00Z");
    assert!(!early.contains("Early close"), "it shaped nothing: {early}");
}

#[test]
fn what_breaks_a_file_is_told_and_the_copy_holds() {
    let team = Team::with_holidays("holiday_files = [\"uk.ics\"]");
    let file = team.path("uk.ics");
    let copy = holiday_copy(&team.path("state"), &file);
    fs::create_dir_all(copy.parent().expect("a folder")).expect("a folder");
    let truncated = &CHRISTMAS[..CHRISTMAS.len() - 20];
    let empty = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n";
    let broken: [(&[u8], &str); 5] = [
        (b"", "no iCalendar file"),
        (b"<html>404</html>", "no iCalendar file"),
        (truncated.as_bytes(), "no iCalendar file"),
        (empty.as_bytes(), "gives no day off"),
        (b"BEGIN:VCALENDAR\r\nSUMMARY:No\xebl\r\n", "not UTF-8"),
    ];
    for (bytes, why) in broken {
        fs::write(&file, bytes).expect("a file");
        let _ = fs::remove_file(&copy);
        let told = team.load(BrokenHolidays::Replaced).expect_err(why);
        assert!(
            told.contains(why) && told.contains("no good copy"),
            "{told}"
        );

        fs::write(&copy, CHRISTMAS).expect("a copy");
        let loaded = team.load(BrokenHolidays::Replaced).expect(why);
        assert!(
            loaded.good_holidays.is_empty(),
            "a broken file is no good copy"
        );
        let told = loaded.warnings.last().expect("a warning").to_string();
        assert!(told.contains(why), "{told}");
        let office = loaded.settings.rules.calendars.values().next();
        let office = office.expect("a calendar");
        assert!(!office.is_open("2026-12-25T10:00:00Z".parse().expect("a moment")));

        let told = team.load(BrokenHolidays::Refused).expect_err(why);
        assert!(told.starts_with("ackd.toml:21: calendars.office.holiday_files: \"uk.ics\""));
        assert!(told.contains(why), "{told}");
    }
    assert!(team.load(BrokenHolidays::Unread).is_ok());
}

#[test]
fn a_file_whose_days_off_end_is_warned_of_two_months_ahead() {
    let team = Team::with_holidays("holiday_files = [\"uk.ics\"]");
    fs::write(team.path("uk.ics"), CHRISTMAS).expect("a file");
    let loaded = team.load(BrokenHolidays::Refused).expect("a good file");
    let told = |now: &str| {
        let now = now.parse().expect("a moment");
        let told = ending_holidays(&loaded.settings, now);
        let lines: Vec<String> = told.iter().map(ToString::to_string).collect();
        team.shortened(&lines.join("\n"))
    };
    assert_eq!(told("2026-10-01T12:00:00Z"), "");
    assert_eq!(
        told("2026-12-01T12:00:00Z"),
        "ackd.toml:21: warning: calendars.office.holiday_files: \"uk.ics\" has its last day off on 2026-12-26; get a newer one"
    );
    assert!(told("2027-03-01T12:00:00Z").contains("had its last day off on 2026-12-26"));

    let yearly = CHRISTMAS.replace("20261225\r\n", "20261225\r\nRRULE:FREQ=YEARLY\r\n");
    fs::write(team.path("uk.ics"), yearly).expect("a file");
    let loaded = team.load(BrokenHolidays::Refused).expect("a good file");
    let now = "2027-03-01T12:00:00Z".parse().expect("a moment");
    assert_eq!(
        ending_holidays(&loaded.settings, now),
        [],
        "one of them comes every year"
    );
}

#[test]
fn a_name_that_no_holiday_has_is_warned_of() {
    let team = Team::with_holidays(
        "holiday_files = [{ file = \"uk.ics\", include = [\"christmas day\", \"Boxing day off\"] }]",
    );
    fs::write(team.path("uk.ics"), CHRISTMAS).expect("a file");
    let loaded = team.load(BrokenHolidays::Refused).expect("a good file");
    let told: Vec<String> = loaded.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0]
            .ends_with("no holiday of the file is called \"Boxing day off\"; write \"Boxing Day\""),
        "{told:?}"
    );
    let office = loaded.settings.rules.calendars.values().next();
    let office = office.expect("a calendar");
    let holidays: Vec<_> = office
        .holidays(
            "2026-01-01".parse().expect("a date"),
            "2026-12-31".parse().expect("a date"),
        )
        .collect();
    assert_eq!(holidays.len(), 1, "{holidays:?}");
}
