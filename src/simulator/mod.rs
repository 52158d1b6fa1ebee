//! A stand-in for Salesforce on loopback: a Dev Hub and its scratch orgs, each on its own origin.
//!
//! It verifies assertions as Salesforce does and answers in Salesforce's own words and shapes; a [`Scenario`] says when
//! each org becomes ready and what goes wrong on the way. It shares no rule with the client that it is there to try: it
//! knows only what Salesforce's documentation and `sf`'s sources say.
//!
//! ```
//! use orgready::simulator::{Options, Scenario, Simulator};
//!
//! let simulator = Simulator::start(Scenario::generate(3, "0s..1s".parse()?)?, Options::default())?;
//! assert_eq!(simulator.usernames().len(), 3);
//! println!("log in to {} as {}", simulator.url(), simulator.hub_username());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![allow(clippy::disallowed_methods, reason = "a server has a clock of its own")]

mod answer;
mod assertion;
mod certificates;
mod connection;
mod control;
mod delivery;
mod deployment;
mod error;
mod identifier;
mod journal;
mod metadata;
mod org;
mod orgs;
mod package;
mod plan;
mod port;
mod query;
mod record;
mod request;
mod router;
mod salesforce;
mod scenario;
mod server;
mod signup;
mod sobjects;
#[doc(hidden)]
pub mod soql;
#[cfg(test)]
mod tests;
mod token;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

pub use deployment::RecordedDeployment;
pub use error::SimulatorError;
pub use journal::{Misdirected, RecordedRequest, RequestKind, Secret, Totals};
pub use scenario::{DelayError, DelayRange, Scenario, ScenarioError};

use certificates::{Credentials, Tls};
use journal::Journal;
use org::Org;
use salesforce::Salesforce;

/// The scenario of `orgready demo`.
pub const DEMO: &str = include_str!("../../config/scenarios/demo.toml");

/// How a stand-in is served.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Whether it speaks https, with a CA made for the occasion.
    pub tls: bool,
    /// The hub's port; 0 is any that is free.
    pub port: u16,
    /// Where key, certificates and an empty home lie. A key pair that is there is used again. Without it a temporary
    /// folder is made, and removed in the end.
    pub directory: Option<PathBuf>,
}

/// A running stand-in; dropping it ends it.
pub struct Simulator {
    salesforce: Arc<Salesforce>,
    credentials: Credentials,
    ca_file: Option<PathBuf>,
    home: PathBuf,
    expectations: Vec<(String, String)>,
    stop: CancellationToken,
    thread: Option<JoinHandle<()>>,
    /// Removed when everything else is gone.
    _temporary: Option<tempfile::TempDir>,
}

impl Simulator {
    /// Starts serving. When this returns, connections are accepted.
    pub fn start(mut scenario: Scenario, options: Options) -> Result<Self, SimulatorError> {
        scenario.complete()?;
        let temporary = match options.directory {
            Some(_) => Ok(None),
            None => tempfile::Builder::new().prefix("orgready-").tempdir().map(Some),
        };
        let temporary = temporary.map_err(SimulatorError::file(&std::env::temp_dir()))?;
        let directory =
            temporary.as_ref().map(|folder| folder.path().to_owned()).or(options.directory).unwrap_or_default();
        let home = empty_home(&directory)?;
        let credentials = Credentials::in_directory(&directory)?;
        let tls = if options.tls { Some(Tls::new(&directory)?) } else { None };
        let ca_file = tls.as_ref().map(|tls| tls.ca_file.clone());
        let expectations =
            scenario.orgs.iter().filter_map(|org| Some((org.username.clone(), org.expect.clone()?))).collect();

        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(SimulatorError::start)?;
        let entered = runtime.enter();
        let start = Timestamp::now().saturating_add(scenario.clock_offset).unwrap_or(Timestamp::MAX);
        let (orgs, ports) = plan::lay_out(&mut scenario, options.tls, options.port, start)?;
        let (to_server, served_ports) = tokio::sync::mpsc::unbounded_channel();
        let salesforce = Arc::new(Salesforce {
            orgs,
            scenario,
            tls: options.tls,
            public_key: credentials.public_key.clone(),
            journal: Journal::default(),
            paged: Mutex::default(),
            ports: to_server,
            logins: Mutex::default(),
            start,
            started: Instant::now(),
        });
        for port in ports {
            salesforce.serve(port).map_err(SimulatorError::start)?;
        }
        drop(entered);

        let stop = CancellationToken::new();
        let server = server::serve(Arc::clone(&salesforce), served_ports, tls, stop.clone());
        let thread = std::thread::Builder::new()
            .name("simulator".to_owned())
            .spawn(move || runtime.block_on(server))
            .map_err(SimulatorError::start)?;
        let thread = Some(thread);
        Ok(Self { salesforce, credentials, ca_file, home, expectations, stop, thread, _temporary: temporary })
    }

    /// The hub's login URL.
    pub fn url(&self) -> &str {
        &self.salesforce.orgs.hub().origin
    }

    /// The hub's user.
    pub fn hub_username(&self) -> &str {
        &self.salesforce.orgs.hub().username
    }

    /// The consumer key of the connected app.
    pub fn client_id(&self) -> &str {
        &self.salesforce.scenario.client_id
    }

    /// The private key, PKCS#8 PEM.
    pub fn jwt_key_file(&self) -> &Path {
        &self.credentials.key_file
    }

    /// The connected app's certificate, PEM.
    pub fn certificate_file(&self) -> &Path {
        &self.credentials.certificate_file
    }

    /// The certificate of the CA that https origins are signed by, PEM; none over http.
    pub fn ca_certificate_file(&self) -> Option<&Path> {
        self.ca_file.as_deref()
    }

    /// The scratch orgs' users: the scenario's in its order, then those that were signed up for since.
    pub fn usernames(&self) -> Vec<String> {
        self.salesforce.orgs.scratch_orgs().map(|org| org.username.clone()).collect()
    }

    /// An empty folder to use as home, so that trying the stand-in touches no real store.
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// How the scenario says that each org ends (`ready` or a cause code), by username, where it says so.
    pub fn expectations(&self) -> &[(String, String)] {
        &self.expectations
    }

    /// The origin of a user's org: what its `LoginUrl` is, unless the scenario says otherwise.
    pub fn origin(&self, username: &str) -> Option<&str> {
        self.salesforce.orgs.by_username(username).map(|org| org.origin.as_str())
    }

    /// The id of a user's org, 18 characters.
    pub fn org_id(&self, username: &str) -> Option<&str> {
        self.salesforce.orgs.by_username(username).map(|org| org.id.as_str())
    }

    /// When it started: what all times since the start are counted from.
    pub fn started(&self) -> Instant {
        self.salesforce.started
    }

    /// When logins to a user's org begin to work; none where they never do.
    pub fn replicated_at(&self, username: &str) -> Option<Instant> {
        let at = self.salesforce.orgs.by_username(username)?.replicated_at()?;
        let after = Duration::try_from(at.duration_since(self.salesforce.start)).unwrap_or_default();
        Some(self.started() + after)
    }

    /// The requests so far, oldest first; of very many only the last.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.salesforce.journal.entries().requests.iter().cloned().collect()
    }

    /// Secrets that were sent to an origin that they are not for.
    pub fn misdirected(&self) -> Vec<Misdirected> {
        self.salesforce.journal.entries().misdirected.clone()
    }

    /// What was to be deployed to a user's org, the oldest first.
    pub fn deployments(&self, username: &str) -> Vec<RecordedDeployment> {
        let now = self.salesforce.now();
        let deployments = self.salesforce.orgs.by_username(username).map(Org::deployments).unwrap_or_default();
        deployments.iter().map(|deployment| deployment.recorded(now)).collect()
    }

    /// How much was asked.
    pub fn totals(&self) -> Totals {
        self.salesforce.journal.entries().totals
    }

    /// Ends all tokens of a user, as an administrator can.
    pub fn revoke_tokens(&self, username: &str) {
        if let Some(org) = self.salesforce.orgs.by_username(username) {
            org.revoke_tokens();
        }
    }
}

/// An empty folder to use as home: `home`, or one beside it where an earlier run has used that.
fn empty_home(directory: &Path) -> Result<PathBuf, SimulatorError> {
    let home = directory.join("home");
    fs::create_dir_all(&home).map_err(SimulatorError::file(&home))?;
    if home.read_dir().map_err(SimulatorError::file(&home))?.next().is_none() {
        return Ok(home);
    }
    let another = tempfile::Builder::new().prefix("home-").tempdir_in(directory);
    Ok(another.map_err(SimulatorError::file(directory))?.keep())
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.stop.cancel();
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has been printed already.
            let _ = thread.join();
        }
    }
}

impl std::fmt::Debug for Simulator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Simulator").field("url", &self.url()).finish_non_exhaustive()
    }
}
