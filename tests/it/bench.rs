//! A stand-in for Salesforce with a home and a folder of its own, runs of the program against it, and what they said.
//!
//! Every run is checked for what must never happen: a secret in the output, or sent to an origin that it is not for.

use std::ffi::OsStr;
use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use orgready::simulator::{Options, RecordedRequest, RequestKind, Scenario, Simulator};
use serde_json::Value;
use tempfile::TempDir;

/// Longer than any run takes on the slowest machine: what is still running then hangs.
const HANGS: Duration = Duration::from_secs(90);

/// A stand-in, a home, and the folder that the program runs in.
pub(crate) struct Bench {
    pub(crate) simulator: Simulator,
    pub(crate) place: Place,
}

impl Bench {
    /// Over http.
    pub(crate) fn start(scenario: &str) -> Self {
        Self::start_with(scenario, Options::default())
    }

    /// Over https.
    pub(crate) fn start_tls(scenario: &str) -> Self {
        Self::start_with(scenario, Options { tls: true, ..Options::default() })
    }

    fn start_with(scenario: &str, options: Options) -> Self {
        let simulator = Simulator::start(Scenario::parse(scenario).unwrap(), options).unwrap();
        Self { simulator, place: Place::new() }
    }

    /// A command of the program that knows the hub, and hurries.
    pub(crate) fn command(&self, command: &str) -> Run<'_> {
        let simulator = &self.simulator;
        let run = Run { bench: Some(self), ..self.place.program() };
        run.arg(command)
            .env("ORGREADY_HUB_USERNAME", simulator.hub_username())
            .env("ORGREADY_CLIENT_ID", simulator.client_id())
            .env("ORGREADY_JWT_KEY_FILE", simulator.jwt_key_file())
            .env("ORGREADY_HUB_INSTANCE_URL", simulator.url())
            .env("ORGREADY_WAIT", "40s")
            .env("ORGREADY_RETRY_INITIAL", "20ms")
    }

    /// `orgready login` with these arguments.
    pub(crate) fn login<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Run<'_> {
        self.command("login").args(arguments)
    }

    /// `orgready login` to every org of the scenario.
    pub(crate) fn login_all(&self) -> Run<'_> {
        self.login(self.simulator.usernames())
    }

    /// The user of the org with this number.
    pub(crate) fn user(&self, number: usize) -> String {
        self.simulator.usernames()[number].clone()
    }

    /// The requests of one kind so far.
    pub(crate) fn requests(&self, kind: RequestKind) -> Vec<RecordedRequest> {
        self.simulator.requests().into_iter().filter(|request| request.kind == kind).collect()
    }

    /// How many logins a user tried.
    pub(crate) fn logins_of(&self, username: &str) -> usize {
        let mine = |request: &RecordedRequest| request.username.as_deref() == Some(username);
        self.requests(RequestKind::Login).iter().filter(|request| mine(request)).count()
    }

    /// Whether nothing was asked of anybody.
    pub(crate) fn was_left_alone(&self) -> bool {
        self.simulator.totals().connections == 0
    }
}

/// A fresh home, and beside it the folder that the program runs in.
pub(crate) struct Place(TempDir);

impl Place {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("home")).unwrap();
        fs::create_dir(folder.path().join("work")).unwrap();
        Self(folder)
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.0.path().join("home")
    }

    /// A file of the folder that the program runs in.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join("work").join(name)
    }

    /// Writes a file there.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    /// Writes a file there that only its owner can read.
    pub(crate) fn write_private(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.write(name, content);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        }
        path
    }

    /// Writes JSON to a file in the home, whose folders are made.
    pub(crate) fn put(&self, name: &str, content: &Value) {
        let path = self.home().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content.to_string()).unwrap();
    }

    /// The JSON of a file in the home.
    pub(crate) fn kept(&self, name: &str) -> Value {
        serde_json::from_str(&fs::read_to_string(self.home().join(name)).unwrap()).unwrap()
    }

    /// Reads a file there.
    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The program with nothing but a home.
    pub(crate) fn program(&self) -> Run<'_> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_orgready"));
        command.env_clear().current_dir(self.0.path().join("work"));
        for name in ["PATH", "SYSTEMROOT", "TMPDIR", "TEMP", "TMP"] {
            #[expect(clippy::disallowed_methods, reason = "what a process needs to start at all is handed on")]
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        // No test touches the keychain of whoever runs it.
        command.env("SF_USE_GENERIC_UNIX_KEYCHAIN", "true");
        command.env("HOME", self.home()).env("USERPROFILE", self.home());
        Run { bench: None, command, stdin: Vec::new() }
    }

    /// The program with these arguments.
    pub(crate) fn run<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Run<'_> {
        self.program().args(arguments)
    }
}

/// A run that has not begun.
pub(crate) struct Run<'b> {
    bench: Option<&'b Bench>,
    command: Command,
    stdin: Vec<u8>,
}

impl Run<'_> {
    pub(crate) fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    pub(crate) fn args<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.command.args(arguments);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    pub(crate) fn stdin(mut self, content: impl Into<Vec<u8>>) -> Self {
        self.stdin = content.into();
        self
    }

    /// The same with so few descriptors.
    #[cfg(unix)]
    pub(crate) fn with_descriptors(self, number: u32) -> Self {
        self.after(&format!("ulimit -n {number}"))
    }

    /// The same as `nohup` starts it.
    #[cfg(target_os = "linux")]
    pub(crate) fn ignoring_hangups(self) -> Self {
        self.after("trap '' HUP")
    }

    /// The same, started by a shell after this.
    #[cfg(unix)]
    fn after(self, preparation: &str) -> Self {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("{preparation}; exec \"$0\" \"$@\"")]);
        command.arg(self.command.get_program()).args(self.command.get_args()).env_clear();
        command.envs(self.command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.current_dir(self.command.get_current_dir().unwrap());
        Self { command, ..self }
    }

    /// Runs the program, which is to leave this exit status.
    #[track_caller]
    pub(crate) fn ends_with(self, code: i32) -> Ran {
        let ran = self.any_end();
        assert_eq!(ran.code, code, "\n--- out\n{}\n--- err\n{}", ran.out, ran.err);
        ran
    }

    /// Runs the program.
    #[track_caller]
    pub(crate) fn any_end(self) -> Ran {
        let Self { bench, command, stdin } = self;
        let mut command = assert_cmd::Command::from_std(command);
        let output = command.timeout(HANGS).write_stdin(stdin).output().unwrap();
        let ran = Ran {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        };
        ran.check(bench);
        ran
    }

    /// Starts the program, its streams as pipes, nothing on its standard input.
    pub(crate) fn spawn(mut self) -> Child {
        self.command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// The same with its standard error at a terminal.
    #[cfg(unix)]
    pub(crate) fn spawn_at(mut self, terminal: std::fs::File) -> Child {
        self.command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(terminal).spawn().unwrap()
    }
}

/// What a run left.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// The end of a program that was started before.
    pub(crate) fn wait(mut child: Child, bench: &Bench) -> Self {
        let read = |stream: Option<Box<dyn std::io::Read + Send>>| {
            std::thread::spawn(move || {
                let mut text = String::new();
                if let Some(mut stream) = stream {
                    stream.read_to_string(&mut text).unwrap();
                }
                text
            })
        };
        let out = read(child.stdout.take().map(|stream| Box::new(stream) as _));
        let err = read(child.stderr.take().map(|stream| Box::new(stream) as _));
        let started = std::time::Instant::now();
        let status = loop {
            match child.try_wait().unwrap() {
                Some(status) => break status,
                None if started.elapsed() > HANGS => child.kill().unwrap(),
                None => std::thread::sleep(Duration::from_millis(10)),
            }
        };
        let ran = Self { code: status.code().unwrap_or(-1), out: out.join().unwrap(), err: err.join().unwrap() };
        ran.check(Some(bench));
        ran
    }

    /// The document on standard output, and nothing else there.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}\n{}", self.out, self.err))
    }

    /// The orgs of that document.
    #[track_caller]
    pub(crate) fn orgs(&self) -> Vec<Value> {
        self.json()["result"]["orgs"].as_array().unwrap_or_else(|| panic!("{}", self.out)).clone()
    }

    /// How each org ended: `ready`, or the status and the code of the cause.
    #[track_caller]
    pub(crate) fn ends(&self) -> Vec<String> {
        let end = |org: &Value| match (org["status"].as_str().unwrap(), org["cause"]["code"].as_str()) {
            (status, None) => status.to_owned(),
            (status, Some(code)) => format!("{status} {code}"),
        };
        self.orgs().iter().map(end).collect()
    }

    /// The run-level message of that document.
    #[track_caller]
    pub(crate) fn message(&self) -> String {
        self.json()["message"].as_str().unwrap_or_else(|| panic!("{}", self.out)).to_owned()
    }

    /// That standard error has these words.
    #[track_caller]
    pub(crate) fn says(&self, words: &str) -> &Self {
        assert!(self.err.contains(words), "{words:?} is not in\n{}", self.err);
        self
    }

    #[track_caller]
    fn check(&self, bench: Option<&Bench>) {
        for text in [&self.out, &self.err] {
            let secret = secret_in(text);
            assert_eq!(secret, None, "a secret is told:\n{text}");
            assert!(!text.contains("panicked"), "{text}");
        }
        let misdirected = bench.map(|bench| bench.simulator.misdirected()).unwrap_or_default();
        assert!(misdirected.is_empty(), "{misdirected:?}");
    }
}

/// The key of all stand-ins of this process, PKCS#8 PEM.
pub(crate) fn key() -> &'static str {
    static KEY: OnceLock<String> = OnceLock::new();
    KEY.get_or_init(|| {
        let simulator = Simulator::start(Scenario::default(), Options::default()).unwrap();
        fs::read_to_string(simulator.jwt_key_file()).unwrap()
    })
}

/// A part of `text` that is of the key, of an assertion or of a token. The end of each is as telling as its begin.
pub(crate) fn secret_in(text: &str) -> Option<String> {
    let lines = key().lines().filter(|line| line.len() >= 12 && !line.starts_with('-'));
    let tails = lines.map(|line| &line[line.len() - 12..]).find(|tail| text.contains(tail));
    // `{"alg":"RS256"` or `{"typ":"JWT"` in base64, and the id of an org with the mark that only a token has.
    let jwt = ["eyJhbGci", "eyJ0eXAi"].into_iter().find(|begin| text.contains(begin));
    let token = text.match_indices("00D").map(|(at, _)| &text[at..]).find(|text| {
        let id = text.find(|c: char| !c.is_ascii_alphanumeric());
        id.is_some_and(|end| matches!(end, 15 | 18) && text[end..].starts_with('!'))
    });
    tails.or(jwt).or(token).map(|found| found.chars().take(40).collect())
}

/// The keys of an object, in the order in which they stand there.
pub(crate) fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}
