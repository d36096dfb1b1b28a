//! What keeps us from a mail server, and what to do about each.
//!
//! Vocabulary: an *obstacle* is a class of reasons with one mend; a server is *out of reach* for
//! one obstacle and in its own words.

/// What keeps us from a mail server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obstacle {
    /// No connection came about: nobody listens there, or nothing leads there.
    Port,
    /// No answer came in time.
    Silence,
    /// Nothing was said in plain text, as on a port where TLS is spoken from the first byte.
    NoGreeting,
    /// TLS is not spoken from the first byte.
    NotTls,
    /// STARTTLS is not offered, or refused.
    NoStartTls,
    /// TLS is spoken, and no way of it that both know.
    TlsTooOld,
    /// The certificate has expired.
    Expired,
    /// The certificate is not valid yet.
    NotValidYet,
    /// The certificate is made out to another name.
    WrongName,
    /// The certificate comes from an issuer whom this machine does not trust.
    UnknownIssuer,
    /// The certificate is not signed by the issuer it names.
    BadSignature,
    /// The certificate is an authority's, and no server's.
    Authority,
    /// The certificate is signed in a way that is not supported.
    Algorithm,
    /// The certificate was revoked.
    Revoked,
    /// The certificate is refused for another reason.
    Certificate,
    /// The server does not take the login.
    Login,
    /// The password could not be read here.
    Secret,
    /// An extra root certificate could not be read here.
    Root,
    /// Anything else.
    Other,
}

impl Obstacle {
    /// What was seen, where the class says all there is to say: TLS and certificates.
    pub const fn seen(self) -> Option<&'static str> {
        Some(match self {
            Self::NotTls => "it does not speak TLS from the first byte",
            Self::TlsTooOld => "its TLS is too old, or has no cipher that is safe",
            Self::Expired => "its certificate has expired",
            Self::NotValidYet => "its certificate is not valid yet",
            Self::WrongName => "its certificate is made out to another name",
            Self::UnknownIssuer => {
                "its certificate comes from an issuer this machine does not trust"
            }
            Self::BadSignature => {
                "its certificate is not signed by the issuer it names, or by another one of that name"
            }
            Self::Authority => {
                "its certificate is an authority's own (CA:TRUE), which no server may show"
            }
            Self::Algorithm => "its certificate is signed in a way that is not supported",
            Self::Revoked => "its certificate was revoked",
            Self::Certificate => "its certificate was refused",
            Self::Port
            | Self::Silence
            | Self::NoGreeting
            | Self::NoStartTls
            | Self::Login
            | Self::Secret
            | Self::Root
            | Self::Other => return None,
        })
    }

    /// What to do about it, by the keys of the configuration.
    pub const fn mend(self) -> &'static str {
        match self {
            Self::Port => "check host and port, and that no firewall is in the way",
            Self::Silence => {
                "try again; if it stays so, check host and port, and ask whoever runs the server"
            }
            Self::NoGreeting => {
                "write tls = \"tls\" if the port speaks TLS from the first byte (993 and 465 do); else check host and port"
            }
            Self::NotTls => {
                "write tls = \"starttls\" (usual on 143 and 587), or the port for TLS (993 and 465)"
            }
            Self::NoStartTls => {
                "write tls = \"tls\" and the port for TLS (993 and 465), or ask whoever runs the server"
            }
            Self::TlsTooOld => "ask whoever runs the server for TLS 1.2 or later",
            Self::Expired => {
                "ask whoever runs the server to renew it; if it is new, check this machine's clock"
            }
            Self::NotValidYet => "check this machine's clock (timedatectl)",
            Self::WrongName => {
                "write the host name that the certificate names; openssl s_client -connect HOST:PORT shows it"
            }
            Self::UnknownIssuer => "name the issuer's certificate as ca_file",
            Self::BadSignature => {
                "name the certificate of the issuer that really signed it as ca_file"
            }
            Self::Authority => {
                "give the server a certificate of its own (CA:FALSE), signed by that authority, and name the authority as ca_file; openssl req -x509 alone makes none: add -addext basicConstraints=critical,CA:FALSE"
            }
            Self::Algorithm => {
                "have it made with RSA from 2048 bits, ECDSA P-256 or P-384, or Ed25519"
            }
            Self::Revoked | Self::Certificate => {
                "ask whoever runs the server for another; openssl s_client -connect HOST:PORT shows this one"
            }
            Self::Login => {
                "check username and password; many providers want a password made for programs"
            }
            Self::Secret => "check where the password lies, and that ackd's user may read it",
            Self::Root => "check ca_file",
            Self::Other => "check host, port, tls, username and password",
        }
    }
}

/// Why a server can't be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutOfReach {
    /// What was seen, for people.
    pub seen: String,
    /// Of which class it is.
    pub obstacle: Obstacle,
}

impl OutOfReach {
    /// What was seen, and of which class it is.
    pub fn new(obstacle: Obstacle, seen: impl Into<String>) -> Self {
        let seen = seen.into();
        Self { seen, obstacle }
    }
}

/// What was seen; with what to do where only a certificate is in the way.
impl std::fmt::Display for OutOfReach {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.obstacle.seen() {
            Some(_) => write!(f, "{}; {}", self.seen, self.obstacle.mend()),
            None => f.write_str(&self.seen),
        }
    }
}
