//! The creations that `sf` began and did not finish: `~/.sf/scratch-create-cache.json` (`org/scratchOrgCache.js` over
//! `config/ttlConfig.js`; written by `scratchOrgCreate`, L116 of `org/scratchOrgCreate.js`).
//!
//! An entry is written right after the signup, under the id of its `ScratchOrgInfo`, and goes once the settings are
//! deployed. What `sf` does not understand it drops; here it stays.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::model::org::{ScratchOrgInfoId, Username};
use crate::model::untrusted::sanitize_line;

use super::error::StoreError;
use super::json_file::{self, PRIVATE};
use super::store::Store;

/// `sf` takes no entry that is older (`ttl`, `scratchOrgCache.js`).
const LIFETIME: Duration = Duration::from_secs(24 * 3600);

/// What `sf` wanted to do with an org that it began to create.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct PendingCreation {
    /// The hub's record of it.
    pub(crate) id: ScratchOrgInfoId,
    /// The definition, its settings included.
    pub(crate) definition: Value,
    /// What it is to be called: any text, as `sf` takes it.
    pub(crate) alias: Option<String>,
    /// Whether it becomes the default org.
    pub(crate) set_default: bool,
    /// Whether changes in it are tracked.
    pub(crate) tracks_source: bool,
}

impl PendingCreation {
    /// The username, where the definition or `--username` gave one.
    pub(crate) fn username(&self) -> Option<&str> {
        ["username", "Username"].iter().find_map(|key| self.definition.get(key)?.as_str())
    }
}

impl fmt::Debug for PendingCreation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The definition is somebody's file, and is never printed.
        f.debug_struct("PendingCreation").field("id", &self.id).field("alias", &self.alias).finish_non_exhaustive()
    }
}

/// All entries: those that can be finished at this hub, and the others.
#[derive(Debug, Default)]
pub(crate) struct PendingCreations {
    /// In the order in which they were begun.
    pub(crate) creations: Vec<PendingCreation>,
    /// Entries that are left alone.
    pub(crate) skipped: Vec<SkippedCreation>,
    /// The file that they are in.
    pub(crate) path: PathBuf,
}

impl PendingCreations {
    /// Whether there is no entry at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.creations.is_empty() && self.skipped.is_empty()
    }
}

/// An entry that is left alone; shown as a part of a warning.
#[derive(Debug)]
pub(crate) struct SkippedCreation {
    /// Its key, safe to print.
    pub(crate) key: String,
    reason: String,
    /// What to do so that it counts.
    pub(crate) next_step: &'static str,
}

impl fmt::Display for SkippedCreation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key, self.reason)
    }
}

impl Store {
    /// The creations that `sf` did not finish here. A file that makes no sense is an error that names it.
    pub(crate) fn pending_creations(&self, hub: &Username, now: Timestamp) -> Result<PendingCreations, StoreError> {
        let path = self.pending_file();
        let mut pending = PendingCreations { path, ..PendingCreations::default() };
        for (key, value) in &json_file::read(&pending.path)?.object {
            match read_entry(key, value, hub, now) {
                Ok(creation) => pending.creations.push(creation),
                Err((reason, next_step)) => {
                    // What stands in a file is not quoted.
                    let is_id = ScratchOrgInfoId::new(key).is_ok();
                    let key = if is_id { sanitize_line(key, 40) } else { "an entry".to_owned() };
                    pending.skipped.push(SkippedCreation { key, reason, next_step });
                }
            }
        }
        Ok(pending)
    }

    /// Removes entries, under the lock that `sf` takes for it; everything else in the file stays as it is.
    pub(crate) fn forget_creations(&self, ids: &[ScratchOrgInfoId]) -> Result<(), StoreError> {
        if ids.is_empty() {
            return Ok(());
        }
        let path = self.pending_file();
        let without = |mut object: Map<String, Value>| {
            let before = object.len();
            object.retain(|key, _| !ScratchOrgInfoId::new(key).is_ok_and(|id| ids.contains(&id)));
            (object.len() < before).then_some(object)
        };
        // Without the lock first: mostly there is nothing to remove.
        if without(json_file::read(&path)?.object).is_none() {
            return Ok(());
        }
        json_file::update(&path, PRIVATE, &self.wait, |content| Ok(without(content.object)))
    }

    /// `org-capitalize-record-types` of `sf`: the project's, else the user's. A variable of the environment goes before.
    pub(crate) fn capitalizes_record_types(&self) -> Result<Option<bool>, StoreError> {
        self.default(|config| config.flag("org-capitalize-record-types"))
    }

    /// `org-api-version` of `sf`: the project's, else the user's. `sf` deploys settings at it (`scratchOrgCreate.js`).
    pub(crate) fn api_version(&self) -> Result<Option<String>, StoreError> {
        Ok(self.default(|config| config.get("org-api-version"))?.map(|(version, _)| version))
    }

    pub(super) fn pending_file(&self) -> PathBuf {
        self.settings.home.join(".sf/scratch-create-cache.json")
    }
}

fn read_entry(
    key: &str,
    value: &Value,
    hub: &Username,
    now: Timestamp,
) -> Result<PendingCreation, (String, &'static str)> {
    let unreadable = |what: &str| (format!("it is not an entry as sf writes them ({what})"), "or mend the entry");
    let id = ScratchOrgInfoId::new(key).map_err(|_| unreadable("key"))?;
    let text = |name: &'static str| match &value[name] {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text.as_str()).filter(|text| !text.is_empty())),
        _ => Err(unreadable(name)),
    };
    let flag = |name: &'static str, default| match &value[name] {
        Value::Null => Ok(default),
        Value::Bool(flag) => Ok(*flag),
        _ => Err(unreadable(name)),
    };
    let owner =
        text("hubUsername")?.and_then(|name| Username::new(name).ok()).ok_or_else(|| unreadable("hubUsername"))?;
    let begun: Timestamp =
        text("timestamp")?.and_then(|text| text.parse().ok()).ok_or_else(|| unreadable("timestamp"))?;
    if owner != *hub {
        let next_step = "or log in to the Dev Hub with the user that began it";
        return Err(("it belongs to another Dev Hub".to_owned(), next_step));
    }
    if Duration::try_from(now.duration_since(begun)).is_ok_and(|age| age > LIFETIME) {
        return Err(("it is older than a day".to_owned(), "or create the org again"));
    }
    let definition = match &value["definitionjson"] {
        Value::Null => Value::Object(Map::new()),
        definition @ Value::Object(_) => definition.clone(),
        _ => return Err(unreadable("definitionjson")),
    };
    Ok(PendingCreation {
        id,
        definition,
        alias: text("alias")?.map(ToOwned::to_owned),
        set_default: flag("setDefault", false)?,
        // `tracksSource ?? true` (`org/scratchOrgCreate.js` L96).
        tracks_source: flag("tracksSource", true)?,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::{HUB, Home};
    use super::*;

    const FILE: &str = ".sf/scratch-create-cache.json";

    fn now() -> Timestamp {
        "2026-11-25T13:00:00Z".parse().unwrap()
    }

    fn entry(hub: &str, timestamp: &str) -> Value {
        json!({
            "hubUsername": hub, "hubBaseUrl": "https://hub.my.salesforce.com",
            "definitionjson": {"edition": "Developer", "settings": {"mapsSettings": {"enabled": true}}},
            "clientSecret": "0f:12", "alias": "my qa", "setDefault": true, "tracksSource": false, "timestamp": timestamp
        })
    }

    fn read(home: &Home) -> PendingCreations {
        home.store.pending_creations(&Username::new(HUB).unwrap(), now()).unwrap()
    }

    fn id(text: &str) -> ScratchOrgInfoId {
        ScratchOrgInfoId::new(text).unwrap()
    }

    #[test]
    fn an_entry_says_what_sf_would_have_done() {
        let home = Home::new();
        assert!(read(&home).creations.is_empty());
        home.put(
            FILE,
            &json!({
                "2SR9A00000001IfWAI": entry("HUB@acme.com", "2026-11-25T12:00:00.123Z"),
                "2SR9A00000001Ig": {"hubUsername": HUB, "timestamp": "2026-11-24T13:00:00.000Z"},
            })
            .to_string(),
        );
        let pending = read(&home);
        assert!(pending.skipped.is_empty());
        let [full, bare] = pending.creations.as_slice() else { panic!("{pending:?}") };
        assert_eq!((&full.id, &bare.id), (&id("2SR9A00000001If"), &id("2SR9A00000001Ig")));
        assert_eq!((full.alias.as_deref(), full.set_default, full.tracks_source), (Some("my qa"), true, false));
        assert_eq!(full.definition["settings"]["mapsSettings"]["enabled"], true);
        assert!(!format!("{full:?}").contains("Developer"));
        assert_eq!((&bare.alias, bare.set_default, bare.tracks_source), (&None, false, true));
        assert_eq!(bare.definition, json!({}));
    }

    #[test]
    fn entries_of_others_old_ones_and_unreadable_ones_are_named_and_left_alone() {
        let home = Home::new();
        let with = |key: &str, value: Value| {
            let mut entry = entry(HUB, "2026-11-25T12:00:00.000Z");
            entry[key] = value;
            entry
        };
        let cases = [
            ("2SR000000000001", entry("other@acme.com", "2026-11-25T12:00:00.000Z"), "it belongs to another Dev Hub"),
            ("2SR000000000002", entry(HUB, "2026-11-24T12:59:59.999Z"), "it is older than a day"),
            ("2SR000000000003", entry(HUB, "yesterday"), "it is not an entry as sf writes them (timestamp)"),
            ("secret", entry(HUB, "2026-11-25T12:00:00.000Z"), "it is not an entry as sf writes them (key)"),
            ("2SR000000000004", json!("secret"), "it is not an entry as sf writes them (hubUsername)"),
            ("2SR000000000005", json!(["secret"]), "it is not an entry as sf writes them (hubUsername)"),
            (
                "2SR000000000006",
                with("definitionjson", json!("secret")),
                "it is not an entry as sf writes them (definitionjson)",
            ),
            ("2SR000000000007", with("alias", json!(5)), "it is not an entry as sf writes them (alias)"),
            ("2SR000000000008", with("setDefault", json!("yes")), "it is not an entry as sf writes them (setDefault)"),
            ("2SR000000000009", with("tracksSource", json!(0)), "it is not an entry as sf writes them (tracksSource)"),
        ];
        let all: Map<String, Value> = cases.iter().map(|(key, value, _)| ((*key).to_owned(), value.clone())).collect();
        home.put(FILE, &Value::Object(all.clone()).to_string());
        let pending = read(&home);
        assert!(pending.creations.is_empty(), "{:?}", pending.creations);
        // A key that is no id is not quoted.
        let shown = |key: &'static str| if key == "secret" { "an entry" } else { key };
        let told: Vec<String> = cases.iter().map(|(key, _, reason)| format!("{}: {reason}", shown(key))).collect();
        assert_eq!(pending.skipped.iter().map(ToString::to_string).collect::<Vec<_>>(), told);
        home.store.forget_creations(&[id("2SR9A00000001If")]).unwrap();
        assert_eq!(home.json(FILE), Value::Object(all));
    }

    #[test]
    fn a_damaged_or_foreign_file_is_named_and_left_as_it_is() {
        let home = Home::new();
        for content in ["{\"2SR\":", "[]", "\u{0}"] {
            home.put(FILE, content);
            let hub = Username::new(HUB).unwrap();
            for error in [
                home.store.pending_creations(&hub, now()).unwrap_err(),
                home.store.forget_creations(&[id("2SR9A00000001If")]).unwrap_err(),
            ] {
                assert!(error.to_string().contains("scratch-create-cache.json"), "{error}");
            }
            assert_eq!(home.text(FILE), content);
        }
    }

    #[test]
    fn one_entry_goes_and_everything_else_stays_as_it_is() {
        let home = Home::new();
        let rest = json!({"unknown": {"n": [1, null]}, "2SR9A00000001Ig": entry("other@acme.com", "x")});
        let mut all = json!({"2SR9A00000001IfWAI": entry(HUB, "2026-11-25T12:00:00.000Z")});
        all.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        home.put(FILE, &all.to_string());
        home.store.forget_creations(&[id("2SR9A00000001If"), id("2SR9A00000009zz")]).unwrap();
        assert_eq!(home.text(FILE), format!("{rest:#}"));
        assert!(!home.has(".sf/scratch-create-cache.json.lock"));
    }

    #[test]
    fn nothing_is_made_where_there_is_nothing_to_remove() {
        let home = Home::new();
        home.store.forget_creations(&[id("2SR9A00000001If")]).unwrap();
        assert!(!home.has(".sf"));
    }

    #[test]
    fn many_processes_remove_their_entries_at_once() {
        let home = Home::new();
        let key = |number: usize| format!("2SR9A0000{number:06}");
        let all: Map<String, Value> = (0..16).map(|number| (key(number), json!({"n": number}))).collect();
        home.put(FILE, &Value::Object(all).to_string());
        std::thread::scope(|scope| {
            for number in 0..15 {
                let (home, key) = (&home, key(number));
                scope.spawn(move || home.store.forget_creations(&[id(&key)]).unwrap());
            }
        });
        assert_eq!(home.json(FILE), json!({key(15): {"n": 15}}));
    }

    #[test]
    fn the_option_for_record_types_is_the_project_s_and_else_the_user_s() {
        let home = Home::with(|settings| settings.folder.push("project"));
        assert_eq!(home.store.capitalizes_record_types().unwrap(), None);
        for (value, flag) in [("\"true\"", true), ("\"1\"", true), ("true", true), ("\"no\"", false), ("false", false)]
        {
            home.put(".sf/config.json", &format!("{{\"org-capitalize-record-types\": {value}}}"));
            assert_eq!(home.store.capitalizes_record_types().unwrap(), Some(flag), "{value}");
        }
        home.put("project/sfdx-project.json", "{}");
        home.put("project/.sf/config.json", "{\"org-capitalize-record-types\": \"true\"}");
        assert_eq!(home.store.capitalizes_record_types().unwrap(), Some(true));
    }
}
