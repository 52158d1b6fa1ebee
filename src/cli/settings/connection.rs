//! The hub and the way to it: what every command needs that talks to Salesforce.

use tokio::time::Instant;

use super::hub::{self, HubSettings};
use super::network::{self, RateLimiter};
use super::places;
use super::proxy::ProxyVariables;
use super::sources::Sources;
use crate::cli::ending::Failure;
use crate::cli::problem::{Problem, Problems};
use crate::engine::login::Settings;
use crate::engine::settings_plan::SettingsPlan;
use crate::model::clock::Clock;
use crate::protocol::http::Http;
use crate::protocol::proxy::Proxying;
use crate::sf::{KeyPath, Store};

/// The hub and the way to it.
#[derive(Debug)]
pub(super) struct Connection {
    /// The hub.
    pub(super) hub: HubSettings,
    /// The version of the API to ask the hub in.
    pub(super) api_version: String,
    pace: RateLimiter,
    http: Http,
    store: Option<Store>,
}

impl Connection {
    /// Reads all of it.
    pub(super) fn resolve(
        sources: &Sources<'_>,
        use_proxy: bool,
        problems: &mut Problems,
        warnings: &mut Vec<String>,
    ) -> Option<Self> {
        let store = places::store(sources);
        let pace = network::pace(sources, problems);
        let api_version = problems.take(network::api_version(sources));
        // Every hub may name orgs over https, one on loopback too.
        let proxying = match ProxyVariables::read(sources.environment()) {
            _ if !use_proxy => Some(Proxying::Never),
            variables => problems.take(variables.map(|variables| variables.proxying())),
        };
        let http = proxying.and_then(|proxying| network::http(sources, proxying, problems, warnings));
        let hub = hub::resolve(sources, store.as_ref(), problems, warnings);
        Some(Self { hub: hub?, pace: pace?, api_version: api_version?, http: http?, store })
    }

    /// The store to write to, and the key's path that it is told.
    pub(super) fn key_path(
        &self,
        sources: &Sources<'_>,
        warnings: &mut Vec<String>,
    ) -> Result<(Option<Store>, Option<KeyPath>), Failure> {
        let one = |problem: Problem| Failure::settings(vec![problem]);
        let store = self.store_to_write(sources).map_err(one)?;
        let key_path = places::key_path(sources, &self.hub, store.is_some(), warnings).map_err(one)?;
        Ok((store, key_path))
    }

    /// The store to write to; none where it is to be left alone.
    pub(super) fn store_to_write(&self, sources: &Sources<'_>) -> Result<Option<Store>, Problem> {
        places::store_to_write(sources, self.store.as_ref())
    }

    /// The run itself, and the client.
    pub(super) fn into_run(self, started: Instant) -> (Settings, Http) {
        let Self { hub, pace, api_version, http, store: _ } = self;
        let run = Settings {
            hub_username: hub.username,
            client_id: hub.client_id,
            key: hub.key.signing,
            login_url: hub.login_url,
            trusted: hub.trusted,
            audience: hub.audience,
            api_version,
            wait: pace.wait,
            concurrency: pace.concurrency,
            rate: pace.rate,
            retry: pace.retry,
            settings_plan: SettingsPlan::default(),
            clock: Clock::system(),
            started,
        };
        (run, http)
    }
}

/// Goes on if nothing is wrong. Usernames alone that are wrong have a name of their own.
pub(super) fn check(problems: Problems, input: Problems) -> Result<(), Failure> {
    match (problems.into_result(), input.into_result()) {
        (Ok(()), Ok(())) => Ok(()),
        (Ok(()), Err(input)) => Err(Failure::input(input)),
        (Err(mut problems), input) => {
            problems.extend(input.err().unwrap_or_default());
            Err(Failure::settings(problems))
        }
    }
}

/// The store cannot be used.
pub(super) fn refused(error: impl std::fmt::Display) -> Failure {
    Failure::settings(vec![Problem::new(error.to_string())])
}

/// A value is missing and nobody said why.
pub(super) fn incomplete() -> Failure {
    Failure::internal("the settings are incomplete")
}
