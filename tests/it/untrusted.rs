//! Text from servers and files stays text: for a terminal, for a CI system that reads the log, for a parser.

use serde_json::{Value, json as object};

use crate::bench::{Bench, Place, Run};
use crate::canned::{self, Canned};
use crate::server::{Asked, Server, json, with_headers};

const USER: &str = "test-a@example.com";

/// What a terminal, a CI system or a parser would take for more than text.
const HOSTILE: &str = "\u{1b}]0;x\u{7}\u{1b}[31m\r\n::set-env name=PATH::/evil\n##vso[task.setvariable variable=x]y\n##[error]z <b>&]]>|`${{x}} \u{202e}\u{0}end";

/// That none of it is left.
fn assert_inert(text: &str, what: &str) {
    let hidden = text.chars().find(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}');
    assert_eq!(hidden, None, "{what}: {text:?}");
    assert!(!text.contains("##["), "{what}: {text}");
    assert!(!text.contains("##vso["), "{what}: {text}");
    assert!(!text.lines().any(|line| line.trim_start().starts_with("::")), "{what}: {text}");
}

/// All that a run leaves, in every format.
fn everything<'b>(place: &Place, run: impl Fn() -> Run<'b>, code: i32) -> Vec<(String, String)> {
    let mut texts = Vec::new();
    for (name, arguments) in [
        ("people", vec![]),
        ("--json", vec!["--json"]),
        ("trace", vec!["--verbose"]),
        ("JSON log", vec!["--log-format", "json"]),
    ] {
        let reports = ["r.jsonl", "r.json", "r.xml", "r.md"];
        let run = reports.iter().fold(run(), |run, report| run.args(["--report", report])).args(arguments);
        let run = if name == "trace" || name == "JSON log" { run.env("ORGREADY_LOG", "trace") } else { run };
        let ran = run.ends_with(code);
        texts.extend(reports.map(|report| (format!("{name} {report}"), place.read(report))));
        texts.extend([(format!("{name}: out"), ran.out), (format!("{name}: err"), ran.err)]);
    }
    texts
}

/// What a server says instead of the usual, if anything.
type Answer = Box<dyn Fn(&Asked) -> Option<Vec<u8>> + Send + Sync>;

#[test]
fn text_from_a_server_is_never_more_than_text() {
    let refusal = object!({"error": format!("x{HOSTILE}"), "error_description": HOSTILE}).to_string();
    let api = object!([{"errorCode": format!("X{HOSTILE}"), "message": HOSTILE}]).to_string();
    let (hub_refusal, org_refusal, page) = (refusal.clone(), refusal, HOSTILE.replace(['\r', '\n'], " "));
    let (hub_api, org_api) = (api.clone(), api);
    let cases: Vec<(&str, i32, Answer)> = vec![
        ("the hub refuses", 3, Box::new(move |asked| asked.is_login().then(|| json(400, &hub_refusal)))),
        (
            "the hub refuses the query",
            3,
            Box::new(move |asked| asked.line.contains("ScratchOrgInfo").then(|| json(400, &hub_api))),
        ),
        ("the org refuses", 4, Box::new(move |asked| (asked.claims()["sub"] == USER).then(|| json(400, &org_refusal)))),
        (
            "the org refuses the check",
            4,
            Box::new(move |asked| asked.line.contains("Organization").then(|| json(400, &org_api))),
        ),
        (
            "the org is a page",
            5,
            Box::new(move |asked| (asked.claims()["sub"] == USER).then(|| with_headers(500, "", &page))),
        ),
        (
            "the instance URL",
            4,
            Box::new(move |asked| {
                (asked.claims()["sub"] == USER)
                    .then(|| json(200, &canned::token(&format!("https://evil{HOSTILE}")).to_string()))
            }),
        ),
    ];
    for (case, code, special) in cases {
        let canned = Canned::with(vec![canned::row(USER, canned::SELF)]);
        let server = Server::answering(move |asked| special(asked).unwrap_or_else(|| canned.answer(asked)));
        let place = Place::new();
        let run = || canned::login(&place, &server.url()).args([USER, "--wait", "0"]);
        for (what, text) in everything(&place, run, code) {
            assert_inert(&text, &format!("{case}, {what}"));
        }
    }
}

#[test]
fn text_in_a_record_is_never_more_than_text() {
    let record = |field: &str, value: &str| {
        let mut row = canned::row(USER, canned::SELF);
        row[field] = value.into();
        row
    };
    let failed = |mut row: Value| {
        row["Status"] = "Error".into();
        row
    };
    for (row, code) in [
        (record("LoginUrl", HOSTILE), 4),
        (record("LoginUrl", &format!("https://evil.example/{HOSTILE}")), 4),
        (failed(record("ErrorCode", HOSTILE)), 4),
        (record("Status", HOSTILE), 0),
        (record("ExpirationDate", HOSTILE), 0),
        (record("CreatedDate", HOSTILE), 0),
        (record("ScratchOrg", HOSTILE), 0),
        (record("SignupInstance", HOSTILE), 0),
        (record("ConnectedAppConsumerKey", HOSTILE), 0),
    ] {
        let server = Canned::with(vec![row.clone()]).serve();
        let place = Place::new();
        let run = || canned::login(&place, &server.url()).args([USER, "--wait", "0"]);
        for (what, text) in everything(&place, run, code) {
            assert_inert(&text, &format!("{row}, {what}"));
        }
    }
}

#[test]
fn text_in_a_file_of_usernames_is_never_more_than_text() {
    let bench = Bench::start("[[org]]");
    for content in
        [HOSTILE.to_owned(), object!([HOSTILE, {"name": HOSTILE, "message": HOSTILE, "status": 1}]).to_string()]
    {
        bench.place.write("orgs", content);
        for arguments in [vec![], vec!["--json"]] {
            let ran = bench.command("login").args(["-F", "orgs"]).args(arguments).ends_with(2);
            assert_inert(&ran.out, "out");
            assert_inert(&ran.err, "err");
        }
    }
    bench.place.write("orgready.toml", "\"\\u001b[31mx##vso[y]\" = 1\nwait = \"\\u001b[31m\\n::set-env name=a::b\"");
    let ran = bench.login_all().ends_with(2);
    assert_inert(&ran.err, "settings");
}

/// A Salesforce whose answer to the query for records never ends: each page is followed by another.
fn endless(page: String) -> Server {
    Server::answering(move |asked| {
        if asked.is_login() {
            return json(200, &canned::token(&format!("http://{}", asked.host())).to_string());
        }
        let body = r#"{"totalSize":99999999,"done":false,"nextRecordsUrl":"/services/data/v60.0/query/01g-2000","records":[PAGE]}"#;
        json(200, &body.replace("PAGE", &page))
    })
}

#[test]
fn an_answer_of_the_hub_that_never_ends_is_left() {
    let record = canned::row("test-b@example.com", "https://x.my.salesforce.com").to_string();
    let many = vec![record.clone(); 2_000].join(",");
    let long = format!("{{\"Name\":\"{}\"}}", "x".repeat(4_000_000));
    for (page, most) in [(String::new(), 40), (record, 40), (many, 4), (long, 6)] {
        let server = endless(page);
        let place = Place::new();
        let ran = canned::login(&place, &server.url()).args([USER, "--json"]).ends_with(3);
        let document = ran.json();
        assert_eq!(
            (&document["name"], &document["cause"]["code"]),
            (&"HubQueryFailed".into(), &"query_rejected".into())
        );
        assert!(document["cause"]["description"].as_str().unwrap().contains("goes on beyond"), "{document}");
        assert!(server.asked().len() <= most, "{} requests", server.asked().len());
    }
}

#[test]
fn a_record_that_has_no_username_yet_is_known() {
    let mut row = canned::row("", canned::SELF);
    row["SignupUsername"] = Value::Null;
    row["Status"] = "New".into();
    let server = Canned::with(vec![row]).serve();
    let place = Place::new();
    let ran = canned::login(&place, &server.url()).args(["2SR000000000007", "--json", "--wait", "1s"]).ends_with(5);
    assert_eq!(ran.ends(), ["timed_out creating"]);
    assert_eq!(ran.orgs()[0]["username"], "2SR000000000007");
}
