//! Handing mail to the mail server. Only here is lettre known.
//!
//! Vocabulary: the *relay* is the mail server we hand our mail to; a *verdict* is what one
//! attempt came to.

use std::sync::Arc;
use std::time::Duration;

use crate::domain::draft::Mail;
use crate::domain::outbox::SendVerdict;

/// How the connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    /// TLS from the first byte.
    Tls,
    /// STARTTLS, demanded.
    StartTls,
    /// None; only to loopback.
    Plain,
}

/// Reads the password anew; may block (file, command). The error is for people.
pub type ReadPassword = Arc<dyn Fn() -> Result<secrecy::SecretString, String> + Send + Sync>;

/// The mail server we hand our mail to.
#[derive(Clone)]
pub struct Relay {
    /// Host name.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Protection.
    pub protection: Protection,
    /// A root certificate beside the system's, as PEM.
    pub extra_root: Option<Vec<u8>>,
    /// Login and password, if the server wants them.
    pub login: Option<(String, ReadPassword)>,
    /// How long one command may take.
    pub timeout: Duration,
}

/// The mail as bytes, as it goes over the wire and into the sent folder.
pub fn bytes(_mail: &Mail) -> Result<Vec<u8>, String> {
    todo!()
}

/// One attempt to hand over one mail. Never panics, never hangs longer than a few time-outs.
pub async fn send(_relay: &Relay, _mail: &Mail) -> SendVerdict {
    todo!()
}
