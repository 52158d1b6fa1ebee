//! From the start of the process to the first byte that reaches the hub.

use std::io::Read;
use std::net::TcpListener;
use std::time::Instant;

use crate::child;
use crate::stand_in::{ORGREADY, StandIn};

/// Seconds from starting the process to its first byte at a hub of this scheme, with the system's own trust roots.
pub(crate) fn first_byte(stand_in: &StandIn, scheme: &str) -> f64 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let home = stand_in.home();
    let mut command = child::bare(ORGREADY, &home);
    command.args(["hub", "--username", "admin@devhub.example", "--client-id", "3MVG9", "--jwt-key-file"]);
    command.arg(stand_in.key_file()).arg("--instance-url");
    command.arg(format!("{scheme}://{}", listener.local_addr().unwrap()));
    command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    let start = Instant::now();
    let mut process = command.spawn().unwrap();
    let (mut stream, _) = listener.accept().unwrap();
    stream.read_exact(&mut [0]).unwrap();
    let took = start.elapsed().as_secs_f64();
    let _ = process.kill();
    let _ = process.wait();
    took
}
