//! What shows that a person wrote, though a program carried it or a company added its footer.
//!
//! Vocabulary: a *letter* is signed by its author; a *form* is what somebody filled in on a web
//! page, and a program sent on: it names where its writer is answered.

use super::super::address::{Address, Author};
use super::examination::Examination;
use super::signs::has_word;
use super::text::{fold, words};
use super::thanks::{self, is_closing};
use super::words::{BULK_NAMES, BULK_WORDS, CLOSINGS, PROGRAM_WORDS, ROLE_WORDS, THANKS};
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

/// Whether a closing such as "Best regards" is followed by the author's own name, on its line or
/// the next.
fn is_signed(e: &Examination<'_>) -> bool {
    let text = e.facts.text.as_deref().unwrap_or_default();
    let names = names(e.direction.author.as_ref());
    let own = thanks::unquoted_lines(text);
    own.iter().enumerate().any(|(at, line)| {
        let said = words(line);
        let closes = |word: &str| CLOSINGS.contains(&word) || THANKS.contains(&word);
        let mut said = said.iter().take(SIGNED_WORDS_MAX + 1);
        let short = said.len() <= SIGNED_WORDS_MAX;
        let closing = short && (is_closing(line) || said.any(|word| closes(&word.text)));
        let next = own.get(at + 1).copied().unwrap_or_default();
        closing && (bears_name(line, &names) || bears_name(next, &names))
    })
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
    let local = words(&author.address.local().replace(['.', '_', '+', '='], " "));
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
