//! Stories of when the header alone is not enough: the verdict must not depend on whether the body
//! was fetched.

use super::super::super::facts::MessageFacts;
use super::super::super::rules::{CheckIn, Rules};
use super::super::{
    Kind, Sender, Verdict, is_clients_list_mail, judge, kind_needs_text, meeting_needs_text,
    needs_text,
};
use super::{mail, mail_with_text, parts, rules};

/// An answer to an invitation as calendar programs send it: the calendar part behind its text.
const ANSWER_TO_INVITATION: &str = "--b\r\nContent-Type: text/plain\r\n\r\nBob has accepted.\r\n--b\r\nContent-Type: text/calendar; method=REPLY\r\n\r\nBEGIN:VCALENDAR\r\nMETHOD:REPLY\r\n--b--\r\n";

/// Judged as the daemon does: by the header first, with the body only where that asks for it.
fn judged_in_steps(fields: &str, body: &str, rules: &Rules) -> (MessageFacts, Verdict) {
    let mut facts = mail(fields);
    if needs_text(&facts, rules) {
        facts = mail_with_text(fields, Some(body));
    }
    let verdict = judge(&facts, None, rules);
    (facts, verdict)
}

#[test]
fn an_invitation_is_read_where_check_ins_were_promised() {
    let mut promised = rules();
    for client in promised.clients.values_mut() {
        client.check_in = Some(CheckIn::Weekly);
    }
    let invitation = "Content-Type: text/calendar; method=REQUEST";
    let outgoing = format!("From: alice@northwind.example\nTo: bob@acme.example\n{invitation}");
    for fields in [invitation, outgoing.as_str()] {
        assert!(meeting_needs_text(&mail(fields), &promised), "{fields}");
        assert!(!meeting_needs_text(&mail(fields), &rules()), "not promised");
    }
    let inside = format!("From: alice@northwind.example\nTo: carl@northwind.example\n{invitation}");
    assert!(!meeting_needs_text(&mail(&inside), &promised));
    let facts = mail_with_text(
        "Content-Type: multipart/mixed; boundary=b",
        Some(ANSWER_TO_INVITATION),
    );
    let calendar = facts.calendar.expect("the part");
    assert!(calendar.starts_with("BEGIN:VCALENDAR"), "{calendar}");
    assert_eq!(mail_with_text("", Some("BEGIN:VCALENDAR")).calendar, None);
}

#[test]
fn the_text_is_wanted_only_between_clients_and_team_and_where_it_can_decide() {
    let wanted = |fields: &str| needs_text(&mail(fields), &rules());
    let parts = "Content-Type: multipart/mixed; boundary=b";
    let answer = "From: alice@northwind.example\nTo: bob@acme.example";
    for fields in [
        "Subject: Re: Printer",
        "References: <0@northwind.example>",
        "",
        parts,
        "X-Auto-Response-Suppress: OOF",
        "X-Mailer: PHPMailer 6.1",
        "Content-Type: text/html",
        answer,
    ] {
        assert!(wanted(fields), "a person's: {fields}");
    }
    for fields in [
        "From: alice@northwind.example\nTo: carl@northwind.example",
        "From: eve@evil.test",
    ] {
        for sign in [
            parts,
            "Auto-Submitted: auto-replied",
            "Content-Type: text/html",
        ] {
            assert!(!wanted(&format!("{fields}\n{sign}")), "nobody's: {fields}");
        }
    }
    for fields in [
        "Auto-Submitted: auto-replied",
        "Auto-Submitted: auto-replied\nContent-Type: text/plain; charset=utf-8",
        "Subject: Automatic reply: Printer\nContent-Type: text/html",
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b",
        "Content-Type: text/calendar; method=REPLY",
        "From: ackd@northwind.example\nTo: bob@acme.example\nX-Ackd: i1\nContent-Type: multipart/mixed; boundary=b",
    ] {
        assert!(!wanted(fields), "settled: {fields}");
    }
    for fields in [
        "Auto-Submitted: auto-replied",
        "Precedence: bulk",
        "X-Loop: yes",
    ] {
        let fields = format!("{fields}\n{parts}");
        assert!(wanted(&fields), "an invitation? {fields}");
    }
}

#[test]
fn of_a_plain_letter_the_text_is_not_wanted_for_its_kind() {
    let wanted = |fields: &str| kind_needs_text(&mail(fields), &rules());
    for fields in [
        "Subject: Re: Printer",
        "Subject: Fwd: Printer",
        "Auto-Submitted: no",
    ] {
        assert!(!wanted(fields), "{fields}");
    }
    for fields in [
        "Content-Type: multipart/mixed; boundary=b",
        "Content-Type: text/plain; name=plan.ics",
        "X-Auto-Response-Suppress: OOF",
        "From: postmaster@acme.example",
        "From: monitoring@acme.example",
    ] {
        assert!(wanted(fields), "{fields}");
    }
}

#[test]
fn an_answer_to_an_invitation_is_calendar_mail_whatever_else_its_header_says() {
    let parts = "Content-Type: multipart/alternative; boundary=b";
    for fields in [
        "Subject: Accepted: Printer",
        "Auto-Submitted: auto-replied",
        "Auto-Submitted: auto-generated",
        "X-Autoreply: yes",
        "Precedence: bulk",
        "From: no-reply@acme.example",
        "Return-Path: <>",
    ] {
        let fields = format!("{fields}\n{parts}");
        let (_, verdict) = judged_in_steps(&fields, ANSWER_TO_INVITATION, &rules());
        assert_eq!(
            verdict.kind,
            Kind::Calendar,
            "{fields}: {:?}",
            verdict.reasons
        );
    }
}

#[test]
fn an_invitation_that_opens_cases_is_recognised_by_what_stands_within() {
    let mut inviting = parts();
    inviting.team.invitations_open_case = true;
    let inviting = Rules::new(inviting);
    let within = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n";
    let behind = ANSWER_TO_INVITATION.replace("REPLY", "REQUEST");
    for (fields, body) in [
        ("Content-Type: text/calendar", within),
        (
            "Content-Class: urn:content-classes:calendarmessage\nContent-Type: multipart/mixed; boundary=b",
            behind.as_str(),
        ),
        (
            "Auto-Submitted: auto-generated\nContent-Type: multipart/mixed; boundary=b",
            behind.as_str(),
        ),
    ] {
        let (_, verdict) = judged_in_steps(fields, body, &inviting);
        assert!(verdict.opens_case, "{fields}: {:?}", verdict.reasons);
        let (_, verdict) = judged_in_steps(fields, body, &rules());
        assert_eq!(
            verdict.kind,
            Kind::Calendar,
            "{fields}: {:?}",
            verdict.reasons
        );
        assert!(!verdict.opens_case, "{fields}");
    }
}

#[test]
fn a_strangers_copy_of_what_a_client_wrote_is_known_for_list_mail_by_its_text() {
    let fields = "From: shop@shop.example\nTo: alice@northwind.example\nReply-To: bob@acme.example\nX-Mailer: PHPMailer 6.1";
    let body = "Our news.\r\nYou are receiving this newsletter every week.\r\nTo unsubscribe, visit https://a.example/u?id=17\r\n";
    let (facts, verdict) = judged_in_steps(fields, body, &rules());
    assert_eq!(
        (verdict.kind, verdict.sender),
        (Kind::Bulk, Sender::Stranger)
    );
    assert!(is_clients_list_mail(&facts, &verdict, &rules()));
}

/// Fields that turn verdicts, each with others of its kind.
const FIELDS: &[&[&str]] = &[
    &[
        "",
        "From: no-reply@acme.example",
        "From: Bob <no-reply@acme.example>\nReply-To: Bob <bob@acme.example>",
        "From: postmaster@acme.example",
        "From: Mail Administrator <it@acme.example>",
        "From: monitoring@acme.example",
        "From: Acme Newsletter <office@acme.example>",
        "From: body_216095411795471888@acme.example",
        "From: alice@northwind.example\nTo: bob@acme.example",
        "From: no-reply@northwind.example\nTo: bob@acme.example",
        "From: wordpress@northwind.example\nReply-To: bob@acme.example",
        "From: notifications@northwind.example\nReply-To: bob@acme.example",
        "From: alice@northwind.example\nTo: carl@northwind.example\nCc: bob@acme.example\nReply-To: bob@acme.example",
        "From: eve@evil.test\nReply-To: bob@acme.example",
        "From: eve@evil.test",
        "From: Pieter Bot <p.bot@acme.example>",
    ],
    &[
        "",
        "Subject: Re: Printer",
        "Subject: Fwd: Printer",
        "Subject: [alice] Printer",
        "Subject: Automatic reply: Printer",
        "Subject: Out of Office: Printer",
        "Subject: Undeliverable: Printer",
        "Subject: Cron <root@web1> backup",
        "Subject: Read: Printer",
        "Subject: Declined: Printer",
        "Subject: Out of Office",
    ],
    &[
        "",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Type: text/html; charset=utf-8",
        "Content-Type: multipart/mixed; boundary=b",
        "Content-Type: (mixed) multipart/mixed; boundary=b",
        "Content-Type: Multipart/Report; boundary=b",
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b",
        "Content-Type: text/calendar",
        "Content-Type: text/calendar; method=REQUEST",
        "Content-Type: text/plain; name=plan.ics",
        "Content-Type: application/octet-stream; name*=utf-8''plan%2Eics",
        "Content-Type: message/delivery-status",
        "Content-Type: message/disposition-notification",
        "Content-Type: nonsense",
        "Content-Type:",
    ],
    &[
        "",
        "Auto-Submitted: no",
        "Auto-Submitted: auto-replied",
        "Auto-Submitted: auto-generated",
        "Precedence: bulk",
        "Precedence: list",
        "List-Id: <talk.lists.example>",
        "List-Unsubscribe: <https://a.example/u>",
        "List-Id: <clients.northwind.example>",
        "Feedback-ID: 1:2:3:acme",
        "Content-Class: urn:content-classes:calendarmessage",
        "X-Autoreply: yes",
        "X-Ackd: i1",
    ],
    &[
        "",
        "Return-Path: <>",
        "Return-Path: <bounces+77@mailer.example>",
        "X-Auto-Response-Suppress: All",
        "X-Mailer: PHPMailer 6.1",
        "X-SG-EID: abc",
        "To: undisclosed-recipients:;",
        "In-Reply-To: <0@northwind.example>",
    ],
];

/// Texts by which programs give themselves away, and some of people.
const TEXTS: &[&str] = &[
    "",
    "Thanks!",
    "Your message\r\n To: Bob\r\nwas read on Monday",
    "Please help.\r\n\r\nKind regards\r\nPieter Bot",
    "This e-mail was sent from a contact form.",
    "This is an automatic reply. I am away.",
    "This is an automated message. Please do not reply to this e-mail.",
    "alice@northwind.example: user unknown",
    "URL: https://a.example/17\r\nDate: 2026-03-02\r\n\r\nPrinter",
    "Name: Bob\r\nEmail: bob@acme.example\r\nMessage: It does not print.",
    "On Tuesday, Carl <carl at acme.example> wrote:\r\n> Hello",
    "You are receiving this email because you subscribed.\r\nTo unsubscribe, visit https://a.example/u?e=alice@northwind.example",
    "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR",
];

/// Parts that may stand beside a text.
const PARTS: &[&str] = &[
    "",
    "Content-Type: text/calendar; method=REPLY\r\n\r\nMETHOD:REPLY",
    "Content-Type: text/calendar\r\n\r\nMETHOD:REQUEST",
    "Content-Type: text/calendar; name=x.ics\r\nContent-Disposition: attachment\r\n\r\nMETHOD:PUBLISH",
    "Content-Type: application/octet-stream; name=x.ics\r\n\r\nBEGIN:VCALENDAR",
    "Content-Type: text/vnd.google.email-reaction+json\r\n\r\n{}",
    "Content-Type: message/delivery-status\r\n\r\nAction: failed",
    "Content-Type: message/disposition-notification\r\n\r\nDisposition: displayed",
    "Content-Type: text/html\r\n\r\n<a href=\"https://a.example/leave\">Unsubscribe</a>",
];

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(1024))]

    /// Judging by the header first, and by the body only where that asks for it, comes to the same
    /// as judging the whole.
    #[test]
    fn the_header_first_comes_to_the_same_as_the_whole(
        choice in proptest::collection::vec(0_usize..1 << 16, 5),
        text in proptest::sample::select(TEXTS),
        long in proptest::bool::ANY,
        part in proptest::sample::select(PARTS),
        inviting in proptest::bool::ANY,
    ) {
        let lines = FIELDS.iter().zip(choice).map(|(lines, at)| lines[at % lines.len()]);
        let fields = lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n");
        let lengthened = if long { "It prints again.\r\n".repeat(15) + text } else { text.to_owned() };
        let body = if fields.to_lowercase().contains("multipart/") {
            format!("--b\r\nContent-Type: text/plain\r\n\r\n{lengthened}\r\n--b\r\n{part}\r\n--b--\r\n")
        } else {
            lengthened
        };
        let mut rules = parts();
        rules.team.invitations_open_case = inviting;
        let rules = Rules::new(rules);
        let whole = mail_with_text(&fields, Some(&body));
        let expected = judge(&whole, None, &rules);
        let (facts, verdict) = judged_in_steps(&fields, &body, &rules);
        if is_between(&expected) {
            proptest::prop_assert_eq!(&verdict, &expected, "{}\n\n{}", &fields, &body);
            let facts = mail(&fields);
            if !kind_needs_text(&facts, &rules) {
                let kind = judge(&facts, None, &rules).kind;
                proptest::prop_assert_eq!(kind, expected.kind, "{}\n\n{}", fields, body);
            }
        }
        let listed = is_clients_list_mail(&facts, &verdict, &rules);
        proptest::prop_assert_eq!(listed, is_clients_list_mail(&whole, &expected, &rules));
    }
}

/// Whether something hangs on the kind of a mail.
fn is_between(verdict: &Verdict) -> bool {
    match verdict.sender {
        Sender::Client => true,
        Sender::Team => !verdict.addressed.is_empty(),
        Sender::Stranger => false,
    }
}
