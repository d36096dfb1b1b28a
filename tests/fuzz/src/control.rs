//! Requests on the control socket (`control`).
//!
//! An input: one byte of choices, then what a caller sends. The engine is a stand-in that
//! answers, or has gone away, or never says a word.
//!
//! Demanded: whatever reaches the engine is a request as it is described; the caller is
//! answered in HTTP, with JSON, and never by 500; and the connection ends in time.

use std::sync::Arc;
use std::time::Duration;

use ackd::control::view::Done;
use ackd::control::{Answer, BY_CHARACTERS_MAX, Call, Request, answer_caller};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::Target;
use super::line::{End, Heard, Line};

/// See the module.
pub const TARGET: Target = Target {
    name: "control",
    run,
    lets_through: &[],
};

const HUSHES: u8 = 1;
const IN_PIECES: u8 = 2;
const ENGINE_IS_GONE: u8 = 4;
const ENGINE_IS_SILENT: u8 = 8;

/// The time within which every connection is over.
const OVER_AFTER: Duration = Duration::from_secs(31);

fn run(input: &[u8]) {
    let Some((choices, said)) = input.split_first() else {
        return;
    };
    let chosen = |choice: u8| choices & choice != 0;
    let piece = if chosen(IN_PIECES) { 7 } else { usize::MAX };
    let end = if chosen(HUSHES) {
        End::Hushes
    } else {
        End::Closes
    };
    let heard = Heard::default();
    let line = Line::new(said, piece, end, heard.clone());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let (calls, mut called) = mpsc::channel(4);
        let caller: Arc<str> = "user 7".into();
        let mut unanswered = Vec::new();
        let engine = async {
            if chosen(ENGINE_IS_GONE) {
                drop(called);
                return std::future::pending().await;
            }
            while let Some(Call { request, answer }) = called.recv().await {
                check_request(&request);
                if chosen(ENGINE_IS_SILENT) {
                    unanswered.push(answer);
                } else {
                    // The caller may be gone.
                    let _ = answer.send(answer_to(&request));
                }
            }
            std::future::pending().await
        };
        tokio::select! {
            over = timeout(OVER_AFTER, answer_caller(line, caller, calls)) => {
                over.expect("a connection that ends in time");
            }
            () = engine => {}
        }
    });
    check_response(&heard.bytes());
}

fn check_request(request: &Request) {
    let (id, by) = match request {
        Request::Status
        | Request::Cases(_)
        | Request::Absences { .. }
        | Request::Outbox
        | Request::Quarantine
        | Request::CheckIns { .. }
        | Request::Metrics
        | Request::Verify
        | Request::Export => return,
        Request::Reload { by, .. }
        | Request::CheckIn { by, .. }
        | Request::Away { by, .. }
        | Request::Back { by, .. } => return check_name(by),
        Request::Case { id } => (id.0, None),
        Request::Settle { id, by, .. }
        | Request::Reopen { id, by }
        | Request::Snooze { id, by, .. }
        | Request::Separate { id, by, .. }
        | Request::Assign { id, by, .. }
        | Request::Urgent { id, by } => (id.0, Some(by)),
        Request::Mail { id, by, .. } => (id.0, Some(by)),
    };
    assert_ne!(id, 0, "no case and no mail has this number");
    if let Some(by) = by {
        check_name(by);
    }
}

fn check_name(by: &str) {
    let length = by.chars().count();
    assert!((1..=BY_CHARACTERS_MAX).contains(&length), "by {by:?}");
    assert!(!by.contains(char::is_control), "by {by:?}");
}

fn answer_to(request: &Request) -> Answer {
    match request {
        Request::Status => Answer::unavailable("ackd is stopping"),
        Request::Cases(_) => Answer::Cases(Vec::new()),
        Request::Absences { .. } => Answer::Absences(Vec::new()),
        Request::Outbox => Answer::Outbox(Vec::new()),
        Request::Quarantine => Answer::Quarantine(Vec::new()),
        Request::CheckIns { .. } => Answer::CheckIns(Vec::new()),
        Request::Case { id } => Answer::no_such_case(*id),
        _ => Answer::Done(Done {
            done: "it is done".to_owned(),
            new_case: None,
        }),
    }
}

fn check_response(heard: &[u8]) {
    const GO_ON: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";
    let response = heard.strip_prefix(GO_ON).unwrap_or(heard);
    if response.is_empty() {
        return;
    }
    let text = std::str::from_utf8(response).expect("an answer in UTF-8");
    let (head, body) = text
        .split_once("\r\n\r\n")
        .expect("an answer that is whole");
    let status = head
        .strip_prefix("HTTP/1.1 ")
        .or(head.strip_prefix("HTTP/1.0 "))
        .and_then(|rest| rest.get(..3)?.parse::<u16>().ok())
        .expect("an answer with a status");
    assert!(
        (200..600).contains(&status) && status != 500,
        "status {status}"
    );
    if !body.is_empty() {
        serde_json::from_str::<serde_json::Value>(body).expect("an answer in JSON");
    }
}
