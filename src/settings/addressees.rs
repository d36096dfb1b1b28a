//! Whom ackd will write to, and whether that can be meant.
//!
//! Vocabulary: an *addressee* is somebody who is told of clients' mail: an owner, a backup, whoever
//! hears of broken promises or how a week went, whoever hears of alarms. What they get is internal: how long a client
//! has been waiting, what he wrote about, and that the promise to him was broken.

use super::kinds::ADDRESS;
use super::review::{Found, quoted};
use super::section::Section;
use crate::domain::address::{Address, AddressPattern};
use crate::domain::rules::{Party, Rules};

/// Judges every addressee: a client's own people are refused, those whom nobody knows are warned
/// of where the team's are known. Alarms may well go to somebody outside, a pager for example.
pub(super) fn judge(root: &Section<'_>, rules: &Rules) {
    let team = root.section_or_empty("team");
    let alarm = root.section_or_empty("alarm");
    for found in of(&team, "escalate_to") {
        judge_one(root, rules, &found, true);
    }
    for found in of(&root.section_or_empty("digest"), "weekly_to") {
        judge_one(root, rules, &found, true);
    }
    for found in of(&alarm, "to") {
        judge_one(root, rules, &found, false);
    }
    for found in super::people::addresses(root) {
        judge_one(root, rules, &found, true);
    }
    for (_, client) in root.named("clients", "acme") {
        for key in ["owners", "backups"] {
            for found in of(&client, key) {
                judge_one(root, rules, &found, true);
            }
        }
    }
}

fn of(section: &Section<'_>, key: &'static str) -> Vec<Found<Address>> {
    section.many(key, &ADDRESS).unwrap_or_default()
}

fn judge_one(root: &Section<'_>, rules: &Rules, found: &Found<Address>, is_of_team: bool) {
    let shown = quoted(&found.value.to_string());
    match rules.party(&found.value) {
        Party::Team => {}
        Party::Client(client) => {
            let what = format!(
                "{shown} belongs to the client \"{client}\", who would get the team's own reminders; write an address of the team"
            );
            root.review().refuse(found, &what);
        }
        Party::Stranger if is_of_team && knows_the_team(root, rules) => {
            let what = format!(
                "{shown} is not of the team: it would read what clients write about, and its answers would stop no clock; write an address of the team, or put this one among its addresses"
            );
            root.review().warn(found, &what);
        }
        Party::Stranger => {}
    }
}

/// Whether the file says who the team is. Where it does not, that is told once.
fn knows_the_team(root: &Section<'_>, rules: &Rules) -> bool {
    let by_domain = |pattern: &AddressPattern| !matches!(pattern, AddressPattern::Address(_));
    root.section_or_empty("team").has("addresses") || rules.team.patterns.iter().any(by_domain)
}
