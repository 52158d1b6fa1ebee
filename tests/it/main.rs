//! What a user of the program notices, over real HTTP and TLS on loopback, and a user of the library, in virtual time;
//! theme by theme.

#![allow(clippy::unwrap_used)]

mod bench;
mod canned;
mod cause_table;
mod causes;
mod ci;
mod creations;
mod delete;
mod deletion;
mod doctor;
mod faults;
mod found_files;
mod house;
mod https;
mod inputs;
mod key_forms;
mod login;
mod outputs;
mod provisioning;
mod readme;
mod reports;
mod secrets;
mod server;
mod settings;
#[cfg(unix)]
mod signals;
mod support;
mod trust;
mod untrusted;
mod usernames;
mod variables;
mod virtual_time;
