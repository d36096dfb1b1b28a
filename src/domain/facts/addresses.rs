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
    let authors = read(value);
    if !authors.is_empty() {
        return authors;
    }
    let mended = std::str::from_utf8(value).ok().and_then(mended);
    mended.map_or(authors, |value| read(value.as_bytes()))
}

/// A value that holds no address as it stands: without its comments, which may stand within an
/// address (RFC 5322, section 3.2.2), without a quote or a parenthesis that never closes, and
/// without what makes an address a link. `None` if that changes nothing.
///
/// A name must not become an address here either: nothing is mended between two at signs that no
/// comma parts, but that a link bears its address twice.
fn mended(value: &str) -> Option<String> {
    let (mut plain, open) = without_comments(value);
    if open {
        plain = value.replace(['(', ')'], " ");
    }
    if plain.bytes().filter(|byte| *byte == b'"').count() % 2 == 1 {
        plain = plain.replace('"', " ");
    }
    let is_link = find_mailto(&plain).is_some();
    if is_link {
        plain = plain.replace('[', "<").replace(']', ">");
    }
    let mut pieces = plain.split(',');
    let several = |piece: &str| piece.bytes().filter(|byte| *byte == b'@').count() > 1;
    if plain == value || (!is_link && pieces.any(several)) {
        return None;
    }
    Some(plain)
}

/// The value without what stands in parentheses outside quotes, and whether one never closes.
fn without_comments(value: &str) -> (String, bool) {
    let (mut depth, mut quoted) = (0_usize, false);
    let mut plain = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        match c {
            // Behind a backslash nothing opens or closes.
            '\\' if quoted || depth > 0 => {
                let escaped = chars.next();
                if depth == 0 {
                    plain.push(c);
                    plain.extend(escaped);
                }
                continue;
            }
            '"' if depth == 0 => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted && depth > 0 => {
                depth -= 1;
                continue;
            }
            _ => {}
        }
        if depth == 0 {
            plain.push(c);
        }
    }
    (plain, depth > 0)
}

fn find_mailto(text: &str) -> Option<usize> {
    let mut places = text.as_bytes().windows(MAILTO.len());
    places.position(|place| place.eq_ignore_ascii_case(MAILTO))
}

/// What makes an address a link (RFC 6068).
const MAILTO: &[u8] = b"mailto:";

/// An address that may have been written as a link: `mailto:bob@acme.example?subject=Hello`.
fn linked(text: &str) -> Option<Address> {
    let text = text.trim();
    if find_mailto(text) != Some(0) {
        return Address::parse(text);
    }
    let target = &text[MAILTO.len()..];
    Address::parse(target.split('?').next()?)
}

fn read(value: &[u8]) -> Vec<Author> {
    let list: Vec<Addr<'_>> = match MessageStream::new(value).parse_address() {
        HeaderValue::Address(mail_parser::Address::List(list)) => list,
        HeaderValue::Address(mail_parser::Address::Group(groups)) => groups
            .into_iter()
            .flat_map(|group| group.addresses)
            .collect(),
        _ => Vec::new(),
    };
    // `alice@a.example <eve@b.example>` reaches us as one glued address, and a quoted local part
    // without angle brackets as a display name: read them by hand.
    let odd = |entry: &Addr<'_>| glued(entry) || beheaded(entry);
    if list.iter().any(odd) || has_other_brackets(value) {
        return by_hand(value);
    }
    let authors: Vec<Author> = list.into_iter().filter_map(author).collect();
    if authors.is_empty() {
        let found = bare(value).or_else(|| salvaged(value));
        return found.into_iter().collect();
    }
    authors
}

/// What is left of an address that has a bracket too many or too few, or a blank before its at
/// sign. Only where there is but one at sign, and neither quotes nor comments nor encoded words:
/// a display name never becomes an address.
fn salvaged(value: &[u8]) -> Option<Author> {
    let text = std::str::from_utf8(value).ok()?;
    let (before, after) = text.split_once('@')?;
    let structured = text.contains(['"', '(', ':', ';', ',']) || text.contains("=?");
    if structured || after.contains('@') {
        return None;
    }
    let of_domain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
    let after = after.trim_start();
    let domain = &after[..after.find(|c| !of_domain(c)).unwrap_or(after.len())];
    let mut words = before
        .trim_end()
        .rsplit(|c: char| c.is_whitespace() || c == '<');
    let local = words.next()?.trim_start_matches('\'');
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

/// Whether something else than an address stands in angle brackets before an address in such, as
/// directories put it there: `Bob </O=ACME/CN=BOB> <bob@acme.example>`.
fn has_other_brackets(value: &[u8]) -> bool {
    split_at_commas(value).into_iter().any(|piece| {
        let Some(close) = piece
            .windows(2)
            .position(|pair| matches!(pair, b"> " | b"><"))
        else {
            return false;
        };
        let (first, rest) = piece.split_at(close);
        let open = first.iter().rposition(|byte| *byte == b'<');
        let is_address = |text: &[u8]| text.contains(&b'@');
        open.is_some_and(|open| !is_address(&first[open..]))
            && rest.contains(&b'<')
            && is_address(rest)
    })
}

fn glued(entry: &Addr<'_>) -> bool {
    let address = entry.address.as_deref().unwrap_or_default();
    !address.starts_with('@')
        && !address.contains('"')
        && address.bytes().filter(|byte| *byte == b'@').count() > 1
}

/// An entry whose quoted local part was taken for a display name.
fn beheaded(entry: &Addr<'_>) -> bool {
    let address = entry.address.as_deref().unwrap_or_default();
    address.starts_with('@') && !address.contains(':')
}

fn author(entry: Addr<'_>) -> Option<Author> {
    let text = entry.address?;
    // An obsolete route (RFC 5322, section 4.4) stands before the address: `@relay:user@host`.
    let bare = match text.split_once(':') {
        Some((route, bare)) if route.starts_with('@') => bare,
        _ => text.as_ref(),
    };
    Some(Author {
        address: linked(bare)?,
        name: entry.name.and_then(|name| display_name(&name)),
    })
}

fn display_name(text: &str) -> Option<String> {
    let name = one_line(text, NAME_CHARS_MAX);
    let name = name.trim_matches(['"', '\'', ' ']);
    (!name.is_empty()).then(|| name.to_owned())
}

/// Splits at top-level commas, and takes of each piece what stands in its angle brackets, or
/// what is an address without them.
fn by_hand(value: &[u8]) -> Vec<Author> {
    split_at_commas(value)
        .into_iter()
        .filter_map(|piece| {
            let bare = |address| Author {
                address,
                name: None,
            };
            let quoted = with_quoted_local(piece).map(bare);
            quoted
                .or_else(|| in_brackets(piece))
                .or_else(|| Address::parse(std::str::from_utf8(piece).ok()?).map(bare))
        })
        .collect()
}

fn in_brackets(piece: &[u8]) -> Option<Author> {
    let close = piece.iter().rposition(|byte| *byte == b'>')?;
    let open = piece[..close].iter().rposition(|byte| *byte == b'<')?;
    let quotes = piece[..open].iter().filter(|byte| **byte == b'"').count();
    if quotes % 2 == 1 {
        return None;
    }
    let address = std::str::from_utf8(&piece[open + 1..close]).ok()?;
    Some(Author {
        address: linked(address)?,
        name: display_name(&unfolded(&piece[..open])),
    })
}

/// `"ann smith"@acme.example`, a comment or the rest of a group behind it aside; the group's
/// name may stand before it.
fn with_quoted_local(piece: &[u8]) -> Option<Address> {
    let text = std::str::from_utf8(piece).ok()?.trim();
    let start = text.find('"')?;
    if !text[..start].is_empty() && !text[..start].trim_end().ends_with(':') {
        return None;
    }
    let text = &text[start..];
    let end = behind_quotes(text)?;
    let domain = text[end..].trim_start().strip_prefix('@')?.trim_start();
    let domain = domain.split('(').next()?.trim_end();
    Address::parse(&format!("{}@{domain}", &text[..end]))
}

/// Where the quoted string at the beginning ends.
fn behind_quotes(text: &str) -> Option<usize> {
    let mut escaped = false;
    let mut inner = text.char_indices().skip(1);
    let close = inner.find(|(_, c)| {
        let closes = *c == '"' && !escaped;
        escaped = *c == '\\' && !escaped;
        closes
    });
    close.map(|(at, _)| at + 1)
}

fn split_at_commas(value: &[u8]) -> Vec<&[u8]> {
    let mut pieces = Vec::new();
    let (mut start, mut quoted, mut angle, mut escaped) = (0, false, false, false);
    let mut depth = 0_usize;
    for (at, byte) in value.iter().enumerate() {
        if std::mem::take(&mut escaped) {
            continue;
        }
        match byte {
            b'\\' => escaped = true,
            b'"' => quoted = !quoted,
            b'(' if !quoted => depth += 1,
            b')' if !quoted => depth = depth.saturating_sub(1),
            b'<' if !quoted => angle = true,
            b'>' if !quoted => angle = false,
            b',' | b';' if !quoted && !angle && depth == 0 => {
                pieces.push(&value[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    pieces.push(&value[start..]);
    pieces
}
