//! What was typed: the flags of a command that were given, by key.

use std::collections::HashMap;

use clap::ArgMatches;

use super::setting::{EVERY, Kind, Setting, USERNAME};
use super::value::Given;

/// Usernames that no flag stands before.
pub(crate) const POSITIONAL: &str = "usernames";

/// What was typed.
#[derive(Debug, Default)]
pub(crate) struct Typed(HashMap<&'static str, Given>);

impl Typed {
    /// The flags of these commands that were given.
    pub(crate) fn of(matches: &ArgMatches, commands: u8) -> Self {
        let given = |setting: &'static Setting| {
            let texts = |key| matches.get_many::<String>(key).into_iter().flatten().map(String::as_str);
            let value = match setting.kind {
                Kind::Switch => matches.get_flag(setting.key).then_some(Given::Switch(true)),
                Kind::Text => matches.get_one::<String>(setting.key).map(|text| Given::text(text)),
                Kind::Names | Kind::Paths => {
                    let positional = (setting.key == USERNAME.key).then(|| texts(POSITIONAL));
                    let all: Vec<&str> = positional.into_iter().flatten().chain(texts(setting.key)).collect();
                    (!all.is_empty()).then(|| Given::list(all))
                }
            };
            Some((setting.key, value?))
        };
        Self(Setting::flags_of(commands | EVERY).filter_map(given).collect())
    }

    /// The same with this setting.
    pub(crate) fn with(mut self, setting: &Setting, value: Given) -> Self {
        self.0.insert(setting.key, value);
        self
    }

    /// The same without this setting.
    pub(crate) fn without(mut self, setting: &Setting) -> Self {
        self.0.remove(setting.key);
        self
    }

    /// The same, where one flag is only another name of a setting.
    pub(crate) fn renamed(mut self, flag: &Setting, setting: &Setting) -> Self {
        if let Some(given) = self.0.remove(flag.key) {
            self.0.insert(setting.key, given);
        }
        self
    }

    /// What was given of a setting.
    pub(crate) fn get(&self, setting: &Setting) -> Option<&Given> {
        self.0.get(setting.key)
    }
}
