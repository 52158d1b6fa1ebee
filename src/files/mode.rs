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

/// Makes a folder, and those above it that are missing.
pub(super) fn create_folder(folder: &Path, readers: Readers) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    bits::of_new_folder(&mut builder, readers);
    builder.create(folder)
}

pub(super) use bits::{bits, keep_owner, make_private, of_new_file};

#[cfg(unix)]
mod bits {
    use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, chown};

    use super::{Path, Readers, fs, io};

    /// The permission bits of a file.
    pub(in super::super) fn bits(path: &Path) -> io::Result<Option<u32>> {
        Ok(Some(fs::metadata(path)?.permissions().mode() & 0o777))
    }

    /// Takes a file away from everybody but its owner.
    pub(in super::super) fn make_private(path: &Path) -> io::Result<()> {
        let bits = fs::metadata(path)?.permissions().mode() & 0o777;
        let private = bits & 0o700;
        if bits == private { Ok(()) } else { fs::set_permissions(path, fs::Permissions::from_mode(private)) }
    }

    pub(super) fn of_new_folder(builder: &mut fs::DirBuilder, readers: Readers) {
        builder.mode(if readers == Readers::Owner { 0o700 } else { 0o777 });
    }

    /// Tells with which bits a temporary file is made; the umask takes some away.
    pub(in super::super) fn of_new_file(builder: &mut tempfile::Builder<'_, '_>, readers: Readers) {
        builder.permissions(fs::Permissions::from_mode(if readers == Readers::Owner { 0o600 } else { 0o666 }));
    }

    /// Where the program runs as root in a user's home, the user keeps the file.
    pub(in super::super) fn keep_owner(file: &Path, old: &fs::Metadata) {
        if fs::metadata(file).is_ok_and(|new| (new.uid(), new.gid()) != (old.uid(), old.gid())) {
            // Only root may give a file away; for anyone else the file is theirs anyhow.
            let _ = chown(file, Some(old.uid()), Some(old.gid()));
        }
    }
}

#[cfg(not(unix))]
mod bits {
    use super::{Path, Readers, fs, io};

    pub(in super::super) fn bits(_: &Path) -> io::Result<Option<u32>> {
        Ok(None)
    }

    pub(in super::super) fn make_private(_: &Path) -> io::Result<()> {
        Ok(())
    }

    pub(super) fn of_new_folder(_: &mut fs::DirBuilder, _: Readers) {}

    pub(in super::super) fn of_new_file(_: &mut tempfile::Builder<'_, '_>, _: Readers) {}

    pub(in super::super) fn keep_owner(_: &Path, _: &fs::Metadata) {}
}
