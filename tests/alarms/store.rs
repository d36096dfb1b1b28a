//! The real program, whose store can't be used.

use std::fs;
use std::process::Command;

use crate::blindness::changed;
use crate::house::House;

/// Runs the program until it ends by itself; what it told.
fn run(house: &House) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_ackd"))
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .arg("--config")
        .arg(house.path("ackd.toml"))
        .arg("run")
        .output()
        .expect("the program starts");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn whoever_can_not_use_the_store_tells_it_by_the_second_route_once() {
    let house = House::new(&changed(&[]));
    house.configure();
    let state = house.path("state");
    fs::create_dir(&state).expect("writable");
    // Neither a folder nor empty.
    fs::write(state.join("store"), "no store").expect("writable");
    let told = run(&house);
    assert_eq!(house.pages().len(), 1, "{told}");
    assert!(house.pages()[0].starts_with("ackd has stopped: its store can't be used\n"));
    let letters = house.other_post.letters();
    assert_eq!(letters.len(), 1, "{told}");
    assert_eq!(letters[0].to, "ops@agency.test");
    // systemd starts it again, and again.
    for _ in 0..3 {
        run(&house);
    }
    assert_eq!(house.pages().len(), 1, "{:?}", house.pages());
    assert_eq!(house.other_post.letters().len(), 1);
    assert!(
        house.post.letters().is_empty(),
        "the ordinary route needs the store"
    );
}

#[test]
fn a_program_that_only_looks_on_tells_nobody_of_its_store() {
    let house = House::new(&changed(&[("mode = \"full\"", "mode = \"observe\"")]));
    house.configure();
    let state = house.path("state");
    fs::create_dir(&state).expect("writable");
    fs::write(state.join("store"), "no store").expect("writable");
    let told = run(&house);
    assert!(told.contains("mode observe sends nothing"), "{told}");
    assert!(house.pages().is_empty() && house.other_post.letters().is_empty());
}
