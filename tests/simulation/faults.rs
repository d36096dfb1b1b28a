//! The weather: what goes wrong, how often, and where.

use std::time::Duration;

use crate::chance::Chance;

/// How bad it is now.
#[derive(Debug)]
pub(crate) struct Weather {
    pub(crate) chance: Chance,
    /// Faults come this often as often as in a storm: 0 in the calm, 4 in a storm.
    pub(crate) force: u32,
    /// Whether mail goes out only with trouble.
    pub(crate) post_force: u32,
}

/// What happens to one line.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LineFate {
    /// The line breaks after the server has said this many bytes.
    pub(crate) said_left: Option<usize>,
    /// The line breaks after the server has heard this many bytes.
    pub(crate) heard_left: Option<usize>,
    /// By how much everything the server says is late.
    pub(crate) lateness: Duration,
    /// How many bytes come at once.
    pub(crate) step: usize,
}

impl LineFate {
    pub(crate) fn breaks(&self) -> bool {
        self.said_left.is_some() || self.heard_left.is_some()
    }
}

/// What an IMAP server does wrong with one command.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ImapFault {
    No,
    /// The login is refused for good, as far as one can tell.
    Denied,
    Bad,
    Bye,
    Silence,
    /// The line breaks after so many bytes of the answer.
    Cut(usize),
    /// Says what nobody asked for.
    Chatter,
    /// The same of the open folder.
    Unsolicited,
    Late(Duration),
    /// Meanwhile somebody moves the newest message of the open folder elsewhere.
    Moved,
}

/// How far a mail gets on its way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PostPhase {
    Greeting,
    Hello,
    Sender,
    Recipient,
    Data,
    Dot,
}

/// What the mail server does wrong in one connection.
#[derive(Debug, Clone, Copy)]
pub(crate) enum PostFault {
    Code(u16),
    /// Nothing is said any more. After the dot: whether the mail was taken.
    Silence {
        taken: bool,
    },
    /// The line breaks. After the dot: whether the mail was taken.
    Cut {
        taken: bool,
    },
}

/// What a write to the disk comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DiskFate {
    Written,
    /// Written, but everybody waited for it this many seconds.
    Slow(i64),
    /// Refused; nothing is written.
    Refused,
    /// The machine fails before it is on the disk.
    CrashBefore,
    /// The machine fails after it is on the disk, before anybody hears so.
    CrashAfter,
}

impl Weather {
    pub(crate) fn new(chance: Chance) -> Self {
        Self {
            chance,
            force: 0,
            post_force: 0,
        }
    }

    /// Once in so many times in a storm, seldom in mere wind, never in the calm.
    pub(crate) fn one_in(&mut self, count: u32) -> bool {
        self.force > 0 && self.chance.one_in(count * 4 / self.force)
    }

    pub(crate) fn line_fate(&mut self, to_post: bool) -> LineFate {
        let breaks = match to_post {
            true => self.post_force > 0 && self.chance.one_in(24 / self.post_force),
            false => self.one_in(6),
        };
        let (mut said_left, mut heard_left) = (None, None);
        if breaks && self.chance.one_in(2) {
            said_left = Some(self.chance.depth(8_000).max(1));
        } else if breaks {
            heard_left = Some(self.chance.depth(4_000).max(1));
        }
        let late = self.one_in(10);
        let splits = self.one_in(8);
        LineFate {
            said_left,
            heard_left,
            lateness: match late {
                true => Duration::from_millis(self.chance.between(1, 4_000).unsigned_abs()),
                false => Duration::ZERO,
            },
            step: match splits {
                true => self.chance.size(1, 40),
                false => usize::MAX,
            },
        }
    }

    /// Whether nobody answers at the door.
    pub(crate) fn refuses(&mut self) -> bool {
        self.one_in(12)
    }

    pub(crate) fn imap_fault(&mut self, command: &str) -> Option<ImapFault> {
        if !self.one_in(30) {
            return None;
        }
        let late = Duration::from_secs(self.chance.between(1, 30).unsigned_abs());
        let denied = command.starts_with("LOGIN") && self.chance.one_in(3);
        Some(match self.chance.between(0, 13) {
            _ if denied => ImapFault::Denied,
            0 | 1 => ImapFault::No,
            2 => ImapFault::Bad,
            3 => ImapFault::Bye,
            4 => ImapFault::Silence,
            5..=7 => ImapFault::Cut(self.chance.depth(3_000)),
            8 => ImapFault::Chatter,
            9 => ImapFault::Unsolicited,
            10 | 11 => ImapFault::Moved,
            _ => ImapFault::Late(late),
        })
    }

    pub(crate) fn post_fault(&mut self) -> Option<(PostPhase, PostFault)> {
        if self.post_force == 0 || !self.chance.one_in(12 / self.post_force.min(12)) {
            return None;
        }
        use PostPhase::{Data, Dot, Greeting, Hello, Recipient, Sender};
        let phases = [Greeting, Hello, Sender, Recipient, Data, Dot, Dot, Dot, Dot];
        let phase = self.chance.pick(&phases);
        let taken = self.chance.one_in(2);
        let fault = match self.chance.between(0, 9) {
            0..=2 => PostFault::Silence { taken },
            3..=5 => PostFault::Cut { taken },
            6..=8 => PostFault::Code(self.chance.pick(&[421, 450, 451, 452])),
            _ => PostFault::Code(self.chance.pick(&[550, 554])),
        };
        Some((phase, fault))
    }

    pub(crate) fn disk_fate(&mut self) -> DiskFate {
        if !self.one_in(70) {
            return DiskFate::Written;
        }
        match self.chance.between(0, 6) {
            0 | 1 => DiskFate::Slow(self.chance.between(1, 45)),
            2 => DiskFate::Refused,
            3 | 4 => DiskFate::CrashBefore,
            _ => DiskFate::CrashAfter,
        }
    }
}
