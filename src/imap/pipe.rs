//! The commands on their way to the server, and the ranges of UIDs they ask for.

use std::collections::VecDeque;

use super::cursor::{MESSAGES_PER_FETCH, fetch_span, range_end};
use super::failure::Failure;
use super::fetch::{Range, header_command, text_command};
use super::session::{Session, Tag};
use super::troubles::Trouble;
use crate::domain::time::Timestamp;

/// How many commands are on the way at once.
const COMMANDS_ON_THE_WAY: usize = 2;

/// How many messages' texts are asked for with one command (it keeps the line short).
const TEXTS_PER_FETCH: usize = 200;

/// What to read: UIDs from `first` to below `end` of a folder's present life.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stretch {
    pub(super) uid_validity: u32,
    pub(super) first: u32,
    pub(super) end: u32,
    pub(super) exists: u32,
    pub(super) received_from: Option<Timestamp>,
}

/// A range on its way.
pub(super) struct Pending {
    pub(super) range: Range,
    /// Whether it was asked for: what was cut off another range waits for that.
    pub(super) asked: bool,
    pub(super) headers_done: bool,
    pub(super) texts_due: usize,
}

/// A command on its way, and the range it belongs to.
pub(super) struct Sent {
    pub(super) tag: Tag,
    pub(super) range: u32,
    pub(super) text: bool,
}

/// The commands on their way and the ranges they belong to.
pub(super) struct Pipe {
    pub(super) stretch: Stretch,
    /// The lowest UID not asked for yet.
    pub(super) next: u32,
    /// Whether whatever there is from `next` on is still to be asked for.
    pub(super) open_end: bool,
    pub(super) ranges: VecDeque<Pending>,
    pub(super) sent: VecDeque<Sent>,
    /// How many UIDs are asked for with one command.
    span: u32,
    /// Whether there is more behind an open end than could be kept.
    pub(super) left_some: bool,
}

impl Pipe {
    pub(super) fn new(stretch: Stretch) -> Self {
        Self {
            stretch,
            next: stretch.first,
            open_end: stretch.end == 0,
            ranges: VecDeque::new(),
            sent: VecDeque::new(),
            span: fetch_span(stretch.end, stretch.exists),
            left_some: false,
        }
    }

    /// Sends as many commands as may be on their way.
    pub(super) async fn fill(
        &mut self,
        session: &mut Session,
        trouble: Option<Trouble>,
    ) -> Result<(), Failure> {
        let room = match trouble {
            Some(_) => 1,
            None => COMMANDS_ON_THE_WAY,
        };
        let span = trouble.map_or(self.span, |trouble| trouble.span);
        while self.sent.len() < room {
            if let Some((range, last)) = self.next_rest(span) {
                let tag = session.send(&header_command(range, Some(last))).await?;
                self.sent.push_back(Sent {
                    tag,
                    range,
                    text: false,
                });
                continue;
            }
            let last = range_end(self.next, self.stretch.end, span);
            if last.is_none() && !std::mem::take(&mut self.open_end) {
                break;
            }
            let tag = session.send(&header_command(self.next, last)).await?;
            let range = self.next;
            self.sent.push_back(Sent {
                tag,
                range,
                text: false,
            });
            self.ranges.push_back(Pending::new(range, last));
            self.next = last.map_or(u32::MAX, |last| last.saturating_add(1));
        }
        Ok(())
    }

    /// The first range that was cut off another one, as far as one command should ask for it.
    fn next_rest(&mut self, span: u32) -> Option<(u32, u32)> {
        let at = self.ranges.iter().position(|own| !own.asked)?;
        let pending = self.ranges.get_mut(at)?;
        pending.asked = true;
        let (first, last) = (pending.range.first, pending.range.last?);
        let now = range_end(first, last.saturating_add(1), span)?;
        pending.range.last = Some(now);
        if now < last {
            let mut rest = Pending::new(now.saturating_add(1), Some(last));
            rest.asked = false;
            self.ranges.insert(at + 1, rest);
        }
        Some((first, now))
    }

    /// After the headers of a range have come: what was more than could be kept is to be asked
    /// for again, less of it at once; and more at once where little came.
    pub(super) fn see_to_rest(&mut self, range: u32) {
        let usual = fetch_span(self.stretch.end, self.stretch.exists);
        let Some(at) = self.ranges.iter().position(|own| own.range.first == range) else {
            return;
        };
        let own = &mut self.ranges[at].range;
        match own.take_rest() {
            Some((first, last)) => {
                self.span = first.saturating_sub(own.first).clamp(1, usual);
                match last {
                    Some(last) => {
                        let mut rest = Pending::new(first, Some(last));
                        rest.asked = false;
                        self.ranges.insert(at + 1, rest);
                    }
                    None => self.left_some = true,
                }
            }
            None if own.count() < MESSAGES_PER_FETCH as usize / 2 => {
                self.span = self.span.saturating_mul(2).min(usual);
            }
            None => {}
        }
    }

    /// After the headers of a range have come: asks for the texts that are wanted.
    pub(super) async fn ask_for_texts(
        &mut self,
        session: &mut Session,
        range: u32,
    ) -> Result<(), Failure> {
        let Some(pending) = self.ranges.iter_mut().find(|own| own.range.first == range) else {
            return Ok(());
        };
        pending.headers_done = true;
        for uids in pending.range.wanting_text().chunks(TEXTS_PER_FETCH) {
            let tag = session.send(&text_command(uids)).await?;
            self.sent.push_back(Sent {
                tag,
                range,
                text: true,
            });
            pending.texts_due += 1;
        }
        Ok(())
    }

    pub(super) fn text_is_done(&mut self, range: u32) {
        if let Some(pending) = self.range(range) {
            pending.texts_due = pending.texts_due.saturating_sub(1);
        }
    }

    pub(super) fn range(&mut self, first: u32) -> Option<&mut Pending> {
        self.ranges.iter_mut().find(|own| own.range.first == first)
    }
}

impl Pending {
    pub(super) fn new(first: u32, last: Option<u32>) -> Self {
        Self {
            range: Range::new(first, last),
            asked: true,
            headers_done: false,
            texts_due: 0,
        }
    }

    pub(super) fn is_complete(&self) -> bool {
        self.headers_done && self.texts_due == 0
    }
}
