//! A plain IMAP client, to play the other people.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

/// A plain client, to play the other people.
pub(crate) struct Person {
    stream: BufReader<TcpStream>,
    tag: u32,
}

impl Person {
    pub(crate) fn at(server: &(String, u16), user: &str) -> Self {
        let stream = TcpStream::connect((server.0.as_str(), server.1)).expect("the server runs");
        let timeout = Some(Duration::from_secs(20));
        stream.set_read_timeout(timeout).expect("a time-out");
        let stream = BufReader::new(stream);
        let mut person = Self { stream, tag: 0 };
        person.line();
        person.run(&format!("LOGIN {user} pw"));
        person
    }

    fn line(&mut self) -> String {
        let mut bytes = Vec::new();
        self.stream.read_until(b'\n', &mut bytes).expect("a line");
        String::from_utf8_lossy(&bytes).into_owned()
    }

    pub(crate) fn run(&mut self, command: &str) -> String {
        self.tag += 1;
        let tag = format!("p{}", self.tag);
        write!(self.stream.get_mut(), "{tag} {command}\r\n").expect("writable");
        self.until(&tag)
    }

    fn until(&mut self, tag: &str) -> String {
        let mut said = String::new();
        loop {
            let line = self.line();
            said.push_str(&line);
            if let Some(status) = line.strip_prefix(tag) {
                assert!(status.starts_with(" OK"), "{said}");
                return said;
            }
        }
    }

    pub(crate) fn append(&mut self, folder: &str, message: &str) {
        self.tag += 1;
        let tag = format!("p{}", self.tag);
        let size = message.len();
        write!(
            self.stream.get_mut(),
            "{tag} APPEND {folder} {{{size}}}\r\n"
        )
        .expect("writable");
        while !self.line().starts_with('+') {}
        write!(self.stream.get_mut(), "{message}\r\n").expect("writable");
        self.until(&tag);
    }
}
