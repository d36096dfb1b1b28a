//! What a domain publishes for mail programs (`discovery::autoconfig`).
//!
//! An input: the file. Demanded: servers with a host name, a port and TLS, no control characters
//! in a user name, and never more than a few. The XML parser is called without a net.

use ackd::discovery::Source;
use ackd::discovery::autoconfig::Published;
use ackd::domain::address::{Address, parse_domain};

use super::Target;

/// See the module.
pub const TARGET: Target = Target {
    name: "discovery",
    run,
    lets_through: &[],
};

const SERVERS_MAX: usize = 20;

fn run(input: &[u8]) {
    let address = Address::parse("clients@northwind.example").expect("an address");
    let host = "autoconfig.northwind.example".to_owned();
    match Published::parse(input) {
        Ok(published) => {
            let offers = published.offers(&address, &Source::Autoconfig { host });
            assert!(offers.len() <= SERVERS_MAX, "too many servers");
            for offer in offers {
                assert_eq!(parse_domain(&offer.host), Some(offer.host), "no host name");
                assert!(offer.port > 0, "no port");
                let username = offer.username.unwrap_or_default();
                assert!(!username.chars().any(char::is_control), "no user name");
            }
        }
        Err(error) => assert!(!error.is_empty(), "an error without words"),
    }
}
