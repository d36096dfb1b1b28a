//! Servers that hear a login, and repeat it when they refuse it.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// A server with a login.
pub(crate) struct LoginServer {
    pub(crate) port: u16,
    heard: Arc<Mutex<String>>,
}

impl LoginServer {
    /// A mail server; whether it lets anybody in.
    pub(crate) fn smtp(accepts: bool) -> Self {
        Self::start(move |stream, heard| smtp(stream, accepts, heard))
    }

    /// A mailbox that lets nobody in.
    pub(crate) fn imap() -> Self {
        Self::start(imap)
    }

    pub(crate) fn heard(&self) -> String {
        self.heard.lock().expect("no panic").clone()
    }

    fn start(
        converse: impl Fn(TcpStream, &Mutex<String>) -> std::io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let heard = Arc::new(Mutex::new(String::new()));
        let (ears, converse) = (heard.clone(), Arc::new(converse));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (ears, converse) = (ears.clone(), converse.clone());
                thread::spawn(move || {
                    // The daemon may hang up at any time.
                    let _ = converse(stream, &ears);
                });
            }
        });
        Self { port, heard }
    }
}

fn smtp(stream: TcpStream, accepts: bool, heard: &Mutex<String>) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    write!(stream.get_mut(), "220 post.test\r\n")?;
    let (mut line, mut in_data) = (String::new(), false);
    while stream.read_line(&mut line)? > 0 {
        let said = std::mem::take(&mut line);
        let said = said.trim_end();
        heard.lock().expect("no panic").push_str(said);
        if in_data {
            in_data = said != ".";
            if in_data {
                continue;
            }
        }
        let answer = match said.split(' ').next() {
            Some("EHLO") => "250-post.test\r\n250 AUTH PLAIN LOGIN".to_owned(),
            Some("AUTH") if accepts => "235 welcome".to_owned(),
            Some("AUTH") => format!("535 5.7.8 that was wrong: {said}"),
            Some("DATA") => {
                in_data = true;
                "354 go ahead".to_owned()
            }
            _ => "250 ok".to_owned(),
        };
        write!(stream.get_mut(), "{answer}\r\n")?;
    }
    Ok(())
}

fn imap(stream: TcpStream, _: &Mutex<String>) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    write!(
        stream.get_mut(),
        "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready\r\n"
    )?;
    let mut line = String::new();
    while stream.read_line(&mut line)? > 0 {
        let said = std::mem::take(&mut line);
        let (tag, command) = said.trim_end().split_once(' ').unwrap_or_default();
        match command.split(' ').next() {
            Some("LOGIN") => write!(stream.get_mut(), "{tag} NO not with {command}\r\n")?,
            Some("AUTHENTICATE") => {
                write!(stream.get_mut(), "+ \r\n")?;
                stream.read_line(&mut line)?;
                let secret = std::mem::take(&mut line);
                let secret = secret.trim_end();
                write!(stream.get_mut(), "{tag} NO not with {secret}\r\n")?;
            }
            Some("CAPABILITY") => {
                write!(
                    stream.get_mut(),
                    "* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n{tag} OK\r\n"
                )?;
            }
            _ => write!(stream.get_mut(), "{tag} OK\r\n")?,
        }
    }
    Ok(())
}
