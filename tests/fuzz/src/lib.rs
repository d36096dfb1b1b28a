//! Everything of ackd that reads bytes from outside, each as a function of such bytes.
//!
//! Vocabulary: a *target* is one such reader; an *input* is the bytes of one run; a *corpus* is
//! the inputs that are kept, in `corpus/TARGET`; a *finding* is an input on which a target
//! panics, hangs or takes too much memory. What a target *lets through* are panics of
//! libraries that the daemon survives by design.
//!
//! The fuzzers in `bins` run these functions on inputs that libFuzzer makes up, the test
//! `fuzz_corpora` runs them on the corpora. `scripts/fuzz` builds and runs the fuzzers.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "the fuzzers use one half of it, the test that replays the corpora the other"
)]

pub mod control;
pub mod discovery;
pub mod facts;
pub mod ics;
pub mod imap;
mod line;
pub mod records;
pub mod settings;
mod team;

use std::cell::RefCell;
use std::panic::PanicHookInfo;

/// One reader of bytes from outside.
pub struct Target {
    /// Its name: of its fuzzer, and of the folder of its corpus.
    pub name: &'static str,
    /// Reads one input. Panics if anything is not as it should be.
    pub run: fn(&[u8]),
    /// The crates whose panics are let through.
    pub lets_through: &'static [&'static str],
}

/// All of them.
pub const TARGETS: [&Target; 7] = [
    &facts::TARGET,
    &imap::TARGET,
    &ics::TARGET,
    &settings::TARGET,
    &control::TARGET,
    &records::TARGET,
    &discovery::TARGET,
];

impl Target {
    /// Whether a panic is let through: it happened in one of the crates named.
    fn lets_through(&self, panic: &PanicHookInfo<'_>) -> bool {
        let place = panic.location().map_or("", |location| location.file());
        let of = |library: &&str| place.contains(&format!("/{library}-"));
        self.lets_through.iter().any(of)
    }

    /// Ends the process at the first panic that is not let through, even where it would be
    /// caught: for the fuzzers.
    pub fn abort_on_panics(&'static self) {
        let report = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if !self.lets_through(panic) {
                report(panic);
                std::process::abort();
            }
        }));
    }

    /// Runs one input in this process and thread. The panics that were not let through, caught
    /// ones too: for the replay.
    pub fn panics_on(&'static self, input: &[u8]) -> Vec<String> {
        thread_local! {
            static SEEN: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
        }
        static HOOKED: std::sync::Once = std::sync::Once::new();
        thread_local! {
            static RUNNING: RefCell<Option<&'static Target>> = const { RefCell::new(None) };
        }
        HOOKED.call_once(|| {
            let report = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |panic| {
                match RUNNING.with_borrow(|running| *running) {
                    None => report(panic),
                    Some(target) if target.lets_through(panic) => {}
                    Some(_) => SEEN.with_borrow_mut(|seen| seen.push(panic.to_string())),
                }
            }));
        });
        RUNNING.with_borrow_mut(|running| *running = Some(self));
        // What it unwinds with is in the list already.
        let _ = std::panic::catch_unwind(|| (self.run)(input));
        RUNNING.with_borrow_mut(|running| *running = None);
        SEEN.with_borrow_mut(std::mem::take)
    }
}
