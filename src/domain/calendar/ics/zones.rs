//! The time zones that a holiday file names, in the three ways in which programs name them.

use std::collections::BTreeMap;

use chrono_tz::Tz;
use icalendar::parser::{Component, Property};

use super::windows_zones::zone_of_windows;
use super::{has_name, property};

/// The zone of a calendar and those that its file explains.
#[derive(Debug)]
pub(super) struct Zones {
    /// The calendar's own zone.
    pub(super) own: Tz,
    /// By the TZID of a VTIMEZONE, what it says of itself.
    located: BTreeMap<String, Tz>,
}

impl Zones {
    /// The zones of a file's VCALENDARs, read for a calendar in a zone.
    pub(super) fn of(calendars: &[Component<'_>], own: Tz) -> Self {
        let components = calendars.iter().flat_map(|calendar| &calendar.components);
        let explained = components.filter(|component| has_name(&component.name, "VTIMEZONE"));
        let located = explained.filter_map(|zone| {
            let text = |name: &str| property(zone, name).map(written);
            let location = iana(text("X-LIC-LOCATION")?)?;
            Some((text("TZID")?.to_owned(), location))
        });
        Self {
            own,
            located: located.collect(),
        }
    }

    /// The zone that a TZID (RFC 5545, section 3.2.19) stands for: an IANA name, also behind
    /// the prefix of whoever made the file (`/mozilla.org/20050126_1/Europe/London`), a name of
    /// Windows, or a VTIMEZONE of the file that tells its X-LIC-LOCATION.
    pub(super) fn named(&self, name: &str) -> Option<Tz> {
        let known = iana(name).or_else(|| zone_of_windows(name));
        known.or_else(|| self.located.get(name).copied())
    }
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
