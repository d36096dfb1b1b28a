//! Old mail: it opens no case and answers nothing, but what it names leads newer mail to one
//! conversation.
//!
//! A *link* is kept as a mail of nobody ([`TeamMail::by`] is `None`) among those that wait to be
//! found by the ids they name.

use super::Step;
use super::answered::{addresses, ids_of};
use super::arrivals::Judged;
use crate::domain::address::Address;
use crate::domain::commit::TeamMail;
use crate::domain::ids::{ClientKey, IdHash};
use crate::domain::rules::{Party, Rules};

/// How many of the mails it answers an old mail is linked with: the nearest ones, and the first
/// of its conversation.
const NEAREST_MAX: usize = 2;

/// How many ids are reached through old mail.
const LINKED_MAX: usize = 256;

/// What is kept of an old mail. `None` if it connects nothing.
pub(super) fn link_of(message: &Judged) -> Option<TeamMail> {
    let verdict = &message.verdict;
    let contacts: Vec<Address> = match verdict.opens_case {
        true => verdict
            .author
            .iter()
            .map(|own| own.address.clone())
            .collect(),
        false => {
            let addressed = verdict.addressed.iter();
            addressed.map(|person| person.contact.clone()).collect()
        }
    };
    let mut names: Vec<IdHash> = message.named.iter().take(NEAREST_MAX).copied().collect();
    let first = message.named.last().copied();
    names.extend(first.filter(|first| !names.contains(first)));
    let link = TeamMail {
        key: message.key,
        id: message.own,
        at: message.arrived.received_at,
        // It answers nothing.
        stopped_at: message.arrived.received_at,
        by: None,
        contacts,
        names,
        passes_on: false,
    };
    (ids_of(&link).count() > 1).then_some(link)
}

/// The clients whose conversations a mail may connect.
pub(super) fn clients_of<'a>(
    mail: &'a TeamMail,
    rules: &'a Rules,
) -> impl Iterator<Item = &'a ClientKey> {
    let parties = mail.contacts.iter().map(|contact| rules.party(contact));
    parties.filter_map(|party| match party {
        Party::Client(client) => Some(client),
        Party::Team | Party::Stranger => None,
    })
}

/// Whether a mail only leads from one id to another.
pub(super) const fn is_link(mail: &TeamMail) -> bool {
    mail.by.is_none()
}

impl Step<'_> {
    /// An old mail was seen: what it connects becomes one conversation, now or when it comes.
    pub(super) fn link(&mut self, message: &Judged) {
        let link = link_of(message).filter(|_| self.leaves_traces(message));
        let Some(link) = link else { return };
        for id in ids_of(&link) {
            self.await_question(id, &link);
        }
        let mut clients: Vec<ClientKey> = clients_of(&link, self.rules).cloned().collect();
        clients.sort();
        clients.dedup();
        for client in clients {
            let ids = self.with_linked(ids_of(&link), &client);
            let found = self.found_by(ids.iter().copied(), &client);
            if let Some(first) = self.unite(found) {
                self.gather(first, ids);
            }
        }
    }

    /// These ids, and those that old mail of this client leads to from them.
    pub(super) fn with_linked(
        &self,
        ids: impl Iterator<Item = IdHash>,
        client: &ClientKey,
    ) -> Vec<IdHash> {
        let mut all: Vec<IdHash> = ids.collect();
        let mut at = 0;
        while let Some(id) = all.get(at).filter(|_| all.len() < LINKED_MAX) {
            let mails = self.known.awaited.get(id).into_iter().flatten();
            let links = mails.filter(|mail| is_link(mail) && addresses(mail, client, self.rules));
            let further: Vec<IdHash> = links.flat_map(ids_of).collect();
            for id in further {
                if !all.contains(&id) {
                    all.push(id);
                }
            }
            at += 1;
        }
        all
    }
}
