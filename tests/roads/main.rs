//! Webhooks on the wire: what is written, and what becomes of each answer.

use std::time::Duration;

use ackd::domain::outbox::SendVerdict;
use ackd::domain::roads::Place;
use ackd::imap::tls_of_nobody;
use ackd::roads::{Webhook, deliver, reach, signature};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

const BODY: &str = "{\"schema\":1}";

/// A server that reads one request and answers in these words; without any it is silent.
async fn server(answer: Option<&'static str>) -> (String, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let heard = tokio::spawn(async move {
        let (mut peer, _) = listener.accept().await.expect("a caller");
        let mut heard = Vec::new();
        let mut piece = [0; 4096];
        while !heard.ends_with(BODY.as_bytes()) {
            match peer.read(&mut piece).await {
                Ok(0) | Err(_) => break,
                Ok(read) => heard.extend_from_slice(&piece[..read]),
            }
        }
        match answer {
            Some(answer) => peer.write_all(answer.as_bytes()).await.expect("written"),
            None => {
                let _ = peer.read(&mut piece).await;
            }
        }
        String::from_utf8(heard).expect("a text")
    });
    (format!("http://127.0.0.1:{port}/hook?key=swordfish"), heard)
}

fn webhook(url: &str, secret: Option<&str>) -> Webhook {
    Webhook {
        place: Place::parse(url).expect("a place"),
        tls: tls_of_nobody().expect("settings"),
        timeout: Duration::from_millis(500),
        secret: secret.map(|secret| secret.as_bytes().to_vec()),
    }
}

async fn answered(answer: &'static str) -> SendVerdict {
    let (url, _heard) = server(Some(answer)).await;
    deliver(&webhook(&url, None), "id@x", 7, BODY).await
}

#[tokio::test]
async fn a_request_bears_length_id_and_signature() {
    let (url, heard) = server(Some("HTTP/1.1 204 No Content\r\n\r\n")).await;
    let verdict = deliver(&webhook(&url, Some("swordfish")), "id@x", 7, BODY).await;
    assert_eq!(verdict, SendVerdict::Sent);
    let heard = heard.await.expect("heard");
    let (head, body) = heard.split_once("\r\n\r\n").expect("a head");
    assert_eq!(body, BODY);
    let mut lines = head.lines();
    assert_eq!(lines.next(), Some("POST /hook?key=swordfish HTTP/1.1"));
    let lines: Vec<&str> = lines.collect();
    let signed = format!("X-Ackd-Signature: {}", signature(b"swordfish", 7, BODY));
    for line in [
        "Content-Length: 12",
        "Content-Type: application/json",
        "Idempotency-Key: \"id@x\"",
        "Connection: close",
        signed.as_str(),
    ] {
        assert!(lines.contains(&line), "{line} is not in {lines:?}");
    }
}

#[tokio::test]
async fn what_the_other_side_says_decides() {
    assert_eq!(
        answered("HTTP/1.1 200 OK\r\n\r\nok").await,
        SendVerdict::Sent
    );
    let gone = answered("HTTP/1.1 410 Gone\r\n\r\n").await;
    assert!(matches!(gone, SendVerdict::Refused { .. }), "{gone:?}");
    let moved = answered("HTTP/1.1 307 Moved\r\nLocation: http://127.0.0.1:9/\r\n\r\n").await;
    assert!(matches!(moved, SendVerdict::Refused { .. }), "{moved:?}");
    let busy = answered("HTTP/1.1 429 Busy\r\nRetry-After: 60\r\n\r\n").await;
    let pause = Duration::from_secs(60);
    assert!(
        matches!(busy, SendVerdict::LaterBy { pause: asked, .. } if asked == pause),
        "{busy:?}"
    );
}

#[tokio::test]
async fn silence_and_a_flood_after_the_request_leave_it_unknown() {
    let (url, _heard) = server(None).await;
    let silent = deliver(&webhook(&url, None), "id@x", 7, BODY).await;
    assert!(matches!(silent, SendVerdict::Unknown { .. }), "{silent:?}");
    let closed = answered("").await;
    assert!(matches!(closed, SendVerdict::Unknown { .. }), "{closed:?}");
    let flood = format!("HTTP/1.1 200 OK\r\nX: {}", "a".repeat(100_000));
    let flood = answered(Box::leak(flood.into_boxed_str())).await;
    assert!(matches!(flood, SendVerdict::Unknown { .. }), "{flood:?}");
}

#[tokio::test]
async fn where_nobody_listens_it_is_for_later_and_no_address_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    drop(listener);
    let gone = webhook(&format!("http://127.0.0.1:{port}/hook?key=swordfish"), None);
    let verdict = deliver(&gone, "id@x", 7, BODY).await;
    let SendVerdict::Later { reason } = verdict else {
        panic!("{verdict:?}");
    };
    assert!(!reason.contains("swordfish"), "{reason}");
    assert!(reach(&gone).await.is_err());
    assert!(!format!("{:?}", gone.place).contains("swordfish"));
}

#[tokio::test]
async fn where_tls_fails_nothing_was_said() {
    let (url, heard) = server(Some("HTTP/1.1 200 OK\r\n\r\n")).await;
    let protected = webhook(&url.replace("http://", "https://"), None);
    let verdict = deliver(&protected, "id@x", 7, BODY).await;
    assert!(matches!(verdict, SendVerdict::Later { .. }), "{verdict:?}");
    heard.abort();
}
