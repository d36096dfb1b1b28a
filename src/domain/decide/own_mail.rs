//! Our own acknowledgements, met again in a sent folder.
//!
//! What a running ackd has sent it knows. It learns something from a sent folder only where it
//! was in doubt, after its store was rebuilt, or where another ackd has acknowledged before it: the
//! client has had an acknowledgement all the same, which counts for the case and against the
//! limits. It is no person's answer.

use super::arrivals::Judged;
use super::team_mail::is_before_every_start;
use super::{LogEvent, Step, Weight};
use crate::domain::case::{Case, CaseEvent};
use crate::domain::classify::{Kind, Verdict};
use crate::domain::commit::{AcknowledgementRecord, Installation, TeamMail};
use crate::domain::facts::{Arrived, FolderRole};
use crate::domain::ids::{CaseId, ClientKey, IdHash, OutboxId};
use crate::domain::outbox::{OutboxRow, RowState, row_of};

/// Whether a message is an acknowledgement of ours, as it lies in a sent folder. Anywhere else
/// somebody may have put our marks on it.
pub(super) fn is_acknowledgement(arrived: &Arrived, verdict: &Verdict) -> bool {
    verdict.kind == Kind::Own
        && arrived.role == FolderRole::Sent
        && !verdict.suspicious
        && !verdict.addressed.is_empty()
}

impl Judged {
    /// Whether it is an acknowledgement of ours, as it lies in a sent folder.
    pub fn is_acknowledgement(&self) -> bool {
        is_acknowledgement(&self.arrived, &self.verdict)
    }
}

impl Step<'_> {
    /// An acknowledgement of ours was found in a sent folder.
    pub(super) fn acknowledgement_found(&mut self, installation: &Installation, message: &Judged) {
        let own = self.row_found(installation, message);
        let received_at = message.arrived.received_at;
        if own.known.is_none() && is_before_every_start(self.rules, installation, received_at) {
            return;
        }
        let mail = self.team_mail(message, received_at);
        for person in &message.verdict.addressed {
            let record = AcknowledgementRecord {
                at: mail.stopped_at,
                client: person.client.clone(),
                to: person.contact.clone(),
                row: own.id,
            };
            self.count(record);
            let scope = person.client.hash();
            // It names the mail it acknowledges first, then those before it.
            let named = mail.names.first();
            let thread = named.and_then(|id| self.find_by_thread(id.of_client(scope)));
            let case = own.case().filter(|id| self.case(*id).is_some()).or(thread);
            match (case, named) {
                (Some(case), _) => {
                    let is_new = self.acknowledged_before(case, &person.client, own.id, &mail);
                    if let Some(known) = own.known.as_ref().filter(|_| is_new) {
                        self.tell_who_knows_nothing(installation, case, known);
                    }
                }
                (None, Some(id)) => self.await_question(id.acknowledged(), &mail),
                (None, None) => {}
            }
        }
        if let Some(known) = own.known {
            self.settle(known);
        }
    }

    /// The owners hear of what they would have heard had the mail server answered; but not who
    /// was told that it is held.
    fn tell_who_knows_nothing(
        &mut self,
        installation: &Installation,
        case: CaseId,
        known: &OutboxRow,
    ) {
        let is_told = matches!(known.state, RowState::Held { .. });
        // The next mails of ours go out in the name in which this one did.
        let domain = known.message_id.as_str().rsplit_once('@');
        if let Some((_, domain)) = domain.filter(|_| !is_told) {
            self.tell_of_acknowledgement(case, &installation.instance, domain);
        }
    }

    /// The mail server took it: whatever it says, or fails to say, it is not sent again.
    fn settle(&mut self, mut row: OutboxRow) {
        let what = "the acknowledgement was taken: its copy lies in a Sent folder";
        self.history_of(&row, what);
        self.note_of_mail(Weight::Event, LogEvent::MailSent, &row, |_| what.to_owned());
        row.state = RowState::Sent { at: self.now };
        let staged = &mut self.decisions.commit.outbox;
        staged.retain(|own| own.id != row.id);
        staged.push(row);
    }

    /// The client's mail was seen after an acknowledgement of it.
    pub(super) fn was_acknowledged(&mut self, id: CaseId, own: Option<IdHash>) {
        let awaited = own.and_then(|own| self.known.awaited.get(&own.acknowledged()));
        let Some(mail) = awaited.and_then(|mails| mails.first()).cloned() else {
            return;
        };
        let Some(client) = self.case(id).map(|case| case.client.clone()) else {
            return;
        };
        self.acknowledged_before(id, &client, UNKNOWN_ROW, &mail);
    }

    /// Whether that is new to the case.
    fn acknowledged_before(
        &mut self,
        id: CaseId,
        client: &ClientKey,
        row: OutboxId,
        mail: &TeamMail,
    ) -> bool {
        let Some(case) = self.case(id).filter(|case| case.client == *client) else {
            return false;
        };
        let is_known = |case: &Case| {
            let mut events = case.happenings.iter().map(|known| &known.event);
            events.any(|event| matches!(event, CaseEvent::Acknowledged { .. }))
        };
        // Of another that is on its way is reported by whoever sends it.
        let another = case.acknowledgement.filter(|own| *own != row);
        if is_known(case) || self.is_being_sent(another) {
            return false;
        }
        let Some(first) = case.messages().map(|own| own.clock_from).min() else {
            return false;
        };
        if let Some(case) = self.case_mut(id) {
            case.acknowledgement = Some(row);
        }
        let at = mail.stopped_at.max(first);
        self.happen(id, CaseEvent::Acknowledged { at, row });
        if let Some(own) = mail.id {
            self.remember_thread(id, own.of_client(client.hash()));
        }
        let what = "an acknowledgement of it lies in a sent folder";
        self.history(id, what);
        self.note(Weight::Event, LogEvent::CaseAcknowledged, Some(id), what);
        true
    }

    fn is_being_sent(&self, row: Option<OutboxId>) -> bool {
        let row = row.and_then(|row| self.book.outbox().rows.get(&row));
        row.is_some_and(|row| matches!(row.state, RowState::Sending { .. }))
    }

    /// The row it was, with what is known of it if it may not count as sent yet.
    fn row_found(&self, installation: &Installation, message: &Judged) -> RowFound {
        let id = message.arrived.facts.message_id.as_ref();
        let row = id.and_then(|id| row_of(id, &installation.instance));
        let staged = self.decisions.commit.outbox.iter();
        let known = row.and_then(|row| {
            let staged = staged.rev().find(|own| own.id == row);
            staged.or_else(|| self.book.outbox().rows.get(&row))
        });
        let known = known.filter(|known| Some(&known.message_id) == id);
        let is_open = |known: &&OutboxRow| match known.state {
            RowState::Queued { .. }
            | RowState::Sending { .. }
            | RowState::Uncertain { .. }
            | RowState::Held { .. } => true,
            RowState::Sent { .. } | RowState::GivenUp { .. } | RowState::Cancelled { .. } => false,
        };
        RowFound {
            id: row.unwrap_or(UNKNOWN_ROW),
            known: known.filter(is_open).cloned(),
        }
    }

    /// Counts an acknowledgement against the limits, unless it was counted before.
    fn count(&mut self, record: AcknowledgementRecord) {
        let staged = &self.decisions.commit.acknowledgements;
        let mut counted = self.book.acknowledgements().iter().chain(staged);
        let is_same = |own: &AcknowledgementRecord| {
            let same_row = own.row == record.row && record.row != UNKNOWN_ROW;
            own.to == record.to && !own.is_presumed() && (same_row || own.at == record.at)
        };
        let is_old = self.now - record.at > COUNTED_FOR;
        if !is_old && !counted.any(is_same) {
            self.decisions.commit.acknowledgements.push(record);
        }
    }
}

/// The row of an acknowledgement that was found.
struct RowFound {
    /// Its number; [`UNKNOWN_ROW`] if it is none of ours.
    id: OutboxId,
    /// The row, if nobody knew until now that it was taken.
    known: Option<OutboxRow>,
}

impl RowFound {
    fn case(&self) -> Option<CaseId> {
        let key = self.known.as_ref()?.keys.first()?;
        Some(key.case)
    }
}

/// For how long an acknowledgement may count against a limit.
const COUNTED_FOR: chrono::Duration = chrono::Duration::days(31);

/// The row of an acknowledgement that another installation sent: no row has this number.
const UNKNOWN_ROW: OutboxId = OutboxId(0);
