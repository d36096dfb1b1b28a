//! Whatever the outside says, the mail stays whole.

use ackd::domain::address::{Address, Author};
use ackd::domain::draft::{Acknowledgement, CaseLine, Draft, Mail};
use ackd::smtp::bytes;

use crate::given::{acknowledgement, address, invoice, lines};
use crate::{acknowledged, header_block, rendered, wire};

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
            "X-Ackd-Cases",
            "Precedence",
            "Reply-To",
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
    // No address from outside is like that; what is on disk is taken as it is.
    mail.to = Address::from_parts("an(na\"", "acme.example").expect("two parts");
    let error = bytes(&mail).expect_err("no such mail");
    assert!(!error.contains("acme"), "{error}");
    mail.to = address("an..na.@acme.example");
    assert!(bytes(&mail).is_ok(), "odd, but servers take it");
}
