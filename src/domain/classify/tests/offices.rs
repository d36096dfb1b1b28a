//! Stories of addresses that several people share: what a person writes there is an answer though it
//! begins as a receipt does, and a program's receipt is none though it says a word more.

use super::super::{Kind, Verdict, judge, needs_text};
use super::{because, mail_with_text, rules};

const SUPPORT: &str = "Northwind Support <support@northwind.example>";
const INFO: &str = "Northwind <info@northwind.example>";
const SHARED: &str = "Northwind <studio@northwind.example>";
const ALICE: &str = "Alice Miller <alice@northwind.example>";

fn answer(from: &str, text: &str) -> Verdict {
    let fields = format!(
        "From: {from}\nTo: bob@acme.example\nSubject: Re: Scanner\nIn-Reply-To: <1@acme.example>\nContent-Type: text/plain; charset=utf-8"
    );
    judge(&mail_with_text(&fields, Some(text)), None, &rules())
}

fn stops(from: &str, text: &str) {
    let verdict = answer(from, text);
    assert!(verdict.stops_clock, "{from}: {text}: {:?}", verdict.reasons);
}

fn stops_nothing(from: &str, text: &str, rule: &str) {
    let verdict = answer(from, text);
    assert!(
        !verdict.stops_clock,
        "{from}: {text}: {:?}",
        verdict.reasons
    );
    assert!(because(&verdict, rule), "{text}: {:?}", verdict.reasons);
}

#[test]
fn what_a_person_signs_is_an_answer_from_whatever_address() {
    let english = "\n\nKind regards,\nDora Evans\nNorthwind Ltd\nT: +44 20 7946 0123";
    let german = "\n\nMit freundlichen Grüßen\nDora Evans\n\nNorthwind GmbH\nTel. +49 30 1234567";
    for (text, closing) in [
        (
            "we have received your request and put in a new cable. It works again.",
            english,
        ),
        (
            "Your message has been received by our engineer; he comes at two (case 5512).",
            english,
        ),
        (
            "thanks, we have received your request 4711 and look at it today.",
            english,
        ),
        (
            "wir haben Ihre Anfrage geprüft, die Reparatur kostet 320 Euro.",
            german,
        ),
        (
            "ich habe unter der Ticketnummer 5512 das Kabel getauscht.",
            german,
        ),
        (
            "wir haben Ihre Anfrage 4711 erhalten und sehen heute nach.",
            "\n\nGruß, Dora Evans",
        ),
        (
            "wij hebben uw scanner hersteld, nummer 4711.",
            "\n\nMet vriendelijke groet,\nDora Evans",
        ),
        (
            "nous avons bien reçu votre scanner, le prix est de 320 euros.",
            "\n\nCordialement,\nDora Evans",
        ),
        (
            "hemos recibido su pedido 4711.",
            "\n\nSaludos cordiales,\nDora Evans",
        ),
        (
            "vi har tagit emot din skrivare, nummer 4711.",
            "\n\nVänliga hälsningar\nDora Evans",
        ),
    ] {
        for from in [SUPPORT, INFO, SHARED, ALICE] {
            stops(from, &format!("Hello Bob,\n\n{text}{closing}"));
        }
    }
}

#[test]
fn what_says_more_than_a_receipt_is_an_answer_though_nobody_signs_it() {
    for (from, text) in [
        (
            ALICE,
            "Hello Bob, we received your boxes, nothing is broken. Ref 2026-31.",
        ),
        (
            ALICE,
            "We have received your parcel 4711, all is well.\n\nSent from my iPhone",
        ),
        (
            ALICE,
            "We have received your request 4711.\n\nSent from my iPhone",
        ),
        (
            ALICE,
            "Hallo Bob,\n\nwir haben Ihre Anfrage (Vorgang 22/170) erhalten.\n\nLG AM",
        ),
        (
            SUPPORT,
            "We have received your request 4711 and changed the password of the portal.",
        ),
        (
            SUPPORT,
            "We have received your request 4711. Which floor is the scanner on?",
        ),
        (
            INFO,
            "wir haben Ihre Anfrage besprochen, das Angebot über 320 Euro liegt bei.\n\nNorthwind",
        ),
        (
            INFO,
            "nous avons bien reçu votre règlement de 1500 euros, la livraison part demain.\n\nNorthwind",
        ),
    ] {
        stops(from, text);
    }
}

#[test]
fn a_programs_receipt_is_none_whatever_frames_it() {
    let rule = "office-program";
    for text in [
        "Hello,\n\nyour request has been received. Your ticket number is 4711.\n\nView it here: https://help.northwind.example/requests?id=4711\n\nNorthwind Support",
        "Hello Bob,\n\nwe have received your request (ticket 4711) and will get back to you within two business days.\n\nAny questions? Visit our help center.\n\nKind regards,\nThe Northwind Support Team",
        "Guten Tag,\n\nIhre Anfrage ist bei uns eingegangen (Ticketnummer 4711). Wir melden uns so schnell wie möglich bei Ihnen.\n\nNoch Fragen? Rufen Sie uns an: 030 1234567\n\nMit freundlichen Grüßen\nIhr Kundenservice\nNorthwind GmbH",
        "Sehr geehrter Herr Smith,\n\nvielen Dank für Ihre Nachricht. Wir haben Ihre Anfrage erhalten und unter der Ticketnummer 4711 erfasst. Bitte geben Sie diese Nummer bei Rückfragen an.\n\nIhr Northwind-Team",
        "Bonjour,\n\nVotre demande a bien été enregistrée sous le numéro 4711. Nous vous répondrons dans les meilleurs délais.\n\nCordialement,\nL'équipe Northwind",
        "Estimado cliente:\n\nHemos recibido su solicitud con el número 4711. Le responderemos lo antes posible.\n\nSaludos cordiales,\nEl equipo de soporte",
        "Gentile cliente,\n\nabbiamo ricevuto la sua richiesta, numero 4711. Le risponderemo al più presto.\n\nCordiali saluti\nIl servizio clienti",
        "Beste klant,\n\nwij hebben uw aanvraag ontvangen onder nummer 4711. Wij nemen zo snel mogelijk contact met u op.\n\nMet vriendelijke groet,\nKlantenservice",
        "Hello,\n\nThis is to confirm that we received your enquiry, reference NW-4711.\n\nNorthwind Support",
        "Hello,\n\nThank you for contacting us. We've got your message and someone will get back to you soon. Your case number is 4711.\n\nNorthwind Support",
        "Dear customer,\n\nYour enquiry has been logged under reference number 4711 and will be dealt with within 24 hours.\n\nKind regards\nCustomer Services",
    ] {
        stops_nothing(SUPPORT, text, rule);
    }
    let bare = "We have received your request. Your ticket: 4711.";
    stops_nothing("alice@northwind.example", bare, rule);
    stops_nothing(SHARED, bare, rule);
}

#[test]
fn who_warns_of_a_robots_mail_is_none() {
    for text in [
        "Hello Bob,\n\nplease do not reply to this phishing mail.",
        "Hello Bob,\n\nplease do not reply to the sender, he is a robot.",
        "Please do not reply to this strange message of Monday, it is not ours.",
        "Antworten Sie nicht auf diese Phishing-Mail.",
        "The sender is an unmonitored mailbox, write to me.",
        "This is an automated message, but it is mended.\n\nSent from my iPhone",
    ] {
        stops(ALICE, text);
    }
    for text in [
        "It is mended. Please do not reply to this email.",
        "Please do not reply to this automatically generated message.",
        "Please do not reply.",
        "Please do not reply directly to this address.",
        "This mailbox is an unmonitored one.",
        "noreply@northwind.example is an unmonitored address.",
        "Bitte antworten Sie nicht auf diese automatische E-Mail.",
    ] {
        stops_nothing(ALICE, text, "automatic-sentence");
    }
}

#[test]
fn what_a_page_repeats_below_you_wrote_is_a_copy_and_a_colleagues_own_words_are_none() {
    let judged = |text: &str| {
        let fields = format!("From: {INFO}\nTo: bob@acme.example\nSubject: Your message");
        judge(&mail_with_text(&fields, Some(text)), None, &rules())
    };
    let form = "Name: Bob\nE-mail: bob@acme.example\nMessage: The scanner is down";
    for heading in [
        "You wrote:",
        "Thank you for your message. You wrote:",
        "Vous avez écrit :",
    ] {
        let verdict = judged(&format!("{heading}\n\n{form}"));
        assert!(!verdict.stops_clock, "{heading}: {:?}", verdict.reasons);
        assert!(because(&verdict, "copy-of-a-form"), "{heading}");
    }
    let answered = "Hello Bob, the scanner runs again since we put in another cable this morning, and the old one went to the workshop.";
    for text in [
        format!("{answered}\n\nYou wrote:\n\n{form}"),
        format!("It runs.\n\nOn Monday Bob <bob@acme.example> wrote:\n\n{form}"),
        format!("It runs.\n\nYou wrote:\n> {}", form.replace('\n', "\n> ")),
    ] {
        assert!(judged(&text).stops_clock, "{text}");
    }
}

#[test]
fn a_clients_robot_that_calls_itself_one_is_not_acknowledged() {
    for text in [
        "Thank you for your order. This is an automated message, please do not reply.",
        "This is an automatically generated e-mail.",
        "Your order 4711. This is an automatically generated e-mail.\n\nKind regards\nAcme Shop",
        "Dies ist Ihre Bestellung.\n\nBitte antworten Sie nicht auf diese E-Mail.",
    ] {
        let fields = "From: Acme Shop <shop@acme.example>\nX-Mailer: Shop 7.5";
        let verdict = judge(&mail_with_text(fields, Some(text)), None, &rules());
        assert_eq!(verdict.kind, Kind::Human, "{text}");
        assert!(verdict.opens_case && !verdict.may_acknowledge, "{text}");
        assert!(because(&verdict, "automatic-sentence"), "{text}");
    }
    for text in [
        "Somebody sent us this. Shall we answer?\n\n> Please do not reply to this email.",
        "Shall we answer the mail that says \"please do not reply\"?",
        "Please do not reply to the mail of Monday, it was wrong.",
        "Could you call?\n\nBob Smith\nAcme Ltd\n\nWho got this in error may please do not reply to this message but delete it.",
        "Could you call?\n\nKind regards\nDora Evans\n\nThis mailbox is unattended at night.",
    ] {
        let bob = "From: Bob Smith <bob@acme.example>";
        let verdict = judge(&mail_with_text(bob, Some(text)), None, &rules());
        assert!(verdict.may_acknowledge, "{text}: {:?}", verdict.reasons);
    }
}

#[test]
fn the_text_of_an_answer_to_a_stranger_is_wanted_where_a_program_may_have_written_it() {
    let wanted = |fields: &str| {
        let fields = format!("To: orders@desk.example\nSubject: Order\n{fields}");
        needs_text(&mail_with_text(&fields, None), &rules())
    };
    let names = "In-Reply-To: <1@acme.example>";
    assert!(wanted(&format!("From: {SUPPORT}\n{names}")));
    assert!(wanted(&format!("From: {SHARED}\n{names}")));
    assert!(!wanted(&format!("From: {ALICE}\n{names}")), "a person's");
    assert!(!wanted(&format!("From: {SUPPORT}")), "it names nothing");
}
