//! The log seen from the session: HISTORY, EVENTS, REPLAY, the system tables, SET AS OF and EXPLAIN.
//!
//! What they give is compared with lists that are made of `EventStore::read` in the simplest way, over
//! random histories.

use crate::answer::rows_of;
use crate::random::Dice;
use asof::session::{Outcome, Session};
use asof::storage::{
    Database, Environment, Event, FixedClock, RowImages, RowOperation, SeededRandom,
};
use asof::types::column::value_at;
use asof::types::{EventId, Period, Row, RowId, Timestamp, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How many histories are made up.
const HISTORIES: u64 = 12;
/// How many statements each has.
const STATEMENTS: usize = 40;

fn session() -> Session {
    let environment = Environment {
        clock: Arc::new(FixedClock::new(Timestamp(1_767_225_600_000_000), 1_000_000)),
        random: Arc::new(SeededRandom::new(7)),
        ..Environment::in_memory()
    };
    let database = Database::in_memory_with(environment).expect("a database in memory");
    Session::new(Arc::new(database))
}

fn run(session: &mut Session, statement: &str) {
    session.execute(statement).unwrap_or_else(|error| panic!("{statement}: {error}"));
}

fn rows(session: &mut Session, query: &str) -> Vec<Vec<Value>> {
    rows_of(session, query).unwrap_or_else(|error| panic!("{query}: {error}"))
}

/// The code of the error that a statement ends with.
fn code(session: &mut Session, statement: &str) -> Option<&'static str> {
    rows_of(session, statement).err().map(|error| error.code())
}

/// Two tables and statements that change them, with and without transactions.
fn history(seed: u64) -> Session {
    let mut session = session();
    let mut dice = Dice::of(seed);
    run(&mut session, "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, b TEXT)");
    run(&mut session, "CREATE TABLE u (a INTEGER)");
    let mut open = false;
    for step in 0..STATEMENTS {
        let (id, a) = (dice.roll(6), dice.roll(4));
        let statement = match dice.roll(9) {
            0..=2 => format!("INSERT INTO t (a, b) VALUES ({a}, 'x{step}'), (NULL, 'y')"),
            3 | 4 => format!("UPDATE t SET a = {a}, b = b || '!' WHERE id = {id}"),
            5 => format!("DELETE FROM t WHERE id = {id}"),
            6 => format!("INSERT INTO u VALUES ({a})"),
            7 if open => "COMMIT".to_owned(),
            7 => format!("BEGIN WITH (intent = 'i{step}', actor = 'amy')"),
            _ => "UPDATE u SET a = a + 1".to_owned(),
        };
        open = matches!(statement.as_str(), s if s.starts_with("BEGIN"))
            || open && statement != "COMMIT";
        run(&mut session, &statement);
    }
    if open {
        run(&mut session, "COMMIT");
    }
    session
}

fn events(session: &Session, period: Period) -> Vec<Event> {
    let read = session.database().store().read(period);
    read.map(|event| event.expect("the log is read")).collect()
}

fn all(session: &Session) -> Period {
    Period { first: EventId(1), last: session.head() }
}

fn integer(number: u64) -> Value {
    Value::Integer(i64::try_from(number).expect("a small number"))
}

fn table(event: &Event) -> &str {
    event.operation.table().map_or("", |table| &table.name)
}

/// The whole row before and after each event of the table `t`, by replaying all of them.
fn images(session: &Session) -> Vec<(Event, RowId, Option<Row>, Option<Row>)> {
    let mut rows: BTreeMap<RowId, Row> = BTreeMap::new();
    let mut images = Vec::new();
    for event in events(session, all(session)) {
        if table(&event) != "t" {
            continue;
        }
        let Some(RowOperation { row, images: told, .. }) = event.operation.row().cloned() else {
            continue;
        };
        let (old, new) = match told {
            RowImages::Insert { new, .. } => (None, Some(new)),
            RowImages::Delete(old) => (Some(old), None),
            RowImages::Update(changed) => {
                let old = rows.get(&row).cloned().expect("what is updated is there");
                let mut new = old.clone();
                changed.into_iter().for_each(|(at, _, value)| new[at] = value);
                (Some(old), Some(new))
            }
        };
        match &new {
            Some(new) => rows.insert(row, new.clone()),
            None => rows.remove(&row),
        };
        images.push((event, row, old, new));
    }
    images
}

#[test]
fn events_are_those_of_the_log() {
    for seed in 1..=HISTORIES {
        let mut session = history(seed);
        let log = events(&session, all(&session));
        let mut metadata = BTreeMap::new();
        for event in &log {
            if let Some(said) = &event.last {
                metadata.insert(event.tx, said.clone());
            }
        }
        let wanted = |event: &Event| {
            let said = &metadata[&event.tx];
            let text = |text: &Option<String>| text.as_ref().map_or(Value::Null, Value::text);
            vec![
                integer(event.id.0),
                integer(event.tx.0),
                Value::Timestamp(event.at),
                Value::text(event.operation.name()),
                Value::text(table(event)),
                text(&said.intent),
                text(&said.actor),
            ]
        };
        let columns = "event, tx, at, op, table_name, intent, actor";
        let expected: Vec<_> = log.iter().map(wanted).collect();
        assert_eq!(rows(&mut session, &format!("SELECT {columns} FROM _events")), expected);
        let half = session.head().0 / 2;
        let until: Vec<_> = expected[..usize::try_from(half).expect("small")].to_vec();
        let query = format!("SELECT {columns} FROM _events AS OF EVENT {half}");
        assert_eq!(rows(&mut session, &query), until);
        let of_u = log.iter().filter(|event| table(event) == "u" && event.id.0 >= half).count();
        assert_eq!(rows(&mut session, &format!("EVENTS FOR u SINCE EVENT {half}")).len(), of_u);
        assert_eq!(rows(&mut session, "SHOW EVENTS").len(), log.len());
        let sums = "SELECT count(*), sum(events), max(last_event), min(first_event) \
                    FROM _transactions";
        let (count, last) = (metadata.len() as u64, session.head().0);
        let expected = vec![integer(count), integer(last), integer(last), integer(1)];
        assert_eq!(rows(&mut session, sums), [expected]);
    }
}

#[test]
fn a_history_has_every_change_of_every_row_that_matches_at_some_time() {
    for seed in 1..=HISTORIES {
        let mut session = history(seed);
        let images = images(&session);
        let (middle, last) = (session.head().0 / 2, session.head().0);
        for (clause, first, matches) in [
            ("", 1, None),
            (" WHERE a = 2", 1, Some(2)),
            (&*format!(" WHERE a = 2 FROM EVENT {middle} TO LATEST"), middle, Some(2)),
            (&*format!(" FROM EVENT {middle}"), middle, None),
        ] {
            let inside = || images.iter().filter(|(event, ..)| event.id.0 >= first);
            let is_match = |row: &Row| matches.is_none_or(|a| row[1] == Value::Integer(a));
            let matching: Vec<RowId> = inside()
                .filter(|(_, _, old, new)| old.iter().chain(new).any(&is_match))
                .map(|(_, row, ..)| *row)
                .collect();
            let expected: Vec<Vec<Value>> = inside()
                .filter(|(_, row, ..)| matching.contains(row))
                .map(|(event, row, ..)| {
                    let operation = Value::text(event.operation.name());
                    vec![integer(event.id.0), integer(event.tx.0), operation, integer(row.0)]
                })
                .collect();
            let query = format!("SELECT event, tx, op, row FROM (HISTORY OF t{clause}) h");
            assert_eq!(rows(&mut session, &query), expected, "{query}");
            let plain = rows(&mut session, &format!("HISTORY t{clause}"));
            assert_eq!(plain.len(), expected.len());
            let few = rows(&mut session, &format!("HISTORY t{clause} LIMIT 3"));
            assert_eq!(few, plain[..plain.len().min(3)]);
        }
        let changed = "SELECT count(*) FROM HISTORY OF t WHERE op = 'update' AND change LIKE 'a % → %, b % → %'";
        let both = |event: &Event| {
            let told = event.operation.row().map(|row| &row.images);
            matches!(told, Some(RowImages::Update(changed)) if changed.len() == 2)
        };
        let both = images.iter().filter(|(event, ..)| both(event)).count() as u64;
        assert_eq!(rows(&mut session, changed), [[integer(both)]]);
        let cut = format!("SELECT max(event) <= {middle} FROM HISTORY OF t AS OF EVENT {middle}");
        assert!(last > middle);
        assert_ne!(rows(&mut session, &cut), [[Value::Boolean(false)]]);
    }
}

#[test]
fn a_replay_shows_whole_rows_before_and_after() {
    for seed in 1..=HISTORIES {
        let mut session = history(seed);
        let images = images(&session);
        let outcome = session.execute("REPLAY t FROM EVENT 5").expect("it is replayed");
        let Outcome::Replay(replay) = outcome else { panic!("no replay") };
        let mut steps = images.iter().filter(|(event, ..)| event.id >= EventId(5));
        for frame in *replay {
            let frame = frame.expect("a frame");
            let (event, _, old, new) = steps.next().expect("no frame too many");
            assert!(frame.heading.starts_with(&format!("#{} ", event.id)), "{}", frame.heading);
            let shown = frame.rows.expect("a change of a row has rows");
            let types: Vec<_> = shown.columns.iter().map(|column| column.data_type).collect();
            let mut given = Vec::new();
            for batch in shown {
                let batch = batch.expect("a batch");
                for at in 0..batch.rows {
                    let columns = batch.columns.iter().zip(&types).skip(1);
                    let row: Row = columns.map(|(array, t)| value_at(array, *t, at)).collect();
                    given.push(row);
                }
            }
            let expected: Vec<Row> = old.iter().chain(new).cloned().collect();
            assert_eq!(given, expected, "event {}", event.id);
        }
        assert!(steps.next().is_none(), "a frame is missing");
    }
}

#[test]
fn a_replay_says_what_an_event_of_no_row_did() {
    let mut session = Session::new(Arc::new(Database::in_memory().expect("a database")));
    for statement in [
        "CREATE TABLE t (a INTEGER)",
        "ALTER TABLE t ADD b TEXT",
        "CREATE INDEX i ON t (b)",
        "DROP INDEX i",
        "ALTER TABLE t RENAME b TO c",
        "ALTER TABLE t DROP c",
        "ALTER TABLE t RENAME TO u",
        "TAG 'here'",
        "TAG 'there' AT EVENT 2",
        "DROP TABLE u",
    ] {
        session.execute(statement).expect(statement);
    }
    let outcome = session.execute("REPLAY").expect("it is replayed");
    let Outcome::Replay(replay) = outcome else { panic!("no replay") };
    let headings = replay.map(|frame| frame.expect("a frame").heading);
    let said: Vec<String> =
        headings.map(|heading| heading.split(" · ").next().unwrap_or_default().into()).collect();
    assert_eq!(
        said,
        [
            "#1 CREATE TABLE t",
            "#2 ALTER TABLE t ADD COLUMN b",
            "#3 CREATE INDEX i ON t",
            "#4 DROP INDEX i",
            "#5 ALTER TABLE t RENAME COLUMN b TO c",
            "#6 ALTER TABLE t DROP COLUMN c",
            "#7 ALTER TABLE t RENAME TO u",
            "#8 TAG 'here'",
            "#9 TAG 'there' AT EVENT 2",
            "#10 DROP TABLE u",
        ]
    );
}

#[test]
fn a_replay_is_valid_in_every_mode() {
    let place = crate::shell::TestDirectory::new();
    let script = "CREATE TABLE t (a TEXT, j JSON);
        INSERT INTO t VALUES ('x,\"y', '{\"k\": [1]}'); UPDATE t SET a = 'z'; DELETE FROM t;
        REPLAY FROM EVENT 1;";
    let said = |mode: &str| {
        let run = place.run(&["--clock", "2026-03-01T09:00:00Z+60", mode], script);
        assert_eq!((run.code, run.err.contains("error[")), (0, false), "{mode}: {}", run.err);
        run.out
    };
    let array: Vec<serde_json::Value> = serde_json::from_str(&said("--json")).expect("an array");
    let lines: Vec<serde_json::Value> =
        said("--ndjson").lines().map(|l| serde_json::from_str(l).expect("an object")).collect();
    assert_eq!(array, lines);
    assert_eq!(array.len(), 4);
    assert_eq!(array[0]["after"]["name"], "t");
    assert_eq!(array[2]["before"]["j"]["k"][0], 1);
    assert_eq!((&array[2]["before"]["a"], &array[2]["after"]["a"]), (&"x,\"y".into(), &"z".into()));
    assert!(array[3]["after"].is_null());
    for mode in ["--csv", "--tsv"] {
        assert_eq!(said(mode).lines().count(), 4, "{mode}");
    }
    for mode in ["--list", "--box", "--line"] {
        let headings = said(mode).lines().filter(|line| line.starts_with('#')).count();
        assert_eq!(headings, 4, "{mode}");
    }
}

#[test]
fn a_session_in_the_past_reads_there_and_changes_nothing() {
    let mut session = session();
    run(&mut session, "CREATE TABLE t (a INTEGER)");
    run(&mut session, "INSERT INTO t VALUES (1), (2), (3)");
    run(&mut session, "SET AS OF EVENT 3");
    assert_eq!(session.past(), Some(EventId(3)));
    for (query, count) in [
        ("SELECT count(*) FROM t", 2),
        ("SELECT count(*) FROM t AS OF EVENT 2", 1),
        ("AS OF LATEST SELECT count(*) FROM t", 3),
        ("SELECT count(*) FROM t AS OF LATEST", 3),
        ("AS OF EVENT 2 SELECT count(*) FROM t x JOIN t AS OF LATEST y ON 1 = 1", 3),
        ("SELECT count(*) FROM _events", 3),
        ("SELECT count(*) FROM (HISTORY OF t) h", 2),
    ] {
        assert_eq!(rows(&mut session, query), [[Value::Integer(count)]], "{query}");
    }
    for statement in [
        "INSERT INTO t VALUES (4)",
        "UPDATE t SET a = 1",
        "DELETE FROM t",
        "CREATE TABLE u (a)",
        "DROP TABLE t",
        "ALTER TABLE t RENAME TO u",
        "CREATE INDEX i ON t (a)",
        "BEGIN",
        "EXPLAIN ANALYZE DELETE FROM t",
    ] {
        assert_eq!(code(&mut session, statement), Some("past"), "{statement}");
    }
    run(&mut session, "SET AS OF START");
    assert_eq!(code(&mut session, "SELECT a FROM t"), Some("unknown-table"));
    run(&mut session, "SET AS OF LATEST");
    assert_eq!((session.past(), session.head()), (None, EventId(4)));
    run(&mut session, "BEGIN");
    assert_eq!(code(&mut session, "SET AS OF EVENT 3"), Some("transaction"));
    run(&mut session, "INSERT INTO t VALUES (4)");
    // What is not committed is not in the log.
    assert_eq!(rows(&mut session, "SELECT count(*) FROM _events"), [[Value::Integer(4)]]);
}

#[test]
fn a_tag_names_one_moment_for_good() {
    let mut session = session();
    run(&mut session, "CREATE TABLE t (a INTEGER)");
    run(&mut session, "INSERT INTO t VALUES (1), (2)");
    run(&mut session, "TAG 'two rows'"); // event 4
    run(&mut session, "TAG first AT EVENT 1"); // event 5
    run(&mut session, "BEGIN");
    run(&mut session, "INSERT INTO t VALUES (3)");
    run(&mut session, "TAG three");
    for name in ["three", "first", "'two rows'"] {
        assert_eq!(code(&mut session, &format!("TAG {name}")), Some("tag-exists"), "{name}");
    }
    assert_eq!(code(&mut session, "SNAPSHOT"), Some("transaction"));
    run(&mut session, "COMMIT");
    let told = |session: &mut Session, query: &str| -> Vec<String> {
        let line = |row: &Vec<Value>| format!("{} {} {}", row[0].to_text(), row[1], row[3]);
        rows(session, query).iter().map(line).collect()
    };
    assert_eq!(told(&mut session, "SHOW TAGS"), ["two rows 3 4", "first 1 5", "three 6 7"]);
    assert_eq!(told(&mut session, "SELECT * FROM _tags AS OF EVENT 4"), ["two rows 3 4"]);
    assert_eq!(code(&mut session, "TAG Three AT EVENT 99"), Some("beyond-head"));
    run(&mut session, "TAG Three");
    run(&mut session, "SET AS OF EVENT 5");
    assert_eq!(told(&mut session, "SHOW TAGS").len(), 2);
    assert_eq!(code(&mut session, "TAG four"), Some("past"));
    assert_eq!(code(&mut session, "SNAPSHOT"), Some("past"));
}

#[test]
fn what_the_database_writes_alone_is_written_by_nobody_else() {
    let mut session = session();
    run(&mut session, "CREATE TABLE t (a INTEGER)");
    for (statement, error) in [
        ("INSERT INTO _events VALUES (1)", "read-only-table"),
        ("DELETE FROM _transactions", "read-only-table"),
        ("DROP TABLE _events", "read-only-table"),
        ("ALTER TABLE _events RENAME TO e", "read-only-table"),
        ("CREATE INDEX i ON _Events (tx)", "read-only-table"),
        ("CREATE TABLE _EVENTS (a)", "reserved-name"),
        ("ALTER TABLE t RENAME TO _transactions", "reserved-name"),
        ("SELECT _rev FROM _events", "unknown-column"),
        ("HISTORY OF t WHERE _rev = 1", "unknown-column"),
        ("HISTORY OF nobody", "unknown-table"),
        ("EVENTS FOR nobody", "unknown-table"),
        ("REPLAY t FROM TAG nowhere", "unknown-tag"),
        ("SELECT * FROM _events FOR SYSTEM_TIME ALL", "no-period"),
        ("HISTORY OF t LIMIT 'x'", "type"),
    ] {
        assert_eq!(code(&mut session, statement), Some(error), "{statement}");
    }
    assert_eq!(session.head(), EventId(1));
}

#[test]
fn explain_analyze_counts_what_every_operator_gave_and_writes_nothing() {
    let mut session = session();
    run(&mut session, "CREATE TABLE t (a INTEGER PRIMARY KEY, b INTEGER)");
    run(&mut session, "INSERT INTO t VALUES (1, 1), (2, 1), (3, 2)");
    let counts = |session: &mut Session, statement: &str| -> Vec<String> {
        let lines = rows(session, &format!("EXPLAIN ANALYZE {statement}"));
        lines
            .iter()
            .filter(|line| line[1] != Value::Null)
            .map(|line| format!("{} {} {} {}", line[0].to_text(), line[1], line[2], line[4]))
            .collect()
    };
    let query = "SELECT x.b, count(*) FROM t x JOIN t y ON x.b = y.b WHERE y.a > 1 GROUP BY x.b";
    assert_eq!(
        counts(&mut session, query),
        [
            "aggregate count(*) by b (holds one row per group) 2 1 0.0",
            "  inner hash join on b = b (holds the right side) 3 1 0.0",
            "    scan t x (b) 3 1 0.0",
            "    scan t y (b) where (a > 1) 2 1 0.0",
        ]
    );
    assert_eq!(
        counts(&mut session, "UPDATE t SET b = 7 WHERE a = 2"),
        ["update t set b = 7 1 1 0.0", "  find t by primary key a = 2 (a, b, _row) 1 1 0.0"]
    );
    assert_eq!(
        counts(&mut session, "INSERT INTO t SELECT a + 10, b FROM t"),
        ["insert into t 3 1 0.0", "  project (a + 10), b 3 1 0.0", "    scan t (a, b) 3 1 0.0",]
    );
    assert_eq!(code(&mut session, "EXPLAIN ANALYZE INSERT INTO t VALUES (1, 1)"), Some("unique"));
    assert_eq!(session.head(), EventId(4));
    let sources = rows(&mut session, "EXPLAIN SELECT * FROM t x JOIN t AS OF EVENT 2 y USING (a)");
    let told: Vec<_> = sources.iter().map(|line| line[0].to_text().into_owned()).collect();
    assert!(told[told.len() - 2].starts_with("t: event 4"), "{told:?}");
    assert!(told[told.len() - 1].starts_with("t: event 2"), "{told:?}");
}
