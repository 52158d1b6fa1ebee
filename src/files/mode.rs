//! Permission bits and owners of files, where the system has them; elsewhere nothing is asked of them.

use std::fs;
use std::io;
use std::path::Path;

/// Who may read a file or a folder that is made anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Readers {
    /// Its owner alone.
    Owner,
    /// Whoever the umask lets: a project is shared, also with other users of a container.
    Umask,
}

pub(crate) use system::bits;
pub(super) use system::{keep_owner, make_private, of_new_file, of_new_folder, owns, same_owner, sticks};

#[cfg(unix)]
mod system {
    use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, chown};

    use super::{Path, Readers, fs, io};

    /// The permission bits of a regular file.
    pub(crate) fn bits(path: &Path) -> io::Result<Option<u32>> {
        let data = fs::metadata(path)?;
        Ok(data.is_file().then(|| data.mode() & 0o777))
    }

    /// Takes a file away from everybody but its owner.
    pub(in super::super) fn make_private(file: &fs::File) -> io::Result<()> {
        let bits = file.metadata()?.mode() & 0o777;
        let private = bits & 0o700;
        if bits == private { Ok(()) } else { file.set_permissions(fs::Permissions::from_mode(private)) }
    }

    /// Tells with which bits a folder is made; the umask takes some away.
    pub(in super::super) fn of_new_folder(builder: &mut fs::DirBuilder, readers: Readers) {
        builder.mode(if readers == Readers::Owner { 0o700 } else { 0o777 });
    }

    /// The same for a temporary file.
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

    /// Whether both belong to one user.
    pub(in super::super) fn same_owner(one: &fs::Metadata, other: &fs::Metadata) -> bool {
        one.uid() == other.uid()
    }

    /// Whether a file belongs to who runs the program.
    pub(in super::super) fn owns(data: &fs::Metadata) -> bool {
        data.uid() == rustix::process::geteuid().as_raw()
    }

    /// Whether the system keeps a file in its folder from being replaced: as in `/tmp`, by others than its owner; or
    /// where the file by itself is mounted into a container.
    pub(in super::super) fn sticks(file: &fs::Metadata, folder: &fs::Metadata) -> bool {
        const STICKY: u32 = 0o1000;
        let root = rustix::process::geteuid().is_root();
        let sticky = folder.mode() & STICKY != 0 && !(root || owns(file) || owns(folder));
        sticky || file.dev() != folder.dev()
    }
}

#[cfg(not(unix))]
mod system {
    use super::{Path, Readers, fs, io};

    pub(crate) fn bits(path: &Path) -> io::Result<Option<u32>> {
        fs::metadata(path).map(|_| None)
    }

    pub(in super::super) fn make_private(_: &fs::File) -> io::Result<()> {
        Ok(())
    }

    pub(in super::super) fn of_new_folder(_: &mut fs::DirBuilder, _: Readers) {}

    pub(in super::super) fn of_new_file(_: &mut tempfile::Builder<'_, '_>, _: Readers) {}

    pub(in super::super) fn keep_owner(_: &Path, _: &fs::Metadata) {}

    pub(in super::super) fn same_owner(_: &fs::Metadata, _: &fs::Metadata) -> bool {
        true
    }

    pub(in super::super) fn owns(_: &fs::Metadata) -> bool {
        true
    }

    pub(in super::super) fn sticks(_: &fs::Metadata, _: &fs::Metadata) -> bool {
        false
    }
}
