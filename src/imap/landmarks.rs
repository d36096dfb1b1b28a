//! How a folder is known again when a session opens it.
//!
//! Vocabulary: a *landmark* is a message that was read, kept by UID and receipt beside the
//! cursor. A server that was restored from a backup under the same UIDVALIDITY gives out UIDs
//! anew: below the cursor there may be mail nobody has read. What was there before the backup
//! has kept its UID, what came since has another one; so everything up to a landmark that is
//! still what it was can be trusted, and what follows it is read again.
//!
//! A landmark that is missing may just have been moved or deleted, which people do all day. So
//! there are several, at distances that grow eightfold: a lost one costs the reading of what
//! lies between it and the next, once, for reading sets new ones.
//!
//! Restoring a server breaks its connections: it is enough to look when a session first opens a
//! folder.

use std::collections::BTreeMap;

use async_imap::imap_proto::{AttributeValue, Response};

use super::cursor::{Opened, Plan, plan};
use super::failure::Failure;
use super::fetch::{Batch, internal_date, uid_of, uid_set};
use super::session::Session;
use super::watch::{Watch, Watched};
use crate::domain::commit::Landmark;
use crate::domain::time::Timestamp;

/// Each landmark but the newest stands for messages eight times as far back as the one before.
const DISTANCE_GROWS_BY_BITS: u32 = 3;

impl Watch {
    /// Decides what to do with an opened folder: by its numbers, and, when a session opens it
    /// first or its numbers went back, by its landmarks.
    pub(super) async fn what_to_read(
        &mut self,
        session: &mut Session,
        folder: &Watched,
        opened: Opened,
    ) -> Result<Plan, Failure> {
        let stored = self.cursors.get(&folder.name);
        let plan = plan(stored, opened);
        let same_life = stored.filter(|cursor| cursor.uid_validity == opened.uid_validity);
        let Some(cursor) = same_life.cloned() else {
            if stored.is_some() {
                tracing::warn!(event = "folder_renumbered", mailbox = %self.account.name, folder = %folder.name,
                    "the folder was renumbered by its server; reading it anew");
            }
            self.recognised.insert(folder.name.clone());
            return Ok(plan);
        };
        let is_known = opened.exists == 0 || self.recognised.contains(&folder.name);
        if is_known && plan != Plan::ReadAnew {
            // Whatever comes into an empty folder gets a UID that was never given out.
            self.recognised.insert(folder.name.clone());
            return Ok(plan);
        }
        let found = look_for(session, &cursor.landmarks).await?;
        self.recognised.insert(folder.name.clone());
        let kept = match recognise(&cursor.landmarks, &found) {
            // Written before there were landmarks.
            None if plan != Plan::ReadAnew => return Ok(plan),
            None | Some(Recognition::Nowhere) => 0,
            Some(Recognition::Until(uid)) => uid,
        };
        // What lies between the newest landmark and the cursor could not be read, or was gone.
        let is_all = cursor.landmarks.first().is_some_and(|own| own.uid == kept);
        if plan != Plan::ReadAnew && is_all {
            return Ok(plan);
        }
        if plan == Plan::ReadAnew || is_other(&cursor.landmarks, &found) {
            tracing::warn!(event = "folder_restored", mailbox = %self.account.name, folder = %folder.name, kept,
                "the folder was brought back from an earlier state; reading again what came since");
        }
        // Until it is read again, nothing above stands for anything.
        let known = self.cursors.get_mut(&folder.name).filter(|_| kept > 0);
        let Some(known) = known else {
            self.cursors.remove(&folder.name);
            if plan == Plan::ReadAnew {
                self.forget_trouble(folder);
            }
            return Ok(Plan::ReadAnew);
        };
        known.landmarks.retain(|own| own.uid <= kept);
        known.uid_next = known.uid_next.min(kept.saturating_add(1));
        // On disk at once, though nothing may be there to read yet: what comes while we are not
        // looking can get the UIDs that are free again.
        let known = known.clone();
        self.hand_over(folder, Batch::default(), known).await?;
        Ok(Plan::ReadAgain(kept.saturating_add(1)))
    }

    /// A folder of which nothing was read, or only before there were landmarks, is known again
    /// by its newest message.
    pub(super) async fn set_first_landmark(
        &mut self,
        session: &mut Session,
        folder: &Watched,
    ) -> Result<(), Failure> {
        let cursor = self.cursors.get(&folder.name).cloned();
        let unmarked = cursor.filter(|cursor| cursor.landmarks.is_empty() && session.exists > 0);
        let Some(mut cursor) = unmarked else {
            return Ok(());
        };
        let newest = newest(session).await?;
        let newest = newest.filter(|newest| newest.uid < cursor.uid_next);
        if let Some(newest) = newest {
            cursor.landmarks.push(newest);
            self.hand_over(folder, Batch::default(), cursor).await?;
        }
        Ok(())
    }

    /// The landmarks of a folder, as far as they belong to this life of it.
    pub(super) fn landmarks(&self, folder: &Watched, uid_validity: u32) -> Vec<Landmark> {
        let cursor = self.cursors.get(&folder.name);
        let same = cursor.filter(|cursor| cursor.uid_validity == uid_validity);
        same.map_or_else(Vec::new, |cursor| cursor.landmarks.clone())
    }
}

/// Remembers a message that was read last: of the landmarks below it one is kept for each
/// order of distance, and none above it.
pub(super) fn remember(landmarks: &mut Vec<Landmark>, newest: Landmark) {
    landmarks.retain(|own| own.uid < newest.uid);
    landmarks.insert(0, newest);
    let order = |own: &Landmark| (newest.uid - own.uid).checked_ilog2();
    let order = |own: &Landmark| order(own).map(|log| log / DISTANCE_GROWS_BY_BITS);
    // The farthest of an order stays: it grows into the next one as more is read.
    let mut kept: Vec<Landmark> = Vec::new();
    for own in landmarks.iter().rev() {
        if kept.last().is_none_or(|last| order(last) != order(own)) {
            kept.push(*own);
        }
    }
    kept.reverse();
    *landmarks = kept;
}

/// What became of the landmarks of a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Recognition {
    /// Everything up to this UID is what it was.
    Until(u32),
    /// Nothing is.
    Nowhere,
}

/// Judges by what lies in the folder under the UIDs of the landmarks. `None` if there are none
/// to go by.
fn recognise(landmarks: &[Landmark], found: &BTreeMap<u32, Timestamp>) -> Option<Recognition> {
    landmarks.first()?;
    let mut newest_first = landmarks.iter();
    let same = newest_first.find(|own| found.get(&own.uid) == Some(&own.received_at));
    Some(same.map_or(Recognition::Nowhere, |own| Recognition::Until(own.uid)))
}

/// Whether under one of the UIDs another message lies now. That no person does.
fn is_other(landmarks: &[Landmark], found: &BTreeMap<u32, Timestamp>) -> bool {
    let at = |own: &Landmark| found.get(&own.uid).copied();
    let mut found = landmarks.iter().filter_map(|own| Some((own, at(own)?)));
    found.any(|(own, at)| own.received_at != at)
}

/// What lies in the open folder under the UIDs of these landmarks now.
async fn look_for(
    session: &mut Session,
    landmarks: &[Landmark],
) -> Result<BTreeMap<u32, Timestamp>, Failure> {
    if landmarks.is_empty() {
        return Ok(BTreeMap::new());
    }
    let mut uids: Vec<u32> = landmarks.iter().map(|own| own.uid).collect();
    uids.sort_unstable();
    received(session, &uid_set(&uids)).await
}

/// The newest message of the open folder; `None` if it is empty or its receipt is not told.
async fn newest(session: &mut Session) -> Result<Option<Landmark>, Failure> {
    let mut found = received(session, "*").await?;
    let newest = found.pop_last();
    Ok(newest.map(|(uid, received_at)| Landmark { uid, received_at }))
}

async fn received(session: &mut Session, uids: &str) -> Result<BTreeMap<u32, Timestamp>, Failure> {
    let mut found = BTreeMap::new();
    let command = format!("UID FETCH {uids} (UID INTERNALDATE)");
    let see = |response: &Response<'_>| {
        if let Response::Fetch(_, attributes) = response
            && let Some(uid) = uid_of(attributes)
            && let Some(received_at) = receipt_of(attributes)
        {
            found.insert(uid, received_at);
        }
    };
    session
        .run(&command, "to see whether the folder is what it was", see)
        .await?;
    Ok(found)
}

fn receipt_of(attributes: &[AttributeValue<'_>]) -> Option<Timestamp> {
    attributes.iter().find_map(|attribute| match attribute {
        AttributeValue::InternalDate(text) => internal_date(text),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(uid: u32) -> Timestamp {
        Timestamp::from_timestamp(1_700_000_000 + i64::from(uid), 0).expect("a moment")
    }

    fn landmark(uid: u32) -> Landmark {
        Landmark {
            uid,
            received_at: at(uid),
        }
    }

    fn after_reading(uids: impl Iterator<Item = u32>) -> Vec<Landmark> {
        let mut landmarks = Vec::new();
        uids.for_each(|uid| remember(&mut landmarks, landmark(uid)));
        landmarks
    }

    #[test]
    fn landmarks_are_few_and_never_far_apart_for_their_distance() {
        for last in [1_u32, 7, 100, 5_000, 60_000] {
            let landmarks = after_reading(1..=last);
            assert!(landmarks.len() <= 12, "{last}: {landmarks:?}");
            assert_eq!(landmarks[0].uid, last);
            for pair in landmarks.windows(2) {
                let (near, far) = (last - pair[0].uid, last - pair[1].uid);
                assert!(
                    far > near && far <= (near + 1) * 64,
                    "{last}: {landmarks:?}"
                );
            }
            let farthest = landmarks.last().expect("one");
            assert!(farthest.uid <= last.div_ceil(8), "{last}: {landmarks:?}");
        }
    }

    #[test]
    fn what_is_read_again_leaves_no_landmark_above_it() {
        let mut landmarks = after_reading(1..=100);
        remember(&mut landmarks, landmark(40));
        assert!(landmarks.iter().all(|own| own.uid <= 40), "{landmarks:?}");
        let mut highest = vec![landmark(1)];
        remember(&mut highest, landmark(u32::MAX));
        assert_eq!(highest.len(), 2);
    }

    #[test]
    fn the_newest_landmark_that_is_what_it_was_says_how_much_is_known() {
        let landmarks = [landmark(9), landmark(7), landmark(2)];
        let all: BTreeMap<u32, Timestamp> = [2, 7, 9].map(|uid| (uid, at(uid))).into();
        let until = |found: &BTreeMap<u32, Timestamp>| recognise(&landmarks, found);
        assert_eq!(until(&all), Some(Recognition::Until(9)));
        // Moved away, or given to another message.
        let mut gone = all.clone();
        gone.remove(&9);
        assert_eq!(until(&gone), Some(Recognition::Until(7)));
        let mut other = all.clone();
        other.insert(9, at(50));
        other.insert(7, at(40));
        assert_eq!(until(&other), Some(Recognition::Until(2)));
        assert_eq!(until(&BTreeMap::new()), Some(Recognition::Nowhere));
        assert_eq!(recognise(&[], &all), None);
    }
}
