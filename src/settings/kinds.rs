//! What the texts of the configuration must be: addresses, durations, host names …
//!
//! Each [`Kind`] says what to write, and what is wrong with what was written.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use chrono::NaiveDate;

use super::review::{nearest, quoted};
use super::section::Kind;
use crate::domain::address::{Address, AddressPattern, Author, parse_domain};
use crate::domain::calendar::Window;
use crate::domain::time::{BusinessTime, DurationError, Timestamp, parse_duration};

/// Any text.
pub(super) const TEXT: Kind<String> = Kind {
    noun: "a text",
    example: "name",
    read: |text| Ok(text.trim().to_owned()),
};

/// A text that is taken as it is, blanks included.
pub(super) const VERBATIM: Kind<String> = Kind {
    noun: "a text",
    example: "name",
    read: |text| Ok(text.to_owned()),
};

/// The name of a table elsewhere in the configuration.
pub(super) const NAME: Kind<String> = Kind {
    noun: "a name",
    example: "standard",
    read: |text| Ok(text.to_owned()),
};

/// The path of a file with holidays.
pub(super) const HOLIDAY_FILE: Kind<String> = Kind {
    example: "uk.ics",
    ..PATH
};

/// The path of a file.
pub(super) const PATH: Kind<String> = Kind {
    noun: "the path of a file",
    example: "/etc/ackd/file",
    read: |text| match text.contains('\0') {
        true => Err("is no path; write one without NUL".into()),
        false => Ok(text.to_owned()),
    },
};

/// An IP address and a port of this machine.
pub(super) const LISTEN: Kind<SocketAddr> = Kind {
    noun: "an IP address with a port",
    example: "127.0.0.1:9464",
    read: |text| match text.trim().parse::<SocketAddr>() {
        Ok(address) if address.port() != 0 => Ok(address),
        Ok(_) => Err("has no port; write one such as \"127.0.0.1:9464\"".into()),
        Err(_) => Err("is no IP address with a port; write one such as \"127.0.0.1:9464\"".into()),
    },
};

/// A bare mail address.
pub(super) const ADDRESS: Kind<Address> = Kind {
    noun: "an address",
    example: "alice@northwind.example",
    read: |text| {
        Address::parse(text).ok_or_else(|| match author(text) {
            Some(author) => format!("has a name in it; write \"{}\"", author.address),
            None => "is no mail address; write one such as \"alice@northwind.example\"".into(),
        })
    },
};

/// A pattern and how it was written, which is how messages show it.
#[derive(Debug, Clone)]
pub(super) struct WrittenPattern {
    pub pattern: AddressPattern,
    pub text: String,
}

impl WrittenPattern {
    fn new(pattern: AddressPattern, text: &str) -> Self {
        let text = text.trim().to_owned();
        Self { pattern, text }
    }
}

/// A mail address in the list `addresses`, which people take for `domains`.
pub(super) const LISTED_ADDRESS: Kind<WrittenPattern> = Kind {
    noun: "an address",
    example: "alice@northwind.example",
    read: |text| {
        let bare = text.strip_prefix("*.").unwrap_or(text);
        if !text.contains('@') && text.contains('.') && parse_domain(bare).is_some() {
            return Err(format!(
                "is a domain, no address; write domains = [\"{text}\"]"
            ));
        }
        let address = (ADDRESS.read)(text)?;
        Ok(WrittenPattern::new(AddressPattern::Address(address), text))
    },
};

/// A domain, or `*.` and a domain.
pub(super) const DOMAIN: Kind<WrittenPattern> = Kind {
    noun: "a domain",
    example: "acme.example",
    read: |text| {
        if Address::parse(text).is_some() {
            return Err(format!(
                "is an address, no domain; write addresses = [\"{text}\"]"
            ));
        }
        let (below, bare) = match text.strip_prefix("*.") {
            Some(bare) => (true, bare),
            None => (false, text),
        };
        let bare_host = bare.trim_start_matches('@');
        let pattern = |domain| match below {
            true => AddressPattern::Subdomains(domain),
            false => AddressPattern::Domain(domain),
        };
        match parse_domain(bare) {
            Some(domain) => Ok(WrittenPattern::new(pattern(domain), text)),
            None if parse_domain(bare_host).is_some() => {
                Err(format!("is no domain; write \"{bare_host}\""))
            }
            None => Err(
                "is no domain; write one such as \"acme.example\", or \"*.acme.example\" for those below it"
                    .into(),
            ),
        }
    },
};

/// An address with or without a name before it.
pub(super) const AUTHOR: Kind<Author> = Kind {
    noun: "a sender",
    example: "Ackd <ackd@northwind.example>",
    read: |text| {
        author(text).ok_or_else(|| {
            "is no sender; write one such as \"Ackd <ackd@northwind.example>\"".into()
        })
    },
};

/// A host name or an IP address.
pub(super) const HOST: Kind<String> = Kind {
    noun: "a host name",
    example: "mail.northwind.example",
    read: |text| {
        let text = text.trim();
        let address = text.trim_start_matches('[').trim_end_matches(']');
        if let Ok(address) = address.parse::<IpAddr>() {
            return Ok(address.to_string());
        }
        let label = |label: &str| !label.is_empty() && label.len() <= 63;
        let bare = text.split_once("://").map_or(text, |(_, rest)| rest);
        let bare = bare.split(['/', ':']).next().unwrap_or_default();
        let valid = |text: &str| parse_domain(text).filter(|host| host.split('.').all(label));
        match valid(text) {
            Some(host) => Ok(host),
            None if bare != text && valid(bare).is_some() => Err(format!(
                "is no host name; write \"{bare}\" (the port has a key of its own)"
            )),
            None => Err("is no host name; write one such as \"mail.northwind.example\"".into()),
        }
    },
};

/// A duration of wall-clock time.
pub(super) const DURATION: Kind<Duration> = Kind {
    noun: "a duration",
    example: "90m",
    read: |text| parse_duration(text).map_err(duration_advice),
};

/// A duration of business time.
pub(super) const BUSINESS_TIME: Kind<BusinessTime> = Kind {
    noun: "a duration",
    example: "90m",
    read: |text| BusinessTime::parse(text).map_err(duration_advice),
};

/// A date.
pub(super) const DATE: Kind<NaiveDate> = Kind {
    noun: "a date",
    example: "2026-12-25",
    read: |text| {
        NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d")
            .map_err(|_| "is no date; write one such as \"2026-12-25\"".into())
    },
};

/// A moment with its offset from UTC (RFC 3339).
pub(super) const MOMENT: Kind<Timestamp> = Kind {
    noun: "a moment",
    example: "2026-01-01T00:00:00Z",
    read: |text| {
        let text = text.trim();
        if let Ok(moment) = chrono::DateTime::parse_from_rfc3339(text) {
            return Ok(moment.to_utc());
        }
        let advice = if (DATE.read)(text).is_ok() {
            format!("{text}T00:00:00Z")
        } else if chrono::DateTime::parse_from_rfc3339(&format!("{text}Z")).is_ok() {
            format!("{text}Z")
        } else {
            return Err("is no moment; write one such as \"2026-01-01T00:00:00Z\"".into());
        };
        Err(format!("is no moment; write \"{advice}\""))
    },
};

/// An IANA time zone.
pub(super) const ZONE: Kind<chrono_tz::Tz> = Kind {
    noun: "a time zone",
    example: "Europe/London",
    read: |text| {
        text.parse().map_err(|_| match nearest_zone(text) {
            // `Etc/GMT+1` is one hour *behind* UTC: whoever writes an offset means the contrary.
            _ if is_offset(text) => "is no time zone but an offset, which would not change in summer; write the city whose clocks you go by, such as \"Europe/Berlin\"".into(),
            Some(zone) => format!("is no time zone; write {}", quoted(zone)),
            None => "is no time zone; write an IANA name such as \"Europe/London\"".into(),
        })
    },
};

/// Opening hours of a day.
pub(super) const WINDOW: Kind<Window> = Kind {
    noun: "opening hours",
    example: "09:00-17:30",
    read: |text| {
        Window::parse(text).map_err(|error| {
            // It names the text itself; here that has been done.
            let told = error.to_string();
            let told = told.strip_prefix(&format!("\"{text}\" ")).unwrap_or(&told);
            told.replacen(": write", "; write", 1)
        })
    },
};

/// A language (ISO 639-1).
pub(super) const LANGUAGE: Kind<String> = Kind {
    noun: "a language",
    example: "en",
    read: |text| {
        if LANGUAGES.split(' ').any(|code| code == text) {
            return Ok(text.to_owned());
        }
        let lower = text.to_lowercase();
        let named = LANGUAGE_NAMES.iter().find(|(name, _)| *name == lower);
        let code = lower.split(['-', '_']).next().unwrap_or_default();
        let advice = match named {
            Some((_, code)) => code,
            None if LANGUAGES.split(' ').any(|known| known == code) => code,
            None => {
                return Err("is no language; write a code of ISO 639-1 such as \"en\"".into());
            }
        };
        Err(format!("is no language code; write \"{advice}\""))
    },
};

/// The id of a server that checks DMARC (RFC 8601, section 2.5), in lower case.
pub(super) const SERVER_ID: Kind<String> = Kind {
    noun: "a server id",
    example: "mx.northwind.example",
    read: |text| {
        let text = text.trim();
        match text.chars().any(|c| c.is_whitespace() || c == ';') {
            true => Err("is no server id; write one word, as it stands first in Authentication-Results, such as \"mx.northwind.example\"".into()),
            false => Ok(text.to_lowercase()),
        }
    },
};

fn duration_advice(error: DurationError) -> String {
    match error {
        DurationError::Form => {
            "is no duration; write one such as \"45s\", \"90m\", \"3h\" or \"1h30m\"".into()
        }
        DurationError::TooLong => "is too long; write at most \"3660d\"".into(),
        DurationError::DaysOfBusinessTime => {
            "counts days, and a business day is not the same length on every calendar; write hours, such as \"8h\"".into()
        }
    }
}

/// Reads `Name <address>`, `"Name" <address>` or `address`.
fn author(text: &str) -> Option<Author> {
    let text = text.trim();
    if text.chars().any(char::is_control) {
        return None;
    }
    let Some((name, address)) = text.strip_suffix('>').and_then(|t| t.rsplit_once('<')) else {
        let address = Address::parse(text)?;
        return Some(Author {
            address,
            name: None,
        });
    };
    let name = name.trim();
    let name = name
        .strip_prefix('"')
        .and_then(|name| name.strip_suffix('"'))
        .unwrap_or(name);
    Some(Author {
        address: Address::parse(address)?,
        name: (!name.is_empty()).then(|| name.to_owned()),
    })
}

/// Whether it begins like an offset from Greenwich: `GMT+1`, `UTC-5`, `+02:00`.
fn is_offset(text: &str) -> bool {
    let text = text.trim().to_ascii_uppercase();
    let names = ["ETC/", "GMT", "UTC", "UT", "Z"];
    let rest = names.iter().fold(text.as_str(), |rest, name| {
        rest.strip_prefix(name).unwrap_or(rest).trim_start()
    });
    let is_signed = rest.starts_with(['+', '-', '−']);
    is_signed && rest.chars().nth(1).is_some_and(|c| c.is_ascii_digit())
}

/// What a zone such as `Etc/GMT+1` means, whose sign is the contrary of what people read (POSIX).
/// `None` for all others.
pub(super) fn meaning_of_offset(zone: chrono_tz::Tz) -> Option<String> {
    let number = zone.name().strip_prefix("Etc/GMT")?;
    let hours: i32 = number.parse().ok().filter(|hours| *hours != 0)?;
    let (side, contrary) = match hours {
        ..0 => ("ahead of", '+'),
        _ => ("behind", '-'),
    };
    let count = match hours.abs() {
        1 => "one hour".to_owned(),
        count => format!("{count} hours"),
    };
    let hours = hours.abs();
    Some(format!(
        "is {count} {side} UTC (UTC{contrary}{hours}) and knows no summer time"
    ))
}

/// The zone that was probably meant: its city alone, other letters, or a slip.
fn nearest_zone(text: &str) -> Option<&'static str> {
    let wanted = text.trim().to_lowercase().replace(' ', "_");
    let zones = || chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name());
    let city = |zone: &&str| {
        let zone = zone.to_lowercase();
        zone == wanted
            || zone
                .rsplit_once('/')
                .is_some_and(|(_, city)| city == wanted)
    };
    zones().find(city).or_else(|| nearest(&wanted, zones()))
}

/// ISO 639-1.
const LANGUAGES: &str = "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu";

/// What people write instead of a code.
const LANGUAGE_NAMES: &[(&str, &str)] = &[
    ("english", "en"),
    ("german", "de"),
    ("deutsch", "de"),
    ("french", "fr"),
    ("français", "fr"),
    ("spanish", "es"),
    ("español", "es"),
    ("italian", "it"),
    ("italiano", "it"),
    ("dutch", "nl"),
    ("nederlands", "nl"),
    ("portuguese", "pt"),
    ("português", "pt"),
    ("polish", "pl"),
    ("polski", "pl"),
    ("czech", "cs"),
    ("swedish", "sv"),
    ("danish", "da"),
    ("norwegian", "no"),
    ("finnish", "fi"),
    ("japanese", "ja"),
    ("chinese", "zh"),
];
