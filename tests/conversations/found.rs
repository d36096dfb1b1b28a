//! Orders of seeing the same mail that once led to another end, found by the properties.

use ackd::domain::facts::{FolderRole, MessageFacts};

use crate::desk::Copy;
use crate::order::{CLIENTS, Clocks, DESK, HELP_DESK, TEAM, end, start};

/// The copy seen first had been received after another's mail.
#[test]
fn whose_mail_came_first_is_the_contact_whichever_copy_is_seen_first() {
    let mail = |who: &str, id: &str, parent: Option<&str>, mailbox, seconds| {
        let parent = parent.map(|parent| format!("In-Reply-To: <{parent}@partner.example>\r\n"));
        let header = format!(
            "From: {who}@partner.example\r\nTo: alice@northwind.example\r\nSubject: {id} of {who}\r\n\
             Date: Mon, 23 Nov 2026 08:00:00 +0000\r\nMessage-ID: <{id}@partner.example>\r\n{}",
            parent.unwrap_or_default()
        );
        Copy {
            mailbox,
            role: FolderRole::Inbox,
            received_at: start() + chrono::Duration::seconds(seconds),
            answered: false,
            facts: MessageFacts::parse(header.as_bytes(), None),
        }
    };
    let late = mail("pia", "q1", None, "alice", 40);
    let other = mail("paul", "q2", Some("q1"), "clients", 7);
    let first = mail("pia", "q1", None, "clients", 6);
    let copies = [late, other, first];
    let now = Clocks::RIGHT.seen_at();
    let in_order = end(&copies, &[], 1, now);
    assert!(
        in_order.starts_with("partner pia: [pia 23 08:00:06"),
        "{in_order}"
    );
    assert_eq!(end(&copies, &[3, 2, 1], 1, now), in_order);
    assert_eq!(end(&copies, &[1, 1, 1], 3, now), in_order);
}

/// A new mail of the team that is seen last of all ended a round.
#[test]
fn a_round_that_a_mail_seen_last_has_ended_is_counted() {
    let mail = |who: &str, to: &str, id: &str, parent: Option<&str>, role, seconds| {
        let parent = parent.map(|parent| format!("In-Reply-To: <{parent}@mail.example>\r\n"));
        let header = format!(
            "From: {who}\r\nTo: {to}\r\nSubject: Matter {id}\r\n\
             Date: Mon, 23 Nov 2026 08:00:0{seconds} +0000\r\nMessage-ID: <{id}@mail.example>\r\n{}",
            parent.unwrap_or_default()
        );
        Copy {
            mailbox: "alice",
            role,
            received_at: start() + chrono::Duration::seconds(seconds),
            answered: false,
            facts: MessageFacts::parse(header.as_bytes(), None),
        }
    };
    let (anna, alice) = (CLIENTS[0], TEAM[0]);
    let copies = [
        mail(anna, DESK, "q1", None, FolderRole::Inbox, 1),
        mail(alice, anna, "a1", None, FolderRole::Sent, 2),
        mail(anna, DESK, "q2", Some("q1"), FolderRole::Inbox, 3),
        mail(alice, anna, "a2", Some("q2"), FolderRole::Sent, 4),
        mail(anna, DESK, "q3", Some("a2"), FolderRole::Inbox, 5),
    ];
    let now = Clocks::RIGHT.seen_at();
    let in_order = end(&copies, &[], 1, now);
    assert!(in_order.contains("Generation(3)"), "{in_order}");
    assert_eq!(end(&copies, &[0, 5, 2, 3, 4], 1, now), in_order);
}

/// What leads from a case to an answer at the address where its
/// author is answered was known, and what that answer leads to was not.
#[test]
fn what_follows_an_answer_elsewhere_is_one_conversation_with_it_though_that_is_seen_last() {
    let mail = |who: &str, to: &str, id: &str, more: &str, role, seconds| {
        let header = format!(
            "From: {who}\r\nTo: {to}\r\nSubject: Matter {id}\r\n\
             Date: Mon, 23 Nov 2026 08:00:0{seconds} +0000\r\nMessage-ID: <{id}@mail.example>\r\n{more}\r\n"
        );
        Copy {
            mailbox: "alice",
            role,
            received_at: start() + chrono::Duration::seconds(seconds),
            answered: false,
            facts: MessageFacts::parse(header.as_bytes(), None),
        }
    };
    let parent = |id: &str| format!("In-Reply-To: <{id}@mail.example>");
    let (anna, arno, alice) = (CLIENTS[0], CLIENTS[1], TEAM[0]);
    let elsewhere = format!("Reply-To: {HELP_DESK}");
    let (inbox, sent) = (FolderRole::Inbox, FolderRole::Sent);
    let copies = [
        mail(arno, DESK, "q1", &elsewhere, inbox, 1),
        mail(alice, HELP_DESK, "a1", &parent("q1"), sent, 2),
        mail(anna, DESK, "q2", &parent("a1"), inbox, 3),
        mail(alice, anna, "a2", &parent("q2"), sent, 4),
    ];
    let now = Clocks::RIGHT.seen_at();
    let in_order = end(&copies, &[], 1, now);
    assert!(in_order.contains("round 2"), "{in_order}");
    assert_eq!(end(&copies, &[0, 9, 1, 2], 1, now), in_order);
}

/// A client's thanks are closed at once. What they thank for went to an address of nobody we
/// know, and its question was seen last of all.
#[test]
fn thanks_for_an_answer_elsewhere_belong_to_its_question_though_that_is_seen_last() {
    let mail = |who: &str, to: &str, id: &str, more: &str, text: &str, role, seconds| {
        let header = format!(
            "From: {who}\r\nTo: {to}\r\nSubject: Matter {id}\r\n\
             Date: Mon, 23 Nov 2026 08:00:0{seconds} +0000\r\nMessage-ID: <{id}@mail.example>\r\n{more}\r\n"
        );
        let mut facts = MessageFacts::parse(header.as_bytes(), None);
        facts.text = Some(text.into());
        Copy {
            mailbox: "alice",
            role,
            received_at: start() + chrono::Duration::seconds(seconds),
            answered: false,
            facts,
        }
    };
    let parent = |id: &str| format!("In-Reply-To: <{id}@mail.example>");
    let (anna, arno, alice) = (CLIENTS[0], CLIENTS[1], TEAM[0]);
    let elsewhere = format!("Reply-To: {HELP_DESK}");
    let (inbox, sent) = (FolderRole::Inbox, FolderRole::Sent);
    let (asks, says) = ("Which of the two drafts is it?", "It is the second one.");
    let copies = [
        mail(arno, DESK, "q1", &elsewhere, asks, inbox, 1),
        mail(alice, HELP_DESK, "a1", &parent("q1"), says, sent, 2),
        mail(anna, DESK, "t1", &parent("a1"), "Thanks!", inbox, 3),
    ];
    let now = Clocks::RIGHT.seen_at();
    let in_order = end(&copies, &[], 1, now);
    assert!(in_order.contains("[anna"), "{in_order}");
    for order in [[2, 0, 1], [2, 1, 0], [1, 2, 0]] {
        assert_eq!(end(&copies, &order, 1, now), in_order, "seen as {order:?}");
    }
}

/// By the server's clock, which is slow, the client wrote before the mail that it names: that one
/// is no answer, and the new thread after it is, though it was seen before the question.
#[test]
fn a_new_thread_answers_though_an_earlier_one_seems_to_by_a_slow_clock() {
    let mail = |who: &str, to: &str, id: &str, parent: Option<&str>, role, received, written| {
        let parent = parent.map(|parent| format!("In-Reply-To: <{parent}@mail.example>\r\n"));
        let header = format!(
            "From: {who}\r\nTo: {to}\r\nSubject: Matter {id}\r\n\
             Date: Mon, 23 Nov 2026 08:00:0{written} +0000\r\nMessage-ID: <{id}@mail.example>\r\n{}",
            parent.unwrap_or_default()
        );
        Copy {
            mailbox: "alice",
            role,
            received_at: start() + chrono::Duration::seconds(received),
            answered: false,
            facts: MessageFacts::parse(header.as_bytes(), None),
        }
    };
    let (anna, alice) = (CLIENTS[0], TEAM[0]);
    let copies = [
        mail(alice, anna, "t1", None, FolderRole::Sent, 1, 1),
        mail(anna, DESK, "q1", Some("t1"), FolderRole::Inbox, -58, 2),
        mail(alice, anna, "t2", None, FolderRole::Sent, 3, 3),
    ];
    let now = Clocks::RIGHT.seen_at();
    let in_order = end(&copies, &[], 1, now);
    assert!(
        in_order.contains("answered 23 08:00:03 NewThread"),
        "{in_order}"
    );
    for order in [[0, 2, 1], [1, 2, 0], [2, 1, 0], [1, 0, 2], [2, 0, 1]] {
        assert_eq!(end(&copies, &order, 1, now), in_order, "seen as {order:?}");
    }
}

/// A copy of a mail, as these stories need it: `more` are further header lines.
fn copy(
    (mailbox, role): (&'static str, FolderRole),
    (who, to): (&str, &str),
    (id, more): (&str, &str),
    (written, received): (i64, i64),
) -> Copy {
    let header = format!(
        "From: {who}\r\nTo: {to}\r\nSubject: One matter\r\n\
         Date: Mon, 23 Nov 2026 08:00:0{written} +0000\r\nMessage-ID: <{id}@mail.example>\r\n{more}\r\n"
    );
    Copy {
        mailbox,
        role,
        received_at: start() + chrono::Duration::seconds(received),
        answered: false,
        facts: MessageFacts::parse(header.as_bytes(), None),
    }
}

/// A gateway gave one copy another Message-ID, and that copy was seen first: the answer names the
/// other, and goes to an address of nobody we know.
#[test]
fn an_answer_elsewhere_finds_its_question_by_whichever_of_its_ids() {
    let (arno, alice) = (CLIENTS[1], TEAM[0]);
    let elsewhere = format!("Reply-To: {HELP_DESK}\r\n");
    let parent = "In-Reply-To: <q1@mail.example>\r\n";
    let (sent, inbox) = (FolderRole::Sent, FolderRole::Inbox);
    let question = |mailbox, id| copy((mailbox, inbox), (arno, DESK), (id, &elsewhere), (1, 1));
    let copies = [
        question("clients", "q1"),
        question("bob", "gateway"),
        copy(("alice", sent), (alice, HELP_DESK), ("a1", parent), (2, 2)),
    ];
    let now = Clocks::RIGHT.seen_at();
    let in_order = end(&copies, &[], 1, now);
    assert!(in_order.contains("answered 23 08:00:02"), "{in_order}");
    for order in [[1, 0, 2], [2, 0, 1], [2, 1, 0]] {
        assert_eq!(end(&copies, &order, 1, now), in_order, "seen as {order:?}");
    }
}

/// Of two mails the later one seemed to be the first, until the answer between them was seen.
#[test]
fn the_contact_wrote_the_first_mail_whatever_showed_which_that_is() {
    let (paul, pia, alice) = (CLIENTS[2], CLIENTS[3], TEAM[0]);
    let parent = |id: &str| format!("In-Reply-To: <{id}@mail.example>\r\n");
    let chain = "References: <q1@mail.example> <a1@mail.example>\r\n";
    let (sent, inbox) = (FolderRole::Sent, FolderRole::Inbox);
    let late = copy(("bob", inbox), (paul, DESK), ("q1", ""), (1, 20));
    let answer = (("alice", sent), (alice, paul), parent("q1"));
    let answer = copy(answer.0, answer.1, ("a1", &answer.2), (2, 302));
    let next = copy(("clients", inbox), (pia, DESK), ("q2", chain), (3, 3));
    let copies = [late, answer, next];
    let now = Clocks::RIGHT.seen_at();
    let in_order = end(&copies, &[], 1, now);
    assert!(in_order.starts_with("partner paul"), "{in_order}");
    for order in [[0, 2, 1], [1, 2, 0], [2, 1, 0]] {
        assert_eq!(end(&copies, &order, 1, now), in_order, "seen as {order:?}");
    }
}

/// A copy was received by a slow clock before two new threads were written, of which the client's
/// mail names the second: it came after both, and waits.
#[test]
fn what_was_written_before_a_named_thread_is_no_answer() {
    let (anna, alice) = (CLIENTS[0], TEAM[0]);
    let (sent, inbox) = (FolderRole::Sent, FolderRole::Inbox);
    let thread = |id, at| copy(("alice", sent), (alice, anna), (id, ""), (at, at));
    let names = "In-Reply-To: <t2@mail.example>\r\n";
    let question =
        |mailbox, received| copy((mailbox, inbox), (anna, DESK), ("q1", names), (4, received));
    let copies = [
        thread("t1", 2),
        thread("t2", 3),
        question("clients", 4),
        question("alice", -16),
    ];
    let now = Clocks::RIGHT.seen_at();
    let in_order = end(&copies, &[], 1, now);
    assert!(in_order.contains("Waiting"), "{in_order}");
    for order in [
        [3, 0, 1, 2],
        [3, 2, 0, 1],
        [2, 3, 0, 1],
        [1, 0, 2, 3],
        [0, 3, 2, 1],
    ] {
        assert_eq!(end(&copies, &order, 1, now), in_order, "seen as {order:?}");
    }
}

/// Two copies of an answer elsewhere tell different moments, by a slow clock. The earlier one
/// counts, though the copies were seen one after the other, and the question last.
#[test]
fn the_earliest_copy_of_an_answer_elsewhere_counts_whenever_it_was_seen() {
    let (arno, alice) = (CLIENTS[1], TEAM[0]);
    let elsewhere = format!("Reply-To: {HELP_DESK}\r\n");
    let parent = "In-Reply-To: <q1@mail.example>\r\n";
    let answer = |mailbox, role, received| {
        let who = (alice, HELP_DESK);
        copy((mailbox, role), who, ("a1", parent), (5, received))
    };
    let copies = [
        copy(
            ("clients", FolderRole::Inbox),
            (arno, DESK),
            ("q1", &elsewhere),
            (1, 1),
        ),
        answer("alice", FolderRole::Sent, 305),
        answer("bob", FolderRole::Inbox, 3),
    ];
    let now = Clocks::RIGHT.seen_at();
    let in_order = end(&copies, &[], 1, now);
    assert!(in_order.contains("answered 23 08:00:03"), "{in_order}");
    for order in [[2, 1, 0], [2, 0, 1], [1, 2, 0], [1, 0, 2]] {
        assert_eq!(end(&copies, &order, 1, now), in_order, "seen as {order:?}");
    }
}
