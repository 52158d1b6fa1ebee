//! What is kept of ready orgs, and when it is written.

use serde_json::json;

use super::super::crypto::is_encrypted;
use super::super::settings::Platform;
use super::super::tests::{HUB, Home, TOKEN, ready_org};
use super::*;
use crate::model::org::{OrgId, ScratchOrgInfoId};

const ORG: &str = "test-abc@example.com";
const FILE: &str = ".sfdx/test-abc@example.com.json";

fn hub() -> Hub {
    Hub {
        username: Username::new(HUB).unwrap(),
        org_id: OrgId::new("00D000000000HUB").unwrap(),
        instance_url: "http://localhost:8120".to_owned(),
        login_url: "http://localhost:8120".to_owned(),
    }
}

fn keep(handover: &StoreHandover, org: &ReadyOrg) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(handover.keep(org)).map_err(|error| error.to_string())
}

fn finish(handover: &StoreHandover, orgs: impl IntoIterator<Item = ReadyOrg>) -> Finished {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let orgs: Vec<FinishedOrg> =
        orgs.into_iter().map(|org| FinishedOrg { org: Arc::new(org), settings: None }).collect();
    runtime.block_on(handover.finish(&orgs, &hub()))
}

#[test]
fn an_org_is_kept_with_every_field_that_sf_leaves() {
    let home = Home::new();
    let handover = StoreHandover::prepare(home.store.clone(), home.wanted()).unwrap();
    keep(&handover, &ready_org(0, ORG, None)).unwrap();
    let mut fields = home.json(FILE);
    let token = fields["accessToken"].take();
    assert!(is_encrypted(token.as_str().unwrap()));
    assert_eq!(home.token(ORG).unwrap(), TOKEN);
    assert_eq!(
        fields,
        json!({
            "accessToken": null, "orgId": "00D000000000001EAA", "loginUrl": "http://localhost:8125",
            "privateKey": home.key.as_str(), "clientId": "3MVG9", "instanceUrl": "http://localhost:8124",
            "username": ORG, "isDevHub": false, "isScratch": true, "isSandbox": false, "devHubUsername": HUB,
            "expirationDate": "2026-12-01", "created": "1795514400000", "createdOrgInstance": "USA1S",
            "name": "Acme", "instanceName": "USA1S", "orgEdition": "Developer Edition", "namespacePrefix": null,
            "trailExpirationDate": "2026-12-01T00:00:00.000+0000", "tracksSource": true,
            "instanceApiVersion": "60.0"
        })
    );
}

/// The org as one that `sf` began to create, so and so.
fn begun(org: ReadyOrg, id: &str, alias: Option<&str>) -> (ReadyOrg, PendingCreation) {
    let id = ScratchOrgInfoId::new(id).unwrap();
    let record = ScratchOrgInfo { id: Some(id.clone()), ..(*org.record).clone() };
    let (definition, alias) = (json!({}), alias.map(ToOwned::to_owned));
    let creation = PendingCreation { id, definition, alias, set_default: false, tracks_source: true };
    (ReadyOrg { record: Arc::new(record), ..org }, creation)
}

#[test]
fn the_hub_s_namespace_of_an_org_that_sf_created_counts_more_than_the_org_s_own() {
    for (namespace, told) in [(None, Value::Null), (Some("acme"), json!("acme"))] {
        let home = Home::new();
        let (org, creation) = begun(ready_org(0, ORG, None), "2SR000000000001", None);
        let record = ScratchOrgInfo { namespace: namespace.map(str::to_owned), ..(*org.record).clone() };
        let wanted = HandoverOptions { creations: vec![creation], ..home.wanted() };
        let handover = StoreHandover::prepare(home.store.clone(), wanted).unwrap();
        keep(&handover, &ReadyOrg { record: Arc::new(record), ..org }).unwrap();
        assert_eq!(home.json(FILE)["namespacePrefix"], told);
    }
}

#[test]
fn of_two_orgs_that_sf_was_to_call_the_same_the_one_that_was_begun_last_has_the_name() {
    let users = ["test-a@example.com", "test-b@example.com"];
    let both = || users.map(|user| ready_org(usize::from(user == users[1]), user, None));
    let (mut orgs, mut creations) = (Vec::new(), Vec::new());
    for (org, id) in both().into_iter().zip(["2SR000000000001", "2SR000000000002"]) {
        let (org, creation) = begun(org, id, Some("my qa"));
        orgs.push(org);
        creations.push(PendingCreation { set_default: true, ..creation });
    }
    let together = |orgs: &[ReadyOrg]| vec![orgs.to_vec()];
    let first_ready = |orgs: &[ReadyOrg]| vec![vec![orgs[1].clone()], vec![orgs[0].clone()]];
    let last_ready = |orgs: &[ReadyOrg]| vec![vec![orgs[0].clone()], vec![orgs[1].clone()]];
    for rounds in [together(&orgs), first_ready(&orgs), last_ready(&orgs)] {
        let home = Home::new();
        let wanted = HandoverOptions { creations: creations.clone(), ..home.wanted() };
        let handover = StoreHandover::prepare(home.store.clone(), wanted).unwrap();
        let all: Vec<Finished> = rounds.into_iter().map(|round| finish(&handover, round)).collect();
        assert_eq!(home.json(".sfdx/alias.json"), json!({"orgs": {"my qa": users[1]}}));
        assert_eq!(home.json(".sf/config.json"), json!({"target-org": "my qa"}));
        let warnings: Vec<&String> = all.iter().flat_map(|finished| &finished.warnings).collect();
        assert!(warnings.len() == 2 && warnings.iter().any(|one| one.contains("\"my qa\"")), "{warnings:?}");
        let told = all.iter().flat_map(|finished| &finished.aliases);
        assert!(told.clone().any(|(index, alias)| *index == 1 && alias.as_str() == "my qa"));
    }
    // What was asked for counts more.
    let home = Home::new();
    let wanted = HandoverOptions { creations: creations.clone(), ..home.wanted() };
    let handover = StoreHandover::prepare(home.store.clone(), wanted).unwrap();
    let asked = ReadyOrg { alias: Some(Alias::of_sf("my qa").unwrap()), ..orgs[0].clone() };
    finish(&handover, [asked, orgs[1].clone()]);
    assert_eq!(home.json(".sfdx/alias.json"), json!({"orgs": {"my qa": users[0]}}));
}

#[test]
fn another_kind_of_login_is_replaced_and_unknown_fields_stay_in_their_order() {
    let home = Home::new();
    let old = json!({
        "zeta": [1, 2], "accessToken": "old", "refreshToken": "5Aep", "clientSecret": "s", "privateKey": "/old.key",
        "orgId": "00D000000000001", "instanceApiVersion": "67.0", "instanceApiVersionLastRetrieved": "today",
        "tracksSource": false, "password": "kept", "alpha": {"b": 1, "a": 2}
    });
    home.put(FILE, &old.to_string());
    let handover = StoreHandover::prepare(home.store.clone(), home.wanted()).unwrap();
    keep(&handover, &ready_org(0, ORG, None)).unwrap();
    let fields = home.json(FILE);
    let keys: Vec<&str> = fields.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        keys[..9],
        [
            "zeta",
            "accessToken",
            "privateKey",
            "orgId",
            "instanceApiVersion",
            "instanceApiVersionLastRetrieved",
            "tracksSource",
            "password",
            "alpha"
        ]
    );
    assert!(fields.get("refreshToken").is_none() && fields.get("clientSecret").is_none());
    assert_eq!(fields["privateKey"], home.key.as_str());
    assert_eq!((&fields["instanceApiVersion"], &fields["tracksSource"]), (&json!("67.0"), &json!(false)));
}

#[test]
fn what_belongs_to_an_org_that_had_the_same_username_goes() {
    let home = Home::new();
    let old = json!({"orgId": "00D000000000009", "instanceApiVersion": "67.0", "password": "p", "alpha": 1});
    home.put(FILE, &old.to_string());
    let handover = StoreHandover::prepare(home.store.clone(), home.wanted()).unwrap();
    keep(&handover, &ready_org(0, ORG, None)).unwrap();
    let fields = home.json(FILE);
    assert!(fields.get("password").is_none());
    assert_eq!((&fields["instanceApiVersion"], &fields["alpha"]), (&json!("60.0"), &json!(1)));
}

#[test]
fn a_file_that_cannot_be_read_is_left_as_it_is_and_named() {
    let home = Home::new();
    home.put(FILE, "{\"accessToken\": \"half");
    let handover = StoreHandover::prepare(home.store.clone(), home.wanted()).unwrap();
    let error = keep(&handover, &ready_org(0, ORG, None)).unwrap_err();
    assert!(error.contains("test-abc@example.com.json") && !error.contains("half"), "{error}");
    assert_eq!(home.text(FILE), "{\"accessToken\": \"half");
}

#[test]
fn the_spelling_that_sf_knows_a_user_by_is_used() {
    let home = Home::new();
    home.put(FILE, "{\"alpha\":1}");
    home.put(".sfdx/Hub@Acme.com.json", "{}");
    let handover = StoreHandover::prepare(home.store.clone(), home.wanted()).unwrap();
    keep(&handover, &ready_org(0, "Test-ABC@example.com", Some("qa"))).unwrap();
    let fields = home.json(FILE);
    assert_eq!((&fields["username"], &fields["alpha"]), (&json!(ORG), &json!(1)));
    assert_eq!(fields["devHubUsername"], "Hub@Acme.com");
    assert!(finish(&handover, [ready_org(0, "Test-ABC@example.com", Some("qa"))]).failures.is_empty());
    assert_eq!(home.json(".sfdx/alias.json"), json!({"orgs": {"qa": ORG}}));
    assert!(!home.has(".sfdx/hub@acme.com.json"));
}

#[test]
fn a_username_that_no_file_can_have_is_refused() {
    let home = Home::new();
    let handover = StoreHandover::prepare(home.store.clone(), home.wanted()).unwrap();
    let error = keep(&handover, &ready_org(0, "a/../../b@c.d", None)).unwrap_err();
    assert!(error.contains("cannot be kept in the sf store"), "{error}");
}

#[test]
fn the_hub_is_entered_only_where_sf_does_not_know_it_and_without_a_token() {
    let home = Home::new();
    let handover = StoreHandover::prepare(home.store.clone(), home.wanted()).unwrap();
    keep(&handover, &ready_org(0, ORG, None)).unwrap();
    assert!(!home.has(".sfdx/hub@acme.com.json"));
    assert!(finish(&handover, [ready_org(0, ORG, None)]).warnings.is_empty());
    let fields = home.json(".sfdx/hub@acme.com.json");
    assert_eq!((&fields["isDevHub"], &fields["privateKey"]), (&json!(true), &json!(home.key.as_str())));
    assert!(fields.get("accessToken").is_none());

    home.put(".sfdx/hub@acme.com.json", "{\"refreshToken\":\"x\"}");
    let handover = StoreHandover::prepare(home.store.clone(), home.wanted()).unwrap();
    finish(&handover, [ready_org(0, ORG, None)]);
    assert_eq!(home.text(".sfdx/hub@acme.com.json"), "{\"refreshToken\":\"x\"}");
}

#[test]
fn without_a_path_sf_gets_the_token_alone_and_the_hub_not_at_all() {
    let home = Home::new();
    home.put(FILE, "{\"privateKey\":\"/gone.key\"}");
    let wanted = HandoverOptions { key_path: None, ..home.wanted() };
    let handover = StoreHandover::prepare(home.store.clone(), wanted).unwrap();
    keep(&handover, &ready_org(0, ORG, None)).unwrap();
    assert!(home.json(FILE).get("privateKey").is_none());
    assert_eq!(home.token(ORG).unwrap(), TOKEN);
    let warnings = finish(&handover, [ready_org(0, ORG, None)]).warnings;
    assert_eq!(warnings.len(), 2);
    assert_eq!(finish(&handover, [ready_org(1, ORG, None)]).warnings.len(), 0, "told once");
    assert!(warnings.iter().all(|warning| warning.contains("--keep-key-file")), "{warnings:?}");
    assert!(!home.has(".sfdx/hub@acme.com.json"));
}

#[test]
fn with_a_system_keychain_sf_logs_in_by_itself_or_nothing_is_done() {
    let home = Home::with(|settings| {
        settings.platform = Platform::MacOs;
        settings.generic_keychain = false;
    });
    home.put(FILE, "{\"accessToken\":\"encrypted with an older key\"}");
    let handover = StoreHandover::prepare(home.store.clone(), home.wanted()).unwrap();
    keep(&handover, &ready_org(0, ORG, None)).unwrap();
    assert!(home.json(FILE).get("accessToken").is_none() && !home.has(".sfdx/key.json"));

    let wanted = HandoverOptions { key_path: None, ..home.wanted() };
    let error = StoreHandover::prepare(home.store.clone(), wanted).unwrap_err().to_string();
    assert!(error.contains("--keep-key-file") && error.contains("--no-sf-store"), "{error}");
}

#[test]
fn aliases_and_the_default_are_written_together_at_the_end() {
    let home = Home::new();
    let handover =
        StoreHandover::prepare(home.store.clone(), HandoverOptions { set_default: true, ..home.wanted() }).unwrap();
    keep(&handover, &ready_org(0, ORG, Some("qa"))).unwrap();
    assert_eq!(home.json(".sfdx/alias.json"), json!({"orgs": {}}));
    finish(&handover, [ready_org(0, ORG, Some("qa"))]);
    assert_eq!(home.json(".sfdx/alias.json"), json!({"orgs": {"qa": ORG}}));
    assert_eq!(home.json(".sf/config.json"), json!({"target-org": "qa"}));
    assert_eq!(home.json(".sfdx/sfdx-config.json"), json!({"defaultusername": "qa"}));
}

#[test]
fn a_default_without_a_new_alias_is_told_by_the_alias_that_is_there() {
    let home = Home::new();
    home.put(".sfdx/alias.json", r#"{"orgs":{"uat":"test-abc@example.com"}}"#);
    home.put("sfdx-project.json", "{}");
    let handover =
        StoreHandover::prepare(home.store.clone(), HandoverOptions { set_default: true, ..home.wanted() }).unwrap();
    keep(&handover, &ready_org(0, ORG, None)).unwrap();
    finish(&handover, [ready_org(0, ORG, None)]);
    assert_eq!(home.json(".sf/config.json"), json!({"target-org": "uat"}));
}

#[test]
fn a_broken_alias_file_is_told_before_anything_is_sent_and_again_if_it_breaks_later() {
    let home = Home::new();
    let handover = StoreHandover::prepare(home.store.clone(), home.wanted()).unwrap();
    let orgs = [ready_org(3, ORG, Some("qa")), ready_org(4, "test-def@example.com", None)];
    for org in &orgs {
        keep(&handover, org).unwrap();
    }
    home.put(".sfdx/alias.json", "{");
    assert!(StoreHandover::prepare(home.store.clone(), home.wanted()).is_err());
    let finished = finish(&handover, orgs);
    assert_eq!(finished.failures.iter().map(|(index, _)| *index).collect::<Vec<_>>(), [3]);
    assert_eq!(home.text(".sfdx/alias.json"), "{");
}

#[test]
fn tokens_are_written_again_if_sf_makes_another_key_meanwhile() {
    let home = Home::new();
    let handover = StoreHandover::prepare(home.store.clone(), home.wanted()).unwrap();
    keep(&handover, &ready_org(0, ORG, None)).unwrap();
    let key = home.text(".sfdx/key.json");
    let other = key.replace(home.json(".sfdx/key.json")["key"].as_str().unwrap(), &"ab".repeat(32));
    home.put(".sfdx/key.json", &other);
    assert_eq!(home.token(ORG), None);
    assert!(finish(&handover, [ready_org(0, ORG, None)]).failures.is_empty());
    assert_eq!(home.token(ORG).unwrap(), TOKEN);
}

#[test]
fn a_whole_batch_is_kept_at_once_and_leaves_nothing_else_behind() {
    let home = Home::new();
    let handover = StoreHandover::prepare(home.store.clone(), home.wanted()).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let org = |n| ready_org(n, &format!("test-{n}@example.com"), Some(&format!("a{n}")));
    runtime.block_on(async {
        let tasks: Vec<_> = (0..200)
            .map(|n| {
                let (handover, org) = (handover.clone(), org(n));
                tokio::spawn(async move { handover.keep(&org).await })
            })
            .collect();
        for task in tasks {
            task.await.unwrap().unwrap();
        }
    });
    assert!(finish(&handover, (0..200).map(org)).failures.is_empty());
    let aliases = home.json(".sfdx/alias.json");
    let order: Vec<&str> = aliases["orgs"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!((order.len(), order[0], order[199]), (200, "a0", "a199"));
    assert!((0..200).all(|n| home.token(&format!("test-{n}@example.com")).is_some()));
    assert_eq!(std::fs::read_dir(home.path().join(".sfdx")).unwrap().count(), 203);
}

#[test]
fn a_lock_that_nobody_lets_go_is_told_soon_once_the_program_is_to_end() {
    let home = Home::new();
    let handover = StoreHandover::prepare(home.store.clone(), home.wanted()).unwrap();
    std::fs::create_dir(home.path().join(".sfdx/test-abc@example.com.json.lock")).unwrap();
    home.store.hurry();
    let error = keep(&handover, &ready_org(0, ORG, None)).unwrap_err();
    assert!(error.contains("locked by another process"), "{error}");
}
