//! What each command does.

mod batch;
mod deletion;
mod demo;
mod doctor;
mod hub;
mod pages;
mod results;
mod session;
mod simulate;
mod surroundings;

#[cfg(test)]
mod tests;

pub(crate) use session::end;
pub(crate) use surroundings::Surroundings;

use std::io;

use super::args::Command;
use super::ending::{Exit, Failure};
use super::job::Job;
use super::settings::{Sources, Typed};
use session::Session;

/// Runs the command. `json` is whether errors are to be told in JSON.
pub(crate) fn run(command: Command, json: bool, surroundings: &Surroundings) -> Exit {
    let within = |typed: Typed, work: &dyn Fn(&Session<'_>) -> Exit| {
        let sources = Sources::load(typed, &surroundings.environment);
        Session::open(sources, surroundings).map_or_else(|exit| exit, |session| work(&session))
    };
    let result = match command {
        Command::Login(typed) => Ok(within(typed, &|session| batch::run(Job::Login, session))),
        Command::Delete(typed) => Ok(within(typed, &|session| batch::run(Job::Delete, session))),
        Command::Hub(typed) => Ok(within(typed, &hub::run)),
        Command::Doctor(typed) => Ok(doctor::run(typed, surroundings)),
        Command::Simulate(arguments) => simulate::run(arguments, surroundings),
        Command::Demo(typed) => demo::run(typed, surroundings),
        Command::Completions(shell) => written(pages::completions(shell)),
        Command::Man => written(pages::manual()),
    };
    // A failure that the command did not show itself.
    result.unwrap_or_else(|failure| end(failure, json, surroundings))
}

/// A reader that went away is no error.
fn written(result: io::Result<()>) -> Result<Exit, Failure> {
    match result {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure {
            actions: vec!["make room there, or print it to another place".to_owned()],
            ..Failure::internal(format!("standard output could not be written: {error}"))
        }),
        _ => Ok(Exit::Success),
    }
}
