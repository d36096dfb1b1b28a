//! The beginning of the body: its first text and the types of its parts.

use std::collections::BTreeSet;

use mail_parser::{Message, MessageParser, MessagePart, MimeHeaders, PartType};

use super::links;
use super::{MessageFacts, TEXT_BYTES_MAX, TEXT_CHARS_MAX};

/// One part of a message's body (RFC 2045).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BodyPart {
    /// The media type in lower case, such as `text/calendar`.
    pub media_type: String,
    /// Whether it is an attachment (RFC 2183).
    pub attached: bool,
    /// Whether it bears the name of a file.
    pub named: bool,
    /// Whether another part may show it by its `Content-ID` (RFC 2392), as texts show pictures.
    pub shown_within: bool,
    /// Whether it is one of several forms of the same (`multipart/alternative`).
    pub alternative: bool,
    /// For a calendar part: its METHOD (RFC 5546, section 1.4) in upper case, if it names one.
    pub method: Option<String>,
    /// Whether its header names the METHOD, as calendar programs write it; a file that somebody
    /// attached names it within at most.
    pub method_declared: bool,
}

/// The most parts that are looked at.
const PARTS_MAX: usize = 64;

/// Reads the beginning of a body, cut anywhere, into the facts' text and parts.
pub(super) fn read(facts: &mut MessageFacts, body: &[u8]) {
    let body = &body[..body.len().min(TEXT_BYTES_MAX)];
    let mut message = Vec::with_capacity(body.len() + 256);
    for name in ["content-type", "content-transfer-encoding"] {
        if let Some(value) = facts.first_field(name) {
            message.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
    }
    // A field of our own, so that there is a header even without these two.
    message.extend_from_slice(b"mime-version: 1.0\r\n\r\n");
    message.extend_from_slice(body);
    let Some(message) = MessageParser::default().parse(&message) else {
        return;
    };
    facts.text = first_text(&message);
    facts.links = links::read(&message);
    facts.calendar = message.parts.iter().find_map(invitation);
    let alternatives = alternatives(&message);
    let parts = message.parts.iter().enumerate();
    facts.parts = parts
        .filter(|(_, part)| !matches!(part.body, PartType::Multipart(_)))
        .take(PARTS_MAX)
        .map(|(at, part)| BodyPart {
            alternative: u32::try_from(at).is_ok_and(|at| alternatives.contains(&at)),
            ..body_part(part)
        })
        .collect();
}

/// A part that invites to a meeting, answers an invitation or calls a meeting off.
fn invitation(part: &MessagePart<'_>) -> Option<String> {
    let method = body_part(part).method?;
    let is_known = ["REQUEST", "REPLY", "CANCEL"].contains(&method.as_str());
    is_known.then(|| String::from_utf8_lossy(part.contents()).into_owned())
}

/// The numbers of the parts that stand right within a `multipart/alternative`.
fn alternatives(message: &Message<'_>) -> BTreeSet<u32> {
    let is_alternative = |part: &&MessagePart<'_>| {
        let subtype = part.content_type().and_then(|kind| kind.subtype());
        subtype.is_some_and(|subtype| subtype.eq_ignore_ascii_case("alternative"))
    };
    let parts = message.parts.iter().filter(is_alternative);
    let within = parts.filter_map(|part| match &part.body {
        PartType::Multipart(within) => Some(within.iter().copied()),
        _ => None,
    });
    within.flatten().collect()
}

fn first_text(message: &Message<'_>) -> Option<String> {
    let text = message.body_text(0)?;
    let written = text.chars().filter(|c| *c != '\r');
    let kept: String = written.take(TEXT_CHARS_MAX).collect();
    // A part that holds nothing says nothing; an empty plain text before the real HTML is usual.
    if !kept.trim().is_empty() {
        return Some(kept);
    }
    let others = (1..message.text_body_count()).filter_map(|at| message.body_text(at));
    let html = (0..message.html_body_count()).filter_map(|at| message.body_html(at));
    let html = html.map(|html| mail_parser::decoders::html::html_to_text(&html).into());
    others
        .chain(html)
        .map(|text| text.chars().take(TEXT_CHARS_MAX).collect::<String>())
        .find(|text| !text.trim().is_empty())
        .or(Some(kept))
}

fn body_part(part: &MessagePart<'_>) -> BodyPart {
    let declared = part.content_type();
    let mut media_type = declared.map_or_else(
        || "text/plain".to_owned(),
        |kind| {
            let subtype = kind.subtype().unwrap_or_default();
            format!("{}/{subtype}", kind.ctype()).to_ascii_lowercase()
        },
    );
    let file = part.attachment_name().unwrap_or_default().to_lowercase();
    if media_type == "application/ics" || file.ends_with(".ics") {
        media_type = "text/calendar".to_owned();
    }
    let attached = part
        .content_disposition()
        .is_some_and(|disposition| disposition.ctype().eq_ignore_ascii_case("attachment"));
    let calendar = media_type == "text/calendar";
    let declared_method = declared
        .and_then(|kind| kind.attribute("method"))
        .filter(|_| calendar)
        .map(str::to_ascii_uppercase);
    let method_declared = declared_method.is_some();
    let within = || calendar.then(|| method_within(part.contents())).flatten();
    BodyPart {
        media_type,
        attached,
        named: !file.is_empty(),
        shown_within: part.content_id().is_some(),
        alternative: false,
        method: declared_method.or_else(within),
        method_declared,
    }
}

/// The METHOD property of an iCalendar object (RFC 5545, section 3.7.2).
fn method_within(calendar: &[u8]) -> Option<String> {
    calendar
        .split(|byte| *byte == b'\n')
        .filter_map(|line| std::str::from_utf8(line).ok())
        .find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.trim().eq_ignore_ascii_case("method").then_some(value)
        })
        .map(|method| method.trim().to_ascii_uppercase())
}
