//! The disk is full: nothing is sent whose intent is not on disk, and nothing is lost.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::daemon::Daemon;
use crate::installation::Installation;
use crate::people::{Inbox, Mailbox, Servers};

/// More mails than the store can note down in the space it has left.
const NOTICES: usize = 80;

/// A small file system of its own, gone with the story.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// `None` where mounting is not allowed.
    fn mounted_at(path: &Path) -> Option<Self> {
        fs::create_dir(path).expect("writable");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=6m,mode=700", "tmpfs"])
            .arg(path)
            .output();
        let succeeded = mounted.is_ok_and(|output| output.status.success());
        succeeded.then(|| Self(path.to_owned()))
    }

    fn ballast(&self) -> PathBuf {
        self.0.join("ballast")
    }

    fn fill(&self) {
        let mut ballast = File::create(self.ballast()).expect("writable");
        let mut size = 64 * 1024;
        while size > 0 {
            if ballast.write_all(&vec![b'x'; size]).is_err() {
                size /= 2;
            }
        }
    }

    fn free(&self) {
        fs::remove_file(self.ballast()).expect("it is there");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: the daemon of a failed story may still have files open there.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn on_a_full_disk_it_says_so_and_sends_nothing_until_there_is_room() {
    let Some(servers) = Servers::named() else {
        return;
    };
    let mut installation =
        Installation::new("fulldisk", &servers).watching(&servers.dovecot, "user18");
    let mut daemon = Daemon::installed(&installation);
    // Beside the state folder there is room.
    let pages = daemon.path("pages");
    installation.further = format!(
        "\n[alarm]\ncommand = [\"/bin/sh\", \"-c\", \"cat >> {}\"]\n",
        pages.display()
    );
    daemon.configure(&installation);
    let Some(disk) = SmallDisk::mounted_at(&daemon.state_dir()) else {
        println!("skipped: no file system can be mounted here");
        return;
    };
    daemon.start();
    daemon.wait_until_live();
    let mut alice = Inbox::of(&servers, &installation.alice());
    let mut anna = Inbox::of(&servers, &installation.anna());
    let letter = installation.letter("user18", "crowded");

    let mut user = Mailbox::open(&servers.dovecot, "user18");
    user.put("INBOX", letter.to_string());
    daemon.wait_for_case(&letter.id);
    disk.fill();
    // A few bytes are free in what the store has already; the client's programs use them up.
    for number in 0..NOTICES {
        let mut notice = installation.letter("user18", &format!("notice-{number}"));
        notice.from = "no-reply@client.test".to_owned();
        user.put("INBOX", notice.to_string());
    }
    let ended = daemon.wait_until_ended();
    assert_eq!(ended.code(), Some(1), "{ended}: {}", daemon.log_end());
    let told = daemon.logged(&["ERROR", "no space left"]);
    assert!(
        !told.is_empty(),
        "the reason is not told: {}",
        daemon.log_end()
    );
    let paged = || fs::read_to_string(&pages).unwrap_or_default();
    let stopped = "ackd has stopped: its store can't be used";
    assert_eq!(paged().matches(stopped).count(), 1, "{}", paged());
    // As systemd does; the operator need not hear of it each time.
    for _ in 0..2 {
        daemon.start();
        daemon.wait_until_ended();
    }
    assert_eq!(paged().matches(stopped).count(), 1, "{}", paged());
    assert!(
        alice.mails().is_empty() && anna.mails().is_empty(),
        "mail went out though its intent could not be written: {}",
        daemon.log_end()
    );

    disk.free();
    daemon.start();
    daemon.wait_until_live();
    daemon.wait_for_case(&letter.id);
    alice.wait_for(&daemon, &letter.id);
    anna.wait_for(&daemon, &letter.id);
    daemon.wait_until_sent();
    assert_eq!(alice.mails().len(), 1, "mails to the owner");
    assert_eq!(anna.mails().len(), 1, "mails to the client");
    let (ended, _) = daemon.stop();
    assert!(ended.success(), "{ended}");
}
