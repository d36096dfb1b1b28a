//! ackd: no client mail goes unanswered.
pub mod cli;
pub mod clock;
pub mod domain;
pub mod imap;
pub mod settings;
pub mod smtp;
pub mod store;
