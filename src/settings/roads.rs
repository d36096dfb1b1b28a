//! `[roads.*]` and `[notifications]`: the ways to the team beside mail, and who takes which.

use std::collections::{BTreeMap, BTreeSet};

use config::ValueKind;
use secrecy::SecretString;

use super::kinds::{ADDRESS, NAME, VERBATIM};
use super::mail::{ca_file, secret_of, secret_source};
use super::review::{Form, quoted};
use super::section::{Kind, Section};
use super::service::duration;
use super::surroundings::Surroundings;
use super::{PasswordSource, RoadSettings};
use crate::domain::address::Address;
use crate::domain::ids::RoadName;
use crate::domain::notifications::{Choice, Choices, Notifications, Occasion};
use crate::domain::roads::{Place, RoadKind};

/// What mail is called among the roads.
const MAIL: &str = "mail";

/// A road, or mail.
const ROAD: Kind<String> = Kind {
    noun: "a road",
    example: MAIL,
    ..NAME
};

/// The longest that one attempt may take, in seconds.
const TIMEOUT_SECONDS_MAX: u64 = 120;

/// What `[roads.*]` say.
pub(super) fn roads(
    root: &Section<'_>,
    around: &Surroundings<'_>,
) -> BTreeMap<RoadName, RoadSettings> {
    let mut roads = BTreeMap::new();
    for (name, section) in root.named("roads", "support") {
        if name == MAIL {
            section.lacks("can't be called that, mail is always there; give it another name");
        }
        let road = road(&name, &section, around);
        if let Some(road) = road.filter(|_| name != MAIL) {
            roads.insert(road.name.clone(), road);
        }
    }
    roads
}

fn road(name: &str, section: &Section<'_>, around: &Surroundings<'_>) -> Option<RoadSettings> {
    let kinds = [
        RoadKind::Slack,
        RoadKind::Teams,
        RoadKind::Mattermost,
        RoadKind::Webhook,
        RoadKind::Command,
    ];
    let kinds = kinds.map(|kind| (kind.as_str(), kind));
    let kind = section.choice("kind", &kinds);
    if !section.has("kind") {
        section.lacks("has no kind; write kind = \"slack\", \"teams\", \"mattermost\", \"webhook\" or \"command\"");
    }
    let url = url(section, around);
    let secret = secret_of(section, "secret", "secret", around);
    let command = section.some("command", &VERBATIM);
    let program = command.as_ref().and_then(|words| words.first());
    if let Some(program) = program.filter(|program| !around.has_program(&program.value)) {
        let what = "there is no such program; install it, or write its whole path";
        section.review().warn(program, what);
    }
    let timeout = duration(section, "timeout", 1, TIMEOUT_SECONDS_MAX, 15);
    let ca_file = ca_file(section, around);
    match kind {
        Some(RoadKind::Command) if !section.has("command") => {
            section.lacks("has no command; write command = [\"/usr/local/bin/page\"]");
        }
        Some(RoadKind::Command) if section.has("url") || section.has("secret") => {
            section.lacks("runs a command, which has no url and no secret; leave them out");
        }
        Some(RoadKind::Slack | RoadKind::Teams | RoadKind::Mattermost | RoadKind::Webhook)
            if !section.has("url") =>
        {
            section.lacks("has no url; write url = { credential = \"NAME\" }");
        }
        Some(RoadKind::Slack | RoadKind::Teams | RoadKind::Mattermost | RoadKind::Webhook)
            if section.has("command") =>
        {
            section.lacks("runs no command; leave it out, or write kind = \"command\"");
        }
        Some(_) | None => {}
    }
    section.finish();
    Some(RoadSettings {
        name: RoadName::new(name),
        kind: kind?,
        url,
        secret,
        command: command.map(|words| words.into_iter().map(|word| word.value).collect()),
        timeout,
        ca_file,
    })
}

/// Where the webhook is, or where that is kept: it is a secret, and never shown.
fn url(section: &Section<'_>, around: &Surroundings<'_>) -> Option<PasswordSource> {
    section.takes("url", || {
        Form::of("a text, or a table that says where it is kept")
    });
    let found = section.raw("url")?;
    match &found.value.kind {
        ValueKind::String(text) => {
            if let Err(told) = Place::parse(text) {
                let what = format!("the url can't be used: {told}");
                section.review().refuse(&found, &what);
            }
            Some(PasswordSource::Plain(SecretString::from(text.clone())))
        }
        ValueKind::Table(_) => secret_source(&section.section("url")?.kept_secret(), around),
        _ => {
            let what = "the url is no text; write url = \"https://…\" or { credential = \"NAME\" }";
            section.review().refuse(&found, what);
            None
        }
    }
}

/// What `[notifications]` says.
pub(super) fn notifications(
    section: &Section<'_>,
    roads: &BTreeMap<RoadName, RoadSettings>,
    written: &BTreeSet<String>,
) -> Notifications {
    let everybody = choices(section, roads, written);
    let mut people = BTreeMap::new();
    for (person, own) in section.named("people", "\"alice@northwind.example\"") {
        let choices = choices(&own, roads, written);
        own.finish();
        match Address::parse(&person) {
            Some(address) => {
                people.insert(address, choices);
            }
            None => own.lacks(&format!(
                "names nobody: {} is no mail address; write one in quotes, [notifications.people.\"{}\"]",
                quoted(&person),
                ADDRESS.example
            )),
        }
    }
    section.finish();
    Notifications { everybody, people }
}

fn choices(
    section: &Section<'_>,
    roads: &BTreeMap<RoadName, RoadSettings>,
    written: &BTreeSet<String>,
) -> Choices {
    Occasion::ALL.map(|occasion| choice(section, occasion.as_str(), roads, written))
}

fn choice(
    section: &Section<'_>,
    key: &'static str,
    roads: &BTreeMap<RoadName, RoadSettings>,
    written: &BTreeSet<String>,
) -> Option<Choice> {
    let found = section.some(key, &ROAD)?;
    let mut choice = Choice {
        mail: false,
        roads: Vec::new(),
    };
    for found in found {
        let name = RoadName::new(found.value.as_str());
        if found.value == MAIL {
            choice.mail = true;
        } else if roads.contains_key(&name) {
            if !choice.roads.contains(&name) {
                choice.roads.push(name);
            }
        } else if !written.contains(&found.value) {
            let known: Vec<String> = roads.keys().map(|own| quoted(own.as_str())).collect();
            let what = format!(
                "{} is no road; write \"mail\"{}{}, or add [roads.{}]",
                quoted(&found.value),
                if known.is_empty() { "" } else { ", " },
                known.join(", "),
                found.value
            );
            section.review().refuse(&found, &what);
        }
    }
    Some(choice)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Loaded, Problem, load};

    fn loaded(text: &str) -> Result<Loaded, Vec<Problem>> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("ackd.toml");
        std::fs::write(&path, text).expect("a file");
        load(&path, &[])
    }

    #[test]
    fn roads_and_who_takes_them_are_read() {
        let loaded = loaded(
            "[roads.support]\nkind = \"slack\"\nurl = \"https://hooks.example/swordfish\"\n\
             [roads.Pager]\nkind = \"command\"\ncommand = [\"true\"]\ntimeout = \"5s\"\n\
             [notifications]\ndue = [\"mail\", \"support\"]\n\
             [notifications.people.\"Alice@northwind.example\"]\ndue = [\"Pager\"]\n",
        );
        let settings = loaded.expect("a good file").settings;
        let told = format!("{:?}", settings.roads);
        assert!(!told.contains("swordfish"), "{told}");
        let pager = &settings.roads[&RoadName::new("Pager")];
        assert_eq!(pager.timeout.as_secs(), 5);
        let notifications = &settings.rules.team.notifications;
        let choice = |occasion, who| {
            let who = Address::parse(who).expect("an address");
            let choice = notifications.choice(occasion, &who);
            let roads: Vec<&str> = choice.roads.iter().map(RoadName::as_str).collect();
            (choice.mail, roads)
        };
        let alice = "alice@northwind.example";
        assert_eq!(choice(Occasion::Due, alice), (false, vec!["Pager"]));
        assert_eq!(choice(Occasion::Remind, alice), (true, vec![]));
        let bob = "bob@northwind.example";
        assert_eq!(choice(Occasion::Due, bob), (true, vec!["support"]));
    }

    #[test]
    fn what_is_wrong_with_roads_is_told_all_at_once_and_no_address_with_it() {
        let problems = loaded(
            "[roads.mail]\nkind = \"slack\"\nurl = \"http://hooks.example/swordfish\"\n\
             [roads.pager]\nkind = \"command\"\n\
             [roads.fax]\nurl = \"https://hooks.example:x/swordfish\"\n\
             [roads.chat]\nkind = \"teams\"\n\
             [notifications]\ndue = [\"suport\"]\nheld = []\nreminder = [\"mail\"]\n\
             [notifications.people.alice]\ndue = [\"chat\"]\n",
        );
        let problems = problems.expect_err("a bad file");
        let told: Vec<String> = problems
            .iter()
            .map(|problem| format!("{}: {}", problem.line().unwrap_or(0), problem.message))
            .collect();
        let told = told.join("\n");
        assert!(!told.contains("swordfish"), "{told}");
        insta::assert_snapshot!(told);
    }
}
