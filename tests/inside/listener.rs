//! Callers of the listener for monitoring: honest, mistaken, slow and hostile ones.

use std::time::Duration;

use ackd::control::{
    CONNECTIONS_MAX, Call, ControlError, MonitorListener, PROBES, REQUEST_TIME_MAX,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::house::{House, SILENCE_MAX, converse};

/// An engine that has made its last round and answers nobody.
fn silent() -> (
    mpsc::Sender<Call>,
    mpsc::Receiver<Call>,
    ackd::control::Pulse,
) {
    let (calls, called) = mpsc::channel(4);
    (calls, called, watch::channel(Some(Instant::now())).1)
}

#[tokio::test(start_paused = true)]
async fn what_is_no_probe_is_refused_in_words() {
    let house = House::open("").await;
    for (line, status) in [
        ("GET / HTTP/1.1", "404"),
        ("GET /v1/status HTTP/1.1", "404"),
        ("GET /metrics/../v1/status HTTP/1.1", "404"),
        ("POST /metrics HTTP/1.1", "405"),
        ("DELETE /readyz HTTP/1.1", "405"),
        ("HELO client.example", "400"),
        ("\u{0}\u{1}\u{2}", "400"),
    ] {
        let request = format!("{line}\r\n\r\n");
        let answer = converse(&request, house.calls.clone(), house.pulse.clone()).await;
        let begins = format!("HTTP/1.1 {status}");
        assert!(answer.starts_with(&begins), "{line:?}: {answer}");
    }
    for probe in PROBES {
        let request = format!("{probe} HTTP/1.1\r\n\r\n").replace("GET", "HEAD");
        let answer = converse(&request, house.calls.clone(), house.pulse.clone()).await;
        assert!(answer.starts_with("HTTP/1.1 "), "{answer}");
        assert!(answer.ends_with("\r\n\r\n"), "HEAD has no body: {answer}");
    }
    house.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_huge_head_or_body_is_refused() {
    let (calls, mut called, pulse) = silent();
    let long = format!("X-Long: {}\r\n", "x".repeat(1024 * 1024));
    let many = "X-More: yes\r\n".repeat(500);
    for fields in [long, many] {
        let request = format!("GET /readyz HTTP/1.1\r\n{fields}\r\n");
        let answer = converse(&request, calls.clone(), pulse.clone()).await;
        assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
    }
    assert!(called.try_recv().is_err(), "the engine was bothered");
    let body = "x".repeat(1024 * 1024);
    let request = format!("GET /healthz HTTP/1.1\r\nContent-Length: 1048576\r\n\r\n{body}");
    let answer = converse(&request, calls, pulse).await;
    assert!(
        answer.starts_with("HTTP/1.1 200"),
        "it is not read: {answer}"
    );
}

#[tokio::test(start_paused = true)]
async fn who_speaks_too_slowly_is_cut_off() {
    let (calls, mut called, pulse) = silent();
    for beginning in ["", "GET /met", "GET /metrics HTTP/1.1\r\nX-Slow: "] {
        let begun = Instant::now();
        let answer = converse(beginning, calls.clone(), pulse.clone()).await;
        assert!(!answer.contains("200"), "{beginning:?}: {answer}");
        let took = begun.elapsed();
        assert!(
            took <= REQUEST_TIME_MAX + Duration::from_secs(1),
            "{took:?}"
        );
    }
    assert!(called.try_recv().is_err(), "the engine was bothered");
}

#[tokio::test(start_paused = true)]
async fn before_the_engine_has_begun_it_lives_and_is_not_ready() {
    let (calls, _called) = mpsc::channel(4);
    let pulse = watch::channel(None).1;
    for (path, status, words) in [
        ("/healthz", "200", "\"healthy\":true"),
        ("/readyz", "503", "ackd is starting"),
        ("/metrics", "503", "ackd is starting"),
    ] {
        let request = format!("GET {path} HTTP/1.1\r\n\r\n");
        let answer = converse(&request, calls.clone(), pulse.clone()).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")),
            "{answer}"
        );
        assert!(answer.contains(words), "{answer}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_hangs_is_reported_as_such() {
    let (calls, _called, pulse) = silent();
    for path in ["/metrics", "/readyz"] {
        let request = format!("GET {path} HTTP/1.1\r\n\r\n");
        let answer = converse(&request, calls.clone(), pulse.clone()).await;
        assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
        assert!(answer.contains("did not answer within"), "{answer}");
    }
}

/// A real port of this machine, with nobody behind it.
async fn port() -> (MonitorListener, std::net::SocketAddr) {
    let any = "127.0.0.1:0".parse().expect("an address");
    let listener = MonitorListener::offer(any).await.expect("a port");
    let address = listener.address().expect("bound");
    (listener, address)
}

async fn ask(address: std::net::SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.expect("connected");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    let read = stream.read_to_string(&mut answer).await;
    read.expect("text");
    answer
}

#[tokio::test]
async fn over_a_real_port_callers_who_hold_every_place_hold_it_not_for_long() {
    let (listener, address) = port().await;
    let (calls, _called, pulse) = silent();
    let stop = CancellationToken::new();
    let served = tokio::spawn(listener.serve(calls, pulse, SILENCE_MAX, stop.clone()));
    let healthy = ask(address, "GET /healthz HTTP/1.1\r\n\r\n").await;
    assert!(healthy.starts_with("HTTP/1.1 200"), "{healthy}");
    assert!(
        healthy.contains("content-type: application/json\r\n"),
        "{healthy}"
    );
    let mut holding = Vec::new();
    for _ in 0..CONNECTIONS_MAX + 5 {
        holding.push(TcpStream::connect(address).await.expect("queued"));
    }
    let begun = Instant::now();
    let healthy = ask(address, "GET /healthz HTTP/1.1\r\n\r\n").await;
    assert!(healthy.starts_with("HTTP/1.1 200"), "{healthy}");
    assert!(
        begun.elapsed() < REQUEST_TIME_MAX * 3,
        "{:?}",
        begun.elapsed()
    );
    stop.cancel();
    served.await.expect("no panic");
    assert!(
        TcpStream::connect(address).await.is_err(),
        "nobody is there any more"
    );
}

#[tokio::test]
async fn a_port_that_is_taken_is_told_with_what_to_do() {
    let (_listener, address) = port().await;
    let refused = MonitorListener::offer(address).await;
    let error = refused.expect_err("it is taken");
    assert!(matches!(error, ControlError::Listen { .. }), "{error:?}");
    let words =
        format!("could not listen on {address} for [metrics]: another program listens there");
    assert!(error.to_string().starts_with(&words), "{error}");
}
