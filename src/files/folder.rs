//! Folders: made, proven writable, listed; and what lies in them, by name, kind and age.

use std::fs;
use std::io;
use std::path::Path;
use std::time::SystemTime;

use super::error::FileError;
use super::kind::Kind;
use super::mode::{Readers, of_new_folder};
use super::temporary::temporary;

/// Makes the folder where it is missing, and those above it.
pub(crate) fn create(folder: &Path, readers: Readers) -> Result<(), FileError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    of_new_folder(&mut builder, readers);
    builder.create(folder).map_err(FileError::io("create the folder", folder))
}

/// Proves that files can be made in the folder, before anything depends on it.
pub(crate) fn probe(folder: &Path, readers: Readers) -> Result<(), FileError> {
    create(folder, readers)?;
    temporary(folder, readers).map(drop).map_err(FileError::io("write to", folder))
}

/// The names in a folder, in order; none where there is no folder.
pub(crate) fn names(folder: &Path) -> Result<Vec<String>, FileError> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(FileError::io("read", folder))?,
    };
    let mut names: Vec<String> = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    names.sort();
    Ok(names)
}

/// What stands at a path, links followed.
pub(crate) fn kind(path: &Path) -> Result<Kind, FileError> {
    fs::metadata(path).map(|data| Kind::of(&data)).map_err(FileError::io("look at", path))
}

/// How many bytes a file has; none where there is no file.
pub(crate) fn length(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |data| data.len())
}

/// When a file or a folder was changed last.
pub(crate) fn modified(path: &Path) -> io::Result<SystemTime> {
    fs::metadata(path)?.modified()
}

/// Makes a folder that is not there yet: only one of many who try at once succeeds.
pub(crate) fn claim(folder: &Path) -> io::Result<()> {
    fs::create_dir(folder)
}

/// Removes an empty folder.
pub(crate) fn remove(folder: &Path) -> io::Result<()> {
    fs::remove_dir(folder)
}

/// Removes a file, or the link that stands in its place; whether there was one.
pub(crate) fn remove_file(path: &Path) -> Result<bool, FileError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        removed => removed.map(|()| true).map_err(FileError::io("remove", path)),
    }
}

/// Removes a folder with all that is in it; of links, in its place or below, the links alone. One that is not there is
/// no error.
pub(crate) fn remove_tree(folder: &Path) -> Result<(), FileError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(FileError::new("remove", folder, error)),
        _ => Ok(()),
    }
}

/// Gives a folder another name: only one of many who try at once succeeds.
pub(crate) fn rename(folder: &Path, to: &Path) -> io::Result<()> {
    fs::rename(folder, to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_in_order_and_a_missing_folder_has_none() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b", "a", "C"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        assert_eq!(names(folder.path()).unwrap(), ["C", "a", "b"]);
        assert!(names(&folder.path().join("none")).unwrap().is_empty());
        assert!(names(&folder.path().join("a")).is_err());
    }

    #[test]
    fn what_is_removed_once_is_no_error_twice() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at("a/b")).unwrap();
        fs::write(at("a/b/c"), "").unwrap();
        remove_tree(&at("a")).and_then(|()| remove_tree(&at("a"))).unwrap();
        fs::write(at("d"), "").unwrap();
        assert!(remove_file(&at("d")).unwrap() && !remove_file(&at("d")).unwrap());
        assert_eq!(names(folder.path()).unwrap(), [""; 0]);
    }

    #[cfg(unix)]
    #[test]
    fn what_a_link_leads_to_stays() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at("outside")).unwrap();
        fs::create_dir_all(at("tree")).unwrap();
        fs::write(at("outside/kept"), "").unwrap();
        for link in ["link", "tree/link"] {
            std::os::unix::fs::symlink(at("outside"), at(link)).unwrap();
        }
        remove_tree(&at("link")).and_then(|()| remove_tree(&at("tree"))).unwrap();
        assert_eq!(names(folder.path()).unwrap(), ["outside"]);
        assert!(at("outside/kept").exists());
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_for_its_owner_is_private() {
        use std::os::unix::fs::MetadataExt;
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("a/.sfdx");
        probe(&folder, Readers::Owner).unwrap();
        assert_eq!(fs::metadata(&folder).unwrap().mode() & 0o777, 0o700);
    }
}
