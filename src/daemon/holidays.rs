//! Holiday files: the last good copy of each is kept, changes are noticed, and the operator hears
//! of broken ones.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tracing::{info, warn};

use super::engine::Engine;
use crate::domain::time::Timestamp;
use crate::settings::{self, GoodHolidays, HolidayFile, Settings};

/// How long writing the copies may take.
const COPY_TIME_MAX: Duration = Duration::from_secs(10);

/// How often ending holiday files are warned of.
const WARN_EVERY: chrono::Duration = chrono::Duration::days(1);

/// How often the holiday files are looked at, from outside, for changes.
pub(super) const LOOK_EVERY: Duration = Duration::from_secs(3600);

/// How long looking at them may take.
const LOOK_TIME_MAX: Duration = Duration::from_secs(30);

/// The holiday files as they were when they were read last.
pub(super) struct HolidayWatch {
    files: Vec<HolidayFile>,
    looks: tokio::time::Interval,
}

impl HolidayWatch {
    /// Looks at these files now and then.
    pub(super) fn new(files: Vec<HolidayFile>, every: Duration) -> Self {
        let mut looks = tokio::time::interval_at(tokio::time::Instant::now() + every, every);
        looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        Self { files, looks }
    }

    /// Goes on from what was read just now.
    pub(super) fn go_on_with(&mut self, files: Vec<HolidayFile>) {
        self.files = files;
    }

    /// Waits until a look finds files that have changed, vanished or come back. May be dropped
    /// and called anew: what was not told is found by the next look.
    pub(super) async fn changed(&mut self) -> Vec<PathBuf> {
        loop {
            self.looks.tick().await;
            let files = self.files.clone();
            let looked = tokio::task::spawn_blocking(move || {
                let changed = files.into_iter().filter(HolidayFile::has_changed);
                changed.map(|file| file.path).collect::<Vec<_>>()
            });
            match tokio::time::timeout(LOOK_TIME_MAX, looked).await {
                Ok(Ok(changed)) if changed.is_empty() => {}
                Ok(Ok(changed)) => return changed,
                Ok(Err(_)) | Err(_) => {
                    warn!(
                        event = "holiday_files_unread",
                        "could not look at the holiday files within {LOOK_TIME_MAX:?}"
                    );
                }
            }
        }
    }
}

/// Keeps what the good holiday files say, and puts away the copies of files that are not
/// configured any more. A copy that can't be written or removed costs nothing now, so it is
/// only warned of.
pub(super) async fn keep_copies(good: Vec<GoodHolidays>, settings: &Settings) {
    let folder = settings::holiday_copies_folder(&settings.service.state_dir);
    let files = settings.holiday_files.iter();
    let configured: BTreeSet<PathBuf> = files.map(|file| file.copy.clone()).collect();
    let written = tokio::task::spawn_blocking(move || {
        for GoodHolidays { copy, text } in good {
            if let Err(error) = keep_copy(&copy, &text) {
                let copy = copy.display();
                warn!(
                    event = "holiday_copy_failed",
                    "could not keep a copy of a holiday file as {copy}: {error}"
                );
            }
        }
        if let Err(error) = remove_others(&folder, &configured) {
            let folder = folder.display();
            warn!(
                event = "holiday_copy_failed",
                "could not remove old copies of holiday files from {folder}: {error}"
            );
        }
    });
    if tokio::time::timeout(COPY_TIME_MAX, written).await.is_err() {
        warn!(
            event = "holiday_copy_failed",
            "could not keep copies of the holiday files within {COPY_TIME_MAX:?}"
        );
    }
}

/// Removes the copies that belong to none of the configured files; nothing else in the folder.
fn remove_others(folder: &Path, configured: &BTreeSet<PathBuf>) -> std::io::Result<()> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let path = entry?.path();
        let is_copy = path.extension().is_some_and(|extension| extension == "ics");
        if is_copy && !configured.contains(&path) {
            std::fs::remove_file(&path)?;
            info!(
                event = "holiday_copy_removed",
                "removed {}: its holiday file is not configured any more",
                path.display()
            );
        }
    }
    Ok(())
}

/// Puts a copy in its place in one step, readable by nobody else. One that is there already
/// is left alone.
fn keep_copy(copy: &Path, text: &str) -> std::io::Result<()> {
    if std::fs::read(copy).is_ok_and(|kept| kept == text.as_bytes()) {
        return Ok(());
    }
    let folder = copy.parent().unwrap_or(Path::new("."));
    let mut private = std::fs::DirBuilder::new();
    private.recursive(true).mode(0o700).create(folder)?;
    let unfinished = copy.with_extension("unfinished");
    let mut file = std::fs::OpenOptions::new();
    let file = file.write(true).create(true).truncate(true).mode(0o600);
    let mut file = file.open(&unfinished)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&unfinished, copy)?;
    std::fs::File::open(folder)?.sync_all()
}

impl Engine {
    /// After a start or a reload: ending holiday files are warned of again. (A broken one is an
    /// alarm.)
    pub(super) fn check_holidays(&mut self) {
        self.holidays_told_at = None;
        self.warn_of_ending_holidays(self.clock.now());
    }

    /// Warns, once a day, of holiday files that give no more days off.
    pub(super) fn warn_of_ending_holidays(&mut self, now: Timestamp) {
        let told = self.holidays_told_at;
        if told.is_some_and(|at| (now - at).abs() < WARN_EVERY) {
            return;
        }
        self.holidays_told_at = Some(now);
        for warning in settings::ending_holidays(&self.settings, now) {
            warn!(event = "holidays_end_soon", "{warning}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::BrokenHolidays;

    const CONFIG: &str = "[calendars.office]\ntime_zone = \"UTC\"\nmon = [\"09:00-17:00\"]\nholiday_files = [\"uk.ics\"]\n";

    fn files_of(folder: &Path) -> Vec<HolidayFile> {
        let config = folder.join("ackd.toml");
        let loaded = settings::load_with(&config, &[], BrokenHolidays::Replaced);
        loaded.expect("a good file").settings.holiday_files
    }

    fn holidays(names: &[&str]) -> String {
        let events = names.iter().map(|name| {
            format!("BEGIN:VEVENT\r\nSUMMARY:{name}\r\nDTSTART:20261225\r\nEND:VEVENT\r\n")
        });
        let events: String = events.collect();
        format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{events}END:VCALENDAR\r\n")
    }

    #[tokio::test]
    async fn a_file_that_changes_vanishes_or_comes_back_is_noticed_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let state = folder.path().join("state");
        let config = format!("[service]\nstate_dir = \"{}\"\n{CONFIG}", state.display());
        std::fs::write(folder.path().join("ackd.toml"), config).expect("a file");
        let file = folder.path().join("uk.ics");
        std::fs::write(&file, holidays(&["Christmas"])).expect("a file");
        let files = files_of(folder.path());
        let copy = &files[0].copy;
        keep_copy(copy, &holidays(&["Christmas"])).expect("a copy");
        let mut watch = HolidayWatch::new(files, Duration::from_millis(20));
        let quiet = Duration::from_millis(200);
        let nothing = tokio::time::timeout(quiet, watch.changed()).await;
        assert!(nothing.is_err(), "{nothing:?}");

        let longer = holidays(&["Christmas", "Boxing Day"]);
        let changes: [&dyn Fn() -> std::io::Result<()>; 3] = [
            &|| std::fs::write(&file, &longer),
            &|| std::fs::remove_file(&file),
            &|| std::fs::write(&file, &longer),
        ];
        for change in changes {
            change().expect("a change");
            let changed = tokio::time::timeout(COPY_TIME_MAX, watch.changed()).await;
            assert_eq!(changed.expect("it is noticed"), std::slice::from_ref(&file));
            watch.go_on_with(files_of(folder.path()));
            let nothing = tokio::time::timeout(quiet, watch.changed()).await;
            assert!(nothing.is_err(), "{nothing:?}");
        }
    }
}
