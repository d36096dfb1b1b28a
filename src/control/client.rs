//! The commands' side of the socket.

use std::io::ErrorKind;
use std::path::Path;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::{Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use tokio::net::UnixStream;
use tokio::time::timeout;

use super::limits::{ANSWER_BYTES_MAX, ASK_TIME_MAX, CONNECT_PAUSE, CONNECT_TIME_MAX};
use super::server::RefusalBody;
use super::{Answer, ControlError, Refusal, Request, route};

/// Asks the daemon that listens on `socket`.
///
/// A refusal of the daemon is an answer. Fails if nobody can be reached there, if the answer
/// takes too long, or if it is not one of ackd's.
pub async fn ask(socket: &Path, request: &Request) -> Result<Answer, ControlError> {
    let stream = connect(socket).await?;
    match timeout(ASK_TIME_MAX, exchange(socket, stream, request)).await {
        Ok(answer) => answer,
        Err(_) => {
            let reason = format!(
                "no answer within {} seconds; its log says what it is doing",
                ASK_TIME_MAX.as_secs()
            );
            Err(unreachable(socket, reason))
        }
    }
}

async fn connect(socket: &Path) -> Result<UnixStream, ControlError> {
    let reason = match timeout(CONNECT_TIME_MAX, connect_in_turn(socket)).await {
        Ok(Ok(stream)) => return Ok(stream),
        Ok(Err(error)) => match error.kind() {
            ErrorKind::NotFound => String::from(
                "there is no such socket; is ackd running (\"systemctl status ackd\"), and is \"socket\" in [service] the one it was started with?",
            ),
            ErrorKind::ConnectionRefused => {
                String::from("nobody listens there; is ackd running (\"systemctl status ackd\")?")
            }
            ErrorKind::PermissionDenied => String::from(
                "permission denied; run this as the user that runs ackd, or as a member of the group the socket belongs to",
            ),
            _ => error.to_string(),
        },
        Err(_) => format!(
            "no connection within {} seconds; ackd is there but busy",
            CONNECT_TIME_MAX.as_secs()
        ),
    };
    Err(unreachable(socket, reason))
}

/// A full queue of callers is no failure: our turn comes.
async fn connect_in_turn(socket: &Path) -> std::io::Result<UnixStream> {
    loop {
        match UnixStream::connect(socket).await {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                tokio::time::sleep(CONNECT_PAUSE).await;
            }
            connected => return connected,
        }
    }
}

async fn exchange(
    socket: &Path,
    stream: UnixStream,
    request: &Request,
) -> Result<Answer, ControlError> {
    let lost = |error: hyper::Error| {
        unreachable(
            socket,
            format!("the connection was lost ({error}); try again"),
        )
    };
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(lost)?;
    // Ends with the connection, at the latest when `sender` is dropped below.
    tokio::spawn(connection);
    let written = route::write(request);
    let message = hyper::Request::builder()
        .method(written.method)
        .uri(written.path)
        .header(HOST, "ackd")
        .header(CONTENT_TYPE, "application/json")
        .body(Full::new(Bytes::from(written.body)))
        .expect("method, path and headers come from fixed texts and numbers");
    let response = sender.send_request(message).await.map_err(lost)?;
    read_answer(socket, request, response).await
}

async fn read_answer(
    socket: &Path,
    request: &Request,
    response: Response<Incoming>,
) -> Result<Answer, ControlError> {
    let status = response.status();
    let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX)
        .collect()
        .await
        .map_err(|error| odd(socket, error.to_string()))?
        .to_bytes();
    if status != StatusCode::OK {
        let refusal: RefusalBody<'_> = read(socket, &body)?;
        return Ok(Answer::Refused(Refusal {
            status: status.as_u16(),
            words: refusal.error.into_owned(),
        }));
    }
    Ok(match request {
        Request::Status => Answer::Status(read(socket, &body)?),
        Request::Cases(_) => Answer::Cases(read(socket, &body)?),
        Request::Case { .. } => Answer::Case(read(socket, &body)?),
        Request::Quarantine => Answer::Quarantine(read(socket, &body)?),
        Request::Absences { .. } => Answer::Absences(read(socket, &body)?),
        Request::Outbox => Answer::Outbox(read(socket, &body)?),
        Request::CheckIns { .. } => Answer::CheckIns(read(socket, &body)?),
        Request::Metrics => {
            let text = String::from_utf8(body.to_vec());
            Answer::Exposition(text.map_err(|error| odd(socket, error.to_string()))?)
        }
        Request::Verify => Answer::Verified(read(socket, &body)?),
        Request::Export => Answer::Exported(read(socket, &body)?),
        Request::Reload { .. } => Answer::Reloaded(read(socket, &body)?),
        Request::Settle { .. }
        | Request::Reopen { .. }
        | Request::Separate { .. }
        | Request::Snooze { .. }
        | Request::Urgent { .. }
        | Request::Assign { .. }
        | Request::Away { .. }
        | Request::Back { .. }
        | Request::CheckIn { .. }
        | Request::Mail { .. } => Answer::Done(read(socket, &body)?),
    })
}

fn read<T: DeserializeOwned>(socket: &Path, body: &[u8]) -> Result<T, ControlError> {
    serde_json::from_slice(body).map_err(|error| odd(socket, error.to_string()))
}

fn unreachable(socket: &Path, reason: String) -> ControlError {
    ControlError::Unreachable {
        socket: socket.to_owned(),
        reason,
    }
}

fn odd(socket: &Path, reason: String) -> ControlError {
    ControlError::Answer {
        socket: socket.to_owned(),
        reason,
    }
}
