//! Reading single answers, and making names of them.

use crate::domain::address::{Address, parse_domain};
use crate::domain::shared_domains::{is_free_mail, is_public_suffix};
use crate::domain::time::BusinessTime;

/// The longest name of a table that is made up, in characters.
const KEY_CHARACTERS_MAX: usize = 40;

/// A mail address.
pub(super) fn address(text: &str) -> Result<Address, String> {
    let advice = || "this is no mail address; write one such as clients@northwind.example";
    let address = Address::parse(text).ok_or_else(advice)?;
    match address.domain().contains('.') {
        true => Ok(address),
        false => Err(advice().into()),
    }
}

/// Several mail addresses, separated by commas or blanks; at least `min`.
pub(super) fn addresses(text: &str, min: usize) -> Result<Vec<Address>, String> {
    let words = text.split([',', ' ', ';']).filter(|word| !word.is_empty());
    let all: Vec<Address> = words.map(address).collect::<Result<_, _>>()?;
    match all.len() < min {
        true => Err("write at least one address".into()),
        false => Ok(all),
    }
}

/// A domain that may be somebody's own.
pub(super) fn domain(text: &str) -> Result<String, String> {
    let own = parse_domain(text).filter(|own| own.contains('.'));
    let own = own.ok_or("this is no domain; write one such as northwind.example")?;
    if is_free_mail(&own) || is_public_suffix(&own) {
        return Err(format!(
            "{own} belongs to everybody; people who write from there are named by address in the file"
        ));
    }
    Ok(own)
}

/// Several domains, separated by commas or blanks.
pub(super) fn domains(text: &str) -> Result<Vec<String>, String> {
    let words = text.split([',', ' ', ';']).filter(|word| !word.is_empty());
    words.map(domain).collect()
}

/// An amount of working time; at least a minute.
pub(super) fn business_time(text: &str) -> Result<BusinessTime, String> {
    let time = BusinessTime::parse(text).map_err(|error| error.to_string())?;
    match time.seconds() < 60 {
        true => Err("that is less than a minute; write a time such as \"3h\"".into()),
        false => Ok(time),
    }
}

/// The IANA name of a time zone.
pub(super) fn zone(text: &str) -> Result<String, String> {
    let zone: Result<chrono_tz::Tz, _> = text.parse();
    let zone =
        zone.map_err(|_| "this is no time zone; write an IANA name such as Europe/London")?;
    Ok(zone.name().to_owned())
}

/// A host name or an IP address.
pub(super) fn host(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.parse::<std::net::IpAddr>().is_ok() {
        return Ok(text.to_owned());
    }
    parse_domain(text)
        .ok_or_else(|| "this is no host name; write one such as mail.northwind.example".into())
}

/// A name for a table in the file, made of any text.
pub(super) fn key(text: &str, otherwise: &str) -> String {
    let kept = text.chars().filter_map(|c| match c {
        'a'..='z' | '0'..='9' | '-' => Some(c),
        'A'..='Z' => Some(c.to_ascii_lowercase()),
        '.' | '_' | '+' => Some('-'),
        _ => None,
    });
    let key: String = kept.take(KEY_CHARACTERS_MAX).collect();
    match key.trim_matches('-') {
        "" => otherwise.to_owned(),
        key => key.to_owned(),
    }
}

/// What an organisation may be called, by its domain: `Acme` for `acme.co.uk`.
pub(super) fn name_of(domain: &str) -> String {
    let label = domain.split('.').next().unwrap_or(domain);
    // What can't be turned back stays as it is.
    let (label, _) = idna::domain_to_unicode(label);
    let mut letters = label.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string());
    format!("{}{}", first.unwrap_or_default(), letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_made_of_whatever_stands_before_the_at_sign() {
        for (text, expected) in [
            ("clients", "clients"),
            ("Customer.Care+eu", "customer-care-eu"),
            ("büro", "bro"),
            ("\"ann smith\"", "annsmith"),
            ("北京", "mailbox"),
            ("...", "mailbox"),
        ] {
            assert_eq!(key(text, "mailbox"), expected, "{text}");
        }
    }

    #[test]
    fn what_belongs_to_everybody_is_no_teams_domain() {
        assert_eq!(domain("Northwind.example"), Ok("northwind.example".into()));
        for bad in [
            "gmail.com",
            "co.uk",
            "northwind",
            "a b.example",
            "",
            "x@y.example",
        ] {
            assert!(domain(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn several_addresses_stand_side_by_side() {
        let two = addresses("alice@northwind.example, bob@northwind.example", 1);
        assert_eq!(two.expect("two").len(), 2);
        assert!(addresses(" ", 1).is_err());
        assert!(addresses("", 0).expect("none is enough").is_empty());
        assert!(addresses("alice@northwind.example bob", 1).is_err());
    }
}
