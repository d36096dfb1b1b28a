//! A clock that jumps.

use chrono::Duration;

use crate::blindness::changed;
use crate::house::House;

/// Nothing for clients, and hours enough to jump in.
fn unhurried() -> String {
    changed(&[
        ("mode = \"full\"", "mode = \"remind\""),
        (
            "acknowledge_within = \"3h\"",
            "acknowledge_within = \"12h\"",
        ),
        ("[\"90m\", \"30m\"]", "[\"8h\", \"1h\"]"),
    ])
}

/// How many mails Alice and the lead have, once nothing more comes.
async fn told(house: &House) -> (usize, usize) {
    house.quiet().await;
    let count = |person: &str| house.post.letters_to(person).len();
    (count("alice@agency.test"), count("lead@agency.test"))
}

/// Forward, back, forward again, some times over.
async fn jump_about(house: &House) {
    for _ in 0..3 {
        house.jump(Duration::hours(-5));
        tokio::time::sleep(std::time::Duration::from_millis(400)).await;
        house.jump(Duration::hours(5));
        tokio::time::sleep(std::time::Duration::from_millis(400)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hours_forward_and_back_send_nothing_twice_and_miss_nothing() {
    let mut house = House::new(&unhurried());
    house.enter().await;
    house
        .mailbox
        .receive("anna@acme.test", "first", house.now());
    house.settled(1).await;
    assert_eq!(told(&house).await, (0, 0));

    // Each rung is told when its hour has come, and never again.
    for (hours, expected) in [
        (5, (1, 0)),
        (5, (1, 0)),
        (1, (2, 0)),
        (2, (3, 1)),
        (2, (4, 2)),
    ] {
        house.jump(Duration::hours(hours));
        assert_eq!(told(&house).await, expected, "{:#?}", house.subjects());
        jump_about(&house).await;
        assert_eq!(told(&house).await, expected, "{:#?}", house.subjects());
    }

    // A mail that comes while the clock is five hours behind is due by that clock.
    house.jump(Duration::hours(-5));
    house
        .mailbox
        .receive("arno@acme.test", "second", house.now());
    house.settled(2).await;
    assert_eq!(told(&house).await, (4, 2));
    house.jump(Duration::hours(5));
    assert_eq!(told(&house).await, (5, 2), "{:#?}", house.subjects());
    house.jump(Duration::hours(20));
    // What was missed collapses into the last rung.
    assert_eq!(told(&house).await, (6, 3), "{:#?}", house.subjects());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_morning_mail_comes_once_however_often_its_hour_does() {
    // Nothing but the morning mail is sent; nothing falls due in two days.
    let mut house = House::new(&changed(&[
        ("mode = \"full\"", "mode = \"remind\""),
        (
            "acknowledge_within = \"3h\"",
            "acknowledge_within = \"90h\"",
        ),
        ("[\"90m\", \"30m\"]", "[]"),
        (
            "daily = false\nweekly = false",
            "days = [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\", \"sat\", \"sun\"]\nweekly = false",
        ),
    ]));
    // Whatever the hour is now: it begins at a minute past nine, so that today has no morning
    // any more.
    let passed = i64::from(chrono::Timelike::num_seconds_from_midnight(&house.now()));
    house.jump(Duration::seconds(
        (9 * 3600 + 60 - passed).rem_euclid(86_400),
    ));
    house.enter().await;
    house
        .mailbox
        .receive("anna@acme.test", "first", house.now());
    house.settled(1).await;
    assert_eq!(told(&house).await, (0, 0));

    // Eleven in the evening, over midnight to five, and to eight of the next day.
    house.jump(Duration::hours(14));
    jump_about(&house).await;
    house.jump(Duration::hours(6));
    jump_about(&house).await;
    assert_eq!(told(&house).await, (0, 0), "{:#?}", house.subjects());
    house.jump(Duration::hours(3));
    assert_eq!(told(&house).await, (1, 0), "{:#?}", house.subjects());
    jump_about(&house).await;
    // Back over its hour and the midnight before it, with a restart there.
    house.jump(Duration::hours(-12));
    house.quiet().await;
    house.leave().await;
    house.enter().await;
    house.quiet().await;
    house.jump(Duration::hours(12));
    assert_eq!(told(&house).await, (1, 0), "{:#?}", house.subjects());
    house.jump(Duration::hours(24));
    assert_eq!(told(&house).await, (2, 0), "{:#?}", house.subjects());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_put_off_does_not_wait_for_hours_because_the_clock_was_set_back() {
    let mut house = House::new(&unhurried());
    house.enter().await;
    house
        .mailbox
        .receive("anna@acme.test", "first", house.now());
    house.settled(1).await;
    house.post.shut();
    house.jump(Duration::hours(5));
    let store = house.store.clone();
    house
        .eventually("the reminder to be put off", || {
            let loaded = ackd::store::Store::load(&mut store.clone()).expect("in memory");
            loaded
                .outbox
                .first()
                .is_some_and(|row| row.attempts() > 0)
                .then_some(())
        })
        .await;
    house.jump(Duration::hours(-5));
    house.post.reopen();
    house
        .eventually("the reminder", || {
            house.jump(Duration::seconds(1));
            (house.post.letters_to("alice@agency.test").len() == 1).then_some(())
        })
        .await;
}
