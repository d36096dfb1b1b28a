//! The cases and mails the tests speak of.

use ackd::domain::address::{Address, Author};
use ackd::domain::classify::Kind;
use ackd::domain::commit::Quarantined;
use ackd::domain::digest::{Aside, AsideKind};
use ackd::domain::draft::{
    Acknowledgement, AcknowledgementProgress, CaseLine, CaseLines, Letterhead, MorningLetter,
    MorningLine, NextRung, Told, WeeklyLetter,
};
use ackd::domain::facts::Location;
use ackd::domain::ids::{CaseId, ClientKey, InstanceId, MailboxName, MessageId, MessageKey};
use ackd::domain::policy::{Clock, Stage, Step};
use ackd::domain::reply::ReplyPlace;
use ackd::domain::report::{Figures, Report};
use ackd::domain::time::{BusinessTime, Timestamp};

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().expect("a time in RFC 3339")
}

pub(crate) fn address(text: &str) -> Address {
    Address::parse(text).expect("an address")
}

pub(crate) fn id(text: &str) -> MessageId {
    MessageId::parse(text).expect("a Message-ID")
}

/// It is Thursday, 10 September 2026, 13:55 in London.
pub(crate) fn letterhead() -> Letterhead {
    Letterhead {
        instance: InstanceId::new("k7q2"),
        from: Author {
            address: address("ackd@northwind.example"),
            name: Some("Ackd".to_owned()),
        },
        to: address("alice@northwind.example"),
        message_id: id("ackd.7.k7q2@northwind.example"),
        now: at("2026-09-10T12:55:00Z"),
        replies: None,
    }
}

/// The same, where mails can be answered with a word.
pub(crate) fn answerable() -> Letterhead {
    let token = "7-0123456789abcdefghjk";
    Letterhead {
        replies: Some(ReplyPlace {
            address: address(&format!("clients+ackd-{token}@northwind.example")),
            reference: id(&format!("ackd.reply.{token}@northwind.example")),
        }),
        ..letterhead()
    }
}

/// Acme's invoice is wrong: received 11:30, due 14:30.
pub(crate) fn invoice() -> CaseLine {
    CaseLine {
        case: CaseId(17),
        client: "Acme".to_owned(),
        contact: Author {
            address: address("anna@acme.example"),
            name: Some("Anna Bell".to_owned()),
        },
        subject: "Invoice wrong".to_owned(),
        message_id: Some(id("20260910.1130@mail.acme.example")),
        mailboxes: vec![MailboxName::new("clients"), MailboxName::new("alice")],
        received_at: at("2026-09-10T10:30:00Z"),
        due_at: Some(at("2026-09-10T13:30:00Z")),
        clock: Clock::Acknowledge,
        stage: Some(stage(
            Clock::Acknowledge,
            Step::Remind(BusinessTime::from_minutes(30)),
        )),
        next: Some(NextRung {
            at: at("2026-09-10T13:20:00Z"),
            stage: stage(Clock::Acknowledge, Step::Acknowledge),
            reaches: Vec::new(),
        }),
        told: vec![Told {
            person: address("bob@northwind.example"),
            stage: stage(
                Clock::Acknowledge,
                Step::Remind(BusinessTime::from_minutes(90)),
            ),
            at: Some(at("2026-09-10T12:00:00Z")),
            is_undelivered: false,
        }],
        acknowledged: None,
        waited: BusinessTime::from_minutes(145),
        unanswered: 2,
        urgent: false,
        suspicious: false,
        deserves_call: false,
        zone: chrono_tz::Europe::London,
        instead_of: None,
    }
}

/// Globex waits as well, overdue since yesterday, urgent and suspicious.
pub(crate) fn outage() -> CaseLine {
    CaseLine {
        case: CaseId(12),
        client: "Globex".to_owned(),
        contact: Author {
            address: address("ops@globex.example"),
            name: None,
        },
        subject: "Server down".to_owned(),
        message_id: Some(id("x/1%2?\"@globex.example")),
        mailboxes: vec![MailboxName::new("clients")],
        received_at: at("2026-09-09T13:00:00Z"),
        due_at: Some(at("2026-09-09T14:00:00Z")),
        stage: None,
        next: None,
        told: vec![
            Told {
                person: address("bob@northwind.example"),
                stage: stage(Clock::Acknowledge, Step::Escalate(BusinessTime::ZERO)),
                at: Some(at("2026-09-09T14:00:00Z")),
                is_undelivered: true,
            },
            Told {
                person: address("lead@northwind.example"),
                stage: stage(Clock::Acknowledge, Step::Escalate(BusinessTime::ZERO)),
                at: Some(at("2026-09-09T14:00:00Z")),
                is_undelivered: false,
            },
        ],
        acknowledged: Some(AcknowledgementProgress::Undelivered),
        waited: BusinessTime::from_minutes(400),
        unanswered: 3,
        urgent: true,
        suspicious: true,
        deserves_call: true,
        ..invoice()
    }
}

/// Initech's mail is acknowledged; a person's answer is due tomorrow.
pub(crate) fn answer_due() -> CaseLine {
    CaseLine {
        case: CaseId(19),
        client: "Initech".to_owned(),
        subject: String::new(),
        message_id: None,
        due_at: Some(at("2026-09-11T09:00:00Z")),
        clock: Clock::Answer,
        next: Some(NextRung {
            at: at("2026-09-11T09:00:00Z"),
            stage: stage(Clock::Answer, Step::Escalate(BusinessTime::ZERO)),
            reaches: vec![
                address("alice@northwind.example"),
                address("lead@northwind.example"),
            ],
        }),
        told: Vec::new(),
        acknowledged: Some(AcknowledgementProgress::Sent(at("2026-09-10T12:20:00Z"))),
        unanswered: 1,
        ..invoice()
    }
}

pub(crate) fn stage(clock: Clock, step: Step) -> Stage {
    Stage { clock, step }
}

pub(crate) fn lines(lines: Vec<CaseLine>) -> CaseLines {
    CaseLines { lines }
}

pub(crate) fn acknowledgement(language: &str) -> Acknowledgement {
    Acknowledgement {
        team: "Northwind".to_owned(),
        contact: Author {
            address: address("anna@acme.example"),
            name: Some("Anna Bell".to_owned()),
        },
        from: address("clients@northwind.example"),
        subject: "Invoice wrong".to_owned(),
        in_reply_to: Some(id("3@acme.example")),
        references: vec![id("1@acme.example"), id("2@northwind.example")],
        client: "Acme".to_owned(),
        answer_by: Some(at("2026-10-01T08:30:00Z")),
        owner: None,
        closed_for: None,
        closed_today: false,
        zone: chrono_tz::Europe::Berlin,
        language: language.to_owned(),
    }
}

/// Nothing to tell.
pub(crate) fn empty_morning() -> MorningLetter {
    MorningLetter {
        zone: chrono_tz::Europe::London,
        open: vec![],
        acknowledged: vec![],
        asides: vec![],
        thanks: vec![],
        quarantined: vec![],
        check_ins: vec![],
        is_short: false,
    }
}

/// A morning with something of everything.
pub(crate) fn morning() -> MorningLetter {
    let line = |line| MorningLine {
        line,
        snoozed_until: None,
        taken_by: None,
        instead_of: None,
    };
    let aside = |kind, name: &str, subject: &str| Aside {
        at: at("2026-09-09T15:00:00Z"),
        message: MessageKey(1),
        client: ClientKey::new("acme"),
        kind,
        from: Some(Author {
            address: address("anna@acme.example"),
            name: Some(name.to_owned()),
        }),
        subject: subject.to_owned(),
    };
    let acme = || "Acme".to_owned();
    MorningLetter {
        open: vec![
            line(outage()),
            MorningLine {
                snoozed_until: Some(at("2026-09-10T13:10:00Z")),
                ..line(invoice())
            },
        ],
        acknowledged: vec![MorningLine {
            taken_by: Some(address("bob@northwind.example")),
            ..line(answer_due())
        }],
        asides: vec![
            (
                acme(),
                aside(
                    AsideKind::Mail(Kind::AutoReply),
                    "Anna Bell",
                    "Away until Monday",
                ),
            ),
            (
                acme(),
                aside(AsideKind::Mail(Kind::Bulk), "Acme", "News\r\nBcc: <b>x</b>"),
            ),
        ],
        thanks: vec![(
            acme(),
            aside(AsideKind::Thanks, "Anna Bell", "Re: Invoice wrong"),
        )],
        quarantined: vec![Quarantined {
            location: Location {
                mailbox: MailboxName::new("clients"),
                folder: "INBOX".to_owned(),
                uid_validity: 1,
                uid: 4711,
            },
            at: at("2026-09-09T15:00:00Z"),
            reason: "its header is longer than 256 KiB".to_owned(),
        }],
        ..empty_morning()
    }
}

/// Two of three promises to Acme kept, nothing due to Globex, a mailbox blind for a while.
pub(crate) fn week() -> WeeklyLetter {
    let figures = |due, kept, never_answered, acknowledged, minutes: &[u64]| Figures {
        due,
        kept,
        never_answered,
        acknowledged,
        times: minutes.iter().map(|minutes| minutes * 60).collect(),
    };
    let acme = figures(3, 2, 1, 1, &[35, 200]);
    let globex = figures(0, 0, 0, 0, &[65]);
    WeeklyLetter {
        monday: chrono::NaiveDate::from_ymd_opt(2026, 8, 31).expect("a Monday"),
        since: Some(at("2026-09-01T08:00:00Z")),
        zone: chrono_tz::Europe::London,
        report: Report {
            team: figures(3, 2, 1, 1, &[35, 200, 65]),
            clients: vec![
                (ClientKey::new("acme"), "Acme".to_owned(), acme.clone()),
                (ClientKey::new("globex"), "Globex".to_owned(), globex),
            ],
            owners: vec![(address("alice@northwind.example"), acme)],
            blind: vec![(MailboxName::new("clients"), 90)],
            is_cut: false,
        },
    }
}
