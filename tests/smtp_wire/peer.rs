//! A mail server that follows a script, for one visitor.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ackd::smtp::{Protection, Relay};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

const CA: &[u8] = include_bytes!("certificates/ca.pem");
const CERTIFICATE: &[u8] = include_bytes!("certificates/server.pem");
const KEY: &[u8] = include_bytes!("certificates/server.key");

/// For servers that answer: long enough for any busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
/// For servers that fall silent: waited out in full.
pub(crate) const SHORT_PATIENCE: Duration = Duration::from_secs(2);

// --- The scripted server

/// What the server does at one point.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Act {
    Say(&'static str),
    Silence,
    Close,
}

pub(crate) use Act::{Close, Say, Silence};

#[derive(Debug, Clone, Copy)]
pub(crate) struct Script {
    pub(crate) greeting: Act,
    pub(crate) ehlo: Act,
    pub(crate) start_tls: Act,
    pub(crate) auth: Act,
    pub(crate) mail: Act,
    pub(crate) rcpt: Act,
    pub(crate) data: Act,
    pub(crate) content: Act,
    /// Reads only this much of the content before it acts.
    pub(crate) content_bytes: Option<usize>,
    pub(crate) tls_at_once: bool,
}

pub(crate) const WILLING: Script = Script {
    greeting: Say("220 peer.test ESMTP\r\n"),
    ehlo: Say("250-peer.test\r\n250 8BITMIME\r\n"),
    start_tls: Say("220 go ahead\r\n"),
    auth: Say("235 2.7.0 welcome\r\n"),
    mail: Say("250 2.1.0 ok\r\n"),
    rcpt: Say("250 2.1.5 ok\r\n"),
    data: Say("354 go ahead\r\n"),
    content: Say("250 2.0.0 queued\r\n"),
    content_bytes: None,
    tls_at_once: false,
};

impl Script {
    /// Whether the client has to give up by itself.
    fn falls_silent(&self) -> bool {
        [
            self.greeting,
            self.ehlo,
            self.start_tls,
            self.auth,
            self.mail,
            self.rcpt,
            self.data,
            self.content,
        ]
        .iter()
        .any(|act| match act {
            Say(line) => !line.ends_with('\n'),
            Silence => true,
            Close => false,
        })
    }
}

/// A server with a single visitor, and all it heard.
pub(crate) struct Peer {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<u8>>>,
    patience: Duration,
}

impl Peer {
    pub(crate) async fn start(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let heard = Arc::new(Mutex::new(Vec::new()));
        let ears = Arc::clone(&heard);
        tokio::spawn(async move {
            let (stream, _) = listener.accept().await?;
            if script.tls_at_once {
                let stream = acceptor().accept(stream).await?;
                converse(stream, script, &ears).await.map(drop)
            } else if let Some(stream) = converse(stream, script, &ears).await? {
                let stream = acceptor().accept(stream).await?;
                let quiet = Script {
                    greeting: Say(""),
                    ..script
                };
                converse(stream, quiet, &ears).await.map(drop)
            } else {
                io::Result::Ok(())
            }
        });
        let patience = if script.falls_silent() {
            SHORT_PATIENCE
        } else {
            PATIENCE
        };
        Self {
            address,
            heard,
            patience,
        }
    }

    pub(crate) fn heard(&self) -> String {
        let heard = self.heard.lock().expect("no panic");
        String::from_utf8_lossy(&heard).into_owned()
    }

    pub(crate) fn relay(&self, protection: Protection) -> Relay {
        Relay {
            host: "localhost".to_owned(),
            port: self.address.port(),
            protection,
            connector: ackd::smtp::Connector::Network,
            extra_root: Some(CA.to_vec()),
            login: None,
            timeout: self.patience,
        }
    }
}

fn acceptor() -> TlsAcceptor {
    let chain = vec![CertificateDer::from_pem_slice(CERTIFICATE).expect("a certificate")];
    let key = PrivateKeyDer::from_pem_slice(KEY).expect("a key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .expect("a server");
    TlsAcceptor::from(Arc::new(config))
}

/// Plays the script to its end; gives the stream back where TLS is to begin.
async fn converse<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    script: Script,
    heard: &Mutex<Vec<u8>>,
) -> io::Result<Option<S>> {
    act(&mut stream, script.greeting).await?;
    loop {
        let Some(line) = hear_to(&mut stream, b"\r\n", heard, None).await? else {
            return Ok(None);
        };
        let verb = String::from_utf8_lossy(&line).to_ascii_uppercase();
        let verb = verb
            .split([' ', ':', '\r'])
            .next()
            .unwrap_or_default()
            .to_owned();
        match verb.as_str() {
            "EHLO" => act(&mut stream, script.ehlo).await?,
            "STARTTLS" => {
                act(&mut stream, script.start_tls).await?;
                return Ok(Some(stream));
            }
            "AUTH" => act(&mut stream, script.auth).await?,
            "MAIL" => act(&mut stream, script.mail).await?,
            "RCPT" => act(&mut stream, script.rcpt).await?,
            "DATA" => {
                act(&mut stream, script.data).await?;
                if !matches!(script.data, Say(line) if line.starts_with("354")) {
                    continue;
                }
                if script.content_bytes != Some(0) {
                    hear_to(&mut stream, b"\r\n.\r\n", heard, script.content_bytes).await?;
                }
                act(&mut stream, script.content).await?;
            }
            "QUIT" => {
                stream.write_all(b"221 bye\r\n").await?;
                return Ok(None);
            }
            other => panic!("the client said {other}"),
        }
    }
}

async fn act<S: AsyncWrite + Unpin>(stream: &mut S, act: Act) -> io::Result<()> {
    match act {
        Say(line) => {
            stream.write_all(line.as_bytes()).await?;
            stream.flush().await
        }
        Silence => {
            tokio::time::sleep(Duration::from_secs(60)).await;
            Ok(())
        }
        Close => Err(io::Error::other("the script says to close")),
    }
}

/// Reads byte by byte to the end mark or the limit. `None`: the client has gone.
async fn hear_to<S: AsyncRead + Unpin>(
    stream: &mut S,
    end: &[u8],
    heard: &Mutex<Vec<u8>>,
    limit: Option<usize>,
) -> io::Result<Option<Vec<u8>>> {
    let mut text = Vec::new();
    while !text.ends_with(end) && limit.is_none_or(|limit| text.len() < limit) {
        let Ok(byte) = stream.read_u8().await else {
            return Ok(None);
        };
        text.push(byte);
        heard.lock().expect("no panic").push(byte);
    }
    Ok(Some(text))
}
