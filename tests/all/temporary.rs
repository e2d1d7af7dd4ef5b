//! What is temporary is a session's alone: no file knows it, no event is of it, and it needs nobody's leave.

use crate::answer::{rows_of, run};
use crate::shell::TestDirectory;
use asof::session::{Outcome, Session};
use asof::storage::{Database, Environment, MemVfs, OpenOptions};
use asof::types::{EventId, Value};
use std::path::Path;
use std::sync::Arc;

const DIRECTORY: &str = "bank";

fn open(vfs: &MemVfs, read_only: bool) -> Arc<Database> {
    let environment = Environment { vfs: Arc::new(vfs.clone()), ..Environment::in_memory() };
    let options = OpenOptions { read_only, environment, ..OpenOptions::default() };
    Arc::new(Database::open(Path::new(DIRECTORY), options).expect("it opens"))
}

/// The rows of a query, ` | ` between values and ` ; ` between rows.
fn answer(session: &mut Session, sql: &str) -> String {
    let rows = rows_of(session, sql).unwrap_or_else(|error| panic!("{sql}\n{error}"));
    let row = |row: &Vec<Value>| {
        row.iter().map(|value| value.to_text().into_owned()).collect::<Vec<_>>().join(" | ")
    };
    rows.iter().map(row).collect::<Vec<_>>().join(" ; ")
}

fn code(session: &mut Session, sql: &str) -> &'static str {
    session.execute(sql).expect_err(sql).code()
}

fn log(vfs: &MemVfs) -> Vec<u8> {
    vfs.contents(&Path::new(DIRECTORY).join("events.log")).expect("there is a log")
}

#[test]
fn no_file_knows_what_is_temporary() {
    let vfs = MemVfs::default();
    let mut session = Session::new(open(&vfs, false));
    run(&mut session, &["CREATE TABLE t(a)", "INSERT INTO t VALUES (1)"]);
    let (before, head) = (log(&vfs), session.head());
    let temporary = [
        "CREATE TEMP TABLE secret(a INTEGER PRIMARY KEY, b TEXT UNIQUE)",
        "INSERT INTO secret(b) VALUES ('x'), ('y')",
        "CREATE INDEX temp.by_b ON secret(b DESC)",
        "CREATE TEMP VIEW seen AS SELECT * FROM secret, t",
        "CREATE TEMP TRIGGER told AFTER DELETE ON t BEGIN INSERT INTO secret(b) VALUES (old.a); END",
        "BEGIN",
        "UPDATE secret SET b = b || b",
        "ALTER TABLE secret ADD COLUMN c DEFAULT 3",
        "COMMIT",
    ];
    run(&mut session, &temporary);
    assert_eq!(log(&vfs), before, "nothing was written");
    assert_eq!(session.head(), head);
    assert_eq!(answer(&mut session, "SELECT a, b, c FROM secret"), "1 | xx | 3 ; 2 | yy | 3");
    // What a trigger does because of an event is none, and leaves no gap.
    run(&mut session, &["BEGIN", "DELETE FROM t", "INSERT INTO secret(b) VALUES ('z')"]);
    run(&mut session, &["INSERT INTO t VALUES (2)", "COMMIT"]);
    assert_eq!(session.head(), EventId(head.0 + 2));
    assert_eq!(answer(&mut session, "SELECT count(*), max(b) FROM secret"), "4 | z");
    assert_eq!(answer(&mut session, "SELECT _event, _op, _rev FROM secret WHERE a = 1"), " |  | 2");
    let text = String::from_utf8_lossy(&log(&vfs)).into_owned();
    assert!(!["secret", "told", "seen"].iter().any(|name| text.contains(name)), "{text}");
    drop(session);
    let mut session = Session::new(open(&vfs, false));
    for gone in ["SELECT * FROM secret", "SELECT * FROM seen", "DROP TRIGGER told"] {
        assert!(code(&mut session, gone).starts_with("unknown-"), "{gone}");
    }
    run(&mut session, &["DELETE FROM t", "VERIFY"]);
}

#[test]
fn each_session_has_its_own() {
    let database = open(&MemVfs::default(), false);
    let mut one = Session::new(Arc::clone(&database));
    let mut other = Session::new(database);
    run(&mut one, &["CREATE TABLE t(a)", "CREATE TEMP TABLE t(a)", "INSERT INTO t VALUES (1)"]);
    run(&mut other, &["INSERT INTO t VALUES (2)", "CREATE TEMP TABLE s(b)"]);
    assert_eq!(answer(&mut one, "SELECT a FROM t"), "1");
    assert_eq!(answer(&mut one, "SELECT a FROM main.t"), "2");
    assert_eq!(code(&mut one, "SELECT * FROM s"), "unknown-table");
    assert_eq!(code(&mut other, "SELECT * FROM temp.t"), "unknown-table");
    // The same statement in both, whose plans are kept, before and behind the temporary table.
    run(&mut one, &["DROP TABLE t"]);
    assert_eq!(answer(&mut one, "SELECT a FROM t"), "2");
    // A transaction that wrote nothing but temporary rows is not stale when another one commits.
    run(&mut other, &["BEGIN", "INSERT INTO s VALUES (5)"]);
    run(&mut one, &["INSERT INTO t VALUES (3)"]);
    run(&mut other, &["COMMIT"]);
    assert_eq!(answer(&mut other, "SELECT b FROM s"), "5");
    // What fires for one is nothing to the other; a table that another drops leaves it without a place.
    run(
        &mut one,
        &["CREATE TEMP TRIGGER x AFTER INSERT ON t BEGIN DELETE FROM t WHERE a = 2; END"],
    );
    run(&mut other, &["INSERT INTO t VALUES (4)"]);
    assert_eq!(answer(&mut one, "SELECT a FROM t"), "2 ; 3 ; 4");
    run(&mut one, &["INSERT INTO t VALUES (5)"]);
    assert_eq!(answer(&mut other, "SELECT a FROM t"), "3 ; 4 ; 5");
    run(&mut other, &["DROP TABLE t", "CREATE TABLE t(a)"]);
    run(&mut one, &["INSERT INTO t VALUES (2)"]);
    assert_eq!(answer(&mut one, "SELECT count(*) FROM t"), "0");
}

#[test]
fn where_nothing_can_be_written_temporary_tables_can() {
    let vfs = MemVfs::default();
    let mut session = Session::new(open(&vfs, false));
    run(&mut session, &["CREATE TABLE t(a)", "INSERT INTO t VALUES (1), (2)"]);
    drop(session);
    let mut session = Session::new(open(&vfs, true));
    run(&mut session, &["CREATE TEMP TABLE c AS SELECT a FROM t", "INSERT INTO c VALUES (3)"]);
    run(&mut session, &["BEGIN", "DELETE FROM c WHERE a = 1", "SAVEPOINT s", "DELETE FROM c"]);
    run(&mut session, &["ROLLBACK TO s", "COMMIT"]);
    assert_eq!(answer(&mut session, "SELECT sum(a) FROM c"), "5");
    assert_eq!(code(&mut session, "INSERT INTO t VALUES (3)"), "read-only");
    assert_eq!(code(&mut session, "CREATE TABLE u(a)"), "read-only");
    assert_eq!(code(&mut session, "INSERT INTO nosuch VALUES (3)"), "read-only");
    // What a trigger writes to the database is refused with all that led to it.
    let trigger = "CREATE TRIGGER x AFTER INSERT ON c BEGIN INSERT INTO t VALUES (new.a); END";
    run(&mut session, &[trigger]);
    assert_eq!(code(&mut session, "INSERT INTO c VALUES (9)"), "read-only");
    assert_eq!(answer(&mut session, "SELECT sum(a), (SELECT sum(a) FROM t) FROM c"), "5 | 3");
    // In a transaction that is said by the statement: what else it did stays, and can be committed.
    run(&mut session, &["CREATE TEMP TABLE kept(a)", "BEGIN", "INSERT INTO kept VALUES (1)"]);
    assert_eq!(code(&mut session, "INSERT INTO c VALUES (9), (10)"), "read-only");
    assert_eq!(answer(&mut session, "SELECT changes()"), "0");
    let mut loader = session.load(None, "c", None).expect("it is temporary");
    loader.add(1, vec![Some(Value::Integer(11))]).expect("a row");
    assert_eq!(loader.finish().map(drop).expect_err("the trigger writes").code(), "read-only");
    assert_eq!(code(&mut session, "TAG 'here'"), "read-only");
    assert_eq!(code(&mut session, "PRAGMA user_version = 7"), "read-only");
    run(&mut session, &["INSERT INTO kept VALUES (2)", "COMMIT"]);
    assert_eq!(answer(&mut session, "SELECT sum(a), (SELECT sum(a) FROM c) FROM kept"), "3 | 5");
}

#[test]
fn rows_that_break_what_is_demanded_of_them_are_named() {
    let mut session = Session::new(open(&MemVfs::default(), false));
    run(
        &mut session,
        &[
            "CREATE TABLE t(a CHECK (a > 0))",
            "CREATE TEMP TABLE t(a CHECK (a < 9))",
            "CREATE TEMP TABLE p(a INTEGER PRIMARY KEY)",
            "CREATE TEMP TABLE child(a REFERENCES p)",
            "PRAGMA ignore_check_constraints = ON",
            "PRAGMA foreign_keys = OFF",
            "INSERT INTO main.t VALUES (1)",
            "INSERT INTO temp.t VALUES (10)",
            "INSERT INTO child VALUES (5)",
            "PRAGMA ignore_check_constraints = OFF",
        ],
    );
    let broken = "_row 1: a row of t breaks CHECK (a < 9)";
    let orphan = "_row 1: child.a 5 refers to p.a 5, which is not there: FOREIGN KEY";
    let verified = rows_of(&mut session, "VERIFY").expect("it reads");
    let text = |row: &[Value]| format!("{}: {}", row[0].to_text(), row[3].to_text());
    let mut found: Vec<String> = verified.iter().map(|row| text(row)).collect();
    found.retain(|line| line.contains("breaks"));
    found.sort();
    let expected = [("temp.child", orphan), ("temp.t", broken)];
    let expected =
        expected.map(|(name, what)| format!("table {name}: breaks a constraint: {what}"));
    assert_eq!(found, expected);
    assert_eq!(answer(&mut session, "PRAGMA integrity_check"), format!("t: {broken}"));
    assert_eq!(answer(&mut session, "PRAGMA quick_check(t)"), format!("t: {broken}"));
    assert_eq!(answer(&mut session, "PRAGMA integrity_check(child)"), "ok");
    run(&mut session, &["UPDATE temp.t SET a = 8"]);
    assert_eq!(answer(&mut session, "PRAGMA integrity_check"), "ok");
}

#[test]
fn schema_shows_where_each_is_however_it_was_written() {
    let script = "create temp table t(a);\ncreate /* INDEX x */ unique index temp.i on t(a);\n\
                  create temporary view v as select 1;\n.schema";
    let run = TestDirectory::new().run(&["-q"], script);
    let shown = "CREATE TABLE temp.t(a);\nCREATE UNIQUE INDEX temp.i on t(a);\n\
                 CREATE VIEW temp.v as select 1;\n";
    assert_eq!((run.code, run.out.as_str()), (0, shown), "{}", run.err);
}

#[test]
fn an_event_that_what_is_temporary_made_names_the_one_before_it() {
    let mut session = Session::new(Arc::new(Database::in_memory().expect("a database")));
    run(
        &mut session,
        &[
            "CREATE TABLE t(a)",
            "CREATE TABLE u(a)",
            "CREATE TEMP TABLE s(a)",
            "CREATE TEMP TRIGGER x AFTER INSERT ON t BEGIN INSERT INTO s VALUES (new.a); END",
            "CREATE TEMP TRIGGER y AFTER INSERT ON s BEGIN INSERT INTO u VALUES (new.a); END",
            "INSERT INTO t VALUES (1), (2)",
            "INSERT INTO s VALUES (3)",
        ],
    );
    let events = "SELECT event, table_name, cause FROM _events WHERE event > 2";
    let expected = "3 | t |  ; 4 | u | 3 ; 5 | t |  ; 6 | u | 5 ; 7 | u | ";
    assert_eq!(answer(&mut session, events), expected);
    let Outcome::Changed(receipt) = session.execute("DELETE FROM s").expect("it is done") else {
        panic!("a DELETE changes");
    };
    assert_eq!((receipt.rows, receipt.events, receipt.committed), (3, 0, None));
}

#[test]
fn what_ended_is_forgotten() {
    let mut session = Session::new(Arc::new(Database::in_memory().expect("a database")));
    run(&mut session, &["CREATE TEMP TABLE s(a INTEGER PRIMARY KEY, b)"]);
    run(&mut session, &["INSERT INTO s(b) VALUES (0), (0), (0)"]);
    for round in 1..=3_000 {
        run(&mut session, &["UPDATE s SET b = b + 1"]);
        assert_eq!(
            answer(&mut session, "SELECT min(b), max(b) FROM s"),
            format!("{round} | {round}")
        );
    }
    run(&mut session, &["DELETE FROM s WHERE a = 2", "INSERT INTO s VALUES (2, 7)"]);
    assert_eq!(answer(&mut session, "SELECT a, b FROM s"), "1 | 3000 ; 2 | 7 ; 3 | 3000");
}

#[test]
fn what_was_asked_of_a_moment_before_has_none_once_it_is_shadowed() {
    let mut session = Session::new(Arc::new(Database::in_memory().expect("a database")));
    run(&mut session, &["CREATE TABLE t(a)", "INSERT INTO t VALUES (1)"]);
    let asked = "SELECT a FROM t AS OF EVENT 2";
    for _ in 0..3 {
        assert_eq!(answer(&mut session, asked), "1");
    }
    run(&mut session, &["BEGIN", "CREATE TEMP TABLE t(a)"]);
    assert_eq!(code(&mut session, asked), "no-past");
    run(&mut session, &["ROLLBACK"]);
    assert_eq!(answer(&mut session, asked), "1");
}
