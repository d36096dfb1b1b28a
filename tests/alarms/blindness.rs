//! A mailbox that can't be seen, and what is told of it.

use chrono::Duration;

use crate::house::House;

const THREE_CLIENTS: &str = r#"
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

/// Waits until the alarm was told by both second routes, once each.
async fn told_once(house: &House) {
    house
        .eventually("the alarm by both second routes", || {
            let both = !house.pages().is_empty() && !house.other_post.letters().is_empty();
            both.then_some(())
        })
        .await;
    house.quiet().await;
    assert_eq!(house.pages().len(), 1, "{:?}", house.pages());
    assert_eq!(house.other_post.letters().len(), 1);
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
    told_once(&house).await;
    assert!(house.pages()[0].starts_with("ackd can't see the mailbox clients\n"));
    let letter = &house.other_post.letters()[0];
    assert_eq!(letter.to, "ops@agency.test");
    assert_eq!(letter.field("From"), "Ackd <alarm@elsewhere.test>");

    for hour in 0..10 {
        for number in 0..6 {
            let client = ["acme", "bell", "core"][number % 3];
            let from = format!("anna.{}@{client}.test", ["a", "b"][number / 3]);
            house.mailbox.receive(&from, &format!("m{hour}-{number}"), house.now());
        }
        house.jump(Duration::hours(1));
        house.quiet().await;
    }
    told_once(&house).await;

    // A restart in the middle of it: nobody is told again.
    house.leave().await;
    house.enter().await;
    house.pass(Duration::minutes(20)).await;
    told_once(&house).await;

    house.mailbox.reopen();
    house.post.reopen();
    house.settled(60).await;
    house.pass(Duration::minutes(3)).await;
    house.eventually("the all-clear", || (house.pages().len() == 2).then_some(())).await;
    // What waited for the ordinary mail server is tried again every half an hour at the latest.
    house.pass(Duration::minutes(31)).await;
    house
        .eventually("alarm and all-clear by the ordinary route", || {
            (house.post.letters_to("ops@agency.test").len() == 2).then_some(())
        })
        .await;
    house.quiet().await;
    insta::assert_snapshot!(without_times(&house.pages()[1]), @"");
    let owners = ["alice", "bob", "carol", "lead"].map(|name| format!("{name}@agency.test"));
    for owner in &owners {
        let letters = house.post.letters_to(owner);
        assert_eq!(letters.len(), 1, "{owner}: {:#?}", house.subjects());
    }
    let clients = house.post.letters();
    let mut clients = clients.iter().filter(|letter| !letter.to.ends_with("@agency.test"));
    assert!(clients.next().is_none(), "a stale acknowledgement: {:#?}", house.subjects());
}

/// Digits of moments replaced, so that the text is the same every day.
fn without_times(text: &str) -> String {
    let text = text.replace(|c: char| c.is_ascii_digit(), "#");
    text.lines().take(12).collect::<Vec<_>>().join("\n")
}
