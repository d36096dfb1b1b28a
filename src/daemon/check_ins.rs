//! The regular contact with clients, as callers ask for it.

use chrono::{Days, NaiveDate};

use super::engine::Engine;
use crate::control::view::{CheckInView, Done};
use crate::control::{Answer, CheckInWord};
use crate::domain::calendar::Calendar;
use crate::domain::check_in::{ContactKind, standing};
use crate::domain::decide::{self, CheckInRefusal};
use crate::domain::ids::ClientKey;
use crate::domain::time::Timestamp;
use crate::store::StoreError;

impl Engine {
    /// How it stands with each client that was promised check-ins, the soonest due first; or with
    /// one of them.
    pub(super) fn check_in_views(&self, client: Option<&ClientKey>) -> Answer {
        let now = self.clock.now();
        let rules = &self.settings.rules;
        if let Some(client) = client {
            match rules.clients.get(client) {
                None => return refused(&CheckInRefusal::NoSuchClient(client.clone())),
                Some(own) if own.check_in.is_none() => {
                    return refused(&CheckInRefusal::NoCheckIns(client.clone()));
                }
                Some(_) => {}
            }
        }
        let mut views = Vec::new();
        for own in rules.clients.values() {
            let is_asked = client.is_none_or(|client| *client == own.key);
            let promise = rules.promise(&own.key);
            if let (true, Some(cadence), Some((_, _, calendar)), Some(liaison)) =
                (is_asked, own.check_in, promise, self.book.liaison(&own.key))
            {
                let stands = standing(liaison, cadence, calendar, now);
                views.push(CheckInView::new(own, calendar, &stands));
            }
        }
        // What is paused asks for nothing.
        let soonest = |view: &CheckInView| (view.state == "paused", view.due_at);
        views.sort_by_cached_key(soonest);
        Answer::CheckIns(views)
    }

    /// Somebody says something of the check-ins with a client.
    pub(super) async fn say_of_check_in(
        &mut self,
        client: &ClientKey,
        word: CheckInWord,
        by: &str,
    ) -> Result<Answer, StoreError> {
        let now = self.clock.now();
        let rules = self.settings.rules.clone();
        let calendar = rules.promise(client).map(|(_, _, calendar)| calendar);
        let begins = |date| calendar.and_then(|own: &Calendar| own.first_moment_of(date));
        let on = |date: Option<NaiveDate>| day_in(calendar, date, now);
        let (said, done) = match word {
            CheckInWord::Phoned(date) | CheckInWord::Met(date) => {
                let how = match word {
                    CheckInWord::Met(_) => ContactKind::Met,
                    CheckInWord::Phoned(_) | CheckInWord::Pause(_) | CheckInWord::Resume => {
                        ContactKind::Phoned
                    }
                };
                let contact = (how, on(date));
                let said = decide::contacted(&self.book, &rules, client, contact, by, now);
                let done = format!("contact with {client} is on record: {}", how.as_str());
                (said, done)
            }
            CheckInWord::Pause(date) => {
                let until = date.and_then(begins);
                let said = decide::pause_check_ins(&self.book, &rules, client, until, by, now);
                let until =
                    date.map_or_else(|| "you resume them".to_owned(), |date| date.to_string());
                (
                    said,
                    format!("check-ins with {client} are paused until {until}"),
                )
            }
            CheckInWord::Resume => {
                let said = decide::resume_check_ins(&self.book, &rules, client, now);
                (said, format!("check-ins with {client} go on"))
            }
        };
        match said {
            Ok(decisions) => {
                self.carry_out(decisions).await?;
                let new_case = None;
                Ok(Answer::Done(Done { done, new_case }))
            }
            Err(refusal) => Ok(refused(&refusal)),
        }
    }
}

/// The moment that stands for a date of a calendar: now, if it is the present one, else noon.
fn day_in(calendar: Option<&Calendar>, date: Option<NaiveDate>, now: Timestamp) -> Timestamp {
    const NOON: chrono::Duration = chrono::Duration::hours(12);
    let (Some(calendar), Some(date)) = (calendar, date) else {
        return now;
    };
    let today = calendar.local_date(now);
    if date == today {
        return now;
    }
    // Noon lies on the date whichever way its clocks are changed.
    let noon = calendar.first_moment_of(date).map(|begins| begins + NOON);
    let far = || {
        today
            .checked_add_days(Days::new(1))
            .is_some_and(|next| date >= next)
    };
    noon.unwrap_or(if far() { Timestamp::MAX_UTC } else { now })
}

fn refused(refusal: &CheckInRefusal) -> Answer {
    match refusal {
        CheckInRefusal::NoSuchClient(_) | CheckInRefusal::NoCheckIns(_) => {
            Answer::not_found(refusal.to_string())
        }
        CheckInRefusal::StillToCome(_) | CheckInRefusal::Over(_) | CheckInRefusal::NotPaused(_) => {
            Answer::conflict(refusal.to_string())
        }
    }
}
