//! Bytes as hexadecimal digits.

/// Writes bytes, two lower case digits each.
pub(super) fn written(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |half: u8| char::from(DIGITS[usize::from(half & 15)]);
    let both = |byte: &u8| [digit(byte >> 4), digit(*byte)];
    bytes.iter().flat_map(both).collect()
}

/// Reads back what was written. `None` for anything else.
pub(super) fn read(text: &str) -> Option<Vec<u8>> {
    let half = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let bytes = pairs
        .iter()
        .map(|[high, low]| Some(half(*high)? << 4 | half(*low)?));
    bytes
        .collect::<Option<_>>()
        .filter(|_: &Vec<u8>| rest.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back_and_nothing_else_does() {
        let bytes: Vec<u8> = (0..=255).collect();
        assert_eq!(read(&written(&bytes)), Some(bytes));
        assert_eq!(read(""), Some(Vec::new()));
        for bad in ["0", "0g", "0A", "000", "\u{e9}"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
