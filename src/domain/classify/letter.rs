//! What shows that a person wrote, though a program carried it or a company added its footer.
//!
//! Vocabulary: a *letter* is signed by its author; a *form* is what somebody filled in on a web
//! page, and a program sent on: it names where its writer is answered.

use super::super::address::{Address, Author};
use super::examination::Examination;
use super::signs::has_word;
use super::text::{fold, without_accents, words};
use super::thanks::{self, is_closing};
use super::words::{
    BULK_NAMES, BULK_WORDS, CLOSING_LINES, CLOSINGS, CLOSINGS_BEFORE_NAME, PROGRAM_WORDS,
    ROLE_WORDS, SYSTEM_ACCOUNTS, THANKS,
};
use super::{form, sender};

/// The most words of a line in which somebody signs: "Kind regards, Bob Smith".
const SIGNED_WORDS_MAX: usize = 6;

/// Whether a person wrote it by what its text shows.
pub(super) fn is_persons(e: &Examination<'_>) -> bool {
    is_signed(e) || is_form(e)
}

/// Whether its author signed an answer that speaks of no absence: colleagues write about cars
/// (`Auto: …`) and about who takes over (`Absence: …`), too.
pub(super) fn is_answer(e: &Examination<'_>) -> bool {
    let text = fold(e.facts.text.as_deref().unwrap_or_default());
    is_signed(e) && !AWAY.iter().any(|sign| text.contains(sign))
}

/// How people, and their programs, speak of being away.
#[rustfmt::skip]
const AWAY: &[&str] = &[
    "out of office",
    "out of the office",
    "away",
    "absent",
    "on leave",
    "holiday",
    "vacation",
    "return",
    "i am back",
    "i will be back",
    "nicht im büro",
    "nicht im haus",
    "abwesen",
    "urlaub",
    "zurück",
    "ausser haus",
    "absence",
    "congé",
    "de retour",
    "vacaciones",
    "ausente",
    "fuori",
    "assente",
    "ferie",
    "férias",
    "ausência",
    "afwezig",
    "vakantie",
    "semester",
    "frånvar",
    "fravær",
    "lomalla",
    "poissa",
    "urlop",
    "nieobecn",
    "dovolen",
    "отпуск",
];

/// Whether its author signed it: with his name below a closing, or with nothing but his name.
fn is_signed(e: &Examination<'_>) -> bool {
    let text = e.facts.text.as_deref().unwrap_or_default();
    let author = e.direction.author.as_ref();
    let own = thanks::unquoted_lines(text);
    is_closed(&own, &names(author)) || author.is_some_and(|author| is_signed_alone(&own, author))
}

/// Whether a closing such as "Best regards" is followed by the author's own name, on its line or
/// the next.
fn is_closed(own: &[&str], names: &[String]) -> bool {
    own.iter().enumerate().any(|(at, line)| {
        let next = own.get(at + 1).copied().unwrap_or_default();
        closes(line) && (bears_name(line, names) || bears_name(next, names))
    })
}

/// Whether a line may close a letter, if the name follows.
pub(super) fn closes(line: &str) -> bool {
    let said = words(line);
    let is_known = |word: &str| {
        let lists = [CLOSINGS, CLOSINGS_BEFORE_NAME, THANKS];
        lists.iter().any(|list| list.contains(&word))
    };
    let whole: Vec<&str> = said.iter().map(|word| word.text.as_str()).collect();
    let whole = whole.join(" ");
    let mut lines = CLOSING_LINES.iter();
    let mut short = said.iter().take(SIGNED_WORDS_MAX + 1);
    let is_short = said.len() <= SIGNED_WORDS_MAX;
    let ends = said
        .last()
        .is_some_and(|word| CLOSINGS.contains(&word.text.as_str()));
    let mut known = || {
        is_closing(line)
            || short.any(|word| is_known(&word.text))
            || lines.any(|known| whole.starts_with(known))
    };
    (is_short && known()) || (ends && said.len() <= FORMULA_WORDS_MAX)
}

/// The most words of a closing that is a sentence: "Veuillez agréer, Madame, Monsieur,
/// l'expression de nos salutations distinguées."
const FORMULA_WORDS_MAX: usize = 16;

/// Of how many lines at the end one may be nothing but a name: below it stand an office, an
/// address and what a company puts under its mail.
const SIGNATURE_LINES_MAX: usize = 16;

/// Whether one of the last lines is the name of a person and nothing else: the whole of his name,
/// or the first or last word of it where his address bears it too. A company's is no person's,
/// nor an office's.
fn is_signed_alone(own: &[&str], author: &Author) -> bool {
    let all: Vec<String> = names_of(author.name.as_deref().unwrap_or_default());
    let (local, domain) = (author.address.local(), author.address.domain());
    let names = if all.is_empty() {
        names_of(&spaced(local))
    } else {
        all
    };
    let is_office = |word: &String| {
        let lists = [
            BULK_NAMES,
            BULK_WORDS,
            ROLE_WORDS,
            PROGRAM_WORDS,
            SYSTEM_ACCOUNTS,
        ];
        lists.iter().any(|list| list.contains(&word.as_str()))
    };
    let company = domain
        .split('.')
        .any(|label| label.len() > 3 && label == names.concat());
    if names.is_empty() || names.len() > NAME_WORDS_MAX || company || names.iter().any(is_office) {
        return false;
    }
    let owns = |name: &str| name.len() > 2 && local.contains(&without_accents(name));
    let called = |name: &String| names.len() > 1 || !domain.contains(name.as_str());
    let known = names.iter().any(|name| owns(name) && called(name));
    let mut last = own.iter().skip(1).rev().take(SIGNATURE_LINES_MAX);
    last.any(|line| {
        let said = names_of(line);
        let turned = || said.iter().rev().eq(names.iter());
        let whole = names.len() > 1 && (said == names || turned());
        let ends = [names.first(), names.last()];
        let part = || said.len() == 1 && known && ends.contains(&said.first());
        !said.is_empty() && !line.ends_with([',', ':', '?']) && (whole || part())
    })
}

/// The most words of a person's name.
const NAME_WORDS_MAX: usize = 4;

fn names_of(text: &str) -> Vec<String> {
    words(text).into_iter().map(|word| word.text).collect()
}

fn spaced(local: &str) -> String {
    local.replace(['.', '_', '+', '='], " ")
}

fn bears_name(line: &str, names: &[String]) -> bool {
    let said = words(line);
    said.len() <= SIGNED_WORDS_MAX && said.iter().any(|word| names.contains(&word.text))
}

/// The words of an author's name, and of his address where it is made of words; a newsletter's
/// are nobody's, and a word for a program names nobody.
fn names(author: Option<&Author>) -> Vec<String> {
    const LETTERS_MIN: usize = 2;
    let Some(author) = author else {
        return Vec::new();
    };
    let name = words(author.name.as_deref().unwrap_or_default());
    let local = words(&spaced(author.address.local()));
    let all = name.into_iter().chain(local).map(|word| word.text);
    let names: Vec<String> = all
        .filter(|word| word.chars().count() >= LETTERS_MIN)
        .collect();
    let newsletters =
        |word: &String| BULK_NAMES.contains(&word.as_str()) || BULK_WORDS.contains(&word.as_str());
    if names.iter().any(newsletters) {
        return Vec::new();
    }
    let is_programs = |word: &String| PROGRAM_WORDS.contains(&word.as_str());
    names
        .into_iter()
        .filter(|word| !is_programs(word))
        .collect()
}

/// Whether it is a form that its own fields show: one bears the address at which its writer is
/// answered.
pub(super) fn is_form(e: &Examination<'_>) -> bool {
    e.direction.is_form || writer(e).is_some_and(|writer| form::has_fields_of(e.facts, writer))
}

/// Who is answered, if that is a person: no program, and no office of the author's own, whose
/// address stands below whatever it sends.
pub(super) fn writer<'a>(e: &'a Examination<'_>) -> Option<&'a Address> {
    let answered = e.facts.reply_to.first();
    let writer = &answered.or(e.direction.author.as_ref())?.address;
    let local = writer.local();
    let author = e.direction.author.as_ref();
    let own = author.is_some_and(|author| author.address.domain() == writer.domain());
    let office = own && (has_word(local, ROLE_WORDS) || has_word(local, BULK_WORDS));
    let robot = sender::is_no_reply(local)
        || sender::is_postmaster(local)
        || sender::is_bounce_path(local)
        || sender::is_made_up(local);
    (!robot && !office).then_some(writer)
}
