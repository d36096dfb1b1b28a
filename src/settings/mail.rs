//! `[smtp]` and `[mailboxes.*]`: the servers we talk to.

use std::net::IpAddr;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;

use secrecy::SecretString;

use config::ValueKind;

use super::kinds::{ADDRESS, AUTHOR, HOST, MOMENT, PATH, TEXT, VERBATIM};
use super::problem::Place;
use super::review::{Form, Found};
use super::section::Section;
use super::service::duration;
use super::surroundings::Surroundings;
use super::{
    FileSent, MailboxSettings, PasswordSource, SentFolder, SmtpSettings, TlsMode, password,
};
use crate::domain::address::Address;
use crate::domain::ids::MailboxName;

/// What `[smtp]` says. `None` if it is too broken to be used.
pub(super) fn smtp(section: &Section<'_>, around: &Surroundings<'_>) -> Option<SmtpSettings> {
    let host = section.required("host", &HOST);
    let tls = tls(section, host.as_ref());
    let default_port = match tls {
        TlsMode::Tls => 465,
        TlsMode::StartTls => 587,
        TlsMode::None => 25,
    };
    let port = port(section, default_port);
    let username = section.one("username", &VERBATIM);
    let password = password_of(section, around);
    match (&username, &password) {
        (Some(found), None) if !section.has("password") => {
            let what = format!(
                "\"{}\" has no password; write password = {{ credential = \"smtp-password\" }}",
                found.value
            );
            section.review().dangles(found, &what);
        }
        (None, Some(_)) if !section.has("username") => {
            section.lacks("has a password and no username; write username = \"ackd\"");
        }
        _ => {}
    }
    let from = section.required("from", &AUTHOR);
    let ca_file = ca_file(section, around);
    section.finish();
    Some(SmtpSettings {
        host: host?.value,
        port,
        tls,
        username: username.map(|found| found.value),
        password,
        from: from?.value,
        ca_file,
    })
}

/// What `[mailboxes.NAME]` says. `None` if it is too broken to be used.
pub(super) fn mailbox(
    name: &str,
    section: &Section<'_>,
    around: &Surroundings<'_>,
) -> Option<MailboxSettings> {
    let host = section.required("host", &HOST);
    let tls = tls(section, host.as_ref());
    let port = port(section, if tls == TlsMode::Tls { 993 } else { 143 });
    let username = section.required("username", &VERBATIM);
    let password = password_of(section, around);
    if !section.has("password") {
        section.lacks(&format!(
            "has no password; write password = {{ credential = \"{name}-password\" }}"
        ));
    }
    let address = mailbox_address(section, username.as_ref());
    let folders = folders(section);
    let sent = match section.one("sent", &VERBATIM).map(|found| found.value) {
        None => SentFolder::Auto,
        Some(word) if word == "auto" => SentFolder::Auto,
        Some(word) if word == "none" => SentFolder::None,
        Some(name) => SentFolder::Named(name),
    };
    let poll_every = duration(section, "poll_every", 1, 24 * 3600, 60);
    let auto = ("auto", FileSent::Auto);
    let others = [("always", FileSent::Always), ("never", FileSent::Never)];
    let file_sent = section.choice_or_first("file_sent", auto, &others);
    let start_from = section.one("start_from", &MOMENT);
    let ca_file = ca_file(section, around);
    section.finish();
    Some(MailboxSettings {
        name: MailboxName::new(name),
        host: host?.value,
        port,
        tls,
        address,
        username: username?.value,
        password: password?,
        folders,
        sent,
        poll_every,
        file_sent,
        start_from: start_from.map(|found| found.value),
        ca_file,
    })
}

/// The address clients write to: as written, or the username if it is one.
fn mailbox_address(section: &Section<'_>, username: Option<&Found<String>>) -> Option<Address> {
    let written = section.one("address", &ADDRESS);
    if section.has("address") {
        return written.map(|found| found.value);
    }
    let username = username?;
    let address = Address::parse(&username.value);
    if address.is_none() {
        let what = "has no address, and its username is none; without it nothing is acknowledged from here; write address = \"clients@northwind.example\"";
        section.warn(what);
    }
    address
}

fn folders(section: &Section<'_>) -> Vec<String> {
    let Some(found) = section.some("folders", &VERBATIM) else {
        return vec!["INBOX".into()];
    };
    let mut folders: Vec<String> = Vec::new();
    for folder in found {
        if folders.contains(&folder.value) {
            let what = format!("\"{}\" is there twice; write it once", folder.value);
            section.review().refuse(&folder, &what);
        } else {
            folders.push(folder.value);
        }
    }
    folders
}

fn port(section: &Section<'_>, default: u16) -> u16 {
    let port = section.number("port", &(1..=65_535), u32::from(default));
    u16::try_from(port).unwrap_or(default)
}

fn tls(section: &Section<'_>, host: Option<&Found<String>>) -> TlsMode {
    let first = ("tls", TlsMode::Tls);
    let others = [("starttls", TlsMode::StartTls), ("none", TlsMode::None)];
    let tls = section.choice_or_first("tls", first, &others);
    if let (TlsMode::None, Some(host), Some(found)) = (tls, host, section.raw("tls"))
        && !is_loopback(&host.value)
    {
        let what = format!(
            "\"none\" would send passwords and mail to {} for everyone to read; write \"tls\" or \"starttls\" (\"none\" is for this machine only)",
            host.value
        );
        section.review().refuse(&found, &what);
    }
    tls
}

fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host
            .parse()
            .is_ok_and(|address: IpAddr| address.is_loopback())
}

pub(super) fn ca_file(section: &Section<'_>, around: &Surroundings<'_>) -> Option<PathBuf> {
    let found = section.one("ca_file", &PATH)?;
    let path = around.folder.join(&found.value);
    if !path.is_file() {
        let what = format!(
            "there is no file \"{}\"; write the path of a certificate in PEM form",
            found.value
        );
        section.review().warn(&found, &what);
    }
    Some(path)
}

fn password_of(section: &Section<'_>, around: &Surroundings<'_>) -> Option<PasswordSource> {
    secret_of(section, "password", "password", around)
}

/// Where a secret is. Nothing that is written there is ever shown: it may be the secret.
pub(super) fn secret_of(
    section: &Section<'_>,
    key: &'static str,
    noun: &str,
    around: &Surroundings<'_>,
) -> Option<PasswordSource> {
    section.takes(key, || Form::of("a table that says where it is"));
    let found = section.raw(key)?;
    let sources = format!(
        "{key} = {{ credential = \"NAME\" }}, {{ file = \"PATH\" }}, {{ command = [\"pass\", \"show\", \"NAME\"] }} or {{ env = \"VARIABLE\" }}"
    );
    let review = section.review();
    match &found.value.kind {
        ValueKind::String(text) if text.is_empty() => {
            review.refuse(&found, &format!("the {noun} is empty; write {sources}"));
            None
        }
        ValueKind::String(text) => {
            let what = format!("a {noun} in plain sight; better write {sources}");
            review.warn(&found, &what);
            Some(PasswordSource::Plain(SecretString::from(text.clone())))
        }
        ValueKind::Table(_) => secret_source(&section.section(key)?.kept_secret(), around),
        _ => {
            review.refuse(&found, &format!("the {noun} is no text; write {sources}"));
            None
        }
    }
}

pub(super) fn secret_source(
    section: &Section<'_>,
    around: &Surroundings<'_>,
) -> Option<PasswordSource> {
    let mut sources: Vec<(Place, PasswordSource)> = [
        credential(section, around),
        password_file(section, around),
        password_command(section, around),
        password_variable(section, around),
    ]
    .into_iter()
    .flatten()
    .collect();
    // A variable overrides what the files say, even where it names another kind of source.
    let overriding = |(place, _): &(Place, _)| matches!(place, Place::Variable(_));
    if sources.iter().any(overriding) {
        sources.retain(overriding);
    }
    let kinds = ["credential", "file", "command", "env"];
    let written = kinds.iter().any(|key| section.has(key));
    match sources.len() {
        0 if !written => section.lacks("names no source; write { credential = \"NAME\" }"),
        0 | 1 => {}
        _ => section
            .lacks("names more than one source; write one of credential, file, command and env"),
    }
    section.finish();
    sources.pop().map(|(_, source)| source)
}

fn credential(section: &Section<'_>, around: &Surroundings<'_>) -> Option<(Place, PasswordSource)> {
    let found = section.one("credential", &TEXT)?;
    let name = &found.value;
    if name.contains('/') {
        let what = "a credential is a name, not a path; write { file = \"PATH\" } for a path";
        section.review().refuse(&found, what);
    } else if let Some(told) = around.lack_of_credential(name) {
        let what = format!(
            "{told}; start ackd by systemd with LoadCredential=NAME:FILE, NAME being what is written here"
        );
        section.review().warn(&found, &what);
    }
    Some((found.place, PasswordSource::Credential(found.value)))
}

fn password_file(
    section: &Section<'_>,
    around: &Surroundings<'_>,
) -> Option<(Place, PasswordSource)> {
    let found = section.one("file", &PATH)?;
    let path = around.folder.join(&found.value);
    match std::fs::metadata(&path).map(|metadata| metadata.mode()) {
        Ok(mode) if mode & password::OTHERS != 0 => {
            let what = format!(
                "others can read this file (mode {:03o}), so it will be refused; run chmod 600 on it",
                mode & 0o777
            );
            section.review().warn(&found, &what);
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let what = "there is no such file; write the password into it, and run chmod 600 on it";
            section.review().warn(&found, what);
        }
        // Another user may be checking than the one who will read it.
        _ => {}
    }
    Some((found.place, PasswordSource::File(path)))
}

fn password_command(
    section: &Section<'_>,
    around: &Surroundings<'_>,
) -> Option<(Place, PasswordSource)> {
    let words = section.some("command", &VERBATIM)?;
    let program = words.first()?;
    if !around.has_program(&program.value) {
        let what = "there is no such program; install it, or write its whole path";
        section.review().warn(program, what);
    }
    let place = program.place.clone();
    let words = words.into_iter().map(|word| word.value).collect();
    Some((place, PasswordSource::Command(words)))
}

fn password_variable(
    section: &Section<'_>,
    around: &Surroundings<'_>,
) -> Option<(Place, PasswordSource)> {
    let found = section.one("env", &TEXT)?;
    if around.variable(&found.value).is_none() {
        let what = "this variable is not set here; set it for ackd run (Environment= or EnvironmentFile= of the unit)";
        section.review().warn(&found, what);
    }
    Some((found.place, PasswordSource::Environment(found.value)))
}
