//! What this library shows to those who embed it, held against the list that was reviewed: `public.txt`.
//!
//! The list is read from the pages that `cargo doc` makes, so that it is what the compiler takes for public, on the stable
//! toolchain. It has a line for each item, field, variant, method and trait; lines that came or went are told one by one.

mod pages;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Set: the list is written anew instead of compared.
const ACCEPT: &str = "ACCEPT_SURFACE";

/// Types that can be written as a literal or matched without a rest, and why they will not grow; those of the stand-in,
/// which are a scenario's keys, aside.
const EXHAUSTIVE: &[(&str, &str)] = &[
    ("Hub", "the four facts by which a hub is known"),
    ("OrgEntry", "what an embedder writes to give an org its alias"),
    ("RetryPolicy", "the four numbers of exponential backoff, written as a literal"),
];

/// What is named in signatures and is neither ours nor std's, and why.
const FOREIGN: &[(&str, &str)] = &[
    ("Date", "jiff's: the standard library has no calendar"),
    ("Timestamp", "jiff's: the standard library has no calendar"),
    ("Deserialize", "serde's, of an org's id"),
    ("Serialize", "serde's: reports and events are JSON"),
];

/// What is std's. `Instant` is tokio's where the wait begins, and std's in the stand-in.
const STANDARD: &[&str] = &[
    "Arc",
    "BTreeMap",
    "Box",
    "Clone",
    "Copy",
    "Debug",
    "Default",
    "Display",
    "Drop",
    "Duration",
    "Eq",
    "Error",
    "Fn",
    "From",
    "FromStr",
    "Future",
    "Hash",
    "Instant",
    "Into",
    "IntoFuture",
    "Item",
    "Iterator",
    "NonZeroU32",
    "NonZeroUsize",
    "Option",
    "OsString",
    "Output",
    "PartialEq",
    "Path",
    "PathBuf",
    "Pin",
    "Result",
    "Self",
    "Send",
    "String",
    "Sync",
    "Vec",
];

fn list() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/surface/public.txt"))
}

#[test]
fn the_public_surface_is_the_one_that_was_reviewed() {
    let public = pages::read();
    if std::env::var_os(ACCEPT).is_some() {
        fs::write(list(), public.iter().map(|line| format!("{line}\n")).collect::<String>()).unwrap();
        return;
    }
    let reviewed = fs::read_to_string(list()).unwrap();
    let reviewed: BTreeSet<&str> = reviewed.lines().collect();
    let public: BTreeSet<&str> = public.iter().map(String::as_str).collect();
    let came = public.difference(&reviewed).map(|line| format!("  + {line}\n"));
    let went = reviewed.difference(&public).map(|line| format!("  - {line}\n"));
    let changes: String = came.chain(went).collect();
    assert!(
        changes.is_empty(),
        "the public surface is not the one of tests/surface/public.txt:\n{changes}if it is meant, review it, \
         write it into CHANGELOG.md, and accept it: {ACCEPT}=1 cargo test --test surface"
    );
}

/// The path and the declaration of each line.
fn split(public: &BTreeSet<String>) -> impl Iterator<Item = (&str, &str)> {
    public.iter().map(|line| line.split_once(": ").unwrap())
}

#[test]
fn what_may_grow_is_not_exhaustive() {
    let public = pages::read();
    let is_type = |text: &str| ["pub struct ", "pub enum "].iter().any(|kind| text.starts_with(kind));
    let closed = |path: &str| split(&public).any(|(of, text)| of == path && text.contains("/* private fields */"));
    let found = split(&public).filter(|(path, text)| is_type(text) && !closed(path)).map(|(path, _)| path);
    let found = found.filter(|path| !path.starts_with("simulator::"));
    let reasoned = EXHAUSTIVE.iter().map(|(path, _)| *path);
    assert_eq!(found.collect::<BTreeSet<_>>(), reasoned.collect(), "left: what is found; right: what has a reason");
}

#[test]
fn signatures_name_no_type_of_a_dependency_without_a_reason() {
    let public = pages::read();
    let own: BTreeSet<&str> = split(&public).filter_map(|(path, _)| path.rsplit("::").next()).collect();
    let mut found = BTreeSet::new();
    for (_, text) in split(&public) {
        // The name of a variant.
        let text = text.trim_start_matches(|c: char| c.is_ascii_uppercase()).trim_start_matches(char::is_alphanumeric);
        let words = text.split(|c: char| !(c.is_alphanumeric() || c == '_'));
        let names = words.filter(|word| word.len() > 1 && word.starts_with(|c: char| c.is_ascii_uppercase()));
        found.extend(names.filter(|word| word.contains(char::is_lowercase) && !own.contains(word)));
    }
    let known: BTreeSet<&str> = FOREIGN.iter().map(|(name, _)| *name).chain(STANDARD.iter().copied()).collect();
    assert_eq!(found, known, "left: what is found; right: what has a reason, or is std's");
}
