//! Whose certificates are trusted: more of them (`--ca-certificate`), and those that the environment names instead of the
//! system's.

use std::path::Path;

use super::origin::Origin;
use super::setting::CA_CERTIFICATE;
use super::sources::Sources;
use super::value::check_variable;
use crate::cli::problem::Problem;
use crate::files::encoding::decode;
use crate::files::{Reading, folder};
use crate::protocol::trust_roots::{TrustRoots, TrustRootsError};

/// The variables that name a file, and folders, of roots instead of the system's, as OpenSSL knows them.
pub(crate) const FILE: &str = "SSL_CERT_FILE";
pub(crate) const FOLDERS: &str = "SSL_CERT_DIR";

/// The most files that are read of such a folder, and the most bytes of one: it holds a certificate in each, or a bundle.
const FILES_MAX: usize = 4096;
const FILE_MAX: usize = 1 << 20;

/// Reads them all. What cannot be used of those that count instead of the system's is a warning: where it is needed, the
/// connection fails, and plain http needs none.
pub(super) fn read(sources: &Sources<'_>) -> Result<TrustRoots, Problem> {
    let mut all = extra(sources)?;
    let environment = sources.environment;
    let named = |name: &str| -> Result<Option<String>, Problem> {
        let text = environment.text(name);
        text.iter().try_for_each(|text| check_variable(name, text))?;
        Ok(text)
    };
    let (file, folders) = (named(FILE)?, named(FOLDERS)?);
    if file.is_none() && folders.is_none() {
        return Ok(all);
    }
    let warn = |error: String| sources.problems.warn([format!("{error}; the system's own trust roots are not used")]);
    let mut roots = TrustRoots::default();
    if let Some(file) = file {
        let path = environment.folder().join(file);
        let read = bundle(&path, &format!("{} ({FILE})", path.display()), sources);
        read.map_or_else(warn, |more| roots.add(more));
    }
    for folder in folders.iter().flat_map(std::env::split_paths).filter(|path| !path.as_os_str().is_empty()) {
        let folder = environment.folder().join(folder);
        match folder::kind(&folder).and_then(|_| folder::names(&folder)) {
            // What stands there need not be certificates, and no pipe is waited for.
            Ok(files) => {
                for file in files.into_iter().take(FILES_MAX) {
                    let read = Reading::REGULAR.at_most(FILE_MAX).bytes(&folder.join(file));
                    if let Some(more) = read.ok().and_then(|bytes| parse(&bytes).ok()) {
                        roots.add(more);
                    }
                }
            }
            Err(error) => warn(format!("{FOLDERS}: {error}")),
        }
    }
    all.replace_system(roots);
    Ok(all)
}

/// Reads the certificates that are trusted besides.
fn extra(sources: &Sources<'_>) -> Result<TrustRoots, Problem> {
    let Some(file) = sources.path(&CA_CERTIFICATE)? else { return Ok(TrustRoots::default()) };
    let place = format!("{} ({})", file.value.display(), file.origin);
    bundle(&file.value, &place, sources).or_else(|error| {
        // Node, and with it sf, warns of a NODE_EXTRA_CA_CERTS that it cannot use, and goes on without.
        if matches!(file.origin, Origin::Variable(_)) {
            sources.problems.warn([format!("trust roots are ignored: {error}")]);
            return Ok(TrustRoots::default());
        }
        Err(Problem::new(error).with_action("name a file of certificates in PEM"))
    })
}

/// Names and comments around the certificates may be in any encoding.
fn parse(bytes: &[u8]) -> Result<TrustRoots, TrustRootsError> {
    TrustRoots::read(&decode(bytes).unwrap_or_else(|_| String::from_utf8_lossy(bytes)))
}

/// The certificates of a file that was named; of those that are damaged is warned.
fn bundle(path: &Path, place: &str, sources: &Sources<'_>) -> Result<TrustRoots, String> {
    let bytes = Reading::NAMED.bytes(path).map_err(|error| format!("{place} cannot be read: {}", error.reason))?;
    let roots = parse(&bytes).map_err(|error| format!("{place} holds no usable certificate: {error}"))?;
    if let Some((first, others)) = roots.damaged().split_first() {
        let others = if others.is_empty() { String::new() } else { format!(", and {} more", others.len()) };
        sources.problems.warn([format!(
            "{place}: the certificate in line {first} is damaged{others}, and left out; the others count"
        )]);
    }
    Ok(roots)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::cli::environment::Environment;
    use crate::cli::settings::network;
    use crate::cli::settings::typed::Typed;
    use crate::protocol::proxy::Proxying;

    fn with(variables: &[(&str, &str)], then: impl FnOnce(&Sources<'_>, &Path)) {
        let folder = tempfile::tempdir().unwrap();
        let pem = || rcgen::generate_simple_self_signed(["ca.example".to_owned()]).unwrap().cert.pem();
        let damaged = pem().replacen("MII", "AAA", 1);
        std::fs::write(folder.path().join("ca.pem"), pem()).unwrap();
        std::fs::write(folder.path().join("latin1.pem"), [b"# Soci\xe9t\xe9\n", pem().as_bytes()].concat()).unwrap();
        std::fs::write(folder.path().join("partly.pem"), format!("\u{feff}{damaged}{}", pem())).unwrap();
        std::fs::create_dir(folder.path().join("more")).unwrap();
        std::fs::write(folder.path().join("more/a.0"), pem()).unwrap();
        std::fs::write(folder.path().join("more/README"), "no certificate").unwrap();
        let environment = Environment::of(variables.iter().map(|(k, v)| ((*k).to_owned(), *v)), folder.path());
        then(&Sources::load(Typed::default(), &environment), folder.path());
    }

    #[test]
    fn the_environment_names_roots_instead_of_the_system_s() {
        for (variables, count, warnings) in [
            (&[(FILE, "ca.pem")][..], 1, 0),
            (&[(FILE, "ca.pem\r")], 1, 0),
            (&[(FILE, "partly.pem")], 1, 1),
            (&[(FOLDERS, "more")], 1, 0),
            (&[(FILE, "ca.pem"), (FOLDERS, "more"), ("NODE_EXTRA_CA_CERTS", "latin1.pem")], 3, 0),
            (&[(FILE, "missing.pem")], 0, 1),
            (&[(FOLDERS, "missing")], 0, 1),
            (&[(FILE, "more/README")], 0, 1),
        ] {
            with(variables, |sources, _| {
                let roots = read(sources).unwrap();
                assert!(roots.replaces_system(), "{variables:?}");
                let warned = sources.problems.warnings();
                assert_eq!(
                    (roots.certificates().count(), warned.len()),
                    (count, warnings),
                    "{variables:?}: {warned:?}"
                );
                assert!(warned.iter().all(|warning| warning.contains(variables[0].0)), "{warned:?}");
            });
        }
        with(&[], |sources, _| assert!(!read(sources).unwrap().replaces_system()));
        for left in ["\"ca.pem\"", "$(Certificates)"] {
            with(&[(FILE, left)], |sources, _| assert!(read(sources).unwrap_err().message.contains(FILE)));
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_has_no_end_is_read_no_further_than_a_bundle_goes() {
        with(&[(FILE, "/dev/zero")], |sources, _| {
            assert_eq!(read(sources).unwrap().certificates().count(), 0);
            assert!(sources.problems.warnings()[0].starts_with("/dev/zero (SSL_CERT_FILE) cannot be read"));
        });
    }

    #[test]
    fn trust_roots_of_node_that_cannot_be_read_are_a_warning_and_ours_a_problem() {
        let wait = Duration::from_secs(1);
        with(&[("NODE_EXTRA_CA_CERTS", "missing.pem")], |sources, _| {
            assert!(network::http(sources, wait, Proxying::Never).is_some());
            assert_eq!(sources.problems.warnings().len(), 1);
        });
        let folder = tempfile::tempdir().unwrap();
        let environment = Environment::of([("A", "b")], folder.path());
        let typed = crate::cli::args::tests::typed("login", &["--ca-certificate", "missing.pem"]);
        let sources = Sources::load(typed, &environment);
        assert!(network::http(&sources, wait, Proxying::Never).is_none());
        let problems = sources.problems.check().unwrap_err();
        assert!(problems[0].message.contains("missing.pem (--ca-certificate) cannot be read"));
    }
}
