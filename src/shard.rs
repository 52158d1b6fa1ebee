//! A process' share of the usernames, so that many processes do one batch.

use std::num::NonZeroU32;

/// Share `index` of `count`, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// Which share, from 1.
    pub index: NonZeroU32,
    /// Of how many.
    pub count: NonZeroU32,
}
