//! A store that is lost between two lives, and made again from an export.
//!
//! Exports are taken every few commits, so that a rebuilding sets the daemon back by anything
//! from nothing to some lives. What its clock showed meanwhile is the lost time: that nobody sets
//! the clock back in it is taken for granted, here as by the daemon.

use ackd::clock::Clock as _;
use ackd::domain::commit::LostTime;
use ackd::domain::time::Timestamp;
use ackd::store::MemoryStore;

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
    if world.kept.commits.is_multiple_of(COMMITS_PER_EXPORT) {
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

/// A client got a mail: the worst moment for a loss is soon after it.
pub(crate) fn acknowledged(world: &mut Inner) {
    if let Some(chance) = &mut world.losses
        && chance.one_in(2)
    {
        world.crash_in = u32::try_from(chance.between(1, 60)).ok();
    }
}

/// A life is over: perhaps the store is lost. The one that is used from here on.
pub(crate) fn perhaps(world: &mut Inner) -> Option<MemoryStore> {
    let chance = world.losses.as_mut()?;
    if !chance.one_in(LOSSES) {
        return None;
    }
    let loses_exports = chance.one_in(6);
    let now = world.time.now();
    let commits = world.kept.commits;
    let export = world.export.clone().filter(|_| !loses_exports);
    world.lost_all |= export.is_none();
    let (since, until) = match &export {
        Some(export) => (Some(export.since.min(now)), export.until),
        None => (None, now),
    };
    let (store, kept) = match export {
        Some(export) => (export.store.copied(), export.kept),
        None => (MemoryStore::new(), Kept::default()),
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
