//! Which settings an org gets once it is ready: those of the creation that `sf` began, or of a definition for all.

use std::collections::HashMap;
use std::sync::Arc;

use crate::model::org::ScratchOrgInfoId;
use crate::model::scratch_org::ScratchOrgInfo;
use crate::protocol::metadata::SettingsPackage;

/// A definition was given, and an org is finished with another one.
const OVERRULED: &str =
    "orgs whose creation sf began here get the settings of sf's own record, not those of --definition-file";

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
    /// Where a creation that `sf` began cannot be finished as `sf` would, what the user should know of it once its org is
    /// ready.
    pub left_alone: HashMap<ScratchOrgInfoId, String>,
    /// For all others.
    pub otherwise: PlannedSettings,
    /// The API version to deploy at, where the user gave one; else the newest that the org knows.
    pub api_version: Option<String>,
}

impl SettingsPlan {
    /// Whether `sf` began anything: then the hub's records are to come with their ids.
    pub(crate) fn knows_creations(&self) -> bool {
        !self.by_creation.is_empty() || !self.left_alone.is_empty()
    }

    /// What the user should know of this org's settings.
    pub(crate) fn remark(&self, org: &ScratchOrgInfo) -> Option<&str> {
        let id = org.id.as_ref()?;
        let overruled = !matches!(self.otherwise, PlannedSettings::Unknown) && self.by_creation.contains_key(id);
        if overruled { Some(OVERRULED) } else { self.left_alone.get(id).map(String::as_str) }
    }

    /// What is planned for this org.
    pub(crate) fn of(&self, org: &ScratchOrgInfo) -> &PlannedSettings {
        let begun = org.id.as_ref().and_then(|id| self.by_creation.get(id));
        begun.unwrap_or(&self.otherwise)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHY: &str = "it was begun by another sf";

    fn id() -> ScratchOrgInfoId {
        ScratchOrgInfoId::new("2SR000000000001AAA").unwrap()
    }

    #[test]
    fn records_come_with_their_ids_where_sf_began_anything() {
        assert!(!SettingsPlan::default().knows_creations());
        let begun = SettingsPlan { by_creation: [(id(), PlannedSettings::None)].into(), ..SettingsPlan::default() };
        let left = SettingsPlan { left_alone: [(id(), WHY.to_owned())].into(), ..SettingsPlan::default() };
        assert!(begun.knows_creations() && left.knows_creations());
    }

    #[test]
    fn the_user_is_told_which_orgs_get_other_settings_than_the_definitions() {
        let org = ScratchOrgInfo { id: Some(id()), ..ScratchOrgInfo::default() };
        let begun = SettingsPlan { by_creation: [(id(), PlannedSettings::None)].into(), ..SettingsPlan::default() };
        assert_eq!(begun.remark(&org), None, "no definition was given");
        let both = SettingsPlan { otherwise: PlannedSettings::Skipped, ..begun };
        assert_eq!(both.remark(&org), Some(OVERRULED));
        assert_eq!(both.remark(&ScratchOrgInfo::default()), None, "of which sf began nothing");
        let left = SettingsPlan { left_alone: [(id(), WHY.to_owned())].into(), ..SettingsPlan::default() };
        assert_eq!(left.remark(&org), Some(WHY));
    }
}
