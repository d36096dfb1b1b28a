//! The daemon's side of the socket.
//!
//! A caller can be slow, broken or hostile: what it does ends its own connection and nothing
//! else. Every wait has a limit ([`super::limits`]), and no more than a fixed number of
//! connections is held at once.

use std::convert::Infallible;
use std::io::ErrorKind;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{Method, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde::Serialize;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::limits::{
    ACCEPT_PAUSE, ANSWER_TIME_MAX, CONNECTION_TIME_MAX, CONNECTIONS_MAX, REQUEST_BODY_BYTES_MAX,
    REQUEST_FIELDS_MAX, REQUEST_HEAD_BYTES_MAX, REQUEST_TIME_MAX, SOCKET_PATH_BYTES_MAX,
    STOP_TIME_MAX,
};
use super::{Answer, Call, ControlError, Refusal, route};

/// Offers the socket until `stop` is cancelled: [`ControlSocket::offer`] and then
/// [`ControlSocket::serve`].
///
/// Fails if the socket can't be offered; nothing a caller does makes it fail.
pub async fn serve(
    socket: &Path,
    calls: mpsc::Sender<Call>,
    stop: CancellationToken,
) -> Result<(), ControlError> {
    let socket = ControlSocket::offer(socket).await?;
    socket.serve(calls, stop).await;
    Ok(())
}

/// A socket that is ours. Its file is removed when this is dropped.
#[derive(Debug)]
pub struct ControlSocket {
    listener: UnixListener,
    file: SocketFile,
}

impl ControlSocket {
    /// Takes the place of a socket nobody listens on any more, and lets the owner and the
    /// group connect.
    ///
    /// Fails if another daemon listens there, if something that is no socket lies there, or
    /// if the operating system refuses.
    pub async fn offer(socket: &Path) -> Result<Self, ControlError> {
        const OWNER_AND_GROUP: u32 = 0o660;
        if socket.as_os_str().len() > SOCKET_PATH_BYTES_MAX {
            let reason = format!(
                "its path is longer than {SOCKET_PATH_BYTES_MAX} bytes; set a shorter \"socket\" in [service]"
            );
            return Err(could_not_offer(socket, reason));
        }
        clear_the_place(socket).await?;
        let listener = UnixListener::bind(socket).map_err(|error| refused(socket, &error))?;
        // Nobody is served before the permissions are right: accepting begins later.
        std::fs::set_permissions(socket, PermissionsExt::from_mode(OWNER_AND_GROUP))
            .map_err(|error| refused(socket, &error))?;
        let file = SocketFile::at(socket).map_err(|error| refused(socket, &error))?;
        Ok(Self { listener, file })
    }

    /// Answers callers until `stop` is cancelled, then gives those that are being answered
    /// a moment to finish.
    pub async fn serve(self, calls: mpsc::Sender<Call>, stop: CancellationToken) {
        let Self { listener, file } = self;
        let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        let mut connections = JoinSet::new();
        loop {
            while connections.try_join_next().is_some() {}
            let arrived = tokio::select! {
                biased;
                () = stop.cancelled() => break,
                arrived = next_caller(&listener, &places) => arrived,
            };
            let Some((stream, place)) = arrived else {
                break;
            };
            let calls = calls.clone();
            connections.spawn(async move {
                serve_connection(stream, calls).await;
                drop(place);
            });
        }
        // Whoever connects from now on is told at once that nobody is there.
        drop(listener);
        drop(file);
        let finish = async { while connections.join_next().await.is_some() {} };
        if timeout(STOP_TIME_MAX, finish).await.is_err() {
            connections.shutdown().await;
        }
    }
}

/// The file of a socket of ours, told from a successor's by its inode.
#[derive(Debug)]
struct SocketFile {
    path: PathBuf,
    device: u64,
    inode: u64,
}

impl SocketFile {
    fn at(path: &Path) -> std::io::Result<Self> {
        let metadata = std::fs::symlink_metadata(path)?;
        Ok(Self {
            path: path.to_owned(),
            device: metadata.dev(),
            inode: metadata.ino(),
        })
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        let ours = std::fs::symlink_metadata(&self.path)
            .is_ok_and(|found| found.dev() == self.device && found.ino() == self.inode);
        if ours {
            // A leftover does no harm: the next start clears it away.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Removes a socket nobody listens on. A connection attempt is the only test that does not
/// lie: the file of a daemon that was killed looks like any other.
async fn clear_the_place(socket: &Path) -> Result<(), ControlError> {
    let found = match std::fs::symlink_metadata(socket) {
        Ok(found) => found,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(refused(socket, &error)),
    };
    if !found.file_type().is_socket() {
        return Err(ControlError::NotASocket {
            socket: socket.to_owned(),
        });
    }
    match UnixStream::connect(socket).await {
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => {
            std::fs::remove_file(socket).map_err(|error| refused(socket, &error))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) if error.kind() == ErrorKind::PermissionDenied => Err(refused(socket, &error)),
        // Connected, or too busy to take another connection: somebody lives there.
        Ok(_) | Err(_) => Err(ControlError::InUse {
            socket: socket.to_owned(),
        }),
    }
}

fn refused(socket: &Path, error: &std::io::Error) -> ControlError {
    let folder = socket.parent().unwrap_or(Path::new("/")).display();
    let reason = match error.kind() {
        ErrorKind::NotFound => format!("the folder {folder} does not exist; create it"),
        ErrorKind::PermissionDenied => {
            format!("permission denied; the user that runs ackd must be able to write to {folder}")
        }
        _ => error.to_string(),
    };
    could_not_offer(socket, reason)
}

fn could_not_offer(socket: &Path, reason: String) -> ControlError {
    ControlError::Offer {
        socket: socket.to_owned(),
        reason,
    }
}

/// Waits for a free place first and for a caller then, so that callers beyond the limit wait
/// in the operating system's queue. `None` if there will be no more places.
async fn next_caller(
    listener: &UnixListener,
    places: &Arc<Semaphore>,
) -> Option<(UnixStream, tokio::sync::OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return Some((stream, place)),
            Err(error) => {
                tracing::warn!(%error, "could not take a connection on the control socket");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn serve_connection(stream: UnixStream, calls: mpsc::Sender<Call>) {
    let caller: Arc<str> = match stream.peer_cred() {
        Ok(peer) => format!("user {}", peer.uid()).into(),
        Err(_) => "an unknown user".into(),
    };
    answer_caller(stream, caller, calls).await;
}

/// Answers one caller's one request over a connection of any kind. `caller` is on record where
/// nobody is named. Ends by itself: with the answer, with the caller, or in time.
pub async fn answer_caller<S>(stream: S, caller: Arc<str>, calls: mpsc::Sender<Call>)
where
    S: AsyncRead + AsyncWrite + Unpin + 'static,
{
    let service = service_fn(move |request| {
        let calls = calls.clone();
        let caller = Arc::clone(&caller);
        async move { Ok::<_, Infallible>(respond(request, &calls, &caller).await) }
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
        Ok(Err(error)) => tracing::debug!(%error, "a caller on the control socket was cut off"),
        Err(_) => tracing::debug!("a caller on the control socket took too long"),
    }
}

async fn respond(
    request: hyper::Request<Incoming>,
    calls: &mpsc::Sender<Call>,
    caller: &str,
) -> Response<Full<Bytes>> {
    let (head, body) = request.into_parts();
    let answer = match read_body(body).await {
        Ok(body) => match route::read(&head.method, &head.uri, &body, caller) {
            Ok(request) => call_engine(request, calls).await,
            Err(refusal) => Answer::Refused(refusal),
        },
        Err(refusal) => Answer::Refused(refusal),
    };
    write_answer(&answer, &head.method)
}

async fn read_body(body: Incoming) -> Result<Bytes, Refusal> {
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
async fn call_engine(request: super::Request, calls: &mpsc::Sender<Call>) -> Answer {
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

fn write_answer(answer: &Answer, method: &Method) -> Response<Full<Bytes>> {
    match answer {
        Answer::Status(view) => json(StatusCode::OK, view),
        Answer::Cases(views) => json(StatusCode::OK, views),
        Answer::Case(view) => json(StatusCode::OK, view),
        Answer::Quarantine(views) => json(StatusCode::OK, views),
        Answer::Outbox(views) => json(StatusCode::OK, views),
        Answer::Verified(view) => json(StatusCode::OK, view),
        Answer::Exported(view) => json(StatusCode::OK, view),
        Answer::Reloaded(view) => json(StatusCode::OK, view),
        Answer::Done(done) => json(StatusCode::OK, done),
        Answer::Refused(refusal) => {
            let status = StatusCode::from_u16(refusal.status)
                .ok()
                .filter(|status| status.is_client_error() || status.is_server_error())
                .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let words = RefusalBody {
                error: refusal.words.as_str().into(),
            };
            let mut response = json(status, &words);
            if status == StatusCode::METHOD_NOT_ALLOWED {
                let allowed = if *method == Method::GET {
                    "POST"
                } else {
                    "GET"
                };
                let allowed = HeaderValue::from_static(allowed);
                response.headers_mut().insert(ALLOW, allowed);
            }
            response
        }
    }
}

/// The body of every refusal.
#[derive(Debug, Serialize, serde::Deserialize)]
pub(super) struct RefusalBody<'a> {
    pub(super) error: std::borrow::Cow<'a, str>,
}

fn json(status: StatusCode, view: &impl Serialize) -> Response<Full<Bytes>> {
    let (status, body) = match serde_json::to_vec(view) {
        Ok(body) => (status, body),
        Err(error) => {
            tracing::error!(%error, "could not write an answer as JSON");
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
