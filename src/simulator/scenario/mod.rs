//! What a stand-in plays: the hub, its scratch orgs, when each becomes ready, and what goes wrong.

use std::collections::HashSet;

use jiff::SignedDuration;
use serde::Deserialize;

use super::identifier;

mod delay;
mod fault;
mod org;

pub(super) use delay::Delay;
pub use delay::{DelayError, DelayRange};
pub(super) use fault::{Effect, Fault, Stage};
pub(super) use org::{Certificate, OrgScenario, RecordStatus};

/// The consumer key of the stand-in's connected app, in the shape of a real one.
const CLIENT_ID: &str = "3MVG9orgreadySimulator.LOCALxqzUeZkYd2y0rPbFvJmWc8nT4hLsKgQ5aEi7oDuBtVw1RjXNpMH_f6";

/// Seed of the generated usernames.
const SEED: u64 = 0x0067_7265_6164_7921;

/// More orgs than anyone asks for, and fewer than a slip of the hand can make.
const ORGS_MAX: usize = 100_000;

/// A whole scenario, as a TOML file holds it. Everything has a default.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Scenario {
    /// What it is for, in a line.
    pub(super) description: String,
    /// The consumer key of the connected app; made up where it is left out.
    pub(super) client_id: String,
    /// How far the server's clock is ahead of the machine's: `10m`, `-10m`.
    pub(super) clock_offset: SignedDuration,
    /// How long after its `exp` an assertion is still taken; where it is left out three minutes, by what users of the real thing report
    /// (`CumulusCI` sends `exp` = now, `cumulusci/oauth/salesforce.py` L75-81, and works).
    pub(super) clock_leeway: Option<Delay>,
    /// Whether an org takes its own origin as audience, with or without a slash at the end, as it does where this is left out. `sf` tries that one first,
    /// so that real `sf` needs one request (`authInfo.ts` L1078-1093 of `@salesforce/core`).
    pub(super) accept_origin_audience: Option<bool>,
    /// How long every answer takes.
    pub(super) latency: Delay,
    /// Logins a second that are answered; those beyond get 429. Zero is no limit.
    pub(super) logins_per_second: u32,
    /// The `Retry-After` of that 429, as it goes over the wire: 1 where it is left out, none is sent where it is empty.
    pub(super) logins_retry_after: Option<String>,
    /// The Dev Hub.
    pub(super) hub: OrgScenario,
    /// The scratch orgs.
    #[serde(rename = "org")]
    pub(super) orgs: Vec<OrgScenario>,
    /// What becomes of the orgs that clients sign up for: the first of them like the first, and so on; those beyond are like
    /// the last.
    #[serde(rename = "signup")]
    pub(super) signups: Vec<OrgScenario>,
}

impl Scenario {
    /// Reads a scenario file and fills in the names that it leaves out.
    pub fn parse(text: &str) -> Result<Self, ScenarioError> {
        let mut scenario: Self =
            toml::from_str(text).map_err(|error| ScenarioError(format!("the scenario cannot be read: {error}")))?;
        scenario.complete()?;
        Ok(scenario)
    }

    /// `orgs` scratch orgs that become ready after delays from `range`, as do those that are signed up for: each org's delay
    /// is the same in every run.
    pub fn generate(orgs: usize, range: DelayRange) -> Result<Self, ScenarioError> {
        if orgs > ORGS_MAX {
            return Err(too_many());
        }
        let mut random = fastrand::Rng::with_seed(SEED);
        #[expect(clippy::cast_precision_loss, reason = "a place in a range needs no 53 bits")]
        let mut places: Vec<f64> = (0..orgs).map(|at| at as f64 / orgs.saturating_sub(1).max(1) as f64).collect();
        random.shuffle(&mut places);
        let org = |at| OrgScenario { replication_delay: Delay(range.spread(at)), ..OrgScenario::default() };
        let signups = (0..Self::default().daily_signups()).map(|_| org(random.f64())).collect();
        let mut scenario = Self { orgs: places.into_iter().map(org).collect(), signups, ..Self::default() };
        scenario.complete()?;
        Ok(scenario)
    }

    /// Repeats, names and checks.
    pub(super) fn complete(&mut self) -> Result<(), ScenarioError> {
        if self.daily_signups() > ORGS_MAX {
            return Err(too_many());
        }
        if self.client_id.is_empty() {
            CLIENT_ID.clone_into(&mut self.client_id);
        }
        self.hub = std::mem::take(&mut self.hub).into_hub();
        self.orgs = repeat(std::mem::take(&mut self.orgs))?;
        self.signups = repeat(std::mem::take(&mut self.signups))?.into_iter().map(OrgScenario::signed_up).collect();
        if self.signups.is_empty() {
            self.signups.push(OrgScenario::default().signed_up());
        }
        let mut random = fastrand::Rng::with_seed(SEED);
        for org in self.orgs.iter_mut().filter(|org| org.username.is_empty()) {
            org.username = identifier::scratch_username(&mut random);
        }
        self.check()
    }

    /// Scratch orgs that can be signed up for.
    pub(super) fn daily_signups(&self) -> usize {
        self.hub.daily_signups.unwrap_or(200)
    }

    fn check(&self) -> Result<(), ScenarioError> {
        let mut seen = HashSet::new();
        let orgs = self.orgs.iter().chain(&self.signups).chain([&self.hub]);
        let names = orgs.clone().map(|org| &org.username).filter(|username| !username.is_empty());
        if let Some(twice) = names.into_iter().find(|username| !seen.insert(username.to_lowercase())) {
            return Err(repeated(twice));
        }
        let ids = orgs.clone().flat_map(|org| [&org.org_id, &org.recorded_org_id]);
        if let Some(id) = ids.flatten().find(|id| !identifier::is_org_id(id)) {
            let what = "is not one (expected 00D and 12 or 15 more letters and digits)";
            return Err(ScenarioError(format!("the scenario's org id \"{id}\" {what}")));
        }
        Ok(())
    }
}

/// Each as often as its `count` says.
fn repeat(orgs: Vec<OrgScenario>) -> Result<Vec<OrgScenario>, ScenarioError> {
    let count = |org: &OrgScenario| org.count.unwrap_or(1);
    if orgs.iter().map(count).fold(0, usize::saturating_add) > ORGS_MAX {
        return Err(too_many());
    }
    if let Some(org) = orgs.iter().find(|org| count(org) != 1 && !org.username.is_empty()) {
        return Err(repeated(&org.username));
    }
    let each = |org: OrgScenario| std::iter::repeat_n(OrgScenario { count: None, ..org.clone() }, count(&org));
    Ok(orgs.into_iter().flat_map(each).collect())
}

/// A scenario that cannot be played: what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ScenarioError(String);

fn too_many() -> ScenarioError {
    ScenarioError(format!("the scenario has more than {ORGS_MAX} orgs"))
}

fn repeated(username: &str) -> ScenarioError {
    ScenarioError(format!("the scenario has more than one org for the username {username}"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn an_empty_scenario_is_a_hub_alone() {
        let scenario = Scenario::parse("").unwrap();
        assert_eq!(scenario.hub.username, "admin@devhub.example");
        assert!(scenario.orgs.is_empty());
    }

    #[test]
    fn an_unknown_key_is_named() {
        let error = Scenario::parse("[[org]]\nreplication = \"5s\"\n").unwrap_err().to_string();
        assert!(error.contains("replication") && error.contains("unknown field"), "{error}");
    }

    #[test]
    fn a_username_is_used_once() {
        let text = "[[org]]\nusername = \"a@b.c\"\n[[org]]\nusername = \"A@b.c\"\n";
        assert_eq!(Scenario::parse(text).unwrap_err(), repeated("A@b.c"));
    }

    #[test]
    fn an_org_can_be_repeated() {
        let scenario = Scenario::parse("[[org]]\ncount = 3\nreplication_delay = \"2s\"\n").unwrap();
        assert_eq!(scenario.orgs.len(), 3);
        assert_ne!(scenario.orgs[0].username, scenario.orgs[1].username);
        assert_eq!(scenario.orgs[2].replication_delay, Delay(Duration::from_secs(2)));
    }

    #[test]
    fn the_scenarios_that_come_with_the_project_can_be_played() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("config/scenarios");
        for file in std::fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            let scenario = Scenario::parse(&std::fs::read_to_string(&path).unwrap()).unwrap();
            let codes = crate::model::cause::CauseCode::ALL.map(crate::model::cause::CauseCode::as_str);
            for org in &scenario.orgs {
                let expect = org.expect.as_deref().unwrap_or_else(|| panic!("{}: {}", path.display(), org.username));
                assert!(expect == "ready" || codes.contains(&expect), "{expect}");
            }
        }
    }

    #[test]
    fn generated_delays_cover_the_range_and_are_the_same_in_every_run() {
        let delays = || -> Vec<Duration> {
            let scenario = Scenario::generate(101, "1s..100s".parse().unwrap()).unwrap();
            scenario.orgs.iter().map(|org| org.replication_delay.0).collect()
        };
        let mut sorted = delays();
        assert_eq!(sorted, delays());
        sorted.sort();
        assert_eq!(sorted[0].as_secs(), 1);
        assert_eq!(sorted[50].as_millis(), 10_000);
    }
}
