//! What a refused certificate comes to, from under what lettre wraps around it.

use std::error::Error;

use crate::domain::obstacle::Obstacle;

/// The obstacle, if TLS is one.
pub(super) fn tls_obstacle(error: &(dyn Error + 'static)) -> Option<Obstacle> {
    let mut inner = Some(error);
    while let Some(own) = inner {
        let wrapped = own.downcast_ref::<std::io::Error>();
        let wrapped = wrapped.and_then(|own| own.get_ref());
        let wrapped = wrapped.and_then(|own| own.downcast_ref::<rustls::Error>());
        if let Some(error) = wrapped.or(own.downcast_ref::<rustls::Error>()) {
            return Some(obstacle_of(error));
        }
        inner = own.source();
    }
    None
}

/// What a TLS library's words come to.
fn obstacle_of(error: &rustls::Error) -> Obstacle {
    use rustls::CertificateError as Bad;
    let bad = match error {
        rustls::Error::InvalidCertificate(bad) => bad,
        rustls::Error::InvalidMessage(_) => return Obstacle::NotTls,
        rustls::Error::PeerIncompatible(_) | rustls::Error::AlertReceived(_) => {
            return Obstacle::TlsTooOld;
        }
        _ => return Obstacle::Other,
    };
    match bad {
        Bad::NotValidForName | Bad::NotValidForNameContext { .. } => Obstacle::WrongName,
        Bad::Expired | Bad::ExpiredContext { .. } => Obstacle::Expired,
        Bad::NotValidYet | Bad::NotValidYetContext { .. } => Obstacle::NotValidYet,
        Bad::UnknownIssuer => Obstacle::UnknownIssuer,
        Bad::BadSignature => Obstacle::BadSignature,
        Bad::UnsupportedSignatureAlgorithmContext { .. }
        | Bad::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => Obstacle::Algorithm,
        Bad::Revoked => Obstacle::Revoked,
        // The library that checks chains tells it in its own words alone.
        Bad::Other(own) if own.to_string().contains("CaUsedAsEndEntity") => Obstacle::Authority,
        _ => Obstacle::Certificate,
    }
}
