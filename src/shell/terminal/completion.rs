//! What could follow at the cursor: commands and their arguments, words, names, files.

use super::command_word::CommandWord;
use super::log;
use super::schema_names::{SchemaNames, table_functions};
use crate::language::ast::Identifier;
use crate::language::{
    CompletionSlot, StatementTables, Symbol, TableName, Token, TokenKind, completions,
    tables_around, tokenize,
};
use crate::planner::{AGGREGATE_FUNCTIONS, SCALAR_FUNCTIONS, WINDOW_FUNCTIONS};
use crate::render::{MODES, escape};
use crate::session::help_subjects;
use crate::shell::connection::reads;
use crate::shell::dot::{self, DotCommand};
use crate::types::{Collation, Value, is_control};
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
pub(super) struct CompletionCandidate {
    shown: String,
    inserted: String,
    /// Whether something else follows it, behind a blank: not behind a column, which a comma may
    /// follow, nor behind a function, a folder or the last word of a command.
    goes_on: bool,
}

impl CompletionCandidate {
    /// The same as a word that another follows.
    fn going_on(mut self) -> CompletionCandidate {
        self.goes_on = true;
        self
    }
}

impl rustyline::completion::Candidate for CompletionCandidate {
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
    pub(super) candidates: Vec<CompletionCandidate>,
}

/// The candidates for the end of a text, `behind` which the rest stands. A blank follows the only
/// one, as in other shells, where something else comes behind it.
pub(super) fn complete(text: &str, behind: &str, known: &SchemaNames) -> Completion {
    let line = text.rsplit('\n').next().unwrap_or_default();
    let command = line.trim_start();
    let mut found =
        if command.starts_with(['.', '\\']) && is_between(&text[..text.len() - line.len()]) {
            let behind = behind.split('\n').next().unwrap_or_default();
            in_command(command, text.len(), behind, known)
        } else {
            in_statement(text, behind, known)
        };
    found.candidates.truncate(MAX);
    if let [only] = found.candidates.as_mut_slice()
        && only.goes_on
        && !behind.starts_with(char::is_whitespace)
    {
        only.inserted.push(' ');
    }
    found
}

/// Whether no statement is open behind a text.
fn is_between(before: &str) -> bool {
    let mut entry = super::StatementReader::default();
    entry.read(before);
    !entry.is_open()
}

/// Candidates for a dot-command or its arguments; `end` is where the line ends in the text.
fn in_command(line: &str, end: usize, behind: &str, known: &SchemaNames) -> Completion {
    let begin = end - line.len();
    let mut words = CommandWord::all(line);
    let word = words.pop().unwrap_or_default();
    let start = begin + word.start;
    let Some(name) = words.first().map(|word| word.text.to_ascii_lowercase()) else {
        return Completion { start, candidates: commands(&word.text) };
    };
    let alias = dot::WORDS.iter().find(|(alias, _)| *alias == name);
    let name = alias.map_or(name.as_str(), |(_, command)| *command);
    let Some(command) = dot::commands().find(|command| command.name == name) else {
        return Completion { start, candidates: Vec::new() };
    };
    if let Some((at, before)) = embedded(command, &words, line) {
        let found = in_statement(&format!("{before}{}", &line[at..]), behind, known);
        let start = begin + at + found.start.saturating_sub(before.len());
        return Completion { start, ..found };
    }
    let said: Vec<String> = words[1..].iter().map(|word| word.text.clone()).collect();
    let index = if takes_points(command) { dot::points(&said).len() } else { said.len() };
    Completion { start, candidates: arguments(command, index, &word, known) }
}

/// Candidates for the name of a command.
fn commands(word: &str) -> Vec<CompletionCandidate> {
    let word = word.to_ascii_lowercase();
    let usual = dot::commands().map(|command| (command.name, command.help, command.arguments));
    let known = |name: &str| dot::commands().find(|command| command.name == name);
    let aliases = dot::WORDS.iter().filter(|(alias, _)| alias.starts_with('\\'));
    let aliases = aliases.map(|(alias, command)| {
        (*alias, *command, known(command).map_or("", |command| command.arguments))
    });
    let begun = usual.chain(aliases).filter(|(name, ..)| name.starts_with(&word));
    let candidate = |(name, help, arguments): (&str, &str, &str)| {
        let candidate = described(name, help);
        if arguments.is_empty() { candidate } else { candidate.going_on() }
    };
    begun.map(candidate).collect()
}

/// Whether points are the first arguments of a command, each of them one word or two.
fn takes_points(command: &DotCommand) -> bool {
    command.arguments.starts_with("POINT")
}

/// Where a text of the language begins in a command's line, behind these words, and what would stand
/// before it in a statement.
fn embedded(
    command: &DotCommand,
    words: &[CommandWord],
    line: &str,
) -> Option<(usize, &'static str)> {
    const POINT: &str = "SET AS OF ";
    let place = |index: usize| CommandWord::all(line).get(index).map(|word| word.start);
    if takes_points(command) {
        let points = if command.arguments == "POINT" { 1 } else { 2 };
        let said: Vec<String> = words[1..].iter().map(|word| word.text.clone()).collect();
        let complete = dot::points(&said);
        // A word like TAG waits for what comes behind it.
        let waits = complete.last().is_some_and(|last| {
            dot::POINT_WORDS.iter().any(|word| word.eq_ignore_ascii_case(last))
        });
        let before = complete.len() - usize::from(waits);
        let index = if waits { words.len() - 1 } else { words.len() };
        return if before < points { Some((place(index)?, POINT)) } else { None };
    }
    let first = command.arguments.split_whitespace().position(|word| word.contains("SQL"))? + 1;
    let at = place(first)?;
    (words.len() > first && reads(&line[at..])).then_some((at, ""))
}

/// Candidates for an argument of a command, from its usage.
fn arguments(
    command: &DotCommand,
    index: usize,
    word: &CommandWord,
    known: &SchemaNames,
) -> Vec<CompletionCandidate> {
    let usages: Vec<&str> = command.arguments.split_whitespace().collect();
    let repeats = usages.last().is_some_and(|last| last.ends_with("..."));
    let Some(usage) = usages.get(index).or(usages.last().filter(|_| repeats)) else {
        return Vec::new();
    };
    let mut candidates = Vec::new();
    for choice in usage.trim_end_matches("...").trim_matches(['[', ']']).split('|') {
        match choice {
            "MODE" => candidates.extend(MODES.iter().map(|mode| described(mode.name, mode.help))),
            "FILE" => candidates.extend(files(word, FOLDERS.contains(&command.name))),
            "TABLE" | "PATTERN" => {
                candidates.extend(known.tables().map(|table| quoted(&table.name)))
            }
            "OPT" => candidates.extend(dot::import_options().map(|option| plain(&option))),
            "TOPIC" => {
                let commands = dot::commands();
                candidates
                    .extend(commands.map(|command| described(&command.name[1..], command.help)));
                candidates.extend(help_subjects().map(|(name, about)| described(name, about)));
            }
            "NAME" if command.name.starts_with(".param") => {
                candidates.extend(known.parameters().iter().map(|name| plain(name)));
            }
            literal if literal.chars().all(|c| c.is_ascii_lowercase() || c == '-') => {
                candidates.push(plain(literal));
            }
            _ => {}
        }
    }
    let typed = word.text.as_str();
    candidates.retain(|candidate| begins(&candidate.inserted, typed));
    // Of several usages only the next tells whether more has to be said.
    let more = usages.get(index + 1).is_some_and(|usage| !usage.starts_with('['));
    for candidate in &mut candidates {
        candidate.goes_on = more && !candidate.inserted.ends_with('/');
    }
    candidates
}

/// Commands whose files are folders.
const FOLDERS: &[&str] = &[".cd", ".open", ".save"];

/// Candidates for a statement that goes on behind the cursor.
fn in_statement(text: &str, behind: &str, known: &SchemaNames) -> Completion {
    let expected = completions(text);
    let word = &text[expected.start..];
    let named = named_around(text, behind);
    let mut candidates: Vec<CompletionCandidate> =
        expected.slots.iter().flat_map(|slot| in_slot(slot, text, word, &named, known)).collect();
    let is_lower = is_lower_case(text, word);
    candidates.extend(expected.words.iter().filter(|word| is_worded(word)).map(|word| {
        let shown = if is_lower { word.to_ascii_lowercase() } else { (*word).to_string() };
        // Their text or parenthesis follows at once.
        let is_open = *word == "CAST" || word.ends_with('\'');
        if is_open { plain(&shown) } else { plain(&shown).going_on() }
    }));
    candidates.retain(|candidate| begins(&candidate.inserted, word));
    let mut seen = HashSet::new();
    candidates.retain(|candidate| seen.insert(candidate.inserted.clone()));
    Completion { start: expected.start, candidates }
}

/// The tables that the statement at the cursor names, before it and behind.
fn named_around(text: &str, behind: &str) -> StatementTables {
    let whole = format!("{text}{behind}");
    let is_end = |token: &&Token| {
        token.span.start >= text.len() && token.kind == TokenKind::Symbol(Symbol::Semicolon)
    };
    let tokens = tokenize(&whole).tokens;
    let end = tokens.iter().find(is_end).map_or(whole.len(), |token| token.span.start);
    tables_around(&whole[..end], text.len())
}

/// Candidates for a name or a number, of which `word` may be the beginning, in a statement that names
/// these tables.
fn in_slot(
    slot: &CompletionSlot,
    text: &str,
    word: &str,
    named: &StatementTables,
    known: &SchemaNames,
) -> Vec<CompletionCandidate> {
    let is_text = word.starts_with('\'');
    match slot {
        CompletionSlot::Table => {
            let common = named.with.iter().map(|table| &table.name);
            let tables = common.chain(known.tables().map(|table| &table.name));
            let tables = tables.map(|table| name(table).going_on());
            tables.chain(table_functions(word).map(|name| plain(&name))).collect()
        }
        CompletionSlot::Column { qualifier: None } => {
            let mut names = columns(None, &named.tables, known);
            names.extend(qualifiers(&named.tables, word));
            names
        }
        CompletionSlot::Column { qualifier } => columns(qualifier.as_deref(), &named.tables, known),
        // Nobody looks through all of them.
        CompletionSlot::Function if word.is_empty() => Vec::new(),
        CompletionSlot::Function => {
            let scalar = SCALAR_FUNCTIONS.iter().map(|entry| entry.signature.name);
            let aggregate = AGGREGATE_FUNCTIONS.iter().map(|entry| entry.signature.name);
            let window = WINDOW_FUNCTIONS.iter().map(|entry| entry.signature.name);
            scalar.chain(aggregate).chain(window).map(|name| plain(&format!("{name}("))).collect()
        }
        CompletionSlot::DataType => {
            let is_lower = is_lower_case(text, word);
            let cased =
                |name: &str| if is_lower { name.to_ascii_lowercase() } else { name.to_string() };
            DATA_TYPES.iter().map(|name| plain(&cased(name))).collect()
        }
        CompletionSlot::Collation => Collation::ALL.map(|known| plain(known.name())).into(),
        CompletionSlot::Tag if is_text => texts(log::tags(known)),
        CompletionSlot::Snapshot if is_text => texts(log::snapshot_names(known)),
        CompletionSlot::Event => described_all(log::events(known)),
        CompletionSlot::Tag => log::tags(known)
            .into_iter()
            .map(|(tag, what)| CompletionCandidate {
                inserted: name(&tag).inserted,
                ..described(&tag, &what)
            })
            .collect(),
        CompletionSlot::Transaction => described_all(log::transactions(known)),
        CompletionSlot::Snapshot => described_all(log::snapshots(known)),
        CompletionSlot::Moment => described_all(log::moments(known)),
        CompletionSlot::Index => known.indexes().map(|index| name(index)).collect(),
        CompletionSlot::Trigger => known.triggers().iter().map(|trigger| name(trigger)).collect(),
        CompletionSlot::Parameter => known.parameters().iter().map(|name| plain(name)).collect(),
        CompletionSlot::NewName => Vec::new(),
        CompletionSlot::Topic => help_subjects().map(|(name, _)| plain(name)).collect(),
    }
}

/// Names that stand as texts, each with what it is of.
fn texts(names: Vec<(String, String)>) -> Vec<CompletionCandidate> {
    let text = |(name, what): (String, String)| described(&Value::text(name).to_string(), &what);
    names.into_iter().map(text).collect()
}

/// The columns of the tables that the statement names, or of one of them; of all tables where it names
/// none yet.
fn columns(
    qualifier: Option<&str>,
    named: &[TableName],
    known: &SchemaNames,
) -> Vec<CompletionCandidate> {
    let is_meant = |table: &&TableName| {
        qualifier.is_none_or(|qualifier| qualifier.eq_ignore_ascii_case(table.called()))
    };
    let meant = named.iter().filter(is_meant);
    let mut found: Vec<String> = meant.flat_map(|table| known.columns_of(table)).collect();
    if found.is_empty() {
        let tables = known.tables().filter(|table| {
            qualifier.is_none_or(|qualifier| qualifier.eq_ignore_ascii_case(&table.name))
        });
        found = tables.flat_map(|table| table.columns.iter().cloned()).collect();
    }
    found.iter().map(|column| name(column)).collect()
}

/// What a begun word may be a table of, with the point before a column.
fn qualifiers(named: &[TableName], word: &str) -> Vec<CompletionCandidate> {
    let named = if word.is_empty() { &[] } else { named };
    let called = named.iter().map(TableName::called).filter(|called| !called.is_empty());
    called.map(|called| plain(&format!("{}.", Identifier::of(called)))).collect()
}

/// Whether the words of a statement are typed in small letters: as the unfinished one is, or the last
/// keyword before it that is no name.
fn is_lower_case(text: &str, word: &str) -> bool {
    let letters = |word: &str| word.contains(|c: char| c.is_ascii_alphabetic());
    let tokens = tokenize(text).tokens;
    let is_sure = |token: &&Token| {
        matches!(token.kind, TokenKind::Keyword(keyword)
            if keyword.is_reserved() || token.span.start == 0)
    };
    let before = tokens.iter().rev().filter(is_sure);
    let mut typed = before.map(|token| &text[token.span.start..token.span.end]);
    let sample = if letters(word) { Some(word) } else { typed.next() };
    sample.is_some_and(|word| !word.contains(|c: char| c.is_ascii_uppercase()))
}

/// Whether an expected word is one, and no mark that is typed sooner than completed.
fn is_worded(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_alphabetic())
}

fn described_all(words: Vec<(String, String)>) -> Vec<CompletionCandidate> {
    words.into_iter().map(|(word, what)| described(&word, &what)).collect()
}

/// What a name or a text may begin with.
const QUOTES: [char; 2] = ['"', '\''];

/// Whether a candidate begins with a word, in any case.
fn begins(candidate: &str, word: &str) -> bool {
    let plain = candidate.trim_start_matches(QUOTES);
    let word = word.trim_start_matches(QUOTES);
    plain.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
}

fn plain(word: &str) -> CompletionCandidate {
    // What commands a terminal is listed as what it is, and inserted as it is.
    let shown = escape(word).into_owned();
    CompletionCandidate { shown, inserted: word.to_string(), goes_on: false }
}

fn described(word: &str, what: &str) -> CompletionCandidate {
    CompletionCandidate {
        shown: escape(&format!("{word:12}  {what}")).into_owned(),
        inserted: word.to_string(),
        goes_on: false,
    }
}

/// A name, in quotes if it needs them.
fn name(name: &str) -> CompletionCandidate {
    plain(&Identifier::of(name).to_string())
}

/// A word of a command, in quotes if it has blanks or quotes.
fn quoted(word: &str) -> CompletionCandidate {
    let mark = if word.contains('\'') { '"' } else { '\'' };
    let is_plain = !word.contains(|c: char| c.is_whitespace() || QUOTES.contains(&c));
    if is_plain { plain(word) } else { plain(&format!("{mark}{word}{mark}")) }
}

/// The files and folders, or folders alone, that a path could become.
fn files(word: &CommandWord, only_folders: bool) -> Vec<CompletionCandidate> {
    let typed = word.text.as_str();
    let cut = typed.rfind('/').map_or(0, |at| at + 1);
    let (folder, begun) = typed.split_at(cut);
    let place = if folder.is_empty() { Path::new(".") } else { Path::new(folder) };
    let Ok(entries) = std::fs::read_dir(place) else { return Vec::new() };
    let mut paths: Vec<CompletionCandidate> = entries
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let is_hidden = name.starts_with('.') && !begun.starts_with('.');
            let is_folder = entry.path().is_dir();
            let is_fit = name.starts_with(begun)
                && !is_hidden
                && !name.contains(is_control)
                && (is_folder || !only_folders);
            is_fit.then(|| path(&format!("{folder}{name}"), is_folder, word.open))
        })
        .take(MAX)
        .collect();
    paths.sort_unstable_by(|one, other| one.shown.cmp(&other.shown));
    paths
}

/// A path as a word of a command; the quotes of a folder stay open, for what is in it.
fn path(path: &str, is_folder: bool, open: Option<char>) -> CompletionCandidate {
    let path = if is_folder { format!("{path}/") } else { path.to_string() };
    let mut candidate = quoted(&path);
    if let (Some(mark), true) = (open, candidate.inserted == path) {
        candidate.inserted = format!("{mark}{path}{mark}");
    }
    if is_folder && candidate.inserted != path {
        candidate.inserted.pop();
    }
    candidate.shown = path;
    candidate
}

#[cfg(test)]
mod tests;
