//! What the log should say of a step.

use crate::domain::ids::{CaseId, ClientKey, OutboxId};
use crate::domain::policy::Stage;

/// One line for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// How much it matters.
    pub weight: Weight,
    /// What it tells of.
    pub event: LogEvent,
    /// Which case it is about.
    pub case: Option<CaseId>,
    /// Which client it is about, if no case says so.
    pub client: Option<ClientKey>,
    /// Which rung it is about, if no mail says so.
    pub stage: Option<Stage>,
    /// Which mail of ours it is about.
    pub row: Option<OutboxId>,
    /// What happened, readable alone. Nobody is named: people stand there by their part.
    pub what: String,
    /// The same with people named: addresses masked, and who said something by the name given.
    /// `None` if it has to do with nobody.
    pub named: Option<String>,
}

impl Note {
    /// The words, with people named or not.
    pub fn words(&self, with_people: bool) -> &str {
        match &self.named {
            Some(named) if with_people => named,
            Some(_) | None => &self.what,
        }
    }
}

/// How much a note matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// For those who look closely.
    Detail,
    /// An event of the day.
    Event,
    /// Something somebody should see to.
    Trouble,
}

/// What a note tells of. The names are stable: programs go by them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LogEvent {
    /// A client's mail opened a case.
    CaseOpened,
    /// A client's mail opened a case again.
    CaseReopened,
    /// A client's further mail in an open case, or one for which nothing is owed.
    CaseContinued,
    /// A person's answer was found.
    CaseAnswered,
    /// An answer has reached some of those who wait in a case; the others wait on.
    CaseAnsweredInPart,
    /// Somebody said that no answer is owed any more.
    CaseSettled,
    /// Somebody said that what had closed a case does not count.
    CaseDisputed,
    /// Nobody is reminded of a case for a while.
    CaseSnoozed,
    /// Somebody made a case urgent.
    CaseUrgent,
    /// Somebody else is reminded of a case.
    CaseAssigned,
    /// Somebody of the team goes away or comes back.
    Absence,
    /// Two cases turned out to be one conversation.
    CaseJoined,
    /// A mail was taken out of a case and is one of its own.
    CaseSeparated,
    /// A client was acknowledged by somebody else than this ackd: a copy was found.
    CaseAcknowledged,
    /// A mail with another's Message-ID and date is one of its own.
    MailToldApart,
    /// A client's mail opens no case.
    MailPassedOver,
    /// A mail of ours would go out if the mode allowed it.
    MailWithheld,
    /// A mail of ours was taken by the mail server.
    MailSent,
    /// A mail of ours is tried again later.
    MailPutOff,
    /// A mail of ours is not tried any more.
    MailGivenUp,
    /// A mail of ours is not needed any more.
    MailCancelled,
    /// Nobody knows whether a mail of ours was taken.
    MailInDoubt,
    /// Somebody said something about a mail of ours.
    MailOrdered,
    /// What a person of the team answered to a mail of ours is done.
    ReplyTaken,
    /// An answer to a mail of ours was not understood; its writer is asked.
    ReplyUnclear,
    /// Nothing is done that an answer to a mail of ours says: it is not to be trusted.
    ReplyRefused,
    /// A program answered a mail of ours.
    ReplyPassedOver,
    /// An acknowledgement waits for a person, or for a mailbox.
    AcknowledgementHeld,
    /// A client is not acknowledged.
    AcknowledgementRefused,
    /// Too many acknowledgements at once.
    BreakerOpened,
    /// Somebody said something about the check-ins with a client.
    CheckInSaid,
    /// Something that could not have happened was left out.
    LeftOut,
}

impl LogEvent {
    /// Every event there is.
    pub const ALL: [Self; 32] = [
        Self::CaseOpened,
        Self::CaseReopened,
        Self::CaseContinued,
        Self::CaseAnswered,
        Self::CaseAnsweredInPart,
        Self::CaseSettled,
        Self::CaseDisputed,
        Self::CaseSnoozed,
        Self::CaseUrgent,
        Self::CaseAssigned,
        Self::Absence,
        Self::CaseJoined,
        Self::CaseSeparated,
        Self::CaseAcknowledged,
        Self::MailToldApart,
        Self::MailPassedOver,
        Self::MailWithheld,
        Self::MailSent,
        Self::MailPutOff,
        Self::MailGivenUp,
        Self::MailCancelled,
        Self::MailInDoubt,
        Self::MailOrdered,
        Self::ReplyTaken,
        Self::ReplyUnclear,
        Self::ReplyRefused,
        Self::ReplyPassedOver,
        Self::AcknowledgementHeld,
        Self::AcknowledgementRefused,
        Self::BreakerOpened,
        Self::CheckInSaid,
        Self::LeftOut,
    ];

    /// The name programs go by.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CaseOpened => "case_opened",
            Self::CaseReopened => "case_reopened",
            Self::CaseContinued => "case_continued",
            Self::CaseAnswered => "case_answered",
            Self::CaseAnsweredInPart => "case_answered_in_part",
            Self::CaseSettled => "case_settled",
            Self::CaseDisputed => "case_disputed",
            Self::CaseSnoozed => "case_snoozed",
            Self::CaseUrgent => "case_urgent",
            Self::CaseAssigned => "case_assigned",
            Self::Absence => "absence_changed",
            Self::CaseJoined => "case_joined",
            Self::CaseSeparated => "case_separated",
            Self::CaseAcknowledged => "case_acknowledged",
            Self::MailToldApart => "mail_told_apart",
            Self::MailPassedOver => "mail_passed_over",
            Self::MailWithheld => "mail_withheld",
            Self::MailSent => "mail_sent",
            Self::MailPutOff => "mail_put_off",
            Self::MailGivenUp => "mail_given_up",
            Self::MailCancelled => "mail_cancelled",
            Self::MailInDoubt => "mail_in_doubt",
            Self::MailOrdered => "mail_ordered",
            Self::ReplyTaken => "reply_taken",
            Self::ReplyUnclear => "reply_unclear",
            Self::ReplyRefused => "reply_refused",
            Self::ReplyPassedOver => "reply_passed_over",
            Self::AcknowledgementHeld => "acknowledgement_held",
            Self::AcknowledgementRefused => "acknowledgement_refused",
            Self::BreakerOpened => "breaker_opened",
            Self::CheckInSaid => "check_in_said",
            Self::LeftOut => "left_out",
        }
    }
}
