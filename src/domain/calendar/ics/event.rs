//! One event of a holiday file: what it says, when it recurs, and which hours it takes.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use chrono::{Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike};
use chrono_tz::Tz;
use icalendar::parser::{Component, Property};

use super::super::super::time::Timestamp;
use super::super::days_off::{DayOff, Off, WINDOW_END_MAX};
use super::super::window::MINUTES_PER_DAY;
use super::super::zone::{Edge, local_time, moment};
use super::recurrence::{Steps, Unfollowed, follow};
use super::zones::Zones;
use super::{ICS_EVENT_DAYS_MAX, ICS_OCCURRENCES_MAX, IcsError, has_name, property};

/// What some programs write into an event with times that is meant as dates.
const ALL_DAY_MARKS: [&str; 2] = ["X-MICROSOFT-CDO-ALLDAYEVENT", "X-FUNAMBOL-ALLDAY"];
/// An event that ends in the last minute of a day lasts until midnight.
const LAST_MINUTE: (u32, u32) = (23, 59);

/// What an event says.
#[derive(Debug)]
pub(super) struct Event {
    pub(super) uid: String,
    pub(super) stands_for: Option<When>,
    /// Whether it stands for the occurrence it names and for all behind that
    /// (`RANGE=THISANDFUTURE`).
    pub(super) and_future: bool,
    name: String,
    cancelled: bool,
    transparent: bool,
    /// The calendar's zone.
    zone: Tz,
    begin: When,
    end: When,
    rules: Vec<String>,
    /// Rules whose dates are no occurrences (EXRULE; RFC 2445, section 4.8.5.2).
    except_by: Vec<String>,
    /// Dates in the zone in which the beginning is written, as are all that follow from it.
    more: Vec<NaiveDate>,
    except: BTreeSet<NaiveDate>,
}

impl Event {
    /// Reads an event of a calendar.
    pub(super) fn read(component: &Component<'_>, zones: &Zones) -> Result<Self, IcsError> {
        let zone = zones.own;
        let text = |name: &str| property(component, name).map(text_of).unwrap_or_default();
        let name = text("SUMMARY");
        let wrong = |problem: String| IcsError::Event {
            event: name.clone(),
            problem,
        };
        let first = |name: &str| -> Result<Option<When>, IcsError> {
            let times = property(component, name).map(|property| times_of(property, zones));
            let times = times.transpose().map_err(wrong)?;
            Ok(times.and_then(|times| times.first().copied()))
        };
        let mut begin = first("DTSTART")?.ok_or_else(|| wrong("it has no DTSTART".into()))?;
        let mut end = match first("DTEND")? {
            Some(end) => end,
            None => begin.after(&text("DURATION")).map_err(wrong)?,
        };
        let marked = ALL_DAY_MARKS.iter().map(|mark| text(mark));
        let all_day = marked
            .into_iter()
            .any(|mark| mark.eq_ignore_ascii_case("TRUE") || mark == "1");
        if all_day {
            (begin, end) = (begin.whole_day(zone), end.whole_day(zone));
        }
        let length = end.reading(zone) - begin.reading(zone);
        if length.num_days() > ICS_EVENT_DAYS_MAX {
            return Err(wrong(format!(
                "it is longer than {ICS_EVENT_DAYS_MAX} days"
            )));
        }
        let dates = |name: &str| -> Result<Vec<NaiveDate>, IcsError> {
            let properties = component.properties.iter();
            let lists = properties.filter(|property| has_name(&property.name, name));
            let lists: Result<Vec<Vec<When>>, String> =
                lists.map(|list| times_of(list, zones)).collect();
            let whens = lists.map_err(wrong)?.concat();
            let own = begin.zone().unwrap_or(zone);
            Ok(whens.iter().map(|when| when.date(own)).collect())
        };
        let rules = |name: &str| -> Vec<String> {
            let rules = component.properties.iter();
            let rules = rules.filter(|property| has_name(&property.name, name));
            rules.map(|rule| rule.val.as_str().to_owned()).collect()
        };
        let range = property(component, "RECURRENCE-ID").and_then(|own| parameter(own, "RANGE"));
        Ok(Self {
            uid: text("UID"),
            stands_for: first("RECURRENCE-ID")?,
            and_future: range.is_some_and(|range| range.eq_ignore_ascii_case("THISANDFUTURE")),
            cancelled: text("STATUS").eq_ignore_ascii_case("CANCELLED"),
            transparent: text("TRANSP").eq_ignore_ascii_case("TRANSPARENT"),
            zone,
            begin,
            end,
            rules: rules("RRULE"),
            except_by: rules("EXRULE"),
            more: dates("RDATE")?,
            except: dates("EXDATE")?.into_iter().collect(),
            name,
        })
    }

    /// Whether any hour of it is off.
    pub(super) fn closes_anything(&self) -> bool {
        let (begin, end) = (self.begin.reading(self.zone), self.until(self.end));
        let is_timed = match (self.begin, self.end) {
            (When::Date(_), _) => false,
            _ => begin.time() != NaiveTime::MIN || end.time() != NaiveTime::MIN,
        };
        let lasts = begin < end || matches!(self.begin, When::Date(_));
        lasts && !self.cancelled && !(self.transparent && is_timed)
    }

    /// The date of a moment in the zone in which the event is written.
    pub(super) fn own_date(&self, when: When) -> NaiveDate {
        when.date(self.own_zone())
    }

    /// The date on which it begins the first time, in its own zone.
    pub(super) fn first_date(&self) -> NaiveDate {
        self.own_date(self.begin)
    }

    /// The dates on which it begins in its own zone, as far as it reaches into the years asked
    /// for.
    pub(super) fn occurrences(
        &self,
        from_year: i32,
        to_year: i32,
        steps: &Steps,
    ) -> Result<BTreeSet<NaiveDate>, IcsError> {
        let mut dates: BTreeSet<NaiveDate> = self.more.iter().copied().collect();
        if self.rules.is_empty() {
            dates.insert(self.first_date());
        }
        // An event of the year before may reach into the first one, and one in another zone
        // begins on another date.
        let from = first_of(from_year.saturating_sub(2));
        let to = first_of(to_year.saturating_add(1));
        let to = to.succ_opt().unwrap_or(to);
        let span = from.into()..=to.into();
        for rule in &self.rules {
            dates.extend(self.recurrences(rule, &span, steps)?);
        }
        let mut except = self.except.clone();
        for rule in &self.except_by {
            except.extend(self.recurrences(rule, &span, steps)?);
        }
        Ok(dates.difference(&except).copied().collect())
    }

    /// Whether it does not take place.
    pub(super) fn is_cancelled(&self) -> bool {
        self.cancelled
    }

    /// The moment at which the occurrence begins that begins on a date of its own zone.
    pub(super) fn begins_on(&self, date: NaiveDate) -> Option<Timestamp> {
        let shift = date - self.first_date();
        self.begin.shifted(shift).at(self.zone)
    }

    /// The moment at which the occurrence was to begin that it stands for.
    pub(super) fn stands_for_at(&self) -> Option<Timestamp> {
        self.stands_for?.at(self.zone)
    }

    /// What is off through the occurrence that begins on a date of its own zone.
    pub(super) fn days_off(&self, begin: NaiveDate) -> impl Iterator<Item = DayOff> + '_ {
        let shift = begin - self.first_date();
        let first = self.begin.shifted(shift).reading(self.zone);
        let mut until = self.until(self.end.shifted(shift));
        if matches!(self.begin, When::Date(_)) {
            // Dates that end where they begin, or before, are one date.
            until = until.max(first + Days::new(1));
        }
        let dates = first.date().iter_days();
        let dates = dates.take_while(move |date| date.and_time(NaiveTime::MIN) < until);
        dates.map(move |date| DayOff {
            date,
            name: (!self.name.is_empty()).then(|| self.name.clone()),
            off: off_of(date, first, until),
        })
    }

    /// The zone in which the event is written; the calendar's, where it names none.
    fn own_zone(&self) -> Tz {
        self.begin.zone().unwrap_or(self.zone)
    }

    /// The end of an event as the calendar's wall clock shows it, in whole minutes.
    fn until(&self, end: When) -> NaiveDateTime {
        let end = end.reading(self.zone);
        if (end.hour(), end.minute()) == LAST_MINUTE {
            return end.date().and_time(NaiveTime::MIN) + Days::new(1);
        }
        let seconds = i64::from(end.second());
        match seconds {
            0 => end,
            _ => end + TimeDelta::seconds(60 - seconds),
        }
    }

    /// Dates are counted as midnights in UTC, where no midnight is missing or comes twice.
    fn recurrences(
        &self,
        rule: &str,
        span: &RangeInclusive<NaiveDateTime>,
        steps: &Steps,
    ) -> Result<Vec<NaiveDate>, IcsError> {
        let parts = rule.split(';').map(|part| match part.split_once('=') {
            Some((key, until)) if key.eq_ignore_ascii_case("UNTIL") => {
                format!("UNTIL={}T000000Z", self.last_date(until))
            }
            _ => part.to_owned(),
        });
        let in_dates = parts.collect::<Vec<_>>().join(";");
        let first = self.first_date().into();
        let found = follow(&in_dates, first, span, ICS_OCCURRENCES_MAX, steps);
        let found = found.map_err(|why| match why {
            Unfollowed::Rule(problem) => IcsError::Event {
                event: self.name.clone(),
                problem: format!("rule \"{rule}\": {problem}"),
            },
            Unfollowed::File(error) => error,
        })?;
        Ok(found.iter().map(NaiveDateTime::date).collect())
    }

    /// The last date, as `YYYYMMDD`, on which an occurrence begins by an UNTIL. One in UTC may
    /// fall on another date where the event is; what is no time is left for the rule to refuse.
    fn last_date(&self, until: &str) -> String {
        let time = until.strip_suffix('Z');
        let time = time.and_then(|utc| NaiveDateTime::parse_from_str(utc, "%Y%m%dT%H%M%S").ok());
        let Some(time) = time else {
            return until.get(..8).unwrap_or(until).to_owned();
        };
        let local = local_time(self.own_zone(), time.and_utc());
        let date = match self.begin {
            When::Time(begin, Some(_)) => {
                let early = local.time() < begin.time();
                local.date() - Days::new(u64::from(early))
            }
            // Dates should end with a date. Some programs write the midnight of it as it is in
            // UTC, or the last second before the next; others the date, and what time they like.
            _ if is_midnight(local) => local.date(),
            _ => time.date(),
        };
        date.format("%Y%m%d").to_string()
    }
}

/// Whether a time is the first of a date, or the last.
fn is_midnight(time: NaiveDateTime) -> bool {
    let last = (time.hour(), time.minute()) == LAST_MINUTE;
    time.time() == NaiveTime::MIN || last
}

/// What of a date is off by an event of these times.
fn off_of(date: NaiveDate, begin: NaiveDateTime, until: NaiveDateTime) -> Off {
    let midnight = date.and_time(NaiveTime::MIN);
    let minutes = |time: NaiveDateTime| {
        let minutes = (time - midnight)
            .num_minutes()
            .clamp(0, WINDOW_END_MAX.into());
        u16::try_from(minutes).unwrap_or(WINDOW_END_MAX)
    };
    match (minutes(begin), minutes(until)) {
        (0, MINUTES_PER_DAY..) => Off::WholeDay,
        (from, until) => Off::Part {
            from,
            until,
            begins: date == begin.date(),
        },
    }
}

/// A date, or a local time with the zone in which it is written (`None`: the calendar's).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    Date(NaiveDate),
    Time(NaiveDateTime, Option<Tz>),
}

impl When {
    /// Its date in a zone.
    fn date(self, zone: Tz) -> NaiveDate {
        self.reading(zone).date()
    }

    /// The moment it is, read in a zone where it names none; of a date, its beginning.
    fn at(self, zone: Tz) -> Option<Timestamp> {
        let local = match self {
            Self::Date(date) => date.into(),
            Self::Time(time, _) => time,
        };
        moment(self.zone().unwrap_or(zone), local, Edge::Opening)
    }

    /// What the wall clock of a zone shows.
    fn reading(self, zone: Tz) -> NaiveDateTime {
        match self {
            Self::Date(date) => date.into(),
            Self::Time(time, Some(own)) if own != zone => {
                // Beyond the dates that can be written, as it stands.
                let moment = moment(own, time, Edge::Opening);
                moment.map_or(time, |moment| local_time(zone, moment))
            }
            Self::Time(time, _) => time,
        }
    }

    /// The date that is meant by a time of an event marked as all-day: the one that is written,
    /// but that of the calendar's zone if it is written in UTC.
    fn whole_day(self, zone: Tz) -> Self {
        match self {
            Self::Time(time, Some(own)) if own != Tz::UTC => Self::Date(time.date()),
            _ => Self::Date(self.date(zone)),
        }
    }

    fn zone(self) -> Option<Tz> {
        match self {
            Self::Date(_) => None,
            Self::Time(_, zone) => zone,
        }
    }

    /// The same time of day, on another date of its own zone.
    fn shifted(self, by: TimeDelta) -> Self {
        match self {
            Self::Date(date) => Self::Date(date.checked_add_signed(by).unwrap_or(date)),
            Self::Time(time, zone) => Self::Time(time.checked_add_signed(by).unwrap_or(time), zone),
        }
    }

    /// The end of an event that names a DURATION, or none at all.
    fn after(self, duration: &str) -> Result<Self, String> {
        if duration.is_empty() {
            return Ok(self);
        }
        let length = length_of(duration);
        let end = length.and_then(|length| match self {
            Self::Date(date) => date.checked_add_signed(length).map(Self::Date),
            Self::Time(time, zone) => {
                let end = time.checked_add_signed(length)?;
                Some(Self::Time(end, zone))
            }
        });
        end.ok_or_else(|| format!("DURATION \"{duration}\" is not understood: write it as \"P2D\""))
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
fn times_of(property: &Property<'_>, zones: &Zones) -> Result<Vec<When>, String> {
    let named = parameter(property, "TZID");
    let dates = parameter(property, "VALUE").is_some_and(|kind| kind.eq_ignore_ascii_case("DATE"));
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
            (None, None) => return Ok(When::Time(time, None)),
            (None, Some(name)) => {
                let Some(zone) = zones.named(name) else {
                    // A midnight stands for its date, wherever it is.
                    if time.time() != NaiveTime::MIN {
                        zones.note_unknown(name);
                    }
                    return Ok(When::Time(time, None));
                };
                zone
            }
        };
        Ok(When::Time(time, Some(written_in)))
    });
    values.collect()
}

/// A parameter of a property, by its name.
pub(super) fn parameter<'a>(property: &'a Property<'_>, name: &str) -> Option<&'a str> {
    let mut params = property.params.iter();
    let param = params.find(|param| param.key.as_str().eq_ignore_ascii_case(name));
    param
        .and_then(|param| param.val.as_ref())
        .map(|value| value.as_str())
}

pub(super) fn text_of(property: &Property<'_>) -> String {
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
