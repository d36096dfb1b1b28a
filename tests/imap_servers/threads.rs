//! How a real server puts our mails to the team into threads (RFC 5256).

use ackd::domain::draft::{CaseLine, Draft, Letterhead, Templates, render};
use ackd::smtp::bytes;

use super::given::{id, invoice, letterhead, lines, outage};
use super::named;
use super::person::Person;

const FOLDER: &str = "Threads";

/// The mails of a story, in the order of their numbers.
fn story() -> Vec<String> {
    let written = |number: u32, draft: &Draft| {
        let letterhead = Letterhead {
            message_id: id(&format!("ackd.{number}.k7q2@northwind.example")),
            ..letterhead()
        };
        let mail = render(draft, &letterhead, &Templates::embedded());
        String::from_utf8(bytes(&mail).expect("a mail")).expect("ASCII")
    };
    let late = CaseLine {
        due_at: Some(letterhead().now - chrono::TimeDelta::minutes(20)),
        ..invoice()
    };
    let client = invoice().message_id.expect("an id");
    let by_hand = |own: &str, parent: &str, subject: &str| {
        format!(
            "Message-ID: <{own}>\r\nIn-Reply-To: <{parent}>\r\nFrom: alice@northwind.example\r\n\
             Date: Thu, 10 Sep 2026 13:00:00 +0000\r\nSubject: {subject}\r\n\r\nHello\r\n"
        )
    };
    vec![
        format!(
            "Message-ID: <{client}>\r\nFrom: anna@acme.example\r\n\
             Date: Thu, 10 Sep 2026 10:30:00 +0000\r\nSubject: Invoice wrong\r\n\r\nHello\r\n"
        ),
        written(2, &Draft::Reminder(lines(vec![invoice()]))),
        written(3, &Draft::Reminder(lines(vec![invoice(), outage()]))),
        written(4, &Draft::Escalation(lines(vec![late]))),
        written(5, &Draft::Escalation(lines(vec![outage()]))),
        written(6, &Draft::Acknowledged(lines(vec![invoice()]))),
        written(7, &Draft::Summary(lines(vec![invoice(), outage()]))),
        by_hand("8@x.example", client.as_str(), "Re: Invoice wrong"),
        by_hand(
            "9@x.example",
            "ackd.2.k7q2@northwind.example",
            "Re: 35 min left",
        ),
    ]
}

/// The numbers in each thread of an answer like `* THREAD (1 8)((2 9)(4)(6))(3)`.
fn threads(said: &str) -> Vec<Vec<u32>> {
    let line = said.lines().find_map(|line| line.strip_prefix("* THREAD "));
    let (mut threads, mut depth) = (Vec::new(), 0);
    let mut number = String::new();
    for c in line.expect("threads").chars() {
        if c.is_ascii_digit() {
            number.push(c);
            continue;
        }
        if let Ok(known) = number.parse() {
            let last: &mut Vec<u32> = threads.last_mut().expect("a thread is open");
            last.push(known);
        }
        number.clear();
        match c {
            '(' => {
                if depth == 0 {
                    threads.push(Vec::new());
                }
                depth += 1;
            }
            ')' => depth -= 1,
            _ => {}
        }
    }
    for thread in &mut threads {
        thread.sort_unstable();
    }
    threads.sort_unstable();
    threads
}

#[test]
fn the_mails_about_a_case_are_one_thread_and_those_about_several_tie_none_together() {
    let Some(server) = named("ACKD_TEST_IMAP_DOVECOT") else {
        return;
    };
    let mut person = Person::at(&server, "user18");
    if person.run("LIST \"\" *").contains(FOLDER) {
        person.run(&format!("DELETE {FOLDER}"));
    }
    person.run(&format!("CREATE {FOLDER}"));
    for mail in story() {
        person.append(FOLDER, &mail);
    }
    person.run(&format!("SELECT {FOLDER}"));
    for way in ["REFERENCES", "REFS"] {
        let said = person.run(&format!("THREAD {way} UTF-8 ALL"));
        assert_eq!(
            threads(&said),
            [vec![1, 8], vec![2, 4, 6, 9], vec![3], vec![5], vec![7]],
            "{way}: {said}"
        );
    }
}
