//! How a [`Request`] is written as method, path and body, and read back. Nothing here waits.

use hyper::{Method, Uri};
use serde::{Deserialize, Deserializer, Serialize};

use super::limits::BY_CHARACTERS_MAX;
use super::{MailWord, Refusal, Request, absence, check_in, query};
use crate::domain::address::Address;
use crate::domain::case::Settlement;
use crate::domain::ids::{CaseId, ClientKey, OutboxId};

/// Every route there is, as `docs/api.md` names it: method and path, `ID` for a number.
pub const ROUTES: [&str; 29] = [
    "GET /v1/status",
    "GET /v1/cases",
    "GET /v1/cases/ID",
    "POST /v1/cases/ID/answered",
    "POST /v1/cases/ID/phoned",
    "POST /v1/cases/ID/met",
    "POST /v1/cases/ID/dismiss",
    "POST /v1/cases/ID/reopen",
    "POST /v1/cases/ID/separate",
    "POST /v1/cases/ID/snooze",
    "POST /v1/cases/ID/urgent",
    "POST /v1/cases/ID/assign",
    "GET /v1/absences",
    "POST /v1/absences/away",
    "POST /v1/absences/back",
    "GET /v1/outbox",
    "POST /v1/outbox/ID/retry",
    "POST /v1/outbox/ID/release",
    "POST /v1/outbox/ID/drop",
    "GET /v1/checkins",
    "POST /v1/checkins/phoned",
    "POST /v1/checkins/met",
    "POST /v1/checkins/pause",
    "POST /v1/checkins/resume",
    "GET /v1/quarantine",
    "GET /v1/metrics",
    "GET /v1/check",
    "POST /v1/export",
    "POST /v1/reload",
];

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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dry_run: Option<bool>,
    /// `null` means something: the client's owners.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    to: Option<Option<String>>,
}

/// What stands there, be it `null`.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Writes a request for the wire.
pub(super) fn write(request: &Request) -> Written {
    match request {
        Request::Status => get("/v1/status".into()),
        Request::Cases(filter) => match query::write(filter).as_str() {
            "" => get("/v1/cases".into()),
            query => get(format!("/v1/cases?{query}")),
        },
        Request::Case { id } => get(format!("/v1/cases/{id}")),
        Request::Quarantine => get("/v1/quarantine".into()),
        Request::Absences { person } => get_absences(person.as_deref()),
        Request::Away { person, days, by } => of_absence(absence::write(person, Some(*days), by)),
        Request::Back { person, by } => of_absence(absence::write(person, None, by)),
        Request::Outbox => get("/v1/outbox".into()),
        Request::Metrics => get("/v1/metrics".into()),
        Request::Verify => get("/v1/check".into()),
        Request::Export => Written {
            method: Method::POST,
            path: "/v1/export".into(),
            body: Vec::new(),
        },
        Request::Reload { dry_run, by } => {
            let change = Change {
                by: by.clone(),
                dry_run: dry_run.then_some(true),
                ..Change::default()
            };
            post_change("reload", &change)
        }
        Request::Settle { id, how, by } => post(*id, settlement_word(*how), by, None),
        Request::Snooze { id, time, by } => post(*id, "snooze", by, Some(time.to_string())),
        Request::Reopen { id, by } => post(*id, "reopen", by, None),
        Request::Separate { id, message_id, by } => {
            let change = Change {
                by: by.clone(),
                message_id: Some(message_id.clone()),
                ..Change::default()
            };
            post_change(&format!("cases/{id}/separate"), &change)
        }
        Request::Urgent { id, by } => post(*id, "urgent", by, None),
        Request::Assign { id, to, by } => {
            let change = Change {
                by: by.clone(),
                to: Some(to.as_ref().map(ToString::to_string)),
                ..Change::default()
            };
            post_change(&format!("cases/{id}/assign"), &change)
        }
        Request::CheckIns { client } => get(match client {
            None => "/v1/checkins".into(),
            Some(client) => format!("/v1/checkins?{}", query::write_client(client.as_str())),
        }),
        Request::CheckIn { client, word, by } => {
            let (verb, body) = check_in::write(client, *word, by);
            Written {
                method: Method::POST,
                path: format!("/v1/checkins/{verb}"),
                body,
            }
        }
        Request::Mail { id, word, by } => {
            let change = Change {
                by: by.clone(),
                ..Change::default()
            };
            post_change(&format!("outbox/{id}/{}", mail_word(*word)), &change)
        }
    }
}

fn get_absences(person: Option<&str>) -> Written {
    get(match person {
        None => "/v1/absences".into(),
        Some(person) => format!("/v1/absences?{}", query::write_person(person)),
    })
}

fn of_absence((verb, body): (&str, Vec<u8>)) -> Written {
    Written {
        method: Method::POST,
        path: format!("/v1/absences/{verb}"),
        body,
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
        ..Change::default()
    };
    post_change(&format!("cases/{id}/{verb}"), &change)
}

fn post_change(path: &str, change: &Change) -> Written {
    Written {
        method: Method::POST,
        path: format!("/v1/{path}"),
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
            let filter = query::read(uri.query());
            filter
                .map(Request::Cases)
                .map_err(|words| refuse(400, words))
        }
        ["v1", "cases", id] => {
            only(method, Method::GET)?;
            let id = number(id).ok_or_else(|| refuse(400, WHICH_CASE))?;
            Ok(Request::Case { id: CaseId(id) })
        }
        ["v1", "quarantine"] => only(method, Method::GET).map(|()| Request::Quarantine),
        ["v1", "outbox"] => only(method, Method::GET).map(|()| Request::Outbox),
        ["v1", "absences"] => {
            only(method, Method::GET)?;
            let person = query::read_person(uri.query()).map_err(|words| refuse(400, words))?;
            Ok(Request::Absences { person })
        }
        ["v1", "absences", verb] if absence::is_verb(verb) => {
            only(method, Method::POST)?;
            read_absence(verb, body, caller)
        }
        ["v1", "outbox", id, word] => read_mail_word(method, id, word, body, caller),
        ["v1", "checkins"] => {
            only(method, Method::GET)?;
            let client = query::read_client(uri.query()).map_err(|words| refuse(400, words))?;
            let client = client.map(ClientKey::new);
            Ok(Request::CheckIns { client })
        }
        ["v1", "checkins", verb] if check_in::is_verb(verb) => {
            only(method, Method::POST)?;
            let (client, word, by) = check_in::read(verb, body)?;
            let by = named(&by, caller)?;
            Ok(Request::CheckIn { client, word, by })
        }
        ["v1", "metrics"] => only(method, Method::GET).map(|()| Request::Metrics),
        ["v1", "check"] => only(method, Method::GET).map(|()| Request::Verify),
        ["v1", "export"] => only(method, Method::POST).map(|()| Request::Export),
        ["v1", "reload"] => read_reload(method, body, caller),
        ["v1", "cases", id, verb] => read_change(method, id, verb, body, caller),
        _ => Err(unknown_path(uri)),
    }
    .map_err(|refusal| refusal.on(uri))
}

/// What to say where a mail is to be separated and none is named.
const WHICH_MAIL: &str = "say which mail, such as {\"message_id\": \"q2@acme.example\"}";

/// What to say where nobody is named to assign to.
const WHOM: &str =
    "say to whom, such as {\"to\": \"alice@northwind.example\"}; null means the client's owners";

/// What to say where a case is to be snoozed for no time.
const HOW_LONG: &str = "say for how long, such as {\"for\": \"2h\"}";

/// What to say to a case that is named otherwise.
const WHICH_CASE: &str = "a case is named by its number, such as 7";

/// What to say to a mail of ours that is named otherwise.
const WHICH_OWED: &str = "a mail is named by its number, such as 12; /v1/outbox lists them";

/// What else may be said about a case than how it is settled.
const OTHER_VERBS: [&str; 5] = ["reopen", "separate", "snooze", "urgent", "assign"];

fn read_change(
    method: &Method,
    id: &str,
    verb: &str,
    body: &[u8],
    caller: &str,
) -> Result<Request, Refusal> {
    let settles = settlement(verb);
    if settles.is_none() && !OTHER_VERBS.contains(&verb) {
        return Err(refuse(404, "there is no such path"));
    }
    only(method, Method::POST)?;
    let id = CaseId(number(id).ok_or_else(|| refuse(400, WHICH_CASE))?);
    let change = read_body(body)?;
    let by = named(&change.by, caller)?;
    change.belongs_to(verb)?;
    if let Some(how) = settles {
        return Ok(Request::Settle { id, how, by });
    }
    match verb {
        "reopen" => Ok(Request::Reopen { id, by }),
        "separate" => {
            let message_id = change.message_id;
            let message_id = message_id.ok_or_else(|| refuse(400, WHICH_MAIL))?;
            Ok(Request::Separate { id, message_id, by })
        }
        "urgent" => Ok(Request::Urgent { id, by }),
        "assign" => {
            let to = change.to.ok_or_else(|| refuse(400, WHOM))?;
            let to = to.map(|to| Address::parse(&to).ok_or_else(|| refuse(400, WHOM)));
            let to = to.transpose()?;
            Ok(Request::Assign { id, to, by })
        }
        _ => {
            let time = change.time.ok_or_else(|| refuse(400, HOW_LONG))?;
            let time = time
                .parse()
                .map_err(|error| refuse(400, format!("\"for\": {error}")))?;
            Ok(Request::Snooze { id, time, by })
        }
    }
}

fn read_mail_word(
    method: &Method,
    id: &str,
    word: &str,
    body: &[u8],
    caller: &str,
) -> Result<Request, Refusal> {
    let mut words = [MailWord::Retry, MailWord::Release, MailWord::Drop].into_iter();
    let known = words.find(|known| mail_word(*known) == word);
    let known = known.ok_or_else(|| refuse(404, "there is no such path"))?;
    only(method, Method::POST)?;
    let id = OutboxId(number(id).ok_or_else(|| refuse(400, WHICH_OWED))?);
    let change = read_body(body)?;
    let by = named(&change.by, caller)?;
    change.belongs_to(word)?;
    Ok(Request::Mail {
        id,
        word: known,
        by,
    })
}

fn read_absence(verb: &str, body: &[u8], caller: &str) -> Result<Request, Refusal> {
    let (person, days, by) = absence::read(verb, body)?;
    let by = named(&by, caller)?;
    Ok(match days {
        Some(days) => Request::Away { person, days, by },
        None => Request::Back { person, by },
    })
}

fn read_reload(method: &Method, body: &[u8], caller: &str) -> Result<Request, Refusal> {
    only(method, Method::POST)?;
    let change = read_body(body)?;
    let by = named(&change.by, caller)?;
    change.belongs_to("reload")?;
    Ok(Request::Reload {
        dry_run: change.dry_run.unwrap_or(false),
        by,
    })
}

impl Change {
    /// What says something about another change than the one it came with is refused.
    fn belongs_to(&self, verb: &str) -> Result<(), Refusal> {
        let told = [
            (self.time.is_some(), "for", "snooze"),
            (self.message_id.is_some(), "message_id", "separate"),
            (self.to.is_some(), "to", "assign"),
            (self.dry_run.is_some(), "dry_run", "reload"),
        ];
        match told.iter().find(|(is, _, of)| *is && *of != verb) {
            Some((_, key, of)) => Err(refuse(400, format!("\"{key}\" belongs to {of} only"))),
            None => Ok(()),
        }
    }
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

/// A number as we write it: digits, no sign, no leading zero.
fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let plain = digits && !text.starts_with('0');
    plain.then(|| text.parse().ok()).flatten()
}

fn only(method: &Method, allowed: Method) -> Result<(), Refusal> {
    if *method == allowed {
        return Ok(());
    }
    Err(refuse(405, format!("only {allowed} is allowed here")))
}

const fn mail_word(word: MailWord) -> &'static str {
    match word {
        MailWord::Retry => "retry",
        MailWord::Release => "release",
        MailWord::Drop => "drop",
    }
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
mod tests;
