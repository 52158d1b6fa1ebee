//! The private key: from a file, from standard input, or from a variable.

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::origin::{Origin, Sourced};
use super::setting::JWT_KEY_FILE;
use super::sources::Sources;
use super::value::{check_variable, holds_key, key_in};
use crate::cli::environment::clean;
use crate::cli::problem::Problem;
use crate::files::{self, FileError, Reading, Reason};
use crate::model::key::SigningKey;

/// The variable with the key itself.
pub(crate) const KEY: &str = "ORGREADY_JWT_KEY";

/// The longest text that is taken for a key. A PEM file with a chain of certificates beside the key has some 10 kB.
const KEY_MAX: usize = 64 * 1024;

/// The name of standard input.
pub(crate) const STDIN: &str = "-";

/// Where the key is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum KeySource {
    /// A file.
    File(PathBuf),
    /// Standard input.
    Stdin,
    /// `ORGREADY_JWT_KEY`.
    Variable,
}

impl KeySource {
    /// Its file, if it is in one.
    pub(crate) fn file(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Stdin | Self::Variable => None,
        }
    }

    /// What people call it, where the setting alone does not say that.
    pub(crate) fn place(&self) -> Option<String> {
        match self {
            Self::File(path) => Some(path.display().to_string()),
            Self::Stdin => Some("standard input".to_owned()),
            Self::Variable => None,
        }
    }
}

/// Where the user says that the key is, if anywhere.
pub(crate) fn source(sources: &Sources<'_>) -> Result<Option<Sourced<KeySource>>, Problem> {
    let file = sources.text(&JWT_KEY_FILE)?;
    let origin = file.as_ref().map(|file| &file.origin);
    if let Some(text) = in_variable(sources).filter(|_| !matches!(origin, Some(Origin::Flag(_)))) {
        if let Some(Origin::Variable(name)) = origin {
            let keep = format!("keep {name} where the key is a file, {KEY} where the variable holds the key itself");
            return Err(Problem::new(format!("both {name} and {KEY} are set")).with_action(keep));
        }
        check_variable(KEY, clean(&text))?;
        return Ok(Some(Sourced { value: KeySource::Variable, origin: Origin::Variable(KEY) }));
    }
    let Some(file) = file else { return Ok(None) };
    let value = if file.value == STDIN {
        KeySource::Stdin
    } else if file.value.contains('\n') || file.value.len() > 1024 {
        // Longer than any path, or more than a line of it: a key in a form that only looks like none.
        return Err(key_in(&file.origin.to_string()));
    } else {
        KeySource::File(sources.place(&file.value, &file.origin)?)
    };
    Ok(Some(Sourced { value, origin: file.origin }))
}

/// The variable with the key, as it is: no copy of the key is left behind.
fn in_variable(sources: &Sources<'_>) -> Option<Zeroizing<String>> {
    let text = sources.environment.raw(KEY)?;
    // What is not Unicode is no key either, and is told so.
    Some(Zeroizing::new(text.into_string().unwrap_or_else(|text| text.to_string_lossy().into_owned())))
}

/// Reads the key; warns of what is unsafe about it.
pub(crate) fn read(source: &Sourced<KeySource>, sources: &Sources<'_>) -> Result<SigningKey, Problem> {
    let place = source.value.place().map(|place| format!(", {place}")).unwrap_or_default();
    let unusable = |error: &dyn std::fmt::Display| {
        Problem::new(format!("the private key ({}{place}) cannot be used: {error}", source.origin))
    };
    let unread = |error: FileError| unusable(&what_is_wrong(&error));
    let reading = if source.origin.found().is_some() { Reading::REGULAR } else { Reading::NAMED }.at_most(KEY_MAX);
    let text = match &source.value {
        KeySource::File(path) => {
            let name = "name the key's file with --jwt-key-file, or put the key into ORGREADY_JWT_KEY";
            let text = reading.text(path).map_err(|error| unread(error).with_action(name))?;
            sources.problems.warn(world_readable(path));
            Zeroizing::new(text)
        }
        KeySource::Stdin => Zeroizing::new(reading.stdin_text().map_err(unread)?),
        KeySource::Variable => in_variable(sources).unwrap_or_default(),
    };
    SigningKey::read(&text).map_err(|error| {
        if source.value == KeySource::Variable && looks_like_a_path(&text, sources) {
            Problem::new(format!("{KEY} holds the path of a file, not the key itself"))
                .with_action(format!("put the path into {}", JWT_KEY_FILE.variable))
        } else {
            unusable(&error)
        }
    })
}

/// What keeps a file from being read, in words about keys.
fn what_is_wrong(error: &FileError) -> String {
    match &error.reason {
        Reason::NotText(_) => "it is not text: PEM is needed, not DER or PKCS#12".to_owned(),
        Reason::TooLarge(_) => "it is far too long for a key".to_owned(),
        reason => reason.to_string(),
    }
}

/// Whether what should be a key is a path.
fn looks_like_a_path(text: &str, sources: &Sources<'_>) -> bool {
    let plausible = text.len() < 1024 && !text.contains(char::is_whitespace) && !holds_key(text);
    let ending = Path::new(text).extension().and_then(|ending| ending.to_str());
    let named = matches!(ending, Some("key" | "pem" | "txt" | "crt" | "cer" | "p8" | "rsa"));
    plausible && (named || text.starts_with(['/', '~', '.']) || sources.environment.folder().join(text).is_file())
}

fn world_readable(path: &Path) -> Option<String> {
    let bits = files::bits(path).ok()??;
    (bits & 0o004 != 0).then(|| {
        format!("every user of this machine can read the private key {0}; run: chmod 600 '{0}'", path.display())
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use std::ffi::OsString;
    use std::sync::OnceLock;

    use super::*;
    use crate::cli::args::tests::typed;
    use crate::cli::environment::Environment;

    /// A fresh key in PKCS#8 PEM, one for all tests of this binary.
    pub(crate) fn pem() -> &'static str {
        static PEM: OnceLock<String> = OnceLock::new();
        PEM.get_or_init(|| {
            use aws_lc_rs::encoding::AsDer;
            use base64::Engine;
            let key = aws_lc_rs::rsa::KeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).unwrap();
            let der: aws_lc_rs::encoding::Pkcs8V1Der<'static> = key.as_der().unwrap();
            let body = base64::prelude::BASE64_STANDARD.encode(der.as_ref());
            format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n")
        })
    }

    fn with<T>(flag: Option<&str>, variables: &[(&str, &str)], then: impl FnOnce(&Sources<'_>, &Path) -> T) -> T {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("server.key"), pem()).unwrap();
        let variables: Vec<(String, OsString)> = variables.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
        let environment = Environment::of(variables, folder.path());
        let flags = flag.map(|flag| format!("--jwt-key-file={flag}"));
        let typed = typed("login", &flags.iter().map(String::as_str).collect::<Vec<_>>());
        let sources = Sources::load(typed, &environment);
        then(&sources, folder.path())
    }

    fn key(sources: &Sources<'_>) -> Result<SigningKey, Problem> {
        let found = source(sources)?.expect("a key was given");
        read(&found, sources)
    }

    #[test]
    fn a_key_comes_from_a_file_or_from_a_variable() {
        with(Some("server.key"), &[], |sources, folder| {
            let file = KeySource::File(folder.join("server.key"));
            assert!(key(sources).is_ok() && source(sources).unwrap().unwrap().value == file);
        });
        with(None, &[("ORGREADY_JWT_KEY_FILE", "server.key")], |sources, _| assert!(key(sources).is_ok()));
        with(None, &[("ORGREADY_JWT_KEY", pem())], |sources, _| assert!(key(sources).is_ok()));
        with(None, &[], |sources, _| assert_eq!(source(sources), Ok(None)));
    }

    #[test]
    fn a_flag_wins_over_both_variables_which_alone_are_one_too_many() {
        let both = [("ORGREADY_JWT_KEY", "x"), ("ORGREADY_JWT_KEY_FILE", "y")];
        with(Some("server.key"), &both, |sources, _| assert!(key(sources).is_ok()));
        with(None, &both, |sources, _| {
            assert_eq!(source(sources).unwrap_err().message, "both ORGREADY_JWT_KEY_FILE and ORGREADY_JWT_KEY are set");
        });
    }

    #[test]
    fn a_path_where_the_key_belongs_names_the_right_variable() {
        for path in ["server.key", "/home/ci/missing", "~/server.pem"] {
            with(None, &[("ORGREADY_JWT_KEY", path)], |sources, _| {
                let problem = key(sources).unwrap_err();
                assert!(problem.message.contains("holds the path"), "{problem:?}");
                assert_eq!(problem.action.as_deref(), Some("put the path into ORGREADY_JWT_KEY_FILE"));
            });
        }
    }

    #[test]
    fn a_key_where_the_path_belongs_names_the_right_variable_and_is_not_shown() {
        use base64::Engine;
        let packed = base64::prelude::BASE64_STANDARD.encode(pem());
        let bare: String = pem().lines().filter(|line| !line.starts_with('-')).collect();
        for text in [pem(), &packed, &pem().replace('\n', "\\n"), &bare] {
            for (flag, variables) in [(Some(text), vec![]), (None, vec![("ORGREADY_JWT_KEY_FILE", text)])] {
                with(flag, &variables, |sources, _| {
                    let problem = format!("{:?}", source(sources).unwrap_err());
                    assert!(
                        problem.contains("holds a private key itself") && problem.contains("ORGREADY_JWT_KEY,"),
                        "{problem}"
                    );
                    assert!(!problem.contains(&text[60..80]), "the key is shown");
                });
            }
        }
    }

    #[test]
    fn a_file_that_is_no_key_is_told_with_its_name_and_origin() {
        with(Some("missing.key"), &[], |sources, _| {
            let message = key(sources).unwrap_err().message;
            assert!(
                message.starts_with("the private key (--jwt-key-file, ") && message.contains("missing.key"),
                "{message}"
            );
        });
        with(Some("orgs.txt"), &[], |sources, folder| {
            std::fs::write(folder.join("orgs.txt"), "not a key").unwrap();
            assert!(key(sources).unwrap_err().message.contains("PEM"));
        });
    }

    #[cfg(unix)]
    #[test]
    fn a_key_that_everybody_can_read_is_warned_of() {
        use std::os::unix::fs::PermissionsExt;
        with(Some("server.key"), &[], |sources, folder| {
            for (mode, warned) in [(0o644, 1), (0o640, 0), (0o600, 0)] {
                std::fs::set_permissions(folder.join("server.key"), std::fs::Permissions::from_mode(mode)).unwrap();
                read(&source(sources).unwrap().unwrap(), sources).unwrap();
                let warnings = sources.problems.warnings();
                assert_eq!(warnings.len(), warned, "{mode:o}");
            }
        });
    }
}
