//! What a message is, judged from its facts alone.
//!
//! Vocabulary: the *verdict* is our conclusion: kind, sender, client, urgency, and three
//! separate answers: does it open a case? may it be acknowledged? does it stop a clock?
//! Each answer has its reasons.

use super::address::{Address, Author};
use super::facts::{FolderRole, MessageFacts};
use super::ids::ClientKey;
use super::rules::Rules;

/// What kind of mail it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Written by a person.
    Human,
    /// Out-of-office and other automatic replies.
    AutoReply,
    /// A delivery status notification (RFC 3464) or its like.
    Bounce,
    /// A read receipt (RFC 8098).
    Receipt,
    /// An invitation, or the answer to one (RFC 6047).
    Calendar,
    /// Sent through a mailing list.
    MailingList,
    /// Newsletters and other bulk mail.
    Bulk,
    /// A program's mail.
    Notification,
    /// Our own mail.
    Own,
}

impl Kind {
    /// The word used in `ackd explain` and in the store's listing.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::AutoReply => "auto_reply",
            Self::Bounce => "bounce",
            Self::Receipt => "receipt",
            Self::Calendar => "calendar",
            Self::MailingList => "mailing_list",
            Self::Bulk => "bulk",
            Self::Notification => "notification",
            Self::Own => "own",
        }
    }
}

/// Whose mail it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sender {
    /// A client's.
    Client,
    /// Ours.
    Team,
    /// Somebody else's.
    Stranger,
}

impl Sender {
    /// The word used in `ackd explain`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Team => "team",
            Self::Stranger => "stranger",
        }
    }
}

/// One rule that decided something, and what in the message made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The rule's id, such as `auto-submitted`.
    pub rule: &'static str,
    /// The header or text that decided, short.
    pub evidence: String,
}

/// A person outside the team whom a team's mail was addressed to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Addressed {
    /// The client that person belongs to.
    pub client: ClientKey,
    /// The person's address.
    pub contact: Address,
}

/// What we conclude from a message's facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// What it is.
    pub kind: Kind,
    /// Whose it is.
    pub sender: Sender,
    /// The client it comes from, or, for the team's mail, the first client addressed.
    pub client: Option<ClientKey>,
    /// Who wrote it: the client's author where there are several. `None` without a usable `From`.
    pub author: Option<Author>,
    /// For the team's mail: every client's contact in To and Cc.
    pub addressed: Vec<Addressed>,
    /// Whether it is urgent by itself.
    pub urgent: bool,
    /// Whether it opens a case (a short thanks after an answer aside, which only the book can tell).
    pub opens_case: bool,
    /// Whether it may be acknowledged, as far as the message itself tells.
    pub may_acknowledge: bool,
    /// Whether it stops the clocks of the clients it is addressed to.
    pub stops_clock: bool,
    /// Whether it failed DMARC by a trusted `Authentication-Results`.
    pub suspicious: bool,
    /// Whether it is a short "thanks" that asks for nothing.
    pub thanks: bool,
    /// Why. Never empty.
    pub reasons: Vec<Reason>,
}

/// Judges a message by its facts. Pure: the same facts and rules give the same verdict.
pub fn judge(_facts: &MessageFacts, _role: Option<FolderRole>, _rules: &Rules) -> Verdict {
    todo!()
}

/// Whether the verdict could change if the first lines of the text were known, so that they
/// are worth fetching.
pub fn needs_text(_facts: &MessageFacts, _size: u32, _rules: &Rules) -> bool {
    todo!()
}
