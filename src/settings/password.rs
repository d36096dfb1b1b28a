//! Reading a password from where it is kept.
//!
//! Vocabulary: a *credential* is a file that systemd puts into `$CREDENTIALS_DIRECTORY`
//! (LoadCredential=); a *source* says where the password is. It is read anew at each login,
//! so that it can be changed while the daemon runs.

use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use secrecy::SecretString;

use super::PasswordSource;

/// The longest password we take, in bytes.
pub const PASSWORD_BYTES_MAX: u64 = 64 * 1024;

/// How long a password command may take.
pub const COMMAND_TIMEOUT: Duration = Duration::from_secs(30);

/// How often we look whether the command has ended.
const COMMAND_POLL: Duration = Duration::from_millis(10);

/// The bits of a file's mode that let others than its owner in.
pub(super) const OTHERS: u32 = 0o077;

impl PasswordSource {
    /// Reads the password. Blocks: for a command up to [`COMMAND_TIMEOUT`].
    ///
    /// Fails, with a text for people that never holds the password, if it is not there, is
    /// empty, or lies in a file that others than its owner can read.
    pub fn read(&self) -> Result<SecretString, String> {
        let password = match self {
            Self::Plain(password) => return Ok(password.clone()),
            Self::Environment(variable) => std::env::var(variable).map_err(|_| {
                format!("could not read the password: the environment variable {variable} is not set; set it for ackd")
            })?,
            Self::Credential(name) => {
                let folder = std::env::var_os("CREDENTIALS_DIRECTORY").ok_or_else(|| {
                    format!("could not read the credential \"{name}\": $CREDENTIALS_DIRECTORY is not set; start ackd by systemd with LoadCredential={name}:FILE")
                })?;
                read_file(&Path::new(&folder).join(name), 0)?
            }
            Self::File(path) => read_file(path, OTHERS)?,
            Self::Command(command) => run(command, COMMAND_TIMEOUT)?,
        };
        if password.is_empty() {
            return Err(format!("the password from {} is empty", self.told()));
        }
        Ok(SecretString::from(password))
    }

    /// Where it is kept, for people.
    fn told(&self) -> String {
        match self {
            Self::Plain(_) => "the configuration".into(),
            Self::Environment(variable) => format!("the environment variable {variable}"),
            Self::Credential(name) => format!("the credential \"{name}\""),
            Self::File(path) => path.display().to_string(),
            Self::Command(command) => {
                format!("\"{}\"", command.first().map_or("", String::as_str))
            }
        }
    }
}

/// Reads a file that has none of these mode bits, without the newline at its end.
fn read_file(path: &Path, refused_mode: u32) -> Result<String, String> {
    let told = path.display();
    let could_not = |error| format!("could not read the password file {told}: {error}");
    let file = std::fs::File::open(path).map_err(could_not)?;
    let mode = file.metadata().map_err(could_not)?.mode();
    if mode & refused_mode != 0 {
        return Err(format!(
            "the password file {told} can be read by others (mode {:03o}); run: chmod 600 {told}",
            mode & 0o777
        ));
    }
    let mut text =
        text_of(file).map_err(|error| format!("the password file {told} holds {error}"))?;
    strip_newline(&mut text);
    Ok(text)
}

/// Runs a command without a shell and takes the first line it prints.
fn run(command: &[String], timeout: Duration) -> Result<String, String> {
    let Some((program, arguments)) = command.split_first() else {
        return Err("the password command is empty".into());
    };
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("could not run the password command \"{program}\": {error}"))?;
    let output = read_with_timeout(&mut child, timeout);
    if output.is_none() {
        // It may have ended by itself in this moment; either way nothing is left behind.
        let _ = child.kill();
    }
    let status = wait(&mut child, timeout);
    let Some(output) = output else {
        return Err(format!(
            "the password command \"{program}\" gave no answer within {} s",
            timeout.as_secs()
        ));
    };
    let output =
        output.map_err(|error| format!("the password command \"{program}\" printed {error}"))?;
    match status {
        Some(status) if status.success() => {
            let line = output.lines().next().unwrap_or_default();
            Ok(line.to_owned())
        }
        Some(status) => Err(format!(
            "the password command \"{program}\" failed ({status}); run it by hand as ackd's user to see why"
        )),
        None => Err(format!(
            "the password command \"{program}\" did not end within {} s",
            timeout.as_secs()
        )),
    }
}

/// What the command prints until it closes its output. `None`: it took too long.
fn read_with_timeout(child: &mut Child, timeout: Duration) -> Option<Result<String, String>> {
    let output = child.stdout.take()?;
    let (sender, receiver) = mpsc::sync_channel(1);
    std::thread::spawn(move || {
        // Nobody listens any more if it took too long.
        let _ = sender.send(text_of(output));
    });
    receiver.recv_timeout(timeout).ok()
}

/// Waits for the command to end; kills it after the time-out.
fn wait(child: &mut Child, timeout: Duration) -> Option<std::process::ExitStatus> {
    let looks = timeout.as_millis() / COMMAND_POLL.as_millis();
    for _ in 0..looks.max(1) {
        if let Ok(Some(status)) = child.try_wait() {
            return Some(status);
        }
        std::thread::sleep(COMMAND_POLL);
    }
    let _ = child.kill();
    // After SIGKILL this returns at once; without it a zombie would stay.
    let _ = child.wait();
    None
}

/// Reads everything, at most [`PASSWORD_BYTES_MAX`].
fn text_of(source: impl std::io::Read) -> Result<String, String> {
    let mut bytes = Vec::new();
    source
        .take(PASSWORD_BYTES_MAX + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| error.to_string())?;
    if bytes.len() as u64 > PASSWORD_BYTES_MAX {
        return Err(format!("more than {PASSWORD_BYTES_MAX} bytes"));
    }
    String::from_utf8(bytes).map_err(|_| "bytes that are not UTF-8".into())
}

/// Takes exactly one newline off the end: editors add one, and passwords may end in blanks.
fn strip_newline(text: &mut String) {
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use secrecy::ExposeSecret as _;

    use super::*;

    fn file_with(content: &str, mode: u32) -> (tempfile::TempDir, PasswordSource) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("password");
        std::fs::write(&path, content).expect("a file");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("a mode");
        (folder, PasswordSource::File(path))
    }

    fn shell(script: &str) -> Vec<String> {
        vec!["sh".into(), "-c".into(), script.into()]
    }

    #[test]
    fn a_file_loses_exactly_one_newline() {
        for (content, password) in [
            ("swordfish", "swordfish"),
            ("swordfish\n", "swordfish"),
            ("swordfish\r\n", "swordfish"),
            ("swordfish \n\n", "swordfish \n"),
        ] {
            let (_folder, source) = file_with(content, 0o600);
            let read = source.read().expect("a password");
            assert_eq!(read.expose_secret(), password);
        }
    }

    #[test]
    fn a_file_that_others_can_read_is_refused_and_not_shown() {
        let (_folder, source) = file_with("swordfish\n", 0o640);
        let error = source.read().expect_err("others can read it");
        assert!(
            error.contains("mode 640") && error.contains("chmod 600"),
            "{error}"
        );
        assert!(!error.contains("swordfish"));
    }

    #[test]
    fn an_empty_or_missing_password_is_an_error() {
        let (_folder, source) = file_with("\n", 0o600);
        assert!(source.read().expect_err("empty").contains("is empty"));
        let missing = PasswordSource::File("/nowhere/password".into());
        assert!(
            missing
                .read()
                .expect_err("missing")
                .contains("/nowhere/password")
        );
        let unset = PasswordSource::Environment("ACKD_TEST_IS_NOT_SET".into());
        assert!(
            unset
                .read()
                .expect_err("unset")
                .contains("ACKD_TEST_IS_NOT_SET")
        );
    }

    #[test]
    fn of_a_command_the_first_line_counts() {
        let source = PasswordSource::Command(shell("echo swordfish; echo url: example"));
        assert_eq!(
            source.read().expect("a password").expose_secret(),
            "swordfish"
        );
        let failing = PasswordSource::Command(shell("echo swordfish; exit 3"));
        let error = failing.read().expect_err("it failed");
        assert!(
            error.contains("exit status: 3") && !error.contains("swordfish"),
            "{error}"
        );
    }

    #[test]
    fn a_command_that_hangs_is_ended() {
        let error = run(&["sleep".into(), "60".into()], Duration::from_millis(50));
        assert!(error.expect_err("it hangs").contains("no answer"));
        let closed = shell("exec >&-; exec sleep 60");
        let error = run(&closed, Duration::from_millis(50)).expect_err("it does not end");
        assert!(error.contains("did not end"), "{error}");
    }
}
