//! ALTER TABLE: as SQLite does it, and what each moment says before and after.

use crate::answer::{rows_of, run, told};
use crate::definitions::holds_however_it_is_opened;
use asof::session::Session;
use asof::storage::Database;
use std::sync::Arc;

fn session() -> Session {
    Session::new(Arc::new(Database::in_memory().expect("a database in memory")))
}

/// The same of SQLite, without what its errors say.
fn told_by_sqlite(sqlite: &rusqlite::Connection, sql: &str) -> Result<String, rusqlite::Error> {
    use rusqlite::types::Value;
    let mut statement = sqlite.prepare(sql)?;
    let width = statement.column_count();
    let shown = |value: Value| match value {
        Value::Null => "NULL".to_owned(),
        Value::Integer(integer) => integer.to_string(),
        Value::Real(real) => format!("{real:?}"),
        Value::Text(text) => format!("'{text}'"),
        Value::Blob(_) => "a blob".to_owned(),
    };
    let rows = statement.query_map([], |row| {
        let values = (0..width).map(|at| row.get(at).map(shown));
        Ok(values.collect::<Result<Vec<_>, _>>()?.join(" "))
    })?;
    Ok(rows.collect::<Result<Vec<_>, _>>()?.join(", "))
}

/// What both are told, statement by statement; what one refuses the other refuses.
const SCRIPTS: &[&[&str]] = &[
    &[
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, b TEXT)",
        "INSERT INTO t VALUES (1, 10, 'x'), (2, 20, 'y')",
        "ALTER TABLE t ADD COLUMN c INTEGER",
        "ALTER TABLE t ADD d TEXT DEFAULT 'none'",
        "ALTER TABLE t ADD COLUMN e INTEGER NOT NULL DEFAULT -1",
        "ALTER TABLE t ADD COLUMN f REAL DEFAULT 1.5",
        "INSERT INTO t (a, b) VALUES (30, 'z')",
        "UPDATE t SET c = a + e WHERE id = 2",
        "UPDATE t SET d = NULL WHERE id = 1",
        "ALTER TABLE t DROP COLUMN b",
        "INSERT INTO t (id, a, c) VALUES (9, 1, 2)",
        "ALTER TABLE t DROP d",
        "ALTER TABLE t RENAME COLUMN a TO amount",
        "ALTER TABLE t RENAME e TO E",
        "DELETE FROM t WHERE amount = 10",
        "ALTER TABLE t RENAME TO u",
        "SELECT * FROM t",
        "INSERT INTO u (amount) VALUES (77)",
        "ALTER TABLE u ADD COLUMN b TEXT",
        "UPDATE u SET b = 'again'",
        "CREATE TABLE t (x INTEGER)",
        "INSERT INTO t VALUES (5)",
        "ALTER TABLE t RENAME TO u",
        "DROP TABLE U",
        "ALTER TABLE t RENAME TO u",
    ],
    &[
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER UNIQUE, b TEXT, c TEXT, d INTEGER)",
        "CREATE INDEX by_b ON t (b)",
        "INSERT INTO t VALUES (1, 10, 'x', 'p', 1)",
        "ALTER TABLE t DROP COLUMN id",
        "ALTER TABLE t DROP COLUMN a",
        "ALTER TABLE t DROP COLUMN b",
        "ALTER TABLE t DROP COLUMN nothing",
        "ALTER TABLE nothing DROP COLUMN a",
        "ALTER TABLE t ADD COLUMN e INTEGER PRIMARY KEY",
        "ALTER TABLE t ADD COLUMN e INTEGER UNIQUE",
        "ALTER TABLE t ADD COLUMN e INTEGER NOT NULL",
        "ALTER TABLE t ADD COLUMN e INTEGER NOT NULL DEFAULT NULL",
        "ALTER TABLE t ADD COLUMN A INTEGER",
        "ALTER TABLE t RENAME COLUMN c TO b",
        "ALTER TABLE t RENAME COLUMN nothing TO e",
        "ALTER TABLE t RENAME COLUMN b TO bb",
        "SELECT id FROM t WHERE bb = 'x'",
        "DROP INDEX by_b",
        "ALTER TABLE t DROP COLUMN bb",
        "ALTER TABLE t DROP COLUMN c",
        "INSERT INTO t VALUES (2, 10, 2)",
        "INSERT INTO t VALUES (2, 11, 2)",
        "DELETE FROM t",
        "ALTER TABLE t ADD COLUMN e INTEGER NOT NULL DEFAULT 3",
        "INSERT INTO t (a, e) VALUES (1, NULL)",
        "INSERT INTO t (a) VALUES (1)",
        "INSERT INTO t (a, e) VALUES (2, 2)",
    ],
    &[
        "CREATE TABLE t (a INTEGER)",
        "ALTER TABLE t DROP COLUMN a",
        "BEGIN",
        "INSERT INTO t VALUES (1)",
        "ALTER TABLE t ADD COLUMN b INTEGER DEFAULT 7",
        "INSERT INTO t (a) VALUES (2)",
        "ALTER TABLE t RENAME TO u",
        "UPDATE u SET b = b + a",
        "ROLLBACK",
        "BEGIN",
        "ALTER TABLE t ADD COLUMN b INTEGER DEFAULT 8",
        "INSERT INTO t (a) VALUES (3)",
        "ALTER TABLE t DROP COLUMN a",
        "COMMIT",
        "ALTER TABLE t ADD COLUMN a TEXT",
        "INSERT INTO t VALUES (4, 'x')",
    ],
];

#[test]
fn tables_are_altered_as_in_sqlite() {
    for script in SCRIPTS {
        let (mut session, sqlite) =
            (session(), rusqlite::Connection::open_in_memory().expect("a database in memory"));
        for statement in *script {
            let theirs = told_by_sqlite(&sqlite, statement);
            let ours = rows_of(&mut session, statement);
            match (&ours, &theirs) {
                (Ok(_), Ok(_)) | (Err(_), Err(_)) => {}
                _ => panic!("{statement}\nasof: {ours:?}\nSQLite: {theirs:?}"),
            }
            for table in ["t", "u"] {
                let query = format!("SELECT * FROM {table}");
                if let Ok(theirs) = told_by_sqlite(&sqlite, &query) {
                    assert_eq!(told(&mut session, &query), theirs, "{statement}: {query}");
                }
            }
        }
    }
}

#[test]
fn every_moment_has_the_columns_of_its_time() {
    let mut session = session();
    let all = "SELECT * FROM t AS OF EVENT";
    run(
        &mut session,
        &[
            "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, b TEXT)",
            "INSERT INTO t VALUES (1, 10, 'x')",
            "ALTER TABLE t ADD COLUMN c INTEGER DEFAULT 5",
            "UPDATE t SET c = 6",
            "ALTER TABLE t RENAME COLUMN a TO amount",
            "ALTER TABLE t DROP COLUMN b",
            "ALTER TABLE t ADD COLUMN b INTEGER DEFAULT 9",
            "INSERT INTO t VALUES (2, 20, 7, 8)",
        ],
    );
    for (event, rows) in [
        (1, ""),
        (2, "1 10 'x'"),
        (3, "1 10 'x' 5"),
        (4, "1 10 'x' 6"),
        (5, "1 10 'x' 6"),
        (6, "1 10 6"),
        (7, "1 10 6 9"),
        (8, "1 10 6 9, 2 20 7 8"),
    ] {
        assert_eq!(told(&mut session, &format!("{all} {event}")), rows, "{event}");
    }
    for (query, answer) in [
        ("SELECT a FROM t AS OF 4", "10"),
        ("SELECT a FROM t AS OF 5", "unknown-column: t has no column \"a\""),
        ("SELECT amount FROM t AS OF 4", "unknown-column: t has no column \"amount\""),
        ("SELECT b FROM t AS OF 5", "'x'"),
        ("SELECT b FROM t AS OF 7", "9"),
        ("SELECT was.a, now.amount FROM t AS OF 4 was JOIN t now USING (id)", "10 10"),
        ("SELECT id, c, b FROM t FOR SYSTEM_TIME ALL", "1 5 9, 1 6 9, 2 7 8"),
        ("SELECT a FROM t FOR SYSTEM_TIME BETWEEN 2 AND 4", "10, 10"),
        (
            "DESCRIBE t AS OF 4",
            "'id' 'INTEGER' 'no' 'primary' NULL 'INTEGER', 'a' 'INTEGER' 'yes' '' NULL 'INTEGER', \
             'b' 'TEXT' 'yes' '' NULL 'TEXT', 'c' 'INTEGER' 'yes' '' '5' 'INTEGER'",
        ),
        (
            "DESCRIBE t BEFORE LATEST",
            "'id' 'INTEGER' 'no' 'primary' NULL 'INTEGER', 'amount' 'INTEGER' 'yes' '' NULL 'INTEGER', \
             'c' 'INTEGER' 'yes' '' '5' 'INTEGER', 'b' 'INTEGER' 'yes' '' '9' 'INTEGER'",
        ),
    ] {
        assert_eq!(told(&mut session, query), answer, "{query}");
    }
}

#[test]
fn a_name_means_the_table_that_had_it() {
    let mut session = session();
    run(
        &mut session,
        &[
            "CREATE TABLE t (a INTEGER)",
            "INSERT INTO t VALUES (1)",
            "ALTER TABLE t RENAME TO u",
            "CREATE TABLE t (b TEXT)",
            "INSERT INTO t VALUES ('x')",
            "DROP TABLE t",
            "ALTER TABLE u RENAME TO v",
            "CREATE TABLE t (c INTEGER)",
        ],
    );
    for (query, answer) in [
        ("SELECT * FROM t AS OF 2", "1"),
        ("SELECT * FROM u AS OF 3", "1"),
        ("SELECT * FROM v", "1"),
        ("SELECT * FROM t AS OF 5", "'x'"),
        ("SELECT * FROM t", ""),
        (
            "SELECT * FROM t AS OF 3",
            "unknown-table: table t does not exist at event 3; it was renamed to u by event 3",
        ),
        (
            "SELECT * FROM u AS OF 2",
            "unknown-table: table u does not exist at event 2; t was renamed to it by event 3",
        ),
        ("SELECT * FROM u", "unknown-table: table u was renamed to v by event 7"),
        (
            "SELECT * FROM t AS OF 7",
            "unknown-table: table t does not exist at event 7; it was dropped by event 6",
        ),
        (
            "SELECT * FROM v AS OF 6",
            "unknown-table: table v does not exist at event 6; u was renamed to it by event 7",
        ),
        ("SHOW TABLES AS OF 2", "'t' 'a' 1"),
        ("SHOW TABLES AS OF 5", "'t' 'b' 4, 'u' 'a' 1"),
        ("SHOW TABLES", "'t' 'c' 8, 'v' 'a' 1"),
    ] {
        assert_eq!(told(&mut session, query), answer, "{query}");
    }
    let error = session.execute("SELECT * FROM u").expect_err("it has another name");
    assert_eq!(error.help(), Some("did you mean \"v\"?"));
    let error = session.execute("SELECT * FROM t AS OF 7").expect_err("it was dropped");
    assert_eq!(error.help(), Some("AS OF EVENT 5 reads it as it was before"));
}

/// What of a table is not altered, and why.
const REFUSALS: &[(&str, &str)] = &[
    ("DROP id", "alter-table: the primary key needs \"id\""),
    ("DROP a", "alter-table: a UNIQUE constraint needs \"a\""),
    ("DROP b", "alter-table: a CHECK of t needs \"b\""),
    ("DROP c", "alter-table: a foreign key of t needs \"c\""),
    ("DROP g", "alter-table: the generated column \"h\" needs \"g\""),
    ("DROP d", "alter-table: index by_d needs \"d\""),
    ("DROP e", "unknown-column: t has no column \"e\""),
    ("DROP _row", "reserved-name: \"_row\" is a column that the database keeps for itself"),
    ("RENAME a TO B", "duplicate-column: t has a column \"B\" already"),
    ("RENAME a TO _at", "reserved-name: \"_at\" is a name that every table has for itself"),
    ("RENAME TO only", "table-exists: table \"only\" is already there"),
    ("ADD _event TEXT", "reserved-name: \"_event\" is a name that every table has for itself"),
    ("ADD A TEXT", "duplicate-column: t has two columns \"A\""),
    ("ADD e TEXT UNIQUE", "alter-table: a column that is added to a table cannot be UNIQUE"),
    (
        "ADD e TEXT PRIMARY KEY",
        "alter-table: a column that is added to a table cannot be its primary key",
    ),
    (
        "ADD e TEXT NOT NULL",
        "not-null: t.e must not be NULL, and rows older than it would have no value in it",
    ),
    (
        "ADD e INTEGER DEFAULT 'x'",
        "type: the default of \"e\": 'x' does not fit INTEGER without loss",
    ),
    (
        "ADD e INTEGER DEFAULT (1.5 + 1)",
        "type: t.e cannot hold it: 2.5 does not fit INTEGER without loss",
    ),
    ("ADD e INTEGER DEFAULT 0 CHECK (e > 0)", "check: a row of t breaks CHECK (e > 0)"),
    ("ADD e INTEGER CHECK (f > 0)", "unknown-column: t has no column \"f\""),
    (
        "ADD e TEXT REFERENCES p (code, other)",
        "foreign-key-mismatch: a foreign key of 1 column that refers to 2",
    ),
    ("ADD e TEXT AS (d) STORED", "alter-table: a column that is added to a table cannot be STORED"),
    ("ADD e AS (e || d)", "generated-column: the generated column \"e\" of t needs itself"),
];

#[test]
fn what_would_leave_something_behind_is_refused() {
    let mut session = session();
    run(
        &mut session,
        &[
            "SET foreign_keys = off",
            "CREATE TABLE p (code TEXT, other TEXT)",
            "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER UNIQUE, b INTEGER, c TEXT, d TEXT, \
             g TEXT DEFAULT 'g', h AS (g), FOREIGN KEY (c) REFERENCES p (code), CHECK (b > 0))",
            "CREATE INDEX by_d ON t (d)",
            "INSERT INTO t VALUES (1, 2, 3, 'x', 'y', 'z')",
            "CREATE TABLE only (a INTEGER)",
        ],
    );
    let head = session.head();
    for (change, refusal) in REFUSALS {
        let statement = format!("ALTER TABLE t {change}");
        assert_eq!(told(&mut session, &statement), *refusal, "{statement}");
    }
    for (statement, refusal) in [
        ("ALTER TABLE p DROP code", "alter-table: a foreign key of t refers to \"code\""),
        ("ALTER TABLE only DROP a", "alter-table: \"a\" is the only column of only"),
        ("ALTER TABLE x DROP a", "unknown-table: no table \"x\""),
    ] {
        assert_eq!(told(&mut session, statement), refusal, "{statement}");
    }
    // Nor does what changes nothing make an event.
    run(&mut session, &["ALTER TABLE t RENAME a TO a", "ALTER TABLE t RENAME TO t"]);
    assert_eq!(session.head(), head);
    // Another spelling is another name, which SQLite refuses.
    run(&mut session, &["ALTER TABLE t RENAME a TO A", "ALTER TABLE t RENAME TO T"]);
    assert_eq!(
        told(&mut session, "SHOW TABLES").split(", '").last(),
        Some("T' 'id, A, b, c, d, g, h' 2")
    );
}

#[test]
fn the_rows_that_are_there_keep_the_value_of_the_moment() {
    let mut session = session();
    run(
        &mut session,
        &[
            "CREATE TABLE t (a INTEGER)",
            "INSERT INTO t VALUES (1)",
            "ALTER TABLE t ADD COLUMN at TIMESTAMP DEFAULT CURRENT_TIMESTAMP",
            "ALTER TABLE t ADD COLUMN sum DECIMAL(5,2) NOT NULL DEFAULT (1 + 2)",
        ],
    );
    let first = told(&mut session, "SELECT at FROM t");
    assert_eq!(told(&mut session, "SELECT at FROM t AS OF LATEST"), first);
    assert_eq!(told(&mut session, "SELECT sum, sum || '' FROM t"), "3.00 '3.00'");
    run(&mut session, &["UPDATE t SET a = 2", "CREATE INDEX by_sum ON t (sum)"]);
    assert_eq!(told(&mut session, "SELECT at FROM t WHERE sum = 3"), first);
    assert_eq!(
        told(&mut session, "EXPLAIN SELECT a FROM t WHERE sum = 3").split(' ').next(),
        Some("'find")
    );
}

#[test]
fn plans_that_are_shared_end_with_the_schema_they_were_made_for() {
    let mut session = session();
    run(
        &mut session,
        &[
            "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER)",
            "INSERT INTO t VALUES (1, 2)",
            "INSERT INTO t VALUES (2, 3)",
        ],
    );
    for (change, query, answer) in [
        ("ALTER TABLE t ADD b INTEGER DEFAULT 7", "SELECT * FROM t WHERE id = 1", "1 2 7"),
        ("ALTER TABLE t RENAME a TO c", "SELECT c FROM t WHERE id = 1", "2"),
        ("ALTER TABLE t DROP c", "SELECT * FROM t WHERE id = 1", "1 7"),
        ("ALTER TABLE t RENAME TO u", "SELECT * FROM u WHERE id = 1", "1 7"),
    ] {
        told(&mut session, "SELECT * FROM t WHERE id = 1");
        run(&mut session, &[change]);
        assert_eq!(told(&mut session, query), answer, "{change}");
    }
    let told = told(&mut session, "SELECT * FROM t WHERE id = 1");
    assert_eq!(told, "unknown-table: table t was renamed to u by event 7");
}

#[test]
fn a_table_that_is_not_there_comes_with_a_way_out() {
    let mut session = session();
    run(
        &mut session,
        &[
            "CREATE TABLE t (a INTEGER)",
            "ALTER TABLE t RENAME TO u",
            "CREATE TABLE gone (a INTEGER)",
            "DROP TABLE gone",
        ],
    );
    for (query, help) in [
        ("SELECT * FROM u AS OF 1", "did you mean \"t\"?"),
        ("HISTORY OF t", "did you mean \"u\"?"),
        ("SELECT * FROM gone", "AS OF EVENT 3 reads it as it was before"),
        ("HISTORY OF gone", "TO EVENT 3 reads it as it was before"),
    ] {
        let error = session.execute(query).expect_err(query);
        assert_eq!(error.help(), Some(help), "{query}");
    }
    let error = session.execute("SELECT * FROM t AS OF '1 year ago'").expect_err("no table");
    assert_eq!(error.to_string(), "table t does not exist at the start; it was created by event 1");
    let help = error.help().unwrap_or_default();
    assert!(help.starts_with("the first event was committed at 20"), "{help}");
}

/// Event 1 and 2 are tables, 3 and 4 rows, 5 an index, 6 renames a column, 7 adds one that refers, 8 one
/// with a CHECK, 9 renames the table, 10 takes a column with its CHECK away.
const CONSTRAINED: &str = "CREATE TABLE p(k INTEGER PRIMARY KEY);\n\
    CREATE TABLE t(a INTEGER, -- the first\n  b AS (a * 2), c CHECK (c > t.a), CHECK(a <> 5 ));\n\
    INSERT INTO p VALUES (1);\n\
    INSERT INTO t VALUES (1, 3);\n\
    CREATE INDEX i ON t(a+c) WHERE a > 0;\n\
    ALTER TABLE t RENAME COLUMN a TO \"new name\";\n\
    ALTER TABLE t ADD d   INTEGER REFERENCES p(k);\n\
    ALTER TABLE t ADD COLUMN e DEFAULT 7 CHECK (e > t.\"new name\") -- the last\n;\n\
    ALTER TABLE t RENAME TO u;\n\
    DROP INDEX i;\n\
    ALTER TABLE u DROP COLUMN c;\n";

#[test]
fn constraints_follow_what_is_altered_in_every_moment() {
    let of =
        |event: u64| format!("SELECT sql FROM sqlite_master AS OF EVENT {event} WHERE name <> 'p'");
    let last = "CREATE TABLE u(\"new name\" INTEGER, -- the first\n  b AS (\"new name\" * 2), \
        d   INTEGER REFERENCES p(k), e DEFAULT 7 CHECK (e > \"new name\"), CHECK(\"new name\" <> 5 ))";
    let renamed = "CREATE TABLE t(\"new name\" INTEGER, -- the first\n  b AS (\"new name\" * 2), \
        c CHECK (c > t.\"new name\"), CHECK(\"new name\" <> 5 )), \
        CREATE INDEX i ON t(\"new name\"+c) WHERE \"new name\" > 0";
    let (now, then) = (of(11), of(6));
    holds_however_it_is_opened(
        CONSTRAINED,
        &[
            (&now, last),
            (&then, renamed),
            ("SELECT * FROM u", "1 2  7"),
            (
                "SELECT * FROM t AS OF EVENT 6 WHERE \"new name\" + c = 4 AND \"new name\" > 0",
                "1 2 3",
            ),
            ("INSERT INTO u (\"new name\") VALUES (5)", "check"),
            ("INSERT INTO u (\"new name\") VALUES (8)", "check"),
            ("INSERT INTO u (\"new name\", d) VALUES (2, 9)", "foreign-key"),
        ],
    );
}
