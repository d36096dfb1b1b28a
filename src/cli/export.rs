//! `ackd export`: everything ackd remembers, as a file.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use super::progress::Progress;
use super::screen::{DONE, PROBLEM, Screen, UNREACHABLE, printable};
use crate::control::view::ExportView;
use crate::control::{Answer, Request, ask};
use crate::daemon::{KeepingPace, write_export, write_last_export};
use crate::settings::Settings;
use crate::store::{Headway, StatePlaces, StoreError, open};

/// How long the store may take to open where no daemon runs.
const OPEN_TIME_MAX: Duration = Duration::from_secs(60);

/// What `ackd export` may be told.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct ExportArguments {
    /// Where to write it. Default: state_dir/exports, beside those of the daemon
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
}

/// Writes an export: the running daemon does it, or we do if none runs. The exit code: 0, 1 if
/// it could not be written, 3 if a daemon runs but can't be reached.
pub async fn run(
    settings: &Settings,
    socket: &Path,
    arguments: &ExportArguments,
    screen: &mut Screen<'_>,
) -> u8 {
    let view = match ask(socket, &Request::Export).await {
        Ok(Answer::Exported(view)) => copy_for(view, arguments),
        Ok(Answer::Refused(refusal)) => {
            screen.complain(&refusal.words);
            return PROBLEM;
        }
        Ok(_) => return screen.misfit(),
        Err(unreachable) => match offline(settings, arguments, screen).await {
            Err(StoreError::InUse { .. }) => {
                screen.complain(&unreachable.to_string());
                return UNREACHABLE;
            }
            // Whose it is, is well: another one asks.
            Err(_) if !may_write(&settings.service.state_dir) => {
                let told = settings.service.state_dir.display();
                screen.complain(&format!(
                    "neither the daemon ({unreachable}) nor the state folder {told} can be reached by this user; run it as ackd's own (sudo -u ackd ackd export), or as a member of the socket's group beside a running daemon"
                ));
                return UNREACHABLE;
            }
            written => written.map_err(|error| error.to_string()),
        },
    };
    match view {
        Ok(view) if screen.json => screen.print_json(&view),
        Ok(view) => {
            let words = format!(
                "{} records ({} KiB) written to {}\n",
                view.records,
                view.bytes.div_ceil(1024),
                printable(&view.file)
            );
            screen.print(&words);
        }
        Err(words) => {
            screen.complain(&words);
            return PROBLEM;
        }
    }
    DONE
}

/// Whether this user may change anything in the state folder.
fn may_write(state_dir: &Path) -> bool {
    let lock = OpenOptions::new()
        .write(true)
        .open(state_dir.join("ackd.lock"));
    !matches!(lock, Err(error) if error.kind() == io::ErrorKind::PermissionDenied)
}

/// The daemon has written it into its own folder; we copy it to where it was wanted.
fn copy_for(view: ExportView, arguments: &ExportArguments) -> Result<ExportView, String> {
    let Some(file) = &arguments.file else {
        return Ok(view);
    };
    let copied = copy(Path::new(&view.file), file);
    copied.map_err(|error| {
        let (from, to) = (&view.file, file.display());
        format!("the export {from} is written, but could not be copied to {to}: {error}")
    })?;
    Ok(ExportView {
        file: file.display().to_string(),
        ..view
    })
}

/// Complete and private from the first byte on, or not there at all.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let mut unfinished = to.as_os_str().to_owned();
    unfinished.push(".unfinished");
    let unfinished = PathBuf::from(unfinished);
    let mut private = OpenOptions::new();
    let private = private.write(true).create(true).truncate(true).mode(0o600);
    let mut copy = private.open(&unfinished)?;
    io::copy(&mut File::open(from)?, &mut copy)?;
    copy.sync_all()?;
    std::fs::rename(&unfinished, to)
}

async fn offline(
    settings: &Settings,
    arguments: &ExportArguments,
    screen: &Screen<'_>,
) -> Result<ExportView, StoreError> {
    let places = StatePlaces::of(&settings.service.state_dir);
    let lock = places.lock()?;
    if let Some(reason) = places.lost()? {
        return Err(places.damaged(&reason));
    }
    // After a crash it is not known whether all that was done is in it.
    let is_last = places.is_sealed();
    let store = open(&places.store(), OPEN_TIME_MAX).await?;
    let folder = places.exports();
    let path = match &arguments.file {
        Some(file) => file.clone(),
        None => {
            folder.create()?;
            folder.place_for(screen.now)
        }
    };
    let headway = Headway::default();
    let seen = headway.clone();
    let progress = Progress::show("Records written:", screen.json, move || seen.seen());
    let written = match is_last {
        true => write_last_export(&store, &path, screen.now, &headway).await,
        false => write_export(&store, &path, KeepingPace::FAST, screen.now, &headway).await,
    };
    drop(progress);
    store.close().await?;
    let written = written?;
    if arguments.file.is_none() {
        folder.rotate(settings.service.exports_kept as usize)?;
    }
    drop(lock);
    Ok(ExportView {
        file: written.path.display().to_string(),
        records: written.records,
        bytes: written.bytes,
    })
}
