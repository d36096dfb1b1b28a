//! Names and keys: the small types by which everything else is referred to.
//!
//! Vocabulary:
//! - a *key* or *name* comes from the configuration (`[clients.acme]`, `[mailboxes.clients]`);
//! - an *id* is given out by us, is never used twice and survives restarts;
//! - a *hash* stands for a text that is too long to be a key (a Message-ID).

use std::fmt;

use super::address::Address;

macro_rules! configured_name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Takes the key as it stands in the configuration.
            pub fn new(name: impl Into<String>) -> Self {
                Self(name.into())
            }

            /// The key as it stands in the configuration.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

configured_name!(
    /// The key of a client: `acme` in `[clients.acme]`.
    ClientKey
);
configured_name!(
    /// The key of a mailbox: `clients` in `[mailboxes.clients]`.
    MailboxName
);
configured_name!(
    /// The key of a calendar: `office` in `[calendars.office]`.
    CalendarName
);
configured_name!(
    /// The key of a policy: `standard` in `[policies.standard]`.
    PolicyName
);
configured_name!(
    /// The key of somebody of the team: `alice` in `[people.alice]`.
    PersonKey
);
configured_name!(
    /// The key of a road other than mail: `support` in `[roads.support]`.
    RoadName
);
configured_name!(
    /// The random name of this installation, made once and kept in the store. It stands in
    /// the `X-Ackd` header and in every Message-ID of ours, so that we know our own mail.
    InstanceId
);

/// The number of a case. Given out in rising order, never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CaseId(pub u64);

impl fmt::Display for CaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// The number of an outbox row. Given out in rising order, never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OutboxId(pub u64);

impl fmt::Display for OutboxId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// How often a case has begun to wait: 1 for its first clock, one more each time it begins
/// to wait again after an answer or after our acknowledgement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Generation(pub u32);

/// A Message-ID (RFC 5322, section 3.6.4) without its angle brackets.
///
/// Never empty, at most [`MessageId::BYTES_MAX`] bytes, printable ASCII without blanks,
/// control characters or angle brackets, so that it can be put into a header as it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId(String);

impl MessageId {
    /// The longest id we keep; a longer one is treated as missing.
    pub const BYTES_MAX: usize = 512;

    /// Checks a text, with or without angle brackets. `None` if it can't be a Message-ID.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = text.strip_prefix('<').unwrap_or(text);
        let text = text.strip_suffix('>').unwrap_or(text);
        let fits = !text.is_empty() && text.len() <= Self::BYTES_MAX;
        let clean = text
            .bytes()
            .all(|b| b.is_ascii_graphic() && b != b'<' && b != b'>');
        (fits && clean).then(|| Self(text.to_owned()))
    }

    /// The id without angle brackets.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The hash under which this id is found in indexes.
    pub fn hash(&self) -> IdHash {
        IdHash(hash128(&[b"id", self.0.as_bytes()]))
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The hash of a Message-ID, used to find threads; in the index of threads, together with
/// the client ([`IdHash::of_client`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdHash(pub u128);

impl IdHash {
    /// The key under which a conversation of a client is found by a Message-ID. Two clients
    /// may take part in one thread of mails, and each has a case of its own.
    pub fn of_client(self, client: ClientHash) -> Self {
        Self(self.0 ^ client.0)
    }

    /// Under what an acknowledgement of a mail is found that was seen before that mail.
    pub fn acknowledged(self) -> Self {
        Self(hash128(&[b"acknowledged", &self.0.to_be_bytes()]))
    }

    /// Under what a mail is found whose author is answered at an address of nobody we know.
    pub fn answered_elsewhere(self) -> Self {
        Self(hash128(&[b"answered elsewhere", &self.0.to_be_bytes()]))
    }

    /// What stands for a contact where a list of hashes names those it is addressed to.
    pub fn of_contact(contact: &Address) -> Self {
        let parts: [&[u8]; 3] = [
            b"contact",
            contact.local().as_bytes(),
            contact.domain().as_bytes(),
        ];
        Self(hash128(&parts))
    }
}

/// The hash of a client's key, to be combined with Message-IDs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientHash(u128);

impl ClientKey {
    /// See [`IdHash::of_client`].
    pub fn hash(&self) -> ClientHash {
        ClientHash(hash128(&[b"client", self.0.as_bytes()]))
    }
}

/// What makes a message *one* message, in however many mailboxes and folders it shows up:
/// a hash over its Message-ID and `Date`, or over more where it has no Message-ID
/// (see [`super::facts::MessageFacts::identity`]).
///
/// Its first 32 bits are the seconds of its date, so that the index of messages grows at its
/// end, where it is at hand, rather than everywhere at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageKey(pub u128);

impl MessageKey {
    /// Puts a key together from the seconds since 1970 of the message's date and a hash.
    pub fn new(seconds: i64, hash: u128) -> Self {
        let seconds = u32::try_from(seconds.max(0)).unwrap_or(u32::MAX);
        Self((u128::from(seconds) << 96) | (hash >> 32))
    }

    /// The seconds of the date it was made with.
    pub fn seconds(self) -> u32 {
        (self.0 >> 96) as u32
    }
}

/// The first 128 bits of BLAKE3 over the parts, each with its length in front, so that no two
/// lists of parts run together.
pub fn hash128(parts: &[&[u8]]) -> u128 {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&(part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    let digest = hasher.finalize();
    let first = digest.as_bytes().iter().take(16);
    first.fold(0, |sum, byte| (sum << 8) | u128::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_id_is_kept_without_its_brackets() {
        let id = MessageId::parse(" <a.b@client.example> ").expect("a plain id");
        assert_eq!(id.as_str(), "a.b@client.example");
    }

    #[test]
    fn an_id_that_could_break_a_header_is_no_id() {
        for bad in ["", "<>", "a b@c", "a\r\nBcc: x@y", "<a@b><c@d>", "ä@b"] {
            assert_eq!(MessageId::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn parts_do_not_run_together() {
        assert_ne!(hash128(&[b"ab", b"c"]), hash128(&[b"a", b"bc"]));
    }
}
