//! What an office's programs send to clients as if it were a colleague's mail: receipts with the
//! number of a ticket, and papers of the books.
//!
//! Vocabulary: an *office* is an address that stands for no person (`helpdesk@`, `billing@`). A
//! person may answer from there, so that an answer (one with reply headers) is refused only if its
//! sentence says that nobody has read yet. Sources: OTRS, Zammad, osTicket, Freshdesk, RT; billing
//! programs.

use super::super::facts::MessageFacts;
use super::examination::Examination;
use super::signs::{has_word, is_mailer, sentence};
use super::text::{fold, words};
use super::words::{FORM_SENTENCES, FORM_WORDS, PROGRAM_WORDS, ROLE_WORDS, SYSTEM_ACCOUNTS};
use super::{letter, sender, thanks};

/// Further words in a local part that name an office: of those who keep the books, and desks.
#[rustfmt::skip]
const OFFICES: &[&str] = &[
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

/// How a program says that it has put a mail by, before anybody has read it; `…` as in
/// [`AUTOMATIC_SENTENCES`](super::words::AUTOMATIC_SENTENCES).
#[rustfmt::skip]
const RECEIPTS: &[&str] = &[
    "your request has been received", "your request was received", "your request has been logged",
    "your message has been received", "your email has been received",
    "your e-mail has been received", "your enquiry has been received",
    "your inquiry has been received", "we have received your", "we've received your",
    "we received your", "ihre anfrage ist …eingegangen", "ihre nachricht ist …eingegangen",
    "ihre anfrage wurde …aufgenommen", "wir haben ihre anfrage", "wir haben ihre nachricht",
    "wir haben ihre e-mail", "nous avons bien reçu votre", "votre demande a bien été",
    "votre demande a été enregistrée", "hemos recibido su", "su solicitud ha sido",
    "abbiamo ricevuto la", "la sua richiesta è stata", "recebemos a sua", "recebemos sua",
    "recebemos o seu", "we hebben uw", "wij hebben uw", "uw aanvraag is", "vi har tagit emot",
    "vi har mottagit", "vi har modtaget", "vi har mottatt", "olemme vastaanottaneet",
    "otrzymaliśmy twoj", "otrzymaliśmy pań", "otrzymaliśmy państwa", "twoje zgłoszenie",
    "obdrželi jsme", "přijali jsme", "мы получили ваш",
];

/// The same in words that say nothing to whoever reads them: people speak so of tickets, too.
#[rustfmt::skip]
const PUT_BY: &[&str] = &[
    "ticket has been created", "ticket was created", "ticket has been opened",
    "ticket number …has been created", "ticket number …has been assigned", "case has been created",
    "case has been opened", "has been created from your", "ticket wurde …erstellt",
    "ticket wurde …eröffnet", "ein ticket …erstellt", "unter der ticketnummer",
];

/// What a number is called under which a mail was put by.
#[rustfmt::skip]
const NUMBERS: &[&str] = &[
    "ticket",
    "case",
    "request",
    "reference",
    "ref",
    "id",
    "incident",
    "vorgang",
    "vorgangsnummer",
    "ticketnummer",
    "ticketnr",
    "fallnummer",
    "aktenzeichen",
    "dossier",
    "numéro",
    "caso",
    "número",
    "solicitud",
    "richiesta",
    "numero",
    "chamado",
    "pedido",
    "aanvraag",
    "nummer",
    "ärende",
    "ärendenummer",
    "sag",
    "sagsnummer",
    "sak",
    "saksnummer",
    "tiketti",
    "tukipyyntö",
    "zgłoszenie",
    "zgłoszenia",
    "numer",
    "požadavek",
    "číslo",
    "обращение",
    "заявка",
    "номер",
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
    receipt(e).or_else(|| paper(e)).or_else(|| mailed(e))
}

/// A receipt: its sentence, the number, and no person who signs it.
fn receipt(e: &Examination<'_>) -> Option<String> {
    let text = e.facts.text.as_deref()?;
    let own = fold(&thanks::unquoted_lines(text).join(" "));
    let of_office = || is_office(e).then(|| sentence(&own, PUT_BY)).flatten();
    let sentence = sentence(&own, RECEIPTS).or_else(of_office)?;
    let is_numbered = numbered(&own) || numbered(&e.subject);
    let nobodys = is_office(e) || !letter::is_persons(e);
    let found = is_numbered && nobodys && !asks(&own);
    found.then(|| format!("text: \"{sentence}\" with a number"))
}

/// An invoice and the like, in a mail of its own.
fn paper(e: &Examination<'_>) -> Option<String> {
    if !is_office(e) || is_answer(e.facts) || e.answers() {
        return None;
    }
    let said = words(&e.subject);
    let names = said.iter().any(|word| PAPERS.contains(&word.text.as_str()));
    let counted = e.subject.chars().filter(char::is_ascii_digit).count() >= DIGITS_MIN;
    let own = e
        .facts
        .text
        .as_deref()
        .map(|text| thanks::unquoted_lines(text).join(" "));
    let found = names && counted && !asks(&own.unwrap_or_default());
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
    let speaks = FORM_SENTENCES.iter().chain(RECEIPTS);
    let mut speaks = speaks.filter(|sign| !sign.contains('…'));
    let local = local(e);
    let is_pages = [FORM_WORDS, SYSTEM_ACCOUNTS, PROGRAM_WORDS]
        .iter()
        .any(|known| has_word(local, known));
    is_pages
        || is_office(e)
        || sender::is_no_reply(local)
        || e.second_sign_or_mailer()
        || speaks.any(|sign| said.iter().any(|said| said.contains(sign)))
}

fn is_office(e: &Examination<'_>) -> bool {
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

fn asks(text: &str) -> bool {
    text.contains(['?', '？', '؟'])
}

/// The fewest digits of a number that stands for something.
const DIGITS_MIN: usize = 3;

/// Whether a folded text bears a number and says what it is the number of.
fn numbered(folded: &str) -> bool {
    let said = words(folded);
    let named = said
        .iter()
        .any(|word| NUMBERS.contains(&word.text.as_str()));
    let digits = |word: &str| word.chars().filter(char::is_ascii_digit).count() >= DIGITS_MIN;
    named && folded.split_whitespace().any(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_written_as_texts_are_folded() {
        for list in [OFFICES, RECEIPTS, PUT_BY, NUMBERS, PAPERS] {
            for word in list {
                assert_eq!(&fold(word), word);
            }
        }
    }
}
