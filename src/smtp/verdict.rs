//! What an answer of the mail server means for the mail. Pure.
//!
//! Vocabulary: a *phase* is how far the conversation has come; an *outcome* is what came
//! back: a reply with its code, silence, or a break. Only one phase can end in doubt: once
//! the content is on its way, no answer may mean that the mail was taken.

use crate::domain::obstacle::{Obstacle, OutOfReach};
use crate::domain::outbox::SendVerdict;

/// How far the conversation has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Connecting, TLS, the greeting and `EHLO`.
    Greeting,
    /// `STARTTLS` and the handshake.
    StartTls,
    /// `AUTH`.
    Login,
    /// `MAIL FROM`.
    Sender,
    /// `RCPT TO`.
    Recipient,
    /// `DATA`, nothing handed over yet.
    Data,
    /// The content, to the reply after the final dot.
    Content,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// A reply (RFC 5321, section 4.2).
    Reply {
        /// Its three digits.
        code: u16,
        /// Its text, lines joined.
        text: String,
    },
    /// Nothing within the time-out.
    Silence,
    /// The connection ended, or what came was no SMTP; what exactly.
    Broken(String),
    /// TLS stands in the way.
    Barred(Obstacle),
}

/// Codes that say the account is the trouble, not this mail (RFC 4954, section 6).
const ACCOUNT_CODES: [u16; 4] = [530, 534, 535, 538];

/// The longest reason, in characters.
const REASON_CHARS_MAX: usize = 300;
/// The longest word a reason repeats, in characters: longer ones are keys or tokens.
const WORD_CHARS_MAX: usize = 60;

/// From this length on, in bytes, a private text is looked for inside words as well; a shorter
/// one would blot out half of what the server said.
const PART_BYTES_MIN: usize = 4;

/// What the outcome of a phase comes to. `None`: as hoped, go on to the next phase.
///
/// `private` are texts that no reason may repeat: the login and its password.
pub fn judge(phase: Phase, outcome: &Outcome, private: &[&str]) -> Option<SendVerdict> {
    let (code, text) = match outcome {
        Outcome::Reply { code, text } => (*code, text),
        Outcome::Silence | Outcome::Broken(_) | Outcome::Barred(_) => {
            let what = match outcome {
                Outcome::Broken(what) => what.clone(),
                Outcome::Barred(obstacle) => {
                    let seen = obstacle.seen().unwrap_or("TLS could not be agreed on");
                    OutOfReach::new(*obstacle, seen).to_string()
                }
                _ => "no answer within the time-out".to_owned(),
            };
            let reason = clean(&format!("{}: {what}", attempted(phase)), private);
            return Some(match phase {
                Phase::Content => SendVerdict::Unknown { reason },
                _ => SendVerdict::Later { reason },
            });
        }
    };
    if is_hoped_for(phase, code) {
        return (phase == Phase::Content).then_some(SendVerdict::Sent);
    }
    let said = format!("{}: the server said {code} {text}", attempted(phase));
    let reason = clean(&said, private);
    Some(match (phase, code) {
        (Phase::Greeting | Phase::StartTls | Phase::Login, _) => SendVerdict::Later { reason },
        (Phase::Content, 400..=499) => SendVerdict::Later { reason },
        (Phase::Content, 500..=599) => SendVerdict::Refused { reason },
        (Phase::Content, _) => SendVerdict::Unknown { reason },
        (_, code) if ACCOUNT_CODES.contains(&code) => SendVerdict::Later { reason },
        (Phase::Sender | Phase::Recipient | Phase::Data, 500..=599) => {
            SendVerdict::Refused { reason }
        }
        // A 4xx, or a reply out of step; nothing was handed over in either case.
        (Phase::Sender | Phase::Recipient | Phase::Data, _) => SendVerdict::Later { reason },
    })
}

/// What kept us from handing anything over, as the outcome of a phase tells.
pub(super) fn obstacle(phase: Phase, outcome: &Outcome) -> Obstacle {
    match (phase, outcome) {
        (_, Outcome::Barred(obstacle)) => *obstacle,
        (Phase::Greeting, Outcome::Broken(_)) => Obstacle::Port,
        (Phase::Greeting, Outcome::Silence) => Obstacle::NoGreeting,
        (_, Outcome::Silence) => Obstacle::Silence,
        (Phase::StartTls, _) => Obstacle::NoStartTls,
        (Phase::Login, Outcome::Reply { .. }) => Obstacle::Login,
        _ => Obstacle::Other,
    }
}

/// The codes with which a phase succeeds. After the final dot it is 250 and nothing else: a
/// 251, 252 or 354 there is a reply that belongs to another command.
const fn is_hoped_for(phase: Phase, code: u16) -> bool {
    match phase {
        Phase::Greeting | Phase::StartTls => code >= 200 && code < 300,
        Phase::Login => code == 235,
        Phase::Sender | Phase::Content => code == 250,
        Phase::Recipient => matches!(code, 250..=252),
        Phase::Data => code == 354,
    }
}

const fn attempted(phase: Phase) -> &'static str {
    match phase {
        Phase::Greeting => "connecting to the mail server",
        Phase::StartTls => "switching to TLS (STARTTLS)",
        Phase::Login => "logging in to the mail server (check user name and password)",
        Phase::Sender => "naming the sender",
        Phase::Recipient => "naming the recipient",
        Phase::Data => "asking to hand over the mail",
        Phase::Content => "handing over the mail",
    }
}

/// One line for logs and people: without addresses, secrets and control characters.
fn clean(text: &str, private: &[&str]) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    let words: Vec<&str> = words
        .filter(|word| !word.is_empty())
        .map(|word| {
            let lower = word.to_lowercase();
            let bare = lower.trim_matches(|c: char| c.is_ascii_punctuation());
            let secret = private.iter().any(|secret| {
                let secret = secret.to_lowercase();
                bare == secret || (secret.len() >= PART_BYTES_MIN && lower.contains(&secret))
            });
            if secret || word.chars().count() > WORD_CHARS_MAX {
                "…"
            } else if word.contains('@') {
                "<address>"
            } else {
                word
            }
        })
        .collect();
    words.join(" ").chars().take(REASON_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(phase: Phase, code: u16) -> Option<SendVerdict> {
        let text = "words".to_owned();
        judge(phase, &Outcome::Reply { code, text }, &[])
    }

    fn word(verdict: &Option<SendVerdict>) -> &'static str {
        match verdict {
            None => "go on",
            Some(SendVerdict::Sent) => "sent",
            Some(SendVerdict::Later { .. } | SendVerdict::LaterBy { .. }) => "later",
            Some(SendVerdict::Refused { .. }) => "refused",
            Some(SendVerdict::Unknown { .. }) => "unknown",
        }
    }

    #[test]
    fn each_reply_means_one_thing_in_each_phase() {
        use Phase::{Content, Data, Greeting, Login, Recipient, Sender, StartTls};
        for (phase, code, expected) in [
            (Greeting, 220, "go on"),
            (Greeting, 421, "later"),
            (Greeting, 554, "later"),
            (StartTls, 454, "later"),
            (StartTls, 502, "later"),
            (Login, 235, "go on"),
            (Login, 535, "later"),
            (Login, 250, "later"),
            (Sender, 250, "go on"),
            (Sender, 451, "later"),
            (Sender, 530, "later"),
            (Sender, 553, "refused"),
            (Sender, 354, "later"),
            (Recipient, 250, "go on"),
            (Recipient, 251, "go on"),
            (Recipient, 450, "later"),
            (Recipient, 550, "refused"),
            (Recipient, 535, "later"),
            (Data, 354, "go on"),
            (Data, 250, "later"),
            (Data, 451, "later"),
            (Data, 554, "refused"),
            (Content, 250, "sent"),
            (Content, 251, "unknown"),
            (Content, 252, "unknown"),
            (Content, 354, "unknown"),
            (Content, 421, "later"),
            (Content, 452, "later"),
            (Content, 535, "refused"),
            (Content, 554, "refused"),
        ] {
            assert_eq!(word(&reply(phase, code)), expected, "{phase:?} {code}");
        }
    }

    #[test]
    fn silence_is_doubt_only_once_the_content_is_on_its_way() {
        for phase in [
            Phase::Greeting,
            Phase::StartTls,
            Phase::Login,
            Phase::Sender,
            Phase::Recipient,
            Phase::Data,
        ] {
            assert_eq!(word(&judge(phase, &Outcome::Silence, &[])), "later");
            let broken = Outcome::Broken("reset".into());
            assert_eq!(word(&judge(phase, &broken, &[])), "later");
        }
        let silence = judge(Phase::Content, &Outcome::Silence, &[]);
        assert_eq!(word(&silence), "unknown");
    }

    #[test]
    fn a_reason_repeats_neither_addresses_nor_secrets() {
        let outcome = Outcome::Reply {
            code: 550,
            text: "5.1.1 <anna@acme.example>:\r\nno such user, Hunter2! c2VjcmV0".into(),
        };
        let verdict = judge(Phase::Recipient, &outcome, &["hunter2", "c2VjcmV0"]);
        let Some(SendVerdict::Refused { reason }) = verdict else {
            panic!("{verdict:?}");
        };
        assert_eq!(
            reason,
            "naming the recipient: the server said 550 5.1.1 <address> no such user, … …"
        );
    }
}
