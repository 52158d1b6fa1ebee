//! The `orgready` program; what it does is in the library's `cli` module.

use std::process::ExitCode;

fn main() -> ExitCode {
    orgready::cli::run(std::env::args_os().collect())
}
