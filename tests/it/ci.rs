//! `--ci` and `--output-env`: what a platform and later steps are told, whatever became of the run.

use crate::bench::{Bench, Run};

const MIXED: &str = "[[org]]\nusername = \"test-ready@example.com\"\n[[org]]\nusername = \"test-app@example.com\"\nconsumer_key = \"PlatformCLI\"\n[[org]]\nusername = \"test-late@example.com\"\nreplication_delay = \"never\"";
const READY: &str = "[[org]]\nusername = \"test-ready@example.com\"";

fn github(run: Run<'_>) -> Run<'_> {
    run.env("GITHUB_ACTIONS", "true").env("GITHUB_STEP_SUMMARY", "summary.md").env("GITHUB_OUTPUT", "output")
}

fn azure(run: Run<'_>) -> Run<'_> {
    run.env("TF_BUILD", "True").env("AGENT_TEMPDIRECTORY", ".")
}

#[test]
fn github_finds_annotations_a_summary_and_outputs() {
    let bench = Bench::start(MIXED);
    bench.place.write("summary.md", "of an earlier step");
    bench.place.write("output", "earlier=1\n");
    let ran = github(bench.login_all()).args(["--wait", "0"]).ends_with(4);
    let errors: Vec<&str> = ran.out.lines().filter(|line| line.starts_with("::error title=")).collect();
    assert_eq!(errors.len(), 2, "{}", ran.out);
    assert!(
        errors
            .iter()
            .any(|line| line.contains("app_mismatch") && line.contains("%0ANext%3A ") || line.contains("%0ANext: "))
    );
    let summary = bench.place.read("summary.md");
    assert!(summary.starts_with("of an earlier step\n### ❌ orgready: 1 of 3 orgs is ready"), "{summary}");
    let all = "[\"test-ready@example.com\",\"test-app@example.com\",\"test-late@example.com\"]";
    let outputs = format!(
        "earlier=1\nready=1\nfailed=2\nusername=\nusernames=[\"test-ready@example.com\"]\nall-usernames={all}\n"
    );
    assert_eq!(bench.place.read("output"), outputs);
    let ran = github(bench.login_all()).args(["--wait", "0", "--json"]).ends_with(4);
    assert_eq!(ran.json()["status"], 4, "standard output holds one document: {}", ran.out);
    assert!(ran.err.lines().any(|line| line.starts_with("::error title=")), "{}", ran.err);
    let ran = github(bench.login_all()).args(["--wait", "0", "--ci", "off"]).ends_with(4);
    assert!(!ran.out.contains("::error"), "{}", ran.out);
}

#[test]
fn a_report_that_goes_to_the_step_summary_is_added_to_it_and_alone() {
    let bench = Bench::start(READY);
    let path = bench.place.write("summary.md", "earlier\n");
    let run = bench.login_all().env("GITHUB_ACTIONS", "true").env("GITHUB_STEP_SUMMARY", &path);
    run.args(["--report", "md=../work/summary.md"]).ends_with(0);
    let summary = bench.place.read("summary.md");
    assert!(summary.starts_with("earlier\n### ✅ orgready: the org is ready"), "{summary}");
    assert_eq!(summary.matches("orgready:").count(), 1, "{summary}");
}

#[test]
fn a_run_that_comes_to_no_org_is_told_too() {
    let bench = Bench::start(READY);
    let tell = |run: Run<'_>, code| {
        let run = run.env("GITHUB_ACTIONS", "true").env("GITHUB_STEP_SUMMARY", "s.md").env("GITHUB_OUTPUT", "o");
        run.args(["--report", "r.xml", "--report", "r.json", "--output-env", "e"]).ends_with(code)
    };
    let user = "test-ready@example.com";
    for (run, code, name) in [
        (bench.login([user, "--wait", "nonsense"]), 2, "InvalidSettings"),
        (bench.login([user, "-i", "3MVG9unknown", "--wait", "0"]), 3, "HubLoginFailed"),
    ] {
        let ran = tell(run, code);
        assert_eq!(ran.out.matches("::error title=orgready%3A ").count(), 1, "{}", ran.out);
        assert!(bench.place.read("s.md").contains("no org was tried"), "{}", bench.place.read("s.md"));
        let outputs = bench.place.read("o");
        assert!(outputs.contains(&format!("username={user}\n")) && outputs.contains("failed=1\n"), "{outputs}");
        let lines = bench.place.read("e");
        assert!(lines.contains(&format!("ORGREADY_ALL_USERNAMES={user}\n")), "{lines}");
        assert!(bench.place.read("r.xml").contains("<error type="), "{}", bench.place.read("r.xml"));
        assert!(bench.place.read("r.json").contains(name), "{}", bench.place.read("r.json"));
        for name in ["s.md", "o", "e", "r.xml", "r.json"] {
            std::fs::remove_file(bench.place.path(name)).unwrap();
        }
    }
}

#[test]
fn azure_and_teamcity_are_told_on_standard_output_unless_it_holds_data() {
    let bench = Bench::start(MIXED);
    let ran = azure(bench.login_all()).args(["--wait", "0"]).ends_with(4);
    let path = ran.out.lines().find_map(|line| line.strip_prefix("##vso[task.uploadsummary]")).unwrap();
    assert!(std::fs::read_to_string(path).unwrap().contains("1 of 3 orgs is ready"));
    assert!(ran.out.contains("##vso[task.setvariable variable=ready;isOutput=true]1\n"), "{}", ran.out);
    assert_eq!(ran.out.matches("##vso[task.logissue type=error;").count(), 2, "{}", ran.out);
    let ran = azure(bench.login_all()).args(["--wait", "0", "--json"]).ends_with(4);
    assert!(ran.json()["warnings"].to_string().contains("Azure Pipelines was told nothing"), "{}", ran.out);
    assert!(!format!("{}{}", ran.out, ran.err).contains("##vso"));
    let ran = bench.login_all().env("TEAMCITY_VERSION", "2025.07").args(["--wait", "0"]).ends_with(4);
    assert_eq!(ran.out.matches("##teamcity[buildProblem description='").count(), 2, "{}", ran.out);
}

#[test]
fn later_steps_find_key_and_value_lines_after_those_that_were_there() {
    let bench = Bench::start(READY);
    bench.place.write("env", "BEFORE=1");
    bench.login_all().args(["--output-env", "env"]).ends_with(0);
    let lines = bench.place.read("env");
    assert!(lines.starts_with("BEFORE=1\nORGREADY_READY=1\nORGREADY_FAILED=0\n"), "{lines}");
    for key in ["USERNAMES", "ALL_USERNAMES", "USERNAME"] {
        assert!(lines.contains(&format!("ORGREADY_{key}=test-ready@example.com\n")), "{lines}");
    }
    assert!(lines.contains("ORGREADY_ORG_ID=00D") && lines.contains("ORGREADY_INSTANCE_URL=http"), "{lines}");
    bench.login_all().args(["--output-env", "missing/env"]).ends_with(2).says("--output-env");
}
