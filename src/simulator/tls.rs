//! TLS: a CA made for the occasion, and the certificates that it signs, good and bad.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use super::credentials::{set_validity, write_private};
use super::error::SimulatorError;
use super::scenario::Certificate;

/// The CA's file.
const CA_FILE: &str = "simulator-ca.crt";

/// How long the certificates are valid.
const LIFETIME_DAYS: i64 = 30;

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
    set_validity(&mut params, -1, LIFETIME_DAYS);
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
        _ => set_validity(&mut params, -1, LIFETIME_DAYS),
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
