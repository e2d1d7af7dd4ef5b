//! ALTER TABLE of constraints: as SQLite does it, text and all, and what each moment demands.

use crate::answer::{rows_of, told};
use crate::definitions::holds_however_it_is_opened;
use crate::dumps::rows_of_sqlite;
use asof::session::Session;
use asof::storage::Database;
use std::sync::Arc;

fn session() -> Session {
    let mut session = Session::new(Arc::new(Database::in_memory().expect("a database in memory")));
    session.execute("SET flexible_types = on").expect("it is a setting");
    session
}

/// The statements that SQLite keeps, as both say them.
const TEXTS: &str = "SELECT sql FROM sqlite_master WHERE type = 'table' ORDER BY name";

fn kept_by_sqlite(sqlite: &rusqlite::Connection) -> String {
    // A name that RENAME TO gives stands in quotes there, whatever it is.
    rows_of_sqlite(sqlite, TEXTS).concat().join(", ").replace("\"u\"", "u")
}

/// What both do alike: each statement is taken by both or refused by both, and leaves the same text.
const SCRIPTS: &[&[&str]] = &[
    &[
        "CREATE TABLE t(a, b, c)",
        "INSERT INTO t VALUES (1, 2, 3), (4, NULL, 6)",
        "ALTER TABLE t ADD CONSTRAINT low CHECK (a < 9)",
        "ALTER TABLE t ADD CONSTRAINT LOW CHECK (b < 9)",
        "ALTER TABLE t ADD CHECK(c != 6)",
        "ALTER TABLE t ADD CHECK (c  /* no five */ != 5)",
        "INSERT INTO t VALUES (9, 1, 1)",
        "INSERT INTO t VALUES (8, 1, 5)",
        "ALTER TABLE t ALTER COLUMN b SET NOT NULL",
        "UPDATE t SET b = 0 WHERE b IS NULL",
        "ALTER TABLE t ALTER COLUMN b SET NOT NULL",
        "ALTER TABLE t ALTER b SET NOT NULL",
        "INSERT INTO t(a, c) VALUES (1, 1)",
        "ALTER TABLE t ALTER b SET NOT NULL ON CONFLICT IGNORE",
        "INSERT INTO t(a, c) VALUES (1, 1)",
        "ALTER TABLE t ALTER b DROP NOT NULL",
        "ALTER TABLE t ALTER b DROP NOT NULL",
        "INSERT INTO t(a, c) VALUES (1, 1)",
        "ALTER TABLE t DROP CONSTRAINT low",
        "ALTER TABLE t DROP CONSTRAINT low",
        "INSERT INTO t VALUES (9, 1, 1)",
        "ALTER TABLE t ALTER nothing SET NOT NULL",
        "ALTER TABLE nothing ALTER a SET NOT NULL",
        "ALTER TABLE t RENAME TO u",
        "ALTER TABLE u ADD CONSTRAINT total CHECK (a + b < 100)",
    ],
    &[
        "CREATE TABLE t(a CONSTRAINT one CHECK (a > 0) CONSTRAINT two NOT NULL, b CONSTRAINT three UNIQUE \
         NOT NULL DEFAULT 5, CONSTRAINT four CHECK(a <> b), CONSTRAINT five PRIMARY KEY (b))",
        "INSERT INTO t VALUES (1, 2)",
        "ALTER TABLE t DROP CONSTRAINT two",
        "INSERT INTO t VALUES (NULL, 3)",
        "ALTER TABLE t DROP CONSTRAINT three",
        "ALTER TABLE t DROP CONSTRAINT five",
        "ALTER TABLE t DROP CONSTRAINT \"Four\"",
        "INSERT INTO t VALUES (4, 4)",
        "ALTER TABLE t DROP CONSTRAINT six",
        "ALTER TABLE t DROP CONSTRAINT one",
        "INSERT INTO t VALUES (-4, 6)",
        "ALTER TABLE t ALTER COLUMN a SET NOT NULL",
    ],
    &[
        "CREATE TABLE p(id INTEGER PRIMARY KEY)",
        "CREATE TABLE t(a, b CONSTRAINT up REFERENCES p, CONSTRAINT down FOREIGN KEY (a) REFERENCES p(id))",
        "PRAGMA foreign_keys = on",
        "INSERT INTO t VALUES (1, 1)",
        "ALTER TABLE t DROP CONSTRAINT down",
        "INSERT INTO t VALUES (1, 1)",
        "ALTER TABLE t DROP CONSTRAINT up",
        "INSERT INTO t VALUES (1, 1)",
        "ALTER TABLE t ADD COLUMN c CHECK (c < 5)",
        "ALTER TABLE t ALTER c SET NOT NULL",
        "UPDATE t SET c = 1",
        "ALTER TABLE t ALTER c SET NOT NULL",
        "ALTER TABLE t DROP COLUMN b",
        "ALTER TABLE t RENAME COLUMN c TO d",
        "ALTER TABLE t ADD CHECK (d > 0)",
        "ALTER TABLE t ALTER d DROP NOT NULL",
        "INSERT INTO t VALUES (2, NULL)",
        "INSERT INTO t VALUES (2, 0)",
    ],
];

#[test]
fn constraints_are_altered_as_in_sqlite() {
    for script in SCRIPTS {
        let (mut session, sqlite) =
            (session(), rusqlite::Connection::open_in_memory().expect("a database in memory"));
        for statement in *script {
            let theirs = sqlite.execute_batch(statement);
            let ours = rows_of(&mut session, statement);
            assert_eq!(ours.is_ok(), theirs.is_ok(), "{statement}\n{ours:?}\n{theirs:?}");
            let kept = kept_by_sqlite(&sqlite);
            assert_eq!(told(&mut session, TEXTS), kept, "{statement}");
        }
    }
}

#[test]
fn every_moment_has_the_constraints_of_its_time() {
    let script = "
        CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, b TEXT CONSTRAINT known NOT NULL);
        INSERT INTO t VALUES (1, 10, 'x');
        ALTER TABLE t ADD CONSTRAINT positive CHECK (a > 0);
        ALTER TABLE t DROP CONSTRAINT known;
        INSERT INTO t VALUES (2, 20, NULL);
        ALTER TABLE t ALTER COLUMN a SET NOT NULL;
        ALTER TABLE t DROP CONSTRAINT positive;
        INSERT INTO t VALUES (3, -1, NULL);";
    let sql = |event: u64| format!("SELECT sql FROM sqlite_master AS OF EVENT {event}");
    let first =
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, b TEXT CONSTRAINT known NOT NULL)";
    let history = "4 alter_table t ALTER TABLE t ALTER COLUMN b DROP NOT NULL, \
                   6 alter_table t ALTER TABLE t ALTER COLUMN a SET NOT NULL, \
                   7 alter_table t ALTER TABLE t DROP CONSTRAINT positive";
    holds_however_it_is_opened(
        script,
        &[
            (&sql(2), first),
            (
                &sql(3),
                "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, b TEXT CONSTRAINT known NOT NULL, \
                 CONSTRAINT positive CHECK (a > 0))",
            ),
            (
                &sql(6),
                "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER NOT NULL, b TEXT, \
                 CONSTRAINT positive CHECK (a > 0))",
            ),
            (&sql(8), "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER NOT NULL, b TEXT)"),
            ("SELECT event, op, name, sql FROM _schema_history WHERE event > 3", history),
            ("SELECT count(*) FROM t AS OF EVENT 5 WHERE b IS NULL", "1"),
            (
                "SELECT change FROM _events WHERE event = 3",
                "ALTER TABLE t ADD CONSTRAINT positive CHECK (a > 0)",
            ),
        ],
    );
}

#[test]
fn what_cannot_be_altered_says_why() {
    let mut session = Session::new(Arc::new(Database::in_memory().expect("a database in memory")));
    for statement in [
        "CREATE TABLE t (a INTEGER, b TEXT, CONSTRAINT both PRIMARY KEY (a, b))",
        "INSERT INTO t VALUES (-1, 'x')",
    ] {
        session.execute(statement).unwrap_or_else(|error| panic!("{statement}\n{error}"));
    }
    for (alteration, answer) in [
        ("ADD CHECK (a > 0)", "check: a row of t breaks CHECK (a > 0)"),
        ("ADD CHECK (other > 0)", "unknown-column: t has no column \"other\""),
        ("ADD CONSTRAINT BOTH CHECK (a < 0)", "alter-table: t has a constraint BOTH already"),
        ("ADD UNIQUE (b)", "alter-table: a UNIQUE is added to a table as an index"),
        (
            "ADD FOREIGN KEY (b) REFERENCES t",
            "alter-table: t gets its keys when it is created: a CHECK can be added",
        ),
        ("DROP CONSTRAINT both", "alter-table: both of t is a key or a default, and stays"),
        ("DROP CONSTRAINT other", "alter-table: t has no constraint other"),
        ("ALTER a DROP NOT NULL", "alter-table: \"a\" is in the primary key of t, never NULL"),
        ("ALTER COLUMN c SET NOT NULL", "unknown-column: t has no column \"c\""),
    ] {
        assert_eq!(
            told(&mut session, &format!("ALTER TABLE t {alteration}")),
            answer,
            "{alteration}"
        );
    }
    assert_eq!(told(&mut session, "SELECT count(*) FROM _events"), "2");
}
