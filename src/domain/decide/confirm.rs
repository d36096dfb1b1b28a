//! What an acknowledgement says, and whether it still has to be said.
//!
//! It promises no more than is known: a moment only where the policy names one that is still to
//! come, a name only of somebody who is here.

use super::acknowledge::sender_address;
use super::compose::{Dispatch, mailboxes, put_off};
use super::due::Sight;
use crate::domain::absence::{Absences, present};
use crate::domain::address::{Address, AddressPattern, Author};
use crate::domain::book::Book;
use crate::domain::calendar::Calendar;
use crate::domain::case::{CaseState, ClientMessage, Outlook};
use crate::domain::draft::{Acknowledgement, Draft};
use crate::domain::ids::{ClientKey, MailboxName, MessageId};
use crate::domain::language::Language;
use crate::domain::outbox::OutboxRow;
use crate::domain::rules::{Client, Mode, Rules};
use crate::domain::time::Timestamp;

/// After how long an acknowledgement is tried again whose mailbox could not be looked at.
const SIGHT_RETRY: chrono::Duration = chrono::Duration::seconds(10);

/// The acknowledgement that the person of a client would get now whose mail has just come;
/// `language` instead of the client's own. `None` without such a client, or a policy for it.
///
/// The mail is made up: a short one that tells no language of its own. Who is away is known as far
/// as the configuration says.
pub fn sample_acknowledgement(
    rules: &Rules,
    client: &ClientKey,
    language_wanted: Option<&str>,
    now: Timestamp,
) -> Option<Acknowledgement> {
    let (client, policy, calendar) = rules.promise(client)?;
    let deadlines = policy.deadlines(calendar, now, client.urgent).ok();
    let answer_by = deadlines.and_then(|own| own.answer_due);
    let away = Absences::default().away_at(rules, now);
    let owners = match client.owners.is_empty() {
        true => &rules.team.escalate_to,
        false => &client.owners,
    };
    let at = |domain: &str| Address::parse(&format!("anna.bell@{domain}"));
    let contact = client.patterns.iter().find_map(|pattern| match pattern {
        AddressPattern::Address(address) => Some(address.clone()),
        AddressPattern::Domain(domain) | AddressPattern::Subdomains(domain) => at(domain),
    })?;
    let mut mailboxes = rules.mailboxes.values();
    let from = mailboxes
        .find_map(|mailbox| mailbox.address.clone())
        .or_else(|| Address::parse("clients@team.invalid"))?;
    let written = Written {
        owner: named(rules, &present(owners, &away)),
        in_reply_to: MessageId::parse(&format!("made-up@{}", contact.domain())),
        contact: Author {
            address: contact,
            name: Some("Anna Bell".to_owned()),
        },
        from,
        subject: "Invoice 2041".to_owned(),
        language: language_wanted
            .unwrap_or_else(|| language(rules, client, None))
            .to_owned(),
        references: Vec::new(),
    };
    let promise = (client, calendar);
    Some(acknowledge(written, rules, promise, answer_by, now))
}

pub(super) fn acknowledgement(
    book: &Book,
    rules: &Rules,
    sight: &Sight,
    row: &OutboxRow,
    now: Timestamp,
) -> Result<Dispatch, String> {
    let key = row.keys.first().ok_or("it stands for no case")?;
    let case = book.case(key.case).ok_or("somebody has answered")?;
    if case.acknowledgement != Some(row.id) {
        return Err("the case is acknowledged by another mail".into());
    }
    let waits = matches!(case.state, CaseState::Waiting { .. });
    if !waits || case.state.generation() != key.generation || rules.mode != Mode::Full {
        return Err("the client does not wait for it any more".into());
    }
    let (client, _, calendar) = rules.promise(&case.client).ok_or("the client is gone")?;
    let outlook = Outlook::of(case, rules).map_err(|error| error.to_string())?;
    let due = outlook.acknowledge_due.ok_or("no response is owed")?;
    if case.unanswered().any(|message| !message.may_acknowledge) {
        return Err("a mail came that must not be answered by a machine".into());
    }
    // Who sends it on its way by hand knows how late it is.
    if now > due + super::acknowledge::LATE_MAX && !row.released {
        return Err("the deadline has passed for too long".into());
    }
    if mailboxes(case)
        .iter()
        .filter(|mailbox| rules.mailboxes.contains_key(*mailbox))
        .any(|mailbox| !sight.sees(mailbox, now))
    {
        return Ok(Dispatch::Instead(Box::new(put_off(row, now + SIGHT_RETRY))));
    }
    let of_recipient = |message: &&ClientMessage| message.author.address == row.to;
    let newest = case
        .unanswered()
        .rfind(of_recipient)
        .ok_or("no mail of the recipient waits")?;
    let from: &Address = sender_address(newest, rules).ok_or("the mailbox has no address")?;
    let holds = |name: &&MailboxName| {
        let own = rules
            .mailboxes
            .get(*name)
            .and_then(|own| own.address.as_ref());
        own == Some(from)
    };
    let answer_by = outlook.answer_due.filter(|due| *due > now);
    let away = book.absences().away_at(rules, now);
    let written = Written {
        owner: named(rules, &present(&case.owners(rules), &away)),
        contact: newest.author.clone(),
        from: from.clone(),
        subject: case.subject.clone(),
        in_reply_to: newest.message_id.clone(),
        references: newest.references.clone(),
        language: language(rules, client, newest.language).to_owned(),
    };
    let draft = acknowledge(written, rules, (client, calendar), answer_by, now);
    Ok(Dispatch::Send {
        draft: Box::new(Draft::Acknowledgement(draft)),
        file_in: mailboxes(case).iter().find(holds).cloned(),
    })
}

/// What hangs on the single mail.
struct Written {
    contact: Author,
    from: Address,
    subject: String,
    in_reply_to: Option<MessageId>,
    references: Vec<MessageId>,
    language: String,
    owner: Option<String>,
}

fn acknowledge(
    written: Written,
    rules: &Rules,
    (client, calendar): (&Client, &Calendar),
    answer_by: Option<Timestamp>,
    now: Timestamp,
) -> Acknowledgement {
    let today = calendar.local_date(now);
    let until = calendar.local_date(answer_by.unwrap_or(now));
    // The first named holiday that closes the whole of a day which would be open.
    let closed = calendar.holidays(today, until).find(|holiday| {
        holiday.name.is_some() && holiday.hours.is_empty() && calendar.is_changed_by(holiday)
    });
    Acknowledgement {
        team: rules.team.name.clone(),
        client: client.name.clone(),
        answer_by,
        closed_for: closed.and_then(|holiday| holiday.name.clone()),
        closed_today: closed.is_some_and(|holiday| holiday.date == today),
        zone: client.time_zone.unwrap_or(calendar.zone),
        contact: written.contact,
        from: written.from,
        subject: written.subject,
        in_reply_to: written.in_reply_to,
        references: written.references,
        language: written.language,
        owner: written.owner,
    }
}

/// What the client's file says, else what the mail is written in, else what the team speaks.
fn language<'a>(rules: &'a Rules, client: &'a Client, mail: Option<Language>) -> &'a str {
    let own = client.language.as_deref();
    own.or(mail.map(Language::code))
        .unwrap_or(&rules.team.language)
}

/// The name of the first of these people, if the configuration gives it.
fn named(rules: &Rules, people: &[Address]) -> Option<String> {
    let first = people.first()?;
    let known = rules.people.values().find(|own| own.address == *first)?;
    Some(known.name.clone())
}
