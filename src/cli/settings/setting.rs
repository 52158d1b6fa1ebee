//! Every setting by name: its flag, its variable, its key in `orgready.toml`.

/// One setting.
#[derive(Debug)]
pub(crate) struct Setting {
    /// The key in the file, which is the long flag with `_` for `-`.
    pub(crate) key: &'static str,
    /// The flag, as errors name it.
    pub(crate) flag: &'static str,
    /// The variable.
    pub(crate) variable: &'static str,
    /// An older name of it that `sf` still reads (`synonymOf` in `envVars.ts` of `@salesforce/core`); else empty.
    pub(crate) older_variable: &'static str,
    /// What its value looks like.
    pub(crate) kind: Kind,
    /// Whether it says where secrets go or who is trusted ([`super::trust`]).
    pub(crate) guarded: bool,
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

macro_rules! settings {
    ($($name:ident = $key:literal, $flag:literal, $variable:literal $(or $older:literal)?, $kind:ident $(, $guarded:ident)?;)*) => {
        $(pub(crate) const $name: Setting = Setting {
            key: $key,
            flag: $flag,
            variable: $variable,
            older_variable: concat!($($older)?),
            kind: Kind::$kind,
            guarded: settings!(@ $($guarded)?),
        };)*
        /// All that may stand in `orgready.toml`.
        pub(crate) const ALL: &[&Setting] = &[$(&$name),*];
    };
    (@ guarded) => { true };
    (@) => { false };
}

settings! {
    USERNAME = "username", "--username", "ORGREADY_USERNAME", Names;
    USERNAMES_FILE = "usernames_file", "--usernames-file", "ORGREADY_USERNAMES_FILE", Text;
    WHERE = "where", "--where", "ORGREADY_WHERE", Text;
    ALL_ACTIVE = "all_active", "--all-active", "ORGREADY_ALL_ACTIVE", Switch;
    PENDING = "pending", "--pending", "ORGREADY_PENDING", Switch;
    IF_NONE = "if_none", "--if-none", "ORGREADY_IF_NONE", Text;
    SHARD = "shard", "--shard", "ORGREADY_SHARD", Text;
    HUB_USERNAME = "hub_username", "--hub-username", "ORGREADY_HUB_USERNAME", Text;
    TARGET_DEV_HUB = "target_dev_hub", "--target-dev-hub", "SF_TARGET_DEV_HUB" or "SFDX_DEFAULTDEVHUBUSERNAME", Text;
    CLIENT_ID = "client_id", "--client-id", "ORGREADY_CLIENT_ID", Text;
    JWT_KEY_FILE = "jwt_key_file", "--jwt-key-file", "ORGREADY_JWT_KEY_FILE", Text;
    INSTANCE_URL = "instance_url", "--instance-url", "ORGREADY_HUB_INSTANCE_URL", Text;
    AUDIENCE = "audience", "--audience", "SF_AUDIENCE_URL" or "SFDX_AUDIENCE_URL", Text;
    WAIT = "wait", "--wait", "ORGREADY_WAIT", Text;
    CONCURRENCY = "concurrency", "--concurrency", "ORGREADY_CONCURRENCY", Text;
    RATE = "rate", "--rate", "ORGREADY_RATE", Text;
    ALIAS = "alias", "--alias", "ORGREADY_ALIAS", Text;
    SET_DEFAULT = "set_default", "--set-default", "ORGREADY_SET_DEFAULT", Switch;
    DEFINITION_FILE = "definition_file", "--definition-file", "ORGREADY_DEFINITION_FILE", Text;
    NO_SETTINGS = "no_settings", "--no-settings", "ORGREADY_NO_SETTINGS", Switch;
    NO_SF_STORE = "no_sf_store", "--no-sf-store", "ORGREADY_NO_SF_STORE", Switch;
    KEEP_KEY_FILE = "keep_key_file", "--keep-key-file", "ORGREADY_KEEP_KEY_FILE", Text, guarded;
    REPORT = "report", "--report", "ORGREADY_REPORT", Paths;
    OUTPUT_ENV = "output_env", "--output-env", "ORGREADY_OUTPUT_ENV", Text;
    TOKENS_FILE = "tokens_file", "--tokens-file", "ORGREADY_TOKENS_FILE", Text, guarded;
    CI = "ci", "--ci", "ORGREADY_CI", Text;
    JSON = "json", "--json", "SF_CONTENT_TYPE" or "SFDX_CONTENT_TYPE", Switch;
    COLOR = "color", "--color", "NO_COLOR", Text;
    QUIET = "quiet", "--quiet", "ORGREADY_QUIET", Switch;
    VERBOSE = "verbose", "--verbose", "ORGREADY_VERBOSE", Switch;
    LOG_FORMAT = "log_format", "--log-format", "ORGREADY_LOG_FORMAT", Text;
    ALLOW_HOST = "allow_host", "--allow-host", "ORGREADY_ALLOW_HOSTS", Names, guarded;
    CA_CERTIFICATE = "ca_certificate", "--ca-certificate", "NODE_EXTRA_CA_CERTS", Text, guarded;
    API_VERSION = "api_version", "--api-version", "SF_ORG_API_VERSION" or "SFDX_API_VERSION", Text;
    REQUEST_TIMEOUT = "request_timeout", "--request-timeout", "ORGREADY_REQUEST_TIMEOUT", Text;
    RETRY_INITIAL = "retry_initial", "--retry-initial", "ORGREADY_RETRY_INITIAL", Text;
    RETRY_MAX = "retry_max", "--retry-max", "ORGREADY_RETRY_MAX", Text;
}

/// `delete --yes`, which is said for one run, and stands in no file.
pub(crate) const YES: Setting = Setting {
    key: "yes",
    flag: "--yes",
    variable: "ORGREADY_YES",
    older_variable: "",
    kind: Kind::Switch,
    guarded: true,
};

/// `[retry] multiplier`, which has no flag.
pub(crate) const RETRY_MULTIPLIER: Setting =
    Setting { key: "retry.multiplier", flag: "", variable: "", older_variable: "", kind: Kind::Text, guarded: false };

/// `[retry] jitter`, which has no flag.
pub(crate) const RETRY_JITTER: Setting =
    Setting { key: "retry.jitter", flag: "", variable: "", older_variable: "", kind: Kind::Text, guarded: false };

/// Where a setting stands in a table of the file: the table, the key there, the setting.
pub(crate) const IN_TABLES: &[(&str, &str, &Setting)] = &[
    ("http", "request_timeout", &REQUEST_TIMEOUT),
    ("retry", "initial", &RETRY_INITIAL),
    ("retry", "multiplier", &RETRY_MULTIPLIER),
    ("retry", "max", &RETRY_MAX),
    ("retry", "jitter", &RETRY_JITTER),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use clap::CommandFactory;

    use super::*;
    use crate::cli::args::Cli;

    /// The long flags of `login` that are settings, which `--config` and `--help` are not.
    fn flags_of_login() -> BTreeSet<String> {
        let mut program = Cli::command();
        program.build();
        let login = program.find_subcommand("login").unwrap();
        let flags = login.get_arguments().filter_map(|argument| argument.get_long());
        flags.filter(|flag| !matches!(*flag, "config" | "help" | "version")).map(ToOwned::to_owned).collect()
    }

    #[test]
    fn every_flag_of_login_is_a_setting_and_every_setting_a_flag() {
        let settings: BTreeSet<String> = ALL.iter().map(|setting| setting.flag[2..].to_owned()).collect();
        assert_eq!(settings, flags_of_login());
        for setting in ALL {
            assert_eq!(setting.key, setting.flag[2..].replace('-', "_"));
        }
    }

    #[test]
    fn the_help_names_the_variable_of_every_setting() {
        let mut program = Cli::command();
        program.build();
        for argument in program.find_subcommand("login").unwrap().get_arguments() {
            let Some(setting) = ALL.iter().find(|setting| argument.get_long() == Some(&setting.flag[2..])) else {
                continue;
            };
            let help = argument.get_help().unwrap().to_string();
            assert!(help.contains(&format!("[env: {}", setting.variable)), "{}: {help}", setting.flag);
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
        for setting in ALL.iter().filter(|setting| !others.contains(&setting.variable)) {
            let usual = format!("ORGREADY_{}", setting.key.to_uppercase());
            let special = ["ORGREADY_HUB_INSTANCE_URL", "ORGREADY_ALLOW_HOSTS"].contains(&setting.variable);
            assert!(setting.variable == usual || special, "{}", setting.variable);
        }
    }
}
