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

use std::time::Duration;

use tokio::time::Instant;

use super::session::{Session, block_on, within};
use crate::cli::console::Streams;
use crate::cli::diagnosis::{Diagnosis, Findings};
use crate::cli::ending::{Ending, Exit, Failure, Outcome};
use crate::cli::log::EventLog;
use crate::cli::problem::Problem;
use crate::cli::settings::setting::{CERTIFICATE, CONFIG};
use crate::cli::settings::{Sources, places};
use crate::cli::signals;
use crate::engine::run::Settings;
use crate::model::clock::Clock;
use crate::model::key::SigningKey;

/// Runs it. What is wrong with the settings file is a finding; what can be used of it counts.
pub(super) fn run(sources: Sources<'_>, streams: Streams) -> Exit {
    let refused = sources.problems.check().err().unwrap_or_default();
    within(sources, streams, |session| session.close(&mut examine(refused, session).unwrap_or_else(Into::into)))
}

fn examine(refused: Vec<Problem>, session: &Session<'_>) -> Result<Ending, Failure> {
    let (sources, clock) = (&session.sources, Clock::system());
    // Where it is not known which file is meant, nothing is examined and nothing sent.
    sources.text(&CONFIG)?;
    let mut findings = Findings::default();
    let store = places::store(sources);
    let known = settings::examine(sources, refused, store.as_ref(), &mut findings);
    let signing = key::examine(known.key.as_ref(), sources, &mut findings);
    let certificate = sources.path(&CERTIFICATE)?.map(|path| path.value);
    let pair = certificate::examine(certificate.as_deref(), signing.as_ref(), clock.now(), &mut findings);
    store::examine(store.as_ref(), known.key.as_ref().map(|key| &key.value), sources, &mut findings);

    let started = sources.environment.started;
    let signals = session.listen(None)?;
    if session.console.streams.bars {
        session.say("asking the Dev Hub");
    }
    let remote = async {
        let Some(login_url) = &known.login_url else {
            return findings.skip_rest("the login URL is not usable");
        };
        let proxy = proxy::examine(sources.environment, login_url, &mut findings);
        let Some(http) = &known.http else {
            return findings.skip_rest("the settings of the network are not usable");
        };
        if !network::examine(http, login_url, proxy.as_ref(), clock, &mut findings).await {
            return;
        }
        match known.run(signing, started) {
            Ok(run) => {
                let log = EventLog(session.console.clone());
                hub::examine(&run, http, pair, &log, signals.stop(), &mut findings).await;
            }
            Err(missing) => findings.skip_rest(missing),
        }
    };
    block_on(signals.stop().run_until_cancelled(remote))?;
    let signal = signals::caught().filter(|_| !findings.are_complete());
    findings.skip_rest("interrupted by a signal");
    let diagnosis = Diagnosis::new(findings, started.elapsed());
    let failure = Failure::of_checks(&diagnosis, signal);
    Ok(Ending { outcome: Some(Outcome::Checks(diagnosis)), failure, ..Ending::default() })
}

impl settings::Known {
    /// One attempt at the hub; else what is missing for it.
    fn run(&self, key: Option<SigningKey>, started: Instant) -> Result<Settings, &'static str> {
        let hub_username = self.username.clone().ok_or("the Dev Hub user is not known")?;
        let client_id = self.client_id.clone().ok_or("the consumer key is not known")?;
        let key = key.ok_or("there is no usable private key")?;
        let login_url = self.login_url.clone().ok_or("the login URL is not usable")?;
        Ok(Settings {
            trusted: self.trusted.clone(),
            audience: self.audience.clone(),
            api_version: self.api_version.clone().ok_or("the API version is not usable")?,
            wait: Duration::ZERO,
            started,
            ..Settings::new(hub_username, client_id, key, login_url)
        })
    }
}
