//! The words by which programs give themselves away in addresses, subjects and first lines.
//!
//! Each list is for mail that carries no field saying what it is. What people may write
//! themselves counts only with a second sign ([`Examination::second_sign`]); what no person
//! writes, such as `Automatic reply:` before a subject, counts alone.

use super::super::address::{Address, Author};
use super::super::facts::MessageFacts;
use super::Sender;
use super::examination::Examination;
use super::field::{begins, evidence};
use super::sender::{
    self, bare_path, is_bounce_path, is_made_up, is_mailer_daemon, is_no_reply, is_postmaster,
    list_of_path, path_local,
};
use super::text::fold;
use super::thanks;
use super::words::{
    ABSENCE_SUBJECTS, AUTOMATIC_SENTENCES, AUTOMATIC_SUBJECT_PHRASES, AUTOMATIC_SUBJECTS,
    BOUNCE_NAMES, BOUNCE_SENTENCES, BOUNCE_SUBJECTS, BULK_NAMES, BULK_SENTENCES, BULK_WORDS,
    EVERYBODY_WORDS, FORWARD_PREFIXES, LEAVING_WORDS, MAILERS, PROGRAM_SENTENCES, PROGRAM_WORDS,
    REPLY_PREFIXES,
};

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
    if has_prefix(e) || !(is_automatic(subject) || may_be_automatic(subject)) || e.says_no() {
        return None;
    }
    let found = is_automatic(subject) || e.second_sign();
    found.then(|| evidence("Subject", &e.facts.subject))
}

/// What only programs put before a colon.
fn is_automatic(subject: &str) -> bool {
    let Some((head, _)) = subject.split_once([':', '：']) else {
        return false;
    };
    let head = head.trim_end();
    // Exchange puts its words right before the subject it answers.
    let head = head.strip_suffix(" re").unwrap_or(head);
    AUTOMATIC_SUBJECTS.contains(&head)
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
fn has_prefix(e: &Examination<'_>) -> bool {
    let mut prefixes = FORWARD_PREFIXES.iter();
    e.reply_subject || prefixes.any(|prefix| e.untagged_subject().starts_with(prefix))
}

/// The first own lines of an automatic reply. Quoted and forwarded text is left out, so that
/// a person who passes such a reply on stays a person.
pub(super) fn automatic_text(e: &Examination<'_>) -> Option<String> {
    let sentence = automatic_sentence(e.facts)?;
    let found = !e.says_no() && e.second_sign_or_suppression();
    found.then(|| format!("text: \"{sentence}\""))
}

/// A sentence among the first own lines by which a program says that it answers by itself.
pub(super) fn automatic_sentence(facts: &MessageFacts) -> Option<&'static str> {
    let lines = first_lines(facts)?;
    let mut sentences = AUTOMATIC_SENTENCES.iter();
    sentences.find(|sign| lines.contains(**sign)).copied()
}

/// Whether the text could unmask a program: a second sign is there that does not decide alone.
pub(super) fn text_may_unmask(e: &Examination<'_>) -> bool {
    let second_sign = e.second_sign_or_suppression() || e.second_sign_or_mailer();
    !e.says_no() && (second_sign || e.made_up_author())
}

/// What a newsletter says of itself; never an answer. Two signs of the text, or one and a sign
/// other than words. Two count alone only in a mail of nothing but HTML, as people's programs
/// rarely write it: a client may send us the draft of his own newsletter.
pub(super) fn bulk_text(e: &Examination<'_>) -> Option<String> {
    let text = e.facts.text.as_deref()?;
    let answers = !e.facts.in_reply_to.is_empty() || !e.facts.references.is_empty();
    if answers || e.says_no() || has_prefix(e) {
        return None;
    }
    let own = thanks::unquoted_lines(text);
    let leaving = leaving_line(&own).or_else(|| leaving_link(e.facts));
    let folded = fold(&own.join(" "));
    let sentence = BULK_SENTENCES.iter().find(|sign| folded.contains(*sign));
    let only_html = || {
        let kind = e.facts.first_field("content-type");
        kind.is_some_and(|kind| begins(kind, "text/html"))
    };
    let said = leaving.or(sentence.copied())?;
    let both = leaving.is_some() && sentence.is_some() && only_html();
    let long = || own.iter().filter(|line| !line.trim().is_empty()).count() >= LETTER_LINES_MIN;
    let newsletter = || leaving.is_some() && long() && is_newsletters(e);
    // A letter in form, by which one can leave, to nobody in particular: a client's Bcc that
    // merely speaks of such things has less.
    let letter = || sentence.is_some() || only_html() || long() || is_newsletters(e);
    let to_many = || leaving.is_some() && letter() && e.addressed_to_nobody();
    let second_sign = || e.second_sign_or_mailer() || e.made_up_author() || to_many();
    if !both && !second_sign() && !newsletter() && !links_name_recipient(e.facts) {
        return None;
    }
    Some(format!(
        "text: \"{}\"",
        said.chars().take(80).collect::<String>()
    ))
}

/// A newsletter has at least as many lines; a question about leaving one has fewer.
const LETTER_LINES_MIN: usize = 12;

/// Whether a link bears the address of a recipient, so that a click tells who clicked.
fn links_name_recipient(facts: &MessageFacts) -> bool {
    let text = facts.text.as_deref().unwrap_or_default();
    let words = text.split(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"'));
    let mut links = facts.links.iter().map(String::as_str).chain(words);
    links.any(|link| {
        let Some((_, target)) = link
            .split_once("://")
            .filter(|(_, rest)| rest.contains(['@', '%']))
        else {
            return false;
        };
        let target = fold(target).replace("%40", "@");
        let mut recipients = facts.recipients();
        recipients.any(|address| target.contains(&address.to_string()))
    })
}

/// A line that tells how to leave a list: the word, with a link or an address to do it, on the
/// line or the next.
fn leaving_line<'a>(own: &[&'a str]) -> Option<&'a str> {
    const WAYS: &[&str] = &[
        "http", "www.", "mailto:", "click", "klick", "cliquez", "clic", "@",
    ];
    let way = |line: &&str| {
        let line = fold(line);
        WAYS.iter().any(|way| line.contains(way))
    };
    let lines = own.iter().enumerate();
    let found = lines
        .filter(|(_, line)| speaks_of_leaving(line))
        .find(|(at, _)| {
            let next = (*at + 2).min(own.len());
            own[*at..next].iter().any(way)
        });
    found.map(|(_, line)| *line)
}

/// A link by which one leaves a list.
fn leaving_link(facts: &MessageFacts) -> Option<&str> {
    let mut links = facts.links.iter().rev();
    links
        .find(|link| speaks_of_leaving(link))
        .map(String::as_str)
}

fn speaks_of_leaving(line: &str) -> bool {
    let line = fold(line);
    LEAVING_WORDS.iter().any(|word| line.contains(word))
}

/// What programs say of their own mail: that a program wrote it, and nobody reads the answer.
pub(super) fn program_text(e: &Examination<'_>) -> Option<String> {
    let text = e.facts.text.as_deref()?;
    if e.says_no() || has_prefix(e) || !e.second_sign_or_mailer() {
        return None;
    }
    let folded = fold(&thanks::unquoted_lines(text).join(" "));
    let sentence = PROGRAM_SENTENCES
        .iter()
        .find(|sign| folded.contains(*sign))?;
    Some(format!("text: \"{sentence}\""))
}

/// Whether a folded `X-Mailer` names a program that sends mail by itself, or a mailing service.
pub(super) fn is_mailer(folded: &str) -> bool {
    MAILERS.iter().any(|name| folded.contains(name))
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
    let found = begins && (e.second_sign() || is_report(e.facts));
    found.then(|| evidence("Subject", &e.facts.subject))
}

fn is_report(facts: &MessageFacts) -> bool {
    let kind = facts.first_field("content-type");
    kind.is_some_and(|kind| begins(kind, "multipart/report"))
}

/// A mail system as the author. The postmaster writes notices of all kinds, so his must also
/// speak of a failure; a display name is anybody's choice.
pub(super) fn bounce_sender(e: &Examination<'_>) -> Option<String> {
    let facts = e.facts;
    let author = facts.from.iter().find(|author| {
        let local = author.address.local();
        let named = || {
            let name = author.name.as_deref().map(fold).unwrap_or_default();
            BOUNCE_NAMES.iter().any(|sign| name.starts_with(sign))
        };
        is_mailer_daemon(local)
            || (is_postmaster(local) && speaks_of_failure(facts))
            || (named() && e.second_sign() && (!e.reply_subject || speaks_of_failure(facts)))
    });
    if let Some(author) = author {
        return Some(evidence("From", &author.address.to_string()));
    }
    // Mail systems may leave out the domain.
    let bare = facts.first_field("from")?;
    is_mailer_daemon(bare).then(|| evidence("From", bare))
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
    let rest = e.subject.strip_prefix('[')?;
    let written_to_us =
        e.direction.addressed_to_us || (e.direction.sender == Sender::Client && !e.second_sign());
    if written_to_us && (e.direction.own_list.is_some() || !is_archived(e.facts)) {
        return None;
    }
    let mark = rest.split(']').next()?;
    let listed = e
        .facts
        .recipients()
        .any(|recipient| recipient.local() == mark);
    listed.then(|| evidence("Subject", &e.facts.subject))
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

/// A newsletter's sender, or one made up for a single mailing.
pub(super) fn bulk_sender(e: &Examination<'_>) -> Option<String> {
    // Newsletters answer nobody; people's programs make up dated addresses too.
    if e.answers() {
        return None;
    }
    let author = e.direction.author.as_ref()?;
    let leave = |other: &Author| has_word(other.address.local(), &["unsubscribe"]);
    let bulk = is_newsletters(e)
        || is_made_up(author.address.local())
        || e.facts.reply_to.iter().any(leave);
    let domain = author.address.domain();
    let second_sign = || {
        e.second_sign_or_mailer() || (is_named_newsletter(author) && sender::is_list_host(domain))
    };
    (bulk && second_sign()).then(|| evidence("From", &author.address.to_string()))
}

/// Whether an author bears a newsletter's name: in his address, its host, or before it.
fn is_newsletters(e: &Examination<'_>) -> bool {
    e.direction.author.as_ref().is_some_and(|author| {
        let host = author.address.domain().split('.').next();
        has_word(author.address.local(), BULK_WORDS)
            || host.is_some_and(is_bulk_name)
            || is_named_newsletter(author)
    })
}

fn is_named_newsletter(author: &Author) -> bool {
    let name = author.name.as_deref().unwrap_or_default();
    name.split(|c: char| !c.is_alphanumeric()).any(is_bulk_name)
}

/// Compared in place: this is asked of nearly every mail.
fn is_bulk_name(word: &str) -> bool {
    let mut names = BULK_NAMES.iter();
    names.any(|name| name.eq_ignore_ascii_case(word))
}

/// Mail to nobody but everybody: `all@…`, `everyone.sales@…`. Of a client's it says nothing, who
/// may have a list of his own that we are on.
pub(super) fn bulk_recipients(e: &Examination<'_>) -> Option<String> {
    if e.answers() {
        return None;
    }
    let mut recipients = e.facts.recipients();
    let first = recipients.next()?;
    let everybody = |address: &Address| has_word(address.local(), EVERYBODY_WORDS);
    let found = everybody(first) && recipients.all(everybody);
    let announcer = || {
        let author = e.direction.author.as_ref();
        author.is_some_and(|author| has_word(author.address.local(), BULK_WORDS))
    };
    (found && (announcer() || e.second_sign())).then(|| evidence("To", &first.to_string()))
}

/// A program's address.
pub(super) fn program_sender(e: &Examination<'_>) -> Option<String> {
    let address = &e.direction.author.as_ref()?.address;
    let local = address.local();
    let program = is_no_reply(local)
        || is_postmaster(local)
        || (has_word(local, PROGRAM_WORDS)
            && (e.second_sign_or_mailer()
                || sender::is_machine_host(address.domain())
                || is_record(e.facts)));
    program.then(|| evidence("From", &address.to_string()))
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

fn has_word(local: &str, words: &[&str]) -> bool {
    local
        .split(['.', '-', '_', '+', '='])
        .any(|word| words.contains(&word))
        || words.contains(&local)
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
    let found = begins && (jobs() || e.second_sign());
    found.then(|| evidence("Subject", &e.facts.subject))
}
