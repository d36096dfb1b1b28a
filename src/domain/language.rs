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

/// How many words it takes until what stands first may decide.
const FIRST_WORDS: usize = 8;
/// How many words are the beginning: what it tells of can't be outvoted by what stands below.
const BEGINNING_WORDS: usize = 15;
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

    /// The language a mail is written in, by its text, and its subject where that is not enough;
    /// `None` where it is too short to tell, or mixed, or in a language we don't know. Quoted lines
    /// (`>`) are not looked at.
    ///
    /// What stands first decides as soon as it is enough: below may be somebody else's mail, or a
    /// disclaimer in another language.
    pub fn of_mail(subject: &str, text: &str) -> Option<Self> {
        let own = text
            .lines()
            .filter(|line| !line.trim_start().starts_with('>'));
        let mut tally = Tally::default();
        for line in own {
            tally.count(line);
            let language = tally.language().filter(|own| tally.begins_with(*own));
            if tally.words >= FIRST_WORDS && language.is_some() {
                return language;
            }
            if tally.words >= WORDS_MAX {
                break;
            }
        }
        let begins = tally.begins;
        tally.count(subject);
        tally.begins = begins;
        tally.language().filter(|own| tally.begins_with(*own))
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

/// How many words tell of which language, in the order of [`Language::ALL`].
#[derive(Debug, Default)]
struct Tally {
    words: usize,
    hits: [usize; 7],
    /// Of them those that only this language knows; what several know ("de", "en"), or single
    /// letters, tell nothing by themselves.
    own: [usize; 7],
    /// What `own` was in the beginning.
    begins: [usize; 7],
}

impl Tally {
    fn count(&mut self, line: &str) {
        let words = line.split(|c: char| !c.is_alphabetic());
        let words = words.filter(|word| !word.is_empty());
        for word in words.take(WORDS_MAX.saturating_sub(self.words)) {
            self.words += 1;
            if word.len() > WORD_BYTES_MAX {
                continue;
            }
            let padded = format!(" {} ", word.to_lowercase());
            let knows = Language::ALL.map(|language| language.telling_words().contains(&padded));
            let number = knows.iter().filter(|knows| **knows).count();
            for at in (0..7).filter(|at| knows[*at]) {
                self.hits[at] += 1;
                self.own[at] += usize::from(number == 1 && word.chars().nth(1).is_some());
            }
            if self.words <= BEGINNING_WORDS {
                self.begins = self.own;
            }
        }
    }

    /// The one language that most of the words tell of; `None` if few do, or another is close.
    fn language(&self) -> Option<Language> {
        let Self { hits, own, .. } = self;
        let best = (0..7).max_by_key(|at| (own[*at], hits[*at]))?;
        let others = (0..7).filter(|at| *at != best).map(|at| own[at]);
        let others_own = others.max().unwrap_or(0);
        let is_frequent = hits[best] >= HITS_MIN && hits[best] * 100 >= self.words * SHARE_MIN;
        let is_alone = own[best] >= 2 && own[best] >= others_own * 3;
        (is_frequent && is_alone).then_some(Language::ALL[best])
    }

    /// Whether the beginning tells of no other language more.
    fn begins_with(&self, language: Language) -> bool {
        let at = Language::ALL.iter().position(|known| *known == language);
        let mine = at.map_or(0, |at| self.begins[at]);
        self.begins.iter().all(|other| *other <= mine)
    }
}

#[cfg(test)]
mod tests;
