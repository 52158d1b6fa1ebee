//! Which module of `src` uses which: read from the `use` lines and the `crate::`, `self::` and `super::` paths, tests aside.
//!
//! A name that a module only passes on (`pub use child::X`) is counted as a use of the module that owns it.

use std::collections::{BTreeMap, BTreeSet};

/// Its path from the crate's root; the root itself is empty.
pub(crate) type Module = Vec<String>;

/// An imported name, or a path in the code.
struct Path {
    segments: Vec<String>,
    alias: Option<String>,
    import: bool,
    public: bool,
}

pub(crate) struct Modules {
    paths: BTreeMap<Module, Vec<Path>>,
    words: BTreeMap<Module, BTreeSet<String>>,
}

/// The module that is in this file: `src/cli/args.rs` is `cli::args`.
pub(crate) fn module_of(path: &str) -> Module {
    let path = path.trim_start_matches("src/").trim_end_matches(".rs");
    path.split('/').filter(|part| !["mod", "lib", "main"].contains(part)).map(ToOwned::to_owned).collect()
}

impl Modules {
    /// Of these files: a path from the package's root, and lines without comments and unit tests.
    pub(crate) fn read<'a>(files: impl Iterator<Item = (&'a str, &'a [String])>) -> Self {
        let mut modules = Self { paths: BTreeMap::new(), words: BTreeMap::new() };
        for (file, code) in files {
            let (paths, words) = read_code(&code.join("\n"));
            modules.paths.entry(module_of(file)).or_default().extend(paths);
            modules.words.entry(module_of(file)).or_default().extend(words);
        }
        modules
    }

    /// All arrows: who uses whom.
    pub(crate) fn arrows(&self) -> BTreeSet<(Module, Module)> {
        let mut arrows = BTreeSet::new();
        for (module, paths) in &self.paths {
            for path in paths {
                let name = path.alias.as_ref().or(path.segments.last()).expect("a path has a segment");
                if path.import && path.public && !self.words[module].contains(name) {
                    continue;
                }
                if let Some(owner) = self.owner(module, &path.segments, 0).filter(|owner| owner != module) {
                    arrows.insert((module.clone(), owner));
                }
            }
        }
        arrows
    }

    /// The module that a path as written in `module` leads to, through names that are passed on.
    fn owner(&self, module: &Module, segments: &[String], depth: usize) -> Option<Module> {
        let mut at = module.clone();
        let mut rest = segments;
        match segments.first()?.as_str() {
            "crate" => (at, rest) = (Module::new(), &segments[1..]),
            "self" => rest = &segments[1..],
            "super" => {
                while let Some((_, after)) = rest.split_first().filter(|(first, _)| *first == "super") {
                    at.pop()?;
                    rest = after;
                }
            }
            first => {
                at.push(first.to_owned());
                if !self.paths.contains_key(&at) {
                    return None;
                }
                rest = &segments[1..];
            }
        }
        while let Some((first, after)) = rest.split_first() {
            let child: Module = at.iter().cloned().chain([first.clone()]).collect();
            if !self.paths.contains_key(&child) {
                break;
            }
            (at, rest) = (child, after);
        }
        let passed_on = rest.first().and_then(|name| {
            let gives = |path: &&Path| path.import && path.alias.as_ref().or(path.segments.last()) == Some(name);
            self.paths[&at].iter().find(gives)
        });
        match passed_on {
            Some(path) if depth < 8 => self.owner(&at, &path.segments, depth + 1).or(Some(at)),
            _ => Some(at),
        }
    }
}

/// Words and signs, string literals aside.
fn tokens(code: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = code.chars().peekable();
    while let Some(c) = rest.next() {
        if c.is_alphanumeric() || c == '_' {
            let mut word = c.to_string();
            while let Some(c) = rest.next_if(|c| c.is_alphanumeric() || *c == '_') {
                word.push(c);
            }
            tokens.push(word);
        } else if c == '"' {
            while let Some(c) = rest.next().filter(|c| *c != '"') {
                if c == '\\' {
                    rest.next();
                }
            }
        } else if c == '\'' {
            // A character, unless it is the name of a lifetime.
            let mut ahead = rest.clone();
            let first = ahead.next();
            if first == Some('\\') || ahead.next() == Some('\'') {
                rest.next();
                rest.next();
                while first == Some('\\') && rest.next_if(|c| *c != '\'').is_some() {}
            }
        } else if c == ':' && rest.next_if_eq(&':').is_some() {
            tokens.push("::".to_owned());
        } else if !c.is_whitespace() {
            tokens.push(c.to_string());
        }
    }
    tokens
}

fn read_code(code: &str) -> (Vec<Path>, BTreeSet<String>) {
    let tokens = tokens(code);
    let (mut paths, mut words) = (Vec::new(), BTreeSet::new());
    let (mut depth, mut inline) = (0, Vec::new());
    let mut at = 0;
    while at < tokens.len() {
        let word = tokens[at].as_str();
        let seen = paths.len();
        if word == "{" {
            depth += 1;
            if at >= 2 && tokens[at - 2] == "mod" {
                inline.push(depth);
            }
        } else if word == "}" {
            inline.pop_if(|began| *began == depth);
            depth -= 1;
        } else if word == "in" && at > 0 && tokens[at - 1] == "(" {
            // `pub(in crate::cli)` says who may look in, and uses nothing.
            at += tokens[at..].iter().position(|token| token == ")").unwrap_or(0);
        } else if word == "use" {
            let end = at + tokens[at..].iter().position(|token| token == ";").unwrap_or(tokens.len() - at);
            let public = at > 0 && (tokens[at - 1] == "pub" || tokens[at - 1] == ")");
            let test = tokens[..at].ends_with(&["#", "[", "cfg", "(", "test", ")", "]"].map(ToOwned::to_owned));
            if !test {
                use_tree(&tokens[at + 1..end], &[], public, &mut paths);
            }
            at = end;
        } else if tokens.get(at + 1).is_some_and(|next| next == "::") && (at == 0 || tokens[at - 1] != "::") {
            let mut segments = vec![word.to_owned()];
            while tokens.get(at + 1).is_some_and(|next| next == "::")
                && tokens.get(at + 2).is_some_and(|next| is_word(next))
            {
                at += 2;
                segments.push(tokens[at].clone());
            }
            words.insert(segments[0].clone());
            paths.push(Path { segments, alias: None, import: false, public: false });
        } else {
            words.insert(word.to_owned());
        }
        for path in &mut paths[seen..] {
            leave(&mut path.segments, inline.len());
        }
        at += 1;
    }
    (paths, words)
}

/// A path that is written this deep in modules of the same file, as seen from the file's own.
fn leave(segments: &mut Vec<String>, depth: usize) {
    let supers = segments.iter().take_while(|segment| *segment == "super").count();
    if depth > 0 && supers > 0 && segments.len() > depth.min(supers) {
        segments.drain(..depth.min(supers));
    }
}

fn is_word(token: &str) -> bool {
    token.chars().all(|c| c.is_alphanumeric() || c == '_')
}

fn use_tree(tokens: &[String], prefix: &[String], public: bool, paths: &mut Vec<Path>) {
    let mut segments = prefix.to_vec();
    let mut at = 0;
    while at < tokens.len() {
        match tokens[at].as_str() {
            "::" => {}
            "{" => {
                let mut depth = 0;
                let mut start = at + 1;
                for (end, token) in tokens.iter().enumerate().skip(at + 1) {
                    match token.as_str() {
                        "{" => depth += 1,
                        "}" if depth > 0 => depth -= 1,
                        "," | "}" if depth == 0 => {
                            if start < end {
                                use_tree(&tokens[start..end], &segments, public, paths);
                            }
                            start = end + 1;
                        }
                        _ => {}
                    }
                }
                return;
            }
            "*" => break,
            "self" if !prefix.is_empty() => break,
            "as" => {
                paths.push(Path { segments, alias: tokens.get(at + 1).cloned(), import: true, public });
                return;
            }
            word => segments.push(word.to_owned()),
        }
        at += 1;
    }
    paths.push(Path { segments, alias: None, import: true, public });
}
