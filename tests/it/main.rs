//! The program end to end over real HTTP and TLS on loopback, and the library in virtual time.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on is a test that fails")]

mod bench;
mod canned;
mod https;
mod key_forms;
mod login;
mod readme;
mod server;
mod settings;
