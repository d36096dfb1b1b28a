//! The templates of our mails: embedded, each replaceable by one of the same name.
//!
//! Vocabulary: an *override* is a template the operator wrote in place of an embedded one;
//! a *trial* is the rendering of an override with made-up values before it is taken.

use std::collections::BTreeMap;

use minijinja::{Environment, UndefinedBehavior, Value, context};

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

/// Why an override can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// There is no mail of that name.
    #[error("there is no template \"{name}\": the names are {known}")]
    Unknown {
        /// The name as given.
        name: String,
        /// All names, separated by commas.
        known: String,
    },
    /// Longer than [`TEMPLATE_BYTES_MAX`].
    #[error("the template \"{name}\" is longer than {TEMPLATE_BYTES_MAX} bytes: shorten it")]
    TooLong {
        /// The name as given.
        name: String,
    },
    /// It can't be read, or names a value that does not exist.
    #[error("the template \"{name}\" can't be used: {reason}")]
    Invalid {
        /// The name as given.
        name: String,
        /// What is wrong, with the line.
        reason: String,
    },
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
    /// Fails on a name that belongs to no mail, and on a source that is too long, can't be
    /// read, or does not pass a trial with made-up values.
    pub fn with_overrides(sources: BTreeMap<String, String>) -> Result<Self, TemplateError> {
        let mut templates = Self::embedded();
        for (name, source) in sources {
            if !is_template_name(&name) {
                let known: Vec<&str> = EMBEDDED.iter().map(|(name, _)| *name).collect();
                return Err(TemplateError::Unknown {
                    name,
                    known: known.join(", "),
                });
            }
            if source.len() > TEMPLATE_BYTES_MAX {
                return Err(TemplateError::TooLong { name });
            }
            templates
                .overrides
                .add_template_owned(name.clone(), source)
                .and_then(|()| templates.trial(&name))
                .map_err(|error| TemplateError::Invalid {
                    name,
                    reason: explain(&error),
                })?;
        }
        Ok(templates)
    }

    /// Whether there is a template of that name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.overrides.get_template(name).is_ok() || self.embedded.get_template(name).is_ok()
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
                    "acknowledgement.en.txt.j2"
                };
                self.embedded.get_template(name)?.render(values)
            })
            .expect("embedded templates render with every draft: tests/mails.rs has each")
    }

    fn trial(&self, name: &str) -> Result<(), minijinja::Error> {
        let template = self.overrides.get_template(name)?;
        for values in trial_values() {
            template.render(values)?;
        }
        Ok(())
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

fn is_template_name(name: &str) -> bool {
    let language = name
        .strip_prefix("acknowledgement.")
        .and_then(|rest| rest.strip_suffix(".txt.j2"));
    EMBEDDED.iter().any(|(known, _)| *known == name)
        || language.is_some_and(|code| {
            code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_lowercase())
        })
}

fn explain(error: &minijinja::Error) -> String {
    let line = error
        .line()
        .map_or_else(String::new, |line| format!("line {line}: "));
    let detail = error
        .detail()
        .map_or_else(|| error.kind().to_string(), str::to_owned);
    format!("{line}{detail}")
}

/// Every value a template may name, once all there and once with all that can be missing
/// missing.
fn trial_values() -> [Value; 2] {
    let case = |full: bool| {
        let optional = |text: &'static str| full.then_some(text);
        context! {
            client => "Acme", marks => "", contact => "Anna", subject => optional("Hello"),
            message_id => optional("a@b"), mid_link => optional("mid:a@b"),
            mailboxes => optional("clients"), received => "now", waited => "1h", due => "now",
            due_for => "a response", next => optional("later"), also_told => vec!["Bob"; usize::from(full)],
            client_told => optional("now"), unanswered => 1, number => 1,
            instead_of => optional("for Alice, away until 3 January"),
            urgent => full, suspicious => full, overdue => full,
            deserves_call => full,
        }
    };
    let section = |full: bool| {
        let line =
            context! { text => "t", detail => if full { "d" } else { "" }, pressing => full };
        context! { title => "Open", lines => vec![line], more => usize::from(full) }
    };
    [true, false].map(|full| {
        context! {
            kind => "reminder", subject => "s", headline => "h", closing => "c", answers => "a", text => "t",
            sections => vec![section(full)], cases => vec![case(full)], more => usize::from(full), team => "Northwind",
            answer_by => full.then_some("tomorrow"),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn overridden(name: &str, source: &str) -> Result<Templates, TemplateError> {
        Templates::with_overrides(BTreeMap::from([(name.to_owned(), source.to_owned())]))
    }

    #[test]
    fn every_embedded_template_passes_its_own_trial() {
        for (name, source) in EMBEDDED {
            overridden(name, source).expect(name);
        }
    }

    #[test]
    fn an_override_with_a_slip_is_refused_with_its_line() {
        let error = overridden("notice.txt.j2", "fine\n{{ txet }}").unwrap_err();
        assert!(error.to_string().contains("line 2"), "{error}");
        let error = overridden("notice.txt.j2", "{% if %}").unwrap_err();
        assert!(matches!(error, TemplateError::Invalid { .. }));
    }

    #[test]
    fn an_override_of_no_mail_is_refused_with_the_names_there_are() {
        let error = overridden("reminders.txt", "x").unwrap_err();
        assert!(error.to_string().contains("team.txt.j2"), "{error}");
        let error = overridden("notice.txt.j2", &"x".repeat(70_000)).unwrap_err();
        assert!(matches!(error, TemplateError::TooLong { .. }));
    }
}
