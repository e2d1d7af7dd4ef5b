//! What is shown, and how.

use super::{DotCommand, Group, Trouble, on_off};
use crate::render::{self, Diagnostic, MODES, Mode};
use crate::shell::Shell;
use std::io::Write;

/// The commands of this room.
pub(super) const GROUP: Group = Group {
    title: "Output",
    commands: &[
        DotCommand {
            name: ".echo",
            arguments: "on|off",
            help: "whether every statement is printed before it runs",
            run: echo,
        },
        DotCommand {
            name: ".headers",
            arguments: "on|off",
            help: "whether the names of columns come first",
            run: headers,
        },
        DotCommand { name: ".mode", arguments: "[MODE]", help: "how rows are shown", run: mode },
        DotCommand { name: ".print", arguments: "[TEXT]...", help: "print words", run: print },
        DotCommand {
            name: ".receipts",
            arguments: "on|off",
            help: "whether every write tells what it did",
            run: receipts,
        },
        DotCommand {
            name: ".timer",
            arguments: "on|off",
            help: "whether every statement tells its time",
            run: timer,
        },
    ],
};

fn echo(shell: &mut Shell, arguments: &[String]) -> Result<(), Trouble> {
    shell.settings.echo = on_off(&arguments[0])?;
    Ok(())
}

fn headers(shell: &mut Shell, arguments: &[String]) -> Result<(), Trouble> {
    shell.settings.headers = Some(on_off(&arguments[0])?);
    Ok(())
}

fn mode(shell: &mut Shell, arguments: &[String]) -> Result<(), Trouble> {
    let Some(name) = arguments.first() else {
        for entry in MODES {
            let mark = if entry.mode == shell.settings.mode { '*' } else { ' ' };
            writeln!(shell.out, "{mark} {:8}{}", entry.name, entry.help)?;
        }
        return Ok(());
    };
    let Some(mode) = Mode::from_name(name) else {
        let names: Vec<&str> = MODES.iter().map(|entry| entry.name).collect();
        let error = Diagnostic::new("dot-command", format!("there is no mode {name}"))
            .help(Some(format!("modes are {}", names.join(", "))));
        return Err(Trouble::Told(error));
    };
    shell.settings.mode = mode;
    Ok(())
}

fn print(shell: &mut Shell, arguments: &[String]) -> Result<(), Trouble> {
    let line = arguments.join(" ");
    let line = if shell.settings.terminal { render::escape(&line) } else { line.into() };
    Ok(writeln!(shell.out, "{line}")?)
}

fn receipts(shell: &mut Shell, arguments: &[String]) -> Result<(), Trouble> {
    shell.settings.receipts = on_off(&arguments[0])?;
    Ok(())
}

fn timer(shell: &mut Shell, arguments: &[String]) -> Result<(), Trouble> {
    shell.settings.timer = on_off(&arguments[0])?;
    Ok(())
}
