//! DNS packets (RFC 1035, section 4): one question out, the SRV and MX records of an answer in.
//! Pure. Read is only what is asked for; whatever the bytes are, nothing panics and nothing is
//! followed for ever.

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Servers that take a domain's mail.
    Mx,
    /// Servers of a service (RFC 2782).
    Srv,
}

impl Kind {
    const fn number(self) -> u16 {
        match self {
            Self::Mx => 15,
            Self::Srv => 33,
        }
    }
}

/// A record of the kind that was asked for: its numbers (one for MX, three for SRV) and the name
/// behind them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Data {
    pub(super) numbers: Vec<u16>,
    pub(super) name: String,
}

/// Why an answer holds no records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bad {
    /// It is no packet of DNS.
    Unreadable,
    /// The name server says that it failed: its code.
    Failed(u8),
}

const HEADER_BYTES: usize = 12;
const CLASS_IN: u16 = 1;
const NO_SUCH_NAME: u8 = 3;

/// How many records of one answer are looked at.
const RECORDS_MAX: u16 = 200;

/// How many labels a name has at most, and how often it may go on elsewhere.
const LABELS_MAX: usize = 128;
const JUMPS_MAX: usize = 16;

/// The packet that asks for the records of a name. `None` if it is no name for DNS.
pub(super) fn question(id: u16, name: &str, kind: Kind) -> Option<Vec<u8>> {
    const RECURSION_WANTED: u8 = 1;
    const NAME_BYTES_MAX: usize = 253;
    let mut packet = id.to_be_bytes().to_vec();
    packet.extend([RECURSION_WANTED, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    if name.is_empty() || name.len() > NAME_BYTES_MAX {
        return None;
    }
    for label in name.split('.') {
        let length = u8::try_from(label.len())
            .ok()
            .filter(|length| (1..64).contains(length))?;
        packet.push(length);
        packet.extend(label.as_bytes());
    }
    packet.push(0);
    packet.extend(kind.number().to_be_bytes());
    packet.extend(CLASS_IN.to_be_bytes());
    Some(packet)
}

/// Whether a packet answers a question: the same number, marked as an answer, and the question
/// repeated, in whatever case (RFC 1035, section 7.3).
pub(super) fn answers(packet: &[u8], question: &[u8]) -> bool {
    const IS_ANSWER: u8 = 0x80;
    packet.len() >= question.len()
        && packet[..2] == question[..2]
        && packet[2] & IS_ANSWER != 0
        && packet[HEADER_BYTES..question.len()].eq_ignore_ascii_case(&question[HEADER_BYTES..])
}

/// Whether an answer did not fit, and has to be asked for again by TCP.
pub(super) fn is_cut_off(packet: &[u8]) -> bool {
    const CUT_OFF: u8 = 0x02;
    packet.get(2).is_some_and(|flags| flags & CUT_OFF != 0)
}

/// The records of this kind in an answer. A name that does not exist has none.
pub(super) fn records(packet: &[u8], kind: Kind) -> Result<Vec<Data>, Bad> {
    let code = packet.get(3).ok_or(Bad::Unreadable)? & 0x0f;
    match code {
        0 => read(packet, kind).ok_or(Bad::Unreadable),
        NO_SUCH_NAME => Ok(Vec::new()),
        code => Err(Bad::Failed(code)),
    }
}

fn read(packet: &[u8], kind: Kind) -> Option<Vec<Data>> {
    let mut at = HEADER_BYTES;
    for _ in 0..number(packet, 4)?.min(RECORDS_MAX) {
        at = name(packet, at)?.1 + 4;
    }
    let mut found = Vec::new();
    for _ in 0..number(packet, 6)?.min(RECORDS_MAX) {
        let fixed = name(packet, at)?.1;
        let (own, class) = (number(packet, fixed)?, number(packet, fixed + 2)?);
        let length = usize::from(number(packet, fixed + 8)?);
        let data = fixed + 10;
        at = data
            .checked_add(length)
            .filter(|end| *end <= packet.len())?;
        if own != kind.number() || class != CLASS_IN {
            continue;
        }
        let count = match kind {
            Kind::Mx => 1,
            Kind::Srv => 3,
        };
        let numbers = (0..count).map(|index| number(packet, data + 2 * index));
        found.push(Data {
            numbers: numbers.collect::<Option<_>>()?,
            name: name(packet, data + 2 * count)?.0,
        });
    }
    Some(found)
}

fn number(packet: &[u8], at: usize) -> Option<u16> {
    let bytes = packet.get(at..at.checked_add(2)?)?;
    Some(u16::from_be_bytes([bytes[0], bytes[1]]))
}

/// The name that stands there, in text without the dot at its end, and where it ends. A name may
/// go on elsewhere in the packet (RFC 1035, section 4.1.4).
fn name(packet: &[u8], mut at: usize) -> Option<(String, usize)> {
    let (mut text, mut end, mut jumps) = (String::new(), None, 0);
    for _ in 0..LABELS_MAX {
        let length = usize::from(*packet.get(at)?);
        match length {
            0 => return Some((text, end.unwrap_or(at + 1))),
            1..64 => {
                let label = packet.get(at + 1..at + 1 + length)?;
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(&String::from_utf8_lossy(label));
                at += 1 + length;
            }
            0xc0.. => {
                jumps += 1;
                end.get_or_insert(at + 2);
                at = usize::from(number(packet, at)? & 0x3fff);
                if jumps > JUMPS_MAX {
                    return None;
                }
            }
            _ => return None,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn asked() -> Vec<u8> {
        question(7, "_imaps._tcp.northwind.example", Kind::Srv).expect("a question")
    }

    /// An answer with these records behind the question, each with the question's name.
    fn answer(records: &[(u16, &[u8])]) -> Vec<u8> {
        let mut packet = asked();
        packet[2] |= 0x80;
        packet[7] = u8::try_from(records.len()).expect("few");
        for (kind, data) in records {
            packet.extend([0xc0, 12]);
            packet.extend(kind.to_be_bytes());
            packet.extend([0, 1, 0, 0, 0, 60, 0]);
            packet.push(u8::try_from(data.len()).expect("short"));
            packet.extend(*data);
        }
        packet
    }

    #[test]
    fn records_are_read_and_names_followed() {
        // "mail", and then the domain of the name that was asked for.
        let data = [&[0, 10, 0, 5, 0x03, 0xe1, 4][..], b"mail", &[0xc0, 24]].concat();
        let other = [0, 0, 0, 0];
        let packet = answer(&[(1, &other), (33, &data), (15, &data)]);
        let found = records(&packet, Kind::Srv).expect("records");
        let told: Vec<_> = found
            .iter()
            .map(|own| (own.numbers.as_slice(), own.name.as_str()))
            .collect();
        assert_eq!(told, [(&[10, 5, 993][..], "mail.northwind.example")]);
    }

    #[test]
    fn names_that_lead_in_circles_are_left() {
        let circle = answer(&[(33, &[0, 0, 0, 0, 0, 1, 0xc0, 12])]);
        let at = u8::try_from(circle.len() - 2).expect("short");
        let mut circle = circle;
        *circle.last_mut().expect("bytes") = at;
        assert_eq!(records(&circle, Kind::Srv), Err(Bad::Unreadable));
    }

    #[test]
    fn only_the_answer_to_our_question_counts() {
        let ours = asked();
        assert!(!answers(&ours, &ours), "our own question");
        let mut packet = answer(&[]);
        assert!(answers(&packet, &ours));
        packet[1] = 8;
        assert!(!answers(&packet, &ours), "another number");
        let other = question(7, "_imaps._tcp.eastwind0.example", Kind::Srv).expect("a question");
        assert!(!answers(&answer(&[]), &other), "another name");
        assert!(!answers(&[], &ours));
    }

    #[test]
    fn what_a_name_server_can_say_instead() {
        let mut packet = answer(&[]);
        packet[3] = 3;
        assert_eq!(records(&packet, Kind::Mx), Ok(Vec::new()));
        packet[3] = 2;
        assert_eq!(records(&packet, Kind::Mx), Err(Bad::Failed(2)));
        assert_eq!(records(&[], Kind::Mx), Err(Bad::Unreadable));
    }

    #[test]
    fn a_name_that_is_none_is_not_asked_for() {
        for bad in ["", "a..b", &"x".repeat(64), &"x.".repeat(200)] {
            assert_eq!(question(1, bad, Kind::Mx), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn whatever_comes_is_survived(bytes in proptest::collection::vec(any::<u8>(), 0..400), count in any::<u8>()) {
            let _ = records(&bytes, Kind::Mx);
            let mut packet = answer(&[]);
            packet[7] = count;
            packet.extend(&bytes);
            let _ = records(&packet, Kind::Srv);
            let _ = (answers(&bytes, &asked()), is_cut_off(&bytes));
        }
    }
}
