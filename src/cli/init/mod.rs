//! `ackd init`: asks what there is to know, tries it out, and writes the configuration.
//!
//! Vocabulary: an *answer* is given as an option or at the keyboard; a *proposal* is what we think
//! the answer might be, which somebody confirms: at the keyboard, or with `--yes`. Where nobody
//! can be asked, a missing answer is a usage error that names its option. Nothing is written
//! before the last answer; then everything is, or nothing.

mod ask;
mod clients;
mod closing;
mod file;
mod hours;
mod interrupt;
mod login;
mod places;
mod secret;
mod servers;
mod team;
mod words;
mod zone;

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::DONE;
use super::screen::Screen;
use crate::domain::address::Address;
use crate::domain::time::BusinessTime;
use crate::settings::TlsMode;
use ask::{Asker, Stop};
use clients::NamedClient;
use file::Plan;
use hours::Hours;
use places::Places;
use words::{address, business_time, domain, zone};

/// What `ackd init` may be told. Whatever is not, it asks for.
#[derive(Debug, Clone, Args)]
pub struct InitArguments {
    /// The mailbox's address, to which clients write
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    pub address: Option<Address>,
    /// The server that holds the mailbox
    #[arg(long, value_name = "HOST")]
    pub imap_host: Option<String>,
    /// Its port. Default: 993 with TLS, else 143
    #[arg(long, value_name = "PORT")]
    pub imap_port: Option<u16>,
    /// How the connection is protected
    #[arg(long, value_name = "HOW")]
    pub imap_tls: Option<Tls>,
    /// The login. Default: the address
    #[arg(long, value_name = "NAME")]
    pub username: Option<String>,
    /// A root certificate (PEM) that is trusted beside the system's
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    /// Read the mailbox's password from a file
    #[arg(long, value_name = "FILE", group = "password")]
    pub password_file: Option<PathBuf>,
    /// Read it from an environment variable
    #[arg(long, value_name = "VARIABLE", group = "password")]
    pub password_env: Option<String>,
    /// Read it from standard input (the first line)
    #[arg(long, group = "password")]
    pub password_stdin: bool,
    /// The folder with the team's answers, "auto" or "none"
    #[arg(long, value_name = "FOLDER")]
    pub sent: Option<String>,
    /// The server that takes our mail
    #[arg(long, value_name = "HOST")]
    pub smtp_host: Option<String>,
    /// Its port. Default: 465 with TLS, else 587
    #[arg(long, value_name = "PORT")]
    pub smtp_port: Option<u16>,
    /// How the connection is protected
    #[arg(long, value_name = "HOW")]
    pub smtp_tls: Option<Tls>,
    /// Its login. Default: that of the mailbox
    #[arg(long, value_name = "NAME")]
    pub smtp_username: Option<String>,
    /// Read its password from a file. Default: that of the mailbox
    #[arg(long, value_name = "FILE", group = "smtp_password")]
    pub smtp_password_file: Option<PathBuf>,
    /// Read it from an environment variable
    #[arg(long, value_name = "VARIABLE", group = "smtp_password")]
    pub smtp_password_env: Option<String>,
    /// Write no mail server: enough as long as ackd only observes
    #[arg(long, conflicts_with_all = ["smtp_host", "smtp_port", "smtp_tls", "smtp_username", "smtp_password"])]
    pub no_smtp: bool,
    /// The name under which clients know the team
    #[arg(long, value_name = "NAME")]
    pub team: Option<String>,
    /// A domain of the team; may be repeated
    #[arg(long, value_name = "DOMAIN", value_parser = domain)]
    pub team_domain: Vec<String>,
    /// A client's domain, and its name if you like; may be repeated
    #[arg(long, value_name = "DOMAIN[=NAME]")]
    pub client: Vec<NamedClient>,
    /// Who is reminded; may be repeated
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    pub owner: Vec<Address>,
    /// Who hears of broken promises beside the owners; may be repeated
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    pub escalate_to: Vec<Address>,
    /// When the team works: "mon-thu 09:00-12:30,13:30-17:30; fri 09:00-15:00"
    #[arg(long, value_name = "HOURS")]
    pub hours: Option<Hours>,
    /// In which time zone. Default: this machine's
    #[arg(long, value_name = "ZONE", value_parser = zone)]
    pub time_zone: Option<String>,
    /// Within which working time a client must have a response
    #[arg(long, value_name = "TIME", value_parser = business_time)]
    pub acknowledge_within: Option<BusinessTime>,
    /// Where ackd keeps what it remembers
    #[arg(long, value_name = "FOLDER")]
    pub state_dir: Option<PathBuf>,
    /// Where passwords are written: a file that ackd alone can read, or one that systemd hands to
    /// the service
    #[arg(long, value_name = "HOW", default_value = "file")]
    pub secrets: Secrets,
    /// Try no login, and so propose no clients
    #[arg(long)]
    pub untested: bool,
    /// Ask nothing: take what is proposed
    #[arg(long, short)]
    pub yes: bool,
    /// Replace what is there
    #[arg(long)]
    pub force: bool,
}

/// How a connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Tls {
    /// From the first byte
    Tls,
    /// Demanded before anything else
    Starttls,
    /// Not at all; to this machine only
    None,
}

impl From<Tls> for TlsMode {
    fn from(tls: Tls) -> Self {
        match tls {
            Tls::Tls => Self::Tls,
            Tls::Starttls => Self::StartTls,
            Tls::None => Self::None,
        }
    }
}

/// Where passwords are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Secrets {
    /// A file beside the configuration that ackd alone can read
    File,
    /// A file for root alone, which systemd hands to the service (LoadCredential=)
    Credential,
}

/// What every step needs: what was told, whom to ask, where to print.
struct Desk<'a, 'b> {
    arguments: &'a InitArguments,
    asker: Asker,
    screen: &'a mut Screen<'b>,
}

impl Desk<'_, '_> {
    /// Tells something beside the questions.
    fn say(&mut self, words: &str) {
        if !self.screen.json {
            self.screen.print(&format!("{words}\n"));
        }
    }
}

/// Asks, tries, writes. The exit code: 0; 1 if something does not work, and 2 if an answer is
/// missing: then nothing is written; 130 after Ctrl-C.
pub async fn run(config: &Path, arguments: &InitArguments, screen: &mut Screen<'_>) -> u8 {
    interrupt::watch();
    let asker = Asker::new(arguments.yes, screen.json);
    let mut desk = Desk {
        arguments,
        asker,
        screen,
    };
    match init(config, &mut desk).await {
        Ok(()) => DONE,
        Err(stop) => {
            for line in stop.words().lines() {
                desk.screen.complain(line);
            }
            stop.exit_code()
        }
    }
}

async fn init(config: &Path, desk: &mut Desk<'_, '_>) -> Result<(), Stop> {
    let places = Places::of(config, desk.arguments)?;
    demand_answers(desk)?;
    if desk.asker.can_ask() {
        let file = places.config.display().to_string();
        desk.say(&format!(
            "This writes {file} for one mailbox: it asks a few questions, tries the login and looks\n\
             who writes. In the mailbox nothing is changed, and nothing is written here before the\n\
             last question. Ctrl-C ends it at any time.\n"
        ));
    }
    let address = match &desk.arguments.address {
        Some(address) => address.clone(),
        None => desk.asker.text(
            "Address of the mailbox to which clients write",
            None,
            "--address",
            address,
        )?,
    };
    let key = words::key(address.local(), "mailbox");
    let own = desk.arguments;
    let has_own_smtp = own.smtp_password_file.is_some() || own.smtp_password_env.is_some();
    places.refuse_passwords(&key, has_own_smtp)?;
    let servers = servers::find(desk, &address).await?;
    let mailbox = login::mailbox(desk, &address, servers.imap).await?;
    let smtp = match servers.smtp {
        Some(server) => login::smtp(desk, &address, server, &mailbox).await?,
        None => None,
    };
    let team = team::ask(desk, &address)?;
    let clients = clients::ask(desk, &mailbox, &team).await?;
    let owners = team::owners(desk, &address, &team, &clients)?;
    let (hours, time_zone) = team::hours(desk)?;
    let within = team::within(desk)?;
    let plan = Plan {
        state_dir: places.state_dir(desk.arguments),
        ca_file: desk.arguments.ca_file.clone(),
        key,
        address,
        mailbox,
        smtp,
        team,
        clients,
        owners,
        hours,
        time_zone,
        within,
    };
    let question = format!("Write {}?", places.config.display());
    if !desk.asker.confirm(&question)? {
        return Err(Stop::Problem(
            "stopped as you wished: nothing was written".into(),
        ));
    }
    let written = places.write(&plan)?;
    closing::tell(desk, &plan, &places, &written);
    Ok(())
}

/// Where nobody can be asked, everything that can't be proposed is demanded at once.
fn demand_answers(desk: &Desk<'_, '_>) -> Result<(), Stop> {
    let own = desk.arguments;
    if desk.asker.can_ask() {
        return Ok(());
    }
    let has_password =
        own.password_file.is_some() || own.password_env.is_some() || own.password_stdin;
    let demanded = [
        (own.address.is_some(), "--address ADDRESS"),
        (
            has_password,
            "--password-file FILE (or --password-env, --password-stdin)",
        ),
        (!own.owner.is_empty(), "--owner ADDRESS"),
    ];
    let missing = demanded.iter().filter(|(is_there, _)| !is_there);
    let missing: Vec<&str> = missing.map(|(_, option)| *option).collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Stop::Usage(format!(
        "{}, and this is missing: {}",
        desk.asker.why_not(),
        missing.join(", ")
    )))
}
