//! What nobody can do without: one RSA-2048 signature, one TLS connection, both as the `openssl` program does them.

use std::path::Path;
use std::process::Command;

use crate::child;

/// Seconds of processor time for one RSA-2048 signature; none where there is no `openssl`.
pub(crate) fn signature() -> Option<f64> {
    let output = Command::new("openssl").args(["speed", "-seconds", "1", "rsa2048"]).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    // "rsa 2048 bits 0.000593s 0.000017s   1687.0  58366.0"
    let numbers: Vec<&str> = text.lines().last()?.split_whitespace().collect();
    Some(1.0 / numbers.get(numbers.len().checked_sub(2)?)?.parse::<f64>().ok()?)
}

/// Seconds of processor time that a client needs for one new TLS connection to this host and port.
pub(crate) fn connection(host: &str, home: &Path) -> Option<f64> {
    let command = ["openssl", "s_time", "-new", "-time", "2", "-connect", host].map(str::to_owned);
    let cost = child::cost(&command, home);
    // "1234 connections in 0.50s; 2468.00 connections/user sec, bytes read 0"
    let told = std::fs::read_to_string(home.join("stdout")).ok()?;
    let line = told.lines().find(|line| line.contains("connections in"))?;
    Some(cost.cpu / line.split_whitespace().next()?.parse::<f64>().ok()?)
}
