//! Stories of what people enclose: a document makes a thanks a mail that waits, and a calendar's
//! file makes no letter an invitation.

use super::super::{Kind, Verdict, judge};
use super::{mail_with_text, rules};

fn beside(form: &str, text: &str, part: &str) -> Verdict {
    let fields = format!("Subject: Re: Printer\nContent-Type: multipart/{form}; boundary=b");
    let body =
        format!("--b\r\nContent-Type: text/plain\r\n\r\n{text}\r\n--b\r\n{part}\r\n--b--\r\n");
    judge(&mail_with_text(&fields, Some(&body)), None, &rules())
}

#[test]
fn thanks_with_a_document_wait_for_an_answer_however_it_is_enclosed() {
    for part in [
        "Content-Type: application/pdf; name=order.pdf\r\nContent-Disposition: inline; filename=order.pdf\r\n\r\nx",
        "Content-Type: application/vnd.openxmlformats-officedocument.wordprocessingml.document; name=order.docx\r\n\r\nx",
        "Content-Type: application/pdf\r\nContent-Disposition: attachment\r\n\r\nx",
        "Content-Type: message/rfc822\r\n\r\nFrom: x@y.example\r\nSubject: new\r\n\r\nWhat is this?",
        "Content-Type: image/png; name=error.png\r\nContent-Disposition: inline\r\n\r\nx",
        "Content-Type: text/plain; name=order.txt\r\n\r\nTen printers",
        "Content-Type: text/calendar; name=plan.ics\r\n\r\nBEGIN:VCALENDAR",
    ] {
        assert!(!beside("mixed", "Thanks!", part).thanks, "{part}");
    }
    for part in [
        "Content-Type: image/png; name=logo.png\r\nContent-Disposition: inline\r\nContent-ID: <1@acme>\r\n\r\nx",
        "Content-Type: text/html\r\n\r\n<p>Thanks!</p>",
        "Content-Type: application/pkcs7-signature; name=smime.p7s\r\nContent-Disposition: attachment\r\n\r\nx",
    ] {
        let verdict = beside("mixed", "Thanks!", part);
        assert!(verdict.thanks, "{part}: {:?}", verdict.reasons);
    }
    let amp = "Content-Type: text/x-amp-html\r\n\r\n<p>Thanks!</p>";
    assert!(beside("alternative", "Thanks!", amp).thanks);
}

#[test]
fn a_calendars_file_beside_a_question_is_an_enclosure_whatever_its_method() {
    let question = "The flight is below. Please confirm the hotel today!";
    let file = |header: &str, method: &str| {
        format!("{header}\r\n\r\nBEGIN:VCALENDAR\r\nMETHOD:{method}\r\nEND:VCALENDAR")
    };
    let named = "Content-Type: text/calendar; name=flight.ics";
    let inline = format!("{named}\r\nContent-Disposition: inline; filename=flight.ics");
    let published = "Content-Type: text/calendar; method=PUBLISH; name=x.ics\r\nContent-Disposition: inline; filename=x.ics";
    let attached = "Content-Type: application/octet-stream; name=reply.ics\r\nContent-Disposition: attachment; filename=reply.ics";
    for part in [
        file(named, "REQUEST"),
        file(&inline, "REQUEST"),
        file(published, "PUBLISH"),
        file(attached, "REPLY"),
    ] {
        let verdict = beside("mixed", question, &part);
        assert_eq!(verdict.kind, Kind::Human, "{part}: {:?}", verdict.reasons);
        assert!(verdict.opens_case, "{part}");
    }
    let declared = "Content-Type: text/calendar; method=REQUEST; name=invite.ics";
    let answered = "Content-Type: text/calendar; method=REPLY; name=invite.ics\r\nContent-Disposition: attachment";
    for (form, part) in [
        ("alternative", file(named, "REQUEST")),
        ("mixed", file(declared, "REQUEST")),
        ("mixed", file("Content-Type: text/calendar", "REQUEST")),
        ("mixed", file(answered, "REPLY")),
        ("alternative", file(named, "REPLY")),
        // Some programs answer with a file and next to no text.
        ("mixed", file(attached, "REPLY")),
    ] {
        let verdict = beside(form, "Join us", &part);
        assert_eq!(
            verdict.kind,
            Kind::Calendar,
            "{part}: {:?}",
            verdict.reasons
        );
    }
}

#[test]
fn a_calendars_answer_that_somebody_passes_on_does_not_swallow_his_letter() {
    let calendar = "\r\n\r\nBEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nEND:VCALENDAR";
    let judged = |subject: &str, text: &str, part: &str| {
        let fields = format!("Subject: {subject}\nContent-Type: multipart/mixed; boundary=b");
        let body = format!(
            "--b\r\nContent-Type: text/plain\r\n\r\n{text}\r\n--b\r\n{part}{calendar}\r\n--b--\r\n"
        );
        judge(&mail_with_text(&fields, Some(&body)), None, &rules())
    };
    let file = "Content-Type: text/calendar; method=REPLY; name=invite.ics\r\nContent-Disposition: attachment; filename=invite.ics";
    let letter = "Hi Alice,\r\nplease propose another date and send me the agenda today.\r\n\r\nKind regards\r\nBob";
    let short = "Please propose another date and send me the agenda today.";
    for (subject, text) in [
        ("Fwd: Declined: Kickoff", letter),
        ("Fwd: Declined: Kickoff", short),
        ("Carl declined", letter),
    ] {
        let verdict = judged(subject, text, file);
        assert_eq!(
            verdict.kind,
            Kind::Human,
            "{subject}: {:?}",
            verdict.reasons
        );
        assert!(verdict.opens_case, "{subject}");
    }
    let own = "Content-Type: text/calendar; method=REPLY";
    for (subject, text, part) in [
        ("Declined: Kickoff", letter, file),
        ("Declined: Kickoff", letter, own),
        (
            "Carl declined",
            "Carl has declined the invitation to the kickoff.",
            file,
        ),
    ] {
        let verdict = judged(subject, text, part);
        assert_eq!(
            verdict.kind,
            Kind::Calendar,
            "{subject}: {:?}",
            verdict.reasons
        );
    }
}
