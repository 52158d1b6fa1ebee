//! One run of the library against the scripted Salesforce: settings, what is handed over, what is seen.

use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::time::Duration;

use orgready::HubLogin;
use orgready::engine::hub_failure::HubFailure;
use orgready::engine::login::{self, LoginError};
use orgready::engine::retry::RetryPolicy;
use orgready::engine::run::Settings;
use orgready::engine::selection::Selection;
use orgready::engine::settings_plan::SettingsPlan;
use orgready::model::cause::{Cause, CauseCode};
use orgready::model::clock::Clock;
use orgready::model::event::Event;
use orgready::model::handover::{Finished, FinishedOrg, Handover, HandoverError, HandoverFuture, ReadyOrg};
use orgready::model::host::TrustedHosts;
use orgready::model::org::{Alias, ClientId, OrgEntry, OrgName, Username};
use orgready::model::report::{Hub, OrgOutcome, OrgStatus, Report};
use orgready::model::scratch_org::ScratchOrgInfo;
use tokio_util::sync::CancellationToken;

use super::world::{HUB_USER, NOW, OURS, Org, World, key};

/// What is handed over, and what is said to it.
#[derive(Default)]
pub(crate) struct Keeper {
    pub(crate) kept: Mutex<Vec<String>>,
    pub(crate) forgotten: Mutex<Vec<String>>,
    /// The user whose org cannot be kept.
    pub(crate) refuses: Option<&'static str>,
    /// How long it takes to keep an org.
    pub(crate) takes: Duration,
    /// Tells of an org, by its place, that it was never given.
    pub(crate) tells_of: Option<usize>,
}

impl Handover for Keeper {
    fn keep<'a>(&'a self, org: &'a ReadyOrg) -> HandoverFuture<'a, Result<(), HandoverError>> {
        Box::pin(async move {
            tokio::time::sleep(self.takes).await;
            if self.refuses == Some(org.username.as_str()) {
                return Err(HandoverError::new("no space left on device", "make room"));
            }
            self.kept.lock().unwrap().push(org.username.to_string());
            Ok(())
        })
    }

    fn finish<'a>(&'a self, _: &'a [FinishedOrg], _: &'a Hub) -> HandoverFuture<'a, Finished> {
        let mut finished = Finished::default();
        let error = || HandoverError::new("it was never kept", "keep it");
        finished.failures.extend(self.tells_of.map(|index| (index, error())));
        finished.aliases.extend(self.tells_of.map(|index| (index, Alias::new("theirs").unwrap())));
        Box::pin(std::future::ready(finished))
    }

    fn forget(&self, record: &ScratchOrgInfo) -> Option<String> {
        let username = record.username.as_ref()?;
        self.forgotten.lock().unwrap().push(username.to_string());
        Some(format!("the key of {username} is still there"))
    }
}

/// Before a run: everything can still be changed.
pub(crate) struct Scene {
    pub(crate) world: World,
    pub(crate) settings: Settings,
    pub(crate) keeper: Keeper,
    pub(crate) stop: CancellationToken,
    /// The signal comes at this event.
    pub(crate) stop_at: fn(&Event) -> bool,
}

impl Scene {
    /// These orgs, ten minutes to wait, no chance in the delays.
    pub(crate) fn new(orgs: impl IntoIterator<Item = Org>) -> Self {
        let mut trusted = TrustedHosts::default();
        let login_url = trusted.hub("https://login.salesforce.com").unwrap();
        let world = World::new(orgs.into_iter().collect());
        let settings = Settings {
            hub_username: Username::new(HUB_USER).unwrap(),
            client_id: ClientId::new(OURS).unwrap(),
            key: key(),
            login_url,
            trusted,
            audience: None,
            api_version: "60.0".to_owned(),
            wait: Duration::from_secs(600),
            concurrency: NonZeroUsize::new(32).unwrap(),
            rate: 100,
            retry: RetryPolicy { jitter: 0.0, ..RetryPolicy::default() },
            settings_plan: SettingsPlan::default(),
            clock: Clock::starting_at(NOW.parse().unwrap()),
            started: world.started,
        };
        let stop_at = |_: &Event| false;
        Self { world, settings, keeper: Keeper::default(), stop: CancellationToken::new(), stop_at }
    }

    pub(crate) fn wait(mut self, seconds: u64) -> Self {
        self.settings.wait = Duration::from_secs(seconds);
        self
    }

    /// Asks for all orgs of the scene by their usernames.
    pub(crate) async fn login(&self) -> Seen {
        let names: Vec<String> = self.world.orgs.iter().map(|org| org.username.clone()).collect();
        self.login_to(&names.iter().map(String::as_str).collect::<Vec<_>>()).await
    }

    /// Asks for these, by username or record id.
    pub(crate) async fn login_to(&self, names: &[&str]) -> Seen {
        let entry = |name: &&str| OrgEntry { name: OrgName::new(name).unwrap(), alias: None };
        self.select(Selection::Named(names.iter().map(entry).collect())).await
    }

    pub(crate) async fn select(&self, selection: Selection) -> Seen {
        let events = Mutex::new(Vec::new());
        let observe = |event: &Event| {
            events.lock().unwrap().push((self.world.started.elapsed(), event.clone()));
            if (self.stop_at)(event) {
                self.stop.cancel();
            }
        };
        let result = login::login(&self.settings, selection, &self.world, &[&self.keeper], &observe, &self.stop).await;
        Seen { result, events: events.into_inner().unwrap(), took: self.world.started.elapsed() }
    }

    /// The hub alone.
    pub(crate) async fn login_hub(&self) -> Result<HubLogin, HubFailure> {
        login::login_hub(&self.settings, &self.world, &|_: &Event| {}, &self.stop).await
    }

    /// A signal, so many seconds after the scene began.
    pub(crate) fn signal_after(&self, seconds: f64) {
        let (stop, at) = (self.stop.clone(), self.world.started + Duration::from_secs_f64(seconds));
        tokio::spawn(async move {
            tokio::time::sleep_until(at).await;
            stop.cancel();
        });
    }
}

/// After a run.
pub(crate) struct Seen {
    pub(crate) result: Result<Report, LoginError>,
    pub(crate) events: Vec<(Duration, Event)>,
    /// Virtual time, since the scene began.
    pub(crate) took: Duration,
}

impl Seen {
    pub(crate) fn orgs(&self) -> &[OrgOutcome] {
        &self.result.as_ref().unwrap().orgs
    }

    pub(crate) fn org(&self, index: usize) -> &OrgOutcome {
        &self.orgs()[index]
    }

    pub(crate) fn cause(&self, index: usize) -> &Cause {
        self.org(index).cause.as_ref().unwrap()
    }

    /// How each org ended, and why.
    pub(crate) fn ends(&self) -> Vec<(OrgStatus, Option<CauseCode>)> {
        self.orgs().iter().map(|org| (org.status, org.cause.as_ref().map(|cause| cause.code))).collect()
    }

    pub(crate) fn failure(&self) -> &HubFailure {
        match self.result.as_ref().unwrap_err() {
            LoginError::Hub(failure) => failure,
            error => panic!("{error}"),
        }
    }

    pub(crate) fn warnings(&self) -> Vec<&str> {
        let events = self.events.iter().filter_map(|(_, event)| match event {
            Event::Warning { message } => Some(message.as_str()),
            _ => None,
        });
        events.collect()
    }

    /// The delays that were told before each further attempt at the org, in milliseconds.
    pub(crate) fn delays(&self, org: usize) -> Vec<u128> {
        let delay = |(_, event): &(Duration, Event)| match event {
            Event::OrgWaiting { index, next_in, .. } | Event::OrgCreating { index, next_in, .. } if *index == org => {
                Some(next_in.as_millis())
            }
            _ => None,
        };
        self.events.iter().filter_map(delay).collect()
    }
}
