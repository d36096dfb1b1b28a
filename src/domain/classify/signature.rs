//! By whose hand a mail of the team's was written, whatever address it comes from.
//!
//! Vocabulary: a mail is *by hand* where a person signs it: with his name or his initials below a
//! closing, or by the line that a phone adds. Programs sign too, for an *office*: by the name of
//! the company, of a team or a desk.

use super::examination::Examination;
use super::letter::closes;
use super::office::OFFICES;
use super::text::{Word, fold, words};
use super::thanks;
use super::words::{
    BULK_WORDS, CLOSINGS, CLOSINGS_BEFORE_NAME, PHONE_SIGNATURES, PROGRAM_WORDS, ROLE_WORDS,
};

/// Whether a person signs it.
pub(super) fn is_by_hand(e: &Examination<'_>) -> bool {
    let own = thanks::unquoted_lines(e.facts.text.as_deref().unwrap_or_default());
    let is_phones = |line: &&str| {
        let folded = fold(line);
        let mut signs = PHONE_SIGNATURES.iter();
        signs.any(|sign| folded.starts_with(sign)) && !names_office(e, line)
    };
    own.iter().any(is_phones) || is_signed(e, &own)
}

/// Whether an address bears a person's name beside it: `Alice Miller <alice@…>`.
pub(super) fn is_named_as_person(e: &Examination<'_>) -> bool {
    let author = e.direction.author.as_ref();
    let name = author.and_then(|author| author.name.as_deref());
    name.is_some_and(|name| name.split_whitespace().count() > 1 && is_persons(e, name))
}

/// Whether a closing such as "Best regards" is followed by a person's name, or his initials, on
/// its line or the next.
fn is_signed(e: &Examination<'_>, own: &[&str]) -> bool {
    own.iter().enumerate().any(|(at, line)| {
        let next = own.get(at + 1).copied().unwrap_or_default();
        closes(line) && (is_persons(e, behind_closing(line)) || is_persons(e, next))
    })
}

/// What follows the closing on its own line: `Dora` of `Best regards, Dora`.
fn behind_closing(line: &str) -> &str {
    let closings = [CLOSINGS, CLOSINGS_BEFORE_NAME];
    let is_closing = |word: &str| closings.iter().any(|list| list.contains(&word));
    let (mut rest, mut last) = (line, "");
    while let Some((word, behind)) = rest.split_once(char::is_whitespace) {
        rest = behind;
        if is_closing(&fold(word.trim_matches(|c: char| !c.is_alphanumeric()))) {
            last = rest;
        }
    }
    last
}

/// The most words of a line that is nothing but a name.
const NAME_WORDS_MAX: usize = 4;

/// Whether a line is the name of a person and nothing else, or his initials.
fn is_persons(e: &Examination<'_>, line: &str) -> bool {
    const PARTICLES: &[&str] = &[
        "van", "von", "vom", "zu", "de", "der", "den", "del", "della", "da", "di", "do", "dos",
        "du", "la", "le", "af", "av", "bin", "el",
    ];
    let said: Vec<&str> = line
        .trim_end_matches([',', '.'])
        .split_whitespace()
        .collect();
    let is_word = |word: &&str| {
        word.chars()
            .all(|c| c.is_alphabetic() || ".-'’".contains(c))
    };
    let is_capital = |word: &&str| {
        let first = word.chars().next();
        first.is_some_and(|c| c.is_alphabetic() && !c.is_lowercase())
    };
    let is_name = |word: &&str| is_word(word) && (is_capital(word) || PARTICLES.contains(word));
    said.first().is_some_and(is_capital)
        && said.len() <= NAME_WORDS_MAX
        && said.iter().all(is_name)
        && !names_office(e, line)
}

/// Whether a line names an office or the company.
fn names_office(e: &Examination<'_>, line: &str) -> bool {
    let is_known = |word: &Word| {
        let mut parts = word.text.split(['-', '\'', '’']);
        is_office(&word.text) || parts.any(is_office) || e.is_companys(&word.text)
    };
    words(line).iter().any(is_known)
}

/// Whether a word stands for an office, or in a company's name, and in nobody's.
pub(super) fn is_office(word: &str) -> bool {
    let lists = [OFFICES, SIGNATORIES, ROLE_WORDS, PROGRAM_WORDS, BULK_WORDS];
    lists.iter().any(|list| list.contains(&word))
}

/// How offices and companies sign.
#[rustfmt::skip]
const SIGNATORIES: &[&str] = &[
    "the", "your", "our", "ihr", "ihre", "euer", "das", "votre", "notre", "uw", "ons", "din", "ditt",
    "it", "hr", "edv", "pr", "qa", "ltd", "limited", "plc", "inc", "llc", "corp", "corporation",
    "company", "group", "gmbh", "ag", "kg", "ohg", "ug", "gruppe", "sa", "sas", "sarl", "srl", "spa",
    "bv", "nv", "ab", "as", "aps", "oy", "oyj", "sro", "kft", "agency", "agentur", "studio",
    "teams", "customer", "customers", "client", "clients", "care",
    "department", "dept", "division", "admin",
    "administration", "administrator", "administrators", "webmaster", "management", "hotline",
    "center", "centre", "staff", "crew", "reception", "request", "number",
    "kundendienst", "kundenbetreuung", "kundensupport", "serviceteam", "supportteam", "abteilung",
    "büro", "sekretariat", "verwaltung", "zentrale", "empfang", "redaktion",
    "équipe", "equipe", "clientèle", "equipo", "atención", "cliente", "clientes",
    "soporte", "departamento", "squadra", "assistenza", "servizio", "clienti", "ufficio", "suporte",
    "atendimento", "equipa", "klantenservice", "klantendienst", "afdeling", "klantenteam",
    "kundtjänst", "kundservice", "avdelningen", "kundeservice", "kundesenter", "kundecenter",
    "asiakaspalvelu", "tiimi", "tuki", "zespół", "obsługa", "klienta", "dział", "tým", "podpora",
    "oddělení", "команда", "служба", "поддержки", "поддержка", "отдел",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_written_as_texts_are_folded() {
        for word in SIGNATORIES {
            assert_eq!(&fold(word), word);
        }
    }

    #[test]
    fn what_follows_a_closing_on_its_line_may_be_a_name() {
        for (line, behind) in [
            ("Best regards, Dora", "Dora"),
            ("Kind regards", ""),
            ("LG DE", "DE"),
            ("Hello Dora", ""),
        ] {
            assert_eq!(behind_closing(line), behind, "{line}");
        }
    }
}
