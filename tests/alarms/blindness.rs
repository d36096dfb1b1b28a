//! A mailbox that can't be seen, and what is told of it.

use chrono::Duration;

use crate::house::House;

pub(crate) const THREE_CLIENTS: &str = r#"
[service]
state_dir = "STATE"
mode = "full"
[alarm]
to = ["ops@agency.test"]
command = ["tee", "-a", "PAGES"]
[alarm.smtp]
host = "127.0.0.1"
port = OTHER_PORT
tls = "none"
from = "Ackd <alarm@elsewhere.test>"
[team]
name = "Agency"
domains = ["agency.test"]
escalate_to = ["lead@agency.test"]
sending_hours = "always"
# The clock here starts at any hour, also just before eight.
[digest]
daily = false
weekly = false
[smtp]
host = "127.0.0.1"
port = SMTP_PORT
tls = "none"
from = "Ackd <ackd@agency.test>"
[mailboxes.clients]
host = "127.0.0.1"
port = IMAP_PORT
tls = "none"
address = "clients@agency.test"
username = "clients"
password = "pw"
poll_every = "1s"
sent = "none"
[calendars.nonstop]
time_zone = "UTC"
mon = ["00:00-24:00"]
tue = ["00:00-24:00"]
wed = ["00:00-24:00"]
thu = ["00:00-24:00"]
fri = ["00:00-24:00"]
sat = ["00:00-24:00"]
sun = ["00:00-24:00"]
[policies.standard]
calendar = "nonstop"
same_business_day = false
acknowledge_within = "3h"
remind_before = ["90m", "30m"]
escalate_after = ["0m", "2h"]
auto_acknowledge_before = "10m"
[clients.acme]
name = "Acme"
domains = ["acme.test"]
owners = ["alice@agency.test"]
policy = "standard"
[clients.bell]
name = "Bell"
domains = ["bell.test"]
owners = ["bob@agency.test"]
policy = "standard"
[clients.core]
name = "Core"
domains = ["core.test"]
owners = ["carol@agency.test"]
policy = "standard"
"#;

/// Waits until so much was told by both second routes, and no more.
pub(crate) async fn told(house: &House, times: usize) {
    house
        .eventually("word by both second routes", || {
            let both = house.pages().len() >= times && house.other_post.letters().len() >= times;
            both.then_some(())
        })
        .await;
    house.quiet().await;
    assert_eq!(house.pages().len(), times, "{:#?}", house.pages());
    assert_eq!(house.other_post.letters().len(), times);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_alarm_for_an_outage_one_all_clear_and_one_mail_for_each_owner() {
    let mut house = House::new(THREE_CLIENTS);
    house.enter().await;
    house.settled(0).await;
    // The network is gone: neither mailbox nor mail server can be reached.
    house.mailbox.shut();
    house.post.shut();
    house.pass(Duration::minutes(14)).await;
    assert!(house.pages().is_empty(), "too early");
    house.pass(Duration::minutes(3)).await;
    told(&house, 1).await;
    assert!(house.pages()[0].starts_with("ackd can't see the mailbox clients\n"));
    let letter = &house.other_post.letters()[0];
    assert_eq!(letter.to, "ops@agency.test");
    assert_eq!(letter.field("From"), "Ackd <alarm@elsewhere.test>");

    for hour in 0..10 {
        for number in 0..6 {
            let client = ["acme", "bell", "core"][number % 3];
            let from = format!("anna.{}@{client}.test", ["a", "b"][number / 3]);
            house
                .mailbox
                .receive(&from, &format!("m{hour}-{number}"), house.now());
        }
        house.jump(Duration::hours(1));
        house.quiet().await;
    }
    house.jump(Duration::hours(5));
    // That nobody is told by mail either is a trouble of its own.
    told(&house, 2).await;
    assert!(house.pages()[1].starts_with("ackd can't send mail\n"));

    // A restart in the middle of it: nobody is told again.
    house.leave().await;
    house.enter().await;
    house.pass(Duration::minutes(18)).await;
    told(&house, 2).await;

    house.mailbox.reopen();
    house.post.reopen();
    house.settled(60).await;
    house.pass(Duration::minutes(3)).await;
    house
        .eventually("the all-clear", || (house.pages().len() >= 3).then_some(()))
        .await;
    // What waited for the ordinary mail server is tried again every half an hour at the latest.
    house.jump(Duration::minutes(31));
    house
        .eventually("alarm and all-clear by the ordinary route", || {
            (house.post.letters_to("ops@agency.test").len() >= 4).then_some(())
        })
        .await;
    house.quiet().await;
    let told = house.post.letters_to("ops@agency.test");
    assert_eq!(told.len(), 4, "{:#?}", house.subjects());
    let pages = house.pages();
    let all_clear = pages.iter().find(|page| page.starts_with("ackd sees"));
    let all_clear = all_clear.expect("an all-clear");
    assert!(
        pages
            .iter()
            .any(|page| page.starts_with("ackd sends mail again"))
    );
    for words in [
        "ackd sees the mailbox clients again\n",
        "The mailbox \"clients\" is seen again. It was blind for 15h",
        "came in meanwhile: 60, in 60 case(s). Of these cases 60 wait(s), 60 of them overdue",
        "case 1, Acme: due ",
        "and 40 more",
    ] {
        assert!(
            all_clear.contains(words),
            "{words:?} is not in:\n{all_clear}"
        );
    }
    let owners = ["alice", "bob", "carol", "lead"].map(|name| format!("{name}@agency.test"));
    for owner in &owners {
        let letters = house.post.letters_to(owner);
        assert_eq!(letters.len(), 1, "{owner}: {:#?}", house.subjects());
    }
    let clients = house.post.letters();
    let mut clients = clients
        .iter()
        .filter(|letter| !letter.to.ends_with("@agency.test"));
    assert!(
        clients.next().is_none(),
        "a stale acknowledgement: {:#?}",
        house.subjects()
    );
}

/// The configuration with something in place of something else.
pub(crate) fn changed(changes: &[(&str, &str)]) -> String {
    let mut text = THREE_CLIENTS.to_owned();
    for (old, new) in changes {
        assert!(text.contains(old), "{old:?} is not in the configuration");
        text = text.replace(old, new);
    }
    text
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_only_looks_on_tells_nobody_by_any_route_until_the_mode_changes() {
    let observing = changed(&[("mode = \"full\"", "mode = \"observe\"")]);
    let mut house = House::new(&observing);
    house.enter().await;
    house.settled(0).await;
    house.mailbox.shut();
    house.pass(Duration::minutes(18)).await;
    house.quiet().await;
    assert!(house.pages().is_empty(), "{:?}", house.pages());
    assert!(house.post.letters().is_empty() && house.other_post.letters().is_empty());

    house.configuration = changed(&[]);
    house.reload().await;
    house.pass(Duration::minutes(12)).await;
    told(&house, 1).await;
    assert_eq!(house.post.letters_to("ops@agency.test").len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_mailboxes_lost_at_once_are_one_alarm_and_one_all_clear() {
    let section = THREE_CLIENTS
        .split("[mailboxes.clients]")
        .nth(1)
        .expect("one");
    let section = section.split("[calendars").next().expect("its end");
    let second = format!("[mailboxes.projects]{section}[calendars.nonstop]");
    let second = second.replace("clients@agency", "projects@agency");
    let mut house = House::new(&changed(&[("[calendars.nonstop]", &second)]));
    house.enter().await;
    house.settled(0).await;
    house.mailbox.shut();
    house.pass(Duration::minutes(20)).await;
    told(&house, 1).await;
    let alarm = &house.pages()[0];
    assert!(alarm.starts_with("ackd can't see 2 mailboxes\n"), "{alarm}");
    assert!(
        alarm.contains("  clients, since ") && alarm.contains("  projects, since "),
        "{alarm}"
    );

    house.mailbox.reopen();
    house
        .eventually("the all-clear", || {
            house.jump(Duration::seconds(1));
            (house.pages().len() == 2).then_some(())
        })
        .await;
    house.quiet().await;
    let all_clear = &house.pages()[1];
    assert!(
        all_clear.starts_with("ackd sees 2 mailboxes again\n"),
        "{all_clear}"
    );
    assert!(
        all_clear.contains("No client mail came in meanwhile"),
        "{all_clear}"
    );
    assert_eq!(house.pages().len(), 2, "{:?}", house.pages());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mailbox_that_can_not_even_be_tried_is_an_alarm_too() {
    // Without TLS no certificate is looked at, so the file would not be missed.
    let lacking = changed(&[(
        "tls = \"none\"\naddress",
        "tls = \"starttls\"\nca_file = \"ca.pem\"\naddress",
    )]);
    let mut house = House::new(&lacking);
    house.enter().await;
    told(&house, 1).await;
    let alarm = &house.pages()[0];
    assert!(
        alarm.contains("ca.pem") && alarm.contains("clients, since "),
        "{alarm}"
    );
    // The file is brought; it is looked for again within the hour.
    house.configuration = changed(&[]);
    house.reload().await;
    house.settled(0).await;
    house
        .eventually("the all-clear", || {
            house.jump(Duration::seconds(1));
            (house.pages().len() == 2).then_some(())
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_alarm_command_that_fails_is_tried_again_and_holds_nothing_up() {
    let failing = changed(&[("\"tee\", \"-a\", \"PAGES\"", "\"false\"")]);
    let mut house = House::new(&failing);
    house.enter().await;
    house.settled(0).await;
    house.mailbox.shut();
    house.pass(Duration::minutes(18)).await;
    house
        .eventually("the alarm by the other routes", || {
            let told = house.post.letters().len() + house.other_post.letters().len();
            (told == 2).then_some(())
        })
        .await;
    let rows = |house: &House| {
        let loaded = ackd::store::Store::load(&mut house.store.clone()).expect("in memory");
        loaded.outbox
    };
    house
        .eventually("several attempts", || {
            house.jump(Duration::seconds(40));
            rows(&house)
                .first()
                .is_some_and(|row| row.attempts() >= 3)
                .then_some(())
        })
        .await;
    // Not for ever: after a day it is given up, in sight.
    house.jump(Duration::hours(25));
    house
        .eventually("it to be given up", || {
            house.jump(Duration::seconds(40));
            let rows = rows(&house);
            let state = &rows.first()?.state;
            matches!(state, ackd::domain::outbox::RowState::GivenUp { .. }).then_some(())
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_trouble_with_the_store_the_all_clear_comes_once_it_has_held() {
    let mut house = House::new(THREE_CLIENTS);
    let state = house.path("state");
    std::fs::create_dir(&state).expect("writable");
    // The mark of an alarm that was told.
    std::fs::write(state.join("store-alarm"), "").expect("writable");
    house.enter().await;
    house.settled(0).await;
    house.quiet().await;
    assert!(house.pages().is_empty(), "too early: {:?}", house.pages());
    house.pass(Duration::minutes(6)).await;
    told(&house, 1).await;
    assert!(house.pages()[0].starts_with("ackd can use its store again\n"));
    house.leave().await;
    house.enter().await;
    house.jump(Duration::minutes(6));
    told(&house, 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_breaker_is_an_alarm_and_its_end_the_all_clear() {
    let few = changed(&[("[alarm]\n", "[limits]\nbreaker = 1\n[alarm]\n")]);
    let mut house = House::new(&few);
    house.enter().await;
    for client in ["acme", "bell"] {
        let from = format!("anna@{client}.test");
        house.mailbox.receive(&from, client, house.now());
    }
    house.settled(2).await;
    house.jump(Duration::minutes(171));
    told(&house, 1).await;
    let alarm = &house.pages()[0];
    assert!(
        alarm.starts_with("ackd has stopped acknowledging for a while\n"),
        "{alarm}"
    );
    let letters = house.post.letters();
    let to_clients = letters
        .iter()
        .filter(|letter| !letter.to.ends_with("@agency.test"));
    assert_eq!(to_clients.count(), 1, "{:#?}", house.subjects());

    // A restart does not repeat it, and its time goes on.
    house.leave().await;
    house.enter().await;
    told(&house, 1).await;
    house.jump(Duration::minutes(61));
    house
        .eventually("the all-clear", || (house.pages().len() == 2).then_some(()))
        .await;
    let all_clear = &house.pages()[1];
    assert!(
        all_clear.starts_with("ackd acknowledges again\n"),
        "{all_clear}"
    );
}
