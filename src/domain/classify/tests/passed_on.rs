//! Stories of mail that our own side passed on before it reached us: by a forwarding address, a
//! service's route, or a rule of a colleague's mailbox. What that leaves in a header says nothing
//! of who wrote.

use super::super::{Kind, Verdict, judge};
use super::{is_a_persons, mail_with_text, rules};

fn with_text(fields: &str, text: &str) -> Verdict {
    judge(&mail_with_text(fields, Some(text)), None, &rules())
}

/// Letters that a second sign would make a program's.
const LETTERS: &[(&str, &str)] = &[
    (
        "From: Press Office <news@acme.example>\nSubject: Text for Friday",
        "Hi Alice, can we have the corrected text today?\r\nTom",
    ),
    (
        "",
        "all I ever get from Alice is: this is an automatic reply. Please have someone call me.",
    ),
    (
        "",
        "Please call me, the site is down.\r\n\r\nThis email was sent to info@northwind.example. To unsubscribe visit https://acme.example/unsubscribe",
    ),
    (
        "From: Operations <alarm@acme.example>",
        "Our alarm contract ends on Friday, please send the new one.",
    ),
    (
        "",
        "Please do not reply to this address, my mailbox is full - call me.",
    ),
];

#[test]
fn a_path_by_which_we_passed_mail_on_is_no_sign_of_a_program() {
    for path in [
        "info+caf_=clients=northwind.example@northwind.example",
        "studio+caf_=clients=northwind.example@freemail.example",
        "bounce+ab12.3-clients=northwind.example@mg.northwind.example",
        "bounces+4711081512-ab=northwind.example@em.northwind.example",
        // A service names the mailbox it passes on to, to which nobody had written.
        "bounce+ab12.3-clients=northwind.example@mg.forwarder.example",
    ] {
        for (fields, text) in LETTERS {
            let fields = format!("{fields}\nTo: info@northwind.example\nReturn-Path: <{path}>");
            let fields = fields.trim_start();
            let verdict = with_text(fields, text);
            is_a_persons(&verdict, &format!("{path}: {text}"));
        }
    }
}

#[test]
fn a_path_made_up_for_who_is_addressed_is_one() {
    for path in [
        "bounce+ab12.3-info=northwind.example@mg.acme.example",
        "n-17-info=northwind.example@mailer.example",
    ] {
        let (fields, text) = LETTERS[0];
        let fields = format!("{fields}\nTo: info@northwind.example\nReturn-Path: <{path}>");
        let verdict = with_text(&fields, text);
        assert_eq!(verdict.kind, Kind::Bulk, "{path}: {:?}", verdict.reasons);
    }
    let own = "From: news@northwind.example\nTo: bob@acme.example\nReturn-Path: <bounce+1-bob=acme.example@mg.northwind.example>";
    let own = with_text(own, "Our new printers");
    assert!(
        !own.stops_clock,
        "of the team's own mail its path says what it says: {:?}",
        own.reasons
    );
}

#[test]
fn a_rule_in_a_colleagues_mailbox_makes_no_automatic_reply_of_what_it_passes_on() {
    let rule = "X-MS-Exchange-Inbox-Rules-Loop: alice@northwind.example";
    let answer = "In-Reply-To: <1@northwind.example>";
    for (fields, text) in [
        (
            "X-Auto-Response-Suppress: All\nSubject: Server down, please help",
            "It is down.",
        ),
        (
            "",
            "gestern kam nur Ihre Abwesenheit: dies ist eine automatische Antwort. Wer ist zuständig?",
        ),
        (
            "",
            "all I ever get from Alice is: this is an automatic reply. Have someone call me.",
        ),
        (
            "Subject: Auto: Schaden",
            "Der Firmenwagen hat einen Schaden.",
        ),
        ("Subject: Vacation: who covers for Alice", "Please tell me."),
        (
            "Subject: Out of the office: new address for invoices",
            "We are moving.",
        ),
    ] {
        let fields = format!("{fields}\n{rule}\n{answer}");
        let fields = fields.trim_start();
        is_a_persons(&with_text(fields, text), fields);
    }
    let away = "X-Auto-Response-Suppress: All\nX-MS-Exchange-Inbox-Rules-Loop: bob@acme.onmicrosoft.example";
    assert_eq!(
        with_text(away, "I am away.").kind,
        Kind::AutoReply,
        "his own rule"
    );
    let redirected =
        "X-Auto-Response-Suppress: All\nX-MS-Exchange-Inbox-Rules-Loop: carl@acme.example";
    is_a_persons(&with_text(redirected, "Please help."), redirected);
}

#[test]
fn who_asks_for_no_answers_may_tell_of_an_automatic_one() {
    let suppressed = "X-Auto-Response-Suppress: DR, OOF, AutoReply";
    let told = "Hello,\r\n\r\nall I ever get from Alice is: this is an automatic reply. Call me.";
    is_a_persons(&with_text(suppressed, told), told);
    let own = "Hello,\r\n\r\nThis is an automatic reply. I am away.";
    assert_eq!(with_text(suppressed, own).kind, Kind::AutoReply);
}

#[test]
fn a_field_that_denies_an_automatic_reply_makes_none() {
    for value in ["0", "none", "no", "false", "off"] {
        for name in ["X-Autoreply", "X-Autoresponder", "X-Auto-Reply"] {
            let fields = format!("{name}: {value}");
            is_a_persons(&with_text(&fields, "Please help."), &fields);
        }
    }
    let away = with_text("X-Auto-Reply: yes", "I am away.");
    assert_eq!(away.kind, Kind::AutoReply, "as Discourse knows it");
}
