//! Every mail we write, as text, HTML and headers, against snapshots; and what holds for all
//! of them whatever the outside puts into them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use ackd::domain::address::{Address, Author};
use ackd::domain::draft::{
    Acknowledgement, CaseLine, CaseLines, Draft, Letterhead, Mail, REFERENCES_MAX, Templates,
    case_root_message_id, render,
};
use ackd::domain::ids::{CaseId, InstanceId, MailboxName, MessageId};
use ackd::domain::policy::{Clock, Stage, Step};
use ackd::domain::time::{BusinessTime, Timestamp};
use ackd::smtp::bytes;

// --- Given

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time in RFC 3339")
}

fn address(text: &str) -> Address {
    Address::parse(text).expect("an address")
}

fn id(text: &str) -> MessageId {
    MessageId::parse(text).expect("a Message-ID")
}

/// It is Thursday, 10 September 2026, 13:55 in London.
fn letterhead() -> Letterhead {
    Letterhead {
        instance: InstanceId::new("k7q2"),
        from: Author {
            address: address("ackd@northwind.example"),
            name: Some("Ackd".to_owned()),
        },
        to: address("alice@northwind.example"),
        message_id: id("ackd.7.k7q2@northwind.example"),
        now: at("2026-09-10T12:55:00Z"),
    }
}

/// Acme's invoice is wrong: received 11:30, due 14:30.
fn invoice() -> CaseLine {
    CaseLine {
        case: CaseId(17),
        client: "Acme".to_owned(),
        contact: Author {
            address: address("anna@acme.example"),
            name: Some("Anna Bell".to_owned()),
        },
        subject: "Invoice wrong".to_owned(),
        message_id: Some(id("20260910.1130@mail.acme.example")),
        mailboxes: vec![MailboxName::new("clients"), MailboxName::new("alice")],
        received_at: at("2026-09-10T10:30:00Z"),
        due_at: at("2026-09-10T13:30:00Z"),
        clock: Clock::Acknowledge,
        stage: Some(stage(
            Clock::Acknowledge,
            Step::Remind(BusinessTime::from_minutes(30)),
        )),
        next: Some((
            at("2026-09-10T13:20:00Z"),
            stage(Clock::Acknowledge, Step::Acknowledge),
        )),
        waited: BusinessTime::from_minutes(145),
        unanswered: 2,
        urgent: false,
        suspicious: false,
        zone: chrono_tz::Europe::London,
    }
}

/// Globex waits as well, overdue since yesterday, urgent and suspicious.
fn outage() -> CaseLine {
    CaseLine {
        case: CaseId(12),
        client: "Globex".to_owned(),
        contact: Author {
            address: address("ops@globex.example"),
            name: None,
        },
        subject: "Server down".to_owned(),
        message_id: Some(id("x/1%2?\"@globex.example")),
        mailboxes: vec![MailboxName::new("clients")],
        received_at: at("2026-09-09T13:00:00Z"),
        due_at: at("2026-09-09T14:00:00Z"),
        stage: None,
        next: None,
        waited: BusinessTime::from_minutes(400),
        unanswered: 3,
        urgent: true,
        suspicious: true,
        ..invoice()
    }
}

/// Initech's mail is acknowledged; a person's answer is due tomorrow.
fn answer_due() -> CaseLine {
    CaseLine {
        case: CaseId(19),
        client: "Initech".to_owned(),
        subject: String::new(),
        message_id: None,
        due_at: at("2026-09-11T09:00:00Z"),
        clock: Clock::Answer,
        next: Some((
            at("2026-09-11T09:00:00Z"),
            stage(Clock::Answer, Step::Escalate(BusinessTime::ZERO)),
        )),
        unanswered: 1,
        ..invoice()
    }
}

fn stage(clock: Clock, step: Step) -> Stage {
    Stage { clock, step }
}

fn lines(lines: Vec<CaseLine>) -> CaseLines {
    CaseLines { lines }
}

fn acknowledgement(language: &str) -> Acknowledgement {
    Acknowledgement {
        team: "Northwind".to_owned(),
        contact: Author {
            address: address("anna@acme.example"),
            name: Some("Anna Bell".to_owned()),
        },
        from: address("clients@northwind.example"),
        subject: "Invoice wrong".to_owned(),
        in_reply_to: Some(id("3@acme.example")),
        references: vec![id("1@acme.example"), id("2@northwind.example")],
        answer_by: Some(at("2026-10-01T08:30:00Z")),
        zone: chrono_tz::Europe::Berlin,
        language: language.to_owned(),
    }
}

// --- When

fn rendered(draft: &Draft) -> Mail {
    render(draft, &letterhead(), &Templates::embedded())
}

fn acknowledged(draft: Acknowledgement) -> Mail {
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

fn wire(mail: &Mail) -> String {
    let bytes = bytes(mail).expect("a mail that can be written");
    String::from_utf8(bytes).expect("ASCII")
}

/// The header block as it goes over the wire.
fn header_block(mail: &Mail) -> String {
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
fn a_reminder_of_several_cases() {
    let mail = rendered(&Draft::Reminder(lines(vec![invoice(), answer_due()])));
    assert_eq!(mail.subject, "2 clients wait · next due 14:30 · Acme");
    insta::assert_snapshot!("reminder_of_several", page(&mail));
}

#[test]
fn several_cases_of_one_client_are_not_several_clients() {
    let second = CaseLine {
        case: CaseId(18),
        ..invoice()
    };
    let mail = rendered(&Draft::Reminder(lines(vec![invoice(), second])));
    assert_eq!(mail.subject, "2 cases of Acme wait · next due 14:30");
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
        "urgent · overdue since Wed 9 Sep 15:00 · Globex · Server down"
    );
    insta::assert_snapshot!("escalation", page(&mail));
}

#[test]
fn an_escalation_at_the_due_moment_says_the_time_alone() {
    let line = CaseLine {
        due_at: letterhead().now,
        ..invoice()
    };
    let mail = rendered(&Draft::Escalation(lines(vec![line])));
    assert_eq!(mail.subject, "overdue since 13:55 · Acme · Invoice wrong");
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
        "urgent · 3 open cases · overdue since Wed 9 Sep 15:00 · Globex"
    );
    insta::assert_snapshot!("summary", page(&mail));
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
    assert_eq!(mail.references.len(), REFERENCES_MAX);
}

#[test]
fn an_owner_is_told_that_we_acknowledged() {
    let mail = rendered(&Draft::Acknowledged(lines(vec![answer_due()])));
    insta::assert_snapshot!("acknowledged", page(&mail));
    let mail = rendered(&Draft::Acknowledged(lines(vec![invoice()])));
    assert_eq!(
        mail.subject,
        "acknowledged for you · Acme · Invoice wrong · an answer is still owed"
    );
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
        assert!(!mail.text.contains("2026"), "{}", mail.text);
        let nameless = Acknowledgement {
            subject: " \r\n".to_owned(),
            ..acknowledgement(language)
        };
        let name = format!("acknowledgement_{language}_without_promise_and_subject");
        let subject = acknowledged(nameless).subject;
        insta::assert_snapshot!(name, format!("{subject}\n\n{}", mail.text));
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
        Draft::Summary(lines(vec![invoice(), outage(), invoice()])),
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
    let several = rendered(&Draft::Summary(lines(vec![invoice(), outage(), invoice()])));
    assert_eq!(several.references.len(), 2, "each case once");
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

// --- Then: whatever the outside says, the mail stays whole

const ODD_SUBJECTS: [&str; 9] = [
    "Hi\r\nBcc: victim@evil.test\r\n\r\nspam",
    "🚨🚨 Ausfall – größte Störung 👩‍👩‍👧‍👦",
    "\u{202e}tnega.exe \u{2066}x",
    "فاتورة غير صحيحة",
    "<script>alert(1)</script> & \"quoted\" 'text' {{ 7 * 7 }}",
    "=?utf-8?q?Bcc=3A_x?= =?broken?x?",
    "\0\u{1b}[31m\u{7f}\u{2028}two lines",
    "....\n.\n..",
    " \t ",
];

fn odd_mails() -> Vec<Mail> {
    let mut subjects: Vec<String> = ODD_SUBJECTS.map(str::to_owned).to_vec();
    subjects.extend(["x".repeat(500), "ä ".repeat(500), "👍".repeat(500)]);
    let mut mails = Vec::new();
    for subject in subjects {
        let contact = Author {
            address: address("anna@acme.example"),
            name: Some(format!("\"{subject}\", <x@evil.test>")),
        };
        let line = CaseLine {
            subject: subject.clone(),
            client: subject.clone(),
            contact: contact.clone(),
            ..invoice()
        };
        mails.push(rendered(&Draft::Reminder(lines(vec![line]))));
        mails.push(rendered(&Draft::Notice {
            subject: subject.clone(),
            text: subject.clone(),
        }));
        mails.push(acknowledged(Acknowledgement {
            team: format!("{subject} (\"North\\wind\"), Ltd."),
            subject,
            contact,
            ..acknowledgement("en")
        }));
    }
    mails
}

#[test]
fn no_subject_or_name_can_add_a_header_or_a_line() {
    for mail in odd_mails() {
        let headers = header_block(&mail);
        let names: Vec<&str> = headers
            .lines()
            .filter(|line| !line.starts_with([' ', '\t']))
            .map(|line| line.split(':').next().unwrap_or_default())
            .collect();
        let known = [
            "Message-ID",
            "Date",
            "From",
            "To",
            "Subject",
            "In-Reply-To",
            "References",
            "Auto-Submitted",
            "X-Auto-Response-Suppress",
            "X-Ackd",
            "Precedence",
            "MIME-Version",
            "Content-Type",
            "Content-Transfer-Encoding",
        ];
        assert!(names.iter().all(|name| known.contains(name)), "{headers}");
        let mut once = names.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), names.len(), "each header once:\n{headers}");
        assert!(mail.subject.chars().count() <= 200);
        assert!(!mail.subject.is_empty());
    }
}

#[test]
fn what_goes_over_the_wire_is_ascii_with_short_lines_that_end_in_crlf() {
    for mail in odd_mails() {
        let wire = wire(&mail);
        assert!(wire.is_ascii());
        assert!(!wire.replace("\r\n", "").contains(['\r', '\n']));
        assert!(wire.split("\r\n").all(|line| line.len() <= 998));
    }
}

#[test]
fn another_mail_program_reads_back_what_we_wrote() {
    for mail in odd_mails() {
        let wire = wire(&mail);
        let parsed = mail_parser::MessageParser::default()
            .parse(wire.as_bytes())
            .expect("a message");
        assert_eq!(parsed.subject(), Some(mail.subject.as_str()));
        let from = parsed
            .from()
            .and_then(|from| from.first())
            .expect("a sender");
        assert_eq!(from.address(), Some(mail.from.address.to_string().as_str()));
        assert_eq!(from.name(), mail.from.name.as_deref());
        assert_eq!(parsed.message_id(), Some(mail.message_id.as_str()));
        let text = parsed.body_text(0).expect("a text").replace("\r\n", "\n");
        assert_eq!(text.trim_end(), mail.text.trim_end());
        if let Some(html) = &mail.html {
            let read = parsed.body_html(0).expect("a page").replace("\r\n", "\n");
            assert_eq!(read.trim_end(), html.trim_end());
        }
    }
}

#[test]
fn html_from_the_outside_is_shown_not_obeyed() {
    let line = CaseLine {
        subject: ODD_SUBJECTS[4].to_owned(),
        ..invoice()
    };
    let html = rendered(&Draft::Reminder(lines(vec![line])))
        .html
        .expect("a page");
    assert!(!html.contains("<script>"), "{html}");
    assert!(html.contains("&lt;script&gt;"), "{html}");
    assert!(
        html.contains("{{ 7 * 7 }}"),
        "templates in values are not run"
    );
}

#[test]
fn the_same_mail_is_the_same_bytes() {
    let draft = Draft::Reminder(lines(vec![invoice()]));
    assert_eq!(bytes(&rendered(&draft)), bytes(&rendered(&draft)));
}

#[test]
fn an_address_that_no_header_can_hold_is_an_error_that_does_not_name_it() {
    let mut mail = rendered(&Draft::Reminder(lines(vec![invoice()])));
    mail.to = address("an(na\"@acme.example");
    let error = bytes(&mail).expect_err("no such mail");
    assert!(!error.contains("acme"), "{error}");
    mail.to = address("an..na.@acme.example");
    assert!(bytes(&mail).is_ok(), "odd, but servers take it");
}
