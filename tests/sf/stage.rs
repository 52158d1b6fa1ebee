//! A stand-in, a home folder, and the two programs that work on it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use orgready::simulator::{Options, Scenario, Simulator};
use serde_json::Value;

use crate::sf;

/// Everything that one test needs; nothing of it is shared with another test or with the user's own store.
pub(crate) struct Stage {
    pub(crate) simulator: Simulator,
    folder: tempfile::TempDir,
}

impl Stage {
    /// A hub with `orgs` scratch orgs that are replicated within the second.
    pub(crate) fn new(orgs: usize) -> Self {
        Self::of(Scenario::generate(orgs, "0s..500ms".parse().unwrap()).unwrap())
    }

    /// A hub with what a scenario says.
    pub(crate) fn play(scenario: &str) -> Self {
        Self::of(Scenario::parse(scenario).unwrap())
    }

    fn of(scenario: Scenario) -> Self {
        let simulator = Simulator::start(scenario, Options::default()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        for name in ["home", "work"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        Self { simulator, folder }
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// The folder that both programs are started in.
    pub(crate) fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    /// One of the scratch orgs' users.
    pub(crate) fn user(&self, at: usize) -> String {
        self.simulator.usernames()[at].clone()
    }

    pub(crate) fn hub(&self) -> String {
        self.simulator.hub_username().to_owned()
    }

    pub(crate) fn key(&self) -> String {
        self.simulator.jwt_key_file().to_str().unwrap().to_owned()
    }

    /// `orgready`, with nothing of this machine's environment.
    pub(crate) fn orgready(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_orgready"));
        self.dress(&mut command);
        command.env("NO_COLOR", "1").env("ORGREADY_RETRY_INITIAL", "100ms");
        command
    }

    /// The real `sf`.
    pub(crate) fn sf_command(&self) -> Command {
        let mut command = Command::new(sf::programs().join(if cfg!(windows) { "sf.cmd" } else { "sf" }));
        self.dress(&mut command);
        command
    }

    /// Gives a program this stage's home and nothing of the machine's own settings.
    pub(crate) fn dress(&self, command: &mut Command) {
        undress(command);
        command.env("HOME", self.home()).env("USERPROFILE", self.home()).current_dir(self.work());
    }

    /// The flags that name the hub.
    pub(crate) fn hub_flags(&self) -> Vec<String> {
        let (hub, client_id, key) = (self.hub(), self.simulator.client_id().to_owned(), self.key());
        let url = self.simulator.url().to_owned();
        ["--hub-username", &hub, "-i", &client_id, "-f", &key, "-r", &url].map(str::to_owned).to_vec()
    }

    /// `orgready login` with the hub's flags; it succeeds. Returns what it printed.
    pub(crate) fn login(&self, arguments: &[&str]) -> Value {
        let mut command = self.orgready();
        command.arg("login").args(self.hub_flags()).args(arguments).arg("--json");
        succeed(command)
    }

    /// `sf` with these words, a `+` for a space inside one; it succeeds. Returns the `result` of what it printed.
    pub(crate) fn sf(&self, words: &str) -> Value {
        let mut command = self.sf_command();
        command.args(words.split(' ').map(|word| word.replace('+', " "))).arg("--json");
        succeed(command)["result"].take()
    }

    /// `sf org login jwt` for a user at a login URL, with further words.
    pub(crate) fn sf_login(&self, username: &str, url: &str, words: &[&str]) -> Value {
        let mut command = self.sf_command();
        command.args(["org", "login", "jwt", "--json", "-o", username, "-i", self.simulator.client_id()]);
        command.args(["-f", &self.key(), "-r", url]).args(words);
        succeed(command)["result"].take()
    }

    /// The hub as sf's default Dev Hub.
    pub(crate) fn log_in_to_hub(&self) {
        self.sf_login(&self.hub(), self.simulator.url(), &["--set-default-dev-hub"]);
    }

    /// The token that an org's auth file holds, as `sf` reads it.
    pub(crate) fn token(&self, selector: &str) -> String {
        self.sf(&format!("org auth show-access-token -o {selector}"))["accessToken"].as_str().unwrap().to_owned()
    }

    /// A file below the home folder, as JSON.
    pub(crate) fn file(&self, name: &str) -> Value {
        let path = self.home().join(name);
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}\n{text}", path.display()))
    }

    /// A user's auth file.
    pub(crate) fn auth(&self, username: &str) -> Value {
        self.file(&format!(".sfdx/{username}.json"))
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.home().join(name).exists()
    }

    /// Makes the working folder a Salesforce DX project.
    pub(crate) fn make_project(&self) -> PathBuf {
        let work = self.work();
        make_project(&work);
        work
    }
}

/// Makes a folder a Salesforce DX project.
pub(crate) fn make_project(folder: &Path) {
    fs::create_dir_all(folder.join("force-app")).unwrap();
    let project = r#"{"packageDirectories":[{"path":"force-app","default":true}],"sourceApiVersion":"60.0"}"#;
    fs::write(folder.join("sfdx-project.json"), project).unwrap();
}

/// Takes the machine's own settings from a program, and gives it those that a test wants.
pub(crate) fn undress(command: &mut Command) {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths([sf::programs().to_owned()].into_iter().chain(std::env::split_paths(&path)));
    command.env_clear().env("PATH", path.unwrap());
    for name in ["SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "LANG"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command.env("SF_DISABLE_TELEMETRY", "true").env("SF_AUTOUPDATE_DISABLE", "true");
    command.env("SF_USE_GENERIC_UNIX_KEYCHAIN", "true").env("NODE_NO_WARNINGS", "1").stdin(Stdio::null());
}

/// Runs a command that prints JSON and succeeds.
pub(crate) fn succeed(mut command: Command) -> Value {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}\n{}", shown(&output));
    json(&output)
}

/// What a program printed, for the message of a test that fails.
pub(crate) fn shown(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("{}\n--- stdout\n{}\n--- stderr\n{}", output.status, text(&output.stdout), text(&output.stderr))
}

/// The one JSON document on standard output.
pub(crate) fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}\n{}", shown(output)))
}

/// The names of the files in a folder.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
