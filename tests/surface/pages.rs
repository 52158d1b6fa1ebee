//! The public items of the crate, from the pages of rustdoc.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// One line for each public item and for what belongs to it: the item's path, a colon, and how it is declared.
pub(crate) fn read() -> BTreeSet<String> {
    let folder = build();
    let index = fs::read_to_string(folder.join("all.html")).unwrap();
    let links = parts(&index, "<li><a href=\"", "\">").filter(|link| link.ends_with(".html"));
    let lines: BTreeSet<String> = links.flat_map(|link| item(&folder, link)).collect();
    assert!(lines.len() > 100, "the pages of rustdoc are not understood any more: {lines:?}");
    lines
}

/// Makes the pages, where they are not as they should be; the folder that they are in.
fn build() -> PathBuf {
    let made = Command::new(env!("CARGO"))
        .args(["doc", "--locked", "--no-deps", "--lib", "--manifest-path"])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("doc").join("orgready")
}

/// What an item's page (`struct.Client.html`, `sf/enum.Platform.html`) says of it.
fn item(folder: &Path, link: &str) -> Vec<String> {
    let page = fs::read_to_string(folder.join(link)).unwrap();
    // What follows is left to the compiler, or true of every type.
    let ends = ["id=\"synthetic-implementations\"", "id=\"blanket-implementations\""];
    let own = &page[..ends.iter().filter_map(|end| page.find(end)).min().unwrap_or(page.len())];
    let (module, file) = link.rsplit_once('/').unwrap_or(("", link));
    let mut names = file.split('.');
    let (kind, name) = (names.next().unwrap(), names.next().unwrap());
    let path = if module.is_empty() { name.to_owned() } else { format!("{}::{name}", module.replace('/', "::")) };
    let mut said: Vec<String> = Vec::new();
    for declaration in parts(own, "<pre class=\"rust item-decl\"><code>", "</code></pre>") {
        let declaration = text(declaration);
        match declaration.split_once('{').filter(|_| matches!(kind, "struct" | "enum")) {
            Some((head, body)) => {
                said.push(head.trim().to_owned());
                said.extend(members(body.trim().trim_end_matches('}')));
            }
            None => said.push(declaration),
        }
    }
    // Of a trait, the declaration has them, and its implementors have pages of their own.
    let mut traits = Vec::new();
    for section in own.split("<section id=\"").skip(1).filter(|_| kind != "trait") {
        let Some((head, rest)) = section.split_once("class=\"code-header\">") else { continue };
        let shown = text(rest.split("</h").next().unwrap());
        if head.contains("class=\"impl\"") {
            traits.extend(shown.split_once(" for ").map(|(shown, _)| shown.replacen("impl ", "", 1)));
        } else if !head.contains("trait-impl") && !head.contains("class=\"variant\"") {
            said.push(shown);
        }
    }
    traits.retain(|name| name != "StructuralPartialEq");
    traits.sort();
    if !traits.is_empty() {
        said.push(format!("is {}", traits.join(", ")));
    }
    // A constant's value may be long, and is not what is promised.
    let shown = |line: String| {
        line.split_once(" = ").filter(|_| kind == "constant").map_or(line.clone(), |(of, _)| of.to_owned())
    };
    said.into_iter().filter(|line| !line.is_empty()).map(|line| format!("{path}: {}", shown(line))).collect()
}

/// What stands in a text between each pair of marks.
fn parts<'t>(text: &'t str, begin: &'t str, end: &'t str) -> impl Iterator<Item = &'t str> {
    text.split(begin).skip(1).filter_map(move |rest| rest.split_once(end)).map(|(part, _)| part)
}

/// HTML as text, on one line.
fn text(html: &str) -> String {
    let html = html.replace("</div>", "</div> ");
    let mut plain = String::new();
    for (at, piece) in html.split('<').enumerate() {
        plain += if at == 0 { piece } else { piece.split_once('>').map_or("", |(_, text)| text) };
    }
    let plain = plain.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'");
    let plain = plain.replace("&amp;", "&");
    let plain = ["Required", "Provided"].iter().fold(plain, |plain, word| {
        plain.replace(&format!("// {word} methods"), "").replace(&format!("// {word} method"), "")
    });
    let words: Vec<&str> = plain.split_whitespace().collect();
    // Where a signature is long, rustdoc breaks it into lines.
    words.join(" ").replace("( ", "(").replace(", )", ")")
}

/// The fields or variants of a declaration, each with all that it holds.
fn members(body: &str) -> Vec<String> {
    // What is long is folded: `Show 31 variants`.
    let folded = body.strip_prefix("Show ").and_then(|shown| shown.splitn(3, ' ').nth(2));
    let body = folded.unwrap_or(body).replace("->", "→");
    let (mut depth, mut members, mut member) = (0_i32, Vec::new(), String::new());
    for c in body.chars() {
        depth += i32::from("({[<".contains(c)) - i32::from(")}]>".contains(c));
        if c == ',' && depth == 0 {
            members.push(std::mem::take(&mut member));
        } else {
            member.push(c);
        }
    }
    members.push(member);
    members.iter().map(|member| member.trim().replace('→', "->")).collect()
}
