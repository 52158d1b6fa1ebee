//! The levels that a setting is looked up in, by itself: flag, environment, `orgready.toml`, default. What a stronger
//! level says hides what a weaker one says, right or wrong.

use std::fmt;
use std::path::{Path, PathBuf};

use super::file::{DEFAULTS, FOUND, SettingsFile};
use super::origin::{Origin, Sourced};
use super::setting::{COLOR, CONFIG, JSON, Kind, Setting, Trust};
use super::trust;
use super::typed::Typed;
use super::value::{check_list, check_variable, cleaned, refuse_key};
use crate::cli::environment::Environment;
use crate::cli::problem::{Problem, Problems};
use crate::files::folder;
use crate::model::untrusted::sanitize_line;

/// All levels below each other.
#[derive(Debug)]
pub(crate) struct Sources<'a> {
    /// What is wrong with what they say.
    pub(crate) problems: Problems,
    typed: Typed,
    /// The surroundings.
    pub(crate) environment: &'a Environment,
    file: Option<SettingsFile>,
    defaults: SettingsFile,
}

impl<'a> Sources<'a> {
    /// Reads the settings file: the one that is named, else the one in the current folder. What can be used of it counts.
    pub(crate) fn load(typed: Typed, environment: &'a Environment) -> Self {
        let problems = Problems::default();
        let defaults = SettingsFile::parse(DEFAULTS, Path::new("the defaults"), false, &problems);
        let mut sources = Self { problems, typed, environment, file: None, defaults };
        let Some(named) = sources.problems.keep(sources.text(&CONFIG)) else { return sources };
        let path = environment.folder().join(named.as_ref().map_or(FOUND, |named| &named.value));
        if named.is_some() || path.is_file() {
            sources.file = Some(SettingsFile::load(&path, named.is_none(), &sources.problems));
            sources.forget_guarded();
        } else if folder::kind(&path).is_ok() {
            sources.problems.warn([format!("{} is not read: it is no regular file", path.display())]);
        }
        sources
    }

    /// Refuses what the settings file says and may not say, where nothing stronger hides it.
    fn forget_guarded(&mut self) {
        for setting in Setting::of_file() {
            let origin = self.look_up(setting).ok().flatten().map_or(Origin::Default, |given| given.origin);
            if let (Err(problem), Some(file)) = (trust::check_setting(setting, &origin), &mut self.file) {
                file.forget(setting);
                self.problems.add(problem);
            }
        }
    }

    /// The settings file, where one is read.
    pub(crate) fn file(&self) -> Option<&Path> {
        self.file.as_ref().map(|file| file.path.as_path())
    }

    /// The texts of a setting that may be given many times; none where it is not given.
    pub(crate) fn list(&self, setting: &'static Setting) -> Result<Option<Sourced<Vec<String>>>, Problem> {
        let given = self.look_up(setting)?;
        given.iter().try_for_each(|given| refuse_key(&given.value, &given.origin))?;
        Ok(given)
    }

    /// The text of a setting.
    pub(crate) fn text(&self, setting: &'static Setting) -> Result<Option<Sourced<String>>, Problem> {
        let Some(Sourced { value, origin }) = self.list(setting)? else { return Ok(None) };
        Ok(value.into_iter().next().map(|value| Sourced { value, origin }))
    }

    /// What the text of a setting means.
    pub(crate) fn read<T, E: fmt::Display>(
        &self,
        setting: &'static Setting,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<Sourced<T>>, Problem> {
        let Some(text) = self.text(setting)? else { return Ok(None) };
        Ok(Some(Sourced { value: text.read(|text| read(text))?, origin: text.origin }))
    }

    /// The one of these that a setting names.
    pub(crate) fn choice<T: Copy>(&self, setting: &'static Setting, known: &[(&str, T)]) -> Result<Option<T>, Problem> {
        let choice = self.read(setting, |text| {
            let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
            let (last, others) = names.split_last().unwrap_or((&"", &[]));
            let one = known.iter().find(|(name, _)| *name == text).map(|(_, value)| *value);
            let shown = || format!("\"{}\" is none of {} and {last}", sanitize_line(text, 40), others.join(", "));
            one.ok_or_else(shown)
        });
        Ok(choice?.map(|choice| choice.value))
    }

    /// Where a switch is turned on, if it is.
    pub(crate) fn switch(&self, setting: &'static Setting) -> Result<Option<Origin>, Problem> {
        let neither = |text: &str| format!("\"{}\" is neither true nor false", sanitize_line(text, 40));
        let switch = self.read(setting, |text| is_yes(text).ok_or_else(|| neither(text)))?;
        Ok(switch.filter(|switch| switch.value).map(|switch| switch.origin))
    }

    /// Whether a switch is turned on; what is wrong with it is kept.
    pub(crate) fn is_on(&self, setting: &'static Setting) -> bool {
        self.problems.keep(self.switch(setting)).flatten().is_some()
    }

    /// How strong the level is that says something of a setting, be it right or wrong; a switch that is off says nothing.
    pub(crate) fn level(&self, setting: &'static Setting) -> Option<u8> {
        let is_off =
            |texts: &[String]| setting.kind == Kind::Switch && texts.iter().any(|text| is_yes(text) == Some(false));
        match self.look_up(setting) {
            Ok(given) => given.filter(|given| !is_off(&given.value)).map(|given| given.origin.level()),
            // Only a variable is refused by its looks.
            Err(_) => Some(Origin::Variable(setting.variable).level()),
        }
    }

    /// The strongest level that says something of any of these settings.
    pub(crate) fn strongest(&self, settings: &[&'static Setting]) -> Option<u8> {
        settings.iter().filter_map(|setting| self.level(setting)).min()
    }

    /// What this reads of a setting, where that level says it.
    pub(crate) fn at<T>(
        &self,
        level: Option<u8>,
        setting: &'static Setting,
        read: impl FnOnce(&Self, &'static Setting) -> Result<Option<T>, Problem>,
    ) -> Result<Option<T>, Problem> {
        if self.level(setting) == level { read(self, setting) } else { Ok(None) }
    }

    /// A path, relative to where it was written.
    pub(crate) fn path(&self, setting: &'static Setting) -> Result<Option<Sourced<PathBuf>>, Problem> {
        let Some(text) = self.text(setting)? else { return Ok(None) };
        Ok(Some(Sourced { value: self.place(&text.value, &text.origin)?, origin: text.origin }))
    }

    /// A path that was written in `origin`, as an absolute one.
    pub(crate) fn place(&self, path: &str, origin: &Origin) -> Result<PathBuf, Problem> {
        let path = origin.folder().unwrap_or_else(|| self.environment.folder()).join(path);
        trust::check_path(origin, &path)?;
        Ok(path)
    }

    fn look_up(&self, setting: &'static Setting) -> Result<Option<Sourced<Vec<String>>>, Problem> {
        if let Some(value) = self.typed.get(setting) {
            return Ok(Some(Sourced { value, origin: Origin::Flag(setting.key) }));
        }
        if let Some(given) = self.variable(setting)? {
            return Ok(Some(given));
        }
        if setting.trust == Trust::OneRun {
            return Ok(None);
        }
        let in_file = self.file.as_ref().and_then(|file| file.get(setting));
        let default = || Some(Sourced { origin: Origin::Default, ..self.defaults.get(setting)? });
        Ok(in_file.or_else(default))
    }

    fn variable(&self, setting: &Setting) -> Result<Option<Sourced<Vec<String>>>, Problem> {
        if setting.key == COLOR.key {
            return Ok(self.color());
        }
        let names = [setting.variable, setting.older_variable];
        let set = |name: &'static str| Some((name, self.environment.text(name)?));
        let Some((name, text)) = names.into_iter().filter(|name| !name.is_empty()).find_map(set) else {
            return Ok(None);
        };
        check_variable(name, &text)?;
        let value = match setting.kind {
            // As in sf, only the word JSON asks for JSON; whatever else it says is somebody else's business.
            Kind::Switch if setting.key == JSON.key => Vec::from_iter(wants_json(&text).then(|| "true".to_owned())),
            Kind::Text | Kind::Switch => vec![text],
            Kind::Names => {
                check_list(name, &text)?;
                cleaned(text.split(|c: char| c == ',' || c.is_whitespace()))
            }
            Kind::Paths => cleaned(text.split(',')),
        };
        let says_something = !value.is_empty();
        Ok(says_something.then_some(Sourced { value, origin: Origin::Variable(name) }))
    }

    /// `NO_COLOR` (<https://no-color.org>) before those that ask for colours (<https://bixense.com/clicolors>), of which
    /// `FORCE_COLOR` has `0` and `false` for no, as Node reads it.
    fn color(&self) -> Option<Sourced<Vec<String>>> {
        let variables = [("NO_COLOR", "never"), ("CLICOLOR_FORCE", "always"), ("FORCE_COLOR", "always")];
        variables.into_iter().find_map(|(name, means)| {
            let word = match (name, self.environment.text(name)?.to_lowercase().as_str()) {
                ("CLICOLOR_FORCE", "0") => return None,
                ("FORCE_COLOR", "0" | "false") => "never",
                _ => means,
            };
            Some(Sourced { value: vec![word.to_owned()], origin: Origin::Variable(name) })
        })
    }
}

/// What a switch says, if that is one of its words.
fn is_yes(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "1" | "true" | "yes" | "on" => Some(true),
        "0" | "false" | "no" | "off" => Some(false),
        _ => None,
    }
}

/// Whether `SF_CONTENT_TYPE` asks for JSON.
pub(crate) fn wants_json(content_type: &str) -> bool {
    content_type.eq_ignore_ascii_case("json")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::tests::typed;
    use crate::cli::settings::setting::{
        ALLOW_HOST, HUB_ALIAS, HUB_SET_DEFAULT, HUB_USERNAME, NO_SF_STORE, RATE, REPORT, RETRY_JITTER,
        SET_DEFAULT_DEV_HUB, WAIT,
    };

    fn sources<'a>(line: &[&str], environment: &'a Environment) -> Sources<'a> {
        Sources::load(typed("login", line), environment)
    }

    fn parts(given: Option<Sourced<String>>) -> (String, String) {
        given.map(|given| (given.value, given.origin.to_string())).unwrap()
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
        let wait = |line: &[&str]| parts(sources(line, &environment).text(&WAIT).unwrap());
        assert_eq!(wait(&[]), ("2m".to_owned(), "ORGREADY_WAIT".to_owned()));
        let typed = ["--wait", "1m"];
        assert_eq!(wait(&typed), ("1m".to_owned(), "--wait".to_owned()));
        let sources = sources(&typed, &environment);
        let (rate, place) = parts(sources.text(&RATE).unwrap());
        assert_eq!((rate.as_str(), place.starts_with("rate in ")), ("7", true));
        assert_eq!(sources.text(&HUB_USERNAME), Ok(None));
        assert_eq!(parts(sources.text(&RETRY_JITTER).unwrap()), ("0.2".into(), "the default".into()));
    }

    #[test]
    fn what_is_said_for_one_run_is_not_taken_from_a_setting_of_the_same_name() {
        let folder = folder("alias = \"qa\"\nset_default = true");
        let environment = Environment::of([("ORGREADY_ALIAS", "uat")], folder.path());
        let sources = Sources::load(typed("hub", &["-d"]), &environment);
        assert_eq!(sources.text(&HUB_ALIAS), Ok(None));
        assert_eq!(sources.switch(&HUB_SET_DEFAULT), Ok(None));
        assert!(sources.switch(&SET_DEFAULT_DEV_HUB).unwrap().is_some());
    }

    #[test]
    fn a_variable_can_hold_many() {
        let folder = tempfile::tempdir().unwrap();
        let variables =
            [("ORGREADY_ALLOW_HOSTS", "a.example, b.example\tc.example"), ("ORGREADY_REPORT", "a b.xml,c.md")];
        let environment = Environment::of(variables, folder.path());
        let sources = sources(&[], &environment);
        assert_eq!(sources.list(&ALLOW_HOST).unwrap().unwrap().value, ["a.example", "b.example", "c.example"]);
        assert_eq!(sources.list(&REPORT).unwrap().unwrap().value, ["a b.xml", "c.md"]);
    }

    #[test]
    fn a_switch_is_a_word_in_a_variable() {
        let folder = tempfile::tempdir().unwrap();
        for (word, on) in [("1", true), ("True", true), ("no", false), ("0", false), ("", false)] {
            let environment = Environment::of([("ORGREADY_NO_SF_STORE", word)], folder.path());
            assert_eq!(sources(&[], &environment).switch(&NO_SF_STORE).unwrap().is_some(), on, "{word}");
        }
        let environment = Environment::of([("ORGREADY_NO_SF_STORE", "maybe")], folder.path());
        let problem = sources(&[], &environment).switch(&NO_SF_STORE).unwrap_err();
        assert!(problem.message.starts_with("ORGREADY_NO_SF_STORE: \"maybe\""));
    }

    #[test]
    fn json_is_asked_for_by_the_one_word_that_sf_knows() {
        let folder = tempfile::tempdir().unwrap();
        for (word, on) in [("JSON", true), ("json", true), ("text", false)] {
            let environment = Environment::of([("SF_CONTENT_TYPE", word)], folder.path());
            assert_eq!(sources(&[], &environment).switch(&JSON).unwrap().is_some(), on, "{word}");
        }
    }

    #[test]
    fn a_path_in_the_file_is_relative_to_the_file() {
        use crate::cli::settings::setting::JWT_KEY_FILE;
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("ci")).unwrap();
        std::fs::write(folder.path().join("ci/settings.toml"), "jwt_key_file = \"server.key\"").unwrap();
        let environment = Environment::of([("ORGREADY_CONFIG", "ci/settings.toml")], folder.path());
        let sources = sources(&[], &environment);
        assert_eq!(sources.path(&JWT_KEY_FILE).unwrap().unwrap().value, folder.path().join("ci/server.key"));
    }
}
