//! Asking at the keyboard; only here and in `clients` is dialoguer known.

use std::io::{ErrorKind, IsTerminal as _};
use std::time::Duration;

use dialoguer::theme::{ColorfulTheme, SimpleTheme, Theme};
use dialoguer::{Confirm, Input, MultiSelect, Password, Select};
use secrecy::SecretString;

use crate::cli::screen::printable;
use crate::cli::{PROBLEM, USAGE};

/// The exit code after Ctrl-C, as shells tell it: 128 and the number of SIGINT.
pub(super) const INTERRUPTED: u8 = 130;

/// How long the thread that hears Ctrl-C may take to end the program.
const END_PATIENCE: Duration = Duration::from_secs(1);

/// How many lines of a list are shown at once.
const LINES_SHOWN: usize = 12;

/// Why it does not go on.
#[derive(Debug)]
pub(super) enum Stop {
    /// An answer is missing or makes no sense.
    Usage(String),
    /// Something does not work, in words that say what to do.
    Problem(String),
    /// Ctrl-C.
    Interrupted,
}

impl Stop {
    /// The exit code for it.
    pub(super) fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => USAGE,
            Self::Problem(_) => PROBLEM,
            Self::Interrupted => INTERRUPTED,
        }
    }

    /// The words for it.
    pub(super) fn words(&self) -> &str {
        match self {
            Self::Usage(words) | Self::Problem(words) => words,
            Self::Interrupted => "stopped: nothing was written",
        }
    }
}

/// Asks, if there is somebody to ask.
pub(super) struct Asker {
    theme: Box<dyn Theme + Send + Sync>,
    is_terminal: bool,
    accepts: bool,
}

impl Asker {
    /// Somebody can be asked if keyboard and screen are there, unless a program reads the output
    /// or he accepts every proposal.
    pub(super) fn new(accepts: bool, json: bool) -> Self {
        let is_terminal = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
        let wants_colours = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Self {
            theme: match wants_colours {
                true => Box::new(ColorfulTheme::default()),
                false => Box::new(SimpleTheme),
            },
            is_terminal: is_terminal && !json,
            accepts,
        }
    }

    /// Whether anybody can be asked.
    pub(super) fn can_ask(&self) -> bool {
        self.is_terminal && !self.accepts
    }

    /// Whether proposals are accepted unasked.
    pub(super) fn accepts(&self) -> bool {
        self.accepts
    }

    /// Why nobody can be asked.
    pub(super) fn why_not(&self) -> &'static str {
        match self.accepts {
            true => "nothing is asked (--yes)",
            false => "nobody can be asked here",
        }
    }

    /// Asks for a text until it can be read. `option` is where scripts give it.
    pub(super) fn text<T>(
        &self,
        question: &str,
        proposal: Option<&str>,
        option: &str,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Result<T, Stop> {
        if !self.can_ask() {
            let taken = proposal.filter(|_| self.accepts);
            let taken = taken.ok_or_else(|| self.missing(option, proposal))?;
            return read(taken).map_err(|why| Stop::Usage(format!("{option}: {why}")));
        }
        let mut input = Input::<String>::with_theme(&*self.theme)
            .with_prompt(question)
            .validate_with(|text: &String| read(text.trim()).map(drop));
        input = match proposal {
            Some("") => input.allow_empty(true),
            Some(proposal) => input.default(proposal.to_owned()),
            None => input,
        };
        let text = input.interact_text().map_err(stopped)?;
        read(text.trim()).map_err(Stop::Problem)
    }

    /// Asks for a password without showing it. An empty answer is asked again, but not for ever.
    pub(super) fn password(&self, question: &str, option: &str) -> Result<SecretString, Stop> {
        const TRIES: usize = 3;
        if !self.can_ask() {
            return Err(self.missing(option, None));
        }
        for _ in 0..TRIES {
            let input = Password::with_theme(&*self.theme)
                .with_prompt(question)
                .allow_empty_password(true);
            let password = input.interact().map_err(stopped)?;
            if !password.is_empty() {
                return Ok(SecretString::from(password));
            }
        }
        Err(Stop::Problem(
            "there was no password: nothing was written".into(),
        ))
    }

    /// Asks for yes or no; who can't be asked has said yes by how he called.
    pub(super) fn confirm(&self, question: &str) -> Result<bool, Stop> {
        if !self.can_ask() {
            return Ok(true);
        }
        let confirm = Confirm::with_theme(&*self.theme).with_prompt(question);
        confirm.default(true).interact().map_err(stopped)
    }

    /// Asks for one of several. Only if [`Self::can_ask`].
    pub(super) fn choose(&self, question: &str, items: &[String]) -> Result<usize, Stop> {
        let items = items.iter().map(|item| printable(item));
        let select = Select::with_theme(&*self.theme)
            .with_prompt(question)
            .items(items)
            .default(0)
            .max_length(LINES_SHOWN);
        select.interact().map_err(stopped)
    }

    /// Asks for any number of several. Only if [`Self::can_ask`].
    pub(super) fn choose_some(&self, question: &str, items: &[String]) -> Result<Vec<usize>, Stop> {
        let items = items.iter().map(|item| printable(item));
        let select = MultiSelect::with_theme(&*self.theme)
            .with_prompt(question)
            .items(items)
            .report(false)
            .max_length(LINES_SHOWN);
        select.interact().map_err(stopped)
    }

    /// An answer is missing, and nobody can be asked for it.
    pub(super) fn missing(&self, option: &str, proposal: Option<&str>) -> Stop {
        let proposal = proposal.filter(|own| !own.is_empty());
        let or_accept = proposal.map(|own| format!(", or --yes to take \"{}\"", printable(own)));
        Stop::Usage(format!(
            "{}: give {option}{}",
            self.why_not(),
            or_accept.unwrap_or_default()
        ))
    }
}

/// After Ctrl-C another thread puts the terminal in order and ends the program.
fn stopped(error: dialoguer::Error) -> Stop {
    let dialoguer::Error::IO(error) = error;
    if error.kind() == ErrorKind::Interrupted {
        std::thread::sleep(END_PATIENCE);
        return Stop::Interrupted;
    }
    Stop::Problem(format!(
        "could not ask at the terminal: {error}; give the answers as options (--help)"
    ))
}
