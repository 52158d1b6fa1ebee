//! `orgready simulate` in a process of its own, and `orgready login` against it.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::child;

/// The program under test.
pub(crate) const ORGREADY: &str = env!("CARGO_BIN_EXE_orgready");

/// A stand-in that serves; dropping it ends it.
pub(crate) struct StandIn {
    process: Child,
    line: Value,
    folder: tempfile::TempDir,
}

impl StandIn {
    /// Starts one; returns when it takes connections.
    pub(crate) fn start(orgs: usize, delays: &str, tls: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = child::bare(ORGREADY, folder.path());
        command.args(["simulate", "--orgs", &orgs.to_string(), "--replication-delay", delays, "--directory"]);
        command.arg(folder.path()).args(tls.then_some("--tls")).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { process, line: serde_json::from_str(&line).unwrap(), folder }
    }

    fn text(&self, key: &str) -> &str {
        self.line[key].as_str().unwrap_or_default()
    }

    /// The hub's host and port.
    pub(crate) fn host(&self) -> &str {
        self.text("url").split_once("://").unwrap().1
    }

    /// A new, empty home. It stays until the end: on ext4, files are made more slowly for minutes after others were
    /// removed beside them, and the next run would pay for that.
    pub(crate) fn home(&self) -> PathBuf {
        tempfile::tempdir_in(self.folder.path()).unwrap().keep()
    }

    /// `orgready login` of the first so many orgs, as fast as it goes, without the sf store.
    pub(crate) fn login(&self, orgs: usize) -> Vec<String> {
        let mut command = self.login_and_keep(orgs);
        command.push("--no-sf-store".to_owned());
        command
    }

    /// The same, into the sf store.
    pub(crate) fn login_and_keep(&self, orgs: usize) -> Vec<String> {
        let file = self.usernames_file(orgs);
        let mut command: Vec<String> = [
            ORGREADY,
            "login",
            "--quiet",
            "--rate=0",
            "--hub-username",
            self.text("hubUsername"),
            "--client-id",
            self.text("clientId"),
            "--jwt-key-file",
            self.text("jwtKeyFile"),
            "--instance-url",
            self.text("url"),
            "--usernames-file",
        ]
        .map(str::to_owned)
        .into();
        command.push(file.to_str().unwrap().to_owned());
        if let Some(file) = self.line["caCertificateFile"].as_str() {
            command.extend(["--ca-certificate".to_owned(), file.to_owned()]);
        }
        command
    }

    fn usernames_file(&self, orgs: usize) -> PathBuf {
        let file = self.folder.path().join(format!("usernames-{orgs}"));
        let usernames = self.line["usernames"].as_array().unwrap();
        assert!(usernames.len() >= orgs);
        let mut text = String::new();
        for username in &usernames[..orgs] {
            writeln!(text, "{}", username.as_str().unwrap()).unwrap();
        }
        std::fs::write(&file, text).unwrap();
        file
    }

    /// The key, for whoever logs in to something else.
    pub(crate) fn key_file(&self) -> &Path {
        Path::new(self.text("jwtKeyFile"))
    }

    /// What the stand-in tells of itself, over plain http.
    pub(crate) fn ask<T: DeserializeOwned>(&self, what: &str) -> T {
        let answer = self.send("GET", what);
        serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
    }

    /// Counts anew.
    pub(crate) fn forget(&self) {
        self.send("POST", "forget");
    }

    fn send(&self, method: &str, what: &str) -> String {
        let mut stream = TcpStream::connect(self.host()).unwrap();
        let host = self.host();
        write!(stream, "{method} /simulator/{what} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
