//! Regular contact with clients: what counts, and what owners are told in the morning.

use ackd::domain::check_in::ContactKind;
use ackd::domain::decide::{self, CheckInRefusal};
use ackd::domain::ids::ClientKey;
use ackd::domain::rules::{CheckIn, Mode};

use crate::world::{Choice, World, address, moment};

fn acme() -> ClientKey {
    ClientKey::new("acme")
}

/// A world in which acme is to hear from the team so often.
fn promised(cadence: CheckIn) -> World {
    let choice = Choice {
        mode: Mode::Remind,
        remind_before: &[],
        escalate_after: &[],
        auto_acknowledge_before: None,
        ..Choice::default()
    };
    let mut world = World::new(&choice);
    world.reload(|parts| {
        let client = parts.clients.get_mut(&acme()).expect("acme");
        client.check_in = Some(cadence);
    });
    world
}

/// What alice is told at eight in the morning of these days, once a line of the story was played.
fn mornings(world: &mut World, story: &str) -> Vec<String> {
    let mut told = Vec::new();
    for line in story.lines().map(str::trim) {
        match line.strip_suffix(" | morning") {
            Some(when) => {
                world.pass_until(moment(when));
                let lines = world.check_ins("alice");
                let new = world.tell_check_ins("alice");
                for (line, is_new) in lines.iter().zip(new) {
                    let mark = if is_new { " (new)" } else { "" };
                    told.push(format!("{when} {line}{mark}"));
                }
            }
            None => {
                world.play(line);
            }
        }
    }
    told
}

#[test]
fn a_client_nobody_wrote_to_is_told_when_due_and_when_lapsed() {
    let mut world = promised(CheckIn::Daily);
    let told = mornings(
        &mut world,
        "Mon 08:30 | morning
         Tue 08:00 | morning
         Wed 08:00 | morning
         Thu 08:00 | morning
         Thu 10:00 | alice writes a1 to anna: How are you
         Thu 18:00 | morning
         Fri 08:00 | morning",
    );
    let never = "no contact seen yet";
    assert_eq!(
        told,
        [
            format!("Tue 08:00 acme: check-in (daily) due Tue 24 Nov 17:00; {never} (new)"),
            format!("Wed 08:00 acme: check-in (daily) was due Tue 24 Nov 17:00; {never} (new)"),
            format!("Thu 08:00 acme: check-in (daily) was due Tue 24 Nov 17:00; {never}"),
            "Fri 08:00 acme: check-in (daily) due Fri 27 Nov 17:00; last contact Thu 26 Nov (mail) (new)".to_owned(),
        ]
    );
    assert_eq!(world.check_ins("bob"), [""; 0], "bob owns nothing");
}

#[test]
fn a_persons_mail_and_an_answer_are_contact_and_other_mail_is_not() {
    let mut world = promised(CheckIn::Weekly);
    world.play("Mon 09:00 | anna writes q1 to clients: Invoice wrong");
    assert_eq!(world.contact(), "none", "she wrote to us, not we to her");
    world.play("Mon 09:10 | alice writes c1 to bob: What do I tell acme");
    assert_eq!(world.contact(), "none", "among colleagues");
    world.play("Mon 09:20 | alice replies to q1 as r1 for anna with auto-submitted: auto-replied");
    assert_eq!(world.contact(), "none", "her program wrote");
    world.play("Mon 09:30 | alice replies to q1 as a1 for anna");
    let mail = "Mon 09:30 mail alice@northwind.example";
    assert_eq!(world.contact(), mail);
    world.play("Mon 09:40 | paul writes p1 to clients: Offer");
    world.play("Mon 09:50 | alice replies to p1 as a2 for paul");
    assert_eq!(world.contact(), mail, "another client's");
}

#[test]
fn our_own_acknowledgement_is_no_contact() {
    let mut world = World::new(&Choice::default());
    world.reload(|parts| {
        let client = parts.clients.get_mut(&acme()).expect("acme");
        client.check_in = Some(CheckIn::Weekly);
    });
    world.play(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Mon 16:00 | the acknowledgement to anna is found",
    );
    assert_eq!(world.contact(), "none");
}

#[test]
fn old_mail_that_is_read_on_the_first_start_is_contact_too() {
    let mut world = promised(CheckIn::Weekly);
    world.deliver_as_of = true;
    world.pass_until(moment("Wed 08:00"));
    world.play("Mon 07:00 | alice writes a1 to anna: How are you");
    assert_eq!(world.contact(), "Mon 07:00 mail alice@northwind.example");
    // And what is older changes nothing, whenever it is read.
    world.play("Mon 06:00 | alice writes a0 to anna: Hello");
    assert_eq!(world.contact(), "Mon 07:00 mail alice@northwind.example");
}

#[test]
fn what_people_say_counts() {
    let mut world = promised(CheckIn::Daily);
    world.play(
        "Mon 09:00 | anna writes q1 to clients: Invoice wrong
         Tue 09:30 | phoned 1",
    );
    assert_eq!(world.contact(), "Tue 09:30 phoned alice");
    world.play("Wed 12:00 | bob says we met acme");
    assert_eq!(world.contact(), "Wed 12:00 met bob");
    world.pass_until(moment("Wed 23:00"));
    assert_eq!(world.check_ins("alice"), [""; 0]);
}

#[test]
fn contact_outlasts_a_crash_and_a_rebuilding() {
    let mut world = promised(CheckIn::Daily);
    world.play(
        "Tue 09:00 | alice writes a1 to anna: How are you
         Tue 09:10 | crash",
    );
    assert_eq!(world.contact(), "Tue 09:00 mail alice@northwind.example");
    world.play(
        "Tue 10:00 | export
         Tue 10:30 | rebuild",
    );
    assert_eq!(world.contact(), "Tue 09:00 mail alice@northwind.example");
}

#[test]
fn a_paused_client_is_left_alone_until_it_is_resumed() {
    let mut world = promised(CheckIn::Daily);
    world.pass_until(moment("Mon 12:00"));
    let (book, rules, now) = (&world.book, &world.rules, world.now);
    let until = Some(moment("Thu 00:00"));
    let said = decide::pause_check_ins(book, rules, &acme(), until, "alice", now);
    world.carry_out(said.expect("paused"));
    let told = mornings(
        &mut world,
        "Tue 08:00 | morning\nWed 08:00 | morning\nThu 08:00 | morning",
    );
    // Until the end of the pause nothing was owed: the day on which it ends counts as kept.
    assert_eq!(told, [""; 0]);
    let told = mornings(&mut world, "Fri 08:00 | morning");
    assert_eq!(
        told,
        ["Fri 08:00 acme: check-in (daily) due Fri 27 Nov 17:00; no contact seen yet (new)"]
    );
    let (book, rules, now) = (&world.book, &world.rules, world.now);
    let refused = decide::resume_check_ins(book, rules, &acme(), now);
    assert_eq!(refused, Err(CheckInRefusal::NotPaused(acme())));
}

#[test]
fn what_can_not_be_is_refused_in_words() {
    let world = promised(CheckIn::Daily);
    let (book, rules, now) = (&world.book, &world.rules, world.now);
    let said = |client: &str, at| {
        let met = (ContactKind::Met, at);
        let said = decide::contacted(book, rules, &ClientKey::new(client), met, "alice", now);
        said.expect_err("refused").to_string()
    };
    assert_eq!(
        said("acme", moment("Tue 09:00")),
        "Tue 2026-11-24 09:00 UTC is still to come; say it when it has happened"
    );
    assert!(said("northpole", now).starts_with("there is no client \"northpole\""));
    assert!(said("partner", now).contains("write check_in = \"weekly\" into [clients.partner]"));
    let past = Some(moment("Mon 07:00"));
    let paused = decide::pause_check_ins(book, rules, &acme(), past, "alice", now);
    let words = paused.expect_err("refused").to_string();
    assert!(
        words.ends_with("is over already; name a day to come"),
        "{words}"
    );
}

const INVITATION: &str = "BEGIN:VCALENDAR
METHOD:REQUEST
BEGIN:VEVENT
UID:one@northwind.example
SEQUENCE:0
DTSTAMP:20261123T090000Z
DTSTART:20261124T100000Z
ORGANIZER:mailto:alice@northwind.example
ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:anna@acme.example
END:VEVENT
END:VCALENDAR
";

/// What somebody answers to it.
fn answer(word: &str) -> String {
    let answered = INVITATION.replace("METHOD:REQUEST", "METHOD:REPLY");
    answered.replace("NEEDS-ACTION", word)
}

#[test]
fn an_accepted_meeting_is_contact_on_its_date_and_quiets_the_reminder_before() {
    let mut world = promised(CheckIn::Daily);
    world.play("Mon 09:00 | wait");
    world.calendar_mail("alice", "i1", "anna", INVITATION);
    world.play("Tue 08:00 | wait");
    assert_eq!(world.check_ins("alice").len(), 1, "not accepted yet");
    world.calendar_mail("anna", "i2", "alice", &answer("ACCEPTED"));
    assert_eq!(world.check_ins("alice"), [""; 0], "she will be met at ten");
    assert_eq!(world.contact(), "none");
    world.play("Tue 18:00 | wait");
    assert_eq!(world.contact(), "Tue 10:00 meeting ");
    assert_eq!(world.check_ins("alice"), [""; 0]);
}

#[test]
fn whoever_answers_for_somebody_else_is_not_heeded() {
    let mut world = promised(CheckIn::Daily);
    world.play("Mon 09:00 | wait");
    world.calendar_mail("alice", "i1", "anna", INVITATION);
    // Another client, and a stranger, and one of us.
    for (at, who) in ["paul", "eve", "bob"].into_iter().enumerate() {
        world.calendar_mail(who, &format!("x{at}"), "alice", &answer("ACCEPTED"));
    }
    world.play("Tue 18:00 | wait");
    assert_eq!(world.contact(), "none");
}

#[test]
fn an_invitation_of_the_clients_counts_once_one_of_us_accepts_it() {
    let mut world = promised(CheckIn::Daily);
    let by_anna = |text: &str| {
        let swapped = text.replace("alice@northwind.example", "HERE");
        let swapped = swapped.replace("anna@acme.example", "alice@northwind.example");
        swapped.replace("HERE", "anna@acme.example")
    };
    world.play("Mon 09:00 | wait");
    world.calendar_mail("anna", "i1", "alice", &by_anna(INVITATION));
    world.play("Tue 12:00 | wait");
    assert_eq!(world.contact(), "none");
    world.calendar_mail("alice", "i2", "anna", &by_anna(&answer("ACCEPTED")));
    assert_eq!(world.contact(), "Tue 10:00 meeting ");
    // She calls it off after all: seen late, it still did not take place.
    let off = by_anna(INVITATION).replace("METHOD:REQUEST", "METHOD:CANCEL");
    let off = off.replace("SEQUENCE:0", "SEQUENCE:1");
    world.calendar_mail("anna", "i3", "alice", &off);
    assert_eq!(world.contact(), "none");
}

#[test]
fn every_owner_is_told_by_himself_and_without_owners_those_who_hear_of_broken_promises() {
    let mut world = promised(CheckIn::Daily);
    world.reload(|parts| {
        let client = parts.clients.get_mut(&acme()).expect("acme");
        client.owners = vec![address("alice"), address("bob")];
    });
    world.pass_until(moment("Tue 08:00"));
    assert_eq!(world.tell_check_ins("alice"), [true]);
    assert_eq!(world.tell_check_ins("bob"), [true]);
    // The same morning it is still new, however often it is asked; another morning it is not.
    assert_eq!(world.tell_check_ins("bob"), [true]);
    world.pass_until(moment("Wed 08:00"));
    assert_eq!(
        world.tell_check_ins("alice"),
        [true],
        "lapsed is another matter"
    );
    world.pass_until(moment("Thu 08:00"));
    assert_eq!(world.tell_check_ins("alice"), [false]);
    assert_eq!(world.check_ins("lead"), [""; 0]);
    world.reload(|parts| {
        let client = parts.clients.get_mut(&acme()).expect("acme");
        client.owners = vec![];
    });
    assert_eq!(world.check_ins("lead").len(), 1);
    assert_eq!(world.check_ins("alice"), [""; 0]);
}

#[test]
fn a_client_that_has_gone_quiet_is_told_on_one_morning() {
    let mut world = promised(CheckIn::Monthly);
    world.deliver_as_of = true;
    for (at, day) in ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        .iter()
        .enumerate()
    {
        world.play(&format!(
            "{day} 09:00 | anna writes q{at} to clients: Question {at}"
        ));
    }
    // The harness knows one week; silence takes longer.
    let later = |days: i64| moment("Sat 10:00") + chrono::Duration::days(days);
    world.pass_until(later(14));
    assert_eq!(world.check_ins("alice"), [""; 0]);
    world.pass_until(later(15));
    assert_eq!(
        world.check_ins("alice"),
        [
            "acme has gone quiet: nothing for 15 days, where it usually writes every day; no contact seen yet"
        ]
    );
    assert_eq!(world.tell_check_ins("alice"), [true]);
    world.pass_until(later(16));
    assert_eq!(world.check_ins("alice"), [""; 0]);
}

#[test]
fn a_thread_that_goes_back_and_forth_all_day_earns_the_hint_to_phone() {
    let choice = Choice {
        remind_before: &["30m"],
        escalate_after: &[],
        auto_acknowledge_before: None,
        ..Choice::default()
    };
    let mut world = World::new(&choice);
    let mut last = "q0".to_owned();
    world.play("Mon 09:00 | anna writes q0 to clients: Colours");
    for round in 1..7 {
        let (answer, question) = (format!("a{round}"), format!("q{round}"));
        let minute = round * 5;
        world.play(&format!(
            "Mon 09:{minute:02} | alice replies to {last} as {answer} for anna"
        ));
        let later = minute + 2;
        world.play(&format!(
            "Mon 09:{later:02} | anna replies to {answer} as {question} for clients"
        ));
        last = question;
    }
    world.play("Mon 12:30 | wait");
    let reminders: Vec<&str> = world.mails_to("alice");
    assert_eq!(reminders, ["reminder (case 1 due Mon 12:32, better phone)"]);
}

#[test]
fn a_client_without_check_ins_is_not_kept_track_of() {
    let mut world = World::new(&Choice::default());
    world.play("Mon 09:40 | alice writes a1 to anna: About your invoice");
    assert_eq!(world.contact(), "none");
    assert_eq!(world.book.liaisons().count(), 0);
}
