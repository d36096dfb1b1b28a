//! What keeps a mail of the team's from being an answer, though no rule calls it a machine's.
//!
//! A mail taken for an answer stops a clock, and nobody is reminded any more; one that is not costs
//! a reminder at most. So of the team's own robots less is asked than of a client's: one sentence
//! of theirs is enough, without a second sign.

use super::super::facts::Oddity;
use super::examination::Examination;
use super::field::evidence;
use super::signs;
use super::text::fold;
use super::words::{CALENDAR_ANSWERS, REACTIONS};
use super::{Reason, avowal, form, letter, office, signature, thanks};

/// Why a person's mail of the team's stops no clock; `None` if it may.
pub(super) fn refusal(e: &Examination<'_>) -> Option<Reason> {
    let because = |rule, evidence: String| Some(Reason { rule, evidence });
    if e.direction.addressed.is_empty() {
        let found = "no client's address in To or Cc".to_owned();
        return because("no-client-addressed", found);
    }
    refusal_of_text(e)
}

/// The same, whoever it is addressed to.
pub(super) fn refusal_of_text(e: &Examination<'_>) -> Option<Reason> {
    let because = |rule, evidence: String| Some(Reason { rule, evidence });
    if e.facts.oddities.contains(&Oddity::SeveralFromFields) {
        let found = "From stands there more than once".to_owned();
        return because("several-from-fields", found);
    }
    if e.says_no() {
        return None;
    }
    if is_calendar_answer(e) {
        return because("calendar-answer", evidence("Subject", &e.facts.subject));
    }
    if let Some(sentence) = signs::automatic_sentence(e.facts).or_else(|| program_sentence(e)) {
        return because("automatic-sentence", format!("text: \"{sentence}\""));
    }
    if let Some(found) = office::program(e) {
        return because("office-program", found);
    }
    let copy = is_writers_copy(e);
    copy.then(|| Reason {
        rule: "copy-of-a-form",
        evidence: "text: what the client himself filled in".to_owned(),
    })
}

/// What calendar programs put before the subject of an invitation they answer, above a text that
/// says nothing else. People accept offers under such subjects, too.
fn is_calendar_answer(e: &Examination<'_>) -> bool {
    let head = e.subject.split_once([':', '：']);
    head.is_some_and(|(head, _)| CALENDAR_ANSWERS.contains(&head.trim())) && says_nothing(e)
}

/// Whether nobody has written more than a name, beside what programs repeat of a meeting: its
/// fields (`When: …`).
fn says_nothing(e: &Examination<'_>) -> bool {
    const WORDS_MAX: usize = 6;
    const FIELD_WORDS_MAX: usize = 2;
    let own = thanks::own_lines(e.facts.text.as_deref().unwrap_or_default());
    let is_field = |line: &str| {
        let name = line.split_once(':').map(|(name, _)| name);
        name.is_some_and(|name| name.split_whitespace().count() <= FIELD_WORDS_MAX)
    };
    let said = own.iter().filter(|line| !is_field(line));
    let count: usize = said.map(|line| line.split_whitespace().count()).sum();
    let asks = own.iter().any(|line| line.contains(['?', '？']));
    !asks && count <= WORDS_MAX
}

/// A sentence by which a program says that it wrote, or that somebody merely pressed a button.
fn program_sentence(e: &Examination<'_>) -> Option<&'static str> {
    let text = e.facts.text.as_deref()?;
    let reaction = || {
        let own = fold(&thanks::unquoted_lines(text).join(" "));
        signs::sentence(&own, REACTIONS)
    };
    let found = avowal::of_program(text).or_else(reaction);
    found.filter(|_| !letter::is_persons(e) && !signature::is_by_hand(e))
}

/// Whether a page or an office shows a client what he filled in, and nobody has written anything.
/// What a colleague writes down for a client (`E-mail: …`, `Password: …`) he has written.
fn is_writers_copy(e: &Examination<'_>) -> bool {
    let mut addressed = e.direction.addressed.iter();
    !e.answers()
        && e.facts.references.is_empty()
        && addressed.any(|client| form::has_fields_of(e.facts, &client.contact))
        && office::may_be_pages(e)
        && !letter::is_persons(e)
}
