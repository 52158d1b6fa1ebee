//! What a command runs in.

use tokio::time::Instant;

use crate::cli::console::Streams;
use crate::cli::environment::Environment;

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
