//! What a step must know from disk before it can decide about messages.
//!
//! One question follows from another: an answer that was seen before its question may have
//! been answered itself, or belong to a case that goes on as another. So they are asked in
//! rounds, until nothing new is to be asked.

use std::collections::BTreeSet;

use super::answered::{answers_elsewhere, ids_of};
use super::arrivals::Judged;
use super::links::{clients_of, link_of};
use super::team_mail::is_before_every_start;
use crate::domain::address::Address;
use crate::domain::book::Book;
use crate::domain::case::Case;
use crate::domain::commit::{Asked, Installation, Known, Questions, TeamMail};
use crate::domain::ids::{CaseId, ClientKey, IdHash};
use crate::domain::rules::{Party, Rules};

/// In how many rounds questions are asked. What lies further away stays unknown.
const ROUNDS_MAX: usize = 16;

/// Questions about a batch of messages, and what is known so far.
#[derive(Debug)]
pub struct Inquiry<'a> {
    book: &'a Book,
    rules: &'a Rules,
    installation: &'a Installation,
    asked: Asked,
    rounds: usize,
    known: Known,
}

impl<'a> Inquiry<'a> {
    /// An inquiry that knows nothing yet.
    pub fn new(book: &'a Book, rules: &'a Rules, installation: &'a Installation) -> Self {
        Self {
            book,
            rules,
            installation,
            asked: Asked::default(),
            rounds: 0,
            known: Known::default(),
        }
    }

    /// What is to be asked next about these messages. `None` when all is known.
    pub fn questions(&mut self, judged: &[Judged]) -> Option<Questions> {
        if self.rounds >= ROUNDS_MAX {
            return None;
        }
        let mut questions = Questions::default();
        if self.rounds == 0 {
            for message in judged {
                self.ask_about(message, &mut questions);
            }
        }
        self.ask_further(judged, &mut questions);
        self.rounds += 1;
        let questions = questions.without(&mut self.asked);
        (questions != Questions::default()).then_some(questions)
    }

    /// Takes the answers.
    pub fn learn(&mut self, answers: Known) {
        self.known.extend(answers);
    }

    /// All that is known.
    pub fn into_known(self) -> Known {
        self.known
    }

    fn ask_about(&self, message: &Judged, questions: &mut Questions) {
        if !message.verdict.opens_case && !message.verdict.elsewhere.is_empty() {
            let named = message.named.iter();
            questions
                .traces
                .extend(named.map(|id| id.answered_elsewhere()));
            // Of another copy an earlier moment may be known.
            questions.awaited.extend(message.parents());
        }
        if !message.concerns_a_client() {
            return;
        }
        if message.is_acknowledgement() {
            for person in &message.verdict.addressed {
                let named = message.named.iter().copied();
                self.ask_for_threads(named, &person.client, questions);
            }
            return;
        }
        questions.messages.push(message.key);
        questions.messages.extend(message.otherwise_written());
        let verdict = &message.verdict;
        let received_at = message.arrived.received_at;
        if !(verdict.opens_case || verdict.stops_clock) {
            return;
        }
        if is_before_every_start(self.rules, self.installation, received_at) {
            return self.ask_about_link(message, questions);
        }
        questions.copies.extend(message.content);
        let addressed = verdict.addressed.iter().map(|person| &person.client);
        let clients: BTreeSet<&ClientKey> = match verdict.opens_case {
            true => verdict.client.iter().collect(),
            false => addressed.collect(),
        };
        for client in clients {
            let scope = client.hash();
            self.ask_for_threads(message.followed(), client, questions);
            // Which mails of the team say what a client quotes.
            let ours = match verdict.opens_case {
                true => &message.lines.quotes,
                false => &message.lines.says,
            };
            let ours = ours.iter().map(|line| line.of_client(scope));
            questions.awaited.extend(ours);
            let lines = message.lines.says.iter().chain(&message.lines.quotes);
            // Whom a new thread may answer.
            let people = verdict
                .addressed
                .iter()
                .filter(|person| person.client == *client && message.named.is_empty());
            let people = people.map(|person| IdHash::of_contact(&person.contact));
            let traces = lines.copied().chain(people);
            questions
                .traces
                .extend(traces.map(|trace| trace.of_client(scope)));
        }
        questions.awaited.extend(message.followed());
        let acknowledged = message.own.filter(|_| verdict.opens_case);
        questions
            .awaited
            .extend(acknowledged.map(IdHash::acknowledged));
        if verdict.opens_case {
            let author = verdict.author.as_ref();
            questions
                .outbound
                .extend(author.map(|author| author.address.clone()));
        }
    }

    /// Old mail is asked about as far as it may connect what is newer.
    fn ask_about_link(&self, message: &Judged, questions: &mut Questions) {
        let Some(link) = link_of(message) else {
            return;
        };
        questions.awaited.extend(ids_of(&link));
        for client in clients_of(&link, self.rules) {
            self.ask_for_threads(ids_of(&link), client, questions);
        }
    }

    fn ask_for_threads(
        &self,
        ids: impl Iterator<Item = IdHash>,
        client: &ClientKey,
        questions: &mut Questions,
    ) {
        let scope = client.hash();
        let ids = ids.map(|id| id.of_client(scope));
        questions
            .threads
            .extend(ids.filter(|id| self.book.by_thread(*id).is_none()));
    }

    /// What follows from what is known.
    fn ask_further(&self, judged: &[Judged], questions: &mut Questions) {
        for mail in self.known.awaited.values().flatten() {
            questions.awaited.extend(ids_of(mail));
            for contact in &mail.contacts {
                if let Party::Client(client) = self.rules.party(contact) {
                    self.ask_for_threads(ids_of(mail), client, questions);
                }
            }
            for client in self.answered_there(mail, judged) {
                self.ask_for_threads(ids_of(mail), client, questions);
            }
        }
        for message in judged {
            self.ask_of_answered_elsewhere(message, questions);
        }
        for message in judged.iter().filter(|message| message.verdict.opens_case) {
            let copies = message.content.and_then(|key| self.known.copies.get(&key));
            questions
                .reasons
                .extend(copies.into_iter().flatten().map(|copy| copy.of));
            let seen = self.known.messages.contains_key(&message.key);
            questions.reasons.extend(seen.then_some(message.key));
        }
        let of_book = self.reached(judged);
        let of_book = of_book.iter().filter_map(|id| self.book.case(*id));
        questions.outbound.extend(self.seen_again(judged));
        // A mail that is seen late may need an answer that came in vain to somebody else.
        let opens = judged.iter().any(|message| message.verdict.opens_case);
        for case in of_book.chain(self.known.cases.values()) {
            let others = case.joined_to().into_iter().chain(case.apart_from());
            let closed = others.filter(|other| self.book.case(*other).is_none());
            questions.cases.extend(closed);
            if opens {
                questions.outbound.extend(authors(case));
            }
        }
    }

    /// The clients whose mail a reply may answer at addresses of nobody we know: what names that
    /// reply may have a case, closed by now.
    fn answered_there<'b>(
        &'b self,
        mail: &TeamMail,
        judged: &'b [Judged],
    ) -> BTreeSet<&'b ClientKey> {
        let is_meant =
            |elsewhere: &[Address]| elsewhere.iter().any(|to| mail.contacts.contains(to));
        let of_mail = judged
            .iter()
            .filter(|own| own.verdict.opens_case && is_meant(&own.verdict.elsewhere))
            .filter_map(|own| own.verdict.client.as_ref());
        let of_cases = self.known.cases.values();
        let of_cases = of_cases.filter(|case| answers_elsewhere(mail, case));
        of_mail.chain(of_cases.map(|case| &case.client)).collect()
    }

    /// Where a reply that goes to nobody of a client answers a mail of one, the conversation goes
    /// on with what names the reply.
    fn ask_of_answered_elsewhere(&self, message: &Judged, questions: &mut Questions) {
        if message.verdict.opens_case || message.verdict.elsewhere.is_empty() {
            return;
        }
        let named = message.named.iter().map(|id| id.answered_elsewhere());
        let seen = named.filter_map(|id| self.known.traces.get(&id)).flatten();
        for case in seen.map(|seen| seen.case) {
            let known = self.book.case(case);
            if let Some(case) = known.or_else(|| self.known.cases.get(&case)) {
                self.ask_for_threads(message.followed(), &case.client, questions);
                questions.awaited.extend(message.followed());
            }
        }
    }

    /// Whom new threads are addressed to of which another copy was seen: it may show that they
    /// were written before the mail they seemed to answer, and another one answers it.
    fn seen_again(&self, judged: &[Judged]) -> Vec<Address> {
        let mut keys = BTreeSet::new();
        let mut people = Vec::new();
        for message in judged {
            let is_new_thread = message.verdict.stops_clock && message.named.is_empty();
            let is_first = keys.insert(message.key);
            if is_new_thread && (!is_first || self.known.messages.contains_key(&message.key)) {
                let addressed = message.verdict.addressed.iter();
                people.extend(addressed.map(|person| person.contact.clone()));
            }
        }
        people
    }

    /// The open cases that these messages, or answers to them, belong to.
    fn reached(&self, judged: &[Judged]) -> BTreeSet<CaseId> {
        let mut found = BTreeSet::new();
        for (message, client) in judged.iter().flat_map(with_clients) {
            let scope = client.hash();
            let quotes = message.lines.quotes.iter();
            let quotes = quotes.map(|line| line.of_client(scope));
            let awaited = message
                .followed()
                .chain(quotes)
                .filter_map(|id| self.known.awaited.get(&id));
            let ids = awaited.flatten().flat_map(ids_of).chain(message.followed());
            found.extend(ids.filter_map(|id| self.book.by_thread(id.of_client(scope))));
        }
        let seen = self.known.traces.values().flatten();
        found.extend(seen.map(|seen| seen.case));
        let copies = self.known.copies.values().flatten();
        found.extend(copies.map(|copy| copy.case));
        let entries = self.known.messages.values();
        found.extend(entries.filter_map(|entry| entry.case));
        found
    }
}

/// A message with each client it is of, or addressed to.
fn with_clients(message: &Judged) -> impl Iterator<Item = (&Judged, &ClientKey)> {
    let verdict = &message.verdict;
    let addressed = verdict.addressed.iter().map(|person| &person.client);
    let clients: BTreeSet<&ClientKey> = verdict.client.iter().chain(addressed).collect();
    clients.into_iter().map(move |client| (message, client))
}

fn authors(case: &Case) -> BTreeSet<Address> {
    let messages = case.messages();
    messages.map(|own| own.author.address.clone()).collect()
}
