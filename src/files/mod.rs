//! The one way to the disk: what is read is bounded and a file, what is written is whole.
//!
//! * Reading ([`Reading`]) opens without blocking, takes regular files (and the pipes that a user names), reads no more
//!   than it is told to, and decodes once.
//! * Writing ([`replace`]) puts a whole file in the place of another by renaming it. A device stays a device; a secret
//!   ([`replace_secret`]) goes into a file that is made for it, and through no link.
//! * What a user names for results ([`OutputFile`]) is proven usable before anything is sent, and a [`Place`] is one
//!   however its path is spelled.

pub(crate) mod encoding;
mod error;
pub(crate) mod folder;
mod kind;
mod mode;
mod output_file;
mod path;
mod read;
mod replace;
mod temporary;

pub use error::FileError;
pub(crate) use error::{Reason, shown};
pub(crate) use kind::Kind;
pub(crate) use mode::{Readers, bits};
pub(crate) use output_file::{OutputFile, Stream};
pub(crate) use path::{Place, is_descriptor, leads_into};
pub(crate) use read::Reading;
pub(crate) use replace::{check_secret, create, protect, replace, replace_private, replace_secret};
pub(crate) use temporary::sweep;
