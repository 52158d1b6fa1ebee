//! A file that a user names for results: proven usable before anything is sent, replaced whole at the end.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::error::{FileError, Reason};
use super::kind::Kind;
use super::mode::{Readers, sticks};
use super::path::{folder_of, is_descriptor, resolve};
use super::read::without_blocking;
use super::replace::{check_secret, regular, replace, replace_secret};
use super::temporary::temporary;

/// How long somebody at the other end of a pipe is waited for: to open it, and to take something out of it.
const READER: Duration = Duration::from_secs(3);

const PAUSE: Duration = Duration::from_millis(5);

/// A file that can be written.
#[derive(Debug)]
pub(crate) struct OutputFile {
    path: PathBuf,
    readers: Readers,
    /// What cannot be replaced and is written to: a pipe, a device, a descriptor, a file in a folder that is not ours.
    /// It is held open, as who reads a pipe takes its closing for the end.
    stream: Option<File>,
}

impl OutputFile {
    /// Checks that the file can be written, and leaves it as it is. For a secret, `readers` is the owner: then it is
    /// neither a link nor another user's, and nothing but a regular file.
    pub(crate) fn check(path: &Path, readers: Readers) -> Result<Self, FileError> {
        if readers == Readers::Owner {
            check_secret(path)?;
        }
        let checked = || {
            let target = if is_descriptor(path) { path.to_owned() } else { resolve(path)? };
            let stream = match fs::metadata(&target).map(|data| Kind::of(&data)) {
                Ok(Kind::Pipe | Kind::Device) => Some(open_stream(&target)?),
                Ok(Kind::File) if is_descriptor(&target) => Some(open_stream(&target)?),
                _ => try_to_replace(&target, readers)?,
            };
            Ok(Self { path: target, readers, stream })
        };
        checked().map_err(|reason: Reason| FileError::new("write", path, reason))
    }

    /// Where it is, links followed.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Replaces the file: whoever reads it sees the old content or the new one.
    pub(crate) fn replace(&self, content: &[u8]) -> Result<(), FileError> {
        let in_place = || self.open().and_then(|mut file| file.write_all(content));
        match (&self.stream, self.readers) {
            (Some(_), _) => in_place().map_err(FileError::io("write", &self.path)),
            (None, Readers::Owner) => replace_secret(&self.path, content),
            (None, Readers::Umask) => match replace(&self.path, content, self.readers) {
                // It is mounted by itself, from the disk that its folder is on too.
                Err(FileError { reason: Reason::Io(error), .. }) if error.kind() == io::ErrorKind::ResourceBusy => {
                    in_place().map_err(FileError::io("write", &self.path))
                }
                replaced => replaced,
            },
        }
    }

    /// Adds lines to the file: what earlier steps wrote stays, and ends in a line end.
    pub(crate) fn append(&self, lines: &[u8]) -> Result<(), FileError> {
        let append = || {
            let mut file = match &self.stream {
                Some(stream) => stream.try_clone()?,
                None => without_blocking(OpenOptions::new().read(true).append(true).create(true)).open(&self.path)?,
            };
            let mut content = Vec::with_capacity(lines.len() + 1);
            // Where the end cannot be read, as in a pipe, it is left as it is.
            if file.metadata()?.is_file() && file.seek(SeekFrom::End(0))? > 0 {
                let mut last = [b'\n'];
                let read = file.seek(SeekFrom::End(-1)).and_then(|_| file.read_exact(&mut last));
                content.extend(read.is_ok().then_some(b'\n').filter(|_| last != [b'\n']));
                file.seek(SeekFrom::End(0))?;
            }
            content.extend_from_slice(lines);
            Stream(file).write_all(&content)
        };
        append().map_err(FileError::io("write", &self.path))
    }

    /// Opens the file to be written bit by bit, empty at first.
    pub(crate) fn open(&self) -> io::Result<Stream> {
        let file = match &self.stream {
            Some(stream) => stream.try_clone()?,
            None => without_blocking(OpenOptions::new().write(true).create(true)).open(&self.path)?,
        };
        if !is_descriptor(&self.path) && file.metadata()?.is_file() {
            file.set_len(0)?;
            (&file).rewind()?;
        }
        Ok(Stream(file))
    }
}

/// Proves that a file can be put there. Where that is not so, but a file is there, that is opened; not for a secret.
fn try_to_replace(path: &Path, readers: Readers) -> Result<Option<File>, Reason> {
    let old = regular(fs::metadata(path))?;
    let folder = folder_of(path);
    let stuck = |old| fs::metadata(folder).is_ok_and(|folder| sticks(old, &folder));
    let refused = match temporary(folder, Readers::Owner) {
        Ok(_) if old.as_ref().is_some_and(stuck) => io::ErrorKind::PermissionDenied.into(),
        Ok(_) => return Ok(None),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(Reason::NoFolder),
        Err(error) => error,
    };
    if old.is_some()
        && readers == Readers::Umask
        && let Ok(file) = open_stream(path)
    {
        Ok(Some(file))
    } else {
        Err(refused.into())
    }
}

fn open_stream(path: &Path) -> Result<File, Reason> {
    if let Some(own) = own_stream(path) {
        return Ok(own?);
    }
    let end = Instant::now() + READER;
    loop {
        let opened = without_blocking(OpenOptions::new().append(is_descriptor(path)).write(true)).open(path);
        match opened {
            Err(error) if is_deserted(&error) && Instant::now() < end => sleep(PAUSE),
            Err(error) if is_deserted(&error) => return Err(Reason::Deserted),
            opened => return Ok(opened?),
        }
    }
}

/// Standard output or error by its name. It is not opened a second time: what is written on both ways would overwrite
/// each other in a file.
#[cfg(unix)]
fn own_stream(path: &Path) -> Option<io::Result<File>> {
    use std::os::fd::AsFd;
    let is = |names: [&str; 3]| names.iter().any(|name| path == Path::new(name));
    let stream = if is(["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"]) {
        io::stdout().as_fd().try_clone_to_owned()
    } else if is(["/dev/stderr", "/dev/fd/2", "/proc/self/fd/2"]) {
        io::stderr().as_fd().try_clone_to_owned()
    } else {
        return None;
    };
    Some(stream.map(File::from))
}

#[cfg(not(unix))]
fn own_stream(_: &Path) -> Option<io::Result<File>> {
    None
}

/// Whether it is a pipe that nobody reads.
#[cfg(unix)]
fn is_deserted(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::NXIO.raw_os_error())
}

#[cfg(not(unix))]
fn is_deserted(_: &io::Error) -> bool {
    false
}

/// A file that is written bit by bit. Who reads a pipe and takes nothing out of it is given up.
#[derive(Debug)]
pub(crate) struct Stream(File);

impl Write for Stream {
    fn write(&mut self, content: &[u8]) -> io::Result<usize> {
        let end = Instant::now() + READER;
        loop {
            match self.0.write(content) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if Instant::now() >= end {
                        return Err(io::Error::other(Reason::Deserted));
                    }
                    sleep(PAUSE);
                }
                written => return written,
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(path: &Path, readers: Readers) -> String {
        OutputFile::check(path, readers).unwrap_err().to_string()
    }

    #[test]
    fn a_place_that_cannot_be_written_is_told_before_the_run() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("file"), "").unwrap();
        for readers in [Readers::Umask, Readers::Owner] {
            assert!(told(folder.path(), readers).ends_with("it is a folder, not a regular file"));
            assert!(told(&at("missing/x.json"), readers).ends_with("its folder does not exist"));
            assert!(OutputFile::check(&at("file/x.json"), readers).is_err());
            assert!(OutputFile::check(&at(&"long".repeat(100)), readers).is_err());
            assert!(OutputFile::check(&at(&"l/".repeat(4000)), readers).is_err());
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_check_leaves_no_trace() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.json");
        OutputFile::check(&path, Readers::Umask).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        fs::write(&path, "old").unwrap();
        let place = OutputFile::check(&path, Readers::Umask).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        place.replace(b"new").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_is_added_stands_on_lines_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.env");
        for (before, after) in
            [(None, "A=1\n"), (Some(""), "A=1\n"), (Some("B=2\n"), "B=2\nA=1\n"), (Some("B=2"), "B=2\nA=1\n")]
        {
            let _ = fs::remove_file(&path);
            if let Some(before) = before {
                fs::write(&path, before).unwrap();
            }
            OutputFile::check(&path, Readers::Umask).unwrap().append(b"A=1\n").unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), after);
        }
        OutputFile::check(&path, Readers::Umask).unwrap().append(b"C=3\n").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "B=2\nA=1\nC=3\n");
    }

    #[test]
    fn what_is_written_bit_by_bit_begins_empty() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.jsonl");
        fs::write(&path, "old and long").unwrap();
        let mut file = OutputFile::check(&path, Readers::Umask).unwrap().open().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"");
        file.write_all(b"one").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"one");
    }

    #[cfg(unix)]
    mod unix {
        use std::io::Read;
        use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};
        use std::process::Command;

        use super::*;

        fn pipe(folder: &Path) -> PathBuf {
            let path = folder.join("pipe");
            assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
            path
        }

        #[test]
        fn a_secret_goes_to_a_file_of_ours_alone_and_a_report_through_a_link() {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("tokens");
            fs::write(&path, "old").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
            OutputFile::check(&path, Readers::Owner).unwrap().replace(b"t").unwrap();
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            let link = folder.path().join("link");
            symlink(&path, &link).unwrap();
            assert!(told(&link, Readers::Owner).contains("it is a link"));
            OutputFile::check(&link, Readers::Umask).unwrap().replace(b"r").unwrap();
            assert!(fs::symlink_metadata(&link).unwrap().file_type().is_symlink());
            assert_eq!(fs::read_to_string(&path).unwrap(), "r");
            for irregular in [pipe(folder.path()), "/dev/null".into(), "/dev/full".into()] {
                assert!(told(&irregular, Readers::Owner).contains("not a regular file"));
            }
        }

        #[test]
        fn a_device_is_written_to_and_stays_a_device() {
            let null = OutputFile::check(Path::new("/dev/null"), Readers::Umask).unwrap();
            null.replace(b"r").unwrap();
            null.open().unwrap().write_all(b"r").unwrap();
            assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
            let full = OutputFile::check(Path::new("/dev/full"), Readers::Umask).unwrap();
            assert!(full.replace(b"r").unwrap_err().to_string().contains("/dev/full"));
        }

        #[test]
        fn a_pipe_that_nobody_reads_is_refused_and_one_that_is_full_is_given_up() {
            let folder = tempfile::tempdir().unwrap();
            let path = pipe(folder.path());
            assert!(told(&path, Readers::Umask).ends_with("nobody is at its other end"));
            let _idle = without_blocking(OpenOptions::new().read(true)).open(&path).unwrap();
            let place = OutputFile::check(&path, Readers::Umask).unwrap();
            place.replace(b"short").unwrap();
            assert!(
                place.replace(&vec![b'x'; 1 << 20]).unwrap_err().to_string().contains("nobody is at its other end")
            );
        }

        #[test]
        fn who_reads_a_pipe_gets_all_of_it_and_no_end_before() {
            let folder = tempfile::tempdir().unwrap();
            let path = pipe(folder.path());
            std::thread::scope(|scope| {
                let reader = scope.spawn(|| {
                    let mut all = Vec::new();
                    File::open(&path).unwrap().read_to_end(&mut all).unwrap();
                    all
                });
                let place = OutputFile::check(&path, Readers::Umask).unwrap();
                place.replace(&vec![b'x'; 300_000]).unwrap();
                drop(place);
                assert_eq!(reader.join().unwrap().len(), 300_000);
            });
        }
    }
}
