//! Whether a message failed DMARC, as told by a server we trust.

use super::super::facts::MessageFacts;
use super::super::rules::Rules;
use super::Reason;
use super::field::{self, Structured};

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
    let (value, read) = facts
        .field("authentication-results")
        .map(|value| (value, field::read(value)))
        .find(|(_, read)| {
            let own = server(read);
            rules.team.auth_servers.contains(&own)
        })?;
    fails(value, &read).then(|| Reason {
        rule: "dmarc-fail",
        evidence: field::evidence("Authentication-Results", value),
    })
}

/// Whether the results report a failure. Who forges a mail chooses the words of which parts of
/// them are made, such as the envelope's sender: where the server did not quote what it took from
/// there, a failure behind it may look like a part of a quote or of a comment, and counts too.
fn fails(value: &str, read: &Structured) -> bool {
    let results = read.pieces.iter().map(String::as_str);
    let within = read
        .comments
        .iter()
        .flat_map(|comment| comment.split(';').skip(1));
    let mut results = results.skip(1).chain(within);
    results.any(is_failure) || (!read.is_whole() && speaks_of_failure(value))
}

/// Whether a result is DMARC's failure: `dmarc=fail`, a version of the method and further words
/// aside. Blanks may stand around each sign (RFC 8601, section 2.2).
fn is_failure(result: &str) -> bool {
    let Some((method, verdict)) = result.split_once('=') else {
        return false;
    };
    let method = method.split('/').next().unwrap_or_default().trim();
    let verdict = verdict.split_whitespace().next().unwrap_or_default();
    method.eq_ignore_ascii_case("dmarc") && is_fail(verdict.trim_matches('"'))
}

fn is_fail(word: &str) -> bool {
    word.eq_ignore_ascii_case("fail")
}

/// Whether DMARC's failure stands anywhere in a value that can't be read by the letter.
fn speaks_of_failure(value: &str) -> bool {
    let value = value.to_ascii_lowercase();
    value.match_indices("dmarc").any(|(at, method)| {
        let rest = value[at + method.len()..].split_once('=');
        rest.is_some_and(|(version, verdict)| {
            let is_version = |c: char| c.is_ascii_digit() || c == '/' || c.is_whitespace();
            let verdict = verdict.trim_start();
            let end = verdict.find(|c: char| !c.is_ascii_alphabetic());
            version.chars().all(is_version) && is_fail(&verdict[..end.unwrap_or(verdict.len())])
        })
    })
}

/// The authserv-id: the first word before the first semicolon; a version number may follow it.
fn server(read: &Structured) -> String {
    let id = read.pieces.first().map(String::as_str).unwrap_or_default();
    let ends = |c: char| c.is_whitespace() || c == '/';
    let id = id.split(ends).find(|id| !id.is_empty());
    id.unwrap_or_default().trim_matches('"').to_lowercase()
}
