//! Handing words over by other ways than mail.
//!
//! Vocabulary: a *webhook* takes JSON by HTTP (RFC 9112); a *command* takes it on its standard
//! input. What became of it is told as of a mail ([`SendVerdict`]): an answer of the 2xx class, or
//! exit code 0, says that it was taken.
//!
//! No address of a webhook is ever told: whoever knows it may write there. Redirections are not
//! followed, certificates always verified.

mod command;
mod signature;
mod webhook;

pub use command::run;
pub use signature::signature;
pub use webhook::{HEAD_BYTES_MAX, PAUSE_MAX, Webhook, deliver, reach};

use crate::domain::outbox::SendVerdict;

fn later(reason: impl Into<String>) -> SendVerdict {
    SendVerdict::Later {
        reason: reason.into(),
    }
}
