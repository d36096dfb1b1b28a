//! The pure middle: what ackd knows and decides. No IO, no clock, no async, no randomness,
//! no storage types; time is an argument and effects are values. `tests/tidy.rs` holds the
//! walls up.

pub mod absence;
pub mod address;
pub mod alarm;
pub mod book;
pub mod calendar;
pub mod case;
pub mod change;
pub mod check_in;
pub mod classify;
pub mod commit;
pub mod correspondents;
pub mod decide;
pub mod digest;
pub mod draft;
pub mod facts;
pub mod ids;
pub mod language;
pub mod notifications;
pub mod obstacle;
pub mod outbox;
pub mod policy;
pub mod reply;
pub mod report;
pub mod roads;
pub mod rules;
pub mod shared_domains;
pub mod time;
