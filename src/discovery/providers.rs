//! Well-known providers: their servers, and what their passwords need.
//!
//! The servers are those that the providers document and that Thunderbird's database of
//! providers lists (<https://github.com/thunderbird/autoconfig>, November 2026). A provider is
//! known by the domain of an address, or by a server that takes a domain's mail.

use super::{Offer, Protection, Service, Source};
use crate::domain::address::Address;

/// A provider.
#[derive(Debug, PartialEq, Eq)]
pub struct Provider {
    /// Its name.
    pub name: &'static str,
    /// The domains of its addresses, separated by blanks.
    domains: &'static str,
    /// What the names of the servers end in that take its customers' mail, separated by blanks.
    exchangers: &'static str,
    imap: Server,
    submission: Server,
    /// What opens a mailbox.
    pub login: Login,
}

/// What opens a mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Login {
    /// Its ordinary password.
    Password,
    /// Its ordinary password, after something else was done: said in words.
    PasswordAnd(&'static str),
    /// A password made for programs: where, in words.
    AppPassword(&'static str),
    /// Only OAuth2, which ackd does not speak: said in words.
    OAuth2Only(&'static str),
}

#[derive(Debug, PartialEq, Eq)]
struct Server {
    host: &'static str,
    port: u16,
    protection: Protection,
}

const fn tls(host: &'static str, port: u16) -> Server {
    Server {
        host,
        port,
        protection: Protection::Tls,
    }
}

const fn starttls(host: &'static str, port: u16) -> Server {
    Server {
        host,
        port,
        protection: Protection::StartTls,
    }
}

const fn provider(
    name: &'static str,
    domains: &'static str,
    exchangers: &'static str,
    servers: (Server, Server),
    login: Login,
) -> Provider {
    Provider {
        name,
        domains,
        exchangers,
        imap: servers.0,
        submission: servers.1,
        login,
    }
}

const MICROSOFT: &str = "Microsoft lets programs in by OAuth2 only, no password opens an IMAP mailbox any more; this version of ackd speaks no OAuth2, so it can't watch this mailbox yet. What works today: have the mail delivered to, or copied into, a mailbox elsewhere";

/// Every provider that is known.
#[rustfmt::skip]
pub const PROVIDERS: &[Provider] = &[
    provider("Google (Gmail, Workspace)", "gmail.com googlemail.com", "google.com googlemail.com",
        (tls("imap.gmail.com", 993), tls("smtp.gmail.com", 465)),
        Login::AppPassword("switch on 2-step verification, then make an app password at https://myaccount.google.com/apppasswords; in Workspace the administrator may have to allow it. OAuth2 is not needed, and this version of ackd does not speak it")),
    provider("Microsoft 365", "office365.com onmicrosoft.com", "mail.protection.outlook.com mx.microsoft",
        (tls("outlook.office365.com", 993), starttls("smtp.office365.com", 587)),
        Login::OAuth2Only(MICROSOFT)),
    provider("Outlook.com", "outlook.com outlook.de outlook.fr hotmail.com hotmail.co.uk hotmail.de hotmail.fr live.com live.de live.co.uk msn.com", "olc.protection.outlook.com",
        (tls("outlook.office365.com", 993), starttls("smtp-mail.outlook.com", 587)),
        Login::OAuth2Only(MICROSOFT)),
    provider("Fastmail", "fastmail.com fastmail.fm", "messagingengine.com",
        (tls("imap.fastmail.com", 993), tls("smtp.fastmail.com", 465)),
        Login::AppPassword("make one in Settings, Privacy & Security, Manage app passwords, for IMAP and SMTP; reading alone (IMAP) is enough while ackd observes")),
    provider("Apple iCloud", "icloud.com me.com mac.com", "mail.icloud.com",
        (tls("imap.mail.me.com", 993), starttls("smtp.mail.me.com", 587)),
        Login::AppPassword("make an app-specific password at https://account.apple.com, Sign-In and Security")),
    provider("Yahoo", "yahoo.com yahoo.co.uk yahoo.de yahoo.fr yahoo.es yahoo.it ymail.com rocketmail.com myyahoo.com", "yahoodns.net",
        (tls("imap.mail.yahoo.com", 993), tls("smtp.mail.yahoo.com", 465)),
        Login::AppPassword("make an app password in Account security, External connections")),
    provider("Zoho Mail", "zoho.com zohomail.com", "mx.zoho.com mx2.zoho.com mx3.zoho.com zohomail.com",
        (tls("imappro.zoho.com", 993), tls("smtppro.zoho.com", 465)),
        Login::PasswordAnd("switch on IMAP access in Settings, Mail accounts; with two-factor authentication make an application-specific password at https://accounts.zoho.com; free accounts have imap.zoho.com and smtp.zoho.com")),
    provider("Zoho Mail (EU)", "zoho.eu zohomail.eu", "zoho.eu zohomail.eu",
        (tls("imappro.zoho.eu", 993), tls("smtppro.zoho.eu", 465)),
        Login::PasswordAnd("switch on IMAP access in Settings, Mail accounts; with two-factor authentication make an application-specific password at https://accounts.zoho.eu; free accounts have imap.zoho.eu and smtp.zoho.eu")),
    provider("IONOS", "online.de 1und1.de", "kundenserver.de schlund.de ionos.de",
        (tls("imap.ionos.de", 993), tls("smtp.ionos.de", 465)), Login::Password),
    provider("IONOS (international)", "", "ionos.com ionos.co.uk ionos.fr ionos.es 1and1.com 1and1.co.uk",
        (tls("imap.ionos.com", 993), tls("smtp.ionos.com", 465)), Login::Password),
    provider("Strato", "strato.de", "rzone.de strato.de",
        (tls("imap.strato.de", 993), tls("smtp.strato.de", 465)), Login::Password),
    provider("mailbox.org", "mailbox.org", "mailbox.org",
        (tls("imap.mailbox.org", 993), tls("smtp.mailbox.org", 465)),
        Login::PasswordAnd("with two-factor authentication make an application password; the user name is the primary address")),
    provider("OVHcloud", "", "mail.ovh.net mx0.mail.ovh.net mx1.mail.ovh.net",
        (tls("ssl0.ovh.net", 993), tls("ssl0.ovh.net", 465)), Login::Password),
    provider("Infomaniak", "ik.me ikmail.com etik.com", "infomaniak.ch infomaniak.com",
        (tls("mail.infomaniak.com", 993), tls("mail.infomaniak.com", 465)),
        Login::PasswordAnd("it is the password of the mail address, not that of the Infomaniak account; it may be one made for this device")),
    provider("GMX", "gmx.de gmx.net gmx.at gmx.ch gmx.eu gmx.org gmx.li", "gmx.net",
        (tls("imap.gmx.net", 993), tls("mail.gmx.net", 465)),
        Login::PasswordAnd("switch on IMAP once in the settings (E-Mail, POP3/IMAP Abruf); with two-factor authentication make an application-specific password")),
    provider("GMX (international)", "gmx.com gmx.co.uk gmx.us gmx.fr gmx.es", "gmx.com",
        (tls("imap.gmx.com", 993), starttls("mail.gmx.com", 587)),
        Login::PasswordAnd("switch on IMAP once in the settings (POP3 & IMAP); with two-factor authentication make an application-specific password")),
    provider("WEB.DE", "web.de", "web.de",
        (tls("imap.web.de", 993), tls("smtp.web.de", 465)),
        Login::PasswordAnd("switch on IMAP once in the settings (POP3/IMAP Abruf); with two-factor authentication make an application-specific password")),
    provider("Hetzner", "", "your-server.de",
        (tls("mail.your-server.de", 993), tls("mail.your-server.de", 465)), Login::Password),
    provider("Posteo", "posteo.de posteo.net posteo.org", "posteo.de",
        (tls("posteo.de", 993), tls("posteo.de", 465)), Login::Password),
    provider("T-Online", "t-online.de magenta.de", "t-online.de",
        (tls("secureimap.t-online.de", 993), tls("securesmtp.t-online.de", 465)),
        Login::AppPassword("make a password for mail programs in the customer centre; it is another one than that of the login")),
    provider("Migadu", "", "migadu.com",
        (tls("imap.migadu.com", 993), tls("smtp.migadu.com", 465)), Login::Password),
    provider("one.com", "", "one.com",
        (tls("imap.one.com", 993), tls("send.one.com", 465)), Login::Password),
    provider("Rackspace Email", "", "emailsrvr.com",
        (tls("secure.emailsrvr.com", 993), tls("secure.emailsrvr.com", 465)), Login::Password),
];

impl Provider {
    /// Its servers for an address, on the word of this source.
    pub(super) fn offers(&self, address: &Address, source: &Source) -> Vec<Offer> {
        let offer = |service, server: &Server| Offer {
            service,
            host: server.host.to_owned(),
            port: server.port,
            protection: server.protection,
            username: Some(address.to_string()),
            takes_passwords: !matches!(self.login, Login::OAuth2Only(_)),
            source: source.clone(),
        };
        vec![
            offer(Service::Imap, &self.imap),
            offer(Service::Submission, &self.submission),
        ]
    }
}

/// The provider whose addresses have this domain, which is in lower-case A-label form.
pub fn by_domain(domain: &str) -> Option<&'static Provider> {
    let is_same = |known: &str| !known.is_empty() && known == domain;
    let has = |own: &&Provider| own.domains.split(' ').any(is_same);
    PROVIDERS.iter().find(has)
}

/// The provider one of whose servers this is, or lies below; the longest name wins. `host` in
/// lower-case A-label form.
pub fn by_exchanger(host: &str) -> Option<&'static Provider> {
    let length = |known: &str| {
        let rest = host.strip_suffix(known)?;
        let is_whole = !known.is_empty() && (rest.is_empty() || rest.ends_with('.'));
        is_whole.then_some(known.len())
    };
    let matches = PROVIDERS.iter().filter_map(|own| {
        let longest = own.exchangers.split(' ').filter_map(length).max()?;
        Some((longest, own))
    });
    let best = matches.max_by_key(|(longest, _)| *longest);
    best.map(|(_, provider)| provider)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::address::parse_domain;

    fn name(found: Option<&Provider>) -> &str {
        found.map_or("nobody", |provider| provider.name)
    }

    #[test]
    fn the_table_is_well_formed() {
        let mut domains = Vec::new();
        for provider in PROVIDERS {
            for server in [&provider.imap, &provider.submission] {
                assert_eq!(parse_domain(server.host).as_deref(), Some(server.host));
                let usual = match server.protection {
                    Protection::Tls => [993, 465],
                    Protection::StartTls => [143, 587],
                };
                assert!(usual.contains(&server.port), "{}", provider.name);
            }
            let named = [provider.domains, provider.exchangers];
            for own in named.iter().flat_map(|all| all.split(' ')) {
                let form = parse_domain(own);
                assert!(own.is_empty() || form.as_deref() == Some(own), "{own}");
            }
            domains.extend(provider.domains.split(' ').filter(|own| !own.is_empty()));
        }
        let count = domains.len();
        domains.sort_unstable();
        domains.dedup();
        assert_eq!(domains.len(), count, "a domain has one provider");
    }

    #[test]
    fn providers_are_known_by_address_and_by_mail_server() {
        for (domain, expected) in [
            ("gmail.com", "Google (Gmail, Workspace)"),
            ("icloud.com", "Apple iCloud"),
            ("northwind.example", "nobody"),
            ("notgmail.com", "nobody"),
            ("", "nobody"),
        ] {
            assert_eq!(name(by_domain(domain)), expected, "{domain}");
        }
        for (host, expected) in [
            ("aspmx.l.google.com", "Google (Gmail, Workspace)"),
            ("smtp.google.com", "Google (Gmail, Workspace)"),
            (
                "northwind-example.mail.protection.outlook.com",
                "Microsoft 365",
            ),
            ("northwind-example.x-v1.mx.microsoft", "Microsoft 365"),
            ("hotmail-com.olc.protection.outlook.com", "Outlook.com"),
            ("in1-smtp.messagingengine.com", "Fastmail"),
            ("mx00.kundenserver.de", "IONOS"),
            ("smtpin.rzone.de", "Strato"),
            ("mxext1.mailbox.org", "mailbox.org"),
            ("mx1.mail.ovh.net", "OVHcloud"),
            ("mx.zoho.eu", "Zoho Mail (EU)"),
            ("mta-gw.infomaniak.ch", "Infomaniak"),
            ("notgoogle.com", "nobody"),
            ("mail.northwind.example", "nobody"),
            ("", "nobody"),
        ] {
            assert_eq!(name(by_exchanger(host)), expected, "{host}");
        }
    }

    #[test]
    fn who_wants_oauth2_is_said_to_take_no_password() {
        let provider = by_domain("outlook.com").expect("known");
        let address = Address::parse("a@outlook.com").expect("an address");
        let offers = provider.offers(&address, &Source::KnownDomain(provider));
        assert!(offers.iter().all(|own| !own.takes_passwords));
        let Login::OAuth2Only(words) = provider.login else {
            panic!("{:?}", provider.login);
        };
        assert!(words.contains("OAuth2"), "{words}");
    }
}
