//! Calls about who is away.

use super::engine::Engine;
use crate::control::Answer;
use crate::control::view::{AbsenceView, Done};
use crate::domain::absence::{AwayDays, calendar_of, name_of};
use crate::domain::address::Address;
use crate::domain::case::Case;
use crate::domain::decide::{self, AbsenceRefusal, Circle, Place};
use crate::store::StoreError;

impl Engine {
    /// The absences that are not over, the soonest to begin first; of one person, if one is named.
    pub(super) fn absence_views(&self, person: Option<&str>) -> Answer {
        let (rules, now) = (&self.settings.rules, self.clock.now());
        let person = match person
            .map(|word| decide::person_named(rules, word))
            .transpose()
        {
            Ok(person) => person,
            Err(refusal) => return refused(&refusal),
        };
        let mut absences = self.book.absences().all(rules);
        absences.retain(|own| own.until > now);
        absences.retain(|own| person.as_ref().is_none_or(|person| own.person == *person));
        absences.sort_unstable_by(|one, other| {
            (one.from, &one.person).cmp(&(other.from, &other.person))
        });
        let view = |own: &crate::domain::absence::Absence| AbsenceView {
            person: own.person.to_string(),
            name: name_of(rules, &own.person),
            from: own.from,
            until: own.until,
            source: own.source.as_str().to_owned(),
            now: own.covers(now),
            time_zone: calendar_of(rules, &own.person)
                .map_or(chrono_tz::UTC, |own| own.zone)
                .name()
                .to_owned(),
        };
        Answer::Absences(absences.iter().map(view).collect())
    }

    /// Who is reminded of a case now. Nobody but those who hear of broken promises, where the client
    /// has no owners.
    pub(super) fn reminded(&self, case: &Case) -> Vec<Address> {
        let rules = &self.settings.rules;
        if case.owners(rules).is_empty() {
            return Vec::new();
        }
        let told = self.places(case).into_iter();
        told.map(|place| place.person).collect()
    }

    /// In whose place people are reminded of an open case, in words.
    pub(super) fn who_stands_in(&self, case: &Case) -> Vec<String> {
        if !case.is_open() {
            return Vec::new();
        }
        let rules = &self.settings.rules;
        let mut words = Vec::new();
        for place in self.places(case) {
            if let Some(whom) = place.in_words(rules) {
                words.push(format!("{} is told {whom}", place.person.masked()));
            }
        }
        words
    }

    fn places(&self, case: &Case) -> Vec<Place> {
        let (rules, now) = (&self.settings.rules, self.clock.now());
        let away = self.book.absences().away_at(rules, now);
        decide::places(case, rules, &away, Circle::Owners)
    }

    /// Somebody said that a person is away on these days, or back.
    pub(super) async fn say_of_absence(
        &mut self,
        person: &str,
        days: Option<AwayDays>,
        by: &str,
    ) -> Result<Answer, StoreError> {
        let (rules, now) = (self.settings.rules.clone(), self.clock.now());
        let said = decide::person_named(&rules, person).and_then(|person| {
            let who = decide::in_words(&rules, &person);
            match days {
                Some(days) => {
                    let decisions = decide::go_away(&self.book, &rules, &person, days, by, now)?;
                    Ok((decisions, format!("{who} is away {days}")))
                }
                None => {
                    let decisions = decide::come_back(&self.book, &rules, &person, by, now)?;
                    Ok((decisions, format!("{who} is back")))
                }
            }
        });
        match said {
            Ok((decisions, done)) => {
                self.carry_out(decisions).await?;
                Ok(Answer::Done(Done {
                    done,
                    new_case: None,
                }))
            }
            Err(refusal) => Ok(refused(&refusal)),
        }
    }
}

fn refused(refusal: &AbsenceRefusal) -> Answer {
    match refusal {
        AbsenceRefusal::Unknown(_) => Answer::not_found(refusal.to_string()),
        AbsenceRefusal::Ambiguous(..) | AbsenceRefusal::Past(_) | AbsenceRefusal::NotAway(_) => {
            Answer::conflict(refusal.to_string())
        }
    }
}
