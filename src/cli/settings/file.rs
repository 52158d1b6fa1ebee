//! `orgready.toml`: its keys and values, checked against the settings that exist.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::origin::{Origin, Place, Sourced};
use super::setting::{IN_TABLES, Kind, Setting};
use super::trust;
use super::value::{Given, holds_key, key_in};
use crate::cli::problem::Problem;
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
    path: PathBuf,
    found: bool,
    values: BTreeMap<&'static str, Given>,
    problems: Vec<Problem>,
}

impl SettingsFile {
    /// Reads the file at `path`; `found` is whether nobody named it.
    pub(crate) fn load(path: &Path, found: bool) -> Self {
        let reading = if found { Reading::REGULAR } else { Reading::NAMED };
        let unreadable = |error: FileError| {
            let message = format!("the settings file {} cannot be read: {}", path.display(), error.reason);
            Problem::new(message).with_action("name an existing file with --config")
        };
        let trusted = if found { trust::check_found_file(path) } else { Ok(()) };
        match trusted.and_then(|()| reading.text(path).map_err(unreadable)) {
            Ok(text) => Self::parse(&text, path, found),
            Err(problem) => Self::nothing(path, found, Some(problem)),
        }
    }

    /// The same of the file's text.
    pub(crate) fn parse(text: &str, path: &Path, found: bool) -> Self {
        let error: toml::de::Error = match text.parse::<Table>() {
            Ok(table) => {
                let mut file = Self::nothing(path, found, None);
                table.iter().for_each(|(key, value)| file.read_key(key, value));
                return file;
            }
            Err(_) if holds_key(text) => {
                return Self::nothing(path, found, Some(key_in(&path.display().to_string())));
            }
            Err(error) => error,
        };
        let line = error.span().map_or(1, |span| text[..span.start].matches('\n').count() + 1);
        let reason = sanitize_line(error.message(), 200);
        let message = format!("{}, line {line}, is not TOML: {reason}", path.display());
        Self::nothing(path, found, Some(Problem::new(message)))
    }

    fn nothing(path: &Path, found: bool, problem: Option<Problem>) -> Self {
        Self { path: path.to_owned(), found, values: BTreeMap::new(), problems: problem.into_iter().collect() }
    }

    /// What is wrong with the rest of it, once.
    pub(crate) fn take_problems(&mut self) -> Vec<Problem> {
        std::mem::take(&mut self.problems)
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What it says of a setting; an empty text or list says nothing.
    pub(crate) fn get(&self, setting: &Setting) -> Option<Sourced<Given>> {
        let value = self.values.get(setting.key).filter(|given| given.says_something())?.clone();
        let place = Place { key: setting.key, file: self.path.clone(), found: self.found };
        Some(Sourced { value, origin: Origin::File(place) })
    }

    /// From now on it says nothing of this setting.
    pub(crate) fn forget(&mut self, setting: &Setting) {
        self.values.remove(setting.key);
    }

    fn read_key(&mut self, key: &str, value: &Value) {
        let tables: Vec<_> = IN_TABLES.iter().filter(|(table, _, _)| *table == key).collect();
        if let (false, Value::Table(entries)) = (tables.is_empty(), value) {
            for (inner, value) in entries {
                match tables.iter().find(|(_, name, _)| name == inner) {
                    Some((_, _, setting)) => self.read_value(setting, &format!("{key}.{inner}"), value),
                    None => self.refuse_unknown(&format!("{key}.{inner}")),
                }
            }
        } else if let Some(setting) = Setting::of_file().find(|setting| setting.key == key) {
            self.read_value(setting, key, value);
        } else {
            self.refuse_unknown(key);
        }
    }

    fn read_value(&mut self, setting: &Setting, key: &str, value: &Value) {
        let Some(given) = given(setting.kind, value) else {
            let wanted = match setting.kind {
                Kind::Text => "a text in quotes",
                Kind::Names | Kind::Paths => "a list of texts, such as [\"a\", \"b\"]",
                Kind::Switch => "true or false",
            };
            return self.refuse(&format!("{key} must be {wanted}"), None);
        };
        if self.values.insert(setting.key, given).is_some() {
            self.refuse(&format!("{key} stands twice, at the top level and in a table"), None);
        }
    }

    fn refuse_unknown(&mut self, key: &str) {
        let known = Setting::of_file().map(|setting| setting.key.to_owned());
        let inner = IN_TABLES.iter().map(|(table, key, _)| format!("{table}.{key}"));
        let action = match nearest(key, known.chain(inner)) {
            Some(nearest) => format!("did you mean \"{nearest}\"?"),
            None => "config/orgready.toml in orgready's repository holds every key".to_owned(),
        };
        self.refuse(&format!("there is no setting \"{}\"", sanitize_line(key, 60)), Some(action));
    }

    fn refuse(&mut self, what: &str, action: Option<String>) {
        let problem = Problem::new(format!("{}: {what}", self.path.display()));
        self.problems.push(match action {
            Some(action) => problem.with_action(action),
            None => problem,
        });
    }
}

/// The value in the shape that the setting has.
fn given(kind: Kind, value: &Value) -> Option<Given> {
    match (kind, value) {
        (Kind::Text, Value::String(text)) => Some(Given::text(text)),
        (Kind::Text, Value::Integer(number)) => Some(Given::Text(number.to_string())),
        (Kind::Text, Value::Float(number)) => Some(Given::Text(number.to_string())),
        (Kind::Names | Kind::Paths, Value::String(text)) => Some(Given::list([text.as_str()])),
        (Kind::Names | Kind::Paths, Value::Array(values)) => {
            values.iter().map(Value::as_str).collect::<Option<Vec<_>>>().map(Given::list)
        }
        (Kind::Switch, Value::Boolean(yes)) => Some(Given::Switch(*yes)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::cli::settings::setting::{RETRY_JITTER, RETRY_MAX, RETRY_MULTIPLIER, WAIT};

    fn parse(text: &str, found: bool) -> Result<SettingsFile, Vec<Problem>> {
        let mut file = SettingsFile::parse(text, Path::new("orgready.toml"), found);
        let problems = file.take_problems();
        if problems.is_empty() { Ok(file) } else { Err(problems) }
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
        assert_eq!(file.get(&WAIT).map(|given| given.value).as_ref(), Some(&Given::Text("5".into())));
        assert_eq!(file.get(&RETRY_MAX).map(|given| given.value).as_ref(), Some(&Given::Text("9s".into())));
        assert_eq!(file.get(&RETRY_MULTIPLIER).map(|given| given.value).as_ref(), Some(&Given::Text("2.5".into())));
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
