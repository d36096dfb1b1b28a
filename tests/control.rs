//! The local socket and the commands that speak through it, over a real Unix socket, with an
//! engine that answers from a fixed book.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ackd::cli::screen::Screen;
use ackd::cli::{case, cases, status};
use ackd::control::view::{
    CaseCounts, CaseDetail, CaseStanding, CaseView, Done, HistoryLine, MailboxState, MailboxView,
    MessageView, OutboxCounts, StatusView,
};
use ackd::control::{
    Answer, CONNECTIONS_MAX, Call, ControlError, ControlSocket, REQUEST_BODY_BYTES_MAX, Request,
    SnoozeTime, ask, serve,
};
use ackd::domain::case::Settlement;
use ackd::domain::ids::CaseId;
use ackd::domain::time::Timestamp;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

// ---------------------------------------------------------------- requests and answers

#[tokio::test]
async fn the_engine_hears_what_was_asked_and_its_answer_comes_back() {
    let house = House::open().await;
    let id = CaseId(7);
    let by = String::from("alice");
    let requests = [
        Request::Status,
        Request::Cases { all: false },
        Request::Cases { all: true },
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

// ---------------------------------------------------------------- callers who mean harm

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

// ---------------------------------------------------------------- an engine in trouble

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

// ---------------------------------------------------------------- the socket's file

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

// ---------------------------------------------------------------- what the commands print

#[tokio::test]
async fn status_on_one_screen() {
    let house = House::open().await;
    let shown = show(
        async |screen| status::run_on(&house.socket, screen).await,
        false,
    )
    .await;
    insta::assert_snapshot!("status", shown);
    house.close().await;
}

#[tokio::test]
async fn status_as_json() {
    let house = House::open().await;
    let shown = show(
        async |screen| status::run_on(&house.socket, screen).await,
        true,
    )
    .await;
    insta::assert_snapshot!("status_json", shown);
    house.close().await;
}

#[tokio::test]
async fn status_of_a_daemon_where_all_is_well_ends_with_zero() {
    let folder = tempfile::tempdir().expect("a folder");
    let house = House::open_with(folder, |request| match request {
        Request::Status => Answer::Status(Box::new(status_when_all_is_well())),
        other => answer_from_the_book(other),
    });
    let house = house.await;
    let shown = show(
        async |screen| status::run_on(&house.socket, screen).await,
        false,
    )
    .await;
    insta::assert_snapshot!("status_all_well", shown);
    house.close().await;
}

#[tokio::test]
async fn open_cases_as_a_table() {
    let house = House::open().await;
    let arguments = cases::CasesArguments { all: false };
    let run = async |screen: &mut Screen<'_>| cases::run_on(&house.socket, arguments, screen).await;
    insta::assert_snapshot!("cases", show(run, false).await);
    house.close().await;
}

#[tokio::test]
async fn all_cases_as_a_table_with_the_closed_ones_last() {
    let house = House::open().await;
    let arguments = cases::CasesArguments { all: true };
    let run = async |screen: &mut Screen<'_>| cases::run_on(&house.socket, arguments, screen).await;
    insta::assert_snapshot!("cases_all", show(run, false).await);
    house.close().await;
}

#[tokio::test]
async fn cases_as_json_one_object_per_line() {
    let house = House::open().await;
    let arguments = cases::CasesArguments { all: false };
    let run = async |screen: &mut Screen<'_>| cases::run_on(&house.socket, arguments, screen).await;
    insta::assert_snapshot!("cases_json", show(run, true).await);
    house.close().await;
}

#[tokio::test]
async fn one_case_with_its_history() {
    let house = House::open().await;
    let command = case::CaseCommand::Show { id: 7 };
    let run = async |screen: &mut Screen<'_>| case::run_on(&house.socket, &command, screen).await;
    insta::assert_snapshot!("case_show", show(run, false).await);
    insta::assert_snapshot!("case_show_json", show(run, true).await);
    house.close().await;
}

#[tokio::test]
async fn a_case_is_settled_from_the_command_line() {
    let house = House::open().await;
    let command = case::CaseCommand::Dismiss { id: 7 };
    let run = async |screen: &mut Screen<'_>| case::run_on(&house.socket, &command, screen).await;
    assert_eq!(show(run, false).await, "case 7 is done\n[exit code 0]\n");
    let heard = house.heard();
    let [Request::Settle { id, how, .. }] = heard.as_slice() else {
        panic!("{heard:?}");
    };
    assert_eq!((*id, *how), (CaseId(7), Settlement::Dismissed));
    house.close().await;
}

#[tokio::test]
async fn an_unknown_case_ends_with_one() {
    let house = House::open().await;
    let command = case::CaseCommand::Answered { id: 99 };
    let run = async |screen: &mut Screen<'_>| case::run_on(&house.socket, &command, screen).await;
    assert_eq!(
        show(run, false).await,
        "[error] ackd: there is no case 99; \"ackd cases --all\" lists them\n[exit code 1]\n"
    );
    house.close().await;
}

#[tokio::test]
async fn no_daemon_ends_with_three_and_says_what_to_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let nowhere = folder.path().join("ackd.sock");
    let arguments = cases::CasesArguments { all: false };
    let command = case::CaseCommand::Show { id: 7 };
    let shown = [
        show(async |screen| status::run_on(&nowhere, screen).await, true).await,
        show(
            async |screen| cases::run_on(&nowhere, arguments, screen).await,
            false,
        )
        .await,
        show(
            async |screen| case::run_on(&nowhere, &command, screen).await,
            false,
        )
        .await,
    ];
    for page in shown {
        assert!(page.contains("[exit code 3]"), "{page}");
        assert!(page.contains("cannot reach ackd at"), "{page}");
        assert!(page.contains("is ackd running"), "{page}");
    }
}

#[tokio::test]
async fn somebody_else_on_the_socket_ends_with_three() {
    let folder = tempfile::tempdir().expect("a folder");
    let socket = folder.path().join("other.sock");
    let listener = tokio::net::UnixListener::bind(&socket).expect("a socket");
    let other = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a caller");
        let _ = stream
            .write_all(b"220 mx.northwind.example ESMTP\r\n")
            .await;
    });
    let shown = show(async |screen| status::run_on(&socket, screen).await, false).await;
    assert!(shown.contains("[exit code 3]"), "{shown}");
    other.await.expect("no panic");
}

#[tokio::test]
async fn colours_tell_late_from_urgent_and_are_left_out_for_programs() {
    let house = House::open().await;
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut screen = Screen {
        out: &mut out,
        err: &mut err,
        json: false,
        colours: true,
        now: at("2026-01-05T09:30:00Z"),
    };
    let arguments = cases::CasesArguments { all: false };
    cases::run_on(&house.socket, arguments, &mut screen).await;
    let table = String::from_utf8(out).expect("text");
    let late = table.lines().find(|line| line.contains("Invoice"));
    assert!(
        late.is_some_and(|line| line.starts_with("\u{1b}[31m")),
        "{table:?}"
    );
    let urgent = table.lines().find(|line| line.contains("urgent"));
    assert!(
        urgent.is_some_and(|line| line.starts_with("\u{1b}[33m")),
        "{table:?}"
    );

    let (mut out, mut err) = (Vec::new(), Vec::new());
    assert!(!Screen::new(true, &mut out, &mut err).colours);
    house.close().await;
}

// ---------------------------------------------------------------- the fixed book

fn at(text: &str) -> Timestamp {
    text.parse().expect("a moment")
}

fn answer_from_the_book(request: &Request) -> Answer {
    let id = match request {
        Request::Status => return Answer::Status(Box::new(status_in_trouble())),
        Request::Cases { all: false } => return Answer::Cases(open_cases()),
        Request::Cases { all: true } => {
            let mut all = vec![closed_case()];
            all.extend(open_cases());
            return Answer::Cases(all);
        }
        Request::Case { id }
        | Request::Settle { id, .. }
        | Request::Snooze { id, .. }
        | Request::Urgent { id, .. } => *id,
    };
    if id != CaseId(7) {
        return Answer::no_such_case(id);
    }
    match request {
        Request::Case { .. } => Answer::Case(Box::new(case_seven())),
        _ => Answer::Done(Done {
            done: "case 7 is done".into(),
        }),
    }
}

fn status_when_all_is_well() -> StatusView {
    StatusView {
        version: "0.1.0".into(),
        started_at: at("2026-01-02T05:30:00Z"),
        mode: "full".into(),
        mailboxes: vec![MailboxView {
            name: "clients".into(),
            state: MailboxState::Live,
            reason: None,
            last_proof_at: Some(at("2026-01-05T09:29:48Z")),
            messages_seen: 1,
            folders: vec!["INBOX".into(), "Sent".into()],
        }],
        cases: CaseCounts::default(),
        next_due_at: None,
        outbox: OutboxCounts::default(),
        alarms: vec![],
    }
}

fn status_in_trouble() -> StatusView {
    let well = status_when_all_is_well();
    let mailbox = |name: &str, state, reason: Option<&str>, proof: Option<&str>| MailboxView {
        name: name.into(),
        state,
        reason: reason.map(Into::into),
        last_proof_at: proof.map(at),
        messages_seen: 0,
        folders: vec!["INBOX".into()],
    };
    let mut mailboxes = well.mailboxes.clone();
    mailboxes.push(mailbox(
        "office",
        MailboxState::CatchingUp,
        Some("reading INBOX, 1200 of 40000 messages"),
        Some("2026-01-05T09:30:00Z"),
    ));
    mailboxes.push(mailbox(
        "studio",
        MailboxState::Blind,
        Some("the server refused the password: NO \u{1b}[2J[AUTHENTICATIONFAILED]"),
        None,
    ));
    StatusView {
        mailboxes,
        cases: CaseCounts {
            waiting: 3,
            acknowledged: 1,
        },
        next_due_at: Some(at("2026-01-05T09:10:00Z")),
        outbox: OutboxCounts {
            queued: 2,
            sending: 0,
            held: 1,
            given_up: 0,
        },
        alarms: vec!["mailbox studio has been blind since 2026-01-05T08:15:00Z".into()],
        ..well
    }
}

fn open_case(id: u64, client: &str, contact: &str, subject: &str) -> CaseView {
    CaseView {
        id,
        client: client.into(),
        contact: contact.into(),
        subject: subject.into(),
        opened_at: Some(at("2026-01-05T08:30:00Z")),
        due_at: None,
        answer_due_at: None,
        state: CaseStanding::Waiting,
        urgent: false,
        mailboxes: vec!["clients".into()],
        message_ids: vec![format!("{id}@{client}.example")],
        stages_done: vec![],
    }
}

/// In no particular order, as an engine may well hand them over.
fn open_cases() -> Vec<CaseView> {
    let mut acknowledged = open_case(3, "acme", "bo@acme.example", "Ein Angebot für Übersee");
    acknowledged.state = CaseStanding::Acknowledged;
    acknowledged.answer_due_at = Some(at("2026-01-06T11:00:00Z"));
    let mut urgent = open_case(7, "acme", "ann@acme.example", "Server down");
    urgent.urgent = true;
    urgent.due_at = Some(at("2026-01-05T10:00:00Z"));
    urgent.answer_due_at = Some(at("2026-01-05T16:00:00Z"));
    urgent.mailboxes = vec!["clients".into(), "office".into()];
    urgent.stages_done = vec!["remind 30m before".into()];
    let long = "Re: ".repeat(30);
    let mut plain = open_case(
        12,
        "globex",
        "c@globex.example",
        &format!("{long}\u{1b}[2J"),
    );
    plain.due_at = Some(at("2026-01-05T11:30:00Z"));
    let mut late = open_case(
        5,
        "globex",
        "dora.with.a.long.name@globex.example",
        "Invoice 44",
    );
    late.due_at = Some(at("2026-01-05T09:10:00Z"));
    vec![acknowledged, urgent, plain, late]
}

fn closed_case() -> CaseView {
    let mut closed = open_case(1, "acme", "ann@acme.example", "Hello");
    closed.state = CaseStanding::Answered;
    closed
}

fn case_seven() -> CaseDetail {
    let case = open_cases().swap_remove(1);
    let mail = |id: Option<&str>, moment: &str, urgent: bool| MessageView {
        message_id: id.map(Into::into),
        author: "ann@acme.example".into(),
        received_at: at(moment),
        urgent,
        may_acknowledge: id.is_some(),
        suspicious: false,
        thanks: false,
        holders: vec!["clients/INBOX".into(), "office/INBOX".into()],
    };
    CaseDetail {
        case,
        contact_name: Some("Ann \u{202e}Other".into()),
        generation: 2,
        unanswered: 2,
        snoozed_until: Some(at("2026-01-05T09:45:00Z")),
        reasons: vec![
            "urgent: the subject holds \"server down\", a word of acme".into(),
            "due 1h of office hours after 2026-01-05 09:00 UTC".into(),
        ],
        messages: vec![
            mail(Some("7@acme.example"), "2026-01-05T08:30:00Z", true),
            mail(None, "2026-01-05T09:00:00Z", false),
        ],
        history: vec![
            HistoryLine {
                at: at("2026-01-05T08:30:01Z"),
                what: "opened by a mail in clients/INBOX".into(),
            },
            HistoryLine {
                at: at("2026-01-05T09:30:00Z"),
                what: "remind 30m before: owner reminded".into(),
            },
        ],
    }
}

// ---------------------------------------------------------------- the house

/// A socket in a folder of its own, with an engine behind it that answers from the book.
struct House {
    folder: tempfile::TempDir,
    socket: PathBuf,
    stop: CancellationToken,
    server: JoinHandle<()>,
    engine: JoinHandle<()>,
    heard: Arc<Mutex<Vec<Request>>>,
}

impl House {
    async fn open() -> Self {
        Self::open_in(tempfile::tempdir().expect("a folder")).await
    }

    async fn open_in(folder: tempfile::TempDir) -> Self {
        Self::open_with(folder, answer_from_the_book).await
    }

    async fn open_with(
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

    fn heard(&self) -> Vec<Request> {
        self.heard.lock().expect("not poisoned").clone()
    }

    /// An honest caller is still served.
    async fn is_well(&self) {
        let answer = ask(&self.socket, &Request::Status).await;
        assert_eq!(answer, Ok(answer_from_the_book(&Request::Status)));
    }

    async fn close(self) -> tempfile::TempDir {
        self.stop.cancel();
        self.server.await.expect("the server did not panic");
        self.engine.await.expect("the engine did not panic");
        self.folder
    }
}

/// Offers the socket and serves it in a task of its own; it can be reached when this returns.
async fn offer(
    socket: &Path,
    calls: mpsc::Sender<Call>,
    stop: &CancellationToken,
) -> JoinHandle<()> {
    let offered = ControlSocket::offer(socket).await.expect("offered");
    tokio::spawn(offered.serve(calls, stop.clone()))
}

/// Sends these bytes and reads whatever comes until the other side hangs up.
async fn raw(socket: &Path, request: &str) -> String {
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

/// What a command prints, with its errors marked and its exit code at the end, half past nine
/// on a Monday.
async fn show(run: impl AsyncFn(&mut Screen<'_>) -> u8, json: bool) -> String {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut screen = Screen {
        out: &mut out,
        err: &mut err,
        json,
        colours: false,
        now: at("2026-01-05T09:30:00Z"),
    };
    let code = run(&mut screen).await;
    let mut shown = String::from_utf8(out).expect("text");
    for line in String::from_utf8(err).expect("text").lines() {
        shown.push_str(&format!("[error] {line}\n"));
    }
    shown.push_str(&format!("[exit code {code}]\n"));
    shown
}
