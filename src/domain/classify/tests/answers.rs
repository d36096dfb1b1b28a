//! Stories of the team's own mail that is no answer: its robots say so in a sentence, or in the
//! shape of their text, and no field marks them; beside them colleagues' answers that look alike.

use super::super::{Kind, Verdict, judge, needs_text};
use super::{because, mail_with_text, rules};

const ANSWER: &str = "From: Alice Miller <alice@northwind.example>\nTo: bob@acme.example\nContent-Type: text/plain; charset=utf-8";

fn answer(fields: &str, text: &str) -> Verdict {
    let fields = format!("{ANSWER}\n{fields}");
    judge(&mail_with_text(&fields, Some(text)), None, &rules())
}

fn stops(verdict: &Verdict, what: &str) {
    assert!(verdict.stops_clock, "{what}: {:?}", verdict.reasons);
}

fn stops_nothing(verdict: &Verdict, what: &str) {
    assert!(!verdict.stops_clock, "{what}: {:?}", verdict.reasons);
}

#[test]
fn what_calls_itself_a_programs_is_no_answer() {
    for text in [
        "Dear Bob,\n\nthis is an automatic reply. We have received your request.",
        "This is an automated message. We opened ticket 4711.\nPlease do not reply to this email.",
        "Sehr geehrter Kunde,\n\nvielen Dank für Ihre Nachricht. Dies ist eine automatische Antwort.",
        "Dies ist eine automatisch generierte E-Mail.",
        "Diese E-Mail wurde automatisch von unserem System erstellt.",
        "Please find attached invoice 113.\n\nThis is an automatically generated email.",
        "Invoice 113.\n\nThis email was automatically created by our billing.",
        "Ich bin bis zum 9.3. nicht im Büro. Ihre E-Mail wird nicht weitergeleitet.",
        "👍\n\nAlice reacted via Gmail",
    ] {
        for subject in ["Re: Printer", "[Ticket#4711] Printer"] {
            let fields = format!("Subject: {subject}\nIn-Reply-To: <1@acme.example>");
            let verdict = answer(&fields, text);
            stops_nothing(&verdict, text);
            assert!(because(&verdict, "automatic-sentence"), "{text}");
        }
    }
    for text in [
        "The printer is mended.",
        "The printer is mended.\n\nDiese E-Mail wurde automatisch auf Viren geprüft.",
        "The printer is mended.\n\nThis email was automatically scanned for viruses.",
        "The printer says \"this is an automatic reply\" when it is off.",
        "It is mended. Please do not reply to the other mail.\n\nKind regards\nAlice",
        "This is an automated message, says the printer? It is mended.\n\nKind regards\nAlice Miller",
        "It is mended.\n\nOn Monday Bob <bob@acme.example> wrote:\n> This is an automatic reply.",
    ] {
        stops(&answer("Subject: Re: Printer", text), text);
    }
    let says_no = "Subject: Re: Printer\nAuto-Submitted: no";
    stops(&answer(says_no, "This is an automatic reply."), says_no);
}

#[test]
fn a_colleagues_absence_is_no_answer_under_a_bare_subject_either() {
    for fields in [
        "Subject: Out of Office\nIn-Reply-To: <1@acme.example>",
        "Subject: Out of Office\nIn-Reply-To: <1@acme.example>\nX-Auto-Response-Suppress: All",
        "Subject: Out of office: until 9 March\nReferences: <1@acme.example>",
        "Subject: Abwesend\nReferences: <1@acme.example>",
    ] {
        let verdict = answer(fields, "I am away until 9 March.");
        assert_eq!(verdict.kind, Kind::AutoReply, "{fields}");
        stops_nothing(&verdict, fields);
    }
    for fields in [
        "Subject: Out of Office",
        "Subject: Re: Out of Office\nIn-Reply-To: <1@acme.example>",
    ] {
        stops(&answer(fields, "Carl will come today."), fields);
    }
}

#[test]
fn a_colleague_who_writes_about_cars_or_who_takes_over_answers() {
    for subject in ["Auto: Schaden an der Tür", "Absence: who takes over"] {
        let fields = format!("Subject: {subject}\nIn-Reply-To: <1@acme.example>");
        let own = "Dear Bob,\n\nCarl comes at three and looks at it.\n\nKind regards\nAlice Miller";
        stops(&answer(&fields, own), subject);
        let facts = mail_with_text(&format!("{ANSWER}\n{fields}"), None);
        assert!(needs_text(&facts, &rules()), "{subject}: by its text alone");
        for text in [
            "I am on leave until 9 March.\n\nKind regards\nAlice Miller",
            "Your mail was filed.",
        ] {
            let verdict = answer(&fields, text);
            assert_eq!(verdict.kind, Kind::AutoReply, "{text}");
            stops_nothing(&verdict, text);
        }
    }
}

#[test]
fn an_answer_to_an_invitation_is_none_to_its_writer_without_its_calendar_part_either() {
    for subject in [
        "Declined: Meeting",
        "Zugesagt: Besprechung",
        "Accepté : Réunion",
    ] {
        let verdict = answer(&format!("Subject: {subject}"), "Alice");
        stops_nothing(&verdict, subject);
        assert!(because(&verdict, "calendar-answer"), "{subject}");
    }
    stops(
        &answer("Subject: Accepted orders of May", "Here."),
        "a subject",
    );
    stops(
        &answer("Subject: Re: Declined: Meeting", "On Friday?"),
        "Re",
    );
}

#[test]
fn who_accepts_an_offer_in_words_of_his_own_answers() {
    for (subject, text) in [
        (
            "Accepted: your offer",
            "Dear Bob,\n\nwe accept your offer of Monday and start in March.\n\nAlice Miller",
        ),
        (
            "Provisional: budget 2026",
            "Hello Bob, these are the numbers as far as we know them today.\nAlice",
        ),
        ("Declined: Meeting", "Can you do Friday?"),
    ] {
        stops(&answer(&format!("Subject: {subject}"), text), subject);
    }
    let repeated = "When: Monday 9:00\nWhere: Room 2\nOrganizer: bob@acme.example\n";
    stops_nothing(&answer("Subject: Declined: Meeting", repeated), repeated);
}

#[test]
fn what_an_offices_programs_send_is_no_answer() {
    let judged =
        |fields: &str, text: &str| judge(&mail_with_text(fields, Some(text)), None, &rules());
    let desk = "From: Northwind Helpdesk <helpdesk@northwind.example>\nTo: bob@acme.example";
    let billing = "From: Northwind Billing <billing@northwind.example>\nTo: bob@acme.example";
    for (fields, text) in [
        (
            format!("{desk}\nSubject: [Ticket#2026] Printer\nIn-Reply-To: <1@acme.example>"),
            "Your request has been received and ticket number 2026 has been created. Our team will get back to you.\n\nKind regards\nNorthwind Helpdesk",
        ),
        (
            format!("{desk}\nSubject: Re: Drucker\nIn-Reply-To: <1@acme.example>"),
            "Sehr geehrter Kunde,\n\nwir haben Ihre Anfrage erhalten und unter der Ticketnummer 20261122 aufgenommen.",
        ),
        (
            "From: alice@northwind.example\nTo: bob@acme.example\nSubject: Re: Printer\nIn-Reply-To: <1@acme.example>".to_owned(),
            "We have received your request. Your ticket: 4711.",
        ),
        (
            format!("{billing}\nSubject: Your invoice 2026-113"),
            "Dear customer,\n\nplease find attached your invoice 2026-113.\n\nNorthwind Ltd",
        ),
        (
            format!("{billing}\nSubject: Your data\nX-Mailer: PHPMailer 6.8.0"),
            "Dear customer,\n\nyour data were changed.\n\nNorthwind Ltd",
        ),
    ] {
        let verdict = judged(&fields, text);
        stops_nothing(&verdict, text);
        assert!(because(&verdict, "office-program"), "{text}: {:?}", verdict.reasons);
    }
    for (fields, text) in [
        (
            format!("{desk}\nSubject: Re: Printer\nIn-Reply-To: <1@acme.example>\nX-Mailer: PHPMailer 6.8.0"),
            "The toner of the printer was empty, it prints again.",
        ),
        (
            format!("{desk}\nSubject: Re: Printer\nIn-Reply-To: <1@acme.example>"),
            "We have received your request 4711 to mend the printer. Which floor is it on?",
        ),
        (
            format!("{billing}\nSubject: Re: Invoice 2026-113\nIn-Reply-To: <1@acme.example>"),
            "You are right, the total was wrong; here is a new one.",
        ),
        (
            "From: Alice Miller <alice@northwind.example>\nTo: bob@acme.example\nSubject: Invoice 2026-113".to_owned(),
            "Here is the invoice you asked for.",
        ),
        (
            "From: Alice Miller <alice@northwind.example>\nTo: bob@acme.example\nSubject: Re: Printer\nIn-Reply-To: <1@acme.example>".to_owned(),
            "We have received your request, ticket 4711. Carl comes at three.\n\nKind regards\nAlice",
        ),
    ] {
        stops(&judged(&fields, text), text);
    }
}

#[test]
fn what_a_colleague_writes_down_for_a_client_is_no_copy_of_a_form() {
    let text = "Hello Bob, here is your access:\n\nE-Mail: bob@acme.example\nPassword: see the other letter\nAddress: https://shop.example";
    stops(&answer("Subject: Your access", text), text);
}

#[test]
fn the_copy_of_a_form_to_its_writer_is_no_answer() {
    let page = "From: Website <wordpress@northwind.example>\nTo: bob@acme.example\nCc: clients@northwind.example\nReply-To: clients@northwind.example";
    let copy = "Thank you. We have received:\n\nName: Bob\nE-Mail: bob@acme.example\nMessage: The printer is down";
    let judged =
        |fields: &str, text: &str| judge(&mail_with_text(fields, Some(text)), None, &rules());
    let verdict = judged(page, copy);
    stops_nothing(&verdict, page);
    assert!(because(&verdict, "copy-of-a-form"));
    let answered = format!("{page}\nIn-Reply-To: <1@acme.example>");
    stops(&judged(&answered, copy), "an answer that repeats the form");
    stops(
        &answer("", "It is mended.\nTel: 17\nMail: alice@northwind.example"),
        "a signature",
    );
}

#[test]
fn a_reaction_says_nothing_to_anybody() {
    let fields = "Content-Type: multipart/alternative; boundary=b\nIn-Reply-To: <0@northwind.example>\nSubject: Re: Printer";
    let body = "--b\r\nContent-Type: text/plain\r\n\r\n+1\r\n--b\r\nContent-Type: text/vnd.google.email-reaction+json\r\n\r\n{\"emoji\":\"x\",\"version\":1}\r\n--b--\r\n";
    for from in [
        "From: Bob <bob@acme.example>",
        "From: alice@northwind.example\nTo: bob@acme.example",
    ] {
        let fields = format!("{from}\n{fields}");
        let verdict = judge(&mail_with_text(&fields, Some(body)), None, &rules());
        assert_eq!(verdict.kind, Kind::Notification, "{:?}", verdict.reasons);
        assert!(!verdict.opens_case && !verdict.stops_clock, "{from}");
    }
}
