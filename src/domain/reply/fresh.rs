//! What a person wrote in a reply, without what is quoted and signed.
//!
//! Mail programs quote in three ways: with `>` before each line (RFC 3676, section 4.5), under a
//! line of dashes or underscores, and under a block of header fields. A line before the quoted
//! text says who wrote it, in any language; it ends in a colon. People write above or below.
//! What is missed here does little harm: after the first line that is no word, no bare word
//! counts ([`super::words::orders`]).

use super::phrases::{CLOSINGS, DOUBTS, is_one};
use crate::domain::classify::{fold, without_accents};

/// How many fresh lines are looked at.
pub const LINES_MAX: usize = 60;

/// The names of the first field in the header block of a quoted mail, as Outlook writes it.
const HEADER_FIELDS: [&str; 8] = [
    "from",
    "von",
    "de",
    "da",
    "van",
    "gesendet",
    "sent",
    "expéditeur",
];

/// The fresh lines of a text, trimmed, without empty ones.
pub fn lines(text: &str) -> Vec<&str> {
    let all: Vec<&str> = text.lines().map(tidy).collect();
    let quoted: Vec<bool> = all.iter().map(|line| line.starts_with('>')).collect();
    let mut kept: Vec<&str> = Vec::new();
    for (at, line) in all.iter().enumerate() {
        if kept.len() >= LINES_MAX || is_cut(line, all.get(at + 1).copied()) {
            break;
        }
        if quoted[at] || line.is_empty() {
            continue;
        }
        if !introduces(&all, &quoted, at) {
            kept.push(line);
        }
    }
    kept
}

/// A line without the thanks and the name that end it: `Done. Thanks, Alice`.
pub(super) fn without_closing(line: &str) -> &str {
    const WORDS_MAX: usize = 4;
    let ends = line
        .char_indices()
        .filter(|(_, c)| matches!(c, '.' | '!' | ',' | '-' | '–'));
    for (at, end) in ends {
        let tail = without_accents(&fold(&line[at + end.len_utf8()..]));
        let words = tail.split(|c: char| !c.is_alphanumeric());
        let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
        let closes = words.first().is_some_and(|first| is_one(first, CLOSINGS));
        let doubts = words.iter().any(|word| is_one(word, DOUBTS));
        if closes && !doubts && words.len() <= WORDS_MAX {
            return &line[..at];
        }
    }
    line
}

/// A line without blanks, marks of emphasis and what can't be seen at its ends.
fn tidy(line: &str) -> &str {
    let hidden = |c: char| {
        c.is_whitespace()
            || c.is_control()
            || matches!(
                c,
                '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{ad}'
            )
    };
    line.trim_matches(hidden)
}

/// Whether everything from here on is a signature or a quoted mail.
fn is_cut(line: &str, next: Option<&str>) -> bool {
    // The blank behind the dashes of a signature (RFC 3676, section 4.3) is often lost.
    if line == "--" || line == "—" {
        return true;
    }
    let ruled = |c: char| matches!(c, '-' | '_' | '=' | '*' | '—' | '–');
    let long = |end: &str| end.chars().count() >= 5;
    if (long(line) && line.chars().all(ruled))
        || (line.starts_with("-----") && line.ends_with("-----"))
    {
        return true;
    }
    is_header_field(line) && next.is_some_and(is_any_field)
}

fn is_header_field(line: &str) -> bool {
    let line = line.trim_start_matches('*');
    let Some((name, value)) = line.split_once(':') else {
        return false;
    };
    let name = name.trim().trim_end_matches('*').to_lowercase();
    !value.trim().is_empty() && HEADER_FIELDS.contains(&name.as_str())
}

/// Whether it looks like a header field in any language.
fn is_any_field(line: &str) -> bool {
    let name = line.split_once(':').map(|(name, _)| name.trim());
    name.is_some_and(|name| !name.is_empty() && name.chars().count() <= 20)
}

/// The fewest words of a line that begins the lines before quoted text, unless it names an
/// address: fewer may be what the person wrote right above them.
const INTRODUCTION_WORDS_MIN: usize = 5;

/// Whether a line belongs to the few before quoted text that say who wrote that: the last of them
/// ends in a colon, and nothing stands between.
fn introduces(all: &[&str], quoted: &[bool], at: usize) -> bool {
    const INTRODUCTION_LINES_MAX: usize = 3;
    let mut last = at;
    while last + 1 < all.len() && !all[last + 1].is_empty() && !quoted[last + 1] {
        last += 1;
        if last - at >= INTRODUCTION_LINES_MAX {
            return false;
        }
    }
    let words = all[at].split_whitespace().count();
    if at < last && words < INTRODUCTION_WORDS_MIN && !all[at].contains('@') {
        return false;
    }
    let ends = all[last].ends_with(':') || all[last].ends_with(":*");
    let rest = (last + 1..all.len()).find(|next| !all[*next].is_empty());
    // HTML that became text shows no marks before what it quotes.
    ends && (rest.is_some_and(|next| quoted[next]) || names_a_moment(&all[at..=last]))
}

/// Whether these lines name an address or a clock time, as those before a quoted mail do.
fn names_a_moment(lines: &[&str]) -> bool {
    let has = |line: &&str| {
        let bytes = line.as_bytes();
        let clock = bytes.windows(4).any(|four| {
            four[0].is_ascii_digit()
                && matches!(four[1], b':' | b'.' | b'h')
                && four[2].is_ascii_digit()
                && four[3].is_ascii_digit()
        });
        clock || line.contains('@')
    };
    lines.iter().any(has)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::facts::MessageFacts;

    #[test]
    fn what_stands_above_the_quoted_mail_is_fresh() {
        for quoted in [
            "On Mon, 23 Nov 2026 at 10:12, Ackd <ackd@northwind.example> wrote:\n> Acme waits\n> done · phoned",
            "On Mon, 23 Nov 2026 at 10:12, Ackd\n<ackd@northwind.example> wrote:\n\n> Acme waits",
            "Am 23.11.2026 um 10:12 schrieb Ackd:\n> Acme wartet",
            "Le lun. 23 nov. 2026 à 10:12, Ackd <a@b.example> a écrit :\n\n> Acme attend",
            "-----Original Message-----\nFrom: Ackd\nAcme waits",
            "-------- Ursprüngliche Nachricht --------\nVon: Ackd\nAcme wartet",
            "________________________________\nFrom: Ackd <a@b.example>\nSent: Monday\nAcme waits",
            "Von: Ackd <a@b.example>\nGesendet: Montag, 23. November 2026 10:12\nAcme wartet",
            "*From:* Ackd <a@b.example>\n*Sent:* Monday\n\nAcme waits",
            "-- \nAlice Smith\nNorthwind",
        ] {
            let text = format!("\u{200b}done \n\n{quoted}");
            assert_eq!(lines(&text), ["done"], "{quoted}");
        }
    }

    #[test]
    fn what_stands_below_the_quoted_mail_is_fresh() {
        let text = "On Monday 10:12, Ackd wrote:\n> Acme waits\n> mine\n> -- \n> ackd\n\nphoned\n\n-- \nAlice";
        assert_eq!(lines(text), ["phoned"]);
    }

    #[test]
    fn a_page_of_html_is_read_like_its_text() {
        let header = b"From: a@b.example\r\nContent-Type: text/html; charset=utf-8\r\n";
        for body in [
            "<html><body><div dir=\"auto\">done</div><br><div class=\"gmail_quote\"><div>On Mon, 23 Nov 2026, 10:12 Ackd, &lt;a@b.example&gt; wrote:<br></div><blockquote><p>Acme waits</p><p>mine</p></blockquote></div></body></html>",
            "<html><body><p class=MsoNormal>done<o:p></o:p></p><div><p><b>From:</b> Ackd &lt;a@b.example&gt;<br><b>Sent:</b> Monday<br></p></div><p>Acme waits</p></body></html>",
            "<div>done</div><div><br></div><div>Sent from my iPhone</div>",
        ] {
            let facts = MessageFacts::parse(header, Some(body.as_bytes()));
            let text = facts.text.expect("a text");
            assert_eq!(lines(&text).first(), Some(&"done"), "{text:?}");
        }
    }

    #[test]
    fn a_word_right_above_the_quoted_mail_is_fresh() {
        for quoted in [
            "On Mon, 23 Nov 2026 at 10:12, Ackd <ackd@northwind.example> wrote:\n> Acme waits",
            "On Mon, 23 Nov 2026 at 10:12, Ackd\n<ackd@northwind.example> wrote:\n> Acme waits",
            "Am 23.11.2026 um 10:12 schrieb Ackd:\n\n> Acme wartet",
        ] {
            let text = format!("no answer needed\n{quoted}");
            assert_eq!(lines(&text), ["no answer needed"], "{quoted}");
        }
    }

    #[test]
    fn a_long_line_is_somebodys_own_words() {
        // Whoever writes a paragraph does not order what stands below it.
        let text = format!("{}\n\ndone", "we still look into it ".repeat(20));
        assert_ne!(lines(&text).first(), Some(&"done"));
    }

    #[test]
    fn however_it_is_written_down_a_word_is_read() {
        for (encoding, body) in [
            ("base64", "ZG9uZQ0KDQotLSANCkFsaWNl"),
            ("quoted-printable", "do=\r\nne\r\n\r\n--=20\r\nAlice"),
        ] {
            let header = format!(
                "From: a@b.example\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n"
            );
            let facts = MessageFacts::parse(header.as_bytes(), Some(body.as_bytes()));
            let text = facts.text.expect("a text");
            assert_eq!(lines(&text), ["done"], "{text:?}");
        }
    }

    #[test]
    fn many_lines_are_not_looked_at() {
        let text = "word\n".repeat(1_000);
        assert_eq!(lines(&text).len(), LINES_MAX);
    }
}
