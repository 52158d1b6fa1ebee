//! The hub and the way to it: what every command needs that talks to Salesforce.

use super::hub;
use super::jwt_key::KeySource;
use super::network::{self, Pace};
use super::places;
use super::proxy::ProxyVariables;
use super::setting::KEEP_KEY_FILE;
use super::sources::Sources;
use crate::cli::ending::Failure;
use crate::cli::problem::Problem;
use crate::engine::run::Settings;
use crate::files::Place;
use crate::model::untrusted::sanitize_line;
use crate::protocol::http::Http;
use crate::sf::{KeptKey, KeyPath, Store, keep_key};

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
    pub(crate) fn resolve(sources: &Sources<'_>) -> Option<Self> {
        let started = sources.environment.started;
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

    /// The key's path that the store is told, where there is one to write to. A key that `--keep-key-file` kept is to stay
    /// once nothing more can be wrong; where the store has or will have a file of its own, none is kept.
    pub(crate) fn key_path(
        &self,
        sources: &Sources<'_>,
        store: Option<&Store>,
    ) -> Result<(Option<KeyPath>, Option<KeptKey>), Problem> {
        if let Some(path) = sources.path(&KEEP_KEY_FILE)? {
            let place = Place::of(&path.value).zip(self.store.as_ref());
            if place.is_some_and(|(place, store)| store.holds(&place)) {
                return Err(places::is_taken(&path.origin.to_string(), &path.value, places::OF_STORE));
            }
            let kept = path.read(|path| keep_key(path, &self.run.key))?;
            return Ok((Some(kept.path().clone()), Some(kept)));
        }
        let Some(file) = self.key.file().filter(|_| store.is_some()) else { return Ok((None, None)) };
        let path = KeyPath::new(file).map_err(|reason| {
            let shown = sanitize_line(&file.to_string_lossy(), 300);
            sources.problems.warn([format!("sf cannot be told the key {shown}: {reason}")]);
        });
        Ok((path.ok(), None))
    }
}

/// The settings, if nothing is wrong with any; what is missing then was told.
pub(crate) fn complete<T>(sources: &Sources<'_>, settings: Option<T>) -> Result<T, Failure> {
    sources.problems.check()?;
    settings.ok_or_else(|| Failure::internal("the settings are incomplete"))
}
