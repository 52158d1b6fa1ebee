//! The hub and the way to it: what every command needs that talks to Salesforce.

use std::num::NonZeroUsize;
use std::time::Duration;

use tokio::time::Instant;

use super::hub::{self, HubSettings};
use super::network;
use super::places;
use super::proxy::ProxyVariables;
use super::sources::Sources;
use crate::cli::ending::Failure;
use crate::engine::login::Settings;
use crate::engine::retry::RetryPolicy;
use crate::engine::settings_plan::SettingsPlan;
use crate::model::clock::Clock;
use crate::protocol::http::Http;
use crate::protocol::proxy::Proxying;
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
    /// The key's file.
    pub(crate) key_file: Option<std::path::PathBuf>,
}

/// What is handed over, and to whom.
#[derive(Debug)]
pub(crate) struct HubHandover {
    /// The store to write to; none where it is to be left alone.
    pub(crate) store: Option<Store>,
    /// The key's path that it is told.
    pub(crate) key_path: Option<KeyPath>,
    /// The key that was kept; it is to stay once nothing more can be wrong.
    pub(crate) kept: Option<KeptKey>,
}

impl Connection {
    /// Reads all of it.
    pub(crate) fn resolve(sources: &Sources<'_>, started: Instant, use_proxy: bool) -> Option<Self> {
        let store = places::store(sources);
        let pace = network::pace(sources);
        let api_version = network::api_version(sources);
        // Every hub may name orgs over https, one on loopback too.
        let proxying = match ProxyVariables::read(sources.environment) {
            _ if !use_proxy => Some(Proxying::Never),
            variables => sources.problems.keep(variables.map(|variables| variables.proxying())),
        };
        let http = network::request_timeout(sources).zip(proxying);
        let http = http.and_then(|(timeout, proxying)| network::http(sources, timeout, proxying));
        let mut hub = hub::resolve(sources, store.as_ref())?;
        let (pace, key_file) = (pace?, hub.key.file.take());
        // The store's time is up with the run's.
        if let (Some(store), Some(end)) = (&store, started.into_std().checked_add(pace.wait)) {
            store.run_ends(end);
        }
        let run = Settings {
            wait: pace.wait,
            concurrency: pace.concurrency,
            rate: pace.rate,
            retry: pace.retry,
            ..one_attempt(hub, api_version?, started)
        };
        Some(Self { run, http: http?, store, key_file })
    }

    /// The store to write to, none where it is to be left alone, and the key's path that it is told.
    pub(crate) fn handover(&self, sources: &Sources<'_>) -> Result<HubHandover, Failure> {
        let store = places::store_to_write(sources, self.store.as_ref())?;
        let kept = places::kept_key(sources, &self.run.key, self.store.as_ref())?;
        let key_path = match &kept {
            Some(kept) => Some(kept.path().clone()),
            None => places::key_path(sources, self.key_file.as_deref().filter(|_| store.is_some())),
        };
        Ok(HubHandover { store, key_path, kept })
    }
}

/// One attempt at the hub, without any waiting.
pub(crate) fn one_attempt(hub: HubSettings, api_version: String, started: Instant) -> Settings {
    Settings {
        hub_username: hub.username,
        client_id: hub.client_id,
        key: hub.key.signing,
        login_url: hub.login_url,
        trusted: hub.trusted,
        audience: hub.audience,
        api_version,
        wait: Duration::ZERO,
        concurrency: NonZeroUsize::MIN,
        rate: 0,
        retry: RetryPolicy::default(),
        settings_plan: SettingsPlan::default(),
        clock: Clock::system(),
        started,
    }
}

/// The settings, if nothing is wrong with any; what is missing then was told.
pub(crate) fn complete<T>(sources: &Sources<'_>, settings: Option<T>) -> Result<T, Failure> {
    sources.problems.check()?;
    settings.ok_or_else(|| Failure::internal("the settings are incomplete"))
}
