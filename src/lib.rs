//! orgready

pub mod cause;
pub mod clock;
pub mod event;
pub mod handover;
pub mod host;
pub mod org;
pub mod report;
pub mod scratch_org;
pub mod token;
pub mod transport;
pub mod untrusted;
