//! Every mail we write, as text, HTML and headers, against snapshots.

#[path = "mails/given.rs"]
mod given;
#[path = "mails/hostile.rs"]
mod hostile;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use ackd::domain::draft::Letterhead;
use ackd::domain::draft::{
    Acknowledgement, CaseLine, Confirmation, Draft, Mail, REFERENCES_MAX, Templates,
    case_root_message_id, render,
};
use ackd::domain::ids::{CaseId, InstanceId, MessageId};
use ackd::domain::policy::Clock;
use ackd::smtp::bytes;

use crate::given::{
    acknowledgement, address, answer_due, answerable, id, invoice, letterhead, lines, outage,
};

// --- When

pub(crate) fn rendered(draft: &Draft) -> Mail {
    render(draft, &letterhead(), &Templates::embedded())
}

pub(crate) fn acknowledged(draft: Acknowledgement) -> Mail {
    let letterhead = Letterhead {
        to: address("anna@acme.example"),
        ..letterhead()
    };
    render(
        &Draft::Acknowledgement(draft),
        &letterhead,
        &Templates::embedded(),
    )
}

pub(crate) fn wire(mail: &Mail) -> String {
    let bytes = bytes(mail).expect("a mail that can be written");
    String::from_utf8(bytes).expect("ASCII")
}

/// The header block as it goes over the wire.
pub(crate) fn header_block(mail: &Mail) -> String {
    let wire = wire(mail);
    let (headers, _) = wire.split_once("\r\n\r\n").expect("a header block");
    headers.replace("\r\n", "\n")
}

/// Envelope, headers and texts on one page.
fn page(mail: &Mail) -> String {
    let sender = mail.envelope_sender.as_ref();
    let sender = sender.map_or_else(String::new, ToString::to_string);
    let mut page = format!("MAIL FROM:<{sender}>\nRCPT TO:<{}>\n\n", mail.to);
    let _ = write!(page, "{}\n\n{}", header_block(mail), mail.text);
    if let Some(html) = &mail.html {
        let _ = write!(page, "\n----------\n{html}");
    }
    page
}

// --- Then: each mail, as people see it

#[test]
fn a_reminder_before_the_deadline() {
    let mail = rendered(&Draft::Reminder(lines(vec![invoice()])));
    assert_eq!(
        mail.subject,
        "35 min left · Acme · Invoice wrong · due 14:30"
    );
    insta::assert_snapshot!("reminder", page(&mail));
}

#[test]
fn a_morning_mail() {
    let mail = rendered(&Draft::Morning(Box::new(given::morning())));
    assert_eq!(
        mail.subject,
        "Your morning · 1 overdue · 2 open · 1 acknowledged · 3 without a case · 1 unreadable"
    );
    insta::assert_snapshot!("morning", page(&mail));
}

#[test]
fn a_morning_mail_of_one_thing_says_when_it_is_due() {
    let letter = ackd::domain::draft::MorningLetter {
        open: given::morning().open.split_off(1),
        ..given::empty_morning()
    };
    let mail = rendered(&Draft::Morning(Box::new(letter)));
    assert_eq!(mail.subject, "Your morning · 1 open · next due 14:30");
}

#[test]
fn a_morning_mail_shows_so_many_lines_and_counts_the_others() {
    let letter = ackd::domain::draft::MorningLetter {
        asides: vec![given::morning().asides[0].clone(); 32],
        ..given::empty_morning()
    };
    let mail = rendered(&Draft::Morning(Box::new(letter)));
    assert!(mail.text.contains("… and 12 more"), "{}", mail.text);
    assert!(mail.html.expect("HTML").contains("… and 12 more"));
}

#[test]
fn a_weekly_report() {
    let mail = rendered(&Draft::Weekly(Box::new(given::week())));
    assert_eq!(
        mail.subject,
        "Week of 31 August · 66 % kept · 1 never answered"
    );
    insta::assert_snapshot!("weekly", page(&mail));
}

#[test]
fn a_reminder_that_can_be_answered_with_a_word() {
    let draft = Draft::Reminder(lines(vec![invoice(), answer_due()]));
    let mail = render(&draft, &answerable(), &Templates::embedded());
    insta::assert_snapshot!("reminder_answerable", page(&mail));
}

#[test]
fn what_became_of_an_answer_is_told_in_one_line_and_starts_no_loop() {
    let draft = Draft::Confirmation(Confirmation {
        subject: "AW: RE: 35 min left · Acme · Invoice wrong · due 14:30".to_owned(),
        text: "Case 17 was taken by bob@northwind.example already.".to_owned(),
        answers: Some(id("answer@phone.example")),
        cases: vec![CaseId(17)],
    });
    let mail = render(&draft, &answerable(), &Templates::embedded());
    assert_eq!(mail.envelope_sender, None);
    insta::assert_snapshot!("confirmation", page(&mail));
}

#[test]
fn a_reminder_of_several_cases() {
    let mail = rendered(&Draft::Reminder(lines(vec![invoice(), answer_due()])));
    assert_eq!(mail.subject, "2 clients wait · first due 14:30 · Acme");
    insta::assert_snapshot!("reminder_of_several", page(&mail));
}

#[test]
fn several_cases_of_one_client_are_not_several_clients() {
    let second = CaseLine {
        case: CaseId(18),
        ..invoice()
    };
    let mail = rendered(&Draft::Reminder(lines(vec![invoice(), second])));
    assert_eq!(mail.subject, "2 cases of Acme wait · first due 14:30");
}

#[test]
fn a_reminder_that_an_answer_is_due_tomorrow_says_the_date() {
    let mail = rendered(&Draft::Reminder(lines(vec![answer_due()])));
    assert_eq!(
        mail.subject,
        "20 h 5 min left to answer · Initech · due Fri 11 Sep 10:00"
    );
}

#[test]
fn times_are_told_in_the_zone_of_the_case() {
    let line = CaseLine {
        zone: chrono_tz::Asia::Kolkata,
        instead_of: None,
        ..invoice()
    };
    let mail = rendered(&Draft::Reminder(lines(vec![line])));
    assert!(mail.subject.ends_with("due 19:00"), "{}", mail.subject);
    assert!(
        mail.text.contains("Thu 10 Sep 2026 19:00 IST"),
        "{}",
        mail.text
    );
    let line = CaseLine {
        zone: chrono_tz::Asia::Dubai,
        instead_of: None,
        ..invoice()
    };
    let mail = rendered(&Draft::Reminder(lines(vec![line])));
    assert!(mail.text.contains("17:30 UTC+04"), "{}", mail.text);
}

#[test]
fn an_escalation() {
    let mail = rendered(&Draft::Escalation(lines(vec![outage()])));
    assert_eq!(
        mail.subject,
        "Urgent · overdue by 22 h 55 min · Globex · Server down · was due Wed 9 Sep 15:00"
    );
    insta::assert_snapshot!("escalation", page(&mail));
}

#[test]
fn an_escalation_at_the_due_moment_says_now() {
    let line = CaseLine {
        due_at: Some(letterhead().now),
        ..invoice()
    };
    let mail = rendered(&Draft::Escalation(lines(vec![line])));
    assert_eq!(mail.subject, "Due now · Acme · Invoice wrong · due 13:55");
    let line = CaseLine {
        due_at: Some(letterhead().now - chrono::TimeDelta::minutes(20)),
        ..invoice()
    };
    let mail = rendered(&Draft::Escalation(lines(vec![line])));
    assert_eq!(
        mail.subject,
        "Overdue by 20 min · Acme · Invoice wrong · was due 13:35"
    );
}

#[test]
fn a_summary_of_all_open_cases() {
    let mail = rendered(&Draft::Summary(lines(vec![
        outage(),
        invoice(),
        answer_due(),
    ])));
    assert_eq!(
        mail.subject,
        "Urgent · 3 open cases · overdue by 22 h 55 min · Globex"
    );
    insta::assert_snapshot!("summary", page(&mail));
}

#[test]
fn a_stand_in_reads_whose_cases_these_are_and_for_how_long() {
    let instead_of = Some("for Alice, away until 3 January".to_owned());
    let line = |line: CaseLine| CaseLine {
        instead_of: instead_of.clone(),
        ..line
    };
    let cases = lines(vec![line(invoice()), line(outage())]);
    let mail = rendered(&Draft::StandIn(cases));
    insta::assert_snapshot!("stand_in", page(&mail));
    let mail = rendered(&Draft::Reminder(lines(vec![line(invoice())])));
    assert!(
        mail.text.contains("for Alice, away until 3 January"),
        "{}",
        mail.text
    );
    let back = rendered(&Draft::Back(lines(vec![invoice(), outage()])));
    insta::assert_snapshot!("back", page(&back));
}

#[test]
fn a_very_long_summary_shows_the_soonest_and_counts_the_others() {
    let cases = (0..73).map(|n| CaseLine {
        case: CaseId(n),
        ..invoice()
    });
    let mail = rendered(&Draft::Summary(lines(cases.collect())));
    assert!(mail.subject.starts_with("73 open cases"));
    assert_eq!(mail.text.matches("Case:  ").count(), 50);
    assert!(mail.text.contains("… and 23 more"), "{}", mail.text);
}

#[test]
fn an_owner_is_told_that_we_acknowledged() {
    let mail = rendered(&Draft::Acknowledged(lines(vec![answer_due()])));
    insta::assert_snapshot!("acknowledged", page(&mail));
    let mail = rendered(&Draft::Acknowledged(lines(vec![invoice()])));
    assert_eq!(
        mail.subject,
        "Acknowledged for you · Acme · Invoice wrong · an answer is still owed"
    );
}

#[test]
fn an_answer_that_has_no_deadline_is_never_overdue() {
    let line = CaseLine {
        due_at: None,
        ..answer_due()
    };
    for draft in [Draft::Acknowledged, Draft::Back, Draft::Summary] {
        let mail = rendered(&draft(lines(vec![line.clone()])));
        assert!(
            mail.subject.ends_with(" · an answer is still owed"),
            "{}",
            mail.subject
        );
        let html = mail.html.as_deref().unwrap_or_default();
        assert!(
            mail.text
                .contains("Owed:        a person's answer, without a deadline")
        );
        assert!(html.contains("a person&#x27;s answer, without a deadline"));
        for text in [mail.text.as_str(), html] {
            assert!(!text.contains("overdue") && !text.contains("Due"), "{text}");
        }
    }
}

#[test]
fn an_owner_is_told_that_an_acknowledgement_was_held() {
    let mail = rendered(&Draft::AcknowledgementHeld {
        lines: lines(vec![invoice()]),
        reason: "the mailbox \"clients\" could not be looked at.\r\nBcc: x@evil.test".to_owned(),
    });
    insta::assert_snapshot!("acknowledgement_held", page(&mail));
}

#[test]
fn a_notice_says_what_it_was_given() {
    let mail = rendered(&Draft::Notice {
        subject: "blind: mailbox clients".to_owned(),
        text: "No proof of life from mailbox clients since 13:40.\r\nReason: login refused.\u{7}"
            .to_owned(),
    });
    insta::assert_snapshot!("notice", page(&mail));
}

fn answer_in_january() -> ackd::domain::time::Timestamp {
    "2027-01-04T09:05:00Z".parse().expect("a moment")
}

#[test]
fn an_acknowledgement_in_every_language() {
    for language in ["en", "de", "fr", "es", "it", "nl", "pt"] {
        let mail = acknowledged(acknowledgement(language));
        let name = format!("acknowledgement_{language}");
        insta::assert_snapshot!(name, page(&mail));
        let no_promise = Acknowledgement {
            answer_by: None,
            ..acknowledgement(language)
        };
        let mail = acknowledged(no_promise);
        assert!(!mail.text.contains("10:30"), "{}", mail.text);
        let on_holiday = Acknowledgement {
            owner: Some("Alice".to_owned()),
            closed_for: Some("Boxing Day".to_owned()),
            answer_by: Some(answer_in_january()),
            ..acknowledgement(language)
        };
        let today = acknowledged(Acknowledgement {
            closed_today: true,
            ..on_holiday.clone()
        });
        let name = format!("acknowledgement_{language}_on_a_holiday");
        let meanwhile = acknowledged(on_holiday);
        insta::assert_snapshot!(name, format!("{}\n---\n{}", today.text, meanwhile.text));
        let nameless = Acknowledgement {
            subject: " \r\n".to_owned(),
            ..acknowledgement(language)
        };
        let no_promise = format!("acknowledgement_{language}_without_promise_and_subject");
        let subject = acknowledged(nameless).subject;
        insta::assert_snapshot!(no_promise, format!("{subject}\n\n{}", mail.text));
    }
}

#[test]
fn an_unknown_language_gets_english_and_a_region_makes_no_difference() {
    let english = acknowledged(acknowledgement("en")).text;
    assert_eq!(acknowledged(acknowledgement("tlh")).text, english);
    assert_eq!(acknowledged(acknowledgement("")).text, english);
    assert_eq!(acknowledged(acknowledgement("EN-gb")).text, english);
}

#[test]
fn the_operator_can_replace_a_text_and_add_a_language() {
    let templates = Templates::with_overrides(BTreeMap::from([
        (
            "acknowledgement.pl.txt.j2".to_owned(),
            "Dziękujemy. {% if answer_by %}{{ answer_by }}{% endif %} {{ team }}".to_owned(),
        ),
        ("notice.txt.j2".to_owned(), "*{{ text }}*".to_owned()),
    ]))
    .expect("good templates");
    let draft = Draft::Acknowledgement(acknowledgement("pl"));
    let mail = render(&draft, &letterhead(), &templates);
    assert_eq!(mail.text, "Dziękujemy. 2026-10-01 10:30 CEST Northwind");
    let notice = Draft::Notice {
        subject: "s".to_owned(),
        text: "t".to_owned(),
    };
    assert_eq!(render(&notice, &letterhead(), &templates).text, "*t*");
}

// --- Then: threads

#[test]
fn all_mails_about_a_case_form_one_thread() {
    let root = case_root_message_id(CaseId(17), &InstanceId::new("k7q2"), "northwind.example");
    let root = root.expect("a root");
    assert_eq!(root.as_str(), "ackd.case.17.k7q2@northwind.example");
    for draft in [
        Draft::Reminder(lines(vec![invoice()])),
        Draft::Escalation(lines(vec![invoice()])),
        Draft::Acknowledged(lines(vec![invoice()])),
        Draft::Summary(lines(vec![invoice()])),
    ] {
        let mail = rendered(&draft);
        assert_eq!(mail.in_reply_to.as_ref(), Some(&root));
        assert_eq!(mail.references.first(), Some(&root));
        let client = invoice().message_id.expect("an id");
        assert!(
            !mail.references.contains(&client),
            "stays out of the client's thread"
        );
    }
}

#[test]
fn a_mail_about_several_cases_ties_their_threads_together_in_no_way() {
    for draft in [
        Draft::Reminder(lines(vec![invoice(), outage()])),
        Draft::Summary(lines(vec![invoice(), outage()])),
    ] {
        let mail = rendered(&draft);
        assert_eq!((mail.in_reply_to, mail.references.len()), (None, 0));
        assert!(
            mail.headers
                .contains(&("X-Ackd-Cases", "17, 12".to_owned()))
        );
    }
}

#[test]
fn a_client_who_writes_long_subjects_does_not_hide_when_it_is_due() {
    let line = CaseLine {
        subject: "Invoice ".repeat(100),
        client: "Acme and Sons ".repeat(20),
        urgent: true,
        clock: Clock::Answer,
        ..invoice()
    };
    let subject = rendered(&Draft::Reminder(lines(vec![line]))).subject;
    assert!(subject.ends_with("… · due 14:30"), "{subject}");
}

#[test]
fn an_acknowledgement_stands_in_the_clients_thread() {
    let mail = acknowledged(acknowledgement("en"));
    let ids: Vec<&str> = mail.references.iter().map(MessageId::as_str).collect();
    assert_eq!(
        ids,
        ["1@acme.example", "2@northwind.example", "3@acme.example"]
    );
    assert_eq!(mail.envelope_sender, None);
}

#[test]
fn a_long_chain_of_references_keeps_its_first_and_its_newest() {
    let references: Vec<MessageId> = (0..60).map(|n| id(&format!("{n}@acme.example"))).collect();
    let mail = acknowledged(Acknowledgement {
        references,
        ..acknowledgement("en")
    });
    assert_eq!(mail.references.len(), REFERENCES_MAX);
    assert_eq!(mail.references[0].as_str(), "0@acme.example");
    assert_eq!(mail.references[1].as_str(), "42@acme.example");
    assert_eq!(mail.references.last(), Some(&id("3@acme.example")));
    let long = id(&format!("{}@acme.example", "x".repeat(480)));
    let mail = acknowledged(Acknowledgement {
        in_reply_to: Some(long.clone()),
        ..acknowledgement("en")
    });
    let headers = header_block(&mail);
    assert!(
        headers.contains(&format!("<{long}>")),
        "an id is never broken:\n{headers}"
    );
}
