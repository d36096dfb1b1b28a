//! A domain on loopback: its name server, and its web server with TLS.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use rustls::{ServerConnection, StreamOwned};

use crate::authority::Chain;

const SRV: u16 = 33;
const MX: u16 = 15;

/// What DNS answers by UDP at most, in bytes.
const UDP_BYTES_MAX: usize = 512;

/// A record of a name.
#[derive(Debug, Clone)]
pub(crate) enum Record {
    Srv(u16, u16, &'static str),
    Mx(&'static str),
}

impl Record {
    pub(crate) fn srv(priority: u16, port: u16, target: &'static str) -> Self {
        Self::Srv(priority, port, target)
    }

    fn kind(&self) -> u16 {
        match self {
            Self::Srv(..) => SRV,
            Self::Mx(_) => MX,
        }
    }

    fn data(&self) -> Vec<u8> {
        match self {
            Self::Srv(priority, port, target) => {
                let numbers = [*priority, 0, *port].map(u16::to_be_bytes).concat();
                [numbers, encoded(target)].concat()
            }
            Self::Mx(target) => [vec![0, 10], encoded(target)].concat(),
        }
    }
}

/// A name as it stands in packets.
fn encoded(name: &str) -> Vec<u8> {
    let labels = name.split('.').filter(|label| !label.is_empty());
    let mut bytes: Vec<u8> = labels
        .flat_map(|label| {
            let length = u8::try_from(label.len()).expect("a short label");
            [&[length], label.as_bytes()].concat()
        })
        .collect();
    bytes.push(0);
    bytes
}

/// Answers from a list of records, by UDP and, where they don't fit, by TCP.
pub(crate) struct NameServer {
    pub(crate) address: SocketAddr,
    by_tcp: Arc<AtomicUsize>,
}

impl NameServer {
    pub(crate) fn start(records: &[(&'static str, Record)]) -> Self {
        let records: Arc<[(&'static str, Record)]> = records.into();
        let tcp = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = tcp.local_addr().expect("bound");
        let udp = UdpSocket::bind(address).expect("the same port");
        let by_tcp = Arc::new(AtomicUsize::new(0));
        let (counted, own) = (by_tcp.clone(), records.clone());
        thread::spawn(move || {
            for mut stream in tcp.incoming().flatten() {
                counted.fetch_add(1, Ordering::SeqCst);
                let mut length = [0; 2];
                stream.read_exact(&mut length).expect("a length");
                let mut question = vec![0; usize::from(u16::from_be_bytes(length))];
                stream.read_exact(&mut question).expect("a question");
                let answer = answer(&question, &own);
                let length = u16::try_from(answer.len()).expect("short");
                stream.write_all(&length.to_be_bytes()).expect("written");
                stream.write_all(&answer).expect("written");
            }
        });
        thread::spawn(move || {
            let mut room = [0; 2048];
            while let Ok((length, from)) = udp.recv_from(&mut room) {
                let mut answer = answer(&room[..length], &records);
                if answer.len() > UDP_BYTES_MAX {
                    answer.truncate(length);
                    // Cut off, and so without any record.
                    answer[2] |= 0x02;
                    answer[7] = 0;
                }
                udp.send_to(&answer, from).expect("sent");
            }
        });
        Self { address, by_tcp }
    }

    /// How often somebody asked by TCP.
    pub(crate) fn heard_by_tcp(&self) -> usize {
        self.by_tcp.load(Ordering::SeqCst)
    }
}

fn answer(question: &[u8], records: &[(&str, Record)]) -> Vec<u8> {
    let body = &question[12..];
    let (name, kind) = body.split_at(body.len() - 4);
    let kind = u16::from_be_bytes([kind[0], kind[1]]);
    let is_meant = |(own, record): &&(&str, Record)| encoded(own) == name && record.kind() == kind;
    let found: Vec<&Record> = records
        .iter()
        .filter(is_meant)
        .map(|(_, own)| own)
        .collect();
    let mut answer = question.to_vec();
    answer[2] |= 0x80;
    // No such name, where there is nothing.
    answer[3] = if found.is_empty() { 3 } else { 0 };
    answer[7] = u8::try_from(found.len()).expect("few");
    for record in found {
        let data = record.data();
        // The name of the question, class IN, a minute.
        answer.extend([0xc0, 12]);
        answer.extend(record.kind().to_be_bytes());
        answer.extend([0, 1, 0, 0, 0, 60]);
        answer.extend(u16::try_from(data.len()).expect("short").to_be_bytes());
        answer.extend(data);
    }
    answer
}

/// Serves one page over HTTPS, and says of everything else that it is not there.
pub(crate) struct WebServer {
    pub(crate) address: SocketAddr,
    heard: Arc<Mutex<String>>,
}

impl WebServer {
    /// A page that begins with `REDIRECT ` leads elsewhere.
    pub(crate) fn start(chain: &Chain, path: &'static str, page: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("bound");
        let (config, page) = (Arc::new(chain.server()), page.to_owned());
        let heard = Arc::new(Mutex::new(String::new()));
        let ears = heard.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let session = ServerConnection::new(config.clone()).expect("a session");
                let mut stream = StreamOwned::new(session, stream);
                // The client hangs up on what it does not like.
                let _ = serve(&mut stream, path, &page, &ears);
            }
        });
        Self { address, heard }
    }

    pub(crate) fn heard(&self) -> String {
        self.heard.lock().expect("no panic").clone()
    }
}

fn serve(
    stream: &mut (impl Read + Write),
    path: &str,
    page: &str,
    heard: &Mutex<String>,
) -> std::io::Result<()> {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte)? > 0 {
        request.push(byte[0]);
    }
    let request = String::from_utf8_lossy(&request).into_owned();
    heard.lock().expect("no panic").push_str(&request);
    let is_meant = request.starts_with(&format!("GET {path}"));
    match page.strip_prefix("REDIRECT ") {
        Some(target) if is_meant => write!(
            stream,
            "HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        )?,
        _ if is_meant => write!(
            stream,
            "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{page}",
            page.len()
        )?,
        _ => write!(
            stream,
            "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        )?,
    }
    stream.flush()
}
