//! A desk at which mail is seen: the pure domain on a store in memory, without anything around.

use std::collections::BTreeMap;

use ackd::domain::address::AddressPattern;
use ackd::domain::book::Book;
use ackd::domain::case::Case;
use ackd::domain::commit::{Commit, Installation};
use ackd::domain::decide::{self, Inquiry, Judged};
use ackd::domain::facts::{Arrived, FolderRole, Location, MessageFacts};
use ackd::domain::ids::{ClientKey, InstanceId, MailboxName, PolicyName};
use ackd::domain::rules::{AcknowledgeLimits, Client, MailboxRules, Mode, RuleParts, Rules, Team};
use ackd::domain::time::Timestamp;
use ackd::store::{MemoryStore, Store};

/// A book, what it rests on, and the moment at which mail is seen.
pub(crate) struct Desk {
    pub(crate) rules: Rules,
    store: MemoryStore,
    book: Book,
    installation: Installation,
    pub(crate) now: Timestamp,
    uid: u32,
}

/// A message lies in a folder.
#[derive(Debug, Clone)]
pub(crate) struct Copy {
    pub(crate) mailbox: &'static str,
    pub(crate) role: FolderRole,
    pub(crate) received_at: Timestamp,
    pub(crate) answered: bool,
    pub(crate) facts: MessageFacts,
}

impl Desk {
    pub(crate) fn new(rules: Rules, now: Timestamp) -> Self {
        let mut store = MemoryStore::new();
        let installation = Installation {
            instance: InstanceId::new("test"),
            first_started: BTreeMap::new(),
            mode: None,
            acknowledge_since: None,
            breaker_until: None,
            lost: Vec::new(),
        };
        let first = Commit {
            installation: Some(installation.clone()),
            ..Commit::default()
        };
        store.commit(&[first]).expect("a store in memory");
        let book = Book::open(store.load().expect("a store in memory"), &rules);
        Self {
            rules,
            store,
            book,
            installation,
            now,
            uid: 0,
        }
    }

    /// Copies are seen at once, as one batch of a folder.
    pub(crate) fn see(&mut self, copies: &[Copy]) {
        let judged: Vec<Judged> = copies.iter().map(|copy| self.judged(copy)).collect();
        let mut inquiry = Inquiry::new(&self.book, &self.rules, &self.installation);
        while let Some(questions) = inquiry.questions(&judged) {
            inquiry.learn(self.store.look_up(&questions).expect("answers"));
        }
        let known = inquiry.into_known();
        let decisions = decide::arrivals(
            &self.book,
            &self.rules,
            &self.installation,
            judged,
            known,
            self.now,
        );
        for note in &decisions.notes {
            assert!(!note.what.contains("left out"), "{}", note.what);
        }
        let commit = decisions.commit;
        self.store
            .commit(std::slice::from_ref(&commit))
            .expect("a store in memory");
        self.book.apply(commit, &self.rules);
        self.book.check().expect("the book agrees with itself");
    }

    /// Everything in memory is lost and read anew.
    pub(crate) fn restart(&mut self) {
        self.book = Book::open(self.store.load().expect("a store in memory"), &self.rules);
    }

    /// All cases, the oldest first, without those that go on as another.
    pub(crate) fn cases(&mut self) -> Vec<Case> {
        let mut cases = self.store.cases(usize::MAX).expect("a store in memory");
        cases.reverse();
        cases.retain(|case| case.joined_to().is_none());
        for case in &cases {
            case.check().expect("a case agrees with itself");
            let open = self.book.case(case.id);
            assert_eq!(open, Some(case).filter(|case| case.is_open()));
        }
        cases
    }

    fn judged(&mut self, copy: &Copy) -> Judged {
        self.uid += 1;
        let folder = match copy.role {
            FolderRole::Inbox => "INBOX",
            FolderRole::Sent => "Sent",
        };
        let arrived = Arrived {
            location: Location {
                mailbox: MailboxName::new(copy.mailbox),
                folder: folder.into(),
                uid_validity: 1,
                uid: self.uid,
            },
            role: copy.role,
            received_at: copy.received_at,
            size: 1000,
            answered: copy.answered,
            facts: copy.facts.clone(),
        };
        Judged::new(arrived, &self.rules)
    }
}

/// The rules of a team with some clients; nothing but conversations is looked at.
pub(crate) fn rules(team: Vec<AddressPattern>, clients: &[(&str, Vec<AddressPattern>)]) -> Rules {
    let client = |(key, patterns): &(&str, Vec<AddressPattern>)| {
        let client = Client {
            key: ClientKey::new(*key),
            name: (*key).to_owned(),
            patterns: patterns.clone(),
            owners: vec![],
            backups: vec![],
            policy: PolicyName::new("standard"),
            check_in: None,
            language: None,
            time_zone: None,
            urgent: false,
            urgent_words: vec![],
        };
        (client.key.clone(), client)
    };
    let mailbox = |name: &str| {
        let rules = MailboxRules {
            address: None,
            start_from: None,
        };
        (MailboxName::new(name), rules)
    };
    Rules::new(RuleParts {
        mode: Mode::Observe,
        team: Team {
            patterns: team,
            answered_flag: true,
            ..Team::default()
        },
        clients: clients.iter().map(client).collect(),
        policies: BTreeMap::new(),
        calendars: BTreeMap::new(),
        mailboxes: [mailbox("clients"), mailbox("alice"), mailbox("bob")].into(),
        limits: AcknowledgeLimits::default(),
        people: Default::default(),
        keep_subjects: true,
    })
}
