//! The commands.
pub mod calendar;
pub mod case;
pub mod cases;
pub mod explain;
pub mod run;
pub mod screen;
pub mod status;
