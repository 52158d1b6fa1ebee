//! `orgready completions` and `orgready man`, made from the arguments themselves.

use std::collections::BTreeMap;
use std::io::{self, Write};

use clap::builder::PossibleValuesParser;
use clap::{Arg, Command};
use clap_complete::Shell;
use clap_mangen::Man;

use crate::cli::args::program;
use crate::cli::help::EXIT_STATUS;

/// A completion script.
pub(super) fn completions(shell: Shell) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut with_values(program()), "orgready", &mut script);
    script
}

/// The values that flags know, for completion alone: what a wrong one means is told where settings are resolved.
const VALUES: [(&str, &[&str]); 5] = [
    ("ci", &["auto", "off", "github", "azure", "teamcity"]),
    ("color", &["auto", "always", "never"]),
    ("if-none", &["fail", "ok"]),
    ("log-format", &["text", "json"]),
    ("shard", &["auto", "slice:"]),
];

fn with_values(command: Command) -> Command {
    let values = |argument: Arg| match VALUES.iter().find(|(flag, _)| argument.get_long() == Some(flag)) {
        // zsh takes a colon in the name of a value for its own.
        Some((flag, values)) => {
            argument.value_parser(PossibleValuesParser::new(*values)).value_name(flag.to_uppercase())
        }
        None => argument,
    };
    command.mut_args(values).mut_subcommands(with_values)
}

/// The manual page: one about all commands.
pub(super) fn manual() -> io::Result<Vec<u8>> {
    let mut program = program();
    program.build();
    let mut page = Vec::new();
    let man = Man::new(program.clone());
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    for command in program.get_subcommands() {
        writeln!(page, ".SH \"ORGREADY {}\"", command.get_name().to_uppercase())?;
        let about = Man::new(command.clone());
        let mut part = Vec::new();
        about.render_synopsis_section(&mut part)?;
        about.render_description_section(&mut part)?;
        about.render_options_section(&mut part)?;
        examples(command, &mut part)?;
        // What is a section of a page of its own is a part of this one.
        page.extend(String::from_utf8_lossy(&part).replace(".SH ", ".SS ").into_bytes());
    }
    writeln!(page, ".SH \"EXIT STATUS\"\n.nf\n{}\n.fi", roff(EXIT_STATUS.trim_end()))?;
    writeln!(page, ".SH ENVIRONMENT\nAn empty variable counts as unset; a flag comes first.")?;
    let others = ENVIRONMENT.map(|(variable, what)| (variable.to_owned(), what.to_owned()));
    for (variable, what) in variables(&program).into_iter().chain(others) {
        writeln!(page, ".TP\n\\fB{}\\fR\n{}", roff(&variable), roff(&what))?;
    }
    writeln!(page, ".SH FILES")?;
    for (file, what) in FILES {
        writeln!(page, ".TP\n\\fI{}\\fR\n{}", roff(file), roff(what))?;
    }
    examples(&program, &mut page)?;
    man.render_version_section(&mut page)?;
    Ok(page)
}

/// What stands below a command's help, with its lines as they are.
fn examples(command: &Command, page: &mut Vec<u8>) -> io::Result<()> {
    let Some(text) = command.get_after_long_help().or(command.get_after_help()) else { return Ok(()) };
    writeln!(page, ".SH EXAMPLES\n.nf\n{}\n.fi", roff(text.to_string().trim_end()))
}

/// Variables that belong to no flag.
const ENVIRONMENT: [(&str, &str); 5] = [
    ("HTTPS_PROXY, NO_PROXY", "the proxy for https, and the hosts that are reached without it"),
    ("SSL_CERT_FILE, SSL_CERT_DIR", "trust roots instead of the system's"),
    ("ORGREADY_LOG", "what is logged: targets and levels, such as orgready=debug"),
    ("SF_ORG_INSTANCE_URL", "in a project of sf, the hub's login URL where nothing else names it"),
    ("SF_CAPITALIZE_RECORD_TYPES", "whether record types of a definition are capitalized, as sf does"),
];

/// What is read and written besides the files that flags name.
const FILES: [(&str, &str); 4] = [
    ("./orgready.toml", "settings, by the long names of the flags"),
    ("sfdx-project.json", "the login URL of the project, here or above"),
    ("~/.sfdx, ~/.sf", "the sf store: logins, aliases, defaults"),
    ("~/.sf/scratch-create-cache.json", "creations that sf began and did not finish (--pending)"),
];

/// The variables of each flag, from its help.
fn variables(program: &Command) -> BTreeMap<String, String> {
    let arguments = program.get_subcommands().flat_map(Command::get_arguments).chain(program.get_arguments());
    let told = arguments.filter_map(|argument| {
        let help = argument.get_help()?.to_string();
        let (_, rest) = help.split_once("[env: ")?;
        Some((rest.split_once(']')?.0.to_owned(), format!("--{}", argument.get_long()?)))
    });
    told.collect()
}

fn roff(text: &str) -> String {
    text.replace('\\', "\\e").replace('-', "\\-").replace("\n.", "\n\\&.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manual_page_has_the_sections_that_one_looks_for() {
        let page = String::from_utf8(manual().unwrap()).unwrap().replace("\\-", "-");
        for text in
            [".SH \"EXIT STATUS\"", ".SH ENVIRONMENT", ".SH FILES", "129, 130, 143", "\\fBORGREADY_WAIT\\fR\n--wait\n"]
        {
            assert!(page.contains(text), "{text}");
        }
    }

    #[test]
    fn completions_know_the_values_of_flags() {
        for (flag, values) in VALUES {
            let script = String::from_utf8(completions(Shell::Bash)).unwrap();
            assert!(script.contains(&format!("compgen -W \"{}\"", values.join(" "))), "--{flag}");
        }
    }

    #[test]
    fn the_manual_page_names_every_flag_of_every_command() {
        let page = String::from_utf8(manual().unwrap()).unwrap().replace("\\-", "-");
        let mut program = program();
        program.build();
        for command in program.get_subcommands() {
            assert!(page.contains(&format!("ORGREADY {}", command.get_name().to_uppercase())));
            for flag in command
                .get_arguments()
                .filter(|argument| !argument.is_hide_set())
                .filter_map(|argument| argument.get_long())
            {
                assert!(page.contains(&format!("--{flag}")), "--{flag}");
            }
        }
    }
}
