//! What the Salesforce CLI (`sf`) keeps on disk, read and written as `sf` itself does.
//!
//! `~/.sfdx/<username>.json` holds a login, `alias.json` the aliases, `key.json` the key that tokens are encrypted with;
//! `~/.sf/config.json`, or `.sf/config.json` of a project, the defaults. `sf` writes the same files at the same time, so
//! every change is made under its lock, merged into what is there, and renamed into place whole.
//!
//! ```
//! use orgready::sf::{HandoverOptions, Store, StoreHandover, StoreSettings};
//! use orgready::{ClientId, Username};
//! # let folder = tempfile::tempdir()?;
//! # let (home, project) = (folder.path().to_owned(), folder.path().to_owned());
//! # let variable = |name: &str| (name == "SF_USE_GENERIC_UNIX_KEYCHAIN").then(|| "true".into());
//! // The home of `sf`'s user, the working folder, and what finds a variable of the environment.
//! let store = Store::new(StoreSettings::new(home, project, variable));
//! let options = HandoverOptions::new(Username::new("hub@acme.com")?, ClientId::new("3MVG9")?);
//! let sf = StoreHandover::prepare(store.clone(), options)?;
//! // client.login(orgs).handover(&sf).await?
//! // store.forget_deleted(&client.delete(orgs).await?)
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
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
mod tests;

pub use crate::files::FileError;
pub use auth::{KeyPath, KeyPathError};
pub use error::StoreError;
pub use handover::{HandoverOptions, StoreHandover};
#[doc(hidden)]
pub use inspect::{Finding, Level};
pub(crate) use keep_key::{KeptKey, keep_key};
#[doc(hidden)]
pub use known_hub::{KnownHub, KnownLogin};
pub(crate) use pending::{PendingCreation, PendingCreations};
pub use settings::{Platform, StoreSettings};
#[doc(hidden)]
pub use store::HubDefaults;
pub use store::Store;
