//! Holidays from iCalendar files (RFC 5545).
//!
//! Vocabulary: an *event* is a VEVENT; an *occurrence* is one time that a recurring event takes
//! place; an *override* is an event with a RECURRENCE-ID, which stands for one occurrence of the
//! event with the same UID. An event is *timed* if it has times of day that are not the
//! midnights of whole dates.
//!
//! Dates are taken as dates of the calendar's zone and are off as a whole, marked as transparent
//! or not: the public holidays of several countries are. Of timed events the very hours are off,
//! in the calendar's zone: on the first date from the beginning, between as a whole, on the last
//! until the end. Timed events marked as transparent (RFC 5545, section 3.8.2.7) take nobody's
//! time, so they close nothing, and neither do cancelled events and those that have no length.
//!
//! A time in a zone whose name is unknown is taken by the VTIMEZONE of that name, by its
//! X-LIC-LOCATION or by what its clocks show; without one it is a time of the calendar's own zone,
//! which is told ([`IcsHolidays::unknown_zones`]).

mod clocks;
mod event;
mod meeting;
mod recurrence;
mod rule;
mod windows_zones;
mod zones;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Bound, RangeInclusive};

use chrono::{Datelike, NaiveDate};
use chrono_tz::Tz;
use icalendar::parser::{Component, ParseString, Property, read_components, unfold};

use super::days_off::DayOff;
use event::Event;
pub use meeting::meetings_from_ics;
use recurrence::Steps;
use zones::Zones;

/// The largest file that is read, in bytes.
pub const ICS_BYTES_MAX: usize = 4 * 1024 * 1024;
/// The most events a file may hold.
pub const ICS_EVENTS_MAX: usize = 10_000;
/// The most occurrences one recurring event may have within the years asked for.
pub const ICS_OCCURRENCES_MAX: u16 = 4_000;
/// The most steps it may take to work a file out: times that its rules are followed to, and dates
/// that its events cover. Some seconds of work.
pub const ICS_STEPS_MAX: u32 = 5_000_000;
/// The longest event, in days.
pub const ICS_EVENT_DAYS_MAX: i64 = 366;
/// The most days off a file may give.
pub const ICS_HOLIDAYS_MAX: usize = 50_000;

/// Why a holiday file can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IcsError {
    /// It is larger, or holds more, than a limit allows.
    #[error("the holiday file has too many {what}: at most {max} are read")]
    TooMuch {
        /// What there is too much of.
        what: &'static str,
        /// The limit.
        max: usize,
    },
    /// It is no iCalendar file.
    #[error("the holiday file is no iCalendar file (BEGIN:VCALENDAR … END:VCALENDAR)")]
    Form,
    /// An event can't be understood.
    #[error("event \"{event}\" of the holiday file: {problem}")]
    Event {
        /// Its summary.
        event: String,
        /// What is wrong with it.
        problem: String,
    },
}

/// What an iCalendar file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IcsHolidays {
    /// The days off, in the order of their dates.
    pub days_off: Vec<DayOff>,
    /// The names of time zones that nobody knows and the file does not explain: times in them
    /// were taken for times of the calendar's own zone.
    pub unknown_zones: Vec<String>,
}

/// The days off in an iCalendar file ([`holidays_from_ics`]).
///
/// Fails as that does.
pub fn days_off_from_ics(
    text: &str,
    zone: Tz,
    from_year: i32,
    to_year: i32,
) -> Result<Vec<DayOff>, IcsError> {
    holidays_from_ics(text, zone, from_year, to_year).map(|holidays| holidays.days_off)
}

/// What an iCalendar file says of the years from one to another, both included.
///
/// Fails, naming the event, if a date or rule can't be understood, and if a limit is passed
/// (`ICS_…_MAX`).
pub fn holidays_from_ics(
    text: &str,
    zone: Tz,
    from_year: i32,
    to_year: i32,
) -> Result<IcsHolidays, IcsError> {
    too_much(text.len(), ICS_BYTES_MAX, "bytes")?;
    let text = with_capitals(&unfold(text.trim_start_matches('\u{feff}')));
    let calendars = calendars_of(&text)?;
    let components = calendars.iter().flat_map(|calendar| &calendar.components);
    let components: Vec<&Component<'_>> = components
        .filter(|component| has_name(&component.name, "VEVENT"))
        .collect();
    too_much(components.len(), ICS_EVENTS_MAX, "events")?;
    let steps = Steps::of_a_file();
    let zones = Zones::of(&calendars, zone, &steps);
    let events = components
        .iter()
        .map(|component| Event::read(component, &zones));
    let events = events.collect::<Result<Vec<Event>, IcsError>>()?;

    let mut families: BTreeMap<&str, Family<'_>> = BTreeMap::new();
    for event in &events {
        families.entry(&event.uid).or_default().take(event);
    }
    let years = from_year..=to_year;
    let mut days: BTreeSet<DayOff> = BTreeSet::new();
    for event in events.iter().filter(|event| event.closes_anything()) {
        for begin in families[event.uid.as_str()].begins_of(event, &years, &steps)? {
            for day in event.days_off(begin) {
                steps.go(1)?;
                if years.contains(&day.date.year()) {
                    days.insert(day);
                }
            }
            too_much(days.len(), ICS_HOLIDAYS_MAX, "days off")?;
        }
    }
    Ok(IcsHolidays {
        days_off: days.into_iter().collect(),
        unknown_zones: zones.into_unknown(),
    })
}

/// The events of one UID.
#[derive(Default)]
struct Family<'a> {
    series: Option<&'a Event>,
    overrides: Vec<&'a Event>,
}

impl<'a> Family<'a> {
    fn take(&mut self, event: &'a Event) {
        match event.stands_for {
            Some(_) => self.overrides.push(event),
            None => self.series = self.series.or(Some(event)),
        }
    }

    /// The dates on which one of them begins in its own zone, once the overrides have taken theirs
    /// from the series. An override for all that follows takes over the rest of it, as far from
    /// it as it lies from the occurrence it names.
    fn begins_of(
        &self,
        event: &Event,
        years: &RangeInclusive<i32>,
        steps: &Steps,
    ) -> Result<BTreeSet<NaiveDate>, IcsError> {
        let occurrences = |event: &Event| event.occurrences(*years.start(), *years.end(), steps);
        let mut begins = occurrences(event)?;
        let series = match (event.stands_for, self.series) {
            (None, _) => event,
            (Some(_), Some(series)) if event.and_future => series,
            (Some(_), _) => return Ok(begins),
        };
        let named = |other: &Event| Some(series.own_date(other.stands_for?));
        let others = self.overrides.iter().copied();
        let taken: BTreeSet<NaiveDate> = others.clone().filter_map(named).collect();
        let ranges = others.filter(|other| other.and_future).filter_map(named);
        let ranges: BTreeSet<NaiveDate> = ranges.collect();
        let Some(from) = named(event) else {
            let end = ranges.first();
            begins.retain(|date| !taken.contains(date) && end.is_none_or(|end| date < end));
            return Ok(begins);
        };
        let end = ranges
            .range((Bound::Excluded(from), Bound::Unbounded))
            .next();
        let shift = event.first_date() - from;
        let rest = occurrences(series)?.into_iter();
        let rest = rest
            .filter(|date| *date > from && end.is_none_or(|end| date < end))
            .filter(|date| !taken.contains(date));
        begins.extend(rest.filter_map(|date| date.checked_add_signed(shift)));
        Ok(begins)
    }
}

/// The text with the names of components in capitals: they may begin and end in different
/// letters, which the parser takes for two.
fn with_capitals(text: &str) -> String {
    let is_mark = |line: &str| {
        let begins = |mark: &str| {
            let start = line.get(..mark.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(mark))
        };
        begins("BEGIN:") || begins("END:")
    };
    let lines = text.split_inclusive('\n');
    let lines = lines.map(|line| match is_mark(line) {
        true => Cow::Owned(line.to_ascii_uppercase()),
        false => Cow::Borrowed(line),
    });
    lines.collect()
}

/// The VCALENDARs of a file, which may hold several (RFC 5545, section 3.4). The parser reads
/// one, so each is handed to it by itself.
fn calendars_of(text: &str) -> Result<Vec<Component<'_>>, IcsError> {
    let mut calendars = Vec::new();
    let (mut begin, mut end) = (0, 0);
    for line in text.split_inclusive('\n') {
        end += line.len();
        if line.trim().eq_ignore_ascii_case("END:VCALENDAR") {
            let one = read_components(&text[begin..end]).map_err(|_| IcsError::Form)?;
            calendars.extend(one);
            begin = end;
        }
    }
    let is_calendar = |root: &Component<'_>| has_name(&root.name, "VCALENDAR");
    let is_cut_off = !text[begin..].trim().is_empty();
    if is_cut_off || calendars.is_empty() || !calendars.iter().all(is_calendar) {
        return Err(IcsError::Form);
    }
    Ok(calendars)
}

/// Names are written in capitals or not, as one likes (RFC 5545, section 1.3).
fn has_name(written: &ParseString<'_>, name: &str) -> bool {
    written.as_str().eq_ignore_ascii_case(name)
}

/// The first property of a name.
fn property<'a>(component: &'a Component<'_>, name: &str) -> Option<&'a Property<'a>> {
    let mut properties = component.properties.iter();
    properties.find(|property| has_name(&property.name, name))
}

fn too_much(count: usize, max: usize, what: &'static str) -> Result<(), IcsError> {
    if count > max {
        return Err(IcsError::TooMuch { what, max });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
