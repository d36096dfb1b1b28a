//! Our own acknowledgements, met again in a sent folder.
//!
//! What a running ackd has sent it knows. It learns something from a sent folder only after its
//! store was rebuilt, or where another ackd has acknowledged before it: the client has had an
//! acknowledgement all the same, which counts for the case and against the limits. It is no
//! person's answer.

use super::arrivals::Judged;
use super::team_mail::is_before_every_start;
use super::{Step, Weight};
use crate::domain::case::{Case, CaseEvent};
use crate::domain::classify::{Kind, Verdict};
use crate::domain::commit::{AcknowledgementRecord, Installation, TeamMail};
use crate::domain::facts::{Arrived, FolderRole};
use crate::domain::ids::{CaseId, ClientKey, IdHash, OutboxId};
use crate::domain::outbox::{RowState, row_of};

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
        if is_before_every_start(self.rules, installation, message.arrived.received_at) {
            return;
        }
        let row = self.row_found(installation, message);
        let mail = self.team_mail(message, message.arrived.received_at);
        for person in &message.verdict.addressed {
            let record = AcknowledgementRecord {
                at: mail.stopped_at,
                client: person.client.clone(),
                to: person.contact.clone(),
                row,
            };
            self.count(record);
            let scope = person.client.hash();
            // It names the mail it acknowledges first, then those before it.
            let Some(id) = mail.names.first() else {
                continue;
            };
            match self.find_by_thread(id.of_client(scope)) {
                Some(case) => self.acknowledged_before(case, &person.client, row, &mail),
                None => self.await_question(id.acknowledged(), &mail),
            }
        }
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

    fn acknowledged_before(
        &mut self,
        id: CaseId,
        client: &ClientKey,
        row: OutboxId,
        mail: &TeamMail,
    ) {
        let Some(case) = self.case(id).filter(|case| case.client == *client) else {
            return;
        };
        let is_known = |case: &Case| {
            let mut events = case.happenings.iter().map(|known| &known.event);
            events.any(|event| matches!(event, CaseEvent::Acknowledged { .. }))
        };
        // What is on its way is reported by whoever sends it.
        if is_known(case) || self.is_being_sent(case.acknowledgement) {
            return;
        }
        let Some(first) = case.messages().map(|own| own.clock_from).min() else {
            return;
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
        self.note(Weight::Event, Some(id), what);
    }

    fn is_being_sent(&self, row: Option<OutboxId>) -> bool {
        let row = row.and_then(|row| self.book.outbox().rows.get(&row));
        row.is_some_and(|row| matches!(row.state, RowState::Sending { .. }))
    }

    /// The row it was. One that was held, because nobody could tell whether it was taken, is
    /// settled by it: it was.
    fn row_found(&mut self, installation: &Installation, message: &Judged) -> OutboxId {
        let id = message.arrived.facts.message_id.as_ref();
        let row = id.and_then(|id| row_of(id, &installation.instance));
        let known = row.and_then(|row| self.book.outbox().rows.get(&row));
        if let Some(known) = known.filter(|known| Some(&known.message_id) == id)
            && matches!(known.state, RowState::Held { .. })
        {
            let mut known = known.clone();
            known.state = RowState::Sent { at: self.now };
            self.decisions.commit.outbox.push(known);
        }
        row.unwrap_or(UNKNOWN_ROW)
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

/// For how long an acknowledgement may count against a limit.
const COUNTED_FOR: chrono::Duration = chrono::Duration::days(31);

/// The row of an acknowledgement that another installation sent: no row has this number.
const UNKNOWN_ROW: OutboxId = OutboxId(0);
