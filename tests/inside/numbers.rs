//! The numbers of a morning, and what is said of the daemon's health.

use ackd::control::Request;
use ackd::control::metrics::METRICS;

use crate::house::{House, afternoon, morning};

#[tokio::test(start_paused = true)]
async fn a_morning_in_numbers() {
    let house = morning("").await;
    let (status, page) = house.probe("/metrics").await;
    assert_eq!(status, 200, "{page}");
    let version = env!("CARGO_PKG_VERSION");
    insta::assert_snapshot!(page.replace(version, "VERSION"));
    for metric in METRICS {
        let kind = format!("# TYPE {} {}\n", metric.name, metric.kind.as_str());
        assert_eq!(page.matches(&kind).count(), 1, "{kind}");
    }
    house.close().await;
}

/// The value of a series.
fn value(page: &str, series: &str) -> f64 {
    let mut lines = page.lines();
    let line = lines.find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    let line = line.unwrap_or_else(|| panic!("there is no {series} in\n{page}"));
    line.parse().expect("a number")
}

#[tokio::test(start_paused = true)]
async fn what_people_say_in_the_afternoon_counts_too() {
    let house = morning("").await;
    let (_, before) = house.probe("/metrics").await;
    afternoon(&house).await;
    let (_, after) = house.probe("/metrics").await;
    let given_up = "ackd_outbox_mails{state=\"given_up\"}";
    assert_eq!(
        (value(&before, given_up), value(&after, given_up)),
        (1.0, 0.0)
    );
    assert_eq!(value(&before, "ackd_answer_seconds_count"), 1.0);
    assert_eq!(value(&after, "ackd_answer_seconds_count"), 2.0);
    // The client of case 3 was acknowledged at 12:30.
    let overdue = "ackd_overdue_cases{clock=\"acknowledge\"}";
    assert_eq!(
        (value(&before, overdue), value(&after, overdue)),
        (0.0, 0.0)
    );
    let lag = value(&after, "ackd_timer_lag_seconds_sum");
    assert!(lag < 60.0, "{lag}");
    house.close().await;
}

#[tokio::test(start_paused = true)]
async fn it_is_ready_once_every_mailbox_is_read_and_not_while_one_is_blind() {
    let house = House::open("").await;
    let (status, body) = house.probe("/readyz").await;
    let reading = r#"{"ready":false,"reasons":["mailbox \"front\" is not read to its end yet"]}"#;
    assert_eq!((status, body.as_str()), (503, reading));
    house.pass_until("09:01").await;
    let ready = (200, r#"{"ready":true,"reasons":[]}"#.to_owned());
    assert_eq!(house.probe("/readyz").await, ready);

    house.servers.shut(true);
    house.pass_until("09:20").await;
    let (status, body) = house.probe("/readyz").await;
    let blind = r#"{"ready":false,"reasons":["mailbox \"front\" is blind"]}"#;
    assert_eq!((status, body.as_str()), (503, blind));
    let (_, page) = house.probe("/metrics").await;
    let state = "ackd_mailbox_state{mailbox=\"front\",state=\"blind\"}";
    assert_eq!(value(&page, state), 1.0);
    let age = value(&page, "ackd_mailbox_proof_age_seconds{mailbox=\"front\"}");
    assert!((1080.0..=1200.0).contains(&age), "{age}");
    assert_eq!(value(&page, "ackd_alarms"), 1.0);
    // It is not for want of life.
    assert_eq!(house.probe("/healthz").await.0, 200);

    house.servers.shut(false);
    house.pass_until("09:50").await;
    assert_eq!(house.probe("/readyz").await, ready);
    house.close().await;
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_makes_no_rounds_is_not_alive() {
    let house = House::open("").await;
    house.pass_until("09:10").await;
    let alive = (200, r#"{"healthy":true,"reason":null}"#.to_owned());
    assert_eq!(house.probe("/healthz").await, alive);
    house.halt();
    house.pass_until("09:20").await;
    let (status, body) = house.probe("/healthz").await;
    assert_eq!(status, 503);
    assert!(body.contains("has not made a round for"), "{body}");
    let (status, body) = house.probe("/metrics").await;
    assert_eq!(status, 503, "{body}");
}

#[tokio::test(start_paused = true)]
async fn asking_changes_nothing() {
    let house = morning("").await;
    house.pass_until("12:00:30").await;
    let first = house.ask(Request::Metrics).await;
    let second = house.ask(Request::Metrics).await;
    let told = |answer| match answer {
        ackd::control::Answer::Metrics(reading) => ackd::control::metrics::exposition(&reading),
        other => panic!("{other:?}"),
    };
    let (first, second) = (told(first), told(second));
    let same = |page: &str| {
        let lines = page.lines();
        let lines = lines.filter(|line| !line.starts_with("ackd_engine_event_seconds"));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(same(&first), same(&second));
    house.close().await;
}
