//! What shows that a person wrote, though a program carried it or a company added its footer.
//!
//! Vocabulary: a *letter* is signed by its author; a *form* is what somebody filled in on a web
//! page, and a program sent on: it names where its writer is answered.

use super::super::address::{Address, Author};
use super::examination::Examination;
use super::sender;
use super::signs::has_word;
use super::text::{fold, words};
use super::thanks::{self, is_closing};
use super::words::{BULK_NAMES, BULK_WORDS, CLOSINGS, ROLE_WORDS, THANKS};

/// The most words of a line in which somebody signs: "Kind regards, Bob Smith".
const SIGNED_WORDS_MAX: usize = 6;

/// Whether a person wrote it by what its text shows.
pub(super) fn is_persons(e: &Examination<'_>) -> bool {
    is_signed(e) || is_form(e)
}

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
/// are nobody's.
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
    names
}

/// Whether it is a form: two lines of `Name: value` at least, one of which bears the address at
/// which its writer is answered.
pub(super) fn is_form(e: &Examination<'_>) -> bool {
    let Some(writer) = writer(e) else {
        return false;
    };
    let text = e.facts.text.as_deref().unwrap_or_default();
    let own = thanks::unquoted_lines(text);
    let fields = || own.iter().filter_map(|line| field(line));
    let address = writer.to_string();
    let is_writer = |word: &str| word.eq_ignore_ascii_case(&address);
    let names_writer = fields().any(|(name, value)| {
        let mut words = value.split(|c: char| c.is_whitespace() || "<>()[],;:".contains(c));
        is_of_mail(name) && words.any(is_writer)
    });
    names_writer && fields().count() >= 2
}

/// Whether a form's field is the one for an address.
fn is_of_mail(name: &str) -> bool {
    const WORDS: &[&str] = &[
        "mail",
        "courriel",
        "correo",
        "posta",
        "post",
        "почта",
        "メール",
        "邮",
    ];
    let name = fold(name);
    WORDS.iter().any(|word| name.contains(word))
}

/// `Name: value`, or `Your name: value`.
fn field(line: &str) -> Option<(&str, &str)> {
    const NAME_WORDS_MAX: usize = 4;
    let (name, value) = line.split_once(':')?;
    let short = name.split_whitespace().count() <= NAME_WORDS_MAX;
    (short && !name.is_empty() && !value.trim().is_empty()).then_some((name, value))
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
