//! Where results go: report files, the tokens file, the sf store, the kept key. Each is proven usable beforehand.

use std::path::Path;

use super::hub::HubSettings;
use super::jwt_key::STDIN;
use super::setting::{
    CA_CERTIFICATE, DEFINITION_FILE, JWT_KEY_FILE, KEEP_KEY_FILE, NO_SF_STORE, OUTPUT_ENV, REPORT, Setting,
    TOKENS_FILE, USERNAMES_FILE,
};
use super::sources::Sources;
use crate::cli::output::report::{self, ReportFile};
use crate::cli::output::step_summary;
use crate::cli::problem::{Problem, Problems};
use crate::files::{OutputFile, Place, Readers};
use crate::sf::{KeyPath, Store, StoreSettings, keep_key};

/// Settings that name a file which is read.
const INPUTS: [&Setting; 4] = [&JWT_KEY_FILE, &USERNAMES_FILE, &DEFINITION_FILE, &CA_CERTIFICATE];

/// A variable that names one: the trust roots of the system, as OpenSSL knows it.
const SSL_CERT_FILE: &str = "SSL_CERT_FILE";

/// Files for results and tokens.
#[derive(Debug)]
pub(crate) struct Places {
    /// How the run ended.
    pub(crate) results: ResultPlaces,
    /// `--tokens-file`.
    pub(crate) tokens: Option<OutputFile>,
    /// Whether a report goes to GitHub's step summary.
    pub(crate) summary_is_reported: bool,
}

/// Files that tell how a run ended.
#[derive(Debug)]
pub(crate) struct ResultPlaces {
    /// `--report`.
    pub(crate) reports: Vec<ReportFile>,
    /// `--output-env`.
    pub(crate) output_env: Option<OutputFile>,
}

/// Checks the result files: all of them can be written, no two are the same, and none is a file that is read. `key` is
/// the private key's file, `store` what `sf` keeps.
pub(crate) fn files(
    sources: &Sources<'_>,
    key: Option<&Path>,
    store: Option<&Store>,
    problems: &mut Problems,
) -> Places {
    let mut taken = Taken::by_inputs(sources, key, store);
    if let Some(path) = sources.path(&KEEP_KEY_FILE).ok().flatten() {
        taken.add(&path.value, path.origin.to_string());
    }
    let summary =
        sources.environment().raw(step_summary::VARIABLE).map(|file| sources.environment().folder().join(file));
    let summary = summary.as_deref().and_then(Place::of);
    let mut summary_is_reported = false;
    let mut reports = Vec::new();
    if let Some(wanted) = problems.take(sources.list(&REPORT)).flatten() {
        let origin = wanted.origin.to_string();
        for text in &wanted.value {
            if report::read(text).is_ok_and(|report| report.file == report::STDOUT) {
                continue;
            }
            let told = |error: &dyn std::fmt::Display| Problem::new(format!("{origin}: {error}"));
            let file = report::read(text).map_err(|error| told(&error)).and_then(|report| {
                let path = sources.place(report.file, &wanted.origin)?;
                let file = ReportFile::check(report.format, &path).map_err(|error| told(&error))?;
                taken.once(file.path(), &origin)?;
                let is_summary = summary
                    .as_ref()
                    .is_some_and(|summary| Place::of(file.path()).is_some_and(|place| place.is(summary)));
                summary_is_reported |= is_summary;
                Ok(if is_summary { file.into_summary() } else { file })
            });
            reports.extend(problems.take(file));
        }
    }
    let tokens = problems.take(sources.path(&TOKENS_FILE)).flatten().and_then(|path| {
        let place = path.read(|path| OutputFile::check(path, Readers::Owner));
        problems.take(place.and_then(|place| taken.once(place.path(), &path.origin.to_string()).map(|()| place)))
    });
    let output_env = problems.take(sources.path(&OUTPUT_ENV)).flatten().and_then(|path| {
        let file = path.read(|path| OutputFile::check(path, Readers::Umask));
        problems.take(file.and_then(|file| taken.once(file.path(), &path.origin.to_string()).map(|()| file)))
    });
    reports.retain(|file| taken.is_free(file.path()));
    let output_env = output_env.filter(|file: &OutputFile| taken.is_free(file.path()));
    Places { results: ResultPlaces { reports, output_env }, tokens, summary_is_reported }
}

/// Places that nothing may be written to any more, and what they are.
struct Taken<'a> {
    places: Vec<(Place, String)>,
    /// Those that two outputs want: neither is written, not even to tell that.
    contested: Vec<Place>,
    store: Option<&'a Store>,
}

impl<'a> Taken<'a> {
    fn by_inputs(sources: &Sources<'_>, key: Option<&Path>, store: Option<&'a Store>) -> Self {
        let mut taken = Self { places: Vec::new(), contested: Vec::new(), store };
        for input in INPUTS {
            // What is wrong with one is told where it is read.
            if let Some(path) = sources.path(input).ok().flatten().filter(|path| !path.value.ends_with(STDIN)) {
                taken.add(&path.value, path.origin.to_string());
            }
        }
        let roots = sources.environment().raw(SSL_CERT_FILE).map(|file| sources.environment().folder().join(file));
        for (path, what) in
            [(key, "the private key"), (sources.file(), "the settings file"), (roots.as_deref(), SSL_CERT_FILE)]
        {
            if let Some(path) = path {
                taken.add(path, what.to_owned());
            }
        }
        taken
    }

    fn add(&mut self, path: &Path, what: String) {
        self.places.extend(Place::of(path).map(|place| (place, what)));
    }

    /// Whether nothing else wants this place.
    fn is_free(&self, path: &Path) -> bool {
        Place::of(path).is_none_or(|place| !self.contested.iter().any(|contested| contested.is(&place)))
    }

    /// Takes a place that is free, however its path is spelled.
    fn once(&mut self, path: &Path, origin: &str) -> Result<(), Problem> {
        // A device can be written to any number of times.
        let Some(place) = Place::of(path) else { return Ok(()) };
        let same = self.places.iter().find(|(taken, _)| taken.is(&place)).map(|(_, what)| what.as_str());
        let stored = || self.store.is_some_and(|store| store.holds(&place)).then_some("a file of the sf store");
        if let Some(what) = same.or_else(stored) {
            let problem = Problem::new(format!("{origin}: {} is taken: it is also {what}", path.display()));
            self.contested.push(place);
            return Err(problem.with_action("name another file"));
        }
        self.places.push((place, origin.to_owned()));
        Ok(())
    }
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
    if let Some(path) = sources.path(&KEEP_KEY_FILE)? {
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
