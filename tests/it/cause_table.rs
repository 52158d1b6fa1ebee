//! The README's table from cause to next step is made from the hints of the code.
//!
//! `UPDATE_README=1 cargo test --test it cause_table` writes it anew.

use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use orgready::model::cause::CauseCode;
use orgready::model::org::{ClientId, Username};
use orgready::model::scratch_org::{PLATFORM_CLI, ScratchOrgInfo};
use orgready::protocol::hint;
use orgready::protocol::verdict_context::VerdictContext;

const BEGIN: &str = "<!-- causes: made by tests/it/cause_table.rs -->\n";
const END: &str = "<!-- end of causes -->\n";

/// What a code's hint is at a scratch org, and at the Dev Hub.
fn hints(code: CauseCode) -> [String; 2] {
    let mut record = ScratchOrgInfo::default();
    record.username = Username::new("test-a@example.com").ok();
    record.connected_app = Some(PLATFORM_CLI.to_owned());
    let client_id = ClientId::new("3MVG9").unwrap();
    [Some(&record), None].map(|record| {
        let at = VerdictContext {
            record,
            client_id: &client_id,
            host: "the host",
            now: "2026-11-25T08:00:00Z".parse().unwrap(),
            doubted: Duration::ZERO,
            unanswered: 0,
            logged_in: false,
            refused_tokens: 0,
        };
        match code {
            CauseCode::SignupFailed => format!("by its ErrorCode; C-1016: {}", hint::of_signup_error(Some("C-1016")).1),
            CauseCode::AppMismatch if record.is_none() => String::new(),
            code => hint::of(code, &at),
        }
    })
}

fn table() -> String {
    let mut table = "| cause | what to do |\n|---|---|\n".to_owned();
    for code in CauseCode::ALL {
        let [org, hub] = hints(code);
        let _ = writeln!(table, "| `{code}` | {org} |");
        if hub != org && !hub.is_empty() {
            let _ = writeln!(table, "| `{code}` of the Dev Hub | {hub} |");
        }
    }
    table
}

#[test]
#[expect(clippy::disallowed_methods, reason = "who changes a hint asks for the new table")]
fn the_readme_has_the_next_step_for_every_cause() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(&path).unwrap().replace("\r\n", "\n");
    let (before, rest) = readme.split_once(BEGIN).unwrap();
    let (old, after) = rest.split_once(END).unwrap();
    let new = format!("\n{}\n", table());
    if old != new && std::env::var_os("UPDATE_README").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{new}{END}{after}")).unwrap();
        return;
    }
    assert_eq!(old, new, "UPDATE_README=1 cargo test --test it cause_table");
}
