//! Proof that a mail of ours went to a person: a number and a keyed hash.
//!
//! The *token* of a mail is the number of its outbox row and the hash, under a key only this
//! installation has, of what that row is: number, moment, recipient, cases. It serves for this
//! mail and this person alone. When it expires follows from the moment of the row.

use std::fmt;

use crate::domain::ids::OutboxId;
use crate::domain::outbox::OutboxRow;

/// The secret under which tokens are made. Shown nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct ReplyKey([u8; 32]);

impl fmt::Debug for ReplyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReplyKey(…)")
    }
}

/// Letters that are the same in either case and look like no other: a local part may be written
/// in lower case on the way.
const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// The length of the hash in letters of five bits each.
const HASH_LETTERS: usize = 20;

/// The longest token, in letters: a number that no installation will reach, and the hash.
pub const LENGTH_MAX: usize = 9 + 1 + HASH_LETTERS;

/// What stands in the address or reference of a mail that can be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// The row it is of.
    pub row: OutboxId,
    hash: [u8; HASH_LETTERS],
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.row, String::from_utf8_lossy(&self.hash))
    }
}

impl Token {
    /// Reads what [`Display`](fmt::Display) writes, in either case. `None` if it is no token.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > LENGTH_MAX {
            return None;
        }
        let (row, hash) = text.split_once('-')?;
        let digits = !row.is_empty() && row.bytes().all(|byte| byte.is_ascii_digit());
        let row = row.parse().ok().filter(|row| digits && *row > 0)?;
        let hash: [u8; HASH_LETTERS] = hash.to_ascii_lowercase().into_bytes().try_into().ok()?;
        let known = hash.iter().all(|letter| LETTERS.contains(letter));
        known.then_some(Self {
            row: OutboxId(row),
            hash,
        })
    }
}

impl ReplyKey {
    /// A key of these bytes, which nobody else may know.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The token of a mail of ours.
    pub fn token(&self, row: &OutboxRow) -> Token {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        let to = row.to.to_string();
        let case = row.keys.first().map_or(0, |key| key.case.0);
        let parts: [&[u8]; 5] = [
            b"ackd reply 1",
            &row.id.0.to_be_bytes(),
            &row.created_at.timestamp_millis().to_be_bytes(),
            &case.to_be_bytes(),
            to.as_bytes(),
        ];
        for part in parts {
            hasher.update(&(part.len() as u64).to_be_bytes());
            hasher.update(part);
        }
        let digest = hasher.finalize();
        let mut hash = [0; HASH_LETTERS];
        for (letter, byte) in hash.iter_mut().zip(digest.as_bytes()) {
            *letter = LETTERS[usize::from(byte & 31)];
        }
        Token { row: row.id, hash }
    }

    /// Whether this is the token of a mail of ours. Takes the same time whatever differs.
    pub fn is_of(&self, token: &Token, row: &OutboxRow) -> bool {
        let own = self.token(row);
        let pairs = own.hash.iter().zip(&token.hash);
        let differs = pairs.fold(0, |sum, (one, other)| sum | (one ^ other));
        differs == 0 && own.row == token.row
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::address::Address;
    use crate::domain::ids::InstanceId;
    use crate::domain::outbox::{Purpose, RowState, row_message_id};

    fn row(number: u64, to: &str, at: i64) -> OutboxRow {
        let id = OutboxId(number);
        let instance = InstanceId::new("abc");
        let at = chrono::DateTime::from_timestamp(at, 0).expect("a moment");
        OutboxRow {
            id,
            message_id: row_message_id(id, &instance, "northwind.example").expect("an id"),
            to: Address::parse(to).expect("an address"),
            purpose: Purpose::Reminder,
            keys: Vec::new(),
            created_at: at,
            released: false,
            road: None,
            state: RowState::Sent { at },
        }
    }

    #[test]
    fn a_token_is_of_one_mail_to_one_person_under_one_key() {
        let key = ReplyKey::new([7; 32]);
        let own = row(12, "alice@northwind.example", 1_000);
        let token = key.token(&own);
        assert!(key.is_of(&token, &own));
        let told = token.to_string();
        assert_eq!(
            Token::parse(&told.to_ascii_uppercase()),
            Some(token.clone())
        );
        for other in [
            row(13, "alice@northwind.example", 1_000),
            row(12, "bob@northwind.example", 1_000),
            row(12, "alice@northwind.example", 1_001),
        ] {
            assert!(!key.is_of(&token, &other), "{other:?}");
        }
        assert!(!ReplyKey::new([8; 32]).is_of(&token, &own));
    }

    #[test]
    fn what_is_no_token_is_not_taken_for_one() {
        for bad in [
            "",
            "7",
            "7-",
            "0-0123456789abcdefghjk",
            "+7-0123456789abcdefghjk",
            "7-0123456789abcdefghj",
            "7-0123456789abcdefghjkm",
            "7-0123456789abcdefghji",
            "12345678901234567890-0123456789abcdefghjk",
        ] {
            assert_eq!(Token::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_key_is_never_shown() {
        assert_eq!(format!("{:?}", ReplyKey::new([7; 32])), "ReplyKey(…)");
    }
}
