//! What a server wants the operator to know reaches the log, and nothing else with it.

use crate::house::House;
use crate::letters::{id, letter};
use crate::peer::{Folder, Part};

#[test]
fn an_alert_reaches_the_log_once_and_cleaned() {
    let inbox = Folder::new("INBOX", 1, |uid| letter("alert", uid));
    let mut part = Part::honest(vec![inbox]).but(|_, command, out| {
        if command.starts_with("EXAMINE") || command == "NOOP" {
            let long = "long ".repeat(1000);
            write!(out, "* OK [ALERT] closed on \x1b[31mSunday\x07\r\n")?;
            write!(out, "* OK [ALERT] {long}\r\n* OK nothing to say\r\n")?;
            for number in 0..100 {
                write!(out, "* OK [ALERT] number {number}.\r\n")?;
            }
        }
        Ok(false)
    });
    part.greeting = "* OK [ALERT]– Umzug am Montag\r\n".into();
    let mut house = House::watching(part);
    house.eventually("the letter's case", |house| {
        house.has_case(&id("alert", 1)).then_some(())
    });
    house.wait_until_live("hostile");
    let log = house.log();
    let said: Vec<&str> = log
        .lines()
        .filter(|line| line.contains("wants it known"))
        .collect();
    let telling = |words: &str| said.iter().filter(|line| line.contains(words)).count();
    assert_eq!(telling("Umzug am Montag"), 1, "{said:?}");
    assert_eq!(telling("closed on  [31mSunday"), 1, "{said:?}");
    assert_eq!(telling("number 3."), 1, "{said:?}");
    assert_eq!(said.len(), 20, "{said:?}");
    assert!(said.iter().all(|line| line.len() < 400), "{said:?}");
    assert!(!log.contains(['\x1b', '\x07']), "control characters");
}
