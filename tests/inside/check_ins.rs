//! Regular contact, from the mailbox and from callers to the list of what is due.

use ackd::control::view::CheckInView;
use ackd::control::{Answer, CheckInWord, Request};
use ackd::domain::ids::ClientKey;

use crate::house::House;

/// A client that is to hear from the team every week.
const ORCHARD: &str = r#"
[clients.orchard]
name = "Orchard"
domains = ["orchard.example"]
owners = ["alice@northwind.example"]
policy = "POLICY"
check_in = "weekly"
"#;

fn orchard() -> ClientKey {
    ClientKey::new("orchard")
}

async fn opened() -> House {
    let policy = crate::house::CONFIGURATION
        .lines()
        .find_map(|line| line.strip_prefix("[policies.")?.strip_suffix(']'));
    let policy = policy.expect("a policy");
    House::open(&ORCHARD.replace("POLICY", policy)).await
}

async fn listed(house: &House) -> CheckInView {
    let client = Some(orchard());
    let Answer::CheckIns(views) = house.ask(Request::CheckIns { client }).await else {
        panic!("no list of check-ins");
    };
    views.into_iter().next().expect("the client")
}

async fn say(house: &House, client: &str, word: CheckInWord) -> Result<String, (u16, String)> {
    let (client, by) = (ClientKey::new(client), "alice".to_owned());
    match house.ask(Request::CheckIn { client, word, by }).await {
        Answer::Done(done) => Ok(done.done),
        Answer::Refused(refusal) => Err((refusal.status, refusal.words)),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn mail_and_an_accepted_invitation_are_seen_in_the_mailbox() {
    let house = opened().await;
    house.pass_until("09:05").await;
    assert_eq!(listed(&house).await.last_contact, None);
    house.receive(
        "From: Alice Miller <alice@northwind.example>
         To: Olga <olga@orchard.example>
         Subject: How are you
         Message-ID: <a1@northwind.example>",
    );
    house.receive_text(
        "From: Olga <olga@orchard.example>
         To: alice@northwind.example
         Subject: Accepted: Harvest
         Content-Type: text/calendar; method=REPLY; charset=utf-8
         Message-ID: <i1@orchard.example>",
        "BEGIN:VCALENDAR\nMETHOD:REPLY\nBEGIN:VEVENT\nUID:harvest\nDTSTAMP:20261120T090000Z\nSEQUENCE:0\nDTSTART:20261125T130000Z\nORGANIZER:mailto:alice@northwind.example\nATTENDEE;PARTSTAT=ACCEPTED:mailto:olga@orchard.example\nEND:VEVENT\nEND:VCALENDAR\n",
        0,
    );
    house.pass_until("09:20").await;
    let seen = listed(&house).await;
    let last = seen.last_contact.expect("a contact");
    assert_eq!(last.how, "mail");
    assert_eq!(last.by.as_deref(), Some("alice@northwind.example"));
    let meeting = seen.next_meeting_at.map(|at| at.to_rfc3339());
    assert_eq!(meeting.as_deref(), Some("2026-11-25T13:00:00+00:00"));
    assert_eq!(seen.state, "fine");
    house.close().await;
}

#[tokio::test(start_paused = true)]
async fn what_callers_say_is_kept_and_nonsense_is_refused() {
    let house = opened().await;
    house.pass_until("09:05").await;
    let date = |text: &str| Some(text.parse().expect("a date"));
    let met = say(&house, "orchard", CheckInWord::Met(date("2026-11-20"))).await;
    assert_eq!(met.as_deref(), Ok("contact with orchard is on record: met"));
    let last = listed(&house).await.last_contact.expect("a contact");
    let of = (last.at.to_rfc3339(), last.how, last.by);
    let noon = "2026-11-20T12:00:00+00:00".to_owned();
    assert_eq!(of, (noon, "met".to_owned(), Some("alice".to_owned())));
    let paused = say(&house, "orchard", CheckInWord::Pause(date("2026-12-01"))).await;
    assert!(paused.is_ok(), "{paused:?}");
    assert_eq!(listed(&house).await.state, "paused");
    assert!(say(&house, "orchard", CheckInWord::Resume).await.is_ok());
    let refused = [
        ("orchard", CheckInWord::Resume, 409),
        ("orchard", CheckInWord::Phoned(date("2026-11-24")), 409),
        ("orchard", CheckInWord::Pause(date("2026-11-22")), 409),
        ("northpole", CheckInWord::Met(None), 404),
        ("acme", CheckInWord::Met(None), 404),
    ];
    for (client, word, status) in refused {
        let told = say(&house, client, word).await.expect_err("refused");
        assert_eq!(told.0, status, "{client} {word:?}: {}", told.1);
    }
    let phoned = say(&house, "orchard", CheckInWord::Phoned(None)).await;
    assert!(phoned.is_ok(), "{phoned:?}");
    assert_eq!(
        listed(&house).await.last_contact.expect("one").how,
        "phoned"
    );
    house.close().await;
}
