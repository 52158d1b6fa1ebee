//! Reading: opened without blocking, bounded, and nothing but a regular file unless the user named a pipe.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use super::encoding;
use super::error::{FileError, Reason};
use super::kind::Kind;
use super::path::is_descriptor;

/// The most that is read of a file, unless the caller says otherwise: no settings, no login and no bundle of
/// certificates comes near it.
const MAX: usize = 16 << 20;

/// How long a pipe with a name is given until somebody opens its other end. A shell that makes one for `<(…)` starts the
/// writer at the same time.
const WRITER: Duration = Duration::from_secs(3);

const PAUSE: Duration = Duration::from_millis(5);

/// How a file is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading {
    most: usize,
    pipes: bool,
}

impl Reading {
    /// A regular file alone: what was found, and what a program keeps.
    pub(crate) const REGULAR: Self = Self { most: MAX, pipes: false };

    /// What the user names: also a pipe such as `<(…)` or `/dev/stdin`.
    pub(crate) const NAMED: Self = Self { most: MAX, pipes: true };

    /// With another bound, in bytes.
    pub(crate) const fn at_most(self, most: usize) -> Self {
        Self { most, ..self }
    }

    /// The text of a file, whatever its encoding. What was read is wiped; for a secret, wipe the text too.
    pub(crate) fn text(self, path: &Path) -> Result<String, FileError> {
        text(self.bytes(path)?, path)
    }

    /// The text of standard input.
    pub(crate) fn stdin_text(self) -> Result<String, FileError> {
        text(self.stdin()?, Path::new(STDIN))
    }

    /// What a file holds.
    pub(crate) fn bytes(self, path: &Path) -> Result<Vec<u8>, FileError> {
        if self.pipes && is_stdin(path) {
            return self.stdin();
        }
        let read = || {
            // What is no file is not even opened: that alone may set a device to work.
            self.admit(Kind::of(&fs::metadata(path)?))?;
            let mut file = OpenOptions::new();
            let file = without_blocking(file.read(true)).open(path)?;
            let data = file.metadata()?;
            match self.admit(Kind::of(&data))? {
                Kind::File => self.take(file, usize::try_from(data.len()).unwrap_or(usize::MAX)),
                kind => self.take(Pipe::new(file, kind, path), PIPE_USUAL),
            }
        };
        read().map_err(|reason| FileError::new("read", path, reason))
    }

    /// What standard input holds.
    pub(crate) fn stdin(self) -> Result<Vec<u8>, FileError> {
        let content = self.take(io::stdin().lock(), PIPE_USUAL);
        content.map_err(|reason| FileError::new("read", Path::new(STDIN), reason))
    }

    fn admit(self, kind: Kind) -> Result<Kind, Reason> {
        match kind {
            Kind::File => Ok(kind),
            Kind::Pipe | Kind::Device if self.pipes => Ok(kind),
            _ => Err(Reason::Irregular(kind)),
        }
    }

    fn take(self, from: impl Read, expected: usize) -> Result<Vec<u8>, Reason> {
        // Room for all of it at once: growing would leave copies of a key behind.
        let mut content = Vec::with_capacity(expected.min(self.most) + 1);
        from.take(self.most as u64 + 1).read_to_end(&mut content)?;
        if content.len() > self.most { Err(Reason::TooLarge(self.most)) } else { Ok(content) }
    }
}

fn text(bytes: Vec<u8>, path: &Path) -> Result<String, FileError> {
    let bytes = Zeroizing::new(bytes);
    let text = encoding::decode(&bytes).map_err(|error| FileError::new("read", path, error))?;
    Ok(text.into_owned())
}

/// What standard input is called in messages.
const STDIN: &str = "standard input";

/// What a pipe usually holds at most, in bytes: enough for a key.
const PIPE_USUAL: usize = 64 << 10;

/// A pipe that was opened without blocking.
struct Pipe {
    file: File,
    kind: Kind,
    /// When to stop waiting for somebody at the other end; nothing where somebody was there from the beginning.
    deserted: Option<Instant>,
}

impl Pipe {
    fn new(file: File, kind: Kind, path: &Path) -> Self {
        let named = kind == Kind::Pipe && !is_descriptor(path);
        Self { file, kind, deserted: named.then(|| Instant::now() + WRITER) }
    }
}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.file.read(buffer) {
                Ok(0) if self.deserted.is_some_and(|end| Instant::now() < end) => sleep(PAUSE),
                Ok(0) if self.deserted.is_some() => return Err(io::Error::other(Reason::Deserted)),
                // Somebody is there, and has nothing to say yet.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock && self.kind == Kind::Pipe => {
                    self.deserted = None;
                    sleep(PAUSE);
                }
                Ok(0) => return Ok(0),
                read => {
                    self.deserted = None;
                    return read;
                }
            }
        }
    }
}

/// Standard input by its name. It may be a socket or a terminal, which cannot be opened a second time.
fn is_stdin(path: &Path) -> bool {
    cfg!(unix) && ["/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"].iter().any(|name| path == Path::new(name))
}

/// So that to open a pipe does not wait for its other end.
#[cfg(unix)]
pub(super) fn without_blocking(options: &mut OpenOptions) -> &mut OpenOptions {
    use rustix::fs::OFlags;
    std::os::unix::fs::OpenOptionsExt::custom_flags(options, (OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed())
}

#[cfg(not(unix))]
pub(super) fn without_blocking(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_up_to_its_bound() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        fs::write(&path, "\u{feff}four").unwrap();
        assert_eq!(Reading::REGULAR.text(&path).unwrap(), "four");
        assert_eq!(Reading::REGULAR.at_most(7).bytes(&path).unwrap().len(), 7);
        let error = Reading::REGULAR.at_most(6).bytes(&path).unwrap_err();
        assert!(matches!(error.reason, Reason::TooLarge(6)), "{error}");
        fs::write(&path, [b'x', 0xff]).unwrap();
        let error = Reading::NAMED.text(&path).unwrap_err().to_string();
        assert!(error.contains("a.txt: line 1: this is neither"), "{error}");
    }

    #[test]
    fn what_is_missing_or_a_folder_is_told_with_its_path() {
        let folder = tempfile::tempdir().unwrap();
        let missing = Reading::NAMED.bytes(&folder.path().join("none.txt")).unwrap_err();
        assert!(missing.is_missing() && missing.to_string().contains("none.txt"), "{missing}");
        let error = Reading::NAMED.bytes(folder.path()).unwrap_err().to_string();
        assert!(error.ends_with("it is a folder, not a regular file"), "{error}");
    }

    #[cfg(unix)]
    mod unix {
        use std::io::Write;
        use std::process::Command;

        use super::*;

        fn pipe(folder: &Path) -> std::path::PathBuf {
            let path = folder.join("pipe");
            assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
            path
        }

        #[test]
        fn what_is_no_regular_file_is_refused_unless_the_user_named_a_pipe() {
            let folder = tempfile::tempdir().unwrap();
            let link = folder.path().join("link");
            std::os::unix::fs::symlink("/dev/zero", &link).unwrap();
            for path in [pipe(folder.path()), link, "/dev/zero".into(), "/dev/full".into(), "/dev/null".into()] {
                let error = Reading::REGULAR.bytes(&path).unwrap_err();
                assert!(matches!(error.reason, Reason::Irregular(_)), "{error}");
            }
            let socket = folder.path().join("socket");
            let _socket = std::os::unix::net::UnixListener::bind(&socket).unwrap();
            assert!(Reading::NAMED.bytes(&socket).is_err());
        }

        #[test]
        fn an_endless_device_is_given_up_and_an_empty_one_is_empty() {
            for device in ["/dev/zero", "/dev/full"] {
                let error = Reading::NAMED.at_most(100).bytes(Path::new(device)).unwrap_err();
                assert!(matches!(error.reason, Reason::TooLarge(100)), "{error}");
            }
            assert_eq!(Reading::NAMED.bytes(Path::new("/dev/null")).unwrap(), b"");
        }

        #[test]
        fn a_pipe_that_the_user_names_is_read_to_its_end() {
            let folder = tempfile::tempdir().unwrap();
            let path = pipe(folder.path());
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    let mut writer = OpenOptions::new().write(true).open(&path).unwrap();
                    for part in ["one\n", "two\n"] {
                        writer.write_all(part.as_bytes()).unwrap();
                        sleep(PAUSE * 4);
                    }
                });
                assert_eq!(Reading::NAMED.text(&path).unwrap(), "one\ntwo\n");
            });
        }

        #[test]
        fn a_pipe_without_a_writer_is_given_up() {
            let folder = tempfile::tempdir().unwrap();
            let error = Reading::NAMED.bytes(&pipe(folder.path())).unwrap_err().to_string();
            assert!(error.ends_with("it is a pipe, and nobody is at its other end"), "{error}");
        }
    }
}
