//! The daemon's side of the socket: its file, and what callers are answered.

use std::io::ErrorKind;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{ALLOW, HeaderValue};
use hyper::{Method, Response, StatusCode};
use serde::Serialize;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::callers::{self, Entrance, call_engine, converse, json, page, read_body};
use super::limits::SOCKET_PATH_BYTES_MAX;
use super::metrics::exposition;
use super::{Answer, Call, ControlError, route};

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
    /// Dropped with the listener.
    _file: SocketFile,
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
        Ok(Self {
            listener,
            _file: file,
        })
    }

    /// Answers callers until `stop` is cancelled, then gives those that are being answered
    /// a moment to finish.
    pub async fn serve(self, calls: mpsc::Sender<Call>, stop: CancellationToken) {
        let answer = |stream| serve_connection(stream, calls.clone());
        callers::serve(self, stop, answer).await;
    }
}

impl Entrance for ControlSocket {
    type Stream = UnixStream;

    const NAME: &'static str = "the control socket";

    async fn next(&self) -> std::io::Result<UnixStream> {
        let arrived = self.listener.accept().await;
        arrived.map(|(stream, _)| stream)
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
    converse(stream, |request| respond(request, &calls, &caller)).await;
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

fn write_answer(answer: &Answer, method: &Method) -> Response<Full<Bytes>> {
    match answer {
        Answer::Status(view) => json(StatusCode::OK, view),
        Answer::Cases(views) => json(StatusCode::OK, views),
        Answer::Case(view) => json(StatusCode::OK, view),
        Answer::CheckIns(views) => json(StatusCode::OK, views),
        Answer::Quarantine(views) => json(StatusCode::OK, views),
        Answer::Outbox(views) => json(StatusCode::OK, views),
        Answer::Absences(views) => json(StatusCode::OK, views),
        Answer::Verified(view) => json(StatusCode::OK, view),
        Answer::Exported(view) => json(StatusCode::OK, view),
        Answer::Reloaded(view) => json(StatusCode::OK, view),
        Answer::Metrics(reading) => page(exposition(reading)),
        Answer::Exposition(text) => page(text.clone()),
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
