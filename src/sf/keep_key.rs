//! `--keep-key-file`: the private key, wherever it came from, in a file that lasts and that `sf` can be told.

use std::io;
use std::path::{Path, PathBuf};

use secrecy::ExposeSecret;
use zeroize::Zeroizing;

use crate::files::{self, FileError, Readers, Reading, Reason, folder, shown};
use crate::model::key::SigningKey;

use super::auth::{KEY_FILE_MAX, KeyPath, KeyPathError};
use super::error::StoreError;

/// A key that was kept, and that goes again unless it is to stay: nothing is left behind by a run that could not begin.
#[derive(Debug)]
pub(crate) struct KeptKey {
    /// What `sf` is told.
    path: KeyPath,
    /// The file, where there was none before.
    made: Option<PathBuf>,
}

impl KeptKey {
    /// What `sf` is told.
    pub(crate) fn path(&self) -> &KeyPath {
        &self.path
    }

    /// The file stays.
    pub(crate) fn stay(mut self) {
        self.made = None;
    }
}

impl Drop for KeptKey {
    fn drop(&mut self) {
        if let Some(made) = &self.made {
            let _ = folder::remove_file(made);
        }
    }
}

/// Keeps the key at `path`, for its owner only: in a file that we make, or in one of ours. The same key there is fine,
/// another one is never replaced.
pub(crate) fn keep_key(path: &Path, key: &SigningKey) -> Result<KeptKey, StoreError> {
    files::check_secret(path)?;
    let mut made = None;
    let there = match Reading::REGULAR.at_most(KEY_FILE_MAX).text(path) {
        Ok(text) => Zeroizing::new(text),
        Err(error) if error.is_missing() => {
            made = Some(path.to_owned());
            Zeroizing::default()
        }
        Err(FileError { reason: Reason::NotText(_) | Reason::TooLarge(_), path, .. }) => {
            return Err(occupied(&path));
        }
        Err(error) => return Err(error.into()),
    };
    let same = || SigningKey::read(&there).is_ok_and(|there| there == *key);
    if there.trim().is_empty() {
        write(path, key)?;
    } else if !same() {
        return Err(occupied(&shown(path)));
    } else if matches!(KeyPath::new(path), Err(KeyPathError::NotPlainPem)) {
        // The same key in a form that only we read.
        write(path, key)?;
    } else {
        files::protect(path)?;
    }
    match KeyPath::new(path) {
        Ok(path) => Ok(KeptKey { path, made }),
        Err(reason) => {
            drop(made.map(|made| folder::remove_file(&made)));
            Err(StoreError::Impossible(format!("sf cannot use {}: {reason}", shown(path))))
        }
    }
}

fn write(path: &Path, key: &SigningKey) -> Result<(), FileError> {
    let pem = key.to_pem().map_err(|error| FileError::new("write the key to", path, io::Error::other(error)))?;
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        folder::create(folder, Readers::Owner)?;
    }
    files::replace_secret(path, pem.expose_secret().as_bytes())
}

fn occupied(path: &str) -> StoreError {
    StoreError::Impossible(format!(
        "{path} holds something else than this private key; it was left as it is: name another file, or remove it"
    ))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
    use aws_lc_rs::rsa::{KeyPair, KeySize};
    use base64::Engine;
    use base64::prelude::BASE64_STANDARD;

    use super::*;
    use crate::model::key::tests::key;

    fn another_key() -> SigningKey {
        let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let der: Pkcs8V1Der<'_> = pair.as_der().unwrap();
        let body = BASE64_STANDARD.encode(der.as_ref());
        SigningKey::read(&format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n")).unwrap()
    }

    #[test]
    fn the_key_is_kept_once_and_the_same_key_is_fine() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("keys/server.key");
        drop(keep_key(&path, key()).unwrap());
        assert!(!path.exists(), "a key is left behind that nobody wanted to stay");
        let kept = keep_key(&path, key()).unwrap();
        assert_eq!(Path::new(kept.path().as_str()), path);
        kept.stay();
        let text = fs::read_to_string(&path).unwrap();
        assert!(SigningKey::read(&text).unwrap() == *key());
        keep_key(&path, key()).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn another_key_or_anything_else_is_never_replaced() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("server.key");
        for content in [another_key().to_pem().unwrap().expose_secret().as_bytes(), b"notes", b"\xff\xfe\0"] {
            fs::write(&path, content).unwrap();
            let error = keep_key(&path, key()).unwrap_err().to_string();
            assert!(error.contains("server.key") && error.contains("left as it is"), "{error}");
            assert_eq!(fs::read(&path).unwrap(), content);
        }
        assert!(keep_key(home.path(), key()).is_err());
    }

    #[test]
    fn an_empty_file_and_a_form_that_only_we_read_become_plain_pem() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("server.key");
        let pem = key().to_pem().unwrap();
        for content in ["", "\n", &BASE64_STANDARD.encode(pem.expose_secret())] {
            fs::write(&path, content).unwrap();
            keep_key(&path, key()).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), pem.expose_secret());
            #[cfg(unix)]
            {
                use std::os::unix::fs::PermissionsExt;
                assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            }
        }
    }

    #[cfg(unix)]
    #[test]
    fn what_would_give_the_key_away_is_refused_and_stays() {
        use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, chown, symlink};
        let home = tempfile::tempdir().unwrap();
        let at = |name: &str| home.path().join(name);
        symlink(at("nothing-yet"), at("dangling")).unwrap();
        fs::write(at("empty"), "").unwrap();
        symlink(at("empty"), at("link")).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(at("pipe")).status().unwrap().success());
        for path in [at("dangling"), at("link"), at("pipe"), "/dev/null".into(), "/dev/full".into()] {
            let error = keep_key(&path, key()).unwrap_err().to_string();
            assert!(error.contains("not a regular file"), "{error}");
        }
        assert!(!at("nothing-yet").exists() && fs::read(at("empty")).unwrap().is_empty());
        assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
        fs::File::create(at("huge")).unwrap().set_len(1 << 40).unwrap();
        assert!(keep_key(&at("huge"), key()).unwrap_err().to_string().contains("holds something else"));
        // Only root can give a file away.
        if chown(at("empty"), Some(12_345), None).is_ok() {
            assert!(keep_key(&at("empty"), key()).unwrap_err().to_string().contains("another user"));
            assert_eq!((fs::metadata(at("empty")).unwrap().uid(), fs::read(at("empty")).unwrap().len()), (12_345, 0));
        }
        keep_key(&at("kept"), key()).unwrap().stay();
        fs::set_permissions(at("kept"), fs::Permissions::from_mode(0o644)).unwrap();
        keep_key(&at("kept"), key()).unwrap();
        assert_eq!(fs::metadata(at("kept")).unwrap().mode() & 0o777, 0o600);
    }
}
