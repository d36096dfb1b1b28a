//! What is kept of a mail for those who ask later: why it was judged as it was, and its subject.

use super::Step;
use super::arrivals::Judged;
use crate::domain::classify::Reason;
use crate::domain::commit::{EVIDENCE_CHARACTERS_MAX, KeptReason};

/// How much of a subject is kept, in characters.
const SUBJECT_CHARACTERS_MAX: usize = 200;

/// The subject of a mail, as far as it is kept.
pub(super) fn shortened_subject(message: &Judged) -> String {
    let subject = message.arrived.facts.subject.chars();
    subject.take(SUBJECT_CHARACTERS_MAX).collect()
}

impl Step<'_> {
    /// Of old mail, of which a first read brings much, nobody asks any more.
    pub(super) fn keep_reasons(&mut self, message: &Judged) {
        if !self.leaves_traces(message) {
            return;
        }
        let keep_subjects = self.rules.keep_subjects;
        let reasons = message.verdict.reasons.iter();
        let reasons = reasons.map(|reason| kept(reason, keep_subjects));
        let reasons = (message.key, reasons.collect());
        self.decisions.commit.reasons.push(reasons);
    }

    /// A mail that is separated from its case later bears its own subject.
    pub(super) fn keep_subject(&mut self, message: &Judged) {
        if self.leaves_traces(message) && self.rules.keep_subjects {
            let subject = (message.key, shortened_subject(message));
            self.decisions.commit.subjects.push(subject);
        }
    }
}

/// Whether evidence quotes the subject: it names the field (`Subject: …`), or says that what it
/// quotes stands there (`"dringend" in the subject`).
fn tells_subject(evidence: &str) -> bool {
    let folded = evidence.to_lowercase();
    folded.starts_with("subject") || folded.contains("in the subject")
}

/// A reason as it is kept. Where subjects are not, nothing that stands in one is.
fn kept(reason: &Reason, keep_subjects: bool) -> KeptReason {
    let evidence = match reason.rule {
        // The name of an invitation's file is mostly its subject.
        "calendar-type" if !keep_subjects => "in Content-Type",
        _ if keep_subjects || !tells_subject(&reason.evidence) => &reason.evidence,
        _ => "in the subject",
    };
    let evidence: String = evidence.chars().take(EVIDENCE_CHARACTERS_MAX).collect();
    KeptReason {
        rule: reason.rule.to_owned(),
        evidence,
    }
}
