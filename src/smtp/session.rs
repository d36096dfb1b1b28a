//! One conversation with the mail server: one connection, one mail, one recipient.
//!
//! There is no pool of connections and no pipelining. A connection on which anything went
//! wrong is dropped, so no late reply can ever be taken for the reply to another command.

use std::future::Future;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lettre::address::Address as WireAddress;
use lettre::transport::smtp::Error as WireError;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{
    AsyncSmtpConnection, Certificate, TlsParameters, TlsParametersBuilder,
};
use lettre::transport::smtp::commands;
use lettre::transport::smtp::extension::{ClientId, Extension, MailParameter};
use lettre::transport::smtp::response::Response;
use secrecy::{ExposeSecret, SecretString};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use super::message::wire_address;
use super::tls::tls_obstacle;
use super::verdict::{Outcome, Phase, judge, obstacle};
use super::wire::LineByLine;
use super::{Connector, Protection, Relay};
use crate::domain::draft::Mail;
use crate::domain::obstacle::{Obstacle, OutOfReach};
use crate::domain::outbox::SendVerdict;

/// How long we wait for the server's word of parting. The verdict stands before it.
const QUIT_TIMEOUT: Duration = Duration::from_secs(2);

/// How a certificate begins in a PEM file.
const PEM_MARK: &[u8] = b"-----BEGIN CERTIFICATE-----";

/// The most addresses of one host that are tried.
const ADDRESSES_MAX: usize = 4;

/// What a reason has to say of the server, and what it must never repeat.
struct Private {
    server: String,
    texts: Vec<String>,
}

impl Private {
    fn judge(&self, phase: Phase, outcome: &Outcome) -> Option<SendVerdict> {
        let texts: Vec<&str> = self.texts.iter().map(String::as_str).collect();
        let said = |reason: String| format!("{}: {reason}", self.server);
        judge(phase, outcome, &texts).map(|verdict| match verdict {
            SendVerdict::Sent => SendVerdict::Sent,
            SendVerdict::Later { reason } => SendVerdict::Later {
                reason: said(reason),
            },
            SendVerdict::LaterBy { reason, pause } => SendVerdict::LaterBy {
                reason: said(reason),
                pause,
            },
            SendVerdict::Refused { reason } => SendVerdict::Refused {
                reason: said(reason),
            },
            SendVerdict::Unknown { reason } => SendVerdict::Unknown {
                reason: said(reason),
            },
        })
    }
}

/// What has to be at hand before connecting.
struct Preparation {
    tls: Option<TlsParameters>,
    credentials: Option<Credentials>,
    private: Private,
}

/// Hands over one mail. Each step has its time-out; the whole takes at most about seven.
pub(super) async fn converse(relay: &Relay, mail: &Mail, content: &[u8]) -> SendVerdict {
    let preparation = match prepare(relay).await {
        Ok(preparation) => preparation,
        Err(reason) => return SendVerdict::Later { reason },
    };
    let hello = mail.from.address.domain();
    let mut connection = match open(relay, hello, &preparation).await {
        Ok(connection) => connection,
        Err((verdict, _)) => return verdict,
    };
    let verdict = hand_over(relay, mail, content, &mut connection, &preparation.private).await;
    // Out of politeness only, and only where the server has just shown that it answers. The
    // verdict does not wait for it: until it is on disk, a crash would leave it unknown.
    if matches!(verdict, SendVerdict::Sent | SendVerdict::Refused { .. }) {
        tokio::spawn(async move {
            let _ = timeout(QUIT_TIMEOUT, connection.quit()).await;
        });
    }
    verdict
}

/// Connects, protects the connection, logs in and parts; gives the server's certificate (DER) where
/// there is TLS.
pub(super) async fn try_out(relay: &Relay, hello: &str) -> Result<Option<Vec<u8>>, OutOfReach> {
    let preparation = prepare(relay).await;
    let preparation = preparation.map_err(|why| OutOfReach::new(Obstacle::Secret, why))?;
    let opened = open(relay, hello, &preparation).await;
    let mut connection = opened.map_err(|(verdict, obstacle)| {
        let seen = match verdict {
            SendVerdict::Sent => "the mail server answered out of turn".to_owned(),
            SendVerdict::Later { reason }
            | SendVerdict::LaterBy { reason, .. }
            | SendVerdict::Refused { reason }
            | SendVerdict::Unknown { reason } => reason,
        };
        OutOfReach::new(obstacle, seen)
    })?;
    let certificate = match relay.protection {
        Protection::Plain => None,
        Protection::Tls | Protection::StartTls => connection.peer_certificate().ok(),
    };
    // Everything that matters has been answered.
    let _ = timeout(QUIT_TIMEOUT, connection.quit()).await;
    Ok(certificate)
}

/// Reads password and certificates, which may block, off the async threads.
async fn prepare(relay: &Relay) -> Result<Preparation, String> {
    let owned = relay.clone();
    if matches!(relay.connector, Connector::Memory(_)) {
        return read_preparation(&owned);
    }
    let reading = tokio::task::spawn_blocking(move || read_preparation(&owned));
    match timeout(relay.timeout, reading).await {
        Ok(Ok(preparation)) => preparation,
        Ok(Err(_)) => Err("reading the SMTP password or certificates failed".to_owned()),
        Err(_) => {
            Err("reading the SMTP password took too long: check its file or command".to_owned())
        }
    }
}

fn read_preparation(relay: &Relay) -> Result<Preparation, String> {
    let tls = match relay.protection {
        Protection::Plain => None,
        Protection::Tls | Protection::StartTls => Some(tls_parameters(relay)?),
    };
    let mut private = Private {
        server: format!("{}:{}", relay.host, relay.port),
        texts: Vec::new(),
    };
    let credentials = match &relay.login {
        None => None,
        Some((user, read_password)) => {
            let password: SecretString =
                read_password().map_err(|error| format!("reading the SMTP password: {error}"))?;
            let password = password.expose_secret();
            private.texts.extend(private_forms(user, password));
            Some(Credentials::new(user.clone(), password.to_owned()))
        }
    };
    Ok(Preparation {
        tls,
        credentials,
        private,
    })
}

/// Login and password as they are, and as they go over the wire (RFC 4616, `AUTH LOGIN`): a
/// server may repeat either.
fn private_forms(user: &str, password: &str) -> Vec<String> {
    let mut forms = vec![user.to_owned(), password.to_owned()];
    forms.extend(
        [user, password, &format!("\0{user}\0{password}")].map(|text| STANDARD.encode(text)),
    );
    forms
}

fn tls_parameters(relay: &Relay) -> Result<TlsParameters, String> {
    let mut builder: TlsParametersBuilder = TlsParameters::builder(relay.host.clone());
    if let Some(pem) = &relay.extra_root {
        // A file without any certificate would be read without complaint.
        let any = pem.windows(PEM_MARK.len()).any(|part| part == PEM_MARK);
        let root = Certificate::from_pem(pem).ok().filter(|_| any);
        let root = root.ok_or("the extra root certificate is no PEM file: check ca_file")?;
        builder = builder.add_root_certificate(root);
    }
    builder
        .build()
        .map_err(|error| format!("preparing TLS for the mail server: {error}"))
}

/// Connects, protects the connection and logs in.
async fn open(
    relay: &Relay,
    hello: &str,
    preparation: &Preparation,
) -> Result<AsyncSmtpConnection, (SendVerdict, Obstacle)> {
    let private = &preparation.private;
    let hello = ClientId::Domain(hello.to_owned());
    let (mut connection, outcome) = connect(relay, &hello, preparation.tls.as_ref()).await;
    if let Some(verdict) = private.judge(Phase::Greeting, &outcome) {
        return Err((verdict, obstacle(Phase::Greeting, &outcome)));
    }
    if let (Protection::StartTls, Some(tls)) = (relay.protection, &preparation.tls) {
        let outcome = start_tls(relay, connection.as_mut(), &hello, tls).await;
        if let Some(verdict) = private.judge(Phase::StartTls, &outcome) {
            return Err((verdict, obstacle(Phase::StartTls, &outcome)));
        }
    }
    let Some(mut connection) = connection else {
        let reason = "the mail server could not be reached".to_owned();
        return Err((SendVerdict::Later { reason }, Obstacle::Port));
    };
    if let Some(credentials) = &preparation.credentials {
        let mechanisms = [Mechanism::Plain, Mechanism::Login];
        let login = connection.auth(&mechanisms, credentials);
        let outcome = in_time(relay, login).await;
        if let Some(verdict) = private.judge(Phase::Login, &outcome) {
            return Err((verdict, obstacle(Phase::Login, &outcome)));
        }
    }
    Ok(connection)
}

/// The envelope and the content, command by command, so that it is always known how far the
/// server came.
async fn hand_over(
    relay: &Relay,
    mail: &Mail,
    content: &[u8],
    connection: &mut AsyncSmtpConnection,
    private: &Private,
) -> SendVerdict {
    let (sender, recipient) = match envelope(mail) {
        Ok(envelope) => envelope,
        Err(reason) => return SendVerdict::Refused { reason },
    };
    let ascii = |address: &WireAddress| AsRef::<str>::as_ref(address).is_ascii();
    let mut parameters = Vec::new();
    if !content.is_ascii() || !ascii(&recipient) || !sender.iter().all(ascii) {
        if !connection
            .server_info()
            .supports_feature(Extension::SmtpUtfEight)
        {
            let reason =
                "an address holds letters beyond ASCII and the mail server takes none (SMTPUTF8)";
            return SendVerdict::Refused {
                reason: reason.to_owned(),
            };
        }
        parameters.extend([
            MailParameter::SmtpUtfEight,
            MailParameter::Body(
                lettre::transport::smtp::extension::MailBodyParameter::EightBitMime,
            ),
        ]);
    }
    let sender = connection.command(commands::Mail::new(sender, parameters));
    let outcome = in_time(relay, sender).await;
    if let Some(verdict) = private.judge(Phase::Sender, &outcome) {
        return verdict;
    }
    let recipient = connection.command(commands::Rcpt::new(recipient, Vec::new()));
    let outcome = in_time(relay, recipient).await;
    if let Some(verdict) = private.judge(Phase::Recipient, &outcome) {
        return verdict;
    }
    let outcome = in_time(relay, connection.command(commands::Data)).await;
    if let Some(verdict) = private.judge(Phase::Data, &outcome) {
        return verdict;
    }
    // The line end before the final dot is the client's to add.
    let content = content.strip_suffix(b"\r\n").unwrap_or(content);
    let outcome = in_time(relay, connection.message(content)).await;
    private
        .judge(Phase::Content, &outcome)
        .unwrap_or_else(|| SendVerdict::Unknown {
            reason: "handing over the mail: the outcome is not known".to_owned(),
        })
}

fn envelope(mail: &Mail) -> Result<(Option<WireAddress>, WireAddress), String> {
    let sender = mail.envelope_sender.as_ref();
    let sender = sender
        .map(|address| wire_address(address, "sender"))
        .transpose()?;
    Ok((sender, wire_address(&mail.to, "recipient")?))
}

/// Connects and reads the greeting, within one time-out for all addresses of the host.
async fn connect(
    relay: &Relay,
    hello: &ClientId,
    tls: Option<&TlsParameters>,
) -> (Option<AsyncSmtpConnection>, Outcome) {
    let greeted = async {
        match (relay.protection, tls) {
            (Protection::Tls, Some(tls)) if matches!(relay.connector, Connector::Network) => {
                let server = (relay.host.as_str(), relay.port);
                let each = Some(relay.timeout / 3);
                AsyncSmtpConnection::connect_tokio1(server, each, hello, Some(tls.clone()), None)
                    .await
                    .map_err(|error| outcome_of(Err(error)))
            }
            _ => {
                let stream = Box::new(plain_stream(relay).await?);
                AsyncSmtpConnection::connect_with_transport(stream, hello)
                    .await
                    .map_err(|error| outcome_of(Err(error)))
            }
        }
    };
    match timeout(relay.timeout, greeted).await {
        Err(_) => (None, Outcome::Silence),
        Ok(Err(outcome)) => (None, outcome),
        Ok(Ok(connection)) => {
            let text = String::new();
            (Some(connection), Outcome::Reply { code: 220, text })
        }
    }
}

/// A connection without TLS.
async fn plain_stream(relay: &Relay) -> Result<LineByLine, Outcome> {
    match &relay.connector {
        Connector::Network => tcp_stream(relay).await.map(LineByLine::new),
        // TLS from the first byte is what the network is for; without it nothing is sent.
        Connector::Memory(_) if relay.protection == Protection::Tls => {
            Err(Outcome::Broken("there is no TLS in memory".to_owned()))
        }
        Connector::Memory(open) => open(&relay.host, relay.port)
            .map(LineByLine::in_memory)
            .map_err(|error| Outcome::Broken(format!("{error}"))),
    }
}

/// A TCP connection without TLS. Where none is going to follow, only to this very machine:
/// the name is not trusted, the address is looked at.
async fn tcp_stream(relay: &Relay) -> Result<TcpStream, Outcome> {
    let broken = |error: std::io::Error| Outcome::Broken(format!("{error}"));
    let server = (relay.host.as_str(), relay.port);
    let mut last = Outcome::Broken("the host name leads to no address".to_owned());
    for address in lookup_host(server)
        .await
        .map_err(broken)?
        .take(ADDRESSES_MAX)
    {
        if relay.protection == Protection::Plain && !address.ip().is_loopback() {
            last = Outcome::Broken(
                "without TLS only a server on this machine is used: set tls".into(),
            );
            continue;
        }
        match timeout(relay.timeout / 3, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => last = broken(error),
            Err(_) => last = Outcome::Silence,
        }
    }
    Err(last)
}

async fn start_tls(
    relay: &Relay,
    connection: Option<&mut AsyncSmtpConnection>,
    hello: &ClientId,
    tls: &TlsParameters,
) -> Outcome {
    let Some(connection) = connection else {
        return Outcome::Broken("not connected".to_owned());
    };
    if !connection.can_starttls() {
        let advice = "the server does not offer it: use another port, or tls = \"tls\"";
        return Outcome::Broken(advice.to_owned());
    }
    match timeout(relay.timeout, connection.starttls(tls.clone(), hello)).await {
        Err(_) => Outcome::Silence,
        Ok(Err(error)) => outcome_of(Err(error)),
        Ok(Ok(())) if !connection.is_encrypted() => {
            Outcome::Broken("the connection is still not encrypted".to_owned())
        }
        Ok(Ok(())) => Outcome::Reply {
            code: 220,
            text: String::new(),
        },
    }
}

async fn in_time(
    relay: &Relay,
    answer: impl Future<Output = Result<Response, WireError>>,
) -> Outcome {
    match timeout(relay.timeout, answer).await {
        Err(_) => Outcome::Silence,
        Ok(result) => outcome_of(result),
    }
}

fn outcome_of(result: Result<Response, WireError>) -> Outcome {
    match result {
        Ok(response) => {
            let lines: Vec<&str> = response.message().collect();
            Outcome::Reply {
                code: response.code().into(),
                text: lines.join(" "),
            }
        }
        Err(error) => {
            if let Some(obstacle) = tls_obstacle(&error) {
                return Outcome::Barred(obstacle);
            }
            let source = innermost(&error);
            match error.status() {
                Some(code) => Outcome::Reply {
                    code: code.into(),
                    text: source,
                },
                None if error.is_response() => {
                    Outcome::Broken("what came back is no SMTP reply, or none at all".to_owned())
                }
                None => Outcome::Broken(source),
            }
        }
    }
}

/// What lettre's errors wrap, often twice, without its own words for it.
fn innermost(error: &WireError) -> String {
    let mut inner: &(dyn std::error::Error + 'static) = error;
    while let Some(wrapped) = inner.downcast_ref::<WireError>() {
        match std::error::Error::source(wrapped) {
            Some(source) => inner = source,
            None => break,
        }
    }
    inner.to_string()
}
