//! `orgready completions` and `orgready man`, made from the arguments themselves.

use std::io::{self, Write};

use clap::CommandFactory;
use clap_complete::Shell;
use clap_mangen::Man;

use crate::cli::args::Cli;

/// Prints a completion script.
pub(crate) fn completions(shell: Shell) -> io::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "orgready", &mut script);
    io::stdout().lock().write_all(&script)
}

/// Prints the manual page.
pub(crate) fn manual() -> io::Result<()> {
    io::stdout().lock().write_all(&page()?)
}

/// One page about all commands.
fn page() -> io::Result<Vec<u8>> {
    let mut program = Cli::command();
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
        about.render_extra_section(&mut part)?;
        // What is a section of a page of its own is a part of this one.
        page.extend(String::from_utf8_lossy(&part).replace(".SH ", ".SS ").into_bytes());
    }
    man.render_extra_section(&mut page)?;
    man.render_version_section(&mut page)?;
    Ok(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manual_page_names_every_flag_of_every_command() {
        let page = String::from_utf8(page().unwrap()).unwrap().replace("\\-", "-");
        let mut program = Cli::command();
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
