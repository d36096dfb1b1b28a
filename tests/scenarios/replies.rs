//! People of the team answer our mails with a word.

use std::time::Duration;

use ackd::domain::decide::{self, Heard, Judged, TOLD_MAX};
use ackd::domain::facts::FolderRole;
use ackd::domain::ids::OutboxId;
use ackd::domain::reply::{Replies, ReplyKey};
use ackd::store::Store as _;

use crate::world::{Choice, World, address, facts, listed};

/// Replies come to the mailbox of this name.
pub(crate) fn taken_at(mailbox: &str) -> Replies {
    Replies {
        address: address(mailbox),
        plus: true,
        detail: "+".to_owned(),
        valid_for: Duration::from_secs(14 * 24 * 3600),
        languages: vec![],
    }
}

fn key() -> ReplyKey {
    ReplyKey::new([7; 32])
}

impl World {
    /// `alice answers mail 1 as r1: done`; ` / ` is the end of a line. With `by reference` the
    /// token stands in no address, with `forged` it is another one, with `to bob` it
    /// goes to somebody else; anything else is a field.
    pub(crate) fn answer_mail(&mut self, who: &str, row: &str, id: &str, text: &str, how: &str) {
        let number = OutboxId(row.parse().expect("a number"));
        let rows = self.rows();
        let row = rows
            .iter()
            .find(|own| own.id == number)
            .expect("a mail of ours");
        let token = match how {
            "forged" => ReplyKey::new([8; 32]).token(row),
            _ => key().token(row),
        };
        let replies = self.rules.team.replies.clone().expect("replies are on");
        let place = replies.place(&token).expect("a place");
        let row_id = row.message_id.clone();
        let mut mail = facts(who, id, &[], None, "Re: 35 min left");
        mail.text = Some(text.replace(" / ", "\n"));
        mail.date = Some(self.now);
        match how {
            "by reference" => {
                mail.to = vec![replies.address];
                mail.references = vec![place.reference];
            }
            _ if how.starts_with("to ") => {
                mail.to = vec![address(&how["to ".len()..])];
                mail.references = vec![place.reference];
                mail.in_reply_to = vec![row_id];
            }
            _ => mail.to = vec![place.address],
        }
        let field = how.split_once(": ");
        mail.fields
            .extend(field.map(|(name, value)| (listed(name), value.to_owned())));
        self.mails.insert(id.to_owned(), (mail.clone(), self.now));
        self.deliver(mail, "clients", FolderRole::Inbox, false);
    }

    pub(crate) fn hear_replies(&mut self, judged: &mut [Judged]) {
        for replied in judged.iter_mut().filter_map(|message| message.reply.take()) {
            let mut known = self.store.look_up(&replied.questions()).expect("answers");
            let further = replied.further_questions(&self.book, &known);
            known.extend(self.store.look_up(&further).expect("answers"));
            let sent = self.sent.clone();
            let told_lately = |person: &ackd::domain::address::Address| {
                let person = person.to_string();
                let own = |(to, what): &&(String, String)| *to == person && what.starts_with('“');
                sent.iter().filter(own).count()
            };
            let heard = Heard {
                replied: &replied,
                key: Some(&key()),
                told_lately: &told_lately,
            };
            let (book, rules) = (&self.book, &self.rules);
            let decisions = decide::reply(book, rules, &self.identity, &heard, known, self.now);
            self.carry_out(decisions);
        }
    }
}

/// One reminder at 10:30, escalation at 12:00 and 14:00, no acknowledgement.
fn reminding() -> Choice {
    Choice {
        remind_before: &["90m"],
        auto_acknowledge_before: None,
        ..Choice::default()
    }
}

fn played(script: &[&str]) -> (World, String) {
    let mut world = World::new(&reminding());
    let happened = world.play(&script.join("\n"));
    (world, happened)
}

const REMINDED: &str = "Mon 09:00 | anna writes q1 to clients: Invoice wrong\nMon 10:35 | wait";

#[test]
fn done_ends_it_and_needs_no_confirmation() {
    let (_, happened) = played(&[
        REMINDED,
        "Mon 10:40 | alice answers mail 1 as r1: done",
        "Mon 17:00 | wait",
    ]);
    insta::assert_snapshot!(happened);
}

#[test]
fn mine_leaves_the_others_alone_and_the_second_is_told_who_was_first() {
    let mut world = World::new(&reminding());
    world.reload(|parts| {
        for client in parts.clients.values_mut() {
            client.owners.push(address("bob"));
        }
    });
    let script = [
        REMINDED,
        "Mon 10:40 | alice answers mail 1 as r1: mine",
        "Mon 10:40 | bob answers mail 2 as r2: Ich übernehme!",
        "Mon 17:00 | wait",
    ];
    let happened = world.play(&script.join("\n"));
    insta::assert_snapshot!(happened);
    assert_eq!(
        world.mails_to("bob").len(),
        2,
        "the reminder and who was first"
    );
}

#[test]
fn a_snooze_is_for_the_owners_and_escalation_goes_on() {
    let (world, happened) = played(&[
        REMINDED,
        "Mon 10:40 | alice answers mail 1 as r1: snooze until 14:30",
        "Mon 17:00 | wait",
    ]);
    insta::assert_snapshot!(happened);
    assert_eq!(world.mails_to("lead").len(), 2, "due, and two hours later");
}

#[test]
fn a_snooze_that_ends_in_time_only_puts_the_reminder_off() {
    let mut world = World::new(&Choice {
        remind_before: &["90m", "30m"],
        auto_acknowledge_before: None,
        ..Choice::default()
    });
    let script = [
        REMINDED,
        "Mon 10:40 | alice answers mail 1 as r1: snooze 1h",
        "Mon 11:45 | wait",
    ];
    let happened = world.play(&script.join("\n"));
    insta::assert_snapshot!(happened);
}

#[test]
fn what_answers_a_reminder_of_a_closed_case_changes_nothing_and_is_told() {
    let (_, happened) = played(&[
        REMINDED,
        "Mon 10:40 | phoned 1",
        "Mon 10:50 | alice answers mail 1 as r1: done",
        "Mon 12:00 | wait",
    ]);
    insta::assert_snapshot!(happened);
}

#[test]
fn a_word_is_about_what_was_there_when_it_was_said() {
    let (world, happened) = played(&[
        REMINDED,
        "Mon 10:40 | phoned 1",
        "Mon 10:45 | anna replies to q1 as q2 for clients: Still wrong",
        "Mon 10:50 | alice answers mail 1 as r1: done",
        "Mon 11:00 | wait",
    ]);
    insta::assert_snapshot!(happened);
    assert!(world.only_case().is_open());
}

#[test]
fn a_reply_seen_late_settles_nothing_that_was_written_after_it() {
    let mut world = World::new(&reminding());
    world.play(REMINDED);
    world.play("Mon 11:10 | anna replies to q1 as q2 for clients: And another thing");
    // It was received before, and is read only now.
    world.deliver_as_of = true;
    world.play("Mon 11:00 | alice answers mail 1 as r1: done");
    let case = world.only_case();
    assert!(case.is_open(), "what came later waits");
    assert_eq!(case.unanswered().count(), 1);
}

#[test]
fn what_is_forged_expired_or_strange_changes_nothing() {
    let (world, happened) = played(&[
        REMINDED,
        "Mon 10:40 | alice answers mail 1 as r1: done with forged",
        "Mon 10:41 | eve answers mail 1 as r2: done",
        "Mon 10:42 | bob answers mail 1 as r3: done",
        "Mon 10:43 | alice answers mail 1 as r4: done with authentication-results: mx.northwind.example; dmarc=fail header.from=northwind.example",
        "Mon 10:44 | alice answers mail 1 as r5: done with auto-submitted: auto-replied",
        "Mon 10:45 | anna answers mail 1 as r6: done",
        "Mon 10:46 | wait",
    ]);
    insta::assert_snapshot!(happened);
    assert_eq!(world.mails_to("eve"), [""; 0], "strangers get no mail");
    assert_eq!(world.mails_to("anna"), [""; 0], "nor do clients");
    assert!(world.book.cases().count() >= 1);
}

#[test]
fn an_old_mail_can_not_be_answered_any_more() {
    let mut world = World::new(&reminding());
    world.play(REMINDED);
    world.reload(|parts| {
        let replies = parts.team.replies.as_mut().expect("on");
        replies.valid_for = Duration::from_secs(24 * 3600);
    });
    let happened = world.play("Wed 10:00 | alice answers mail 1 as r1: done");
    assert!(
        happened.contains("refused: what it answers is too old"),
        "{happened}"
    );
    assert!(
        happened.contains("too old. Answer a newer reminder"),
        "{happened}"
    );
    assert!(world.only_case().is_open());
}

#[test]
fn the_same_reply_counts_once_wherever_and_however_often_it_is_read() {
    let (world, happened) = played(&[
        REMINDED,
        "Mon 10:40 | alice answers mail 1 as r1: snooze until 14:30",
        "Mon 10:41 | r1 also arrives at alice",
        "Mon 10:42 | crash",
        "Mon 10:43 | r1 also arrives at clients",
        "Mon 10:44 | wait",
    ]);
    insta::assert_snapshot!(happened);
    let confirmations = world.mails_to("alice").into_iter();
    assert_eq!(
        confirmations.filter(|what| what.starts_with('“')).count(),
        1
    );
}

#[test]
fn what_was_answered_before_ackd_was_here_is_passed_over_without_a_word() {
    let mut world = World::new(&reminding());
    world.play(REMINDED);
    // It began at eight.
    world.deliver_as_of = true;
    world.play("Mon 07:59 | alice answers mail 1 as r1: done with forged");
    assert_eq!(world.mails_to("alice").len(), 1, "the reminder alone");
    world.deliver_as_of = false;
    world.play("Mon 10:40 | alice answers mail 1 as r2: done with forged");
    assert_eq!(
        world.mails_to("alice").len(),
        2,
        "the reminder, and why not"
    );
}

#[test]
fn one_mail_about_several_cases_is_answered_case_by_case() {
    let (_, happened) = played(&[
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong",
        "Mon 09:00 | paul writes q2 to clients: Delivery late",
        "Mon 10:35 | wait",
        "Mon 10:40 | alice answers mail 1 as r1: done",
        "Mon 10:41 | alice answers mail 1 as r2: done 1 / snooze 2 1h / mine 9 / Best, Alice",
        "Mon 10:42 | wait",
    ]);
    insta::assert_snapshot!(happened);
}

#[test]
fn what_is_not_understood_is_asked_about_and_the_confirmation_can_be_answered() {
    let (_, happened) = played(&[
        REMINDED,
        "Mon 10:40 | alice answers mail 1 as r1: Hm, is that ours?",
        "Mon 10:41 | alice answers mail 2 as r2: not a client with by reference",
        "Mon 10:42 | wait",
    ]);
    insta::assert_snapshot!(happened);
}

#[test]
fn a_reply_about_a_case_that_was_joined_counts_for_the_one_that_goes_on() {
    let (_, happened) = played(&[
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong",
        "Mon 09:01 | anna replies to unseen as q3 for clients: Once more",
        "Mon 10:35 | wait",
        "Mon 10:36 | anna replies to q1,unseen as q2 for clients: Both",
        "Mon 10:40 | alice answers mail 1 as r1: done",
        "Mon 10:41 | wait",
    ]);
    insta::assert_snapshot!(happened);
}

#[test]
fn two_programs_that_answer_each_other_come_to_an_end() {
    let mut world = World::new(&reminding());
    world.play(REMINDED);
    for number in 0..TOLD_MAX + 5 {
        world.play(&format!(
            "Mon 10:40 | alice answers mail 1 as r{number}: I am not here"
        ));
    }
    let told = world.mails_to("alice").into_iter();
    assert_eq!(told.filter(|what| what.starts_with('“')).count(), TOLD_MAX);
}

#[test]
fn a_morning_mail_is_answered_case_by_case() {
    let mut world = World::new(&Choice {
        remind_before: &[],
        escalate_after: &[],
        auto_acknowledge_before: None,
        ..Choice::default()
    })
    .with_mornings();
    world.play(
        "Mon 15:00 | paul writes p1 to clients: Offer
         Mon 15:01 | anna writes q1 to clients: Invoice wrong
         Tue 08:01 | wait",
    );
    let morning = world.rows().pop().expect("a morning mail").id;
    let happened = world.play(&format!(
        "Tue 08:05 | alice answers mail {morning} as r1: done
         Tue 08:06 | alice answers mail {morning} as r2: phoned 1
         Tue 08:07 | wait"
    ));
    insta::assert_snapshot!(happened);
    assert_eq!(world.only_case().id.0, 2);
}

#[test]
fn who_answers_the_client_by_way_of_a_reminder_has_answered() {
    let (world, happened) = played(&[
        REMINDED,
        "Mon 10:40 | alice answers mail 1 as r1: Dear Anna, we have corrected the invoice. with to anna",
        "Mon 17:00 | wait",
    ]);
    assert_eq!(world.book.cases().count(), 0, "{happened}");
    assert_eq!(world.mails_to("alice").len(), 1, "the reminder: {happened}");
    assert_eq!(world.mails_to("lead"), [""; 0]);
}

#[test]
fn a_reminder_passed_on_to_a_colleague_is_no_answer_to_us() {
    let (world, happened) = played(&[
        REMINDED,
        "Mon 10:40 | alice answers mail 1 as r1: Mine / / ---------- Forwarded message --------- with to bob",
        "Mon 10:41 | alice answers mail 1 as r2: Can you look at this? with to bob",
        "Mon 10:45 | wait",
    ]);
    assert!(!happened.contains("assigned"), "{happened}");
    assert_eq!(world.mails_to("alice").len(), 1, "the reminder: {happened}");
}

#[test]
fn a_word_to_a_morning_mail_is_about_no_case_it_did_not_tell_of() {
    let mut world = World::new(&Choice {
        remind_before: &[],
        escalate_after: &[],
        auto_acknowledge_before: None,
        ..Choice::default()
    })
    .with_mornings();
    world.play(
        "Mon 16:00 | paul writes p1 to clients: Offer
         Tue 08:01 | wait",
    );
    let morning = world.rows().pop().expect("a morning mail").id;
    let happened = world.play(&format!(
        "Tue 08:02 | phoned 1
         Tue 08:30 | anna writes q1 to clients: Invoice wrong
         Tue 08:35 | alice answers mail {morning} as r1: done
         Tue 08:36 | wait"
    ));
    assert!(world.book.cases().any(|case| case.id.0 == 2), "{happened}");
}

#[test]
fn a_bare_word_to_a_morning_mail_says_for_which_case_it_counted() {
    let mut world = World::new(&Choice {
        remind_before: &[],
        escalate_after: &[],
        auto_acknowledge_before: None,
        ..Choice::default()
    })
    .with_mornings();
    world.play(
        "Mon 15:30 | paul writes p1 to clients: Offer
         Mon 16:00 | anna writes q1 to clients: Invoice wrong
         Tue 08:01 | wait",
    );
    let morning = world.rows().pop().expect("a morning mail").id;
    world.play(&format!(
        "Tue 08:02 | phoned 1
         Tue 08:35 | alice answers mail {morning} as r1: done
         Tue 08:36 | wait"
    ));
    assert_eq!(world.book.cases().count(), 0);
    let told = world.mails_to("alice").pop().expect("a confirmation");
    assert!(told.contains("case 2 (acme"), "{told}");
}

#[test]
fn who_stands_in_takes_the_case_of_somebody_away() {
    let mut world = World::new(&reminding());
    world.play(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 09:10 | assign 1 to dora
         Mon 09:20 | away dora 2026-11-23..2026-11-24
         Mon 09:25 | wait",
    );
    let stand_in = world.rows().pop().expect("a mail to alice").id;
    let happened = world.play(&format!(
        "Mon 09:30 | alice answers mail {stand_in} as r1: mine
         Mon 09:31 | wait"
    ));
    let taken = world.only_case().assigned_to.clone();
    assert_eq!(taken, Some(address("alice")), "{happened}");
}

#[test]
fn who_says_mine_again_after_hearing_who_has_it_takes_it_over() {
    let mut world = World::new(&reminding());
    world.play(REMINDED);
    world.play(
        "Mon 10:40 | alice answers mail 1 as r1: mine
         Mon 12:05 | wait",
    );
    let to_lead = |world: &World| {
        let rows = world.rows();
        let own = rows.iter().rfind(|row| row.to == address("lead"));
        own.expect("a mail to the lead").id
    };
    let escalation = to_lead(&world);
    world.play(&format!(
        "Mon 12:06 | lead answers mail {escalation} as r2: mine
         Mon 12:07 | wait"
    ));
    assert_eq!(world.only_case().assigned_to, Some(address("alice")));
    let question = to_lead(&world);
    let happened = world.play(&format!(
        "Mon 12:08 | lead answers mail {question} as r3: mine
         Mon 12:09 | wait"
    ));
    let taken = world.only_case().assigned_to.clone();
    assert_eq!(taken, Some(address("lead")), "{happened}");
}
