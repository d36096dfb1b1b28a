//! Outlook's reports that lost their form on the way: that a message was read, or deleted
//! unread, and that somebody wishes to take one back.
//!
//! People write under such subjects too. A report is known by its own shape: nothing but the words
//! that begin it, the fields of the message it speaks of, and its sentence.

use super::examination::Examination;
use super::text::fold;
use super::thanks;

/// A report that a message was read.
pub(super) fn read_report(e: &Examination<'_>) -> Option<String> {
    let mut subjects = READ_SUBJECTS.iter();
    if !subjects.any(|subject| begins(e, subject)) {
        return None;
    }
    let said = said(e)?;
    let mut sentences = READ_SENTENCES.iter();
    let sentence = sentences.find(|(opening, sentence)| {
        let rest = said.strip_prefix(opening);
        let rest = rest.and_then(|rest| rest.trim_start().strip_prefix(sentence));
        rest.is_some_and(|rest| ends_with_time(sentence, rest))
    })?;
    Some(format!("text: \"{} {}\"", sentence.0, sentence.1))
}

/// A wish to take a message back. The programs that could do so do not show it.
pub(super) fn recall(e: &Examination<'_>) -> Option<String> {
    const QUOTES: &[char] = &['"', '“', '„', '”', '«', '\'', '‘', '»'];
    let mut recalls = RECALLS.iter();
    let (_, sentence, end) = recalls.find(|(subject, ..)| begins(e, subject))?;
    let said = said(e)?;
    let (who, what) = said.split_once(sentence)?;
    let named = who.split_whitespace().count() <= NAME_WORDS_MAX && !who.contains(['.', ',']);
    let quoted = what.trim_start_matches([',', ' ', '\u{a0}']);
    let (_, rest) = quoted.rsplit_once(QUOTES).unwrap_or(("", quoted));
    let is_end = rest.trim_matches(['.', ',', ' ', '\u{a0}']) == *end;
    let whole = quoted.starts_with(QUOTES) && is_end;
    (named && whole).then(|| format!("text: \"{sentence}\""))
}

/// Whether a report's sentence ends as it does: at once, or with when it was, in the zone's words.
/// A person goes on.
fn ends_with_time(sentence: &str, rest: &str) -> bool {
    let rest = rest.trim_matches(['.', ' ', ':', '\u{a0}']);
    let ended = VERBS_AT_END.iter().find_map(|verb| rest.strip_suffix(verb));
    let words: Vec<&str> = ended.unwrap_or(rest).split_whitespace().collect();
    let Some(first) = words.first() else {
        return true;
    };
    let clock = words.iter().position(|word| is_clock(word));
    let (date, zone) = words.split_at(clock.unwrap_or(words.len()));
    let numbered = |word: &&str| word.contains(|c: char| c.is_ascii_digit());
    if UNREAD.contains(first) {
        return words.len() <= UNREAD_WORDS_MAX && !goes_on(&words);
    }
    let led = sentence.split(' ').next_back();
    let mut leads = [Some(*first), led].into_iter().flatten();
    let leads = leads.any(|word| TIME_LEADS.contains(&word)) || numbered(first);
    let dated = clock.is_some() || ended.is_some() || date.last().is_some_and(numbered);
    let zoned = zone.iter().skip(1).all(|word| {
        let is_half = matches!(*word, "am" | "pm" | "utc");
        is_half || word.contains(['(', ')', ',']) || zone.iter().any(|word| word.starts_with('('))
    });
    leads && dated && zoned && date.len() <= DATE_WORDS_MAX && !goes_on(&words)
}

/// Whether a sentence ends before the last of these words: a number's period ends none.
fn goes_on(words: &[&str]) -> bool {
    let before = words.split_last().map_or(words, |(_, before)| before);
    before.iter().any(|word| {
        let stem = word.trim_end_matches(['.', '!', ';']);
        stem.len() < word.len() && !stem.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// The most words of a date, with those that lead to it: `el lunes, 2 de marzo de 2026 a las`.
const DATE_WORDS_MAX: usize = 10;

/// With what a report begins to say that a message was deleted unread.
const UNREAD: &[&str] = &[
    "être", "avoir", "leerse", "leerlo", "haber", "ser", "senza", "zonder", "sem", "utan", "uden",
    "uten", "bez",
];

/// The most words of that, and of when it was.
const UNREAD_WORDS_MAX: usize = 16;

/// With what a report begins to say when.
const TIME_LEADS: &[&str] = &[
    "on", "at", "am", "um", "den", "le", "à", "el", "a", "il", "in", "alle", "op", "em", "no",
    "på", "w", "dnia", "dne", "o", "la", "kl", "klo", "в",
];

/// The words with which a report ends in languages that put them there.
const VERBS_AT_END: &[&str] = &["ungelesen gelöscht", "gelöscht", "gelesen", "gelezen"];

/// Whether a word is a time of day: `10:05`, `10.05.00`.
fn is_clock(word: &str) -> bool {
    let mut numbers = word.trim_end_matches(['.', ',']).split([':', '.']);
    let hour = numbers.next().unwrap_or_default();
    let two = |number: &str| number.len() == 2 && number.bytes().all(|b| b.is_ascii_digit());
    let is_hour = (1..=2).contains(&hour.len()) && hour.bytes().all(|b| b.is_ascii_digit());
    is_hour && numbers.clone().count() > 0 && numbers.all(two)
}

/// Whether the subject is that of such a report, and only the text may be missing for it.
pub(super) fn may_be_report(e: &Examination<'_>) -> bool {
    let recalls = RECALLS.iter().map(|(subject, ..)| subject);
    let mut subjects = READ_SUBJECTS.iter().chain(recalls);
    subjects.any(|subject| begins(e, subject))
}

/// Whether the subject begins with this and a colon.
fn begins(e: &Examination<'_>, wanted: &str) -> bool {
    e.subject_head() == Some(wanted)
}

/// What such a text says beside the fields of the message it speaks of, folded, on one line; none
/// if it is too long for a report, or asks something.
fn said(e: &Examination<'_>) -> Option<String> {
    let own = thanks::own_lines(e.facts.text.as_deref()?);
    let own = own.into_iter().filter(|line| !is_field(line));
    let words: Vec<&str> = own.flat_map(str::split_whitespace).collect();
    let asks = || words.iter().any(|word| word.contains(['?', '？']));
    (words.len() <= REPORT_WORDS_MAX && !asks()).then(|| fold(&words.join(" ")))
}

/// A field of the message that a report speaks of, such as `Sent: Monday, 2 March 2026 10:00`.
fn is_field(line: &str) -> bool {
    const NAME_WORDS_MAX: usize = 2;
    line.split_once([':', '：']).is_some_and(|(name, _)| {
        let short = name.split_whitespace().count() <= NAME_WORDS_MAX;
        short && !name.contains(|c: char| c.is_ascii_digit())
    })
}

/// A report says when, with the zone's name and the cities in it.
const REPORT_WORDS_MAX: usize = 40;

/// The most words of the name of somebody who recalls a message.
const NAME_WORDS_MAX: usize = 6;

/// What stands before the colon in the subjects of reports about reading.
#[rustfmt::skip]
const READ_SUBJECTS: &[&str] = &[
    "read", "not read", "gelesen", "nicht gelesen", "ungelesen gelöscht", "lu", "non lu", "leído",
    "no leído", "letto", "non letto", "gelezen", "niet gelezen", "lida", "lido", "não lida",
    "não lido", "läst", "oläst", "ej läst", "læst", "ikke læst", "lest", "ikke lest", "luettu",
    "lukematta", "przeczytano", "przeczytana", "nieprzeczytane", "přečteno", "nepřečteno",
    "elolvasva", "citit", "прочитано", "не прочитано", "прочтено", "okundu", "开封", "已读", "開封済み",
];

/// How these reports begin, and how they go on below the fields.
#[rustfmt::skip]
const READ_SENTENCES: &[(&str, &str)] = &[
    ("your message", "was read"), ("your message", "was deleted without being read"),
    ("ihre nachricht", "wurde am"), ("ihre nachricht", "wurde gelesen"),
    ("ihre nachricht", "wurde ungelesen"), ("ihre nachricht", "wurde ohne gelesen zu werden"),
    ("votre message", "a été lu"), ("votre message", "a été supprimé sans"),
    ("el mensaje", "se leyó"), ("el mensaje", "fue leído"), ("el mensaje", "ha sido leído"),
    ("su mensaje", "se leyó"), ("su mensaje", "fue leído"), ("su mensaje", "ha sido leído"),
    ("el mensaje", "se eliminó sin"), ("su mensaje", "se eliminó sin"),
    ("il messaggio", "è stato letto"), ("il messaggio", "è stato eliminato"),
    ("messaggio", "è stato letto"), ("uw bericht", "is gelezen"), ("uw bericht", "is verwijderd"),
    ("a sua mensagem", "foi lida"), ("sua mensagem", "foi lida"),
    ("a sua mensagem", "foi eliminada"), ("sua mensagem", "foi excluída"),
    ("meddelandet", "lästes"), ("ditt meddelande", "lästes"), ("meddelandet", "har lästs"),
    ("ditt meddelande", "har lästs"), ("meddelandet", "togs bort"),
    ("din meddelelse", "blev læst"), ("meddelelsen", "blev læst"), ("din meddelelse", "blev slettet"),
    ("meldingen", "ble lest"), ("meldingen din", "ble lest"), ("meldingen", "ble slettet"),
    ("viestisi", "luettiin"), ("viesti", "luettiin"), ("viestisi", "on luettu"),
    ("wiadomość", "została odczytana"), ("wiadomość", "została przeczytana"),
    ("twoja wiadomość", "została odczytana"), ("twoja wiadomość", "została przeczytana"),
    ("wiadomość", "została usunięta"), ("zpráva", "byla přečtena"),
    ("vaše zpráva", "byla přečtena"), ("zpráva", "byla odstraněna"),
    ("ваше сообщение", "прочитано"), ("ваше сообщение", "было прочитано"),
];

/// The subject of a recall before its colon; its sentence up to the subject of the message that is
/// recalled, which stands in quotation marks; and how it ends behind that.
#[rustfmt::skip]
const RECALLS: &[(&str, &str, &str)] = &[
    ("recall", "would like to recall the message", ""),
    ("rückruf", "möchte die nachricht", "zurückrufen"),
    ("rappel", "souhaite rappeler le message", ""),
];
