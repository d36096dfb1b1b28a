//! How a [`Request`] is written as method, path and body, and read back. Nothing here waits.

use hyper::{Method, Uri};
use serde::{Deserialize, Serialize};

use super::limits::BY_CHARACTERS_MAX;
use super::{Refusal, Request};
use crate::domain::case::Settlement;
use crate::domain::ids::CaseId;

/// A request as it travels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) body: Vec<u8>,
}

/// What a changing request says beside its path.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    by: String,
    #[serde(default, rename = "for", skip_serializing_if = "Option::is_none")]
    time: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    message_id: Option<String>,
}

/// Writes a request for the wire.
pub(super) fn write(request: &Request) -> Written {
    match request {
        Request::Status => get("/v1/status".into()),
        Request::Cases { all: false } => get("/v1/cases".into()),
        Request::Cases { all: true } => get("/v1/cases?all=true".into()),
        Request::Case { id } => get(format!("/v1/cases/{id}")),
        Request::Quarantine => get("/v1/quarantine".into()),
        Request::Verify => get("/v1/check".into()),
        Request::Export => Written {
            method: Method::POST,
            path: "/v1/export".into(),
            body: Vec::new(),
        },
        Request::Settle { id, how, by } => post(*id, settlement_word(*how), by, None),
        Request::Snooze { id, time, by } => post(*id, "snooze", by, Some(time.to_string())),
        Request::Reopen { id, by } => post(*id, "reopen", by, None),
        Request::Separate { id, message_id, by } => {
            let change = Change {
                by: by.clone(),
                message_id: Some(message_id.clone()),
                ..Change::default()
            };
            post_change(*id, "separate", &change)
        }
        Request::Urgent { id, by } => post(*id, "urgent", by, None),
    }
}

fn get(path: String) -> Written {
    Written {
        method: Method::GET,
        path,
        body: Vec::new(),
    }
}

fn post(id: CaseId, verb: &str, by: &str, time: Option<String>) -> Written {
    let change = Change {
        by: by.to_owned(),
        time,
        message_id: None,
    };
    post_change(id, verb, &change)
}

fn post_change(id: CaseId, verb: &str, change: &Change) -> Written {
    Written {
        method: Method::POST,
        path: format!("/v1/cases/{id}/{verb}"),
        body: serde_json::to_vec(change).expect("a struct of texts is always JSON"),
    }
}

/// Reads a request from the wire. `caller` stands in where nobody is named.
pub(super) fn read(
    method: &Method,
    uri: &Uri,
    body: &[u8],
    caller: &str,
) -> Result<Request, Refusal> {
    let path: Vec<&str> = uri.path().split('/').skip(1).collect();
    match path.as_slice() {
        ["v1", "status"] => only(method, Method::GET).map(|()| Request::Status),
        ["v1", "cases"] => {
            only(method, Method::GET)?;
            let all = wants_all(uri.query())?;
            Ok(Request::Cases { all })
        }
        ["v1", "cases", id] => {
            only(method, Method::GET)?;
            let id = case_id(id)?;
            Ok(Request::Case { id })
        }
        ["v1", "quarantine"] => only(method, Method::GET).map(|()| Request::Quarantine),
        ["v1", "check"] => only(method, Method::GET).map(|()| Request::Verify),
        ["v1", "export"] => only(method, Method::POST).map(|()| Request::Export),
        ["v1", "cases", id, verb] => read_change(method, id, verb, body, caller),
        _ => Err(unknown_path(uri)),
    }
    .map_err(|refusal| refusal.on(uri))
}

/// What to say where a mail is to be separated and none is named.
const WHICH_MAIL: &str = "say which mail, such as {\"message_id\": \"q2@acme.example\"}";

fn read_change(
    method: &Method,
    id: &str,
    verb: &str,
    body: &[u8],
    caller: &str,
) -> Result<Request, Refusal> {
    let settles = settlement(verb);
    if settles.is_none() && !matches!(verb, "reopen" | "separate" | "snooze" | "urgent") {
        return Err(refuse(404, "there is no such path"));
    }
    only(method, Method::POST)?;
    let id = case_id(id)?;
    let change = read_body(body)?;
    let by = named(&change.by, caller)?;
    if verb != "snooze" && change.time.is_some() {
        return Err(refuse(400, "\"for\" belongs to snooze only"));
    }
    if verb != "separate" && change.message_id.is_some() {
        return Err(refuse(400, "\"message_id\" belongs to separate only"));
    }
    if let Some(how) = settles {
        return Ok(Request::Settle { id, how, by });
    }
    match verb {
        "reopen" => return Ok(Request::Reopen { id, by }),
        "separate" => {
            let message_id = change.message_id;
            let message_id = message_id.ok_or_else(|| refuse(400, WHICH_MAIL))?;
            return Ok(Request::Separate { id, message_id, by });
        }
        "urgent" => return Ok(Request::Urgent { id, by }),
        _ => {}
    }
    let time = change
        .time
        .ok_or_else(|| refuse(400, "say for how long, such as {\"for\": \"2h\"}"))?
        .parse()
        .map_err(|error| refuse(400, format!("\"for\": {error}")))?;
    Ok(Request::Snooze { id, time, by })
}

fn read_body(body: &[u8]) -> Result<Change, Refusal> {
    if body.is_empty() {
        return Ok(Change::default());
    }
    serde_json::from_slice(body)
        .map_err(|error| refuse(400, format!("could not read the body as JSON: {error}")))
}

fn named(by: &str, caller: &str) -> Result<String, Refusal> {
    let by = by.trim();
    if by.is_empty() {
        return Ok(caller.to_owned());
    }
    if by.chars().count() > BY_CHARACTERS_MAX || by.chars().any(char::is_control) {
        let words =
            format!("\"by\" must be a name of at most {BY_CHARACTERS_MAX} characters on one line");
        return Err(refuse(400, words));
    }
    Ok(by.to_owned())
}

/// The only query there is: `all=true` or `all=false`.
fn wants_all(query: Option<&str>) -> Result<bool, Refusal> {
    match query {
        None | Some("" | "all=false") => Ok(false),
        Some("all=true") => Ok(true),
        Some(_) => Err(refuse(400, "the only query here is \"all=true\"")),
    }
}

/// A number as we write it: digits, no sign, no leading zero.
fn case_id(text: &str) -> Result<CaseId, Refusal> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let plain = digits && !text.starts_with('0');
    let number = plain.then(|| text.parse().ok()).flatten();
    number
        .map(CaseId)
        .ok_or_else(|| refuse(400, "a case is named by its number, such as 7"))
}

fn only(method: &Method, allowed: Method) -> Result<(), Refusal> {
    if *method == allowed {
        return Ok(());
    }
    Err(refuse(405, format!("only {allowed} is allowed here")))
}

const fn settlement_word(how: Settlement) -> &'static str {
    match how {
        Settlement::Answered => "answered",
        Settlement::Phoned => "phoned",
        Settlement::Met => "met",
        Settlement::Dismissed => "dismiss",
        // Found by us, said by nobody: there is no such path.
        Settlement::Joined(_) => "joined",
    }
}

fn settlement(word: &str) -> Option<Settlement> {
    [
        Settlement::Answered,
        Settlement::Phoned,
        Settlement::Met,
        Settlement::Dismissed,
    ]
    .into_iter()
    .find(|how| settlement_word(*how) == word)
}

fn unknown_path(uri: &Uri) -> Refusal {
    let version = uri.path().split('/').nth(1).unwrap_or_default();
    let other_version = version.len() > 1
        && version.starts_with('v')
        && version.bytes().skip(1).all(|byte| byte.is_ascii_digit());
    if other_version && version != "v1" {
        return refuse(404, "this ackd speaks v1 only");
    }
    refuse(404, "there is no such path")
}

fn refuse(status: u16, words: impl Into<String>) -> Refusal {
    Refusal {
        status,
        words: words.into(),
    }
}

impl Refusal {
    /// Names the path, shortened: it came from outside.
    fn on(self, uri: &Uri) -> Self {
        const SHOWN_MAX: usize = 80;
        let path: String = uri.path().chars().take(SHOWN_MAX).collect();
        Self {
            status: self.status,
            words: format!("{path}: {}", self.words),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::SnoozeTime;

    fn back(method: Method, path: &str, body: &str) -> Result<Request, Refusal> {
        let uri: Uri = path.parse().expect("a path");
        read(&method, &uri, body.as_bytes(), "user 1000")
    }

    #[test]
    fn every_request_comes_back_as_it_was_written() {
        let id = CaseId(7);
        let by = String::from("alice");
        let mut requests = vec![
            Request::Status,
            Request::Cases { all: false },
            Request::Cases { all: true },
            Request::Case { id },
            Request::Quarantine,
            Request::Verify,
            Request::Export,
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
        for how in [
            Settlement::Answered,
            Settlement::Phoned,
            Settlement::Met,
            Settlement::Dismissed,
        ] {
            let by = by.clone();
            requests.push(Request::Settle { id, how, by });
        }
        for request in requests {
            let written = write(&request);
            let uri: Uri = written.path.parse().expect("a path");
            let read = read(&written.method, &uri, &written.body, "somebody else");
            assert_eq!(read, Ok(request));
        }
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
}
