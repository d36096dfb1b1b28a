//! What a morning mail and a weekly report have to tell, as things stand when they are sent.

use super::compose::{Dispatch, line};
use super::places::{Circle, places};
use super::{Identity, Step, whole_case_key};
use crate::domain::absence::{Away, answering};
use crate::domain::address::Address;
use crate::domain::book::Book;
use crate::domain::case::{Case, CaseState};
use crate::domain::check_in;
use crate::domain::commit::{Known, Questions, REPORTED_MAX};
use crate::domain::digest::{
    Aside, BlindTime, Week, calendar_of, morning_on, team_calendar, week_of,
};
use crate::domain::draft::{Draft, MorningLetter, MorningLine, WeeklyLetter};
use crate::domain::outbox::{OutboxRow, Purpose};
use crate::domain::report::Report;
use crate::domain::rules::{Mode, Rules};
use crate::domain::time::Timestamp;

/// How long a weekly report may wait to be sent: then the next one is due.
const WEEKLY_WAITS_MAX: chrono::Duration = chrono::Duration::days(7);

/// What must be known from disk to say what a row has to tell, beside its cases.
pub fn row_questions(row: &OutboxRow, rules: &Rules) -> Questions {
    let mut questions = Questions::default();
    match &row.purpose {
        Purpose::Morning { since, .. } => questions.asides = Some((*since, row.created_at)),
        Purpose::Weekly { .. } => {
            questions.closed_since = week(row, rules).map(|week| week.from);
        }
        Purpose::Reminder
        | Purpose::Escalation
        | Purpose::Acknowledgement
        | Purpose::Acknowledged
        | Purpose::AcknowledgementHeld { .. }
        | Purpose::Summary
        | Purpose::StandIn
        | Purpose::Back
        | Purpose::Confirmation { .. }
        | Purpose::Notice { .. }
        | Purpose::Alarm { .. } => {}
    }
    questions
}

/// What is to be done with a morning mail or weekly report whose turn has come; `None` for every
/// other mail. `known` answers [`row_questions`].
pub(super) fn dispatch(
    book: &Book,
    rules: &Rules,
    identity: &Identity,
    row: &OutboxRow,
    known: &Known,
    now: Timestamp,
) -> Option<Dispatch> {
    let composed = match &row.purpose {
        Purpose::Morning { .. } | Purpose::Weekly { .. } if rules.mode == Mode::Observe => {
            Err("the mode is observe")
        }
        Purpose::Morning { .. } => morning(book, rules, row, known, now),
        Purpose::Weekly { .. } => weekly(book, rules, row, known, now),
        Purpose::Reminder
        | Purpose::Escalation
        | Purpose::Acknowledgement
        | Purpose::Acknowledged
        | Purpose::AcknowledgementHeld { .. }
        | Purpose::Summary
        | Purpose::StandIn
        | Purpose::Back
        | Purpose::Confirmation { .. }
        | Purpose::Notice { .. }
        | Purpose::Alarm { .. } => return None,
    };
    Some(match composed {
        Ok(draft) => Dispatch::Send {
            draft: Box::new(draft),
            file_in: None,
        },
        Err(reason) => {
            let mut step = Step::new(book, rules, Known::default(), now);
            step.leave_to_the_next(row);
            Dispatch::Instead(Box::new(step.cancelled(identity, row, reason)))
        }
    })
}

impl Step<'_> {
    /// What a morning mail would have told, the next one does.
    fn leave_to_the_next(&mut self, row: &OutboxRow) {
        let Purpose::Morning { since, .. } = row.purpose else {
            return;
        };
        let mut mornings = self.book.mornings().clone();
        if let Some(last) = mornings.told.get_mut(&row.to) {
            last.covers = last.covers.min(since);
            self.decisions.commit.mornings = Some(mornings);
        }
    }
}

fn morning(
    book: &Book,
    rules: &Rules,
    row: &OutboxRow,
    known: &Known,
    now: Timestamp,
) -> Result<Draft, &'static str> {
    let Purpose::Morning { day, since } = row.purpose else {
        return Err("it is no morning mail");
    };
    let (digest, calendar) = (rules.digest.as_ref(), calendar_of(rules, &row.to));
    let own = digest
        .zip(calendar)
        .and_then(|(digest, calendar)| morning_on(digest, calendar, day));
    if own.is_none_or(|own| now >= own.until) && !row.released {
        return Err("its morning is over");
    }
    let letter = morning_letter(book, rules, known, &row.to, (since, row.created_at), now);
    match letter.has_news() || !letter.check_ins.is_empty() {
        true => Ok(Draft::Morning(Box::new(letter))),
        false => Err("there is nothing to tell any more"),
    }
}

/// How things stand for a person. `known` holds what came in beside the cases; of it counts what
/// lies in `span`.
pub fn morning_letter(
    book: &Book,
    rules: &Rules,
    known: &Known,
    person: &Address,
    span: (Timestamp, Timestamp),
    now: Timestamp,
) -> MorningLetter {
    let zone = calendar_of(rules, person).map_or(chrono_tz::UTC, |calendar| calendar.zone);
    let mut letter = MorningLetter {
        zone,
        open: Vec::new(),
        acknowledged: Vec::new(),
        asides: Vec::new(),
        thanks: Vec::new(),
        quarantined: Vec::new(),
        check_ins: check_in::lines_for(person, book, rules, now),
        is_short: rules.digest.as_ref().is_some_and(|digest| !digest.daily),
    };
    if letter.is_short {
        return letter;
    }
    let away = book.absences().away_at(rules, now);
    for case in book.cases() {
        let Some(own) = morning_line(book, rules, case, (person, &away), now) else {
            continue;
        };
        match case.state {
            CaseState::Acknowledged { .. } => letter.acknowledged.push(own),
            CaseState::Waiting { .. }
            | CaseState::New
            | CaseState::Answered { .. }
            | CaseState::Settled { .. } => letter.open.push(own),
        }
    }
    letter.order();
    let is_in = |at: Timestamp| span.0 <= at && at < span.1;
    let leads = rules.team.escalate_to.contains(person);
    for aside in known.asides.iter().filter(|own| is_in(own.at)) {
        let client = rules.clients.get(&aside.client);
        let is_theirs = client.map_or(leads, |client| {
            answering(client, rules, &away).contains(person)
        });
        if is_theirs {
            let name = client.map_or(aside.client.as_str(), |client| client.name.as_str());
            letter.put_aside(name, aside);
        }
    }
    if leads {
        let set_aside = known.quarantined.iter().filter(|own| is_in(own.at));
        letter.quarantined.extend(set_aside.cloned());
    }
    letter
}

/// What a person is told of a case in the morning: it is his, or he stands in for whose it is, or
/// it is of a client of his and taken by somebody else. `None` if it is none of these.
fn morning_line(
    book: &Book,
    rules: &Rules,
    case: &Case,
    (person, away): (&Address, &[Away]),
    now: Timestamp,
) -> Option<MorningLine> {
    let places = places(case, rules, away, Circle::Owners);
    let place = places.into_iter().find(|place| place.person == *person);
    let client = rules.clients.get(&case.client)?;
    let taken_by = match &place {
        Some(_) => None,
        None if client.owners.contains(person) => Some(case.assigned_to.clone()?),
        None => return None,
    };
    let line = line(
        book,
        rules,
        (&Purpose::Summary, person),
        &whole_case_key(case),
        now,
    )?;
    Some(MorningLine {
        line,
        snoozed_until: case.snoozed_until.filter(|until| *until > now),
        taken_by,
        instead_of: place.and_then(|place| place.in_words(rules)),
    })
}

fn week(row: &OutboxRow, rules: &Rules) -> Option<Week> {
    let Purpose::Weekly { monday } = row.purpose else {
        return None;
    };
    week_of(rules.digest.as_ref()?, team_calendar(rules)?, monday)
}

fn weekly(
    book: &Book,
    rules: &Rules,
    row: &OutboxRow,
    known: &Known,
    now: Timestamp,
) -> Result<Draft, &'static str> {
    let week = week(row, rules).ok_or("there is no weekly report any more")?;
    if now - row.created_at > WEEKLY_WAITS_MAX && !row.released {
        return Err("the next report is due");
    }
    let report = report_of(book, rules, known, (week.from, week.to), now);
    if report.is_empty() {
        return Err("there is nothing to tell");
    }
    let zone = team_calendar(rules).map_or(chrono_tz::UTC, |calendar| calendar.zone);
    Ok(Draft::Weekly(Box::new(WeeklyLetter {
        monday: week.monday,
        since: book.mornings().since.filter(|since| *since > week.from),
        zone,
        report,
    })))
}

/// How a span of time went. `known` holds the cases that were closed since its beginning.
pub fn report_of(
    book: &Book,
    rules: &Rules,
    known: &Known,
    span: (Timestamp, Timestamp),
    now: Timestamp,
) -> Report {
    let closed = known.cases.values().filter(|case| !case.is_open());
    let closed = closed.filter(|case| book.case(case.id).is_none());
    let mut report = Report::of(book.cases().chain(closed), rules, span);
    report.is_cut = known.cases.len() >= REPORTED_MAX;
    let outages = book.alarms().outages.iter();
    let blind_now: Vec<BlindTime> = outages
        .map(|(mailbox, from)| BlindTime {
            mailbox: mailbox.clone(),
            from: *from,
            until: now,
        })
        .collect();
    report.with_blind(book.mornings().blind.iter().chain(&blind_now), span)
}

impl MorningLetter {
    fn put_aside(&mut self, client: &str, aside: &Aside) {
        let list = match aside.kind {
            crate::domain::digest::AsideKind::Thanks => &mut self.thanks,
            crate::domain::digest::AsideKind::Mail(_) => &mut self.asides,
        };
        list.push((client.to_owned(), aside.clone()));
    }
}
