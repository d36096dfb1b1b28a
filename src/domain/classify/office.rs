//! What an office's programs send to clients as if it were a colleague's mail: receipts with the
//! number of a ticket, and papers of the books.
//!
//! Vocabulary: an *office* is an address that stands for no person (`helpdesk@`, `billing@`). A
//! person may answer from there, so that an answer (one with reply headers) is refused only if it
//! is a [`receipt`]. Sources: billing programs.

use super::super::facts::MessageFacts;
use super::examination::Examination;
use super::signs::{has_word, is_mailer};
use super::text::{fold, words};
use super::words::{FORM_SENTENCES, FORM_WORDS, PROGRAM_WORDS, ROLE_WORDS, SYSTEM_ACCOUNTS};
use super::{receipt, sender, signature, thanks};

/// Further words in a local part that name an office: of those who keep the books, and desks.
#[rustfmt::skip]
pub(super) const OFFICES: &[&str] = &[
    "accounts",
    "accounting",
    "accountspayable",
    "accountsreceivable",
    "invoice",
    "invoices",
    "invoicing",
    "finance",
    "payments",
    "ticket",
    "tickets",
    "ticketing",
    "servicedesk",
    "desk",
    "buchhaltung",
    "rechnung",
    "rechnungen",
    "mahnung",
    "compta",
    "comptabilite",
    "facturation",
    "contabilidad",
    "facturacion",
    "amministrazione",
    "fatturazione",
    "administratie",
    "boekhouding",
    "facturen",
    "ekonomi",
    "faktura",
    "regnskab",
    "laskutus",
    "ksiegowosc",
];

/// The papers of the books, as subjects name them.
#[rustfmt::skip]
const PAPERS: &[&str] = &[
    "invoice",
    "statement",
    "receipt",
    "remittance",
    "reminder",
    "dunning",
    "confirmation",
    "rechnung",
    "kontoauszug",
    "mahnung",
    "zahlungserinnerung",
    "auftragsbestätigung",
    "lieferschein",
    "gutschrift",
    "facture",
    "relevé",
    "factura",
    "fattura",
    "fatura",
    "factuur",
    "faktura",
    "lasku",
    "счет",
    "счёт",
];

/// What a program of an office's own sent, though nothing in its header says so.
pub(super) fn program(e: &Examination<'_>) -> Option<String> {
    receipt::find(e).or_else(|| paper(e)).or_else(|| mailed(e))
}

/// An invoice and the like, in a mail of its own.
fn paper(e: &Examination<'_>) -> Option<String> {
    if !is_office(e) || is_answer(e.facts) || e.answers() {
        return None;
    }
    let said = words(&e.subject);
    let names = said.iter().any(|word| PAPERS.contains(&word.text.as_str()));
    let counted = receipt::is_number(&e.subject);
    let own = thanks::unquoted_lines(e.facts.text.as_deref().unwrap_or_default());
    let found = names && counted && !receipt::is_asking(&fold(&own.join(" ")));
    found.then(|| format!("Subject: a paper of the books, from {}", office(e)))
}

/// A mail of its own that a program carried for an office.
fn mailed(e: &Examination<'_>) -> Option<String> {
    if !is_office(e) || is_answer(e.facts) || e.answers() {
        return None;
    }
    let carried = e
        .facts
        .field("x-mailer")
        .find(|name| is_mailer(&fold(name)))?;
    Some(format!("X-Mailer: {carried}, from {}", office(e)))
}

/// Whether its author could be the program behind a page, or an office.
pub(super) fn may_be_pages(e: &Examination<'_>) -> bool {
    let said = [
        e.subject.clone(),
        fold(e.facts.text.as_deref().unwrap_or_default()),
    ];
    let mut forms = FORM_SENTENCES.iter();
    is_programs(e)
        || e.second_sign_or_mailer()
        || said.iter().any(|said| receipt::is_said_in(said))
        || forms.any(|sign| said.iter().any(|said| said.contains(sign)))
}

/// Whether a program may have written it, as far as its header tells: from an office's address or
/// one without a person's name, or under a subject that bears a number.
pub(super) fn may_be_programs(e: &Examination<'_>) -> bool {
    is_programs(e) || !signature::is_named_as_person(e) || receipt::is_number(&e.subject)
}

/// Whether its author's address is a page's, a program's or an office's.
fn is_programs(e: &Examination<'_>) -> bool {
    let local = local(e);
    let lists = [FORM_WORDS, SYSTEM_ACCOUNTS, PROGRAM_WORDS];
    lists.iter().any(|known| has_word(local, known)) || is_office(e) || sender::is_no_reply(local)
}

/// Whether its author's address stands for no person.
pub(super) fn is_office(e: &Examination<'_>) -> bool {
    has_word(local(e), ROLE_WORDS) || has_word(local(e), OFFICES)
}

fn local<'a>(e: &'a Examination<'_>) -> &'a str {
    let author = e.direction.author.as_ref();
    author.map_or("", |author| author.address.local())
}

fn office(e: &Examination<'_>) -> String {
    let author = e.direction.author.as_ref();
    author.map_or_else(String::new, |author| author.address.to_string())
}

fn is_answer(facts: &MessageFacts) -> bool {
    !facts.in_reply_to.is_empty() || !facts.references.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_written_as_texts_are_folded() {
        for list in [OFFICES, PAPERS] {
            for word in list {
                assert_eq!(&fold(word), word);
            }
        }
    }
}
