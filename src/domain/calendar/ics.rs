//! Holidays from iCalendar files (RFC 5545).
//!
//! Vocabulary: an *event* is a VEVENT; an *occurrence* is one date on which a recurring event
//! begins; an *override* is an event with a RECURRENCE-ID, which stands for one occurrence of
//! the event with the same UID.
//!
//! Dates are taken as dates of the calendar's zone. An event with times of day closes as many
//! local dates as it lasts whole days, from the one it begins on; one that is shorter than a
//! day (a party in the evening) closes none. A day that is off only in part stays open, so
//! that a deadline comes too early rather than too late. Cancelled events close nothing.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone};
use chrono_tz::Tz;
use icalendar::parser::{Component, Property, read_components, unfold};
use rrule::RRuleSet;

use super::Holiday;

/// The largest file that is read, in bytes.
pub const ICS_BYTES_MAX: usize = 4 * 1024 * 1024;
/// The most events a file may hold.
pub const ICS_EVENTS_MAX: usize = 10_000;
/// The most occurrences one recurring event may have within the years asked for.
pub const ICS_OCCURRENCES_MAX: u16 = 4_000;
/// The longest event, in days.
pub const ICS_EVENT_DAYS_MAX: i64 = 366;
/// A day on which the clocks go forward is a whole one too, and so is one that ends at 23:59.
const SHORT_OF_A_DAY: TimeDelta = TimeDelta::hours(1);
/// What some programs write into an event with times that is meant as dates.
const ALL_DAY_MARKS: [&str; 2] = ["X-MICROSOFT-CDO-ALLDAYEVENT", "X-FUNAMBOL-ALLDAY"];
/// Rules that no day off follows; to work them out could take for ever.
const WITHIN_A_DAY: [&str; 3] = ["FREQ=SECONDLY", "FREQ=MINUTELY", "FREQ=HOURLY"];
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

/// The days off in an iCalendar file, from one year to another, both included, in the order
/// of their dates.
///
/// Fails, naming the event, if a date, zone or rule can't be understood, and if a limit is
/// passed (`ICS_…_MAX`).
pub fn holidays_from_ics(
    text: &str,
    zone: Tz,
    from_year: i32,
    to_year: i32,
) -> Result<Vec<Holiday>, IcsError> {
    too_much(text.len(), ICS_BYTES_MAX, "bytes")?;
    let text = unfold(text.trim_start_matches('\u{feff}'));
    let roots = read_components(&text).map_err(|_| IcsError::Form)?;
    if !roots.iter().any(|root| root.name.as_str() == "VCALENDAR") {
        return Err(IcsError::Form);
    }
    let components = roots.iter().flat_map(|root| &root.components);
    let components: Vec<&Component<'_>> = components
        .filter(|component| component.name.as_str() == "VEVENT")
        .collect();
    too_much(components.len(), ICS_EVENTS_MAX, "events")?;
    let events = components
        .iter()
        .map(|component| Event::read(component, zone));
    let events = events.collect::<Result<Vec<Event>, IcsError>>()?;

    let mut overridden: BTreeMap<&str, BTreeSet<NaiveDate>> = BTreeMap::new();
    for event in &events {
        if let Some(occurrence) = event.stands_for {
            overridden.entry(&event.uid).or_default().insert(occurrence);
        }
    }
    let years = from_year..=to_year;
    let mut days: BTreeSet<(NaiveDate, &str)> = BTreeSet::new();
    for event in events.iter().filter(|event| !event.cancelled) {
        for begin in event.occurrences(from_year, to_year)? {
            let moved = overridden.get(event.uid.as_str());
            if event.stands_for.is_none() && moved.is_some_and(|dates| dates.contains(&begin)) {
                continue;
            }
            let dates = begin.iter_days().take(event.days);
            days.extend(
                dates
                    .filter(|date| years.contains(&date.year()))
                    .map(|date| (date, event.name.as_str())),
            );
            too_much(days.len(), ICS_HOLIDAYS_MAX, "days off")?;
        }
    }
    let holiday = |(date, name): (NaiveDate, &str)| Holiday {
        date,
        name: (!name.is_empty()).then(|| name.to_owned()),
        hours: Vec::new(),
    };
    Ok(days.into_iter().map(holiday).collect())
}

fn too_much(count: usize, max: usize, what: &'static str) -> Result<(), IcsError> {
    if count > max {
        return Err(IcsError::TooMuch { what, max });
    }
    Ok(())
}

/// What an event says, with dates in the calendar's zone.
#[derive(Debug)]
struct Event {
    uid: String,
    name: String,
    cancelled: bool,
    begin: NaiveDate,
    /// How many dates it covers; none if it has times of day and is shorter than a day.
    days: usize,
    stands_for: Option<NaiveDate>,
    rules: Vec<String>,
    more: Vec<NaiveDate>,
    except: BTreeSet<NaiveDate>,
}

impl Event {
    fn read(component: &Component<'_>, zone: Tz) -> Result<Self, IcsError> {
        let text = |name: &str| component.find_prop(name).map(text_of).unwrap_or_default();
        let name = text("SUMMARY");
        let wrong = |problem: String| IcsError::Event {
            event: name.clone(),
            problem,
        };
        let time = |name: &str| component.find_prop(name).map(|value| times_of(value, zone));
        let first = |times: Option<Result<Vec<When>, String>>| -> Result<Option<When>, IcsError> {
            let times = times.transpose().map_err(wrong)?;
            Ok(times.and_then(|times| times.first().copied()))
        };
        let begin = first(time("DTSTART"))?.ok_or_else(|| wrong("it has no DTSTART".into()))?;
        let end = match first(time("DTEND"))? {
            Some(end) => end,
            None => begin.after(&text("DURATION")).map_err(wrong)?,
        };
        let length = end.reading() - begin.reading();
        let marked = ALL_DAY_MARKS.iter().map(|mark| text(mark));
        let all_day = marked
            .into_iter()
            .any(|mark| mark.eq_ignore_ascii_case("TRUE") || mark == "1");
        let days = match begin {
            When::Time(_) if !all_day => (length + SHORT_OF_A_DAY).num_days(),
            _ => length.num_days().max(1),
        };
        if days > ICS_EVENT_DAYS_MAX {
            return Err(wrong(format!(
                "it is longer than {ICS_EVENT_DAYS_MAX} days"
            )));
        }
        let dates = |name: &str| -> Result<Vec<NaiveDate>, IcsError> {
            let properties = component.properties.iter();
            let lists = properties.filter(|property| property.name.as_str() == name);
            let lists: Result<Vec<Vec<When>>, String> =
                lists.map(|list| times_of(list, zone)).collect();
            Ok(lists
                .map_err(wrong)?
                .concat()
                .iter()
                .map(|when| when.date())
                .collect())
        };
        let rules = component.properties.iter();
        let rules = rules.filter(|property| property.name.as_str() == "RRULE");
        Ok(Self {
            uid: text("UID"),
            cancelled: text("STATUS").eq_ignore_ascii_case("CANCELLED"),
            begin: begin.date(),
            days: usize::try_from(days).unwrap_or(1),
            stands_for: first(time("RECURRENCE-ID"))?.map(When::date),
            rules: rules.map(|rule| rule.val.as_str().to_owned()).collect(),
            more: dates("RDATE")?,
            except: dates("EXDATE")?.into_iter().collect(),
            name,
        })
    }

    /// The dates on which it begins, as far as they reach into the years asked for.
    fn occurrences(&self, from_year: i32, to_year: i32) -> Result<BTreeSet<NaiveDate>, IcsError> {
        let mut dates: BTreeSet<NaiveDate> = self.more.iter().copied().collect();
        if self.rules.is_empty() {
            dates.insert(self.begin);
        }
        // An event of the year before may reach into the first one.
        let from = first_of(from_year.saturating_sub(2));
        let to = first_of(to_year.saturating_add(1));
        for rule in &self.rules {
            dates.extend(self.recurrences(rule, from, to)?);
        }
        Ok(dates.difference(&self.except).copied().collect())
    }

    /// Dates are counted as midnights in UTC, where no midnight is missing or comes twice.
    fn recurrences(
        &self,
        rule: &str,
        from: NaiveDate,
        to: NaiveDate,
    ) -> Result<Vec<NaiveDate>, IcsError> {
        let wrong = |problem: String| IcsError::Event {
            event: self.name.clone(),
            problem: format!("RRULE \"{rule}\": {problem}"),
        };
        // The reader of rules cuts texts where it takes every character for one byte.
        if !rule.is_ascii() {
            return Err(wrong("a rule is written in plain letters only".into()));
        }
        let capitals = rule.to_ascii_uppercase();
        if WITHIN_A_DAY.iter().any(|often| capitals.contains(often)) {
            return Err(wrong("a day off comes back DAILY at the most".into()));
        }
        let parts = rule.split(';').map(|part| match part.split_once('=') {
            Some((key, until)) if key.eq_ignore_ascii_case("UNTIL") => {
                format!("UNTIL={}T000000Z", until.get(..8).unwrap_or(until))
            }
            _ => part.to_owned(),
        });
        let begin = self.begin.format("%Y%m%dT000000Z");
        let text = format!(
            "DTSTART:{begin}\nRRULE:{}",
            parts.collect::<Vec<_>>().join(";")
        );
        let set: RRuleSet = text
            .parse()
            .map_err(|error: rrule::RRuleError| wrong(error.to_string()))?;
        let moment = |date: NaiveDate| rrule::Tz::UTC.from_utc_datetime(&date.into());
        let found = set
            .after(moment(from))
            .before(moment(to))
            .all(ICS_OCCURRENCES_MAX);
        if found.limited {
            return Err(wrong(format!(
                "more than {ICS_OCCURRENCES_MAX} occurrences"
            )));
        }
        Ok(found.dates.iter().map(DateTime::date_naive).collect())
    }
}

/// A date, or a local time in the calendar's zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    Date(NaiveDate),
    Time(NaiveDateTime),
}

impl When {
    fn date(self) -> NaiveDate {
        match self {
            Self::Date(date) => date,
            Self::Time(time) => time.date(),
        }
    }

    fn reading(self) -> NaiveDateTime {
        match self {
            Self::Date(date) => date.into(),
            Self::Time(time) => time,
        }
    }

    /// The end of an event that names a DURATION, or none at all.
    fn after(self, duration: &str) -> Result<Self, String> {
        if duration.is_empty() {
            return Ok(self);
        }
        let end = length_of(duration).and_then(|length| self.reading().checked_add_signed(length));
        let end = end.ok_or_else(|| {
            format!("DURATION \"{duration}\" is not understood: write it as \"P2D\"")
        })?;
        Ok(match self {
            Self::Date(_) => Self::Date(end.date()),
            Self::Time(_) => Self::Time(end),
        })
    }
}

/// Reads a duration (RFC 5545, section 3.3.6): `P2D`, `P1DT12H`, `PT90M`, `P1W`.
fn length_of(duration: &str) -> Option<TimeDelta> {
    let mut text = duration.trim_start_matches('+').strip_prefix('P')?;
    let mut length = TimeDelta::zero();
    while !text.is_empty() {
        text = text.strip_prefix('T').unwrap_or(text);
        let (number, rest) = text.split_at(text.bytes().take_while(u8::is_ascii_digit).count());
        let seconds = match rest.chars().next()? {
            'W' => 7 * 86_400,
            'D' => 86_400,
            'H' => 3_600,
            'M' => 60,
            'S' => 1,
            _ => return None,
        };
        let seconds = number.parse::<i64>().ok()?.checked_mul(seconds)?;
        length = length.checked_add(&TimeDelta::try_seconds(seconds)?)?;
        text = &rest[1..];
    }
    Some(length)
}

/// The dates or times a property lists.
fn times_of(property: &Property<'_>, zone: Tz) -> Result<Vec<When>, String> {
    let parameter = |name: &str| {
        let mut params = property.params.iter();
        let param = params.find(|param| param.key.as_str().eq_ignore_ascii_case(name));
        param.and_then(|param| param.val.as_ref())
    };
    let named = parameter("TZID");
    let dates = parameter("VALUE").is_some_and(|kind| kind.as_str().eq_ignore_ascii_case("DATE"));
    let values = property.val.as_str().split(',').map(str::trim);
    let values = values.map(|value| {
        let wrong = || format!("{} \"{value}\" is no date", property.name.as_str());
        let (value, written_in) = match value.strip_suffix('Z') {
            Some(utc) => (utc, Some(Tz::UTC)),
            None => (value, None),
        };
        if dates || value.len() == 8 {
            let date = value.get(..8).unwrap_or(value);
            let date = NaiveDate::parse_from_str(date, "%Y%m%d").map_err(|_| wrong())?;
            return Ok(When::Date(date));
        }
        // A period (RDATE;VALUE=PERIOD) begins with a time.
        let value = value
            .split('/')
            .next()
            .unwrap_or(value)
            .trim_end_matches('Z');
        let time = NaiveDateTime::parse_from_str(value, "%Y%m%dT%H%M%S").map_err(|_| wrong())?;
        let written_in = match (written_in, named) {
            (Some(utc), _) => utc,
            (None, None) => return Ok(When::Time(time)),
            (None, Some(name)) => {
                let name = name.as_str().trim_matches('"');
                match name.parse::<Tz>() {
                    Ok(zone) => zone,
                    // A midnight stands for its date, wherever it is.
                    Err(_) if time.time() == NaiveTime::MIN => return Ok(When::Time(time)),
                    Err(_) => {
                        return Err(format!(
                            "time zone \"{name}\" is no IANA zone such as \"Europe/London\""
                        ));
                    }
                }
            }
        };
        let moment = super::zone::moment(written_in, time, super::zone::Edge::Opening);
        let local = moment.map(|moment| super::zone::local_time(zone, moment));
        local.map(When::Time).ok_or_else(wrong)
    });
    values.collect()
}

fn text_of(property: &Property<'_>) -> String {
    let text = property.val.clone().unescape_text();
    text.as_str().trim().to_owned()
}

fn first_of(year: i32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, 1, 1).unwrap_or(if year < 0 {
        NaiveDate::MIN
    } else {
        NaiveDate::MAX
    })
}

#[cfg(test)]
mod tests;
