//! Small numbers for the clients' keys, so that the message index stays small.
//!
//! Vocabulary: a client's *number* is given out at its first message and never again to
//! another; the table of them is kept in the store and, being as long as the list of clients,
//! in memory.

use std::collections::BTreeMap;

use crate::domain::ids::ClientKey;

/// Which number stands for which client.
#[derive(Debug, Default)]
pub(super) struct Clients {
    numbers: BTreeMap<ClientKey, u32>,
    keys: BTreeMap<u32, ClientKey>,
}

impl Clients {
    /// Takes back a number that was given out before.
    pub(super) fn restore(&mut self, number: u32, client: ClientKey) {
        self.numbers.insert(client.clone(), number);
        self.keys.insert(number, client);
    }

    /// The number of a client, and whether it is a new one that has to be written down.
    pub(super) fn number(&mut self, client: &ClientKey) -> (u32, bool) {
        if let Some(number) = self.numbers.get(client) {
            return (*number, false);
        }
        let number = self.keys.last_key_value().map_or(1, |(last, _)| last + 1);
        self.restore(number, client.clone());
        (number, true)
    }

    /// Who stands behind a number.
    pub(super) fn key(&self, number: u32) -> Option<&ClientKey> {
        self.keys.get(&number)
    }
}
