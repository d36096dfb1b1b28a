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
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= first + count {
                        break;
                    }
                    let Outcome { complaints, .. } = play(seed, false);
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
    assert!(
        failed.is_empty(),
        "{} of {count} worlds failed",
        failed.len()
    );
}
