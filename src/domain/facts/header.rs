//! The header block: its fields one by one, topmost first.
//!
//! We cut the block into fields ourselves and hand only the listed ones to mail-parser's field
//! parsers: no table of all fields, and the topmost of several wins (mail-parser's accessors
//! return the last). Who wrote is read first: of a stranger's mail nothing else is wanted.

use mail_parser::HeaderValue;
use mail_parser::parsers::MessageStream;

use super::super::address::Author;
use super::super::ids::MessageId;
use super::super::time::Timestamp;
use super::{
    ADDRESSES_MAX, AUTHENTICATION_CHARS_MAX, FIELD_CHARS_MAX, FIELD_COUNT_MAX, FIELDS,
    HEADER_BYTES_MAX, MessageFacts, Oddity, REFERENCES_MAX,
};
use super::{addresses, date};

/// The fields that tell who wrote, lists that put themselves in the author's place included.
const AUTHOR_FIELDS: &[&str] = &["from", "reply-to", "x-original-from", "x-original-sender"];

/// Reads a header block: first who wrote, then, if that is `wanted`, everything else. What is
/// odd stands in the facts' oddities, each once.
pub(super) fn read(
    block: &[u8],
    wanted: impl FnOnce(&MessageFacts) -> bool,
) -> Option<MessageFacts> {
    let mut reading = Reading::default();
    if block.len() > HEADER_BYTES_MAX {
        reading.odd(Oddity::HeaderCut);
    }
    let fields = reading.listed_fields(&block[..block.len().min(HEADER_BYTES_MAX)]);
    let tells_author = |name: &str| AUTHOR_FIELDS.contains(&name);
    for (name, value) in fields.iter().filter(|(name, _)| tells_author(name)) {
        reading.take(name, value);
    }
    if !wanted(&reading.facts) {
        return None;
    }
    for (name, value) in fields.iter().filter(|(name, _)| !tells_author(name)) {
        reading.take(name, value);
    }
    Some(reading.finish())
}

/// The moment that the topmost `Received` field names behind its last semicolon (RFC 5321,
/// section 4.4): when the last server took the message in.
pub(super) fn received_at(block: &[u8]) -> Option<Timestamp> {
    let mut rest = skip_mbox_line(&block[..block.len().min(HEADER_BYTES_MAX)]);
    while let Some((field, next)) = next_field(rest) {
        rest = next;
        let Some((name, value)) = field else { continue };
        if name.eq_ignore_ascii_case(b"received") {
            let semicolon = value.iter().rposition(|byte| *byte == b';')?;
            return date::parse(&value[semicolon + 1..]);
        }
    }
    None
}

/// Facts under construction.
#[derive(Default)]
struct Reading {
    facts: MessageFacts,
    any_field: bool,
    from_fields: usize,
    message_ids: usize,
    dates: usize,
    subjects: usize,
    seen: Seen,
}

/// Which fields that may stand there once have been read.
#[derive(Default)]
struct Seen {
    sender: bool,
    reply_to: bool,
    in_reply_to: bool,
    references: bool,
}

impl Reading {
    /// The listed fields of a block, topmost first.
    fn listed_fields<'a>(&mut self, block: &'a [u8]) -> Vec<(&'static str, &'a [u8])> {
        let mut fields = Vec::with_capacity(32);
        let mut rest = skip_mbox_line(block);
        while let Some((field, next)) = next_field(rest) {
            rest = next;
            let Some((name, value)) = field else { continue };
            self.any_field = true;
            let Some(name) = listed(name) else { continue };
            if fields.len() == FIELD_COUNT_MAX {
                self.odd(Oddity::TooMany);
                break;
            }
            fields.push((name, value));
        }
        fields
    }

    fn odd(&mut self, oddity: Oddity) {
        if !self.facts.oddities.contains(&oddity) {
            self.facts.oddities.push(oddity);
        }
    }

    fn take(&mut self, name: &'static str, value: &[u8]) {
        match name {
            "from" => {
                self.from_fields += 1;
                let authors = self.authors(value);
                if authors.is_empty() {
                    self.keep(name, value);
                }
                self.facts.from.extend(authors);
                self.facts.from.truncate(ADDRESSES_MAX);
            }
            "sender" if !std::mem::replace(&mut self.seen.sender, true) => {
                self.facts.sender = self.authors(value).into_iter().next();
            }
            "reply-to" if !std::mem::replace(&mut self.seen.reply_to, true) => {
                self.facts.reply_to = self.authors(value);
            }
            // Several To and Cc fields are read as one: who is addressed is addressed.
            "to" => {
                let people = self.authors(value);
                let room = ADDRESSES_MAX.saturating_sub(self.facts.to.len());
                let addresses = people.into_iter().map(|author| author.address);
                self.facts.to.extend(addresses.take(room));
            }
            "cc" => {
                let people = self.authors(value);
                let room = ADDRESSES_MAX.saturating_sub(self.facts.cc.len());
                self.take_author_behind_list(&people);
                let addresses = people.into_iter().map(|author| author.address);
                self.facts.cc.extend(addresses.take(room));
            }
            "subject" => {
                self.subjects += 1;
                if self.subjects == 1 {
                    self.facts.subject = self.text(value);
                }
            }
            "date" => {
                self.dates += 1;
                if self.dates == 1 {
                    self.facts.date = date::parse(value);
                }
            }
            "message-id" => {
                self.message_ids += 1;
                if self.message_ids == 1 {
                    self.facts.message_id = ids(value).into_iter().next();
                }
            }
            "in-reply-to" if !std::mem::replace(&mut self.seen.in_reply_to, true) => {
                self.facts.in_reply_to = ids(value);
                self.facts.in_reply_to.truncate(REFERENCES_MAX);
            }
            "references" if !std::mem::replace(&mut self.seen.references, true) => {
                self.facts.references = first_and_newest(ids(value));
            }
            "sender" | "reply-to" | "in-reply-to" | "references" => {}
            // Who forges a mail chooses words of it: they are taken as they stand, for what an
            // encoded word says could close a quote or open a comment, and none is cut off.
            "authentication-results" => {
                let text = String::from_utf8_lossy(value);
                let text = one_line(&text, AUTHENTICATION_CHARS_MAX);
                self.facts.fields.push((name, text));
            }
            _ => self.keep(name, value),
        }
    }

    fn keep(&mut self, name: &'static str, value: &[u8]) {
        let text = self.text(value);
        self.facts.fields.push((name, text));
    }

    /// Mailman names him in `Cc` whom it took out of `From`, if answers go to the list.
    fn take_author_behind_list(&mut self, people: &[Author]) {
        let list = self
            .facts
            .from
            .first()
            .and_then(|from| from.name.as_deref());
        let Some((name, _)) = list.and_then(|list| list.rsplit_once(" via ")) else {
            return;
        };
        let is_he = |person: &&Author| person.name.as_deref() == Some(name);
        let mut found = people.iter().filter(is_he);
        if let (Some(author), None) = (found.next(), found.next()) {
            self.facts.behind_list = Some(author.clone());
        }
    }

    fn authors(&mut self, value: &[u8]) -> Vec<Author> {
        let mut authors = addresses::parse(value);
        if authors.len() > ADDRESSES_MAX {
            authors.truncate(ADDRESSES_MAX);
            self.odd(Oddity::TooMany);
        }
        let bad = |author: &Author| {
            let name = author.name.as_deref();
            name.is_some_and(|name| name.contains(char::REPLACEMENT_CHARACTER))
        };
        if authors.iter().any(bad) || std::str::from_utf8(value).is_err() {
            self.odd(Oddity::BadBytes);
        }
        authors
    }

    fn text(&mut self, value: &[u8]) -> String {
        let text = unfolded(value);
        let bad = std::str::from_utf8(value).is_err();
        if bad || text.contains(char::REPLACEMENT_CHARACTER) {
            self.odd(Oddity::BadBytes);
        }
        text
    }

    fn finish(mut self) -> MessageFacts {
        if !self.any_field {
            self.odd(Oddity::NoHeader);
        }
        if self.facts.from.is_empty() {
            self.odd(Oddity::NoFrom);
        }
        let several = [
            (self.from_fields > 1, Oddity::SeveralFromFields),
            (self.facts.from.len() > 1, Oddity::SeveralAuthors),
            (self.facts.message_id.is_none(), Oddity::NoMessageId),
            (self.message_ids > 1, Oddity::SeveralMessageIds),
            (self.dates == 0, Oddity::NoDate),
            (self.dates > 0 && self.facts.date.is_none(), Oddity::BadDate),
            (self.dates > 1, Oddity::SeveralDates),
            (self.subjects > 1, Oddity::SeveralSubjects),
        ];
        for (found, oddity) in several {
            if found {
                self.odd(oddity);
            }
        }
        self.facts
    }
}

/// The mbox separator line is no field, though it has a colon.
fn skip_mbox_line(block: &[u8]) -> &[u8] {
    let block = block.strip_prefix(b"\xef\xbb\xbf").unwrap_or(block);
    let block = block.trim_ascii_start();
    if !block.starts_with(b"From ") && !block.starts_with(b">From ") {
        return block;
    }
    let end = block.iter().position(|byte| *byte == b'\n');
    end.map_or(&[], |end| &block[end + 1..])
}

/// A field's name and its value with its folds.
type RawField<'a> = (&'a [u8], &'a [u8]);

/// Cuts off the next field with its folded lines; `Some((None, _))` for a line that is no
/// field; `None` at the end of the block.
fn next_field(block: &[u8]) -> Option<(Option<RawField<'_>>, &[u8])> {
    if block.is_empty() || block.starts_with(b"\n") || block.starts_with(b"\r\n") {
        return None;
    }
    let mut end = 0;
    loop {
        match block[end..].iter().position(|byte| *byte == b'\n') {
            None => end = block.len(),
            Some(length) => end += length + 1,
        }
        if !matches!(block.get(end), Some(b' ' | b'\t')) {
            break;
        }
    }
    let (field, rest) = block.split_at(end);
    let colon = field.iter().position(|byte| *byte == b':');
    let field = colon.and_then(|colon| {
        let name = field[..colon].trim_ascii();
        let fits = !name.is_empty() && name.iter().all(u8::is_ascii_graphic);
        fits.then(|| (name, &field[colon + 1..]))
    });
    Some((field, rest))
}

fn listed(name: &[u8]) -> Option<&'static str> {
    FIELDS
        .iter()
        .find(|listed| listed.as_bytes().eq_ignore_ascii_case(name))
        .copied()
}

/// The value on one line, encoded words decoded, runs of blanks as one, control characters
/// gone, cut to [`FIELD_CHARS_MAX`].
pub(super) fn unfolded(value: &[u8]) -> String {
    let encoded = value.windows(2).any(|pair| pair == b"=?");
    if encoded && let HeaderValue::Text(text) = MessageStream::new(value).parse_unstructured() {
        return one_line(&text, FIELD_CHARS_MAX);
    }
    match std::str::from_utf8(value) {
        Ok(text) => one_line(text, FIELD_CHARS_MAX),
        // Raw bytes without a charset, against RFC 5322: mostly Windows-1252 of old programs.
        Err(_) => one_line(&decoded(value), FIELD_CHARS_MAX),
    }
}

/// Bytes in no known charset, as Windows-1252.
pub(super) fn decoded(value: &[u8]) -> String {
    mail_parser::decoders::charsets::map::charset_decoder(b"windows-1252").map_or_else(
        || String::from_utf8_lossy(value).into_owned(),
        |decode| decode(value),
    )
}

/// Brings a text onto one line of at most `chars_max` characters.
pub(super) fn one_line(text: &str, chars_max: usize) -> String {
    let trimmed = text.trim_ascii();
    if trimmed.len() <= chars_max && is_one_line(trimmed) {
        return trimmed.to_owned();
    }
    let mut line = String::with_capacity(text.len());
    let mut blank = false;
    let mut chars = 0;
    for c in text.chars() {
        if !c.is_ascii_graphic() && (c.is_whitespace() || c.is_control()) {
            blank = !line.is_empty();
            continue;
        }
        if chars + usize::from(blank) >= chars_max {
            break;
        }
        if std::mem::take(&mut blank) {
            line.push(' ');
            chars += 1;
        }
        line.push(c);
        chars += 1;
    }
    line
}

/// Whether a text is plain ASCII already as [`one_line`] makes it, as most fields are.
fn is_one_line(text: &str) -> bool {
    let mut before = b'.';
    text.bytes().all(|byte| {
        let fits = byte.is_ascii_graphic() || (byte == b' ' && before != b' ');
        before = byte;
        fits
    })
}

/// The ids of a field. Blanks inside an id are folding marks of relays, not part of it.
fn ids(value: &[u8]) -> Vec<MessageId> {
    let clean = |text: &str| {
        let solid: String = text.split_ascii_whitespace().collect();
        MessageId::parse(&solid)
    };
    match MessageStream::new(value).parse_id() {
        // Without angle brackets the parser hands over whatever stands there: a single word is
        // taken for an id, a sentence is not.
        HeaderValue::Text(text) if !value.contains(&b'<') => MessageId::parse(&text),
        HeaderValue::Text(text) => clean(&text),
        HeaderValue::TextList(list) => {
            return list.iter().filter_map(|text| clean(text)).collect();
        }
        _ => None,
    }
    .into_iter()
    .collect()
}

fn first_and_newest(mut ids: Vec<MessageId>) -> Vec<MessageId> {
    if ids.len() > REFERENCES_MAX {
        ids.drain(1..=ids.len() - REFERENCES_MAX);
    }
    ids
}
