//! Holiday files (`domain::calendar::ics`).
//!
//! An input: one byte that chooses a time zone, then the file. Bytes that are no UTF-8 are
//! replaced (the reader of files refuses them).
//!
//! Demanded: days off in the order of their dates, within the years asked for, no more than
//! the limit. The parsers of the libraries are called without a net, so none of their panics
//! is let through.

use ackd::domain::calendar::Off;
use ackd::domain::calendar::ics::{ICS_HOLIDAYS_MAX, days_off_from_ics};
use chrono::Datelike;
use chrono_tz::Tz;

use super::Target;

/// See the module.
pub const TARGET: Target = Target {
    name: "ics",
    run,
    lets_through: &[],
};

const ZONES: [Tz; 4] = [
    Tz::Europe__London,
    Tz::America__Sao_Paulo,
    Tz::Pacific__Apia,
    Tz::UTC,
];
const FROM_YEAR: i32 = 2026;
const TO_YEAR: i32 = 2027;

fn run(input: &[u8]) {
    let Some((zone, file)) = input.split_first() else {
        return;
    };
    let zone = ZONES[usize::from(*zone) % ZONES.len()];
    let text = String::from_utf8_lossy(file);
    match days_off_from_ics(&text, zone, FROM_YEAR, TO_YEAR) {
        Ok(holidays) => {
            assert!(holidays.len() <= ICS_HOLIDAYS_MAX, "too many days off");
            assert!(
                holidays.is_sorted_by_key(|holiday| holiday.date),
                "out of order"
            );
            for holiday in holidays {
                let year = holiday.date.year();
                assert!((FROM_YEAR..=TO_YEAR).contains(&year), "a day off in {year}");
                if let Off::Part { from, until, .. } = holiday.off {
                    assert!(from < 1440 && from < until, "off from {from} to {until}");
                }
            }
        }
        Err(error) => assert!(!error.to_string().is_empty(), "an error without words"),
    }
}
