//! Runs a program and tells what it cost: time, processor time, peak memory.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// What every run is given, so that many connections cannot hide behind a generous machine.
const DESCRIPTORS: u32 = 1024;

/// How often the peak memory of a running program is read.
const LOOK: Duration = Duration::from_micros(500);

/// What one run cost, in seconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cost {
    pub(crate) wall: f64,
    /// User and system time.
    pub(crate) cpu: f64,
    /// Of this, system time.
    pub(crate) sys: f64,
}

/// Runs it to its end. The shell counts, as it does so to the millisecond on every Unix.
pub(crate) fn cost(command: &[String], home: &Path) -> Cost {
    let script =
        format!("ulimit -n {DESCRIPTORS}; TIMEFORMAT='%3R %3U %3S'; time \"$@\" >\"$HOME/stdout\" 2>\"$HOME/stderr\"");
    let output = shell(&script, command, home).output().expect("bash is needed to measure");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}{told}", std::fs::read_to_string(home.join("stderr")).unwrap());
    let numbers: Vec<f64> = told.split_whitespace().map(|number| number.parse().unwrap()).collect();
    let [wall, user, sys] = numbers[..] else { panic!("bash told {told:?}") };
    Cost { wall, cpu: user + sys, sys }
}

/// The most memory that it held at once, in MB, where `/proc` tells.
pub(crate) fn peak_memory(command: &[String], home: &Path) -> Option<f64> {
    let script = format!("ulimit -n {DESCRIPTORS}; exec \"$@\"");
    let mut command = shell(&script, command, home);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = None;
    loop {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
        peak = line.and_then(|kilobytes| kilobytes.parse::<f64>().ok()).or(peak);
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success(), "{command:?}");
            return peak.map(|kilobytes| kilobytes * 1024.0 / 1e6);
        }
        std::thread::sleep(LOOK);
    }
}

/// A command with nothing in its environment but where programs are and an empty home.
pub(crate) fn bare(program: &str, home: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", home);
    command.current_dir(home).stdin(Stdio::null());
    command
}

fn shell(script: &str, command: &[String], home: &Path) -> Command {
    let mut shell = bare("bash", home);
    shell.args(["-c", script, "bash"]).args(command);
    shell
}
