//! Messages came in: cases are opened, continued and answered.

use std::collections::BTreeSet;

use super::{Decisions, Step, Weight};
use crate::domain::address::Author;
use crate::domain::book::Book;
use crate::domain::case::{Answer, Case, CaseEvent, CaseState, ClientMessage, Evidence};
use crate::domain::classify::{Kind, Sender, Verdict, judge};
use crate::domain::commit::{IndexEntry, Installation, Known, Questions, TeamMail};
use crate::domain::facts::{Arrived, Location, MessageFacts};
use crate::domain::ids::{CaseId, ClientKey, IdHash, MailboxName, MessageId, MessageKey};
use crate::domain::rules::{Party, Rules};
use crate::domain::time::Timestamp;

/// A message with what we conclude from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// The message.
    pub arrived: Arrived,
    /// What we conclude.
    pub verdict: Verdict,
    /// Its identity.
    pub key: MessageKey,
    /// What it names: its parents first, then its ancestors from the newest to the oldest.
    pub named: Vec<IdHash>,
    /// Its own Message-ID.
    pub own: Option<IdHash>,
}

impl Judged {
    /// Judges a message. What only the verdict needed is dropped.
    pub fn new(mut arrived: Arrived, rules: &Rules) -> Self {
        let mut verdict = judge(&arrived.facts, Some(arrived.role), rules);
        verdict.reasons.truncate(1);
        let key = arrived.facts.identity(arrived.received_at, arrived.size);
        let matters = verdict.opens_case || verdict.stops_clock;
        let named = if matters {
            named(&arrived.facts)
        } else {
            Vec::new()
        };
        let own = arrived.facts.message_id.as_ref().map(MessageId::hash);
        if matters {
            strip(&mut arrived.facts);
        } else {
            arrived.facts = MessageFacts::default();
        }
        Self {
            arrived,
            verdict,
            key,
            named,
            own,
        }
    }

    /// The ids by which its conversation is found: what it names, then its own.
    fn followed(&self) -> impl Iterator<Item = IdHash> + '_ {
        self.named.iter().copied().chain(self.own)
    }
}

/// How many of a mail's references are followed; the newest ones, and the first.
const REFERENCES_FOLLOWED: usize = 12;

/// How many Message-IDs of one conversation are remembered.
const THREAD_IDS_MAX: usize = 1000;

/// In how many places one message is remembered to lie.
const HOLDERS_MAX: usize = 20;

/// How much of a subject is kept, in characters.
const SUBJECT_CHARACTERS_MAX: usize = 200;

/// What a step must know from disk before it can decide about these messages.
pub fn questions(judged: &[Judged], book: &Book) -> Questions {
    let mut questions = Questions::default();
    for message in judged {
        questions.messages.push(message.key);
        let verdict = &message.verdict;
        if verdict.opens_case || verdict.stops_clock {
            let addressed = verdict.addressed.iter().map(|person| &person.client);
            let clients: BTreeSet<&ClientKey> = match verdict.opens_case {
                true => verdict.client.iter().collect(),
                false => addressed.collect(),
            };
            for client in clients {
                let client = client.hash();
                let own = message.followed().map(|id| id.of_client(client));
                questions
                    .threads
                    .extend(own.filter(|id| book.by_thread(*id).is_none()));
            }
        }
        if verdict.opens_case {
            questions.awaited.extend(message.own);
            let author = verdict.author.as_ref();
            questions
                .outbound
                .extend(author.map(|author| author.address.clone()));
        }
    }
    questions.outbound.sort();
    questions.outbound.dedup();
    questions
}

/// Decides about messages in the order given. `known` answers [`questions`] about them.
pub fn arrivals(
    book: &Book,
    rules: &Rules,
    installation: &Installation,
    judged: Vec<Judged>,
    known: Known,
    now: Timestamp,
) -> Decisions {
    let mut step = Step::new(book, rules, known, now);
    for message in judged {
        step.arrival(installation, message);
    }
    step.finish()
}

/// Decides about messages of ours that now carry `\Answered`.
pub fn flagged(book: &Book, rules: &Rules, locations: &[Location], now: Timestamp) -> Decisions {
    let mut step = Step::new(book, rules, Known::default(), now);
    if rules.team.answered_flag {
        let wanted: BTreeSet<&Location> = locations.iter().collect();
        let hits: Vec<(CaseId, MessageKey)> = book
            .cases()
            .flat_map(|case| case.messages().map(move |message| (case.id, message)))
            .filter(|(_, message)| message.holders.iter().any(|holder| wanted.contains(holder)))
            .map(|(id, message)| (id, message.key))
            .collect();
        for (case, message) in hits {
            step.answered_by_flag(case, message);
        }
    }
    step.finish()
}

impl Step<'_> {
    fn arrival(&mut self, installation: &Installation, message: Judged) {
        if let Some(entry) = self.known.messages.get(&message.key) {
            if let Some(case) = entry.case {
                self.another_copy(case, &message);
                return;
            }
            // The copy seen first may have come through a list, or lain in a folder where it
            // says less. One that says more is judged by itself; twice changes nothing.
            if !message.verdict.opens_case && !message.verdict.stops_clock {
                return;
            }
        }
        let mut entry = IndexEntry {
            kind: message.verdict.kind,
            sender: message.verdict.sender,
            client: message.verdict.client.clone(),
            received_at: message.arrived.received_at,
            case: None,
        };
        if message.verdict.opens_case {
            entry.case = self.client_wrote(installation, &message);
        } else if message.verdict.stops_clock {
            self.team_wrote(&message);
        } else {
            self.machine_wrote(&message);
        }
        // Known from here on, so that a second copy in the same batch is no second message.
        self.known.messages.insert(message.key, entry.clone());
        self.decisions.commit.messages.push((message.key, entry));
    }

    /// The same message in another mailbox or folder: one case, all holders named.
    fn another_copy(&mut self, case: CaseId, message: &Judged) {
        let location = &message.arrived.location;
        let holds = |case: &Case| case.holders().any(|holder| holder == location);
        let is_new = self.case(case).is_some_and(|case| !holds(case));
        if is_new
            && let Some(own) = self
                .case_mut(case)
                .and_then(|case| case.message_mut(message.key))
        {
            if own.holders.len() < HOLDERS_MAX {
                own.holders.push(location.clone());
            }
            // What one copy says against an acknowledgement holds for all.
            own.may_acknowledge &= message.verdict.may_acknowledge;
            own.suspicious |= message.verdict.suspicious;
        }
        if message.arrived.answered && self.rules.team.answered_flag {
            self.answered_by_flag(case, message.key);
        }
    }

    /// A person of a client wrote. Returns the case it belongs to, if it belongs to one.
    fn client_wrote(&mut self, installation: &Installation, message: &Judged) -> Option<CaseId> {
        let facts = &message.arrived.facts;
        let client = message.verdict.client.clone()?;
        let author = message.verdict.author.clone()?;
        if self.is_before_start(installation, &message.arrived) {
            return None;
        }
        let thanks = message.verdict.thanks && !self.rules.team.thanks_open_case;
        let scope = client.hash();
        let found = message
            .followed()
            .filter_map(|id| self.find_by_thread(id.of_client(scope)))
            .find(|id| {
                let case = self.case(*id);
                case.is_some_and(|case| case.client == client && !case.is_full())
            });
        let id = match found {
            Some(id) => id,
            None if thanks => {
                self.note(
                    Weight::Event,
                    None,
                    format!("a short thanks from {client} opens no case"),
                );
                return None;
            }
            None => self.open_case(client, &author, &facts.subject),
        };
        let before = self.case(id).map(|case| case.state);
        let event = self.client_message(message, author.clone(), thanks);
        self.happen(id, CaseEvent::ClientWrote(event));
        self.join_thread(id, message.followed());
        self.answers_seen_before(id, &author, message);
        if message.arrived.answered && self.rules.team.answered_flag {
            self.answered_by_flag(id, message.key);
        }
        self.note_client_mail(id, before, message);
        Some(id)
    }

    fn open_case(&mut self, client: ClientKey, author: &Author, subject: &str) -> CaseId {
        let id = self.next_case;
        self.next_case = CaseId(id.0 + 1);
        let subject: String = match self.rules.keep_subjects {
            true => subject.chars().take(SUBJECT_CHARACTERS_MAX).collect(),
            false => String::new(),
        };
        let case = Case::new(id, client, author.clone(), subject);
        self.touched.insert(id, case);
        id
    }

    fn client_message(&self, message: &Judged, author: Author, thanks: bool) -> ClientMessage {
        let facts = &message.arrived.facts;
        ClientMessage {
            key: message.key,
            message_id: facts.message_id.clone(),
            references: facts.references.clone(),
            author,
            // A server whose clock runs ahead does not give us more time.
            received_at: message.arrived.received_at.min(self.now),
            urgent: message.verdict.urgent,
            may_acknowledge: message.verdict.may_acknowledge,
            suspicious: message.verdict.suspicious,
            thanks,
            holders: vec![message.arrived.location.clone()],
        }
    }

    /// Answers that were seen before the mail they answer.
    fn answers_seen_before(&mut self, id: CaseId, author: &Author, message: &Judged) {
        let received_at = message.arrived.received_at;
        let own = message.own;
        let named = own.and_then(|own| self.known.awaited.get(&own).cloned());
        let client = message.verdict.client.clone();
        let is_addressed = |mail: &TeamMail| {
            mail.contacts
                .iter()
                .any(|contact| match self.rules.party(contact) {
                    Party::Client(key) => Some(key) == client.as_ref(),
                    Party::Team | Party::Stranger => false,
                })
        };
        let named = named.unwrap_or_default();
        let named: Vec<TeamMail> = named.into_iter().filter(is_addressed).collect();
        for mail in named {
            self.answered_by_mail(id, &mail, Evidence::ReplyHeaders);
        }
        let written = self.known.outbound.get(&author.address);
        let first_later = written
            .into_iter()
            .flatten()
            .filter(|mail| mail.at > received_at)
            .min_by_key(|mail| (mail.at, mail.key))
            .cloned();
        if let Some(mail) = first_later {
            self.answered_by_mail(id, &mail, Evidence::NewThread);
        }
    }

    /// Applies the team's mail to a case as an answer.
    pub(super) fn answered_by_mail(&mut self, id: CaseId, mail: &TeamMail, evidence: Evidence) {
        let answer = Answer {
            message: Some(mail.key),
            at: mail.at,
            evidence,
            names: match evidence {
                Evidence::ReplyHeaders => mail.names.clone(),
                Evidence::NewThread | Evidence::AnsweredFlag(_) => Vec::new(),
            },
            by: mail.by.clone(),
        };
        self.answered(id, answer);
        // What the client replies to this answer belongs to the same conversation.
        self.join_thread(id, mail.id.into_iter());
    }

    fn answered_by_flag(&mut self, id: CaseId, key: MessageKey) {
        let answer = Answer {
            message: None,
            at: self.now,
            evidence: Evidence::AnsweredFlag(key),
            names: Vec::new(),
            by: None,
        };
        self.answered(id, answer);
    }

    fn answered(&mut self, id: CaseId, answer: Answer) {
        let was_open = self.case(id).is_some_and(Case::is_open);
        let how = answer.evidence.in_words();
        let by = answer.by.as_ref().map(|by| format!(" by {}", by.masked()));
        self.happen(id, CaseEvent::TeamAnswered(answer));
        if was_open && self.case(id).is_some_and(|case| !case.is_open()) {
            let by = by.unwrap_or_default();
            self.note(Weight::Event, Some(id), format!("case answered{by}: {how}"));
        }
    }

    fn machine_wrote(&mut self, message: &Judged) {
        let verdict = &message.verdict;
        if verdict.sender == Sender::Client && verdict.kind != Kind::Own {
            let rule = verdict.reasons.first().map_or("", |reason| reason.rule);
            let client = verdict.client.as_ref().map_or("", |client| client.as_str());
            let kind = verdict.kind.as_str();
            let what = format!("mail from {client} opens no case: {kind} ({rule})");
            let weight = self.weight_of(message.arrived.received_at);
            self.note(weight, None, what);
        }
    }

    fn join_thread(&mut self, id: CaseId, ids: impl Iterator<Item = IdHash>) {
        let Some(client) = self.case(id).map(|case| case.client.hash()) else {
            return;
        };
        for hash in ids.map(|id| id.of_client(client)) {
            let known = self.find_by_thread(hash);
            if known.is_some_and(|other| other != id && self.case(other).is_some()) {
                continue;
            }
            if let Some(case) = self.case_mut(id)
                && case.thread.len() < THREAD_IDS_MAX
                && !case.thread.contains(&hash)
            {
                case.thread.push(hash);
                self.known.threads.insert(hash, id);
                self.decisions.commit.threads.push((hash, id));
            }
        }
    }

    /// The case a Message-ID of a client belongs to: of this step, open, or closed on disk.
    pub(super) fn find_by_thread(&self, id: IdHash) -> Option<CaseId> {
        let of_step = self.known.threads.get(&id).copied();
        of_step.or_else(|| self.book.by_thread(id))
    }

    fn is_before_start(&self, installation: &Installation, arrived: &Arrived) -> bool {
        let start = start_from(self.rules, installation, &arrived.location.mailbox);
        start.is_some_and(|start| arrived.received_at < start)
    }

    /// Old mail, read on a first start, is no event of the day.
    fn weight_of(&self, received_at: Timestamp) -> Weight {
        let recent = self.now - received_at < chrono::Duration::hours(24);
        if recent {
            Weight::Event
        } else {
            Weight::Detail
        }
    }

    fn note_client_mail(&mut self, id: CaseId, before: Option<CaseState>, message: &Judged) {
        let Some(case) = self.case(id) else { return };
        let what = match (before, case.state) {
            (Some(CaseState::New) | None, _) => "case opened",
            (Some(before), after) if before == after => "further mail in case, nothing owed for it",
            (Some(before), after) if before.generation() != after.generation() => "case reopened",
            _ => "further mail in case",
        };
        let mut what = format!("{what} for {}", case.client);
        if message.verdict.urgent {
            what.push_str(", urgent");
        }
        if message.verdict.suspicious {
            what.push_str(", failed DMARC");
        }
        let weight = self.weight_of(message.arrived.received_at);
        self.note(weight, Some(id), what);
    }
}

/// Before which moment mail of this mailbox never opens a case.
pub(super) fn start_from(
    rules: &Rules,
    installation: &Installation,
    mailbox: &MailboxName,
) -> Option<Timestamp> {
    let configured = rules.mailboxes.get(mailbox).and_then(|own| own.start_from);
    configured.or_else(|| installation.first_started.get(mailbox).copied())
}

/// Drops what only the verdict needed: thousands of messages wait in memory on a first read.
fn strip(facts: &mut MessageFacts) {
    facts.references = shortened(&facts.references, &facts.in_reply_to);
    facts.in_reply_to = Vec::new();
    facts.from = Vec::new();
    facts.sender = None;
    facts.reply_to = Vec::new();
    facts.to = Vec::new();
    facts.cc = Vec::new();
    facts.fields = Vec::new();
    facts.parts = Vec::new();
    facts.text = None;
    facts.links = Vec::new();
    facts.oddities = Vec::new();
}

/// What a mail names: its parents first, then its ancestors from the newest to the oldest.
fn named(facts: &MessageFacts) -> Vec<IdHash> {
    let references = facts.references.iter().rev().take(REFERENCES_FOLLOWED);
    let ids = facts
        .in_reply_to
        .iter()
        .chain(references)
        .chain(facts.references.first());
    let mut hashes = Vec::new();
    for id in ids.map(MessageId::hash) {
        if !hashes.contains(&id) {
            hashes.push(id);
        }
    }
    hashes
}

/// What a reply to this mail has to name beside it: the first and the newest references
/// (RFC 5322, section 3.6.4, lets the middle be left out).
fn shortened(references: &[MessageId], in_reply_to: &[MessageId]) -> Vec<MessageId> {
    const NEWEST: usize = 4;
    let all: &[MessageId] = if references.is_empty() {
        in_reply_to
    } else {
        references
    };
    if all.len() <= NEWEST + 1 {
        return all.to_vec();
    }
    let newest = &all[all.len() - NEWEST..];
    all.first().into_iter().chain(newest).cloned().collect()
}
