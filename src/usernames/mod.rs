//! Usernames as people and tools hand them over: text, CSV, JSON; every bad row told at once.
//!
//! What `sf` prints needs no preparation: pipe it in, or gather it with `>>`.
//!
//! ```
//! use orgready::Roster;
//! let mut roster = Roster::new();
//! roster.add_argument("qa=test-a@example.com");
//! roster.add_file("org.json", br#"{"status": 0, "result": {"username": "test-b@example.com"}}"#);
//! roster.add_file("orgs.csv", b"alias,username\nuat,test-c@example.com\n,TEST-A@example.com\n");
//! let list = roster.finish()?;
//! assert_eq!(list.entries.len(), 3, "test-a is there twice");
//! assert_eq!(list.entries[0].alias.as_ref().map(|alias| alias.as_str()), Some("qa"));
//! # Ok::<(), orgready::RosterError>(())
//! ```

mod csv;
mod entry;
mod form;
mod json;
mod noise;
mod problem;
mod roster;
mod row;
pub(crate) mod shard;
mod source_location;
mod text;

pub(crate) use problem::FILE_MAX;
pub use problem::RosterError;
pub use roster::{OrgList, Roster};
pub use shard::{Shard, ShardBy, ShardError};

#[cfg(test)]
mod tests;
