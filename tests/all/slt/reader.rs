//! Reads sqllogictest files, as the engine `sqlite`.
//!
//! Records are separated by blank lines; a line that begins with `#` is a comment, also inside the
//! SQL. `skipif` and `onlyif` hold for the record they stand over, `halt` included. Two liberties of
//! our own files: `statement error CODE` names the error, and a row of several values may stand on
//! one line, ` | ` between them.

use asof::types::{Value, numeric_prefix};
use std::path::{Path, PathBuf};

/// The engine that `skipif` and `onlyif` are read as.
const ENGINE: &str = "sqlite";

/// One statement or query of a file.
#[derive(Debug)]
pub struct Record {
    /// The number of its first line of SQL.
    pub line: usize,
    /// The SQL.
    pub sql: String,
    /// What it must give.
    pub expected: Expected,
}

/// What a record must give.
#[derive(Debug)]
pub enum Expected {
    /// No error.
    Done,
    /// An error, of this code where one is named.
    Error(Option<String>),
    /// An answer.
    Answer(Answer),
}

/// The answer that a query must give.
#[derive(Debug)]
pub struct Answer {
    /// A letter per column: I, R or T.
    pub types: String,
    /// How rows are brought into an order.
    pub sort: Sort,
    /// Queries of one label have one answer.
    pub label: Option<String>,
    /// Values, or one line that says how many hash to what.
    pub values: Vec<String>,
}

/// How rows are brought into an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// Not at all.
    None,
    /// Rows as tuples of texts.
    Rows,
    /// All values.
    Values,
}

/// The files below a folder, sorted.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "test") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The records of a file that concern this engine.
pub fn read(text: &str) -> Vec<Record> {
    let mut records = Vec::new();
    let lines: Vec<&str> = text.lines().collect();
    let mut at = 0;
    while at < lines.len() {
        let end = lines[at..].iter().position(|line| line.trim().is_empty());
        let end = end.map_or(lines.len(), |length| at + length);
        match record(&lines[at..end], at + 1) {
            Some(Some(record)) => records.push(record),
            Some(None) => {}
            None => break,
        }
        at = end + 1;
    }
    records
}

/// The record of a block of lines; `None` where the file ends by `halt`.
#[expect(clippy::option_option, reason = "nothing to run is not the end")]
fn record(block: &[&str], line: usize) -> Option<Option<Record>> {
    let numbered = block.iter().enumerate().map(|(at, text)| (line + at, text.trim_end()));
    let mut lines = numbered.filter(|(_, text)| !text.starts_with('#')).peekable();
    let mut words: Vec<&str> = Vec::new();
    let mut concerned = true;
    for (_, text) in lines.by_ref() {
        words = text.split_whitespace().collect();
        match words.as_slice() {
            ["skipif", engine, ..] => concerned &= *engine != ENGINE,
            ["onlyif", engine, ..] => concerned &= *engine == ENGINE,
            _ => break,
        }
    }
    if !concerned {
        return Some(None);
    }
    let first = lines.peek().map_or(line, |(line, _)| *line);
    let body: Vec<&str> = lines.map(|(_, text)| text).collect();
    let divider = body.iter().position(|text| *text == "----").unwrap_or(body.len());
    let sql = body[..divider].join("\n");
    let expected = match words.as_slice() {
        ["halt", ..] => return None,
        ["statement", "ok", ..] => Expected::Done,
        ["statement", "error", code @ ..] => {
            Expected::Error(code.first().map(|code| (*code).to_string()))
        }
        ["query", types, rest @ ..] => Expected::Answer(Answer {
            types: (*types).to_string(),
            sort: match rest.first() {
                Some(&"rowsort") => Sort::Rows,
                Some(&"valuesort") => Sort::Values,
                _ => Sort::None,
            },
            label: rest.get(1).map(|label| (*label).to_string()),
            values: body[body.len().min(divider + 1)..]
                .iter()
                .flat_map(|text| text.split(" | "))
                .map(str::to_string)
                .collect(),
        }),
        ["hash-threshold", ..] | [] => return Some(None),
        _ => panic!("line {line}: what is {words:?}?"),
    };
    Some(Some(Record { line: first, sql, expected }))
}

impl Answer {
    /// An answer in the form in which two are compared.
    pub fn of(&self, rows: &[Vec<Value>]) -> Vec<String> {
        let letters = || self.types.chars();
        let mut rows: Vec<Vec<String>> = rows
            .iter()
            .map(|row| row.iter().zip(letters()).map(|(v, letter)| shown(v, letter)).collect())
            .collect();
        if self.sort == Sort::Rows {
            rows.sort();
        }
        let mut values: Vec<String> = rows.into_iter().flatten().collect();
        if self.sort == Sort::Values {
            values.sort();
        }
        values
    }

    /// Makes sure that these rows are the answer.
    pub fn check(&self, rows: &[Vec<Value>]) -> Result<(), String> {
        let width = self.types.len();
        if let Some(row) = rows.iter().find(|row| row.len() != width) {
            return Err(format!("{} columns, not {width}", row.len()));
        }
        let values = self.of(rows);
        if self.is(&values) {
            return Ok(());
        }
        let lines: Vec<String> = values.chunks(width).map(|row| row.join(" | ")).collect();
        let (hash, lines) = (hashed(&values), lines.join("\n"));
        Err(format!("gives {hash}\n{lines}\nnot\n{}", self.values.join("\n")))
    }

    /// Whether these values are the answer.
    fn is(&self, values: &[String]) -> bool {
        match self.values.as_slice() {
            [hash] if hash.contains(" values hashing to ") => *hash == hashed(values),
            expected => expected == values,
        }
    }
}

/// Many values as one line.
pub fn hashed(values: &[String]) -> String {
    let text: String = values.iter().flat_map(|value| [value.as_str(), "\n"]).collect();
    format!("{} values hashing to {}", values.len(), super::md5::digest(&text))
}

/// A value as its column's letter demands, whatever type it has.
fn shown(value: &Value, letter: char) -> String {
    if value.is_null() {
        return "NULL".into();
    }
    let text = value.to_text();
    let number: f64 = numeric_prefix(&text).to_text().parse().unwrap_or(0.0);
    match letter {
        #[expect(clippy::cast_possible_truncation, reason = "as SQLite's own runner cuts it")]
        'I' => {
            let integer =
                if let Value::Integer(integer) = value { *integer } else { number as i64 };
            (integer as i32).to_string()
        }
        'R' => format!("{number:.3}"),
        _ if text.is_empty() => "(empty)".into(),
        _ => text.chars().map(|c| if (' '..='~').contains(&c) { c } else { '@' }).collect(),
    }
}
