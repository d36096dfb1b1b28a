//! Answers of the team's people to our mails: one word is enough.
//!
//! Vocabulary: a *reply* is a mail to the address that stands in the `Reply-To` of a mail of
//! ours, or that names the reference we put into it; its *token* proves that we sent that mail
//! to that person ([`token`]); its *fresh* lines are what the person wrote, without what is
//! quoted ([`fresh`]); an *order* is a word in them with the cases it is about ([`words`]).
//!
//! What follows from an order is decided in [`super::decide`].

use std::time::Duration;

use super::address::{Address, Author};
use super::facts::{Arrived, FolderRole, MessageFacts};
use super::ids::MessageId;

pub mod fresh;
mod phrases;
pub mod token;
pub mod words;

pub use phrases::LANGUAGES;
pub use token::{ReplyKey, Token};
pub use words::{Order, Pause, PauseDay, Word};

/// How our mails can be answered (`[replies]`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replies {
    /// The address of the watched mailbox that takes the replies.
    pub address: Address,
    /// Whether its server delivers `local+detail@domain` to it (RFC 5233). Else replies come to
    /// the plain address and are known by what they refer to.
    pub plus: bool,
    /// What stands between the local part and the detail.
    pub detail: String,
    /// How long after it was decided a mail of ours can be answered.
    pub valid_for: Duration,
    /// The languages whose words are understood, ISO 639-1 in lower case.
    pub languages: Vec<String>,
}

/// What the detail of a reply's address begins with, before its token.
const DETAIL: &str = "ackd-";

/// What the reference to a reply begins with, before its token.
const REFERENCE: &str = "ackd.reply.";

/// The most octets before the `@` (RFC 5321, section 4.5.3.1.1).
pub const LOCAL_OCTETS_MAX: usize = 64;

/// The longest local part that leaves room for a token.
pub const BASE_OCTETS_MAX: usize = LOCAL_OCTETS_MAX - DETAIL.len() - 1 - token::LENGTH_MAX;

/// Where a mail of ours is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplyPlace {
    /// The address for `Reply-To`.
    pub address: Address,
    /// The id for `References`.
    pub reference: MessageId,
}

impl Replies {
    /// Where a mail with this token is answered. `None` only if the address can't stand in a
    /// Message-ID.
    pub fn place(&self, token: &Token) -> Option<ReplyPlace> {
        let domain = self.address.domain();
        let local = format!("{}{}{DETAIL}{token}", self.address.local(), self.detail);
        let plus = self.plus && local.len() <= LOCAL_OCTETS_MAX;
        let with_detail = plus.then(|| Address::parse(&format!("{local}@{domain}")));
        Some(ReplyPlace {
            address: with_detail.flatten().unwrap_or(self.address.clone()),
            reference: MessageId::parse(&format!("{REFERENCE}{token}@{domain}"))?,
        })
    }

    /// What stands for a token in a message, if it is a reply: in the address it went to, or
    /// else, if it went to the mailbox of the replies, in the ids it names: what is passed on to
    /// a colleague names them too. A message that names several was written to the newest.
    pub fn token_text(&self, facts: &MessageFacts) -> Option<String> {
        let delivered = ["delivered-to", "x-original-to"].into_iter();
        let delivered = delivered.flat_map(|name| facts.field(name).filter_map(Address::parse));
        let addresses: Vec<Address> = facts.recipients().cloned().chain(delivered).collect();
        let by_address = addresses.iter().find_map(|own| self.in_address(own));
        if by_address.is_none() && !addresses.iter().any(|own| self.is_ours(own)) {
            return None;
        }
        let ids = facts
            .in_reply_to
            .iter()
            .chain(facts.references.iter().rev());
        let mut ids = ids.filter_map(in_reference);
        by_address.or_else(|| ids.next())
    }

    /// Whether an address is that of the mailbox that takes the replies, with or without a detail.
    pub fn is_ours(&self, address: &Address) -> bool {
        let rest = address.local().strip_prefix(self.address.local());
        let rest = rest.filter(|_| address.domain() == self.address.domain());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(self.detail.as_str()))
    }

    fn in_address(&self, address: &Address) -> Option<String> {
        if address.domain() != self.address.domain() {
            return None;
        }
        let rest = address.local().strip_prefix(self.address.local())?;
        let rest = rest.strip_prefix(self.detail.as_str())?;
        rest.strip_prefix(DETAIL).map(str::to_owned)
    }
}

/// Whether an id stands only in mails of ours to the team: the root of a case, or a reference by
/// which a reply is known.
pub fn is_of_mail_to_team(id: &MessageId) -> bool {
    id.as_str().starts_with("ackd.case.") || in_reference(id).is_some()
}

/// Whether an id looks like one of ours.
pub fn is_of_ours(id: &MessageId) -> bool {
    id.as_str().starts_with("ackd.")
}

fn in_reference(id: &MessageId) -> Option<String> {
    let (own, _) = id.as_str().split_once('@')?;
    // Some programs change the case of ids.
    let own = own.to_ascii_lowercase();
    own.strip_prefix(REFERENCE).map(str::to_owned)
}

/// A reply, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// What stands for its token.
    pub token: String,
    /// Who wrote it, all of them.
    pub from: Vec<Author>,
    /// Its Message-ID.
    pub message_id: Option<MessageId>,
    /// Its subject.
    pub subject: String,
    /// What it orders, in the order it was written. Empty if no word was understood.
    pub orders: Vec<Order>,
}

impl Reply {
    /// Takes a message apart, if it is a reply that reached us. A copy in a sent folder is none:
    /// it says nothing that what was sent does not.
    pub fn of(arrived: &Arrived, replies: &Replies) -> Option<Self> {
        if arrived.role != FolderRole::Inbox {
            return None;
        }
        let facts = &arrived.facts;
        let token = replies.token_text(facts)?;
        let text = facts.text.as_deref().unwrap_or_default();
        Some(Self {
            token,
            from: facts.from.clone(),
            message_id: facts.message_id.clone(),
            subject: facts.subject.clone(),
            orders: words::orders(&fresh::lines(text), &replies.languages),
        })
    }
}

/// Whether the text of a message is wanted, because it is a reply.
pub fn wants_text(facts: &MessageFacts, replies: Option<&Replies>) -> bool {
    replies.is_some_and(|replies| replies.token_text(facts).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replies() -> Replies {
        Replies {
            address: Address::parse("clients@northwind.example").expect("an address"),
            plus: true,
            detail: "+".to_owned(),
            valid_for: Duration::from_secs(14 * 24 * 3600),
            languages: Vec::new(),
        }
    }

    fn token() -> Token {
        Token::parse("7-0123456789abcdefghjk").expect("a token")
    }

    fn facts(header: &str) -> MessageFacts {
        MessageFacts::parse(header.as_bytes(), None)
    }

    #[test]
    fn a_reply_is_known_by_the_address_it_went_to() {
        let place = replies().place(&token()).expect("a place");
        assert_eq!(
            place.address.to_string(),
            "clients+ackd-7-0123456789abcdefghjk@northwind.example"
        );
        assert!(place.address.local().len() <= LOCAL_OCTETS_MAX);
        // Somebody's program shouts.
        let facts = facts("To: <CLIENTS+ACKD-7-0123456789ABCDEFGHJK@Northwind.Example>\r\n");
        let found = replies().token_text(&facts);
        assert_eq!(found.as_deref(), Some("7-0123456789abcdefghjk"));
    }

    #[test]
    fn without_details_in_addresses_a_reply_is_known_by_what_it_names() {
        let plain = Replies {
            plus: false,
            ..replies()
        };
        let place = plain.place(&token()).expect("a place");
        assert_eq!(place.address.to_string(), "clients@northwind.example");
        let facts = facts(&format!(
            "To: clients@northwind.example\r\nReferences: <a@b.example> <{}> <c@d.example>\r\n",
            place.reference
        ));
        let found = plain.token_text(&facts);
        assert_eq!(found.as_deref(), Some("7-0123456789abcdefghjk"));
    }

    #[test]
    fn a_mail_to_somebody_else_is_no_reply_whatever_it_names() {
        let place = replies().place(&token()).expect("a place");
        let passed_on = facts(&format!(
            "To: bob@northwind.example\r\nReferences: <{}>\r\n",
            place.reference
        ));
        assert_eq!(replies().token_text(&passed_on), None);
        // To one of the other addresses that mailbox has.
        let alias = facts(&format!(
            "To: help@northwind.example\r\nDelivered-To: clients@northwind.example\r\nReferences: <{}>\r\n",
            place.reference
        ));
        assert!(replies().token_text(&alias).is_some());
    }

    #[test]
    fn mail_to_the_plain_address_is_no_reply() {
        let other = facts("To: clients@northwind.example, clients+sales@northwind.example\r\n");
        assert_eq!(replies().token_text(&other), None);
    }

    #[test]
    fn a_long_address_gets_no_detail() {
        let long = format!("{}@northwind.example", "c".repeat(BASE_OCTETS_MAX + 10));
        let replies = Replies {
            address: Address::parse(&long).expect("an address"),
            ..replies()
        };
        let place = replies.place(&token()).expect("a place");
        assert_eq!(place.address.to_string(), long);
    }
}
