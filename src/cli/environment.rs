//! The process's surroundings as a value: variables, folder, home. Nothing else in the program reads them.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Where the program runs.
#[derive(Debug, Clone)]
pub(crate) struct Environment {
    variables: Variables,
    folder: PathBuf,
    home: Option<PathBuf>,
}

#[derive(Debug, Clone)]
enum Variables {
    /// Read when asked for, so that a key in a variable is not copied around.
    Process,
    These(HashMap<String, OsString>),
}

impl Environment {
    /// That of this process.
    pub(crate) fn of_process() -> Self {
        Self {
            variables: Variables::Process,
            folder: std::env::current_dir().unwrap_or_else(|_| PathBuf::from(".")),
            home: std::env::home_dir().filter(|home| !home.as_os_str().is_empty()),
        }
    }

    /// These variables and no others, with `folder` as the current folder and as home.
    pub(crate) fn of<K: Into<String>, V: Into<OsString>>(
        variables: impl IntoIterator<Item = (K, V)>,
        folder: &Path,
    ) -> Self {
        Self {
            variables: Variables::These(variables.into_iter().map(|(key, value)| (key.into(), value.into())).collect()),
            folder: folder.to_owned(),
            home: Some(folder.to_owned()),
        }
    }

    /// The variable, as it is. An empty one counts as unset.
    pub(crate) fn raw(&self, name: &str) -> Option<OsString> {
        let value = match &self.variables {
            #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
            Variables::Process => std::env::var_os(name),
            Variables::These(variables) => variables.get(name).cloned(),
        };
        value.filter(|value| !value.is_empty())
    }

    /// The variable as text. What is not Unicode in it is replaced, and will be refused by whoever reads it.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        let value = self.raw(name)?;
        Some(value.into_string().unwrap_or_else(|value| value.to_string_lossy().into_owned()))
    }

    /// The current folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The user's home, where the sf store is.
    pub(crate) fn home(&self) -> Option<&Path> {
        self.home.as_deref()
    }
}
