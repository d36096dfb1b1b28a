//! One mailbox: name, connection, login, folders, sent mail, news.

use std::sync::Arc;

use tokio::net::lookup_host;
use tokio::sync::watch;
use tokio::time::timeout;

use super::certificate::certificate;
use super::relays::DNS_TIMEOUT;
use super::{Finding, Level};
use crate::clock::SharedClock;
use crate::daemon::{Starts, Wires, account};
use crate::domain::rules::Party;
use crate::domain::time::Timestamp;
use crate::imap::{Idling, Sent, Trial, try_out};
use crate::settings::{MailboxSettings, Settings, TlsMode};

/// How far a server's clock may run ahead of ours.
const AHEAD_MAX: chrono::Duration = chrono::Duration::minutes(2);

/// Everything about one mailbox.
pub(super) async fn mailbox(
    own: &MailboxSettings,
    settings: &Settings,
    clock: &SharedClock,
) -> Vec<Finding> {
    let subject = format!("mailbox {}", own.name);
    let now = clock.now();
    let mut findings = vec![resolved(&subject, &own.host, own.port).await];
    if findings.iter().any(|finding| finding.level == Level::Red) {
        return findings;
    }
    let (_, rules) = watch::channel(Arc::clone(&settings.rules));
    let (starts, clock) = (Starts::at(now), Arc::clone(clock));
    let account = match account(own, starts, rules, clock, &Wires::default()) {
        Ok(account) => account,
        Err(reason) => {
            findings.push(Finding::red(
                &subject,
                reason,
                "mend it in the configuration",
            ));
            return findings;
        }
    };
    let tried = try_out(&account).await;
    match &tried.certificate {
        Some(der) => findings.push(certificate(&subject, der, now)),
        None if own.tls == TlsMode::None => findings.push(Finding::green(
            &subject,
            "no TLS, as is allowed to this very machine",
        )),
        None => {}
    }
    match tried.outcome {
        Ok(trial) => findings.extend(of_trial(&subject, own, settings, &trial, now)),
        Err(told) => findings.push(Finding::red(&subject, told.seen, told.obstacle.mend())),
    }
    findings
}

/// Whether a host's name leads anywhere.
pub(super) async fn resolved(subject: &str, host: &str, port: u16) -> Finding {
    let reason = match timeout(DNS_TIMEOUT, lookup_host((host, port))).await {
        Ok(Ok(addresses)) => {
            let mut shown: Vec<String> = addresses.map(|own| own.ip().to_string()).collect();
            shown.dedup();
            if !shown.is_empty() {
                return Finding::green(subject, format!("{host} is {}", shown.join(", ")));
            }
            "it leads to no address".to_owned()
        }
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("no answer within {} s", DNS_TIMEOUT.as_secs()),
    };
    let seen = format!("the name {host} could not be looked up: {reason}");
    Finding::red(
        subject,
        seen,
        "check how it is spelled, and this machine's DNS",
    )
}

fn of_trial(
    subject: &str,
    own: &MailboxSettings,
    settings: &Settings,
    trial: &Trial,
    now: Timestamp,
) -> Vec<Finding> {
    let mut findings = vec![Finding::green(
        subject,
        format!("logged in; the server can {}", telling(&trial.capabilities)),
    )];
    findings.extend(trial.folders.iter().map(|folder| match folder {
        (name, Ok(messages)) => Finding::green(
            subject,
            format!("folder \"{name}\" opens: {messages} messages"),
        ),
        (name, Err(reason)) => Finding::red(
            subject,
            format!("folder \"{name}\" does not open: {reason}"),
            format!("name one of these in folders: {}", trial.names.join(", ")),
        ),
    }));
    findings.push(sent(subject, own, settings, trial));
    findings.push(idling(subject, own, &trial.idling));
    findings.extend(skew(subject, trial, now));
    findings
}

/// Those that matter to ackd, of what servers tell.
fn telling(capabilities: &[String]) -> String {
    const OF_USE: &[&str] = &["IDLE", "UIDPLUS", "SPECIAL-USE", "LITERAL+", "CONDSTORE"];
    let can = |name: &&&str| capabilities.iter().any(|own| own == **name);
    let known: Vec<&str> = OF_USE.iter().filter(can).copied().collect();
    match known.is_empty() {
        true => "IMAP and nothing more".to_owned(),
        false => known.join(", "),
    }
}

fn sent(subject: &str, own: &MailboxSettings, settings: &Settings, trial: &Trial) -> Finding {
    let choose = format!(
        "name it: sent = \"…\"; there are: {}",
        trial.names.join(", ")
    );
    match &trial.sent {
        Sent::Unwanted => Finding::yellow(
            subject,
            "no sent folder is watched, as configured",
            "right only if colleagues' answers lie in another watched folder",
        ),
        Sent::NotFound => Finding::red(subject, "no sent folder was found", choose),
        Sent::Closed { name, reason } => Finding::red(
            subject,
            format!("sent folder \"{name}\" does not open: {reason}"),
            choose,
        ),
        Sent::Open {
            name,
            messages,
            authors,
        } => {
            let seen = format!("sent folder \"{name}\": {messages} messages");
            let is_ours = |author| settings.rules.party(author) == Party::Team;
            let of_mailbox = own.address.as_ref().is_none_or(|own| authors.contains(own));
            if authors.is_empty() || !authors.iter().any(is_ours) {
                let mend = "if colleagues answer from this mailbox, their programs must file the copies here: look at their settings";
                return Finding::yellow(subject, format!("{seen}, none by the team"), mend);
            }
            if !of_mailbox {
                let mend = "copies of what is sent in this mailbox's name may land in the senders' own mailboxes: watch those too, or have the server file them here";
                let seen = format!("{seen}, none of the newest in this mailbox's own name");
                return Finding::yellow(subject, seen, mend);
            }
            Finding::green(subject, seen)
        }
    }
}

fn idling(subject: &str, own: &MailboxSettings, idling: &Idling) -> Finding {
    let every = own.poll_every.as_secs();
    match idling {
        Idling::Works { took } => {
            let seen = format!(
                "tells of new mail by itself (IDLE, {} ms)",
                took.as_millis()
            );
            Finding::green(subject, seen)
        }
        Idling::NotOffered => Finding::yellow(
            subject,
            format!(
                "the server does not tell of new mail by itself (no IDLE): it is looked at every {every} s"
            ),
            "nothing to mend, if that is often enough; else shorten poll_every",
        ),
        Idling::Fails { reason } => Finding::yellow(
            subject,
            format!(
                "the server offers IDLE and refuses it ({reason}): it is looked at every {every} s"
            ),
            "ask whoever runs the server; meanwhile shorten poll_every",
        ),
    }
}

/// A message from the future shows that one of the clocks is wrong.
fn skew(subject: &str, trial: &Trial, now: Timestamp) -> Option<Finding> {
    let newest = trial.newest_received_at?;
    let ahead = newest - now;
    (ahead > AHEAD_MAX).then(|| {
        Finding::yellow(
            subject,
            format!(
                "its newest message came {} minutes from now",
                ahead.num_minutes()
            ),
            "the server's clock or this machine's is wrong (timedatectl); deadlines count by it",
        )
    })
}
