//! Statements that share a plan answer as if each had its own.

use crate::answer::rows_of;
use asof::session::{Outcome, Session};
use asof::storage::{Database, Environment, FixedClock};
use asof::types::Timestamp;
use std::sync::Arc;

/// Literals by the kind that a plan is shared for.
const LITERALS: &[&[&str]] = &[
    &["1", "2", "0", "9007199254740993", "-1"],
    &["1.0", "2.5", "0.5", "1e3"],
    &[
        "'1'",
        "'2.5'",
        "'abc'",
        "''",
        "'2024-02-29'",
        "'2024-02-29 00:00:00'",
        "'2024'",
        "'x%'",
        "'1e3'",
        "'TRUE'",
        "'it''s'",
    ],
    &["x'31'", "x''"],
];

const COLUMNS: &[&str] =
    &["id", "i", "r", "t", "b", "day", "moment", "price", "n", "whatever", "bytes"];

fn session() -> Session {
    let database = Database::in_memory().expect("a database in memory");
    let mut session = Session::new(Arc::new(database));
    for statement in [
        "CREATE TABLE v (id INTEGER PRIMARY KEY, i INTEGER, r REAL, t TEXT UNIQUE, b BOOLEAN, \
         day DATE, moment TIMESTAMP, price DECIMAL(10,2), n NUMERIC, whatever, bytes BLOB)",
        "CREATE INDEX by_day ON v (day)",
        "CREATE INDEX by_price ON v (price)",
        "CREATE INDEX by_whatever ON v (whatever)",
        "INSERT INTO v VALUES (1, 1, 1.0, '1', TRUE, '2024-02-29', '2024-02-29', 1, 1, 1, x'31'), \
         (2, 2, 2.5, '2.5', FALSE, '2024-03-01', '2024-03-01 10:00:00', 2.5, 2.5, '1', x''), \
         (3, 0, 0.5, 'abc', NULL, '1999-12-31', '1999-12-31 23:59:59', 0.5, 1000, 1.0, NULL), \
         (4, NULL, 1000.0, '', TRUE, NULL, NULL, 10, NULL, 'abc', x'61'), \
         (9007199254740993, 5, 7.0, 'x%y', FALSE, '2024-02-29', NULL, 7, 2, x'31', x'78')",
    ] {
        session.execute(statement).expect("the table is made");
    }
    session
}

/// The statements to try with a literal, or two.
fn statements(column: &str, a: &str, b: &str) -> Vec<String> {
    ["=", "<>", "<", ">=", "IS"]
        .iter()
        .map(|operator| format!("SELECT id, {column} FROM v WHERE {column} {operator} {a}"))
        .chain([
            format!("SELECT id FROM v WHERE {a} > {column}"),
            format!("SELECT id FROM v WHERE {column} IN ({a}, {b})"),
            format!("SELECT id FROM v WHERE {column} BETWEEN {a} AND {b}"),
            format!("SELECT id FROM v WHERE {column} LIKE {a}"),
            format!("SELECT id, {column} + {a} AS x, {column} || {b} AS y FROM v"),
            format!("SELECT id, CASE {column} WHEN {a} THEN {b} END AS x FROM v LIMIT 3"),
            format!("SELECT id, {column} FROM v WHERE {column} > {a} ORDER BY 2, id LIMIT 2"),
            format!("SELECT {column}, {b} FROM v ORDER BY {a}, {column}, 1"),
            format!("SELECT DISTINCT {column} + {a} AS x FROM v ORDER BY {column} + {a}, {b}"),
            format!("SELECT count(*), max({column}) FROM v WHERE {column} <> {a}"),
            format!(
                "SELECT {column}, max(id) FROM v WHERE id <> {a} GROUP BY 1 HAVING count(*) < {b}"
            ),
            format!("SELECT {column} + {a} AS x, min({b}) FROM v GROUP BY {column} + {a}"),
            format!("SELECT {column}, {a}, count(*) AS n FROM v GROUP BY {a}, {column}"),
            format!("SELECT id, sum(id) OVER (ORDER BY {a}), lag({column}, {b}) OVER () FROM v"),
            format!("SELECT id, {column} + {a}, {column}+{b} FROM v"),
            format!("UPDATE v SET {column} = {a} WHERE id = 3"),
            format!("DELETE FROM v WHERE {column} = {a} AND id < 3"),
            format!("INSERT INTO v (id, {column}) VALUES (77, {a})"),
        ])
        .collect()
}

/// What a statement says, to the type of every value.
fn answer(session: &mut Session, statement: &str) -> String {
    match rows_of(session, statement) {
        Ok(rows) => format!("{rows:?}"),
        Err(error) => format!("{}: {error}", error.code()),
    }
}

/// What the columns of an answer are called.
fn names(session: &mut Session, statement: &str) -> Vec<String> {
    match session.execute(statement) {
        Ok(Outcome::Rows(rows)) => {
            rows.columns.iter().map(|column| column.name.to_string()).collect()
        }
        _ => Vec::new(),
    }
}

/// What a statement and the table after it say, and what the columns are called.
fn told(session: &mut Session, statement: &str) -> (String, String, Vec<String>) {
    let told = answer(session, statement);
    let table = answer(session, "SELECT * FROM v");
    let is_query = statement.starts_with("SELECT");
    (told, table, if is_query { names(session, statement) } else { Vec::new() })
}

#[test]
fn a_shared_plan_answers_as_an_own_one_does() {
    let mut compared = 0;
    for column in COLUMNS {
        for kind in LITERALS {
            for (at, a) in kind.iter().enumerate() {
                let b = kind[(at + 1) % kind.len()];
                for (index, statement) in statements(column, a, b).iter().enumerate() {
                    let own = told(&mut session(), statement);
                    // The same statement, met before with every other literal and rolled back.
                    let mut warm = session();
                    warm.execute("BEGIN").expect("a transaction");
                    for other in LITERALS.iter().copied().flatten().filter(|other| *other != a) {
                        let _ = answer(&mut warm, &statements(column, other, a)[index]);
                    }
                    warm.execute("ROLLBACK").expect("nothing was written");
                    assert_eq!(told(&mut warm, statement), own, "{statement}");
                    compared += 1;
                }
            }
        }
    }
    assert!(compared > 3_000, "{compared} statements were compared");
}

#[test]
fn a_shared_plan_ends_with_the_table_it_was_made_for() {
    let database = Arc::new(Database::in_memory().expect("a database in memory"));
    let (mut one, mut other) = (Session::new(database.clone()), Session::new(database));
    for statement in ["CREATE TABLE t (a INTEGER)", "INSERT INTO t VALUES (1)"] {
        one.execute(statement).expect("it runs");
    }
    for statement in ["DROP TABLE t", "CREATE TABLE t (a TEXT)"] {
        other.execute(statement).expect("it runs");
    }
    assert_eq!(answer(&mut one, "INSERT INTO t VALUES (2)"), "[]");
    assert_eq!(answer(&mut one, "SELECT a FROM t WHERE a = '2'"), "[[Text(\"2\")]]");
    other.execute("CREATE UNIQUE INDEX only ON t (a)").expect("it runs");
    let told = answer(&mut one, "INSERT INTO t VALUES (2)");
    assert!(told.starts_with("unique: "), "{told}");
}

/// The rows of a query, or the code of its error, and the event that it was read at.
fn read(session: &mut Session, sql: &str) -> String {
    match session.execute(sql) {
        Err(error) => error.code().to_owned(),
        Ok(Outcome::Rows(rows)) => {
            let as_of = rows.as_of;
            format!("{as_of:?} {:?}", rows.collect::<Result<Vec<_>, _>>().expect("it runs"))
        }
        Ok(other) => format!("{other:?}"),
    }
}

#[test]
fn a_plan_is_shared_by_moments_too() {
    let environment = Environment {
        clock: Arc::new(FixedClock::new(Timestamp(1_767_225_600_000_000), 1_000_000)),
        ..Environment::in_memory()
    };
    let database = Database::in_memory_with(environment).expect("a database in memory");
    let database = Arc::new(database);
    let mut session = Session::new(Arc::clone(&database));
    for statement in [
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER)",
        "INSERT INTO t VALUES (1, 10), (2, 20)",
        "UPDATE t SET a = a + 1",
        "ALTER TABLE t ADD COLUMN b TEXT DEFAULT 'new'",
        "UPDATE t SET a = 0 WHERE id = 2",
        "ALTER TABLE t RENAME COLUMN a TO c",
        "DROP TABLE t",
        "CREATE TABLE t (id TEXT, a TEXT)",
        "INSERT INTO t VALUES ('x', 'y')",
    ] {
        session.execute(statement).expect("it runs");
    }
    let shapes: [&dyn Fn(u64, u64) -> String; 6] = [
        &|event, id| format!("SELECT * FROM t AS OF EVENT {event} WHERE id = {id}"),
        &|event, id| format!("SELECT id, a FROM t AS OF {event} WHERE id >= {id}"),
        &|event, id| format!("SELECT a FROM t WHERE id = {id} AS OF EVENT {event}"),
        &|event, _| format!("SELECT count(*) AS n FROM t AS OF TX {event}"),
        &|event, _| format!("SELECT _event, _event_to FROM t AS OF EVENT {event}"),
        &|event, id| format!("SELECT a FROM t BEFORE EVENT {event} WHERE id = {id}"),
    ];
    for shape in shapes {
        for event in (0..14).chain((0..14).rev()) {
            for id in [1, 2, 9] {
                let query = shape(event, id);
                let alone = read(&mut Session::new(Arc::clone(&database)), &query);
                assert_eq!(read(&mut session, &query), alone, "{query}");
            }
        }
    }
}

#[test]
fn plans_are_made_anew_where_rewrites_are_switched() {
    let mut session = session();
    let by_text = "SELECT t FROM v";
    let of = |session: &mut Session, switch: &str| {
        session.execute(switch).expect("a setting");
        [0; 3].map(|_| answer(session, by_text))
    };
    let rewritten = of(&mut session, "SET rewrites = on");
    let bound = of(&mut session, "SET rewrites = off");
    assert!(rewritten.iter().all(|answer| *answer == rewritten[0]));
    assert!(bound.iter().all(|answer| *answer == bound[0] && *answer != rewritten[0]));
}
