//! Where in the grammar a server's bytes are, and how much of everything there may be.
//!
//! Vocabulary: a *literal* is announced as `{n}` at the end of a line and followed by `n`
//! bytes (RFC 3501, section 4.3); a *status line* (`* OK …`, `a1 NO …`, `+ …`) never ends in
//! one, whatever its words look like; a message's
//! *structure* is the tree of its parts.

use crate::domain::facts::HEADER_BYTES_MAX;

/// The longest literal that is read. Header and text are asked for with an upper limit, so
/// an honest server stays below it.
pub(crate) const LITERAL_BYTES_MAX: usize = HEADER_BYTES_MAX + 4096;

/// The longest line that is read, many times that of an honest one: what the parser makes of it
/// may be a hundred times as large, and it begins anew every few thousand bytes.
pub(crate) const LINE_BYTES_MAX: usize = 32 * 1024;

/// The longest answer to SEARCH that is read: numbers only, and so little larger when parsed.
pub(crate) const SEARCH_BYTES_MAX: usize = 256 * 1024;

/// The longest response that is read, with its literals: the parser takes it as a whole.
pub(crate) const RESPONSE_BYTES_MAX: usize = 1024 * 1024;

/// The most bytes that are read while one command runs.
pub(crate) const COMMAND_BYTES_MAX: u64 = 128 * 1024 * 1024;

/// How much of a line is kept to tell a status line.
const LINE_START_BYTES: usize = 24;

/// How the structure of a message begins, before its bracket.
const STRUCTURE: &[u8] = b"BODYSTRUCTURE ";

/// How many brackets there may be behind that in what seems to be a literal.
const BRACKETS_MAX: u32 = 32;

/// What went beyond its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Overflow {
    /// A literal.
    #[error("the server announced a piece of {0} bytes, more than {LITERAL_BYTES_MAX}")]
    Literal(u64),
    /// A line.
    #[error("the server sent a line longer than {0} bytes")]
    Line(usize),
    /// A response with all its literals.
    #[error("the server sent a response longer than {RESPONSE_BYTES_MAX} bytes")]
    Response,
    /// The structure of a message.
    #[error("the server told the structure of a message, which nobody had asked for")]
    Structure,
    /// Everything a command was answered with.
    #[error("the server answered one command with more than {COMMAND_BYTES_MAX} bytes")]
    Command,
    /// A response that is over, and of which the parser still wants more: something in it was
    /// opened and never closed. Waiting would be in vain.
    #[error("a response of the server ends in the middle")]
    Unended,
}

/// Counts what passes and knows where in the grammar it is.
#[derive(Debug, Default)]
pub(super) struct Meter {
    command: u64,
    /// Bytes of the response so far, and those of them that stand in no literal.
    response: usize,
    words: usize,
    /// The last bytes of the response so far.
    recent: Vec<u8>,
    /// How many brackets were opened since a structure began.
    brackets: Option<u32>,
    /// Bytes of the current literal that are still to come.
    literal: u64,
    start: Vec<u8>,
    end: Vec<u8>,
    /// Whether the line goes on after a literal: then it is no status line.
    continued: bool,
    /// Whether the beginning of the response was given out before its end came.
    pub(super) is_divided: bool,
}

/// How far the meter went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Taken {
    pub(super) bytes: usize,
    /// Whether a response ended there.
    pub(super) ended: bool,
}

impl Meter {
    /// Begins to count the bytes of a command anew.
    pub(super) fn begin_command(&mut self) {
        self.command = 0;
    }

    /// Measures up to the end of a response, or all there is.
    pub(super) fn take(&mut self, all: &[u8]) -> Result<Taken, Overflow> {
        let mut bytes = all;
        let mut ended = false;
        while !bytes.is_empty() && !ended {
            if self.literal > 0 {
                let skipped = bytes
                    .len()
                    .min(usize::try_from(self.literal).unwrap_or(usize::MAX));
                self.literal -= skipped as u64;
                self.add_to_response(skipped)?;
                self.refuse_structure(&bytes[..skipped], true)?;
                bytes = &bytes[skipped..];
                continue;
            }
            let newline = memchr::memchr(b'\n', bytes);
            let (piece, rest) = bytes.split_at(newline.map_or(bytes.len(), |at| at + 1));
            self.add_to_line(piece)?;
            if newline.is_some() {
                self.end_line()?;
                ended = !self.continued;
            }
            bytes = rest;
        }
        let bytes = all.len() - bytes.len();
        self.command += bytes as u64;
        if self.command > COMMAND_BYTES_MAX {
            return Err(Overflow::Command);
        }
        Ok(Taken { bytes, ended })
    }

    fn add_to_response(&mut self, bytes: usize) -> Result<(), Overflow> {
        self.response += bytes;
        match self.response > RESPONSE_BYTES_MAX {
            true => Err(Overflow::Response),
            false => Ok(()),
        }
    }

    /// What stands in no literal is one line to the parser, however many literals divide it.
    fn add_to_line(&mut self, piece: &[u8]) -> Result<(), Overflow> {
        let room = LINE_START_BYTES.saturating_sub(self.start.len());
        if !self.continued {
            self.start
                .extend_from_slice(&piece[..piece.len().min(room)]);
        }
        self.words += piece.len();
        let words_max = match is_search(&self.start) {
            true => SEARCH_BYTES_MAX,
            false => LINE_BYTES_MAX,
        };
        if self.words > words_max {
            return Err(Overflow::Line(words_max));
        }
        self.add_to_response(piece.len())?;
        if !is_status_line(&self.start) {
            self.refuse_structure(piece, false)?;
        }
        let tail = &piece[piece.len().saturating_sub(LINE_START_BYTES)..];
        self.end.extend_from_slice(tail);
        let surplus = self.end.len().saturating_sub(LINE_START_BYTES);
        self.end.drain(..surplus);
        Ok(())
    }

    fn end_line(&mut self) -> Result<(), Overflow> {
        let announced = announced_literal(&self.end);
        if let Some(size) = announced
            && size > LITERAL_BYTES_MAX as u64
        {
            return Err(Overflow::Literal(size));
        }
        let status = !self.continued && is_status_line(&self.start);
        self.literal = announced.filter(|_| !status).unwrap_or(0);
        self.continued = announced.is_some() && !status;
        self.end.clear();
        if !self.continued {
            self.start.clear();
            self.response = 0;
            self.words = 0;
            self.recent.clear();
            self.brackets = None;
        }
        Ok(())
    }

    /// The parser calls itself for each level of a structure, and the room for that has an end.
    /// How deep one is can't be told from the brackets: what the parser takes for a string or a
    /// literal depends on what stands before. So none is let through, for nobody asks for one;
    /// and where it seems to stand in a literal, which may be mail about such things, none that
    /// is deep.
    fn refuse_structure(&mut self, piece: &[u8], in_literal: bool) -> Result<(), Overflow> {
        for at in memchr::memchr_iter(b'(', piece) {
            if let Some(brackets) = &mut self.brackets {
                *brackets += 1;
            } else if self.is_structure(&piece[..at]) {
                self.brackets = Some(1);
            }
            let brackets_max = if in_literal { BRACKETS_MAX } else { 0 };
            if self.brackets.is_some_and(|own| own > brackets_max) {
                return Err(Overflow::Structure);
            }
        }
        let tail = &piece[piece.len().saturating_sub(STRUCTURE.len())..];
        self.recent.extend_from_slice(tail);
        let surplus = self.recent.len().saturating_sub(STRUCTURE.len());
        self.recent.drain(..surplus);
        Ok(())
    }

    /// Whether the name of a structure ends where this does.
    fn is_structure(&self, before: &[u8]) -> bool {
        match before.len().checked_sub(STRUCTURE.len()) {
            Some(start) => before[start..].eq_ignore_ascii_case(STRUCTURE),
            None => {
                let missing = STRUCTURE.len() - before.len();
                let earlier = &self.recent[self.recent.len().saturating_sub(missing)..];
                let name = [earlier, before].concat();
                name.eq_ignore_ascii_case(STRUCTURE)
            }
        }
    }
}

/// The `n` of a line that ends in `{n}` or `{n+}`.
fn announced_literal(line: &[u8]) -> Option<u64> {
    let line = line.strip_suffix(b"\n")?;
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let line = line.strip_suffix(b"}")?;
    let line = line.strip_suffix(b"+").unwrap_or(line);
    let digits = line.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    let (head, number) = line.split_at(line.len() - digits);
    if digits == 0 {
        return None;
    }
    // So many digits that the brace is out of sight are too many in any case.
    if head.is_empty() {
        return Some(u64::MAX);
    }
    head.ends_with(b"{").then(|| {
        let number = std::str::from_utf8(number).unwrap_or("");
        number.parse().unwrap_or(u64::MAX)
    })
}

fn is_search(start: &[u8]) -> bool {
    const SEARCH: &[u8] = b"* SEARCH ";
    start.len() >= SEARCH.len() && start[..SEARCH.len()].eq_ignore_ascii_case(SEARCH)
}

/// Whether a line is `+ …` or has OK, NO, BAD, BYE or PREAUTH as its second word.
fn is_status_line(start: &[u8]) -> bool {
    if start.first() == Some(&b'+') {
        return true;
    }
    let word = start
        .split(|byte| byte.is_ascii_whitespace())
        .nth(1)
        .unwrap_or(b"");
    [&b"OK"[..], b"NO", b"BAD", b"BYE", b"PREAUTH"]
        .iter()
        .any(|status| word.eq_ignore_ascii_case(status))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feed(bytes: &[u8], step: usize) -> Result<(), Overflow> {
        let mut meter = Meter::default();
        for mut piece in bytes.chunks(step) {
            while !piece.is_empty() {
                piece = &piece[meter.take(piece)?.bytes..];
            }
        }
        Ok(())
    }

    #[test]
    fn a_huge_literal_is_refused_before_it_comes() {
        let line = b"* 1 FETCH (UID 1 BODY[HEADER] {500000000}\r\n";
        for step in [1, 7, 100] {
            assert_eq!(feed(line, step), Err(Overflow::Literal(500_000_000)));
        }
        let digits = b"* 1 FETCH (BODY[] {99999999999999999999999999999999999}\r\n";
        assert!(matches!(feed(digits, 3), Err(Overflow::Literal(_))));
    }

    #[test]
    fn a_status_line_cannot_hide_a_literal() {
        let hidden = b"* OK hello {60}\r\n* 1 FETCH (UID 1 BODY[HEADER] {500000000}\r\n";
        assert_eq!(feed(hidden, 5), Err(Overflow::Literal(500_000_000)));
    }

    #[test]
    fn what_stands_inside_a_literal_is_not_ours_to_judge() {
        let header = b"Subject: {500000000}\r\n\r\n";
        let mut bytes = format!("* 1 FETCH (BODY[HEADER] {{{}}}\r\n", header.len()).into_bytes();
        bytes.extend_from_slice(header);
        bytes.extend_from_slice(b" UID 1)\r\na1 OK done\r\n");
        for step in [1, 10, 1000] {
            assert_eq!(feed(&bytes, step), Ok(()));
        }
    }

    #[test]
    fn an_endless_line_is_cut_off() {
        let line = vec![b'x'; LINE_BYTES_MAX + 1];
        assert_eq!(feed(&line, 4096), Err(Overflow::Line(LINE_BYTES_MAX)));
        let mut numbers = b"* SEARCH ".to_vec();
        numbers.resize(LINE_BYTES_MAX + 1, b'1');
        assert_eq!(feed(&numbers, 4096), Ok(()));
        numbers.resize(SEARCH_BYTES_MAX + 1, b'1');
        assert_eq!(feed(&numbers, 4096), Err(Overflow::Line(SEARCH_BYTES_MAX)));
    }

    #[test]
    fn many_literals_are_one_response() {
        let piece = [&b" BODY[] {200000}\r\n"[..], &[b'('; 200_000][..]].concat();
        let mut server = b"* 1 FETCH (UID 1".to_vec();
        server.extend(piece.repeat(5));
        assert_eq!(feed(&server, 4096), Ok(()));
        server.extend(&piece);
        assert_eq!(feed(&server, 4096), Err(Overflow::Response));
    }

    #[test]
    fn a_structure_is_refused_before_the_parser_climbs_down_into_it() {
        for server in [
            "* 1 FETCH (UID 1 BODYSTRUCTURE ((((",
            "* 1 FETCH (bodystructure ((((",
            "* 1 FETCH (X \" BODYSTRUCTURE ((((",
        ] {
            for step in [1, 2, 7, 1000] {
                let refused = feed(server.as_bytes(), step);
                assert_eq!(refused, Err(Overflow::Structure), "{server} by {step}");
            }
        }
        // What ends the line is no literal to the parser.
        let hidden = format!(
            "* 1 FETCH (X y{{1000}}\r\n BODYSTRUCTURE {}",
            "(".repeat(BRACKETS_MAX as usize + 1)
        );
        for step in [1, 2, 7, 1000] {
            assert_eq!(feed(hidden.as_bytes(), step), Err(Overflow::Structure));
        }
        for fine in [
            "* 1 FETCH (FLAGS (a) BODY[HEADER.FIELDS (TO)] {16}\r\nBODYSTRUCTURE ((\r\n",
            "* OK BODYSTRUCTURE (of text)\r\n",
            "* 1 FETCH (BODY[HEADER.FIELDS (TO)] NIL)\r\n",
        ] {
            assert_eq!(feed(fine.as_bytes(), 3), Ok(()), "{fine}");
        }
    }
}
