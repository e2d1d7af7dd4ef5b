//! Dot-commands: one table for the parser, the help and the completion.

use super::{Shell, Stop};
use crate::render::{self, Diagnostic, MODES, Mode, Place};
use crate::types::{KeyKind, Schema, TableSchema};
use std::io::Write;

/// One dot-command.
pub struct DotCommand {
    /// Its name with the dot.
    pub name: &'static str,
    /// Its arguments as the help shows them; those in brackets may be left out.
    pub arguments: &'static str,
    /// What it does.
    pub help: &'static str,
    run: fn(&mut Shell, &[String]) -> Result<(), Trouble>,
}

/// All dot-commands.
pub const COMMANDS: &[DotCommand] = &[
    DotCommand {
        name: ".echo",
        arguments: "on|off",
        help: "whether every statement is printed before it runs",
        run: echo,
    },
    DotCommand { name: ".exit", arguments: "[CODE]", help: "leave, with an exit code", run: exit },
    DotCommand {
        name: ".headers",
        arguments: "on|off",
        help: "whether the names of columns come first",
        run: headers,
    },
    DotCommand {
        name: ".help",
        arguments: "[NAME]",
        help: "this list, or one line of it",
        run: help,
    },
    DotCommand { name: ".mode", arguments: "[MODE]", help: "how rows are shown", run: mode },
    DotCommand { name: ".print", arguments: "[TEXT]...", help: "print words", run: print },
    DotCommand { name: ".quit", arguments: "", help: "leave", run: exit },
    DotCommand { name: ".read", arguments: "FILE", help: "run the script in a file", run: read },
    DotCommand {
        name: ".receipts",
        arguments: "on|off",
        help: "whether every write tells what it did",
        run: receipts,
    },
    DotCommand {
        name: ".schema",
        arguments: "[TABLE]",
        help: "the statements that made the tables",
        run: schema,
    },
    DotCommand {
        name: ".tables",
        arguments: "[PATTERN]",
        help: "the names of tables, those like a LIKE pattern",
        run: tables,
    },
    DotCommand {
        name: ".timer",
        arguments: "on|off",
        help: "whether every statement tells its time",
        run: timer,
    },
];

/// Words that mean a dot-command when they stand alone on a line at the prompt.
pub(super) const WORDS: &[(&str, &str)] = &[
    ("exit", ".exit"),
    ("quit", ".quit"),
    ("help", ".help"),
    ("?", ".help"),
    ("\\?", ".help"),
    ("\\q", ".quit"),
    ("\\d", ".schema"),
    ("\\dt", ".tables"),
    ("\\i", ".read"),
    ("\\timing", ".timer"),
];

/// What someone who asks for help at the prompt has to know about the rest.
const SQL_HELP: &str = "
SQL statements end with ;
SELECT … FROM t AS OF EVENT n    t as it was after event n, or '5 minutes ago'
SELECT … FROM t BEFORE EVENT n   t as it was before that
HISTORY OF t, EVENTS, REPLAY t   what happened to t, to everything, step by step
SET AS OF EVENT n                goes there; SET AS OF LATEST comes back
SHOW TABLES, DESCRIBE t, EXPLAIN SELECT …";

/// Why a dot-command did not do what it should.
enum Trouble {
    /// To be told at its place.
    Told(Diagnostic),
    /// The loop has to know.
    Stop(Stop),
}

impl From<std::io::Error> for Trouble {
    fn from(error: std::io::Error) -> Trouble {
        Trouble::Stop(error.into())
    }
}

/// Runs a line that begins with a dot.
///
/// # Errors
/// [`Stop::Failed`] where it fails, which is told; whatever a script inside it ends with.
pub(super) fn run(shell: &mut Shell, line: &str, place: &Place) -> Result<(), Stop> {
    let words = words(line);
    let name = words.first().map_or("", String::as_str).trim_end_matches(';').to_ascii_lowercase();
    let result = match COMMANDS.iter().find(|command| command.name == name) {
        Some(command) => {
            let arguments = &words[1..];
            match wrong_count(command, arguments.len()) {
                Some(error) => Err(Trouble::Told(error)),
                None => (command.run)(shell, arguments),
            }
        }
        None => Err(Trouble::Told(unknown(&name))),
    };
    match result {
        Ok(()) => Ok(()),
        Err(Trouble::Stop(stop)) => Err(stop),
        Err(Trouble::Told(error)) => Err(shell.fail(&error, line, place)),
    }
}

/// Splits a line into words; quotes hold words with blanks together, a `;` at the end is dropped.
fn words(line: &str) -> Vec<String> {
    let line = line.trim();
    let line = line.strip_suffix(';').unwrap_or(line);
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in line.chars() {
        match quote {
            Some(open) if c == open => quote = None,
            None if matches!(c, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            None if c.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

fn wrong_count(command: &DotCommand, given: usize) -> Option<Diagnostic> {
    let arguments: Vec<&str> = command.arguments.split_whitespace().collect();
    let least = arguments.iter().filter(|argument| !argument.starts_with('[')).count();
    let any = arguments.iter().any(|argument| argument.ends_with("..."));
    if given >= least && (any || given <= arguments.len()) {
        return None;
    }
    let usage = format!("{} {}", command.name, command.arguments);
    Some(Diagnostic::new("dot-command", format!("usage: {}", usage.trim_end())))
}

fn unknown(name: &str) -> Diagnostic {
    let near = COMMANDS
        .iter()
        .map(|command| (strsim::damerau_levenshtein(command.name, name), command.name))
        .filter(|(distance, _)| distance * 3 <= name.chars().count())
        .min();
    let help = match near {
        Some((_, near)) => format!("did you mean {near}?"),
        None => ".help lists them".to_string(),
    };
    Diagnostic::new("unknown-command", format!("there is no command {name}")).help(Some(help))
}

fn on_off(word: &str) -> Result<bool, Trouble> {
    match word.to_ascii_lowercase().as_str() {
        "on" | "yes" | "true" | "1" => Ok(true),
        "off" | "no" | "false" | "0" => Ok(false),
        _ => Err(Trouble::Told(Diagnostic::new(
            "dot-command",
            format!("{word} is neither on nor off"),
        ))),
    }
}

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

fn headers(shell: &mut Shell, arguments: &[String]) -> Result<(), Trouble> {
    shell.settings.headers = Some(on_off(&arguments[0])?);
    Ok(())
}

fn timer(shell: &mut Shell, arguments: &[String]) -> Result<(), Trouble> {
    shell.settings.timer = on_off(&arguments[0])?;
    Ok(())
}

fn echo(shell: &mut Shell, arguments: &[String]) -> Result<(), Trouble> {
    shell.settings.echo = on_off(&arguments[0])?;
    Ok(())
}

fn receipts(shell: &mut Shell, arguments: &[String]) -> Result<(), Trouble> {
    shell.settings.receipts = on_off(&arguments[0])?;
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

fn read(shell: &mut Shell, arguments: &[String]) -> Result<(), Trouble> {
    if let Some(message) = shell.too_deep(&arguments[0]) {
        return Err(Trouble::Told(Diagnostic::new("read-loop", message)));
    }
    shell.read_nested(&arguments[0]).map_err(Trouble::Stop)
}

fn help(shell: &mut Shell, arguments: &[String]) -> Result<(), Trouble> {
    let wanted = arguments.first().map(|name| format!(".{}", name.trim_start_matches('.')));
    let shown: Vec<&DotCommand> = COMMANDS
        .iter()
        .filter(|command| wanted.as_ref().is_none_or(|name| command.name == name.as_str()))
        .collect();
    if let (Some(name), true) = (wanted, shown.is_empty()) {
        return Err(Trouble::Told(unknown(&name)));
    }
    for command in shown {
        let usage = format!("{} {}", command.name, command.arguments);
        writeln!(shell.out, "{usage:20}{}", command.help)?;
    }
    if arguments.is_empty() {
        writeln!(shell.out, "{SQL_HELP}")?;
    }
    Ok(())
}

/// The tables now, or why there are none to ask for.
fn now(shell: &Shell) -> Result<Schema, Trouble> {
    let session = shell.connection.existing().map_err(Trouble::Told)?;
    session.schema().map_err(|error| Trouble::Told(Diagnostic::from(&error)))
}

fn tables(shell: &mut Shell, arguments: &[String]) -> Result<(), Trouble> {
    let pattern = arguments.first().map_or("%", String::as_str).to_lowercase();
    for table in now(shell)?.tables() {
        if is_like(&table.name.to_lowercase(), &pattern) {
            writeln!(shell.out, "{}", render::escape(&table.name))?;
        }
    }
    Ok(())
}

fn schema(shell: &mut Shell, arguments: &[String]) -> Result<(), Trouble> {
    let pattern = arguments.first().map_or("%", String::as_str).to_lowercase();
    for table in now(shell)?.tables() {
        if !is_like(&table.name.to_lowercase(), &pattern) {
            continue;
        }
        for statement in statements(table) {
            let shown: Vec<_> = statement.lines().map(render::escape).collect();
            writeln!(shell.out, "{};", shown.join("\n"))?;
        }
    }
    Ok(())
}

/// The statements that made a table and its indexes, without `;`.
fn statements(table: &TableSchema) -> impl Iterator<Item = &str> {
    let indexes = table.keys.iter().filter(|key| key.kind == KeyKind::Index);
    std::iter::once(table.sql.as_str())
        .chain(indexes.map(|key| key.sql.as_str()))
        .map(|sql| sql.trim_end().trim_end_matches(';').trim_end())
        .filter(|sql| !sql.is_empty())
}

/// LIKE on lower-case names: `%` is any text, `_` any character. A word without them is itself.
fn is_like(name: &str, pattern: &str) -> bool {
    let Some(first) = pattern.chars().next() else { return name.is_empty() };
    let rest = &pattern[first.len_utf8()..];
    if first == '%' {
        let ends = name.char_indices().map(|(at, _)| at).chain([name.len()]);
        return ends.into_iter().any(|at| is_like(&name[at..], rest));
    }
    let mut characters = name.chars();
    match characters.next() {
        Some(c) if first == '_' || c == first => is_like(characters.as_str(), rest),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_split_at_blanks_outside_quotes() {
        assert_eq!(words(".print 'a b' c\"d\" ''"), [".print", "a b", "cd", ""]);
        assert_eq!(words("  .tables;"), [".tables"]);
        assert!(words("  ").is_empty());
    }

    #[test]
    fn the_table_is_sorted_and_unique() {
        let names: Vec<&str> = COMMANDS.iter().map(|command| command.name).collect();
        let mut sorted = names.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(names, sorted);
        for (_, command) in WORDS {
            assert!(names.contains(command));
        }
    }

    #[test]
    fn patterns_are_like() {
        assert!(is_like("accounts", "%"));
        assert!(is_like("accounts", "acc%"));
        assert!(is_like("née", "n_e"));
        assert!(!is_like("accounts", "account"));
    }
}
