//! One recurrence rule (RFC 5545, section 3.3.10): what it says, and the times of one of its
//! periods.
//!
//! Vocabulary: a *period* is the day, week, month or year after which a rule begins anew; its
//! times are those that fit all that the rule lists. Everything here is a date and a time of day
//! without a zone.

use chrono::{Datelike, Days, Months, NaiveDate, NaiveDateTime, NaiveTime, Timelike, Weekday};

/// The numbers a rule may list: up to so far from nought.
const NUMBER_MAX: i32 = 366;
const WORDS: usize = (2 * NUMBER_MAX as usize + 1).div_ceil(64);

/// After what a rule begins anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Frequency {
    Daily,
    Weekly,
    Monthly,
    Yearly,
}

/// A set of numbers from -[`NUMBER_MAX`] to [`NUMBER_MAX`].
#[derive(Debug, Clone, Copy, Default)]
struct Numbers([u64; WORDS]);

/// What a rule says.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    frequency: Frequency,
    interval: u32,
    /// How many times there are in all.
    pub(super) count: Option<u32>,
    /// The last moment at which there may be one.
    pub(super) until: Option<NaiveDateTime>,
    week_start: Weekday,
    months: Numbers,
    weeks: Numbers,
    year_days: Numbers,
    month_days: Numbers,
    /// For each weekday from Monday on, which of the month or year; nought: every one.
    weekdays: [Numbers; 7],
    hours: Numbers,
    minutes: Numbers,
    seconds: Numbers,
    positions: Numbers,
}

/// The days of a period, both inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Period {
    pub(super) begin: NaiveDate,
    pub(super) end: NaiveDate,
}

impl Rule {
    /// Reads a rule whose first time is known: what the rule leaves open, that tells. Fails, in
    /// words, on what is no rule, and on one that comes back more than once a day.
    pub(super) fn read(text: &str, first: NaiveDateTime) -> Result<Self, String> {
        let mut rule = Self::empty();
        let mut frequency = None;
        for part in text.split(';').filter(|part| !part.trim().is_empty()) {
            let (key, value) = part
                .split_once('=')
                .ok_or_else(|| format!("\"{part}\" has no \"=\""))?;
            let (key, value) = (key.trim().to_ascii_uppercase(), value.trim());
            let value = value.to_ascii_uppercase();
            let wrong = || format!("\"{key}={value}\" is not understood");
            match key.as_str() {
                "FREQ" => frequency = Some(frequency_of(&value).ok_or_else(wrong)?),
                "INTERVAL" => {
                    let interval: Option<u32> = value.parse().ok();
                    rule.interval = interval.filter(|steps| *steps > 0).ok_or_else(wrong)?;
                }
                "COUNT" => rule.count = Some(value.parse().map_err(|_| wrong())?),
                "UNTIL" => rule.until = Some(moment_of(&value).ok_or_else(wrong)?),
                "WKST" => rule.week_start = weekday_of(&value).ok_or_else(wrong)?,
                "BYDAY" | "BYWEEKDAY" => rule.read_weekdays(&value).ok_or_else(wrong)?,
                _ => rule.read_numbers(&key, &value)?,
            }
        }
        rule.frequency = frequency.ok_or("it has no FREQ")?;
        rule.check(first)?;
        rule.complete(first);
        Ok(rule)
    }

    /// A period by its number, the one of the first time being nought. `None` beyond the dates
    /// that can be written.
    pub(super) fn period(&self, first: NaiveDate, number: u32) -> Option<Period> {
        let steps = number.checked_mul(self.interval)?;
        let days = Days::new(u64::from(steps));
        let (begin, behind) = match self.frequency {
            Frequency::Daily => {
                let begin = first.checked_add_days(days)?;
                (begin, begin.succ_opt()?)
            }
            Frequency::Weekly => {
                let begin = self.week_of(first)?;
                let begin = begin.checked_add_days(Days::new(u64::from(steps) * 7))?;
                (begin, begin.checked_add_days(Days::new(7))?)
            }
            Frequency::Monthly => {
                let begin = first.with_day(1)?.checked_add_months(Months::new(steps))?;
                (begin, begin.checked_add_months(Months::new(1))?)
            }
            Frequency::Yearly => {
                let year = first.year().checked_add(i32::try_from(steps).ok()?)?;
                let begin = NaiveDate::from_ymd_opt(year, 1, 1)?;
                (begin, NaiveDate::from_ymd_opt(year.checked_add(1)?, 1, 1)?)
            }
        };
        let end = behind.pred_opt()?;
        Some(Period { begin, end })
    }

    /// How many periods lie wholly before a date, or fewer.
    pub(super) fn periods_before(&self, first: NaiveDate, date: NaiveDate) -> u32 {
        let longest = match self.frequency {
            Frequency::Daily => 1,
            Frequency::Weekly => 7,
            Frequency::Monthly => 31,
            Frequency::Yearly => 366,
        };
        let days = (date - first).num_days() / (longest * i64::from(self.interval));
        u32::try_from(days - 2).unwrap_or(0)
    }

    /// The times of a period, in order.
    pub(super) fn times_in(&self, period: Period) -> Vec<NaiveDateTime> {
        let mut times = Vec::new();
        let days = period.begin.iter_days();
        let days = days.take_while(|date| *date <= period.end);
        for date in days.filter(|date| self.fits(*date)) {
            self.times_on(date, &mut times);
        }
        if self.positions.is_empty() {
            return times;
        }
        let all = i32::try_from(times.len()).unwrap_or(i32::MAX);
        let mut place = 0;
        times.retain(|_| {
            place += 1;
            self.positions.holds(place) || self.positions.holds(place - 1 - all)
        });
        times
    }

    fn empty() -> Self {
        Self {
            frequency: Frequency::Yearly,
            interval: 1,
            count: None,
            until: None,
            week_start: Weekday::Mon,
            months: Numbers::default(),
            weeks: Numbers::default(),
            year_days: Numbers::default(),
            month_days: Numbers::default(),
            weekdays: [Numbers::default(); 7],
            hours: Numbers::default(),
            minutes: Numbers::default(),
            seconds: Numbers::default(),
            positions: Numbers::default(),
        }
    }

    fn read_numbers(&mut self, key: &str, value: &str) -> Result<(), String> {
        let (numbers, least, most) = match key {
            "BYMONTH" => (&mut self.months, 1, 12),
            "BYWEEKNO" => (&mut self.weeks, -53, 53),
            "BYYEARDAY" => (&mut self.year_days, -366, 366),
            "BYMONTHDAY" => (&mut self.month_days, -31, 31),
            "BYHOUR" => (&mut self.hours, 0, 23),
            "BYMINUTE" => (&mut self.minutes, 0, 59),
            "BYSECOND" => (&mut self.seconds, 0, 59),
            "BYSETPOS" => (&mut self.positions, -366, 366),
            _ => return Err(format!("\"{key}\" is no part of a rule")),
        };
        for number in value.split(',') {
            let known = number.trim().parse().ok();
            // Nothing is counted from nought but the time of day.
            let known =
                known.filter(|known| (least..=most).contains(known) && (*known != 0 || least == 0));
            let known = known.ok_or_else(|| {
                format!("\"{number}\" in \"{key}={value}\" is not within {least} and {most}")
            })?;
            numbers.put(known);
        }
        Ok(())
    }

    /// `MO`, `1MO`, `-2SU`, each of them.
    fn read_weekdays(&mut self, value: &str) -> Option<()> {
        for day in value.split(',').map(str::trim) {
            let letters = day.trim_start_matches(|c: char| !c.is_ascii_alphabetic());
            let which = day.strip_suffix(letters)?;
            let which = match which {
                "" => 0,
                _ => which
                    .parse()
                    .ok()
                    .filter(|which| (-53..=53).contains(which) && *which != 0)?,
            };
            let place = weekday_of(letters)?.num_days_from_monday();
            self.weekdays.get_mut(place as usize)?.put(which);
        }
        Some(())
    }

    /// What may not stand together (RFC 5545, section 3.3.10).
    fn check(&mut self, first: NaiveDateTime) -> Result<(), String> {
        let together = [
            (&self.weeks, "BYWEEKNO", &[Frequency::Yearly][..]),
            (&self.year_days, "BYYEARDAY", &[Frequency::Yearly]),
            (
                &self.month_days,
                "BYMONTHDAY",
                &[Frequency::Yearly, Frequency::Monthly, Frequency::Daily],
            ),
        ];
        for (numbers, key, with) in together {
            if !numbers.is_empty() && !with.contains(&self.frequency) {
                return Err(format!("{key} does not go with this FREQ"));
            }
        }
        if self.until.is_some_and(|until| until < first) {
            return Err("UNTIL lies before the first time".to_owned());
        }
        Ok(())
    }

    /// What the rule leaves open is as it is the first time.
    fn complete(&mut self, first: NaiveDateTime) {
        let counts = matches!(self.frequency, Frequency::Monthly | Frequency::Yearly);
        if !counts {
            // The second Monday of a week is any Monday.
            for which in self.weekdays.iter_mut().filter(|which| !which.is_empty()) {
                which.put(0);
            }
        }
        let days = [&self.weeks, &self.year_days, &self.month_days];
        let names_days = days.iter().any(|numbers| !numbers.is_empty()) || self.names_weekdays();
        if !names_days {
            match self.frequency {
                Frequency::Yearly => {
                    if self.months.is_empty() {
                        self.months.put_part(first.month());
                    }
                    self.month_days.put_part(first.day());
                }
                Frequency::Monthly => self.month_days.put_part(first.day()),
                Frequency::Weekly => {
                    let place = first.weekday().num_days_from_monday() as usize;
                    self.weekdays
                        .iter_mut()
                        .skip(place)
                        .take(1)
                        .for_each(|which| which.put(0));
                }
                Frequency::Daily => {}
            }
        }
        for (numbers, part) in [
            (&mut self.hours, first.hour()),
            (&mut self.minutes, first.minute()),
            (&mut self.seconds, first.second()),
        ] {
            if numbers.is_empty() {
                numbers.put_part(part);
            }
        }
    }

    fn names_weekdays(&self) -> bool {
        self.weekdays.iter().any(|which| !which.is_empty())
    }

    fn week_of(&self, date: NaiveDate) -> Option<NaiveDate> {
        let into = date.weekday().days_since(self.week_start);
        date.checked_sub_days(Days::new(u64::from(into)))
    }

    /// Whether a day fits all that the rule lists.
    fn fits(&self, date: NaiveDate) -> bool {
        let (day, year_day) = (part(date.day()), part(date.ordinal()));
        let (of_month, of_year) = (days_in_month(date), days_in_year(date.year()));
        let either = |numbers: &Numbers, place: i32, all: i32| {
            numbers.is_empty() || numbers.holds(place) || numbers.holds(place - 1 - all)
        };
        (self.months.is_empty() || self.months.holds(part(date.month())))
            && either(&self.month_days, day, of_month)
            && either(&self.year_days, year_day, of_year)
            && self.fits_week(date)
            && self.fits_weekday(date)
    }

    fn fits_weekday(&self, date: NaiveDate) -> bool {
        if !self.names_weekdays() {
            return true;
        }
        let place = date.weekday().num_days_from_monday() as usize;
        let Some(which) = self.weekdays.get(place) else {
            return false;
        };
        let in_month = self.frequency == Frequency::Monthly || !self.months.is_empty();
        let (day, all) = match in_month {
            true => (part(date.day()), days_in_month(date)),
            false => (part(date.ordinal()), days_in_year(date.year())),
        };
        which.holds(0) || which.holds((day + 6) / 7) || which.holds(-((all - day + 7) / 7))
    }

    fn fits_week(&self, date: NaiveDate) -> bool {
        if self.weeks.is_empty() {
            return true;
        }
        // The first week of a year has four days of it at the least.
        let week = self.week_of(date);
        let Some(middle) = week.and_then(|week| week.checked_add_days(Days::new(3))) else {
            return false;
        };
        let number = (part(middle.ordinal()) + 6) / 7;
        let last = days_in_year(middle.year()) - part(middle.ordinal());
        let from_end = -(last / 7 + 1);
        self.weeks.holds(number) || self.weeks.holds(from_end)
    }

    fn times_on(&self, date: NaiveDate, times: &mut Vec<NaiveDateTime>) {
        for hour in self.hours.parts(24) {
            for minute in self.minutes.parts(60) {
                for second in self.seconds.parts(60) {
                    let time = NaiveTime::from_hms_opt(hour, minute, second);
                    times.extend(time.map(|time| date.and_time(time)));
                }
            }
        }
    }
}

impl Numbers {
    fn place(number: i32) -> (usize, u32) {
        let bit = u32::try_from(number + NUMBER_MAX).unwrap_or(0);
        ((bit / 64) as usize, bit % 64)
    }

    fn put(&mut self, number: i32) {
        let (word, bit) = Self::place(number);
        if let Some(word) = self.0.get_mut(word) {
            *word |= 1 << bit;
        }
    }

    fn put_part(&mut self, number: u32) {
        self.put(part(number));
    }

    fn holds(&self, number: i32) -> bool {
        let (word, bit) = Self::place(number);
        let known = (-NUMBER_MAX..=NUMBER_MAX).contains(&number);
        known && self.0.get(word).is_some_and(|word| word >> bit & 1 == 1)
    }

    fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// Those from nought up to an end.
    fn parts(&self, end: u32) -> impl Iterator<Item = u32> {
        (0..end).filter(|number| self.holds(part(*number)))
    }
}

/// A part of a date or time, which is never large.
fn part(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

fn days_in_month(date: NaiveDate) -> i32 {
    i32::from(date.num_days_in_month())
}

fn days_in_year(year: i32) -> i32 {
    let is_leap = NaiveDate::from_ymd_opt(year, 2, 29).is_some();
    365 + i32::from(is_leap)
}

fn frequency_of(value: &str) -> Option<Frequency> {
    match value {
        "DAILY" => Some(Frequency::Daily),
        "WEEKLY" => Some(Frequency::Weekly),
        "MONTHLY" => Some(Frequency::Monthly),
        "YEARLY" => Some(Frequency::Yearly),
        _ => None,
    }
}

fn weekday_of(letters: &str) -> Option<Weekday> {
    match letters {
        "MO" => Some(Weekday::Mon),
        "TU" => Some(Weekday::Tue),
        "WE" => Some(Weekday::Wed),
        "TH" => Some(Weekday::Thu),
        "FR" => Some(Weekday::Fri),
        "SA" => Some(Weekday::Sat),
        "SU" => Some(Weekday::Sun),
        _ => None,
    }
}

/// `20261231`, or `20261231T235959` with or without a `Z`.
fn moment_of(value: &str) -> Option<NaiveDateTime> {
    let value = value.trim_end_matches('Z');
    let date = || {
        NaiveDate::parse_from_str(value, "%Y%m%d")
            .ok()
            .map(NaiveDateTime::from)
    };
    let time = NaiveDateTime::parse_from_str(value, "%Y%m%dT%H%M%S");
    time.ok().or_else(date)
}

#[cfg(test)]
mod tests;
