//! The README's pipeline from end to end on `orgready simulate`, each program a process of its own.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::creation::fill_project;
use crate::sf;
use crate::stage::{succeed, undress};

/// `orgready simulate`, and a project to work in; dropping it ends it.
struct StandIn {
    process: Child,
    line: Value,
    folder: tempfile::TempDir,
}

impl StandIn {
    fn start(words: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_orgready"));
        undress(&mut command);
        command.arg("simulate").args(words).arg("--directory").arg(folder.path()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        fill_project(&folder.path().join("work"));
        Self { process, line: serde_json::from_str(&line).unwrap(), folder }
    }

    fn text(&self, key: &str) -> &str {
        self.line[key].as_str().unwrap()
    }

    /// Runs a command line in the project, with the home that the stand-in offers; it succeeds and prints JSON.
    fn run(&self, line: &str) -> Value {
        succeed(self.command(line))
    }

    /// The same of one that fails.
    fn try_run(&self, line: &str) -> Value {
        let output = self.command(line).output().unwrap();
        assert!(!output.status.success(), "{line}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// What sf began to create here and did not finish.
    fn begun(&self) -> Value {
        let list = std::path::Path::new(self.text("home")).join(".sf/scratch-create-cache.json");
        serde_json::from_str(&fs::read_to_string(list).unwrap()).unwrap()
    }

    fn command(&self, line: &str) -> Command {
        let (program, words) = line.split_once(' ').unwrap();
        let mut command = match program {
            "sf" => Command::new(sf::programs().join(if cfg!(windows) { "sf.cmd" } else { "sf" })),
            _ => Command::new(env!("CARGO_BIN_EXE_orgready")),
        };
        undress(&mut command);
        command.args(words.split(' ')).arg("--json").current_dir(self.folder.path().join("work"));
        command.env("HOME", self.text("home")).env("USERPROFILE", self.text("home"));
        command
    }

    /// What the stand-in tells of itself.
    fn ask(&self, what: &str) -> Value {
        let host = self.text("url").strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(host).unwrap();
        write!(stream, "GET /simulator/{what} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn the_whole_pipeline_is_played() {
    let it = StandIn::start(&["--orgs", "0", "--replication-delay", "2s..4s"]);
    let (hub, app, key) = (it.text("hubUsername"), it.text("clientId"), it.text("jwtKeyFile"));
    it.run(&format!("orgready hub --set-default-dev-hub -r {} -o {hub} -i {app} -f {key}", it.text("url")));

    let created = it.run("sf org create scratch --async -f config/scratch.json -a qa -d");
    let user = created["result"]["username"].as_str().unwrap();
    assert_eq!(created["result"]["scratchOrgInfo"]["Status"], "New");
    fs::write(it.folder.path().join("work/org.json"), created.to_string()).unwrap();

    let told = it.run("orgready login -F org.json");
    let org = &told["result"]["orgs"][0];
    assert_eq!((&org["status"], &org["settings"]), (&json!("ready"), &json!("deployed")), "{told}");
    let files = it.ask("deployments")[0]["files"].take();
    let names: Vec<&str> = files.as_object().unwrap().keys().map(String::as_str).collect();
    assert!(names.iter().any(|name| name.ends_with(".settings")), "{names:?}");
    assert_eq!(it.begun(), json!({}), "what sf began is finished");

    let deployed = it.run("sf project deploy start");
    assert_eq!(
        (&deployed["result"]["status"], &deployed["result"]["numberComponentsDeployed"]),
        (&json!("Succeeded"), &json!(1))
    );
    let deployments = it.ask("deployments");
    let last = deployments.as_array().unwrap().last().unwrap();
    assert_eq!(last["files"]["classes/Hello.cls"], "public class Hello {}");

    let listed = it.run("sf org list")["result"]["scratchOrgs"][0].take();
    let shown = ["username", "alias", "status"].map(|key| listed[key].as_str().unwrap_or("-"));
    assert_eq!(shown, [user, "qa", "Active"]);

    let gone = it.run("orgready delete -F org.json");
    assert_eq!(gone["result"]["orgs"][0]["status"], "deleted", "{gone}");
    assert_eq!(it.run("sf org list")["result"]["scratchOrgs"], json!([]));
    assert_eq!(it.ask("misdirected"), json!([]));
}

/// The failure that orgready exists for, in sf's own create: it leaves a live org and names it nowhere.
#[test]
fn what_sf_could_not_finish_is_finished_by_pending() {
    let it = StandIn::start(&["--orgs", "0", "--replication-delay", "3s..4s"]);
    let (hub, app, key) = (it.text("hubUsername"), it.text("clientId"), it.text("jwtKeyFile"));
    it.run(&format!("orgready hub --set-default-dev-hub -r {} -o {hub} -i {app} -f {key}", it.text("url")));

    let failed = it.try_run("sf org create scratch -f config/scratch.json -a uat -w 5");
    assert_eq!(failed["name"], "JwtAuthError", "{failed}");
    let told = it.run("orgready login --pending");
    let org = &told["result"]["orgs"][0];
    assert_eq!((&org["status"], &org["settings"]), (&json!("ready"), &json!("deployed")), "{told}");
    assert_eq!(it.begun(), json!({}));
    let shown = it.run("sf org display -o uat");
    assert_eq!(shown["result"]["username"], org["username"]);
    assert_eq!(it.run("orgready delete uat")["result"]["orgs"][0]["status"], "deleted");
}
