//! When the beginning of a body is worth fetching.
//!
//! Vocabulary: a message is judged by its *header* first; its *body*, the text and the structure
//! of parts, is fetched only where it could change the verdict. Each rule that looks at the body
//! says itself when that is so ([`automatic`](super::automatic)).

use super::super::address::Address;
use super::super::facts::MessageFacts;
use super::super::rules::{Party, Rules};
use super::direction::Direction;
use super::examination::Examination;
use super::{Kind, Sender, automatic, direction, is_nobodys, is_ours, office, own_list};

/// Whether the verdict, or what connects the message with others, could change if the beginning
/// of its body were known, so that it is worth fetching.
///
/// That is so for mail between a client and the team whose kind the body could change
/// ([`kind_needs_text`]); and for all that a person wrote: it may be mere thanks, or call itself
/// automatic, or quote lines, or be quoted, where reply headers are missing.
pub fn needs_text(facts: &MessageFacts, rules: &Rules) -> bool {
    let direction = direction::find(facts, rules);
    let examination = Examination::new(facts, &direction, rules);
    let (kind, open) = automatic::kind_by_header(&examination);
    let invited = kind == Kind::Calendar && rules.team.invitations_open_case;
    let persons = is_between(&direction) && (kind == Kind::Human || invited);
    persons
        || direction.may_be_form
        || (open && concerns(facts, &direction, rules))
        || (kind == Kind::Human && may_answer(&examination, rules))
}

/// Whether the beginning of its body could tell that a mail of the team's is no answer: one that a
/// person wrote to a client; or to nobody we know, if it names what it answers and its header
/// leaves open whether a program wrote it.
pub fn answer_needs_text(facts: &MessageFacts, rules: &Rules) -> bool {
    // Asked first, for it costs least: most mail is not ours.
    let mut authors = facts.from.iter();
    if !authors.any(|author| is_ours(&author.address, rules)) {
        return false;
    }
    let direction = direction::find(facts, rules);
    let examination = Examination::new(facts, &direction, rules);
    may_answer(&examination, rules) && automatic::kind_by_header(&examination).0 == Kind::Human
}

/// Whether a mail of the team's is an automatic reply by its header.
pub fn may_be_auto_reply(facts: &MessageFacts, rules: &Rules) -> bool {
    let direction = direction::find(facts, rules);
    direction.sender == Sender::Team
        && automatic::kind_by_header(&Examination::new(facts, &direction, rules)).0
            == Kind::AutoReply
}

/// Whether the body is an invitation, or the answer to one, that tells of a meeting with a client
/// who was promised check-ins.
pub fn meeting_needs_text(facts: &MessageFacts, rules: &Rules) -> bool {
    let direction = direction::find(facts, rules);
    if !is_between(&direction) {
        return false;
    }
    let client = direction.client.as_ref();
    let client = client.and_then(|client| rules.clients.get(client));
    client.is_some_and(|client| client.check_in.is_some())
        && automatic::kind_by_header(&Examination::new(facts, &direction, rules)).0
            == Kind::Calendar
}

/// Whether a person's mail may be an answer of the team's if its text does not say otherwise.
fn may_answer(e: &Examination<'_>, rules: &Rules) -> bool {
    let elsewhere = || is_reply_elsewhere(e.facts, rules) && office::may_be_programs(e);
    e.direction.sender == Sender::Team && (is_between(e.direction) || elsewhere())
}

/// Whether a mail of the team's names another and goes to somebody we do not know.
fn is_reply_elsewhere(facts: &MessageFacts, rules: &Rules) -> bool {
    let names = !facts.in_reply_to.is_empty() || !facts.references.is_empty();
    names && facts.recipients().any(|address| is_nobodys(address, rules))
}

/// Whether the kind of a message that concerns the team's clients could change if the beginning
/// of its body were known, or who wrote it, as in a form of our own pages. On a stranger's mail
/// nothing hangs.
pub fn kind_needs_text(facts: &MessageFacts, rules: &Rules) -> bool {
    let direction = direction::find(facts, rules);
    direction.may_be_form
        || concerns(facts, &direction, rules)
            && automatic::kind_by_header(&Examination::new(facts, &direction, rules)).1
}

/// Whether anything hangs on the kind of a message: it goes between a client and the team, or a
/// client's person is named in it where one answers
/// ([`is_clients_list_mail`](super::is_clients_list_mail)).
fn concerns(facts: &MessageFacts, direction: &Direction<'_>, rules: &Rules) -> bool {
    is_between(direction) || names_client(facts, rules)
}

fn is_between(direction: &Direction<'_>) -> bool {
    match direction.sender {
        Sender::Client => true,
        Sender::Team => !direction.addressed.is_empty(),
        Sender::Stranger => false,
    }
}

/// Whether a client's person is named where one answers, or by a list as its author.
pub(super) fn names_client(facts: &MessageFacts, rules: &Rules) -> bool {
    let is_client = |address: &Address| matches!(rules.party(address), Party::Client(_));
    let mut answered = facts.reply_to.iter();
    answered.any(|author| is_client(&author.address))
        || own_list::originals(facts).any(|(_, author)| is_client(&author.address))
}

/// Whether a body may have parts, or be one that is no text. Only a plain text, a page of HTML or
/// a calendar that bears no file name surely has none.
pub(super) fn may_have_parts(e: &Examination<'_>) -> bool {
    e.facts
        .first_field("content-type")
        .is_some_and(|value| !value.is_empty() && !is_simple(value))
}

fn is_simple(content_type: &str) -> bool {
    let value = content_type.trim().to_ascii_lowercase();
    let text = ["text/plain", "text/html", "text/calendar"]
        .iter()
        .any(|kind| {
            let rest = value.strip_prefix(kind);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([';', ' ']))
        });
    text && !value.contains("name")
}
