//! Meetings from the calendar part of a mail (RFC 5546, RFC 6047).

use chrono::{Datelike, NaiveDateTime};
use chrono_tz::Tz;
use icalendar::parser::{Component, Property, unfold};

use super::super::super::address::Address;
use super::super::super::check_in::{
    ATTENDEES_MAX, MeetingAnswer, MeetingNotice, NoticeKind, OCCURRENCES_AHEAD, OCCURRENCES_BEHIND,
    OCCURRENCES_MAX, Version,
};
use super::super::super::ids::hash128;
use super::super::super::time::Timestamp;
use super::event::{Event, parameter, text_of};
use super::recurrence::Steps;
use super::zones::Zones;
use super::{calendars_of, has_name, property, with_capitals};

/// How many events of one mail are read: a series, and instances that differ from it.
const EVENTS_MAX: usize = 16;

/// What the calendar part of a mail says of meetings. `zone` is that of times that name none;
/// `around` is the mail's receipt: beginnings are listed near it.
///
/// Never fails: what can't be understood tells of no meeting. The text may be cut off.
pub fn meetings_from_ics(text: &str, zone: Tz, around: Timestamp) -> Vec<MeetingNotice> {
    // What others write must not take the reading of a mailbox with it.
    let read = std::panic::catch_unwind(|| read(text, zone, around));
    read.unwrap_or_default()
}

fn read(text: &str, zone: Tz, around: Timestamp) -> Vec<MeetingNotice> {
    let text = with_capitals(&unfold(text.trim_start_matches('\u{feff}').trim_start()));
    let text = completed(text);
    let Ok(calendars) = calendars_of(&text) else {
        return Vec::new();
    };
    let steps = Steps::of_a_mail();
    let zones = Zones::of(&calendars, zone, &steps);
    let mut notices = Vec::new();
    for calendar in &calendars {
        let method = property(calendar, "METHOD").map(text_of);
        let Some(kind) = method.and_then(|method| kind_of(&method)) else {
            continue;
        };
        let events = calendar.components.iter();
        let events = events.filter(|component| has_name(&component.name, "VEVENT"));
        for component in events.take(EVENTS_MAX) {
            notices.extend(notice(component, kind, &zones, &steps, around));
        }
    }
    notices
}

/// Closes what was cut off, at the last whole line.
fn completed(mut text: String) -> String {
    if text.trim_end().ends_with("END:VCALENDAR") {
        return text;
    }
    let mut open: Vec<String> = Vec::new();
    let whole = text.rfind('\n').map_or(0, |at| at + 1);
    text.truncate(whole);
    for line in text.lines() {
        if let Some(name) = line.trim().strip_prefix("BEGIN:") {
            open.push(name.to_owned());
        } else if line.trim().starts_with("END:") {
            open.pop();
        }
    }
    while let Some(name) = open.pop() {
        text.push_str("END:");
        text.push_str(&name);
        text.push_str("\r\n");
    }
    text
}

fn kind_of(method: &str) -> Option<NoticeKind> {
    let known = [
        ("REQUEST", NoticeKind::Request),
        ("REPLY", NoticeKind::Reply),
        ("CANCEL", NoticeKind::Cancel),
    ];
    let mut known = known.into_iter();
    let kind = known.find(|(name, _)| method.eq_ignore_ascii_case(name));
    kind.map(|(_, kind)| kind)
}

fn notice(
    component: &Component<'_>,
    kind: NoticeKind,
    zones: &Zones,
    steps: &Steps,
    around: Timestamp,
) -> Option<MeetingNotice> {
    let text = |name: &str| property(component, name).map(text_of).unwrap_or_default();
    let uid = text("UID");
    if uid.is_empty() {
        return None;
    }
    let event = Event::read(component, zones).ok();
    let is_cancelled =
        kind == NoticeKind::Cancel || event.as_ref().is_some_and(Event::is_cancelled);
    // Without a time only that it is called off can be understood.
    if event.is_none() && !is_cancelled {
        return None;
    }
    let instance = event.as_ref().and_then(Event::stands_for_at);
    let begins = event.and_then(|event| begins(&event, steps, around));
    let attendees = component.properties.iter();
    let attendees = attendees.filter(|property| has_name(&property.name, "ATTENDEE"));
    let attendees = attendees.filter_map(|own| Some((person(own)?, answer(own))));
    Some(MeetingNotice {
        uid: hash128(&[b"meeting", uid.as_bytes()]),
        kind,
        instance,
        version: Version {
            sequence: text("SEQUENCE").parse().unwrap_or(0),
            stamped_at: stamp(&text("DTSTAMP")).unwrap_or(Timestamp::UNIX_EPOCH),
        },
        is_cancelled,
        begins: begins.unwrap_or_default(),
        organizer: property(component, "ORGANIZER").and_then(person),
        attendees: attendees.take(ATTENDEES_MAX).collect(),
    })
}

/// When an event begins, near a moment. `None` if its rule can't be followed.
fn begins(event: &Event, steps: &Steps, around: Timestamp) -> Option<Vec<Timestamp>> {
    let first = around.checked_sub_signed(OCCURRENCES_BEHIND)?;
    let last = around.checked_add_signed(OCCURRENCES_AHEAD)?;
    let dates = event.occurrences(first.year(), last.year(), steps).ok()?;
    let mut begins = Vec::new();
    for date in dates {
        let begin = event
            .begins_on(date)
            .filter(|at| (first..=last).contains(at));
        begins.extend(begin);
        if begins.len() == OCCURRENCES_MAX {
            break;
        }
    }
    Some(begins)
}

/// `20261123T090000Z`: DTSTAMP is always in UTC.
fn stamp(text: &str) -> Option<Timestamp> {
    let time = NaiveDateTime::parse_from_str(text.trim_end_matches('Z'), "%Y%m%dT%H%M%S").ok()?;
    Some(time.and_utc())
}

/// Whom a property names: `mailto:alice@northwind.example`.
fn person(property: &Property<'_>) -> Option<Address> {
    let value = property.val.as_str().trim();
    let mailto = value
        .get(..7)
        .filter(|start| start.eq_ignore_ascii_case("mailto:"));
    let address = mailto.map_or(value, |start| &value[start.len()..]);
    let email = || parameter(property, "EMAIL").and_then(Address::parse);
    Address::parse(address.trim()).or_else(email)
}

fn answer(property: &Property<'_>) -> Option<MeetingAnswer> {
    let known = [
        ("ACCEPTED", MeetingAnswer::Accepted),
        ("TENTATIVE", MeetingAnswer::Tentative),
        ("DECLINED", MeetingAnswer::Declined),
    ];
    let told = parameter(property, "PARTSTAT")?;
    let mut known = known.into_iter();
    let answer = known.find(|(name, _)| told.eq_ignore_ascii_case(name));
    answer.map(|(_, answer)| answer)
}
