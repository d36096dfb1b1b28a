//! What the daemon takes for an answer, from its mailbox to the mails it sends or does not.

use ackd::control::{Answer, CaseFilter, Request};

use crate::house::House;

/// The subject and the state of every case.
async fn cases(house: &House) -> Vec<(String, String)> {
    let filter = CaseFilter {
        all: true,
        ..CaseFilter::default()
    };
    let Answer::Cases(cases) = house.ask(Request::Cases(filter)).await else {
        panic!("no list of cases");
    };
    let mut told: Vec<(String, String)> = cases
        .into_iter()
        .map(|case| (case.subject, format!("{:?}", case.state).to_lowercase()))
        .collect();
    told.sort();
    told
}

/// Anna is answered at a desk's address, Ben at nobody's but his own.
fn two_clients_write(house: &House) {
    house.receive(
        "From: Anna Meier <anna@acme.example>
         Reply-To: orders@desk.example
         To: clients@northwind.example
         Subject: Order
         Message-ID: <q1@acme.example>",
    );
    house.receive(
        "From: Ben <ben@bell.example>
         To: clients@northwind.example
         Subject: Offer
         Message-ID: <q2@bell.example>",
    );
}

#[tokio::test(start_paused = true)]
async fn an_answer_to_the_reply_to_of_a_mail_alone_ends_its_case_and_nobody_is_reminded() {
    let house = House::open("").await;
    house.pass_until("09:05").await;
    two_clients_write(&house);
    house.pass_until("09:20").await;
    for (number, question) in [(1, "q1@acme.example"), (2, "q2@bell.example")] {
        house.receive(&format!(
            "From: Alice Miller <alice@northwind.example>
             To: orders@desk.example
             Subject: Re: Order
             In-Reply-To: <{question}>
             Message-ID: <a{number}@northwind.example>"
        ));
    }
    house.pass_until("09:30").await;
    let told = [("Offer", "waiting"), ("Order", "answered")];
    let told = told.map(|(subject, state)| (subject.to_owned(), state.to_owned()));
    assert_eq!(cases(&house).await, told);
    house.pass_until("15:00").await;
    let letters = house.servers.letters();
    for person in ["alice@northwind.example", "anna@acme.example"] {
        assert!(!letters.contains(&person.to_owned()), "{letters:?}");
    }
    assert!(letters.contains(&"ben@bell.example".to_owned()));
    house.close().await;
}

/// A mailbox that was to be read from the beginning of the month on.
const SINCE_NOVEMBER: &str = r#"
[mailboxes.back]
host = "127.0.0.1"
tls = "none"
address = "back@northwind.example"
username = "back"
password = "pw"
sent = "none"
start_from = "2026-11-01T00:00:00Z"
"#;

#[tokio::test(start_paused = true)]
async fn an_answer_to_a_reply_to_may_be_seen_before_its_question() {
    let house = House::open(SINCE_NOVEMBER).await;
    house.pass_until("09:05").await;
    house.receive(
        "From: Alice Miller <alice@northwind.example>
         To: orders@desk.example
         Subject: Re: Order
         In-Reply-To: <q1@acme.example>
         Message-ID: <a1@northwind.example>",
    );
    house.pass_until("09:10").await;
    house.receive_text(
        "From: Anna Meier <anna@acme.example>
         Reply-To: orders@desk.example
         To: clients@northwind.example
         Subject: Order
         Message-ID: <q1@acme.example>",
        "Where is it?",
        1,
    );
    house.pass_until("09:15").await;
    assert_eq!(cases(&house).await[0].1, "answered");
    house.close().await;
}

/// What stands in mail of the team that stops nothing, and who sends it.
const OF_PROGRAMS: [(&str, &str); 3] = [
    (
        "Northwind Support <support@northwind.example>",
        "We have received your request. Your ticket number is 4711.",
    ),
    (
        "Alice Miller <alice@northwind.example>",
        "Alice Miller reacted to your message: +1",
    ),
    (
        "Carl <carl@northwind.example>",
        "This is an automatic reply. I am away.",
    ),
];

#[tokio::test(start_paused = true)]
async fn what_programs_of_the_team_sent_stops_nothing_however_late_it_is_read() {
    let house = House::open(SINCE_NOVEMBER).await;
    house.pass_until("09:05").await;
    for (number, (from, text)) in (1..).zip(OF_PROGRAMS) {
        house.receive_text(
            &format!(
                "From: Anna Meier <anna@acme.example>
                 To: clients@northwind.example
                 Subject: Question {number}
                 Message-ID: <q{number}@acme.example>"
            ),
            "Could you have a look?",
            12,
        );
        house.receive_text(
            &format!(
                "From: {from}
                 To: anna@acme.example
                 Subject: Re: Question {number}
                 In-Reply-To: <q{number}@acme.example>
                 Message-ID: <a{number}@northwind.example>"
            ),
            text,
            11,
        );
    }
    house.pass_until("09:15").await;
    let states: Vec<String> = cases(&house).await.into_iter().map(|own| own.1).collect();
    assert_eq!(states, ["waiting"; 3]);
    house.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_programs_receipt_to_a_reply_to_is_no_answer() {
    let house = House::open("").await;
    house.pass_until("09:05").await;
    two_clients_write(&house);
    house.pass_until("09:20").await;
    house.receive_text(
        "From: Northwind Support <support@northwind.example>
         To: orders@desk.example
         Subject: [Ticket#4711] Order
         In-Reply-To: <q1@acme.example>
         Message-ID: <a1@northwind.example>",
        "We have received your request. Your ticket number is 4711.",
        0,
    );
    house.pass_until("09:30").await;
    let states: Vec<String> = cases(&house).await.into_iter().map(|own| own.1).collect();
    assert_eq!(states, ["waiting"; 2]);
    house.close().await;
}
