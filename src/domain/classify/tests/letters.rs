//! Stories of letters by hand that look like a company's newsletter: to many by Bcc, long, in HTML,
//! with a footer.

use super::super::{Kind, Verdict, judge};
use super::{is_a_persons, mail_with_text, rules};

const HTML: &str = "Content-Type: text/html; charset=utf-8";

fn with_text(fields: &str, text: &str) -> Verdict {
    judge(&mail_with_text(fields, Some(text)), None, &rules())
}

#[test]
fn a_signed_letter_to_many_by_bcc_is_no_newsletter() {
    for to in [
        "To: undisclosed-recipients:;",
        "To: bob@acme.example",
        "To:",
    ] {
        for signed in ["<p>Kind regards<br>Bob Smith<br>Acme Ltd</p>", "<p>Bob</p>"] {
            let text = format!(
                "<p>Dear partners,</p><p>we need your quote by Friday noon.</p>{signed}<p><a href='https://acme.example/unsubscribe'>Unsubscribe</a></p>"
            );
            let fields = format!("From: Bob Smith <bob@acme.example>\n{to}\n{HTML}");
            is_a_persons(&with_text(&fields, &text), &format!("{to}: {signed}"));
        }
        let nobody = "<p>Dear partners,</p><p>Our new printers are here.</p><p><a href='https://acme.example/unsubscribe'>Unsubscribe</a></p>";
        let fields = format!("From: Bob Smith <bob@acme.example>\n{to}\n{HTML}");
        assert_eq!(with_text(&fields, nobody).kind, Kind::Bulk, "{to}");
    }
}

/// A long letter with a footer by which one leaves, closed and signed so.
fn long(end: &str) -> String {
    let points: String = (0..14)
        .map(|n| format!("<p>Punto {n}: por favor revise el asunto.</p>"))
        .collect();
    format!(
        "<p>Hola Alice</p>{points}{end}<p>Recibe este correo por su relación con Acme. Para darse de baja <a href='https://acme.example/baja?e=alice@northwind.example'>haga clic aquí</a></p>"
    )
}

#[test]
fn letters_are_closed_in_many_languages() {
    for closing in [
        "Saludos",
        "Atentamente",
        "Un cordial saludo",
        "Atenciosamente",
        "Abraços",
        "S pozdravem",
        "MfG",
        "Mvh",
        "Med vänlig hälsning",
        "Salutations distinguées",
        "Bien à vous",
        "Üdvözlettel",
        "Saygılarımla",
        "Με εκτίμηση",
        "Z poważaniem",
        "Lugupidamisega",
        "敬具",
        "Yours faithfully",
        "Yours truly",
        "Regards",
        "З повагою",
        "Cu stimă",
        "Cordiali saluti",
        "Veuillez agréer, Madame, l'expression de mes salutations distinguées",
    ] {
        // Below a closing the surname is enough, with a title before it.
        let text = long(&format!("<p>{closing},<br>Dr. R. Smith</p>"));
        let fields = format!("From: Robert Smith <rs17@acme.example>\n{HTML}");
        is_a_persons(&with_text(&fields, &text), closing);
    }
}

#[test]
fn a_persons_name_alone_on_a_line_signs_a_letter_and_a_companys_does_not() {
    let judged = |from: &str, line: &str| {
        let text = long(&format!("<p>{line}</p><p>Acme Ltd</p>"));
        with_text(&format!("From: {from}\n{HTML}"), &text)
    };
    for (from, line) in [
        ("Bob Smith <bob@acme.example>", "Bob Smith"),
        ("Bob Smith <bob@acme.example>", "Bob"),
        ("\"Smith, Bob\" <b.smith@acme.example>", "Bob Smith"),
        ("José Muñoz <munoz@acme.example>", "Muñoz"),
        ("bob.smith@acme.example", "Bob Smith"),
    ] {
        is_a_persons(&judged(from, line), &format!("{from}: {line}"));
    }
    for (from, line) in [
        ("Acme <acme@acme.example>", "Acme"),
        ("Big Acme <hello@bigacme.acme.example>", "Big Acme"),
        ("Acme News <news@acme.example>", "Acme News"),
        ("Acme Sales <sales@acme.example>", "Sales"),
        ("Bob Smith <bob@acme.example>", "Dear Bob,"),
        ("Bob Smith <bob@acme.example>", "Tom"),
    ] {
        let verdict = judged(from, line);
        assert_eq!(
            verdict.kind,
            Kind::Bulk,
            "{from}: {line}: {:?}",
            verdict.reasons
        );
    }
}

#[test]
fn a_program_that_names_its_page_is_no_mass_mailer() {
    let text = "Please do not reply to this address, my mailbox is full.";
    for mailer in [
        "Yamail [ http://yandex.ru ] 5.0",
        "Mutt http://www.mutt.org/",
        "Eircom Net CRC Webmail (http://www.eircom.net/)",
        "Zendesk Mailer",
        "Perlmutter Mail",
    ] {
        let fields = format!("X-Mailer: {mailer}");
        is_a_persons(&with_text(&fields, text), mailer);
        let office = format!("From: Tom <news@acme.example>\nX-Mailer: {mailer}");
        is_a_persons(&with_text(&office, "Can we have the text today?"), mailer);
    }
    for mailer in [
        "PHPMailer 6.8 (https://github.com/PHPMailer)",
        "PHP/5.4",
        "Zend Framework",
        "nodemailer (1.3.4)",
    ] {
        let verdict = with_text(&format!("X-Mailer: {mailer}"), text);
        assert_eq!(
            verdict.kind,
            Kind::Notification,
            "{mailer}: {:?}",
            verdict.reasons
        );
    }
}

#[test]
fn who_is_called_postmaster_or_answers_through_a_database_is_a_person() {
    for fields in [
        "From: Postmaster Smith <ps@acme.example>\nReply-To: no-reply@acme.example",
        "Subject: Re: Offer\nList-Unsubscribe: <mailto:u@crm.example>",
    ] {
        is_a_persons(&with_text(fields, "Please call me."), fields);
    }
    let new = "Subject: Offer\nList-Unsubscribe: <mailto:u@crm.example>";
    assert_eq!(with_text(new, "New printers").kind, Kind::Bulk);
}
