//! The mail servers we hand our mail to, and a test mail.

use std::time::Duration;

use super::certificate::certificate;
use super::mailboxes::resolved;
use super::{Finding, Level};
use crate::daemon::{Wires, relay};
use crate::domain::address::Address;
use crate::domain::draft::Mail;
use crate::domain::ids::MessageId;
use crate::domain::obstacle::{Obstacle, OutOfReach};
use crate::domain::outbox::SendVerdict;
use crate::domain::rules::Mode;
use crate::domain::time::Timestamp;
use crate::settings::{Settings, SmtpSettings};
use crate::smtp;

/// How long looking up a name may take.
pub(super) const DNS_TIMEOUT: Duration = Duration::from_secs(15);

/// How long one step of a trial may take.
const STEP_TIMEOUT: Duration = Duration::from_secs(30);

const SMTP: &str = "smtp";

/// Both of them, where configured.
pub(super) async fn relays(settings: &Settings, now: Timestamp) -> Vec<Finding> {
    let mut findings = match &settings.smtp {
        Some(own) => tried(SMTP, own, now).await,
        None if settings.service.mode == Mode::Observe => vec![Finding::green(
            SMTP,
            "none is configured, and mode observe needs none",
        )],
        None => vec![Finding::red(
            SMTP,
            "none is configured",
            "write a section [smtp]",
        )],
    };
    match &settings.alarm.smtp {
        Some(own) => findings.extend(tried("alarm.smtp", own, now).await),
        None if settings.alarm.command.is_some() => {}
        None => findings.push(Finding::yellow(
            "alarm",
            "there is no second route for alarms",
            "if the mail server fails, nobody hears of it: write [alarm] command or [alarm.smtp]",
        )),
    }
    findings
}

async fn tried(subject: &str, own: &SmtpSettings, now: Timestamp) -> Vec<Finding> {
    let mut findings = vec![resolved(subject, &own.host, own.port).await];
    if findings.iter().any(|finding| finding.level == Level::Red) {
        return findings;
    }
    let outcome = match relay(own, STEP_TIMEOUT, &Wires::default()) {
        Ok(relay) => smtp::try_out(&relay, own.from.address.domain()).await,
        Err(why) => Err(OutOfReach::new(Obstacle::Root, why)),
    };
    match outcome {
        Err(told) => {
            let mend = told.obstacle.mend();
            // The words of a failed attempt say it already, as they do in the log.
            let seen = told.seen.strip_suffix(mend).unwrap_or(&told.seen);
            let seen = seen.trim_end_matches("; ").to_owned();
            findings.push(Finding::red(subject, seen, mend));
        }
        Ok(der) => {
            findings.extend(der.map(|der| certificate(subject, &der, now)));
            let seen = match own.username {
                Some(_) => "logged in; it takes our mail",
                None => "it talks to us without a login",
            };
            findings.push(Finding::green(subject, seen));
        }
    }
    findings
}

/// Sends a test mail.
pub(super) async fn send_test(settings: &Settings, to: &Address, now: Timestamp) -> Finding {
    let subject = "test mail";
    let mend = "the words of the mail server say why; what is said above may help";
    let Some(own) = &settings.smtp else {
        return Finding::red(
            subject,
            "there is no [smtp] to send it over",
            "write a section [smtp]",
        );
    };
    let relay = match relay(own, STEP_TIMEOUT, &Wires::default()) {
        Ok(relay) => relay,
        Err(reason) => return Finding::red(subject, reason, mend),
    };
    let Some(mail) = test_mail(own, to, now) else {
        return Finding::red(subject, "it could not be written", "check from in [smtp]");
    };
    match smtp::send(&relay, &mail).await {
        SendVerdict::Sent => {
            let seen =
                format!("taken by the mail server, for {to}; see that it arrives, and not as spam");
            Finding::green(subject, seen)
        }
        SendVerdict::Later { reason }
        | SendVerdict::LaterBy { reason, .. }
        | SendVerdict::Refused { reason }
        | SendVerdict::Unknown { reason } => Finding::red(subject, reason, mend),
    }
}

fn test_mail(own: &SmtpSettings, to: &Address, now: Timestamp) -> Option<Mail> {
    let domain = own.from.address.domain();
    let id = format!("ackd.doctor.{}@{domain}", now.timestamp_micros());
    let text = format!(
        "This is a test of ackd's way to the mail server, asked for with \"ackd doctor\".\n\nIt was sent at {} over {}:{}. Nothing is to be done.\n",
        now.format("%Y-%m-%d %H:%M:%S UTC"),
        own.host,
        own.port
    );
    Some(Mail {
        message_id: MessageId::parse(&id)?,
        date: now,
        from: own.from.clone(),
        to: to.clone(),
        envelope_sender: Some(own.from.address.clone()),
        subject: "Test mail of ackd".to_owned(),
        in_reply_to: None,
        references: Vec::new(),
        headers: vec![
            ("Auto-Submitted", "auto-generated".to_owned()),
            ("X-Ackd", "test".to_owned()),
        ],
        text,
        html: None,
    })
}
