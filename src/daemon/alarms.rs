//! How mailboxes are doing, and who hears of it when one is blind.

use tracing::{debug, error, info, warn};

use super::engine::Engine;
use crate::domain::address::Address;
use crate::domain::decide;
use crate::domain::facts::FolderRole;
use crate::domain::ids::MailboxName;
use crate::domain::time::{Timestamp, format_duration};
use crate::imap::WatchState;
use crate::store::StoreError;

impl Engine {
    /// A watch says how it is doing.
    pub(super) fn state_changed(
        &mut self,
        mailbox: &MailboxName,
        state: WatchState,
        folders: Vec<(String, FolderRole)>,
    ) {
        let now = self.clock.now();
        let Some(watched) = self.watches.by_name.get_mut(mailbox) else {
            return;
        };
        if !folders.is_empty() {
            watched.folders = folders;
        }
        if watched.state != state {
            match &state {
                WatchState::Live => info!(%mailbox, "mailbox live"),
                WatchState::CatchingUp => debug!(%mailbox, "mailbox catching up"),
                WatchState::Blind { reason } => warn!(%mailbox, "mailbox blind: {reason}"),
            }
        }
        match &state {
            WatchState::Live => {
                watched.is_caught_up = true;
                self.looks.recovered(mailbox);
            }
            WatchState::Blind { .. } => self.looks.fail(mailbox, now),
            WatchState::CatchingUp => {}
        }
        watched.state = state;
    }

    /// The server has answered a complete look. After an alarm, that is the all-clear.
    pub(super) async fn proved(
        &mut self,
        mailbox: &MailboxName,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let now = self.clock.now();
        let Some(watched) = self.watches.by_name.get_mut(mailbox) else {
            return Ok(());
        };
        let blind_since = watched.unproved_since;
        watched.last_proof_at = Some(at);
        watched.is_caught_up |= at >= self.catching_up_since;
        // A look that was begun before the machine slept, or the clock was set, is alive now.
        watched.unproved_since = at.max(self.catching_up_since).min(now);
        if !std::mem::take(&mut watched.is_alarmed) {
            return Ok(());
        }
        let lasted = (at - blind_since).to_std().unwrap_or_default();
        let lasted = format_duration(lasted);
        info!(%mailbox, "mailbox is seen again after {lasted}");
        let subject = format!("ackd sees the mailbox {mailbox} again");
        let text = format!(
            "The mailbox \"{mailbox}\" is seen again. It was blind for {lasted}, since \
             {blind_since}. What came in meanwhile has been read; nothing was lost.\n"
        );
        self.tell_operator(&subject, &text).await
    }

    /// Raises the alarm for mailboxes without proof of life for too long, once each.
    pub(super) async fn check_blindness(&mut self, now: Timestamp) -> Result<(), StoreError> {
        let blind_after = self.settings.service.blind_after;
        let limit = chrono::Duration::from_std(blind_after).unwrap_or(chrono::Duration::MAX);
        let mut lost = Vec::new();
        for (name, watched) in &mut self.watches.by_name {
            if !watched.is_alarmed && now.signed_duration_since(watched.unproved_since) >= limit {
                watched.is_alarmed = true;
                let reason = match &watched.state {
                    WatchState::Blind { reason } => reason.clone(),
                    WatchState::CatchingUp => "it is still being read".to_owned(),
                    WatchState::Live => "the server does not answer".to_owned(),
                };
                lost.push((name.clone(), watched.unproved_since, reason));
            }
        }
        for (mailbox, since, reason) in lost {
            error!(%mailbox, "mailbox gives no proof of life since {since}: {reason}");
            let subject = format!("ackd can't see the mailbox {mailbox}");
            let text = format!(
                "ackd has had no proof of life from the mailbox \"{mailbox}\" since {since}.\n\n\
                 Reason: {reason}\n\nClient mail that arrives there is not noticed until it is \
                 seen again. You will be told when it is.\n"
            );
            self.tell_operator(&subject, &text).await?;
        }
        Ok(())
    }

    /// What the operator must know now, in words.
    pub(super) fn alarms(&self) -> Vec<String> {
        let alarmed = self
            .watches
            .by_name
            .iter()
            .filter(|(_, watched)| watched.is_alarmed);
        let mut alarms: Vec<String> = alarmed
            .map(|(name, watched)| {
                let since = watched.unproved_since.format("%Y-%m-%dT%H:%M:%SZ");
                format!("mailbox \"{name}\" gives no proof of life since {since}")
            })
            .collect();
        let breaker = self.book.installation().and_then(|own| own.breaker_until);
        if let Some(until) = breaker.filter(|until| *until > self.clock.now()) {
            let until = until.format("%Y-%m-%dT%H:%M:%SZ");
            alarms.push(format!(
                "too many acknowledgements at once: none is sent before {until}"
            ));
        }
        alarms.extend(self.holiday_alarms());
        alarms.extend(self.store_alarm.clone());
        alarms
    }

    pub(super) async fn tell_operator(
        &mut self,
        subject: &str,
        text: &str,
    ) -> Result<(), StoreError> {
        let rules = self.settings.rules.clone();
        let now = self.clock.now();
        let identity = self.identity();
        let decisions = decide::notice(&self.book, &rules, &identity, subject, text, now);
        self.carry_out(decisions).await
    }

    /// Who hears of trouble: `[alarm] to`, or those who hear of broken promises.
    pub(super) fn alarm_to(&self) -> &[Address] {
        let configured = &self.settings.alarm.to;
        match configured.is_empty() {
            true => &self.settings.rules.team.escalate_to,
            false => configured,
        }
    }
}
