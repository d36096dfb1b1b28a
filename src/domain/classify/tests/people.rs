//! Stories of what must never happen: a person's mail taken for a machine's because of its
//! words or its address; and beside each the machine's mail that must still be recognised.

use super::super::{Kind, MessageFacts, Sender, Verdict, is_clients_list_mail, judge, may_concern};
use super::{because, is_a_persons, mail_with_text, rules, verdict};

fn with_text(fields: &str, text: &str) -> Verdict {
    judge(&mail_with_text(fields, Some(text)), None, &rules())
}

#[test]
fn words_in_the_text_make_nobody_a_machine() {
    for text in [
        "We have a problem with your subscription invoice.",
        "Please check this newsletter before we send it.",
        "How many customers asked to unsubscribe last week?",
        "In this week's meeting you promised a draft.",
        "The link http://acme.example/unsubscribe is broken.",
        "The page does not view in browser Edge.",
        "Hello\r\n\r\nAcme Ltd. Unsubscribe: http://acme.example/leave",
        "The text should say: This is an automatic reply.",
        "This is an automatic reply, says the draft. Is that good?",
        "You are receiving this email because our form is broken.",
    ] {
        is_a_persons(&with_text("", text), text);
        is_a_persons(&with_text("To: friends@elsewhere.example", text), text);
    }
}

#[test]
fn the_same_words_with_a_second_sign_make_a_machine() {
    let robot = "Hello,\r\nthis is an automatic reply. I am away until Monday.";
    for sign in [
        "X-Auto-Response-Suppress: All",
        "Return-Path: <bounces+77@mailer.example>",
        "Sender: no-reply@acme.example",
    ] {
        assert_eq!(with_text(sign, robot).kind, Kind::AutoReply, "{sign}");
    }
    let blast =
        "You are receiving this email because you subscribed.\r\nUnsubscribe: http://a.example/u";
    for sign in [
        "To: undisclosed-recipients:;",
        "To: bob@acme.example",
        "Return-Path: <bounce-4711@mailer.example>",
        "Reply-To: no-reply@acme.example",
    ] {
        assert_eq!(with_text(sign, blast).kind, Kind::Bulk, "{sign}");
    }
    let stranger = "From: shop@shop.example\nTo: list@shop.example";
    assert_eq!(with_text(stranger, blast).kind, Kind::Bulk);
}

#[test]
fn words_in_the_subject_make_nobody_a_machine() {
    for subject in [
        "Delivery delay on order 4711",
        "Cannot deliver tomorrow",
        "Mail error since this morning",
        "Delivery report for Q3?",
        "Delivery failed: where is our parcel",
        "Delayed mail campaign",
        "Unable to deliver your sample",
        "Could not deliver on Friday",
        "Returned mail pieces from campaign",
        "Rejected mail - can you look?",
        "Message rejected by our server, please help",
        "Undelivered Mail Returned to Sender",
        "Auto: insurance question",
        "Vacation: who covers next week?",
        "Re: Out of Office",
        "Out of Office",
        "Fuera de la oficina",
        "Frånvaro: vecka 12",
        "Problem with automatic reply: it does not work",
        "Our manager is out of the office.",
        "Out of Office: Friday",
        "Out of the office: who covers?",
        "Out-of-Office: 3 to 14 March",
        "Cron <root@web1> fails again",
    ] {
        is_a_persons(&verdict(&format!("Subject: {subject}")), subject);
    }
}

#[test]
fn reports_of_failed_delivery_are_still_bounces() {
    for fields in [
        "Return-Path: <>\nSubject: Undelivered Mail Returned to Sender",
        "From: postmaster@acme.example\nSubject: Undeliverable: Printer",
        "From: Mail Delivery System <MAILER-DAEMON@acme.example>\nSubject: Printer",
        "Content-Type: multipart/report; boundary=b\nSubject: Delivery report",
        "Auto-Submitted: auto-replied\nSubject: Delivery delayed: Printer",
        "From: Mail Delivery System <mail@acme.example>\nReturn-Path: <>",
        "From: System <no-reply@acme.example>\nSubject: Delivery has failed",
        "From: <>\nSubject: Delivery Status",
        "From: Mail Delivery System <>\nSubject: Printer",
    ] {
        assert_eq!(verdict(fields).kind, Kind::Bounce, "{fields}");
    }
    let unknown = with_text(
        "From: postmaster@acme.example\nSubject: Printer",
        "alice@northwind.example: user unknown",
    );
    assert_eq!(unknown.kind, Kind::Bounce);
}

#[test]
fn automatic_subjects_are_known_by_their_colon() {
    for subject in [
        "Out of the office Re: Question",
        "Odpowiedź automatyczna: Pytanie",
        "自動応答: 質問",
        "Automatic reply: Question",
        "AUTO: Bob Smith is out of the office (returning 03/12)",
        "Out of Office AutoReply: Question",
        "Automatisch antwoord: Vraag",
    ] {
        let verdict = verdict(&format!("Subject: {subject}"));
        assert_eq!(verdict.kind, Kind::AutoReply, "{subject}");
        assert!(!verdict.opens_case, "{subject}");
    }
    let suppressed = "X-Auto-Response-Suppress: All\nSubject: Frånvaro: Fråga";
    is_a_persons(&verdict(suppressed), suppressed);
}

#[test]
fn nobody_is_a_machine_by_the_sound_of_an_address() {
    for fields in [
        "From: office-admin@acme.example\nReturn-Path: <office-admin@acme.example>",
        "From: product-owner@acme.example\nReturn-Path: <product-owner@acme.example>",
        "Sender: it-admin@acme.example",
        "Sender: it-admin@acme.example\nSubject: [Printer] broken",
        "Return-Path: <bounces+77@mailer.example>",
        "Return-Path: <bounces+77@mailer.example>\nSubject: Re: Printer",
        "From: johannes.mustermann.19850412@acme.example",
        "From: customer.news@acme.example",
        "From: newsletter@acme.example",
        "From: mailer@acme.example",
        "From: it-system@acme.example",
        "From: oracle@acme.example",
        "From: tracking@acme.example",
        "From: anna-bounce@acme.example",
        "From: noreplyman@acme.example",
        "From: alerts@acme.example",
        "From: Mail Administrator <bob@acme.example>",
        "From: Postmaster General <bob@acme.example>",
    ] {
        is_a_persons(&verdict(fields), fields);
    }
}

#[test]
fn addresses_of_programs_are_still_known() {
    for (fields, kind) in [
        ("From: no-reply@acme.example", Kind::Notification),
        ("From: billing-noreply@acme.example", Kind::Notification),
        ("From: do.not.reply@acme.example", Kind::Notification),
        ("From: noreply2@acme.example", Kind::Notification),
        ("From: postmaster@acme.example", Kind::Notification),
        (
            "From: alerts@acme.example\nReturn-Path: <bounces+77@mailer.example>",
            Kind::Notification,
        ),
        (
            "From: root@web1.acme.example\nSubject: Cron <root@web1> backup",
            Kind::Notification,
        ),
        (
            "From: newsletter@acme.example\nReturn-Path: <bounces+77@mailer.example>",
            Kind::Bulk,
        ),
        (
            "Return-Path: <talk-bounces@lists.example>\nTo: talk@lists.example\nSubject: Re: x",
            Kind::MailingList,
        ),
        (
            "Sender: owner-talk@lists.example\nTo: talk@lists.example",
            Kind::Bulk,
        ),
    ] {
        let mut fields = fields.to_owned();
        if fields.contains("web1") {
            fields = fields.replace("web1.acme", "de.acme");
        }
        let verdict = verdict(&fields);
        assert_eq!(verdict.kind, kind, "{fields}: {:?}", verdict.reasons);
        assert_eq!(verdict.sender, Sender::Client, "{fields}");
    }
}

#[test]
fn the_feedback_id_is_a_programs_and_with_a_way_to_leave_bulk() {
    let id = "Feedback-ID: 1:2:3:acme";
    assert_eq!(verdict(id).kind, Kind::Notification);
    let leave = format!("{id}\nList-Unsubscribe: <https://acme.example/u>");
    assert_eq!(verdict(&leave).kind, Kind::Bulk);
}

#[test]
fn the_mailboxs_own_address_is_the_teams_though_it_is_a_list_too() {
    let answer = verdict("From: clients@northwind.example\nTo: ann@acme.example");
    assert_eq!((answer.kind, answer.sender), (Kind::Human, Sender::Team));
    assert!(answer.stops_clock, "{:?}", answer.reasons);
    let own = verdict(
        "From: clients@northwind.example\nTo: ann@acme.example\nX-Ackd: i1\nMessage-ID: <ackd.55@northwind.example>\nAuto-Submitted: auto-replied",
    );
    assert_eq!((own.kind, own.sender), (Kind::Own, Sender::Team));
    assert_eq!(own.addressed.len(), 1);
    let unsigned = verdict(
        "From: clients@northwind.example\nTo: ann@acme.example\nList-Id: <clients.northwind.example>",
    );
    assert_eq!(
        unsigned.sender,
        Sender::Stranger,
        "the list hides its author"
    );
}

#[test]
fn only_the_own_lists_own_marks_are_passed_over() {
    for (marks, kind) in [
        (
            "List-Id: <news.mailchimp.example>\nList-Unsubscribe: <https://m.example/u>\nPrecedence: bulk",
            Kind::Bulk,
        ),
        ("List-Id: <talk.lists.example>", Kind::MailingList),
        ("List-Post: <mailto:talk@lists.example>", Kind::MailingList),
        ("List-Unsubscribe: <https://m.example/u>", Kind::Bulk),
        ("Precedence: bulk", Kind::Bulk),
        (
            "List-Id: <clients.northwind.example>\nList-Id: <talk.lists.example>",
            Kind::MailingList,
        ),
    ] {
        let fields = format!("To: clients@northwind.example\n{marks}");
        let verdict = verdict(&fields);
        assert_eq!(verdict.kind, kind, "{marks}: {:?}", verdict.reasons);
        assert!(!verdict.opens_case && !verdict.may_acknowledge, "{marks}");
    }
    for marks in [
        "List-Id: Clients <clients.northwind.example>",
        "List-Post: <mailto:clients@northwind.example>\nPrecedence: list\nList-Unsubscribe: <mailto:u@northwind.example>",
        "",
    ] {
        let verdict = verdict(&format!("To: clients@northwind.example\n{marks}"));
        is_a_persons(&verdict, marks);
        assert!(verdict.may_acknowledge, "{marks}: {:?}", verdict.reasons);
    }
}

#[test]
fn what_a_colleague_wrote_with_the_client_waits_but_is_not_acknowledged() {
    let joint = verdict("From: bob@northwind.example, ann@acme.example");
    assert!(joint.opens_case && !joint.may_acknowledge);
    assert!(because(&joint, "team-among-authors"), "{:?}", joint.reasons);
}

#[test]
fn a_failure_is_a_failure_with_blanks_and_comments_too() {
    for result in ["dmarc = fail", "dmarc (policy) =(x) fail", "dmarc/1 = fail"] {
        let field =
            format!("Authentication-Results: mx.northwind.example; spf=pass; {result} (p=none)");
        assert!(verdict(&field).suspicious, "{result}");
    }
    let quoted = "Authentication-Results: mx.northwind.example; dmarc=pass reason=\"dmarc = fail\"";
    assert!(!verdict(quoted).suspicious);
}

#[test]
fn a_published_calendar_that_somebody_encloses_is_his_enclosure() {
    let body = "--b\r\nContent-Type: text/plain\r\n\r\nHere is the plan, please check it.\r\n--b\r\nContent-Type: text/calendar; method=PUBLISH; name=plan.ics\r\nContent-Disposition: attachment\r\n\r\nBEGIN:VCALENDAR\r\nMETHOD:PUBLISH\r\n--b--\r\n";
    let fields = "Content-Type: multipart/mixed; boundary=b";
    is_a_persons(&with_text(fields, body), "an enclosed calendar");
    let inline = body.replace("attachment", "inline");
    is_a_persons(&with_text(fields, &inline), "shown within the text");
    let within = body
        .replace("; name=plan.ics", "")
        .replace("Content-Disposition: attachment\r\n", "");
    assert_eq!(with_text(fields, &within).kind, Kind::Calendar);
}

proptest::proptest! {
    /// What a first read passes over by its authors alone must be a stranger's mail whatever
    /// else stands in it.
    #[test]
    fn nobody_who_matters_is_passed_over(
        fields in proptest::collection::vec(
            (
                proptest::sample::select(&[
                    "From", "Sender", "Reply-To", "To", "Cc", "X-Original-From",
                    "X-Original-Sender", "List-Id", "List-Post", "Precedence", "X-BeenThere",
                    "Delivered-To", "X-Original-To", "Mailing-List",
                ]),
                proptest::sample::select(&[
                    "Bob <bob@acme.example>", "alice@northwind.example", "clients@northwind.example",
                    "boss@freemail.example", "eve@elsewhere.example", "<clients.northwind.example>",
                    "<mailto:clients@northwind.example>", "<talk.elsewhere.example>", "list",
                    "eve@elsewhere.example, bob@acme.example", "studio@sub.acme.example",
                    "clients@lists.northwind.example", "<clients.lists.northwind.example>",
                ]),
            ),
            1..7,
        ),
    ) {
        let lines = fields.iter().map(|(name, value)| format!("{name}: {value}\r\n"));
        let header: String = lines.collect();
        let whole = MessageFacts::parse(header.as_bytes(), None);
        let verdict = judge(&whole, None, &rules());
        let read = MessageFacts::parse_if(header.as_bytes(), |facts| may_concern(facts, &rules()));
        match read {
            Some(facts) => proptest::prop_assert_eq!(facts, whole),
            None => {
                proptest::prop_assert_eq!(verdict.sender, Sender::Stranger, "{}", header);
                proptest::prop_assert!(!is_clients_list_mail(&whole, &verdict, &rules()));
            }
        }
    }
}
