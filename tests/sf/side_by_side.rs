//! Thirty processes at once on one home folder. `SF_ROUNDS=10` for more than one round.

use std::process::{Command, Output, Stdio};

use crate::stage::{Stage, shown};

const PROCESSES: usize = 30;

fn rounds() -> usize {
    std::env::var("SF_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(1)
}

/// Starts all at once and waits for all.
fn together(commands: Vec<Command>) -> Vec<Output> {
    let start = |mut command: Command| {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    };
    let children: Vec<_> = commands.into_iter().map(start).collect();
    children.into_iter().map(|child| child.wait_with_output().unwrap()).collect()
}

fn orgready(stage: &Stage, at: usize) -> Command {
    let mut command = stage.orgready();
    command.arg("login").args(stage.hub_flags()).args([&stage.user(at), "-a", &format!("a{at}"), "--json"]);
    command
}

fn sf(stage: &Stage, at: usize) -> Command {
    let user = stage.user(at);
    let mut command = stage.sf_command();
    command.args(["org", "login", "jwt", "--json", "-o", &user, "-i", stage.simulator.client_id(), "-f", &stage.key()]);
    command.args(["-r", stage.simulator.origin(&user).unwrap(), "-a", &format!("a{at}")]);
    command
}

/// The orgs whose alias or auth file is not there.
fn missing(stage: &Stage, orgs: impl Iterator<Item = usize>) -> Vec<usize> {
    let aliases = stage.file(".sfdx/alias.json");
    orgs.filter(|at| {
        let user = stage.user(*at);
        aliases["orgs"][format!("a{at}")] != user.as_str() || !stage.has(&format!(".sfdx/{user}.json"))
    })
    .collect()
}

#[test]
fn thirty_orgready_lose_nothing() {
    for round in 0..rounds() {
        let stage = Stage::new(PROCESSES);
        let outputs = together((0..PROCESSES).map(|at| orgready(&stage, at)).collect());
        for output in &outputs {
            assert!(output.status.success(), "round {round}: {}", shown(output));
        }
        assert_eq!(missing(&stage, 0..PROCESSES), [0; 0], "round {round}");
        let tokens = (0..PROCESSES).filter(|at| stage.auth(&stage.user(*at)).get("accessToken").is_some()).count();
        assert_eq!(tokens, PROCESSES);
    }
}

#[test]
fn fifteen_orgready_and_fifteen_sf_lose_nothing_by_orgready() {
    let mut failures_of_sf = 0;
    for round in 0..rounds() {
        let stage = Stage::new(PROCESSES);
        let by_sf = |at: &usize| at % 2 == 1;
        let start = |at| if by_sf(&at) { sf(&stage, at) } else { orgready(&stage, at) };
        let outputs = together((0..PROCESSES).map(start).collect());
        let failed = |at: &usize| !outputs[*at].status.success();
        let failed_here = (0..PROCESSES).find(|at| !by_sf(at) && failed(at));
        assert!(failed_here.is_none(), "round {round}: {}", shown(&outputs[failed_here.unwrap_or(0)]));
        let failed_sf: Vec<usize> = (0..PROCESSES).filter(|at| by_sf(at) && failed(at)).collect();
        failures_of_sf += failed_sf.len();
        let lost = missing(&stage, (0..PROCESSES).filter(|at| !failed_sf.contains(at)));
        assert_eq!(lost, [0; 0], "round {round}");
        // Every token can be read: all encrypt with the one key.
        let logins = stage.sf("org list auth");
        assert!(logins.as_array().unwrap().iter().all(|login| login.get("error").is_none()), "{logins}");
    }
    eprintln!("{failures_of_sf} of {} runs of sf failed by themselves", rounds() * PROCESSES / 2);
}
