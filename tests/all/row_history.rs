//! HISTORY of some rows: found by a key or by their number, in whatever epochs they lie, it is what looking at
//! every version gives.

use crate::answer::rows_of;
use asof::session::Session;
use asof::storage::{Database, Environment, OpenOptions};
use asof::types::Value;
use std::path::Path;
use std::sync::Arc;

/// Keys that move from row to row, rows that go and come back, keys and columns that are made later.
const STATEMENTS: &[&str] = &[
    "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT UNIQUE COLLATE NOCASE, n INTEGER)",
    "INSERT INTO t VALUES (7, 'a', 1), (8, 'b', 1), (9, 'c', 2)",
    "UPDATE t SET n = 10 WHERE id = 7",
    "UPDATE t SET id = 70 WHERE id = 7",
    "INSERT INTO t VALUES (7, 'd', 3)",
    "CREATE INDEX by_n ON t (n)",
    "UPDATE t SET n = n + 1",
    "DELETE FROM t WHERE id = 8",
    "UPDATE t SET name = 'B', n = 4 WHERE id = 9",
    "ALTER TABLE t ADD COLUMN extra INTEGER DEFAULT 5",
    "INSERT INTO t (rowid, name, n) VALUES (8, 'e', 2)",
    "UPDATE t SET id = CASE id WHEN 7 THEN 70 ELSE 7 END WHERE id IN (7, 70)",
    "ALTER TABLE t RENAME COLUMN n TO number",
    "UPDATE t SET extra = 6 WHERE id = 7",
    "DROP INDEX by_n",
    "UPDATE t SET number = 1, name = 'z' || id",
    "DELETE FROM t WHERE number = 1 AND id > 8",
];

/// Conditions that lead to rows, and such that say the same and lead nowhere.
const CONDITIONS: &[(&str, &str, &str)] = &[
    ("id = 7", "id + 0 = 7", "find t by primary key id = 7 (_row)"),
    ("id IN (8, 70)", "id + 0 IN (8, 70)", "find t by primary key id = 8 or id = 70 (_row)"),
    ("id = 7 AND number > 3", "id + 0 = 7 AND number > 3", "find t by primary key id = 7 (_row)"),
    ("name = 'b'", "name || '' = 'b' COLLATE NOCASE", "find t by unique key name = 'b' (_row)"),
    ("number = 2", "number + 0 = 2", "find t by by_n number = 2 (_row)"),
    ("extra = 5", "extra + 0 = 5", "scan t (_row)"),
    ("_row = 2", "_row + 0 = 2", "find t by _row = 2 (_row)"),
    ("_row IN (1, 4, 99)", "_row + 0 IN (1, 4, 99)", "find t by _row = 1 or _row = 4"),
    ("id = 1000", "id + 0 = 1000", "find t by primary key id = 1000 (_row)"),
];

/// A database with a snapshot every so many events, where these statements ran.
fn session(every: u64) -> Session {
    let (snapshot_every, environment) = (Some(every), Environment::in_memory());
    let options = OpenOptions { snapshot_every, environment, ..OpenOptions::default() };
    let database = Database::open(Path::new("history"), options).expect("a database");
    let mut session = Session::new(Arc::new(database));
    for statement in STATEMENTS {
        rows_of(&mut session, statement).unwrap_or_else(|error| panic!("{statement}: {error}"));
    }
    session
}

fn said(session: &mut Session, query: &str) -> Vec<String> {
    let rows = rows_of(session, query).unwrap_or_else(|error| panic!("{query}: {error}"));
    let line = |row: &Vec<Value>| row.iter().map(|v| v.to_string() + " ").collect::<String>();
    rows.iter().map(line).collect()
}

#[test]
fn rows_found_by_a_key_have_the_history_that_a_scan_finds() {
    let mut rows = 0;
    for every in [1, 5, 1000] {
        let mut session = session(every);
        let last = session.database().head().0;
        for to in [last, last - 2, last / 2] {
            for from in [1, to / 2, to] {
                let range = format!("FROM EVENT {from} TO EVENT {to}");
                for (found, looked_at, _) in CONDITIONS {
                    let known = to > last / 2 + 4;
                    if !known && (found.contains("number") || found.contains("extra")) {
                        continue;
                    }
                    let mut history = |condition: &str| {
                        let query = format!("FROM (HISTORY OF t WHERE {condition} {range})");
                        said(
                            &mut session,
                            &format!("SELECT event, row, rev, change, old, new {query}"),
                        )
                    };
                    let (by_key, by_scan) = (history(found), history(looked_at));
                    assert_eq!(by_key, by_scan, "{found}, {range}, every {every}");
                    rows += by_key.len();
                }
            }
        }
    }
    assert!(rows > 500, "{rows}");
}

#[test]
fn all_that_happened_to_those_who_had_a_key() {
    let mut session = session(4);
    let events = |session: &mut Session, condition: &str| {
        let query = format!("SELECT event, row, op FROM (HISTORY OF t WHERE {condition})");
        said(session, &query)
    };
    assert_eq!(
        events(&mut session, "name = 'B'"),
        [
            "3 2 'insert' ",
            "4 3 'insert' ",
            "10 2 'update' ",
            "11 3 'update' ",
            "13 2 'delete' ",
            "14 3 'update' ",
            "24 3 'update' ",
            "26 3 'delete' ",
        ]
    );
}

#[test]
fn explain_says_how_the_rows_are_found() {
    let mut session = session(1000);
    rows_of(&mut session, "CREATE INDEX by_n ON t (number)").expect("it runs");
    for (condition, _, plan) in CONDITIONS {
        let lines = said(&mut session, &format!("EXPLAIN HISTORY OF t WHERE {condition}"));
        let found = lines.iter().any(|line| line.contains(&plan.replace('\'', "''")));
        assert!(found, "{condition}: {lines:?}");
    }
}
