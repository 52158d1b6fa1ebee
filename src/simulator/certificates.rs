//! The keys and certificates that a stand-in makes for itself: the connected app's key pair, both files, and for TLS a CA and the
//! certificates that it signs, good and bad.

use std::collections::HashMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use jsonwebtoken::DecodingKey;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose, PKCS_RSA_SHA256, RsaKeySize,
};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use super::error::SimulatorError;
use super::scenario::Certificate;

/// File names of Salesforce's own guide ("Create a Private Key and Self-Signed Digital Certificate").
const KEY_FILE: &str = "server.key";
const CERTIFICATE_FILE: &str = "server.crt";

/// How long the app's certificate is valid.
const APP_DAYS: i64 = 365;

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
    set_validity(&mut params, -1, APP_DAYS);
    let certificate = params.self_signed(&key)?.pem();
    Ok(PAIR.get_or_init(|| (key.serialize_pem(), certificate)))
}

/// Sets from when until when a certificate is valid, in days from now.
fn set_validity(params: &mut CertificateParams, from: i64, to: i64) {
    let now = SystemTime::now();
    let at = |days: i64| {
        let length = Duration::from_secs(days.unsigned_abs() * 86_400);
        if days < 0 { now - length } else { now + length }
    };
    params.not_before = at(from).into();
    params.not_after = at(to).into();
}

/// Writes a file that only its owner can read.
fn write_private(path: &Path, text: &str) -> Result<(), SimulatorError> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(SimulatorError::file(path))?;
    file.write_all(text.as_bytes()).map_err(SimulatorError::file(path))
}

/// The CA's file.
const CA_FILE: &str = "simulator-ca.crt";

/// How long an origin's certificate is valid, and its CA's.
const ORIGIN_DAYS: i64 = 30;

/// How each origin proves who it is.
pub(super) struct Tls {
    acceptors: HashMap<Certificate, TlsAcceptor>,
    /// The CA's certificate, PEM.
    pub(super) ca_file: PathBuf,
}

impl Tls {
    /// Makes a CA, writes its certificate into `directory`, and signs a certificate of every kind.
    pub(super) fn new(directory: &Path) -> Result<Self, SimulatorError> {
        let (authority, pem) = authority("orgready simulator CA")?;
        let ca_file = directory.join(CA_FILE);
        write_private(&ca_file, &pem)?;
        let kinds = [Certificate::Good, Certificate::Expired, Certificate::WrongName, Certificate::UnknownCa];
        let acceptors = kinds.map(|kind| Ok((kind, acceptor(kind, &authority)?)));
        Ok(Self { acceptors: acceptors.into_iter().collect::<Result<_, SimulatorError>>()?, ca_file })
    }

    /// What an origin with such a certificate answers a handshake with.
    pub(super) fn acceptor(&self, kind: Certificate) -> Option<TlsAcceptor> {
        self.acceptors.get(&kind).cloned()
    }
}

/// A CA and its certificate, PEM.
fn authority(name: &str) -> Result<(Issuer<'static, KeyPair>, String), SimulatorError> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign, KeyUsagePurpose::DigitalSignature];
    set_validity(&mut params, -1, ORIGIN_DAYS);
    let pem = params.self_signed(&key)?.pem();
    Ok((Issuer::new(params, key), pem))
}

fn acceptor(kind: Certificate, authority: &Issuer<'_, KeyPair>) -> Result<TlsAcceptor, SimulatorError> {
    let names = match kind {
        Certificate::WrongName => vec!["login.salesforce.com".to_owned()],
        _ => vec!["127.0.0.1".to_owned(), "localhost".to_owned()],
    };
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new(names.clone())?;
    params.distinguished_name.push(DnType::CommonName, names[0].as_str());
    params.use_authority_key_identifier_extension = true;
    match kind {
        Certificate::Expired => set_validity(&mut params, -30, -1),
        _ => set_validity(&mut params, -1, ORIGIN_DAYS),
    }
    let certificate = match kind {
        Certificate::UnknownCa => params.signed_by(&key, &self::authority("a CA that nobody trusts")?.0)?,
        _ => params.signed_by(&key, authority)?,
    };
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
