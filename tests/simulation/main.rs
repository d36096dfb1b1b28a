//! The whole daemon in a seeded world.

mod chance;
mod clock;
mod disk;
mod faults;
mod house;
mod imap;
mod letters;
mod line;
mod lives;
mod mailbox;
mod oracle;
mod panics;
mod punctual;
mod seeds;
mod smtp;
mod story;
mod world;
