//! Forms: what somebody filled in on a web page, and a program sent on.
//!
//! Vocabulary: a form's *writer* is who filled it in; he is answered at its `Reply-To`. A form of
//! *our own pages* comes from an address of ours, to nobody but us and at most its writer. Its
//! header shows it where that address is the pages' own or an office's; else its text has to: by
//! its fields, one of which bears the writer's address, or by saying what it is.

use super::super::address::{Address, Author};
use super::super::facts::MessageFacts;
use super::super::ids::ClientKey;
use super::super::rules::{Party, Rules};
use super::direction::Direction;
use super::sender::is_no_reply;
use super::signs::{has_word, is_forwarded_subject, is_reply_subject};
use super::text::fold;
use super::words::{FORM_SENTENCES, FORM_WORDS, PROGRAM_WORDS, ROLE_WORDS, SYSTEM_ACCOUNTS};
use super::{Sender, is_ours, thanks};

/// What may be a form of our own pages.
#[derive(Debug, Clone, Copy)]
pub(super) struct Form<'a> {
    /// Who filled it in.
    pub(super) writer: &'a Author,
    /// The client he belongs to.
    pub(super) client: &'a ClientKey,
    /// Whether its header is enough to know it.
    pub(super) by_header: bool,
    /// Whether its text shows it: no mark of the program that sent it then counts against it.
    pub(super) by_text: bool,
}

/// What a client may have filled in on our own pages; never an answer to a message.
pub(super) fn find<'a>(
    facts: &'a MessageFacts,
    direction: &Direction<'_>,
    rules: &'a Rules,
) -> Option<Form<'a>> {
    let within = |address: &Address| is_ours(address, rules) || rules.party(address) == Party::Team;
    let answered = facts.reply_to.iter();
    let mut answered = answered.filter(|author| !within(&author.address));
    let (Some(writer), None) = (answered.next(), answered.next()) else {
        return None;
    };
    let Party::Client(client) = rules.party(&writer.address) else {
        return None;
    };
    let sender = &direction.author.as_ref()?.address;
    if direction.sender != Sender::Team || facts.has_field("x-ackd") || answers(facts) {
        return None;
    }
    let to_us = facts.recipients().any(within);
    let copied = facts.recipients().any(|address| *address == writer.address);
    let mut recipients = facts.recipients();
    if !to_us || !recipients.all(|address| within(address) || *address == writer.address) {
        return None;
    }
    let local = sender.local();
    let pages = has_word(local, FORM_WORDS) || has_word(local, SYSTEM_ACCOUNTS);
    // An office's people write too, to the client himself, and pass on what he wrote.
    let persons = copied || has_prefix(facts);
    let office = || has_word(local, ROLE_WORDS) || facts.recipients().any(|to| to == sender);
    // Programs tell us of what clients do; nobody filled that in.
    let program = has_word(local, PROGRAM_WORDS) || is_no_reply(local);
    Some(Form {
        writer,
        client,
        by_header: !program && (pages || (!persons && office())),
        by_text: has_fields_of(facts, &writer.address)
            || (says_form(facts) && (program || (!persons && names(facts, &writer.address)))),
    })
}

fn answers(facts: &MessageFacts) -> bool {
    !facts.in_reply_to.is_empty() || !facts.references.is_empty()
}

/// Whether the subject is that of an answer, or of a mail passed on. Who fills in a form may
/// write such a subject there.
fn has_prefix(facts: &MessageFacts) -> bool {
    let subject = fold(&facts.subject);
    is_reply_subject(&subject) || is_forwarded_subject(&subject)
}

/// Whether a text has a form's fields: two lines of `Name: value` at least, one of which bears the
/// address at which its writer is answered.
pub(super) fn has_fields_of(facts: &MessageFacts, writer: &Address) -> bool {
    let text = facts.text.as_deref().unwrap_or_default();
    let own = shown(text);
    let fields = || own.iter().filter_map(|line| field(line));
    let address = writer.to_string();
    let is_writer = |word: &str| word.eq_ignore_ascii_case(&address);
    let names_writer = fields().any(|(name, value)| {
        let mut words = value.split(|c: char| c.is_whitespace() || "<>()[],;:".contains(c));
        is_of_mail(name) && words.any(is_writer)
    });
    names_writer && fields().count() >= 2
}

/// The lines that are not quoted. Below `You wrote:`, which names nobody, a page repeats a form, if
/// hardly anything stands above it.
fn shown(text: &str) -> Vec<&str> {
    const WORDS_ABOVE_MAX: usize = 16;
    let mut rest = text;
    let mut above: Vec<&str> = Vec::new();
    while let Some((line, below)) = rest.split_once('\n') {
        rest = below;
        above.push(line.trim());
        if is_heading(line.trim()) {
            let words = above.iter().map(|line| line.split_whitespace().count());
            if words.sum::<usize>() > WORDS_ABOVE_MAX {
                break;
            }
            above.extend(thanks::unquoted_lines(below));
            return above;
        }
    }
    thanks::unquoted_lines(text)
}

/// `You wrote:`, without a name, an address or a date.
fn is_heading(line: &str) -> bool {
    const HEADINGS: &[&str] = &[
        "you wrote:",
        "you have written:",
        "vous avez écrit :",
        "vous avez écrit:",
        "usted escribió:",
        "lei ha scritto:",
        "você escreveu:",
        "u schreef:",
        "du skrev:",
        "вы написали:",
    ];
    let folded = fold(line);
    let ends = HEADINGS.iter().any(|heading| folded.ends_with(heading));
    ends && !folded.contains(|c: char| c == '@' || c.is_ascii_digit())
}

/// Whether a form's field is the one for an address.
fn is_of_mail(name: &str) -> bool {
    const WORDS: &[&str] = &[
        "mail",
        "courriel",
        "correo",
        "posta",
        "post",
        "почта",
        "メール",
        "邮",
    ];
    let name = fold(name);
    WORDS.iter().any(|word| name.contains(word))
}

/// `Name: value`, or `Your name: value`.
fn field(line: &str) -> Option<(&str, &str)> {
    const NAME_WORDS_MAX: usize = 4;
    let (name, value) = line.split_once(':')?;
    let short = name.split_whitespace().count() <= NAME_WORDS_MAX;
    (short && !name.is_empty() && !value.trim().is_empty()).then_some((name, value))
}

/// Whether a message speaks of the form that was filled in.
fn says_form(facts: &MessageFacts) -> bool {
    let text = facts.text.as_deref().unwrap_or_default();
    let said = [fold(&facts.subject), fold(text)];
    let mut sentences = FORM_SENTENCES.iter();
    !text.is_empty() && sentences.any(|sign| said.iter().any(|said| said.contains(sign)))
}

fn names(facts: &MessageFacts, writer: &Address) -> bool {
    let text = fold(facts.text.as_deref().unwrap_or_default());
    text.contains(&fold(&writer.to_string()))
}
