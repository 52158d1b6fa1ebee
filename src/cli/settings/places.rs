//! Where results go: report files, the tokens file, the sf store, the kept key. Each is proven usable beforehand.

use std::path::{Path, PathBuf};

use super::hub::HubSettings;
use super::keys::{KEEP_KEY_FILE, NO_SF_STORE, REPORT, TOKENS_FILE};
use super::problem::{Problem, Problems};
use super::sources::Sources;
use crate::cli::output::output_file::{OutputFile, Readers};
use crate::cli::output::report::{self, ReportFile};
use crate::sf::{KeyPath, Store, StoreSettings, keep_key};

/// Result files.
#[derive(Debug)]
pub(crate) struct Places {
    /// `--report`.
    pub(crate) reports: Vec<ReportFile>,
    /// `--tokens-file`.
    pub(crate) tokens: Option<OutputFile>,
}

/// Checks the result files; all of them can be written, and no two are the same.
pub(crate) fn files(sources: &Sources<'_>, problems: &mut Problems) -> Places {
    let mut taken: Vec<PathBuf> = Vec::new();
    let mut reports = Vec::new();
    if let Some(wanted) = sources.list(&REPORT) {
        for text in &wanted.value {
            let told = |error| Problem::new(format!("{}: {error}", wanted.origin));
            let file = report::read(text).map_err(told).and_then(|report| {
                ReportFile::check(report.format, &sources.place(report.file, &wanted.origin)).map_err(told)
            });
            if let Some(file) = problems.take(file) {
                problems.take(once(&mut taken, file.path()));
                reports.push(file);
            }
        }
    }
    let tokens = sources.path(&TOKENS_FILE).and_then(|path| {
        let place = problems.take(path.read(|path| OutputFile::check(path, Readers::Owner)))?;
        problems.take(once(&mut taken, place.path()));
        Some(place)
    });
    Places { reports, tokens }
}

fn once(taken: &mut Vec<PathBuf>, path: &Path) -> Result<(), Problem> {
    if taken.iter().any(|taken| taken == path) {
        return Err(Problem::new(format!("{} would be written twice", path.display())));
    }
    taken.push(path.to_owned());
    Ok(())
}

/// The store of `sf` in the user's home; none where there is no home.
pub(crate) fn store(sources: &Sources<'_>) -> Option<Store> {
    let environment = sources.environment();
    let settings = StoreSettings::new(environment.home()?.to_owned(), environment.folder().to_owned(), |name| {
        environment.raw(name)
    });
    Some(Store::new(settings))
}

/// The store to hand logins over to; none where it is to be left alone.
pub(crate) fn store_to_write(sources: &Sources<'_>, store: Option<&Store>) -> Result<Option<Store>, Problem> {
    if sources.switch(&NO_SF_STORE)?.value {
        return Ok(None);
    }
    match store {
        Some(store) => Ok(Some(store.clone())),
        None => Err(Problem::new("the home folder, where sf keeps its logins, is not known")
            .with_action("set HOME (on Windows USERPROFILE), or add --no-sf-store")),
    }
}

/// The path of the key that `sf` is told; keeps the key first where `--keep-key-file` says so.
pub(crate) fn key_path(
    sources: &Sources<'_>,
    hub: &HubSettings,
    to_sf: bool,
    warnings: &mut Vec<String>,
) -> Result<Option<KeyPath>, Problem> {
    if let Some(path) = sources.path(&KEEP_KEY_FILE) {
        return path.read(|path| keep_key(path, &hub.key.signing)).map(Some);
    }
    let Some(file) = hub.key.file.as_ref().filter(|_| to_sf) else { return Ok(None) };
    match KeyPath::new(file) {
        Ok(path) => Ok(Some(path)),
        Err(reason) => {
            warnings.push(format!(
                "sf cannot be told the key {}: {reason}",
                crate::model::untrusted::sanitize_line(&file.to_string_lossy(), 300)
            ));
            Ok(None)
        }
    }
}
