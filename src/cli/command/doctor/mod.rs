//! `orgready doctor`: all that a login needs, looked at one by one, changing nothing.

mod certificate;
mod hub;
mod key;
mod network;
mod proxy;
mod settings;
mod store;
#[cfg(test)]
mod tests;

use std::num::NonZeroUsize;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar};
use tokio_util::sync::CancellationToken;

use super::Surroundings;
use super::login::listen;
use super::session::{Listeners, Session, end, runtime};
use crate::cli::args::DoctorArgs;
use crate::cli::console::{Console, LogFormat};
use crate::cli::diagnosis::{Diagnosis, Findings};
use crate::cli::ending::{Ending, Exit, Failure, Outcome};
use crate::cli::problem::Problem;
use crate::cli::settings::places;
use crate::cli::settings::sources::{Sources, Typed};
use crate::engine::login::Settings;
use crate::engine::retry::RetryPolicy;
use crate::engine::settings_plan::SettingsPlan;
use crate::model::clock::Clock;
use crate::model::key::SigningKey;

/// Runs it.
pub(crate) fn run(arguments: &DoctorArgs, json: bool, surroundings: &Surroundings) -> Exit {
    let config = arguments.network.config.as_deref();
    // What is wrong with the settings file is a finding; what can be used of it counts.
    let partly = Sources::load_partly(Typed::of(arguments), config, &surroundings.environment);
    let (sources, refused) = match partly {
        Ok(partly) => partly,
        Err(problems) => return end(Failure::settings(problems), json, surroundings),
    };
    let session = match Session::start(sources, surroundings) {
        Ok(session) => session,
        Err(exit) => return exit,
    };
    let ending = examine(arguments, refused, &session, surroundings);
    session.close(&ending.unwrap_or_else(Into::into))
}

fn examine(
    arguments: &DoctorArgs,
    refused: Vec<Problem>,
    session: &Session<'_>,
    surroundings: &Surroundings,
) -> Result<Ending, Failure> {
    let (sources, clock) = (&session.sources, Clock::system());
    let mut findings = Findings::default();
    let store = places::store(sources);
    let known = settings::examine(sources, refused, store.as_ref(), &mut findings);
    let signing = key::examine(known.key.as_ref(), sources, &mut findings);
    let certificate = arguments.certificate.as_ref().map(|path| surroundings.environment.folder().join(path));
    let pair = certificate::examine(certificate.as_deref(), signing.as_ref(), clock.now(), &mut findings);
    store::examine(store.as_ref(), known.key.as_ref().map(|key| &key.value), sources, &mut findings);

    let signals = listen(&session.console, None)?;
    let runtime = runtime()?;
    let spinner = Spinner::start(session);
    let remote = async {
        let Some(login_url) = &known.login_url else {
            return findings.skip_rest("the login URL is not usable");
        };
        let proxy = proxy::examine(sources.environment(), login_url, &mut findings);
        let Some(http) = &known.http else {
            return findings.skip_rest("the settings of the network are not usable");
        };
        if !network::examine(http, login_url, proxy.as_ref(), clock, &mut findings).await {
            return;
        }
        match known.run(signing, clock, surroundings) {
            Ok(run) => {
                let listeners = Listeners::new(&session.console, Vec::new(), Vec::new());
                hub::examine(&run, http, pair, &listeners, signals.stop(), &mut findings).await;
            }
            Err(missing) => findings.skip_rest(missing),
        }
    };
    runtime.block_on(until(signals.stop(), remote));
    // A look-up of a name that hangs must not hold up the end.
    runtime.shutdown_background();
    drop(spinner);
    let signal = signals.caught().filter(|_| !findings.are_complete());
    findings.skip_rest("interrupted by a signal");
    let diagnosis = Diagnosis::new(findings, surroundings.started.elapsed());
    let failure = Failure::of_checks(&diagnosis, signal);
    Ok(Ending { outcome: Some(Outcome::Checks(diagnosis)), failure, ..Ending::default() })
}

/// The work, unless a signal comes first.
async fn until(stop: &CancellationToken, work: impl Future<Output = ()>) {
    tokio::select! {
        biased;
        () = stop.cancelled() => {}
        () = work => {}
    }
}

impl settings::Known {
    /// One attempt at the hub, without any waiting; else what is missing for it.
    fn run(
        &self,
        key: Option<SigningKey>,
        clock: Clock,
        surroundings: &Surroundings,
    ) -> Result<Settings, &'static str> {
        Ok(Settings {
            hub_username: self.username.clone().ok_or("the Dev Hub user is not known")?,
            client_id: self.client_id.clone().ok_or("the consumer key is not known")?,
            key: key.ok_or("there is no usable private key")?,
            login_url: self.login_url.clone().ok_or("the login URL is not usable")?,
            trusted: self.trusted.clone(),
            audience: self.audience.clone(),
            api_version: self.api_version.clone().ok_or("the API version is not usable")?,
            wait: Duration::ZERO,
            concurrency: NonZeroUsize::MIN,
            rate: 0,
            retry: RetryPolicy::default(),
            settings_plan: SettingsPlan::default(),
            clock,
            started: surroundings.started,
        })
    }
}

/// Shows a terminal that something is being done.
struct Spinner<'a> {
    console: &'a Console,
    bar: ProgressBar,
}

impl<'a> Spinner<'a> {
    fn start(session: &'a Session<'_>) -> Option<Self> {
        let console = &session.console;
        if !console.streams().bars || session.output.quiet || console.log_format() != LogFormat::Text {
            return None;
        }
        let bars = MultiProgress::new();
        let bar = bars.add(ProgressBar::new_spinner().with_message("asking the Dev Hub"));
        bar.enable_steady_tick(Duration::from_millis(100));
        console.attach(bars);
        Some(Self { console, bar })
    }
}

impl Drop for Spinner<'_> {
    fn drop(&mut self) {
        self.console.detach();
        self.bar.finish_and_clear();
    }
}
