//! The command line: one file per command.
//!
//! Vocabulary: an *exit code* is 0 when it is done, 1 when a problem was found, 2 when it
//! was called wrongly, 3 when something can't be reached.

pub mod away;
pub mod calendar;
pub mod case;
pub mod cases;
pub mod check;
pub mod checkins;
pub mod doctor;
pub mod explain;
pub mod export;
pub mod import;
pub mod init;
pub mod mend;
pub mod outbox;
pub mod printout;
pub mod progress;
pub mod quarantine;
pub mod reload;
pub mod run;
pub mod screen;
pub mod status;
pub mod template;
pub mod verify;
pub mod watch;

use std::future::Future;
use std::io::Write;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use clap::{Parser, Subcommand};

use crate::clock::{Clock as _, SystemClock};
use crate::control::Request;
use crate::settings::{self, BrokenHolidays, Loaded, Problem, ServiceSettings, Settings};

/// Done.
pub const DONE: u8 = 0;
/// A problem was found.
pub const PROBLEM: u8 = 1;
/// Called wrongly.
pub const USAGE: u8 = 2;
/// Something can't be reached.
pub const UNREACHABLE: u8 = 3;

/// No client mail goes unanswered.
///
/// Watches the team's mailboxes, starts a clock for each client mail, reminds, escalates and,
/// where allowed, acknowledges receipt before the deadline.
#[derive(Debug, Parser)]
#[command(name = "ackd", version, propagate_version = true)]
pub struct Arguments {
    /// The configuration file.
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "ACKD_CONFIG",
        default_value = "/etc/ackd/ackd.toml"
    )]
    pub config: PathBuf,
    /// Print JSON.
    #[arg(long, global = true)]
    pub json: bool,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Ask for what there is to know, try it out, and write the configuration.
    Init(Box<init::InitArguments>),
    /// Run the daemon.
    Run(run::RunArguments),
    /// Validate the configuration.
    Check,
    /// Try everything out for real, and say what to mend.
    Doctor(doctor::DoctorArguments),
    /// Say how message files are judged, and why.
    Explain(explain::ExplainArguments),
    /// Deadlines, business time and opening hours.
    #[command(subcommand)]
    Calendar(calendar::CalendarCommand),
    /// One screen on how the running daemon is doing.
    Status,
    /// The open cases, soonest due first.
    Cases(cases::CasesArguments),
    /// Show a case, or say something about it.
    #[command(subcommand)]
    Case(case::CaseCommand),
    /// Who is away and until when: list it, or say it of somebody.
    Away(away::AwayArguments),
    /// Somebody is back before the end, or is not going away after all.
    Back(away::BackArguments),
    /// Which client is to hear from the team by when: list it, note a call, pause or resume.
    Checkins(checkins::CheckInsArguments),
    /// The mail that is owed and not sent: list it, try it again, release or drop it.
    Outbox(outbox::OutboxArguments),
    /// The messages that could not be read, newest first.
    Quarantine,
    /// The templates of our mails: list them, or show an acknowledgement as a client would get it.
    #[command(subcommand)]
    Template(template::TemplateCommand),
    /// Have the running daemon read its configuration again, and say what that changes.
    Reload(reload::ReloadArguments),
    /// Write everything ackd remembers to a file of JSON lines.
    Export(export::ExportArguments),
    /// Make the store from an export.
    Import(import::ImportArguments),
    /// Check the store, or an export.
    Verify(verify::VerifyArguments),
    /// Make a store usable: called by the daemon alone.
    #[command(hide = true)]
    Mend(mend::MendArguments),
}

/// Runs the command and gives the exit code.
pub fn run(arguments: &Arguments) -> u8 {
    let json = arguments.json;
    match &arguments.command {
        Command::Init(own) => on_the_screen(|out, err| {
            let mut screen = screen::Screen::new(json, out, err);
            wait_for(init::run(&arguments.config, own, &mut screen))
        }),
        Command::Run(own) => run::run(&arguments.config, own),
        Command::Check => {
            on_the_screen(|out, _| check::run(&arguments.config, &environment(), json, out))
        }
        Command::Doctor(own) => on_the_screen(|out, err| {
            let loaded = match load_or_tell(arguments, BrokenHolidays::Replaced, err) {
                Ok(loaded) => loaded,
                Err(code) => return code,
            };
            let (settings, warnings) = (&loaded.settings, &loaded.warnings);
            let mut screen = screen::Screen::new(json, out, err);
            let socket = socket(settings);
            wait_for(doctor::run(settings, warnings, &socket, own, &mut screen))
        }),
        Command::Explain(own) => with_calendars(arguments, |settings, out, err| {
            explain::run(&settings.rules, own, json, out, err)
        }),
        Command::Calendar(own) => with_calendars(arguments, |settings, out, err| {
            let outcome = calendar::run(&settings.rules, own, json, out);
            outcome.map_or_else(|error| told(&error, err), |()| DONE)
        }),
        Command::Status => with_daemon(arguments, |socket, out, err| {
            wait_for(status::run(socket, json, out, err))
        }),
        Command::Cases(own) => with_daemon(arguments, |socket, out, err| {
            wait_for(cases::run(socket, own, json, out, err))
        }),
        Command::Case(own) => with_daemon(arguments, |socket, out, err| {
            wait_for(case::run(socket, own, json, out, err))
        }),
        Command::Away(own) => of_absence(arguments, &away::away(own)),
        Command::Back(own) => of_absence(arguments, &away::back(own)),
        Command::Checkins(own) => with_daemon(arguments, |socket, out, err| {
            wait_for(checkins::run(socket, own, json, out, err))
        }),
        Command::Outbox(own) => with_daemon(arguments, |socket, out, err| {
            wait_for(outbox::run(socket, own, json, out, err))
        }),
        Command::Quarantine => with_daemon(arguments, |socket, out, err| {
            wait_for(quarantine::run(socket, json, out, err))
        }),
        Command::Template(own) => of_templates(arguments, own),
        // Whatever is wrong with the configuration: the daemon is to say it.
        Command::Reload(own) => on_the_screen(|out, err| {
            let service = settings::service_of(&arguments.config, &environment());
            let mut screen = screen::Screen::new(json, out, err);
            wait_for(reload::run(&socket_of(&service), own, &mut screen))
        }),
        Command::Export(own) => with_settings(arguments, |settings, out, err| {
            let mut screen = screen::Screen::new(json, out, err);
            wait_for(export::run(settings, &socket(settings), own, &mut screen))
        }),
        Command::Import(own) => with_settings(arguments, |settings, out, err| {
            let mut screen = screen::Screen::new(json, out, err);
            import::run(settings, own, &mut screen)
        }),
        Command::Mend(own) => wait_for(mend::run(own)),
        Command::Verify(own) => with_settings(arguments, |settings, out, err| {
            let mut screen = screen::Screen::new(json, out, err);
            wait_for(verify::run(settings, &socket(settings), own, &mut screen))
        }),
    }
}

fn of_templates(arguments: &Arguments, command: &template::TemplateCommand) -> u8 {
    with_calendars(arguments, |settings, out, err| {
        let now = SystemClock.now();
        template::run(settings, command, now, arguments.json, out, err)
    })
}

/// Asks or tells the daemon who is away.
fn of_absence(arguments: &Arguments, request: &Request) -> u8 {
    with_daemon(arguments, |socket, out, err| {
        wait_for(away::run(socket, request, arguments.json, out, err))
    })
}

/// Says what is wrong with a question about a calendar.
fn told(error: &calendar::CalendarCommandError, err: &mut dyn Write) -> u8 {
    if !error.is_of_printing() {
        // If nobody reads it, the exit code still tells.
        let _ = writeln!(err, "ackd: {error}");
    }
    error.exit_code()
}

/// A command that counts business time. As for the daemon, the last good copy of a broken
/// holiday file holds, which is told.
fn with_calendars(
    arguments: &Arguments,
    command: impl FnOnce(&Settings, &mut dyn Write, &mut dyn Write) -> u8,
) -> u8 {
    with(arguments, BrokenHolidays::Replaced, |settings, out, err| {
        for file in &settings.holiday_files {
            if let Some(warning) = file.warning() {
                // If nobody reads it, the answer still stands.
                let _ = writeln!(err, "ackd: warning: {warning}");
            }
        }
        command(settings, out, err)
    })
}

/// A command that only talks with the daemon. All it needs is the socket: where the configuration
/// can't be used, the daemon that runs by what it read before is asked all the same.
fn with_daemon(
    arguments: &Arguments,
    command: impl FnOnce(&Path, &mut dyn Write, &mut dyn Write) -> u8,
) -> u8 {
    on_the_screen(|out, err| {
        let (file, environment) = (&arguments.config, environment());
        let problems = match settings::load_with(file, &environment, BrokenHolidays::Unread) {
            Ok(loaded) => return command(&socket(&loaded.settings), out, err),
            Err(problems) => problems,
        };
        let socket = socket_of(&settings::service_of(file, &environment));
        // A file that is not there says nothing of any daemon; another one may answer.
        if file.exists() && UnixStream::connect(&socket).is_ok() {
            let serious = problems.iter();
            let serious = serious.filter(|own| own.severity == settings::Severity::Problem);
            let count = match serious.count() {
                1 => "1 problem".to_owned(),
                count => format!("{count} problems"),
            };
            // If nobody reads it, the answer still stands.
            let _ = writeln!(
                err,
                "ackd: {} has {count} (\"ackd check\" lists them); the daemon at {} runs by what it read before",
                file.display(),
                socket.display()
            );
            return command(&socket, out, err);
        }
        tell_problems(&problems, err)
    })
}

/// A command that needs the settings, though no holidays.
fn with_settings(
    arguments: &Arguments,
    command: impl FnOnce(&Settings, &mut dyn Write, &mut dyn Write) -> u8,
) -> u8 {
    with(arguments, BrokenHolidays::Unread, command)
}

fn with(
    arguments: &Arguments,
    broken: BrokenHolidays,
    command: impl FnOnce(&Settings, &mut dyn Write, &mut dyn Write) -> u8,
) -> u8 {
    on_the_screen(|out, err| match load_or_tell(arguments, broken, err) {
        Ok(loaded) => command(&loaded.settings, out, err),
        Err(code) => code,
    })
}

/// Runs a command on standard output and standard error.
fn on_the_screen(command: impl FnOnce(&mut dyn Write, &mut dyn Write) -> u8) -> u8 {
    let (mut out, mut err) = (std::io::stdout().lock(), std::io::stderr().lock());
    printout::printing(&mut out, &mut err, command)
}

/// Parses what was called with. The error is the exit code of what there was to print instead:
/// help, the version, or what is wrong.
pub fn parse() -> Result<Arguments, u8> {
    Arguments::try_parse().map_err(|told| {
        let code = u8::try_from(told.exit_code()).unwrap_or(USAGE);
        match told.use_stderr() {
            true => {
                // If nobody reads it, the exit code still tells.
                let _ = told.print();
                code
            }
            // To standard output it prints help as the library would, with its colours.
            false => on_the_screen(|out, _| {
                let text = told.render();
                let _ = match std::io::IsTerminal::is_terminal(&std::io::stdout()) {
                    true => write!(out, "{}", text.ansi()),
                    false => write!(out, "{text}"),
                };
                code
            }),
        }
    })
}

/// The socket of the running daemon. Under systemd the daemon's default lies in its runtime
/// directory, which a command run by hand is not told of.
fn socket(settings: &Settings) -> PathBuf {
    socket_of(&settings.service)
}

fn socket_of(service: &ServiceSettings) -> PathBuf {
    const OF_SERVICE: &str = "/run/ackd/ackd.sock";
    let own = &service.socket;
    let default = service.state_dir.join("ackd.sock");
    if *own == default && !own.exists() && Path::new(OF_SERVICE).exists() {
        return PathBuf::from(OF_SERVICE);
    }
    own.clone()
}

fn wait_for(command: impl Future<Output = u8>) -> u8 {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    match runtime {
        Ok(runtime) => runtime.block_on(command),
        Err(_) => UNREACHABLE,
    }
}

/// Loads the configuration for a command that needs it; prints what is wrong with it on
/// `err`. The error is the exit code.
pub fn load_or_tell(
    arguments: &Arguments,
    broken: BrokenHolidays,
    err: &mut dyn Write,
) -> Result<Loaded, u8> {
    settings::load_with(&arguments.config, &environment(), broken)
        .map_err(|problems| tell_problems(&problems, err))
}

/// Prints what is wrong with the configuration, and gives the exit code for it.
fn tell_problems(problems: &[Problem], err: &mut dyn Write) -> u8 {
    for problem in problems {
        // If nobody reads it, the exit code still tells.
        let _ = writeln!(err, "{problem}");
    }
    PROBLEM
}

/// Who sits at the keyboard, also behind sudo. Empty if the environment does not tell.
fn user_name() -> String {
    ["SUDO_USER", "USER", "LOGNAME"]
        .into_iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|name| !name.is_empty())
        .unwrap_or_default()
}

/// A number of a case or a mail as people write it: `7` or `#7`.
fn number(text: &str) -> Option<u64> {
    let digits = text.strip_prefix('#').unwrap_or(text);
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number: Option<u64> = plain.then(|| digits.parse().ok()).flatten();
    number.filter(|number| *number > 0)
}

/// The environment, as far as it is text.
pub fn environment() -> Vec<(String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}
