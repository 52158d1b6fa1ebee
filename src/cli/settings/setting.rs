//! Every setting by name: its flag with its help, its variable, its key in `orgready.toml`, and the commands that have it.

/// One setting.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setting {
    /// The key in the file; the long flag is the same with `-` for `_`.
    pub(crate) key: &'static str,
    /// The short flag.
    pub(crate) short: Option<char>,
    /// What the help calls the flag's value; a switch has none.
    pub(crate) value: &'static str,
    /// What the help says.
    pub(crate) help: &'static str,
    /// The part of the help that it stands in.
    pub(crate) heading: &'static str,
    /// The variable.
    pub(crate) variable: &'static str,
    /// An older name of it that `sf` still reads (`synonymOf` in `envVars.ts` of `@salesforce/core`); else empty.
    pub(crate) older_variable: &'static str,
    /// What its value looks like.
    pub(crate) kind: Kind,
    /// Who may say it.
    pub(crate) trust: Trust,
    /// Which commands have the flag.
    pub(crate) commands: u8,
}

impl Setting {
    /// The flag, as errors name it.
    pub(crate) fn flag(&self) -> String {
        format!("--{}", self.key.replace('_', "-"))
    }

    /// The flags of these commands, in the order of the help.
    pub(crate) fn flags_of(commands: u8) -> impl Iterator<Item = &'static Self> {
        Self::all().filter(move |setting| setting.commands & commands != 0)
    }

    /// All that may stand in `orgready.toml`, by their own keys.
    pub(crate) fn of_file() -> impl Iterator<Item = &'static Self> {
        Self::all().filter(|setting| setting.trust != Trust::OneRun)
    }

    /// All that have a flag.
    pub(crate) fn all() -> impl Iterator<Item = &'static Self> {
        TABLE.iter().copied()
    }
}

/// The shape of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One text; a number in the file is one too.
    Text,
    /// Many, which a variable separates by commas or white space.
    Names,
    /// Many, which a variable separates by commas alone.
    Paths,
    /// Yes or no.
    Switch,
}

/// Who may say what a setting is ([`super::trust`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trust {
    /// A file that was merely found, too.
    Anyone,
    /// No file that was merely found: it says where secrets go or who is trusted.
    Trusted,
    /// No file at all: it is said for one run.
    OneRun,
}

/// `orgready login`.
pub(crate) const LOGIN: u8 = 1;
/// `orgready delete`.
pub(crate) const DELETE: u8 = 2;
/// `orgready hub`.
pub(crate) const HUB: u8 = 4;
/// `orgready doctor`.
pub(crate) const DOCTOR: u8 = 8;
/// Every command, those too that have no other setting.
pub(crate) const EVERY: u8 = 16;

const BATCH: u8 = LOGIN | DELETE;
const RUN: u8 = BATCH | HUB;
const ONLINE: u8 = RUN | DOCTOR;

macro_rules! settings {
    ($($heading:literal: $(
        #[doc = $help:literal]
        $name:ident = $key:literal $($short:literal)? $(($value:literal))?, $kind:ident, $commands:expr, $variable:literal $(or $older:literal)? $(, $trust:ident)?;
    )*)*) => {
        $($(pub(crate) const $name: Setting = Setting {
            key: $key,
            short: settings!(@short $($short)?),
            value: concat!($($value)?),
            help: $help,
            heading: $heading,
            variable: $variable,
            older_variable: concat!($($older)?),
            kind: Kind::$kind,
            trust: settings!(@trust $($trust)?),
            commands: $commands,
        };)*)*
        const TABLE: &[&Setting] = &[$($(&$name),*),*];
    };
    (@short $short:literal) => { Some($short) };
    (@short) => { None };
    (@trust $trust:ident) => { Trust::$trust };
    (@trust) => { Trust::Anyone };
}

settings! {
    "Which orgs":
    /// The same as a positional USERNAME, as in sf; repeatable [env: ORGREADY_USERNAME]
    USERNAME = "username" 'o' ("USER"), Names, BATCH, "ORGREADY_USERNAME";
    /// Read usernames from FILE (`-` = standard input): lines, CSV, or whatever JSON sf prints [env: ORGREADY_USERNAMES_FILE]
    USERNAMES_FILE = "usernames_file" 'F' ("FILE"), Text, BATCH, "ORGREADY_USERNAMES_FILE";
    /// Let the hub say which orgs: a condition on ScratchOrgInfo, such as "OrgName = 'CI'" [env: ORGREADY_WHERE]
    WHERE = "where" ("SOQL"), Text, BATCH, "ORGREADY_WHERE";
    /// All orgs of the hub that are active or being created, and were signed up with our client id [env: ORGREADY_ALL_ACTIVE]
    ALL_ACTIVE = "all_active", Switch, BATCH, "ORGREADY_ALL_ACTIVE";
    /// The orgs whose creation sf began here and did not finish, from its cache [env: ORGREADY_PENDING]
    PENDING = "pending", Switch, BATCH, "ORGREADY_PENDING";
    /// What it means that --where, --all-active or --pending match nothing [env: ORGREADY_IF_NONE] [default: fail, but ok for a shard]
    IF_NONE = "if_none" ("fail|ok"), Text, BATCH, "ORGREADY_IF_NONE";
    /// This process's share of the usernames, from 1: by a hash of each name (I/N), by place in the list (slice:I/N), or by the CI platform's index (auto) [env: ORGREADY_SHARD]
    SHARD = "shard" ("I/N|slice:I/N|auto"), Text, BATCH, "ORGREADY_SHARD";
    /// Delete what --where, --all-active or --pending find, too [env: ORGREADY_YES]
    YES = "yes", Switch, DELETE, "ORGREADY_YES", OneRun;
    /// Taken for those who know `sf org delete scratch`, and does nothing
    NO_PROMPT = "no_prompt" 'p', Switch, DELETE, "", OneRun;
    "Dev Hub":
    /// The certificate that was uploaded to the connected app, to compare it with the key and see when it ends
    CERTIFICATE = "certificate" ("FILE"), Text, DOCTOR, "", OneRun;
    /// The same as --hub-username, as in sf
    HUB_USER = "username" 'o' ("USER"), Text, HUB, "", OneRun;
    /// The Dev Hub user [env: ORGREADY_HUB_USERNAME]
    HUB_USERNAME = "hub_username" ("USER"), Text, ONLINE, "ORGREADY_HUB_USERNAME";
    /// A hub that sf already knows, by alias or username [env: SF_TARGET_DEV_HUB] [default: sf's target-dev-hub]
    TARGET_DEV_HUB = "target_dev_hub" 'v' ("ALIAS_OR_USER"), Text, ONLINE, "SF_TARGET_DEV_HUB" or "SFDX_DEFAULTDEVHUBUSERNAME";
    /// Consumer key of the connected app [env: ORGREADY_CLIENT_ID]
    CLIENT_ID = "client_id" 'i' ("KEY"), Text, ONLINE, "ORGREADY_CLIENT_ID";
    /// RSA private key of the app's certificate, in PEM (`-` = standard input) [env: ORGREADY_JWT_KEY_FILE, or the key itself in ORGREADY_JWT_KEY]
    JWT_KEY_FILE = "jwt_key_file" 'f' ("PATH"), Text, ONLINE, "ORGREADY_JWT_KEY_FILE";
    /// Login URL of the hub [env: ORGREADY_HUB_INSTANCE_URL] [default: what sf or sfdx-project.json know, else https://login.salesforce.com]
    INSTANCE_URL = "instance_url" 'r' ("URL"), Text, ONLINE, "ORGREADY_HUB_INSTANCE_URL";
    /// The `aud` claim to try first, at the hub and at every org [env: SF_AUDIENCE_URL]
    AUDIENCE = "audience" ("URL"), Text, ONLINE, "SF_AUDIENCE_URL" or "SFDX_AUDIENCE_URL";
    "Waiting and pace":
    /// How long in all to wait for readiness: 10m, 90s; a bare number is minutes, 0 is one attempt each [env: ORGREADY_WAIT] [default: 10m]
    WAIT = "wait" 'w' ("DURATION"), Text, RUN, "ORGREADY_WAIT";
    /// The first delay between two attempts at an org [env: ORGREADY_RETRY_INITIAL] [default: 1s]
    RETRY_INITIAL = "retry_initial" ("DURATION"), Text, RUN, "ORGREADY_RETRY_INITIAL";
    /// The longest delay between two attempts at an org [env: ORGREADY_RETRY_MAX] [default: 30s]
    RETRY_MAX = "retry_max" ("DURATION"), Text, RUN, "ORGREADY_RETRY_MAX";
    /// Logins in flight at once [env: ORGREADY_CONCURRENCY] [default: 32]
    CONCURRENCY = "concurrency" ("N"), Text, LOGIN, "ORGREADY_CONCURRENCY";
    /// Token requests a second for the whole batch; 0 is no limit [env: ORGREADY_RATE] [default: 100]
    RATE = "rate" ("N"), Text, LOGIN, "ORGREADY_RATE";
    "Hand-over":
    /// Alias of the hub in the sf store
    HUB_ALIAS = "alias" 'a' ("NAME"), Text, HUB, "", OneRun;
    /// Make it sf's target-dev-hub
    SET_DEFAULT_DEV_HUB = "set_default_dev_hub" 'd', Switch, HUB, "", OneRun;
    /// Make it sf's target-org
    HUB_SET_DEFAULT = "set_default" 's', Switch, HUB, "", OneRun;
    /// Alias in the sf store, for one username; `alias=username` works for many [env: ORGREADY_ALIAS]
    ALIAS = "alias" 'a' ("NAME"), Text, LOGIN, "ORGREADY_ALIAS";
    /// Make the org sf's target-org, for one username [env: ORGREADY_SET_DEFAULT]
    SET_DEFAULT = "set_default" 's', Switch, LOGIN, "ORGREADY_SET_DEFAULT";
    /// The scratch org definition whose settings are deployed, where sf's cache of pending creations does not hold them [env: ORGREADY_DEFINITION_FILE]
    DEFINITION_FILE = "definition_file" ("FILE"), Text, LOGIN, "ORGREADY_DEFINITION_FILE";
    /// Deploy no settings [env: ORGREADY_NO_SETTINGS]
    NO_SETTINGS = "no_settings", Switch, LOGIN, "ORGREADY_NO_SETTINGS";
    /// Leave the sf store alone [env: ORGREADY_NO_SF_STORE]
    NO_SF_STORE = "no_sf_store", Switch, RUN, "ORGREADY_NO_SF_STORE";
    /// Keep the key at PATH (mode 0600), and tell sf that path [env: ORGREADY_KEEP_KEY_FILE]
    KEEP_KEY_FILE = "keep_key_file" ("PATH"), Text, LOGIN | HUB, "ORGREADY_KEEP_KEY_FILE", Trusted;
    /// One more result file, repeatable; FORMAT is jsonl, json, junit, md or html, or told by .jsonl .json .xml .md .html; jsonl=- streams to standard output [env: ORGREADY_REPORT]
    REPORT = "report" ("[FORMAT=]FILE"), Paths, BATCH, "ORGREADY_REPORT";
    "Output":
    /// Speak the CI platform's own language: auto, off, github, azure or teamcity [env: ORGREADY_CI] [default: auto]
    CI = "ci" ("PLATFORM"), Text, BATCH, "ORGREADY_CI";
    "Hand-over":
    /// Append KEY=value lines for later steps and jobs to FILE, never a secret [env: ORGREADY_OUTPUT_ENV]
    OUTPUT_ENV = "output_env" ("FILE"), Text, LOGIN, "ORGREADY_OUTPUT_ENV";
    /// Write access tokens to FILE (mode 0600), a JSON line for each ready org: the only way to get them out [env: ORGREADY_TOKENS_FILE]
    TOKENS_FILE = "tokens_file" ("FILE"), Text, LOGIN, "ORGREADY_TOKENS_FILE", Trusted;
    "Network":
    /// Version of the REST API [env: SF_ORG_API_VERSION] [default: 60.0]
    API_VERSION = "api_version" ("V"), Text, ONLINE, "SF_ORG_API_VERSION" or "SFDX_API_VERSION";
    /// A host outside Salesforce's own domains that may be sent an assertion; repeatable [env: ORGREADY_ALLOW_HOSTS]
    ALLOW_HOST = "allow_host" ("SUFFIX"), Names, ONLINE, "ORGREADY_ALLOW_HOSTS", Trusted;
    /// More trust roots, in PEM; HTTPS_PROXY, NO_PROXY and SSL_CERT_FILE count too [env: NODE_EXTRA_CA_CERTS]
    CA_CERTIFICATE = "ca_certificate" ("FILE"), Text, ONLINE, "NODE_EXTRA_CA_CERTS", Trusted;
    /// Most time for one request [env: ORGREADY_REQUEST_TIMEOUT] [default: 30s]
    REQUEST_TIMEOUT = "request_timeout" ("DURATION"), Text, ONLINE, "ORGREADY_REQUEST_TIMEOUT";
    "Output":
    /// One JSON document on standard output, and nothing else there [env: SF_CONTENT_TYPE=JSON]
    JSON = "json", Switch, EVERY, "SF_CONTENT_TYPE" or "SFDX_CONTENT_TYPE";
    /// Only warnings and errors on standard error [env: ORGREADY_QUIET]
    QUIET = "quiet" 'q', Switch, EVERY, "ORGREADY_QUIET";
    /// Log every step on standard error; ORGREADY_LOG takes a finer filter [env: ORGREADY_VERBOSE]
    VERBOSE = "verbose", Switch, EVERY, "ORGREADY_VERBOSE";
    /// Form of the log: text, or json for one object a line [env: ORGREADY_LOG_FORMAT] [default: text]
    LOG_FORMAT = "log_format" ("text|json"), Text, EVERY, "ORGREADY_LOG_FORMAT";
    /// Colours: auto, always or never [env: NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR] [default: auto]
    COLOR = "color" ("WHEN"), Text, EVERY, "NO_COLOR";
    "Settings":
    /// Read settings from FILE [env: ORGREADY_CONFIG] [default: ./orgready.toml, if there is one]
    CONFIG = "config" ("FILE"), Text, EVERY, "ORGREADY_CONFIG", OneRun;
}

/// `[retry] multiplier`, which has no flag.
pub(crate) const RETRY_MULTIPLIER: Setting = Setting { key: "retry.multiplier", ..IN_FILE_ALONE };

/// `[retry] jitter`, which has no flag.
pub(crate) const RETRY_JITTER: Setting = Setting { key: "retry.jitter", ..IN_FILE_ALONE };

const IN_FILE_ALONE: Setting = Setting { variable: "", short: None, commands: 0, ..WAIT };

/// Settings that stand in a table of the file, by their keys there.
pub(crate) const IN_TABLES: [(&str, &Setting); 5] = [
    ("http.request_timeout", &REQUEST_TIMEOUT),
    ("retry.initial", &RETRY_INITIAL),
    ("retry.multiplier", &RETRY_MULTIPLIER),
    ("retry.max", &RETRY_MAX),
    ("retry.jitter", &RETRY_JITTER),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::cli::args::program;

    /// The long flags of `login` that are settings, which `--config` and `--help` are not.
    fn flags_of_login() -> BTreeSet<String> {
        let mut program = program();
        program.build();
        let login = program.find_subcommand("login").unwrap();
        let flags = login.get_arguments().filter_map(|argument| argument.get_long());
        flags.filter(|flag| !matches!(*flag, "config" | "help" | "version")).map(ToOwned::to_owned).collect()
    }

    #[test]
    fn every_flag_of_login_is_a_setting_and_every_setting_a_flag() {
        let settings: BTreeSet<String> = Setting::of_file().map(|setting| setting.flag()[2..].to_owned()).collect();
        assert_eq!(settings, flags_of_login());
    }

    #[test]
    fn the_help_names_the_variable_of_every_setting() {
        let mut program = program();
        program.build();
        for argument in program.find_subcommand("login").unwrap().get_arguments() {
            let Some(setting) = Setting::of_file().find(|setting| argument.get_long() == Some(&setting.flag()[2..]))
            else {
                continue;
            };
            let help = argument.get_help().unwrap().to_string();
            assert!(help.contains(&format!("[env: {}", setting.variable)), "{}: {help}", setting.key);
        }
    }

    #[test]
    fn a_variable_has_the_name_of_its_flag_unless_sf_has_one() {
        let others = [
            "SF_TARGET_DEV_HUB",
            "SF_AUDIENCE_URL",
            "SF_CONTENT_TYPE",
            "SF_ORG_API_VERSION",
            "NODE_EXTRA_CA_CERTS",
            "NO_COLOR",
        ];
        for setting in Setting::of_file().filter(|setting| !others.contains(&setting.variable)) {
            let usual = format!("ORGREADY_{}", setting.key.to_uppercase());
            let special = ["ORGREADY_HUB_INSTANCE_URL", "ORGREADY_ALLOW_HOSTS"].contains(&setting.variable);
            assert!(setting.variable == usual || special, "{}", setting.variable);
        }
    }
}
