//! The session: leaving, help, scripts.

use super::{DotCommand, GROUPS, Group, Trouble, check_safe, commands, unknown};
use crate::render::Diagnostic;
use crate::shell::{Shell, Stop};
use std::io::Write;

/// The commands of this room.
pub(super) const GROUP: Group = Group {
    title: "The session",
    commands: &[
        DotCommand {
            name: ".exit",
            arguments: "[CODE]",
            help: "leave, with an exit code",
            run: exit,
        },
        DotCommand {
            name: ".help",
            arguments: "[NAME]",
            help: "this list, or one line of it",
            run: help,
        },
        DotCommand { name: ".quit", arguments: "", help: "leave", run: exit },
        DotCommand {
            name: ".read",
            arguments: "FILE",
            help: "run the script in a file",
            run: read,
        },
    ],
};

/// What someone who asks for help at the prompt has to know about the rest.
const SQL_HELP: &str = "
SQL statements end with ;
SELECT … FROM t AS OF EVENT n    t as it was after event n, or '5 minutes ago'
SELECT … FROM t BEFORE EVENT n   t as it was before that
HISTORY OF t, EVENTS, REPLAY t   what happened to t, to everything, step by step
SET AS OF EVENT n                goes there; SET AS OF LATEST comes back
SHOW TABLES, DESCRIBE t, EXPLAIN SELECT …";

fn exit(_: &mut Shell, arguments: &[String]) -> Result<(), Trouble> {
    let code = match arguments.first() {
        None => 0,
        Some(word) => word.parse().map_err(|_| {
            let message = format!("{word} is no exit code from 0 to 255");
            Trouble::Told(Diagnostic::new("dot-command", message))
        })?,
    };
    Err(Trouble::Stop(Stop::Exit(code)))
}

fn help(shell: &mut Shell, arguments: &[String]) -> Result<(), Trouble> {
    let Some(name) = arguments.first() else { return everything(shell) };
    let name = format!(".{}", name.trim_start_matches('.'));
    let command = commands().find(|command| command.name == name);
    let command = command.ok_or_else(|| Trouble::Told(unknown(&name)))?;
    line(shell, command)
}

/// Every command, group by group, and what stands beside them.
fn everything(shell: &mut Shell) -> Result<(), Trouble> {
    for group in GROUPS {
        writeln!(shell.out, "{}:", group.title)?;
        group.commands.iter().try_for_each(|command| line(shell, command))?;
    }
    Ok(writeln!(shell.out, "{SQL_HELP}")?)
}

/// One command in one line.
fn line(shell: &mut Shell, command: &DotCommand) -> Result<(), Trouble> {
    let usage = format!("{} {}", command.name, command.arguments);
    Ok(writeln!(shell.out, "  {usage:22}{}", command.help)?)
}

fn read(shell: &mut Shell, arguments: &[String]) -> Result<(), Trouble> {
    check_safe(shell, ".read")?;
    if let Some(message) = shell.too_deep(&arguments[0]) {
        return Err(Trouble::Told(Diagnostic::new("read-loop", message)));
    }
    shell.read_nested(&arguments[0]).map_err(Trouble::Stop)
}
