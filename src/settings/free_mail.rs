//! What is said of domains that belong to everybody: nobody's client has one
//! ([`crate::domain::shared_domains`]).

use super::kinds::WrittenPattern;
use super::review::quoted;
use crate::domain::address::AddressPattern;
use crate::domain::shared_domains::{is_free_mail, is_public_suffix};

/// What is wrong with a domain that belongs to everybody, and what to write instead.
pub(super) fn shared_by_all(written: &WrittenPattern) -> Option<String> {
    let domain = match &written.pattern {
        AddressPattern::Address(_) => return None,
        AddressPattern::Domain(domain) | AddressPattern::Subdomains(domain) => domain,
    };
    let shown = quoted(&written.text);
    let bare = written.text.strip_prefix("*.").unwrap_or(&written.text);
    if is_free_mail(domain) {
        let address = quoted(&format!("name@{bare}"));
        return Some(format!(
            "{shown} belongs to everybody who has free mail there; write the people's addresses instead: addresses = [{address}]"
        ));
    }
    if !is_public_suffix(domain) {
        return None;
    }
    let is = match domain.contains('.') {
        true => "is a public suffix, under which anybody can have a domain",
        false => "is a top-level domain, under which anybody can have one",
    };
    // Nobody has an address at the suffix itself.
    let (own, address) = (format!("acme.{bare}"), format!("name@acme.{bare}"));
    Some(format!(
        "{shown} {is}; write the client's own domain, such as {}, or its people's addresses: addresses = [{}]",
        quoted(&own),
        quoted(&address)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::kinds::DOMAIN;

    fn told(text: &str) -> Option<String> {
        shared_by_all(&(DOMAIN.read)(text).expect(text))
    }

    #[test]
    fn what_belongs_to_everybody_is_no_client() {
        for everybody in [
            "gmail.com",
            "yahoo.co.uk",
            "com",
            "co.uk",
            "ac.uk",
            "com.au",
            "com.br",
            "co.jp",
            "anything.ck",
            "xn--55qx5d.cn",
            "公司.cn",
            "github.io",
            "uk.com",
        ] {
            assert!(told(everybody).is_some(), "{everybody}");
            let below = format!("*.{everybody}");
            assert!(told(&below).is_some(), "{below}");
        }
    }

    #[test]
    fn what_belongs_to_somebody_may_be_one() {
        for somebody in [
            "acme.example",
            "acme.co.uk",
            "mail.gmail.example",
            "www.ck",
            "acme.com.ck",
            "uk.acme.example",
            "acme.uk",
            "acme.de",
            "acme.com.au",
            "x.y.co.uk",
            "localhost",
        ] {
            assert_eq!(told(somebody), None);
        }
    }
}
