//! `.help`: all commands in a table, one of them with its arguments, or what HELP says.

use super::{DotCommand, DotCommandError, GROUPS, commands, find};
use crate::render::{self, Diagnostic};
use crate::session;
use crate::shell::Shell;
use std::io::Write;

/// The columns that help is made for, and those below which it is not squeezed.
const COLUMNS: usize = 80;
const LEAST_COLUMNS: usize = 48;

/// The longest usage that its column is made for.
const WIDEST_USAGE: usize = 30;

/// What someone who asks for help at the prompt has to know about statements.
const STATEMENTS: &[(&str, &str)] = &[
    ("SELECT … FROM t AS OF EVENT n", "t as it was after event n, or '5 minutes ago'"),
    ("SELECT … FROM t BEFORE EVENT n", "t as it was before that"),
    ("HISTORY OF t, EVENTS, REPLAY t", "what happened to t, to everything, step by step"),
    ("SET AS OF EVENT n", "goes there; SET AS OF LATEST comes back"),
];

pub(super) fn help(shell: &mut Shell, arguments: &[String]) -> Result<(), DotCommandError> {
    let Some(name) = arguments.first() else { return everything(shell) };
    let name = match name.starts_with('\\') {
        true => name.clone(),
        false => format!(".{}", name.trim_start_matches('.')).to_ascii_lowercase(),
    };
    let asked = arguments.join(" ");
    // A topic or a function comes before the abbreviation of a command, and before a command of the
    // same name, which a dot asks for.
    let command = commands().find(|command| command.name == name);
    if let Some(about) = session::help(&asked).filter(|_| !asked.starts_with('.')) {
        writeln!(shell.out, "{about}")?;
        let Some(command) = command else { return Ok(()) };
        writeln!(shell.out)?;
        return one(shell, command);
    }
    match (find(&name), session::nearest_subjects(&asked, ".help")) {
        (Err(error), Some(near)) if error.help.is_none() || !asked.starts_with(['.', '\\']) => {
            let error = Diagnostic::new("unknown-topic", format!("there is no help about {asked}"));
            Err(DotCommandError::Failed(error.help(Some(near))))
        }
        (found, _) => one(shell, found.map_err(DotCommandError::Failed)?),
    }
}

/// Every command, group by group, and what stands beside them.
fn everything(shell: &mut Shell) -> Result<(), DotCommandError> {
    // One column for all usages; a very long one has a line of its own.
    let widths = commands().map(|command| usage(command).len());
    let width = widths.filter(|width| *width <= WIDEST_USAGE).max().unwrap_or(0);
    let columns = columns(shell);
    for group in GROUPS {
        writeln!(shell.out, "{}:", group.title)?;
        for command in group.commands {
            let mut usage = usage(command);
            if usage.len() > width {
                writeln!(shell.out, "  {usage}")?;
                usage.clear();
            }
            explained(shell, &format!("  {usage:width$} "), command.help, columns)?;
        }
    }
    writeln!(shell.out, "\nSQL statements end with ;")?;
    let width = STATEMENTS.iter().map(|(statement, _)| statement.chars().count()).max();
    let width = width.unwrap_or(0);
    for (statement, meaning) in STATEMENTS {
        explained(shell, &format!("{statement:width$}   "), meaning, columns)?;
    }
    Ok(writeln!(shell.out, "SHOW TABLES, DESCRIBE t, EXPLAIN SELECT …")?)
}

/// The columns that help has.
fn columns(shell: &Shell) -> usize {
    shell.format().width.unwrap_or(COLUMNS).clamp(LEAST_COLUMNS, COLUMNS)
}

/// Writes what something means behind it, in as many lines as that takes.
fn explained(
    shell: &mut Shell,
    what: &str,
    meaning: &str,
    columns: usize,
) -> Result<(), DotCommandError> {
    let width = what.chars().count();
    let mut before = what;
    for line in render::wrap(meaning, columns - width) {
        writeln!(shell.out, "{before:width$}{}", line.trim_end())?;
        before = "";
    }
    Ok(())
}

/// One command and what its arguments mean.
fn one(shell: &mut Shell, command: &DotCommand) -> Result<(), DotCommandError> {
    writeln!(shell.out, "{}\n  {}", usage(command), command.help)?;
    let width = command.details.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    if width > 0 {
        writeln!(shell.out)?;
    }
    let columns = columns(shell);
    for (name, meaning) in command.details {
        explained(shell, &format!("  {name:width$}  "), meaning, columns)?;
    }
    Ok(())
}

fn usage(command: &DotCommand) -> String {
    format!("{} {}", command.name, command.arguments).trim_end().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_argument_is_explained() {
        for command in commands() {
            let explained: Vec<&str> =
                command.details.iter().flat_map(|(name, _)| words(name)).collect();
            for word in words(command.arguments).filter(|word| !word.contains(char::is_lowercase)) {
                assert!(explained.contains(&word), "{}: {word}", command.name);
            }
            for word in explained {
                assert!(
                    words(command.arguments).any(|known| known == word),
                    "{}: {word}",
                    command.name
                );
            }
        }
    }

    fn words(text: &str) -> impl Iterator<Item = &str> {
        text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty())
    }
}
