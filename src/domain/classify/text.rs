//! Comparing words of any language.

use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};

/// A word of a text, ready for comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    /// The folded word. A hyphen or an apostrophe joins, so `non-urgent` is one word.
    pub(super) text: String,
    /// Which part of the sentence it stands in: punctuation begins the next.
    pub(super) clause: usize,
}

/// The words of a text.
pub(super) fn words(text: &str) -> Vec<Word> {
    let folded = fold(text);
    let mut words = Vec::new();
    let mut word = String::new();
    let mut clause = 0;
    for c in folded.chars() {
        if c.is_alphanumeric() || joins(c) || is_mark(c) {
            word.push(c);
            continue;
        }
        // A dash between blanks parts what stands around it.
        let dash = !word.is_empty() && word.chars().all(joins);
        finish(&mut word, clause, &mut words);
        if dash || !c.is_whitespace() {
            clause += 1;
        }
    }
    finish(&mut word, clause, &mut words);
    words
}

fn finish(word: &mut String, clause: usize, words: &mut Vec<Word>) {
    let text = word.trim_matches(joins);
    if !text.is_empty() {
        words.push(Word {
            text: text.to_owned(),
            clause,
        });
    }
    word.clear();
}

fn joins(c: char) -> bool {
    matches!(c, '-' | '\u{2010}' | '\u{2011}' | '\'' | '\u{2019}')
}

/// Combining marks belong to the letter before them.
fn is_mark(c: char) -> bool {
    matches!(u32::from(c), 0x0300..=0x036F | 0x0483..=0x0487 | 0x0591..=0x05BD | 0x064B..=0x065F | 0x0900..=0x0DFF)
}

/// The text without regard to case, for every script: lower case, `ß` as `ss`, both sigmas one;
/// and letters composed (NFC), for macOS and some others write `ü` as `u` and two dots.
pub(in crate::domain) fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let text = ComposingNormalizerBorrowed::new_nfc().normalize(text);
    let mut folded = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase) {
        match c {
            'ß' => folded.push_str("ss"),
            'ς' => folded.push('σ'),
            // What is left of a lower-cased Turkish capital I with a dot.
            '\u{307}' => {}
            _ => folded.push(c),
        }
    }
    folded
}

/// A folded text without the marks on its Latin letters, as addresses and capitals are often
/// written: `dépannage` as `depannage`.
pub(in crate::domain) fn without_accents(folded: &str) -> String {
    if folded.is_ascii() {
        return folded.to_owned();
    }
    let apart = DecomposingNormalizerBorrowed::new_nfd().normalize(folded);
    let is_accent = |c: &char| matches!(u32::from(*c), 0x0300..=0x036F);
    apart.chars().filter(|c| !is_accent(c)).collect()
}
