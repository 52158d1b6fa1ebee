//! What each command does.

mod demo;
mod doctor;
mod hub;
mod login;
mod pages;
mod session;
mod simulate;

#[cfg(test)]
mod tests;

pub(crate) use session::show;

use std::io;

use tokio::time::Instant;

use super::args::Command;
use super::console::Streams;
use super::ending::{Exit, Failure};
use super::environment::Environment;
use super::usage;

/// What a command runs in.
#[derive(Debug)]
pub(crate) struct Surroundings {
    /// Variables, folder, home.
    pub(crate) environment: Environment,
    /// Standard output and standard error.
    pub(crate) streams: Streams,
    /// When the process began.
    pub(crate) started: Instant,
}

/// Runs the command. `json` is whether errors are to be told in JSON.
pub(crate) fn run(command: Command, json: bool, surroundings: &Surroundings) -> Exit {
    match command {
        Command::Login(arguments) => login::run(&arguments.settled(), surroundings),
        Command::Hub(arguments) => hub::run(&arguments.settled(), surroundings),
        Command::Doctor(arguments) => doctor::run(&arguments, surroundings),
        Command::Simulate(arguments) => told(simulate::run(arguments, surroundings), json, surroundings),
        Command::Demo(arguments) => told(demo::run(arguments, surroundings), json, surroundings),
        Command::Completions { shell } => written(pages::completions(shell)),
        Command::Man => written(pages::manual()),
    }
}

/// A failure that the command did not show itself.
fn told(result: Result<Exit, Failure>, json: bool, surroundings: &Surroundings) -> Exit {
    result.unwrap_or_else(|failure| usage::end(failure, json, surroundings))
}

/// A reader that went away is no error.
fn written(result: io::Result<()>) -> Exit {
    match result {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Exit::Internal,
        _ => Exit::Success,
    }
}
