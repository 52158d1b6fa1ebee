//! What the Salesforce CLI (`sf`) keeps on disk, read and written as `sf` itself does.
//!
//! `~/.sfdx/<username>.json` holds a login, `alias.json` the aliases, `key.json` the key that tokens are encrypted with;
//! `~/.sf/config.json`, or `.sf/config.json` of a project, the defaults. `sf` writes the same files at the same time, so
//! every change is made under its lock, merged into what is there, and renamed into place whole.
//!
//! Facts are from the source of `@salesforce/core` 9.4.0, named where they are used.

mod alias;
mod auth;
mod config;
mod crypto;
mod error;
mod file_name;
mod forget;
mod handover;
mod inspect;
mod json_file;
mod keep_key;
mod keychain;
mod known_hub;
mod lock;
mod logins;
mod pem;
mod pending;
mod project;
mod settings;
mod store;
#[cfg(test)]
mod testing;

pub use crate::files::{FileError, Kind, NotText, Reason, Shown};
pub use auth::{KeyPath, KeyPathError};
pub use error::StoreError;
pub use forget::GoneOrg;
pub use handover::{HandoverOptions, StoreHandover};
pub use inspect::{Finding, Level};
pub use keep_key::{KeepKeyError, keep_key};
pub use known_hub::{JwtLogin, KnownHub, KnownLogin};
pub use pending::{PendingCreation, PendingCreations, SkipReason, SkippedCreation};
pub use settings::{Platform, StoreSettings};
pub use store::{HubDefaults, ReadyHub, Store};
