//! Rows that break what their tables demand: how they come about, that they are read, and who names them:
//! VERIFY, PRAGMA integrity_check and quick_check, PRAGMA foreign_key_check.

use crate::answer::{rows_of, told};
use asof::session::{Outcome, Session};
use asof::storage::{Change, Database, Metadata};
use asof::types::{Row, Value};
use std::sync::Arc;

const SCHEMA: &[&str] = &[
    "CREATE TABLE p(k INTEGER PRIMARY KEY)",
    "CREATE TABLE t(id INTEGER PRIMARY KEY, n INTEGER NOT NULL, c INTEGER CONSTRAINT positive \
     CHECK (c > 0), u TEXT UNIQUE, k INTEGER REFERENCES p)",
    "INSERT INTO p VALUES (1)",
    "INSERT INTO t VALUES (1, 1, 1, 'a', 1)",
];

fn session() -> Session {
    let mut session = Session::new(Arc::new(Database::in_memory().expect("a database")));
    for sql in SCHEMA {
        session.execute(sql).expect("a definition");
    }
    session
}

/// Writes rows as a program may that does not ask what they break.
fn write_unasked(session: &Session, rows: Vec<Row>) {
    let mut fork = session.database().begin().expect("the writer's place");
    let table = Arc::clone(fork.view().schema().table("t").expect("it was created"));
    let insert = |new| Change::Insert { table: Arc::clone(&table), row: None, new };
    fork.record(rows.into_iter().map(insert).collect()).expect("storage asks nothing");
    session.database().commit(fork, Metadata::default()).expect("written");
}

fn row(id: i64, n: Option<i64>, c: i64, u: &str, k: Option<i64>) -> Row {
    let optional = |value: Option<i64>| value.map_or(Value::Null, Value::Integer);
    vec![Value::Integer(id), optional(n), Value::Integer(c), Value::text(u), optional(k)]
}

/// What VERIFY says breaks a constraint.
fn verified(session: &mut Session) -> Vec<String> {
    let rows = rows_of(session, "VERIFY").expect("it reads");
    rows.iter().map(|row| row[3].to_text().into_owned()).collect()
}

#[test]
fn each_kind_is_named_by_whoever_asks_for_it() {
    let not_null = "id 2: t.n must not be NULL";
    let check = "id 3: a row of t breaks CHECK positive (c > 0)";
    let unique = "id 4: t.u 'a' is there twice: UNIQUE";
    let primary = "id 1: t.id 1 is there twice: PRIMARY KEY";
    let reference = "id 6: t.k 9 refers to p.k 9, which is not there: FOREIGN KEY";
    for (broken, said, is_key) in [
        (row(2, None, 1, "b", None), not_null, false),
        (row(3, Some(1), 0, "b", None), check, false),
        (row(4, Some(1), 1, "a", None), unique, true),
        (row(1, Some(1), 1, "b", None), primary, true),
    ] {
        let mut session = session();
        write_unasked(&session, vec![broken]);
        assert_eq!(told(&mut session, "SELECT count(*) FROM t"), "2");
        assert_eq!(verified(&mut session), [format!("breaks a constraint: {said}")]);
        let asked = told(&mut session, "PRAGMA integrity_check");
        assert_eq!(asked, told(&mut session, "SELECT * FROM pragma_integrity_check('t')"));
        assert_eq!(asked, Value::text(format!("t: {said}")).to_string());
        let quick = told(&mut session, "PRAGMA quick_check");
        assert_eq!(quick, if is_key { "'ok'".to_owned() } else { asked });
        assert_eq!(told(&mut session, "PRAGMA integrity_check(p)"), "'ok'");
        assert_eq!(told(&mut session, "PRAGMA foreign_key_check"), "");
    }
    let mut session = session();
    write_unasked(&session, vec![row(6, Some(1), 1, "b", Some(9))]);
    assert_eq!(verified(&mut session), [format!("breaks a constraint: {reference}")]);
    assert_eq!(told(&mut session, "PRAGMA integrity_check"), "'ok'");
    assert_eq!(told(&mut session, "PRAGMA foreign_key_check"), "'t' 6 'p' 0");
}

#[test]
fn what_was_let_through_is_named_later() {
    let mut session = session();
    for sql in [
        "PRAGMA ignore_check_constraints = ON",
        "INSERT INTO t VALUES (2, 1, -5, 'b', 1)",
        "PRAGMA foreign_keys = OFF",
        "DELETE FROM p",
    ] {
        session.execute(sql).expect(sql);
    }
    // As in SQLite, CHECK is not asked while it is not held; VERIFY asks for all.
    assert_eq!(told(&mut session, "PRAGMA integrity_check"), "'ok'");
    let found = verified(&mut session);
    assert_eq!(found.len(), 3, "{found:?}");
    session.execute("PRAGMA ignore_check_constraints = OFF").expect("a switch");
    let broken = "'t: id 2: a row of t breaks CHECK positive (c > 0)'";
    assert_eq!(told(&mut session, "PRAGMA integrity_check"), broken);
    // What is done in a transaction is seen in it; what was is as it was.
    session.execute("BEGIN").expect("a transaction");
    session.execute("UPDATE t SET c = 5").expect("mended");
    assert_eq!(told(&mut session, "PRAGMA integrity_check"), "'ok'");
    session.execute("COMMIT").expect("committed");
    let then = "SELECT * FROM pragma_integrity_check AS OF EVENT -1";
    assert_eq!(told(&mut session, then), broken);
    assert_eq!(verified(&mut session).len(), 2);
}

#[test]
fn there_are_as_many_messages_as_are_asked_for() {
    let mut session = session();
    write_unasked(&session, (2..300).map(|id| row(id, None, 1, "b", None)).collect());
    let count =
        |session: &mut Session, pragma: &str| rows_of(session, pragma).expect("messages").len();
    assert_eq!(count(&mut session, "PRAGMA integrity_check"), 100);
    assert_eq!(count(&mut session, "PRAGMA quick_check(0)"), 100);
    assert_eq!(count(&mut session, "PRAGMA integrity_check = 7"), 7);
    assert_eq!(count(&mut session, "PRAGMA quick_check(250)"), 250);
    let Ok(Outcome::Rows(rows)) = session.execute("VERIFY") else { panic!("it names them") };
    let summary = rows.summary.clone().expect("it says how many");
    assert!(summary.ends_with(", 595 constraints broken"), "{summary}");
    assert_eq!(rows.map(|batch| batch.expect("rows").rows).sum::<usize>(), 100);
    let error = told(&mut session, "PRAGMA integrity_check(nosuch)");
    assert_eq!(error, "unknown-table: no table \"nosuch\"");
}
