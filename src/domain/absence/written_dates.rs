//! Dates as people write them in out-of-office replies, in English, German, French, Spanish,
//! Italian, Dutch and Portuguese.

use chrono::{Datelike, NaiveDate};

/// The names of the months, without accents; abbreviations that mean something else in English
/// are left out.
const MONTHS: [&str; 12] = [
    "january jan januar janner janvier janv enero ene gennaio januari janeiro",
    "february feb februar fevrier fevr febrero febbraio februari fevereiro fev",
    "march mar marz mars marzo maart mrt marco",
    "april apr avril avr abril abr aprile",
    "may mai mayo maggio mei maio",
    "june jun juni juin junio giugno junho",
    "july jul juli juillet juil julio luglio julho",
    "august aug aout agosto augustus",
    "september sep sept septembre septiembre settembre setembro",
    "october oct oktober okt octobre octubre ottobre outubro",
    "november nov novembre noviembre novembro",
    "december dec dezember dez decembre diciembre dic dicembre dezembro",
];

/// A text in lower case without the accents of the seven languages.
pub(super) fn folded(text: &str) -> String {
    let lower = text.chars().flat_map(char::to_lowercase);
    let bare = lower.map(|letter| match letter {
        'à' | 'á' | 'â' | 'ã' | 'ä' => 'a',
        'ç' => 'c',
        'è' | 'é' | 'ê' | 'ë' => 'e',
        'ì' | 'í' | 'î' | 'ï' => 'i',
        'ñ' => 'n',
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' => 'o',
        'ù' | 'ú' | 'û' | 'ü' => 'u',
        '’' => '\'',
        other => other,
    });
    bare.collect()
}

/// The date that begins with the first of these words, folded, and how many of them it takes.
/// `near` is the day on which it was written: a date without a year is the one nearest to it.
pub(super) fn date_at(words: &[&str], near: NaiveDate) -> Option<(NaiveDate, usize)> {
    let first = bare(words.first()?);
    if let Some(date) = in_numbers(first, near) {
        return Some((date, 1));
    }
    let (day, month, taken) = match day_of(first) {
        // "3 January", "3. Januar", "3 de enero"
        Some(day) => {
            let skipped = usize::from(
                words
                    .get(1)
                    .is_some_and(|word| matches!(*word, "de" | "of")),
            );
            let month = month_of(bare(words.get(1 + skipped)?))?;
            (day, month, 2 + skipped)
        }
        // "January 3rd"
        None => {
            let month = month_of(first).filter(|_| first.len() > 2)?;
            (day_of(bare(words.get(1)?))?, month, 2)
        }
    };
    let skipped = usize::from(
        words
            .get(taken)
            .is_some_and(|word| matches!(*word, "de" | "of")),
    );
    let year = words
        .get(taken + skipped)
        .and_then(|word| year_of(bare(word)));
    match year {
        Some(year) => {
            let date = NaiveDate::from_ymd_opt(year, month, day)?;
            Some((date, taken + skipped + 1))
        }
        None => nearest(month, day, near).map(|date| (date, taken)),
    }
}

fn bare(word: &str) -> &str {
    word.trim_matches(|c: char| !c.is_alphanumeric())
}

fn month_of(word: &str) -> Option<u32> {
    let known = |names: &&str| names.split(' ').any(|name| name == word);
    let at = MONTHS.iter().position(known)?;
    u32::try_from(at + 1).ok()
}

/// `3`, `3rd`, `1er`, `1º`.
fn day_of(word: &str) -> Option<u32> {
    let digits = word.len() - word.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, ending) = word.split_at(digits);
    let is_ending = matches!(
        ending,
        "" | "st" | "nd" | "rd" | "th" | "er" | "e" | "º" | "o"
    );
    let day = number.parse().ok().filter(|day| (1..=31).contains(day))?;
    (is_ending && digits <= 2).then_some(day)
}

fn year_of(word: &str) -> Option<i32> {
    let year = word.parse().ok()?;
    (word.len() == 4 && (2000..=2999).contains(&year)).then_some(year)
}

/// `2027-01-03`, `03.01.2027`, `3.1.`, `03/01/2027`, `3-1-2027`.
fn in_numbers(word: &str, near: NaiveDate) -> Option<NaiveDate> {
    let separator = word.chars().find(|c| matches!(c, '.' | '/' | '-'))?;
    let mut parts = [0_u32; 3];
    let mut count = 0;
    for part in word.split(separator) {
        *parts.get_mut(count)? = part.parse().ok()?;
        count += 1;
    }
    let [first, second, third] = parts;
    if count == 3 && first >= 2000 {
        return NaiveDate::from_ymd_opt(i32::try_from(first).ok()?, second, third);
    }
    // "10-12" may be hours or a number of pieces.
    if count < 2 || (count == 2 && separator == '-') {
        return None;
    }
    let year = match (count, third) {
        (2, _) => None,
        (_, 0..100) => Some(2000 + third),
        (_, third) => Some(third),
    };
    let date = |month: u32, day: u32| match year {
        Some(year) => NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day),
        None => nearest(month, day, near),
    };
    let usual = date(second, first);
    // Americans write the month first. Where both make sense, the nearer one is meant.
    let american = date(first, second).filter(|_| separator == '/');
    let far = |date: &NaiveDate| (*date - near).num_days().abs();
    usual.into_iter().chain(american).min_by_key(far)
}

/// The day of this name that is nearest to another.
fn nearest(month: u32, day: u32, near: NaiveDate) -> Option<NaiveDate> {
    let years = near.year() - 1..=near.year() + 1;
    let dates = years.filter_map(|year| NaiveDate::from_ymd_opt(year, month, day));
    dates.min_by_key(|date| (*date - near).num_days().abs())
}
