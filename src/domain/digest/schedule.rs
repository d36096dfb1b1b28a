//! When morning and weekly mails are due, and for whom.

use chrono::{Datelike, Days, NaiveDate};

use super::{Digest, Mornings};
use crate::domain::absence::calendar_of;
use crate::domain::address::Address;
use crate::domain::calendar::Calendar;
use crate::domain::rules::{Rules, SendingHours};
use crate::domain::time::Timestamp;

/// A day's morning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Morning {
    /// The day, in the calendar's zone.
    pub day: NaiveDate,
    /// When it comes.
    pub at: Timestamp,
    /// When it is over.
    pub until: Timestamp,
}

/// A week that is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Week {
    /// Its Monday, in the calendar's zone.
    pub monday: NaiveDate,
    /// Its first moment.
    pub from: Timestamp,
    /// The first moment of the next one.
    pub to: Timestamp,
    /// When its report is due.
    pub due_at: Timestamp,
}

/// How far ahead a morning is looked for, in days: longer than any holiday.
const DAYS_AHEAD_MAX: u32 = 366;

/// How long a morning lasts at the least, where the day closes before it.
const LASTS_MIN: chrono::Duration = chrono::Duration::hours(1);

/// Who may get a morning mail: whoever owns a client or stands in for who does, those who hear
/// of broken promises, and whoever else is known by name: cases are assigned to them too.
pub fn readers(rules: &Rules) -> Vec<Address> {
    let mut people = rules.team.escalate_to.clone();
    for client in rules.clients.values() {
        people.extend(client.owners.iter().chain(&client.backups).cloned());
    }
    people.extend(rules.people.values().map(|own| own.address.clone()));
    people.sort();
    people.dedup();
    people
}

/// Who gets the weekly mail.
pub fn week_readers<'a>(digest: &'a Digest, rules: &'a Rules) -> &'a [Address] {
    match (digest.weekly, digest.weekly_to.is_empty()) {
        (false, _) => &[],
        (true, true) => &rules.team.escalate_to,
        (true, false) => &digest.weekly_to,
    }
}

/// The calendar the weekly report goes by: that of the sending hours, else that of the first
/// client.
pub fn team_calendar(rules: &Rules) -> Option<&Calendar> {
    if let SendingHours::Calendar(name) = &rules.team.sending_hours {
        return rules.calendars.get(name).map(|calendar| &**calendar);
    }
    let client = rules.clients.values().next()?;
    rules.promise(&client.key).map(|(_, _, calendar)| calendar)
}

/// The morning of a day; `None` on a day without one: it is not among the configured days, or
/// the calendar is closed.
pub fn morning_on(digest: &Digest, calendar: &Calendar, day: NaiveDate) -> Option<Morning> {
    if !digest.days[day.weekday().num_days_from_monday() as usize] {
        return None;
    }
    let close = calendar.days(day, 1).next()?.windows.last()?.close;
    let at = calendar.moment_on(day, digest.at)?;
    Some(Morning {
        day,
        at,
        until: close.max(at + LASTS_MIN),
    })
}

/// A person's morning on the local day of a moment, if it has one.
pub fn morning_of(rules: &Rules, person: &Address, now: Timestamp) -> Option<Morning> {
    let calendar = calendar_of(rules, person)?;
    morning_on(rules.digest.as_ref()?, calendar, calendar.local_date(now))
}

/// The first morning of a person that was neither told nor passed over.
pub fn next_morning(rules: &Rules, mornings: &Mornings, person: &Address) -> Option<Morning> {
    let (digest, calendar) = (rules.digest.as_ref()?, calendar_of(rules, person)?);
    let since = mornings.since?;
    let first = match mornings.told.get(person) {
        Some(last) => last.day.checked_add_days(Days::new(1))?,
        None => calendar.local_date(since),
    };
    let mut days = first.iter_days().take(DAYS_AHEAD_MAX as usize);
    days.find_map(|day| morning_on(digest, calendar, day).filter(|own| own.at > since))
}

/// The week that begins on this Monday, as it is reported.
pub fn week_of(digest: &Digest, calendar: &Calendar, monday: NaiveDate) -> Option<Week> {
    let next = monday.checked_add_days(Days::new(7))?;
    let ahead = u64::from(digest.weekly_on.num_days_from_monday());
    let day = next.checked_add_days(Days::new(ahead))?;
    let mut days = calendar.days(day, 7);
    let open = days.find(|day| !day.windows.is_empty());
    let day = open.map_or(day, |open| open.date);
    Some(Week {
        monday,
        from: calendar.first_moment_of(monday)?,
        to: calendar.first_moment_of(next)?,
        due_at: calendar.moment_on(day, digest.weekly_at)?,
    })
}

/// The first week of which a person neither had a report nor was passed over.
pub fn next_week(rules: &Rules, mornings: &Mornings, person: &Address) -> Option<Week> {
    let (digest, calendar) = (rules.digest.as_ref()?, team_calendar(rules)?);
    let monday = match mornings.weekly.get(person) {
        Some(last) => last.checked_add_days(Days::new(7))?,
        None => monday_of(calendar.local_date(mornings.since?))?,
    };
    week_of(digest, calendar, monday)
}

/// The last week whose report is due by now.
pub fn last_week(rules: &Rules, now: Timestamp) -> Option<Week> {
    let (digest, calendar) = (rules.digest.as_ref()?, team_calendar(rules)?);
    let this = monday_of(calendar.local_date(now))?;
    // Where the office is closed for days, a report may be due in the third week after its own.
    let mut weeks = [7, 14, 21].into_iter().filter_map(|behind| {
        let monday = this.checked_sub_days(Days::new(behind))?;
        week_of(digest, calendar, monday)
    });
    weeks.find(|week| week.due_at <= now)
}

/// When the next of all these mails falls due, or should have.
pub fn next_errand(rules: &Rules, mornings: &Mornings) -> Option<Timestamp> {
    let digest = rules.digest.as_ref()?;
    let people = readers(rules);
    let days = people
        .iter()
        .filter_map(|person| next_morning(rules, mornings, person))
        .map(|morning| morning.at);
    let weeks = week_readers(digest, rules)
        .iter()
        .filter_map(|person| next_week(rules, mornings, person))
        .map(|week| week.due_at);
    days.chain(weeks).min()
}

/// How far ahead of the clock mornings may lie for it to have been set back by hours, over a
/// midnight: then they count, or somebody had two mails for one day.
const SET_BACK_MAX: chrono::Duration = chrono::Duration::days(2);

/// What is kept once a clock that ran days ahead was set right: days that are still to come were
/// not told. Who was told of any has no morning today: it may have been. `None`: nothing lies
/// ahead.
pub fn mornings_set_right(known: &Mornings, rules: &Rules, now: Timestamp) -> Option<Mornings> {
    let is_ahead = |at: Timestamp| at - now > SET_BACK_MAX;
    let mut mornings = known.clone();
    if let Some(since) = mornings.since.as_mut().filter(|since| is_ahead(**since)) {
        *since = now;
    }
    for (person, last) in &mut mornings.told {
        if let Some(calendar) = calendar_of(rules, person).filter(|_| is_ahead(last.covers)) {
            last.day = calendar.local_date(now);
            last.covers = now;
        }
    }
    let this = team_calendar(rules).and_then(|calendar| monday_of(calendar.local_date(now)));
    let before = this.and_then(|this| this.checked_sub_days(Days::new(7)));
    if let (Some(this), Some(before)) = (this, before) {
        for monday in mornings.weekly.values_mut().filter(|own| **own > this) {
            *monday = before;
        }
    }
    (mornings != *known).then_some(mornings)
}

fn monday_of(day: NaiveDate) -> Option<NaiveDate> {
    let behind = u64::from(day.weekday().num_days_from_monday());
    day.checked_sub_days(Days::new(behind))
}
