//! The periods of a cadence, and when they are due.
//!
//! Periods are whole dates of the calendar's zone: a business day, a week from Monday to Sunday,
//! the 1st–15th and the 16th–end of a month, a month. One is due at the close of its last
//! business day; a period without any business day asks for nothing.

use chrono::{Datelike, Days, Months, NaiveDate};

use crate::domain::calendar::Calendar;
use crate::domain::rules::CheckIn;
use crate::domain::time::{BusinessTime, Timestamp};

/// How many periods are looked at for one that asks for something: more than a year of days.
const PERIODS_MAX: usize = 400;

/// Some dates in which a client is to hear from us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Period {
    /// Its first date.
    pub(super) first: NaiveDate,
    /// Its last date.
    pub(super) last: NaiveDate,
}

/// When a period asks for a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Deadline {
    /// The period.
    pub(super) period: Period,
    /// When people are told: when a quarter of its business time is left, but no later than the
    /// beginning of the day on which it is due, so that a mail in the morning is in time.
    pub(super) soon_at: Timestamp,
    /// When it has lapsed: the close of its last business day.
    pub(super) due_at: Timestamp,
}

impl Period {
    /// The one in which a date lies. `None` beyond the dates that can be written.
    pub(super) fn of(cadence: CheckIn, date: NaiveDate) -> Option<Self> {
        let (first, last) = match cadence {
            CheckIn::Daily => (date, date),
            CheckIn::Weekly => {
                let into = u64::from(date.weekday().num_days_from_monday());
                let monday = date.checked_sub_days(Days::new(into))?;
                (monday, monday.checked_add_days(Days::new(6))?)
            }
            CheckIn::TwiceMonthly if date.day() <= HALF_ENDS => {
                (date.with_day(1)?, date.with_day(HALF_ENDS)?)
            }
            CheckIn::TwiceMonthly => (date.with_day(HALF_ENDS + 1)?, last_of_month(date)?),
            CheckIn::Monthly => (date.with_day(1)?, last_of_month(date)?),
        };
        Some(Self { first, last })
    }

    /// The one after it.
    pub(super) fn next(self, cadence: CheckIn) -> Option<Self> {
        Self::of(cadence, self.last.succ_opt()?)
    }

    /// When it asks for a contact; `None` if the calendar is closed all through it.
    fn deadline(self, calendar: &Calendar) -> Option<Deadline> {
        let count = (self.last - self.first).num_days() + 1;
        let count = u32::try_from(count).ok()?;
        let (mut opens, mut closes) = (None, None);
        for day in calendar.days(self.first, count) {
            for window in day.windows {
                opens = opens.or(Some(window.open));
                closes = Some((day.date, window.close));
            }
        }
        let (opens, (due_on, due_at)) = (opens?, closes?);
        let whole = calendar.elapsed(opens, due_at);
        let quarter = BusinessTime::from_seconds(whole.seconds() / 4);
        let quarter_left = calendar.subtract(due_at, quarter).ok()?;
        let begins = calendar.first_moment_of(due_on)?;
        Some(Deadline {
            period: self,
            soon_at: quarter_left.min(begins),
            due_at,
        })
    }
}

/// The first deadline behind the period in which a moment lies: that one is kept. `None` if the
/// calendar does not open for as long as is looked.
pub(super) fn deadline_after(
    cadence: CheckIn,
    calendar: &Calendar,
    kept: Timestamp,
) -> Option<Deadline> {
    let mut period = Period::of(cadence, calendar.local_date(kept))?;
    for _ in 0..PERIODS_MAX {
        period = period.next(cadence)?;
        if let Some(deadline) = period.deadline(calendar) {
            return Some(deadline);
        }
    }
    None
}

/// The last date of the first half of a month.
const HALF_ENDS: u32 = 15;

fn last_of_month(date: NaiveDate) -> Option<NaiveDate> {
    let first = date.with_day(1)?.checked_add_months(Months::new(1))?;
    first.pred_opt()
}
