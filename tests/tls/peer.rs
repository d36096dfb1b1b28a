//! A server for IMAP or SMTP with a certificate of our choice.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::authority::Chain;

/// What the server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    Imap,
    Smtp,
}

/// What it does before TLS is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plain {
    /// Offers STARTTLS and keeps to it.
    Honest,
    /// Somebody on the way took the offer out, and refuses the command.
    Stripped,
    /// Offers it and refuses it.
    Refused,
    /// Says that we are logged in already.
    Preauth,
    /// Sends answers along that are meant for after the handshake, and then lets nobody in.
    Injected,
}

/// A server, and all it heard.
pub(crate) struct Peer {
    pub(crate) port: u16,
    heard: Arc<Mutex<String>>,
}

impl Peer {
    pub(crate) async fn start(
        protocol: Protocol,
        chain: &Chain,
        tls_at_once: bool,
        plain: Plain,
    ) -> Self {
        let listener = TcpListener::bind("localhost:0").await.expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let acceptor = TlsAcceptor::from(Arc::new(chain.server()));
        let heard = Arc::new(Mutex::new(String::new()));
        let ears = heard.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let visit = visit(
                    stream,
                    protocol,
                    acceptor.clone(),
                    tls_at_once,
                    plain,
                    &ears,
                );
                // The client hangs up on what it does not like.
                let _ = visit.await;
            }
        });
        Self { port, heard }
    }

    pub(crate) fn heard(&self) -> String {
        self.heard.lock().expect("no panic").clone()
    }
}

async fn visit(
    stream: TcpStream,
    protocol: Protocol,
    acceptor: TlsAcceptor,
    tls_at_once: bool,
    plain: Plain,
    heard: &Mutex<String>,
) -> std::io::Result<()> {
    if tls_at_once {
        let stream = acceptor.accept(stream).await?;
        return converse(stream, protocol, Plain::Honest, true, heard)
            .await
            .map(drop);
    }
    let stream = converse(stream, protocol, plain, false, heard).await?;
    let Some(stream) = stream else { return Ok(()) };
    let stream = acceptor.accept(stream).await?;
    if plain == Plain::Injected {
        // Whoever believes what came before goes on now; nothing is answered.
        let mut stream = BufReader::new(stream);
        let mut line = String::new();
        while stream.read_line(&mut line).await? > 0 {
            if line.contains("CAPABILITY") || line.starts_with("EHLO") {
                return Ok(());
            }
            heard.lock().expect("no panic").push_str(&line);
            line.clear();
        }
        return Ok(());
    }
    converse(stream, protocol, Plain::Honest, true, heard)
        .await
        .map(drop)
}

/// Gives the stream back where TLS is to begin.
async fn converse<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    protocol: Protocol,
    plain: Plain,
    is_safe: bool,
    heard: &Mutex<String>,
) -> std::io::Result<Option<S>> {
    let mut stream = BufReader::new(stream);
    let smtp = protocol == Protocol::Smtp;
    let greeting = match (protocol, plain) {
        (Protocol::Smtp, _) => "220 peer.test\r\n",
        (Protocol::Imap, Plain::Preauth) => "* PREAUTH [CAPABILITY IMAP4rev1] welcome\r\n",
        (Protocol::Imap, _) => "* OK ready\r\n",
    };
    let after_starttls = is_safe && heard.lock().expect("no panic").contains("STARTTLS");
    if !after_starttls {
        stream.write_all(greeting.as_bytes()).await?;
    }
    let (mut line, mut in_data) = (String::new(), false);
    while stream.read_line(&mut line).await? > 0 {
        heard.lock().expect("no panic").push_str(&line);
        let said = std::mem::take(&mut line);
        let said = said.trim_end();
        if in_data {
            in_data = said != ".";
            if !in_data {
                stream.write_all(b"250 queued\r\n").await?;
            }
            continue;
        }
        let (tag, command) = match smtp {
            true => ("", said),
            false => said.split_once(' ').unwrap_or((said, "")),
        };
        if command.starts_with("STARTTLS") {
            let answer = starttls_answer(protocol, plain, tag);
            stream.write_all(answer.as_bytes()).await?;
            if plain == Plain::Honest || plain == Plain::Injected {
                return Ok(Some(stream.into_inner()));
            }
            continue;
        }
        in_data = smtp && command == "DATA";
        let answer = match smtp {
            true => smtp_answer(command, plain, is_safe),
            false => imap_answer(tag, command, plain, is_safe),
        };
        stream.write_all(answer.as_bytes()).await?;
    }
    Ok(None)
}

fn starttls_answer(protocol: Protocol, plain: Plain, tag: &str) -> String {
    match (protocol, plain) {
        (Protocol::Imap, Plain::Injected) => format!(
            "{tag} OK begin\r\n* CAPABILITY IMAP4rev1\r\nA0001 OK in\r\nA0002 OK in\r\nA0003 OK in\r\n"
        ),
        (Protocol::Smtp, Plain::Injected) => {
            "220 begin\r\n250-peer.test\r\n250 AUTH PLAIN\r\n235 welcome\r\n".to_owned()
        }
        (Protocol::Imap, Plain::Honest) => format!("{tag} OK begin\r\n"),
        (Protocol::Smtp, Plain::Honest) => "220 begin\r\n".to_owned(),
        (Protocol::Imap, _) => format!("{tag} BAD what?\r\n"),
        (Protocol::Smtp, _) => "502 what?\r\n".to_owned(),
    }
}

fn smtp_answer(command: &str, plain: Plain, is_safe: bool) -> String {
    match command.split(' ').next() {
        Some("EHLO") if is_safe || plain == Plain::Stripped => {
            "250-peer.test\r\n250 AUTH PLAIN LOGIN\r\n"
        }
        Some("EHLO") => "250-peer.test\r\n250 STARTTLS\r\n",
        Some("AUTH") => "235 welcome\r\n",
        Some("DATA") => "354 go ahead\r\n",
        Some("QUIT") => "221 bye\r\n",
        _ => "250 ok\r\n",
    }
    .to_owned()
}

fn imap_answer(tag: &str, command: &str, plain: Plain, is_safe: bool) -> String {
    let untagged = match command.split(' ').next() {
        Some("CAPABILITY") if is_safe || plain == Plain::Stripped => "* CAPABILITY IMAP4rev1\r\n",
        Some("CAPABILITY") => "* CAPABILITY IMAP4rev1 STARTTLS\r\n",
        Some("EXAMINE") => "* 0 EXISTS\r\n* OK [UIDVALIDITY 7] life\r\n* OK [UIDNEXT 1] next\r\n",
        Some("LIST") => "* LIST () \"/\" INBOX\r\n",
        _ => "",
    };
    format!("{untagged}{tag} OK done\r\n")
}
