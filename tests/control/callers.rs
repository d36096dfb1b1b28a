//! Callers: honest, mistaken, slow and hostile ones.

use std::time::Duration;

use ackd::control::{
    Answer, CONNECTIONS_MAX, Call, CaseFilter, MailWord, REQUEST_BODY_BYTES_MAX, Request,
    SnoozeTime, ask,
};
use ackd::domain::address::Address;
use ackd::domain::case::Settlement;
use ackd::domain::ids::{CaseId, OutboxId};
use tokio::net::UnixStream;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::book::answer_from_the_book;
use crate::house::{House, offer, raw};

#[tokio::test]
async fn the_engine_hears_what_was_asked_and_its_answer_comes_back() {
    let house = House::open().await;
    let id = CaseId(7);
    let by = String::from("alice");
    let requests = [
        Request::Status,
        Request::Cases(CaseFilter::default()),
        Request::Cases(CaseFilter {
            all: true,
            owner: Some("bob@northwind.example".into()),
            ..CaseFilter::default()
        }),
        Request::Outbox,
        Request::Mail {
            id: OutboxId(17),
            word: MailWord::Release,
            by: by.clone(),
        },
        Request::Assign {
            id,
            to: Address::parse("bob@northwind.example"),
            by: by.clone(),
        },
        Request::Case { id },
        Request::Settle {
            id,
            how: Settlement::Phoned,
            by: by.clone(),
        },
        Request::Snooze {
            id,
            time: SnoozeTime::For(Duration::from_secs(7200)),
            by: by.clone(),
        },
        Request::Reopen { id, by: by.clone() },
        Request::Urgent { id, by },
    ];
    for request in &requests {
        let answer = ask(&house.socket, request).await.expect("reached");
        assert_eq!(answer, answer_from_the_book(request), "{request:?}");
    }
    assert_eq!(house.heard(), requests);
    house.close().await;
}

#[tokio::test]
async fn an_unknown_case_is_refused_in_words() {
    let house = House::open().await;
    let request = Request::Case { id: CaseId(99) };
    let answer = ask(&house.socket, &request).await.expect("reached");
    assert_eq!(answer, Answer::no_such_case(CaseId(99)));
    house.close().await;
}

#[tokio::test]
async fn who_gives_no_name_is_known_by_the_user_number() {
    let house = House::open().await;
    let answer = raw(&house.socket, "POST /v1/cases/7/met HTTP/1.1\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let heard = house.heard();
    let [Request::Settle { by, .. }] = heard.as_slice() else {
        panic!("{heard:?}");
    };
    let number = by.strip_prefix("user ").expect("a user number");
    assert!(number.parse::<u32>().is_ok(), "{by}");
    house.close().await;
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_and_never_reaches_the_engine() {
    let house = House::open().await;
    let refused = [
        ("GET / HTTP/1.1", "404"),
        ("GET /v2/status HTTP/1.1", "404"),
        ("GET /v1/cases/seven HTTP/1.1", "400"),
        ("GET /v1/cases/../status HTTP/1.1", "404"),
        ("GET /v1/cases?all=maybe HTTP/1.1", "400"),
        ("POST /v1/status HTTP/1.1", "405"),
        ("DELETE /v1/cases/7 HTTP/1.1", "405"),
        ("GET /v1/cases/7/dismiss HTTP/1.1", "405"),
        ("BREW /v1/status HTTP/1.1", "405"),
        ("HELO client.example", "400"),
        ("\u{0}\u{1}\u{2}", "400"),
    ];
    for (line, status) in refused {
        let answer = raw(&house.socket, &format!("{line}\r\n\r\n")).await;
        let begins = format!("HTTP/1.1 {status}");
        assert!(answer.starts_with(&begins), "{line:?}: {answer}");
    }
    assert_eq!(house.heard(), []);
    house.is_well().await;
    house.close().await;
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_one() {
    let house = House::open().await;
    let answer = raw(&house.socket, "GET /v1/cases/7/met HTTP/1.1\r\n\r\n").await;
    assert!(answer.contains("allow: POST\r\n"), "{answer}");
    assert!(answer.contains("only POST is allowed here"), "{answer}");
    house.close().await;
}

#[tokio::test]
async fn a_huge_body_is_refused_whether_it_is_announced_or_not() {
    let house = House::open().await;
    let megabyte = "x".repeat(1024 * 1024);
    let announced = format!(
        "POST /v1/cases/7/met HTTP/1.1\r\nContent-Length: {}\r\n\r\n{megabyte}",
        megabyte.len()
    );
    let chunked = format!(
        "POST /v1/cases/7/met HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{megabyte}\r\n0\r\n\r\n",
        megabyte.len()
    );
    for request in [announced, chunked] {
        let answer = raw(&house.socket, &request).await;
        assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
        let words = format!("at most {REQUEST_BODY_BYTES_MAX} bytes");
        assert!(answer.contains(&words), "{answer}");
    }
    assert_eq!(house.heard(), []);
    house.is_well().await;
    house.close().await;
}

#[tokio::test]
async fn a_huge_head_is_refused() {
    let house = House::open().await;
    let long_field = "x".repeat(1024 * 1024);
    let many_fields = "X-More: yes\r\n".repeat(500);
    for fields in [format!("X-Long: {long_field}\r\n"), many_fields] {
        let request = format!("GET /v1/status HTTP/1.1\r\n{fields}\r\n");
        let answer = raw(&house.socket, &request).await;
        assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
    }
    assert_eq!(house.heard(), []);
    house.is_well().await;
    house.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_never_finishes_is_cut_off() {
    let house = House::open().await;
    for beginning in ["", "GET /v1/sta", "GET /v1/status HTTP/1.1\r\nX-Slow: "] {
        let answer = raw(&house.socket, beginning).await;
        assert!(!answer.contains("200"), "{beginning:?}: {answer}");
    }
    let half_a_body = "POST /v1/cases/7/met HTTP/1.1\r\nContent-Length: 10\r\n\r\n{\"b";
    let answer = raw(&house.socket, half_a_body).await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    house.is_well().await;
    house.close().await;
}

#[tokio::test(start_paused = true)]
async fn callers_who_hold_every_place_do_not_hold_it_for_long() {
    let house = House::open().await;
    let mut holding = Vec::new();
    for _ in 0..CONNECTIONS_MAX + 5 {
        holding.push(UnixStream::connect(&house.socket).await.expect("queued"));
    }
    house.is_well().await;
    house.close().await;
}

#[tokio::test]
async fn a_hundred_callers_at_once_are_all_answered() {
    let house = House::open().await;
    let asking: Vec<_> = (0..100)
        .map(|_| {
            let socket = house.socket.clone();
            tokio::spawn(async move { ask(&socket, &Request::Status).await })
        })
        .collect();
    for answer in asking {
        let answer = answer.await.expect("no panic").expect("reached");
        assert_eq!(answer, answer_from_the_book(&Request::Status));
    }
    house.close().await;
}

#[tokio::test]
async fn one_connection_carries_one_request() {
    let house = House::open().await;
    let two = "GET /v1/status HTTP/1.1\r\n\r\n".repeat(2);
    let answer = raw(&house.socket, &two).await;
    assert_eq!(answer.matches("HTTP/1.1 200").count(), 1, "{answer}");
    house.close().await;
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_hangs_is_reported_as_such() {
    let folder = tempfile::tempdir().expect("a folder");
    let socket = folder.path().join("ackd.sock");
    let (calls, _engine_that_hangs) = mpsc::channel(8);
    let stop = CancellationToken::new();
    let server = offer(&socket, calls, &stop).await;
    let answer = ask(&socket, &Request::Status).await.expect("reached");
    let Answer::Refused(refusal) = answer else {
        panic!("{answer:?}");
    };
    assert_eq!(refusal.status, 504, "{refusal:?}");
    stop.cancel();
    server.await.expect("no panic");
}

#[tokio::test]
async fn an_engine_that_is_gone_or_drops_a_call_is_reported_as_stopping() {
    let folder = tempfile::tempdir().expect("a folder");
    let socket = folder.path().join("ackd.sock");
    let (calls, mut engine) = mpsc::channel::<Call>(8);
    let stop = CancellationToken::new();
    let server = offer(&socket, calls, &stop).await;
    let dropping = tokio::spawn(async move {
        drop(engine.recv().await);
        engine
    });
    for _ in 0..2 {
        let answer = ask(&socket, &Request::Status).await.expect("reached");
        let Answer::Refused(refusal) = answer else {
            panic!("{answer:?}");
        };
        assert_eq!(refusal.status, 503, "{refusal:?}");
        if dropping.is_finished() {
            break;
        }
    }
    stop.cancel();
    server.await.expect("no panic");
}

#[tokio::test]
async fn an_answer_under_way_is_finished_when_the_daemon_stops() {
    let folder = tempfile::tempdir().expect("a folder");
    let socket = folder.path().join("ackd.sock");
    let (calls, mut engine) = mpsc::channel::<Call>(8);
    let stop = CancellationToken::new();
    let server = offer(&socket, calls, &stop).await;
    let asking = tokio::spawn({
        let socket = socket.clone();
        async move { ask(&socket, &Request::Status).await }
    });
    let call = engine.recv().await.expect("a call");
    stop.cancel();
    let answer = answer_from_the_book(&call.request);
    call.answer.send(answer.clone()).expect("still wanted");
    assert_eq!(asking.await.expect("no panic"), Ok(answer));
    server.await.expect("no panic");
}
