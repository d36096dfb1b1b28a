//! How a [`CaseFilter`] is written behind the path of a request, and read back (as forms are:
//! WHATWG URL, `application/x-www-form-urlencoded`).

use chrono::SecondsFormat;
use form_urlencoded::Serializer;

use super::filter::{CaseFilter, SOUGHT_CHARACTERS_MAX};
use super::view::CaseStanding;
use crate::domain::time::Timestamp;

/// What may be asked for, in the words of the protocol.
const KEYS: &str = "\"all\", \"client\", \"owner\", \"state\", \"due_before\"";

/// Writes a filter; empty if it lists every open case.
pub(super) fn write(filter: &CaseFilter) -> String {
    let mut query = Serializer::new(String::new());
    if filter.all {
        query.append_pair("all", "true");
    }
    let texts = [("client", &filter.client), ("owner", &filter.owner)];
    for (key, text) in texts {
        if let Some(text) = text {
            query.append_pair(key, text);
        }
    }
    if let Some(state) = filter.state {
        query.append_pair("state", state.as_str());
    }
    if let Some(before) = filter.due_before {
        let before = before.to_rfc3339_opts(SecondsFormat::AutoSi, true);
        query.append_pair("due_before", &before);
    }
    query.finish()
}

/// Reads a filter. Fails, in words, on what is not known, is no value of its kind, or stands
/// there twice.
pub(super) fn read(query: Option<&str>) -> Result<CaseFilter, String> {
    let mut filter = CaseFilter::default();
    let mut read = Vec::new();
    for (key, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        if read.contains(&key) {
            return Err(format!("\"{key}\" stands there twice"));
        }
        match &*key {
            "all" => filter.all = truth(&value)?,
            "client" => filter.client = Some(sought(&key, &value)?),
            "owner" => filter.owner = Some(sought(&key, &value)?),
            "state" => filter.state = Some(state(&value)?),
            "due_before" => filter.due_before = Some(moment(&value)?),
            _ => return Err(format!("cases are asked for by {KEYS} only")),
        }
        read.push(key);
    }
    Ok(filter)
}

/// Writes whose absences are asked for.
pub(super) fn write_person(person: &str) -> String {
    let mut query = Serializer::new(String::new());
    query.append_pair("person", person);
    query.finish()
}

/// Reads whose absences are asked for. Fails, in words, on anything else.
pub(super) fn read_person(query: Option<&str>) -> Result<Option<String>, String> {
    let mut person = None;
    for (key, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        if key != "person" || person.is_some() {
            return Err("absences are asked for by one \"person\" only".to_owned());
        }
        person = Some(sought(&key, &value)?);
    }
    Ok(person)
}

/// Writes which client is asked for.
pub(super) fn write_client(client: &str) -> String {
    let mut query = Serializer::new(String::new());
    query.append_pair("client", client);
    query.finish()
}

/// Reads which client is asked for. Fails, in words, on anything else.
pub(super) fn read_client(query: Option<&str>) -> Result<Option<String>, String> {
    let mut client = None;
    for (key, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        if key != "client" || client.is_some() {
            return Err("check-ins are asked for by one \"client\" only".to_owned());
        }
        client = Some(sought(&key, &value)?);
    }
    Ok(client)
}

fn truth(value: &str) -> Result<bool, String> {
    value
        .parse()
        .map_err(|_| "\"all\" is \"true\" or \"false\"".to_owned())
}

fn sought(key: &str, value: &str) -> Result<String, String> {
    let is_long = value.chars().count() > SOUGHT_CHARACTERS_MAX;
    if value.is_empty() || is_long || value.chars().any(char::is_control) {
        return Err(format!(
            "\"{key}\" must be a text of at most {SOUGHT_CHARACTERS_MAX} characters on one line"
        ));
    }
    Ok(value.to_owned())
}

fn state(value: &str) -> Result<CaseStanding, String> {
    let mut known = CaseStanding::ALL.into_iter();
    known.find(|state| state.as_str() == value).ok_or_else(|| {
        let known = CaseStanding::ALL.map(CaseStanding::as_str).join(", ");
        format!("\"state\" is one of {known}")
    })
}

fn moment(value: &str) -> Result<Timestamp, String> {
    value.parse().map_err(|_| {
        "\"due_before\" is a moment such as 2026-11-23T17:00:00Z (RFC 3339)".to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_comes_back_as_it_went_whatever_the_letters() {
        let filters = [
            CaseFilter::default(),
            CaseFilter {
                all: true,
                client: Some("müller & söhne=50%+1".into()),
                owner: Some("alice@northwind.example".into()),
                state: Some(CaseStanding::Settled),
                due_before: "2026-11-23T17:00:00Z".parse().ok(),
            },
        ];
        for filter in filters {
            assert_eq!(read(Some(&write(&filter))), Ok(filter));
        }
        assert_eq!(write(&CaseFilter::default()), "");
    }

    #[test]
    fn what_is_not_known_is_refused_in_words() {
        let refused = [
            ("all=yes", "\"true\" or \"false\""),
            ("client=", "text of at most"),
            ("owner=%00", "text of at most"),
            (
                "state=open",
                "one of new, waiting, acknowledged, answered, settled",
            ),
            ("due_before=tomorrow", "RFC 3339"),
            ("mailbox=clients", "\"client\", \"owner\""),
            ("all=true&all=true", "twice"),
        ];
        for (query, words) in refused {
            let refusal = read(Some(query)).expect_err(query);
            assert!(refusal.contains(words), "{query}: {refusal}");
        }
    }
}
