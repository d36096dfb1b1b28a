//! Words and times as people read them, and texts made safe for a header or a line.
//!
//! Vocabulary: a text is *one line* when nothing in it can end a header, hide a character or
//! turn the direction of what follows.

use chrono::{Datelike, TimeDelta};
use chrono_tz::Tz;

use crate::domain::address::Author;
use crate::domain::ids::MessageId;
use crate::domain::time::Timestamp;

/// The longest subject we write, in characters.
pub(super) const SUBJECT_CHARS_MAX: usize = 200;
/// The longest reason of a held acknowledgement we write, in characters.
pub(super) const REASON_CHARS_MAX: usize = 1000;
/// The longest name of a client, contact, team or mailbox we write, in characters.
pub(super) const NAME_CHARS_MAX: usize = 80;
/// The longest subject of a client we repeat, in characters.
pub(super) const CLIENT_SUBJECT_CHARS_MAX: usize = 120;
/// The longest reason or notice we write, in characters.
pub(super) const TEXT_CHARS_MAX: usize = 20_000;

/// The text on one line, without control characters and without marks that turn the
/// direction of writing, blanks collapsed, cut to `chars_max` characters.
///
/// `=?` is taken apart: a decoded subject that still holds an encoded word (RFC 2047) would
/// otherwise be decoded a second time by whoever reads our mail.
pub(super) fn one_line(text: &str, chars_max: usize) -> String {
    let kept: String = text
        .chars()
        .map(|c| if breaks_line(c) { ' ' } else { c })
        .filter(|c| !c.is_control() && !turns_direction(*c))
        .collect();
    let words: Vec<&str> = kept.split_whitespace().collect();
    cut(&words.join(" ").replace("=?", "= ?"), chars_max)
}

/// The text with its line ends as `\n`, without other control characters, cut to
/// [`TEXT_CHARS_MAX`] characters.
pub(super) fn several_lines(text: &str) -> String {
    let kept: String = text
        .replace("\r\n", "\n")
        .chars()
        .map(|c| if c == '\r' { '\n' } else { c })
        .filter(|c| *c == '\n' || (!c.is_control() && !turns_direction(*c)))
        .collect();
    cut(kept.trim_end(), TEXT_CHARS_MAX)
}

/// The author with a name that fits into a header.
pub(super) fn tidy_author(author: &Author) -> Author {
    let name = author.name.as_deref().unwrap_or_default();
    let name = one_line(name, NAME_CHARS_MAX);
    Author {
        address: author.address.clone(),
        name: (!name.is_empty()).then_some(name),
    }
}

/// `Anna Bell <anna@acme.example>`, or the address alone.
pub(super) fn author_line(author: &Author) -> String {
    match tidy_author(author).name {
        Some(name) => format!("{name} <{}>", author.address),
        None => author.address.to_string(),
    }
}

/// The link that opens a message by its id in mail programs that know it (RFC 2392).
pub(super) fn mid_link(id: &MessageId) -> String {
    let mut link = String::from("mid:");
    for byte in id.as_str().bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~@$!*+".contains(&byte) {
            link.push(char::from(byte));
        } else {
            link.push_str(&format!("%{byte:02X}"));
        }
    }
    link
}

/// An amount of time as people say it: `35 min`, `2 h 5 min`, `3 days`. Never negative.
pub(super) fn spoken(amount: TimeDelta) -> String {
    let minutes = amount.num_minutes().max(0);
    match (minutes / 60, minutes % 60) {
        (0, 0) => "less than 1 min".to_owned(),
        (0, rest) => format!("{rest} min"),
        (hours, _) if hours >= 48 => format!("{} days", hours / 24),
        (hours, 0) => format!("{hours} h"),
        (hours, rest) => format!("{hours} h {rest} min"),
    }
}

/// The time alone if it is the same day in the zone, else with the date: `14:30`,
/// `Tue 15 Sep 09:30`, `Fri 1 Jan 2027 09:00`.
pub(super) fn short_time(at: Timestamp, now: Timestamp, zone: Tz) -> String {
    let (at, now) = (at.with_timezone(&zone), now.with_timezone(&zone));
    let format = match (at.date_naive() == now.date_naive(), at.year() == now.year()) {
        (true, _) => "%H:%M",
        (false, true) => "%a %-d %b %H:%M",
        (false, false) => "%a %-d %b %Y %H:%M",
    };
    at.format(format).to_string()
}

/// The time with date and zone: `Thu 10 Sep 2026 14:30 BST`.
pub(super) fn long_time(at: Timestamp, zone: Tz) -> String {
    let local = at.with_timezone(&zone);
    format!(
        "{} {}",
        local.format("%a %-d %b %Y %H:%M"),
        zone_label(at, zone)
    )
}

/// The name of the zone at that moment: `BST`, or `UTC+04` where it has no letters.
pub(super) fn zone_label(at: Timestamp, zone: Tz) -> String {
    let label = at.with_timezone(&zone).format("%Z").to_string();
    if label.starts_with(['+', '-']) {
        format!("UTC{label}")
    } else {
        label
    }
}

fn cut(text: &str, chars_max: usize) -> String {
    if text.chars().count() <= chars_max {
        return text.to_owned();
    }
    let kept: String = text.chars().take(chars_max.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

fn breaks_line(c: char) -> bool {
    matches!(
        c,
        '\t' | '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}'
    )
}

fn turns_direction(c: char) -> bool {
    matches!(
        c,
        '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_break_cannot_smuggle_a_header() {
        assert_eq!(
            one_line("Hi\r\nBcc: x@evil.test\u{0}", 99),
            "Hi Bcc: x@evil.test"
        );
    }

    #[test]
    fn an_encoded_word_is_not_decoded_twice() {
        assert_eq!(one_line("=?utf-8?b?eA==?=", 99), "= ?utf-8?b?eA== ?=");
    }

    #[test]
    fn cutting_never_splits_a_character() {
        assert_eq!(one_line("äöüäöü", 4), "äöü…");
        assert_eq!(one_line("abcd", 4), "abcd");
    }

    #[test]
    fn a_mid_link_carries_nothing_that_ends_it() {
        let id = MessageId::parse("a\"/%b@c.example").expect("an id");
        assert_eq!(mid_link(&id), "mid:a%22%2F%25b@c.example");
    }

    #[test]
    fn amounts_are_spoken() {
        for (minutes, text) in [
            (-5, "less than 1 min"),
            (35, "35 min"),
            (120, "2 h"),
            (125, "2 h 5 min"),
            (4320, "3 days"),
        ] {
            assert_eq!(spoken(TimeDelta::minutes(minutes)), text);
        }
    }
}
