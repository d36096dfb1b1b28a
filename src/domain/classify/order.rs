//! Orders that are given in nothing but polite words: `Thanks, update the information for all`.
//!
//! Vocabulary: a *thing* is what people thank for, and ask for too: a reply, help, information.
//! In English most are verbs as well. Thanked for, praised or received, it asks for nothing;
//! anything else is taken for a wish.

use super::text::words;
use super::words::THANKS;

/// Whether lines of polite words ask for something that nothing marks as a question.
pub(super) fn is_order(lines: &[&str]) -> bool {
    let said = words(&joined(lines));
    let mut clauses = said.chunk_by(|one, next| one.clause == next.clause);
    clauses.any(|clause| {
        let clause: Vec<&str> = clause.iter().map(|word| word.text.as_str()).collect();
        (0..clause.len()).any(|at| is_wish(&clause, at))
    })
}

/// The lines as one text. A line that begins with a capital begins a sentence.
fn joined(lines: &[&str]) -> String {
    let mut text = String::new();
    for line in lines {
        let begins = line.chars().find(|c| c.is_alphanumeric());
        text.push_str(if begins.is_some_and(char::is_uppercase) {
            ". "
        } else {
            " "
        });
        text.push_str(line);
    }
    text
}

/// Whether the word at this place of a clause asks for something.
fn is_wish(clause: &[&str], at: usize) -> bool {
    let (before, word, behind) = (&clause[..at], clause[at], &clause[at + 1..]);
    match word {
        "do" => {
            let will = before.contains(&"will") || behind.first() == Some(&"appreciate");
            // "Thanks for all you do".
            let done = || before.last() == Some(&"you") && before.contains(&"for");
            !will && !done()
        }
        "have" => !before.last().is_some_and(|word| HOLDERS.contains(word)) && !is_good_day(behind),
        _ if THINGS.contains(&word) => !is_no_wish(before, behind),
        _ => false,
    }
}

/// Whether `have` goes on as a good wish does: `a very nice day`.
fn is_good_day(behind: &[&str]) -> bool {
    let mut rest = behind.iter();
    let mut rest = rest
        .by_ref()
        .skip_while(|word| matches!(**word, "a" | "very" | "really") || PRAISE.contains(word));
    matches!(rest.next(), Some(&("day" | "weekend" | "evening")))
}

/// Whether a thing is thanked for, praised or received: `thanks for your quick reply`, `great
/// help`, `your support is appreciated`, `got the info`.
fn is_no_wish(before: &[&str], behind: &[&str]) -> bool {
    let last = before.last().copied().unwrap_or_default();
    let position = |wanted: &[&str]| before.iter().position(|word| wanted.contains(word));
    // `help and support`, but not `help and update the team`.
    let pair = || {
        let (_, rest) = before.split_last().unwrap_or((&"", &[]));
        behind.is_empty() && rest.last().is_some_and(|word| THINGS.contains(word))
    };
    let named = !THINGS.contains(&last) && (!AND.contains(&last) || pair());
    let thanked = || {
        let thanks = before.iter().position(|word| is_thanks(word));
        let reason = before.iter().rposition(|word| FOR.contains(word));
        thanks
            .zip(reason)
            .is_some_and(|(thanks, reason)| thanks < reason)
    };
    let is_praise = |word: &&str| PRAISE.contains(word) || *word == "appreciated";
    let praised = || before.contains(&"your") && behind.iter().any(is_praise);
    let valued = || {
        let held = position(&["appreciate", "got", "received", "noted", "understood"]);
        held.is_some_and(|held| !before[held..].contains(&"a"))
    };
    named && (thanked() || valued() || praised() || PRAISE.contains(&last))
}

fn is_thanks(word: &str) -> bool {
    THANKS.contains(&word) || word == "appreciated"
}

/// What people thank for, and ask for.
#[rustfmt::skip]
const THINGS: &[&str] = &[
    "reply", "answer", "response", "help", "support", "info", "information", "update",
    "antwort", "hilfe", "rückmeldung", "unterstützung", "réponse", "respuesta", "risposta",
    "resposta",
];

/// Who has something, or will.
const HOLDERS: &[&str] = &["i", "we", "you", "will"];

/// What joins two things, or two sentences.
const AND: &[&str] = &["and", "und", "et", "y", "e", "och", "og", "en"];

/// What one thanks for stands behind these.
const FOR: &[&str] = &["for", "für", "pour", "por", "per", "pela"];

/// Words that find something good.
#[rustfmt::skip]
const PRAISE: &[&str] = &[
    "great", "perfect", "excellent", "wonderful", "brilliant", "super", "awesome", "fantastic",
    "lovely", "good", "nice", "fine", "prima", "perfekt", "gut", "bonne", "parfait", "perfecto",
    "perfetto",
];
