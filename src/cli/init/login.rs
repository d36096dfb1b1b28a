//! Trying the logins, and finding the folder with the team's answers.

use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use tokio::sync::watch;

use super::ask::Stop;
use super::servers::{Server, typed_again};
use super::{Desk, secret};
use crate::cli::screen::printable;
use crate::clock::{SharedClock, SystemClock};
use crate::daemon::{Starts, Wires, account, relay};
use crate::discovery::Service;
use crate::domain::address::{Address, Author};
use crate::domain::ids::MailboxName;
use crate::domain::obstacle::{Obstacle, OutOfReach};
use crate::domain::rules::Rules;
use crate::imap::{Account, Sent, Trial, try_out};
use crate::settings::{FileSent, MailboxSettings, PasswordSource, SentFolder, SmtpSettings};
use crate::smtp;

/// How long one step of trying the mail server may take.
const STEP_TIMEOUT: Duration = Duration::from_secs(30);

/// How often a server is looked at by default.
const POLL_EVERY: Duration = Duration::from_secs(60);

/// The folder in which mail arrives everywhere.
pub(super) const INBOX: &str = "INBOX";

/// A mailbox whose login works, or is not to be tried.
pub(super) struct Mailbox {
    pub(super) server: Server,
    pub(super) password: SecretString,
    /// What was written about the sent folder.
    pub(super) sent: SentChoice,
    /// What is needed to log in once more; `None` if it is not to be tried.
    pub(super) settings: Option<MailboxSettings>,
}

/// Where the team's answers are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SentChoice {
    /// Found by ackd: this one at present, if it was looked for.
    Auto(Option<String>),
    /// Said by somebody.
    Named(String),
    /// Nowhere.
    None,
}

/// A mail server whose login works, or is not to be tried.
pub(super) struct MailServer {
    pub(super) server: Server,
    /// `None`: the mailbox's.
    pub(super) password: Option<SecretString>,
}

/// Asks for the password, tries the login and looks at the folders, until it works.
pub(super) async fn mailbox(
    desk: &mut Desk<'_, '_>,
    address: &Address,
    mut server: Server,
) -> Result<Mailbox, Stop> {
    let mut password = password(desk, &server)?;
    if desk.arguments.untested {
        let sent = told_sent(desk).unwrap_or(SentChoice::Auto(None));
        return Ok(Mailbox {
            server,
            password,
            sent,
            settings: None,
        });
    }
    loop {
        let settings = settings_of(desk, address, &server, &password);
        desk.say(&format!("Logging in to {} ...", server.told()));
        let tried = match account_of(&settings, None) {
            Ok(account) => try_out(&account).await.outcome,
            Err(why) => Err(OutOfReach::new(Obstacle::Root, why)),
        };
        let told = match tried {
            Ok(trial) => {
                let sent = sent(desk, &trial)?;
                return Ok(Mailbox {
                    server,
                    password,
                    sent,
                    settings: Some(settings),
                });
            }
            Err(told) => told,
        };
        match again(desk, &told, ("--imap-tls", "--untested"))? {
            Again::Password => {
                password = desk.asker.password("Password", "--password-file")?;
            }
            Again::Server => server = typed_again(desk, &server.username, Service::Imap)?,
            Again::Untested => {
                return Ok(Mailbox {
                    server,
                    password,
                    sent: told_sent(desk).unwrap_or(SentChoice::Auto(None)),
                    settings: None,
                });
            }
        }
    }
}

/// Tries the mail server, with the mailbox's password unless another one is told. `None` if
/// somebody does without.
pub(super) async fn smtp(
    desk: &mut Desk<'_, '_>,
    address: &Address,
    mut server: Server,
    mailbox: &Mailbox,
) -> Result<Option<MailServer>, Stop> {
    let own = desk.arguments;
    let mut password = match (&own.smtp_password_file, &own.smtp_password_env) {
        (Some(file), _) => Some(secret::of_file(file, "--smtp-password-file")?),
        (_, Some(name)) => Some(secret::of_environment(name, "--smtp-password-env")?),
        (None, None) => None,
    };
    if own.untested {
        return Ok(Some(MailServer { server, password }));
    }
    loop {
        desk.say(&format!("Logging in to {} ...", server.told()));
        let secret = password.as_ref().unwrap_or(&mailbox.password).clone();
        let settings = SmtpSettings {
            host: server.host.clone(),
            port: server.port,
            tls: server.tls,
            username: Some(server.username.clone()),
            password: Some(PasswordSource::Plain(secret)),
            from: Author {
                address: address.clone(),
                name: None,
            },
            ca_file: own.ca_file.clone(),
        };
        let tried = match relay(&settings, STEP_TIMEOUT, &Wires::default()) {
            Ok(relay) => smtp::try_out(&relay, address.domain()).await,
            Err(why) => Err(OutOfReach::new(Obstacle::Root, why)),
        };
        let told = match tried {
            Ok(_) => {
                desk.say("  logged in; it takes our mail");
                return Ok(Some(MailServer { server, password }));
            }
            Err(told) => told,
        };
        match again(desk, &told, ("--smtp-tls", "--no-smtp"))? {
            Again::Password => {
                let question = "Password of the mail server";
                password = Some(desk.asker.password(question, "--smtp-password-file")?);
            }
            Again::Server => server = typed_again(desk, &server.username, Service::Submission)?,
            Again::Untested => return Ok(None),
        }
    }
}

/// What to do after a login that failed.
enum Again {
    Password,
    Server,
    Untested,
}

/// `options` are the one for how the server is spoken to, and the one for doing without.
fn again(
    desk: &mut Desk<'_, '_>,
    told: &OutOfReach,
    (tls, without): (&str, &str),
) -> Result<Again, Stop> {
    // What is a key in the file is an option here.
    let mend = told.obstacle.mend().replace("ca_file", "--ca-file");
    let mend = mend.replace("write tls = ", &format!("give {tls} "));
    let seen = told.seen.strip_suffix(told.obstacle.mend());
    let seen = printable(seen.unwrap_or(&told.seen).trim_end_matches("; "));
    if !desk.asker.can_ask() {
        return Err(Stop::Problem(format!(
            "{seen}\nnothing was written; {mend}, or go on without: {without}"
        )));
    }
    desk.say(&format!("  {seen}\n  {mend}"));
    let items = [
        "try another password",
        "try another server or user name",
        "go on without",
        "stop",
    ];
    match desk
        .asker
        .choose("That did not work", &items.map(str::to_owned))?
    {
        0 => Ok(Again::Password),
        1 => Ok(Again::Server),
        2 => Ok(Again::Untested),
        _ => Err(Stop::Problem("stopped: nothing was written".into())),
    }
}

fn password(desk: &Desk<'_, '_>, server: &Server) -> Result<SecretString, Stop> {
    let own = desk.arguments;
    if let Some(file) = &own.password_file {
        return secret::of_file(file, "--password-file");
    }
    if let Some(variable) = &own.password_env {
        return secret::of_environment(variable, "--password-env");
    }
    if own.password_stdin {
        return secret::of_standard_input();
    }
    let question = format!("Password of {} at {}", server.username, server.host);
    desk.asker.password(&question, "--password-file")
}

fn settings_of(
    desk: &Desk<'_, '_>,
    address: &Address,
    server: &Server,
    password: &SecretString,
) -> MailboxSettings {
    MailboxSettings {
        name: MailboxName::new("init"),
        host: server.host.clone(),
        port: server.port,
        tls: server.tls,
        address: Some(address.clone()),
        username: server.username.clone(),
        password: PasswordSource::Plain(password.clone()),
        folders: vec![INBOX.to_owned()],
        sent: match told_sent(desk) {
            Some(SentChoice::Named(name)) => SentFolder::Named(name),
            Some(SentChoice::None) => SentFolder::None,
            Some(SentChoice::Auto(_)) | None => SentFolder::Auto,
        },
        poll_every: POLL_EVERY,
        file_sent: FileSent::Auto,
        start_from: None,
        ca_file: desk.arguments.ca_file.clone(),
    }
}

/// An account for a look around; `rules` matter to a watch only.
pub(super) fn account_of(
    settings: &MailboxSettings,
    rules: Option<Arc<Rules>>,
) -> Result<Account, String> {
    let clock: SharedClock = Arc::new(SystemClock);
    let rules = rules.unwrap_or_else(|| Arc::new(super::clients::rules_of_nobody()));
    let (_, rules) = watch::channel(rules);
    let now = clock.now();
    account(settings, Starts::at(now), rules, clock, &Wires::default())
}

fn told_sent(desk: &Desk<'_, '_>) -> Option<SentChoice> {
    Some(match desk.arguments.sent.as_deref()? {
        "auto" => SentChoice::Auto(None),
        "none" => SentChoice::None,
        name => SentChoice::Named(name.to_owned()),
    })
}

/// Tells what was seen, and which folder holds the team's answers.
fn sent(desk: &mut Desk<'_, '_>, trial: &Trial) -> Result<SentChoice, Stop> {
    let names: Vec<String> = trial.names.iter().map(|name| printable(name)).collect();
    let messages = trial
        .folders
        .iter()
        .find_map(|(_, opened)| opened.as_ref().ok());
    desk.say(&format!(
        "  logged in; {INBOX} holds {} messages\n  folders: {}",
        messages.map_or_else(|| "no".to_owned(), ToString::to_string),
        names.join(", ")
    ));
    let told = told_sent(desk);
    match &trial.sent {
        Sent::Unwanted => Ok(SentChoice::None),
        Sent::Open { name, messages, .. } => {
            desk.say(&format!(
                "  the team's answers: \"{}\", {messages} messages",
                printable(name)
            ));
            match told {
                Some(told @ SentChoice::Named(_)) => Ok(told),
                _ => Ok(SentChoice::Auto(Some(name.clone()))),
            }
        }
        Sent::Closed { name, reason } => {
            let words = format!("the folder \"{name}\" does not open: {reason}");
            choose_sent(desk, &words, &trial.names)
        }
        Sent::NotFound => choose_sent(
            desk,
            "no folder with the team's answers was found",
            &trial.names,
        ),
    }
}

fn choose_sent(desk: &mut Desk<'_, '_>, why: &str, names: &[String]) -> Result<SentChoice, Stop> {
    if !desk.asker.can_ask() {
        return Err(Stop::Usage(format!(
            "{}; give --sent FOLDER, or --sent none if answers lie in another watched folder; there are: {}",
            printable(why),
            printable(&names.join(", "))
        )));
    }
    desk.say(&format!("  {}", printable(why)));
    let mut items = names.to_vec();
    items.push("none of them".to_owned());
    let chosen = desk
        .asker
        .choose("Folder with the team's answers", &items)?;
    Ok(match names.get(chosen) {
        Some(name) => SentChoice::Named(name.clone()),
        None => SentChoice::None,
    })
}
