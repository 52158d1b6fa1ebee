//! Writes logins into auth files, each with its token as `sf` reads it.

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::files::{FileError, folder};
use crate::model::token::AccessToken;

use super::auth::Login;
use super::crypto::StoreKey;
use super::error::StoreError;
use super::file_name::{auth_file_name, is_auth_file};
use super::json_file::{self, PRIVATE};
use super::keychain;
use super::lock::LockWait;

/// The usernames that `sf` knows: its spellings, by the lower case.
#[derive(Debug, Clone)]
pub(super) struct Usernames(HashMap<String, BTreeSet<String>>);

impl Usernames {
    /// Those that have a file there. The folder is listed: asked for a file, those of macOS and Windows answer for any
    /// spelling, where `sf` goes by the name.
    pub(super) fn in_folder(folder: &Path) -> Self {
        let mut known: HashMap<String, BTreeSet<String>> = HashMap::new();
        for name in folder::names(folder).unwrap_or_default().iter().filter(|name| is_auth_file(name)) {
            let username = name.strip_suffix(".json").unwrap_or(name);
            known.entry(username.to_lowercase()).or_default().insert(username.to_owned());
        }
        Self(known)
    }

    /// Every spelling that there is a file for.
    pub(super) fn spellings(&self, username: &str) -> impl Iterator<Item = &str> {
        self.0.get(&username.to_lowercase()).into_iter().flatten().map(String::as_str)
    }

    /// The spelling that `sf` knows a user by: this very one, if it does.
    pub(super) fn find(&self, username: &str) -> Option<&str> {
        let spellings = self.0.get(&username.to_lowercase())?;
        spellings.get(username).or_else(|| spellings.first()).map(String::as_str)
    }
}

/// Writes logins.
#[derive(Debug)]
pub(super) struct Logins {
    folder: PathBuf,
    key_file: PathBuf,
    wait: Arc<LockWait>,
    /// What tokens are encrypted with in the auth files; nothing where the key is in the system's keychain: then `sf` is
    /// given no token, and logs in by itself at first use.
    key: Option<StoreKey>,
    known: Usernames,
}

impl Logins {
    /// Writes into this folder of `sf`, and puts tokens there.
    pub(super) fn new(folder: PathBuf, key_file: PathBuf, wait: Arc<LockWait>, key: Option<StoreKey>) -> Self {
        let known = Usernames::in_folder(&folder);
        Self { folder, key_file, wait, key, known }
    }

    /// The spelling to keep a user under: the one that `sf` knows, else the one given.
    pub(super) fn spelling<'a>(&'a self, username: &'a str) -> &'a str {
        self.known.find(username).unwrap_or(username)
    }

    /// Merges a login into the user's file, with what `describe` adds.
    pub(super) fn save(
        &self,
        login: &Login<'_>,
        token: Option<&AccessToken>,
        describe: impl Fn(&mut Map<String, Value>),
    ) -> Result<(), StoreError> {
        self.write(login.username, self.key.as_ref().zip(token), |old, stored| {
            let mut fields = login.merge_into(old, stored);
            describe(&mut fields);
            Some(fields)
        })
    }

    /// Writes a login without a token for a user that `sf` does not know; one that it has come to know meanwhile stays.
    pub(super) fn introduce(
        &self,
        login: &Login<'_>,
        describe: impl Fn(&mut Map<String, Value>),
    ) -> Result<(), StoreError> {
        self.write(login.username, None, |old, _| {
            let mut fields = old.is_empty().then(|| login.merge_into(old, None))?;
            describe(&mut fields);
            Some(fields)
        })
    }

    /// Whether `sf` has made itself another key meanwhile, so that it cannot read what was written: two processes that
    /// find no `key.json` both make one, and the later one counts. Then this is the new one.
    pub(super) fn changed_key(&self) -> Option<StoreKey> {
        let used = self.key.as_ref()?;
        let now = keychain::read_key(&self.key_file).ok().flatten()?;
        (now != *used).then_some(now)
    }

    /// Writes a token once more, with another key.
    pub(super) fn save_token(&self, username: &str, token: &AccessToken, key: &StoreKey) -> Result<(), StoreError> {
        self.write(username, Some((key, token)), |mut fields, stored| {
            json_file::set(&mut fields, "accessToken", stored);
            Some(fields)
        })
    }

    /// Changes a user's file; the token comes encrypted, as it is stored.
    fn write(
        &self,
        username: &str,
        token: Option<(&StoreKey, &AccessToken)>,
        change: impl Fn(Map<String, Value>, Option<&str>) -> Option<Map<String, Value>>,
    ) -> Result<(), StoreError> {
        let path = self.folder.join(auth_file_name(username)?);
        let failed = || FileError::new("encrypt the token for", &path, io::Error::other("the encryption failed"));
        let stored = token.map(|(key, token)| key.encrypt(token).ok_or_else(failed)).transpose()?;
        json_file::update(&path, PRIVATE, &self.wait, |content| Ok(change(content.object, stored.as_deref())))
    }
}
