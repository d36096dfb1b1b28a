//! Whether a client has been silent for longer than is its habit.
//!
//! Vocabulary: a client's *gaps* lie between the days on which its people wrote; its *habit* is
//! the one in the middle. Several mails of one day are one.

use chrono::NaiveDate;

/// How many days on which a client wrote are kept: the last twenty gaps.
pub const HEARD_KEPT: usize = 21;

/// On how many days a client must have written before it has a habit.
const HEARD_MIN: usize = 6;

/// How many times its usual gap a client is silent before it is told.
const HABITS: i64 = 3;

/// The shortest silence that is told, in days.
const SILENT_DAYS_MIN: i64 = 14;

/// A client that has gone quiet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Silence {
    /// The day on which it was last heard, in UTC.
    pub heard_on: NaiveDate,
    /// For how many days it has been silent.
    pub days: i64,
    /// How many days usually lie between two mails of it.
    pub usual_days: i64,
}

/// Whether a client that wrote on these days, which rise, is silent for longer than it usually is.
pub(super) fn silence(heard_on: &[NaiveDate], today: NaiveDate) -> Option<Silence> {
    if heard_on.len() < HEARD_MIN {
        return None;
    }
    let last = *heard_on.last()?;
    let pairs = heard_on.windows(2);
    let mut gaps: Vec<i64> = pairs.map(|pair| (pair[1] - pair[0]).num_days()).collect();
    gaps.sort_unstable();
    let usual_days = gaps[gaps.len() / 2];
    let days = (today - last).num_days();
    let is_unusual = days > SILENT_DAYS_MIN.max(HABITS * usual_days);
    is_unusual.then_some(Silence {
        heard_on: last,
        days,
        usual_days,
    })
}

/// Takes down that a client wrote on a day, whatever the order in which it is learned.
pub(super) fn hear(heard_on: &mut Vec<NaiveDate>, day: NaiveDate) {
    if let Err(at) = heard_on.binary_search(&day) {
        heard_on.insert(at, day);
        let too_many = heard_on.len().saturating_sub(HEARD_KEPT);
        heard_on.drain(..too_many);
    }
}
