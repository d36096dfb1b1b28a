//! The words by which programs give themselves away in addresses, subjects and first lines.
//!
//! Each list is for mail that carries no field saying what it is. They are kept to what people
//! do not write themselves: a person's `Re: Out of Office` stays a person's.

use super::super::facts::MessageFacts;
use super::direction::Direction;
use super::field::evidence;
use super::text::fold;
use super::thanks;

/// `Re:` in the languages mail programs write it.
const REPLY_PREFIXES: &[&str] = &[
    "re:", "aw:", "sv:", "vs:", "antw:", "odp:", "res:", "ynt:", "ref:", "回复:", "答复:",
];

/// Forwarding marks.
const FORWARD_PREFIXES: &[&str] = &[
    "fw:", "fwd:", "wg:", "tr:", "rv:", "i:", "doorst:", "vb:", "转发:",
];

/// Whether the subject begins as an answer's does.
pub(super) fn is_reply_subject(subject: &str) -> bool {
    let subject = fold(subject);
    REPLY_PREFIXES
        .iter()
        .any(|prefix| subject.starts_with(prefix))
}

/// Beginnings of subjects that automatic replies bear, followed by a colon, or by nothing.
/// Sources: Exchange, Outlook, Notes, Gmail, GroupWise and the list in Discourse's receiver.
const AUTOMATIC_SUBJECTS: &[&str] = &[
    "auto",
    "autoreply",
    "auto-reply",
    "auto reply",
    "auto response",
    "auto-response",
    "autoresponse",
    "automatic reply",
    "automatic response",
    "automated reply",
    "automated response",
    "out of office autoreply",
    "out of office auto reply",
    "out of office auto-reply",
    "out of office reply",
    "out-of-office reply",
    "out of the office reply",
    "out of office automatic reply",
    "vacation",
    "automatische antwort",
    "abwesenheitsnotiz",
    "abwesenheitsnachricht",
    "automatische rückantwort",
    "automatische abwesenheitsnotiz",
    "abwesenheitsassistent",
    "réponse automatique",
    "reponse automatique",
    "message automatique",
    "absence du bureau",
    "réponse d'absence",
    "respuesta automática",
    "respuesta automatica",
    "fuera de la oficina",
    "ausente de la oficina",
    "risposta automatica",
    "risposta non al computer",
    "fuori sede",
    "fuori ufficio",
    "resposta automática",
    "resposta automatica",
    "ausência temporária",
    "automatisch antwoord",
    "automatische beantwoording",
    "afwezigheidsmelding",
    "autosvar",
    "automatisk svar",
    "automatiskt svar",
    "frånvaro",
    "frånvarande",
    "fraværende",
    "ikke til stede",
    "automaattinen vastaus",
    "poissaoloviesti",
    "poissa",
    "automatyczna odpowiedź",
    "automatická odpověď",
    "automatická odpoveď",
    "automatikus válasz",
    "răspuns automat",
    "автоответ",
    "автоматический ответ",
    "автоматична відповідь",
    "автоматичен отговор",
    "αυτόματη απάντηση",
    "otomatik yanıt",
    "otomatik cevap",
    "自動返信",
    "自动回复",
    "自動回覆",
    "자동 회신",
    "자동 응답",
    "balasan otomatis",
    "ตอบกลับอัตโนมัติ",
    "trả lời tự động",
    "automātiska atbilde",
    "automaatvastus",
    "automatinis atsakymas",
    "samodejni odgovor",
    "automatski odgovor",
    "تلقائي",
    "رد تلقائي",
    "מענה אוטומטי",
];

/// Phrases that only programs put anywhere in a subject.
const AUTOMATIC_SUBJECT_PHRASES: &[&str] = &[
    "automatiska atbilde:",
    "out of office autoreply:",
    "automatic reply:",
    "automatische antwort:",
    "(autoreply)",
    "(auto-reply)",
    "[auto-reply]",
    "[autoreply]",
    "(automatic reply)",
    "[automatic reply]",
];

/// The subject of an automatic reply.
pub(super) fn automatic_subject(facts: &MessageFacts) -> Option<String> {
    if says_no(facts) {
        return None;
    }
    let subject = fold(&facts.subject);
    if has_prefix(&subject) {
        return None;
    }
    let begins = AUTOMATIC_SUBJECTS.iter().any(|sign| {
        let sign = fold(sign);
        let Some(rest) = subject.strip_prefix(sign.as_str()) else {
            return false;
        };
        // A one-word sign needs its colon: "Vacation" alone is a person's subject.
        let rest = rest.trim_start();
        rest.starts_with([':', '：']) || (rest.is_empty() && sign.contains([' ', '-', 'ö', 'ü']))
    });
    let phrase = || {
        AUTOMATIC_SUBJECT_PHRASES
            .iter()
            .any(|sign| subject.contains(sign))
    };
    (begins || phrase() || notes_absence(&subject)).then(|| evidence("Subject", &facts.subject))
}

/// Lotus Notes writes `NAME is out of the office.`, with the period, after a list's mark too.
fn notes_absence(subject: &str) -> bool {
    let plain = subject.trim_end();
    plain.ends_with(" is out of the office.")
        || plain.contains(" is out of the office. (returning ")
}

fn has_prefix(folded_subject: &str) -> bool {
    let mut prefixes = REPLY_PREFIXES.iter().chain(FORWARD_PREFIXES);
    prefixes.any(|prefix| folded_subject.starts_with(prefix))
}

/// Whether the message says that a person sent it (RFC 3834, section 5).
fn says_no(facts: &MessageFacts) -> bool {
    let mut values = facts.field("auto-submitted");
    values.any(|value| super::field::keyword(value) == "no")
}

/// Sentences in the first lines by which a program says that it answers by itself.
const AUTOMATIC_SENTENCES: &[&str] = &[
    "this is an automatic reply",
    "this is an automated reply",
    "this is an auto-reply",
    "this is an automatic response",
    "this is an automated response",
    "this is an auto-response",
    "this is an automatically generated reply",
    "this is an autoreply",
    "this is an automatic acknowledgement",
    "this is an automated acknowledgement",
    "this is an automatic acknowledgment",
    "this is an automated out of office",
    "dies ist eine automatische antwort",
    "dies ist eine automatisch",
    "diese e-mail wurde automatisch",
    "ceci est une réponse automatique",
    "ceci est un message automatique",
    "este es un mensaje automático",
    "esta es una respuesta automática",
    "questa è una risposta automatica",
    "esta é uma resposta automática",
    "dit is een automatisch",
    "detta är ett automatiskt",
    "dette er et automatisk",
    "dette er en automatisk",
    "tämä on automaattinen",
    "to jest automatyczna odpowiedź",
    "this is the only notification you will receive while this person is away",
];

/// The first own lines of an automatic reply. Quoted and forwarded text is left out, so that
/// a person who passes such a reply on stays a person.
pub(super) fn automatic_text(facts: &MessageFacts) -> Option<String> {
    let lines = first_lines(facts)?;
    let sentence = AUTOMATIC_SENTENCES
        .iter()
        .find(|sign| lines.contains(*sign))?;
    Some(format!("text: \"{sentence}\""))
}

/// Sentences that newsletters begin with.
const BULK_SENTENCES: &[&str] = &[
    "view this email in your browser",
    "view this e-mail in your browser",
    "view it in your browser",
    "view in browser",
    "view online version",
    "you are receiving this email because",
    "you are receiving this e-mail because",
    "you received this email because",
    "you are receiving this newsletter",
    "you are subscribed to",
    "to unsubscribe",
    "unsubscribe here",
    "click here to unsubscribe",
    "if you no longer wish to receive",
    "im browser ansehen",
    "im browser anzeigen",
    "newsletter abbestellen",
    "voir dans le navigateur",
    "se désabonner",
    "se désinscrire",
    "ver en el navegador",
    "darse de baja",
    "visualizza nel browser",
    "annulla iscrizione",
    "bekijk in browser",
    "afmelden voor",
    "your subscription",
    "this newsletter",
    "in this issue",
    "in today's issue",
    "in this week's",
    "in dieser ausgabe",
    "dans ce numéro",
    "en este número",
    "in questo numero",
];

/// The first own lines of a newsletter; never of an answer.
pub(super) fn bulk_text(facts: &MessageFacts) -> Option<String> {
    if says_no(facts) || !facts.in_reply_to.is_empty() || has_prefix(&fold(&facts.subject)) {
        return None;
    }
    if let Some(line) = leaving_line(facts) {
        return Some(format!(
            "text: \"{}\"",
            line.chars().take(80).collect::<String>()
        ));
    }
    let lines = first_lines(facts)?;
    let sentence = BULK_SENTENCES.iter().find(|sign| lines.contains(*sign))?;
    Some(format!("text: \"{sentence}\""))
}

/// A line that tells how to leave a list: the word, with a link or an address to do it.
fn leaving_line(facts: &MessageFacts) -> Option<&str> {
    const WORDS: &[&str] = &[
        "unsubscribe",
        "abbestellen",
        "désabonner",
        "désinscrire",
        "darse de baja",
    ];
    const WAYS: &[&str] = &["http", "www.", "mailto:", "click", "klick", "cliquez", "@"];
    facts.text.as_deref()?.lines().find(|line| {
        let line = fold(line);
        let quoted = line.starts_with('>');
        !quoted
            && WORDS.iter().any(|word| line.contains(word))
            && WAYS.iter().any(|way| line.contains(way))
    })
}

fn first_lines(facts: &MessageFacts) -> Option<String> {
    if says_no(facts) {
        return None;
    }
    let own = thanks::own_lines(facts.text.as_deref()?);
    let joined: Vec<&str> = own
        .iter()
        .flat_map(|line| line.split_whitespace())
        .collect();
    Some(fold(&joined.join(" ")))
}

/// Beginnings of subjects that mail systems write when they could not deliver.
const BOUNCE_SUBJECTS: &[&str] = &[
    "undelivered mail returned to sender",
    "undeliverable:",
    "undeliverable mail",
    "undeliverable message",
    "undelivered mail",
    "undelivered message",
    "undeliverable",
    "delivery status notification",
    "delivery notification",
    "delivery failure",
    "delivery failed",
    "delivery report",
    "delivery has failed",
    "delivery error",
    "returned mail:",
    "returned mail",
    "returned email",
    "mail returned",
    "mail delivery failed",
    "mail delivery failure",
    "mail delivery error",
    "mail delivery problem",
    "mail delivery system",
    "mail delivery status",
    "mail delivery",
    "message delivery failure",
    "message undeliverable",
    "message not delivered",
    "failure notice",
    "failure delivery",
    "failed delivery",
    "failed mail",
    "mail could not be delivered",
    "could not send message",
    "warning: could not send message",
    "warning: message",
    "delayed mail",
    "delivery delayed",
    "delivery delay",
    "mail system error",
    "mail error",
    "message status - undeliverable",
    "non remis",
    "non-délivré",
    "nicht zustellbar",
    "unzustellbar",
    "unzustellbare",
    "zustellung fehlgeschlagen",
    "mail konnte nicht zugestellt",
    "rückläufer",
    "no se puede entregar",
    "no entregado",
    "non recapitabile",
    "non recapitato",
    "onbestelbaar",
    "kan inte levereras",
    "不達",
    "配信不能",
    "無法傳遞",
    "未能送达",
    "недоставленное",
    "недоставленное сообщение",
    "nondeliverable mail",
    "nondelivery report",
    "non-delivery",
    "ndn:",
    "dsn:",
    "could not deliver",
    "unable to deliver",
    "user unknown",
    "unknown address",
    "postmaster notify",
    "mdaemon notification",
    "email rejected",
    "message rejected",
    "rejected mail",
    "mail rejected",
    "[bounce] ",
    "error sending message",
    "errore di consegna",
    "returned to sender",
    "cannot deliver",
    "your message could not be delivered",
    "smtp error",
];

/// The subject of a bounce.
pub(super) fn bounce_subject(facts: &MessageFacts) -> Option<String> {
    let subject = fold(&facts.subject);
    let subject = subject.trim_start_matches(['*', '[', ' ', '!']);
    let begins = BOUNCE_SUBJECTS.iter().any(|sign| subject.starts_with(sign));
    begins.then(|| evidence("Subject", &facts.subject))
}

/// Display names under which mail systems write.
const BOUNCE_NAMES: &[&str] = &[
    "mail delivery subsystem",
    "mail delivery system",
    "mail delivery service",
    "mail administrator",
    "internet mail delivery",
    "mailer-daemon",
    "mailer daemon",
    "delivery subsystem",
    "postmaster",
    "mail router",
    "email delivery subsystem",
];

/// What mail systems say of an address that could not be reached.
const BOUNCE_SENTENCES: &[&str] = &[
    "no such user",
    "user unknown",
    "unknown user",
    "invalid user",
    "mailbox unavailable",
    "mailbox not found",
    "could not be delivered",
    "was not delivered",
    "delivery failed",
    "undeliverable",
    "recipient rejected",
    "address rejected",
    "mailbox full",
    "over quota",
];

/// A mail system as the author. A postmaster may be a person who answers, so an answer under
/// that address must also speak of a failure.
pub(super) fn bounce_sender(facts: &MessageFacts) -> Option<String> {
    let answers = is_reply_subject(&facts.subject);
    let failure = || {
        let Some(lines) = first_lines(facts) else {
            return true;
        };
        BOUNCE_SENTENCES.iter().any(|sign| lines.contains(sign))
    };
    let author = facts.from.iter().find(|author| {
        let local = author.address.local();
        let name = fold(author.name.as_deref().unwrap_or_default());
        let named = BOUNCE_NAMES.iter().any(|sign| name.starts_with(sign));
        is_mailer_daemon(local) || ((named || is_postmaster(local)) && (!answers || failure()))
    });
    if let Some(author) = author {
        return Some(evidence("From", &author.address.to_string()));
    }
    // Mail systems may leave out the domain.
    let bare = facts.first_field("from")?;
    let system = is_mailer_daemon(&bare.to_lowercase());
    system.then(|| evidence("From", bare))
}

fn is_mailer_daemon(local: &str) -> bool {
    let solid: String = local.chars().filter(char::is_ascii_alphanumeric).collect();
    solid.starts_with("mailerdaemon")
}

/// Whether a local part is the mail system's own (RFC 5321, section 4.5.1).
pub(super) fn is_postmaster(local: &str) -> bool {
    let solid: String = local.chars().filter(char::is_ascii_alphanumeric).collect();
    solid == "postmaster" || solid == "maildaemon" || solid.starts_with("mailerdaemon")
}

/// Whether a local part says that nobody reads what is sent to it.
pub(super) fn is_no_reply(local: &str) -> bool {
    let solid: String = local.chars().filter(char::is_ascii_alphanumeric).collect();
    const SIGNS: &[&str] = &[
        "noreply",
        "donotreply",
        "dontreply",
        "noresponse",
        "noanswer",
        "nepasrepondre",
        "nichtantworten",
        "keineantwort",
        "noresponder",
        "naoresponda",
        "nonrispondere",
        "donotuse",
        "devnull",
    ];
    SIGNS.iter().any(|sign| solid.contains(sign))
}

/// A list's address in the envelope or in `Sender`.
pub(super) fn list_sender(facts: &MessageFacts) -> Option<String> {
    let paths = ["return-path", "errors-to"];
    let mut found = paths
        .iter()
        .flat_map(|name| facts.field(name).map(move |v| (*name, v)));
    if let Some((name, value)) = found.find(|(_, value)| is_list_path(value)) {
        return Some(evidence(name, value));
    }
    let sender = facts.sender.as_ref()?.address.to_string();
    is_list_path(&sender).then(|| evidence("Sender", &sender))
}

/// `[name] …` sent to `name@…`, as list programs write it, where we are not addressed ourselves.
pub(super) fn list_subject(facts: &MessageFacts, direction: &Direction) -> Option<String> {
    if direction.addressed_to_us {
        return None;
    }
    let rest = facts.subject.strip_prefix('[')?;
    let mark = fold(rest.split(']').next()?);
    let listed = facts
        .recipients()
        .any(|recipient| recipient.local() == mark);
    listed.then(|| evidence("Subject", &facts.subject))
}

fn is_list_path(value: &str) -> bool {
    let value = value.trim().trim_start_matches('<').to_lowercase();
    let local = value
        .rsplit_once('@')
        .map_or(value.as_str(), |(local, _)| local);
    local.starts_with("owner-")
        || local.ends_with("-bounces")
        || local.contains("-bounces+")
        || local.ends_with("-bounce")
        || local.ends_with("-owner")
        || local.ends_with("-admin")
        || (local.starts_with("bounce-") && local.ends_with(|c: char| c.is_ascii_digit()))
}

/// Words in a local part under which nobody but a newsletter writes.
const BULK_WORDS: &[&str] = &[
    "newsletter",
    "newsletters",
    "news",
    "enews",
    "announcement",
    "announcements",
    "announce",
    "mailinglist",
    "subscriptions",
    "subscriber",
    "mailing",
    "mailings",
    "promotions",
    "listmanager",
    "mailer",
];

/// A newsletter's sender, or one made up for a single mailing.
pub(super) fn bulk_sender(facts: &MessageFacts, direction: &Direction) -> Option<String> {
    let address = &direction.author.as_ref()?.address;
    let local = address.local();
    // Newsletters answer nobody; people's programs make up dated addresses too.
    let answers = !facts.in_reply_to.is_empty() || is_reply_subject(&facts.subject);
    let bulk = !answers && (has_word(local, BULK_WORDS) || is_made_up(local));
    bulk.then(|| evidence("From", &address.to_string()))
}

/// A local part that encodes the recipient or the mailing: `body_216095411795471888`.
fn is_made_up(local: &str) -> bool {
    let digits = local.chars().filter(char::is_ascii_digit).count();
    let letters = local.chars().any(|c| c.is_ascii_alphabetic());
    local.starts_with("online#") || (letters && local.len() >= 22 && digits >= 8)
}

/// Words in a local part under which nobody but a program writes.
const PROGRAM_WORDS: &[&str] = &[
    "root",
    "cron",
    "daemon",
    "anacron",
    "nobody",
    "notify",
    "notifier",
    "notification",
    "notifications",
    "alert",
    "alerts",
    "alarm",
    "reminder",
    "reminders",
    "rssfeeds",
    "rss",
    "robot",
    "bot",
    "automailer",
    "autoconfirm",
    "auto-confirm",
    "bounce",
    "bounces",
    "system",
    "nagios",
    "zabbix",
    "monitoring",
    "jenkins",
    "gitlab",
    "jira",
    "builds",
    "uucp",
    "oracle",
    "automated",
    "automatic",
    "autoreply",
    "tracking",
    "listserv",
    "majordomo",
    "mailman",
    "abuse-report",
    "scomp",
    "arsystem",
];

/// A program's address.
pub(super) fn program_sender(direction: &Direction) -> Option<String> {
    let author = direction.author.as_ref()?;
    let local = author.address.local();
    let program = is_no_reply(local)
        || is_postmaster(local)
        || has_word(local, PROGRAM_WORDS)
        || local.ends_with("-request");
    program.then(|| evidence("From", &author.address.to_string()))
}

fn has_word(local: &str, words: &[&str]) -> bool {
    local
        .split(['.', '-', '_', '+', '='])
        .any(|word| words.contains(&word))
        || words.contains(&local)
}

/// Subjects that programs write by themselves.
pub(super) fn program_subject(facts: &MessageFacts) -> Option<String> {
    let subject = fold(&facts.subject);
    const SIGNS: &[&str] = &["cron <", "anacron job ", "[cron] ", "logwatch for "];
    let begins = SIGNS.iter().any(|sign| subject.starts_with(sign));
    begins.then(|| evidence("Subject", &facts.subject))
}
