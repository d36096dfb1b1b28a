//! Somebody said that a mail was put into the wrong conversation.

use super::say::{Refusal, name};
use super::{Decisions, LogEvent, Step, Weight};
use crate::domain::book::Book;
use crate::domain::case::{Case, ClientMessage, Parting, Separation};
use crate::domain::classify::{Kind, Sender};
use crate::domain::commit::{IndexEntry, Known, Questions};
use crate::domain::ids::{CaseId, ClientKey, IdHash, MessageId, OutboxId};
use crate::domain::outbox::{OutboxRow, Purpose};
use crate::domain::policy;
use crate::domain::rules::Rules;
use crate::domain::time::Timestamp;

/// What must be known before a mail is separated from this case.
pub fn separation_questions(case: &Case) -> Questions {
    let contacts = case.messages().map(|own| own.author.address.clone());
    let mut outbound: Vec<_> = contacts.collect();
    outbound.sort();
    outbound.dedup();
    Questions {
        messages: case.messages().map(|own| own.key).collect(),
        subjects: case.messages().map(|own| own.key).collect(),
        cases: case.apart_from().collect(),
        outbound,
        ..Questions::default()
    }
}

/// A client's mail, named by its Message-ID, and what answers it become a case of their own,
/// with a clock of their own from their own receipt. The two are never taken for one again.
/// `known` answers [`separation_questions`]. Returns the number of the new case, too.
pub fn separate(
    book: &Book,
    rules: &Rules,
    known: Known,
    id: CaseId,
    message_id: &str,
    by: &str,
    now: Timestamp,
) -> Result<(Decisions, CaseId), Refusal> {
    let mut step = Step::new(book, rules, known, now);
    let case = step.case(id).ok_or(Refusal::NoSuchCase(id))?.clone();
    if let Some(other) = case.joined_to() {
        return Err(Refusal::Joined(id, other));
    }
    let wanted = MessageId::parse(message_id);
    let mut mails = case.messages();
    let mail = mails.find(|own| own.message_id.is_some() && own.message_id == wanted);
    let mail = mail.ok_or(Refusal::NoSuchMail(id))?;
    let to = step.next_case;
    step.next_case = CaseId(to.0 + 1);
    let separation = Separation {
        message: mail.key,
        to,
        at: now,
        by: name(by),
    };
    let parting = case.separate(&separation);
    let parting = parting.map_err(|illegal| Refusal::Indivisible(id, illegal))?;
    let mut parting = parting.ok_or(Refusal::NothingElse(id))?;
    step.divide_mail(&case, &mut parting);
    for part in [&mut parting.kept, &mut parting.taken] {
        step.name_by_first_mail(part);
    }
    step.file(parting);
    for part in [to, id] {
        if step.case(part).is_some_and(Case::is_open) {
            step.answered_in_new_threads(part);
        }
    }
    let what = format!("a mail was separated from case {id}: it is a case of its own");
    step.note(Weight::Event, LogEvent::CaseSeparated, Some(to), what);
    Ok((step.finish(), to))
}

impl Step<'_> {
    /// A case bears the subject of its first mail, not of one that is in the other case.
    fn name_by_first_mail(&self, case: &mut Case) {
        let first = case.messages().next().map(|first| first.key);
        let subject = first.and_then(|first| self.known.subjects.get(&first));
        if case.subject.is_empty() && self.rules.keep_subjects {
            case.subject = subject.cloned().unwrap_or_default();
        }
    }

    /// Takes over both cases, and where the mails and links of the new one are found.
    fn file(&mut self, parting: Parting) {
        let Parting { kept, taken } = parting;
        for hash in &taken.thread {
            self.known.threads.insert(*hash, taken.id);
            self.decisions.commit.threads.push((*hash, taken.id));
        }
        for message in taken.messages() {
            let known = self.known.messages.get(&message.key).cloned();
            let mut entry = known.unwrap_or_else(|| index_entry(message, &taken.client));
            entry.case = Some(taken.id);
            self.known.messages.insert(message.key, entry.clone());
            self.decisions.commit.messages.push((message.key, entry));
        }
        self.touched.insert(kept.id, kept);
        self.touched.insert(taken.id, taken);
    }

    /// The mail we still owe is about the case, or the cases, whose waiting it was about.
    fn divide_mail(&mut self, case: &Case, parting: &mut Parting) {
        let owed = self.book.outbox().rows.values();
        let about = |row: &&OutboxRow| row.keys.iter().any(|key| key.case == case.id);
        let rows: Vec<OutboxRow> = owed.filter(about).cloned().collect();
        for mut row in rows {
            let mut keys = Vec::new();
            for key in std::mem::take(&mut row.keys) {
                let mut own = match key.case == case.id {
                    true => case.keys_in(key, parting),
                    false => vec![key],
                };
                if own.is_empty() {
                    // It is found superfluous when its turn comes.
                    own.push(key);
                }
                if key.case == case.id && row.purpose == Purpose::Acknowledgement {
                    let goes = acknowledges_taken(&row, parting);
                    let part = if goes { &parting.taken } else { &parting.kept };
                    own.truncate(1);
                    own[0].case = part.id;
                    if goes {
                        own[0].generation = part.state.generation();
                    }
                }
                keys.extend(own);
            }
            row.keys = keys;
            if row.purpose == Purpose::Acknowledgement && case.acknowledgement == Some(row.id) {
                divide_acknowledgement(&row, parting);
            }
            if row.purpose == Purpose::Acknowledgement {
                divide_link(&row, parting);
            }
            self.decisions.commit.outbox.push(row);
        }
    }
}

/// Whether the newest mail that waits for this acknowledgement is among those taken out.
fn acknowledges_taken(row: &OutboxRow, parting: &Parting) -> bool {
    let newest = |case: &Case| {
        let mut waiting = case.unanswered();
        let own = waiting.rfind(|own| own.author.address == row.to);
        own.map(|own| own.received_at)
    };
    newest(&parting.taken) > newest(&parting.kept)
}

/// What only waits to be sent belongs to one of the two; what the client may have got already
/// keeps both from another.
fn divide_acknowledgement(row: &OutboxRow, parting: &mut Parting) {
    let Parting { kept, taken } = parting;
    let goes = row.keys.iter().any(|key| key.case == taken.id);
    let is_taken: Option<OutboxId> = Some(row.id);
    if !row.is_still_ours() {
        (kept.acknowledgement, taken.acknowledgement) = (is_taken, is_taken);
    } else if goes {
        taken.acknowledgement = is_taken;
        kept.acknowledgement = None;
        let generation = kept.state.generation();
        kept.marks.retain(|mark| {
            mark.generation != generation || mark.stage.step != policy::Step::Acknowledge
        });
    }
}

/// An answer to our acknowledgement is found by its id: it belongs where the mail is that is
/// acknowledged.
fn divide_link(row: &OutboxRow, parting: &mut Parting) {
    let Parting { kept, taken } = parting;
    let link = row.message_id.hash().of_client(kept.client.hash());
    let goes = row.keys.iter().any(|key| key.case == taken.id);
    let (from, to) = if goes { (kept, taken) } else { (taken, kept) };
    if from.thread.contains(&link) {
        from.thread.retain(|id| *id != link);
        to.thread.push(link);
    }
}

fn index_entry(message: &ClientMessage, client: &ClientKey) -> IndexEntry {
    IndexEntry {
        kind: Kind::Human,
        sender: Sender::Client,
        client: Some(client.clone()),
        received_at: message.received_at,
        case: None,
    }
}

/// How many cases that were separated from one another are looked through for a mail.
const SEPARATIONS_FOLLOWED: usize = 64;

impl Step<'_> {
    /// Whether somebody said that these two are not one conversation.
    pub(super) fn are_apart(&self, one: CaseId, another: CaseId) -> bool {
        let says = |one: CaseId, another: CaseId| {
            let case = self.case(one);
            let mut others = case.into_iter().flat_map(Case::apart_from);
            others.any(|other| other == another || self.resolve(other) == Some(another))
        };
        says(one, another) || says(another, one)
    }

    /// Of cases from the nearest to the furthest, those that may be one conversation: none
    /// that was separated from a nearer one.
    pub(super) fn nearest(&self, cases: impl IntoIterator<Item = CaseId>) -> Vec<CaseId> {
        let mut near: Vec<CaseId> = Vec::new();
        for case in cases {
            if !near.contains(&case) && !near.iter().any(|known| self.are_apart(*known, case)) {
                near.push(case);
            }
        }
        near
    }

    /// The case that goes on with this one, or one that was separated from it, whichever holds
    /// what is looked for; the first where none does.
    pub(super) fn part_with(&self, case: CaseId, holds: impl Fn(&Case) -> bool) -> Option<CaseId> {
        let first = self.resolve(case)?;
        let mut parts = vec![first];
        let mut at = 0;
        while let Some(id) = parts.get(at).copied() {
            let Some(part) = self.case(id) else { break };
            if holds(part) {
                return Some(id);
            }
            let others = part.apart_from().filter_map(|other| self.resolve(other));
            for other in others.collect::<Vec<_>>() {
                if parts.len() < SEPARATIONS_FOLLOWED && !parts.contains(&other) {
                    parts.push(other);
                }
            }
            at += 1;
        }
        Some(first)
    }

    /// The case in which the mail of a trace is now.
    pub(super) fn case_of_trace(&self, seen: &crate::domain::commit::Trace) -> Option<CaseId> {
        self.part_with(seen.case, |case| {
            case.messages().any(|own| own.key == seen.message)
        })
    }

    /// The cases that ids lead to, from the nearest to the furthest.
    pub(super) fn found_by(
        &self,
        ids: impl Iterator<Item = IdHash>,
        client: &ClientKey,
    ) -> Vec<CaseId> {
        let scope = client.hash();
        let cases = ids.filter_map(|id| self.find_by_thread(id.of_client(scope)));
        let cases: Vec<CaseId> = cases.collect();
        self.nearest(cases)
    }
}
