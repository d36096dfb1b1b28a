//! Which servers hold the mailbox and take our mail: as told, or as found and confirmed.

use super::ask::Stop;
use super::words::host;
use super::{Desk, Tls};
use crate::discovery::providers::Login;
use crate::discovery::{Discovered, Means, Offer, Protection, Service, discover};
use crate::domain::address::Address;
use crate::imap::tls_client;
use crate::settings::TlsMode;

/// A server, and the login there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Server {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) tls: TlsMode,
    pub(super) username: String,
    /// Who named it, if nobody here did.
    pub(super) found: Option<String>,
}

impl Server {
    /// As people see it.
    pub(super) fn told(&self) -> String {
        format!("{}:{} ({})", self.host, self.port, tls_words(self.tls))
    }
}

/// Both servers.
pub(super) struct Servers {
    pub(super) imap: Server,
    /// `None`: none is wanted.
    pub(super) smtp: Option<Server>,
}

/// What was told of a server by options.
struct Told<'a> {
    service: Service,
    /// How its options begin.
    option: &'static str,
    host: Option<&'a str>,
    port: Option<u16>,
    tls: Option<Tls>,
    username: Option<&'a str>,
    /// The login where nobody says another one.
    otherwise: String,
}

/// Finds both servers. What is told needs no looking up, and then nobody is asked anything.
pub(super) async fn find(desk: &mut Desk<'_, '_>, address: &Address) -> Result<Servers, Stop> {
    let own = desk.arguments;
    let imap = Told {
        service: Service::Imap,
        option: "--imap",
        host: own.imap_host.as_deref(),
        port: own.imap_port,
        tls: own.imap_tls,
        username: own.username.as_deref(),
        otherwise: address.to_string(),
    };
    let smtp = Told {
        service: Service::Submission,
        option: "--smtp",
        host: own.smtp_host.as_deref(),
        port: own.smtp_port,
        tls: own.smtp_tls,
        username: own.smtp_username.as_deref(),
        otherwise: address.to_string(),
    };
    let is_told = imap.host.is_some() && (smtp.host.is_some() || own.no_smtp);
    let found = match is_told {
        true => Discovered::default(),
        false => look_up(desk, address).await?,
    };
    let imap = decide(desk, address, &imap, &found)?;
    let imap = imap.ok_or_else(|| desk.asker.missing("--imap-host", None))?;
    let smtp = Told {
        otherwise: imap.username.clone(),
        ..smtp
    };
    let smtp = match own.no_smtp {
        true => None,
        false => decide_on_smtp(desk, address, &smtp, &found)?,
    };
    Ok(Servers { imap, smtp })
}

async fn look_up(desk: &mut Desk<'_, '_>, address: &Address) -> Result<Discovered, Stop> {
    let domain = address.domain();
    desk.say(&format!(
        "Looking up the servers of {domain}: its autoconfig, its SRV and MX records (nobody else is asked)"
    ));
    let means = Means {
        tls: tls_client(None).map_err(Stop::Problem)?,
        name_servers: None,
        https_at: None,
    };
    let found = discover(address, &means).await;
    for reason in &found.in_vain {
        desk.say(&format!("  {}", crate::cli::screen::printable(reason)));
    }
    for offer in &found.offers {
        desk.say(&format!("  found: {}", told(offer)));
    }
    if let Some(provider) = found.provider {
        let advice = match provider.login {
            Login::Password => None,
            Login::PasswordAnd(advice) => Some(advice.to_owned()),
            Login::AppPassword(advice) => Some(format!(
                "the ordinary password does not work for programs: {advice}"
            )),
            Login::OAuth2Only(advice) => Some(advice.to_owned()),
        };
        if let Some(advice) = advice {
            desk.say(&format!("  {}: {advice}", provider.name));
        }
    }
    Ok(found)
}

/// A found server as people see it, with its source.
fn told(offer: &Offer) -> String {
    let service = match offer.service {
        Service::Imap => "IMAP",
        Service::Submission => "SMTP",
    };
    let (host, port) = (&offer.host, offer.port);
    let tls = tls_words(tls_of(offer.protection));
    let oauth = match offer.takes_passwords {
        true => "",
        false => "; takes no passwords",
    };
    format!("{service} {host}:{port} ({tls}) - {}{oauth}", offer.source)
}

fn tls_of(protection: Protection) -> TlsMode {
    match protection {
        Protection::Tls => TlsMode::Tls,
        Protection::StartTls => TlsMode::StartTls,
    }
}

fn tls_words(tls: TlsMode) -> &'static str {
    match tls {
        TlsMode::Tls => "TLS",
        TlsMode::StartTls => "STARTTLS",
        TlsMode::None => "no TLS",
    }
}

/// Without a mail server ackd can still observe, so nobody is stopped for want of one.
fn decide_on_smtp(
    desk: &mut Desk<'_, '_>,
    address: &Address,
    told: &Told<'_>,
    found: &Discovered,
) -> Result<Option<Server>, Stop> {
    if desk.asker.can_ask() || told.host.is_some() {
        return decide(desk, address, told, found);
    }
    if found.of(Service::Submission).next().is_none() {
        return Err(Stop::Usage(format!(
            "{}, and no server that takes mail for {} was found: give --smtp-host HOST, or --no-smtp",
            desk.asker.why_not(),
            address.domain()
        )));
    }
    decide(desk, address, told, found)
}

/// The server that was told, or one of those found that somebody confirms. `None` if none is
/// wanted.
fn decide(
    desk: &mut Desk<'_, '_>,
    address: &Address,
    told: &Told<'_>,
    found: &Discovered,
) -> Result<Option<Server>, Stop> {
    if let Some(text) = told.host {
        let host = host(text).map_err(|why| Stop::Usage(format!("{}-host: {why}", told.option)))?;
        let tls = told.tls.map_or_else(|| usual_tls(told), Into::into);
        return Ok(Some(by_hand(told, host, tls)));
    }
    if desk.asker.can_ask() {
        return choose(desk, told, found);
    }
    let believed = |own: &&Offer| own.is_vouched_for(address);
    let first = found.of(told.service).find(believed);
    let option = format!("{}-host", told.option);
    match first {
        Some(offer) if !offer.takes_passwords => Err(Stop::Problem(format!(
            "{} takes no passwords, only OAuth2, which this version of ackd does not speak: it can't use this account yet. If passwords work there all the same, give {option}",
            offer.host
        ))),
        Some(offer) if desk.asker.accepts() => Ok(Some(of_offer(told, offer))),
        Some(offer) => {
            let proposal = self::told(offer);
            Err(desk.asker.missing(&option, Some(&proposal)))
        }
        None => {
            let unsure = found.of(told.service).next();
            let why = unsure.map_or_else(
                || format!("no server for {} was found", address.domain()),
                |offer| {
                    format!("only DNS, which anybody on the way can change, names {} for {}, which belongs to another domain", offer.host, address.domain())
                },
            );
            Err(Stop::Usage(format!(
                "{}, and {why}: give {option} HOST",
                desk.asker.why_not()
            )))
        }
    }
}

/// What a port tells, where nothing else does.
fn usual_tls(told: &Told<'_>) -> TlsMode {
    match told.port {
        Some(143 | 587) => TlsMode::StartTls,
        _ => TlsMode::Tls,
    }
}

fn usual_port(service: Service, tls: TlsMode) -> u16 {
    match (service, tls) {
        (Service::Imap, TlsMode::Tls) => 993,
        (Service::Imap, TlsMode::StartTls | TlsMode::None) => 143,
        (Service::Submission, TlsMode::Tls) => 465,
        (Service::Submission, TlsMode::StartTls) => 587,
        (Service::Submission, TlsMode::None) => 25,
    }
}

fn by_hand(told: &Told<'_>, host: String, tls: TlsMode) -> Server {
    let username = told
        .username
        .map_or_else(|| told.otherwise.clone(), str::to_owned);
    Server {
        host,
        port: told.port.unwrap_or_else(|| usual_port(told.service, tls)),
        tls,
        username,
        found: None,
    }
}

fn of_offer(told: &Told<'_>, offer: &Offer) -> Server {
    let username = told.username.map(str::to_owned);
    let username = username.or_else(|| offer.username.clone());
    Server {
        host: offer.host.clone(),
        port: told.port.unwrap_or(offer.port),
        tls: told
            .tls
            .map_or_else(|| tls_of(offer.protection), Into::into),
        username: username.unwrap_or_else(|| told.otherwise.clone()),
        found: Some(offer.source.to_string()),
    }
}

/// Somebody chooses among those found, or types another.
fn choose(
    desk: &Desk<'_, '_>,
    told: &Told<'_>,
    found: &Discovered,
) -> Result<Option<Server>, Stop> {
    let offers: Vec<&Offer> = found.of(told.service).collect();
    let mut items: Vec<String> = offers.iter().map(|offer| self::told(offer)).collect();
    let typed_by_hand = match offers.is_empty() {
        true => "I type it",
        false => "another one, which I type",
    };
    items.push(typed_by_hand.to_owned());
    let is_smtp = told.service == Service::Submission;
    if is_smtp {
        items.push("none: ackd only observes for now".to_owned());
    }
    let question = match is_smtp {
        true => "Server that takes ackd's mail",
        false => "Server that holds the mailbox",
    };
    let chosen = match (offers.is_empty(), is_smtp) {
        (true, false) => 0,
        _ => desk.asker.choose(question, &items)?,
    };
    match offers.get(chosen) {
        Some(offer) => {
            if !offer.takes_passwords {
                let question = "It takes no passwords, as far as is known. Try one all the same?";
                if !desk.asker.confirm(question)? {
                    return Err(Stop::Problem("stopped: nothing was written".into()));
                }
            }
            Ok(Some(of_offer(told, offer)))
        }
        None if chosen == offers.len() => typed(desk, told).map(Some),
        None => Ok(None),
    }
}

/// A server that somebody types.
pub(super) fn typed_again(
    desk: &Desk<'_, '_>,
    username: &str,
    service: Service,
) -> Result<Server, Stop> {
    let told = Told {
        service,
        option: match service {
            Service::Imap => "--imap",
            Service::Submission => "--smtp",
        },
        host: None,
        port: None,
        tls: None,
        username: None,
        otherwise: username.to_owned(),
    };
    typed(desk, &told)
}

fn typed(desk: &Desk<'_, '_>, told: &Told<'_>) -> Result<Server, Stop> {
    let asker = &desk.asker;
    let option = |end: &str| format!("{}-{end}", told.option);
    let host = asker.text("Host name", None, &option("host"), host)?;
    let kinds = [TlsMode::Tls, TlsMode::StartTls, TlsMode::None];
    let items = [
        "TLS from the first byte (usual)",
        "STARTTLS",
        "no TLS: only for a server on this machine",
    ];
    let tls = match told.tls {
        Some(tls) => tls.into(),
        None => kinds[asker.choose("Protection", &items.map(str::to_owned))?],
    };
    let mut server = by_hand(told, host, tls);
    let port = server.port.to_string();
    server.port = asker.text("Port", Some(&port), &option("port"), |text| {
        let port = text.parse().ok().filter(|port: &u16| *port > 0);
        port.ok_or_else(|| "this is no port; write a number from 1 to 65535".to_owned())
    })?;
    let username = server.username.clone();
    server.username = asker.text(
        "User name",
        Some(&username),
        "--username",
        |text| match text.chars().any(char::is_control) {
            true => Err("this is no user name".to_owned()),
            false => Ok(text.to_owned()),
        },
    )?;
    Ok(server)
}
