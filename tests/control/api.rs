//! `docs/api.md` describes the socket as it is.

use std::collections::BTreeSet;

use ackd::control::{
    ANSWER_TIME_MAX, BY_CHARACTERS_MAX, CONNECTION_TIME_MAX, CONNECTIONS_MAX, MOVED_LISTED_MAX,
    OUTBOX_LISTED_MAX, QUARANTINE_LISTED_MAX, REQUEST_BODY_BYTES_MAX, REQUEST_FIELDS_MAX,
    REQUEST_HEAD_BYTES_MAX, REQUEST_TIME_MAX, ROUTES,
};
use serde_json::Value;

use crate::house::{House, raw};

const PAGE: &str = include_str!("../../docs/api.md");

#[test]
fn every_route_is_described_and_no_other() {
    let told = PAGE.split('`').filter(|code| {
        let method = code.split(' ').next();
        matches!(method, Some("GET" | "POST")) && code.contains(" /v")
    });
    let told: BTreeSet<&str> = told.collect();
    assert_eq!(told, BTreeSet::from(ROUTES));
}

#[test]
fn every_limit_is_told_as_it_is() {
    let rows = [
        format!("| connections at once | {CONNECTIONS_MAX} |"),
        format!(
            "| request line and header fields | {REQUEST_HEAD_BYTES_MAX} bytes, {REQUEST_FIELDS_MAX} fields |"
        ),
        format!("| body of a request | {REQUEST_BODY_BYTES_MAX} bytes |"),
        format!(
            "| time for the head, and for the body | {} s each |",
            REQUEST_TIME_MAX.as_secs()
        ),
        format!(
            "| time for ackd's answer | {} s |",
            ANSWER_TIME_MAX.as_secs()
        ),
        format!(
            "| life of a connection | {} s |",
            CONNECTION_TIME_MAX.as_secs()
        ),
        format!("| `by` | {BY_CHARACTERS_MAX} characters on one line |"),
        format!("| mails in the outbox's list | {OUTBOX_LISTED_MAX},"),
        format!("| messages in the quarantine's list | the newest {QUARANTINE_LISTED_MAX} |"),
        format!("| deadlines, and cases, in the answer to a reload | {MOVED_LISTED_MAX} of each |"),
    ];
    for row in rows {
        assert!(PAGE.contains(&row), "docs/api.md does not say: {row}");
    }
}

/// The bodies the page gives are taken as they stand there.
#[tokio::test]
async fn the_bodies_of_the_page_are_understood() {
    let house = House::open().await;
    let rows = PAGE.lines().filter(|line| line.starts_with("| `POST "));
    let mut asked = 0;
    for row in rows {
        let code: Vec<&str> = row.split('`').collect();
        let (route, body) = (code[1].replace("ID", "7"), code[3]);
        let length = body.len();
        let request = format!("{route} HTTP/1.1\r\nContent-Length: {length}\r\n\r\n{body}");
        let answer = raw(&house.socket, &request).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{request}: {answer}");
        asked += 1;
    }
    assert_eq!(house.heard().len(), asked);
    assert_eq!(asked, 18);
    house.close().await;
}

/// Every field of every answer stands on the page.
#[tokio::test]
async fn every_field_of_an_answer_is_named() {
    let house = House::open().await;
    let looks = [
        "GET /v1/status",
        "GET /v1/cases",
        "GET /v1/cases/7",
        "GET /v1/absences",
        "GET /v1/outbox",
        "GET /v1/quarantine",
        "GET /v1/checkins",
        "GET /v1/check",
        "POST /v1/reload",
    ];
    for look in looks {
        let answer = raw(&house.socket, &format!("{look} HTTP/1.1\r\n\r\n")).await;
        let (_, body) = answer.split_once("\r\n\r\n").expect("a body");
        let mut fields = BTreeSet::new();
        name_fields(&serde_json::from_str(body).expect("JSON"), &mut fields);
        assert!(!fields.is_empty(), "{look}");
        for field in fields {
            let told = [format!("`{field}`"), format!("`{field}[]`")];
            let is_told = told.iter().any(|told| PAGE.contains(told));
            assert!(is_told, "docs/api.md does not name `{field}` of {look}");
        }
    }
    house.close().await;
}

fn name_fields(value: &Value, fields: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            for (name, inner) in object {
                fields.insert(name.clone());
                name_fields(inner, fields);
            }
        }
        Value::Array(list) => list.iter().for_each(|inner| name_fields(inner, fields)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
