//! Where results go: report files, the tokens file, a CI platform's own files, the sf store, the kept key. Each is
//! proven usable beforehand.

use std::fmt::Display;
use std::path::Path;

use super::ci;
use super::jwt_key::STDIN;
use super::origin::Sourced;
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
use crate::sf::{Store, StoreSettings};

/// Settings that name a file which is read, or where the key is kept.
const OTHERS: [&Setting; 5] = [&JWT_KEY_FILE, &USERNAMES_FILE, &DEFINITION_FILE, &CA_CERTIFICATE, &KEEP_KEY_FILE];

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
    let problems = &sources.problems;
    let mut taken = Taken::by_others(sources, key, store);
    let summary = sources.environment.file(step_summary::VARIABLE).as_deref().and_then(Place::of);
    let is_summary = |path: &Path| summary.as_ref().zip(Place::of(path)).is_some_and(|(one, other)| one.is(&other));
    let wanted = problems.keep(sources.list(&REPORT)).flatten();
    let mut report = |text: &str, wanted: &Sourced<_>| {
        let (format, file) = report::read(text).map_err(|error| wanted.refuse(&error))?;
        if file == report::STDOUT {
            return Ok(None);
        }
        let path = sources.place(file, &wanted.origin)?;
        let told = |error: &dyn Display| Problem::new(format!("{}: {error}", wanted.origin));
        let mut file = ReportFile::check(format, &path).map_err(|error| told(&error))?;
        file.is_summary = is_summary(file.path());
        if file.is_summary && format != Format::Markdown {
            let variable = step_summary::VARIABLE;
            let action = format!("write md= before it, or name another file than that of {variable}");
            return Err(told(&format!("{} takes Markdown alone", path.display())).with_action(action));
        }
        taken.take(file.path(), &wanted.origin.to_string())?;
        Ok(Some(file))
    };
    let reports = wanted.iter().flat_map(|wanted| wanted.value.iter().map(move |text| (text, wanted)));
    let mut reports: Vec<_> =
        reports.filter_map(|(text, wanted)| problems.keep(report(text, wanted)).flatten()).collect();
    let mut file = |setting, readers| {
        let path = problems.keep(sources.path(setting)).flatten()?;
        let file = path.read(|path| OutputFile::check(path, readers));
        problems.keep(file.and_then(|file| taken.take(file.path(), &path.origin.to_string()).map(|()| file)))
    };
    let (tokens, output_env) = (file(&TOKENS_FILE, Readers::Owner), file(&OUTPUT_ENV, Readers::Umask));
    let summary_is_reported = reports.iter().any(|file| file.is_summary);
    let lines = output_env.as_ref().and_then(|file: &OutputFile| Place::of(file.path()));
    let mut of_platform: Vec<(Place, &'static str)> = Vec::new();
    let open = |name: &'static str, path: &Path| {
        if summary_is_reported && name == step_summary::VARIABLE {
            return None;
        }
        // What the platform got wrong, the user need not mend: the run is worth more.
        let unusable = |reason: &dyn Display| problems.warn([format!("nothing goes to the file of {name}: {reason}")]);
        if let Some(place) = Place::of(path) {
            if let Some((_, other)) = of_platform.iter().find(|(taken, _)| taken.is(&place)) {
                unusable(&format!("it is also that of {other}"));
                return None;
            }
            // The user's lines may go there too.
            if !lines.as_ref().is_some_and(|lines| lines.is(&place)) {
                problems.keep(taken.take(path, name))?;
            }
            of_platform.push((place, name));
        }
        OutputFile::check(path, Readers::Umask).map_err(|error| unusable(&error)).ok()
    };
    let platform = problems.keep(ci::resolve(sources)).flatten();
    let ci = platform.map(|platform| Ci::new(platform, |name| sources.environment.file(name), open));
    reports.retain(|file| taken.is_free(file.path()));
    let output_env = output_env.filter(|file| taken.is_free(file.path()));
    Places { reports, output_env, tokens, ci }
}

/// Places that nothing may be written to any more, and what they are.
struct Taken<'a> {
    places: Vec<(Place, String)>,
    /// Those that two outputs want: neither is written, not even to tell that.
    contested: Vec<Place>,
    store: Option<&'a Store>,
}

impl<'a> Taken<'a> {
    fn by_others(sources: &Sources<'_>, key: Option<&Path>, store: Option<&'a Store>) -> Self {
        // What is wrong with one is told where it is read.
        let named = OTHERS.into_iter().filter_map(|setting| sources.path(setting).ok().flatten());
        let named = named.filter(|path| !path.value.ends_with(STDIN));
        let roots = sources.environment.text(trust_roots::FILE).map(|file| sources.environment.folder().join(file));
        let known = [
            (key.map(Path::to_owned), "the private key"),
            (sources.file().map(Path::to_owned), "the settings file"),
            (roots, trust_roots::FILE),
            (store.and_then(Store::project_file), "the project's own file"),
        ];
        let known = known.into_iter().filter_map(|(path, what)| Some((path?, what.to_owned())));
        let all = named.map(|path| (path.value, path.origin.to_string())).chain(known);
        let places = all.filter_map(|(path, what)| Some((Place::of(&path)?, what))).collect();
        Self { places, contested: Vec::new(), store }
    }

    /// Whether nothing else wants this place.
    fn is_free(&self, path: &Path) -> bool {
        Place::of(path).is_none_or(|place| !self.contested.iter().any(|contested| contested.is(&place)))
    }

    /// Takes a place that is free, however its path is spelled.
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
        self.places.push((place, origin.to_owned()));
        Ok(())
    }
}

/// What a place is that the store has or will have a file of its own at.
pub(super) const OF_STORE: &str = "a file of the sf store";

pub(super) fn is_taken(origin: &str, path: &Path, what: &str) -> Problem {
    let problem = Problem::new(format!("{origin}: {} is taken: it is also {what}", path.display()));
    problem.with_action("name another file")
}

/// The store of `sf` in the user's home; none where there is no home.
pub(crate) fn store(sources: &Sources<'_>) -> Option<Store> {
    let environment = sources.environment;
    let (home, folder) = (environment.home()?.to_owned(), environment.folder().to_owned());
    Some(Store::new(StoreSettings::new(home, folder, |name| environment.raw(name))))
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
