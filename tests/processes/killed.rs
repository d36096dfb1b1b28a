//! Killed at random moments, under load.

use std::time::Duration;

use crate::daemon::Daemon;
use crate::storm::{self, chance_of, count_in_the_calm, rounds};
use crate::traffic::{Traffic, installation};

const USERS: [&str; 2] = ["user10", "user11"];

/// How often it is killed in the short form.
const KILLS: u64 = 20;

/// How long it lives, in milliseconds: mostly shorter than a start takes, now and then long.
const LIFE_MAX: usize = 3000;

#[test]
fn killed_at_random_moments_nothing_is_lost_and_nothing_is_said_twice() {
    let Some(servers) = storm::servers() else {
        return;
    };
    let mut chance = chance_of("killed");
    let installation = installation("kill", &servers, &USERS);
    let mut daemon = Daemon::running(&installation);
    let mut traffic = Traffic::new(&servers, &installation, &USERS, chance.branch());
    let kills = rounds(KILLS);
    for _ in 0..kills {
        let life = if chance.one_in(3) {
            chance.depth(LIFE_MAX)
        } else {
            chance.size(500, LIFE_MAX)
        };
        traffic.flow(Duration::from_millis(life as u64));
        daemon.kill();
        daemon.start();
    }
    daemon.wait_until_live();
    let tally = count_in_the_calm(&mut traffic, &daemon);
    println!("killed: {kills} kills, {tally}");
    tally.assert_clean(&daemon);
    assert!(tally.late_to_team.is_empty(), "{:#?}", tally.late_to_team);
    // Only a kill in mid-send keeps a client waiting, and then its owner knows. Postfix files no
    // copy: it was looked for in vain, or so shortly before the deadline that there was no time.
    for why in tally.held.keys() {
        assert!(why.contains("interrupted"), "{why}");
        let was_looked_for = why.contains("no copy of it lies in a Sent folder");
        assert!(was_looked_for || why.contains("no time was left"), "{why}");
    }
}
