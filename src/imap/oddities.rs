//! Responses that are put right or left out before the parser sees them.
//!
//! Vocabulary: an *untagged* response begins with `*`; its *code* stands in square brackets at
//! the beginning of its words (RFC 3501, section 7.1).

use std::ops::Range;

/// Untagged responses that say nothing we need. Servers send them unasked, and the parser gives
/// up the connection over each that it does not know or that is not quite right.
const OF_NO_CONCERN: [&[u8]; 19] = [
    b"FLAGS",
    b"NAMESPACE",
    b"ESEARCH",
    b"ID",
    b"QUOTA",
    b"QUOTAROOT",
    b"METADATA",
    b"ANNOTATION",
    b"ACL",
    b"LISTRIGHTS",
    b"MYRIGHTS",
    b"THREAD",
    b"SORT",
    b"LANGUAGE",
    b"COMPARATOR",
    b"ENABLED",
    b"VANISHED",
    b"LSUB",
    b"XLIST",
];

/// Whether a whole response can be left out: it is untagged and says nothing, or nothing we
/// need.
pub(super) fn is_of_no_concern(response: &[u8]) -> bool {
    let Some(rest) = response.strip_prefix(b"*") else {
        return response.trim_ascii().is_empty();
    };
    let rest = rest.trim_ascii_start();
    let length = rest.iter().take_while(|byte| byte.is_ascii_alphabetic());
    let (word, behind) = rest.split_at(length.count());
    let is_word = behind.first().is_none_or(u8::is_ascii_whitespace);
    let of_none = |own: &&[u8]| word.eq_ignore_ascii_case(own);
    rest.is_empty() || (is_word && OF_NO_CONCERN.iter().any(of_none))
}

/// Where a FETCH response repeats the list of header fields that were asked for, behind
/// `BODY[HEADER`. Without it the response means the same and is half as long.
pub(super) fn repeated_fields(response: &[u8]) -> Option<Range<usize>> {
    const BEGINNING: &[u8] = b"BODY[HEADER";
    const FIELDS: &[u8] = b".FIELDS (";
    let line = &response[..memchr::memchr(b'\n', response)?];
    let number = line.strip_prefix(b"* ")?;
    let digits = number.iter().take_while(|b| b.is_ascii_digit()).count();
    number[digits..].strip_prefix(b" FETCH (")?;
    let start = memchr::memmem::find(line, BEGINNING)? + BEGINNING.len();
    let list = line[start..].strip_prefix(FIELDS)?;
    let length = memchr::memchr(b')', list)?;
    let end = start + FIELDS.len() + length + 1;
    line[end..].starts_with(b"]").then_some(start..end)
}

/// Makes the words of a status line readable: the parser takes a single byte behind the code for
/// the space that belongs there, and panics if a longer character has its place.
pub(super) fn mend_status_line(line: &mut [u8]) {
    let Some(end) = memchr::memchr(b'[', line) else {
        return;
    };
    let is_status = line[..end].trim_ascii_end().split(|byte| *byte == b' ');
    if is_status.count() > 2 {
        return;
    }
    let mut at = end;
    while let Some(bracket) = memchr::memchr(b']', &line[at..]) {
        at += bracket + 1;
        let is_tail = |byte: &u8| (0x80..0xc0).contains(byte);
        if line.get(at).is_some_and(|byte| !byte.is_ascii()) {
            let tail = line[at + 1..].iter().take_while(|byte| is_tail(byte));
            let length = 1 + tail.count();
            line[at..at + length].fill(b' ');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mended(line: &str) -> String {
        let mut bytes = line.as_bytes().to_vec();
        mend_status_line(&mut bytes);
        String::from_utf8(bytes).expect("still text")
    }

    #[test]
    fn a_character_in_the_place_of_a_space_makes_room_for_one() {
        assert_eq!(
            mended("* OK [ALERT]– closed\r\n"),
            "* OK [ALERT]    closed\r\n"
        );
        assert_eq!(mended("a1 NO [ALERT]é!\r\n"), "a1 NO [ALERT]  !\r\n");
        for fine in [
            "* OK [ALERT] – closed\r\n",
            "* OK [ALERT]x\r\n",
            "* OK [ALERT]\r\n",
            "* OK closed [see]– there\r\n",
            "* LIST () \"/\" \"[a]–\"\r\n",
        ] {
            assert_eq!(mended(fine), fine);
        }
    }

    #[test]
    fn what_extensions_say_is_left_out_and_nothing_else() {
        for line in [
            "* FLAGS (a  b)\r\n",
            "* NAMESPACE NIL NIL NIL\r\n",
            "* esearch (TAG \"a1\") UID\r\n",
            "* \r\n",
            "*\r\n",
            "\r\n",
        ] {
            assert!(is_of_no_concern(line.as_bytes()), "{line:?}");
        }
        for line in [
            "* OK FLAGS\r\n",
            "* 3 EXISTS\r\n",
            "* IDLE\r\n",
            "* LIST () \"/\" FLAGS\r\n",
            "a1 OK\r\n",
            "+ \r\n",
        ] {
            assert!(!is_of_no_concern(line.as_bytes()), "{line:?}");
        }
    }
}
