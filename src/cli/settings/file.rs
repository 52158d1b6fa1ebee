//! `orgready.toml`: its keys and values, checked against the settings that exist.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::origin::{Origin, Place, Sourced};
use super::setting::{IN_TABLES, Kind, Setting};
use super::trust;
use super::value::{cleaned, holds_key, key_in};
use crate::cli::problem::{Problem, Problems};
use crate::cli::suggestion::nearest;
use crate::files::{FileError, Reading};
use crate::model::untrusted::sanitize_line;

/// The file with every key; the defaults come from it.
pub(crate) const DEFAULTS: &str = include_str!("../../../config/orgready.toml");

/// The name of a file that is found without being named.
pub(crate) const FOUND: &str = "orgready.toml";

/// The settings of one file: what can be used of it.
#[derive(Debug)]
pub(crate) struct SettingsFile {
    /// Where it is.
    pub(crate) path: PathBuf,
    found: bool,
    values: BTreeMap<&'static str, Vec<String>>,
}

impl SettingsFile {
    /// Reads the file at `path`; `found` is whether nobody named it.
    pub(crate) fn load(path: &Path, found: bool, problems: &Problems) -> Self {
        let reading = if found { Reading::REGULAR } else { Reading::NAMED };
        let unreadable = |error: FileError| {
            let message = format!("the settings file {} cannot be read: {}", path.display(), error.reason);
            Problem::new(message).with_action("name an existing file with --config")
        };
        let trusted = if found { trust::check_found_file(path) } else { Ok(()) };
        let text = problems.keep(trusted.and_then(|()| reading.text(path).map_err(unreadable)));
        Self::parse(&text.unwrap_or_default(), path, found, problems)
    }

    /// The same of the file's text.
    pub(crate) fn parse(text: &str, path: &Path, found: bool, problems: &Problems) -> Self {
        let table = text.parse::<Table>().map_err(|error: toml::de::Error| {
            if holds_key(text) {
                return key_in(&path.display().to_string());
            }
            let line = error.span().map_or(1, |span| text[..span.start].matches('\n').count() + 1);
            let reason = sanitize_line(error.message(), 200);
            Problem::new(format!("{}, line {line}, is not TOML: {reason}", path.display()))
        });
        let mut file = Self { path: path.to_owned(), found, values: BTreeMap::new() };
        let is_table = |key: &str| IN_TABLES.iter().any(|(name, _)| name.starts_with(&format!("{key}.")));
        for (key, value) in problems.keep(table).unwrap_or_default() {
            let entries = match value {
                Value::Table(inner) if is_table(&key) => {
                    inner.into_iter().map(|(inner, value)| (format!("{key}.{inner}"), value)).collect()
                }
                value => vec![(key, value)],
            };
            for (key, value) in entries {
                problems.keep(file.read_key(&key, &value));
            }
        }
        file
    }

    /// What it says of a setting; an empty text or list says nothing.
    pub(crate) fn get(&self, setting: &Setting) -> Option<Sourced<Vec<String>>> {
        let value = self.values.get(setting.key).filter(|texts| !texts.is_empty())?.clone();
        let place = Place { key: setting.key, file: self.path.clone(), found: self.found };
        Some(Sourced { value, origin: Origin::File(place) })
    }

    /// From now on it says nothing of this setting.
    pub(crate) fn forget(&mut self, setting: &Setting) {
        self.values.remove(setting.key);
    }

    /// Keeps the value of a key; that of a table is named `table.key`.
    fn read_key(&mut self, key: &str, value: &Value) -> Result<(), Problem> {
        let refused = |what: &str| Problem::new(format!("{}: {what}", self.path.display()));
        let known = || Setting::of_file().map(|setting| (setting.key, setting)).chain(IN_TABLES.iter().copied());
        let Some((_, setting)) = known().find(|(name, _)| *name == key) else {
            let action = match nearest(key, known().map(|(name, _)| name.to_owned())) {
                Some(nearest) => format!("did you mean \"{nearest}\"?"),
                None => "config/orgready.toml in orgready's repository holds every key".to_owned(),
            };
            let unknown = format!("there is no setting \"{}\"", sanitize_line(key, 60));
            return Err(refused(&unknown).with_action(action));
        };
        let texts = texts(setting.kind, value).map_err(|wanted| refused(&format!("{key} must be {wanted}")))?;
        match self.values.insert(setting.key, texts) {
            Some(_) => Err(refused(&format!("{key} stands twice, at the top level and in a table"))),
            None => Ok(()),
        }
    }
}

/// The texts of a value; else what one of this kind looks like.
fn texts(kind: Kind, value: &Value) -> Result<Vec<String>, &'static str> {
    match (kind, value) {
        (Kind::Text | Kind::Names | Kind::Paths, Value::String(text)) => Ok(cleaned([text.as_str()])),
        (Kind::Text, Value::Integer(number)) => Ok(vec![number.to_string()]),
        (Kind::Text, Value::Float(number)) => Ok(vec![number.to_string()]),
        (Kind::Switch, Value::Boolean(yes)) => Ok(vec![yes.to_string()]),
        (Kind::Names | Kind::Paths, Value::Array(values)) if values.iter().all(Value::is_str) => {
            Ok(cleaned(values.iter().filter_map(Value::as_str)))
        }
        (Kind::Text, _) => Err("a text in quotes"),
        (Kind::Names | Kind::Paths, _) => Err("a list of texts, such as [\"a\", \"b\"]"),
        (Kind::Switch, _) => Err("true or false"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::cli::settings::setting::{RETRY_JITTER, RETRY_MAX, RETRY_MULTIPLIER, WAIT};

    fn parse(text: &str, found: bool) -> Result<SettingsFile, Vec<Problem>> {
        let problems = Problems::default();
        let file = SettingsFile::parse(text, Path::new("orgready.toml"), found, &problems);
        problems.check().map(|()| file)
    }

    fn problem(text: &str) -> Problem {
        parse(text, true).unwrap_err().remove(0)
    }

    #[test]
    fn the_file_with_the_defaults_holds_every_key_and_no_other() {
        let defaults = parse(DEFAULTS, true).unwrap();
        let mut known: BTreeSet<_> = Setting::of_file().map(|setting| setting.key).collect();
        known.extend([RETRY_MULTIPLIER.key, RETRY_JITTER.key]);
        assert_eq!(defaults.values.keys().copied().collect::<BTreeSet<_>>(), known);
    }

    #[test]
    fn a_key_instead_of_settings_is_told_without_being_shown() {
        let problem = problem("-----BEGIN PRIVATE KEY-----\nMIIEsecret\n-----END PRIVATE KEY-----\n");
        assert_eq!(problem.message, "orgready.toml holds a private key itself");
    }

    #[test]
    fn every_key_with_a_default_has_a_comment_before_it() {
        let lines: Vec<_> = DEFAULTS.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            if line.contains(" = ") && !line.starts_with('#') {
                assert!(lines[at - 1].starts_with('#'), "{line}");
            }
        }
    }

    #[test]
    fn an_unknown_key_is_an_error_that_names_the_nearest() {
        assert_eq!(problem("wiat = \"1m\"").action.as_deref(), Some("did you mean \"wait\"?"));
        assert_eq!(problem("hub-username = \"a\"").action.as_deref(), Some("did you mean \"hub_username\"?"));
        assert_eq!(problem("[retry]\ninital = \"1s\"").action.as_deref(), Some("did you mean \"retry.initial\"?"));
        assert!(problem("zzz = 1").message.contains("no setting \"zzz\""));
        assert!(problem("[retries]\nmax = \"1s\"").message.contains("no setting \"retries\""));
    }

    #[test]
    fn a_number_is_a_text_too_and_a_table_key_is_its_setting() {
        let file = parse("wait = 5\n[retry]\nmax = \"9s\"\nmultiplier = 2.5", true).unwrap();
        assert_eq!(file.get(&WAIT).unwrap().value, ["5"]);
        assert_eq!(file.get(&RETRY_MAX).unwrap().value, ["9s"]);
        assert_eq!(file.get(&RETRY_MULTIPLIER).unwrap().value, ["2.5"]);
        assert_eq!(parse("wait = \"\"", true).unwrap().get(&WAIT), None);
        assert!(problem("retry_max = \"1s\"\n[retry]\nmax = \"2s\"").message.contains("stands twice"));
    }

    #[test]
    fn a_value_of_the_wrong_shape_and_bad_syntax_are_told_with_their_place() {
        assert!(problem("wait = [1]").message.contains("wait must be a text"));
        assert!(problem("json = \"yes\"").message.contains("json must be true or false"));
        assert!(problem("wait = \"1m\"\nrate = = 1").message.contains("line 2"));
    }
}
