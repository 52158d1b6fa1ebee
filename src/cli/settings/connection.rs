//! The hub and the way to it: what every command needs that talks to Salesforce.

use tokio::time::Instant;

use super::hub;
use super::jwt_key::KeySource;
use super::network::{self, Pace};
use super::places;
use super::proxy::ProxyVariables;
use super::sources::Sources;
use crate::cli::ending::Failure;
use crate::cli::problem::Problem;
use crate::engine::login::Settings;
use crate::protocol::http::Http;
use crate::sf::{KeptKey, KeyPath, Store};

/// The hub and the way to it.
#[derive(Debug)]
pub(crate) struct Connection {
    /// The run itself.
    pub(crate) run: Settings,
    /// The client.
    pub(crate) http: Http,
    /// What `sf` keeps, if there is a home; none to hand over to where it is left alone.
    pub(crate) store: Option<Store>,
    /// Where its key is.
    pub(crate) key: KeySource,
}

impl Connection {
    /// Reads all of it.
    pub(crate) fn resolve(sources: &Sources<'_>, started: Instant) -> Option<Self> {
        let store = places::store(sources);
        let pace = network::pace(sources);
        let api_version = network::api_version(sources);
        // Every hub may name orgs over https, one on loopback too.
        let proxy = sources.problems.keep(ProxyVariables::read(sources.environment));
        let http = network::request_timeout(sources).zip(proxy);
        let http = http.and_then(|(timeout, proxy)| network::http(sources, timeout, proxy.proxying()));
        let (hub, key) = hub::resolve(sources, store.as_ref())?;
        let pace = pace?;
        // The store's time is up with the run's.
        if let (Some(store), Some(end)) = (&store, started.into_std().checked_add(pace.wait)) {
            store.run_ends(end);
        }
        let Pace { wait, concurrency, rate, retry } = pace;
        let run = Settings { wait, concurrency, rate, retry, api_version: api_version?, started, ..hub };
        Some(Self { run, http: http?, store, key })
    }

    /// The key's path that the store is told, where there is one to write to; and the key that was kept, which is to stay
    /// once nothing more can be wrong.
    pub(crate) fn key_path(
        &self,
        sources: &Sources<'_>,
        store: Option<&Store>,
    ) -> Result<(Option<KeyPath>, Option<KeptKey>), Problem> {
        let kept = places::kept_key(sources, &self.run.key, self.store.as_ref())?;
        let path = match &kept {
            Some(kept) => Some(kept.path().clone()),
            None => places::key_path(sources, self.key.file().filter(|_| store.is_some())),
        };
        Ok((path, kept))
    }
}

/// The settings, if nothing is wrong with any; what is missing then was told.
pub(crate) fn complete<T>(sources: &Sources<'_>, settings: Option<T>) -> Result<T, Failure> {
    sources.problems.check()?;
    settings.ok_or_else(|| Failure::internal("the settings are incomplete"))
}
