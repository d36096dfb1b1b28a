//! Messages came in: cases are opened, continued and answered.

use std::collections::BTreeSet;

use super::contact::meetings_in;
use super::conversation::QUOTES_OURS;
use super::copies::sketch;
use super::kept::shortened_subject;
use super::own_mail::is_acknowledgement;
use super::reply::Replied;
use super::team_mail::start_from;
use super::{Decisions, LogEvent, Step, Weight};
use crate::domain::absence::OutOfOffice;
use crate::domain::address::Author;
use crate::domain::book::Book;
use crate::domain::case::{Case, CaseEvent, CaseState, ClientMessage};
use crate::domain::check_in::MeetingNotice;
use crate::domain::classify::{Kind, Lines, Sender, Verdict, is_clients_list_mail, judge, lines};
use crate::domain::commit::{IndexEntry, Installation, Known, REASONS_MAX};
use crate::domain::digest::AsideKind;
use crate::domain::facts::{Arrived, Location, MessageFacts};
use crate::domain::ids::{CaseId, ClientKey, IdHash, MessageId, MessageKey};
use crate::domain::reply;
use crate::domain::rules::Rules;
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
    /// Of a client's mail: what its copies have in common should its Message-ID be rewritten on
    /// the way.
    pub content: Option<MessageKey>,
    /// Of such a mail: the sketch of its text, if that was read.
    pub words: Option<Vec<u32>>,
    /// What it names: its parents first, then its ancestors from the newest to the oldest.
    pub named: Vec<IdHash>,
    /// Its own Message-ID.
    pub own: Option<IdHash>,
    /// The lines by which a client's answer without reply headers is recognised: what a
    /// client's mail says and quotes, and what the team's says.
    pub lines: Lines,
    /// Whether it only says that what a client wrote was list mail too.
    pub clients_list_mail: bool,
    /// Of a colleague's out-of-office reply: what it says.
    pub out_of_office: Option<OutOfOffice>,
    /// Whether who wrote it stands in `From` himself, rather than behind a list or a form.
    pub author_stands_in_from: bool,
    /// What it says, if it answers a mail of ours to the team. Decided about by itself, before
    /// the rest ([`reply`](super::reply())).
    pub reply: Option<Box<Replied>>,
    /// What it says of meetings with clients.
    pub meetings: Vec<MeetingNotice>,
}

impl Judged {
    /// Judges a message. What only the verdict needed is dropped.
    pub fn new(mut arrived: Arrived, rules: &Rules) -> Self {
        let mut verdict = judge(&arrived.facts, Some(arrived.role), rules);
        let reply = answer_to_ours(&arrived, &mut verdict, rules);
        let author_stands_in_from = verdict
            .author
            .as_ref()
            .is_some_and(|author| arrived.facts.from.contains(author));
        let received_at = arrived.received_at;
        let out_of_office = OutOfOffice::of(&arrived.facts, &verdict, rules, received_at);
        let clients_list_mail = is_clients_list_mail(&arrived.facts, &verdict, rules);
        // For the log the first is enough; of a mail that waits, all are shown with its case.
        let most = if verdict.opens_case { REASONS_MAX } else { 1 };
        verdict.reasons.truncate(most);
        let key = arrived.facts.identity(arrived.received_at, arrived.size);
        let matters = verdict.opens_case
            || verdict.stops_clock
            || !verdict.elsewhere.is_empty()
            || is_acknowledgement(&arrived, &verdict);
        let meetings = meetings_in(&arrived, &verdict, rules);
        let own = arrived.facts.message_id.as_ref().map(MessageId::hash);
        let author = verdict.author.as_ref().filter(|_| verdict.opens_case);
        let content = author.and_then(|author| arrived.facts.content_identity(&author.address));
        let text = arrived.facts.text.as_deref().filter(|_| content.is_some());
        let words = text.map(sketch);
        let mut lines = match matters {
            true => lines(&arrived.facts),
            false => Lines::default(),
        };
        if !verdict.opens_case {
            // By what the team quotes nothing is found: its answers name what they answer.
            lines.quotes = Vec::new();
        }
        let mut named_ids = Vec::new();
        if matters {
            named_ids = named(&arrived.facts);
            strip(&mut arrived.facts);
        } else {
            // What opens no case is told of in the morning, by its subject.
            let subject = std::mem::take(&mut arrived.facts.subject);
            let is_told = verdict.sender == Sender::Client;
            arrived.facts = MessageFacts {
                subject: if is_told { subject } else { String::new() },
                ..MessageFacts::default()
            };
        }
        Self {
            arrived,
            verdict,
            key,
            content,
            words,
            named: named_ids,
            own,
            lines,
            clients_list_mail,
            out_of_office,
            author_stands_in_from,
            reply,
            meetings,
        }
    }

    /// Whether there is anything to remember of it. Of strangers' mail, and of what the team
    /// writes to itself, nothing is: seen again, it would be judged the same.
    pub fn concerns_a_client(&self) -> bool {
        self.verdict.opens_case
            || self.verdict.stops_clock
            || self.verdict.sender == Sender::Client
            || self.clients_list_mail
            || self.is_acknowledgement()
    }

    /// Whether anything may follow from it: it concerns a client, or it goes to somebody we do not
    /// know, which answers a client who is answered there, or it says that a colleague is away.
    pub fn is_of_interest(&self) -> bool {
        self.concerns_a_client()
            || !self.verdict.elsewhere.is_empty()
            || self.is_contact()
            || self.out_of_office.is_some()
            || self.reply.is_some()
    }

    /// The ids by which its conversation is found: what it names, then its own.
    pub(super) fn followed(&self) -> impl Iterator<Item = IdHash> + '_ {
        self.named.iter().copied().chain(self.own)
    }

    /// What a reply that goes to nobody of a client may answer.
    pub(super) fn parents(&self) -> impl Iterator<Item = IdHash> + '_ {
        self.named.iter().copied().take(PARENTS_AWAITED)
    }
}

/// What it says, if it answers a mail of ours to the team. The team's answers to us are answers to
/// nobody else, unless they go to somebody else too; what anybody else sends to that address is
/// judged as it would be anywhere.
fn answer_to_ours(arrived: &Arrived, verdict: &mut Verdict, rules: &Rules) -> Option<Box<Replied>> {
    let replies = rules.team.replies.as_ref()?;
    replies.token_text(&arrived.facts)?;
    let reply = Replied::of(arrived, verdict, replies).filter(|own| own.kind != Kind::Own);
    if verdict.sender == Sender::Team && verdict.kind != Kind::Own {
        verdict.elsewhere.retain(|own| !replies.is_ours(own));
        verdict.stops_clock &= !verdict.addressed.is_empty();
    }
    reply.map(Box::new)
}

/// For how many of the mails it names a reply that goes to nobody of a client is kept: who writes
/// to strangers all day long leaves little behind.
const PARENTS_AWAITED: usize = 1;

/// How many of a mail's references are followed; the newest ones, and the first.
const REFERENCES_FOLLOWED: usize = 12;

/// Decides about messages in the order given. `known` answers [`super::Inquiry::questions`].
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
        if let Some(reply) = &message.out_of_office {
            self.is_out_of_office(&message, reply);
        }
        self.note_contact(&message);
        // Nothing is asked about it, so that it is no copy of what is known by chance.
        if !message.concerns_a_client() {
            return self.wrote_elsewhere(installation, &message);
        }
        if message.is_acknowledgement() {
            return self.acknowledgement_found(installation, &message);
        }
        let message = self.told_apart(message);
        let seen = self.known.messages.get(&message.key).cloned();
        let of_case = seen.as_ref().and_then(|entry| entry.case);
        if let (Some(entry), Some(case)) = (&seen, of_case) {
            // A copy that opens no case by itself tells nothing but what else the message was:
            // had it been seen first, no more of it would be known.
            if message.verdict.opens_case {
                let of = self.known_copy(&message).map(|copy| copy.of);
                self.another_copy(installation, case, of, &message);
            } else if message.verdict.kind != entry.kind {
                self.never_acknowledge(case, message.key);
            }
            return;
        }
        if let Some(copy) = self.rewritten(&message) {
            return self.another_copy(installation, copy.case, Some(copy.of), &message);
        }
        // The copy seen first may have come through a list, or lain in a folder where it
        // says less. One that says more is judged by itself; twice changes nothing.
        if seen.is_some() && !message.verdict.opens_case && !message.verdict.stops_clock {
            return;
        }
        let mut entry = index_entry(&message, None);
        if let Some(known) = &seen {
            entry.received_at = entry.received_at.min(known.received_at);
        }
        if message.verdict.opens_case {
            entry.case = self.client_wrote(installation, &message);
            let otherwise = seen.is_some_and(|known| known.kind != message.verdict.kind);
            if let Some(case) = entry.case.filter(|_| otherwise) {
                self.never_acknowledge(case, message.key);
            }
        } else if message.verdict.stops_clock {
            self.team_wrote(installation, &message, entry.received_at);
        } else {
            self.machine_wrote(&message);
        }
        // Of old mail only what still waits for an answer: a first read brings much of it.
        let waits = |id: CaseId| self.case(id).is_some_and(Case::is_open);
        let findable = entry
            .case
            .is_some_and(|id| self.leaves_traces(&message) || waits(id));
        if let Some(case) = entry.case.filter(|_| findable) {
            self.remember_copy(&message, message.key, case);
        }
        // Known from here on, so that a second copy in the same batch is no second message.
        self.known.messages.insert(message.key, entry.clone());
        self.decisions.commit.messages.push((message.key, entry));
    }

    /// A person of a client wrote. Returns the case it belongs to, if it belongs to one.
    fn client_wrote(&mut self, installation: &Installation, message: &Judged) -> Option<CaseId> {
        let client = message.verdict.client.clone()?;
        let author = message.verdict.author.clone()?;
        if self.is_before_start(installation, &message.arrived) {
            self.link(message);
            return None;
        }
        let thanks = message.verdict.thanks && !self.rules.team.thanks_open_case;
        let ours = self.quoted_of_ours(message, &client);
        let found = self.conversation_of(message, &client, &ours);
        let alone = thanks && found.is_none();
        // A thanks by itself waits for nothing, but what follows may be found by it.
        let id = found.unwrap_or_else(|| self.open_case(client, &author));
        let before = self.case(id).map(|case| case.state);
        let event = self.client_message(message, author, thanks);
        self.happen(id, CaseEvent::ClientWrote(event));
        self.begin_with(id, message.key, message);
        let quotes_ours = !ours.is_empty();
        let id = self.gather(id, message.followed().chain(ours).collect());
        if quotes_ours {
            self.history(id, QUOTES_OURS);
        }
        self.was_acknowledged(id, message.own);
        self.presume(installation, id, message.key);
        self.leave_traces(id, message);
        self.keep_reasons(message.key, message);
        self.keep_subject(message);
        self.answered_in_new_threads(id);
        if message.arrived.answered && self.rules.team.answered_flag {
            self.answered_by_flag(id, message.key);
        }
        if thanks && self.case(id).is_some_and(|case| !case.is_open()) {
            self.put_aside(message, AsideKind::Thanks);
        }
        if alone {
            let what = format!("a short thanks from {} opens no case", client_of(message));
            self.note_of_client(Weight::Event, message, what);
        } else {
            self.note_client_mail(id, before, message);
        }
        Some(id)
    }

    fn open_case(&mut self, client: ClientKey, author: &Author) -> CaseId {
        let id = self.next_case;
        self.next_case = CaseId(id.0 + 1);
        let case = Case::new(id, client, author.clone(), String::new());
        self.touched.insert(id, case);
        id
    }

    /// The first mail of a case gives it its contact and subject, whenever it is seen.
    pub(super) fn begin_with(&mut self, id: CaseId, key: MessageKey, message: &Judged) {
        let keep = self.rules.keep_subjects;
        let Some(case) = self.case_mut(id) else {
            return;
        };
        let first = case.messages().next();
        let Some(first) = first.filter(|first| first.key == key).cloned() else {
            return;
        };
        case.contact = first.author;
        if keep {
            case.subject = shortened_subject(message);
        }
    }

    fn client_message(&self, message: &Judged, author: Author, thanks: bool) -> ClientMessage {
        let facts = &message.arrived.facts;
        ClientMessage {
            key: message.key,
            message_id: facts.message_id.clone(),
            other_ids: Vec::new(),
            references: facts.references.clone(),
            author,
            answered_at: message
                .verdict
                .elsewhere
                .iter()
                .map(IdHash::of_contact)
                .collect(),
            received_at: message.arrived.received_at,
            clock_from: self.not_ahead(message.arrived.received_at),
            urgent: message.verdict.urgent,
            may_acknowledge: message.verdict.may_acknowledge,
            suspicious: message.verdict.suspicious,
            thanks,
            language: message.verdict.language,
            holders: vec![message.arrived.location.clone()],
        }
    }

    /// Notes a client's mail that opens no case.
    fn note_of_client(&mut self, weight: Weight, message: &Judged, what: String) {
        self.note(weight, LogEvent::MailPassedOver, None, what);
        if let Some(note) = self.decisions.notes.last_mut() {
            note.client = message.verdict.client.clone();
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
            self.note_of_client(weight, message, what);
            self.put_aside(message, AsideKind::Mail(verdict.kind));
        }
    }

    pub(super) fn is_before_start(&self, installation: &Installation, arrived: &Arrived) -> bool {
        let start = start_from(self.rules, installation, &arrived.location.mailbox);
        start.is_some_and(|start| arrived.received_at < start)
    }

    /// Old mail, read on a first start, is no event of the day.
    pub(super) fn weight_of(&self, received_at: Timestamp) -> Weight {
        let recent = self.now - received_at < chrono::Duration::hours(24);
        if recent {
            Weight::Event
        } else {
            Weight::Detail
        }
    }

    fn note_client_mail(&mut self, id: CaseId, before: Option<CaseState>, message: &Judged) {
        let Some(case) = self.case(id) else { return };
        let (event, what) = match (before, case.state) {
            (Some(CaseState::New) | None, _) => (LogEvent::CaseOpened, "case opened"),
            (Some(before), after) if before == after => (
                LogEvent::CaseContinued,
                "further mail in case, nothing owed for it",
            ),
            (Some(before), after) if before.generation() != after.generation() => {
                (LogEvent::CaseReopened, "case reopened")
            }
            _ => (LogEvent::CaseContinued, "further mail in case"),
        };
        let mut what = format!("{what} for {}", case.client);
        if message.verdict.urgent {
            what.push_str(", urgent");
        }
        if message.verdict.suspicious {
            what.push_str(", failed DMARC");
        }
        let weight = self.weight_of(message.arrived.received_at);
        self.note(weight, event, Some(id), what);
    }
}

fn client_of(message: &Judged) -> &str {
    let client = message.verdict.client.as_ref();
    client.map_or("", ClientKey::as_str)
}

pub(super) fn index_entry(message: &Judged, case: Option<CaseId>) -> IndexEntry {
    IndexEntry {
        kind: message.verdict.kind,
        sender: message.verdict.sender,
        client: message.verdict.client.clone(),
        received_at: message.arrived.received_at,
        case,
    }
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
    facts.calendar = None;
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
    // Who writes to a client by way of a mail of ours to the team answers no mail it names.
    let by_way_of_ours = ids.clone().any(reply::is_of_mail_to_team);
    let ids = ids.filter(|id| !(by_way_of_ours && reply::is_of_ours(id)));
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
