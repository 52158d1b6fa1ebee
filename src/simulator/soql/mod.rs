//! The stand-in's own SOQL: read as Salesforce reads it, with Salesforce's words for what it refuses.
//!
//! It knows what clients of the stand-in ask: one object, its fields and parent fields, conditions, order and limits.

mod error;
mod lexer;
mod literal;
mod parser;
mod statement;

pub use error::SoqlError;
pub use parser::parse;
pub use statement::{Condition, FieldPath, Literal, Name, Operator, Order, Query, Text};
