//! Which org of a scenario is served at which port.

use jiff::SignedDuration;

use super::door::Door;
use super::error::SimulatorError;
use super::fault::{Fault, FaultScenario};
use super::org::Org;
use super::salesforce::Rules;
use super::scenario::{Certificate, OrgScenario, Scenario, ScenarioError};

/// Ports for scratch orgs; more orgs share them in turn.
const PORTS_MAX: usize = 250;

/// A scenario with its ports.
pub(super) struct Plan {
    pub(super) orgs: Vec<Org>,
    pub(super) rules: Rules,
    pub(super) clock_offset: SignedDuration,
    pub(super) doors: Vec<Door>,
}

impl Plan {
    pub(super) fn new(mut scenario: Scenario, tls: bool, hub_port: u16) -> Result<Self, SimulatorError> {
        scenario.complete()?;
        let origin = |port: u16| format!("{}://127.0.0.1:{port}", if tls { "https" } else { "http" });
        let hub_door = Door::hold(hub_port).map_err(|source| SimulatorError::Port { port: hub_port, source })?;
        let hub_faults = faults(&scenario.hub.faults, &scenario.hub.username)?;
        let hub_certificate = scenario.hub.certificate;
        let mut hub =
            Org::hub(scenario.hub.clone(), &scenario.client_id, hub_faults, origin(hub_door.port), hub_door.port);
        hub.plan.certificate = hub_certificate;
        let mut orgs = vec![hub];
        let mut doors = vec![hub_door];
        // What is wrong with a connection is wrong with all that share its port: such orgs have one of their own.
        let planned = std::mem::take(&mut scenario.orgs);
        let alone = |org: &OrgScenario| !org.faults.is_empty() || org.certificate != Certificate::Good;
        let apart = if planned.len() > PORTS_MAX {
            planned.iter().filter(|org| alone(org)).count().min(PORTS_MAX - 1)
        } else {
            0
        };
        let shared = PORTS_MAX - apart;
        let (mut next_alone, mut next_shared) = (0, 0);
        for _ in 0..planned.len().min(PORTS_MAX) {
            doors.push(Door::hold(0).map_err(SimulatorError::Start)?);
        }
        for (at, org) in planned.into_iter().enumerate() {
            let place = if alone(&org) && next_alone < apart {
                next_alone += 1;
                next_alone - 1
            } else {
                next_shared += 1;
                apart + (next_shared - 1) % shared
            };
            let port = doors[1 + place].port;
            let faults = faults(&org.faults, &org.username)?;
            orgs.push(Org::new(at + 1, org, &scenario.client_id, faults, origin(port), port));
        }
        let rules = Rules {
            client_id: scenario.client_id,
            clock_leeway: scenario.clock_leeway,
            accept_origin_audience: scenario.accept_origin_audience,
            latency: scenario.latency,
            logins_per_second: scenario.logins_per_second,
            logins_retry_after: scenario.logins_retry_after,
            dev_hub: scenario.hub.dev_hub,
            page_size: scenario.hub.page_size,
            hidden_fields: scenario.hub.hidden_fields,
            api_usage: scenario.hub.api_usage,
        };
        Ok(Self { orgs, rules, clock_offset: scenario.clock_offset, doors })
    }
}

fn faults(faults: &[FaultScenario], username: &str) -> Result<Vec<Fault>, SimulatorError> {
    let fault = |reason| ScenarioError::Fault { username: username.to_owned(), reason };
    faults.iter().map(|scenario| scenario.fault().map_err(fault).map_err(SimulatorError::from)).collect()
}
