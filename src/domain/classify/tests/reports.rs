//! Stories of Outlook's reports without the form of a report, and of the letters that people write
//! under the same subjects.

use super::super::{Kind, Verdict, judge};
use super::{mail_with_text, rules};

fn with_text(subject: &str, text: &str) -> Verdict {
    let fields = format!("Subject: {subject}\nContent-Type: text/plain; charset=utf-8");
    judge(&mail_with_text(&fields, Some(text)), None, &rules())
}

#[test]
fn a_report_is_known_by_its_shape_in_many_languages() {
    for (subject, text) in [
        (
            "Read: Printer",
            "Your message\n\n   To: Alice\n   Subject: Printer\n   Sent: Monday, March 2, 2026 10:00\n\n was read on Monday, March 2, 2026 10:05:33 AM (UTC+01:00) Amsterdam, Berlin, Rome.",
        ),
        (
            "Not read: Printer",
            "Your message\n\n To: Alice\n\n was deleted without being read on Monday, March 2, 2026",
        ),
        (
            "Gelesen: Drucker",
            "Ihre Nachricht\n\n   An: Alice\n   Betreff: Drucker\n   Gesendet: Montag, 2. März 2026 10:00\n\nwurde am Montag, 2. März 2026 10:05 gelesen.",
        ),
        (
            "Ungelesen gelöscht: Drucker",
            "Ihre Nachricht\n\nwurde am Montag ungelesen gelöscht",
        ),
        (
            "Lu: Imprimante",
            "Votre message\n À : Alice\n a été lu le 2 mars 2026 10:05",
        ),
        ("Lu : Imprimante", "Votre message a été lu le 2"),
        ("Leído: Impresora", "El mensaje\n fue leído el 2"),
        (
            "Letto: Stampante",
            "Il messaggio\n\n è stato letto in data 2",
        ),
        (
            "Gelezen: Printer",
            "Uw bericht\n Aan: Alice\n is gelezen op 2",
        ),
        ("Lida: Impressora", "A sua mensagem\n foi lida em 2"),
        (
            "Läst: Skrivare",
            "Meddelandet\n\n Till: Alice\n\nlästes den 2 mars 2026",
        ),
        ("Læst: Printer", "Din meddelelse\n\nblev læst den 2."),
        (
            "Przeczytano: Drukarka",
            "Wiadomość\n\nzostała odczytana w dniu 2",
        ),
        ("Přečteno: Tiskárna", "Zpráva byla přečtena"),
        (
            "Non lu : Imprimante",
            "Votre message\n\na été supprimé sans être lu le lundi 2 mars 2026 10:05:00 (UTC+01:00) Paris.",
        ),
        (
            "Nicht gelesen: Drucker",
            "Ihre Nachricht\n\nwurde ohne gelesen zu werden am Montag, 2. März 2026 gelöscht.",
        ),
    ] {
        let verdict = with_text(subject, text);
        assert_eq!(
            verdict.kind,
            Kind::Receipt,
            "{subject}: {:?}",
            verdict.reasons
        );
    }
}

#[test]
fn a_recall_is_known_by_its_whole_sentence() {
    for (subject, text) in [
        (
            "Recall: Printer",
            "Bob Smith would like to recall the message, \"Printer\".",
        ),
        (
            "Rückruf: Drucker",
            "Bob Smith möchte die Nachricht \"Drucker\" zurückrufen.",
        ),
        (
            "Rappel : Imprimante",
            "Bob Smith souhaite rappeler le message « Imprimante ».",
        ),
    ] {
        let verdict = with_text(subject, text);
        assert_eq!(
            verdict.kind,
            Kind::Notification,
            "{subject}: {:?}",
            verdict.reasons
        );
    }
}

#[test]
fn a_letter_with_the_words_of_a_report_is_a_letter() {
    for (subject, text) in [
        (
            "Gelesen: Ihr Angebot vom 3.3.",
            "Guten Tag,\n\ndas Angebot wurde am Freitag im Vorstand besprochen. Bitte rufen Sie uns an.",
        ),
        (
            "Read: section 4 of the contract",
            "Hi Alice,\n\nthe section was read on Friday by our lawyers and they need changes. Can you call?",
        ),
        (
            "Read: section 4",
            "Your message was read on Friday. Who changes section 4?",
        ),
        (
            "Rückruf: Herr Müller",
            "Guten Tag,\n\nHerr Müller möchte die Nachricht vom Freitag mit Ihnen besprechen. Bitte rufen Sie ihn heute zurück.",
        ),
        (
            "Recall: printers of 2019",
            "We would like to recall the message of your support, which said \"no\". Please help.",
        ),
        (
            "Lida: proposta",
            "Bom dia,\na proposta foi lida em reunião ontem. Podem ligar-nos hoje?",
        ),
        (
            "Letto: contratto",
            "Il contratto è stato letto dal nostro avvocato; servono modifiche.",
        ),
        (
            "Gelesen: Ihr Angebot",
            "Ihre Nachricht wurde gelesen und im Team besprochen. Bitte schicken Sie uns den Vertrag",
        ),
        (
            "Read: your proposal",
            "Your message was read by our board yesterday. Send a new version by Friday.",
        ),
        (
            "Read: your proposal",
            "Your message was read on Friday 6 March. Send a new version.",
        ),
        (
            "Lu : votre offre",
            "Votre message a été lu par notre direction. Merci de nous rappeler demain.",
        ),
        (
            "Recall: Order 12",
            "Bob Smith would like to recall the message \"Order 12\" because the quantity was wrong: ship 20.",
        ),
        (
            "Leído: propuesta",
            "La propuesta ha sido leído y necesitamos cambios.",
        ),
    ] {
        let verdict = with_text(subject, text);
        assert_eq!(
            verdict.kind,
            Kind::Human,
            "{subject}: {:?}",
            verdict.reasons
        );
        assert!(verdict.opens_case, "{subject}");
    }
}
