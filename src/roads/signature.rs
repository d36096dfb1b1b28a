//! The signature of a payload, so that a webhook can tell who sent it, and when.

use std::fmt::Write as _;

use ring::hmac;

/// The value of `X-Ackd-Signature`: `t=<seconds since 1970>,v1=<hex>`, of which `v1` is the
/// HMAC-SHA256 (RFC 2104) over the seconds, a full stop and the body.
pub fn signature(secret: &[u8], seconds: i64, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    let tag = hmac::sign(&key, format!("{seconds}.{body}").as_bytes());
    let mut value = format!("t={seconds},v1=");
    for byte in tag.as_ref() {
        // Writing to a string never fails.
        let _ = write!(value, "{byte:02x}");
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by `printf '%s' '1800000000.{"a":1}' | openssl dgst -sha256 -hmac swordfish`.
    #[test]
    fn a_signature_is_what_others_make_of_the_same() {
        insta::assert_snapshot!(signature(b"swordfish", 1_800_000_000, "{\"a\":1}"), @"t=1800000000,v1=f5b2d06fb8686a99aaf700e8ce5947753554aabd18e729eb4d189f63e19b928e");
    }
}
