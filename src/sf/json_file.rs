//! A JSON object on disk that other programs rewrite at the same time: read with patience, changed under its lock.

use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

use serde_json::{Map, Value};

use crate::files::encoding::decode;
use crate::files::{self, FileError, Kind, Readers, Reading, Reason, folder};

use super::error::StoreError;
use super::lock::{FileLock, LockWait, is_locked};

/// How long a file that cannot be read is looked at again: `sf` writes in place, so that half of it may be there.
const TORN: Duration = Duration::from_millis(if cfg!(fuzzing) { 0 } else { 500 });

/// The same while somebody holds the lock, and so may be writing just now.
const TORN_UNDER_LOCK: Duration = Duration::from_millis(if cfg!(fuzzing) { 0 } else { 2_000 });

const PAUSE: Duration = Duration::from_millis(10);

/// How `sf` lays out a file, and who may read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Form {
    /// Two spaces (`configFile.ts`), or all on one line (`aliasAccessor.ts`).
    pub(super) indented: bool,
    /// Who may read a file that is made anew.
    pub(super) readers: Readers,
}

/// A file in the user's home that may hold logins.
pub(super) const PRIVATE: Form = Form { indented: true, readers: Readers::Owner };

/// What a file holds: an empty one nothing, as one that is not there.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Content {
    /// The object.
    pub(super) object: Map<String, Value>,
    /// When it was written last; nothing where there is no file.
    pub(super) written: Option<SystemTime>,
    /// Whether the file is there, and empty.
    blank: bool,
}

/// Reads a file that somebody may be writing. A lock that is held is not waited for: what is there is whole or torn, and
/// seen to be so, while a holder that hangs would use up the time that the caller has.
pub(super) fn read(path: &Path) -> Result<Content, StoreError> {
    read_again_for(path, || if is_locked(path) { TORN_UNDER_LOCK } else { TORN })
}

/// Proves that a file can be read and replaced, if it is there. What it holds may change until then.
pub(super) fn check(path: &Path) -> Result<(), StoreError> {
    match read_once(path) {
        // A folder there is found when the file is to be written.
        Err(StoreError::File(FileError { reason: Reason::Irregular(Kind::Folder), .. })) => Ok(()),
        Err(error @ StoreError::File(_)) => Err(error),
        _ => Ok(()),
    }
}

/// Reads a file, again and again for a moment where it holds nothing that makes sense.
fn read_again_for(path: &Path, most: impl Fn() -> Duration) -> Result<Content, StoreError> {
    let start = Instant::now();
    loop {
        let content = read_once(path);
        let torn = match &content {
            Ok(content) => content.blank,
            Err(StoreError::Foreign { .. }) => true,
            Err(_) => false,
        };
        if !torn || start.elapsed() >= most() {
            return content;
        }
        sleep(PAUSE);
    }
}

/// Changes a file under its lock: `change` gets what is there and tells what shall be. `None` leaves it as it is.
pub(super) fn update(
    path: &Path,
    form: Form,
    wait: &LockWait,
    change: impl Fn(Content) -> Result<Option<Map<String, Value>>, StoreError>,
) -> Result<(), StoreError> {
    folder::create(path.parent().unwrap_or(path), form.readers)?;
    loop {
        let lock = FileLock::acquire(path, wait)?;
        let Some(object) = change(read_again_for(path, || TORN)?)? else { return Ok(()) };
        let text = render(&object, form);
        // Who was stopped for ten seconds has lost the lock, and what was read is old: once more from the start.
        if lock.is_ours() {
            let written = if form == PRIVATE {
                files::replace_private(path, text.as_bytes())
            } else {
                files::replace(path, text.as_bytes(), form.readers)
            };
            return Ok(written?);
        }
    }
}

/// The text of a file as `sf` writes it: no line end at the end.
pub(super) fn render(object: &Map<String, Value>, form: Form) -> String {
    let value = Value::Object(object.clone());
    if form.indented { format!("{value:#}") } else { value.to_string() }
}

/// Puts a value in its place, or at the end.
pub(super) fn set(object: &mut Map<String, Value>, key: &str, value: impl Into<Value>) {
    object.insert(key.to_owned(), value.into());
}

/// The same for a value that is known; else what is there stays.
pub(super) fn set_known(object: &mut Map<String, Value>, key: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        set(object, key, value);
    }
}

/// The text of a field; an empty one counts as absent.
pub(super) fn text<'a>(object: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    object.get(key).and_then(Value::as_str).filter(|text| !text.is_empty())
}

fn read_once(path: &Path) -> Result<Content, StoreError> {
    let content = |object, written, blank| Ok(Content { object, written, blank });
    let bytes = match Reading::REGULAR.bytes(path) {
        Err(error) if error.is_missing() => return content(Map::new(), None, false),
        bytes => bytes?,
    };
    let written = Some(folder::modified(path).unwrap_or(SystemTime::UNIX_EPOCH));
    // Node too passes over a byte order mark and white space (`parseJson` of `@salesforce/kit`).
    let text = decode(&bytes).map_err(|error| StoreError::foreign(path, format!("is no text: {error}")))?;
    if text.trim().is_empty() {
        return content(Map::new(), written, bytes.is_empty());
    }
    match serde_json::from_str(&text) {
        Ok(Value::Object(object)) => content(object, written, false),
        Ok(_) => Err(StoreError::foreign(path, "holds JSON, but not an object")),
        Err(error) => {
            Err(StoreError::foreign(path, format!("is not JSON (line {}, column {})", error.line(), error.column())))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde_json::json;

    use super::super::lock::lock_folder;
    use super::*;

    fn put(path: &Path, key: &str) -> Result<(), StoreError> {
        update(path, PRIVATE, &LockWait::default(), |content| {
            let mut object = content.object;
            set(&mut object, key, true);
            Ok(Some(object))
        })
    }

    #[test]
    fn unknown_fields_and_their_order_stay() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("config.json");
        fs::write(&path, r#"{"z": 1, "a": {"n": [1.50, null]}, "m": "é"}"#).unwrap();
        put(&path, "b").unwrap();
        assert_eq!(
            fs::read_to_string(&path).unwrap(),
            "{\n  \"z\": 1,\n  \"a\": {\n    \"n\": [\n      1.5,\n      null\n    ]\n  },\n  \"m\": \"é\",\n  \"b\": true\n}"
        );
    }

    #[test]
    fn a_file_that_is_not_json_is_named_and_left_as_it_is() {
        let home = tempfile::tempdir().unwrap();
        for content in ["{\"orgs\":{", "[1]", "\u{0}", "{\"a\":\"\\ud800\"}", "nul"] {
            let path = home.path().join("alias.json");
            fs::write(&path, content).unwrap();
            let error = put(&path, "b").unwrap_err().to_string();
            assert!(error.contains("alias.json") && error.contains("left as it is"), "{error}");
            assert_eq!(fs::read_to_string(&path).unwrap(), content);
            assert!(!lock_folder(&path).exists());
        }
    }

    #[test]
    fn an_empty_file_counts_as_none() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("alias.json");
        fs::write(&path, "").unwrap();
        put(&path, "b").unwrap();
        assert_eq!(read(&path).unwrap().object.len(), 1);
    }

    #[test]
    fn a_byte_order_mark_is_in_nobodys_way() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("config.json");
        let marked = "\u{feff}{\"a\":1}\n";
        for content in [marked.as_bytes().to_vec(), marked.encode_utf16().flat_map(u16::to_le_bytes).collect()] {
            fs::write(&path, content).unwrap();
            put(&path, "b").unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), "{\n  \"a\": 1,\n  \"b\": true\n}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_regular_file_is_refused_at_once_and_stays() {
        use std::os::unix::fs::{FileTypeExt, symlink};
        let home = tempfile::tempdir().unwrap();
        let at = |name: &str| home.path().join(name);
        assert!(std::process::Command::new("mkfifo").arg(at("pipe.json")).status().unwrap().success());
        for (name, device) in [("null.json", "/dev/null"), ("zero.json", "/dev/zero")] {
            symlink(device, at(name)).unwrap();
        }
        fs::File::create(at("huge.json")).unwrap().set_len(1 << 40).unwrap();
        for name in ["pipe.json", "null.json", "zero.json", "huge.json"] {
            let error = put(&at(name), "b").unwrap_err().to_string();
            assert!(error.contains(name) && !lock_folder(&at(name)).exists(), "{error}");
        }
        assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
        assert_eq!(fs::metadata(at("huge.json")).unwrap().len(), 1 << 40);
    }

    #[test]
    fn a_file_that_is_half_written_is_read_again() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("alias.json");
        fs::write(&path, "{\"or").unwrap();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                sleep(Duration::from_millis(40));
                fs::write(&path, "{\"orgs\":{}}").unwrap();
            });
            assert_eq!(Value::Object(read(&path).unwrap().object), json!({"orgs": {}}));
        });
    }

    #[test]
    fn nothing_is_lost_when_many_write_at_once() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("config.json");
        std::thread::scope(|scope| {
            for writer in 0..12 {
                let path = &path;
                scope.spawn(move || {
                    for round in 0..10 {
                        put(path, &format!("{writer}-{round}")).unwrap();
                    }
                });
            }
            // A reader without the lock never sees half a file.
            for _ in 0..200 {
                read_once(&path).unwrap();
            }
        });
        assert_eq!(read(&path).unwrap().object.len(), 120);
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
    }

    proptest::proptest! {
        #[test]
        fn whatever_a_file_holds_nothing_panics_and_nothing_is_lost(content: Vec<u8>) {
            let home = tempfile::tempdir().unwrap();
            let path = home.path().join("x@y.z.json");
            fs::write(&path, &content).unwrap();
            let kept = read_once(&path);
            if let Ok(kept) = &kept {
                put(&path, "b").unwrap();
                let now = read_once(&path).unwrap().object;
                for (key, value) in &kept.object {
                    assert!(key == "b" || now.get(key) == Some(value));
                }
            } else {
                assert_eq!(fs::read(&path).unwrap(), content);
            }
        }
    }
}
