//! `ackd reload`: what is said of another configuration.

use ackd::cli::reload::{self, ReloadArguments};
use ackd::cli::screen::Screen;
use ackd::control::view::{
    ChangeView, KeptKeyView, MovedDeadlineView, ProblemView, ReloadOutcome, ReloadView,
    StrandedCaseView,
};
use ackd::control::{Answer, Request};

use crate::book::{answer_from_the_book, at};
use crate::house::House;
use crate::pages::show;

fn change(section: &str, name: Option<&str>, fate: &str, details: &[&str]) -> ChangeView {
    ChangeView {
        section: section.into(),
        name: name.map(str::to_owned),
        fate: fate.into(),
        details: details.iter().map(ToString::to_string).collect(),
    }
}

fn problem(severity: &str, line: usize, key: &str, message: &str) -> ProblemView {
    ProblemView {
        severity: severity.into(),
        place: format!("/etc/ackd/ackd.toml:{line}"),
        file: Some("/etc/ackd/ackd.toml".into()),
        line: Some(line),
        key: key.into(),
        message: message.into(),
    }
}

fn moved(
    case: u64,
    clock: &str,
    days: (&str, Option<&str>),
    overdue_now: bool,
) -> MovedDeadlineView {
    let (old, new) = days;
    MovedDeadlineView {
        case,
        client: "acme".into(),
        clock: clock.into(),
        old_due_at: Some(at(&format!("2026-01-05T{old}:00Z"))),
        new_due_at: new.map(|new| at(&format!("2026-01-05T{new}:00Z"))),
        old_local: Some(format!("Mon 2026-01-05 {old} GMT")),
        new_local: new.map(|new| format!("Mon 2026-01-05 {new} GMT")),
        overdue_now,
    }
}

/// A day on which much is changed at once.
pub(crate) fn view(dry_run: bool) -> ReloadView {
    let key = "mailboxes.clients.password";
    ReloadView {
        outcome: match dry_run {
            true => ReloadOutcome::DryRun,
            false => ReloadOutcome::TakenOver,
        },
        problems: vec![problem("warning", 9, key, "a password in plain sight")],
        changes: vec![
            change(
                "mailboxes",
                Some("clients"),
                "changed",
                &["password: changed"],
            ),
            change(
                "team",
                None,
                "changed",
                &["escalate_to: +lead@northwind.example"],
            ),
            change(
                "clients",
                Some("acme"),
                "changed",
                &["policy: standard -> gold", "urgent: false -> true"],
            ),
            change("clients", Some("globex"), "removed", &[]),
            change("clients", Some("meridian"), "added", &[]),
        ],
        deadlines: vec![
            moved(7, "response", ("10:00", Some("09:00")), true),
            moved(7, "answer", ("17:00", Some("16:00")), false),
            moved(5, "response", ("11:00", None), false),
        ],
        deadlines_moved: 12,
        stranded: vec![StrandedCaseView {
            case: 5,
            client: "globex".into(),
            now_of: Some("meridian".into()),
        }],
        cases_stranded: 1,
        needs_restart: vec![KeptKeyView {
            key: "service.state_dir".into(),
            kept: "/var/lib/ackd".into(),
            written: "/srv/ackd".into(),
        }],
    }
}

fn nothing(outcome: ReloadOutcome) -> ReloadView {
    ReloadView {
        outcome,
        ..ReloadView::refused(Vec::new())
    }
}

fn refused() -> ReloadView {
    ReloadView::refused(vec![
        problem(
            "problem",
            4,
            "clients.acme.owner",
            "\"owner\" is not known\u{1b}[2J; write \"owners\"",
        ),
        problem("warning", 9, "smtp.password", "a password in plain sight"),
        problem(
            "problem",
            12,
            "clients.acme.policy",
            "there is no policy \"none\"",
        ),
    ])
}

/// What the command prints where the daemon says so.
async fn told(
    view: impl Fn(bool) -> ReloadView + Send + 'static,
    line: &str,
    json: bool,
) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let house = House::open_with(folder, move |request| match request {
        Request::Reload { dry_run, .. } => Answer::Reloaded(Box::new(view(*dry_run))),
        other => answer_from_the_book(other),
    });
    let house = house.await;
    let arguments = ReloadArguments {
        dry_run: line.contains("--dry-run"),
        quiet: line.contains("--quiet"),
    };
    let run = async |screen: &mut Screen<'_>| reload::run(&house.socket, &arguments, screen).await;
    let shown = show(run, json).await;
    house.close().await;
    shown
}

#[tokio::test]
async fn what_has_changed_which_deadlines_move_and_what_needs_a_restart() {
    insta::assert_snapshot!("reload", told(view, "", false).await);
}

#[tokio::test]
async fn a_dry_run_says_that_it_is_one() {
    let shown = told(view, "--dry-run", false).await;
    let first = shown.lines().next();
    assert_eq!(first, Some("Not taken over yet. It would change:"));
    let quiet = told(view, "--quiet", false).await;
    assert_eq!(quiet, "[exit code 0]\n");
}

#[tokio::test]
async fn where_nothing_is_different_it_says_so() {
    let taken = told(|_| nothing(ReloadOutcome::TakenOver), "", false).await;
    assert_eq!(taken, "Read again; nothing has changed.\n[exit code 0]\n");
    let dry = told(|_| nothing(ReloadOutcome::DryRun), "--dry-run", false).await;
    assert_eq!(dry, "It would change nothing.\n[exit code 0]\n");
}

#[tokio::test]
async fn a_broken_file_is_told_with_all_its_problems() {
    insta::assert_snapshot!(
        "reload_refused",
        told(|_| refused(), "--quiet", false).await
    );
}

#[tokio::test]
async fn programs_get_one_object() {
    let shown = told(|_| refused(), "", true).await;
    assert!(shown.ends_with("[exit code 1]\n"), "{shown}");
    insta::assert_snapshot!("reload_json", told(view, "", true).await);
}

#[test]
fn in_short_it_names_what_few_there_are() {
    let many = view(false);
    assert_eq!(
        many.in_short(),
        "clients.meridian added; mailboxes.clients, team, clients.acme changed; \
         clients.globex removed; 12 deadlines move; 1 open case has no client any more"
    );
    let one = ReloadView {
        changes: many.changes[4..].to_vec(),
        ..nothing(ReloadOutcome::TakenOver)
    };
    assert_eq!(one.in_short(), "clients.meridian added");
    assert_eq!(
        nothing(ReloadOutcome::DryRun).in_short(),
        "nothing has changed"
    );
}
