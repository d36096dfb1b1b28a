//! Where the files go, whose they are, and how they come to be all at once.
//!
//! Vocabulary: the *service user* is the one the unit runs as (`User=ackd`); it can read what lies
//! in the configuration folder that the package makes, which belongs to its group.
//!
//! A file is written beside its place, synced, and then linked or renamed to it: passwords first,
//! the configuration last. What exists is replaced only with `--force`. A configuration that
//! `ackd check` would refuse, with the drop-ins that are there, is not written at all.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{
    DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, chown,
};
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret as _, SecretString};

use super::ask::Stop;
use super::file::{Passwords, Plan, quoted, render};
use super::{InitArguments, Secrets, interrupt};
use crate::settings::{self, Severity};

/// The user and the group of the service.
const SERVICE: &str = "ackd";

/// Where the package puts the unit, and an administrator another one.
const UNITS: [&str; 3] = [
    "/etc/systemd/system/ackd.service",
    "/usr/lib/systemd/system/ackd.service",
    "/usr/local/lib/systemd/system/ackd.service",
];

/// What tells systemd of the passwords.
const DROP_IN: &str = "/etc/systemd/system/ackd.service.d/passwords.conf";

/// Where things go.
#[derive(Debug)]
pub(super) struct Places {
    /// The configuration file.
    pub(super) config: PathBuf,
    /// Its folder.
    folder: PathBuf,
    /// The service user and its group, if the folder is the service's.
    service: Option<(u32, u32)>,
    is_root: bool,
    force: bool,
    secrets: Secrets,
}

/// What was written.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Written {
    /// The password files.
    pub(super) secrets: Vec<PathBuf>,
    /// What tells systemd of them.
    pub(super) drop_in: Option<PathBuf>,
}

/// A file to be written.
struct NewFile {
    path: PathBuf,
    content: SecretString,
    mode: u32,
    owner: Option<(u32, u32)>,
}

impl Places {
    /// Finds out where things go, and that they can. Nothing is changed.
    pub(super) fn of(config: &Path, arguments: &InitArguments) -> Result<Self, Stop> {
        let folder = match config.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
            _ => PathBuf::from("."),
        };
        let told = folder.display();
        let metadata = fs::metadata(&folder).map_err(|error| {
            Stop::Problem(format!("could not look at the folder {told}: {error}; make it first (mkdir -p {told}), or name another file with --config"))
        })?;
        let is_root = fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0);
        let user = number_of(SERVICE, "/etc/passwd");
        let group = number_of(SERVICE, "/etc/group");
        let service = user.zip(group);
        let service = service.filter(|(_, group)| is_root && *group == metadata.gid());
        let places = Self {
            config: config.to_owned(),
            folder,
            service,
            is_root,
            force: arguments.force,
            secrets: arguments.secrets,
        };
        places.refuse_what_is_there(config)?;
        let unfinished = unfinished(config);
        let tried = create(&unfinished, 0o600).and_then(|_| fs::remove_file(&unfinished));
        tried.map_err(|error| could_not_write(&unfinished, &error))?;
        let has_unit = UNITS.iter().any(|unit| Path::new(unit).exists());
        if places.secrets == Secrets::Credential && !(is_root && has_unit) {
            return Err(Stop::Usage(
                "--secrets credential is for root on a machine with the unit ackd.service; leave it away, and the password goes into a file beside the configuration".into(),
            ));
        }
        Ok(places)
    }

    /// The state folder to be written down. The default is the service's own; whoever begins
    /// elsewhere has one beside the configuration.
    pub(super) fn state_dir(&self, arguments: &InitArguments) -> Option<PathBuf> {
        let is_of_service = self.is_root && self.folder == Path::new("/etc/ackd");
        let told = arguments.state_dir.clone();
        told.or_else(|| (!is_of_service).then(|| PathBuf::from("state")))
    }

    /// Whether systemd starts the daemon with this configuration.
    pub(super) fn is_of_service(&self) -> bool {
        self.is_root
            && self.config == Path::new("/etc/ackd/ackd.toml")
            && UNITS.iter().any(|unit| Path::new(unit).exists())
    }

    /// Refuses a password file that is there already, before anybody is asked for the password.
    pub(super) fn refuse_passwords(&self, key: &str, has_own_smtp: bool) -> Result<(), Stop> {
        self.refuse_what_is_there(&self.secret_place(&format!("{key}-password")))?;
        match has_own_smtp {
            true => self.refuse_what_is_there(&self.secret_place("smtp-password")),
            false => Ok(()),
        }
    }

    fn secret_place(&self, name: &str) -> PathBuf {
        match self.secrets {
            Secrets::File => self.folder.join(name),
            Secrets::Credential => self.folder.join("secrets").join(name),
        }
    }

    /// Writes everything, or nothing.
    pub(super) fn write(&self, plan: &Plan) -> Result<Written, Stop> {
        let mailbox = format!("{}-password", plan.key);
        let mut secrets = vec![(mailbox.clone(), &plan.mailbox.password)];
        let own = plan.smtp.as_ref().and_then(|smtp| smtp.password.as_ref());
        let smtp = match own {
            Some(own) => {
                secrets.push(("smtp-password".to_owned(), own));
                "smtp-password"
            }
            None => &mailbox,
        };
        let passwords = Passwords {
            mailbox: self.spelled(&mailbox),
            smtp: self.spelled(smtp),
        };
        let mut files: Vec<NewFile> = Vec::new();
        for (name, secret) in &secrets {
            files.push(self.secret_file(name, secret));
        }
        let written = Written {
            secrets: files.iter().map(|file| file.path.clone()).collect(),
            drop_in: (self.secrets == Secrets::Credential).then(|| PathBuf::from(DROP_IN)),
        };
        if let Some(path) = &written.drop_in {
            let content = drop_in(&secrets.iter().map(|(name, _)| name).zip(&written.secrets));
            files.push(NewFile {
                path: path.clone(),
                content: SecretString::from(content),
                mode: 0o644,
                owner: None,
            });
        }
        files.push(NewFile {
            path: self.config.clone(),
            content: SecretString::from(render(plan, &passwords)),
            mode: 0o640,
            owner: self.service.map(|(_, group)| (0, group)),
        });
        for file in &files {
            self.refuse_what_is_there(&file.path)?;
        }
        let guard = interrupt::hold_off();
        self.put(&files)?;
        interrupt::is_written();
        drop(guard);
        Ok(written)
    }

    /// A password as the configuration names it.
    fn spelled(&self, name: &str) -> String {
        match self.secrets {
            Secrets::File => format!("{{ file = {} }}", quoted(name)),
            Secrets::Credential => format!("{{ credential = {} }}", quoted(name)),
        }
    }

    fn secret_file(&self, name: &str, secret: &SecretString) -> NewFile {
        // A credential is read by systemd, as root.
        let owner = self.service.filter(|_| self.secrets == Secrets::File);
        NewFile {
            path: self.secret_place(name),
            content: SecretString::from(format!("{}\n", secret.expose_secret())),
            mode: 0o600,
            owner,
        }
    }

    fn refuse_what_is_there(&self, path: &Path) -> Result<(), Stop> {
        let is_there = fs::symlink_metadata(path).is_ok();
        if !is_there || self.force {
            return Ok(());
        }
        let told = path.display();
        Err(Stop::Problem(format!(
            "{told} is there already, and nothing was written; --force replaces it, --config FILE writes another configuration"
        )))
    }

    /// Writes the files beside their places, has the last one checked, and puts them all there.
    fn put(&self, files: &[NewFile]) -> Result<(), Stop> {
        let prepared = files.iter().try_for_each(prepare);
        let checked = prepared.and_then(|()| self.check());
        let mut new = Vec::new();
        let put = checked.and_then(|()| {
            files.iter().try_for_each(|file| {
                let was_there = fs::symlink_metadata(&file.path).is_ok();
                publish(&file.path, self.force)
                    .map_err(|error| could_not_write(&file.path, &error))?;
                if !was_there {
                    new.push(&file.path);
                }
                Ok(())
            })
        });
        if put.is_err() {
            for path in new {
                // What can't be taken away again is named by the next try.
                let _ = fs::remove_file(path);
            }
        }
        for file in files {
            // Those that have become something are gone already.
            let _ = fs::remove_file(unfinished(&file.path));
        }
        put
    }

    /// Loads what lies beside the configuration's place as `ackd check` will.
    fn check(&self) -> Result<(), Stop> {
        let unfinished = unfinished(&self.config);
        let Err(problems) = settings::load(&unfinished, &crate::cli::environment()) else {
            return Ok(());
        };
        let (from, to) = (
            unfinished.display().to_string(),
            self.config.display().to_string(),
        );
        // The passwords are not in their places yet, which is warned of.
        let told = problems
            .iter()
            .filter(|own| own.severity == Severity::Problem);
        let told = told.map(|own| own.to_string().replace(&from, &to));
        let told: Vec<String> = told.collect();
        Err(Stop::Problem(format!(
            "nothing was written: together with what is in ackd.d and in the environment it would not be valid\n{}",
            told.join("\n")
        )))
    }
}

/// What tells systemd where the passwords lie.
fn drop_in<'a>(secrets: &(impl Iterator<Item = (&'a String, &'a PathBuf)> + Clone)) -> String {
    let mut text =
        "# Written by `ackd init`: the passwords that ackd.toml names as credentials.\n[Service]\n"
            .to_owned();
    for (name, path) in secrets.clone() {
        text.push_str(&format!("LoadCredential={name}:{}\n", path.display()));
    }
    text
}

/// The number of a user or a group by its line in a file such as `/etc/passwd`.
fn number_of(name: &str, file: &str) -> Option<u32> {
    let text = fs::read_to_string(file).ok()?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    line.split(':').nth(1)?.parse().ok()
}

fn unfinished(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.unfinished"))
}

fn create(path: &Path, mode: u32) -> io::Result<File> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path)
}

/// Writes a file beside its place: private until it is whole.
fn prepare(file: &NewFile) -> Result<(), Stop> {
    let path = unfinished(&file.path);
    let write = || {
        let folder = path.parent().unwrap_or(Path::new("."));
        if !folder.as_os_str().is_empty() && !folder.exists() {
            let mode = if file.mode & 0o077 == 0 { 0o700 } else { 0o755 };
            DirBuilder::new()
                .recursive(true)
                .mode(mode)
                .create(folder)?;
        }
        let mut own = create(&path, 0o600)?;
        own.write_all(file.content.expose_secret().as_bytes())?;
        if let Some((user, group)) = file.owner {
            chown(&path, Some(user), Some(group))?;
        }
        own.set_permissions(fs::Permissions::from_mode(file.mode))?;
        own.sync_all()
    };
    write().map_err(|error| could_not_write(&file.path, &error))
}

/// Puts a prepared file into its place. Without `replaces` it fails if one is there.
fn publish(path: &Path, replaces: bool) -> io::Result<()> {
    let unfinished = unfinished(path);
    match replaces {
        true => fs::rename(&unfinished, path)?,
        false => fs::hard_link(&unfinished, path)?,
    }
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

fn could_not_write(path: &Path, error: &io::Error) -> Stop {
    let told = path.display();
    Stop::Problem(format!(
        "could not write {told}: {error}; nothing was changed. Run it as whoever may write there (sudo), or name another file with --config"
    ))
}
