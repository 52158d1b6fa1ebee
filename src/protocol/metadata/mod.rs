//! The settings of a scratch org definition as the package that `sf` deploys, its deployment, and what source tracking
//! is reset with afterwards. Pure: values in, requests and readings of answers out.
//!
//! Facts are from the source of `@salesforce/core` 9.4.0, `lib/org/`: SSG is `scratchOrgSettingsGenerator.js`, SOA is
//! `scratchOrgInfoApi.js`, SOC is `scratchOrgCreate.js`.

mod definition;
mod deployment;
mod package;
mod source_tracking;
mod version;
mod xml;

pub use definition::{DEFINITION_MAX, DefinitionError, parse_definition};
pub use deployment::{DeployStatus, DeploymentId, deploy_request, read_accepted, status_request};
pub use package::{RecordTypeNames, SettingsPackage};
pub use source_tracking::{ChangedMembers, changed_members_request, reset_member_request};
pub use version::{newest_version, versions_request};
