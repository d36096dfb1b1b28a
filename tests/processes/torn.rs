//! The lines to both servers are bad.

use std::time::Duration;

use crate::daemon::Daemon;
use crate::line::{Line, Speech};
use crate::people::Servers;
use crate::storm::{self, chance_of, count_in_the_calm, rounds};
use crate::traffic::{Traffic, installation};

const USERS: [&str; 2] = ["user12", "user13"];

/// How many storms there are in the short form.
const STORMS: u64 = 1;

/// How many gusts a storm has, and how long one lasts; the pause after a storm.
const GUSTS: usize = 6;
const GUST: Duration = Duration::from_millis(1500);
const PAUSE: Duration = Duration::from_secs(3);

#[test]
fn over_bad_lines_nothing_is_lost_and_nothing_is_said_twice() {
    let Some(servers) = storm::servers() else {
        return;
    };
    let mut chance = chance_of("torn");
    let imap = Line::to(&servers.dovecot, Speech::Imap, chance.branch());
    let smtp = Line::to(&servers.smtp, Speech::Smtp, chance.branch());
    // People and tally have lines of their own.
    let behind = Servers {
        dovecot: imap.address.clone(),
        smtp: smtp.address.clone(),
    };
    let installation = installation("torn", &behind, &USERS);
    let daemon = Daemon::running(&installation);
    let mut traffic = Traffic::new(&servers, &installation, &USERS, chance.branch());
    let storms = rounds(STORMS);
    for _ in 0..storms {
        imap.change();
        smtp.change();
        for _ in 0..GUSTS {
            traffic.flow(GUST);
            imap.stir();
            smtp.stir();
        }
        imap.change();
        smtp.change();
        traffic.flow(PAUSE);
    }
    let tally = count_in_the_calm(&mut traffic, &daemon);
    let ((dialled, torn), (calls, cut)) = (imap.counts(), smtp.counts());
    println!(
        "torn: {storms} storms, {torn} of {dialled} IMAP and {cut} of {calls} SMTP connections cut, {tally}"
    );
    tally.assert_clean(&daemon);
}
