//! Which seeds are played.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::lives::{Outcome, play};

/// How many worlds a test run plays where nobody says otherwise.
const SEEDS: u64 = 200;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.trim().parse().ok()
}

#[test]
fn nothing_is_lost_and_nothing_sent_twice_in_any_world() {
    if let Some(seed) = number("ACKD_SIMULATION_SEED") {
        let outcome = play(seed, true);
        println!("{}", outcome.transcript.join("\n"));
        assert!(outcome.complaints.is_empty(), "{:#?}", outcome.complaints);
        return;
    }
    let first = number("ACKD_SIMULATION_FIRST").unwrap_or(0);
    let count = number("ACKD_SIMULATION_SEEDS").unwrap_or(SEEDS);
    let next = AtomicU64::new(first);
    let failed = Mutex::new(Vec::new());
    let sums = Mutex::new((0_u64, 0_u64, 0_u64));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= first + count {
                        break;
                    }
                    let Outcome {
                        complaints,
                        figures,
                        ..
                    } = play(seed, false);
                    let mut sum = sums.lock().expect("ours");
                    sum.0 += u64::from(figures.0);
                    sum.1 += figures.1;
                    sum.2 += figures.2 as u64;
                    drop(sum);
                    if !complaints.is_empty() {
                        failed.lock().expect("ours").push((seed, complaints));
                    }
                }
            });
        }
    });
    let mut failed = failed.into_inner().expect("ours");
    failed.sort();
    for (seed, complaints) in &failed {
        println!("seed {seed}:\n  {}", complaints.join("\n  "));
    }
    let (lives, commits, mails) = sums.into_inner().expect("ours");
    println!("{count} worlds: {lives} lives, {commits} commits, {mails} mails taken");
    assert!(
        failed.is_empty(),
        "{} of {count} worlds failed",
        failed.len()
    );
}

#[test]
fn a_seed_is_always_the_same_world() {
    for seed in [1, 2, 3, 4, 5, 44, 56, 111] {
        let (one, other) = (play(seed, true), play(seed, true));
        let differs = one
            .transcript
            .iter()
            .zip(&other.transcript)
            .find(|(one, other)| one != other);
        assert_eq!(differs, None, "seed {seed}");
        assert_eq!(one.transcript.len(), other.transcript.len(), "seed {seed}");
    }
}
