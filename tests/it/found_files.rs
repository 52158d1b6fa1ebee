//! What a file that was merely found may not say: it may have come with somebody's pull request.

use std::fs;

use crate::bench::{Bench, Ran};

/// A run that is refused, sends nothing, and tells nothing of what stands in files.
#[track_caller]
fn refused(bench: &Bench, key: &str) -> Ran {
    let ran = bench.login_all().ends_with(2);
    ran.says("orgready.toml: ").says(&format!("{key} is refused")).says("--config");
    for told in ["hunter2", "secret-name"] {
        assert!(!ran.err.contains(told) && !ran.out.contains(told), "{}", ran.err);
    }
    assert!(bench.was_left_alone(), "something was sent");
    ran
}

#[test]
fn it_says_neither_who_is_trusted_nor_where_secrets_go() {
    let bench = Bench::start("[[org]]");
    let ca = Bench::start_tls("").simulator.ca_certificate_file().map(|file| fs::read(file).unwrap()).unwrap();
    bench.place.write("ca.pem", ca);
    let guarded = [
        ("allow_host", "[\"evil.example\"]"),
        ("ca_certificate", "\"ca.pem\""),
        ("tokens_file", "\"secret-name.jsonl\""),
        ("keep_key_file", "\"secret-name.key\""),
    ];
    for (key, value) in guarded {
        bench.place.write("orgready.toml", format!("{key} = {value}"));
        refused(&bench, key);
    }
    assert!(!bench.place.path("secret-name.jsonl").exists() && !bench.place.path("secret-name.key").exists());
    // Each of them is told at once.
    let all: Vec<String> = guarded.iter().map(|(key, value)| format!("{key} = {value}\n")).collect();
    bench.place.write("orgready.toml", all.concat());
    let ran = refused(&bench, "allow_host");
    ran.says("tokens_file is refused").says("keep_key_file is refused").says("ca_certificate is refused");
    // Whoever names the file means it, and so does whoever says something else.
    bench.login_all().args(["--config", "orgready.toml"]).ends_with(0);
    bench.login_all().env("ORGREADY_CONFIG", "orgready.toml\r\n").ends_with(0);
    let run = bench.login_all().args(["--allow-host", "x.example", "--tokens-file", "t", "--keep-key-file", "k"]);
    run.env("NODE_EXTRA_CA_CERTS", bench.place.path("ca.pem")).ends_with(0);
}

#[test]
fn the_files_that_it_names_lie_in_its_folder() {
    let bench = Bench::start("[[org]]\nusername = \"test-a@example.com\"");
    fs::write(bench.place.home().join(".netrc"), "machine x login secret-name password hunter2\n").unwrap();
    bench.place.write("inside/orgs.txt", "test-a@example.com\n");
    let login = |toml: &str| {
        bench.place.write("orgready.toml", toml);
        bench.command("login")
    };
    let outside = ["../home/.netrc", "inside/../../home/.netrc", "/dev/stdin"];
    let mut paths: Vec<String> = outside.map(ToOwned::to_owned).to_vec();
    paths.push(bench.place.home().join(".netrc").display().to_string());
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(bench.place.home(), bench.place.path("link")).unwrap();
        std::os::unix::fs::symlink(bench.place.home().join("secret-name"), bench.place.path("dangling")).unwrap();
        paths.extend(["link/.netrc".to_owned(), "dangling".to_owned()]);
    }
    for path in &paths {
        for key in ["usernames_file", "jwt_key_file", "definition_file", "report", "output_env"] {
            let value = if key == "report" { format!("['json={path}']") } else { format!("'{path}'") };
            let names = if key == "usernames_file" { "" } else { "usernames_file = 'inside/orgs.txt'\n" };
            let run = login(&format!("{names}{key} = {value}"));
            let run = if key == "jwt_key_file" { run.without("ORGREADY_JWT_KEY_FILE") } else { run };
            let ran = run.ends_with(2);
            ran.says(&format!("orgready.toml: {key} is refused"));
            assert!(!ran.err.contains("hunter2") && !ran.err.contains(".netrc"), "{}", ran.err);
        }
    }
    assert!(bench.was_left_alone());
    assert_eq!(fs::read_dir(bench.place.home()).unwrap().count(), 1, "nothing was written there");
    // What is overridden is not looked at.
    let all = "usernames_file = '../home/.netrc'\njwt_key_file = '../home/.netrc'\nreport = ['../home/r.json']";
    login(all).args(["test-a@example.com", "--report", "r.json"]).ends_with(0);
    let file = "usernames_file = 'inside/orgs.txt'\nreport = ['inside/r.json', 'jsonl=r.jsonl']";
    login(file).ends_with(0);
    assert!(bench.place.path("inside/r.json").exists() && bench.place.path("r.jsonl").exists());
}

#[cfg(unix)]
#[test]
fn it_is_no_link_to_somebody_elses_file() {
    let bench = Bench::start("[[org]]");
    let secret = bench.place.home().join("credentials.toml");
    fs::write(&secret, "secret-name = \"hunter2\"").unwrap();
    std::os::unix::fs::symlink(&secret, bench.place.path("orgready.toml")).unwrap();
    let ran = bench.login_all().ends_with(2);
    ran.says("orgready.toml is a link that leads out of its folder").says("--config");
    assert!(!ran.err.contains("hunter2") && !ran.err.contains("secret-name"), "{}", ran.err);
    fs::remove_file(bench.place.path("orgready.toml")).unwrap();
    bench.place.write("settings/ci.toml", "wait = '30s'");
    std::os::unix::fs::symlink("settings/ci.toml", bench.place.path("orgready.toml")).unwrap();
    bench.login_all().ends_with(0);
}

#[test]
fn what_stands_in_a_settings_file_is_not_quoted() {
    let bench = Bench::start("[[org]]");
    for toml in [
        "wait = 'hunter2'",
        "concurrency = 'hunter2'",
        "instance_url = 'https://user:hunter2@login.salesforce.com'",
        "audience = 'hunter2'",
        "hub_username = 'hunter2'",
        "alias = 'hunter2='",
        "shard = 'hunter2'",
        "log_format = 'hunter2'",
        "api_version = 'hunter2'",
        "if_none = 'hunter2'",
        "ci = 'hunter2'",
    ] {
        bench.place.write("orgready.toml", toml);
        let run = bench.login_all().without("ORGREADY_HUB_INSTANCE_URL").without("ORGREADY_WAIT");
        let key = toml.split(' ').next().unwrap();
        let run = if key == "hub_username" { run.without("ORGREADY_HUB_USERNAME") } else { run };
        let ran = run.ends_with(2);
        ran.says(&format!("{key} in ")).says("orgready.toml");
        assert!(!ran.err.contains("hunter2"), "{}", ran.err);
    }
}

#[test]
fn it_sends_no_login_to_this_machine() {
    let bench = Bench::start("[[org]]");
    let url = bench.simulator.url();
    let login = || bench.login_all().without("ORGREADY_HUB_INSTANCE_URL");
    let port = url.rsplit(':').next().unwrap();
    for url in [url, &format!("http://localhost:{port}"), &format!("http://x.localhost:{port}"), "https://[::1]"] {
        bench.place.write("orgready.toml", format!("instance_url = '{url}'"));
        login().ends_with(2).says("orgready.toml: instance_url is refused").says("--instance-url");
    }
    bench.place.write("orgready.toml", format!("instance_url = '{url}'"));
    assert!(bench.was_left_alone());
    login().args(["--config", "orgready.toml"]).ends_with(0);
    login().args(["-r", url]).ends_with(0);
    bench.login_all().ends_with(0);
    login().args(["--allow-host", "127.0.0.1"]).ends_with(0);
    fs::remove_file(bench.place.path("orgready.toml")).unwrap();

    // The same in sfdx-project.json, here and above.
    let project = format!("{{\"sfdcLoginUrl\": \"{url}\"}}");
    for above in [false, true] {
        let place = &bench.place;
        let file = if above { place.path("../sfdx-project.json") } else { place.path("sfdx-project.json") };
        fs::write(&file, &project).unwrap();
        let before = bench.simulator.totals();
        // The hub is one that the store does not know.
        fs::remove_dir_all(place.home().join(".sfdx")).unwrap();
        let ran = login().ends_with(2);
        ran.says("sfdx-project.json: sfdcLoginUrl is refused").says("--instance-url");
        assert_eq!(bench.simulator.totals(), before, "nothing was sent");
        bench.login_all().ends_with(0);
        fs::remove_file(file).unwrap();
    }
}
