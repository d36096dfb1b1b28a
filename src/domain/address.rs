//! Mail addresses and domains, in the one form in which we compare them.
//!
//! Vocabulary: the *local part* stands before the `@`, the *domain* after it. A domain is
//! kept in lower-case A-label form (RFC 5890: `xn--…`), so that `Bücher.example` and
//! `xn--bcher-kva.example` are the same domain.

use std::fmt;

/// A mail address: lower-case local part and lower-case A-label domain, neither empty.
///
/// Local parts are compared without regard to case: RFC 5321 allows servers to tell them
/// apart, none that matters does, and people write them as they like.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    local: String,
    domain: String,
}

impl Address {
    /// The longest address we take (RFC 5321, section 4.5.3.1: 64 + 1 + 255 octets).
    pub const BYTES_MAX: usize = 320;

    /// Checks a bare address such as `alice@client.example`. `None` if it has no local part,
    /// no valid domain, or control characters; or, outside a quoted local part
    /// (`"ann smith"@client.example`, RFC 5322, section 3.2.4), blanks, brackets, parentheses or a
    /// second at sign.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (local, domain) = text.rsplit_once('@')?;
        if text.len() > Self::BYTES_MAX {
            return None;
        }
        Some(Self {
            local: local_part(local)?,
            domain: parse_domain(domain)?,
        })
    }

    /// Takes back what [`local`](Self::local) and [`domain`](Self::domain) once gave, as it is
    /// kept on disk. Not for text from outside: nothing is checked or brought into form again,
    /// so that an address once taken can't be refused later.
    pub fn from_parts(local: &str, domain: &str) -> Option<Self> {
        (!local.is_empty() && !domain.is_empty()).then(|| Self {
            local: local.to_owned(),
            domain: domain.to_owned(),
        })
    }

    /// What stands before the `@`, in lower case.
    pub fn local(&self) -> &str {
        &self.local
    }

    /// What stands after the `@`, in lower-case A-label form.
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// The address as logs may show it: enough to recognise, not enough to write to.
    pub fn masked(&self) -> String {
        let first: String = self.local.chars().take(1).collect();
        format!("{first}…@{}", self.domain)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.local, self.domain)
    }
}

/// A local part in the one form in which we compare it: in lower case, and in quotes only where
/// these protect something (RFC 5322, section 3.4.1: `"ann"` and `ann` are the same).
fn local_part(text: &str) -> Option<String> {
    let Some(inner) = quoted(text) else {
        let clean = |c: char| !c.is_control() && !c.is_whitespace() && !"<>(),;@\\".contains(c);
        return (!text.is_empty() && text.chars().all(clean)).then(|| text.to_lowercase());
    };
    let is_atom = |word: &str| {
        !word.is_empty()
            && word
                .chars()
                .all(|c| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c))
    };
    if inner.is_empty() || inner.chars().any(char::is_control) {
        return None;
    }
    if inner.split('.').all(is_atom) {
        return Some(inner.to_lowercase());
    }
    let escaped = inner.replace('\\', "\\\\").replace('"', "\\\"");
    Some(format!("\"{}\"", escaped.to_lowercase()))
}

/// What stands in quotes, its escapes taken back. `None` if the text is not one quoted string.
fn quoted(text: &str) -> Option<String> {
    let rest = text.strip_prefix('"')?.strip_suffix('"')?;
    let mut inner = String::with_capacity(rest.len());
    let mut chars = rest.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => return None,
            '\\' => inner.push(chars.next()?),
            c => inner.push(c),
        }
    }
    Some(inner)
}

/// Brings a domain into lower-case A-label form. `None` if it is no domain name.
pub fn parse_domain(text: &str) -> Option<String> {
    let text = text.trim().trim_end_matches('.');
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
    if text.is_empty() || text.len() > 253 || text.starts_with('.') || text.contains("..") {
        return None;
    }
    // The common case costs no tables: plain ASCII without an A-label in it.
    let lower = text.to_ascii_lowercase();
    if text.bytes().all(plain) && !lower.contains("xn--") {
        return Some(lower);
    }
    let label = idna::domain_to_ascii(&lower).ok()?;
    (!label.is_empty() && label.bytes().all(plain)).then_some(label)
}

/// An address with the name its writer put before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    /// The bare address.
    pub address: Address,
    /// The display name, decoded; `None` if there was none.
    pub name: Option<String>,
}

/// Which addresses belong to an organisation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AddressPattern {
    /// This one address. Beats every domain.
    Address(Address),
    /// Exactly this domain, not its subdomains.
    Domain(String),
    /// Subdomains of this domain at any depth, not the domain itself (`*.acme.example`).
    Subdomains(String),
}

impl AddressPattern {
    /// Whether this pattern covers the address.
    pub fn covers(&self, address: &Address) -> bool {
        match self {
            Self::Address(own) => own == address,
            Self::Domain(domain) => domain == address.domain(),
            Self::Subdomains(domain) => address
                .domain()
                .strip_suffix(domain.as_str())
                .is_some_and(|rest| rest.len() > 1 && rest.ends_with('.')),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        Address::parse(text).expect("a valid address")
    }

    #[test]
    fn an_a_label_in_capitals_is_checked_like_any_other() {
        let bücher = Some("xn--bcher-kva.example".to_owned());
        assert_eq!(parse_domain("XN--BCHER-KVA.example"), bücher);
        for broken in ["xn--imap.example", "Xn--imap.example", "XN--IMAP.example"] {
            assert_eq!(parse_domain(broken), None, "{broken}");
        }
    }

    #[test]
    fn case_and_script_make_no_difference() {
        assert_eq!(
            address("Alice@Client.Example"),
            address("alice@client.example")
        );
        assert_eq!(
            address("a@Bücher.example"),
            address("a@xn--bcher-kva.example")
        );
    }

    #[test]
    fn look_alikes_are_other_domains() {
        assert_ne!(address("a@аcme.example"), address("a@acme.example"));
        let acme = AddressPattern::Domain("acme.example".into());
        assert!(!acme.covers(&address("a@acme.example.evil.test")));
        assert!(!acme.covers(&address("a@notacme.example")));
    }

    #[test]
    fn a_star_covers_every_depth_but_not_the_domain_itself() {
        let below = AddressPattern::Subdomains("acme.example".into());
        assert!(below.covers(&address("a@de.acme.example")));
        assert!(below.covers(&address("a@x.de.acme.example")));
        assert!(!below.covers(&address("a@acme.example")));
        assert!(!below.covers(&address("a@notacme.example")));
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for bad in [
            "",
            "alice",
            "@b",
            "a@",
            "a b@c.d",
            "a@b..c",
            "a@\n",
            "<a@b>",
            "\"\"@b",
            "\"a\r\nb\"@c.d",
            "\"a\\\"@b",
        ] {
            assert_eq!(Address::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_quoted_local_part_may_hold_what_no_other_may() {
        for (text, form) in [
            ("\"Ann Smith\"@acme.example", "\"ann smith\"@acme.example"),
            ("\"ann\\ smith\"@acme.example", "\"ann smith\"@acme.example"),
            ("\"ann\"@acme.example", "ann@acme.example"),
            ("\"a\\nn\"@acme.example", "ann@acme.example"),
            ("\"ann.smith\"@acme.example", "ann.smith@acme.example"),
            ("\"ann.\"@acme.example", "\"ann.\"@acme.example"),
            ("\"a\\\"b\"@acme.example", "\"a\\\"b\"@acme.example"),
            (
                "\"bob@acme.example\"@evil.test",
                "\"bob@acme.example\"@evil.test",
            ),
        ] {
            assert_eq!(address(text).to_string(), form, "{text}");
            assert_eq!(address(form).to_string(), form, "again: {form}");
        }
        assert_eq!(
            address("\"b@acme.example\"@evil.test").domain(),
            "evil.test"
        );
    }

    #[test]
    fn logs_see_only_the_first_letter() {
        assert_eq!(
            address("alice@client.example").masked(),
            "a…@client.example"
        );
    }
}
