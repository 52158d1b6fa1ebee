//! Which org of a scenario is served at which port.

use std::io;

use jiff::Timestamp;

use super::error::SimulatorError;
use super::org::Org;
use super::orgs::Orgs;
use super::port::Port;
use super::scenario::{Certificate, OrgScenario, Scenario};

/// Ports for scratch orgs; more orgs share them in turn.
const PORTS_MAX: usize = 250;

/// Fewer ports than this are not worth to start with.
const PORTS_MIN: usize = 16;

/// The scenario's orgs, which it hands over, and their ports.
pub(super) fn lay_out(
    scenario: &mut Scenario,
    tls: bool,
    hub_port: u16,
    start: Timestamp,
) -> Result<(Orgs, Vec<Port>), SimulatorError> {
    let taken =
        |source| SimulatorError::System { what: format!("port {hub_port} of 127.0.0.1 cannot be used"), source };
    let hub = Port::hold(hub_port, tls).map_err(taken)?;
    let mut orgs = vec![Org::new(0, scenario.hub.clone(), &scenario.client_id, &hub, start)];
    let mut ports = hold(scenario.orgs.len().min(PORTS_MAX), tls).map_err(SimulatorError::start)?;
    let places = places(&scenario.orgs, ports.len());
    for (org, place) in std::mem::take(&mut scenario.orgs).into_iter().zip(places) {
        orgs.push(Org::new(orgs.len(), org, &scenario.client_id, &ports[place], start));
    }
    ports.push(hub);
    Ok((Orgs::new(orgs, scenario.daily_signups()), ports))
}

/// Holds that many ports, or, where the system has not enough descriptors (256 are usual on macOS), half as many as it has:
/// the rest is for connections.
fn hold(wanted: usize, tls: bool) -> io::Result<Vec<Port>> {
    let mut failure = None;
    let port = |_| Port::hold(0, tls).map_err(|error| failure = Some(error)).ok();
    let mut ports: Vec<Port> = (0..wanted).map_while(port).collect();
    match failure {
        Some(error) if ports.len() < PORTS_MIN => return Err(error),
        Some(_) => ports.truncate(ports.len() / 2),
        None => {}
    }
    Ok(ports)
}

/// Each org's place among the ports. What is wrong with a connection is wrong with all that share its port: where there are
/// more orgs than ports, orgs with faults have one of their own as long as there are any.
fn places(orgs: &[OrgScenario], ports: usize) -> Vec<usize> {
    let wants_its_own = |org: &OrgScenario| !org.faults.is_empty() || org.certificate != Certificate::Good;
    let wanted = if orgs.len() > ports { orgs.iter().filter(|org| wants_its_own(org)).count() } else { 0 };
    let alone = wanted.min(ports.saturating_sub(1));
    let (mut own, mut shared) = (0..alone, (alone..ports).cycle());
    let place = |org| if wants_its_own(org) { own.next() } else { None }.or_else(|| shared.next());
    orgs.iter().filter_map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_org_with_a_fault_shares_its_port_with_nobody() {
        let text = "[[org]]\ncount = 6\n[[org]]\ncertificate = \"expired\"\n[[org]]\nfaults = [{ at = \"login\", kind = \"hang\" }]";
        let orgs = Scenario::parse(text).unwrap().orgs;
        assert_eq!(places(&orgs, 4), [2, 3, 2, 3, 2, 3, 0, 1]);
        assert_eq!(places(&orgs, 8), [0, 1, 2, 3, 4, 5, 6, 7]);
    }
}
