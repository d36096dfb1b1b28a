//! What forbids acknowledging a message, as far as it tells by itself.

use super::super::address::Address;
use super::super::facts::{MessageFacts, Oddity};
use super::super::rules::{Party, Rules};
use super::direction::Direction;
use super::examination::Examination;
use super::{Reason, automatic, avowal, field, letter, sender, signature, signs};

/// Why a message must not be acknowledged; empty if nothing in it forbids it.
pub(super) fn refusals(e: &Examination<'_>, rules: &Rules) -> Vec<Reason> {
    let (facts, direction) = (e.facts, e.direction);
    let checks: [(&'static str, Option<String>); 10] = [
        ("several-from-fields", several_from_fields(facts)),
        (
            "stranger-among-authors",
            among_authors(direction, rules, Party::Stranger),
        ),
        (
            "team-among-authors",
            among_authors(direction, rules, Party::Team),
        ),
        ("not-addressed-to-us", not_addressed(direction)),
        ("answers-suppressed", suppressed(facts)),
        ("feedback-id", present(facts, "feedback-id")),
        ("null-return-path", null_return_path(facts)),
        ("robot-address", robot(facts, direction)),
        ("automatic-sentence", automatic_sentence(e)),
        ("answers-our-acknowledgement", answers_ours(facts)),
    ];
    let list = if direction.own_list_marks {
        None
    } else {
        automatic::list_field(facts)
    };
    checks
        .into_iter()
        .chain([("list-mail", list)])
        .filter_map(|(rule, found)| found.map(|evidence| Reason { rule, evidence }))
        .collect()
}

fn several_from_fields(facts: &MessageFacts) -> Option<String> {
    let several = facts.oddities.contains(&Oddity::SeveralFromFields);
    several.then(|| "From stands there more than once".to_owned())
}

/// An author who would be told that a person will answer, though he is no client's.
fn among_authors(direction: &Direction<'_>, rules: &Rules, party: Party<'_>) -> Option<String> {
    let mut authors = direction.authors.iter();
    let other = authors.find(|author| rules.party(&author.address) == party)?;
    Some(field::evidence("From", &other.address.to_string()))
}

/// RFC 3834, section 2: a personal responder answers only if its own address is a recipient's.
fn not_addressed(direction: &Direction<'_>) -> Option<String> {
    (!direction.addressed_to_us).then(|| "no address of ours in To or Cc".to_owned())
}

/// MS-OXCMAIL, section 2.1.3.2.20. NDR, RN and NRN speak of reports, not of answers.
fn suppressed(facts: &MessageFacts) -> Option<String> {
    let name = "x-auto-response-suppress";
    let value = facts.field(name).find(|value| {
        let plain = field::plain(value);
        let mut words = plain.split([',', ' ', ';']);
        words.any(|word| matches!(word, "all" | "autoreply" | "oof" | "dr"))
    })?;
    Some(field::evidence(name, value))
}

fn present(facts: &MessageFacts, name: &str) -> Option<String> {
    Some(field::evidence(name, facts.first_field(name)?))
}

fn null_return_path(facts: &MessageFacts) -> Option<String> {
    automatic::null_return_path(facts).then(|| "Return-Path: <>".to_owned())
}

/// RFC 3834, section 2, and RFC 5230, section 4.6: addresses that no answer is sent to.
fn robot(facts: &MessageFacts, direction: &Direction<'_>) -> Option<String> {
    let authors = direction.authors.iter().chain(&facts.reply_to);
    let robot = authors
        .map(|author| &author.address)
        .find(|address| is_robot(address))?;
    Some(robot.to_string())
}

fn is_robot(address: &Address) -> bool {
    let local = address.local();
    sender::is_no_reply(local)
        || sender::is_postmaster(local)
        || local.starts_with("owner-")
        || local.ends_with("-owner")
        || local.ends_with("-request")
        || matches!(local, "listserv" | "majordomo")
}

/// Alone it makes nobody a machine, for people write such words too; but two programs that answer
/// each other would go on for ever.
fn automatic_sentence(e: &Examination<'_>) -> Option<String> {
    if e.says_no() {
        return None;
    }
    let of_program = || {
        let found = e.facts.text.as_deref().and_then(avowal::of_program);
        // Below people's mail stands what companies add, and what to do with mail that went astray.
        let signed = || signature::is_named_as_person(e) && letter::is_persons(e);
        found.filter(|_| !signature::is_by_hand(e) && !signed())
    };
    let sentence = signs::automatic_sentence(e.facts).or_else(of_program)?;
    Some(format!("text: \"{sentence}\""))
}

fn answers_ours(facts: &MessageFacts) -> Option<String> {
    let mut ids = facts.in_reply_to.iter().chain(&facts.references);
    let ours = ids.find(|id| automatic::is_our_id(id.as_str()))?;
    Some(ours.to_string())
}
