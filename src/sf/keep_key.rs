//! `--keep-key-file`: the private key, wherever it came from, in a file that lasts and that `sf` can be told.

use std::fs;
use std::io;
use std::path::Path;

use secrecy::ExposeSecret;

use crate::model::key::SigningKey;

use super::atomic;
use super::auth::{KeyPath, KeyPathError};
use super::error::{Shown, StoreError};
use super::mode::{self, Readers};

/// Keeps the key at `path`, for its owner only. The same key there is fine, another one is never replaced.
pub fn keep_key(path: &Path, key: &SigningKey) -> Result<KeyPath, KeepKeyError> {
    let shown = Shown::new(path);
    match fs::read_to_string(path) {
        Ok(text) if text.trim().is_empty() => write(path, key)?,
        Ok(text) => {
            if SigningKey::read(&text).ok().as_ref() != Some(key) {
                return Err(KeepKeyError::Occupied(shown));
            }
            match KeyPath::new(path) {
                // The same key in a form that only we read.
                Err(KeyPathError::NotPlainPem) => write(path, key)?,
                _ => mode::make_private(path).map_err(StoreError::io("protect", path))?,
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => write(path, key)?,
        Err(error) if error.kind() == io::ErrorKind::InvalidData => return Err(KeepKeyError::Occupied(shown)),
        Err(error) => return Err(StoreError::io("read", path)(error).into()),
    }
    KeyPath::new(path).map_err(|reason| KeepKeyError::Unusable { path: shown, reason })
}

fn write(path: &Path, key: &SigningKey) -> Result<(), KeepKeyError> {
    let pem = key.to_pem().map_err(|error| StoreError::io("write the key to", path)(io::Error::other(error)))?;
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        atomic::create_folder(folder, Readers::Owner)?;
    }
    if path.exists() {
        mode::make_private(path).map_err(StoreError::io("protect", path))?;
    }
    atomic::replace(path, pem.expose_secret().as_bytes(), Readers::Owner)?;
    Ok(())
}

/// Why the key could not be kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeepKeyError {
    /// Another key, or something else, is there.
    #[error("{0} holds something else than this private key; it was left as it is: name another file, or remove it")]
    Occupied(Shown),
    /// It is there, but `sf` cannot use it.
    #[error("sf cannot use {path}: {reason}")]
    Unusable {
        /// Where.
        path: Shown,
        /// Why.
        reason: KeyPathError,
    },
    /// The file system said no.
    #[error(transparent)]
    Store(#[from] StoreError),
}

#[cfg(test)]
mod tests {
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
        let kept = keep_key(&path, key()).unwrap();
        assert_eq!(Path::new(kept.as_str()), path);
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
}
