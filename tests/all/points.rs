//! Moments: what each way to write one means.

use crate::answer::rows_of;
use asof::session::Session;
use asof::storage::Database;
use asof::types::Value;
use std::sync::Arc;

/// The table is event 1, each of 10 transactions adds two rows: events 2 and 3, 4 and 5, …
fn session() -> Session {
    let database = Database::in_memory().expect("a database in memory");
    let mut session = Session::new(Arc::new(database));
    session.execute("CREATE TABLE t (a INTEGER)").expect("the table is made");
    for a in 0..10 {
        let insert = format!("INSERT INTO t VALUES ({a}), ({a})");
        session.execute(&insert).expect("the rows are inserted");
    }
    session
}

/// How many rows there are at a moment, or the error's code and sentence.
fn count(session: &mut Session, point: &str) -> Result<i64, String> {
    match rows_of(session, &format!("SELECT count(*) FROM t AS OF {point}")) {
        Ok(rows) => match rows.first().and_then(|row| row.first()) {
            Some(Value::Integer(count)) => Ok(*count),
            other => Err(format!("{other:?}")),
        },
        Err(error) => Err(format!("{}: {error}", error.code())),
    }
}

#[test]
fn a_moment_is_written_in_many_ways() {
    let mut session = session();
    for (point, rows) in [
        ("LATEST", 20),
        ("EVENT -0", 20),
        ("EVENT -1", 19),
        ("EVENT - 20", 0),
        ("TX 1", 0),
        ("TX 2", 2),
        ("TX 11", 20),
        ("EVENT 3", 2),
        ("3", 2),
        ("TIMESTAMP '9999-01-01 00:00'", 20),
    ] {
        assert_eq!(count(&mut session, point), Ok(rows), "{point}");
    }
}

#[test]
fn a_moment_that_never_was_is_an_error_that_says_what_is_true() {
    let mut session = session();
    for (point, error) in [
        ("START", "unknown-table: table t does not exist at event 0; it was created by event 1"),
        ("TX 0", "unknown-table: table t does not exist at event 0; it was created by event 1"),
        ("EVENT -22", "before-start: there are only 21 events to go back"),
        ("EVENT -18446744073709551615", "before-start: there are only 21 events to go back"),
        ("EVENT 22", "beyond-head: event 22 has not happened; the last is 21"),
        ("TX 12", "beyond-head: transaction 12 has not happened; the last is 11"),
        (
            "TX 18446744073709551615",
            "beyond-head: transaction 18446744073709551615 has not \
          happened; the last is 11",
        ),
    ] {
        assert_eq!(count(&mut session, point), Err(error.to_string()), "{point}");
    }
}

#[test]
fn words_of_time_are_names_as_well() {
    let mut session = session();
    for statement in [
        "CREATE TABLE latest (start INTEGER, tx INTEGER)",
        "INSERT INTO latest VALUES (1, 2)",
        "SELECT start, latest.tx FROM latest AS OF LATEST",
        "SELECT tx AS start FROM latest start AS OF TX 12",
    ] {
        let told = rows_of(&mut session, statement).map(|rows| rows.len());
        assert!(told.is_ok(), "{statement}: {told:?}");
    }
}
