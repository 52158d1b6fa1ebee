//! Which org of a scenario is served at which port.

use std::io;

use jiff::SignedDuration;

use super::error::SimulatorError;
use super::org::Org;
use super::orgs::Orgs;
use super::port::HeldPort;
use super::salesforce::Rules;
use super::scenario::fault::Fault;
use super::scenario::{Certificate, FaultScenario, OrgScenario, Scenario, ScenarioError};

/// Ports for scratch orgs; more orgs share them in turn.
const PORTS_MAX: usize = 250;

/// Fewer ports than this are not worth to start with.
const PORTS_MIN: usize = 16;

/// A scenario with its ports.
pub(super) struct Plan {
    pub(super) orgs: Orgs,
    pub(super) rules: Rules,
    pub(super) clock_offset: SignedDuration,
    pub(super) ports: Vec<HeldPort>,
}

impl Plan {
    pub(super) fn new(mut scenario: Scenario, tls: bool, hub_port: u16) -> Result<Self, SimulatorError> {
        scenario.complete()?;
        let origin = |port: u16| origin(tls, port);
        let client_id = &scenario.client_id;
        let hub = HeldPort::hold(hub_port).map_err(|source| SimulatorError::Port { port: hub_port, source })?;
        let hub_faults = faults(&scenario.hub.faults, &scenario.hub.username)?;
        let mut orgs = vec![Org::hub(&scenario.hub, client_id, hub_faults, origin(hub.port), hub.port)];
        let mut ports = hold(scenario.orgs.len().min(PORTS_MAX)).map_err(SimulatorError::Start)?;
        let mut places = Places::new(&scenario.orgs, ports.len());
        for (at, org) in std::mem::take(&mut scenario.orgs).into_iter().enumerate() {
            let port = ports[places.next(&org)].port;
            let faults = faults(&org.faults, &org.username)?;
            orgs.push(Org::new(at + 1, org, client_id, faults, origin(port), port));
        }
        ports.push(hub);
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
            signups: scenario.signups,
            tls,
        };
        let orgs = Orgs::new(orgs, scenario.hub.daily_signups as usize);
        Ok(Self { orgs, rules, clock_offset: scenario.clock_offset, ports })
    }
}

/// The origin that a port is.
pub(super) fn origin(tls: bool, port: u16) -> String {
    format!("{}://127.0.0.1:{port}", if tls { "https" } else { "http" })
}

/// Holds that many ports, or, where the system has not enough descriptors (256 are usual on macOS), half as many as it has:
/// the rest is for connections.
fn hold(wanted: usize) -> io::Result<Vec<HeldPort>> {
    let mut ports = Vec::with_capacity(wanted);
    while ports.len() < wanted {
        match HeldPort::hold(0) {
            Ok(port) => ports.push(port),
            Err(error) if ports.len() < PORTS_MIN => return Err(error),
            Err(_) => {
                ports.truncate(ports.len() / 2);
                break;
            }
        }
    }
    Ok(ports)
}

/// Gives each org its place among the ports. What is wrong with a connection is wrong with all that share its port: where
/// there are more orgs than ports, orgs with faults have one of their own as long as there are any.
struct Places {
    ports: usize,
    alone: usize,
    next_alone: usize,
    next_shared: usize,
}

impl Places {
    fn new(orgs: &[OrgScenario], ports: usize) -> Self {
        let wanted = if orgs.len() > ports { orgs.iter().filter(|org| wants_its_own(org)).count() } else { 0 };
        Self { ports, alone: wanted.min(ports.saturating_sub(1)), next_alone: 0, next_shared: 0 }
    }

    fn next(&mut self, org: &OrgScenario) -> usize {
        if wants_its_own(org) && self.next_alone < self.alone {
            self.next_alone += 1;
            return self.next_alone - 1;
        }
        self.next_shared += 1;
        self.alone + (self.next_shared - 1) % (self.ports - self.alone)
    }
}

fn wants_its_own(org: &OrgScenario) -> bool {
    !org.faults.is_empty() || org.certificate != Certificate::Good
}

/// The faults of a user's org, checked.
pub(super) fn faults(faults: &[FaultScenario], username: &str) -> Result<Vec<Fault>, SimulatorError> {
    let fault = |reason| ScenarioError::Fault { username: username.to_owned(), reason };
    faults.iter().map(|scenario| scenario.fault().map_err(fault).map_err(SimulatorError::from)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_org_with_a_fault_shares_its_port_with_nobody() {
        let text = "[[org]]\ncount = 6\n[[org]]\ncertificate = \"expired\"\n[[org]]\nfaults = [{ at = \"login\", kind = \"hang\" }]";
        let orgs = Scenario::parse(text).unwrap().orgs;
        let mut places = Places::new(&orgs, 4);
        let given: Vec<usize> = orgs.iter().map(|org| places.next(org)).collect();
        assert_eq!(given, [2, 3, 2, 3, 2, 3, 0, 1]);
        let mut places = Places::new(&orgs, 8);
        let given: Vec<usize> = orgs.iter().map(|org| places.next(org)).collect();
        assert_eq!(given, [0, 1, 2, 3, 4, 5, 6, 7]);
    }
}
