//! A mail server that files what it takes by itself: some seconds later a copy lies in the Sent
//! folder of the account it was handed over under. And what is demanded of a mail of which the
//! daemon can't tell whether it was taken.

use std::sync::Arc;

use ackd::domain::ids::OutboxId;
use ackd::domain::outbox::{OutboxRow, RowState};
use ackd::domain::time::Timestamp;
use chrono::{Duration, SubsecRound};

use crate::chance::Chance;
use crate::faults::PostFault;
use crate::mailbox::Content;
use crate::world::Inner;

/// How long it takes to file a copy, in seconds.
const FILING_TIME: (i64, i64) = (0, 50);

/// How long after the doubt a look begins at the earliest, in the daemon's own time, with what
/// the two clocks round.
const LOOKED_AFTER: Duration = Duration::seconds(58);

/// How long a mail may be in doubt: ten minutes by the design, and two rounds of the engine.
const IN_DOUBT_MAX: Duration = Duration::seconds(720);

/// What the server has yet to file.
#[derive(Debug)]
pub(crate) struct Filing {
    chance: Chance,
    account: &'static str,
    copies: Vec<(Timestamp, Arc<Content>)>,
}

impl Filing {
    /// The server of a world: every other one files.
    pub(crate) fn of(mut chance: Chance, accounts: &[&'static str]) -> Option<Self> {
        chance.one_in(2).then(|| Self {
            account: chance.pick(accounts),
            copies: Vec::new(),
            chance,
        })
    }
}

/// Whether the server files in this account what it takes.
pub(crate) fn files_in(world: &Inner, account: &str) -> bool {
    let filing = world.filing.as_ref();
    filing.is_some_and(|own| own.account == account)
}

/// What becomes of a mail to a client at such a server while there is any trouble: often enough
/// nobody hears whether it was taken.
pub(crate) fn fault(world: &mut Inner, row: OutboxId) -> Option<PostFault> {
    let own = world.kept.rows.get(&row);
    let is_to_client = own.is_some_and(|own| own.purpose.is_to_client());
    if !is_to_client || world.weather.post_force == 0 {
        return None;
    }
    let chance = &mut world.filing.as_mut()?.chance;
    let taken = !chance.one_in(4);
    match chance.between(0, 5) {
        0 | 1 => Some(PostFault::Cut { taken }),
        2 => Some(PostFault::Silence { taken }),
        3 => {
            world.crash_in = u32::try_from(chance.between(0, 40)).ok();
            None
        }
        _ => None,
    }
}

/// The server took a mail: its copy will lie in the Sent folder.
pub(crate) fn taken(world: &mut Inner, message_id: &str, text: &str) {
    let now = world.time.truth();
    let Some(filing) = &mut world.filing else {
        return;
    };
    let (header, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
    let content = Content {
        message_id: message_id.to_owned(),
        header: format!("{header}\r\n\r\n"),
        body: body.to_owned(),
        is_hostile: false,
    };
    let at = now + filing.chance.seconds(FILING_TIME.0, FILING_TIME.1);
    filing.copies.push((at, Arc::new(content)));
}

/// What is to lie in the Sent folder by now does.
pub(crate) fn catch_up(world: &mut Inner) {
    let now = world.time.truth();
    let Some(filing) = &mut world.filing else {
        return;
    };
    let account = filing.account;
    filing.copies.sort_by_key(|(at, _)| *at);
    let due = filing.copies.partition_point(|(at, _)| *at <= now);
    let due: Vec<(Timestamp, Arc<Content>)> = filing.copies.drain(..due).collect();
    for (at, content) in due {
        world.log(|| format!("filed in {account}: {}", content.message_id));
        let folder = world.mailbox_mut(account).folders.get_mut("Sent");
        let folder = folder.expect("every mailbox has one");
        folder.put(content, at.trunc_subsecs(0), at);
    }
}

/// A row is on the disk: what it says of a doubt must be so.
pub(crate) fn committed(world: &mut Inner, before: Option<&OutboxRow>, row: &OutboxRow) {
    let now = world.time.truth();
    if matches!(row.state, RowState::Uncertain { .. }) {
        if !row.purpose.is_to_client() {
            world.complain(format!("row {} is looked for and may be repeated", row.id));
        }
        world.kept.doubted.entry(row.id).or_insert(now);
        return;
    }
    let was_in_doubt = before.is_some_and(|own| matches!(own.state, RowState::Uncertain { .. }));
    let Some(since) = world.kept.doubted.get(&row.id).copied() else {
        return;
    };
    if !was_in_doubt {
        return;
    }
    let is_odd = world.odd_at.is_some_and(|odd| odd >= since) || !world.time.is_right();
    if !is_odd && world.life_began <= since && now - since > IN_DOUBT_MAX {
        world.complain(format!("row {} was in doubt since {since}", row.id));
    }
    match &row.state {
        RowState::Held { reason, .. } if reason.contains("no copy of it lies") => {
            let there_since = since
                + if is_odd {
                    Duration::zero()
                } else {
                    LOOKED_AFTER
                };
            if let Some(place) = lies_in(world, row.message_id.as_str(), there_since) {
                world.complain(format!("row {} is held and lies in {place}", row.id));
            }
        }
        RowState::Held { .. } | RowState::Sent { .. } => {}
        other => {
            let what = format!("row {} was in doubt and is {other:?} now", row.id);
            world.complain(what);
        }
    }
}

/// In which Sent folder a mail has lain since a moment, or will have.
fn lies_in(world: &Inner, message_id: &str, there_since: Timestamp) -> Option<String> {
    let to_come = world.filing.iter().flat_map(|own| &own.copies);
    let is_own =
        |(at, own): &&(_, Arc<Content>)| own.message_id == message_id && *at <= there_since;
    if to_come.into_iter().any(|own| is_own(&own)) {
        return Some("what is to be filed".to_owned());
    }
    let mut mailboxes = world.mailboxes.iter();
    mailboxes.find_map(|(name, mailbox)| {
        let mut copies = mailbox.copies(message_id);
        let own = copies.find(|(_, folder, own)| folder.is_sent && own.lies_since <= there_since);
        own.map(|(folder, ..)| format!("{name}/{folder}"))
    })
}
