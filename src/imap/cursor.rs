//! What to read of a folder. Pure: a stored cursor and what the server says go in, UID
//! ranges come out.
//!
//! Vocabulary: UIDVALIDITY names one life of a folder, within which a UID never means another
//! message; UIDNEXT is the lowest UID not given out yet (RFC 3501, section 2.3.1.1).

use crate::domain::commit::Cursor;

/// How many messages one FETCH should bring.
pub(crate) const MESSAGES_PER_FETCH: u32 = 150;

/// From how many messages on the first read asks the server where to begin.
pub(crate) const SEARCH_FROM_MESSAGES: u32 = 2_000;

/// How many messages' UIDs one SEARCH may bring.
const MESSAGES_PER_SEARCH: u32 = 20_000;

/// A folder as the server describes it on opening.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Opened {
    /// Its UIDVALIDITY.
    pub(crate) uid_validity: u32,
    /// Its UIDNEXT, if the server tells.
    pub(crate) uid_next: Option<u32>,
    /// How many messages it holds.
    pub(crate) exists: u32,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plan {
    /// Nothing is new.
    UpToDate,
    /// Read on from this UID.
    ReadFrom(u32),
    /// Read from this UID on what was read before, too: it may be other mail by now.
    ReadAgain(u32),
    /// Read the folder as if for the first time: there is no cursor, or it means nothing any
    /// more (another UIDVALIDITY, or a server restored from an old copy).
    ReadAnew,
}

/// Decides what to do with a folder by its numbers.
pub(crate) fn plan(stored: Option<&Cursor>, opened: Opened) -> Plan {
    let Some(cursor) = stored else {
        return Plan::ReadAnew;
    };
    if cursor.uid_validity != opened.uid_validity {
        return Plan::ReadAnew;
    }
    match opened.uid_next {
        Some(next) if next < cursor.uid_next => Plan::ReadAnew,
        Some(next) if next == cursor.uid_next => Plan::UpToDate,
        _ if opened.exists == 0 => Plan::UpToDate,
        _ => Plan::ReadFrom(cursor.uid_next),
    }
}

/// How many UIDs one FETCH asks for, so that it brings about [`MESSAGES_PER_FETCH`] messages
/// of a folder that has used `uid_end - 1` UIDs for `exists` messages.
pub(crate) fn fetch_span(uid_end: u32, exists: u32) -> u32 {
    span(uid_end, exists, MESSAGES_PER_FETCH)
}

/// How many UIDs one SEARCH asks about.
pub(crate) fn search_span(uid_end: u32, exists: u32) -> u32 {
    span(uid_end, exists, MESSAGES_PER_SEARCH)
}

fn span(uid_end: u32, exists: u32, messages: u32) -> u32 {
    let per_message = uid_end / exists.max(1);
    per_message.max(1).saturating_mul(messages)
}

/// The range that starts at `first`: its last UID, at most `span` UIDs on and below `end`.
/// `None` if nothing is left.
pub(crate) fn range_end(first: u32, end: u32, span: u32) -> Option<u32> {
    (first < end).then(|| first.saturating_add(span.max(1) - 1).min(end - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan_at(uid_next: u32, opened: Opened) -> Plan {
        let cursor = Cursor {
            uid_validity: 7,
            uid_next,
            ..Cursor::default()
        };
        plan(Some(&cursor), opened)
    }

    fn opened(uid_next: Option<u32>, exists: u32) -> Opened {
        Opened {
            uid_validity: 7,
            uid_next,
            exists,
        }
    }

    #[test]
    fn a_folder_is_read_on_from_its_cursor() {
        assert_eq!(plan_at(5, opened(Some(9), 3)), Plan::ReadFrom(5));
        assert_eq!(plan_at(9, opened(Some(9), 3)), Plan::UpToDate);
        assert_eq!(plan_at(9, opened(None, 3)), Plan::ReadFrom(9));
        assert_eq!(plan_at(9, opened(None, 0)), Plan::UpToDate);
    }

    #[test]
    fn a_cursor_that_means_nothing_any_more_is_not_used() {
        assert_eq!(plan(None, opened(Some(1), 0)), Plan::ReadAnew);
        assert_eq!(plan_at(9, opened(Some(4), 3)), Plan::ReadAnew);
        let other = Opened {
            uid_validity: 8,
            ..opened(Some(20), 3)
        };
        assert_eq!(plan_at(9, other), Plan::ReadAnew);
    }

    #[test]
    fn ranges_cover_everything_once() {
        let (mut first, end, mut covered) = (3, 1_204, 0);
        while let Some(last) = range_end(first, end, fetch_span(end, 1_000)) {
            covered += last - first + 1;
            first = last + 1;
        }
        assert_eq!((first, covered), (1_204, 1_201));
        assert_eq!(range_end(u32::MAX - 1, u32::MAX, 500), Some(u32::MAX - 1));
    }

    #[test]
    fn sparse_folders_are_crossed_in_few_steps() {
        assert!(fetch_span(4_000_000_000, 3) > 4_000_000_000 / 3);
        assert_eq!(fetch_span(100_001, 100_000), 150);
    }
}
