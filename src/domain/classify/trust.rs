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
    let trusted = |value: &&str| rules.team.auth_servers.contains(&server(value));
    let value = facts.field("authentication-results").find(trusted)?;
    // Blanks and comments may stand around each sign (RFC 8601, section 2.2).
    let fails = field::plain(value).split(';').skip(1).any(|result| {
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
fn server(value: &str) -> String {
    let plain = field::plain(value);
    let id = plain.split(';').next().unwrap_or_default();
    let id = id.split_whitespace().next().unwrap_or_default();
    id.trim_matches('"').to_owned()
}
