//! The rules are changed in the middle of the day: what becomes of who waits, and of what was.

use std::sync::Arc;

use ackd::domain::calendar::{Calendar, Holiday, Window};
use ackd::domain::change::{EntryChange, EntryFate, MovedDeadline, RulesChange};
use ackd::domain::ids::{CalendarName, CaseId, ClientKey, MailboxName, PolicyName};
use ackd::domain::policy::{Clock, Policy};
use ackd::domain::rules::{Mode, RuleParts};
use ackd::domain::time::BusinessTime;
use proptest::prelude::*;

use super::world::{Choice, World, address, moment};

fn reminding() -> Choice {
    Choice {
        mode: Mode::Remind,
        auto_acknowledge_before: None,
        ..Choice::default()
    }
}

fn duration(text: &str) -> BusinessTime {
    BusinessTime::parse(text).expect("a duration")
}

/// What happened since, and what the change was told to be.
fn reloaded(
    choice: &Choice,
    before: &str,
    change: impl FnOnce(&mut RuleParts),
    after: &str,
) -> (World, RulesChange, Vec<String>) {
    let mut world = World::new(choice);
    world.play(before);
    let past = world.transcript.len();
    let told = world.reload(change);
    world.play(after);
    let happened = world.transcript[past..].to_vec();
    (world, told, happened)
}

fn policy(parts: &mut RuleParts) -> &mut Policy {
    let standard = PolicyName::new("standard");
    parts.policies.get_mut(&standard).expect("the policy")
}

fn clients_owner(parts: &mut RuleParts, owner: &str) {
    let acme = parts.clients.get_mut(&ClientKey::new("acme"));
    acme.expect("the client").owners = vec![address(owner)];
}

fn entry(section: &'static str, name: &str, fate: EntryFate, details: &[&str]) -> EntryChange {
    EntryChange {
        section,
        name: Some(name.to_owned()),
        fate,
        details: details.iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn a_reminder_that_was_sent_is_not_sent_again_because_the_deadline_moves() {
    let (_, told, happened) = reloaded(
        &reminding(),
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 11:00 | wait",
        |parts| policy(parts).acknowledge_within = duration("5h"),
        "Mon 16:30 | wait",
    );
    let details = ["acknowledge_within: 3h -> 5h"];
    assert_eq!(
        told.entries,
        [entry("policies", "standard", EntryFate::Changed, &details)]
    );
    assert_eq!(
        told.deadlines,
        [MovedDeadline {
            case: CaseId(1),
            client: ClientKey::new("acme"),
            clock: Clock::Acknowledge,
            old: Some(moment("Mon 12:00")),
            new: Some(moment("Mon 14:00")),
            zone: chrono_tz::UTC,
            overdue_now: false,
        }]
    );
    // Not again an hour and a half before, at 12:30.
    assert_eq!(
        happened,
        [
            "Mon 13:30 reminder (case 1 due Mon 14:00) → alice",
            "Mon 14:00 escalation (case 1 due Mon 14:00) → alice",
            "Mon 14:00 escalation (case 1 due Mon 14:00) → lead",
            "Mon 16:00 escalation (case 1 due Mon 14:00) → alice",
            "Mon 16:00 escalation (case 1 due Mon 14:00) → lead",
        ]
    );
}

#[test]
fn who_was_reminded_half_an_hour_before_need_not_hear_of_three_quarters() {
    let (_, told, happened) = reloaded(
        &reminding(),
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 11:35 | wait",
        |parts| {
            let others = ["90m", "45m", "30m", "10m"];
            policy(parts).remind_before = others.map(duration).into();
        },
        "Mon 11:55 | wait",
    );
    let details = ["remind_before: +45m, +10m"];
    assert_eq!(
        told.entries,
        [entry("policies", "standard", EntryFate::Changed, &details)]
    );
    assert!(told.deadlines.is_empty(), "{:?}", told.deadlines);
    assert_eq!(
        happened,
        ["Mon 11:50 reminder (case 1 due Mon 12:00) → alice"]
    );
}

#[test]
fn a_deadline_that_is_missed_by_the_change_is_told_so_and_escalated_at_once() {
    let (_, told, happened) = reloaded(
        &reminding(),
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 10:40 | wait",
        |parts| policy(parts).acknowledge_within = duration("1h"),
        "Mon 11:00 | wait",
    );
    assert!(told.deadlines[0].overdue_now, "{told:?}");
    assert_eq!(
        happened,
        [
            "Mon 10:40 escalation (case 1 due Mon 10:00) → alice",
            "Mon 10:40 escalation (case 1 due Mon 10:00) → lead",
        ]
    );
}

#[test]
fn the_next_reminder_goes_to_the_new_owner() {
    let (_, told, happened) = reloaded(
        &reminding(),
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 11:00 | wait",
        |parts| clients_owner(parts, "bob"),
        "Mon 11:45 | wait",
    );
    let details = ["owners: +bob@northwind.example, -alice@northwind.example"];
    assert_eq!(
        told.entries,
        [entry("clients", "acme", EntryFate::Changed, &details)]
    );
    assert_eq!(
        happened,
        ["Mon 11:30 reminder (case 1 due Mon 12:00) → bob"]
    );
}

#[test]
fn a_client_under_another_policy_is_promised_what_that_says() {
    let (_, told, happened) = reloaded(
        &reminding(),
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:00 | paul writes q2 to clients: Poster
         Mon 11:00 | wait",
        |parts| {
            let mut gold = policy(parts).clone();
            gold.name = PolicyName::new("gold");
            gold.acknowledge_within = duration("4h");
            gold.remind_before = vec![duration("15m")];
            parts.policies.insert(gold.name.clone(), gold);
            let acme = parts.clients.get_mut(&ClientKey::new("acme"));
            acme.expect("the client").policy = PolicyName::new("gold");
        },
        "Mon 12:50 | wait",
    );
    assert_eq!(
        told.entries,
        [
            entry("policies", "gold", EntryFate::Added, &[]),
            entry(
                "clients",
                "acme",
                EntryFate::Changed,
                &["policy: standard -> gold"]
            ),
        ]
    );
    let moved: Vec<CaseId> = told.deadlines.iter().map(|moved| moved.case).collect();
    assert_eq!(moved, [CaseId(1)], "partner keeps its promise");
    assert_eq!(
        happened,
        [
            "Mon 11:30 reminder (case 2 due Mon 12:00) → alice",
            "Mon 12:00 escalation (case 2 due Mon 12:00) → alice",
            "Mon 12:00 escalation (case 2 due Mon 12:00) → lead",
            "Mon 12:45 reminder (case 1 due Mon 13:00) → alice",
        ]
    );
}

#[test]
fn the_cases_of_a_removed_client_stay_open_in_silence_until_it_comes_back() {
    let removed = |parts: &mut RuleParts| {
        let gone = parts.clients.remove(&ClientKey::new("acme"));
        let mut heir = gone.expect("the client");
        heir.key = ClientKey::new("acme-group");
        parts.clients.insert(heir.key.clone(), heir);
    };
    let (mut world, told, happened) = reloaded(
        &reminding(),
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 11:00 | wait",
        removed,
        "Mon 15:00 | wait",
    );
    assert_eq!(
        told.entries,
        [
            entry("clients", "acme", EntryFate::Removed, &[]),
            entry("clients", "acme-group", EntryFate::Added, &[]),
        ]
    );
    let stranded = &told.stranded;
    assert_eq!(stranded.len(), 1);
    assert_eq!(stranded[0].case, CaseId(1));
    assert_eq!(stranded[0].now_of, Some(ClientKey::new("acme-group")));
    let gone = &told.deadlines;
    assert_eq!((gone.len(), gone[0].new), (1, None), "{gone:?}");
    assert_eq!(happened, [""; 0]);
    assert!(world.only_case().is_open());

    let past = world.transcript.len();
    let told = world.reload(|parts| {
        let mut acme = parts.clients[&ClientKey::new("partner")].clone();
        acme.key = ClientKey::new("acme");
        parts.clients.insert(acme.key.clone(), acme);
    });
    assert_eq!(told.deadlines[0].new, Some(moment("Mon 12:00")));
    assert!(told.stranded.is_empty());
    world.play("Mon 15:10 | wait");
    assert_eq!(
        world.transcript[past..],
        [
            "Mon 15:00 escalation (case 1 due Mon 12:00) → alice",
            "Mon 15:00 escalation (case 1 due Mon 12:00) → lead",
        ]
    );
}

#[test]
fn the_cases_of_a_mailbox_that_is_not_watched_any_more_go_on() {
    let (world, told, happened) = reloaded(
        &reminding(),
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 11:00 | wait",
        |parts| {
            parts.mailboxes.remove(&MailboxName::new("clients"));
        },
        "Mon 11:45 | wait",
    );
    assert!(told.is_empty(), "that is no matter of the rules: {told:?}");
    assert_eq!(
        happened,
        ["Mon 11:30 reminder (case 1 due Mon 12:00) → alice"]
    );
    assert!(world.only_case().is_open());
}

/// Open on Monday from 14:00, in London.
fn other_hours(parts: &mut RuleParts) {
    let hours = vec![Window::parse("14:00-18:00").expect("a window")];
    let week = std::array::from_fn(|day| if day < 5 { hours.clone() } else { vec![] });
    let holiday = Holiday {
        date: moment("Wed 09:00").date_naive(),
        name: Some("Feast".into()),
        hours: vec![],
    };
    let office = CalendarName::new("office");
    let zone = chrono_tz::Europe::Berlin;
    let calendar = Calendar::new(office.clone(), zone, week, vec![holiday]);
    parts.calendars.insert(office, Arc::new(calendar));
}

#[test]
fn other_hours_move_open_deadlines_and_never_rewrite_what_is_closed() {
    let (world, told, _) = reloaded(
        &reminding(),
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:00 | arno writes q2 to clients: Delivery late
         Mon 09:40 | alice replies to q1 as a1 for anna
         Mon 12:20 | alice replies to q2 as a2 for arno
         Mon 12:30 | paul writes q3 to clients: Poster
         Mon 12:40 | wait",
        other_hours,
        "Mon 12:50 | wait",
    );
    let details = [
        "fri: 09:00-17:00 -> 14:00-18:00",
        "holidays: +2026-11-25 Feast",
        "mon: 09:00-17:00 -> 14:00-18:00",
        "thu: 09:00-17:00 -> 14:00-18:00",
        "time_zone: UTC -> Europe/Berlin",
        "tue: 09:00-17:00 -> 14:00-18:00",
        "wed: 09:00-17:00 -> 14:00-18:00",
    ];
    assert_eq!(
        told.entries,
        [entry("calendars", "office", EntryFate::Changed, &details)]
    );
    let moved: Vec<_> = told
        .deadlines
        .iter()
        .map(|own| (own.case, own.new))
        .collect();
    assert_eq!(moved, [(CaseId(3), Some(moment("Mon 16:00")))]);
    let due = |case| -> Vec<String> {
        let history = world.history(case).into_iter();
        history.filter(|line| line.contains(" was due ")).collect()
    };
    assert_eq!(
        due(1),
        ["a response was due at Mon 2026-11-23 12:00 UTC: in time, by 2h20m"]
    );
    assert_eq!(
        due(2),
        ["a response was due at Mon 2026-11-23 12:00 UTC: late, by 20m"]
    );
    assert_eq!(due(3), [""; 0]);
}

#[test]
fn both_clocks_are_on_record_when_they_are_stopped() {
    let choice = Choice {
        answer_within: Some("6h"),
        ..Choice::default()
    };
    let mut world = World::new(&choice);
    world.play(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 16:00 | alice replies to q1 as a1 for anna",
    );
    let history = world.history(1).into_iter();
    let due: Vec<String> = history.filter(|line| line.contains(" was due ")).collect();
    assert_eq!(
        due,
        [
            "a response was due at Mon 2026-11-23 12:00 UTC: in time, by 10m",
            "a person's answer was due at Mon 2026-11-23 15:00 UTC: late, by 1h",
        ]
    );
}

/// Rules of all kinds, for two clients.
#[derive(Debug, Clone)]
struct Other {
    opens: u8,
    hours: u8,
    within: u64,
    same_business_day: bool,
    answer: Option<u64>,
    urgent: bool,
    keeps_acme: bool,
    remind: u64,
}

fn other() -> impl Strategy<Value = Other> {
    (
        (6u8..12, 2u8..10, 30u64..900),
        any::<bool>(),
        proptest::option::of(60u64..1200),
        any::<bool>(),
        proptest::bool::weighted(0.8),
        5u64..200,
    )
        .prop_map(
            |((opens, hours, within), same_business_day, answer, urgent, keeps_acme, remind)| {
                Other {
                    opens,
                    hours,
                    within,
                    same_business_day,
                    answer,
                    urgent,
                    keeps_acme,
                    remind,
                }
            },
        )
}

impl Other {
    fn put_into(&self, parts: &mut RuleParts) {
        let text = format!("{:02}:00-{:02}:00", self.opens, self.opens + self.hours);
        let hours = vec![Window::parse(&text).expect("a window")];
        let week = std::array::from_fn(|day| if day < 6 { hours.clone() } else { vec![] });
        let office = CalendarName::new("office");
        let calendar = Calendar::new(office.clone(), chrono_tz::UTC, week, vec![]);
        parts.calendars.insert(office, Arc::new(calendar));
        let policy = policy(parts);
        policy.acknowledge_within = BusinessTime::from_minutes(self.within);
        policy.same_business_day = self.same_business_day;
        policy.answer_within = self.answer.map(BusinessTime::from_minutes);
        policy.remind_before = vec![BusinessTime::from_minutes(self.remind)];
        let acme = ClientKey::new("acme");
        if let Some(client) = parts.clients.get_mut(&acme) {
            client.urgent = self.urgent;
        }
        if !self.keeps_acme {
            parts.clients.remove(&acme);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(96) })]

    /// What is told to move moves, to where it is told; everything else stays where it is. And the
    /// same rules again change nothing.
    #[test]
    fn what_is_told_is_what_comes_true(first in other(), second in other(), hour in 9u32..20) {
        let mut world = World::new(&reminding());
        world.reload(|parts| first.put_into(parts));
        world.play(
            "Mon 08:10 | paul writes q1 to clients: Poster
             Mon 09:20 | anna writes q2 to clients: Invoice wrong
             Mon 09:30 | paul writes q3 to clients: urgent: leaflets",
        );
        world.play(&format!("Mon {hour:02}:00 | anna replies to q2 as q4 for clients"));
        let before: Vec<_> = world.book.cases().map(|case| (case.id, world.book.deadlines(case.id))).collect();
        let told = world.reload(|parts| second.put_into(parts));
        for (id, (response, answer)) in before {
            let moved = |clock, old| {
                let mut own = told.deadlines.iter();
                own.find(|own| own.case == id && own.clock == clock).map_or(old, |own| own.new)
            };
            let told = (moved(Clock::Acknowledge, response), moved(Clock::Answer, answer));
            prop_assert_eq!(world.book.deadlines(id), told);
        }
        for moved in &told.deadlines {
            prop_assert_ne!(moved.old, moved.new);
        }
        let again = world.reload(|parts| second.put_into(parts));
        prop_assert!(again.is_empty(), "{:?}", again);
    }
}
