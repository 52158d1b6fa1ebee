//! The shell lines of `examples/ci/`, as they stand there, with the real `sf` against the stand-in.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::sf;
use crate::stage::{Stage, make_project, shown};

/// Lines that install what is here already.
const INSTALL: &str = "npm install";

fn example(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/ci").join(name)).unwrap()
}

/// A step: the names of its own variables, and its shell lines.
#[derive(Debug, Default)]
struct Step {
    variables: Vec<String>,
    script: String,
}

/// The steps of a job of GitHub's: `run:`, on one line or as a block, and the names under `env:`.
fn github_steps(text: &str, job: &str) -> Vec<Step> {
    let (_, jobs) = text.split_once("\njobs:\n").unwrap();
    let (_, rest) = jobs.split_once(&format!("  {job}:\n")).unwrap();
    let lines = rest.lines().take_while(|line| line.is_empty() || line.starts_with("    ") || line.starts_with("  #"));
    let mut steps: Vec<Step> = Vec::new();
    let mut block = "";
    for line in lines {
        let text = line.trim();
        let indent = line.len() - line.trim_start().len();
        if line.starts_with("      - ") {
            steps.push(Step::default());
            block = "";
        }
        let Some(step) = steps.last_mut() else { continue };
        match (indent, text) {
            (8, "env:") => block = "env",
            (8, "run: |") => block = "run",
            (8, text) if text.starts_with("run: ") => step.script.push_str(&text["run: ".len()..]),
            (8, _) => block = "",
            (10.., text) if block == "env" => step.variables.push(text.split(':').next().unwrap().to_owned()),
            (10.., text) if block == "run" => step.script.extend([text, "\n"]),
            _ => {}
        }
    }
    steps.retain(|step| !step.script.is_empty());
    steps
}

/// What a pipeline of Jenkins' hands to `sh`, in order.
fn jenkins_lines(text: &str) -> String {
    let mut lines = String::new();
    let mut inside = false;
    for line in text.lines().map(str::trim) {
        match line {
            "sh '''" => inside = true,
            "'''" => inside = false,
            line if inside => lines.extend([line, "\n"]),
            line => {
                if let Some(script) = line.strip_prefix("sh '") {
                    // Each is a shell of its own.
                    lines.extend(["(", script.trim_end_matches('\''), ")\n"]);
                }
            }
        }
    }
    lines
}

/// A machine that runs jobs: the stage's own home, or a fresh one.
struct Machine<'a> {
    stage: &'a Stage,
    name: &'a str,
}

impl Machine<'_> {
    /// Runs shell lines as a CI system does: one shell, ended by the first failure.
    fn run(&self, script: &str, variables: &[(&str, &str)]) {
        let lines: Vec<&str> = script.lines().filter(|line| !line.starts_with(INSTALL)).collect();
        let mut command = Command::new("bash");
        command.arg("-euo").arg("pipefail").arg("-c").arg(lines.join("\n"));
        self.stage.dress(&mut command);
        let home = self.stage.home().join(self.name);
        let work = home.join("work");
        prepare(&home);
        let path: Vec<_> = std::env::split_paths(&std::env::var_os("PATH").unwrap()).collect();
        let first = [Path::new(env!("CARGO_BIN_EXE_orgready")).parent().unwrap().to_owned(), sf::programs().to_owned()];
        command.env("PATH", std::env::join_paths(first.into_iter().chain(path)).unwrap());
        command.env("HOME", &home).env("RUNNER_TEMP", home.join("temp")).env("GITHUB_OUTPUT", work.join("output.txt"));
        command.env("CI_PROJECT_DIR", &work).envs(variables.iter().copied()).current_dir(&work);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}\n{}", lines.join("\n"), shown(&output));
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.stage.home().join(self.name).join("work").join(name)).unwrap()
    }
}

/// Makes the machine's home, and in it a checkout of the project.
fn prepare(home: &Path) {
    let work = home.join("work");
    for folder in [work.join("config"), home.join("temp")] {
        fs::create_dir_all(folder).unwrap();
    }
    make_project(&work);
    let definition = r#"{"orgName": "Acme", "edition": "Developer"}"#;
    fs::write(work.join("config/project-scratch-def.json"), definition).unwrap();
}

fn value_of<'a>(text: &'a str, name: &str) -> &'a str {
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('=')).unwrap()
}

fn is_deleted(stage: &Stage) -> bool {
    let records = stage.simulator.requests();
    records.iter().any(|request| request.method == "DELETE" && request.status == 204)
}

#[test]
fn github_actions() {
    let stage = Stage::new(0);
    let text = example("github-two-jobs.yml");
    let key = fs::read_to_string(stage.key()).unwrap();
    let (hub, client_id, url) = (stage.hub(), stage.simulator.client_id().to_owned(), stage.simulator.url().to_owned());
    let run = |machine: &Machine<'_>, job: &str, scratch_username: &str| {
        let steps = github_steps(&text, job);
        assert!(steps.len() >= 2, "{steps:?}");
        for step in steps {
            // A step sees the secrets that it names, and no others.
            let known = [
                ("ORGREADY_HUB_USERNAME", hub.as_str()),
                ("ORGREADY_CLIENT_ID", &client_id),
                ("ORGREADY_JWT_KEY", &key),
                ("SCRATCH_USERNAME", scratch_username),
            ];
            let mut variables: Vec<_> =
                known.into_iter().filter(|(name, _)| step.variables.iter().any(|own| own == name)).collect();
            if step.variables.iter().any(|name| name == "ORGREADY_HUB_USERNAME") {
                variables.push(("ORGREADY_HUB_INSTANCE_URL", &url));
            }
            // Each is a shell of its own.
            machine.run(&step.script, &variables);
        }
    };
    let first = Machine { stage: &stage, name: "first" };
    run(&first, "deploy", "");
    let output = first.read("output.txt");
    let username = value_of(&output, "username");
    assert_eq!(username, stage.user(0));
    run(&Machine { stage: &stage, name: "second" }, "test", username);
    assert!(!is_deleted(&stage));
    run(&Machine { stage: &stage, name: "third" }, "delete", username);
    assert!(is_deleted(&stage));
}

#[test]
fn jenkins() {
    let stage = Stage::new(0);
    let (hub, client_id, url) = (stage.hub(), stage.simulator.client_id().to_owned(), stage.simulator.url().to_owned());
    let key = stage.key();
    let variables = [
        ("ORGREADY_HUB_USERNAME", hub.as_str()),
        ("ORGREADY_CLIENT_ID", &client_id),
        ("ORGREADY_JWT_KEY_FILE", &key),
        ("ORGREADY_HUB_INSTANCE_URL", &url),
    ];
    let script = jenkins_lines(&example("Jenkinsfile"));
    assert!(script.lines().count() >= 7, "{script}");
    // The machine's home is fresh, and the checkout lies in it.
    let script: String =
        script.lines().filter(|line| !line.starts_with("rm -rf")).fold(String::new(), |all, line| all + line + "\n");
    Machine { stage: &stage, name: "agent" }.run(&script, &variables);
    assert!(is_deleted(&stage));
}
