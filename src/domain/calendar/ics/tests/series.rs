//! Stories of recurring events: where they end, and what is taken out of them.

use chrono_tz::Tz;

use super::{event, read, read_in};

#[test]
fn an_override_for_all_that_follows_takes_over_the_rest_of_the_series() {
    let weekly = "SUMMARY:Fair\nDTSTART;VALUE=DATE:20240610\nRRULE:FREQ=WEEKLY;COUNT=6";
    let moved = |lines: &str| {
        let from = "RECURRENCE-ID;RANGE=THISANDFUTURE;VALUE=DATE:20240624";
        event(&format!("SUMMARY:Moved\n{from}\n{lines}"))
    };
    let one = event("SUMMARY:One\nRECURRENCE-ID;VALUE=DATE:20240708\nDTSTART;VALUE=DATE:20240709");
    let tuesday = moved("DTSTART;VALUE=DATE:20240625");
    assert_eq!(
        read(&format!("{}\n{tuesday}\n{one}", event(weekly))),
        [
            "2024-06-10 Fair",
            "2024-06-17 Fair",
            "2024-06-25 Moved",
            "2024-07-02 Moved",
            "2024-07-09 One",
            "2024-07-16 Moved"
        ]
    );
    let ended = moved("DTSTART;VALUE=DATE:20240624\nSTATUS:CANCELLED");
    assert_eq!(
        read(&format!("{}\n{ended}", event(weekly))),
        ["2024-06-10 Fair", "2024-06-17 Fair"]
    );
}

#[test]
fn dates_may_be_taken_out_by_a_rule() {
    let lines = "SUMMARY:Fair\nDTSTART;VALUE=DATE:20240610\nRRULE:FREQ=WEEKLY;COUNT=4\n\
        EXRULE:FREQ=WEEKLY;INTERVAL=2";
    assert_eq!(read(&event(lines)), ["2024-06-17 Fair", "2024-07-01 Fair"]);
}

#[test]
fn dates_may_end_with_the_midnight_of_the_last_in_utc() {
    let last = |zone: Tz, until: &str| {
        let lines =
            format!("SUMMARY:Fair\nDTSTART;VALUE=DATE:20240610\nRRULE:FREQ=YEARLY;UNTIL={until}");
        let days = read_in(zone, &event(&lines)).expect("a holiday file");
        days.last().expect("a day")[..4].to_owned()
    };
    let (london, new_york) = (Tz::Europe__London, Tz::America__New_York);
    for (zone, until, year) in [
        (london, "20260610", "2026"),
        (london, "20260609T230000Z", "2026"),
        (london, "20260609T225959Z", "2025"),
        (london, "20260610T000000Z", "2026"),
        (new_york, "20260610T000000Z", "2026"),
        (new_york, "20260610T040000Z", "2026"),
        (new_york, "20260610T035959Z", "2025"),
    ] {
        assert_eq!(last(zone, until), year, "{zone} {until}");
    }
}
