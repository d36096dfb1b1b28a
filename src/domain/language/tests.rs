//! What is written in which language, by mails as people write them.

use super::*;

mod sentences;

/// Subject and text as clients write, short and long, beside what each must be taken for.
const MAILS: &[(Language, &str, &str)] = &[
    (
        Language::English,
        "Invoice wrong",
        "Hi Alice, the total on our last invoice is not what we agreed on. Could you have a look at it please? Thanks, Anna",
    ),
    (Language::English, "", "Please call me back when you can."),
    (
        Language::English,
        "Quick question",
        "Do we have an update on this? Let me know if you need anything from us.",
    ),
    (
        Language::English,
        "Server down",
        "Our site has been down for an hour and the customers are calling. What is going on?",
    ),
    (
        Language::German,
        "Rechnung",
        "Guten Tag, die letzte Rechnung ist leider nicht richtig. Können Sie das bitte prüfen? Viele Grüße, Anna Bell",
    ),
    (
        Language::German,
        "Rückruf",
        "Hallo, bitte rufen Sie mich zurück. Danke und Gruß",
    ),
    (
        Language::German,
        "AW: Angebot",
        "wir nehmen das Angebot gerne an, haben aber noch eine Frage zum Termin.",
    ),
    (
        Language::German,
        "Server",
        "Seit heute Morgen ist unser Server nicht erreichbar, wir können nicht arbeiten.",
    ),
    (
        Language::French,
        "Facture",
        "Bonjour, le total de la dernière facture n'est pas correct. Pouvez-vous le vérifier ? Merci, Anne",
    ),
    (
        Language::French,
        "Rappel",
        "Merci de me rappeler dès que vous pouvez, nous sommes toujours bloqués.",
    ),
    (
        Language::French,
        "Re: Devis",
        "Nous acceptons votre devis mais nous avons encore une question sur la date.",
    ),
    (
        Language::Spanish,
        "Factura",
        "Hola, el total de la última factura no está bien. ¿Pueden revisarlo, por favor? Gracias",
    ),
    (
        Language::Spanish,
        "Llamada",
        "Buenos días, necesito que me llamen hoy, es muy urgente. Un saludo cordial",
    ),
    (
        Language::Spanish,
        "Re: Oferta",
        "Hemos recibido su oferta y nos gusta, pero todavía tenemos una pregunta sobre la fecha.",
    ),
    (
        Language::Italian,
        "Fattura",
        "Buongiorno, il totale dell'ultima fattura non è corretto. Potete controllare? Grazie",
    ),
    (
        Language::Italian,
        "Richiamare",
        "Ciao, mi potete richiamare oggi? È una cosa urgente, grazie.",
    ),
    (
        Language::Italian,
        "Re: Offerta",
        "Abbiamo ricevuto la vostra offerta, ma abbiamo ancora una domanda sulla data.",
    ),
    (
        Language::Dutch,
        "Factuur",
        "Goedemorgen, het bedrag op de laatste factuur klopt niet. Kunt u er even naar kijken? Bedankt",
    ),
    (
        Language::Dutch,
        "Bellen",
        "Beste Alice, kunt u mij vandaag nog terugbellen? Met vriendelijke groet, Anna",
    ),
    (
        Language::Dutch,
        "Re: Offerte",
        "Wij gaan graag akkoord met uw offerte, maar wij hebben nog een vraag over de datum.",
    ),
    (
        Language::Portuguese,
        "Fatura",
        "Bom dia, o total da última fatura não está certo. Podem verificar, por favor? Obrigada",
    ),
    (
        Language::Portuguese,
        "Ligação",
        "Olá, preciso que me liguem ainda hoje, é muito urgente. Obrigado",
    ),
    (
        Language::Portuguese,
        "Re: Proposta",
        "Recebemos a sua proposta e gostámos, mas ainda temos uma dúvida sobre a data.",
    ),
];

#[test]
fn a_mail_tells_its_language() {
    for (language, subject, text) in MAILS {
        let told = Language::of_mail(subject, text);
        assert_eq!(told, Some(*language), "{subject}: {text}");
    }
}

#[test]
fn what_is_too_short_mixed_or_unknown_is_no_language() {
    for (subject, text) in [
        ("", ""),
        ("OK", "ok"),
        ("Invoice 2026-117", "FYI, Anna"),
        ("Meeting", "Anna Bell\nAcme Ltd\n+44 20 7946 0000"),
        (
            "Zapytanie",
            "Dzień dobry, proszę o kontakt w sprawie ostatniej faktury. Pozdrawiam, Anna",
        ),
        (
            "Faktura",
            "Hej, det senaste fakturabeloppet stämmer inte. Kan ni titta på det? Tack",
        ),
        (
            "Faktura",
            "Hej, beløbet på den sidste faktura er ikke rigtigt. Kan I se på det? Tak",
        ),
        (
            "Számla",
            "Jó napot, az utolsó számla végösszege nem helyes. Kérem, nézzék meg. Köszönöm",
        ),
        (
            "ご請求書について",
            "お世話になっております。請求書の金額が違っています。",
        ),
    ] {
        assert_eq!(Language::of_mail(subject, text), None, "{subject}: {text}");
    }
}

#[test]
fn a_disclaimer_or_a_quote_in_another_language_does_not_turn_it() {
    let disclaimer = "This message and any attachment are confidential and for the use of the addressee only. If you are not the intended recipient, please delete it and let us know. ";
    let german = "Guten Tag, die letzte Rechnung ist nicht richtig, und wir haben sie noch nicht bezahlt. Können Sie das bitte prüfen? Wir brauchen sie bis zum Monatsende, weil wir sonst die Zahlung nicht mehr in diesem Jahr verbuchen können. Vielen Dank und viele Grüße, Anna Bell aus der Buchhaltung der Acme in Berlin am Alexanderplatz, zweiter Stock, Zimmer zwölf, links vom Aufzug, bei den Kollegen.";
    let text = format!("{german}\n\n{}", disclaimer.repeat(9));
    assert_eq!(Language::of_mail("", &text), Some(Language::German));
    let quoted = format!("bitte rufen Sie mich zurück, danke\n> {disclaimer}\n> {disclaimer}");
    assert_eq!(Language::of_mail("", &quoted), Some(Language::German));
}

#[test]
fn codes_are_read_with_and_without_a_region() {
    assert_eq!(Language::parse("pt-BR"), Some(Language::Portuguese));
    assert_eq!(Language::parse("xx"), None);
    for language in Language::ALL {
        assert_eq!(Language::parse(language.code()), Some(language));
        assert!(
            language.telling_words().starts_with(' ') && language.telling_words().ends_with(' ')
        );
    }
}

#[test]
fn what_stands_below_outvotes_nobody() {
    let disclaimer = "This e-mail and any attachments are confidential and intended solely for the use of the individual to whom it is addressed. If you have received this email in error please notify the sender and delete it.";
    let forwarded = "From: Jim\nSent: Monday\n\nHi Jens, we have not received the goods that you sent to us last week and we would like to know when they will arrive. Please let us know as soon as possible.";
    for below in [disclaimer, forwarded] {
        for (language, above) in [
            (
                Language::German,
                "Sehr geehrte Frau Bell,\n\nkönnten wir den Termin verschieben?\n\nMit freundlichen Grüßen",
            ),
            (
                Language::German,
                "Hallo Alice, kannst du dir das bitte mal ansehen? Danke, Jens",
            ),
            (
                Language::French,
                "Bonjour,\non peut décaler le rendez-vous de demain ?\nMerci",
            ),
            (
                Language::Spanish,
                "Hola, ¿podemos cambiar la cita de mañana?\nGracias",
            ),
            (
                Language::Dutch,
                "Hoi, kunnen we de afspraak van morgen verzetten?\nGroeten, Jan",
            ),
        ] {
            let told = Language::of_mail("Meeting", &format!("{above}\n\n{below}"));
            assert!(
                told.is_none_or(|told| told == language),
                "{above}: {told:?}"
            );
        }
    }
}

#[test]
fn a_subject_in_another_language_outvotes_no_text() {
    let subject = "Re: Ihre Rechnung für den Monat und die neue Website";
    let text = "Thanks, we have paid it. Could you send us the receipt, please?";
    assert_eq!(Language::of_mail(subject, text), Some(Language::English));
    assert_eq!(Language::of_mail(subject, "Thanks, paid!"), None);
}
