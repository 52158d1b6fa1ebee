//! Hands ready orgs over to `sf`: each as soon as it is ready, aliases and the default together at the end.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;

use crate::model::handover::{Handover, ReadyOrg};
use crate::model::org::{Alias, ClientId, Username};
use crate::model::report::Hub;
use crate::model::token::AccessToken;

use super::auth::{KeyPath, Login, describe_hub, describe_scratch_org};
use super::config::TARGET_ORG;
use super::error::StoreError;
use super::logins::Logins;
use super::store::{NO_KEY_PATH, Store};

/// Orgs that are written at once. All files are in one folder, which the system changes for one writer at a time: more of
/// them only stand in each other's way, and with 32 cost three times the processor time.
const WRITERS: usize = 2;

/// What `sf` is to know of every org of a batch.
#[derive(Debug, Clone)]
pub struct HandoverOptions {
    /// The Dev Hub that they belong to.
    pub hub_username: Username,
    /// The consumer key that they were logged in with.
    pub client_id: ClientId,
    /// Where `sf` finds the private key.
    pub key_path: Option<KeyPath>,
    /// The API version that they were proven with, such as `60.0`.
    pub api_version: String,
    /// Whether any of them gets an alias.
    pub aliases: bool,
    /// Whether the org becomes the default one.
    pub set_default: bool,
}

/// Writes ready orgs into the sf store.
#[derive(Debug, Clone)]
pub struct StoreHandover(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    store: Store,
    logins: Logins,
    wanted: HandoverOptions,
    hub: String,
    kept: Mutex<Vec<Kept>>,
    writers: Semaphore,
}

#[derive(Debug, Clone)]
struct Kept {
    index: usize,
    username: String,
    alias: Option<Alias>,
    token: AccessToken,
}

/// The end of a handover.
#[derive(Debug, Default)]
pub struct Finished {
    /// What the user should know.
    pub warnings: Vec<String>,
    /// What could not be written.
    pub failures: Vec<Unfinished>,
}

/// Orgs that were kept, but not as they were asked for: they count as not stored.
#[derive(Debug)]
pub struct Unfinished {
    /// Their places in the input, from 0.
    pub orgs: Vec<usize>,
    /// Why.
    pub error: StoreError,
}

impl StoreHandover {
    /// Proves, before anything is sent, that the orgs can be kept.
    pub fn prepare(store: Store, wanted: HandoverOptions) -> Result<Self, StoreError> {
        let logins = store.open(wanted.key_path.as_ref())?;
        store.prepare_names(wanted.aliases, wanted.set_default)?;
        let hub = logins.spelling(wanted.hub_username.as_str()).to_owned();
        let writers = Semaphore::new(WRITERS);
        Ok(Self(Arc::new(Inner { store, logins, wanted, hub, kept: Mutex::default(), writers })))
    }

    /// The store that it writes to.
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// Writes what is written once for the whole batch: the Dev Hub's entry where `sf` has none, all aliases in one
    /// round of the lock, the default org. It blocks, usually for a few milliseconds.
    pub fn finish(&self, hub: Option<&Hub>) -> Finished {
        let Inner { store, wanted, .. } = &*self.0;
        let mut kept = std::mem::take(&mut *self.0.kept.lock().unwrap_or_else(PoisonError::into_inner));
        kept.sort_by_key(|org| org.index);
        let mut end = Finished::default();
        if kept.is_empty() {
            return end;
        }
        self.renew_tokens(&kept, &mut end);
        if wanted.key_path.is_none() {
            end.warnings.push(NO_KEY_PATH.to_owned());
        }
        if let Some(hub) = hub.filter(|_| store.usernames().find(&self.0.hub).is_none()) {
            end.warnings.extend(self.introduce_hub(hub));
        }
        let named = |org: &Kept| org.alias.as_ref().map(|alias| (alias.as_str().to_owned(), org.username.clone()));
        let aliases: Vec<(String, String)> = kept.iter().filter_map(named).collect();
        if let Err(error) = store.save_aliases(&aliases) {
            let orgs = kept.iter().filter(|org| org.alias.is_some()).map(|org| org.index).collect();
            end.failures.push(Unfinished { orgs, error });
        }
        if let Some(org) = kept.first().filter(|_| wanted.set_default) {
            match store.save_default(&[TARGET_ORG], org.alias.as_ref().map(Alias::as_str), &org.username) {
                Ok(warning) => end.warnings.extend(warning),
                Err(error) => end.failures.push(Unfinished { orgs: vec![org.index], error }),
            }
        }
        end
    }

    fn renew_tokens(&self, kept: &[Kept], end: &mut Finished) {
        let Some(key) = self.0.logins.changed_key() else { return };
        for org in kept {
            if let Err(error) = self.0.logins.save_token(&org.username, &org.token, &key) {
                end.failures.push(Unfinished { orgs: vec![org.index], error });
            }
        }
    }

    /// Without an entry for the hub, `sf org list` leaves its scratch orgs out. Without the key's path it would be an
    /// entry that nobody can log in with.
    fn introduce_hub(&self, hub: &Hub) -> Option<String> {
        let Inner { logins, wanted, hub: username, .. } = &*self.0;
        let shown = crate::model::untrusted::sanitize_line(username, 80);
        let Some(key_path) = &wanted.key_path else {
            return Some(format!(
                "sf does not know the Dev Hub {shown}, so `sf org list` will not show its scratch orgs and `sf org delete scratch` cannot delete them; --keep-key-file PATH lets it be entered"
            ));
        };
        let login = Login::of_hub(hub, username, &wanted.client_id, Some(key_path));
        let error = logins.introduce(&login, |fields| describe_hub(fields, None)).err()?;
        Some(format!("the Dev Hub {shown} could not be entered into the sf store: {error}"))
    }
}

impl Inner {
    fn keep(&self, org: &ReadyOrg) -> Result<(), StoreError> {
        let wanted = &self.wanted;
        let username = self.logins.spelling(org.record.username.as_str());
        let login = Login {
            username,
            org_id: org.org_id,
            instance_url: org.instance_url.as_str(),
            login_url: org.login_url.as_str(),
            client_id: &wanted.client_id,
            key_path: wanted.key_path.as_ref(),
        };
        self.logins.save(&login, Some(&org.token), |fields| {
            describe_scratch_org(fields, org, &self.hub, &wanted.api_version);
        })?;
        let kept = Kept {
            index: org.index,
            username: username.to_owned(),
            alias: org.alias.clone(),
            token: org.token.clone(),
        };
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).push(kept);
        Ok(())
    }
}

impl Handover for StoreHandover {
    fn keep<'a>(&'a self, org: &'a ReadyOrg) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send + 'a>> {
        Box::pin(async move {
            let (inner, org) = (Arc::clone(&self.0), org.clone());
            let _turn = self.0.writers.acquire().await;
            let written = tokio::task::spawn_blocking(move || inner.keep(&org)).await;
            match written {
                Ok(result) => result.map_err(|error| error.to_string()),
                Err(error) => Err(format!("the sf store could not be written: {error}")),
            }
        })
    }
}

#[cfg(test)]
mod tests;
