//! Reading structured header values: words, comments and parameters.

/// The value without its comments (RFC 5322, section 3.2.2) and in lower case.
pub(super) fn plain(value: &str) -> String {
    // Most values have no comment.
    if !value.contains('(') && value.is_ascii() {
        return value.trim().to_ascii_lowercase();
    }
    let mut depth = 0_u32;
    let mut quoted = false;
    let mut plain = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '"' if depth == 0 => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted && depth > 0 => {
                depth -= 1;
                continue;
            }
            _ => {}
        }
        if depth > 0 {
            continue;
        }
        if c.is_ascii() {
            plain.push(c.to_ascii_lowercase());
        } else {
            plain.extend(c.to_lowercase());
        }
    }
    plain.trim().to_owned()
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
    plain(value).split(';').skip(1).find_map(|part| {
        let (own, value) = part.split_once('=')?;
        (own.trim() == name).then(|| value.trim().trim_matches('"').to_owned())
    })
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
