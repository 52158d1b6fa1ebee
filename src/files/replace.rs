//! Replaces a file whole: whoever reads it sees the old content or the new one, also after a kill.

use std::fs::{self, Metadata};
use std::io::{self, Write};
use std::path::Path;

use tempfile::NamedTempFile;

use super::error::{FileError, Reason};
use super::kind::Kind;
use super::mode::{Readers, keep_owner, make_private, owns, same_owner};
use super::path::{folder_of, follow_links};
use super::temporary::temporary;

/// Writes `content` beside the file and renames it into place. A link is followed, not replaced; a file that is there
/// keeps its mode and its owner; what is no regular file stays what it is.
pub(crate) fn replace(path: &Path, content: &[u8], readers: Readers) -> Result<(), FileError> {
    let written = || {
        let target = follow_links(path)?;
        let old = regular(fs::metadata(&target))?;
        let file = beside(&target, content, readers)?;
        if let Some(old) = &old {
            keep_owner(file.path(), old);
            file.as_file().set_permissions(old.permissions())?;
        }
        Ok(rename(file, &target)?)
    };
    written().map_err(|reason: Reason| FileError::new("write", path, reason))
}

/// The same for what holds logins: its owner alone can read it, whatever was there. That is who runs the program; or, where
/// that is root in a user's home, the user: but only if the folder is the user's as the file is.
pub(crate) fn replace_private(path: &Path, content: &[u8]) -> Result<(), FileError> {
    let written = || {
        let target = follow_links(path)?;
        let old = regular(fs::metadata(&target))?;
        let file = beside(&target, content, Readers::Owner)?;
        if let (Some(old), Ok(folder)) = (&old, fs::metadata(folder_of(path)))
            && same_owner(old, &folder)
        {
            keep_owner(file.path(), old);
        }
        Ok(rename(file, &target)?)
    };
    written().map_err(|reason: Reason| FileError::new("write", path, reason))
}

/// The same for a secret: a new file of ours, which its owner alone can read, in the place of one of ours or of none.
pub(crate) fn replace_secret(path: &Path, content: &[u8]) -> Result<(), FileError> {
    check_secret(path)?;
    let written = beside(path, content, Readers::Owner).and_then(|file| rename(file, path));
    written.map_err(FileError::io("write", path))
}

/// Whether a secret may be kept there: nothing is there, or a file of ours, and no link to one.
pub(crate) fn check_secret(path: &Path) -> Result<(), FileError> {
    let ours = regular(fs::symlink_metadata(path)).and_then(|old| match old {
        Some(old) if !owns(&old) => Err(Reason::NotOurs),
        _ => Ok(()),
    });
    ours.map_err(|reason| FileError::new("keep a secret in", path, reason))
}

/// Takes a file of ours away from everybody else.
pub(crate) fn protect(path: &Path) -> Result<(), FileError> {
    check_secret(path)?;
    fs::File::open(path).and_then(|file| make_private(&file)).map_err(FileError::io("protect", path))
}

/// Writes a file for its owner alone that is not there yet. `false` where something is: then it is left as it is.
pub(crate) fn create(path: &Path, content: &[u8]) -> Result<bool, FileError> {
    let file = beside(path, content, Readers::Owner).map_err(FileError::io("write", path))?;
    match file.persist_noclobber(path) {
        Ok(_) => Ok(true),
        Err(refused) if refused.error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(refused) => Err(FileError::new("write", path, refused.error)),
    }
}

/// What is known of the file that is there, if any.
pub(super) fn regular(data: io::Result<Metadata>) -> Result<Option<Metadata>, Reason> {
    match data {
        Ok(data) if Kind::of(&data) == Kind::File => Ok(Some(data)),
        Ok(data) => Err(Reason::Irregular(Kind::of(&data))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn beside(target: &Path, content: &[u8], readers: Readers) -> io::Result<NamedTempFile> {
    let mut file = temporary(folder_of(target), readers)?;
    file.write_all(content)?;
    Ok(file)
}

#[cfg(not(windows))]
fn rename(file: NamedTempFile, target: &Path) -> io::Result<()> {
    file.persist(target).map(drop).map_err(|refused| refused.error)
}

/// Windows refuses to replace a file while somebody has it open; that passes.
#[cfg(windows)]
fn rename(mut file: NamedTempFile, target: &Path) -> io::Result<()> {
    const ACCESS_DENIED: i32 = 5;
    const SHARING_VIOLATION: i32 = 32;
    const LOCK_VIOLATION: i32 = 33;
    let start = std::time::Instant::now();
    loop {
        match file.persist(target) {
            Ok(_) => return Ok(()),
            Err(refused)
                if start.elapsed() < std::time::Duration::from_secs(2)
                    && matches!(
                        refused.error.raw_os_error(),
                        Some(ACCESS_DENIED | SHARING_VIOLATION | LOCK_VIOLATION)
                    ) =>
            {
                file = refused.file;
                std::thread::sleep(std::time::Duration::from_millis(fastrand::u64(5..25)));
            }
            Err(refused) => return Err(refused.error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_the_file_that_was_wanted_and_no_temporary_one() {
        let folder = tempfile::tempdir().unwrap();
        let error = replace(&folder.path().join("none/alias.json"), b"", Readers::Owner).unwrap_err().to_string();
        assert!(error.contains("alias.json") && !error.contains(".orgready-"), "{error}");
        assert!(replace(folder.path(), b"", Readers::Owner).unwrap_err().to_string().contains("it is a folder"));
    }

    #[test]
    fn a_file_that_exists_is_not_created_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.json");
        assert!(create(&path, b"one").unwrap());
        assert!(!create(&path, b"two").unwrap());
        assert_eq!(fs::read(&path).unwrap(), b"one");
    }

    #[cfg(unix)]
    mod unix {
        use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, chown, symlink};

        use super::*;

        fn mode(path: &Path) -> u32 {
            fs::metadata(path).unwrap().mode() & 0o777
        }

        #[test]
        fn a_new_file_is_private_and_an_old_one_keeps_its_mode() {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("a.json");
            replace(&path, b"{}", Readers::Owner).unwrap();
            assert_eq!(mode(&path), 0o600);
            fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
            replace(&path, b"{ }", Readers::Owner).unwrap();
            assert_eq!(mode(&path), 0o644);
        }

        #[test]
        fn a_secret_is_private_whatever_was_there() {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("tokens");
            fs::write(&path, "old").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
            let other_name = folder.path().join("other name");
            fs::hard_link(&path, &other_name).unwrap();
            replace_secret(&path, b"secret").unwrap();
            assert_eq!((mode(&path), fs::read(&path).unwrap()), (0o600, b"secret".to_vec()));
            assert_eq!(fs::read(&other_name).unwrap(), b"old");
        }

        #[test]
        fn what_holds_logins_becomes_private_and_is_given_to_nobody_but_who_has_the_folder() {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("a@x.com.json");
            let theirs = Some(12_345);
            fs::write(&path, "{}").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
            replace_private(&path, b"1").unwrap();
            assert_eq!((mode(&path), fs::read(&path).unwrap()), (0o600, b"1".to_vec()));
            // Only root can give a file away.
            if chown(&path, theirs, None).is_ok() {
                replace_private(&path, b"2").unwrap();
                assert_ne!(fs::metadata(&path).unwrap().uid(), 12_345, "somebody else was given a login");
                for owned in [folder.path(), &path] {
                    chown(owned, theirs, None).unwrap();
                }
                replace_private(&path, b"3").unwrap();
                assert_eq!((fs::metadata(&path).unwrap().uid(), mode(&path)), (12_345, 0o600));
            }
        }

        #[test]
        fn a_secret_goes_through_no_link_and_to_no_file_of_another_user() {
            let folder = tempfile::tempdir().unwrap();
            let (file, link) = (folder.path().join("file"), folder.path().join("link"));
            symlink(&file, &link).unwrap();
            assert!(replace_secret(&link, b"secret").unwrap_err().to_string().contains("it is a link"));
            assert!(!file.exists(), "a dangling link was followed");
            fs::write(&file, "").unwrap();
            assert!(replace_secret(&link, b"secret").is_err());
            // Only root can give a file away.
            if chown(&file, Some(12_345), None).is_ok() {
                assert!(replace_secret(&file, b"secret").unwrap_err().to_string().contains("another user"));
            }
            assert_eq!(fs::read(&file).unwrap(), b"");
        }

        #[test]
        fn a_device_stays_a_device_whoever_we_are() {
            let folder = tempfile::tempdir().unwrap();
            let link = folder.path().join("alias.json");
            symlink("/dev/null", &link).unwrap();
            for path in [&link, Path::new("/dev/null")] {
                assert!(replace(path, b"{}", Readers::Owner).unwrap_err().to_string().contains("it is a device"));
                assert!(replace_secret(path, b"{}").is_err());
            }
            assert!(!create(&link, b"{}").unwrap());
            assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
        }

        #[test]
        fn a_link_stays_a_link_even_where_it_leads_to_nothing_yet() {
            let folder = tempfile::tempdir().unwrap();
            fs::create_dir(folder.path().join("dotfiles")).unwrap();
            let link = folder.path().join("alias.json");
            symlink("dotfiles/alias.json", &link).unwrap();
            for content in [b"1", b"2"] {
                replace(&link, content, Readers::Owner).unwrap();
                assert!(fs::symlink_metadata(&link).unwrap().file_type().is_symlink());
                assert_eq!(fs::read(folder.path().join("dotfiles/alias.json")).unwrap(), content);
            }
            symlink("b", folder.path().join("a")).unwrap();
            symlink("a", folder.path().join("b")).unwrap();
            assert!(replace(&folder.path().join("a"), b"", Readers::Owner).is_err());
        }
    }
}
