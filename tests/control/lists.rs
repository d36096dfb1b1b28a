//! The lists people choose from: cases by filter, watched on a terminal, and the outbox.

use ackd::cli::away::{self, AwayArguments, BackArguments};
use ackd::cli::cases::{self, CasesArguments};
use ackd::cli::outbox::{self, OutboxArguments, OutboxCommand};
use ackd::cli::screen::Screen;
use ackd::cli::watch::Room;
use ackd::control::{Answer, MailWord, Request};
use ackd::domain::absence::AwayDays;
use ackd::domain::ids::OutboxId;
use clap::Parser;

use crate::book::{answer_from_the_book, at};
use crate::house::House;
use crate::pages::show;

#[derive(Debug, Parser)]
struct Cases {
    /// As every command has it.
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    own: CasesArguments,
}

fn typed(line: &str) -> CasesArguments {
    let words = std::iter::once("cases").chain(line.split(' ').filter(|word| !word.is_empty()));
    let typed = Cases::try_parse_from(words).expect("as people type it");
    assert!(!typed.json);
    typed.own
}

/// The numbers of the cases a line lists at half past nine.
async fn listed(house: &House, line: &str) -> Vec<u64> {
    let arguments = typed(line);
    let run =
        async |screen: &mut Screen<'_>| cases::run_on(&house.socket, &arguments, screen).await;
    let shown = show(run, true).await;
    let lines = shown.lines().filter(|line| line.starts_with('{'));
    let case = |line| serde_json::from_str::<serde_json::Value>(line).expect("JSON")["id"].as_u64();
    lines.map(|line| case(line).expect("a number")).collect()
}

#[tokio::test]
async fn cases_are_chosen_by_client_owner_state_and_deadline() {
    let house = House::open().await;
    let chosen: [(&str, &[u64]); 9] = [
        ("", &[5, 7, 12, 3]),
        ("--client acme", &[7, 3]),
        ("--owner bob@northwind.example", &[5, 12]),
        ("--owner Bob", &[5, 12]),
        ("--state acknowledged", &[3]),
        ("--state answered", &[1]),
        ("--due-before 30m", &[5]),
        ("--due-before 2026-01-05T12:00:00+01:00", &[5, 7]),
        ("--due-before 1d --client globex", &[5, 12]),
    ];
    for (line, ids) in chosen {
        assert_eq!(listed(&house, line).await, ids, "{line}");
    }
    house.close().await;
}

#[tokio::test]
async fn where_no_case_fits_the_list_says_what_to_do() {
    let house = House::open().await;
    let arguments = typed("--client northpole");
    let run =
        async |screen: &mut Screen<'_>| cases::run_on(&house.socket, &arguments, screen).await;
    let shown = show(run, false).await;
    assert!(
        shown.starts_with("no case fits; \"ackd cases\" lists"),
        "{shown}"
    );
    assert!(shown.ends_with("[exit code 0]\n"), "{shown}");
    house.close().await;
}

#[test]
fn a_filter_nobody_can_mean_is_refused_with_what_to_write() {
    let refused = [
        ("--state open", "waiting, acknowledged, answered or settled"),
        (
            "--due-before soon",
            "or a moment such as 2026-11-23T17:00:00Z",
        ),
        ("--watch --json", "cannot be used with"),
    ];
    for (line, words) in refused {
        let typed = Cases::try_parse_from(std::iter::once("cases").chain(line.split(' ')));
        let told = typed.expect_err(line).to_string();
        assert!(told.contains(words), "{line}: {told}");
    }
}

#[tokio::test]
async fn a_watched_list_fits_the_terminal_and_survives_the_daemon() {
    let house = House::open().await;
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let screen = Screen {
        out: &mut out,
        err: &mut err,
        json: false,
        is_terminal: false,
        colours: false,
        now: at("2026-01-05T09:30:00Z"),
    };
    let room = Room {
        lines: 6,
        characters: 60,
    };
    let arguments = typed("--watch");
    let page = cases::watched(&house.socket, &arguments, &screen, room).await;
    insta::assert_snapshot!(page, @r"
    CASE  DUE                            STATE            CLIEN…
    5     2026-01-05 09:10 UTC  20m ago  waiting          globe…
    7     2026-01-05 11:00 CET  in 30m   waiting, urgent  acme…
    and 2 more, due later
    2026-01-05 09:30 UTC, every 5 s; Ctrl-C ends
    ");
    let socket = house.socket.clone();
    house.close().await;
    let page = cases::watched(&socket, &arguments, &screen, room).await;
    assert!(page.contains("is ackd running"), "{page}");
}

#[tokio::test]
async fn the_outbox_as_a_table_and_as_json() {
    let house = House::open().await;
    let arguments = OutboxArguments { command: None };
    let run =
        async |screen: &mut Screen<'_>| outbox::run_on(&house.socket, &arguments, screen).await;
    insta::assert_snapshot!("outbox", show(run, false).await);
    insta::assert_snapshot!("outbox_json", show(run, true).await);
    house.close().await;
}

#[tokio::test]
async fn absences_as_a_table_and_as_json_and_what_is_said_of_them() {
    let house = House::open().await;
    let typed = |person: Option<&str>, days: Option<&str>| AwayArguments {
        person: person.map(str::to_owned),
        days: days.map(|days| AwayDays::parse(days).expect("days")),
        list: false,
    };
    let show_of = async |request: Request, json: bool| {
        let run =
            async |screen: &mut Screen<'_>| away::run_on(&house.socket, &request, screen).await;
        show(run, json).await
    };
    insta::assert_snapshot!(
        "away",
        show_of(typed(None, None).request("alice"), false).await
    );
    insta::assert_snapshot!(
        "away_json",
        show_of(typed(None, None).request("alice"), true).await
    );
    let away = typed(Some("alice"), Some("2026-12-20..2027-01-03")).request("alice");
    let told = show_of(away, false).await;
    assert!(
        told.contains("alice is away 2026-12-20..2027-01-03"),
        "{told}"
    );
    let back = BackArguments {
        person: "alice".into(),
    };
    let told = show_of(back.request("alice"), false).await;
    assert!(told.contains("alice is back"), "{told}");
    house.close().await;
}

#[tokio::test]
async fn an_empty_outbox_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let house = House::open_with(folder, |request| match request {
        Request::Outbox => Answer::Outbox(vec![]),
        other => answer_from_the_book(other),
    });
    let house = house.await;
    let arguments = OutboxArguments {
        command: Some(OutboxCommand::List),
    };
    let run =
        async |screen: &mut Screen<'_>| outbox::run_on(&house.socket, &arguments, screen).await;
    assert_eq!(
        show(run, false).await,
        "nothing waits to be sent\n[exit code 0]\n"
    );
    house.close().await;
}

#[tokio::test]
async fn a_word_about_a_mail_reaches_the_engine() {
    let house = House::open().await;
    let words = [
        (OutboxCommand::Retry { id: 17 }, MailWord::Retry),
        (OutboxCommand::Release { id: 17 }, MailWord::Release),
        (OutboxCommand::Drop { id: 17 }, MailWord::Drop),
    ];
    for (command, said) in words {
        let arguments = OutboxArguments {
            command: Some(command),
        };
        let run =
            async |screen: &mut Screen<'_>| outbox::run_on(&house.socket, &arguments, screen).await;
        assert_eq!(
            show(run, false).await,
            format!("mail 17: {said:?}\n[exit code 0]\n")
        );
        let heard = house.heard();
        let Some(Request::Mail { id, word, .. }) = heard.last() else {
            panic!("{heard:?}");
        };
        assert_eq!((*id, *word), (OutboxId(17), said));
    }
    house.close().await;
}
