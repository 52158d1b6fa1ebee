//! The longer texts of `--help`: what a command is for, and lines to copy. Each is a file of its own beside this one.

/// After the name in `--version`: `0.2.0 (COMMIT, TARGET)`.
pub(super) const VERSION: &str =
    concat!(env!("CARGO_PKG_VERSION"), " (", env!("ORGREADY_COMMIT"), ", ", env!("ORGREADY_TARGET"), ")");

/// The exit statuses, for the manual page.
pub(super) const EXIT_STATUS: &str = include_str!("help/exit_status.txt");

/// About the program.
pub(super) const PROGRAM: &str = include_str!("help/program.txt");

/// First steps.
pub(super) const PROGRAM_EXAMPLES: &str =
    concat!(include_str!("help/program_examples.txt"), include_str!("help/exit_status.txt"));

/// About `login`.
pub(super) const LOGIN: &str = include_str!("help/login.txt");

/// Lines to copy for `login`.
pub(super) const LOGIN_EXAMPLES: &str = include_str!("help/login_examples.txt");

/// What `--help` says besides.
pub(super) const LOGIN_NOTES: &str =
    concat!(include_str!("help/login_notes.txt"), include_str!("help/exit_status.txt"));

/// About `delete`.
pub(super) const DELETE: &str = include_str!("help/delete.txt");

/// Lines to copy for `delete`.
pub(super) const DELETE_EXAMPLES: &str = include_str!("help/delete_examples.txt");

/// Lines to copy for `hub`.
pub(super) const HUB_EXAMPLES: &str = include_str!("help/hub_examples.txt");

/// About `doctor`.
pub(super) const DOCTOR: &str = include_str!("help/doctor.txt");

/// Lines to copy for `doctor`.
pub(super) const DOCTOR_EXAMPLES: &str = include_str!("help/doctor_examples.txt");

/// About `simulate`.
pub(super) const SIMULATE: &str = include_str!("help/simulate.txt");

/// Lines to copy for `simulate`.
pub(super) const SIMULATE_EXAMPLES: &str = include_str!("help/simulate_examples.txt");

/// Where completions go.
pub(super) const COMPLETIONS_EXAMPLES: &str = include_str!("help/completions_examples.txt");

/// Where the manual page goes.
pub(super) const MAN_EXAMPLES: &str = include_str!("help/man_examples.txt");
