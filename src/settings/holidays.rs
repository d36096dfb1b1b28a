//! Holiday files: what they give, until when, and what holds while one of them is broken.
//!
//! Vocabulary: a holiday file is *broken* if it has vanished, can't be read or understood, or
//! gives no day off; its *last good copy* is what it said when it was read last without being
//! broken. Copies are written by the daemon; here they are only found and read.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use chrono::{NaiveDate, TimeDelta};
use chrono_tz::Tz;

use super::kinds::{HOLIDAY_FILE, TEXT};
use super::problem::{Cause, Place, Problem, Severity};
use super::review::{Found, nearest, quoted};
use super::section::Section;
use super::{Settings, sources};
use crate::domain::calendar::DayOff;
use crate::domain::calendar::ics::{IcsHolidays, holidays_from_ics};
use crate::domain::ids::hash128;
use crate::domain::time::Timestamp;

/// The folder of the last good copies, in `state_dir`.
const COPIES_FOLDER: &str = "holidays";

/// A holiday file that ends within so many days is warned about.
pub const HOLIDAYS_AHEAD_DAYS: i64 = 60;

/// The years for which recurring holidays are worked out: past ones for business time that has
/// passed, future ones for as long as anybody plans.
const HOLIDAY_YEARS: (i32, i32) = (2010, 2060);

/// What becomes of a broken holiday file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BrokenHolidays {
    /// It is a problem, copy or not: somebody wants to know.
    Refused,
    /// Its last good copy holds, with a warning; without one it is a problem.
    Replaced,
    /// Nobody cares, for no holiday file is read: the command needs no calendar.
    Unread,
}

/// A holiday file that the configuration names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HolidayFile {
    /// Where it lies.
    pub path: PathBuf,
    /// Why its last good copy holds in its place. `None`: it is good.
    pub broken: Option<String>,
    /// The last day off that it gives.
    pub last_day: NaiveDate,
    /// Where its last good copy lies.
    pub copy: PathBuf,
    /// What it looked like from outside before it was read.
    pub mark: FileMark,
    /// Where it is named.
    named_at: Place,
    key: String,
}

/// What a file looks like from outside: its size in bytes, and when it was written last.
/// `None`: it is not there, or can't be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileMark(Option<(u64, SystemTime)>);

impl FileMark {
    /// Looks at a file. Blocks.
    pub fn of(path: &Path) -> Self {
        let looked = std::fs::metadata(path);
        let looked = looked.and_then(|file| Ok((file.len(), file.modified()?)));
        Self(looked.ok())
    }
}

impl HolidayFile {
    /// Whether it looks different from when it was read. Blocks.
    pub fn has_changed(&self) -> bool {
        FileMark::of(&self.path) != self.mark
    }

    /// That it is broken, and what holds in its place, for people; if it is.
    pub fn warning(&self) -> Option<String> {
        let told = self.broken.as_ref()?;
        let path = quoted(&self.path.display().to_string());
        Some(format!(
            "holiday file {path} {told}; until then its last good copy holds"
        ))
    }
}

/// What a good holiday file says, to be kept as its last good copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoodHolidays {
    /// Where the copy belongs.
    pub copy: PathBuf,
    /// What it says.
    pub text: String,
}

/// The folder in which the last good copies lie.
pub fn holiday_copies_folder(state_dir: &Path) -> PathBuf {
    state_dir.join(COPIES_FOLDER)
}

/// Where the last good copy of a holiday file lies.
pub fn holiday_copy(state_dir: &Path, file: &Path) -> PathBuf {
    let named = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    let hash = hash128(&[named.as_os_str().as_encoded_bytes()]);
    let name = format!("{hash:032x}.ics");
    holiday_copies_folder(state_dir).join(name)
}

/// Warnings of holiday files whose last day off is past, or less than [`HOLIDAYS_AHEAD_DAYS`]
/// ahead: from then on every day would count as open.
pub fn ending_holidays(settings: &Settings, now: Timestamp) -> Vec<Problem> {
    let today = now.date_naive();
    let soon = today + TimeDelta::days(HOLIDAYS_AHEAD_DAYS);
    let ending = settings.holiday_files.iter();
    let ending = ending.filter(|file| file.last_day < soon);
    let told = ending.map(|file| {
        let verb = match file.last_day < today {
            true => "had its last day off on",
            false => "has its last day off on",
        };
        let path = quoted(&file.path.display().to_string());
        Problem {
            severity: Severity::Warning,
            place: file.named_at.clone(),
            key: file.key.clone(),
            message: format!(
                "{}: {path} {verb} {}; get a newer one",
                file.key, file.last_day
            ),
            cause: Cause::Value,
        }
    });
    told.collect()
}

/// Reads the holiday files of all calendars.
pub(super) struct HolidayReader<'a> {
    folder: &'a Path,
    state_dir: &'a Path,
    broken: BrokenHolidays,
    files: RefCell<Vec<HolidayFile>>,
    good: RefCell<Vec<GoodHolidays>>,
}

impl<'a> HolidayReader<'a> {
    /// Relative paths begin in `folder`; copies lie in `state_dir`.
    pub(super) fn new(folder: &'a Path, state_dir: &'a Path, broken: BrokenHolidays) -> Self {
        Self {
            folder,
            state_dir,
            broken,
            files: RefCell::default(),
            good: RefCell::default(),
        }
    }

    /// The files that were read, and what the good ones say.
    pub(super) fn into_parts(self) -> (Vec<HolidayFile>, Vec<GoodHolidays>) {
        (self.files.into_inner(), self.good.into_inner())
    }

    /// The days off of one item of `holiday_files`: `"uk.ics"` or
    /// `{ file = "uk.ics", include = […], exclude = […] }`.
    pub(super) fn days_off(
        &self,
        section: &Section<'_>,
        item: &Found<config::Value>,
        zone: Option<Tz>,
    ) -> Vec<DayOff> {
        let (file, include, exclude) = match section.item_section("holiday_files", item) {
            None => (section.item_text(item, &HOLIDAY_FILE), None, None),
            Some(table) => {
                let file = table.required("file", &HOLIDAY_FILE);
                let include = table.some("include", &TEXT);
                let exclude = table.some("exclude", &TEXT);
                table.finish();
                (file, include, exclude)
            }
        };
        let (Some(file), Some(zone)) = (file, zone) else {
            return Vec::new();
        };
        if self.broken == BrokenHolidays::Unread {
            return Vec::new();
        }
        let path = self.folder.join(&file.value);
        // Before it is read: what is written in the meantime is a change.
        let mark = FileMark::of(&path);
        let Some((all, broken)) = self.read(section, &file, zone) else {
            return Vec::new();
        };
        for names in [&include, &exclude].into_iter().flatten() {
            warn_of_strangers(section, names, &all);
        }
        let last_of = |holidays: &[DayOff]| holidays.last().map(|holiday| holiday.date);
        let whole = last_of(&all);
        let kept: Vec<DayOff> = all
            .into_iter()
            .filter(|holiday| include.as_ref().is_none_or(|names| among(names, holiday)))
            .filter(|holiday| !exclude.as_ref().is_some_and(|names| among(names, holiday)))
            .collect();
        self.files.borrow_mut().push(HolidayFile {
            copy: holiday_copy(self.state_dir, &path),
            path,
            mark,
            broken,
            last_day: last_of(&kept).or(whole).unwrap_or(NaiveDate::MAX),
            named_at: file.place,
            key: file.path,
        });
        kept
    }

    /// All the holidays of a file, or of its last good copy and why. `None`: there is neither,
    /// which is told.
    fn read(
        &self,
        section: &Section<'_>,
        file: &Found<String>,
        zone: Tz,
    ) -> Option<(Vec<DayOff>, Option<String>)> {
        let path = self.folder.join(&file.value);
        let copy = holiday_copy(self.state_dir, &path);
        let name = quoted(&file.value);
        let told = match read_holidays(&path, zone) {
            Ok((holidays, text)) => {
                self.good.borrow_mut().push(GoodHolidays { copy, text });
                for zone in &holidays.unknown_zones {
                    let what = unknown_zone(&name, zone);
                    section.review().warn(file, &what);
                }
                return Some((holidays.days_off, None));
            }
            Err(told) => told,
        };
        if self.broken == BrokenHolidays::Refused {
            section.review().refuse(file, &format!("{name} {told}"));
            return None;
        }
        if let Ok((holidays, _)) = read_holidays(&copy, zone) {
            let what = format!("{name} {told}; until then its last good copy holds");
            section.review().warn(file, &what);
            return Some((holidays.days_off, Some(told)));
        }
        let what = format!("{name} {told} (there is no good copy of it)");
        section.review().refuse(file, &what);
        None
    }
}

/// Reads one holiday file, which must give a day off. The error continues a sentence that names
/// the file.
fn read_holidays(path: &Path, zone: Tz) -> Result<(IcsHolidays, String), String> {
    let text = sources::read_text(path).map_err(|(_, told)| told)?;
    let (from, to) = HOLIDAY_YEARS;
    let holidays = holidays_from_ics(&text, zone, from, to)
        .map_err(|error| format!("can't be used as a holiday file: {error}"))?;
    if holidays.days_off.is_empty() {
        return Err("gives no day off; name a file that does, or leave it out".into());
    }
    Ok((holidays, text))
}

/// That a file names a zone that nobody knows.
fn unknown_zone(file: &str, zone: &str) -> String {
    let zone = quoted(zone);
    format!(
        "{file} names the unknown time zone {zone}: its times are taken for those of the \
         calendar's own zone; write an IANA name such as \"Europe/London\" behind TZID=, or add \
         X-LIC-LOCATION:Europe/London to a VTIMEZONE {zone}"
    )
}

fn among(names: &[Found<String>], holiday: &DayOff) -> bool {
    let name = holiday.name.as_deref().unwrap_or_default().to_lowercase();
    names
        .iter()
        .any(|listed| listed.value.to_lowercase() == name)
}

/// Warns of names that no holiday of the file has.
fn warn_of_strangers(section: &Section<'_>, names: &[Found<String>], holidays: &[DayOff]) {
    for name in names {
        let one = std::slice::from_ref(name);
        if holidays.iter().any(|holiday| among(one, holiday)) {
            continue;
        }
        let known = holidays
            .iter()
            .filter_map(|holiday| holiday.name.as_deref());
        let advice = match nearest(&name.value, known) {
            Some(near) => format!("write {}", quoted(near)),
            None => "write it as the file does".into(),
        };
        let what = format!(
            "no holiday of the file is called {}; {advice}",
            quoted(&name.value)
        );
        section.review().warn(name, &what);
    }
}
