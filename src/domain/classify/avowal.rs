//! What programs say of themselves in the text of a mail, and no person says of his own.

use super::signs;
use super::text::fold;
use super::thanks;
use super::words::PROGRAM_SENTENCES;

/// A sentence by which a text says that a program wrote it, or that nobody reads the answer. What
/// somebody says of another's mail (`do not reply to this phishing mail`) is none.
pub(super) fn of_program(text: &str) -> Option<&'static str> {
    let own = fold(&thanks::unquoted_lines(text).join(" "));
    signs::sentence_where(&own, PROGRAM_SENTENCES, |before, sign, behind| {
        speaks_of_itself(before, sign, behind)
    })
}

/// Whether a sentence speaks of the mail that it stands in.
fn speaks_of_itself(before: &str, sign: &str, behind: &str) -> bool {
    if sign == "is an unmonitored" {
        let clause = before.rsplit(['!', '?', '\n']).next().unwrap_or_default();
        let clause = clause.rsplit(". ").next().unwrap_or_default();
        let mut said = clause.split_whitespace();
        return said.any(|word| matches!(word, "this" | "our") || word.contains('@'));
    }
    if sign == "please do not reply" {
        let behind = behind.trim_start();
        let behind = behind
            .strip_prefix("directly")
            .unwrap_or(behind)
            .trim_start();
        return match behind.strip_prefix("to ") {
            Some(whom) => whom.strip_prefix("this").is_some_and(is_own_mail),
            None => true,
        };
    }
    let names_mail = sign.ends_with(" to this") || sign.ends_with(" auf diese");
    !names_mail || is_own_mail(behind)
}

/// Whether a text goes on with a word for a mail, or for what programs call theirs.
fn is_own_mail(behind: &str) -> bool {
    const MAIL: &[&str] = &[
        "mail",
        "email",
        "e-mail",
        "message",
        "notification",
        "notice",
        "address",
        "mailbox",
        "letter",
        "account",
        "nachricht",
        "adresse",
        "benachrichtigung",
        "mailadresse",
        "e-mail-adresse",
        "mitteilung",
        "and",
        "und",
        "one",
    ];
    const PROGRAMS: &[&str] = &[
        "auto",
        "automat",
        "system",
        "computer",
        "generat",
        "service",
        "confirmation",
        "generiert",
        "erstellt",
        "erzeugt",
        "maschinell",
    ];
    let rest = behind.trim_start();
    let end = rest.find(|c: char| !c.is_alphanumeric() && c != '-');
    let word = &rest[..end.unwrap_or(rest.len())];
    let mut programs = PROGRAMS.iter();
    word.is_empty() || MAIL.contains(&word) || programs.any(|start| word.starts_with(start))
}
