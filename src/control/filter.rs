//! Which cases somebody wants to see.

use super::view::{CaseStanding, CaseView};
use crate::domain::time::Timestamp;

/// The longest client key or owner somebody may ask for, in characters.
pub(super) const SOUGHT_CHARACTERS_MAX: usize = 320;

/// Which cases are listed: those for which all of it holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CaseFilter {
    /// The closed ones too. Whoever asks for a state that is over need not say so.
    pub all: bool,
    /// Of the client with this key.
    pub client: Option<String>,
    /// Of which this person is reminded: an address, or what stands before its `@`, in any case.
    pub owner: Option<String>,
    /// Which stand so.
    pub state: Option<CaseStanding>,
    /// Which are due before this moment; late ones are, and closed ones are never.
    pub due_before: Option<Timestamp>,
}

impl CaseFilter {
    /// Whether closed cases have to be looked at.
    pub fn reaches_closed(&self) -> bool {
        self.all || self.state.is_some_and(|state| !state.is_open())
    }

    /// Whether anything narrows the list down.
    pub const fn is_narrow(&self) -> bool {
        self.client.is_some()
            || self.owner.is_some()
            || self.state.is_some()
            || self.due_before.is_some()
    }

    /// Whether a case is listed.
    pub fn admits(&self, case: &CaseView) -> bool {
        let owner = self.owner.as_deref().map(str::to_lowercase);
        let is_owner = |sought: &String| {
            let mut owners = case.owners.iter();
            owners
                .any(|own| own == sought || own.rsplit_once('@').is_some_and(|(l, _)| l == sought))
        };
        let is_due = |before| case.next_due_at().is_some_and(|due| due < before);
        (self.reaches_closed() || case.state.is_open())
            && self.client.as_ref().is_none_or(|key| *key == case.client)
            && owner.as_ref().is_none_or(is_owner)
            && self.state.is_none_or(|state| state == case.state)
            && self.due_before.is_none_or(is_due)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(id: u64, client: &str, owner: &str, due: &str) -> CaseView {
        CaseView {
            id,
            client: client.into(),
            contact: format!("ann@{client}.example"),
            subject: String::new(),
            owners: vec![format!("{owner}@northwind.example")],
            opened_at: None,
            due_at: due.parse().ok(),
            answer_due_at: None,
            state: CaseStanding::Waiting,
            urgent: false,
            mailboxes: vec![],
            message_ids: vec![],
            stages_done: vec![],
            time_zone: None,
        }
    }

    fn listed(filter: &CaseFilter) -> Vec<u64> {
        let mut closed = case(4, "acme", "alice", "2026-11-23T09:00:00Z");
        closed.state = CaseStanding::Settled;
        let cases = [
            case(1, "acme", "alice", "2026-11-23T12:00:00Z"),
            case(2, "globex", "alice", "2026-11-23T15:00:00Z"),
            case(3, "acme", "bob", "2026-11-24T12:00:00Z"),
            closed,
        ];
        let cases = cases.iter().filter(|case| filter.admits(case));
        cases.map(|case| case.id).collect()
    }

    #[test]
    fn all_of_a_filter_has_to_hold() {
        let any = CaseFilter::default;
        let text = |text: &str| Some(text.to_owned());
        let due_before = "2026-11-23T15:00:00Z".parse().ok();
        assert_eq!(listed(&any()), [1, 2, 3]);
        assert_eq!(listed(&CaseFilter { all: true, ..any() }), [1, 2, 3, 4]);
        let acme = CaseFilter {
            client: text("acme"),
            ..any()
        };
        assert_eq!(listed(&acme), [1, 3]);
        let alice = CaseFilter {
            owner: text("Alice"),
            ..any()
        };
        assert_eq!(listed(&alice), [1, 2]);
        let whole = CaseFilter {
            owner: text("alice@northwind.example"),
            ..acme.clone()
        };
        assert_eq!(listed(&whole), [1]);
        assert_eq!(
            listed(&CaseFilter {
                due_before,
                ..any()
            }),
            [1],
            "before, not at"
        );
        let settled = CaseFilter {
            state: Some(CaseStanding::Settled),
            ..any()
        };
        assert_eq!(listed(&settled), [4], "no need to ask for all");
        assert_eq!(
            listed(&CaseFilter {
                due_before,
                ..settled
            }),
            [0; 0]
        );
    }
}
