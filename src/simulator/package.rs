//! A package that is handed in to be deployed: its files, and the components that its `package.xml` names.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

/// How much text of a package is kept.
const TEXT_MAX: u64 = 16 << 20;

/// A component of a package, and why it cannot be deployed, if so.
#[derive(Debug, Clone)]
pub(super) struct Component {
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) file: String,
    pub(super) problem: Option<String>,
}

/// A package, unpacked.
pub(super) struct Package {
    /// Text by path.
    pub(super) files: BTreeMap<String, String>,
    pub(super) components: Vec<Component>,
}

impl Package {
    /// Unpacks a zip file. What is wrong with it is told as a component that fails, as the Metadata API does.
    pub(super) fn unpack(zip: &[u8], single: bool) -> Self {
        let files = match read(zip) {
            Ok(files) => files,
            Err(error) => {
                let problem = format!("The zip file cannot be read: {error}");
                return Self { files: BTreeMap::new(), components: vec![manifest("package.xml", Some(problem))] };
            }
        };
        // Where it is not announced as a single package, each folder at the top is one.
        // https://developer.salesforce.com/docs/atlas.en-us.api_meta.meta/api_meta/meta_deploy.htm
        let depth = usize::from(!single);
        let path = files.keys().find(|path| path.ends_with("package.xml") && path.matches('/').count() == depth);
        let components = match path {
            Some(path) => components(path, &files),
            None => vec![manifest("package.xml", Some("No package.xml found".to_owned()))],
        };
        Self { files, components }
    }
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

/// The `package.xml` itself, which the Metadata API lists as a component without a type.
fn manifest(path: &str, problem: Option<String>) -> Component {
    Component { kind: String::new(), name: "package.xml".to_owned(), file: path.to_owned(), problem }
}

fn components(manifest_path: &str, files: &BTreeMap<String, String>) -> Vec<Component> {
    let root = &manifest_path[..manifest_path.len() - "package.xml".len()];
    let mut components = vec![manifest(manifest_path, None)];
    for part in files[manifest_path].split("<types>").skip(1) {
        let part = part.split("</types>").next().unwrap_or_default();
        let kind = elements(part, "name").next().unwrap_or_default();
        for name in elements(part, "members").filter(|name| *name != "*") {
            let file = files.keys().find(|path| path.strip_prefix(root).is_some_and(|path| is_file_of(path, name)));
            let problem = file.is_none().then(|| {
                format!(
                    "An object '{name}' of type {kind} was named in package.xml, but was not found in zipped directory"
                )
            });
            let file = file.map_or(manifest_path, String::as_str).to_owned();
            components.push(Component { kind: kind.to_owned(), name: name.to_owned(), file, problem });
        }
    }
    components
}

/// Whether a component is in the file: by its name, or as a part of an object (`Account.Default` of `objects/Account.object`).
fn is_file_of(path: &str, component: &str) -> bool {
    let file = path.rsplit('/').next().unwrap_or(path);
    let has_name = |name: &str| file.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'));
    path != "package.xml" && (has_name(component) || component.split('.').next().is_some_and(has_name))
}

/// The texts of all elements of that name.
pub(super) fn elements<'a>(xml: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let mut rest = xml;
    std::iter::from_fn(move || {
        let (_, after) = rest.split_once(&open)?;
        let (text, after) = after.split_once(&close)?;
        rest = after;
        Some(text.trim())
    })
}
