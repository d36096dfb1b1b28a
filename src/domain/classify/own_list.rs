//! The team's own list in front of its mailbox: by what mail through it is known, and whom it has
//! put itself in front of.
//!
//! Vocabulary: a list's *marks* are the fields in which it names itself. They are believed of
//! our own lists only; a mark of another list counts against the mail that bears it, whatever
//! else it bears.

use super::super::address::{Address, AddressPattern, Author};
use super::super::facts::MessageFacts;
use super::super::rules::{Party, Rules};
use super::field;

/// Whether and how a message came through a list of ours.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Way<'a> {
    /// The list through which it came.
    pub(super) list: Option<&'a Address>,
    /// Whether it bears that list's marks; else the list is merely a recipient.
    pub(super) marked: bool,
    /// Whether it bears a mark of another list.
    pub(super) foreign: bool,
}

/// Finds the own list through which a message came: by its List-Id (RFC 2919), its List-Post
/// (RFC 2369) and their forerunners, or by its being a recipient.
pub(super) fn find<'a>(facts: &MessageFacts, rules: &'a Rules) -> Way<'a> {
    let lists = &rules.team.own_lists;
    if lists.is_empty() {
        return Way::default();
    }
    let mut way = Way::default();
    let mut mark = |own: Option<&'a Address>| {
        way.list = way.list.or(own);
        way.foreign |= own.is_none();
    };
    for value in facts.field("list-id").filter(|value| !value.is_empty()) {
        let id = list_id(value);
        mark(lists.iter().find(|list| is_id_of(&id, list, rules)));
    }
    let posts = facts.field("list-post");
    for value in posts.filter(|value| !matches!(field::plain(value).as_str(), "" | "no")) {
        let target = post_address(value);
        let is_own = |list: &&Address| {
            target
                .as_ref()
                .is_some_and(|own| is_address_of(own, list, rules))
        };
        mark(lists.iter().find(is_own));
    }
    // Older fields. They stay in a mail that goes on to another list, so that a strange one
    // beside ours says nothing.
    let older = ["mailing-list", "x-mailing-list", "x-beenthere"];
    let mut values = older.iter().flat_map(|name| facts.field(name));
    way.list = way
        .list
        .or_else(|| values.find_map(|value| named_in(value, rules)));
    way.marked = way.list.is_some();
    way.list = way.list.or_else(|| recipient(facts, rules));
    way
}

/// An own list that a message was sent to. What a server notes of its delivery counts too (the
/// client wrote by Bcc, or to an address that leads to the list), but not of an address that is
/// a mailbox as well: it stands there on all the mailbox holds.
fn recipient<'a>(facts: &MessageFacts, rules: &'a Rules) -> Option<&'a Address> {
    let lists = &rules.team.own_lists;
    let mut addressed = facts.recipients();
    let addressed = addressed.find_map(|own| lists.iter().find(|list| *list == own));
    addressed.or_else(|| {
        let mailbox = |list: &Address| {
            let mut mailboxes = rules.mailboxes.values();
            mailboxes.any(|mailbox| mailbox.address.as_ref() == Some(list))
        };
        let noted = ["delivered-to", "x-original-to"];
        let mut noted = noted.iter().flat_map(|name| facts.field(name));
        let own = noted.find_map(|value| named_in(value, rules));
        own.filter(|list| !mailbox(list))
    })
}

/// The own list whose address stands in a value, such as `list talk@lists.example; contact …`.
fn named_in<'a>(value: &str, rules: &'a Rules) -> Option<&'a Address> {
    let separates = |c: char| c.is_whitespace() || matches!(c, '<' | '>' | ';' | ',' | '(' | ')');
    let mut words = value.split(separates).filter(|word| word.contains('@'));
    words.find_map(|word| {
        let address = Address::parse(word)?;
        rules.team.own_lists.iter().find(|list| **list == address)
    })
}

/// The id between the angle brackets, in lower case.
fn list_id(value: &str) -> String {
    let value = value.to_lowercase();
    let inner = value
        .rsplit_once('<')
        .map_or(value.as_str(), |(_, inner)| inner);
    let id = inner.split('>').next().unwrap_or_default();
    id.trim().to_owned()
}

/// Whether a List-Id is that of a list: its address with a dot for the at sign, as Google Groups,
/// Sympa and ezmlm write it, or with the at sign itself. Mailman may know the list under
/// another host of the same team (`clients.lists.northwind.example`).
fn is_id_of(id: &str, list: &Address, rules: &Rules) -> bool {
    let rest = id.strip_prefix(list.local());
    let domain = rest.and_then(|rest| rest.strip_prefix(['.', '@']));
    domain.is_some_and(|domain| domain == list.domain() || is_below_team(domain, rules))
}

/// Whether an address is that of a list, which may also bear the name of its host.
pub(super) fn is_address_of(address: &Address, list: &Address, rules: &Rules) -> bool {
    address.local() == list.local()
        && (address.domain() == list.domain() || is_below_team(address.domain(), rules))
}

/// Whether a domain is one of the team's, or lies below one.
pub(super) fn is_below_team(domain: &str, rules: &Rules) -> bool {
    let below = |own: &str| {
        let rest = domain.strip_suffix(own);
        rest.is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
    };
    rules.team.patterns.iter().any(|pattern| match pattern {
        AddressPattern::Domain(own) => own == domain || below(own),
        AddressPattern::Subdomains(own) => below(own),
        AddressPattern::Address(_) => false,
    })
}

/// The address to which one writes to a list.
fn post_address(value: &str) -> Option<Address> {
    let value = value.to_lowercase();
    let (_, target) = value.split_once("mailto:")?;
    let end = target.find(['>', '?', ',', ' ']).unwrap_or(target.len());
    Address::parse(&target[..end])
}

/// The author whom our own list has put itself in front of. Believed only where `From` is the
/// list itself or the team: what a stranger writes into these fields counts for nothing.
pub(super) fn original_author(
    facts: &MessageFacts,
    list: &Address,
    rules: &Rules,
) -> Option<(&'static str, Author)> {
    let from = &facts.from.first()?.address;
    let is_list = |address: &Address| {
        rules.team.own_lists.contains(address) || is_address_of(address, list, rules)
    };
    if !is_list(from) && rules.party(from) != Party::Team {
        return None;
    }
    if let Some(original) = originals(facts).next() {
        return Some(original);
    }
    // A colleague may set Reply-To as he likes; only the list itself stands for its author.
    let mut others = facts.reply_to.iter();
    let author = others.find(|author| !is_list(&author.address));
    let answered = author.map(|author| ("reply-to", author.clone()));
    let behind = || Some(("cc", facts.behind_list.clone()?));
    is_list(from).then(|| answered.or_else(behind))?
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
