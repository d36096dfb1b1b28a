//! Regular contact in stories: when a check-in is due, and what keeps it.

mod meetings;
mod phone;

use chrono_tz::Tz;

use super::*;
use crate::domain::calendar::{Calendar, Holiday, Window};
use crate::domain::ids::CalendarName;
use crate::domain::rules::CheckIn;

pub(super) fn at(text: &str) -> Timestamp {
    text.parse().expect(text)
}

fn closed(date: &str) -> Holiday {
    Holiday {
        date: date.parse().expect("a date"),
        name: None,
        hours: Vec::new(),
    }
}

/// Monday to Friday from nine to five, but for these dates.
pub(super) fn office(zone: Tz, holidays: &[&str]) -> Calendar {
    let hours = vec![Window::parse("09:00-17:00").expect("a window")];
    let week = std::array::from_fn(|day| if day < 5 { hours.clone() } else { vec![] });
    let holidays = holidays.iter().map(|date| closed(date)).collect();
    Calendar::new(CalendarName::new("office"), zone, week, holidays)
}

fn london(holidays: &[&str]) -> Calendar {
    office(Tz::Europe__London, holidays)
}

/// What is known of a client that heard from us last at this moment.
fn heard_at(last: &str) -> Liaison {
    let mut own = Liaison::begun(ClientKey::new("acme"), at("2010-01-01T00:00:00Z"));
    own.take_contact(Contact {
        at: at(last),
        how: ContactKind::Mail,
        by: None,
    });
    own
}

/// When it is due, as the calendar reads it.
fn due(cadence: CheckIn, calendar: &Calendar, last: &str) -> String {
    let now = at(last);
    let stands = standing(&heard_at(last), cadence, calendar, now);
    calendar.local_text(stands.due_at.expect("a deadline"))
}

/// The states through which it goes at these moments.
fn states(cadence: CheckIn, calendar: &Calendar, own: &Liaison, moments: &[&str]) -> Vec<String> {
    let state = |moment: &&str| {
        let stands = standing(own, cadence, calendar, at(moment));
        stands.state.as_str().to_owned()
    };
    moments.iter().map(state).collect()
}

#[test]
fn a_daily_check_in_is_due_at_the_close_of_the_next_business_day() {
    let calendar = london(&["2026-11-27"]);
    let daily = |last: &str| due(CheckIn::Daily, &calendar, last);
    assert_eq!(daily("2026-11-23T10:00:00Z"), "Tue 2026-11-24 17:00 GMT");
    // Over a holiday and the weekend.
    assert_eq!(daily("2026-11-26T10:00:00Z"), "Mon 2026-11-30 17:00 GMT");
    // What is said on a Saturday leaves Monday as it was.
    assert_eq!(daily("2026-11-28T10:00:00Z"), "Mon 2026-11-30 17:00 GMT");
}

#[test]
fn a_daily_check_in_is_told_in_the_morning_of_its_day() {
    let (calendar, own) = (london(&[]), heard_at("2026-11-23T10:00:00Z"));
    let moments = [
        "2026-11-23T23:59:00Z",
        "2026-11-24T08:00:00Z",
        "2026-11-24T16:59:00Z",
        "2026-11-24T17:00:00Z",
    ];
    let states = states(CheckIn::Daily, &calendar, &own, &moments);
    assert_eq!(states, ["fine", "soon", "soon", "lapsed"]);
}

#[test]
fn a_weekly_check_in_is_due_on_the_last_business_day_of_the_week() {
    let calendar = london(&["2026-12-25", "2026-12-28"]);
    let weekly = |last: &str| due(CheckIn::Weekly, &calendar, last);
    assert_eq!(weekly("2026-11-23T10:00:00Z"), "Fri 2026-12-04 17:00 GMT");
    // Christmas is a Friday.
    assert_eq!(weekly("2026-12-14T10:00:00Z"), "Thu 2026-12-24 17:00 GMT");
    // Sunday belongs to the week that began on Monday.
    assert_eq!(weekly("2026-11-29T23:30:00Z"), "Fri 2026-12-04 17:00 GMT");
    assert_eq!(weekly("2026-11-30T00:30:00Z"), "Fri 2026-12-11 17:00 GMT");
}

#[test]
fn a_quarter_of_a_week_before_its_end_it_is_told() {
    let (calendar, own) = (london(&[]), heard_at("2026-11-23T10:00:00Z"));
    // Ten of forty hours before Friday, 17:00.
    let moments = [
        "2026-11-27T12:00:00Z",
        "2026-12-03T14:59:00Z",
        "2026-12-03T15:00:00Z",
        "2026-12-04T17:00:00Z",
        "2026-12-20T12:00:00Z",
    ];
    let states = states(CheckIn::Weekly, &calendar, &own, &moments);
    assert_eq!(states, ["fine", "fine", "soon", "lapsed", "lapsed"]);
}

#[test]
fn twice_a_month_means_until_the_15th_and_until_the_end() {
    let calendar = london(&["2027-01-15"]);
    let twice = |last: &str| due(CheckIn::TwiceMonthly, &calendar, last);
    assert_eq!(twice("2026-11-15T10:00:00Z"), "Mon 2026-11-30 17:00 GMT");
    assert_eq!(twice("2026-11-16T10:00:00Z"), "Tue 2026-12-15 17:00 GMT");
    // The 15th is a holiday, the 31st a Sunday, and so is the 28th of February.
    assert_eq!(twice("2026-12-31T10:00:00Z"), "Thu 2027-01-14 17:00 GMT");
    assert_eq!(twice("2027-01-01T10:00:00Z"), "Fri 2027-01-29 17:00 GMT");
    assert_eq!(twice("2027-02-03T10:00:00Z"), "Fri 2027-02-26 17:00 GMT");
}

#[test]
fn a_month_ends_where_it_does() {
    let calendar = london(&[]);
    let monthly = |last: &str| due(CheckIn::Monthly, &calendar, last);
    assert_eq!(monthly("2028-01-31T10:00:00Z"), "Tue 2028-02-29 17:00 GMT");
    assert_eq!(monthly("2026-12-01T10:00:00Z"), "Fri 2027-01-29 17:00 GMT");
    // By the clocks of London a mail of this moment is one of July.
    assert_eq!(monthly("2026-06-30T23:30:00Z"), "Mon 2026-08-31 17:00 BST");
}

#[test]
fn clocks_that_change_move_no_deadline() {
    let calendar = london(&[]);
    // Clocks go back on Sunday, 25 October, and forward on Sunday, 28 March.
    let weekly = |last: &str| due(CheckIn::Weekly, &calendar, last);
    assert_eq!(weekly("2026-10-20T10:00:00Z"), "Fri 2026-10-30 17:00 GMT");
    assert_eq!(weekly("2027-03-23T10:00:00Z"), "Fri 2027-04-02 17:00 BST");
    let sao_paulo = office(Tz::America__Sao_Paulo, &[]);
    // A day without a midnight.
    let daily = due(CheckIn::Daily, &sao_paulo, "2018-11-02T15:00:00Z");
    assert_eq!(daily, "Mon 2018-11-05 17:00 -02");
}

#[test]
fn a_week_without_a_business_day_asks_for_nothing() {
    let shut = [
        "2026-12-21",
        "2026-12-22",
        "2026-12-23",
        "2026-12-24",
        "2026-12-25",
    ];
    let calendar = london(&shut);
    let due = due(CheckIn::Weekly, &calendar, "2026-12-16T10:00:00Z");
    assert_eq!(due, "Fri 2027-01-01 17:00 GMT");
    let never = Calendar::new(
        CalendarName::new("never"),
        Tz::UTC,
        Default::default(),
        vec![],
    );
    let stands = standing(
        &heard_at("2026-12-16T10:00:00Z"),
        CheckIn::Daily,
        &never,
        at("2027-12-16T10:00:00Z"),
    );
    assert_eq!((stands.due_at, stands.state), (None, StandingState::Fine));
}

#[test]
fn nothing_lapses_that_began_before_anybody_counted() {
    let calendar = london(&[]);
    let mut own = heard_at("2026-09-01T10:00:00Z");
    own.since = at("2026-11-25T10:00:00Z");
    let moments = [
        "2026-11-27T18:00:00Z",
        "2026-12-04T16:00:00Z",
        "2026-12-04T18:00:00Z",
    ];
    let states = states(CheckIn::Weekly, &calendar, &own, &moments);
    assert_eq!(states, ["fine", "soon", "lapsed"]);
}

#[test]
fn a_pause_ends_by_itself_and_what_it_covered_counts_as_kept() {
    let calendar = london(&[]);
    let mut own = heard_at("2026-11-02T10:00:00Z");
    own.paused = Some(Pause {
        until: Some(at("2026-12-01T00:00:00Z")),
        by: "alice".into(),
    });
    let moments = [
        "2026-11-25T12:00:00Z",
        "2026-12-01T00:00:00Z",
        "2026-12-11T17:00:00Z",
    ];
    let states = states(CheckIn::Weekly, &calendar, &own, &moments);
    assert_eq!(states, ["paused", "fine", "lapsed"]);
}

#[test]
fn of_two_contacts_the_later_one_counts_in_whatever_order() {
    let mut own = heard_at("2026-11-23T10:00:00Z");
    own.take_contact(Contact {
        at: at("2026-11-20T10:00:00Z"),
        how: ContactKind::Met,
        by: Some("alice\n".into()),
    });
    let last = own.last_contact(at("2026-11-24T10:00:00Z")).expect("one");
    assert_eq!(last.how, ContactKind::Mail);
}

fn heard_every(days: usize, count: usize) -> Liaison {
    let mut own = Liaison::begun(ClientKey::new("acme"), at("2026-01-01T00:00:00Z"));
    let first = at("2026-06-01T10:00:00Z");
    for number in (0..count).rev() {
        let days = i64::try_from(days * number).expect("few days");
        own.take_heard(first + chrono::Duration::days(days));
        // A second mail on the same day is no gap.
        own.take_heard(first + chrono::Duration::days(days) + chrono::Duration::hours(1));
    }
    own
}

fn silent(own: &Liaison, now: &str) -> Option<i64> {
    let stands = standing(own, CheckIn::Monthly, &london(&[]), at(now));
    stands.silence.map(|silence| silence.days)
}

#[test]
fn a_client_that_is_silent_for_three_times_as_long_as_usual_has_gone_quiet() {
    // Six mails, ten days apart; the last on 21 July.
    let own = heard_every(10, 6);
    assert_eq!(silent(&own, "2026-08-20T10:00:00Z"), None);
    assert_eq!(silent(&own, "2026-08-21T10:00:00Z"), Some(31));
    assert_eq!(silent(&heard_every(10, 5), "2027-08-21T10:00:00Z"), None);
}

#[test]
fn two_weeks_are_no_silence_however_busy_a_client_was() {
    // Every day until 6 June.
    let own = heard_every(1, 6);
    assert_eq!(silent(&own, "2026-06-20T10:00:00Z"), None);
    assert_eq!(silent(&own, "2026-06-21T10:00:00Z"), Some(15));
    let mut paused = own;
    paused.paused = Some(Pause {
        until: None,
        by: "alice".into(),
    });
    assert_eq!(silent(&paused, "2026-06-21T10:00:00Z"), None);
}

#[test]
fn only_the_last_twenty_gaps_make_a_habit() {
    let own = heard_every(2, 100);
    assert_eq!(own.heard_on.len(), HEARD_KEPT);
    assert!(own.heard_on.is_sorted());
    // The newest ones are kept, though they were heard first.
    let newest = own.heard_on.last().map(ToString::to_string);
    assert_eq!(newest.as_deref(), Some("2026-12-16"));
}
