//! Who the team is, when it works, and what it promises.

use super::ask::Stop;
use super::clients::Clients;
use super::hours::{Hours, USUAL};
use super::words::{addresses, business_time, domains, name_of};
use super::{Desk, words, zone};
use crate::domain::address::Address;
use crate::domain::shared_domains::{is_free_mail, organisation};
use crate::domain::time::BusinessTime;

/// What is proposed.
const USUAL_WITHIN: &str = "3h";

/// The team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Team {
    pub(super) name: String,
    pub(super) domains: Vec<String>,
}

/// Who is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Owners {
    pub(super) owners: Vec<Address>,
    pub(super) escalate_to: Vec<Address>,
}

/// Who the team is. A team with free mail has no domain: its addresses belong to it.
pub(super) fn ask(desk: &Desk<'_, '_>, address: &Address) -> Result<Team, Stop> {
    let own = desk.arguments;
    let domain = address.domain();
    let has_own = !is_free_mail(domain);
    let proposed = match (has_own, organisation(domain)) {
        (false, _) => String::new(),
        (true, Some(organisation)) if organisation != domain => {
            format!("{organisation} {domain}")
        }
        (true, _) => domain.to_owned(),
    };
    let domains = match own.team_domain.is_empty() {
        false => own.team_domain.clone(),
        true => desk.asker.text(
            "The team's domains: mail from there is an answer, not a case",
            Some(&proposed),
            "--team-domain",
            domains,
        )?,
    };
    let named = domains.first().map_or(domain, String::as_str);
    let proposed = name_of(named);
    let name = match &own.team {
        Some(name) => name.clone(),
        None => desk.asker.text(
            "The team's name, as clients know it",
            Some(&proposed),
            "--team",
            |text| Ok(text.to_owned()),
        )?,
    };
    Ok(Team { name, domains })
}

/// Who is reminded, and who hears of broken promises.
/// A client's own people can be neither: what they would be told is the team's own.
pub(super) fn owners(
    desk: &mut Desk<'_, '_>,
    mailbox: &Address,
    team: &Team,
    clients: &Clients,
) -> Result<Owners, Stop> {
    let own = desk.arguments;
    let all_ours = |people: &[Address]| people.iter().try_for_each(|who| ours(who, clients));
    for (people, option) in [(&own.owner, "--owner"), (&own.escalate_to, "--escalate-to")] {
        all_ours(people).map_err(|why| Stop::Usage(format!("{option}: {why}")))?;
    }
    let owners = match own.owner.is_empty() {
        false => own.owner.clone(),
        true => desk.asker.text(
            "Who is reminded of mail that waits (addresses; can be told per client later)",
            None,
            "--owner",
            |text| {
                let owners = addresses(text, 1)?;
                all_ours(&owners)?;
                match owners.contains(mailbox) {
                    true => Err("reminders would go into the very mailbox that is watched; write a person's address".into()),
                    false => Ok(owners),
                }
            },
        )?,
    };
    let escalate_to = match own.escalate_to.is_empty() && desk.asker.can_ask() {
        false => own.escalate_to.clone(),
        true => desk.asker.text(
            "Who hears, beside them, of promises that were broken (empty: nobody)",
            Some(""),
            "--escalate-to",
            |text| {
                let leads = addresses(text, 0)?;
                all_ours(&leads).map(|()| leads)
            },
        )?,
    };
    for stranger in owners.iter().chain(&escalate_to) {
        if !team.domains.iter().any(|own| own == stranger.domain()) && stranger != mailbox {
            desk.say(&format!(
                "  {stranger} is not of the team's domains: unless you add it to \"addresses\" in [team], what is written from there stops no clock"
            ));
        }
    }
    Ok(Owners {
        owners,
        escalate_to,
    })
}

/// That somebody does not belong to a client.
fn ours(person: &Address, clients: &Clients) -> Result<(), String> {
    match clients.clients.iter().find(|client| client.has(person)) {
        Some(client) => Err(format!(
            "{person} belongs to the client {}, who would get the team's own reminders; write an address of the team",
            client.name
        )),
        None => Ok(()),
    }
}

/// When the team works, and in which zone.
pub(super) fn hours(desk: &Desk<'_, '_>) -> Result<(Hours, String), Stop> {
    let own = desk.arguments;
    let hours = match &own.hours {
        Some(hours) => hours.clone(),
        None => desk.asker.text(
            "Working hours (mon-thu 09:00-12:30,13:30-17:30; fri 09:00-15:00)",
            Some(USUAL),
            "--hours",
            str::parse,
        )?,
    };
    let here = zone::of_this_machine();
    let zone = match &own.time_zone {
        Some(zone) => zone.clone(),
        None => desk.asker.text(
            "Time zone of the team",
            here.as_deref(),
            "--time-zone",
            words::zone,
        )?,
    };
    Ok((hours, zone))
}

/// Within which working time a client must have a response.
pub(super) fn within(desk: &Desk<'_, '_>) -> Result<BusinessTime, Stop> {
    match desk.arguments.acknowledge_within {
        Some(within) => Ok(within),
        None => desk.asker.text(
            "Within which working time a client must have a response",
            Some(USUAL_WITHIN),
            "--acknowledge-within",
            business_time,
        ),
    }
}
