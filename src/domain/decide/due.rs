//! Rungs fell due: who is reminded, what is escalated, whom we acknowledge to.

use std::collections::{BTreeMap, VecDeque};

use super::acknowledge::{Gate, Limit, acknowledges, gate, limit};
use super::places::Circle;
use super::{Decisions, Identity, LogEvent, Step, Weight, whole_case_key};
use crate::domain::address::Address;
use crate::domain::book::Book;
use crate::domain::case::{Outlook, sending_calendar};
use crate::domain::commit::{AcknowledgementRecord, Known};
use crate::domain::ids::{CaseId, ClientKey, MailboxName};
use crate::domain::outbox::{Purpose, StageKey};
use crate::domain::policy::{self, Rung, Stage};
use crate::domain::rules::{Client, Mode, Rules};
use crate::domain::time::Timestamp;

/// When each mailbox was last looked at as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sight {
    /// The beginning of the last complete look at every watched folder.
    pub looked: BTreeMap<MailboxName, Timestamp>,
}

impl Sight {
    /// How old a look may be that still shows the present.
    pub const FRESH: chrono::Duration = chrono::Duration::seconds(10);

    /// Whether we know what lies in this mailbox now.
    pub fn sees(&self, mailbox: &MailboxName, now: Timestamp) -> bool {
        self.looked
            .get(mailbox)
            .is_some_and(|at| (now - *at).abs() <= Self::FRESH)
    }
}

/// How many cases one step decides about; the rest follow in the next step.
const CASES_MAX: usize = 500;

/// Reminders for one person that fall due within this become one mail.
const TOGETHER: chrono::Duration = chrono::Duration::minutes(1);

/// How long after closing time what fell due at closing may still be sent.
pub(super) const CLOSING_GRACE: chrono::Duration = chrono::Duration::minutes(2);

/// How many cases one mail stands for; the rest follow in another. As many as one step decides
/// about: after a long outage each person gets one mail, not one for every page of it.
pub(super) const KEYS_MAX: usize = CASES_MAX;

/// After how long a held acknowledgement is tried again.
const HELD_RETRY: chrono::Duration = chrono::Duration::seconds(30);

/// Decides about every case that has something due at `now`.
pub fn due(
    book: &Book,
    rules: &Rules,
    identity: &Identity,
    sight: &Sight,
    now: Timestamp,
) -> Decisions {
    let step = Step::new(book, rules, Known::default(), now);
    let mut round = Round {
        step,
        identity,
        sight,
        owed: BTreeMap::new(),
        held: BTreeMap::new(),
        listed: BTreeMap::new(),
    };
    let due = fairly(book, now);
    for id in &due {
        round.case(*id, now);
    }
    if due.len() < CASES_MAX {
        round.take_along();
    }
    round.list_what_was_acknowledged();
    round.finish()
}

/// The cases this step decides about: where there are more than it can take, each client has
/// its turn, so that nobody waits behind the thousands of another.
fn fairly(book: &Book, now: Timestamp) -> Vec<CaseId> {
    let mut by_client: BTreeMap<&ClientKey, VecDeque<CaseId>> = BTreeMap::new();
    for (_, id) in book.due_by(now) {
        if let Some(case) = book.case(id) {
            let own = by_client.entry(&case.client).or_default();
            if own.len() < CASES_MAX {
                own.push_back(id);
            }
        }
    }
    let mut due = Vec::new();
    while due.len() < CASES_MAX && !by_client.is_empty() {
        by_client.retain(|_, own| {
            due.extend(own.pop_front());
            !own.is_empty()
        });
    }
    due.truncate(CASES_MAX);
    due
}

/// What is owed to one person in one round.
#[derive(Debug, Default)]
struct Owed {
    escalation: bool,
    keys: Vec<StageKey>,
}

/// One round of decisions about what is due.
pub(super) struct Round<'a> {
    pub(super) step: Step<'a>,
    pub(super) identity: &'a Identity,
    sight: &'a Sight,
    owed: BTreeMap<Address, Owed>,
    held: BTreeMap<Address, Vec<(StageKey, String)>>,
    listed: BTreeMap<Address, Vec<StageKey>>,
}

impl Round<'_> {
    /// Decides about the rungs of one case that are due at `moment`.
    fn case(&mut self, id: CaseId, moment: Timestamp) {
        let (rules, now) = (self.step.rules, self.step.now);
        let Some(case) = self.step.case(id) else {
            return;
        };
        let Some((client, policy, _)) = rules.promise(&case.client) else {
            return;
        };
        let outlook = Outlook::of(case, rules).unwrap_or_default();
        let open: Vec<Rung> = outlook.open_rungs(case).copied().collect();
        let ripe: Vec<Rung> = open.into_iter().filter(|rung| rung.at <= moment).collect();
        if ripe.is_empty() {
            return;
        }
        if let Some(hours) = sending_calendar(rules, client)
            && !hours.is_open(now)
            && !hours.is_open(now - CLOSING_GRACE)
        {
            // The rungs wait for the next opening; they come late and collapse there.
            if let Ok(opening) = hours.next_open(now) {
                self.step.decisions.deferred.push((id, opening));
                return;
            }
        }
        let (acknowledge, told): (Vec<Rung>, Vec<Rung>) = ripe
            .into_iter()
            .partition(|rung| rung.stage.step == policy::Step::Acknowledge);
        if let (Some(rung), Some(due)) = (acknowledge.first(), outlook.acknowledge_due)
            && acknowledges(policy)
        {
            // Who hears of the case in this very round need not hear twice.
            self.acknowledge(id, rung.stage, due, client, told.is_empty());
        }
        if let Some(last) = told.last().copied() {
            self.tell(id, last, &told);
        }
    }

    /// Reminds or escalates: rungs that are due together collapse into the last of them.
    fn tell(&mut self, id: CaseId, last: Rung, ripe: &[Rung]) {
        let escalation = matches!(last.stage.step, policy::Step::Escalate(_));
        let circle = match escalation {
            true => Circle::Escalation,
            false => Circle::Owners,
        };
        let Some(case) = self.step.case(id) else {
            return;
        };
        let mut people = self.step.told(case, circle);
        let snoozed = case
            .snoozed_until
            .is_some_and(|until| until > self.step.now);
        // Who put it aside hears of it at the end of that; whom it goes on to, now.
        let spared = match escalation && snoozed {
            true => self.step.told(case, Circle::Owners),
            false => Vec::new(),
        };
        let owners = case.owners(self.step.rules);
        let leads = &self.step.rules.team.escalate_to;
        for rung in ripe {
            for person in &people {
                self.step.mark(id, rung.stage, person.clone());
            }
        }
        let Some(case) = self.step.case(id) else {
            return;
        };
        let key = StageKey {
            case: id,
            generation: case.state.generation(),
            stage: last.stage,
        };
        if self.was_missed(last) {
            self.list(key);
            return;
        }
        let goes_on = |own: &Address| leads.contains(own) && !owners.contains(own);
        people.retain(|person| !spared.contains(person) || goes_on(person));
        for person in people {
            let owed = self.owed.entry(person).or_default();
            owed.escalation |= escalation;
            owed.keys.push(key);
        }
    }

    /// Whether a rung fell due before the store was rebuilt: somebody may have been told then.
    fn was_missed(&self, rung: Rung) -> bool {
        let lost = self.identity.installation.last_lost();
        lost.is_some_and(|lost| rung.at <= lost.until)
    }

    /// The case goes on its owners' lists, in place of reminders that may have been sent before.
    pub(super) fn list(&mut self, mut key: StageKey) {
        if let Some(case) = self.step.case(key.case) {
            key = whole_case_key(case);
        }
        for person in self.step.owners(key.case) {
            self.listed.entry(person).or_default().push(key);
        }
    }

    /// Reminders that would fall due within a minute for somebody who gets a mail now come
    /// along, unless that would be early by more than half of their own lead time.
    fn take_along(&mut self) {
        let now = self.step.now;
        let soon: Vec<(Timestamp, CaseId)> = self
            .step
            .book
            .due_by(now + TOGETHER)
            .filter(|(at, _)| *at > now)
            .take(CASES_MAX)
            .collect();
        for (at, id) in soon {
            let Some(case) = self.step.book.case(id) else {
                continue;
            };
            let outlook = Outlook::of(case, self.step.rules).unwrap_or_default();
            let fits = outlook
                .open_rungs(case)
                .find(|rung| rung.at <= at)
                .is_some_and(|rung| match rung.stage.step {
                    policy::Step::Remind(before) => {
                        let early = (rung.at - now).num_seconds().unsigned_abs();
                        early * 2 <= before.seconds()
                    }
                    policy::Step::Acknowledge | policy::Step::Escalate(_) => false,
                });
            let owners = self.step.told(case, Circle::Owners);
            let written_to = owners.iter().any(|owner| self.owed.contains_key(owner));
            if fits && written_to {
                self.case(id, at);
            }
        }
    }

    /// Acknowledges, holds back or decides against it.
    fn acknowledge(
        &mut self,
        id: CaseId,
        stage: Stage,
        due: Timestamp,
        client: &Client,
        tell_late: bool,
    ) {
        let (book, rules, now) = (self.step.book, self.step.rules, self.step.now);
        let Some(case) = self.step.case(id) else {
            return;
        };
        let verdict = gate(
            case,
            rules,
            &self.identity.installation,
            due,
            self.sight,
            now,
        );
        match verdict {
            Gate::Open { to } => {
                let owed = &self.step.decisions.commit.acknowledgements;
                match limit(book, owed, rules, &client.key, &to, now) {
                    Limit::Free => self.owe_acknowledgement(id, stage, to),
                    Limit::Sender => self.shut(
                        id,
                        stage,
                        "this sender had one within the limit's time",
                        true,
                    ),
                    Limit::Client => {
                        self.shut(id, stage, "this client had its number for the hour", true)
                    }
                    Limit::Rebuilt => self.shut(
                        id,
                        stage,
                        "this sender may have had one before the store was rebuilt",
                        true,
                    ),
                    Limit::BreakerOpen => self.shut(id, stage, "the breaker is open", true),
                    Limit::BreakerOpens => {
                        self.open_breaker();
                        self.shut(id, stage, "the breaker has opened", true);
                    }
                }
            }
            Gate::Held { reason } => self.hold(id, stage, &reason),
            Gate::Late => {
                let tell = tell_late && !self.was_told_held(id, stage);
                let reason = "the deadline has passed for too long";
                self.shut(id, stage, reason, tell);
            }
            Gate::Shut { reason, tell_owner } => self.shut(id, stage, &reason, tell_owner),
        }
    }

    fn owe_acknowledgement(&mut self, id: CaseId, stage: Stage, to: Address) {
        let Some(case) = self.step.case(id) else {
            return;
        };
        let client = case.client.clone();
        let key = StageKey {
            case: id,
            generation: case.state.generation(),
            stage,
        };
        let purpose = Purpose::Acknowledgement;
        let Some(row) = self.step.owe(self.identity, to.clone(), purpose, vec![key]) else {
            return;
        };
        self.step.mark(id, stage, to.clone());
        // The client may answer our acknowledgement and name nothing else.
        let mut owed = self.step.decisions.commit.outbox.iter();
        let own = owed.find(|own| own.id == row);
        if let Some(own) = own.map(|own| own.message_id.hash()) {
            self.step.remember_thread(id, own.of_client(client.hash()));
        }
        if let Some(case) = self.step.case_mut(id) {
            case.acknowledgement = Some(row);
        }
        let record = AcknowledgementRecord {
            at: self.step.now,
            client,
            to,
            row,
        };
        self.step.decisions.commit.acknowledgements.push(record);
        self.step.history(
            id,
            format!("acknowledgement to the client decided (outbox {row})"),
        );
    }

    fn hold(&mut self, id: CaseId, stage: Stage, reason: &str) {
        let told = self.was_told_held(id, stage);
        if !told {
            self.tell_held(id, reason);
            for owner in self.step.owners(id) {
                self.step.mark(id, stage, owner);
            }
            let (event, what) = (
                LogEvent::AcknowledgementHeld,
                format!("acknowledgement held: {reason}"),
            );
            self.step
                .note_of_rung(Weight::Trouble, event, id, stage, what);
        }
        self.step
            .decisions
            .deferred
            .push((id, self.step.now + HELD_RETRY));
    }

    /// Whether the owners were told, in this round of waiting, that it is held.
    fn was_told_held(&self, id: CaseId, stage: Stage) -> bool {
        self.step.case(id).is_some_and(|case| {
            let generation = case.state.generation();
            let mut marks = case.marks.iter();
            marks.any(|mark| mark.generation == generation && mark.stage == stage)
        })
    }

    fn shut(&mut self, id: CaseId, stage: Stage, reason: &str, tell_owner: bool) {
        let Some(case) = self.step.case(id) else {
            return;
        };
        let newest = case.unanswered().next_back();
        let contact = newest.map_or(&case.contact.address, |message| &message.author.address);
        let contact = contact.clone();
        self.step.mark(id, stage, contact);
        let (event, what) = match self.step.rules.mode {
            Mode::Observe => {
                let what = "would have come to the acknowledgement to the client; nothing sent";
                (LogEvent::MailWithheld, what.to_owned())
            }
            Mode::Remind | Mode::Full => {
                let what = format!("not acknowledged: {reason}");
                (LogEvent::AcknowledgementRefused, what)
            }
        };
        self.step
            .note_of_rung(Weight::Event, event, id, stage, what);
        if tell_owner {
            self.tell_held(id, reason);
        }
    }

    fn tell_held(&mut self, id: CaseId, reason: &str) {
        let Some(case) = self.step.case(id) else {
            return;
        };
        let key = whole_case_key(case);
        for owner in self.step.told(case, Circle::Owners) {
            let held = self.held.entry(owner).or_default();
            held.push((key, reason.to_owned()));
        }
    }

    fn open_breaker(&mut self) {
        let reset = chrono::Duration::from_std(self.step.rules.limits.breaker_reset);
        let until = self.step.now + reset.unwrap_or(chrono::Duration::hours(1));
        let staged = self.step.decisions.commit.installation.take();
        let mut installation = staged.unwrap_or_else(|| self.identity.installation.clone());
        installation.breaker_until = Some(until);
        self.step.decisions.commit.installation = Some(installation);
        let what = format!("too many acknowledgements at once: none is sent before {until}");
        self.step
            .note(Weight::Trouble, LogEvent::BreakerOpened, None, what);
    }

    fn owe_lists(&mut self) {
        for (person, keys) in std::mem::take(&mut self.listed) {
            if self.step.rules.mode == Mode::Observe {
                let what = |who: &str| format!("would send a summary to {who}");
                self.step.withhold(None, &person, what);
                continue;
            }
            for keys in keys.chunks(KEYS_MAX) {
                self.step.owe(
                    self.identity,
                    person.clone(),
                    Purpose::Summary,
                    keys.to_vec(),
                );
            }
        }
    }

    fn finish(mut self) -> Decisions {
        for (person, owed) in std::mem::take(&mut self.owed) {
            let purpose = match owed.escalation {
                true => Purpose::Escalation,
                false => Purpose::Reminder,
            };
            let word = purpose.as_str();
            if self.step.rules.mode == Mode::Observe {
                let count = owed.keys.len();
                let what =
                    |who: &str| format!("would send a {word} to {who} about {count} case(s)");
                self.step.withhold(owed.keys.first(), &person, what);
                continue;
            }
            for key in &owed.keys {
                let what = format!("{word} to {} decided ({})", person.masked(), key.stage);
                self.step.history(key.case, what);
            }
            for keys in owed.keys.chunks(KEYS_MAX) {
                let purpose = purpose.clone();
                self.step
                    .owe(self.identity, person.clone(), purpose, keys.to_vec());
            }
        }
        self.owe_lists();
        for (owner, held) in std::mem::take(&mut self.held) {
            for held in held.chunks(KEYS_MAX) {
                let reason = reasons_in_words(held);
                let purpose = Purpose::AcknowledgementHeld { reason };
                let keys = held.iter().map(|(key, _)| *key).collect();
                self.step.owe(self.identity, owner.clone(), purpose, keys);
            }
        }
        self.step.finish()
    }
}

/// Why acknowledgements were held back: where there are several reasons, each with its cases.
fn reasons_in_words(held: &[(StageKey, String)]) -> String {
    let mut cases: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (key, reason) in held {
        let cases = cases.entry(reason).or_default();
        cases.push(key.case.to_string());
    }
    let several = cases.len() > 1;
    let told = cases.iter().map(|(reason, cases)| match several {
        true => format!("{reason} (case {})", cases.join(", ")),
        false => (*reason).to_owned(),
    });
    told.collect::<Vec<String>>().join("; ")
}
