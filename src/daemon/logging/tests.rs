//! Lines as they come out.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tracing::subscriber::with_default;

use super::*;

fn logged(wanted: &str, form: LineForm, log: impl FnOnce()) -> String {
    let page: Arc<Mutex<Vec<u8>>> = Arc::default();
    let writer = Arc::clone(&page);
    let logger = Logger {
        filter: filter(Some(wanted)).0,
        cap: cap(),
        form,
        write: move |line: &[u8]| {
            let mut page = writer.lock().expect("no test panics while it writes");
            page.extend_from_slice(line);
        },
    };
    with_default(logger, log);
    let bytes = page.lock().expect("no test panics while it writes").clone();
    String::from_utf8(bytes).expect("lines are text")
}

const PLAIN: LineForm = LineForm {
    format: LogFormat::Text,
    beginning: Beginning::Moment { colours: false },
};

const JOURNAL: LineForm = LineForm {
    format: LogFormat::Text,
    beginning: Beginning::Priority,
};

const JSON: LineForm = LineForm {
    format: LogFormat::Json,
    ..PLAIN
};

#[test]
fn an_event_is_one_line_with_moment_level_message_and_fields() {
    let line = logged("info", PLAIN, || {
        tracing::info!(case = 7, client = %"acme", "case opened");
    });
    let (moment, rest) = line.split_once(' ').expect("a moment first");
    assert_eq!(rest, "INFO  case opened case=7 client=acme\n");
    assert_eq!(moment.len(), "2026-01-05T08:30:00.123Z".len(), "{moment}");
    assert!(
        chrono::DateTime::parse_from_rfc3339(moment).is_ok() && moment.ends_with('Z'),
        "{moment}"
    );
}

#[test]
fn under_the_journal_the_line_begins_with_its_priority() {
    let lines = logged("info", JOURNAL, || {
        tracing::error!("store damaged");
        tracing::info!(mailbox = %"clients", "caught up");
    });
    assert_eq!(lines, "<3>store damaged\n<6>caught up mailbox=clients\n");
}

#[test]
fn a_servers_words_cannot_forge_a_line_or_steer_a_terminal() {
    let lines = logged("info", JOURNAL, || {
        let words = "no\r\n<3>store damaged \u{1b}[2J";
        tracing::warn!(reason = %words, "refused");
    });
    assert_eq!(lines.lines().count(), 1, "{lines}");
    assert!(!lines.trim_end().chars().any(char::is_control), "{lines:?}");
}

#[test]
fn no_filter_makes_the_imap_library_print_passwords() {
    for wanted in [
        "trace",
        "async_imap=trace",
        "async_imap::client=trace,trace",
    ] {
        let lines = logged(wanted, PLAIN, || {
            tracing::trace!(target: "async_imap::client", "C: a1 LOGIN x secret");
            tracing::debug!(target: "lettre::transport", "AUTH PLAIN secret");
            tracing::info!(target: "async_imap", "secret");
            tracing::warn!(target: "async_imap", "odd line");
        });
        assert!(!lines.contains("secret"), "{wanted}: {lines}");
        assert!(lines.contains("async_imap: odd line"), "{wanted}: {lines}");
    }
}

#[test]
fn the_filter_opens_a_part_of_ours() {
    let lines = logged("info,ackd::imap=debug", PLAIN, || {
        tracing::debug!(target: "ackd::imap", "idling");
        tracing::debug!(target: "ackd::store", "written");
    });
    assert!(
        lines.contains("idling") && !lines.contains("written"),
        "{lines}"
    );
}

#[test]
fn a_filter_that_cannot_be_read_is_reported_and_info_is_logged() {
    let (filter, problem) = filter(Some("loud=very"));
    assert!(problem.is_some_and(|words| words.contains(FILTER_VARIABLE)));
    assert!(filter.would_enable("ackd", &tracing::Level::INFO));
    assert!(!filter.would_enable("ackd", &tracing::Level::DEBUG));
}

#[test]
fn as_json_a_line_is_one_object_with_the_events_name_and_its_fields() {
    let lines = logged("info", JSON, || {
        let due_at: Option<&str> = None;
        tracing::info!(event = "case_opened", case = 7, client = %"acme", due_at, "case opened");
        tracing::warn!("odd \"words\"\nof a server");
    });
    let objects: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).expect("an object"))
        .collect();
    let [opened, odd] = objects.as_slice() else {
        panic!("{lines}");
    };
    let at = opened["at"].as_str().expect("a moment");
    assert!(chrono::DateTime::parse_from_rfc3339(at).is_ok(), "{at}");
    let mut opened = opened.clone();
    opened.as_object_mut().expect("an object").remove("at");
    assert_eq!(
        opened,
        json!({"level": "info", "event": "case_opened", "message": "case opened", "case": 7, "client": "acme"})
    );
    assert_eq!(odd["message"], "odd \"words\" of a server");
}

#[test]
fn under_the_journal_a_json_line_has_its_priority_too() {
    let form = LineForm {
        format: LogFormat::Json,
        ..JOURNAL
    };
    let line = logged("info", form, || tracing::error!("store damaged"));
    let object = line.strip_prefix("<3>").expect("a priority");
    assert!(serde_json::from_str::<Value>(object).is_ok(), "{line}");
}

#[test]
fn a_long_line_is_cut_and_stays_an_object() {
    let words = "ü\"".repeat(20_000);
    for form in [PLAIN, JSON] {
        let line = logged("info", form, || {
            tracing::info!(reason = %words, other = %words, "{words}");
        });
        assert!(line.len() < 20 * 1024, "{}", line.len());
        if form == JSON {
            assert!(serde_json::from_str::<Value>(&line).is_ok(), "{line}");
        }
    }
}

#[test]
fn a_text_with_blanks_stands_in_quotes() {
    let line = logged("info", JOURNAL, || {
        tracing::info!(event = "x", reason = %"no such host", "refused");
    });
    assert_eq!(line, "<6>refused reason=\"no such host\"\n");
}
