//! A short "thanks" that asks for nothing.
//!
//! A small closed class: every own word is a word of thanks, of courtesy, or somebody's name
//! ([`names`]). Anything else, any
//! question and any order in such words, makes it a mail that waits for an answer; and so does what stands below a quotation
//! or a closing, if it may be more than a name and an address.

use super::super::facts::{BodyPart, MessageFacts, TEXT_CHARS_MAX};
use super::super::rules::Rules;
use super::direction::Direction;
use super::order::is_order;
use super::text::{Word, fold, words};
use super::words::{CLOSINGS, CLOSINGS_BEFORE_NAME, COURTESY, PHONE_SIGNATURES, THANKS};
use super::{names, signs};

/// The most words a mere thanks has, greeting and name included.
const WORDS_MAX: usize = 20;

/// The most lines a signature without its mark may have.
const SIGNATURE_LINES_MAX: usize = 6;

/// Whether the message is an answer that says thanks and nothing more.
pub(super) fn is_thanks(facts: &MessageFacts, direction: &Direction<'_>, rules: &Rules) -> bool {
    let answers = !facts.in_reply_to.is_empty()
        || !facts.references.is_empty()
        || signs::is_reply_subject(&fold(&facts.subject));
    let Some(text) = facts.text.as_deref() else {
        return false;
    };
    // A text that may go on beyond what was read is no short one.
    let whole = text.chars().count() < TEXT_CHARS_MAX;
    let enclosures = facts.parts.iter().any(is_enclosure);
    if !answers || !whole || enclosures {
        return false;
    }
    let lines = own_lines(text);
    let names = names::of_people(facts, direction, rules, &lines);
    let lines = without_signature(lines, &names);
    let lines = [lines, below_quotation(text)].concat();
    let said: Vec<Word> = lines
        .iter()
        .flat_map(|line| words(&without_good_wishes(line)))
        .collect();
    let asks = |line: &&str| line.contains(['?', '？', '؟']) || is_question(&words(line));
    let questions = lines.iter().any(asks);
    if questions || said.is_empty() || said.len() > WORDS_MAX || is_order(&lines) {
        return false;
    }
    let known = |word: &Word| {
        let text = word.text.as_str();
        let polite = [THANKS, COURTESY, CLOSINGS, CLOSINGS_BEFORE_NAME];
        polite.iter().any(|list| list.contains(&text)) || names.iter().any(|name| name == text)
    };
    said.iter().any(|word| THANKS.contains(&word.text.as_str())) && said.iter().all(known)
}

/// A line without good wishes whose words ask for something elsewhere.
fn without_good_wishes(line: &str) -> String {
    const WISHES: &[&str] = &[
        "buen fin de semana",
        "feliz fin de semana",
        "bom fim de semana",
    ];
    WISHES
        .iter()
        .fold(fold(line), |line, wish| line.replace(wish, " "))
}

/// Whether a part is more than the text in one of its forms, its signature and the pictures of
/// that: mail programs show a document within the text too.
fn is_enclosure(part: &BodyPart) -> bool {
    const SIGNATURES: &[&str] = &[
        "application/pgp-signature",
        "application/pkcs7-signature",
        "application/x-pkcs7-signature",
    ];
    let kind = part.media_type.as_str();
    if SIGNATURES.contains(&kind) {
        return false;
    }
    let picture = kind.starts_with("image/") && part.shown_within;
    let text = matches!(kind, "text/plain" | "text/html") && !part.named;
    let other_form = part.alternative && kind.starts_with("text/") && !part.named;
    part.attached || !(picture || text || other_form)
}

/// Whether the words of a line ask something though nothing marks the question: `have you …`
/// anywhere, `is it …` where a clause begins or right after the thanks. Other languages' verbs are
/// no words of courtesy, so that they make no thanks anyway.
fn is_question(line: &[Word]) -> bool {
    const VERBS: &[&str] = &[
        "have", "has", "will", "would", "can", "could", "do", "did", "is", "are", "when", "what",
        "who", "how", "which",
    ];
    const ASKED: &[&str] = &["you", "we", "i"];
    const ASKED_ABOUT: &[&str] = &["it", "this", "that", "the", "your", "all", "everyone"];
    line.windows(2).enumerate().any(|(at, pair)| {
        let (verb, next) = (pair[0].text.as_str(), pair[1].text.as_str());
        if pair[0].clause != pair[1].clause || !VERBS.contains(&verb) {
            return false;
        }
        let before = at.checked_sub(1).map(|before| &line[before]);
        let opens = before.is_none_or(|before| {
            before.clause != pair[0].clause || THANKS.contains(&before.text.as_str())
        });
        ASKED.contains(&next) || (opens && ASKED_ABOUT.contains(&next))
    })
}

/// The lines somebody wrote himself above the first quotation: what he quoted, and his
/// signature, left out.
pub(super) fn own_lines(text: &str) -> Vec<&str> {
    let mut own: Vec<&str> = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let trimmed = line.trim();
        let folded = fold(trimmed);
        if line.trim_end() == "--" || begins_quotation(&folded, lines.clone()) {
            break;
        }
        let phone = PHONE_SIGNATURES.iter().any(|sign| folded.starts_with(sign));
        if trimmed.is_empty() || trimmed.starts_with('>') || phone {
            continue;
        }
        if is_attribution(&folded) {
            break;
        }
        own.push(trimmed);
    }
    own
}

/// What somebody wrote below or between what he quotes line by line. Where the quoted lines bear
/// no mark, nobody can tell them from his own, and they count as quoted.
fn below_quotation(text: &str) -> Vec<&str> {
    let mut below = text.lines().map(str::trim);
    let begins = |line: &str| is_attribution(&fold(line));
    if !below.any(begins) || !below.clone().any(|line| line.starts_with('>')) {
        return Vec::new();
    }
    let is_own = |line: &&str| {
        let folded = fold(line);
        let phone = PHONE_SIGNATURES.iter().any(|sign| folded.starts_with(sign));
        !line.is_empty() && !line.starts_with('>') && !phone && !begins(line)
    };
    below
        .take_while(|line| *line != "--")
        .filter(is_own)
        .collect()
}

/// Whether the mail that is answered begins here. A bare rule, or a word with a colon, alone does
/// not say so: the head has to go on below.
fn begins_quotation<'a>(plain: &str, below: impl Iterator<Item = &'a str>) -> bool {
    let names_mail = (plain.starts_with("---") || plain.starts_with("___"))
        && plain.contains(char::is_alphabetic);
    is_quote_mark(plain) && (names_mail || heads_follow(below))
}

/// Whether the head of a mail goes on: another field, such as `Sent: Monday`.
fn heads_follow<'a>(below: impl Iterator<Item = &'a str>) -> bool {
    const LOOKED_AT: usize = 4;
    const FIELD_NAME_MAX: usize = 20;
    let said = below.map(str::trim).filter(|line| !line.is_empty());
    said.take(LOOKED_AT).any(|line| {
        let field = line
            .trim_start_matches(['*', '>', ' '])
            .split_once([':', '：']);
        field.is_some_and(|(name, value)| {
            let name = name.trim_end_matches(['*', ' ']);
            !name.is_empty()
                && name.chars().count() <= FIELD_NAME_MAX
                && name
                    .chars()
                    .all(|c| c.is_alphabetic() || c == ' ' || c == '-')
                && !value.trim().is_empty()
        })
    })
}

/// The lines that are not quoted, down to where a passed-on mail begins; rules, signatures and
/// what follows them included.
pub(super) fn unquoted_lines(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = Vec::new();
    for line in text.lines() {
        let trimmed = line.trim();
        let folded = fold(trimmed);
        let rule = trimmed.starts_with("-----") || trimmed.starts_with("_____");
        let only_rule = !trimmed.contains(char::is_alphanumeric);
        if is_attribution(&folded) || (is_quote_mark(&folded) && !(rule && only_rule)) {
            break;
        }
        if !trimmed.is_empty() && !trimmed.starts_with('>') {
            lines.push(trimmed);
        }
    }
    lines
}

/// Where mail programs begin the mail that is answered.
pub(super) fn is_quote_mark(plain: &str) -> bool {
    let ruled = plain.starts_with("-----") || plain.starts_with("_____");
    let headers = [
        "from:",
        "von:",
        "de :",
        "de:",
        "da:",
        "van:",
        "från:",
        "fra:",
        "lähettäjä:",
        "od:",
        "от:",
        "发件人:",
        "差出人:",
    ];
    let addressed = plain.contains('@') || plain.contains("mailto:");
    ruled || (addressed && headers.iter().any(|header| plain.starts_with(header)))
}

/// `On Monday Bob wrote:` and its like.
pub(super) fn is_attribution(plain: &str) -> bool {
    let verbs = [
        "wrote:",
        "schrieb:",
        "a écrit :",
        "a écrit:",
        "escribió:",
        "ha scritto:",
        "escreveu:",
        "schreef:",
        "skrev:",
        "kirjoitti:",
        "napisał:",
        "пишет:",
        "написал:",
        "写道:",
        "のメール:",
    ];
    let opening = ["on ", "am ", "le ", "el ", "il ", "em ", "op "];
    verbs.iter().any(|verb| plain.ends_with(verb))
        || (opening.iter().any(|word| plain.starts_with(word))
            && plain.contains('<')
            && plain.contains('@'))
}

/// Whether a line is a closing such as "Best regards".
pub(super) fn is_closing(line: &str) -> bool {
    let said = words(line);
    let last = said
        .last()
        .map(|word| word.text.clone())
        .unwrap_or_default();
    said.len() <= 4 && CLOSINGS.contains(&last.as_str())
}

/// Cuts what follows a closing such as "Best regards": names, titles, addresses.
fn without_signature<'a>(lines: Vec<&'a str>, names: &[String]) -> Vec<&'a str> {
    let Some(closing) = lines.iter().position(|line| is_closing(line)) else {
        return lines;
    };
    let tail = &lines[closing + 1..];
    let plain = |line: &&str| is_name_or_address(line, names);
    if tail.len() <= SIGNATURE_LINES_MAX && tail.iter().all(plain) {
        return lines[..=closing].to_vec();
    }
    lines
}

/// Whether a line may be one of a signature: an address, a number, or words that all begin with a
/// capital, as a sentence does not. What is written without capitals has to be a name.
pub(super) fn is_name_or_address(line: &str, names: &[String]) -> bool {
    const WITHIN_NAMES: &[&str] = &[
        "of", "and", "for", "de", "di", "da", "do", "du", "van", "von", "der", "den", "und", "et",
        "y", "e", "en", "at", "m", "t", "tel", "mob",
    ];
    let said = words(line);
    let postscript = said
        .first()
        .is_some_and(|word| matches!(word.text.as_str(), "ps" | "p" | "nb"));
    if said.len() > 5 || postscript || line.contains(['?', '!']) {
        return false;
    }
    let is_address =
        |token: &str| token.contains('@') || token.contains("www.") || token.contains("://");
    line.split_whitespace()
        .filter(|token| !is_address(token))
        .all(|token| {
            let plain = fold(token.trim_matches(|c: char| !c.is_alphanumeric()));
            let first = token.chars().find(|c| c.is_alphanumeric());
            first.is_none_or(|c| c.is_uppercase() || c.is_numeric())
                || WITHIN_NAMES.contains(&plain.as_str())
                || names.contains(&plain)
        })
}
