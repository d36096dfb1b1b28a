//! A hostile mailbox beside an ordinary one: the real program watches both while a server that
//! plays a part does its worst.
//!
//! Vocabulary: a *horror* is one thing a mailbox holds or a server does. For each one: the
//! daemon's memory stays below [`MEMORY_KIB_MAX`], the ordinary mailbox's mail has its case
//! within [`LATENCY_MAX`] all the while, what can't be read is in quarantine, what lies behind
//! it is read, and in the end both mailboxes are live.
//!
//! `ACKD_HOSTILE_PROGRAM` names another build of the program to measure.

mod alerts;
mod floods;
mod house;
mod letters;
mod odd;
mod peer;
mod unreadable;

use std::thread;
use std::time::Duration;

use tokio::time::Instant;

use crate::house::House;
use crate::peer::Part;

/// The most memory the daemon may have at once.
const MEMORY_KIB_MAX: u64 = 64 * 1024;

/// What is added for an unoptimised program, whose own pages alone take three times what the
/// optimised one takes at rest.
const UNOPTIMISED_KIB: u64 = 16 * 1024;

fn memory_kib_max() -> u64 {
    match cfg!(debug_assertions) && !house::is_another_build() {
        true => MEMORY_KIB_MAX + UNOPTIMISED_KIB,
        false => MEMORY_KIB_MAX,
    }
}

/// How long a letter in the ordinary mailbox may wait for its case: on a machine that does
/// nothing else it is a fraction of a second.
const LATENCY_MAX: Duration = Duration::from_secs(5);

/// How often a letter comes into the ordinary mailbox.
const LETTER_EVERY: Duration = Duration::from_millis(700);

/// What a hostile mailbox is.
struct Horror {
    name: &'static str,
    part: Part,
    /// Letters that must have a case in the end, by their ids.
    read: Vec<String>,
    /// UIDs that must lie in quarantine, and no others.
    set_aside: Vec<u64>,
}

impl Horror {
    /// Lives through it, and tells how it was.
    fn endured(self) -> String {
        let began = Instant::now();
        let mut house = House::watching(self.part);
        house.wait_until_live("ordinary");
        let mut slowest = Duration::ZERO;
        loop {
            slowest = slowest.max(house.latency());
            let quarantined = house.quarantined().into_iter().map(|(uid, _)| uid);
            let is_over = quarantined.collect::<Vec<_>>() == self.set_aside
                && house.without_case(&self.read).is_empty()
                && house
                    .state("hostile")
                    .is_some_and(|(state, _)| state == "live");
            if is_over {
                break;
            }
            house.eventually("the horror to be over", |_| {
                (began.elapsed() < house::PATIENCE).then_some(())
            });
            thread::sleep(LETTER_EVERY);
        }
        slowest = slowest.max(house.latency());
        let took = began.elapsed();
        let memory = house.memory_peak();
        let told = format!(
            "{:<28} {:>5.1} MiB, ordinary mail {:>5} ms at most, over after {:>4.1} s",
            self.name,
            memory as f64 / 1024.0,
            slowest.as_millis(),
            took.as_secs_f64()
        );
        println!("{told}");
        assert!(memory < memory_kib_max(), "too much memory: {told}");
        assert!(slowest < LATENCY_MAX, "too slow: {told}");
        told
    }
}

/// Lives through several at the same time, each in a house of its own.
fn endure(horrors: Vec<Horror>) {
    let threads: Vec<_> = horrors
        .into_iter()
        .map(|horror| (horror.name, thread::spawn(|| horror.endured())))
        .collect();
    let failed: Vec<&str> = threads
        .into_iter()
        .filter_map(|(name, thread)| thread.join().is_err().then_some(name))
        .collect();
    assert!(failed.is_empty(), "not endured: {failed:?}");
}
