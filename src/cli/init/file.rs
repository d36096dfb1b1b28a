//! The configuration file as it is written. Pure: answers go in, text comes out.

use std::fmt::Write as _;
use std::path::PathBuf;

use super::clients::{Client, Clients, counted};
use super::hours::{DAYS, Hours};
use super::login::{INBOX, MailServer, Mailbox, SentChoice};
use super::servers::Server;
use super::team::{Owners, Team};
use crate::domain::address::Address;
use crate::domain::shared_domains::is_free_mail;
use crate::domain::time::BusinessTime;
use crate::settings::TlsMode;

/// Every answer.
pub(super) struct Plan {
    /// The state folder; `None`: the default.
    pub(super) state_dir: Option<PathBuf>,
    pub(super) ca_file: Option<PathBuf>,
    /// The mailbox's table.
    pub(super) key: String,
    pub(super) address: Address,
    pub(super) mailbox: Mailbox,
    pub(super) smtp: Option<MailServer>,
    pub(super) team: Team,
    pub(super) clients: Clients,
    pub(super) owners: Owners,
    pub(super) hours: Hours,
    pub(super) time_zone: String,
    pub(super) within: BusinessTime,
}

/// Where the passwords lie, as the file spells it.
pub(super) struct Passwords {
    pub(super) mailbox: String,
    pub(super) smtp: String,
}

/// The file.
pub(super) fn render(plan: &Plan, passwords: &Passwords) -> String {
    [
        service(plan),
        team(plan),
        smtp(plan, passwords),
        mailbox(plan, passwords),
        calendar(plan),
        policy(plan),
        clients(plan),
    ]
    .join("\n")
}

/// A text as TOML writes it: a basic string (TOML 1.0).
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => quoted.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

fn list<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    let items = items.into_iter().map(|item| quoted(&item.to_string()));
    format!("[{}]", items.collect::<Vec<_>>().join(", "))
}

fn service(plan: &Plan) -> String {
    let state_dir = match &plan.state_dir {
        Some(folder) => format!("state_dir = {}\n", quoted(&folder.display().to_string())),
        None => "#state_dir = \"/var/lib/ackd\"\n".to_owned(),
    };
    format!(
        "# The configuration of ackd, written by `ackd init`. `man ackd.toml` explains every key,\n\
         # `ackd check` validates what you change, `ackd doctor` tries it out for real.\n\
         \n\
         [service]\n\
         # What may be sent. \"observe\": nothing; the log says what would have been sent. When ackd has\n\
         # judged your mail as you would for some days: \"remind\", which mails the team alone; and then\n\
         # \"full\", which lets it acknowledge to clients too where a policy below says when.\n\
         mode = \"observe\"\n\
         # Where ackd keeps what it remembers.\n\
         {state_dir}"
    )
}

fn team(plan: &Plan) -> String {
    let mut text = format!("[team]\nname = {}\n", quoted(&plan.team.name));
    text.push_str(
        "# Mail from these domains is an answer, never a case (\"*.northwind.example\": all below).\n",
    );
    text.push_str(&match plan.team.domains.is_empty() {
        true => "#domains = [\"northwind.example\"]\n".to_owned(),
        false => format!("domains = {}\n", list(&plan.team.domains)),
    });
    if is_free_mail(plan.address.domain()) {
        let address = list([&plan.address]);
        text.push_str(&format!(
            "# Colleagues who write from addresses of their own belong here.\naddresses = {address}\n"
        ));
    }
    text.push_str("# Who hears of broken promises, beside the owners.\n");
    text.push_str(&match plan.owners.escalate_to.is_empty() {
        true => "#escalate_to = [\"lead@northwind.example\"]\n".to_owned(),
        false => format!("escalate_to = {}\n", list(&plan.owners.escalate_to)),
    });
    text
}

fn server(text: &mut String, server: &Server, password: &str, ca_file: Option<&PathBuf>) {
    if let Some(found) = &server.found {
        // Writing to a String can't fail.
        let _ = writeln!(text, "# Found: {}.", found.replace(char::is_control, " "));
    }
    let tls = match server.tls {
        TlsMode::Tls => "tls",
        TlsMode::StartTls => "starttls",
        TlsMode::None => "none",
    };
    let (host, username) = (quoted(&server.host), quoted(&server.username));
    let port = server.port;
    let _ = writeln!(
        text,
        "host = {host}\nport = {port}\ntls = \"{tls}\"\nusername = {username}\npassword = {password}"
    );
    if let Some(file) = ca_file {
        let _ = writeln!(text, "ca_file = {}", quoted(&file.display().to_string()));
    }
}

fn smtp(plan: &Plan, passwords: &Passwords) -> String {
    let Some(own) = &plan.smtp else {
        return "# The mail server for everything that is sent. Not needed while mode = \"observe\".\n\
                #[smtp]\n\
                #host = \"smtp.northwind.example\"\n\
                #username = \"ackd\"\n\
                #password = { file = \"smtp-password\" }\n\
                #from = \"Ackd <ackd@northwind.example>\"\n"
            .to_owned();
    };
    let mut text = "# The mail server for everything that is sent. Not used while mode = \"observe\".\n[smtp]\n".to_owned();
    server(
        &mut text,
        &own.server,
        &passwords.smtp,
        plan.ca_file.as_ref(),
    );
    let from = quoted(&format!("Ackd <{}>", plan.address));
    text.push_str(&format!(
        "# The sender of what goes to the team: an address this login may send from.\nfrom = {from}\n"
    ));
    text
}

fn mailbox(plan: &Plan, passwords: &Passwords) -> String {
    let mut text = format!(
        "# A mailbox that is watched, read-only. Further ones: more such tables.\n[mailboxes.{}]\n",
        plan.key
    );
    let address = quoted(&plan.address.to_string());
    text.push_str(&format!("address = {address}\n"));
    let own = &plan.mailbox;
    server(
        &mut text,
        &own.server,
        &passwords.mailbox,
        plan.ca_file.as_ref(),
    );
    text.push_str(&format!(
        "# The folders in which client mail arrives.\nfolders = [\"{INBOX}\"]\n"
    ));
    match &own.sent {
        SentChoice::Auto(found) => {
            let found = found.as_ref().map_or_else(String::new, |name| {
                format!(" At present that is {}.", quoted(name))
            });
            text.push_str(&format!(
                "# Where the team's answers are: \"auto\" asks the server.{found}\nsent = \"auto\"\n"
            ));
        }
        SentChoice::Named(name) => text.push_str(&format!(
            "# Where the team's answers are.\nsent = {}\n",
            quoted(name)
        )),
        SentChoice::None => text.push_str(
            "# No folder with sent mail is watched: answers must lie in the folders above.\nsent = \"none\"\n",
        ),
    }
    text
}

fn calendar(plan: &Plan) -> String {
    let mut text = format!(
        "# When the team works; a day that is missing is closed.\n[calendars.office]\ntime_zone = {}\n",
        quoted(&plan.time_zone)
    );
    for (day, windows) in DAYS.iter().zip(&plan.hours.0) {
        if !windows.is_empty() {
            text.push_str(&format!("{day} = {}\n", list(windows)));
        }
    }
    text.push_str(
        "# Dates on which it is closed, and files of them (ICS).\n\
         #holidays = [\"2026-12-25\", { date = \"2026-12-24\", hours = [\"09:00-12:00\"], name = \"Christmas Eve\" }]\n\
         #holiday_files = [\"holidays.ics\"]\n",
    );
    text
}

fn policy(plan: &Plan) -> String {
    let minutes = (plan.within.seconds() / 60).max(1);
    let time = |minutes: u64| BusinessTime::from_minutes(minutes).to_string();
    // Half of the time is left, and a sixth of it.
    let mut before: Vec<u64> = [minutes / 2, minutes / 6]
        .into_iter()
        .filter(|own| *own > 0 && *own < minutes)
        .collect();
    before.dedup();
    let before = list(before.into_iter().map(time));
    let urgent = time(minutes.min(60));
    format!(
        "# What is promised, in working time of the calendar, and never later than the close of the\n\
         # same working day (same_business_day = false switches that off).\n\
         [policies.standard]\n\
         calendar = \"office\"\n\
         acknowledge_within = \"{}\"\n\
         urgent_within = \"{urgent}\"\n\
         # How long before the deadline the owners are reminded; and how long after it they and\n\
         # escalate_to are told (\"0m\": at the deadline).\n\
         remind_before = {before}\n\
         escalate_after = [\"0m\"]\n\
         # With mode = \"full\": how long before the deadline ackd acknowledges by itself.\n\
         #auto_acknowledge_before = \"10m\"\n",
        plan.within
    )
}

fn clients(plan: &Plan) -> String {
    let mut text = "# One table for each client. `ackd.d/*.toml` beside this file is read, too: one file per client\n# is usual where there are many.\n\n".to_owned();
    let Clients { clients, proposed } = &plan.clients;
    let owners = list(&plan.owners.owners);
    for own in clients {
        text.push_str(&client(own, &owners));
        text.push('\n');
    }
    if !proposed.is_empty() {
        text.push_str(
            "# These wrote to the mailbox of late. Whoever is a client: take the # away.\n",
        );
        for own in proposed {
            for line in client(own, &owners).lines() {
                // What is a comment stays one when its # is taken away.
                let mark = if line.starts_with('#') { "" } else { "#" };
                text.push_str(&format!("{mark}{line}\n"));
            }
            text.push('\n');
        }
    } else if clients.is_empty() {
        text.push_str("#[clients.acme]\n#name = \"Acme Ltd\"\n#domains = [\"acme.example\"]\n");
        text.push_str(&format!("#owners = {owners}\n#policy = \"standard\"\n"));
    }
    format!("{}\n", text.trim_end())
}

fn client(own: &Client, owners: &str) -> String {
    let seen = own.messages.map_or_else(String::new, |messages| {
        format!("# {} in 90 days.\n", counted(messages.into(), "mail"))
    });
    format!(
        "[clients.{}]\n{seen}name = {}\ndomains = {}\nowners = {owners}\npolicy = \"standard\"\n",
        own.key,
        quoted(&own.name),
        list(&own.domains)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_answered_is_a_text_in_the_file() {
        let hostile = "x\r\n[service]\nmode = \"full\"\n\u{7f}\u{85}";
        for text in ["Acme", "", "a \"b\" \\c", hostile, "Bücher ✓", "# '"] {
            let file = format!("a = {}\n", quoted(text));
            let read: toml::Table = toml::from_str(&file).expect(&file);
            assert_eq!(read["a"].as_str(), Some(text), "{file}");
        }
    }
}
