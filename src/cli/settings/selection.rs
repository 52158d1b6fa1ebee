//! Which orgs: usernames from arguments and files, or a condition that the hub is asked about.

use super::key::STDIN;
use super::keys::{ALIAS, ALL_ACTIVE, JWT_KEY_FILE, SET_DEFAULT, SHARD, USERNAME, USERNAMES_FILE, WHERE};
use super::origin::{Origin, Sourced};
use super::problem::{KEY_HINT, Problem, Problems};
use super::sources::Sources;
use crate::engine::login::Selection;
use crate::files::Reading;
use crate::model::org::{Alias, OrgEntry};
use crate::protocol::soql::Condition;
use crate::usernames::shard::Shard;
use crate::usernames::{FILE_MAX, Roster, RosterError};

/// The orgs, and what is to be done with a single one.
#[derive(Debug)]
pub(crate) struct Chosen {
    /// Which ones.
    pub(crate) selection: Selection,
    /// Whether the one org becomes sf's `target-org`.
    pub(crate) set_default: bool,
    /// The share, for messages.
    pub(crate) shard: Option<Shard>,
}

/// Reads usernames or the condition. What is wrong with usernames goes to `input`, everything else to `problems`.
pub(crate) fn resolve(sources: &Sources<'_>, problems: &mut Problems, input: &mut Problems) -> Option<Chosen> {
    let shard = problems.take(shard(sources))?;
    let set_default = problems.take(sources.switch(&SET_DEFAULT))?;
    let alias = problems.take(alias(sources))?;
    let asked = problems.take(Asked::of(sources))?;
    let single = |what: &Origin| {
        Problem::new(format!("{what} is for a single username"))
            .with_action("for several orgs, write alias=username for each")
    };
    if asked.by_name() {
        let mut entries = asked.entries(sources, input)?;
        if let (Some(alias), [entry]) = (&alias, &mut entries[..]) {
            if let Some(other) = entry.alias.replace(alias.value.clone()).filter(|other| *other != alias.value) {
                let both = format!("{} has two aliases, {other} and {} ({})", entry.name, alias.value, alias.origin);
                problems.add(Problem::new(both).with_action("give one"));
            }
        } else if let Some(alias) = &alias {
            problems.add(single(&alias.origin));
        }
        if set_default.value && entries.len() != 1 {
            problems.add(single(&set_default.origin));
        }
        if let Some(shard) = shard {
            entries.retain(|entry| shard.holds(&entry.name));
        }
        return Some(Chosen { selection: Selection::Named(entries), set_default: set_default.value, shard });
    }
    let for_one = [alias.map(|alias| alias.origin), set_default.value.then_some(set_default.origin)];
    for origin in for_one.iter().flatten() {
        problems.add(single(origin));
    }
    let condition = match &asked.condition {
        Some(text) => {
            let condition = text.read(|text| Condition::new(text));
            Some(problems.take(condition)?)
        }
        None => None,
    };
    Some(Chosen { selection: Selection::Matching { condition, shard }, set_default: false, shard })
}

/// What says which orgs, at the strongest level that says anything: a username that is typed is not mixed with those
/// of a file that a variable names.
#[derive(Debug)]
struct Asked {
    usernames: Option<Sourced<Vec<String>>>,
    file: Option<Sourced<String>>,
    condition: Option<Sourced<String>>,
    all: Option<Origin>,
}

impl Asked {
    fn of(sources: &Sources<'_>) -> Result<Self, Problem> {
        let usernames = sources.list(&USERNAME);
        let file = sources.text(&USERNAMES_FILE);
        let condition = sources.text(&WHERE);
        let all = Some(sources.switch(&ALL_ACTIVE)?).filter(|all| all.value).map(|all| all.origin);
        let origins = [
            usernames.as_ref().map(|given| &given.origin),
            file.as_ref().map(|given| &given.origin),
            condition.as_ref().map(|given| &given.origin),
            all.as_ref(),
        ];
        let level = origins.into_iter().flatten().map(Origin::level).min();
        let counts = |origin: &Origin| Some(origin.level()) == level;
        let asked = Self {
            usernames: usernames.filter(|given| counts(&given.origin)),
            file: file.filter(|given| counts(&given.origin)),
            condition: condition.filter(|given| counts(&given.origin)),
            all: all.filter(counts),
        };
        asked.check()
    }

    fn check(self) -> Result<Self, Problem> {
        let query = self.condition.as_ref().map(|given| &given.origin).or(self.all.as_ref());
        let named =
            self.usernames.as_ref().map(|given| &given.origin).or(self.file.as_ref().map(|given| &given.origin));
        match (&self.condition, &self.all, query, named) {
            (_, _, Some(query), Some(named)) => {
                let named =
                    if *named == Origin::Flag(USERNAME.flag) { "usernames".to_owned() } else { named.to_string() };
                Err(Problem::new(format!("{named} and {query} cannot be given together"))
                    .with_action("either name the orgs, or let the hub say which"))
            }
            (Some(condition), Some(all), _, _) => {
                Err(Problem::new(format!("{all} and {} cannot be given together", condition.origin))
                    .with_action("give the condition alone: it is about active orgs anyhow"))
            }
            _ => Ok(self),
        }
    }

    /// Whether the orgs are named; nothing at all counts as naming none.
    fn by_name(&self) -> bool {
        self.condition.is_none() && self.all.is_none()
    }

    fn entries(&self, sources: &Sources<'_>, input: &mut Problems) -> Option<Vec<OrgEntry>> {
        let mut roster = Roster::new();
        // A key that a shell took to pieces would be told piece by piece.
        if let Some(given) =
            self.usernames.as_ref().filter(|given| given.value.iter().any(|name| name.contains("-----BEGIN")))
        {
            let problem = Problem::new(format!("{} holds a private key, not usernames", given.origin));
            input.add(problem.with_action(KEY_HINT));
            return None;
        }
        for username in self.usernames.iter().flat_map(|given| &given.value) {
            roster.add_argument(username);
        }
        if let Some(file) = &self.file {
            let (name, content) = input.take(read(sources, file))?;
            roster.add_file(&name, &content);
        }
        input.take(roster.finish().map_err(|error| {
            let problem = Problem::new(error.to_string());
            match error {
                RosterError::NoUsername => {
                    problem.with_action("orgready login test-abc@example.com, or orgready login --all-active")
                }
                _ => problem,
            }
        }))
    }
}

/// The name that messages use for the file, and its content.
fn read(sources: &Sources<'_>, file: &Sourced<String>) -> Result<(String, Vec<u8>), Problem> {
    let reading = Reading::NAMED.at_most(FILE_MAX);
    if file.value == STDIN {
        let key_too =
            super::key::source(sources).ok().flatten().is_some_and(|key| key.value == super::key::KeySource::Stdin);
        if key_too {
            return Err(Problem::new(format!("both {} and {} read standard input", JWT_KEY_FILE.flag, file.origin))
                .with_action("put the key into ORGREADY_JWT_KEY, or one of the two into a file"));
        }
        return match reading.stdin() {
            Ok(content) => Ok(("standard input".to_owned(), content)),
            Err(error) => Err(Problem::new(format!("{}: {error}", file.origin))),
        };
    }
    let path = sources.place(&file.value, &file.origin);
    let shown = crate::model::untrusted::sanitize_line(&file.value, 200);
    match reading.bytes(&path) {
        Ok(content) => Ok((shown, content)),
        Err(error) => Err(Problem::new(format!("{}: {shown} cannot be read: {}", file.origin, error.reason))),
    }
}

fn shard(sources: &Sources<'_>) -> Result<Option<Shard>, Problem> {
    let Some(text) = sources.text(&SHARD) else { return Ok(None) };
    let read = |text: &String| match text.as_str() {
        "auto" => Shard::auto(|name| sources.environment().text(name)),
        text => Shard::parse(text),
    };
    text.read(read).map(Some)
}

fn alias(sources: &Sources<'_>) -> Result<Option<Sourced<Alias>>, Problem> {
    let Some(text) = sources.text(&ALIAS) else { return Ok(None) };
    let value = text.read(|text| Alias::new(text))?;
    Ok(Some(Sourced { value, origin: text.origin }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::LoginArgs;
    use crate::cli::environment::Environment;
    use crate::cli::settings::sources::Typed;

    fn chosen(typed: &[&str], variables: &[(&str, &str)], files: &[(&str, &str)]) -> Result<Chosen, String> {
        use clap::Parser;
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in files {
            std::fs::write(folder.path().join(name), content).unwrap();
        }
        let environment = Environment::of(variables.iter().map(|(k, v)| ((*k).to_owned(), *v)), folder.path());
        let line = ["orgready", "login"].iter().chain(typed);
        let crate::cli::args::Command::Login(arguments) = crate::cli::args::Cli::try_parse_from(line).unwrap().command
        else {
            panic!("not login")
        };
        let arguments: LoginArgs = arguments.settled();
        let sources = Sources::load(Typed::of(&arguments), None, &environment).unwrap();
        let (mut problems, mut input) = (Problems::default(), Problems::default());
        let chosen = resolve(&sources, &mut problems, &mut input);
        let told = |problems: Vec<Problem>| problems.into_iter().map(|p| p.message).collect::<Vec<_>>().join("\n");
        problems.into_result().map_err(told)?;
        input.into_result().map_err(told)?;
        Ok(chosen.unwrap())
    }

    fn names(chosen: &Chosen) -> Vec<&str> {
        match &chosen.selection {
            Selection::Named(entries) => entries.iter().map(|entry| entry.name.as_str()).collect(),
            Selection::Matching { .. } => panic!("not by name"),
        }
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
            seen.extend(names(&chosen(&typed, &[], &[]).unwrap()).into_iter().map(ToOwned::to_owned));
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
