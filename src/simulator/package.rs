//! A package that is handed in to be deployed: its files, and the components that its `package.xml` names.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use serde_json::{Value as Json, json};

/// What names the members of a package.
const MANIFEST: &str = "package.xml";

/// How much text of a package is kept.
const TEXT_MAX: u64 = 16 << 20;

/// A component as the Metadata API tells of it (`DeployMessage`). `package.xml` itself is one too, of no type.
fn component(kind: &str, name: &str, file: &str) -> Json {
    json!({
        "componentType": kind, "fileName": file, "fullName": name,
        "changed": true, "created": true, "deleted": false, "success": true,
    })
}

/// Whether it is a component that the manifest names.
pub(super) fn is_member(component: &Json) -> bool {
    component["componentType"] != ""
}

/// The component cannot be deployed, for this reason.
pub(super) fn refuse(component: &mut Json, problem: &str) {
    for what in ["changed", "created", "success"] {
        component[what] = false.into();
    }
    component["problem"] = problem.into();
    component["problemType"] = "Error".into();
}

/// Unpacks a zip file: text by path, and the components. What is wrong with it is told as a component that fails, as the
/// Metadata API does.
pub(super) fn unpack(zip: &[u8], single: bool) -> (BTreeMap<String, String>, Vec<Json>) {
    let (files, problem) = match read(zip) {
        Ok(files) => (files, "No package.xml found".to_owned()),
        Err(error) => (BTreeMap::new(), format!("The zip file cannot be read: {error}")),
    };
    // Where it is not announced as a single package, each folder at the top is one.
    // https://developer.salesforce.com/docs/atlas.en-us.api_meta.meta/api_meta/meta_deploy.htm
    let depth = usize::from(!single);
    let path = files.keys().find(|path| path.ends_with(MANIFEST) && path.matches('/').count() == depth);
    let none = || {
        let mut manifest = component("", MANIFEST, MANIFEST);
        refuse(&mut manifest, &problem);
        vec![manifest]
    };
    let components = path.map_or_else(none, |path| components(path, &files));
    (files, components)
}

fn read(zip: &[u8]) -> zip::result::ZipResult<BTreeMap<String, String>> {
    let mut archive = zip::ZipArchive::new(Cursor::new(zip))?;
    let mut files = BTreeMap::new();
    let mut left = TEXT_MAX;
    for at in 0..archive.len() {
        let mut file = archive.by_index(at)?;
        if file.is_dir() {
            continue;
        }
        let mut content = Vec::new();
        (&mut file).take(left).read_to_end(&mut content)?;
        left -= content.len() as u64;
        files.insert(file.name()?.into_owned(), String::from_utf8_lossy(&content).into_owned());
    }
    Ok(files)
}

fn components(manifest: &str, files: &BTreeMap<String, String>) -> Vec<Json> {
    let root = &manifest[..manifest.len() - MANIFEST.len()];
    let mut components = vec![component("", MANIFEST, manifest)];
    for part in elements(&files[manifest], "types") {
        let kind = elements(part, "name").first().copied().unwrap_or_default();
        for name in elements(part, "members").into_iter().filter(|name| *name != "*") {
            let file = files.keys().find(|path| path.strip_prefix(root).is_some_and(|path| is_file_of(path, name)));
            let mut member = component(kind, name, file.map_or(manifest, String::as_str));
            if file.is_none() {
                let what = "was named in package.xml, but was not found in zipped directory";
                refuse(&mut member, &format!("An object '{name}' of type {kind} {what}"));
            }
            components.push(member);
        }
    }
    components
}

/// Whether a component is in the file: by its name, or as a part of an object (`Account.Default` of `objects/Account.object`).
fn is_file_of(path: &str, component: &str) -> bool {
    let file = path.rsplit('/').next().unwrap_or(path);
    let has_name = |name: &str| file.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'));
    path != MANIFEST && (has_name(component) || component.split('.').next().is_some_and(has_name))
}

/// The texts of all elements of that name.
pub(super) fn elements<'a>(xml: &'a str, name: &str) -> Vec<&'a str> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    xml.split(&open).skip(1).filter_map(|rest| Some(rest.split_once(&close)?.0.trim())).collect()
}
