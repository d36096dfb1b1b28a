//! The whole daemon, minus sockets, in seeded worlds: nothing is lost and nothing is sent twice,
//! whatever goes wrong.
//!
//! Vocabulary: a *seed* makes a *world*: a house with a team and its clients, mailboxes, a mail
//! server, a disk, two clocks, and a *story* of what happens there; a *life* is one run of the
//! daemon between a start and a crash or stop; the *oracle* knows the truth and complains.
//!
//! ```text
//!          story ──────▶ mailboxes ◀──▶ imap ◀──▶ line ◀──▶ ┌────────┐
//!            │  letters (the truth)                         │ daemon │ ◀── clock (may be wrong)
//!            ▼      │                  smtp ◀──▶ line ◀──▶  │        │
//!          oracle ◀─┴── deliveries ◀────┘      disk ◀─────▶ └────────┘
//! ```
//!
//! What is real: the engine, the watches, our IMAP command loop, its bounded reader and the
//! parser, the SMTP conversation, every mail that is written. What is played: streams (in memory,
//! broken at any byte), the servers behind them, the store (a commit is written whole or not at
//! all), both clocks. All of it happens on one thread in tokio's paused time and in one order, so
//! that a seed is always the same world: `seeds.rs` proves it, and says how to play a seed again.
//!
//! # What goes wrong
//!
//! Lines that break after any byte in either direction, come in crumbs or late; NO, BAD, BYE,
//! silence, answers to nothing, responses twice and unasked for, messages no parser can read;
//! mail moved, also between a look and the fetch, and deleted; another UIDVALIDITY; a mailbox
//! brought back from a backup; servers down for hours. The mail server: any phase refused for now
//! or for good, silent or cut, before and after the final dot, the mail taken or not. Every other
//! one files what it takes into a Sent folder, some seconds later (`filing.rs`). The disk: slow,
//! refusing, crashing before and after the write. The machine: crashes between any two steps on
//! the wires, stops, sleeps. The daemon's clock: hours ahead or behind, standing still. Between
//! lives: another mode, other zone rules. In a second round of the same worlds (`losses.rs`) the
//! store is lost now and then, most of all soon after a client got a mail, and made again from an
//! export some commits older, or from nothing.
//!
//! # What is demanded
//!
//! At every commit and every mail (`oracle.rs`): no case at odds with itself; intent on disk
//! before the first byte; a client acknowledged once in a conversation, only where allowed, never
//! after an answer that lay in sight; no mail again that was taken and known to be; no reminder for
//! what a mailbox in good order shows as answered; nothing held for want of a copy that lay in a
//! Sent folder when it was looked for; no command that changes a mailbox but filing our own copy. When the storm is over and four business days have passed: every client's mail in a
//! watched folder is in a case; each case is closed exactly if a colleague answered it; its owner
//! was told of what is open; every rung acted upon, nothing left on its way, no rung twice for
//! anybody; every mailbox live. In the calm (every fifth world, `punctual.rs`) every mail goes out
//! within 75 s of its moment.
//!
//! # What it can't see, and what it leaves out
//!
//! - A thanks whose text could not be fetched at the first try waits like any other mail.
//!
//! # It can fail
//!
//! The daemon was broken on purpose; how many worlds complained, from seed 0 on:
//!
//! | what was broken | found in |
//! | --- | --- |
//! | the cursor is committed before what was learned | 1 of 150 |
//! | an old look counts as a fresh one | 4 of 150 |
//! | an acknowledgement of unknown outcome is sent again | 1 of 300 |
//! | a second attempt has another Message-ID | 39 of 150 |
//! | an attempt is not on disk before the first byte | 131 of 150 |
//! | another UIDVALIDITY is not noticed | 1 of 150 |
//! | rows a crash interrupted are forgotten | 7 of 365 |
//! | a copy in another mailbox is a new mail | 8 of 464 |
//! | answers seen before their question are not kept | 4 of 239 |
//! | a mail that was put off is dropped | 2 of 483 |
//! | a mark `\Answered` is not noticed | 13 of 245 |
//! | reminders are not marked as sent | 7 of 7 |
//! | one refusal gives a message up (as it was) | 3 of 1400 |
//! | a copy in the Sent folder settles no doubt, only what is held | 1 of 260, from 123 on |
//!
//! | after a loss nobody is in doubt, and sent folders are not read for our own mail | 1 of 200 |
//!
//! Not found, because a second net holds: a refused FETCH taken for an empty one (the count of the
//! folder's messages has it read again), a second acknowledgement in a case (a sender gets one in
//! 24 hours).

mod chance;
mod clock;
mod disk;
mod faults;
mod filing;
mod house;
mod imap;
mod letters;
mod line;
mod lives;
mod losses;
mod mailbox;
mod oracle;
mod panics;
mod punctual;
mod seeds;
mod smtp;
mod story;
mod world;
