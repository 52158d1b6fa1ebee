//! Fuzzes the files of `sf`: whatever they hold, nothing panics and nothing that belongs to others is lost.
#![cfg_attr(fuzzing, no_main)]

#[cfg(not(fuzzing))]
fn main() {}

#[cfg(fuzzing)]
mod target {
    use std::fs;
    use std::path::Path;

    use orgready::model::handover::HubLogin;
    use orgready::model::host::TrustedHosts;
    use orgready::model::org::{Alias, ClientId, OrgId, Username};
    use orgready::model::report::Hub;
    use orgready::model::token::AccessToken;
    use orgready::sf::{HubDefaults, Platform, Store, StoreSettings};
    use serde_json::{Map, Value};

    const TOKEN: &str = "00D000000000001!AQEAplain.text_token";

    const FILES: [&str; 6] = [
        ".sfdx/hub@acme.com.json",
        ".sfdx/alias.json",
        ".sf/config.json",
        ".sfdx/sfdx-config.json",
        ".sfdx/key.json",
        "sfdx-project.json",
    ];

    // The content of each file, with a zero byte between them; an empty one is not there.
    libfuzzer_sys::fuzz_target!(|content: &[u8]| {
        if content.windows(TOKEN.len()).any(|part| part == TOKEN.as_bytes()) {
            // The fuzzer has seen what the token is compared with; a secret would not be in these files.
            return;
        }
        let home = tempfile::tempdir().expect("a folder");
        let mut before = Vec::new();
        for (name, content) in FILES.iter().zip(content.split(|byte| *byte == 0)).filter(|(_, it)| !it.is_empty()) {
            put(&home.path().join(name), content);
            before.push((*name, content));
        }
        let store = store(home.path());
        read(&store);
        for (name, content) in &before {
            assert_eq!(fs::read(home.path().join(name)).expect("a file"), *content, "{name} was only read");
        }
        write(&store);
        for (name, content) in &before {
            kept(name, content, &fs::read(home.path().join(name)).expect("a file"));
        }
        for entry in fs::read_dir(home.path().join(".sfdx")).into_iter().flatten().flatten() {
            assert!(!entry.file_name().to_string_lossy().ends_with(".lock"), "a lock is left");
        }
    });

    fn put(path: &Path, content: &[u8]) {
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, content).expect("a file");
        #[cfg(unix)]
        fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("a mode");
    }

    fn store(home: &Path) -> Store {
        let mut settings = StoreSettings::new(home.to_owned(), home.to_owned(), |_| None);
        settings.platform = Platform::Linux;
        settings.generic_keychain = true;
        Store::new(settings)
    }

    fn read(store: &Store) {
        let selector = store.target_dev_hub().ok().flatten().map_or("qa".to_owned(), |(selector, _)| selector);
        told(store.find_hub(&selector, "target-dev-hub"));
        told(store.find_hub("hub@acme.com", "--target-dev-hub"));
        told(store.project_login_url());
        for finding in store.inspect() {
            assert!(!finding.message.chars().any(char::is_control), "{:?}", finding.message);
        }
    }

    fn write(store: &Store) {
        let alias = Some(Alias::new("ours").expect("an alias"));
        let defaults = HubDefaults { alias, dev_hub: true, org: true };
        if told(store.prepare(None, &defaults)).is_some() {
            let (hub, token) = (hub(), AccessToken::new(TOKEN.to_owned()));
            let mut trusted = TrustedHosts::default();
            trusted.hub(&hub.login_url).expect("a login URL");
            let instance_url = trusted.instance_url(&hub.instance_url).expect("a trusted host");
            told(store.save_hub(
                &HubLogin::new(hub, instance_url, token),
                &ClientId::new("3MVG9").expect("a client id"),
                None,
                &defaults,
            ));
        }
    }

    fn told<T>(result: Result<T, orgready::sf::StoreError>) -> Option<T> {
        result
            .map_err(|error| {
                let said = error.to_string();
                assert!(!said.is_empty() && !said.chars().any(char::is_control), "{said:?}");
                assert!(!said.contains(TOKEN));
            })
            .ok()
    }

    fn hub() -> Hub {
        Hub {
            username: Username::new("hub@acme.com").expect("a username"),
            org_id: OrgId::new("00D000000000001").expect("an id"),
            instance_url: "http://localhost:8120".to_owned(),
            login_url: "http://localhost:8120".to_owned(),
        }
    }

    /// What was an object still has the keys of others, and their aliases; what was none is as it was.
    fn kept(name: &str, before: &[u8], after: &[u8]) {
        assert!(!String::from_utf8_lossy(after).contains(TOKEN), "a plain token in {name}");
        let Ok(old) = serde_json::from_slice::<Map<String, Value>>(before) else {
            let blank = before.trim_ascii().is_empty();
            return assert!(blank || before == after, "{name} was no JSON object and changed");
        };
        let new: Map<String, Value> = serde_json::from_slice(after).expect("an object");
        match name {
            ".sfdx/hub@acme.com.json" => {}
            ".sfdx/alias.json" => {
                let others = |object: &Map<String, Value>| {
                    let mut object = object.clone();
                    let orgs = object.remove("orgs").unwrap_or_default();
                    let mut orgs = orgs.as_object().cloned().unwrap_or_default();
                    orgs.remove("ours");
                    (object, orgs)
                };
                assert_eq!(others(&new), others(&old));
            }
            ".sf/config.json" | ".sfdx/sfdx-config.json" => {
                assert!(old.keys().all(|key| new.contains_key(key)), "{name} lost a default");
            }
            _ => assert_eq!(new, old, "{name} was changed"),
        }
    }
}
