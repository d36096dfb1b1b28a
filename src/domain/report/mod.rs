//! How promises were kept, in figures.
//!
//! Vocabulary: a response is *due* in a span of time if its deadline lies in it; it is *kept* if
//! the client had any response by then, a person's or our acknowledgement, and *late* if it
//! came afterwards, or has not come yet. Where somebody said that no answer is needed, nothing
//! was due. A wait is *never answered* if the deadline for a person's answer (that for a response,
//! where the policy promises no answer) lies in the span, and no person has answered by now.
//! A *response time* is the business time from the mail that waited longest to a person's answer,
//! of all answers given in the span. Deadlines are those of the present rules.
//!
//! Nothing here knows of mail: the same figures serve whoever asks.

use super::address::Address;
use super::case::{Case, Wait, WaitEnd, response_due};
use super::digest::BlindTime;
use super::ids::{ClientKey, MailboxName};
use super::policy::Clock;
use super::rules::Rules;
use super::time::{BusinessTime, Timestamp};

/// What a team, a client or an owner comes to in a span of time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Figures {
    /// How many responses were due.
    pub due: u32,
    /// How many of them came in time.
    pub kept: u32,
    /// How many waits no person has ended by now.
    pub never_answered: u32,
    /// How many acknowledgements we sent to clients.
    pub acknowledged: u32,
    /// The response times in seconds of business time, as they come; [`Figures::median`] and
    /// [`Figures::slowest`] tell of them.
    pub times: Vec<u64>,
}

/// How a span of time went.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// All clients together.
    pub team: Figures,
    /// Each client with anything to tell, by its key, with its name.
    pub clients: Vec<(ClientKey, String, Figures)>,
    /// Each owner with anything to tell. A case of several owners counts for each.
    pub owners: Vec<(Address, Figures)>,
    /// For how many minutes each mailbox gave no proof of life, of those that did not.
    pub blind: Vec<(MailboxName, u64)>,
    /// Whether there were more closed cases than are read: then figures are too low.
    pub is_cut: bool,
}

impl Figures {
    /// In how many of a hundred cases the promise was kept, rounded down. `None`: nothing was due.
    pub fn percent(&self) -> Option<u32> {
        (self.kept * 100).checked_div(self.due)
    }

    /// How many persons' answers were given.
    pub fn answers(&self) -> usize {
        self.times.len()
    }

    /// The response time in the middle; of an even number the mean of the two. `None`: nobody
    /// answered.
    pub fn median(&self) -> Option<BusinessTime> {
        let mut times = self.times.clone();
        times.sort_unstable();
        let upper = *times.get(times.len() / 2)?;
        let lower = match times.len() % 2 {
            0 => times[times.len() / 2 - 1],
            _ => upper,
        };
        Some(BusinessTime::from_seconds(lower.midpoint(upper)))
    }

    /// The longest response time. `None`: nobody answered.
    pub fn slowest(&self) -> Option<BusinessTime> {
        let slowest = self.times.iter().max()?;
        Some(BusinessTime::from_seconds(*slowest))
    }

    /// Whether there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn add(&mut self, other: &Self) {
        self.due += other.due;
        self.kept += other.kept;
        self.never_answered += other.never_answered;
        self.acknowledged += other.acknowledged;
        self.times.extend_from_slice(&other.times);
    }
}

impl Report {
    /// The report of these cases, each given once, from one moment up to another. Cases of clients
    /// that are configured no more are left out: nothing is promised to them.
    pub fn of<'a>(
        cases: impl Iterator<Item = &'a Case>,
        rules: &Rules,
        (from, to): (Timestamp, Timestamp),
    ) -> Self {
        let mut report = Self::default();
        for case in cases {
            let figures = figures_of(case, rules, (from, to));
            if !figures.is_empty() {
                report.add(case, &figures, rules);
            }
        }
        report
            .clients
            .sort_unstable_by(|one, other| one.0.cmp(&other.0));
        report
            .owners
            .sort_unstable_by(|one, other| one.0.cmp(&other.0));
        report
    }

    /// The same with the times in which mailboxes were blind.
    #[must_use]
    pub fn with_blind<'a>(
        mut self,
        times: impl Iterator<Item = &'a BlindTime>,
        (from, to): (Timestamp, Timestamp),
    ) -> Self {
        for time in times {
            let lasted = time.until.min(to) - time.from.max(from);
            let minutes = u64::try_from(lasted.num_minutes()).unwrap_or(0);
            if minutes == 0 {
                continue;
            }
            match self.blind.iter_mut().find(|known| known.0 == time.mailbox) {
                Some(known) => known.1 += minutes,
                None => self.blind.push((time.mailbox.clone(), minutes)),
            }
        }
        self
    }

    /// Whether there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        self.team.is_empty() && self.blind.is_empty()
    }

    fn add(&mut self, case: &Case, figures: &Figures, rules: &Rules) {
        self.team.add(figures);
        match self.clients.iter_mut().find(|own| own.0 == case.client) {
            Some(own) => own.2.add(figures),
            None => {
                let name = rules.clients.get(&case.client);
                let name = name.map_or_else(String::new, |client| client.name.clone());
                self.clients
                    .push((case.client.clone(), name, figures.clone()));
            }
        }
        for owner in case.owners(rules) {
            match self.owners.iter_mut().find(|own| own.0 == owner) {
                Some(own) => own.1.add(figures),
                None => self.owners.push((owner, figures.clone())),
            }
        }
    }
}

/// What one case adds.
fn figures_of(case: &Case, rules: &Rules, span: (Timestamp, Timestamp)) -> Figures {
    let mut figures = Figures::default();
    for wait in case.waits() {
        match wait.clock {
            Clock::Acknowledge => response(&mut figures, case, &wait, rules, span),
            Clock::Answer => answer(&mut figures, case, &wait, rules, span),
        }
    }
    figures
}

fn response(
    figures: &mut Figures,
    case: &Case,
    wait: &Wait,
    rules: &Rules,
    (from, to): (Timestamp, Timestamp),
) {
    let Some((client, policy, calendar)) = rules.promise(&case.client) else {
        return;
    };
    let is_in = |at: Timestamp| from <= at && at < to;
    if let Some((at, WaitEnd::Acknowledgement)) = wait.ended {
        figures.acknowledged += u32::from(is_in(at));
    }
    let by_hand = case.urgent && wait.ended.is_none();
    let urgent_since = match client.urgent || by_hand {
        true => Some(wait.since),
        false => wait.urgent_since,
    };
    let Ok((_, due)) = response_due(policy, calendar, wait.since, urgent_since) else {
        return;
    };
    if !is_in(due) {
        return;
    }
    match wait.ended {
        Some((_, WaitEnd::Waived)) => {}
        Some((at, WaitEnd::Person | WaitEnd::Acknowledgement)) => {
            figures.due += 1;
            figures.kept += u32::from(at <= due);
        }
        None => figures.due += 1,
    }
}

fn answer(
    figures: &mut Figures,
    case: &Case,
    wait: &Wait,
    rules: &Rules,
    (from, to): (Timestamp, Timestamp),
) {
    let Some((_, policy, calendar)) = rules.promise(&case.client) else {
        return;
    };
    match wait.ended {
        Some((at, WaitEnd::Person)) if from <= at && at < to => {
            figures
                .times
                .push(calendar.elapsed(wait.since, at).seconds());
        }
        Some(_) => {}
        None => {
            let deadlines = policy.deadlines(calendar, wait.since, false);
            let due = deadlines.map(|own| own.answer_due.unwrap_or(own.acknowledge_due));
            let is_due = due.is_ok_and(|due| from <= due && due < to);
            figures.never_answered += u32::from(is_due);
        }
    }
}
