//! Seeing inside: what the daemon counts and shows, what monitoring systems may ask of it, and
//! what its log says; and what it sees of its mailbox.
//!
//! Vocabulary: a *house* is an engine with a mailbox and a mail server in memory, under a clock
//! that stands still unless somebody waits, so that every number comes out exactly.

mod answers;
mod check_ins;
mod house;
mod listener;
mod logs;
mod numbers;
mod pages;
mod servers;
