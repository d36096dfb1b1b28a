//! What the log says of a day: one line for each event, which reads alone and names nobody.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use ackd::daemon::logging::logger;
use ackd::settings::LogFormat;
use serde_json::Value;

use crate::house::{afternoon, morning};

/// Parts of what is known of people and of what they write; none may stand in the log.
const PERSONAL: [&str; 14] = [
    "anna",
    "meier",
    "bert",
    "dora",
    "elsewhere",
    "alice",
    "bob",
    "builder",
    "carol",
    "lead@",
    "zebra",
    "acme.example",
    "northwind.example",
    "@",
];

/// Plays the day and returns the lines of its log.
async fn logged(format: LogFormat, filter: &str, further: &str) -> Vec<String> {
    let lines: Arc<Mutex<Vec<String>>> = Arc::default();
    let page = Arc::clone(&lines);
    let logger = logger(format, filter, move |line| {
        let line = String::from_utf8_lossy(line).into_owned();
        page.lock().expect("no panic").push(line);
    });
    let guard = tracing::subscriber::set_default(logger);
    let house = morning(further).await;
    let letters = house.servers.letters();
    afternoon(&house).await;
    house.close().await;
    drop(guard);
    assert!(!letters.is_empty(), "nothing happened");
    std::mem::take(&mut lines.lock().expect("no panic"))
}

#[tokio::test(start_paused = true)]
async fn nobody_is_named_in_any_line_not_even_when_the_log_is_talkative() {
    for (format, filter) in [
        (LogFormat::Text, "info"),
        (LogFormat::Json, "info"),
        (LogFormat::Json, "trace"),
    ] {
        for line in logged(format, filter, "").await {
            let low = line.to_lowercase();
            let named = PERSONAL.iter().find(|word| low.contains(**word));
            assert_eq!(named, None, "{line}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn people_are_named_masked_where_the_operator_wants_it() {
    let further = "[log]\npeople = true\n";
    let lines = logged(LogFormat::Text, "info", further).await.concat();
    for told in [
        "reminder sent to a…@northwind.example",
        "acknowledgement sent to a…@acme.example",
        "case answered by b…@northwind.example: a reply that names the mail",
        "reminder to c…@northwind.example given up",
        "dropped by carol",
        "case assigned to b…@northwind.example",
    ] {
        assert!(lines.contains(told), "{told}: {lines}");
    }
    for full in ["anna@", "alice@", "carol@", "zebra"] {
        assert!(!lines.contains(full), "{full}: {lines}");
    }
}

#[tokio::test(start_paused = true)]
async fn each_event_is_one_object_with_its_ids() {
    let lines = logged(LogFormat::Json, "info", "").await;
    let objects = lines.iter().map(|line| serde_json::from_str(line));
    let objects: Vec<Value> = objects.collect::<Result<_, _>>().expect("JSON");
    let mut by_event: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for object in &objects {
        let event = object["event"].as_str().expect("an event");
        by_event.entry(event).or_default().push(object);
    }
    let opened = &by_event["case_opened"];
    let cases: Vec<_> = opened.iter().map(|own| own["case"].as_u64()).collect();
    assert_eq!(cases, [Some(1), Some(2), Some(3)]);
    assert_eq!(opened[0]["client"], "acme");
    assert_eq!(opened[0]["mailbox"], "front");
    assert_eq!(opened[0]["due_at"], "2026-11-23T12:05:00Z");
    assert_eq!(opened[0]["message"], "case opened for acme");

    let answered = &by_event["case_answered"];
    assert_eq!(answered.len(), 1);
    assert_eq!(
        (&answered[0]["case"], &answered[0]["client"]),
        (&2.into(), &"bell".into())
    );

    let of_case_1 = |own: &&&Value| own["case"] == 1;
    let sent: Vec<_> = by_event["mail_sent"].iter().filter(of_case_1).collect();
    let told: Vec<_> = sent
        .iter()
        .map(|own| (own["purpose"].as_str(), own["stage"].as_str()))
        .collect();
    assert_eq!(
        told[..3],
        [
            (Some("reminder"), Some("remind")),
            (Some("reminder"), Some("remind")),
            (Some("acknowledgement"), Some("acknowledge")),
        ]
    );
    assert!(
        sent.iter()
            .all(|own| own["row"].is_u64() && own["client"] == "acme")
    );
    assert_eq!(sent[0]["message"], "reminder sent to a colleague");

    for (event, times) in [
        // What a mailbox is read with did not change when the configuration was read again.
        ("mailbox_live", 1),
        ("caught_up", 1),
        ("configuration_reloaded", 1),
        ("mail_passed_over", 1),
        ("mail_ordered", 1),
        ("case_urgent", 1),
        ("case_assigned", 1),
        ("case_settled", 1),
        ("case_disputed", 1),
    ] {
        let found = by_event.get(event).map_or(0, Vec::len);
        assert_eq!(found, times, "{event}: {lines:#?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_morning_in_lines() {
    let lines = logged(LogFormat::Text, "info", "").await;
    // When a line was written, the machine's own clock says.
    let words = lines
        .iter()
        .map(|line| line.split_once(' ').expect("a moment").1);
    insta::assert_snapshot!(words.collect::<String>());
}
