//! The orgs that a user names, gathered from arguments and files.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use crate::files::encoding::decode;
use crate::model::org::{Alias, FailedCreation, OrgEntry, OrgName, Username};
use crate::model::untrusted::sanitize_line;

use super::entry;
use super::form::Form;
use super::noise::without_escapes;
use super::problem::{FILE, FILE_MAX, NO_SALESFORCE_USERNAME, RosterError, RowError, Subject, VALUE};
use super::row::Found;
use super::source_location::SourceLocation;

/// Longest piece of an argument that is quoted, in characters.
const QUOTED_MAX: usize = 80;

/// Everything that was named, in the order of its first mention.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct OrgList {
    /// At least one.
    pub entries: Vec<OrgEntry>,
    /// What the user should know: lines that were skipped, records that were left out.
    pub warnings: Vec<String>,
}

/// The username that an alias of the sf store stands for.
type LookUp<'l> = &'l dyn Fn(&str) -> Option<String>;

/// Gathers the orgs that a user names, in the order of their first mention.
///
/// * Usernames are case-insensitive; an org that is named twice counts once, in the spelling that came first.
/// * An alias that only one of the mentions gives is kept. Two different aliases for one org are an error: one of them
///   would silently be missing later, where a script uses it.
/// * One alias for two usernames is an error. One for a username and for a `2SR…` id is not: they may be one org, which
///   only the hub knows.
#[derive(Default)]
pub struct Roster<'l> {
    entries: Vec<OrgEntry>,
    /// Where the alias of each entry was given (where it has none: where it was named).
    places: Vec<SourceLocation>,
    by_name: HashMap<OrgName, usize>,
    by_alias: HashMap<(NameKind, Box<str>), usize>,
    problems: Vec<String>,
    problem_count: usize,
    warnings: Vec<String>,
    aliases_of_sf: Option<LookUp<'l>>,
}

/// Of two kinds of names only the hub knows whether they name one org.
type NameKind = std::mem::Discriminant<OrgName>;

/// How many of a file's rows were no org, and the line of the first of them.
#[derive(Default)]
struct Skipped {
    rows: usize,
    first: Option<usize>,
}

impl Skipped {
    fn add(&mut self, line: usize) {
        self.rows += 1;
        self.first.get_or_insert(line);
    }
}

impl<'l> Roster<'l> {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty one, for which a word without `@` and `=` is an alias that `sf` knows.
    pub fn with_aliases(username_of: LookUp<'l>) -> Self {
        Self { aliases_of_sf: Some(username_of), ..Self::default() }
    }

    /// One argument: `test-a@example.com`, `alias=test-a@example.com`, the same with a `2SR…` id, or an alias of sf's.
    pub fn add_argument(&mut self, text: &str) {
        self.add(&SourceLocation { file: None, line: None }, &quoted(text), entry::parse(text));
    }

    /// The same from a setting that stands in a variable, or in a file: then it is not quoted.
    pub(crate) fn add_setting(&mut self, place: &str, is_in_file: bool, text: &str) {
        let subject = if is_in_file { VALUE } else { quoted(text) };
        let at = SourceLocation { file: Some(sanitize_line(place, 200).into()), line: None };
        self.add(&at, &subject, entry::parse(text));
    }

    /// One file's content. Its form is recognised from the content; `name` is how messages call it.
    pub fn add_file(&mut self, name: &str, content: &[u8]) {
        let file: Arc<str> = sanitize_line(name, 200).into();
        let at = |line| SourceLocation { file: Some(Arc::clone(&file)), line };
        if content.len() > FILE_MAX {
            let error = format!("is larger than {} MiB, so it is hardly a list of usernames", FILE_MAX >> 20);
            return self.fail(&at(None), &FILE, &error.into());
        }
        let coloured = match decode(content) {
            Ok(text) => text,
            Err(error) => {
                let told = format!("cannot be read: {}; save it as UTF-8", error.problem);
                return self.fail(&at(Some(error.line)), &FILE, &told.into());
            }
        };
        let text = without_escapes(&coloured);
        let form = Form::of(&text);
        // Each of its lines would be told as a bad row.
        if let (Form::Text, Some(line)) = (&form, line_of_key(&text)) {
            let error = "holds a key or a certificate, not usernames (the key's file is named with --jwt-key-file)";
            return self.fail(&at(Some(line)), &FILE, &error.into());
        }
        let (mut noise, mut others) = (Skipped::default(), Skipped::default());
        let mut rows = 0_usize;
        form.read(&text, &mut |row| match row.found {
            Ok(Found::Noise) => noise.add(row.line),
            Ok(Found::NoScratchOrg) => others.add(row.line),
            found => {
                rows += 1;
                self.add(&at(Some(row.line)), &row.subject, found);
            }
        });
        match others.rows {
            _ if rows > 0 => {}
            0 => self.fail(&at(None), &FILE, &"holds no username".into()),
            others => {
                let error = format!("holds no scratch org: {others} of its records say that they are none");
                self.fail(&at(None), &FILE, &error.into());
            }
        }
        let coloured = coloured.len() != text.len();
        let told = [(at(noise.first), told_noise(noise.rows, coloured)), (at(others.first), told_others(others.rows))];
        self.warnings.extend(told.into_iter().filter_map(|(place, told)| Some(format!("{place}: {}", told?))));
    }

    /// What was named, at least one org; or everything that is wrong with what was given.
    pub fn finish(self) -> Result<OrgList, RosterError> {
        if self.problem_count > 0 {
            return Err(RosterError::Rows { problems: self.problems, total: self.problem_count });
        }
        if self.entries.is_empty() {
            return Err(RosterError::NoUsername);
        }
        Ok(OrgList { entries: self.entries, warnings: self.warnings })
    }

    fn add(&mut self, at: &SourceLocation, subject: &Subject, found: Result<Found, RowError>) {
        let added = match found {
            Ok(Found::Org(entry)) => self.enlist(entry, at),
            Ok(Found::Word(word)) => self.resolve(&word).and_then(|entry| self.enlist(entry, at)),
            Ok(Found::Failed { name, message, may_live }) => {
                let failed = FailedCreation { error: name, message, place: at.to_string(), may_live };
                self.push(OrgEntry { name: OrgName::Failed(failed), alias: None }, at);
                Ok(())
            }
            Ok(Found::NoScratchOrg | Found::Noise) => Ok(()),
            Err(error) => Err(error),
        };
        if let Err(error) = added {
            self.fail(at, subject, &error);
        }
    }

    /// The org that an alias of sf's stands for. It keeps that alias without being told.
    fn resolve(&self, word: &str) -> Result<OrgEntry, RowError> {
        let look_up = self.aliases_of_sf.ok_or(NO_SALESFORCE_USERNAME)?;
        let unknown = || format!("{NO_SALESFORCE_USERNAME}, and no alias that sf knows here");
        let username = look_up(word).and_then(|username| Username::new(&username).ok()).ok_or_else(unknown)?;
        Ok(OrgEntry { name: OrgName::Username(username), alias: None })
    }

    fn enlist(&mut self, entry: OrgEntry, at: &SourceLocation) -> Result<(), RowError> {
        let index = self.by_name.get(&entry.name).copied().unwrap_or(self.entries.len());
        let known = self.entries.get(index).and_then(|known| known.alias.clone());
        let is_new = match (&known, &entry.alias) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(known), Some(alias)) if alias.each().all(|one| has(known, one)) => false,
            (Some(known), Some(alias)) if known.each().all(|one| has(alias, one)) => true,
            (Some(_), Some(_)) => {
                let first = &self.places[index];
                return Err(format!("gives an org a second alias, after {first}; give it one").into());
            }
        };
        let kind = std::mem::discriminant(&entry.name);
        for alias in entry.alias.iter().flat_map(Alias::each) {
            let holder = *self.by_alias.entry((kind, alias.into())).or_insert(index);
            if holder != index {
                let first = &self.places[holder];
                let told = "gives an alias that already stands for another org";
                return Err(format!("{told}, after {first}; give each org its own").into());
            }
        }
        match self.entries.get_mut(index) {
            Some(known) if is_new => {
                known.alias = entry.alias;
                self.places[index] = at.clone();
            }
            Some(_) => {}
            None => {
                self.by_name.insert(entry.name.clone(), index);
                self.push(entry, at);
            }
        }
        Ok(())
    }

    fn push(&mut self, entry: OrgEntry, at: &SourceLocation) {
        self.entries.push(entry);
        self.places.push(at.clone());
    }

    fn fail(&mut self, at: &SourceLocation, subject: &Subject, error: &RowError) {
        self.problem_count += 1;
        if self.problems.len() < RosterError::SHOWN {
            self.problems.push(format!("{at}: {subject} {error}"));
        }
    }
}

impl fmt::Debug for Roster<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Roster")
            .field("entries", &self.entries)
            .field("problems", &self.problems)
            .finish_non_exhaustive()
    }
}

/// An argument, as a problem is told of it.
fn quoted(argument: &str) -> Subject {
    format!("\"{}\"", sanitize_line(argument, QUOTED_MAX)).into()
}

fn told_noise(rows: usize, coloured: bool) -> Option<String> {
    let lines = match rows {
        0 => return coloured.then(|| "colour codes were skipped".to_owned()),
        1 => "a line that is no row of the list was skipped".to_owned(),
        more => format!("{more} lines that are no rows of the list were skipped"),
    };
    Some(if coloured { lines + ", and colour codes" } else { lines })
}

fn told_others(rows: usize) -> Option<String> {
    match rows {
        0 => None,
        1 => Some("a record says that it is no scratch org, and was left out".to_owned()),
        more => Some(format!("{more} records say that they are no scratch orgs, and were left out")),
    }
}

fn has(aliases: &Alias, one: &str) -> bool {
    aliases.each().any(|alias| alias == one)
}

/// The line that PEM begins in, or base64 of it (`-----BEGIN`).
fn line_of_key(text: &str) -> Option<usize> {
    let is_key = |line: &str| line.contains("-----BEGIN ") || line.trim_start().starts_with("LS0tLS1CRUdJTi");
    text.lines().position(is_key).map(|line| line + 1)
}
