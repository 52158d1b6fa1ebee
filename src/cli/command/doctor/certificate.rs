//! The connected app's certificate: whether it belongs to the private key, and until when it is valid.

use std::path::Path;

use jiff::Timestamp;
use x509_parser::pem::Pem;
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::x509::SubjectPublicKeyInfo;

use crate::cli::diagnosis::{Check, Findings};
use crate::files::Reading;
use crate::model::key::SigningKey;

/// The longest file that is taken for a certificate, or a chain of them.
const FILE_MAX: usize = 1 << 20;

/// From when on a certificate is about to end.
const SOON_DAYS: i64 = 30;

const GIVE: &str = "name the X.509 certificate that was uploaded to the connected app (server.crt), in PEM or DER";
const RENEW: &str = "make a new one for the same key with `openssl req -new -x509 -key server.key -days 365 -out server.crt`, and upload it: Setup > App Manager > the app > Edit > Use digital signatures";

/// What is known of the certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pair {
    /// Nobody named one.
    NotGiven,
    /// It belongs to the key.
    Matches,
    /// It does not, or nobody can say.
    Unproven,
}

/// Looks at the certificate that `--certificate` names.
pub(super) fn examine(path: Option<&Path>, key: Option<&SigningKey>, now: Timestamp, findings: &mut Findings) -> Pair {
    let Some(path) = path else {
        findings.skipped(Check::Certificate, "not given: --certificate server.crt compares it with the private key");
        findings.skipped(Check::CertificateDates, "no certificate is given");
        return Pair::NotGiven;
    };
    let place = path.display();
    let read = Reading::NAMED.at_most(FILE_MAX).bytes(path);
    let read = read.map_err(|error| format!("cannot be read: {}", error.reason));
    let ders = read.and_then(|bytes| ders(&bytes).map_err(ToOwned::to_owned));
    let parsed = ders.iter().flatten().map(|der| X509Certificate::from_der(der).map(|(_, parsed)| parsed));
    let certificates: Vec<_> = parsed.collect::<Result<_, _>>().unwrap_or_default();
    let Some(first) = certificates.first() else {
        let what = ders.err().unwrap_or_else(|| "holds no X.509 certificate".to_owned());
        findings.failed(Check::Certificate, format!("{place} {what}"), GIVE);
        findings.skipped(Check::CertificateDates, "the certificate could not be read");
        return Pair::Unproven;
    };
    // A file can hold a chain, in any order.
    let ours = key.and_then(|key| certificates.iter().find(|certificate| belongs(certificate, key)));
    let certificate = ours.unwrap_or(first);
    dates(certificate, now, findings);
    let shown = format!("{place} ({})", certificate.subject());
    if key.is_none() {
        findings.skipped(Check::Certificate, format!("{shown} cannot be compared: there is no usable private key"));
    } else if ours.is_some() {
        findings.ok(Check::Certificate, format!("{shown} belongs to the private key"));
        return Pair::Matches;
    } else {
        let next = format!("give the private key that this certificate was made with; or {RENEW}");
        findings.failed(Check::Certificate, format!("{shown} belongs to another private key"), next);
    }
    Pair::Unproven
}

/// The certificates of a file as DER; else what the file holds instead. Nothing of it is quoted: it may be a key.
fn ders(bytes: &[u8]) -> Result<Vec<Vec<u8>>, &'static str> {
    const BEGIN: &[u8] = b"-----BEGIN ";
    if !bytes.windows(BEGIN.len()).any(|window| window == BEGIN) {
        return Ok(vec![bytes.to_vec()]);
    }
    let blocks: Vec<Pem> = Pem::iter_from_buffer(bytes).filter_map(Result::ok).collect();
    let of = |label: &str| blocks.iter().any(|block| block.label.ends_with(label));
    if of("CERTIFICATE") {
        let certificates = blocks.into_iter().filter(|block| block.label.ends_with("CERTIFICATE"));
        return Ok(certificates.map(|block| block.contents).collect());
    }
    Err(if of("CERTIFICATE REQUEST") {
        "holds a certificate request, which is not a certificate yet"
    } else if of("PRIVATE KEY") {
        "holds a private key, not a certificate"
    } else if of("PUBLIC KEY") {
        "holds a public key, not a certificate"
    } else {
        "is PEM that holds no certificate, or is damaged"
    })
}

/// Compares the keys themselves: their wrapping may differ in what it leaves out.
fn belongs(certificate: &X509Certificate<'_>, key: &SigningKey) -> bool {
    let Ok(der) = key.public_key_der() else { return false };
    let Ok((_, ours)) = SubjectPublicKeyInfo::from_der(&der) else { return false };
    let theirs = certificate.public_key();
    theirs.algorithm.algorithm == ours.algorithm.algorithm && theirs.subject_public_key == ours.subject_public_key
}

fn dates(certificate: &X509Certificate<'_>, now: Timestamp, findings: &mut Findings) {
    let check = Check::CertificateDates;
    let validity = certificate.validity();
    let (from, until) = (validity.not_before.timestamp(), validity.not_after.timestamp());
    let now = now.as_second();
    if now < from {
        let next = "check this machine's clock; if it is right, wait, or make the certificate again";
        findings.failed(check, format!("the certificate is valid from {} on only", date(from)), next);
    } else if now > until {
        let message = format!("the certificate ended on {}, {} ago", date(until), days((now - until) / DAY));
        findings.failed(check, message, RENEW);
    } else if (until - now) / DAY < SOON_DAYS {
        let message = format!("the certificate ends on {}, in {}", date(until), days((until - now) / DAY));
        findings.warning(check, message, format!("before that day, {RENEW}"));
    } else {
        findings.ok(check, format!("valid until {}", date(until)));
    }
}

const DAY: i64 = 24 * 3600;

fn days(days: i64) -> String {
    match days {
        0 => "less than a day".to_owned(),
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    }
}

/// The day in UTC.
fn date(seconds: i64) -> String {
    let time = Timestamp::from_second(seconds).unwrap_or(if seconds < 0 { Timestamp::MIN } else { Timestamp::MAX });
    jiff::tz::TimeZone::UTC.to_datetime(time).date().to_string()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use rcgen::{CertificateParams, KeyPair};
    use secrecy::ExposeSecret;

    use super::*;
    use crate::cli::diagnosis::{CheckStatus, Diagnosis};
    use crate::model::key::tests::key;

    /// A certificate of the tests' key, in DER.
    fn der(change: impl FnOnce(&mut CertificateParams)) -> Vec<u8> {
        let pair = KeyPair::from_pem(key().to_pem().unwrap().expose_secret()).unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.not_before = rcgen::date_time_ymd(2026, 1, 1);
        params.not_after = rcgen::date_time_ymd(2027, 1, 1);
        change(&mut params);
        params.self_signed(&pair).unwrap().der().to_vec()
    }

    fn pem(label: &str, der: &[u8]) -> String {
        use base64::Engine;
        format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", base64::prelude::BASE64_STANDARD.encode(der))
    }

    fn examined(content: &[u8], now: &str) -> (Pair, [(CheckStatus, String); 2]) {
        let folder = tempfile::tempdir().unwrap();
        let path: PathBuf = folder.path().join("server.crt");
        std::fs::write(&path, content).unwrap();
        let mut findings = Findings::default();
        let pair = examine(Some(&path), Some(key()), format!("{now}T00:00:00Z").parse().unwrap(), &mut findings);
        let checks = Diagnosis::new(findings, std::time::Duration::ZERO).checks;
        let found = [0, 1].map(|at| (checks[at].status, checks[at].message.clone()));
        (pair, found)
    }

    #[test]
    fn a_certificate_belongs_to_its_key_in_pem_in_der_and_in_a_chain() {
        let ours = der(|_| {});
        let stranger = CertificateParams::new(Vec::new()).unwrap();
        let stranger = stranger.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec();
        let chain = pem("CERTIFICATE", &stranger) + &pem("CERTIFICATE", &ours);
        for content in [ours.clone(), pem("CERTIFICATE", &ours).into(), chain.into_bytes()] {
            let (pair, [certificate, dates]) = examined(&content, "2026-06-01");
            assert_eq!((pair, certificate.0), (Pair::Matches, CheckStatus::Ok));
            assert_eq!(dates.1, "valid until 2027-01-01");
        }
        let (pair, [certificate, _]) = examined(&stranger, "2026-06-01");
        assert_eq!((pair, certificate.0), (Pair::Unproven, CheckStatus::Failed));
    }

    #[test]
    fn its_dates_are_told_before_they_hurt() {
        let ours = der(|_| {});
        for (now, status, words) in [
            ("2025-12-31", CheckStatus::Failed, "valid from 2026-01-01 on only"),
            ("2026-12-01", CheckStatus::Ok, "valid until 2027-01-01"),
            ("2026-12-05", CheckStatus::Warning, "ends on 2027-01-01, in 27 days"),
            ("2026-12-31", CheckStatus::Warning, "in 1 day"),
            ("2027-01-11", CheckStatus::Failed, "ended on 2027-01-01, 10 days ago"),
        ] {
            let (_, [_, dates]) = examined(&ours, now);
            assert_eq!(dates.0, status, "{now}");
            assert!(dates.1.contains(words), "{now}: {}", dates.1);
        }
    }

    #[test]
    fn what_is_no_certificate_is_named_for_what_it_is() {
        for (content, words) in [
            (pem("PRIVATE KEY", b"secret"), "holds a private key"),
            (pem("PUBLIC KEY", b"x"), "holds a public key"),
            (pem("CERTIFICATE REQUEST", b"x"), "holds a certificate request"),
            (pem("CERTIFICATE", b"x"), "holds no X.509 certificate"),
            ("-----BEGIN CERTIFICATE-----\nAAAA".to_owned(), "holds no certificate, or is damaged"),
            ("hello".to_owned(), "holds no X.509 certificate"),
            (String::new(), "holds no X.509 certificate"),
        ] {
            let (pair, [certificate, dates]) = examined(content.as_bytes(), "2026-06-01");
            assert_eq!((pair, certificate.0, dates.0), (Pair::Unproven, CheckStatus::Failed, CheckStatus::Skipped));
            assert!(certificate.1.contains(words), "{words}: {}", certificate.1);
        }
    }
}
