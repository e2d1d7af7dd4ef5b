//! The session: leaving, help, scripts.

use super::{
    DotCommand, DotCommandError, DotCommandGroup, SWITCHED, check_safe, help, switch, time,
};
use crate::render::{self, Diagnostic};
use crate::shell::programs::{spawn, system_shell};
use crate::shell::{Shell, Stop};
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::Stdio;

/// The commands of this room.
pub(super) const GROUP: DotCommandGroup = DotCommandGroup {
    title: "The session",
    commands: &[
        DotCommand {
            name: ".bail",
            arguments: "[on|off]",
            help: "whether a script stops at its first error",
            details: SWITCHED,
            run: bail,
        },
        DotCommand {
            name: ".cd",
            arguments: "FILE",
            help: "go to another directory",
            details: &[("FILE", "the directory")],
            run: change_directory,
        },
        DotCommand {
            name: ".exit",
            arguments: "[CODE]",
            help: "leave, with an exit code",
            details: &[("CODE", "from 0 to 255; 0 if it is left out")],
            run: exit,
        },
        DotCommand {
            name: ".help",
            arguments: "[TOPIC]...",
            help: "this list, a command with its arguments, a topic",
            details: &[(
                "TOPIC",
                "a dot-command with or without its dot, a command of psql, or what HELP knows: .help as of",
            )],
            run: help::help,
        },
        DotCommand { name: ".quit", arguments: "", help: "leave", details: &[], run: exit },
        DotCommand {
            name: ".read",
            arguments: "FILE",
            help: "run the script in a file",
            details: &[("FILE", "SQL and dot-commands; its errors name their lines")],
            run: read,
        },
        DotCommand {
            name: ".shell",
            arguments: "COMMAND",
            help: "run a command of the system",
            details: &[("COMMAND", "the rest of the line, as the system's shell reads it")],
            run: |shell, arguments| system(shell, ".shell", arguments),
        },
        DotCommand {
            name: ".show",
            arguments: "[N]",
            help: "the settings, or event N as a whole",
            details: &[("N", "an event's number")],
            run: show,
        },
        DotCommand {
            name: ".stats",
            arguments: "",
            help: "how much there is",
            details: &[],
            run: stats,
        },
        DotCommand {
            name: ".system",
            arguments: "COMMAND",
            help: "run a command of the system",
            details: &[("COMMAND", "the rest of the line, as the system's shell reads it")],
            run: |shell, arguments| system(shell, ".system", arguments),
        },
    ],
};

fn exit(_: &mut Shell, arguments: &[String]) -> Result<(), DotCommandError> {
    let code = match arguments.first() {
        None => 0,
        Some(word) => word.parse().map_err(|_| {
            let message = format!("{word} is no exit code from 0 to 255");
            DotCommandError::Failed(Diagnostic::new("dot-command", message))
        })?,
    };
    Err(DotCommandError::Stop(Stop::Exit(code)))
}

fn read(shell: &mut Shell, arguments: &[String]) -> Result<(), DotCommandError> {
    check_safe(shell, ".read")?;
    if let Some(message) = shell.too_deep(&arguments[0]) {
        return Err(DotCommandError::Failed(Diagnostic::new("read-loop", message)));
    }
    shell.read_nested(&arguments[0]).map_err(DotCommandError::Stop)
}

fn bail(shell: &mut Shell, arguments: &[String]) -> Result<(), DotCommandError> {
    shell.settings.keep_going = !switch(shell, arguments, "bail", !shell.settings.keep_going)?;
    Ok(())
}

fn change_directory(shell: &mut Shell, arguments: &[String]) -> Result<(), DotCommandError> {
    check_safe(shell, ".cd")?;
    // The files of an open database are found by its path.
    let database = shell.connection.session().and_then(|session| session.database().path());
    if let Some(path) = database.filter(|path| path.is_relative()) {
        let message = format!("{} would not be found from another directory", path.display());
        let here = std::env::current_dir().unwrap_or_default();
        let help = format!("open it by its full path, {}", here.join(path).display());
        return Err(DotCommandError::Failed(
            Diagnostic::new("directory", message).help(Some(help)),
        ));
    }
    let path = Path::new(&arguments[0]);
    std::env::set_current_dir(path).map_err(|error| {
        let message = format!("cannot go to {}: {error}", path.display());
        DotCommandError::Failed(Diagnostic::new("directory", message))
    })
}

/// Runs a line by the system's own shell, which reads nothing of a script.
fn system(shell: &mut Shell, name: &str, arguments: &[String]) -> Result<(), DotCommandError> {
    check_safe(shell, name)?;
    shell.out.flush()?;
    if let Some(progress) = shell.progress.borrow_mut().as_mut() {
        progress.clear();
    }
    let input = if io::stdin().is_terminal() { Stdio::inherit() } else { Stdio::null() };
    let line = &arguments[0];
    let failed = |what: String| DotCommandError::Failed(Diagnostic::new("command-failed", what));
    shell.interaction.lend_terminal();
    // What it runs may want to write.
    shell.connection.give_up_place();
    let started = spawn(system_shell(line).stdin(input));
    let status = started.and_then(|mut command| command.wait());
    shell.interaction.take_terminal_back();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(failed(format!("{line} ended with {status}"))),
        Err(error) => Err(failed(format!("cannot run {line}: {error}"))),
    }
}

/// The settings, or an event.
fn show(shell: &mut Shell, arguments: &[String]) -> Result<(), DotCommandError> {
    if let Some(event) = arguments.first() {
        return time::event(shell, event);
    }
    let mut lines = shell.settings.shown();
    let output = shell.redirect.as_ref().map_or("stdout", |redirect| redirect.name.as_str());
    lines.push(("database", shell.connection.name()));
    lines.push(("output", output.to_string()));
    lines.push(("actor", shell.connection.actor().unwrap_or_default().to_string()));
    lines.push(("prompt", shell.interaction.templates.to_string()));
    lines.sort_unstable();
    table(shell, &lines)
}

/// Names to the right, values to the left.
fn table(shell: &mut Shell, lines: &[(&str, String)]) -> Result<(), DotCommandError> {
    let width = lines.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (name, value) in lines {
        let line = format!("{name:>width$}: {}", render::escape(value));
        writeln!(shell.out, "{}", line.trim_end())?;
    }
    Ok(())
}

fn stats(shell: &mut Shell, _: &[String]) -> Result<(), DotCommandError> {
    let session = shell.connection.current()?;
    let failed = |error: &crate::session::Error| DotCommandError::Failed(Diagnostic::from(error));
    let database = session.database();
    let view = database.latest().map_err(|error| failed(&error.into()))?;
    let snapshots = database.snapshots();
    let tables: Vec<_> = view.schema().tables().collect();
    let rows: usize = tables.iter().map(|table| view.table(table).row_estimate()).sum();
    let path = database.path().map_or("in memory".to_string(), |path| path.display().to_string());
    let lines = [
        ("database", path),
        ("events", database.head().to_string()),
        ("transactions", database.last_tx().to_string()),
        ("tables", tables.len().to_string()),
        ("rows", rows.to_string()),
        ("snapshots", snapshots.len().to_string()),
    ];
    table(shell, &lines)
}
