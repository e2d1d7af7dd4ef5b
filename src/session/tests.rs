//! A session from outside.

use super::*;
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
