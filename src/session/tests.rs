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
