//! Standard output that remembers what could not be printed.
//!
//! Vocabulary: a *printout* is all a command prints; it is *lost* if some of it could not be
//! written (a full disk behind `ackd cases > FILE`), but not if its reader has gone away
//! (`ackd cases | head`): then nobody is left to be told.

use std::io::{self, ErrorKind, Write};

use super::{DONE, PROBLEM};

/// Runs a command that prints on `out`, and tells `err` if its printout is lost. Gives the exit
/// code of the command; one that is done, but lost its printout, has a problem.
pub fn printing(
    out: &mut dyn Write,
    err: &mut dyn Write,
    command: impl FnOnce(&mut dyn Write, &mut dyn Write) -> u8,
) -> u8 {
    let mut printout = Printout { out, lost: None };
    let code = command(&mut printout, err);
    // What can't be flushed is remembered like what can't be written.
    let _ = printout.flush();
    let Some(error) = printout.lost else {
        return code;
    };
    if error.kind() == ErrorKind::BrokenPipe {
        return code;
    }
    // If nobody reads it, the exit code still tells.
    let _ = writeln!(
        err,
        "ackd: could not print the result: {error}; print it somewhere else"
    );
    if code == DONE { PROBLEM } else { code }
}

/// What a command prints.
struct Printout<'a> {
    out: &'a mut dyn Write,
    /// The first error.
    lost: Option<io::Error>,
}

impl Printout<'_> {
    fn remember<T>(&mut self, written: io::Result<T>) -> io::Result<T> {
        if let Err(error) = &written
            && error.kind() != ErrorKind::Interrupted
            && self.lost.is_none()
        {
            let same = match error.raw_os_error() {
                Some(code) => io::Error::from_raw_os_error(code),
                None => io::Error::new(error.kind(), error.to_string()),
            };
            self.lost = Some(same);
        }
        written
    }
}

impl Write for Printout<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes);
        self.remember(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = self.out.flush();
        self.remember(flushed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes so many bytes, and then fails.
    struct Fails(usize, ErrorKind);

    impl Write for Fails {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let taken = bytes.len().min(self.0);
            self.0 -= taken;
            match taken {
                0 if !bytes.is_empty() => Err(self.1.into()),
                taken => Ok(taken),
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn print(room: usize, kind: ErrorKind, code: u8) -> (u8, String) {
        let mut err = Vec::new();
        let code = printing(&mut Fails(room, kind), &mut err, |out, _| {
            // As commands do that have nothing to say about it.
            let _ = out.write_all(b"four lines\n");
            code
        });
        (code, String::from_utf8(err).expect("text"))
    }

    #[test]
    fn a_lost_printout_is_told_and_a_closed_pipe_is_not() {
        assert_eq!(
            print(100, ErrorKind::StorageFull, DONE),
            (DONE, String::new())
        );
        let (code, told) = print(4, ErrorKind::StorageFull, DONE);
        assert_eq!(code, PROBLEM);
        assert!(
            told.starts_with("ackd: could not print the result: "),
            "{told}"
        );
        assert_eq!(print(4, ErrorKind::StorageFull, 3).0, 3);
        assert_eq!(print(4, ErrorKind::BrokenPipe, DONE), (DONE, String::new()));
    }
}
