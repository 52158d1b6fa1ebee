//! The connected app's key pair: a private key for the client, an X.509 certificate for the server, both files.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use jsonwebtoken::DecodingKey;
use rcgen::{CertificateParams, DnType, KeyPair, PKCS_RSA_SHA256, RsaKeySize};

use super::error::SimulatorError;

/// File names of Salesforce's own guide ("Create a Private Key and Self-Signed Digital Certificate").
const KEY_FILE: &str = "server.key";
const CERTIFICATE_FILE: &str = "server.crt";

/// How long the certificate is valid.
const LIFETIME_DAYS: i64 = 365;

/// The files of the key pair, and the public half as the server uses it.
pub(super) struct Credentials {
    /// The private key, PKCS#8 PEM.
    pub(super) key_file: PathBuf,
    /// The certificate, PEM.
    pub(super) certificate_file: PathBuf,
    /// The certificate's public key.
    pub(super) public_key: DecodingKey,
}

impl Credentials {
    /// Takes the pair that lies in `directory`, or makes one there.
    pub(super) fn in_directory(directory: &Path) -> Result<Self, SimulatorError> {
        // Whoever else in this process verifies tokens has installed the same provider: a second time is no error.
        let _ = jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.install_default();
        let key_file = directory.join(KEY_FILE);
        let certificate_file = directory.join(CERTIFICATE_FILE);
        if key_file.exists() != certificate_file.exists() {
            // Somebody's own key is not to be overwritten.
            let what = "has only one of server.key and server.crt; add the other, or name another folder";
            return Err(SimulatorError::KeyPair(format!("{} {what}", directory.display())));
        }
        if !key_file.exists() {
            let (key, certificate) = generated()?;
            write_private(&key_file, key)?;
            write_private(&certificate_file, certificate)?;
        }
        let certificate = fs::read(&certificate_file).map_err(SimulatorError::file(&certificate_file))?;
        let public_key = DecodingKey::from_rsa_pem(&certificate).map_err(|error| {
            let what = "remove it and the key beside it to have new ones made";
            let path = certificate_file.display();
            SimulatorError::KeyPair(format!("{path} is not a certificate with an RSA key ({error}); {what}"))
        })?;
        Ok(Self { key_file, certificate_file, public_key })
    }
}

/// The process' own key and certificate, PEM: made once, since 2,048 bits take up to 200 ms.
fn generated() -> Result<&'static (String, String), SimulatorError> {
    static PAIR: OnceLock<(String, String)> = OnceLock::new();
    if let Some(pair) = PAIR.get() {
        return Ok(pair);
    }
    let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048)?;
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name.push(DnType::CommonName, "orgready simulator");
    set_validity(&mut params, -1, LIFETIME_DAYS);
    let certificate = params.self_signed(&key)?.pem();
    Ok(PAIR.get_or_init(|| (key.serialize_pem(), certificate)))
}

/// Sets from when until when a certificate is valid, in days from now.
pub(super) fn set_validity(params: &mut CertificateParams, from: i64, to: i64) {
    let now = SystemTime::now();
    let at = |days: i64| {
        let length = Duration::from_secs(days.unsigned_abs() * 86_400);
        if days < 0 { now - length } else { now + length }
    };
    params.not_before = at(from).into();
    params.not_after = at(to).into();
}

/// Writes a file that only its owner can read.
pub(super) fn write_private(path: &Path, text: &str) -> Result<(), SimulatorError> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(SimulatorError::file(path))?;
    file.write_all(text.as_bytes()).map_err(SimulatorError::file(path))
}
