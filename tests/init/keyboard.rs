//! At a keyboard: a pseudo-terminal, of which the test has the other end.
//!
//! `setsid` (util-linux) makes it the program's own, so that Ctrl-C reaches it.

use std::fs::File;
use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use rustix::fs::{Mode, OFlags, open};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, tcgetattr};
use tokio::time::Instant;

use crate::{House, OWNER};

const CTRL_C: &str = "\u{3}";
const ENTER: &str = "\r";
const PATIENCE: Duration = Duration::from_secs(30);

/// A program at a terminal.
struct Terminal {
    child: Child,
    keyboard: File,
    screen: Receiver<Vec<u8>>,
    shown: String,
    /// How far it was read.
    read: usize,
    /// Kept open, so that the terminal lives longer than the program.
    inner: File,
}

impl Terminal {
    fn run(command: &Command) -> Self {
        let outer = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
        grantpt(&outer).expect("granted");
        unlockpt(&outer).expect("unlocked");
        let name = ptsname(&outer, Vec::new()).expect("a name");
        let inner = open(&name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty());
        let inner = File::from(inner.expect("its inner end"));
        let end = || Stdio::from(inner.try_clone().expect("cloned"));
        let mut own = Command::new("setsid");
        own.args(["--ctty", "--wait"]).arg(command.get_program());
        own.args(command.get_args()).env_clear();
        own.env("TERM", "xterm").env("PATH", "/usr/bin:/bin");
        own.stdin(end()).stdout(end()).stderr(end());
        let child = own.spawn().expect("setsid starts");
        let keyboard = File::from(outer);
        let mut eyes = keyboard.try_clone().expect("cloned");
        let (sender, screen) = channel();
        thread::spawn(move || {
            let mut room = [0; 4096];
            while let Ok(length) = eyes.read(&mut room) {
                if length == 0 || sender.send(room[..length].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self {
            child,
            keyboard,
            screen,
            shown: String::new(),
            read: 0,
            inner,
        }
    }

    /// Waits until these words are shown, and then types.
    fn answer(&mut self, words: &str, keys: &str) {
        self.wait_for(words);
        // Prompts are shown before the terminal is in their mode.
        thread::sleep(Duration::from_millis(150));
        self.keyboard.write_all(keys.as_bytes()).expect("typed");
    }

    fn wait_for(&mut self, words: &str) {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(at) = self.shown[self.read..].find(words) {
                self.read += at + words.len();
                return;
            }
            let left = end.saturating_duration_since(Instant::now());
            let Ok(bytes) = self.screen.recv_timeout(left) else {
                panic!("{words:?} was not shown: {}", self.shown);
            };
            self.shown.push_str(&String::from_utf8_lossy(&bytes));
        }
    }

    /// Waits for the end: the exit code, and all that was shown.
    fn end(mut self) -> (Option<i32>, String) {
        let code = self.child.wait().expect("it ends").code();
        let echo = tcgetattr(&self.inner).expect("a terminal").local_modes;
        assert!(
            echo.contains(LocalModes::ECHO),
            "the terminal shows what is typed again"
        );
        while let Ok(bytes) = self.screen.recv_timeout(Duration::from_millis(200)) {
            self.shown.push_str(&String::from_utf8_lossy(&bytes));
        }
        (code, self.shown)
    }
}

#[test]
fn at_a_keyboard_everything_is_asked_and_proposals_are_chosen() {
    let house = House::with(&["Sent"]);
    let mut terminal = Terminal::run(&house.command(&[]));
    terminal.answer("Password of clients@northwind.example", "wrong\r");
    terminal.answer("That did not work", ENTER);
    terminal.answer("Password", "pw\r");
    terminal.answer("the team's answers: \"Sent\"", "");
    terminal.answer("The team's domains", ENTER);
    terminal.answer("The team's name", "Northwind Ltd\r");
    terminal.answer("Look through the headers", "y");
    terminal.answer("Which of them are clients?", " \r");
    terminal.answer("Further clients", "partner.example\r");
    terminal.answer("Who is reminded", "alice@northwind.example\r");
    terminal.answer("Who hears", ENTER);
    terminal.answer("Working hours", ENTER);
    terminal.answer("Within which working time", "2h\r");
    terminal.answer("Write ", "y");
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(0), "{shown}");
    assert!(
        !shown.contains("wrong\r\n"),
        "what is typed as a password is not shown"
    );
    let rules = house.loaded().settings.rules;
    let keys: Vec<&str> = rules.clients.keys().map(|key| key.as_str()).collect();
    assert_eq!(keys, ["acme", "partner"]);
    assert_eq!(rules.team.name, "Northwind Ltd");
}

#[test]
fn ctrl_c_leaves_nothing_behind_whatever_is_asked() {
    let house = House::with(&["Sent"]);
    let steps = [
        ("Password of", "pw\r"),
        ("The team's domains", ENTER),
        ("The team's name", ENTER),
        ("Look through the headers", "y"),
        ("Which of them are clients?", ENTER),
        ("Domains of clients", ENTER),
        ("Working hours", ENTER),
        ("Within which working time", ENTER),
        ("Write ", "y"),
    ];
    // A password, a text, a yes or no, a list, and the last question of all.
    for stopped_at in [0, 1, 3, 4, 8] {
        let mut terminal = Terminal::run(&house.command(&OWNER));
        for (words, keys) in &steps[..stopped_at] {
            terminal.answer(words, keys);
            if words.starts_with("Domains") {
                terminal.answer("Who hears", ENTER);
            }
        }
        terminal.answer(steps[stopped_at].0, CTRL_C);
        let (code, shown) = terminal.end();
        assert_eq!(code, Some(130), "{shown}");
        assert!(shown.contains("stopped: nothing was written"), "{shown}");
        assert_eq!(house.files(), Vec::<String>::new(), "{shown}");
    }
}
