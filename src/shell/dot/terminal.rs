//! The prompt and what was typed at it.

use super::{DotCommand, DotCommandError, DotCommandGroup};
use crate::render::{self, Diagnostic};
use crate::shell::Shell;
use std::io::Write;

/// The commands of this room.
pub(super) const GROUP: DotCommandGroup = DotCommandGroup {
    title: "At the terminal",
    commands: &[
        DotCommand {
            name: ".clear",
            arguments: "",
            help: "an empty screen",
            details: &[],
            run: clear,
        },
        DotCommand {
            name: ".edit",
            arguments: "",
            help: "the last statement in $EDITOR; Enter runs it",
            details: &[],
            run: edit,
        },
        DotCommand {
            name: ".history",
            arguments: "[N]",
            help: "the last N things typed (default 20)",
            details: &[("N", "how many; 20 if it is left out")],
            run: history,
        },
        DotCommand {
            name: ".prompt",
            arguments: "[TEXT] [MORE]",
            help: "what stands before what is typed",
            details: &[
                (
                    "TEXT",
                    "before a statement: {database}, {event} that is read, {head} the last event, {state} a transaction or the past",
                ),
                ("MORE", "before its further lines: {open} is what is open, as ( or '"),
            ],
            run: prompt,
        },
    ],
};

/// How many entries are shown if nobody says.
const SHOWN: usize = 20;

fn clear(shell: &mut Shell, _: &[String]) -> Result<(), DotCommandError> {
    if shell.settings.format.terminal {
        write!(shell.out, "\x1b[H\x1b[2J\x1b[3J")?;
    }
    Ok(())
}

fn edit(shell: &mut Shell, _: &[String]) -> Result<(), DotCommandError> {
    if !shell.interaction.is_interactive {
        let message = ".edit needs a terminal";
        return Err(DotCommandError::Failed(Diagnostic::new("dot-command", message)));
    }
    let last = shell.interaction.last.clone();
    shell.edit(&last).map_err(DotCommandError::Failed)
}

fn history(shell: &mut Shell, arguments: &[String]) -> Result<(), DotCommandError> {
    let count = match arguments.first() {
        None => SHOWN,
        Some(word) => word.parse().map_err(|_| {
            let message = format!("{word} is no number of entries");
            DotCommandError::Failed(Diagnostic::new("dot-command", message))
        })?,
    };
    let entries = shell.interaction.entries.borrow();
    let newest: Vec<&str> = entries.iter().rev().take(count).collect();
    for entry in newest.into_iter().rev() {
        for line in entry.lines() {
            writeln!(shell.out, "{}", render::escape(line))?;
        }
    }
    Ok(())
}

fn prompt(shell: &mut Shell, arguments: &[String]) -> Result<(), DotCommandError> {
    let templates = &mut shell.interaction.templates;
    templates.main = arguments.first().cloned();
    templates.more = arguments.get(1).cloned();
    Ok(())
}
