//! Certificates for tests, made when they are needed: one authority, and servers of all sorts.

use std::fs;
use std::path::Path;
use std::process::Command;

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tempfile::TempDir;

/// What is wrong with a server's certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Certificate {
    /// Nothing.
    Good,
    /// It was good until the year 2020.
    Expired,
    /// It is good from the year 2090 on.
    NotYetValid,
    /// It is made out to another name.
    WrongName,
    /// Nobody we know vouches for it.
    UnknownAuthority,
    /// The server itself vouches for it.
    SelfSigned,
    /// The server shows its authority's own certificate, which we trust as such.
    OwnAuthority,
    /// Somebody of the name of an authority we trust vouches for it.
    ForgedIssuer,
}

const CONFIGURATION: &str = "[ca]
default_ca = own
[own]
database = FOLDER/index
serial = FOLDER/serial
new_certs_dir = FOLDER
default_md = sha256
policy = any
copy_extensions = none
unique_subject = no
[any]
commonName = supplied
[server]
basicConstraints = CA:FALSE
extendedKeyUsage = serverAuth
subjectAltName = DNS:NAME
[authority]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
[req]
distinguished_name = nobody
[nobody]
";

/// An authority and a server's certificate and key.
pub(crate) struct Chain {
    /// The authority that the client trusts, as PEM.
    pub(crate) trusted: Vec<u8>,
    chain: Vec<u8>,
    key: Vec<u8>,
}

impl Chain {
    /// `None` where there is no openssl.
    pub(crate) fn made(what: Certificate) -> Option<Self> {
        let name = match what {
            Certificate::WrongName => "elsewhere.test",
            _ => "localhost",
        };
        Self::made_for(what, name)
    }

    /// For a server of this name. `None` where there is no openssl.
    pub(crate) fn made_for(what: Certificate, name: &str) -> Option<Self> {
        if Command::new("openssl").arg("version").output().is_err() {
            println!("skipped: there is no openssl");
            return None;
        }
        let trusted = Folder::authority("trusted", name);
        let other = match what {
            Certificate::ForgedIssuer => Folder::authority("trusted", name),
            _ => Folder::authority("other", name),
        };
        let (start, end) = match what {
            Certificate::Expired => ("20190101000000Z", "20200101000000Z"),
            Certificate::NotYetValid => ("20900101000000Z", "20950101000000Z"),
            _ => ("20200101000000Z", "20950101000000Z"),
        };
        let signer = match what {
            Certificate::UnknownAuthority | Certificate::ForgedIssuer => &other,
            _ => &trusted,
        };
        if what == Certificate::OwnAuthority {
            return Some(Self {
                trusted: trusted.read("authority.pem"),
                chain: trusted.read("authority.pem"),
                key: trusted.read("authority.key"),
            });
        }
        if what == Certificate::SelfSigned {
            // An authority of its own name: it vouches for itself.
            return Some(Self {
                trusted: trusted.read("authority.pem"),
                chain: other.read("authority.pem"),
                key: other.read("authority.key"),
            });
        }
        signer.openssl(&format!(
            "req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -config FOLDER/config -subj /CN={name} -keyout FOLDER/server.key -out FOLDER/server.csr"
        ));
        signer.openssl(&format!(
            "ca -batch -notext -config FOLDER/config -extensions server -cert FOLDER/authority.pem -keyfile FOLDER/authority.key -startdate {start} -enddate {end} -in FOLDER/server.csr -out FOLDER/server.pem"
        ));
        Some(Self {
            trusted: trusted.read("authority.pem"),
            chain: signer.read("server.pem"),
            key: signer.read("server.key"),
        })
    }

    /// What the server says hello with.
    pub(crate) fn server(&self) -> rustls::ServerConfig {
        let chain = vec![CertificateDer::from_pem_slice(&self.chain).expect("a certificate")];
        let key = PrivateKeyDer::from_pem_slice(&self.key).expect("a key");
        let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
        rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .expect("a server")
    }
}

struct Folder(TempDir);

impl Folder {
    fn authority(own: &str, name: &str) -> Self {
        let folder = Self(TempDir::new().expect("a temporary folder"));
        let configuration = folder.filled(CONFIGURATION).replace("NAME", name);
        fs::write(folder.path().join("config"), configuration).expect("writable");
        fs::write(folder.path().join("index"), "").expect("writable");
        fs::write(folder.path().join("serial"), "01\n").expect("writable");
        folder.openssl(&format!("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -config FOLDER/config -extensions authority -days 3650 -subj /CN={own} -keyout FOLDER/authority.key -out FOLDER/authority.pem"));
        folder
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn filled(&self, text: &str) -> String {
        text.replace("FOLDER", self.path().to_str().expect("a plain path"))
    }

    fn openssl(&self, arguments: &str) {
        let arguments = self.filled(arguments);
        let made = Command::new("openssl").args(arguments.split(' ')).output();
        let made = made.expect("openssl runs");
        let told = String::from_utf8_lossy(&made.stderr);
        assert!(made.status.success(), "openssl {arguments}: {told}");
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path().join(name)).expect("it was made")
    }
}
