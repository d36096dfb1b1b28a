//! Holiday files: the last good copy of each is kept, and the operator hears of broken ones.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tracing::{error, info, warn};

use super::engine::Engine;
use crate::domain::time::Timestamp;
use crate::settings::{self, GoodHolidays};
use crate::store::StoreError;

/// How long writing the copies may take.
const COPY_TIME_MAX: Duration = Duration::from_secs(10);

/// How often ending holiday files are warned of.
const WARN_EVERY: chrono::Duration = chrono::Duration::days(1);

/// Keeps what the good holiday files say. A copy that can't be written costs nothing now, so
/// it is only warned of.
pub(super) async fn keep_copies(good: Vec<GoodHolidays>) {
    let written = tokio::task::spawn_blocking(move || {
        for GoodHolidays { copy, text } in good {
            if let Err(error) = keep_copy(&copy, &text) {
                let copy = copy.display();
                warn!("could not keep a copy of a holiday file as {copy}: {error}");
            }
        }
    });
    if tokio::time::timeout(COPY_TIME_MAX, written).await.is_err() {
        warn!("could not keep copies of the holiday files within {COPY_TIME_MAX:?}");
    }
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
    /// After a start or a reload: raises the alarm for holiday files that have become broken,
    /// once each, and ends it for those that are good again.
    pub(super) async fn check_holidays(&mut self) -> Result<(), StoreError> {
        self.holidays_told_at = None;
        self.warn_of_ending_holidays(self.clock.now());
        let files = self.settings.holiday_files.iter();
        let warnings = files.filter_map(|file| Some((file.path.clone(), file.warning()?)));
        let warnings: Vec<(PathBuf, String)> = warnings.collect();
        let broken: BTreeSet<PathBuf> = warnings.iter().map(|(path, _)| path.clone()).collect();
        let before = std::mem::replace(&mut self.broken_holidays, broken.clone());
        let mut told = before.clone();
        for (path, warning) in warnings {
            if !told.insert(path.clone()) {
                continue;
            }
            error!("{warning}");
            let subject = format!("ackd can't use the holiday file {}", name_of(&path));
            let text = format!(
                "The {warning}.\n\nHolidays that were added since are not known to ackd. Mend \
                 the file and reload ackd (systemctl reload ackd).\n"
            );
            self.tell_operator(&subject, &text).await?;
        }
        for path in before.difference(&broken) {
            let file = path.display();
            info!("holiday file {file} is no longer missed");
            let subject = format!("ackd no longer misses the holiday file {}", name_of(path));
            let text = format!(
                "The holiday file \"{file}\" is good again, or no calendar names it any more.\n"
            );
            self.tell_operator(&subject, &text).await?;
        }
        Ok(())
    }

    /// The alarms for broken holiday files, in words.
    pub(super) fn holiday_alarms(&self) -> BTreeSet<String> {
        let files = self.settings.holiday_files.iter();
        files.filter_map(settings::HolidayFile::warning).collect()
    }

    /// Warns, once a day, of holiday files that give no more days off.
    pub(super) fn warn_of_ending_holidays(&mut self, now: Timestamp) {
        let told = self.holidays_told_at;
        if told.is_some_and(|at| (now - at).abs() < WARN_EVERY) {
            return;
        }
        self.holidays_told_at = Some(now);
        for warning in settings::ending_holidays(&self.settings, now) {
            warn!("{warning}");
        }
    }
}

fn name_of(path: &Path) -> std::borrow::Cow<'_, str> {
    path.file_name().unwrap_or_default().to_string_lossy()
}
