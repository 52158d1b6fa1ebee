//! Which orgs: those that the hub says match, and a process' share of them; what was asked for twice.

use std::collections::BTreeSet;
use std::time::Duration;

use orgready::Shard;
use orgready::engine::hub_failure::HubStage;
use orgready::engine::login::LoginError;
use orgready::engine::selection::Selection;
use orgready::model::cause::CauseCode;
use orgready::model::org::{Alias, OrgEntry, OrgName};
use orgready::model::report::OrgStatus::Ready;
use orgready::protocol::soql::Condition;
use serde_json::json;

use crate::support::{HUB_USER, Kind, Org, Scene, good, says};

fn matching(condition: Option<&str>, shard: Option<&str>) -> Selection {
    let condition = condition.map(|text| Condition::new(text).unwrap());
    Selection::Matching { condition, shard: shard.map(|text| Shard::parse(text).unwrap()) }
}

fn names(scene: &crate::support::Seen) -> Vec<String> {
    scene.orgs().iter().map(|org| org.name.to_string()).collect()
}

#[tokio::test(start_paused = true)]
async fn the_hub_says_which_orgs_of_our_app_are_alive() {
    let scene = Scene::new([
        Org::new("active"),
        Org::young("made").known(|at, mut row| {
            row["Status"] = json!(if at.as_secs() < 3 { "New" } else { "Active" });
            vec![row]
        }),
        Org::new("deleted").with("Status", json!("Deleted")),
        Org::new("theirs").with("ConnectedAppConsumerKey", json!("PlatformCLI")),
    ]);
    let seen = scene.select(matching(Some("Description LIKE 'nightly%'"), None)).await;
    assert_eq!(names(&seen), ["active@example.com", "made@example.com"]);
    assert_eq!(seen.ends(), [(Ready, None), (Ready, None)]);
    let [warning] = seen.warnings()[..] else { panic!("{:?}", seen.warnings()) };
    assert!(warning.starts_with("1 more org"), "{warning}");
    let query = &scene.world.asked_by(Kind::Query, HUB_USER)[0].text;
    assert!(query.contains("WHERE (Description LIKE 'nightly%') AND"), "{query}");
}

#[tokio::test(start_paused = true)]
async fn without_a_sight_of_the_app_nothing_can_be_selected() {
    let mut scene = Scene::new([Org::new("a")]);
    scene.world.hidden = vec!["ConnectedAppConsumerKey"];
    let seen = scene.select(matching(None, None)).await;
    let cause = &seen.failure().cause;
    assert_eq!((seen.failure().stage, cause.code), (HubStage::Query, CauseCode::QueryRejected));
    assert!(cause.description.as_deref().unwrap().contains("ConnectedAppConsumerKey"), "{cause}");
    assert_eq!(scene.world.asked_by(Kind::Token, "a@example.com").len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_condition_that_the_hub_does_not_understand_is_told_in_its_words() {
    let mut scene = Scene::new([Org::new("a")]);
    scene.world.hidden = vec!["Nonsense__c"];
    let seen = scene.select(matching(Some("Nonsense__c = 'x'"), None)).await;
    let cause = &seen.failure().cause;
    assert_eq!(cause.code, CauseCode::QueryRejected);
    assert!(cause.description.as_deref().unwrap().contains("Nonsense__c"), "{cause}");
    assert_eq!((seen.warnings().len(), scene.world.hub_queries().len()), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn shards_of_a_selection_are_disjoint_and_complete() {
    let scene = Scene::new((0..60).map(|n| Org::new(&format!("o{n}"))));
    let mut all = BTreeSet::new();
    for shard in ["1/3", "2/3", "3/3"] {
        let seen = scene.select(matching(None, Some(shard))).await;
        assert!(seen.ends().iter().all(|end| *end == (Ready, None)));
        for name in names(&seen) {
            assert!(all.insert(name.clone()), "{name} is in two shards");
        }
    }
    assert_eq!(all.len(), 60);
}

#[tokio::test(start_paused = true)]
async fn a_count_that_does_not_come_keeps_no_org_waiting() {
    for reply in [good().after(3600.0), says(503, "")] {
        let mut scene = Scene::new([Org::new("a")]);
        scene.world.hub_query = Box::new(move |ask| if ask.nth == 2 { reply.clone() } else { good() });
        let seen = scene.select(matching(None, None)).await;
        assert_eq!(seen.ends(), [(Ready, None)]);
        let [warning] = seen.warnings()[..] else { panic!("{:?}", seen.warnings()) };
        assert!(warning.contains("could not be asked"), "{warning}");
        assert!(seen.took <= Duration::from_secs(5), "{:?}", seen.took);
    }
    // Of a short wait it has a tenth.
    let mut scene = Scene::new([Org::new("a")]).wait(10);
    scene.world.hub_query = Box::new(move |ask| if ask.nth == 2 { good().after(3600.0) } else { good() });
    let seen = scene.select(matching(None, None)).await;
    assert_eq!(seen.ends(), [(Ready, None)]);
    assert!(seen.took <= Duration::from_secs(1), "{:?}", seen.took);
}

#[tokio::test(start_paused = true)]
async fn a_selection_that_matches_nothing_is_no_failure() {
    let scene = Scene::new([Org::new("deleted").with("Status", json!("Deleted"))]);
    let seen = scene.select(matching(None, None)).await;
    assert_eq!((seen.orgs().len(), seen.warnings().len()), (0, 1));
    assert!(seen.warnings()[0].starts_with("no scratch org matches"), "{:?}", seen.warnings());
    assert_eq!(seen.took, Duration::ZERO);
    let seen = scene.select(matching(None, Some("1/3"))).await;
    assert!(seen.warnings()[0].starts_with("no scratch org matches"), "{:?}", seen.warnings());
}

#[tokio::test(start_paused = true)]
async fn a_share_without_orgs_says_how_many_there_are_in_all() {
    let scene = Scene::new([Org::new("a")]);
    let shares = ["1/2", "2/2"].map(|share| matching(None, Some(share)));
    let mut warned = Vec::new();
    for share in shares {
        let seen = scene.select(share).await;
        warned.push((seen.orgs().len(), seen.warnings().join(" ")));
    }
    warned.sort();
    assert_eq!(warned[1], (1, String::new()));
    assert!(warned[0].1.starts_with("none of the 1 orgs is in share "), "{warned:?}");
}

#[tokio::test(start_paused = true)]
async fn a_field_that_is_hidden_is_left_out_of_a_selection_with_a_condition_too() {
    let mut scene = Scene::new([Org::new("a")]);
    scene.world.hidden = vec!["ErrorCode"];
    let seen = scene.select(matching(Some("Description = 'x'"), None)).await;
    assert_eq!(seen.ends(), [(Ready, None)]);
    assert!(seen.warnings()[0].contains("ErrorCode"), "{:?}", seen.warnings());
}

#[tokio::test(start_paused = true)]
async fn an_org_that_was_begun_and_is_deleted_is_left_out() {
    let scene = Scene::new([Org::new("deleted").with("Status", json!("Deleted")), Org::new("alive")]);
    let names = ["deleted@example.com", "alive@example.com"];
    let entries = names.map(|name| OrgEntry { name: OrgName::new(name).unwrap(), alias: None });
    let seen = scene.select(Selection::Begun(entries.to_vec())).await;
    assert_eq!((self::names(&seen), seen.ends()), (vec!["alive@example.com".to_owned()], vec![(Ready, None)]));
    let [left_out, forgotten] = seen.warnings()[..] else { panic!("{:?}", seen.warnings()) };
    assert!(left_out.starts_with("deleted@example.com was begun, and is deleted"), "{left_out}");
    assert_eq!(forgotten, "the key of deleted@example.com is still there");
    assert_eq!(*scene.keeper.forgotten.lock().unwrap(), ["deleted@example.com"]);
}

#[tokio::test(start_paused = true)]
async fn no_org_at_all_is_no_login() {
    let scene = Scene::new([]);
    let seen = scene.login().await;
    assert_eq!((seen.orgs().len(), scene.world.asked().len()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn an_org_that_is_named_twice_counts_once_and_keeps_its_alias() {
    let scene = Scene::new([Org::new("a"), Org::new("b")]);
    let entry = |name: &str, alias: Option<&str>| OrgEntry {
        name: OrgName::new(name).unwrap(),
        alias: alias.map(|alias| Alias::new(alias).unwrap()),
    };
    let entries = vec![
        entry("a@example.com", None),
        entry("b@example.com", Some("bee")),
        entry("2SR000000000001", Some("qa")),
        entry("2SR000000000002AAA", None),
    ];
    let seen = scene.select(Selection::Named(entries)).await;
    assert_eq!(names(&seen), ["a@example.com", "b@example.com"]);
    let aliases: Vec<_> = seen.orgs().iter().map(|org| org.alias.as_ref().unwrap().as_str()).collect();
    assert_eq!(aliases, ["qa", "bee"]);
    assert_eq!(scene.world.posts("a@example.com"), [0]);
}

#[tokio::test(start_paused = true)]
async fn the_first_of_two_aliases_of_an_org_stays_and_one_alias_of_two_orgs_is_refused() {
    let scene = Scene::new([Org::new("a"), Org::new("b")]);
    let named = |entries: &[(&str, &str)]| {
        let entry = |(name, alias): &(&str, &str)| OrgEntry {
            name: OrgName::new(name).unwrap(),
            alias: Some(Alias::new(alias).unwrap()),
        };
        Selection::Named(entries.iter().map(entry).collect())
    };
    let told = "a@example.com is asked for twice, by its username or its id: it counts once";
    for (second, warning) in [("x", told.to_owned()), ("y", format!("{told}; its alias is x, and not y"))] {
        let seen = scene.select(named(&[("a@example.com", "x"), ("2SR000000000001", second)])).await;
        assert_eq!(seen.warnings(), [warning]);
        assert_eq!(seen.org(0).alias.as_ref().unwrap().as_str(), "x");
    }
    // Also where it would not be the one that the org keeps.
    for entries in [
        &[("a@example.com", "x"), ("2SR000000000002", "x")][..],
        &[("a@example.com", "x"), ("2SR000000000001", "y"), ("b@example.com", "y")],
        &[("b@example.com", "y"), ("a@example.com", "x"), ("2SR000000000001", "y")],
    ] {
        let seen = scene.select(named(entries)).await;
        assert!(matches!(seen.result, Err(LoginError::AliasTwice { .. })), "{:?}", seen.result);
    }
}
