//! Letters as clients and strangers write them.

use crate::peer::Message;

/// The Message-ID of a client's letter.
pub(crate) fn id(about: &str, uid: u32) -> String {
    format!("{about}-{uid}@client.test")
}

/// A header block up to its end, which is left open for more fields.
pub(crate) fn header(about: &str, uid: u32) -> Vec<u8> {
    format!(
        "From: Anna <anna@client.test>\r\nTo: us@agency.test\r\nSubject: Question about {about} {uid}\r\nMessage-ID: <{}>\r\nDate: Mon, 16 Nov 2026 09:00:00 +0000\r\n",
        id(about, uid)
    )
    .into_bytes()
}

/// A client's letter.
pub(crate) fn letter(about: &str, uid: u32) -> Message {
    with_header(&[header(about, uid), b"\r\n".to_vec()].concat())
}

/// A message with this header block.
pub(crate) fn with_header(header: &[u8]) -> Message {
    let text = b"Could you have a look, please?\r\n".to_vec();
    Message::Letter {
        size: (header.len() + text.len()) as u32,
        header: header.to_vec(),
        text,
    }
}

/// A letter that is no client's.
pub(crate) fn stranger(uid: u32) -> Message {
    let header = format!(
        "From: Eve <eve@elsewhere.test>\r\nTo: us@agency.test\r\nSubject: Offer {uid}\r\nMessage-ID: <offer-{uid}@elsewhere.test>\r\n\r\n"
    );
    with_header(header.as_bytes())
}
