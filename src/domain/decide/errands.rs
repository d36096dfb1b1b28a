//! What falls due beside the cases: the morning mail of each person, and the weekly report.

use chrono::Days;

use super::digest::morning_letter;
use super::{Decisions, Identity, Step};
use crate::domain::absence::{calendar_of, is_away};
use crate::domain::address::Address;
use crate::domain::book::Book;
use crate::domain::check_in;
use crate::domain::commit::{Known, Questions};
use crate::domain::digest::{
    LastMorning, Morning, Mornings, Week, last_week, morning_of, mornings_set_right, next_morning,
    next_week, readers, team_calendar, week_readers,
};
use crate::domain::outbox::{Purpose, RowState};
use crate::domain::rules::{Mode, Rules};
use crate::domain::time::Timestamp;

/// How late a person's very first morning mail may be: who becomes an owner at eleven is not told
/// at eleven how things stood at eight.
const FIRST_LATE_MAX: chrono::Duration = chrono::Duration::minutes(10);

/// What [`errands`] must know from disk. `None`: nothing is due.
pub fn errand_questions(book: &Book, rules: &Rules, now: Timestamp) -> Option<Questions> {
    book.next_errand().filter(|at| *at <= now)?;
    let people = readers(rules).into_iter();
    let since = people.map(|person| book.mornings().untold_since(&person, now));
    let since = since.min().unwrap_or(now);
    Some(Questions {
        asides: Some((since, now)),
        ..Questions::default()
    })
}

/// Owes every mail that is due beside the cases. `known` answers [`errand_questions`]. Whose
/// morning it was is part of the commit, whether there was anything to tell or not.
pub fn errands(
    book: &Book,
    rules: &Rules,
    identity: &Identity,
    known: Known,
    now: Timestamp,
) -> Decisions {
    let mut step = Step::new(book, rules, known, now);
    let mut mornings = book.mornings().clone();
    for person in readers(rules) {
        let next = next_morning(rules, &mornings, &person);
        if next.is_some_and(|next| next.at <= now) {
            step.morning(identity, &mut mornings, &person);
        }
    }
    let weekly = rules.digest.as_ref();
    for person in weekly.map_or(&[][..], |digest| week_readers(digest, rules)) {
        let next = next_week(rules, &mornings, person);
        if next.is_some_and(|next| next.due_at <= now)
            && let Some(week) = last_week(rules, now)
        {
            mornings.weekly.insert(person.clone(), week.monday);
            step.week(identity, person, week);
        }
    }
    if mornings != *book.mornings() {
        step.decisions.commit.mornings = Some(mornings);
    }
    step.finish()
}

impl Step<'_> {
    /// There are morning mails from now on.
    pub(super) fn begin_mornings(&mut self) {
        let (known, rules, now) = (self.book.mornings(), self.rules, self.now);
        self.decisions.commit.mornings = mornings_set_right(known, rules, now);
        if self.rules.digest.is_some() && self.book.mornings().since.is_none() {
            self.decisions.commit.mornings = Some(Mornings {
                since: Some(self.now),
                ..self.book.mornings().clone()
            });
        }
    }

    /// A person's morning has come, or one that nobody was awake for.
    fn morning(&mut self, identity: &Identity, mornings: &mut Mornings, person: &Address) {
        let (rules, now) = (self.rules, self.now);
        let Some(calendar) = calendar_of(rules, person) else {
            return;
        };
        let last = mornings.told.get(person);
        let is_first = last.is_none();
        // Who is away hears of it when he is back; who stands in for him hears of it now.
        let away = self.book.absences().away_at(rules, now);
        let today = morning_of(rules, person, now).filter(|_| !is_away(&away, person));
        // A mail of before the store was rebuilt may have gone out.
        let lost = identity.installation.last_lost();
        let was_lost = |at: Timestamp| lost.is_some_and(|lost| at <= lost.until);
        let is_due = |own: &Morning| {
            let is_late = is_first && now - own.at > FIRST_LATE_MAX;
            let is_new = last.is_none_or(|last| last.day < own.day);
            own.at <= now && now < own.until && is_new && !is_late && !was_lost(own.at)
        };
        let since = mornings.untold_since(person, now);
        if let Some(own) = today.filter(is_due) {
            let covers = now;
            mornings.tell(
                person,
                LastMorning {
                    day: own.day,
                    covers,
                },
            );
            return self.owe_morning(identity, person, own, since);
        }
        // What was missed is not made up: the next one tells of it.
        let date = calendar.local_date(now);
        let is_ahead = today.is_some_and(|own| now < own.at);
        let passed = match is_ahead {
            true => date.checked_sub_days(Days::new(1)).unwrap_or(date),
            false => date,
        };
        let day = last.map_or(passed, |last| last.day.max(passed));
        mornings.tell(person, LastMorning { day, covers: since });
    }

    fn owe_morning(
        &mut self,
        identity: &Identity,
        person: &Address,
        morning: Morning,
        since: Timestamp,
    ) {
        let span = (since, self.now);
        let letter = morning_letter(self.book, self.rules, &self.known, person, span, self.now);
        if !letter.has_news() {
            return;
        }
        if self.rules.mode == Mode::Observe {
            let told = letter.in_short();
            let what = |who: &str| format!("would send a morning mail to {who}: {told}");
            return self.withhold(None, person, what);
        }
        let purpose = Purpose::Morning {
            day: morning.day,
            since,
        };
        if self
            .owe(identity, person.clone(), purpose, Vec::new())
            .is_some()
        {
            let (book, now) = (self.book, self.now);
            let liaisons = &mut self.decisions.commit.liaisons;
            check_in::mark_told(liaisons, person, &letter.check_ins, book, now);
        }
    }

    fn week(&mut self, identity: &Identity, person: &Address, week: Week) {
        let lost = identity.installation.last_lost();
        if lost.is_some_and(|lost| week.due_at <= lost.until) {
            return;
        }
        if self.rules.mode == Mode::Observe {
            let what = |who: &str| format!("would send a weekly report to {who}");
            return self.withhold(None, person, what);
        }
        let purpose = Purpose::Weekly {
            monday: week.monday,
        };
        let owed = self.owe(identity, person.clone(), purpose, Vec::new());
        // A late one does not come at night.
        let is_late = self.now - week.due_at > FIRST_LATE_MAX;
        let calendar = team_calendar(self.rules).filter(|_| is_late && owed.is_some());
        let opening = calendar.and_then(|calendar| calendar.next_open(self.now).ok());
        if let (Some(opening), Some(row)) = (opening, self.decisions.commit.outbox.last_mut()) {
            row.state = RowState::Queued {
                not_before: opening,
                attempts: 0,
                reason: None,
            };
        }
    }
}
