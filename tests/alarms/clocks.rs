//! A clock that jumps.
