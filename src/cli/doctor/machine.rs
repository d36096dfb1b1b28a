//! The machine ackd runs on, and the daemon if it runs.

use std::path::Path;

use super::Finding;
use crate::cli::verify;
use crate::control::{Answer, Request, ask};
use crate::domain::calendar::ZONE_DATA_VERSION;
use crate::domain::time::Timestamp;
use crate::settings::{Settings, ending_holidays};

/// Free space below which the store is in danger, and below which one should look, in MiB.
const FREE_MIB_MIN: u64 = 100;
const FREE_MIB_LOW: u64 = 1024;

/// Open files that each mailbox may need, and the daemon besides.
const FILES_PER_MAILBOX: u64 = 4;
const FILES_BESIDES: u64 = 100;

/// After how many years the rules of time zones are old: every year some change.
const ZONE_DATA_YEARS: i32 = 2;

/// Disk, limits, time zones and holidays.
pub(super) fn machine(settings: &Settings, now: Timestamp) -> Vec<Finding> {
    let mut findings = vec![disk(&settings.service.state_dir)];
    findings.extend(files(settings.mailboxes.len() as u64));
    findings.push(zones(now));
    findings.extend(holidays(settings, now));
    findings
}

fn disk(state_dir: &Path) -> Finding {
    let subject = "disk";
    // The folder is made at the first start; until then the one above it tells.
    let looked_at = state_dir.ancestors().find(|folder| folder.exists());
    let looked_at = looked_at.unwrap_or(Path::new("/"));
    let space = match rustix::fs::statvfs(looked_at) {
        Ok(space) => space,
        Err(error) => {
            let seen = format!("could not look at {}: {error}", looked_at.display());
            return Finding::yellow(subject, seen, "see that ackd's user may enter this folder");
        }
    };
    let mebibytes = space.f_bavail.saturating_mul(space.f_frsize) / (1024 * 1024);
    let seen = format!("{mebibytes} MiB free for {}", state_dir.display());
    let mend = "make room: ackd stops sending when it can't write to its store";
    match mebibytes {
        ..FREE_MIB_MIN => Finding::red(subject, seen, mend),
        FREE_MIB_MIN..FREE_MIB_LOW => Finding::yellow(subject, seen, mend),
        FREE_MIB_LOW.. => Finding::green(subject, seen),
    }
}

/// The limit of whoever calls; the unit sets the daemon's own.
fn files(mailboxes: u64) -> Option<Finding> {
    let limits = std::fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits
        .lines()
        .find(|line| line.starts_with("Max open files"))?;
    let soft: u64 = line.split_whitespace().nth(3)?.parse().ok()?;
    let needed = mailboxes * FILES_PER_MAILBOX + FILES_BESIDES;
    let seen = format!("{soft} open files are allowed here, {needed} are enough");
    Some(if soft >= needed {
        Finding::green("limits", seen)
    } else {
        Finding::yellow(
            "limits",
            seen,
            "raise LimitNOFILE= in the unit (systemctl edit ackd)",
        )
    })
}

fn zones(now: Timestamp) -> Finding {
    let subject = "time zones";
    let seen = format!("rules of {ZONE_DATA_VERSION}");
    let year: Option<i32> = ZONE_DATA_VERSION
        .get(..4)
        .and_then(|year| year.parse().ok());
    let this_year = chrono::Datelike::year(&now);
    match year {
        Some(year) if this_year - year < ZONE_DATA_YEARS => Finding::green(subject, seen),
        Some(_) | None => Finding::yellow(
            subject,
            seen,
            "upgrade ackd: countries change their clocks, and deadlines follow the rules built in",
        ),
    }
}

fn holidays(settings: &Settings, now: Timestamp) -> Vec<Finding> {
    let subject = "holidays";
    let mut findings: Vec<Finding> = ending_holidays(settings, now)
        .iter()
        .map(|problem| {
            let mend = "put a newer file in its place; ackd notices by itself";
            Finding::yellow(subject, problem.message.clone(), mend)
        })
        .collect();
    for file in &settings.holiday_files {
        if let Some(warning) = file.warning() {
            findings.push(Finding::yellow(
                subject,
                warning,
                "mend the file, or get it anew",
            ));
        } else if !findings
            .iter()
            .any(|own| own.seen.contains(&*file.path.to_string_lossy()))
        {
            let seen = format!("{}: days off until {}", file.path.display(), file.last_day);
            findings.push(Finding::green(subject, seen));
        }
    }
    findings
}

/// Whether the daemon runs, how it is, and whether its store is whole.
pub(super) async fn daemon(settings: &Settings, socket: &Path) -> Vec<Finding> {
    let mut findings = Vec::new();
    match ask(socket, &Request::Status).await {
        Ok(Answer::Status(view)) if view.is_well() => {
            let seen = format!("runs in mode {}, and is well", view.mode);
            findings.push(Finding::green("daemon", seen));
        }
        Ok(Answer::Status(view)) => {
            let mut troubles: Vec<String> = view.alarms.clone();
            troubles.extend(view.mailboxes.iter().filter_map(|mailbox| {
                let reason = mailbox.reason.as_ref()?;
                Some(format!("{}: {reason}", mailbox.name))
            }));
            let seen = format!("runs in mode {}; {}", view.mode, troubles.join("; "));
            let mend = "\"ackd status\" shows more; see also what is said below";
            findings.push(Finding::red("daemon", seen, mend));
        }
        Ok(_) => findings.push(Finding::red(
            "daemon",
            "answered another question than it was asked",
            "program and daemon are of different versions: systemctl restart ackd",
        )),
        Err(error) => findings.push(Finding::yellow(
            "daemon",
            format!("does not run, or not for you: {error}"),
            "start it (systemctl enable --now ackd), or call this as root or a member of group ackd",
        )),
    }
    let subject = "store";
    findings.push(match verify::verified(settings, socket, false).await {
        Ok(view) if view.findings.is_empty() => {
            Finding::green(subject, format!("checked {}", view.checked))
        }
        Ok(view) => Finding::red(subject, view.findings.join("; "), verify::MEND),
        Err(reason) => Finding::yellow(
            subject,
            reason.to_string(),
            "call this as ackd's user: sudo -u ackd ackd doctor",
        ),
    });
    findings
}
