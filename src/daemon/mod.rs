//! The running service.

pub mod logging;
pub mod systemd;
