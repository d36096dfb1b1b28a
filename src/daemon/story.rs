//! A case in words: what happened, and why it stands where it stands.

use crate::domain::case::{Case, CaseEvent, CaseState, Closing, Outlook, Settlement};
use crate::domain::commit::HistoryEntry;
use crate::domain::rules::Rules;
use crate::domain::time::Timestamp;

/// What happened in a case, as its line of happenings tells it.
pub(super) fn story(case: &Case) -> Vec<HistoryEntry> {
    case.happenings
        .iter()
        .map(|happening| HistoryEntry {
            case: case.id,
            at: happening.at,
            what: match &happening.event {
                CaseEvent::ClientWrote(message) => {
                    let author = message.author.address.masked();
                    let thanks = if message.thanks {
                        " (a short thanks)"
                    } else {
                        ""
                    };
                    let urgent = if message.urgent { " (urgent)" } else { "" };
                    let failed = if message.suspicious {
                        " (failed DMARC)"
                    } else {
                        ""
                    };
                    format!("{author} wrote{thanks}{urgent}{failed}")
                }
                CaseEvent::TeamAnswered(answer) => {
                    let by = answer
                        .by
                        .as_ref()
                        .map_or("the team".into(), |by| by.masked());
                    format!("answered by {by}: {}", answer.evidence.in_words())
                }
                CaseEvent::Acknowledged { row, .. } => {
                    format!("acknowledged to the client (outbox {row})")
                }
                CaseEvent::Settled {
                    how: Settlement::Joined(other),
                    ..
                } => format!("goes on as case {other}: both are one conversation"),
                CaseEvent::Settled { how, by, .. } => {
                    format!("settled: {}, said by {by}", how.in_words())
                }
                CaseEvent::Disputed { what, by, .. } => disputed(*what, by),
            },
        })
        .collect()
}

/// Why a case stands where it stands and is due when it is due.
pub(super) fn reasons(case: &Case, rules: &Rules) -> Vec<String> {
    let outlook = match Outlook::of(case, rules) {
        Ok(outlook) => outlook,
        Err(error) => return vec![error.to_string()],
    };
    let mut reasons = Vec::new();
    if rules.promise(&case.client).is_none() {
        reasons.push(format!(
            "client \"{}\" is not configured any more: no clock runs",
            case.client
        ));
    }
    match case.state {
        CaseState::New => {}
        CaseState::Waiting {
            since,
            urgent_since,
            ..
        } => {
            reasons.push(format!(
                "waits for a response since the mail of {}",
                moment(since)
            ));
            if let Some(urgent) = urgent_since {
                reasons.push(format!("urgent since the mail of {}", moment(urgent)));
            }
        }
        CaseState::Acknowledged { at, .. } => {
            reasons.push(format!(
                "acknowledged at {}; a person's answer is owed",
                moment(at)
            ));
        }
        CaseState::Answered { at, evidence, .. } => {
            reasons.push(format!(
                "answered at {}: {}",
                moment(at),
                evidence.in_words()
            ));
        }
        CaseState::Settled {
            how: Settlement::Joined(other),
            ..
        } => reasons.push(format!(
            "goes on as case {other}: both are one conversation (\"ackd case show {other}\")"
        )),
        CaseState::Settled { at, how, .. } => {
            reasons.push(format!("settled at {}: {}", moment(at), how.in_words()));
        }
    }
    if let Some(due) = outlook.acknowledge_due {
        reasons.push(format!("a response is due at {}", moment(due)));
    }
    if let Some(due) = outlook.answer_due {
        reasons.push(format!("a person's answer is due at {}", moment(due)));
    }
    reasons.extend(
        outlook
            .open_rungs(case)
            .map(|rung| format!("{} at {}", rung.stage, moment(rung.at))),
    );
    reasons
}

fn disputed(what: Closing, by: &str) -> String {
    match what {
        Closing::Answer { evidence, .. } => {
            format!("not answered, said by {by}: {}", evidence.in_words())
        }
        Closing::Word { at } => format!(
            "not settled, said by {by}: what was said at {} does not count",
            moment(at)
        ),
    }
}

fn moment(at: Timestamp) -> String {
    at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}
