//! Reading folders: from a plan to batches on their way to the engine.
//!
//! Two commands are kept on the way, so that the server never waits for us; batches are
//! handed over in UID order, each only after its own tagged OK, because its cursor stands
//! for everything below it.

use std::collections::VecDeque;

use async_imap::imap_proto::{MailboxDatum, Response};
use tokio::time::Instant;

use super::Report;
use super::cursor::{Opened, Plan, SEARCH_FROM_MESSAGES, fetch_span, range_end, search_span};
use super::failure::Failure;
use super::fetch::{Batch, Sieve, flags_command, uid_of};
use super::landmarks::remember;
use super::pipe::{Pending, Pipe, Sent, Stretch};
use super::session::{Answer, READ_TIMEOUT, Session};
use super::troubles::{Reading, Trouble};
use super::watch::{Watch, Watched};
use crate::domain::commit::Cursor;

/// How many new messages are fetched without asking the server for its UIDNEXT first.
const NEWS_MAX: u32 = 200;

impl Watch {
    /// Brings an opened folder up to date.
    pub(crate) async fn read_folder(
        &mut self,
        session: &mut Session,
        folder: &Watched,
        opened: Opened,
    ) -> Result<(), Failure> {
        let todo = self.what_to_read(session, folder, opened).await?;
        self.fetched = 0;
        if todo == Plan::UpToDate {
            self.set_first_landmark(session, folder).await?;
            return self.check_count(session, folder).await;
        }
        let end = match opened.uid_next {
            Some(next) => next,
            None => highest_uid(session, opened.exists).await?.saturating_add(1),
        };
        let mut stretch = Stretch {
            uid_validity: opened.uid_validity,
            first: 1,
            end,
            exists: opened.exists,
            received_from: None,
        };
        match todo {
            Plan::ReadFrom(first) | Plan::ReadAgain(first) => stretch.first = first,
            Plan::ReadAnew | Plan::UpToDate => {
                stretch.received_from = Some(self.account.read_since);
                stretch.first = self.first_to_read(session, stretch).await?;
            }
        }
        self.read_stretch(session, folder, stretch).await?;
        if matches!(todo, Plan::ReadFrom(_)) {
            return self.check_count(session, folder).await;
        }
        // Even if there was nothing to read, this is how far the folder is known now.
        let cursor = Cursor {
            uid_validity: opened.uid_validity,
            uid_next: end.max(1),
            landmarks: self.landmarks(folder, opened.uid_validity),
        };
        if self.cursors.get(&folder.name) != Some(&cursor) {
            self.hand_over(folder, Batch::default(), cursor).await?;
        }
        self.set_first_landmark(session, folder).await?;
        self.counts.insert(folder.name.clone(), session.exists);
        Ok(())
    }

    /// A folder that holds more messages than it held before and than were new above the
    /// cursor has had some put below it: Courier gives a UID it has shown to one message to
    /// another one when two sessions meet, and a restored backup brings back what was gone. What
    /// lies just below the cursor is then read again; the engine knows what it has seen. Until
    /// then the cursor stands for nothing above: after a line that breaks the reading goes on.
    async fn check_count(
        &mut self,
        session: &mut Session,
        folder: &Watched,
    ) -> Result<(), Failure> {
        let exists = session.exists;
        let before = self.counts.insert(folder.name.clone(), exists);
        let explained = before.map(|before| before.saturating_add(self.fetched));
        let cursor = self.cursors.get_mut(&folder.name);
        let unexplained = explained.filter(|explained| exists > *explained);
        let (Some(explained), Some(cursor)) = (unexplained, cursor) else {
            return Ok(());
        };
        tracing::info!(event = "folder_read_again", mailbox = %self.account.name, folder = %folder.name,
            messages = exists - explained,
            "messages appeared below what was read; reading the newest ones again");
        let span = fetch_span(cursor.uid_next, exists);
        let stretch = Stretch {
            uid_validity: cursor.uid_validity,
            first: cursor.uid_next.saturating_sub(span).max(1),
            end: cursor.uid_next,
            exists,
            received_from: Some(self.account.read_since),
        };
        cursor.uid_next = stretch.first;
        self.read_stretch(session, folder, stretch).await
    }

    /// Reads what was announced in the open folder since it was read last.
    pub(crate) async fn read_news(
        &mut self,
        session: &mut Session,
        folder: &Watched,
    ) -> Result<(), Failure> {
        let grown = session.exists.saturating_sub(self.home_exists);
        let cursor = self.cursors.get(&folder.name);
        let troubled = self.troubles.contains_key(&folder.name);
        let Some(cursor) = cursor.filter(|_| grown <= NEWS_MAX && !troubled) else {
            let opened = session.examine(&folder.quoted).await?;
            self.home_exists = session.exists;
            return self.read_folder(session, folder, opened).await;
        };
        session.news = false;
        self.home_exists = session.exists;
        self.fetched = 0;
        if session.exists == 0 {
            return Ok(());
        }
        let stretch = Stretch {
            uid_validity: cursor.uid_validity,
            first: cursor.uid_next,
            end: 0,
            exists: session.exists,
            received_from: None,
        };
        self.read_stretch(session, folder, stretch).await?;
        if self.home_exists == 0 {
            // There is more, and it is read before anything is concluded from the numbers.
            let count = self.counts.entry(folder.name.clone()).or_default();
            *count = count.saturating_add(self.fetched);
            return Ok(());
        }
        self.check_count(session, folder).await
    }

    /// Where the first read of a folder begins: at the first message that is young enough; at
    /// the first of all if the server's answer to that question was beyond our limits.
    async fn first_to_read(
        &mut self,
        session: &mut Session,
        stretch: Stretch,
    ) -> Result<u32, Failure> {
        if stretch.exists <= SEARCH_FROM_MESSAGES || self.search_was_unreadable {
            return Ok(1);
        }
        // SEARCH SINCE leaves the time of day and the zone aside (RFC 3501, section 6.4.4).
        let day = self.account.read_since - chrono::Duration::days(1);
        let day = day.format("%-d-%b-%Y").to_string();
        let span = search_span(stretch.end, stretch.exists);
        let mut first = 1;
        while let Some(last) = range_end(first, stretch.end, span) {
            let mut found: Option<u32> = None;
            let command = format!("UID SEARCH UID {first}:{last} SINCE {day}");
            let tag = session.send(&command).await?;
            let what = "to search the folder";
            let answer = session.finish(tag, what, READ_TIMEOUT, |response| {
                if let Response::MailboxData(MailboxDatum::Search(uids)) = response {
                    let asked = uids
                        .iter()
                        .copied()
                        .filter(|uid| (first..=last).contains(uid));
                    found = found.into_iter().chain(asked).min();
                }
            });
            let answer = answer.await;
            self.search_was_unreadable |= matches!(answer, Err(Failure::Unreadable(_)));
            answer?.accepted(what)?;
            if let Some(uid) = found {
                return Ok(uid);
            }
            first = last.saturating_add(1);
        }
        Ok(stretch.end)
    }

    /// Reads a stretch; an `end` of zero means whatever there is from `first` on. What was given
    /// up is set aside wherever it lies: a server may have everything before it read again.
    async fn read_stretch(
        &mut self,
        session: &mut Session,
        folder: &Watched,
        mut stretch: Stretch,
    ) -> Result<(), Failure> {
        for uid in self.given_up_in(folder, stretch) {
            let before = Stretch {
                end: uid,
                ..stretch
            };
            self.read_piece(session, folder, before).await?;
            self.set_aside(folder, stretch.uid_validity, uid).await?;
            stretch.first = uid.saturating_add(1);
        }
        self.read_piece(session, folder, stretch).await?;
        self.troubles.remove(&folder.name);
        self.given_up.remove(&folder.name);
        Ok(())
    }

    async fn read_piece(
        &mut self,
        session: &mut Session,
        folder: &Watched,
        stretch: Stretch,
    ) -> Result<(), Failure> {
        let may_concern = self.account.may_concern.clone();
        let wants_text = self.account.wants_text.clone();
        let mut pipe = Pipe::new(stretch);
        loop {
            let trouble = self.trouble_at(folder, pipe.next);
            pipe.fill(session, trouble).await?;
            self.hand_over_finished(folder, stretch, &mut pipe.ranges)
                .await?;
            let Some(command) = pipe.sent.pop_front() else {
                break;
            };
            self.note_reading(folder, command.range, &pipe);
            let sieve = Sieve {
                received_from: stretch.received_from,
                may_concern: Some(&may_concern),
                wants_text: trouble.is_none().then_some(&wants_text),
            };
            let answer = collect(session, &command, &mut pipe.ranges, sieve).await?;
            match (answer, command.text) {
                (Answer::Done, false) => {
                    pipe.see_to_rest(command.range);
                    pipe.ask_for_texts(session, command.range).await?;
                }
                // Without its text a message is judged as well as can be.
                (_, true) => pipe.text_is_done(command.range),
                (Answer::Refused(words), false) => {
                    let before = self.troubles.get(&folder.name);
                    let last_time = before.is_some_and(|own| own.is_nearly_given_up(command.range));
                    if let Some(pending) = pipe.range(command.range) {
                        corner_refused(session, pending, words, last_time).await?;
                    }
                }
            }
        }
        self.reading = None;
        if pipe.left_some {
            // More came than was announced: it is read like news, by the server's UIDNEXT.
            session.news = true;
            self.home_exists = 0;
        }
        Ok(())
    }

    /// Hands over, in order, the ranges that are complete.
    async fn hand_over_finished(
        &mut self,
        folder: &Watched,
        stretch: Stretch,
        ranges: &mut VecDeque<Pending>,
    ) -> Result<(), Failure> {
        while ranges.front().is_some_and(Pending::is_complete) {
            let Some(Pending { range, .. }) = ranges.pop_front() else {
                break;
            };
            let reached = range.last.or(range.highest());
            let Some(reached) = reached else {
                continue;
            };
            let mut cursor = Cursor {
                uid_validity: stretch.uid_validity,
                uid_next: reached.saturating_add(1),
                landmarks: self.landmarks(folder, stretch.uid_validity),
            };
            if let Some(newest) = range.landmark() {
                remember(&mut cursor.landmarks, newest);
            }
            let now = self.clock.now();
            let id = self.folder_id(folder);
            let judged = received_from(stretch);
            let batch = range.into_batch(&id, folder.role, stretch.uid_validity, now, judged);
            self.hand_over(folder, batch, cursor).await?;
            let over = |trouble: &Trouble| reached >= trouble.until;
            if self.troubles.get(&folder.name).is_some_and(over) {
                self.troubles.remove(&folder.name);
            }
        }
        Ok(())
    }

    pub(super) async fn hand_over(
        &mut self,
        folder: &Watched,
        batch: Batch,
        cursor: Cursor,
    ) -> Result<(), Failure> {
        self.cursors.insert(folder.name.clone(), cursor.clone());
        let Batch {
            arrived,
            passed_over,
            quarantined,
        } = batch;
        let read = (arrived.len() + quarantined.len()) as u64 + passed_over;
        let read = u32::try_from(read).unwrap_or(u32::MAX);
        self.fetched = self.fetched.saturating_add(read);
        let folder = self.folder_id(folder);
        self.report(Report::Batch {
            folder,
            arrived,
            passed_over,
            quarantined,
            cursor,
        })
        .await
    }

    fn note_reading(&mut self, folder: &Watched, first: u32, pipe: &Pipe) {
        let range = pipe.ranges.iter().find(|own| own.range.first == first);
        let last = range
            .and_then(|own| own.range.last)
            .unwrap_or(first.saturating_add(NEWS_MAX));
        self.reading = Some(Reading {
            folder: folder.name.clone(),
            uid_validity: pipe.stretch.uid_validity,
            first,
            last,
            since: Instant::now(),
        });
    }
}

fn received_from(stretch: Stretch) -> Sieve<'static> {
    Sieve {
        received_from: stretch.received_from,
        may_concern: None,
        wants_text: None,
    }
}

/// Reads until a command's tagged answer; messages go to whichever range asked for them.
async fn collect(
    session: &mut Session,
    command: &Sent,
    ranges: &mut VecDeque<Pending>,
    sieve: Sieve<'_>,
) -> Result<Answer, Failure> {
    let see = |response: &Response<'_>| {
        if let Response::Fetch(_, attributes) = response
            && let Some(uid) = uid_of(attributes)
            && let Some(pending) = ranges.iter_mut().find(|own| own.range.covers(uid))
        {
            pending.range.take(uid, attributes, sieve);
        }
    };
    session
        .finish(command.tag, "to read messages", READ_TIMEOUT, see)
        .await
}

/// A refused range fails the session, to be asked for again in smaller pieces. A single
/// message that exists and is refused again and again is unreadable.
async fn corner_refused(
    session: &mut Session,
    pending: &mut Pending,
    words: String,
    last_time: bool,
) -> Result<(), Failure> {
    let uid = pending.range.first;
    if pending.range.last != Some(uid) || !last_time {
        let what = "to read messages";
        return Err(Failure::Refused { what, words });
    }
    let nothing_wanted = Sieve {
        received_from: None,
        may_concern: None,
        wants_text: None,
    };
    let range = &mut pending.range;
    // What answers here is entered without a header, and so is set aside.
    session
        .run(&flags_command(&[uid]), "to read a message", |response| {
            if let Response::Fetch(_, attributes) = response
                && uid_of(attributes) == Some(uid)
            {
                range.take(uid, attributes, nothing_wanted);
            }
        })
        .await?;
    pending.headers_done = true;
    Ok(())
}

/// The highest UID in the open folder, zero if it is empty.
pub(super) async fn highest_uid(session: &mut Session, exists: u32) -> Result<u32, Failure> {
    let mut highest = 0;
    if exists > 0 {
        let see = |response: &Response<'_>| {
            if let Response::Fetch(_, attributes) = response {
                highest = highest.max(uid_of(attributes).unwrap_or(0));
            }
        };
        session
            .run("UID FETCH * (UID)", "to read the last UID", see)
            .await?;
    }
    Ok(highest)
}
