//! What ready orgs are finished with: the settings of a definition, and what `sf` began and did not finish.

use std::sync::Arc;

use super::network;
use super::origin::Origin;
use super::setting::{API_VERSION, DEFINITION_FILE, NO_SETTINGS};
use super::sources::Sources;
use crate::cli::problem::Problem;
use crate::engine::settings_plan::{PlannedSettings, SettingsPlan};
use crate::files::Reading;
use crate::model::clock::Clock;
use crate::model::org::{OrgEntry, OrgName, ScratchOrgInfoId, Username};
use crate::model::untrusted::sanitize_line;
use crate::protocol::metadata::{DEFINITION_MAX, DefinitionError, RecordTypeNames, SettingsPackage, parse_definition};
use crate::sf::{PendingCreation, PendingCreations, Store};

/// The variables that say whether record types are capitalized: the one that `sf` reads, and the one that it declares
/// (`envVars.ts` of `@salesforce/core` 9.4.0).
const CAPITALIZE: [&str; 2] = ["SF_ORG_CAPITALIZE_RECORD_TYPES", "SF_CAPITALIZE_RECORD_TYPES"];

/// What each org of the batch gets deployed, those too whose creation `sf` began.
pub(super) fn plan(
    sources: &Sources<'_>,
    creations: &PendingCreations,
    store: Option<&Store>,
) -> Result<SettingsPlan, Problem> {
    let definition = sources.path(&DEFINITION_FILE)?;
    let deploys = sources.switch(&NO_SETTINGS)?.is_none();
    // Mostly nothing is known of any settings: then sf's configuration need not be read.
    if definition.is_none() && creations.is_empty() {
        return Ok(SettingsPlan::default());
    }
    let capitalize = CAPITALIZE.iter().find_map(|name| sources.environment.text(name));
    let capitalize = capitalize.map(|text| text.eq_ignore_ascii_case("true") || text == "1");
    let in_config = || store?.capitalizes_record_types().ok()?;
    let record_types = match capitalize.or_else(in_config) {
        Some(false) => RecordTypeNames::AsWritten,
        Some(true) | None => RecordTypeNames::Capitalized,
    };
    let planned = |definition: &serde_json::Value| {
        Ok(match SettingsPackage::new(definition, record_types)? {
            None => PlannedSettings::None,
            Some(_) if !deploys => PlannedSettings::Skipped,
            Some(package) => PlannedSettings::Deploy(Arc::new(package)),
        })
    };
    let by_creation = creations.creations.iter().map(|creation| {
        let unusable = |error: DefinitionError| format!("{}, {}: {error}", creations.path.display(), creation.id);
        let settings = planned(&creation.definition);
        (creation.id.clone(), settings.unwrap_or_else(|error| PlannedSettings::Unusable(unusable(error))))
    });
    let otherwise = match &definition {
        None => PlannedSettings::Unknown,
        Some(file) => {
            let refused = |error: &dyn std::fmt::Display| {
                let problem = Problem::new(format!("{}: {}: {error}", file.origin, file.value.display()));
                problem.with_action("name the definition file that the orgs were created from")
            };
            let text = Reading::REGULAR.at_most(DEFINITION_MAX).text(&file.value);
            let text = text.map_err(|error| refused(&error.reason))?;
            let settings = parse_definition(&text).and_then(|definition| planned(&definition));
            settings.map_err(|error| refused(&error))?
        }
    };
    // What is not deployed is no loss where the definition is given.
    let skipped = creations.skipped.iter().filter(|_| definition.is_none());
    let left_alone = skipped.filter_map(|skipped| {
        let remark = format!(
            "{}: the entry {skipped}: its org is logged in to, but gets no settings, no alias and no default from there; give --definition-file and --alias, {}",
            creations.path.display(),
            skipped.next_step
        );
        Some((ScratchOrgInfoId::new(&skipped.key).ok()?, remark))
    });
    // Our own default is no wish of the user's.
    let version = sources.text(&API_VERSION)?.filter(|version| version.origin != Origin::Default);
    let api_version = version.and_then(|_| network::api_version(sources));
    let known = || network::parse_version(&store?.api_version().ok()??);
    Ok(SettingsPlan {
        by_creation: by_creation.collect(),
        left_alone: left_alone.collect(),
        otherwise,
        api_version: api_version.or_else(known),
    })
}

/// What `sf` began at this hub and did not finish. A file that makes no sense is a problem only where it is `asked` for.
pub(super) fn pending(
    sources: &Sources<'_>,
    store: Option<&Store>,
    hub: &Username,
    asked: bool,
) -> Result<PendingCreations, Problem> {
    let Some(store) = store else { return Ok(PendingCreations::default()) };
    match store.pending_creations(hub, Clock::system().now()) {
        Ok(pending) => {
            let skipped = pending.skipped.iter().filter(|_| asked);
            sources.problems.warn(skipped.map(|skipped| format!("left alone: {skipped}")));
            Ok(pending)
        }
        Err(error) if asked => {
            let action = "name the orgs instead; what is damaged is left as it is";
            Err(Problem::of(error).with_action(action).of_input())
        }
        Err(error) => {
            sources.problems.warn([format!("no settings are deployed for orgs that sf began to create: {error}")]);
            Ok(PendingCreations::default())
        }
    }
}

/// The org of a creation.
pub(super) fn org(creation: &PendingCreation) -> OrgEntry {
    OrgEntry { name: OrgName::ScratchOrgInfo(creation.id.clone()), alias: None }
}

/// The same as a person knows it: by the names that the user gave, as far as `sf` wrote them down.
pub(super) fn described(creation: &PendingCreation) -> String {
    let known = [creation.username(), creation.alias.as_deref()].into_iter().flatten();
    let known: Vec<String> = known.map(|name| sanitize_line(name, 80)).collect();
    if known.is_empty() { creation.id.to_string() } else { format!("{} ({})", creation.id, known.join(", ")) }
}
