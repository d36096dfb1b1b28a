//! The words by which programs give themselves away in addresses, subjects and first lines.
//!
//! Each list is for mail that carries no field saying what it is. What people may write
//! themselves counts only with a second sign ([`Examination::second_sign`]); what no person
//! writes, such as `Automatic reply:` before a subject, counts alone.

use super::super::address::Author;
use super::super::facts::MessageFacts;
use super::examination::Examination;
use super::field::{begins, evidence};
use super::sender::{
    self, bare_path, is_bounce_path, is_mailer_daemon, is_no_reply, is_postmaster, list_of_path,
    path_local,
};
use super::text::fold;
use super::thanks;
use super::words::{
    ABSENCE_SUBJECTS, AUTOMATIC_SENTENCES, AUTOMATIC_SUBJECT_PHRASES, AUTOMATIC_SUBJECTS,
    BOUNCE_NAMES, BOUNCE_SENTENCES, BOUNCE_SUBJECTS, FORWARD_PREFIXES, MAILERS, PROGRAM_SENTENCES,
    PROGRAM_WORDS, REPLY_PREFIXES, SYSTEM_ACCOUNTS,
};
use super::{Sender, automatic, letter};

/// How much of a text counts as its first lines, in characters.
const FIRST_CHARS: usize = 2048;

/// Whether a folded subject begins as an answer's does.
pub(super) fn is_reply_subject(folded: &str) -> bool {
    REPLY_PREFIXES
        .iter()
        .any(|prefix| folded.starts_with(prefix))
}

/// The subject of an automatic reply.
pub(super) fn automatic_subject(e: &Examination<'_>) -> Option<String> {
    let subject = e.untagged_subject();
    let bare = is_bare_absence(subject);
    let automatic = is_automatic(subject);
    if has_prefix(e) || !(automatic || may_be_automatic(subject) || bare) || e.says_no() {
        return None;
    }
    let signed = || !bare && e.second_sign_of_subject();
    let found = automatic || signed() || (answers_unasked(e) && (bare || !letter::is_answer(e)));
    found.then(|| evidence("Subject", &e.facts.subject))
}

/// An answer that wants none: people's mail bears either sign, but hardly both beside a subject of
/// an absence. A colleague's answer under such a subject would stop a clock: it needs no more.
fn answers_unasked(e: &Examination<'_>) -> bool {
    let answers = !e.facts.in_reply_to.is_empty();
    match e.direction.sender {
        Sender::Team => answers || !e.facts.references.is_empty(),
        Sender::Client | Sender::Stranger => answers && e.suppresses(),
    }
}

/// Whether a colleague's own words may tell that he wrote under such a subject himself.
pub(super) fn automatic_subject_needs_body(e: &Examination<'_>) -> bool {
    let subject = e.untagged_subject();
    e.direction.sender == Sender::Team
        && answers_unasked(e)
        && !is_automatic(subject)
        && may_be_automatic(subject)
}

/// Nothing but the word for an absence, as people write it who go away, and some programs.
fn is_bare_absence(subject: &str) -> bool {
    ABSENCE_SUBJECTS.contains(&subject.trim_end_matches(['.', '!', ' ']))
}

/// What only programs put before a colon.
fn is_automatic(subject: &str) -> bool {
    let Some((head, _)) = subject.split_once([':', '：']) else {
        return false;
    };
    let head = head.trim_end();
    // Exchange puts its words right before the subject it answers.
    let answered = head.strip_suffix(" re");
    let absence = || answered.is_some_and(|head| ABSENCE_SUBJECTS.contains(&head));
    AUTOMATIC_SUBJECTS.contains(&answered.unwrap_or(head))
        || absence()
        || (head == "auto" && subject.contains(" is out of the office"))
}

/// What programs write, and people too.
fn may_be_automatic(subject: &str) -> bool {
    let absence = || {
        let head = subject
            .split_once([':', '：'])
            .map(|(head, _)| head.trim_end());
        head.is_some_and(|head| ABSENCE_SUBJECTS.contains(&head))
    };
    // "Out of office" without its colon is what people write who go away.
    let bare = || AUTOMATIC_SUBJECTS.contains(&subject) && !subject.starts_with("out");
    absence()
        || bare()
        || (subject.contains("auto")
            && AUTOMATIC_SUBJECT_PHRASES
                .iter()
                .any(|sign| subject.contains(sign)))
        || notes_absence(subject)
}

/// Lotus Notes writes `NAME is out of the office.`, with the period, after a list's mark too.
fn notes_absence(subject: &str) -> bool {
    let plain = subject.trim_end();
    plain.ends_with(" is out of the office.")
        || (plain.ends_with(')') && plain.contains(" is out of the office. (returning "))
}

/// Whether the message answers or passes on another by its subject.
pub(super) fn has_prefix(e: &Examination<'_>) -> bool {
    e.reply_subject || is_forwarded_subject(e.untagged_subject())
}

/// Whether a folded subject begins as that of a mail that is passed on.
pub(super) fn is_forwarded_subject(folded: &str) -> bool {
    let mut prefixes = FORWARD_PREFIXES.iter();
    prefixes.any(|prefix| folded.starts_with(prefix))
}

/// The first own lines of an automatic reply. Quoted and forwarded text is left out, so that
/// a person who passes such a reply on stays a person.
pub(super) fn automatic_text(e: &Examination<'_>) -> Option<String> {
    // Asked first, for it costs least: most mail bears no such sign.
    if !automatic_text_needs_body(e) {
        return None;
    }
    let sentence = automatic_sentence(e.facts)?;
    // What asks for no answers may be a person's mail, who tells what a program answered him.
    if !e.second_sign() && !begins_sentence(&first_lines(e.facts)?, sentence) {
        return None;
    }
    // People's absences are signed too, but ask nothing.
    let asks = || first_lines(e.facts).is_some_and(|lines| lines.contains(['?', '？']));
    let persons = || letter::is_form(e) || (asks() && letter::is_persons(e));
    (!persons()).then(|| format!("text: \"{sentence}\""))
}

/// Whether a sentence of a folded text begins so, and nothing leads to it (`All I get is: …`).
fn begins_sentence(folded: &str, sign: &str) -> bool {
    let start = sign.split('…').next().unwrap_or_default().trim_end();
    folded.match_indices(start).any(|(at, _)| {
        let before = folded[..at].trim_end().chars().next_back();
        before.is_none_or(|c| !c.is_alphanumeric() && c != ':')
    })
}

/// Whether only the text is missing for it.
pub(super) fn automatic_text_needs_body(e: &Examination<'_>) -> bool {
    !e.says_no() && e.second_sign_or_suppression()
}

/// A sentence among the first own lines by which a program says that it answers by itself.
pub(super) fn automatic_sentence(facts: &MessageFacts) -> Option<&'static str> {
    let lines = first_lines(facts)?;
    sentence(&lines, AUTOMATIC_SENTENCES)
}

/// The first of these sentences that stands in a folded text, and that its author does not quote
/// (`I got "This is an automatic reply" from you`). Of one with `…` the end has to follow within
/// the sentence.
pub(super) fn sentence(folded: &str, known: &[&'static str]) -> Option<&'static str> {
    sentence_where(folded, known, |_, _, _| true)
}

/// The same of those that hold: what stands before the sentence, its beginning, what follows.
pub(super) fn sentence_where(
    folded: &str,
    known: &[&'static str],
    holds: impl Fn(&str, &str, &str) -> bool,
) -> Option<&'static str> {
    const QUOTES: &[char] = &['"', '“', '„', '”', '«', '»', '‘', '‚', '\''];
    let stands = |sign: &&&'static str| {
        let (start, end) = sign.split_once('…').unwrap_or((sign, ""));
        let start = start.trim_end();
        folded.match_indices(start).any(|(at, found)| {
            let rest = &folded[at + found.len()..];
            let clause = rest.split(['.', '!', '?']).next().unwrap_or_default();
            let before = &folded[..at];
            !before.ends_with(QUOTES) && clause.contains(end) && holds(before, start, rest)
        })
    };
    known.iter().find(stands).copied()
}

/// What programs say of their own mail: that a program wrote it, and nobody reads the answer.
pub(super) fn program_text(e: &Examination<'_>) -> Option<String> {
    let text = e.facts.text.as_deref()?;
    if !program_text_needs_body(e) {
        return None;
    }
    let folded = fold(&thanks::unquoted_lines(text).join(" "));
    let sentence = sentence(&folded, PROGRAM_SENTENCES)?;
    let carried = !e.second_sign_beside_path();
    if letter::is_form(e) || (carried && letter::is_persons(e)) {
        return None;
    }
    Some(format!("text: \"{sentence}\""))
}

/// Whether only the text is missing for it.
pub(super) fn program_text_needs_body(e: &Examination<'_>) -> bool {
    !e.says_no() && !has_prefix(e) && e.second_sign_or_mailer()
}

/// Whether a folded `X-Mailer` names a program that sends mail by itself, or a mailing service.
pub(super) fn is_mailer(folded: &str) -> bool {
    let stands = |name: &str| {
        folded.match_indices(name).any(|(at, _)| {
            let before = folded[..at].chars().next_back();
            let behind = folded[at + name.len()..].chars().next();
            // A version may follow without a blank.
            !before.is_some_and(char::is_alphanumeric) && !behind.is_some_and(char::is_alphabetic)
        })
    };
    MAILERS.iter().any(|name| stands(name))
}

fn first_lines(facts: &MessageFacts) -> Option<String> {
    let text = facts.text.as_deref()?;
    let end = text
        .char_indices()
        .nth(FIRST_CHARS)
        .map_or(text.len(), |(at, _)| at);
    let own = thanks::own_lines(&text[..end]);
    let joined: Vec<&str> = own
        .iter()
        .flat_map(|line| line.split_whitespace())
        .collect();
    Some(fold(&joined.join(" ")))
}

/// The subject of a bounce.
pub(super) fn bounce_subject(e: &Examination<'_>) -> Option<String> {
    let begins = [e.subject.as_str(), e.untagged_subject()]
        .map(|subject| subject.trim_start_matches(['*', '[', ' ', '!']))
        .iter()
        .any(|subject| BOUNCE_SUBJECTS.iter().any(|sign| subject.starts_with(sign)));
    let found = begins && (e.second_sign_of_subject() || is_report(e.facts));
    found.then(|| evidence("Subject", &e.facts.subject))
}

/// Whether a message is a report by its structure, or a mail system's by its sender: what a
/// person passes on stands deeper.
pub(super) fn is_mail_systems(e: &Examination<'_>) -> bool {
    let facts = e.facts;
    let mut authors = facts.from.iter();
    is_report(facts)
        || automatic::null_return_path(facts)
        || automatic::auto_submitted(facts).is_some()
        || authors.any(|author| is_postmaster(author.address.local()))
}

fn is_report(facts: &MessageFacts) -> bool {
    const REPORTS: &[&str] = &[
        "multipart/report",
        "message/delivery-status",
        "message/disposition-notification",
    ];
    let kind = facts.first_field("content-type").unwrap_or_default();
    REPORTS.iter().any(|report| begins(kind, report))
}

/// A mail system as the author. The postmaster writes notices of all kinds, so his must also
/// speak of a failure; a display name is anybody's choice.
pub(super) fn bounce_sender(e: &Examination<'_>) -> Option<String> {
    let facts = e.facts;
    let author = facts.from.iter().find(|author| {
        let local = author.address.local();
        is_mailer_daemon(local)
            || (is_postmaster(local) && speaks_of_failure(facts))
            || (has_bounce_name(author)
                && e.second_sign_of_subject()
                && (!e.reply_subject || speaks_of_failure(facts)))
    });
    if let Some(author) = author {
        return Some(evidence("From", &author.address.to_string()));
    }
    // Mail systems may leave out the domain, or the whole address.
    let bare = facts.first_field("from")?;
    (is_mailer_daemon(bare) || bare.ends_with("<>")).then(|| evidence("From", bare))
}

/// Whether the postmaster's text must tell if he speaks of a failure, or an answer under a mail
/// system's name.
pub(super) fn bounce_sender_needs_body(e: &Examination<'_>) -> bool {
    let mut authors = e.facts.from.iter();
    authors.any(|author| is_postmaster(author.address.local()) || has_bounce_name(author))
}

fn has_bounce_name(author: &Author) -> bool {
    let name = author.name.as_deref().map(fold).unwrap_or_default();
    BOUNCE_NAMES.iter().any(|sign| name.starts_with(sign))
}

fn speaks_of_failure(facts: &MessageFacts) -> bool {
    let lines = first_lines(facts).unwrap_or_default();
    BOUNCE_SENTENCES.iter().any(|sign| lines.contains(sign))
}

/// A list's address in the envelope or in `Sender`. Mail of people bears such paths too, when
/// a service sends it for them: the list must be addressed, or another sign be there.
pub(super) fn list_sender(e: &Examination<'_>) -> Option<String> {
    let paths = ["return-path", "errors-to"];
    let fields = paths
        .iter()
        .flat_map(|name| e.facts.field(name).map(move |value| (*name, value)));
    for (name, value) in fields {
        if is_list_path(e, value) {
            return Some(evidence(name, value));
        }
    }
    let sender = e.facts.sender.as_ref()?.address.to_string();
    is_list_path(e, &sender).then(|| evidence("Sender", &sender))
}

fn is_list_path(e: &Examination<'_>, path: &str) -> bool {
    let path = fold(bare_path(path));
    let local = path_local(&path);
    let Some(list) = list_of_path(local) else {
        return false;
    };
    let domain = path.rsplit_once('@').map_or("", |(_, domain)| domain);
    if e.is_author(&path) || e.is_own_list(domain) {
        return false;
    }
    // `it-admin` is as well a person's, who writes to `it` of his own company.
    let mut authors = e.facts.from.iter();
    let mut colleague = || authors.any(|author| author.address.domain() == domain);
    let mut recipients = e.facts.recipients();
    let addressed = recipients.any(|address| address.local() == list && address.domain() == domain);
    (addressed && (is_bounce_path(local) || !colleague())) || e.second_sign_beside_path()
}

/// `[name] …` sent to `name@…`, as list programs write it, where we are not addressed ourselves;
/// else the archive of a list must have left its mark on the text. A client may mark his mail so
/// too, and send us a Bcc: his needs a second sign.
pub(super) fn list_subject(e: &Examination<'_>) -> Option<String> {
    let written_to_us =
        e.direction.addressed_to_us || (e.direction.sender == Sender::Client && !e.second_sign());
    if !list_subject_needs_body(e)
        || (written_to_us && (e.direction.own_list.is_some() || !is_archived(e.facts)))
    {
        return None;
    }
    Some(evidence("Subject", &e.facts.subject))
}

/// Whether the mark in the subject is a recipient's name: only the text may be missing for it.
pub(super) fn list_subject_needs_body(e: &Examination<'_>) -> bool {
    let rest = e.subject.strip_prefix('[').unwrap_or_default();
    let mark = rest.split(']').next().unwrap_or_default();
    let mut recipients = e.facts.recipients();
    recipients.any(|recipient| recipient.local() == mark)
}

/// Whether the text came from a list's archive, which hides addresses: `<bob at acme.example>`.
fn is_archived(facts: &MessageFacts) -> bool {
    let text = facts.text.as_deref().unwrap_or_default();
    let mut brackets = text.split('<').skip(1);
    brackets.any(|rest| {
        let inner = rest.split('>').next().unwrap_or_default();
        let words: Vec<&str> = inner.splitn(4, ' ').collect();
        matches!(words.as_slice(), [local, "at", domain]
            if !local.is_empty() && domain.contains('.') && domain.len() < 100)
    })
}

/// A list's back door in the author's place, on mail to that list (`owner-talk` to `talk@…`); or
/// the list itself as the sender of mail to itself, on a list program's host.
pub(super) fn list_author(e: &Examination<'_>) -> Option<String> {
    let mut recipients = e.facts.recipients();
    let author = &e.direction.author.as_ref()?.address;
    if let Some(list) = author.local().strip_prefix("owner-") {
        let found = recipients.any(|address| address.local() == list);
        return found.then(|| evidence("From", &author.to_string()));
    }
    let sender = &e.facts.sender.as_ref()?.address;
    let found = sender != author
        && sender::is_list_host(sender.domain())
        && recipients.any(|address| address == sender);
    found.then(|| evidence("Sender", &sender.to_string()))
}

/// A program's address.
pub(super) fn program_sender(e: &Examination<'_>) -> Option<String> {
    let address = &e.direction.author.as_ref()?.address;
    let local = address.local();
    let program = (is_no_reply(local) && !letter::is_form(e))
        || is_postmaster(local)
        || (SYSTEM_ACCOUNTS.contains(&local) && e.addressed_to_nobody())
        || (is_programs_name(local) && is_programs_mail(e) && !letter::is_persons(e));
    program.then(|| evidence("From", &address.to_string()))
}

/// Whether more than a name says that a program wrote. A word for one may be a person's surname:
/// then what stands on people's mail too is not enough.
fn is_programs_mail(e: &Examination<'_>) -> bool {
    let Some(author) = e.direction.author.as_ref() else {
        return false;
    };
    let host = || sender::is_machine_host(author.address.domain());
    e.second_sign()
        || (!is_surname(author) && (e.second_sign_or_mailer() || host() || is_record(e.facts)))
}

/// Whether an author's word for a program is the surname of a person by his whole name and
/// address: `Pieter Bot <p.bot@…>`.
fn is_surname(author: &Author) -> bool {
    let name = fold(author.name.as_deref().unwrap_or_default());
    let mut names = name.split_whitespace();
    let (first, last) = (names.next(), names.next_back());
    let (Some(first), Some(last)) = (first, last) else {
        return false;
    };
    let own = author.address.local().rsplit_once('.');
    own.is_some_and(|(given, surname)| {
        surname == last
            && !given.is_empty()
            && (first.starts_with(given) || given.starts_with(first))
    })
}

/// Whether a record in the text, or a signature below it, may be missing for it.
pub(super) fn program_sender_needs_body(e: &Examination<'_>) -> bool {
    let author = e.direction.author.as_ref();
    author.is_some_and(|author| {
        let local = author.address.local();
        is_programs_name(local) || (is_no_reply(local) && letter::writer(e).is_some())
    })
}

/// Whether a local part names a program: by a word for one, or one that a feed's reader or a
/// system is called by (`rssnews`, `ticketsystem`).
fn is_programs_name(local: &str) -> bool {
    let stem =
        |word: &str| word.starts_with("rss") || word.ends_with("feeds") || word.ends_with("system");
    has_word(local, PROGRAM_WORDS)
        || has_word(local, SYSTEM_ACCOUNTS)
        || local.split(is_joint).any(stem)
}

const fn is_joint(c: char) -> bool {
    matches!(c, '.' | '-' | '_' | '+' | '=')
}

/// Whether a text begins as a program's record does: lines of nothing but `Name: value`, as feed
/// readers and monitors write them.
fn is_record(facts: &MessageFacts) -> bool {
    let text = facts.text.as_deref().unwrap_or_default();
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let is_field = |line: &str| {
        line.split_once(": ").is_some_and(|(name, value)| {
            let is_name = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
            !value.is_empty() && !name.is_empty() && name.chars().all(is_name)
        })
    };
    let mut first = || lines.next().is_some_and(is_field);
    first() && first()
}

pub(super) fn has_word(local: &str, words: &[&str]) -> bool {
    local.split(is_joint).any(|word| words.contains(&word)) || words.contains(&local)
}

/// Subjects that programs write by themselves.
pub(super) fn program_subject(e: &Examination<'_>) -> Option<String> {
    const SIGNS: &[&str] = &[
        "cron <",
        "anacron job ",
        "[cron] ",
        "logwatch for ",
        "complaint about message from ",
    ];
    let begins = SIGNS.iter().any(|sign| e.subject.starts_with(sign));
    let jobs = || {
        let locals = ["root", "cron", "cronie", "anacron", "daemon", "logwatch"];
        let author = e.direction.author.as_ref();
        author.is_some_and(|author| locals.contains(&author.address.local()))
    };
    let found = begins && (jobs() || e.second_sign_beside_path());
    found.then(|| evidence("Subject", &e.facts.subject))
}
