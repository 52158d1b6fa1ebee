//! What each platform is told, read back as the platform reads it.

use std::fs;

use super::*;
use crate::cli::ending::Failure;
use crate::cli::output::tests::samples;
use crate::cli::problem::Problem;
use crate::files::Readers;
use crate::model::cause::CauseCode;
use crate::model::report::OrgStatus;

struct Told {
    lines: String,
    summary: String,
    outputs: String,
}

fn open(_: &str, path: &Path) -> Option<OutputFile> {
    OutputFile::check(path, Readers::Umask).ok()
}

fn tell(platform: CiPlatform, ending: &Ending, asked: &[String]) -> Told {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| match name {
        "AGENT_TEMPDIRECTORY" => Some(folder.path().to_owned()),
        name => Some(folder.path().join(name)),
    };
    let ci = Ci::new(platform, file, open);
    let (lines, warnings) = ci.tell(ending, Some(&StepOutputs::of(ending, asked)));
    assert_eq!(warnings, Vec::<String>::new());
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap_or_default();
    let uploaded = lines.lines().find_map(|line| line.strip_prefix("##vso[task.uploadsummary]"));
    let summary = uploaded.map_or_else(|| read("GITHUB_STEP_SUMMARY"), |path| fs::read_to_string(path).unwrap());
    Told { summary, outputs: read("GITHUB_OUTPUT"), lines }
}

/// What GitHub's runner makes of a line: the title and the text of an annotation (`ActionCommand.cs` in actions/runner).
fn annotation(line: &str) -> (String, String) {
    let (head, text) = line.strip_prefix("::error ").unwrap().split_once("::").unwrap();
    let title = head.strip_prefix("title=").unwrap();
    assert!(!title.contains([':', ',']), "{title}");
    let plain = |text: &str| text.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%");
    (plain(&title.replace("%3A", ":").replace("%2C", ",")), plain(text))
}

#[test]
fn github_shows_each_cause_once_with_its_orgs_and_its_next_step() {
    let told = tell(CiPlatform::GitHub, &samples::some_failed(), &[]);
    let annotations: Vec<_> = told.lines.lines().map(annotation).collect();
    assert_eq!(annotations.len(), 2);
    assert_eq!(annotations[0].0, "orgready: 2 orgs are not ready: app_mismatch");
    assert!(annotations[0].1.starts_with("test-b@example.com: no <b>"), "{:?}", annotations[0]);
    assert!(annotations[0].1.ends_with("\nNext: sign the org up with the hub's app"), "{:?}", annotations[0]);
    assert_eq!(annotations[1].0, "orgready: 1 org is not ready: not_replicated");
    assert!(told.summary.starts_with("### ❌ orgready: 1 of 4 orgs is ready, 2 failed"), "{}", told.summary);
    assert_eq!(
        told.outputs,
        "ready=1\nfailed=3\nusername=\nusernames=[\"test-a@example.com\"]\nall-usernames=[\"test-a@example.com\",\
         \"test-b@example.com\",\"te|st`*c*`@example.com\",\"test-d@example.com\"]\n"
    );
}

#[test]
fn a_run_that_came_to_no_org_is_told_and_names_who_was_asked_for() {
    let asked = ["test-a@example.com".to_owned()];
    for ending in [samples::hub_failed(), Failure::from(Problem::new("--wait: x\n::error::y ##[z]")).into()] {
        let told = tell(CiPlatform::GitHub, &ending, &asked);
        assert_eq!(told.lines.lines().count(), 1, "{}", told.lines);
        let (title, text) = annotation(told.lines.trim_end());
        assert!(title == format!("orgready: {}", ending.failure.as_ref().unwrap().name), "{title}");
        assert!(!text.contains("##") && !text.is_empty(), "{text}");
        assert!(told.summary.contains("no org was tried"), "{}", told.summary);
        assert!(told.outputs.starts_with("ready=0\nfailed=1\nusername=test-a@example.com\nusernames=[]\n"));
    }
}

#[test]
fn of_many_causes_ten_are_shown() {
    let causes = CauseCode::ALL.iter().enumerate();
    let orgs = causes.map(|(n, code)| {
        let cause = samples::cause(*code, "words", "hint");
        samples::org(&format!("test-{n}@example.com"), OrgStatus::Failed, Some(cause))
    });
    let told = tell(CiPlatform::GitHub, &samples::run(orgs.collect(), None), &[]);
    assert_eq!(told.lines.lines().count(), 10);
    let (title, text) = annotation(told.lines.lines().last().unwrap());
    assert_eq!(title, format!("orgready: {} more causes", CauseCode::ALL.len() - 9));
    assert!(text.contains(CauseCode::ALL.last().unwrap().as_str()), "{text}");
}

#[test]
fn the_step_summary_of_earlier_steps_stays_and_is_never_longer_than_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("summary");
    let file = |name: &str| (name == step_summary::VARIABLE).then(|| path.clone());
    let late = samples::cause(CauseCode::NotReplicated, "user hasn't approved this consumer", "wait longer");
    let org = |n| samples::org(&format!("test-{n}@example.com"), OrgStatus::TimedOut, Some(late.clone()));
    let many = samples::run((0..8_000).map(org).collect(), None);
    for before in [0, 1_000, 1_000_000, 1 << 20] {
        fs::write(&path, "x".repeat(before)).unwrap();
        let (_, warnings) = Ci::new(CiPlatform::GitHub, file, open).tell(&many, Some(&StepOutputs::of(&many, &[])));
        assert!(warnings.is_empty(), "{warnings:?}");
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.len() <= (1 << 20) + 1_000 && text.starts_with(&"x".repeat(before)), "{before}: {}", text.len());
        assert!(before > 1_000_000 || text.len() <= 1 << 20, "{before}: {}", text.len());
    }
}

/// What Azure's agent makes of a line: the command, its properties, its text (`Command.cs` in azure-pipelines-agent).
fn command(line: &str) -> (&str, Vec<(&str, String)>, String) {
    let (head, text) = line.strip_prefix("##vso[").unwrap().split_once(']').unwrap();
    let (name, properties) = head.split_once(' ').unwrap_or((head, ""));
    let plain = |text: &str| {
        let text = text.replace("%3B", ";").replace("%5D", "]").replace("%0D", "\r").replace("%0A", "\n");
        text.replace("%AZP25", "%")
    };
    let pairs = properties.split(';').filter_map(|pair| pair.split_once('='));
    (name, pairs.map(|(key, value)| (key, plain(value))).collect(), plain(text))
}

#[test]
fn azure_is_told_by_lines_none_of_which_holds_another_command() {
    let told = tell(CiPlatform::Azure, &samples::some_failed(), &[]);
    assert!(told.lines.lines().all(|line| line.matches("##").count() == 1), "{}", told.lines);
    let commands: Vec<_> = told.lines.lines().map(command).collect();
    let issues: Vec<_> = commands.iter().filter(|(name, ..)| *name == "task.logissue").collect();
    assert_eq!(issues.len(), 2);
    assert_eq!(issues[0].1, [("type", "error".to_owned()), ("code", "app_mismatch".to_owned())]);
    assert!(issues[0].2.contains("2 orgs are not ready: app_mismatch\ntest-b@example.com: no <b>"), "{:?}", issues[0]);
    assert!(told.summary.contains("1 of 4 orgs is ready"));
    let variable = |name: &str| {
        let is_it = |(command, properties, _): &&(&str, Vec<(&str, String)>, String)| {
            *command == "task.setvariable"
                && *properties == [("variable", name.to_owned()), ("isOutput", "true".to_owned())]
        };
        commands.iter().find(is_it).unwrap().2.clone()
    };
    assert_eq!((variable("ready"), variable("failed"), variable("username")), ("1".into(), "3".into(), String::new()));
    assert_eq!(variable("usernames"), "[\"test-a@example.com\"]");
}

#[test]
fn teamcity_ends_the_build_with_a_problem_for_each_cause() {
    let told = tell(CiPlatform::TeamCity, &samples::some_failed(), &[]);
    assert_eq!(told.lines.lines().count(), 2);
    for line in told.lines.lines() {
        let inner = line.strip_prefix("##teamcity[buildProblem description='").unwrap().strip_suffix("']").unwrap();
        let (description, identity) = inner.split_once("' identity='").unwrap();
        assert!(["orgready_app_mismatch", "orgready_not_replicated"].contains(&identity), "{identity}");
        let unescaped = description.replace("||", "").replace("|'", "").replace("|[", "").replace("|]", "");
        assert!(!unescaped.contains(['\'', '[', ']']) && description.is_ascii(), "{description}");
    }
}

#[test]
fn a_run_that_went_well_is_no_problem() {
    for platform in [CiPlatform::GitHub, CiPlatform::TeamCity] {
        assert_eq!(tell(platform, &samples::all_ready(), &[]).lines, "");
    }
}
