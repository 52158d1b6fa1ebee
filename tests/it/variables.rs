//! Values of environment variables as they really are: in quotes, not filled in, with line ends, misspelled, empty.

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE};
use orgready::simulator::RequestKind;

use crate::bench::{Bench, Place, key};

#[test]
fn what_was_not_filled_in_is_refused_by_name_and_not_shown() {
    let bench = Bench::start("[[org]]");
    let names = [
        "ORGREADY_HUB_USERNAME",
        "ORGREADY_CLIENT_ID",
        "ORGREADY_HUB_INSTANCE_URL",
        "ORGREADY_JWT_KEY_FILE",
        "ORGREADY_JWT_KEY",
        "ORGREADY_WAIT",
        "ORGREADY_ALLOW_HOSTS",
        "ORGREADY_REPORT",
        "ORGREADY_TOKENS_FILE",
        "ORGREADY_CONFIG",
        "ORGREADY_QUIET",
        "ORGREADY_IF_NONE",
        "SF_AUDIENCE_URL",
        "SF_ORG_API_VERSION",
        "NODE_EXTRA_CA_CERTS",
    ];
    let left = ["\"hunter2\"", "'hunter2'", "$(hunter2)", "${{ secrets.hunter2 }}", "${hunter2}", "$hunter2"];
    for (at, name) in names.into_iter().enumerate() {
        // Each form with some of the names, each name with some of the forms.
        for value in [left[at % left.len()], left[(at + 1) % left.len()], left[(at + 3) % left.len()]] {
            let run = bench.login_all();
            let run = if name == "ORGREADY_JWT_KEY" { run.without("ORGREADY_JWT_KEY_FILE") } else { run };
            let ran = run.env(name, value).ends_with(2);
            ran.says(&format!("error: {name} ")).says("still ").says("try: ");
            assert!(!ran.err.contains("hunter2"), "{}", ran.err);
        }
    }
    assert!(bench.was_left_alone());
    // What is overridden is not looked at.
    let run = bench.login_all().args(["-w", "40s", "--api-version", "60.0"]);
    let run = run.env("ORGREADY_WAIT", "$(WAIT)").env("SF_ORG_API_VERSION", "'60'");
    run.env("ORGREADY_USERNAMES_FILE", "\"orgs.txt\"").ends_with(0);
    let hub = bench.login_all().without("ORGREADY_HUB_USERNAME").env("SF_TARGET_DEV_HUB", "$(HUB)");
    hub.args(["--hub-username", bench.simulator.hub_username()]).ends_with(0);
}

#[test]
fn white_space_and_line_ends_around_a_value_do_not_count() {
    let bench = Bench::start("[[org]]");
    let simulator = &bench.simulator;
    let with = |text: &str| format!("\u{feff} {text}\r\n");
    let run = bench
        .login([with(&bench.user(0))])
        .env("ORGREADY_HUB_USERNAME", with(simulator.hub_username()))
        .env("ORGREADY_CLIENT_ID", with(simulator.client_id()))
        .env("ORGREADY_JWT_KEY_FILE", with(&simulator.jwt_key_file().display().to_string()))
        .env("ORGREADY_HUB_INSTANCE_URL", with(simulator.url()))
        .env("ORGREADY_WAIT", with("40s"))
        .env("ORGREADY_QUIET", with("true"))
        .env("SF_ORG_API_VERSION", with("61.0"))
        .args(["--report", "r.json\r"]);
    assert_eq!(run.ends_with(0).err, "");
    assert!(bench.place.path("r.json").exists());
    assert!(bench.requests(RequestKind::Query)[0].path.contains("/v61.0/"));
}

#[test]
fn the_key_in_a_variable_is_read_however_it_was_packed() {
    let bench = Bench::start("[[org]]");
    let packed = BASE64_STANDARD.encode(key());
    let lines: Vec<&str> = packed.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
    for form in [
        key().replace('\n', "\\\\n"),
        key().replace('\n', "\r\n"),
        BASE64_STANDARD_NO_PAD.encode(key()),
        BASE64_URL_SAFE.encode(format!("{}>>??", key())),
        lines.join("\n"),
        lines.join("\r\n"),
        format!(" {packed}\r\n"),
    ] {
        bench.login_all().without("ORGREADY_JWT_KEY_FILE").env("ORGREADY_JWT_KEY", form).ends_with(0);
    }
}

#[test]
fn an_unknown_variable_of_ours_is_a_warning_with_the_nearest_name() {
    let bench = Bench::start("[[org]]");
    let told = "ORGREADY_WAITT is set, but no setting has that variable; did you mean ORGREADY_WAIT?";
    let ran = bench.login_all().env("ORGREADY_WAITT", "5m").arg("--json").ends_with(0);
    assert_eq!(ran.json()["warnings"][0], told);
    ran.says(told);
    // Where something is missing, it is the reason.
    let run = bench.login_all().without("ORGREADY_CLIENT_ID").env("ORGREADY_CLIENTID", "3MVG9").arg("--json");
    let ran = run.ends_with(2);
    assert!(ran.json()["warnings"][0].as_str().unwrap().ends_with("did you mean ORGREADY_CLIENT_ID?"), "{}", ran.out);
    ran.says("ORGREADY_CLIENT_ID");
    // What --output-env wrote in an earlier step is ours.
    let run = bench.login_all().env("ORGREADY_READY", "1").env("ORGREADY_ORG_ID", "00D000000000001EAA");
    let ran = run.env("ORGREADY_ALL_USERNAMES", "a@x.com,b@x.com").ends_with(0);
    assert!(!ran.err.contains("ORGREADY_"), "{}", ran.err);
}

#[test]
fn a_secret_that_a_fork_was_not_given_is_told_as_empty() {
    let bench = Bench::start("[[org]]");
    let login = || bench.login_all().without("ORGREADY_JWT_KEY_FILE");
    login().env("ORGREADY_JWT_KEY", "").ends_with(2).says("ORGREADY_JWT_KEY is set, but empty").says("forks");
    let both = login().env("ORGREADY_JWT_KEY", " \n").env("ORGREADY_CLIENT_ID", "").ends_with(2);
    both.says("ORGREADY_CLIENT_ID and ORGREADY_JWT_KEY are set, but empty");
    login().env("ORGREADY_HUB_USERNAME", "").ends_with(2).says("ORGREADY_HUB_USERNAME is set, but empty");
    bench.command("login").env("ORGREADY_USERNAMES_FILE", "").ends_with(2).says("ORGREADY_USERNAMES_FILE is set, but");
    assert!(bench.was_left_alone());
    // Where it does not matter, it is not told.
    assert!(!bench.login_all().env("ORGREADY_JWT_KEY", "").ends_with(0).err.contains("empty"));
}

#[test]
fn a_list_is_looked_at_as_a_whole_before_it_is_split() {
    let bench = Bench::start("[[org]]");
    let body: String = key().lines().filter(|line| !line.starts_with('-')).collect();
    for secret in [key().to_owned(), key().replace('\n', " "), body.clone(), BASE64_STANDARD.encode(key())] {
        for name in ["ORGREADY_ALLOW_HOSTS", "ORGREADY_USERNAME"] {
            let run = bench.command("login").env(name, &secret);
            run.ends_with(2).says(&format!("{name} holds a private key itself")).says("ORGREADY_JWT_KEY");
        }
    }
    assert!(bench.was_left_alone());
}

#[test]
fn older_names_that_sf_still_reads_count_where_the_newer_ones_are_not_set() {
    let bench = Bench::start("[[org]]");
    bench.command("hub").args(["-a", "known"]).ends_with(0);
    let login = || bench.login_all().without("ORGREADY_HUB_USERNAME").env("SFDX_DEFAULTDEVHUBUSERNAME", "known");
    login().env("SFDX_API_VERSION", "61.0").ends_with(0);
    assert!(bench.requests(RequestKind::Query).pop().unwrap().path.contains("/v61.0/"));
    login().env("SF_TARGET_DEV_HUB", "nobody").ends_with(2).says("\"nobody\" (SF_TARGET_DEV_HUB)");
    let unknown = bench.login_all().without("ORGREADY_HUB_USERNAME").env("SFDX_DEFAULTDEVHUBUSERNAME", "nobody");
    unknown.ends_with(2).says("\"nobody\" (SFDX_DEFAULTDEVHUBUSERNAME)");
    let old = bench.login_all().env("SFDX_AUDIENCE_URL", "no url").ends_with(2);
    old.says("SFDX_AUDIENCE_URL: \"no url\" is not a URL");
}

#[test]
fn a_hub_whose_key_was_in_a_variable_needs_that_variable_alone_from_then_on() {
    let bench = Bench::start("[[org]]");
    let hub = || bench.command("hub").without("ORGREADY_JWT_KEY_FILE").env("ORGREADY_JWT_KEY", key());
    hub().args(["-d", "-a", "hub"]).ends_with(0);
    let bare = || bench.place.run(["login", &bench.user(0)]);
    let ran = bare().ends_with(2);
    ran.says("by JWT, but was not told where the key is").says("ORGREADY_JWT_KEY").says("--keep-key-file");
    bare().env("ORGREADY_JWT_KEY", key()).ends_with(0);
    bare().args(["-f", &bench.simulator.jwt_key_file().display().to_string()]).ends_with(0);
    hub().args(["--keep-key-file", "kept.key"]).ends_with(0);
    bare().ends_with(0);
}

#[test]
fn a_hub_whose_name_has_a_slash_is_not_said_to_be_unknown_to_sf() {
    let place = Place::new();
    let ran = place.run(["login", "test-a@example.com", "--hub-username", "a/b@example.com"]).ends_with(2);
    ran.says("under a name with a slash they are not looked for in the sf store");
    assert!(!ran.err.contains("sf does not know it"), "{}", ran.err);
}
