//! The real `sf`: installed once, from the npm registry, into `target/sf-cli`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// What is installed: `sf`, and a Node that is new enough for it.
const PACKAGES: [&str; 2] = ["@salesforce/cli@2.150.6", "node@22"];

/// The folder that holds `sf` and `node`, to be first on the `PATH`.
pub(crate) fn programs() -> &'static Path {
    static PROGRAMS: OnceLock<PathBuf> = OnceLock::new();
    PROGRAMS.get_or_init(|| {
        let folder = folder();
        let programs = folder.join("node_modules/.bin");
        // Written last, so that an installation that was broken off does not count.
        let done = folder.join("installed.txt");
        let wanted = PACKAGES.join("\n");
        if std::fs::read_to_string(&done).is_ok_and(|text| text == wanted) {
            return programs;
        }
        std::fs::create_dir_all(&folder).unwrap();
        let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
        let status = Command::new(npm)
            .args(["install", "--no-audit", "--no-fund", "--loglevel=error", "--prefix"])
            .arg(&folder)
            .args(PACKAGES)
            .status();
        assert!(status.expect("npm is needed to install sf").success(), "npm could not install sf");
        std::fs::write(&done, wanted).unwrap();
        programs
    })
}

fn folder() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    target.join("sf-cli")
}
