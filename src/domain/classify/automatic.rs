//! What kind of mail it is: one table of rules, the first that holds decides.
//!
//! The order is part of the rules: a bounce often carries the sign of an automatic reply, a
//! calendar program's answer that of a notification. What no rule claims was written by a person.
//! `X-Auto-Response-Suppress` is not among the signs: it asks others not to answer and says
//! nothing about its sender (MS-OXCMAIL, section 2.1.3.2.20).

use super::super::facts::{BodyPart, MessageFacts};
use super::examination::Examination;
use super::field::{begins, evidence, keyword, parameter, plain};
use super::words::CALENDAR_ANSWERS;
use super::{Kind, Reason, Sender};
use super::{body, bulk, letter, report, signs, thanks};

/// One rule by which a message is taken for a machine's.
#[derive(Debug, Clone, Copy)]
pub struct AutomaticRule {
    /// Its stable name.
    pub id: &'static str,
    /// What it makes of a message.
    pub kind: Kind,
    /// The norm it rests on, or the system that taught it.
    pub source: &'static str,
    /// The fields or text it looks at.
    pub looks_at: &'static str,
    finds: fn(&Examination<'_>) -> Option<String>,
    /// For a rule that looks at the body: whether what stands there could still settle it.
    body_may_settle: Option<fn(&Examination<'_>) -> bool>,
}

/// The rules in the order in which they are tried.
pub fn automatic_rules() -> &'static [AutomaticRule] {
    RULES
}

/// The kind of a message, and the rule that decided.
pub(super) fn kind(examination: &Examination<'_>) -> (Kind, Reason) {
    decide(examination).0
}

/// The kind of a message by its header, and whether its body could make it another: a rule that
/// looks at the body comes before the one that decided, or is that one.
pub(super) fn kind_by_header(examination: &Examination<'_>) -> (Kind, bool) {
    let ((kind, _), tried) = decide(examination);
    let mut tried = RULES[..tried].iter();
    let open = tried.any(|rule| rule.body_may_settle.is_some_and(|may| may(examination)));
    (kind, open)
}

/// The kind, and how many rules were tried.
fn decide(examination: &Examination<'_>) -> ((Kind, Reason), usize) {
    let found = RULES.iter().zip(1..).find_map(|(rule, tried)| {
        if examination.direction.is_form && is_programs(rule.kind) {
            return None;
        }
        let evidence = (rule.finds)(examination)?;
        let reason = Reason {
            rule: rule.id,
            evidence,
        };
        Some(((rule.kind, reason), tried))
    });
    found.unwrap_or_else(|| {
        let reason = Reason {
            rule: "no-automatic-sign",
            evidence: "nothing in it says that a program wrote it".to_owned(),
        };
        ((Kind::Human, reason), RULES.len())
    })
}

/// Whether a kind is what the program behind a form of our own pages may look like: of who filled
/// it in that says nothing.
const fn is_programs(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::AutoReply | Kind::MailingList | Kind::Bulk | Kind::Notification
    )
}

macro_rules! rules {
    (@body) => { None };
    (@body $may_settle:expr) => { Some($may_settle) };
    ($($kind:ident $id:literal, $source:literal, $looks_at:literal, $finds:expr $(, body $may_settle:expr)?;)+) => {
        &[$(AutomaticRule {
            id: $id,
            kind: Kind::$kind,
            source: $source,
            looks_at: $looks_at,
            finds: $finds,
            body_may_settle: rules!(@body $($may_settle)?),
        },)+]
    };
}

#[rustfmt::skip]
const RULES: &[AutomaticRule] = rules![
    Own "own-marker", "ackd", "X-Ackd", |e| ours(e).then(|| any(e.facts, &["x-ackd"]))?;
    Own "own-message-id", "ackd", "Message-ID", |e| ours(e).then(|| own_id(e.facts))?;
    Bounce "delivery-report", "RFC 3464, section 2", "Content-Type", |e| report_of(e.facts, "delivery-status");
    Bounce "delivery-status-part", "RFC 3464, section 2", "body parts, and a mail system's sign", |e| reports(e, "message/delivery-status"), body reports_need_body;
    Bounce "failed-recipients", "Exim", "X-Failed-Recipients", |e| any(e.facts, &["x-failed-recipients"]);
    Bounce "bounce-sender", "RFC 5321, section 4.5.5; sendmail, qmail", "From, and a second sign", signs::bounce_sender, body signs::bounce_sender_needs_body;
    Bounce "bounce-subject", "Postfix, Exchange, Exim, qmail", "Subject, and a second sign", signs::bounce_subject;
    Receipt "disposition-report", "RFC 8098, section 3", "Content-Type", |e| report_of(e.facts, "disposition-notification");
    Receipt "disposition-part", "RFC 8098, section 3.1", "body parts, and a mail system's sign", |e| reports(e, "message/disposition-notification"), body reports_need_body;
    Receipt "read-report", "Outlook", "Subject, and a text of its shape", report::read_report, body report::may_be_report;
    Notification "feedback-report", "RFC 5965, section 2", "Content-Type", |e| report_of(e.facts, "feedback-report");
    Calendar "calendar-type", "RFC 6047, section 2.4", "Content-Type", |e| calendar_type(e.facts), body calendar_type_needs_body;
    Calendar "calendar-class", "Exchange", "Content-Class", |e| starting(e.facts, "content-class", "urn:content-classes:calendarmessage");
    Calendar "calendar-part", "RFC 6047, section 2.4", "body parts", calendar_part, body body::may_have_parts;
    Notification "reaction", "Gmail", "body parts", |e| reaction(e.facts), body body::may_have_parts;
    AutoReply "auto-replied", "RFC 3834, section 5", "Auto-Submitted", |e| equal(e.facts, "auto-submitted", &["auto-replied"]);
    AutoReply "auto-generated-answer", "RFC 3834, section 5", "Auto-Submitted, Subject", generated_answer;
    AutoReply "autoreply-field", "osTicket, FreeScout, Chatwoot", "X-Autoreply and its like", |e| autoreply_field(e.facts);
    AutoReply "precedence-auto-reply", "osTicket, FreeScout", "Precedence", |e| precedence(e.facts, &["auto_reply", "auto-reply"]);
    AutoReply "delivered-to-autoresponder", "FreeScout", "Delivered-To", |e| starting(e.facts, "delivered-to", "autoresponder");
    AutoReply "exchange-out-of-office", "Zammad", "X-MS-Exchange-Inbox-Rules-Loop with the author's address, X-Auto-Response-Suppress", exchange_out_of_office;
    AutoReply "automatic-subject", "Discourse; Exchange, Lotus Notes", "Subject; unless unmistakable, a second sign", signs::automatic_subject, body signs::automatic_subject_needs_body;
    AutoReply "automatic-text", "automatic replies without a field", "first lines of the text, and a second sign", signs::automatic_text, body signs::automatic_text_needs_body;
    AutoReply "null-path-answer", "RFC 3834, section 3.3", "Return-Path, Precedence", null_path_answer;
    Bulk "bulk-list", "RFC 2369, section 3.2; RFC 8058", "List-Unsubscribe without List-Post, unless it answers one of us", |e| listed(e).then(|| bulk_list(e))?;
    MailingList "list-field", "RFC 2919, section 3; RFC 2369; Mailman, ezmlm", "List-Id, List-Post and their like", |e| (listed(e) && !is_carried_answer(e)).then(|| list_field(e.facts))?;
    MailingList "precedence-list", "Mailman, Google Groups", "Precedence", |e| conversing(e).then(|| precedence_list(e))?;
    MailingList "list-sender", "RFC 5230, section 4.6; Mailman, LISTSERV", "Return-Path, Sender, Errors-To, and a second sign", |e| conversing(e).then(|| signs::list_sender(e))?;
    MailingList "list-subject", "list archives without fields; pipermail", "Subject, To, Cc, and text if we are addressed or a client wrote", signs::list_subject, body signs::list_subject_needs_body;
    Bulk "precedence-bulk", "RFC 2076, section 3.9", "Precedence", |e| listed(e).then(|| precedence_bulk(e))?;
    Bulk "campaign-field", "Mailchimp, Mailjet, Brevo, Emarsys, Constant Contact, Acoustic", "X-Campaign and its like", |e| campaign_field(e.facts);
    Bulk "bulk-path", "Lyris, LISTSERV, Majordomo", "Return-Path, Sender, Errors-To, and a second sign", |e| listed(e).then(|| signs::list_sender(e))?;
    Bulk "list-author", "Majordomo; LISTSERV", "From, Sender, and To or Cc", |e| listed(e).then(|| signs::list_author(e))?;
    Bulk "bulk-sender", "newsletters without a field", "From, and a second sign", bulk::bulk_sender;
    Bulk "bulk-text", "newsletters without a field", "text and its links, and a second sign", bulk::bulk_text, body bulk::bulk_text_needs_body;
    Bulk "bulk-recipients", "companies' announcements", "To, Cc, and From or a second sign", bulk::bulk_recipients;
    Notification "feedback-id", "Gmail", "Feedback-ID", |e| any(e.facts, &["feedback-id"]);
    Notification "auto-submitted", "RFC 3834, section 5; RFC 5436", "Auto-Submitted", |e| auto_submitted(e.facts);
    Notification "machine-field", "RT, osTicket, Zammad, Amazon", "X-FC-MachineGenerated and its like", |e| machine_field(e.facts);
    Notification "program-sender", "RFC 5230, section 4.6; Discourse", "From; unless no-reply or postmaster, a second sign", signs::program_sender, body signs::program_sender_needs_body;
    Notification "program-subject", "cron, anacron, logwatch, Outlook.com's junk reports", "Subject, and a second sign", signs::program_subject;
    Notification "program-text", "notifications without a field", "text, and a second sign", signs::program_text, body signs::program_text_needs_body;
    Notification "recall", "Outlook", "Subject, and a text of its shape", report::recall, body report::may_be_report;
    Notification "null-return-path", "RFC 5321, section 4.5.5", "Return-Path", |e| null_return_path(e.facts).then(|| "Return-Path: <>".to_owned());
];

/// Fields that only the programs behind campaigns write.
const CAMPAIGN_FIELDS: &[&str] = &[
    "x-bulkmail",
    "x-campaign",
    "x-campaign-id",
    "x-campaignid",
    "x-emarsys-identify",
    "x-mailin-campaign",
    "x-mailjet-campaign",
    "x-mc-user",
    "x-roving-campaignid",
    "x-roving-id",
    "x-rpcampaign",
];

fn ours(e: &Examination<'_>) -> bool {
    e.direction.sender == Sender::Team
}

/// Whether list signs count: those of the team's own list do not.
fn listed(e: &Examination<'_>) -> bool {
    !e.direction.own_list_marks
}

/// A discussion, as against an announcement: an answer, or a subject with the list's mark.
fn conversing(e: &Examination<'_>) -> bool {
    listed(e) && (e.answers() || e.facts.subject.starts_with('['))
}

fn own_id(facts: &MessageFacts) -> Option<String> {
    let id = facts.message_id.as_ref()?.as_str();
    is_our_id(id).then(|| evidence("Message-ID", id))
}

/// Whether a Message-ID is one that we give out.
pub(super) fn is_our_id(id: &str) -> bool {
    id.starts_with("ackd.")
}

/// The first of these fields that is there with a value.
fn any(facts: &MessageFacts, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| {
        let value = facts.field(name).find(|value| !value.is_empty())?;
        Some(evidence(name, value))
    })
}

/// A field whose first word is one of these; every occurrence is looked at.
fn equal(facts: &MessageFacts, name: &str, wanted: &[&str]) -> Option<String> {
    let holds = |value: &&str| wanted.contains(&keyword(value).as_str());
    facts
        .field(name)
        .find(holds)
        .map(|value| evidence(name, value))
}

fn starting(facts: &MessageFacts, name: &str, wanted: &str) -> Option<String> {
    let value = facts.field(name).find(|value| begins(value, wanted))?;
    Some(evidence(name, value))
}

pub(super) fn report_of(facts: &MessageFacts, wanted: &str) -> Option<String> {
    let value = facts.first_field("content-type")?;
    if !begins(value, "multipart/report") {
        return None;
    }
    let of_type = parameter(value, "report-type").is_some_and(|own| own == wanted);
    of_type.then(|| format!("Content-Type: multipart/report; report-type={wanted}"))
}

/// The part of a report, in a mail that a mail system sent: a person may pass a report on.
fn reports(e: &Examination<'_>, media_type: &str) -> Option<String> {
    let mut parts = e.facts.parts.iter();
    let found = signs::is_mail_systems(e) && parts.any(|part| part.media_type == media_type);
    found.then(|| format!("a part of type {media_type}"))
}

fn reports_need_body(e: &Examination<'_>) -> bool {
    body::may_have_parts(e) && signs::is_mail_systems(e)
}

/// An invitation or the answer to one travels as a calendar part beside the text, and has a
/// METHOD (RFC 6047, section 2.4). What has none, or merely publishes, is a file that somebody
/// encloses.
fn calendar_part(e: &Examination<'_>) -> Option<String> {
    let facts = e.facts;
    let mut parts = facts.parts.iter();
    let is_calendars = |part: &&BodyPart| {
        let alone = || is_answer(part) && says_nothing(facts);
        let own = || is_scheduling(part) && !is_passed_on(e, part);
        part.media_type == "text/calendar" && (own() || alone())
    };
    let part = parts.find(is_calendars)?;
    let method = part.method.as_deref().unwrap_or_default();
    Some(format!("a text/calendar part, METHOD {method}"))
}

/// Whether a part is the calendar program's own, and no file that somebody enclosed: it is another
/// form of the text, or its header declares the METHOD, or it bears no name of a file.
fn is_scheduling(part: &BodyPart) -> bool {
    let enclosed = is_enclosed(part);
    match part.method.as_deref() {
        None => false,
        Some(_) if is_answer(part) => part.method_declared || !enclosed,
        Some("PUBLISH") => part.method_declared && !enclosed,
        Some(_) => !part.attached && (part.method_declared || !enclosed),
    }
}

/// Whether a part is a file beside the text, not another form of it.
const fn is_enclosed(part: &BodyPart) -> bool {
    part.attached || (part.named && !part.alternative)
}

/// Whether a person passes on what a calendar program had sent: under the subject of a mail that is
/// passed on, or, where an answer is but a file beside his own letter, under one of his own.
fn is_passed_on(e: &Examination<'_>, part: &BodyPart) -> bool {
    let forwarded = signs::is_forwarded_subject(e.untagged_subject());
    let subject = e.untagged_subject().split_once([':', '：']);
    let titled = subject.is_some_and(|(head, _)| CALENDAR_ANSWERS.contains(&head.trim_end()));
    let letter = || !titled && is_answer(part) && letter::is_persons(e);
    is_enclosed(part) && (forwarded || letter())
}

/// Whether it answers an invitation.
fn is_answer(part: &BodyPart) -> bool {
    let method = part.method.as_deref();
    matches!(method, Some("REPLY" | "COUNTER" | "DECLINECOUNTER"))
}

/// Whether what stands beside a file is hardly a text: `see attached`.
fn says_nothing(facts: &MessageFacts) -> bool {
    const WORDS_MAX: usize = 6;
    let own = thanks::own_lines(facts.text.as_deref().unwrap_or_default());
    let asks = own.iter().any(|line| line.contains(['?', '？']));
    let said = own.iter().flat_map(|line| line.split_whitespace());
    !asks && said.count() <= WORDS_MAX
}

/// A calendar in place of a text. If the body is known it must have a METHOD, as in a part.
fn calendar_type(facts: &MessageFacts) -> Option<String> {
    let found = starting(facts, "content-type", "text/calendar")?;
    let known = !facts.parts.is_empty();
    (!known || facts.parts.iter().any(is_scheduling)).then_some(found)
}

fn calendar_type_needs_body(e: &Examination<'_>) -> bool {
    let value = e.facts.first_field("content-type").unwrap_or_default();
    begins(value, "text/calendar") && parameter(value, "method").is_none()
}

/// An emoji that somebody sent with a click.
fn reaction(facts: &MessageFacts) -> Option<String> {
    let media_type = "text/vnd.google.email-reaction+json";
    let mut parts = facts.parts.iter();
    let found = parts.any(|part| part.media_type == media_type);
    found.then(|| format!("a part of type {media_type}"))
}

/// The METHOD of calendar mail (RFC 5546, section 1.4), if it was seen.
pub(super) fn calendar_method(facts: &MessageFacts) -> Option<String> {
    let declared = facts
        .first_field("content-type")
        .and_then(|value| parameter(value, "method"))
        .map(|method| method.to_ascii_uppercase());
    let within = || facts.parts.iter().find_map(|part| part.method.clone());
    declared.or_else(within)
}

pub(super) fn auto_submitted(facts: &MessageFacts) -> Option<String> {
    let name = "auto-submitted";
    let machine = |value: &&str| !matches!(keyword(value).as_str(), "no" | "");
    facts
        .field(name)
        .find(machine)
        .map(|value| evidence(name, value))
}

/// Programs that answer a mail mark the answer `auto-generated` too.
fn generated_answer(e: &Examination<'_>) -> Option<String> {
    let answers = e.reply_subject && list_field(e.facts).is_none();
    answers.then(|| auto_submitted(e.facts)).flatten()
}

fn autoreply_field(facts: &MessageFacts) -> Option<String> {
    const FIELDS: &[&str] = &[
        "x-autoreply",
        "x-autorespond",
        "x-autoresponder",
        "x-autoresponse",
        "x-autoreply-from",
        "x-mail-autoreply",
        "x-amazon-auto-reply",
        "x-auto-reply",
    ];
    const DENIALS: &[&str] = &["", "no", "n", "false", "0", "none", "never", "off"];
    let found = FIELDS.iter().find_map(|name| {
        let says_so = |value: &&str| !DENIALS.contains(&keyword(value).as_str());
        facts
            .field(name)
            .find(says_so)
            .map(|value| evidence(name, value))
    });
    found.or_else(|| equal(facts, "x-autogenerated", &["reply"]))
}

fn precedence(facts: &MessageFacts, wanted: &[&str]) -> Option<String> {
    equal(facts, "precedence", wanted).or_else(|| equal(facts, "x-precedence", wanted))
}

/// What every list writes. Our own does too, and may write nothing else; what another list sends
/// to it bears that list's own fields.
fn precedence_list(e: &Examination<'_>) -> Option<String> {
    if e.direction.own_list.is_some() && list_field(e.facts).is_none() {
        return None;
    }
    precedence(e.facts, &["list"])
}

fn precedence_bulk(e: &Examination<'_>) -> Option<String> {
    precedence(e.facts, &["bulk", "junk"]).or_else(|| precedence_list(e))
}

/// Exchange's out-of-office by a rule of its author's. Either field alone stands on people's mail
/// too, and both on what a rule of the receiver's passed on.
fn exchange_out_of_office(e: &Examination<'_>) -> Option<String> {
    let suppressed = equal(e.facts, "x-auto-response-suppress", &["all"]).is_some();
    let ran_in = e.rule_sent().filter(|_| suppressed)?;
    Some(evidence("x-ms-exchange-inbox-rules-loop", ran_in))
}

/// Whether the envelope sender is null: nobody wants to hear of it.
pub(super) fn null_return_path(facts: &MessageFacts) -> bool {
    let mut paths = facts.field("return-path");
    paths.any(|value| value.contains("<>") && plain(value) == "<>")
}

fn null_path_answer(e: &Examination<'_>) -> Option<String> {
    let bulk = || precedence(e.facts, &["bulk", "junk"]).is_some();
    let found = null_return_path(e.facts) && (e.answers() || bulk());
    found.then(|| "Return-Path: <>".to_owned())
}

/// A sender's way to let people go, but no way to write to the others: no discussion list.
fn bulk_list(e: &Examination<'_>) -> Option<String> {
    let facts = e.facts;
    if is_carried_answer(e) {
        return None;
    }
    let leave = any(facts, &["list-unsubscribe"])?;
    let no_post = facts.field("list-post").all(|value| plain(value) == "no");
    let discussion = any(facts, &["mailing-list", "x-mailing-list", "x-beenthere"]).is_some();
    let bare_id = any(facts, &["list-id"]).is_none() || any(facts, &["feedback-id"]).is_some();
    let announces = precedence(facts, &["list"]).is_none();
    (no_post && !discussion && (bare_id || announces)).then_some(leave)
}

/// An answer between a client and the team that a customer database sent for its writer: such
/// programs put `List-Unsubscribe` on all they send, but none of a list's other fields.
fn is_carried_answer(e: &Examination<'_>) -> bool {
    const OF_LISTS: &[&str] = &["mailing-list", "x-mailing-list", "x-beenthere"];
    let between = match e.direction.sender {
        Sender::Client => e.direction.addressed_to_us,
        Sender::Team => !e.direction.addressed.is_empty(),
        Sender::Stranger => false,
    };
    let is_lists = |name: &str| {
        (name.starts_with("list-") && !name.starts_with("list-unsubscribe"))
            || OF_LISTS.contains(&name)
    };
    let mut fields = e.facts.fields.iter();
    // A client's program may keep the subject of the mail that it answers, and no ids.
    let answers = !(e.facts.in_reply_to.is_empty() && e.facts.references.is_empty())
        || (e.direction.sender == Sender::Client && e.reply_subject);
    between
        && answers
        && fields.all(|(name, _)| !is_lists(name))
        && precedence(e.facts, &["list", "bulk", "junk"]).is_none()
}

/// A field that only mailing lists write.
pub(super) fn list_field(facts: &MessageFacts) -> Option<String> {
    any(
        facts,
        &[
            "list-id",
            "list-post",
            "mailing-list",
            "x-mailing-list",
            "x-beenthere",
            "list-subscribe",
            "list-help",
            "list-unsubscribe",
        ],
    )
}

fn campaign_field(facts: &MessageFacts) -> Option<String> {
    let campaign = |name: &str| name.starts_with("x-") && CAMPAIGN_FIELDS.contains(&name);
    let mut fields = facts.fields.iter();
    let (name, value) = fields.find(|(name, value)| campaign(name) && !value.is_empty())?;
    Some(evidence(name, value))
}

fn machine_field(facts: &MessageFacts) -> Option<String> {
    let yes = &["yes", "true", "1"];
    equal(facts, "x-loop", yes)
        .or_else(|| equal(facts, "x-fc-machinegenerated", yes))
        .or_else(|| equal(facts, "x-amazon-mail-relay-type", &["notification"]))
        .or_else(|| equal(facts, "x-servicenow-generated", yes))
        .or_else(|| {
            any(
                facts,
                &["x-autogenerated", "x-cron-env", "x-jira-fingerprint"],
            )
        })
}
