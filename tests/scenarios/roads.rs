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
    insta::assert_snapshot!(world.play(A_DAY));
}

#[test]
fn somebody_chooses_for_himself_and_nothing_else_changes() {
    let mut world = world(
        "due: support",
        &[("lead", "due: mail pager\nremind: pager")],
    );
    insta::assert_snapshot!(world.play(A_DAY));
}

#[test]
fn a_road_that_refuses_is_replaced_by_a_mail_for_whoever_hears_by_nothing_else() {
    let mut world = world(
        "remind: support\ndue: mail support\nescalate: support pager",
        &[],
    );
    world.far_end = refused();
    insta::assert_snapshot!(world.play(A_DAY));
}

#[test]
fn a_road_that_is_gone_is_tried_for_ten_minutes_and_its_wish_for_peace_is_granted() {
    let mut world = world("due: support\nescalate: mail", &[]);
    let reason = "it answers 429".to_owned();
    let pause = std::time::Duration::from_secs(180);
    world.far_end = SendVerdict::LaterBy { reason, pause };
    insta::assert_snapshot!(world.play(A_DAY));
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
    insta::assert_snapshot!(second);
}

#[test]
fn after_a_crash_in_mid_send_the_road_is_taken_again_and_the_mail_not() {
    let mut world = world("due: support mail\nescalate: mail", &[]);
    let happened = world.play(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 11:59 | server hangs
         Mon 12:00 | crash
         Mon 12:02 | wait",
    );
    insta::assert_snapshot!(happened);
}

#[test]
fn who_was_to_hear_by_a_road_hears_that_the_client_was_acknowledged_instead() {
    let mut world = World::new(&Choice::default());
    world.rules.team.notifications.everybody = choices("remind: support");
    let reason = "it answers 503".to_owned();
    world.far_end = SendVerdict::Later { reason };
    insta::assert_snapshot!(world.play(A_DAY));
}

#[test]
fn a_mode_that_observes_takes_no_road_either() {
    let mut world = world("remind: support\ndue: support\nescalate: support", &[]);
    world.rules.mode = Mode::Observe;
    insta::assert_snapshot!(world.play(A_DAY));
}

#[test]
fn an_answer_in_time_silences_all_roads() {
    let mut world = world("remind: support\ndue: support\nescalate: support", &[]);
    let happened = world.play(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:40 | alice replies to q1 as a1 for anna
         Mon 16:00 | wait",
    );
    insta::assert_snapshot!(happened);
}
