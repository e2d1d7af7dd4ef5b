//! The plans of `tests/plans`: scripts with what EXPLAIN VERBOSE says of each query and change behind
//! it, to be read as a book. `UPDATE_GOLDEN=1` writes them anew.
//!
//! A line that begins with `#` is a comment, one with `|` is what was explained; a statement ends with
//! its line. What defines a table is run, and ANALYZE; of the others the plan is shown, and those that
//! change rows are run as well: behind the plan stand its operations, the events that it made.

use crate::answer::rows_of;
use crate::golden::assert_golden;
use asof::session::Session;
use asof::storage::Database;
use asof::types::{EventId, Value};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

/// The script with every plan as it is now.
fn explained(script: &str) -> String {
    let database = Database::in_memory().expect("a database");
    let mut session = Session::new(Arc::new(database));
    let mut text = String::new();
    for line in script.lines().filter(|line| !line.starts_with('|')) {
        text.push_str(line);
        text.push('\n');
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if !line.starts_with("CREATE") && !line.starts_with("ANALYZE") {
            let explain = format!("EXPLAIN VERBOSE {line}");
            for row in rows_of(&mut session, &explain).expect("a plan") {
                let Value::Text(line) = &row[0] else { panic!("{row:?} is no line") };
                writeln!(text, "| {line}").expect("a string takes it");
            }
        }
        let head = session.head();
        rows_of(&mut session, line).expect("a statement that runs");
        if WRITES.iter().any(|word| line.starts_with(word)) {
            text.push_str(&operations(&mut session, head));
        }
    }
    text
}

/// The first words of statements that change rows.
const WRITES: &[&str] = &["INSERT", "UPDATE", "DELETE", "REPLACE", "WITH"];

/// How many operations of a statement are shown.
const MOST_OPERATIONS: usize = 4;

/// The events behind one, in words, and which of them made them.
fn operations(session: &mut Session, head: EventId) -> String {
    let events = format!("SELECT event, cause, change FROM _events WHERE event > {head}");
    let mut text = String::new();
    let rows = rows_of(session, &events).expect("the events of a write");
    for row in rows.iter().take(MOST_OPERATIONS) {
        let head = if text.is_empty() { "| operations:\n" } else { "" };
        let cause = if row[1].is_null() { "" } else { &*format!(" because of {}", row[1]) };
        let change = row[2].to_text();
        writeln!(text, "{head}|   event {}{cause}: {change}", row[0]).expect("a string takes it");
    }
    if let Some(more @ 1..) = rows.len().checked_sub(MOST_OPERATIONS) {
        writeln!(text, "|   and {more} more").expect("a string takes it");
    }
    text
}

#[test]
fn plans_are_what_their_book_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/plans");
    let mut files = 0;
    for entry in std::fs::read_dir(folder).expect("the folder") {
        let path = entry.expect("an entry").path();
        let script = std::fs::read_to_string(&path).expect("a file of text");
        let now = explained(&script);
        files += 1;
        assert_golden(&path, &now);
    }
    assert!(files > 0, "there are plans");
}
