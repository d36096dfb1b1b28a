//! A person of the team wrote to a client.

use std::collections::BTreeSet;

use super::Step;
use super::arrivals::Judged;
use crate::domain::case::Evidence;
use crate::domain::commit::TeamMail;
use crate::domain::facts::FolderRole;
use crate::domain::ids::{CaseId, ClientKey};

impl Step<'_> {
    /// A person of the team wrote to a client: a reply touches the conversations it names, a
    /// new mail all that wait from the people it is addressed to.
    pub(super) fn team_wrote(&mut self, message: &Judged) {
        let mail = team_mail(message);
        if mail.names.is_empty() {
            self.new_thread(message, &mail);
        } else {
            self.reply(message, &mail);
        }
    }

    fn reply(&mut self, message: &Judged, mail: &TeamMail) {
        let addressed = message.verdict.addressed.iter();
        let clients: BTreeSet<ClientKey> = addressed.map(|person| person.client.clone()).collect();
        let mut cases: BTreeSet<CaseId> = BTreeSet::new();
        for name in &mail.names {
            let mut found = clients.iter().filter_map(|client| {
                let id = self.find_by_thread(name.of_client(client.hash()))?;
                self.case(id)
                    .filter(|case| case.client == *client)
                    .map(|case| case.id)
            });
            match found.next() {
                Some(first) => {
                    cases.insert(first);
                    cases.extend(found);
                }
                // Not seen yet: the answer waits for its question.
                None => {
                    let waiting = self.known.awaited.entry(*name).or_default();
                    waiting.push(mail.clone());
                    self.decisions.commit.awaited.push((*name, mail.clone()));
                }
            }
        }
        for id in cases {
            self.answered_by_mail(id, mail, Evidence::ReplyHeaders);
        }
    }

    fn new_thread(&mut self, message: &Judged, mail: &TeamMail) {
        for person in &message.verdict.addressed {
            let of_book = self.book.by_contact(&person.client, &person.contact);
            let of_step = self.touched.values().filter(|case| {
                let mut people = case.messages().map(|message| &message.author.address);
                case.client == person.client && people.any(|address| *address == person.contact)
            });
            let mut cases: Vec<CaseId> = of_step.map(|case| case.id).chain(of_book).collect();
            cases.sort();
            cases.dedup();
            for id in cases {
                let answers = self.case(id).is_some_and(|case| {
                    case.unanswered().any(|waiting| {
                        waiting.received_at < mail.at && waiting.author.address == person.contact
                    })
                });
                if answers {
                    self.answered_by_mail(id, mail, Evidence::NewThread);
                }
            }
            let written = self
                .known
                .outbound
                .entry(person.contact.clone())
                .or_default();
            written.push(mail.clone());
            let record = (person.contact.clone(), mail.clone());
            self.decisions.commit.outbound.push(record);
        }
    }
}

fn team_mail(message: &Judged) -> TeamMail {
    let arrived = &message.arrived;
    // A sent copy may be filed minutes after the mail was written; then its `Date` is the
    // better witness. It is never believed to be later than the receipt.
    let at = match (arrived.role, arrived.facts.date) {
        (FolderRole::Sent, Some(date)) => date.min(arrived.received_at),
        (FolderRole::Sent, None) | (FolderRole::Inbox, _) => arrived.received_at,
    };
    TeamMail {
        key: message.key,
        id: message.own,
        at,
        by: message
            .verdict
            .author
            .as_ref()
            .map(|author| author.address.clone()),
        contacts: message
            .verdict
            .addressed
            .iter()
            .map(|person| person.contact.clone())
            .collect(),
        names: message.named.clone(),
    }
}
