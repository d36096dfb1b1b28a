//! The envelope of every record: `[version u8][crc32c u32, big-endian][postcard bytes]`.
//!
//! Vocabulary: to *seal* is to put a value into its envelope, to *unseal* to take it out again
//! and to trust it only if everything about it is right. The checksum covers the key too, so
//! that a value that ends up under another key is noticed.
//!
//! postcard bytes don't describe themselves: fields are never reordered, new variants are only
//! appended, and any other change takes a new version of that record ([`Record`]), which still
//! reads the ones before.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::keys::KeyKind;

/// What lies in an envelope, in its present version.
pub(super) trait Record: Serialize + DeserializeOwned {
    /// The version in which it is written. There was every one from 1 on.
    const VERSION: u8 = 1;

    /// Reads what was written in a version up to the present one; returns what is left of the
    /// bytes, too.
    fn of_version(_version: u8, payload: &[u8]) -> postcard::Result<(Self, &[u8])> {
        postcard::take_from_bytes(payload)
    }
}

const HEADER_BYTES: usize = 5;

/// Why a record can't be trusted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum RecordError {
    /// Too short to be one.
    #[error("a \"{0}\" record is cut off")]
    CutOff(&'static str),
    /// Written in a form we don't know.
    #[error("a \"{0}\" record has the unknown version {1}")]
    UnknownVersion(&'static str, u8),
    /// Under a key of a kind we don't know.
    #[error("there are records of the unknown kind {0:#04x}")]
    UnknownKind(u8),
    /// Its bytes are not the bytes that were written.
    #[error("the checksum of a \"{0}\" record is wrong")]
    Checksum(&'static str),
    /// Its bytes are intact but make no sense.
    #[error("a \"{0}\" record holds {1}")]
    Content(&'static str, String),
}

impl RecordError {
    /// For a record that is intact but holds what can't be.
    pub(super) fn content(key: &[u8], what: impl Into<String>) -> Self {
        Self::Content(KeyKind::name_of(key), what.into())
    }
}

/// Puts a value into its envelope.
pub(super) fn seal<R: Record>(key: &[u8], value: &R) -> Vec<u8> {
    let mut bytes = vec![R::VERSION, 0, 0, 0, 0];
    bytes = postcard::to_extend(value, bytes)
        .expect("records are plain structs of known lengths, which postcard always takes");
    let checksum = checksum(key, R::VERSION, &bytes[HEADER_BYTES..]);
    bytes[1..HEADER_BYTES].copy_from_slice(&checksum.to_be_bytes());
    bytes
}

/// Takes a value out of its envelope. Fails if anything about it is not as it was written.
pub(super) fn unseal<R: Record>(key: &[u8], bytes: &[u8]) -> Result<R, RecordError> {
    let kind = KeyKind::name_of(key);
    let Some((header, payload)) = bytes.split_first_chunk::<HEADER_BYTES>() else {
        return Err(RecordError::CutOff(kind));
    };
    let [version, stored @ ..] = *header;
    if u32::from_be_bytes(stored) != checksum(key, version, payload) {
        return Err(RecordError::Checksum(kind));
    }
    // Intact, so that it is no damage: somebody wrote it so.
    if !(1..=R::VERSION).contains(&version) {
        return Err(RecordError::UnknownVersion(kind, version));
    }
    match R::of_version(version, payload) {
        Ok((value, [])) => Ok(value),
        Ok((_, rest)) => Err(RecordError::content(
            key,
            format!("{} bytes too many", rest.len()),
        )),
        Err(error) => Err(RecordError::content(key, error.to_string())),
    }
}

fn checksum(key: &[u8], version: u8, payload: &[u8]) -> u32 {
    let sum = crc32c::crc32c(key);
    let sum = crc32c::crc32c_append(sum, &[version]);
    crc32c::crc32c_append(sum, payload)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::ids::MessageKey;
    use crate::store::keys;

    type Value = (u64, String);

    impl Record for Value {}

    fn value() -> Value {
        (7, "seven".to_owned())
    }

    fn key() -> [u8; 17] {
        keys::message(MessageKey(42))
    }

    #[test]
    fn every_damaged_bit_is_noticed() {
        let sealed = seal(&key(), &value());
        for place in 0..sealed.len() {
            for bit in 0..8 {
                let mut damaged = sealed.clone();
                damaged[place] ^= 1 << bit;
                let read = unseal::<Value>(&key(), &damaged);
                assert!(read.is_err(), "byte {place}, bit {bit}");
            }
        }
    }

    #[test]
    fn every_cut_and_every_addition_is_noticed() {
        let sealed = seal(&key(), &value());
        for length in 0..sealed.len() {
            let read = unseal::<Value>(&key(), &sealed[..length]);
            assert!(read.is_err(), "cut to {length}");
        }
        let mut longer = sealed;
        longer.push(0);
        assert!(unseal::<Value>(&key(), &longer).is_err());
    }

    #[test]
    fn another_version_is_refused_by_name() {
        let mut sealed = seal(&key(), &value());
        sealed[0] = 9;
        let sum = checksum(&key(), 9, &sealed[HEADER_BYTES..]);
        sealed[1..HEADER_BYTES].copy_from_slice(&sum.to_be_bytes());
        let error = unseal::<Value>(&key(), &sealed).unwrap_err();
        let words = "a \"message index\" record has the unknown version 9";
        assert_eq!(error.to_string(), words);
    }

    #[test]
    fn a_value_under_another_key_is_noticed() {
        let sealed = seal(&key(), &value());
        let other = keys::message(MessageKey(43));
        assert_eq!(
            unseal::<Value>(&other, &sealed),
            Err(RecordError::Checksum("message index"))
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_sealed_comes_out_again(number: u64, text: String) {
            let value = (number, text);
            prop_assert_eq!(unseal(&key(), &seal(&key(), &value)), Ok(value));
        }

        #[test]
        fn garbage_never_panics(bytes: Vec<u8>) {
            let _ = unseal::<Value>(&key(), &bytes);
        }
    }
}
