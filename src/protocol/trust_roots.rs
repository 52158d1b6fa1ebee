//! More trust roots, from a bundle of certificates in PEM.

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

/// Labels of certificates: the usual one, and an old one that OpenSSL and Node still read.
const LABELS: [&str; 2] = ["CERTIFICATE", "X509 CERTIFICATE"];

/// Certificates that are trusted besides the system's.
#[derive(Debug, Clone, Default)]
pub struct TrustRoots {
    certificates: Vec<CertificateDer<'static>>,
    damaged: Vec<usize>,
    replace_system: bool,
}

impl TrustRoots {
    /// Reads the certificates of a bundle; other blocks, and words between them, do not count. One that is damaged is
    /// passed over (see [`TrustRoots::damaged`]), unless no other is left.
    pub fn read(text: &str) -> Result<Self, TrustRootsError> {
        let mut roots = Self::default();
        for (line, block) in blocks(text.trim_start_matches('\u{feff}')) {
            match certificate(&block) {
                Some(certificate) => roots.certificates.push(certificate),
                None => roots.damaged.push(line),
            }
        }
        match (roots.certificates.as_slice(), roots.damaged.first()) {
            ([], None) => Err(TrustRootsError::None),
            ([], Some(line)) => Err(TrustRootsError::Damaged(*line)),
            _ => Ok(roots),
        }
    }

    /// The lines in which certificates begin that are damaged.
    pub fn damaged(&self) -> &[usize] {
        &self.damaged
    }

    /// Trusts these too.
    pub(crate) fn add(&mut self, more: Self) {
        self.certificates.extend(more.certificates);
    }

    /// Trusts these instead of the system's.
    pub(crate) fn replace_system(&mut self, roots: Self) {
        self.add(roots);
        self.replace_system = true;
    }

    /// Whether the system's own roots do not count.
    pub(crate) fn replaces_system(&self) -> bool {
        self.replace_system
    }

    /// The certificates, DER.
    pub(crate) fn certificates(&self) -> impl Iterator<Item = &[u8]> {
        self.certificates.iter().map(AsRef::as_ref)
    }
}

/// Each block of a certificate, with the line in which it begins.
fn blocks(text: &str) -> Vec<(usize, String)> {
    let mut blocks: Vec<(usize, String)> = Vec::new();
    let mut inside = false;
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        let label = line.strip_prefix("-----BEGIN ").and_then(|rest| rest.strip_suffix("-----"));
        if let Some(label) = label {
            inside = LABELS.contains(&label);
            if inside {
                blocks.push((at + 1, "-----BEGIN CERTIFICATE-----\n".to_owned()));
            }
        } else if line.starts_with("-----END ") {
            if let Some((_, block)) = blocks.last_mut().filter(|_| inside) {
                block.push_str("-----END CERTIFICATE-----\n");
            }
            inside = false;
        } else if let Some((_, block)) = blocks.last_mut().filter(|_| inside) {
            block.push_str(line);
            block.push('\n');
        }
    }
    blocks
}

/// The certificate of a block, if it can be a trust root.
fn certificate(block: &str) -> Option<CertificateDer<'static>> {
    let certificate = CertificateDer::from_pem_slice(block.as_bytes()).ok()?;
    RootCertStore::empty().add(certificate.clone()).ok()?;
    Some(certificate)
}

/// Why a text holds no trust roots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TrustRootsError {
    /// There is no certificate in it.
    #[error("there is no PEM block of a certificate in it")]
    None,
    /// None of its certificates can be read.
    #[error("the certificate in line {0} is damaged")]
    Damaged(usize),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pem() -> String {
        rcgen::generate_simple_self_signed(["ca.example".to_owned()]).unwrap().cert.pem()
    }

    fn lines(text: &str) -> Result<(usize, Vec<usize>), TrustRootsError> {
        TrustRoots::read(text).map(|roots| (roots.certificates().count(), roots.damaged().to_vec()))
    }

    #[test]
    fn one_that_is_damaged_is_passed_over_and_the_others_count() {
        let (a, b) = (pem(), pem());
        let length = a.lines().count();
        for (broken, what) in [
            (a.replacen("MII", "M*I", 1), "no base64"),
            (a.replacen("MII", "AAA", 1), "no certificate"),
            (a.replace("-----END CERTIFICATE-----", ""), "no end"),
            ("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n".to_owned(), "nothing in it"),
        ] {
            assert_eq!(lines(&format!("{broken}{b}")), Ok((1, vec![1])), "{what}");
            assert_eq!(lines(&format!("{a}{broken}")), Ok((1, vec![length + 1])), "{what}");
            assert_eq!(lines(&format!("{a}{broken}{b}")), Ok((2, vec![length + 1])), "{what}");
            assert_eq!(lines(&broken), Err(TrustRootsError::Damaged(1)), "{what}");
        }
    }

    #[test]
    fn what_stands_around_certificates_does_not_count() {
        let key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
        let pem = pem();
        for text in [
            format!("\u{feff}{pem}"),
            format!("# the company's CA\n{pem}the end"),
            format!("{key}{pem}{key}"),
            pem.replace('\n', "\r\n"),
            pem.replace("CERTIFICATE-----", "CERTIFICATE-----  "),
            pem.replace(" CERTIFICATE", " X509 CERTIFICATE"),
        ] {
            assert_eq!(lines(&text), Ok((1, vec![])), "{text}");
        }
        for text in ["", "no certificate", key] {
            assert_eq!(lines(text), Err(TrustRootsError::None), "{text}");
        }
    }

    #[test]
    fn more_roots_join_the_systems_or_replace_them() {
        let read = || TrustRoots::read(&pem()).unwrap();
        let mut roots = read();
        roots.add(read());
        assert_eq!((roots.certificates().count(), roots.replaces_system()), (2, false));
        roots.replace_system(read());
        assert_eq!((roots.certificates().count(), roots.replaces_system()), (3, true));
    }
}
