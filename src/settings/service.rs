//! `[service]`, `[limits]`, `[log]`, `[metrics]` and `[alarm]`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::kinds::{ADDRESS, DURATION, LISTEN, PATH, VERBATIM};
use super::review::{Form, quoted};
use super::section::Section;
use super::surroundings::Surroundings;
use super::{
    AlarmSettings, Limits, LogFormat, LogSettings, MetricsSettings, ServiceSettings, mail,
};
use crate::domain::rules::{AcknowledgeLimits, Mode};

/// The longest path of a Unix socket (`sun_path`, without its NUL).
const SOCKET_PATH_BYTES_MAX: usize = 107;

/// Of how many days the last export is kept, unless the configuration says otherwise.
const EXPORTS_KEPT: u32 = 7;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// What `[service]` says, and whether subjects are kept.
pub(super) fn service(
    section: &Section<'_>,
    folder: &Path,
    runtime_directory: Option<&str>,
) -> (ServiceSettings, bool) {
    let state_dir = section
        .one("state_dir", &PATH)
        .map_or_else(|| "/var/lib/ackd".into(), |found| folder.join(found.value));
    let observe = ("observe", Mode::Observe);
    let others = [("remind", Mode::Remind), ("full", Mode::Full)];
    let service = ServiceSettings {
        mode: section.choice_or_first("mode", observe, &others),
        socket: socket(section, folder).unwrap_or_else(|| match runtime_directory {
            // systemd lists several directories with colons between them.
            Some(list) => PathBuf::from(list.split(':').next().unwrap_or(list)).join("ackd.sock"),
            None => state_dir.join("ackd.sock"),
        }),
        blind_after: duration(section, "blind_after", 1, DAY, 15 * MINUTE),
        keep: duration(section, "keep", DAY, 3660 * DAY, 400 * DAY),
        export_every: duration(section, "export_every", MINUTE, 30 * DAY, DAY),
        exports_kept: section.number("exports_kept", &(1..=1000), EXPORTS_KEPT),
        state_dir,
    };
    let keep_subjects = section.flag("keep_subjects", true);
    section.finish();
    (service, keep_subjects)
}

fn socket(section: &Section<'_>, folder: &Path) -> Option<PathBuf> {
    let found = section.one("socket", &PATH)?;
    let path = folder.join(&found.value);
    if path.as_os_str().len() > SOCKET_PATH_BYTES_MAX {
        let what = format!(
            "\"{}\" is too long for a socket; write a path of at most {SOCKET_PATH_BYTES_MAX} bytes",
            found.value
        );
        section.review().refuse(&found, &what);
    }
    Some(path)
}

/// What `[limits]` says.
pub(super) fn limits(section: &Section<'_>) -> (AcknowledgeLimits, Limits) {
    let acknowledge = AcknowledgeLimits {
        per_sender_every: duration(section, "per_sender_every", 1, 30 * DAY, DAY),
        per_client_per_hour: section.number("per_client_per_hour", &(1..=1000), 5),
        breaker: section.number("breaker", &(1..=10_000), 20),
        breaker_within: duration(section, "breaker_within", 1, DAY, 10 * MINUTE),
        breaker_reset: duration(section, "breaker_reset", 1, 30 * DAY, HOUR),
    };
    let default = Limits::default();
    let wait = |key, most, default: Duration| duration(section, key, 1, most, default.as_secs());
    let limits = Limits {
        smtp_timeout: wait("smtp_timeout", 10 * MINUTE, default.smtp_timeout),
        catch_up_within: wait("catch_up_within", HOUR, default.catch_up_within),
    };
    section.finish();
    (acknowledge, limits)
}

/// What `[log]` says.
pub(super) fn log(section: &Section<'_>) -> LogSettings {
    let words = [("text", LogFormat::Text), ("json", LogFormat::Json)];
    let log = LogSettings {
        format: section.choice("format", &words).unwrap_or_default(),
        people: section.flag("people", false),
    };
    section.finish();
    log
}

/// What `[metrics]` says.
pub(super) fn metrics(section: &Section<'_>) -> MetricsSettings {
    let listen = section.one("listen", &LISTEN);
    if let Some(found) = listen.as_ref().filter(|own| !own.value.ip().is_loopback()) {
        let what = format!(
            "\"{}\" can be reached by other machines, and who asks is not asked for a password; write \"127.0.0.1:{}\", or keep strangers out with a firewall",
            found.value,
            found.value.port()
        );
        section.review().warn(found, &what);
    }
    section.finish();
    MetricsSettings {
        listen: listen.map(|found| found.value),
    }
}

/// What `[alarm]` says.
pub(super) fn alarm(section: &Section<'_>, around: &Surroundings<'_>) -> AlarmSettings {
    let to = section.many("to", &ADDRESS).unwrap_or_default();
    let command = section.some("command", &VERBATIM);
    let program = command.as_ref().and_then(|words| words.first());
    if let Some(program) = program.filter(|program| !around.has_program(&program.value)) {
        let what = format!(
            "there is no program {}; install it, or write its whole path",
            quoted(&program.value)
        );
        section.review().warn(program, &what);
    }
    let alarm = AlarmSettings {
        to: to.into_iter().map(|found| found.value).collect(),
        smtp: section
            .section("smtp")
            .and_then(|smtp| mail::smtp(&smtp, around)),
        command: command
            .map(|words| words.into_iter().map(|word| word.value).collect::<Vec<_>>())
            .filter(|words| !words.is_empty()),
    };
    section.finish();
    alarm
}

/// A duration of wall-clock time between two bounds; all in seconds.
pub(super) fn duration(
    section: &Section<'_>,
    key: &'static str,
    least: u64,
    most: u64,
    default: u64,
) -> Duration {
    section.takes(key, || {
        let (least, most) = (written(least), written(most));
        let default = quoted(&written(default));
        Form::of("a duration").within(least, most).or(default)
    });
    let default = Duration::from_secs(default);
    let Some(found) = section.one(key, &DURATION) else {
        return default;
    };
    if (least..=most).contains(&found.value.as_secs()) {
        return found.value;
    }
    let shown = section.raw(key).map(|raw| section.show(raw.value));
    let what = format!(
        "{} is out of range; write a duration from \"{}\" to \"{}\"",
        shown.unwrap_or_default(),
        written(least),
        written(most)
    );
    section.review().refuse(&found, &what);
    default
}

/// A duration as people write it: days where it is whole days.
fn written(seconds: u64) -> String {
    match seconds {
        seconds if seconds >= DAY && seconds.is_multiple_of(DAY) => format!("{}d", seconds / DAY),
        seconds => crate::domain::time::format_duration(Duration::from_secs(seconds)),
    }
}
