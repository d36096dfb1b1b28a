//! The time zones that a holiday file names, in the ways in which programs name them.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use chrono_tz::Tz;
use icalendar::parser::{Component, Property};

use super::clocks::zone_of_clocks;
use super::recurrence::Steps;
use super::windows_zones::zone_of_windows;
use super::{has_name, property};

/// The zone of a calendar and those that its file explains.
#[derive(Debug)]
pub(super) struct Zones {
    /// The calendar's own zone.
    pub(super) own: Tz,
    /// By the TZID of a VTIMEZONE, what it says of itself.
    located: BTreeMap<String, Tz>,
    /// Names that were asked for in vain.
    unknown: RefCell<BTreeSet<String>>,
}

/// How many VTIMEZONEs that don't say where they are a file may explain by their clocks; further
/// ones stay unknown.
const EXPLAINED_MAX: usize = 32;

/// How many unknown names are told.
const UNKNOWN_MAX: usize = 20;

/// The longest name that is told, in characters.
const NAME_CHARACTERS_MAX: usize = 100;

impl Zones {
    /// The zones of a file's VCALENDARs, read for a calendar in a zone.
    pub(super) fn of(calendars: &[Component<'_>], own: Tz, steps: &Steps) -> Self {
        let components = calendars.iter().flat_map(|calendar| &calendar.components);
        let explained = components.filter(|component| has_name(&component.name, "VTIMEZONE"));
        let mut located = BTreeMap::new();
        let mut left = EXPLAINED_MAX;
        for zone in explained {
            let text = |name: &str| property(zone, name).map(written);
            let Some(name) = text("TZID").filter(|name| known(name).is_none()) else {
                continue;
            };
            let mut location = text("X-LIC-LOCATION").and_then(iana);
            if location.is_none() && left > 0 && !located.contains_key(name) {
                left -= 1;
                location = zone_of_clocks(zone, own, steps);
            }
            located.extend(location.map(|location| (name.to_owned(), location)));
        }
        Self {
            own,
            located,
            unknown: RefCell::default(),
        }
    }

    /// Takes down that nobody knows this name.
    pub(super) fn note_unknown(&self, name: &str) {
        let mut unknown = self.unknown.borrow_mut();
        if unknown.len() < UNKNOWN_MAX {
            unknown.insert(name.chars().take(NAME_CHARACTERS_MAX).collect());
        }
    }

    /// The names that nobody knows, in order.
    pub(super) fn into_unknown(self) -> Vec<String> {
        self.unknown.into_inner().into_iter().collect()
    }

    /// The zone that a TZID (RFC 5545, section 3.2.19) stands for: an IANA name, also behind
    /// the prefix of whoever made the file (`/mozilla.org/20050126_1/Europe/London`), a name of
    /// Windows, or a VTIMEZONE of the file that tells its X-LIC-LOCATION, or whose clocks show
    /// what those of a known zone do.
    pub(super) fn named(&self, name: &str) -> Option<Tz> {
        known(name).or_else(|| self.located.get(name).copied())
    }
}

fn known(name: &str) -> Option<Tz> {
    iana(name).or_else(|| zone_of_windows(name))
}

/// The zone of an IANA name, which may stand behind a prefix that begins with a slash.
fn iana(name: &str) -> Option<Tz> {
    let Some(mut rest) = name.strip_prefix('/') else {
        return name.parse().ok();
    };
    loop {
        if let Ok(zone) = rest.parse() {
            return Some(zone);
        }
        (_, rest) = rest.split_once('/')?;
    }
}

fn written<'a>(property: &'a Property<'_>) -> &'a str {
    property.val.as_str().trim()
}
