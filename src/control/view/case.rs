//! How a case is shown, in a list and by itself.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::moment;
use crate::domain::address::Address;
use crate::domain::case::{Case, CaseState, ClientMessage};
use crate::domain::commit::{HistoryEntry, KeptReason};
use crate::domain::ids::MessageKey;
use crate::domain::time::Timestamp;

/// One case in a list: `ackd cases`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseView {
    /// Its number.
    pub id: u64,
    /// The key of its client.
    pub client: String,
    /// The address of who wrote first.
    pub contact: String,
    /// The subject of the first mail; empty if there is none or subjects are not kept.
    pub subject: String,
    /// When the client's first mail was received.
    #[serde(with = "moment::option")]
    pub opened_at: Option<Timestamp>,
    /// When the client must have a response; none if it has one.
    #[serde(with = "moment::option")]
    pub due_at: Option<Timestamp>,
    /// When a person must have answered; none if one has, or without an answer clock.
    #[serde(with = "moment::option")]
    pub answer_due_at: Option<Timestamp>,
    /// Where it stands.
    pub state: CaseStanding,
    /// Whether it is urgent; of a closed case, whether it was in its last round of waiting.
    pub urgent: bool,
    /// The mailboxes that hold the client's mails, each named once.
    pub mailboxes: Vec<String>,
    /// The Message-IDs of the client's mails without brackets, oldest first.
    pub message_ids: Vec<String>,
    /// The stages that were acted upon in the present round of waiting.
    pub stages_done: Vec<String>,
    /// The addresses of who is reminded of it: whom it was assigned to, or the client's owners.
    /// `ackd cases --json`, whose fields are promised, leaves it out; `ackd case show` tells it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owners: Vec<String>,
    /// The time zone (IANA) of its client's calendar, for people who read its moments; left out of
    /// `ackd cases --json` too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
}

/// What the rules say of a case, as the engine works it out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CaseOutlook {
    /// Who is reminded of it.
    pub owners: Vec<Address>,
    /// When the client must have a response. `None` if it has one.
    pub due_at: Option<Timestamp>,
    /// When a person must have answered. `None` if one has, or without an answer clock.
    pub answer_due_at: Option<Timestamp>,
    /// The zone of its client's calendar; `None` if the client is not configured any more.
    pub zone: Option<chrono_tz::Tz>,
}

impl CaseView {
    /// Shows a case.
    pub fn new(case: &Case, outlook: &CaseOutlook) -> Self {
        let mut mailboxes: Vec<String> = Vec::new();
        for holder in case.holders() {
            let name = holder.mailbox.as_str();
            if !mailboxes.iter().any(|known| known == name) {
                mailboxes.push(name.to_owned());
            }
        }
        Self {
            id: case.id.0,
            client: case.client.to_string(),
            contact: case.contact.address.to_string(),
            subject: case.subject.clone(),
            owners: outlook.owners.iter().map(ToString::to_string).collect(),
            time_zone: outlook.zone.map(|zone| zone.name().to_owned()),
            opened_at: case.opened_at(),
            due_at: outlook.due_at,
            answer_due_at: outlook.answer_due_at,
            state: CaseStanding::from(&case.state),
            urgent: case.is_urgent(),
            mailboxes,
            message_ids: case
                .messages()
                .filter_map(|message| message.message_id.as_ref())
                .map(ToString::to_string)
                .collect(),
            stages_done: stages_done(case),
        }
    }

    /// The deadline that comes first. None for a closed case.
    pub fn next_due_at(&self) -> Option<Timestamp> {
        match self.state {
            CaseStanding::Waiting => self.due_at.into_iter().chain(self.answer_due_at).min(),
            CaseStanding::Acknowledged => self.answer_due_at,
            CaseStanding::New | CaseStanding::Answered | CaseStanding::Settled => None,
        }
    }
}

/// Puts the case that is due next first; open ones without a deadline after those with one;
/// closed ones last, the newest of them first.
pub fn soonest_first(cases: &mut [CaseView]) {
    cases.sort_by_key(|case| {
        let due = case.next_due_at();
        let age = if case.state.is_open() {
            case.id
        } else {
            u64::MAX - case.id
        };
        (!case.state.is_open(), due.is_none(), due, age)
    });
}

/// Where a case stands, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseStanding {
    /// Nothing was heard of the client yet.
    New,
    /// The client waits for any response.
    Waiting,
    /// We acknowledged; a person's answer is still owed.
    Acknowledged,
    /// A person answered.
    Answered,
    /// Somebody said that no answer is owed.
    Settled,
}

impl CaseStanding {
    /// Every one, in the order in which a case goes through them.
    pub const ALL: [Self; 5] = [
        Self::New,
        Self::Waiting,
        Self::Acknowledged,
        Self::Answered,
        Self::Settled,
    ];

    /// Whether a client still waits.
    pub const fn is_open(self) -> bool {
        match self {
            Self::Waiting | Self::Acknowledged => true,
            Self::New | Self::Answered | Self::Settled => false,
        }
    }

    /// The word used in listings.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Waiting => "waiting",
            Self::Acknowledged => "acknowledged",
            Self::Answered => "answered",
            Self::Settled => "settled",
        }
    }
}

impl From<&CaseState> for CaseStanding {
    fn from(state: &CaseState) -> Self {
        match state {
            CaseState::New => Self::New,
            CaseState::Waiting { .. } => Self::Waiting,
            CaseState::Acknowledged { .. } => Self::Acknowledged,
            CaseState::Answered { .. } => Self::Answered,
            CaseState::Settled { .. } => Self::Settled,
        }
    }
}

/// One case with all that is known of it: `ackd case show`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseDetail {
    /// What the list shows of it.
    #[serde(flatten)]
    pub case: CaseView,
    /// The name of who wrote first, if it is known.
    pub contact_name: Option<String>,
    /// Which round of waiting it is, from 1.
    pub generation: u32,
    /// How many of the client's mails wait for an answer.
    pub unanswered: u64,
    /// Nobody is reminded before this moment.
    #[serde(with = "moment::option")]
    pub snoozed_until: Option<Timestamp>,
    /// Whom it was assigned to by hand, if it was; nobody outside the team is reminded of it.
    #[serde(default)]
    pub assigned_to: Option<String>,
    /// Why it stands where it stands and is due when it is due, in words.
    pub reasons: Vec<String>,
    /// The client's mails, oldest first.
    pub messages: Vec<MessageView>,
    /// What happened, oldest first.
    pub history: Vec<HistoryLine>,
}

impl CaseDetail {
    /// Shows a case with its history. `reasons` are sentences for people: how the deadline
    /// came about, by what evidence a clock stopped. `verdicts` are the reasons of its mails.
    pub fn new(
        case: &Case,
        outlook: &CaseOutlook,
        reasons: Vec<String>,
        verdicts: &BTreeMap<MessageKey, Vec<KeptReason>>,
        history: &[HistoryEntry],
    ) -> Self {
        let of = |own: &ClientMessage| verdicts.get(&own.key).map_or(&[][..], Vec::as_slice);
        let waiting: BTreeSet<MessageKey> = case.unanswered().map(|own| own.key).collect();
        let view = |own: &ClientMessage| MessageView {
            waits: waiting.contains(&own.key),
            ..MessageView::new(own, of(own))
        };
        Self {
            case: CaseView::new(case, outlook),
            contact_name: case.contact.name.clone(),
            generation: case.state.generation().0,
            unanswered: waiting.len() as u64,
            snoozed_until: case.snoozed_until,
            assigned_to: case.assigned_to.as_ref().map(ToString::to_string),
            reasons,
            messages: case.messages().map(view).collect(),
            history: history
                .iter()
                .map(|entry| HistoryLine {
                    at: entry.at,
                    what: entry.what.clone(),
                })
                .collect(),
        }
    }
}

/// One of the client's mails in a [`CaseDetail`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageView {
    /// Its Message-ID without brackets, if it has one.
    pub message_id: Option<String>,
    /// The address of who wrote it.
    pub author: String,
    /// When the server received it, never later than the moment we first saw it.
    #[serde(with = "moment")]
    pub received_at: Timestamp,
    /// Whether it is urgent by itself.
    pub urgent: bool,
    /// Whether it may be acknowledged, as far as the message itself tells.
    pub may_acknowledge: bool,
    /// Whether it failed DMARC.
    pub suspicious: bool,
    /// Whether it is a short thanks after our answer.
    pub thanks: bool,
    /// Whether it waits for an answer.
    #[serde(default)]
    pub waits: bool,
    /// Where it lies: mailbox and folder, as `clients/INBOX`.
    pub holders: Vec<String>,
    /// Why it was judged as it was; empty if that is not kept any more.
    #[serde(default)]
    pub reasons: Vec<ReasonView>,
}

/// A rule that decided something about a mail, and what in the mail made it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReasonView {
    /// The rule's id, as `ackd explain` names it.
    pub rule: String,
    /// The header or text that decided, shortened; without the subject where subjects are not
    /// kept.
    pub evidence: String,
}

impl From<&KeptReason> for ReasonView {
    fn from(reason: &KeptReason) -> Self {
        Self {
            rule: reason.rule.clone(),
            evidence: reason.evidence.clone(),
        }
    }
}

impl MessageView {
    /// Shows a mail with the reasons of its verdict, as one that does not wait.
    pub fn new(message: &ClientMessage, reasons: &[KeptReason]) -> Self {
        Self {
            reasons: reasons.iter().map(ReasonView::from).collect(),
            message_id: message.message_id.as_ref().map(ToString::to_string),
            author: message.author.address.to_string(),
            received_at: message.clock_from,
            urgent: message.urgent,
            may_acknowledge: message.may_acknowledge,
            suspicious: message.suspicious,
            thanks: message.thanks,
            waits: false,
            holders: message
                .holders
                .iter()
                .map(|holder| format!("{}/{}", holder.mailbox, holder.folder))
                .collect(),
        }
    }
}

/// One line in the history of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryLine {
    /// When.
    #[serde(with = "moment")]
    pub at: Timestamp,
    /// What happened, in words.
    pub what: String,
}

/// Several recipients of one stage make one line, in the order in which it was acted upon.
fn stages_done(case: &Case) -> Vec<String> {
    let generation = case.state.generation();
    let mut stages: Vec<String> = Vec::new();
    for mark in &case.marks {
        let stage = mark.stage.to_string();
        if mark.generation == generation && !stages.contains(&stage) {
            stages.push(stage);
        }
    }
    stages
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::address::Author;
    use crate::domain::case::{CaseEvent, Mark, Settlement};
    use crate::domain::facts::Location;
    use crate::domain::ids::{CaseId, ClientKey, Generation, MailboxName, MessageId};
    use crate::domain::policy::{Clock, Stage, Step};
    use crate::domain::time::BusinessTime;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a moment")
    }

    fn address(text: &str) -> Address {
        Address::parse(text).expect("an address")
    }

    fn mail(key: u128, received_at: &str) -> CaseEvent {
        let location = |mailbox: &str| Location {
            mailbox: MailboxName::new(mailbox),
            folder: "INBOX".into(),
            uid_validity: 1,
            uid: 1,
        };
        CaseEvent::ClientWrote(ClientMessage {
            key: MessageKey(key),
            message_id: MessageId::parse(&format!("{key}@acme.example")),
            other_ids: vec![],
            references: vec![],
            author: author(),
            answered_at: vec![],
            received_at: at(received_at),
            clock_from: at(received_at),
            urgent: key == 2,
            may_acknowledge: true,
            suspicious: false,
            thanks: false,
            language: None,
            holders: vec![location("clients"), location("office")],
        })
    }

    fn author() -> Author {
        Author {
            address: address("ann@acme.example"),
            name: Some("Ann".into()),
        }
    }

    fn case() -> Case {
        let reminded = |generation, recipient| Mark {
            generation: Generation(generation),
            stage: Stage {
                clock: Clock::Acknowledge,
                step: Step::Remind(BusinessTime::from_minutes(30)),
            },
            recipient: address(recipient),
        };
        let mut case = Case {
            id: CaseId(7),
            client: ClientKey::new("acme"),
            contact: author(),
            subject: "Server".into(),
            happenings: vec![],
            thread: vec![],
            marks: vec![
                reminded(1, "alice@northwind.example"),
                reminded(1, "bob@northwind.example"),
            ],
            acknowledgement: None,
            urgent: false,
            snoozed_until: None,
            assigned_to: None,
            state: CaseState::New,
        };
        // Learned of in the wrong order.
        for event in [
            mail(2, "2026-01-05T09:00:00.9Z"),
            mail(1, "2026-01-05T08:30:00.9Z"),
        ] {
            case.apply(event).expect("legal");
        }
        case
    }

    #[test]
    fn a_closed_case_shows_whether_it_was_urgent_in_its_last_round() {
        let urgent = |case: &Case| CaseView::new(case, &CaseOutlook::default()).urgent;
        let mut case = Case::new(CaseId(7), ClientKey::new("acme"), author(), String::new());
        let settled = |moment: &str| CaseEvent::Settled {
            at: at(moment),
            how: Settlement::Phoned,
            by: "ann".into(),
        };
        case.apply(mail(2, "2026-11-23T09:00:00Z")).expect("legal");
        assert!(urgent(&case));
        case.apply(settled("2026-11-23T10:00:00Z")).expect("legal");
        assert!(urgent(&case));
        case.apply(mail(3, "2026-11-23T11:00:00Z")).expect("legal");
        assert!(!urgent(&case));
        case.apply(settled("2026-11-23T12:00:00Z")).expect("legal");
        assert!(!urgent(&case));
        case.urgent = true;
        assert!(urgent(&case), "made urgent by hand");
    }

    #[test]
    fn a_case_is_shown_with_everything_named_once_and_in_order() {
        let outlook = CaseOutlook {
            owners: vec![address("alice@northwind.example")],
            due_at: Some(at("2026-01-05T10:00:00Z")),
            answer_due_at: None,
            zone: Some(chrono_tz::Europe::Berlin),
        };
        let view = CaseView::new(&case(), &outlook);
        assert_eq!(
            serde_json::to_value(&view).expect("JSON"),
            serde_json::json!({
                "id": 7, "client": "acme", "contact": "ann@acme.example", "subject": "Server",
                "opened_at": "2026-01-05T08:30:00Z", "due_at": "2026-01-05T10:00:00Z",
                "answer_due_at": null, "state": "waiting", "urgent": true,
                "mailboxes": ["clients", "office"],
                "message_ids": ["1@acme.example", "2@acme.example"],
                "stages_done": ["remind 30m before"],
                "owners": ["alice@northwind.example"],
                "time_zone": "Europe/Berlin",
            })
        );
    }

    #[test]
    fn a_case_comes_back_from_json_as_it_went() {
        let history = [HistoryEntry {
            case: CaseId(7),
            at: at("2026-01-05T08:30:00Z"),
            what: "opened".into(),
        }];
        let reasons = vec!["due 1h after".into()];
        let verdict = vec![KeptReason {
            rule: "urgent-word".into(),
            evidence: "\"down\" in the subject".into(),
        }];
        let verdicts = BTreeMap::from([(MessageKey(2), verdict)]);
        let outlook = CaseOutlook::default();
        let mut detail = CaseDetail::new(&case(), &outlook, reasons, &verdicts, &history);
        assert_eq!(detail.messages[1].reasons.len(), 1);
        assert_eq!((detail.generation, detail.unanswered), (1, 2));
        // Moments travel in whole seconds.
        detail.case.opened_at = Some(at("2026-01-05T08:30:00Z"));
        for (message, second) in detail.messages.iter_mut().zip(["08:30:00", "09:00:00"]) {
            message.received_at = at(&format!("2026-01-05T{second}Z"));
        }
        let json = serde_json::to_string(&detail).expect("JSON");
        assert_eq!(serde_json::from_str::<CaseDetail>(&json).ok(), Some(detail));
    }
}
