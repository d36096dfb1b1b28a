//! Where each record lies in the tree.
//!
//! Vocabulary: the first byte of a key is its [`KeyKind`]; what follows has a fixed length, so
//! that no key is the beginning of another. Numbers are big-endian, so that the order of keys
//! is the order of numbers; moments that are read newest first are written inverted.

use crate::domain::commit::FolderId;
use crate::domain::facts::Location;
use crate::domain::ids::{CaseId, ClientKey, IdHash, MessageKey, OutboxId, hash128};
use crate::domain::{address::Address, time::Timestamp};

/// What a record is about. The bytes are on disk: append, never renumber.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum KeyKind {
    /// The form in which the whole store is written.
    StoreVersion = 0x01,
    /// The highest numbers given out.
    Numbers = 0x02,
    /// What belongs to the whole installation.
    Installation = 0x03,
    /// Which number stands for which client.
    Client = 0x04,
    /// How many commits told what no mailbox does.
    Steps = 0x05,
    /// A case in which somebody waits.
    OpenCase = 0x10,
    /// A case in which nobody waits.
    ClosedCase = 0x11,
    /// A line of a case's history.
    History = 0x12,
    /// A message we have judged.
    Message = 0x20,
    /// A Message-ID and its case.
    Thread = 0x21,
    /// An answer to a message not seen yet.
    Awaited = 0x22,
    /// A mail of the team to a contact.
    Outbound = 0x23,
    /// A client's mail by its author, or by a line it holds.
    Trace = 0x24,
    /// Why a client's mail was judged as it was.
    Reasons = 0x25,
    /// A copy of a client's mail, by what copies have in common.
    Copy = 0x26,
    /// The subject of a client's mail.
    Subject = 0x27,
    /// A client's mail that opened no case.
    Aside = 0x28,
    /// An outbox row that still waits for something.
    UnfinishedRow = 0x30,
    /// An outbox row that is final.
    FinishedRow = 0x31,
    /// How far a folder was read.
    Cursor = 0x40,
    /// A message we could not read.
    Quarantined = 0x41,
    /// An acknowledgement, for the limits.
    Acknowledgement = 0x42,
    /// The times of which the store knows nothing.
    Rebuilt = 0x43,
    /// Who was told of what trouble.
    Alarms = 0x44,
    /// Who is away, and whose stand-ins know of it.
    Absences = 0x61,
    /// What is kept for morning and weekly mails.
    Mornings = 0x45,
    /// Keys by the day from which on they grow old.
    Dated = 0x50,
    /// What is known of the contact with a client.
    Liaison = 0x60,
}

impl KeyKind {
    const ALL: [Self; 28] = [
        Self::StoreVersion,
        Self::Numbers,
        Self::Installation,
        Self::Client,
        Self::Steps,
        Self::OpenCase,
        Self::ClosedCase,
        Self::History,
        Self::Message,
        Self::Thread,
        Self::Awaited,
        Self::Outbound,
        Self::Trace,
        Self::Reasons,
        Self::Copy,
        Self::Subject,
        Self::Aside,
        Self::UnfinishedRow,
        Self::FinishedRow,
        Self::Cursor,
        Self::Quarantined,
        Self::Acknowledgement,
        Self::Rebuilt,
        Self::Alarms,
        Self::Absences,
        Self::Mornings,
        Self::Dated,
        Self::Liaison,
    ];

    /// The byte in front of the key.
    pub(super) const fn byte(self) -> u8 {
        self as u8
    }

    /// What the record under a key is about. `None` if no ackd we know wrote it.
    pub(super) fn of(key: &[u8]) -> Option<Self> {
        let byte = key.first()?;
        Self::ALL.into_iter().find(|kind| kind.byte() == *byte)
    }

    /// What the record under a key is about, in words.
    pub(super) fn name_of(key: &[u8]) -> &'static str {
        Self::of(key).map_or("unknown", Self::name)
    }

    const fn name(self) -> &'static str {
        match self {
            Self::StoreVersion => "store version",
            Self::Numbers => "numbers",
            Self::Installation => "installation",
            Self::Client => "client",
            Self::Steps => "steps",
            Self::OpenCase => "open case",
            Self::ClosedCase => "closed case",
            Self::History => "history",
            Self::Message => "message index",
            Self::Thread => "thread index",
            Self::Awaited => "awaited answer",
            Self::Outbound => "outbound mail",
            Self::Trace => "trace of a mail",
            Self::Reasons => "reasons of a verdict",
            Self::Copy => "copy of a mail",
            Self::Subject => "subject of a mail",
            Self::Aside => "mail that opened no case",
            Self::UnfinishedRow => "unfinished outbox row",
            Self::FinishedRow => "finished outbox row",
            Self::Cursor => "cursor",
            Self::Quarantined => "quarantine",
            Self::Acknowledgement => "acknowledgement",
            Self::Rebuilt => "rebuilding",
            Self::Alarms => "alarms",
            Self::Absences => "absences",
            Self::Mornings => "morning mails",
            Self::Dated => "index by day",
            Self::Liaison => "contact with a client",
        }
    }
}

/// A kind of which there is one record.
pub(super) const fn single(kind: KeyKind) -> [u8; 1] {
    [kind.byte()]
}

/// The number that stands for a client.
pub(super) fn client(number: u32) -> [u8; 5] {
    join([&single(KeyKind::Client), &number.to_be_bytes()])
}

/// A case, under [`KeyKind::OpenCase`] or [`KeyKind::ClosedCase`].
pub(super) fn case(kind: KeyKind, case: CaseId) -> [u8; 9] {
    join([&single(kind), &case.0.to_be_bytes()])
}

/// All lines of a case's history begin with this.
pub(super) fn history_of(case: CaseId) -> [u8; 9] {
    join([&single(KeyKind::History), &case.0.to_be_bytes()])
}

/// A line of a case's history.
pub(super) fn history(case: CaseId, number: u64) -> [u8; 17] {
    join([&history_of(case), &number.to_be_bytes()])
}

/// A message we have judged.
pub(super) fn message(key: MessageKey) -> [u8; 17] {
    join([&single(KeyKind::Message), &key.0.to_be_bytes()])
}

/// Why a client's mail was judged as it was.
pub(super) fn reasons(key: MessageKey) -> [u8; 17] {
    join([&single(KeyKind::Reasons), &key.0.to_be_bytes()])
}

/// The subject of a client's mail.
pub(super) fn subject(key: MessageKey) -> [u8; 17] {
    join([&single(KeyKind::Subject), &key.0.to_be_bytes()])
}

/// All copies that have this in common begin with this.
pub(super) fn copies_of(content: MessageKey) -> [u8; 17] {
    join([&single(KeyKind::Copy), &content.0.to_be_bytes()])
}

/// A copy of a client's mail.
pub(super) fn copy(content: MessageKey, copy: MessageKey) -> [u8; 33] {
    join([&copies_of(content), &copy.0.to_be_bytes()])
}

/// What of this kind is kept beside the message that lies under a key.
pub(super) fn beside(kind: KeyKind, message: &[u8]) -> Vec<u8> {
    [&single(kind), message.get(1..).unwrap_or_default()].concat()
}

/// A Message-ID and its case.
pub(super) fn thread(id: IdHash) -> [u8; 17] {
    join([&single(KeyKind::Thread), &id.0.to_be_bytes()])
}

/// All answers to one message not seen yet begin with this.
pub(super) fn awaited_of(id: IdHash) -> [u8; 17] {
    join([&single(KeyKind::Awaited), &id.0.to_be_bytes()])
}

/// An answer to a message not seen yet.
pub(super) fn awaited(id: IdHash, answer: MessageKey) -> [u8; 33] {
    join([&awaited_of(id), &answer.0.to_be_bytes()])
}

/// All mails of the team to one contact begin with this.
pub(super) fn outbound_of(contact: &Address) -> [u8; 17] {
    let local_part_and_domain = [contact.local().as_bytes(), contact.domain().as_bytes()];
    let hash = hash128(&local_part_and_domain);
    join([&single(KeyKind::Outbound), &hash.to_be_bytes()])
}

/// A mail of the team to a contact, newest first.
pub(super) fn outbound(contact: &Address, at: Timestamp, mail: MessageKey) -> [u8; 41] {
    let (newest_first, mail) = (inverted(at).to_be_bytes(), mail.0.to_be_bytes());
    join([&outbound_of(contact), &newest_first, &mail])
}

/// All mails that bear one trace begin with this.
pub(super) fn traces_of(trace: IdHash) -> [u8; 17] {
    join([&single(KeyKind::Trace), &trace.0.to_be_bytes()])
}

/// A trace and a mail that bears it. A message key begins with its date, so that the oldest
/// comes first.
pub(super) fn trace(trace: IdHash, message: MessageKey) -> [u8; 33] {
    join([&traces_of(trace), &message.0.to_be_bytes()])
}

/// A row, under [`KeyKind::UnfinishedRow`] or [`KeyKind::FinishedRow`].
pub(super) fn row(kind: KeyKind, row: OutboxId) -> [u8; 9] {
    join([&single(kind), &row.0.to_be_bytes()])
}

/// What is known of the contact with a client. The record names the client.
pub(super) fn liaison(client: &ClientKey) -> [u8; 17] {
    let hash = hash128(&[client.as_str().as_bytes()]);
    join([&single(KeyKind::Liaison), &hash.to_be_bytes()])
}

/// How far a folder was read. The record names the folder.
pub(super) fn cursor(folder: &FolderId) -> [u8; 17] {
    let parts = [folder.mailbox.as_str().as_bytes(), folder.folder.as_bytes()];
    let hash = hash128(&parts);
    join([&single(KeyKind::Cursor), &hash.to_be_bytes()])
}

/// A message we could not read, newest first.
pub(super) fn quarantined(location: &Location, at: Timestamp) -> [u8; 25] {
    let hash = hash128(&[
        location.mailbox.as_str().as_bytes(),
        location.folder.as_bytes(),
        &location.uid_validity.to_be_bytes(),
        &location.uid.to_be_bytes(),
    ]);
    let newest_first = inverted(at).to_be_bytes();
    let kind = single(KeyKind::Quarantined);
    join([&kind, &newest_first, &hash.to_be_bytes()])
}

/// What was given up before this second begins behind this.
pub(super) fn quarantined_before(at: Timestamp) -> [u8; 9] {
    join([&single(KeyKind::Quarantined), &inverted(at).to_be_bytes()])
}

/// All acknowledgements owed in this second begin with this; later ones come after it.
pub(super) fn acknowledgements_at(at: Timestamp) -> [u8; 9] {
    let kind = single(KeyKind::Acknowledgement);
    join([&kind, &ordered(at).to_be_bytes()])
}

/// An acknowledgement, oldest first.
pub(super) fn acknowledgement(at: Timestamp, row: OutboxId) -> [u8; 17] {
    join([&acknowledgements_at(at), &row.0.to_be_bytes()])
}

/// All mails that opened no case and were learned of in this second begin with this; later ones
/// come after it.
pub(super) fn asides_at(at: Timestamp) -> [u8; 9] {
    join([&single(KeyKind::Aside), &ordered(at).to_be_bytes()])
}

/// A mail that opened no case, oldest first.
pub(super) fn aside(at: Timestamp, message: MessageKey) -> [u8; 25] {
    join([&asides_at(at), &message.0.to_be_bytes()])
}

/// How soon what is filed under a day may go. The byte is on disk: append, never renumber.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(super) enum Lasting {
    /// Traces, which are of use for some months.
    Traces = 1,
    /// Everything else, kept for as long as the configuration says.
    Kept = 2,
}

/// All that is filed by day and lasts equally long begins with this.
pub(super) const fn dated_as(lasting: Lasting) -> [u8; 2] {
    [KeyKind::Dated.byte(), lasting as u8]
}

/// The first key that is filed under this day or a later one.
pub(super) fn dated_from(lasting: Lasting, day: u32) -> [u8; 6] {
    join([&dated_as(lasting), &day.to_be_bytes()])
}

/// Keys filed under a day; the same keys always in the same place.
pub(super) fn dated<'a>(
    lasting: Lasting,
    day: u32,
    keys: impl Iterator<Item = &'a [u8]>,
) -> [u8; 22] {
    let keys: Vec<&[u8]> = keys.collect();
    let place = hash128(&keys).to_be_bytes();
    join([&dated_from(lasting, day), &place])
}

/// The day of a moment: whole days since 1970, zero before.
pub(super) fn day_of(at: Timestamp) -> u32 {
    u32::try_from(at.timestamp().max(0) / 86_400).unwrap_or(u32::MAX)
}

/// A moment as a number that rises with it, years before 1970 included.
fn ordered(at: Timestamp) -> u64 {
    at.timestamp().cast_unsigned() ^ (1 << 63)
}

/// A moment as a number that falls with it.
fn inverted(at: Timestamp) -> u64 {
    !ordered(at)
}

/// Puts parts one after the other. Their lengths must add up to the length of the key.
fn join<const PARTS: usize, const LENGTH: usize>(parts: [&[u8]; PARTS]) -> [u8; LENGTH] {
    let mut key = [0; LENGTH];
    let mut rest = key.as_mut_slice();
    for part in parts {
        let (here, after) = rest.split_at_mut(part.len());
        here.copy_from_slice(part);
        rest = after;
    }
    debug_assert!(rest.is_empty(), "a key has room left");
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        chrono::DateTime::from_timestamp(seconds, 0).expect("a moment")
    }

    #[test]
    fn every_kind_has_a_byte_of_its_own_and_a_name() {
        let mut bytes: Vec<u8> = KeyKind::ALL.iter().map(|kind| kind.byte()).collect();
        bytes.sort_unstable();
        bytes.dedup();
        assert_eq!(bytes.len(), KeyKind::ALL.len());
        assert_eq!(KeyKind::name_of(&message(MessageKey(1))), "message index");
        assert_eq!(KeyKind::name_of(&[]), "unknown");
    }

    #[test]
    fn the_newest_mail_to_a_contact_comes_first() {
        let contact = Address::parse("bea@acme.example").expect("an address");
        let moments = [-5_000_000_000, -1, 0, 1, 1_700_000_000, 9_000_000_000];
        let keys: Vec<_> = moments
            .map(|seconds| outbound(&contact, at(seconds), MessageKey(1)))
            .to_vec();
        assert!(keys.is_sorted_by(|earlier, later| earlier > later));
        assert!(
            keys.iter()
                .all(|key| key.starts_with(&outbound_of(&contact)))
        );
    }

    #[test]
    fn acknowledgements_lie_in_the_order_of_time() {
        let moments = [-1, 0, 1, 1_700_000_000];
        let keys: Vec<_> = moments
            .map(|seconds| acknowledgement(at(seconds), OutboxId(3)))
            .to_vec();
        assert!(keys.is_sorted());
    }

    #[test]
    fn numbers_lie_in_the_order_of_numbers() {
        let key = |number| case(KeyKind::OpenCase, CaseId(number));
        assert!(key(255) < key(256));
        assert!(history(CaseId(1), u64::MAX) < history(CaseId(2), 0));
    }
}
