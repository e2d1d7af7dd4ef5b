//! The hidden columns of every table: where a version stands in the history of its row.

use crate::answer::{plan, told};
use asof::session::{Outcome, Session};
use asof::storage::Database;
use std::sync::Arc;

/// Event 1 makes the table, 2 and 3 insert two rows by themselves, 4 and 5 change both in one
/// transaction, 6 deletes the first.
fn session() -> Session {
    let database = Database::in_memory().expect("a database in memory");
    let mut session = Session::new(Arc::new(database));
    for statement in [
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER)",
        "INSERT INTO t VALUES (11, 10)",
        "INSERT INTO t VALUES (12, 20)",
        "UPDATE t SET a = a + 1 WITH (intent = 'Raised', actor = 'amy')",
        "DELETE FROM t WHERE id = 11",
    ] {
        session.execute(statement).expect("it runs");
    }
    session
}

#[test]
fn a_version_knows_what_began_and_ended_it() {
    let mut session = session();
    for (query, rows) in [
        ("SELECT * FROM t", "12 21"),
        ("SELECT t.* FROM t FOR SYSTEM_TIME ALL WHERE _rev = 1", "11 10, 12 20"),
        (
            "SELECT a, _row, _rev, _event, _event_from, _event_to FROM t FOR SYSTEM_TIME ALL",
            "10 1 1 2 2 4, 11 1 2 4 4 6, 20 2 1 3 3 5, 21 2 2 5 5 NULL",
        ),
        (
            "SELECT a, _tx, _op, _actor, _intent FROM t FOR SYSTEM_TIME ALL",
            "10 2 'insert' NULL NULL, 11 4 'update' 'amy' 'Raised', 20 3 'insert' NULL NULL, \
             21 4 'update' 'amy' 'Raised'",
        ),
        ("SELECT a FROM t AS OF 3 WHERE _event_to = 4", "10"),
        ("SELECT _EVENT FROM t x AS OF 4 WHERE x._Row = 1", "4"),
        ("SELECT a FROM t FOR SYSTEM_TIME ALL ORDER BY _event DESC", "21, 11, 20, 10"),
        (
            "SELECT _op, count(*), max(_event) FROM t FOR SYSTEM_TIME ALL GROUP BY _op",
            "'insert' 2 3, 'update' 2 5",
        ),
        ("SELECT DISTINCT _row + 1 FROM t FOR SYSTEM_TIME ALL", "2, 3"),
        ("SELECT count(DISTINCT _at) FROM t FOR SYSTEM_TIME ALL", "3"),
        ("SELECT typeof(_at), typeof(_row), typeof(_op) FROM t", "'timestamp' 'integer' 'text'"),
        (
            "SELECT old.a, new.a FROM t FOR SYSTEM_TIME ALL old JOIN t FOR SYSTEM_TIME ALL new \
             ON new._row = old._row AND new._rev = old._rev + 1",
            "10 11, 20 21",
        ),
        (
            "SELECT old.id, new._row IS NULL FROM t AS OF 3 old LEFT JOIN t new USING (id)",
            "11 TRUE, 12 FALSE",
        ),
        ("SELECT a FROM t WHERE id = 12 AND _rev = 2 AND _actor LIKE 'A%'", "21"),
    ] {
        assert_eq!(told(&mut session, query), rows, "{query}");
    }
}

#[test]
fn the_number_of_a_row_has_the_names_of_sqlite() {
    let mut session = session();
    for statement in [
        "CREATE TABLE plain (a TEXT)",
        "INSERT INTO plain VALUES ('x'), ('y'), ('z')",
        "DELETE FROM plain WHERE rowid = 2",
        "CREATE TABLE own (rowid TEXT, a TEXT)",
        "INSERT INTO own VALUES ('mine', 'a')",
    ] {
        session.execute(statement).expect("it runs");
    }
    for (query, rows) in [
        ("SELECT rowid, oid, _rowid_, t.rowid FROM t", "12 12 12 12"),
        ("SELECT a FROM t WHERE rowid = 12", "21"),
        ("SELECT ROWID, _row, a FROM plain", "1 1 'x', 3 3 'z'"),
        ("SELECT p._rowid_ FROM plain AS p WHERE p.oid > 1", "3"),
        ("SELECT rowid, oid FROM own", "'mine' 1"),
    ] {
        assert_eq!(told(&mut session, query), rows, "{query}");
    }
    let found = "'find t by primary key id = 12 (a)'";
    assert_eq!(plan(&mut session, "SELECT a FROM t WHERE oid = 12"), found);
    let Ok(Outcome::Rows(rows)) = session.execute("SELECT rowid, _rev, _ROW AS r FROM t") else {
        panic!("a query gives rows")
    };
    let names: Vec<&str> = rows.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["id", "_rev", "r"]);
}

#[test]
fn what_is_written_can_depend_on_the_version() {
    let mut session = session();
    for statement in [
        "INSERT INTO t VALUES (13, 5)",
        "UPDATE t SET a = a * 100 + _rev * 10 + _row WHERE _rev >= 1",
        "DELETE FROM t WHERE _rev = 3",
        "INSERT INTO t SELECT id + 100, _event FROM t AS OF 3 AS was WHERE was._row = 1",
    ] {
        session.execute(statement).expect("it runs");
    }
    assert_eq!(
        told(&mut session, "SELECT id, a, _rev, _op FROM t"),
        "13 513 2 'update', 111 2 1 'insert'"
    );
}

#[test]
fn what_is_not_committed_has_no_transaction() {
    let mut session = session();
    for statement in ["BEGIN WITH (intent = 'Later')", "INSERT INTO t VALUES (13, 5)"] {
        session.execute(statement).expect("it runs");
    }
    let query = "SELECT id, _rev, _event, _tx, _at IS NULL, _op, _intent FROM t";
    let inside = "12 2 5 4 FALSE 'update' 'Raised', 13 1 7 NULL TRUE 'insert' NULL";
    assert_eq!(told(&mut session, query), inside);
    session.execute("COMMIT").expect("it is committed");
    let after = "12 2 5 4 FALSE 'update' 'Raised', 13 1 7 6 FALSE 'insert' 'Later'";
    assert_eq!(told(&mut session, query), after);
}

#[test]
fn a_hidden_column_is_named_and_never_written() {
    let mut session = session();
    for (statement, error) in [
        (
            "SELECT _row FROM t, t AS u",
            "ambiguous-column: \"_row\" could be a column of two tables",
        ),
        (
            "SELECT rowid FROM t, t AS u",
            "ambiguous-column: \"rowid\" could be a column of two tables",
        ),
        ("SELECT _row FROM _events", "unknown-column: _events has no column \"_row\""),
        ("SELECT rowid FROM _events", "unknown-column: _events has no column \"rowid\""),
        ("SELECT _rov FROM t", "unknown-column: t has no column \"_rov\""),
        ("SELECT _row", "unknown-column: no column \"_row\": there is no table here"),
        (
            "SELECT t.a FROM t JOIN t u USING (_row)",
            "unknown-column: USING needs \"_row\" on both sides of the join",
        ),
        (
            "INSERT INTO t (_row) VALUES (1)",
            "reserved-name: \"_row\" is a column that the database keeps for itself",
        ),
        (
            "INSERT INTO t {\"_rev\": 1}",
            "reserved-name: \"_rev\" is a column that the database keeps for itself",
        ),
        (
            "UPDATE t SET _event = 5",
            "reserved-name: \"_event\" is a column that the database keeps for itself",
        ),
        (
            "CREATE INDEX i ON t (_at)",
            "reserved-name: \"_at\" is a column that the database keeps for itself",
        ),
        (
            "CREATE TABLE u (_Tx INTEGER)",
            "reserved-name: \"_Tx\" is a name that every table has for itself",
        ),
    ] {
        assert_eq!(told(&mut session, statement), error, "{statement}");
    }
    for (query, help) in [
        ("SELECT _rov FROM t", "did you mean \"_rev\" or \"_row\"?"),
        ("SELECT _intnet FROM t", "did you mean \"_intent\"?"),
        ("SELECT evnt FROM _events", "did you mean \"event\"?"),
        ("SELECT _op FROM t, t u", "write t._op or u._op"),
        ("SELECT ID FROM t, t u", "write t.id or u.id"),
    ] {
        let error = session.execute(query).expect_err(query);
        assert_eq!(error.help(), Some(help), "{query}");
    }
    let error = session.execute("SELECT rov FROM t").expect_err("no column");
    assert_eq!(error.help(), None);
}

#[test]
fn plans_name_the_hidden_columns_they_read() {
    let mut session = session();
    for (query, lines) in [
        ("SELECT a, _rev FROM t WHERE _row = 2", "'find t by _row = 2 (a, _rev)'"),
        (
            "SELECT a FROM t WHERE id = 12 AND _op = 'update'",
            "'find t by primary key id = 12 (a) where (_op = ''update'')'",
        ),
        (
            "UPDATE t SET a = _rev WHERE _tx = 4",
            "'update t set a = _rev', '  scan t (id, a, _row, _rev) where (_tx = 4)'",
        ),
        (
            "DELETE FROM t WHERE _rev = 1",
            "'delete from t', '  scan t (id, a, _row) where (_rev = 1)'",
        ),
    ] {
        assert_eq!(plan(&mut session, query), lines, "{query}");
    }
}

#[test]
fn shared_plans_read_hidden_columns_too() {
    let mut session = session();
    for (query, rows) in [
        ("SELECT a, _event FROM t WHERE _row = 1", ""),
        ("SELECT a, _event FROM t WHERE _row = 2", "21 5"),
        ("SELECT * FROM t WHERE _intent = 'Raised'", "12 21"),
        ("SELECT * FROM t WHERE _intent = 'Lowered'", ""),
    ] {
        assert_eq!(told(&mut session, query), rows, "{query}");
    }
}
