//! What other settings change, in the sections of which the rules know nothing, and what can't be
//! changed without a restart.

use std::time::Duration;

use secrecy::ExposeSecret as _;

use super::{
    AlarmSettings, FileSent, Limits, LogSettings, MailboxSettings, MetricsSettings, PasswordSource,
    RoadSettings, SentFolder, ServiceSettings, Settings, SmtpSettings, TlsMode,
};
use crate::domain::change::{Aspects, EntryChange, entries, section};
use crate::domain::ids::hash128;
use crate::domain::rules::{AcknowledgeLimits, Rules};
use crate::domain::time::format_duration;

/// A key that says something else, and holds as it was until the daemon is restarted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptKey {
    /// The dotted key: `service.state_dir`.
    pub key: &'static str,
    /// What holds.
    pub kept: String,
    /// What is written there.
    pub written: String,
}

impl Settings {
    /// What `new` says otherwise in `[service]`, `[limits]`, `[log]`, `[alarm]`, `[smtp]` and
    /// `[mailboxes.*]`. Of passwords it is told only that they changed.
    pub fn changes_to(&self, new: &Self) -> Vec<EntryChange> {
        let (old_service, new_service) = (
            of_service(&self.service, &self.rules),
            of_service(&new.service, &new.rules),
        );
        let limits = |settings: &Self| of_limits(&settings.rules.limits, &settings.limits);
        let mut all: Vec<EntryChange> = [
            section("service", &old_service, &new_service),
            section("limits", &limits(self), &limits(new)),
            section("log", &of_log(self.log), &of_log(new.log)),
            section("alarm", &of_alarm(&self.alarm), &of_alarm(&new.alarm)),
        ]
        .into_iter()
        .flatten()
        .collect();
        let relay = |name: &str, relay: Option<&SmtpSettings>| {
            let relay = relay.map(|relay| (name.to_owned(), of_smtp(relay)));
            relay.into_iter().collect()
        };
        let nameless = |mut change: EntryChange| {
            change.name = None;
            change
        };
        for (section, old, new) in [
            (
                "alarm.smtp",
                self.alarm.smtp.as_ref(),
                new.alarm.smtp.as_ref(),
            ),
            ("smtp", self.smtp.as_ref(), new.smtp.as_ref()),
        ] {
            let changed = entries(section, &relay(section, old), &relay(section, new));
            all.extend(changed.into_iter().map(nameless));
        }
        let mailboxes = |settings: &Self| {
            let all = settings.mailboxes.values();
            all.map(|own| (own.name.to_string(), of_mailbox(own)))
                .collect()
        };
        all.extend(entries("mailboxes", &mailboxes(self), &mailboxes(new)));
        let roads = |settings: &Self| {
            let all = settings.roads.values();
            all.map(|own| (own.name.to_string(), of_road(own)))
                .collect()
        };
        all.extend(entries("roads", &roads(self), &roads(new)));
        let templates = |settings: &Self| {
            let all = settings.templates.overrides();
            let said = |text: String| format!("{:x}", hash128(&[text.as_bytes()]));
            all.map(|(name, text)| {
                let aspects = Aspects::default().hidden("text", said(text));
                (name.to_owned(), aspects)
            })
            .collect()
        };
        all.extend(entries("templates", &templates(self), &templates(new)));
        all
    }

    /// Puts back what only a restart can change, as it holds in the running daemon, and says what
    /// that is.
    pub fn keep_until_restart(&mut self, running: &Self) -> Vec<KeptKey> {
        let (kept, written) = (of_restart(running), of_restart(self));
        self.log.format = running.log.format;
        self.metrics = running.metrics;
        let service = &mut self.service;
        service.state_dir.clone_from(&running.service.state_dir);
        service.socket.clone_from(&running.service.socket);
        service.keep = running.service.keep;
        service.export_every = running.service.export_every;
        service.exports_kept = running.service.exports_kept;
        let keys = kept.into_iter().zip(written);
        keys.filter(|((_, kept), (_, written))| kept != written)
            .map(|((key, kept), (_, written))| KeptKey { key, kept, written })
            .collect()
    }
}

impl MailboxSettings {
    /// Whether the server is reached, and its folders are read, in the same way: a connection
    /// made for the one does for the other.
    pub fn is_read_like(&self, other: &Self) -> bool {
        let mut other = other.clone();
        other.address.clone_from(&self.address);
        other.file_sent = self.file_sent;
        *self == other
    }
}

impl PartialEq for PasswordSource {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Credential(own), Self::Credential(other))
            | (Self::Environment(own), Self::Environment(other)) => own == other,
            (Self::File(own), Self::File(other)) => own == other,
            (Self::Command(own), Self::Command(other)) => own == other,
            (Self::Plain(own), Self::Plain(other)) => own.expose_secret() == other.expose_secret(),
            (
                Self::Credential(_)
                | Self::File(_)
                | Self::Command(_)
                | Self::Environment(_)
                | Self::Plain(_),
                _,
            ) => false,
        }
    }
}

/// What only a restart can change: where things lie, what the task that keeps them goes by, and
/// what is set up before anything else.
fn of_restart(settings: &Settings) -> [(&'static str, String); 7] {
    let ServiceSettings {
        state_dir,
        mode: _,
        socket,
        blind_after: _,
        keep,
        export_every,
        exports_kept,
    } = &settings.service;
    let (LogSettings { format, people: _ }, MetricsSettings { listen }) =
        (settings.log, settings.metrics);
    let nowhere = || "nowhere".to_owned();
    [
        ("service.state_dir", state_dir.display().to_string()),
        ("service.socket", socket.display().to_string()),
        ("service.keep", time(*keep)),
        ("service.export_every", time(*export_every)),
        ("service.exports_kept", exports_kept.to_string()),
        ("log.format", format.as_str().to_owned()),
        (
            "metrics.listen",
            listen.map_or_else(nowhere, |at| at.to_string()),
        ),
    ]
}

fn of_service(service: &ServiceSettings, rules: &Rules) -> Aspects {
    Aspects::default()
        .one("mode", service.mode.as_str())
        .one("blind_after", time(service.blind_after))
        .one("keep_subjects", rules.keep_subjects)
}

fn of_log(log: LogSettings) -> Aspects {
    let LogSettings { format: _, people } = log;
    Aspects::default().one("people", people)
}

fn of_limits(acknowledge: &AcknowledgeLimits, limits: &Limits) -> Aspects {
    let AcknowledgeLimits {
        per_sender_every,
        per_client_per_hour,
        breaker,
        breaker_within,
        breaker_reset,
    } = acknowledge;
    let Limits {
        smtp_timeout,
        catch_up_within,
    } = limits;
    Aspects::default()
        .one("per_sender_every", time(*per_sender_every))
        .one("per_client_per_hour", per_client_per_hour)
        .one("breaker", breaker)
        .one("breaker_within", time(*breaker_within))
        .one("breaker_reset", time(*breaker_reset))
        .one("smtp_timeout", time(*smtp_timeout))
        .one("catch_up_within", time(*catch_up_within))
}

fn of_alarm(alarm: &AlarmSettings) -> Aspects {
    let AlarmSettings {
        to,
        smtp: _,
        command,
    } = alarm;
    let aspects = Aspects::default().many("to", to);
    match command {
        Some(command) => aspects.one("command", command.join(" ")),
        None => aspects,
    }
}

fn of_smtp(smtp: &SmtpSettings) -> Aspects {
    let SmtpSettings {
        host,
        port,
        tls,
        username,
        password,
        from,
        ca_file,
    } = smtp;
    let from = match &from.name {
        Some(name) => format!("{name} <{}>", from.address),
        None => from.address.to_string(),
    };
    let aspects = Aspects::default()
        .one("host", host)
        .one("port", port)
        .one("tls", word_for(*tls))
        .maybe("username", username.as_ref())
        .one("from", from)
        .maybe("ca_file", ca_file.as_ref().map(|file| file.display()));
    match password {
        Some(password) => aspects.hidden("password", fingerprint(password)),
        None => aspects,
    }
}

fn of_road(road: &RoadSettings) -> Aspects {
    let RoadSettings {
        name: _,
        kind,
        url,
        secret,
        command,
        timeout,
        ca_file,
    } = road;
    let mut aspects = Aspects::default()
        .one("kind", kind.as_str())
        .one("timeout", format_duration(*timeout))
        .maybe("command", command.as_ref().map(|words| words.join(" ")))
        .maybe("ca_file", ca_file.as_ref().map(|file| file.display()));
    for (key, secret) in [("url", url), ("secret", secret)] {
        if let Some(secret) = secret {
            aspects = aspects.hidden(key, fingerprint(secret));
        }
    }
    aspects
}

fn of_mailbox(mailbox: &MailboxSettings) -> Aspects {
    let MailboxSettings {
        name: _,
        host,
        port,
        tls,
        address,
        username,
        password,
        folders,
        sent,
        poll_every,
        file_sent,
        start_from,
        ca_file,
    } = mailbox;
    let sent = match sent {
        SentFolder::Auto => "auto",
        SentFolder::Named(name) => name,
        SentFolder::None => "none",
    };
    let file_sent = match file_sent {
        FileSent::Auto => "auto",
        FileSent::Always => "always",
        FileSent::Never => "never",
    };
    let moment = |at: &crate::domain::time::Timestamp| at.format("%Y-%m-%dT%H:%M:%SZ");
    Aspects::default()
        .one("host", host)
        .one("port", port)
        .one("tls", word_for(*tls))
        .maybe("address", address.as_ref())
        .one("username", username)
        .hidden("password", fingerprint(password))
        .many("folders", folders)
        .one("sent", sent)
        .one("poll_every", time(*poll_every))
        .one("file_sent", file_sent)
        .maybe("start_from", start_from.as_ref().map(moment))
        .maybe("ca_file", ca_file.as_ref().map(|file| file.display()))
}

const fn word_for(tls: TlsMode) -> &'static str {
    match tls {
        TlsMode::Tls => "tls",
        TlsMode::StartTls => "starttls",
        TlsMode::None => "none",
    }
}

/// What stands for a password and its place, and tells neither.
fn fingerprint(password: &PasswordSource) -> String {
    let place = format!("{password:?}");
    let secret = match password {
        PasswordSource::Plain(secret) => secret.expose_secret(),
        PasswordSource::Credential(_)
        | PasswordSource::File(_)
        | PasswordSource::Command(_)
        | PasswordSource::Environment(_) => "",
    };
    format!("{:x}", hash128(&[place.as_bytes(), secret.as_bytes()]))
}

fn time(duration: Duration) -> String {
    const DAY: u64 = 24 * 3600;
    match duration.as_secs() {
        seconds if seconds >= DAY && seconds.is_multiple_of(DAY) => format!("{}d", seconds / DAY),
        _ => format_duration(duration),
    }
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use super::super::load;
    use super::*;
    use crate::domain::ids::MailboxName;

    const MAILBOX: &str = "[mailboxes.clients]\nhost = \"imap.northwind.example\"\nusername = \"clients@northwind.example\"\npassword = \"hunter2\"\n";

    fn settings(text: &str) -> Settings {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("ackd.toml");
        std::fs::write(
            &file,
            format!("[service]\nstate_dir = \"/var/lib/ackd\"\n{text}"),
        )
        .expect("a file");
        load(&file, &[]).expect("a good file").settings
    }

    fn told(old: &str, new: &str) -> Vec<String> {
        let changes = settings(old).changes_to(&settings(new));
        let told = changes.iter().map(|change| format!("{change:?}"));
        told.collect()
    }

    #[test]
    fn of_a_template_is_told_that_it_came_changed_or_went() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("ackd.toml");
        std::fs::write(&file, "[service]\nstate_dir = \"/var/lib/ackd\"\n").expect("a file");
        let now = || load(&file, &[]).expect("a good file").settings;
        let templates = folder.path().join("templates");
        std::fs::create_dir(&templates).expect("a folder");
        let write = |text: &str| {
            let name = "acknowledgement.de.txt.j2";
            std::fs::write(templates.join(name), text).expect("a file");
            now()
        };
        let (none, one, other) = (now(), write("{{ team }}"), write("{{ client }}"));
        let told = |old: &Settings, new: &Settings| format!("{:?}", old.changes_to(new));
        assert!(told(&none, &one).contains("Added"));
        assert!(told(&one, &other).contains("text: changed"));
        assert!(told(&one, &none).contains("Removed"));
        assert_eq!(told(&one, &one.clone()), "[]");
    }

    #[test]
    fn of_a_password_only_that_it_changed_is_told() {
        let told = told(MAILBOX, &MAILBOX.replace("hunter2", "correct horse")).join("");
        assert!(told.contains("password: changed"), "{told}");
        assert!(
            !told.contains("hunter2") && !told.contains("horse"),
            "{told}"
        );
    }

    #[test]
    fn the_same_file_changes_nothing() {
        assert_eq!(told(MAILBOX, MAILBOX), [""; 0]);
    }

    #[test]
    fn a_mailbox_is_read_anew_for_what_its_connection_depends_on_and_nothing_else() {
        let read_like = |change: &str, by: &str| {
            let name = MailboxName::new("clients");
            let old = settings(MAILBOX).mailboxes[&name].clone();
            let new = MAILBOX.replace(change, by);
            old.is_read_like(&settings(&new).mailboxes[&name])
        };
        assert!(read_like(
            "hunter2\"",
            "hunter2\"\naddress = \"post@northwind.example\""
        ));
        assert!(read_like("hunter2\"", "hunter2\"\nfile_sent = \"never\""));
        for more in [
            "port = 144",
            "folders = [\"INBOX\", \"More\"]",
            "poll_every = \"5s\"",
        ] {
            assert!(
                !read_like("hunter2\"", &format!("hunter2\"\n{more}")),
                "{more}"
            );
        }
        assert!(!read_like("hunter2", "hunter3"));
        assert!(!read_like(
            "password = \"hunter2\"",
            "password = { env = \"HUNTER\" }"
        ));
    }

    #[test]
    fn sources_of_different_kinds_are_never_equal() {
        let name = || "secret".to_owned();
        let sources = [
            PasswordSource::Credential(name()),
            PasswordSource::File(name().into()),
            PasswordSource::Command(vec![name()]),
            PasswordSource::Environment(name()),
            PasswordSource::Plain(SecretString::from(name())),
        ];
        for (at, one) in sources.iter().enumerate() {
            for (other_at, other) in sources.iter().enumerate() {
                assert_eq!(one == other, at == other_at);
            }
        }
    }
}
