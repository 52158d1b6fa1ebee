//! What a file that was merely found may not say, as it may have come with somebody's pull request. This is the whole
//! rule: who is trusted and where secrets go is said by flags, variables, a file that is named, and the user's home.

use std::path::Path;

use super::origin::{Origin, Place};
use super::setting::{Setting, Trust};
use crate::cli::problem::Problem;
use crate::files::leads_into;
use crate::model::host::LoginUrl;

/// A setting that says who is trusted, or where secrets are written.
pub(crate) fn check_setting(setting: &Setting, origin: &Origin) -> Result<(), Problem> {
    check(origin, |_| setting.trust == Trust::Anyone, "it says who is trusted or where secrets go")
}

/// A file that is read or reported to.
pub(crate) fn check_path(origin: &Origin, path: &Path) -> Result<(), Problem> {
    let why = "it leads out of the folder of the file that names it";
    check(origin, |place| lies_beside(&place.file, path), why)
}

/// The hub's login URL; `allowed` is whether `--allow-host` names its host, which a found file cannot.
pub(crate) fn check_login_url(origin: &Origin, url: &LoginUrl, allowed: bool) -> Result<(), Problem> {
    check(origin, |_| allowed || !url.is_loopback(), "it sends the login to a program on this machine")
}

/// File and key are named; what stands there is not quoted.
fn check(origin: &Origin, is_allowed: impl FnOnce(&Place) -> bool, why: &str) -> Result<(), Problem> {
    let Some(place) = origin.found().filter(|place| !is_allowed(place)) else { return Ok(()) };
    let (key, file) = (place.key, place.file.display());
    let message = format!(
        "{file}: {key} is refused: {why}, and the file was merely found, so it may have come with somebody's change"
    );
    Err(Problem::new(message).with_action(match key {
        "sfdcLoginUrl" => "pass --instance-url".to_owned(),
        key => format!("pass --{}, or name the file with --config {file}", key.replace('_', "-")),
    }))
}

/// A settings file that was found: a link may make it any file of this machine, whose words would be told.
pub(crate) fn check_found_file(file: &Path) -> Result<(), Problem> {
    if lies_beside(file, file) {
        return Ok(());
    }
    let message = format!("{} is a link that leads out of its folder, and was merely found", file.display());
    Err(Problem::new(message).with_action(format!("if it is meant, name it with --config {}", file.display())))
}

/// Whether `path` lies in the folder of `file` or below it, links followed; what cannot be told does not.
fn lies_beside(file: &Path, path: &Path) -> bool {
    file.parent().is_some_and(|folder| leads_into(folder, path).unwrap_or(false))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_lies_beside_the_file_or_below_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("repo/orgready.toml");
        fs::create_dir_all(folder.path().join("repo/a/b")).unwrap();
        for name in ["repo-2", "repo/orgs.txt", "secret"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let lies = |path: &str| lies_beside(&file, &folder.path().join("repo").join(path));
        for inside in ["orgs.txt", "./orgs.txt", "a/../orgs.txt", "a/b/new.json", "new/folder/r.json", "../repo/r.json"]
        {
            assert!(lies(inside), "{inside}");
        }
        for outside in ["../secret", "../repo-2", "/etc/passwd", "new/../../secret", "a/../../new", "/nowhere/x"] {
            assert!(!lies(outside), "{outside}");
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::symlink;
            symlink(folder.path(), folder.path().join("repo/up")).unwrap();
            symlink(folder.path().join("secret"), folder.path().join("repo/link")).unwrap();
            symlink(folder.path().join("nothing"), folder.path().join("repo/dangling")).unwrap();
            symlink("orgs.txt", folder.path().join("repo/beside")).unwrap();
            for outside in ["up/secret", "up/new", "link", "dangling"] {
                assert!(!lies(outside), "{outside}");
            }
            assert!(lies("beside"));
        }
    }
}
