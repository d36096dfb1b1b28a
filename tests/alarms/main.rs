//! The whole engine, with mail servers that do as they are told and a clock that can be moved:
//! who hears of trouble, by which route, and how often.
//!
//! Vocabulary: a *house* is one installation; it may be *left* (the daemon stops, as in a crash)
//! and *entered* again on the same store. Nothing here is judged by how long it took.

mod blindness;
mod clocks;
mod house;
mod imap;
mod reloading;
mod roads;
mod smtp;
mod store;
mod unsent;
mod words;
