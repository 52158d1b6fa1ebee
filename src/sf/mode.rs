//! Permission bits and owners of files, where the system has them; elsewhere nothing is asked of them.

use std::fs;
use std::io;
use std::path::Path;

/// Who may read a file or a folder that is made anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Readers {
    /// Its owner alone.
    Owner,
    /// Whoever the umask lets: a project is shared, also with other users of a container.
    Umask,
}

/// What the group or others may do.
const SHARED: u32 = 0o077;

/// The permission bits of a file.
#[cfg(unix)]
pub(super) fn bits(path: &Path) -> io::Result<Option<u32>> {
    use std::os::unix::fs::PermissionsExt;
    Ok(Some(fs::metadata(path)?.permissions().mode() & 0o777))
}

/// The permission bits of a file.
#[cfg(not(unix))]
pub(super) fn bits(_: &Path) -> io::Result<Option<u32>> {
    Ok(None)
}

/// Takes a file away from everybody but its owner.
pub(super) fn make_private(path: &Path) -> io::Result<()> {
    match bits(path)? {
        #[cfg(unix)]
        Some(bits) if bits & SHARED != 0 => {
            fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(bits & !SHARED))
        }
        _ => Ok(()),
    }
}

/// Makes a folder, and those above it that are missing.
pub(super) fn create_folder(folder: &Path, readers: Readers) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    if readers == Readers::Owner {
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    }
    let _ = readers;
    builder.recursive(true).create(folder)
}

/// The bits that a new file is made with, less the umask.
#[cfg(unix)]
pub(super) fn of_new_file(readers: Readers) -> Option<fs::Permissions> {
    let bits = if readers == Readers::Owner { 0o600 } else { 0o666 };
    Some(std::os::unix::fs::PermissionsExt::from_mode(bits))
}

/// The bits that a new file is made with, less the umask.
#[cfg(not(unix))]
pub(super) fn of_new_file(_: Readers) -> Option<fs::Permissions> {
    None
}

/// Where the program runs as root in a user's home, the user keeps the file.
#[cfg(unix)]
pub(super) fn keep_owner(file: &Path, old: &fs::Metadata) {
    use std::os::unix::fs::{MetadataExt, chown};
    if fs::metadata(file).is_ok_and(|new| (new.uid(), new.gid()) != (old.uid(), old.gid())) {
        // Only root may give a file away; for anyone else the file is theirs anyhow.
        let _ = chown(file, Some(old.uid()), Some(old.gid()));
    }
}

/// Where the program runs as root in a user's home, the user keeps the file.
#[cfg(not(unix))]
pub(super) fn keep_owner(_: &Path, _: &fs::Metadata) {}
