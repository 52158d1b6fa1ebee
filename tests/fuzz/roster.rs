//! Fuzzes the reading of usernames: any bytes give orgs or problems, and orgs that were read are read back the same; failures of sf are put aside.
#![cfg_attr(fuzzing, no_main)]

#[cfg(not(fuzzing))]
fn main() {}

#[cfg(fuzzing)]
mod target {
    use orgready::model::org::{OrgEntry, OrgName};
    use orgready::{Roster, RosterError};

    libfuzzer_sys::fuzz_target!(|content: &[u8]| match read(content) {
        Ok(orgs) if orgs.is_empty() => {}
        Ok(orgs) => assert_eq!(read(written(&orgs).as_bytes()), Ok(orgs)),
        Err(error) => {
            let told = error.to_string();
            assert!(!told.is_empty() && told.lines().count() <= RosterError::SHOWN + 1);
            assert!(!told.chars().any(|c| c.is_control() && c != '\n'), "{told:?}");
        }
    });

    fn read(content: &[u8]) -> Result<Vec<OrgEntry>, RosterError> {
        let mut roster = Roster::new();
        roster.add_file("input", content);
        let list = roster.finish()?;
        assert!(!list.entries.is_empty());
        Ok(list.entries.into_iter().filter(|org| !matches!(org.name, OrgName::Failed(_))).collect())
    }

    /// The form that can hold every name and alias.
    fn written(orgs: &[OrgEntry]) -> String {
        let object = |org: &OrgEntry| serde_json::json!({"username": org.name, "alias": org.alias}).to_string();
        orgs.iter().map(object).collect()
    }
}
