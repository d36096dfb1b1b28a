//! Which mails are one conversation, and which answers reach it.
//!
//! Mails of one client belong together if they name one another, or are named by the same mail
//! of the team; and an answer without reply headers belongs to what it quotes under the same
//! subject. What belongs together does not depend on the order in which it is seen: a mail
//! that connects two cases makes them one.

use std::collections::BTreeSet;

use super::answered::{addresses, answers_elsewhere, ids_of};
use super::arrivals::Judged;
use super::links::is_link;
use super::{LogEvent, Step, Weight};
use crate::domain::address::Address;
use crate::domain::case::{Case, CaseEvent, Evidence, Settlement, THREAD_IDS_MAX};
use crate::domain::commit::{TeamMail, Trace};
use crate::domain::ids::{CaseId, ClientKey, IdHash, OutboxId};
use crate::domain::outbox::{OutboxRow, Purpose, RowState, StageKey};
use crate::domain::time::Timestamp;

/// How long after a mail an answer without reply headers is still taken for one.
const HEADERLESS_WITHIN: chrono::Duration = chrono::Duration::days(30);

/// How old a mail may be when it is read to be found otherwise than by its ids: what was
/// received together with it has surely come by then. Only a first start reads older mail.
const TRACES_WITHIN: chrono::Duration = chrono::Duration::days(60);

/// What the history says where an answer is known by our own lines alone.
pub(super) const QUOTES_OURS: &str = "a mail of this case quotes a mail of the team under the same subject, \
                           without reply headers: it belongs where that one does (weaker evidence)";

impl Step<'_> {
    /// The case a client's mail belongs to, if there is one. Several become one. `ours` are
    /// the mails of the team that it quotes.
    pub(super) fn conversation_of(
        &mut self,
        message: &Judged,
        client: &ClientKey,
        ours: &[IdHash],
    ) -> Option<CaseId> {
        let continued = |id: &CaseId| {
            let case = self.case(*id);
            case.is_some_and(|case| case.client == *client && !case.is_full())
        };
        let ids = self.with_linked(message.followed(), client);
        let by_id: Vec<CaseId> = self.found_by(ids.into_iter(), client);
        let by_id: Vec<CaseId> = by_id.into_iter().filter(continued).collect();
        let by_ours = self.found_by(ours.iter().copied(), client);
        let by_ours: Vec<CaseId> = by_ours.into_iter().filter(continued).collect();
        let by_lines = self.quoted_in(message, client).into_iter();
        let by_lines = by_lines.filter(continued);
        let strong = by_id.iter().chain(&by_ours).copied();
        let near = self.nearest(strong.chain(by_lines));
        let is_weak = |id: &CaseId| !by_id.contains(id) && !by_ours.contains(id);
        let is_weak = near.iter().any(is_weak);
        let found = self.unite(near)?;
        if is_weak {
            let what = "a mail belongs here by its subject and the lines it quotes, without \
                        reply headers (weaker evidence)";
            self.history(found, what);
        }
        Some(found)
    }

    /// The cases in which this mail is quoted, or which it quotes, without reply headers.
    fn quoted_in(&self, message: &Judged, client: &ClientKey) -> Vec<CaseId> {
        let scope = client.hash();
        // Copies are received at different moments: which of two mails came first, the quotation
        // tells, not the clock.
        let near = |seen: &&Trace| {
            (message.arrived.received_at - seen.at).abs() <= HEADERLESS_WITHIN
                && seen.message != message.key
        };
        let seen = |line: &IdHash| {
            let seen = self.known.traces.get(&line.of_client(scope));
            seen.into_iter().flatten().filter(near)
        };
        let mut cases: Vec<CaseId> = Vec::new();
        for line in &message.lines.quotes {
            let said = seen(line).filter(|seen| !seen.quoted);
            let said: BTreeSet<CaseId> = said.filter_map(|seen| self.case_of_trace(seen)).collect();
            // What several have said is no sign of any of them.
            if said.len() == 1 {
                cases.extend(said);
            }
        }
        for line in &message.lines.says {
            let quoted = seen(line).filter(|seen| seen.quoted);
            if seen(line).all(|seen| seen.quoted) {
                cases.extend(quoted.filter_map(|seen| self.case_of_trace(seen)));
            }
        }
        cases
    }

    /// The team's mails that this mail quotes, without reply headers: it belongs where they
    /// do, as if it named them.
    pub(super) fn quoted_of_ours(&self, message: &Judged, client: &ClientKey) -> Vec<IdHash> {
        let scope = client.hash();
        let mut quoted = Vec::new();
        for line in &message.lines.quotes {
            let line = line.of_client(scope);
            let only = self.only_sayer(line, message.arrived.received_at);
            let id = only.and_then(|mail| mail.id);
            quoted.extend(id.filter(|id| !quoted.contains(id)));
        }
        quoted
    }

    /// The only mail that says a line, if it is one of the team's.
    fn only_sayer(&self, line: IdHash, moment: Timestamp) -> Option<&TeamMail> {
        let mut seen = self.known.traces.get(&line).into_iter().flatten();
        if seen.any(|seen| !seen.quoted) {
            return None;
        }
        let near = |mail: &&TeamMail| (moment - mail.at).abs() <= HEADERLESS_WITHIN;
        let said = self.known.awaited.get(&line).into_iter().flatten();
        let mut said = said.filter(near);
        let first = said.next()?;
        said.all(|other| other.key == first.key).then_some(first)
    }

    /// A mail of the team may be quoted by a client's answer that has no reply headers: one
    /// that was seen before belongs where this mail does, and later ones will find it. Returns
    /// the cases of those that were seen before.
    pub(super) fn may_be_quoted(
        &mut self,
        message: &Judged,
        mail: &TeamMail,
        client: &ClientKey,
    ) -> BTreeSet<CaseId> {
        let mut found = BTreeSet::new();
        let Some(own) = mail.id.filter(|_| self.leaves_traces(message)) else {
            return found;
        };
        let scope = client.hash();
        for line in &message.lines.says {
            let line = line.of_client(scope);
            self.await_question(line, mail);
            let quoted = self.known.traces.get(&line).into_iter().flatten();
            let mut quoted: Vec<Trace> = quoted.filter(|seen| seen.quoted).copied().collect();
            quoted.retain(|seen| {
                let only = self.only_sayer(line, seen.at);
                only.is_some_and(|only| only.key == mail.key)
            });
            for seen in quoted {
                let case = self.case_of_trace(&seen);
                let fits = |case: &Case| case.client == *client && !case.is_full();
                if let Some(id) = case.filter(|id| self.case(*id).is_some_and(fits))
                    && self.find_by_thread(own.of_client(scope)) != Some(id)
                {
                    found.insert(self.gather(id, vec![own]));
                }
            }
        }
        found
    }

    /// Whether this mail is to be found otherwise than by its ids, too.
    pub(super) fn leaves_traces(&self, message: &Judged) -> bool {
        self.now - message.arrived.received_at <= TRACES_WITHIN
    }

    /// Remembers by what this mail is found beside its ids.
    pub(super) fn leave_traces(&mut self, id: CaseId, message: &Judged) {
        if !self.leaves_traces(message) {
            return;
        }
        let Some(scope) = self.case(id).map(|case| case.client.hash()) else {
            return;
        };
        let says = message.lines.says.iter().map(|line| (line, false));
        let quotes = message.lines.quotes.iter().map(|line| (line, true));
        let author = message.verdict.author.as_ref();
        let author = author.map(|author| IdHash::of_contact(&author.address));
        let author = author.iter().map(|author| (author, false));
        for (trace, quoted) in says.chain(quotes).chain(author) {
            let trace = trace.of_client(scope);
            let seen = Trace {
                at: message.arrived.received_at,
                message: message.key,
                case: id,
                quoted,
            };
            self.leave_trace(trace, seen);
        }
        self.may_be_answered_elsewhere(id, message);
    }

    /// A reply at an address of nobody we know finds what it answers by its own id, whoever's
    /// it is.
    pub(super) fn may_be_answered_elsewhere(&mut self, id: CaseId, message: &Judged) {
        let is_answered_there = !message.verdict.elsewhere.is_empty();
        let Some(own) = message.own.filter(|_| is_answered_there) else {
            return;
        };
        if !self.leaves_traces(message) {
            return;
        }
        let seen = Trace {
            at: message.arrived.received_at,
            message: message.key,
            case: id,
            quoted: false,
        };
        self.leave_trace(own.answered_elsewhere(), seen);
    }

    fn leave_trace(&mut self, trace: IdHash, seen: Trace) {
        self.known.traces.entry(trace).or_default().push(seen);
        self.decisions.commit.traces.push((trace, seen));
    }

    /// Makes one case of several; the one with the lowest number goes on.
    pub(super) fn unite(&mut self, cases: Vec<CaseId>) -> Option<CaseId> {
        let in_order: BTreeSet<CaseId> = cases.into_iter().collect();
        in_order
            .into_iter()
            .reduce(|one, another| self.join(one, another))
    }

    /// Makes one case of two, and returns the one that goes on. A case that is full stays by
    /// itself, and so does one that somebody separated from the other.
    fn join(&mut self, one: CaseId, another: CaseId) -> CaseId {
        let (kept, left) = (one.min(another), one.max(another));
        let (Some(case), Some(gone)) = (self.case(kept), self.case(left)) else {
            return one;
        };
        let unfit = case.client != gone.client || case.is_full() || gone.is_full();
        if kept == left || unfit || self.are_apart(kept, left) {
            return one;
        }
        let (own, gone) = (case.clone(), gone.clone());
        let mut case = own.clone();
        if let Err(illegal) = case.join(&gone) {
            let what = format!("left case {left} by itself: {illegal}");
            self.note(Weight::Trouble, LogEvent::LeftOut, Some(kept), what);
            return one;
        }
        self.move_mail([&own, &gone], &mut case);
        for id in &case.thread {
            self.known.threads.insert(*id, kept);
        }
        // Found at once from now on, however long the chain of joined cases becomes.
        let links = gone.thread.iter().map(|id| (*id, kept));
        self.decisions.commit.threads.extend(links);
        self.touched.insert(kept, case);
        let last = gone.happenings.last().map(|last| last.at);
        let joined = CaseEvent::Settled {
            at: last.map_or(self.now, |last| last.max(self.now)),
            how: Settlement::Joined(kept),
            by: "ackd".into(),
        };
        self.happen(left, joined);
        let what = format!("case {left} belongs to the same conversation and goes on here");
        self.history(kept, what.as_str());
        self.note(Weight::Event, LogEvent::CaseJoined, Some(kept), what);
        kept
    }

    /// The mail we still owe about two cases is about the one that goes on with them.
    fn move_mail(&mut self, parts: [&Case; 2], joined: &mut Case) {
        let names = |row: &OutboxRow, part: &Case| row.keys.iter().any(|key| key.case == part.id);
        let owed = self.book.outbox().rows.values();
        let mut rows: Vec<OutboxRow> = owed
            .filter(|row| parts.iter().any(|part| names(row, part)))
            .cloned()
            .collect();
        let staged = std::mem::take(&mut self.decisions.commit.outbox);
        for row in staged {
            match rows.iter_mut().find(|known| known.id == row.id) {
                Some(known) => *known = row,
                None => rows.push(row),
            }
        }
        choose_acknowledgement(parts, joined, &rows);
        let mut owed: Vec<(Purpose, Address, StageKey)> = Vec::new();
        for row in &mut rows {
            let queued = matches!(row.state, RowState::Queued { .. });
            let mut keys: Vec<StageKey> = Vec::new();
            for key in row.keys.drain(..) {
                let key = match parts.iter().find(|part| part.id == key.case) {
                    Some(part) => part.key_in(key, joined),
                    None => key,
                };
                let mail = (row.purpose.clone(), row.to.clone(), key);
                // What both owed to one person is owed once.
                if keys.contains(&key) || (queued && owed.contains(&mail)) {
                    continue;
                }
                keys.push(key);
                // What was given up nobody got.
                let given_up = matches!(row.state, RowState::GivenUp { .. });
                if !row.state.is_final() && !given_up {
                    owed.push(mail);
                }
            }
            let second = row.purpose == Purpose::Acknowledgement
                && keys.iter().any(|key| key.case == joined.id)
                && joined.acknowledgement != Some(row.id);
            if queued && (second || keys.is_empty()) {
                row.state = RowState::Cancelled {
                    at: self.now,
                    reason: "its case belongs to a conversation for which it is sent already"
                        .into(),
                };
            }
            row.keys = keys;
        }
        self.decisions.commit.outbox = rows;
    }

    /// Puts ids into a case's conversation: with them come the cases they belong to, and the
    /// team's answers that were seen before. Returns the case that goes on.
    pub(super) fn gather(&mut self, id: CaseId, ids: Vec<IdHash>) -> CaseId {
        let Some(client) = self.case(id).map(|case| case.client.clone()) else {
            return id;
        };
        let scope = client.hash();
        let (mut id, mut left) = (id, ids);
        let mut done = BTreeSet::new();
        while let Some(hash) = left.pop() {
            if !done.insert(hash) {
                continue;
            }
            if let Some(other) = self.find_by_thread(hash.of_client(scope)) {
                if self.are_apart(id, other) {
                    continue;
                }
                id = self.join(id, other);
            }
            self.remember_thread(id, hash.of_client(scope));
            let answers = self.known.awaited.get(&hash).cloned().unwrap_or_default();
            let case = self.case(id);
            let is_addressed = |mail: &&TeamMail| {
                addresses(mail, &client, self.rules)
                    || case.is_some_and(|case| answers_elsewhere(mail, case))
            };
            let answers: Vec<TeamMail> = answers.iter().filter(is_addressed).cloned().collect();
            for mail in &answers {
                if !is_link(mail) {
                    self.answered_by_mail(id, mail, Evidence::ReplyHeaders);
                }
                left.extend(ids_of(mail));
            }
        }
        id
    }

    /// By this id, a hash of the client, mail is found to belong to this case, unless it leads
    /// to another one already, or the case is full.
    pub(super) fn remember_thread(&mut self, id: CaseId, hash: IdHash) {
        let elsewhere = self.find_by_thread(hash).is_some_and(|other| other != id);
        let known = self
            .case(id)
            .is_some_and(|case| case.thread.contains(&hash) || case.thread.len() >= THREAD_IDS_MAX);
        if elsewhere || known {
            return;
        }
        if let Some(case) = self.case_mut(id) {
            case.thread.push(hash);
            self.known.threads.insert(hash, id);
            self.decisions.commit.threads.push((hash, id));
        }
    }

    /// The case a Message-ID of a client belongs to: of this step, open, or closed on disk.
    pub(super) fn find_by_thread(&self, id: IdHash) -> Option<CaseId> {
        let of_step = self.known.threads.get(&id).copied();
        self.resolve(of_step.or_else(|| self.book.by_thread(id))?)
    }

    /// The case that goes on with this one: itself, unless it was joined to another.
    pub(super) fn resolve(&self, case: CaseId) -> Option<CaseId> {
        let mut id = case;
        while let Some(other) = self.case(id)?.joined_to() {
            // The older one always goes on.
            if other >= id {
                return None;
            }
            id = other;
        }
        Some(id)
    }
}

/// A conversation is acknowledged once: what the client may have got already comes before what
/// only waits to be sent, and that before what was refused.
fn choose_acknowledgement(parts: [&Case; 2], joined: &mut Case, rows: &[OutboxRow]) {
    let happened = joined
        .happenings
        .iter()
        .any(|known| matches!(known.event, CaseEvent::Acknowledged { .. }));
    if happened {
        return;
    }
    let rank = |id: &OutboxId| {
        let row = rows.iter().find(|row| row.id == *id);
        match row.map(|row| &row.state) {
            Some(RowState::GivenUp { .. }) => 2,
            Some(RowState::Queued { .. }) if row.is_some_and(OutboxRow::is_still_ours) => 1,
            Some(
                RowState::Queued { .. }
                | RowState::Sending { .. }
                | RowState::Uncertain { .. }
                | RowState::Sent { .. }
                | RowState::Held { .. }
                | RowState::Cancelled { .. },
            )
            | None => 0,
        }
    };
    let owed = parts.iter().filter_map(|part| part.acknowledgement);
    joined.acknowledgement = owed.min_by_key(rank);
}
