//! An SMTP server that keeps what it is given, and can be shut and opened.

use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// One mail as it was handed over.
#[derive(Debug, Clone)]
pub(crate) struct Letter {
    pub(crate) to: String,
    pub(crate) content: String,
}

impl Letter {
    /// A header field, on one line.
    pub(crate) fn field(&self, name: &str) -> String {
        let unfolded = self.content.replace("\r\n ", " ");
        let mark = format!("{name}: ");
        let line = unfolded.lines().find_map(|line| line.strip_prefix(&mark));
        line.unwrap_or_default().to_owned()
    }
}

#[derive(Debug, Default)]
struct Post {
    shut: bool,
    letters: Vec<Letter>,
}

/// A mail server.
#[derive(Debug, Clone)]
pub(crate) struct PostOffice {
    post: Arc<Mutex<Post>>,
    pub(crate) port: u16,
}

impl PostOffice {
    pub(crate) fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let post = Arc::new(Mutex::new(Post::default()));
        let kept = post.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let post = kept.clone();
                thread::spawn(move || {
                    // The daemon may hang up at any time.
                    let _ = converse(stream, &post);
                });
            }
        });
        Self { post, port }
    }

    pub(crate) fn shut(&self) {
        self.post.lock().expect("no panic").shut = true;
    }

    pub(crate) fn reopen(&self) {
        self.post.lock().expect("no panic").shut = false;
    }

    /// What has come so far.
    pub(crate) fn letters(&self) -> Vec<Letter> {
        self.post.lock().expect("no panic").letters.clone()
    }

    /// What has come so far to somebody.
    pub(crate) fn letters_to(&self, person: &str) -> Vec<Letter> {
        let mut letters = self.letters();
        letters.retain(|letter| letter.to == person);
        letters
    }
}

fn converse(stream: TcpStream, post: &Mutex<Post>) -> std::io::Result<()> {
    if post.lock().expect("no panic").shut {
        return stream.shutdown(Shutdown::Both);
    }
    let mut stream = BufReader::new(stream);
    write!(stream.get_mut(), "220 post.test\r\n")?;
    let (mut line, mut to) = (String::new(), String::new());
    while stream.read_line(&mut line)? > 0 {
        let command = line.trim_end().to_owned();
        line.clear();
        if let Some(path) = command.strip_prefix("RCPT TO:<") {
            to = path.split('>').next().unwrap_or_default().to_owned();
        }
        if command == "DATA" {
            write!(stream.get_mut(), "354 go ahead\r\n")?;
            let mut content = String::new();
            while stream.read_line(&mut line)? > 0 && line != ".\r\n" {
                content.push_str(&line);
                line.clear();
            }
            line.clear();
            let letter = Letter {
                to: to.clone(),
                content,
            };
            post.lock().expect("no panic").letters.push(letter);
        }
        if command == "QUIT" {
            return write!(stream.get_mut(), "221 bye\r\n");
        }
        write!(stream.get_mut(), "250 ok\r\n")?;
    }
    Ok(())
}
