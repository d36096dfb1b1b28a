//! Separations and vanished rounds of any kind.

use proptest::prelude::*;

use super::moment;
use crate::domain::case::CaseEvent;
use crate::domain::ids::{CaseId, Generation};

pub(super) fn separated() -> impl Strategy<Value = CaseEvent> {
    (moment(), any::<(u64, u64, u32)>(), any::<String>()).prop_map(
        |(at, (from, to, rounds), by)| CaseEvent::Separated {
            at,
            from: CaseId(from),
            to: CaseId(to),
            rounds: Generation(rounds),
            by,
        },
    )
}

pub(super) fn vanished() -> impl Strategy<Value = CaseEvent> {
    (moment(), any::<u32>()).prop_map(|(at, rounds)| CaseEvent::RoundVanished {
        at,
        rounds: Generation(rounds),
    })
}
