//! From the named file to checked settings, or to everything that is wrong with it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use super::holidays::{BrokenHolidays, GoodHolidays, HolidayReader};
use super::parties::{self, Claims};
use super::problem::{Cause, Place, Problem, Severity};
use super::review::{Form, Review};
use super::section::Section;
use super::sources::Sources;
use super::surroundings::Surroundings;
use super::{
    MailboxSettings, ServiceSettings, Settings, SmtpSettings, addressees, digest, mail, people,
    promises, replies, roads, service, templates,
};
use crate::domain::address::AddressPattern;
use crate::domain::calendar::Calendar;
use crate::domain::ids::{CalendarName, ClientKey, MailboxName};
use crate::domain::rules::{MailboxRules, Mode, RuleParts, Rules, SendingHours, Team};

/// Settings that can be used, and what is odd about them.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The settings.
    pub settings: Settings,
    /// What is hardly meant, in the order of files and lines.
    pub warnings: Vec<Problem>,
    /// What the good ones of the holiday files say.
    pub good_holidays: Vec<GoodHolidays>,
}

/// Reads the file, its drop-ins (`ackd.d/*.toml` beside it, by name) and the overriding
/// variables (`ACKD__SMTP__HOST=…`) of this environment, and checks all of it.
///
/// Fails with every problem there is, warnings among them, in the order of files and lines.
/// After a syntax error what is missing is not told: it may stand in the part that could not
/// be read. A broken holiday file is a problem, see [`load_with`].
pub fn load(path: &Path, environment: &[(String, String)]) -> Result<Loaded, Vec<Problem>> {
    load_with(path, environment, BrokenHolidays::Refused)
}

/// What `[service]` says, whatever is wrong with it or with the rest: a daemon that was started
/// with an earlier configuration may be running, and has to be found.
pub fn service_of(path: &Path, environment: &[(String, String)]) -> ServiceSettings {
    let sources = Sources::read(path, environment);
    let review = Review::new(sources.problems, sources.headers, sources.variables);
    let start = Place::File {
        file: path.display().to_string(),
        line: None,
    };
    let root = Section::root(&review, &sources.root, start);
    let folder = path.parent().unwrap_or(Path::new(""));
    let around = Surroundings {
        folder,
        environment,
    };
    let runtime = around.variable("RUNTIME_DIRECTORY");
    service::service(&root.section_or_empty("service"), folder, runtime).0
}

/// Like [`load`], and says what becomes of broken holiday files.
pub fn load_with(
    path: &Path,
    environment: &[(String, String)],
    broken: BrokenHolidays,
) -> Result<Loaded, Vec<Problem>> {
    let (outcome, _) = load_and_list(path, environment, broken);
    outcome
}

/// Loads, and lists every key that can be written (`clients.*.owners`) with what it takes.
pub(super) fn load_and_list(
    path: &Path,
    environment: &[(String, String)],
    broken: BrokenHolidays,
) -> (Result<Loaded, Vec<Problem>>, BTreeMap<String, Form>) {
    let sources = Sources::read(path, environment);
    let Sources {
        root,
        headers,
        variables,
        files,
        problems,
    } = sources;
    let review = Review::new(problems, headers, variables);
    let start = Place::File {
        file: path.display().to_string(),
        line: Some(1),
    };
    let root = Section::root(&review, &root, start);
    let (settings, good_holidays) = settings(&root, path, environment, broken);
    let (problems, known) = review.into_parts();
    let problems = arranged(problems, &files);
    let usable = |problem: &Problem| problem.severity == Severity::Warning;
    let outcome = if problems.iter().all(usable) {
        Ok(Loaded {
            settings,
            warnings: problems,
            good_holidays,
        })
    } else {
        Err(problems)
    };
    (outcome, known)
}

/// What `ackd run` needs beside a valid file: a mailbox and, unless it only observes, `[smtp]`
/// and somebody to tell for each client.
pub fn demands_of_run(settings: &Settings) -> Vec<Problem> {
    let demand = |key: &str, message: &str| Problem {
        severity: Severity::Problem,
        place: Place::File {
            file: settings.file.display().to_string(),
            line: None,
        },
        key: key.to_owned(),
        message: message.to_owned(),
        cause: Cause::Missing,
    };
    let mut demands = Vec::new();
    if settings.mailboxes.is_empty() {
        demands.push(demand(
            "mailboxes",
            "there is no mailbox to watch; write [mailboxes.clients] with host, username and password",
        ));
    }
    if settings.smtp.is_none() && settings.service.mode != Mode::Observe {
        demands.push(demand(
            "smtp",
            &format!(
                "mode = \"{}\" sends mail, and there is no [smtp]; write [smtp] with host and from, or mode = \"observe\"",
                settings.service.mode.as_str()
            ),
        ));
    }
    demands.extend(missing_roots(settings).map(|(key, file)| {
        let told = format!(
            "{key}: there is no file \"{}\"; write the path of a certificate in PEM form",
            file.display()
        );
        demand(&key, &told)
    }));
    let unowned = settings.rules.clients.values().filter(|client| {
        let nobody = client.owners.is_empty() && settings.rules.team.escalate_to.is_empty();
        nobody && settings.service.mode != Mode::Observe
    });
    demands.extend(unowned.map(|client| {
        let key = format!("clients.{}", client.key);
        let told = format!(
            "{key} has no owners, and the team no escalate_to, so nobody would be told; write owners = [\"alice@northwind.example\"]"
        );
        demand(&key, &told)
    }));
    demands
}

/// The keys of root certificates that are not there, and where they should lie: without them no
/// connection is trusted.
fn missing_roots(settings: &Settings) -> impl Iterator<Item = (String, &Path)> {
    let smtp = settings
        .smtp
        .as_ref()
        .and_then(|smtp| smtp.ca_file.as_ref());
    let alarm = settings.alarm.smtp.as_ref();
    let alarm = alarm.and_then(|smtp| smtp.ca_file.as_ref());
    let mailboxes = settings.mailboxes.values().filter_map(move |mailbox| {
        // One that names none has that of [smtp], which is told once.
        let own = mailbox.ca_file.as_ref().filter(|own| Some(*own) != smtp)?;
        Some((format!("mailboxes.{}.ca_file", mailbox.name), own))
    });
    let smtp = smtp.map(|file| ("smtp.ca_file".to_owned(), file));
    let alarm = alarm.map(|file| ("alarm.smtp.ca_file".to_owned(), file));
    let all = smtp.into_iter().chain(alarm).chain(mailboxes);
    all.map(|(key, file)| (key, file.as_path()))
        .filter(|(_, file)| matches!(file.try_exists(), Ok(false)))
}

/// Reads every section. What is broken is left out; the review knows.
fn settings(
    root: &Section<'_>,
    path: &Path,
    environment: &[(String, String)],
    broken: BrokenHolidays,
) -> (Settings, Vec<GoodHolidays>) {
    let folder = path.parent().unwrap_or(Path::new(""));
    let around = &Surroundings {
        folder,
        environment,
    };
    let runtime = around.variable("RUNTIME_DIRECTORY");
    let (service, keep_subjects) =
        service::service(&root.section_or_empty("service"), folder, runtime);
    let (acknowledge_limits, limits) = service::limits(&root.section_or_empty("limits"));
    let log = service::log(&root.section_or_empty("log"));
    let metrics = service::metrics(&root.section_or_empty("metrics"));
    let digest = digest::digest(&root.section_or_empty("digest"));
    let alarm = service::alarm(&root.section_or_empty("alarm"), around);
    let smtp = root
        .section("smtp")
        .and_then(|section| mail::smtp(&section, around));
    let mut mailboxes = mailboxes(root, around);
    let root_of_all = smtp.as_ref().and_then(|smtp| smtp.ca_file.as_ref());
    for mailbox in mailboxes.values_mut() {
        mailbox.ca_file = mailbox.ca_file.take().or_else(|| root_of_all.cloned());
    }
    let roads = roads::roads(root, around);
    let written = names(&root.named("roads", "support"));
    let notifications =
        roads::notifications(&root.section_or_empty("notifications"), &roads, &written);
    let holidays = HolidayReader::new(folder, &service.state_dir, broken);
    let parts = rule_parts(root, &holidays, smtp.as_ref(), &mailboxes);
    let (holiday_files, good_holidays) = holidays.into_parts();
    root.finish();
    let mut parts = RuleParts {
        mode: service.mode,
        limits: acknowledge_limits,
        keep_subjects,
        ..parts
    };
    parts.team.notifications = notifications;
    warn_of_oddities(root, &parts);
    let templates = templates::templates(root, folder);
    templates::judge_languages(root, &parts, &templates);
    let rules = Rules::new(parts).with_digest(digest);
    addressees::judge(root, &rules);
    let settings = Settings {
        file: path.to_owned(),
        folder: folder.to_owned(),
        service,
        smtp,
        alarm,
        mailboxes,
        roads,
        log,
        metrics,
        limits,
        holiday_files,
        templates: Arc::new(templates),
        rules: Arc::new(rules),
    };
    (settings, good_holidays)
}

fn mailboxes(
    root: &Section<'_>,
    around: &Surroundings<'_>,
) -> BTreeMap<MailboxName, MailboxSettings> {
    let mut mailboxes: BTreeMap<MailboxName, MailboxSettings> = BTreeMap::new();
    for (name, section) in root.named("mailboxes", "clients") {
        let Some(mailbox) = mail::mailbox(&name, &section, around) else {
            continue;
        };
        let login = |mailbox: &MailboxSettings| {
            let MailboxSettings { host, username, .. } = mailbox;
            (host.clone(), mailbox.port, username.clone())
        };
        if let Some(same) = mailboxes.values().find(|m| login(m) == login(&mailbox)) {
            section.warn(&format!(
                "logs in where mailboxes.{} does; write the folders of both into one",
                same.name
            ));
        }
        mailboxes.insert(mailbox.name.clone(), mailbox);
    }
    mailboxes
}

/// Reads what the domain needs to know; mode and limits are put in later.
fn rule_parts(
    root: &Section<'_>,
    holidays: &HolidayReader<'_>,
    smtp: Option<&SmtpSettings>,
    mailboxes: &BTreeMap<MailboxName, MailboxSettings>,
) -> RuleParts {
    let calendars = root.named("calendars", "office");
    let calendar_names: BTreeSet<String> = names(&calendars);
    let policies = root.named("policies", "standard");
    let policy_names: BTreeSet<String> = names(&policies);
    let mut team = parties::team(&root.section_or_empty("team"), &calendar_names);
    add_own_addresses(&mut team, smtp, mailboxes);
    team.replies = replies::replies(&root.section_or_empty("replies"), mailboxes);
    let mut claims = Claims::of_team(&team.patterns);
    let mut clients = BTreeMap::new();
    for (key, section) in root.named("clients", "acme") {
        let client = parties::client(
            &key,
            &section,
            &policy_names,
            &mut claims,
            &team.escalate_to,
        );
        clients.insert(ClientKey::new(key), client);
    }
    let people = people::people(root);
    let rules_of = |mailbox: &MailboxSettings| MailboxRules {
        address: mailbox.address.clone(),
        start_from: mailbox.start_from,
    };
    let calendars: BTreeMap<CalendarName, Arc<Calendar>> = calendars
        .iter()
        .filter_map(|(name, section)| {
            let calendar = promises::calendar(name, section, holidays)?;
            Some((CalendarName::new(name), calendar))
        })
        .collect();
    let read_policy = |(name, section): &(String, Section<'_>)| {
        let policy = promises::policy(name, section, &calendar_names)?;
        if let Some(calendar) = calendars.get(&policy.calendar) {
            promises::try_out(section, &policy, calendar);
        }
        Some((policy.name.clone(), policy))
    };
    let policies = policies.iter().filter_map(read_policy).collect();
    RuleParts {
        mode: Mode::Observe,
        team,
        clients,
        people,
        policies,
        calendars,
        mailboxes: mailboxes
            .iter()
            .map(|(name, mailbox)| (name.clone(), rules_of(mailbox)))
            .collect(),
        limits: Default::default(),
        keep_subjects: true,
    }
}

fn names(sections: &[(String, Section<'_>)]) -> BTreeSet<String> {
    sections.iter().map(|(name, _)| name.clone()).collect()
}

/// The mailboxes' addresses and our own sender are the team's, written down or not.
fn add_own_addresses(
    team: &mut Team,
    smtp: Option<&SmtpSettings>,
    mailboxes: &BTreeMap<MailboxName, MailboxSettings>,
) {
    let of_mailboxes = mailboxes.values().filter_map(|m| m.address.clone());
    let of_smtp = smtp.map(|smtp| smtp.from.address.clone());
    for address in of_mailboxes.chain(of_smtp) {
        let pattern = AddressPattern::Address(address);
        if !team.patterns.contains(&pattern) {
            team.patterns.push(pattern);
        }
    }
}

/// What is valid, and yet hardly what was meant.
fn warn_of_oddities(root: &Section<'_>, parts: &RuleParts) {
    let by_domain = |pattern: &AddressPattern| !matches!(pattern, AddressPattern::Address(_));
    let named = root.section_or_empty("team").has("addresses");
    if !parts.clients.is_empty() && !named && !parts.team.patterns.iter().any(by_domain) {
        root.section_or_empty("team").warn(
            "has neither domains nor addresses, so nobody's answer is recognised; write domains = [\"northwind.example\"]",
        );
    }
    let acknowledges =
        |policy: &crate::domain::policy::Policy| policy.auto_acknowledge_before.is_some();
    if parts.mode == Mode::Full && !parts.policies.values().any(acknowledges) {
        root.section_or_empty("service").warn(
            "has mode = \"full\", and no policy acknowledges; write auto_acknowledge_before = \"10m\" into one, or mode = \"remind\"",
        );
    }
    warn_of_late_acknowledgements(root, parts);
}

/// Nothing is sent outside the sending hours, not even what the policy's clock runs out for.
fn warn_of_late_acknowledgements(root: &Section<'_>, parts: &RuleParts) {
    let SendingHours::Calendar(name) = &parts.team.sending_hours else {
        return;
    };
    let Some(sending) = parts.calendars.get(name) else {
        return;
    };
    let Some(found) = root.section_or_empty("team").raw("sending_hours") else {
        return;
    };
    for policy in parts.policies.values() {
        let Some(calendar) = parts.calendars.get(&policy.calendar) else {
            continue;
        };
        let Some(closed) = promises::unsendable_stretch(policy, calendar, sending) else {
            continue;
        };
        let what = format!(
            "\"{name}\" is closed from {} to {} while policy \"{}\" counts on calendar \"{}\", so an acknowledgement can come after its deadline; write \"always\", or a calendar that is open whenever \"{}\" is",
            sending.local_text(closed.open),
            sending.local_text(closed.close),
            policy.name,
            calendar.name,
            calendar.name,
        );
        root.review().warn(&found, &what);
    }
}

/// In the order of files and lines, without what only follows from a syntax error.
fn arranged(mut problems: Vec<Problem>, files: &[String]) -> Vec<Problem> {
    let unread: Vec<Place> = problems
        .iter()
        .filter(|problem| problem.cause == Cause::Syntax)
        .map(|problem| problem.place.clone())
        .collect();
    // Behind a header that could not be read, keys are taken for those of another table.
    let behind_unread = |problem: &Problem| {
        unread.iter().any(|place| match (place, &problem.place) {
            (Place::File { file, line }, Place::File { file: own, .. }) => {
                file == own && *line <= problem.line()
            }
            _ => false,
        })
    };
    problems.retain(|problem| match problem.cause {
        Cause::Syntax => true,
        Cause::Missing => unread.is_empty(),
        Cause::Value => !unread.contains(&problem.place),
        Cause::Unknown => !behind_unread(problem),
    });
    let mut told = BTreeSet::new();
    problems.retain(|problem| told.insert(problem.to_string()));
    problems.sort_by_key(|problem| match &problem.place {
        Place::File { file, line } => {
            let at = files.iter().position(|known| known == file);
            // What is no file of the configuration comes behind, file by file.
            let other = at.map_or_else(|| file.clone(), |_| String::new());
            (at.unwrap_or(files.len()), other, *line)
        }
        Place::Variable(variable) => (usize::MAX, variable.clone(), None),
    });
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(96))]

        /// Whatever a slip of the hand makes of a good file: it is told, or it loads.
        #[test]
        fn no_slip_makes_it_panic(
            at in 0usize..9_000,
            length in 0usize..40,
            instead in "[\\[\\]{}=\"'#,.\n a-z0-9é]{0,4}",
        ) {
            let example = include_str!("../../config/ackd.example.toml");
            let mut characters: Vec<char> = example.chars().collect();
            let start = at.min(characters.len());
            let end = (start + length).min(characters.len());
            characters.splice(start..end, instead.chars());
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path().join("ackd.toml");
            std::fs::write(&path, String::from_iter(characters)).expect("a file");
            for problem in load(&path, &[]).err().unwrap_or_default() {
                let place = format!("{}:", path.display());
                proptest::prop_assert!(problem.to_string().starts_with(&place), "{problem}");
            }
        }
    }
}
