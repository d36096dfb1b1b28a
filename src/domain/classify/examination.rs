//! What many rules look at, looked up once, and the second sign that words need.
//!
//! Words alone make nobody a machine: a client may well write about newsletters, failed
//! deliveries and automatic replies. A rule that rests on words in a subject, in a text or in
//! a local part asks for a *second sign* that is none.

use super::super::address::{Address, AddressPattern, Author};
use super::super::facts::MessageFacts;
use super::super::rules::Rules;
use super::direction::Direction;
use super::text::{fold, words};
use super::{Sender, automatic, field, is_ours, own_list, sender, signs};

/// Fields that mailing services write on all they carry: newsletters, notifications, and now
/// and then a person's mail. Sources: Salesforce, Mailgun, Mandrill, SparkPost, SendGrid,
/// Mailchimp, and the Certified Senders Alliance.
const SERVICE_FIELDS: &[&str] = &[
    "x-csa-complaints",
    "x-job",
    "x-jobid",
    "x-mailgun-sid",
    "x-mandrill-user",
    "x-msfbl",
    "x-report-abuse",
    "x-sfmc-stack",
    "x-sg-eid",
];

/// A message under judgement.
pub(super) struct Examination<'a> {
    /// What it says about itself.
    pub(super) facts: &'a MessageFacts,
    /// Who wrote to whom.
    pub(super) direction: &'a Direction<'a>,
    /// What the operator has told us of the team.
    rules: &'a Rules,
    /// The subject, folded.
    pub(super) subject: String,
    /// Whether the subject begins as an answer's does.
    pub(super) reply_subject: bool,
    /// How far what stands before the colon of the untagged subject reaches in it.
    head_end: Option<usize>,
}

impl<'a> Examination<'a> {
    pub(super) fn new(
        facts: &'a MessageFacts,
        direction: &'a Direction<'a>,
        rules: &'a Rules,
    ) -> Self {
        let subject = fold(&facts.subject);
        let bare = untagged(&subject, direction);
        let reply_subject = signs::is_reply_subject(bare);
        let head = bare.split_once([':', '：']);
        let head_end = head.map(|(head, _)| head.trim_end().len());
        Self {
            facts,
            direction,
            rules,
            subject,
            reply_subject,
            head_end,
        }
    }

    /// What stands before the first colon of the untagged subject; the French put a blank between.
    pub(super) fn subject_head(&self) -> Option<&str> {
        self.untagged_subject().get(..self.head_end?)
    }

    /// The folded subject as it was before the team's own list put its tag before it.
    pub(super) fn untagged_subject(&self) -> &str {
        untagged(&self.subject, self.direction)
    }

    /// Whether it answers another message.
    pub(super) fn answers(&self) -> bool {
        self.reply_subject || !self.facts.in_reply_to.is_empty()
    }

    /// Whether a sign other than words says that a program sent it.
    pub(super) fn second_sign(&self) -> bool {
        self.second_sign_beside_path() || self.program_path()
    }

    /// As [`second_sign`](Self::second_sign), for a text that calls itself an automatic reply:
    /// here the wish for no answers counts too. It says nothing of its sender, and people's
    /// mail bears it: beside a subject or an address it is no sign.
    pub(super) fn second_sign_or_suppression(&self) -> bool {
        self.second_sign() || self.suppresses()
    }

    /// Whether it asks for no automatic answers, or a rule of its author's own mailbox sent it.
    pub(super) fn suppresses(&self) -> bool {
        self.facts.has_field("x-auto-response-suppress") || self.rule_sent().is_some()
    }

    /// The mark of a rule of Exchange's that runs in the author's own mailbox. Who passes mail on
    /// by a rule leaves his address in the same field, and that says nothing of its author.
    pub(super) fn rule_sent(&self) -> Option<&'a str> {
        let facts = self.facts;
        let is_authors = |value: &&str| {
            let Some(ran_in) = Address::parse(sender::bare_path(value)) else {
                return false;
            };
            // A mailbox may have its own name at another domain of the same company.
            let is_his = |author: &Author| {
                author.address == ran_in || author.address.local() == ran_in.local()
            };
            facts.from.iter().any(is_his) && self.is_senders(&ran_in)
        };
        let mut values = facts.field("x-ms-exchange-inbox-rules-loop");
        values.find(is_authors)
    }

    /// Whether an address lies on the side of who wrote: no mailbox of ours, unless we did.
    fn is_senders(&self, address: &Address) -> bool {
        self.direction.sender == Sender::Team || !is_ours(address, self.rules)
    }

    /// As [`second_sign`](Self::second_sign), without the envelope's path.
    pub(super) fn second_sign_beside_path(&self) -> bool {
        let facts = self.facts;
        automatic::null_return_path(facts)
            || self.returns_to_daemon()
            || automatic::auto_submitted(facts).is_some()
            || self.program_address()
            || self.passes_everybody_by()
            || self.passes_us_by()
    }

    /// As [`second_sign_beside_path`](Self::second_sign_beside_path), for words in a subject: that
    /// a client is answered nowhere (`Reply-To: noreply@…`) is too little beside them.
    pub(super) fn second_sign_of_subject(&self) -> bool {
        let facts = self.facts;
        let is_programs = |author: &Author| is_programs(author.address.local());
        let mut senders = facts.from.iter().chain(&facts.sender);
        automatic::null_return_path(facts)
            || self.returns_to_daemon()
            || automatic::auto_submitted(facts).is_some()
            || senders.any(is_programs)
            || (self.direction.sender != Sender::Client && self.program_address())
            || self.passes_everybody_by()
            || self.passes_us_by()
    }

    /// As [`second_sign`](Self::second_sign), for newsletters and notifications: here a mark of
    /// the programs that send them counts too. It is no sign of its own: shops and forms send
    /// people's mail through them.
    pub(super) fn second_sign_or_mailer(&self) -> bool {
        self.second_sign() || self.mailer()
    }

    /// Whether an author's address was made up for a recipient or a mailing.
    pub(super) fn made_up_author(&self) -> bool {
        let mut authors = self.facts.from.iter();
        authors.any(|author| sender::is_made_up(author.address.local()))
    }

    /// Whether a mailing service or a program that sends mail by itself left its name.
    fn mailer(&self) -> bool {
        let mut fields = self.facts.fields.iter();
        fields.any(|(name, value)| {
            SERVICE_FIELDS.contains(name) || (*name == "x-mailer" && signs::is_mailer(&fold(value)))
        })
    }

    /// A no-reply or mail system's address among those that stand for the sender.
    fn program_address(&self) -> bool {
        let facts = self.facts;
        let senders = facts.from.iter().chain(&facts.sender);
        let mut people = senders.chain(&facts.reply_to);
        people.any(|author| is_programs(author.address.local()))
    }

    /// What some servers write in place of the null path.
    fn returns_to_daemon(&self) -> bool {
        let mut paths = self.facts.field("return-path");
        paths.any(|path| sender::is_mailer_daemon(sender::bare_path(path)))
    }

    /// An envelope sender that programs make up for one mailing. The own list's says nothing, nor
    /// does a path by which a mailbox of ours passed the mail on.
    fn program_path(&self) -> bool {
        let paths = self.facts.field("return-path");
        !self.direction.own_list_marks
            && paths
                .chain(self.facts.field("errors-to"))
                .filter(|value| !self.is_author(value))
                .any(|value| {
                    let path = fold(sender::bare_path(value));
                    let (local, domain) = path.rsplit_once('@').unwrap_or((&path, ""));
                    !self.is_own_list(domain)
                        && !self.passed_on_by_us(local, domain)
                        && (sender::is_bounce_path(local)
                            || sender::is_made_up_path(local, self.facts.recipients()))
                })
    }

    /// Whether a path is one that our own side put in the place of its sender's: it lies at a
    /// domain of ours, or it names a mailbox of ours that nobody had written to. Of a client it
    /// then says nothing; of the team's own mail it is the sender's.
    fn passed_on_by_us(&self, local: &str, domain: &str) -> bool {
        if self.direction.sender == Sender::Team {
            return false;
        }
        own_list::is_below_team(domain, self.rules) || self.names_other_mailbox(local)
    }

    /// Whether a path's local part names a mailbox of ours (`bob-studio=northwind.example`, as
    /// forwarders and VERP write an address) that stands in neither To nor Cc.
    fn names_other_mailbox(&self, local: &str) -> bool {
        let Some((head, domain)) = local.rsplit_once('=') else {
            return false;
        };
        let is_named =
            |address: &Address| address.domain() == domain && head.ends_with(address.local());
        let rules = self.rules;
        let own = rules
            .mailboxes
            .values()
            .filter_map(|own| own.address.as_ref());
        let mut own = own.chain(&rules.team.own_lists);
        let mut patterns = rules.team.patterns.iter();
        let ours = own_list::is_below_team(domain, rules)
            || own.any(is_named)
            || patterns.any(
                |pattern| matches!(pattern, AddressPattern::Address(address) if is_named(address)),
            );
        ours && !self.facts.recipients().any(is_named)
    }

    /// Whether a domain is that of the team's own list through which the message came, or its
    /// host's.
    pub(super) fn is_own_list(&self, domain: &str) -> bool {
        self.direction.own_list.as_ref().is_some_and(|list| {
            let rest = domain.strip_suffix(list.domain());
            rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        })
    }

    /// Whether a path is an author's own address.
    pub(super) fn is_author(&self, path: &str) -> bool {
        let bare = sender::bare_path(path);
        let Some((local, domain)) = bare.rsplit_once('@') else {
            return false;
        };
        self.facts.from.iter().any(|author| {
            author.address.local().eq_ignore_ascii_case(local)
                && author.address.domain().eq_ignore_ascii_case(domain)
        })
    }

    /// As programs write to many. Of a client's mail it says nothing beside mere words, for he may
    /// keep us informed by Bcc; but no person writes to an address that takes in bounces.
    fn passes_everybody_by(&self) -> bool {
        let mut recipients = self.facts.recipients();
        let may_be_bcc = self.direction.sender == Sender::Client
            && !recipients.any(|address| sender::is_bounce_path(address.local()));
        !may_be_bcc && self.addressed_to_nobody()
    }

    /// Nobody but the author himself stands in To and Cc, or an address that takes in bounces.
    pub(super) fn addressed_to_nobody(&self) -> bool {
        let authors = &self.facts.from;
        self.facts.recipients().all(|address| {
            let is_author = authors.iter().any(|author| author.address == *address);
            is_author || sender::is_bounce_path(address.local())
        })
    }

    /// A stranger's mail that is not addressed to us. Of a client's it says nothing: he may
    /// write to an address that is forwarded to us, or keep us informed by Bcc.
    fn passes_us_by(&self) -> bool {
        self.direction.sender == Sender::Stranger && !self.direction.addressed_to_us
    }

    /// Whether a folded word stands in the team's name, or in the domain of who wrote.
    pub(super) fn is_companys(&self, word: &str) -> bool {
        const LETTERS_MIN: usize = 4;
        let author = self.direction.author.as_ref();
        let domain = author.map_or("", |author| author.address.domain());
        let own = domain.rsplit_once('.').map_or("", |(own, _)| own);
        let is_long = word.chars().count() >= LETTERS_MIN;
        let mut labels = own.split(['.', '-']);
        labels.any(|label| label == word || (is_long && label.contains(word)))
            || words(&self.rules.team.name)
                .iter()
                .any(|own| own.text == word)
    }

    /// Whether the message says that a person sent it (RFC 3834, section 5).
    pub(super) fn says_no(&self) -> bool {
        says_no(self.facts)
    }
}

/// A no-reply or mail system's local part.
fn is_programs(local: &str) -> bool {
    sender::is_no_reply(local) || sender::is_postmaster(local)
}

/// A subject without the `[tag]` that the team's own list may have put before it.
fn untagged<'a>(subject: &'a str, direction: &Direction<'_>) -> &'a str {
    let tagged = subject
        .strip_prefix('[')
        .filter(|_| direction.own_list.is_some());
    let rest = tagged.and_then(|rest| rest.split_once(']'));
    rest.map_or(subject, |(_, rest)| rest.trim_start())
}

/// As [`Examination::says_no`], of the facts alone.
pub(super) fn says_no(facts: &MessageFacts) -> bool {
    let mut values = facts.field("auto-submitted");
    values.any(|value| field::keyword(value) == "no")
}
