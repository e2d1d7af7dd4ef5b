//! Dot-commands: one table for the parser, the help and the completion.
//!
//! A line becomes words here, its command is found and its words are counted; each group of commands
//! has a room of its own.

mod files;
mod foreign;
mod help;
mod output;
mod param;
mod schema;
mod session;
mod terminal;
mod time;

pub(super) use files::import_options;
pub(super) use schema::statements;
pub(super) use time::{POINT_WORDS, points};

use super::{ConnectionError, Shell, Stop};
use crate::render::{Diagnostic, TextOrigin};
use std::io::Write;

/// One dot-command.
pub struct DotCommand {
    /// Its name with the dot.
    pub name: &'static str,
    /// Its arguments as the help shows them: those in brackets may be left out, `...` repeats, and
    /// `COMMAND` or `POINT` alone is the rest of the line.
    pub arguments: &'static str,
    /// What it does.
    pub help: &'static str,
    /// What its arguments are, each under its name.
    pub details: &'static [(&'static str, &'static str)],
    run: fn(&mut Shell, &[String]) -> Result<(), DotCommandError>,
}

/// Dot-commands that have to do with each other.
pub struct DotCommandGroup {
    /// What they have to do with.
    pub title: &'static str,
    /// The commands, by name.
    pub commands: &'static [DotCommand],
}

/// All dot-commands.
pub const GROUPS: &[DotCommandGroup] = &[
    session::GROUP,
    output::GROUP,
    schema::GROUP,
    files::GROUP,
    time::GROUP,
    terminal::GROUP,
    param::GROUP,
];

/// The commands that say what a script means, so that `--check` runs them, too.
const IN_REHEARSALS: &[&str] = &[".read", ".param", ".parameter"];

/// All dot-commands, group by group.
pub fn commands() -> impl Iterator<Item = &'static DotCommand> {
    GROUPS.iter().flat_map(|group| group.commands)
}

/// Words that mean a dot-command when they stand alone on a line at the prompt.
pub(super) const WORDS: &[(&str, &str)] = &[
    ("exit", ".exit"),
    ("quit", ".quit"),
    ("help", ".help"),
    ("clear", ".clear"),
    ("?", ".help"),
    ("\\?", ".help"),
    ("\\echo", ".print"),
    ("\\h", ".help"),
    ("\\l", ".databases"),
    ("\\o", ".output"),
    ("\\q", ".quit"),
    ("\\!", ".shell"),
    ("\\cd", ".cd"),
    ("\\d", ".schema"),
    ("\\d+", ".schema"),
    ("\\di", ".indexes"),
    ("\\di+", ".indexes"),
    ("\\dt", ".tables"),
    ("\\dt+", ".tables"),
    ("\\conninfo", ".databases"),
    ("\\e", ".edit"),
    ("\\i", ".read"),
    ("\\s", ".history"),
    ("\\timing", ".timer"),
    ("\\x", ".x"),
];

/// The arguments of a command that takes the rest of its line as it stands.
const WHOLE_LINE: &str = "COMMAND";

/// The arguments of a command that takes a point of the language, which has quotes of its own.
const POINT: &str = "POINT";

/// The argument of a command that turns a setting on or off, and what it is without.
const SWITCHED: &[(&str, &str)] = &[("on|off", "without a word, the other of the two")];

/// What may stand before the name of a table.
const MAIN: &str = "main.";

/// The command that prints words, and does nothing else.
const PRINT: &str = ".print";

/// Why a dot-command did not do what it should.
pub(super) enum DotCommandError {
    /// To be told at its place.
    Failed(Diagnostic),
    /// The same, and there is no database to go on with.
    Unavailable(Diagnostic),
    /// The loop has to know.
    Stop(Stop),
}

impl From<Diagnostic> for DotCommandError {
    fn from(error: Diagnostic) -> DotCommandError {
        DotCommandError::Failed(error)
    }
}

impl From<ConnectionError> for DotCommandError {
    fn from(connection_error: ConnectionError) -> DotCommandError {
        match connection_error.placeless() {
            ConnectionError::Failed(error) => DotCommandError::Failed(error),
            ConnectionError::Unavailable(error) => DotCommandError::Unavailable(error),
        }
    }
}

impl From<std::io::Error> for DotCommandError {
    fn from(error: std::io::Error) -> DotCommandError {
        DotCommandError::Stop(error.into())
    }
}

/// Runs a line that begins with a dot, or with the backslash of psql.
///
/// # Errors
/// [`Stop::Failed`] where it fails, which is told; whatever a script inside it ends with.
pub(super) fn run(shell: &mut Shell, line: &str, origin: &TextOrigin) -> Result<(), Stop> {
    let words = words(line, usize::MAX);
    let name = words.first().map_or("", String::as_str).trim_end_matches(';').to_ascii_lowercase();
    let found = find(&name);
    // What only prints would be said twice.
    if !found.as_ref().is_ok_and(|command| command.name == PRINT) {
        shell.echo(line, "")?;
    }
    let result = found.map_err(DotCommandError::Failed).and_then(|command| {
        let arguments = match command.arguments {
            WHOLE_LINE | POINT => rest(line),
            usage if usage.starts_with(POINT) => time::points(&words[1..]),
            _ => match words_before_sql(command) {
                Some(before) => self::words(line, before)[1..].to_vec(),
                None => words[1..].to_vec(),
            },
        };
        let arguments = match arguments.is_empty() && needs_one(command) && ends_apart(line) {
            true => vec![";".to_owned()],
            false => arguments,
        };
        let arguments = without_database(command, arguments);
        match wrong_count(command, arguments.len()) {
            Some(error) => Err(DotCommandError::Failed(error)),
            // Of a check a script's scripts are part, and nothing else is done.
            None if shell.settings.check_only && !IN_REHEARSALS.contains(&command.name) => Ok(()),
            None => (command.run)(shell, &arguments),
        }
    });
    let done = match result {
        Ok(()) => Ok(()),
        Err(DotCommandError::Stop(stop)) => Err(stop),
        Err(DotCommandError::Failed(error)) => Err(shell.fail(&error, line, origin)),
        Err(DotCommandError::Unavailable(error)) => Err(shell.unavailable(&error, line, origin)),
    };
    shell.arrived(done, line, origin)
}

/// The command of this name, or the one that it is an abbreviation of.
fn find(name: &str) -> Result<&'static DotCommand, Diagnostic> {
    let meant = WORDS.iter().find(|(word, _)| name.starts_with('\\') && *word == name);
    let name = meant.map_or(name, |(_, command)| *command);
    if let Some(command) = commands().find(|command| command.name == name) {
        return Ok(command);
    }
    if foreign::instead(name).is_some() {
        return Err(unknown(name));
    }
    let begins = |command: &&DotCommand| name.len() > 1 && command.name.starts_with(name);
    let candidates: Vec<&'static DotCommand> = commands().filter(begins).collect();
    match candidates.as_slice() {
        [] => Err(unknown(name)),
        [command] => Ok(*command),
        several => {
            let mut names: Vec<&str> = several.iter().map(|command| command.name).collect();
            names.sort_unstable();
            let message = format!("{name} may be {}", names.join(", "));
            Err(Diagnostic::new("unknown-command", message))
        }
    }
}

/// Why a text where a statement belongs is none: it is a dot-command that does not begin its line,
/// or begins with a backslash, and in a script nobody knows where that would end.
pub(super) fn misplaced(text: &str) -> Option<Diagnostic> {
    let letter = |rest: &str| rest.starts_with(|c: char| c.is_ascii_alphabetic());
    if text.strip_prefix('.').is_some_and(letter) {
        let command = text.split(|c: char| c.is_whitespace() || c == ';').next().unwrap_or(text);
        if let Err(error) = find(&command.to_ascii_lowercase()) {
            return Some(error);
        }
        let message = format!("{command} is no statement: a dot-command begins its line");
        let help =
            "put it at the beginning of a line of its own, or in a -c of its own".to_string();
        return Some(Diagnostic::new("dot-command", message).help(Some(help)));
    }
    let word = text.strip_prefix('\\').and(text.split_whitespace().next())?;
    let Some((_, command)) = WORDS.iter().find(|(known, _)| *known == word) else {
        return Some(unknown(word));
    };
    let message = format!("{word} works at the prompt only");
    let help = format!("in a script write {command}");
    Some(Diagnostic::new("unknown-command", message).help(Some(help)))
}

/// Whether a command ends the session.
pub(super) fn leaves(command: &str) -> bool {
    let name = command.split_whitespace().next().unwrap_or_default();
    find(name).is_ok_and(|command| matches!(command.name, ".exit" | ".quit"))
}

/// What stands behind the command, quotes and all, as its one argument; none if nothing does.
fn rest(line: &str) -> Vec<String> {
    let line = line.trim();
    let behind = line.split_once(char::is_whitespace).map_or("", |(_, rest)| rest.trim());
    let behind = behind.strip_suffix(';').unwrap_or(behind).trim_end();
    if behind.is_empty() { Vec::new() } else { vec![behind.to_string()] }
}

/// Makes sure that a command may touch files or run programs.
fn check_safe(shell: &Shell, command: &str) -> Result<(), DotCommandError> {
    if !shell.settings.safe {
        return Ok(());
    }
    Err(DotCommandError::Failed(refused(command)))
}

/// What a command is told that `--safe` forbids.
pub(super) fn refused(command: &str) -> Diagnostic {
    let message = format!("{command} is refused: this shell was started with --safe");
    let help = "it touches no files and runs no programs".to_string();
    Diagnostic::new("safe-mode", message).help(Some(help))
}

/// How many words of a command that takes SQL come before it, the name counted and options not.
fn words_before_sql(command: &DotCommand) -> Option<usize> {
    let mut arguments = command.arguments.split_whitespace();
    arguments.position(|argument| argument.contains("SQL")).map(|before| before + 1)
}

/// Splits a line into words; quotes hold words with blanks together, a `;` at the end is dropped.
/// After so many words, options not counted, the rest is one as it is written.
fn words(line: &str, most: usize) -> Vec<String> {
    let line = line.trim();
    let line = line.strip_suffix(';').unwrap_or(line);
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for (at, c) in line.char_indices() {
        let begins = most < usize::MAX && word.is_none() && !c.is_whitespace();
        if begins && !line[at..].starts_with("--") {
            let is_plain = |word: &&String| !word.starts_with("--");
            if words.iter().filter(is_plain).count() >= most {
                words.push(line[at..].trim_end().to_owned());
                return words;
            }
        }
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

/// Whether a command has to have one argument.
fn needs_one(command: &DotCommand) -> bool {
    !command.arguments.starts_with('[') && command.arguments.split_whitespace().count() == 1
}

/// Whether the `;` at the end of a line stands by itself: where an argument is missing it is one, as in
/// `.separator ;`.
fn ends_apart(line: &str) -> bool {
    line.trim_end().strip_suffix(';').is_some_and(|rest| rest.ends_with(char::is_whitespace))
}

/// The arguments with the name of the one database taken from before those that name tables.
fn without_database(command: &DotCommand, arguments: Vec<String>) -> Vec<String> {
    let mut usage = command.arguments.split_whitespace();
    let mut named = usage.next();
    let table = |mut argument: String| {
        let of = named.unwrap_or_default();
        if !of.ends_with("...") {
            named = usage.next();
        }
        let is_table = matches!(of.trim_matches(['[', ']', '.']), "TABLE" | "PATTERN");
        if is_table && argument.get(..MAIN.len()).is_some_and(|m| m.eq_ignore_ascii_case(MAIN)) {
            argument.drain(..MAIN.len());
        }
        argument
    };
    arguments.into_iter().map(table).collect()
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

/// There is no such command: what it is in another shell says what to use instead, or a name near to
/// it may be meant.
fn unknown(name: &str) -> Diagnostic {
    let near = || {
        commands()
            .map(|command| (strsim::damerau_levenshtein(command.name, name), command.name))
            .filter(|(distance, _)| distance * 3 <= name.chars().count())
            .min()
    };
    let help = match (foreign::instead(name), near()) {
        (Some(instead), _) => instead.to_string(),
        (None, Some((_, near))) => format!("did you mean {near}?"),
        (None, None) => ".help lists them".to_string(),
    };
    Diagnostic::new("unknown-command", format!("there is no command {name}")).help(Some(help))
}

/// What a setting shall be: what a word says, or without one the other of the two, which is told.
fn switch(
    shell: &mut Shell,
    arguments: &[String],
    setting: &str,
    now: bool,
) -> Result<bool, DotCommandError> {
    if let Some(word) = arguments.first() {
        return on_off(word);
    }
    // Nobody sees else which of the two it is.
    if shell.settings.receipts {
        writeln!(shell.out, "{setting}: {}", if now { "off" } else { "on" })?;
    }
    Ok(!now)
}

fn on_off(word: &str) -> Result<bool, DotCommandError> {
    match word.to_ascii_lowercase().as_str() {
        "on" | "yes" | "true" | "1" => Ok(true),
        "off" | "no" | "false" | "0" => Ok(false),
        _ => Err(DotCommandError::Failed(Diagnostic::new(
            "dot-command",
            format!("{word} is neither on nor off"),
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words_of(line: &str) -> Vec<String> {
        words(line, usize::MAX)
    }

    #[test]
    fn words_are_split_at_blanks_outside_quotes() {
        assert_eq!(words_of(".print 'a b' c\"d\" ''"), [".print", "a b", "cd", ""]);
        assert_eq!(words_of("  .tables;"), [".tables"]);
        assert!(words_of("  ").is_empty());
        let line = ".export --force 'a b' SELECT 'x  y', \"z\" ;";
        let expected = [".export", "--force", "a b", "SELECT 'x  y', \"z\""];
        assert_eq!(words(line, 2), expected);
    }

    #[test]
    fn the_rest_of_a_line_keeps_its_quotes() {
        assert_eq!(rest(".shell echo 'a  b' ;"), ["echo 'a  b'"]);
        assert_eq!(rest(".goto TAG 'x';"), ["TAG 'x'"]);
        assert!(rest(" .shell ; ").is_empty());
    }

    #[test]
    fn main_may_stand_before_the_name_of_a_table() {
        let given = |line: &str| {
            let words = words_of(line);
            let command = find(&words[0]).unwrap_or_else(|error| panic!("{}", error.message));
            without_database(command, words[1..].to_vec())
        };
        assert_eq!(given(".schema main.t"), ["t"]);
        assert_eq!(given(".blame MAIN.t main.x main.y"), ["t", "main.x", "main.y"]);
        assert_eq!(given(".dump main.t main.u v"), ["t", "u", "v"]);
        assert_eq!(given(".diff 1 2 main.t"), ["1", "2", "t"]);
        assert_eq!(given(".mark main.t"), ["main.t"]);
        assert_eq!(given(".tables é"), ["é"]);
    }

    #[test]
    fn abbreviations_mean_one_command_or_none() {
        let found = |name| find(name).map(|command| command.name).map_err(|error| error.message);
        assert_eq!(found(".sch"), Ok(".schema"));
        assert_eq!(found(".help"), Ok(".help"));
        assert_eq!(found("\\dt"), Ok(".tables"));
        assert!(found(".t").is_err_and(|message| message.starts_with(".t may be .tables")));
        assert_eq!(found("."), Err("there is no command .".to_string()));
        assert_eq!(found("exit"), Err("there is no command exit".to_string()));
    }

    #[test]
    fn every_name_is_unique_and_its_group_is_sorted() {
        let mut all: Vec<&str> = commands().map(|command| command.name).collect();
        for (_, command) in WORDS {
            assert!(all.contains(command));
        }
        for group in GROUPS {
            assert!(group.commands.is_sorted_by_key(|command| command.name), "{}", group.title);
        }
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }
}
