//! What `changes()`, `total_changes()` and `last_insert_rowid()` say beside SQLite's: after every
//! statement of a script with all that changes rows, and inside of triggers and defaults.
//!
//! Left out is what is different on purpose: a statement that fails has done nothing here, so that its
//! first rows have no numbers; one reads its source wholly before its first row is new; and the number
//! of a row that is gone is no other row's.

use super::{Pair, plain};
use crate::answer::rows_of;

/// Statements, in order; those that one refuses the other refuses, too.
const SCRIPT: &[&str] = &[
    "CREATE TABLE t(id INTEGER PRIMARY KEY, x INTEGER UNIQUE)",
    "CREATE TABLE log(a TEXT)",
    "INSERT INTO t(x) VALUES (1), (2)",
    "INSERT INTO t(x) VALUES (1)",
    "INSERT OR FAIL INTO t(x) VALUES (11), (1), (12)",
    "INSERT OR IGNORE INTO t(x) VALUES (1)",
    "INSERT OR IGNORE INTO t(x) VALUES (1), (20), (2)",
    "INSERT INTO t(x) VALUES (1) ON CONFLICT (x) DO UPDATE SET x = excluded.x",
    "INSERT INTO t(id, x) VALUES (70, 2) ON CONFLICT DO NOTHING",
    "REPLACE INTO t(id, x) VALUES (1, 1)",
    "REPLACE INTO t(id, x) VALUES (1, 2)",
    "REPLACE INTO log(rowid, a) VALUES (9, 'nine')",
    "UPDATE t SET x = x",
    "UPDATE t SET id = 100 WHERE id = 1",
    "UPDATE t SET x = 11",
    "CREATE TABLE more(n INTEGER PRIMARY KEY, a INTEGER)",
    "CREATE TABLE filled AS SELECT * FROM t",
    "INSERT INTO more(a) SELECT id FROM t WHERE id > 5000",
    "INSERT INTO more(a) VALUES (1), (2)",
    "SELECT count(*) FROM more",
    "DELETE FROM more WHERE a = 7",
    "DELETE FROM more",
    "CREATE TABLE keyed(a TEXT PRIMARY KEY) WITHOUT ROWID",
    "INSERT INTO keyed VALUES ('k')",
    "REPLACE INTO keyed VALUES ('k')",
    "CREATE TRIGGER counted AFTER INSERT ON t BEGIN
       INSERT INTO log VALUES ('a ' || changes() || ' ' || last_insert_rowid());
       INSERT INTO log SELECT 'b ' || changes() || ' ' || last_insert_rowid();
       UPDATE log SET a = a;
       INSERT INTO log SELECT 'c ' || changes() || ' ' || total_changes();
     END",
    "INSERT INTO t(x) VALUES (91)",
    "INSERT INTO t(x) VALUES (92), (93)",
    "CREATE TRIGGER before BEFORE DELETE ON t BEGIN
       INSERT INTO log VALUES ('d ' || changes() || ' ' || last_insert_rowid());
     END",
    "DELETE FROM t WHERE x > 91",
    "CREATE VIEW v AS SELECT a FROM log",
    "CREATE TRIGGER instead INSTEAD OF INSERT ON v BEGIN INSERT INTO log VALUES (NEW.a); END",
    "INSERT INTO v VALUES ('seen')",
    "CREATE TRIGGER refuses BEFORE INSERT ON more WHEN NEW.a < 0 BEGIN
       INSERT INTO log VALUES ('before it is refused');
       SELECT RAISE(ABORT, 'less than nothing');
     END",
    "INSERT INTO more(a) VALUES (1)",
    "INSERT INTO more(a) VALUES (-1)",
    "INSERT INTO nowhere VALUES (1)",
    "CREATE TABLE p(id INTEGER PRIMARY KEY, n INTEGER)",
    "CREATE TABLE c(p INTEGER REFERENCES p ON DELETE CASCADE ON UPDATE SET NULL)",
    "CREATE TABLE late(p INTEGER REFERENCES p DEFERRABLE INITIALLY DEFERRED)",
    "INSERT INTO p(id) VALUES (1), (2)",
    "INSERT INTO c VALUES (1), (1), (2)",
    "INSERT INTO c VALUES (3)",
    "UPDATE p SET id = 5 WHERE id = 2",
    "DELETE FROM p",
    "INSERT INTO p VALUES (8, 8)",
    "CREATE TABLE told(a INTEGER, b INTEGER DEFAULT (changes()), c INTEGER DEFAULT (last_insert_rowid()))",
    "INSERT INTO told(a) VALUES (1) RETURNING changes(), last_insert_rowid(), b, c",
    "BEGIN",
    "INSERT INTO told VALUES (7, 7, 7)",
    "SAVEPOINT s",
    "DELETE FROM told",
    "ROLLBACK TO s",
    "ROLLBACK",
];

#[test]
fn what_writes_did_is_counted_as_sqlite_counts() {
    let mut pair = Pair::new();
    pair.sqlite.execute_batch("PRAGMA foreign_keys = ON").expect("a setting");
    for sql in SCRIPT {
        let ours = rows_of(&mut pair.session, sql);
        let theirs = pair.ask_sqlite(sql);
        match (ours, theirs) {
            (Ok(ours), Ok(theirs)) => {
                // A write without RETURNING says how many rows it changed, which is no row.
                let ours = plain(&ours);
                assert!(theirs.is_empty() || ours == theirs, "{sql}: {ours:?}, SQLite {theirs:?}");
            }
            (Err(_), Err(_)) => {}
            (ours, theirs) => panic!("{sql}: {ours:?}, SQLite {theirs:?}"),
        }
        for question in
            ["SELECT changes(), total_changes(), last_insert_rowid()", "SELECT a FROM log"]
        {
            let difference = pair.difference(question, false);
            assert_eq!(difference, None, "after {sql}");
        }
    }
}

#[test]
fn a_row_is_found_by_its_number_and_definitions_are_not_made_of_counts() {
    let mut pair = Pair::new();
    pair.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, x TEXT)");
    for name in ["a", "b", "c"] {
        pair.execute(&format!("INSERT INTO t(x) VALUES ('{name}')"));
        let found = pair.difference("SELECT x FROM t WHERE id = last_insert_rowid()", true);
        assert_eq!(found, None);
    }
    let plan = rows_of(&mut pair.session, "EXPLAIN SELECT * FROM t WHERE id = last_insert_rowid()");
    let plan = format!("{:?}", plan.expect("a plan"));
    assert!(!plan.contains("Scan"), "{plan}");
    for (definition, code) in [
        ("CREATE TABLE no(a INTEGER, CHECK (a > changes()))", "check"),
        ("CREATE INDEX no ON t(id + total_changes())", "index-expression"),
        ("CREATE INDEX no ON t(x) WHERE id < last_insert_rowid()", "index-expression"),
    ] {
        let refused = pair.session.execute(definition);
        assert_eq!(refused.err().map(|error| error.code()), Some(code), "{definition}");
    }
}
