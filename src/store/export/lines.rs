//! Lines with checksums: `{…,"crc32c":"0123abcd"}`, the sum over everything before it.

use serde::Serialize;

const MARK: &str = ",\"crc32c\":\"";
const DIGITS: usize = 8;
const END: &str = "\"}";

/// How long the end of a line is: mark, sum and brace.
const TAIL: usize = MARK.len() + DIGITS + END.len();

/// Adds a value as one line. It has to be written as a JSON object that is not empty.
pub(in crate::store) fn add(lines: &mut String, value: &impl Serialize) {
    let json = serde_json::to_string(value)
        .expect("records are structs of texts, numbers and lists, which JSON always takes");
    let body = json.strip_suffix('}').unwrap_or(&json);
    let sum = crc32c::crc32c(body.as_bytes());
    lines.push_str(body);
    lines.push_str(&format!("{MARK}{sum:08x}{END}\n"));
}

/// Takes a line, without its line feed, apart: the JSON in it. `None` if its checksum is
/// missing or wrong.
pub(in crate::store) fn json_of(line: &str) -> Option<String> {
    let (body, tail) = line.split_at_checked(line.len().checked_sub(TAIL)?)?;
    let sum = tail.strip_prefix(MARK)?.strip_suffix(END)?;
    let right = format!("{:08x}", crc32c::crc32c(body.as_bytes()));
    (sum == right).then(|| format!("{body}}}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Value {
        text: &'static str,
    }

    #[test]
    fn a_line_comes_back_and_a_changed_one_does_not() {
        let mut lines = String::new();
        let text = "line\nfeed, \"quoted\", é";
        add(&mut lines, &Value { text });
        let line = lines.strip_suffix('\n').expect("one line");
        assert!(!line.contains('\n'));
        let json = json_of(line).expect("whole");
        let read: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        assert_eq!(read["text"], text);
        for at in 0..line.len() {
            for bit in 0..8 {
                let mut bytes = line.as_bytes().to_vec();
                bytes[at] ^= 1 << bit;
                let changed = String::from_utf8(bytes);
                assert!(
                    changed.is_err() || json_of(&changed.unwrap()).is_none(),
                    "{at}/{bit}"
                );
            }
            assert!(line.get(..at).is_none_or(|cut| json_of(cut).is_none()));
        }
    }
}
