//! The configuration is read again while the engine runs.

use ackd::control::view::{ReloadOutcome, ReloadView};
use ackd::control::{Answer, Request};
use ackd::daemon::Event;
use chrono::Duration;

use crate::blindness::{THREE_CLIENTS, changed};
use crate::house::House;
use crate::imap::Mailbox;

fn titles(view: &ReloadView) -> Vec<String> {
    let changes = view.changes.iter();
    changes
        .map(|change| {
            format!(
                "{} {}: {}",
                change.title(),
                change.fate,
                change.details.join("; ")
            )
        })
        .collect()
}

/// The configuration with a second mailbox.
fn with_projects(projects: &Mailbox) -> String {
    let section = THREE_CLIENTS
        .split("[mailboxes.clients]")
        .nth(1)
        .expect("one");
    let section = section.split("[calendars").next().expect("its end");
    let section = section.replace("clients", "projects");
    let section = section.replace("IMAP_PORT", &projects.port.to_string());
    let both = format!("[mailboxes.projects]{section}[calendars.nonstop]");
    changed(&[("[calendars.nonstop]", &both)])
}

async fn alarms(house: &House) -> Vec<String> {
    match house.ask(Request::Status).await {
        Answer::Status(status) => status.alarms,
        other => panic!("another answer: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_password_logs_in_anew_and_nobody_else_does() {
    let projects = Mailbox::open();
    let both = with_projects(&projects);
    let mut house = House::new(&both);
    house.enter().await;
    let logged_in =
        |mailbox: &Mailbox, times: usize| (mailbox.logins().len() == times).then_some(());
    house
        .eventually("two logins", || {
            logged_in(&house.mailbox, 1).and(logged_in(&projects, 1))
        })
        .await;

    // Nothing, a client, an address and the filing of sent copies are no reason to hang up.
    assert_eq!(titles(&house.reload().await), [""; 0]);
    let new = "[clients.dune]\nname = \"Dune\"\ndomains = [\"dune.test\"]\nowners = [\"alice@agency.test\"]\npolicy = \"standard\"\n";
    house.configuration = format!("{both}{new}").replace(
        "address = \"clients@agency.test\"",
        "address = \"post@agency.test\"\nfile_sent = \"never\"",
    );
    assert_eq!(
        titles(&house.reload().await),
        [
            "mailboxes.clients changed: address: clients@agency.test -> post@agency.test; file_sent: auto -> never",
            "clients.dune added: ",
        ]
    );
    house.quiet().await;
    assert_eq!(
        (house.mailbox.logins().len(), projects.logins().len()),
        (1, 1)
    );

    let username = "username = \"projects\"\npassword = ";
    house.configuration = both.replace(
        &format!("{username}\"pw\""),
        &format!("{username}\"other\""),
    );
    let told = titles(&house.reload().await);
    assert!(
        told.contains(&"mailboxes.projects changed: password: changed".to_owned()),
        "{told:?}"
    );
    house
        .eventually("the new login", || logged_in(&projects, 2))
        .await;
    house.quiet().await;
    assert_eq!(projects.logins()[1], "\"projects\" \"other\"");
    assert_eq!(house.mailbox.logins().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_blind_mailbox_is_tried_at_once_when_somebody_reloads() {
    let mut house = House::new(THREE_CLIENTS);
    house.mailbox.shut();
    house.enter().await;
    // Its pauses have grown to many seconds by then.
    tokio::time::sleep(std::time::Duration::from_secs(8)).await;
    house.mailbox.reopen();
    house.reload().await;
    let within = tokio::time::timeout(std::time::Duration::from_secs(2), house.settled(0)).await;
    assert!(within.is_ok(), "it was left to its pause");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dry_run_says_what_would_change_and_changes_nothing() {
    let mut house = House::new(THREE_CLIENTS);
    house.enter().await;
    house.settled(0).await;
    house.mailbox.receive("anna@acme.test", "q1", house.now());
    house.settled(1).await;
    house.configuration =
        changed(&[("acknowledge_within = \"3h\"", "acknowledge_within = \"4h\"")]);
    let dry = house.compare().await;
    let again = house.compare().await;
    assert_eq!((dry.outcome, &dry), (ReloadOutcome::DryRun, &again));
    assert_eq!(dry.deadlines.len(), 1, "{dry:?}");
    let taken = house.reload().await;
    assert_eq!(taken.outcome, ReloadOutcome::TakenOver);
    assert_eq!(
        (taken.changes, &taken.deadlines),
        (dry.changes, &dry.deadlines)
    );
    let Answer::Case(case) = house
        .ask(Request::Case {
            id: ackd::domain::ids::CaseId(1),
        })
        .await
    else {
        panic!("no case");
    };
    assert_eq!(case.case.due_at, taken.deadlines[0].new_due_at);
    let nothing = house.compare().await;
    assert!(
        nothing.changes.is_empty() && nothing.deadlines.is_empty(),
        "{nothing:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_needs_a_restart_is_named_and_stays_as_it_is() {
    let mut house = House::new(THREE_CLIENTS);
    house.enter().await;
    house.configuration = changed(&[(
        "mode = \"full\"",
        "mode = \"full\"\nkeep = \"30d\"\nsocket = \"other.sock\"",
    )]);
    for _ in 0..2 {
        let view = house.reload().await;
        assert!(view.changes.is_empty(), "{view:?}");
        let kept: Vec<&str> = view
            .needs_restart
            .iter()
            .map(|own| own.key.as_str())
            .collect();
        assert_eq!(kept, ["service.socket", "service.keep"]);
        assert_eq!(view.needs_restart[1].kept, "400d");
        assert_eq!(view.needs_restart[1].written, "30d");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_configuration_that_stays_broken_is_an_alarm_until_it_is_mended() {
    let mut house = House::new(THREE_CLIENTS);
    house.enter().await;
    house.settled(0).await;
    let refused = || Event::Refused("1 problem: ackd.toml:7: clients.acme has no policy".into());
    house.tell(refused()).await;
    let told = alarms(&house).await;
    assert!(told[0].contains("ackd.toml:7"), "{told:?}");
    // Whoever works at it is left alone for a while.
    house.pass(Duration::minutes(3)).await;
    house.tell(refused()).await;
    house.quiet().await;
    assert!(house.pages().is_empty(), "{:?}", house.pages());
    house.pass(Duration::minutes(3)).await;
    house
        .eventually("the alarm", || (house.pages().len() == 1).then_some(()))
        .await;
    let page = house.pages()[0].clone();
    assert!(
        page.starts_with("ackd can't use its configuration\n"),
        "{page}"
    );
    assert!(
        page.contains("ackd.toml:7") && page.contains("ackd check"),
        "{page}"
    );
    assert_eq!(alarms(&house).await.len(), 1);

    house.reload().await;
    house
        .eventually("the all-clear", || (house.pages().len() == 2).then_some(()))
        .await;
    let page = house.pages()[1].clone();
    assert!(
        page.starts_with("ackd uses its configuration again\n"),
        "{page}"
    );
    assert_eq!(alarms(&house).await, [""; 0]);
}
