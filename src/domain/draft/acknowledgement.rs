//! The acknowledgement of receipt to a client: plain text, in the client's language.
//!
//! It repeats nothing of the client's mail but the subject and greets nobody by name: the
//! sender may be forged, and a reply that carries a stranger's words would be their spam.

use minijinja::context;

use super::language::{Language, primary};
use super::wording::{NAME_CHARS_MAX, SUBJECT_CHARS_MAX, one_line, zone_label};
use super::{Acknowledgement, Letterhead, Mail, REFERENCES_MAX, Templates, common_headers};
use crate::domain::address::Author;
use crate::domain::ids::MessageId;

/// What mail programs put before the subject of a reply.
const REPLY_MARKS: [&str; 7] = ["re", "aw", "antw", "sv", "vs", "res", "rif"];

pub(super) fn render(
    draft: &Acknowledgement,
    letterhead: &Letterhead,
    templates: &Templates,
) -> Mail {
    let team = one_line(&draft.team, NAME_CHARS_MAX);
    let code = primary(&draft.language);
    let spoken = Language::parse(&code);
    let wanted = format!("acknowledgement.{code}.txt.j2");
    let template = if templates.has(&wanted) {
        wanted
    } else {
        "acknowledgement.en.txt.j2".to_owned()
    };
    let answer_by = draft.answer_by.map(|at| match spoken {
        Some(language) => language.moment(at, draft.zone),
        // A language we only know by an override: a date nobody misreads.
        None if template.contains(&format!(".{code}.")) => format!(
            "{} {}",
            at.with_timezone(&draft.zone).format("%Y-%m-%d %H:%M"),
            zone_label(at, draft.zone)
        ),
        None => Language::English.moment(at, draft.zone),
    });
    let text = templates.render(
        &template,
        &context! { team => team, answer_by => answer_by },
    );
    let mut headers = common_headers(letterhead, "auto-replied");
    headers.push(("Precedence", "auto_reply".to_owned()));
    Mail {
        message_id: letterhead.message_id.clone(),
        date: letterhead.now,
        from: Author {
            address: draft.from.clone(),
            name: (!team.is_empty()).then_some(team),
        },
        to: letterhead.to.clone(),
        envelope_sender: None,
        subject: reply_subject(&draft.subject, spoken.unwrap_or(Language::English)),
        in_reply_to: draft.in_reply_to.clone(),
        references: references(draft),
        headers,
        text,
        html: None,
    }
}

/// `Re: ` once, whatever the subject begins with already.
fn reply_subject(subject: &str, language: Language) -> String {
    let line = one_line(subject, SUBJECT_CHARS_MAX * 2);
    let mut rest = line.as_str();
    while let Some((mark, tail)) = rest.split_once(':') {
        let mark = mark.trim().to_ascii_lowercase();
        let mark = mark.split('[').next().unwrap_or_default();
        if !REPLY_MARKS.contains(&mark) {
            break;
        }
        rest = tail.trim_start();
    }
    let named = if rest.is_empty() {
        language.nameless_mail()
    } else {
        rest
    };
    one_line(&format!("Re: {named}"), SUBJECT_CHARS_MAX)
}

/// The references of the mail and the mail itself (RFC 5322, section 3.6.4); of a long chain
/// the first and the newest, which keeps the thread together everywhere.
fn references(draft: &Acknowledgement) -> Vec<MessageId> {
    let mut chain: Vec<MessageId> = Vec::new();
    for id in draft.references.iter().chain(&draft.in_reply_to) {
        chain.retain(|known| known != id);
        chain.push(id.clone());
    }
    if chain.len() > REFERENCES_MAX {
        let newest = chain.len() - (REFERENCES_MAX - 1);
        chain.drain(1..newest);
    }
    chain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reply_mark_is_never_doubled() {
        for (subject, reply) in [
            ("Invoice", "Re: Invoice"),
            ("Re: Invoice", "Re: Invoice"),
            ("RE: AW: Re[2]: Invoice", "Re: Invoice"),
            ("Rebate: 5%", "Re: Rebate: 5%"),
            ("", "Re: your message"),
            ("Re:", "Re: your message"),
        ] {
            assert_eq!(reply_subject(subject, Language::English), reply);
        }
    }
}
