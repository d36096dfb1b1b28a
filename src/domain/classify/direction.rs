//! Whose mail it is: a client's, the team's, or somebody else's.

use std::borrow::Cow;

use super::super::address::{Address, Author};
use super::super::facts::MessageFacts;
use super::super::ids::ClientKey;
use super::super::rules::{Party, Rules};
use super::field;
use super::{Addressed, Reason, Sender, is_ours};

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
    let marks = list_marks(facts, rules);
    let lists = &rules.team.own_lists;
    let to_own_list = || facts.recipients().any(|address| lists.contains(address));
    let restored = if marks.own || (!lists.is_empty() && to_own_list()) {
        original_author(facts, rules)
    } else {
        None
    };
    let restored_from = restored.as_ref().map(|(field, _)| *field);
    let authors = restored.map_or(Cow::Borrowed(facts.from.as_slice()), |(_, author)| {
        Cow::Owned(vec![author])
    });
    let mut direction = judge_authors(authors, marks.own, rules);
    direction.own_list_marks = marks.own && !marks.foreign;
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

/// `own_list`: whether the mail bears our own list's marks.
fn judge_authors<'a>(authors: Cow<'a, [Author]>, own_list: bool, rules: &Rules) -> Direction<'a> {
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
    let is_list =
        own_list && first.is_some_and(|author| rules.team.own_lists.contains(&author.address));
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
        own_list_marks: false,
        addressed_to_us: false,
        reason: Reason { rule, evidence },
    }
}

/// Whose list marks a message bears.
#[derive(Debug, Clone, Copy, Default)]
struct ListMarks {
    own: bool,
    foreign: bool,
}

/// A List-Id (RFC 2919) or List-Post (RFC 2369) names our list, or another.
fn list_marks(facts: &MessageFacts, rules: &Rules) -> ListMarks {
    let lists = &rules.team.own_lists;
    let mut marks = ListMarks::default();
    if lists.is_empty() {
        return marks;
    }
    // A list's id is its address with a dot for the at sign.
    let named = |id: &str, list: &Address| {
        let rest = id.strip_prefix(list.local());
        rest.and_then(|rest| rest.strip_prefix('.')) == Some(list.domain())
    };
    for value in facts.field("list-id").filter(|value| !value.is_empty()) {
        let id = list_id(value);
        let own = lists.iter().any(|list| named(&id, list));
        marks.own |= own;
        marks.foreign |= !own;
    }
    let posts = facts.field("list-post");
    for value in posts.filter(|value| !matches!(field::plain(value).as_str(), "" | "no")) {
        let own = lists.iter().any(|list| posts_to(value, list));
        marks.own |= own;
        marks.foreign |= !own;
    }
    marks
}

fn list_id(value: &str) -> String {
    let value = value.to_lowercase();
    let inner = value
        .rsplit_once('<')
        .map_or(value.as_str(), |(_, inner)| inner);
    inner
        .split('>')
        .next()
        .unwrap_or_default()
        .trim()
        .to_owned()
}

fn posts_to(value: &str, list: &Address) -> bool {
    let value = value.to_lowercase();
    let Some((_, target)) = value.split_once("mailto:") else {
        return false;
    };
    let end = target.find(['>', '?', ',', ' ']).unwrap_or(target.len());
    Address::parse(&target[..end]).as_ref() == Some(list)
}

/// The author whom our own list has put itself in front of. Believed only where `From` is the
/// list itself or the team: what a stranger writes into these fields counts for nothing.
fn original_author(facts: &MessageFacts, rules: &Rules) -> Option<(&'static str, Author)> {
    let from = &facts.from.first()?.address;
    let from_list = rules.team.own_lists.contains(from);
    if !from_list && rules.party(from) != Party::Team {
        return None;
    }
    if let Some(original) = originals(facts).next() {
        return Some(original);
    }
    // A colleague may set Reply-To as he likes; only the list itself stands for its author.
    let reply_to = facts.reply_to.iter();
    let mut others = reply_to.filter(|author| !rules.team.own_lists.contains(&author.address));
    let author = from_list.then(|| others.next()).flatten()?;
    Some(("reply-to", author.clone()))
}

/// The authors whom a list that has put itself in front of them names in fields of its own.
pub(super) fn originals(facts: &MessageFacts) -> impl Iterator<Item = (&'static str, Author)> {
    let names = ["x-original-from", "x-original-sender"];
    names.into_iter().filter_map(|name| {
        let author = facts.first_field(name).and_then(author_in)?;
        Some((name, author))
    })
}

fn author_in(value: &str) -> Option<Author> {
    let value = value.trim();
    let Some((name, rest)) = value.rsplit_once('<') else {
        return Address::parse(value).map(|address| Author {
            address,
            name: None,
        });
    };
    let address = Address::parse(rest.split('>').next()?)?;
    let name = name.trim().trim_matches('"').trim();
    let name = (!name.is_empty()).then(|| name.to_owned());
    Some(Author { address, name })
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
