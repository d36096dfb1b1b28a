//! Every change of clocks from 2010 to 2040, in zones that have given others trouble.
//!
//! Vocabulary: a *change* is the moment from which another offset from UTC holds; a *gap* is
//! local time that it leaves out, a *fold* local time that it repeats.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use ackd::domain::calendar::{Calendar, Span};
use ackd::domain::time::Timestamp;
use chrono::{FixedOffset, NaiveDateTime, Offset, TimeDelta, TimeZone, Timelike};
use chrono_tz::Tz;

use super::{Oracle, Plan, Wall, minutes};

/// Half hours (Lord Howe, Caracas, Pyongyang), quarters (Chatham, Kathmandu), two hours
/// (Troll), the date line (Apia), midnight (Cairo, Beirut, Havana, Gaza, Asunción, São Paulo),
/// a minute after it (St. John's), Ramadan (Casablanca, Cairo), winter time that is the
/// exception (Dublin), and plain ones.
const ZONES: [Tz; 30] = [
    Tz::Europe__London,
    Tz::Europe__Dublin,
    Tz::Europe__Berlin,
    Tz::Europe__Istanbul,
    Tz::Europe__Moscow,
    Tz::America__New_York,
    Tz::America__Los_Angeles,
    Tz::America__St_Johns,
    Tz::America__Havana,
    Tz::America__Caracas,
    Tz::America__Sao_Paulo,
    Tz::America__Asuncion,
    Tz::America__Santiago,
    Tz::Africa__Casablanca,
    Tz::Africa__Cairo,
    Tz::Africa__Windhoek,
    Tz::Asia__Beirut,
    Tz::Asia__Jerusalem,
    Tz::Asia__Gaza,
    Tz::Asia__Amman,
    Tz::Asia__Tehran,
    Tz::Asia__Pyongyang,
    Tz::Asia__Kathmandu,
    Tz::Australia__Sydney,
    Tz::Australia__Lord_Howe,
    Tz::Pacific__Auckland,
    Tz::Pacific__Chatham,
    Tz::Pacific__Apia,
    Tz::Pacific__Fiji,
    Tz::Antarctica__Troll,
];

/// A change of a zone's clocks, with the local times it meets.
#[derive(Debug, Clone, Copy)]
struct Change {
    zone: Tz,
    at: Timestamp,
    before: FixedOffset,
    after: FixedOffset,
}

impl Change {
    /// By how much the clocks go forward; less than nothing where they go back.
    fn jump(&self) -> TimeDelta {
        let seconds = self.after.local_minus_utc() - self.before.local_minus_utc();
        TimeDelta::seconds(seconds.into())
    }

    /// What the clocks would have shown, and what they do show.
    fn readings(&self) -> (NaiveDateTime, NaiveDateTime) {
        let show = |offset| self.at.with_timezone(&offset).naive_local();
        (show(self.before), show(self.after))
    }

    /// A local time in the middle of the gap or fold.
    fn inside(&self) -> NaiveDateTime {
        let (old, new) = self.readings();
        old.min(new) + self.jump().abs() / 2
    }
}

/// All changes of these zones.
static CHANGES: LazyLock<Vec<Change>> =
    LazyLock::new(|| ZONES.into_iter().flat_map(changes_of).collect());

/// All changes of a zone, found by asking for its offset every six hours.
fn changes_of(zone: Tz) -> Vec<Change> {
    let offset = |at: Timestamp| zone.offset_from_utc_datetime(&at.naive_utc()).fix();
    let at = |text: &str| text.parse::<Timestamp>().expect("a moment");
    let (begin, end) = (at("2010-01-01T00:00:00Z"), at("2041-01-01T00:00:00Z"));
    let step = TimeDelta::hours(6);
    let mut changes = Vec::new();
    let (mut low, mut before) = (begin, offset(begin));
    while low < end {
        let after = offset(low + step);
        if after != before {
            let mut minutes = (1..=360).map(|minute| low + TimeDelta::minutes(minute));
            let at = minutes.find(|at| offset(*at) != before);
            let at = at.expect("it has changed by then");
            changes.push(Change {
                zone,
                at,
                before,
                after,
            });
        }
        (low, before) = (low + step, after);
    }
    changes
}

/// A calendar that is open every day from one local time of day to another.
fn daily(change: &Change, hours: &[(NaiveDateTime, NaiveDateTime)]) -> Plan {
    let minute = |local: &NaiveDateTime| local.num_seconds_from_midnight() / 60;
    let windows = hours
        .iter()
        .map(|(open, close)| (minute(open), minute(close)));
    // A jump of a whole day leads to the same time of day.
    let windows = windows.filter(|(open, close)| open != close);
    Plan {
        zone: change.zone,
        middle: change.at,
        week: vec![windows.collect(); 7],
        holidays: Vec::new(),
        events: Vec::new(),
    }
}

/// The span of a window that opens at this local time, as it falls.
fn span_opening(calendar: &Calendar, local: NaiveDateTime) -> Option<Span> {
    let day = calendar.days(local.date(), 1).next().expect("a day");
    day.windows.first().copied()
}

#[test]
fn edges_in_a_gap_move_to_its_end_and_in_a_fold_we_open_early_and_close_late() {
    let (mut gaps, mut folds) = (0, 0);
    for change in CHANGES.iter() {
        if change.jump().abs() >= TimeDelta::hours(12) {
            // Apia's missing day swallows whole windows; the oracle knows of that one.
            continue;
        }
        let edge = change.inside();
        let length = change.jump().abs() + TimeDelta::hours(3);
        let opening = daily(change, &[(edge, edge + length)]).calendar();
        let closing = daily(change, &[(edge - length, edge)]).calendar();
        let open = span_opening(&opening, edge).expect("hours are left").open;
        let close = span_opening(&closing, edge - length)
            .expect("hours are left")
            .close;
        let read_as = |offset: FixedOffset| (edge - offset).and_utc();
        if change.jump() > TimeDelta::zero() {
            gaps += 1;
            assert_eq!((open, close), (change.at, change.at), "{change:?}");
        } else {
            folds += 1;
            let (early, late) = (read_as(change.before), read_as(change.after));
            assert!(early < change.at && change.at <= late);
            assert_eq!((open, close), (early, late), "{change:?}");
        }
    }
    println!("{gaps} gaps and {folds} folds in {} zones", ZONES.len());
    assert!(gaps > 500 && folds > 500, "{gaps} gaps, {folds} folds");
}

#[test]
fn every_change_of_clocks_from_2010_to_2040_agrees_with_looking_at_every_minute() {
    let half = CHANGES.len() / 2;
    std::thread::scope(|scope| {
        for changes in [&CHANGES[..half], &CHANGES[half..]] {
            scope.spawn(move || changes.iter().for_each(agrees_around));
        }
    });
    let zones: BTreeSet<&str> = CHANGES.iter().map(|change| change.zone.name()).collect();
    println!("{} changes in {} zones", CHANGES.len(), zones.len());
    assert!(zones.len() >= 20 && CHANGES.len() > 1000);
}

fn agrees_around(change: &Change) {
    let wall = Wall::around(change.zone, change.at, 2, 2);
    for plan in plans(change) {
        agrees(&plan, &wall);
    }
}

/// Windows whose edges lie before, at, inside and behind the gap or fold.
fn plans(change: &Change) -> Vec<Plan> {
    let (old, new) = change.readings();
    let inside = change.inside();
    let hour = TimeDelta::hours(1);
    let midnight = inside.date().and_time(chrono::NaiveTime::MIN);
    vec![
        daily(
            change,
            &[(old - hour, inside), (inside + hour, new + hour * 3)],
        ),
        daily(change, &[(inside, old.max(new) + hour)]),
        daily(change, &[(old.min(new), old.max(new))]),
        daily(change, &[(midnight + hour * 9, midnight + hour * 17)]),
        daily(change, &[(midnight + hour * 22, midnight + hour * 6)]),
        Plan {
            week: vec![vec![(0, 1440)]; 7],
            ..daily(change, &[])
        },
    ]
}

fn agrees(plan: &Plan, wall: &Wall) {
    let (calendar, oracle) = (plan.calendar(), Oracle::on(wall, plan));
    for minute in [-1500, -60, -1, 0, 29, 150] {
        let from = plan.middle + TimeDelta::minutes(minute);
        let said = || format!("{from} ({minute} min) on {plan:?}");
        let open = oracle.owner[oracle.index(from)].is_some();
        assert_eq!(calendar.is_open(from), open, "{}", said());
        let Some(start) = oracle.next_open(from) else {
            continue;
        };
        assert_eq!(calendar.next_open(from), Ok(start), "{}", said());
        let close = oracle.close_of_day(start);
        assert_eq!(calendar.close_of_day(start).ok(), close, "{}", said());
        for amount in [30, 300] {
            if let Some(due) = oracle.add(from, amount) {
                assert_eq!(calendar.add(from, minutes(amount)), Ok(due), "{}", said());
            }
            if let Some(before) = oracle.subtract(from, amount) {
                let found = calendar.subtract(from, minutes(amount));
                assert_eq!(found, Ok(before), "{}", said());
            }
        }
        let to = plan.middle + TimeDelta::hours(26);
        let elapsed = minutes(oracle.elapsed(from, to));
        assert_eq!(calendar.elapsed(from, to), elapsed, "{}", said());
    }
}
