//! What lies around the configuration: the folder of its file, and the environment.
//!
//! What it names may be there or not; `check` may be run by another person, in another
//! environment, than the daemon. So what is lacking here is only warned of.

use std::path::{Path, PathBuf};

/// Where systemd puts the credentials of the running daemon, for a look from outside.
const SERVICE_CREDENTIALS: &str = "/run/credentials/ackd.service";

/// Where programs are looked for if the environment says nothing.
const USUAL_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// The folder and the environment of the configuration.
pub(super) struct Surroundings<'a> {
    /// The folder of the main file: where relative paths begin.
    pub(super) folder: &'a Path,
    /// The environment.
    pub(super) environment: &'a [(String, String)],
}

impl Surroundings<'_> {
    /// A variable of the environment.
    pub(super) fn variable(&self, name: &str) -> Option<&str> {
        let mut environment = self.environment.iter();
        let found = environment.find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Whether a command of this name can be run: a path, or a name to be found in `$PATH`.
    pub(super) fn has_program(&self, program: &str) -> bool {
        if program.contains('/') {
            return is_there(Path::new(program));
        }
        let folders = self.variable("PATH").unwrap_or(USUAL_PATH);
        std::env::split_paths(folders).any(|folder| folder.join(program).is_file())
    }

    /// Why a credential of systemd is not there, if it is not. Without the variable it looks
    /// where those of a running daemon lie; if it may not look there, it may be.
    pub(super) fn lack_of_credential(&self, name: &str) -> Option<&'static str> {
        let (folder, lack) = match self.variable("CREDENTIALS_DIRECTORY") {
            Some(folder) => (
                PathBuf::from(folder),
                "there is no such credential in $CREDENTIALS_DIRECTORY",
            ),
            None => (
                PathBuf::from(SERVICE_CREDENTIALS),
                "there is no such credential here ($CREDENTIALS_DIRECTORY is not set)",
            ),
        };
        (!is_there(&folder.join(name))).then_some(lack)
    }
}

/// Whether a path leads to something. What may not be looked at may be there.
fn is_there(path: &Path) -> bool {
    path.try_exists().unwrap_or(true)
}
