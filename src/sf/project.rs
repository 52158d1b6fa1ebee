//! The Salesforce DX project around a folder: the nearest folder, here or above, that holds `sfdx-project.json`
//! (`util/internal.ts`).

use std::path::{Path, PathBuf};

use crate::files::folder;

use super::error::StoreError;
use super::json_file;

/// The file that makes a folder a project.
const PROJECT_FILE: &str = "sfdx-project.json";

/// The root of the project around `folder`.
pub(super) fn root(folder: &Path) -> Option<&Path> {
    for root in folder.ancestors() {
        match folder::kind(&root.join(PROJECT_FILE)) {
            Ok(_) => return Some(root),
            Err(error) if error.is_missing() => {}
            // As `sf` does: what cannot be looked into ends the search.
            Err(_) => return None,
        }
    }
    None
}

/// The file of a project.
pub(super) fn file(root: &Path) -> PathBuf {
    root.join(PROJECT_FILE)
}

/// The `sfdcLoginUrl` of a project, and the file that says so.
pub(super) fn login_url(root: &Path) -> Result<Option<(String, PathBuf)>, StoreError> {
    let path = file(root);
    let content = json_file::read(&path)?;
    Ok(json_file::text(&content.object, "sfdcLoginUrl").map(|url| (url.to_owned(), path)))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_project_is_found_from_below_and_the_nearest_one_counts() {
        let home = tempfile::tempdir().unwrap();
        let inner = home.path().join("a/b");
        fs::create_dir_all(inner.join("c")).unwrap();
        assert!(root(&inner).is_none_or(|root| !root.starts_with(home.path())));
        fs::write(home.path().join(PROJECT_FILE), "{}").unwrap();
        assert_eq!(root(&inner.join("c")).unwrap(), home.path());
        fs::write(inner.join(PROJECT_FILE), "{}").unwrap();
        assert_eq!(root(&inner.join("c")).unwrap(), inner);
    }

    #[test]
    fn the_login_url_is_told_with_the_file_that_says_so() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join(PROJECT_FILE);
        for (content, url) in [
            (r#"{"sfdcLoginUrl":"https://acme.my.salesforce.com"}"#, Some("https://acme.my.salesforce.com")),
            (r#"{"sfdcLoginUrl":""}"#, None),
            (r#"{"sfdcLoginUrl":3}"#, None),
            ("{}", None),
        ] {
            fs::write(&path, content).unwrap();
            let found = login_url(home.path()).unwrap();
            assert_eq!(found, url.map(|url| (url.to_owned(), path.clone())));
        }
        fs::write(&path, "{ // comment\n}").unwrap();
        assert!(login_url(home.path()).unwrap_err().to_string().contains(PROJECT_FILE));
    }
}
