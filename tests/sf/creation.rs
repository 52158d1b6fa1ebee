//! How the real `sf` creates orgs on the stand-in, and what it tells where that fails.

use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::Value;

use crate::stage::{Stage, json, make_project, shown};

/// A definition as a project has it, with settings, which `sf` deploys by itself once the org is there.
const DEFINITION: &str = r#"{
  "orgName": "Demo", "edition": "Developer", "features": ["EnableSetPasswordInApi"],
  "settings": {"lightningExperienceSettings": {"enableS1DesktopEnabled": true}},
  "objectSettings": {"opportunity": {"sharingModel": "private", "defaultRecordType": "newBiz"}}
}"#;

/// Makes a folder a project with a definition and a class.
pub(crate) fn fill_project(work: &Path) {
    make_project(work);
    fs::create_dir_all(work.join("config")).unwrap();
    fs::write(work.join("config/scratch.json"), DEFINITION).unwrap();
    let classes = work.join("force-app/main/default/classes");
    fs::create_dir_all(&classes).unwrap();
    fs::write(classes.join("Hello.cls"), "public class Hello {}").unwrap();
    let meta = r#"<?xml version="1.0" encoding="UTF-8"?>
<ApexClass xmlns="http://soap.sforce.com/2006/04/metadata"><apiVersion>60.0</apiVersion><status>Active</status></ApexClass>"#;
    fs::write(classes.join("Hello.cls-meta.xml"), meta).unwrap();
}

/// Such a project, and a hub that `sf` knows, played by a scenario.
fn project(scenario: &str) -> Stage {
    let stage = Stage::play(scenario);
    fill_project(&stage.work());
    stage.log_in_to_hub();
    stage
}

/// `sf org create scratch` with further words and variables.
fn create(stage: &Stage, words: &str, variables: &[(&str, &str)]) -> Output {
    let mut command = stage.sf_command();
    command.args(["org", "create", "scratch", "-f", "config/scratch.json", "--json"]).args(words.split_whitespace());
    command.envs(variables.iter().copied()).output().unwrap()
}

fn created(output: &Output) -> Value {
    assert!(output.status.success(), "{}", shown(output));
    json(output)["result"].take()
}

/// The files of each deployment, without the folder that `sf` names by the clock.
fn files(stage: &Stage, username: &str) -> Vec<Vec<String>> {
    let name = |path: &String| match path.split_once('/') {
        Some((folder, rest)) if folder.starts_with("shape_") => rest.to_owned(),
        _ => path.clone(),
    };
    let deployments = stage.simulator.deployments(username);
    deployments.iter().map(|deployment| deployment.files.keys().map(name).collect()).collect()
}

#[test]
fn sf_creates_waits_and_deploys_the_settings() {
    let stage = project("[[signup]]\nactive_after = \"1s\"");
    for (alias, variables) in [("soap", &[][..]), ("rest", &[("SF_ORG_METADATA_REST_DEPLOY", "true")][..])] {
        let org = created(&create(&stage, &format!("--wait 5 -a {alias} -d"), variables));
        let user = org["username"].as_str().unwrap();
        assert_eq!(stage.simulator.origin(user), org["authFields"]["loginUrl"].as_str());
        let deployments = stage.simulator.deployments(user);
        assert_eq!(deployments.len(), 1);
        assert_eq!((deployments[0].api, deployments[0].status), (alias, "Succeeded"));
        let expected = ["objects/Opportunity.object", "package.xml", "settings/LightningExperience.settings"];
        assert_eq!(files(&stage, user), [expected]);
        let counted = stage.sf(&format!(
            "data query --use-tooling-api -o {alias} -q SELECT+MemberName,RevisionCounter+FROM+SourceMember"
        ));
        let counters: Vec<&Value> =
            counted["records"].as_array().unwrap().iter().map(|record| &record["RevisionCounter"]).collect();
        assert!(counters.len() >= 2 && counters.iter().all(|counter| **counter == 0), "{counted}");
    }
}

#[test]
fn sf_resumes_what_it_began() {
    let stage = project("[[signup]]\nactive_after = \"1s\"");
    let org = created(&create(&stage, "--async -a qa", &[]));
    let job = org["scratchOrgInfo"]["Id"].as_str().unwrap();
    let resumed = stage.sf(&format!("org resume scratch --wait 2 --job-id {job}"));
    assert_eq!(resumed["username"], org["username"]);
    assert_eq!(stage.sf("org display -o qa")["status"], "Active");
}

#[test]
fn sf_logs_in_with_the_authorization_code_where_another_app_signs_up() {
    let stage = project("[[signup]]\nactive_after = \"1s\"");
    let app = [("SF_SCRATCH_SIGNUP_CONNECTED_APP", "PlatformCLI")];
    created(&create(&stage, "--wait 5 -a qa", &app));
    assert_eq!(stage.sf("data query -o qa -q SELECT+Name+FROM+Organization")["records"][0]["Name"], "Demo");
}

#[test]
fn what_goes_wrong_at_a_signup_is_told_as_sf_tells_it() {
    let stage = project(
        "[hub]\ndaily_signups = 4\n\
         [[signup]]\nerror_after = \"500ms\"\nerror_code = \"C-1016\"\n\
         [[signup]]\nactive_after = \"500ms\"\nreplication_delay = \"never\"\n\
         [[signup]]\nactive_after = \"500ms\"\ndeploy_fails = [\"LightningExperience\"]\n\
         [[signup]]\nactive_after = \"500ms\"\ndeploy_fails = [\"*\"]",
    );
    let told = |words: &str| {
        let output = create(&stage, words, &[]);
        let told = json(&output);
        (output.status.code().unwrap(), told["name"].as_str().unwrap().to_owned(), told)
    };
    let (code, name, told_failed) = told("--wait 5");
    assert_eq!((code, name.as_str()), (1, "RemoteOrgSignupFailed"));
    assert!(told_failed["actions"][0].as_str().unwrap().contains("C-1016"), "{told_failed}");
    let (code, name, told_silent) = told("--wait 5");
    assert_eq!((code, name.as_str()), (1, "JwtAuthError"));
    assert!(told_silent["message"].as_str().unwrap().contains("user hasn't approved this consumer"));
    for status in ["SucceededPartial", "Failed"] {
        let (code, name, told) = told("--wait 5");
        assert_eq!((code, name.as_str()), (68, "ProblemDeployingSettings"), "{told}");
        assert_eq!(told["data"]["status"], status);
        assert!(told["message"].as_str().unwrap().contains("LightningExperience : Not available for deploy"), "{told}");
    }
    let (code, name, told_limit) = told("--async");
    assert_eq!((code, name.as_str()), (1, "LIMIT_EXCEEDED"));
    assert!(told_limit["message"].as_str().unwrap().contains("daily scratch org signup limit"));
    fs::write(stage.work().join("config/scratch.json"), r#"{"orgName": "Demo"}"#).unwrap();
    let (code, name, _) = told("--async");
    assert_eq!((code, name.as_str()), (10, "TypeError"), "sf looks for the missing fields where they are not");
}
