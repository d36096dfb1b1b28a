//! A person of the team wrote to a client.

use std::collections::BTreeSet;

use super::Step;
use super::answered::{answer, answers_elsewhere, ids_of};
use super::arrivals::Judged;
use super::conversation::QUOTES_OURS;
use crate::domain::case::{Case, CaseEvent, Evidence};
use crate::domain::classify::Addressed;
use crate::domain::commit::{Installation, TeamMail, Trace};
use crate::domain::ids::{CaseId, ClientKey, IdHash, MailboxName};
use crate::domain::rules::Rules;
use crate::domain::time::Timestamp;

impl Step<'_> {
    /// A person of the team wrote to a client: a reply touches the conversations it names, a
    /// new mail all that wait from the people it is addressed to. `received_at` is the receipt
    /// of the copy that was received first, of those that were seen.
    pub(super) fn team_wrote(
        &mut self,
        installation: &Installation,
        message: &Judged,
        received_at: Timestamp,
    ) {
        if is_before_every_start(self.rules, installation, message.arrived.received_at) {
            return self.link(message);
        }
        let mail = self.team_mail(message, received_at);
        let addressed = message.verdict.addressed.iter();
        let clients: BTreeSet<&ClientKey> = addressed.map(|person| &person.client).collect();
        let mut quoting = BTreeSet::new();
        for client in clients {
            quoting.extend(self.may_be_quoted(message, &mail, client));
        }
        if mail.names.is_empty() {
            self.new_thread(message, &mail);
        } else {
            self.reply(message, &mail);
            self.reply_elsewhere(&mail, message);
        }
        let go_on: BTreeSet<CaseId> = quoting.iter().filter_map(|id| self.resolve(*id)).collect();
        for id in go_on {
            self.history(id, QUOTES_OURS);
        }
    }

    fn reply(&mut self, message: &Judged, mail: &TeamMail) {
        let addressed = message.verdict.addressed.iter();
        let clients: BTreeSet<ClientKey> = addressed.map(|person| person.client.clone()).collect();
        let mut is_awaited = false;
        for client in clients {
            let ids = self.with_linked(ids_of(mail), &client);
            let found = self.found_by(ids.into_iter(), &client);
            let own = |id: &CaseId| self.case(*id).is_some_and(|case| case.client == client);
            let found: Vec<CaseId> = found.into_iter().filter(own).collect();
            is_awaited |= found.is_empty();
            if let Some(first) = self.unite(found.clone()) {
                self.gather(first, ids_of(mail).collect());
            }
            let go_on: BTreeSet<CaseId> = found.iter().filter_map(|id| self.resolve(*id)).collect();
            for id in go_on {
                self.answered_by_mail(id, mail, Evidence::ReplyHeaders);
            }
        }
        // Not seen yet: the answer waits for its question, or for what leads to it.
        if is_awaited {
            for id in ids_of(mail) {
                self.await_question(id, mail);
            }
        }
    }

    /// A person of the team wrote to nobody of a client: it answers at most a mail that it names,
    /// whose author is answered there.
    pub(super) fn wrote_elsewhere(&mut self, installation: &Installation, message: &Judged) {
        let received_at = message.arrived.received_at;
        let is_old = is_before_every_start(self.rules, installation, received_at);
        if message.verdict.elsewhere.is_empty() || is_old {
            return;
        }
        let mail = self.team_mail(message, received_at);
        self.reply_elsewhere(&mail, message);
    }

    /// What this reply answers at an address of nobody we know.
    fn reply_elsewhere(&mut self, mail: &TeamMail, message: &Judged) {
        if message.verdict.elsewhere.is_empty() {
            return;
        }
        let named = mail.names.iter().map(|id| id.answered_elsewhere());
        let seen: Vec<Trace> = named
            .filter_map(|id| self.known.traces.get(&id))
            .flatten()
            .copied()
            .collect();
        let found: BTreeSet<CaseId> = seen
            .iter()
            .filter_map(|seen| self.case_of_trace(seen))
            .collect();
        for id in found {
            let is_meant = |case: &Case| answers_elsewhere(mail, case);
            if self.case(id).is_some_and(is_meant) {
                let id = self.gather(id, ids_of(mail).collect());
                self.answered_by_mail(id, mail, Evidence::ReplyHeaders);
            }
        }
        // Not seen yet, perhaps: its question finds it by its own id.
        if self.leaves_traces(message) {
            for id in message.parents() {
                self.await_question(id, mail);
            }
        }
    }

    /// The cases in which somebody of the client wrote: those that are open, and the newest of
    /// those that are closed.
    fn cases_with(&self, person: &Addressed, at: Timestamp) -> BTreeSet<CaseId> {
        let of_book = self.book.by_contact(&person.client, &person.contact);
        let of_step = self.touched.values().filter(|case| {
            let mut people = case.messages().map(|message| &message.author.address);
            case.client == person.client && people.any(|address| *address == person.contact)
        });
        let trace = IdHash::of_contact(&person.contact).of_client(person.client.hash());
        let traces = self.known.traces.get(&trace).into_iter().flatten();
        let of_disk = traces.filter(|seen| (seen.at - at).abs() <= SEEN_LATE_WITHIN);
        let of_disk = of_disk.filter_map(|seen| self.case_of_trace(seen));
        let cases = of_step.map(|case| case.id).chain(of_book);
        let cases = cases.filter_map(|id| self.resolve(id));
        cases.chain(of_disk).collect()
    }

    /// Whether a case would stand otherwise had this mail been seen in time; or, of a case that
    /// knows a copy of it, whether this copy, which another server received, tells another
    /// moment. What somebody was told of an open case holds: under another number he would be
    /// told again.
    fn would_change(&self, id: CaseId, mail: &TeamMail) -> bool {
        let answer = CaseEvent::TeamAnswered(answer(mail, Evidence::NewThread));
        let Some(case) = self.case(id) else {
            return false;
        };
        let is_known = case.knows(&answer);
        if case.is_open() && !case.marks.is_empty() && !is_known {
            return false;
        }
        let mut otherwise = case.clone();
        otherwise.apply(answer).is_ok()
            && match is_known {
                true => otherwise.happenings != case.happenings,
                false => otherwise.state != case.state,
            }
    }

    pub(super) fn await_question(&mut self, id: IdHash, mail: &TeamMail) {
        let waiting = self.known.awaited.entry(id).or_default();
        match waiting.iter_mut().find(|known| known.key == mail.key) {
            Some(known) if known.at <= mail.at && known.stopped_at <= mail.stopped_at => {}
            Some(known) => {
                known.at = known.at.min(mail.at);
                known.stopped_at = known.stopped_at.min(mail.stopped_at);
                let earlier = (id, known.clone());
                self.decisions.commit.awaited.push(earlier);
            }
            None => {
                waiting.push(mail.clone());
                self.decisions.commit.awaited.push((id, mail.clone()));
            }
        }
    }

    fn new_thread(&mut self, message: &Judged, mail: &TeamMail) {
        for person in &message.verdict.addressed {
            let mut known_better = Vec::new();
            for id in self.cases_with(person, mail.at) {
                let answers = self.case(id).is_some_and(|case| {
                    case.unanswered().any(|waiting| {
                        waiting.received_at < mail.at && waiting.author.address == person.contact
                    })
                });
                if answers || self.would_change(id, mail) {
                    let event = CaseEvent::TeamAnswered(answer(mail, Evidence::NewThread));
                    if self.case(id).is_some_and(|case| case.knows(&event)) {
                        known_better.push(id);
                    }
                    self.answered_by_mail(id, mail, Evidence::NewThread);
                }
            }
            let written = self
                .known
                .outbound
                .entry(person.contact.clone())
                .or_default();
            written.push(mail.clone());
            let record = (person.contact.clone(), mail.clone());
            self.decisions.commit.outbound.push(record);
            // What it does not answer after all another one may.
            for id in known_better {
                self.answered_in_new_threads(id);
            }
        }
    }

    pub(super) fn team_mail(&self, message: &Judged, received_at: Timestamp) -> TeamMail {
        let arrived = &message.arrived;
        // A copy may be filed minutes after the mail was written; `Date` is the better witness, and
        // the same in every copy. It is never believed to be later than the receipt.
        let date = arrived.facts.date;
        let at = date.map_or(received_at, |date| date.min(received_at));
        TeamMail {
            key: message.key,
            id: message.own,
            at,
            stopped_at: self.not_ahead(at),
            by: message
                .verdict
                .author
                .as_ref()
                .map(|author| author.address.clone()),
            contacts: message
                .verdict
                .addressed
                .iter()
                .map(|person| &person.contact)
                .chain(&message.verdict.elsewhere)
                .cloned()
                .collect(),
            names: message.named.clone(),
            passes_on: message.verdict.passes_on,
        }
    }
}

/// For how long after a closed case a mail of the team that is seen late may still show that
/// it was answered earlier than we knew.
const SEEN_LATE_WITHIN: chrono::Duration = chrono::Duration::days(30);

/// Before which moment mail of this mailbox never opens a case.
pub(super) fn start_from(
    rules: &Rules,
    installation: &Installation,
    mailbox: &MailboxName,
) -> Option<Timestamp> {
    let configured = rules.mailboxes.get(mailbox).and_then(|own| own.start_from);
    configured.or_else(|| installation.first_started.get(mailbox).copied())
}

/// Whether a mail came before any mailbox began to open cases: it answers nothing.
pub(super) fn is_before_every_start(
    rules: &Rules,
    installation: &Installation,
    received_at: Timestamp,
) -> bool {
    let mailboxes = rules.mailboxes.keys();
    let starts: Option<Vec<Timestamp>> = mailboxes
        .map(|mailbox| start_from(rules, installation, mailbox))
        .collect();
    let first = starts.and_then(|starts| starts.into_iter().min());
    first.is_some_and(|first| received_at < first)
}
