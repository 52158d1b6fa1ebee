//! The levels that a setting is looked up in, by itself: flag, environment, `orgready.toml`, default.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::file::{DEFAULTS, FOUND, Given, SettingsFile};
use super::keys::{JSON, Kind, Setting};
use super::origin::{Origin, Sourced};
use super::problem::Problem;
use crate::cli::environment::Environment;

/// What was typed: the flags that were given, by key.
#[derive(Debug, Default)]
pub(crate) struct Typed(serde_json::Map<String, serde_json::Value>);

impl Typed {
    /// The flags of a command's arguments, whose field names are the keys.
    pub(crate) fn of(arguments: &impl Serialize) -> Self {
        match serde_json::to_value(arguments) {
            Ok(serde_json::Value::Object(flags)) => Self(flags),
            _ => Self::default(),
        }
    }

    fn get(&self, setting: &Setting) -> Option<Given> {
        match self.0.get(setting.key)? {
            serde_json::Value::String(text) => Some(Given::Text(text.clone())),
            serde_json::Value::Bool(true) => Some(Given::Switch(true)),
            serde_json::Value::Array(values) if !values.is_empty() => {
                Some(Given::List(values.iter().filter_map(|value| value.as_str().map(ToOwned::to_owned)).collect()))
            }
            _ => None,
        }
    }
}

/// All levels below each other.
#[derive(Debug)]
pub(crate) struct Sources<'a> {
    typed: Typed,
    environment: &'a Environment,
    file: Option<SettingsFile>,
    defaults: SettingsFile,
}

impl<'a> Sources<'a> {
    /// Reads the settings file: the one that is named, else the one in the current folder.
    pub(crate) fn load(typed: Typed, config: Option<&str>, environment: &'a Environment) -> Result<Self, Vec<Problem>> {
        let (sources, problems) = Self::load_partly(typed, config, environment)?;
        if problems.is_empty() { Ok(sources) } else { Err(problems) }
    }

    /// The same with what can be used of the settings file, and what is wrong with the rest of it.
    pub(crate) fn load_partly(
        typed: Typed,
        config: Option<&str>,
        environment: &'a Environment,
    ) -> Result<(Self, Vec<Problem>), Vec<Problem>> {
        let named = config.map(PathBuf::from).or_else(|| environment.raw("ORGREADY_CONFIG").map(PathBuf::from));
        let found = named.is_none();
        let path = environment.folder().join(named.unwrap_or_else(|| PathBuf::from(FOUND)));
        let partly = (!found || path.is_file()).then(|| SettingsFile::load_partly(&path, found));
        let (file, problems) = partly.map(|partly| (partly.file, partly.problems)).unzip();
        let defaults = SettingsFile::parse(DEFAULTS, Path::new("config/orgready.toml"), true)?;
        Ok((Self { typed, environment, file, defaults }, problems.unwrap_or_default()))
    }

    /// The settings file, where one is read.
    pub(crate) fn file(&self) -> Option<&Path> {
        self.file.as_ref().map(SettingsFile::path)
    }

    /// The surroundings.
    pub(crate) fn environment(&self) -> &'a Environment {
        self.environment
    }

    /// The text of a setting.
    pub(crate) fn text(&self, setting: &'static Setting) -> Option<Sourced<String>> {
        let given = self.given(setting)?;
        match given.value {
            Given::Text(value) => Some(Sourced { value, origin: given.origin }),
            Given::List(_) | Given::Switch(_) => None,
        }
    }

    /// The texts of a setting that may be given many times; none where it is not given.
    pub(crate) fn list(&self, setting: &'static Setting) -> Option<Sourced<Vec<String>>> {
        let given = self.given(setting)?;
        match given.value {
            Given::List(value) => Some(Sourced { value, origin: given.origin }),
            Given::Text(_) | Given::Switch(_) => None,
        }
    }

    /// Whether a setting is on.
    pub(crate) fn switch(&self, setting: &'static Setting) -> Result<Sourced<bool>, Problem> {
        match self.given(setting) {
            Some(Sourced { value: Given::Switch(value), origin }) => Ok(Sourced { value, origin }),
            Some(Sourced { value: Given::Text(text), origin }) => {
                let text = crate::model::untrusted::sanitize_line(&text, 40);
                Err(Problem::new(format!("{origin}: \"{text}\" is neither true nor false")))
            }
            _ => Ok(Sourced { value: false, origin: Origin::Default }),
        }
    }

    /// A path, relative to where it was written.
    pub(crate) fn path(&self, setting: &'static Setting) -> Option<Sourced<PathBuf>> {
        let text = self.text(setting)?;
        Some(Sourced { value: self.place(&text.value, &text.origin), origin: text.origin })
    }

    /// A path that was written in `origin`, as an absolute one.
    pub(crate) fn place(&self, path: &str, origin: &Origin) -> PathBuf {
        origin.folder().unwrap_or_else(|| self.environment.folder()).join(path)
    }

    fn given(&self, setting: &'static Setting) -> Option<Sourced<Given>> {
        if let Some(value) = self.typed.get(setting) {
            return Some(Sourced { value, origin: Origin::Flag(setting.flag) });
        }
        if let Some(value) = self.variable(setting) {
            return Some(Sourced { value, origin: Origin::Variable(setting.variable) });
        }
        if let Some((file, value)) = self.file.as_ref().and_then(|file| Some((file, file.get(setting)?))) {
            let origin = Origin::File { key: setting.key, file: file.path().to_owned() };
            return Some(Sourced { value: value.clone(), origin });
        }
        let value = self.defaults.get(setting)?.clone();
        Some(Sourced { value, origin: Origin::Default })
    }

    fn variable(&self, setting: &Setting) -> Option<Given> {
        let text = self.environment.text(setting.variable).filter(|_| !setting.variable.is_empty())?;
        let listed = |separates: fn(char) -> bool| {
            let entries: Vec<_> = text.split(separates).map(str::trim).filter(|entry| !entry.is_empty()).collect();
            (!entries.is_empty()).then(|| Given::List(entries.into_iter().map(ToOwned::to_owned).collect()))
        };
        match setting.kind {
            Kind::Text => Some(Given::Text(text)),
            Kind::Names => listed(|c| c == ',' || c.is_whitespace()),
            Kind::Paths => listed(|c| c == ','),
            // As in sf, only the word JSON asks for JSON; whatever else it says is somebody else's business.
            Kind::Switch if setting.key == JSON.key => wants_json(&text).then_some(Given::Switch(true)),
            Kind::Switch => Some(match text.to_lowercase().as_str() {
                "1" | "true" | "yes" | "on" => Given::Switch(true),
                "0" | "false" | "no" | "off" => Given::Switch(false),
                _ => Given::Text(text),
            }),
        }
    }
}

/// Whether `SF_CONTENT_TYPE` asks for JSON.
pub(crate) fn wants_json(content_type: &str) -> bool {
    content_type.trim().eq_ignore_ascii_case("json")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::LoginArgs;
    use crate::cli::settings::keys::{ALLOW_HOST, HUB_USERNAME, NO_SF_STORE, RATE, REPORT, RETRY_JITTER, WAIT};

    fn sources<'a>(arguments: &LoginArgs, environment: &'a Environment) -> Sources<'a> {
        Sources::load(Typed::of(arguments), arguments.network.config.as_deref(), environment).unwrap()
    }

    fn folder(orgready_toml: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("orgready.toml"), orgready_toml).unwrap();
        folder
    }

    #[test]
    fn a_flag_beats_a_variable_beats_the_file_beats_the_default() {
        let folder = folder("wait = \"3m\"\nrate = 7");
        let environment = Environment::of([("ORGREADY_WAIT", "2m"), ("ORGREADY_HUB_USERNAME", "")], folder.path());
        let mut arguments = LoginArgs::default();
        let wait = |arguments: &LoginArgs| sources(arguments, &environment).text(&WAIT).unwrap();
        assert_eq!(wait(&arguments).to_owned_parts(), ("2m".to_owned(), "ORGREADY_WAIT".to_owned()));
        arguments.waiting.wait = Some("1m".to_owned());
        assert_eq!(wait(&arguments).to_owned_parts(), ("1m".to_owned(), "--wait".to_owned()));
        let sources = sources(&arguments, &environment);
        let (rate, place) = sources.text(&RATE).unwrap().to_owned_parts();
        assert_eq!((rate.as_str(), place.starts_with("rate in ")), ("7", true));
        assert_eq!(sources.text(&HUB_USERNAME), None);
        assert_eq!(sources.text(&RETRY_JITTER).unwrap().to_owned_parts(), ("0.2".into(), "the default".into()));
    }

    #[test]
    fn a_variable_can_hold_many() {
        let folder = tempfile::tempdir().unwrap();
        let variables =
            [("ORGREADY_ALLOW_HOSTS", "a.example, b.example\tc.example"), ("ORGREADY_REPORT", "a b.xml,c.md")];
        let environment = Environment::of(variables, folder.path());
        let sources = sources(&LoginArgs::default(), &environment);
        assert_eq!(sources.list(&ALLOW_HOST).unwrap().value, ["a.example", "b.example", "c.example"]);
        assert_eq!(sources.list(&REPORT).unwrap().value, ["a b.xml", "c.md"]);
    }

    #[test]
    fn a_switch_is_a_word_in_a_variable() {
        let folder = tempfile::tempdir().unwrap();
        for (word, on) in [("1", true), ("True", true), ("no", false), ("0", false), ("", false)] {
            let environment = Environment::of([("ORGREADY_NO_SF_STORE", word)], folder.path());
            assert_eq!(sources(&LoginArgs::default(), &environment).switch(&NO_SF_STORE).unwrap().value, on, "{word}");
        }
        let environment = Environment::of([("ORGREADY_NO_SF_STORE", "maybe")], folder.path());
        let problem = sources(&LoginArgs::default(), &environment).switch(&NO_SF_STORE).unwrap_err();
        assert!(problem.message.starts_with("ORGREADY_NO_SF_STORE: \"maybe\""));
    }

    #[test]
    fn json_is_asked_for_by_the_one_word_that_sf_knows() {
        let folder = tempfile::tempdir().unwrap();
        for (word, on) in [("JSON", true), ("json", true), ("text", false)] {
            let environment = Environment::of([("SF_CONTENT_TYPE", word)], folder.path());
            assert_eq!(sources(&LoginArgs::default(), &environment).switch(&JSON).unwrap().value, on, "{word}");
        }
    }

    #[test]
    fn a_path_in_the_file_is_relative_to_the_file() {
        use crate::cli::settings::keys::JWT_KEY_FILE;
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("ci")).unwrap();
        std::fs::write(folder.path().join("ci/settings.toml"), "jwt_key_file = \"server.key\"").unwrap();
        let environment = Environment::of([("ORGREADY_CONFIG", "ci/settings.toml")], folder.path());
        let sources = sources(&LoginArgs::default(), &environment);
        assert_eq!(sources.path(&JWT_KEY_FILE).unwrap().value, folder.path().join("ci/server.key"));
    }
}
