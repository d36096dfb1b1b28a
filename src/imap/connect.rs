//! From an account to a session that is logged in.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use rustls_pki_types::ServerName;
use secrecy::{ExposeSecret, SecretString};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::alerts::Alerts;
use super::failure::{Failure, clean_words};
use super::folders::quote;
use super::session::{Answer, COMMAND_TIMEOUT, Session, Wire};
use super::tls::tls_refusal;
use super::{Account, Protection};
use crate::domain::address::Address;
use crate::domain::obstacle::Obstacle;

/// How long connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);

/// How long the TLS handshake may take.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(20);

/// How long reading the password may take.
const PASSWORD_TIMEOUT: Duration = Duration::from_secs(30);

/// Opens a stream to a server in this process: by host name and port.
pub type Open = Arc<dyn Fn(&str, u16) -> io::Result<Box<dyn Wire>> + Send + Sync>;

/// How a stream to a server comes about.
#[derive(Clone, Default)]
pub enum Connector {
    /// Over TCP.
    #[default]
    Network,
    /// In the memory of this process, for simulations: without sockets, and without a thread
    /// for reading the password, so that everything happens in one order.
    Memory(Open),
}

/// Connects and logs in.
pub(crate) async fn connect(account: &Account) -> Result<Session, Failure> {
    connect_and_note(account, &mut None).await
}

/// [`connect`], noting the server's certificate (DER) as soon as it is known, so that it can be
/// looked at even if the login fails afterwards.
pub(super) async fn connect_and_note(
    account: &Account,
    certificate: &mut Option<Vec<u8>>,
) -> Result<Session, Failure> {
    let wire: Box<dyn Wire> = match &account.connector {
        Connector::Network => Box::new(connect_tcp(account).await?),
        Connector::Memory(open) => open(&account.host, account.port).map_err(|error| {
            let at = format!("{}:{}", account.host, account.port);
            let seen = format!("could not connect to {at}: {error}");
            Failure::unreachable(Obstacle::Port, seen)
        })?,
    };
    let (mut session, logged_in) = match account.protection {
        Protection::Plain => greet(account, wire).await?,
        Protection::Tls => greet(account, handshake(account, wire, certificate).await?).await?,
        Protection::StartTls => (start_tls(account, wire, certificate).await?, false),
    };
    if !logged_in {
        log_in(account, &mut session).await?;
    }
    session.learn_capabilities().await?;
    Ok(session)
}

/// The server and the user as people may see them.
pub(crate) fn server_and_user(account: &Account) -> String {
    let user = match Address::parse(&account.username) {
        Some(address) => address.masked(),
        None => account.username.clone(),
    };
    format!("{}:{} as {user}", account.host, account.port)
}

async fn connect_tcp(account: &Account) -> Result<TcpStream, Failure> {
    let at = format!("{}:{}", account.host, account.port);
    let connecting = TcpStream::connect((account.host.as_str(), account.port));
    let tcp = match timeout(CONNECT_TIMEOUT, connecting).await {
        Ok(Ok(tcp)) => tcp,
        Ok(Err(error)) => {
            let seen = format!("could not connect to {at}: {error}");
            return Err(Failure::unreachable(Obstacle::Port, seen));
        }
        Err(_) => {
            let seconds = CONNECT_TIMEOUT.as_secs();
            let seen = format!("could not connect to {at} within {seconds} s");
            return Err(Failure::unreachable(Obstacle::Port, seen));
        }
    };
    if account.protection == Protection::Plain {
        let loopback = tcp.peer_addr().map(|peer| is_loopback(peer.ip()));
        if !loopback.unwrap_or(false) {
            let seen = format!(
                "{at} is not this machine, and a password is never sent there without TLS; set tls = \"tls\" or \"starttls\""
            );
            return Err(Failure::denied(Obstacle::Other, seen));
        }
    }
    // Commands are short and answered at once; a missed setting costs speed only.
    let _ = tcp.set_nodelay(true);
    Ok(tcp)
}

fn is_loopback(ip: IpAddr) -> bool {
    ip.to_canonical().is_loopback()
}

async fn handshake(
    account: &Account,
    wire: Box<dyn Wire>,
    certificate: &mut Option<Vec<u8>>,
) -> Result<Box<dyn Wire>, Failure> {
    let at = format!("{}:{}", account.host, account.port);
    let name = ServerName::try_from(account.host.clone()).map_err(|_| {
        let seen = format!("{at}: the host is no valid name for TLS");
        Failure::denied(Obstacle::Other, seen)
    })?;
    let connector = TlsConnector::from(Arc::clone(&account.tls));
    match timeout(HANDSHAKE_TIMEOUT, connector.connect(name, wire)).await {
        Ok(Ok(stream)) => {
            let chain = stream.get_ref().1.peer_certificates();
            *certificate = chain.and_then(|chain| Some(chain.first()?.to_vec()));
            Ok(Box::new(stream))
        }
        Ok(Err(error)) => Err(match tls_refusal(&error) {
            Some(told) if told.obstacle == Obstacle::NotTls => {
                Failure::denied(told.obstacle, format!("{at}: {}", told.seen))
            }
            Some(told) => Failure::denied(
                told.obstacle,
                format!("could not trust {at}: {}", told.seen),
            ),
            None => {
                let seen = format!("could not set up TLS with {at}: {error}");
                Failure::unreachable(Obstacle::Port, seen)
            }
        }),
        Err(_) => Err(Failure::TimedOut {
            what: "the TLS handshake",
            limit: HANDSHAKE_TIMEOUT,
        }),
    }
}

async fn greet(account: &Account, wire: Box<dyn Wire>) -> Result<(Session, bool), Failure> {
    let mut session = Session::new(wire, Some(Alerts::of(account.name.clone())));
    let greeted = session.greeting().await;
    let logged_in = match account.protection {
        Protection::Plain => greeted.map_err(|failure| silent_in_plain_text(account, failure))?,
        Protection::Tls | Protection::StartTls => greeted?,
    };
    Ok((session, logged_in))
}

/// A server that speaks TLS from the first byte says nothing before us.
fn silent_in_plain_text(account: &Account, failure: Failure) -> Failure {
    match failure {
        Failure::TimedOut { limit, .. } => {
            let at = format!("{}:{}", account.host, account.port);
            let seconds = limit.as_secs();
            let seen = format!("{at} said nothing in plain text within {seconds} s");
            Failure::unreachable(Obstacle::NoGreeting, seen)
        }
        other => other,
    }
}

/// Upgrades a plain connection. What came in plain text behind the upgrade is thrown away
/// with the old session, and a server that claims to have logged us in is not believed.
async fn start_tls(
    account: &Account,
    wire: Box<dyn Wire>,
    certificate: &mut Option<Vec<u8>>,
) -> Result<Session, Failure> {
    let at = format!("{}:{}", account.host, account.port);
    let mut plain = Session::new(wire, None);
    let greeted = plain.greeting().await;
    if greeted.map_err(|failure| silent_in_plain_text(account, failure))? {
        let seen = format!(
            "{at} skips the login before TLS is on, so STARTTLS can't be trusted there; use tls = \"tls\""
        );
        return Err(Failure::denied(Obstacle::NoStartTls, seen));
    }
    let tag = plain.send("STARTTLS").await?;
    let answer = plain
        .finish(tag, "STARTTLS", COMMAND_TIMEOUT, |_| {})
        .await?;
    if let Answer::Refused(words) = answer {
        let seen = format!("{at} refused STARTTLS: {words}");
        return Err(Failure::denied(Obstacle::NoStartTls, seen));
    }
    let wire = handshake(account, plain.into_wire(), certificate).await?;
    Ok(Session::new(wire, Some(Alerts::of(account.name.clone()))))
}

async fn log_in(account: &Account, session: &mut Session) -> Result<(), Failure> {
    let whom = server_and_user(account);
    session.learn_capabilities().await?;
    let password = read_password(account, &whom).await?;
    let secret = password.expose_secret();
    let plain_text = [account.username.as_str(), secret]
        .iter()
        .all(|text| text.bytes().all(|b| (b' '..0x7f).contains(&b)));
    session.hide_in_alerts(forms(&account.username, secret));
    let answer = if session.can("LOGINDISABLED") || !plain_text {
        authenticate_plain(session, &account.username, secret).await?
    } else {
        let refused = |_| {
            let seen = format!("could not log in to {whom}: bad characters");
            Failure::denied(Obstacle::Login, seen)
        };
        let user = quote(&account.username).map_err(refused)?;
        let quoted = quote(secret).map_err(refused)?;
        session.forget_capabilities();
        let tag = session.send(&format!("LOGIN {user} {quoted}")).await?;
        session
            .finish(tag, "LOGIN", COMMAND_TIMEOUT, |_| {})
            .await?
    };
    session.hide_in_alerts(Vec::new());
    let Answer::Refused(words) = answer else {
        return Ok(());
    };
    let words = hide(&words, &account.username, secret);
    let message = format!("could not log in to {whom}: {words}");
    // RFC 5530: these say that the server, not the password, is at fault.
    let passing = ["[UNAVAILABLE]", "[INUSE]", "[SERVERBUG]", "[LIMIT]"];
    Err(if passing.iter().any(|code| words.contains(code)) {
        Failure::unreachable(Obstacle::Silence, message)
    } else {
        Failure::denied(Obstacle::Login, message)
    })
}

/// AUTHENTICATE PLAIN (RFC 4616), with the answer after the server's prompt.
async fn authenticate_plain(
    session: &mut Session,
    username: &str,
    secret: &str,
) -> Result<Answer, Failure> {
    session.forget_capabilities();
    let tag = session.send("AUTHENTICATE PLAIN").await?;
    if let Some(answer) = session.continuation(tag, "AUTHENTICATE").await? {
        return Ok(answer);
    }
    let line = BASE64.encode(format!("\0{username}\0{secret}"));
    session.write(format!("{line}\r\n").as_bytes()).await?;
    session
        .finish(tag, "AUTHENTICATE", COMMAND_TIMEOUT, |_| {})
        .await
}

/// Reading may run a command, so it has a thread of its own.
async fn read_password(account: &Account, whom: &str) -> Result<SecretString, Failure> {
    let read = Arc::clone(&account.password);
    let failed =
        |why: String| Failure::denied(Obstacle::Secret, format!("no password for {whom}: {why}"));
    if matches!(account.connector, Connector::Memory(_)) {
        return read().map_err(failed);
    }
    let reading = tokio::task::spawn_blocking(move || read());
    match timeout(PASSWORD_TIMEOUT, reading).await {
        Ok(Ok(Ok(password))) => Ok(password),
        Ok(Ok(Err(why))) => Err(failed(why)),
        Ok(Err(_)) => Err(failed("reading it failed unexpectedly".to_owned())),
        Err(_) => Err(failed(format!(
            "reading it took longer than {} s",
            PASSWORD_TIMEOUT.as_secs()
        ))),
    }
}

/// Servers have been seen to repeat what they were sent, in whatever form they got it.
fn hide(words: &str, username: &str, secret: &str) -> String {
    let hidden = forms(username, secret)
        .iter()
        .fold(words.to_owned(), |words, form| words.replace(form, "…"));
    clean_words(&hidden)
}

/// The forms in which a server may repeat the secret, the longest first: one may hold another.
fn forms(username: &str, secret: &str) -> Vec<String> {
    if secret.is_empty() {
        return Vec::new();
    }
    let mut forms = vec![
        BASE64.encode(format!("\0{username}\0{secret}")),
        BASE64.encode(secret),
        secret.to_owned(),
    ];
    forms.extend(quote(secret).ok());
    forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
    forms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_password_is_hidden() {
        assert_eq!(hide("bad LOGIN a s3cret", "a", "s3cret"), "bad LOGIN a …");
        assert_eq!(hide("bad AGEAczNjcmV0", "a", "s3cret"), "bad …");
        assert_eq!(hide("bad czNjcmV0 too", "a", "s3cret"), "bad … too");
        assert_eq!(hide("bad \"s\\\"x\"", "a", "s\"x"), "bad …");
    }

    #[test]
    fn loopback_is_recognised_in_every_form() {
        for ip in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
            assert!(is_loopback(ip.parse().expect("an address")), "{ip}");
        }
        assert!(!is_loopback("192.0.2.1".parse().expect("an address")));
    }
}
