//! Files that are there for a moment, until they get their name: hidden, and swept up where a kill left them behind.

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use tempfile::NamedTempFile;

use super::mode::{Readers, of_new_file};

/// How they are called: nothing that `sf` takes for a login.
const PREFIX: &str = ".orgready-";
const SUFFIX: &str = ".tmp";

/// The age from which one counts as left behind; it takes milliseconds to be renamed.
const LEFT_BEHIND: Duration = Duration::from_secs(600);

/// A new file in the folder.
pub(super) fn temporary(folder: &Path, readers: Readers) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX).suffix(SUFFIX);
    of_new_file(&mut builder, readers);
    // What the system said, without the temporary file's name, which tells nobody anything.
    builder.tempfile_in(folder).map_err(|error| if error.get_ref().is_some() { error.kind().into() } else { error })
}

/// Removes those that killed processes left behind.
pub(crate) fn sweep(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let ours = name.to_str().is_some_and(|name| name.starts_with(PREFIX) && name.ends_with(SUFFIX));
        let age = || entry.metadata().ok()?.modified().ok()?.elapsed().ok();
        if ours && age().is_some_and(|age| age > LEFT_BEHIND) {
            // Whoever else sweeps may have been faster.
            let _ = fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_no_temporary_file() {
        let folder = tempfile::tempdir().unwrap();
        let error = temporary(&folder.path().join("none"), Readers::Owner).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        assert!(!error.to_string().contains(PREFIX), "{error}");
    }

    #[test]
    fn what_a_killed_process_left_behind_is_swept_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        for (name, age) in [(".orgready-1.tmp", 2), (".orgready-2.tmp", 0), ("a@b.c.json", 2), (".orgready-3.json", 2)]
        {
            let file = fs::File::create(folder.path().join(name)).unwrap();
            let now = file.metadata().unwrap().modified().unwrap();
            file.set_modified(now - LEFT_BEHIND * age).unwrap();
        }
        sweep(folder.path());
        assert!(!folder.path().join(".orgready-1.tmp").exists());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
    }
}
