//! Asking DNS for SRV and MX records, which the system's own look-ups don't know.
//!
//! Vocabulary: a *name server* answers one question per packet, by UDP; an answer that does not
//! fit is cut off and asked for again by TCP (RFC 1035, section 4.2; RFC 7766).

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use simple_dns::rdata::RData;
use simple_dns::{CLASS, Name, Packet, PacketFlag, QTYPE, Question, RCODE, TYPE};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;

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

/// How many records of one answer are looked at.
const RECORDS_MAX: usize = 100;

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
        self.ask(name, TYPE::SRV, |data| match data {
            RData::SRV(own) => Some(Record {
                priority: own.priority,
                weight: own.weight,
                port: own.port,
                target: own.target.to_string(),
            }),
            _ => None,
        })
        .await
    }

    /// The servers that take mail for a domain (MX), the preferred ones first. The error is for
    /// people.
    pub(super) async fn mail_exchangers(&self, domain: &str) -> Result<Vec<String>, String> {
        let mut found = self
            .ask(domain, TYPE::MX, |data| match data {
                // A root says that no mail is taken (RFC 7505).
                RData::MX(own) => Some((own.preference, parse_domain(&own.exchange.to_string())?)),
                _ => None,
            })
            .await?;
        found.sort();
        Ok(found.into_iter().map(|(_, host)| host).collect())
    }

    async fn ask<T>(
        &self,
        name: &str,
        kind: TYPE,
        take: impl Fn(&RData<'_>) -> Option<T>,
    ) -> Result<Vec<T>, String> {
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
            let read = AssertUnwindSafe(|| records(&answer, &take));
            match catch_unwind(read).unwrap_or(Err("its answer can't be read")) {
                Ok(records) => return Ok(records),
                Err(why) => reason = why.to_owned(),
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

/// The records of an answer. A name that does not exist has none.
fn records<T>(
    answer: &[u8],
    take: impl Fn(&RData<'_>) -> Option<T>,
) -> Result<Vec<T>, &'static str> {
    let packet = Packet::parse(answer).map_err(|_| "its answer can't be read")?;
    match packet.rcode() {
        RCODE::NoError => {}
        RCODE::NameError => return Ok(Vec::new()),
        RCODE::ServerFailure => return Err("it could not find out"),
        RCODE::Refused => return Err("it refused"),
        _ => return Err("it failed"),
    }
    let answers = packet.answers.iter().take(RECORDS_MAX);
    Ok(answers.filter_map(|record| take(&record.rdata)).collect())
}

/// One question to one server, and its answer.
async fn exchange(server: SocketAddr, name: &str, kind: TYPE) -> io::Result<Vec<u8>> {
    let id = fastrand::u16(..);
    let question = question(id, name, kind)?;
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

fn question(id: u16, name: &str, kind: TYPE) -> io::Result<Vec<u8>> {
    let refuse = |_| io::Error::new(io::ErrorKind::InvalidInput, "no name for DNS");
    let mut packet = Packet::new_query(id);
    packet.set_flags(PacketFlag::RECURSION_DESIRED);
    let name = Name::new(name).map_err(refuse)?;
    let question = Question::new(name, QTYPE::TYPE(kind), CLASS::IN.into(), false);
    packet.questions.push(question);
    packet.build_bytes_vec().map_err(refuse)
}

/// Whether a packet answers a question: the same number, marked as an answer, and the question
/// repeated, in whatever case (RFC 1035, section 7.3).
fn answers(packet: &[u8], question: &[u8]) -> bool {
    const HEADER: usize = 12;
    const IS_ANSWER: u8 = 0x80;
    packet.len() >= question.len()
        && packet[..2] == question[..2]
        && packet[2] & IS_ANSWER != 0
        && packet[HEADER..question.len()].eq_ignore_ascii_case(&question[HEADER..])
}

fn is_cut_off(packet: &[u8]) -> bool {
    const CUT_OFF: u8 = 0x02;
    packet[2] & CUT_OFF != 0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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

    #[test]
    fn only_the_answer_to_our_question_counts() {
        let ours = question(7, "_imaps._tcp.northwind.example", TYPE::SRV).expect("a question");
        let mut answer = ours.clone();
        assert!(!answers(&answer, &ours), "our own question");
        answer[2] |= 0x80;
        assert!(answers(&answer, &ours));
        let other = question(8, "_imaps._tcp.northwind.example", TYPE::SRV).expect("a question");
        assert!(!answers(&answer, &other), "another number");
        let other = question(7, "_imaps._tcp.eastwind.example", TYPE::SRV).expect("a question");
        assert!(!answers(&answer, &other), "another name");
        assert!(!answers(&[], &ours));
    }

    #[test]
    fn a_name_that_is_none_is_not_asked_for() {
        assert!(question(1, &"x".repeat(64), TYPE::MX).is_err());
    }

    proptest! {
        #[test]
        fn whatever_comes_is_survived(mut bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let ours = question(7, "northwind.example", TYPE::MX).expect("a question");
            let read = |bytes: &[u8]| {
                let take = |data: &RData<'_>| Some(format!("{data:?}"));
                let _ = catch_unwind(AssertUnwindSafe(|| records(bytes, take)));
                let _ = answers(bytes, &ours);
            };
            read(&bytes);
            let mut answer = ours.clone();
            answer[2] |= 0x80;
            answer[7] = 3;
            answer.append(&mut bytes);
            read(&answer);
        }
    }
}
