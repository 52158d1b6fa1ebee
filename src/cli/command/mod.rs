//! What each command does.

mod batch;
mod demo;
mod doctor;
mod hub;
mod pages;
mod results;
mod session;
mod simulate;

#[cfg(test)]
mod tests;

pub(crate) use session::end;

use std::io::{self, Write};

use clap::ArgMatches;

use super::args::SHELL;
use super::console::Streams;
use super::ending::{Exit, Failure};
use super::environment::Environment;
use super::job::Job;
use super::settings::setting::{DELETE, DOCTOR, HUB, LOGIN};
use super::settings::{Sources, Typed};
use session::within;

/// Runs the command of this name. `json` is whether errors are to be told in JSON.
pub(crate) fn run(name: &str, matches: &ArgMatches, json: bool, environment: &Environment, streams: Streams) -> Exit {
    let sources = |commands| Sources::load(Typed::of(matches, commands), environment);
    let result = match name {
        "login" => Ok(within(sources(LOGIN), streams, |session| batch::run(Job::Login, session))),
        "delete" => Ok(within(sources(DELETE), streams, |session| batch::run(Job::Delete, session))),
        "hub" => Ok(within(sources(HUB), streams, hub::run)),
        "doctor" => Ok(doctor::run(sources(DOCTOR), streams)),
        "simulate" => simulate::run(matches, environment, streams),
        "demo" => demo::run(Typed::of(matches, 0), environment.started, streams),
        "completions" => print(Ok(pages::completions(*matches.get_one(SHELL).expect("clap asks for the shell")))),
        _ => print(pages::manual()),
    };
    // A failure that the command did not show itself.
    result.unwrap_or_else(|failure| end(failure, json, streams))
}

/// A reader that went away is no error.
fn print(page: io::Result<Vec<u8>>) -> Result<Exit, Failure> {
    match page.and_then(|page| io::stdout().lock().write_all(&page)) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure {
            actions: vec!["make room there, or print it to another place".to_owned()],
            ..Failure::internal(format!("standard output could not be written: {error}"))
        }),
        _ => Ok(Exit::Success),
    }
}
