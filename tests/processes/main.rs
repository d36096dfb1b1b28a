//! The real program on real mail servers, ill-treated: killed, cut off, starved, its clock moved.
//! At the end is counted in the inboxes of the people it wrote to: lost 0, double 0.
//!
//! Vocabulary: a *storm* is the time in which things are done to the program or to what it
//! depends on; in the *calm* after it everything it owes must get done. *Traffic* is the stream of
//! client mail, and what the team answers. The *tally* goes by what lies in the inboxes, never
//! by what the program believes: *lost* is what nobody was told of, *double* what somebody was
//! told twice under different Message-IDs, *late* what went out although the answer had long been
//! there, *again* the one documented repetition: a mail to the team whose sending was cut off,
//! once more under its own Message-ID.
//!
//! | story | what is done | mailboxes |
//! | --- | --- | --- |
//! | `killed` | SIGKILL at random moments, under load | user10, user11 |
//! | `torn` | a bad line: cut, delayed, split, swallowed, also behind DATA's final dot | user12, user13 |
//! | `outages` | the mail servers stopped and frozen | of servers of its own |
//! | `clocks` | the wall clock goes hours forward and back | user14 |
//! | `descriptors` | too few file descriptors | user15 |
//! | `loops` | two of its kind; a robot with ever-changing addresses | user16, user17; user18 (user5 to user9 and paul are the robot's) |
//!
//! The full disk is in `tests/daemon/full_disk.rs`. Owners and leads read in the inbox of `alice`,
//! clients in that of `anna`.
//!
//! `scripts/test` plays a short form of each story, `scripts/torment` a long one: it sets
//! `ACKD_TORMENT_ROUNDS` (how many kills, storms or outages there are) and
//! `ACKD_TORMENT_SEED`. Each story prints its seed and its tally; a seed repeats what is done
//! and when, though not to the microsecond. Against servers that run already (`scripts/servers`):
//!
//! ```text
//! scripts/servers start /tmp/servers dovecot postfix
//! set -a; . /tmp/servers/env; set +a
//! ACKD_TORMENT_ROUNDS=50 cargo test --test processes killed -- --nocapture
//! scripts/servers stop /tmp/servers
//! ```

#[allow(dead_code, reason = "shared with the simulation, which draws more")]
#[path = "../simulation/chance.rs"]
mod chance;
mod clocks;
#[allow(dead_code, reason = "shared with the stories of a day")]
#[path = "../daemon/daemon.rs"]
mod daemon;
mod descriptors;
#[allow(dead_code, reason = "shared with the stories of a day")]
#[path = "../daemon/installation.rs"]
mod installation;
mod killed;
mod line;
mod loops;
mod outages;
#[allow(dead_code, reason = "shared with the stories of a day")]
#[path = "../daemon/people.rs"]
mod people;
mod storm;
mod tally;
mod torn;
mod traffic;
