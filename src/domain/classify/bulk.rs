//! The signs of newsletters and of mail to everybody that bear no field saying what they are.
//!
//! As in [`signs`](super::signs), what people may write themselves counts only with a second sign.

use super::super::address::{Address, Author};
use super::super::facts::MessageFacts;
use super::examination::Examination;
use super::field::{begins, evidence};
use super::sender::{self, is_made_up};
use super::signs::{has_prefix, has_word};
use super::text::fold;
use super::thanks;
use super::words::{
    BULK_NAMES, BULK_SENTENCES, BULK_WORDS, EVERYBODY_WORDS, LEAVING_WORDS, ROLE_WORDS,
};
use super::{body, letter};

/// What a newsletter says of itself; never an answer, nor what a person signed or filled in. What
/// people may do as well is weighed: no one sign of a text makes a machine of anybody.
pub(super) fn bulk_text(e: &Examination<'_>) -> Option<String> {
    let text = e.facts.text.as_deref()?;
    if !bulk_text_needs_body(e) {
        return None;
    }
    let own = thanks::unquoted_lines(text);
    let leaving = leaving_line(&own).or_else(|| leaving_link(e.facts));
    let folded = fold(&own.join(" "));
    let sentences = || {
        let known = BULK_SENTENCES.iter().copied();
        known.filter(|sign| folded.contains(*sign))
    };
    let sentence = sentences().next();
    let said = leaving.or(sentence)?;
    let long = || own.iter().filter(|line| !line.trim().is_empty()).count() >= LETTER_LINES_MIN;
    // A letter in form, by which one can leave, to nobody in particular: a client's Bcc that
    // merely speaks of such things has less.
    let letter = || sentence.is_some() || is_html(e) || long() || is_newsletters(e);
    let to_many = || leaving.is_some() && letter() && e.addressed_to_nobody();
    let persons = || letter::is_persons(e);
    // Few lines are a letter with a footer.
    let named_or_carried = header_weight(e) >= 2;
    let weight = || {
        let own_signs = [
            leaving.is_some(),
            // One phrase is one sign.
            sentences().any(|sign| !speaks_of_leaving(sign)),
            long(),
            leaving.is_some() && links_name_recipient(e.facts),
        ];
        header_weight(e) + own_signs.iter().filter(|sign| **sign).count()
    };
    let weighs = || (named_or_carried || long()) && weight() >= WEIGHT_MIN;
    let found = e.second_sign_beside_path() || ((to_many() || weighs()) && !persons());
    (found && !letter::is_form(e)).then(|| {
        let said: String = said.chars().take(80).collect();
        format!("text: \"{said}\"")
    })
}

/// What the signs of a newsletter must weigh together: those of its text one each, those of its
/// header as in [`header_weight`].
const WEIGHT_MIN: usize = 4;

/// The weight of what its header shows: a mailing service's or program's mark, a newsletter's
/// name, nothing but HTML, as people's programs rarely write it.
fn header_weight(e: &Examination<'_>) -> usize {
    let carried = usize::from(e.second_sign_or_mailer() || e.made_up_author());
    2 * carried + 2 * usize::from(is_newsletters(e)) + usize::from(is_html(e))
}

/// Whether all signs of a text together count: not in a plain letter from a person's own address.
fn may_be_newsletters(e: &Examination<'_>) -> bool {
    let author = e.direction.author.as_ref();
    let role = || author.is_some_and(|author| has_word(author.address.local(), ROLE_WORDS));
    body::may_have_parts(e) || role()
}

fn is_html(e: &Examination<'_>) -> bool {
    let kind = e.facts.first_field("content-type");
    kind.is_some_and(|kind| begins(kind, "text/html"))
}

/// Whether only the text is missing for it.
pub(super) fn bulk_text_needs_body(e: &Examination<'_>) -> bool {
    let answers = !e.facts.in_reply_to.is_empty() || !e.facts.references.is_empty();
    let shown = || header_weight(e) > 0 || e.addressed_to_nobody() || may_be_newsletters(e);
    !answers && !e.says_no() && !has_prefix(e) && shown()
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
