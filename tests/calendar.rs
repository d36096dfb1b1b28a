//! The calendar against a slow oracle that looks at every minute, and against facts of other
//! products: those of `calendar/facts.tsv`, and more where `ACKD_CORPUS` names a folder.

#[path = "calendar/clock_changes.rs"]
mod clock_changes;
#[path = "calendar/corpus.rs"]
mod corpus;
#[path = "calendar/facts.rs"]
mod facts;

use std::collections::HashMap;

use ackd::domain::calendar::ics::days_off_from_ics;
use ackd::domain::calendar::{Calendar, HORIZON_DAYS, Holiday, Window};
use ackd::domain::ids::{CalendarName, PolicyName};
use ackd::domain::policy::{Clock, Policy, Step};
use ackd::domain::time::{BusinessTime, Timestamp};
use chrono::{Datelike as _, NaiveDate, NaiveDateTime, TimeDelta};
use chrono_tz::Tz;
use proptest::prelude::*;

/// A calendar as plain data, from which both the engine and the oracle are made.
#[derive(Debug, Clone)]
struct Plan {
    zone: Tz,
    /// The moment around which everything happens.
    middle: Timestamp,
    /// From Monday on, windows as (opens, closes) in minutes; over midnight where `closes` is
    /// not the larger.
    week: Vec<Vec<(u32, u32)>>,
    /// Days off or with other hours, in days from the date of `middle`.
    holidays: Vec<(i64, Vec<(u32, u32)>)>,
    /// Events of a holiday file, which are cut out of the days they touch: days from the date
    /// of `middle`, minute of the day, length in minutes.
    events: Vec<(i64, u32, u32)>,
}

impl Plan {
    fn date(&self) -> NaiveDate {
        self.middle.with_timezone(&self.zone).date_naive()
    }

    /// When each event begins and ends by the clock on the wall.
    fn events(&self) -> Vec<(NaiveDateTime, NaiveDateTime)> {
        let events = self.events.iter().map(|&(days, minute, length)| {
            let date = self.date() + TimeDelta::days(days);
            let begin = midnight(date) + TimeDelta::minutes(minute.into());
            (begin, begin + TimeDelta::minutes(length.into()))
        });
        events.collect()
    }

    fn holiday_file(&self) -> String {
        let events = self.events().into_iter().map(|(begin, end)| {
            let form = "%Y%m%dT%H%M%S";
            let (begin, end) = (begin.format(form), end.format(form));
            format!(
                "BEGIN:VEVENT\r\nSUMMARY:Off\r\nDTSTART:{begin}\r\nDTEND:{end}\r\nEND:VEVENT\r\n"
            )
        });
        let events: String = events.collect();
        format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{events}END:VCALENDAR\r\n")
    }

    fn holidays(&self) -> impl Iterator<Item = (NaiveDate, &Vec<(u32, u32)>)> {
        let holidays = self.holidays.iter();
        holidays.map(move |(days, hours)| (self.date() + TimeDelta::days(*days), hours))
    }

    fn calendar(&self) -> Calendar {
        let windows = |hours: &[(u32, u32)]| hours.iter().map(|&pair| window(pair)).collect();
        let week: Vec<Vec<Window>> = self.week.iter().map(|day| windows(day)).collect();
        let holiday = |(date, hours): (NaiveDate, &Vec<(u32, u32)>)| Holiday {
            date,
            name: None,
            hours: windows(hours),
        };
        let calendar = Calendar::new(
            CalendarName::new("plan"),
            self.zone,
            week.try_into().expect("seven days"),
            self.holidays().map(holiday).collect(),
        );
        let (file, year) = (self.holiday_file(), self.date().year());
        let days_off = days_off_from_ics(&file, self.zone, year - 1, year + 1);
        calendar.with_days_off(days_off.expect("a holiday file"))
    }
}

fn midnight(date: NaiveDate) -> NaiveDateTime {
    date.and_time(chrono::NaiveTime::MIN)
}

fn window((opens, closes): (u32, u32)) -> Window {
    let spell = |minutes: u32| format!("{:02}:{:02}", minutes / 60, minutes % 60);
    let text = format!("{}-{}", spell(opens), spell(closes));
    Window::parse(&text).expect(&text)
}

/// What the clock on the wall shows, minute by minute.
struct Wall {
    begin: Timestamp,
    readings: Vec<NaiveDateTime>,
    /// The first and the last minute of each reading.
    minutes: HashMap<NaiveDateTime, (usize, usize)>,
}

impl Wall {
    /// So many days before and after a moment.
    fn around(zone: Tz, middle: Timestamp, back: i64, ahead: i64) -> Self {
        let begin = middle - TimeDelta::days(back);
        let readings: Vec<NaiveDateTime> = (0..(back + ahead) * 1440)
            .map(|minute| begin + TimeDelta::minutes(minute))
            .map(|at| at.with_timezone(&zone).naive_local())
            .collect();
        let mut minutes = HashMap::new();
        for (minute, reading) in readings.iter().enumerate() {
            let known = minutes.entry(*reading).or_insert((minute, minute));
            known.1 = minute;
        }
        Self {
            begin,
            readings,
            minutes,
        }
    }

    /// The first minute whose reading is `local`; if none is, the first that is later.
    fn first(&self, local: NaiveDateTime) -> usize {
        let exact = self.minutes.get(&local).map(|(first, _)| *first);
        exact.unwrap_or_else(|| self.later(local))
    }

    /// The last minute whose reading is `local`; if none is, the first that is later.
    fn last(&self, local: NaiveDateTime) -> usize {
        let exact = self.minutes.get(&local).map(|(_, last)| *last);
        exact.unwrap_or_else(|| self.later(local))
    }

    fn later(&self, local: NaiveDateTime) -> usize {
        let later = self.readings.iter().position(|reading| *reading > local);
        later.unwrap_or(self.readings.len())
    }
}

/// Which business day each minute belongs to. It looks at every minute's wall clock and
/// knows nothing of offsets, gaps and folds.
struct Oracle {
    begin: Timestamp,
    owner: Vec<Option<NaiveDate>>,
}

/// How far the oracle looks to both sides.
const DAYS_BACK: i64 = 5;
const DAYS_AHEAD: i64 = 11;

impl Oracle {
    fn new(plan: &Plan) -> Self {
        let wall = Wall::around(plan.zone, plan.middle, DAYS_BACK, DAYS_AHEAD);
        Self::on(&wall, plan)
    }

    fn on(wall: &Wall, plan: &Plan) -> Self {
        let mut owner = vec![None; wall.readings.len()];
        // Two days more on both sides: their windows reach into what is looked at.
        let first = wall.readings[0].date() - TimeDelta::days(2);
        let mut covered = 0;
        for date in first.iter_days().take(wall.readings.len() / 1440 + 4) {
            let mut closed = covered;
            for (opens, closes) in open_pieces(plan, date) {
                let local = |minutes: u32| midnight(date) + TimeDelta::minutes(minutes.into());
                let (open, close) = (wall.first(local(opens)), wall.last(local(closes)));
                // Where an event tears a hole into a night, the next day has no part in it.
                for minute in owner.iter_mut().take(close).skip(open.max(covered)) {
                    minute.get_or_insert(date);
                }
                closed = closed.max(close);
            }
            covered = closed;
        }
        let begin = wall.begin;
        Self { begin, owner }
    }

    fn index(&self, at: Timestamp) -> usize {
        let minutes = (at - self.begin).num_minutes();
        usize::try_from(minutes).expect("a moment that is looked at")
    }

    fn at(&self, index: usize) -> Timestamp {
        self.begin + TimeDelta::minutes(index as i64)
    }

    fn next_open(&self, at: Timestamp) -> Option<Timestamp> {
        let from = self.index(at);
        let open = (from..self.owner.len()).find(|&minute| self.owner[minute].is_some())?;
        Some(self.at(open))
    }

    /// Minute by minute; the end of the last minute counted.
    fn add(&self, from: Timestamp, minutes: usize) -> Option<Timestamp> {
        if minutes == 0 {
            return self.next_open(from);
        }
        let from = self.index(from);
        let mut open = (from..self.owner.len()).filter(|&minute| self.owner[minute].is_some());
        open.nth(minutes - 1).map(|minute| self.at(minute + 1))
    }

    fn subtract(&self, until: Timestamp, minutes: usize) -> Option<Timestamp> {
        if minutes == 0 {
            return Some(until);
        }
        let until = self.index(until);
        let mut open = (0..until)
            .rev()
            .filter(|&minute| self.owner[minute].is_some());
        open.nth(minutes - 1).map(|minute| self.at(minute))
    }

    fn elapsed(&self, from: Timestamp, to: Timestamp) -> usize {
        let minutes = &self.owner[self.index(from)..self.index(to).max(self.index(from))];
        minutes.iter().filter(|owner| owner.is_some()).count()
    }

    fn close_of_day(&self, open: Timestamp) -> Option<Timestamp> {
        let day = self.owner[self.index(open)]?;
        let last = self.owner.iter().rposition(|owner| *owner == Some(day))?;
        Some(self.at(last + 1))
    }
}

/// The windows of a date without what events take of it, in minutes since its midnight, each
/// minute asked for itself.
fn open_pieces(plan: &Plan, date: NaiveDate) -> Vec<(u32, u32)> {
    let windows = |hours: &[(u32, u32)]| -> Vec<(u32, u32)> {
        let whole = |&(opens, closes): &(u32, u32)| match closes <= opens {
            true => (opens, closes + 1440),
            false => (opens, closes),
        };
        hours.iter().map(whole).collect()
    };
    let mut holidays = plan.holidays();
    if let Some((_, hours)) = holidays.find(|(holiday, _)| *holiday == date) {
        return windows(hours);
    }
    let usual = windows(&plan.week[date.weekday().num_days_from_monday() as usize]);
    let (today, tomorrow) = (midnight(date), midnight(date + TimeDelta::days(1)));
    let mut events = plan.events();
    events.retain(|(begin, end)| *begin < tomorrow && today < *end);
    if events.is_empty() {
        return usual;
    }
    let is_off = |minute: u32| {
        let at = today + TimeDelta::minutes(minute.into());
        events.iter().any(|&(begin, end)| {
            let whole_day = begin <= today && tomorrow <= end;
            whole_day || (begin <= at && at < end)
        })
    };
    let mut pieces: Vec<(u32, u32)> = Vec::new();
    for minute in 0..2880 {
        let open = usual
            .iter()
            .any(|&(from, to)| from <= minute && minute < to);
        match pieces.last_mut() {
            _ if !open || is_off(minute) => {}
            Some((_, closes)) if *closes == minute => *closes += 1,
            _ => pieces.push((minute, minute + 1)),
        }
    }
    pieces
}

/// Moments near which a wall clock jumps, with their zones, and some where it does not.
const JUMPS: [(Tz, &str); 21] = [
    (Tz::Europe__London, "2024-03-31T01:00:00Z"),
    (Tz::Europe__London, "2024-10-27T01:00:00Z"),
    (Tz::Europe__London, "2026-06-10T12:00:00Z"),
    (Tz::America__New_York, "2026-03-08T07:00:00Z"),
    (Tz::America__New_York, "2026-11-01T06:00:00Z"),
    (Tz::Asia__Kolkata, "2025-01-15T09:00:00Z"),
    (Tz::Australia__Lord_Howe, "2026-04-04T15:00:00Z"),
    (Tz::Australia__Lord_Howe, "2026-10-03T15:30:00Z"),
    (Tz::America__Sao_Paulo, "2018-02-18T02:00:00Z"),
    (Tz::America__Sao_Paulo, "2018-11-04T03:00:00Z"),
    (Tz::Africa__Cairo, "2024-04-25T22:00:00Z"),
    (Tz::Africa__Cairo, "2024-10-31T21:00:00Z"),
    (Tz::America__Havana, "2024-03-10T05:00:00Z"),
    (Tz::America__St_Johns, "2006-10-29T02:31:00Z"),
    (Tz::Africa__Casablanca, "2026-02-15T02:00:00Z"),
    (Tz::Pacific__Apia, "2011-12-30T10:00:00Z"),
    (Tz::Asia__Beirut, "2026-03-28T22:00:00Z"),
    (Tz::Asia__Beirut, "2026-10-24T21:00:00Z"),
    (Tz::Asia__Kathmandu, "2026-07-06T12:00:00Z"),
    (Tz::Africa__Casablanca, "2026-03-22T02:00:00Z"),
    (Tz::UTC, "2026-03-02T12:00:00Z"),
];

fn hours() -> impl Strategy<Value = Vec<(u32, u32)>> {
    // Whole hours and halves often, so that edges meet clock changes and each other.
    let minute = prop_oneof![3 => (0u32..48).prop_map(|half| half * 30), 1 => 0u32..1440];
    let end = prop_oneof![6 => minute.clone(), 1 => Just(1440u32)];
    let window = (minute, end).prop_filter("a window has a length", |(opens, closes)| {
        opens != closes && !(*opens == 0 && *closes == 0)
    });
    prop::collection::vec(window, 0..=3)
}

fn plan() -> impl Strategy<Value = Plan> {
    let jump = prop::sample::select(JUMPS.to_vec());
    let week = prop::collection::vec(hours(), 7);
    let holidays = prop::collection::vec((-4i64..10, hours()), 0..=3);
    let minute = prop_oneof![2 => (0u32..48).prop_map(|half| half * 30), 1 => 0u32..1440];
    let length = prop_oneof![4 => (1u32..48).prop_map(|half| half * 30), 1 => 1u32..4000];
    // The last minute of a day stands for its end, which the oracle knows nothing of.
    let event = (-4i64..10, minute, length).prop_filter("an end", |(_, minute, length)| {
        (minute + length) % 1440 != 1439
    });
    let events = prop_oneof![
        1 => Just(Vec::new()),
        2 => prop::collection::vec(event, 1..=4),
    ];
    (jump, week, holidays, events).prop_map(|((zone, middle), week, holidays, events)| Plan {
        zone,
        middle: middle.parse().expect("a moment"),
        week,
        holidays,
        events,
    })
}

fn minutes(count: usize) -> BusinessTime {
    BusinessTime::from_minutes(count as u64)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_sum_agrees_with_looking_at_every_minute(
        plan in plan(),
        questions in prop::collection::vec((-1600i64..1600, 0usize..2400), 12),
    ) {
        let (calendar, oracle) = (plan.calendar(), Oracle::new(&plan));
        for (minute, amount) in questions {
            let from = plan.middle + TimeDelta::minutes(minute);
            prop_assert_eq!(calendar.is_open(from), oracle.owner[oracle.index(from)].is_some());
            let Some(start) = oracle.next_open(from) else { continue };
            prop_assert_eq!(calendar.next_open(from), Ok(start));
            // A day at the edge of what the oracle looks at may be cut off there.
            if start < plan.middle + TimeDelta::days(DAYS_AHEAD - 3) {
                prop_assert_eq!(calendar.close_of_day(start).ok(), oracle.close_of_day(start));
            }
            if let Some(before) = oracle.subtract(from, amount) {
                prop_assert_eq!(calendar.subtract(from, minutes(amount)), Ok(before));
            }
            let to = from + TimeDelta::minutes(amount as i64);
            prop_assert_eq!(calendar.elapsed(from, to), minutes(oracle.elapsed(from, to)));
            if let Some(due) = oracle.add(from, amount) {
                prop_assert_eq!(calendar.add(from, minutes(amount)), Ok(due));
            }
        }
    }

    #[test]
    fn sums_can_be_undone_and_never_run_backwards(
        plan in plan(),
        seconds in -90_000i64..90_000,
        amount in 1u64..400_000,
        more in 0u64..20_000,
    ) {
        let calendar = plan.calendar();
        let from = plan.middle + TimeDelta::seconds(seconds);
        let amount = BusinessTime::from_seconds(amount);
        let Ok(due) = calendar.add(from, amount) else { return Ok(()) };
        prop_assert_eq!(calendar.elapsed(from, due), amount);
        let back = calendar.subtract(due, amount).expect("as much open time as before");
        prop_assert_eq!(back, calendar.next_open(from).expect("an opening"));
        // The moment before a deadline is open: it never lies inside closed time.
        prop_assert!(calendar.is_open(due - TimeDelta::nanoseconds(1)));
        let later = calendar.add(from, BusinessTime::from_seconds(amount.seconds() + more));
        prop_assert!(later.is_err() || later.expect("checked") >= due);
        let after = from + TimeDelta::seconds(more as i64);
        let later = calendar.add(after, amount);
        prop_assert!(later.is_err() || later.expect("checked") >= due);
    }

    /// What lies more than some weeks away is found by sums of whole weeks; steps of days are
    /// walked over span by span.
    #[test]
    fn one_far_step_leads_where_many_near_ones_do(
        plan in plan(),
        minute in -1600i64..1600,
        days in 1i64..6_000,
        tens_of_hours in 1usize..600,
    ) {
        let calendar = plan.calendar();
        let from = plan.middle + TimeDelta::minutes(minute);
        let to = from + TimeDelta::days(days);
        let step = TimeDelta::days(20);
        let mut near = 0;
        let mut at = from;
        while at < to {
            near += calendar.elapsed(at, (at + step).min(to)).seconds();
            at += step;
        }
        prop_assert_eq!(calendar.elapsed(from, to).seconds(), near);

        let (mut later, mut earlier) = (Ok(from), Ok(from));
        for _ in 0..tens_of_hours {
            later = later.and_then(|at| calendar.add(at, minutes(600)));
            earlier = earlier.and_then(|at| calendar.subtract(at, minutes(600)));
        }
        let hours = minutes(600 * tens_of_hours);
        // Many steps may lead beyond the horizon of the first one, but not one step.
        if let Ok(sum) = calendar.add(from, hours) {
            prop_assert_eq!(Ok(sum), later);
        } else {
            let horizon = TimeDelta::days(i64::from(HORIZON_DAYS));
            prop_assert!(later.is_err() || later.expect("checked") > from + horizon);
        }
        if let Ok(difference) = calendar.subtract(from, hours) {
            prop_assert_eq!(Ok(difference), earlier);
        } else {
            let horizon = TimeDelta::days(i64::from(HORIZON_DAYS) - 1);
            prop_assert!(earlier.is_err() || earlier.expect("checked") < from - horizon);
        }
    }

    #[test]
    fn the_days_shown_hold_just_the_open_time(plan in plan()) {
        let calendar = plan.calendar();
        let oracle = Oracle::new(&plan);
        let date = calendar.local_date(plan.middle);
        for day in calendar.days(date - TimeDelta::days(2), 5) {
            let shown: TimeDelta = day.windows.iter().map(|span| span.length()).sum();
            let owned = oracle.owner.iter().filter(|owner| **owner == Some(day.date));
            prop_assert_eq!(shown.num_minutes(), owned.count() as i64, "{}", day.date);
        }
    }

    #[test]
    fn no_ladder_leaves_its_period_and_no_cap_is_passed(
        plan in plan(),
        minute in -1600i64..1600,
        within in 0usize..900,
        lead in 0usize..90,
        before in prop::collection::vec(0usize..600, 0..4),
        after in prop::collection::vec(0usize..600, 0..3),
    ) {
        let calendar = plan.calendar();
        let mut policy = plain_policy(minutes(within));
        policy.same_business_day = true;
        policy.min_lead = minutes(lead);
        policy.remind_before = before.into_iter().map(minutes).collect();
        policy.escalate_after = after.into_iter().map(minutes).collect();
        policy.auto_acknowledge_before = Some(minutes(10));
        let received = plan.middle + TimeDelta::minutes(minute);
        let Ok(deadlines) = policy.deadlines(&calendar, received, false) else { return Ok(()) };
        let (start, due) = (deadlines.start, deadlines.acknowledge_due);
        prop_assert!(calendar.is_open(start) && received <= start && start <= due);
        let close = calendar.close_of_day(start).expect("an open moment");
        prop_assert!(due <= close);
        prop_assert_eq!(deadlines.capped, calendar.elapsed(start, close) < minutes(within));
        let Ok(ladder) = policy.ladder(&calendar, Clock::Acknowledge, start, due) else {
            return Ok(());
        };
        prop_assert!(ladder.is_sorted_by_key(|rung| rung.at));
        for rung in ladder {
            match rung.stage.step {
                Step::Remind(before) => {
                    prop_assert!(start <= rung.at && rung.at <= due);
                    let whole = calendar.elapsed(start, due);
                    prop_assert_eq!(calendar.elapsed(rung.at, due), before.min(whole));
                    prop_assert!(rung.at == due || calendar.is_open(rung.at));
                }
                Step::Acknowledge => prop_assert!(start <= rung.at && rung.at <= due),
                Step::Escalate(after) => {
                    prop_assert!(due <= rung.at);
                    prop_assert_eq!(calendar.elapsed(due, rung.at), after);
                }
            }
        }
        let explained = policy.explain(&calendar, received, false).expect("a deadline again");
        prop_assert_eq!(explained.deadlines, deadlines);
        prop_assert!(explained.steps.is_sorted_by_key(|step| step.at));
    }
}

fn plain_policy(within: BusinessTime) -> Policy {
    Policy {
        name: PolicyName::new("plain"),
        calendar: CalendarName::new("plan"),
        acknowledge_within: within,
        same_business_day: false,
        urgent_within: None,
        min_lead: BusinessTime::ZERO,
        answer_within: None,
        remind_before: Vec::new(),
        escalate_after: Vec::new(),
        auto_acknowledge_before: None,
    }
}
