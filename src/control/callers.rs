//! What the control socket and the listener for monitoring have in common: callers who are
//! served so many at a time, each with one HTTP request, each within limits.
//!
//! A caller can be slow, broken or hostile: what it does ends its own connection and nothing
//! else. Every wait has a limit ([`super::limits`]), and no more than a fixed number of
//! connections is held at once.

use std::convert::Infallible;
use std::sync::Arc;

use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::Request as HttpRequest;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde::Serialize;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::limits::{
    ACCEPT_PAUSE, ANSWER_TIME_MAX, CONNECTION_TIME_MAX, CONNECTIONS_MAX, REQUEST_BODY_BYTES_MAX,
    REQUEST_FIELDS_MAX, REQUEST_HEAD_BYTES_MAX, REQUEST_TIME_MAX, STOP_TIME_MAX,
};
use super::{Answer, Call, Refusal, Request};

/// Where callers come in.
pub(super) trait Entrance: Send {
    /// A caller's connection.
    type Stream: Send + 'static;

    /// What it is called in the log.
    const NAME: &'static str;

    /// The next caller.
    fn next(&self) -> impl Future<Output = std::io::Result<Self::Stream>> + Send;
}

/// Serves callers until `stop` is cancelled, then drops `entrance`, so that whoever comes from
/// now on is told at once that nobody is there, and gives those that are being answered a
/// moment to finish.
pub(super) async fn serve<E, Served>(
    entrance: E,
    stop: CancellationToken,
    answer: impl Fn(E::Stream) -> Served,
) where
    E: Entrance,
    Served: Future<Output = ()> + Send + 'static,
{
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let arrived = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            arrived = next_caller(&entrance, &places) => arrived,
        };
        let Some((stream, place)) = arrived else {
            break;
        };
        let served = answer(stream);
        connections.spawn(async move {
            served.await;
            drop(place);
        });
    }
    drop(entrance);
    let finish = async { while connections.join_next().await.is_some() {} };
    if timeout(STOP_TIME_MAX, finish).await.is_err() {
        connections.shutdown().await;
    }
}

/// Waits for a free place first and for a caller then, so that callers beyond the limit wait
/// in the operating system's queue. `None` if there will be no more places.
async fn next_caller<E: Entrance>(
    entrance: &E,
    places: &Arc<Semaphore>,
) -> Option<(E::Stream, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    loop {
        match entrance.next().await {
            Ok(stream) => return Some((stream, place)),
            Err(error) => {
                tracing::warn!(event = "caller_lost", %error, "could not take a connection on {}", E::NAME);
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Answers one caller's one request. Ends by itself: with the answer, with the caller, or in
/// time.
pub(super) async fn converse<S, Answered>(
    stream: S,
    respond: impl Fn(HttpRequest<Incoming>) -> Answered,
) where
    S: AsyncRead + AsyncWrite + Unpin + 'static,
    Answered: Future<Output = Response<Full<Bytes>>>,
{
    let service = service_fn(|request| {
        let answered = respond(request);
        async move { Ok::<_, Infallible>(answered.await) }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(REQUEST_TIME_MAX)
        .max_buf_size(REQUEST_HEAD_BYTES_MAX)
        .max_headers(REQUEST_FIELDS_MAX)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service);
    match timeout(CONNECTION_TIME_MAX, connection).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "a caller was cut off"),
        Err(_) => tracing::debug!("a caller took too long"),
    }
}

/// Reads a body within its limits.
pub(super) async fn read_body(body: Incoming) -> Result<Bytes, Refusal> {
    let refuse = |status, words: String| Err(Refusal { status, words });
    let collect = Limited::new(body, REQUEST_BODY_BYTES_MAX).collect();
    match timeout(REQUEST_TIME_MAX, collect).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => refuse(
            413,
            format!("a body can be at most {REQUEST_BODY_BYTES_MAX} bytes"),
        ),
        Ok(Err(error)) => refuse(400, format!("could not read the body: {error}")),
        Err(_) => refuse(408, "the body did not arrive in time".into()),
    }
}

/// Hands a request to the engine and waits for its word.
pub(super) async fn call_engine(request: Request, calls: &mpsc::Sender<Call>) -> Answer {
    let (answer, answered) = oneshot::channel();
    let ask = async {
        calls.send(Call { request, answer }).await.ok()?;
        answered.await.ok()
    };
    match timeout(ANSWER_TIME_MAX, ask).await {
        Ok(Some(answer)) => answer,
        Ok(None) => Answer::unavailable("ackd is stopping; try again once it runs"),
        Err(_) => Answer::Refused(Refusal {
            status: 504,
            words: format!(
                "ackd did not answer within {} seconds; its log says what it is doing",
                ANSWER_TIME_MAX.as_secs()
            ),
        }),
    }
}

/// A body of JSON.
pub(super) fn json(status: StatusCode, view: &impl Serialize) -> Response<Full<Bytes>> {
    let (status, body) = match serde_json::to_vec(view) {
        Ok(body) => (status, body),
        Err(error) => {
            tracing::error!(event = "answer_unwritten", %error, "could not write an answer as JSON");
            let body = br#"{"error":"could not write the answer"}"#.to_vec();
            (StatusCode::INTERNAL_SERVER_ERROR, body)
        }
    };
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let json = HeaderValue::from_static("application/json");
    headers.insert(CONTENT_TYPE, json);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The type of the page Prometheus reads.
const EXPOSITION: HeaderValue =
    HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

/// The page Prometheus reads.
pub(super) fn page(text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(text)));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, EXPOSITION);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
