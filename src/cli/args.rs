//! What was typed: commands and flags, their help. What it means is decided in [`super::settings`].
#![expect(clippy::doc_markdown, reason = "doc comments of arguments are help texts, not Markdown")]

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueHint};
use clap_complete::Shell;
use serde::Serialize;

use super::help;

/// The whole command line.
#[derive(Debug, Parser)]
#[command(
    name = "orgready",
    version = help::VERSION,
    about = "Logs in to a Dev Hub and its new scratch orgs by JWT, and waits out replication until they are ready",
    long_about = help::PROGRAM,
    after_help = help::PROGRAM_EXAMPLES,
    subcommand_required = true,
    arg_required_else_help = true,
    max_term_width = 110
)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Log in to the Dev Hub and to every scratch org, and wait until each is ready
    #[command(long_about = help::LOGIN, after_help = help::LOGIN_EXAMPLES, after_long_help = help::LOGIN_NOTES)]
    Login(Box<LoginArgs>),
    /// Log in to the Dev Hub alone, as `sf org login jwt --set-default-dev-hub` does
    #[command(after_help = help::HUB_EXAMPLES)]
    Hub(Box<HubArgs>),
    /// Check all that a login needs, from the key to the Dev Hub's rights, and say what to mend; changes nothing
    #[command(long_about = help::DOCTOR, after_help = help::DOCTOR_EXAMPLES)]
    Doctor(Box<DoctorArgs>),
    /// Serve a local stand-in for Salesforce, to try a pipeline without any org
    #[command(long_about = help::SIMULATE, after_help = help::SIMULATE_EXAMPLES)]
    Simulate(SimulateArgs),
    /// Watch the main job at work against the built-in stand-in: no settings, no network, under 20 s
    Demo(DemoArgs),
    /// Print a completion script for a shell
    #[command(after_help = help::COMPLETIONS_EXAMPLES)]
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page, in roff
    #[command(after_help = help::MAN_EXAMPLES)]
    Man,
}

/// `orgready login`.
#[derive(Debug, Default, Args, Serialize)]
pub(crate) struct LoginArgs {
    /// Usernames of scratch orgs, or `alias=username`, or ids of ScratchOrgInfo records (2SR…)
    #[arg(value_name = "USERNAME", help_heading = "Which orgs")]
    #[serde(skip)]
    pub(crate) usernames: Vec<String>,

    /// The same as a positional USERNAME, as in sf; repeatable [env: ORGREADY_USERNAME]
    #[arg(short = 'o', long, value_name = "USER", help_heading = "Which orgs")]
    pub(crate) username: Vec<String>,

    /// Read usernames from FILE (`-` = standard input): lines, CSV, or whatever JSON sf prints [env: ORGREADY_USERNAMES_FILE]
    #[arg(short = 'F', long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Which orgs")]
    pub(crate) usernames_file: Option<String>,

    /// Let the hub say which orgs: a condition on ScratchOrgInfo, such as "OrgName = 'CI'" [env: ORGREADY_WHERE]
    #[arg(long = "where", value_name = "SOQL", help_heading = "Which orgs")]
    #[serde(rename = "where")]
    pub(crate) condition: Option<String>,

    /// All orgs of the hub that are active or being created, and were signed up with our client id [env: ORGREADY_ALL_ACTIVE]
    #[arg(long, help_heading = "Which orgs")]
    pub(crate) all_active: bool,

    /// This process's share of the usernames, from 1, or `auto` for the CI platform's index [env: ORGREADY_SHARD]
    #[arg(long, value_name = "I/N|auto", help_heading = "Which orgs")]
    pub(crate) shard: Option<String>,

    #[command(flatten)]
    #[serde(flatten)]
    pub(crate) hub: HubConnection,

    #[command(flatten)]
    #[serde(flatten)]
    pub(crate) waiting: Waiting,

    /// Logins in flight at once [env: ORGREADY_CONCURRENCY] [default: 32]
    #[arg(long, value_name = "N", help_heading = "Waiting and pace")]
    pub(crate) concurrency: Option<String>,

    /// Token requests a second for the whole batch; 0 is no limit [env: ORGREADY_RATE] [default: 100]
    #[arg(long, value_name = "N", help_heading = "Waiting and pace")]
    pub(crate) rate: Option<String>,

    /// Alias in the sf store, for one username; `alias=username` works for many [env: ORGREADY_ALIAS]
    #[arg(short = 'a', long, value_name = "NAME", help_heading = "Hand-over")]
    pub(crate) alias: Option<String>,

    /// Make the org sf's target-org, for one username [env: ORGREADY_SET_DEFAULT]
    #[arg(short = 's', long, help_heading = "Hand-over")]
    pub(crate) set_default: bool,

    #[command(flatten)]
    #[serde(flatten)]
    pub(crate) store: StoreArgs,

    /// One more result file, repeatable; FORMAT is jsonl, json, junit or md, or told by .jsonl .json .xml .md [env: ORGREADY_REPORT]
    #[arg(long, value_name = "[FORMAT=]FILE", value_hint = ValueHint::FilePath, help_heading = "Hand-over")]
    pub(crate) report: Vec<String>,

    /// Write access tokens to FILE (mode 0600), a JSON line for each ready org: the only way to get them out [env: ORGREADY_TOKENS_FILE]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Hand-over")]
    pub(crate) tokens_file: Option<String>,

    #[command(flatten)]
    #[serde(flatten)]
    pub(crate) network: Network,

    #[command(flatten)]
    #[serde(flatten)]
    pub(crate) output: OutputArgs,
}

impl LoginArgs {
    /// The same, with every username under `username`, whichever way it was given.
    pub(crate) fn settled(mut self) -> Self {
        self.usernames.append(&mut self.username);
        self.username = std::mem::take(&mut self.usernames);
        self
    }
}

/// `orgready hub`.
#[derive(Debug, Default, Args, Serialize)]
pub(crate) struct HubArgs {
    /// The same as --hub-username, as in sf
    #[arg(short = 'o', long, value_name = "USER", help_heading = "Dev Hub", conflicts_with = "hub_username")]
    #[serde(skip)]
    pub(crate) username: Option<String>,

    #[command(flatten)]
    #[serde(flatten)]
    pub(crate) hub: HubConnection,

    #[command(flatten)]
    #[serde(flatten)]
    pub(crate) waiting: Waiting,

    /// Alias of the hub in the sf store
    #[arg(short = 'a', long, value_name = "NAME", help_heading = "Hand-over")]
    #[serde(skip)]
    pub(crate) alias: Option<String>,

    /// Make it sf's target-dev-hub
    #[arg(short = 'd', long, help_heading = "Hand-over")]
    #[serde(skip)]
    pub(crate) set_default_dev_hub: bool,

    /// Make it sf's target-org
    #[arg(short = 's', long, help_heading = "Hand-over")]
    #[serde(skip)]
    pub(crate) set_default: bool,

    #[command(flatten)]
    #[serde(flatten)]
    pub(crate) store: StoreArgs,

    #[command(flatten)]
    #[serde(flatten)]
    pub(crate) network: Network,

    #[command(flatten)]
    #[serde(flatten)]
    pub(crate) output: OutputArgs,
}

impl HubArgs {
    /// The same, with `--username` under `hub_username`.
    pub(crate) fn settled(mut self) -> Self {
        self.hub.hub_username = self.hub.hub_username.or(self.username.take());
        self
    }
}

/// `orgready doctor`.
#[derive(Debug, Default, Args, Serialize)]
pub(crate) struct DoctorArgs {
    /// The certificate that was uploaded to the connected app, to compare it with the key and see when it ends
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Dev Hub")]
    #[serde(skip)]
    pub(crate) certificate: Option<PathBuf>,

    #[command(flatten)]
    #[serde(flatten)]
    pub(crate) hub: HubConnection,

    #[command(flatten)]
    #[serde(flatten)]
    pub(crate) network: Network,

    #[command(flatten)]
    #[serde(flatten)]
    pub(crate) output: OutputArgs,
}

/// How to reach and log in to the Dev Hub.
#[derive(Debug, Default, Args, Serialize)]
pub(crate) struct HubConnection {
    /// The Dev Hub user [env: ORGREADY_HUB_USERNAME]
    #[arg(long, value_name = "USER", help_heading = "Dev Hub")]
    pub(crate) hub_username: Option<String>,

    /// A hub that sf already knows, by alias or username [env: SF_TARGET_DEV_HUB] [default: sf's target-dev-hub]
    #[arg(short = 'v', long, value_name = "ALIAS_OR_USER", help_heading = "Dev Hub")]
    pub(crate) target_dev_hub: Option<String>,

    /// Consumer key of the connected app [env: ORGREADY_CLIENT_ID]
    #[arg(short = 'i', long, value_name = "KEY", help_heading = "Dev Hub")]
    pub(crate) client_id: Option<String>,

    /// RSA private key of the app's certificate, in PEM (`-` = standard input) [env: ORGREADY_JWT_KEY_FILE, or the key itself in ORGREADY_JWT_KEY]
    #[arg(short = 'f', long, value_name = "PATH", value_hint = ValueHint::FilePath, help_heading = "Dev Hub")]
    pub(crate) jwt_key_file: Option<String>,

    /// Login URL of the hub [env: ORGREADY_HUB_INSTANCE_URL] [default: what sf or sfdx-project.json know, else https://login.salesforce.com]
    #[arg(short = 'r', long, value_name = "URL", value_hint = ValueHint::Url, help_heading = "Dev Hub")]
    pub(crate) instance_url: Option<String>,

    /// The `aud` claim to try first, at the hub and at every org [env: SF_AUDIENCE_URL]
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url, help_heading = "Dev Hub")]
    pub(crate) audience: Option<String>,
}

/// How requests are made, and whom to trust.
#[derive(Debug, Default, Args, Serialize)]
pub(crate) struct Network {
    /// Version of the REST API [env: SF_ORG_API_VERSION] [default: 60.0]
    #[arg(long, value_name = "V", help_heading = "Network")]
    pub(crate) api_version: Option<String>,

    /// A host outside Salesforce's own domains that may be sent an assertion; repeatable [env: ORGREADY_ALLOW_HOSTS]
    #[arg(long, value_name = "SUFFIX", value_hint = ValueHint::Hostname, help_heading = "Network")]
    pub(crate) allow_host: Vec<String>,

    /// More trust roots, in PEM; HTTPS_PROXY, NO_PROXY and SSL_CERT_FILE count too [env: NODE_EXTRA_CA_CERTS]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Network")]
    pub(crate) ca_certificate: Option<String>,

    /// Most time for one request [env: ORGREADY_REQUEST_TIMEOUT] [default: 30s]
    #[arg(long, value_name = "DURATION", help_heading = "Network")]
    pub(crate) request_timeout: Option<String>,

    /// Read settings from FILE [env: ORGREADY_CONFIG] [default: ./orgready.toml, if there is one]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Settings")]
    #[serde(skip)]
    pub(crate) config: Option<String>,
}

/// How long to wait, and how often to ask.
#[derive(Debug, Default, Args, Serialize)]
pub(crate) struct Waiting {
    /// How long in all to wait for readiness: 10m, 90s; a bare number is minutes, 0 is one attempt each [env: ORGREADY_WAIT] [default: 10m]
    #[arg(short = 'w', long, value_name = "DURATION", help_heading = "Waiting and pace")]
    pub(crate) wait: Option<String>,

    /// The first delay between two attempts at an org [env: ORGREADY_RETRY_INITIAL] [default: 1s]
    #[arg(long, value_name = "DURATION", help_heading = "Waiting and pace")]
    pub(crate) retry_initial: Option<String>,

    /// The longest delay between two attempts at an org [env: ORGREADY_RETRY_MAX] [default: 30s]
    #[arg(long, value_name = "DURATION", help_heading = "Waiting and pace")]
    pub(crate) retry_max: Option<String>,
}

/// What sf is told.
#[derive(Debug, Default, Args, Serialize)]
pub(crate) struct StoreArgs {
    /// Leave the sf store alone [env: ORGREADY_NO_SF_STORE]
    #[arg(long, help_heading = "Hand-over")]
    pub(crate) no_sf_store: bool,

    /// Keep the key at PATH (mode 0600), and tell sf that path [env: ORGREADY_KEEP_KEY_FILE]
    #[arg(long, value_name = "PATH", value_hint = ValueHint::FilePath, help_heading = "Hand-over")]
    pub(crate) keep_key_file: Option<String>,
}

/// How the program speaks.
#[derive(Debug, Default, Clone, Args, Serialize)]
pub(crate) struct OutputArgs {
    /// One JSON document on standard output, and nothing else there [env: SF_CONTENT_TYPE=JSON]
    #[arg(long, help_heading = "Output")]
    pub(crate) json: bool,

    /// Only warnings and errors on standard error [env: ORGREADY_QUIET]
    #[arg(short = 'q', long, conflicts_with = "verbose", help_heading = "Output")]
    pub(crate) quiet: bool,

    /// Log every step on standard error; ORGREADY_LOG takes a finer filter [env: ORGREADY_VERBOSE]
    #[arg(long, help_heading = "Output")]
    pub(crate) verbose: bool,

    /// Form of the log: text, or json for one object a line [env: ORGREADY_LOG_FORMAT] [default: text]
    #[arg(long, value_name = "text|json", help_heading = "Output")]
    pub(crate) log_format: Option<String>,
}

/// `orgready simulate`.
#[derive(Debug, Default, Args)]
pub(crate) struct SimulateArgs {
    /// How many scratch orgs there are [default: 5]
    #[arg(long, value_name = "N", conflicts_with = "scenario")]
    pub(crate) orgs: Option<u32>,

    /// How long an org takes to be replicated, or a range: 5s, 5s..60s [default: 1s..10s]
    #[arg(long, value_name = "DURATION|FROM..TO", conflicts_with = "scenario")]
    pub(crate) replication_delay: Option<String>,

    /// Hub, orgs, delays and faults from a file, such as those in config/scenarios
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) scenario: Option<PathBuf>,

    /// The hub's port on 127.0.0.1 [default: any that is free]
    #[arg(long, value_name = "PORT")]
    pub(crate) port: Option<u16>,

    /// Serve https, with a CA made for the occasion
    #[arg(long)]
    pub(crate) tls: bool,

    /// Folder for the generated key, certificate and CA [default: a temporary one, removed at the end]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) directory: Option<PathBuf>,
}

/// `orgready demo`.
#[derive(Debug, Default, Args)]
pub(crate) struct DemoArgs {
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}
