//! The acknowledgement of receipt to a client: plain text, in the client's language.
//!
//! It repeats nothing of the client's mail but the subject and the name of who wrote, and that only
//! if it can be nothing else than a name ([`greetable`]): the sender may be forged, and a reply
//! that carries a stranger's words would be their spam.

use minijinja::{Value, context};

use super::templates::IN_ENGLISH;
use super::wording::{
    CLIENT_SUBJECT_CHARS_MAX, NAME_CHARS_MAX, SUBJECT_CHARS_MAX, one_line, zone_label,
};
use super::{Acknowledgement, Letterhead, Mail, REFERENCES_MAX, Templates, common_headers};
use crate::domain::address::Author;
use crate::domain::ids::MessageId;
use crate::domain::language::{Language, primary};

/// What mail programs put before the subject of a reply.
const REPLY_MARKS: [&str; 11] = [
    "re", "aw", "antw", "sv", "vs", "res", "rif", "ref", "odp", "回复", "答复",
];

/// What Italian programs write for `Re:`; elsewhere one letter is no mark.
const ITALIAN_REPLY_MARK: &str = "r";

pub(super) fn render(
    draft: &Acknowledgement,
    letterhead: &Letterhead,
    templates: &Templates,
) -> Mail {
    let team = one_line(&draft.team, NAME_CHARS_MAX);
    let code = primary(&draft.language);
    let spoken = Language::parse(&code);
    let (template, is_own) = match templates.acknowledgement_in(&code) {
        Some(name) => (name, true),
        None => (IN_ENGLISH.to_owned(), false),
    };
    let answer_by = draft.answer_by.map(|at| match spoken {
        // A language we only know by an override: a date nobody misreads.
        None if is_own => {
            let local = at.with_timezone(&draft.zone).format("%Y-%m-%d %H:%M");
            format!("{local} {}", zone_label(at, draft.zone))
        }
        spoken => {
            let language = spoken.unwrap_or(Language::English);
            language.moment(at, letterhead.now, draft.zone)
        }
    });
    let text = templates.render(&template, &values(draft, &team, answer_by));
    let mut headers = common_headers(letterhead, "auto-replied");
    headers.push(("Precedence", "auto_reply".to_owned()));
    // It is the sender, too; but a relay may rewrite that one.
    let answered_at = draft.from.to_string();
    if answered_at.is_ascii() {
        headers.push(("Reply-To", answered_at));
    }
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

/// The names a template may use, for those who write one, with what each stands for. The first
/// two are always there; what is missing of the others is empty.
pub const VARIABLES: [(&str, &str); 8] = [
    ("team", "the team's name"),
    ("client", "the client's name"),
    ("contact", "who wrote, as they wrote their name"),
    ("subject", "the subject of the mail"),
    ("answer_by", "by when a person will answer"),
    ("owner", "who will answer"),
    (
        "closed_for",
        "the holiday for which you are closed until then",
    ),
    ("closed_today", "\"yes\" if that holiday is today"),
];

/// How many of [`VARIABLES`] are always there.
const GIVEN: usize = 2;

/// Made-up values, with each of the optional ones there and missing in every combination.
pub(super) fn trial_values() -> Vec<Value> {
    let combinations = 0..1_u32 << (VARIABLES.len() - GIVEN);
    let given = |combination: u32| {
        let values = VARIABLES.iter().enumerate().map(|(at, (name, _))| {
            let is_there = at < GIVEN || combination & (1 << (at - GIVEN)) != 0;
            (*name, if is_there { "Something" } else { "" })
        });
        Value::from_iter(values)
    };
    combinations.map(given).collect()
}

fn values(draft: &Acknowledgement, team: &str, answer_by: Option<String>) -> Value {
    let name = draft.contact.name.as_deref().unwrap_or_default();
    let optional = |text: &Option<String>| one_line(text.as_deref().unwrap_or(""), NAME_CHARS_MAX);
    context! {
        team => team,
        client => one_line(&draft.client, NAME_CHARS_MAX),
        contact => greetable(name).unwrap_or_default(),
        subject => one_line(&draft.subject, CLIENT_SUBJECT_CHARS_MAX),
        answer_by => answer_by.unwrap_or_default(),
        owner => optional(&draft.owner),
        closed_for => optional(&draft.closed_for),
        closed_today => if draft.closed_today { "yes" } else { "" },
    }
}

/// The longest name we greet by, in characters.
const GREETED_CHARS_MAX: usize = 40;

/// The name as it was written, if it is one: letters, with what joins them in names. Whatever
/// could be an address, a number or a link is left out, and so is a list ("Bell, Anna") and a lone
/// word in small letters, which is rather a mailbox ("info").
fn greetable(name: &str) -> Option<String> {
    let name = one_line(name, GREETED_CHARS_MAX + 1);
    let is_short = name.chars().count() <= GREETED_CHARS_MAX;
    let all_names = name.split(' ').all(|word| {
        // A dot ends a word ("Dr. Bell"); within one it would make a link of it.
        let word = word.strip_suffix('.').unwrap_or(word);
        let joins = |c: char| matches!(c, '-' | '\'' | '\u{2019}');
        word.chars().any(char::is_alphabetic)
            && word
                .chars()
                .all(|c| c.is_alphabetic() || joins(c) || is_mark(c))
    });
    let has_letters = name.chars().filter(|c| c.is_alphabetic()).count() >= 2;
    let is_mailbox = name.chars().all(char::is_lowercase);
    (is_short && all_names && has_letters && !is_mailbox).then_some(name)
}

/// A combining mark, as decomposed letters have them.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

/// `Re: ` once, whatever the subject begins with already.
fn reply_subject(subject: &str, language: Language) -> String {
    let line = one_line(subject, SUBJECT_CHARS_MAX * 2);
    let named = match without_reply_marks(&line, language) {
        "" => language.nameless_mail(),
        rest => rest,
    };
    one_line(&format!("Re: {named}"), SUBJECT_CHARS_MAX)
}

/// What follows the marks of an answer at the beginning of a subject: `RE: AW: Re[2]:`.
pub(super) fn without_reply_marks(subject: &str, language: Language) -> &str {
    let mut rest = subject.trim_start();
    while let Some((mark, tail)) = rest.split_once([':', '：']) {
        let mark = mark.trim().to_lowercase();
        let mark = mark.split(['[', '(']).next().unwrap_or_default().trim();
        let is_italian = language == Language::Italian && mark == ITALIAN_REPLY_MARK;
        if !REPLY_MARKS.contains(&mark) && !is_italian {
            break;
        }
        rest = tail.trim_start();
    }
    rest
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
    fn only_what_can_be_nothing_but_a_name_is_greeted() {
        for name in [
            "Anna Bell",
            "anna bell",
            "J. R. O'Neill",
            "Zoë-Marie Strauß",
            "山田太郎",
        ] {
            assert_eq!(greetable(name).as_deref(), Some(name));
        }
        for name in [
            "",
            "A",
            "Bell, Anna",
            "info",
            "Win 1000 now",
            "shop.example",
            "anna@acme.example",
            "Anna (Acme)",
            "http://x.example",
            "Anna Bell who has a very long name that never ends",
        ] {
            assert_eq!(greetable(name), None, "{name}");
        }
    }

    #[test]
    fn the_reply_mark_is_never_doubled() {
        for (subject, reply) in [
            ("Invoice", "Re: Invoice"),
            ("Re: Invoice", "Re: Invoice"),
            ("RE: AW: Re[2]: Invoice", "Re: Invoice"),
            ("Rebate: 5%", "Re: Rebate: 5%"),
            ("", "Re: your message"),
            ("Re:", "Re: your message"),
            ("Re : Sv(3): 回复：Invoice", "Re: Invoice"),
            ("R: what we plot it with", "Re: R: what we plot it with"),
        ] {
            assert_eq!(reply_subject(subject, Language::English), reply);
        }
        let italian = reply_subject("R: RE: Fattura", Language::Italian);
        assert_eq!(italian, "Re: Fattura");
    }
}
