//! Address lists (RFC 5322, section 3.4), as people and programs write them.

use mail_parser::parsers::MessageStream;
use mail_parser::{Addr, HeaderValue};

use super::super::address::{Address, Author};
use super::NAME_CHARS_MAX;
use super::header::{decoded, one_line, unfolded};

/// The addresses of a field, in order; members of groups among them, what is no address left
/// out. A display name never becomes an address.
pub(super) fn parse(value: &[u8]) -> Vec<Author> {
    // Raw bytes without a charset, against RFC 5322: read as in a subject.
    if std::str::from_utf8(value).is_err() {
        return parse_text(decoded(value).as_bytes());
    }
    parse_text(value)
}

fn parse_text(value: &[u8]) -> Vec<Author> {
    let list: Vec<Addr<'_>> = match MessageStream::new(value).parse_address() {
        HeaderValue::Address(mail_parser::Address::List(list)) => list,
        HeaderValue::Address(mail_parser::Address::Group(groups)) => groups
            .into_iter()
            .flat_map(|group| group.addresses)
            .collect(),
        _ => Vec::new(),
    };
    // `alice@a.example <eve@b.example>` reaches us as one glued address: read it by hand.
    if list.iter().any(glued) {
        return by_hand(value);
    }
    let authors: Vec<Author> = list.into_iter().filter_map(author).collect();
    if authors.is_empty() {
        let found = bare(value).or_else(|| salvaged(value));
        return found.into_iter().collect();
    }
    authors
}

/// What is left of an address that is quoted for no reason (`"ann"@acme.example`), has a
/// bracket too many or too few, or a blank before its at sign. Only where there is but one at
/// sign, outside quotes and comments: a display name never becomes an address.
fn salvaged(value: &[u8]) -> Option<Author> {
    let text = std::str::from_utf8(value).ok()?;
    let (before, after) = text.split_once('@')?;
    let is_quoted = before.matches('"').count() % 2 == 1;
    if is_quoted || after.contains('@') || text.contains(['(', ':', ';', ',']) {
        return None;
    }
    let of_domain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
    let after = after.trim_start();
    let domain = &after[..after.find(|c| !of_domain(c)).unwrap_or(after.len())];
    let before = before.trim_end();
    let local = match before.strip_suffix('"') {
        Some(quoted) => quoted.rsplit_once('"')?.1,
        None => before
            .rsplit(|c: char| c.is_whitespace() || c == '<')
            .next()?,
    };
    let local = local.trim_start_matches('\'');
    Some(Author {
        address: Address::parse(&format!("{local}@{domain}"))?,
        name: None,
    })
}

/// `Bob Smith bob@acme.example`, as programs write it that forget the angle brackets: the only
/// word with an at sign is the address, where nothing else gives the value a structure.
fn bare(value: &[u8]) -> Option<Author> {
    let text = std::str::from_utf8(value).ok()?;
    if text.contains(['<', '>', '"', '(', ',', ';', ':', '=']) {
        return None;
    }
    let (addresses, name): (Vec<&str>, Vec<&str>) =
        text.split_whitespace().partition(|word| word.contains('@'));
    let [address] = addresses.as_slice() else {
        return None;
    };
    Some(Author {
        address: Address::parse(address)?,
        name: display_name(&name.join(" ")),
    })
}

fn glued(entry: &Addr<'_>) -> bool {
    let address = entry.address.as_deref().unwrap_or_default();
    !address.starts_with('@')
        && !address.contains('"')
        && address.bytes().filter(|byte| *byte == b'@').count() > 1
}

fn author(entry: Addr<'_>) -> Option<Author> {
    let text = entry.address?;
    // An obsolete route (RFC 5322, section 4.4) stands before the address: `@relay:user@host`.
    let bare = match text.split_once(':') {
        Some((route, bare)) if route.starts_with('@') => bare,
        _ => text.as_ref(),
    };
    Some(Author {
        address: Address::parse(bare)?,
        name: entry.name.and_then(|name| display_name(&name)),
    })
}

fn display_name(text: &str) -> Option<String> {
    let name = one_line(text, NAME_CHARS_MAX);
    let name = name.trim_matches(['"', '\'', ' ']);
    (!name.is_empty()).then(|| name.to_owned())
}

/// Splits at top-level commas and takes what stands in the last angle brackets.
fn by_hand(value: &[u8]) -> Vec<Author> {
    split_at_commas(value)
        .into_iter()
        .filter_map(|piece| {
            let close = piece.iter().rposition(|byte| *byte == b'>')?;
            let open = piece[..close].iter().rposition(|byte| *byte == b'<')?;
            let address = std::str::from_utf8(&piece[open + 1..close]).ok()?;
            Some(Author {
                address: Address::parse(address)?,
                name: display_name(&unfolded(&piece[..open])),
            })
        })
        .collect()
}

fn split_at_commas(value: &[u8]) -> Vec<&[u8]> {
    let mut pieces = Vec::new();
    let (mut start, mut quoted, mut angle) = (0, false, false);
    for (at, byte) in value.iter().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b'<' if !quoted => angle = true,
            b'>' if !quoted => angle = false,
            b',' | b';' if !quoted && !angle => {
                pieces.push(&value[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    pieces.push(&value[start..]);
    pieces
}
