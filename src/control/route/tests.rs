//! What is written comes back, and what is not known is refused.

use super::*;
use crate::control::{CaseFilter, CheckInWord, SnoozeTime};

fn back(method: Method, path: &str, body: &str) -> Result<Request, Refusal> {
    let uri: Uri = path.parse().expect("a path");
    read(&method, &uri, body.as_bytes(), "user 1000")
}

fn of_absences(by: &str) -> Vec<Request> {
    let by = by.to_owned();
    vec![
        Request::Absences { person: None },
        Request::Absences {
            person: Some("alice & co".into()),
        },
        Request::Away {
            person: "alice".into(),
            days: crate::domain::absence::AwayDays::parse("2026-12-20..2027-01-03").expect("days"),
            by: by.clone(),
        },
        Request::Back {
            person: "alice".into(),
            by: by.clone(),
        },
    ]
}

fn of_check_ins(by: &str) -> Vec<Request> {
    let mut requests = Vec::new();
    let date = "2026-11-20".parse().expect("a date");
    for word in [
        CheckInWord::Phoned(None),
        CheckInWord::Met(Some(date)),
        CheckInWord::Pause(None),
        CheckInWord::Pause(Some(date)),
        CheckInWord::Resume,
    ] {
        let (client, by) = (ClientKey::new("acme"), by.to_owned());
        requests.push(Request::CheckIn { client, word, by });
    }
    for client in [None, Some(ClientKey::new("acme & co"))] {
        requests.push(Request::CheckIns { client });
    }
    requests
}

#[test]
fn every_request_comes_back_as_it_was_written() {
    let id = CaseId(7);
    let by = String::from("alice");
    let mut requests = vec![
        Request::Status,
        Request::Cases(CaseFilter::default()),
        Request::Cases(CaseFilter {
            all: true,
            client: Some("acme & co".into()),
            ..CaseFilter::default()
        }),
        Request::Outbox,
        Request::Case { id },
        Request::Quarantine,
        Request::Metrics,
        Request::Verify,
        Request::Export,
        Request::Reload {
            dry_run: false,
            by: by.clone(),
        },
        Request::Reload {
            dry_run: true,
            by: by.clone(),
        },
        Request::Snooze {
            id,
            time: SnoozeTime::Tomorrow,
            by: by.clone(),
        },
        Request::Reopen { id, by: by.clone() },
        Request::Separate {
            id,
            message_id: "q2@acme.example".into(),
            by: by.clone(),
        },
        Request::Urgent { id, by: by.clone() },
    ];
    requests.extend([of_check_ins(&by), of_absences(&by)].concat());
    for to in [None, Address::parse("alice@northwind.example")] {
        let by = by.clone();
        requests.push(Request::Assign { id, to, by });
    }
    for word in [MailWord::Retry, MailWord::Release, MailWord::Drop] {
        let (id, by) = (OutboxId(12), by.clone());
        requests.push(Request::Mail { id, word, by });
    }
    for how in [
        Settlement::Answered,
        Settlement::Phoned,
        Settlement::Met,
        Settlement::Dismissed,
    ] {
        let by = by.clone();
        requests.push(Request::Settle { id, how, by });
    }
    let mut unused: Vec<&str> = ROUTES.to_vec();
    for request in requests {
        let written = write(&request);
        let path = written.path.split('?').next().expect("a path");
        let path = path.replace("/7", "/ID").replace("/12", "/ID");
        let route = format!("{} {path}", written.method);
        assert!(ROUTES.contains(&route.as_str()), "{route}");
        unused.retain(|own| *own != route);
        let uri: Uri = written.path.parse().expect("a path");
        let read = read(&written.method, &uri, &written.body, "somebody else");
        assert_eq!(read, Ok(request));
    }
    assert_eq!(unused, [""; 0], "nobody asks for these");
}

#[test]
fn who_does_not_give_a_name_is_called_by_the_user_number() {
    let request = back(Method::POST, "/v1/cases/7/urgent", "");
    let by = String::from("user 1000");
    assert_eq!(request, Ok(Request::Urgent { id: CaseId(7), by }));
}

#[test]
fn a_number_is_a_number_as_we_write_it() {
    for bad in [
        "0",
        "007",
        "+7",
        "-7",
        "7a",
        "",
        "99999999999999999999",
        "%37",
    ] {
        let refusal = back(Method::GET, &format!("/v1/cases/{bad}"), "");
        assert_eq!(refusal.map_err(|r| r.status), Err(400), "{bad:?}");
    }
}

#[test]
fn a_name_that_would_spoil_a_log_or_a_page_is_refused() {
    let long = "x".repeat(BY_CHARACTERS_MAX + 1);
    for by in [r"al\nice", r"\u001b[2J", long.as_str()] {
        let body = format!("{{\"by\": \"{by}\"}}");
        let refusal = back(Method::POST, "/v1/cases/7/met", &body);
        assert_eq!(refusal.map_err(|r| r.status), Err(400), "{by:?}");
    }
}

#[test]
fn what_is_not_known_is_refused_and_never_guessed() {
    let refused = [
        (Method::GET, "/", "", 404),
        (Method::GET, "/v1", "", 404),
        (Method::GET, "/v2/status", "", 404),
        (Method::GET, "/v1/status/", "", 404),
        (Method::POST, "/v1/status", "", 405),
        (Method::DELETE, "/v1/quarantine", "", 405),
        (Method::GET, "/v1/quarantine/7", "", 404),
        (Method::GET, "/v1/cases?all=yes", "", 400),
        (Method::GET, "/v1/cases?color=red", "", 400),
        (Method::POST, "/v1/outbox", "", 405),
        (Method::GET, "/v1/outbox/12", "", 404),
        (Method::GET, "/v1/outbox/12/retry", "", 405),
        (Method::POST, "/v1/outbox/twelve/retry", "", 400),
        (Method::POST, "/v1/outbox/12/burn", "", 404),
        (Method::POST, "/v1/outbox/12/drop", r#"{"for": "2h"}"#, 400),
        (Method::POST, "/v1/cases/7/assign", "", 400),
        (
            Method::POST,
            "/v1/cases/7/assign",
            r#"{"to": "nobody"}"#,
            400,
        ),
        (Method::POST, "/v1/cases/7/met", r#"{"to": null}"#, 400),
        (Method::DELETE, "/v1/cases/7", "", 405),
        (Method::GET, "/v1/cases/7/met", "", 405),
        (Method::POST, "/v1/cases/7/burn", "", 404),
        (Method::POST, "/v1/cases/7/snooze", "", 400),
        (
            Method::POST,
            "/v1/cases/7/snooze",
            r#"{"for": "a while"}"#,
            400,
        ),
        (Method::POST, "/v1/cases/7/met", r#"{"for": "2h"}"#, 400),
        (Method::POST, "/v1/cases/7/separate", "", 400),
        (
            Method::POST,
            "/v1/cases/7/met",
            r#"{"message_id": "a@b"}"#,
            400,
        ),
        (Method::POST, "/v1/cases/7/met", r#"{"who": "me"}"#, 400),
        (Method::POST, "/v1/cases/7/met", "by=me", 400),
    ];
    for (method, path, body, status) in refused {
        let refusal = back(method.clone(), path, body);
        let got = refusal.map_err(|r| r.status);
        assert_eq!(got, Err(status), "{method} {path} {body}");
    }
}
