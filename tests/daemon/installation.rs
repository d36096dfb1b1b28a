//! One installation: what its configuration says, and the people of its story.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::people::{Letter, Servers, tag};

/// How fast a client must have a response, in this installation.
pub(crate) const PROMPT: &str = r#"
acknowledge_within = "12s"
remind_before = ["8s"]
auto_acknowledge_before = "4s"
"#;

/// A configuration, part by part, as TOML.
#[derive(Debug, Clone)]
pub(crate) struct Installation {
    /// The story's tag.
    pub(crate) tag: String,
    /// `observe`, `remind` or `full`.
    pub(crate) mode: &'static str,
    /// The keys of the policy beside its calendar.
    pub(crate) policy: String,
    /// Where mail is sent: `host:port`.
    pub(crate) smtp: String,
    /// Mailboxes by name.
    pub(crate) mailboxes: BTreeMap<String, String>,
    /// Clients by key.
    pub(crate) clients: BTreeMap<String, String>,
    /// Further tables.
    pub(crate) further: String,
}

impl Installation {
    /// One client, Harbour Hotels, whose owner is Alice, and no mailbox yet.
    pub(crate) fn new(story: &str, servers: &Servers) -> Self {
        let mut own = Self {
            tag: tag(story),
            mode: "full",
            policy: PROMPT.to_owned(),
            smtp: servers.smtp.clone(),
            mailboxes: BTreeMap::new(),
            clients: BTreeMap::new(),
            further: String::new(),
        };
        let harbour = own.client("Harbour Hotels", "client.test", &own.alice());
        own.clients.insert("harbour".to_owned(), harbour);
        own
    }

    /// With a mailbox of a plain server, named as its user.
    pub(crate) fn watching(mut self, server: &str, user: &str) -> Self {
        self.mailboxes
            .insert(user.to_owned(), mailbox(server, user));
        self
    }

    /// The section of a client.
    pub(crate) fn client(&self, name: &str, domain: &str, owner: &str) -> String {
        format!(
            "name = \"{name}\"\ndomains = [\"{domain}\"]\nowners = [\"{owner}\"]\npolicy = \"prompt\"\n"
        )
    }

    /// The owner of Harbour Hotels.
    pub(crate) fn alice(&self) -> String {
        format!("alice+{}@agency.test", self.tag)
    }

    /// Whom escalations go to.
    pub(crate) fn lead(&self) -> String {
        format!("alice+lead-{}@agency.test", self.tag)
    }

    /// Somebody at the client.
    pub(crate) fn anna(&self) -> String {
        format!("anna+{}@client.test", self.tag)
    }

    /// A client's mail to the mailbox of a user; `about` makes its Message-ID.
    pub(crate) fn letter(&self, user: &str, about: &str) -> Letter {
        let (to, id) = (format!("{user}@agency.test"), self.id(about));
        Letter::new(&self.anna(), &to, &format!("Question: {about}"), &id)
    }

    /// The Message-ID of the mail about something.
    pub(crate) fn id(&self, about: &str) -> String {
        format!("{about}.{}@client.test", self.tag)
    }

    /// The configuration file.
    pub(crate) fn text(&self, state_dir: &str) -> String {
        let (host, port) = self.smtp.rsplit_once(':').expect("host:port");
        let lead = self.lead();
        let mut text = format!(
            r#"[service]
state_dir = "{state_dir}"
mode = "{mode}"

[team]
name = "Agency"
domains = ["agency.test"]
escalate_to = ["{lead}"]

# The machine's clock may stand at any hour, also just before eight.
[digest]
daily = false
weekly = false

[smtp]
host = "{host}"
port = {port}
tls = "none"
from = "Ackd <ackd@agency.test>"

[calendars.nonstop]
time_zone = "Europe/London"
"#,
            mode = self.mode
        );
        for day in ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] {
            let _ = writeln!(text, "{day} = [\"00:00-24:00\"]");
        }
        let _ = write!(
            text,
            "\n[policies.prompt]\ncalendar = \"nonstop\"\nsame_business_day = false\n{}",
            self.policy
        );
        for (kind, sections) in [("mailboxes", &self.mailboxes), ("clients", &self.clients)] {
            for (name, section) in sections {
                let _ = write!(text, "\n[{kind}.{name}]\n{section}");
            }
        }
        text.push_str(&self.further);
        text
    }
}

/// The section of a mailbox on a plain server.
pub(crate) fn mailbox(server: &str, user: &str) -> String {
    format!("tls = \"none\"\n{}", account(server, user, "pw"))
}

/// A mailbox without a word about protection.
pub(crate) fn account(server: &str, user: &str, password: &str) -> String {
    let (host, port) = server.rsplit_once(':').expect("host:port");
    format!(
        r#"host = "{host}"
port = {port}
address = "{user}@agency.test"
username = "{user}"
password = "{password}"
poll_every = "1s"
"#
    )
}
