//! What to do: from the book, the rules and one input to a list of changes.
//!
//! Vocabulary: a *step* is one decision from beginning to end; it works on copies of the
//! cases it touches and ends in [`Decisions`]: one [`Commit`] and some [`Note`]s for the log.
//! Nothing is done here; the engine writes the commit and then acts.
//!
//! - [`arrivals`](fn@arrivals): messages came in.
//! - [`due`](fn@due): rungs fell due.
//! - [`errands`](fn@errands): what falls due beside the cases: morning and weekly mails.
//! - [`dispatch`], [`report`](fn@report): a row is about to be sent; what became of it.
//! - [`doubts`]: what nobody knows whether it was taken was looked for in Sent folders.
//! - [`reply`](fn@reply): a person of the team answered a mail of ours.
//! - [`settle`], [`reopen`], [`separate`](fn@separate), [`snooze`], [`urge`], [`assign`]:
//!   somebody said something about a case.
//! - [`retry`], [`release`], [`drop_mail`]: somebody said something about a mail we owe.
//! - [`contacted`], [`pause_check_ins`], [`resume_check_ins`]: somebody said something about the
//!   regular contact with a client.
//! - [`begin`](fn@begin): the daemon has started.
//! - [`absences`], [`go_away`], [`come_back`]: somebody is away, or back; [`places`](fn@places)
//!   says who is told of a case meanwhile.
//! - [`alarms`](fn@alarms), [`notice`]: something is wrong with ackd itself, or right again.

mod absence;
mod acknowledge;
mod alarms;
mod answered;
mod arrivals;
mod begin;
mod compose;
mod confirm;
mod contact;
mod conversation;
mod copies;
mod digest;
mod doubt;
mod due;
mod errands;
mod inquiry;
mod kept;
mod links;
mod lost;
mod note;
mod own_mail;
mod places;
mod record;
mod reply;
mod report;
mod roads;
mod say;
mod say_mail;
mod separate;
mod team_mail;
mod told;

pub use absence::{
    AbsenceRefusal, absences, come_back, go_away, in_words, is_absence_due, person_named,
};
pub use alarms::{AlarmChanges, SecondRoutes, alarms, notice};
pub use arrivals::{Judged, arrivals, flagged};
pub use begin::{Beginning, begin, housekeeping};
pub use compose::{Dispatch, dispatch};
pub use confirm::sample_acknowledgement;
pub use contact::{CheckInRefusal, contacted, pause_check_ins, resume_check_ins};
pub use copies::sketch;
pub use digest::{morning_letter, report_of, row_questions};
pub use doubt::{SentFolders, doubts, wanted_looks};
pub use due::{Sight, due};
pub use errands::{errand_questions, errands};
pub use inquiry::Inquiry;
pub use lost::is_list_owed;
pub use note::{LogEvent, Note, Weight};
pub use places::{Circle, Place, places};
pub use reply::{Heard, Replied, TOLD_MAX, TOLD_WITHIN, VALID_FOR_MAX, is_answerable, reply};
pub use report::{attempt, not_taken_since, report, set_back};
pub use say::{Refusal, assign, reopen, reopening_questions, settle, snooze, urge};
pub use say_mail::{MailRefusal, drop_mail, release, retry};
pub use separate::{separate, separation_questions};

use std::collections::BTreeMap;

use super::absence::Away;
use super::book::Book;
use super::case::{Case, CaseEvent};
use super::check_in::Liaison;
use super::commit::{Commit, HistoryEntry, Installation, Known};
use super::ids::{CaseId, ClientKey, InstanceId, OutboxId};
use super::outbox::{OutboxRow, Purpose, Road, RowState, StageKey, row_message_id};
use super::policy::{Clock, Stage};
use super::rules::Rules;
use super::time::Timestamp;
use super::{address::Address, case::Mark};

/// What one step decided.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Decisions {
    /// What is to be remembered; nothing happens before it is on disk.
    pub commit: Commit,
    /// What the log should say once it is.
    pub notes: Vec<Note>,
    /// Cases to be looked at again at a moment, without anything to remember.
    pub deferred: Vec<(CaseId, Timestamp)>,
}

/// What mails of ours need to know of the sender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Which installation we are.
    pub installation: Installation,
    /// The domain of our Message-IDs.
    pub domain: String,
    /// Who hears of trouble.
    pub alarm_to: Vec<Address>,
}

/// One decision from beginning to end: works on copies, changes nothing.
struct Step<'a> {
    book: &'a Book,
    rules: &'a Rules,
    known: Known,
    now: Timestamp,
    touched: BTreeMap<CaseId, Case>,
    liaisons: BTreeMap<ClientKey, Liaison>,
    next_case: CaseId,
    next_row: OutboxId,
    /// Who is away now.
    away: Vec<Away>,
    decisions: Decisions,
}

impl<'a> Step<'a> {
    fn new(book: &'a Book, rules: &'a Rules, known: Known, now: Timestamp) -> Self {
        Self {
            next_case: book.next_case(),
            next_row: book.outbox().next_id,
            away: book.absences().away_at(rules, now),
            book,
            rules,
            known,
            now,
            touched: BTreeMap::new(),
            liaisons: BTreeMap::new(),
            decisions: Decisions::default(),
        }
    }

    fn finish(mut self) -> Decisions {
        self.record_what_was_due();
        let mut decisions = self.decisions;
        decisions.commit.cases = self.touched.into_values().collect();
        decisions
            .commit
            .liaisons
            .extend(self.liaisons.into_values());
        decisions
    }

    /// A case as it stands within this step, open or closed.
    fn case(&self, id: CaseId) -> Option<&Case> {
        self.touched
            .get(&id)
            .or_else(|| self.book.case(id))
            .or_else(|| self.known.cases.get(&id))
    }

    /// Who is told of a case now, in their own place or another's.
    fn told(&self, case: &Case, circle: Circle) -> Vec<Address> {
        let places = places(case, self.rules, &self.away, circle);
        places.into_iter().map(|place| place.person).collect()
    }

    /// Who is reminded of a case now.
    fn owners(&self, id: CaseId) -> Vec<Address> {
        let case = self.case(id);
        case.map(|case| self.told(case, Circle::Owners))
            .unwrap_or_default()
    }

    /// The step's own copy of a case.
    fn case_mut(&mut self, id: CaseId) -> Option<&mut Case> {
        if !self.touched.contains_key(&id) {
            let case = self.case(id)?.clone();
            self.touched.insert(id, case);
        }
        self.touched.get_mut(&id)
    }

    /// Applies an event to a case. An event that can't happen is noted and changes nothing.
    fn happen(&mut self, id: CaseId, event: CaseEvent) {
        let Some(case) = self.case_mut(id) else {
            return;
        };
        if let Err(illegal) = case.apply(event) {
            let what = format!("left out an event: {illegal}");
            self.note(Weight::Trouble, LogEvent::LeftOut, Some(id), what);
        }
    }

    /// A moment a server tells, as it counts for our clocks: a server that runs ahead gives
    /// nobody more time. The order of mails among each other goes by what is told.
    fn not_ahead(&self, told: Timestamp) -> Timestamp {
        told.min(self.now)
    }

    fn mark(&mut self, id: CaseId, stage: Stage, recipient: Address) {
        if let Some(case) = self.case_mut(id) {
            let generation = case.state.generation();
            let mark = Mark {
                generation,
                stage,
                recipient,
            };
            if !case.marks.contains(&mark) {
                case.marks.push(mark);
            }
        }
    }

    /// Notes something in which nobody has a part by name.
    fn note(
        &mut self,
        weight: Weight,
        event: LogEvent,
        case: Option<CaseId>,
        what: impl Into<String>,
    ) {
        self.decisions.notes.push(Note {
            weight,
            event,
            case,
            client: None,
            row: None,
            stage: None,
            what: what.into(),
            named: None,
        });
    }

    /// Notes something in which somebody has a part: who by their part, and who by name.
    fn note_of_person(
        &mut self,
        weight: Weight,
        event: LogEvent,
        case: Option<CaseId>,
        (part, name): (&str, &str),
        what: impl Fn(&str) -> String,
    ) {
        self.note(weight, event, case, what(part));
        if let Some(note) = self.decisions.notes.last_mut() {
            note.named = Some(what(name));
        }
    }

    /// Notes a mail to a colleague that would go out if the mode allowed it.
    fn withhold(&mut self, key: Option<&StageKey>, to: &Address, what: impl Fn(&str) -> String) {
        let (event, case) = (LogEvent::MailWithheld, key.map(|key| key.case));
        let who = ("a colleague", to.masked());
        self.note_of_person(Weight::Event, event, case, (who.0, &who.1), what);
        if let Some(key) = key {
            self.noted_of_stage(key.stage);
        }
    }

    /// Notes what became of a rung of a case, in its history too.
    fn note_of_rung(
        &mut self,
        weight: Weight,
        event: LogEvent,
        id: CaseId,
        stage: Stage,
        what: String,
    ) {
        self.history(id, what.as_str());
        self.note(weight, event, Some(id), what);
        self.noted_of_stage(stage);
    }

    /// What was noted last was about this rung.
    fn noted_of_stage(&mut self, stage: Stage) {
        if let Some(note) = self.decisions.notes.last_mut() {
            note.stage = Some(stage);
        }
    }

    /// Notes what became of a mail of ours.
    fn note_of_mail(
        &mut self,
        weight: Weight,
        event: LogEvent,
        row: &OutboxRow,
        what: impl Fn(&str) -> String,
    ) {
        let case = row.keys.first().map(|key| key.case);
        let who = (row.reader(), row.addressee());
        self.note_of_person(weight, event, case, (&who.0, &who.1), what);
        if let Some(note) = self.decisions.notes.last_mut() {
            note.row = Some(row.id);
        }
    }

    fn history(&mut self, case: CaseId, what: impl Into<String>) {
        let entry = HistoryEntry {
            case,
            at: self.now,
            what: what.into(),
        };
        self.decisions.commit.history.push(entry);
    }

    /// Owes a mail: a queued row, to be sent at once. `None` if our domain can't stand in a
    /// Message-ID, which the check of the configuration excludes.
    fn owe(
        &mut self,
        identity: &Identity,
        to: Address,
        purpose: Purpose,
        keys: Vec<StageKey>,
    ) -> Option<OutboxId> {
        let instance = &identity.installation.instance;
        self.owe_as((instance, &identity.domain), to, purpose, keys)
    }

    /// Queues a message, by mail or by another road.
    fn queue(
        &mut self,
        (instance, domain): (&InstanceId, &str),
        to: Address,
        purpose: Purpose,
        keys: Vec<StageKey>,
        road: Option<Road>,
    ) -> Option<OutboxId> {
        let id = self.next_row;
        let Some(message_id) = row_message_id(id, instance, domain) else {
            let what = "can't write mail: the domain of [smtp] from can't stand in a Message-ID";
            self.note(Weight::Trouble, LogEvent::LeftOut, None, what);
            return None;
        };
        self.next_row = OutboxId(id.0 + 1);
        self.decisions.commit.outbox.push(OutboxRow {
            id,
            message_id,
            to,
            purpose,
            keys,
            created_at: self.now,
            released: false,
            road,
            state: RowState::Queued {
                not_before: self.now,
                attempts: 0,
                reason: None,
            },
        });
        Some(id)
    }
}

/// The key of a mail that stands for a case as a whole rather than for one of its rungs.
fn whole_case_key(case: &Case) -> StageKey {
    StageKey {
        case: case.id,
        generation: case.state.generation(),
        stage: Stage {
            clock: Clock::Acknowledge,
            step: super::policy::Step::Escalate(super::time::BusinessTime::ZERO),
        },
    }
}
