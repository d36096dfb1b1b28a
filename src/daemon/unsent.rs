//! Mail that is not taken: the mail server is gone, or refuses us.
//!
//! Vocabulary: *ordinary* mail goes by `[smtp]`, not by a second route. That it is not taken is
//! seen when it is tried; since when, stands on disk with the mail, so that a restart does not
//! begin to count anew. A mail of which others that were tried later are taken has a trouble of
//! its own, which `ackd outbox` tells.

use super::engine::Engine;
use crate::domain::alarm::{Finding, Recovery, Trouble};
use crate::domain::decide::not_taken_since;
use crate::domain::outbox::{OutboxRow, RowState, SendVerdict};
use crate::domain::time::Timestamp;

/// How ordinary mail has fared since the start.
#[derive(Debug, Default)]
pub(super) struct OrdinaryMail {
    /// Since the last one that was taken: when one was not for the first and for the last time.
    refused: Option<(Timestamp, Timestamp)>,
    /// When the last one was taken.
    taken_at: Option<Timestamp>,
}

impl OrdinaryMail {
    /// A mail was tried.
    pub(super) fn tried(&mut self, row: &OutboxRow, verdict: &SendVerdict, now: Timestamp) {
        if !row.is_ordinary_mail() {
            return;
        }
        match verdict {
            SendVerdict::Sent => {
                self.refused = None;
                self.taken_at = Some(now);
            }
            SendVerdict::Later { .. }
            | SendVerdict::LaterBy { .. }
            | SendVerdict::Unknown { .. } => {
                let first = self.refused.map_or(now, |(first, _)| first);
                self.refused = Some((first, now));
            }
            // Of this mail alone the server will not hear any more.
            SendVerdict::Refused { .. } => {}
        }
    }
}

impl Engine {
    /// That ordinary mail has not been taken for too long. None is known to be taken since then.
    pub(super) fn unsent(&self, now: Timestamp) -> Option<Finding> {
        let mail = &self.alarm_memory.mail;
        // What was not taken before a start, or before the machine slept, may be taken now.
        let (first, last) = mail.refused?;
        if last < self.catching_up_since {
            return None;
        }
        let limit = chrono::Duration::from_std(self.settings.service.blind_after);
        let limit = limit.unwrap_or(chrono::Duration::MAX);
        let waiting = self.book.outbox().rows.values();
        let waiting = waiting.filter(|row| row.is_ordinary_mail());
        let refused = waiting.filter_map(|row| Some((not_taken_since(row)?, row)));
        let refused = refused.filter(|(since, _)| mail.taken_at.is_none_or(|taken| taken < *since));
        let (since, row) = refused.min_by_key(|(since, row)| (*since, row.id))?;
        let since = since.min(first);
        let is_long = now.signed_duration_since(since) >= limit;
        let reason = row.put_off_because().unwrap_or_default().to_owned();
        is_long.then_some(Finding { since, reason })
    }

    /// That ordinary mail is taken again, or that none is left that was not.
    pub(super) fn sent_again(&self, now: Timestamp) -> Option<Recovery> {
        let since = self.book.alarms().told.get(&Trouble::Unsent)?;
        let taken_at = self.alarm_memory.mail.taken_at.filter(|at| at >= since);
        let still_tried = |row: &OutboxRow| {
            let waits = matches!(
                row.state,
                RowState::Queued { .. } | RowState::Sending { .. }
            );
            waits && row.attempts() > 0 && row.is_ordinary_mail()
        };
        let mut rows = self.book.outbox().rows.values();
        let (at, how) = match taken_at {
            Some(at) => (at, "takes mail again"),
            None if !rows.any(still_tried) => {
                (now, "is owed no mail any more that it did not take")
            }
            None => return None,
        };
        Some(Recovery {
            at,
            how: how.to_owned(),
            mails: Default::default(),
        })
    }
}
