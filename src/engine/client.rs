//! The public way in: a client of one Dev Hub, and the runs that are started from it.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::engine::delete::{self, DeletionError};
use crate::engine::hub_failure::HubFailure;
use crate::engine::login::{self, LoginError};
use crate::engine::retry::RetryPolicy;
use crate::engine::run::Settings;
use crate::engine::selection::Selection;
use crate::model::event::{Event, Observer};
use crate::model::handover::{Handover, HubLogin};
use crate::model::host::{HostError, HostSuffix, LoginUrl, TrustedHosts};
use crate::model::key::SigningKey;
use crate::model::org::{ClientId, OrgName, Username};
use crate::model::report::Report;
use crate::protocol::http::{Http, HttpError, HttpSettings};
use crate::protocol::trust_roots::{TrustRoots, TrustRootsError};

/// A client of one Dev Hub, for any number of batches, one after the other or at once; each logs in to the hub by itself.
/// It holds the key and the HTTP client, and no connection. A clone is another handle of the same client.
///
/// Of the environment it reads what its HTTP client, reqwest, does: the usual variables of proxies (on macOS and Windows the
/// system's settings too), and on Linux `SSL_CERT_FILE` and `SSL_CERT_DIR`, which replace the system's trust roots.
#[derive(Debug, Clone)]
pub struct Client {
    settings: Settings,
    http: Arc<Http>,
    /// When the wait of every run begins; none: when the run does.
    started: Option<Instant>,
}

impl Client {
    /// A client that logs in as this user of the Dev Hub, with the connected app's consumer key and private key.
    pub fn builder(hub_username: Username, client_id: ClientId, key: SigningKey) -> ClientBuilder {
        let settings = Settings::new(hub_username, client_id, key, LoginUrl::production());
        let (login_url, allowed_hosts, ca_certificates) = (None, Vec::new(), None);
        let http = HttpSettings::default();
        ClientBuilder { settings, login_url, allowed_hosts, ca_certificates, started: None, http }
    }

    /// Logs in to the Dev Hub and to these scratch orgs, each until it is ready or never can be.
    ///
    /// An org that is given twice counts once, with a warning, as soon as the hub told of it: places in the report and in
    /// events are those of the list without it. Nothing happens before the run is awaited; one that is dropped sends nothing
    /// more.
    pub fn login(&self, orgs: impl Into<Selection>) -> Login<'_> {
        Login {
            client: self,
            selection: orgs.into(),
            handovers: Vec::new(),
            observer: Box::new(|_: &Event| {}),
            cancel: Box::pin(std::future::pending()),
        }
    }

    /// Deletes these scratch orgs through the Dev Hub, also those that never became ready. What `sf` knows of them stays;
    /// [`Store::forget_deleted`](crate::sf::Store::forget_deleted) forgets it.
    ///
    /// Nothing happens before the run is awaited; one that is dropped sends nothing more.
    pub fn delete(&self, orgs: impl Into<Selection>) -> Delete<'_> {
        Delete {
            client: self,
            selection: orgs.into(),
            consent: Box::new(|_: &[OrgName]| false),
            observer: Box::new(|_: &Event| {}),
            cancel: Box::pin(std::future::pending()),
        }
    }

    /// Logs in to the Dev Hub alone, and proves that it is one.
    pub async fn login_hub(&self) -> Result<HubLogin, HubFailure> {
        login::login_hub(&self.run_settings(), &*self.http, &|_: &Event| {}, &CancellationToken::new()).await
    }

    fn run_settings(&self) -> Settings {
        Settings { started: self.started.unwrap_or_else(Instant::now), ..self.settings.clone() }
    }
}

/// Settings of a [`Client`]; each has the default of the program.
#[derive(Debug)]
#[must_use]
pub struct ClientBuilder {
    settings: Settings,
    login_url: Option<String>,
    allowed_hosts: Vec<HostSuffix>,
    ca_certificates: Option<String>,
    started: Option<Instant>,
    http: HttpSettings,
}

impl ClientBuilder {
    /// The Dev Hub's login URL; without it `https://login.salesforce.com`. One on loopback may be plain `http`, and lets
    /// the hub name orgs on loopback.
    pub fn login_url(self, login_url: impl Into<String>) -> Self {
        Self { login_url: Some(login_url.into()), ..self }
    }

    /// One more domain, outside of Salesforce's own, that may be sent an assertion.
    pub fn allow_host(mut self, suffix: HostSuffix) -> Self {
        self.allowed_hosts.push(suffix);
        self
    }

    /// The `aud` claim that is tried first; without it, what Salesforce documents.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.settings.audience = Some(audience.into());
        self
    }

    /// The version of the REST API, such as `60.0`, which is the default.
    pub fn api_version(mut self, version: impl Into<String>) -> Self {
        self.settings.api_version = version.into();
        self
    }

    /// How long a run waits in all for readiness; 10 minutes by default. Zero is one attempt each.
    pub fn wait(mut self, wait: Duration) -> Self {
        self.settings.wait = wait;
        self
    }

    /// Logins of one run that are in flight at once; 32 by default.
    pub fn concurrency(mut self, concurrency: NonZeroUsize) -> Self {
        self.settings.concurrency = concurrency;
        self
    }

    /// Token requests of one run a second; 100 by default, zero is no limit.
    pub fn rate(mut self, rate: u32) -> Self {
        self.settings.rate = rate;
        self
    }

    /// The delays between attempts.
    pub fn retry(mut self, retry: RetryPolicy) -> Self {
        self.settings.retry = retry;
        self
    }

    /// From when the wait is counted, such as the start of a process that makes one run; without it, from the start of each
    /// run.
    pub fn started(self, started: Instant) -> Self {
        Self { started: Some(started), ..self }
    }

    /// Certificates in PEM that are trusted besides the system's, such as that of a proxy which inspects TLS.
    pub fn ca_certificates(self, pem: impl Into<String>) -> Self {
        Self { ca_certificates: Some(pem.into()), ..self }
    }

    /// The longest time of one request; 30 s by default.
    pub fn request_timeout(mut self, timeout: Duration) -> Self {
        self.http.request_timeout = timeout;
        self
    }

    /// The client, if the login URL may be sent an assertion.
    pub fn build(mut self) -> Result<Client, BuildError> {
        let mut settings = Settings { trusted: TrustedHosts::new(self.allowed_hosts), ..self.settings };
        if let Some(login_url) = &self.login_url {
            settings.login_url = settings.trusted.hub(login_url)?;
        }
        if let Some(pem) = &self.ca_certificates {
            let roots = TrustRoots::read(pem).map_err(|error| BuildError::CaCertificates(error.to_string()))?;
            if let Some(line) = roots.damaged().first() {
                return Err(BuildError::CaCertificates(TrustRootsError::Damaged(*line).to_string()));
            }
            self.http.extra_roots = roots;
        }
        Ok(Client { settings, http: Arc::new(Http::new(self.http)?), started: self.started })
    }
}

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The login URL is no URL, or not one that may be sent an assertion.
    #[error("the login URL cannot be used: {0}")]
    LoginUrl(#[from] HostError),
    /// There is no certificate in what was given, or a damaged one.
    #[error("the CA certificates cannot be used: {0}")]
    CaCertificates(String),
    /// There is no HTTP client to be had.
    #[error(transparent)]
    Http(#[from] HttpError),
}

/// What ends a run early.
type Cancel<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// A run of [`Client::login`]: await it.
#[must_use = "a run does nothing until it is awaited"]
pub struct Login<'a> {
    client: &'a Client,
    selection: Selection,
    handovers: Vec<&'a dyn Handover>,
    observer: Box<dyn Observer + 'a>,
    cancel: Cancel<'a>,
}

impl<'a> Login<'a> {
    /// Who takes each org as soon as it is ready. Of several, each is asked in turn; the first that cannot keep an org ends it.
    pub fn handover(mut self, handover: &'a dyn Handover) -> Self {
        self.handovers.push(handover);
        self
    }

    /// Who is told what happens, in order. It must return quickly: the run waits for it.
    pub fn observe(self, observer: impl Fn(&Event) + Send + Sync + 'a) -> Self {
        Self { observer: Box::new(observer), ..self }
    }

    /// What ends the run early: orgs that are not ready by then are told as interrupted.
    pub fn cancel_on(self, cancel: impl Future<Output = ()> + Send + 'a) -> Self {
        Self { cancel: Box::pin(cancel), ..self }
    }

    async fn run(self) -> Result<Report, LoginError> {
        let Self { client, selection, handovers, observer, cancel } = self;
        let (settings, stop) = (client.run_settings(), CancellationToken::new());
        let login = login::login(&settings, selection, &*client.http, &handovers, &*observer, &stop);
        cancelled_on(cancel, &stop, Box::pin(login)).await
    }
}

impl fmt::Debug for Login<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").field("client", self.client).field("selection", &self.selection).finish_non_exhaustive()
    }
}

impl<'a> IntoFuture for Login<'a> {
    type Output = Result<Report, LoginError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

/// Who is asked whether orgs are to be deleted.
type Consent<'a> = Box<dyn Fn(&[OrgName]) -> bool + Send + Sync + 'a>;

/// A run of [`Client::delete`]: await it.
#[must_use = "a run does nothing until it is awaited"]
pub struct Delete<'a> {
    client: &'a Client,
    selection: Selection,
    consent: Consent<'a>,
    observer: Box<dyn Observer + 'a>,
    cancel: Cancel<'a>,
}

impl<'a> Delete<'a> {
    /// Who says whether the orgs that a selector found are to be deleted. Without consent none of them is; orgs that are
    /// named need none.
    pub fn confirm(self, consent: impl Fn(&[OrgName]) -> bool + Send + Sync + 'a) -> Self {
        Self { consent: Box::new(consent), ..self }
    }

    /// Who is told what happens, in order. It must return quickly: the run waits for it.
    pub fn observe(self, observer: impl Fn(&Event) + Send + Sync + 'a) -> Self {
        Self { observer: Box::new(observer), ..self }
    }

    /// What ends the run early: orgs that are not deleted by then are told as interrupted.
    pub fn cancel_on(self, cancel: impl Future<Output = ()> + Send + 'a) -> Self {
        Self { cancel: Box::pin(cancel), ..self }
    }

    async fn run(self) -> Result<Report, DeletionError> {
        let Self { client, selection, consent, observer, cancel } = self;
        let (settings, stop) = (client.run_settings(), CancellationToken::new());
        let delete = delete::delete(&settings, selection, &*consent, &*client.http, &*observer, &stop);
        cancelled_on(cancel, &stop, Box::pin(delete)).await
    }
}

impl fmt::Debug for Delete<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delete")
            .field("client", self.client)
            .field("selection", &self.selection)
            .finish_non_exhaustive()
    }
}

impl<'a> IntoFuture for Delete<'a> {
    type Output = Result<Report, DeletionError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

/// The run, told to stop when `cancel` comes; it ends by itself then.
async fn cancelled_on<O>(cancel: Cancel<'_>, stop: &CancellationToken, mut run: impl Future<Output = O> + Unpin) -> O {
    tokio::select! {
        biased;
        () = cancel => stop.cancel(),
        output = &mut run => return output,
    }
    run.await
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::sync::Mutex;

    use super::*;
    use crate::model::key::tests::key;
    use crate::model::org::OrgEntry;
    use crate::model::report::OrgStatus;

    fn builder() -> ClientBuilder {
        Client::builder(Username::new("hub@example.com").unwrap(), ClientId::new("3MVG9").unwrap(), key().clone())
    }

    fn named() -> Vec<OrgEntry> {
        vec!["test-abc@example.com".parse().unwrap()]
    }

    #[test]
    fn what_is_not_set_is_as_in_the_program() {
        let settings = builder().build().unwrap().run_settings();
        assert_eq!(settings.login_url.as_str(), "https://login.salesforce.com");
        assert_eq!((settings.audience, settings.api_version.as_str()), (None, "60.0"));
        assert_eq!((settings.wait, settings.concurrency.get(), settings.rate), (Duration::from_secs(600), 32, 100));
    }

    #[test]
    fn each_setting_is_the_one_that_was_set() {
        let started = Instant::now().checked_sub(Duration::from_secs(5)).unwrap();
        let retry = RetryPolicy { jitter: 0.0, ..RetryPolicy::default() };
        let client = builder()
            .login_url("https://acme.my.salesforce.com")
            .allow_host(HostSuffix::new("example.com").unwrap())
            .audience("https://test.salesforce.com")
            .api_version("67.0")
            .wait(Duration::from_secs(7))
            .concurrency(NonZeroUsize::MIN)
            .rate(3)
            .retry(retry)
            .started(started)
            .build()
            .unwrap();
        let settings = client.run_settings();
        assert_eq!(settings.login_url.as_str(), "https://acme.my.salesforce.com");
        assert_eq!(settings.audience.as_deref(), Some("https://test.salesforce.com"));
        assert_eq!(settings.api_version, "67.0");
        assert_eq!((settings.wait, settings.concurrency.get(), settings.rate), (Duration::from_secs(7), 1, 3));
        assert!(settings.retry.jitter < f64::EPSILON);
        assert_eq!(settings.started, started);
        assert!(settings.trusted.allows("x.example.com") && !settings.trusted.allows("x.example.org"));
    }

    #[tokio::test(start_paused = true)]
    async fn the_wait_of_each_run_begins_with_the_run() {
        let client = builder().build().unwrap();
        tokio::time::advance(Duration::from_secs(60)).await;
        assert_eq!(client.run_settings().started, Instant::now());
    }

    /// A port that takes connections and answers nothing.
    fn silent() -> (TcpListener, Client) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        (listener, builder().login_url(url).build().unwrap())
    }

    #[tokio::test]
    async fn a_run_tells_what_happens_and_ends_when_it_is_cancelled() {
        let (_listener, client) = silent();
        let events = Mutex::new(0);
        let count = |_: &Event| *events.lock().unwrap() += 1;
        let login = client.login(named()).observe(count).cancel_on(std::future::ready(()));
        assert!(format!("{login:?}").starts_with("Login { client: Client {"));
        assert_eq!(login.await.unwrap().orgs[0].status, OrgStatus::Interrupted);
        assert!(std::mem::take(&mut *events.lock().unwrap()) > 0);
        let delete = client.delete(named()).observe(count).cancel_on(std::future::ready(()));
        assert!(format!("{delete:?}").starts_with("Delete { client: Client {"));
        assert_eq!(delete.await.unwrap().orgs[0].status, OrgStatus::Interrupted);
        assert!(*events.lock().unwrap() > 0);
    }
}
