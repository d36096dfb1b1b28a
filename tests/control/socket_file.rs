//! The socket's file: who may connect, what is replaced and what is left alone.

use std::os::unix::fs::PermissionsExt;

use ackd::control::{ControlError, ControlSocket, serve};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::house::House;

#[tokio::test]
async fn the_owner_and_the_group_may_connect_and_nobody_else() {
    let house = House::open().await;
    let metadata = std::fs::metadata(&house.socket).expect("the socket");
    assert_eq!(metadata.permissions().mode() & 0o7777, 0o660);
    house.close().await;
}

#[tokio::test]
async fn what_a_killed_daemon_left_behind_is_replaced() {
    let folder = tempfile::tempdir().expect("a folder");
    let socket = folder.path().join("ackd.sock");
    drop(std::os::unix::net::UnixListener::bind(&socket).expect("a socket nobody listens on"));
    assert!(socket.exists(), "the leftover");
    let house = House::open_in(folder).await;
    house.is_well().await;
    house.close().await;
}

#[tokio::test]
async fn a_second_daemon_is_refused_and_the_first_goes_on() {
    let house = House::open().await;
    let (calls, _engine) = mpsc::channel(8);
    let second = serve(&house.socket, calls, CancellationToken::new()).await;
    let socket = house.socket.clone();
    assert_eq!(second, Err(ControlError::InUse { socket }));
    house.is_well().await;
    house.close().await;
}

#[tokio::test]
async fn a_file_that_is_no_socket_is_never_removed() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("letters.txt");
    std::fs::write(&path, "dear Ann").expect("written");
    let offered = ControlSocket::offer(&path).await.map(drop);
    let socket = path.clone();
    assert_eq!(offered, Err(ControlError::NotASocket { socket }));
    assert_eq!(std::fs::read_to_string(&path).expect("there"), "dear Ann");
}

#[tokio::test]
async fn a_missing_folder_and_a_path_too_long_are_explained() {
    let folder = tempfile::tempdir().expect("a folder");
    let told = [
        (folder.path().join("missing/ackd.sock"), "create it"),
        (
            folder.path().join("x".repeat(120)),
            "set a shorter \"socket\"",
        ),
    ];
    for (path, words) in told {
        let error = ControlSocket::offer(&path).await.expect_err("refused");
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[tokio::test]
async fn the_file_goes_with_the_daemon_but_a_successors_file_stays() {
    let house = House::open().await;
    let socket = house.socket.clone();
    let folder = house.close().await;
    assert!(!socket.exists(), "removed at the end");

    let first = House::open_in(folder).await;
    std::fs::remove_file(&socket).expect("somebody removed it by hand");
    let successor = std::os::unix::net::UnixListener::bind(&socket).expect("a successor");
    let _folder = first.close().await;
    assert!(socket.exists(), "the successor's");
    drop(successor);
}
