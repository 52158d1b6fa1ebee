//! The process's surroundings as a value: variables, folder, home, its beginning. Nothing else in the program reads them.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use tokio::time::Instant;

/// Where the program runs.
#[derive(Debug, Clone)]
pub(crate) struct Environment {
    /// None are those of the process: read when asked for, so that a key in a variable is not copied around.
    variables: Option<HashMap<String, OsString>>,
    folder: PathBuf,
    home: Option<PathBuf>,
    /// When the process began.
    pub(crate) started: Instant,
}

impl Environment {
    /// That of this process, which begins now.
    pub(crate) fn of_process() -> Self {
        Self {
            variables: None,
            folder: std::env::current_dir().unwrap_or_else(|_| PathBuf::from(".")),
            home: std::env::home_dir().filter(|home| !home.as_os_str().is_empty()),
            started: Instant::now(),
        }
    }

    /// These variables and no others, with `folder` as the current folder and as home.
    pub(crate) fn of<K: Into<String>, V: Into<OsString>>(
        variables: impl IntoIterator<Item = (K, V)>,
        folder: &Path,
    ) -> Self {
        Self {
            variables: Some(variables.into_iter().map(|(key, value)| (key.into(), value.into())).collect()),
            folder: folder.to_owned(),
            home: Some(folder.to_owned()),
            started: Instant::now(),
        }
    }

    /// The variable, as it is. A blank one counts as unset.
    pub(crate) fn raw(&self, name: &str) -> Option<OsString> {
        self.set(name).filter(|value| !is_blank(value))
    }

    /// The variable as text, cleaned. What is not Unicode in it is replaced, and will be refused by whoever reads it.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        Some(clean(&self.raw(name)?.to_string_lossy()).to_owned())
    }

    /// The file or folder that the variable names.
    pub(crate) fn file(&self, name: &str) -> Option<PathBuf> {
        self.raw(name).map(|file| self.folder.join(file))
    }

    /// Whether the variable is set to anything but `false`.
    pub(crate) fn is_on(&self, name: &str) -> bool {
        self.text(name).is_some_and(|value| !value.eq_ignore_ascii_case("false"))
    }

    /// Whether the variable is set, but blank.
    pub(crate) fn is_blank(&self, name: &str) -> bool {
        self.set(name).is_some_and(|value| is_blank(&value))
    }

    /// The names of all variables that begin like this.
    pub(crate) fn names(&self, prefix: &str) -> Vec<String> {
        let all: Vec<OsString> = match &self.variables {
            None => std::env::vars_os().map(|(name, _)| name).collect(),
            Some(variables) => variables.keys().map(OsString::from).collect(),
        };
        let mut names: Vec<String> = all.into_iter().filter_map(|name| name.into_string().ok()).collect();
        names.retain(|name| name.starts_with(prefix));
        names.sort();
        names
    }

    /// The current folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The user's home, where the sf store is.
    pub(crate) fn home(&self) -> Option<&Path> {
        self.home.as_deref()
    }

    fn set(&self, name: &str) -> Option<OsString> {
        match &self.variables {
            #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
            None => std::env::var_os(name),
            Some(variables) => variables.get(name).cloned(),
        }
    }
}

/// A value as it was meant, wherever it was written: without white space, line ends (CR too) and byte order marks
/// around it.
pub(crate) fn clean(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}')
}

fn is_blank(value: &OsString) -> bool {
    value.to_str().is_some_and(|text| clean(text).is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_cleaned_and_a_blank_one_counts_as_unset() {
        let variables = [("A", " a b\r\n"), ("B", " \r\n"), ("C", ""), ("OTHER", "x")];
        let environment = Environment::of(variables, Path::new("/"));
        assert_eq!(environment.text("A").as_deref(), Some("a b"));
        for blank in ["B", "C"] {
            assert_eq!((environment.text(blank), environment.raw(blank)), (None, None));
            assert!(environment.is_blank(blank));
        }
        assert!(!environment.is_blank("A") && !environment.is_blank("D"));
        assert_eq!(environment.names("OT"), ["OTHER"]);
    }
}
