//! Which mails are copies of one mail, also where its Message-ID was rewritten on the way, and
//! what a further copy tells.
//!
//! Vocabulary: copies have author, recipients, subject and `Date` in common
//! ([`content_identity`](crate::domain::facts::MessageFacts::content_identity)); a *sketch* is
//! what is kept of a text to tell two mails of one second from two copies of one mail.
//!
//! Two mails taken for one would lose a client's question, one mail taken for two only reminds
//! twice. So in doubt they are two: a folder never holds two copies under two ids, and one text
//! must hold all words of the other, as it does where a list or gateway has added lines.

use std::collections::BTreeSet;

use super::arrivals::{Judged, index_entry};
use super::{LogEvent, Step, Weight};
use crate::domain::case::{Case, ClientMessage};
use crate::domain::commit::{Installation, KnownCopy};
use crate::domain::facts::Location;
use crate::domain::ids::{CaseId, MessageKey, hash128};

/// In how many places one message is remembered to lie.
const HOLDERS_MAX: usize = 20;

/// How many words a sketch holds. Of longer texts those with the lowest hashes are kept, so that
/// the sketches of two texts hold the same words as far as both texts do.
const WORDS_MAX: usize = 64;

/// The sketch of a text: the hashes of its different words, in order. Breaking lines anew
/// changes nothing of it, and neither do links (gateways rewrite them) or what was lost when the
/// text was recoded.
pub fn sketch(text: &str) -> Vec<u32> {
    let mut words = BTreeSet::new();
    let tokens = text.split_whitespace();
    for token in tokens.filter(|token| !is_unsteady(token)) {
        let folded = token.to_lowercase();
        let plain = folded.split(|c: char| !c.is_alphanumeric() || is_unspaced(c));
        words.extend(plain.filter(|word| !word.is_empty()).map(hash_of));
        let signs = folded.chars().filter(|c| is_unspaced(*c));
        words.extend(signs.map(|sign| hash_of(sign.encode_utf8(&mut [0; 4]))));
    }
    words.into_iter().take(WORDS_MAX).collect()
}

/// Whether a word may look different in another copy.
fn is_unsteady(token: &str) -> bool {
    let lost = |(at, _): (usize, &str)| {
        let mut rest = token[at + 1..].chars();
        rest.next().is_some_and(char::is_alphanumeric)
    };
    token.contains("://") || token.contains('\u{fffd}') || token.match_indices('?').any(lost)
}

/// Signs of scripts that put no blanks between words, from the CJK radicals on: each is a word.
fn is_unspaced(sign: char) -> bool {
    sign.is_alphanumeric() && sign >= '\u{2e80}'
}

fn hash_of(word: &str) -> u32 {
    (hash128(&[b"word", word.as_bytes()]) >> 96) as u32
}

/// Whether two texts may be those of two copies: one holds all words of the other.
fn alike(one: &[u32], other: &[u32]) -> bool {
    let bound = |words: &[u32]| match words.len() < WORDS_MAX {
        true => u32::MAX,
        false => words.last().copied().unwrap_or(u32::MAX),
    };
    // Beyond, one of the two says nothing of what its text holds.
    let bound = bound(one).min(bound(other));
    let within = |words: &[u32]| -> BTreeSet<u32> {
        let words = words.iter().copied();
        words.filter(|word| *word <= bound).collect()
    };
    let (one, other) = (within(one), within(other));
    one.is_subset(&other) || other.is_subset(&one)
}

impl Step<'_> {
    /// The same message in another mailbox or folder, or with another Message-ID: one case,
    /// all holders named. `of` is the mail it is a copy of, where that has another id.
    pub(super) fn another_copy(
        &mut self,
        installation: &Installation,
        case: CaseId,
        of: Option<MessageKey>,
        message: &Judged,
    ) {
        let holds = |case: &Case| same_message(case, of, message).is_some();
        let Some(mut id) = self.part_with(case, holds) else {
            return;
        };
        let own = self.case(id);
        let Some(own) = own.and_then(|case| same_message(case, of, message)) else {
            return;
        };
        let (key, location) = (own.key, &message.arrived.location);
        let received_at = message.arrived.received_at;
        let before = own.received_at;
        let clock_from = self.not_ahead(received_at);
        let is_earlier = received_at < before || clock_from < own.clock_from;
        let is_new = !own.holders.contains(location);
        if is_new && let Some(own) = self.case_mut(id).and_then(|case| case.message_mut(key)) {
            if own.holders.len() < HOLDERS_MAX {
                own.holders.push(location.clone());
            }
            // What one copy says against an acknowledgement holds for all.
            own.may_acknowledge &= message.verdict.may_acknowledge;
            own.suspicious |= message.verdict.suspicious;
        }
        let counts = !self.is_before_start(installation, &message.arrived);
        if counts {
            self.keep_reasons_of_copy(key, before, message);
        }
        if is_earlier && counts {
            let first = |case: &Case| case.messages().next().map(|first| first.key);
            let was_first = self.case(id).and_then(first) == Some(key);
            let earlier = self
                .case_mut(id)
                .map(|case| case.received_earlier(key, received_at, clock_from));
            if let Some(Err(illegal)) = earlier {
                let what = format!("left out that a copy was received earlier: {illegal}");
                self.note(Weight::Trouble, LogEvent::LeftOut, Some(id), what);
            }
            if !was_first {
                self.begin_with(id, key, message);
            }
            self.answered_in_new_threads(id);
        }
        if key != message.key && !self.known.messages.contains_key(&message.key) {
            // Answers may name either id.
            if let (Some(case), Some(other)) = (self.case_mut(id), message.own)
                && let Err(illegal) = case.received_as(key, other)
            {
                let what = format!("left out another Message-ID of a copy: {illegal}");
                self.note(Weight::Trouble, LogEvent::LeftOut, Some(id), what);
            }
            id = self.gather(id, message.followed().collect());
            self.may_be_answered_elsewhere(id, message);
            let entry = index_entry(message, Some(id));
            self.known.messages.insert(message.key, entry.clone());
            self.decisions.commit.messages.push((message.key, entry));
            self.remember_copy(message, key, id);
        }
        if message.arrived.answered && self.rules.team.answered_flag {
            self.answered_by_flag(id, key);
        }
    }

    /// A mail that bears the Message-ID and `Date` of another's, but was written by somebody else:
    /// programs that send what people fill in have given out ids twice. It is a message of its own.
    /// A list that rewrites `From` makes none of it: the author that counts is the one restored.
    pub(super) fn told_apart(&mut self, mut message: Judged) -> Judged {
        let Some(other) = message.otherwise_written() else {
            return message;
        };
        let seen = self.known.messages.get(&message.key);
        let author = message.verdict.author.as_ref().map(|own| &own.address);
        let holds = |own: &ClientMessage| own.key == message.key;
        let case = seen.and_then(|entry| entry.case);
        let case = case.and_then(|id| self.part_with(id, |case| case.messages().any(holds)));
        let known = case.and_then(|id| self.case(id)?.messages().find(|own| holds(own)));
        let is_other = known.is_some_and(|known| Some(&known.author.address) != author);
        let lies_there = known.is_some_and(|own| own.holders.contains(&message.arrived.location));
        if is_other && !lies_there {
            if !self.known.messages.contains_key(&other) {
                let what = "a mail bears the Message-ID and the date of another's: it is taken \
                            for a mail of its own";
                self.note(Weight::Trouble, LogEvent::MailToldApart, case, what);
            }
            message.key = other;
        }
        message
    }

    /// The message was list mail too, or a program's. Of such a copy nothing but this is known,
    /// whether it is seen before the client's own or after it.
    pub(super) fn never_acknowledge(&mut self, id: CaseId, key: MessageKey) {
        let id = self.part_with(id, |case| case.messages().any(|own| own.key == key));
        let case = id.and_then(|id| self.case_mut(id));
        if let Some(own) = case.and_then(|case| case.message_mut(key)) {
            own.may_acknowledge = false;
        }
    }

    /// What is known of this very copy, if it was seen before.
    pub(super) fn known_copy(&self, message: &Judged) -> Option<&KnownCopy> {
        let copies = self.known.copies.get(&message.content?)?;
        copies.iter().find(|copy| copy.key == message.key)
    }

    /// A copy, known under another Message-ID, of the same mail.
    pub(super) fn rewritten(&self, message: &Judged) -> Option<KnownCopy> {
        let copies = self.known.copies.get(&message.content?)?;
        let location = &message.arrived.location;
        let fits = |copy: &&KnownCopy| {
            let told = copy.words.as_deref().zip(message.words.as_deref());
            let mail = self.copied(copy);
            told.is_none_or(|(one, other)| alike(one, other))
                && mail.is_some_and(|own| !lies_beside(&own, location))
        };
        let fitting = copies.iter().filter(fits);
        // One whose text was read is better known.
        let nearest = fitting.min_by_key(|copy| (copy.words.is_none(), copy.of, copy.key));
        nearest.cloned()
    }

    /// The mail of which this is a copy, as its case holds it.
    fn copied(&self, copy: &KnownCopy) -> Option<ClientMessage> {
        let holds = |own: &&ClientMessage| own.key == copy.of;
        let id = self.part_with(copy.case, |case| case.messages().any(|own| holds(&own)))?;
        self.case(id)?.messages().find(holds).cloned()
    }

    /// Remembers a copy of the mail that its case holds as `of`.
    pub(super) fn remember_copy(&mut self, message: &Judged, of: MessageKey, case: CaseId) {
        let Some(content) = message.content else {
            return;
        };
        let copy = KnownCopy {
            key: message.key,
            of,
            case,
            words: message.words.clone(),
        };
        let known = self.known.copies.entry(content).or_default();
        known.retain(|known| known.key != copy.key);
        known.push(copy.clone());
        self.decisions.commit.copies.push((content, copy));
    }
}

impl Judged {
    /// The identity of a client's mail if it turns out that another's bears its Message-ID and
    /// `Date`. Only of one whose author stands in `From` himself.
    pub(super) fn otherwise_written(&self) -> Option<MessageKey> {
        let author = self.verdict.author.as_ref()?;
        if !self.verdict.opens_case || !self.author_stands_in_from {
            return None;
        }
        let address = author.address.to_string();
        let key = self.key.0.to_be_bytes();
        let hash = hash128(&[b"written by", &key, address.as_bytes()]);
        Some(MessageKey::new(i64::from(self.key.seconds()), hash))
    }
}

/// The message of which this is a copy: the same, or, with a rewritten Message-ID, the one it is
/// known to be a copy of.
fn same_message<'a>(
    case: &'a Case,
    of: Option<MessageKey>,
    copy: &Judged,
) -> Option<&'a ClientMessage> {
    let same = case.messages().find(|own| own.key == copy.key);
    same.or_else(|| case.messages().find(|own| Some(own.key) == of))
}

/// Whether another message lies in a folder that holds a copy of this mail: under another id it
/// is another mail.
fn lies_beside(mail: &ClientMessage, location: &Location) -> bool {
    mail.holders.iter().any(|holder| {
        holder != location && holder.mailbox == location.mailbox && holder.folder == location.folder
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: &str = "Dear team,\n\nthe printer on floor two is broken, see\n\
                         https://acme.example/printers/2?from=mail.\n\nM\u{fc}ller";

    fn same(text: &str) -> bool {
        let (one, other) = (sketch(ASKED), sketch(text));
        assert_eq!(alike(&one, &other), alike(&other, &one));
        alike(&one, &other)
    }

    #[test]
    fn what_lists_and_gateways_do_to_a_text_leaves_it_the_same() {
        for text in [
            ASKED.to_owned(),
            ASKED
                .replace("\n\n", "\r\n\r\n")
                .replace("floor two", "floor\r\ntwo"),
            format!("CAUTION: this mail comes from outside.\n\n{ASKED}"),
            format!("{ASKED}\n-- \nThe list's archive: https://lists.example/x"),
            ASKED.replace(
                "https://acme.example",
                "https://safe.example/?url=acme.example",
            ),
            ASKED.replace("M\u{fc}ller", "M?ller"),
            ASKED.replace("M\u{fc}ller", "M\u{fffd}ller"),
        ] {
            assert!(same(&text), "{text}");
        }
    }

    #[test]
    fn two_forms_that_were_filled_in_are_two() {
        let form = |what: &str| format!("A new message from your web site\nMessage: {what}\nEnd");
        let (one, other) = (sketch(&form("floor two")), sketch(&form("floor three")));
        assert!(!alike(&one, &other));
        assert!(!same("Dear team, the printer on floor three is broken."));
        assert!(!alike(
            &sketch("プリンタが壊れました"),
            &sketch("請求書が違います")
        ));
    }

    #[test]
    fn of_a_long_text_one_other_word_is_mostly_enough_and_added_lines_are_no_other_text() {
        let long: String = (0..400).map(|word| format!("word{word} ")).collect();
        assert_eq!(sketch(&long).len(), WORDS_MAX);
        let longer = format!("{long} and what a list has added behind it");
        assert!(alike(&sketch(&long), &sketch(&longer)));
        let others: String = (200..600).map(|word| format!("word{word} ")).collect();
        assert!(!alike(&sketch(&long), &sketch(&others)));
    }
}
