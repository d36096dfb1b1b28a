//! What a domain publishes for mail programs: the client configuration format 1.1 that
//! Thunderbird reads (`config-v1.1.xml`). Pure.
//!
//! A file may be hostile: document types are refused, and with them every entity; bytes and
//! elements are limited; host names must be some. Of several servers the one with TLS from the
//! first byte is taken; those without TLS are passed over.

use roxmltree::{Document, Node, ParsingOptions};

use super::{Offer, Protection, Service, Source};
use crate::domain::address::{Address, parse_domain};

/// The longest file that is read, in bytes: real ones have two or three thousand.
pub const FILE_BYTES_MAX: usize = 64 * 1024;

/// The most elements, attributes and texts in one.
const NODES_MAX: u32 = 4_000;

/// The most servers that are taken from one.
const SERVERS_MAX: usize = 20;

/// The longest user name, in bytes.
const USERNAME_BYTES_MAX: usize = 320;

/// Where the file usually lies: host and path, of the first place first.
pub fn places(address: &Address) -> [(String, String); 2] {
    let domain = address.domain();
    let whole = address.to_string();
    let whole: String = form_urlencoded::byte_serialize(whole.as_bytes()).collect();
    [
        (
            format!("autoconfig.{domain}"),
            format!("/mail/config-v1.1.xml?emailaddress={whole}"),
        ),
        (
            domain.to_owned(),
            "/.well-known/autoconfig/mail/config-v1.1.xml".to_owned(),
        ),
    ]
}

/// What was read from a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    servers: Vec<Server>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Server {
    service: Service,
    host: String,
    port: u16,
    protection: Protection,
    username: Option<String>,
    takes_passwords: bool,
}

impl Published {
    /// Reads a file. Fails, in words for people, if it is none of this format.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        if bytes.len() > FILE_BYTES_MAX {
            return Err(format!("more than {FILE_BYTES_MAX} bytes"));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| "not in UTF-8".to_owned())?;
        let options = ParsingOptions {
            allow_dtd: false,
            nodes_limit: NODES_MAX,
            ..ParsingOptions::default()
        };
        let text = text.trim_start_matches('\u{feff}').trim_start();
        let document = Document::parse_with_options(text, options)
            .map_err(|_| "no settings for mail programs there".to_owned())?;
        let root = document.root_element();
        let provider = root
            .has_tag_name("clientConfig")
            .then(|| child(root, "emailProvider"))
            .flatten()
            .ok_or("no settings for mail programs there")?;
        let elements = provider.children().filter(Node::is_element);
        let servers = elements.filter_map(server).take(SERVERS_MAX).collect();
        Ok(Self { servers })
    }

    /// The servers for an address: of each service the first with TLS from the first byte, then
    /// the first with STARTTLS; those that take passwords before those that don't.
    pub fn offers(&self, address: &Address, source: &Source) -> Vec<Offer> {
        let mut servers: Vec<&Server> = self.servers.iter().collect();
        servers.sort_by_key(|own| (own.service, !own.takes_passwords, own.protection));
        let offer = |own: &Server| {
            Some(Offer {
                service: own.service,
                host: parse_domain(&filled(&own.host, address))?,
                port: own.port,
                protection: own.protection,
                username: own.username.as_ref().map(|name| filled(name, address)),
                takes_passwords: own.takes_passwords,
                source: source.clone(),
            })
        };
        servers.into_iter().filter_map(offer).collect()
    }
}

fn server(element: Node<'_, '_>) -> Option<Server> {
    let service = match (element.tag_name().name(), element.attribute("type")?) {
        ("incomingServer", "imap") => Service::Imap,
        ("outgoingServer", "smtp") => Service::Submission,
        _ => return None,
    };
    let protection = match text(element, "socketType")? {
        "SSL" => Protection::Tls,
        "STARTTLS" => Protection::StartTls,
        _ => return None,
    };
    let ways = element
        .children()
        .filter(|own| own.has_tag_name("authentication"));
    let ways: Vec<&str> = ways.filter_map(|way| way.text()).map(str::trim).collect();
    let is_password = |way: &&str| matches!(*way, "password-cleartext" | "plain");
    let username = text(element, "username").filter(|name| {
        name.len() <= USERNAME_BYTES_MAX && !name.is_empty() && !name.chars().any(char::is_control)
    });
    Some(Server {
        service,
        host: text(element, "hostname")?.to_owned(),
        port: text(element, "port")?
            .parse()
            .ok()
            .filter(|port| *port > 0)?,
        protection,
        username: username.map(str::to_owned),
        takes_passwords: ways.is_empty() || ways.iter().any(is_password),
    })
}

fn child<'a, 'd>(element: Node<'a, 'd>, name: &str) -> Option<Node<'a, 'd>> {
    element.children().find(|own| own.has_tag_name(name))
}

fn text<'a>(element: Node<'a, '_>, name: &str) -> Option<&'a str> {
    Some(child(element, name)?.text()?.trim())
}

/// A text with the placeholders of the format filled in.
fn filled(text: &str, address: &Address) -> String {
    text.replace("%EMAILADDRESS%", &address.to_string())
        .replace("%EMAILLOCALPART%", address.local())
        .replace("%EMAILDOMAIN%", address.domain())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address() -> Address {
        Address::parse("clients@northwind.example").expect("an address")
    }

    fn source() -> Source {
        Source::Autoconfig {
            host: "autoconfig.northwind.example".to_owned(),
        }
    }

    fn told(servers: &str) -> Vec<String> {
        let file = format!(
            "<?xml version=\"1.0\"?>\n<clientConfig version=\"1.1\"><emailProvider id=\"x\">{servers}</emailProvider></clientConfig>"
        );
        let published = Published::parse(file.as_bytes()).expect("a file");
        let words = |own: &Offer| {
            let (service, host, port) = (own.service, &own.host, own.port);
            let username = own.username.as_deref().unwrap_or("-");
            let protection = own.protection;
            format!(
                "{service:?} {host}:{port} {protection:?} {username} {}",
                own.takes_passwords
            )
        };
        let offers = published.offers(&address(), &source());
        offers.iter().map(words).collect()
    }

    fn imap(host: &str, port: &str, socket: &str, way: &str) -> String {
        format!(
            "<incomingServer type=\"imap\"><hostname>{host}</hostname><port>{port}</port><socketType>{socket}</socketType><username>%EMAILADDRESS%</username><authentication>{way}</authentication></incomingServer>"
        )
    }

    #[test]
    fn the_places_are_the_domains_own() {
        let plus = Address::parse("a+b&c@northwind.example").expect("an address");
        let [first, second] = places(&plus);
        assert_eq!(first.0, "autoconfig.northwind.example");
        assert_eq!(
            first.1,
            "/mail/config-v1.1.xml?emailaddress=a%2Bb%26c%40northwind.example"
        );
        assert_eq!(second.0, "northwind.example");
    }

    #[test]
    fn of_several_servers_those_with_tls_from_the_first_byte_come_first() {
        let servers = [
            imap("imap.northwind.example", "143", "STARTTLS", "password-cleartext"),
            imap("imap.northwind.example", "143", "plain", "password-cleartext"),
            imap("IMAP.%EMAILDOMAIN%", "993", "SSL", "password-cleartext"),
            "<outgoingServer type=\"smtp\"><hostname>smtp.northwind.example</hostname><port>465</port><socketType>SSL</socketType><username>%EMAILLOCALPART%</username></outgoingServer>".to_owned(),
            "<incomingServer type=\"pop3\"><hostname>pop.northwind.example</hostname><port>995</port><socketType>SSL</socketType></incomingServer>".to_owned(),
        ];
        assert_eq!(
            told(&servers.concat()),
            [
                "Imap imap.northwind.example:993 Tls clients@northwind.example true",
                "Imap imap.northwind.example:143 StartTls clients@northwind.example true",
                "Submission smtp.northwind.example:465 Tls clients true",
            ]
        );
    }

    #[test]
    fn a_server_without_passwords_says_so() {
        let servers = imap("outlook.example", "993", "SSL", "OAuth2");
        assert_eq!(
            told(&servers),
            ["Imap outlook.example:993 Tls clients@northwind.example false"]
        );
    }

    #[test]
    fn what_can_be_no_server_is_passed_over() {
        for (host, port, socket) in [
            ("", "993", "SSL"),
            ("a b", "993", "SSL"),
            ("imap.example\r\nX", "993", "SSL"),
            ("imap.example", "0", "SSL"),
            ("imap.example", "70000", "SSL"),
            ("imap.example", "x", "SSL"),
            ("imap.example", "993", "none"),
        ] {
            let server = imap(host, port, socket, "plain");
            assert_eq!(
                told(&server),
                Vec::<String>::new(),
                "{host} {port} {socket}"
            );
        }
    }

    #[test]
    fn hostile_files_are_refused() {
        let bomb = "<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]><clientConfig><emailProvider>&b;</emailProvider></clientConfig>";
        let outside = "<!DOCTYPE x [<!ENTITY f SYSTEM \"file:///etc/passwd\">]><clientConfig><emailProvider>&f;</emailProvider></clientConfig>";
        let wide = format!(
            "<clientConfig><emailProvider>{}</emailProvider></clientConfig>",
            "<a/>".repeat(5_000)
        );
        let deep = format!("{}{}", "<a>".repeat(3_000), "</a>".repeat(3_000));
        let huge = " ".repeat(FILE_BYTES_MAX + 1);
        for file in [
            bomb,
            outside,
            &wide,
            &deep,
            &huge,
            "",
            "<html><body>Not found</body></html>",
            "{\"a\": 1}",
            "<clientConfig/>",
            "<clientConfig><emailProvider>",
        ] {
            let start: String = file.chars().take(40).collect();
            assert!(Published::parse(file.as_bytes()).is_err(), "{start}");
        }
        assert!(Published::parse(b"<a>\xff</a>").is_err());
    }
}
