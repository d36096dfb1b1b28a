//! Who is away, since when and until when.
//!
//! Vocabulary: a *person* is somebody of the team the configuration has something to say of;
//! [`AwayDays`] are whole days on which somebody is away.

mod days;

pub use days::{AWAY_DAYS_MAX, AwayDays, AwayDaysError, start_of_day};
