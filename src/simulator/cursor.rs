//! Where a query's answer goes on.

use super::object::{Field, Object};

/// A query whose answer takes more than one page: which records, as they were found.
pub(super) struct Cursor {
    pub(super) id: String,
    pub(super) org: usize,
    pub(super) object: Object,
    pub(super) fields: Vec<Field>,
    /// Org and row of each record.
    pub(super) keys: Vec<(usize, usize)>,
}
