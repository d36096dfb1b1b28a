//! Which zone a VTIMEZONE is that does not say where: one whose clocks show the same.
//!
//! Vocabulary: an *observance* is a STANDARD or DAYLIGHT part of a VTIMEZONE (RFC 5545, section
//! 3.6.5); its *onsets* are the moments from which its offset from UTC holds.

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, Offset, TimeDelta, TimeZone};
use chrono_tz::{TZ_VARIANTS, Tz};
use icalendar::parser::Component;

use super::recurrence::{Steps, follow};
use super::{has_name, property};

/// The dates between which clocks are compared: years of which the rules of every zone are known.
const COMPARED: (i32, i32) = (2023, 2025);

/// How many onsets of one observance are worked out.
const ONSETS_MAX: u16 = 100;

/// The first year in which the clocks of an observance are changed: older rules begin with some
/// year at random (Outlook writes 1601).
const FIRST_YEAR: i32 = 1970;

/// The calendar's own zone, if the clocks of a VTIMEZONE show the same there through some years;
/// else the first zone of the world, in the order of names, where they do.
pub(super) fn zone_of_clocks(component: &Component<'_>, own: Tz, steps: &Steps) -> Option<Tz> {
    let shown = offsets(component, steps)?;
    let agrees = |zone: &Tz| {
        shown.iter().all(|(moment, offset)| {
            let there = zone.offset_from_utc_datetime(moment);
            there.fix().local_minus_utc() == *offset
        })
    };
    let mut zones = std::iter::once(own).chain(TZ_VARIANTS);
    zones.find(agrees)
}

/// What a VTIMEZONE says day by day: a moment in UTC, and the offset then in seconds.
fn offsets(component: &Component<'_>, steps: &Steps) -> Option<Vec<(NaiveDateTime, i32)>> {
    let mut onsets: Vec<(NaiveDateTime, i32)> = Vec::new();
    let mut before = None;
    for part in &component.components {
        if has_name(&part.name, "STANDARD") || has_name(&part.name, "DAYLIGHT") {
            let (from, to, begins) = observance(part, steps)?;
            let first = *begins.first()?;
            if before.is_none_or(|(earliest, _)| first < earliest) {
                before = Some((first, from));
            }
            onsets.extend(begins.into_iter().map(|begin| (begin, to)));
        }
    }
    onsets.sort_unstable();
    let (_, before) = before?;
    let first = NaiveDate::from_ymd_opt(COMPARED.0, 1, 1)?;
    let days = first.iter_days().take_while(|day| day.year() < COMPARED.1);
    let noons = days.filter_map(|day| day.and_hms_opt(12, 0, 0));
    let shown = noons.map(|noon| {
        let begun = onsets.partition_point(|(onset, _)| *onset <= noon);
        let offset = begun.checked_sub(1).map_or(before, |last| onsets[last].1);
        (noon, offset)
    });
    Some(shown.collect())
}

/// The offsets before and within an observance, in seconds, and its onsets in UTC.
fn observance(part: &Component<'_>, steps: &Steps) -> Option<(i32, i32, Vec<NaiveDateTime>)> {
    let text = |name: &str| property(part, name).map(|property| property.val.as_str().trim());
    let from = offset(text("TZOFFSETFROM")?)?;
    let to = offset(text("TZOFFSETTO")?)?;
    let local = |text: &str| NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%S").ok();
    let mut begin = local(text("DTSTART")?)?;
    if begin.year() < FIRST_YEAR {
        begin = begin.with_year(FIRST_YEAR)?;
    }
    let mut begins = vec![begin];
    let more = part.properties.iter();
    for property in more.filter(|property| has_name(&property.name, "RDATE")) {
        begins.extend(property.val.as_str().split(',').filter_map(local));
    }
    if let Some(rule) = text("RRULE") {
        begins.extend(recurrences(rule, begin, steps)?);
    }
    let shift = TimeDelta::seconds(from.into());
    begins.sort_unstable();
    let begins = begins.into_iter();
    let begins = begins.map(|begin| begin.checked_sub_signed(shift));
    Some((from, to, begins.collect::<Option<Vec<_>>>()?))
}

/// Local times are counted as if they were in UTC.
fn recurrences(rule: &str, begin: NaiveDateTime, steps: &Steps) -> Option<Vec<NaiveDateTime>> {
    let new_year = |year: i32| NaiveDate::from_ymd_opt(year, 1, 1);
    // The last onset before the years that are compared still holds in them.
    let after = new_year(COMPARED.0)?.checked_sub_days(Days::new(400))?;
    let span = after.into()..=new_year(COMPARED.1 + 2)?.into();
    follow(rule, begin, &span, ONSETS_MAX, steps).ok()
}

/// Reads an offset from UTC (RFC 5545, section 3.3.14): `+0100`, `-023000`; in seconds.
fn offset(text: &str) -> Option<i32> {
    let sign = match text.get(..1)? {
        "+" => 1,
        "-" => -1,
        _ => return None,
    };
    let digits = &text[1..];
    let is_whole = digits.len() == 4 || digits.len() == 6;
    if !is_whole || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let number = |at: usize| digits.get(at..at + 2).map_or(Ok(0), str::parse::<i32>);
    let seconds = number(0).ok()? * 3600 + number(2).ok()? * 60 + number(4).ok()?;
    Some(sign * seconds)
}
