//! Where `sf` keeps the key that it encrypts tokens with: in a file, or in the system's keychain (`crypto/keyChain.ts`,
//! `crypto/keyChainImpl.ts`).

use std::io;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::files::{self, FileError, Kind, Reading, Reason, folder, shown};

use super::crypto::StoreKey;
use super::error::StoreError;
use super::json_file::text;
use super::settings::{Platform, StoreSettings};

/// The names that `sf` gives its key.
const ACCOUNT: &str = "local";
const SERVICE: &str = "sfdx";

/// The largest key file, in bytes: what `sf` writes has some 100.
const KEY_FILE_MAX: usize = 64 << 10;

/// How long a key file that makes no sense is read again: `sf` writes it in place.
const TORN: Duration = Duration::from_millis(if cfg!(fuzzing) { 0 } else { 200 });

/// Whether `sf` keeps its key in `key.json` rather than in the system's keychain.
pub(super) fn is_in_file(settings: &StoreSettings) -> bool {
    match settings.platform {
        Platform::Windows | Platform::Other => true,
        Platform::MacOs => settings.generic_keychain,
        Platform::Linux => settings.generic_keychain || !is_program(&settings.secret_tool),
    }
}

/// The key of `key.json`, made as `sf` would where there is none.
pub(super) fn key_from_file(path: &Path, v2: bool) -> Result<StoreKey, StoreError> {
    if let Some(key) = read_key(path)? {
        return Ok(key);
    }
    let key = StoreKey::generate(v2)
        .ok_or_else(|| FileError::new("make a key for", path, io::Error::other("no random numbers")))?;
    let content = Zeroizing::new(format!(
        "{{\n    \"account\": \"{ACCOUNT}\",\n    \"key\": \"{}\",\n    \"service\": \"{SERVICE}\"\n}}",
        key.expose()
    ));
    if files::create(path, content.as_bytes())? {
        return Ok(key);
    }
    // Another process was faster: its key is the one.
    read_key(path)?.ok_or_else(|| problem(path, "was made and removed again just now"))
}

/// The key of `key.json`; nothing where there is no such file.
pub(super) fn read_key(path: &Path) -> Result<Option<StoreKey>, StoreError> {
    let start = Instant::now();
    loop {
        let content = match Reading::REGULAR.at_most(KEY_FILE_MAX).text(path) {
            Err(error) if error.is_missing() => return Ok(None),
            Err(error) if !matches!(error.reason, Reason::Io(_)) => return Err(error.into()),
            // What cannot be read may be so because of its mode, which is then told.
            content => content,
        };
        check_mode(path)?;
        let content = Zeroizing::new(content?);
        let object = serde_json::from_str::<Map<String, Value>>(content.trim());
        if object.is_err() && start.elapsed() < TORN {
            sleep(Duration::from_millis(10));
            continue;
        }
        let object = object.map_err(|_| problem(path, "is not JSON"))?;
        if text(&object, "account") != Some(ACCOUNT) || text(&object, "service") != Some(SERVICE) {
            return Err(problem(path, "is not the key file of sf (account or service differ)"));
        }
        return text(&object, "key")
            .and_then(StoreKey::new)
            .map(Some)
            .ok_or_else(|| problem(path, "holds no key of 32 or 64 hexadecimal digits"));
    }
}

/// `sf` refuses its key file with any other mode than 0600, also with a stricter one.
fn check_mode(path: &Path) -> Result<(), StoreError> {
    match files::bits(path).map_err(FileError::io("read", path))? {
        None | Some(0o600) => Ok(()),
        Some(mode) => {
            let path = shown(path);
            Err(StoreError::Key(format!("{path} has mode {mode:03o}, which sf refuses; run: chmod 600 '{path}'")))
        }
    }
}

fn problem(path: &Path, problem: &str) -> StoreError {
    StoreError::Key(format!(
        "{} {problem}; with it sf cannot read its own logins: put the right file back, or move it away and log in to every org again",
        shown(path)
    ))
}

fn is_program(path: &Path) -> bool {
    folder::kind(path).is_ok_and(|kind| kind == Kind::File)
        && files::bits(path).is_ok_and(|bits| bits.is_none_or(|bits| bits & 0o111 != 0))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn settings(platform: Platform) -> StoreSettings {
        let mut settings = StoreSettings::new("/home/ci".into(), "/".into(), |_| None);
        settings.platform = platform;
        settings.secret_tool = "/nowhere/secret-tool".into();
        settings
    }

    #[test]
    fn the_key_is_in_a_file_wherever_sf_has_no_keychain() {
        assert!(is_in_file(&settings(Platform::Windows)));
        assert!(is_in_file(&settings(Platform::Linux)));
        assert!(!is_in_file(&settings(Platform::MacOs)));
        assert!(is_in_file(&StoreSettings { generic_keychain: true, ..settings(Platform::MacOs) }));
    }

    #[test]
    fn a_key_is_made_as_sf_makes_it_and_then_stays() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("key.json");
        let key = key_from_file(&path, false).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(
            text,
            format!(
                "{{\n    \"account\": \"local\",\n    \"key\": \"{}\",\n    \"service\": \"sfdx\"\n}}",
                key.expose()
            )
        );
        assert!(key_from_file(&path, true).unwrap() == key);
        assert_eq!(key_from_file(&home.path().join("v2.json"), true).unwrap().expose().len(), 64);
    }

    #[test]
    fn all_who_start_at_once_get_the_same_key() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("key.json");
        let keys: Vec<StoreKey> = std::thread::scope(|scope| {
            let all: Vec<_> = (0..16).map(|_| scope.spawn(|| key_from_file(&path, false).unwrap())).collect();
            all.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert!(keys.windows(2).all(|pair| pair[0] == pair[1]));
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_is_no_key_file_is_named_and_not_quoted() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("key.json");
        for content in [
            "hunter2",
            r#"{"key":"hunter2"}"#,
            r#"{"account":"local","service":"sfdx","key":"hunter2"}"#,
            r#"{"account":"other","service":"sfdx","key":"00112233445566778899aabbccddeeff"}"#,
        ] {
            fs::write(&path, content).unwrap();
            #[cfg(unix)]
            fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
            let error = key_from_file(&path, false).unwrap_err().to_string();
            assert!(error.contains("key.json") && !error.contains("hunter2"), "{error}");
            assert_eq!(fs::read_to_string(&path).unwrap(), content);
        }
    }

    #[cfg(unix)]
    #[test]
    fn the_secret_tool_counts_only_where_it_can_be_run() {
        use std::os::unix::fs::PermissionsExt;
        let home = tempfile::tempdir().unwrap();
        let tool = home.path().join("secret-tool");
        fs::write(&tool, "").unwrap();
        fs::set_permissions(&tool, fs::Permissions::from_mode(0o644)).unwrap();
        let linux = StoreSettings { secret_tool: tool.clone(), ..settings(Platform::Linux) };
        assert!(is_in_file(&linux));
        fs::set_permissions(&tool, fs::Permissions::from_mode(0o755)).unwrap();
        assert!(!is_in_file(&linux));
        assert!(is_in_file(&StoreSettings { generic_keychain: true, ..linux }));
    }

    #[cfg(unix)]
    #[test]
    fn a_key_file_with_another_mode_is_refused_with_the_command_that_mends_it() {
        use std::os::unix::fs::PermissionsExt;
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("key.json");
        key_from_file(&path, false).unwrap();
        for mode in [0o644, 0o400, 0o660] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let error = key_from_file(&path, false).unwrap_err().to_string();
            assert!(error.contains("chmod 600 '") && error.contains(&format!("{mode:03o}")), "{error}");
        }
    }
}
