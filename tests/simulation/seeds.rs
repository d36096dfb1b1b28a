//! Which worlds are played, and what is said when one goes wrong.
//!
//! - `ACKD_SIMULATION_SEED=163`: this world alone, told as it happens, with the daemon's log.
//! - `ACKD_SIMULATION_SEEDS=3000`: so many worlds, from `ACKD_SIMULATION_FIRST` (0) on.
//! - `ACKD_SIMULATION_SECONDS=100`: as many as can be played in this time, in place of a number.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use crate::lives::{Outcome, Recording, play, play_with_losses};

/// How many worlds a test run plays where nobody says otherwise.
const SEEDS: u64 = 200;

/// How many failed worlds are enough.
const FAILURES_MAX: usize = 20;

#[test]
fn nothing_is_lost_and_nothing_sent_twice_in_any_world() {
    all_worlds("nothing_is_lost", play);
}

#[test]
fn a_store_that_is_lost_loses_no_mail_and_sends_no_client_another() {
    all_worlds("a_store_that_is_lost", play_with_losses);
}

/// Plays a world.
type Play = fn(u64, Recording) -> Outcome;

/// `name`: what the test is found by.
fn all_worlds(name: &'static str, play: Play) {
    if let Some(seed) = number("ACKD_SIMULATION_SEED") {
        return replay(seed, play);
    }
    let round = Round::of_environment(name, play);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| while round.play_next() {});
        }
    });
    round.report();
}

#[test]
fn a_seed_is_always_the_same_world() {
    for seed in [1, 2, 3, 4, 5, 44, 56, 111, 163, 961] {
        let told = || play(seed, Recording::Kept).transcript;
        let (one, other) = (told(), told());
        let mut both = one.iter().zip(&other);
        let differs = both.find(|(one, other)| one != other);
        assert_eq!(differs, None, "seed {seed}");
        assert_eq!(one.len(), other.len(), "seed {seed}");
    }
}

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.trim().parse().expect("a number"))
}

fn replay(seed: u64, play: Play) {
    let log = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::DEBUG)
        .with_ansi(false)
        .without_time()
        .with_test_writer()
        .finish();
    let outcome = tracing::subscriber::with_default(log, || play(seed, Recording::Live));
    assert!(outcome.complaints.is_empty(), "{:#?}", outcome.complaints);
}

/// One round of worlds, played by several threads.
struct Round {
    name: &'static str,
    play: Play,
    first: u64,
    count: u64,
    until: Option<Instant>,
    next: AtomicU64,
    sums: Mutex<Sums>,
}

#[derive(Default)]
struct Sums {
    worlds: u64,
    lives: u64,
    commits: u64,
    mails: u64,
    failed: Vec<(u64, Vec<String>)>,
}

impl Round {
    fn of_environment(name: &'static str, play: Play) -> Self {
        let first = number("ACKD_SIMULATION_FIRST").unwrap_or(0);
        let seconds = number("ACKD_SIMULATION_SECONDS").map(Duration::from_secs);
        let usual = if seconds.is_some() {
            u64::MAX - first
        } else {
            SEEDS
        };
        Self {
            name,
            play,
            first,
            count: number("ACKD_SIMULATION_SEEDS").unwrap_or(usual),
            until: seconds.map(|time| Instant::now() + time),
            next: AtomicU64::new(first),
            sums: Mutex::default(),
        }
    }

    /// Plays one world more. False if it is time to stop.
    fn play_next(&self) -> bool {
        let seed = self.next.fetch_add(1, Ordering::Relaxed);
        let is_late = self.until.is_some_and(|until| Instant::now() >= until);
        let failures = self.sums.lock().expect("ours").failed.len();
        if seed - self.first >= self.count || is_late || failures >= FAILURES_MAX {
            return false;
        }
        let Outcome {
            complaints,
            figures: (lives, commits, mails),
            ..
        } = (self.play)(seed, Recording::Off);
        let mut sums = self.sums.lock().expect("ours");
        sums.worlds += 1;
        sums.lives += u64::from(lives);
        sums.commits += commits;
        sums.mails += mails as u64;
        if !complaints.is_empty() {
            sums.failed.push((seed, complaints));
        }
        true
    }

    fn report(self) {
        let mut sums = self.sums.into_inner().expect("ours");
        println!(
            "{} worlds from seed {}: {} lives of the daemon, {} commits, {} mails taken",
            sums.worlds, self.first, sums.lives, sums.commits, sums.mails
        );
        sums.failed.sort();
        for (seed, complaints) in &sums.failed {
            println!("seed {seed}:\n  {}", complaints.join("\n  "));
            println!(
                "  replay: ACKD_SIMULATION_SEED={seed} cargo test --test simulation {} -- --nocapture",
                self.name
            );
        }
        let (failed, worlds) = (sums.failed.len(), sums.worlds);
        assert_eq!(failed, 0, "{failed} of {worlds} worlds failed");
    }
}
