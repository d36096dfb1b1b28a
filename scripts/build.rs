//! How the program is linked.
//!
//! A position-independent program holds a list of addresses that are put right at every start.
//! Packed (DT_RELR), a megabyte of it becomes a few kilobytes: on disk, and in memory at rest.

use std::process::Command;

/// The glibc that understands the packed list (Debian 12 has it).
const GLIBC_MIN: (u32, u32) = (2, 36);

fn main() {
    println!("cargo::rerun-if-changed=scripts/build.rs");
    let is_gnu = std::env::var("CARGO_CFG_TARGET_ENV").as_deref() == Ok("gnu");
    if is_gnu && glibc_here().is_some_and(|version| version >= GLIBC_MIN) {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}

/// The glibc of this machine, `glibc 2.36` by its own words. Who builds for an older one
/// elsewhere builds there: without the packing, the program only is larger.
fn glibc_here() -> Option<(u32, u32)> {
    let told = Command::new("getconf")
        .arg("GNU_LIBC_VERSION")
        .output()
        .ok()?;
    let told = String::from_utf8(told.stdout).ok()?;
    let (major, minor) = told.trim().rsplit_once(' ')?.1.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}
