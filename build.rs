//! Tells the program what `orgready --version` says besides the version: the commit and the target.

use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let commit = commit().unwrap_or_else(|| "unknown".to_owned());
    println!("cargo:rustc-env=ORGREADY_COMMIT={commit}");
    #[expect(clippy::disallowed_methods, reason = "cargo tells a build script its target in no other way")]
    let target = std::env::var("TARGET").unwrap_or_default();
    println!("cargo:rustc-env=ORGREADY_TARGET={target}");
}

/// The commit that is checked out here. A crate that was unpacked inside some other repository has none.
fn commit() -> Option<String> {
    if !Path::new(".git").exists() {
        return None;
    }
    let log = git(&["rev-parse", "--git-path", "logs/HEAD"])?;
    println!("cargo:rerun-if-changed={log}");
    git(&["rev-parse", "--short", "HEAD"])
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}
