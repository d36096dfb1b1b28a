//! The team whose rules hold in every target.

use std::sync::{Arc, LazyLock};

use ackd::clock::Clock;
use ackd::domain::alarm::Alarms;
use ackd::domain::commit::Loaded;
use ackd::domain::rules::Rules;
use ackd::domain::time::Timestamp;
use chrono::DateTime;

/// Its configuration.
const CONFIGURATION: &str = include_str!("team.toml");

/// Its rules.
pub fn rules() -> &'static Arc<Rules> {
    static RULES: LazyLock<Arc<Rules>> = LazyLock::new(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("ackd.toml");
        std::fs::write(&file, CONFIGURATION).expect("a file");
        let loaded = ackd::settings::load(&file, &[]).expect("a good configuration");
        loaded.settings.rules
    });
    &RULES
}

/// The moment at which everything happens: a Monday at half past eight in London.
pub fn now() -> Timestamp {
    DateTime::from_timestamp(1_767_601_800, 0).expect("a moment")
}

/// What an empty store holds.
pub fn nothing() -> Loaded {
    Loaded {
        cases: Vec::new(),
        last_case: 0,
        outbox: Vec::new(),
        last_row: 0,
        cursors: Vec::new(),
        acknowledgements: Vec::new(),
        installation: None,
        alarms: Alarms::default(),
        absences: Default::default(),
        liaisons: Vec::new(),
        mornings: Default::default(),
    }
}

/// A clock that always shows it.
pub struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        now()
    }
}
