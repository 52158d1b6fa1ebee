//! What `sf` prints, and JSON of other origin.

use crate::usernames::tests::{assert_read, assert_told, read, read_and_warned};

const CREATED: &str = r#"{
  "status": 0,
  "result": {
    "username": "test-a@example.com",
    "scratchOrgInfo": {
      "attributes": {"type": "ScratchOrgInfo", "url": "/services/data/v67.0/sobjects/ScratchOrgInfo/2SRxx0000000001AAA"},
      "Id": "2SRxx0000000001AAA", "Status": "Active", "SignupUsername": "test-a@example.com", "Username": null
    },
    "authFields": {"username": "test-a@example.com", "accessToken": "[REDACTED]"},
    "warnings": [],
    "orgId": "00D000000000001EAA"
  },
  "warnings": []
}
"#;

/// `sf org create scratch` beyond the limit of a day.
const FAILED: &str = r#"{
  "name": "LIMIT_EXCEEDED",
  "message": "The signup request failed because this organization has reached its\ndaily scratch org signup limit\u001b[1m",
  "exitCode": 1, "context": "OrgCreateScratch", "stack": "Error", "warnings": [], "code": "LIMIT_EXCEEDED", "status": 1,
  "commandName": "OrgCreateScratch"
}
"#;

#[test]
fn strings_and_objects_come_in_any_sequence_or_array() {
    for text in [
        r#"["a@x.com", {"username": "b@x.com", "alias": "qa"}, {"SignupUsername": "c@x.com", "alias": null}]"#,
        r#""a@x.com" {"username": "qa=b@x.com", "alias": ""}{"SignupUsername": "c@x.com", "Username": "z@x.com"}"#,
        "[\"a@x.com\"]\r\n[[{\"alias\": \"qa\",\r\n\"Username\": \"B@x.com\"}, [\"b@x.com\"]]]\n\"c@x.com\"",
    ] {
        let orgs = read(text.as_bytes()).unwrap();
        assert_eq!(orgs.join(" ").to_lowercase(), "a@x.com qa=b@x.com c@x.com", "{text}");
    }
    assert_read(r#"[{"attributes": {}, "Id": "2SRxx0000000001AAA"}]"#, &["2SRxx0000000001"]);
}

#[test]
fn what_sf_prints_is_read_as_it_is() {
    assert_read(CREATED, &["test-a@example.com"]);
    let waiting = r#"{"status": 0, "result": {"username": null, "scratchOrgInfo": {"Id": "2SRxx0000000002AAA",
            "Status": "Creating", "SignupUsername": "test-b@example.com", "LoginUrl": null}}, "warnings": []}"#;
    assert_read(waiting, &["test-b@example.com"]);
    let listed = r#"{"status": 0, "result": {"other": [], "sandboxes": [], "nonScratchOrgs": [{"username": "hub@x.com"}],
            "devHubs": [{"username": "hub@x.com", "alias": "hub"}], "scratchOrgs": [
            {"username": "test-c@example.com", "signupUsername": "test-c@example.com", "alias": "qa", "name": "Acme"},
            {"username": "test-d@example.com"}]}, "warnings": []}"#;
    assert_read(listed, &["qa=test-c@example.com", "test-d@example.com"]);
    let queried = r#"{"status": 0, "result": {"records": [{"attributes": {"type": "ScratchOrgInfo"},
            "SignupUsername": "test-e@example.com", "LoginUrl": "https://e.scratch.my.salesforce.com"}],
            "totalSize": 1, "done": true}, "warnings": []}"#;
    assert_read(queried, &["test-e@example.com"]);
}

#[test]
fn what_was_gathered_with_append_is_read_as_it_is() {
    let second = CREATED.replace("test-a", "test-b").replace("\"status\": 0", "\"status\": 68");
    assert_read(&format!("{CREATED}{second}"), &["test-a@example.com", "test-b@example.com"]);
}

#[test]
fn a_github_matrix_is_read_as_it_is() {
    assert_read(
        r#"{"include":[{"username":"a@x.com","alias":"qa","name":"first"},{"username":"b@x.com"},"c@x.com"]}"#,
        &["qa=a@x.com", "b@x.com", "c@x.com"],
    );
}

#[test]
fn a_failure_that_names_an_org_counts_as_that_org() {
    let late = r#"{"name": "Error", "message": "The scratch org did not complete within your wait time. Resume scratch org creation by running \"sf org resume scratch --job-id 2SR9A00000001IwWAI\"", "exitCode": 69, "code": "69", "status": 69}"#;
    assert_read(late, &["2SR9A00000001Iw"]);
    let without_settings = r#"{"name": "ProblemDeployingSettings", "message": "A scratch org was created", "exitCode": 68,
        "data": {"id": "0Af9A000000001fSAA", "status": "Failed", "username": "test-a@example.com"}, "status": 68}"#;
    assert_read(without_settings, &["test-a@example.com"]);
    let not_signed_up = r#"{"name": "RemoteOrgSignupFailed", "message": "We encountered a problem", "exitCode": 1, "data":
        {"username": "hub@example.com", "orgId": "00D9A00000000G9UAI", "scratchOrgInfoId": "2SR9A00000001InWAI"}, "status": 1}"#;
    assert_read(not_signed_up, &["2SR9A00000001In"]);
    assert_read(&format!("{late}\n[{without_settings}]"), &["2SR9A00000001Iw", "test-a@example.com"]);
}

#[test]
fn a_failure_that_names_none_stays_in_its_place_and_stops_no_other() {
    let second = CREATED.replace("test-a", "test-b");
    assert_read(
        &format!("{CREATED}{FAILED}{second}"),
        &[
            "test-a@example.com",
            "LIMIT_EXCEEDED: The signup request failed because this organization has reached its daily scratch org \
             signup limit[1m (f:15)",
            "test-b@example.com",
        ],
    );
    for other in [
        // Its message names an id, but of an org that sf knows nothing of.
        r#"{"name": "JobIdMismatchError", "message": "There are no recent job IDs that match 2SR9A00000001IjWAI.", "exitCode": 1, "status": 1}"#,
        // The hub's name.
        r#"{"name": "RemoteOrgSignupFailed", "message": "m", "data": {"username": "hub@example.com"}, "exitCode": 1, "status": 1}"#,
        r#"{"status": 1, "name": "NoDefaultEnvError", "message": "No default", "result": null}"#,
        r#"{"status": 1, "name": "N", "message": "m", "result": [], "data": {}}"#,
    ] {
        let listed = read(other.as_bytes()).unwrap();
        assert!(listed.len() == 1 && listed[0].ends_with(" (f:1)") && !listed[0].contains("hub@"), "{listed:?}");
    }
}

#[test]
fn what_comes_around_json_is_skipped_with_one_warning() {
    let noisy = format!(
        "npm warn exec The following package was not found and will be installed: @salesforce/cli@2.1.0\r\n\
         \x1b[33m ›\x1b[39m   Warning: an update is available from 2.1.0 to 2.2.0\n##[group]Create\n[1/2] Creating...\rstill\r\
         section_start:1700000000:create\r\x1b[0K{CREATED}::endgroup::\nDone: {second}\nWaiting {{x}} {{\"a\": 1}}... done {third} and more\n",
        second = CREATED.replace("test-a", "test-b"),
        third = FAILED.replace('\n', " "),
    );
    let (listed, warnings) = read_and_warned(noisy.as_bytes()).unwrap();
    assert_eq!(&listed[..2], ["test-a@example.com", "test-b@example.com"]);
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].starts_with("f:1: ") && warnings[0].ends_with("skipped, and colour codes"), "{warnings:?}");
}

#[test]
fn coloured_json_is_json() {
    let coloured: String = CREATED
        .split('"')
        .enumerate()
        .map(
            |(n, part)| {
                if n % 2 == 1 { format!("\x1b[34m\"{part}\"\x1b[39m") } else { format!("\x1b[97m{part}\x1b[0m") }
            },
        )
        .collect();
    let (listed, warnings) = read_and_warned(coloured.as_bytes()).unwrap();
    assert_eq!(
        (listed, warnings),
        (vec!["test-a@example.com".to_owned()], vec!["f: colour codes were skipped".to_owned()])
    );
}

#[test]
fn no_org_is_lost_in_noise() {
    assert_read("warning: x\n{\"username\": \"a@x.com\"}\nqa=b@x.com,\n", &["a@x.com", "qa=b@x.com"]);
    for (cut, line) in [
        ("{\"username\": \"a@x.com\"}\n{\"username\": \"b@x.com\"\n{\"username\": \"c@x.com\"}\n", 3),
        ("{\"username\": \"a@x.com\"}\n\"alias\": \"qa\",\n\"username\": \"b@x.com\"}", 2),
        ("\"a@x.com\", \"b@x.com\"\n", 1),
        ("\"a@x.com\"\n\"b@x.com\"\n]", 3),
        ("{\"username\": \"a@x.com\"}\nsaid {\"username\":\n\"b@x.com\"\n", 4),
        ("[\n\"a@x.com\",\n", 3),
        ("x\n{status: 0}", 2),
    ] {
        let told = read(cut.as_bytes()).unwrap_err();
        assert_eq!(told.lines().count(), 1, "{told}");
        assert!(told.starts_with(&format!("f:{line}: the file is not valid JSON")), "{told}");
    }
    assert_told("{\"username\": \"a@x.com\"}\nnull\n", &["f:2: the value holds no username"]);
}

#[test]
fn records_of_other_orgs_are_left_out_with_a_warning() {
    let auths = r#"{"status": 0, "result": [
        {"username": "hub@x.com", "isDevHub": true, "isScratchOrg": false, "alias": "hub"},
        {"username": "prod@x.com", "isScratchOrg": false},
        {"username": "a@x.com", "isScratchOrg": true, "isDevHub": true, "alias": "Release 7,qa"}], "warnings": []}"#;
    let (listed, warnings) = read_and_warned(auths.as_bytes()).unwrap();
    assert_eq!(listed, ["Release 7,qa=a@x.com"]);
    assert_eq!(warnings, ["f:2: 2 records say that they are no scratch orgs, and were left out"]);
    assert_told(
        r#"{"username": "hub@x.com", "isScratch": false}"#,
        &["f: the file holds no scratch org: 1 of its records say that they are none"],
    );
}

#[test]
fn bad_values_are_told_by_line_and_key_and_never_quoted() {
    let text = "\n[\n  \"s3cret\",\n  {\n    \"s3cret\": \"x\"\n  },\n  {\"username\": 5}, 7,\n  null,\n {\"alias\": \"s3=cret\", \"username\": \"a@x.com\"},\n {\"username\": \"a@x.com,s3cret@x.com\"}, {\"SignupUsername\": \"a@s3cret@x.com\", \"alias\": 5}]\n{\"result\": {\"s3cret\": []}}";
    let told = [
        "f:3: the value is not a Salesforce username",
        "f:4: the value holds no username",
        "f:7: the value of \"username\" is not a text",
        "f:7: the value holds no username",
        "f:8: the value holds no username",
        "f:9: the value of \"alias\" is no alias",
        "f:10: the value of \"username\" is more than one username",
        "f:10: the value of \"alias\" is not a text",
        "f:11: the value holds no username",
    ];
    assert_told(text, &told);
}

#[test]
fn nesting_is_bounded() {
    let deep = "[".repeat(300_000) + &"]".repeat(300_000);
    assert_told(&deep, &["f:1: the value is nested too deeply"]);
    let deep = "{\"result\":".repeat(300_000) + "1" + &"}".repeat(300_000);
    assert_told(&deep, &["f:1: the value is nested too deeply"]);
}
