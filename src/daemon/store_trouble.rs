//! The store can't be used. No mail goes out whose intent is not on disk, so that the ordinary
//! route is closed; the second one needs no store and tells the operator.
//!
//! Vocabulary: the *mark* is an empty file in the state folder whose time of modification says
//! when the operator was told; at [`UNTOLD`] nobody was. A time can be set on a full disk,
//! where nothing could be written: a daemon that is started again and again tells it once.

use std::fs::{File, FileTimes};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tracing::{error, info, warn};

use super::engine::Engine;
use super::{Wires, second_route, translate};
use crate::clock::SharedClock;
use crate::domain::address::Author;
use crate::domain::draft::{Draft, Letterhead, Mail, Templates, render};
use crate::domain::ids::MessageId;
use crate::domain::outbox::SendVerdict;
use crate::domain::rules::Mode;
use crate::domain::time::Timestamp;
use crate::settings::Settings;
use crate::smtp;
use crate::store::StoreError;

/// How long telling may take; the daemon ends after it.
const TELL_TIME_MAX: Duration = Duration::from_secs(20);

/// How often each route is tried within that time.
const ATTEMPTS_MAX: usize = 2;

/// The pause between two attempts.
const ATTEMPT_PAUSE: Duration = Duration::from_secs(2);

/// Whoever was told is told again after this, as long as there was no all-clear.
const TOLD_AGAIN_AFTER: chrono::Duration = chrono::Duration::hours(24);

/// A daemon that has run this long since its start has a store that can be used again.
const PROVEN_AFTER: chrono::Duration = chrono::Duration::minutes(5);

/// The mark's file.
const MARK: &str = "store-alarm";

/// The mark's time while nobody was told.
const UNTOLD: SystemTime = UNIX_EPOCH;

/// Who is told, and how, if the store can't be used.
pub(super) struct StoreTrouble {
    settings: Settings,
    clock: SharedClock,
}

impl StoreTrouble {
    /// Prepares for trouble while there is room on the disk.
    pub(super) fn prepare(settings: &Settings, clock: SharedClock) -> Self {
        let mark = mark_of(&settings.service.state_dir);
        // On a first start there is no folder yet: the next start makes the mark.
        if !mark.exists() && settings.service.state_dir.is_dir() {
            set_mark(&mark, UNTOLD);
        }
        let settings = settings.clone();
        Self { settings, clock }
    }

    /// Tells the operator by the second route, once for each trouble. Takes no longer than
    /// [`TELL_TIME_MAX`].
    pub(super) async fn tell(&self, trouble: &StoreError) {
        if !matters(trouble) {
            return;
        }
        let alarm = &self.settings.alarm;
        if alarm.smtp.is_none() && alarm.command.is_none() {
            return;
        }
        if self.settings.rules.mode == Mode::Observe {
            info!(
                event = "alarm_withheld",
                "would tell of it by the second route; mode observe sends nothing"
            );
            return;
        }
        let now = self.clock.now();
        let mark = mark_of(&self.settings.service.state_dir);
        let lately = |at: Timestamp| (now - at).abs() < TOLD_AGAIN_AFTER;
        if told_at(&self.settings.service.state_dir).is_some_and(lately) {
            return;
        }
        let told = tokio::time::timeout(TELL_TIME_MAX, self.tell_everywhere(trouble, now)).await;
        match told {
            Ok(true) => set_mark(&mark, SystemTime::from(now)),
            Ok(false) => error!(
                event = "alarm_not_sent",
                "could not tell of it by the second route"
            ),
            Err(_) => error!(
                event = "alarm_not_sent",
                "could not tell of it by the second route within {TELL_TIME_MAX:?}"
            ),
        }
    }

    /// Whether anybody was told.
    async fn tell_everywhere(&self, trouble: &StoreError, now: Timestamp) -> bool {
        let mut told = false;
        if let Some(command) = &self.settings.alarm.command
            && let Some(mail) = self.mail(trouble, now, 0)
        {
            for attempt in 0..ATTEMPTS_MAX {
                rest_before(attempt).await;
                let limit = TELL_TIME_MAX / 4;
                let verdict = second_route::run(command, &mail, limit).await;
                if is_sent(verdict) {
                    told = true;
                    break;
                }
            }
        }
        let Some(settings) = &self.settings.alarm.smtp else {
            return told;
        };
        let timeout = self.settings.limits.smtp_timeout.min(TELL_TIME_MAX / 4);
        let relay = match translate::relay(settings, timeout, &Wires::default()) {
            Ok(relay) => relay,
            Err(reason) => {
                error!(
                    event = "alarm_not_sent",
                    "alarm not sent by the second route: {reason}"
                );
                return told;
            }
        };
        for person in 0..self.settings.alarm_to().len() {
            let Some(mail) = self.mail(trouble, now, person) else {
                continue;
            };
            for attempt in 0..ATTEMPTS_MAX {
                rest_before(attempt).await;
                if is_sent(smtp::send(&relay, &mail).await) {
                    told = true;
                    break;
                }
            }
        }
        told
    }

    /// The mail to one of those who hear of trouble.
    fn mail(&self, trouble: &StoreError, now: Timestamp, person: usize) -> Option<Mail> {
        let alarm = &self.settings.alarm;
        let ordinary = self.settings.smtp.as_ref().map(|smtp| &smtp.from);
        let from: &Author = alarm.smtp.as_ref().map(|smtp| &smtp.from).or(ordinary)?;
        let to = self.settings.alarm_to().get(person);
        let id = format!(
            "ackd.store.{}.{person}@{}",
            now.timestamp(),
            from.address.domain()
        );
        let letterhead = Letterhead {
            // The installation's own name lies in the store.
            instance: super::start::fresh_instance(),
            from: from.clone(),
            to: to.unwrap_or(&from.address).clone(),
            message_id: MessageId::parse(&id)?,
            now,
            replies: None,
        };
        let draft = Draft::Notice {
            subject: "ackd has stopped: its store can't be used".to_owned(),
            text: format!(
                "ackd has stopped, because it {trouble}.\n\nNobody is reminded and no client is \
                 acknowledged until it runs again. What it had written down is kept, and mail \
                 that arrives meanwhile is read then. You will be told when the store has been \
                 usable for {} minutes; until then not again within {} hours.\n",
                PROVEN_AFTER.num_minutes(),
                TOLD_AGAIN_AFTER.num_hours()
            ),
        };
        Some(render(&draft, &letterhead, &Templates::embedded()))
    }
}

impl Engine {
    /// The all-clear, once the store has been usable for a while: that it can be written down
    /// is the proof.
    pub(super) async fn check_store_trouble(&mut self, now: Timestamp) -> Result<(), StoreError> {
        let Some(at) = self.alarm_memory.store_told_at else {
            return Ok(());
        };
        if (now - self.started_at).abs() < PROVEN_AFTER {
            return Ok(());
        }
        let text = format!(
            "The store of ackd could not be used at {}. ackd runs again since {}, and has read \
             what came in meanwhile.\n",
            at.format("%Y-%m-%d %H:%M:%S UTC"),
            self.started_at.format("%Y-%m-%d %H:%M:%S UTC")
        );
        self.tell_operator("ackd can use its store again", &text)
            .await?;
        self.alarm_memory.store_told_at = None;
        set_mark(&mark_of(&self.settings.service.state_dir), UNTOLD);
        Ok(())
    }
}

/// When the operator was told, if the all-clear is still to come.
pub(super) fn told_at(state_dir: &Path) -> Option<Timestamp> {
    let modified = std::fs::metadata(mark_of(state_dir)).and_then(|mark| mark.modified());
    modified
        .ok()
        .filter(|at| *at != UNTOLD)
        .map(Timestamp::from)
}

/// A store that is in use by another ackd is no trouble of this installation.
fn matters(trouble: &StoreError) -> bool {
    !trouble.to_string().contains("another ackd")
}

fn mark_of(state_dir: &Path) -> PathBuf {
    state_dir.join(MARK)
}

fn set_mark(mark: &Path, at: SystemTime) {
    let mut options = File::options();
    let file = options.create(true).truncate(false).write(true).mode(0o600);
    let times = FileTimes::new().set_modified(at);
    let set = file.open(mark).and_then(|file| file.set_times(times));
    if let Err(reason) = set {
        warn!(
            event = "alarm_mark_failed",
            "could not set the time of {}: {reason}; an alarm may be told again",
            mark.display()
        );
    }
}

async fn rest_before(attempt: usize) {
    if attempt > 0 {
        tokio::time::sleep(ATTEMPT_PAUSE).await;
    }
}

fn is_sent(verdict: SendVerdict) -> bool {
    match verdict {
        SendVerdict::Sent => {
            info!(event = "alarm_sent", "alarm sent by the second route");
            true
        }
        SendVerdict::Later { reason }
        | SendVerdict::LaterBy { reason, .. }
        | SendVerdict::Refused { reason }
        | SendVerdict::Unknown { reason } => {
            error!(
                event = "alarm_not_sent",
                "alarm not sent by the second route: {reason}"
            );
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_says_when_somebody_was_told() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(told_at(folder.path()), None);
        let mark = mark_of(folder.path());
        set_mark(&mark, UNTOLD);
        assert_eq!(told_at(folder.path()), None);
        let at = Timestamp::from_timestamp(1_800_000_000, 0).expect("a moment");
        set_mark(&mark, SystemTime::from(at));
        assert_eq!(told_at(folder.path()), Some(at));
    }
}
