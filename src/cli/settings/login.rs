//! What `login` and `hub` need, complete and proven: nothing was sent yet, and nothing more can be wrong with it.

use tokio::time::Instant;

use super::hub::{self, HubSettings};
use super::network::{self, RateLimiter};
use super::places::{self, Places};
use super::problem::{Problem, Problems};
use super::proxy::ProxyVariables;
use super::selection;
use super::sources::Sources;
use crate::cli::ending::Failure;
use crate::engine::login::{Selection, Settings};
use crate::engine::settings_plan::SettingsPlan;
use crate::model::clock::Clock;
use crate::protocol::http::Http;
use crate::protocol::proxy::Proxying;
use crate::sf::{HandoverOptions, HubDefaults, KeyPath, Store, StoreHandover};
use crate::usernames::shard::Shard;

/// What `login` needs.
#[derive(Debug)]
pub(crate) struct LoginSettings {
    /// The run itself.
    pub(crate) run: Settings,
    /// The client.
    pub(crate) http: Http,
    /// Which orgs.
    pub(crate) selection: Selection,
    /// The share, for messages.
    pub(crate) shard: Option<Shard>,
    /// The sf store, unless it is left alone.
    pub(crate) store: Option<StoreHandover>,
    /// Result files.
    pub(crate) places: Places,
    /// What the user should know.
    pub(crate) warnings: Vec<String>,
}

/// What `hub` needs.
#[derive(Debug)]
pub(crate) struct HubLoginSettings {
    /// The run itself.
    pub(crate) run: Settings,
    /// The client.
    pub(crate) http: Http,
    /// The sf store, unless it is left alone.
    pub(crate) store: Option<Store>,
    /// Where sf finds the key.
    pub(crate) key_path: Option<KeyPath>,
    /// What the user should know.
    pub(crate) warnings: Vec<String>,
}

/// Settles everything for `login`. The demo uses no proxy.
pub(crate) fn login(sources: &Sources<'_>, started: Instant, use_proxy: bool) -> Result<LoginSettings, Failure> {
    let (mut problems, mut input, mut warnings) = (Problems::default(), Problems::default(), Vec::new());
    let chosen = selection::resolve(sources, &mut problems, &mut input);
    let connected = Connected::resolve(sources, use_proxy, &mut problems, &mut warnings);
    let key = connected.as_ref().and_then(|connected| connected.hub.key.file.as_deref());
    let store = places::store(sources);
    let places = places::files(sources, key, store.as_ref(), &mut problems);
    settle(problems, input)?;
    let (Some(chosen), Some(connected)) = (chosen, connected) else { return Err(unsettled()) };
    let (to_sf, key_path) = connected.key_path(sources, &mut warnings)?;
    let aliases = match &chosen.selection {
        Selection::Named(entries) => entries.iter().any(|entry| entry.alias.is_some()),
        Selection::Matching { .. } => false,
    };
    let wanted = HandoverOptions {
        hub_username: connected.hub.username.clone(),
        client_id: connected.hub.client_id.clone(),
        key_path,
        api_version: connected.api_version.clone(),
        aliases,
        set_default: chosen.set_default,
    };
    let store = to_sf.map(|store| StoreHandover::prepare(store, wanted)).transpose().map_err(refused)?;
    let (run, http) = connected.into_run(started);
    Ok(LoginSettings { run, http, selection: chosen.selection, shard: chosen.shard, store, places, warnings })
}

/// Settles everything for `hub`.
pub(crate) fn hub(
    sources: &Sources<'_>,
    started: Instant,
    defaults: &HubDefaults,
) -> Result<HubLoginSettings, Failure> {
    let (mut problems, mut warnings) = (Problems::default(), Vec::new());
    let connected = Connected::resolve(sources, true, &mut problems, &mut warnings);
    settle(problems, Problems::default())?;
    let connected = connected.ok_or_else(unsettled)?;
    let (store, key_path) = connected.key_path(sources, &mut warnings)?;
    if let Some(store) = &store {
        store.prepare(key_path.as_ref(), defaults).map_err(refused)?;
    }
    let (run, http) = connected.into_run(started);
    Ok(HubLoginSettings { run, http, store, key_path, warnings })
}

/// The hub and the way to it.
#[derive(Debug)]
struct Connected {
    hub: HubSettings,
    pace: RateLimiter,
    api_version: String,
    http: Http,
    store: Option<Store>,
}

impl Connected {
    fn resolve(
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
    fn key_path(
        &self,
        sources: &Sources<'_>,
        warnings: &mut Vec<String>,
    ) -> Result<(Option<Store>, Option<KeyPath>), Failure> {
        let one = |problem: Problem| Failure::settings(vec![problem]);
        let store = places::store_to_write(sources, self.store.as_ref()).map_err(one)?;
        let key_path = places::key_path(sources, &self.hub, store.is_some(), warnings).map_err(one)?;
        Ok((store, key_path))
    }

    fn into_run(self, started: Instant) -> (Settings, Http) {
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
fn settle(problems: Problems, input: Problems) -> Result<(), Failure> {
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
fn refused(error: impl std::fmt::Display) -> Failure {
    Failure::settings(vec![Problem::new(error.to_string())])
}

/// A value is missing and nobody said why.
fn unsettled() -> Failure {
    Failure::internal("the settings are incomplete")
}
