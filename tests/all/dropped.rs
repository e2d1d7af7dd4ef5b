//! A table that was dropped comes back as itself: by `.undo`, which an event of the log tells.

use crate::answer::{rows_of, run};
use asof::language::ast::Annotations;
use asof::session::{Outcome, Session};
use asof::storage::{Database, Environment, MemVfs, OpenOptions, Vfs};
use asof::types::Value;
use std::path::Path;
use std::sync::Arc;

const DIRECTORY: &str = "bank";

/// A session of a database in these files, with a snapshot every so many events.
fn session(vfs: &MemVfs, every: u64) -> Session {
    let vfs = Arc::new(vfs.clone());
    let environment = Environment { vfs, ..Environment::in_memory() };
    let options =
        OpenOptions { snapshot_every: Some(every), environment, ..OpenOptions::default() };
    let database = Database::open(Path::new(DIRECTORY), options).expect("a database");
    Session::new(Arc::new(database))
}

/// What a receipt of `.undo` names.
fn undo(session: &mut Session) -> String {
    let undone = session.undo(&Annotations::default()).expect("there is something to take back");
    let Outcome::Changed(receipt) = undone else { panic!("{undone:?}") };
    receipt.name.to_string()
}

/// The rows of a query, a line each.
fn shown(session: &mut Session, query: &str) -> String {
    let rows = rows_of(session, query).unwrap_or_else(|error| panic!("{query}: {error}"));
    let line = |row: &Vec<Value>| {
        let values: Vec<String> = row.iter().map(ToString::to_string).collect();
        values.join(" ") + "\n"
    };
    rows.iter().map(line).collect()
}

/// Seven events, then a table with a past that is dropped by event 8.
const DROPPED: [&str; 7] = [
    "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT UNIQUE)",
    "INSERT INTO t VALUES (1, 'one'), (2, 'two'), (9, 'nine')",
    "UPDATE t SET a = 'zwei' WHERE id = 2",
    "DELETE FROM t WHERE id = 9",
    "ALTER TABLE t ADD COLUMN b INTEGER DEFAULT 5",
    "DROP TABLE t",
    "TAG 'after'",
];

/// What is seen of the table after it came back and two statements more.
fn assert_goes_on(asked: &mut Session) {
    let shows = [
        (
            "SELECT _row, _rev, _event, _op, id, a, b FROM t",
            "1 3 14 'update' 1 'one' 6\n2 3 12 'insert' 2 'zwei' 5\n4 1 13 'insert' 10 'next' 5\n",
        ),
        (
            "SELECT event, row, rev, change FROM (HISTORY OF t) h",
            "2 1 1 '+ 1, one'\n3 2 1 '+ 2, two'\n4 3 1 '+ 9, nine'\n5 2 2 'a two → zwei'\n\
             6 3 2 '− 9, nine'\n11 1 2 '+ 1, one, 5'\n12 2 3 '+ 2, zwei, 5'\n\
             13 4 1 '+ 10, next, 5'\n14 1 3 'b 5 → 6'\n",
        ),
        (
            "SELECT _row, _rev, _event, _event_to FROM t FOR SYSTEM_TIME ALL",
            "1 1 2 8\n1 2 11 14\n1 3 14 NULL\n2 1 3 5\n2 2 5 8\n2 3 12 NULL\n3 1 4 6\n\
             4 1 13 NULL\n",
        ),
        (
            "SELECT event, change FROM _events WHERE event IN (8, 10)",
            "8 'DROP TABLE t'\n10 'CREATE TABLE t, dropped by event 8'\n",
        ),
        ("SELECT a FROM t AS OF EVENT 7 WHERE a = 'zwei'", "'zwei'\n"),
        ("SELECT id FROM t WHERE a = 'zwei'", "2\n"),
        ("SELECT count(*) FROM t AS OF EVENT 10", "0\n"),
        ("SELECT seq FROM sqlite_sequence", "10\n"),
        ("SELECT created FROM _tables WHERE name = 't'", "1\n"),
    ];
    for (query, expected) in shows {
        assert_eq!(shown(asked, query), expected, "{query}");
    }
    let error = asked.execute("SELECT * FROM t AS OF EVENT 9").expect_err("it was not there");
    let said = error.to_string();
    assert_eq!(said, "table t does not exist at event 9; it was dropped by event 8");
}

#[test]
fn it_goes_on_where_it_was() {
    for every in [1, 3, 1_000] {
        let vfs = MemVfs::default();
        let mut asked = session(&vfs, every);
        run(&mut asked, &DROPPED);
        assert_eq!(undo(&mut asked), "transaction 6, DROP TABLE t");
        run(&mut asked, &["INSERT INTO t (a) VALUES ('next')", "UPDATE t SET b = 6 WHERE id = 1"]);
        for reopened in [false, true] {
            if reopened {
                drop(asked);
                for name in ["_catalog.json", "events.index", "t.db"] {
                    drop(vfs.remove(&Path::new(DIRECTORY).join(name)));
                }
                asked = session(&vfs, every);
            }
            assert_goes_on(&mut asked);
            rows_of(&mut asked, "VERIFY").expect("all files are sound");
        }
    }
}

#[test]
fn it_goes_and_comes_as_often_as_one_likes() {
    let mut asked = session(&MemVfs::default(), 4);
    run(&mut asked, &DROPPED);
    let names: Vec<String> = (0..4).map(|_| undo(&mut asked)).collect();
    insta::assert_snapshot!(names.join("\n"), @"
    transaction 6, DROP TABLE t
    transaction 8 (undoes the undo of transaction 6), CREATE TABLE t, INSERT t (2 rows)
    transaction 9 (undoes the undo of transaction 8), DROP TABLE t
    transaction 10 (undoes the undo of transaction 9), CREATE TABLE t, INSERT t (2 rows)
    ");
    assert_eq!(shown(&mut asked, "SHOW TABLES"), "");
    assert_eq!(
        undo(&mut asked),
        "transaction 11 (undoes the undo of transaction 10), DROP TABLE t"
    );
    assert_eq!(shown(&mut asked, "SELECT _row, _rev, a FROM t"), "1 4 'one'\n2 5 'zwei'\n");
}

#[test]
fn what_its_transaction_did_before_is_taken_back_too() {
    let mut asked = session(&MemVfs::default(), 1_000);
    run(
        &mut asked,
        &[
            "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT)",
            "CREATE TABLE u (a TEXT)",
            "INSERT INTO t VALUES (1, 'one'), (2, 'two'), (3, 'three')",
            "BEGIN",
            "UPDATE t SET a = 'eins' WHERE id = 1",
            "DELETE FROM t WHERE id = 2",
            "INSERT INTO t VALUES (4, 'four')",
            "INSERT INTO u SELECT a FROM t",
            "DROP TABLE t",
            "CREATE TABLE passing (a TEXT)",
            "INSERT INTO passing VALUES ('x')",
            "DROP TABLE passing",
            "CREATE TABLE t (other BLOB)",
            "CREATE INDEX by_other ON t (other)",
            "COMMIT",
        ],
    );
    assert_eq!(
        undo(&mut asked),
        "transaction 4, UPDATE t (1 row), DELETE t (1 row), INSERT t (1 row), INSERT u (3 rows), \
         DROP TABLE t, CREATE TABLE passing, INSERT passing (1 row), CREATE TABLE t"
    );
    let query = "SELECT _row, _rev, id, a FROM t";
    assert_eq!(shown(&mut asked, query), "1 3 1 'one'\n2 3 2 'two'\n3 2 3 'three'\n");
    assert_eq!(shown(&mut asked, "SELECT count(*) FROM u"), "0\n");
    assert_eq!(shown(&mut asked, "SHOW TABLES"), "'t' 'id, a' 1\n'u' 'a' 2\n");
    run(&mut asked, &["INSERT INTO t (a) VALUES ('five')"]);
    assert_eq!(shown(&mut asked, "SELECT _row, id FROM t WHERE a = 'five'"), "5 4\n");
}

#[test]
fn a_table_whose_definition_changed_with_it_stays_away() {
    let mut asked = session(&MemVfs::default(), 1_000);
    run(
        &mut asked,
        &[
            "CREATE TABLE t (a TEXT)",
            "BEGIN",
            "ALTER TABLE t RENAME TO u",
            "DROP TABLE u",
            "COMMIT",
        ],
    );
    let error = asked.undo(&Annotations::default()).expect_err("it cannot");
    assert_eq!(error.code(), "undo");
}
