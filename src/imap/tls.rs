//! How connections are protected.

use std::sync::Arc;

use rustls::crypto::ring;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use rustls_platform_verifier::Verifier;

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

/// Why a TLS connection was not made, in words for people.
pub(crate) fn tls_refusal(error: &std::io::Error) -> Option<String> {
    use rustls::CertificateError as Bad;
    let inner = error.get_ref()?.downcast_ref::<rustls::Error>()?;
    let rustls::Error::InvalidCertificate(bad) = inner else {
        return Some(format!("TLS failed: {inner}"));
    };
    Some(match bad {
        Bad::NotValidForName | Bad::NotValidForNameContext { .. } => {
            "its certificate was made out to another name; check the host name".to_owned()
        }
        Bad::Expired | Bad::ExpiredContext { .. } => "its certificate has expired".to_owned(),
        Bad::NotValidYet | Bad::NotValidYetContext { .. } => {
            "its certificate is not valid yet; check this machine's clock".to_owned()
        }
        Bad::UnknownIssuer => {
            "its certificate comes from an issuer this machine does not trust; name the issuer's certificate as ca_file".to_owned()
        }
        Bad::UnsupportedSignatureAlgorithmContext { .. } => {
            "its certificate is signed in a way that is not supported; RSA from 2048 bits, ECDSA P-256 or P-384 and Ed25519 are".to_owned()
        }
        Bad::Revoked => "its certificate was revoked".to_owned(),
        other => format!("its certificate was refused: {other}"),
    })
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
        let words = tls_refusal(&error).expect("a TLS error");
        assert!(words.contains("another name"), "{words}");
    }
}
