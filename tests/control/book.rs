//! The fixed book the engine answers from.

use ackd::control::view::{
    AbsenceView, CaseCounts, CaseDetail, CaseStanding, CaseView, CheckInView, ContactView, Done,
    HistoryLine, MailboxState, MailboxView, MessageView, OutboxCounts, OwedMailView, OwedState,
    QuarantinedView, ReasonView, StatusView, VerifyView,
};
use ackd::control::{Answer, Request};
use ackd::domain::ids::CaseId;
use ackd::domain::time::Timestamp;

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().expect("a moment")
}

pub(crate) fn answer_from_the_book(request: &Request) -> Answer {
    let id = match request {
        Request::Status => return Answer::Status(Box::new(status_in_trouble())),
        Request::Cases(filter) => {
            let mut all = vec![closed_case()];
            all.extend(open_cases());
            all.retain(|case| filter.admits(case));
            return Answer::Cases(all);
        }
        Request::Absences { .. } => return Answer::Absences(absences()),
        Request::Away { person, days, .. } => {
            let done = format!("{person} is away {days}");
            return Answer::Done(Done {
                done,
                new_case: None,
            });
        }
        Request::Back { person, .. } => {
            let done = format!("{person} is back");
            return Answer::Done(Done {
                done,
                new_case: None,
            });
        }
        Request::Outbox => return Answer::Outbox(owed()),
        Request::Mail { id, word, .. } => {
            let done = format!("mail {id}: {word:?}");
            return Answer::Done(Done {
                done,
                new_case: None,
            });
        }
        Request::Quarantine => return Answer::Quarantine(unreadable()),
        Request::CheckIns { client } => {
            let mut all = check_ins();
            all.retain(|own| {
                client
                    .as_ref()
                    .is_none_or(|client| client.as_str() == own.client)
            });
            return Answer::CheckIns(all);
        }
        Request::CheckIn { client, word, by } => {
            let done = format!("{client}: {word:?} by {by}");
            return Answer::Done(Done {
                done,
                new_case: None,
            });
        }
        Request::Verify => return Answer::Verified(VerifyView::default()),
        Request::Metrics => return Answer::Exposition("# metrics\n".to_owned()),
        Request::Export => return Answer::unavailable("nothing is exported here"),
        Request::Reload { dry_run, .. } => {
            return Answer::Reloaded(Box::new(crate::reload::view(*dry_run)));
        }
        Request::Case { id }
        | Request::Settle { id, .. }
        | Request::Reopen { id, .. }
        | Request::Separate { id, .. }
        | Request::Snooze { id, .. }
        | Request::Assign { id, .. }
        | Request::Urgent { id, .. } => *id,
    };
    if id != CaseId(7) {
        return Answer::no_such_case(id);
    }
    match request {
        Request::Case { .. } => Answer::Case(Box::new(case_seven())),
        _ => Answer::Done(Done {
            done: "case 7 is done".into(),
            new_case: None,
        }),
    }
}

fn absences() -> Vec<AbsenceView> {
    let alice = AbsenceView {
        person: "alice@northwind.example".into(),
        name: "Alice".into(),
        from: at("2025-12-20T00:00:00Z"),
        until: at("2026-01-07T00:00:00Z"),
        source: "configuration".into(),
        now: true,
        time_zone: "Europe/London".into(),
    };
    let bob = AbsenceView {
        person: "bob@northwind.example".into(),
        name: "Bob".into(),
        from: at("2026-02-01T00:00:00Z"),
        until: at("2026-02-02T00:00:00Z"),
        source: "word".into(),
        now: false,
        time_zone: "Europe/London".into(),
    };
    vec![alice, bob]
}

fn check_ins() -> Vec<CheckInView> {
    let acme = CheckInView {
        client: "acme".into(),
        name: "Acme Ltd".into(),
        cadence: "weekly".into(),
        last_contact: Some(ContactView {
            at: at("2025-12-23T10:05:00Z"),
            how: "mail".into(),
            by: Some("alice@northwind.example".into()),
        }),
        next_meeting_at: None,
        due_at: Some(at("2026-01-02T17:00:00Z")),
        state: "lapsed".into(),
        paused_until: None,
        quiet_since: None,
        owners: vec!["alice@northwind.example".into()],
        time_zone: "Europe/Berlin".into(),
    };
    let globex = CheckInView {
        client: "globex".into(),
        cadence: "monthly".into(),
        last_contact: None,
        next_meeting_at: Some(at("2026-01-12T13:00:00Z")),
        due_at: Some(at("2026-01-30T16:00:00Z")),
        state: "fine".into(),
        quiet_since: Some("2025-12-01".into()),
        ..acme.clone()
    };
    let initech = CheckInView {
        client: "initech".into(),
        state: "paused".into(),
        paused_until: Some(at("2026-02-01T23:00:00Z")),
        ..acme.clone()
    };
    vec![acme, globex, initech]
}

pub(crate) fn status_when_all_is_well() -> StatusView {
    StatusView {
        version: "0.1.0".into(),
        started_at: at("2026-01-02T05:30:00Z"),
        mode: "full".into(),
        mailboxes: vec![MailboxView {
            name: "clients".into(),
            state: MailboxState::Live,
            reason: None,
            last_proof_at: Some(at("2026-01-05T09:29:48Z")),
            messages_seen: 1,
            folders: vec!["INBOX".into(), "Sent".into()],
        }],
        cases: CaseCounts::default(),
        next_due_at: None,
        outbox: OutboxCounts::default(),
        alarms: vec![],
        time_zone: Some("Europe/London".into()),
    }
}

fn status_in_trouble() -> StatusView {
    let well = status_when_all_is_well();
    let mailbox = |name: &str, state, reason: Option<&str>, proof: Option<&str>| MailboxView {
        name: name.into(),
        state,
        reason: reason.map(Into::into),
        last_proof_at: proof.map(at),
        messages_seen: 0,
        folders: vec!["INBOX".into()],
    };
    let mut mailboxes = well.mailboxes.clone();
    mailboxes.push(mailbox(
        "office",
        MailboxState::CatchingUp,
        Some("reading INBOX, 1200 of 40000 messages"),
        Some("2026-01-05T09:30:00Z"),
    ));
    mailboxes.push(mailbox(
        "studio",
        MailboxState::Blind,
        Some("the server refused the password: NO \u{1b}[2J[AUTHENTICATIONFAILED]"),
        None,
    ));
    StatusView {
        mailboxes,
        cases: CaseCounts {
            waiting: 3,
            acknowledged: 1,
        },
        next_due_at: Some(at("2026-01-05T09:10:00Z")),
        outbox: OutboxCounts {
            queued: 2,
            sending: 0,
            held: 1,
            given_up: 0,
        },
        alarms: vec!["mailbox studio has been blind since 2026-01-05T08:15:00Z".into()],
        ..well
    }
}

fn open_case(id: u64, client: &str, contact: &str, subject: &str) -> CaseView {
    CaseView {
        id,
        client: client.into(),
        contact: contact.into(),
        subject: subject.into(),
        owners: match client {
            "acme" => vec!["alice@northwind.example".into()],
            _ => vec!["bob@northwind.example".into()],
        },
        opened_at: Some(at("2026-01-05T08:30:00Z")),
        due_at: None,
        answer_due_at: None,
        state: CaseStanding::Waiting,
        urgent: false,
        mailboxes: vec!["clients".into()],
        message_ids: vec![format!("{id}@{client}.example")],
        stages_done: vec![],
        time_zone: match client {
            "acme" => Some("Europe/Berlin".into()),
            _ => None,
        },
    }
}

/// In no particular order, as an engine may well hand them over.
fn open_cases() -> Vec<CaseView> {
    let mut acknowledged = open_case(3, "acme", "bo@acme.example", "Ein Angebot für Übersee");
    acknowledged.state = CaseStanding::Acknowledged;
    acknowledged.answer_due_at = Some(at("2026-01-06T11:00:00Z"));
    let mut urgent = open_case(7, "acme", "ann@acme.example", "Server down");
    urgent.urgent = true;
    urgent.due_at = Some(at("2026-01-05T10:00:00Z"));
    urgent.answer_due_at = Some(at("2026-01-05T16:00:00Z"));
    urgent.mailboxes = vec!["clients".into(), "office".into()];
    urgent.stages_done = vec!["remind 30m before".into()];
    let long = "Re: ".repeat(30);
    let mut plain = open_case(
        12,
        "globex",
        "c@globex.example",
        &format!("{long}\u{1b}[2J"),
    );
    plain.due_at = Some(at("2026-01-05T11:30:00Z"));
    let mut late = open_case(
        5,
        "globex",
        "dora.with.a.long.name@globex.example",
        "Invoice 44",
    );
    late.due_at = Some(at("2026-01-05T09:10:00Z"));
    vec![acknowledged, urgent, plain, late]
}

pub(crate) fn owed() -> Vec<OwedMailView> {
    let mail = |id: u64, purpose: &str, to: &str, state| OwedMailView {
        id,
        purpose: purpose.into(),
        to: to.into(),
        cases: vec![id - 10],
        state,
        since: None,
        next_attempt_at: None,
        attempts: 0,
        reason: None,
        created_at: at("2026-01-05T09:00:00Z"),
        message_id: format!("ackd.{id}.i@northwind.example"),
    };
    let mut held = mail(17, "acknowledgement", "a…@acme.example", OwedState::Held);
    held.since = Some(at("2026-01-05T09:10:00Z"));
    held.reason = Some("could not tell whether the acknowledgement was taken: time-out".into());
    let mut given_up = mail(15, "reminder", "b…@northwind.example", OwedState::GivenUp);
    given_up.since = Some(at("2026-01-05T09:20:00Z"));
    given_up.reason = Some("550 no such user \u{1b}[2J here".into());
    let mut queued = mail(18, "escalation", "l…@northwind.example", OwedState::Queued);
    queued.next_attempt_at = Some(at("2026-01-05T09:40:00Z"));
    queued.attempts = 3;
    queued.reason =
        Some("smtp.northwind.example:465: connecting to the mail server: refused".into());
    queued.cases = (1..=8).collect();
    let mut notice = mail(19, "notice", "o…@northwind.example", OwedState::Queued);
    notice.next_attempt_at = Some(at("2026-01-05T09:30:00Z"));
    notice.cases = vec![];
    vec![held, given_up, queued, notice]
}

fn unreadable() -> Vec<QuarantinedView> {
    let message = |mailbox: &str, folder: &str, uid, moment: &str, reason: &str| QuarantinedView {
        mailbox: mailbox.into(),
        folder: folder.into(),
        uid_validity: 1_700_000_001,
        uid,
        at: at(moment),
        reason: reason.into(),
    };
    vec![
        message(
            "clients",
            "INBOX",
            4711,
            "2026-01-05T09:10:00Z",
            "the server gave no header for it",
        ),
        message(
            "office",
            "Büro/\u{1b}[2JAlt",
            12,
            "2026-01-02T05:30:00Z",
            "the server's answer for it could not be read",
        ),
    ]
}

fn closed_case() -> CaseView {
    let mut closed = open_case(1, "acme", "ann@acme.example", "Hello");
    closed.state = CaseStanding::Answered;
    closed
}

fn reason(rule: &str, evidence: &str) -> ReasonView {
    ReasonView {
        rule: rule.into(),
        evidence: evidence.into(),
    }
}

fn case_seven() -> CaseDetail {
    let case = open_cases().swap_remove(1);
    let mail = |id: Option<&str>, moment: &str, urgent: bool| MessageView {
        message_id: id.map(Into::into),
        author: "ann@acme.example".into(),
        received_at: at(moment),
        urgent,
        may_acknowledge: id.is_some(),
        suspicious: false,
        thanks: false,
        waits: true,
        holders: vec!["clients/INBOX".into(), "office/INBOX".into()],
        reasons: match urgent {
            true => vec![
                reason("human", "nothing in it says that a program wrote it"),
                reason("urgent-word", "\"server down\" in the subject \u{1b}[2J"),
            ],
            false => vec![],
        },
    };
    CaseDetail {
        case,
        contact_name: Some("Ann \u{202e}Other".into()),
        generation: 2,
        unanswered: 2,
        snoozed_until: Some(at("2026-01-05T09:45:00Z")),
        assigned_to: Some("alice@northwind.example".into()),
        reasons: vec![
            "urgent: the subject holds \"server down\", a word of acme".into(),
            "due 1h of office hours after 2026-01-05 09:00 UTC".into(),
        ],
        messages: vec![
            mail(Some("7@acme.example"), "2026-01-05T08:30:00Z", true),
            mail(None, "2026-01-05T09:00:00Z", false),
        ],
        history: vec![
            HistoryLine {
                at: at("2026-01-05T08:30:01Z"),
                what: "opened by a mail in clients/INBOX".into(),
            },
            HistoryLine {
                at: at("2026-01-05T09:30:00Z"),
                what: "remind 30m before: owner reminded".into(),
            },
        ],
    }
}
