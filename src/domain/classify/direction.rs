//! Whose mail it is: a client's, the team's, or somebody else's.

use std::borrow::Cow;

use super::super::address::{Address, Author};
use super::super::facts::MessageFacts;
use super::super::ids::ClientKey;
use super::super::rules::{Party, Rules};
use super::{Addressed, Reason, Sender, field, form, is_ours, own_list};

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
    /// Whether it may be a form of our own pages by its header, so that its text has to tell.
    pub(super) may_be_form: bool,
    /// Whether its text shows that it is a form of our own pages.
    pub(super) is_form: bool,
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
    let form = form::find(facts, &direction, rules);
    direction.may_be_form = form.is_some();
    if let Some(form) = form.filter(|form| form.by_text || form.by_header) {
        let address = form.writer.address.to_string();
        direction.is_form = form.by_text;
        direction.sender = Sender::Client;
        direction.author = Some(form.writer.clone());
        direction.client = Some(form.client.clone());
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
        may_be_form: false,
        is_form: false,
        reason: Reason { rule, evidence },
    }
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
