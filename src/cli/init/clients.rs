//! Which organisations are clients: as told, or chosen among those that wrote of late.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::Desk;
use super::ask::Stop;
use super::login::{Mailbox, account_of};
use super::team::Team;
use super::words::{domain, domains, key, name_of};
use crate::cli::progress::Progress;
use crate::cli::screen::{columns, printable};
use crate::domain::address::{Address, AddressPattern};
use crate::domain::correspondents::{Correspondent, Correspondents};
use crate::domain::rules::{self, AcknowledgeLimits, Mode, RuleParts, Rules};
use crate::imap::{SURVEYED_MAX, Survey, Surveyed, survey};

/// How far back is looked.
const DAYS: i64 = 90;

/// How many organisations are proposed at most.
const PROPOSED_MAX: usize = 40;

/// A client's domain as it is told by an option: `acme.example` or `acme.example=Acme Ltd`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedClient {
    domain: String,
    name: Option<String>,
}

impl FromStr for NamedClient {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (own, name) = match text.split_once('=') {
            Some((own, name)) => (own, Some(name.trim())),
            None => (text, None),
        };
        Ok(Self {
            domain: domain(own)?,
            name: name.filter(|name| !name.is_empty()).map(str::to_owned),
        })
    }
}

/// A client as it is written into the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Client {
    pub(super) key: String,
    pub(super) name: String,
    pub(super) domains: Vec<String>,
    /// How many mails its people wrote of late, if that was looked at.
    pub(super) messages: Option<u32>,
}

impl Client {
    /// Whether somebody belongs to it.
    pub(super) fn has(&self, person: &Address) -> bool {
        let domain = person.domain();
        self.domains.iter().any(|own| match own.strip_prefix("*.") {
            Some(above) => domain
                .strip_suffix(above)
                .is_some_and(|rest| rest.ends_with('.')),
            None => own == domain,
        })
    }
}

/// The clients, and who else may be one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Clients {
    pub(super) clients: Vec<Client>,
    /// Proposals that nobody could be asked about: written so that they are not in force.
    pub(super) proposed: Vec<Client>,
}

/// Looks who writes, and asks who of them is a client.
pub(super) async fn ask(
    desk: &mut Desk<'_, '_>,
    mailbox: &Mailbox,
    team: &Team,
) -> Result<Clients, Stop> {
    let not_our_own = |domain: &String| match team.domains.contains(domain) {
        true => Err(format!(
            "{domain} is the team's own domain; name only what the client alone has"
        )),
        false => Ok(()),
    };
    for client in &desk.arguments.client {
        not_our_own(&client.domain).map_err(|why| Stop::Usage(format!("--client: {why}")))?;
    }
    let mut named: Vec<Client> = desk.arguments.client.iter().map(told).collect();
    let can_ask = desk.asker.can_ask();
    let seen = match named.is_empty() {
        true => look(desk, mailbox, team).await?,
        false => Vec::new(),
    };
    let mut clients = Clients::default();
    if can_ask && named.is_empty() {
        if !seen.is_empty() {
            let question = "Which of them are clients? (space: this one, a: all, enter: go on)";
            let chosen = desk.asker.choose_some(question, &lines(&seen))?;
            let chosen = chosen.into_iter().filter_map(|index| seen.get(index));
            named.extend(chosen.map(of_seen));
        }
        let question = match named.is_empty() {
            true => "Domains of clients (acme.example harbour.example; empty: later)",
            false => "Further clients (domains; empty: no more)",
        };
        let more = desk.asker.text(question, Some(""), "--client", |text| {
            let more = domains(text)?;
            more.iter().try_for_each(not_our_own).map(|()| more)
        })?;
        named.extend(
            more.into_iter()
                .map(|domain| told(&NamedClient { domain, name: None })),
        );
    } else if named.is_empty() {
        clients.proposed = seen.iter().map(of_seen).collect();
    }
    clients.clients = named;
    let mut keys = BTreeSet::new();
    give_keys(&mut clients.clients, &mut keys);
    give_keys(&mut clients.proposed, &mut keys);
    Ok(clients)
}

fn told(client: &NamedClient) -> Client {
    Client {
        key: String::new(),
        name: client
            .name
            .clone()
            .unwrap_or_else(|| name_of(&client.domain)),
        domains: vec![client.domain.clone()],
        messages: None,
    }
}

fn of_seen(seen: &Correspondent) -> Client {
    Client {
        key: String::new(),
        name: name_of(&seen.domain),
        domains: seen.patterns(),
        messages: Some(seen.messages),
    }
}

/// Gives each client a key of its own: `acme`, and, where that is taken, its whole domain.
/// Whoever stands there twice is one client.
fn give_keys(clients: &mut Vec<Client>, keys: &mut BTreeSet<String>) {
    let mut known = BTreeSet::new();
    clients.retain(|client| known.insert(client.domains.first().cloned()));
    for client in clients {
        let domain = client.domains.first().map_or("", String::as_str);
        let label = domain.split('.').next().unwrap_or_default();
        let short = key(label, "client");
        client.key = match keys.contains(&short) {
            false => short,
            true => key(domain, "client"),
        };
        keys.insert(client.key.clone());
    }
}

/// `1 mail`, `2 mails`.
pub(super) fn counted(number: u64, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        number => format!("{number} {noun}s"),
    }
}

/// One line for each organisation.
fn lines(seen: &[Correspondent]) -> Vec<String> {
    let row = |own: &Correspondent| {
        let people = match own.people {
            1 => "1 person".to_owned(),
            people => format!("{people} people"),
        };
        let mails = counted(own.messages.into(), "mail");
        vec![own.patterns().join(" "), mails, format!("by {people}")]
    };
    columns(&seen.iter().map(row).collect::<Vec<_>>())
}

/// Who wrote to the mailbox of late, most mails first. Not being able to look stops nobody.
async fn look(
    desk: &mut Desk<'_, '_>,
    mailbox: &Mailbox,
    team: &Team,
) -> Result<Vec<Correspondent>, Stop> {
    let Some(settings) = &mailbox.settings else {
        return Ok(Vec::new());
    };
    let question = format!(
        "Look through the headers of the last {DAYS} days for clients? (read-only; nothing leaves this machine)"
    );
    if !desk.asker.confirm(&question)? {
        return Ok(Vec::new());
    }
    let rules = Arc::new(rules_of(team, settings.address.as_ref()));
    let account = account_of(settings, Some(Arc::clone(&rules))).map_err(Stop::Problem)?;
    let since = desk.screen.now - chrono::Duration::days(DAYS);
    let mut seen = Correspondents::default();
    let counts = Arc::new((AtomicU64::new(0), AtomicU64::new(0)));
    let shown = Arc::clone(&counts);
    let progress = Progress::show("Reading headers", desk.screen.json, move || {
        let (done, expected) = &*shown;
        let expected = expected.load(Ordering::Relaxed);
        (done.load(Ordering::Relaxed), Some(expected))
    });
    let (done, expected) = &*counts;
    let outcome = survey(&account, since, &mut |told| match told {
        Surveyed::Count(count) => expected.store(count as u64, Ordering::Relaxed),
        Surveyed::Message(facts) => {
            seen.see(facts, &rules);
            done.fetch_add(1, Ordering::Relaxed);
        }
        Surveyed::Unreadable => {
            done.fetch_add(1, Ordering::Relaxed);
        }
    })
    .await;
    drop(progress);
    match outcome {
        Ok(found) => {
            tell(desk, &found, &seen);
            let mut all = seen.by_messages();
            all.truncate(PROPOSED_MAX);
            Ok(all)
        }
        Err(reason) => {
            desk.say(&format!("  could not look: {}", printable(&reason)));
            Ok(Vec::new())
        }
    }
}

fn tell(desk: &mut Desk<'_, '_>, found: &Survey, seen: &Correspondents) {
    let all = seen.by_messages();
    desk.say(&format!(
        "  {} of {DAYS} days looked through: {}; left out: {} by programs, {} from free-mail addresses, {} by the team itself",
        counted(found.messages as u64, "mail"),
        counted(all.len() as u64, "organisation"),
        seen.automatic,
        seen.free_mail,
        seen.own
    ));
    if found.messages >= SURVEYED_MAX {
        desk.say(&format!(
            "  (the newest {SURVEYED_MAX}; older ones were not looked at)"
        ));
    }
    if let Some(reason) = &found.broken_off {
        desk.say(&format!("  it broke off: {}", printable(reason)));
    }
    if !desk.asker.can_ask() {
        for line in lines(&all).iter().take(PROPOSED_MAX) {
            desk.say(&format!("    {line}"));
        }
    }
}

/// Rules that know the team and nobody else.
fn rules_of(team: &Team, address: Option<&Address>) -> Rules {
    let domains = team.domains.iter().cloned();
    let mut patterns: Vec<AddressPattern> = domains.map(AddressPattern::Domain).collect();
    let below = team.domains.iter().cloned();
    patterns.extend(below.map(AddressPattern::Subdomains));
    patterns.extend(address.cloned().map(AddressPattern::Address));
    rules_with(patterns)
}

/// Rules that know nobody.
pub(super) fn rules_of_nobody() -> Rules {
    rules_with(Vec::new())
}

fn rules_with(patterns: Vec<AddressPattern>) -> Rules {
    Rules::new(RuleParts {
        mode: Mode::Observe,
        team: rules::Team {
            patterns,
            ..rules::Team::default()
        },
        clients: BTreeMap::new(),
        policies: BTreeMap::new(),
        calendars: BTreeMap::new(),
        mailboxes: BTreeMap::new(),
        limits: AcknowledgeLimits::default(),
        people: Default::default(),
        keep_subjects: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str) -> Client {
        told(&text.parse().expect(text))
    }

    #[test]
    fn every_client_has_a_key_of_its_own() {
        let mut clients = vec![
            named("acme.example"),
            named("acme.test=Acme (Test) Ltd"),
            named("acme.example"),
            named("xn--bcher-kva.example"),
        ];
        give_keys(&mut clients, &mut BTreeSet::new());
        let told: Vec<_> = clients
            .iter()
            .map(|own| (own.key.as_str(), own.name.as_str()))
            .collect();
        assert_eq!(
            told,
            [
                ("acme", "Acme"),
                ("acme-test", "Acme (Test) Ltd"),
                ("xn--bcher-kva", "Bücher"),
            ]
        );
    }

    #[test]
    fn nobody_is_a_client_by_a_domain_of_everybody() {
        for bad in ["gmail.com", "co.uk", "acme", "=Acme", "carol@acme.example"] {
            assert!(bad.parse::<NamedClient>().is_err(), "{bad}");
        }
    }
}
