//! Queries whose answers take more than one page.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value as Json;

/// Cursors that are kept; the oldest ends when there are more. Salesforce too keeps ten for a user.
const KEPT: usize = 10;

/// All of an answer's records.
pub(super) struct Cursor {
    pub(super) id: String,
    /// Which org was asked.
    pub(super) org: usize,
    pub(super) records: Vec<Json>,
}

/// The cursors that have not ended.
#[derive(Default)]
pub(super) struct Cursors(Mutex<VecDeque<Cursor>>);

impl Cursors {
    pub(super) fn keep(&self, cursor: Cursor) {
        let mut cursors = self.cursors();
        cursors.truncate(KEPT - 1);
        cursors.push_front(cursor);
    }

    /// What `read` makes of a cursor.
    pub(super) fn find<T>(&self, is_wanted: impl Fn(&Cursor) -> bool, read: impl FnOnce(&Cursor) -> T) -> Option<T> {
        self.cursors().iter().find(|cursor| is_wanted(cursor)).map(read)
    }

    fn cursors(&self) -> MutexGuard<'_, VecDeque<Cursor>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
