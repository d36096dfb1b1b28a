//! A store that is lost between two lives, and made again from an export.
//!
//! Exports are taken every few commits, so that a rebuilding sets the daemon back by anything
//! from nothing to some lives. What its clock showed meanwhile is the lost time: that nobody sets
//! the clock back in it is taken for granted, here as by the daemon.

use ackd::clock::Clock as _;
use ackd::domain::commit::LostTime;
use ackd::domain::time::Timestamp;
use ackd::store::MemoryStore;

use crate::chance::Chance;
use crate::world::{Inner, Kept};

/// After how many commits there is an export.
const COMMITS_PER_EXPORT: u64 = 11;

/// Among how many ends of a life there is a loss.
const LOSSES: u32 = 2;

/// What is left when the store is gone.
#[derive(Debug, Clone)]
pub(crate) struct Export {
    store: MemoryStore,
    kept: Kept,
    /// What the daemon's clock showed since, at the least and at the most.
    since: Timestamp,
    until: Timestamp,
}

/// Something was committed: there may be an export after it.
pub(crate) fn committed(world: &mut Inner, store: &MemoryStore) {
    let now = world.time.now();
    if world.kept.commits % COMMITS_PER_EXPORT == 0 {
        world.export = Some(Export {
            store: store.copied(),
            kept: world.kept.clone(),
            since: now,
            until: now,
        });
    } else if let Some(export) = &mut world.export {
        export.since = export.since.min(now);
        export.until = export.until.max(now);
    }
}

/// A life is over: perhaps the store is lost. The one that is used from here on.
pub(crate) fn perhaps(world: &mut Inner, chance: &mut Chance) -> Option<MemoryStore> {
    if !chance.one_in(LOSSES) {
        return None;
    }
    let now = world.time.now();
    let commits = world.kept.commits;
    let (store, kept, since, until) = match world.export.take() {
        Some(export) if !chance.one_in(5) => {
            world.export = Some(export.clone());
            let Export {
                store,
                kept,
                since,
                until,
            } = export;
            (store.copied(), kept, Some(since.min(now)), until)
        }
        _ => {
            world.lost_all = true;
            (MemoryStore::new(), Kept::default(), None, now)
        }
    };
    let lost = LostTime {
        since,
        until: until.max(now).max(world.time.truth()),
        is_listed: false,
    };
    world.log(|| format!("--- the store is lost: {lost:?}"));
    world.kept = Kept { commits, ..kept };
    world.odd();
    Some(store.rebuilt(lost))
}
