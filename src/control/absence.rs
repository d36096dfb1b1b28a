//! What can be said of somebody's absence, and how it travels.

use serde::{Deserialize, Serialize};

use super::Refusal;
use crate::domain::absence::AwayDays;

/// How it is written as JSON.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    person: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    days: Option<String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    by: String,
}

/// What was read: of whom, on which days (`None`: they are back), and by whom.
pub(super) type Read = (String, Option<AwayDays>, String);

/// The last part of the path, and the body.
pub(super) fn write(person: &str, days: Option<AwayDays>, by: &str) -> (&'static str, Vec<u8>) {
    let body = Body {
        person: person.to_owned(),
        days: days.map(|days| days.to_string()),
        by: by.to_owned(),
    };
    let body = serde_json::to_vec(&body).expect("a struct of texts is always JSON");
    let verb = match days {
        Some(_) => "away",
        None => "back",
    };
    (verb, body)
}

/// Whether this is something that can be said.
pub(super) fn is_verb(verb: &str) -> bool {
    ["away", "back"].contains(&verb)
}

/// Reads a body. Fails, in words, if it can't be understood.
pub(super) fn read(verb: &str, body: &[u8]) -> Result<Read, Refusal> {
    let wrong = |words: String| Refusal { status: 400, words };
    let body: Body = serde_json::from_slice(body).map_err(|error| {
        wrong(format!(
            "say of whom, such as {{\"person\": \"alice\"}} ({error})"
        ))
    })?;
    let days = match (verb, body.days) {
        ("away", Some(days)) => AwayDays::parse(&days)
            .map(Some)
            .map_err(|error| wrong(format!("\"days\": \"{days}\" {error}")))?,
        ("away", None) => {
            let words = "say on which days, such as {\"days\": \"2026-12-20..2027-01-03\"}";
            return Err(wrong(words.to_owned()));
        }
        (_, None) => None,
        (_, Some(_)) => return Err(wrong("\"days\" belongs to away only".to_owned())),
    };
    Ok((body.person, days, body.by))
}
