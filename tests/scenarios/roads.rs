//! Other ways than mail: who is told of what by which, and what becomes of one that fails.

use ackd::domain::ids::RoadName;
use ackd::domain::notifications::{Choice as Ways, Choices, Notifications, Occasion};
use ackd::domain::outbox::SendVerdict;
use ackd::domain::rules::Mode;

use super::world::{Choice, World, address};

/// `due: mail support` for each line.
fn choices(matrix: &str) -> Choices {
    let mut choices = Choices::default();
    for line in matrix
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
    {
        let (occasion, ways) = line.split_once(':').expect("an occasion");
        let occasion = Occasion::ALL
            .into_iter()
            .find(|own| own.as_str() == occasion);
        let ways: Vec<&str> = ways.split_whitespace().collect();
        let roads = ways.iter().filter(|way| **way != "mail");
        choices[occasion.expect("an occasion") as usize] = Some(Ways {
            mail: ways.contains(&"mail"),
            roads: roads.map(|way| RoadName::new(*way)).collect(),
        });
    }
    choices
}

fn world(everybody: &str, people: &[(&str, &str)]) -> World {
    let choice = Choice {
        auto_acknowledge_before: None,
        ..Choice::default()
    };
    let mut world = World::new(&choice);
    let people = people.iter();
    world.rules.team.notifications = Notifications {
        everybody: choices(everybody),
        people: people
            .map(|(who, matrix)| (address(who), choices(matrix)))
            .collect(),
    };
    world
}

fn refused() -> SendVerdict {
    let reason = "it answers 404".to_owned();
    SendVerdict::Refused { reason }
}

const A_DAY: &str = "Mon 09:00 | anna writes q1 to clients: Invoice wrong
                     Mon 16:00 | wait";

#[test]
fn a_channel_is_told_once_for_all_and_mail_goes_where_it_was_chosen() {
    let mut world = world("due: mail support\nescalate: support", &[]);
    insta::assert_snapshot!(world.play(A_DAY), @r"
    Mon 09:00 · 1 case opened for acme
    Mon 10:30 reminder (case 1 due Mon 12:00) → alice
    Mon 11:30 reminder (case 1 due Mon 12:00) → alice
    Mon 12:00 escalation (case 1 due Mon 12:00) → road support (alice, lead)
    Mon 12:00 escalation (case 1 due Mon 12:00) → alice
    Mon 12:00 escalation (case 1 due Mon 12:00) → lead
    Mon 14:00 escalation (case 1 due Mon 12:00) → road support (alice, lead)
    ");
}

#[test]
fn somebody_chooses_for_himself_and_nothing_else_changes() {
    let mut world = world(
        "due: support",
        &[("lead", "due: mail pager\nremind: pager")],
    );
    insta::assert_snapshot!(world.play(A_DAY), @r"
    Mon 09:00 · 1 case opened for acme
    Mon 10:30 reminder (case 1 due Mon 12:00) → alice
    Mon 11:30 reminder (case 1 due Mon 12:00) → alice
    Mon 12:00 escalation (case 1 due Mon 12:00) → road support (alice)
    Mon 12:00 escalation (case 1 due Mon 12:00) → road pager (lead)
    Mon 12:00 escalation (case 1 due Mon 12:00) → lead
    Mon 14:00 escalation (case 1 due Mon 12:00) → alice
    Mon 14:00 escalation (case 1 due Mon 12:00) → lead
    ");
}

#[test]
fn a_road_that_refuses_is_replaced_by_a_mail_for_whoever_hears_by_nothing_else() {
    let mut world = world(
        "remind: support\ndue: mail support\nescalate: support pager",
        &[],
    );
    world.far_end = refused();
    insta::assert_snapshot!(world.play(A_DAY), @r"
    Mon 09:00 · 1 case opened for acme
    Mon 10:30 · 1 reminder to the road support given up: it answers 404
    Mon 10:30 reminder (case 1 due Mon 12:00) → alice
    Mon 11:30 · 1 reminder to the road support given up: it answers 404
    Mon 11:30 reminder (case 1 due Mon 12:00) → alice
    Mon 12:00 · 1 escalation to the road support given up: it answers 404
    Mon 12:00 escalation (case 1 due Mon 12:00) → alice
    Mon 12:00 escalation (case 1 due Mon 12:00) → lead
    Mon 14:00 · 1 escalation to the road pager given up: it answers 404
    Mon 14:00 · 1 escalation to the road support given up: it answers 404
    Mon 14:00 escalation (case 1 due Mon 12:00) → alice
    Mon 14:00 escalation (case 1 due Mon 12:00) → lead
    ");
}

#[test]
fn a_road_that_is_gone_is_tried_for_ten_minutes_and_its_wish_for_peace_is_granted() {
    let mut world = world("due: support\nescalate: mail", &[]);
    let reason = "it answers 429".to_owned();
    let pause = std::time::Duration::from_secs(180);
    world.far_end = SendVerdict::LaterBy { reason, pause };
    insta::assert_snapshot!(world.play(A_DAY), @r"
    Mon 09:00 · 1 case opened for acme
    Mon 10:30 reminder (case 1 due Mon 12:00) → alice
    Mon 11:30 reminder (case 1 due Mon 12:00) → alice
    Mon 12:00 · 1 escalation to the road support put off by 180 s: it answers 429
    Mon 12:03 · 1 escalation to the road support put off by 180 s: it answers 429
    Mon 12:06 · 1 escalation to the road support put off by 180 s: it answers 429
    Mon 12:09 · 1 escalation to the road support put off by 180 s: it answers 429
    Mon 12:12 · 1 escalation to the road support given up: it answers 429
    Mon 12:12 escalation (case 1 due Mon 12:00) → alice
    Mon 12:12 escalation (case 1 due Mon 12:00) → lead
    Mon 14:00 escalation (case 1 due Mon 12:00) → alice
    Mon 14:00 escalation (case 1 due Mon 12:00) → lead
    ");
}

#[test]
fn what_may_have_been_taken_is_told_again_under_the_same_id() {
    let mut world = world("due: support\nescalate: mail", &[]);
    let reason = "no answer within 15 s".to_owned();
    world.far_end = SendVerdict::Unknown { reason };
    let first = world.play(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 12:00 | wait",
    );
    let rows = world.book.outbox().rows.clone();
    world.far_end = SendVerdict::Sent;
    let second = world.play("Mon 12:01 | wait");
    assert_eq!(rows.len(), 1, "{first}");
    insta::assert_snapshot!(second, @r"
    Mon 09:00 · 1 case opened for acme
    Mon 10:30 reminder (case 1 due Mon 12:00) → alice
    Mon 11:30 reminder (case 1 due Mon 12:00) → alice
    Mon 12:00 · 1 escalation to the road support put off by 15 s: no answer within 15 s
    Mon 12:00 escalation (case 1 due Mon 12:00) → road support (alice, lead)
    ");
}

#[test]
fn after_a_crash_in_mid_send_the_team_is_told_again_by_all_roads() {
    let mut world = world("due: support mail\nescalate: mail", &[]);
    let happened = world.play(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 11:59 | server hangs
         Mon 12:00 | crash
         Mon 12:00 | server says sent
         Mon 12:02 | wait",
    );
    insta::assert_snapshot!(happened, @r"
    Mon 09:00 · 1 case opened for acme
    Mon 10:30 reminder (case 1 due Mon 12:00) → alice
    Mon 11:30 reminder (case 1 due Mon 12:00) → alice
    Mon 12:00 · 1 escalation to the road support put off by 15 s: ackd was interrupted while sending
    Mon 12:00 · 1 escalation to a…@northwind.example put off by 15 s: ackd was interrupted while sending
    Mon 12:00 · 1 escalation to l…@northwind.example put off by 15 s: ackd was interrupted while sending
    Mon 12:00 escalation (case 1 due Mon 12:00) → road support (alice, lead)
    Mon 12:00 escalation (case 1 due Mon 12:00) → alice
    Mon 12:00 escalation (case 1 due Mon 12:00) → lead
    ");
}

#[test]
fn who_was_to_hear_by_a_road_hears_that_the_client_was_acknowledged_instead() {
    let choice = Choice {
        remind_before: &["12m"],
        ..Choice::default()
    };
    let mut world = World::new(&choice);
    world.rules.team.notifications.everybody = choices("remind: support");
    let reason = "it answers 503".to_owned();
    world.far_end = SendVerdict::Later { reason };
    insta::assert_snapshot!(world.play(A_DAY), @r"
    Mon 09:00 · 1 case opened for acme
    Mon 11:48 · 1 reminder to the road support put off by 15 s: it answers 503
    Mon 11:48 · 1 reminder to the road support put off by 30 s: it answers 503
    Mon 11:48 · 1 reminder to the road support put off by 60 s: it answers 503
    Mon 11:49 · 1 reminder to the road support put off by 120 s: it answers 503
    Mon 11:50 acknowledgement from clients → anna
    Mon 11:51 · 1 reminder to the road support not sent: the client was acknowledged meanwhile
    Mon 11:51 acknowledged (case 1 without a deadline) → alice
    ");
}

#[test]
fn a_mode_that_observes_takes_no_road_either() {
    let mut world = world("remind: support\ndue: support\nescalate: support", &[]);
    world.rules.mode = Mode::Observe;
    insta::assert_snapshot!(world.play(A_DAY), @r"
    Mon 09:00 · 1 case opened for acme
    Mon 10:30 · 1 would send a reminder to a…@northwind.example about 1 case(s)
    Mon 11:30 · 1 would send a reminder to a…@northwind.example about 1 case(s)
    Mon 12:00 · 1 would send a escalation to a…@northwind.example about 1 case(s)
    Mon 12:00 · 1 would send a escalation to l…@northwind.example about 1 case(s)
    Mon 14:00 · 1 would send a escalation to a…@northwind.example about 1 case(s)
    Mon 14:00 · 1 would send a escalation to l…@northwind.example about 1 case(s)
    ");
}

#[test]
fn an_answer_in_time_silences_all_roads() {
    let mut world = world("remind: support\ndue: support\nescalate: support", &[]);
    let happened = world.play(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:40 | alice replies to q1 as a1 for anna
         Mon 16:00 | wait",
    );
    insta::assert_snapshot!(happened, @r"
    Mon 09:00 · 1 case opened for acme
    Mon 09:40 · 1 case answered by a…@northwind.example: a reply that names the mail
    ");
}
