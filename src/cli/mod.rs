//! The commands, one file each.

pub mod case;
pub mod cases;
pub mod screen;
pub mod status;
