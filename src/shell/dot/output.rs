//! What is shown, and how.

use super::{
    DotCommand, DotCommandError, DotCommandGroup, PRINT, SWITCHED, check_safe, on_off, switch,
};
use crate::render::{self, Diagnostic, MODES, Mode, TextOrigin, Vertical};
use crate::shell::Shell;
use crate::shell::redirect::default_pager;
use std::io::Write;

/// The commands of this room.
pub(super) const GROUP: DotCommandGroup = DotCommandGroup {
    title: "Output",
    commands: &[
        DotCommand {
            name: ".echo",
            arguments: "[on|off]",
            help: "print every statement before it runs",
            details: SWITCHED,
            run: echo,
        },
        DotCommand {
            name: ".events",
            arguments: "[on|off]",
            help: "whether receipts show the events themselves",
            details: SWITCHED,
            run: events,
        },
        DotCommand {
            name: ".headers",
            arguments: "[on|off]",
            help: "whether the names of columns come first",
            details: SWITCHED,
            run: headers,
        },
        DotCommand {
            name: ".last",
            arguments: "[on|off]",
            help: "print the last result again, or keep none for _",
            details: &[("on|off", "whether each result is kept until the next: SELECT * FROM _")],
            run: last,
        },
        DotCommand {
            name: ".mode",
            arguments: "[MODE] [TABLE]",
            help: "how rows are shown; insert may name a table",
            details: &[
                ("MODE", "box, csv, json, …; .mode alone lists them and marks the one in use"),
                ("TABLE", "what the INSERTs of mode insert name"),
            ],
            run: mode,
        },
        DotCommand {
            name: ".nullvalue",
            arguments: "TEXT",
            help: "what stands for NULL",
            details: &[("TEXT", "in quotes if it has blanks; '' for nothing")],
            run: null_value,
        },
        DotCommand {
            name: ".once",
            arguments: "FILE...",
            help: "send the next result to a file or '|a program'",
            details: &[("FILE", "a path, or | and a program: .once |wc -l")],
            run: once,
        },
        DotCommand {
            name: ".output",
            arguments: "[FILE]...",
            help: "send results there; without a FILE, here again",
            details: &[("FILE", "a path, or | and a program: .output |less")],
            run: output,
        },
        DotCommand {
            name: ".pager",
            arguments: "on|off|COMMAND",
            help: "one screen after the other: $PAGER or less",
            details: &[("COMMAND", "a program and its options: .pager less -S")],
            run: pager,
        },
        DotCommand {
            name: PRINT,
            arguments: "[TEXT]...",
            help: "print words",
            details: &[("TEXT", "words, in quotes if blanks between them count")],
            run: print,
        },
        DotCommand {
            name: ".receipts",
            arguments: "[on|off]",
            help: "whether every write tells what it did",
            details: SWITCHED,
            run: receipts,
        },
        DotCommand {
            name: ".rows",
            arguments: "N|all",
            help: "how many rows a box shows at a terminal",
            details: &[("N", "from 2 on; what is more is left out in the middle")],
            run: rows,
        },
        DotCommand {
            name: ".separator",
            arguments: "TEXT",
            help: "what stands between values, and in .import",
            details: &[("TEXT", "in quotes if it is a blank; \\t is a tab, \\n a new line")],
            run: separator,
        },
        DotCommand {
            name: ".timer",
            arguments: "[on|off]",
            help: "whether every statement tells its time",
            details: SWITCHED,
            run: timer,
        },
        DotCommand {
            name: ".width",
            arguments: "[N]...",
            help: "the widths of a box's columns",
            details: &[(
                "N",
                "for each column from the first; negative: to the right, 0: as wide as it comes",
            )],
            run: width,
        },
        DotCommand {
            name: ".x",
            arguments: "[auto|on|off]",
            help: "rows as lines: auto, where no box fits",
            details: &[
                ("auto", "where no box fits"),
                ("on|off", "always, never; without a word, the other of the two"),
            ],
            run: vertical,
        },
    ],
};

fn echo(shell: &mut Shell, arguments: &[String]) -> Result<(), DotCommandError> {
    shell.settings.echo = switch(shell, arguments, "echo", shell.settings.echo)?;
    Ok(())
}

fn headers(shell: &mut Shell, arguments: &[String]) -> Result<(), DotCommandError> {
    let now = shell.settings.format.headers();
    shell.settings.format.headers = Some(switch(shell, arguments, "headers", now)?);
    Ok(())
}

fn events(shell: &mut Shell, arguments: &[String]) -> Result<(), DotCommandError> {
    shell.settings.events = switch(shell, arguments, "events", shell.settings.events)?;
    Ok(())
}

fn last(shell: &mut Shell, arguments: &[String]) -> Result<(), DotCommandError> {
    if let Some(word) = arguments.first() {
        shell.settings.keep_results = on_off(word)?;
        shell.keep_results();
        return Ok(());
    }
    shell.connection.current()?;
    shell.last()
}

fn once(shell: &mut Shell, arguments: &[String]) -> Result<(), DotCommandError> {
    redirect(shell, arguments, true)
}

fn output(shell: &mut Shell, arguments: &[String]) -> Result<(), DotCommandError> {
    redirect(shell, arguments, false)
}

/// Sends results elsewhere, or here again.
fn redirect(shell: &mut Shell, arguments: &[String], once: bool) -> Result<(), DotCommandError> {
    check_safe(shell, if once { ".once" } else { ".output" })?;
    let origin = TextOrigin::default();
    shell.restore(&origin).map_err(DotCommandError::Stop)?;
    let target = match arguments {
        [] => return Ok(()),
        [word] if word == "stdout" => return Ok(()),
        // A program may be given without quotes.
        words if words[0].starts_with('|') => words.join(" "),
        [file] => file.clone(),
        _ => {
            let message = "a file's name with blanks needs quotes";
            return Err(DotCommandError::Failed(Diagnostic::new("dot-command", message)));
        }
    };
    shell.redirect(&target, once).map_err(DotCommandError::Failed)
}

fn pager(shell: &mut Shell, arguments: &[String]) -> Result<(), DotCommandError> {
    check_safe(shell, ".pager")?;
    shell.settings.pager = match arguments {
        [word] if word.eq_ignore_ascii_case("off") => None,
        [word] if word.eq_ignore_ascii_case("on") => Some(default_pager()),
        words => Some(words.join(" ")),
    };
    Ok(())
}

fn mode(shell: &mut Shell, arguments: &[String]) -> Result<(), DotCommandError> {
    let Some(name) = arguments.first() else {
        for entry in MODES {
            let mark = if entry.mode == shell.settings.format.mode { '*' } else { ' ' };
            writeln!(shell.out, "{mark} {:10}{}", entry.name, entry.help)?;
        }
        return Ok(());
    };
    let Some(mode) = Mode::from_name(name) else {
        let names: Vec<&str> = MODES.iter().map(|entry| entry.name).collect();
        let error = Diagnostic::new("dot-command", format!("there is no mode {name}"))
            .help(Some(format!("modes are {}", names.join(", "))));
        return Err(DotCommandError::Failed(error));
    };
    match arguments.get(1) {
        Some(table) if mode == Mode::Insert => shell.settings.format.table = Some(table.clone()),
        Some(_) => {
            let message = format!("mode {mode} names no table, insert does");
            return Err(DotCommandError::Failed(Diagnostic::new("dot-command", message)));
        }
        None => {}
    }
    shell.settings.format.mode = mode;
    // A separator was meant for the mode before.
    shell.settings.format.separator = None;
    Ok(())
}

fn null_value(shell: &mut Shell, arguments: &[String]) -> Result<(), DotCommandError> {
    shell.settings.format.null = Some(arguments[0].clone());
    Ok(())
}

fn print(shell: &mut Shell, arguments: &[String]) -> Result<(), DotCommandError> {
    let line = arguments.join(" ");
    let line = if shell.format().terminal { render::escape(&line) } else { line.into() };
    Ok(writeln!(shell.out, "{line}")?)
}

fn receipts(shell: &mut Shell, arguments: &[String]) -> Result<(), DotCommandError> {
    let now = shell.settings.receipts;
    // Without a word this is the first receipt, or the last.
    shell.settings.receipts |= arguments.is_empty();
    shell.settings.receipts = switch(shell, arguments, "receipts", now)?;
    Ok(())
}

fn timer(shell: &mut Shell, arguments: &[String]) -> Result<(), DotCommandError> {
    // Footers at a terminal have a time in any case: a line of its own is what is turned on.
    let now = shell.settings.timer == Some(true);
    shell.settings.timer = Some(switch(shell, arguments, "timer", now)?);
    Ok(())
}

fn rows(shell: &mut Shell, arguments: &[String]) -> Result<(), DotCommandError> {
    let word = &arguments[0];
    shell.settings.format.rows = match word.parse() {
        _ if word.eq_ignore_ascii_case("all") => None,
        Ok(rows) if rows >= 2 => Some(rows),
        _ => {
            let message = format!("{word} is no number of rows");
            let help = "a number from 2 on, or all".to_string();
            let error = Diagnostic::new("dot-command", message).help(Some(help));
            return Err(DotCommandError::Failed(error));
        }
    };
    Ok(())
}

fn separator(shell: &mut Shell, arguments: &[String]) -> Result<(), DotCommandError> {
    shell.settings.format.separator = Some(separator_text(&arguments[0]));
    Ok(())
}

/// A separator as it was typed.
pub(super) fn separator_text(typed: &str) -> String {
    typed.replace("\\t", "\t").replace("\\n", "\n")
}

fn width(shell: &mut Shell, arguments: &[String]) -> Result<(), DotCommandError> {
    let number = |word: &String| {
        word.parse::<i64>().map_err(|_| {
            let message = format!("{word} is no number of columns");
            DotCommandError::Failed(Diagnostic::new("dot-command", message))
        })
    };
    shell.settings.format.widths = arguments.iter().map(number).collect::<Result<_, _>>()?;
    Ok(())
}

fn vertical(shell: &mut Shell, arguments: &[String]) -> Result<(), DotCommandError> {
    let now = shell.settings.format.vertical == Vertical::On;
    shell.settings.format.vertical = match arguments.first() {
        Some(word) if word.eq_ignore_ascii_case("auto") => Vertical::Auto,
        _ if switch(shell, arguments, "rows as lines", now)? => Vertical::On,
        _ => Vertical::Off,
    };
    Ok(())
}
