//! What one FETCH brings, put together message by message. Nothing here waits.
//!
//! Vocabulary: a *range* of UIDs is asked for with one command; its messages form one batch.
//! A server may answer for messages nobody asked for, leave some out, or tell of one message
//! in several pieces; what counts is what has come when the command ends with OK.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};

use async_imap::imap_proto::{AttributeValue, MessageSection, Response, SectionPath};
use chrono::{FixedOffset, NaiveDate, TimeZone, Utc};

use super::{MayConcern, WantsText};
use crate::domain::commit::{FolderId, Landmark, Quarantined};
use crate::domain::facts::{
    Arrived, FIELDS, FolderRole, HEADER_BYTES_MAX, Location, MessageFacts, TEXT_BYTES_MAX,
};
use crate::domain::time::Timestamp;

/// The command for the header fields of a range of UIDs.
pub(crate) fn header_command(first: u32, last: Option<u32>) -> String {
    let last = last.map_or_else(|| "*".to_owned(), |last| last.to_string());
    header_command_of(&format!("{first}:{last}"))
}

/// The command for the header fields of a set of UIDs, which is made of numbers only.
pub(crate) fn header_command_of(set: &str) -> String {
    let fields = FIELDS.join(" ").to_ascii_uppercase();
    format!(
        "UID FETCH {set} (UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER.FIELDS ({fields})]<0.{HEADER_BYTES_MAX}>)"
    )
}

/// The command for the first bytes of the text of some messages.
pub(crate) fn text_command(uids: &[u32]) -> String {
    format!(
        "UID FETCH {} (UID BODY.PEEK[TEXT]<0.{TEXT_BYTES_MAX}>)",
        uid_set(uids)
    )
}

/// The command for the flags of some messages.
pub(crate) fn flags_command(uids: &[u32]) -> String {
    format!("UID FETCH {} (UID FLAGS)", uid_set(uids))
}

/// UIDs as a set; neighbours are joined to ranges. `uids` must be in order.
pub(crate) fn uid_set(uids: &[u32]) -> String {
    let mut set = String::new();
    let mut rest = uids;
    while let Some(&first) = rest.first() {
        let run = rest
            .iter()
            .zip(u64::from(first)..)
            .take_while(|(uid, expected)| u64::from(**uid) == *expected)
            .count();
        let last = rest[run - 1];
        if !set.is_empty() {
            set.push(',');
        }
        // Writing to a String can't fail.
        let _ = match run {
            1 => write!(set, "{first}"),
            _ => write!(set, "{first}:{last}"),
        };
        rest = &rest[run..];
    }
    set
}

/// Whether these attributes say `\Answered`.
pub(crate) fn says_answered(attributes: &[AttributeValue<'_>]) -> bool {
    attributes.iter().any(|attribute| match attribute {
        AttributeValue::Flags(flags) => has_flag(flags, "\\Answered"),
        _ => false,
    })
}

/// The UID and whether `\Answered` is set, if a response tells both.
pub(crate) fn answered_uid(response: &Response<'_>) -> Option<(u32, bool)> {
    let Response::Fetch(_, attributes) = response else {
        return None;
    };
    let told = attributes
        .iter()
        .any(|attribute| matches!(attribute, AttributeValue::Flags(_)));
    told.then_some(())?;
    Some((uid_of(attributes)?, says_answered(attributes)))
}

/// The UID of a FETCH response.
pub(crate) fn uid_of(attributes: &[AttributeValue<'_>]) -> Option<u32> {
    attributes.iter().find_map(|attribute| match attribute {
        AttributeValue::Uid(uid) => Some(*uid),
        _ => None,
    })
}

fn has_flag(flags: &[Cow<'_, str>], wanted: &str) -> bool {
    flags.iter().any(|flag| flag.eq_ignore_ascii_case(wanted))
}

/// How many messages of one range are kept at a time, and how many bytes of them. What lies
/// behind is asked for again.
const MESSAGES_KEPT_MAX: usize = 1_000;
const BYTES_KEPT_MAX: usize = 2 * 1024 * 1024;

/// What the text of a message is reckoned to take before it has come.
const TEXT_BYTES_USUAL: usize = 8 * 1024;

/// The messages of one range while they come in.
#[derive(Debug)]
pub(crate) struct Range {
    /// The lowest UID asked for.
    pub(crate) first: u32,
    /// The highest; `None` for whatever there is.
    pub(crate) last: Option<u32>,
    pieces: BTreeMap<u32, Pieces>,
    bytes: usize,
    /// The highest UID that was asked for at first, if the range has been cut off before it.
    cut: Option<Option<u32>>,
}

/// What has come of one message.
#[derive(Debug, Default)]
struct Pieces {
    draft: bool,
    answered: bool,
    received_at: Option<Timestamp>,
    size: Option<u32>,
    header: Header,
    /// About how much memory it takes.
    bytes: usize,
}

#[derive(Debug, Default)]
enum Header {
    #[default]
    Missing,
    /// Read. The bytes are kept only while the text is still to come.
    Read(Box<MessageFacts>, Option<Vec<u8>>),
    /// Read as far as to see that it can't matter.
    PassedOver,
    /// It made the reader panic.
    Unreadable,
}

impl Header {
    /// About how much memory it takes, with the text that is to come.
    fn bytes(&self) -> usize {
        match self {
            Self::Read(facts, kept) => {
                let text = kept
                    .as_ref()
                    .map_or(0, |kept| kept.len() + TEXT_BYTES_USUAL);
                facts.bytes() + text
            }
            Self::Missing | Self::PassedOver | Self::Unreadable => 0,
        }
    }
}

/// How the messages of a range are judged worth having.
#[derive(Clone, Copy)]
pub(crate) struct Sieve<'a> {
    /// Messages received before this are passed over.
    pub(crate) received_from: Option<Timestamp>,
    /// Which messages can matter; the others are only counted. `None` for all.
    pub(crate) may_concern: Option<&'a MayConcern>,
    /// Which messages' text is wanted; `None` for no text at all.
    pub(crate) wants_text: Option<&'a WantsText>,
}

/// What a range brought, in UID order.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    /// The messages.
    pub(crate) arrived: Vec<Arrived>,
    /// How many others there were that can't matter.
    pub(crate) passed_over: u64,
    /// What could not be read.
    pub(crate) quarantined: Vec<Quarantined>,
}

impl Range {
    /// An empty range.
    pub(crate) fn new(first: u32, last: Option<u32>) -> Self {
        Self {
            first,
            last,
            pieces: BTreeMap::new(),
            bytes: 0,
            cut: None,
        }
    }

    /// How many messages have come.
    pub(crate) fn count(&self) -> usize {
        self.pieces.len()
    }

    /// What was cut off, if the range brought more than can be kept: from the first UID to the
    /// last, where that is known.
    pub(crate) fn take_rest(&mut self) -> Option<(u32, Option<u32>)> {
        let last = self.cut.take()?;
        Some((self.last?.saturating_add(1), last))
    }

    /// Whether the range asked for this UID.
    pub(crate) fn covers(&self, uid: u32) -> bool {
        uid >= self.first && self.last.is_none_or(|last| uid <= last)
    }

    /// The highest UID that came.
    pub(crate) fn highest(&self) -> Option<u32> {
        self.pieces.last_key_value().map(|(uid, _)| *uid)
    }

    /// The highest message whose receipt was told, and where it lies: the folder is known by it.
    pub(crate) fn landmark(&self) -> Option<Landmark> {
        let told = |(uid, pieces): (&u32, &Pieces)| {
            let uid = *uid;
            let received_at = pieces.received_at?;
            Some(Landmark { uid, received_at })
        };
        self.pieces.iter().rev().find_map(told)
    }

    /// Takes one FETCH response whose UID this range covers.
    pub(crate) fn take(&mut self, uid: u32, attributes: &[AttributeValue<'_>], sieve: Sieve<'_>) {
        let pieces = self.pieces.entry(uid).or_default();
        let mut header_bytes = None;
        for attribute in attributes {
            match attribute {
                AttributeValue::Flags(flags) => {
                    pieces.draft = has_flag(flags, "\\Draft");
                    pieces.answered = has_flag(flags, "\\Answered");
                }
                AttributeValue::InternalDate(text) => pieces.received_at = internal_date(text),
                AttributeValue::Rfc822Size(size) => pieces.size = Some(*size),
                AttributeValue::BodySection {
                    section: Some(SectionPath::Full(MessageSection::Header)),
                    data: Some(data),
                    ..
                } => header_bytes = Some(data),
                AttributeValue::BodySection {
                    section: Some(SectionPath::Full(MessageSection::Text)),
                    data: Some(text),
                    ..
                } => pieces.add_text(text),
                _ => {}
            }
        }
        if let Some(bytes) = header_bytes {
            pieces.read_header(bytes, sieve);
        }
        let before = std::mem::replace(&mut pieces.bytes, pieces.header.bytes());
        self.bytes = self.bytes + pieces.bytes - before;
        self.cut_off();
    }

    /// Lets go of the highest messages as long as there are too many, whichever came first.
    fn cut_off(&mut self) {
        while self.pieces.len() > 1
            && (self.pieces.len() > MESSAGES_KEPT_MAX || self.bytes > BYTES_KEPT_MAX)
        {
            if let Some((_, gone)) = self.pieces.pop_last() {
                self.bytes -= gone.bytes;
            }
            self.cut.get_or_insert(self.last);
            self.last = self.highest();
        }
    }

    /// The UIDs whose text is still to be fetched, in order.
    pub(crate) fn wanting_text(&self) -> Vec<u32> {
        self.pieces
            .iter()
            .filter(|(_, pieces)| matches!(&pieces.header, Header::Read(_, Some(_))))
            .map(|(uid, _)| *uid)
            .collect()
    }

    /// Everything that came, as the engine takes it.
    pub(crate) fn into_batch(
        self,
        folder: &FolderId,
        role: FolderRole,
        uid_validity: u32,
        now: Timestamp,
        sieve: Sieve<'_>,
    ) -> Batch {
        let mut batch = Batch::default();
        for (uid, pieces) in self.pieces {
            if pieces.draft || pieces.too_old(sieve) {
                continue;
            }
            if matches!(pieces.header, Header::PassedOver) {
                batch.passed_over += 1;
                continue;
            }
            let location = Location {
                mailbox: folder.mailbox.clone(),
                folder: folder.folder.clone(),
                uid_validity,
                uid,
            };
            match pieces.complete() {
                Ok((received_at, size, answered, facts)) => batch.arrived.push(Arrived {
                    location,
                    role,
                    received_at,
                    size,
                    answered,
                    facts,
                }),
                Err(reason) => batch.quarantined.push(Quarantined {
                    location,
                    at: now,
                    reason: reason.to_owned(),
                }),
            }
        }
        batch
    }
}

impl Pieces {
    fn too_old(&self, sieve: Sieve<'_>) -> bool {
        match (self.received_at, sieve.received_from) {
            (Some(received_at), Some(from)) => received_at < from,
            _ => false,
        }
    }

    fn read_header(&mut self, bytes: &[u8], sieve: Sieve<'_>) {
        if self.draft || self.too_old(sieve) {
            self.header = Header::Read(Box::default(), None);
            return;
        }
        let concerns = |facts: &MessageFacts| sieve.may_concern.is_none_or(|may| may(facts));
        let read = AssertUnwindSafe(|| MessageFacts::parse_if(bytes, concerns));
        let facts = match catch_unwind(read) {
            Ok(Some(facts)) => facts,
            Ok(None) => {
                self.header = Header::PassedOver;
                return;
            }
            Err(_) => {
                self.header = Header::Unreadable;
                return;
            }
        };
        let (size, received_at) = (self.size.unwrap_or(0), self.received_at);
        let wanted = match (sieve.wants_text, received_at) {
            (Some(wants), Some(received_at)) => wants(&facts, size, received_at),
            _ => false,
        };
        self.header = Header::Read(Box::new(facts), wanted.then(|| bytes.to_vec()));
    }

    fn add_text(&mut self, text: &[u8]) {
        if let Header::Read(facts, bytes) = &mut self.header
            && let Some(header) = bytes.take()
            && let Some(with_text) = read_facts(&header, text)
        {
            **facts = with_text;
        }
    }

    fn complete(self) -> Result<(Timestamp, u32, bool, MessageFacts), &'static str> {
        let facts = match self.header {
            Header::Read(facts, _) => *facts,
            Header::Missing | Header::PassedOver => return Err("the server gave no header for it"),
            Header::Unreadable => return Err("its header could not be taken apart"),
        };
        let received_at = self
            .received_at
            .ok_or("the server gave no valid time of receipt for it")?;
        let size = self.size.ok_or("the server gave no size for it")?;
        Ok((received_at, size, self.answered, facts))
    }
}

/// Reads a header block with a text, and survives a reader that panics on it.
fn read_facts(header: &[u8], text: &[u8]) -> Option<MessageFacts> {
    catch_unwind(AssertUnwindSafe(|| MessageFacts::parse(header, Some(text)))).ok()
}

/// Reads `" 7-Feb-1994 21:52:25 -0800"` (RFC 3501, `date-time`). `None` if it names no moment.
pub(crate) fn internal_date(text: &str) -> Option<Timestamp> {
    const MONTHS: [&str; 12] = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ];
    let mut words = text.split_ascii_whitespace();
    let mut date = words.next()?.splitn(3, '-');
    let day: u32 = date.next()?.parse().ok()?;
    let month = date.next()?;
    let month = MONTHS
        .iter()
        .position(|own| month.eq_ignore_ascii_case(own))? as u32
        + 1;
    let year: i32 = date.next()?.parse().ok()?;
    let mut time = words.next()?.splitn(3, ':');
    let (hour, minute) = (time.next()?.parse().ok()?, time.next()?.parse().ok()?);
    // A leap second is the last moment of its minute.
    let second: u32 = time.next()?.parse().ok()?;
    let zone = words.next()?;
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let digits = zone.trim_start_matches(['+', '-']);
    if digits.len() != 4 || !digits.is_ascii() {
        return None;
    }
    let hours: i32 = digits[..2].parse().ok()?;
    let minutes: i32 = digits[2..].parse().ok()?;
    let offset = FixedOffset::east_opt(sign * (hours * 3600 + minutes * 60))?;
    let local =
        NaiveDate::from_ymd_opt(year, month, day)?.and_hms_opt(hour, minute, second.min(59))?;
    let moment = offset.from_local_datetime(&local).single()?;
    Some(moment.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_made_of_numbers_and_ranges() {
        assert_eq!(uid_set(&[1, 2, 3, 7, 9, 10]), "1:3,7,9:10");
        assert_eq!(uid_set(&[u32::MAX]), "4294967295");
        assert_eq!(uid_set(&[]), "");
    }

    #[test]
    fn receipt_times_are_read_in_every_zone() {
        for (text, expected) in [
            ("17-Jul-1996 02:44:25 -0700", "1996-07-17T09:44:25+00:00"),
            (" 7-Feb-2024 21:52:25 +0530", "2024-02-07T16:22:25+00:00"),
            ("31-dec-2016 23:59:60 +0000", "2016-12-31T23:59:59+00:00"),
        ] {
            let moment = internal_date(text).expect(text);
            assert_eq!(moment.to_rfc3339(), expected);
        }
        for bad in [
            "",
            "x",
            "31-Feb-2024 00:00:00 +0000",
            "1-Jan-2024 00:00:00 UTC",
        ] {
            assert_eq!(internal_date(bad), None, "{bad:?}");
        }
    }

    fn range_of(attributes: &[AttributeValue<'_>]) -> (usize, usize) {
        let sieve = Sieve {
            received_from: None,
            may_concern: None,
            wants_text: None,
        };
        let mut range = Range::new(5, Some(5));
        range.take(5, attributes, sieve);
        let folder = FolderId {
            mailbox: crate::domain::ids::MailboxName::new("clients"),
            folder: "INBOX".to_owned(),
        };
        let now = internal_date("17-Jul-2026 02:44:25 +0000").expect("valid");
        let batch = range.into_batch(&folder, FolderRole::Inbox, 7, now, sieve);
        (batch.arrived.len(), batch.quarantined.len())
    }

    fn header() -> AttributeValue<'static> {
        AttributeValue::BodySection {
            section: Some(SectionPath::Full(MessageSection::Header)),
            index: Some(0),
            data: Some(Cow::Borrowed(b"From: a@client.example\r\n\r\n")),
        }
    }

    #[test]
    fn a_message_without_its_pieces_is_set_aside_not_lost() {
        let date = || AttributeValue::InternalDate("17-Jul-1996 02:44:25 -0700".into());
        let size = || AttributeValue::Rfc822Size(100);
        assert_eq!(range_of(&[date(), size(), header()]), (1, 0));
        assert_eq!(range_of(&[date(), size()]), (0, 1));
        assert_eq!(range_of(&[size(), header()]), (0, 1));
        assert_eq!(range_of(&[]), (0, 1));
    }

    #[test]
    fn drafts_are_passed_over() {
        let flags = AttributeValue::Flags(vec!["\\draft".into()]);
        assert_eq!(range_of(&[flags, header()]), (0, 0));
    }
}
