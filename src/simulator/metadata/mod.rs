//! As much of the Metadata API as it takes to deploy, by SOAP and by REST.

pub(super) mod rest;
pub(super) mod soap;
