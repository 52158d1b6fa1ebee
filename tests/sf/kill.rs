//! orgready killed at any moment: every file is whole, and no lock is left that `sf` would not take away.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::stage::{Stage, names};

const ORGS: usize = 60;
const ROUNDS: u32 = 12;

#[test]
fn a_kill_at_any_moment_leaves_every_file_whole() {
    let stage = Stage::new(ORGS);
    stage.login(&["--all-active", "--no-sf-store"]);
    let start = Instant::now();
    stage.login(&["--all-active"]);
    let whole_run = start.elapsed();
    for round in 0..ROUNDS {
        // From the very start to a little after the usual end.
        let moment = whole_run * round / (ROUNDS - 2);
        let mut command = stage.orgready();
        command.arg("login").args(stage.hub_flags()).args(["--all-active", "--quiet"]);
        let mut child = command.spawn().unwrap();
        std::thread::sleep(moment);
        let _ = child.kill();
        child.wait().unwrap();
        let folder = stage.home().join(".sfdx");
        for name in names(&folder) {
            let path = folder.join(&name);
            if path.is_dir() {
                assert!(path.extension().is_some_and(|ending| ending == "lock"), "{name}");
                // Nobody is left to hold it: `sf` takes it away when it is ten seconds old.
                let stamp = path.metadata().unwrap().modified().unwrap();
                assert!(stamp <= std::time::SystemTime::now());
                std::fs::remove_dir(&path).unwrap();
            } else if path.extension().is_some_and(|ending| ending == "json") {
                let text = std::fs::read(&path).unwrap();
                assert!(serde_json::from_slice::<Value>(&text).is_ok(), "round {round}: {name} is broken");
            } else {
                assert!(name.starts_with(".orgready-"), "{name}");
            }
        }
    }
    stage.login(&["--all-active"]);
    let logins = stage.sf("org list auth");
    assert_eq!(logins.as_array().unwrap().len(), ORGS + 1);
    assert!(logins.as_array().unwrap().iter().all(|login| login.get("error").is_none()));
}

#[test]
fn sf_and_orgready_take_away_a_lock_that_was_left_behind() {
    let stage = Stage::new(1);
    stage.login(&[&stage.user(0), "-a", "qa"]);
    let lock = stage.home().join(".sfdx/alias.json.lock");
    let leave = |age| {
        std::fs::create_dir(&lock).unwrap();
        let stamp = std::time::SystemTime::now() - age;
        std::fs::File::open(&lock).unwrap().set_modified(stamp).unwrap();
    };
    leave(Duration::from_secs(11));
    stage.login(&[&stage.user(0), "-a", "uat"]);
    assert!(!lock.exists());
    leave(Duration::from_secs(11));
    stage.sf("alias set dev=someone@example.com");
    assert_eq!(stage.file(".sfdx/alias.json")["orgs"].as_object().unwrap().len(), 3);
}
