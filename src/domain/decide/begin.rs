//! The daemon has started: what a crash left open, and what a change of mode means.

use std::collections::{BTreeMap, BTreeSet};

use chrono::SubsecRound;

use super::doubt::begun_anew;
use super::due::KEYS_MAX;
use super::places::Circle;
use super::{Decisions, Identity, Step, whole_case_key};
use crate::domain::address::Address;
use crate::domain::alarm::Alarms;
use crate::domain::book::Book;
use crate::domain::case::{Mark, Outlook};
use crate::domain::commit::{Installation, Known};
use crate::domain::ids::{CaseId, InstanceId, MailboxName, OutboxId};
use crate::domain::outbox::{GIVEN_UP_KEPT, Purpose, RowState, StageKey};
use crate::domain::policy;
use crate::domain::rules::{Mode, Rules};
use crate::domain::time::Timestamp;

/// What [`begin`] has to go by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beginning<'a> {
    /// The name the installation gets if it has none.
    pub fresh: &'a InstanceId,
    /// The domain of our Message-IDs.
    pub domain: &'a str,
    /// Rows that are on their way now: after a reload, not after a start.
    pub in_flight: &'a BTreeSet<OutboxId>,
}

/// Decides what a start, or a new configuration, means.
pub fn begin(book: &Book, rules: &Rules, beginning: &Beginning<'_>, now: Timestamp) -> Decisions {
    let mut step = Step::new(book, rules, Known::default(), now);
    let before = book.installation().cloned();
    let installation = installation(before.as_ref(), rules, beginning.fresh, now);
    let identity = Identity {
        installation: installation.clone(),
        domain: beginning.domain.to_owned(),
        alarm_to: Vec::new(),
    };
    let last_mode = before.as_ref().and_then(|before| before.mode);
    if last_mode == Some(Mode::Observe) && rules.mode != Mode::Observe {
        step.summaries(&identity);
        // Nobody was told of the alarms that were raised while only looking on.
        if !book.alarms().told.is_empty() {
            step.decisions.commit.alarms = Some(Alarms {
                told: BTreeMap::new(),
                outages: book.alarms().outages.clone(),
            });
        }
    }
    if before.as_ref() != Some(&installation) {
        step.decisions.commit.installation = Some(installation);
    }
    let interrupted: Vec<_> = book
        .outbox()
        .rows
        .values()
        .filter(|row| matches!(row.state, RowState::Sending { .. }))
        .filter(|row| !beginning.in_flight.contains(&row.id))
        .cloned()
        .collect();
    for row in interrupted {
        step.unknown(&identity, row, "ackd was interrupted while sending");
    }
    let anew = begun_anew(book, now);
    step.decisions.commit.outbox.extend(anew);
    step.hold_what_may_have_gone_out(&identity);
    step.presume_of_open_cases(&identity.installation);
    step.pass_over_what_lies_behind();
    step.begin_liaisons();
    step.begin_mornings();
    step.finish()
}

/// Puts rows away that nobody needs to see any more: given up long ago, or held for a case
/// that is closed.
pub fn housekeeping(book: &Book, rules: &Rules, now: Timestamp) -> Decisions {
    let mut step = Step::new(book, rules, Known::default(), now);
    for row in book.outbox().rows.values() {
        let reason = match &row.state {
            RowState::GivenUp { at, reason } if now - *at > GIVEN_UP_KEPT => reason.clone(),
            RowState::Held { .. } if row.keys.iter().all(|key| book.case(key.case).is_none()) => {
                "its case is closed".to_owned()
            }
            RowState::GivenUp { .. }
            | RowState::Held { .. }
            | RowState::Queued { .. }
            | RowState::Sending { .. }
            | RowState::Uncertain { .. }
            | RowState::Sent { .. }
            | RowState::Cancelled { .. } => continue,
        };
        let mut row = row.clone();
        row.state = RowState::Cancelled { at: now, reason };
        step.decisions.commit.outbox.push(row);
    }
    step.finish()
}

/// How far back mail is read for who still waits, after the store was lost without any export.
const REBUILT_LOOKS_BACK: chrono::Duration = chrono::Duration::days(30);

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
        lost: Vec::new(),
    });
    let known: BTreeSet<MailboxName> = installation.first_started.keys().cloned().collect();
    // A store that was begun anew has forgotten when it was first started.
    let first = match installation.last_lost() {
        Some(lost) if known.is_empty() => lost.until - REBUILT_LOOKS_BACK,
        _ => now,
    };
    for name in rules.mailboxes.keys().filter(|name| !known.contains(*name)) {
        installation.first_started.insert(name.clone(), first);
    }
    if rules.mode == Mode::Full && installation.mode != Some(Mode::Full) {
        installation.acknowledge_since = Some(now);
    }
    installation.mode = Some(rules.mode);
    installation
}

impl Step<'_> {
    /// What an export calls queued may have been sent before the store was lost: a client never
    /// gets a second one.
    fn hold_what_may_have_gone_out(&mut self, identity: &Identity) {
        let Some(lost) = identity.installation.last_lost() else {
            return;
        };
        let rows = self.book.outbox().rows.values();
        let doubtful: Vec<_> = rows
            .filter(|row| row.purpose.is_to_client() && row.created_at < lost.until)
            .filter(|row| row.is_still_ours())
            .cloned()
            .collect();
        for row in doubtful {
            self.unknown(identity, row, "the store was rebuilt since it was decided");
        }
    }

    /// Rungs that other rules have put behind one that was acted upon already tell nothing new:
    /// who was reminded half an hour before a deadline need not hear of three quarters of an hour.
    fn pass_over_what_lies_behind(&mut self) {
        let mut behind = Vec::new();
        for case in self.book.cases() {
            let outlook = Outlook::of(case, self.rules).unwrap_or_default();
            let past = outlook.open_rungs(case).filter(|rung| rung.at <= self.now);
            for stage in past.map(|rung| rung.stage) {
                let mut marked = case.marked(stage.clock);
                if marked.any(|own| own.step.is_later_than(stage.step)) {
                    behind.push((case.id, stage));
                }
            }
        }
        for (id, stage) in behind {
            let people = match stage.step {
                policy::Step::Escalate(_) => self.rules.team.escalate_to.clone(),
                policy::Step::Remind(_) | policy::Step::Acknowledge => self.owners(id),
            };
            for person in people {
                self.mark(id, stage, person);
            }
        }
    }

    /// Nobody was told while we watched only. The rungs stay acted upon, in the name of those who
    /// get the list now: our mails say who has been told.
    fn told_by_list(&mut self, id: CaseId, owners: &[Address]) {
        let Some(case) = self.case(id).filter(|_| !owners.is_empty()) else {
            return;
        };
        let is_others = |mark: &Mark| {
            mark.stage.step != policy::Step::Acknowledge && !owners.contains(&mark.recipient)
        };
        let withheld: Vec<Mark> = case
            .marks
            .iter()
            .filter(|mark| is_others(mark))
            .cloned()
            .collect();
        if withheld.is_empty() {
            return;
        }
        if let Some(case) = self.case_mut(id) {
            case.marks.retain(|mark| !is_others(mark));
            for mark in withheld {
                for recipient in owners {
                    let mark = Mark {
                        recipient: recipient.clone(),
                        ..mark.clone()
                    };
                    if !case.marks.contains(&mark) {
                        case.marks.push(mark);
                    }
                }
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
            let owners = self.told(case, Circle::Owners);
            let key = whole_case_key(case);
            let outlook = Outlook::of(case, self.rules).unwrap_or_default();
            let now = self.now;
            let missed = outlook.open_rungs(case).filter(|rung| rung.at <= now);
            let missed: Vec<_> = missed.map(|rung| rung.stage).collect();
            for owner in &owners {
                for stage in &missed {
                    self.mark(id, *stage, owner.clone());
                }
                owed.entry(owner.clone()).or_default().push(key);
            }
            self.told_by_list(id, &owners);
        }
        for (owner, keys) in owed {
            for keys in keys.chunks(KEYS_MAX) {
                self.owe(identity, owner.clone(), Purpose::Summary, keys.to_vec());
            }
        }
    }
}
