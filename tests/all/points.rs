//! Moments: what each way to write one means.

use crate::answer::rows_of;
use asof::session::Session;
use asof::storage::{Change, Database, Environment, FixedClock, Metadata};
use asof::types::{EventId, Timestamp, Value};
use std::sync::Arc;

/// The table is event 1, each of 10 transactions adds two rows: events 2 and 3, 4 and 5, …
///
/// The clock goes on by an hour whenever it is looked at: once by each statement, and once by its
/// commit. So transaction n is committed at 12:00 of 2026-03-29 and 2n - 1 hours, and a query behind
/// all of them stands an hour after the last.
fn session() -> Session {
    let start = Timestamp::parse("2026-03-29 12:00").expect("a timestamp");
    let clock = Arc::new(FixedClock::new(start, 3_600_000_000));
    let environment = Environment { clock, ..Environment::in_memory() };
    let database = Database::in_memory_with(environment).expect("a database in memory");
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
        ("TIMESTAMP '2026-03-30'", 10),
        ("TIMESTAMP '2026-03-30 09:00'", 20),
        ("TIMESTAMP '2026-03-30 08:59:59.999999'", 18),
        ("TIMESTAMP '2026-03-30T10:00:00+01:00'", 20),
    ] {
        assert_eq!(count(&mut session, point), Ok(rows), "{point}");
    }
}

#[test]
fn a_moment_that_never_was_is_an_error_that_says_what_is_true() {
    let mut session = session();
    for (point, error) in [
        ("START", "unknown-table: table t does not exist at the start; it was created by event 1"),
        ("TX 0", "unknown-table: table t does not exist at the start; it was created by event 1"),
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
fn the_moment_before_is_one_event_or_transaction_earlier() {
    let mut session = session();
    for (point, rows) in [
        ("LATEST", 19),
        ("EVENT 21", 19),
        ("4", 2),
        ("EVENT -1", 18),
        ("TX 2", 0),
        ("TX 3", 2),
        ("TX 11", 18),
        ("TIMESTAMP '2026-03-30 09:00'", 18),
        ("TIMESTAMP '2026-03-30 09:00:00.000001'", 20),
        ("'2026-03-30 07:00'", 16),
    ] {
        let told = rows_of(&mut session, &format!("SELECT count(*) FROM t BEFORE {point}"));
        assert_eq!(
            told.map_err(|error| error.to_string()),
            Ok(vec![vec![Value::Integer(rows)]]),
            "{point}"
        );
    }
    for (point, told) in [
        ("START", "before-start: nothing was before the start"),
        ("EVENT 0", "before-start: nothing was before the start"),
        ("TX 0", "before-start: nothing was before the start"),
        ("EVENT -21", "before-start: nothing was before the start"),
        (
            "EVENT 1",
            "unknown-table: table t does not exist at the start; it was created by event 1",
        ),
        ("TX 1", "unknown-table: table t does not exist at the start; it was created by event 1"),
        (
            "'2000-01-01'",
            "unknown-table: table t does not exist at the start; it was created by event 1",
        ),
        ("EVENT 22", "beyond-head: event 22 has not happened; the last is 21"),
        ("TX 12", "beyond-head: transaction 12 has not happened; the last is 11"),
    ] {
        let error = session.execute(&format!("SELECT a FROM t BEFORE {point}")).expect_err(point);
        assert_eq!(format!("{}: {error}", error.code()), told, "{point}");
    }
}

#[test]
fn a_time_in_words_is_reckoned_from_the_statements() {
    for (point, rows) in [
        ("'now'", 20),
        ("'5 minutes ago'", 20),
        ("'1 hour ago'", 20),
        ("'61 minutes ago'", 18),
        ("'2 hours 30 minutes ago'", 18),
        ("'3 hours ago'", 18),
        ("'181 minutes ago'", 16),
        ("'today'", 10),
        ("'Today 09:00'", 20),
        ("'today 8:59'", 18),
        ("'yesterday 15:30'", 2),
        ("'2026-03-30'", 10),
        ("'2026-03-30 09:00:00Z'", 20),
    ] {
        assert_eq!(count(&mut session(), point), Ok(rows), "{point}");
    }
    for (point, told) in [
        (
            "'yesterday'",
            "unknown-table: table t does not exist at the start; it was created by event 1",
        ),
        ("'today 14:00'", "beyond-head: 2026-03-30 14:00:00 has not come yet"),
        ("TIMESTAMP '9999-12-31'", "beyond-head: 9999-12-31 00:00:00 has not come yet"),
        ("'5 mintes ago'", "timestamp: '5 mintes ago' is no time"),
        ("TIMESTAMP 'now'", "timestamp: 'now' is no timestamp"),
    ] {
        assert_eq!(count(&mut session(), point), Err(told.to_string()), "{point}");
    }
}

#[test]
fn a_clock_that_was_set_back_hides_nothing_that_was_committed() {
    let noon = Timestamp::parse("2026-03-29 12:00").expect("a timestamp");
    let clock = Arc::new(FixedClock::new(noon, -3_600_000_000));
    let environment = Environment { clock, ..Environment::in_memory() };
    let database = Database::in_memory_with(environment).expect("a database in memory");
    let mut session = Session::new(Arc::new(database));
    for statement in ["CREATE TABLE t (a INTEGER)", "INSERT INTO t VALUES (1)"] {
        session.execute(statement).expect("it runs");
    }
    let last = session.database().committed_at(session.head()).expect("an index");
    let last = last.expect("something was committed");
    assert!(last > session.database().now());
    assert_eq!(count(&mut session, &format!("TIMESTAMP '{last}'")), Ok(1));
    let later = count(&mut session, "TIMESTAMP '2026-03-29 12:00:01'");
    assert_eq!(later, Err("beyond-head: 2026-03-29 12:00:01 has not come yet".to_string()));
}

#[test]
fn tags_and_snapshots_are_names_of_moments() {
    let mut session = session();
    let database = Arc::clone(session.database());
    for (name, at) in [("release 1", Some(EventId(5))), ("now", None)] {
        let mut fork = database.begin().expect("it can be written");
        fork.record(vec![Change::Tag { name: name.into(), at }]).expect("a tag");
        database.commit(fork, Metadata::default()).expect("it is committed");
    }
    for (name, a) in [(Some("monthly"), 50), (None, 60), (Some("weekly"), 70)] {
        let name = name.map(str::to_owned);
        database.take_snapshot(name, Metadata::default()).expect("a snapshot");
        session.execute(&format!("INSERT INTO t VALUES ({a})")).expect("it runs");
    }
    for (point, rows) in [
        ("TAG 'release 1'", 4),
        ("TAG now", 20),
        ("TAG \"now\"", 20),
        ("SNAPSHOT 1", 20),
        ("SNAPSHOT 2", 21),
        ("SNAPSHOT 3", 22),
        ("SNAPSHOT 'monthly'", 20),
        ("SNAPSHOT 'weekly'", 22),
        ("LATEST", 23),
    ] {
        assert_eq!(count(&mut session, point), Ok(rows), "{point}");
        let before = rows_of(&mut session, &format!("SELECT count(*) FROM t BEFORE {point}"));
        // What is before a marker differs by nothing but the marker.
        let is_marker = !matches!(point, "TAG 'release 1'" | "LATEST");
        let wanted = if is_marker { rows } else { rows - 1 };
        let before = before.map_err(|error| error.to_string());
        assert_eq!(before, Ok(vec![vec![Value::Integer(wanted)]]), "BEFORE {point}");
    }
    for (point, told, help) in [
        (
            "TAG 'relaese 1'",
            "unknown-tag: there is no tag \"relaese 1\"",
            Some("did you mean \"release 1\"?"),
        ),
        ("TAG Now", "unknown-tag: there is no tag \"Now\"", Some("did you mean \"now\"?")),
        ("TAG x", "unknown-tag: there is no tag \"x\"", None),
        (
            "SNAPSHOT 4",
            "unknown-snapshot: there is no snapshot 4",
            Some("the newest is snapshot 3"),
        ),
        (
            "SNAPSHOT 'monthyl'",
            "unknown-snapshot: there is no snapshot \"monthyl\"",
            Some("did you mean \"monthly\"?"),
        ),
        ("'release 1'", "timestamp: 'release 1' is no time", Some("write TAG 'release 1'")),
        ("'monthly'", "timestamp: 'monthly' is no time", Some("write SNAPSHOT 'monthly'")),
    ] {
        let error = session.execute(&format!("SELECT a FROM t AS OF {point}")).expect_err(point);
        assert_eq!(format!("{}: {error}", error.code()), told, "{point}");
        assert_eq!(error.help(), help, "{point}");
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
        "CREATE TABLE events (event INTEGER, tag TEXT, before TEXT)",
        "CREATE TABLE history (of INTEGER, snapshot TEXT)",
        "INSERT INTO events (event, tag, before) VALUES (1, 'x', 'y')",
        "SELECT event, tag before FROM events before WHERE before.tag = 'x'",
        "SELECT * FROM history, events",
        "SELECT snapshot FROM history snapshot FOR SYSTEM_TIME ALL",
        "SELECT before FROM events BEFORE LATEST AS tag",
        "UPDATE events SET before = tag WHERE event = 1",
        "DELETE FROM history WHERE snapshot = 'x'",
    ] {
        let told = rows_of(&mut session, statement).map(|rows| rows.len());
        assert!(told.is_ok(), "{statement}: {told:?}");
    }
}
