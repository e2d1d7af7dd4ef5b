//! A session from outside.

use super::*;
use crate::storage::{Environment, FixedClock};
use crate::types::DataType;
use crate::types::column::value_at;
use std::sync::atomic::Ordering;

/// The code of the error that a statement ends with, its rows included.
fn code(session: &mut Session, text: &str) -> Option<&'static str> {
    match session.execute(text) {
        Ok(Outcome::Rows(rows)) => {
            rows.batches.filter_map(Result::err).map(|error| error.code()).next()
        }
        Ok(_) => None,
        Err(error) => Some(error.code()),
    }
}

#[test]
fn a_flag_stops_what_runs_and_nothing_of_it_is_written() -> Result<(), Error> {
    let mut session = Session::new(Arc::new(Database::in_memory()?));
    let stop = Arc::new(AtomicBool::new(false));
    session.interrupt_by(Arc::clone(&stop));
    session.execute("CREATE TABLE t(a INTEGER)")?;
    session.execute("INSERT INTO t VALUES (1), (2)")?;
    let statements = [
        "SELECT a FROM t",
        "SELECT count(*) FROM t AS x, t AS y",
        "SELECT a FROM t ORDER BY a",
        "UPDATE t SET a = a + 1",
        "DELETE FROM t",
        "INSERT INTO t SELECT a FROM t",
    ];
    stop.store(true, Ordering::Relaxed);
    for statement in statements {
        assert_eq!(code(&mut session, statement), Some("interrupted"), "{statement}");
    }
    assert_eq!(session.head(), EventId(3));
    stop.store(false, Ordering::Relaxed);
    for statement in statements {
        assert_eq!(code(&mut session, statement), None, "{statement}");
    }
    Ok(())
}

#[test]
fn rows_that_are_events_are_a_list_however_they_are_asked_for() -> Result<(), Error> {
    let mut session = Session::new(Arc::new(Database::in_memory()?));
    session.keep_results(Some(1 << 20));
    session.execute("CREATE TABLE t(a INTEGER)")?;
    session.execute("INSERT INTO t VALUES (1), (2)")?;
    for (query, is_list) in [
        ("EVENTS", true),
        ("HISTORY OF t", true),
        ("SELECT * FROM _events", true),
        ("SELECT * FROM _events AS OF EVENT 2", true),
        ("SELECT * FROM main._events AS e WHERE op = 'insert' ORDER BY event DESC LIMIT 2", true),
        ("SELECT * FROM (HISTORY OF t) WHERE rev = 1", true),
        ("SELECT event, op FROM _events", false),
        ("SELECT *, 1 FROM _events", false),
        ("SELECT * FROM _events, t", false),
        ("SELECT * FROM _transactions", false),
        ("SELECT * FROM t", false),
    ] {
        let Outcome::Rows(rows) = session.execute(query)? else { panic!("it is a query") };
        assert_eq!(rows.listing.is_some(), is_list, "{query}");
        // Drawn again they look as they did.
        drop(rows);
        assert_eq!(session.last_result()?.listing.is_some(), is_list, "{query}");
    }
    Ok(())
}

/// Two sessions of one database in memory, in which nothing is settled by itself.
fn two_sessions() -> (Session, Session) {
    let clock = Arc::new(FixedClock::new(Timestamp(1_795_362_000_000_000), 1));
    let environment = Environment { clock, ..Environment::in_memory() };
    let database = Arc::new(Database::in_memory_with(environment).expect("memory"));
    (Session::new(Arc::clone(&database)), Session::new(database))
}

fn told(session: &mut Session, query: &str) -> String {
    let Outcome::Rows(rows) = session.execute(query).expect(query) else { panic!("{query}") };
    let batches: Vec<Batch> = rows.batches.map(|batch| batch.expect(query)).collect();
    let line = |batch: &Batch, at: usize| {
        let value = |column| value_at(column, DataType::Integer, at).to_string();
        batch.columns.iter().map(value).collect::<Vec<_>>().join(" ")
    };
    let lines = batches.iter().flat_map(|batch| (0..batch.rows).map(|at| line(batch, at)));
    lines.collect::<Vec<_>>().join(", ")
}

#[test]
fn what_a_session_staged_others_see_when_it_is_settled() {
    let (mut one, mut other) = two_sessions();
    one.execute("CREATE TABLE t(a INTEGER PRIMARY KEY, b INTEGER)").expect("it is new");
    one.execute("INSERT INTO t VALUES(1, 10)").expect("it is new");
    one.stage("UPDATE t SET b = 11 WHERE a = 1").expect("it is there");
    one.stage("INSERT INTO t VALUES(2, 20)").expect("it is new");
    let rows = "SELECT a, b, _event, _event_to FROM t";
    assert_eq!(told(&mut other, rows), "1 10 2 NULL", "nobody knows that it ended");
    assert_eq!((one.head(), other.head()), (EventId(4), EventId(2)));
    // A statement by itself builds upon what is staged, and is durable together with it.
    one.stage("DELETE FROM t WHERE a = 2").expect("it is there");
    other.execute("UPDATE t SET b = b + 1").expect("it is there");
    assert_eq!(told(&mut other, rows), "1 12 6 NULL");
    assert_eq!(one.head(), EventId(6));
    // What may be read in between waits for the disk.
    one.stage("INSERT INTO t VALUES(3, 30)").expect("it is new");
    other.execute("BEGIN").expect("none is open");
    assert_eq!(told(&mut other, "SELECT max(a) FROM t"), "3");
    one.stage("INSERT INTO t VALUES(4, 40)").expect("it is new");
    other.execute("INSERT INTO t VALUES(5, 50)").expect("in the transaction it is new");
    let stale = other.execute("COMMIT").expect_err("another came before it");
    assert_eq!(stale.code(), "stale");
    assert_eq!(told(&mut one, "SELECT max(a), count(*) FROM t"), "4 3");
}

#[test]
fn statements_by_themselves_are_never_stale() {
    let (mut one, mut other) = two_sessions();
    one.execute("CREATE TABLE t(a INTEGER PRIMARY KEY)").expect("it is new");
    let stream = std::thread::spawn(move || {
        for number in 0..2000 {
            one.stage(&format!("INSERT INTO t VALUES({})", 2 * number)).expect("it is new");
        }
        one.settle().expect("memory");
    });
    for number in 0..300 {
        let insert = format!("INSERT INTO t VALUES({})", 2 * number + 1);
        other.execute(&insert).expect("no other has the number");
    }
    stream.join().expect("it went well");
    assert_eq!(told(&mut other, "SELECT count(*), max(_event) FROM t"), "2300 2301");
}
