//! Generated columns are values of their rows: every moment has those of then, and a dump leaves them to
//! be computed again.

use crate::answer::{rows_of, run, told};
use crate::definitions::holds_however_it_is_opened;
use crate::shell::TestDirectory;
use asof::session::Session;
use asof::storage::Database;
use asof::types::Value;
use std::sync::Arc;

/// Event 1 is the table, 2 and 3 are rows, 4 changes one, 5 adds a column, 6 and 7 give the rows their
/// values in it, 8 makes an index, 9 changes a row, 10 takes the second column away.
const SCRIPT: &str = "CREATE TABLE t(id INTEGER PRIMARY KEY, double AS (a * 2) STORED, a INTEGER);\n\
    INSERT INTO t(a) VALUES (10), (30);\n\
    UPDATE t SET a = 11 WHERE id = 1;\n\
    ALTER TABLE t ADD COLUMN more INTEGER NOT NULL AS (a + 1);\n\
    CREATE INDEX by_more ON t(more);\n\
    UPDATE t SET a = a + 1 WHERE more = 31;\n\
    ALTER TABLE t DROP COLUMN double;\n";

const ANSWERS: &[(&str, &str)] = &[
    ("SELECT * FROM t", "1 11 12, 2 31 32"),
    ("SELECT * FROM t WHERE more = 32", "2 31 32"),
    ("SELECT * FROM t AS OF EVENT 3", "1 20 10, 2 60 30"),
    ("SELECT * FROM t AS OF EVENT 4", "1 22 11, 2 60 30"),
    ("SELECT more FROM t AS OF EVENT 4", "unknown-column"),
    // In the middle of the transaction that adds the column its rows are on their way.
    ("SELECT id, more FROM t AS OF EVENT 6", "1 12, 2 "),
    ("SELECT * FROM t AS OF EVENT 7", "1 22 11 12, 2 60 30 31"),
    ("SELECT * FROM t AS OF EVENT 9", "1 22 11 12, 2 62 31 32"),
    ("SELECT event, cause FROM _events WHERE cause IS NOT NULL", "6 5, 7 5"),
    (
        "SELECT column, \"default\" FROM _columns AS OF EVENT 9 WHERE \"default\" IS NOT NULL",
        "double AS (a * 2) STORED, more AS (a + 1) VIRTUAL",
    ),
];

#[test]
fn every_moment_has_the_values_of_then() {
    holds_however_it_is_opened(SCRIPT, ANSWERS);
}

#[test]
fn history_and_difference_say_what_was_computed() {
    let mut session = Session::new(Arc::new(Database::in_memory().expect("a database")));
    for statement in SCRIPT.lines() {
        session.execute(statement).unwrap_or_else(|error| panic!("{statement}: {error}"));
    }
    for (query, answer) in [
        (
            "SELECT event, change FROM (HISTORY OF t WHERE id = 1 TO EVENT 5)",
            "2 '+ 1, 20, 10', 4 'double 20 → 22, a 10 → 11'",
        ),
        ("SELECT id, more FROM t FOR SYSTEM_TIME BETWEEN EVENT 8 AND EVENT 9", "1 12, 2 31, 2 32"),
    ] {
        assert_eq!(told(&mut session, query), answer, "{query}");
    }
}

/// What `sqlite3 .dump` writes of generated columns loads as it is, and `.dump` gives it back.
#[test]
fn dumps_go_both_ways() {
    let made = "CREATE TABLE t(a INTEGER PRIMARY KEY, b INT, c TEXT GENERATED ALWAYS AS (b || '!') VIRTUAL,\n  \
        d INT AS (b * 2) STORED UNIQUE, e AS (lower(c)));\n";
    let rows = "INSERT INTO t VALUES\n(1, 10),\n(2, 20);\n";
    let index = "CREATE UNIQUE INDEX by_c ON t(c);\n";
    let dump = format!("BEGIN;\n{made}{rows}{index}COMMIT;\n");
    let place = TestDirectory::new();
    let run = place.run(&["bank"], &dump);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    assert_eq!(place.run(&["bank"], ".dump").out, dump);
    let sqlite = rusqlite::Connection::open_in_memory().expect("a database");
    sqlite.execute_batch(&dump).expect("SQLite takes it, too");
    let row = "SELECT a || c || d || e FROM t WHERE d = 40";
    let theirs: String = sqlite.query_row(row, [], |row| row.get(0)).expect("a row");
    assert_eq!(place.run(&["bank"], row).out, format!("{theirs}\n"));
    // Values of another file are those of the other columns.
    std::fs::write(place.path().join("more.csv"), "3,30\n4,20\n").expect("a file");
    let run = place.run(&["bank"], ".import more.csv t");
    // The key made last is asked first.
    assert!(run.err.contains("t.c '20!' is there already"), "{}", run.err);
    std::fs::write(place.path().join("more.csv"), "3,30\n").expect("a file");
    let run = place.run(&["bank"], ".import more.csv t\nSELECT * FROM t WHERE a = 3;");
    assert_eq!((run.out.as_str(), run.err.as_str()), ("3|30|30!|60|30!\n", ""));
    std::fs::write(place.path().join("more.jsonl"), "{\"b\": 40}\n{\"c\": \"x\"}\n")
        .expect("a file");
    let run = place.run(&["bank"], ".import more.jsonl t");
    assert!(run.err.contains("line 2: \"c\" is a generated column of t"), "{}", run.err);
    std::fs::write(place.path().join("more.jsonl"), "{\"b\": 40}\n").expect("a file");
    let run = place.run(&["bank"], ".import more.jsonl t\nSELECT * FROM t WHERE a > 3;");
    assert_eq!((run.out.as_str(), run.err.as_str()), ("4|40|40!|80|40!\n", ""));
}

/// A table in which each column is computed from the one before it, declared in this order.
fn chain(columns: impl Iterator<Item = usize>) -> String {
    let column = |number: usize| match number {
        0 => "c0 INTEGER".to_owned(),
        number => format!("c{number} INTEGER AS (c{} + 1)", number - 1),
    };
    let columns: Vec<String> = columns.map(column).collect();
    format!("CREATE TABLE long({})", columns.join(", "))
}

#[test]
fn a_chain_is_as_long_as_a_table_is_wide() {
    const WIDTH: usize = 1_000;
    for create in [chain(0..WIDTH), chain((0..WIDTH).rev())] {
        let database = Database::in_memory().expect("a database");
        let mut session = Session::new(Arc::new(database));
        run(&mut session, &[&create, "INSERT INTO long(c0) VALUES (1)"]);
        run(&mut session, &["UPDATE long SET c0 = c0 + 1"]);
        let rows = rows_of(&mut session, "SELECT c1, c999 FROM long").expect("a row");
        assert_eq!(rows, [[Value::Integer(3), Value::Integer(1_001)]]);
    }
    let mut session = Session::new(Arc::new(Database::in_memory().expect("a database")));
    let circle = "CREATE TABLE r(a AS (1), b AS (c), c AS (d + a), d AS (b))";
    let error = session.execute(circle).map(drop).expect_err("they need each other");
    assert_eq!(error.to_string(), "generated columns of r need each other: b, c, d");
    assert_eq!(error.span().map(|span| &circle[span.start..span.end]), Some("b"));
}

#[test]
fn where_a_foreign_key_acts_each_column_is_looked_at_once() {
    const WIDTH: usize = 100;
    let computed = (2..WIDTH).map(|at| format!("c{at} AS (max(c{}, c{}))", at - 1, at - 2));
    let computed: Vec<String> = computed.collect();
    let create = format!(
        "CREATE TABLE long(parent INTEGER REFERENCES parent ON UPDATE CASCADE, c0 INTEGER, \
         c1 INTEGER, {}, UNIQUE (c{}))",
        computed.join(", "),
        WIDTH - 1
    );
    let mut session = Session::new(Arc::new(Database::in_memory().expect("a database")));
    run(&mut session, &["CREATE TABLE parent(id INTEGER PRIMARY KEY)", &create]);
    run(&mut session, &["CREATE TRIGGER told AFTER UPDATE ON long BEGIN SELECT 1; END"]);
    run(&mut session, &["INSERT INTO parent VALUES (1)"]);
    run(&mut session, &["INSERT INTO long(parent, c0, c1) VALUES (1, 3, 4)"]);
    run(&mut session, &["UPDATE parent SET id = 2"]);
    assert_eq!(told(&mut session, "SELECT parent, c99 FROM long"), "2 4");
}
