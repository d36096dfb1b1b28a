//! Reading structured header values: words, comments and parameters.

/// The value without its comments (RFC 5322, section 3.2.2) and in lower case. A comment that
/// never closes is none.
pub(super) fn plain(value: &str) -> String {
    // Most values have no comment.
    if !value.contains('(') && value.is_ascii() {
        return value.trim().to_ascii_lowercase();
    }
    let read = read(value);
    let mut plain = read.pieces.join(";");
    if let Some(at) = read.open_comment {
        plain.push_str(&value[at..]);
    }
    plain.trim().to_lowercase()
}

/// A structured value (RFC 5322, section 3.2), read by the letter: a backslash takes its meaning
/// from the character behind it, in a comment and in quotes.
#[derive(Debug, Default)]
pub(super) struct Structured {
    /// What stands between the semicolons, without comments. A semicolon in quotes parts nothing.
    pub(super) pieces: Vec<String>,
    /// What stands in the comments.
    pub(super) comments: Vec<String>,
    /// Where a comment begins that never closes.
    open_comment: Option<usize>,
    /// Whether a quote never closes.
    open_quote: bool,
}

impl Structured {
    /// Whether every comment and every quote closes.
    pub(super) const fn is_whole(&self) -> bool {
        self.open_comment.is_none() && !self.open_quote
    }
}

/// Reads a structured value. Never fails: see [`Structured::is_whole`].
pub(super) fn read(value: &str) -> Structured {
    let mut read = Structured::default();
    let (mut piece, mut comment) = (String::new(), String::new());
    let (mut depth, mut quoted, mut began) = (0_usize, false, 0);
    let mut chars = value.char_indices();
    while let Some((at, c)) = chars.next() {
        let text = if depth > 0 { &mut comment } else { &mut piece };
        match c {
            '\\' if quoted || depth > 0 => {
                text.push(c);
                text.extend(chars.next().map(|(_, c)| c));
            }
            '"' if depth == 0 => {
                quoted = !quoted;
                text.push(c);
            }
            '(' if !quoted => {
                if depth == 0 {
                    began = at;
                } else {
                    comment.push(' ');
                }
                depth += 1;
            }
            ')' if depth > 0 => {
                depth -= 1;
                if depth == 0 {
                    read.comments.push(std::mem::take(&mut comment));
                } else {
                    comment.push(' ');
                }
            }
            ';' if !quoted && depth == 0 => read.pieces.push(std::mem::take(&mut piece)),
            _ => text.push(c),
        }
    }
    read.pieces.push(piece);
    read.open_comment = (depth > 0).then_some(began);
    read.open_quote = quoted;
    read
}

/// The first word of a value: what stands before `;`, `,` or a blank, in lower case and
/// without quotes, as in `auto-replied; owner-email="me@example.com"`.
pub(super) fn keyword(value: &str) -> String {
    let plain = plain(value);
    let word = plain.split([';', ',', ' ']).next().unwrap_or_default();
    word.trim_matches('"').to_owned()
}

/// Whether a value begins so, without regard to case and before any comment.
pub(super) fn begins(value: &str, wanted: &str) -> bool {
    let value = value.trim_start().as_bytes();
    let same = |start: &[u8]| start.eq_ignore_ascii_case(wanted.as_bytes());
    value.get(..wanted.len()).is_some_and(same)
}

/// A parameter of a value such as `multipart/report; report-type=delivery-status`.
pub(super) fn parameter(value: &str, name: &str) -> Option<String> {
    let find = |part: &str| {
        let (own, value) = part.split_once('=')?;
        (own.trim() == name).then(|| value.trim().trim_matches('"').to_owned())
    };
    if !value.contains(['"', '(']) {
        return plain(value).split(';').skip(1).find_map(find);
    }
    let read = read(value);
    if read.is_whole() {
        let mut parts = read.pieces.iter().skip(1);
        return parts.find_map(|part| find(&part.to_lowercase()));
    }
    plain(value).split(';').skip(1).find_map(find)
}

/// A value short enough to stand in a reason.
pub(super) fn evidence(name: &str, value: &str) -> String {
    const CHARS_MAX: usize = 120;
    if value.len() <= CHARS_MAX {
        return [name, ": ", value].concat();
    }
    let mut short: String = value.chars().take(CHARS_MAX).collect();
    if short.len() < value.len() {
        short.push('…');
    }
    format!("{name}: {short}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_case_and_parameters_do_not_hide_the_keyword() {
        for value in [
            "auto-replied",
            "Auto-Replied (vacation; no really)",
            "(vacation) AUTO-REPLIED",
            "auto-replied; owner-email=\"me@example.com\"",
            "\"auto-replied\"",
        ] {
            assert_eq!(keyword(value), "auto-replied", "{value}");
        }
    }

    #[test]
    fn a_backslash_takes_its_meaning_from_what_follows() {
        for (value, expected) in [
            (r"a (x \( y) b", "a  b"),
            (r"a (x \) y) b", "a  b"),
            (r#""a\"(b" (c)"#, r#""a\"(b""#),
            ("a (b (c) d) e", "a  e"),
            ("a (b", "a (b"),
            ("a (b; c (d) e", "a (b; c (d) e"),
            ("a) b (c)", "a) b"),
        ] {
            assert_eq!(plain(value), expected, "{value}");
        }
    }

    #[test]
    fn a_semicolon_in_quotes_or_a_comment_parts_nothing() {
        let read = read(r#"a; b="x;\";y" (c;d); e"#);
        assert_eq!(read.pieces, ["a", r#" b="x;\";y" "#, " e"]);
        assert_eq!(read.comments, ["c;d"]);
        assert!(read.is_whole());
        let hidden = r#"text/calendar; name="x; method=REPLY""#;
        assert_eq!(parameter(hidden, "method"), None);
        let open = r#"multipart/report; boundary="b; report-type=delivery-status"#;
        assert_eq!(
            parameter(open, "report-type").as_deref(),
            Some("delivery-status")
        );
    }

    #[test]
    fn a_parameter_is_found_by_its_whole_name() {
        let value =
            "multipart/report; x-report-type=a; Report-Type=\"Delivery-Status\"; boundary=b";
        assert_eq!(
            parameter(value, "report-type").as_deref(),
            Some("delivery-status")
        );
        assert_eq!(parameter("text/plain", "report-type"), None);
    }
}
