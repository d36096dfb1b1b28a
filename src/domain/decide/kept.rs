//! What is kept of a mail for those who ask later: why it was judged as it was, and its subject.

use super::Step;
use super::arrivals::Judged;
use crate::domain::classify::Reason;
use crate::domain::commit::{EVIDENCE_CHARACTERS_MAX, KeptReason};
use crate::domain::digest::{ASIDES_BACK, Aside, AsideKind};
use crate::domain::ids::MessageKey;
use crate::domain::time::Timestamp;

/// How much of a subject is kept, in characters.
const SUBJECT_CHARACTERS_MAX: usize = 200;

/// The subject of a mail, as far as it is kept.
pub(super) fn shortened_subject(message: &Judged) -> String {
    let subject = message.arrived.facts.subject.chars();
    subject.take(SUBJECT_CHARACTERS_MAX).collect()
}

impl Step<'_> {
    /// Of old mail, of which a first read brings much, nobody asks any more.
    pub(super) fn keep_reasons(&mut self, key: MessageKey, message: &Judged) {
        if !self.leaves_traces(message) {
            return;
        }
        let reasons = self.reasons_of(message);
        self.known.reasons.insert(key, reasons.clone());
        self.decisions.commit.reasons.push((key, reasons));
    }

    /// Another copy was seen of a mail that had been received at `before` as far as we knew. The
    /// reasons of the copy received first are kept, for that one rules the clock; of two received
    /// at once, those that come first in order, whichever was seen first.
    pub(super) fn keep_reasons_of_copy(
        &mut self,
        key: MessageKey,
        before: Timestamp,
        message: &Judged,
    ) {
        let at = message.arrived.received_at;
        let known = self.known.reasons.get(&key);
        let precedes = known.is_some_and(|known| self.reasons_of(message) < *known);
        if at < before || (at == before && precedes) {
            self.keep_reasons(key, message);
        }
    }

    fn reasons_of(&self, message: &Judged) -> Vec<KeptReason> {
        let reasons = message.verdict.reasons.iter();
        let reasons = reasons.map(|reason| kept(reason, self.rules.keep_subjects));
        reasons.collect()
    }

    /// A client's mail that opened no case is told of on the next morning. Old mail, of which a
    /// first read brings much, is not.
    pub(super) fn put_aside(&mut self, message: &Judged, kind: AsideKind) {
        let is_old = self.now - message.arrived.received_at > ASIDES_BACK;
        let Some(client) = message.verdict.client.clone() else {
            return;
        };
        if is_old || self.rules.digest.is_none() {
            return;
        }
        let subject = match self.rules.keep_subjects {
            true => shortened_subject(message),
            false => String::new(),
        };
        self.decisions.commit.asides.push(Aside {
            at: self.now,
            message: message.key,
            client,
            kind,
            from: message.verdict.author.clone(),
            subject,
        });
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
