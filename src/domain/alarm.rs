//! What is wrong with ackd itself, and who was told of it.
//!
//! Vocabulary: a *trouble* is something the operator must know of; an *alarm* is a trouble they
//! were told of, and stands until its *all-clear*; an *outage* is the time in which a mailbox
//! gives no proof of life, an alarm only if it lasts. Alarms and outages are on disk, so that a
//! restart neither tells of them again nor forgets them.

use std::collections::BTreeMap;

use super::ids::{CaseId, MailboxName, MessageKey};
use super::time::Timestamp;

/// Something the operator must know of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Trouble {
    /// A mailbox gives no proof of life.
    Blind(MailboxName),
    /// So many acknowledgements at once that none is sent for a while.
    Breaker,
    /// A holiday file can't be used. Its path.
    Holidays(String),
    /// The configuration was changed and can't be used: the one before holds until a restart.
    Configuration,
    /// The ordinary mail server takes no mail.
    Unsent,
}

/// The kinds of trouble: what is of one kind is told in one mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TroubleKind {
    /// [`Trouble::Blind`].
    Blind,
    /// [`Trouble::Breaker`].
    Breaker,
    /// [`Trouble::Holidays`].
    Holidays,
    /// [`Trouble::Configuration`].
    Configuration,
    /// [`Trouble::Unsent`].
    Unsent,
}

impl Trouble {
    /// Of which kind it is.
    pub const fn kind(&self) -> TroubleKind {
        match self {
            Self::Blind(_) => TroubleKind::Blind,
            Self::Breaker => TroubleKind::Breaker,
            Self::Holidays(_) => TroubleKind::Holidays,
            Self::Configuration => TroubleKind::Configuration,
            Self::Unsent => TroubleKind::Unsent,
        }
    }
}

/// What is known of a trouble that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Since when.
    pub since: Timestamp,
    /// Why, or what exactly, for people.
    pub reason: String,
}

/// What is known of a trouble that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovery {
    /// When it ended.
    pub at: Timestamp,
    /// How, for people.
    pub how: String,
    /// The client mails that were read when a blind mailbox was seen again, with their cases.
    pub mails: BTreeMap<MessageKey, CaseId>,
}

/// Who was told of what. On disk.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Alarms {
    /// The troubles the operator was told of and that have not had their all-clear, each with
    /// the moment it began.
    pub told: BTreeMap<Trouble, Timestamp>,
    /// The mailboxes that give no proof of life, and since when.
    pub outages: BTreeMap<MailboxName, Timestamp>,
}
