//! The real `ackd run` on real mail servers: a day's stories, told with windows of seconds.
//!
//! Vocabulary: a *story* is one test with a daemon, a temporary folder and mailboxes of its
//! own; its *tag* is a word found nowhere else, which stands in every address and Message-ID
//! of the story, so that people of several stories can share one inbox.
//!
//! The servers are named by the environment, as `scripts/servers` prints it. A story whose
//! servers are not named is skipped, unless `ACKD_TEST_SERVERS=required`. Stories run beside
//! each other, so that each watches mailboxes of its own:
//!
//! | story | Dovecot | Cyrus | Courier |
//! | --- | --- | --- | --- |
//! | `promise`: reminded and acknowledged | user0 | | |
//! | `promise`: two reminders in one mail, escalation | tom | | |
//! | `answers`: answers in three sent folders | user2 | user2 | user2 |
//! | `restart`: killed before the acknowledgement | user3 | | |
//! | `restart`: killed, and mail arrives meanwhile | user4 | | |
//! | `restart`: killed again and again | user1 | | |
//! | `restart`: asked to stop | clients | | |
//! | `reload`: clients and mailboxes come and go | user5, user6 | | |
//! | `blind`: five blind mailboxes beside a good one | user7, user8 | | |
//! | `observing`: from watching to acknowledging | user9 | | |
//! | `full_disk` | user18 | | |
//! | `mail`: one mail in two mailboxes | projects, user19 | | |
//! | `mail`: odd messages | lead | | user4 |
//! | `sending`: the mail server is down | bob | | |
//! | `sending`: a recipient is refused | paul | | |
//! | `monitoring`: metrics, health and the log as JSON | user10 | | |
//! | `unreadable` (plays the server itself) | | | |
//!
//! Owners and leads read in the inbox of `alice`, clients in that of `anna` (both Dovecot).

mod answers;
mod blind;
mod configuration;
mod daemon;
mod full_disk;
mod gate;
mod installation;
mod mail;
mod monitoring;
mod observing;
mod people;
mod promise;
mod reload;
mod replies;
mod restart;
mod sending;
mod unreadable;
