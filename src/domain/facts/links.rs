//! The links of an HTML text: a newsletter's way out is one, whatever its words.

use mail_parser::{Message, PartType};

use super::header::one_line;
use super::{LINK_CHARS_MAX, LINKS_MAX};

/// The links of a message's HTML texts, in order: each link's text and target on one line.
pub(super) fn read(message: &Message<'_>) -> Vec<String> {
    let mut links = Vec::new();
    for part in &message.parts {
        if let PartType::Html(html) = &part.body {
            links_of(html, &mut links);
        }
    }
    if links.len() > LINKS_MAX {
        links.drain(..links.len() - LINKS_MAX);
    }
    links
}

fn links_of(html: &str, links: &mut Vec<String>) {
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        if !opens_link(rest) {
            continue;
        }
        let Some((tag, after)) = rest.split_once('>') else {
            return;
        };
        // What has no target is no link.
        if let Some(target) = target(tag) {
            let words = words(after);
            links.push(one_line(&[&words, " ", target].concat(), LINK_CHARS_MAX));
        }
        rest = after;
    }
}

/// Whether a tag, without its bracket, is that of a link.
fn opens_link(tag: &str) -> bool {
    let name = tag.as_bytes();
    name.first().is_some_and(|byte| matches!(byte, b'a' | b'A'))
        && name.get(1).is_some_and(u8::is_ascii_whitespace)
}

/// The value of a tag's `href`, with or without its quotes.
fn target(tag: &str) -> Option<&str> {
    let mut words = tag.as_bytes().windows(4);
    let at = words.position(|word| word.eq_ignore_ascii_case(b"href"))?;
    let value = tag[at + 4..].trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
    let value = match quote {
        Some(quote) => value[1..].split(quote).next(),
        None => value.split_ascii_whitespace().next(),
    };
    value.filter(|target| !target.is_empty())
}

/// A link's text: what stands before the end of the link, tags left out.
fn words(after: &str) -> String {
    let mut pieces = after.split('<');
    let mut words = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (tag, text) = piece.split_once('>').unwrap_or((piece, ""));
        // A link may end where the next begins.
        let ends = tag.trim_end().eq_ignore_ascii_case("/a") || opens_link(tag);
        if ends || words.len() > LINK_CHARS_MAX {
            break;
        }
        words.push(' ');
        words.push_str(text);
    }
    words
}
