//! What one message says about itself, as plain data. No judgement here.
//!
//! Vocabulary: *facts* are read from the listed header fields ([`FIELDS`]) and, for a few
//! messages, from the first bytes of the text. Reading never fails: what is odd about a
//! message becomes an [`Oddity`] beside the best value that could be had.

use super::address::{Address, Author};
use super::ids::{MailboxName, MessageId, MessageKey};
use super::time::Timestamp;

mod addresses;
mod date;
mod header;
mod links;
mod text;

#[cfg(test)]
mod tests;

pub use text::BodyPart;

/// What a message says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MessageFacts {
    /// `Message-ID`, if it has a usable one.
    pub message_id: Option<MessageId>,
    /// The ids in `In-Reply-To`, in order.
    pub in_reply_to: Vec<MessageId>,
    /// The ids in `References`, oldest first; at most [`REFERENCES_MAX`], the first and the newest kept.
    pub references: Vec<MessageId>,
    /// The authors (`From`), in order. Empty if there is none.
    pub from: Vec<Author>,
    /// `Sender`, if present.
    pub sender: Option<Author>,
    /// `Reply-To`, in order.
    pub reply_to: Vec<Author>,
    /// `To`, in order.
    pub to: Vec<Address>,
    /// `Cc`, in order.
    pub cc: Vec<Address>,
    /// Whom a list names in `Cc` that put itself in his place in `From`: the one person there
    /// whose name stands before its own (`Bob Smith via Talk`). As believable as the list.
    pub behind_list: Option<Author>,
    /// The decoded subject on one line; empty if there is none.
    pub subject: String,
    /// The `Date` header, if it names a valid moment. For display and for our own sent mail
    /// only: clocks start at the server's receipt time.
    pub date: Option<Timestamp>,
    /// The other listed fields: lower-case name and unfolded, decoded value, topmost first.
    /// `from` is among them only where it holds no address.
    pub fields: Vec<(&'static str, String)>,
    /// The first text of the message, decoded, if it was fetched; at most [`TEXT_CHARS_MAX`].
    pub text: Option<String>,
    /// What the links in the HTML text say, as far as it was fetched: each link's text and
    /// target on one line, in order; of many the last [`LINKS_MAX`].
    pub links: Vec<String>,
    /// The parts that were seen in what was fetched of the body, in order. Parts of an
    /// enclosed message are not among them: they say nothing about this one.
    pub parts: Vec<BodyPart>,
    /// The invitation in it, or the answer to one, as it was fetched: the first calendar part
    /// that names such a METHOD, perhaps cut off.
    pub calendar: Option<String>,
    /// What was odd about it.
    pub oddities: Vec<Oddity>,
}

impl MessageFacts {
    /// About how much memory these facts take, in bytes: what their words take, which a hostile
    /// message can make very long.
    pub fn bytes(&self) -> usize {
        let fields = self
            .fields
            .iter()
            .map(|(_, value)| value.len())
            .sum::<usize>();
        let links = self.links.iter().map(String::len).sum::<usize>();
        let addresses = self.to.iter().chain(&self.cc);
        let addresses = addresses.map(|own| own.local().len() + own.domain().len());
        let ids = self.references.iter().chain(&self.in_reply_to);
        let ids = ids.map(|id| id.as_str().len()).sum::<usize>();
        let text = self.text.as_ref().map_or(0, String::len);
        let text = text + self.calendar.as_ref().map_or(0, String::len);
        size_of::<Self>()
            + self.subject.len()
            + fields
            + links
            + addresses
                .map(|length| length + size_of::<Address>())
                .sum::<usize>()
            + ids
            + text
    }
}

/// One thing about a message that is not as it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Oddity {
    /// No `From` that holds an address. What encoded words say is a name: they may not stand in
    /// an address (RFC 2047, section 5), and a `From` of nothing else is a trick or a slip.
    NoFrom,
    /// `From` stands there more than once (RFC 5322 allows one).
    SeveralFromFields,
    /// More than one author in `From`.
    SeveralAuthors,
    /// No usable `Message-ID`.
    NoMessageId,
    /// `Message-ID` stands there more than once.
    SeveralMessageIds,
    /// No `Date`.
    NoDate,
    /// A `Date` that names no moment.
    BadDate,
    /// `Date` stands there more than once.
    SeveralDates,
    /// `Subject` stands there more than once.
    SeveralSubjects,
    /// The header was longer than we read; the rest is unknown.
    HeaderCut,
    /// Nothing in it looks like a header field.
    NoHeader,
    /// Bytes that belong to no charset were replaced.
    BadBytes,
    /// More fields or addresses than we read; the rest is unknown.
    TooMany,
}

impl Oddity {
    /// The word used in `ackd explain`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoFrom => "no_from",
            Self::SeveralFromFields => "several_from_fields",
            Self::SeveralAuthors => "several_authors",
            Self::NoMessageId => "no_message_id",
            Self::SeveralMessageIds => "several_message_ids",
            Self::NoDate => "no_date",
            Self::BadDate => "bad_date",
            Self::SeveralDates => "several_dates",
            Self::SeveralSubjects => "several_subjects",
            Self::HeaderCut => "header_cut",
            Self::NoHeader => "no_header",
            Self::BadBytes => "bad_bytes",
            Self::TooMany => "too_many",
        }
    }
}

/// Where a message lies on its server.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    /// The account.
    pub mailbox: MailboxName,
    /// The folder's name as the server writes it, decoded from modified UTF-7.
    pub folder: String,
    /// The folder's UIDVALIDITY (RFC 3501, section 2.3.1.1).
    pub uid_validity: u32,
    /// The message's UID.
    pub uid: u32,
}

/// What a folder is watched for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FolderRole {
    /// Mail that reaches us.
    Inbox,
    /// Mail the team has sent.
    Sent,
}

/// A message as a mailbox hands it over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrived {
    /// Where it lies.
    pub location: Location,
    /// What its folder is watched for.
    pub role: FolderRole,
    /// The server's INTERNALDATE: when the server received it.
    pub received_at: Timestamp,
    /// RFC822.SIZE in bytes.
    pub size: u32,
    /// Whether the server says `\Answered`.
    pub answered: bool,
    /// What it says about itself.
    pub facts: MessageFacts,
}

/// The header fields that are fetched for every message, in lower case.
pub const FIELDS: &[&str] = &[
    "from",
    "sender",
    "reply-to",
    "to",
    "cc",
    "subject",
    "date",
    "message-id",
    "in-reply-to",
    "references",
    "return-path",
    "auto-submitted",
    "precedence",
    "x-precedence",
    "list-id",
    "list-post",
    "list-unsubscribe",
    "list-help",
    "list-subscribe",
    "x-beenthere",
    "errors-to",
    "mailing-list",
    "x-mailing-list",
    "x-auto-response-suppress",
    "feedback-id",
    "content-type",
    "content-class",
    "content-transfer-encoding",
    "authentication-results",
    "importance",
    "priority",
    "x-priority",
    "x-msmail-priority",
    "x-autoreply",
    "x-auto-reply",
    "x-autorespond",
    "x-autoresponder",
    "x-autoresponse",
    "x-autoreply-from",
    "x-mail-autoreply",
    "x-autogenerated",
    "x-failed-recipients",
    "delivered-to",
    "x-original-to",
    "x-original-from",
    "x-original-sender",
    "x-loop",
    "x-fc-machinegenerated",
    "x-ms-exchange-inbox-rules-loop",
    "x-amazon-auto-reply",
    "x-amazon-mail-relay-type",
    "x-cron-env",
    "x-jira-fingerprint",
    "x-servicenow-generated",
    "x-mailer",
    "x-bulkmail",
    "x-campaign",
    "x-campaign-id",
    "x-campaignid",
    "x-csa-complaints",
    "x-emarsys-identify",
    "x-job",
    "x-jobid",
    "x-mailgun-sid",
    "x-mailin-campaign",
    "x-mailjet-campaign",
    "x-mandrill-user",
    "x-mc-user",
    "x-msfbl",
    "x-report-abuse",
    "x-roving-campaignid",
    "x-roving-id",
    "x-rpcampaign",
    "x-sfmc-stack",
    "x-sg-eid",
    "x-ackd",
];

/// How many ids of `References` are kept.
pub const REFERENCES_MAX: usize = 32;

/// The most header bytes that are read of one message.
pub const HEADER_BYTES_MAX: usize = 256 * 1024;

/// The most body bytes that are read of one message, and only where the verdict needs them:
/// an invitation's calendar part stands behind its two texts.
pub const TEXT_BYTES_MAX: usize = 32 * 1024;

/// The most characters of the first text that are kept: what a newsletter says of leaving it
/// stands at its end.
pub const TEXT_CHARS_MAX: usize = 16 * 1024;

/// The most links that are kept of one message.
pub const LINKS_MAX: usize = 64;

/// The longest link that is kept, text and target together, in characters.
pub const LINK_CHARS_MAX: usize = 200;

/// The most addresses that are read of one field.
pub const ADDRESSES_MAX: usize = 500;

/// The most listed fields that are read of one message.
pub const FIELD_COUNT_MAX: usize = 256;

/// The longest value of a field that is kept, in characters; also of a subject.
pub const FIELD_CHARS_MAX: usize = 2000;

/// The longest `Authentication-Results` that is kept, in characters: the envelope's sender, which
/// stands in it more than once, may be long.
pub const AUTHENTICATION_CHARS_MAX: usize = 16 * 1024;

/// The longest display name that is kept, in characters.
pub const NAME_CHARS_MAX: usize = 256;

impl MessageFacts {
    /// Reads the header block of a message, with or without the empty line at its end, and, if
    /// it was fetched, the beginning of the body as it is on the wire (it may be cut anywhere).
    ///
    /// Never fails: see [`Oddity`]. An mbox `From ` line in front is passed over. Of fields
    /// that may stand there once, the topmost counts; the authors of further `From` fields
    /// follow those of the first.
    pub fn parse(header: &[u8], text_prefix: Option<&[u8]>) -> Self {
        // The parser is trusted to report, not to panic; a hostile message that finds the
        // exception must not take the mailbox with it.
        let read = std::panic::catch_unwind(|| Self::parse_if(header, |_| true));
        let mut facts = read.ok().flatten().unwrap_or_else(|| Self {
            oddities: vec![Oddity::NoFrom, Oddity::NoMessageId, Oddity::NoHeader],
            ..Self::default()
        });
        if let Some(body) = text_prefix {
            // Likewise: what can't be read of the body leaves the header's facts.
            let mut with_text = facts.clone();
            let read = std::panic::catch_unwind(move || {
                text::read(&mut with_text, body);
                with_text
            });
            facts = read.unwrap_or(facts);
        }
        facts
    }

    /// As [`parse`](Self::parse) without a body, but reads at first only who wrote: `From`,
    /// `Reply-To` and what lists write into the place of them. `None` if by that the message
    /// is not `wanted`: the rest is then never read.
    ///
    /// Should the parser panic on a hostile message, so does this: who was to be told of it must
    /// not take it for a message that nobody wants.
    pub fn parse_if(header: &[u8], wanted: impl FnOnce(&Self) -> bool) -> Option<Self> {
        header::read(header, wanted)
    }

    /// When the last server on its way took a message in, by the topmost `Received` field of its
    /// header block. `None` without such a field, or if that names no moment.
    ///
    /// A mail server tells this better itself (INTERNALDATE); this is for messages in files.
    pub fn received_at(header: &[u8]) -> Option<Timestamp> {
        std::panic::catch_unwind(|| header::received_at(header)).unwrap_or_default()
    }

    /// Splits a whole message into its header block and its body, at the first empty line.
    pub fn split(message: &[u8]) -> (&[u8], &[u8]) {
        // Empty lines in front belong to neither.
        let blank = message
            .iter()
            .take_while(|byte| byte.is_ascii_whitespace())
            .count();
        let message = &message[blank..];
        let mut start = 0;
        while let Some(length) = message[start..].iter().position(|byte| *byte == b'\n') {
            let line = &message[start..start + length];
            let next = start + length + 1;
            if start > 0 && (line.is_empty() || line == b"\r") {
                return (&message[..start], &message[next..]);
            }
            start = next;
        }
        (message, &[])
    }

    /// The first value of a listed field (lower-case name), the topmost in the message.
    pub fn first_field(&self, name: &str) -> Option<&str> {
        self.fields
            .iter()
            .find(|(own, _)| *own == name)
            .map(|(_, value)| value.as_str())
    }

    /// The values of a listed field (lower-case name), topmost first.
    pub fn field<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> + use<'a> {
        self.fields
            .iter()
            .filter(move |(own, _)| *own == name)
            .map(|(_, value)| value.as_str())
    }

    /// Whether a listed field (lower-case name) is there.
    pub fn has_field(&self, name: &str) -> bool {
        self.fields.iter().any(|(own, _)| *own == name)
    }

    /// Everybody in `To` and `Cc`.
    pub fn recipients(&self) -> impl Iterator<Item = &Address> {
        self.to.iter().chain(&self.cc)
    }

    /// What makes this message one message wherever it shows up: its Message-ID and `Date`;
    /// without a Message-ID its authors, recipients, subject, date, size and receipt, so that
    /// two such messages are never taken for one (the price: its copies are not recognised).
    pub fn identity(&self, received_at: Timestamp, size: u32) -> MessageKey {
        let date = self.date.map_or(i64::MIN, |date| date.timestamp());
        if let Some(id) = &self.message_id {
            let parts: [&[u8]; 3] = [b"message", id.as_str().as_bytes(), &date.to_be_bytes()];
            let hash = super::ids::hash128(&parts);
            // Copies are received at different moments: nothing may depend on that.
            return self.date.map_or(MessageKey(hash), |date| {
                MessageKey::new(date.timestamp(), hash)
            });
        }
        let people: Vec<String> = self
            .from
            .iter()
            .map(|author| author.address.to_string())
            .chain(self.recipients().map(Address::to_string))
            .collect();
        let people = people.join(",");
        let seconds = self.date.unwrap_or(received_at).timestamp();
        let hash = super::ids::hash128(&[
            b"without-id",
            people.as_bytes(),
            self.subject.as_bytes(),
            &date.to_be_bytes(),
            &received_at.timestamp().to_be_bytes(),
            &size.to_be_bytes(),
        ]);
        MessageKey::new(seconds, hash)
    }

    /// The identity of a person's mail whatever its Message-ID: author, recipients, subject
    /// and `Date`. Lists and gateways may give a mail another Message-ID and a tag in its
    /// subject. `None` without a `Date` or a subject: that would be too little to go by.
    pub fn content_identity(&self, author: &Address) -> Option<MessageKey> {
        let date = self.date?.timestamp();
        let (subject, answers) = super::classify::base_subject(&self.subject);
        if subject.is_empty() {
            return None;
        }
        let mut people: Vec<String> = self.recipients().map(Address::to_string).collect();
        people.sort_unstable();
        people.dedup();
        let hash = super::ids::hash128(&[
            b"content",
            author.to_string().as_bytes(),
            people.join(",").as_bytes(),
            subject.as_bytes(),
            &[u8::from(answers)],
            &date.to_be_bytes(),
        ]);
        Some(MessageKey::new(date, hash))
    }
}
