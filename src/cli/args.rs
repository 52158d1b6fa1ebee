//! The command line: commands, their flags and their help. What a flag means is decided in [`super::settings`].

use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::Result;
use clap::{Arg, ArgAction, ArgMatches, Args, ValueHint, value_parser};
use clap_complete::Shell;

use super::console::Color;
use super::help;
use super::settings::setting::{DELETE, DOCTOR, EVERY, HUB, HUB_USER, HUB_USERNAME, Kind, LOGIN, Setting};
use super::settings::typed::POSITIONAL;

/// Reads the command line: the command, and what was typed of it. `color` is for what clap says of it.
pub(crate) fn parse(arguments: Vec<OsString>, color: Color) -> Result<(String, ArgMatches)> {
    let choice = match color {
        Color::Auto => clap::ColorChoice::Auto,
        Color::Always => clap::ColorChoice::Always,
        Color::Never => clap::ColorChoice::Never,
    };
    let mut matches = program().color(choice).try_get_matches_from(arguments)?;
    Ok(matches.remove_subcommand().expect("clap asks for a command"))
}

/// The whole command line.
pub(crate) fn program() -> clap::Command {
    let login = command("login", "Log in to the Dev Hub and to every scratch org, and wait until each is ready", LOGIN)
        .long_about(help::LOGIN)
        .after_help(help::LOGIN_EXAMPLES)
        .after_long_help(help::LOGIN_NOTES)
        .arg(usernames());
    let hub = command("hub", "Log in to the Dev Hub alone, as `sf org login jwt --set-default-dev-hub` does", HUB)
        .after_help(help::HUB_EXAMPLES)
        .mut_arg(HUB_USER.key, |argument| argument.conflicts_with(HUB_USERNAME.key));
    let about = "Give scratch orgs back: delete them through the Dev Hub, also those that never became ready";
    let delete =
        command("delete", about, DELETE).long_about(help::DELETE).after_help(help::DELETE_EXAMPLES).arg(usernames());
    let about =
        "Check all that a login needs, from the key to the Dev Hub's rights, and say what to mend; changes nothing";
    let doctor = command("doctor", about, DOCTOR).long_about(help::DOCTOR).after_help(help::DOCTOR_EXAMPLES);
    let about = "Serve a local stand-in for Salesforce, to try a pipeline without any org";
    let simulate = SimulateArgs::augment_args(command("simulate", about, 0))
        .about(about)
        .long_about(help::SIMULATE)
        .after_help(help::SIMULATE_EXAMPLES);
    let about = "Watch the main job at work against the built-in stand-in: no settings, no network, under 20 s";
    let demo = command("demo", about, 0);
    let shell = Arg::new(SHELL).required(true).value_name("SHELL").help("The shell").value_parser(value_parser!(Shell));
    let completions = command("completions", "Print a completion script for a shell", 0)
        .after_help(help::COMPLETIONS_EXAMPLES)
        .arg(shell);
    let man = command("man", "Print the manual page, in roff", 0).after_help(help::MAN_EXAMPLES);
    clap::Command::new("orgready")
        .version(help::VERSION)
        .about("Logs in to a Dev Hub and its new scratch orgs by JWT, and waits out replication until they are ready")
        .long_about(help::PROGRAM)
        .after_help(help::PROGRAM_EXAMPLES)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .max_term_width(110)
        .args(Setting::flags_of(EVERY).map(|setting| flag(setting).global(true)))
        .mut_arg("quiet", |quiet| quiet.conflicts_with("verbose"))
        .subcommands([login, hub, delete, doctor, simulate, demo, completions, man])
}

/// The argument of `completions`.
pub(crate) const SHELL: &str = "shell";

/// A command with the flags of its settings.
fn command(name: &'static str, about: &'static str, flags: u8) -> clap::Command {
    clap::Command::new(name).about(about).args(Setting::flags_of(flags).map(flag))
}

fn usernames() -> Arg {
    Arg::new(POSITIONAL)
        .value_name("USERNAME")
        .help("Usernames of scratch orgs, or `alias=username`, or ids of ScratchOrgInfo records (2SR…)")
        .help_heading("Which orgs")
        .action(ArgAction::Append)
        .num_args(1..)
}

/// The flag of a setting.
fn flag(setting: &Setting) -> Arg {
    let flag = Arg::new(setting.key)
        .short(setting.short)
        .long(setting.key.replace('_', "-"))
        .help(setting.help.trim())
        .help_heading(setting.heading)
        .action(match setting.kind {
            Kind::Text => ArgAction::Set,
            Kind::Names | Kind::Paths => ArgAction::Append,
            Kind::Switch => ArgAction::SetTrue,
        });
    if setting.kind == Kind::Switch {
        return flag;
    }
    flag.value_name(setting.value).value_hint(match setting.value {
        "FILE" | "PATH" | "[FORMAT=]FILE" => ValueHint::FilePath,
        "URL" => ValueHint::Url,
        "SUFFIX" => ValueHint::Hostname,
        _ => ValueHint::Unknown,
    })
}

/// `orgready simulate`.
#[derive(Debug, Args)]
pub(crate) struct SimulateArgs {
    /// How many scratch orgs there are
    #[arg(long, value_name = "N", default_value = "5", conflicts_with = "scenario")]
    pub(crate) orgs: u32,

    /// How long an org takes to be replicated, or a range: 5s, 5s..60s
    #[arg(long, value_name = "DURATION|FROM..TO", default_value = "1s..10s", conflicts_with = "scenario")]
    pub(crate) replication_delay: String,

    /// Hub, orgs, delays and faults from a file, such as those in config/scenarios
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) scenario: Option<PathBuf>,

    /// The hub's port on 127.0.0.1 [default: any that is free]
    #[arg(long, value_name = "PORT")]
    pub(crate) port: Option<u16>,

    /// Serve https, with a CA made for the occasion
    #[arg(long)]
    pub(crate) tls: bool,

    /// Folder for the generated key, certificate and CA [default: a temporary one, removed at the end]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) directory: Option<PathBuf>,
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::cli::settings::Typed;

    /// What was typed after a command.
    pub(crate) fn typed(command: &str, line: &[&str]) -> Typed {
        let line = ["orgready", command].iter().chain(line).map(OsString::from).collect();
        let (name, matches) = parse(line, Color::Never).unwrap();
        let flags = [("login", LOGIN), ("delete", DELETE), ("hub", HUB), ("doctor", DOCTOR)];
        Typed::of(&matches, flags.into_iter().find(|(known, _)| *known == name).unwrap().1)
    }
}
