//! Whether a message failed DMARC, as told by a server we trust.

use super::super::facts::MessageFacts;
use super::super::rules::Rules;
use super::Reason;
use super::field;

/// The failure, if the topmost `Authentication-Results` (RFC 8601) of a trusted authserv-id
/// reports one.
///
/// Only `fail` is a failure. `none`, `temperror` and `permerror` are no verdict: with the last
/// the domain's record could not be understood (RFC 7489, section 11.2), which is its
/// operator's slip and no sign of forgery.
pub(super) fn find(facts: &MessageFacts, rules: &Rules) -> Option<Reason> {
    if rules.team.auth_servers.is_empty() {
        return None;
    }
    let (value, plain) = facts
        .field("authentication-results")
        .map(|value| (value, field::plain(value)))
        .find(|(_, plain)| {
            let own = server(plain);
            rules.team.auth_servers.iter().any(|trusted| trusted == own)
        })?;
    // Blanks and comments may stand around each sign (RFC 8601, section 2.2).
    let fails = plain.split(';').skip(1).any(|result| {
        result.split_once('=').is_some_and(|(method, verdict)| {
            let method = method.split('/').next().unwrap_or_default();
            let verdict = verdict.split_whitespace().next();
            method.trim() == "dmarc" && verdict == Some("fail")
        })
    });
    fails.then(|| Reason {
        rule: "dmarc-fail",
        evidence: field::evidence("Authentication-Results", value),
    })
}

/// The authserv-id: the first word before the first semicolon; a version number may follow it.
fn server(plain: &str) -> &str {
    let id = plain.split(';').next().unwrap_or_default();
    let id = id.split_whitespace().next().unwrap_or_default();
    id.trim_matches('"')
}
