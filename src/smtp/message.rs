//! A rendered mail as bytes (RFC 5322 and MIME).

use chrono::Datelike;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MessageBuilder, MultiPart, SinglePart};
use lettre::{Address as WireAddress, Message};

use crate::domain::address::{Address, Author};
use crate::domain::draft::Mail;
use crate::domain::ids::MessageId;

/// The mail as bytes, as it goes over the wire and into the sent folder: lines end in CRLF,
/// everything is ASCII as long as the addresses are. The same mail gives the same bytes.
///
/// Fails if an address can't be written into a header, or the date can't. The error is for
/// people and names no address.
pub fn bytes(mail: &Mail) -> Result<Vec<u8>, String> {
    let from = mailbox(&mail.from, "sender")?;
    let to = wire_address(&mail.to, "recipient")?;
    // The parts of the envelope are told to the server one by one; the builder only wants
    // to have one, and would otherwise read it out of the headers.
    let envelope = lettre::address::Envelope::new(None, vec![to.clone()])
        .map_err(|_| "the mail has no recipient".to_owned())?;
    if !(1970..=9999).contains(&mail.date.year()) {
        return Err("the date of the mail can't be written".to_owned());
    }
    let mut builder = Message::builder()
        .envelope(envelope)
        .message_id(Some(bracketed(&mail.message_id)))
        .date(mail.date.into())
        .from(from)
        .to(Mailbox::new(None, to))
        .subject(mail.subject.as_str());
    if let Some(id) = &mail.in_reply_to {
        builder = builder.in_reply_to(bracketed(id));
    }
    if !mail.references.is_empty() {
        let ids: Vec<String> = mail.references.iter().map(bracketed).collect();
        builder = builder.references(ids.join(" "));
    }
    for (name, value) in &mail.headers {
        builder = with_header(builder, name, value)?;
    }
    let message = match &mail.html {
        Some(html) => builder.multipart(
            MultiPart::alternative()
                .boundary(boundary(&mail.message_id))
                .singlepart(part(ContentType::TEXT_PLAIN, &mail.text))
                .singlepart(part(ContentType::TEXT_HTML, html)),
        ),
        None => builder.singlepart(part(ContentType::TEXT_PLAIN, &mail.text)),
    };
    message
        .map(|message| message.formatted())
        .map_err(|error| format!("the mail can't be written: {error}"))
}

/// The address as lettre holds it.
///
/// lettre refuses some addresses that mail servers take, such as those with two dots in a
/// row; what consists of harmless characters alone is passed on as it is.
pub(super) fn wire_address(address: &Address, whose: &str) -> Result<WireAddress, String> {
    let (local, domain) = (address.local(), address.domain());
    let harmless =
        |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&byte);
    match WireAddress::new(local, domain) {
        Ok(address) => Ok(address),
        Err(_) if local.bytes().all(harmless) => Ok(WireAddress::new_dangerous(local, domain)),
        Err(_) => Err(format!(
            "the address of the {whose} can't be written into a mail"
        )),
    }
}

fn mailbox(author: &Author, whose: &str) -> Result<Mailbox, String> {
    Ok(Mailbox::new(
        author.name.clone(),
        wire_address(&author.address, whose)?,
    ))
}

fn bracketed(id: &MessageId) -> String {
    format!("<{id}>")
}

fn with_header(
    builder: MessageBuilder,
    name: &'static str,
    value: &str,
) -> Result<MessageBuilder, String> {
    let name_ok = HeaderName::new_from_ascii(name.to_owned());
    let value_ok = value.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    match (name_ok, value_ok) {
        (Ok(name), true) => Ok(builder.raw_header(HeaderValue::new(name, value.to_owned()))),
        _ => Err(format!(
            "the header {name} can't be written: it is not plain ASCII"
        )),
    }
}

/// A part of the body. The last line end is taken away because lettre adds one.
fn part(content_type: ContentType, text: &str) -> SinglePart {
    let text = text.strip_suffix('\n').unwrap_or(text);
    SinglePart::builder()
        .content_type(content_type)
        .body(text.to_owned())
}

/// Made from the Message-ID, so that a mail that is sent twice is the same bytes twice.
fn boundary(id: &MessageId) -> String {
    format!("=_ackd_{:032x}", id.hash().0)
}
