//! What each command does.

pub(super) mod doctor;
pub(super) mod hub;
pub(super) mod login;
pub(super) mod pages;
mod session;

pub(crate) use session::show;

use std::io;

use tokio::time::Instant;

use super::args::Command;
use super::console::Streams;
use super::ending::Exit;
use super::environment::Environment;

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

/// Runs the command.
pub(crate) fn run(command: Command, surroundings: &Surroundings) -> Exit {
    match command {
        Command::Login(arguments) => login::run(arguments.settled(), surroundings),
        Command::Hub(arguments) => hub::run(arguments.settled(), surroundings),
        Command::Doctor(arguments) => doctor::run(*arguments, surroundings),
        Command::Simulate(_) | Command::Demo(_) => Exit::Internal,
        Command::Completions { shell } => written(pages::completions(shell)),
        Command::Man => written(pages::manual()),
    }
}

/// A reader that went away is no error.
fn written(result: io::Result<()>) -> Exit {
    match result {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Exit::Internal,
        _ => Exit::Success,
    }
}
