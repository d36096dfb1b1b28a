//! The listener for monitoring systems: `[metrics] listen`.
//!
//! Vocabulary: a *probe* is a question of a monitoring system: the metrics, whether the process
//! lives, whether it can do all of its work; a [`Pulse`] tells when the engine last made a
//! round.
//!
//! Whoever can connect may ask; nothing but [`PROBES`] is answered, nothing is changed, and no
//! answer holds an address, a subject or a client's name.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{ALLOW, HeaderValue};
use hyper::{Method, Response, StatusCode};
use serde::Serialize;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::callers::{self, Entrance, call_engine, converse, json, page};
use super::metrics::exposition;
use super::server::RefusalBody;
use super::{Answer, Call, ControlError, Request};

/// What is answered, as `docs/monitoring.md` names it.
pub const PROBES: [&str; 3] = ["GET /metrics", "GET /healthz", "GET /readyz"];

/// When the engine last made a round. `None`: it has not begun yet.
pub type Pulse = watch::Receiver<Option<Instant>>;

/// A port that is ours.
#[derive(Debug)]
pub struct MonitorListener(TcpListener);

impl Entrance for MonitorListener {
    type Stream = TcpStream;

    const NAME: &'static str = "the listener for monitoring";

    async fn next(&self) -> std::io::Result<TcpStream> {
        let arrived = self.0.accept().await;
        arrived.map(|(stream, _)| stream)
    }
}

impl MonitorListener {
    /// Takes the port. Fails if somebody else has it, or if the operating system refuses.
    pub async fn offer(address: SocketAddr) -> Result<Self, ControlError> {
        let bound = TcpListener::bind(address).await;
        bound.map(Self).map_err(|error| {
            let reason = match error.kind() {
                ErrorKind::AddrInUse => "another program listens there; write another port".into(),
                ErrorKind::PermissionDenied => format!(
                    "permission denied; under systemd the unit has to allow it: SocketBindAllow=tcp:{}",
                    address.port()
                ),
                _ => error.to_string(),
            };
            ControlError::Listen { address, reason }
        })
    }

    /// Where it listens. Fails only if the operating system does.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.0.local_addr()
    }

    /// Answers probes until `stop` is cancelled. The engine lives as long as it makes a round
    /// within `silence_max`.
    pub async fn serve(
        self,
        calls: mpsc::Sender<Call>,
        pulse: Pulse,
        silence_max: Duration,
        stop: CancellationToken,
    ) {
        let answer = |stream| answer_probe(stream, calls.clone(), pulse.clone(), silence_max);
        callers::serve(self, stop, answer).await;
    }
}

/// Answers one probe over a connection of any kind. Ends by itself: with the answer, with the
/// caller, or in time.
pub async fn answer_probe<S>(
    stream: S,
    calls: mpsc::Sender<Call>,
    pulse: Pulse,
    silence_max: Duration,
) where
    S: AsyncRead + AsyncWrite + Unpin + 'static,
{
    converse(stream, |request| {
        respond(request, &calls, &pulse, silence_max)
    })
    .await;
}

async fn respond(
    request: hyper::Request<Incoming>,
    calls: &mpsc::Sender<Call>,
    pulse: &Pulse,
    silence_max: Duration,
) -> Response<Full<Bytes>> {
    let known = ["/metrics", "/healthz", "/readyz"];
    if !known.contains(&request.uri().path()) {
        let words = "there is no such path; /metrics, /healthz and /readyz are answered";
        return refuse(StatusCode::NOT_FOUND, words);
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut refusal = refuse(
            StatusCode::METHOD_NOT_ALLOWED,
            "only GET and HEAD are allowed here",
        );
        let allowed = HeaderValue::from_static("GET, HEAD");
        refusal.headers_mut().insert(ALLOW, allowed);
        return refusal;
    }
    let round = *pulse.borrow();
    match (request.uri().path(), round) {
        ("/healthz", round) => health(round, silence_max),
        ("/metrics", None) => refuse(StatusCode::SERVICE_UNAVAILABLE, STARTING),
        ("/metrics", Some(_)) => match call_engine(Request::Metrics, calls).await {
            Answer::Metrics(reading) => page(exposition(&reading)),
            other => refuse(StatusCode::SERVICE_UNAVAILABLE, &refusal_of(other)),
        },
        (_, None) => readiness(vec![STARTING.to_owned()]),
        (_, Some(_)) => match call_engine(Request::Metrics, calls).await {
            Answer::Metrics(reading) => readiness(reading.not_ready()),
            other => readiness(vec![refusal_of(other)]),
        },
    }
}

/// What there is to say before the engine has begun.
const STARTING: &str = "ackd is starting: its store is being opened";

/// The body of `/healthz`.
#[derive(Debug, Serialize)]
struct Health {
    healthy: bool,
    reason: Option<String>,
}

/// A start is no illness: how long it may take, the service manager watches.
fn health(round: Option<Instant>, silence_max: Duration) -> Response<Full<Bytes>> {
    let silence = round.map_or(Duration::ZERO, |at| at.elapsed());
    let healthy = silence <= silence_max;
    let reason = (!healthy).then(|| {
        let seconds = silence.as_secs();
        format!("the engine has not made a round for {seconds} s; the log says what it is doing")
    });
    json(status_of(healthy), &Health { healthy, reason })
}

/// The body of `/readyz`.
#[derive(Debug, Serialize)]
struct Readiness {
    ready: bool,
    reasons: Vec<String>,
}

fn readiness(reasons: Vec<String>) -> Response<Full<Bytes>> {
    let ready = reasons.is_empty();
    json(status_of(ready), &Readiness { ready, reasons })
}

const fn status_of(is_well: bool) -> StatusCode {
    match is_well {
        true => StatusCode::OK,
        false => StatusCode::SERVICE_UNAVAILABLE,
    }
}

fn refusal_of(answer: Answer) -> String {
    match answer {
        Answer::Refused(refusal) => refusal.words,
        _ => "ackd gave another answer than was asked for".to_owned(),
    }
}

fn refuse(status: StatusCode, words: &str) -> Response<Full<Bytes>> {
    let error = words.into();
    json(status, &RefusalBody { error })
}
