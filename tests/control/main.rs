//! The local socket and the commands that speak through it, over a real Unix socket, with an
//! engine that answers from a fixed book.

mod api;
mod book;
mod callers;
mod house;
mod lists;
mod pages;
mod reload;
mod socket_file;
