//! The mail to a person of the team that says what became of their answer.
//!
//! One line, in the thread of the answer, with the null sender: it is no reminder, and no program
//! may answer it.

use minijinja::context;

use super::acknowledgement::without_reply_marks;
use super::team::{ANSWERS, root};
use super::templates::NOTICE_TEXT;
use super::wording::{SUBJECT_CHARS_MAX, one_line, several_lines, tidy_author};
use super::{Confirmation, Letterhead, Mail, Templates, common_headers};
use crate::domain::language::Language;

pub(super) fn render(draft: &Confirmation, letterhead: &Letterhead, templates: &Templates) -> Mail {
    let answered = one_line(&draft.subject, SUBJECT_CHARS_MAX);
    let answered = without_reply_marks(&answered, Language::English);
    let subject = one_line(&format!("Re: {answered}"), SUBJECT_CHARS_MAX);
    let mut text = several_lines(&draft.text);
    if letterhead.replies.is_some() {
        text.push_str("\n\n");
        text.push_str(ANSWERS);
    }
    let references = root(draft.cases.iter().copied(), letterhead)
        .into_iter()
        .chain(draft.answers.clone())
        .collect();
    let values = context! { subject => subject, text => text };
    Mail {
        message_id: letterhead.message_id.clone(),
        date: letterhead.now,
        from: tidy_author(&letterhead.from),
        to: letterhead.to.clone(),
        envelope_sender: None,
        subject,
        in_reply_to: draft.answers.clone(),
        references,
        headers: common_headers(letterhead, "auto-replied"),
        text: templates.render(NOTICE_TEXT, &values),
        html: None,
    }
}
