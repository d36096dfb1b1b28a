//! A mail server that takes nothing, while the mailboxes are seen.

use ackd::control::{Answer, Request};
use chrono::Duration;

use crate::blindness::{THREE_CLIENTS, told};
use crate::house::House;

/// A client's mail falls due while the mail server is gone.
async fn house_that_can_not_send() -> House {
    let soon = "acknowledge_within = \"95m\"";
    let mut house = House::new(&THREE_CLIENTS.replace("acknowledge_within = \"3h\"", soon));
    house.enter().await;
    house.settled(0).await;
    house.post.shut();
    house.mailbox.receive("anna@acme.test", "m1", house.now());
    house.settled(1).await;
    // The first reminder is due: from now on there is something to be sent.
    later(&house, 6).await;
    house
}

/// Minutes pass, in which the mailbox is seen again and again.
async fn later(house: &House, minutes: i64) {
    const AT_ONCE: i64 = 3;
    for _ in 0..minutes / AT_ONCE {
        house.jump(Duration::minutes(AT_ONCE));
        tokio::time::sleep(std::time::Duration::from_millis(1200)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_mail_server_is_one_alarm_and_one_all_clear() {
    let mut house = house_that_can_not_send().await;
    assert!(house.pages().is_empty(), "too early: {:#?}", house.pages());
    later(&house, 24).await;
    told(&house, 1).await;
    let page = &house.pages()[0];
    assert!(page.starts_with("ackd can't send mail\n"), "{page}");
    assert!(
        page.contains("has taken no mail from ackd:\n\n  "),
        "{page}"
    );
    let Answer::Status(status) = house.ask(Request::Status).await else {
        panic!("another answer");
    };
    assert!(!status.is_well());
    let alarm = "the mail server has taken no mail since ";
    assert!(status.alarms[0].starts_with(alarm), "{:?}", status.alarms);
    let Answer::Outbox(mails) = house.ask(Request::Outbox).await else {
        panic!("another answer");
    };
    let reasons = mails.iter().map(|mail| mail.reason.as_deref());
    assert!(reasons.clone().any(|own| own.is_some()), "{mails:#?}");

    // A restart in the middle of it tells nobody again, and forgets nothing.
    house.leave().await;
    house.enter().await;
    let Answer::Status(status) = house.ask(Request::Status).await else {
        panic!("another answer");
    };
    assert!(status.alarms[0].starts_with(alarm), "{:?}", status.alarms);
    later(&house, 40).await;
    told(&house, 1).await;

    house.post.reopen();
    later(&house, 33).await;
    told(&house, 2).await;
    let page = &house.pages()[1];
    assert!(page.starts_with("ackd sends mail again\n"), "{page}");
    assert!(
        page.contains("The mail server takes mail again. It took none for 1h"),
        "{page}"
    );
    house
        .eventually("the owner's mail", || {
            (!house.post.letters_to("alice@agency.test").is_empty()).then_some(())
        })
        .await;
    let Answer::Status(status) = house.ask(Request::Status).await else {
        panic!("another answer");
    };
    assert_eq!(status.alarms, Vec::<String>::new());

    // And after another restart all is well still.
    house.leave().await;
    house.enter().await;
    later(&house, 33).await;
    told(&house, 2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_server_that_is_soon_back_is_no_alarm() {
    let house = house_that_can_not_send().await;
    later(&house, 6).await;
    house.post.reopen();
    later(&house, 40).await;
    house.quiet().await;
    assert_eq!(house.pages(), Vec::<String>::new());
    assert!(!house.post.letters_to("alice@agency.test").is_empty());
}
