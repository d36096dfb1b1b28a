//! The templates of our mails: embedded, each replaceable by one of the same name.
//!
//! Vocabulary: an *override* is a template the operator wrote in place of an embedded one;
//! a *trial* is the rendering of an override with made-up values before it is taken.

use std::collections::BTreeMap;

use minijinja::{Environment, Template, UndefinedBehavior, Value, context};

use super::acknowledgement;

/// The embedded templates by name.
const EMBEDDED: [(&str, &str); 12] = [
    (TEAM_TEXT, include_str!("templates/team.txt.j2")),
    (TEAM_HTML, include_str!("templates/team.html.j2")),
    (NOTICE_TEXT, include_str!("templates/notice.txt.j2")),
    (DIGEST_TEXT, include_str!("templates/digest.txt.j2")),
    (DIGEST_HTML, include_str!("templates/digest.html.j2")),
    (
        "acknowledgement.de.txt.j2",
        include_str!("templates/acknowledgement.de.txt.j2"),
    ),
    (
        "acknowledgement.en.txt.j2",
        include_str!("templates/acknowledgement.en.txt.j2"),
    ),
    (
        "acknowledgement.es.txt.j2",
        include_str!("templates/acknowledgement.es.txt.j2"),
    ),
    (
        "acknowledgement.fr.txt.j2",
        include_str!("templates/acknowledgement.fr.txt.j2"),
    ),
    (
        "acknowledgement.it.txt.j2",
        include_str!("templates/acknowledgement.it.txt.j2"),
    ),
    (
        "acknowledgement.nl.txt.j2",
        include_str!("templates/acknowledgement.nl.txt.j2"),
    ),
    (
        "acknowledgement.pt.txt.j2",
        include_str!("templates/acknowledgement.pt.txt.j2"),
    ),
];

/// Every mail to the team about cases, as text.
pub(super) const TEAM_TEXT: &str = "team.txt.j2";
/// Every mail to the team about cases, as HTML.
pub(super) const TEAM_HTML: &str = "team.html.j2";
/// A notice to the operator.
pub(super) const NOTICE_TEXT: &str = "notice.txt.j2";

/// A morning mail or weekly report, as text.
pub(super) const DIGEST_TEXT: &str = "digest.txt.j2";
/// A morning mail or weekly report, as HTML.
pub(super) const DIGEST_HTML: &str = "digest.html.j2";

/// The longest override we take, in bytes.
pub const TEMPLATE_BYTES_MAX: usize = 64 * 1024;

/// The acknowledgement that stands in where there is none in a language.
pub(super) const IN_ENGLISH: &str = "acknowledgement.en.txt.j2";

/// Something that keeps an override from being used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateFault {
    /// The override's name.
    pub name: String,
    /// The line, from 1, if it stands on one.
    pub line: Option<usize>,
    /// What is wrong, and what to write instead.
    pub what: String,
}

/// The templates in use.
#[derive(Debug, Clone)]
pub struct Templates {
    embedded: Environment<'static>,
    overrides: Environment<'static>,
}

impl Templates {
    /// The templates as they come with ackd.
    pub fn embedded() -> Self {
        let mut embedded = environment();
        for (name, source) in EMBEDDED {
            embedded
                .add_template(name, source)
                .expect("embedded templates are well formed: a test renders each");
        }
        Self {
            embedded,
            overrides: environment(),
        }
    }

    /// The embedded templates with some replaced: name (`acknowledgement.de.txt.j2`) to
    /// source. `acknowledgement.XX.txt.j2` with another ISO 639-1 code adds a language.
    ///
    /// Fails with everything that is wrong: a name that belongs to no mail; a source that is too
    /// long, can't be read, names a value that does not exist, or does not pass a trial with
    /// made-up values in every combination that occurs.
    pub fn with_overrides(sources: BTreeMap<String, String>) -> Result<Self, Vec<TemplateFault>> {
        let mut templates = Self::embedded();
        let mut faults = Vec::new();
        for (name, source) in sources {
            let found = match fault_from_outside(&name, &source) {
                Some(what) => vec![(None, what)],
                None => templates.take(&name, source),
            };
            faults.extend(found.into_iter().map(|(line, what)| TemplateFault {
                name: name.clone(),
                line,
                what,
            }));
        }
        match faults.is_empty() {
            true => Ok(templates),
            false => Err(faults),
        }
    }

    /// The name of each template, by name, and whether it is an override.
    pub fn names(&self) -> Vec<(&str, bool)> {
        let mut names: Vec<(&str, bool)> = Vec::new();
        names.extend(self.overrides().map(|(name, _)| (name, true)));
        for (name, _) in self.embedded.templates() {
            if !names.iter().any(|(known, _)| *known == name) {
                names.push((name, false));
            }
        }
        names.sort_unstable();
        names
    }

    /// The overrides, each with what it says.
    pub fn overrides(&self) -> impl Iterator<Item = (&str, String)> {
        let all = self.overrides.templates();
        all.map(|(name, template)| (name, template.source().to_owned()))
    }

    /// The name of the acknowledgement in this language (ISO 639-1), if there is one.
    pub fn acknowledgement_in(&self, code: &str) -> Option<String> {
        let name = format!("{}{code}{}", OF_CLIENT.0, OF_CLIENT.1);
        let is_there =
            self.overrides.get_template(&name).is_ok() || self.embedded.get_template(&name).is_ok();
        is_there.then_some(name)
    }

    /// Takes an override, or says what is wrong with it.
    fn take(&mut self, name: &str, source: String) -> Vec<(Option<usize>, String)> {
        let added = self.overrides.add_template_owned(name.to_owned(), source);
        let template = match added.and_then(|()| self.overrides.get_template(name)) {
            Ok(template) => template,
            Err(error) => return vec![explained(&error)],
        };
        let trial_values = trial_values(name);
        let unknown = unknown_names(&template, &trial_values);
        if !unknown.is_empty() {
            return unknown;
        }
        for values in trial_values {
            match template.render(values) {
                Err(error) => return vec![explained(&error)],
                Ok(text) if text.trim().is_empty() => {
                    return vec![(None, "says nothing at all; write a text".to_owned())];
                }
                Ok(text) if text.len() > TEMPLATE_BYTES_MAX => {
                    let what = format!("makes more than {TEMPLATE_BYTES_MAX} bytes; shorten it");
                    return vec![(None, what)];
                }
                Ok(_) => {}
            }
        }
        Vec::new()
    }

    /// Renders a template that exists. An override that fails in spite of its trial gives
    /// way to the embedded template: a mail that is due goes out.
    pub(super) fn render(&self, name: &str, values: &Value) -> String {
        let overridden = self
            .overrides
            .get_template(name)
            .and_then(|template| template.render(values));
        overridden
            .or_else(|_| {
                let name = if self.embedded.get_template(name).is_ok() {
                    name
                } else {
                    IN_ENGLISH
                };
                self.embedded.get_template(name)?.render(values)
            })
            .expect("embedded templates render with every draft: tests/mails.rs has each")
    }
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_trim_blocks(true);
    environment.set_lstrip_blocks(true);
    environment.set_keep_trailing_newline(true);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment
}

/// What an acknowledgement's name has before and behind the language.
const OF_CLIENT: (&str, &str) = ("acknowledgement.", ".txt.j2");

/// The language of an acknowledgement's name.
fn language_of(name: &str) -> Option<&str> {
    let code = name.strip_prefix(OF_CLIENT.0)?.strip_suffix(OF_CLIENT.1)?;
    let is_code = code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_lowercase());
    is_code.then_some(code)
}

/// What is wrong with an override before it is read.
fn fault_from_outside(name: &str, source: &str) -> Option<String> {
    let is_known = EMBEDDED.iter().any(|(known, _)| *known == name);
    if !is_known && language_of(name).is_none() {
        let known: Vec<&str> = EMBEDDED.iter().map(|(name, _)| *name).collect();
        return Some(format!(
            "there is no template of this name; the names are {}, and acknowledgement.XX.txt.j2 for another language",
            known.join(", ")
        ));
    }
    (source.len() > TEMPLATE_BYTES_MAX)
        .then(|| format!("is longer than {TEMPLATE_BYTES_MAX} bytes; shorten it"))
}

/// Each name that stands for nothing, in whatever branch, where it stands first.
fn unknown_names(template: &Template<'_, '_>, trial: &[Value]) -> Vec<(Option<usize>, String)> {
    let first = trial.first().and_then(|values| values.try_iter().ok());
    let known: Vec<String> = first
        .into_iter()
        .flatten()
        .map(|name| name.to_string())
        .collect();
    let mut unknown: Vec<(Option<usize>, String)> = Vec::new();
    for name in template.undeclared_variables(false) {
        if known.contains(&name) {
            continue;
        }
        let is_letter = |c: char| c.is_alphanumeric() || c == '_';
        let mut lines = template.source().lines();
        let at = lines.position(|line| {
            line.contains('{') && line.split(|c| !is_letter(c)).any(|word| word == name)
        });
        let what = format!(
            "there is no \"{name}\" here; write one of {}",
            known.join(", ")
        );
        unknown.push((at.map(|line| line + 1), what));
    }
    unknown.sort_unstable();
    unknown
}

fn explained(error: &minijinja::Error) -> (Option<usize>, String) {
    let detail = error.detail().map(str::to_owned);
    let what = detail.unwrap_or_else(|| error.kind().to_string());
    (error.line(), format!("can't be used: {what}"))
}

/// Every value a template may name: of an acknowledgement in every combination of what can be
/// missing, of others once all there and once with all that can be missing missing.
fn trial_values(name: &str) -> Vec<Value> {
    if language_of(name).is_some() {
        return acknowledgement::trial_values();
    }
    [true, false].map(|full| of_team(name, full)).to_vec()
}

fn of_team(name: &str, full: bool) -> Value {
    let optional = |text: &'static str| full.then_some(text);
    let case = context! {
        client => "Acme", marks => "", contact => "Anna", subject => optional("Hello"),
        message_id => optional("a@b"), mid_link => optional("mid:a@b"),
        mailboxes => optional("clients"), received => "now", waited => "1h", due => "now",
        due_for => "a response", next => optional("later"), also_told => vec!["Bob"; usize::from(full)],
        client_told => optional("now"), unanswered => 1, number => 1,
        instead_of => optional("for Alice, away until 3 January"),
        urgent => full, suspicious => full, overdue => full,
        deserves_call => full,
    };
    let line = context! { text => "t", detail => if full { "d" } else { "" }, pressing => full };
    let section = context! { title => "Open", lines => vec![line], more => usize::from(full) };
    match name {
        NOTICE_TEXT => context! { subject => "s", text => "t" },
        DIGEST_TEXT | DIGEST_HTML => context! {
            subject => "s", headline => "h", closing => "c", sections => vec![section],
        },
        _ => context! {
            kind => "reminder", subject => "s", headline => "h", closing => "c",
            answers => optional("a"), cases => vec![case], more => usize::from(full),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn overridden(name: &str, source: &str) -> Result<Templates, Vec<TemplateFault>> {
        Templates::with_overrides(BTreeMap::from([(name.to_owned(), source.to_owned())]))
    }

    #[test]
    fn every_embedded_template_passes_its_own_trial() {
        for (name, source) in EMBEDDED {
            overridden(name, source).expect(name);
        }
    }

    fn refused(name: &str, source: &str) -> Vec<(Option<usize>, String)> {
        let faults = overridden(name, source).expect_err("a fault");
        faults.into_iter().map(|own| (own.line, own.what)).collect()
    }

    #[test]
    fn every_slip_of_an_override_is_told_with_its_line() {
        let told = refused(
            "notice.txt.j2",
            "fine\n{{ txet }}\n{% if text %}{{ sbj }}{% endif %}",
        );
        assert_eq!((told[0].0, told[1].0), (Some(2), Some(3)), "{told:?}");
        assert!(told[0].1.contains("\"txet\""), "{told:?}");
        assert_eq!(refused("notice.txt.j2", "\n{% if %}")[0].0, Some(2));
        // What no trial would come to is found all the same.
        let hidden = "{{ team }}\n{% if contact == \"Bob\" %}{{ bob }}{% endif %}";
        assert_eq!(refused("acknowledgement.pl.txt.j2", hidden)[0].0, Some(2));
        let empty = "{% if owner %}{{ owner }}{% endif %}";
        assert!(
            refused("acknowledgement.pl.txt.j2", empty)[0]
                .1
                .contains("says nothing")
        );
    }

    #[test]
    fn what_can_be_missing_may_be_forgotten() {
        let text = "{{ contact }}{{ closed_for }} {{ owner or team }} {{ answer_by }}";
        let templates = overridden("acknowledgement.pl.txt.j2", text).expect("a template");
        assert!(templates.acknowledgement_in("pl").is_some());
        assert_eq!(templates.acknowledgement_in("fi"), None);
    }

    #[test]
    fn an_override_of_no_mail_is_refused_with_the_names_there_are() {
        let told = refused("reminders.txt", "x");
        assert!(told[0].1.contains("team.txt.j2"), "{told:?}");
        let told = refused("notice.txt.j2", &"x".repeat(70_000));
        assert!(told[0].1.contains("longer than"), "{told:?}");
    }
}
