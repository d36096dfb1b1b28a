//! The languages in which we write to clients, and how a mail tells that it is written in one.
//!
//! Vocabulary: a *telling word* is one that is frequent in a language ("und", "nous"); words that
//! several languages know tell little. Detection is *confident* or gives nothing: an
//! acknowledgement in the team's language is a lesser slip than one in a wrong language.

mod words;

/// A language whose acknowledgement comes with ackd.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// `en`
    English,
    /// `de`
    German,
    /// `fr`
    French,
    /// `es`
    Spanish,
    /// `it`
    Italian,
    /// `nl`
    Dutch,
    /// `pt`
    Portuguese,
}

/// How many words are looked at first: what stands below may be a disclaimer in another language.
const FIRST_WORDS: usize = 60;
/// How many words are looked at in all.
const WORDS_MAX: usize = 300;
/// The longest telling word there is, in bytes.
const WORD_BYTES_MAX: usize = 16;
/// How many telling words it takes at least.
const HITS_MIN: usize = 3;
/// The least share of telling words among all, in percent.
const SHARE_MIN: usize = 18;

impl Language {
    /// Every language there is.
    pub const ALL: [Self; 7] = [
        Self::English,
        Self::German,
        Self::French,
        Self::Spanish,
        Self::Italian,
        Self::Dutch,
        Self::Portuguese,
    ];

    /// Its code (ISO 639-1).
    pub const fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
            Self::French => "fr",
            Self::Spanish => "es",
            Self::Italian => "it",
            Self::Dutch => "nl",
            Self::Portuguese => "pt",
        }
    }

    /// Reads a code; the region (`pt-BR`) makes no difference.
    pub fn parse(code: &str) -> Option<Self> {
        let primary = primary(code);
        let mut all = Self::ALL.into_iter();
        all.find(|language| language.code() == primary)
    }

    /// The language a mail is written in, by its subject and the beginning of its text; `None`
    /// where it is too short to tell, or mixed, or in a language we don't know. Quoted lines
    /// (`>`) are not looked at.
    pub fn of_mail(subject: &str, text: &str) -> Option<Self> {
        let own = text
            .lines()
            .filter(|line| !line.trim_start().starts_with('>'));
        let mut words: Vec<String> = Vec::new();
        for line in std::iter::once(subject).chain(own) {
            let parts = line.split(|c: char| !c.is_alphabetic());
            let parts = parts.filter(|part| !part.is_empty());
            words.extend(parts.take(WORDS_MAX - words.len()).map(str::to_lowercase));
            if words.len() >= WORDS_MAX {
                break;
            }
        }
        let first = &words[..words.len().min(FIRST_WORDS)];
        confident(first).or_else(|| confident(&words))
    }

    /// Frequent words, each between blanks.
    const fn telling_words(self) -> &'static str {
        match self {
            Self::English => words::ENGLISH,
            Self::German => words::GERMAN,
            Self::French => words::FRENCH,
            Self::Spanish => words::SPANISH,
            Self::Italian => words::ITALIAN,
            Self::Dutch => words::DUTCH,
            Self::Portuguese => words::PORTUGUESE,
        }
    }
}

/// The language without its region, in lower case: `pt` for `pt-BR`.
pub fn primary(code: &str) -> String {
    let code = code.trim().to_ascii_lowercase();
    code.split(['-', '_']).next().unwrap_or_default().to_owned()
}

/// The one language that most of these words tell of; `None` if few do, or another is close.
fn confident(words: &[String]) -> Option<Language> {
    let mut hits = [0usize; 7];
    // In words only this language knows; what several know ("de", "en"), or single letters, tell
    // nothing by themselves.
    let mut own = [0usize; 7];
    for word in words.iter().filter(|word| word.len() <= WORD_BYTES_MAX) {
        let padded = format!(" {word} ");
        let knows = Language::ALL.map(|language| language.telling_words().contains(&padded));
        let number = knows.iter().filter(|knows| **knows).count();
        for at in (0..7).filter(|at| knows[*at]) {
            hits[at] += 1;
            own[at] += usize::from(number == 1 && word.chars().nth(1).is_some());
        }
    }
    let best = (0..7).max_by_key(|at| (own[*at], hits[*at]))?;
    let rival = |of: &[usize; 7]| (0..7).filter(|at| *at != best).map(|at| of[at]).max();
    let others_own = rival(&own).unwrap_or(0);
    let is_frequent = hits[best] >= HITS_MIN && hits[best] * 100 >= words.len() * SHARE_MIN;
    let is_alone = own[best] >= 2 && own[best] >= others_own * 3;
    (is_frequent && is_alone).then_some(Language::ALL[best])
}

#[cfg(test)]
mod tests;
