//! One payload to one webhook, over HTTP/1.1.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustls_pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::{later, signature};
use crate::domain::outbox::SendVerdict;
use crate::domain::roads::Place;

/// The longest head of an answer, in bytes; its body is not read.
pub const HEAD_BYTES_MAX: usize = 16 * 1024;

/// The longest pause that a webhook may ask for (`Retry-After`).
pub const PAUSE_MAX: Duration = Duration::from_secs(300);

/// How many fields the head of an answer may have.
const FIELDS_MAX: usize = 100;

/// A webhook, ready to be written to.
pub struct Webhook {
    /// Where it is.
    pub place: Place,
    /// Whom to trust.
    pub tls: Arc<rustls::ClientConfig>,
    /// How long all of it may take.
    pub timeout: Duration,
    /// What signs the payload.
    pub secret: Option<Vec<u8>>,
}

trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Wire for T {}

/// Connects and parts again, without a word. The error is for people.
pub async fn reach(webhook: &Webhook) -> Result<(), String> {
    match timeout(webhook.timeout, connect(webhook)).await {
        Ok(connected) => connected.map(drop),
        Err(_) => Err(slow(webhook)),
    }
}

/// Hands a payload over. `id` is the same however often that is done; `seconds` is the present,
/// since 1970.
///
/// Never takes longer than the webhook's time-out by more than a moment. Where no answer came
/// after all was written, the outcome is unknown.
pub async fn deliver(webhook: &Webhook, id: &str, seconds: i64, body: &str) -> SendVerdict {
    let mut is_written = false;
    let exchange = exchange(webhook, id, seconds, body, &mut is_written);
    let outcome = timeout(webhook.timeout, exchange).await;
    match outcome.unwrap_or_else(|_| Err(slow(webhook))) {
        Ok(verdict) => verdict,
        Err(reason) if is_written => SendVerdict::Unknown { reason },
        Err(reason) => later(reason),
    }
}

fn slow(webhook: &Webhook) -> String {
    format!("no answer within {} s", webhook.timeout.as_secs())
}

async fn connect(webhook: &Webhook) -> Result<Box<dyn Wire>, String> {
    let Place { host, port, .. } = &webhook.place;
    let told = |error: io::Error| format!("could not connect to {host}:{port}: {error}");
    let tcp = TcpStream::connect((host.as_str(), *port));
    let tcp = tcp.await.map_err(told)?;
    if !webhook.place.is_protected {
        return Ok(Box::new(tcp));
    }
    let name = ServerName::try_from(host.clone());
    let name = name.map_err(|_| format!("could not connect to {host}: it is no name for TLS"))?;
    let tls = TlsConnector::from(webhook.tls.clone()).connect(name, tcp);
    Ok(Box::new(tls.await.map_err(told)?))
}

async fn exchange(
    webhook: &Webhook,
    id: &str,
    seconds: i64,
    body: &str,
    is_written: &mut bool,
) -> Result<SendVerdict, String> {
    let mut wire = connect(webhook).await?;
    let told = |error: io::Error| format!("the connection was lost: {error}");
    let Place {
        host, port, path, ..
    } = &webhook.place;
    let length = body.len();
    let mut request = format!(
        "POST {path} HTTP/1.1\r\nHost: {}\r\nUser-Agent: ackd\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\nIdempotency-Key: \"{id}\"\r\n",
        authority(host, *port, webhook.place.is_protected)
    );
    if let Some(secret) = &webhook.secret {
        let signature = signature(secret, seconds, body);
        request.push_str(&format!("X-Ackd-Signature: {signature}\r\n"));
    }
    request.push_str("\r\n");
    request.push_str(body);
    // A part of it may be all that the other side needs.
    *is_written = true;
    // A server may refuse before it has read all: its answer counts.
    let written = match wire.write_all(request.as_bytes()).await {
        Ok(()) => wire.flush().await,
        failed => failed,
    };
    let mut answer = Vec::new();
    let mut piece = [0; 2048];
    while answer.len() < HEAD_BYTES_MAX {
        let read = wire.read(&mut piece).await.map_err(told)?;
        answer.extend_from_slice(&piece[..read]);
        if let Some(verdict) = understood(&answer)? {
            return Ok(verdict);
        }
        if read == 0 {
            written.map_err(told)?;
            return Err("the connection was closed without an answer".to_owned());
        }
    }
    Err(format!(
        "its answer begins with more than {HEAD_BYTES_MAX} bytes"
    ))
}

fn authority(host: &str, port: u16, is_protected: bool) -> String {
    let host = match host.contains(':') {
        true => format!("[{host}]"),
        false => host.to_owned(),
    };
    match (is_protected, port) {
        (true, 443) | (false, 80) => host,
        (_, port) => format!("{host}:{port}"),
    }
}

/// What an answer says; `None` while its head is not complete.
fn understood(answer: &[u8]) -> Result<Option<SendVerdict>, String> {
    let mut room = [httparse::EMPTY_HEADER; FIELDS_MAX];
    let mut head = httparse::Response::new(&mut room);
    match head.parse(answer) {
        Ok(httparse::Status::Complete(_)) => {}
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(_) => return Err("its answer is no HTTP".to_owned()),
    }
    let code = head.code.unwrap_or_default();
    let reason = format!("it answers {code}");
    let mut fields = head.headers.iter();
    let pause = fields.find(|own| own.name.eq_ignore_ascii_case("retry-after"));
    let pause = pause.and_then(|own| std::str::from_utf8(own.value).ok()?.trim().parse().ok());
    let pause = pause.map(Duration::from_secs);
    Ok(Some(match (code, pause) {
        (200..=299, _) => SendVerdict::Sent,
        (429 | 503, Some(pause)) => SendVerdict::LaterBy {
            reason,
            pause: pause.min(PAUSE_MAX),
        },
        (408 | 425 | 429 | 500..=599, _) => later(reason),
        (300..=399, _) => SendVerdict::Refused {
            reason: format!("{reason}, a redirection, which is not followed"),
        },
        _ => SendVerdict::Refused { reason },
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_understood() {
        let told = |answer: &str| match understood(answer.as_bytes()) {
            Ok(None) => "unfinished".to_owned(),
            Ok(Some(SendVerdict::LaterBy { reason, pause })) => {
                format!("{reason}: later by {} s", pause.as_secs())
            }
            Ok(Some(SendVerdict::Later { reason })) => format!("{reason}: later"),
            Ok(Some(SendVerdict::Refused { reason })) => format!("{reason}: refused"),
            Ok(Some(other)) => format!("{other:?}"),
            Err(why) => why,
        };
        for (answer, expected) in [
            ("HTTP/1.1 200 OK\r\n", "unfinished"),
            ("HTTP/1.1 202 Accepted\r\n\r\n", "Sent"),
            ("HTTP/1.1 404 No\r\n\r\n", "it answers 404: refused"),
            (
                "HTTP/1.1 500 No\r\nRetry-After: 9\r\n\r\n",
                "it answers 500: later",
            ),
            ("HTTP/1.1 408 No\r\n\r\n", "it answers 408: later"),
            (
                "HTTP/1.1 429 No\r\nRetry-After: 9\r\n\r\n",
                "it answers 429: later by 9 s",
            ),
            (
                "HTTP/1.1 503 No\r\nretry-after: 99999\r\n\r\n",
                "it answers 503: later by 300 s",
            ),
            (
                "HTTP/1.1 503 No\r\nretry-after: soon\r\n\r\n",
                "it answers 503: later",
            ),
            (
                "HTTP/1.1 302 No\r\nLocation: https://x.example/\r\n\r\n",
                "it answers 302, a redirection, which is not followed: refused",
            ),
            ("SSH-2.0-x\r\n\r\n", "its answer is no HTTP"),
        ] {
            assert_eq!(told(answer), expected, "{answer}");
        }
    }
}
