//! Answers of the team's people to our mails: the key of their tokens, and what is heard.

use std::collections::VecDeque;
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use tracing::error;

use super::engine::Engine;
use crate::domain::address::Address;
use crate::domain::decide::{self, Judged, Replied, TOLD_WITHIN, is_answerable};
use crate::domain::outbox::OutboxRow;
use crate::domain::reply::{ReplyKey, ReplyPlace};
use crate::domain::time::Timestamp;
use crate::store::StoreError;

/// The file in the state directory that holds the key. It is in no export and no log; whoever
/// loses it loses no more than the answers to mails sent before.
const KEY_FILE: &str = "reply.key";

/// How many confirmations are kept in mind. Beyond that the oldest are forgotten.
const TOLD_KEPT_MAX: usize = 4096;

/// What the engine knows of replies.
#[derive(Debug, Default)]
pub(super) struct ReplyMemory {
    key: Option<ReplyKey>,
    /// Who was told what became of a reply, and when, the oldest first.
    told: VecDeque<(Address, Timestamp)>,
}

impl ReplyMemory {
    fn told_lately(&self, person: &Address, now: Timestamp) -> usize {
        let lately = self
            .told
            .iter()
            .filter(|(to, at)| to == person && (now - *at).abs() < TOLD_WITHIN);
        lately.count()
    }

    fn tell(&mut self, person: Address, now: Timestamp) {
        self.told.push_back((person, now));
        while self.told.len() > TOLD_KEPT_MAX {
            self.told.pop_front();
        }
    }
}

impl Engine {
    /// Makes sure that there is a key where mails can be answered. Without one they can't be,
    /// and everything else goes on.
    pub(super) fn prepare_replies(&mut self) {
        if self.settings.rules.team.replies.is_none() || self.replies.key.is_some() {
            return;
        }
        match key_in(&self.settings.service.state_dir) {
            Ok(key) => self.replies.key = Some(key),
            Err(error) => {
                let file = self.settings.service.state_dir.join(KEY_FILE);
                error!(
                    event = "reply_key_failed",
                    "could not use the key of replies in {} ({error}), so reminders can't be answered with a word; mend or remove the file and start ackd again",
                    file.display()
                );
            }
        }
    }

    /// Where a mail of ours is answered, if it can be.
    pub(super) fn reply_place(&self, row: &OutboxRow) -> Option<ReplyPlace> {
        let replies = self.settings.rules.team.replies.as_ref()?;
        let key = self.replies.key.as_ref()?;
        is_answerable(&row.purpose).then(|| replies.place(&key.token(row)))?
    }

    /// Hears the replies among these messages, each in a commit of its own, before the rest is
    /// decided: what was heard is remembered, and read again it changes nothing.
    pub(super) async fn hear_replies(&mut self, judged: &mut [Judged]) -> Result<(), StoreError> {
        for message in judged {
            if let Some(replied) = message.reply.take() {
                self.hear_reply(&replied).await?;
            }
        }
        Ok(())
    }

    async fn hear_reply(&mut self, replied: &Replied) -> Result<(), StoreError> {
        let mut known = self.look_up(replied.questions()).await?;
        let further = replied.further_questions(&self.book, &known);
        known.extend(self.look_up(further).await?);
        let (rules, now) = (self.settings.rules.clone(), self.clock.now());
        let identity = self.identity();
        let key = self.replies.key.as_ref();
        let told_lately = |person: &Address| self.replies.told_lately(person, now);
        let heard = decide::Heard {
            replied,
            key,
            told_lately: &told_lately,
        };
        let decisions = decide::reply(&self.book, &rules, &identity, &heard, known, now);
        for row in &decisions.commit.outbox {
            if is_answerable(&row.purpose) {
                self.replies.tell(row.to.clone(), now);
            }
        }
        self.carry_out(decisions).await
    }
}

/// The key in this directory; a new one if there is none yet.
fn key_in(state_dir: &Path) -> io::Result<ReplyKey> {
    let path = state_dir.join(KEY_FILE);
    match read_key(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        read => return read,
    }
    let mut bytes = [0; 32];
    let provider = rustls::crypto::ring::default_provider();
    let filled = provider.secure_random.fill(&mut bytes);
    filled.map_err(|_| io::Error::other("this machine gives no random numbers"))?;
    let whole = state_dir.join(format!("{KEY_FILE}.new"));
    // What an interrupted start left behind is nobody's key yet.
    let _ = std::fs::remove_file(&whole);
    let mut options = std::fs::OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&whole)?;
    file.write_all(&bytes)?;
    file.sync_all()?;
    std::fs::rename(&whole, &path)?;
    std::fs::File::open(state_dir)?.sync_all()?;
    Ok(ReplyKey::new(bytes))
}

fn read_key(path: &Path) -> io::Result<ReplyKey> {
    let mut file = std::fs::File::open(path)?;
    if file.metadata()?.mode() & 0o077 != 0 {
        let told = "others can read it; \"chmod 600\" it, or remove it for a new key";
        return Err(io::Error::other(told));
    }
    let mut bytes = Vec::new();
    io::Read::take(&mut file, 64).read_to_end(&mut bytes)?;
    let bytes: [u8; 32] = bytes
        .try_into()
        .map_err(|_| io::Error::other("it is no key; remove it for a new one"))?;
    Ok(ReplyKey::new(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_made_once_and_only_its_owner_can_read_it() {
        let dir = tempfile::tempdir().expect("a directory");
        let first = key_in(dir.path()).expect("a new key");
        assert_eq!(key_in(dir.path()).expect("the same key"), first);
        let path = dir.path().join(KEY_FILE);
        let mode = std::fs::metadata(&path).expect("a file").mode();
        assert_eq!(mode & 0o777, 0o600);
        let other = tempfile::tempdir().expect("a directory");
        assert_ne!(key_in(other.path()).expect("a new key"), first);
    }

    #[test]
    fn a_key_that_others_can_read_is_not_used() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().expect("a directory");
        key_in(dir.path()).expect("a new key");
        let path = dir.path().join(KEY_FILE);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).expect("set");
        let error = key_in(dir.path()).expect_err("no key").to_string();
        assert!(error.contains("chmod 600"), "{error}");
    }
}
