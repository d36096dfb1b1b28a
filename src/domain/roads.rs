//! What roads other than mail are told: chats, webhooks, commands.
//!
//! Vocabulary: a *payload* is the JSON that a road is handed. Its `id` is the same however often
//! it is handed over, so that what comes twice can be known. What it repeats of the outside can't
//! mention everybody in a chat, nor be a link.

use serde_json::{Value, json};

use super::draft::{CaseLine, Draft, Mail};
use super::notifications::Occasion;
use super::outbox::OutboxRow;
use super::policy::Clock;
use super::time::Timestamp;

/// The most cases a chat shows; the others are counted.
const CASES_SHOWN_MAX: usize = 10;

/// The most characters that are shown of a client's name or subject.
const TEXT_CHARS_MAX: usize = 150;

/// The version of the payload of webhooks and commands.
const SCHEMA: u32 = 1;

/// What is at the other end of a road.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoadKind {
    /// An incoming webhook of Slack.
    Slack,
    /// A workflow of Microsoft Teams that takes webhooks.
    Teams,
    /// An incoming webhook of Mattermost.
    Mattermost,
    /// Anything that takes JSON.
    Webhook,
    /// A command that takes JSON on its standard input.
    Command,
}

impl RoadKind {
    /// The word used in the configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Slack => "slack",
            Self::Teams => "teams",
            Self::Mattermost => "mattermost",
            Self::Webhook => "webhook",
            Self::Command => "command",
        }
    }
}

/// Where a webhook is.
#[derive(Clone, PartialEq, Eq)]
pub struct Place {
    /// Whether TLS protects the way there.
    pub is_protected: bool,
    /// The host.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Path and query. Often a secret: whoever knows it may write there.
    pub path: String,
}

impl Place {
    /// Takes an address apart. Without TLS it must be this machine's own. What is wrong is told
    /// without the address, which is a secret.
    pub fn parse(url: &str) -> Result<Self, &'static str> {
        const HTTPS: &str =
            "write one that begins with https:// (http:// is for this machine only)";
        let url = url.trim();
        let (is_protected, rest) = match (url.strip_prefix("https://"), url.strip_prefix("http://"))
        {
            (Some(rest), _) => (true, rest),
            (None, Some(rest)) => (false, rest),
            (None, None) => return Err(HTTPS),
        };
        if !rest.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("it holds blanks or letters that no address has; write it as it was given");
        }
        let rest = rest.split('#').next().unwrap_or(rest);
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        if authority.contains('@') {
            return Err("a name or password stands before its host; write it without");
        }
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => {
                let port = port.parse().ok().filter(|port| *port > 0);
                (
                    host,
                    port.ok_or("its port is no number; write one from 1 to 65535")?,
                )
            }
            _ => (authority, if is_protected { 443 } else { 80 }),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        if host.is_empty() {
            return Err("it has no host; write https:// and a host");
        }
        let numbers = host.split('.').filter(|part| part.parse::<u8>().is_ok());
        let is_loopback = host.starts_with("127.") && numbers.count() == 4;
        let is_own = host == "localhost" || host == "::1" || is_loopback;
        if !is_protected && !is_own {
            return Err(HTTPS);
        }
        let slash = if path.starts_with('/') { "" } else { "/" };
        Ok(Self {
            is_protected,
            host: host.to_owned(),
            port,
            path: format!("{slash}{path}"),
        })
    }
}

/// The path is a secret.
impl std::fmt::Debug for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Place({}:{}, …)", self.host, self.port)
    }
}

/// What a road is told: `mail` is what would go out by mail, and lends its subject.
pub fn payload(kind: RoadKind, row: &OutboxRow, draft: &Draft, mail: &Mail) -> String {
    let lines = lines(draft);
    let value = match kind {
        RoadKind::Slack => slack(lines, mail),
        RoadKind::Teams => teams(lines, mail),
        RoadKind::Mattermost => mattermost(row, lines, mail),
        RoadKind::Webhook | RoadKind::Command => plain(row, lines, mail),
    };
    value.to_string()
}

fn lines(draft: &Draft) -> &[CaseLine] {
    match draft {
        Draft::Reminder(lines)
        | Draft::Escalation(lines)
        | Draft::Summary(lines)
        | Draft::StandIn(lines)
        | Draft::Back(lines)
        | Draft::Acknowledged(lines)
        | Draft::AcknowledgementHeld { lines, .. } => &lines.lines,
        Draft::Acknowledgement(_)
        | Draft::Morning(_)
        | Draft::Weekly(_)
        | Draft::Confirmation(_)
        | Draft::Notice { .. } => &[],
    }
}

// --- The payload of webhooks and commands: docs/roads.md tells its fields.

fn plain(row: &OutboxRow, lines: &[CaseLine], mail: &Mail) -> Value {
    let occasions = row
        .keys
        .iter()
        .filter_map(|key| Occasion::of(&row.purpose, key));
    let cases: Vec<Value> = lines.iter().map(|line| plain_case(row, line)).collect();
    let readers = row.road.iter().flat_map(|road| &road.readers);
    let mut recipients: Vec<String> = readers.map(|reader| reader.to.to_string()).collect();
    recipients.sort_unstable();
    recipients.dedup();
    json!({
        "schema": SCHEMA,
        "id": row.message_id.as_str(),
        "event": occasions.max().map(Occasion::as_str),
        "summary": mail.subject,
        "sent_at": moment(mail.date),
        "recipients": recipients,
        "cases": cases,
    })
}

fn plain_case(row: &OutboxRow, line: &CaseLine) -> Value {
    let key = row.keys.iter().find(|key| key.case == line.case);
    let stage = key.and_then(|key| Occasion::of(&row.purpose, key));
    let readers = row.road.iter().flat_map(|road| &road.readers);
    let told = readers.filter(|own| own.keys.iter().any(|key| key.case == line.case));
    let recipients: Vec<String> = told.map(|reader| reader.to.to_string()).collect();
    json!({
        "case": line.case.0,
        "stage": stage.map(Occasion::as_str),
        "client": line.client,
        "subject": line.subject,
        "received_at": moment(line.received_at),
        "due_at": line.due_at.map(moment),
        "owed": match line.clock {
            Clock::Acknowledge => "response",
            Clock::Answer => "answer",
        },
        "unanswered": line.unanswered,
        "urgent": line.urgent,
        "suspicious": line.suspicious,
        "message_id": line.message_id.as_ref().map(|id| id.as_str()),
        "mid": line.message_id.as_ref().map(|id| format!("mid:{}", percent(id.as_str()))),
        "recipients": recipients,
    })
}

fn moment(at: Timestamp) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

/// What may stand in a `mid:` link (RFC 2392) as it is.
fn percent(id: &str) -> String {
    let mut link = String::new();
    for byte in id.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'@' | b'.' | b'-' | b'_' | b'~' => {
                link.push(char::from(byte));
            }
            _ => link.push_str(&format!("%{byte:02X}")),
        }
    }
    link
}

// --- Chats

fn slack(lines: &[CaseLine], mail: &Mail) -> Value {
    let title = for_slack(&mail.subject);
    let mut text = format!("*{title}*");
    for line in told(lines, for_slack, "•") {
        text.push_str(&format!("\n{line}"));
    }
    json!({
        "text": title,
        "unfurl_links": false,
        "unfurl_media": false,
        "blocks": [{ "type": "section", "text": { "type": "mrkdwn", "text": text } }],
    })
}

fn teams(lines: &[CaseLine], mail: &Mail) -> Value {
    let mut body = vec![json!({
        "type": "TextBlock",
        "text": for_markdown(&mail.subject),
        "weight": "bolder",
        "wrap": true,
    })];
    for line in told(lines, for_markdown, "") {
        body.push(json!({ "type": "TextBlock", "text": line, "wrap": true, "spacing": "small" }));
    }
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
            "content": {
                "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                "type": "AdaptiveCard",
                "version": "1.4",
                "body": body,
            },
        }],
    })
}

fn mattermost(row: &OutboxRow, lines: &[CaseLine], mail: &Mail) -> Value {
    let mut text = format!("**{}**", for_markdown(&mail.subject));
    for line in told(lines, for_markdown, "-") {
        text.push_str(&format!("\n{line}"));
    }
    json!({ "text": text, "props": { "ackd": plain(row, lines, mail) } })
}

/// One line for each case, as far as they are shown.
fn told(lines: &[CaseLine], escaped: fn(&str) -> String, mark: &str) -> Vec<String> {
    let shown = lines.iter().take(CASES_SHOWN_MAX);
    let mut told: Vec<String> = shown
        .map(|line| {
            let mut parts = vec![line.client.clone(), line.subject.clone()];
            parts.extend(line.due_at.map(|due_at| {
                let due_at = due_at.with_timezone(&line.zone);
                format!("due {}", due_at.format("%a %-d %b, %H:%M (%Z)"))
            }));
            parts.push(format!("case {}", line.case));
            if line.urgent {
                parts.insert(0, "urgent".to_owned());
            }
            parts.retain(|part| !part.is_empty());
            let parts: Vec<String> = parts.iter().map(|part| escaped(part)).collect();
            format!("{mark} {}", parts.join(" · ")).trim().to_owned()
        })
        .collect();
    let more = lines.len().saturating_sub(CASES_SHOWN_MAX);
    if more > 0 {
        told.push(format!("{mark} and {more} more").trim().to_owned());
    }
    told
}

/// One line that mentions nobody: a blank of no width stands behind each `@`.
fn tame(text: &str) -> String {
    let mut tame = String::new();
    for c in text.chars().take(TEXT_CHARS_MAX) {
        match c {
            '@' => tame.push_str("@\u{200b}"),
            c if c.is_control() => tame.push(' '),
            c => tame.push(c),
        }
    }
    tame
}

/// Slack reads `<…>` as links and mentions, and `&` as the beginning of one of the three.
fn for_slack(text: &str) -> String {
    let text = tame(text).replace('&', "&amp;");
    text.replace('<', "&lt;").replace('>', "&gt;")
}

/// Markdown reads these as links, pictures, code and the like.
fn for_markdown(text: &str) -> String {
    let mut escaped = String::new();
    for c in tame(text).chars() {
        if "\\`*_[]()#!<>|~".contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}
