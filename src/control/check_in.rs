//! What can be said of the regular contact with a client, and how it travels.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::Refusal;
use crate::domain::ids::ClientKey;

/// What can be said of the check-ins with a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckInWord {
    /// Somebody spoke with it: on this date of its calendar; `None`: just now.
    Phoned(Option<NaiveDate>),
    /// Somebody met it, likewise.
    Met(Option<NaiveDate>),
    /// Nobody is to be reminded, until this date begins; `None`: until somebody ends it.
    Pause(Option<NaiveDate>),
    /// Reminders go on.
    Resume,
}

/// How it is written as JSON.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    client: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    on: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    by: String,
}

/// What was read of a word: about which client, what, and by whom.
pub(super) type Read = (ClientKey, CheckInWord, String);

/// The last part of the path, and the body.
pub(super) fn write(client: &ClientKey, word: CheckInWord, by: &str) -> (&'static str, Vec<u8>) {
    let (verb, on, until) = match word {
        CheckInWord::Phoned(on) => ("phoned", on, None),
        CheckInWord::Met(on) => ("met", on, None),
        CheckInWord::Pause(until) => ("pause", None, until),
        CheckInWord::Resume => ("resume", None, None),
    };
    let body = Body {
        client: client.as_str().to_owned(),
        on: on.map(|date| date.to_string()),
        until: until.map(|date| date.to_string()),
        by: by.to_owned(),
    };
    let body = serde_json::to_vec(&body).expect("a struct of texts is always JSON");
    (verb, body)
}

/// Whether this is something that can be said.
pub(super) fn is_verb(verb: &str) -> bool {
    ["phoned", "met", "pause", "resume"].contains(&verb)
}

/// Reads a body. Fails, in words, if it can't be understood.
pub(super) fn read(verb: &str, body: &[u8]) -> Result<Read, Refusal> {
    let wrong = |words: String| Refusal { status: 400, words };
    let body: Body = serde_json::from_slice(body).map_err(|error| {
        wrong(format!(
            "say about which client, such as {{\"client\": \"acme\"}} ({error})"
        ))
    })?;
    if (body.on.is_some() && verb != "phoned" && verb != "met")
        || (body.until.is_some() && verb != "pause")
    {
        let words = "\"on\" belongs to phoned and met only, \"until\" to pause";
        return Err(wrong(words.to_owned()));
    }
    let date = |text: Option<String>| match text {
        None => Ok(None),
        Some(text) => text
            .parse()
            .map(Some)
            .map_err(|_| wrong("a date is written as \"2026-11-23\"".to_owned())),
    };
    let (on, until) = (date(body.on)?, date(body.until)?);
    let word = match verb {
        "phoned" => CheckInWord::Phoned(on),
        "met" => CheckInWord::Met(on),
        "pause" => CheckInWord::Pause(until),
        _ => CheckInWord::Resume,
    };
    Ok((ClientKey::new(body.client), word, body.by))
}
