//! What each word does to a case.

use chrono::{Datelike, Days, NaiveTime};

use super::Hearing;
use crate::domain::absence::is_away;
use crate::domain::calendar::Calendar;
use crate::domain::case::{Case, CaseEvent, Closing, Outlook, Settlement};
use crate::domain::decide::{Circle, LogEvent, Weight};
use crate::domain::ids::CaseId;
use crate::domain::outbox::{OutboxRow, Purpose, RowState};
use crate::domain::reply::words::PAUSE_MAX;
use crate::domain::reply::{Order, Pause, PauseDay, Word};
use crate::domain::rules::Party;
use crate::domain::time::Timestamp;

/// What a reply can say, for those who said something else.
const ANSWERS: &str =
    "done, phoned, met, mine, snooze 2h, no answer needed, urgent or not a client";

/// How many cases a question lists.
const LISTED_MAX: usize = 10;

impl Hearing<'_> {
    /// Does what the reply says.
    pub(super) fn obey(&mut self, row: &OutboxRow) {
        let mut cases: Vec<CaseId> = Vec::new();
        for key in &row.keys {
            if !cases.contains(&key.case) {
                cases.push(key.case);
            }
        }
        if matches!(row.purpose, Purpose::Morning { .. }) {
            cases.extend(self.cases_of(row));
        }
        // Several that turned out to be one conversation are one.
        let mut seen: Vec<CaseId> = Vec::new();
        cases.retain(|id| {
            let last = self.goes_on_as(*id);
            let is_new = !seen.contains(&last);
            seen.push(last);
            is_new
        });
        let orders = &self.replied.reply.orders;
        if orders.is_empty() || cases.is_empty() {
            let what = "a reply was not understood; its writer is asked";
            let case = cases.first().copied();
            self.step
                .note(Weight::Event, LogEvent::ReplyUnclear, case, what);
            let line = format!("Nothing was changed: answer with one word, {ANSWERS}.");
            return self.lines.push(line);
        }
        for order in orders {
            self.order(row, order, &cases);
        }
    }

    /// The open cases a morning mail tells of: those that waited when it was sent.
    fn cases_of(&self, row: &OutboxRow) -> Vec<CaseId> {
        let told_at = match row.state {
            RowState::Sent { at } => at,
            _ => row.created_at,
        };
        let waited = |case: &Case| case.messages().any(|own| own.clock_from <= told_at);
        let open = self.step.book.cases().filter(|case| waited(case));
        let own = open.filter(|case| self.step.told(case, Circle::Owners).contains(&row.to));
        own.map(|case| case.id).collect()
    }

    fn order(&mut self, row: &OutboxRow, order: &Order, cases: &[CaseId]) {
        let bare = order.cases.is_empty() && !order.all && cases.len() == 1;
        if bare && matches!(row.purpose, Purpose::Morning { .. }) {
            // It may have told of more that waits no longer.
            let case = cases
                .first()
                .map_or_else(String::new, |id| self.with_client(*id));
            self.lines.push(format!("This counts for case {case}."));
        }
        let meant = match order.cases.as_slice() {
            [] if order.all || cases.len() == 1 => cases.to_vec(),
            [] => {
                let what = "a reply names none of several cases; its writer is asked";
                self.step
                    .note(Weight::Event, LogEvent::ReplyUnclear, None, what);
                return self.ask_which(cases);
            }
            named => named.to_vec(),
        };
        for id in meant {
            // Only about what the mail was about may somebody speak who got it.
            let asked = self.goes_on_as(id);
            match cases.iter().any(|own| self.goes_on_as(*own) == asked) {
                true => self.say_of_case(row, order.word, id),
                false => self.lines.push(format!(
                    "Case {id} is not open among the cases of the mail you answered."
                )),
            }
        }
    }

    /// The number of a case with whose it is: `14 (Acme)`.
    fn with_client(&self, id: CaseId) -> String {
        let client = self.step.case(id).map(|case| &case.client);
        let client = client.and_then(|key| self.step.rules.clients.get(key));
        client.map_or(id.to_string(), |client| format!("{id} ({})", client.name))
    }

    fn ask_which(&mut self, cases: &[CaseId]) {
        let shown = cases.iter().take(LISTED_MAX);
        let shown: Vec<String> = shown.map(|id| self.with_client(*id)).collect();
        let more = cases.len().saturating_sub(LISTED_MAX);
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        let first = cases.first().map_or(0, |id| id.0);
        let line = format!(
            "Which case? {}{more}. Write \"done {first}\", or \"done all\".",
            shown.join(", ")
        );
        self.lines.push(line);
    }

    fn say_of_case(&mut self, row: &OutboxRow, word: Word, named: CaseId) {
        let id = self.goes_on_as(named);
        let Some(case) = self.step.case(id) else {
            let line = format!("Case {named} is not known any more; nothing was changed.");
            return self.lines.push(line);
        };
        if !case.is_open() {
            let line = format!(
                "Case {id} is closed already{}; nothing was changed.",
                closed_by(case)
            );
            return self.lines.push(line);
        }
        if id != named {
            let line =
                format!("Case {named} goes on as case {id}: what you wrote counts for that one.");
            self.lines.push(line);
        }
        let by = row.to.to_string();
        let what = |who: &str| format!("reply from {who} counts");
        let masked = row.to.masked();
        let who = ("a colleague", masked.as_str());
        self.step
            .note_of_person(Weight::Event, LogEvent::ReplyTaken, Some(id), who, what);
        match word {
            Word::Done => self.settle(row, id, Settlement::Answered),
            Word::Phoned => self.settle(row, id, Settlement::Phoned),
            Word::Met => self.settle(row, id, Settlement::Met),
            Word::NoAnswerNeeded => self.settle(row, id, Settlement::Dismissed),
            Word::NotAClient => self.not_a_client(row, id),
            Word::Urgent => self.step.urge_case(id, &by),
            Word::Mine => self.take(row, id),
            Word::Snooze(pause) => self.snooze(row, id, pause),
        }
    }

    /// What the client wrote until the reply was written is settled; what came later waits.
    fn settle(&mut self, row: &OutboxRow, id: CaseId, how: Settlement) {
        let said_at = self.said_at(row);
        let Some(case) = self.step.case(id) else {
            return;
        };
        let seen = case.unanswered().filter(|own| own.clock_from <= said_at);
        // A mail server may run ahead of us; what was seen before it was said counts as before.
        let at = seen
            .map(|own| own.received_at)
            .fold(said_at, Timestamp::max);
        let of_case = row.keys.iter().find(|key| key.case == id);
        let generation = case.state.generation();
        if of_case.is_some_and(|key| key.generation < generation) {
            let line = format!(
                "Case {id} waits again: the client has written since the mail you answered, so nothing was changed. Answer the newer one."
            );
            return self.lines.push(line);
        }
        let later = case
            .unanswered()
            .any(|own| own.clock_from > row.created_at && own.clock_from <= said_at);
        self.step.settle_case(id, how, &row.to.to_string(), at);
        let still_waits = self.step.case(id).is_some_and(Case::is_open);
        if still_waits {
            let line = format!("Case {id} still waits: the client has written again since.");
            self.lines.push(line);
        } else if later {
            let line = format!(
                "Case {id} is settled ({}), with what the client has written since the mail you answered.",
                how.in_words()
            );
            self.lines.push(line);
        }
    }

    fn not_a_client(&mut self, row: &OutboxRow, id: CaseId) {
        let Some(case) = self.step.case(id) else {
            return;
        };
        let (contact, client) = (case.contact.address.clone(), case.client.clone());
        self.settle(row, id, Settlement::Dismissed);
        let subject = format!("not a client: {contact}");
        let text = format!(
            "{} says that {contact} is no client (case {id}, client {client}). The case is dismissed; the next mail from there opens another. If it is true, narrow \"domains\" or \"addresses\" in [clients.{client}].",
            row.to
        );
        for to in self.identity.alarm_to.clone() {
            let notice = Purpose::Notice {
                subject: subject.clone(),
                text: text.clone(),
            };
            self.step.owe(self.identity, to, notice, Vec::new());
        }
        self.lines.push(format!(
            "Case {id} is dismissed, and whoever runs ackd is told; until they change the configuration, mail from there opens cases."
        ));
    }

    /// Who writes first has it, unless he is away, or who comes after him was told so and says
    /// it again.
    fn take(&mut self, row: &OutboxRow, id: CaseId) {
        let taken = self.step.case(id).and_then(|case| case.assigned_to.clone());
        let taken = taken.filter(|other| self.step.rules.party(other) == Party::Team);
        match taken {
            Some(own) if own == row.to => {}
            Some(other) => {
                let refusal = format!("Case {id} was taken by {other} already and stays theirs");
                let knows = matches!(&row.purpose, Purpose::Confirmation { text, .. } if text.contains(&refusal));
                if knows || is_away(&self.step.away, &other) {
                    self.step
                        .assign_case(id, Some(&row.to), &row.to.to_string());
                    let line = format!(
                        "Case {id} is yours now; {other} had taken it and is not told, so tell them."
                    );
                    return self.lines.push(line);
                }
                self.lines.push(format!(
                    "{refusal}. Agree with each other; answer \"mine\" to this mail to take it over."
                ));
            }
            None => self
                .step
                .assign_case(id, Some(&row.to), &row.to.to_string()),
        }
    }

    fn snooze(&mut self, row: &OutboxRow, id: CaseId, pause: Pause) {
        let (said_at, rules) = (self.said_at(row), self.step.rules);
        let Some(case) = self.step.case(id) else {
            return;
        };
        let Some((_, _, calendar)) = rules.promise(&case.client) else {
            return;
        };
        let until = end_of(pause, calendar, said_at);
        let Some(until) = until.filter(|until| *until > self.step.now) else {
            let line = format!("Case {id} is not snoozed: that moment has passed.");
            return self.lines.push(line);
        };
        let due = Outlook::of(case, rules)
            .ok()
            .and_then(|outlook| outlook.due());
        let due = due.map(|(due, _)| due);
        self.step.snooze_case(id, until, &row.to.to_string());
        let told = |at: Timestamp| {
            at.with_timezone(&calendar.zone)
                .format("%a %-d %b %H:%M %Z")
        };
        match (due, pause) {
            (Some(due), _) if due <= self.step.now => self.lines.push(format!(
                "Case {id} is snoozed for its owners until {}; it has been due since {}, so escalation to others goes on.",
                told(until), told(due)
            )),
            (Some(due), _) if due < until => self.lines.push(format!(
                "Case {id} is snoozed for its owners until {}; the deadline ({}) lies before that, and escalation to others goes on.",
                told(until), told(due)
            )),
            (_, Pause::Until { .. }) => {
                self.lines.push(format!("Case {id} is snoozed until {}.", told(until)));
            }
            (_, Pause::For(_)) => {}
        }
    }
}

/// When a pause ends that begins at a moment. `None` if there is no such moment.
fn end_of(pause: Pause, calendar: &Calendar, from: Timestamp) -> Option<Timestamp> {
    let (day, time) = match pause {
        Pause::For(length) => {
            return Some(from + chrono::Duration::from_std(length.min(PAUSE_MAX)).ok()?);
        }
        Pause::Until { day, time } => (day, time),
    };
    let today = from.with_timezone(&calendar.zone).date_naive();
    let ahead = match day {
        PauseDay::Today => 0,
        PauseDay::Tomorrow => 1,
        // The day itself means the next week's.
        PauseDay::Weekday(day) => match day.days_since(today.weekday()) {
            0 => 7,
            days => days,
        },
    };
    let date = today.checked_add_days(Days::new(u64::from(ahead)))?;
    let local = date.and_time(time.unwrap_or(NaiveTime::MIN));
    let at = local.and_local_timezone(calendar.zone).earliest()?.to_utc();
    match time {
        Some(_) => Some(at),
        None => calendar.next_open(at.max(from)).ok(),
    }
}

/// By what a case was closed, in words: ` (phoned, said by …)`.
fn closed_by(case: &Case) -> String {
    match case.closed_by() {
        Some(Closing::Answer { evidence, .. }) => format!(" ({})", evidence.in_words()),
        Some(Closing::Word { at: closed_at }) => {
            let said = case.happenings.iter().find_map(|own| match &own.event {
                CaseEvent::Settled { at, how, by } if *at == closed_at => Some((how, by)),
                _ => None,
            });
            said.map_or_else(String::new, |(how, by)| {
                format!(" ({}, said by {by})", how.in_words())
            })
        }
        None => String::new(),
    }
}
