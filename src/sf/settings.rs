//! Where the store lies and how `sf` is set up on this machine: everything that the environment says about it, as a value.

use std::ffi::OsString;
use std::path::PathBuf;

/// Where `sf` looks for its own secret tool on Linux unless told otherwise (`keyChainImpl.ts`).
const SECRET_TOOL: &str = "/usr/bin/secret-tool";

/// The operating system, as far as `sf` makes a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Platform {
    /// Linux: a secret tool, if there is one.
    Linux,
    /// macOS: the keychain.
    MacOs,
    /// Windows: a file.
    Windows,
    /// Anything else: a file.
    Other,
}

impl Platform {
    /// The one that this program was built for.
    pub fn current() -> Self {
        match std::env::consts::OS {
            "linux" => Self::Linux,
            "macos" => Self::MacOs,
            "windows" => Self::Windows,
            _ => Self::Other,
        }
    }
}

/// Where the store lies and how `sf` is set up.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct StoreSettings {
    /// The user's home folder: `HOME`, on Windows `USERPROFILE`.
    pub home: PathBuf,
    /// The folder that the program was started in, absolute: a project is looked for there and above.
    pub folder: PathBuf,
    /// The operating system.
    pub platform: Platform,
    /// Whether `sf` was told to keep its key in a file (`SF_USE_GENERIC_UNIX_KEYCHAIN`).
    pub generic_keychain: bool,
    /// The program that `sf` asks for its key on Linux.
    pub secret_tool: PathBuf,
    /// Whether a new key of `sf` is one of the longer kind (`SF_CRYPTO_V2`).
    pub crypto_v2: bool,
    /// Whether defaults are mirrored into the files of the older `sfdx` (`SF_SFDX_INTEROPERABILITY`).
    pub interoperability: bool,
}

impl StoreSettings {
    /// Reads those settings of `sf` that concern its store; `variable` looks one up in the environment.
    pub fn new(home: PathBuf, folder: PathBuf, variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let text = |name: &str| variable(name).and_then(|value| value.into_string().ok());
        let set = |name: &str| text(name).filter(|value| !value.is_empty());
        let generic = set("SF_USE_GENERIC_UNIX_KEYCHAIN").or_else(|| set("SFDX_USE_GENERIC_UNIX_KEYCHAIN"));
        Self {
            home,
            folder,
            platform: Platform::current(),
            generic_keychain: generic.is_some_and(|value| is_true(&value)),
            secret_tool: variable("SFDX_SECRET_TOOL_PATH").map_or_else(|| PathBuf::from(SECRET_TOOL), PathBuf::from),
            crypto_v2: text("SF_CRYPTO_V2").is_some_and(|value| value.eq_ignore_ascii_case("true")),
            interoperability: text("SF_SFDX_INTEROPERABILITY").is_none_or(|value| is_true(&value)),
        }
    }
}

/// As `toBoolean` of `@salesforce/kit` has it.
pub(super) fn is_true(value: &str) -> bool {
    value.eq_ignore_ascii_case("true") || value == "1"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(variables: &[(&str, &str)]) -> StoreSettings {
        StoreSettings::new("/home/ci".into(), "/repo".into(), |name| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value))
        })
    }

    #[test]
    fn nothing_set_means_what_sf_does_by_default() {
        let plain = settings(&[]);
        assert!(!plain.generic_keychain && !plain.crypto_v2 && plain.interoperability);
        assert_eq!(plain.secret_tool, PathBuf::from(SECRET_TOOL));
    }

    #[test]
    fn the_older_name_counts_where_the_newer_one_is_not_set() {
        assert!(settings(&[("SFDX_USE_GENERIC_UNIX_KEYCHAIN", "TRUE")]).generic_keychain);
        assert!(
            !settings(&[("SF_USE_GENERIC_UNIX_KEYCHAIN", "false"), ("SFDX_USE_GENERIC_UNIX_KEYCHAIN", "true")])
                .generic_keychain
        );
    }

    #[test]
    fn true_and_one_are_true_and_yes_is_not() {
        assert!(settings(&[("SF_USE_GENERIC_UNIX_KEYCHAIN", "1")]).generic_keychain);
        assert!(!settings(&[("SF_USE_GENERIC_UNIX_KEYCHAIN", "yes")]).generic_keychain);
        assert!(!settings(&[("SF_SFDX_INTEROPERABILITY", "no")]).interoperability);
        assert!(!settings(&[("SF_CRYPTO_V2", "1")]).crypto_v2);
    }
}
