//! Reading one small page over HTTPS.
//!
//! Certificates are verified, always; plain HTTP is never used, nor followed to.

use std::time::Duration;

use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::Bytes;
use hyper::header::{ACCEPT, HOST, LOCATION, USER_AGENT};
use hyper::{Request, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use rustls_pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::Means;
use super::autoconfig::FILE_BYTES_MAX;

/// How long one page may take, redirections and all.
const PAGE_TIMEOUT: Duration = Duration::from_secs(8);

/// How many redirections are followed.
const REDIRECTIONS_MAX: usize = 3;

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
    let tcp = match means.https_at {
        Some(address) => TcpStream::connect(address).await,
        None => TcpStream::connect((host, port)).await,
    };
    let tcp = tcp.map_err(|error| error.to_string())?;
    let name = ServerName::try_from(host.to_owned()).map_err(|_| "no name for TLS".to_owned())?;
    let tls = TlsConnector::from(means.tls.clone()).connect(name, tcp);
    let tls = tls.await.map_err(|error| error.to_string())?;
    let failed = |error: hyper::Error| error.to_string();
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(tls))
        .await
        .map_err(failed)?;
    let request = Request::get(path)
        .header(HOST, host)
        .header(USER_AGENT, "ackd")
        .header(ACCEPT, "text/xml, application/xml")
        .body(Empty::<Bytes>::new())
        .map_err(|error| error.to_string())?;
    let exchange = async {
        let answer = sender.send_request(request).await.map_err(failed)?;
        if answer.status().is_redirection() {
            let target = answer.headers().get(LOCATION);
            let target = target.and_then(|value| value.to_str().ok()?.parse().ok());
            return target
                .map(Answer::Elsewhere)
                .ok_or_else(|| "it redirects to nowhere".to_owned());
        }
        if answer.status() != StatusCode::OK {
            return Err(format!("answers {}", answer.status()));
        }
        let body = Limited::new(answer.into_body(), FILE_BYTES_MAX).collect();
        let body = body.await.map_err(|error| error.to_string())?;
        Ok(Answer::Page(body.to_bytes().to_vec()))
    };
    tokio::pin!(exchange);
    tokio::select! {
        answer = &mut exchange => answer,
        // It may end with the last byte of what was asked for.
        ended = connection => match ended {
            Ok(()) => exchange.await,
            Err(error) => Err(error.to_string()),
        },
    }
}
