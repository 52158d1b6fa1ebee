//! What was typed: commands and flags, their help. What it means is decided in [`super::settings`].
#![expect(clippy::doc_markdown, reason = "doc comments of arguments are help texts, not Markdown")]

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueHint};
use clap_complete::Shell;
use serde::Serialize;

use super::console::Color;
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
    command: Command,

    #[command(flatten)]
    output: OutputArgs,

    /// Read settings from FILE [env: ORGREADY_CONFIG] [default: ./orgready.toml, if there is one]
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Settings")]
    config: Option<String>,
}

impl Cli {
    /// Reads the command line; `color` is for what clap says of it.
    pub(crate) fn parse_with(arguments: Vec<OsString>, color: Color) -> clap::error::Result<Self> {
        let choice = match color {
            Color::Auto => clap::ColorChoice::Auto,
            Color::Always => clap::ColorChoice::Always,
            Color::Never => clap::ColorChoice::Never,
        };
        let matches = Self::command().color(choice).try_get_matches_from(arguments)?;
        Self::from_arg_matches(&matches)
    }

    /// The command, with the flags that every command has, wherever they stood, and with usernames in one place.
    pub(crate) fn into_command(self) -> Command {
        let Self { mut command, output, config } = self;
        match &mut command {
            Command::Login(arguments) => {
                arguments.orgs.merge();
                (arguments.output, arguments.network.config) = (output, config);
            }
            Command::Delete(arguments) => {
                arguments.orgs.merge();
                (arguments.output, arguments.network.config) = (output, config);
            }
            Command::Hub(arguments) => {
                let username = arguments.username.take();
                arguments.hub.hub_username = arguments.hub.hub_username.take().or(username);
                (arguments.output, arguments.network.config) = (output, config);
            }
            Command::Doctor(arguments) => (arguments.output, arguments.network.config) = (output, config),
            Command::Demo(arguments) => arguments.output = output,
            Command::Simulate(_) | Command::Completions { .. } | Command::Man => {}
        }
        command
    }
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
    /// Give scratch orgs back: delete them through the Dev Hub, also those that never became ready
    #[command(long_about = help::DELETE, after_help = help::DELETE_EXAMPLES)]
    Delete(Box<DeleteArgs>),
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
    #[command(flatten)]
    #[serde(flatten)]
    pub(crate) orgs: OrgArgs,

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

    /// The scratch org definition whose settings are deployed, where sf's cache of pending creations does not hold them [env: ORGREADY_DEFINITION_FILE]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Hand-over")]
    pub(crate) definition_file: Option<String>,

    /// Deploy no settings [env: ORGREADY_NO_SETTINGS]
    #[arg(long, help_heading = "Hand-over")]
    pub(crate) no_settings: bool,

    #[command(flatten)]
    #[serde(flatten)]
    pub(crate) store: StoreArgs,

    #[command(flatten)]
    #[serde(flatten)]
    pub(crate) reports: ReportArgs,

    /// Append KEY=value lines for later steps and jobs to FILE, never a secret [env: ORGREADY_OUTPUT_ENV]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Hand-over")]
    pub(crate) output_env: Option<String>,

    /// Write access tokens to FILE (mode 0600), a JSON line for each ready org: the only way to get them out [env: ORGREADY_TOKENS_FILE]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Hand-over")]
    pub(crate) tokens_file: Option<String>,

    #[command(flatten)]
    #[serde(flatten)]
    pub(crate) network: Network,

    #[arg(skip)]
    #[serde(flatten)]
    pub(crate) output: OutputArgs,
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

    #[arg(skip)]
    #[serde(flatten)]
    pub(crate) output: OutputArgs,
}

/// `orgready delete`.
#[derive(Debug, Default, Args, Serialize)]
pub(crate) struct DeleteArgs {
    #[command(flatten)]
    #[serde(flatten)]
    pub(crate) orgs: OrgArgs,

    /// Delete what --where, --all-active or --pending find, too [env: ORGREADY_YES]
    #[arg(long, help_heading = "Which orgs")]
    pub(crate) yes: bool,

    #[command(flatten)]
    #[serde(flatten)]
    pub(crate) hub: HubConnection,

    #[command(flatten)]
    #[serde(flatten)]
    pub(crate) waiting: Waiting,

    /// Leave the sf store alone [env: ORGREADY_NO_SF_STORE]
    #[arg(long, help_heading = "Hand-over")]
    pub(crate) no_sf_store: bool,

    #[command(flatten)]
    #[serde(flatten)]
    pub(crate) reports: ReportArgs,

    /// Taken for those who know `sf org delete scratch`, and does nothing
    #[arg(short = 'p', long, help_heading = "Which orgs")]
    #[serde(skip)]
    pub(crate) no_prompt: bool,

    #[command(flatten)]
    #[serde(flatten)]
    pub(crate) network: Network,

    #[arg(skip)]
    #[serde(flatten)]
    pub(crate) output: OutputArgs,
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

    #[arg(skip)]
    #[serde(flatten)]
    pub(crate) output: OutputArgs,
}

/// Which orgs.
#[derive(Debug, Default, Args, Serialize)]
pub(crate) struct OrgArgs {
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

    /// The orgs whose creation sf began here and did not finish, from its cache [env: ORGREADY_PENDING]
    #[arg(long, help_heading = "Which orgs")]
    pub(crate) pending: bool,

    /// What it means that --where, --all-active or --pending match nothing [env: ORGREADY_IF_NONE] [default: fail, but ok for a shard]
    #[arg(long, value_name = "fail|ok", help_heading = "Which orgs")]
    pub(crate) if_none: Option<String>,

    /// This process's share of the usernames, from 1: by a hash of each name (I/N), by place in the list (slice:I/N), or by the CI platform's index (auto) [env: ORGREADY_SHARD]
    #[arg(long, value_name = "I/N|slice:I/N|auto", help_heading = "Which orgs")]
    pub(crate) shard: Option<String>,
}

impl OrgArgs {
    /// Puts every username under `username`, whichever way it was given.
    fn merge(&mut self) {
        self.username.splice(0..0, std::mem::take(&mut self.usernames));
    }
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

    /// `--config`.
    #[arg(skip)]
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

/// What results are written into, and who is told them.
#[derive(Debug, Default, Args, Serialize)]
pub(crate) struct ReportArgs {
    /// One more result file, repeatable; FORMAT is jsonl, json, junit, md or html, or told by .jsonl .json .xml .md .html; jsonl=- streams to standard output [env: ORGREADY_REPORT]
    #[arg(long, value_name = "[FORMAT=]FILE", value_hint = ValueHint::FilePath, help_heading = "Hand-over")]
    pub(crate) report: Vec<String>,

    /// Speak the CI platform's own language: auto, off, github, azure or teamcity [env: ORGREADY_CI] [default: auto]
    #[arg(long, value_name = "PLATFORM", help_heading = "Output")]
    pub(crate) ci: Option<String>,
}

/// How the program speaks.
#[derive(Debug, Default, Clone, Args, Serialize)]
pub(crate) struct OutputArgs {
    /// One JSON document on standard output, and nothing else there [env: SF_CONTENT_TYPE=JSON]
    #[arg(long, global = true, help_heading = "Output")]
    pub(crate) json: bool,

    /// Only warnings and errors on standard error [env: ORGREADY_QUIET]
    #[arg(short = 'q', long, global = true, conflicts_with = "verbose", help_heading = "Output")]
    pub(crate) quiet: bool,

    /// Log every step on standard error; ORGREADY_LOG takes a finer filter [env: ORGREADY_VERBOSE]
    #[arg(long, global = true, help_heading = "Output")]
    pub(crate) verbose: bool,

    /// Form of the log: text, or json for one object a line [env: ORGREADY_LOG_FORMAT] [default: text]
    #[arg(long, global = true, value_name = "text|json", help_heading = "Output")]
    pub(crate) log_format: Option<String>,

    /// Colours: auto, always or never [env: NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR] [default: auto]
    #[arg(long, global = true, value_name = "WHEN", help_heading = "Output")]
    pub(crate) color: Option<String>,
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
    #[arg(skip)]
    pub(crate) output: OutputArgs,
}
