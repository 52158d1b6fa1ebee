//! The words that everything else speaks: what an org, a host, a key, a cause, a report is. No I/O.

pub mod cause;
pub mod clock;
pub mod event;
pub mod handover;
pub mod host;
pub mod key;
pub mod org;
pub(crate) mod redact;
pub mod report;
pub mod scratch_org;
pub(crate) mod shown;
pub mod token;
pub mod untrusted;
