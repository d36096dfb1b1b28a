//! A short "thanks" that asks for nothing.
//!
//! A small closed class: every own word is a word of thanks, of courtesy, or somebody's name
//! from the message's own addresses. Anything else, and any question, makes it a mail that
//! waits for an answer.

use super::super::address::Author;
use super::super::facts::{MessageFacts, TEXT_CHARS_MAX};
use super::signs;
use super::text::{Word, fold, words};
use super::words::{CLOSINGS, COURTESY, PHONE_SIGNATURES, THANKS};

/// The most words a mere thanks has, greeting and name included.
const WORDS_MAX: usize = 20;

/// The most lines a signature without its mark may have.
const SIGNATURE_LINES_MAX: usize = 6;

/// Whether the message is an answer that says thanks and nothing more.
pub(super) fn is_thanks(facts: &MessageFacts, author: Option<&Author>) -> bool {
    let answers = !facts.in_reply_to.is_empty()
        || !facts.references.is_empty()
        || signs::is_reply_subject(&fold(&facts.subject));
    let Some(text) = facts.text.as_deref() else {
        return false;
    };
    // A text that may go on beyond what was read is no short one.
    let whole = text.chars().count() < TEXT_CHARS_MAX;
    let enclosures = facts.parts.iter().any(|part| part.attached);
    if !answers || !whole || enclosures {
        return false;
    }
    let lines = without_signature(own_lines(text));
    let said: Vec<Word> = lines.iter().flat_map(|line| words(line)).collect();
    let asks = |line: &&str| line.contains(['?', '？', '؟']) || is_question(&words(line));
    let questions = lines.iter().any(asks);
    if questions || said.is_empty() || said.len() > WORDS_MAX {
        return false;
    }
    let names = names(facts, author);
    let known = |word: &Word| {
        let text = word.text.as_str();
        THANKS.contains(&text) || COURTESY.contains(&text) || names.iter().any(|name| name == text)
    };
    said.iter().any(|word| THANKS.contains(&word.text.as_str())) && said.iter().all(known)
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

/// The lines somebody wrote himself: what he quoted, and his signature, left out.
pub(super) fn own_lines(text: &str) -> Vec<&str> {
    let mut own: Vec<&str> = Vec::new();
    for line in text.lines() {
        let trimmed = line.trim();
        let folded = fold(trimmed);
        if line.trim_end() == "--" || is_quote_mark(&folded) {
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

/// Cuts what follows a closing such as "Best regards": a name, a title, an address.
fn without_signature(lines: Vec<&str>) -> Vec<&str> {
    let Some(closing) = lines.iter().position(|line| is_closing(line)) else {
        return lines;
    };
    let tail = &lines[closing + 1..];
    let plain = |line: &&str| {
        let said = words(line);
        let postscript = said
            .first()
            .is_some_and(|word| matches!(word.text.as_str(), "ps" | "p"));
        said.len() <= 5 && !postscript && !line.contains(['?', '!'])
    };
    if tail.len() <= SIGNATURE_LINES_MAX && tail.iter().all(plain) {
        return lines[..=closing].to_vec();
    }
    lines
}

/// The names that may stand in a greeting or under a closing.
fn names(facts: &MessageFacts, author: Option<&Author>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for author in author.into_iter().chain(&facts.from) {
        names.extend(
            words(author.name.as_deref().unwrap_or_default())
                .into_iter()
                .map(|w| w.text),
        );
    }
    let addresses = facts
        .from
        .iter()
        .map(|author| &author.address)
        .chain(facts.recipients());
    for address in addresses {
        names.extend(address.local().split(['.', '_', '-', '+']).map(fold));
    }
    names
}
