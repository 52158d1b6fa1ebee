//! What `sf` keeps of an org that is gone: login, aliases, defaults, entry of its cache and source tracking go too.
//!
//! As `sf org delete scratch` does (`org/authRemover.js`, and `removeSourceTrackingFiles` in `org/org.js` of
//! `@salesforce/core` 8.32.6), but under the locks, and without the org's other users.

use std::collections::HashSet;
use std::path::Path;

use crate::files::{FileError, folder, leads_into};
use crate::model::org::{OrgId, OrgName, ScratchOrgInfoId, Username};
use crate::model::report::{OrgStatus, Report};

use super::alias;
use super::error::StoreError;
use super::file_name::auth_file_name;
use super::lock::FileLock;
use super::store::Store;

/// An org that is gone.
#[derive(Debug, Clone, Copy)]
struct GoneOrg<'a> {
    /// Its administrator; none where the signup came to none.
    username: Option<&'a Username>,
    /// Its id, where it is known.
    org_id: Option<OrgId>,
    /// The hub's record of it, where that is known.
    record: Option<&'a ScratchOrgInfoId>,
}

impl Store {
    /// Forgets all that `sf` keeps of the orgs that a deletion found gone or deleted: login, aliases, defaults, source
    /// tracking, and an unfinished creation. Nothing else is touched. It blocks; what could not be forgotten is returned in
    /// words.
    pub fn forget_deleted(&self, report: &Report) -> Vec<String> {
        let gone = report.orgs.iter().filter(|org| matches!(org.status, OrgStatus::Deleted | OrgStatus::Gone));
        let gone = gone.map(|org| {
            let username = if let OrgName::Username(username) = &org.name { Some(username) } else { None };
            GoneOrg { username, org_id: org.org_id, record: org.record_id.as_ref() }
        });
        self.forget(&gone.collect::<Vec<_>>())
    }

    /// Removes what `sf` keeps of these orgs, and nothing else. What could not be removed is told, one line each: the
    /// orgs are gone all the same.
    fn forget(&self, gone: &[GoneOrg<'_>]) -> Vec<String> {
        if gone.is_empty() {
            return Vec::new();
        }
        let usernames: HashSet<String> = gone.iter().filter_map(|org| Some(org.username?.folded())).collect();
        let is_gone = |username: &str| usernames.contains(&username.to_lowercase());
        let mut kept = Vec::new();
        // Defaults first: what an alias stands for is still known.
        for config in self.configs() {
            // The aliases as they are now: one that was given to another org meanwhile means that one.
            let names_one = |value: &str| Ok(is_gone(self.aliases()?.username(value).unwrap_or(value)));
            kept.extend(config.forget(names_one, &self.wait).err());
        }
        kept.extend(alias::remove(&self.alias_file(), is_gone, &self.wait).err());
        let known = self.usernames();
        for username in gone.iter().filter_map(|org| org.username).flat_map(|user| known.spellings(user.as_str())) {
            kept.extend(self.forget_login(username).err());
        }
        let records: Vec<ScratchOrgInfoId> = gone.iter().filter_map(|org| org.record.cloned()).collect();
        kept.extend(self.forget_creations(&records).err());
        if let Some(root) = self.project() {
            kept.extend(gone.iter().filter_map(|org| forget_tracking(root, org.org_id?).err()));
        }
        kept.into_iter().map(|error| format!("sf still knows something of an org that is gone: {error}")).collect()
    }

    fn forget_login(&self, username: &str) -> Result<(), StoreError> {
        let path = self.folder().join(auth_file_name(username)?);
        let _lock = FileLock::acquire(&path, &self.wait)?;
        Ok(folder::remove_file(&path).map(drop)?)
    }
}

/// A project may be somebody else's work: no link in it makes us remove anything outside.
fn forget_tracking(root: &Path, org_id: OrgId) -> Result<(), StoreError> {
    let orgs = root.join(".sf/orgs");
    let path = orgs.join(org_id.as_str());
    if !folder::names(&orgs)?.iter().any(|name| name == org_id.as_str()) {
        return Ok(());
    }
    if !leads_into(root, &orgs).map_err(FileError::io("remove", &path))? {
        return Err(StoreError::leads_out(&path));
    }
    Ok(folder::remove_tree(&path)?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::Home;
    use super::*;

    const GONE: &str = "test-gone@example.com";
    const KEPT: &str = "test-kept@example.com";
    const RECORD: &str = "2SR9A00000001IfWAI";

    fn org_id() -> OrgId {
        OrgId::new("00D000000000001").unwrap()
    }

    fn forget(home: &Home) -> Vec<String> {
        let (username, record) =
            (Username::new("Test-Gone@example.com").unwrap(), ScratchOrgInfoId::new(RECORD).unwrap());
        home.store.forget(&[GoneOrg { username: Some(&username), org_id: Some(org_id()), record: Some(&record) }])
    }

    fn project() -> Home {
        let home = Home::with(|settings| settings.folder.push("project"));
        home.put("project/sfdx-project.json", "{}");
        home
    }

    #[test]
    fn all_that_sf_keeps_of_it_goes_and_what_is_of_others_stays() {
        let home = project();
        for username in [GONE, KEPT] {
            home.put(&format!(".sfdx/{username}.json"), "{}");
        }
        home.put(".sfdx/alias.json", &json!({"orgs": {"qa": GONE, "dev": KEPT, "uat": GONE}, "more": 1}).to_string());
        home.put(
            ".sf/config.json",
            &json!({"target-org": GONE, "target-dev-hub": "hub", "org-api-version": "60.0"}).to_string(),
        );
        home.put("project/.sf/config.json", &json!({"target-org": "uat"}).to_string());
        home.put(
            ".sf/scratch-create-cache.json",
            &json!({RECORD: {"hubUsername": "h"}, "2SR9A00000001Ig": {}}).to_string(),
        );
        let tracking = format!("project/.sf/orgs/{}", org_id());
        home.put(&format!("{tracking}/localSourceTracking/HEAD"), "x");
        home.put("project/.sf/orgs/00D000000000002AAA/maxRevision.json", "x");
        for _ in 0..2 {
            assert_eq!(forget(&home), [""; 0]);
            assert!(!home.has(&format!(".sfdx/{GONE}.json")) && home.has(&format!(".sfdx/{KEPT}.json")));
            assert_eq!(home.json(".sfdx/alias.json"), json!({"orgs": {"dev": KEPT}, "more": 1}));
            assert_eq!(home.json(".sf/config.json"), json!({"target-dev-hub": "hub", "org-api-version": "60.0"}));
            assert_eq!(home.json("project/.sf/config.json"), json!({}));
            assert_eq!(home.json(".sf/scratch-create-cache.json"), json!({"2SR9A00000001Ig": {}}));
            assert!(!home.has(&tracking) && home.has("project/.sf/orgs/00D000000000002AAA/maxRevision.json"));
        }
    }

    #[test]
    fn nothing_is_made_where_sf_keeps_nothing() {
        let home = project();
        assert_eq!(forget(&home), [""; 0]);
        assert!(!home.has(".sf") && !home.has(".sfdx") && !home.has("project/.sf"));
    }

    #[test]
    fn a_default_in_the_older_file_goes_and_no_other_default_changes() {
        let home = Home::new();
        home.put(".sfdx/alias.json", &json!({"orgs": {"qa": GONE}}).to_string());
        home.put(".sf/config.json", &json!({"target-org": "qa", "disable-telemetry": "true"}).to_string());
        home.put(".sfdx/sfdx-config.json", &json!({"defaultusername": "qa", "apiVersion": "61.0"}).to_string());
        assert_eq!(forget(&home), [""; 0]);
        assert_eq!(home.json(".sf/config.json"), json!({"disable-telemetry": "true", "org-api-version": "61.0"}));
        assert_eq!(home.json(".sfdx/sfdx-config.json"), json!({"apiVersion": "61.0", "disableTelemetry": "true"}));
    }

    #[test]
    fn a_default_that_names_another_org_stays() {
        let home = Home::new();
        home.put(".sfdx/alias.json", &json!({"orgs": {"qa": KEPT, "old": GONE}}).to_string());
        home.put(".sf/config.json", &json!({"target-org": "qa"}).to_string());
        assert_eq!(forget(&home), [""; 0]);
        assert_eq!(home.json(".sf/config.json"), json!({"target-org": "qa"}));
        assert_eq!(home.json(".sfdx/alias.json"), json!({"orgs": {"qa": KEPT}}));
    }

    #[test]
    fn what_cannot_be_read_is_told_and_stops_nothing_else() {
        let home = Home::new();
        home.put(".sfdx/alias.json", "{");
        home.put(&format!(".sfdx/{GONE}.json"), "{}");
        let told = forget(&home);
        assert!(told.len() == 1 && told[0].contains("alias.json"), "{told:?}");
        assert!(!home.has(&format!(".sfdx/{GONE}.json")));
        assert_eq!(home.text(".sfdx/alias.json"), "{");
    }

    #[cfg(unix)]
    #[test]
    fn no_link_in_a_project_makes_anything_go_outside() {
        let home = project();
        home.put(&format!("outside/{}/kept", org_id()), "x");
        home.put("project/.sf/x", "x");
        std::os::unix::fs::symlink(home.path().join("outside"), home.path().join("project/.sf/orgs")).unwrap();
        let told = forget(&home);
        assert!(told.len() == 1 && told[0].contains("leads out of the project"), "{told:?}");
        assert!(home.has(&format!("outside/{}/kept", org_id())));
    }
}
