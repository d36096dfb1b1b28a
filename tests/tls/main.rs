//! Servers that must not be trusted, for IMAP, SMTP and webhooks: whatever is wrong with them, no
//! password and no mail leaves this machine.

mod authority;
mod peer;
mod webhooks;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use ackd::clock::SystemClock;
use ackd::domain::address::{Address, Author};
use ackd::domain::draft::Mail;
use ackd::domain::facts::Location;
use ackd::domain::ids::{MailboxName, MessageId};
use ackd::domain::outbox::SendVerdict;
use ackd::domain::time::Timestamp;
use ackd::imap::{self, Account, Beginning, Order, Report, SentChoice, WatchState, tls_client};
use ackd::smtp::{self, Relay};
use authority::{Certificate, Chain};
use peer::{Peer, Plain, Protocol};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

const PASSWORD: &str = "swordfish";

/// How long anything may take that has no time of its own. The machine may be busy.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a mailbox says for itself: that it is live, or why it is blind.
async fn mailbox(peer: &Peer, chain: &Chain, protection: imap::Protection) -> WatchState {
    let account = Account {
        name: MailboxName::new("clients"),
        host: "localhost".to_owned(),
        port: peer.port,
        protection,
        tls: tls_client(Some(&chain.trusted)).expect("a certificate"),
        username: "us".to_owned(),
        password: Arc::new(|| Ok(PASSWORD.to_owned().into())),
        folders: vec!["INBOX".to_owned()],
        sent: SentChoice::None,
        poll_every: Duration::from_secs(1),
        read_since: Timestamp::UNIX_EPOCH,
        connector: imap::Connector::Network,
        may_concern: Arc::new(|_| true),
        wants_text: Arc::new(|_, _, _| false),
    };
    let (report_to, mut reports) = mpsc::channel(16);
    let (_orders, order_from) = mpsc::channel::<Order>(16);
    let (_flags, flags_from) = watch::channel(Arc::new(Vec::<Location>::new()));
    let stop = CancellationToken::new();
    let beginning = Beginning {
        cursors: BTreeMap::new(),
    };
    let clock = Arc::new(SystemClock);
    let (own, watching) = (stop.clone(), async {
        loop {
            match reports.recv().await {
                Some(Report::State {
                    state: WatchState::CatchingUp,
                    ..
                }) => {}
                Some(Report::State { state, .. }) => return state,
                Some(_) => {}
                None => panic!("the watch has ended"),
            }
        }
    });
    let task = tokio::spawn(imap::watch(
        account, clock, beginning, report_to, order_from, flags_from, own,
    ));
    let state = tokio::time::timeout(PATIENCE, watching).await;
    stop.cancel();
    task.await.expect("the watch never panics");
    state.expect("in time")
}

async fn mail(peer: &Peer, chain: &Chain, protection: smtp::Protection) -> SendVerdict {
    let us = Address::parse("ackd@agency.test").expect("an address");
    let mail = Mail {
        message_id: MessageId::parse("ackd.1.x@agency.test").expect("an id"),
        date: Timestamp::UNIX_EPOCH,
        from: Author {
            address: us.clone(),
            name: None,
        },
        to: us.clone(),
        envelope_sender: Some(us),
        subject: "confidential".to_owned(),
        in_reply_to: None,
        references: vec![],
        headers: vec![],
        text: "confidential\n".to_owned(),
        html: None,
    };
    let relay = Relay {
        host: "localhost".to_owned(),
        port: peer.port,
        protection,
        extra_root: Some(chain.trusted.clone()),
        login: Some(("us".to_owned(), Arc::new(|| Ok(PASSWORD.to_owned().into())))),
        timeout: PATIENCE,
        connector: smtp::Connector::Network,
    };
    smtp::send(&relay, &mail).await
}

/// Nothing of ours was said, in the clear or under TLS.
fn nothing_was_told(peer: &Peer, what: &str) {
    let heard = peer.heard();
    for word in [
        "LOGIN",
        "AUTH",
        PASSWORD,
        "c3dvcmRmaXNo",
        "MAIL",
        "confidential",
    ] {
        assert!(!heard.contains(word), "{what}: {word} was said:\n{heard}");
    }
}

#[tokio::test]
async fn a_certificate_that_is_not_good_is_refused_by_mailboxes_in_both_forms() {
    for (what, words) in [
        (Certificate::Expired, "expired"),
        (Certificate::NotYetValid, "not valid yet"),
        (Certificate::WrongName, "another name"),
        (Certificate::UnknownAuthority, "issuer"),
        (Certificate::SelfSigned, "could not trust"),
        (Certificate::OwnAuthority, "is an authority's own (CA:TRUE)"),
        (
            Certificate::ForgedIssuer,
            "not signed by the issuer it names",
        ),
    ] {
        let Some(chain) = Chain::made(what) else {
            return;
        };
        for protection in [imap::Protection::Tls, imap::Protection::StartTls] {
            let at_once = protection == imap::Protection::Tls;
            let peer = Peer::start(Protocol::Imap, &chain, at_once, Plain::Honest).await;
            let state = mailbox(&peer, &chain, protection).await;
            let WatchState::Blind { reason } = state else {
                panic!("{what:?} is trusted");
            };
            assert!(reason.contains(words), "{what:?}: {reason}");
            assert!(!reason.contains("Error"), "{what:?}: {reason}");
            nothing_was_told(&peer, &format!("{what:?}"));
        }
    }
}

#[tokio::test]
async fn a_certificate_that_is_not_good_gets_no_mail_in_both_forms() {
    for what in [
        Certificate::Expired,
        Certificate::NotYetValid,
        Certificate::WrongName,
        Certificate::UnknownAuthority,
        Certificate::SelfSigned,
        Certificate::OwnAuthority,
        Certificate::ForgedIssuer,
    ] {
        let Some(chain) = Chain::made(what) else {
            return;
        };
        for protection in [smtp::Protection::Tls, smtp::Protection::StartTls] {
            let at_once = protection == smtp::Protection::Tls;
            let peer = Peer::start(Protocol::Smtp, &chain, at_once, Plain::Honest).await;
            match mail(&peer, &chain, protection).await {
                SendVerdict::Later { reason } => {
                    assert!(reason.contains("its certificate"), "{what:?}: {reason}");
                    assert!(!reason.contains("Error"), "{what:?}: {reason}");
                }
                other => panic!("{what:?}: {other:?}"),
            }
            nothing_was_told(&peer, &format!("{what:?}"));
        }
    }
}

#[tokio::test]
async fn whoever_takes_starttls_away_or_speaks_before_it_learns_nothing() {
    let Some(chain) = Chain::made(Certificate::Good) else {
        return;
    };
    for plain in [
        Plain::Stripped,
        Plain::Refused,
        Plain::Preauth,
        Plain::Injected,
    ] {
        let peer = Peer::start(Protocol::Imap, &chain, false, plain).await;
        let state = mailbox(&peer, &chain, imap::Protection::StartTls).await;
        let is_live = state == WatchState::Live;
        assert!(!is_live, "{plain:?} is trusted");
        nothing_was_told(&peer, &format!("IMAP, {plain:?}"));
    }
    for plain in [Plain::Stripped, Plain::Refused, Plain::Injected] {
        let peer = Peer::start(Protocol::Smtp, &chain, false, plain).await;
        let verdict = mail(&peer, &chain, smtp::Protection::StartTls).await;
        assert!(
            matches!(verdict, SendVerdict::Later { .. }),
            "{plain:?}: {verdict:?}"
        );
        nothing_was_told(&peer, &format!("SMTP, {plain:?}"));
    }
}

/// That the servers above are refused for what is wrong with them, and for nothing else.
#[tokio::test]
async fn a_good_certificate_is_taken_in_both_forms() {
    let Some(chain) = Chain::made(Certificate::Good) else {
        return;
    };
    for (at_once, reading, sending) in [
        (true, imap::Protection::Tls, smtp::Protection::Tls),
        (
            false,
            imap::Protection::StartTls,
            smtp::Protection::StartTls,
        ),
    ] {
        let peer = Peer::start(Protocol::Imap, &chain, at_once, Plain::Honest).await;
        assert_eq!(mailbox(&peer, &chain, reading).await, WatchState::Live);
        assert!(peer.heard().contains(PASSWORD), "{}", peer.heard());
        let peer = Peer::start(Protocol::Smtp, &chain, at_once, Plain::Honest).await;
        assert_eq!(mail(&peer, &chain, sending).await, SendVerdict::Sent);
    }
}

#[tokio::test]
async fn whoever_speaks_no_tls_at_once_is_told_so_and_what_to_write() {
    let Some(chain) = Chain::made(Certificate::Good) else {
        return;
    };
    let words = "it does not speak TLS from the first byte; write tls = \"starttls\"";
    let peer = Peer::start(Protocol::Imap, &chain, false, Plain::Honest).await;
    match mailbox(&peer, &chain, imap::Protection::Tls).await {
        WatchState::Blind { reason } => assert!(reason.contains(words), "{reason}"),
        state => panic!("{state:?}"),
    }
    let peer = Peer::start(Protocol::Smtp, &chain, false, Plain::Honest).await;
    match mail(&peer, &chain, smtp::Protection::Tls).await {
        SendVerdict::Later { reason } => assert!(reason.contains(words), "{reason}"),
        verdict => panic!("{verdict:?}"),
    }
}
