//! From checked settings to what the shells want.

use std::sync::Arc;
use std::time::Duration;

use secrecy::ExposeSecret as _;
use tokio::sync::watch;

use crate::clock::SharedClock;
use crate::domain::absence::absence_needs_text;
use crate::domain::classify::{
    answer_needs_text, kind_needs_text, may_concern, meeting_needs_text, needs_text,
};
use crate::domain::reply;
use crate::domain::roads::Place;
use crate::domain::rules::Rules;
use crate::domain::time::Timestamp;
use crate::imap::{self, Account, SentChoice};
use crate::roads::Webhook;
use crate::settings::{FileSent, MailboxSettings, RoadSettings, SentFolder, SmtpSettings, TlsMode};
use crate::smtp::{self, Relay};

/// How the mail servers are reached.
#[derive(Clone, Default)]
pub struct Wires {
    /// Mailboxes.
    pub imap: imap::Connector,
    /// The mail servers we hand our mail to.
    pub smtp: smtp::Connector,
}

/// How far before a mailbox's start its mail is read, to recognise threads and answers.
const LOOK_BACK: chrono::Duration = chrono::Duration::days(30);

/// How recent a client's message must be for its text to be worth fetching though its kind is
/// settled: later it can't be a thanks for anything we are still busy with. Long enough for an outage
/// over holidays.
const TEXT_AGE_MAX: chrono::Duration = chrono::Duration::days(7);

/// From when on mail counts.
#[derive(Debug, Clone, Copy)]
pub struct Starts {
    /// When the mailbox begins to open cases.
    pub own: Timestamp,
    /// When the first of all mailboxes does: what was sent later may be an answer, wherever it is
    /// found.
    pub first: Timestamp,
}

impl Starts {
    /// Of a mailbox that is the only one.
    pub const fn at(moment: Timestamp) -> Self {
        Self {
            own: moment,
            first: moment,
        }
    }
}

/// What is needed to watch a mailbox.
///
/// Fails if the extra root certificate can't be read.
pub fn account(
    settings: &MailboxSettings,
    starts: Starts,
    rules: watch::Receiver<Arc<Rules>>,
    clock: SharedClock,
    wires: &Wires,
) -> Result<Account, String> {
    let tls = match settings.tls {
        TlsMode::None => imap::tls_of_nobody()?,
        TlsMode::Tls | TlsMode::StartTls => {
            imap::tls_client(read_roots(settings.ca_file.as_deref())?.as_deref())?
        }
    };
    let password = settings.password.clone();
    Ok(Account {
        name: settings.name.clone(),
        host: settings.host.clone(),
        port: settings.port,
        protection: match settings.tls {
            TlsMode::Tls => imap::Protection::Tls,
            TlsMode::StartTls => imap::Protection::StartTls,
            TlsMode::None => imap::Protection::Plain,
        },
        connector: wires.imap.clone(),
        tls,
        username: settings.username.clone(),
        password: Arc::new(move || password.read()),
        folders: settings.folders.clone(),
        sent: match &settings.sent {
            SentFolder::Auto => SentChoice::Auto,
            SentFolder::Named(name) => SentChoice::Named(name.clone()),
            SentFolder::None => SentChoice::None,
        },
        poll_every: settings.poll_every,
        read_since: starts.own - LOOK_BACK,
        may_concern: {
            let rules = rules.clone();
            Arc::new(move |facts| may_concern(facts, &rules.borrow()))
        },
        wants_text: Arc::new(move |facts, _size, received_at| {
            let recent = clock.now() - received_at < TEXT_AGE_MAX;
            // What opens cases and what answers them must not depend on when it was read.
            let may_open = received_at >= starts.own;
            let may_answer = received_at >= starts.first;
            let rules = rules.borrow();
            (recent && needs_text(facts, &rules))
                || (may_open && kind_needs_text(facts, &rules))
                || (may_answer && answer_needs_text(facts, &rules))
                || (recent && absence_needs_text(facts, &rules))
                || reply::wants_text(facts, rules.team.replies.as_ref())
                || meeting_needs_text(facts, &rules)
        }),
    })
}

/// The mail server we hand our mail to. `timeout` is for one step of the exchange.
///
/// Fails if the extra root certificate can't be read.
pub fn relay(settings: &SmtpSettings, timeout: Duration, wires: &Wires) -> Result<Relay, String> {
    let password = settings.password.clone();
    let login = settings.username.clone().zip(password);
    Ok(Relay {
        host: settings.host.clone(),
        port: settings.port,
        protection: match settings.tls {
            TlsMode::Tls => smtp::Protection::Tls,
            TlsMode::StartTls => smtp::Protection::StartTls,
            TlsMode::None => smtp::Protection::Plain,
        },
        connector: wires.smtp.clone(),
        extra_root: read_roots(settings.ca_file.as_deref())?,
        login: login.map(|(username, password)| {
            let read: smtp::ReadPassword = Arc::new(move || password.read());
            (username, read)
        }),
        timeout,
    })
}

/// Whether we file the copy of an acknowledgement into this mailbox.
pub(super) fn files_sent_copies(mailbox: &MailboxSettings, smtp: Option<&SmtpSettings>) -> bool {
    /// Providers that file what is sent through their own servers.
    const FILING: [&str; 4] = [
        "gmail.com",
        "googlemail.com",
        "office365.com",
        "outlook.com",
    ];
    let files_itself = smtp.is_some_and(|smtp| {
        let host = smtp.host.to_ascii_lowercase();
        let is_at = |domain: &&str| host == **domain || host.ends_with(&format!(".{domain}"));
        FILING.iter().any(is_at)
    });
    match mailbox.file_sent {
        FileSent::Always => true,
        FileSent::Never => false,
        FileSent::Auto => !files_itself,
    }
}

/// The webhook at the end of a road. Blocks while it reads where that is.
///
/// Fails, without the address, if it can't be read or used, or the extra root certificate can't.
pub fn webhook(settings: &RoadSettings) -> Result<Webhook, String> {
    let url = settings.url.as_ref().ok_or("it has no url; add one")?;
    let place = Place::parse(url.read()?.expose_secret());
    let place = place.map_err(|told| format!("its url can't be used: {told}"))?;
    let secret = settings.secret.as_ref().map(|secret| secret.read());
    let secret = secret.transpose()?;
    let tls = match place.is_protected {
        true => imap::tls_client(read_roots(settings.ca_file.as_deref())?.as_deref())?,
        false => imap::tls_of_nobody()?,
    };
    Ok(Webhook {
        place,
        tls,
        timeout: settings.timeout,
        secret: secret.map(|secret| secret.expose_secret().as_bytes().to_vec()),
    })
}

fn read_roots(path: Option<&std::path::Path>) -> Result<Option<Vec<u8>>, String> {
    let read = |path: &std::path::Path| {
        std::fs::read(path).map_err(|error| {
            let path = path.display();
            format!("could not read the certificate in {path} ({error}); check ca_file")
        })
    };
    path.map(read).transpose()
}
