//! Whether a message is urgent by itself.

use super::super::facts::MessageFacts;
use super::super::ids::ClientKey;
use super::super::rules::Rules;
use super::Reason;
use super::field;
use super::text::{Word, fold, without_accents, words};

/// What makes a message urgent: a priority field, a word in the subject, or the client.
/// `subject` is folded.
pub(super) fn find(
    facts: &MessageFacts,
    subject: &str,
    client: Option<&ClientKey>,
    rules: &Rules,
) -> Option<Reason> {
    let client = client.and_then(|key| rules.clients.get(key));
    if let Some(client) = client
        && client.urgent
    {
        return Some(Reason {
            rule: "urgent-client",
            evidence: client.key.to_string(),
        });
    }
    for (name, urgent) in PRIORITY_FIELDS {
        let value = facts.field(name).find(|value| {
            let word = field::keyword(value);
            urgent.contains(&word.as_str())
        });
        if let Some(value) = value {
            return Some(Reason {
                rule: "priority-field",
                evidence: field::evidence(name, value),
            });
        }
    }
    let client_words = client.map(|client| client.urgent_words.as_slice());
    let own = rules
        .team
        .urgent_words
        .iter()
        .chain(client_words.unwrap_or_default());
    let spelled = subject.contains('.').then(|| without_periods(subject));
    let subject = spelled.as_deref().unwrap_or(subject);
    let word = own.into_iter().find(|word| says(subject, word))?;
    Some(Reason {
        rule: "urgent-word",
        evidence: format!("\"{word}\" in the subject"),
    })
}

/// RFC 2156, sections 5.3.4 and 5.3.6 (Importance, Priority), and what Microsoft's programs write.
const PRIORITY_FIELDS: [(&str, &[&str]); 4] = [
    ("importance", &["high"]),
    ("priority", &["urgent"]),
    ("x-priority", &["1", "2"]),
    ("x-msmail-priority", &["high"]),
];

/// Words that turn what follows into its contrary.
const NEGATIONS: &[&str] = &[
    "not", "non", "no", "never", "nothing", "isn't", "isn’t", "isnt", "less", "nicht", "nichts",
    "kein", "keine", "weniger", "pas", "niet", "geen", "inte", "ikke", "ikkje", "ei", "nie", "não",
    "nao", "sin", "не", "нет", "δεν", "değil", "nem", "ne",
];

/// Words that may stand between a negation and what it negates.
const BETWEEN: &[&str] = &[
    "so",
    "that",
    "very",
    "really",
    "too",
    "at",
    "all",
    "sehr",
    "ganz",
    "besonders",
    "wirklich",
    "très",
    "muy",
    "molto",
    "is",
    "an",
    "a",
    "the",
    "longer",
    "yet",
    "mehr",
    "du",
    "tout",
    "es",
    "é",
    "è",
    // What is left of `e'`, as Italians type it.
    "e",
    "più",
    "очень",
];

/// A text with abbreviations as one word: `a.s.a.p.` as `asap`.
fn without_periods(folded: &str) -> String {
    let tokens = folded.split(' ').map(|token| {
        let core = token.trim_matches(|c: char| !c.is_alphanumeric());
        let mut letters = core.split('.');
        let single =
            |letter: &str| letter.chars().count() == 1 && !letter.contains(char::is_numeric);
        match core.contains('.') && letters.all(single) {
            true => token.replacen(core, &core.replace('.', ""), 1),
            false => token.to_owned(),
        }
    });
    tokens.collect::<Vec<_>>().join(" ")
}

fn says(folded: &str, wanted: &str) -> bool {
    // Scripts without blanks between words have no whole words to compare.
    if !wanted.is_ascii() {
        let wanted = fold(wanted);
        if wanted.chars().any(unspaced) {
            let mut places = folded.match_indices(&wanted);
            return places
                .any(|(at, _)| !negated_unspaced(&folded[..at], &folded[at + wanted.len()..]));
        }
    }
    // Cutting a subject into words costs more than looking whether the word can be there.
    if wanted.is_ascii() && !holds(folded, wanted) {
        return false;
    }
    let wanted = words(wanted);
    let subject = words(folded);
    let same = |own: &Word, wanted: &Word| {
        // Capitals, and people in haste, go without accents.
        own.text == wanted.text || own.text == without_accents(&wanted.text)
    };
    if wanted.is_empty() || wanted.len() > subject.len() {
        return false;
    }
    (0..=subject.len() - wanted.len()).any(|at| {
        let run = &subject[at..at + wanted.len()];
        run.iter()
            .zip(&wanted)
            .all(|(own, wanted)| same(own, wanted))
            && !negated(&subject, at)
    })
}

/// Whether the first word of an ASCII text stands somewhere in a folded one.
fn holds(folded: &str, wanted: &str) -> bool {
    let letters = |byte: &u8| byte.is_ascii_alphanumeric();
    let mut runs = wanted.as_bytes().split(|byte| !letters(byte));
    let Some(first) = runs.find(|run| !run.is_empty()) else {
        return false;
    };
    let letter = first[0].to_ascii_lowercase();
    let mut places = folded.as_bytes().windows(first.len());
    places.any(|place| place[0] == letter && place.eq_ignore_ascii_case(first))
}

fn negated(subject: &[Word], at: usize) -> bool {
    let clause = subject[at].clause;
    subject[..at]
        .iter()
        .rev()
        .take_while(|word| word.clause == clause)
        .find(|word| !BETWEEN.contains(&word.text.as_str()))
        .is_some_and(|word| NEGATIONS.contains(&word.text.as_str()))
}

/// As [`negated`], in scripts without blanks between words, by what stands right before and behind.
fn negated_unspaced(before: &str, behind: &str) -> bool {
    const BEFORE: &[&str] = &[
        "非",
        "不",
        "未",
        "没",
        "沒",
        "没有",
        "沒有",
        "无",
        "無",
        "別",
        "ไม่",
    ];
    const BETWEEN: &[&str] = &[
        "很", "太", "是", "那么", "那麼", "特别", "特別", "十分", "怎么", "什么", "有", "再",
    ];
    const BEHIND: &[&str] = &[
        "ではない",
        "ではなく",
        "ではあり",
        "じゃない",
        "でない",
        "でなく",
        "でありません",
        "性はない",
        "性なし",
        "하지 않",
        "하진 않",
        "이 아",
        "은 아",
        "는 아",
        "가 아",
        " 아님",
        "아님",
    ];
    let mut before = before.trim_end();
    // "是不是" asks whether it is so.
    if before.ends_with("是不是") {
        return false;
    }
    while let Some(rest) = BETWEEN.iter().find_map(|word| before.strip_suffix(word)) {
        before = rest.trim_end();
    }
    BEFORE.iter().any(|word| before.ends_with(word))
        || BEHIND.iter().any(|word| behind.starts_with(word))
}

/// Han, kana, Hangul, Thai, Lao, Khmer and Burmese.
fn unspaced(c: char) -> bool {
    matches!(u32::from(c), 0x0E00..=0x0EFF | 0x1000..=0x109F | 0x1780..=0x17FF
        | 0x3040..=0x30FF | 0x3400..=0x9FFF | 0xAC00..=0xD7AF | 0xF900..=0xFAFF)
}
