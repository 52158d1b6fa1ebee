//! The private key: whether it can sign, and who else can read it.

use x509_parser::prelude::FromDer;
use x509_parser::public_key::PublicKey;
use x509_parser::x509::SubjectPublicKeyInfo;

use crate::cli::diagnosis::{Check, Findings};
use crate::cli::settings::{KeySource, Sourced, Sources, jwt_key};
use crate::files;
use crate::model::key::SigningKey;

const GIVE_RSA: &str = "give the RSA private key that the app's certificate was made from, in PEM (server.key of `openssl req -newkey rsa:2048 -nodes -keyout server.key …`)";

/// Reads the key.
pub(super) fn examine(
    source: Option<&Sourced<KeySource>>,
    sources: &Sources<'_>,
    findings: &mut Findings,
) -> Option<SigningKey> {
    let Some(source) = source else {
        findings.skipped(Check::KeyPermissions, "there is no key file to look at");
        return None;
    };
    permissions(source, findings);
    // What it warns of is told with the permissions.
    let read = jwt_key::read(source, sources);
    sources.problems.warnings();
    let told = |key: &SigningKey| {
        let origin = source.origin.to_string();
        let origin = source.value.place().map_or_else(|| origin.clone(), |place| format!("{place} ({origin})"));
        let bits = bits(key).map(|bits| format!(" with {bits} bits")).unwrap_or_default();
        format!("RSA{bits}, from {origin}")
    };
    findings.keep(Check::Key, read, GIVE_RSA, told)
}

fn bits(key: &SigningKey) -> Option<usize> {
    let der = key.public_key_der().ok()?;
    let (_, info) = SubjectPublicKeyInfo::from_der(&der).ok()?;
    match info.parsed().ok()? {
        PublicKey::RSA(key) => Some(key.key_size()),
        _ => None,
    }
}

fn permissions(source: &Sourced<KeySource>, findings: &mut Findings) {
    let check = Check::KeyPermissions;
    let Some(path) = source.value.file() else {
        return findings.skipped(check, format!("the key comes from {}, not from a file", source.origin));
    };
    match files::bits(path) {
        Err(_) => findings.skipped(check, "there is no such file"),
        Ok(None) => {
            findings.skipped(check, "the key does not come from a regular file, or this system has no such bits");
        }
        Ok(Some(mode)) => {
            let who = match (mode & 0o006, mode & 0o020, mode & 0o040) {
                (0, 0, 0) => return findings.ok(check, format!("mode {mode:03o}: its owner alone can read it")),
                (0, 0, _) => return findings.ok(check, format!("mode {mode:03o}: its owner and group can read it")),
                (0, ..) => "its group can change",
                (0o004, ..) => "every user of this machine can read",
                _ => "every user of this machine can change",
            };
            let message = format!("{who} the private key (mode {mode:03o})");
            findings.warning(check, message, format!("chmod 600 '{}'", path.display()));
        }
    }
}
