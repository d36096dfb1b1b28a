//! Finding the servers of a mailbox by its address.
//!
//! Vocabulary: an *offer* is a server somebody names for a service; its *source* is who does.
//! Asked are, in this order of belief: our own table of providers ([`providers`]), by the
//! address's domain; what the domain itself publishes over HTTPS for mail programs
//! ([`autoconfig`]) and in DNS ([`srv`], RFC 6186); and the table again, by the servers that take
//! the domain's mail (MX). Nobody else is asked: no third party learns whose mailbox this is.
//!
//! An offer is never used unseen: it is shown with its source, and somebody confirms it. What
//! comes over HTTPS is vouched for by the domain's certificate; what comes by DNS, by nobody
//! ([`Offer::is_vouched_for`]).

pub mod autoconfig;
mod dns;
mod packet;
pub mod providers;
pub mod srv;
mod web;

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use crate::domain::address::Address;
use crate::domain::shared_domains::organisation;
use autoconfig::Published;
use dns::Resolver;
use providers::Provider;
use srv::{Choice, choose};

/// How long everything that is asked may take together.
pub const DISCOVERY_TIMEOUT: Duration = Duration::from_secs(20);

/// What a server is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Service {
    /// Reading mail.
    Imap,
    /// Handing over mail (RFC 6409).
    Submission,
}

/// How a connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Protection {
    /// TLS from the first byte.
    Tls,
    /// STARTTLS, demanded.
    StartTls,
}

/// Who names a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Our table knows the provider by the address's domain.
    KnownDomain(&'static Provider),
    /// The domain's own settings for mail programs.
    Autoconfig {
        /// Where they were read, after redirections.
        host: String,
    },
    /// The domain's SRV records.
    Srv {
        /// The name that was asked for.
        name: String,
    },
    /// Our table knows the provider by a server that takes the domain's mail.
    KnownMx {
        /// Which provider.
        provider: &'static Provider,
        /// Which server.
        host: String,
    },
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KnownDomain(provider) => write!(f, "known settings of {}", provider.name),
            Self::Autoconfig { host } => write!(f, "autoconfig at https://{host}"),
            Self::Srv { name } => write!(f, "DNS, {name}"),
            Self::KnownMx { provider, host } => write!(
                f,
                "known settings of {}, whose {host} takes the domain's mail",
                provider.name
            ),
        }
    }
}

/// A server somebody names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// What for.
    pub service: Service,
    /// Host name, in lower-case A-label form.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Protection.
    pub protection: Protection,
    /// The user name, if it is told.
    pub username: Option<String>,
    /// Whether a password opens it, as far as is told; otherwise OAuth2 or the like does.
    pub takes_passwords: bool,
    /// Who names it.
    pub source: Source,
}

impl Offer {
    /// Whether somebody vouches for it whom an attacker in the network can't pose as: the
    /// domain's certificate or our table. A name from DNS alone is believed only where it
    /// belongs to the same organisation as the address (RFC 6186, section 6).
    pub fn is_vouched_for(&self, address: &Address) -> bool {
        match self.source {
            Source::KnownDomain(_) | Source::Autoconfig { .. } | Source::KnownMx { .. } => true,
            Source::Srv { .. } => {
                let own = organisation(address.domain());
                own.is_some() && organisation(&self.host) == own
            }
        }
    }
}

/// Everything that was found.
#[derive(Debug, Clone, Default)]
pub struct Discovered {
    /// Offers, those to believe first at the front; each server once.
    pub offers: Vec<Offer>,
    /// The provider, if it is a known one.
    pub provider: Option<&'static Provider>,
    /// What was asked in vain, in words for people.
    pub in_vain: Vec<String>,
}

impl Discovered {
    /// The offers for a service.
    pub fn of(&self, service: Service) -> impl Iterator<Item = &Offer> {
        self.offers.iter().filter(move |own| own.service == service)
    }

    fn add(&mut self, offer: Offer) {
        let is_same = |own: &Offer| {
            (own.service, &own.host, own.port) == (offer.service, &offer.host, offer.port)
        };
        if !self.offers.iter().any(is_same) {
            self.offers.push(offer);
        }
    }
}

/// By which means servers are found.
#[derive(Debug, Clone)]
pub struct Means {
    /// The TLS client configuration for HTTPS.
    pub tls: Arc<rustls::ClientConfig>,
    /// The name servers; `None`: those of this machine (`/etc/resolv.conf`).
    pub name_servers: Option<Vec<SocketAddr>>,
    /// Where every HTTPS server is looked for, in place of where its name leads: for tests.
    pub https_at: Option<SocketAddr>,
}

/// Finds the servers of a mailbox. Never fails: what was asked in vain is told in the result.
pub async fn discover(address: &Address, means: &Means) -> Discovered {
    if let Some(provider) = providers::by_domain(address.domain()) {
        let mut found = Discovered {
            provider: Some(provider),
            ..Discovered::default()
        };
        for offer in provider.offers(address, &Source::KnownDomain(provider)) {
            found.add(offer);
        }
        return found;
    }
    match timeout(DISCOVERY_TIMEOUT, ask_around(address, means)).await {
        Ok(found) => found,
        Err(_) => Discovered {
            in_vain: vec![format!(
                "nobody answered within {} s",
                DISCOVERY_TIMEOUT.as_secs()
            )],
            ..Discovered::default()
        },
    }
}

async fn ask_around(address: &Address, means: &Means) -> Discovered {
    let domain = address.domain();
    let resolver = match &means.name_servers {
        Some(servers) => Resolver::new(servers.clone()),
        None => Resolver::of_this_machine(),
    };
    let (published, named, exchangers) = tokio::join!(
        published(address, means),
        named(domain, &resolver),
        resolver.mail_exchangers(domain),
    );
    let mut found = Discovered::default();
    match published {
        Ok(offers) => offers.into_iter().for_each(|offer| found.add(offer)),
        Err(reasons) => found.in_vain.extend(reasons),
    }
    for outcome in named {
        match outcome {
            Ok(Some(offer)) => found.add(offer),
            Ok(None) => {}
            Err(reason) => found.in_vain.push(reason),
        }
    }
    match exchangers {
        Ok(hosts) if hosts.is_empty() => {
            let words = format!("DNS names no server that takes mail for {domain}");
            found.in_vain.push(words);
        }
        Ok(hosts) => {
            let known = |host: String| Some((providers::by_exchanger(&host)?, host));
            if let Some((provider, host)) = hosts.into_iter().find_map(known) {
                found.provider = Some(provider);
                let source = Source::KnownMx { provider, host };
                for offer in provider.offers(address, &source) {
                    found.add(offer);
                }
            }
        }
        Err(reason) => found.in_vain.push(reason),
    }
    found.in_vain.dedup();
    found
}

/// What the domain publishes for mail programs, at the first of the usual places that has it.
async fn published(address: &Address, means: &Means) -> Result<Vec<Offer>, Vec<String>> {
    let mut reasons = Vec::new();
    for (host, path) in autoconfig::places(address) {
        let read = web::get(&host, &path, means).await;
        let offers = read.and_then(|page| {
            let published = Published::parse(&page.body)?;
            let host = page.host;
            Ok(published.offers(address, &Source::Autoconfig { host }))
        });
        match offers {
            Ok(offers) if !offers.is_empty() => return Ok(offers),
            Ok(_) => reasons.push(format!("https://{host}: names no server with TLS")),
            Err(reason) => reasons.push(format!("https://{host}: {reason}")),
        }
    }
    Err(reasons)
}

/// What the SRV records of a domain say (RFC 6186, RFC 8314).
async fn named(domain: &str, resolver: &Resolver) -> Vec<Result<Option<Offer>, String>> {
    let ask = |(service, protection, label): (Service, Protection, &'static str)| async move {
        let name = format!("{label}._tcp.{domain}");
        match choose(&resolver.services(&name).await?) {
            Choice::Server(host, port) => Ok(Some(Offer {
                service,
                host,
                port,
                protection,
                username: None,
                takes_passwords: true,
                source: Source::Srv { name },
            })),
            Choice::NotOffered => Err(format!("DNS, {name}: not offered, as the domain says")),
            Choice::Nothing => Ok(None),
        }
    };
    let [a, b, c, d] = srv::SERVICES.map(ask);
    let (a, b, c, d) = tokio::join!(a, b, c, d);
    vec![a, b, c, d]
}
