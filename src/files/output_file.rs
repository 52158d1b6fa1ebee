//! A file to be written: proven usable before anything is sent, replaced whole at the end.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// How often, and how long after each time, a rename is tried again that Windows refuses while somebody reads the file.
#[cfg(windows)]
const RENAMES: (u32, std::time::Duration) = (40, std::time::Duration::from_millis(50));

/// Who may read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Readers {
    /// Whoever the umask allows.
    Usual,
    /// The user alone; and a link, which somebody else may have laid, is refused.
    Owner,
}

/// A file that can be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OutputFile {
    path: PathBuf,
    readers: Readers,
    /// A pipe or a device, which cannot be replaced: it is written to.
    special: bool,
}

impl OutputFile {
    /// Checks that the file can be written, and leaves it as it is. The error says what is wrong with the path.
    pub(crate) fn check(path: &Path, readers: Readers) -> Result<Self, String> {
        let shown = path.display();
        let link = fs::symlink_metadata(path).is_ok_and(|data| data.file_type().is_symlink());
        if link && readers == Readers::Owner {
            return Err(format!("{shown} is a link, and access tokens are not written through one"));
        }
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let special = match fs::metadata(&path) {
            Ok(data) if data.is_dir() => return Err(format!("{shown} is a folder")),
            Ok(data) => !data.is_file(),
            Err(_) => false,
        };
        let place = Self { path, readers, special };
        if special && readers == Readers::Owner {
            return Err(format!("{shown} is not a regular file"));
        }
        let tried = if special {
            OpenOptions::new().write(true).open(&place.path).map(drop)
        } else {
            place.temporary().map(drop)
        };
        tried.map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => format!("the folder of {shown} does not exist"),
            _ => format!("{shown} cannot be written: {error}"),
        })?;
        Ok(place)
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Replaces the file: whoever reads it sees the old content or the new one.
    pub(crate) fn replace(&self, content: &[u8]) -> io::Result<()> {
        if self.special {
            return OpenOptions::new().write(true).open(&self.path)?.write_all(content);
        }
        let mut file = self.temporary()?;
        file.write_all(content)?;
        if let (Readers::Usual, Ok(old)) = (self.readers, fs::metadata(&self.path)) {
            file.as_file().set_permissions(old.permissions())?;
        }
        persist(file, &self.path)
    }

    /// Opens the file to be written bit by bit, empty at first.
    pub(crate) fn open(&self) -> io::Result<File> {
        OpenOptions::new().write(true).create(true).truncate(true).open(&self.path)
    }

    fn temporary(&self) -> io::Result<NamedTempFile> {
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut builder = tempfile::Builder::new();
        builder.prefix(".orgready-").suffix(".tmp");
        #[cfg(unix)]
        if self.readers == Readers::Usual {
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(fs::Permissions::from_mode(0o666));
        }
        builder.tempfile_in(folder)
    }
}

#[cfg(not(windows))]
fn persist(file: NamedTempFile, path: &Path) -> io::Result<()> {
    file.persist(path).map(drop).map_err(|refused| refused.error)
}

#[cfg(windows)]
fn persist(mut file: NamedTempFile, path: &Path) -> io::Result<()> {
    for _ in 0..RENAMES.0 {
        match file.persist(path) {
            Ok(_) => return Ok(()),
            Err(refused) if refused.error.kind() == io::ErrorKind::PermissionDenied => file = refused.file,
            Err(refused) => return Err(refused.error),
        }
        std::thread::sleep(RENAMES.1);
    }
    file.persist(path).map(drop).map_err(|refused| refused.error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_that_cannot_be_written_is_told_before_the_run() {
        let folder = tempfile::tempdir().unwrap();
        let message = |path: &Path| OutputFile::check(path, Readers::Usual).unwrap_err();
        assert!(message(folder.path()).ends_with("is a folder"));
        assert!(message(&folder.path().join("missing/x.json")).ends_with("does not exist"));
    }

    #[test]
    fn a_check_leaves_no_trace() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.json");
        OutputFile::check(&path, Readers::Usual).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        fs::write(&path, "old").unwrap();
        let place = OutputFile::check(&path, Readers::Usual).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        place.replace(b"new").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn tokens_are_for_the_owner_alone_and_not_written_through_a_link() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokens");
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        OutputFile::check(&path, Readers::Owner).unwrap().replace(b"t").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let link = folder.path().join("link");
        symlink(&path, &link).unwrap();
        assert!(OutputFile::check(&link, Readers::Owner).unwrap_err().contains("is a link"));
        OutputFile::check(&link, Readers::Usual).unwrap().replace(b"r").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().file_type().is_symlink());
        assert_eq!(fs::read_to_string(&path).unwrap(), "r");
    }
}
