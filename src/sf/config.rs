//! The defaults of `sf`: `config.json` in `~/.sf` or in a project's `.sf`, mirrored in the older `sfdx-config.json`
//! (`config/config.ts`).

#![allow(clippy::disallowed_methods, reason = "the age of a file is counted from the machine's clock")]

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::files::{FileError, Readers, folder, leads_into};

use super::error::StoreError;
use super::json_file::{self, Content, Form, set, text};
use super::lock::LockWait;
use super::settings::is_true;

/// The default org.
pub(super) const TARGET_ORG: &str = "target-org";
/// The default Dev Hub.
pub(super) const TARGET_DEV_HUB: &str = "target-dev-hub";

const DEFAULTS: [&str; 2] = [TARGET_ORG, TARGET_DEV_HUB];

/// Names in `config.json` and in `sfdx-config.json`, where they differ (`SFDX_ALLOWED_PROPERTIES`).
const OLDER_NAMES: [(&str, &str); 10] = [
    (TARGET_ORG, "defaultusername"),
    (TARGET_DEV_HUB, "defaultdevhubusername"),
    ("org-instance-url", "instanceUrl"),
    ("org-api-version", "apiVersion"),
    ("org-isv-debugger-sid", "isvDebuggerSid"),
    ("org-isv-debugger-url", "isvDebuggerUrl"),
    ("disable-telemetry", "disableTelemetry"),
    ("org-custom-metadata-templates", "customOrgMetadataTemplates"),
    ("org-metadata-rest-deploy", "restDeploy"),
    ("org-max-query-limit", "maxQueryLimit"),
];

/// The defaults of one place: the user's, or a project's.
#[derive(Debug, Clone)]
pub(super) struct Config {
    root: PathBuf,
    path: PathBuf,
    mirror: Option<PathBuf>,
    readers: Readers,
}

impl Config {
    /// Those under `root`, the home folder or a project's.
    pub(super) fn new(root: &Path, readers: Readers, interoperability: bool) -> Self {
        Self {
            root: root.to_owned(),
            path: root.join(".sf/config.json"),
            mirror: interoperability.then(|| root.join(".sfdx/sfdx-config.json")),
            readers,
        }
    }

    /// Proves that defaults can be written there.
    pub(super) fn prepare(&self) -> Result<(), StoreError> {
        self.check_links()?;
        folder::probe(self.path.parent().unwrap_or(&self.path), self.readers)?;
        self.mirror.as_deref().map_or(Ok(()), json_file::check)?;
        self.get(TARGET_ORG).map(drop)
    }

    /// The files that are written.
    pub(super) fn files(&self) -> impl Iterator<Item = &Path> {
        [Some(&self.path), self.mirror.as_ref()].into_iter().flatten().map(PathBuf::as_path)
    }

    /// A project may be somebody else's work: no link in it makes us write outside.
    fn check_links(&self) -> Result<(), StoreError> {
        for path in self.files().filter(|_| self.readers == Readers::Umask) {
            if !leads_into(&self.root, path).map_err(FileError::io("write", path))? {
                return Err(StoreError::leads_out(path));
            }
        }
        Ok(())
    }

    /// One default, and the file that says so.
    pub(super) fn get(&self, key: &str) -> Result<Option<(String, PathBuf)>, StoreError> {
        let content = json_file::read(&self.path)?;
        let (merged, from_mirror) = self.merge(content, key);
        let path = match (&self.mirror, from_mirror) {
            (Some(mirror), true) => mirror,
            _ => &self.path,
        };
        Ok(text(&merged, key).map(|value| (value.to_owned(), path.clone())))
    }

    /// An option that is on or off, where it is set.
    pub(super) fn flag(&self, key: &str) -> Result<Option<bool>, StoreError> {
        let (merged, _) = self.merge(json_file::read(&self.path)?, key);
        Ok(merged.get(key).filter(|value| !value.is_null()).map(|value| match value {
            Value::Bool(flag) => *flag,
            value => value.as_str().is_some_and(is_true),
        }))
    }

    /// Sets defaults; what others have put there stays. A mirror that makes no sense stays too: that is a warning only,
    /// because `sf` passes it over.
    pub(super) fn save(&self, values: &[(&str, &str)], wait: &LockWait) -> Result<Option<String>, StoreError> {
        self.check_links()?;
        json_file::update(&self.path, self.form(), wait, |content| {
            let (mut merged, _) = self.merge(content, "");
            for (key, value) in values {
                set(&mut merged, key, *value);
            }
            Ok(Some(merged))
        })?;
        match self.write_mirror(wait) {
            Ok(()) => Ok(None),
            Err(error @ StoreError::Foreign { .. }) => Ok(Some(error.to_string())),
            Err(error) => Err(error),
        }
    }

    /// Takes away the defaults that name an org which `is_gone`, by alias or username; others stay as `sf` reads them.
    /// Nothing is written where there is none.
    pub(super) fn forget(
        &self,
        is_gone: impl Fn(&str) -> Result<bool, StoreError>,
        wait: &LockWait,
    ) -> Result<(), StoreError> {
        let without = |content: Content| {
            let (mut merged, _) = self.merge(content, "");
            let mut changed = false;
            for key in DEFAULTS {
                if text(&merged, key).map_or(Ok(false), &is_gone)? {
                    merged.shift_remove(key);
                    changed = true;
                }
            }
            Ok(changed.then_some(merged))
        };
        if without(json_file::read(&self.path)?)?.is_none() {
            return Ok(());
        }
        self.check_links()?;
        json_file::update(&self.path, self.form(), wait, without)?;
        self.write_mirror(wait)
    }

    /// Writes what was merged into the older file too; defaults that are gone go there as well.
    fn write_mirror(&self, wait: &LockWait) -> Result<(), StoreError> {
        let Some(mirror) = &self.mirror else { return Ok(()) };
        let merged = json_file::read(&self.path)?.object;
        json_file::update(mirror, self.form(), wait, |content| {
            let mut object = content.object;
            object.retain(|key, _| merged.contains_key(newer_name(key)) || !DEFAULTS.contains(&newer_name(key)));
            for (key, value) in &merged {
                set(&mut object, older_name(key), value.clone());
            }
            Ok(Some(object))
        })
    }

    fn form(&self) -> Form {
        Form { indented: true, readers: self.readers }
    }

    /// What `sf` reads: both files, and of a default that is in both, the one in the file that was written later
    /// (`stateFromSfdxFileSync`). Tells also whether `key` came from the older file.
    fn merge(&self, content: Content, key: &str) -> (Map<String, Value>, bool) {
        let mut merged = content.object;
        let mut from_mirror = false;
        // A mirror that makes no sense is passed over, as `sf` does.
        let Some(Ok(mirror)) = self.mirror.as_deref().map(json_file::read) else { return (merged, false) };
        for (older, value) in mirror.object {
            let name = newer_name(&older);
            if !merged.contains_key(name) || mirror.written > content.written {
                from_mirror |= name == key;
                set(&mut merged, name, value);
            }
        }
        (merged, from_mirror)
    }
}

fn older_name(name: &str) -> &str {
    OLDER_NAMES.iter().find(|(newer, _)| *newer == name).map_or(name, |(_, older)| older)
}

fn newer_name(name: &str) -> &str {
    OLDER_NAMES.iter().find(|(_, older)| *older == name).map_or(name, |(newer, _)| newer)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn written(path: &Path, content: &str, age: u64) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        let file = fs::OpenOptions::new().write(true).open(path).unwrap();
        let now = file.metadata().unwrap().modified().unwrap();
        file.set_modified(now - std::time::Duration::from_secs(age)).unwrap();
    }

    #[test]
    fn a_default_is_written_into_both_files_and_the_others_stay() {
        let home = tempfile::tempdir().unwrap();
        let config = Config::new(home.path(), Readers::Owner, true);
        written(&home.path().join(".sf/config.json"), r#"{"org-api-version":"66.0","target-dev-hub":"hub"}"#, 60);
        config.save(&[(TARGET_ORG, "qa")], &LockWait::default()).unwrap();
        assert_eq!(
            fs::read_to_string(home.path().join(".sf/config.json")).unwrap(),
            "{\n  \"org-api-version\": \"66.0\",\n  \"target-dev-hub\": \"hub\",\n  \"target-org\": \"qa\"\n}"
        );
        assert_eq!(
            fs::read_to_string(home.path().join(".sfdx/sfdx-config.json")).unwrap(),
            "{\n  \"apiVersion\": \"66.0\",\n  \"defaultdevhubusername\": \"hub\",\n  \"defaultusername\": \"qa\"\n}"
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_project_is_shared_and_a_home_is_not() {
        let home = tempfile::tempdir().unwrap();
        for (name, readers, file, folder) in [("a", Readers::Owner, 0o600, 0o700), ("b", Readers::Umask, 0o644, 0o755)]
        {
            let config = Config::new(&home.path().join(name), readers, true);
            config.save(&[(TARGET_ORG, "qa")], &LockWait::default()).unwrap();
            let bits = |path: &Path| std::os::unix::fs::MetadataExt::mode(&fs::metadata(path).unwrap()) & 0o777;
            // What the umask takes away is not ours to say.
            assert_eq!(
                (bits(&config.path) | 0o044, bits(&config.root.join(".sf")) | 0o055),
                (file | 0o044, folder | 0o055)
            );
            assert!(readers == Readers::Umask || bits(&config.path) == 0o600);
        }
    }

    #[cfg(unix)]
    #[test]
    fn no_link_in_a_project_leads_out_of_it() {
        let home = tempfile::tempdir().unwrap();
        let at = |name: &str| home.path().join(name);
        fs::create_dir(at("outside")).unwrap();
        for link in [".sf", ".sfdx", ".sf/config.json", ".sfdx/sfdx-config.json"] {
            for target in ["outside", "outside/not-there-yet", "outside/x.json"] {
                let project = at(&format!("project{}{}", link.len(), target.len()));
                let link = project.join(link);
                fs::create_dir_all(link.parent().unwrap()).unwrap();
                std::os::unix::fs::symlink(at(target), &link).unwrap();
                let config = Config::new(&project, Readers::Umask, true);
                for refused in [config.prepare(), config.save(&[(TARGET_ORG, "qa")], &LockWait::default()).map(drop)] {
                    assert!(refused.unwrap_err().to_string().contains("leads out of the project"), "{link:?}");
                }
                assert_eq!(fs::read_dir(at("outside")).unwrap().count(), 0);
            }
        }
        fs::create_dir_all(at("own/settings")).unwrap();
        std::os::unix::fs::symlink("settings", at("own/.sf")).unwrap();
        Config::new(&at("own"), Readers::Umask, false).save(&[(TARGET_ORG, "qa")], &LockWait::default()).unwrap();
        assert!(at("own/settings/config.json").is_file());
    }

    #[test]
    fn without_interoperability_the_older_file_is_neither_read_nor_written() {
        let home = tempfile::tempdir().unwrap();
        let mirror = home.path().join(".sfdx/sfdx-config.json");
        written(&mirror, r#"{"defaultdevhubusername":"old"}"#, 0);
        let config = Config::new(home.path(), Readers::Owner, false);
        config.save(&[(TARGET_ORG, "qa")], &LockWait::default()).unwrap();
        assert_eq!(config.get(TARGET_DEV_HUB).unwrap(), None);
        assert_eq!(fs::read_to_string(&mirror).unwrap(), r#"{"defaultdevhubusername":"old"}"#);
    }

    #[test]
    fn of_two_files_the_one_that_was_written_later_counts() {
        let home = tempfile::tempdir().unwrap();
        let (path, mirror) = (home.path().join(".sf/config.json"), home.path().join(".sfdx/sfdx-config.json"));
        let config = Config::new(home.path(), Readers::Owner, true);
        for (path_age, mirror_age, value, from) in [(60, 5, "older", &mirror), (5, 60, "newer", &path)] {
            written(&path, r#"{"target-dev-hub":"newer"}"#, path_age);
            written(&mirror, r#"{"defaultdevhubusername":"older"}"#, mirror_age);
            assert_eq!(config.get(TARGET_DEV_HUB).unwrap(), Some((value.to_owned(), from.clone())));
        }
    }

    #[test]
    fn setting_one_default_changes_no_other_that_sf_reads() {
        let home = tempfile::tempdir().unwrap();
        written(&home.path().join(".sf/config.json"), r#"{"target-dev-hub":"newer"}"#, 60);
        written(&home.path().join(".sfdx/sfdx-config.json"), r#"{"defaultdevhubusername":"older"}"#, 5);
        let config = Config::new(home.path(), Readers::Owner, true);
        let before = config.get(TARGET_DEV_HUB).unwrap().unwrap().0;
        config.save(&[(TARGET_ORG, "qa")], &LockWait::default()).unwrap();
        assert_eq!(config.get(TARGET_DEV_HUB).unwrap().unwrap().0, before);
    }

    #[test]
    fn a_broken_file_is_named_and_a_broken_mirror_is_passed_over() {
        let home = tempfile::tempdir().unwrap();
        let config = Config::new(home.path(), Readers::Owner, true);
        let mirror = home.path().join(".sfdx/sfdx-config.json");
        written(&mirror, "{", 0);
        assert_eq!(config.get(TARGET_DEV_HUB).unwrap(), None);
        let warning = config.save(&[(TARGET_ORG, "qa")], &LockWait::default()).unwrap().unwrap();
        assert!(warning.contains("sfdx-config.json"), "{warning}");
        assert_eq!(config.get(TARGET_ORG).unwrap().unwrap().0, "qa");
        assert_eq!(fs::read_to_string(&mirror).unwrap(), "{");
        written(&config.path, "{", 0);
        assert!(config.get(TARGET_DEV_HUB).unwrap_err().to_string().contains("config.json"));
        assert!(config.save(&[(TARGET_ORG, "qa")], &LockWait::default()).is_err());
        assert_eq!(fs::read_to_string(&config.path).unwrap(), "{");
    }
}
