//! What local parts and envelope paths say of their owner.

use super::super::address::Address;
use super::words::LIST_HOSTS;

/// Whether a local part is the mail system's that reports failures: `Mailer-Daemon`, with a
/// number or further words behind it, but no name that begins so.
pub(super) fn is_mailer_daemon(local: &str) -> bool {
    let mut bytes = local.bytes();
    for letter in b"mailerdaemon" {
        let own = bytes.find(u8::is_ascii_alphanumeric);
        if !own.is_some_and(|own| own.eq_ignore_ascii_case(letter)) {
            return false;
        }
    }
    !bytes.next().is_some_and(|next| next.is_ascii_alphabetic())
}

/// Whether a local part is Exchange's own, under which it reports failures: the word and a long
/// hexadecimal number.
fn is_exchanges_own(local: &str) -> bool {
    let number = local.strip_prefix("microsoftexchange");
    number.is_some_and(is_hexadecimal)
}

/// Whether a local part is the mail system's own (RFC 5321, section 4.5.1).
pub(super) fn is_postmaster(local: &str) -> bool {
    let same = |wanted: &[u8]| {
        let letters = local.bytes().filter(u8::is_ascii_alphanumeric);
        letters.eq(wanted.iter().copied())
    };
    same(b"postmaster") || same(b"maildaemon") || is_mailer_daemon(local) || is_exchanges_own(local)
}

/// Whether a local part says that nobody reads what is sent to it. Only whole words count:
/// `no-reply`, `billing.noreply`, `noreply2`, but no `noreplyman`.
pub(super) fn is_no_reply(local: &str) -> bool {
    const SIGNS: &[&str] = &[
        "noreply",
        "noreplies",
        "donotreply",
        "dontreply",
        "noresponse",
        "noanswer",
        "nepasrepondre",
        "nichtantworten",
        "keineantwort",
        "noresponder",
        "naoresponda",
        "nonrispondere",
        "donotuse",
        "devnull",
    ];
    let starts = local
        .char_indices()
        .filter(|(at, _)| *at == 0 || separates(local.as_bytes()[at - 1]));
    let mut starts = starts.map(|(at, _)| &local.as_bytes()[at..]);
    starts.any(|rest| {
        SIGNS
            .iter()
            .any(|sign| begins_with_words(rest, sign.as_bytes()))
    })
}

const fn separates(byte: u8) -> bool {
    matches!(byte, b'.' | b'-' | b'_' | b'+' | b'=')
}

/// Whether `rest` begins with the letters of `sign`, separators between them aside, and a word
/// ends there.
fn begins_with_words(rest: &[u8], sign: &[u8]) -> bool {
    let mut wanted = sign.iter();
    let mut next = wanted.next();
    for byte in rest {
        match next {
            Some(letter) if letter == byte => next = wanted.next(),
            Some(_) if separates(*byte) => {}
            Some(_) => return false,
            None => return separates(*byte) || byte.is_ascii_digit(),
        }
    }
    next.is_none()
}

/// A path without its brackets.
pub(super) fn bare_path(path: &str) -> &str {
    path.trim().trim_start_matches('<').trim_end_matches('>')
}

/// The local part of a path.
pub(super) fn path_local(path: &str) -> &str {
    let bare = bare_path(path);
    bare.rsplit_once('@').map_or(bare, |(local, _)| local)
}

/// Whether the local part of an envelope sender is one that programs make up: `bounces+17`,
/// `talk-bounces`, `owner-talk`, `no-reply`.
pub(super) fn is_bounce_path(local: &str) -> bool {
    if is_rewritten(local) {
        return false;
    }
    let made_up = |word: &str| {
        let rest = local.strip_prefix(word);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '+', '=', '_', '.']))
    };
    made_up("bounce")
        || made_up("bounces")
        || local.starts_with("owner-")
        || local.ends_with("-bounces")
        || local.contains("-bounces+")
        || local.ends_with("-bounce")
        || local.ends_with("-errors")
        || is_mailer_daemon(local)
        || is_no_reply(local)
}

/// Whether a forwarder rewrote the local part of an envelope sender (SRS; Microsoft 365 writes
/// `bounces+SRS=…`, Gmail `studio+caf_=bob=acme.example`), or its own server signed it (BATV):
/// such paths stand on people's mail.
fn is_rewritten(local: &str) -> bool {
    let signs = ["srs0", "srs1", "prvs=", "btv1=="];
    signs.iter().any(|sign| local.starts_with(sign))
        || local.contains("+srs=")
        || local.contains("+caf_=")
}

/// Whether the local part of an envelope sender was made up for one mail: it encodes the
/// recipient (`news-bob=acme.example`, VERP) or bears a long number.
pub(super) fn is_made_up_path<'a>(
    local: &str,
    mut recipients: impl Iterator<Item = &'a Address>,
) -> bool {
    if is_rewritten(local) {
        return false;
    }
    let digits = local.bytes().filter(u8::is_ascii_digit).count();
    let encodes = |recipient: &Address| {
        let (_, domain) = local.rsplit_once('=').unwrap_or_default();
        !domain.is_empty() && domain.starts_with(recipient.domain())
    };
    digits >= PATH_DIGITS_MIN || recipients.any(encodes)
}

/// People's addresses bear a year of birth, at most a telephone number; and those are theirs
/// in `From`, too.
const PATH_DIGITS_MIN: usize = 8;

/// Whether an author's local part was made up for a recipient or a mailing:
/// `body_216095411795471888`, `2.20576.84-rv8hl0.1`. People's are long too, and bear a date or a
/// telephone number beside a name.
pub(super) fn is_made_up(local: &str) -> bool {
    let is_digit = |byte: &u8| byte.is_ascii_digit();
    let mut runs = local.split(|c: char| !c.is_ascii_digit());
    let mut pieces = local.split(['.', '-', '_', '+', '=']);
    let mut numbers = || {
        let number = pieces
            .next()
            .is_some_and(|first| first.bytes().all(|byte| is_digit(&byte)));
        number && pieces.all(|piece| piece.bytes().any(|byte| is_digit(&byte)))
    };
    let mut words = local.split(['.', '-', '_', '+', '=']);
    let letters = local.bytes().any(|byte| byte.is_ascii_alphabetic());
    let digits = local.bytes().filter(is_digit).count();
    words.any(is_hexadecimal)
        || (letters && runs.any(|run| run.len() > TELEPHONE_DIGITS_MAX))
        || (letters && digits >= PATH_DIGITS_MIN && numbers())
}

/// Whether a word is a long hexadecimal number, as programs count with.
fn is_hexadecimal(word: &str) -> bool {
    let digit = word.bytes().any(|byte| byte.is_ascii_digit());
    let letter = word.bytes().any(|byte| byte.is_ascii_alphabetic());
    let hexadecimal = word.bytes().all(|byte| byte.is_ascii_hexdigit());
    word.len() >= HEXADECIMAL_DIGITS_MIN && digit && letter && hexadecimal
}

/// 64 bits, written out.
const HEXADECIMAL_DIGITS_MIN: usize = 16;

/// The digits of a telephone number with its country's (ITU-T E.164).
const TELEPHONE_DIGITS_MAX: usize = 15;

/// The list that a path is the back door of: `talk` of `talk-bounces`, `talk-admin`,
/// `owner-talk`; empty where it is made up for one mailing.
pub(super) fn list_of_path(local: &str) -> Option<&str> {
    if let Some(list) = local.strip_prefix("owner-") {
        return Some(list);
    }
    if let Some((list, _)) = local.split_once("-bounces+") {
        return Some(list);
    }
    let ends = ["-bounces", "-bounce", "-owner", "-admin"];
    let list = ends.iter().find_map(|end| local.strip_suffix(end));
    let numbered = local.starts_with("bounce-") && local.ends_with(|c: char| c.is_ascii_digit());
    list.or(numbered.then_some(""))
}

/// Whether a domain is the name of a list program's host: `lists.acme.example`.
pub(super) fn is_list_host(domain: &str) -> bool {
    let mut labels = domain.split('.').rev().skip(2);
    labels.any(|label| LIST_HOSTS.contains(&label))
}

/// Whether a domain is the name of one machine, or of a list program's: `db01.acme.example`.
pub(super) fn is_machine_host(domain: &str) -> bool {
    let numbered = || {
        let mut labels = domain.split('.').rev().skip(2);
        labels.any(|label| label.bytes().any(|byte| byte.is_ascii_digit()))
    };
    is_list_host(domain) || numbered()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_words_make_a_no_reply_address() {
        for local in [
            "noreply",
            "no-reply",
            "no_reply",
            "do.not.reply",
            "billing-noreply",
            "noreply+17",
            "noreply2",
            "no-reply-billing",
        ] {
            assert!(is_no_reply(local), "{local}");
        }
        for local in [
            "noreplyman",
            "casino.reply",
            "reply",
            "n",
            "",
            "piano-reply",
        ] {
            assert!(!is_no_reply(local), "{local}");
        }
    }

    #[test]
    fn the_mail_system_is_known_in_every_spelling() {
        for local in ["mailer-daemon", "MAILER_DAEMON", "mailer-daemon-2"] {
            assert!(is_mailer_daemon(local) && is_postmaster(local), "{local}");
        }
        assert!(is_postmaster("post.master"));
        assert!(!is_postmaster("postmasters") && !is_mailer_daemon("mailer"));
        for local in ["mailerdaemonsson", "mailer-daemons", "mailer-daemo"] {
            assert!(!is_mailer_daemon(local) && !is_postmaster(local), "{local}");
        }
        assert!(is_postmaster(
            "microsoftexchange329e71ec88ae4615bbc36ab6ce41109e"
        ));
        assert!(!is_postmaster("microsoftexchange") && !is_postmaster("microsoftexchangeabba"));
    }

    #[test]
    fn a_path_made_up_for_one_mail_is_told_from_a_forwarders() {
        let made_up = |local: &str| {
            let bob = Address::parse("bob@acme.example");
            is_made_up_path(local, bob.iter())
        };
        for local in [
            "news-bob=acme.example",
            "10182839.55483860.8",
            "env_216095411",
        ] {
            assert!(made_up(local), "{local}");
        }
        for local in [
            "bob",
            "ann1985",
            "srs0=zfhz=ss=acme.example=bob",
            "srs1=zfhz=relay.example==zfhz=ss=acme.example=bob",
            "prvs=0123456789=bob",
            "bounces+srs=abcde=fg",
            "studio+caf_=bob=acme.example",
            "news-ann=other.example",
        ] {
            assert!(!made_up(local), "{local}");
        }
        assert!(!is_bounce_path("bounces+srs=abcde=fg"));
    }

    #[test]
    fn an_address_made_up_for_a_mailing_is_told_from_a_persons_long_one() {
        for local in [
            "body_216095411795471888",
            "2.20576.84-rv8hl0utyzyk.1",
            "daily-f485fcce40b794d5",
        ] {
            assert!(is_made_up(local), "{local}");
        }
        for local in [
            "johannes.mustermann.19850412",
            "maria-magdalena.musterfrau-19850412",
            "sales+4915112345678",
            "john1985.smithson1985",
            "19850412",
        ] {
            assert!(!is_made_up(local), "{local}");
        }
    }

    #[test]
    fn a_machines_host_is_told_from_a_companys_domain() {
        for domain in [
            "lists.acme.example",
            "db01.acme.example",
            "a.mailman.acme.example",
        ] {
            assert!(is_machine_host(domain), "{domain}");
        }
        for domain in [
            "acme.example",
            "acme24.example",
            "lists.example",
            "de.acme.example",
        ] {
            assert!(!is_machine_host(domain), "{domain}");
        }
    }

    #[test]
    fn a_path_names_the_list_behind_it() {
        for (local, list) in [
            ("talk-bounces", Some("talk")),
            ("talk-bounces+bob=acme.example", Some("talk")),
            ("owner-talk", Some("talk")),
            ("bounce-4711", Some("")),
            ("bob", None),
        ] {
            assert_eq!(list_of_path(local), list, "{local}");
        }
    }
}
