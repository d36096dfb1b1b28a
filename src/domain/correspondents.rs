//! Who writes to a mailbox: from what people wrote to it, which organisations may be clients.
//!
//! Vocabulary: a *correspondent* is an organisation whose people write to the mailbox, known by
//! its domain ([`organisation`]). Mail of the team itself, of programs and of free-mail addresses
//! makes nobody a correspondent; it is only counted.

use std::collections::{BTreeMap, BTreeSet};

use super::address::Address;
use super::classify::{Kind, Sender, judge};
use super::facts::{FolderRole, MessageFacts};
use super::rules::Rules;
use super::shared_domains::{is_free_mail, organisation};

/// How many organisations are told apart, and of each how many people.
pub const ORGANISATIONS_MAX: usize = 20_000;
/// See [`ORGANISATIONS_MAX`].
pub const PEOPLE_MAX: usize = 1_000;

/// Everybody who wrote.
#[derive(Debug, Clone, Default)]
pub struct Correspondents {
    organisations: BTreeMap<String, Tally>,
    /// Mails the team wrote itself.
    pub own: u32,
    /// Mails no person wrote: newsletters, notifications, automatic replies and the like.
    pub automatic: u32,
    /// Mails from free-mail addresses, which can only be clients one by one.
    pub free_mail: u32,
}

#[derive(Debug, Clone, Default)]
struct Tally {
    messages: u32,
    people: BTreeSet<Address>,
    from_below: bool,
}

/// An organisation that may be a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correspondent {
    /// Its domain.
    pub domain: String,
    /// Whether somebody wrote from a domain below it.
    pub from_below: bool,
    /// How many mails its people wrote.
    pub messages: u32,
    /// How many people that were; at most [`PEOPLE_MAX`].
    pub people: u32,
}

impl Correspondent {
    /// The domains by which a client is recognised, as the configuration spells them.
    pub fn patterns(&self) -> Vec<String> {
        let mut patterns = vec![self.domain.clone()];
        if self.from_below {
            patterns.push(format!("*.{}", self.domain));
        }
        patterns
    }
}

impl Correspondents {
    /// Takes note of a message that lay where client mail arrives. `rules` say who the team is.
    pub fn see(&mut self, facts: &MessageFacts, rules: &Rules) {
        let verdict = judge(facts, Some(FolderRole::Inbox), rules);
        if verdict.sender == Sender::Team {
            self.own += 1;
            return;
        }
        let author = verdict.author.as_ref().map(|author| &author.address);
        let author = author.or_else(|| facts.from.first().map(|author| &author.address));
        let Some(author) = author.filter(|_| verdict.kind == Kind::Human) else {
            self.automatic += 1;
            return;
        };
        if is_free_mail(author.domain()) {
            self.free_mail += 1;
            return;
        }
        let Some(domain) = organisation(author.domain()) else {
            return;
        };
        let is_known = self.organisations.contains_key(domain);
        if !is_known && self.organisations.len() >= ORGANISATIONS_MAX {
            return;
        }
        let tally = self.organisations.entry(domain.to_owned()).or_default();
        tally.messages += 1;
        tally.from_below |= author.domain() != domain;
        if tally.people.len() < PEOPLE_MAX {
            tally.people.insert(author.clone());
        }
    }

    /// The organisations, those that wrote most first; equals by name.
    pub fn by_messages(&self) -> Vec<Correspondent> {
        let told = |(domain, tally): (&String, &Tally)| Correspondent {
            domain: domain.clone(),
            from_below: tally.from_below,
            messages: tally.messages,
            people: u32::try_from(tally.people.len()).unwrap_or(u32::MAX),
        };
        let mut all: Vec<Correspondent> = self.organisations.iter().map(told).collect();
        all.sort_by(|a, b| b.messages.cmp(&a.messages).then(a.domain.cmp(&b.domain)));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::address::AddressPattern;
    use crate::domain::rules::{AcknowledgeLimits, Mode, RuleParts, Team};

    fn rules() -> Rules {
        Rules::new(RuleParts {
            mode: Mode::Observe,
            team: Team {
                patterns: vec![AddressPattern::Domain("northwind.example".into())],
                ..Team::default()
            },
            clients: BTreeMap::new(),
            policies: BTreeMap::new(),
            calendars: BTreeMap::new(),
            mailboxes: BTreeMap::new(),
            limits: AcknowledgeLimits::default(),
            people: Default::default(),
            keep_subjects: true,
        })
    }

    /// What is made of letters with these `From` fields and further header lines.
    fn seen(letters: &[(&str, &str)]) -> Correspondents {
        let mut all = Correspondents::default();
        for (from, more) in letters {
            let header = format!(
                "From: {from}\r\nTo: clients@northwind.example\r\nSubject: Offer\r\nMessage-ID: <1@x>\r\n{more}\r\n"
            );
            all.see(&MessageFacts::parse(header.as_bytes(), None), &rules());
        }
        all
    }

    fn told(all: &Correspondents) -> Vec<String> {
        let words = |one: &Correspondent| {
            let (messages, people) = (one.messages, one.people);
            format!("{} {messages} by {people}", one.patterns().join(" "))
        };
        all.by_messages().iter().map(words).collect()
    }

    #[test]
    fn those_who_write_most_come_first() {
        let all = seen(&[
            ("carol@acme.example", ""),
            ("dan@harbour.example", ""),
            ("carol@acme.example", ""),
            ("Erin <erin@acme.example>", ""),
            ("f@aardvark.example", ""),
        ]);
        assert_eq!(
            told(&all),
            [
                "acme.example 3 by 2",
                "aardvark.example 1 by 1",
                "harbour.example 1 by 1"
            ]
        );
    }

    #[test]
    fn branches_are_their_organisation_and_neighbours_under_a_suffix_are_not() {
        let all = seen(&[
            ("a@acme.co.uk", ""),
            ("b@leeds.acme.co.uk", ""),
            ("c@harbour.co.uk", ""),
        ]);
        assert_eq!(
            told(&all),
            ["acme.co.uk *.acme.co.uk 2 by 2", "harbour.co.uk 1 by 1"]
        );
    }

    #[test]
    fn colleagues_programs_and_free_mail_are_only_counted() {
        let all = seen(&[
            ("alice@northwind.example", ""),
            ("carol@gmail.com", ""),
            ("no-reply@shop.example", ""),
            (
                "news@shop.example",
                "List-Unsubscribe: <https://shop.example/u>\r\nPrecedence: bulk\r\n",
            ),
            ("dan@harbour.example", "Auto-Submitted: auto-replied\r\n"),
        ]);
        assert_eq!(told(&all), Vec::<String>::new());
        assert_eq!((all.own, all.free_mail, all.automatic), (1, 1, 3));
    }

    #[test]
    fn a_letter_from_nobody_harms_nobody() {
        let all = seen(&[("", ""), ("undisclosed", ""), ("x@com", "")]);
        assert_eq!(told(&all), Vec::<String>::new());
    }
}
