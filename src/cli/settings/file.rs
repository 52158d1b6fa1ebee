//! `orgready.toml`: its keys and values, checked against the settings that exist.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::setting::{IN_TABLES, Kind, Setting};
use super::trust;
use super::value::{Given, holds_key, key_in};
use crate::cli::problem::Problem;
use crate::cli::suggestion::nearest;
use crate::files::Reading;

/// The file with every key; the defaults come from it.
pub(crate) const DEFAULTS: &str = include_str!("../../../config/orgready.toml");

/// The name of a file that is found without being named.
pub(crate) const FOUND: &str = "orgready.toml";

/// The settings of one file.
#[derive(Debug, Clone)]
pub(crate) struct SettingsFile {
    path: PathBuf,
    found: bool,
    values: BTreeMap<&'static str, Given>,
}

impl SettingsFile {
    /// What can be used of the file at `path`, and what is wrong with the rest; `found` is whether nobody named it.
    pub(crate) fn load(path: &Path, found: bool) -> Partly {
        let text = match found.then(|| trust::check_found_file(path)) {
            Some(Err(problem)) => Err(problem),
            _ => if found { Reading::REGULAR } else { Reading::NAMED }.text(path).map_err(|error| {
                let message = format!("the settings file {} cannot be read: {}", path.display(), error.reason);
                Problem::new(message).with_action("name an existing file with --config")
            }),
        };
        match text {
            Ok(text) => Self::parse(&text, path, found),
            Err(problem) => Partly::nothing(path, problem),
        }
    }

    /// The same of the file's text.
    pub(crate) fn parse(text: &str, path: &Path, found: bool) -> Partly {
        let table: Table = match text.parse() {
            Ok(table) => table,
            Err(_) if holds_key(text) => return Partly::nothing(path, key_in(&path.display().to_string())),
            Err(error) => {
                let error: toml::de::Error = error;
                let line = error.span().map_or(1, |span| text[..span.start].matches('\n').count() + 1);
                let reason = crate::model::untrusted::sanitize_line(error.message(), 200);
                let message = format!("{}, line {line}, is not TOML: {reason}", path.display());
                return Partly::nothing(path, Problem::new(message));
            }
        };
        let mut reader = Reader { path, values: BTreeMap::new(), problems: Vec::new() };
        for (key, value) in &table {
            reader.read_key(key, value);
        }
        Partly { file: Self { path: path.to_owned(), found, values: reader.values }, problems: reader.problems }
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it was merely found.
    pub(crate) fn is_found(&self) -> bool {
        self.found
    }

    /// What it says of a setting; an empty text or list says nothing.
    pub(crate) fn get(&self, setting: &Setting) -> Option<&Given> {
        self.values.get(setting.key).filter(|given| given.says_something())
    }

    /// From now on it says nothing of this setting.
    pub(crate) fn forget(&mut self, setting: &Setting) {
        self.values.remove(setting.key);
    }

    /// Every key that is there, for the test that the file with the defaults is complete.
    #[cfg(test)]
    pub(crate) fn keys(&self) -> impl Iterator<Item = &'static str> {
        self.values.keys().copied()
    }
}

/// A file of which perhaps not everything can be used.
#[derive(Debug)]
pub(crate) struct Partly {
    /// What can be used.
    pub(crate) file: SettingsFile,
    /// What is wrong with the rest.
    pub(crate) problems: Vec<Problem>,
}

impl Partly {
    fn nothing(path: &Path, problem: Problem) -> Self {
        let file = SettingsFile { path: path.to_owned(), found: false, values: BTreeMap::new() };
        Self { file, problems: vec![problem] }
    }
}

/// A file while it is read.
struct Reader<'a> {
    path: &'a Path,
    values: BTreeMap<&'static str, Given>,
    problems: Vec<Problem>,
}

impl Reader<'_> {
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
            return self.refuse(&format!("{key} must be {wanted}"));
        };
        if self.values.insert(setting.key, given).is_some() {
            self.refuse(&format!("{key} stands twice, at the top level and in a table"));
        }
    }

    fn refuse_unknown(&mut self, key: &str) {
        let shown = crate::model::untrusted::sanitize_line(key, 60);
        let known = Setting::of_file().map(|setting| setting.key.to_owned());
        let inner = IN_TABLES.iter().map(|(table, key, _)| format!("{table}.{key}"));
        let nearest = nearest(key, known.chain(inner));
        let problem = Problem::new(format!("{}: there is no setting \"{shown}\"", self.path.display()));
        self.problems.push(match nearest {
            Some(nearest) => problem.with_action(format!("did you mean \"{nearest}\"?")),
            None => problem.with_action("config/orgready.toml in orgready's repository holds every key"),
        });
    }

    fn refuse(&mut self, what: &str) {
        self.problems.push(Problem::new(format!("{}: {what}", self.path.display())));
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
        let Partly { file, problems } = SettingsFile::parse(text, Path::new("orgready.toml"), found);
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
        assert_eq!(defaults.keys().collect::<BTreeSet<_>>(), known);
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
        assert_eq!(file.get(&WAIT), Some(&Given::Text("5".into())));
        assert_eq!(file.get(&RETRY_MAX), Some(&Given::Text("9s".into())));
        assert_eq!(file.get(&RETRY_MULTIPLIER), Some(&Given::Text("2.5".into())));
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
