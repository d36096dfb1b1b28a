//! Stories of reading: what stands in a message, and what was odd about it.

use super::*;

fn read(header: &str) -> MessageFacts {
    MessageFacts::parse(header.replace('\n', "\r\n").as_bytes(), None)
}

const USUAL: &str = "From: Bob <bob@acme.example>\nDate: Mon, 2 Mar 2026 09:00:00 +0100\nMessage-ID: <1@acme.example>\n";

fn names(authors: &[Author]) -> Vec<String> {
    authors
        .iter()
        .map(|author| author.address.to_string())
        .collect()
}

#[test]
fn an_ordinary_header_is_read_without_oddities() {
    let facts = read(&format!(
        "{USUAL}To: Team: a@x.example, b@x.example;, \"C, D\" <c@x.example>\nCc: undisclosed-recipients:;\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\n =?iso-8859-1?q?_an_alle?=\nIn-Reply-To: Your mail <0@x.example>\nReferences: <a@x.example>\n\t<b@x.example><c@x.example>\nX-Unknown: x\n\n"
    ));
    assert_eq!(facts.oddities, []);
    assert_eq!(names(&facts.from), ["bob@acme.example"]);
    assert_eq!(facts.from[0].name.as_deref(), Some("Bob"));
    let to: Vec<String> = facts.recipients().map(Address::to_string).collect();
    assert_eq!(to, ["a@x.example", "b@x.example", "c@x.example"]);
    assert_eq!(facts.subject, "Grüße an alle");
    assert_eq!(facts.in_reply_to[0].as_str(), "0@x.example");
    assert_eq!(facts.references.len(), 3);
    let date = facts.date.expect("a valid date");
    assert_eq!(date.to_rfc3339(), "2026-03-02T08:00:00+00:00");
    assert_eq!(facts.fields, []);
}

#[test]
fn of_several_the_topmost_counts_and_it_is_said() {
    let facts = read(&format!(
        "{USUAL}From: eve@evil.test\nDate: Tue, 3 Mar 2026 09:00:00 +0000\nMessage-ID: <2@evil.test>\nSubject: first\nSubject: second\n"
    ));
    assert_eq!(names(&facts.from), ["bob@acme.example", "eve@evil.test"]);
    assert_eq!(
        facts.message_id.map(|id| id.to_string()).as_deref(),
        Some("1@acme.example")
    );
    assert_eq!(facts.date.map(|date| date.timestamp()), Some(1_772_438_400));
    assert_eq!(facts.subject, "first");
    assert_eq!(
        facts.oddities,
        [
            Oddity::SeveralFromFields,
            Oddity::SeveralAuthors,
            Oddity::SeveralMessageIds,
            Oddity::SeveralDates,
            Oddity::SeveralSubjects,
        ]
    );
}

#[test]
fn what_is_missing_or_broken_is_an_oddity_and_never_a_failure() {
    let facts = read("Subject: x\n");
    assert_eq!(
        facts.oddities,
        [Oddity::NoFrom, Oddity::NoMessageId, Oddity::NoDate]
    );
    for bytes in [
        &b""[..],
        b"\r\n",
        b"\0\0\0",
        b"no colon here",
        b": empty name",
    ] {
        let facts = MessageFacts::parse(bytes, Some(bytes));
        assert!(facts.oddities.contains(&Oddity::NoHeader), "{bytes:?}");
    }
    for date in [
        "31 Feb 2026 10:00:00 +0000",
        "1 Mar 2026 25:61:00 +0000",
        "yesterday",
        "",
    ] {
        let facts = read(&format!("Date: {date}\n"));
        assert_eq!(facts.date, None, "{date}");
        assert!(facts.oddities.contains(&Oddity::BadDate), "{date}");
    }
    let facts = MessageFacts::parse(b"Subject: caf\xe9\r\n", None);
    assert_eq!(facts.subject, "café");
    assert!(facts.oddities.contains(&Oddity::BadBytes));
}

#[test]
fn a_display_name_never_becomes_an_address() {
    for (from, address) in [
        ("bob@acme.example <eve@evil.test>", Some("eve@evil.test")),
        (
            "\"bob@acme.example\" <eve@evil.test>",
            Some("eve@evil.test"),
        ),
        (
            "a@acme.example <eve@evil.test>, Bob <b@x.example>",
            Some("eve@evil.test"),
        ),
        ("=?utf-8?q?bob=40acme.example?=", None),
        ("=?utf-8?q?Ann_=3Cann=40acme.example=3E?=", None),
        (
            "\"Bob <bob@acme.example>\"@evil.test, Eve <e@x.example>",
            Some("\"bob <bob@acme.example>\"@evil.test"),
        ),
        (
            "\"bob@acme.example\" @evil.test",
            Some("\"bob@acme.example\"@evil.test"),
        ),
        (
            "\"ann smith\"@acme.example <eve@evil.test>",
            Some("eve@evil.test"),
        ),
        ("<@relay.example:eve@evil.test>", Some("eve@evil.test")),
        ("Bob (the one) <bob@acme.example>", Some("bob@acme.example")),
        ("bob@Bücher.example", Some("bob@xn--bcher-kva.example")),
        ("Bob Smith bob@acme.example", Some("bob@acme.example")),
        ("Bob bob@acme.example eve@evil.test", None),
        ("\"bob\"@acme.example", Some("bob@acme.example")),
        ("Bob <\"bob\"@acme.example>", Some("bob@acme.example")),
        ("Bob <bob @acme.example>", Some("bob@acme.example")),
        ("bob@acme.example>", Some("bob@acme.example")),
        ("'bob@acme.example'", Some("bob@acme.example")),
        ("\"bob@acme.example\" <>", None),
        ("\"Bob bob@acme.example\"", None),
        ("Bob (bob@acme.example)", None),
        ("MAILER-DAEMON (Mail Delivery System)", None),
        ("Team:;", None),
        (
            "Team: bob@acme.example, Ann <ann@acme.example>;",
            Some("bob@acme.example"),
        ),
        ("Bob <bob(his box)@acme.example>", Some("bob@acme.example")),
        ("bob@acme.example.", Some("bob@acme.example")),
    ] {
        let facts = read(&format!("From: {from}\n"));
        assert_eq!(
            names(&facts.from).first().map(String::as_str),
            address,
            "{from}"
        );
    }
}

#[test]
fn a_quoted_local_part_is_an_address_like_any_other() {
    let ann = "\"ann smith\"@acme.example";
    for (from, addresses) in [
        (ann, vec![ann]),
        ("Ann <\"Ann Smith\"@Acme.example>", vec![ann]),
        ("\"Smith, Ann\" <\"ann smith\"@acme.example>", vec![ann]),
        ("\"ann smith\"@acme.example (Ann, of Acme)", vec![ann]),
        ("\"ann smith\" @acme.example", vec![ann]),
        (
            "\"ann smith\"@acme.example, bob@x.example",
            vec![ann, "bob@x.example"],
        ),
        (
            "Bob <bob@x.example>, \"ann smith\"@acme.example",
            vec!["bob@x.example", ann],
        ),
        (
            "Team: \"ann smith\"@acme.example, bob@x.example;",
            vec![ann, "bob@x.example"],
        ),
        (
            "\"a,b\"@acme.example, \"c\\\"d\"@x.example",
            vec!["\"a,b\"@acme.example", "\"c\\\"d\"@x.example"],
        ),
        ("\"a@b\"@acme.example", vec!["\"a@b\"@acme.example"]),
    ] {
        let facts = read(&format!("From: {from}\n"));
        assert_eq!(names(&facts.from), addresses, "{from}");
        let facts = read(&format!("To: {from}\n"));
        let to: Vec<String> = facts.to.iter().map(Address::to_string).collect();
        assert_eq!(to, addresses, "{from}");
    }
}

#[test]
fn comments_links_and_quotes_left_open_do_not_hide_an_address() {
    let bob = vec!["bob@acme.example"];
    for from in [
        "bob@acme.example (Bob Smith)",
        "bob(comment)@acme.example",
        "bob@(comment)acme.example",
        "bob @ acme.example (Bob)",
        "Bob (sales <bob@acme.example>",
        "<mailto:bob@acme.example>",
        "Bob <MAILTO:bob@acme.example>",
        "Bob <mailto:bob@acme.example?subject=Hello>",
        "bob@acme.example [mailto:bob@acme.example]",
        "\"Bob Smith <bob@acme.example>",
        "Bob Smith\" <bob@acme.example>",
        "\"Bob \"Bobby\" Smith <bob@acme.example>",
        "\"Smith, Bob <bob@acme.example>",
    ] {
        let facts = read(&format!("From: {from}\n"));
        assert_eq!(names(&facts.from), bob, "{from}");
    }
    let both = read("From: \"Bob <bob@acme.example>, \"Ann\" <ann@acme.example>\n");
    assert_eq!(names(&both.from), ["bob@acme.example", "ann@acme.example"]);
    for from in [
        "\"bob@acme.example <eve@evil.test>",
        "eve@evil.test \"<bob@acme.example>",
        "eve@evil.test <mailto:eve@evil.test?cc=bob@acme.example>",
        "<mailto:eve@evil.test?cc=bob@acme.example>",
        "eve@evil.test (<bob@acme.example>",
        "eve@evil.test@acme.example",
    ] {
        let facts = read(&format!("From: {from}\n"));
        let found = names(&facts.from);
        let eve = found.is_empty() || found == ["eve@evil.test"];
        assert!(eve, "{from}: {found:?}");
    }
}

#[test]
fn among_several_authors_a_display_name_is_no_address_either() {
    let facts = read("From: e@x.example <eve@evil.test>, \"Bob <bob@acme.example>\"\n");
    assert_eq!(names(&facts.from), ["eve@evil.test"]);
}

#[test]
fn ids_lose_their_folds_and_what_is_no_id_is_none() {
    let facts = read(
        "Message-ID: <long.part.one\n .part.two@x.example>\nIn-Reply-To: see below\nReferences: <>\n",
    );
    assert_eq!(
        facts.message_id.map(|id| id.to_string()).as_deref(),
        Some("long.part.one.part.two@x.example")
    );
    assert!(facts.in_reply_to.is_empty() && facts.references.is_empty());
}

#[test]
fn of_long_references_the_first_and_the_newest_are_kept() {
    let ids: Vec<String> = (0..100).map(|n| format!("<{n}@x.example>")).collect();
    let facts = read(&format!("References: {}\n", ids.join("\n ")));
    assert_eq!(facts.references.len(), REFERENCES_MAX);
    assert_eq!(facts.references[0].as_str(), "0@x.example");
    assert_eq!(facts.references[1].as_str(), "69@x.example");
    assert_eq!(
        facts.references[REFERENCES_MAX - 1].as_str(),
        "99@x.example"
    );
}

#[test]
fn every_occurrence_of_a_listed_field_is_kept_topmost_first() {
    let facts = read(
        "AUTHENTICATION-Results : a.example;\n  dmarc=pass\nAuthentication-Results: b.example; dmarc=fail\nContent-Type: text/plain;\n\tcharset=\"x\"\n",
    );
    let results: Vec<&str> = facts.field("authentication-results").collect();
    assert_eq!(results, ["a.example; dmarc=pass", "b.example; dmarc=fail"]);
    assert_eq!(
        facts.first_field("content-type"),
        Some("text/plain; charset=\"x\"")
    );
}

#[test]
fn limits_hold() {
    let long = format!(
        "Subject: {}\nPrecedence: {}\n",
        "ä".repeat(9_000),
        "b".repeat(9_000)
    );
    let facts = read(&long);
    assert_eq!(facts.subject.chars().count(), FIELD_CHARS_MAX);
    assert_eq!(
        facts.first_field("precedence").map(str::len),
        Some(FIELD_CHARS_MAX)
    );
    // Found by fuzzing: a blank before the last character made it one too many.
    let almost = read(&format!(
        "Subject: {} cd\n",
        "ä".repeat(FIELD_CHARS_MAX - 1)
    ));
    assert!(almost.subject.chars().count() <= FIELD_CHARS_MAX);
    let to: Vec<String> = (0..2_000).map(|n| format!("{n}@x.example")).collect();
    let facts = read(&format!("To: {}\n", to.join(", ")));
    assert_eq!(facts.to.len(), ADDRESSES_MAX);
    assert!(facts.oddities.contains(&Oddity::TooMany));
    let facts = read(&"Precedence: bulk\n".repeat(1_000));
    assert_eq!(facts.fields.len(), FIELD_COUNT_MAX);
    let facts = read(&"X: y\n".repeat(HEADER_BYTES_MAX / 4));
    assert_eq!(facts.oddities[0], Oddity::HeaderCut);
}

#[test]
fn a_message_is_split_at_its_first_empty_line() {
    let (header, body) = MessageFacts::split(b"\r\nA: b\r\nC: d\r\n\r\nbody\r\n\r\nmore");
    assert_eq!(
        (header, body),
        (&b"A: b\r\nC: d\r\n"[..], &b"body\r\n\r\nmore"[..])
    );
    assert_eq!(MessageFacts::split(b"A: b"), (&b"A: b"[..], &b""[..]));
    let facts = MessageFacts::parse(
        b"From x@y.example Mon Mar  2 09:00:00 2026\nFrom: bob@acme.example\n",
        None,
    );
    assert_eq!(names(&facts.from), ["bob@acme.example"]);
}

#[test]
fn the_first_text_is_decoded_by_the_headers_rules_wherever_it_is_cut() {
    let text = |fields: &str, body: &str| {
        MessageFacts::parse(format!("{fields}\r\n").as_bytes(), Some(body.as_bytes())).text
    };
    let quoted = "Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n";
    assert_eq!(
        text(quoted, "Gr=FC=DFe an=\r\n alle=")
            .as_deref()
            .map(str::trim),
        Some("Grüße an alle")
    );
    let base64 = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n";
    assert_eq!(
        text(base64, "VGhhbmtzIQ0K").as_deref().map(str::trim),
        Some("Thanks!")
    );
    let html = text("Content-Type: text/html\r\n", "<p>Thanks &amp; bye</p>").unwrap_or_default();
    assert_eq!(html.trim(), "Thanks & bye");
    let parts = "--b\r\nContent-Type: text/plain\r\n\r\nThanks!\r\n--b\r\nContent-Type: text/ht";
    let cut = text("Content-Type: multipart/alternative; boundary=b\r\n", parts);
    assert_eq!(cut.as_deref().map(str::trim), Some("Thanks!"));
    for end in 0..parts.len() {
        let header = b"Content-Type: multipart/mixed; boundary=b\r\n";
        MessageFacts::parse(header, Some(&parts.as_bytes()[..end]));
    }
}

#[test]
fn the_links_of_an_html_text_are_kept_with_their_words() {
    let links = |html: &str| {
        MessageFacts::parse(b"Content-Type: text/html\r\n", Some(html.as_bytes())).links
    };
    assert_eq!(
        links(
            "<p>Hi</p><A class=x\nHREF='http://a.example/u?id=1'><b>Leave</b> us</A> <a name=\"x\">no</a>"
        ),
        ["Leave us http://a.example/u?id=1"]
    );
    assert_eq!(
        links("<a href=http://a.example/>one <a href = \"mailto:b@a.example\">two</a"),
        ["one http://a.example/", "two mailto:b@a.example"]
    );
    for broken in [
        "<a",
        "<a href",
        "<a href=\"",
        "<a href=>x</a>",
        "<address>x</address>",
        "< a>",
    ] {
        assert_eq!(links(broken), [""; 0], "{broken}");
    }
    let many: String = (0..500)
        .map(|n| format!("<a href=\"http://a.example/{n}\">{}</a>", "ä".repeat(300)))
        .collect();
    let kept = links(&many);
    assert!(kept.len() <= LINKS_MAX);
    assert!(
        kept.iter()
            .all(|link| link.chars().count() <= LINK_CHARS_MAX)
    );
    assert_eq!(
        MessageFacts::parse(
            b"Content-Type: text/plain\r\n",
            Some(b"<a href=\"x\">y</a>")
        )
        .links,
        [""; 0],
        "a plain text has none"
    );
}

#[test]
fn a_name_in_raw_bytes_is_read_as_the_subject_is() {
    let header = b"From: Andr\xe9 M\xfcller <andre@acme.example>\r\nSubject: caf\xe9\r\n";
    let facts = MessageFacts::parse(header, None);
    assert_eq!(facts.from[0].name.as_deref(), Some("André Müller"));
    assert_eq!(facts.from[0].address.to_string(), "andre@acme.example");
    assert_eq!(facts.subject, "café");
    assert!(facts.oddities.contains(&Oddity::BadBytes));
}

#[test]
fn the_topmost_received_field_tells_the_arrival() {
    let received = |header: &str| {
        let moment = MessageFacts::received_at(header.as_bytes());
        moment.map(|moment| moment.to_rfc3339())
    };
    assert_eq!(
        received("X: y\nReceived: from a by b\n\tid 1; Mon, 2 Mar 2026 10:00:00 +0100\nReceived: from c by a; Mon, 2 Mar 2026 08:00:00 +0000\n").as_deref(),
        Some("2026-03-02T09:00:00+00:00")
    );
    for header in ["", "Received: from a by b\n", "Received: by b; soon\n"] {
        assert_eq!(received(header), None, "{header}");
    }
}

#[test]
fn of_a_message_nobody_wants_only_the_authors_are_read() {
    let header = "Subject: Hello\nFrom: Ann <ann@acme.example>\nReply-To: bob@acme.example\nTo: us@northwind.example\nX-Original-From: eve@acme.example\n";
    let read = |wanted: bool| {
        let mut seen = MessageFacts::default();
        let whole = MessageFacts::parse_if(header.as_bytes(), |facts| {
            seen = facts.clone();
            wanted
        });
        (seen, whole)
    };
    let (seen, whole) = read(false);
    assert_eq!(whole, None);
    assert_eq!(seen.from[0].address.to_string(), "ann@acme.example");
    assert_eq!(seen.reply_to[0].address.to_string(), "bob@acme.example");
    assert_eq!(
        seen.first_field("x-original-from"),
        Some("eve@acme.example")
    );
    assert_eq!((seen.subject.as_str(), seen.to.len()), ("", 0));

    let (_, whole) = read(true);
    let whole = whole.expect("wanted");
    assert_eq!(whole, MessageFacts::parse(header.as_bytes(), None));
    assert_eq!((whole.subject.as_str(), whole.to.len()), ("Hello", 1));
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_read(header: Vec<u8>, body: Vec<u8>) {
        let facts = MessageFacts::parse(&header, Some(&body));
        proptest::prop_assert!(facts.fields.len() <= FIELD_COUNT_MAX);
    }

    #[test]
    fn any_values_are_read(
        name in proptest::sample::select(FIELDS),
        value in "[ -~\r\n\t<>@,;:()\"=?ä]{0,200}",
    ) {
        let facts = MessageFacts::parse(format!("{name}: {value}\r\n").as_bytes(), Some(value.as_bytes()));
        proptest::prop_assert!(!facts.subject.contains(['\r', '\n']));
        let clean = facts.fields.iter().all(|(_, value)| !value.contains(['\r', '\n']));
        proptest::prop_assert!(clean);
    }
}

#[test]
fn a_directorys_name_in_brackets_is_no_part_of_the_address() {
    for from in [
        "Bob Smith </O=ACME/OU=X/CN=BOB> <bob@acme.example>",
        "</O=ACME/CN=BOB><bob@acme.example>",
    ] {
        let facts = read(&format!("From: {from}\n"));
        assert_eq!(names(&facts.from), ["bob@acme.example"], "{from}");
    }
}

#[test]
fn what_a_server_found_is_kept_as_it_stands() {
    let value = format!(
        "mx.example; spf=pass smtp.mailfrom==?utf-8?q?=22?={}@x.example; dmarc=fail",
        "y".repeat(5000)
    );
    let facts = read(&format!("{USUAL}Authentication-Results: {value}\n"));
    assert_eq!(
        facts.first_field("authentication-results"),
        Some(value.as_str())
    );
}
