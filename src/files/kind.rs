//! What stands at a path: a regular file, or something that only looks like one.

use std::fmt;
use std::fs::Metadata;

/// What stands at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link, where links are not followed.
    Link,
    /// A pipe, with or without a name.
    Pipe,
    /// A terminal, `/dev/null` and the like.
    Device,
    /// A disk or a part of one.
    Disk,
    /// A socket.
    Socket,
}

impl Kind {
    #[cfg(unix)]
    pub(super) fn of(data: &Metadata) -> Self {
        use std::os::unix::fs::FileTypeExt;
        let kind = data.file_type();
        let kinds = [
            (kind.is_file(), Self::File),
            (kind.is_dir(), Self::Folder),
            (kind.is_symlink(), Self::Link),
            (kind.is_fifo(), Self::Pipe),
            (kind.is_block_device(), Self::Disk),
            (kind.is_socket(), Self::Socket),
        ];
        kinds.into_iter().find_map(|(is, kind)| is.then_some(kind)).unwrap_or(Self::Device)
    }

    #[cfg(not(unix))]
    pub(super) fn of(data: &Metadata) -> Self {
        let kind = data.file_type();
        match (kind.is_file(), kind.is_dir(), kind.is_symlink()) {
            (true, ..) => Self::File,
            (_, true, _) => Self::Folder,
            (.., true) => Self::Link,
            _ => Self::Device,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::File => "a file",
            Self::Folder => "a folder",
            Self::Link => "a link",
            Self::Pipe => "a pipe",
            Self::Device => "a device",
            Self::Disk => "a disk",
            Self::Socket => "a socket",
        })
    }
}
