//! `ackd template`: which templates there are, and an acknowledgement as a client would get it.

use std::io::{self, Write};

use clap::Subcommand;
use serde_json::json;

use super::{DONE, PROBLEM, USAGE};
use crate::domain::address::Author;
use crate::domain::decide::sample_acknowledgement;
use crate::domain::draft::{Draft, Letterhead, Mail, render};
use crate::domain::ids::{ClientKey, InstanceId, MessageId};
use crate::domain::rules::{Client, Mode, Rules};
use crate::domain::time::Timestamp;
use crate::settings::{Settings, TEMPLATE_FOLDER};

/// What `ackd template` can do.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum TemplateCommand {
    /// List the templates, and where each comes from
    List,
    /// Show the whole acknowledgement that a client would get whose mail came now
    Preview {
        /// The key of the client
        #[arg(long, value_name = "KEY")]
        client: String,
        /// Another language than the client's or the team's, such as de
        #[arg(long, value_name = "CODE", conflicts_with = "template")]
        language: Option<String>,
        /// The template by its name, such as acknowledgement.de.txt.j2
        #[arg(long, value_name = "NAME")]
        template: Option<String>,
    },
}

/// Prints what was asked for; gives 2 for a client, language or template there is not, and 1 for a
/// client who can't be acknowledged.
pub fn run(
    settings: &Settings,
    command: &TemplateCommand,
    now: Timestamp,
    json: bool,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> u8 {
    let (printed, code) = match command {
        TemplateCommand::List => (list(settings, json, out), DONE),
        TemplateCommand::Preview {
            client,
            language,
            template,
        } => {
            let wanted = language.as_deref().or(template.as_deref());
            match previewed(settings, client, wanted, now) {
                Ok(mail) => {
                    for note in notes(&settings.rules, client) {
                        // If nobody reads it, the mail still stands.
                        let _ = writeln!(err, "ackd: {note}");
                    }
                    (show(&mail, json, out), DONE)
                }
                Err((code, what)) => (writeln!(err, "ackd: {what}"), code),
            }
        }
    };
    // Whoever called it knows what could not be printed.
    let _ = printed.and_then(|()| out.flush());
    code
}

fn list(settings: &Settings, json: bool, out: &mut dyn Write) -> io::Result<()> {
    let folder = settings.folder.join(TEMPLATE_FOLDER);
    let names = settings.templates.names();
    let width = names.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (name, is_override) in names {
        let file = is_override.then(|| folder.join(name).display().to_string());
        if json {
            writeln!(out, "{}", json!({ "name": name, "file": file }))?;
        } else {
            let from = file.unwrap_or_else(|| "built in".to_owned());
            writeln!(out, "{name:width$}  {from}")?;
        }
    }
    Ok(())
}

/// The mail, or the exit code and what is wrong. `wanted` is a language or a template's name.
fn previewed(
    settings: &Settings,
    client: &str,
    wanted: Option<&str>,
    now: Timestamp,
) -> Result<Mail, (u8, String)> {
    let (rules, templates) = (&settings.rules, &settings.templates);
    let key = ClientKey::new(client);
    if !rules.clients.contains_key(&key) {
        let known: Vec<&str> = rules.clients.keys().map(ClientKey::as_str).collect();
        let known = match known.is_empty() {
            true => "the configuration names none".to_owned(),
            false => format!("known are {}", known.join(", ")),
        };
        return Err((USAGE, format!("there is no client \"{client}\": {known}")));
    }
    let of_template = |name: &str| {
        let code = name.strip_prefix("acknowledgement.")?;
        code.strip_suffix(".txt.j2").map(str::to_owned)
    };
    let code = wanted.map(|wanted| of_template(wanted).unwrap_or_else(|| wanted.to_lowercase()));
    if let Some(code) = &code
        && templates.acknowledgement_in(code).is_none()
    {
        let all = templates.names();
        let all: Vec<String> = all
            .iter()
            .filter_map(|(name, _)| of_template(name))
            .collect();
        let wanted = wanted.unwrap_or_default();
        let what = format!(
            "there is no acknowledgement \"{wanted}\": there is one in {}",
            all.join(", ")
        );
        return Err((USAGE, what));
    }
    let draft = sample_acknowledgement(rules, &key, code.as_deref(), now);
    let draft = draft.ok_or_else(|| {
        let what =
            format!("client \"{client}\" can't be acknowledged: look at its domains and policy");
        (PROBLEM, what)
    })?;
    let domain = draft.from.domain().to_owned();
    let letterhead = Letterhead {
        instance: InstanceId::new("preview"),
        from: Author {
            address: draft.from.clone(),
            name: None,
        },
        to: draft.contact.address.clone(),
        message_id: MessageId::parse(&format!("preview@{domain}"))
            .ok_or((PROBLEM, format!("\"{domain}\" can't stand in a Message-ID")))?,
        now,
        replies: None,
    };
    let draft = Draft::Acknowledgement(draft);
    Ok(render(&draft, &letterhead, templates))
}

/// Why the client would not get it as things are.
fn notes(rules: &Rules, client: &str) -> Vec<String> {
    let mut notes = Vec::new();
    let own = rules.clients.get(&ClientKey::new(client));
    let policy = |own: &Client| rules.policies.get(&own.policy);
    if own
        .and_then(policy)
        .is_some_and(|own| own.auto_acknowledge_before.is_none())
    {
        notes.push(
            "note: the client's policy acknowledges nothing; auto_acknowledge_before would"
                .to_owned(),
        );
    }
    if rules.mode != Mode::Full {
        let mode = rules.mode.as_str();
        notes.push(format!(
            "note: mode = \"{mode}\" acknowledges nothing; \"full\" would"
        ));
    }
    notes
}

/// The mail as it is read: headers decoded, then the text.
fn show(mail: &Mail, json: bool, out: &mut dyn Write) -> io::Result<()> {
    let bracketed = |id: &MessageId| format!("<{id}>");
    let from = match &mail.from.name {
        Some(name) => format!("{name} <{}>", mail.from.address),
        None => mail.from.address.to_string(),
    };
    let mut headers: Vec<(&str, String)> = vec![
        ("Return-Path", "<>".to_owned()),
        ("From", from),
        ("To", mail.to.to_string()),
        ("Subject", mail.subject.clone()),
        ("Date", mail.date.to_rfc2822()),
        ("Message-ID", bracketed(&mail.message_id)),
    ];
    if let Some(id) = &mail.in_reply_to {
        headers.push(("In-Reply-To", bracketed(id)));
    }
    if !mail.references.is_empty() {
        let ids: Vec<String> = mail.references.iter().map(bracketed).collect();
        headers.push(("References", ids.join(" ")));
    }
    headers.extend(
        mail.headers
            .iter()
            .map(|(name, value)| (*name, value.clone())),
    );
    if json {
        let headers: serde_json::Map<String, serde_json::Value> = headers
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.into()))
            .collect();
        return writeln!(out, "{}", json!({ "headers": headers, "text": mail.text }));
    }
    for (name, value) in headers {
        writeln!(out, "{name}: {value}")?;
    }
    write!(out, "\n{}", mail.text)
}
