//! How long a server's certificate holds (RFC 5280, section 4.1.2.5). Whether it is trusted, the
//! connection has shown.

use x509_cert::Certificate;
use x509_cert::der::Decode;

use super::Finding;
use crate::domain::time::Timestamp;

/// From how many days before its end on a certificate wants an eye. Those that are renewed by
/// themselves are renewed a month before.
const ENDS_SOON_DAYS: i64 = 14;

/// What there is to say of a certificate (DER).
pub(super) fn certificate(subject: &str, der: &[u8], now: Timestamp) -> Finding {
    let Some(end) = not_after(der) else {
        return Finding::yellow(
            subject,
            "its certificate is trusted, but its end could not be read",
            "look at it: openssl s_client -connect HOST:PORT",
        );
    };
    let days = (end - now).num_days();
    let until = format!("certificate trusted, good until {}", end.format("%Y-%m-%d"));
    if days >= ENDS_SOON_DAYS {
        return Finding::green(subject, until);
    }
    Finding::yellow(
        subject,
        format!("{until}: {days} more days"),
        "whoever runs this server should renew it before that day: after it ackd refuses to log in",
    )
}

fn not_after(der: &[u8]) -> Option<Timestamp> {
    let certificate = Certificate::from_der(der).ok()?;
    let end = certificate.tbs_certificate().validity().not_after;
    let seconds = end.to_unix_duration().as_secs();
    Timestamp::from_timestamp(i64::try_from(seconds).ok()?, 0)
}
