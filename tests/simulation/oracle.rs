//! The oracle: what must never be, watched at every commit and every mail; and what is owed,
//! counted when the storm is over.
//!
//! It goes by the letters that were truly written and by what lies in the folders, never by what
//! the daemon believes; of the daemon's own records it only asks which mail stands for what.

use std::collections::{BTreeMap, BTreeSet};

use ackd::control::view::{MailboxState, StatusView};
use ackd::domain::case::{Case, Outlook};
use ackd::domain::commit::Commit;
use ackd::domain::ids::{CaseId, OutboxId};
use ackd::domain::outbox::{OutboxRow, Purpose, RowState, StageKey};
use ackd::domain::rules::{Mode, Rules};
use ackd::domain::time::Timestamp;

use crate::imap::field;
use crate::letters::{Kind, Letter, copies_in_sight};
use crate::mailbox::{Mailbox, Message};
use crate::smtp::Delivery;
use crate::world::Inner;

/// A look may be this old when a mail goes out (the daemon's limit is 10 s).
const LOOK_AGE: chrono::Duration = chrono::Duration::seconds(13);

/// How long after trouble a mailbox may still be unseen.
const TROUBLE_LASTS: chrono::Duration = chrono::Duration::minutes(25);

/// How long after something odd with clocks or starts nothing is demanded at once.
const ODDNESS_LASTS: chrono::Duration = chrono::Duration::minutes(4);

/// Something is on the disk now.
pub(crate) fn committed(world: &mut Inner, commit: &Commit) {
    world.kept.commits += 1;
    let number = world.kept.commits;
    world.log(|| format!("commit {number}: {}", in_words(commit)));
    for case in &commit.cases {
        if let Err(wrong) = case.check() {
            world.complain(format!("case {} is wrong: {wrong}", case.id));
        }
        world.kept.cases.insert(case.id, case.clone());
    }
    for row in &commit.outbox {
        let before = world.kept.rows.insert(row.id, row.clone());
        crate::filing::catch_up(world);
        crate::filing::committed(world, before.as_ref(), row);
        let was_final = before.as_ref().is_some_and(|own| own.state.is_final());
        if was_final && before.as_ref() != Some(row) {
            world.complain(format!("row {} was over and is not any more", row.id));
        }
        if before.is_some_and(|own| own.message_id != row.message_id || own.to != row.to) {
            world.complain(format!("row {} is not the mail it was", row.id));
        }
        let mut taken = world.deliveries.iter().map(|own| own.row);
        let is_taken = taken.any(|own| own == row.id);
        if matches!(row.state, RowState::Sent { .. }) && !is_taken {
            world.complain(format!("row {} counts as sent and never was", row.id));
        }
    }
    world.kept.quarantine.extend(commit.quarantine.clone());
    if commit.installation.is_some() {
        world.kept.installation = commit.installation.clone();
    }
}

/// The daemon hands over a mail: that it would must be on the disk already.
pub(crate) fn offered(world: &mut Inner, row: OutboxId, message_id: &str) {
    let kept = world.kept.rows.get(&row);
    let on_disk = kept.is_some_and(|own| {
        own.message_id.as_str() == message_id && matches!(own.state, RowState::Sending { .. })
    });
    if !on_disk {
        world.complain(format!("row {row} is sent before that is on the disk"));
    }
}

/// The mail server took a mail.
pub(crate) fn delivered(world: &mut Inner, delivery: Delivery) {
    let Some(row) = world.kept.rows.get(&delivery.row).cloned() else {
        return;
    };
    if row.to.to_string() != delivery.to {
        world.complain(format!("row {} went to somebody else", row.id));
    }
    let earlier = world.deliveries.iter();
    let same: Vec<&Delivery> = earlier
        .filter(|own| own.message_id == delivery.message_id)
        .collect();
    let was_told = same
        .iter()
        .any(|own| own.clean && own.life == delivery.life);
    let again = !same.is_empty();
    if was_told {
        world.complain(format!("row {} is sent again though it was taken", row.id));
    }
    match world.mode {
        Mode::Observe => world.complain(format!("row {} is sent while observing", row.id)),
        Mode::Remind if row.purpose.is_to_client() => {
            world.complain(format!("row {} goes to a client while reminding", row.id));
        }
        Mode::Remind | Mode::Full => {}
    }
    if row.purpose.is_to_client() {
        if again {
            world.complain(format!("row {}: a client got the same mail twice", row.id));
        }
        to_client(world, &delivery);
        crate::losses::acknowledged(world);
    } else if matches!(row.purpose, Purpose::Reminder | Purpose::Escalation) {
        to_team(world, &delivery, &row);
    }
    world.deliveries.push(delivery);
}

/// An acknowledgement: once in a conversation, only where allowed, never after an answer.
fn to_client(world: &mut Inner, delivery: &Delivery) {
    let parent = field(&delivery.header, "in-reply-to").unwrap_or_default();
    let parent = parent.trim_matches(['<', '>']);
    let Some(letter) = world.letters.by_id.get(parent).cloned() else {
        world.complain(format!("row {} acknowledges no letter", delivery.row));
        return;
    };
    let contact = world.letters.conversations[letter.conversation]
        .contact
        .clone();
    // Without its text, which is not asked for twice, a thanks is a mail like any other.
    let waits = matches!(letter.kind, Kind::Client | Kind::Thanks);
    if !waits || !letter.may_acknowledge || contact != delivery.to {
        world.complain(format!(
            "{parent} must not be acknowledged to {}",
            delivery.to
        ));
    }
    let conversation_of = |own: &Delivery| {
        let parent = field(&own.header, "in-reply-to").unwrap_or_default();
        let letter = world.letters.by_id.get(parent.trim_matches(['<', '>']));
        letter.map(|letter| letter.conversation)
    };
    let mut earlier = world.deliveries.iter().map(conversation_of);
    if earlier.any(|own| own == Some(letter.conversation)) {
        world.complain(format!("{parent}: a conversation is acknowledged twice"));
    }
    let holders: BTreeSet<String> = copies_in_sight(&world.mailboxes, &letter)
        .map(|(name, _)| name.to_owned())
        .collect();
    if let Some(how) = answered_in_sight(world, letter.conversation, delivery.dialled_at, &holders)
    {
        world.complain(format!("{parent} is acknowledged although {how}"));
    }
}

/// A reminder: only for conversations nobody is known to have answered.
fn to_team(world: &mut Inner, delivery: &Delivery, row: &OutboxRow) {
    let named = field(&delivery.header, "x-ackd-cases").unwrap_or_default();
    let named: Vec<CaseId> = named
        .split(',')
        .filter_map(|number| number.trim().parse().ok())
        .map(CaseId)
        .collect();
    for case in named {
        for conversation in conversations_of(world, case) {
            let nowhere = BTreeSet::new();
            let at = delivery.dialled_at;
            if let Some(how) = answered_in_sight(world, conversation, at, &nowhere) {
                let word = row.purpose.as_str();
                let to = &delivery.to;
                world.complain(format!("a {word} to {to} for case {case} although {how}"));
            }
        }
    }
}

/// How a conversation was answered, if the daemon must have seen it by `at`: in the mailboxes
/// that hold the case, whatever happens; in others, if nothing was wrong with them.
fn answered_in_sight(
    world: &Inner,
    conversation: usize,
    at: Timestamp,
    holders: &BTreeSet<String>,
) -> Option<String> {
    let odd = world.odd_at.max(Some(world.life_began));
    if odd.is_some_and(|odd| at - odd < ODDNESS_LASTS) || !world.time.is_right() {
        return None;
    }
    if world.letters.has_thanks(conversation) {
        return None;
    }
    let seen_until = at - LOOK_AGE;
    let waiting = world.letters.waiting(conversation);
    let last = waiting.iter().rfind(|own| own.at <= at)?;
    let answers = world.letters.answers(conversation);
    let answers = answers
        .iter()
        .filter(|own| own.answers(last) && own.at <= at);
    for answer in answers {
        for (name, message) in copies_in_sight(&world.mailboxes, answer) {
            let trouble = world.mailbox(name).troubled_at;
            let is_well = trouble.is_none_or(|trouble| at - trouble > TROUBLE_LASTS);
            if message.lies_since <= seen_until && (is_well || holders.contains(name)) {
                let id = &answer.content.message_id;
                return Some(format!("{id} has answered it and lies in {name}"));
            }
        }
    }
    None
}

/// Which conversations a case holds, by its letters.
pub(crate) fn conversations_of(world: &Inner, case: CaseId) -> BTreeSet<usize> {
    let case = world.kept.cases.get(&case);
    let messages = case.into_iter().flat_map(Case::messages);
    let ids = messages.filter_map(|own| own.message_id.as_ref());
    let letters = ids.filter_map(|id| world.letters.by_id.get(id.as_str()));
    letters.map(|own| own.conversation).collect()
}

/// The daemon says how it is, in the calm.
pub(crate) fn said(world: &mut Inner, status: &StatusView) {
    for mailbox in &status.mailboxes {
        if mailbox.state != MailboxState::Live {
            let reason = mailbox.reason.as_deref().unwrap_or("");
            world.complain(format!(
                "{} is not live in the calm: {reason}",
                mailbox.name
            ));
        }
    }
    if !status.alarms.is_empty() {
        world.complain(format!("alarms in the calm: {:?}", status.alarms));
    }
    let open = world
        .kept
        .cases
        .values()
        .filter(|case| case.is_open())
        .count() as u64;
    let counted = status.cases.waiting + status.cases.acknowledged;
    if open != counted {
        world.complain(format!(
            "{open} cases are open on disk, the daemon counts {counted}"
        ));
    }
}

/// Everything owed is done.
pub(crate) fn finish(world: &mut Inner, rules: &Rules) {
    let mut complaints = Vec::new();
    let known = known_letters(world);
    for letter in world.letters.by_id.values() {
        lost(world, letter, &known, &mut complaints);
    }
    for conversation in 0..world.letters.conversations.len() {
        owed(world, conversation, &known, &mut complaints);
    }
    for row in world.kept.rows.values() {
        if matches!(
            row.state,
            RowState::Queued { .. } | RowState::Sending { .. } | RowState::Uncertain { .. }
        ) {
            complaints.push(format!(
                "row {} is still on its way: {:?}",
                row.id, row.state
            ));
        }
    }
    sent_once(world, &mut complaints);
    let now = world.time.truth();
    for case in world.kept.cases.values() {
        let outlook = Outlook::of(case, rules).unwrap_or_default();
        let missed = outlook.open_rungs(case).find(|rung| rung.at <= now);
        if let Some(rung) = missed {
            let stage = rung.stage;
            complaints.push(format!("case {}: nobody acted upon \"{stage}\"", case.id));
        }
    }
    for complaint in complaints {
        world.complain(complaint);
    }
}

/// Which letters lie in which cases.
fn known_letters(world: &Inner) -> BTreeMap<String, CaseId> {
    let goes_on = world
        .kept
        .cases
        .values()
        .filter(|case| case.joined_to().is_none());
    let mut known = BTreeMap::new();
    for case in goes_on {
        for id in case.messages().filter_map(|own| own.message_id.as_ref()) {
            known.insert(id.to_string(), case.id);
        }
    }
    known
}

/// A client's letter that lies in a watched folder is in a case, or known as unreadable; what
/// waits for nothing is in none.
fn lost(
    world: &Inner,
    letter: &Letter,
    known: &BTreeMap<String, CaseId>,
    complaints: &mut Vec<String>,
) {
    let id = &letter.content.message_id;
    let is_known = known.contains_key(id);
    match letter.kind {
        Kind::Client => {}
        // Without any export nobody knows what was old.
        Kind::Old if world.lost_all => return,
        Kind::Old | Kind::Machine | Kind::Noise if is_known => {
            complaints.push(format!("{id} ({:?}) is in a case", letter.kind));
            return;
        }
        _ => return,
    }
    let unreadable = letter.content.is_hostile && !world.kept.quarantine.is_empty();
    let in_sight = copies_in_sight(&world.mailboxes, letter).next();
    if let Some((mailbox, message)) = in_sight.filter(|_| !is_known && !unreadable) {
        let uid = message.uid;
        complaints.push(format!(
            "{id} lies in {mailbox} as {uid} and is in no case: lost"
        ));
    }
}

/// A conversation is closed if a colleague answered, else open; and if it is open, its owner
/// was told.
fn owed(
    world: &Inner,
    conversation: usize,
    known: &BTreeMap<String, CaseId>,
    complaints: &mut Vec<String>,
) {
    let troubled = world.mailboxes.values().any(Mailbox::was_troubled);
    if world.letters.has_thanks(conversation) && troubled {
        // Without its text, which is not asked for twice, a thanks is a mail like any other.
        return;
    }
    let waiting = world.letters.waiting(conversation);
    let last = waiting
        .iter()
        .rfind(|own| known.contains_key(&own.content.message_id));
    let Some(last) = last else { return };
    let id = &last.content.message_id;
    let case = &world.kept.cases[&known[id]];
    let later = |own: &&&Letter| own.answers(last);
    let answers = world.letters.answers(conversation);
    let ever_answered = answers.iter().any(|own| own.may_answer(last));
    let in_sight = |own: &&&Letter| copies_in_sight(&world.mailboxes, own).next().is_some();
    let answer = answers.iter().filter(later).find(in_sight);
    let flagged = |(_, own): (&str, &Message)| own.answered;
    let is_flagged = copies_in_sight(&world.mailboxes, last).any(flagged);
    let ever_flagged = world.flagged.contains(&conversation);
    if let Some(answer) = answer
        && case.is_open()
    {
        let answer = &answer.content.message_id;
        complaints.push(format!(
            "case {} waits although {answer} answers {id}",
            case.id
        ));
    }
    if is_flagged && case.is_open() {
        complaints.push(format!("case {} waits although {id} is flagged", case.id));
    }
    if ever_answered || ever_flagged {
        return;
    }
    if !case.is_open() {
        let state = case.state;
        complaints.push(format!(
            "case {} is {state:?} and nobody answered {id}",
            case.id
        ));
    } else if world.mode != Mode::Observe && !was_told(world, conversation, case) {
        let owner = &world.letters.conversations[conversation].owner;
        complaints.push(format!("{owner} was never told of case {} ({id})", case.id));
    }
}

/// Whether the owner got a mail about a case in its present round, or the mail server refused
/// it for good.
fn was_told(world: &Inner, conversation: usize, case: &Case) -> bool {
    let owner = &world.letters.conversations[conversation].owner;
    let joined = |id: CaseId| {
        let other = world.kept.cases.get(&id);
        other.is_some_and(|other| other.joined_to() == Some(case.id))
    };
    let rows = world.kept.rows.values();
    let mut about = rows.filter(|row| {
        let of_case = |key: &StageKey| {
            (key.case == case.id && key.generation == case.state.generation()) || joined(key.case)
        };
        row.to.to_string() == *owner && row.keys.iter().any(of_case)
    });
    about.any(|row| {
        let refused = matches!(row.state, RowState::GivenUp { .. });
        refused || world.deliveries.iter().any(|own| own.row == row.id)
    })
}

/// Nobody got two mails for one rung of a case in one round.
fn sent_once(world: &Inner, complaints: &mut Vec<String>) {
    let mut seen: BTreeMap<(String, StageKey), OutboxId> = BTreeMap::new();
    let taken: BTreeSet<OutboxId> = world.deliveries.iter().map(|own| own.row).collect();
    for row in taken.iter().filter_map(|id| world.kept.rows.get(id)) {
        if !matches!(row.purpose, Purpose::Reminder | Purpose::Escalation) {
            continue;
        }
        for key in &row.keys {
            if let Some(other) = seen.insert((row.to.to_string(), *key), row.id)
                && other != row.id
            {
                complaints.push(format!("rows {other} and {} say the same: {key:?}", row.id));
            }
        }
    }
}

fn in_words(commit: &Commit) -> String {
    let mut words = Vec::new();
    for case in &commit.cases {
        words.push(format!("case {} {}", case.id, case.state.as_str()));
    }
    for row in &commit.outbox {
        let state = format!("{:?}", row.state);
        let state = state.split([' ', '{']).next().unwrap_or("").to_owned();
        words.push(format!("row {} ({}) {state}", row.id, row.purpose.as_str()));
    }
    for (folder, cursor) in &commit.cursors {
        words.push(format!(
            "{}/{} to {}",
            folder.mailbox, folder.folder, cursor.uid_next
        ));
    }
    if !commit.quarantine.is_empty() {
        words.push("quarantine".to_owned());
    }
    words.join(", ")
}
