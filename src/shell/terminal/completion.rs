//! What could follow at the cursor: commands and their arguments, words, names, files.

use super::known::{Known, Table};
use super::log;
use crate::language::ast::Identifier;
use crate::language::{Slot, TokenKind, expectation, tables_of, tokenize};
use crate::planner::{AGGREGATE_FUNCTIONS, SCALAR_FUNCTIONS};
use crate::render::MODES;
use crate::shell::dot::{self, DotCommand};
use std::collections::HashSet;
use std::path::Path;

/// More candidates than this are no help, and rustyline cannot lay out 65,536.
const MAX: usize = 500;

/// The types that a column can be given, as they are usually spelt.
const DATA_TYPES: &[&str] = &[
    "INTEGER",
    "REAL",
    "TEXT",
    "BOOLEAN",
    "DECIMAL(",
    "NUMERIC",
    "DATE",
    "TIMESTAMP",
    "BLOB",
    "JSON",
];

/// A candidate: what is inserted, and what the list shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    shown: String,
    inserted: String,
}

impl rustyline::completion::Candidate for Candidate {
    fn display(&self) -> &str {
        &self.shown
    }

    fn replacement(&self) -> &str {
        &self.inserted
    }
}

/// What could stand from a place on.
pub(super) struct Completion {
    /// Where the unfinished word begins, in bytes.
    pub(super) start: usize,
    /// What it could become.
    pub(super) candidates: Vec<Candidate>,
}

/// The candidates for the end of a text.
pub(super) fn complete(text: &str, known: &Known) -> Completion {
    let line = text.rsplit('\n').next().unwrap_or_default();
    let command = line.trim_start();
    let mut found =
        if command.starts_with(['.', '\\']) && is_between(&text[..text.len() - line.len()]) {
            in_command(command, text.len(), known)
        } else {
            in_statement(text, known)
        };
    found.candidates.truncate(MAX);
    found
}

/// Whether no statement is open behind a text.
fn is_between(before: &str) -> bool {
    let mut entry = super::Entry::default();
    entry.read(before);
    !entry.is_open()
}

/// Candidates for a dot-command or its arguments; `end` is where the line ends in the text.
fn in_command(line: &str, end: usize, known: &Known) -> Completion {
    let words: Vec<&str> = line.split_whitespace().collect();
    let is_new = line.ends_with(char::is_whitespace);
    let index = if is_new { words.len() } else { words.len() - 1 };
    let word = if is_new { "" } else { words[words.len() - 1] };
    let start = end - word.len();
    if index == 0 {
        let names = dot::commands().map(|command| (command.name, command.help));
        let aliases = dot::WORDS.iter().filter(|(alias, _)| alias.starts_with('\\'));
        let candidates = names
            .chain(aliases.map(|(alias, command)| (*alias, *command)))
            .filter(|(name, _)| name.starts_with(&word.to_ascii_lowercase()))
            .map(|(name, help)| Candidate {
                shown: format!("{name:12}  {help}"),
                inserted: name.to_string(),
            });
        return Completion { start, candidates: candidates.collect() };
    }
    let name = words[0].to_ascii_lowercase();
    let alias = dot::WORDS.iter().find(|(alias, _)| *alias == name);
    let name = alias.map_or(name.as_str(), |(_, command)| *command);
    let command = dot::commands().find(|command| command.name == name);
    let candidates =
        command.map_or_else(Vec::new, |command| arguments(command, index - 1, word, known));
    // Of a file's path only the last part is new.
    Completion { start, candidates }
}

/// Candidates for an argument of a command, from its usage.
fn arguments(command: &DotCommand, index: usize, word: &str, known: &Known) -> Vec<Candidate> {
    let usages: Vec<&str> = command.arguments.split_whitespace().collect();
    let Some(usage) = usages.get(index).or(usages.last().filter(|last| last.ends_with("...")))
    else {
        return Vec::new();
    };
    let mut candidates = Vec::new();
    for choice in usage.trim_end_matches("...").trim_matches(['[', ']']).split('|') {
        match choice {
            "MODE" => candidates.extend(MODES.iter().map(|mode| described(mode.name, mode.help))),
            "FILE" => candidates.extend(files(word)),
            "TABLE" | "PATTERN" => candidates.extend(known.tables().map(|table| name(&table.name))),
            "TOPIC" | "NAME" if command.name == ".help" => {
                let names =
                    dot::commands().map(|command| described(&command.name[1..], command.help));
                candidates.extend(names);
            }
            literal if literal.chars().all(|c| c.is_ascii_lowercase() || c == '-') => {
                candidates.push(plain(literal));
            }
            _ => {}
        }
    }
    candidates.retain(|candidate| begins(&candidate.inserted, word));
    candidates
}

/// Candidates for a statement.
fn in_statement(text: &str, known: &Known) -> Completion {
    let expected = expectation(text);
    let word = &text[expected.start..];
    let mut candidates: Vec<Candidate> =
        expected.slots.iter().flat_map(|slot| in_slot(slot, text, known)).collect();
    let is_lower = is_lower_case(text, word);
    candidates.extend(expected.words.iter().filter(|word| is_worded(word)).map(|word| {
        plain(&if is_lower { word.to_ascii_lowercase() } else { (*word).to_string() })
    }));
    candidates.retain(|candidate| begins(&candidate.inserted, word));
    let mut seen = HashSet::new();
    candidates.retain(|candidate| seen.insert(candidate.inserted.clone()));
    Completion { start: expected.start, candidates }
}

/// Candidates for a name or a number.
fn in_slot(slot: &Slot, text: &str, known: &Known) -> Vec<Candidate> {
    match slot {
        Slot::Table => known.tables().map(|table| name(&table.name)).collect(),
        Slot::Column { qualifier } => columns(qualifier.as_deref(), text, known),
        Slot::Function => {
            let scalar = SCALAR_FUNCTIONS.iter().map(|function| function.name);
            let aggregate = AGGREGATE_FUNCTIONS.iter().map(|(name, ..)| *name);
            scalar.chain(aggregate).map(|name| plain(&format!("{name}("))).collect()
        }
        Slot::DataType => DATA_TYPES.iter().map(|name| plain(name)).collect(),
        Slot::Event => described_all(log::events(known)),
        Slot::Tag => log::tags(known)
            .into_iter()
            .map(|(tag, what)| Candidate {
                shown: format!("{tag:12}  {what}"),
                inserted: name(&tag).inserted,
            })
            .collect(),
        Slot::Transaction => described_all(log::transactions(known)),
        Slot::Snapshot => described_all(log::snapshots(known)),
        Slot::Moment => described_all(log::moments(known)),
        Slot::Index | Slot::NewName | Slot::Parameter => Vec::new(),
    }
}

/// The columns of the tables that the statement names, or of one of them; of all tables where it names
/// none yet.
fn columns(qualifier: Option<&str>, text: &str, known: &Known) -> Vec<Candidate> {
    let named = tables_of(text);
    let is_meant =
        |called: &str| qualifier.is_none_or(|qualifier| qualifier.eq_ignore_ascii_case(called));
    let mut tables: Vec<&Table> = named
        .iter()
        .filter(|table| is_meant(table.alias.as_ref().unwrap_or(&table.name)))
        .filter_map(|table| known.table(&table.name))
        .collect();
    if tables.is_empty() {
        tables = match qualifier {
            Some(qualifier) => known.table(qualifier).into_iter().collect(),
            None => known.tables().collect(),
        };
    }
    tables.iter().flat_map(|table| &table.columns).map(|column| name(column)).collect()
}

/// Whether the words of a statement are typed in small letters: as the unfinished one is, or the last
/// keyword before it.
fn is_lower_case(text: &str, word: &str) -> bool {
    let letters = |word: &str| word.contains(|c: char| c.is_ascii_alphabetic());
    let tokens = tokenize(text).tokens;
    let before = tokens.iter().rev().filter(|token| matches!(token.kind, TokenKind::Keyword(_)));
    let mut typed = before.map(|token| &text[token.span.start..token.span.end]);
    let sample = if letters(word) { Some(word) } else { typed.next() };
    sample.is_some_and(|word| !word.contains(|c: char| c.is_ascii_uppercase()))
}

/// Whether an expected word is one, and no mark that is typed sooner than completed.
fn is_worded(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_alphabetic())
}

fn described_all(words: Vec<(String, String)>) -> Vec<Candidate> {
    words.into_iter().map(|(word, what)| described(&word, &what)).collect()
}

/// Whether a candidate begins with a word, in any case.
fn begins(candidate: &str, word: &str) -> bool {
    let plain = candidate.trim_start_matches('"');
    let word = word.trim_start_matches('"');
    plain.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
}

fn plain(word: &str) -> Candidate {
    Candidate { shown: word.to_string(), inserted: word.to_string() }
}

fn described(word: &str, what: &str) -> Candidate {
    Candidate { shown: format!("{word:12}  {what}"), inserted: word.to_string() }
}

/// A name, in quotes if it needs them.
fn name(name: &str) -> Candidate {
    plain(&Identifier::of(name).to_string())
}

/// The files and folders that a path could become.
fn files(word: &str) -> Vec<Candidate> {
    let cut = word.rfind('/').map_or(0, |at| at + 1);
    let (folder, begun) = word.split_at(cut);
    let place = if folder.is_empty() { Path::new(".") } else { Path::new(folder) };
    let Ok(entries) = std::fs::read_dir(place) else { return Vec::new() };
    let mut names: Vec<String> = entries
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let is_hidden = name.starts_with('.') && !begun.starts_with('.');
            let is_fit = name.starts_with(begun) && !is_hidden && !name.contains(char::is_control);
            let end = if entry.path().is_dir() { "/" } else { "" };
            is_fit.then(|| format!("{folder}{name}{end}"))
        })
        .take(MAX)
        .collect();
    names.sort();
    names.into_iter().map(|name| plain(&name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Known {
        Known::of(&[("accounts", &["id", "owner"]), ("order", &["id"])])
    }

    fn inserted(text: &str) -> Vec<String> {
        let found = complete(text, &known());
        found.candidates.into_iter().map(|candidate| candidate.inserted).collect()
    }

    #[test]
    fn commands_and_their_arguments() {
        assert_eq!(inserted(".tab"), [".tables"]);
        assert!(inserted("SELECT 1;\n.he").contains(&".help".to_string()));
        assert_eq!(inserted(".timer o"), ["on", "off"]);
        assert_eq!(inserted(".mode b"), ["box"]);
        assert_eq!(inserted(".schema acc"), ["accounts"]);
        assert!(inserted(".mode box x").is_empty());
        assert!(inserted(".nothing ").is_empty());
    }

    #[test]
    fn a_list_has_an_end() {
        let names: Vec<String> = (0..1000).map(|index| format!("t{index}")).collect();
        let tables: Vec<(&str, &[&str])> =
            names.iter().map(|name| (name.as_str(), &[][..])).collect();
        let found = complete("SELECT * FROM ", &Known::of(&tables));
        assert_eq!(found.candidates.len(), MAX);
    }

    #[test]
    fn names_that_need_quotes_have_them() {
        assert_eq!(inserted("SELECT * FROM "), ["accounts", "\"order\"", "HISTORY OF"]);
        assert_eq!(inserted("SELECT * FROM ord"), ["\"order\""]);
    }

    #[test]
    fn words_keep_the_case_that_was_typed() {
        assert_eq!(inserted("sele"), ["select"]);
        assert_eq!(inserted("SELE"), ["SELECT"]);
        assert!(inserted("select * ").contains(&"from".to_string()));
        assert!(inserted("SELECT * ").contains(&"FROM".to_string()));
    }

    #[test]
    fn columns_are_those_of_the_tables_that_are_named() {
        assert_eq!(inserted("SELECT a.o FROM accounts a WHERE a."), ["id", "owner"]);
        assert_eq!(inserted("UPDATE accounts SET ow"), ["owner"]);
        assert_eq!(inserted("SELECT ow"), ["owner"]);
        assert!(inserted("SELECT ma").contains(&"max(".to_string()));
    }
}
