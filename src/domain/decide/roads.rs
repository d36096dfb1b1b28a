//! Which road a word to the team takes: mail, another one, or several.
//!
//! Vocabulary: the *occasion* is what a rung is told for; who chose which roads for it says the
//! matrix ([`Notifications`](crate::domain::notifications::Notifications)). A road is told once of
//! what is decided at once, for all who chose it.

use std::collections::BTreeMap;

use super::due::KEYS_MAX;
use super::{Identity, Step};
use crate::domain::address::Address;
use crate::domain::ids::{InstanceId, OutboxId, RoadName};
use crate::domain::notifications::Occasion;
use crate::domain::outbox::{OutboxRow, Purpose, Reader, Road, StageKey};

impl Step<'_> {
    /// Owes a word to somebody by the roads chosen for it. The number of the mail, if one is
    /// among them.
    pub(super) fn owe_as(
        &mut self,
        ours: (&InstanceId, &str),
        to: Address,
        purpose: Purpose,
        keys: Vec<StageKey>,
    ) -> Option<OutboxId> {
        let rules = self.rules;
        let mut by_mail = Vec::new();
        let mut by_road: BTreeMap<&RoadName, Reader> = BTreeMap::new();
        for key in &keys {
            let Some(occasion) = Occasion::of(&purpose, key) else {
                by_mail.push(*key);
                continue;
            };
            let choice = rules.team.notifications.choice(occasion, &to);
            if choice.mail {
                by_mail.push(*key);
            }
            for (place, road) in choice.roads.iter().enumerate() {
                // The first road answers for the person: if it fails, a mail takes its place.
                let mail_instead = place == 0 && !choice.mail;
                let reader = by_road.entry(road).or_insert_with(|| Reader {
                    to: to.clone(),
                    keys: Vec::new(),
                    mail_instead: false,
                });
                reader.keys.push(*key);
                reader.mail_instead |= mail_instead;
            }
        }
        for (road, reader) in by_road {
            self.queue_by_road(ours, road, &purpose, reader);
        }
        match by_mail.is_empty() && !keys.is_empty() {
            true => None,
            false => self.queue(ours, to, purpose, by_mail, None),
        }
    }

    /// One message tells everybody who is told of the same by the same road.
    fn queue_by_road(
        &mut self,
        ours: (&InstanceId, &str),
        road: &RoadName,
        purpose: &Purpose,
        reader: Reader,
    ) {
        let next_row = self.book.outbox().next_id;
        let takes_along = |row: &&mut OutboxRow| {
            let is_same_road = row.road.as_ref().is_some_and(|own| own.name == *road);
            let is_of_step = row.id >= next_row && row.is_still_ours();
            let has_room = row.keys.len() + reader.keys.len() <= KEYS_MAX;
            is_same_road && is_of_step && has_room && row.purpose == *purpose
        };
        let mut rows = self.decisions.commit.outbox.iter_mut();
        if let Some(row) = rows.find(takes_along) {
            for key in &reader.keys {
                if !row.keys.contains(key) {
                    row.keys.push(*key);
                }
            }
            if let Some(own) = &mut row.road {
                own.readers.push(reader);
            }
            return;
        }
        if self.is_told_already(road, purpose, &reader.keys) {
            return;
        }
        let (to, keys) = (reader.to.clone(), reader.keys.clone());
        let road = Road {
            name: road.clone(),
            readers: vec![reader],
        };
        self.queue(ours, to, purpose.clone(), keys, Some(road));
    }

    /// Whether a road is about to tell of all this anyway, from an earlier step.
    fn is_told_already(&self, road: &RoadName, purpose: &Purpose, keys: &[StageKey]) -> bool {
        let mut rows = self.book.outbox().rows.values();
        rows.any(|row| {
            let is_same_road = row.road.as_ref().is_some_and(|own| own.name == *road);
            let is_on_its_way = row.queued_until().is_some();
            let tells_all = keys.iter().all(|key| row.keys.contains(key));
            is_same_road && is_on_its_way && row.purpose == *purpose && tells_all
        })
    }

    /// A road has failed for good: whoever is told by nothing else gets a mail in its place.
    pub(super) fn mail_instead(&mut self, identity: &Identity, purpose: &Purpose, road: &Road) {
        let ours = (&identity.installation.instance, identity.domain.as_str());
        for reader in road.readers.iter().filter(|reader| reader.mail_instead) {
            let (to, keys) = (reader.to.clone(), reader.keys.clone());
            self.queue(ours, to, purpose.clone(), keys, None);
        }
    }
}
