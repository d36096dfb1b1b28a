//! `[calendars.*]` and `[policies.*]`: what is promised, and on which clock.

use std::collections::BTreeSet;
use std::sync::Arc;

use config::ValueKind;

use super::holidays::HolidayReader;
use super::kinds::{
    BUSINESS_TIME, DATE, HOLIDAY_FILE, NAME, TEXT, WINDOW, ZONE, meaning_of_offset,
};
use super::problem::Place;
use super::review::{Found, nearest, quoted};
use super::section::Section;
use crate::domain::calendar::{Calendar, Holiday, Span, Window};
use crate::domain::ids::{CalendarName, PolicyName};
use crate::domain::policy::Policy;
use crate::domain::time::BusinessTime;

/// The word that stands in place of a calendar where people may be written to at any time.
pub(super) const ALWAYS: &str = "always";

const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// What `[calendars.NAME]` says. `None` if anything is wrong with it: nothing that follows from
/// its hours would be true.
pub(super) fn calendar(
    name: &str,
    section: &Section<'_>,
    files: &HolidayReader<'_>,
) -> Option<Arc<Calendar>> {
    let problems_before = section.review().problem_count();
    let zone = section.required("time_zone", &ZONE);
    if let Some(found) = &zone
        && let Some(meaning) = meaning_of_offset(found.value)
    {
        let what = format!(
            "\"{}\" {meaning}; write the city whose clocks you go by, such as \"Europe/Berlin\"",
            found.value.name()
        );
        section.review().warn(found, &what);
    }
    let mut week: [Vec<Window>; 7] = Default::default();
    for (windows, day) in week.iter_mut().zip(WEEKDAYS) {
        let found = section.many(day, &WINDOW).unwrap_or_default();
        for window in &found {
            warn_of_swapped_hours(section, window);
        }
        windows.extend(found.into_iter().map(|window| window.value));
    }
    if week.iter().all(Vec::is_empty) && WEEKDAYS.iter().all(|day| closed(section, day)) {
        section.lacks("has no weekly opening hours; write mon = [\"09:00-17:30\"] and so on");
    }
    let holidays = holidays(section);
    let mut days_off = Vec::new();
    for file in section
        .items("holiday_files", &HOLIDAY_FILE)
        .unwrap_or_default()
    {
        let zone = zone.as_ref().map(|zone| zone.value);
        days_off.extend(files.days_off(section, &file, zone));
    }
    section.finish();
    if section.review().problem_count() > problems_before {
        return None;
    }
    let name = CalendarName::new(name);
    let calendar = Calendar::new(name, zone?.value, week, holidays);
    Some(Arc::new(calendar.with_days_off(days_off)))
}

/// Nights are legal, but few teams work from the late afternoon to the next morning.
fn warn_of_swapped_hours(section: &Section<'_>, found: &Found<Window>) {
    /// The longest night that is not asked about, in minutes.
    const NIGHT_MINUTES_MAX: u16 = 14 * 60;
    const MIDNIGHT: u16 = 24 * 60;
    let (opens, closes) = (found.value.opens(), found.value.closes());
    if closes <= MIDNIGHT || closes - opens <= NIGHT_MINUTES_MAX {
        return;
    }
    let clock = |minutes: u16| format!("{:02}:{:02}", minutes / 60, minutes % 60);
    let (opens, closes) = (clock(opens), clock(closes - MIDNIGHT));
    let what = format!(
        "\"{opens}-{closes}\" is open through the night, to {closes} of the next day; if that is not meant, write \"{closes}-{opens}\""
    );
    section.review().warn(found, &what);
}

/// Whether nothing at all is written for a day.
fn closed(section: &Section<'_>, day: &'static str) -> bool {
    section
        .raw(day)
        .is_none_or(|found| match &found.value.kind {
            ValueKind::Array(windows) => windows.is_empty(),
            ValueKind::String(text) => {
                matches!(found.place, Place::Variable(_)) && text.trim().is_empty()
            }
            _ => false,
        })
}

fn holidays(section: &Section<'_>) -> Vec<Holiday> {
    let mut holidays: Vec<Holiday> = Vec::new();
    for item in section.items("holidays", &DATE).unwrap_or_default() {
        let holiday = match section.item_section("holidays", &item) {
            None => section.item_text(&item, &DATE).map(|date| Holiday {
                date: date.value,
                name: None,
                hours: Vec::new(),
            }),
            Some(table) => {
                let date = table.required("date", &DATE);
                let name = table.one("name", &TEXT).map(|name| name.value);
                let hours = table.many("hours", &WINDOW).unwrap_or_default();
                table.finish();
                date.map(|date| Holiday {
                    date: date.value,
                    name,
                    hours: hours.into_iter().map(|window| window.value).collect(),
                })
            }
        };
        let Some(holiday) = holiday else { continue };
        if holidays.iter().any(|other| other.date == holiday.date) {
            let what = format!("\"{}\" is there twice; write it once", holiday.date);
            section.review().refuse(&item, &what);
        }
        holidays.push(holiday);
    }
    holidays
}

/// What `[policies.NAME]` says. `None` if it is too broken to be used.
pub(super) fn policy(
    name: &str,
    section: &Section<'_>,
    calendars: &BTreeSet<String>,
) -> Option<Policy> {
    let calendar = reference(section, "calendar", calendars);
    let within = section.required("acknowledge_within", &BUSINESS_TIME);
    let urgent = section.one("urgent_within", &BUSINESS_TIME);
    let same_business_day = section.flag("same_business_day", true);
    let min_lead = section.one("min_lead", &BUSINESS_TIME);
    let answer = section.one("answer_within", &BUSINESS_TIME);
    let remind = section.many("remind_before", &BUSINESS_TIME);
    let escalate = section.many("escalate_after", &BUSINESS_TIME);
    let acknowledge = section.one("auto_acknowledge_before", &BUSINESS_TIME);
    let times = Times {
        within: within.as_ref(),
        urgent: urgent.as_ref(),
        answer: answer.as_ref(),
    };
    times.compare(section);
    times.compare_reminders(section, remind.as_deref().unwrap_or_default());
    if let Some(before) = &acknowledge {
        times.compare_acknowledgement(section, before);
    }
    for rungs in [&remind, &escalate].into_iter().flatten() {
        twice(section, rungs);
    }
    section.finish();
    let values = |found: Option<Vec<Found<BusinessTime>>>| {
        let found = found.unwrap_or_default();
        found.into_iter().map(|time| time.value).collect()
    };
    Some(Policy {
        name: PolicyName::new(name),
        calendar: CalendarName::new(calendar?.value),
        acknowledge_within: within?.value,
        same_business_day,
        urgent_within: urgent.map(|found| found.value),
        min_lead: min_lead.map_or(BusinessTime::ZERO, |found| found.value),
        answer_within: answer.map(|found| found.value),
        remind_before: values(remind),
        escalate_after: values(escalate),
        auto_acknowledge_before: acknowledge.map(|found| found.value),
    })
}

/// Tries the policy out on its calendar: a week of mails, each arriving at an opening.
///
/// Any week will do, so that the outcome does not depend on when it is asked for.
pub(super) fn try_out(section: &Section<'_>, policy: &Policy, calendar: &Calendar) {
    let monday = chrono::DateTime::UNIX_EPOCH + chrono::TimeDelta::days(4);
    let mut counts_at_opening = false;
    for day in 0..7 {
        let at = monday + chrono::TimeDelta::days(day);
        let tried = calendar.next_open(at).and_then(|opening| {
            let deadlines = policy.deadlines(calendar, opening, false)?;
            counts_at_opening |= deadlines.start == opening;
            policy.deadlines(calendar, opening, true)
        });
        if tried.is_err() {
            section.lacks(&format!(
                "can't be kept: its periods are longer than all the open time calendar \"{}\" has in ten years; write shorter ones, or more opening hours",
                calendar.name
            ));
            return;
        }
    }
    if !counts_at_opening {
        section.warn(&format!(
            "has a min_lead of \"{}\", and no day of calendar \"{}\" is that long; write a shorter one",
            policy.min_lead, calendar.name
        ));
    }
}

/// A stretch without sending hours in which more of a policy's time passes than the
/// acknowledgement is sent ahead of its deadline; `None`: none, or nothing is acknowledged.
///
/// Looked for in winter and in summer, for the two may be in zones that change their clocks.
pub(super) fn unsendable_stretch(
    policy: &Policy,
    calendar: &Calendar,
    sending: &Calendar,
) -> Option<Span> {
    const SEASONS: [(i32, u32, u32); 2] = [(2026, 1, 12), (2026, 7, 13)];
    let ahead = policy.auto_acknowledge_before?;
    SEASONS.iter().find_map(|(year, month, day)| {
        let date = chrono::NaiveDate::from_ymd_opt(*year, *month, *day)?;
        let begin = calendar.first_moment_of(date)?;
        let spans = sending.spans_between(begin, begin + chrono::TimeDelta::weeks(2));
        let spans: Vec<Span> = spans.collect();
        let mut closed = spans.windows(2).map(|two| Span {
            open: two[0].close,
            close: two[1].open,
        });
        closed.find(|closed| calendar.elapsed(closed.open, closed.close) > ahead)
    })
}

/// The name of a table that must be named and exist: the key is what it is.
pub(super) fn reference(
    section: &Section<'_>,
    what: &'static str,
    names: &BTreeSet<String>,
) -> Option<Found<String>> {
    if !section.has(what) {
        let usual = names.get(NAME.example).or(names.first());
        let advice = match usual {
            Some(name) => format!("write {what} = {}", quoted(name)),
            None => {
                let example = NAME.example;
                let table = table_of(what, example);
                format!("write {what} = \"{example}\", and a table for it: [{table}]")
            }
        };
        section.lacks(&format!("has no {what}; {advice}"));
    }
    let found = section.one(what, &NAME)?;
    refers(section, &found, what, names.iter()).then_some(found)
}

/// Whether a name is that of a table that exists; else says so.
pub(super) fn refers<'a>(
    section: &Section<'_>,
    found: &Found<String>,
    what: &str,
    names: impl Iterator<Item = &'a String> + Clone,
) -> bool {
    let name = &found.value;
    if names.clone().any(|known| known == name) {
        return true;
    }
    let all: Vec<String> = names.clone().map(|name| quoted(name)).collect();
    let advice = match nearest(name, names.map(String::as_str)) {
        Some(near) => format!("write {}", quoted(near)),
        None if all.is_empty() => format!("write a table for it: [{}]", table_of(what, name)),
        None => format!("write one of {}", all.join(", ")),
    };
    let what = format!("there is no {what} {}; {advice}", quoted(name));
    section.review().dangles(found, &what);
    false
}

fn table_of(what: &str, name: &str) -> String {
    match what {
        "policy" => format!("policies.{name}"),
        "mailbox" => format!("mailboxes.{name}"),
        _ => format!("{what}s.{name}"),
    }
}

/// The periods of a policy, to be compared with each other.
struct Times<'a> {
    within: Option<&'a Found<BusinessTime>>,
    urgent: Option<&'a Found<BusinessTime>>,
    answer: Option<&'a Found<BusinessTime>>,
}

impl Times<'_> {
    fn compare(&self, section: &Section<'_>) {
        let Some(within) = self.within else { return };
        if let Some(urgent) = self.urgent
            && urgent.value > within.value
        {
            let what = format!(
                "\"{}\" gives urgent mail longer than other mail; write at most \"{}\"",
                urgent.value, within.value
            );
            section.review().warn(urgent, &what);
        }
        if let Some(answer) = self.answer
            && answer.value < within.value
        {
            let what = format!(
                "\"{}\" is less than acknowledge_within, which then never matters; write at least \"{}\"",
                answer.value, within.value
            );
            section.review().warn(answer, &what);
        }
    }

    fn compare_reminders(&self, section: &Section<'_>, remind: &[Found<BusinessTime>]) {
        let value = |found: Option<&Found<BusinessTime>>| found.map(|found| found.value);
        let longest = value(self.within).max(value(self.answer));
        for before in remind {
            if let Some(longest) = longest
                && before.value >= longest
                && longest > BusinessTime::ZERO
            {
                let what = format!(
                    "\"{}\" is the whole time or more, so that it is due as soon as the mail is there; write less than \"{longest}\"",
                    before.value
                );
                section.review().warn(before, &what);
            }
        }
    }

    fn compare_acknowledgement(&self, section: &Section<'_>, before: &Found<BusinessTime>) {
        if let Some(within) = self.within
            && before.value >= within.value
        {
            let what = format!(
                "\"{}\" is the whole of acknowledge_within or more, so that every mail would be acknowledged at once; write less than \"{}\"",
                before.value, within.value
            );
            section.review().refuse(before, &what);
        } else if let Some(urgent) = self.urgent
            && before.value >= urgent.value
        {
            let what = format!(
                "\"{}\" is the whole of urgent_within or more, so that urgent mail is acknowledged at once; write less than \"{}\"",
                before.value, urgent.value
            );
            section.review().warn(before, &what);
        }
    }
}

fn twice(section: &Section<'_>, rungs: &[Found<BusinessTime>]) {
    for (at, rung) in rungs.iter().enumerate() {
        if rungs[..at]
            .iter()
            .any(|earlier| earlier.value == rung.value)
        {
            let what = format!("\"{}\" is there twice; write it once", rung.value);
            section.review().warn(rung, &what);
        }
    }
}
