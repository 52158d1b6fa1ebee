//! Which settings an org gets once it is ready: those of the creation that `sf` began, or of a definition for all.

use std::collections::HashMap;
use std::sync::Arc;

use crate::model::org::ScratchOrgInfoId;
use crate::model::scratch_org::ScratchOrgInfo;
use crate::protocol::metadata::SettingsPackage;

/// What is planned for one org.
#[derive(Debug, Clone, Default)]
pub enum PlannedSettings {
    /// Nothing is known of any settings.
    #[default]
    Unknown,
    /// The definition has none.
    None,
    /// There may be some, and they are not to be deployed.
    Skipped,
    /// These.
    Deploy(Arc<SettingsPackage>),
    /// The definition makes no sense; the message says where.
    Unusable(String),
}

/// What is planned for the orgs of a batch.
#[derive(Debug, Clone, Default)]
pub struct SettingsPlan {
    /// For the orgs whose creation `sf` began.
    pub by_creation: HashMap<ScratchOrgInfoId, PlannedSettings>,
    /// For all others.
    pub otherwise: PlannedSettings,
    /// The API version to deploy at, where the user gave one; else the newest that the org knows.
    pub api_version: Option<String>,
}

impl SettingsPlan {
    /// What is planned for this org.
    pub(crate) fn of(&self, org: &ScratchOrgInfo) -> &PlannedSettings {
        let begun = org.id.as_ref().and_then(|id| self.by_creation.get(id));
        begun.unwrap_or(&self.otherwise)
    }
}
