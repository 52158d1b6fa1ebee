//! Why a stand-in cannot be served.

use std::io;
use std::path::{Path, PathBuf};

use super::scenario::ScenarioError;

/// A stand-in that cannot be served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SimulatorError {
    /// The scenario makes no sense.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// A file or folder of its own cannot be used.
    #[error("cannot use {path}, where the simulator keeps its key and certificates")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A key without its certificate, or the other way round.
    #[error("{directory} has only one of server.key and server.crt; add the other, or name another folder")]
    HalfAPair {
        /// Where.
        directory: PathBuf,
    },
    /// The certificate that was there is none.
    #[error(
        "{path} is not a certificate with an RSA key ({reason}); remove it and the key beside it to have new ones made"
    )]
    Certificate {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The hub's port is taken.
    #[error("port {port} of 127.0.0.1 cannot be used")]
    Port {
        /// Which.
        port: u16,
        /// Why.
        source: io::Error,
    },
    /// The system has no thread or socket left.
    #[error("the simulator's thread or one of its sockets could not be made")]
    Start(#[source] io::Error),
    /// A key could not be made.
    #[error("no key or certificate could be made")]
    Key(#[from] rcgen::Error),
    /// TLS could not be set up.
    #[error("TLS could not be set up")]
    Tls(#[from] tokio_rustls::rustls::Error),
}

impl SimulatorError {
    pub(super) fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::File { path, source }
    }
}
