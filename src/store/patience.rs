//! Telling a store that hangs from one that is slow.
//!
//! A damaged sled may wait for ever, or turn in a circle. A good one on a slow disk reads or
//! writes something every now and then, or waits in the kernel for the disk. On Linux `/proc`
//! tells these apart; where it can't be read, only the deadline does.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::StoreError;

/// How long a store may do nothing at all before it counts as hanging. A start has to say what
/// is wrong within ten seconds.
const STILL_MAX: Duration = Duration::from_secs(5);

/// How often it is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// How many times its own size a store may read before it counts as turning in a circle, and
/// what it may read in any case, in bytes.
const READ_TIMES_MAX: u64 = 16;
const READ_BYTES_MIN: u64 = 256 * 1024 * 1024;

/// What looking at it takes to read, at most, in bytes.
const OWN_BYTES_MAX: u64 = 16 * 1024;

/// Patience with one store.
#[derive(Debug, Clone)]
pub struct Patience {
    path: PathBuf,
    size: u64,
}

impl Patience {
    /// Patience with the store in a directory.
    pub fn with(directory: &Path) -> Self {
        let data = std::fs::metadata(directory.join("db"));
        Self {
            path: directory.to_owned(),
            size: data.map_or(0, |data| data.len()),
        }
    }

    /// Waits for what the store is asked for, while this process does little else. Fails with
    /// [`StoreError::Stuck`] if the store hangs.
    pub async fn wait_for<T>(&self, answer: impl Future<Output = T>) -> Result<T, StoreError> {
        let mut answer = std::pin::pin!(answer);
        let begun = Activity::of_process();
        let (mut last, mut still) = (begun, Duration::ZERO);
        loop {
            tokio::select! {
                biased;
                answer = &mut answer => return Ok(answer),
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
            let (Some(now), Some(first)) = (Activity::of_process(), begun) else {
                continue;
            };
            let circles = now.bytes.saturating_sub(first.bytes)
                > READ_BYTES_MIN.max(self.size.saturating_mul(READ_TIMES_MAX));
            let read = last.is_none_or(|last| now.bytes - last.bytes > OWN_BYTES_MAX);
            let moved = read || is_waiting_for_disk();
            still = match moved && !circles {
                true => Duration::ZERO,
                false => still + LOOK_EVERY,
            };
            last = Some(now);
            if still >= STILL_MAX {
                return Err(StoreError::Stuck {
                    path: self.path.display().to_string(),
                    seconds: STILL_MAX.as_secs(),
                });
            }
        }
    }
}

/// What the process has read and written so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Activity {
    bytes: u64,
}

impl Activity {
    /// `None` where the system does not tell.
    fn of_process() -> Option<Self> {
        let text = std::fs::read_to_string("/proc/self/io").ok()?;
        let figure = |name: &str| {
            let line = text.lines().find(|line| line.starts_with(name))?;
            line.rsplit(' ').next()?.parse::<u64>().ok()
        };
        Some(Self {
            bytes: figure("rchar:")? + figure("wchar:")?,
        })
    }
}

/// Whether a thread of ours sleeps in a way only the disk can end.
fn is_waiting_for_disk() -> bool {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten();
    tasks.flatten().any(|task| {
        let stat = std::fs::read_to_string(task.path().join("stat")).unwrap_or_default();
        // The state stands behind the name, which is in brackets and may hold anything.
        let state = stat.rsplit_once(") ").map(|(_, rest)| rest);
        state.is_some_and(|state| state.starts_with('D'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_does_nothing_at_all_is_stuck_after_a_while() {
        let place = tempfile::tempdir().expect("a directory");
        let patience = Patience::with(place.path());
        let never = std::future::pending::<()>();
        let waited = tokio::time::timeout(Duration::from_secs(600), patience.wait_for(never));
        let stuck = waited.await.expect("it does not wait for ever");
        assert!(matches!(stuck, Err(StoreError::Stuck { .. })), "{stuck:?}");
        assert_eq!(patience.wait_for(std::future::ready(7)).await, Ok(7));
    }
}
