//! How long orgs that are replicated after 1 to 120 s are kept waiting, for real.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use jiff::Timestamp;
use serde_json::Value;

use crate::child;
use crate::stand_in::StandIn;

const ORGS: usize = 200;

/// Takes about two minutes.
pub(crate) fn print() {
    let stand_in = StandIn::start(ORGS, "1s..120s", false);
    let orgs: Vec<Value> = stand_in.ask("orgs");
    let replicated: HashMap<&str, i64> =
        orgs.iter().filter_map(|org| Some((org["username"].as_str()?, org["replicatedAt"].as_i64()?))).collect();

    let home = stand_in.home();
    let command = stand_in.login(ORGS);
    let mut login = child::bare(&command[0], &home);
    login.args(command[1..].iter().filter(|argument| *argument != "--quiet")).args(["--log-format", "json"]);
    let mut process = login.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lags = Vec::with_capacity(ORGS);
    let (mut attempts, mut end) = (0.0, 0);
    for line in BufReader::new(process.stderr.take().unwrap()).lines() {
        let entry: Value = serde_json::from_str(&line.unwrap()).unwrap();
        if entry["event"] == "org_finished" {
            let at: Timestamp = entry["timestamp"].as_str().unwrap().parse().unwrap();
            let outcome = &entry["outcome"];
            assert_eq!(outcome["status"], "ready");
            lags.push(seconds(at.as_millisecond() - replicated[outcome["username"].as_str().unwrap()]));
            attempts += outcome["attempts"].as_f64().unwrap();
            end = at.as_millisecond();
        }
    }
    assert!(process.wait().unwrap().success());
    lags.sort_by(f64::total_cmp);
    let count = lags.len() as f64;
    println!("\nLag: {ORGS} orgs, replicated after 1 to 120 s (log-uniform)");
    println!("  from replicated to ready, mean        {:>8.2} s", lags.iter().sum::<f64>() / count);
    println!("  the same, 95th percentile             {:>8.2} s", lags[lags.len() * 95 / 100]);
    println!("  attempts for each org, mean           {:>8.2}", attempts / count);
    let last = replicated.values().max().unwrap();
    println!("  end of the batch after the last org   {:>8.2} s", seconds(end - last));
}

fn seconds(milliseconds: i64) -> f64 {
    milliseconds as f64 / 1000.0
}
