//! The one way to the disk: what is read is bounded and a file, what is written is whole.
//!
//! * Reading ([`Reading`]) opens without blocking, takes regular files (and the pipes that a user names), reads no more than
//!   it is told to, and decodes once.

pub(crate) mod encoding;
mod error;
mod kind;
mod read;

pub use encoding::NotText;
pub use error::{FileError, Reason, Shown};
pub use kind::Kind;
pub(crate) use read::{Reading, is_descriptor};
