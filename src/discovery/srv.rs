//! Which server SRV records mean (RFC 2782). Pure.
//!
//! Vocabulary: of several *records* those of the lowest *priority* are meant; among these the
//! *weight* says how often each should be used.

use super::{Protection, Service};
use crate::domain::address::parse_domain;

/// The services that are asked for, those with TLS from the first byte first (RFC 8314,
/// section 3).
pub const SERVICES: [(Service, Protection, &str); 4] = [
    (Service::Imap, Protection::Tls, "_imaps"),
    (Service::Imap, Protection::StartTls, "_imap"),
    (Service::Submission, Protection::Tls, "_submissions"),
    (Service::Submission, Protection::StartTls, "_submission"),
];

/// An SRV record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its priority: lower is meant first.
    pub priority: u16,
    /// Its weight among those of one priority.
    pub weight: u16,
    /// The port.
    pub port: u16,
    /// The host, with or without the dot at its end.
    pub target: String,
}

/// What a domain's records say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// This host, in lower-case A-label form, and port.
    Server(String, u16),
    /// The service is not offered there: the target is the root (RFC 2782).
    NotOffered,
    /// Nothing that could be used.
    Nothing,
}

/// Chooses. What is written down is meant to stay, so the heaviest record is taken and not one
/// by chance.
pub fn choose(records: &[Record]) -> Choice {
    let is_root = |record: &Record| record.target.trim_end_matches('.').is_empty();
    if !records.is_empty() && records.iter().all(is_root) {
        return Choice::NotOffered;
    }
    let mut usable: Vec<(&Record, String)> = records
        .iter()
        .filter(|record| record.port > 0)
        .filter_map(|record| Some((record, parse_domain(&record.target)?)))
        .collect();
    usable.sort_by(|(a, host_a), (b, host_b)| {
        let heavier = b.weight.cmp(&a.weight);
        a.priority
            .cmp(&b.priority)
            .then(heavier)
            .then(host_a.cmp(host_b))
    });
    match usable.into_iter().next() {
        Some((record, host)) => Choice::Server(host, record.port),
        None => Choice::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(priority: u16, weight: u16, port: u16, target: &str) -> Record {
        Record {
            priority,
            weight,
            port,
            target: target.to_owned(),
        }
    }

    fn server(host: &str, port: u16) -> Choice {
        Choice::Server(host.to_owned(), port)
    }

    #[test]
    fn the_lowest_priority_is_meant_and_among_equals_the_heaviest() {
        let records = [
            record(20, 100, 993, "spare.northwind.example."),
            record(10, 10, 993, "small.northwind.example."),
            record(10, 60, 1993, "Large.Northwind.example."),
        ];
        assert_eq!(choose(&records), server("large.northwind.example", 1993));
        let mut turned = records;
        turned.reverse();
        assert_eq!(choose(&turned), server("large.northwind.example", 1993));
    }

    #[test]
    fn equals_are_chosen_by_name_and_not_by_the_order_of_the_answer() {
        let (a, b) = (
            record(0, 0, 993, "a.example"),
            record(0, 0, 993, "b.example"),
        );
        assert_eq!(choose(&[b.clone(), a.clone()]), choose(&[a, b]));
    }

    #[test]
    fn a_lone_dot_says_that_there_is_no_such_service() {
        assert_eq!(choose(&[record(0, 0, 0, ".")]), Choice::NotOffered);
        assert_eq!(choose(&[record(0, 0, 0, "")]), Choice::NotOffered);
        let also = [record(0, 0, 0, "."), record(9, 0, 993, "a.example")];
        assert_eq!(choose(&also), server("a.example", 993));
    }

    #[test]
    fn what_no_one_can_connect_to_is_passed_over() {
        assert_eq!(choose(&[]), Choice::Nothing);
        let bad = [
            record(0, 0, 0, "a.example"),
            record(0, 0, 993, "a b.example"),
            record(0, 0, 993, &"x".repeat(300)),
        ];
        assert_eq!(choose(&bad), Choice::Nothing);
    }
}
