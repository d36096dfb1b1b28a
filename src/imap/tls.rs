//! How connections are protected.

use std::sync::Arc;

use rustls::crypto::ring;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use rustls_platform_verifier::Verifier;

use crate::domain::obstacle::{Obstacle, OutOfReach};

/// The TLS settings for mail servers: the machine's own roots and the given extra ones (PEM).
///
/// Fails, in words for people, if the extra roots hold no certificate or the machine's roots
/// can't be read.
pub fn tls_client(extra_roots_pem: Option<&[u8]>) -> Result<Arc<rustls::ClientConfig>, String> {
    let extra = match extra_roots_pem {
        Some(pem) => read_roots(pem)?,
        None => Vec::new(),
    };
    let provider = Arc::new(ring::default_provider());
    let verifier = Verifier::new_with_extra_roots(extra, Arc::clone(&provider)).map_err(|error| {
        format!("could not read the trusted certificates of this machine: {error}; install the package ca-certificates")
    })?;
    let settings = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("could not set up TLS: {error}"))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(Arc::new(settings))
}

/// The TLS settings of an account that uses none: they trust nobody, and so nothing need be read.
pub fn tls_of_nobody() -> Result<Arc<rustls::ClientConfig>, String> {
    let provider = Arc::new(ring::default_provider());
    let settings = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("could not set up TLS: {error}"))?
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    Ok(Arc::new(settings))
}

fn read_roots(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let roots: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match roots {
        Ok(roots) if !roots.is_empty() => Ok(roots),
        Ok(_) => Err("the extra certificate file holds no certificate in PEM form".to_owned()),
        Err(error) => Err(format!(
            "could not read the extra certificate file: {error}"
        )),
    }
}

/// Why a TLS connection was not made. `None`: not because of TLS.
pub(super) fn tls_refusal(error: &std::io::Error) -> Option<OutOfReach> {
    let inner = error.get_ref()?.downcast_ref::<rustls::Error>()?;
    let obstacle = obstacle_of(inner);
    Some(OutOfReach::new(
        obstacle,
        obstacle.seen().unwrap_or("TLS could not be agreed on"),
    ))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_a_certificate_is_refused() {
        let refusal = tls_client(Some(b"no pem")).expect_err("nothing in it");
        assert!(refusal.contains("no certificate"), "{refusal}");
    }

    #[test]
    fn certificate_errors_are_told_in_words() {
        let error = std::io::Error::other(rustls::Error::InvalidCertificate(
            rustls::CertificateError::NotValidForName,
        ));
        let told = tls_refusal(&error).expect("a TLS error");
        assert_eq!(told.obstacle, Obstacle::WrongName);
        assert!(told.to_string().contains("another name"), "{told}");
    }
}
