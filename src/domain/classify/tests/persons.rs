//! Stories of persons' mail that was once lost: letters with a company's footer, letters that a
//! service carried, forms, what a person passes on or encloses, and absences typed by hand; beside
//! each the program's mail that looks alike.

use super::super::{Kind, Sender, Verdict, judge};
use super::{because, is_a_persons, mail_with_text, parts, rules, verdict};
use crate::domain::rules::Rules;

fn with_text(fields: &str, text: &str) -> Verdict {
    judge(&mail_with_text(fields, Some(text)), None, &rules())
}

/// Two parts, of which the second is this.
fn beside(text: &str, part: &str) -> String {
    format!("--b\r\nContent-Type: text/plain\r\n\r\n{text}\r\n--b\r\n{part}\r\n--b--\r\n")
}

const MIXED: &str = "Content-Type: multipart/mixed; boundary=b";

/// What a company or its mailing service puts below a letter.
const FOOTERS: &[&str] = &[
    "Unsubscribe: https://a.example/leave/17",
    "You are receiving this email because you are our customer.",
    "This email was sent to alice@northwind.example.",
    "If you no longer wish to hear from us: https://a.example/u?e=alice@northwind.example (unsubscribe)",
    "This e-mail was sent to alice@northwind.example. Unsubscribe: https://a.example/u?e=alice@northwind.example",
];

#[test]
fn a_letter_with_a_companys_footer_is_a_letter_in_whatever_form() {
    let words = "Hello Alice,\r\n\r\nThe printer does not print. Can you come today?\r\n\r\n";
    for footer in FOOTERS {
        let plain = format!("{words}Bob\r\n\r\n{footer}\r\n");
        let html = plain.replace("\r\n", "<br>\r\n");
        let html = format!(
            "<html><body>{html}<a href=\"https://a.example/leave\">Leave</a></body></html>"
        );
        is_a_persons(&with_text("", &plain), footer);
        is_a_persons(&with_text("Content-Type: text/html", &html), footer);
        let both = beside(&plain, &format!("Content-Type: text/html\r\n\r\n{html}"));
        is_a_persons(&with_text(MIXED, &both), footer);
    }
}

#[test]
fn a_letter_that_its_author_signed_is_a_letter_however_long_and_whoever_carried_it() {
    let body = "The printer on this floor does not print.\r\n".repeat(15);
    let footer = "\r\nYou are receiving this email because you are our customer.\r\nUnsubscribe: https://a.example/u?e=alice@northwind.example\r\n";
    for service in [
        "Return-Path: <bounces+1234-alice=northwind.example@em17.sendgrid.example>",
        "Return-Path: <0100018f-abc-000000@eu-west-1.amazonses.example>",
        "X-SG-EID: abc",
        "X-Mailer: PHPMailer 6.1.4",
        "Content-Type: text/html",
    ] {
        let fields = format!("From: Bob Smith <bob@acme.example>\n{service}");
        let end = match service {
            "Content-Type: text/html" => "<br>\r\n",
            _ => "\r\n",
        };
        for signed in [
            "Best regards,\r\nBob Smith",
            "Thanks, Bob",
            "Kind regards\r\nB. Smith\r\nAcme Ltd",
        ] {
            let text = format!("{body}{signed}{footer}").replace("\r\n", end);
            is_a_persons(&with_text(&fields, &text), &format!("{service}: {signed}"));
        }
        for signed in [
            "",
            "Best regards,\r\nThe Acme team",
            "Bob Smith writes about printers.",
        ] {
            let text = format!("{body}{signed}{footer}").replace("\r\n", end);
            let verdict = with_text(&fields, &text);
            assert_eq!(verdict.kind, Kind::Bulk, "{service}: {signed}");
        }
    }
}

#[test]
fn a_services_envelope_is_no_second_sign_for_words_that_people_write() {
    for path in [
        "bounces+1234-alice=northwind.example@em17.sendgrid.example",
        "0100018f-0123456789ab-000000@eu-west-1.amazonses.example",
        "bounce-17_HTML-4711@acme.example",
    ] {
        let carried = format!("Return-Path: <{path}>");
        for subject in [
            "Delivery failed: where is our parcel",
            "Undeliverable: the parcel came back",
            "Out of Office: Friday",
            "Vacation: who covers next week?",
            "Cron <root@web1> fails again",
        ] {
            let fields = format!("{carried}\nSubject: {subject}");
            is_a_persons(&with_text(&fields, "Please look into it."), &fields);
        }
        let named = format!("{carried}\nFrom: Mail Administrator <it@acme.example>");
        is_a_persons(&with_text(&named, "The mail is slow."), &named);
        for text in [
            "How can our readers leave? Our page says: to unsubscribe, visit https://a.example/u.",
            "Please check what we wrote in this issue of our paper.",
            "Hello\r\nCould you call me?\r\nBob\r\n\r\nUnsubscribe: https://a.example/u",
        ] {
            is_a_persons(&with_text(&carried, text), text);
        }
    }
    let returned =
        "Return-Path: <MAILER-DAEMON@mx.acme.example>\nSubject: Returned mail: see below";
    assert_eq!(
        verdict(returned).kind,
        Kind::Bounce,
        "a null path rewritten"
    );
}

#[test]
fn what_somebody_filled_in_on_the_clients_page_waits_for_an_answer() {
    let form = "A visitor used your contact form.\r\n\r\nName: Carl\r\nE-Mail: carl@elsewhere.example\r\nMessage: When do you open?\r\n\r\nThis e-mail was automatically generated. Please do not reply to this message.\r\n";
    for from in [
        "From: Acme <website@acme.example>",
        "From: Acme <no-reply@acme.example>",
        "From: Acme <notifications@acme.example>",
    ] {
        let fields =
            format!("{from}\nReply-To: Carl <carl@elsewhere.example>\nX-Mailer: PHPMailer 6.1.4");
        is_a_persons(&with_text(&fields, form), &fields);
        let own = "From: Carl <carl@acme.example>\nX-Mailer: PHPMailer 6.1.4";
        is_a_persons(&with_text(own, &form.replace("elsewhere", "acme")), own);
        for (answered, text) in [
            ("Reply-To: no-reply@acme.example", form.to_owned()),
            ("Reply-To: help@acme.example", form.to_owned()),
            (
                "Reply-To: carl@elsewhere.example",
                form.replace("E-Mail", "Order of"),
            ),
            ("X-Loop: no", form.to_owned()),
        ] {
            let fields = format!("{from}\n{answered}\nX-Mailer: PHPMailer 6.1.4");
            let verdict = with_text(&fields, &text);
            assert_eq!(
                verdict.kind,
                Kind::Notification,
                "{fields}: {:?}",
                verdict.reasons
            );
        }
    }
    let invoice = "Your invoice is ready. This is an automated message.\r\n\r\nAcme Ltd\r\nTel: 0123 456\r\nE-Mail: info@acme.example\r\n";
    for from in [
        "From: no-reply@acme.example\nReply-To: info@acme.example",
        "From: info@acme.example\nX-Mailer: PHPMailer 6.1.4",
    ] {
        assert_eq!(with_text(from, invoice).kind, Kind::Notification, "{from}");
    }
    let said = "From: website@acme.example\nX-Mailer: PHPMailer 6.1.4";
    let sent = "Carl asks when you open.\r\n--\r\nThis e-mail was sent from a contact form on Acme (https://acme.example)";
    is_a_persons(&with_text(said, sent), sent);
}

#[test]
fn a_report_that_a_person_passes_on_is_his_mail() {
    let failed = "Content-Type: message/delivery-status\r\n\r\nFinal-Recipient: rfc822; x@y.example\r\nAction: failed";
    let seen = "Content-Type: message/disposition-notification\r\n\r\nDisposition: displayed";
    let nested = format!(
        "Content-Type: multipart/report; report-type=delivery-status; boundary=c\r\n\r\n--c\r\nContent-Type: text/plain\r\n\r\nIt came back.\r\n--c\r\n{failed}\r\n--c--"
    );
    for part in [failed, seen, nested.as_str()] {
        let body = beside("What does this mean? Please help.", part);
        for fields in [
            MIXED.to_owned(),
            format!("Subject: Fwd: Undeliverable\n{MIXED}"),
        ] {
            is_a_persons(&with_text(&fields, &body), part);
        }
    }
    for (fields, kind) in [
        ("Return-Path: <>", Kind::Bounce),
        ("From: MAILER-DAEMON@acme.example", Kind::Bounce),
        ("From: postmaster@acme.example", Kind::Bounce),
        ("Auto-Submitted: auto-replied", Kind::Bounce),
    ] {
        let fields = format!("{fields}\n{MIXED}");
        assert_eq!(
            with_text(&fields, &beside("It came back.", failed)).kind,
            kind,
            "{fields}"
        );
    }
    let unnamed = "Content-Type: multipart/report; boundary=b";
    assert_eq!(
        with_text(unnamed, &beside("It came back.", failed)).kind,
        Kind::Bounce
    );
    assert_eq!(
        with_text(unnamed, &beside("It was read.", seen)).kind,
        Kind::Receipt
    );
}

#[test]
fn a_calendar_file_without_a_method_is_an_enclosure() {
    let event = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR";
    let published = "BEGIN:VCALENDAR\r\nMETHOD:PUBLISH\r\nEND:VCALENDAR";
    for (header, calendar) in [
        ("Content-Type: text/calendar; name=plan.ics", event),
        ("Content-Type: text/calendar", event),
        (
            "Content-Type: application/octet-stream; name=plan.ics",
            event,
        ),
        ("Content-Type: application/ics; name=plan.ics", published),
        ("Content-Type: text/calendar", published),
    ] {
        let body = beside(
            "Here are our dates. Do they suit you?",
            &format!("{header}\r\n\r\n{calendar}"),
        );
        is_a_persons(&with_text(MIXED, &body), header);
    }
    is_a_persons(
        &with_text("Content-Type: text/calendar; name=plan.ics", event),
        "alone",
    );
    let asked = "BEGIN:VCALENDAR\r\nMethod:REQUEST\r\nEND:VCALENDAR";
    let attached = "Content-Type: text/calendar; method=REQUEST; name=invite.ics\r\nContent-Disposition: attachment";
    let question = "I can't open the attached invitation. Which day is it?";
    let body = beside(question, &format!("{attached}\r\n\r\n{asked}"));
    is_a_persons(
        &with_text(MIXED, &body),
        "an invitation enclosed in a letter",
    );
    for header in [
        "Content-Type: text/calendar",
        "Content-Type: application/ics",
    ] {
        let body = beside("Join us", &format!("{header}\r\n\r\n{asked}"));
        assert_eq!(with_text(MIXED, &body).kind, Kind::Calendar, "{header}");
    }
    assert_eq!(
        with_text("Content-Type: text/calendar", asked).kind,
        Kind::Calendar
    );
}

#[test]
fn an_absence_typed_by_hand_is_told_from_a_programs() {
    for fields in [
        "Subject: Out of Office: Friday",
        "Subject: Out of Office: Friday\nX-Auto-Response-Suppress: All",
        "Subject: Out of Office: Friday\nIn-Reply-To: <0@northwind.example>",
    ] {
        is_a_persons(&verdict(fields), fields);
    }
    for fields in [
        "Subject: Out of Office: Printer\nReturn-Path: <>",
        "Subject: Out of Office: Printer\nAuto-Submitted: auto-generated",
        "Subject: Out of Office: Printer\nIn-Reply-To: <0@northwind.example>\nX-Auto-Response-Suppress: All",
        "Subject: Out of Office Re: Printer",
        "Subject: Out of the office Re: Printer",
    ] {
        let verdict = verdict(fields);
        let machine = matches!(verdict.kind, Kind::AutoReply | Kind::Notification);
        assert!(machine, "{fields}: {:?}", verdict.reasons);
        assert!(
            because(&verdict, "automatic-subject") || !fields.contains("office"),
            "{fields}"
        );
    }
}

#[test]
fn a_colleagues_absence_stops_no_clock_though_no_field_marks_it() {
    let colleague = "From: Alice <alice@northwind.example>\nTo: bob@acme.example";
    let answer = "In-Reply-To: <1@acme.example>";
    for subject in [
        "Out of Office: Printer",
        "Abwesend: Drucker",
        "Afwezig: Printer",
        "Autoodpowiedź: Drukarka",
    ] {
        let away = verdict(&format!("{colleague}\nSubject: {subject}\n{answer}"));
        assert_eq!(away.kind, Kind::AutoReply, "{subject}: {:?}", away.reasons);
        assert!(!away.stops_clock, "{subject}");
    }
    for subject in [
        "Re: Out of Office: Printer",
        "AW: Abwesend: Drucker",
        "Printer",
    ] {
        let written = verdict(&format!("{colleague}\nSubject: {subject}\n{answer}"));
        assert!(written.stops_clock, "{subject}: {:?}", written.reasons);
    }
}

#[test]
fn outlooks_reports_are_known_by_their_words_and_letters_are_not() {
    let read = "Your message \r\n\r\n  To: Bob\r\n  Subject: Printer\r\n\r\n was read on Monday, 2 March 2026 10:00.";
    let recalled = "Bob Smith would like to recall the message, \"Printer\".";
    for (subject, text, kind) in [
        ("Read: Printer", read, Kind::Receipt),
        ("Recall: Printer", recalled, Kind::Notification),
    ] {
        let report = with_text(&format!("Subject: {subject}"), text);
        assert_eq!(report.kind, kind, "{subject}: {:?}", report.reasons);
    }
    for (subject, text) in [
        ("Read: Printer", "Have you read my mail?"),
        ("Recall: printers of 2019", "Which of ours are meant?"),
        ("Printer", read),
    ] {
        is_a_persons(&with_text(&format!("Subject: {subject}"), text), subject);
    }
}

#[test]
fn an_answer_that_a_customer_database_carried_is_a_persons() {
    let leave = "List-Unsubscribe: <https://crm.example/u/1>\nList-Unsubscribe-Post: List-Unsubscribe=One-Click";
    let answer = format!("{leave}\nIn-Reply-To: <0@northwind.example>");
    is_a_persons(&verdict(&answer), "a client's answer");
    let colleague = "From: Alice <alice@northwind.example>\nTo: bob@acme.example";
    let ours = verdict(&format!("{colleague}\n{answer}"));
    assert!(ours.stops_clock, "{:?}", ours.reasons);
    for fields in [
        leave.to_owned(),
        format!("{answer}\nPrecedence: bulk"),
        format!("{answer}\nTo: talk@lists.example"),
        format!("{answer}\nList-Id: <talk.lists.example>"),
    ] {
        let verdict = verdict(&fields);
        let many = matches!(verdict.kind, Kind::Bulk | Kind::MailingList);
        assert!(many, "{fields}: {:?}", verdict.reasons);
    }
}

#[test]
fn a_form_of_our_own_pages_is_from_whom_it_is_answered_at() {
    let form = "From: Our pages <wordpress@northwind.example>\nTo: clients@northwind.example\nReply-To: Bob <bob@acme.example>";
    for text in [
        "Please call me back.",
        "Name: Bob\r\nE-mail: bob@acme.example\r\nMessage: Please call me",
    ] {
        let verdict = with_text(form, text);
        is_a_persons(&verdict, text);
        assert_eq!(verdict.sender, Sender::Client);
        let author = verdict
            .author
            .as_ref()
            .map(|author| author.address.to_string());
        assert_eq!(author.as_deref(), Some("bob@acme.example"));
        assert!(
            !verdict.may_acknowledge,
            "anybody may write any address into a form"
        );
    }
    for fields in [
        "From: Alice <alice@northwind.example>\nTo: clients@northwind.example\nReply-To: bob@acme.example",
        // Our own mail to a client, or one that strangers are answered at, says nothing of him.
        "From: wordpress@northwind.example\nTo: bob@acme.example\nReply-To: bob@acme.example",
        "From: wordpress@northwind.example\nTo: clients@northwind.example\nReply-To: eve@evil.test",
        "From: wordpress@northwind.example\nTo: eve@evil.test\nReply-To: bob@acme.example",
    ] {
        let verdict = verdict(fields);
        assert_eq!(
            verdict.sender,
            Sender::Team,
            "{fields}: {:?}",
            verdict.reasons
        );
        assert!(!verdict.opens_case, "{fields}");
    }
}

#[test]
fn nobody_is_a_mail_system_by_the_sound_of_a_name_and_exchange_is() {
    for from in [
        "mailerdaemonsson@acme.example",
        "mailer-daemons@acme.example",
    ] {
        let fields = format!("From: {from}\nSubject: Undelivered parcels");
        is_a_persons(&verdict(&fields), from);
    }
    let long = "From: maria-magdalena.musterfrau.19850412@acme.example\nContent-Type: text/html";
    let text = "<p>How do our readers leave?</p><a href=\"https://a.example/u\">Unsubscribe</a>";
    is_a_persons(&with_text(long, text), long);
    let exchange =
        "From: Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@acme.example>";
    for subject in ["Undeliverable: Printer", "Unzustellbar: Drucker"] {
        let returned = verdict(&format!("{exchange}\nSubject: {subject}"));
        assert_eq!(returned.kind, Kind::Bounce, "{:?}", returned.reasons);
    }
    assert_eq!(verdict(exchange).kind, Kind::Notification);
}

#[test]
fn what_a_machines_account_sends_to_nobody_is_a_programs() {
    for from in ["nobody@web.acme.example (Nobody)", "root@acme.example"] {
        let alone = format!("From: {from}\nTo: undisclosed-recipients:;");
        assert_eq!(verdict(&alone).kind, Kind::Notification, "{from}");
        let to_us = format!("From: {from}");
        is_a_persons(&verdict(&to_us), "whoever administers it may write");
    }
    is_a_persons(&verdict("To: undisclosed-recipients:;"), "a person's Bcc");
}

#[test]
fn letters_written_in_pieces_are_the_same_letters() {
    let mut own = parts();
    own.team.urgent_words = vec!["prioritär".into(), "dringe\u{301}".into(), "긴급".into()];
    let rules = Rules::new(own);
    for subject in [
        "Priorita\u{308}r: Drucker",
        "dringé",
        "\u{1100}\u{1175}\u{11ab}\u{1100}\u{1173}\u{11b8}",
    ] {
        let fields = mail_with_text(&format!("Subject: {subject}"), None);
        assert!(judge(&fields, None, &rules).urgent, "{subject}");
    }
    let utf8 = "Content-Type: text/plain; charset=utf-8";
    let away = "Subject: Re\u{301}ponse automatique: Imprimante";
    assert_eq!(verdict(away).kind, Kind::AutoReply);
    let named = format!("{utf8}\nFrom: Zoe\u{308} <z@acme.example>\nSubject: Re: Printer");
    assert!(with_text(&named, "Thanks!\r\nZoë").thanks);
    let thanks = format!("{utf8}\nFrom: Zoë <z@acme.example>\nSubject: Re: Printer");
    assert!(with_text(&thanks, "Dankescho\u{308}n!\r\nZoe\u{308}").thanks);
}
