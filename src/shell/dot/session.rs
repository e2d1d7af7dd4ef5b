//! The session: leaving, help, scripts.

use super::{DotCommand, GROUPS, Group, Trouble, check_safe, commands, find, on_off, time};
use crate::language::reference;
use crate::render::{self, Diagnostic};
use crate::shell::{Shell, Stop};
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::{Command, Stdio};

/// The commands of this room.
pub(super) const GROUP: Group = Group {
    title: "The session",
    commands: &[
        DotCommand {
            name: ".bail",
            arguments: "on|off",
            help: "whether a script stops at its first error",
            run: bail,
        },
        DotCommand {
            name: ".cd",
            arguments: "FILE",
            help: "go to another directory",
            run: change_directory,
        },
        DotCommand {
            name: ".exit",
            arguments: "[CODE]",
            help: "leave, with an exit code",
            run: exit,
        },
        DotCommand {
            name: ".help",
            arguments: "[TOPIC]...",
            help: "this list, one line of it, or what HELP says",
            run: help,
        },
        DotCommand { name: ".quit", arguments: "", help: "leave", run: exit },
        DotCommand {
            name: ".read",
            arguments: "FILE",
            help: "run the script in a file",
            run: read,
        },
        DotCommand {
            name: ".shell",
            arguments: "COMMAND",
            help: "run a command of the system",
            run: |shell, arguments| system(shell, ".shell", arguments),
        },
        DotCommand {
            name: ".show",
            arguments: "[N]",
            help: "the settings, or event N as a whole",
            run: show,
        },
        DotCommand { name: ".stats", arguments: "", help: "how much there is", run: stats },
        DotCommand {
            name: ".system",
            arguments: "COMMAND",
            help: "run a command of the system",
            run: |shell, arguments| system(shell, ".system", arguments),
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
    let name = match name.starts_with('\\') {
        true => name.clone(),
        false => format!(".{}", name.trim_start_matches('.')).to_ascii_lowercase(),
    };
    let asked = arguments.join(" ");
    // A command's own name comes before a topic, and a topic before an abbreviation.
    let is_command = commands().any(|command| command.name == name);
    if let Some(topic) = reference::topic(&asked).filter(|_| !is_command) {
        return Ok(writeln!(shell.out, "{topic}")?);
    }
    match (find(&name), reference::suggestion(&asked)) {
        (Err(error), Some(near)) if error.help.is_none() || !asked.starts_with(['.', '\\']) => {
            let error = Diagnostic::new("unknown-topic", format!("there is no help about {asked}"));
            Err(Trouble::Told(error.help(Some(format!("did you mean .help {near}?")))))
        }
        (found, _) => line(shell, found.map_err(Trouble::Told)?),
    }
}

/// Every command, group by group, and what stands beside them.
fn everything(shell: &mut Shell) -> Result<(), Trouble> {
    for group in GROUPS {
        writeln!(shell.out, "{}:", group.title)?;
        group.commands.iter().try_for_each(|command| line(shell, command))?;
    }
    Ok(writeln!(shell.out, "{SQL_HELP}")?)
}

/// The longest usage that its column is made for.
const WIDEST_USAGE: usize = 30;

/// One command in one line.
fn line(shell: &mut Shell, command: &DotCommand) -> Result<(), Trouble> {
    let usage = |command: &DotCommand| format!("{} {}", command.name, command.arguments);
    // One column for all of them, whoever is asked for; a very long usage pushes its own help only.
    let widths = commands().map(|command| usage(command).len());
    let width = widths.filter(|width| *width <= WIDEST_USAGE).max().unwrap_or(0);
    Ok(writeln!(shell.out, "  {:width$} {}", usage(command), command.help)?)
}

fn read(shell: &mut Shell, arguments: &[String]) -> Result<(), Trouble> {
    check_safe(shell, ".read")?;
    if let Some(message) = shell.too_deep(&arguments[0]) {
        return Err(Trouble::Told(Diagnostic::new("read-loop", message)));
    }
    shell.read_nested(&arguments[0]).map_err(Trouble::Stop)
}

fn bail(shell: &mut Shell, arguments: &[String]) -> Result<(), Trouble> {
    shell.settings.keep_going = !on_off(&arguments[0])?;
    Ok(())
}

fn change_directory(shell: &mut Shell, arguments: &[String]) -> Result<(), Trouble> {
    check_safe(shell, ".cd")?;
    // The files of an open database are found by its path.
    let database = shell.connection.session().and_then(|session| session.database().path());
    if let Some(path) = database.filter(|path| path.is_relative()) {
        let message = format!("{} would not be found from another directory", path.display());
        let here = std::env::current_dir().unwrap_or_default();
        let help = format!("open it by its full path, {}", here.join(path).display());
        return Err(Trouble::Told(Diagnostic::new("directory", message).help(Some(help))));
    }
    let path = Path::new(&arguments[0]);
    std::env::set_current_dir(path).map_err(|error| {
        let message = format!("cannot go to {}: {error}", path.display());
        Trouble::Told(Diagnostic::new("directory", message))
    })
}

/// Runs a line by the system's own shell, which reads nothing of a script.
fn system(shell: &mut Shell, name: &str, arguments: &[String]) -> Result<(), Trouble> {
    check_safe(shell, name)?;
    let (program, option) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
    shell.out.flush()?;
    if let Some(progress) = shell.progress.borrow_mut().as_mut() {
        progress.clear();
    }
    let input = if io::stdin().is_terminal() { Stdio::inherit() } else { Stdio::null() };
    let line = &arguments[0];
    let failed = |what: String| Trouble::Told(Diagnostic::new("command-failed", what));
    shell.interaction.lend_terminal();
    let status = Command::new(program).args([option, line]).stdin(input).status();
    shell.interaction.take_terminal_back();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(failed(format!("{line} ended with {status}"))),
        Err(error) => Err(failed(format!("cannot run {program}: {error}"))),
    }
}

/// The settings, or an event.
fn show(shell: &mut Shell, arguments: &[String]) -> Result<(), Trouble> {
    if let Some(event) = arguments.first() {
        return time::event(shell, event);
    }
    let mut lines = shell.settings.shown();
    let output = shell.redirect.as_ref().map_or("stdout", |redirect| redirect.name.as_str());
    lines.push(("database", shell.connection.name()));
    lines.push(("output", output.to_string()));
    lines.push(("prompt", shell.interaction.templates.to_string()));
    lines.sort_unstable();
    table(shell, &lines)
}

/// Names to the right, values to the left.
fn table(shell: &mut Shell, lines: &[(&str, String)]) -> Result<(), Trouble> {
    let width = lines.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (name, value) in lines {
        let line = format!("{name:>width$}: {}", render::escape(value));
        writeln!(shell.out, "{}", line.trim_end())?;
    }
    Ok(())
}

fn stats(shell: &mut Shell, _: &[String]) -> Result<(), Trouble> {
    let session = shell.connection.existing().map_err(Trouble::Told)?;
    let told = |error: &crate::session::Error| Trouble::Told(Diagnostic::from(error));
    let database = session.database();
    let view = database.latest().map_err(|error| told(&error.into()))?;
    let snapshots = database.snapshots().map_err(|error| told(&error.into()))?;
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
