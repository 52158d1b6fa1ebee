//! That keys, assertions and tokens stay inside. (Every run of every test is searched for them by the bench; here it
//! happens at the highest log level, and with servers that hand back what they were sent.)

use std::fs;

use serde_json::Value;

use crate::bench::{Bench, Place, Ran, Run, key, secret_in};
use crate::canned::{self, Canned};
use crate::server::{Asked, Server, json, with_headers};

const USER: &str = "test-a@example.com";

/// The same run with all that it can be made to tell, as text and as JSON, and all reports.
fn talkative<'b>(place: &Place, run: impl Fn() -> Run<'b>, code: i32) -> Vec<Ran> {
    let reports = ["r.jsonl", "r.json", "r.xml", "r.md"];
    let told: Vec<Ran> = ["text", "json"]
        .into_iter()
        .map(|format| {
            let run = reports.iter().fold(run(), |run, report| run.args(["--report", report]));
            run.args(["--verbose", "--log-format", format]).env("ORGREADY_LOG", "trace").ends_with(code)
        })
        .collect();
    for report in reports {
        assert_eq!(secret_in(&place.read(report)), None, "{report}");
    }
    told
}

#[test]
fn no_secret_is_told_at_the_highest_level_whatever_happens() {
    let orgs = include_str!("../../config/scenarios/never.toml");
    let late = "[[org]]\nreplication_delay = \"200ms\"\n[[org]]\nactive_after = \"200ms\"\n[[org]]\nfaults = [{ at = \"login\", kind = \"cut\", first = 1 }, { at = \"check\", kind = \"cut\", first = 1 }]\n[[org]]\nfaults = [{ at = \"login\", kind = \"content_type\", first = 1 }]";
    let bench = Bench::start(&format!("{orgs}\n{late}"));
    let all = talkative(&bench.place, || bench.login_all().args(["--json", "--wait", "0"]), 4);
    assert!(all[0].err.contains("TRACE"), "the level is not the highest");
    for scenario in [
        "[hub]\nfaults = [{ at = \"login\", kind = \"refusal\", error = \"invalid_grant\", description = \"no\" }]",
        "[hub]\nfaults = [{ at = \"login\", kind = \"cut\" }]",
        "[hub]\nfaults = [{ at = \"query\", kind = \"refusal\", status = 400, error = \"X\", description = \"no\" }]",
        "[hub]\nfaults = [{ at = \"query\", kind = \"reset\" }]",
        "[hub]\ntoken_uses = 0",
        "[hub]\nfaults = [{ at = \"connect\", kind = \"reset\" }]",
        "[hub]\ninstance_url = \"https://evil.example\"",
    ] {
        let bench = Bench::start(&format!("{scenario}\n[[org]]"));
        talkative(&bench.place, || bench.login_all().args(["--json", "--wait", "0"]), 3);
    }
    let tls = Bench::start_tls("[[org]]");
    talkative(&tls.place, || tls.login_all(), 3);
    let ca = tls.simulator.ca_certificate_file().unwrap();
    talkative(&tls.place, || tls.login_all().env("NODE_EXTRA_CA_CERTS", ca), 0);
}

/// That nothing of what the server was sent or gave is in the text.
fn assert_keeps(text: &str, server: &Server) {
    assert_eq!(secret_in(text), None, "{text}");
    let tail = |secret: &str| secret[secret.len().saturating_sub(12)..].to_owned();
    let sent = server.asked().into_iter().filter(Asked::is_login).map(|asked| tail(asked.assertion()));
    for secret in sent.chain([tail(canned::TOKEN)]) {
        assert!(!text.contains(&secret), "{secret} is in\n{text}");
    }
}

/// Servers, and whatever inspects traffic before them, quote what they were sent.
#[test]
fn a_secret_that_a_server_hands_back_is_not_told() {
    type Echo = fn(&str) -> Vec<u8>;
    let echoes: [(&str, Echo); 6] = [
        ("in a description", |secret| {
            json(400, &format!("{{\"error\":\"invalid_grant\",\"error_description\":\"invalid assertion: {secret}\"}}"))
        }),
        ("as the error", |secret| json(400, &format!("{{\"error\":\"{secret}\",\"error_description\":\"no\"}}"))),
        ("in a page", |secret| {
            with_headers(403, "content-type: text/html\r\n", &format!("<p>{secret} was blocked</p>"))
        }),
        ("as the page", |secret| with_headers(503, "content-type: text/plain\r\n", secret)),
        ("in an API error", |secret| json(400, &format!("[{{\"errorCode\":\"X\",\"message\":\"bad {secret}\"}}]"))),
        ("in Location", |secret| with_headers(302, &format!("location: https://x.example/?{secret}\r\n"), secret)),
    ];
    for (place_of, echo) in echoes {
        // The hub's login, its query, the org's login, the org's check.
        for nth in 1..=4 {
            let canned = Canned::with(vec![canned::row(USER, canned::SELF)]);
            let count = std::sync::atomic::AtomicUsize::new(0);
            let server = Server::answering(move |asked| {
                if count.fetch_add(1, std::sync::atomic::Ordering::SeqCst) + 1 < nth {
                    return canned.answer(asked);
                }
                let bearer = asked.head.lines().find_map(|line| line.strip_prefix("authorization: Bearer "));
                echo(bearer.unwrap_or(asked.assertion()))
            });
            let place = Place::new();
            for format in ["text", "json"] {
                let run = canned::login(&place, &server.url())
                    .args([USER, "--wait", "0", "--report", "r.json", "--report", "r.xml"]);
                let run = run
                    .args(["--report", "r.md", "--report", "r.jsonl", "--log-format", format])
                    .env("ORGREADY_LOG", "trace");
                let ran = run.any_end();
                assert!(ran.code >= 3, "{place_of}, request {nth}: {}", ran.err);
                let files = ["r.json", "r.xml", "r.md", "r.jsonl"].map(|name| place.read(name));
                for text in files.iter().chain([&ran.out, &ran.err]) {
                    assert_keeps(text, &server);
                }
            }
        }
    }
}

#[test]
fn a_key_in_the_wrong_place_is_not_told() {
    use base64::Engine;
    let bench = Bench::start("[[org]]");
    let packed = base64::prelude::BASE64_STANDARD.encode(key());
    bench.place.write("server.key", key());
    bench.place.write("packed.key", &packed);
    for wrong in [
        ["-F", "server.key"],
        ["-F", "packed.key"],
        ["-o", key()],
        ["-o", &packed],
        ["-f", &packed],
        ["-i", key()],
        ["-i", &packed],
        ["-r", &packed],
        ["--hub-username", &packed],
        ["--config", &packed],
        ["--report", &packed],
        ["--where", &packed],
    ] {
        for format in [vec![], vec!["--json"]] {
            let ran = bench.login_all().args(wrong).args(format).any_end();
            assert!(ran.code == 2 || wrong[0] == "-i", "{wrong:?}: {}", ran.code);
            assert!(
                !ran.err.contains(&packed[..40]) && !ran.out.contains(&packed[..40]),
                "{wrong:?}: {}{}",
                ran.out,
                ran.err
            );
        }
    }
    for variable in
        ["ORGREADY_CLIENT_ID", "ORGREADY_HUB_USERNAME", "ORGREADY_WAIT", "ORGREADY_USERNAMES_FILE", "SF_TARGET_DEV_HUB"]
    {
        bench.login_all().env(variable, key()).any_end();
    }
    bench
        .command("login")
        .args(["-F", "server.key"])
        .ends_with(2)
        .says("server.key:1: the file holds a key or a certificate");
}

#[cfg(target_os = "linux")]
#[test]
fn the_process_list_shows_no_key() {
    use std::io::Write;
    let bench = Bench::start("[[org]]\nreplication_delay = \"never\"");
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_orgready"));
    let simulator = &bench.simulator;
    command.args([
        "login",
        "-r",
        simulator.url(),
        "--hub-username",
        simulator.hub_username(),
        "-i",
        simulator.client_id(),
    ]);
    command
        .args(["-f", "-", &bench.user(0)])
        .env_clear()
        .env("HOME", bench.place.home())
        .current_dir(bench.place.path(""));
    command
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(key().as_bytes()).unwrap();
    drop(stdin);
    while bench.logins_of(&bench.user(0)) == 0 {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    for file in ["cmdline", "environ"] {
        let shown = fs::read(format!("/proc/{}/{file}", child.id())).unwrap();
        assert_eq!(secret_in(&String::from_utf8_lossy(&shown)), None, "{file}");
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_tokens_file_is_the_only_way_out() {
    let bench = Bench::start("[[org]]\n[[org]]\nconsumer_key = \"PlatformCLI\"\n[[org]]");
    let run = || bench.login_all().args(["--tokens-file", "tokens.jsonl"]);
    run().ends_with(4);
    let check = || {
        let text = bench.place.read("tokens.jsonl");
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 2, "ready orgs alone");
        for (line, user) in lines.iter().zip([bench.user(0), bench.user(2)]) {
            assert_eq!(crate::bench::keys(line), ["username", "orgId", "instanceUrl", "accessToken"]);
            assert_eq!(line["username"], user.as_str());
            assert!(secret_in(line["accessToken"].as_str().unwrap()).is_some());
        }
    };
    check();
    // One that lay there, for all to read, is replaced.
    bench.place.write("tokens.jsonl", "old");
    run().ends_with(4);
    check();
    #[cfg(unix)]
    {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let mode = |name: &str| fs::metadata(bench.place.path(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode("tokens.jsonl"), 0o600);
        let aim = bench.place.write("aim", "untouched");
        symlink(&aim, bench.place.path("link.jsonl")).unwrap();
        let before = bench.simulator.totals();
        bench.login_all().args(["--tokens-file", "link.jsonl"]).ends_with(2).says("is a link");
        bench.login_all().args(["--tokens-file", "nowhere/t.jsonl"]).ends_with(2).says("nowhere/t.jsonl");
        assert_eq!(bench.simulator.totals(), before, "nothing was sent");
        assert_eq!(bench.place.read("aim"), "untouched");
    }
}

/// In sf's store a token is encrypted, and readable by its owner alone.
#[test]
fn the_store_of_sf_holds_no_token_in_the_clear() {
    let bench = Bench::start("[[org]]\nusername = \"test-a@example.com\"");
    bench.login_all().ends_with(0);
    let folder = bench.place.home().join(".sfdx");
    for file in fs::read_dir(&folder).unwrap() {
        let path = file.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(secret_in(&text), None, "{}", path.display());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o077, 0, "{}", path.display());
        }
    }
}

#[test]
fn neither_a_settings_file_nor_a_known_kind_of_secret_is_quoted() {
    let bench = Bench::start("[[org]]");
    for (file, key) in [("username = [\"hunter2\"]", "username"), ("report = [\"hunter2=x\"]", "report")] {
        bench.place.write("orgready.toml", file);
        let ran = bench.command("login").args((key == "report").then(|| bench.user(0))).ends_with(2);
        ran.says("orgready.toml");
        ran.says(key);
        assert!(!ran.err.contains("hunter2"), "{}", ran.err);
    }
    bench.place.write("orgready.toml", "");
    for secret in
        ["force://PlatformCLI::5Aep861hunter2hunter2@acme.my.salesforce.com", "ghp_hunter2hunter2hunter2hunter2"]
    {
        let ran = bench.login([secret]).ends_with(2);
        assert!(!ran.err.contains("hunter2"), "{}", ran.err);
    }
    assert!(bench.was_left_alone());
}
