//! Where results go: report files, the tokens file, the sf store, the kept key. Each is proven usable beforehand.

use std::path::Path;

use super::jwt_key::STDIN;
use super::origin::Origin;
use super::setting::{
    CA_CERTIFICATE, DEFINITION_FILE, JWT_KEY_FILE, KEEP_KEY_FILE, NO_SF_STORE, OUTPUT_ENV, REPORT, Setting,
    TOKENS_FILE, USERNAMES_FILE,
};
use super::sources::Sources;
use crate::cli::output::report::{self, ReportFile};
use crate::cli::output::step_summary;
use crate::cli::problem::Problem;
use crate::files::{OutputFile, Place, Readers};
use crate::model::key::SigningKey;
use crate::model::untrusted::sanitize_line;
use crate::sf::{KeyPath, Store, StoreSettings, keep_key};

/// Settings that name a file which is read.
const INPUTS: [&Setting; 4] = [&JWT_KEY_FILE, &USERNAMES_FILE, &DEFINITION_FILE, &CA_CERTIFICATE];

/// A variable that names one: the trust roots of the system, as OpenSSL knows it.
const SSL_CERT_FILE: &str = "SSL_CERT_FILE";

/// Files for results and tokens.
#[derive(Debug)]
pub(crate) struct Places {
    /// `--report`.
    pub(crate) reports: Vec<ReportFile>,
    /// `--output-env`.
    pub(crate) output_env: Option<OutputFile>,
    /// `--tokens-file`.
    pub(crate) tokens: Option<OutputFile>,
    /// Whether a report goes to GitHub's step summary.
    pub(crate) summary_is_reported: bool,
}

/// Checks the result files: all of them can be written, no two are the same, and none is a file that is read. `key` is
/// the private key's file, `store` what `sf` keeps.
pub(crate) fn files(sources: &Sources<'_>, key: Option<&Path>, store: Option<&Store>) -> Places {
    let mut taken = Taken::by_inputs(sources, key, store);
    if let Some(path) = sources.path(&KEEP_KEY_FILE).ok().flatten() {
        taken.add(&path.value, path.origin.to_string());
    }
    let summary = sources.environment.file(step_summary::VARIABLE).as_deref().and_then(Place::of);
    let is_summary = |path: &Path| summary.as_ref().zip(Place::of(path)).is_some_and(|(one, other)| one.is(&other));
    let mut reports = Vec::new();
    if let Some(wanted) = sources.problems.keep(sources.list(&REPORT)).flatten() {
        let told = |error: &dyn std::fmt::Display| Problem::new(format!("{}: {error}", wanted.origin));
        for report in wanted.value.iter().map(|text| report::read(text).map_err(|error| told(&error))) {
            if report.as_ref().is_ok_and(|(_, file)| *file == report::STDOUT) {
                continue;
            }
            let file = report.and_then(|(format, file)| {
                let path = sources.place(file, &wanted.origin)?;
                let mut file = ReportFile::check(format, &path).map_err(|error| told(&error))?;
                file.is_summary = is_summary(file.path());
                taken.once(file.path(), &wanted.origin)?;
                Ok(file)
            });
            reports.extend(sources.problems.keep(file));
        }
    }
    let mut file = |setting, readers| {
        let path = sources.problems.keep(sources.path(setting)).flatten()?;
        let file = path.read(|path| OutputFile::check(path, readers));
        sources.problems.keep(file.and_then(|file| taken.once(file.path(), &path.origin).map(|()| file)))
    };
    let (tokens, output_env) = (file(&TOKENS_FILE, Readers::Owner), file(&OUTPUT_ENV, Readers::Umask));
    let summary_is_reported = reports.iter().any(|file: &ReportFile| file.is_summary);
    reports.retain(|file| taken.is_free(file.path()));
    let output_env = output_env.filter(|file| taken.is_free(file.path()));
    Places { reports, output_env, tokens, summary_is_reported }
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
        let roots = sources.environment.file(SSL_CERT_FILE);
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
    fn once(&mut self, path: &Path, origin: &Origin) -> Result<(), Problem> {
        // A device can be written to any number of times.
        let Some(place) = Place::of(path) else { return Ok(()) };
        let same = self.places.iter().find(|(taken, _)| taken.is(&place)).map(|(_, what)| what.as_str());
        let stored = || self.store.is_some_and(|store| store.holds(&place)).then_some("a file of the sf store");
        if let Some(what) = same.or_else(stored) {
            let problem = Problem::new(format!("{origin}: {} is taken: it is also {what}", path.display()));
            self.contested.push(place);
            return Err(problem.with_action("name another file"));
        }
        self.places.push((place, origin.to_string()));
        Ok(())
    }
}

/// The store of `sf` in the user's home; none where there is no home.
pub(crate) fn store(sources: &Sources<'_>) -> Option<Store> {
    let environment = sources.environment;
    let settings = StoreSettings::new(environment.home()?.to_owned(), environment.folder().to_owned(), |name| {
        environment.raw(name)
    });
    Some(Store::new(settings))
}

/// The store to hand logins over to; none where it is to be left alone.
pub(crate) fn store_to_write(sources: &Sources<'_>, store: Option<&Store>) -> Result<Option<Store>, Problem> {
    if sources.switch(&NO_SF_STORE)?.is_some() {
        return Ok(None);
    }
    let unknown = Problem::new("the home folder, where sf keeps its logins, is not known");
    let unknown = unknown.with_action("set HOME (on Windows USERPROFILE), or add --no-sf-store");
    store.cloned().map(Some).ok_or(unknown)
}

/// The path of the key that `sf` is told; keeps the key first where `--keep-key-file` says so.
pub(crate) fn key_path(
    sources: &Sources<'_>,
    key: &SigningKey,
    file: Option<&Path>,
    to_sf: bool,
) -> Result<Option<KeyPath>, Problem> {
    if let Some(path) = sources.path(&KEEP_KEY_FILE)? {
        return path.read(|path| keep_key(path, key)).map(Some);
    }
    let Some(file) = file.filter(|_| to_sf) else { return Ok(None) };
    let path = KeyPath::new(file).map_err(|reason| {
        let shown = sanitize_line(&file.to_string_lossy(), 300);
        sources.problems.warn([format!("sf cannot be told the key {shown}: {reason}")]);
    });
    Ok(path.ok())
}
