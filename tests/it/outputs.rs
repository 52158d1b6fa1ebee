//! What is written where: nothing over an input, a device, another result or somebody else's file; what is on disk
//! afterwards is looked at.

use std::fs;
use std::path::Path;

use crate::bench::{Bench, Ran, Run, key};

const ONE: &str = "[[org]]\nusername = \"test-a@example.com\"";

/// A run that is to be refused before anything is sent, and that leaves the folder as it is.
#[track_caller]
fn refused(bench: &Bench, run: Run<'_>, told: &str) -> Ran {
    let before = contents(&bench.place.path(""));
    let ran = run.ends_with(2);
    ran.says(told);
    assert!(bench.was_left_alone(), "something was sent");
    assert_eq!(contents(&bench.place.path("")), before, "something was written");
    ran
}

/// The names in a folder, with what they hold where they are regular files.
fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let held = |path: &Path| if path.is_file() { fs::read(path).unwrap() } else { Vec::new() };
    let entry = |entry: std::io::Result<fs::DirEntry>| {
        let path = entry.unwrap().path();
        (path.to_string_lossy().into_owned(), held(&path))
    };
    let mut all: Vec<_> = fs::read_dir(folder).unwrap().map(entry).collect();
    all.sort();
    all
}

#[test]
fn what_is_read_is_not_written_over_however_it_is_spelled() {
    let bench = Bench::start(ONE);
    bench.place.write_private("server.key", key());
    bench.place.write("orgs.txt", "test-a@example.com");
    bench.place.write("orgready.toml", "concurrency = 3");
    bench.place.write("x/ca.pem", "");
    fs::hard_link(bench.place.path("orgs.txt"), bench.place.path("x/same")).unwrap();
    let absolute = bench.place.path("server.key");
    let run = || bench.command("login").args(["-f", "server.key", "-F", "orgs.txt"]).env("SSL_CERT_FILE", "x/ca.pem");
    for file in ["server.key", "./x/../server.key", absolute.to_str().unwrap(), "orgs.txt", "x/same", "orgready.toml"] {
        refused(&bench, run().args(["--report", &format!("json={file}")]), "is taken");
        refused(&bench, run().args(["--report", &format!("jsonl={file}")]), "is taken");
        refused(&bench, run().args(["--tokens-file", file]), "is taken");
    }
    refused(&bench, run().args(["--report", "md=x/ca.pem"]), "is taken: it is also SSL_CERT_FILE");
    refused(
        &bench,
        run().args(["--report", "md=x/ca.pem", "--ca-certificate", "x/ca.pem"]).without("SSL_CERT_FILE"),
        "is taken: it is also --ca-certificate",
    );
    assert_eq!(bench.place.read("server.key"), key());
}

#[test]
fn two_results_at_one_place_are_refused_however_it_is_spelled() {
    let bench = Bench::start(ONE);
    fs::create_dir(bench.place.path("x")).unwrap();
    let twice = |one: [&str; 2], other: [&str; 2]| {
        refused(&bench, bench.login_all().args(one).args(other), "is taken");
    };
    twice(["--report", "r.json"], ["--report", "md=x/../r.json"]);
    twice(["--report", "r.json"], ["--tokens-file", "./r.json"]);
    twice(["--report", "json=kept"], ["--keep-key-file", "x/../kept"]);
    twice(["--tokens-file", "kept"], ["--keep-key-file", "kept"]);
    #[cfg(unix)]
    {
        let link = |to: &str, name: &str| std::os::unix::fs::symlink(to, bench.place.path(name)).unwrap();
        link("r.json", "link.json");
        link("x", "y");
        twice(["--report", "r.json"], ["--report", "link.json"]);
        twice(["--report", "x/r.json"], ["--report", "y/r.json"]);
    }
}

#[test]
fn no_result_goes_over_what_sf_keeps() {
    let bench = Bench::start(ONE);
    bench.login(["qa=test-a@example.com"]).ends_with(0);
    let store = bench.place.home().join(".sfdx");
    let before = contents(&store);
    let sent = bench.simulator.totals();
    for name in ["alias.json", "key.json", "test-a@example.com.json", "alias.json.lock", "new@example.com.json.lock"] {
        let file = store.join(name);
        let file = file.to_str().unwrap();
        for output in [["--report", &format!("json={file}")], ["--tokens-file", file]] {
            bench.login_all().args(output).ends_with(2).says("a file of the sf store");
            bench.login_all().arg("--no-sf-store").args(output).ends_with(2).says("a file of the sf store");
        }
    }
    assert_eq!(bench.simulator.totals(), sent, "something was sent");
    assert_eq!(contents(&store), before);
}

#[test]
fn the_files_of_a_ci_platform_are_no_file_of_the_users() {
    let bench = Bench::start(ONE);
    bench.place.write_private("server.key", key());
    bench.place.write("orgs.txt", "test-a@example.com");
    let run = || bench.command("login").args(["-f", "server.key", "-F", "orgs.txt"]).env("GITHUB_ACTIONS", "true");
    for variable in ["GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"] {
        for file in ["server.key", "./orgs.txt", "../home/.sfdx/alias.json"] {
            refused(&bench, run().env(variable, file), "is taken");
        }
        for flag in ["--tokens-file", "--keep-key-file"] {
            refused(&bench, run().args([flag, "o"]).env(variable, "./o"), "is taken");
        }
    }
    refused(&bench, run().args(["--report", "json=o"]).env("GITHUB_OUTPUT", "./o"), "is taken");
    let json = run().args(["--report", "json=o"]).env("GITHUB_STEP_SUMMARY", "./o").ends_with(2);
    json.says("takes Markdown alone");
    let both = run().env("GITHUB_OUTPUT", "lines").env("GITHUB_STEP_SUMMARY", "./lines").ends_with(0);
    both.says("nothing goes to the file of GITHUB_STEP_SUMMARY: it is also that of GITHUB_OUTPUT");
    let env = run().args(["--output-env", "env"]).env("GITHUB_OUTPUT", "env").env("GITHUB_STEP_SUMMARY", "no/such");
    env.ends_with(0).says("nothing goes to the file of GITHUB_STEP_SUMMARY");
    let lines = bench.place.read("env");
    assert!(lines.contains("ORGREADY_READY=1") && lines.contains("all-usernames="), "{lines}");
}

#[test]
fn what_a_run_reads_of_the_project_and_of_sf_is_not_written_over() {
    let bench = Bench::start(ONE);
    bench.place.write("sfdx-project.json", "{}");
    for folder in [".sf", ".sfdx", "../home/.sf"] {
        fs::create_dir_all(bench.place.path(folder)).unwrap();
    }
    let cache = "../home/.sf/scratch-create-cache.json";
    let lock = format!("{cache}.lock");
    for file in ["sfdx-project.json", ".sf/config.json", ".sfdx/sfdx-config.json", cache, &lock] {
        refused(&bench, bench.login_all().args(["--report", &format!("json={file}")]), "is taken");
    }
}

#[test]
fn no_key_is_kept_over_what_sf_keeps_nor_by_a_run_that_cannot_begin() {
    let bench = Bench::start(ONE);
    let home = bench.place.home();
    for folder in [".sfdx", ".sf"] {
        fs::create_dir(home.join(folder)).unwrap();
    }
    let before = [".sfdx", ".sf"].map(|folder| contents(&home.join(folder)));
    for name in [
        ".sfdx/alias.json",
        ".sfdx/test-a@example.com.json",
        ".sfdx/key.json",
        ".sf/config.json",
        ".sfdx/alias.json.lock",
    ] {
        let file = home.join(name);
        for command in ["login", "hub"] {
            let run = bench.command(command).args((command == "login").then(|| bench.user(0)));
            refused(&bench, run.arg("--keep-key-file").arg(&file), "a file of the sf store");
        }
    }
    assert_eq!([".sfdx", ".sf"].map(|folder| contents(&home.join(folder))), before);
    fs::write(home.join(".sfdx/alias.json"), "[]").unwrap();
    refused(&bench, bench.login(["a=test-a@example.com"]).args(["--keep-key-file", "kept"]), "alias.json");
}

#[test]
fn a_name_that_is_too_long_is_told_before_anything_is_sent() {
    let bench = Bench::start(ONE);
    let long = "n".repeat(300);
    for output in [["--report", &format!("json={long}")], ["--tokens-file", &long], ["--keep-key-file", &long]] {
        refused(&bench, bench.login_all().args(output), output[0]);
    }
}

#[cfg(unix)]
mod unix {
    use std::io::Read;
    use std::os::unix::fs::{FileTypeExt, MetadataExt, chown, symlink};
    use std::process::Command;

    use super::*;

    fn pipe(path: &Path) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
    }

    #[track_caller]
    fn assert_null_is_a_device() {
        assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
    }

    #[test]
    fn a_secret_goes_to_no_device_no_pipe_and_through_no_link() {
        let bench = Bench::start(ONE);
        let at = |name: &str| bench.place.path(name);
        symlink(at("nothing"), at("dangling")).unwrap();
        symlink("/dev/null", at("null")).unwrap();
        bench.place.write("theirs", "");
        symlink(at("theirs"), at("link")).unwrap();
        pipe(&at("pipe"));
        for flag in ["--keep-key-file", "--tokens-file"] {
            for file in ["/dev/null", "/dev/full", "null", "dangling", "link", "pipe"] {
                refused(&bench, bench.login_all().args([flag, file]), "not a regular file");
            }
            // Only root can give a file away.
            if chown(at("theirs"), Some(12_345), None).is_ok() {
                refused(&bench, bench.login_all().args([flag, "theirs"]), "it belongs to another user");
            }
        }
        assert_null_is_a_device();
        assert!(!at("nothing").exists());
        bench.login_all().args(["--keep-key-file", "new/kept.key", "--tokens-file", "tokens"]).ends_with(0);
        for name in ["new/kept.key", "tokens"] {
            assert_eq!(fs::metadata(at(name)).unwrap().mode() & 0o777, 0o600, "{name}");
        }
        assert_eq!(fs::read(at("theirs")).unwrap(), b"");
    }

    #[test]
    fn a_file_of_the_store_that_is_no_regular_file_is_refused_at_once_and_stays() {
        let bench =
            Bench::start("[[org]]\nusername = \"test-a@example.com\"\n[[org]]\nusername = \"test-b@example.com\"");
        let (null, zero) = (Path::new("/dev/null"), Path::new("/dev/zero"));
        let store = bench.place.home().join(".sfdx");
        fs::create_dir(&store).unwrap();
        fs::create_dir(bench.place.home().join(".sf")).unwrap();
        for (name, argument) in [
            (".sfdx/key.json", "--quiet"),
            (".sfdx/alias.json", "--alias=qa"),
            (".sfdx/sfdx-config.json", "-s"),
            (".sf/config.json", "-s"),
        ] {
            let file = bench.place.home().join(name);
            let run = || bench.login(["test-a@example.com", argument]);
            for target in [null, zero] {
                symlink(target, &file).unwrap();
                run().ends_with(2).says("it is a device, not a regular file");
                fs::remove_file(&file).unwrap();
            }
            pipe(&file);
            run().ends_with(2).says("it is a pipe, not a regular file");
            fs::remove_file(&file).unwrap();
            fs::File::create(&file).unwrap().set_len(1 << 40).unwrap();
            run().ends_with(2).says("it is larger than");
            fs::remove_file(&file).unwrap();
        }
        assert!(bench.was_left_alone() && null.metadata().unwrap().file_type().is_char_device());

        // A file of one org is that org's failure alone.
        pipe(&store.join("test-a@example.com.json"));
        symlink(null, store.join("test-b@example.com.json")).unwrap();
        let ran = bench.login_all().arg("--json").ends_with(4);
        assert_eq!(ran.ends(), ["failed not_stored"; 2]);
        assert_null_is_a_device();
    }

    #[test]
    fn no_link_in_a_project_leads_us_out_of_it() {
        for (link, target) in [(".sf", "outside"), (".sf", "outside/new"), (".sf/config.json", "outside/new.json")] {
            let bench = Bench::start(ONE);
            bench.place.write("sfdx-project.json", "{}");
            let outside = bench.place.home().join("outside");
            fs::create_dir(&outside).unwrap();
            let link = bench.place.path(link);
            fs::create_dir_all(link.parent().unwrap()).unwrap();
            symlink(bench.place.home().join(target), &link).unwrap();
            bench.login_all().arg("-s").ends_with(2).says("leads out of the project");
            assert!(bench.was_left_alone());
            assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
            bench.login_all().ends_with(0);
        }
    }

    #[test]
    fn a_report_to_a_pipe_is_all_there_or_refused_where_nobody_reads() {
        let bench = Bench::start("[[org]]\ncount = 200");
        pipe(&bench.place.path("pipe"));
        for format in ["json", "jsonl"] {
            let report = ["--report", &format!("{format}=pipe")];
            refused(&bench, bench.login_all().args(report), "nobody is at its other end");
        }
        for format in ["json", "jsonl"] {
            let path = bench.place.path("pipe");
            let reader = std::thread::spawn(move || {
                let mut text = String::new();
                fs::File::open(path).unwrap().read_to_string(&mut text).unwrap();
                text
            });
            bench.login_all().args(["--report", &format!("{format}=pipe")]).ends_with(0);
            let told = reader.join().unwrap();
            assert!((0..200).all(|number| told.contains(&bench.user(number))), "{format}");
        }
        assert!(fs::metadata(bench.place.path("pipe")).unwrap().file_type().is_fifo());
    }

    #[test]
    fn a_pipe_that_is_open_and_that_nobody_reads_is_given_up() {
        let bench = Bench::start("[[org]]\ncount = 300");
        pipe(&bench.place.path("pipe"));
        let idle = fs::OpenOptions::new().read(true).write(true).open(bench.place.path("pipe")).unwrap();
        bench.login_all().args(["--report", "json=pipe"]).ends_with(1).says("was not written");
        drop(idle);
    }

    #[test]
    fn a_report_goes_to_standard_output_by_its_name_without_spoiling_it() {
        let bench = Bench::start(ONE);
        let ran = bench.login_all().args(["--report", "md=/dev/stdout", "--report", "jsonl=/dev/null"]).ends_with(0);
        assert!(ran.out.contains("###") && ran.out.contains("test-a@example.com"), "{}", ran.out);
        assert_null_is_a_device();
    }
}

/// What PowerShell and editors of Windows put before a text is in nobody's way, as with `sf`.
#[test]
fn a_byte_order_mark_in_what_sf_keeps_is_passed_over() {
    let bench = Bench::start(ONE);
    let sf = |name: &str, content: String| {
        let path = bench.place.home().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, format!("\u{feff}{content}")).unwrap();
    };
    let hub = bench.simulator.hub_username();
    let login = serde_json::json!({
        "username": hub, "clientId": bench.simulator.client_id(), "loginUrl": bench.simulator.url(),
        "privateKey": bench.simulator.jwt_key_file(), "orgId": "00D000000000HUB"
    });
    sf(".sf/config.json", r#"{"target-dev-hub":"hub"}"#.to_owned());
    sf(".sfdx/alias.json", format!(r#"{{"orgs":{{"hub":"{hub}"}}}}"#));
    sf(&format!(".sfdx/{hub}.json"), login.to_string());
    let names = ["HUB_USERNAME", "CLIENT_ID", "JWT_KEY_FILE", "HUB_INSTANCE_URL"];
    let run =
        names.iter().fold(bench.login(["qa=test-a@example.com"]), |run, name| run.without(&format!("ORGREADY_{name}")));
    run.ends_with(0);
    let aliases = fs::read_to_string(bench.place.home().join(".sfdx/alias.json")).unwrap();
    assert_eq!(aliases, format!(r#"{{"orgs":{{"hub":"{hub}","qa":"test-a@example.com"}}}}"#));
}
