//! The RSA private key that signs assertions: read from PEM in whatever form a CI system hands it over, proven, held.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD};
use jsonwebtoken::EncodingKey;
use secrecy::SecretString;
use zeroize::Zeroizing;

/// The shortest key that is taken, in bits. `sf` refuses shorter ones too (jsonwebtoken 9.0.3, `sign.js` L132-136).
pub const KEY_BITS_MIN: usize = 2048;

/// A proven RSA private key. It cannot be printed, and cloning shares it.
///
/// It is parsed once and held: to parse it for every signature would cost twice as much as the signature itself.
#[derive(Clone)]
pub struct SigningKey(Arc<KeyPair>);

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey([hidden])")
    }
}

impl SigningKey {
    /// Reads a PKCS#1 or PKCS#8 key: PEM with LF or CRLF, PEM with literal `\n` (or with spaces where its line ends
    /// were), or base64 of PEM. A file that holds a certificate beside the key is taken too.
    pub fn read(text: &str) -> Result<Self, KeyError> {
        let pem = pem_text(text)?;
        let pem = private_block(&pem)?;
        let key = EncodingKey::from_rsa_pem(pem.as_bytes()).map_err(|_| unreadable(&pem))?;
        let key = KeyPair::from_der(key.as_bytes()).map_err(|error| match modulus_bits(key.as_bytes()) {
            Some(bits) if bits < KEY_BITS_MIN => KeyError::TooShort { bits },
            _ => KeyError::Rejected(error.to_string()),
        })?;
        let key = Self(Arc::new(key));
        key.sign(b"probe").map_err(|_| KeyError::Rejected("it cannot sign".to_owned()))?;
        Ok(key)
    }

    /// The RS256 signature (RSASSA-PKCS1-v1_5 over SHA-256) of `message`.
    #[doc(hidden)]
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        let mut signature = vec![0; self.0.public_modulus_len()];
        self.0.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).map_err(|_| SignError)?;
        Ok(signature)
    }

    /// The key as PKCS#8 PEM with LF, for `--keep-key-file`.
    #[doc(hidden)]
    pub fn to_pem(&self) -> Result<SecretString, SignError> {
        let der: Pkcs8V1Der<'static> = self.0.as_der().map_err(|_| SignError)?;
        let body = Zeroizing::new(BASE64_STANDARD.encode(der.as_ref()));
        Ok(wrapped("PRIVATE KEY", &body).as_str().into())
    }

    /// The public key as DER (`SubjectPublicKeyInfo`), to compare with a certificate's.
    #[doc(hidden)]
    pub fn public_key_der(&self) -> Result<Vec<u8>, SignError> {
        let der: PublicKeyX509Der<'static> = self.0.public_key().as_der().map_err(|_| SignError)?;
        Ok(der.as_ref().to_vec())
    }
}

impl PartialEq for SigningKey {
    /// Two private keys are the same if their public halves are.
    fn eq(&self, other: &Self) -> bool {
        self.0.public_key().as_ref() == other.0.public_key().as_ref()
    }
}

impl Eq for SigningKey {}

/// Undoes what CI systems do to PEM: base64 around it, line ends as two characters (or three, where they were escaped
/// twice).
fn pem_text(text: &str) -> Result<Zeroizing<String>, KeyError> {
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.is_empty() {
        return Err(KeyError::Empty);
    }
    let text = if text.contains("-----BEGIN") {
        Zeroizing::new(text.to_owned())
    } else {
        let bytes = unpacked(text)?;
        let text = std::str::from_utf8(&bytes).map_err(|_| KeyError::NotPem)?;
        if !text.contains("-----BEGIN") {
            return Err(KeyError::NotPem);
        }
        Zeroizing::new(text.to_owned())
    };
    let unescaped = Zeroizing::new(text.replace("\\r", "\n"));
    let unescaped = Zeroizing::new(unescaped.replace("\\n", "\n"));
    // PEM has no backslash: one that is left is the rest of an escape.
    Ok(Zeroizing::new(unescaped.replace('\\', "")))
}

/// Base64 as people make it: in lines (whose ends may be escaped), in quotes, url-safe, without padding.
fn unpacked(text: &str) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let unescaped = Zeroizing::new(text.replace("\\r", "").replace("\\n", ""));
    let standard = |c| match c {
        '-' => '+',
        '_' => '/',
        c => c,
    };
    let is_content = |c: &char| !c.is_whitespace() && !matches!(c, '=' | '"' | '\'' | '\\');
    let packed: Zeroizing<String> = Zeroizing::new(unescaped.chars().filter(is_content).map(standard).collect());
    let bytes = BASE64_STANDARD_NO_PAD.decode(packed.as_bytes()).map_err(|_| KeyError::NotPem)?;
    Ok(Zeroizing::new(bytes))
}

/// The first private key of a PEM text, as a well-formed block; else what the text holds instead.
fn private_block(text: &str) -> Result<Zeroizing<String>, KeyError> {
    let mut instead = KeyError::NotPem;
    let mut rest = text;
    while let Some((_, block)) = rest.split_once("-----BEGIN ") {
        let Some((label, block)) = block.split_once("-----") else { break };
        let Some((body, after)) = block.split_once(&format!("-----END {label}-----")) else {
            return Err(KeyError::Unreadable);
        };
        rest = after;
        instead = match label {
            "PRIVATE KEY" | "RSA PRIVATE KEY" if !body.contains("ENCRYPTED") => {
                let body: Zeroizing<String> = Zeroizing::new(body.split_whitespace().collect());
                return Ok(wrapped(label, &body));
            }
            "RSA PRIVATE KEY" | "ENCRYPTED PRIVATE KEY" => return Err(KeyError::Encrypted),
            "EC PRIVATE KEY" | "DSA PRIVATE KEY" | "PRIVATE KEY" => KeyError::NotRsa,
            "OPENSSH PRIVATE KEY" => KeyError::OpenSsh,
            "CERTIFICATE" | "TRUSTED CERTIFICATE" | "X509 CERTIFICATE" => KeyError::Certificate,
            "PUBLIC KEY" | "RSA PUBLIC KEY" => KeyError::PublicKey,
            _ => instead,
        };
    }
    Err(instead)
}

/// Why a private key is not read: PKCS#8 names its algorithm, and only RSA's is wanted.
fn unreadable(pem: &str) -> KeyError {
    /// The DER of the object identifier `rsaEncryption`, 1.2.840.113549.1.1.1.
    const RSA: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
    let body: Zeroizing<String> = Zeroizing::new(pem.lines().filter(|line| !line.starts_with('-')).collect());
    let Ok(der) = BASE64_STANDARD.decode(body.as_bytes()).map(Zeroizing::new) else { return KeyError::Unreadable };
    let names_another = pem.starts_with("-----BEGIN PRIVATE") && !der.windows(RSA.len()).any(|window| window == RSA);
    // Version and algorithm stand whole at the start of a key that is whole.
    if names_another && der_value(0x30, &der).is_some() { KeyError::NotRsa } else { KeyError::Unreadable }
}

fn wrapped(label: &str, body: &str) -> Zeroizing<String> {
    let mut pem = Zeroizing::new(String::with_capacity(body.len() + body.len() / 64 + 100));
    pem.push_str("-----BEGIN ");
    pem.push_str(label);
    pem.push_str("-----\n");
    for (at, c) in body.char_indices() {
        pem.push(c);
        if at % 64 == 63 {
            pem.push('\n');
        }
    }
    if !pem.ends_with('\n') {
        pem.push('\n');
    }
    pem.push_str("-----END ");
    pem.push_str(label);
    pem.push_str("-----\n");
    pem
}

/// The length of the modulus in a PKCS#1 `RSAPrivateKey`: a SEQUENCE of INTEGERs, the version and the modulus first.
fn modulus_bits(der: &[u8]) -> Option<usize> {
    let (sequence, _) = der_value(0x30, der)?;
    let (_version, rest) = der_value(0x02, sequence)?;
    let (modulus, _) = der_value(0x02, rest)?;
    let first = modulus.iter().position(|byte| *byte != 0)?;
    Some((modulus.len() - first) * 8 - modulus[first].leading_zeros() as usize)
}

/// One DER value of the given tag, and what follows it.
fn der_value(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (head, rest) = der.split_first_chunk::<2>()?;
    if head[0] != tag {
        return None;
    }
    let (length, rest) = match head[1] {
        short @ 0..=0x7f => (usize::from(short), rest),
        0x81 => (usize::from(*rest.first()?), &rest[1..]),
        0x82 => (usize::from(u16::from_be_bytes(*rest.first_chunk()?)), &rest[2..]),
        _ => return None,
    };
    rest.split_at_checked(length)
}

/// Why a text is not a key that can sign. Nothing of the text is quoted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Nothing there.
    #[error("it is empty")]
    Empty,
    /// No PEM in it.
    #[error(
        "it is neither PEM nor base64 of PEM: give the whole of server.key, header and footer lines included; a secret may be masked, empty or cut off"
    )]
    NotPem,
    /// A certificate.
    #[error(
        "it is a certificate, not the private key: give the file that was made together with it (server.key, not server.crt)"
    )]
    Certificate,
    /// A public key.
    #[error("it is a public key, which cannot sign: give the private key")]
    PublicKey,
    /// An encrypted key.
    #[error(
        "the private key is encrypted with a passphrase: decrypt it first with `openssl pkey -in KEY -out PLAIN_KEY`"
    )]
    Encrypted,
    /// Not RSA.
    #[error("the private key is not RSA, and Salesforce accepts RS256 alone: make an RSA key of 2048 bits or more")]
    NotRsa,
    /// `OpenSSH`'s own format.
    #[error("the private key is in OpenSSH's own format: convert a copy with `ssh-keygen -p -m PEM -f KEY_COPY`")]
    OpenSsh,
    /// Too short.
    #[error("the RSA key has {bits} bits, and at least {} are needed", KEY_BITS_MIN)]
    TooShort {
        /// Its length.
        bits: usize,
    },
    /// PEM that does not hold a key.
    #[error("its PEM is damaged or cut off: copy the whole file, header and footer lines included")]
    Unreadable,
    /// A key that does not work.
    #[error("the RSA key is not usable ({0}): copy it again, or make a new one")]
    Rejected(String),
}

/// The key could not sign, or could not be written out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the private key could not be used")]
pub struct SignError;

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::OnceLock;

    use aws_lc_rs::rsa::KeySize;
    use secrecy::ExposeSecret;

    use super::*;

    /// One generated key for all tests of the binary: making one takes 40 to 160 ms.
    pub(crate) fn key() -> &'static SigningKey {
        static KEY: OnceLock<SigningKey> = OnceLock::new();
        KEY.get_or_init(|| SigningKey(Arc::new(KeyPair::generate(KeySize::Rsa2048).unwrap())))
    }

    fn pem() -> String {
        key().to_pem().unwrap().expose_secret().to_owned()
    }

    fn pkcs1_pem() -> String {
        let pkcs8 = EncodingKey::from_rsa_pem(pem().as_bytes()).unwrap();
        wrapped("RSA PRIVATE KEY", &BASE64_STANDARD.encode(pkcs8.as_bytes())).to_string()
    }

    #[test]
    fn a_key_is_read_in_every_form_that_ci_systems_hand_over() {
        for pem in [pem(), pkcs1_pem()] {
            let forms = [
                pem.clone(),
                pem.replace('\n', "\r\n"),
                pem.replace('\n', "\\n"),
                pem.replace('\n', "\\r\\n"),
                pem.replace('\n', " "),
                format!("\u{feff}\n\n{pem}\n\n"),
                pem.replace('\n', "\\\\n"),
                pem.replace('\n', "\\\\r\\\\n"),
                BASE64_STANDARD.encode(&pem),
                BASE64_STANDARD_NO_PAD.encode(format!("{pem}\n")),
                base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(format!("\u{feff}{pem}?")),
                format!("\"{}\"", BASE64_STANDARD.encode(&pem)),
                wrapped("X", &BASE64_STANDARD.encode(&pem))
                    .lines()
                    .skip(1)
                    .take(10_000)
                    .collect::<Vec<_>>()
                    .join("\\n")
                    .replace("-----END X-----", ""),
                wrapped("X", &BASE64_STANDARD.encode(&pem))
                    .lines()
                    .filter(|line| !line.starts_with('-'))
                    .collect::<Vec<_>>()
                    .join("\n"),
                format!("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n{pem}"),
            ];
            for (at, form) in forms.iter().enumerate() {
                assert_eq!(SigningKey::read(form).as_ref(), Ok(key()), "form {at}");
            }
        }
    }

    #[test]
    fn what_is_not_a_key_is_named_for_what_it_is() {
        let block = |label: &str, body: &str| format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n");
        let cases = [
            (String::new(), KeyError::Empty),
            ("hello".to_owned(), KeyError::NotPem),
            (BASE64_STANDARD.encode("hello"), KeyError::NotPem),
            (block("CERTIFICATE", "AAAA"), KeyError::Certificate),
            (block("PUBLIC KEY", "AAAA"), KeyError::PublicKey),
            (block("ENCRYPTED PRIVATE KEY", "AAAA"), KeyError::Encrypted),
            (block("RSA PRIVATE KEY", "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES\n\nAAAA"), KeyError::Encrypted),
            (block("EC PRIVATE KEY", "AAAA"), KeyError::NotRsa),
            (block("OPENSSH PRIVATE KEY", "AAAA"), KeyError::OpenSsh),
            (block("PRIVATE KEY", "AAAA"), KeyError::Unreadable),
            ("-----BEGIN PRIVATE KEY-----\nAAAA".to_owned(), KeyError::Unreadable),
        ];
        for (text, error) in cases {
            assert_eq!(SigningKey::read(&text), Err(error.clone()), "{error}");
        }
        let half = &pem()[..900];
        assert_eq!(SigningKey::read(half), Err(KeyError::Unreadable));
    }

    #[test]
    fn the_length_of_a_short_key_is_told() {
        let mut modulus = vec![0x02, 0x81, 0x81, 0x00, 0x80];
        modulus.extend([1; 127]);
        let mut der = vec![0x30, 0x81, u8::try_from(modulus.len() + 3).unwrap(), 0x02, 0x01, 0x00];
        der.extend(modulus);
        assert_eq!(modulus_bits(&der), Some(1024));
        // One that needs no zero before it, as its first bit is none.
        let der = [&[0x30, 0x0c, 0x02, 0x01, 0x00, 0x02, 0x07, 0x40][..], &[1; 6]].concat();
        assert_eq!(modulus_bits(&der), Some(7 * 8 - 1));
    }

    /// A PKCS#1 key whose modulus has so many bits, that cannot sign.
    fn of_length(bits: usize) -> String {
        let bytes = bits / 8;
        let length = |length: usize| [&[0x82][..], &u16::try_from(length).unwrap().to_be_bytes()].concat();
        let mut modulus = [&[0x02][..], &length(bytes + 1), &[0x00, 0x80]].concat();
        modulus.extend(vec![1; bytes - 1]);
        let der = [&[0x30][..], &length(modulus.len() + 3), &[0x02, 0x01, 0x00], &modulus].concat();
        assert_eq!(modulus_bits(&der), Some(bits));
        wrapped("RSA PRIVATE KEY", &BASE64_STANDARD.encode(der)).to_string()
    }

    #[test]
    fn a_key_that_cannot_sign_is_too_short_or_rejected() {
        let read = |bits| SigningKey::read(&of_length(bits));
        assert_eq!(read(1024), Err(KeyError::TooShort { bits: 1024 }));
        assert_eq!(read(KEY_BITS_MIN - 8), Err(KeyError::TooShort { bits: 2040 }));
        for bits in [KEY_BITS_MIN, 3072] {
            assert!(matches!(read(bits), Err(KeyError::Rejected(_))), "{:?}", read(bits));
        }
    }

    #[test]
    fn a_key_of_another_algorithm_is_told_from_a_damaged_one() {
        // SEQUENCE { version 0, SEQUENCE { id-ecPublicKey } }
        let mut other = vec![0x30, 0x0e, 0x02, 0x01, 0x00, 0x30, 0x09, 0x06, 0x07];
        other.extend([0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01]);
        let pem = |label: &str, der: &[u8]| wrapped(label, &BASE64_STANDARD.encode(der)).to_string();
        assert_eq!(SigningKey::read(&pem("PRIVATE KEY", &other)), Err(KeyError::NotRsa));
        assert_eq!(unreadable(&pem("RSA PRIVATE KEY", &other)), KeyError::Unreadable);
        let mut rsa = vec![0x30, 0x10, 0x02, 0x01, 0x00, 0x30, 0x0b, 0x06, 0x09];
        rsa.extend([0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01]);
        assert_eq!(unreadable(&pem("PRIVATE KEY", &rsa)), KeyError::Unreadable);
    }

    #[test]
    fn two_keys_are_told_apart_and_neither_can_be_printed() {
        let other = SigningKey(Arc::new(KeyPair::generate(KeySize::Rsa2048).unwrap()));
        assert_ne!(&other, key());
        assert_eq!(format!("{other:?}"), "SigningKey([hidden])");
    }

    #[test]
    fn a_key_is_written_in_lines_of_64_characters() {
        let pem = pem();
        let lines: Vec<&str> = pem.lines().collect();
        assert_eq!((lines[0], *lines.last().unwrap()), ("-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----"));
        let (last, full) = lines[1..lines.len() - 1].split_last().unwrap();
        assert!(full.iter().all(|line| line.len() == 64) && (1..=64).contains(&last.len()), "{:?}", lines.len());
    }
}
