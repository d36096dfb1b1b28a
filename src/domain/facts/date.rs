//! The `Date` field (RFC 5322, sections 3.3 and 4.3), as programs have written it since 1982.
//!
//! Vocabulary: a *token* is a number, a word or a single sign; comments and blanks, which may
//! stand between any two of them, are none. Seconds may be missing, and so may the weekday,
//! which says nothing. Years have two, three or four digits, zones a sign or a name. What names
//! no moment is none: nothing is guessed.

use chrono::{DateTime, FixedOffset, NaiveDate};

use super::super::time::Timestamp;

/// The moment that a `Date` names, or what stands behind the last semicolon of `Received`.
pub(super) fn parse(value: &[u8]) -> Option<Timestamp> {
    let tokens = tokens(value);
    let colon = tokens.iter().position(|token| *token == Token::Sign(b':'));
    // Some programs write RFC 3339, which no sign of the other form resembles.
    if let [Token::Number(_, 4), Token::Sign(b'-'), ..] = tokens.as_slice() {
        let text = std::str::from_utf8(value).ok()?;
        let moment = DateTime::parse_from_rfc3339(text.trim()).ok()?;
        return within(moment);
    }
    let (before, from_hour) = tokens.split_at(colon?.checked_sub(1)?);
    let (time, after) = time(from_hour)?;
    if after.iter().any(is_half_of_a_day) {
        return None;
    }
    let (hour, minute, second) = time;
    let (day, month, year) = day(before, after)?;
    let local = NaiveDate::from_ymd_opt(year, month, day)?.and_hms_opt(hour, minute, second)?;
    within(local.and_local_timezone(zone(after)?).single()?)
}

/// Years in which mail is written; others are slips.
fn within(moment: DateTime<FixedOffset>) -> Option<Timestamp> {
    use chrono::Datelike;
    (1900..=3000)
        .contains(&moment.year())
        .then(|| moment.to_utc())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    /// A number and how many digits it is written with.
    Number(u32, usize),
    Word(&'a [u8]),
    Sign(u8),
}

/// The longest date has fewer.
const TOKENS_MAX: usize = 24;

/// The most bytes that are looked at, comments among them.
const BYTES_MAX: usize = 1024;

fn tokens(value: &[u8]) -> Vec<Token<'_>> {
    let mut rest = &value[..value.len().min(BYTES_MAX)];
    let mut tokens = Vec::with_capacity(TOKENS_MAX);
    while let Some(first) = rest.first().filter(|_| tokens.len() < TOKENS_MAX) {
        let same: fn(&u8) -> bool = match first {
            b'0'..=b'9' => u8::is_ascii_digit,
            b'a'..=b'z' | b'A'..=b'Z' => u8::is_ascii_alphabetic,
            b'(' => {
                rest = behind_comment(rest);
                continue;
            }
            _ => {
                if matches!(first, b':' | b'+' | b'-' | b'.') {
                    tokens.push(Token::Sign(*first));
                }
                rest = &rest[1..];
                continue;
            }
        };
        let end = rest.iter().position(|byte| !same(byte));
        let (own, after) = rest.split_at(end.unwrap_or(rest.len()));
        tokens.push(match first.is_ascii_digit() {
            true => Token::Number(number(own), own.len()),
            false => Token::Word(own),
        });
        rest = after;
    }
    tokens
}

/// Numbers too long to mean anything become the largest, which is no hour, day or year.
fn number(digits: &[u8]) -> u32 {
    digits.iter().fold(0, |number: u32, digit| {
        let shifted = number.saturating_mul(10);
        shifted.saturating_add(u32::from(digit - b'0'))
    })
}

/// Comments nest, and a backslash takes the next byte's meaning (RFC 5322, section 3.2.2).
fn behind_comment(text: &[u8]) -> &[u8] {
    let mut depth = 0_u32;
    let mut bytes = text.iter().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'\\' => {
                bytes.next();
            }
            b'(' => depth += 1,
            b')' if depth == 1 => return &text[at + 1..],
            b')' => depth -= 1,
            _ => {}
        }
    }
    &[]
}

/// Hours are counted to 24 in mail; whether `10:00 PM` was meant so is not guessed.
fn is_half_of_a_day(token: &Token<'_>) -> bool {
    let halves: [&[u8]; 2] = [b"am", b"pm"];
    match token {
        Token::Word(word) => halves.iter().any(|half| word.eq_ignore_ascii_case(half)),
        _ => false,
    }
}

type Time = (u32, u32, u32);

/// Hour, minute and, if they stand there, seconds; and what follows.
fn time<'a, 'b>(tokens: &'a [Token<'b>]) -> Option<(Time, &'a [Token<'b>])> {
    use Token::{Number, Sign};
    let (hour, minute, second, after) = match tokens {
        [
            Number(hour, 1..=2),
            Sign(b':'),
            Number(minute, 1..=2),
            after @ ..,
        ] => match after {
            [Sign(b':'), Number(second, 1..=2), after @ ..] => (hour, minute, *second, after),
            // Cut off or garbled behind the minute, which still stands.
            [Sign(b':'), after @ ..] => (hour, minute, 0, after),
            _ => (hour, minute, 0, after),
        },
        _ => return None,
    };
    let after = match after {
        [Sign(b'.'), Number(..), after @ ..] => after,
        _ => after,
    };
    // A leap second is read as the second before it, as most programs do.
    let second = if second == 60 { 59 } else { second };
    Some(((*hour, *minute, second), after))
}

/// The day, month and year. In the form of C's `ctime` the year stands behind the time.
fn day(before: &[Token<'_>], after: &[Token<'_>]) -> Option<(u32, u32, i32)> {
    let (mut day, mut month, mut year) = (None, None, None);
    for token in before {
        match token {
            Token::Word(word) => month = month.or_else(|| month_of(word)),
            Token::Number(number, 1..=2) if day.is_none() => day = Some(*number),
            Token::Number(number, digits) if year.is_none() => year = year_of(*number, *digits),
            Token::Number(..) => return None,
            Token::Sign(_) => {}
        }
    }
    let signed = |at: usize| at > 0 && matches!(after[at - 1], Token::Sign(_));
    let year = year.or_else(|| {
        after
            .iter()
            .enumerate()
            .find_map(|(at, token)| match token {
                Token::Number(number, 4) if !signed(at) => year_of(*number, 4),
                _ => None,
            })
    });
    Some((day?, month?, year?))
}

fn month_of(word: &[u8]) -> Option<u32> {
    const MONTHS: [&[u8; 3]; 12] = [
        b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov",
        b"dec",
    ];
    let start = word.get(..3)?;
    (1..)
        .zip(MONTHS)
        .find(|(_, name)| start.eq_ignore_ascii_case(*name))
        .map(|(month, _)| month)
}

/// Years of fewer than four digits are of the last century, those up to 49 of this one
/// (RFC 5322, section 4.3).
fn year_of(number: u32, digits: usize) -> Option<i32> {
    let year = match digits {
        2 if number < 50 => number + 2000,
        2 | 3 => number + 1900,
        4 => number,
        _ => return None,
    };
    i32::try_from(year).ok()
}

/// How far east the writer's clock stood. Names that no norm explains, the letters of the
/// military and a missing zone say nothing, so that the time is taken for UTC (RFC 5322,
/// section 4.3). `None` for an offset that there can't be.
fn zone(after: &[Token<'_>]) -> Option<FixedOffset> {
    let signs = after.iter().enumerate();
    let offset = signs.filter_map(|(at, token)| match (token, &after[at + 1..]) {
        (Token::Sign(sign @ (b'+' | b'-')), [Token::Number(number, digits), rest @ ..]) => {
            Some((*sign, *number, *digits, rest))
        }
        _ => None,
    });
    if let Some((sign, number, digits, rest)) = offset.into_iter().next() {
        let (hours, minutes) = match (digits, rest) {
            (1 | 2, [Token::Sign(b':'), Token::Number(minutes, 2), ..]) => (number, *minutes),
            (1 | 2, _) => (number, 0),
            _ => (number / 100, number % 100),
        };
        if hours > 23 || minutes > 59 {
            return None;
        }
        let seconds = i32::try_from(hours * 3600 + minutes * 60).ok()?;
        return FixedOffset::east_opt(if sign == b'-' { -seconds } else { seconds });
    }
    let named = after.iter().find_map(|token| match token {
        Token::Word(word) => Some(hours_of(word)),
        _ => None,
    });
    FixedOffset::east_opt(named.unwrap_or_default() * 3600)
}

fn hours_of(zone: &[u8]) -> i32 {
    const ZONES: [(&[u8], i32); 8] = [
        (b"edt", -4),
        (b"est", -5),
        (b"cdt", -5),
        (b"cst", -6),
        (b"mdt", -6),
        (b"mst", -7),
        (b"pdt", -7),
        (b"pst", -8),
    ];
    let mut zones = ZONES.iter();
    let found = zones.find(|(name, _)| zone.eq_ignore_ascii_case(name));
    found.map_or(0, |(_, hours)| *hours)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> Option<String> {
        let moment = parse(text.as_bytes())?;
        Some(moment.format("%Y-%m-%dT%H:%M:%SZ").to_string())
    }

    #[test]
    fn seconds_weekday_and_comments_may_be_missing_or_there() {
        for text in [
            "Mon, 2 Nov 2026 10:00:00 +0000",
            "Mon, 2 Nov 2026 10:00 GMT",
            "2 Nov 2026 10:00 +0000",
            "2 Nov 2026 10:00",
            "02 NOV 2026 10:00:00.123 Z",
            "Mon,2 Nov 2026 10:00:00 +0000 (UTC)",
            "Mon (first \\) (and (nested)) day), 2(x) Nov 2026 10(y):00 : 00 (z) +0000",
            " Mon,\r\n\t2 Nov 2026\r\n 10:00\r\n +0000\r\n",
            "Monday, 02-Nov-26 10:00:00 GMT",
            "Mon Nov  2 10:00:00 2026",
            "2 November 2026 10:00 UT",
            "Mon, 2 Nov 2026 10:00:t",
            "2026-11-02T10:00:00Z",
            "2026-11-02T11:00:00.5+01:00",
        ] {
            assert_eq!(utc(text).as_deref(), Some("2026-11-02T10:00:00Z"), "{text}");
        }
    }

    #[test]
    fn zones_of_every_form_are_read_and_unknown_ones_say_nothing() {
        for (zone, expected) in [
            ("+0130", "08:30"),
            ("-0130", "11:30"),
            ("+01:30", "08:30"),
            ("+2", "08:00"),
            ("GMT+9", "01:00"),
            ("-0000", "10:00"),
            ("UT", "10:00"),
            ("GMT", "10:00"),
            ("EST", "15:00"),
            ("EDT", "14:00"),
            ("cst", "16:00"),
            ("CDT", "15:00"),
            ("MST", "17:00"),
            ("MDT", "16:00"),
            ("PST", "18:00"),
            ("PDT", "17:00"),
            ("-0500 EST", "15:00"),
            ("Z", "10:00"),
            ("A", "10:00"),
            ("m", "10:00"),
            ("Y", "10:00"),
            ("CEST", "10:00"),
            ("Arabian Standard Time", "10:00"),
        ] {
            for seconds in ["", ":00"] {
                let text = format!("Mon, 2 Nov 2026 10:00{seconds} {zone}");
                let expected = format!("2026-11-02T{expected}:00Z");
                assert_eq!(utc(&text), Some(expected), "{text}");
            }
        }
    }

    #[test]
    fn short_years_are_read_as_the_norm_says() {
        for (year, expected) in [
            ("26", "2026"),
            ("00", "2000"),
            ("49", "2049"),
            ("50", "1950"),
            ("99", "1999"),
            ("126", "2026"),
            ("099", "1999"),
        ] {
            let read = utc(&format!("2 Nov {year} 10:00 GMT"));
            let expected = format!("{expected}-11-02T10:00:00Z");
            assert_eq!(read, Some(expected), "{year}");
        }
    }

    #[test]
    fn what_names_no_moment_is_none() {
        for text in [
            "",
            "yesterday",
            "(",
            ":",
            "10:00",
            "2 Nov 2026",
            "31 Feb 2026 10:00 GMT",
            "2 Nov 2026 25:00 GMT",
            "2 Nov 2026 10:60 GMT",
            "2 Nov 2026 10:00:61 GMT",
            "2 Nov 2026 10:00 +9900",
            "2 Nov 2026 10:00 +0075",
            "2 Nov 99999 10:00 GMT",
            "2 Nov 99999999999999999999 10:00 GMT",
            "2 Xyz 2026 10:00 GMT",
            "2 11 2026 10:00 GMT",
            "2 Nov 2026 10:00:00 PM",
            "Mon, 2 Nov 2026 10:00 am +0000",
            "2 Nov 2026 10:00:00PM GMT",
            "2026-11-02 10:00",
            "2026-02-31T10:00:00Z",
        ] {
            assert_eq!(utc(text), None, "{text}");
        }
        let leap = utc("31 Dec 2016 23:59:60 +0000");
        assert_eq!(leap.as_deref(), Some("2016-12-31T23:59:59Z"));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_without_failing(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..80)) {
            let _ = parse(&bytes);
        }

        #[test]
        fn any_moment_is_read_back(seconds in 0_i64..32_000_000_000, east in -1439_i32..=1439) {
            let zone = FixedOffset::east_opt(east * 60).expect("an offset");
            let moment = DateTime::from_timestamp(seconds, 0).expect("a moment").with_timezone(&zone);
            let text = moment.format("%a, %-d %b %Y %H:%M:%S %z").to_string();
            proptest::prop_assert_eq!(parse(text.as_bytes()), Some(moment.to_utc()));
        }
    }
}
