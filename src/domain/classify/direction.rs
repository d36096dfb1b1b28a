//! Whose mail it is: a client's, the team's, or somebody else's.

use std::borrow::Cow;

use super::super::address::{Address, Author};
use super::super::facts::MessageFacts;
use super::super::ids::ClientKey;
use super::super::rules::{Party, Rules};
use super::sender::is_no_reply;
use super::signs::has_word;
use super::words::{FORM_WORDS, PROGRAM_WORDS, ROLE_WORDS, SYSTEM_ACCOUNTS};
use super::{Addressed, Reason, Sender, field, is_ours, own_list};

/// Who wrote to whom.
#[derive(Debug, Clone)]
pub(super) struct Direction<'a> {
    /// Whose mail it is.
    pub(super) sender: Sender,
    /// Who wrote it; the client's author where there are several.
    pub(super) author: Option<Author>,
    /// All authors, restored where the team's own list had put itself in their place.
    pub(super) authors: Cow<'a, [Author]>,
    /// The client it comes from, or the first it is addressed to.
    pub(super) client: Option<ClientKey>,
    /// For the team's mail: every client's contact in To and Cc, each once.
    pub(super) addressed: Vec<Addressed>,
    /// The team's own list through which it reached us, if it did.
    pub(super) own_list: Option<Address>,
    /// Whether it bears the marks of the team's own list and of no other: its list signs then
    /// do not count.
    pub(super) own_list_marks: bool,
    /// Whether an address of ours stands in To or Cc.
    pub(super) addressed_to_us: bool,
    /// What settled it.
    pub(super) reason: Reason,
}

/// Finds whose mail it is.
pub(super) fn find<'a>(facts: &'a MessageFacts, rules: &Rules) -> Direction<'a> {
    let way = own_list::find(facts, rules);
    let restored = way
        .list
        .and_then(|list| own_list::original_author(facts, list, rules));
    let restored_from = restored.as_ref().map(|(field, _)| *field);
    let authors = restored.map_or(Cow::Borrowed(facts.from.as_slice()), |(_, author)| {
        Cow::Owned(vec![author])
    });
    let hides = way.list.filter(|_| way.marked);
    let mut direction = judge_authors(authors, hides, rules);
    if let Some((author, client)) = form_writer(facts, &direction, rules) {
        let address = author.address.to_string();
        direction.sender = Sender::Client;
        direction.author = Some(author);
        direction.client = Some(client);
        direction.reason = Reason {
            rule: "form-writer",
            evidence: field::evidence("Reply-To", &address) + " (a form of our own)",
        };
    }
    direction.own_list = way.list.cloned();
    direction.own_list_marks = way.marked && !way.foreign;
    direction.addressed_to_us = facts
        .recipients()
        .any(|recipient| is_ours(recipient, rules));
    if let Some(field) = restored_from {
        let address = direction.author.as_ref().map(|a| a.address.to_string());
        direction.reason.evidence =
            field::evidence(field, &address.unwrap_or_default()) + " (through our own list)";
    }
    if direction.sender == Sender::Team {
        direction.addressed = addressed(facts, rules);
        direction.client = direction
            .addressed
            .first()
            .map(|first| first.client.clone());
    }
    direction
}

/// `own_list`: the own list whose marks the mail bears.
fn judge_authors<'a>(
    authors: Cow<'a, [Author]>,
    own_list: Option<&Address>,
    rules: &Rules,
) -> Direction<'a> {
    let client = authors
        .iter()
        .find_map(|author| match rules.party(&author.address) {
            Party::Client(key) => Some((author.clone(), key.clone())),
            Party::Team | Party::Stranger => None,
        });
    let first = authors.first();
    let first_is_team = first.is_some_and(|author| rules.party(&author.address) == Party::Team);
    // Our own list in its author's place says nothing about who wrote. The same address without
    // the list's marks is a mailbox from which colleagues write.
    let is_list = own_list.is_some_and(|list| {
        first.is_some_and(|author| own_list::is_address_of(&author.address, list, rules))
    });
    let (sender, rule, author, client) = match client {
        Some((author, key)) => (Sender::Client, "client-author", Some(author), Some(key)),
        None if first_is_team && !is_list => (Sender::Team, "team-author", first.cloned(), None),
        None => (Sender::Stranger, "unknown-author", first.cloned(), None),
    };
    let evidence = author.as_ref().map_or_else(
        || "no usable From".to_owned(),
        |author| field::evidence("From", &author.address.to_string()),
    );
    Direction {
        sender,
        author,
        authors,
        client,
        addressed: Vec::new(),
        own_list: None,
        own_list_marks: false,
        addressed_to_us: false,
        reason: Reason { rule, evidence },
    }
}

/// Who filled in a form on our own web pages: an address of ours that is no person's sends it to
/// nobody but us, and it is answered at a client's.
fn form_writer(
    facts: &MessageFacts,
    direction: &Direction<'_>,
    rules: &Rules,
) -> Option<(Author, ClientKey)> {
    let [writer] = facts.reply_to.as_slice() else {
        return None;
    };
    let mut recipients = facts.recipients().peekable();
    let within = recipients.peek().is_some()
        && recipients.all(|address| is_ours(address, rules) || rules.party(address) == Party::Team);
    let sender = direction.author.as_ref().map(|author| &author.address);
    let is_form = direction.sender == Sender::Team
        && within
        && !facts.has_field("x-ackd")
        && sender.is_some_and(|sender| is_pages(sender, facts));
    match rules.party(&writer.address) {
        Party::Client(key) if is_form => Some((writer.clone(), key.clone())),
        Party::Client(_) | Party::Team | Party::Stranger => None,
    }
}

/// Whether an address is one under which web pages send mail: an office's or a program's, or the
/// very one it goes to.
fn is_pages(sender: &Address, facts: &MessageFacts) -> bool {
    let local = sender.local();
    let mut lists = [FORM_WORDS, ROLE_WORDS, PROGRAM_WORDS, SYSTEM_ACCOUNTS].iter();
    lists.any(|words| has_word(local, words))
        || is_no_reply(local)
        || facts.recipients().any(|recipient| recipient == sender)
}

fn addressed(facts: &MessageFacts, rules: &Rules) -> Vec<Addressed> {
    let mut list: Vec<Addressed> = Vec::new();
    for recipient in facts.recipients() {
        if let Party::Client(key) = rules.party(recipient)
            && !list.iter().any(|known| known.contact == *recipient)
        {
            list.push(Addressed {
                client: key.clone(),
                contact: recipient.clone(),
            });
        }
    }
    list
}
