//! Stories of forms: what a client filled in on our own pages is his, whatever address sends it
//! and whatever the program behind it writes; what programs and colleagues send with his address
//! in `Reply-To` is theirs.

use super::super::super::facts::MessageFacts;
use super::super::{Kind, Sender, Verdict, judge, kind_needs_text};
use super::{mail, mail_with_text, rules};

const FIELDS: &str = "Name: Bob\r\nE-Mail: bob@acme.example\r\nMessage: The printer is down";

/// Judged as the daemon does, which fetches the text only where the header asks for it.
fn judged(fields: &str, text: &str) -> Verdict {
    let header: MessageFacts = mail(fields);
    assert!(kind_needs_text(&header, &rules()), "{fields}");
    judge(&mail_with_text(fields, Some(text)), None, &rules())
}

fn is_clients(verdict: &Verdict, what: &str) {
    assert_eq!(
        verdict.sender,
        Sender::Client,
        "{what}: {:?}",
        verdict.reasons
    );
    assert_eq!(verdict.kind, Kind::Human, "{what}: {:?}", verdict.reasons);
    assert!(verdict.opens_case && !verdict.may_acknowledge, "{what}");
}

fn is_ours(verdict: &Verdict, what: &str) {
    assert_eq!(
        verdict.sender,
        Sender::Team,
        "{what}: {:?}",
        verdict.reasons
    );
    assert!(!verdict.opens_case, "{what}");
}

#[test]
fn a_form_with_a_copy_to_its_writer_is_his_question_and_no_answer() {
    for copy in [
        "bob@acme.example",
        "bob@acme.example, alice@northwind.example",
    ] {
        let fields = format!(
            "From: wordpress@northwind.example\nTo: clients@northwind.example\nCc: {copy}\nReply-To: bob@acme.example"
        );
        for text in [FIELDS, "Please call me back."] {
            let verdict = judged(&fields, text);
            is_clients(&verdict, copy);
            assert!(!verdict.stops_clock, "{copy}");
        }
    }
    let both = "From: wordpress@northwind.example\nTo: clients@northwind.example\nReply-To: bob@acme.example, clients@northwind.example";
    is_clients(&judged(both, FIELDS), "answered at our address too");
    let own_subject = "From: wordpress@northwind.example\nTo: clients@northwind.example\nReply-To: bob@acme.example\nSubject: Re: your invoice";
    is_clients(&judged(own_subject, "Is it paid?"), "a subject he chose");
    let to_others = "From: info@northwind.example\nTo: clients@northwind.example\nCc: bob@acme.example\nReply-To: bob@acme.example";
    is_ours(
        &judged(to_others, "We will come today."),
        "an office's letter",
    );
    let stranger = "From: wordpress@northwind.example\nTo: clients@northwind.example\nCc: bob@acme.example, eve@evil.test\nReply-To: bob@acme.example";
    let verdict = judge(&mail_with_text(stranger, Some(FIELDS)), None, &rules());
    is_ours(&verdict, stranger);
}

#[test]
fn a_form_is_known_by_its_fields_whatever_address_of_ours_sends_it() {
    for local in [
        "smtp",
        "server",
        "mailer",
        "admin",
        "webshop",
        "booking",
        "portal",
        "app",
        "feedback",
        "jobs",
        "termin",
        "alice",
        "notifications",
        "no-reply",
    ] {
        let fields = format!(
            "From: {local}@northwind.example\nTo: clients@northwind.example\nReply-To: bob@acme.example"
        );
        is_clients(&judged(&fields, FIELDS), local);
        let named = "From: Bob <bob@acme.example>\r\n\r\nThe printer is down\r\n--\r\nThis e-mail was sent from a contact form on Northwind";
        is_clients(&judged(&fields, named), local);
        let other = FIELDS.replace("bob@", "carl@");
        is_ours(&judged(&fields, &other), local);
        is_ours(&judged(&fields, "Please call him back."), local);
    }
}

#[test]
fn the_marks_of_the_program_that_sent_a_form_do_not_count() {
    for (from, mark) in [
        ("wordpress", "Precedence: bulk"),
        (
            "wordpress",
            "List-Unsubscribe: <https://m.example/u>\nX-MSFBL: x",
        ),
        ("no-reply", "Auto-Submitted: auto-generated"),
        ("no-reply", "Return-Path: <>"),
        ("no-reply", "X-Auto-Response-Suppress: All"),
        ("info", "Subject: Automatic reply: Printer"),
    ] {
        let fields = format!(
            "From: {from}@northwind.example\nTo: clients@northwind.example\nReply-To: bob@acme.example\n{mark}\nContent-Type: text/plain; charset=utf-8"
        );
        for footer in [
            "Diese E-Mail wurde automatisch von Ihrer Website gesendet.",
            "This email was sent automatically from the contact form. Please do not reply to this mail.",
        ] {
            is_clients(&judged(&fields, &format!("{FIELDS}\r\n\r\n{footer}")), mark);
        }
    }
    let unmarked = "From: no-reply@northwind.example\nTo: clients@northwind.example\nReply-To: bob@acme.example";
    let said = "A message from the contact form\r\n\r\nThe printer is down.\r\n\r\nThis email was sent automatically. Please do not reply to this mail.";
    is_clients(&judged(unmarked, said), "by what it says");
    let acme =
        "From: no-reply@acme.example\nReply-To: bob@acme.example\nX-Auto-Response-Suppress: All";
    let footer = format!("{FIELDS}\r\n\r\nThis is an automatic response of our page.");
    let verdict = judge(&mail_with_text(acme, Some(&footer)), None, &rules());
    assert_eq!(verdict.kind, Kind::Human, "{:?}", verdict.reasons);
}

#[test]
fn what_programs_and_colleagues_tell_us_of_a_client_is_theirs() {
    for fields in [
        "From: CRM <notifications@northwind.example>\nSubject: Bob opened your proposal",
        "From: system@northwind.example\nSubject: Task assigned: Acme",
        "From: no-reply@northwind.example\nSubject: Acme has paid",
    ] {
        let fields = format!("{fields}\nTo: alice@northwind.example\nReply-To: bob@acme.example");
        is_ours(
            &judged(&fields, "View it: https://crm.northwind.example/1"),
            &fields,
        );
    }
    for passed_on in [
        "Subject: FW: Printer",
        "Subject: Re: Printer",
        "In-Reply-To: <1@acme.example>",
        "References: <1@acme.example>",
    ] {
        let fields = format!(
            "From: Alice <info@northwind.example>\nTo: carl@northwind.example\nReply-To: bob@acme.example\n{passed_on}"
        );
        let verdict = judge(
            &mail_with_text(&fields, Some("Can you take over?")),
            None,
            &rules(),
        );
        is_ours(&verdict, passed_on);
    }
}
