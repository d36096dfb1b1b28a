//! What is one mail in several places, and what are two mails that look alike.

use ackd::domain::rules::Mode;

use super::world::{Choice, World};

fn observing() -> Choice {
    Choice {
        mode: Mode::Observe,
        ..Choice::default()
    }
}

/// Each case that waits: its mails, and how many copies there are of all of them.
fn waiting(world: &World) -> Vec<(String, usize)> {
    let cases = world.book.cases();
    let told = cases.map(|case| {
        let ids = case.messages().filter_map(|own| own.message_id.as_ref());
        let names = ids.filter_map(|id| id.as_str().split_once('@'));
        let names: Vec<&str> = names.map(|(name, _)| name).collect();
        (names.join(" "), case.holders().count())
    });
    told.collect()
}

#[test]
fn two_mails_of_one_second_in_one_folder_are_two() {
    let mut world = World::new(&observing());
    world.play(
        "Mon 09:00 | anna writes q1 to clients: Scan
         Mon 09:00 | anna repeats q1 as q2 for clients
         Mon 09:10 | alice replies to q1 as a1 for anna",
    );
    assert_eq!(waiting(&world), [("q2".into(), 1)]);
}

#[test]
fn two_mails_of_one_second_with_different_texts_are_two_wherever_they_lie() {
    let mut world = World::new(&observing());
    world.play(
        "Mon 09:00 | anna writes q1 to clients: Form
         Mon 09:00 | anna writes q2 to clients seen at alice: Form
         Mon 09:10 | alice replies to q1 as a1 for anna",
    );
    assert_eq!(waiting(&world), [("q2".into(), 1)]);
}

#[test]
fn a_mail_under_another_id_in_another_mailbox_is_the_same_mail() {
    for crash in ["wait", "crash"] {
        let mut world = World::new(&observing());
        world.play(&format!(
            "Mon 09:00 | anna writes q1 to clients: Form
             Mon 09:01 | {crash}
             Mon 09:02 | q1 also arrives at alice as x1
             Mon 09:03 | {crash}
             Mon 09:04 | q1 also arrives at bob as y1
             Mon 09:05 | {crash}
             Mon 09:06 | q1 also arrives at alice as x1"
        ));
        assert_eq!(waiting(&world), [("q1".into(), 4)]);
        world.play("Mon 09:10 | alice replies to y1@gateway.example as a1 for anna");
        assert!(world.book.is_empty());
    }
}

#[test]
fn a_rewritten_copy_belongs_to_the_one_of_two_mails_that_has_its_text() {
    for (first, second) in [("q1", "q2"), ("q2", "q1")] {
        for crash in ["wait", "crash"] {
            let mut world = World::new(&observing());
            world.play(&format!(
                "Mon 09:00 | anna writes q1 to clients: Form
                 Mon 09:00 | anna writes q2 to clients: Form
                 Mon 09:01 | {crash}
                 Mon 09:02 | {first} also arrives at alice as x{first}
                 Mon 09:03 | {second} also arrives at alice as x{second}
                 Mon 09:04 | {crash}
                 Mon 09:10 | alice replies to xq2@gateway.example as a1 for anna"
            ));
            assert_eq!(waiting(&world), [("q1".into(), 2)], "{first} first");
        }
    }
}

#[test]
fn of_two_mails_in_one_conversation_a_copy_belongs_to_the_right_one() {
    let mut world = World::new(&observing());
    world.play(
        "Mon 09:00 | anna replies to q0 as q1 for clients: Re: Form
         Mon 09:00 | anna replies to q0 as q2 for clients: Re: Form
         Mon 09:02 | q2 also arrives at alice as x2
         Mon 09:03 | q2 also arrives at alice as x2
         Mon 09:04 | q1 also arrives at bob as x1",
    );
    let case = world.only_case();
    let holders = case.messages().map(|own| own.holders.len());
    let ids = case
        .messages()
        .map(|own| own.message_id.as_ref().map(ToString::to_string));
    let told: Vec<_> = ids.map(|id| id.unwrap_or_default()).zip(holders).collect();
    let mut told: Vec<(&str, usize)> = told
        .iter()
        .map(|(id, count)| (id.as_str(), *count))
        .collect();
    told.sort_unstable();
    assert_eq!(told, [("q1@mail.example", 2), ("q2@mail.example", 3)]);
}

#[test]
fn the_reasons_of_the_copy_received_first_are_kept_whichever_is_seen_first() {
    for second in ["Mon 09:58", "Mon 09:59"] {
        let copies = [
            "Mon 09:58 | q1 also arrives at alice with x-auto-response-suppress: All".to_owned(),
            format!("{second} | q1 also arrives at bob with x-auto-response-suppress: OOF"),
        ];
        let told = [[0, 1], [1, 0]].map(|order| {
            let mut world = World::new(&observing());
            world.deliver_as_of = true;
            world.play("Mon 10:05 | anna writes q1 to clients: Invoice wrong");
            for copy in order {
                world.play(&copies[copy]);
            }
            world.verdicts(1).join("\n")
        });
        assert_eq!(told[0], told[1]);
        assert!(told[0].contains("All"), "{}", told[0]);
    }
}

#[test]
fn a_mail_to_two_clients_asks_about_the_cases_of_both() {
    let mut world = World::new(&observing());
    world.play(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:01 | paul writes p1 to clients: Server down
         Mon 09:02 | paul quotes p1 as p2 for clients
         Mon 09:03 | separate p2 from 2
         Mon 09:04 | alice replies to p2 as b1 for paul
         Mon 09:05 | alice replies to q1,p1 as a1 for anna,paul",
    );
    let closed = world.all_cases()[2].id;
    assert!(world.asked.contains(&closed), "apart from paul's case");
}
