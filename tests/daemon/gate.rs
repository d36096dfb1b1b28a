//! A gate before a server: passes everything on, under another address or with a refusal.

use std::io::{BufRead, BufReader, Write, copy};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;

/// Passes connections on to a server. It stays open until the tests end.
#[derive(Debug)]
pub(crate) struct Gate {
    /// Where it listens: `host:port`.
    pub(crate) address: String,
}

impl Gate {
    /// On a free port of a loopback address.
    pub(crate) fn at(host: &str, server: &str) -> Self {
        let listener = TcpListener::bind((host, 0)).expect("a port");
        Self::serve(listener, server, None)
    }

    /// On an address that nobody listened at so far.
    pub(crate) fn opened(address: &str, server: &str) -> Self {
        let listener = TcpListener::bind(address).expect("the port is free");
        Self::serve(listener, server, None)
    }

    /// Before an SMTP server: refuses recipients whose address holds a word.
    pub(crate) fn refusing(recipient: &str, server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        Self::serve(listener, server, Some(recipient.to_owned()))
    }

    fn serve(listener: TcpListener, server: &str, refused: Option<String>) -> Self {
        let address = listener.local_addr().expect("bound").to_string();
        let server = server.to_owned();
        thread::spawn(move || {
            for here in listener.incoming().flatten() {
                let (server, refused) = (server.clone(), refused.clone());
                thread::spawn(move || {
                    // Either side may hang up at any time.
                    let _ = pass(&here, &server, refused.as_deref());
                    let _ = here.shutdown(Shutdown::Both);
                });
            }
        });
        Self { address }
    }
}

/// An address where nobody listens. On a loopback address that nothing else uses, so that no
/// outgoing connection takes the port meanwhile.
pub(crate) fn closed_port(host: &str) -> String {
    let listener = TcpListener::bind((host, 0)).expect("a port");
    listener.local_addr().expect("bound").to_string()
}

fn pass(here: &TcpStream, server: &str, refused: Option<&str>) -> std::io::Result<()> {
    let there = TcpStream::connect(server)?;
    let (mut answers, mut back) = (there.try_clone()?, here.try_clone()?);
    thread::spawn(move || {
        let _ = copy(&mut answers, &mut back);
        let _ = back.shutdown(Shutdown::Both);
    });
    let (mut onward, mut here) = (there, here);
    let Some(refused) = refused else {
        copy(&mut here, &mut onward)?;
        return onward.shutdown(Shutdown::Both);
    };
    let mut said = BufReader::new(here.try_clone()?);
    let mut line = Vec::new();
    while said.read_until(b'\n', &mut line)? > 0 {
        let text = String::from_utf8_lossy(&line);
        if text.starts_with("RCPT TO:") && text.contains(refused) {
            here.write_all(b"550 5.1.1 no such user here\r\n")?;
        } else {
            onward.write_all(&line)?;
        }
        line.clear();
    }
    onward.shutdown(Shutdown::Both)
}
