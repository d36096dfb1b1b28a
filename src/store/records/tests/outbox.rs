//! Rows of the outbox of any kind.

use proptest::collection::vec;
use proptest::prelude::*;

use super::{address, message_id, moment, stage};
use crate::domain::ids::{CaseId, Generation, OutboxId, RoadName};
use crate::domain::outbox::{OutboxRow, Purpose, Reader, Road, RowState, StageKey};

fn purpose() -> impl Strategy<Value = Purpose> {
    prop_oneof![
        Just(Purpose::Reminder),
        Just(Purpose::Escalation),
        Just(Purpose::Acknowledgement),
        Just(Purpose::Acknowledged),
        any::<String>().prop_map(|reason| Purpose::AcknowledgementHeld { reason }),
        Just(Purpose::Summary),
        Just(Purpose::StandIn),
        Just(Purpose::Back),
        (any::<String>(), any::<String>())
            .prop_map(|(subject, text)| Purpose::Notice { subject, text }),
        super::super::alarms::tests::alarm_purpose(),
        super::super::mornings::tests::purpose(),
    ]
}

fn row_state() -> impl Strategy<Value = RowState> {
    let said = || (moment(), any::<String>());
    prop_oneof![
        (moment(), any::<u32>(), any::<Option<String>>()).prop_map(
            |(not_before, attempts, reason)| RowState::Queued {
                not_before,
                attempts,
                reason,
            }
        ),
        (moment(), any::<u32>())
            .prop_map(|(since, attempts)| RowState::Sending { since, attempts }),
        moment().prop_map(|at| RowState::Sent { at }),
        said().prop_map(|(since, reason)| RowState::Held { since, reason }),
        said().prop_map(|(at, reason)| RowState::GivenUp { at, reason }),
        said().prop_map(|(at, reason)| RowState::Cancelled { at, reason }),
        said().prop_map(|(since, reason)| RowState::Uncertain { since, reason }),
    ]
}

fn stage_key() -> impl Strategy<Value = StageKey> {
    (any::<u64>(), any::<u32>(), stage()).prop_map(|(case, generation, stage)| StageKey {
        case: CaseId(case),
        generation: Generation(generation),
        stage,
    })
}

prop_compose! {
    fn reader()(
        to in address(),
        keys in vec(stage_key(), 0..3),
        mail_instead: bool,
    ) -> Reader {
        Reader { to, keys, mail_instead }
    }
}

prop_compose! {
    fn road()(
        is_there: bool,
        name in "[a-z]{1,8}",
        readers in vec(reader(), 0..3),
    ) -> Option<Road> {
        is_there.then(|| Road { name: RoadName::new(name), readers })
    }
}

prop_compose! {
    pub(in crate::store) fn row()(
        id in 0..6_u64,
        message_id in message_id(),
        to in address(),
        purpose in purpose(),
        keys in vec(stage_key(), 0..3),
        created_at in moment(),
        released: bool,
        road in road(),
        state in row_state(),
    ) -> OutboxRow {
        OutboxRow { id: OutboxId(id), message_id, to, purpose, keys, created_at, released, road, state }
    }
}
