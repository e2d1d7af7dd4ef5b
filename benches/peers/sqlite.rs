//! SQLite as a program: the library that `rusqlite` bundles, in the benchmark's own binary.
//!
//! It does what a shell does, so that the same scripts can be given to it: one statement a line, from
//! standard input, as text; rows go to standard output in list mode.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Statement};
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::process::{Command, ExitCode};

/// The word by which the binary is asked to be SQLite.
const WORD: &str = "as-sqlite";

/// The command that runs SQLite, with a value for `synchronous`.
pub fn command(database: &Path, synchronous: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("the benchmark's own binary"));
    command.arg(WORD).arg(database).arg(synchronous);
    command
}

/// Whether this process shall be SQLite.
pub fn is_asked() -> bool {
    std::env::args().nth(1).is_some_and(|word| word == WORD)
}

/// Runs the script on standard input.
///
/// # Panics
/// If a statement fails.
pub fn run() -> ExitCode {
    let argument = |number| std::env::args().nth(number).expect("a database and a setting");
    let connection = Connection::open(argument(2)).expect("the database opens");
    let settings = format!("PRAGMA journal_mode=WAL; PRAGMA synchronous={};", argument(3));
    connection.execute_batch(&settings).expect("the settings are known");
    let mut input = BufReader::new(io::stdin().lock());
    let mut output = BufWriter::new(io::stdout().lock());
    let mut line = String::new();
    while input.read_line(&mut line).expect("the script is text") > 0 {
        let mut statement = connection.prepare(&line).expect("a statement");
        print(&mut statement, &mut output);
        // Whoever sends more only behind the answer has it.
        if input.buffer().is_empty() {
            output.flush().expect("output");
        }
        line.clear();
    }
    output.flush().map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS)
}

/// Runs a statement to its end and prints its rows.
fn print(statement: &mut Statement<'_>, output: &mut impl Write) {
    let width = statement.column_count();
    let mut rows = statement.query([]).expect("the statement runs");
    while let Some(row) = rows.next().expect("a row") {
        for column in 0..width {
            if column > 0 {
                output.write_all(b"|").expect("output");
            }
            match row.get_ref(column).expect("a value") {
                ValueRef::Null => Ok(()),
                ValueRef::Integer(value) => write!(output, "{value}"),
                ValueRef::Real(value) => write!(output, "{value:?}"),
                ValueRef::Text(value) | ValueRef::Blob(value) => output.write_all(value),
            }
            .expect("output");
        }
        output.write_all(b"\n").expect("output");
    }
}
