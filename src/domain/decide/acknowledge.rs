//! The one gate in front of every acknowledgement to a client.

use super::due::Sight;
use super::lost;
use super::team_mail::start_from;
use crate::domain::address::Address;
use crate::domain::book::Book;
use crate::domain::case::{Case, CaseState, ClientMessage};
use crate::domain::commit::Installation;
use crate::domain::ids::ClientKey;
use crate::domain::outbox::RowState;
use crate::domain::policy::Policy;
use crate::domain::rules::{Mode, Rules};
use crate::domain::time::Timestamp;

/// What the gate says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Gate {
    /// Acknowledge to this person.
    Open {
        /// To whom.
        to: Address,
    },
    /// Not now: the mailbox can't be looked at. It is tried again until the deadline.
    Held {
        /// Why, for the owner.
        reason: String,
    },
    /// Never for this round of waiting: the deadline passed long ago.
    Late,
    /// Never for this round of waiting.
    Shut {
        /// Why, for the history.
        reason: String,
        /// Whether the owner should hear of it at once.
        tell_owner: bool,
    },
}

/// How long after the deadline an acknowledgement may still go out. Later it would only
/// tell the client that nobody was there.
pub(super) const LATE_MAX: chrono::Duration = chrono::Duration::minutes(10);

/// Judges whether a case may be acknowledged now, apart from the limits.
pub(super) fn gate(
    case: &Case,
    rules: &Rules,
    installation: &Installation,
    due: Timestamp,
    sight: &Sight,
    now: Timestamp,
) -> Gate {
    let shut = |reason: &str| Gate::Shut {
        reason: reason.to_owned(),
        tell_owner: false,
    };
    if rules.mode != Mode::Full {
        return shut("the mode does not allow mail to clients");
    }
    if !matches!(case.state, CaseState::Waiting { .. }) || case.acknowledgement.is_some() {
        return shut("a case is acknowledged once");
    }
    let Some(newest) = case.unanswered().next_back() else {
        return shut("no mail waits");
    };
    if let Some(message) = case.unanswered().find(|message| !message.may_acknowledge) {
        let why = if message.suspicious {
            "a mail failed DMARC"
        } else {
            "a mail must not be answered by a machine"
        };
        return shut(why);
    }
    if lost::may_be_acknowledged(case, rules, installation) {
        return Gate::Shut {
            reason: "the store was rebuilt, and the client may have been acknowledged before"
                .to_owned(),
            tell_owner: true,
        };
    }
    if case
        .unanswered()
        .any(|message| is_too_old(message, rules, installation))
    {
        return shut("a mail came before acknowledging was switched on");
    }
    if sender_address(newest, rules).is_none() {
        return shut("the mailbox has no address to acknowledge from");
    }
    if now > due + LATE_MAX {
        return Gate::Late;
    }
    // A mailbox that is configured no more is never looked at again.
    let hidden = case
        .holders()
        .filter(|holder| rules.mailboxes.contains_key(&holder.mailbox))
        .find(|holder| !sight.sees(&holder.mailbox, now));
    if let Some(holder) = hidden {
        let mailbox = &holder.mailbox;
        return Gate::Held {
            reason: format!("the mailbox \"{mailbox}\" could not be looked at"),
        };
    }
    Gate::Open {
        to: newest.author.address.clone(),
    }
}

/// The address a mail was sent to: the acknowledgement comes from it.
pub(super) fn sender_address<'a>(message: &ClientMessage, rules: &'a Rules) -> Option<&'a Address> {
    let mut holders = message.holders.iter();
    holders.find_map(|holder| rules.mailboxes.get(&holder.mailbox)?.address.as_ref())
}

fn is_too_old(message: &ClientMessage, rules: &Rules, installation: &Installation) -> bool {
    let allowed = installation.acknowledge_since;
    let before_full = allowed.is_none_or(|since| message.received_at < since);
    let before_start = message.holders.iter().any(|holder| {
        let start = start_from(rules, installation, &holder.mailbox);
        start.is_some_and(|start| message.received_at < start)
    });
    before_full || before_start
}

/// What the limits say about one more acknowledgement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Limit {
    /// None is reached.
    Free,
    /// This sender had one not long ago.
    Sender,
    /// This client had enough within the hour.
    Client,
    /// The breaker is open already.
    BreakerOpen,
    /// The breaker opens with this one.
    BreakerOpens,
    /// This sender may have had one before the store was rebuilt.
    Rebuilt,
}

/// Counts against the limits: what the book remembers and what this step owes already.
///
/// The limits of a sender and a client are there for their sake: what the mail server refused
/// reached nobody and does not count. What became superfluous before it was sent does, for the
/// client had a response of another kind. The breaker is there for ours and counts all: a row of
/// refusals is a reason to stop, too.
pub(super) fn limit(
    book: &Book,
    owed: &[crate::domain::commit::AcknowledgementRecord],
    rules: &Rules,
    client: &ClientKey,
    to: &Address,
    now: Timestamp,
) -> Limit {
    let limits = &rules.limits;
    let records = || book.acknowledgements().iter().chain(owed);
    let within = |at: Timestamp, span: std::time::Duration| {
        let span = chrono::Duration::from_std(span).unwrap_or(chrono::Duration::MAX);
        now.signed_duration_since(at) < span
    };
    let breaker_until = book.installation().and_then(|own| own.breaker_until);
    if breaker_until.is_some_and(|until| now < until) {
        return Limit::BreakerOpen;
    }
    let sent = || records().filter(|record| !record.is_presumed());
    let recent = sent().filter(|record| within(record.at, limits.breaker_within));
    if recent.count() >= limits.breaker as usize {
        return Limit::BreakerOpens;
    }
    let refused = |record: &&crate::domain::commit::AcknowledgementRecord| {
        let row = book.outbox().rows.get(&record.row);
        row.is_some_and(|row| matches!(row.state, RowState::GivenUp { .. }))
    };
    let records = || records().filter(|record| !refused(record));
    let sent = || records().filter(|record| !record.is_presumed());
    let same_sender = |record: &&crate::domain::commit::AcknowledgementRecord| {
        sender_of_record(&record.to) == sender_of_record(to)
    };
    let lately = |record: &crate::domain::commit::AcknowledgementRecord| {
        same_sender(&record) && within(record.at, limits.per_sender_every)
    };
    if sent().any(lately) {
        return Limit::Sender;
    }
    if records().any(lately) {
        return Limit::Rebuilt;
    }
    let hour = std::time::Duration::from_secs(3600);
    let of_client = sent().filter(|record| record.client == *client && within(record.at, hour));
    if of_client.count() >= limits.per_client_per_hour as usize {
        return Limit::Client;
    }
    Limit::Free
}

/// An address without its plus tag, so that ever-changing tags do not dodge the limits.
fn sender_of_record(address: &Address) -> (String, String) {
    let local = address.local();
    let local = local.split_once('+').map_or(local, |(own, _)| own);
    (local.to_owned(), address.domain().to_owned())
}

/// Whether a policy acknowledges at all.
pub(super) fn acknowledges(policy: &Policy) -> bool {
    policy.auto_acknowledge_before.is_some()
}
