//! What is read: pipes that the user names like files, anything without an end or a writer not at all, text in whatever
//! encoding it comes.

use serde_json::Value;

use crate::bench::{Bench, key};

const ONE: &str = "[[org]]\nusername = \"test-a@example.com\"";

fn utf_16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

#[test]
fn text_is_read_in_every_encoding_that_editors_and_shells_write() {
    for mark in ["", "\u{feff}"] {
        let bench = Bench::start(ONE);
        bench.place.write("orgs.txt", utf_16(&format!("{mark}qa=test-a@example.com\r\n")));
        bench.place.write("orgready.toml", utf_16(&format!("{mark}concurrency = 3\r\n")));
        bench.place.write_private("server.key", utf_16(&format!("{mark}{}", key())));
        bench.command("login").args(["-F", "orgs.txt", "-f", "server.key"]).ends_with(0);
    }
}

/// With a key that only we read, sf is given the token, and no path that it would stumble over later.
#[test]
fn sf_is_told_the_path_of_a_key_only_if_it_can_read_it() {
    let indented = key().replace("-----END", " -----END");
    for (pem, told) in [
        (key().to_owned(), true),
        (key().replace('\n', "\r\n"), true),
        (format!("\u{feff}{}", key()), true),
        (indented, false),
        (key().replace('\n', "\n\n"), false),
        (key().replace("\n-----END", "-----END"), false),
    ] {
        let bench = Bench::start(ONE);
        bench.place.write_private("server.key", pem.as_bytes());
        let ran = bench.login_all().args(["-f", "server.key"]).ends_with(0);
        let login = std::fs::read_to_string(bench.place.home().join(".sfdx/test-a@example.com.json")).unwrap();
        let login: Value = serde_json::from_str(&login).unwrap();
        assert_eq!(login.get("privateKey").is_some(), told, "{}", ran.err);
        assert_eq!(ran.err.contains("--keep-key-file"), !told, "{}", ran.err);
    }
}

#[test]
fn what_is_too_large_is_refused() {
    let bench = Bench::start(ONE);
    std::fs::File::create(bench.place.path("huge")).unwrap().set_len(1 << 40).unwrap();
    for arguments in [["-F", "huge"], ["-f", "huge"], ["--config", "huge"], ["--ca-certificate", "huge"]] {
        bench.login_all().args(arguments).ends_with(2);
    }
    bench.place.run(["simulate", "--scenario", "huge"]).ends_with(2).says("it is larger than 16 MiB");
    assert!(bench.was_left_alone());
}

#[cfg(unix)]
mod unix {
    use std::io::Write;
    use std::process::Command;

    use super::*;

    fn pipe(bench: &Bench, name: &str) {
        assert!(Command::new("mkfifo").arg(bench.place.path(name)).status().unwrap().success());
    }

    #[test]
    fn a_pipe_that_the_user_names_is_read_like_a_file() {
        let bench = Bench::start(ONE);
        for (name, text) in [("orgs", "test-a@example.com\n"), ("key", key()), ("settings", "concurrency = 3")] {
            pipe(&bench, name);
            let path = bench.place.path(name);
            std::thread::spawn(move || {
                std::fs::OpenOptions::new().write(true).open(path).unwrap().write_all(text.as_bytes()).unwrap();
            });
        }
        bench.command("login").args(["-F", "orgs", "-f", "key", "--config", "settings"]).ends_with(0);
        bench.command("login").args(["-F", "/dev/stdin"]).stdin("test-a@example.com\n").ends_with(0);
    }

    #[test]
    fn a_pipe_without_a_writer_and_a_device_without_an_end_are_refused() {
        let bench = Bench::start(ONE);
        pipe(&bench, "pipe");
        // What was merely found counts only as a regular file.
        pipe(&bench, "orgready.toml");
        let run = || bench.command("login");
        run().args(["-F", "pipe"]).ends_with(2).says("nobody is at its other end");
        run().args(["-F", "/dev/zero"]).ends_with(2).says("larger than");
        run().args(["-f", "pipe", "test-a@example.com"]).ends_with(2).says("nobody is at its other end");
        run().args(["-f", "/dev/zero", "test-a@example.com"]).ends_with(2).says("far too long for a key");
        run().args(["--config", "pipe", "test-a@example.com"]).ends_with(2).says("nobody is at its other end");
        assert!(bench.was_left_alone());
        run().args(["--config", "/dev/null", "test-a@example.com"]).ends_with(0);
    }
}
