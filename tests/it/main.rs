//! What a user of the library notices, theme by theme.

#![allow(clippy::unwrap_used)]

mod support;
mod virtual_time;
