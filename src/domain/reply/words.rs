//! From fresh lines to orders.
//!
//! A line is an *order* if it is nothing but a known phrase, the numbers of cases, a time to
//! snooze and courtesies. `Done?` and `not done yet` are none: what is in doubt is asked about,
//! never done.

use std::time::Duration;

use chrono::{NaiveTime, Weekday};

use super::fresh;
use super::phrases::{
    ALL, CASES, CLOCK, COURTESIES, DAYS, HOURS, MINUTES, Meaning, NAMED_DAYS, ORDERS, PARTICLES,
    is_one,
};
use crate::domain::classify::{fold, without_accents};
use crate::domain::ids::CaseId;

/// What a person says of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// Answered in a way we can't see.
    Done,
    /// Spoken on the phone.
    Phoned,
    /// Met.
    Met,
    /// Who writes takes it.
    Mine,
    /// Nobody of the owners is reminded before a moment.
    Snooze(Pause),
    /// No answer is owed.
    NoAnswerNeeded,
    /// The case is urgent.
    Urgent,
    /// Who wrote to us is no client.
    NotAClient,
}

/// For how long a case is put aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pause {
    /// This long from the moment of the reply. Never zero.
    For(Duration),
    /// Until a day and a time of the client's calendar; without a time until it opens there.
    Until {
        /// Which day.
        day: PauseDay,
        /// At what time by the wall clock.
        time: Option<NaiveTime>,
    },
}

/// A day, as people name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PauseDay {
    /// The day of the reply.
    Today,
    /// The day after it.
    Tomorrow,
    /// The next day of this name after it.
    Weekday(Weekday),
}

/// A word, and what it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// What is to be done.
    pub word: Word,
    /// The cases it names; none: the case of the mail.
    pub cases: Vec<CaseId>,
    /// Whether it is about all cases of the mail.
    pub all: bool,
}

/// How many orders one reply may hold.
pub const ORDERS_MAX: usize = 50;

/// The longest pause.
pub const PAUSE_MAX: Duration = Duration::from_secs(31 * 24 * 3600);

/// The orders in fresh lines. After a line that is none, nothing counts: it is the person's own
/// words, or quoted. Courtesies alone are passed over. After a bare order only those count that
/// name cases.
pub fn orders(lines: &[&str], languages: &[String]) -> Vec<Order> {
    let mut orders: Vec<Order> = Vec::new();
    for line in lines {
        let words = words(fresh::without_closing(line));
        if words.is_empty() && !line.contains('?') {
            continue;
        }
        let order = match line.contains('?') {
            true => None,
            false => order(&words, languages),
        };
        let Some(order) = order.filter(|order| orders.is_empty() || is_precise(order)) else {
            break;
        };
        orders.push(order);
        if orders.len() >= ORDERS_MAX || orders.iter().any(|own| !is_precise(own)) {
            break;
        }
    }
    orders
}

fn is_precise(order: &Order) -> bool {
    order.all || !order.cases.is_empty()
}

/// The words of a line in the form in which they are compared, without courtesies.
fn words(line: &str) -> Vec<String> {
    let plain = without_accents(&fold(line)).replace(['\u{2019}', '\u{2018}', '`'], "'");
    let edge = |c: char| !c.is_alphanumeric();
    let parts = plain.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '/' | '!'));
    let words = parts.map(|word| word.trim_matches(edge));
    let words = words.filter(|word| !word.is_empty() && !is_one(word, COURTESIES));
    words.map(str::to_owned).collect()
}

fn order(words: &[String], languages: &[String]) -> Option<Order> {
    let mut order = Order {
        word: Word::Done,
        cases: Vec::new(),
        all: false,
    };
    let words = match phrase(words, languages) {
        Some(_) => words,
        // `14 done` is as good as `done 14`.
        None => &words[take_cases(words, &mut order)..],
    };
    let (meaning, length) = phrase(words, languages)?;
    let mut rest = &words[length..];
    order.word = match meaning {
        Meaning::Plain(word) => word,
        Meaning::Snooze => {
            let (pause, left) = snooze(rest, &mut order)?;
            rest = left;
            Word::Snooze(pause)
        }
    };
    let after = take_cases(rest, &mut order);
    (after == rest.len()).then_some(order)
}

/// The longest phrase at the beginning, what it means and how many words it has.
fn phrase(words: &[String], languages: &[String]) -> Option<(Meaning, usize)> {
    let mut best: Option<(Meaning, usize)> = None;
    for (language, meaning, phrases) in ORDERS {
        if !languages.is_empty() && !languages.iter().any(|own| own == language) {
            continue;
        }
        for phrase in phrases.split('|') {
            // Some courtesies are part of phrases: `ja` means yes, or already.
            let own = || phrase.split(' ').filter(|own| !is_one(own, COURTESIES));
            let length = own().count();
            let longer = best.map_or(length > 0, |(_, known)| length > known);
            let fits = longer && length <= words.len();
            if fits && own().zip(words).all(|(own, word)| own == word) {
                best = Some((*meaning, length));
            }
        }
    }
    best
}

/// Takes the numbers of cases at the beginning; says how many words that were.
fn take_cases(words: &[String], order: &mut Order) -> usize {
    let mut taken = 0;
    while let Some(word) = words.get(taken) {
        if let Some(case) = case_number(word) {
            if !order.cases.contains(&case) {
                order.cases.push(case);
            }
        } else if is_one(word, ALL) {
            order.all = true;
        } else if !leads_to_case(&words[taken..]) {
            break;
        }
        taken += 1;
    }
    taken
}

/// Whether these words begin with some that stand before the number of a case, and with one:
/// `no` alone is a word of its own.
fn leads_to_case(words: &[String]) -> bool {
    let before = words.iter().take_while(|word| is_one(word, CASES)).count();
    let next = words.get(before).filter(|_| before > 0);
    next.is_some_and(|word| case_number(word).is_some() || is_one(word, ALL))
}

fn case_number(word: &str) -> Option<CaseId> {
    let digits = word.bytes().all(|byte| byte.is_ascii_digit());
    let number = word.parse().ok().filter(|number| *number > 0);
    number.filter(|_| digits).map(CaseId)
}

/// Reads the time of a pause, with the cases before it, and what is left of the words. Without a
/// time it lasts until tomorrow.
fn snooze<'a>(words: &'a [String], order: &mut Order) -> Option<(Pause, &'a [String])> {
    const USUAL: Pause = Pause::Until {
        day: PauseDay::Tomorrow,
        time: None,
    };
    let mut rest = words;
    // A number before a unit is a time, any other a case, but behind `until`.
    let mut until = false;
    while let Some(word) = rest.first() {
        let particle = is_one(word, PARTICLES);
        let may_be_case = !particle && !until && duration(rest).is_none();
        let passed = particle
            || (may_be_case && (leads_to_case(rest) || take_cases(&rest[..1], order) == 1));
        if !passed {
            break;
        }
        until |= particle;
        rest = &rest[1..];
    }
    if rest.is_empty() {
        return Some((USUAL, rest));
    }
    if let Some((length, taken)) = duration(rest) {
        let fits = !length.is_zero() && length <= PAUSE_MAX;
        return fits.then_some((Pause::For(length), &rest[taken..]));
    }
    let named = NAMED_DAYS.iter().find(|(_, own)| is_one(&rest[0], own));
    let day = named.map(|(day, _)| *day);
    let mut taken = usize::from(day.is_some());
    while rest.get(taken).is_some_and(|word| is_one(word, PARTICLES)) {
        taken += 1;
    }
    let time = rest.get(taken).and_then(|word| clock_time(word));
    taken += usize::from(time.is_some());
    if time.is_some() && rest.get(taken).is_some_and(|word| is_one(word, CLOCK)) {
        taken += 1;
    }
    let pause = match (day, time) {
        (None, None) => return None,
        (day, time) => Pause::Until {
            day: day.unwrap_or(PauseDay::Today),
            time,
        },
    };
    Some((pause, &rest[taken..]))
}

/// `2h`, `1h30m`, `2 hours`: the time and how many words it takes.
fn duration(words: &[String]) -> Option<(Duration, usize)> {
    let first = words.first()?;
    let digits = first.bytes().take_while(u8::is_ascii_digit).count();
    let number: u64 = first[..digits].parse().ok()?;
    let in_seconds = |number: u64, unit: &str| {
        let seconds = match unit {
            unit if is_one(unit, MINUTES) => 60,
            unit if is_one(unit, HOURS) => 3600,
            unit if is_one(unit, DAYS) => 24 * 3600,
            _ => return None,
        };
        number.checked_mul(seconds).map(Duration::from_secs)
    };
    if digits == first.len() {
        let unit = words.get(1)?;
        return Some((in_seconds(number, unit)?, 2));
    }
    let one = in_seconds(number, &first[digits..]).map(|length| (length, 1));
    let several = || {
        let length = crate::domain::time::parse_duration(first).ok()?;
        Some((length, 1))
    };
    one.or_else(several)
}

/// `9`, `9:00`, `14.30`, `9h30`, `9am`, `4pm`.
fn clock_time(word: &str) -> Option<NaiveTime> {
    let (word, noon) = match (word.strip_suffix("am"), word.strip_suffix("pm")) {
        (Some(word), _) => (word, Some(0)),
        (_, Some(word)) => (word, Some(12)),
        _ => (word, None),
    };
    let (hour, minute) = word.split_once([':', '.', 'h']).unwrap_or((word, "0"));
    let minute = if minute.is_empty() { "0" } else { minute };
    let digits = |text: &str| text.len() <= 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(hour) || !digits(minute) {
        return None;
    }
    let (hour, minute): (u32, u32) = (hour.parse().ok()?, minute.parse().ok()?);
    let hour = match noon {
        Some(_) if !(1..=12).contains(&hour) => return None,
        Some(add) => hour % 12 + add,
        None => hour,
    };
    NaiveTime::from_hms_opt(hour, minute, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<Order> {
        let lines: Vec<&str> = text.lines().collect();
        orders(&lines, &[])
    }

    fn word(text: &str) -> Option<Word> {
        read(text).first().map(|order| order.word)
    }

    fn hours(hours: u64) -> Option<Word> {
        Some(Word::Snooze(Pause::For(Duration::from_secs(hours * 3600))))
    }

    fn until(day: PauseDay, time: Option<&str>) -> Option<Word> {
        let time = time.map(|time| time.parse().expect("a time"));
        Some(Word::Snooze(Pause::Until { day, time }))
    }

    #[test]
    fn a_word_is_understood_in_every_language() {
        for (words, meant) in [
            (
                "done|Done.|DONE!|*done*|ok, done - thanks!|Erledigt|fait|Hecho.|Klaar|fatto|Feito",
                Word::Done,
            ),
            (
                "phoned|Called them|telefoniert|téléphoné|Llamado|gebeld|telefonato|Liguei",
                Word::Phoned,
            ),
            (
                "met|getroffen|Rencontré|reunidos|ontmoet|incontrato|Encontrei",
                Word::Met,
            ),
            (
                "mine|I’ll take it|Ich übernehme|Je m’en occupe|mío|ik pak het op|ci penso io|meu",
                Word::Mine,
            ),
            (
                "no answer needed|Keine Antwort nötig|Pas de réponse nécessaire|No necesita respuesta|geen antwoord nodig|Nessuna risposta necessaria|Não precisa de resposta",
                Word::NoAnswerNeeded,
            ),
            ("urgent|DRINGEND|urgente|spoed", Word::Urgent),
            (
                "not a client|kein Kunde|pas un client|no es cliente|geen klant|non è un cliente|não é cliente",
                Word::NotAClient,
            ),
        ] {
            for text in words.split('|') {
                assert_eq!(word(text), Some(meant), "{text}");
            }
        }
    }

    #[test]
    fn what_is_in_doubt_is_no_order() {
        for text in [
            "",
            "Done?",
            "done yet?",
            "not done",
            "nicht erledigt",
            "mine, but only after lunch",
            "done, thanks but not the invoice",
            "done, thanks to Bob who wrote to them",
            "erledigt, danke?",
            "Hi Bob, could you phone them?",
            "snooze forever",
            "snooze 0h",
            "snooze 900d",
            "done xyz",
            "phoned acme tomorrow",
            "99999999999999999999999 done",
        ] {
            assert_eq!(read(text), [], "{text}");
        }
    }

    #[test]
    fn thanks_and_a_name_on_the_same_line_end_the_order() {
        for text in [
            "Done. Thanks, Alice",
            "Erledigt, viele Grüße Alice",
            "Done - best, Alice Bell",
            "fait, merci Bob",
        ] {
            assert_eq!(word(text), Some(Word::Done), "{text}");
        }
        assert_eq!(word("snooze 2h, thanks a lot"), hours(2));
    }

    #[test]
    fn a_pause_is_a_time_or_a_day() {
        for text in [
            "snooze 2h",
            "snooze 2 hours",
            "Snooze for 2 h",
            "später 2 Stunden",
            "plus tard 2 heures",
            "snooze 120m",
        ] {
            assert_eq!(word(text), hours(2), "{text}");
        }
        assert_eq!(word("snooze 1d"), hours(24));
        let (today, tomorrow) = (PauseDay::Today, PauseDay::Tomorrow);
        let monday = PauseDay::Weekday(Weekday::Mon);
        for (text, meant) in [
            ("snooze", until(tomorrow, None)),
            (
                "snooze until tomorrow 9:00",
                until(tomorrow, Some("09:00:00")),
            ),
            (
                "snooze until tomorrow at 9",
                until(tomorrow, Some("09:00:00")),
            ),
            ("snooze monday", until(monday, None)),
            ("später bis Montag 14 Uhr", until(monday, Some("14:00:00"))),
            ("snooze until 14.30", until(today, Some("14:30:00"))),
            ("snooze till 4pm", until(today, Some("16:00:00"))),
            ("mais tarde amanhã", until(tomorrow, None)),
        ] {
            assert_eq!(word(text), meant, "{text}");
        }
    }

    #[test]
    fn orders_name_their_cases() {
        let numbers = |text: &str| -> Vec<Vec<u64>> {
            let orders = read(text).into_iter();
            orders
                .map(|own| own.cases.iter().map(|case| case.0).collect())
                .collect()
        };
        assert_eq!(numbers("done 14"), [[14]]);
        assert_eq!(numbers("14 done"), [[14]]);
        assert_eq!(numbers("done #14, 15 and case 16"), [[14, 15, 16]]);
        assert_eq!(
            numbers("done 14\nsnooze 15 2h\nmine 16\nBest, Alice\ndone 17"),
            [[14], [15], [16]]
        );
        assert_eq!(word("snooze 15 2h"), hours(2));
        assert!(read("done all")[0].all);
        // What follows a bare word is the person's own, or quoted.
        assert_eq!(numbers("done\ndone 15"), [Vec::<u64>::new()]);
    }

    #[test]
    fn what_means_something_else_too_is_no_order() {
        for text in [
            // Not urgent, not done, not mine: `no` is short for "number" before a number alone.
            "no urgente",
            "No hecho",
            "no contestado",
            "no mio",
            "no done",
            "done, no!",
            "snooze no",
            // Seen, soon, to call back, and still without an answer.
            "Vu, merci",
            "Visto, gracias",
            "pronto",
            "rappeler",
            "sans réponse",
            "sin respuesta",
            "senza risposta",
            "sem resposta",
        ] {
            assert_eq!(read(text), [], "{text}");
        }
        assert_eq!(
            read("done no 14").first().map(|own| own.cases.len()),
            Some(1)
        );
        assert_eq!(word("snooze no 15 2h"), hours(2));
    }

    #[test]
    fn a_greeting_is_passed_over() {
        for text in ["Hi Ackd,\n\ndone", "Hallo,\ndone", "Hey\ndone"] {
            assert_eq!(word(text), Some(Word::Done), "{text}");
        }
    }

    #[test]
    fn only_the_configured_languages_are_understood() {
        let german = ["de".to_owned()];
        assert_eq!(orders(&["done"], &german), []);
        assert_eq!(orders(&["erledigt"], &german).len(), 1);
    }
}
