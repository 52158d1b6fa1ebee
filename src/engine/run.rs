//! What the parts of one run share: its settings, its deadline, its observer, and how the hub can fail it.

use std::num::NonZeroUsize;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::engine::patience::Bounds;
use crate::engine::retry::RetryPolicy;
use crate::engine::settings_plan::SettingsPlan;
use crate::model::clock::Clock;
use crate::model::event::{Event, Observer};
use crate::model::host::{InstanceUrl, LoginUrl, TrustedHosts};
use crate::model::key::SigningKey;
use crate::model::org::{ClientId, Username};
use crate::model::report::{Hub, OrgOutcome, Report};
use crate::model::token::AccessToken;
use crate::protocol::records::Page;
use crate::protocol::response::Response;
use crate::protocol::transport::{Answer, ApiRequest, Connection, Transport};

/// What a run needs to know.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The Dev Hub user.
    pub hub_username: Username,
    /// The consumer key of the connected app.
    pub client_id: ClientId,
    /// The private key that belongs to the app's certificate.
    pub key: SigningKey,
    /// The hub's login URL, from [`TrustedHosts::hub`].
    pub login_url: LoginUrl,
    /// Which hosts may be sent a secret.
    pub trusted: TrustedHosts,
    /// The `aud` claim that is tried first, where the user chose one.
    pub audience: Option<String>,
    /// The REST API's version, such as `60.0`.
    pub api_version: String,
    /// How long in all to wait for readiness, counted from `started`; zero is one attempt each.
    pub wait: Duration,
    /// Logins in flight at once.
    pub concurrency: NonZeroUsize,
    /// Token requests a second for the whole batch; zero is no limit.
    pub rate: u32,
    /// The delays between attempts.
    pub retry: RetryPolicy,
    /// What ready orgs get deployed.
    pub settings_plan: SettingsPlan,
    /// Wall time.
    pub clock: Clock,
    /// When the process began.
    pub started: Instant,
}

impl Settings {
    /// The defaults of the program, for a run that begins now.
    pub(crate) fn new(hub_username: Username, client_id: ClientId, key: SigningKey, login_url: LoginUrl) -> Self {
        Self {
            hub_username,
            client_id,
            key,
            login_url,
            trusted: TrustedHosts::default(),
            audience: None,
            api_version: "60.0".to_owned(),
            wait: Duration::from_secs(10 * 60),
            concurrency: NonZeroUsize::new(32).unwrap_or(NonZeroUsize::MIN),
            rate: 100,
            retry: RetryPolicy::default(),
            settings_plan: SettingsPlan::default(),
            clock: Clock::system(),
            started: Instant::now(),
        }
    }
}

/// A longer wait than this is none that can be counted: thirty years.
const FOREVER: Duration = Duration::from_secs(30 * 365 * 24 * 3600);

/// What the parts of one run share.
pub(crate) struct Run<'a, T> {
    pub(crate) settings: &'a Settings,
    pub(crate) transport: &'a T,
    pub(crate) stop: &'a CancellationToken,
    /// When the waiting ends; none: there is no waiting.
    pub(crate) deadline: Option<Instant>,
    /// Whether it deletes the orgs.
    deletion: bool,
    observer: &'a dyn Observer,
}

impl<'a, T> Run<'a, T> {
    pub(crate) fn new(
        settings: &'a Settings,
        transport: &'a T,
        observer: &'a dyn Observer,
        stop: &'a CancellationToken,
    ) -> Self {
        let deadline = (!settings.wait.is_zero()).then(|| settings.started + settings.wait.min(FOREVER));
        Self { settings, transport, stop, deadline, deletion: false, observer }
    }

    /// A run that deletes the orgs.
    pub(crate) fn of_deletion(self) -> Self {
        Self { deletion: true, ..self }
    }

    pub(crate) fn observe(&self, event: &Event) {
        self.observer.observe(event);
    }

    pub(crate) fn warn(&self, message: String) {
        self.observe(&Event::Warning { message });
    }

    /// How long something may be asked again.
    pub(crate) fn bounds(&self) -> Bounds<'_> {
        Bounds { deadline: self.deadline, stop: self.stop, retry: &self.settings.retry }
    }

    /// The time since the process began.
    pub(crate) fn elapsed(&self) -> Duration {
        self.settings.started.elapsed()
    }

    /// This moment; by the wall to the millisecond, as it is told.
    pub(crate) fn now(&self) -> Now {
        let wall = self.settings.clock.now();
        Now { elapsed: self.elapsed(), wall: wall.round(jiff::Unit::Millisecond).unwrap_or(wall) }
    }

    /// The report of the run, which is over.
    pub(crate) fn report(&self, hub: Option<Hub>, outcomes: Vec<OrgOutcome>) -> Report {
        let report = Report::new(hub, outcomes, self.elapsed(), self.deletion);
        let cut_short = report.summary.interrupted > 0 || report.orgs.is_empty();
        let report = Report { interrupted: cut_short && self.stop.is_cancelled(), ..report };
        self.observe(&Event::Finished { summary: report.summary });
        report
    }
}

impl<T: Transport> Run<'_, T> {
    /// One page of a query.
    pub(crate) async fn query(
        &self,
        instance_url: &InstanceUrl,
        token: &AccessToken,
        target: &str,
        connection: Connection,
    ) -> Response<Page> {
        let request = ApiRequest::get(target.to_owned());
        let answered = self.transport.send(instance_url, &request, token, connection).await;
        let read = |answer: &Answer| Page::read(answer, self.settings.clock.now());
        Response::of(answered, ("query", instance_url.host()), token.expose(), read)
    }
}

/// A moment: since the process began, and by the wall clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Now {
    pub(crate) elapsed: Duration,
    pub(crate) wall: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::key::tests::key;

    #[tokio::test(start_paused = true)]
    async fn a_wait_without_end_ends_in_thirty_years() {
        let (hub_username, client_id) = (Username::new("hub@example.com").unwrap(), ClientId::new("3MVG9").unwrap());
        let settings = Settings::new(hub_username, client_id, key().clone(), LoginUrl::production());
        let stop = CancellationToken::new();
        let years = |wait| {
            let settings = Settings { wait, ..settings.clone() };
            let deadline = Run::new(&settings, &(), &|_: &Event| {}, &stop).deadline.unwrap();
            deadline.duration_since(settings.started).as_secs() / (365 * 24 * 3600)
        };
        assert_eq!((years(Duration::MAX), years(Duration::from_secs(600))), (30, 0));
    }
}
