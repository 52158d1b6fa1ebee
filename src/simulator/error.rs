//! Why a stand-in cannot be served.

use std::io;
use std::path::Path;

use super::scenario::ScenarioError;

/// A stand-in that cannot be served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SimulatorError {
    /// The scenario makes no sense.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// The system refuses a file, a port or a thread.
    #[error("{what}")]
    System {
        /// What cannot be had.
        what: String,
        /// Why.
        source: io::Error,
    },
    /// The key pair that is there cannot be used.
    #[error("{0}")]
    KeyPair(String),
    /// A key or certificate could not be made.
    #[error("no key or certificate could be made")]
    Key(#[from] rcgen::Error),
    /// TLS could not be set up.
    #[error("TLS could not be set up")]
    Tls(#[from] tokio_rustls::rustls::Error),
}

impl SimulatorError {
    /// A file or folder of its own cannot be used.
    pub(super) fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let what = format!("cannot use {}, where the simulator keeps its key and certificates", path.display());
        move |source| Self::System { what, source }
    }

    /// No thread or socket is left.
    pub(super) fn start(source: io::Error) -> Self {
        Self::System { what: "the simulator's thread or one of its sockets could not be made".to_owned(), source }
    }
}
