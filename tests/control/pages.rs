//! What the commands print.

use ackd::cli::outbox::OutboxArguments;
use ackd::cli::screen::Screen;
use ackd::cli::{case, cases, checkins, outbox, quarantine, status};
use ackd::control::view::{Done, QuarantinedView};
use ackd::control::{Answer, QUARANTINE_LISTED_MAX, Request};
use ackd::domain::case::Settlement;
use ackd::domain::ids::{CaseId, MessageId};
use clap::Parser;
use tokio::io::AsyncWriteExt;

use crate::book::{answer_from_the_book, at, status_when_all_is_well};
use crate::house::House;

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
        Request::Quarantine => Answer::Quarantine(vec![]),
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

#[derive(Debug, Parser)]
struct CheckIns {
    #[command(flatten)]
    own: checkins::CheckInsArguments,
}

async fn checkins_typed(house: &House, line: &str, json: bool) -> String {
    let words = line.split(' ').filter(|word| !word.is_empty());
    let typed = CheckIns::try_parse_from(words).expect("as people type it");
    let run =
        async |screen: &mut Screen<'_>| checkins::run_on(&house.socket, &typed.own, screen).await;
    show(run, json).await
}

#[tokio::test]
async fn check_ins_as_a_table_and_as_json() {
    let house = House::open().await;
    let table = checkins_typed(&house, "checkins", false).await;
    insta::assert_snapshot!("checkins", table);
    let json = checkins_typed(&house, "checkins --client globex", true).await;
    insta::assert_snapshot!("checkins_json", json);
    let none = checkins_typed(&house, "checkins --client nobody", false).await;
    assert!(none.starts_with("no client has check-ins"), "{none}");
    house.close().await;
}

#[tokio::test]
async fn what_is_said_of_check_ins_reaches_the_daemon() {
    let house = House::open().await;
    let said = [
        ("checkins phoned acme", "acme: Phoned(None) by "),
        (
            "checkins met acme --on 2026-01-02",
            "acme: Met(Some(2026-01-02)) by ",
        ),
        (
            "checkins pause acme --until 2026-02-01",
            "acme: Pause(Some(2026-02-01)) by ",
        ),
        ("checkins resume acme", "acme: Resume by "),
    ];
    for (line, heard) in said {
        let shown = checkins_typed(&house, line, false).await;
        assert!(shown.contains(heard), "{line}: {shown}");
    }
    for wrong in [
        "checkins met acme --on yesterday",
        "checkins pause",
        "checkins lost acme",
    ] {
        let words = wrong.split(' ');
        assert!(CheckIns::try_parse_from(words).is_err(), "{wrong}");
    }
    house.close().await;
}

#[tokio::test]
async fn open_cases_as_a_table() {
    let house = House::open().await;
    let arguments = cases::CasesArguments::default();
    let run =
        async |screen: &mut Screen<'_>| cases::run_on(&house.socket, &arguments, screen).await;
    insta::assert_snapshot!("cases", show(run, false).await);
    house.close().await;
}

#[tokio::test]
async fn all_cases_as_a_table_with_the_closed_ones_last() {
    let house = House::open().await;
    let arguments = cases::CasesArguments {
        all: true,
        ..cases::CasesArguments::default()
    };
    let run =
        async |screen: &mut Screen<'_>| cases::run_on(&house.socket, &arguments, screen).await;
    insta::assert_snapshot!("cases_all", show(run, false).await);
    house.close().await;
}

#[tokio::test]
async fn cases_as_json_one_object_per_line() {
    let house = House::open().await;
    let arguments = cases::CasesArguments::default();
    let run =
        async |screen: &mut Screen<'_>| cases::run_on(&house.socket, &arguments, screen).await;
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
async fn a_separated_mail_is_a_case_of_its_own() {
    let folder = tempfile::tempdir().expect("a folder");
    let house = House::open_with(folder, |request| match request {
        Request::Separate { id, message_id, .. } => {
            assert_eq!((*id, message_id.as_str()), (CaseId(7), "q2@acme.example"));
            Answer::Done(Done {
                done: "the mail is separated from case 7: it is case 8 now".into(),
                new_case: Some(8),
            })
        }
        other => answer_from_the_book(other),
    });
    let house = house.await;
    let command = case::CaseCommand::Separate {
        id: 7,
        message_id: MessageId::parse("<q2@acme.example>").expect("an id"),
    };
    let run = async |screen: &mut Screen<'_>| case::run_on(&house.socket, &command, screen).await;
    assert_eq!(
        show(run, false).await,
        "the mail is separated from case 7: it is case 8 now\n[exit code 0]\n"
    );
    assert_eq!(
        show(run, true).await,
        "{\"done\":\"the mail is separated from case 7: it is case 8 now\",\"new_case\":8}\n\
         [exit code 0]\n"
    );
    house.close().await;
}

#[tokio::test]
async fn unreadable_messages_and_what_to_do_about_them() {
    let house = House::open().await;
    let run = async |screen: &mut Screen<'_>| quarantine::run_on(&house.socket, screen).await;
    insta::assert_snapshot!("quarantine", show(run, false).await);
    insta::assert_snapshot!("quarantine_json", show(run, true).await);
    house.close().await;
}

#[tokio::test]
async fn an_empty_quarantine_is_good_news_for_people_and_nothing_for_programs() {
    let folder = tempfile::tempdir().expect("a folder");
    let house = House::open_with(folder, |_| Answer::Quarantine(vec![])).await;
    let run = async |screen: &mut Screen<'_>| quarantine::run_on(&house.socket, screen).await;
    assert_eq!(
        show(run, false).await,
        "every message could be read\n[exit code 0]\n"
    );
    assert_eq!(show(run, true).await, "[exit code 0]\n");
    house.close().await;
}

#[tokio::test]
async fn a_long_quarantine_says_that_it_is_cut() {
    let folder = tempfile::tempdir().expect("a folder");
    let house = House::open_with(folder, |request| match request {
        Request::Quarantine => {
            let one = QuarantinedView {
                mailbox: "clients".into(),
                folder: "INBOX".into(),
                uid_validity: 7,
                uid: 4711,
                at: at("2026-01-05T09:10:00Z"),
                reason: "the server gave no header for it".into(),
            };
            Answer::Quarantine(vec![one; QUARANTINE_LISTED_MAX])
        }
        other => answer_from_the_book(other),
    });
    let house = house.await;
    let run = async |screen: &mut Screen<'_>| quarantine::run_on(&house.socket, screen).await;
    let shown = show(run, false).await;
    assert!(shown.contains("Older ones than these 1000"), "{shown}");
    let run = async |screen: &mut Screen<'_>| status::run_on(&house.socket, screen).await;
    let shown = show(run, false).await;
    assert!(shown.contains("1000 messages or more"), "{shown}");
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
    let arguments = cases::CasesArguments::default();
    let command = case::CaseCommand::Show { id: 7 };
    let listed = OutboxArguments { command: None };
    let shown = [
        show(async |screen| status::run_on(&nowhere, screen).await, true).await,
        show(
            async |screen| cases::run_on(&nowhere, &arguments, screen).await,
            false,
        )
        .await,
        show(
            async |screen| case::run_on(&nowhere, &command, screen).await,
            false,
        )
        .await,
        show(
            async |screen| quarantine::run_on(&nowhere, screen).await,
            false,
        )
        .await,
        show(
            async |screen| outbox::run_on(&nowhere, &listed, screen).await,
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
        is_terminal: false,
        colours: true,
        now: at("2026-01-05T09:30:00Z"),
    };
    let arguments = cases::CasesArguments::default();
    cases::run_on(&house.socket, &arguments, &mut screen).await;
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

/// What a command prints, with its errors marked and its exit code at the end, half past nine
/// on a Monday.
pub(crate) async fn show(run: impl AsyncFn(&mut Screen<'_>) -> u8, json: bool) -> String {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut screen = Screen {
        out: &mut out,
        err: &mut err,
        json,
        is_terminal: false,
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
