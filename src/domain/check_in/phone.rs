//! Whether a conversation goes back and forth so often that a call would be shorter.

use crate::domain::calendar::Calendar;
use crate::domain::case::{Case, CaseEvent};
use crate::domain::time::Timestamp;

/// Over how many business days exchanges are counted.
const BUSINESS_DAYS: usize = 5;

/// How far back business days are looked for, in days.
const DAYS_BACK_MAX: u32 = 31;

/// Whether the hint to pick up the phone is due: so many times within five business days, the
/// present one among them, a mail of the client's was answered by one of the team's. `after` is
/// the number that earns the hint; zero: none ever does.
pub fn deserves_call(case: &Case, calendar: &Calendar, after: u32, now: Timestamp) -> bool {
    if after == 0 || case.happenings.len() < 2 * after as usize {
        return false;
    }
    let Some(from) = business_days_back(calendar, now) else {
        return false;
    };
    let (mut exchanges, mut waits) = (0, false);
    for happening in case.happenings.iter().filter(|own| own.at >= from) {
        match &happening.event {
            CaseEvent::ClientWrote(_) => waits = true,
            CaseEvent::TeamAnswered(_) if waits => {
                exchanges += 1;
                waits = false;
            }
            CaseEvent::TeamAnswered(_)
            | CaseEvent::Acknowledged { .. }
            | CaseEvent::Settled { .. }
            | CaseEvent::Disputed { .. }
            | CaseEvent::Separated { .. }
            | CaseEvent::RoundVanished { .. } => {}
        }
    }
    exchanges >= after
}

/// The beginning of the fifth business day, counted back from the present date.
fn business_days_back(calendar: &Calendar, now: Timestamp) -> Option<Timestamp> {
    let today = calendar.local_date(now);
    let first = today.checked_sub_days(chrono::Days::new(u64::from(DAYS_BACK_MAX) - 1))?;
    let days = calendar.days(first, DAYS_BACK_MAX);
    let open = days.filter(|day| !day.windows.is_empty());
    let mut open: Vec<chrono::NaiveDate> = open.map(|day| day.date).collect();
    open.reverse();
    let date = open.get(BUSINESS_DAYS - 1).or(open.last())?;
    calendar.first_moment_of(*date)
}
