//! What lies in the inboxes at the end.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use ackd::domain::time::Timestamp;
use mail_parser::Message;
use serde_json::Value;

use crate::daemon::Daemon;
use crate::people::{Mailbox, header, text};
use crate::traffic::{Course, Traffic, Written};

/// How old a look may be when a mail goes out (10 s), and what a second is rounded by.
const LOOK_AGE: chrono::Duration = chrono::Duration::seconds(12);

/// How many mails the owner gets of each rung of a course, at most.
const fn rungs(course: Course) -> usize {
    match course {
        Course::Acknowledged | Course::Answered => 1,
        Course::Escalated => 3,
    }
}

/// What a mail to the team is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Occasion {
    Rung,
    Acknowledged,
    Held,
}

/// A mail of ours to the team, as it lies in an inbox.
struct ToTeam {
    id: String,
    to: String,
    occasion: Occasion,
    /// When it was written.
    at: Timestamp,
    /// The client mails it tells of, by Message-ID.
    about: BTreeSet<String>,
    /// Whether it tells of more than it names.
    has_more: bool,
    text: String,
}

/// The count. Each complaint names a client's mail.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) mails: usize,
    pub(crate) acknowledgements: usize,
    pub(crate) to_team: usize,
    /// Acknowledgements that wait for a person, by what their owner was told.
    pub(crate) held: BTreeMap<String, usize>,
    /// Held ones that the client has all the same.
    pub(crate) held_though_taken: usize,
    /// Mails to the team that came again under their Message-ID.
    pub(crate) again: usize,
    pub(crate) lost: Vec<String>,
    pub(crate) double: Vec<String>,
    /// What went to a client.
    pub(crate) late: Vec<String>,
    /// What went to the team: allowed while a mailbox could not be looked at.
    pub(crate) late_to_team: Vec<String>,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let held: usize = self.held.values().sum();
        write!(
            f,
            "{} client mails, {} mails to the team ({} again), {} acknowledgements ({held} held, {} \
             of them taken): lost {}, double {}, late {} (and {} to the team)",
            self.mails,
            self.to_team,
            self.again,
            self.acknowledgements,
            self.held_though_taken,
            self.lost.len(),
            self.double.len(),
            self.late.len(),
            self.late_to_team.len()
        )?;
        for (why, count) in &self.held {
            write!(f, "\n  held {count}: {why}")?;
        }
        Ok(())
    }
}

impl Tally {
    /// Counts what the traffic of a story has led to.
    pub(crate) fn count(traffic: &Traffic, daemon: &Daemon) -> Self {
        let (servers, tag) = (&traffic.servers, &traffic.installation.tag);
        let inbox = |user: &str| Mailbox::open(&servers.dovecot, user).to("INBOX", tag);
        let team: Vec<ToTeam> = inbox("alice").iter().map(ToTeam::read).collect();
        let mut acknowledgements: BTreeMap<String, Vec<Timestamp>> = BTreeMap::new();
        for mail in inbox("anna").iter().chain(&inbox("paul")) {
            let parent = header(mail, "In-Reply-To");
            let parent = parent.trim_matches(['<', '>']).to_owned();
            acknowledgements.entry(parent).or_default().push(date(mail));
        }
        let mut tally = Self {
            mails: traffic.written.len(),
            acknowledgements: acknowledgements.values().map(Vec::len).sum(),
            to_team: team.len(),
            ..Self::default()
        };
        let known = tally.cases(daemon);
        tally.repetitions(&team);
        for written in &traffic.written {
            let id = &written.letter.id;
            if !known.contains(id) {
                tally.lost.push(format!("{id} has no case"));
            }
            let acknowledged = acknowledgements.remove(id).unwrap_or_default();
            tally.written(written, &team, &acknowledged, &traffic.installation.lead());
        }
        for stranger in acknowledgements.keys() {
            tally.double.push(format!("{stranger} was never written"));
        }
        tally
    }

    pub(crate) fn assert_clean(&self, daemon: &Daemon) {
        let complaints = [&self.lost, &self.double, &self.late];
        assert!(
            complaints.iter().all(|list| list.is_empty()),
            "lost {:#?}\ndouble {:#?}\nlate {:#?}\nthe log ends:\n{}",
            self.lost,
            self.double,
            self.late,
            daemon.log_end()
        );
    }

    /// Each client mail has one case.
    fn cases(&mut self, daemon: &Daemon) -> BTreeSet<String> {
        let mut known: BTreeMap<String, Value> = BTreeMap::new();
        for case in daemon.cases() {
            for id in case["message_ids"].as_array().expect("a list") {
                let id = id.as_str().expect("text").to_owned();
                if let Some(other) = known.insert(id.clone(), case.clone()) {
                    self.double
                        .push(format!("{id} has two cases: {other}, {case}"));
                }
            }
        }
        known.into_keys().collect()
    }

    /// The same Message-ID for the same person: the same mail, about nothing that was not in it.
    fn repetitions(&mut self, team: &[ToTeam]) {
        let mut first: BTreeMap<(&str, &str), &ToTeam> = BTreeMap::new();
        let mut by_age: Vec<&ToTeam> = team.iter().collect();
        by_age.sort_by_key(|own| own.at);
        for mail in by_age {
            let Some(earlier) = first.get(&(mail.to.as_str(), mail.id.as_str())) else {
                first.insert((&mail.to, &mail.id), mail);
                continue;
            };
            self.again += 1;
            let same = mail.occasion == earlier.occasion && mail.about.is_subset(&earlier.about);
            if !same && !earlier.has_more {
                self.double
                    .push(format!("{} says two things to {}", mail.id, mail.to));
            }
        }
    }

    /// What one client mail has led to.
    fn written(
        &mut self,
        written: &Written,
        team: &[ToTeam],
        acknowledged: &[Timestamp],
        lead: &str,
    ) {
        let id = &written.letter.id;
        let about: Vec<&ToTeam> = team.iter().filter(|own| own.about.contains(id)).collect();
        let (to_lead, to_owner): (Vec<&ToTeam>, Vec<&ToTeam>) =
            about.iter().partition(|own| own.to == lead);
        let unnamed = team.iter().any(|own| own.has_more);
        for (whom, mails, most) in [
            ("owner", &to_owner, rungs(written.course)),
            ("lead", &to_lead, rungs(written.course) - 1),
        ] {
            for occasion in [Occasion::Rung, Occasion::Acknowledged, Occasion::Held] {
                let own = || mails.iter().filter(|own| own.occasion == occasion);
                let ids: BTreeSet<&str> = own().map(|own| own.id.as_str()).collect();
                let reasons: BTreeSet<String> = own().map(|own| own.reason()).collect();
                let most = match occasion {
                    Occasion::Rung => most,
                    Occasion::Acknowledged => 1,
                    Occasion::Held => reasons.len(),
                };
                if ids.len() > most {
                    let count = ids.len();
                    let what = format!("{id}: {count} mails to the {whom} ({occasion:?}): {ids:?}");
                    self.double.push(what);
                }
            }
        }
        if acknowledged.len() > 1 {
            self.double.push(format!("{id} was acknowledged twice"));
        }
        let is_late = |at: Timestamp| written.answered_at.is_some_and(|own| at > own + LOOK_AGE);
        if acknowledged.iter().any(|at| is_late(*at)) {
            self.late.push(format!("{id} was answered long before"));
        }
        if about.iter().any(|own| is_late(own.at)) {
            self.late_to_team
                .push(format!("{id} was answered long before"));
        }
        match written.course {
            Course::Answered => {}
            _ if to_owner.is_empty() && !unnamed => {
                self.lost.push(format!("{id}: its owner was never told"));
            }
            Course::Acknowledged => self.acknowledgement(id, &to_owner, acknowledged),
            Course::Escalated if to_lead.is_empty() && !unnamed => {
                self.lost.push(format!("{id}: the lead was never told"));
            }
            Course::Escalated => {}
        }
    }

    /// The client has it, or its owner knows that it is held.
    fn acknowledgement(&mut self, id: &str, to_owner: &[&ToTeam], acknowledged: &[Timestamp]) {
        let held = to_owner.iter().find(|own| own.occasion == Occasion::Held);
        match held {
            Some(mail) => {
                *self.held.entry(mail.reason()).or_default() += 1;
                self.held_though_taken += acknowledged.len();
            }
            None if acknowledged.is_empty() => {
                self.lost.push(format!("{id} was never acknowledged"));
            }
            None => {}
        }
    }
}

impl ToTeam {
    fn read(mail: &Message<'static>) -> Self {
        let text = text(mail);
        let subject = mail.subject().unwrap_or_default().to_lowercase();
        let occasion = if subject.contains("acknowledged for you") {
            Occasion::Acknowledged
        } else if subject.contains("not acknowledged") {
            Occasion::Held
        } else {
            Occasion::Rung
        };
        let named = text
            .lines()
            .filter_map(|line| line.trim().strip_prefix("Message-ID:"));
        let named = named.map(|id| id.trim().trim_matches(['<', '>']).to_owned());
        Self {
            id: header(mail, "Message-ID"),
            to: header(mail, "To"),
            occasion,
            at: date(mail),
            about: named.collect(),
            has_more: text.contains(" more: see ackd cases"),
            text,
        }
    }

    /// Why an acknowledgement was held, as its owner was told.
    fn reason(&self) -> String {
        let words: Vec<&str> = self.text.split_whitespace().collect();
        let words = words.join(" ");
        let why = words.split_once("did not acknowledge receipt to ");
        let why = why.and_then(|(_, rest)| rest.split_once(". The clock"));
        why.map_or(words.clone(), |(why, _)| why.to_owned())
    }
}

fn date(mail: &Message<'_>) -> Timestamp {
    let at = mail.date().expect("ours have a date").to_timestamp();
    Timestamp::from_timestamp(at, 0).expect("a moment")
}
