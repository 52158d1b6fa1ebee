//! Looks the store over without changing it: what would be in the way of a login, or of `sf` afterwards.

#![allow(clippy::disallowed_methods, reason = "the age of a file is counted from the machine's clock")]

use std::path::Path;

use crate::files::{Kind, folder, shown};

use super::config::TARGET_DEV_HUB;
use super::crypto::is_encrypted;
use super::file_name::is_auth_file;
use super::json_file::{self, text};
use super::keychain;
use super::lock::is_stale;
use super::store::Store;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// As it should be.
    Good,
    /// Something may not work.
    Warning,
    /// Something will not work.
    Failed,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How much it matters.
    pub level: Level,
    /// What was found.
    pub message: String,
    /// What to do about it.
    pub next: Option<String>,
}

impl Finding {
    fn new(level: Level, message: String, next: Option<String>) -> Self {
        Self { level, message, next }
    }
}

impl Store {
    /// Looks at the key of `sf`, at locks and at every file. It only reads; what is in order is told in one line.
    #[doc(hidden)]
    pub fn inspect(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        self.inspect_key(&mut findings);
        let mut logins = 0;
        for folder in [self.folder(), self.settings.home.join(".sf")] {
            logins += inspect_folder(&folder, &mut findings);
        }
        let defaults = self.configs().into_iter().map(|config| config.get(TARGET_DEV_HUB).map(drop));
        let broken = [self.aliases().map(drop)].into_iter().chain(defaults).filter_map(Result::err);
        findings.extend(broken.map(|error| Finding::new(Level::Failed, error.to_string(), None)));
        if findings.iter().all(|finding| finding.level == Level::Good) {
            let folder = shown(&self.folder());
            findings.push(Finding::new(Level::Good, format!("{folder} is in order ({logins} logins)"), None));
        }
        findings
    }

    fn inspect_key(&self, findings: &mut Vec<Finding>) {
        if !keychain::is_in_file(&self.settings) {
            let message = "sf keeps its key in the system keychain: it is given no access tokens and logs in by itself";
            let next = "give the private key as a file, or use --keep-key-file PATH";
            findings.push(Finding::new(Level::Good, message.to_owned(), Some(next.to_owned())));
        } else if let Err(error) = keychain::read_key(&self.key_file()) {
            findings.push(Finding::new(Level::Failed, error.to_string(), None));
        }
    }
}

/// Looks at the locks and logins of a folder; returns how many logins there are.
fn inspect_folder(folder: &Path, findings: &mut Vec<Finding>) -> usize {
    let names = match folder::names(folder) {
        Ok(names) => names,
        Err(error) => {
            let next = "the folder must belong to you, with mode 700".to_owned();
            findings.push(Finding::new(Level::Failed, error.to_string(), Some(next)));
            return 0;
        }
    };
    let mut logins = 0;
    for name in names {
        let path = folder.join(&name);
        if path.extension().is_some_and(|ending| ending == "lock") && path.is_dir() && is_stale(&path) {
            let shown = shown(&path);
            let message = format!("{shown} was left behind by a process that was killed");
            findings.push(Finding::new(
                Level::Warning,
                message,
                Some(format!("nothing: it is taken over; or rmdir '{shown}'")),
            ));
        } else if is_auth_file(&name) {
            logins += 1;
            inspect_login(&path, findings);
        }
    }
    logins
}

fn inspect_login(path: &Path, findings: &mut Vec<Finding>) {
    let shown = shown(path);
    let fields = match json_file::read(path) {
        Ok(content) => content.object,
        Err(error) => return findings.push(Finding::new(Level::Warning, error.to_string(), None)),
    };
    if let Some(key) =
        text(&fields, "privateKey").filter(|key| !folder::kind(Path::new(key)).is_ok_and(|kind| kind == Kind::File))
    {
        let key = crate::model::untrusted::sanitize_line(key, 300);
        let message = format!("{shown} names the private key {key}, which is not there: sf cannot renew that login");
        let next = "log in again with a key file that stays, or with --keep-key-file PATH".to_owned();
        findings.push(Finding::new(Level::Warning, message, Some(next)));
    }
    if ["accessToken", "refreshToken"].iter().any(|key| text(&fields, key).is_some_and(|token| !is_encrypted(token))) {
        let message = format!("{shown} holds a token that is not encrypted");
        findings.push(Finding::new(Level::Warning, message, Some("log in to that org again".to_owned())));
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::tests::Home;
    use super::*;

    fn messages(home: &Home) -> Vec<String> {
        home.store.inspect().into_iter().filter(|found| found.level != Level::Good).map(|found| found.message).collect()
    }

    #[test]
    fn a_store_in_order_is_told_in_one_line_and_not_changed() {
        let home = Home::new();
        assert_eq!(home.store.inspect().len(), 1);
        assert!(!home.has(".sfdx"));
        home.put(".sfdx/a@b.c.json", &format!(r#"{{"privateKey":"{}"}}"#, home.key.as_str()));
        assert!(home.store.inspect()[0].message.contains("1 logins"));
    }

    #[test]
    fn everything_that_is_in_the_way_is_named() {
        let home = Home::new();
        home.put(".sfdx/a@b.c.json", r#"{"privateKey":"/nowhere/server.key","accessToken":"00D!secret"}"#);
        home.put(".sfdx/d@e.f.json", "{");
        home.put(".sfdx/alias.json", "{");
        home.put(".sf/config.json", "{");
        home.put(".sfdx/key.json", "{}");
        let found = messages(&home);
        for name in ["/nowhere/server.key", "not encrypted", "d@e.f.json", "alias.json", "config.json", "key.json"] {
            assert!(found.iter().any(|message| message.contains(name)), "{name} in {found:?}");
        }
        assert!(!found.concat().contains("secret"));
    }

    #[cfg(unix)]
    #[test]
    fn a_lock_that_was_left_behind_is_named() {
        let home = Home::new();
        home.put(".sfdx/alias.json", "{}");
        let lock = home.path().join(".sfdx/alias.json.lock");
        fs::create_dir(&lock).unwrap();
        assert!(messages(&home).is_empty());
        let folder = fs::File::open(&lock).unwrap();
        let now = folder.metadata().unwrap().modified().unwrap();
        folder.set_modified(now - super::super::lock::STALE * 2).unwrap();
        assert!(messages(&home)[0].contains("alias.json.lock"));
    }
}
