//! Reading one small page over HTTPS.
//!
//! Certificates are verified, always; plain HTTP is never used, nor followed to.

use std::io::{self, ErrorKind};
use std::time::Duration;

use hyper::Uri;
use rustls_pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::Means;
use super::autoconfig::FILE_BYTES_MAX;

/// How long one page may take, redirections and all.
const PAGE_TIMEOUT: Duration = Duration::from_secs(8);

/// How many redirections are followed.
const REDIRECTIONS_MAX: usize = 3;

/// The longest head of an answer, in bytes, and how many fields it may have.
const HEAD_BYTES_MAX: usize = 16 * 1024;
const HEADERS_MAX: usize = 100;

const HTTPS_PORT: u16 = 443;

/// A page.
pub(super) struct Page {
    /// From which host it came in the end.
    pub(super) host: String,
    /// What it holds.
    pub(super) body: Vec<u8>,
}

enum Answer {
    Page(Vec<u8>),
    Elsewhere(Uri),
}

/// Reads a page. The error is for people.
pub(super) async fn get(host: &str, path: &str, means: &Means) -> Result<Page, String> {
    match timeout(PAGE_TIMEOUT, follow(host, path, means)).await {
        Ok(read) => read,
        Err(_) => Err(format!("no answer within {} s", PAGE_TIMEOUT.as_secs())),
    }
}

async fn follow(host: &str, path: &str, means: &Means) -> Result<Page, String> {
    let (mut host, mut port, mut path) = (host.to_owned(), HTTPS_PORT, path.to_owned());
    for _ in 0..=REDIRECTIONS_MAX {
        match read(&host, port, &path, means).await? {
            Answer::Page(body) => return Ok(Page { host, body }),
            Answer::Elsewhere(uri) => {
                let is_secure = uri.scheme_str() == Some("https");
                let next = uri.host().filter(|_| is_secure);
                next.ok_or("it redirects to a place without TLS")?
                    .clone_into(&mut host);
                port = uri.port_u16().unwrap_or(HTTPS_PORT);
                path = uri
                    .path_and_query()
                    .map_or_else(|| "/".to_owned(), ToString::to_string);
            }
        }
    }
    Err("it redirects for ever".to_owned())
}

async fn read(host: &str, port: u16, path: &str, means: &Means) -> Result<Answer, String> {
    let told = |error: io::Error| error.to_string();
    let tcp = match means.https_at {
        Some(address) => TcpStream::connect(address).await,
        None => TcpStream::connect((host, port)).await,
    };
    let tcp = tcp.map_err(told)?;
    let name = ServerName::try_from(host.to_owned()).map_err(|_| "no name for TLS".to_owned())?;
    let tls = TlsConnector::from(means.tls.clone()).connect(name, tcp);
    let mut tls = tls.await.map_err(told)?;
    let request = format!(
        "GET {path} HTTP/1.0\r\nHost: {host}\r\nUser-Agent: ackd\r\nAccept: text/xml, application/xml\r\n\r\n"
    );
    tls.write_all(request.as_bytes()).await.map_err(told)?;
    tls.flush().await.map_err(told)?;
    let mut answer = Vec::new();
    let limit = HEAD_BYTES_MAX + FILE_BYTES_MAX;
    match tls.take(limit as u64 + 1).read_to_end(&mut answer).await {
        Ok(_) if answer.len() > limit => Err(format!("more than {limit} bytes")),
        Ok(_) => take_apart(&answer),
        // Many servers hang up without TLS's farewell. What they cut off makes no file.
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => take_apart(&answer),
        Err(error) => Err(told(error)),
    }
}

/// An answer of HTTP/1.0 (RFC 1945): it is over when the connection is, so that there is nothing
/// to be put together.
fn take_apart(answer: &[u8]) -> Result<Answer, String> {
    let mut room = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut head = httparse::Response::new(&mut room);
    let length = match head.parse(answer) {
        Ok(httparse::Status::Complete(length)) if length <= HEAD_BYTES_MAX => length,
        _ => return Err("its answer is no HTTP".to_owned()),
    };
    match head.code {
        Some(200) => Ok(Answer::Page(answer[length..].to_vec())),
        Some(301 | 302 | 303 | 307 | 308) => {
            let mut headers = head.headers.iter();
            let target = headers.find(|own| own.name.eq_ignore_ascii_case("location"));
            let target = target.and_then(|own| std::str::from_utf8(own.value).ok()?.parse().ok());
            target
                .map(Answer::Elsewhere)
                .ok_or_else(|| "it redirects to nowhere".to_owned())
        }
        Some(code) => Err(format!("answers {code}")),
        None => Err("its answer is no HTTP".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(answer: &str) -> Result<String, String> {
        Ok(match take_apart(answer.as_bytes())? {
            Answer::Page(body) => String::from_utf8(body).expect("text"),
            Answer::Elsewhere(uri) => format!("-> {uri}"),
        })
    }

    #[test]
    fn answers_are_taken_apart() {
        let moved = "HTTP/1.0 301 Moved\r\nlocation: https://a.example/b\r\n\r\n";
        for (answer, expected) in [
            ("HTTP/1.1 200 OK\r\nA: b\r\n\r\n<a/>", Ok("<a/>")),
            (moved, Ok("-> https://a.example/b")),
            ("HTTP/1.0 302 Found\r\n\r\n", Err("it redirects to nowhere")),
            ("HTTP/1.1 404 Not Found\r\n\r\n", Err("answers 404")),
            ("HTTP/1.1 200 OK\r\nA: b", Err("its answer is no HTTP")),
            ("SSH-2.0-x\r\n", Err("its answer is no HTTP")),
            ("", Err("its answer is no HTTP")),
        ] {
            let expected = expected.map(str::to_owned).map_err(str::to_owned);
            assert_eq!(told(answer), expected, "{answer}");
        }
        let many = format!("HTTP/1.0 200 OK\r\n{}\r\n<a/>", "A: b\r\n".repeat(500));
        assert!(told(&many).is_err());
    }
}
