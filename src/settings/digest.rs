//! `[digest]`: the morning mail and the weekly report.

use chrono::{NaiveTime, Weekday};

use super::kinds::ADDRESS;
use super::section::{Kind, Section};
use crate::domain::digest::Digest;

/// A time of day.
const TIME_OF_DAY: Kind<NaiveTime> = Kind {
    noun: "a time of day",
    example: "08:00",
    read: |text| {
        NaiveTime::parse_from_str(text.trim(), "%H:%M")
            .map_err(|_| "is no time of day; write one such as \"08:00\"".into())
    },
};

/// A day of the week.
const WEEKDAY: Kind<Weekday> = Kind {
    noun: "a day of the week",
    example: "mon",
    read: |text| {
        let days = [
            ("mon", Weekday::Mon),
            ("tue", Weekday::Tue),
            ("wed", Weekday::Wed),
            ("thu", Weekday::Thu),
            ("fri", Weekday::Fri),
            ("sat", Weekday::Sat),
            ("sun", Weekday::Sun),
        ];
        let known = days.into_iter().find(|(word, _)| *word == text.trim());
        let advice =
            "is no day; write one of \"mon\", \"tue\", \"wed\", \"thu\", \"fri\", \"sat\", \"sun\"";
        known.map(|(_, day)| day).ok_or_else(|| advice.into())
    },
};

/// The hour of both mails, unless the configuration says otherwise.
const HOUR: u32 = 8;

/// What `[digest]` says.
pub(super) fn digest(section: &Section<'_>) -> Digest {
    let usual = NaiveTime::from_hms_opt(HOUR, 0, 0).unwrap_or_default();
    let time = |key| {
        section
            .one(key, &TIME_OF_DAY)
            .map_or(usual, |found| found.value)
    };
    let days = match section.many("days", &WEEKDAY) {
        None => [true, true, true, true, true, false, false],
        Some(found) => {
            let mut days = [false; 7];
            for day in found {
                days[day.value.num_days_from_monday() as usize] = true;
            }
            days
        }
    };
    let weekly_to = section.many("weekly_to", &ADDRESS).unwrap_or_default();
    let weekly_on = section.one("weekly_on", &WEEKDAY);
    let digest = Digest {
        daily: section.flag("daily", true),
        at: time("at"),
        days,
        weekly: section.flag("weekly", true),
        weekly_to: weekly_to.into_iter().map(|found| found.value).collect(),
        weekly_on: weekly_on.map_or(Weekday::Mon, |found| found.value),
        weekly_at: time("weekly_at"),
    };
    section.finish();
    digest
}
