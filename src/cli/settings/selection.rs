//! Which orgs: usernames from arguments and files, or a condition that the hub is asked about.

use std::cell::OnceCell;

use super::jwt_key::{self, KeySource, STDIN};
use super::origin::{Origin, Sourced};
use super::places;
use super::setting::{
    ALIAS, ALL_ACTIVE, IF_NONE, JWT_KEY_FILE, NO_SF_STORE, PENDING, SET_DEFAULT, SHARD, Setting, USERNAME,
    USERNAMES_FILE, WHERE,
};
use super::sources::Sources;
use super::variables;
use crate::cli::job::Job;
use crate::cli::problem::{Problem, Problems};
use crate::engine::selection::Selection;
use crate::files::Reading;
use crate::model::org::{Alias, OrgEntry, OrgName};
use crate::protocol::soql::Condition;
use crate::usernames::shard::{self, Shard};
use crate::usernames::{FILE_MAX, Roster, RosterError};

/// What says which orgs. All of them count at the strongest level at which any is given: a username that is typed is not
/// mixed with those of a file that a variable names.
const SELECTORS: [&Setting; 5] = [&USERNAME, &USERNAMES_FILE, &WHERE, &ALL_ACTIVE, &PENDING];

/// The orgs, and what is to be done with a single one.
#[derive(Debug)]
pub(crate) struct Chosen {
    /// Which ones; of those that `sf` began, none yet.
    pub(crate) selection: Selection,
    /// What says which, where that is no list of names: `--where`, `--all-active` or `--pending`.
    pub(crate) selector: Option<Origin>,
    /// What it means that there is none.
    pub(crate) if_none: IfNone,
    /// Whether the one org becomes sf's `target-org`.
    pub(crate) set_default: bool,
    /// This process's share.
    pub(crate) shard: Option<Shard>,
    /// The orgs that `--pending` finds, as a person knows them.
    pub(crate) begun: Vec<String>,
}

impl Chosen {
    /// The orgs that are named.
    pub(crate) fn names(&self) -> Vec<String> {
        let named = self.selection.named().unwrap_or_default().iter();
        named.filter(|org| !matches!(org.name, OrgName::Failed(_))).map(|org| org.name.to_string()).collect()
    }
}

/// What of these orgs is this process's share.
pub(super) fn share<T>(shard: Option<Shard>, orgs: Vec<T>, name: impl Fn(&T) -> &OrgName) -> Vec<T> {
    match shard {
        Some(shard) => shard.part(orgs, |org| shard::key(name(org))),
        None => orgs,
    }
}

/// What it means that a selector matches nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IfNone {
    /// The input is wrong.
    Fail,
    /// There is nothing to do.
    Ok,
}

/// Reads usernames or the condition. What is wrong with usernames is a problem of the input.
pub(crate) fn resolve(sources: &Sources<'_>, job: Job) -> Option<Chosen> {
    let problems = &sources.problems;
    let shard = sources.read(&SHARD, |text| Shard::read(text, |name| sources.environment.text(name)));
    let shard = problems.keep(shard)?.map(|shard| shard.value);
    let if_none = problems.keep(sources.choice(&IF_NONE, &[("fail", IfNone::Fail), ("ok", IfNone::Ok)]))?;
    let if_none = if_none.unwrap_or(if shard.is_some() { IfNone::Ok } else { IfNone::Fail });
    let single = match job {
        Job::Login => {
            problems.keep(sources.read(&ALIAS, Alias::new)).zip(problems.keep(sources.switch(&SET_DEFAULT)))?
        }
        Job::Delete => (None, None),
    };
    let set_default = single.1.is_some();
    let selectors = problems.keep(Selectors::of(sources, shard))?;
    let (selector, selection) = if let Some((origin, selection)) = selectors.query {
        name(single, &mut [], problems);
        (Some(origin), selection)
    } else {
        let mut entries = selectors.entries(sources, job)?;
        if job == Job::Delete {
            // Nothing was made that could be deleted.
            entries.retain(|entry| {
                let OrgName::Failed(failed) = &entry.name else { return true };
                if !failed.may_live {
                    problems.warn([format!("sf made no org: {failed}")]);
                }
                failed.may_live
            });
        }
        name(single, &mut entries, problems);
        (None, Selection::Named(share(shard, entries, |entry| &entry.name)))
    };
    Some(Chosen { selection, selector, if_none, set_default, shard, begun: Vec::new() })
}

/// What is for a single org alone: its alias, and where it is said that it becomes the default.
type Single = (Option<Sourced<Alias>>, Option<Origin>);

/// Gives the alias to the one org; refuses what is for a single org where there is not one.
fn name((alias, set_default): Single, orgs: &mut [OrgEntry], problems: &Problems) {
    if let ([org], Some(alias)) = (&mut *orgs, &alias)
        && let Some(other) = org.alias.replace(alias.value.clone())
        && other != alias.value
    {
        let both = format!("{} has two aliases, {other} and {} ({})", org.name, alias.value, alias.origin);
        problems.add(Problem::new(both).with_action("give one"));
    }
    let given = alias.map(|alias| alias.origin).into_iter().chain(set_default);
    for origin in given.filter(|_| orgs.len() != 1) {
        let problem = Problem::new(format!("{origin} is for a single username"));
        problems.add(problem.with_action("for several orgs, write alias=username for each"));
    }
}

/// What says which orgs: names, or what selects orgs without naming them. Nothing at all counts as naming none.
#[derive(Debug)]
struct Selectors {
    usernames: Option<Sourced<Vec<String>>>,
    file: Option<Sourced<String>>,
    query: Option<(Origin, Selection)>,
}

impl Selectors {
    fn of(sources: &Sources<'_>, shard: Option<Shard>) -> Result<Self, Problem> {
        let strongest = sources.strongest(&SELECTORS);
        let switch = |setting| sources.at(strongest, setting, Sources::switch);
        let usernames = sources.at(strongest, &USERNAME, Sources::list)?;
        let file = sources.at(strongest, &USERNAMES_FILE, Sources::text)?;
        let condition = sources.at(strongest, &WHERE, |sources, setting| sources.read(setting, Condition::new))?;
        let (all, pending) = (switch(&ALL_ACTIVE)?, switch(&PENDING)?);
        let matching = |condition| Selection::Matching { condition, shard };
        let queries = [
            condition.map(|given| (given.origin, matching(Some(given.value)))),
            all.map(|origin| (origin, matching(None))),
            pending.clone().map(|origin| (origin, Selection::Begun(Vec::new()))),
        ];
        let mut queries: Vec<_> = queries.into_iter().flatten().collect();
        let named = usernames.as_ref().map(|given| &given.origin).or(file.as_ref().map(|file| &file.origin));
        let mut given = named.into_iter().chain(queries.iter().map(|(origin, _)| origin));
        if let (Some(first), Some(second)) = (given.next(), given.next()) {
            let first = if *first == Origin::Flag(USERNAME.key) { "usernames".to_owned() } else { first.to_string() };
            let action = match named {
                Some(_) => "either name the orgs, or let the hub or sf say which",
                None => "give one: each of them says which orgs by itself",
            };
            return Err(together(&first, second, action));
        }
        if let (Some(pending), Some(store)) = (pending, sources.switch(&NO_SF_STORE)?) {
            let action = "what sf began to create stands in its store: leave one of the two out";
            return Err(together(&pending.to_string(), &store, action));
        }
        Ok(Self { usernames, file, query: queries.pop() })
    }

    /// The orgs that are named. The sf store knows the aliases that they may be named by.
    fn entries(&self, sources: &Sources<'_>, job: Job) -> Option<Vec<OrgEntry>> {
        let input = |problem: Problem| problem.of_input();
        let aliases = OnceCell::new();
        let username_of = |alias: &str| {
            let read = || places::store(sources).map(|store| store.usernames_of_aliases()).transpose();
            aliases.get_or_init(read).as_ref().ok()?.as_ref()?.get(alias).cloned()
        };
        let mut roster = Roster::with_aliases(&username_of);
        if let Some(given) = &self.usernames {
            let place = given.origin.to_string();
            given.value.iter().for_each(|username| match given.origin {
                Origin::Flag(_) => roster.add_argument(username),
                _ => roster.add_setting(&place, given.origin.is_a_file(), username),
            });
        }
        if let Some(file) = &self.file {
            let (name, content) = sources.problems.keep(read(sources, file).map_err(input))?;
            roster.add_file(&name, &content);
        }
        let list = roster.finish().map_err(|error| {
            let RosterError::NoUsername = error else { return Problem::of(error) };
            let names = SELECTORS.map(|setting| setting.variable);
            Problem::new(format!("{error}{}", variables::empty(sources.environment, &names))).with_action(match job {
                Job::Login => "orgready login test-abc@example.com, or orgready login --all-active",
                // A slip of the hand does not end in the deletion of all orgs.
                Job::Delete => "orgready delete test-abc@example.com, or orgready delete --usernames-file FILE",
            })
        });
        if let Some(Err(error)) = aliases.get() {
            sources.problems.add(input(Problem::of(error)));
        }
        let list = sources.problems.keep(list.map_err(input))?;
        sources.problems.warn(list.warnings);
        Some(list.entries)
    }
}

fn together(first: &str, second: &Origin, action: &str) -> Problem {
    Problem::new(format!("{first} and {second} cannot be given together")).with_action(action)
}

/// The name that messages use for the file, and its content.
fn read(sources: &Sources<'_>, file: &Sourced<String>) -> Result<(String, Vec<u8>), Problem> {
    let reading = if file.origin.found().is_some() { Reading::REGULAR } else { Reading::NAMED }.at_most(FILE_MAX);
    let (shown, content) = if file.value == STDIN {
        if jwt_key::source(sources).ok().flatten().is_some_and(|key| key.value == KeySource::Stdin) {
            return Err(Problem::new(format!("both {} and {} read standard input", JWT_KEY_FILE.flag(), file.origin))
                .with_action("put the key into ORGREADY_JWT_KEY, or one of the two into a file"));
        }
        ("standard input".to_owned(), reading.stdin())
    } else {
        let path = sources.place(&file.value, &file.origin)?;
        (crate::model::untrusted::sanitize_line(&file.value, 200), reading.bytes(&path))
    };
    match content {
        Ok(content) => Ok((shown, content)),
        Err(error) => Err(Problem::new(format!("{}: {shown} cannot be read: {}", file.origin, error.reason))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::environment::Environment;

    fn chosen(typed: &[&str], variables: &[(&str, &str)], files: &[(&str, &str)]) -> Result<Chosen, String> {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in files {
            std::fs::write(folder.path().join(name), content).unwrap();
        }
        let environment = Environment::of(variables.iter().map(|(k, v)| ((*k).to_owned(), *v)), folder.path());
        let typed = crate::cli::args::tests::typed("login", typed);
        let sources = Sources::load(typed, &environment);
        let chosen = resolve(&sources, Job::Login);
        let told = |problems: Vec<Problem>| problems.into_iter().map(|p| p.message).collect::<Vec<_>>().join("\n");
        sources.problems.check().map_err(told)?;
        Ok(chosen.unwrap())
    }

    fn names(chosen: &Chosen) -> Vec<String> {
        chosen.names()
    }

    #[test]
    fn usernames_come_from_arguments_and_the_file_together() {
        let chosen =
            chosen(&["a@x.com", "-o", "b@x.com", "-F", "orgs.txt"], &[], &[("orgs.txt", "c@x.com\na@X.com\n")])
                .unwrap();
        assert_eq!(names(&chosen), ["a@x.com", "b@x.com", "c@x.com"]);
    }

    #[test]
    fn what_is_typed_is_not_mixed_with_weaker_levels() {
        let files = [("orgready.toml", "usernames_file = \"orgs.txt\"\nall_active = false"), ("orgs.txt", "c@x.com")];
        assert_eq!(names(&chosen(&["a@x.com"], &[], &files).unwrap()), ["a@x.com"]);
        assert_eq!(
            names(&chosen(&[], &[("ORGREADY_USERNAME", "d@x.com e@x.com")], &files).unwrap()),
            ["d@x.com", "e@x.com"]
        );
        assert_eq!(names(&chosen(&[], &[], &files).unwrap()), ["c@x.com"]);
        let chosen = chosen(&["--all-active"], &[], &files).unwrap();
        assert!(matches!(chosen.selection, Selection::Matching { condition: None, .. }));
    }

    #[test]
    fn names_and_a_condition_exclude_each_other() {
        for typed in [["a@x.com", "--all-active", ""], ["-F", "orgs.txt", "--where=Name = 'x'"]] {
            let typed: Vec<&str> = typed.into_iter().filter(|text| !text.is_empty()).collect();
            assert!(chosen(&typed, &[], &[("orgs.txt", "a@x.com")]).unwrap_err().contains("cannot be given together"));
        }
        assert!(chosen(&["--all-active", "--where", "Name = 'x'"], &[], &[]).unwrap_err().contains("together"));
    }

    #[test]
    fn an_alias_and_a_default_are_for_one_org() {
        let one = chosen(&["a@x.com", "-a", "qa", "-s"], &[], &[]).unwrap();
        assert!(one.set_default);
        let Selection::Named(entries) = one.selection else { panic!("not by name") };
        assert_eq!(entries[0].alias.as_ref().map(Alias::as_str), Some("qa"));
        assert!(chosen(&["a@x.com", "b@x.com", "-a", "qa"], &[], &[]).unwrap_err().contains("--alias is for a single"));
        assert!(chosen(&["--all-active", "-s"], &[], &[]).unwrap_err().contains("--set-default is for a single"));
        assert!(chosen(&["qa=a@x.com", "-a", "uat"], &[], &[]).unwrap_err().contains("two aliases"));
        assert!(chosen(&["qa=a@x.com", "-a", "qa"], &[], &[]).is_ok());
    }

    #[test]
    fn shares_are_disjoint_and_complete() {
        let all: Vec<String> = (0..40).map(|n| format!("test-{n}@x.com")).collect();
        let mut seen = Vec::new();
        for share in ["1/3", "2/3", "3/3"] {
            let mut typed: Vec<&str> = all.iter().map(String::as_str).collect();
            typed.extend(["--shard", share]);
            seen.extend(names(&chosen(&typed, &[], &[]).unwrap()));
        }
        seen.sort();
        let mut all = all;
        all.sort();
        assert_eq!(seen, all);
        assert!(chosen(&["a@x.com", "--shard", "4/3"], &[], &[]).unwrap_err().starts_with("--shard: "));
        assert!(chosen(&["a@x.com", "--shard", "auto"], &[], &[]).is_err());
        assert!(
            chosen(&["a@x.com", "--shard", "auto"], &[("CI_NODE_INDEX", "1"), ("CI_NODE_TOTAL", "2")], &[]).is_ok()
        );
    }

    #[test]
    fn bad_rows_and_no_names_are_input_problems() {
        assert!(chosen(&[], &[], &[]).unwrap_err().contains("no username was given"));
        let bad = chosen(&["-F", "orgs.txt"], &[], &[("orgs.txt", "a@x.com\nnonsense\n")]).unwrap_err();
        assert!(bad.contains("orgs.txt:2"), "{bad}");
        assert!(chosen(&["-F", "missing"], &[], &[]).unwrap_err().contains("missing cannot be read"));
        assert!(chosen(&["-F", "-", "-f", "-"], &[], &[]).unwrap_err().contains("both --jwt-key-file"));
    }
}
