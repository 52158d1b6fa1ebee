//! The RSA private key that signs assertions: read from PEM in whatever form a CI system hands it over, proven, held.

use std::fmt;

/// A proven RSA private key. It cannot be printed.
#[derive(Clone)]
pub struct SigningKey(());

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey([hidden])")
    }
}

impl SigningKey {
    /// Reads a PKCS#1 or PKCS#8 key: PEM with LF or CRLF, PEM with literal `\n`, or base64 of PEM.
    pub fn read(_text: &str) -> Result<Self, KeyError> {
        todo!()
    }

    /// The key as plain PKCS#8 PEM with LF, for `--keep-key-file`.
    pub fn to_pem(&self) -> secrecy::SecretString {
        todo!()
    }

    /// The DER of the public key (`SubjectPublicKeyInfo`), to compare with a certificate.
    pub fn public_key_der(&self) -> Vec<u8> {
        todo!()
    }
}

/// Why a text is not a key that can sign; nothing of the text is quoted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// No PEM in it.
    #[error("no PEM block in it")]
    NotPem,
}
