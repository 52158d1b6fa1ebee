//! What the README, the help and the manual page say is what the program does.

use std::collections::BTreeSet;

use crate::bench::Place;

const README: &str = include_str!("../../README.md");

fn help(command: &str) -> String {
    Place::new().run(["help", command]).ends_with(0).out
}

/// Every command that the program's help lists.
fn commands() -> Vec<String> {
    let help = Place::new().run(["--help"]).ends_with(0).out;
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    listed
        .filter(|line| !line.starts_with("     "))
        .map(|line| line.split_whitespace().next().unwrap().to_owned())
        .collect()
}

/// The long flags in a text.
fn flags(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
    words.filter(|word| word.starts_with("--") && word.len() > 2).map(ToOwned::to_owned).collect()
}

/// What the README has between backticks on one line.
fn spans() -> impl Iterator<Item = &'static str> {
    README.split("```").step_by(2).flat_map(str::lines).flat_map(|line| line.split('`').skip(1).step_by(2))
}

#[test]
fn every_flag_that_the_readme_names_exists() {
    let known: BTreeSet<String> = commands().iter().flat_map(|command| flags(&help(command))).collect();
    let ours = spans().filter(|span| !["sf ", "cargo ", "git "].iter().any(|other| span.starts_with(other)));
    for flag in ours.flat_map(flags) {
        assert!(known.contains(&flag), "{flag} is in the README and in no command");
    }
}

#[test]
fn every_command_that_the_readme_names_exists() {
    let known = commands();
    assert!(known.len() > 4, "{known:?}");
    let lines = README.lines().map(str::trim).filter(|line| line.starts_with("orgready "));
    for line in spans().filter(|span| span.starts_with("orgready ")).chain(lines) {
        let command = line.split(' ').nth(1).unwrap();
        assert!(known.iter().any(|known| known == command), "{line}");
    }
}

/// Plays the README's blocks of commands in a shell where every `orgready` line gets `--help` at its end: that is reached
/// only if all before it is understood.
#[cfg(unix)]
#[test]
fn every_command_line_of_the_readme_is_understood() {
    let place = Place::new();
    let blocks: Vec<&str> = README.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    let script = format!(
        "sf() {{ :; }}; cargo() {{ :; }}; git() {{ :; }}\n\
         orgready() {{ echo \"$*\" >> played; \"$ORGREADY\" \"$@\" --help > /dev/null 2>> refused || echo \"$*\" >> refused; }}\n{}\nwait\n",
        blocks.join("\n")
    );
    let shell = place.write("readme.sh", script);
    let mut command = std::process::Command::new("sh");
    command.arg(shell).current_dir(place.path("")).env("ORGREADY", env!("CARGO_BIN_EXE_orgready"));
    command.output().unwrap();
    let expected = blocks
        .iter()
        .flat_map(|block| block.lines())
        .filter(|line| line.contains("orgready ") && !line.contains("git clone") && !line.starts_with("cargo "))
        .count();
    assert_eq!(place.read("played").lines().count(), expected, "{}", place.read("played"));
    assert_eq!(place.read("refused"), "");
}

#[test]
fn the_exit_statuses_are_the_same_in_the_readme_and_in_the_help() {
    let table = README.split("## Exit status").nth(1).unwrap().split("\n## ").next().unwrap();
    let codes: Vec<&str> = table
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(" |").next())
        .flat_map(|cell| cell.split(", "))
        .filter(|cell| cell.parse::<u8>().is_ok())
        .collect();
    assert_eq!(codes, ["0", "1", "2", "3", "4", "5", "129", "130", "143"]);
    for help in [help("login"), Place::new().run(["--help"]).ends_with(0).out] {
        let statuses = help.split("Exit status:").nth(1).unwrap();
        let words: BTreeSet<&str> = statuses.split(|c: char| !c.is_ascii_digit()).collect();
        for code in &codes {
            assert!(words.contains(code), "{code} is not in\n{statuses}");
        }
    }
}

#[test]
fn every_cause_code_is_in_the_readme() {
    for code in orgready::model::cause::CauseCode::ALL {
        let run_level = ["not_a_dev_hub", "api_limit", "query_rejected", "not_tried"].contains(&code.as_str());
        assert!(run_level || README.contains(&format!("`{code}`")), "{code}");
    }
}

#[test]
fn completions_are_scripts_of_their_shells_and_name_the_flags() {
    let place = Place::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = place.run(["completions", shell]).ends_with(0).out;
        assert!(script.contains("orgready") && script.contains("usernames-file"), "{shell}");
    }
    place.run(["completions", "tcsh"]).ends_with(2).says("tcsh");
    #[cfg(unix)]
    if std::process::Command::new("bash").arg("--version").output().is_ok() {
        let script = place.write("orgready.bash", place.run(["completions", "bash"]).ends_with(0).out);
        let checked = std::process::Command::new("bash").arg("-n").arg(script).output().unwrap();
        assert!(checked.status.success(), "{checked:?}");
    }
}

#[test]
fn the_manual_page_is_one_and_holds_every_command() {
    let page = Place::new().run(["man"]).ends_with(0).out;
    assert!(page.contains(".TH orgready 1"), "{}", &page[..200.min(page.len())]);
    for command in commands() {
        assert!(page.contains(&format!("ORGREADY {}", command.to_uppercase())), "{command}");
    }
}

#[test]
fn the_version_tells_the_package_the_commit_and_the_target() {
    let ran = Place::new().run(["--version"]).ends_with(0);
    let rest = ran.out.trim().strip_prefix(&format!("orgready {} (", env!("CARGO_PKG_VERSION"))).unwrap();
    let (commit, target) = rest.strip_suffix(')').unwrap().split_once(", ").unwrap();
    assert!(
        commit == "unknown" || (commit.len() >= 7 && commit.bytes().all(|byte| byte.is_ascii_hexdigit())),
        "{rest}"
    );
    assert!(target.contains(std::env::consts::ARCH) && target.matches('-').count() >= 2, "{rest}");
}

#[test]
fn without_arguments_the_help_comes() {
    let ran = Place::new().program().ends_with(2);
    ran.says("orgready demo");
}

#[test]
fn the_demo_needs_nothing_and_writes_nothing() {
    let place = Place::new();
    // Nothing of the surroundings counts, a proxy least of all.
    let run = place.run(["demo", "--json"]).env("HTTPS_PROXY", "http://127.0.0.1:9").env("ORGREADY_WAIT", "nonsense");
    let ran = run.env("ORGREADY_JWT_KEY", "nonsense").ends_with(0);
    let ends = ran.ends();
    assert_eq!(ends.len(), 12);
    assert_eq!(ends.iter().filter(|end| *end == "ready").count(), 11);
    assert_eq!(ends.last().unwrap(), "failed app_mismatch");
    assert_eq!(std::fs::read_dir(place.home()).unwrap().count(), 0);
    assert_eq!(std::fs::read_dir(place.path("")).unwrap().count(), 0);
}
