//! Replaces a file whole: whoever reads it sees the old content or the new one, also after a kill.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::error::StoreError;
use super::mode::{self, Readers};

/// How our temporary files are called: hidden, and nothing that `sf` takes for a login.
pub(super) const TEMPORARY_PREFIX: &str = ".orgready-";
/// How their names end.
pub(super) const TEMPORARY_SUFFIX: &str = ".tmp";

/// The age from which a temporary file counts as left behind; it takes milliseconds to be renamed.
const LEFT_BEHIND: Duration = Duration::from_secs(600);

/// Links that are followed before a chain of them is given up, as file systems do.
const LINKS_MAX: usize = 32;

/// Writes `content` beside the file and renames it into place. A link is followed, not replaced; an existing file keeps
/// its mode.
pub(super) fn replace(path: &Path, content: &[u8], readers: Readers) -> Result<(), StoreError> {
    let target = follow_links(path).map_err(StoreError::io("follow the link", path))?;
    write_beside(&target, content, readers)
        .and_then(|file| rename(file, &target))
        .map_err(StoreError::io("write", &target))
}

/// Writes a file for its owner alone that is not there yet. `false` where it is: then it is left as it is.
pub(super) fn create(path: &Path, content: &[u8]) -> Result<bool, StoreError> {
    let file = write_beside(path, content, Readers::Owner).map_err(StoreError::io("write", path))?;
    match file.persist_noclobber(path) {
        Ok(_) => Ok(true),
        Err(refused) if refused.error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(refused) => Err(StoreError::io("write", path)(refused.error)),
    }
}

/// Makes the folder where it is missing; `sf` makes its own for their owner alone (`Global.createDir` in `global.ts`).
pub(super) fn create_folder(folder: &Path, readers: Readers) -> Result<(), StoreError> {
    mode::create_folder(folder, readers).map_err(StoreError::io("create the folder", folder))
}

/// Proves that files can be made in the folder, before anything depends on it.
pub(super) fn probe_folder(folder: &Path, readers: Readers) -> Result<(), StoreError> {
    create_folder(folder, readers)?;
    temporary(folder, readers).map(drop).map_err(StoreError::io("write to", folder))
}

/// Removes temporary files that killed processes left behind.
pub(super) fn sweep(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let ours = entry
            .file_name()
            .to_str()
            .is_some_and(|name| name.starts_with(TEMPORARY_PREFIX) && name.ends_with(TEMPORARY_SUFFIX));
        let age = || entry.metadata().ok()?.modified().ok()?.elapsed().ok();
        if ours && age().is_some_and(|age| age > LEFT_BEHIND) {
            // Whoever else sweeps may have been faster.
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn write_beside(target: &Path, content: &[u8], readers: Readers) -> io::Result<tempfile::NamedTempFile> {
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = temporary(folder, readers)?;
    file.write_all(content)?;
    if let Ok(old) = fs::metadata(target) {
        mode::keep_owner(file.path(), &old);
        file.as_file().set_permissions(old.permissions())?;
    }
    Ok(file)
}

fn temporary(folder: &Path, readers: Readers) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMPORARY_PREFIX).suffix(TEMPORARY_SUFFIX);
    mode::of_new_file(&mut builder, readers);
    builder.tempfile_in(folder).map_err(without_temporary_path)
}

/// What the system said, without the temporary file's name, which tells nobody anything.
fn without_temporary_path(error: io::Error) -> io::Error {
    if error.get_ref().is_some() { error.kind().into() } else { error }
}

#[cfg(not(windows))]
fn rename(file: tempfile::NamedTempFile, target: &Path) -> io::Result<()> {
    file.persist(target).map(drop).map_err(|refused| refused.error)
}

/// Windows refuses to replace a file while somebody has it open; that passes.
#[cfg(windows)]
fn rename(mut file: tempfile::NamedTempFile, target: &Path) -> io::Result<()> {
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

/// The file that a chain of links ends at, whether it exists or not.
fn follow_links(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..LINKS_MAX {
        match fs::symlink_metadata(&path) {
            Ok(metadata) if metadata.file_type().is_symlink() => {
                let link = fs::read_link(&path)?;
                path = path.parent().map_or(link.clone(), |folder| folder.join(link));
            }
            _ => return Ok(path),
        }
    }
    Err(io::Error::other("too many links"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_temporary_name_is_taken_for_a_login() {
        let folder = tempfile::tempdir().unwrap();
        for _ in 0..50 {
            let file = temporary(folder.path(), Readers::Owner).unwrap();
            let name = file.path().file_name().unwrap().to_str().unwrap().to_owned();
            assert!(!super::super::file_name::is_auth_file(&name), "{name}");
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn an_error_names_the_file_that_was_wanted_and_no_temporary_one() {
        let folder = tempfile::tempdir().unwrap();
        let error = replace(&folder.path().join("none/alias.json"), b"", Readers::Owner).unwrap_err().to_string();
        assert!(error.contains("alias.json") && !error.contains(TEMPORARY_PREFIX), "{error}");
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
        use super::*;
        use std::os::unix::fs::{PermissionsExt, symlink};

        fn mode(path: &Path) -> u32 {
            fs::metadata(path).unwrap().permissions().mode() & 0o777
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
        fn a_folder_is_private() {
            let home = tempfile::tempdir().unwrap();
            let folder = home.path().join(".sfdx");
            probe_folder(&folder, Readers::Owner).unwrap();
            assert_eq!(mode(&folder), 0o700);
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
