//! What ready orgs are finished with: the settings of a definition, and what `sf` began and did not finish.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::connection::Connection;
use super::origin::{Origin, Sourced};
use super::setting::{API_VERSION, DEFINITION_FILE, NO_SETTINGS};
use super::sources::Sources;
use crate::cli::ending::Failure;
use crate::cli::problem::{Problem, Problems};
use crate::engine::settings_plan::{PlannedSettings, SettingsPlan};
use crate::files::Reading;
use crate::model::clock::Clock;
use crate::model::org::{OrgEntry, OrgName, Username};
use crate::protocol::metadata::{DEFINITION_MAX, DefinitionError, RecordTypeNames, SettingsPackage, parse_definition};
use crate::sf::{PendingCreations, Store};

/// The variables that say whether record types are capitalized: the one that `sf` reads, and the one that it declares
/// (`envVars.ts` of `@salesforce/core` 9.4.0).
const CAPITALIZE: [&str; 2] = ["SF_ORG_CAPITALIZE_RECORD_TYPES", "SF_CAPITALIZE_RECORD_TYPES"];

/// What a scratch org definition adds to an org.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProvisionSettings {
    /// The definition, for orgs that sf's cache of pending creations does not name.
    definition: Option<Sourced<PathBuf>>,
    /// Whether settings are deployed.
    deploy: bool,
    /// The version of the API that the user wants; none for the org's newest.
    api_version: Option<String>,
    /// Whether record types are capitalized, where a variable says so.
    capitalize: Option<bool>,
}

pub(super) fn resolve(
    sources: &Sources<'_>,
    connection: Option<&Connection>,
    problems: &mut Problems,
) -> Option<ProvisionSettings> {
    let definition = problems.take(sources.path(&DEFINITION_FILE))?;
    let deploy = !problems.take(sources.switch(&NO_SETTINGS))?.value;
    // Our own default is no wish of the user's.
    let wanted = sources.text(&API_VERSION).ok().flatten().is_some_and(|version| version.origin != Origin::Default);
    let api_version = connection.filter(|_| wanted).map(|connection| connection.api_version.clone());
    let capitalize = CAPITALIZE.iter().find_map(|name| sources.environment().text(name));
    let capitalize = capitalize.map(|text| text.eq_ignore_ascii_case("true") || text == "1");
    Some(ProvisionSettings { definition, deploy, api_version, capitalize })
}

impl ProvisionSettings {
    /// What each org of the batch gets deployed.
    pub(super) fn plan(
        &self,
        creations: &PendingCreations,
        store: Option<&Store>,
        warnings: &mut Vec<String>,
    ) -> Result<SettingsPlan, Problem> {
        let in_config = || store?.capitalizes_record_types().ok()?;
        let record_types = match self.capitalize.or_else(in_config) {
            Some(false) => RecordTypeNames::AsWritten,
            Some(true) | None => RecordTypeNames::Capitalized,
        };
        let planned = |package: Result<Option<SettingsPackage>, DefinitionError>| match package {
            Ok(Some(_)) if !self.deploy => Ok(PlannedSettings::Skipped),
            Ok(Some(package)) => Ok(PlannedSettings::Deploy(Arc::new(package))),
            Ok(None) => Ok(PlannedSettings::None),
            Err(error) => Err(error),
        };
        let by_creation: HashMap<_, _> = creations
            .creations
            .iter()
            .map(|creation| {
                let package = planned(SettingsPackage::new(&creation.definition, record_types));
                let unusable = |error| format!("{}, {}: {error}", creations.path.display(), creation.id);
                (creation.id.clone(), package.unwrap_or_else(|error| PlannedSettings::Unusable(unusable(error))))
            })
            .collect();
        let otherwise = match &self.definition {
            None => PlannedSettings::Unknown,
            Some(file) => {
                let refused = |error: &dyn std::fmt::Display| {
                    let problem = Problem::new(format!("{}: {}: {error}", file.origin, file.value.display()));
                    problem.with_action("name the definition file that the orgs were created from")
                };
                let text = Reading::REGULAR.at_most(DEFINITION_MAX).text(&file.value);
                let text = text.map_err(|error| refused(&error.reason))?;
                let definition = parse_definition(&text).map_err(|error| refused(&error))?;
                planned(SettingsPackage::new(&definition, record_types)).map_err(|error| refused(&error))?
            }
        };
        if self.definition.is_some() && !by_creation.is_empty() {
            warnings.push(
                "orgs whose creation sf began here get the settings of sf's own record, not those of --definition-file"
                    .to_owned(),
            );
        }
        Ok(SettingsPlan { by_creation, otherwise, api_version: self.api_version.clone() })
    }
}

/// What `sf` began at this hub and did not finish. A file that makes no sense is a problem only where it is `asked` for.
pub(super) fn pending(
    store: Option<&Store>,
    hub: &Username,
    asked: bool,
    warnings: &mut Vec<String>,
) -> Result<PendingCreations, Failure> {
    let Some(store) = store else { return Ok(PendingCreations::default()) };
    match store.pending_creations(hub, Clock::system().now()) {
        Ok(pending) => {
            if asked {
                warnings.extend(pending.skipped.iter().map(|skipped| format!("left alone: {skipped}")));
            }
            Ok(pending)
        }
        Err(error) if asked => {
            let problem = Problem::new(error.to_string());
            Err(Failure::input(vec![problem.with_action("name the orgs instead; what is damaged is left as it is")]))
        }
        Err(error) => {
            warnings.push(format!("no settings are deployed for orgs that sf began to create: {error}"));
            Ok(PendingCreations::default())
        }
    }
}

/// The orgs of these creations.
pub(super) fn orgs(pending: &PendingCreations) -> Vec<OrgEntry> {
    let entry =
        |id: &crate::model::org::ScratchOrgInfoId| OrgEntry { name: OrgName::ScratchOrgInfo(id.clone()), alias: None };
    pending.creations.iter().map(|creation| entry(&creation.id)).collect()
}
