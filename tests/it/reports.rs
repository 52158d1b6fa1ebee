//! `--report`: one more result file, for machines and for people.

use serde_json::Value;

use crate::bench::{Bench, Ran};

const MIXED: &str = "[[org]]\nusername = \"test-ready@example.com\"\n[[org]]\nusername = \"test-app@example.com\"\nconsumer_key = \"PlatformCLI\"\n[[org]]\nusername = \"test-late@example.com\"\nreplication_delay = \"never\"";

/// Checks against the schema that comes with the project.
fn assert_fits(document: &Value) {
    let schema: Value = serde_json::from_str(include_str!("../../config/report.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(document).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}: {document}");
}

/// The elements of an XML document, `name` and attributes; anything that is not well-formed is an error.
fn elements(xml: &str) -> Result<Vec<String>, String> {
    let mut rest = xml.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>").ok_or("no declaration")?;
    let (mut open, mut all) = (Vec::<String>::new(), Vec::new());
    while let Some((text, tag)) = rest.split_once('<') {
        entities(text)?;
        let (tag, after) = tag.split_once('>').ok_or("a tag without end")?;
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            if open.pop().as_deref() != Some(name) {
                return Err(format!("</{name}> ends nothing"));
            }
            continue;
        }
        let whole = tag.trim_end_matches('/');
        let name = whole.split(' ').next().unwrap_or_default();
        let mut quoted = whole.split('"');
        while let (Some(attribute), Some(value)) = (quoted.next(), quoted.next()) {
            if !attribute.ends_with('=') {
                return Err(format!("{attribute} in {whole}"));
            }
            entities(value)?;
        }
        all.push(whole.to_owned());
        if !tag.ends_with('/') {
            open.push(name.to_owned());
        }
    }
    if open.is_empty() && rest.trim().is_empty() { Ok(all) } else { Err(format!("{open:?} are open")) }
}

fn entities(text: &str) -> Result<(), String> {
    let known = |name: &str| matches!(name, "amp" | "lt" | "gt" | "quot" | "apos") || name.starts_with('#');
    let bad = text.split('&').skip(1).find(|part| !part.split_once(';').is_some_and(|(name, _)| known(name)));
    bad.map_or(Ok(()), |bad| Err(format!("&{bad}")))
}

#[test]
fn every_form_tells_the_same() {
    let bench = Bench::start(MIXED);
    let reports = ["one.jsonl", "two.json", "junit=three.txt", "four.md"];
    let run = reports.iter().fold(bench.login_all(), |run, report| run.args(["--report", report]));
    let ran = run.args(["--json", "--wait", "0"]).ends_with(4);
    let document = ran.json();
    assert_fits(&document);

    let json: Value = serde_json::from_str(&bench.place.read("two.json")).unwrap();
    assert_eq!(json, document);

    let lines: Vec<Value> =
        bench.place.read("one.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 3);
    for org in ran.orgs() {
        assert!(lines.contains(&org), "{org}");
    }

    let xml = bench.place.read("three.txt");
    let elements = elements(&xml).unwrap_or_else(|error| panic!("{error}: {xml}"));
    assert!(
        elements[0].starts_with("testsuites name=\"orgready\" tests=\"3\" failures=\"2\" errors=\"0\" skipped=\"0\""),
        "{}",
        elements[0]
    );
    let cases: Vec<&String> = elements.iter().filter(|element| element.starts_with("testcase ")).collect();
    assert_eq!(cases.len(), 3);
    assert!(cases[0].contains("name=\"test-ready@example.com\"") && cases[0].contains("time=\""), "{}", cases[0]);
    let types: Vec<&str> = elements
        .iter()
        .filter_map(|element| element.strip_prefix("failure type=\""))
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    assert_eq!(types, ["app_mismatch", "not_replicated"]);

    let markdown = bench.place.read("four.md");
    assert!(markdown.starts_with("### ❌ orgready: 1 of 3 orgs is ready"), "{markdown}");
    assert_eq!(markdown.lines().filter(|line| line.starts_with("| `test-")).count(), 3);
    assert!(markdown.contains("PlatformCLI"), "the hint is there: {markdown}");
}

#[test]
fn lines_on_standard_output_take_the_place_of_the_table() {
    let bench = Bench::start(MIXED);
    let ran = bench.login_all().args(["--wait", "0", "--report", "jsonl=-"]).ends_with(4);
    let lines: Vec<Value> = ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 3, "{}", ran.out);
    assert!(lines.iter().any(|org| org["username"] == "test-ready@example.com" && org["status"] == "ready"));
    let both = bench.login_all().args(["--json", "--report", "jsonl=-"]).ends_with(2);
    assert!(both.message().contains("both write to standard output"), "{}", both.out);
    let github =
        bench.login_all().args(["--wait", "0", "--report", "jsonl=-"]).env("GITHUB_ACTIONS", "true").ends_with(4);
    assert!(github.out.lines().all(|line| line.starts_with('{')) && github.err.contains("::error title="));
}

#[test]
fn every_document_fits_the_schema() {
    let fits = |ran: &Ran| assert_fits(&ran.json());
    let bench = Bench::start(MIXED);
    fits(&bench.login(["test-ready@example.com", "--json"]).ends_with(0));
    fits(&bench.login(["test-late@example.com", "--json", "--wait", "0"]).ends_with(5));
    fits(&bench.login(["nobody", "--json"]).ends_with(2));
    fits(&bench.login(["test-ready@example.com", "--json", "--wiat"]).ends_with(2));
    fits(&bench.login(["--where", "OrgName = 'nobody'", "--if-none", "ok", "--json"]).ends_with(0));
    fits(&bench.command("hub").arg("--json").ends_with(0));
    let document =
        bench.login(["test-ready@example.com", "--json", "--report", "r.json", "-i", "3MVG9.other"]).ends_with(3);
    fits(&document);
    assert_fits(&serde_json::from_str(&bench.place.read("r.json")).unwrap());
    let never = Bench::start(include_str!("../../config/scenarios/never.toml"));
    fits(&never.login_all().args(["nobody@example.com", "--json", "--wait", "0"]).ends_with(4));
}

#[test]
fn a_hub_failure_is_in_every_report() {
    let bench = Bench::start("[hub]\ndev_hub = false\n[[org]]");
    let reports = ["r.jsonl", "r.json", "r.xml", "r.md"];
    let run = reports.iter().fold(bench.login_all(), |run, report| run.args(["--report", report]));
    run.ends_with(3);
    assert_eq!(bench.place.read("r.jsonl"), "");
    assert!(bench.place.read("r.json").contains("\"HubQueryFailed\""));
    let xml = bench.place.read("r.xml");
    assert!(elements(&xml).unwrap().iter().any(|element| element.starts_with("error type=\"not_a_dev_hub\"")), "{xml}");
    assert!(bench.place.read("r.md").contains("no org was tried"));
}

#[test]
fn lines_come_as_orgs_finish() {
    let bench = Bench::start("[[org]]\n[[org]]\nreplication_delay = \"60s\"");
    let mut child = bench.login_all().args(["--report", "r.jsonl", "--wait", "10m"]).spawn();
    let path = bench.place.path("r.jsonl");
    let lines = || std::fs::read_to_string(&path).map_or(0, |text| text.lines().count());
    for _ in 0..3000 {
        if lines() == 1 {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    assert_eq!(lines(), 1);
    assert!(child.try_wait().unwrap().is_none(), "the run goes on");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_file_that_cannot_be_written_is_told_before_anything_is_sent() {
    let bench = Bench::start("[[org]]");
    bench.place.write("file", "");
    for (report, told) in [
        ("nowhere/r.json", "its folder does not exist"),
        ("json=.", "it is a folder"),
        ("file/r.json", "file/r.json"),
        ("r.txt", "tells no format"),
        ("yaml=r", "\"yaml\" is no format"),
        ("json=-", "names no file"),
    ] {
        bench.login_all().args(["--report", report]).ends_with(2).says("--report").says(told);
    }
    bench.login_all().args(["--report", "r.json", "--report", "junit=r.json"]).ends_with(2).says("r.json");
    assert!(bench.was_left_alone());
    assert_eq!(std::fs::read_dir(bench.place.path("")).unwrap().count(), 1, "nothing was left behind");
}

#[cfg(unix)]
#[test]
fn a_report_can_go_to_a_device() {
    let bench = Bench::start("[[org]]");
    bench.login_all().args(["--report", "md=/dev/null"]).ends_with(0);
    bench.login_all().args(["--report", "jsonl=/dev/null"]).ends_with(0);
    if std::path::Path::new("/dev/full").exists() {
        bench.login_all().args(["--report", "json=/dev/full"]).ends_with(1).says("was not written");
    }
}
