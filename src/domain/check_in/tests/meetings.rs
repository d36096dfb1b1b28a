//! Invitations and their answers, as calendar programs write them.

use proptest::prelude::*;

use super::*;
use crate::domain::address::Address;
use crate::domain::calendar::ics::meetings_from_ics;

const NOW: &str = "2026-11-23T09:00:00Z";

/// A calendar part: its METHOD, and the lines of its event behind UID and people.
fn part(method: &str, lines: &str) -> String {
    let people = "ORGANIZER;CN=Alice:mailto:alice@northwind.example";
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:{method}\r\nBEGIN:VEVENT\r\nUID:one@northwind.example\r\n{people}\r\n{}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
        lines.replace('\n', "\r\n")
    )
}

const ANNA: &str = "ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:anna@acme.example";
const ACCEPTS: &str = "ATTENDEE;PARTSTAT=ACCEPTED:MAILTO:anna@acme.example";
const DECLINES: &str = "ATTENDEE;PARTSTAT=DECLINED:mailto:anna@acme.example";

fn read(part: &str) -> Vec<MeetingNotice> {
    meetings_from_ics(part, Tz::Europe__Berlin, at(NOW))
}

/// What is known once these parts were seen, in this order.
fn after(parts: &[String]) -> Liaison {
    let mut own = Liaison::begun(ClientKey::new("acme"), at("2026-11-01T00:00:00Z"));
    let is_anna = |address: &Address| address.domain() == "acme.example";
    for part in parts {
        for notice in read(part) {
            own.take_meeting(&notice, is_anna, at(NOW));
        }
    }
    own
}

/// When the meetings that were accepted begin.
fn agreed(parts: &[String]) -> Vec<String> {
    let own = after(parts);
    let mut moment = at("2026-10-01T00:00:00Z");
    let mut all = Vec::new();
    while let Some(next) = own.next_meeting(moment) {
        all.push(next.format("%a %Y-%m-%d %H:%M").to_string());
        moment = next;
    }
    all
}

fn invited(sequence: u32, start: &str) -> String {
    let lines =
        format!("SEQUENCE:{sequence}\nDTSTAMP:20261120T0900{sequence:02}Z\n{start}\n{ANNA}");
    part("REQUEST", &lines)
}

fn replied(sequence: u32, stamp: &str, answer: &str) -> String {
    part(
        "REPLY",
        &format!(
            "SEQUENCE:{sequence}\nDTSTAMP:{stamp}\n{answer}\nDTSTART;TZID=Europe/Berlin:20261125T140000"
        ),
    )
}

#[test]
fn an_invitation_counts_once_it_is_accepted() {
    let request = invited(0, "DTSTART;TZID=Europe/Berlin:20261125T140000");
    let yes = replied(0, "20261121T090000Z", ACCEPTS);
    assert_eq!(agreed(std::slice::from_ref(&request)), [""; 0]);
    let both = ["Wed 2026-11-25 13:00"];
    assert_eq!(agreed(&[request.clone(), yes.clone()]), both);
    assert_eq!(agreed(&[yes.clone(), request.clone()]), both);
    assert_eq!(agreed(std::slice::from_ref(&yes)), both, "the answer alone");
    let no = replied(0, "20261122T090000Z", DECLINES);
    assert_eq!(agreed(&[no, yes, request]), [""; 0], "and declined later");
}

#[test]
fn times_are_understood_as_programs_write_them() {
    let lines = |start: &str| format!("DTSTAMP:20261120T090000Z\n{start}\n{ACCEPTS}");
    let shown = |start: &str| agreed(&[part("REQUEST", &lines(start))]);
    assert_eq!(shown("DTSTART:20261125T130000Z"), ["Wed 2026-11-25 13:00"]);
    // Floating: by the clocks of the client's calendar.
    assert_eq!(shown("DTSTART:20261125T140000"), ["Wed 2026-11-25 13:00"]);
    let outlook = "DTSTART;TZID=\"W. Europe Standard Time\":20261125T140000";
    assert_eq!(shown(outlook), ["Wed 2026-11-25 13:00"]);
    // All day: from its beginning, there.
    assert_eq!(
        shown("DTSTART;VALUE=DATE:20261125"),
        ["Tue 2026-11-24 23:00"]
    );
    assert_eq!(shown("DTSTART:tomorrow"), [""; 0]);
}

#[test]
fn a_zone_that_only_the_mail_explains_is_understood() {
    let zone = "BEGIN:VTIMEZONE\r\nTZID:Customized Time Zone\r\nBEGIN:STANDARD\r\nDTSTART:16010101T030000\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\r\nEND:STANDARD\r\nBEGIN:DAYLIGHT\r\nDTSTART:16010101T020000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\n";
    let start = "DTSTART;TZID=Customized Time Zone:20261125T140000";
    let lines = format!("DTSTAMP:20261120T090000Z\n{start}\n{ACCEPTS}");
    let text = part("REQUEST", &lines).replace("BEGIN:VEVENT", &format!("{zone}BEGIN:VEVENT"));
    let in_new_york = |text: &str| meetings_from_ics(text, Tz::America__New_York, at(NOW));
    let begins = &in_new_york(&text)[0].begins;
    assert_eq!(begins, &[at("2026-11-25T13:00:00Z")]);
}

#[test]
fn a_meeting_that_moves_is_to_be_accepted_anew() {
    let first = invited(0, "DTSTART:20261125T130000Z");
    let moved = invited(1, "DTSTART:20261202T130000Z");
    let yes = |sequence: u32| replied(sequence, "20261121T090000Z", ACCEPTS);
    assert_eq!(agreed(&[first.clone(), yes(0), moved.clone()]), [""; 0]);
    let anew = [first, yes(0), moved, yes(1)];
    assert_eq!(agreed(&anew), ["Wed 2026-12-02 13:00"]);
}

#[test]
fn what_is_called_off_does_not_count() {
    let request = invited(0, "DTSTART:20261125T130000Z");
    let yes = replied(0, "20261121T090000Z", ACCEPTS);
    let off = part(
        "CANCEL",
        "SEQUENCE:1\nDTSTAMP:20261122T090000Z\nSTATUS:CANCELLED\nDTSTART:20261125T130000Z",
    );
    assert_eq!(
        agreed(&[request.clone(), yes.clone(), off.clone()]),
        [""; 0]
    );
    assert_eq!(agreed(&[off, yes, request]), [""; 0]);
}

#[test]
fn one_instance_of_a_series_may_be_moved_declined_or_called_off() {
    let series = part(
        "REQUEST",
        &format!(
            "SEQUENCE:0\nDTSTAMP:20261120T090000Z\nDTSTART;TZID=Europe/Berlin:20261104T140000\nRRULE:FREQ=WEEKLY;COUNT=6\nEXDATE;TZID=Europe/Berlin:20261111T140000\n{ACCEPTS}"
        ),
    );
    let all = [
        "Wed 2026-11-04 13:00",
        "Wed 2026-11-18 13:00",
        "Wed 2026-11-25 13:00",
        "Wed 2026-12-02 13:00",
        "Wed 2026-12-09 13:00",
    ];
    assert_eq!(agreed(std::slice::from_ref(&series)), all);
    let of = |day: &str| format!("RECURRENCE-ID;TZID=Europe/Berlin:{day}T140000");
    let moved = part(
        "REQUEST",
        &format!(
            "{}\nSEQUENCE:1\nDTSTAMP:20261121T090000Z\nDTSTART:20261126T080000Z\n{ACCEPTS}",
            of("20261125")
        ),
    );
    let off = part(
        "CANCEL",
        &format!(
            "{}\nSEQUENCE:1\nDTSTAMP:20261121T090000Z\nDTSTART:20261202T130000Z",
            of("20261202")
        ),
    );
    let declined = part(
        "REPLY",
        &format!(
            "{}\nSEQUENCE:0\nDTSTAMP:20261121T090000Z\nDTSTART:20261209T130000Z\n{DECLINES}",
            of("20261209")
        ),
    );
    let left = [
        "Wed 2026-11-04 13:00",
        "Wed 2026-11-18 13:00",
        "Thu 2026-11-26 08:00",
    ];
    let told = [series, moved, off, declined];
    assert_eq!(agreed(&told), left);
    let mut reversed = told;
    reversed.reverse();
    assert_eq!(agreed(&reversed), left);
}

#[test]
fn a_meeting_that_began_is_a_contact_and_one_ahead_is_agreed() {
    let lines = |start: &str| format!("DTSTAMP:20261120T090000Z\n{start}\n{ACCEPTS}");
    let mut own = after(&[part("REQUEST", &lines("DTSTART:20261204T130000Z"))]);
    own.since = at("2026-11-24T09:00:00Z");
    let calendar = london(&[]);
    let moments = [
        "2026-12-04T09:00:00Z",
        "2026-12-04T13:00:00Z",
        "2026-12-11T17:00:00Z",
    ];
    let states = states(CheckIn::Weekly, &calendar, &own, &moments);
    assert_eq!(states, ["fine", "fine", "lapsed"]);
    let met = own.last_contact(at("2026-12-04T13:00:00Z")).expect("one");
    assert_eq!(
        (met.how, met.at),
        (ContactKind::Meeting, at("2026-12-04T13:00:00Z"))
    );
}

#[test]
fn a_part_that_was_cut_off_is_read_as_far_as_it_goes() {
    let whole = invited(0, "DTSTART:20261125T130000Z");
    let long = whole.replace("END:VEVENT", "DESCRIPTION:As discussed\r\nEND:VEVENT");
    let cut = long.find("discussed").expect("there");
    let notices = read(&long[..cut]);
    assert_eq!(notices[0].begins, [at("2026-11-25T13:00:00Z")]);
    for length in 0..long.len() {
        // Whatever is missing, nothing fails.
        let _ = read(&long[..length]);
    }
}

#[test]
fn a_rule_that_never_ends_is_followed_for_a_while() {
    let lines =
        format!("DTSTAMP:20261120T090000Z\nDTSTART:20240101T090000Z\nRRULE:FREQ=DAILY\n{ACCEPTS}");
    let notices = read(&part("REQUEST", &lines));
    assert_eq!(notices[0].begins.len(), OCCURRENCES_MAX);
    let lines = lines.replace("DAILY", "SECONDLY");
    assert_eq!(read(&part("REQUEST", &lines))[0].begins.len(), 0);
}

#[test]
fn too_many_meetings_drop_those_that_are_over_and_keep_the_contact() {
    let parts: Vec<String> = (0..MEETINGS_MAX + 4)
        .map(|number| {
            let day = 1 + number % 20;
            let lines = format!(
                "DTSTAMP:20261120T090000Z\nDTSTART:202611{day:02}T0900{number:02}Z\n{ACCEPTS}"
            );
            part("REQUEST", &lines).replace("UID:one", &format!("UID:meeting{number}"))
        })
        .collect();
    let own = after(&parts);
    assert_eq!(own.meetings.len(), MEETINGS_MAX);
    assert_eq!(own.last.map(|last| last.how), Some(ContactKind::Meeting));
}

fn mails() -> Vec<String> {
    let of = "RECURRENCE-ID:20261202T130000Z";
    vec![
        part(
            "REQUEST",
            &format!(
                "SEQUENCE:0\nDTSTAMP:20261101T090000Z\nDTSTART:20261125T130000Z\nRRULE:FREQ=WEEKLY;COUNT=4\n{ANNA}"
            ),
        ),
        replied(0, "20261102T090000Z", ACCEPTS),
        replied(0, "20261103T090000Z", DECLINES),
        part(
            "REQUEST",
            &format!(
                "SEQUENCE:1\nDTSTAMP:20261104T090000Z\nDTSTART:20261125T150000Z\nRRULE:FREQ=WEEKLY;COUNT=4\n{ANNA}"
            ),
        ),
        part(
            "REQUEST",
            &format!(
                "SEQUENCE:1\nDTSTAMP:20261105T090000Z\nDTSTART:20261125T130000Z\nRRULE:FREQ=WEEKLY;COUNT=4\n{ANNA}"
            ),
        ),
        replied(1, "20261106T090000Z", ACCEPTS),
        part(
            "REPLY",
            &format!(
                "{of}\nSEQUENCE:1\nDTSTAMP:20261107T090000Z\nDTSTART:20261202T130000Z\n{DECLINES}"
            ),
        ),
        part(
            "REQUEST",
            &format!(
                "{of}\nSEQUENCE:2\nDTSTAMP:20261108T090000Z\nDTSTART:20261203T130000Z\n{ACCEPTS}"
            ),
        ),
        part(
            "CANCEL",
            "RECURRENCE-ID:20261209T130000Z\nSEQUENCE:2\nDTSTAMP:20261109T090000Z\nDTSTART:20261209T130000Z",
        ),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(128) })]

    #[test]
    fn the_order_in_which_mails_are_seen_changes_nothing(
        shuffled in Just((0..mails().len()).collect::<Vec<_>>()).prop_shuffle(),
        seen in 1..=mails().len(),
        twice in 0..mails().len(),
    ) {
        let mails = mails();
        let mut order: Vec<usize> = shuffled[..seen].to_vec();
        let mut sorted = order.clone();
        sorted.sort_unstable();
        order.push(shuffled[twice % seen]);
        let chosen = |order: &[usize]| {
            let parts: Vec<String> = order.iter().map(|at| mails[*at].clone()).collect();
            after(&parts)
        };
        prop_assert_eq!(chosen(&order), chosen(&sorted));
    }

    #[test]
    fn whatever_others_write_harms_nobody(text in "(BEGIN:VCALENDAR|BEGIN:VEVENT|END:VEVENT|METHOD:REQUEST|UID:a|DTSTART:|DTSTART;TZID=|20261125T1|RRULE:FREQ=DAILY|;INTERVAL=0|ATTENDEE;|\r\n|:|;|é|[ -~]){0,40}") {
        let _ = meetings_from_ics(&text, Tz::Europe__Berlin, at(NOW));
    }
}
