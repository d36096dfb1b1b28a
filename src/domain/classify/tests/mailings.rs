//! Stories of newsletters and of programs that write by themselves, beside people's mail that
//! looks alike; and of the signs by which seven other systems know a robot.

use super::super::{Kind, Verdict, judge};
use super::{because, mail, mail_with_text, rules, verdict};

fn with_text(fields: &str, text: &str) -> Verdict {
    judge(&mail_with_text(fields, Some(text)), None, &rules())
}

/// The ways a newsletter's last lines speak of leaving it.
const FAREWELLS: &[&str] = &[
    "To unsubscribe, visit https://a.example/u?id=17",
    "Unsubscribe: mailto:leave@a.example",
    "You have received this message because you subscribed to our list.",
    "Newsletter abbestellen: https://a.example/ab",
    "Pour vous désabonner, cliquez ici : https://a.example/d",
    "Si desea darse de baja, haga clic aquí: https://a.example/b",
    "Per annulla iscrizione clicca qui: https://a.example/x",
    "Uitschrijven? https://a.example/uit",
    "Отписаться: https://a.example/o",
    "This e-mail was sent to bob@acme.example.",
];

#[test]
fn a_newsletters_last_lines_count_with_a_second_sign_however_long_it_is() {
    let articles = "A new printer is out.\r\n\r\n----------\r\n\r\n".repeat(100);
    for farewell in FAREWELLS {
        let text = format!("{articles}{farewell}\r\n");
        for sign in [
            "From: shop@shop.example\nTo: undisclosed-recipients:;",
            "Return-Path: <n-17-alice=northwind.example@mailer.example>",
            "Return-Path: <10182839.5548.8@mailer.example>",
            "X-Mailer: PHPMailer 6.1.4",
            "X-Mailer: Accucast (https://courier.example)",
            "X-SG-EID: abc",
            "From: News <body_216095411795471888@acme.example>",
        ] {
            let sign = format!("{sign}\nContent-Type: text/plain; charset=utf-8");
            let verdict = with_text(&sign, &text);
            assert_eq!(
                verdict.kind,
                Kind::Bulk,
                "{sign}, {farewell}: {:?}",
                verdict.reasons
            );
        }
        let plain = "Content-Type: text/plain; charset=utf-8";
        assert_eq!(
            with_text(plain, &text).kind,
            Kind::Human,
            "words alone: {farewell}"
        );
    }
}

#[test]
fn nothing_but_html_that_says_why_it_came_and_how_to_leave_is_a_newsletter() {
    let html = "Content-Type: text/html; charset=utf-8";
    let news = "<p>There is a new printer, and it prints.</p>".repeat(15);
    let page = |why: &str, link: &str| format!("<html>{news}<p>{why}</p>{link}</html>");
    let why = "You are receiving this email because you are our customer.";
    let link = "<a href=\"https://a.example/leave/17\">Unsubscribe</a>";
    let verdict = with_text(html, &page(why, link));
    assert_eq!(verdict.kind, Kind::Bulk, "{:?}", verdict.reasons);
    assert!(because(&verdict, "bulk-text"));
    for (fields, text) in [
        (html, page(why, "")),
        (html, page("", link)),
        (
            html,
            page("Please unsubscribe me from your newsletter.", ""),
        ),
        (
            "Content-Type: text/html\nSubject: Re: Our draft",
            page(why, link),
        ),
        (
            "Content-Type: text/html\nSubject: Fwd: Our draft",
            page(why, link),
        ),
        (
            "Content-Type: text/html\nIn-Reply-To: <0@northwind.example>",
            page(why, link),
        ),
        (
            "Content-Type: text/html\nReferences: <0@northwind.example>",
            page(why, link),
        ),
        (
            "Content-Type: text/html\nAuto-Submitted: no",
            page(why, link),
        ),
    ] {
        let verdict = with_text(fields, &text);
        assert_eq!(
            verdict.kind,
            Kind::Human,
            "{fields}: {text}: {:?}",
            verdict.reasons
        );
    }
}

#[test]
fn what_somebody_passes_on_is_not_his_own_newsletter() {
    let program = "X-Mailer: PHPMailer 6.1.4";
    let news = "To unsubscribe, visit https://a.example/u";
    for text in [
        format!("Please stop these.\r\n\r\n> {news}"),
        format!("FYI\r\n\r\n---------- Forwarded message ---------\r\n{news}"),
        format!("FYI\r\n\r\n-----Original Message-----\r\nFrom: a@a.example\r\n{news}"),
        format!("See below.\r\n\r\nOn Monday, Carl wrote:\r\n{news}"),
    ] {
        assert_eq!(with_text(program, &text).kind, Kind::Human, "{text}");
    }
}

#[test]
fn fields_of_campaigns_decide_alone_and_those_of_services_do_not() {
    for field in [
        "X-Campaign: mailchimp17",
        "X-CampaignID: 17",
        "X-MC-User: abc",
        "X-Mailjet-Campaign: spring",
        "X-Mailin-Campaign: 17",
        "X-Roving-Id: 17",
        "X-EMarSys-Identify: 17",
        "X-BulkMail: yes",
    ] {
        let verdict = verdict(field);
        assert_eq!(verdict.kind, Kind::Bulk, "{field}");
        assert!(because(&verdict, "campaign-field"), "{field}");
    }
    for field in [
        "X-SG-EID: abc",
        "X-Mailgun-Sid: abc",
        "X-MSFBL: abc",
        "X-Job: 17",
    ] {
        assert!(
            verdict(field).opens_case,
            "{field}: people's mail goes through services too"
        );
    }
}

#[test]
fn names_and_hosts_of_newsletters_need_a_second_sign() {
    for from in [
        "From: Acme Newsletter <office@acme.example>",
        "From: Acme <office@newsletter.acme.example>",
        "From: Acme <office@acme.example>\nReply-To: leave <acme-unsubscribe@acme.example>",
    ] {
        assert_eq!(verdict(from).kind, Kind::Human, "{from}");
        let sent = format!("{from}\nReturn-Path: <bounces+77@mailer.example>");
        assert_eq!(verdict(&sent).kind, Kind::Bulk, "{from}");
    }
}

#[test]
fn mail_to_everybody_is_an_announcement_where_another_sign_agrees() {
    for to in [
        "all@acme.example",
        "all.houston@acme.example",
        "everyone_sales@acme.example",
    ] {
        let client = format!("To: {to}");
        assert_eq!(
            verdict(&client).kind,
            Kind::Human,
            "{to}: his list, and we on it"
        );
        let sent = format!("To: {to}\nReturn-Path: <bounces+17@acme.example>");
        assert_eq!(verdict(&sent).kind, Kind::Bulk, "{to}");
        let answer = format!("{sent}\nSubject: Re: Monday");
        assert_eq!(verdict(&answer).kind, Kind::Human, "{to}");
        let addressed = format!("{sent}\nCc: alice@northwind.example");
        assert_eq!(verdict(&addressed).kind, Kind::Human, "{to}, and to Alice");
    }
}

#[test]
fn programs_say_so_in_their_text_and_people_who_quote_them_do_not() {
    for text in [
        "Order 17 was shipped.\r\n\r\nPlease do not reply to this e-mail.",
        "This is an automated message from the shop.",
        "Diese E-Mail wurde automatisch erstellt.",
        "Merci de ne pas répondre à ce message.",
        "No responda a este correo.",
    ] {
        let utf8 = "Content-Type: text/plain; charset=utf-8";
        let sent = format!("{utf8}\nX-Mailer: PHPMailer 6.1.4");
        assert_eq!(with_text(&sent, text).kind, Kind::Notification, "{text}");
        let person = with_text(utf8, text);
        assert!(person.opens_case, "{text}: {:?}", person.reasons);
        let quoted = format!("It says:\r\n> {}", text.replace("\r\n", "\r\n> "));
        assert_eq!(with_text(&sent, &quoted).kind, Kind::Human, "{quoted}");
    }
    for (field, kind) in [
        ("X-Cron-Env: <SHELL=/bin/sh>", Kind::Notification),
        ("X-JIRA-FingerPrint: 0f0f", Kind::Notification),
        ("X-ServiceNow-Generated: true", Kind::Notification),
        ("X-ServiceNow-Generated: false", Kind::Human),
    ] {
        assert_eq!(verdict(field).kind, kind, "{field}");
    }
}

#[test]
fn a_forwarders_rewriting_is_no_sign_of_a_newsletter() {
    let text = "Your page says: to unsubscribe, visit https://a.example/u. Is that right?";
    for path in [
        "bounces+SRS=AbCdE=FG@forwarder.example",
        "SRS0=zFhZ=SS=acme.example=bob@forwarder.example",
        "SRS1=zFhZ=relay.example==zFhZ=SS=acme.example=bob@forwarder.example",
        "prvs=0123456789=bob@acme.example",
    ] {
        let verdict = with_text(&format!("Return-Path: <{path}>"), text);
        assert_eq!(verdict.kind, Kind::Human, "{path}: {:?}", verdict.reasons);
    }
}

/// A text as long as a newsletter's, with this at its end.
fn letter(end: &str) -> String {
    "There is a new printer, and it prints.\r\n".repeat(15) + end
}

#[test]
fn a_newsletters_name_and_a_way_to_leave_at_the_end_of_a_letter_are_enough() {
    let leave = letter("To unsubscribe, visit https://a.example/u?id=17\r\n");
    for from in [
        "From: newsletter@acme.example",
        "From: Acme Newsletter <office@acme.example>",
        "From: Acme <office@newsletter.acme.example>",
    ] {
        let verdict = with_text(from, &leave);
        assert_eq!(verdict.kind, Kind::Bulk, "{from}: {:?}", verdict.reasons);
        for text in [
            "Our page says: to unsubscribe, visit https://a.example/u. Is that right?".to_owned(),
            letter("Shall we write how one may unsubscribe?"),
            letter("> To unsubscribe, visit https://a.example/u?id=17"),
        ] {
            let verdict = with_text(from, &text);
            assert_eq!(verdict.kind, Kind::Human, "{from}: {:?}", verdict.reasons);
        }
        let answer = format!("{from}\nSubject: Re: Our draft");
        assert_eq!(with_text(&answer, &leave).kind, Kind::Human, "{from}");
    }
    assert_eq!(with_text("", &leave).kind, Kind::Human, "a person's name");
}

#[test]
fn a_link_that_bears_our_address_tells_who_clicked() {
    let office = "From: Acme <info@acme.example>";
    let why = "This e-mail was sent to alice@northwind.example.\r\nTo unsubscribe, visit\r\n";
    for link in [
        "https://a.example/change?ea=alice@northwind.example",
        "https://a.example/u?m=17&e=alice%40northwind.example",
    ] {
        let news = letter(&format!("{why}{link}\r\n"));
        let verdict = with_text(office, &news);
        assert_eq!(verdict.kind, Kind::Bulk, "{link}: {:?}", verdict.reasons);
        assert_eq!(with_text("", &news).kind, Kind::Human, "a person's address");
        for text in [
            format!("The link {link} is broken, please look."),
            format!("{why}{link}\r\n"),
            letter(&format!("To unsubscribe, visit\r\n{link}\r\n")),
            format!("{news}\r\nBest regards\r\nAcme\r\n"),
        ] {
            assert_eq!(with_text(office, &text).kind, Kind::Human, "{text}");
        }
    }
    let others = letter(&format!(
        "{why}https://a.example/u?e=carl@elsewhere.example"
    ));
    assert_eq!(with_text(office, &others).kind, Kind::Human);
}

#[test]
fn who_announces_to_everybody_writes_to_nobody() {
    let to = "To: all.houston@northwind.example";
    let announcer = format!("From: acme.announcements@acme.example\n{to}");
    assert_eq!(verdict(&announcer).kind, Kind::Bulk);
    assert_eq!(
        verdict(to).kind,
        Kind::Human,
        "a person who writes to all of us"
    );
    let to_alice = "From: acme.announcements@acme.example";
    assert_eq!(verdict(to_alice).kind, Kind::Human);
    let answer = format!("{announcer}\nSubject: Re: Monday");
    assert_eq!(verdict(&answer).kind, Kind::Human);
}

#[test]
fn a_list_that_stands_in_the_authors_place_is_known_by_whom_it_writes_to() {
    for (fields, kind) in [
        (
            "From: owner-news@acme.example\nTo: news@lists.acme.example",
            Kind::Bulk,
        ),
        (
            "Sender: DAILY@listserv.acme.example\nTo: daily@listserv.acme.example",
            Kind::Bulk,
        ),
        ("From: owner-team@acme.example", Kind::Human),
        (
            "Sender: carl@acme.example\nCc: carl@acme.example",
            Kind::Human,
        ),
        ("Sender: daily@listserv.acme.example", Kind::Human),
    ] {
        let verdict = verdict(fields);
        assert_eq!(verdict.kind, kind, "{fields}: {:?}", verdict.reasons);
    }
    let archived = "On Tuesday, Carl <carl at acme.example> wrote:\r\n> Hello";
    let tagged = "Subject: [alice] Printer";
    assert_eq!(with_text(tagged, archived).kind, Kind::MailingList);
    assert_eq!(with_text("", archived).kind, Kind::Human);
    assert_eq!(with_text(tagged, "Hello").kind, Kind::Human);
}

#[test]
fn a_programs_name_at_a_machines_host_or_above_a_record_is_a_programs() {
    let record = "URL: https://a.example/17\r\nDate: 2026-03-02\r\n\r\nPrinter\r\n";
    for (from, text, kind) in [
        (
            "monitoring@db01.de.acme.example",
            "Full",
            Kind::Notification,
        ),
        ("system@mailman.acme.example", "Request", Kind::Notification),
        ("rss@acme.example", record, Kind::Notification),
        ("rssnews@acme.example", record, Kind::Notification),
        ("oracle@db01.de.acme.example", "Full", Kind::Notification),
        (
            "ticketsystem@mailman.acme.example",
            "Request",
            Kind::Notification,
        ),
        (
            "ticketsystem@acme.example",
            "Who looks after it?",
            Kind::Human,
        ),
        ("bob@db01.de.acme.example", "Full", Kind::Human),
        ("bob@acme.example", record, Kind::Human),
        (
            "monitoring@acme.example",
            "Who looks after it?",
            Kind::Human,
        ),
        (
            "monitoring@acme.example",
            "Note: it is full.\r\nBob",
            Kind::Human,
        ),
    ] {
        let verdict = with_text(&format!("From: {from}"), text);
        assert_eq!(verdict.kind, kind, "{from}: {:?}", verdict.reasons);
        assert_eq!(verdict.sender, super::super::Sender::Client, "{from}");
    }
}

/// What other systems take for automatic: the sign, and whether it is so for us. Sources, as
/// their code stands: Zammad, FreeScout, Discourse, Chatwoot, GitLab, RT, osTicket; and the
/// norms: RFC 3834, RFC 5230, MS-OXCMAIL.
const OTHERS_SIGNS: &[(&str, &str, bool)] = &[
    ("Zammad", "List-Unsubscribe: <https://a.example/u>", true),
    ("Zammad", "X-Loop: yes", true),
    ("Zammad", "Precedence: bulk", true),
    ("Zammad", "Auto-Submitted: auto-generated", true),
    (
        "Zammad",
        "Auto-Submitted: auto-replied (zimbra; vacation)",
        true,
    ),
    (
        "Zammad",
        "X-Auto-Response-Suppress: All\nX-MS-Exchange-Inbox-Rules-Loop: bob@acme.example",
        true,
    ),
    (
        "Zammad: wishes no answer, says nothing of itself",
        "X-Auto-Response-Suppress: All",
        false,
    ),
    (
        "Zammad: an ordinary answer",
        "X-MS-Exchange-Inbox-Rules-Loop: bob@acme.example",
        false,
    ),
    ("FreeScout", "X-Autoreply: yes", true),
    ("FreeScout", "X-Autorespond: yes", true),
    ("FreeScout", "X-Autoresponder: yes", true),
    ("FreeScout", "Delivered-To: autoresponder", true),
    ("FreeScout", "X-Precedence: auto_reply", true),
    ("FreeScout misses", "PRECEDENCE:\n Junk (really)", true),
    ("FreeScout and Discourse err", "Auto-Submitted: no", false),
    ("Discourse", "From: mailer-daemon@acme.example", true),
    ("Discourse", "From: no_reply@acme.example", true),
    ("Discourse", "Subject: Autosvar: Printer", true),
    (
        "Discourse",
        "Subject: Risposta Non al computer: Stampante",
        true,
    ),
    (
        "Discourse",
        "Subject: Fuori sede: Stampante\nReturn-Path: <>",
        true,
    ),
    ("Discourse", "X-FC-MachineGenerated: true", true),
    (
        "Discourse errs",
        "Subject: How does your autoresponder work?",
        false,
    ),
    ("Chatwoot", "X-Failed-Recipients: x@y.example", true),
    ("Chatwoot misses", "List-Id: <talk.lists.example>", true),
    ("GitLab", "Auto-Submitted: auto-notified", true),
    ("GitLab", "X-Autoreply: no", false),
    ("RT", "Return-Path: <>", true),
    ("RT", "From: postmaster@acme.example", true),
    ("RT misses", "Precedence: list", true),
    (
        "osTicket",
        "X-Auto-Response-Suppress: OOF, AutoReply",
        false,
    ),
    ("osTicket", "X-Autoresponse: 1", true),
    ("osTicket", "X-AutoReply-From: bob@acme.example", true),
    ("osTicket", "X-Mail-Autoreply: 1", true),
    ("osTicket", "X-Autogenerated: Reply", true),
    ("osTicket", "X-Amazon-Mail-Relay-Type: notification", true),
    (
        "RFC 3834: a parameter",
        "Auto-Submitted: auto-replied; owner-email=\"b@acme.example\"",
        true,
    ),
    (
        "RFC 3834: a word to come",
        "Auto-Submitted: auto-whatever",
        true,
    ),
    ("RFC 5230", "List-Help: <mailto:help@lists.example>", true),
];

#[test]
fn the_signs_of_seven_other_systems_are_known_and_their_errors_are_not_ours() {
    for (source, fields, automatic) in OTHERS_SIGNS {
        let verdict = verdict(fields);
        assert_eq!(
            verdict.kind != Kind::Human,
            *automatic,
            "{source}: {fields}: {:?}",
            verdict.reasons
        );
        assert_eq!(verdict.opens_case, !automatic, "{source}: {fields}");
        if *automatic {
            assert!(!verdict.may_acknowledge, "{source}: {fields}");
        }
    }
    for wish in ["All", "AutoReply", "OOF", "DR", "oof, autoreply"] {
        let verdict = verdict(&format!("X-Auto-Response-Suppress: {wish}"));
        assert!(verdict.opens_case && !verdict.may_acknowledge, "{wish}");
    }
}

proptest::proptest! {
    /// Whatever stands in the fields we list: judging never fails, always says why, and what a
    /// program wrote neither opens a case nor is acknowledged nor stops a clock.
    #[test]
    fn any_fields_are_judged_and_the_three_answers_agree(
        fields in proptest::collection::vec(
            (proptest::sample::select(super::super::super::facts::FIELDS), "[ -~äß]{0,60}"),
            0..6,
        ),
        text in proptest::option::of("[ -~\r\n]{0,200}"),
    ) {
        let lines: Vec<String> = fields
            .iter()
            .map(|(name, value)| format!("{name}: {value}"))
            .collect();
        let facts = match &text {
            Some(text) => mail_with_text(&lines.join("\n"), Some(text)),
            None => mail(&lines.join("\n")),
        };
        let verdict = judge(&facts, None, &rules());
        proptest::prop_assert!(!verdict.reasons.is_empty());
        proptest::prop_assert!(!verdict.may_acknowledge || verdict.opens_case);
        proptest::prop_assert!(!(verdict.opens_case && verdict.stops_clock));
        let machine = verdict.kind != Kind::Human;
        proptest::prop_assert!(!machine || !(verdict.opens_case || verdict.stops_clock));
    }
}
