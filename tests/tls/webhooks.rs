//! Webhooks by HTTPS: a good server is told, and no other.

use std::sync::{Arc, Mutex};

use ackd::domain::outbox::SendVerdict;
use ackd::domain::roads::Place;
use ackd::imap::tls_client;
use ackd::roads::{Webhook, deliver, reach};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::PATIENCE;
use crate::authority::{Certificate, Chain};

const BODY: &str = "{\"schema\":1}";

/// A server that takes everything that is said to it in the certificate's name.
async fn server(chain: &Chain) -> (u16, Arc<Mutex<String>>) {
    let listener = TcpListener::bind("localhost:0").await.expect("a port");
    let port = listener.local_addr().expect("bound").port();
    let acceptor = TlsAcceptor::from(Arc::new(chain.server()));
    let heard = Arc::new(Mutex::new(String::new()));
    let ears = heard.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // The client hangs up on what it does not trust.
            let Ok(mut stream) = acceptor.accept(stream).await else {
                continue;
            };
            let mut said = Vec::new();
            let mut piece = [0; 4096];
            while !said.ends_with(BODY.as_bytes()) {
                match stream.read(&mut piece).await {
                    Ok(0) | Err(_) => break,
                    Ok(read) => said.extend_from_slice(&piece[..read]),
                }
            }
            let said = String::from_utf8_lossy(&said).into_owned();
            ears.lock().expect("no panic").push_str(&said);
            let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
            let _ = stream.write_all(answer).await;
            let _ = stream.shutdown().await;
        }
    });
    (port, heard)
}

fn webhook(port: u16, chain: &Chain) -> Webhook {
    let url = format!("https://localhost:{port}/hook?key=swordfish");
    Webhook {
        place: Place::parse(&url).expect("a place"),
        tls: tls_client(Some(&chain.trusted)).expect("a certificate"),
        timeout: PATIENCE,
        secret: Some(b"sesame".to_vec()),
    }
}

#[tokio::test]
async fn a_server_that_our_authority_vouches_for_is_told() {
    let Some(chain) = Chain::made(Certificate::Good) else {
        return;
    };
    let (port, heard) = server(&chain).await;
    let webhook = webhook(port, &chain);
    assert_eq!(reach(&webhook).await, Ok(()));
    assert_eq!(*heard.lock().expect("no panic"), "", "nothing is said");
    let verdict = deliver(&webhook, "id@x", 7, BODY).await;
    assert_eq!(verdict, SendVerdict::Sent);
    let heard = heard.lock().expect("no panic").clone();
    assert!(
        heard.starts_with("POST /hook?key=swordfish HTTP/1.1\r\n"),
        "{heard}"
    );
    assert!(
        heard.contains(&format!("\r\nHost: localhost:{port}\r\n")),
        "{heard}"
    );
    assert!(heard.contains("\r\nX-Ackd-Signature: t=7,v1="), "{heard}");
    assert!(heard.ends_with(BODY), "{heard}");
}

#[tokio::test]
async fn a_server_that_must_not_be_trusted_hears_nothing() {
    for certificate in [
        Certificate::Expired,
        Certificate::NotYetValid,
        Certificate::WrongName,
        Certificate::UnknownAuthority,
        Certificate::SelfSigned,
        Certificate::ForgedIssuer,
    ] {
        let Some(chain) = Chain::made(certificate) else {
            return;
        };
        let (port, heard) = server(&chain).await;
        let webhook = webhook(port, &chain);
        let verdict = deliver(&webhook, "id@x", 7, BODY).await;
        let SendVerdict::Later { reason } = verdict else {
            panic!("{certificate:?}: {verdict:?}");
        };
        assert!(!reason.contains("swordfish"), "{reason}");
        assert!(reach(&webhook).await.is_err(), "{certificate:?}");
        assert_eq!(*heard.lock().expect("no panic"), "", "{certificate:?}");
    }
}
