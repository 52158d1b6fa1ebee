//! What was typed: the flags of a command that were given, by key.

use std::collections::HashMap;

use clap::ArgMatches;
use clap::parser::ValueSource;

use super::setting::{EVERY, HUB, HUB_USER, HUB_USERNAME, Kind, Setting, USERNAME};
use super::value::cleaned;
use crate::cli::environment::clean;

/// Usernames that no flag stands before.
pub(crate) const POSITIONAL: &str = "usernames";

/// What was typed: a switch as `true`.
#[derive(Debug, Default)]
pub(crate) struct Typed(HashMap<&'static str, Vec<String>>);

impl Typed {
    /// The flags of these commands that were given.
    pub(crate) fn of(matches: &ArgMatches, commands: u8) -> Self {
        let texts = |id: &str| {
            let given = matches.value_source(id) == Some(ValueSource::CommandLine);
            let raw = matches.get_raw(id).filter(|_| given).into_iter().flatten();
            raw.map(|text| text.to_string_lossy().into_owned()).collect::<Vec<_>>()
        };
        let given = |setting: &'static Setting| {
            let mut all = texts(setting.key);
            if (setting.key, setting.kind) == (USERNAME.key, Kind::Names) {
                all.splice(0..0, texts(POSITIONAL));
            }
            // A flag that is only another name of a setting.
            let key = if commands == HUB && setting.key == HUB_USER.key { HUB_USERNAME.key } else { setting.key };
            (!all.is_empty()).then_some((key, all))
        };
        Self(Setting::flags_of(commands | EVERY).filter_map(given).collect())
    }

    /// The same without this setting.
    pub(crate) fn without(mut self, setting: &Setting) -> Self {
        self.0.remove(setting.key);
        self
    }

    /// What was given of a setting.
    pub(crate) fn get(&self, setting: &Setting) -> Option<Vec<String>> {
        let texts = self.0.get(setting.key)?.iter().map(String::as_str);
        Some(match setting.kind {
            Kind::Names | Kind::Paths => cleaned(texts),
            Kind::Text | Kind::Switch => texts.map(|text| clean(text).to_owned()).collect(),
        })
    }
}
