//! Where results go: report files, the tokens file, a CI platform's own files, the sf store, the kept key. Each is
//! proven usable beforehand.

use std::path::Path;

use super::ci;
use super::jwt_key::STDIN;
use super::origin::Origin;
use super::setting::{
    CA_CERTIFICATE, DEFINITION_FILE, JWT_KEY_FILE, KEEP_KEY_FILE, NO_SF_STORE, OUTPUT_ENV, REPORT, Setting,
    TOKENS_FILE, USERNAMES_FILE,
};
use super::sources::Sources;
use super::trust_roots;
use crate::cli::ci::Ci;
use crate::cli::output::report::{self, Format, ReportFile};
use crate::cli::output::step_summary;
use crate::cli::problem::Problem;
use crate::files::{OutputFile, Place, Readers};
use crate::model::key::SigningKey;
use crate::model::untrusted::sanitize_line;
use crate::sf::{KeptKey, KeyPath, Store, StoreSettings, keep_key};

/// Settings that name a file which is read.
const INPUTS: [&Setting; 4] = [&JWT_KEY_FILE, &USERNAMES_FILE, &DEFINITION_FILE, &CA_CERTIFICATE];

/// Files for results and tokens.
#[derive(Debug)]
pub(crate) struct Places {
    /// `--report`.
    pub(crate) reports: Vec<ReportFile>,
    /// `--output-env`.
    pub(crate) output_env: Option<OutputFile>,
    /// `--tokens-file`.
    pub(crate) tokens: Option<OutputFile>,
    /// The CI platform to speak to, with its files.
    pub(crate) ci: Option<Ci>,
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
        for report in wanted.value.iter().map(|text| report::read(text).map_err(|error| wanted.refuse(&error))) {
            if report.as_ref().is_ok_and(|(_, file)| *file == report::STDOUT) {
                continue;
            }
            let file = report.and_then(|(format, file)| {
                let path = sources.place(file, &wanted.origin)?;
                let mut file = ReportFile::check(format, &path).map_err(|error| told(&error))?;
                file.is_summary = is_summary(file.path());
                if file.is_summary && format != Format::Markdown {
                    let variable = step_summary::VARIABLE;
                    let action = format!("write md= before it, or name another file than that of {variable}");
                    return Err(told(&format!("{} takes Markdown alone", path.display())).with_action(action));
                }
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
    let lines = output_env.as_ref().and_then(|file: &OutputFile| Place::of(file.path()));
    let of_platform = |name: &'static str, path: &Path| {
        if summary_is_reported && name == step_summary::VARIABLE {
            return None;
        }
        // What the platform got wrong, the user need not mend: the run is worth more.
        let unusable =
            |reason: String| sources.problems.warn([format!("nothing goes to the file of {name}: {reason}")]);
        match taken.by_platform(name, path, lines.as_ref()) {
            Ok(None) => OutputFile::check(path, Readers::Umask).map_err(|error| unusable(error.to_string())).ok(),
            Ok(Some(other)) => {
                unusable(format!("it is also that of {other}"));
                None
            }
            Err(problem) => {
                sources.problems.add(problem);
                None
            }
        }
    };
    let ci = sources.problems.keep(ci::open(sources, of_platform)).flatten();
    reports.retain(|file| taken.is_free(file.path()));
    let output_env = output_env.filter(|file| taken.is_free(file.path()));
    Places { reports, output_env, tokens, ci }
}

/// Places that nothing may be written to any more, and what they are.
struct Taken<'a> {
    places: Vec<(Place, String)>,
    /// Those that two outputs want: neither is written, not even to tell that.
    contested: Vec<Place>,
    /// Those that variables of a CI platform name.
    platform: Vec<(Place, &'static str)>,
    store: Option<&'a Store>,
}

impl<'a> Taken<'a> {
    fn by_inputs(sources: &Sources<'_>, key: Option<&Path>, store: Option<&'a Store>) -> Self {
        let mut taken = Self { places: Vec::new(), contested: Vec::new(), platform: Vec::new(), store };
        for input in INPUTS {
            // What is wrong with one is told where it is read.
            if let Some(path) = sources.path(input).ok().flatten().filter(|path| !path.value.ends_with(STDIN)) {
                taken.add(&path.value, path.origin.to_string());
            }
        }
        let environment = sources.environment;
        let roots = environment.text(trust_roots::FILE).map(|file| environment.folder().join(file));
        let project = store.and_then(Store::project_file);
        for (path, what) in [
            (key, "the private key"),
            (sources.file(), "the settings file"),
            (roots.as_deref(), trust_roots::FILE),
            (project.as_deref(), "the project's own file"),
        ] {
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
        self.take(path, &origin.to_string())
    }

    /// Takes a place that a variable of a CI platform names, unless another of its variables does: that is told. The
    /// user's `lines` may go there too.
    fn by_platform(
        &mut self,
        name: &'static str,
        path: &Path,
        lines: Option<&Place>,
    ) -> Result<Option<&'static str>, Problem> {
        let Some(place) = Place::of(path) else { return Ok(None) };
        if let Some((_, other)) = self.platform.iter().find(|(taken, _)| taken.is(&place)) {
            return Ok(Some(other));
        }
        if !lines.is_some_and(|lines| lines.is(&place)) {
            self.take(path, name)?;
        }
        self.platform.push((place, name));
        Ok(None)
    }

    fn take(&mut self, path: &Path, origin: &str) -> Result<(), Problem> {
        // A device can be written to any number of times.
        let Some(place) = Place::of(path) else { return Ok(()) };
        let same = self.places.iter().find(|(taken, _)| taken.is(&place)).map(|(_, what)| what.as_str());
        let stored = || self.store.is_some_and(|store| store.holds(&place)).then_some(OF_STORE);
        if let Some(what) = same.or_else(stored) {
            let problem = is_taken(origin, path, what);
            self.contested.push(place);
            return Err(problem);
        }
        self.places.push((place, origin.to_string()));
        Ok(())
    }
}

/// What a place is that the store has or will have a file of its own at.
const OF_STORE: &str = "a file of the sf store";

fn is_taken(origin: &str, path: &Path, what: &str) -> Problem {
    let problem = Problem::new(format!("{origin}: {} is taken: it is also {what}", path.display()));
    problem.with_action("name another file")
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

/// Keeps the key where `--keep-key-file` says so; not where the store has or will have a file of its own.
pub(crate) fn kept_key(
    sources: &Sources<'_>,
    key: &SigningKey,
    store: Option<&Store>,
) -> Result<Option<KeptKey>, Problem> {
    let Some(path) = sources.path(&KEEP_KEY_FILE)? else { return Ok(None) };
    if Place::of(&path.value).zip(store).is_some_and(|(place, store)| store.holds(&place)) {
        return Err(is_taken(&path.origin.to_string(), &path.value, OF_STORE));
    }
    path.read(|path| keep_key(path, key)).map(Some)
}

/// The path of the key's own file that `sf` is told.
pub(crate) fn key_path(sources: &Sources<'_>, file: Option<&Path>) -> Option<KeyPath> {
    let file = file?;
    let path = KeyPath::new(file).map_err(|reason| {
        let shown = sanitize_line(&file.to_string_lossy(), 300);
        sources.problems.warn([format!("sf cannot be told the key {shown}: {reason}")]);
    });
    path.ok()
}
