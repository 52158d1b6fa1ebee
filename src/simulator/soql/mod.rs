//! The stand-in's own SOQL: read as Salesforce reads it, with Salesforce's words for what it refuses.
//!
//! It knows what clients of the stand-in ask: one object, its fields and parent fields, conditions, order and limits.

mod condition;
mod error;
mod parser;
mod schema;
#[cfg(test)]
mod tests;
mod tokens;

pub use condition::Condition;
pub use error::SoqlError;
pub use parser::{Query, Scope, parse};
pub use schema::{DEV_HUB, Field, Kind, Object, TRACKING};
pub use tokens::Char;

pub(super) use condition::compare;
pub(super) use parser::date_time;
