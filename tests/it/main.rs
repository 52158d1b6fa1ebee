//! What a user of the library notices, theme by theme.

#![allow(clippy::unwrap_used)]

#[cfg(feature = "cli")]
mod doctor;
mod support;
mod virtual_time;
