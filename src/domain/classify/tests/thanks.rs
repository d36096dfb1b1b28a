//! Stories of a short thanks to somebody by his name, and of what hides behind one.

use super::super::judge;
use super::{mail_with_text, parts, rules};
use crate::domain::rules::Rules;

const SHARED: &str = "To: Northwind Clients <clients@northwind.example>\nSubject: Re: Contract\nIn-Reply-To: <1@northwind.example>\nContent-Type: text/plain; charset=utf-8";

fn thanks(text: &str) -> bool {
    judge(&mail_with_text(SHARED, Some(text)), None, &rules()).thanks
}

#[test]
fn whoever_is_thanked_by_name_is_no_reason_to_go_on() {
    for text in [
        "Thanks Alice!",
        "Thanks so much, Alice.",
        "Thank you very much Alice",
        "Danke, Frau Weber!\n\nViele Grüße\nBob",
        "Vielen Dank Herr Dr. Weber",
        "Merci Alice, bonne journée !\n\nBob",
        "Merci Madame Dubois !",
        "Perfekt, danke dir Alice :-)\n\nLG Bob",
        "Muchas gracias, Alice. ¡Buen fin de semana!\n\nSaludos\nBob",
        "Thanks Mr. Weber, have a nice day.",
        "Hi Alice,\n\nthanks a lot!\n\nBob",
    ] {
        assert!(thanks(text), "{text}");
    }
}

#[test]
fn who_signed_what_is_quoted_is_known_by_name() {
    let outlook = "From: Northwind Clients <clients@northwind.example>\nSent: Monday, March 2, 2026 9:00 AM\nTo: Bob <bob@acme.example>\nSubject: Re: Contract\n\nHi Bob,\n\nhere it is.\n\nKind regards\nalice weber\nNorthwind";
    for own in ["ok alice, thanks", "Alice: perfect. Thanks!\n\nBob"] {
        assert!(thanks(&format!("{own}\n\n{outlook}")), "{own}");
        assert!(!thanks(own), "{own}: nobody of that name is known");
    }
    let marked = "ok alice, thanks\n\nOn Monday clients@northwind.example wrote:\n> Here it is.\n>\n> Best wishes\n> Alice";
    assert!(thanks(marked));
}

#[test]
fn the_owner_of_a_client_is_known_by_name() {
    let mut parts = parts();
    for client in parts.clients.values_mut() {
        client.owners = ["alice.weber", "invoice"]
            .map(|local| super::address(&format!("{local}@northwind.example")))
            .into();
    }
    let rules = Rules::new(parts);
    let thanks = |text: &str| judge(&mail_with_text(SHARED, Some(text)), None, &rules).thanks;
    assert!(thanks("perfect alice, thanks"));
    assert!(!thanks("thanks. invoice"), "an office is nobody's name");
    assert!(
        !super::super::judge(
            &mail_with_text(SHARED, Some("perfect alice, thanks")),
            None,
            &super::rules()
        )
        .thanks
    );
}

#[test]
fn what_hides_behind_a_thanks_to_somebody_waits() {
    for text in [
        "Thanks Alice, call me.",
        "Thanks Alice. Invoice.",
        "Thanks Alice!\nMonday works, and the second one",
        "Danke, Frau Weber, bitte um Rückruf",
        "Danke. Rückruf!",
        "Danke, Rückruf!",
        "Thanks ASAP!",
        "Thanks, URGENT.",
        "Thanks. Cancel.",
        "Thanks, cancel!",
        "Thanks Alice, Tuesday?",
        "Merci Alice, la facture",
        "Danke Frau Weber! Wann kommt die Rechnung",
        "Muchas gracias, Alice. Factura!",
        "Thanks Alice\n\nThe Contract",
    ] {
        assert!(!thanks(text), "{text}");
    }
}
