//! The daemon has started: what a crash left open, and what a change of mode means.

use std::collections::{BTreeMap, BTreeSet};

use chrono::SubsecRound;

use super::{Decisions, Identity, Step, Weight, whole_case_key};
use crate::domain::address::Address;
use crate::domain::book::Book;
use crate::domain::case::Outlook;
use crate::domain::commit::{Installation, Known};
use crate::domain::ids::{InstanceId, MailboxName};
use crate::domain::outbox::{GIVEN_UP_KEPT, Purpose, RowState, StageKey};
use crate::domain::rules::{Mode, Rules};
use crate::domain::time::Timestamp;

/// Decides what a start means. `fresh` is the name the installation gets if it has none.
pub fn begin(
    book: &Book,
    rules: &Rules,
    fresh: &InstanceId,
    domain: &str,
    now: Timestamp,
) -> Decisions {
    let mut step = Step::new(book, rules, Known::default(), now);
    let before = book.installation().cloned();
    let installation = installation(before.as_ref(), rules, fresh, now);
    let identity = Identity {
        installation: installation.clone(),
        domain: domain.to_owned(),
    };
    let last_mode = before.as_ref().and_then(|before| before.mode);
    if last_mode == Some(Mode::Observe) && rules.mode != Mode::Observe {
        step.summaries(&identity);
    }
    if before.as_ref() != Some(&installation) {
        step.decisions.commit.installation = Some(installation);
    }
    step.forget_given_up();
    let interrupted: Vec<_> = book
        .outbox()
        .rows
        .values()
        .filter(|row| matches!(row.state, RowState::Sending { .. }))
        .cloned()
        .collect();
    for row in interrupted {
        step.unknown(&identity, row, "ackd was interrupted while sending");
    }
    step.finish()
}

/// Owes the operator (or whoever `to` names) a word.
pub fn notice(
    book: &Book,
    rules: &Rules,
    identity: &Identity,
    to: &[Address],
    subject: &str,
    text: &str,
    now: Timestamp,
) -> Decisions {
    let mut step = Step::new(book, rules, Known::default(), now);
    if rules.mode == Mode::Observe {
        step.note(
            Weight::Event,
            None,
            format!("would send a notice: {subject}"),
        );
        return step.finish();
    }
    for person in to {
        let purpose = Purpose::Notice {
            subject: subject.to_owned(),
            text: text.to_owned(),
        };
        step.owe(identity, person.clone(), purpose, Vec::new());
    }
    step.finish()
}

fn installation(
    before: Option<&Installation>,
    rules: &Rules,
    fresh: &InstanceId,
    now: Timestamp,
) -> Installation {
    // Servers stamp mail in whole seconds: what comes later in this second is new mail too.
    let now = now.trunc_subsecs(0);
    let mut installation = before.cloned().unwrap_or_else(|| Installation {
        instance: fresh.clone(),
        first_started: BTreeMap::new(),
        mode: None,
        acknowledge_since: None,
        breaker_until: None,
    });
    let known: BTreeSet<MailboxName> = installation.first_started.keys().cloned().collect();
    for name in rules.mailboxes.keys().filter(|name| !known.contains(*name)) {
        installation.first_started.insert(name.clone(), now);
    }
    if rules.mode == Mode::Full && installation.mode != Some(Mode::Full) {
        installation.acknowledge_since = Some(now);
    }
    installation.mode = Some(rules.mode);
    installation
}

impl Step<'_> {
    /// Rows given up long ago have been in sight for long enough.
    fn forget_given_up(&mut self) {
        for row in self.book.outbox().rows.values() {
            if let RowState::GivenUp { at, reason } = &row.state
                && self.now - *at > GIVEN_UP_KEPT
            {
                let state = RowState::Cancelled {
                    at: self.now,
                    reason: reason.clone(),
                };
                let mut row = row.clone();
                row.state = state;
                self.decisions.commit.outbox.push(row);
            }
        }
    }

    /// After watching only: one mail to each owner that lists what is open, in place of all
    /// the reminders that were not sent.
    fn summaries(&mut self, identity: &Identity) {
        let mut owed: BTreeMap<Address, Vec<StageKey>> = BTreeMap::new();
        let ids: Vec<_> = self.book.cases().map(|case| case.id).collect();
        for id in ids {
            let Some(case) = self.book.case(id) else {
                continue;
            };
            let Some(client) = self.rules.clients.get(&case.client) else {
                continue;
            };
            let key = whole_case_key(case);
            let outlook = Outlook::of(case, self.rules).unwrap_or_default();
            let now = self.now;
            let missed = outlook.open_rungs(case).filter(|rung| rung.at <= now);
            let missed: Vec<_> = missed.map(|rung| rung.stage).collect();
            for owner in client.owners.clone() {
                for stage in &missed {
                    self.mark(id, *stage, owner.clone());
                }
                owed.entry(owner).or_default().push(key);
            }
        }
        for (owner, keys) in owed {
            self.owe(identity, owner, Purpose::Summary, keys);
        }
    }
}
