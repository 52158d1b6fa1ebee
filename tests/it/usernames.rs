//! `-F`: many usernames in whatever form they lie about.

use serde_json::{Value, json};

use crate::bench::{Bench, Ran};

const ORGS: &str = "[[org]]\nusername = \"test-a@example.com\"\n[[org]]\nusername = \"test-b@example.com\"\n[[org]]\nusername = \"test-c@example.com\"";

/// The usernames and aliases of the result, as `alias=username`.
fn named(ran: &Ran) -> Vec<String> {
    let name = |org: &serde_json::Value| {
        let username = org["username"].as_str().unwrap();
        org["alias"].as_str().map_or_else(|| username.to_owned(), |alias| format!("{alias}={username}"))
    };
    ran.orgs().iter().map(name).collect()
}

/// What `sf org create scratch --json` prints.
fn created(username: &str) -> String {
    let document = json!({
        "status": 0,
        "result": {
            "username": username,
            "scratchOrgInfo": {"Id": "2SR000000000001", "SignupUsername": username, "LoginUrl": null},
            "warnings": [],
        },
        "warnings": [],
    });
    serde_json::to_string_pretty(&document).unwrap()
}

#[test]
fn every_form_is_recognised() {
    let bench = Bench::start(ORGS);
    let listed = json!({"status": 0, "result": {"other": [], "scratchOrgs": [
        {"username": "test-a@example.com", "alias": "qa", "orgId": "00D000000000001"}, {"username": "test-b@example.com"},
    ]}, "warnings": []});
    let queried = json!({"status": 0, "result": {"records": [
        {"attributes": {"type": "ScratchOrgInfo"}, "SignupUsername": "test-a@example.com", "LoginUrl": "https://x"},
        {"attributes": {"type": "ScratchOrgInfo"}, "SignupUsername": "test-b@example.com", "LoginUrl": null},
    ], "totalSize": 2, "done": true}, "warnings": []});
    let (a, b) = ("test-a@example.com", "test-b@example.com");
    let plain = [a.to_owned(), b.to_owned()];
    let aliased = [format!("qa={a}"), b.to_owned()];
    let cases = [
        ("lines", format!("# nightly\n{a}\n\n  {b}  # late\n"), &plain),
        ("lines with CRLF", format!("{a}\r\n{b}\r\n"), &plain),
        ("aliases", format!("qa={a}\n{b}\n"), &aliased),
        ("CSV", format!("alias,username\nqa,{a}\n,\"{b}\"\n"), &aliased),
        ("CSV of a query", format!("SignupUsername\n{a}\n{b}\n"), &plain),
        ("texts", format!("[\"{a}\", \"{b}\"]"), &plain),
        (
            "objects",
            format!("[{{\"username\": \"{a}\", \"alias\": \"qa\"}}, {{\"SignupUsername\": \"{b}\"}}]"),
            &aliased,
        ),
        ("JSON lines", format!("\"{a}\"\n{{\"username\":\"{b}\"}}\n"), &plain),
        ("what sf appends", format!("{}\n{}\n", created(a), created(b)), &plain),
        ("org list", listed.to_string(), &aliased),
        ("data query", queried.to_string(), &plain),
        (
            "GitHub's matrix",
            format!("{{\"include\":[{{\"username\":\"{a}\",\"alias\":\"qa\"}},{{\"username\":\"{b}\"}}]}}"),
            &aliased,
        ),
    ];
    for (form, content, expected) in cases {
        bench.place.write("orgs", &content);
        let ran = bench.command("login").args(["-F", "orgs", "--json"]).ends_with(0);
        assert_eq!(named(&ran), *expected, "{form}");
        let piped = bench.command("login").args(["-F", "-", "--json", "--no-sf-store"]).stdin(content).ends_with(0);
        assert_eq!(named(&piped), *expected, "{form}, on standard input");
    }
}

#[test]
fn utf_16_of_windows_is_read() {
    let bench = Bench::start(ORGS);
    for big in [false, true] {
        let text = "\u{feff}test-a@example.com\r\ntest-c@example.com\r\n";
        let bytes: Vec<u8> =
            text.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect();
        bench.place.write("orgs.txt", bytes);
        let ran = bench.command("login").args(["-F", "orgs.txt", "--json"]).ends_with(0);
        assert_eq!(named(&ran), ["test-a@example.com", "test-c@example.com"]);
    }
}

#[test]
fn an_envelope_of_sf_counts_whatever_its_status_if_it_names_an_org() {
    let bench = Bench::start(ORGS);
    let partly = created("test-a@example.com").replace("\"status\": 0", "\"status\": 68");
    bench.place.write("all.json", &partly);
    bench.command("login").args(["-F", "all.json"]).ends_with(0);
    let failed = json!({"status": 1, "name": "RemoteOrgSignupFailed", "message": "C-1015: no room", "exitCode": 1, "warnings": []});
    bench.place.write("all.json", format!("{partly}\n{failed:#}\n"));
    let ran = bench.command("login").args(["-F", "all.json", "--json"]).ends_with(4);
    assert_eq!(ran.ends(), ["ready", "failed signup_failed"]);
    let failed = &ran.orgs()[1];
    assert_eq!((&failed["username"], &failed["cause"]["error"]), (&Value::Null, &"RemoteOrgSignupFailed".into()));
    let line = partly.lines().count() + 1;
    let message = failed["cause"]["description"].as_str().unwrap();
    assert!(message.contains(&format!("(all.json:{line})")), "{message}");
    assert!(message.contains("RemoteOrgSignupFailed") && message.contains("C-1015: no room"), "{message}");
}

#[test]
fn what_sf_prints_is_read_behind_noise_and_colours_with_one_warning() {
    let bench = Bench::start(ORGS);
    let coloured = created("test-b@example.com").replace('"', "\u{1b}[34m\"\u{1b}[39m");
    let noise =
        "npm warn exec @salesforce/cli@2.1.0\n::group::Create\n ›   Warning: update available\n[1/2] Creating...\n";
    bench
        .place
        .write("all.json", format!("{noise}{}\n##[endgroup]\n{coloured}\nDone\n", created("test-a@example.com")));
    let ran = bench.command("login").args(["-F", "all.json", "--json"]).ends_with(0);
    assert_eq!(named(&ran), ["test-a@example.com", "test-b@example.com"]);
    let warnings = ran.json()["warnings"].as_array().unwrap().clone();
    let skipped = warnings.iter().filter(|warning| warning.as_str().unwrap().contains("skipped")).count();
    assert_eq!(skipped, 1, "{warnings:?}");
}

#[test]
fn every_alias_that_sf_made_is_taken_as_it_is_and_other_orgs_are_left_out() {
    let bench = Bench::start(ORGS);
    let auths = json!({"status": 0, "result": [
        {"username": "hub@example.com", "isDevHub": true, "isScratchOrg": false, "alias": "hub"},
        {"username": "test-a@example.com", "isScratchOrg": true, "alias": "Release 7,qa"},
    ], "warnings": []});
    bench.place.write("auths.json", auths.to_string());
    let ran = bench.command("login").args(["-F", "auths.json", "-s", "--json"]).ends_with(0);
    assert_eq!(named(&ran), ["Release 7,qa=test-a@example.com"]);
    assert!(ran.json()["warnings"].to_string().contains("no scratch org"), "{}", ran.out);
    let home = bench.place.home();
    let read = |name: &str| -> serde_json::Value {
        serde_json::from_str(&std::fs::read_to_string(home.join(name)).unwrap()).unwrap()
    };
    let aliases = json!({"Release 7": "test-a@example.com", "qa": "test-a@example.com"});
    assert_eq!(read(".sfdx/alias.json")["orgs"], aliases);
    assert_eq!(read(".sf/config.json")["target-org"], "Release 7");
    for alias in ["qa", "Release 7"] {
        assert_eq!(named(&bench.login([alias, "--json"]).ends_with(0)), ["test-a@example.com"], "{alias}");
    }
}

#[test]
fn what_stands_in_a_file_is_neither_quoted_nor_sent() {
    let bench = Bench::start(ORGS);
    let secret = "hunter2-s3cret";
    for content in [
        format!("machine login.salesforce.com login me password {secret}\n"),
        format!("SFDX_AUTH_URL=force://PlatformCLI::{secret}@acme.my.salesforce.com\n"),
        format!("password={secret}\n{secret}\n"),
        format!("{{\"sfdxAuthUrl\": \"force://x::{secret}@acme.my.salesforce.com\", \"{secret}\": 1}}"),
        format!("[{{\"username\": \"{secret}\", \"alias\": \"{secret}\"}}, \"{secret}\"]"),
        format!("username,alias\n{secret},{secret}\na@x.com,{secret}={secret}\n"),
        format!("{{\"username\": \"a@x.com\", \"refreshToken\": \"{secret}"),
        format!("-----BEGIN PRIVATE KEY-----\n{secret}\n"),
        format!("x={secret}@x.com\nx={secret}@y.com\n"),
    ] {
        bench.place.write("orgs", &content);
        for json in [false, true] {
            let mut command = bench.command("login").args(["-F", "orgs"]);
            if json {
                command = command.args(["--json"]);
            }
            let ran = command.ends_with(2);
            assert!(!format!("{}{}", ran.out, ran.err).contains(secret), "{content}: {}{}", ran.out, ran.err);
        }
    }
    assert!(bench.was_left_alone());
}

#[test]
fn arguments_and_a_file_go_together_and_an_org_counts_once() {
    let bench = Bench::start(ORGS);
    bench.place.write("orgs.txt", "test-c@example.com\nTEST-A@example.com\nqa=test-b@example.com\n");
    let run = bench.login(["test-b@example.com", "-o", "test-a@example.com", "-F", "orgs.txt", "--json"]);
    let ran = run.ends_with(0);
    assert_eq!(named(&ran), ["qa=test-b@example.com", "test-a@example.com", "test-c@example.com"]);
    assert_eq!(bench.logins_of("test-a@example.com"), 1);
}

#[test]
fn all_bad_rows_are_told_with_their_lines_and_nothing_is_sent() {
    let bench = Bench::start(ORGS);
    bench.place.write("orgs.txt", "test-a@example.com\nnobody\n\nqa=test-b@example.com\nqa=test-c@example.com\n");
    let ran = bench.login(["also-nobody", "-F", "orgs.txt"]).ends_with(2);
    ran.says("command line: \"also-nobody\" is not a Salesforce username").says("orgs.txt:2: the line is not");
    ran.says("orgs.txt:5: the line gives an alias that already stands for another org, after orgs.txt:4");
    bench.place.write("orgs.csv", "alias,username\nqa,nobody\n,test-a@example.com\n");
    bench.command("login").args(["-F", "orgs.csv"]).ends_with(2).says("orgs.csv:2: ");
    bench.place.write("orgs.json", "[\n  \"test-a@example.com\",\n  {\"alias\": \"qa\"}\n]");
    bench.command("login").args(["-F", "orgs.json"]).ends_with(2).says("orgs.json:3: ");
    bench.place.write("cut.json", "[\n  \"test-a@example.com\",\n");
    bench.command("login").args(["-F", "cut.json"]).ends_with(2).says("cut.json:").says("not valid JSON");
    assert!(bench.was_left_alone());
}

#[test]
fn no_username_at_all_is_an_error() {
    let bench = Bench::start(ORGS);
    bench.command("login").ends_with(2).says("no username was given");
    for content in ["", "\n# nobody\n", "[]", "username\n", "{\"status\":0,\"result\":{\"records\":[]}}"] {
        bench.place.write("empty", content);
        let ran = bench.command("login").args(["-F", "empty", "--json"]).ends_with(2);
        assert!(ran.message().contains("no username"), "{content:?}: {}", ran.out);
    }
    bench.command("login").args(["-F", "missing.txt"]).ends_with(2).says("missing.txt cannot be read");
    bench.command("login").args(["-F", ""]).ends_with(2);
    assert!(bench.was_left_alone());
}

#[test]
fn standard_input_is_one_thing_only() {
    let bench = Bench::start(ORGS);
    let both = bench.command("login").args(["-F", "-", "-f", "-"]).stdin(crate::bench::key()).ends_with(2);
    both.says("--jwt-key-file").says("--usernames-file");
    assert!(bench.was_left_alone());
}

#[test]
fn alias_and_default_are_handed_to_sf() {
    let bench = Bench::start(ORGS);
    bench.login(["test-a@example.com", "-a", "qa", "-s"]).ends_with(0);
    bench.login(["uat=test-b@example.com", "dev=test-c@example.com"]).ends_with(0);
    let home = bench.place.home();
    let read = |name: &str| -> serde_json::Value {
        serde_json::from_str(&std::fs::read_to_string(home.join(name)).unwrap()).unwrap()
    };
    let aliases = &read(".sfdx/alias.json")["orgs"];
    assert_eq!(aliases, &json!({"qa": "test-a@example.com", "uat": "test-b@example.com", "dev": "test-c@example.com"}));
    assert_eq!(read(".sf/config.json")["target-org"], "qa");
    let several = bench.login_all().args(["-a", "qa", "-s"]).ends_with(2);
    several.says("--alias is for a single username").says("--set-default is for a single username");
}
