//! What one step wants to be remembered, and what it must know beforehand.
//!
//! Vocabulary: a [`Commit`] goes to disk whole or not at all; [`Questions`] are the entries
//! of the on-disk indexes a step needs, [`Known`] are the answers.

use std::collections::{BTreeMap, BTreeSet};

use super::absence::Absences;
use super::address::Address;
use super::alarm::Alarms;
use super::case::Case;
use super::check_in::Liaison;
use super::classify::{Kind, Sender};
#[cfg(doc)]
use super::digest::ASIDES_MAX;
use super::digest::{Aside, Mornings};
use super::facts::Location;
use super::ids::{
    CaseId, ClientKey, IdHash, InstanceId, MailboxName, MessageKey, OutboxId, hash128,
};
use super::outbox::OutboxRow;
use super::rules::Mode;
use super::time::Timestamp;

/// One step's changes. All of it is on disk, or none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Commit {
    /// Cases as they stand after the step.
    pub cases: Vec<Case>,
    /// What to add to the histories of cases.
    pub history: Vec<HistoryEntry>,
    /// Messages we have judged.
    pub messages: Vec<(MessageKey, IndexEntry)>,
    /// Message-IDs of clients ([`IdHash::of_client`]) and the case they belong to.
    pub threads: Vec<(IdHash, CaseId)>,
    /// The team's answers to messages we have not seen yet, by each id they bring with them.
    pub awaited: Vec<(IdHash, TeamMail)>,
    /// The team's mails without reply headers, by whom they were addressed to.
    pub outbound: Vec<(Address, TeamMail)>,
    /// By what clients' mails are found beside their ids.
    pub traces: Vec<(IdHash, Trace)>,
    /// Why clients' mails were judged as they were.
    pub reasons: Vec<(MessageKey, Vec<KeptReason>)>,
    /// Copies of clients' mails, by what copies of one mail have in common.
    pub copies: Vec<(MessageKey, KnownCopy)>,
    /// The subjects of clients' mails, shortened, where subjects are kept.
    pub subjects: Vec<(MessageKey, String)>,
    /// Outbox rows as they stand after the step.
    pub outbox: Vec<OutboxRow>,
    /// Cursors as they stand after the step.
    pub cursors: Vec<(FolderId, Cursor)>,
    /// Messages we could not read.
    pub quarantine: Vec<Quarantined>,
    /// Acknowledgements owed, for the limits.
    pub acknowledgements: Vec<AcknowledgementRecord>,
    /// Changes of what belongs to the whole installation.
    pub installation: Option<Installation>,
    /// The alarms as they stand after the step.
    pub alarms: Option<Alarms>,
    /// Who is away, as it stands after the step.
    pub absences: Option<Absences>,
    /// What is kept for morning and weekly mails, as it stands after the step.
    pub mornings: Option<Mornings>,
    /// Clients' mails that opened no case.
    pub asides: Vec<Aside>,
    /// What is known of the contact with clients, as it stands after the step.
    pub liaisons: Vec<Liaison>,
}

impl Commit {
    /// Whether there is nothing to remember.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A line in the history of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryEntry {
    /// Whose history.
    pub case: CaseId,
    /// When it was noted.
    pub at: Timestamp,
    /// What happened, in words, without mail addresses of clients.
    pub what: String,
}

/// Why a client's mail was judged as it was, for those who ask later. On disk only.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeptReason {
    /// The rule's id, such as `urgent-word`.
    pub rule: String,
    /// What in the message made it, at most [`EVIDENCE_CHARACTERS_MAX`] characters. Tells
    /// nothing of the subject where subjects are not kept.
    pub evidence: String,
}

/// How many reasons are kept of one mail.
pub const REASONS_MAX: usize = 8;

/// How much is kept of what made a rule decide, in characters.
pub const EVIDENCE_CHARACTERS_MAX: usize = 120;

/// What the index remembers of every message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexEntry {
    /// What it is.
    pub kind: Kind,
    /// Whose it is.
    pub sender: Sender,
    /// Which client it belongs to.
    pub client: Option<ClientKey>,
    /// When the server received it, by its own clock.
    pub received_at: Timestamp,
    /// The case it belongs to.
    pub case: Option<CaseId>,
}

/// A mail of the team, as far as it may turn out to answer something seen later; or an old mail,
/// the team's or a client's, that answers nothing but leads from one id to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TeamMail {
    /// Its identity.
    pub key: MessageKey,
    /// Its own Message-ID, by which a reply to it finds the case.
    pub id: Option<IdHash>,
    /// When it was written, by the clocks of who wrote and received it.
    pub at: Timestamp,
    /// When it stopped the clocks of what it answers: `at`, but never later than the moment we
    /// first saw it.
    pub stopped_at: Timestamp,
    /// Who wrote it. `None` of an old mail that only leads on.
    pub by: Option<Address>,
    /// The clients' contacts it is addressed to; of a reply also those of nobody we know, where a
    /// client may be answered.
    pub contacts: Vec<Address>,
    /// Every Message-ID it names.
    pub names: Vec<IdHash>,
    /// Whether it passes on what it names: it answers only whom it is addressed to.
    pub passes_on: bool,
}

/// A client's mail that is found by something else than its ids, as a hash of the client
/// ([`IdHash::of_client`]): by who wrote it ([`IdHash::of_contact`]), or by a line it says or
/// quotes under its subject ([`super::classify::lines`]). Where its author is answered at an
/// address of nobody we know, also by its own id, whoever's it is ([`IdHash::answered_elsewhere`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Trace {
    /// When the mail was received, by its server's clock, to the second.
    pub at: Timestamp,
    /// In which mail.
    pub message: MessageKey,
    /// The case it belongs to.
    pub case: CaseId,
    /// Whether it quotes the line rather than says it.
    pub quoted: bool,
}

/// A copy of a client's mail, found by what copies have in common whatever their Message-IDs
/// ([`super::facts::MessageFacts::content_identity`]).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct KnownCopy {
    /// Its own identity.
    pub key: MessageKey,
    /// The identity under which its case holds the mail: that of the copy seen first.
    pub of: MessageKey,
    /// The case it belongs to.
    pub case: CaseId,
    /// A sketch of its text ([`super::decide::sketch`]). `None` if the text was not read.
    pub words: Option<Vec<u32>>,
}

/// A folder of a mailbox.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FolderId {
    /// The account.
    pub mailbox: MailboxName,
    /// The folder's name.
    pub folder: String,
}

/// How far a folder has been read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cursor {
    /// The folder's UIDVALIDITY when it was read.
    pub uid_validity: u32,
    /// The lowest UID not read yet.
    pub uid_next: u32,
    /// Some of the messages that were read, the newest first, at ever greater distances: by them
    /// a folder is known again, and how much of it after its server was restored from a backup.
    pub landmarks: Vec<Landmark>,
}

/// A message that was read, by which its folder is known again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Landmark {
    /// Its UID.
    pub uid: u32,
    /// Its INTERNALDATE. A UID that is given out a second time goes to a mail received later.
    pub received_at: Timestamp,
}

/// A message we could not read: kept by reference, shown, never in the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantined {
    /// Where it lies.
    pub location: Location,
    /// When we gave up on it.
    pub at: Timestamp,
    /// Why.
    pub reason: String,
}

/// An acknowledgement that was owed, for the limits of acknowledging.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcknowledgementRecord {
    /// When.
    pub at: Timestamp,
    /// To which client.
    pub client: ClientKey,
    /// To whom.
    pub to: Address,
    /// The row it was.
    pub row: OutboxId,
}

/// The rows of presumed acknowledgements have this bit, which no number that is given out has.
const PRESUMED: u64 = 1 << 63;

impl AcknowledgementRecord {
    /// An acknowledgement that may have gone out at this moment, or before, in a lost time.
    pub fn presumed(at: Timestamp, client: ClientKey, to: Address) -> Self {
        let parts: [&[u8]; 2] = [to.local().as_bytes(), to.domain().as_bytes()];
        // A number of its own for each address, the same each time it is presumed.
        let [number @ .., _, _, _, _, _, _, _, _] = hash128(&parts).to_be_bytes();
        let row = OutboxId(PRESUMED | u64::from_be_bytes(number));
        Self {
            at,
            client,
            to,
            row,
        }
    }

    /// Whether it may never have gone out.
    pub const fn is_presumed(&self) -> bool {
        self.row.0 & PRESUMED != 0
    }
}

/// What belongs to the whole installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    /// Its random name.
    pub instance: InstanceId,
    /// When each mailbox was first started, its default `start_from`.
    pub first_started: BTreeMap<MailboxName, Timestamp>,
    /// The mode of the last run.
    pub mode: Option<Mode>,
    /// Since when clients may be acknowledged: mail before it never is.
    pub acknowledge_since: Option<Timestamp>,
    /// Until when the breaker keeps acknowledgements back.
    pub breaker_until: Option<Timestamp>,
    /// The times of which the store knows nothing, the oldest first.
    pub lost: Vec<LostTime>,
}

/// A time of which the store knows nothing, because it was rebuilt from an export or from
/// nothing: what went out then, and what people said, is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LostTime {
    /// When the export was begun. `None`: there was none.
    pub since: Option<Timestamp>,
    /// When it was rebuilt.
    pub until: Timestamp,
    /// Whether the owners got the list of cases nobody else would tell them of.
    pub is_listed: bool,
}

/// How many lost times are remembered, the newest.
pub const LOST_TIMES_MAX: usize = 16;

impl Installation {
    /// The last time of which nothing is known, if there is one.
    pub fn last_lost(&self) -> Option<LostTime> {
        self.lost.last().copied()
    }
}

/// What a step must know from the indexes on disk.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Questions {
    /// Were these messages seen?
    pub messages: Vec<MessageKey>,
    /// Which cases do these ids belong to? The cases come with the answer.
    pub threads: Vec<IdHash>,
    /// Did the team answer these ids before we saw them?
    pub awaited: Vec<IdHash>,
    /// What did the team write to these contacts in new threads?
    pub outbound: Vec<Address>,
    /// Which mails bear these traces?
    pub traces: Vec<IdHash>,
    /// These cases, open or closed.
    pub cases: Vec<CaseId>,
    /// Why were these mails judged as they were?
    pub reasons: Vec<MessageKey>,
    /// Which copies of mails have this in common?
    pub copies: Vec<MessageKey>,
    /// What are the subjects of these mails?
    pub subjects: Vec<MessageKey>,
    /// Which clients' mails opened no case, and which could not be read, from one moment to
    /// another?
    pub asides: Option<(Timestamp, Timestamp)>,
    /// Which closed cases did anything happen in since this moment?
    pub closed_since: Option<Timestamp>,
    /// These mails of ours, as far as they are final.
    pub rows: Vec<OutboxId>,
}

impl Questions {
    /// Takes out what was asked before and what stands there twice, and adds the rest to it.
    pub fn without(mut self, asked: &mut Asked) -> Self {
        self.messages.retain(|key| asked.messages.insert(*key));
        self.threads.retain(|id| asked.threads.insert(*id));
        self.awaited.retain(|id| asked.awaited.insert(*id));
        self.outbound.retain(|to| asked.outbound.insert(to.clone()));
        self.traces.retain(|trace| asked.traces.insert(*trace));
        self.cases.retain(|case| asked.cases.insert(*case));
        self.reasons.retain(|key| asked.reasons.insert(*key));
        self.copies.retain(|key| asked.copies.insert(*key));
        self.subjects.retain(|key| asked.subjects.insert(*key));
        self.rows.retain(|row| asked.rows.insert(*row));
        self
    }
}

/// What was asked already, in rounds of questions of which one follows from another.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    messages: BTreeSet<MessageKey>,
    threads: BTreeSet<IdHash>,
    awaited: BTreeSet<IdHash>,
    outbound: BTreeSet<Address>,
    traces: BTreeSet<IdHash>,
    cases: BTreeSet<CaseId>,
    reasons: BTreeSet<MessageKey>,
    copies: BTreeSet<MessageKey>,
    subjects: BTreeSet<MessageKey>,
    rows: BTreeSet<OutboxId>,
}

/// The answers to [`Questions`]. What is not there is not known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Known {
    /// Messages seen before.
    pub messages: BTreeMap<MessageKey, IndexEntry>,
    /// The cases ids belong to.
    pub threads: BTreeMap<IdHash, CaseId>,
    /// Answers that came before their question.
    pub awaited: BTreeMap<IdHash, Vec<TeamMail>>,
    /// The team's mails to contacts, at most the newest [`OUTBOUND_MAX`] each.
    pub outbound: BTreeMap<Address, Vec<TeamMail>>,
    /// The mails that bear traces, at most the newest [`TRACES_MAX`] each.
    pub traces: BTreeMap<IdHash, Vec<Trace>>,
    /// The cases asked for and those that `threads`, `messages`, `traces` and `copies` name; of
    /// cases that were joined to others, also those that go on with them.
    pub cases: BTreeMap<CaseId, Case>,
    /// Why mails were judged as they were.
    pub reasons: BTreeMap<MessageKey, Vec<KeptReason>>,
    /// Copies of mails, at most the first [`COPIES_MAX`] of each.
    pub copies: BTreeMap<MessageKey, Vec<KnownCopy>>,
    /// The subjects of mails.
    pub subjects: BTreeMap<MessageKey, String>,
    /// Clients' mails that opened no case, the oldest first; at most the newest [`ASIDES_MAX`].
    pub asides: Vec<Aside>,
    /// Messages that could not be read, the newest first; at most [`ASIDES_MAX`].
    pub quarantined: Vec<Quarantined>,
    /// Mails of ours that are final.
    pub rows: BTreeMap<OutboxId, OutboxRow>,
}

impl Known {
    /// Adds the answers to further questions.
    pub fn extend(&mut self, other: Self) {
        self.messages.extend(other.messages);
        self.threads.extend(other.threads);
        self.awaited.extend(other.awaited);
        self.outbound.extend(other.outbound);
        self.traces.extend(other.traces);
        self.cases.extend(other.cases);
        self.reasons.extend(other.reasons);
        self.copies.extend(other.copies);
        self.subjects.extend(other.subjects);
        self.asides.extend(other.asides);
        self.quarantined.extend(other.quarantined);
        self.rows.extend(other.rows);
    }
}

/// How many closed cases are read for one report, the newest days first left out.
pub const REPORTED_MAX: usize = 5000;

/// How many of the newest mails that bear one trace are looked at.
pub const TRACES_MAX: usize = 64;

/// How many copies with the same author, recipients, subject and second are looked at.
pub const COPIES_MAX: usize = 64;

/// How many of the team's newest answers that wait for the same id, or say the same line, are
/// looked at.
pub const AWAITED_MAX: usize = 64;

/// How many of the team's newest mails to one contact are looked at.
pub const OUTBOUND_MAX: usize = 64;

/// Everything that is in memory while the daemon runs, as it is loaded at the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    /// The open cases.
    pub cases: Vec<Case>,
    /// The highest case number given out so far, zero if none.
    pub last_case: u64,
    /// The rows that are not final.
    pub outbox: Vec<OutboxRow>,
    /// The highest row number given out so far, zero if none.
    pub last_row: u64,
    /// How far each folder was read.
    pub cursors: Vec<(FolderId, Cursor)>,
    /// Acknowledgements not older than a month before the newest.
    pub acknowledgements: Vec<AcknowledgementRecord>,
    /// What belongs to the whole installation. `None` on the very first start.
    pub installation: Option<Installation>,
    /// Who was told of what trouble.
    pub alarms: Alarms,
    /// Who is away, and whose stand-ins know of it.
    pub absences: Absences,
    /// What is kept for morning and weekly mails.
    pub mornings: Mornings,
    /// What is known of the contact with clients.
    pub liaisons: Vec<Liaison>,
}
