//! What an answer without reply headers is recognised by: its subject and the lines it quotes.
//!
//! Vocabulary: the *base subject* is the subject without `Re:` and its kin, forwarding marks
//! and list tags. A line is kept as a hash together with the base subject; the text is not.

use super::super::facts::MessageFacts;
use super::super::ids::{IdHash, hash128};
use super::text::fold;
use super::thanks::{is_attribution, is_closing, is_quote_mark};
use super::words::{FORWARD_PREFIXES, REPLY_PREFIXES};

/// The lines of a mail that connect it with others, each hashed with the base subject.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lines {
    /// The first lines its author wrote: an answer may quote them.
    pub says: Vec<IdHash>,
    /// What it quotes, if it is an answer without reply headers.
    pub quotes: Vec<IdHash>,
}

/// How many of a mail's own lines are kept.
const SAYS_MAX: usize = 4;

/// How many quoted lines are looked up.
const QUOTES_MAX: usize = 24;

/// How many letters and digits of a line are compared. With fewer it could be anybody's; more
/// would not be found again where mail programs break long lines anew when they quote them.
const LINE_CHARS: usize = 16;

/// The longest tag a list puts in front of a subject, in characters.
const TAG_CHARS_MAX: usize = 40;

/// What of a mail may connect it with others. Empty without a subject or a known text.
pub fn lines(facts: &MessageFacts) -> Lines {
    let mut lines = Lines::default();
    let (subject, answers) = base_subject(&facts.subject);
    let Some(text) = facts.text.as_deref().filter(|_| !subject.is_empty()) else {
        return lines;
    };
    let headerless = facts.in_reply_to.is_empty() && facts.references.is_empty();
    let mut quoting = false;
    // How many own lines there were before the present paragraph.
    let mut before = 0;
    let (mut greeted, mut signed) = (false, false);
    for line in text.lines() {
        let line = line.trim();
        if line.is_empty() {
            before = lines.says.len();
        }
        let folded = fold(line);
        let begins = is_quote_mark(&folded) || is_attribution(&folded) || is_field(&folded);
        if begins && !quoting {
            quoting = true;
            // Above the head of a quoted mail its author is named.
            lines.says.truncate(before);
        }
        let quoted = quoting || line.starts_with('>');
        // Greetings and signatures are the same in many mails.
        let greets = !greeted && line.ends_with([',', '!', '，', '！']);
        greeted |= !line.is_empty();
        signed |= is_closing(line) || line == "--";
        let common = !quoted && (greets || signed);
        let Some(letters) = letters(&folded).filter(|_| !begins && !common) else {
            continue;
        };
        let hash = IdHash(hash128(&[b"line", subject.as_bytes(), letters.as_bytes()]));
        let (list, most) = match quoted {
            true if answers && headerless => (&mut lines.quotes, QUOTES_MAX),
            true => continue,
            false => (&mut lines.says, SAYS_MAX),
        };
        if list.len() < most && !list.contains(&hash) {
            list.push(hash);
        }
    }
    lines
}

/// The subject by which the mails of one conversation are alike, folded, and whether it bears
/// a mark of an answer.
pub fn base_subject(subject: &str) -> (String, bool) {
    let folded = fold(subject);
    let mut rest = folded.trim();
    let mut answers = false;
    loop {
        if let Some(after) = after_prefix(rest, REPLY_PREFIXES) {
            answers = true;
            rest = after;
        } else if let Some(after) = after_prefix(rest, FORWARD_PREFIXES) {
            rest = after;
        } else if let Some(after) = after_tag(rest) {
            rest = after;
        } else {
            break;
        }
    }
    let words: Vec<&str> = rest.split_whitespace().collect();
    (words.join(" "), answers)
}

/// Whether a subject begins as that of a mail that is passed on, as against an answer to one that
/// was. `VS:` is a forward in Danish and Norwegian, an answer in Finnish: who answers writes to
/// the author all the same.
pub(super) fn passes_on(subject: &str) -> bool {
    let folded = fold(subject);
    let mut rest = folded.trim();
    while let Some(after) = after_tag(rest) {
        rest = after;
    }
    after_prefix(rest, FORWARD_PREFIXES).is_some() || after_prefix(rest, &["vs:"]).is_some()
}

/// What follows `Re:`, `Re[2]:`, `Re (3):` and the like.
fn after_prefix<'a>(subject: &'a str, prefixes: &[&str]) -> Option<&'a str> {
    let prefixes = prefixes.iter();
    let mut rests = prefixes.filter_map(|prefix| {
        let word = prefix.trim_end_matches(':');
        let rest = subject.strip_prefix(word)?.trim_start();
        let counted = rest.strip_prefix(['[', '(', '^']).map_or(rest, |number| {
            number
                .trim_start_matches(|c: char| c.is_ascii_digit())
                .trim_start_matches([']', ')'])
                .trim_start()
        });
        counted.strip_prefix([':', '：']).map(str::trim_start)
    });
    rests.next()
}

/// What follows the tag of a list or gateway, such as `[team]`; a tag alone is a subject.
fn after_tag(subject: &str) -> Option<&str> {
    let (tag, rest) = subject.strip_prefix('[')?.split_once(']')?;
    let rest = rest.trim_start();
    (!rest.is_empty() && tag.chars().count() <= TAG_CHARS_MAX).then_some(rest)
}

/// A line of the head that mail programs put above the mail they quote.
fn is_field(folded: &str) -> bool {
    let names = [
        "to:",
        "cc:",
        "sent:",
        "subject:",
        "an:",
        "gesendet:",
        "betreff:",
        "à:",
        "objet:",
        "envoyé:",
        "para:",
        "asunto:",
        "enviado:",
        "a:",
        "oggetto:",
        "inviato:",
        "aan:",
        "onderwerp:",
        "till:",
        "ämne:",
        "assunto:",
    ];
    names.iter().any(|name| folded.starts_with(name))
}

/// The first letters and digits of a line, if there are enough to tell it from others.
fn letters(folded: &str) -> Option<String> {
    let letters = folded.chars().filter(|c| c.is_alphanumeric());
    let kept: String = letters.take(LINE_CHARS).collect();
    (kept.chars().count() == LINE_CHARS).then_some(kept)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::MessageId;

    fn mail(subject: &str, text: &str) -> MessageFacts {
        MessageFacts {
            subject: subject.into(),
            text: Some(text.into()),
            ..MessageFacts::default()
        }
    }

    #[test]
    fn the_base_subject_is_free_of_marks_and_tags() {
        let bare = |subject| base_subject(subject).0;
        for subject in [
            "Invoice 4711",
            "Re: Invoice  4711",
            "AW: Re: invoice 4711",
            "[team] SV: Invoice 4711",
            "RE[2]: Invoice 4711",
            "Re (3): Fwd: [EXTERNAL] Invoice 4711",
            "回复：Invoice 4711",
        ] {
            assert_eq!(bare(subject), "invoice 4711", "{subject}");
        }
        assert_eq!(bare("[4711]"), "[4711]");
        assert_eq!(bare("Reminder: pay"), "reminder: pay");
        assert!(!base_subject("Fwd: Invoice").1, "a forward is no answer");
        assert!(base_subject("[x] Re: Invoice").1);
    }

    #[test]
    fn what_is_passed_on_is_told_from_what_is_answered() {
        for subject in [
            "Fwd: Broken door",
            "[EXTERNAL] WG: Angebot",
            "FW (2): Re: Order",
            "I: Porta rotta",
            "ENC: Pedido",
            "PD: Zam\u{f3}wienie",
            "VL: Tilaus",
            "VS: D\u{f8}r",
            "\u{8f6c}\u{53d1}\u{ff1a}\u{95e8}",
        ] {
            assert!(passes_on(subject), "{subject}");
        }
        for subject in [
            "Re: Fwd: Broken door",
            "AW: WG: Angebot",
            "R: I: Porta",
            "Forward planning: 2027",
            "I agree: send it",
            "\u{56de}\u{590d}\u{ff1a}\u{95e8}",
        ] {
            assert!(!passes_on(subject), "{subject}");
        }
        assert_eq!(base_subject("R: Porta rotta"), ("porta rotta".into(), true));
    }

    #[test]
    fn an_answer_quotes_what_the_mail_says() {
        let asked = mail("Invoice", "Hello,\n\nthe total on page two is wrong.\nBea");
        for quoted in [
            "Which page?\n\n> the total on page two\n> is wrong.",
            "Which page?\n\nOn Monday Bea <bea@acme.example> wrote:\nthe total on page two is wrong.",
            "Which page?\n\nTo: us\nSubject: Invoice\n\nThe total on page two is wrong.",
        ] {
            let answer = lines(&mail("AW: Invoice", quoted));
            assert_eq!(
                answer.quotes.first(),
                lines(&asked).says.first(),
                "{quoted}"
            );
        }
    }

    #[test]
    fn only_an_answer_without_reply_headers_is_recognised_by_its_lines() {
        let quoted = "Which page?\n> the total on page two is wrong.";
        assert!(lines(&mail("Invoice", quoted)).quotes.is_empty());
        let mut with_headers = mail("Re: Invoice", quoted);
        with_headers.in_reply_to = MessageId::parse("q1@acme.example").into_iter().collect();
        assert!(lines(&with_headers).quotes.is_empty());
        assert_eq!(lines(&mail("Re:", quoted)), Lines::default());
    }

    #[test]
    fn what_stands_in_every_mail_connects_none() {
        let says = |text: &str| lines(&mail("Invoice", text)).says.len();
        assert_eq!(says("Sehr geehrte Damen und Herren,\n\nok\n"), 0);
        assert_eq!(
            says("ok\n\nWith best regards\nBeatrice Northwind-Meyer\n"),
            0
        );
        assert_eq!(
            says("The total on page two is wrong,\nplease look at it again\n"),
            1
        );
        assert_eq!(says("Hello,\nthe total on page two is wrong!\n"), 1);
    }

    #[test]
    fn under_another_subject_a_line_is_another_line() {
        let text = "the total on page two is wrong.";
        assert_ne!(lines(&mail("Invoice", text)), lines(&mail("Order", text)));
        assert!(
            lines(&mail("Invoice", "Thanks, Bea")).says.is_empty(),
            "too short"
        );
    }
}
