//! The open cases.
