//! One storm: how long, by which seed, and what is counted after it.

use std::time::Duration;

use tokio::time::Instant;

use crate::chance::Chance;
use crate::daemon::Daemon;
use crate::people::Servers;
use crate::tally::Tally;
use crate::traffic::{Course, LADDER, Traffic};

/// How long after its last mail a storm may take to calm down. What was cut off in mid-send is
/// put off by a quarter of a minute, and longer each time; the copy of an acknowledgement is
/// looked for a minute later.
const CALM_TIME_MAX: Duration = Duration::from_secs(240);

/// What is to come twice would come within this.
const AFTERMATH: Duration = Duration::from_secs(3);

/// The servers every story needs. `ACKD_TORMENT=apart` passes the stories over: they mostly
/// wait, so that `scripts/test` plays them by themselves, all at once.
pub(crate) fn servers() -> Option<Servers> {
    if std::env::var("ACKD_TORMENT").is_ok_and(|value| value == "apart") {
        println!("skipped: played apart");
        return None;
    }
    Servers::named()
}

/// How many rounds a story has: `ACKD_TORMENT_ROUNDS`, or its short form.
pub(crate) fn rounds(short: u64) -> u64 {
    number("ACKD_TORMENT_ROUNDS").unwrap_or(short)
}

/// The seed of a story: `ACKD_TORMENT_SEED`, or one of the moment. It is printed.
pub(crate) fn chance_of(story: &str) -> Chance {
    let seed = number("ACKD_TORMENT_SEED").unwrap_or_else(|| fastrand::u64(0..1_000_000));
    println!("{story}: ACKD_TORMENT_SEED={seed}");
    Chance::of_seed(seed)
}

/// The calm: everything owed gets done; then it is counted.
pub(crate) fn count_in_the_calm(traffic: &mut Traffic, daemon: &Daemon) -> Tally {
    traffic.ebb();
    std::thread::sleep(LADDER);
    let until = Instant::now() + CALM_TIME_MAX;
    while !is_calm(traffic, daemon) {
        if Instant::now() >= until {
            println!("it did not calm down: {:?}", daemon.status());
            for case in daemon.cases() {
                let id = case["message_ids"][0].as_str().unwrap_or_default();
                let written = traffic.written.iter().find(|own| own.letter.id == id);
                let course = written.map(|own| own.course);
                if case["state"] == "waiting" && course != Some(Course::Escalated) {
                    println!("{course:?} waits: {case}");
                }
            }
            break;
        }
        std::thread::sleep(Duration::from_millis(500));
    }
    std::thread::sleep(AFTERMATH);
    let mut tally = Tally::count(traffic, daemon);
    // The mail server may still have some of it.
    while !tally.lost.is_empty() && Instant::now() < until {
        std::thread::sleep(Duration::from_secs(2));
        tally = Tally::count(traffic, daemon);
    }
    tally
}

/// Whether every mail has its case, nothing is on its way, and nobody waits but those whose
/// acknowledgement is held.
fn is_calm(traffic: &Traffic, daemon: &Daemon) -> bool {
    let Some(status) = daemon.status() else {
        return false;
    };
    let outbox = &status["outbox"];
    if outbox["queued"] != 0 || outbox["sending"] != 0 {
        return false;
    }
    let cases = daemon.cases();
    let escalated = |own: &&crate::traffic::Written| own.course == Course::Escalated;
    let escalated = traffic.written.iter().filter(escalated).count() as u64;
    let waiting = cases.iter().filter(|own| own["state"] == "waiting").count() as u64;
    // What is held may be answered by now.
    cases.len() >= traffic.written.len()
        && waiting <= escalated + outbox["held"].as_u64().unwrap_or_default()
}

fn number(variable: &str) -> Option<u64> {
    let value = std::env::var(variable).ok()?;
    Some(value.parse().expect("a number"))
}
