//! Dot-commands: one table for the parser, the help and the completion.
//!
//! A line becomes words here, its command is found and its words are counted; each group of commands
//! has a room of its own.

mod output;
mod schema;
mod session;

use super::{Shell, Stop};
use crate::render::{Diagnostic, Place};

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

/// Dot-commands that have to do with each other.
pub struct Group {
    /// What they have to do with.
    pub title: &'static str,
    /// The commands, by name.
    pub commands: &'static [DotCommand],
}

/// All dot-commands.
pub const GROUPS: &[Group] = &[session::GROUP, output::GROUP, schema::GROUP];

/// All dot-commands, group by group.
pub fn commands() -> impl Iterator<Item = &'static DotCommand> {
    GROUPS.iter().flat_map(|group| group.commands)
}

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
    ("\\x", ".x"),
];

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
    let result = match commands().find(|command| command.name == name) {
        Some(command) => {
            let arguments = &words[1..];
            match wrong_count(command, arguments.len()) {
                Some(error) => Err(Trouble::Told(error)),
                // Of a rehearsal a script's scripts are part, and nothing else is done.
                None if shell.settings.rehearse && command.name != ".read" => Ok(()),
                None => (command.run)(shell, arguments),
            }
        }
        None => Err(Trouble::Told(unknown(&name))),
    };
    let done = match result {
        Ok(()) => Ok(()),
        Err(Trouble::Stop(stop)) => Err(stop),
        Err(Trouble::Told(error)) => Err(shell.fail(&error, line, place)),
    };
    shell.arrived(done, line, place)
}

/// Makes sure that a command may touch files or run programs.
fn check_safe(shell: &Shell, command: &str) -> Result<(), Trouble> {
    if !shell.settings.safe {
        return Ok(());
    }
    let message = format!("{command} is refused: this shell was started with --safe");
    let help = "it touches no files and runs no programs".to_string();
    Err(Trouble::Told(Diagnostic::new("safe-mode", message).help(Some(help))))
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
    let near = commands()
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
