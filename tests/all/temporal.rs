//! Tables over periods, joins of moments, and which of several moments counts.

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
        "INSERT INTO t VALUES (1, 10)",
        "INSERT INTO t VALUES (2, 20)",
        "UPDATE t SET a = a + 1 WITH (intent = 'Raised', actor = 'amy')",
        "DELETE FROM t WHERE id = 1",
    ] {
        session.execute(statement).expect("it runs");
    }
    session
}

#[test]
fn a_period_has_every_version_of_it() {
    let mut session = session();
    for (period, rows) in [
        ("ALL", "10, 11, 20, 21"),
        ("FROM START TO LATEST", "10, 11, 20, 21"),
        ("BETWEEN START AND LATEST", "10, 11, 20, 21"),
        ("FROM EVENT 2 TO EVENT 3", "10"),
        ("FROM 2 TO 4", "10, 20"),
        ("BETWEEN 2 AND 4", "10, 11, 20"),
        ("BETWEEN EVENT 3 AND EVENT 3", "10, 20"),
        ("BETWEEN EVENT 4 AND EVENT 4", "11, 20"),
        ("BETWEEN TX 4 AND EVENT -0", "11, 21"),
        ("FROM TX 4 TO EVENT 6", "11, 21"),
        ("BETWEEN 6 AND 6", "21"),
        ("FROM 3 TO 3", ""),
        ("FROM LATEST TO LATEST", "21"),
        ("FROM START TO TX 4", "10, 20"),
        ("FROM TX 3 TO TX 4", "10, 20"),
        ("FROM TX 4 TO TX 4", ""),
        ("BETWEEN TX 4 AND TX 4", "11, 21"),
        ("FROM START TO 'now'", "10, 11, 20, 21"),
        ("AS OF 4", "11, 20"),
        ("AS OF TX 4", "11, 21"),
        ("BEFORE TX 4", "10, 20"),
    ] {
        for query in [
            format!("SELECT a FROM t FOR SYSTEM_TIME {period}"),
            format!("SELECT t.a FROM t FOR SYSTEM_TIME {period} AS t WHERE t.a > 0"),
            format!("SELECT x.a FROM t x FOR SYSTEM_TIME {period}"),
        ] {
            assert_eq!(told(&mut session, &query), rows, "{query}");
        }
        let count = rows.split(", ").filter(|row| !row.is_empty()).count();
        let query = format!("SELECT count(*) FROM t FOR SYSTEM_TIME {period}");
        assert_eq!(told(&mut session, &query), count.to_string(), "{query}");
    }
}

#[test]
fn a_period_begins_before_it_ends() {
    let mut session = session();
    for (query, said) in [
        ("SELECT a FROM t FOR SYSTEM_TIME FROM 4 TO 2", "2, before it begins at event 4"),
        ("SELECT a FROM t FOR SYSTEM_TIME BETWEEN TX 4 AND 3", "3, before it begins at event 5"),
        ("HISTORY OF t FROM EVENT 4 TO 2", "2, before it begins at event 4"),
        ("SELECT * FROM (HISTORY OF t FROM TX 4 TO START)", "0, before it begins at event 4"),
        ("REPLAY t FROM LATEST TO EVENT 1", "1, before it begins at event 6"),
    ] {
        let said = format!("empty-period: the period ends at event {said}");
        assert_eq!(told(&mut session, query), said, "{query}");
    }
    // Inside a transaction that begins before it ends, and from one time to the next.
    let events = "SELECT event FROM (HISTORY OF t FROM TX 4 TO EVENT 5)";
    assert_eq!(told(&mut session, events), "4");
    let times = "SELECT a FROM t FOR SYSTEM_TIME FROM '2001-01-02' TO '2001-01-01'";
    let said = "empty-period: the period ends at 2001-01-01 00:00:00, before it begins at \
                2001-01-02 00:00:00";
    assert_eq!(told(&mut session, times), said);
}

#[test]
fn a_key_finds_every_version_of_a_period() {
    let mut session = session();
    for (query, rows) in [
        ("SELECT a FROM t FOR SYSTEM_TIME ALL WHERE id = 1", "10, 11"),
        ("SELECT a FROM t FOR SYSTEM_TIME BETWEEN 3 AND 4 WHERE id = 2", "20"),
        ("SELECT a FROM t FOR SYSTEM_TIME ALL WHERE id IN (2, 1, 2)", "10, 11, 20, 21"),
        ("SELECT a FROM t FOR SYSTEM_TIME ALL WHERE id = 3", ""),
        ("SELECT id, count(*), max(a) FROM t FOR SYSTEM_TIME ALL GROUP BY id", "1 2 11, 2 2 21"),
    ] {
        assert_eq!(told(&mut session, query), rows, "{query}");
    }
}

#[test]
fn a_key_made_later_hides_no_version() {
    let mut session = session();
    for statement in [
        "CREATE INDEX by_a ON t (a)",
        "INSERT INTO t VALUES (3, 10), (4, 20)",
        "UPDATE t SET id = id + 10, a = 30 WHERE id >= 3",
        "DELETE FROM t WHERE id = 13",
        "INSERT INTO t VALUES (13, 10)",
    ] {
        session.execute(statement).expect("it runs");
    }
    for (condition, rows) in [
        ("a = 10", "1 10, 3 10, 13 10"),
        ("a = 20", "2 20, 4 20"),
        ("a IN (30, 10, 11)", "1 10, 1 11, 3 10, 13 30, 14 30, 13 10"),
        ("id = 13", "13 30, 13 10"),
        ("id IN (13, 3)", "3 10, 13 30, 13 10"),
        ("a = 30 AND id = 14", "14 30"),
    ] {
        let query = format!("SELECT id, a FROM t FOR SYSTEM_TIME ALL WHERE {condition}");
        assert_eq!(told(&mut session, &query), rows, "{query}");
        let scanned = query.replace("a ", "+a ").replace("id ", "+id ");
        assert_eq!(told(&mut session, &scanned), rows, "{scanned}");
    }
}

#[test]
fn a_period_that_never_was_is_an_error() {
    let mut session = session();
    for (period, error) in [
        ("FROM 1 TO 7", "beyond-head: event 7 has not happened; the last is 6"),
        ("BETWEEN EVENT -9 AND 3", "before-start: there are only 6 events to go back"),
        (
            "BETWEEN START AND START",
            "unknown-table: table t does not exist at the start; it was created by event 1",
        ),
    ] {
        let query = format!("SELECT a FROM t FOR SYSTEM_TIME {period}");
        assert_eq!(told(&mut session, &query), error, "{query}");
    }
}

#[test]
fn moments_and_periods_are_joined() {
    let mut session = session();
    for (query, rows) in [
        (
            "SELECT old.id, old.a, new.a FROM t AS OF 3 old LEFT JOIN t new ON new.id = old.id",
            "1 10 NULL, 2 20 21",
        ),
        (
            "SELECT old.a, new.a FROM t BEFORE LATEST AS old JOIN t AS OF EVENT 4 AS new USING (id)",
            "11 11, 21 20",
        ),
        (
            "SELECT now.a, was.a FROM t now JOIN t FOR SYSTEM_TIME ALL was USING (id)",
            "21 20, 21 21",
        ),
        ("SELECT count(*) FROM t FOR SYSTEM_TIME ALL x, t FOR SYSTEM_TIME BETWEEN 2 AND 3 y", "8"),
    ] {
        assert_eq!(told(&mut session, query), rows, "{query}");
    }
}

#[test]
fn a_tables_moment_comes_before_the_statements() {
    let mut session = session();
    for (query, rows) in [
        ("AS OF 3 SELECT a.a, b.a FROM t a JOIN t AS OF 5 AS b USING (id)", "10 11, 20 21"),
        ("BEFORE 4 SELECT a.a, b.a FROM t a JOIN t b BEFORE 6 USING (id)", "10 11, 20 21"),
        ("SELECT a FROM t AS OF LATEST WHERE a > 0 AS OF 3", "21"),
        ("SELECT a FROM t FOR SYSTEM_TIME ALL WHERE a > 0 AS OF 3", "10, 11, 20, 21"),
        ("SELECT a FROM t WHERE a > 0 BEFORE EVENT 4", "10, 20"),
    ] {
        assert_eq!(told(&mut session, query), rows, "{query}");
    }
}

#[test]
fn a_sessions_moment_comes_last() {
    let mut session = session();
    session.execute("SET AS OF EVENT 3").expect("it is a moment");
    for (query, rows) in [
        ("SELECT a FROM t", "10, 20"),
        ("SELECT a FROM t WHERE id = 1", "10"),
        ("AS OF 4 SELECT a FROM t", "11, 20"),
        ("SELECT a FROM t BEFORE 3", "10"),
        ("AS OF 4 SELECT x.a, y.a FROM t x JOIN t AS OF 5 AS y USING (id)", "11 11, 20 21"),
        ("SELECT x.a, y.a FROM t x JOIN t AS OF LATEST AS y USING (id)", "20 21"),
        ("SELECT a FROM t FOR SYSTEM_TIME ALL", "10, 11, 20, 21"),
        ("SELECT count(*) FROM (HISTORY OF t) h", "2"),
        ("SELECT count(*) FROM _events", "3"),
        ("SELECT count(*) FROM _events AS OF LATEST AS e", "6"),
        ("UPDATE t SET a = 0", "past: this session reads the past, at event 3"),
        ("ALTER TABLE t ADD b", "past: this session reads the past, at event 3"),
        ("CREATE TABLE u (a)", "past: this session reads the past, at event 3"),
        ("BEGIN", "past: this session reads the past, at event 3"),
        ("SET AS OF TX 1", ""),
        ("SELECT a FROM t", ""),
        ("SET AS OF START", ""),
        (
            "SELECT a FROM t",
            "unknown-table: table t does not exist at the start; it was created by event 1",
        ),
        ("SET AS OF LATEST", ""),
        ("SELECT a FROM t", "21"),
        ("UPDATE t SET a = 0", ""),
        ("SELECT a FROM t", "0"),
    ] {
        assert_eq!(told(&mut session, query), rows, "{query}");
    }
}

#[test]
fn a_moment_that_could_be_one_tables_or_all_is_an_error_that_shows_both() {
    let mut session = session();
    for (query, help) in [
        (
            "SELECT * FROM t, t u AS OF 3",
            "t alone: t AS OF EVENT 3 AS u; every table: AS OF EVENT 3 SELECT …",
        ),
        (
            "SELECT * FROM t a CROSS JOIN t BEFORE TX 2",
            "t alone: t BEFORE TX 2 AS t; every table: BEFORE TX 2 SELECT …",
        ),
    ] {
        let error = session.execute(query).expect_err(query);
        assert_eq!((error.code(), error.help()), ("ambiguous-as-of", Some(help)), "{query}");
    }
    for (query, rows) in [
        ("SELECT u.a FROM t, t AS OF EVENT 3 AS u", "10, 20"),
        ("AS OF EVENT 3 SELECT count(*) FROM t, t u", "4"),
        ("SELECT u.a FROM t x, (t u AS OF 3)", "10, 20"),
        ("SELECT u.a FROM t x, t u FOR SYSTEM_TIME AS OF 3", "10, 20"),
        ("SELECT count(*) FROM t x, t u AS OF 3 LIMIT 1", "2"),
        ("SELECT count(*) FROM t x JOIN t u ON x.id = u.id AS OF 3", "2"),
    ] {
        assert_eq!(told(&mut session, query), rows, "{query}");
    }
}

#[test]
fn plans_say_when_their_tables_are_read() {
    let mut session = session();
    for (query, lines) in [
        ("SELECT a FROM t AS OF 3", "'scan t as of event 3 (a)'"),
        ("SELECT a FROM t x BEFORE TX 4", "'scan t x as of event 3 (a)'"),
        ("SELECT a FROM t FOR SYSTEM_TIME FROM 2 TO 5", "'scan t for events 2 to 4 (a)'"),
        ("SELECT a FROM t FOR SYSTEM_TIME FROM 2 TO 3", "'scan t for event 2 (a)'"),
        ("SELECT a FROM t FOR SYSTEM_TIME FROM 2 TO 2", "'scan t for no event (a)'"),
        ("SELECT a FROM t FOR SYSTEM_TIME ALL x", "'scan t x for all events (a)'"),
    ] {
        assert_eq!(plan(&mut session, query), lines, "{query}");
    }
}

#[test]
fn a_result_read_inside_a_transaction_says_so() {
    let mut session = session();
    let mut inside = |sql: &str| {
        let outcome = session.execute(sql).expect(sql);
        let Outcome::Rows(rows) = outcome else { panic!("{sql}: {outcome:?}") };
        rows.inside().expect("the log").map(|transaction| transaction.0)
    };
    for (sql, transaction) in [
        ("SELECT * FROM t AS OF EVENT 4", Some(4)),
        ("SELECT * FROM t BEFORE EVENT 5", Some(4)),
        ("EXPLAIN SELECT * FROM t AS OF EVENT 4", Some(4)),
        ("DESCRIBE t AS OF EVENT 4", Some(4)),
        ("SHOW TABLES AS OF EVENT 4", Some(4)),
        ("HISTORY OF t BETWEEN START AND EVENT 4", Some(4)),
        ("SELECT * FROM t AS OF EVENT 3", None),
        ("SELECT * FROM t AS OF EVENT 5", None),
        ("SELECT * FROM t AS OF EVENT 4", Some(4)),
        ("SELECT * FROM t AS OF TX 4", None),
        ("SELECT * FROM t", None),
        ("SELECT 1", None),
    ] {
        assert_eq!(inside(sql), transaction, "{sql}");
    }
    let said = format!("{:?}", session.execute("SET AS OF EVENT 4").expect("a moment"));
    assert!(said.contains("as of event 4 (inside transaction 4)"), "{said}");
    session.execute("SET AS OF LATEST").expect("the present");
    session.execute("BEGIN").expect("a transaction");
    session.execute("INSERT INTO t VALUES (3, 30), (4, 40)").expect("two rows");
    let Ok(Outcome::Rows(own)) = session.execute("SELECT * FROM t") else { panic!("no rows") };
    assert_eq!(
        own.inside().expect("the log"),
        None,
        "what is open is in no transaction of the log"
    );
}
