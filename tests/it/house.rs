//! The rules of the house that a compiler does not know: who may name what, how long a file is, what is depended upon.

mod modules;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use modules::{Module, Modules};

/// The longest source file, in lines of code; with its unit tests and comments.
const CODE_MAX: usize = 350;
const LINES_MAX: usize = 500;

/// Files that are longer for a reason.
const LONG: &[(&str, &str)] = &[];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files under a folder of the project.
fn files(folder: &str) -> Vec<PathBuf> {
    let mut folders = vec![root().join(folder)];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files
}

/// Each source file: its path from the root with `/`, and its lines that are code, unit tests aside.
fn sources() -> Vec<(String, Vec<String>)> {
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        let code = text.lines().take_while(|line| !line.contains("mod tests {"));
        let code = code.filter(|line| !line.trim_start().starts_with("//")).map(ToOwned::to_owned).collect();
        (path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/"), code)
    };
    files("src").into_iter().filter(|path| path.extension().is_some_and(|ending| ending == "rs")).map(read).collect()
}

fn is_test(path: &str) -> bool {
    path.contains("/tests/") || path.ends_with("/tests.rs") || path.ends_with("/testing.rs")
}

/// Whether a line has this word by itself.
fn names(line: &str, word: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word)
        .any(|(at, _)| !line[..at].ends_with(is_word) && !line[at + word.len()..].starts_with(is_word))
}

/// The source files, tests aside, with a line of code for which this holds.
fn where_is(what: impl Fn(&str) -> bool) -> Vec<String> {
    let has = |(path, code): &(String, Vec<String>)| !is_test(path) && code.iter().any(|line| what(line));
    let mut found: Vec<String> = sources().into_iter().filter(has).map(|(path, _)| path).collect();
    found.sort();
    found
}

#[test]
fn one_file_names_each_replaceable_crate() {
    assert!(where_is(|line| names(line, "reqwest")).iter().all(|path| path.starts_with("src/protocol/http")));
    assert_eq!(where_is(|line| line.contains("backoff::")), ["src/engine/retry.rs"]);
}

/// One way to the disk; the stand-in, which shares nothing with the product, has its own.
#[test]
fn the_disk_is_reached_through_the_file_layer() {
    let names = ["std::fs", "File::open", "File::create", "OpenOptions", "tempfile"];
    let found = where_is(|line| names.iter().any(|name| line.contains(name)));
    let rooms = ["src/files/", "src/simulator/"];
    let others: Vec<&String> = found.iter().filter(|path| !rooms.iter().any(|room| path.starts_with(room))).collect();
    assert!(others.is_empty(), "{others:?} reach the disk past src/files");
}

#[test]
fn nothing_below_the_program_reads_the_environment() {
    let reads = ["env::var", "env::vars", "env::args", "env::current_dir", "env::home_dir", "env::set_var"];
    let found = where_is(|line| reads.iter().any(|call| line.contains(call)));
    let others: Vec<&String> =
        found.iter().filter(|path| !path.starts_with("src/cli/") && *path != "src/main.rs").collect();
    assert!(others.is_empty(), "{others:?}");
}

/// The rooms, and which others each may name.
const ROOMS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("files", &["model"]),
    ("protocol", &["model"]),
    ("usernames", &["files", "model"]),
    ("sf", &["files", "model", "protocol"]),
    ("engine", &["files", "model", "protocol", "sf", "usernames"]),
    ("simulator", &["model"]),
    ("cli", &["engine", "files", "model", "protocol", "sf", "simulator", "usernames"]),
];

/// All arrows between modules, tests aside.
fn arrows() -> BTreeSet<(Module, Module)> {
    let sources = sources();
    let product = sources.iter().filter(|(path, _)| !is_test(path));
    Modules::read(product.map(|(path, code)| (path.as_str(), code.as_slice()))).arrows()
}

fn shown((from, to): &(Module, Module)) -> String {
    format!("{} -> {}", from.join("::"), to.join("::"))
}

#[test]
fn arrows_point_down() {
    let arrows = arrows();
    let is_allowed = |(from, to): &&(Module, Module)| {
        let (Some(from), Some(to)) = (from.first(), to.first()) else { return true };
        let room = ROOMS.iter().find(|(room, _)| room == from);
        from == to || room.is_some_and(|(_, below)| below.contains(&to.as_str()))
    };
    let upward: Vec<String> = arrows.iter().filter(|arrow| !is_allowed(arrow)).map(shown).collect();
    assert!(upward.is_empty(), "arrows that do not point down: {upward:#?}");
    // Proof that arrows are found at all.
    for (room, below) in [("protocol", "model"), ("engine", "protocol"), ("cli", "engine"), ("simulator", "model")] {
        let is_found = |(from, to): &(Module, Module)| {
            from.first().is_some_and(|from| from == room) && to.first().is_some_and(|to| to == below)
        };
        assert!(arrows.iter().any(is_found), "no arrow {room} -> {below} was found");
    }
}

/// Neither among the modules of a room nor among a module's own: whatever is below a module counts as that module.
#[test]
fn no_modules_use_each_other_in_a_circle() {
    let arrows = arrows();
    let parents: BTreeSet<&[String]> =
        arrows.iter().flat_map(|(from, _)| (1..=from.len()).map(|length| &from[..length])).collect();
    let mut circles = BTreeSet::new();
    for parent in parents {
        let child = |module: &Module| module[..module.len().min(parent.len() + 1)].to_vec();
        let inside = arrows.iter().filter(|(from, to)| from.starts_with(parent) && to.starts_with(parent));
        let inside: Vec<(Module, Module, String)> = inside
            .map(|arrow| (child(&arrow.0), child(&arrow.1), shown(arrow)))
            .filter(|(from, to, _)| from != to)
            .collect();
        for (from, to, arrow) in &inside {
            let mut reached = BTreeSet::from([to]);
            let mut last = vec![to];
            while let Some(module) = last.pop() {
                let next = inside.iter().filter(|(from, ..)| from == module).map(|(_, to, _)| to);
                last.extend(next.filter(|to| reached.insert(to)));
            }
            if reached.contains(from) {
                circles.insert(arrow.clone());
            }
        }
    }
    assert!(circles.is_empty(), "arrows of a circle: {circles:#?}");
}

/// So that one mistake cannot hide on both sides.
#[test]
fn the_stand_in_shares_no_rule_with_the_product() {
    let shared = ["model", "simulator"];
    let foreign = |line: &str| {
        line.match_indices("crate::").find_map(|(at, _)| {
            let rest = &line[at + "crate::".len()..];
            let module = &rest[..rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len())];
            (!shared.contains(&module)).then(|| module.to_owned())
        })
    };
    for (path, code) in sources().into_iter().filter(|(path, _)| path.starts_with("src/simulator/") && !is_test(path)) {
        let module = code.iter().find_map(|line| foreign(line));
        assert_eq!(module, None, "{path} uses it");
    }
}

#[test]
fn a_file_has_one_job_and_says_which() {
    for path in files("src")
        .into_iter()
        .chain(files("tests/it"))
        .filter(|path| path.extension().is_some_and(|ending| ending == "rs"))
    {
        let text = fs::read_to_string(&path).unwrap();
        let lines = text.lines().count();
        assert!(lines <= LINES_MAX, "{} has {lines} lines", path.display());
        let shown = path.to_string_lossy().replace('\\', "/");
        assert!(text.starts_with("//!") || is_test(&shown), "{shown} does not say what it is for");
    }
}

#[test]
fn no_file_is_long_without_a_reason() {
    let long = |(path, code): (String, Vec<String>)| {
        let lines = code.iter().filter(|line| !line.trim().is_empty()).count();
        (!is_test(&path) && lines > CODE_MAX).then_some(path)
    };
    let found: BTreeSet<String> = sources().into_iter().filter_map(long).collect();
    let reasoned: BTreeSet<String> = LONG.iter().map(|(path, _)| (*path).to_owned()).collect();
    assert_eq!(found, reasoned, "left: files of more than {CODE_MAX} lines of code; right: those that have a reason");
}

#[test]
fn no_key_is_committed() {
    for file in ["src", "tests", "config", "examples"].into_iter().flat_map(files) {
        let Ok(text) = fs::read_to_string(&file) else { continue };
        let is_key = |line: &str| line.trim().starts_with("MII") && line.trim().len() >= 60;
        assert!(!text.lines().any(is_key), "{}", file.display());
    }
}

/// The packages of Cargo.lock: name and source.
fn locked() -> Vec<(String, Option<String>)> {
    let lock = fs::read_to_string(root().join("Cargo.lock")).unwrap();
    let lock: toml::Table = lock.parse().unwrap();
    let text = |package: &toml::Value, key: &str| package.get(key).and_then(toml::Value::as_str).map(ToOwned::to_owned);
    let packages = lock["package"].as_array().unwrap();
    packages.iter().map(|package| (text(package, "name").unwrap(), text(package, "source"))).collect()
}

#[test]
fn every_dependency_comes_from_one_place() {
    let locked = locked();
    let mut own = locked.iter().filter(|(_, source)| source.is_none()).map(|(name, _)| name.as_str());
    assert_eq!((own.next(), own.next()), (Some("orgready"), None));
    let sources: BTreeSet<&str> = locked.iter().filter_map(|(_, source)| source.as_deref()).collect();
    assert!(sources.len() == 1 && sources.iter().all(|source| source.starts_with("registry+")), "{sources:?}");
}

#[test]
fn there_is_one_library_for_cryptography_and_no_second_http() {
    let unwanted = ["h2", "rsa", "openssl-sys", "native-tls"];
    let found: Vec<String> =
        locked().into_iter().map(|(name, _)| name).filter(|name| unwanted.contains(&name.as_str())).collect();
    assert!(found.is_empty(), "{found:?}");
    // Cargo.lock names ring too, for the HTTP/3 of reqwest, which is off: what is built has none.
    let tree = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--locked",
            "--offline",
            "--all-features",
            "--prefix",
            "none",
            "--format",
            "{p}",
            "--manifest-path",
        ])
        .arg(root().join("Cargo.toml"))
        .output()
        .unwrap();
    let tree = String::from_utf8(tree.stdout).unwrap();
    assert!(tree.contains("aws-lc-rs v"), "{tree}");
    assert!(!tree.lines().any(|line| line.starts_with("ring v")), "{tree}");
}
