//! What a message is, judged from its facts alone.
//!
//! Vocabulary: the *verdict* is our conclusion: kind, sender, client, urgency, and three
//! separate answers: does it open a case? may it be acknowledged? does it stop a clock?
//! Each answer has its reasons.

use super::address::{Address, Author};
use super::facts::{FolderRole, MessageFacts};
use super::ids::ClientKey;
use super::language::Language;
use super::rules::{Party, Rules};

mod acknowledge;
mod answer;
mod automatic;
mod avowal;
mod body;
mod bulk;
mod direction;
mod examination;
mod field;
mod form;
mod letter;
mod names;
mod office;
mod order;
mod own_list;
mod receipt;
mod report;
mod sender;
mod signature;
mod signs;
#[cfg(test)]
mod tests;
mod text;
mod thanks;
mod thread;
mod trust;
mod urgency;
mod words;

pub use automatic::{AutomaticRule, automatic_rules};
pub use body::{
    answer_needs_text, kind_needs_text, may_be_auto_reply, meeting_needs_text, needs_text,
};
pub(in crate::domain) use text::{fold, without_accents};
pub use thread::{Lines, base_subject, lines};

use direction::Direction;
use examination::Examination;

/// What kind of mail it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Written by a person.
    Human,
    /// Out-of-office and other automatic replies.
    AutoReply,
    /// A delivery status notification (RFC 3464) or its like.
    Bounce,
    /// A read receipt (RFC 8098).
    Receipt,
    /// An invitation, or the answer to one (RFC 6047).
    Calendar,
    /// Sent through a mailing list.
    MailingList,
    /// Newsletters and other bulk mail.
    Bulk,
    /// A program's mail.
    Notification,
    /// Our own mail.
    Own,
}

impl Kind {
    /// Every kind there is.
    pub const ALL: [Self; 9] = [
        Self::Human,
        Self::AutoReply,
        Self::Bounce,
        Self::Receipt,
        Self::Calendar,
        Self::MailingList,
        Self::Bulk,
        Self::Notification,
        Self::Own,
    ];

    /// The word used in `ackd explain` and in the store's listing.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::AutoReply => "auto_reply",
            Self::Bounce => "bounce",
            Self::Receipt => "receipt",
            Self::Calendar => "calendar",
            Self::MailingList => "mailing_list",
            Self::Bulk => "bulk",
            Self::Notification => "notification",
            Self::Own => "own",
        }
    }
}

/// Whose mail it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sender {
    /// A client's.
    Client,
    /// Ours.
    Team,
    /// Somebody else's.
    Stranger,
}

impl Sender {
    /// Everybody there is.
    pub const ALL: [Self; 3] = [Self::Client, Self::Team, Self::Stranger];

    /// The word used in `ackd explain`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Team => "team",
            Self::Stranger => "stranger",
        }
    }
}

/// One rule that decided something, and what in the message made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The rule's id, such as `auto-submitted`.
    pub rule: &'static str,
    /// The header or text that decided, short.
    pub evidence: String,
}

/// A person outside the team whom a team's mail was addressed to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Addressed {
    /// The client that person belongs to.
    pub client: ClientKey,
    /// The person's address.
    pub contact: Address,
}

/// What we conclude from a message's facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// What it is.
    pub kind: Kind,
    /// Whose it is.
    pub sender: Sender,
    /// The client it comes from, or, for the team's mail, the first client addressed.
    pub client: Option<ClientKey>,
    /// Who wrote it: the client's author where there are several. `None` without a usable `From`.
    pub author: Option<Author>,
    /// For the team's mail: every client's contact in To and Cc.
    pub addressed: Vec<Addressed>,
    /// Whether it is urgent by itself.
    pub urgent: bool,
    /// Whether it opens a case (a short thanks after an answer aside, which only the book can tell).
    pub opens_case: bool,
    /// Whether it may be acknowledged, as far as the message itself tells.
    pub may_acknowledge: bool,
    /// Whether it stops the clocks of the clients it is addressed to.
    pub stops_clock: bool,
    /// Addresses of nobody we know that tell what is answered: of a client's mail those at which
    /// it is answered (`Reply-To`); of a reply of the team's those it goes to, if it could stop a
    /// clock otherwise.
    pub elsewhere: Vec<Address>,
    /// Whether its subject says that it passes another mail on: it then answers at most those it
    /// is addressed to.
    pub passes_on: bool,
    /// Whether it failed DMARC by a trusted `Authentication-Results`.
    pub suspicious: bool,
    /// Whether it is a short "thanks" that asks for nothing; never where
    /// [`thanks_open_case`](super::rules::Team::thanks_open_case) is set.
    pub thanks: bool,
    /// Of a client's mail: the language it is written in, where that is beyond doubt.
    pub language: Option<Language>,
    /// Why. Never empty.
    pub reasons: Vec<Reason>,
}

/// Judges a message by its facts. Pure: the same facts and rules give the same verdict.
///
/// `role` is the folder's in which it was found, if it was found in one: mail in a sent folder
/// never opens a case.
pub fn judge(facts: &MessageFacts, role: Option<FolderRole>, rules: &Rules) -> Verdict {
    let direction = direction::find(facts, rules);
    let examination = Examination::new(facts, &direction, rules);
    let (kind, kind_reason) = automatic::kind(&examination);
    let mut reasons = vec![kind_reason, direction.reason.clone()];
    let urgency = urgency::find(
        facts,
        &examination.subject,
        direction.client.as_ref(),
        rules,
    );
    let distrust = trust::find(facts, rules);
    let urgent = urgency.is_some();
    let suspicious = distrust.is_some();
    reasons.extend(urgency);
    reasons.extend(distrust);

    let opens_case = opens_case(kind, &direction, role, facts, rules, &mut reasons);
    let may_acknowledge =
        opens_case && may_acknowledge(&examination, suspicious, kind, rules, &mut reasons);
    let stops_clock = stops_clock(kind, &examination, suspicious, &mut reasons);
    let elsewhere = elsewhere(kind, &examination, suspicious, rules);
    let thanks = kind == Kind::Human
        && direction.sender == Sender::Client
        && !rules.team.thanks_open_case
        && thanks::is_thanks(facts, &direction, rules);
    if thanks {
        reasons.push(Reason {
            rule: "thanks",
            evidence: "a short text that asks for nothing: after an answer it opens no case"
                .to_owned(),
        });
    }
    let language = match direction.sender {
        Sender::Client if opens_case => {
            let text = facts.text.as_deref().unwrap_or_default();
            Language::of_mail(&facts.subject, text)
        }
        Sender::Client | Sender::Team | Sender::Stranger => None,
    };
    Verdict {
        kind,
        sender: direction.sender,
        client: direction.client,
        author: direction.author,
        addressed: direction.addressed,
        urgent,
        opens_case,
        may_acknowledge,
        stops_clock,
        elsewhere,
        passes_on: thread::passes_on(&facts.subject),
        suspicious,
        thanks,
        language,
        reasons,
    }
}

/// Whether a message may concern the team's clients, by who wrote it alone
/// ([`MessageFacts::parse_if`]). Where this is false, the verdict says that a stranger wrote,
/// whatever else stands in the message, and nothing hangs on it.
pub fn may_concern(facts: &MessageFacts, rules: &Rules) -> bool {
    let is_known = |address: &Address| {
        let mut lists = rules.team.own_lists.iter();
        rules.party(address) != Party::Stranger
            || lists.any(|list| own_list::is_address_of(address, list, rules))
    };
    let people = facts.from.iter().chain(&facts.reply_to);
    let mut people = people.map(|author| &author.address);
    people.any(is_known) || own_list::originals(facts).any(|(_, author)| is_known(&author.address))
}

/// Whether a message is a list's copy of what a client's person wrote, though by itself it looks
/// like a stranger's or the team's: a list that is none of our own has put itself in front of
/// him, and names him where one answers.
///
/// It opens no case, for nobody has to believe such a list. But another copy of the same message
/// may, and then list mail is answered by no program (RFC 3834, section 2).
pub fn is_clients_list_mail(facts: &MessageFacts, verdict: &Verdict, rules: &Rules) -> bool {
    let is_listed = matches!(verdict.kind, Kind::MailingList | Kind::Bulk);
    if !is_listed || verdict.sender == Sender::Client {
        return false;
    }
    body::names_client(facts, rules)
}

fn opens_case(
    kind: Kind,
    direction: &Direction<'_>,
    role: Option<FolderRole>,
    facts: &MessageFacts,
    rules: &Rules,
    reasons: &mut Vec<Reason>,
) -> bool {
    if direction.sender != Sender::Client {
        return false;
    }
    if role == Some(FolderRole::Sent) {
        reasons.push(Reason {
            rule: "sent-folder",
            evidence: "found in a sent folder".to_owned(),
        });
        return false;
    }
    let invited = rules.team.invitations_open_case
        && kind == Kind::Calendar
        && automatic::calendar_method(facts).is_some_and(|method| method == "REQUEST");
    if invited {
        reasons.push(Reason {
            rule: "invitation-opens-case",
            evidence: "METHOD:REQUEST".to_owned(),
        });
    }
    kind == Kind::Human || invited
}

fn may_acknowledge(
    examination: &Examination<'_>,
    suspicious: bool,
    kind: Kind,
    rules: &Rules,
    reasons: &mut Vec<Reason>,
) -> bool {
    let mut refusals = acknowledge::refusals(examination, rules);
    if kind != Kind::Human {
        refusals.push(Reason {
            rule: "not-written-by-a-person",
            evidence: kind.as_str().to_owned(),
        });
    }
    let may = refusals.is_empty() && !suspicious;
    reasons.append(&mut refusals);
    may
}

fn stops_clock(
    kind: Kind,
    examination: &Examination<'_>,
    suspicious: bool,
    reasons: &mut Vec<Reason>,
) -> bool {
    let direction = examination.direction;
    if direction.sender != Sender::Team || kind != Kind::Human || suspicious {
        return false;
    }
    if let Some(refusal) = answer::refusal(examination) {
        reasons.push(refusal);
        return false;
    }
    let first = direction.addressed.first();
    reasons.extend(first.map(|first| Reason {
        rule: "client-addressed",
        evidence: first.contact.to_string(),
    }));
    true
}

/// The most addresses of nobody we know that are kept of one mail.
const ELSEWHERE_MAX: usize = 8;

/// See [`Verdict::elsewhere`].
fn elsewhere(
    kind: Kind,
    examination: &Examination<'_>,
    suspicious: bool,
    rules: &Rules,
) -> Vec<Address> {
    let facts = examination.facts;
    let names = !facts.in_reply_to.is_empty() || !facts.references.is_empty();
    let named: Vec<&Address> = match examination.direction.sender {
        Sender::Client => facts.reply_to.iter().map(|own| &own.address).collect(),
        Sender::Team if kind == Kind::Human && names && !suspicious => {
            match answer::refusal_of_text(examination) {
                None => facts.recipients().collect(),
                Some(_) => Vec::new(),
            }
        }
        Sender::Team | Sender::Stranger => Vec::new(),
    };
    let mut elsewhere: Vec<Address> = Vec::new();
    for address in named {
        if is_nobodys(address, rules)
            && !elsewhere.contains(address)
            && elsewhere.len() < ELSEWHERE_MAX
        {
            elsewhere.push(address.clone());
        }
    }
    elsewhere
}

/// Whether an address is nobody's whom we know.
fn is_nobodys(address: &Address, rules: &Rules) -> bool {
    rules.party(address) == Party::Stranger && !is_ours(address, rules)
}

/// Whether an address is one at which the team is reached.
fn is_ours(address: &Address, rules: &Rules) -> bool {
    rules.party(address) == Party::Team
        || rules.team.own_lists.contains(address)
        || rules
            .mailboxes
            .values()
            .any(|mailbox| mailbox.address.as_ref() == Some(address))
}
