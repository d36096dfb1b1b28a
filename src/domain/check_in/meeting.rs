//! Meetings with a client, as invitations and their answers tell of them (RFC 5546).
//!
//! Vocabulary: a *notice* is what one mail says of a meeting; an *edition* is what its organizer
//! said of it last, or of one *instance* of a series; a *reply* is what somebody answered. Of each
//! the newest counts, by SEQUENCE, then DTSTAMP, so that nothing depends on the order in which
//! mails are seen. A meeting counts at the moments at which it begins, once somebody of the side
//! that did not invite has accepted its newest edition.

use super::Liaison;
use crate::domain::address::Address;
use crate::domain::time::Timestamp;

/// How many meetings are kept of one client.
pub const MEETINGS_MAX: usize = 32;

/// How many instances of a series may differ from it, and how many replies to one are kept.
const PARTS_MAX: usize = 32;

/// How many beginnings of a series are kept, the next ones.
pub const OCCURRENCES_MAX: usize = 64;

/// How far behind a mail, and how far ahead of it, beginnings are kept.
pub const OCCURRENCES_BEHIND: chrono::Duration = chrono::Duration::days(31);
/// See [`OCCURRENCES_BEHIND`].
pub const OCCURRENCES_AHEAD: chrono::Duration = chrono::Duration::days(400);

/// How many attendees are read of one meeting.
pub const ATTENDEES_MAX: usize = 100;

/// For how long a meeting that is over is kept, should it turn out to have been another.
const OVER_KEPT: chrono::Duration = chrono::Duration::days(31);

/// What one mail says of a meeting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeetingNotice {
    /// Which meeting: its UID, as a hash.
    pub uid: u128,
    /// What the mail does.
    pub kind: NoticeKind,
    /// Of which instance it speaks (RECURRENCE-ID). `None`: of all of it.
    pub instance: Option<Timestamp>,
    /// How new it is.
    pub version: Version,
    /// Whether the meeting does not take place.
    pub is_cancelled: bool,
    /// When it begins, rising; around the mail, at most [`OCCURRENCES_MAX`].
    pub begins: Vec<Timestamp>,
    /// Who invites.
    pub organizer: Option<Address>,
    /// Who is invited, and what each of them has answered, as far as the mail says.
    pub attendees: Vec<(Address, Option<MeetingAnswer>)>,
}

/// What a mail does about a meeting: its METHOD.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoticeKind {
    /// An answer.
    Reply,
    /// An invitation, or a change of one.
    Request,
    /// It is called off.
    Cancel,
}

/// How new something that is said of a meeting is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// SEQUENCE.
    pub sequence: u32,
    /// DTSTAMP.
    pub stamped_at: Timestamp,
}

/// What somebody answered: PARTSTAT.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MeetingAnswer {
    /// He comes, perhaps.
    Tentative,
    /// He comes.
    Accepted,
    /// He does not.
    Declined,
}

/// A meeting with a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meeting {
    /// Its UID, as a hash.
    pub uid: u128,
    /// What was said of it last, and of its instances, in the order of instances.
    pub editions: Vec<Edition>,
    /// What the side that did not invite has answered.
    pub replies: Vec<Reply>,
}

/// What was said last of a meeting, or of one instance of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edition {
    /// Of which instance. `None`: of all of it.
    pub instance: Option<Timestamp>,
    /// How new it is.
    pub version: Version,
    /// Whether only an answer told of it: whatever the organizer says is better.
    pub is_hearsay: bool,
    /// Whether it does not take place.
    pub is_cancelled: bool,
    /// When it begins, rising.
    pub begins: Vec<Timestamp>,
}

/// What somebody answered to an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reply {
    /// Who: a hash of the address.
    pub who: u128,
    /// Of which instance. `None`: of all of it.
    pub instance: Option<Timestamp>,
    /// To which version of it, and when.
    pub version: Version,
    /// What.
    pub answer: MeetingAnswer,
}

impl Edition {
    /// What makes one edition newer than another. Of two that are equally new, one that calls
    /// the meeting off counts, else always the same.
    fn order(&self) -> (u32, bool, Timestamp, bool, &[Timestamp]) {
        let Version {
            sequence,
            stamped_at,
        } = self.version;
        let told = !self.is_hearsay;
        (sequence, told, stamped_at, self.is_cancelled, &self.begins)
    }
}

impl Reply {
    fn is_to_the_same(&self, other: &Self) -> bool {
        (self.who, self.instance) == (other.who, other.instance)
    }

    fn order(&self) -> (Version, MeetingAnswer) {
        (self.version, self.answer)
    }
}

impl Meeting {
    fn take_edition(&mut self, edition: Edition) {
        let at = self
            .editions
            .binary_search_by_key(&edition.instance, |own| own.instance);
        match at {
            Ok(at) => {
                let known = &mut self.editions[at];
                if known.order() < edition.order() {
                    *known = edition;
                }
            }
            Err(at) if self.editions.len() < PARTS_MAX => self.editions.insert(at, edition),
            Err(_) => {}
        }
    }

    fn take_reply(&mut self, reply: Reply) {
        let known = self
            .replies
            .iter()
            .position(|own| own.is_to_the_same(&reply));
        match known {
            Some(at) if self.replies[at].order() < reply.order() => self.replies[at] = reply,
            Some(_) => {}
            None if self.replies.len() < PARTS_MAX => {
                let place = (reply.who, reply.instance);
                let at = self
                    .replies
                    .partition_point(|own| (own.who, own.instance) < place);
                self.replies.insert(at, reply);
            }
            None => {}
        }
    }

    /// The moments at which it begins and that were accepted.
    fn accepted(&self) -> impl Iterator<Item = Timestamp> + '_ {
        let series = self.editions.iter().find(|own| own.instance.is_none());
        let own_edition = move |instance: Timestamp| {
            let at = self
                .editions
                .iter()
                .find(|own| own.instance == Some(instance));
            // A new edition of the whole series does away with what differed before.
            at.filter(|own| {
                series.is_none_or(|series| own.version.sequence >= series.version.sequence)
            })
        };
        let of_series = series.into_iter().filter(|series| !series.is_cancelled);
        let of_series = of_series.flat_map(move |series| {
            let begins = series.begins.iter().copied();
            begins.filter(move |begin| {
                own_edition(*begin).is_none() && self.is_accepted(*begin, series.version.sequence)
            })
        });
        let apart = self.editions.iter().filter_map(move |edition| {
            let instance = edition.instance?;
            let holds = own_edition(instance).is_some() && !edition.is_cancelled;
            let is_series_off = series.is_some_and(|series| series.is_cancelled);
            let accepted = self.is_accepted(instance, edition.version.sequence);
            (holds && !is_series_off && accepted).then_some(())?;
            edition.begins.first().copied()
        });
        of_series.chain(apart)
    }

    /// Whether somebody accepted an edition of this SEQUENCE: the instance itself, or all of it
    /// where he said nothing of the instance.
    fn is_accepted(&self, instance: Timestamp, sequence: u32) -> bool {
        let is_valid = |reply: &&Reply| reply.version.sequence >= sequence;
        let of = |who: u128, of: Option<Timestamp>| {
            let mut replies = self.replies.iter().filter(is_valid);
            replies.find(|own| own.who == who && own.instance == of)
        };
        self.replies.iter().filter(is_valid).any(|reply| {
            let own = of(reply.who, Some(instance));
            let last = own.or_else(|| of(reply.who, None));
            last.is_some_and(|last| last.answer == MeetingAnswer::Accepted)
        })
    }

    /// When it last began until a moment, of the times that were accepted.
    pub(super) fn last_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.accepted().filter(|at| *at <= now).max()
    }

    /// When it begins next after a moment, of the times that were accepted.
    pub(super) fn next_after(&self, now: Timestamp) -> Option<Timestamp> {
        self.accepted().filter(|at| *at > now).min()
    }

    /// The last moment that it is about at all.
    fn ends(&self) -> Timestamp {
        let begins = self.editions.iter().flat_map(|own| &own.begins);
        begins.max().copied().unwrap_or(Timestamp::MIN_UTC)
    }
}

impl Liaison {
    /// Takes down what a mail says of a meeting. `counts` says whose answers accept it: those of
    /// the side that did not invite.
    pub fn take_meeting(
        &mut self,
        notice: &MeetingNotice,
        counts: impl Fn(&Address) -> bool,
        now: Timestamp,
    ) {
        let at = self
            .meetings
            .binary_search_by_key(&notice.uid, |own| own.uid);
        let at = at.unwrap_or_else(|at| {
            let (editions, replies) = (Vec::new(), Vec::new());
            let uid = notice.uid;
            let meeting = Meeting {
                uid,
                editions,
                replies,
            };
            self.meetings.insert(at, meeting);
            at
        });
        let meeting = &mut self.meetings[at];
        let is_reply = notice.kind == NoticeKind::Reply;
        if !notice.begins.is_empty() || notice.is_cancelled {
            meeting.take_edition(Edition {
                instance: notice.instance,
                version: notice.version,
                is_hearsay: is_reply,
                is_cancelled: notice.is_cancelled,
                begins: notice.begins.clone(),
            });
        }
        for (address, answer) in &notice.attendees {
            if let Some(answer) = answer.filter(|_| counts(address)) {
                let parts = [address.local().as_bytes(), address.domain().as_bytes()];
                meeting.take_reply(Reply {
                    who: crate::domain::ids::hash128(&parts),
                    instance: notice.instance,
                    version: notice.version,
                    answer,
                });
            }
        }
        self.put_meetings_away(now);
    }

    /// What is long over is kept as the contact it was; of too many, the one that is over first
    /// goes, and if none is, the one farthest ahead.
    fn put_meetings_away(&mut self, now: Timestamp) {
        let limit = now - OVER_KEPT;
        let mut kept = Vec::with_capacity(self.meetings.len());
        for meeting in std::mem::take(&mut self.meetings) {
            match meeting.ends() < limit {
                true => self.keep_contact_of(&meeting, now),
                false => kept.push(meeting),
            }
        }
        while kept.len() > MEETINGS_MAX {
            let over = kept.iter().enumerate().filter(|(_, own)| own.ends() <= now);
            let first = over.min_by_key(|(_, own)| own.ends());
            let last = kept.iter().enumerate().max_by_key(|(_, own)| own.ends());
            let at = first.or(last).map_or(0, |(at, _)| at);
            let meeting = kept.remove(at);
            self.keep_contact_of(&meeting, now);
        }
        self.meetings = kept;
    }

    fn keep_contact_of(&mut self, meeting: &Meeting, now: Timestamp) {
        if let Some(at) = meeting.last_until(now) {
            let how = super::ContactKind::Meeting;
            self.take_contact(super::Contact { at, how, by: None });
        }
    }
}
