//! Folders and their names.
//!
//! Vocabulary: on the wire a name is in modified UTF-7 (RFC 3501, section 5.1.3) and quoted;
//! everywhere else it is plain text. The sent folder is told by its SPECIAL-USE attribute
//! (RFC 6154), else by its name.

use async_imap::imap_proto::{MailboxDatum, NameAttribute, Response};
use base64::Engine;
use base64::alphabet::IMAP_MUTF7;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};

use super::failure::Failure;
use super::session::Session;

const UTF7: GeneralPurpose = GeneralPurpose::new(&IMAP_MUTF7, NO_PAD);

/// How many folders of a mailbox are looked at.
const FOLDERS_MAX: usize = 10_000;

/// The longest name of a folder, in bytes on the wire: no server lets one be much longer.
const NAME_BYTES_MAX: usize = 1_000;

/// Usual names of the sent folder, in the order of preference, in lower case.
const SENT_NAMES: &[&str] = &[
    "sent",
    "sent items",
    "sent messages",
    "sent mail",
    "sent-mail",
    "gesendet",
    "gesendete elemente",
    "gesendete objekte",
    "gesendete nachrichten",
    "envoyés",
    "éléments envoyés",
    "messages envoyés",
    "objets envoyés",
    "enviados",
    "elementos enviados",
    "mensajes enviados",
    "itens enviados",
    "posta inviata",
    "inviati",
    "elementi inviati",
    "inviata",
    "verzonden",
    "verzonden items",
    "verzonden berichten",
    "skickat",
    "skickade",
    "sendt",
    "sendte elementer",
    "sendt post",
    "lähetetyt",
    "wysłane",
    "elementy wysłane",
    "odeslané",
    "odeslaná pošta",
    "odoslané",
    "elküldött",
    "elküldött elemek",
    "trimise",
    "отправленные",
    "надіслані",
    "gönderilmiş öğeler",
    "gönderilenler",
    "απεσταλμένα",
    "送信済み",
    "送信済みメール",
    "已发送",
    "已发送邮件",
    "寄件備份",
    "보낸편지함",
];

/// A folder as the server lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listed {
    /// Its name as plain text.
    pub(crate) name: String,
    /// What separates the levels of its name.
    pub(crate) delimiter: Option<String>,
    /// Whether the server says that it holds sent mail.
    pub(crate) sent: bool,
    /// Whether it can be opened.
    pub(crate) selectable: bool,
}

/// Lists every folder.
pub(crate) async fn list(session: &mut Session) -> Result<Vec<Listed>, Failure> {
    let mut folders = Vec::new();
    session
        .run("LIST \"\" \"*\"", "to list the folders", |response| {
            if let Response::MailboxData(MailboxDatum::List(item)) = response
                && folders.len() < FOLDERS_MAX
                && item.name.len() <= NAME_BYTES_MAX
            {
                folders.push(Listed {
                    name: decode_utf7(&item.name),
                    delimiter: item.delimiter.as_deref().map(str::to_owned),
                    sent: item.name_attributes.iter().any(is_sent),
                    selectable: !item.name_attributes.iter().any(is_no_select),
                });
            }
        })
        .await?;
    Ok(folders)
}

/// Picks the sent folder. Of several with a usual name the one nearest to the top wins.
pub(crate) fn find_sent(folders: &[Listed]) -> Option<&Listed> {
    let usable = || folders.iter().filter(|folder| folder.selectable);
    if let Some(folder) = usable().find(|folder| folder.sent) {
        return Some(folder);
    }
    usable()
        .filter_map(|folder| {
            let last = last_level(folder).to_lowercase();
            let rank = SENT_NAMES.iter().position(|name| *name == last)?;
            let depth = folder.name.len() - last_level(folder).len();
            Some((rank, depth, folder))
        })
        .min_by_key(|(rank, depth, _)| (*rank, *depth))
        .map(|(_, _, folder)| folder)
}

/// A configured folder name as the server writes it: `INBOX` in whatever case is `INBOX`.
pub(crate) fn usual_spelling(name: &str) -> String {
    if name.eq_ignore_ascii_case("INBOX") {
        "INBOX".to_owned()
    } else {
        name.to_owned()
    }
}

/// A folder's name as it stands in commands. Fails on names no folder can have.
pub(crate) fn quote_folder(name: &str) -> Result<String, Failure> {
    quote(&encode_utf7(name)).map_err(|NotQuotable| Failure::Refused {
        what: "to open the folder",
        words: "its name holds a line break or another character no folder name can have"
            .to_owned(),
    })
}

/// A text that no quoted string can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotQuotable;

/// A quoted string (RFC 3501, section 4.3). Fails on line breaks, NUL and 8-bit characters.
pub(crate) fn quote(text: &str) -> Result<String, NotQuotable> {
    let plain = |b: u8| (1..0x80).contains(&b) && b != b'\r' && b != b'\n';
    if !text.bytes().all(plain) {
        return Err(NotQuotable);
    }
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
    Ok(format!("\"{escaped}\""))
}

/// Writes modified UTF-7.
pub(crate) fn encode_utf7(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut shifted: Vec<u8> = Vec::new();
    for c in name.chars() {
        if (' '..='~').contains(&c) || matches!(c, '\r' | '\n' | '\0') {
            flush_shifted(&mut out, &mut shifted);
            out.push(c);
            if c == '&' {
                out.push('-');
            }
        } else {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                shifted.extend_from_slice(&unit.to_be_bytes());
            }
        }
    }
    flush_shifted(&mut out, &mut shifted);
    out
}

/// Reads modified UTF-7. What is none (servers with UTF-8 names) is left as it is.
pub(crate) fn decode_utf7(wire: &str) -> String {
    let mut out = String::with_capacity(wire.len());
    let mut rest = wire;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let Some(end) = rest.find('-') else {
            out.push('&');
            break;
        };
        let (code, tail) = (&rest[..end], &rest[end + 1..]);
        match decode_shifted(code) {
            Some(text) => {
                out.push_str(&text);
                rest = tail;
            }
            None => out.push('&'),
        }
    }
    out.push_str(rest);
    out
}

fn flush_shifted(out: &mut String, shifted: &mut Vec<u8>) {
    if !shifted.is_empty() {
        out.push('&');
        out.push_str(&UTF7.encode(&shifted));
        out.push('-');
        shifted.clear();
    }
}

fn decode_shifted(code: &str) -> Option<String> {
    if code.is_empty() {
        return Some("&".to_owned());
    }
    let bytes = UTF7.decode(code).ok()?;
    let units: Vec<u16> = bytes
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => u16::from_be_bytes([*high, *low]),
            _ => 0xfffd,
        })
        .collect();
    String::from_utf16(&units).ok()
}

fn last_level(folder: &Listed) -> &str {
    match folder.delimiter.as_deref() {
        Some(delimiter) if !delimiter.is_empty() => folder
            .name
            .rsplit_once(delimiter)
            .map_or(folder.name.as_str(), |(_, last)| last),
        _ => &folder.name,
    }
}

fn is_sent(attribute: &NameAttribute<'_>) -> bool {
    match attribute {
        NameAttribute::Sent => true,
        NameAttribute::Extension(name) => name.eq_ignore_ascii_case("\\Sent"),
        _ => false,
    }
}

fn is_no_select(attribute: &NameAttribute<'_>) -> bool {
    match attribute {
        NameAttribute::NoSelect => true,
        NameAttribute::Extension(name) => {
            name.eq_ignore_ascii_case("\\NoSelect") || name.eq_ignore_ascii_case("\\NonExistent")
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(name: &str, delimiter: &str, sent: bool) -> Listed {
        Listed {
            name: name.to_owned(),
            delimiter: Some(delimiter.to_owned()),
            sent,
            selectable: true,
        }
    }

    fn found(folders: &[Listed]) -> Option<&str> {
        find_sent(folders).map(|folder| folder.name.as_str())
    }

    #[test]
    fn the_servers_word_beats_a_usual_name() {
        let folders = [listed("Sent", "/", false), listed("Ausgang", "/", true)];
        assert_eq!(found(&folders), Some("Ausgang"));
    }

    #[test]
    fn usual_names_are_found_under_any_parent_and_in_any_case() {
        assert_eq!(
            found(&[listed("INBOX.Sent", ".", false)]),
            Some("INBOX.Sent")
        );
        assert_eq!(
            found(&[listed("[Gmail]/Sent Mail", "/", false)]),
            Some("[Gmail]/Sent Mail")
        );
        assert_eq!(
            found(&[listed("GESENDETE ELEMENTE", "/", false)]),
            Some("GESENDETE ELEMENTE")
        );
        assert_eq!(
            found(&[listed("Éléments envoyés", "/", false)]),
            Some("Éléments envoyés")
        );
        let two = [
            listed("Archive/Sent", "/", false),
            listed("Sent", "/", false),
        ];
        assert_eq!(found(&two), Some("Sent"));
        assert_eq!(found(&[listed("Presented", "/", false)]), None);
    }

    #[test]
    fn names_survive_modified_utf7() {
        for (plain, wire) in [
            ("Envoyés", "Envoy&AOk-s"),
            ("R&D", "R&-D"),
            ("送信済み", "&kAFP4W4IMH8-"),
            ("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
            ("INBOX", "INBOX"),
        ] {
            assert_eq!(encode_utf7(plain), wire);
            assert_eq!(decode_utf7(wire), plain);
        }
        assert_eq!(decode_utf7("Tom & Jerry"), "Tom & Jerry");
    }

    #[test]
    fn a_name_cannot_smuggle_a_command() {
        assert!(quote_folder("INBOX\r\na1 DELETE INBOX").is_err());
        assert!(quote_folder("x\0y").is_err());
        assert_eq!(
            quote_folder("a\"b\\c").expect("quotable"),
            "\"a\\\"b\\\\c\""
        );
    }
}
