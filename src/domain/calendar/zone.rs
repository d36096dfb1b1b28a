//! From local wall time to moments: the one place where gaps and folds are resolved.
//!
//! Vocabulary: a *gap* is local time that never comes (clocks go forward); a *fold* is local
//! time that comes twice (clocks go back).

use std::fmt;

use chrono::{Days, FixedOffset, MappedLocalTime, NaiveDate, NaiveDateTime, NaiveTime};
use chrono::{Offset, TimeDelta, TimeZone};
use chrono_tz::{GapInfo, Tz};

use super::super::time::{BusinessTime, Timestamp};
use super::window::MINUTES_PER_DAY;

/// Which end of a window a local time is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edge {
    /// In a fold it takes the earlier moment.
    Opening,
    /// In a fold it takes the later moment.
    Closing,
}

/// A change of a zone's clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockChange {
    /// The first moment with the new offset.
    pub at: Timestamp,
    /// The offset from UTC before it.
    pub before: FixedOffset,
    /// The offset from UTC from then on.
    pub after: FixedOffset,
}

impl fmt::Display for ClockChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.after.local_minus_utc() - self.before.local_minus_utc();
        let direction = if seconds > 0 { "forward" } else { "back" };
        let amount = BusinessTime::from_seconds(u64::from(seconds.unsigned_abs()));
        let wall = |offset| self.at.with_timezone(offset).format("%H:%M");
        let (before, after) = (wall(&self.before), wall(&self.after));
        write!(f, "clocks go {direction} {amount} at {before} to {after}")
    }
}

/// The local time so many minutes after the midnight of a date; `None` beyond the dates that
/// can be written.
pub(super) fn wall_time(date: NaiveDate, minutes: u16) -> Option<NaiveDateTime> {
    let days = minutes / MINUTES_PER_DAY;
    let seconds = u32::from(minutes % MINUTES_PER_DAY) * 60;
    let time = NaiveTime::from_num_seconds_from_midnight_opt(seconds, 0)?;
    let date = if days == 0 {
        date
    } else {
        date.checked_add_days(Days::new(u64::from(days)))?
    };
    Some(date.and_time(time))
}

/// The moment of a local time. In a gap both edges move forward to the gap's end. `None`
/// beyond the dates that can be written.
pub(super) fn moment(zone: Tz, local: NaiveDateTime, edge: Edge) -> Option<Timestamp> {
    let offset = match zone.offset_from_local_datetime(&local) {
        MappedLocalTime::Single(offset) => offset,
        MappedLocalTime::Ambiguous(earlier, later) => match edge {
            Edge::Opening => earlier,
            Edge::Closing => later,
        },
        MappedLocalTime::None => {
            let gap = GapInfo::new(&local, &zone)?;
            return gap.end.map(|end| end.to_utc());
        }
    };
    local
        .checked_sub_offset(offset.fix())
        .map(|naive| naive.and_utc())
}

/// The offset from UTC that holds at a moment.
pub(super) fn offset_at(zone: Tz, at: Timestamp) -> FixedOffset {
    zone.offset_from_utc_datetime(&at.naive_utc()).fix()
}

/// The local time at a moment. At the very ends of time, where it can't be written, the time
/// in UTC has to do.
pub(super) fn local_time(zone: Tz, at: Timestamp) -> NaiveDateTime {
    let naive = at.naive_utc();
    let local = naive.checked_add_offset(offset_at(zone, at));
    local.unwrap_or(naive)
}

/// The local date at a moment.
pub(super) fn local_date(zone: Tz, at: Timestamp) -> NaiveDate {
    local_time(zone, at).date()
}

/// The change of clocks between two moments, if their offsets differ; the first one that a
/// halving search meets, which is the only one where they are no more than days apart.
pub(super) fn change_between(zone: Tz, from: Timestamp, to: Timestamp) -> Option<ClockChange> {
    let before = offset_at(zone, from);
    let after = offset_at(zone, to);
    if before == after {
        return None;
    }
    let (mut low, mut high) = (from, to);
    while high - low > TimeDelta::seconds(1) {
        let middle = low + TimeDelta::seconds((high - low).num_seconds() / 2);
        if offset_at(zone, middle) == before {
            low = middle;
        } else {
            high = middle;
        }
    }
    Some(ClockChange {
        at: high,
        before,
        after,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(zone: Tz, local: &str, edge: Edge) -> String {
        let local = NaiveDateTime::parse_from_str(local, "%Y-%m-%d %H:%M").expect("a local time");
        moment(zone, local, edge)
            .expect("within the calendar")
            .format("%H:%M")
            .to_string()
    }

    #[test]
    fn in_a_gap_both_edges_move_forward_to_its_end() {
        let london = Tz::Europe__London;
        for edge in [Edge::Opening, Edge::Closing] {
            assert_eq!(at(london, "2024-03-31 00:59", edge), "00:59");
            assert_eq!(at(london, "2024-03-31 01:00", edge), "01:00");
            assert_eq!(at(london, "2024-03-31 01:45", edge), "01:00");
            assert_eq!(at(london, "2024-03-31 02:00", edge), "01:00");
            assert_eq!(at(london, "2024-03-31 02:01", edge), "01:01");
        }
    }

    #[test]
    fn in_a_fold_an_opening_is_early_and_a_closing_late() {
        let london = Tz::Europe__London;
        assert_eq!(at(london, "2024-10-27 01:30", Edge::Opening), "00:30");
        assert_eq!(at(london, "2024-10-27 01:30", Edge::Closing), "01:30");
        assert_eq!(at(london, "2024-10-27 01:00", Edge::Closing), "01:00");
        assert_eq!(at(london, "2024-10-27 02:00", Edge::Opening), "02:00");
        assert_eq!(at(london, "2024-10-27 02:00", Edge::Closing), "02:00");
        assert_eq!(at(london, "2024-10-27 00:59", Edge::Closing), "23:59");
    }

    #[test]
    fn midnight_itself_may_be_missing_or_come_twice() {
        // São Paulo skipped 00:00-01:00 on 2018-11-04 and repeated 23:00-24:00 on 2018-02-17.
        let sao_paulo = Tz::America__Sao_Paulo;
        assert_eq!(
            at(sao_paulo, "2018-11-04 00:00", Edge::Opening),
            at(sao_paulo, "2018-11-04 01:00", Edge::Opening)
        );
        assert_eq!(at(sao_paulo, "2018-02-17 23:30", Edge::Opening), "01:30");
        assert_eq!(at(sao_paulo, "2018-02-17 23:30", Edge::Closing), "02:30");
        assert_eq!(at(sao_paulo, "2018-02-18 00:00", Edge::Closing), "03:00");
    }

    #[test]
    fn a_day_that_never_came_has_no_length() {
        // Samoa went over the date line: 2011-12-30 did not happen.
        let apia = Tz::Pacific__Apia;
        let edges = [
            at(apia, "2011-12-30 09:00", Edge::Opening),
            at(apia, "2011-12-30 17:00", Edge::Closing),
            at(apia, "2011-12-31 00:00", Edge::Opening),
        ];
        assert!(edges.iter().all(|edge| edge == "10:00"), "{edges:?}");
    }

    #[test]
    fn a_change_of_clocks_is_found_to_the_second() {
        let from = "2024-03-31T00:00:00Z".parse().expect("a moment");
        let to = "2024-04-01T00:00:00Z".parse().expect("a moment");
        let change = change_between(Tz::Europe__London, from, to).expect("summer time");
        assert_eq!(change.at.to_rfc3339(), "2024-03-31T01:00:00+00:00");
        assert_eq!(change.after.local_minus_utc(), 3600);
        assert_eq!(change_between(Tz::Asia__Kolkata, from, to), None);
    }
}
