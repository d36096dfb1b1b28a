//! A case in words: what happened, and why it stands where it stands.

use crate::domain::case::{Case, CaseEvent, CaseState, Closing, Evidence, Outlook, Settlement};
use crate::domain::commit::HistoryEntry;
use crate::domain::ids::CaseId;
use crate::domain::rules::{Party, Rules};
use crate::domain::time::Timestamp;

/// What happened in a case, as its line of happenings tells it.
pub(super) fn story(case: &Case) -> Vec<HistoryEntry> {
    let told = case.happenings.iter();
    told.filter(|happening| !is_precaution(case, &happening.event))
        .map(|happening| HistoryEntry {
            case: case.id,
            at: happening.counted_at(),
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
                CaseEvent::Separated { from, to, by, .. } => separated(case, *from, *to, by),
                CaseEvent::RoundVanished { .. } => "mail that was seen late showed that somebody \
                     had been reminded of a wait that was over, or had been another"
                    .into(),
            },
        })
        .collect()
}

/// Whether a mark of the mailbox is taken back that nobody has seen: only lest it count later.
fn is_precaution(case: &Case, event: &CaseEvent) -> bool {
    let CaseEvent::Disputed {
        what: Closing::Answer { evidence, .. },
        ..
    } = event
    else {
        return false;
    };
    let mut happenings = case.happenings.iter();
    let was_seen = happenings.any(|known| {
        matches!(&known.event, CaseEvent::TeamAnswered(answer) if answer.evidence == *evidence)
    });
    matches!(evidence, Evidence::AnsweredFlag(_)) && !was_seen
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
    reasons.extend(standing(case));
    reasons.extend(passed_by(case));
    if case.urgent {
        reasons.push("made urgent by hand".into());
    }
    reasons.extend(assignment(case, rules));
    if case.is_open()
        && rules
            .clients
            .get(&case.client)
            .is_some_and(|own| own.urgent)
    {
        reasons.push(format!(
            "every mail of client \"{}\" is urgent",
            case.client
        ));
    }
    reasons.extend(why_due(case, rules));
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

/// Why it stands where it stands: since when it waits, or by what it was closed.
fn standing(case: &Case) -> Vec<String> {
    let mut reasons = Vec::new();
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
                reasons.push(why_urgent(case, urgent));
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
            if evidence != Evidence::ReplyHeaders {
                reasons.push(format!(
                    "this is a guess; if it is wrong, \"ackd case reopen {}\" takes it back",
                    case.id
                ));
            }
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
    reasons
}

/// Mails that wait although somebody has answered in the case since: another.
fn passed_by(case: &Case) -> Vec<String> {
    let disputes = |what: Option<Closing>| {
        let mut events = case.happenings.iter().map(|known| &known.event);
        events.any(
            |event| matches!(event, CaseEvent::Disputed { what: own, .. } if Some(*own) == what),
        )
    };
    let mut passed = Vec::new();
    for waiting in case.unanswered() {
        let mut line = case.happenings.iter().map(|known| &known.event);
        let is_it = |event: &CaseEvent| matches!(event, CaseEvent::ClientWrote(own) if own.key == waiting.key);
        line.find(|event| is_it(event));
        let answered = |event: &CaseEvent| match event {
            CaseEvent::TeamAnswered(answer) => !disputes(Some(Closing::Answer {
                message: answer.message,
                evidence: answer.evidence,
            })),
            _ => false,
        };
        if line.any(answered) {
            passed.push(format!(
                "the mail of {} of {} waits on: what was answered since neither names it nor was \
                 addressed to its author",
                waiting.author.address.masked(),
                moment(waiting.clock_from)
            ));
        }
    }
    passed
}

fn assignment(case: &Case, rules: &Rules) -> Option<String> {
    let person = case.assigned_to.as_ref()?;
    Some(match rules.party(person) {
        Party::Team => format!("assigned to {}, who is reminded of it", person.masked()),
        Party::Client(_) | Party::Stranger => format!(
            "assigned to {}, who is not of the team any more: the client's owners are reminded",
            person.masked()
        ),
    })
}

fn why_urgent(case: &Case, since: Timestamp) -> String {
    let by_itself = case
        .messages()
        .any(|own| own.urgent && own.clock_from == since);
    let why = match by_itself {
        true => "it is urgent by itself",
        false => "the third without an answer",
    };
    format!("urgent since the mail of {}: {why}", moment(since))
}

/// How the deadline for a response came about: the opening, the holidays, the close of the day.
fn why_due(case: &Case, rules: &Rules) -> Vec<String> {
    let CaseState::Waiting {
        since,
        urgent_since,
        ..
    } = case.state
    else {
        return Vec::new();
    };
    let Some((client, policy, calendar)) = rules.promise(&case.client) else {
        return Vec::new();
    };
    let by_hand = (case.urgent || client.urgent).then_some(since);
    let urgent = by_hand.or(urgent_since).map(|since| (since, true));
    let clocks = std::iter::once((since, false)).chain(urgent);
    let explained =
        clocks.filter_map(|(since, urgent)| policy.explain(calendar, since, urgent).ok());
    let ruling = explained.min_by_key(|explained| explained.deadlines.acknowledge_due);
    let steps = ruling.map(|explained| explained.steps).unwrap_or_default();
    // The last step is the deadline itself, which is told in its own words.
    let due = |what: &String| what != "due";
    steps
        .into_iter()
        .map(|step| step.what)
        .filter(due)
        .collect()
}

fn disputed(what: Closing, by: &str) -> String {
    match what {
        Closing::Answer { evidence, .. } => {
            format!("taken back by {by}: {} does not count", evidence.in_words())
        }
        Closing::Word { at } => format!(
            "taken back by {by}: what was said at {} does not count",
            moment(at)
        ),
    }
}

fn separated(case: &Case, from: CaseId, to: CaseId, by: &str) -> String {
    if case.id == from {
        format!("{by} separated a mail from this case: it is another conversation, case {to}")
    } else if case.id == to {
        format!("separated by {by} from case {from}: it is another conversation")
    } else {
        format!("case {to} was separated by {by} from case {from}")
    }
}

fn moment(at: Timestamp) -> String {
    at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use super::*;
    use crate::domain::address::{Address, AddressPattern, Author};
    use crate::domain::calendar::{Calendar, Window};
    use crate::domain::case::{Answer, ClientMessage, Reach};
    use crate::domain::ids::{CalendarName, ClientKey, Generation, MessageKey, PolicyName};
    use crate::domain::policy::Policy;
    use crate::domain::rules::{AcknowledgeLimits, Client, Mode, RuleParts, SendingHours, Team};
    use crate::domain::time::BusinessTime;

    fn rules() -> Rules {
        let hours = vec![Window::parse("09:00-17:00").expect("a window")];
        let week = std::array::from_fn(|day| if day < 5 { hours.clone() } else { vec![] });
        let office = CalendarName::new("office");
        let calendar = Calendar::new(office.clone(), chrono_tz::UTC, week, vec![]);
        let minutes = BusinessTime::from_minutes;
        let policy = Policy {
            name: PolicyName::new("standard"),
            calendar: office.clone(),
            acknowledge_within: minutes(180),
            same_business_day: true,
            urgent_within: None,
            min_lead: BusinessTime::ZERO,
            answer_within: None,
            remind_before: vec![minutes(30)],
            escalate_after: vec![minutes(0)],
            auto_acknowledge_before: None,
        };
        let key = ClientKey::new("acme");
        let client = Client {
            key: key.clone(),
            name: "Acme".into(),
            patterns: vec![AddressPattern::Domain("acme.example".into())],
            owners: vec![],
            backups: vec![],
            policy: policy.name.clone(),
            check_in: None,
            language: None,
            time_zone: None,
            urgent: false,
            urgent_words: vec![],
        };
        Rules::new(RuleParts {
            mode: Mode::Observe,
            team: Team {
                sending_hours: SendingHours::Always,
                ..Team::default()
            },
            clients: [(key, client)].into(),
            policies: [(policy.name.clone(), policy)].into(),
            calendars: [(office, Arc::new(calendar))].into(),
            mailboxes: BTreeMap::new(),
            limits: AcknowledgeLimits::default(),
            people: Default::default(),
            keep_subjects: true,
        })
    }

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a moment")
    }

    fn case() -> Case {
        let anna = Author {
            address: Address::parse("anna@acme.example").expect("an address"),
            name: None,
        };
        let client = ClientKey::new("acme");
        let mut case = Case::new(CaseId(7), client, anna.clone(), "Server".into());
        let mail = ClientMessage {
            key: MessageKey(1),
            message_id: None,
            other_ids: vec![],
            references: vec![],
            author: anna,
            answered_at: vec![],
            received_at: at("2026-11-23T15:30:00Z"),
            clock_from: at("2026-11-23T15:30:00Z"),
            urgent: false,
            may_acknowledge: true,
            suspicious: true,
            thanks: false,
            language: None,
            holders: vec![],
        };
        case.apply(CaseEvent::ClientWrote(mail)).expect("legal");
        case
    }

    fn told(case: &Case) -> String {
        let story = story(case).into_iter();
        let lines = story.map(|entry| format!("{} {}", moment(entry.at), entry.what));
        let lines: Vec<String> = lines.chain(reasons(case, &rules())).collect();
        lines.join("\n")
    }

    fn answered(evidence: Evidence) -> CaseEvent {
        CaseEvent::TeamAnswered(Answer {
            message: Some(MessageKey(2)),
            at: at("2026-11-23T16:00:00Z"),
            stopped_at: at("2026-11-23T16:00:00Z"),
            evidence,
            names: vec![],
            reach: Reach::Whole,
            by: Address::parse("alice@northwind.example"),
            id: None,
        })
    }

    #[test]
    fn a_waiting_case_tells_what_is_due_when_and_why() {
        insta::assert_snapshot!(told(&case()), @r#"
        2026-11-23T15:30:00Z a…@acme.example wrote (failed DMARC)
        waits for a response since the mail of 2026-11-23T15:30:00Z
        received, in opening hours: counting starts at once
        3h of business time to respond
        window: 1h30m used from Mon 2026-11-23 15:30 UTC to 17:00, 1h30m left
        cap: the business day closes at Mon 2026-11-23 17:00 UTC; without same_business_day it would be due at Tue 2026-11-24 10:30 UTC
        a response is due at 2026-11-23T17:00:00Z
        remind 30m before at 2026-11-23T16:30:00Z
        escalate 0m after at 2026-11-23T17:00:00Z
        "#);
    }

    #[test]
    fn a_closed_case_tells_by_what_evidence_it_was_closed() {
        let mut case = case();
        let guess = answered(Evidence::NewThread);
        case.apply(guess).expect("legal");
        insta::assert_snapshot!(told(&case), @r#"
        2026-11-23T15:30:00Z a…@acme.example wrote (failed DMARC)
        2026-11-23T16:00:00Z answered by a…@northwind.example: a new mail to the same contact
        answered at 2026-11-23T16:00:00Z: a new mail to the same contact
        this is a guess; if it is wrong, "ackd case reopen 7" takes it back
        "#);
    }

    #[test]
    fn what_was_taken_back_stays_in_the_story() {
        let mut case = case();
        case.apply(answered(Evidence::NewThread)).expect("legal");
        let disputed = CaseEvent::Disputed {
            at: at("2026-11-23T16:10:00Z"),
            what: case.closed_by().expect("closed"),
            by: "alice".into(),
        };
        case.apply(disputed).expect("legal");
        // A mark that nobody has seen is taken back as a precaution, and not told.
        let unseen = CaseEvent::Disputed {
            at: at("2026-11-23T16:10:00Z"),
            what: Closing::Answer {
                message: None,
                evidence: Evidence::AnsweredFlag(crate::domain::ids::MessageKey(1)),
            },
            by: "alice".into(),
        };
        case.apply(unseen).expect("legal");
        insta::assert_snapshot!(told(&case), @r#"
        2026-11-23T15:30:00Z a…@acme.example wrote (failed DMARC)
        2026-11-23T16:00:00Z answered by a…@northwind.example: a new mail to the same contact
        2026-11-23T16:10:00Z taken back by alice: a new mail to the same contact does not count
        waits for a response since the mail of 2026-11-23T15:30:00Z
        received, in opening hours: counting starts at once
        3h of business time to respond
        window: 1h30m used from Mon 2026-11-23 15:30 UTC to 17:00, 1h30m left
        cap: the business day closes at Mon 2026-11-23 17:00 UTC; without same_business_day it would be due at Tue 2026-11-24 10:30 UTC
        a response is due at 2026-11-23T17:00:00Z
        remind 30m before at 2026-11-23T16:30:00Z
        escalate 0m after at 2026-11-23T17:00:00Z
        "#);
    }

    #[test]
    fn a_separation_is_told_in_both_cases() {
        let separated = CaseEvent::Separated {
            at: at("2026-11-23T15:40:00Z"),
            from: CaseId(7),
            to: CaseId(8),
            rounds: Generation(0),
            by: "alice".into(),
        };
        let mut first = case();
        first.apply(separated.clone()).expect("legal");
        let mut second = case();
        second.id = CaseId(8);
        second.apply(separated.clone()).expect("legal");
        let mut third = case();
        third.id = CaseId(3);
        third.apply(separated).expect("legal");
        let told = [first, second, third].map(|case| story(&case)[1].what.clone());
        insta::assert_snapshot!(told.join("\n"), @r"
        alice separated a mail from this case: it is another conversation, case 8
        separated by alice from case 7: it is another conversation
        case 8 was separated by alice from case 7
        ");
    }

    #[test]
    fn a_case_that_goes_on_as_another_says_so() {
        let mut case = case();
        let joined = CaseEvent::Settled {
            at: at("2026-11-23T16:00:00Z"),
            how: Settlement::Joined(CaseId(3)),
            by: "ackd".into(),
        };
        case.apply(joined).expect("legal");
        insta::assert_snapshot!(told(&case), @r#"
        2026-11-23T15:30:00Z a…@acme.example wrote (failed DMARC)
        2026-11-23T16:00:00Z goes on as case 3: both are one conversation
        goes on as case 3: both are one conversation ("ackd case show 3")
        "#);
    }
}
