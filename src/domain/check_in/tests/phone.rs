//! When a call would be shorter.

use super::*;
use crate::domain::address::{Address, Author};
use crate::domain::case::{Answer, Case, CaseEvent, ClientMessage, Evidence, Happening, Reach};
use crate::domain::ids::{CaseId, MessageKey};

fn wrote(at: Timestamp) -> CaseEvent {
    let address = Address::parse("anna@acme.example").expect("an address");
    CaseEvent::ClientWrote(ClientMessage {
        key: MessageKey(1),
        message_id: None,
        other_ids: vec![],
        references: vec![],
        author: Author {
            address,
            name: None,
        },
        answered_at: vec![],
        received_at: at,
        clock_from: at,
        urgent: false,
        may_acknowledge: true,
        suspicious: false,
        thanks: false,
        language: None,
        holders: vec![],
    })
}

fn answered(at: Timestamp) -> CaseEvent {
    CaseEvent::TeamAnswered(Answer {
        message: None,
        at,
        stopped_at: at,
        evidence: Evidence::ReplyHeaders,
        names: vec![],
        reach: Reach::Whole,
        by: None,
        id: None,
    })
}

/// A case in which a question and its answer followed each other at these hours from Monday on.
fn back_and_forth(hours: &[i64]) -> Case {
    let author = Author {
        address: Address::parse("anna@acme.example").expect("an address"),
        name: None,
    };
    let mut case = Case::new(CaseId(1), ClientKey::new("acme"), author, String::new());
    for hour in hours {
        let asked = at("2026-11-23T09:00:00Z") + chrono::Duration::hours(*hour);
        let told = asked + chrono::Duration::minutes(30);
        let events = [(asked, wrote(asked)), (told, answered(told))];
        let happened = events.map(|(at, event)| Happening { at, event });
        case.happenings.extend(happened);
    }
    case
}

#[test]
fn six_exchanges_in_five_business_days_earn_the_hint() {
    let calendar = london(&[]);
    let hint = |case: &Case, after: u32, now: &str| deserves_call(case, &calendar, after, at(now));
    let busy = back_and_forth(&[0, 1, 24, 25, 48, 96]);
    assert!(hint(&busy, 6, "2026-11-27T17:00:00Z"));
    assert!(!hint(&busy, 7, "2026-11-27T17:00:00Z"));
    assert!(!hint(&busy, 0, "2026-11-27T17:00:00Z"), "switched off");
    // Over the weekend the five days are still those of last week; on Monday one is gone.
    assert!(hint(&busy, 6, "2026-11-29T12:00:00Z"));
    assert!(!hint(&busy, 6, "2026-11-30T09:00:00Z"));
}

#[test]
fn many_mails_of_one_side_are_no_exchange() {
    let mut case = back_and_forth(&[0, 1, 2, 3, 4]);
    for hour in 5..20 {
        let asked = at("2026-11-23T09:00:00Z") + chrono::Duration::hours(hour);
        let event = wrote(asked);
        case.happenings.push(Happening { at: asked, event });
    }
    let calendar = london(&[]);
    assert!(!deserves_call(
        &case,
        &calendar,
        6,
        at("2026-11-24T09:00:00Z")
    ));
}
