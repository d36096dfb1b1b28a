//! A colleague's own out-of-office reply, and when it says that they are back.

use chrono::{Days, NaiveDate};

use super::written_dates::{date_at, folded};
use super::{AWAY_DAYS_MAX, is_of_the_ladder};
use crate::domain::address::Address;
use crate::domain::classify::{Kind, Sender, Verdict, may_be_auto_reply};
use crate::domain::facts::MessageFacts;
use crate::domain::rules::Rules;
use crate::domain::time::Timestamp;

/// What an out-of-office reply of somebody of the team says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutOfOffice {
    /// Who is away.
    pub person: Address,
    /// The first day of being back, if it names one.
    pub back_on: Option<NaiveDate>,
}

/// How many lines of a reply are read for when somebody is back: what follows is quoted.
const LINES_MAX: usize = 40;

/// By what a reply says that somebody is away, without accents.
const AWAY_WORDS: [&str; 38] = [
    "out of office",
    "out of the office",
    "out-of-office",
    "on leave",
    "annual leave",
    "on holiday",
    "on vacation",
    "on annual",
    "am away",
    "be away",
    "currently away",
    "currently out",
    "am out",
    "parental leave",
    "abwesen",
    "urlaub",
    "nicht im buro",
    "nicht im haus",
    "ausser haus",
    "außer haus",
    "absence",
    "absent",
    "conge",
    "vacances",
    "fuera de la oficina",
    "fuera de oficina",
    "vacaciones",
    "ausente",
    "ausencia",
    "fuori ufficio",
    "assen",
    "ferie",
    "afwezig",
    "vakantie",
    "verlof",
    "fora do escritorio",
    "ferias",
    "licenca",
];

/// Words right before the last day of an absence.
const UNTIL_WORDS: [&str; 17] = [
    "until", "till", "til", "through", "thru", "to", "incl", "bis", "jusqu'au", "au", "hasta",
    "al", "fino", "tot", "t/m", "ate", "a",
];

/// Words around the first day back.
const BACK_WORDS: [&str; 22] = [
    "back",
    "return",
    "returning",
    "wieder",
    "zuruck",
    "retour",
    "reviens",
    "reviendrai",
    "vuelvo",
    "vuelta",
    "regreso",
    "volvere",
    "rientro",
    "rientrero",
    "ritorno",
    "torno",
    "terug",
    "weer",
    "volta",
    "regresso",
    "retorno",
    "regressarei",
];

impl OutOfOffice {
    /// What a message says of its author's absence: an automatic reply of somebody of the team
    /// whom mail about cases may go to. `None` for one that failed DMARC, and for one that only
    /// says that a mail has arrived.
    pub fn of(
        facts: &MessageFacts,
        verdict: &Verdict,
        rules: &Rules,
        received_at: Timestamp,
    ) -> Option<Self> {
        let is_reply = verdict.kind == Kind::AutoReply && verdict.sender == Sender::Team;
        let person = &verdict.author.as_ref()?.address;
        if !is_reply || verdict.suspicious || !is_of_the_ladder(rules, person) {
            return None;
        }
        let text = facts.text.as_deref().unwrap_or_default();
        let written: Vec<&str> = text
            .lines()
            .filter(|line| !line.trim_start().starts_with('>'))
            .take(LINES_MAX)
            .collect();
        let said = folded(&format!("{}\n\n{}", facts.subject, written.join("\n")));
        AWAY_WORDS.iter().any(|word| said.contains(word)).then(|| {
            let back_on = back_on(&said, received_at.date_naive());
            let person = person.clone();
            Self { person, back_on }
        })
    }
}

/// Whether the text of a message could tell when a colleague is back, so that it is worth
/// fetching.
pub fn absence_needs_text(facts: &MessageFacts, rules: &Rules) -> bool {
    let mut authors = facts.from.iter();
    authors.any(|author| is_of_the_ladder(rules, &author.address))
        && may_be_auto_reply(facts, rules)
}

/// The first day back, if a folded text names it.
fn back_on(said: &str, written: NaiveDate) -> Option<NaiveDate> {
    // A sentence ends with a full stop that has a blank behind it and no figure before it.
    let words: Vec<&str> = said.split_whitespace().collect();
    let ends = |word: &str| {
        let before = word.strip_suffix(['.', '!', '?', ';']);
        before.is_some_and(|before| !before.ends_with(|c: char| c.is_ascii_digit()))
    };
    let (mut at, mut begin) = (0, 0);
    while at < words.len() {
        let Some((date, taken)) = date_at(&words[at..], written) else {
            if ends(words[at]) {
                begin = at + 1;
            }
            at += 1;
            continue;
        };
        let before = &words[begin.max(at.saturating_sub(8))..at];
        let after = &words[at + taken..words.len().min(at + taken + 6)];
        let sentence = after.iter().position(|word| ends(word));
        let after = &after[..sentence.map_or(after.len(), |end| end + 1)];
        let near = &before[before.len().saturating_sub(4)..];
        let next = date.checked_add_days(Days::new(1));
        let found = if has(before, &BACK_WORDS) {
            Some(date)
        } else if has(near, &UNTIL_WORDS) {
            next
        } else if has(after, &BACK_WORDS) {
            Some(date)
        } else {
            None
        };
        let is_meant = |date: &NaiveDate| (*date - written).num_days() <= AWAY_DAYS_MAX;
        if let Some(found) = found.filter(is_meant) {
            return Some(found);
        }
        at += taken;
        begin = at;
    }
    None
}

fn has(words: &[&str], wanted: &[&str]) -> bool {
    let bare = |word: &&str| {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric());
        wanted.contains(&word)
    };
    words.iter().any(bare)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<String> {
        let written = NaiveDate::from_ymd_opt(2026, 12, 18).expect("a date");
        back_on(&folded(text), written).map(|date| date.to_string())
    }

    #[test]
    fn the_day_of_return_is_read_in_seven_languages() {
        for text in [
            "I am out of the office until 3 January and have no access to mail.",
            "I'm on leave through January 3rd, 2027.",
            "I will be back in the office on Monday, 4 January 2027.",
            "I won't be back until January 4th.",
            "Returning 2027-01-04.",
            "I am away from 20 December to 3 January.",
            "I am on vacation 12/20/2026 to 01/03/2027",
            "Ich bin bis zum 03.01.2027 nicht im Büro.",
            "Ich bin bis einschließlich 3. Januar abwesend.",
            "Ab dem 4. Januar bin ich wieder für Sie da.",
            "Ich bin am 04.01. wieder erreichbar.",
            "Vom 20.12. bis 3.1. bin ich im Urlaub.",
            "Je suis absent jusqu'au dimanche 3 janvier 2027.",
            "Je serai de retour le 4 janvier.",
            "En congés du 20 décembre au 3 janvier inclus.",
            "Estaré fuera de la oficina hasta el 3 de enero de 2027.",
            "Vuelvo el 4 de enero.",
            "Sarò assente fino al 3 gennaio.",
            "Al mio rientro, il 4 gennaio, le risponderò.",
            "Ik ben afwezig tot en met 3 januari.",
            "Vanaf 4 januari ben ik weer bereikbaar.",
            "Estou ausente até 3 de janeiro de 2027.",
            "Estarei de volta no dia 4 de janeiro.",
        ] {
            assert_eq!(read(text).as_deref(), Some("2027-01-04"), "{text}");
        }
    }

    #[test]
    fn what_names_no_return_is_not_taken_for_one() {
        for text in [
            "I am out of the office.",
            "I am away from 20 December.",
            "Call me on 555-0104 in the meantime.",
            "Our office is at 3 January Street? Write to 10-12.",
            "Meine Vertretung ist Bob, Zimmer 3.",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn a_reply_left_on_by_mistake_names_a_day_that_has_passed() {
        let written = NaiveDate::from_ymd_opt(2027, 1, 20).expect("a date");
        let back = back_on(&folded("Out of office until 3 January."), written);
        assert_eq!(
            back.map(|date| date.to_string()).as_deref(),
            Some("2027-01-04")
        );
    }
}
