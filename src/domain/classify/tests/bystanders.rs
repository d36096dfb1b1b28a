//! Stories of what words and bystanding fields do not tell: a client's Bcc, a wish for no answers,
//! the own list's tag, and the robot whose text alone betrays it.

use super::super::{Kind, Verdict, judge};
use super::{because, is_a_persons, mail, mail_with_text, parts, rules, verdict};
use crate::domain::rules::Rules;

fn with_text(fields: &str, text: &str) -> Verdict {
    judge(&mail_with_text(fields, Some(text)), None, &rules())
}

#[test]
fn a_text_that_calls_itself_automatic_opens_a_case_but_is_not_answered() {
    for text in [
        "Hello,\r\n\r\nThis is an automated response. Your ticket number is 123.",
        "Dies ist eine automatische Antwort.",
        "This is an automatic\r\nreply.",
    ] {
        let verdict = with_text("", text);
        is_a_persons(&verdict, text);
        assert!(!verdict.may_acknowledge, "{text}");
        assert!(because(&verdict, "automatic-sentence"), "{text}");
        assert!(with_text("Auto-Submitted: no", text).may_acknowledge);
    }
    for text in [
        "See below.\r\n\r\n> This is an automatic reply.",
        "FYI\r\n-----Original Message-----\r\nThis is an automatic reply.",
        "The automatic reply does not work.",
    ] {
        assert!(with_text("", text).may_acknowledge, "{text}");
    }
}

#[test]
fn a_wish_for_no_answers_makes_no_machine_of_words_in_a_subject_or_an_address() {
    for fields in [
        "Subject: Vacation: who covers?",
        "Subject: Problem with automatic reply: it does not work",
        "Subject: Cron <root@web1> fails again",
        "From: tracking@acme.example",
    ] {
        for wish in [
            "X-Auto-Response-Suppress: DR, OOF, AutoReply",
            "X-MS-Exchange-Inbox-Rules-Loop: bob@acme.example",
        ] {
            is_a_persons(&verdict(&format!("{fields}\n{wish}")), fields);
        }
    }
}

#[test]
fn the_own_list_hides_no_robot() {
    let list = "To: clients@northwind.example\nList-Id: <clients.northwind.example>";
    for (fields, kind) in [
        ("Subject: [Clients] Automatic reply: Plan", Kind::AutoReply),
        ("X-MC-User: 4711", Kind::Bulk),
        ("X-Campaign: 17", Kind::Bulk),
        (
            "Subject: [Clients] Undelivered Mail Returned to Sender\nReturn-Path: <MAILER-DAEMON@mx.acme.example>",
            Kind::Bounce,
        ),
        (
            "Subject: [Clients] Re: Plan\nReturn-Path: <>",
            Kind::AutoReply,
        ),
    ] {
        let verdict = verdict(&format!("{list}\n{fields}"));
        assert_eq!(verdict.kind, kind, "{fields}: {:?}", verdict.reasons);
    }
    for subject in [
        "[Clients] Plan",
        "[Clients] Re: Automatic reply: Plan",
        "[Clients] Fwd: Automatic reply: Plan",
        "[Clients]",
        "[Clients",
    ] {
        is_a_persons(&verdict(&format!("{list}\nSubject: {subject}")), subject);
    }
    let blast =
        "You are receiving this email because you subscribed.\r\nUnsubscribe: http://a.example/u";
    let passed_on = |subject: &str| {
        let fields = format!("{list}\nX-Mailer: PHPMailer 6.1\nSubject: {subject}");
        with_text(&fields, blast).kind
    };
    assert_eq!(passed_on("[Clients] Fwd: News"), Kind::Human);
    assert_eq!(passed_on("[Clients] News"), Kind::Bulk);
    let other = "Subject: [Draft] Automatic reply: Plan";
    is_a_persons(&verdict(other), "a tag that no list of ours has put there");
    let tagged = verdict("Subject: [dringend] Drucker\nTo: clients@northwind.example");
    assert!(tagged.urgent, "a tag may be the urgent word");
}

#[test]
fn a_clients_bcc_is_not_lost_on_words() {
    let text = "The courier did not come. What shall we do?";
    for fields in [
        "Subject: Delivery failed",
        "Subject: Vacation: who covers?",
        "From: news@acme.example",
        "From: alerts@acme.example",
        "From: Mail Administrator <it@acme.example>",
        "Sender: it-bounces@acme.example",
    ] {
        for to in ["To: undisclosed-recipients:;", "To: bob@acme.example"] {
            is_a_persons(&with_text(&format!("{fields}\n{to}"), text), fields);
        }
    }
    let internal = "To: sales@acme.example\nSubject: [sales] Need price by noon?";
    is_a_persons(&with_text(internal, text), internal);
    let broken = "The link http://acme.example/unsubscribe is broken.";
    is_a_persons(&with_text("To: undisclosed-recipients:;", broken), broken);
    let blast =
        "You are receiving this email because you subscribed.\r\nUnsubscribe: http://a.example/u";
    let letter = with_text("To: undisclosed-recipients:;", blast);
    assert_eq!(letter.kind, Kind::Bulk);
    let returned = "Subject: Mail delivery failed\nTo: talk-bounces@northwind.example";
    assert_eq!(with_text(returned, text).kind, Kind::Bounce);
    let stranger = verdict("From: news@shop.example\nTo: undisclosed-recipients:;");
    assert_eq!(stranger.kind, Kind::Bulk);
}

#[test]
fn negations_of_other_languages_take_urgency_away_and_articles_do_not() {
    let mut own = parts();
    let words = ["urgente", "срочно"].map(str::to_owned);
    own.team.urgent_words.extend(words);
    let rules = Rules::new(own);
    let urgent = |subject: &str| {
        let facts = mail_with_text(&format!("Subject: {subject}"), None);
        judge(&facts, None, &rules).urgent
    };
    for subject in [
        "Un urgente problema",
        "Un urgent besoin",
        "No reply yet - urgent",
        "Not yet - urgent!",
        "È urgente",
        "Очень срочно",
    ] {
        assert!(urgent(subject), "{subject}");
    }
    for subject in [
        "Nicht mehr dringend",
        "no longer urgent",
        "not yet urgent",
        "Non è urgente",
        "Non e' urgente",
        "Non è più urgente",
        "No es urgente",
        "não é urgente",
        "не очень срочно",
        "Pas du tout urgent",
    ] {
        assert!(!urgent(subject), "{subject}");
    }
}

#[test]
fn a_question_without_its_mark_is_no_mere_thanks() {
    let thanks = |text: &str| with_text("Subject: Re: Printer", text).thanks;
    for text in [
        "Thanks, have you received the info",
        "Thanks. Will you do it",
        "Thanks, is it the best",
        "Thanks will you do it",
        "Thank you very much. Is this the update",
    ] {
        assert!(!thanks(text), "{text}");
    }
    for text in [
        "Thanks, will do.",
        "Thank you, have a good weekend!",
        "Thanks for all you do",
        "Thanks, it is perfect. You have all the best wishes",
    ] {
        assert!(thanks(text), "{text}");
    }
}

#[test]
fn a_thanks_that_asks_for_something_in_polite_words_is_no_mere_thanks() {
    let thanks = |text: &str| with_text("Subject: Re: Printer", text).thanks;
    for text in [
        "Thanks, update the information for all the team.",
        "Thanks, do it.",
        "Thanks, do the update this weekend.",
        "Thanks. Reply.",
        "Thanks\r\nUpdate the team",
        "Thanks, and have Alice do it for all.",
        "Thanks for the info and update the team",
        "Thanks. Have the team do it again.",
        "Thanks, got it. Help this weekend is appreciated.",
        "Ok thanks. Have a nice day. Support update: do this",
        "Thanks, and the information for Alice",
        "Thanks and your information for the support",
        "Danke. Antwort für das Wochenende.",
        "We appreciate a quick reply, thanks",
    ] {
        assert!(!thanks(text), "{text}");
    }
    for text in [
        "Thanks for the quick reply and your help.",
        "Thank you very much for your help and support!",
        "Great support, thanks!",
        "Thanks, got the information.",
        "Your quick response is much appreciated. Thank you",
        "Hi Alice,\r\nthank you for the very\r\nquick update.",
        "Thanks, I will do it and have a very nice weekend",
        "Thank you, we have received your answer",
        "Vielen Dank für Ihre schnelle Antwort",
        "Merci pour votre réponse",
        "Muchas gracias por su respuesta",
    ] {
        assert!(thanks(text), "{text}");
    }
}

#[test]
fn urgent_words_are_found_without_accents_and_with_periods() {
    let mut parts = parts();
    parts.team.urgent_words = vec!["dépannage".into(), "asap".into(), "resume".into()];
    let rules = Rules::new(parts);
    let urgent = |subject: &str| judge(&mail(&format!("Subject: {subject}")), None, &rules).urgent;
    for subject in [
        "Dépannage",
        "DEPANNAGE",
        "Answer needed A.S.A.P.",
        "(a.s.a.p)",
        "ASAP!",
    ] {
        assert!(urgent(subject), "{subject}");
    }
    for subject in ["Résumé", "a.s.a", "as.ap", "1.2.3"] {
        assert!(!urgent(subject), "{subject}");
    }
}

#[test]
fn a_surname_is_no_word_for_a_program() {
    let text =
        |fields: &str, text: &str| judge(&mail_with_text(fields, Some(text)), None, &rules());
    let bot = "From: Pieter Bot <p.bot@acme.example>";
    let record = "Order: 4711\r\nDate: 3 March\r\n\r\nPlease tell me where this is.";
    for (fields, said) in [
        (bot.to_owned(), record),
        (
            "From: Jan Bot <jan.bot@acme.example>\nX-Mailer: Nodemailer".to_owned(),
            "Please call.",
        ),
        (
            format!("{bot}\nReturn-Path: <bounces+12@em.acme.example>"),
            "Please call me today.\r\n\r\nKind regards\r\nPieter Bot",
        ),
        (
            "From: Ann Miller <tracking@acme.example>\nX-Mailer: Nodemailer".to_owned(),
            "Please call me today.\r\n\r\nKind regards\r\nAnn Miller",
        ),
    ] {
        let verdict = text(&fields, said);
        assert_eq!(verdict.kind, Kind::Human, "{fields}: {:?}", verdict.reasons);
    }
    for fields in [
        "From: Order Bot <order-bot@acme.example>",
        "From: Bot <bot@acme.example>",
        "From: Pieter Bot <p.bot@acme.example>\nAuto-Submitted: auto-generated",
        "From: Tracking <tracking@acme.example>",
    ] {
        let verdict = text(fields, &format!("{record}\r\n\r\nKind regards\r\nBot"));
        assert_eq!(
            verdict.kind,
            Kind::Notification,
            "{fields}: {:?}",
            verdict.reasons
        );
    }
}

#[test]
fn that_a_client_is_answered_nowhere_is_no_sign_beside_a_subject() {
    let nowhere = "Reply-To: noreply@acme.example";
    for subject in [
        "Delivery failed again - where is our order?",
        "Undelivered Mail Returned to Sender",
        "Auto: damage of the car",
        "Antwort: Automatische Antwort: Vertrag",
    ] {
        let verdict = verdict(&format!("{nowhere}\nSubject: {subject}"));
        assert_eq!(
            verdict.kind,
            Kind::Human,
            "{subject}: {:?}",
            verdict.reasons
        );
    }
    let away = "From: Bob <no-reply@acme.example>\nSubject: Vacation: Printer";
    assert_eq!(verdict(away).kind, Kind::AutoReply);
}

#[test]
fn an_answer_by_its_references_may_be_carried_by_a_customer_database() {
    let leave = "List-Unsubscribe: <https://crm.example/u/1>\nSubject: Re: Printer";
    let carried = verdict(&format!("{leave}\nReferences: <0@northwind.example>"));
    assert_eq!(carried.kind, Kind::Human, "{:?}", carried.reasons);
    // Some keep the subject of what they answer, and no ids.
    assert_eq!(verdict(leave).kind, Kind::Human);
    let new = "List-Unsubscribe: <https://crm.example/u/1>\nSubject: Printer";
    assert_eq!(verdict(new).kind, Kind::Bulk);
    let colleague = format!("From: alice@northwind.example\nTo: bob@acme.example\n{leave}");
    assert!(!verdict(&colleague).stops_clock);
}

#[test]
fn negations_of_scripts_without_blanks_take_urgency_away() {
    let mut own = parts();
    own.team.urgent_words = ["紧急", "緊急", "至急", "긴급", "ด่วน"]
        .map(str::to_owned)
        .into();
    let rules = Rules::new(own);
    let urgent = |subject: &str| {
        let facts = mail_with_text(&format!("Subject: {subject}"), None);
        judge(&facts, None, &rules).urgent
    };
    for subject in [
        "非紧急",
        "不紧急",
        "打印机：不是很紧急",
        "没有那么紧急",
        "緊急ではない",
        "至急ではありません",
        "긴급하지 않음",
        "ไม่ด่วน",
    ] {
        assert!(!urgent(subject), "{subject}");
    }
    for subject in [
        "紧急",
        "非常紧急",
        "打印机紧急",
        "是不是紧急？",
        "不紧急的已完成，这个紧急",
        "緊急です",
        "긴급 요청",
        "ด่วน",
    ] {
        assert!(urgent(subject), "{subject}");
    }
}
