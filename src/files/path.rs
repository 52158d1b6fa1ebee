//! Where a path leads: links followed, other spellings of one place seen as one, whether or not there is a file yet.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::kind::Kind;
use super::mode::Readers;
use super::temporary::temporary;

/// Links that are followed before a chain of them is given up, as file systems do.
const LINKS_MAX: usize = 32;

/// The file that a chain of links ends at, whether it exists or not. A descriptor such as `/dev/stdout`, which is a link
/// to what has no name, stays what it is.
pub(super) fn follow_links(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..LINKS_MAX {
        match fs::symlink_metadata(&path) {
            Ok(data) if data.file_type().is_symlink() && !is_descriptor(&path) => {
                let link = fs::read_link(&path)?;
                path = path.parent().map_or(link.clone(), |folder| folder.join(link));
            }
            Ok(_) => return Ok(path),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(path),
            // Such as a name that is too long for the file system.
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other("too many links"))
}

/// The place itself: every link followed, also those of folders, and of what is missing as far as it is there.
pub(crate) fn resolve(path: &Path) -> io::Result<PathBuf> {
    let path = follow_links(path)?;
    match fs::canonicalize(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let name = path.file_name().ok_or(error)?;
            Ok(resolve(folder_of(&path))?.join(name))
        }
        place => place,
    }
}

/// Whether a path leads to a place in the folder, or below it.
pub(crate) fn leads_into(folder: &Path, path: &Path) -> io::Result<bool> {
    Ok(resolve(path)?.starts_with(resolve(folder)?))
}

/// The folder that a file is in, or is to be in.
pub(super) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Whether the path is a descriptor of this process, such as `/dev/fd/63`: a file behind it has no name that lasts.
pub(crate) fn is_descriptor(path: &Path) -> bool {
    cfg!(unix) && ["/dev/stdin", "/dev/stdout", "/dev/stderr", "/dev/fd", "/proc"].iter().any(|at| path.starts_with(at))
}

/// A place, however its path is spelled.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    path: PathBuf,
    /// What the system knows a file by, whatever its names; nothing where there is none yet.
    inode: Option<(u64, u64)>,
}

impl Place {
    /// The place that a path leads to; nothing where that is no file and cannot become one.
    pub(crate) fn of(path: &Path) -> Option<Self> {
        let path = resolve(path).ok()?;
        let data = fs::metadata(&path).ok();
        if data.as_ref().is_some_and(|data| Kind::of(data) == Kind::Device) {
            return None;
        }
        Some(Self { inode: inode(data.as_ref()), path })
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether both are one.
    pub(crate) fn is(&self, other: &Self) -> bool {
        match (self.inode, other.inode) {
            (Some(one), Some(other)) => one == other,
            _ => self.path == other.path || self.differs_in_case_only(other),
        }
    }

    /// Where the file system makes no difference of case, that is no difference.
    fn differs_in_case_only(&self, other: &Self) -> bool {
        let lower = |path: &Path| path.file_name().map(|name| name.to_string_lossy().to_lowercase());
        self.path.parent() == other.path.parent()
            && lower(&self.path) == lower(&other.path)
            && self.path.parent().is_none_or(ignores_case)
    }
}

/// Whether a folder answers for any spelling of a name in it, as those of macOS and Windows do.
fn ignores_case(folder: &Path) -> bool {
    let Ok(probe) = temporary(folder, Readers::Owner) else {
        return cfg!(any(windows, target_os = "macos"));
    };
    let name: OsString = probe.path().file_name().unwrap_or_default().to_ascii_uppercase();
    fs::symlink_metadata(folder.join(name)).is_ok()
}

#[cfg(unix)]
fn inode(data: Option<&fs::Metadata>) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    data.map(|data| (data.dev(), data.ino()))
}

#[cfg(not(unix))]
fn inode(_: Option<&fs::Metadata>) -> Option<(u64, u64)> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(one: &Path, other: &Path) -> bool {
        Place::of(one).unwrap().is(&Place::of(other).unwrap())
    }

    #[test]
    fn a_place_is_one_however_it_is_spelled() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("x")).unwrap();
        assert!(same(&at("r.json"), &at("x/../r.json")), "neither is there yet");
        assert!(!same(&at("r.json"), &at("x/r.json")));
        fs::write(at("r.json"), "").unwrap();
        assert!(same(&at("r.json"), &at("./x/../r.json")));
        fs::hard_link(at("r.json"), at("x/other")).unwrap();
        assert!(same(&at("r.json"), &at("x/other")));
        assert_eq!(same(&at("new"), &at("NEW")), ignores_case(folder.path()));
    }

    #[test]
    fn what_is_missing_is_resolved_as_far_as_it_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(folder.path()).unwrap();
        assert_eq!(resolve(&folder.path().join("a/b/c.json")).unwrap(), root.join("a/b/c.json"));
        assert!(leads_into(folder.path(), &folder.path().join(".sf/config.json")).unwrap());
        assert!(!leads_into(&folder.path().join("in"), &folder.path().join("in/../config.json")).unwrap_or(false));
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_of_files_and_of_folders_also_where_they_lead_to_nothing_yet() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("project")).unwrap();
        symlink("../outside", at("project/.sf")).unwrap();
        assert!(!leads_into(&at("project"), &at("project/.sf/config.json")).unwrap());
        symlink(".", at("project/here")).unwrap();
        assert!(leads_into(&at("project"), &at("project/here/config.json")).unwrap());
        symlink("r.json", at("link")).unwrap();
        assert!(same(&at("link"), &at("r.json")));
        symlink("b", at("a")).unwrap();
        symlink("a", at("b")).unwrap();
        assert!(resolve(&at("a")).is_err() && Place::of(&at("a")).is_none());
    }

    #[cfg(unix)]
    #[test]
    fn a_device_is_nobodys_place_and_a_descriptor_has_no_path_that_lasts() {
        assert!(Place::of(Path::new("/dev/null")).is_none());
        assert!(is_descriptor(Path::new("/dev/fd/63")) && is_descriptor(Path::new("/dev/stdin")));
        assert!(!is_descriptor(Path::new("/dev/shm/server.key")));
    }
}
