//! `[replies]`: how our mails to the team can be answered with a word.

use std::collections::BTreeMap;

use super::MailboxSettings;
use super::kinds::{LANGUAGE, NAME, VERBATIM};
use super::promises::refers;
use super::review::quoted;
use super::section::Section;
use super::service::duration;
use crate::domain::decide::VALID_FOR_MAX;
use crate::domain::ids::MailboxName;
use crate::domain::reply::{BASE_OCTETS_MAX, LANGUAGES, Replies};

const DAY: u64 = 24 * 3600;

/// What `[replies]` says; `None` where our mails can't be answered.
pub(super) fn replies(
    section: &Section<'_>,
    mailboxes: &BTreeMap<MailboxName, MailboxSettings>,
) -> Option<Replies> {
    let mailbox = section.one("mailbox", &NAME);
    let plus = section.flag("plus", true);
    let detail = section.one("detail", &VERBATIM);
    let least_days = 1;
    let most = VALID_FOR_MAX.as_secs();
    let valid_for = duration(section, "valid_for", least_days * DAY, most, 14 * DAY);
    let languages = section.many("languages", &LANGUAGE).unwrap_or_default();
    section.finish();
    for found in &languages {
        if !LANGUAGES.contains(&found.value.as_str()) {
            let what = format!(
                "the words of {} are not known; write some of {}",
                quoted(&found.value),
                LANGUAGES.map(quoted).join(", ")
            );
            section.review().refuse(found, &what);
        }
    }
    if let Some(found) = detail.as_ref().filter(|own| !is_separator(&own.value)) {
        let what = format!(
            "{} can't stand before the detail of an address; write \"+\", or what your mail server uses, such as \"-\"",
            quoted(&found.value)
        );
        section.review().refuse(found, &what);
    }
    let mailbox = mailbox?;
    let names: Vec<String> = mailboxes.keys().map(ToString::to_string).collect();
    if !refers(section, &mailbox, "mailbox", names.iter()) {
        return None;
    }
    let own = mailboxes.get(&MailboxName::new(&mailbox.value))?;
    let Some(address) = own.address.clone() else {
        let what = format!(
            "mailboxes.{} has no address to answer to; write address = \"clients@northwind.example\" there",
            own.name
        );
        section.review().refuse(&mailbox, &what);
        return None;
    };
    if !own
        .folders
        .iter()
        .any(|own| own.eq_ignore_ascii_case("INBOX"))
    {
        let what = format!(
            "{} does not watch INBOX, where answers arrive unless a rule of the mailbox files them elsewhere; add \"INBOX\" to its folders, or see that they come into one of them",
            quoted(&mailbox.value)
        );
        section.review().warn(&mailbox, &what);
    }
    if plus && address.local().len() > BASE_OCTETS_MAX {
        let what = format!(
            "the address of {} is too long for a detail; write plus = false, or name a mailbox with at most {BASE_OCTETS_MAX} letters before the @",
            quoted(&mailbox.value)
        );
        section.review().warn(&mailbox, &what);
    }
    Some(Replies {
        address,
        plus,
        detail: detail.map_or_else(|| "+".to_owned(), |found| found.value),
        valid_for,
        languages: languages.into_iter().map(|found| found.value).collect(),
    })
}

/// Whether it is one character that may stand in a local part and in no token.
fn is_separator(text: &str) -> bool {
    matches!(text, "+" | "-" | "=" | "_" | "." | "#" | "~" | "!")
}
