//! A socket, an engine behind it and callers of every kind.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use ackd::control::{Answer, Call, ControlSocket, Request, ask};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::book::answer_from_the_book;

/// A socket in a folder of its own, with an engine behind it that answers from the book.
pub(crate) struct House {
    folder: tempfile::TempDir,
    pub(crate) socket: PathBuf,
    stop: CancellationToken,
    server: JoinHandle<()>,
    engine: JoinHandle<()>,
    heard: Arc<Mutex<Vec<Request>>>,
}

impl House {
    pub(crate) async fn open() -> Self {
        Self::open_in(tempfile::tempdir().expect("a folder")).await
    }

    pub(crate) async fn open_in(folder: tempfile::TempDir) -> Self {
        Self::open_with(folder, answer_from_the_book).await
    }

    pub(crate) async fn open_with(
        folder: tempfile::TempDir,
        book: impl Fn(&Request) -> Answer + Send + 'static,
    ) -> Self {
        let socket = folder.path().join("ackd.sock");
        let (calls, mut called) = mpsc::channel::<Call>(8);
        let stop = CancellationToken::new();
        let server = offer(&socket, calls, &stop).await;
        let heard = Arc::new(Mutex::new(Vec::new()));
        let notes = Arc::clone(&heard);
        let engine = tokio::spawn(async move {
            while let Some(call) = called.recv().await {
                let answer = book(&call.request);
                notes.lock().expect("not poisoned").push(call.request);
                // The caller may have gone away.
                let _ = call.answer.send(answer);
            }
        });
        Self {
            folder,
            socket,
            stop,
            server,
            engine,
            heard,
        }
    }

    pub(crate) fn heard(&self) -> Vec<Request> {
        self.heard.lock().expect("not poisoned").clone()
    }

    /// An honest caller is still served.
    pub(crate) async fn is_well(&self) {
        let answer = ask(&self.socket, &Request::Status).await;
        assert_eq!(answer, Ok(answer_from_the_book(&Request::Status)));
    }

    pub(crate) async fn close(self) -> tempfile::TempDir {
        self.stop.cancel();
        self.server.await.expect("the server did not panic");
        self.engine.await.expect("the engine did not panic");
        self.folder
    }
}

/// Offers the socket and serves it in a task of its own; it can be reached when this returns.
pub(crate) async fn offer(
    socket: &Path,
    calls: mpsc::Sender<Call>,
    stop: &CancellationToken,
) -> JoinHandle<()> {
    let offered = ControlSocket::offer(socket).await.expect("offered");
    tokio::spawn(offered.serve(calls, stop.clone()))
}

/// Sends these bytes and reads whatever comes until the other side hangs up.
pub(crate) async fn raw(socket: &Path, request: &str) -> String {
    let stream = UnixStream::connect(socket).await.expect("connected");
    let (mut read, mut write) = stream.into_split();
    let request = request.to_owned();
    let writing = tokio::spawn(async move {
        // The server may hang up before it has read everything; that is its right. The half
        // stays open until the answer is there, as a slow caller's does.
        let _ = write.write_all(request.as_bytes()).await;
        write
    });
    let mut answer = Vec::new();
    // What was received before a reset counts.
    let _ = read.read_to_end(&mut answer).await;
    drop(writing.await);
    String::from_utf8_lossy(&answer).into_owned()
}
