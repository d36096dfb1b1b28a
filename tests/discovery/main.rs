//! Finding a mailbox's servers: what the domain says over HTTPS and in DNS, on loopback.

#[path = "../tls/authority.rs"]
#[allow(dead_code, reason = "here only good certificates are made")]
mod authority;
mod domain;

use ackd::discovery::{Discovered, Means, Offer, Service, Source, discover};
use ackd::domain::address::Address;
use ackd::imap::tls_client;

use authority::{Certificate, Chain};
use domain::{NameServer, Record, WebServer};

const AUTOCONFIG: &str = r#"<?xml version="1.0"?>
<clientConfig version="1.1"><emailProvider id="northwind.example">
<domain>northwind.example</domain>
<incomingServer type="imap"><hostname>mail.northwind.example</hostname><port>993</port>
<socketType>SSL</socketType><username>%EMAILADDRESS%</username>
<authentication>password-cleartext</authentication></incomingServer>
<outgoingServer type="smtp"><hostname>mail.northwind.example</hostname><port>465</port>
<socketType>SSL</socketType><username>%EMAILADDRESS%</username>
<authentication>password-cleartext</authentication></outgoingServer>
</emailProvider></clientConfig>"#;

fn address() -> Address {
    Address::parse("clients@northwind.example").expect("an address")
}

/// Finds what a name server and, where there is one, a web server say.
async fn find(names: &NameServer, web: Option<(&WebServer, &Chain)>) -> Discovered {
    let trusted = web.map(|(_, chain)| chain.trusted.clone());
    // Nobody listens on the discard port.
    let nowhere = "127.0.0.1:9".parse().expect("an address");
    let means = Means {
        tls: tls_client(trusted.as_deref()).expect("TLS"),
        name_servers: Some(vec![names.address]),
        https_at: Some(web.map_or(nowhere, |(server, _)| server.address)),
    };
    discover(&address(), &means).await
}

fn told(found: &Discovered) -> Vec<String> {
    let words = |own: &Offer| {
        let (host, port, protection) = (&own.host, own.port, own.protection);
        format!(
            "{:?} {host}:{port} {protection:?} by {}",
            own.service, own.source
        )
    };
    found.offers.iter().map(words).collect()
}

#[tokio::test]
async fn the_domains_own_settings_are_believed_first() {
    let name = "autoconfig.northwind.example";
    let Some(chain) = Chain::made_for(Certificate::Good, name) else {
        return;
    };
    let names = NameServer::start(&[
        (
            "_imaps._tcp.northwind.example",
            Record::srv(0, 993, "other.northwind.example"),
        ),
        ("northwind.example", Record::Mx("mx1.mail.ovh.net")),
    ]);
    let web = WebServer::start(&chain, "/mail/config-v1.1.xml", AUTOCONFIG);
    let found = find(&names, Some((&web, &chain))).await;
    assert_eq!(
        told(&found),
        [
            "Imap mail.northwind.example:993 Tls by autoconfig at https://autoconfig.northwind.example",
            "Submission mail.northwind.example:465 Tls by autoconfig at https://autoconfig.northwind.example",
            "Imap other.northwind.example:993 Tls by DNS, _imaps._tcp.northwind.example",
            "Imap ssl0.ovh.net:993 Tls by known settings of OVHcloud, whose mx1.mail.ovh.net takes the domain's mail",
            "Submission ssl0.ovh.net:465 Tls by known settings of OVHcloud, whose mx1.mail.ovh.net takes the domain's mail",
        ]
    );
    let first = &found.offers[0];
    assert_eq!(first.username.as_deref(), Some("clients@northwind.example"));
    let heard = web.heard();
    assert!(
        heard.contains("GET /mail/config-v1.1.xml?emailaddress=clients%40northwind.example"),
        "{heard}"
    );
}

#[tokio::test]
async fn a_server_nobody_vouches_for_is_not_believed() {
    let name = "autoconfig.northwind.example";
    let Some(chain) = Chain::made_for(Certificate::UnknownAuthority, name) else {
        return;
    };
    let names = NameServer::start(&[]);
    let web = WebServer::start(&chain, "/mail/config-v1.1.xml", AUTOCONFIG);
    let found = find(&names, Some((&web, &chain))).await;
    assert_eq!(told(&found), Vec::<String>::new());
    let vain = found.in_vain.join("\n");
    assert!(
        vain.contains("autoconfig.northwind.example: invalid peer certificate"),
        "{vain}"
    );
    assert!(
        vain.contains("DNS names no server that takes mail"),
        "{vain}"
    );
}

#[tokio::test]
async fn a_page_that_is_none_or_huge_or_elsewhere_is_passed_over() {
    let name = "autoconfig.northwind.example";
    let Some(chain) = Chain::made_for(Certificate::Good, name) else {
        return;
    };
    let names = NameServer::start(&[]);
    let huge = "<clientConfig>".repeat(100_000);
    for (page, words) in [
        ("<html>Welcome</html>", "no settings for mail programs"),
        (huge.as_str(), "more than 81920 bytes"),
        (
            "REDIRECT http://autoconfig.northwind.example/",
            "without TLS",
        ),
        (
            "REDIRECT https://autoconfig.northwind.example/mail/config-v1.1.xml",
            "for ever",
        ),
    ] {
        let web = WebServer::start(&chain, "/mail/config-v1.1.xml", page);
        let found = find(&names, Some((&web, &chain))).await;
        assert_eq!(told(&found), Vec::<String>::new());
        let vain = found.in_vain.join("\n");
        assert!(vain.contains(words), "{words}: {vain}");
    }
}

#[tokio::test]
async fn dns_says_what_is_offered_and_what_is_not() {
    let names = NameServer::start(&[
        ("_imaps._tcp.northwind.example", Record::srv(0, 0, ".")),
        (
            "_imap._tcp.northwind.example",
            Record::srv(20, 143, "spare.northwind.example"),
        ),
        (
            "_imap._tcp.northwind.example",
            Record::srv(10, 143, "imap.northwind.example"),
        ),
        (
            "_submissions._tcp.northwind.example",
            Record::srv(0, 465, "smtp.elsewhere.example"),
        ),
        ("northwind.example", Record::Mx("mail.northwind.example")),
    ]);
    let found = find(&names, None).await;
    assert_eq!(
        told(&found),
        [
            "Imap imap.northwind.example:143 StartTls by DNS, _imap._tcp.northwind.example",
            "Submission smtp.elsewhere.example:465 Tls by DNS, _submissions._tcp.northwind.example",
        ]
    );
    let believed: Vec<bool> = found
        .offers
        .iter()
        .map(|own| own.is_vouched_for(&address()))
        .collect();
    assert_eq!(believed, [true, false], "DNS alone names no other domain");
    let vain = found.in_vain.join("\n");
    assert!(
        vain.contains("_imaps._tcp.northwind.example: not offered"),
        "{vain}"
    );
}

#[tokio::test]
async fn a_long_answer_comes_by_tcp() {
    let many: Vec<(&str, Record)> = (0..60)
        .map(|number| {
            let record = Record::srv(number, 993, "imap.northwind.example");
            ("_imaps._tcp.northwind.example", record)
        })
        .collect();
    let names = NameServer::start(&many);
    let found = find(&names, None).await;
    let imap: Vec<&Offer> = found.of(Service::Imap).collect();
    assert_eq!(imap.len(), 1);
    assert!(matches!(&imap[0].source, Source::Srv { .. }));
    assert_eq!(names.heard_by_tcp(), 1);
}

#[tokio::test(start_paused = true)]
async fn servers_that_never_answer_are_not_waited_for() {
    let silent = std::net::UdpSocket::bind("127.0.0.1:0").expect("a port");
    let means = Means {
        tls: tls_client(None).expect("TLS"),
        name_servers: Some(vec![silent.local_addr().expect("bound")]),
        https_at: Some("127.0.0.1:9".parse().expect("an address")),
    };
    let found = discover(&address(), &means).await;
    assert_eq!(told(&found), Vec::<String>::new());
    let vain = found.in_vain.join("\n");
    assert!(
        vain.contains("DNS could not be asked for northwind.example: no answer within 3 s"),
        "{vain}"
    );
}

#[tokio::test]
async fn a_known_provider_is_known_without_asking_anybody() {
    let means = Means {
        tls: tls_client(None).expect("TLS"),
        name_servers: Some(Vec::new()),
        https_at: Some("127.0.0.1:9".parse().expect("an address")),
    };
    let gmail = Address::parse("northwind.studio@gmail.com").expect("an address");
    let found = discover(&gmail, &means).await;
    assert_eq!(found.in_vain, Vec::<String>::new());
    assert_eq!(
        told(&found),
        [
            "Imap imap.gmail.com:993 Tls by known settings of Google (Gmail, Workspace)",
            "Submission smtp.gmail.com:465 Tls by known settings of Google (Gmail, Workspace)",
        ]
    );
}
