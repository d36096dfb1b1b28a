//! Asking DNS for SRV and MX records, which the system's own look-ups don't know.
//!
//! Vocabulary: a *name server* answers one question per packet, by UDP; an answer that does not
//! fit is cut off and asked for again by TCP (RFC 1035, section 4.2; RFC 7766).

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;

use super::packet::{Bad, Data, Kind, answers, is_cut_off, question, records};
use super::srv::Record;
use crate::domain::address::parse_domain;

/// How long one name server may take for one answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(3);

/// How often all of them are asked.
const ROUNDS: usize = 2;

/// How many name servers are used (resolv.conf(5) has as many).
const SERVERS_MAX: usize = 3;

/// The longest answer by UDP without extensions, in bytes (RFC 1035, section 2.3.4), with room
/// to spare.
const UDP_BYTES_MAX: usize = 4096;

const PORT: u16 = 53;
const RESOLV_CONF: &str = "/etc/resolv.conf";

/// Knows whom to ask.
#[derive(Debug, Clone)]
pub(super) struct Resolver {
    servers: Vec<SocketAddr>,
}

impl Resolver {
    /// Asks these.
    pub(super) fn new(servers: Vec<SocketAddr>) -> Self {
        Self { servers }
    }

    /// Asks the name servers of this machine; without any, one on this machine, as the system
    /// does.
    pub(super) fn of_this_machine() -> Self {
        let text = std::fs::read_to_string(RESOLV_CONF).unwrap_or_default();
        let mut servers = name_servers(&text);
        if servers.is_empty() {
            servers.push(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), PORT));
        }
        Self::new(servers)
    }

    /// The SRV records of a name. The error is for people.
    pub(super) async fn services(&self, name: &str) -> Result<Vec<Record>, String> {
        let found = self.ask(name, Kind::Srv).await?;
        let record = |data: Data| match data.numbers[..] {
            [priority, weight, port] => Some(Record {
                priority,
                weight,
                port,
                target: data.name,
            }),
            _ => None,
        };
        Ok(found.into_iter().filter_map(record).collect())
    }

    /// The servers that take mail for a domain (MX), the preferred ones first. The error is for
    /// people.
    pub(super) async fn mail_exchangers(&self, domain: &str) -> Result<Vec<String>, String> {
        let mut found = self.ask(domain, Kind::Mx).await?;
        found.sort_by(|a, b| (&a.numbers, &a.name).cmp(&(&b.numbers, &b.name)));
        // A root says that no mail is taken (RFC 7505).
        let host = |data: &Data| parse_domain(&data.name);
        Ok(found.iter().filter_map(host).collect())
    }

    async fn ask(&self, name: &str, kind: Kind) -> Result<Vec<Data>, String> {
        let mut reason = "there is no name server".to_owned();
        for server in (0..ROUNDS).flat_map(|_| &self.servers) {
            let answer = match timeout(ANSWER_TIMEOUT, exchange(*server, name, kind)).await {
                Ok(Ok(answer)) => answer,
                Ok(Err(error)) => {
                    reason = error.to_string();
                    continue;
                }
                Err(_) => {
                    reason = format!("no answer within {} s", ANSWER_TIMEOUT.as_secs());
                    continue;
                }
            };
            match records(&answer, kind) {
                Ok(records) => return Ok(records),
                Err(Bad::Unreadable) => "its answer can't be read".clone_into(&mut reason),
                Err(Bad::Failed(code)) => reason = format!("it failed with code {code}"),
            }
        }
        Err(format!("DNS could not be asked for {name}: {reason}"))
    }
}

/// The name servers that a `resolv.conf` names.
fn name_servers(text: &str) -> Vec<SocketAddr> {
    let address = |line: &str| {
        let mut words = line.split_ascii_whitespace();
        let named = words.next() == Some("nameserver");
        let text = words.next().filter(|_| named)?;
        // A link-local address bears its interface, without which it leads nowhere.
        text.parse::<IpAddr>().ok()
    };
    let addresses = text.lines().filter_map(address).take(SERVERS_MAX);
    addresses.map(|ip| SocketAddr::new(ip, PORT)).collect()
}

/// One question to one server, and its answer.
async fn exchange(server: SocketAddr, name: &str, kind: Kind) -> io::Result<Vec<u8>> {
    let id = fastrand::u16(..);
    let refused = || io::Error::new(io::ErrorKind::InvalidInput, "no name for DNS");
    let question = question(id, name, kind).ok_or_else(refused)?;
    let own: IpAddr = match server {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((own, 0)).await?;
    // Connected, it takes packets from nobody else.
    socket.connect(server).await?;
    socket.send(&question).await?;
    let mut room = vec![0; UDP_BYTES_MAX];
    loop {
        let length = socket.recv(&mut room).await?;
        let answer = &room[..length];
        if answers(answer, &question) {
            return match is_cut_off(answer) {
                true => over_tcp(server, &question).await,
                false => Ok(answer.to_vec()),
            };
        }
    }
}

async fn over_tcp(server: SocketAddr, question: &[u8]) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(server).await?;
    let length = u16::try_from(question.len()).map_err(io::Error::other)?;
    stream.write_all(&length.to_be_bytes()).await?;
    stream.write_all(question).await?;
    let mut answer = vec![0; usize::from(stream.read_u16().await?)];
    stream.read_exact(&mut answer).await?;
    match answers(&answer, question) {
        true => Ok(answer),
        false => Err(io::Error::other("it answered another question")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_servers_are_read_as_the_system_reads_them() {
        let text = "# made by hand\nsearch northwind.example\nnameserver 192.0.2.53\n\
                    nameserver 2001:db8::53\nnameserver fe80::1%eth0\noptions timeout:1\n\
                    nameserver x\n nameserver 192.0.2.54\nnameserver 192.0.2.55\n";
        let told: Vec<String> = name_servers(text).iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            ["192.0.2.53:53", "[2001:db8::53]:53", "192.0.2.54:53"]
        );
        assert_eq!(name_servers(""), []);
    }
}
