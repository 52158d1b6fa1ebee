//! Hands ready orgs over to `sf`: each as soon as it is ready, aliases and the default for several together.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Map, Value};
use tokio::sync::Semaphore;
use tokio::task::JoinError;

use crate::model::handover::{Finished, FinishedOrg, Handover, HandoverError, HandoverFuture, ReadyOrg};
use crate::model::org::{Alias, ClientId, Username};
use crate::model::report::{Hub, SettingsStatus};
use crate::model::scratch_org::ScratchOrgInfo;
use crate::model::untrusted::sanitize_line;
use crate::protocol::hint;

use super::auth::{KeyPath, Login, describe_hub, describe_scratch_org};
use super::config::TARGET_ORG;
use super::error::StoreError;
use super::json_file::{set, set_known};
use super::logins::Logins;
use super::pending::PendingCreation;
use super::store::{NO_KEY_PATH, Store};

/// Orgs that are written at once. All files are in one folder, which the system changes for one writer at a time: more of
/// them only stand in each other's way, and with 32 cost three times the processor time.
const WRITERS: usize = 2;

/// What `sf` is to know of every org of a batch.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct HandoverOptions {
    /// The Dev Hub that they belong to.
    pub hub_username: Username,
    /// The consumer key that they were logged in with.
    pub client_id: ClientId,
    /// Where `sf` finds the private key; by default nowhere, so that it cannot renew the tokens. Where `sf` keeps its own key
    /// in the system's keychain (macOS, or Linux with secret-tool), the store cannot be used without it.
    pub key_path: Option<KeyPath>,
    /// The API version that they were proven with; `60.0` by default.
    pub api_version: String,
    /// Whether any of them gets an alias; so by default.
    pub aliases: bool,
    /// Whether the org becomes the default one; not so by default.
    pub set_default: bool,
    /// What `sf` began to create and did not finish: for these orgs, its alias and default count where none was asked for.
    pub(crate) creations: Vec<PendingCreation>,
}

impl HandoverOptions {
    /// For orgs of this hub that were logged in to with this consumer key; without a private key that `sf` could find.
    pub fn new(hub_username: Username, client_id: ClientId) -> Self {
        Self {
            hub_username,
            client_id,
            key_path: None,
            api_version: "60.0".to_owned(),
            aliases: true,
            set_default: false,
            creations: Vec::new(),
        }
    }
}

/// Writes ready orgs into the sf store.
#[derive(Debug, Clone)]
pub struct StoreHandover(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    store: Store,
    logins: Logins,
    options: HandoverOptions,
    hub: String,
    /// Every org with its token, in case that sf makes another key for tokens meanwhile.
    kept: Mutex<Vec<Arc<ReadyOrg>>>,
    /// What is done, and told, once for the whole batch.
    hub_introduced: AtomicBool,
    writers: Semaphore,
    /// Who has the names of which there is one: the place of its creation among all.
    names: Mutex<HashMap<Name, usize>>,
}

/// What `sf` calls one org alone: an alias, or [`DEFAULT_ORG`].
type Name = Option<String>;

const DEFAULT_ORG: Name = None;

/// Before every creation of `sf`'s.
const ASKED_FOR: usize = usize::MAX;

impl StoreHandover {
    /// Proves, before anything is sent, that the orgs can be kept; makes the files that `sf` would make, where they are not
    /// there yet. It blocks, for some milliseconds.
    pub fn prepare(store: Store, options: HandoverOptions) -> Result<Self, StoreError> {
        let logins = store.open(options.key_path.as_ref())?;
        let begun = |wanted: fn(&PendingCreation) -> bool| options.creations.iter().any(wanted);
        let aliases = options.aliases || begun(|creation| creation.alias.is_some());
        store.prepare_names(aliases, options.set_default || begun(|creation| creation.set_default))?;
        let hub = logins.spelling(options.hub_username.as_str()).to_owned();
        let inner = Inner {
            store,
            logins,
            options,
            hub,
            kept: Mutex::default(),
            hub_introduced: AtomicBool::new(false),
            writers: Semaphore::new(WRITERS),
            names: Mutex::default(),
        };
        Ok(Self(Arc::new(inner)))
    }
}

impl Inner {
    fn keep(&self, org: &ReadyOrg) -> Result<(), StoreError> {
        let login = Login {
            username: self.spelling(org),
            org_id: org.org_id,
            instance_url: org.instance_url.as_str(),
            login_url: org.login_url.as_str(),
            client_id: &self.options.client_id,
            key_path: self.options.key_path.as_ref(),
        };
        self.logins.save(&login, Some(&org.token), |fields| {
            describe_scratch_org(fields, org, &self.hub, &self.options.api_version);
            if let Some((_, creation)) = self.creation(&org.record) {
                describe_creation(fields, creation, org.record.namespace.as_deref());
            }
        })
    }

    /// What `sf` wanted with an org, where it began to create it, and the how manyth that was.
    fn creation(&self, record: &ScratchOrgInfo) -> Option<(usize, &PendingCreation)> {
        let id = record.id.as_ref()?;
        self.options.creations.iter().enumerate().find(|(_, creation)| creation.id == *id)
    }

    /// The username as sf has it already, if it does.
    fn spelling<'s>(&'s self, org: &'s ReadyOrg) -> &'s str {
        self.logins.spelling(org.username.as_str())
    }

    /// Writes what is written for several orgs at once: all aliases in one round of the lock, the default org; and once,
    /// the Dev Hub's entry where `sf` has none.
    fn finish(&self, orgs: &[FinishedOrg], hub: &Hub) -> Finished {
        let mut finished = Finished::default();
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).extend(orgs.iter().map(|org| Arc::clone(&org.org)));
        self.renew_tokens(orgs, &mut finished);
        if !self.hub_introduced.swap(true, Ordering::Relaxed) {
            if self.options.key_path.is_none() {
                finished.warnings.push(NO_KEY_PATH.to_owned());
            }
            if self.store.usernames().find(&self.hub).is_none() {
                finished.warnings.extend(self.introduce_hub(hub));
            }
        }
        let names = self.share_out(orgs, &mut finished.warnings);
        let aliases: Vec<(String, String)> = orgs
            .iter()
            .zip(&names)
            .flat_map(|(org, names)| {
                names.iter().flatten().map(|alias| (alias.clone(), self.spelling(&org.org).to_owned()))
            })
            .collect();
        let saved = self.store.save_aliases(&aliases);
        for (FinishedOrg { org, .. }, names) in orgs.iter().zip(&names) {
            let alias = names.iter().flatten().next().map(String::as_str);
            match &saved {
                Err(error) if alias.is_some() => {
                    finished.failures.push((org.index, HandoverError::new(error, hint::STORE_NOT_WRITTEN)));
                }
                _ => finished.aliases.extend(alias.and_then(|alias| Some((org.index, Alias::of_sf(alias).ok()?)))),
            }
            if names.contains(&DEFAULT_ORG) {
                match self.store.save_default(&[TARGET_ORG], alias, self.spelling(org)) {
                    Ok(warning) => finished.warnings.extend(warning),
                    Err(error) => {
                        finished.failures.push((org.index, HandoverError::new(&error, hint::STORE_NOT_WRITTEN)));
                    }
                }
            }
        }
        // As `sf` has it (`scratchOrgCreate.js`): an entry goes once there is nothing left to do for its org.
        let done = |org: &&FinishedOrg| matches!(org.settings, Some(SettingsStatus::Deployed | SettingsStatus::None));
        let ids: Vec<_> =
            orgs.iter().filter(done).filter_map(|org| Some(self.creation(&org.org.record)?.1.id.clone())).collect();
        if let Err(error) = self.store.forget_creations(&ids) {
            finished.warnings.push(format!("what sf began is finished, but stands in its list still: {error}"));
        }
        finished
    }

    /// What an org is to be called and whether it becomes the default one: as was asked for, else as `sf` was told. `sf`
    /// gives both before it deploys (`scratchOrgCreate.js`), so they do not depend on what became of the settings.
    fn wanted_names(&self, org: &ReadyOrg) -> Vec<(Name, usize)> {
        let begun = self.creation(&org.record);
        let mut names: Vec<(Name, usize)> = match (&org.alias, begun) {
            (Some(alias), _) => alias.each().map(|alias| (Some(alias.to_owned()), ASKED_FOR)).collect(),
            (None, Some((place, begun))) => begun.alias.iter().map(|alias| (Some(alias.clone()), place)).collect(),
            (None, None) => Vec::new(),
        };
        match begun {
            _ if self.options.set_default => names.push((DEFAULT_ORG, ASKED_FOR)),
            Some((place, begun)) if begun.set_default => names.push((DEFAULT_ORG, place)),
            _ => {}
        }
        names
    }

    /// The names that each org gets. Of two orgs that `sf` was to give one name, that gets it which was begun last, as
    /// if `sf` had finished both, whichever of them is ready first.
    fn share_out(&self, orgs: &[FinishedOrg], warnings: &mut Vec<String>) -> Vec<Vec<Name>> {
        let wanted: Vec<Vec<(Name, usize)>> = orgs.iter().map(|org| self.wanted_names(&org.org)).collect();
        let mut taken = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        for (name, rank) in wanted.iter().flatten() {
            let first = *taken.entry(name.clone()).or_insert(*rank);
            if first != *rank {
                taken.insert(name.clone(), first.max(*rank));
                let what = match name {
                    Some(alias) => format!("have the alias \"{}\"", sanitize_line(alias, 80)),
                    None => "be the default one".to_owned(),
                };
                warnings.push(format!(
                    "more than one org is to {what}: it is the one that was asked for, else the one that sf began last; give the others an alias of their own (alias=username)"
                ));
            }
        }
        let gets = |names: Vec<(Name, usize)>| {
            names.into_iter().filter(|(name, rank)| taken.get(name) == Some(rank)).map(|(name, _)| name).collect()
        };
        wanted.into_iter().map(gets).collect()
    }

    /// Where sf made another key for tokens since the batch began, all tokens are written with that one. An org that was
    /// told already stays as it was told: sf asks for a new token by itself, where it cannot read one.
    fn renew_tokens(&self, orgs: &[FinishedOrg], finished: &mut Finished) {
        let Some(key) = self.logins.changed_key() else { return };
        for org in self.kept.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            if let Err(error) = self.logins.save_token(self.spelling(org), &org.token, &key) {
                if orgs.iter().any(|finishing| finishing.org.index == org.index) {
                    finished.failures.push((org.index, HandoverError::new(&error, hint::STORE_NOT_WRITTEN)));
                } else {
                    finished
                        .warnings
                        .push(format!("the token of {} could not be written again: {error}", org.username));
                }
            }
        }
    }

    /// Without an entry for the hub, `sf org list` leaves its scratch orgs out. Without the key's path it would be an
    /// entry that nobody can log in with.
    fn introduce_hub(&self, hub: &Hub) -> Option<String> {
        let shown = sanitize_line(&self.hub, 80);
        let Some(key_path) = &self.options.key_path else {
            return Some(format!(
                "sf does not know the Dev Hub {shown}, so `sf org list` will not show its scratch orgs and `sf org delete scratch` cannot delete them; --keep-key-file PATH lets it be entered"
            ));
        };
        let login = Login::of_hub(hub, &self.hub, &self.options.client_id, Some(key_path));
        let error = self.logins.introduce(&login, |fields| describe_hub(fields, None)).err()?;
        Some(format!("the Dev Hub {shown} could not be entered into the sf store: {error}"))
    }
}

/// What `sf` keeps of an org that it created (`authorizeScratchOrg` in `scratchOrgInfoApi.js`): the namespace that the hub
/// knows counts more than the org's own.
fn describe_creation(fields: &mut Map<String, Value>, creation: &PendingCreation, namespace: Option<&str>) {
    set_known(fields, "namespacePrefix", namespace);
    set(fields, "tracksSource", creation.tracks_source);
    set_known(fields, "snapshot", creation.definition.get("snapshot").and_then(Value::as_str));
}

fn panicked(error: &JoinError) -> HandoverError {
    HandoverError::new(format!("the sf store could not be written: {error}"), hint::NOT_STORED)
}

impl Handover for StoreHandover {
    fn forget(&self, record: &ScratchOrgInfo) -> Option<String> {
        let id = self.0.creation(record)?.1.id.clone();
        let error = self.0.store.forget_creations(&[id]).err()?;
        Some(format!("an org that will never be stands in sf's list of creations still: {error}"))
    }

    fn keep<'a>(&'a self, org: &'a ReadyOrg) -> HandoverFuture<'a, Result<(), HandoverError>> {
        Box::pin(async move {
            let (inner, org) = (Arc::clone(&self.0), org.clone());
            let _turn = self.0.writers.acquire().await;
            match tokio::task::spawn_blocking(move || inner.keep(&org)).await {
                Ok(kept) => kept.map_err(|error| HandoverError::new(error, hint::NOT_STORED)),
                Err(error) => Err(panicked(&error)),
            }
        })
    }

    fn finish<'a>(&'a self, orgs: &'a [FinishedOrg], hub: &'a Hub) -> HandoverFuture<'a, Finished> {
        Box::pin(async move {
            let (inner, orgs, hub) = (Arc::clone(&self.0), orgs.to_vec(), hub.clone());
            let indices: Vec<usize> = orgs.iter().map(|org| org.org.index).collect();
            let finished = tokio::task::spawn_blocking(move || inner.finish(&orgs, &hub)).await;
            finished.unwrap_or_else(|error| {
                let failures = indices.into_iter().map(|index| (index, panicked(&error))).collect();
                Finished { failures, ..Finished::default() }
            })
        })
    }
}

#[cfg(test)]
mod tests;
