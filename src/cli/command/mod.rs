//! What each command does.

mod delete;
mod demo;
mod doctor;
mod hub;
mod login;
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

/// Runs the command. `json` is whether errors are to be told in JSON.
pub(crate) fn run(command: Command, json: bool, surroundings: &Surroundings) -> Exit {
    match command {
        Command::Login(arguments) => login::run(&arguments, json, surroundings),
        Command::Delete(arguments) => delete::run(&arguments, json, surroundings),
        Command::Hub(arguments) => hub::run(&arguments, json, surroundings),
        Command::Doctor(arguments) => doctor::run(&arguments, json, surroundings),
        Command::Simulate(arguments) => told(simulate::run(arguments, surroundings), json, surroundings),
        Command::Demo(arguments) => told(demo::run(arguments, json, surroundings), json, surroundings),
        Command::Completions { shell } => told(written(pages::completions(shell)), json, surroundings),
        Command::Man => told(written(pages::manual()), json, surroundings),
    }
}

/// A failure that the command did not show itself.
fn told(result: Result<Exit, Failure>, json: bool, surroundings: &Surroundings) -> Exit {
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
