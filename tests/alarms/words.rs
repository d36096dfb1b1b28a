//! Somebody says what becomes of mail that is owed, and who is reminded.

use ackd::control::view::{OwedMailView, OwedState};
use ackd::control::{Answer, CaseFilter, MailWord, Request};
use ackd::domain::address::Address;
use ackd::domain::ids::{CaseId, OutboxId};
use chrono::Duration;

use crate::blindness::changed;
use crate::house::House;

fn word(id: u64, word: MailWord) -> Request {
    Request::Mail {
        id: OutboxId(id),
        word,
        by: "carol".into(),
    }
}

/// The reminder that is owed, if one is. (Of a mailbox whose minutes fly by, alarms are owed too.)
async fn owed(house: &House) -> Option<OwedMailView> {
    match house.ask(Request::Outbox).await {
        Answer::Outbox(mails) => mails.into_iter().find(|mail| mail.purpose == "reminder"),
        other => panic!("{other:?}"),
    }
}

async fn done(house: &House, request: Request) -> String {
    match house.ask(request).await {
        Answer::Done(done) => done.done,
        other => panic!("{other:?}"),
    }
}

/// The reminder, once it was tried that many times.
async fn tried(house: &House, times: u32) -> OwedMailView {
    loop {
        if let Some(mail) = owed(house).await.filter(|mail| mail.attempts >= times) {
            return mail;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

/// A case of acme whose reminder for alice finds no mail server.
async fn reminder_in_vain() -> House {
    let mut house = House::new(&changed(&[(
        "remind_before = [\"90m\", \"30m\"]",
        "remind_before = [\"90m\"]",
    )]));
    house.enter().await;
    house.settled(0).await;
    house.post.shut();
    let at = house.now();
    house.mailbox.receive("anna@acme.test", "q1@acme.test", at);
    house.settled(1).await;
    house.pass(Duration::minutes(91)).await;
    house
}

#[tokio::test]
async fn mail_that_was_put_off_goes_out_when_somebody_says_so() {
    let house = reminder_in_vain().await;
    let mail = tried(&house, 1).await;
    assert_eq!(mail.to, "a…@agency.test");
    assert_eq!((mail.state, mail.cases), (OwedState::Queued, vec![1]));
    // Long enough that the pauses between attempts have grown to minutes.
    house.pass(Duration::minutes(5)).await;
    tried(&house, 3).await;
    house.post.reopen();
    let told = done(&house, word(mail.id, MailWord::Retry)).await;
    assert!(told.contains("is tried again"), "{told}");
    house
        .eventually("the reminder", || {
            house.post.letters_to("alice@agency.test").pop()
        })
        .await;
    let refused = house.ask(word(mail.id, MailWord::Drop)).await;
    let Answer::Refused(refusal) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(refusal.status, 404, "{refusal:?}");
}

#[tokio::test]
async fn mail_that_was_dropped_never_goes_out_not_even_after_a_restart() {
    let mut house = reminder_in_vain().await;
    let id = tried(&house, 1).await.id;
    let told = done(&house, word(id, MailWord::Drop)).await;
    assert_eq!(told, format!("mail {id} is dropped and never sent"));
    assert_eq!(owed(&house).await, None);
    house.leave().await;
    house.post.reopen();
    house.enter().await;
    house.pass(Duration::minutes(10)).await;
    house.quiet().await;
    assert!(house.post.letters_to("alice@agency.test").is_empty());
    let Answer::Case(case) = house.ask(Request::Case { id: CaseId(1) }).await else {
        panic!("there is a case");
    };
    let history: Vec<&str> = case.history.iter().map(|line| line.what.as_str()).collect();
    let told = "reminder to a…@agency.test dropped by carol";
    assert!(history.contains(&told), "{history:?}");
}

#[tokio::test]
async fn whom_a_case_is_assigned_is_reminded_and_found_by() {
    let mut house = House::new(&changed(&[]));
    house.enter().await;
    house.settled(0).await;
    let at = house.now();
    house.mailbox.receive("anna@acme.test", "q1@acme.test", at);
    house.settled(1).await;
    let assign = Request::Assign {
        id: CaseId(1),
        to: Address::parse("bob@agency.test"),
        by: "carol".into(),
    };
    let told = done(&house, assign).await;
    assert_eq!(told, "case 1 is assigned to bob@agency.test");
    house.leave().await;
    house.enter().await;
    let of = |owner: &str| {
        Request::Cases(CaseFilter {
            owner: Some(owner.into()),
            ..CaseFilter::default()
        })
    };
    let Answer::Cases(of_bob) = house.ask(of("bob")).await else {
        panic!("a list");
    };
    assert_eq!(of_bob.len(), 1);
    assert_eq!(house.ask(of("alice")).await, Answer::Cases(vec![]));
    house.pass(Duration::minutes(91)).await;
    house
        .eventually("the reminder", || {
            house.post.letters_to("bob@agency.test").pop()
        })
        .await;
    assert!(house.post.letters_to("alice@agency.test").is_empty());
}
