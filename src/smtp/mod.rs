//! Handing mail to the mail server. Only here is lettre known.
//!
//! Vocabulary: the *relay* is the mail server we hand our mail to; a *verdict* is what one
//! attempt came to.

mod message;
mod session;
mod tls;
pub mod verdict;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use crate::domain::draft::Mail;
use crate::domain::obstacle::OutOfReach;
use crate::domain::outbox::SendVerdict;

pub use self::message::bytes;
pub use self::wire::{Connector, Open, Wire};

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
    /// How a stream to it comes about.
    pub connector: Connector,
    /// A root certificate beside the system's, as PEM.
    pub extra_root: Option<Vec<u8>>,
    /// Login and password, if the server wants them.
    pub login: Option<(String, ReadPassword)>,
    /// How long one command may take.
    pub timeout: Duration,
}

/// One attempt to hand over one mail. Never panics, never hangs longer than a few time-outs.
///
/// `Refused` also where the mail can't be written at all: another attempt would fail alike.
pub async fn send(relay: &Relay, mail: &Mail) -> SendVerdict {
    match bytes(mail) {
        Ok(content) => session::converse(relay, mail, &content).await,
        Err(reason) => SendVerdict::Refused { reason },
    }
}

/// Connects to the relay and logs in, and sends nothing; gives its certificate (DER) where there is
/// TLS. `hello` is the domain we name ourselves by.
pub async fn try_out(relay: &Relay, hello: &str) -> Result<Option<Vec<u8>>, OutOfReach> {
    session::try_out(relay, hello).await
}
