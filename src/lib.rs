//! ackd: no client mail goes unanswered.
//!
//! A background daemon for client-services teams. It watches the IMAP mailboxes they already
//! use, knows which mail comes from clients, starts a clock for each, notices that somebody
//! answered, reminds the right people before the clock runs out, escalates when it has, and,
//! where the operator allows it, acknowledges receipt to the client shortly before the
//! deadline. This page is the architecture; each module's page begins with its vocabulary.
//!
//! # The picture
//!
//! ```text
//!         bytes               facts                decisions              one commit              mail
//! IMAP ─────────▶ imap::fetch ───────▶ engine ─▶ domain::decide ─▶ store, on disk ─▶ smtp::send ─▶ SMTP
//!                                        ▲  ▲                         │ then Book::apply  │ verdict
//!                        clock: tick ────┘  └───── attempt report ◀───┴───────────────────┘
//! ```
//!
//! A pure domain in the middle, thin shells around it. Data flows one way: bytes → facts →
//! verdict → decision → one commit → mail.
//!
//! # The life of one mail
//!
//! 1. [`imap::watch`] sees a new message, by push or poll, and fetches the listed header fields
//!    ([`domain::facts::FIELDS`]); a prefix of the text only where the verdict could need it.
//! 2. [`domain::facts::MessageFacts::parse`] makes facts of the bytes. Nothing it is given can
//!    make it fail; what is odd is noted.
//! 3. Beside the engine, each message is judged: [`domain::classify::judge`] makes a verdict of
//!    the facts, with reasons. Verdicts and the cursor that stands for them go to the engine
//!    ([`daemon::Engine`]), the only owner of the [`domain::book::Book`], as one
//!    [`daemon::Messages`].
//! 4. [`domain::decide::Inquiry`] says what must be known from disk; the store answers.
//! 5. [`domain::decide::arrivals`] opens, continues or answers cases, on copies. The result is
//!    one [`domain::commit::Commit`] that carries the cursor too.
//! 6. [`store::StoreHandle::commit`] puts it on disk, flushed and synced. Only then does
//!    [`domain::book::Book::apply`] take it over.
//! 7. When a rung of the ladder comes near, the engine has every mailbox looked at once more.
//!    [`domain::decide::due`] turns ripe rungs into outbox rows, in a commit again.
//! 8. [`domain::decide::dispatch`] looks at the row's cases a last time and says what the mail
//!    has to tell; [`domain::decide::attempt`] is on disk before the first byte goes out;
//!    [`domain::draft::render`] writes the mail; [`smtp::send`] hands it over;
//!    [`domain::decide::report`] takes down what became of it.
//!
//! # What else goes this way
//!
//! - *Who is told* of a case at a moment, and in whose place while somebody is away, says
//!   [`domain::decide::places()`] alone. People are away by the configuration, by `ackd away` or by
//!   their own out-of-office mail ([`domain::absence`]).
//! - *A colleague answers a mail of ours* with a word. [`domain::reply`] takes it apart;
//!   [`domain::decide::reply()`] does what the command of that name would do.
//! - *Contact with a client* is noted as mail and meetings pass by. Which check-in is due follows
//!   from it ([`domain::check_in`]).
//! - *Mornings and weeks.* [`domain::decide::errands()`] owes the mails when their hour has come; what
//!   they tell is worked out when they are sent ([`domain::digest`], [`domain::report`]).
//! - *In which language* the client is acknowledged is judged with the verdict
//!   ([`domain::language`]); the text is gone by the time it is needed. Templates of the operator's
//!   own are tried when they are loaded, never when something is to be sent.
//! - *Other roads* than mail are chosen when something is owed ([`domain::notifications`]); the
//!   outbox row names the road, and [`roads`] takes it.
//!
//! # What never breaks
//!
//! 1. The cursor of a mailbox moves only in the commit that holds what was learned.
//! 2. A case is acknowledged once, ever ([`domain::case::Case::acknowledgement`]); a rung is acted
//!    upon once for each person ([`domain::case::Mark`]).
//! 3. Intent is on disk before the first SMTP byte, and the Message-ID comes from the outbox
//!    number. What was interrupted in mid-send is sent again to the team; where it would go to
//!    a client, its copy is looked for in the Sent folders, and without one it is held for a
//!    person.
//! 4. Mailboxes are opened with `EXAMINE`, read with `PEEK`; the only write is `APPEND` of our own
//!    sent copy.
//! 5. A message, mailbox or client that goes wrong never stops the others. A panic in a watch is
//!    a disconnect.
//! 6. Everything has a limit with a name, every wait a time-out.
//! 7. A mailbox without proof of life is an alarm, told once, also by a second route, and ended
//!    by one all-clear. What was told is on disk ([`domain::alarm`]).
//! 8. Secrets, bodies and full addresses never reach the logs. Of a panic they tell the place
//!    ([`daemon::panics`]): what it says may quote mail.
//! 9. Timers are derived from cases ([`domain::case::Outlook`]), never stored. A restart works
//!    them out anew.
//! 10. A damaged or lost store is rebuilt from its newest export and the mailboxes
//!     ([`store::StatePlaces::rebuild`]); whom we may have written to before gets no second
//!     acknowledgement ([`domain::commit::LostTime`]).
//! 11. A case's state follows from what happened, in the order in which it *happened*
//!     ([`domain::case::Case::happenings`]), not in which we learned of it.
//! 12. An answer settles the mails it names, directly or through a client's mail that it names,
//!     and those of the people it is addressed to ([`domain::case::Reach`]). Whoever else waits in
//!     the same case keeps a clock of his own. What is passed on to somebody else answers nobody
//!     but him.
//!
//! # Where things are
//!
//! | room | what it is | what it knows |
//! | --- | --- | --- |
//! | [`domain`] | the rules, pure: no IO, no clock, no async, no storage types | nothing of ours |
//! | [`settings`] | files and environment to checked settings, all problems at once | domain |
//! | [`imap`] | watching a mailbox; the only room that knows async-imap | domain, clock |
//! | [`store`] | records on disk; the only room that knows sled | domain |
//! | [`smtp`] | handing mail over; the only room that knows lettre | domain |
//! | [`roads`] | handing words over by other ways than mail: chats, webhooks, commands | domain |
//! | [`discovery`] | finding a mailbox's servers by its address; the only room that asks DNS, and HTTPS servers for what they know | domain |
//! | [`control`] | the local socket and the port for monitoring: a call becomes one event, the answer is a view | domain |
//! | [`daemon`] | the engine and the tasks around it; joins the rooms | all of them |
//! | [`cli`] | one file per command | all of them |
//! | [`clock`] | the only file that reads the time | domain |
//!
//! `tests/tidy.rs` holds the walls up.
//!
//! # Where the design was left
//!
//! - "The whole file must be valid for any command": not for those that merely talk with the
//!   running daemon (`status`, `cases`, `case`, `checkins`, `outbox`, `quarantine`, `reload`). They need the
//!   socket and nothing else of the file, and a slip in it is the very moment in which one wants
//!   to ask the daemon, which runs by what it read before.
//! - "The owner is told when a quarter of the period is left": of a check-in that is due today he
//!   is told this morning, though a quarter of the day is left only in the afternoon; a mail in
//!   the morning would come too late otherwise.

pub mod cli;
pub mod clock;
pub mod control;
pub mod daemon;
pub mod discovery;
pub mod domain;
pub mod imap;
pub mod roads;
pub mod settings;
pub mod smtp;
pub mod store;
