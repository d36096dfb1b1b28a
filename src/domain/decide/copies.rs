//! Another copy of a client's mail that is known already.
//!
//! Vocabulary: copies of one message lie in several folders, were received at different moments,
//! and may have been given other Message-IDs on the way.

use super::arrivals::{Judged, index_entry};
use super::{Step, Weight};
use crate::domain::case::{Case, ClientMessage};
use crate::domain::commit::Installation;
use crate::domain::ids::{CaseId, MessageKey};

/// In how many places one message is remembered to lie.
const HOLDERS_MAX: usize = 20;

impl Step<'_> {
    /// The same message in another mailbox or folder, or with another Message-ID: one case,
    /// all holders named.
    pub(super) fn another_copy(
        &mut self,
        installation: &Installation,
        case: CaseId,
        message: &Judged,
    ) {
        let holds = |case: &Case| same_message(case, message).is_some();
        let Some(mut id) = self.part_with(case, holds) else {
            return;
        };
        let Some(own) = self.case(id).and_then(|case| same_message(case, message)) else {
            return;
        };
        let (key, location) = (own.key, &message.arrived.location);
        let received_at = message.arrived.received_at;
        let clock_from = self.not_ahead(received_at);
        let is_earlier = received_at < own.received_at || clock_from < own.clock_from;
        let is_new = !own.holders.contains(location);
        if is_new && let Some(own) = self.case_mut(id).and_then(|case| case.message_mut(key)) {
            if own.holders.len() < HOLDERS_MAX {
                own.holders.push(location.clone());
            }
            // What one copy says against an acknowledgement holds for all.
            own.may_acknowledge &= message.verdict.may_acknowledge;
            own.suspicious |= message.verdict.suspicious;
        }
        if is_earlier && !self.is_before_start(installation, &message.arrived) {
            let first = |case: &Case| case.messages().next().map(|first| first.key);
            let was_first = self.case(id).and_then(first) == Some(key);
            let earlier = self
                .case_mut(id)
                .map(|case| case.received_earlier(key, received_at, clock_from));
            if let Some(Err(illegal)) = earlier {
                let what = format!("left out that a copy was received earlier: {illegal}");
                self.note(Weight::Trouble, Some(id), what);
            }
            if !was_first {
                self.begin_with(id, key, message);
            }
            self.answered_in_new_threads(id);
        }
        if key != message.key && !self.known.messages.contains_key(&message.key) {
            // Answers may name either id.
            if let (Some(case), Some(other)) = (self.case_mut(id), message.own)
                && let Err(illegal) = case.received_as(key, other)
            {
                let what = format!("left out another Message-ID of a copy: {illegal}");
                self.note(Weight::Trouble, Some(id), what);
            }
            id = self.gather(id, message.followed().collect());
            let entry = index_entry(message, Some(id));
            self.known.messages.insert(message.key, entry.clone());
            self.decisions.commit.messages.push((message.key, entry));
        }
        if message.arrived.answered && self.rules.team.answered_flag {
            self.answered_by_flag(id, key);
        }
    }

    /// The message was list mail too, or a program's. Of such a copy nothing but this is known,
    /// whether it is seen before the client's own or after it.
    pub(super) fn never_acknowledge(&mut self, id: CaseId, key: MessageKey) {
        let id = self.part_with(id, |case| case.messages().any(|own| own.key == key));
        let case = id.and_then(|id| self.case_mut(id));
        if let Some(own) = case.and_then(|case| case.message_mut(key)) {
            own.may_acknowledge = false;
        }
    }
}

/// The message of which this is a copy: the same, or, with a rewritten Message-ID, the one its
/// author wrote in the same second.
fn same_message<'a>(case: &'a Case, copy: &Judged) -> Option<&'a ClientMessage> {
    let author = copy.verdict.author.as_ref()?;
    let same = case.messages().find(|own| own.key == copy.key);
    same.or_else(|| {
        case.messages().find(|own| {
            own.author.address == author.address && own.key.seconds() == copy.key.seconds()
        })
    })
}
