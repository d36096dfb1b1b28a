//! An answer is put into the cases it reaches; and what makes an answer of the team's mail.

use std::collections::BTreeSet;

use super::{LogEvent, Step, Weight};
use crate::domain::address::Address;
use crate::domain::case::{Answer, Case, CaseEvent, Evidence, Reach};
use crate::domain::commit::TeamMail;
use crate::domain::ids::{CaseId, ClientKey, IdHash, MessageId, MessageKey};
use crate::domain::rules::{Party, Rules};
use crate::domain::time::Timestamp;

impl Step<'_> {
    /// Applies the team's mail to a case as an answer.
    pub(super) fn answered_by_mail(&mut self, id: CaseId, mail: &TeamMail, evidence: Evidence) {
        self.answered(id, answer(mail, evidence));
    }

    pub(super) fn answered_by_flag(&mut self, id: CaseId, key: MessageKey) {
        let answer = Answer {
            message: None,
            at: self.now,
            stopped_at: self.now,
            evidence: Evidence::AnsweredFlag(key),
            names: Vec::new(),
            reach: Reach::Named(Vec::new()),
            by: None,
            id: None,
        };
        self.answered(id, answer);
    }

    fn answered(&mut self, id: CaseId, answer: Answer) {
        let waiting = |case: Option<&Case>| case.map_or(0, |case| case.unanswered().count());
        let before = waiting(self.case(id));
        let how = answer.evidence.in_words();
        let by = answer.by.as_ref().map(Address::masked);
        self.happen(id, CaseEvent::TeamAnswered(answer));
        let left = waiting(self.case(id));
        if left >= before {
            return;
        }
        let (weight, event, done, rest) = match left {
            0 => {
                let weight = self.weight_of_end(id);
                (
                    weight,
                    LogEvent::CaseAnswered,
                    "case answered",
                    String::new(),
                )
            }
            left => {
                let rest = format!(
                    "; {left} of {before} mails wait on, which it neither names nor goes to the \
                     authors of"
                );
                let event = LogEvent::CaseAnsweredInPart;
                (Weight::Event, event, "answered in part", rest)
            }
        };
        match by {
            Some(by) => {
                let who = ("a colleague", by.as_str());
                let what = |who: &str| format!("{done} by {who}: {how}{rest}");
                self.note_of_person(weight, event, Some(id), who, what);
            }
            None => self.note(weight, event, Some(id), format!("{done}: {how}{rest}")),
        }
    }

    /// That a case is answered is an event of the day if somebody waited for it: not of old
    /// mail that is found answered when it is first read.
    fn weight_of_end(&self, id: CaseId) -> Weight {
        let newest = self.case(id).and_then(|case| case.messages().next_back());
        match newest {
            Some(newest) if self.book.case(id).is_none() => self.weight_of(newest.received_at),
            _ => Weight::Event,
        }
    }

    /// New threads that were seen before the mail they answer: for each mail of the client the
    /// first that was written to its author later. Whether it is still needed, the order of
    /// what happened tells; one that the client's mail names came before it, whatever the
    /// clocks say, and so did what was written before that one: the next one may answer.
    pub(super) fn answered_in_new_threads(&mut self, id: CaseId) {
        let Some(case) = self.case(id) else { return };
        let asked = case.messages().filter(|message| !message.thanks);
        let asked: Vec<(MessageKey, [Vec<TeamMail>; 2])> = asked
            .map(|message| {
                let written = self.known.outbound.get(&message.author.address);
                let written = written.map_or(&[][..], Vec::as_slice);
                let names: Vec<IdHash> = message.references.iter().map(MessageId::hash).collect();
                let is_named = |mail: &TeamMail| mail.id.is_some_and(|id| names.contains(&id));
                let later = later(written, message.received_at);
                (message.key, later.into_iter().partition(is_named).into())
            })
            .collect();
        let mut tried: Vec<MessageKey> = Vec::new();
        for (message, [named, written]) in asked {
            for mail in &named {
                self.try_new_thread(id, mail, &mut tried);
            }
            for mail in &written {
                self.try_new_thread(id, mail, &mut tried);
                let waits = |case: &Case| case.unanswered().any(|own| own.key == message);
                if !self.case(id).is_some_and(waits) {
                    break;
                }
            }
        }
    }

    fn try_new_thread(&mut self, id: CaseId, mail: &TeamMail, tried: &mut Vec<MessageKey>) {
        if !tried.contains(&mail.key) {
            self.answered_by_mail(id, mail, Evidence::NewThread);
            tried.push(mail.key);
        }
    }
}

/// How many new threads are tried in turn for one mail of a client.
const NEW_THREADS_TRIED: usize = 16;

/// The team's mail as an answer.
pub(super) fn answer(mail: &TeamMail, evidence: Evidence) -> Answer {
    let contacts = mail.contacts.iter().map(IdHash::of_contact);
    let contacts: BTreeSet<IdHash> = contacts.collect();
    let contacts = contacts.into_iter().collect();
    let is_reply = evidence == Evidence::ReplyHeaders;
    Answer {
        message: Some(mail.key),
        at: mail.at,
        stopped_at: mail.stopped_at,
        evidence,
        names: match is_reply {
            true => mail.names.clone(),
            false => Vec::new(),
        },
        reach: match is_reply && !mail.passes_on {
            true => Reach::Named(contacts),
            false => Reach::Addressed(contacts),
        },
        by: mail.by.clone(),
        id: mail.id,
    }
}

/// Every id a mail of the team puts into a conversation.
pub(super) fn ids_of(mail: &TeamMail) -> impl Iterator<Item = IdHash> + '_ {
    mail.names.iter().copied().chain(mail.id)
}

/// Whether a mail of the team is addressed to somebody of this client.
pub(super) fn addresses(mail: &TeamMail, client: &ClientKey, rules: &Rules) -> bool {
    let mut contacts = mail.contacts.iter();
    contacts.any(|contact| match rules.party(contact) {
        Party::Client(key) => key == client,
        Party::Team | Party::Stranger => false,
    })
}

/// Whether a mail of the team goes where the author of a mail that it names is answered.
pub(super) fn answers_elsewhere(mail: &TeamMail, case: &Case) -> bool {
    let contacts = mail.contacts.iter().map(IdHash::of_contact);
    let contacts: Vec<IdHash> = contacts.collect();
    case.messages().any(|own| {
        own.ids().any(|id| mail.names.contains(&id))
            && own.answered_at.iter().any(|at| contacts.contains(at))
    })
}

/// The first ones of these mails after a moment, in their order. Of one mail two copies may tell
/// different moments: the earlier one counts.
fn later(written: &[TeamMail], moment: Timestamp) -> Vec<TeamMail> {
    let is_first_copy = |mail: &&TeamMail| {
        let mut copies = written.iter().filter(|copy| copy.key == mail.key);
        copies.all(|copy| mail.at <= copy.at)
    };
    let later = written.iter().filter(|mail| mail.at > moment);
    let mut later: Vec<&TeamMail> = later.filter(is_first_copy).collect();
    later.sort_by_key(|mail| (mail.at, mail.key));
    let first = later.into_iter().take(NEW_THREADS_TRIED);
    first.cloned().collect()
}
