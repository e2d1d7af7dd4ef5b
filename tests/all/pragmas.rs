//! PRAGMAs as statements, beside SQLite's and as a session is told.

use crate::answer::rows_of;
use crate::definitions::holds_however_it_is_opened;
use asof::language::ast::Annotations;
use asof::session::{Outcome, Session};
use asof::storage::Database;
use asof::types::Value;
use std::sync::Arc;

/// Tables with all that PRAGMAs tell of.
const SCHEMA: &[&str] = &[
    "CREATE TABLE u(x INTEGER, y TEXT, PRIMARY KEY (y, x))",
    "CREATE TABLE w(k TEXT PRIMARY KEY, v INTEGER) WITHOUT ROWID",
    "CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT NOT NULL DEFAULT 'x', c TEXT UNIQUE COLLATE NOCASE, \
     d INTEGER REFERENCES t(a) ON UPDATE SET NULL, e TEXT, g INTEGER AS (d + 1), \
     h INTEGER AS (d + 2) STORED, FOREIGN KEY (e, d) REFERENCES u ON DELETE CASCADE)",
    "CREATE TABLE p(k TEXT NOT NULL PRIMARY KEY, n NUMERIC(10,2) DEFAULT 1.5)",
    "CREATE INDEX i ON t(b DESC, d + 1) WHERE d > 0",
    "CREATE UNIQUE INDEX j ON t(e COLLATE RTRIM)",
    "CREATE TABLE without(n INTEGER PRIMARY KEY, o TEXT UNIQUE, q TEXT) WITHOUT ROWID",
    "CREATE INDEX k ON without(o)",
];

fn session() -> Session {
    let database = Arc::new(Database::in_memory().expect("a database"));
    let mut session = Session::new(database);
    for sql in SCHEMA {
        session.execute(sql).expect("a definition");
    }
    session
}

fn text(value: &Value) -> String {
    if value.is_null() { "NULL".to_owned() } else { value.to_text().into_owned() }
}

fn answer(session: &mut Session, sql: &str) -> Vec<String> {
    let rows = rows_of(session, sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    rows.iter().map(|row| row.iter().map(text).collect::<Vec<_>>().join("|")).collect()
}

#[test]
fn what_they_tell_of_a_schema_is_what_sqlite_tells() {
    let mut session = session();
    let sqlite = rusqlite::Connection::open_in_memory().expect("a database");
    for sql in SCHEMA {
        sqlite.execute_batch(sql).expect("a definition");
    }
    let theirs = |sql: &str| -> Vec<String> {
        let mut statement = sqlite.prepare(sql).expect("a question");
        let width = statement.column_count();
        let rows = statement.query_map([], |row| {
            let value = |at| {
                Ok(match row.get::<_, rusqlite::types::Value>(at)? {
                    rusqlite::types::Value::Null => "NULL".to_owned(),
                    rusqlite::types::Value::Integer(integer) => integer.to_string(),
                    rusqlite::types::Value::Real(real) => real.to_string(),
                    rusqlite::types::Value::Text(text) => text,
                    rusqlite::types::Value::Blob(_) => "blob".to_owned(),
                })
            };
            let row: Result<Vec<String>, rusqlite::Error> = (0..width).map(value).collect();
            Ok(row?.join("|"))
        });
        rows.expect("rows").collect::<Result<_, _>>().expect("rows")
    };
    let tables = ["t", "u", "w", "p", "without", "nowhere"];
    let indexes = [
        "i",
        "j",
        "k",
        "sqlite_autoindex_t_1",
        "sqlite_autoindex_u_1",
        "sqlite_autoindex_without_1",
        "sqlite_autoindex_without_2",
        "none",
    ];
    let of_tables = ["table_info", "table_xinfo", "index_list", "foreign_key_list"];
    let of_indexes = ["index_info", "index_xinfo"];
    let asked = of_tables.iter().flat_map(|pragma| tables.iter().map(move |t| (pragma, t)));
    let asked = asked.chain(of_indexes.iter().flat_map(|p| indexes.iter().map(move |i| (p, i))));
    for (pragma, name) in asked {
        for sql in [
            format!("PRAGMA {pragma}({name})"),
            format!("PRAGMA main.{pragma} = '{name}'"),
            format!("SELECT * FROM pragma_{pragma}('{name}')"),
        ] {
            assert_eq!(answer(&mut session, &sql), theirs(&sql), "{sql}");
        }
    }
    for sql in [
        "PRAGMA encoding",
        "PRAGMA foreign_key_check",
        "PRAGMA integrity_check",
        "PRAGMA quick_check",
        "PRAGMA user_version",
        "PRAGMA application_id",
        "PRAGMA freelist_count",
        "PRAGMA nothing_of_the_kind",
        "PRAGMA nothing_of_the_kind = 3",
    ] {
        assert_eq!(answer(&mut session, sql), theirs(sql), "{sql}");
    }
}

#[test]
fn what_a_session_is_told_it_answers() {
    let mut session = session();
    for (said, asked, answered) in [
        ("PRAGMA synchronous = FULL", "PRAGMA synchronous", "2"),
        ("PRAGMA cache_size(10)", "PRAGMA main.cache_size", "10"),
        ("PRAGMA foreign_keys = OFF", "PRAGMA foreign_keys", "0"),
        ("PRAGMA foreign_keys = ON", "SELECT * FROM pragma_foreign_keys", "1"),
        ("PRAGMA recursive_triggers = 1", "PRAGMA recursive_triggers", "1"),
        ("PRAGMA temp_store = memory", "PRAGMA temp_store", "2"),
        ("PRAGMA query_only = ON", "PRAGMA query_only", "1"),
        ("PRAGMA query_only = OFF", "PRAGMA query_only", "0"),
        ("PRAGMA query_only = sometimes", "PRAGMA query_only", "0"),
        ("PRAGMA foreign_keys = 'true'", "PRAGMA foreign_keys", "1"),
        ("PRAGMA foreign_keys = 2147483648", "PRAGMA foreign_keys", "0"),
        ("PRAGMA foreign_keys(+0x10)", "PRAGMA foreign_keys", "1"),
        ("PRAGMA foreign_keys = 0.5", "PRAGMA foreign_keys", "0"),
        ("PRAGMA short_column_names = 0", "PRAGMA short_column_names", "0"),
        ("PRAGMA count_changes = +1", "PRAGMA count_changes", "1"),
        ("PRAGMA trusted_schema = no", "PRAGMA trusted_schema", "0"),
        ("PRAGMA case_sensitive_like = yes", "SELECT * FROM pragma_case_sensitive_like", "1"),
        ("PRAGMA reverse_unordered_selects = 1", "PRAGMA reverse_unordered_selects", "0"),
        ("PRAGMA temp.user_version = 5", "PRAGMA temp.user_version", "5"),
    ] {
        let outcome = session.execute(said).expect("a setting");
        assert!(matches!(outcome, Outcome::Done(_)), "{said}");
        assert_eq!(answer(&mut session, asked), [answered], "{asked}");
    }
    for (said, what) in [
        ("PRAGMA query_only = OFF", "query_only is off"),
        ("PRAGMA temp.user_version = 6", "temp.user_version is 6 as long as the session"),
        (
            "PRAGMA reverse_unordered_selects = ON",
            "PRAGMA reverse_unordered_selects = ON is accepted and does nothing here",
        ),
    ] {
        let outcome = session.execute(said).expect("a setting");
        assert!(matches!(&outcome, Outcome::Done(done) if done == what), "{said}: {outcome:?}");
    }
    assert_eq!(answer(&mut session, "PRAGMA busy_timeout = 5"), ["5"]);
    assert_eq!(answer(&mut session, "PRAGMA wal_autocheckpoint = 100"), ["100"]);
    assert_eq!(answer(&mut session, "PRAGMA wal_autocheckpoint = -5"), ["0"]);
    assert_eq!(answer(&mut session, "PRAGMA wal_autocheckpoint = 2147483648"), ["0"]);
    assert_eq!(answer(&mut session, "PRAGMA schema_version"), ["8"]);
    session.execute("CREATE TABLE more(a INTEGER)").expect("a table");
    assert_eq!(answer(&mut session, "PRAGMA schema_version"), ["9"]);
    session.execute("SET AS OF EVENT 1").expect("a moment");
    assert_eq!(answer(&mut session, "PRAGMA schema_version"), ["1"]);
    assert_eq!(answer(&mut session, "PRAGMA table_info(more)"), Vec::<String>::new());
}

#[test]
fn every_one_of_them_answers_both_ways() {
    let mut session = session();
    for entry in asof::planner::PRAGMAS {
        let statement = answer(&mut session, &format!("PRAGMA {}", entry.name()));
        let table = answer(&mut session, &format!("SELECT * FROM {}", entry.signature.name));
        assert_eq!(statement, table, "{}", entry.name());
    }
}

/// Event 1 is a table, 2 and 3 set both numbers, 4 sets one otherwise, 5 sets it to 0.
const NUMBERED: &str = "CREATE TABLE t(a INTEGER);\n\
    PRAGMA user_version = 7;\n\
    PRAGMA main.application_id(-3);\n\
    PRAGMA user_version = 7;\n\
    BEGIN; PRAGMA user_version = 8; SAVEPOINT s; PRAGMA user_version = 9; ROLLBACK TO s; COMMIT;\n\
    BEGIN; PRAGMA user_version = 10; ROLLBACK;\n\
    PRAGMA user_version = 0;\n";

const NUMBERS: &[(&str, &str)] = &[
    ("PRAGMA user_version", "0"),
    ("SELECT * FROM pragma_user_version AS OF EVENT 1", "0"),
    ("SELECT * FROM pragma_user_version AS OF EVENT 2", "7"),
    ("SELECT * FROM pragma_user_version AS OF EVENT 3", "7"),
    ("SELECT * FROM pragma_user_version AS OF EVENT 4", "8"),
    ("SELECT * FROM pragma_application_id AS OF EVENT 2", "0"),
    ("PRAGMA application_id", "-3"),
    ("SELECT max(event) FROM _events", "5"),
    ("SELECT name FROM sqlite_master", "t"),
    (
        "SELECT op, name, sql FROM _schema_history WHERE event > 1",
        "create_setting user_version PRAGMA user_version = 7, \
         create_setting application_id PRAGMA application_id = -3, \
         replace_setting user_version PRAGMA user_version = 8, \
         drop_setting user_version PRAGMA user_version = 8",
    ),
    (
        "SELECT change FROM _events WHERE event > 3",
        "PRAGMA user_version = 8, PRAGMA user_version = 0",
    ),
];

#[test]
fn the_numbers_of_a_database_are_those_of_each_moment() {
    holds_however_it_is_opened(NUMBERED, NUMBERS);
}

#[test]
fn a_number_is_taken_back_and_is_not_set_in_the_past() {
    let mut session = session();
    for sql in ["PRAGMA user_version = 1", "PRAGMA user_version = 2"] {
        let outcome = session.execute(sql).expect("a number");
        assert!(matches!(outcome, Outcome::Changed(receipt) if receipt.events == 1), "{sql}");
    }
    let Outcome::Changed(same) = session.execute("PRAGMA user_version = 2").expect("a number")
    else {
        panic!("it is a change of nothing")
    };
    assert_eq!((same.events, same.committed), (0, None));
    session.undo(&Annotations::default()).expect("it is taken back");
    assert_eq!(answer(&mut session, "PRAGMA user_version"), ["1"]);
    session.execute("SET AS OF START").expect("a moment");
    assert_eq!(answer(&mut session, "PRAGMA user_version"), ["0"]);
    let error = session.execute("PRAGMA user_version = 3").expect_err("nothing changes there");
    assert_eq!(error.code(), "past");
}

#[test]
fn the_counters_of_autoincrement_are_a_table_of_the_schema_where_tables_are_flexible() {
    let database = Arc::new(Database::in_memory().expect("a database"));
    let mut session = Session::new(database);
    let sqlite = rusqlite::Connection::open_in_memory().expect("a database");
    session.execute("SET flexible_types = on").expect("a setting");
    let theirs = || -> Vec<String> {
        let sql = "SELECT type || '|' || name || '|' || tbl_name FROM sqlite_master";
        let mut statement = sqlite.prepare(sql).expect("a question");
        let rows = statement.query_map([], |row| row.get(0)).expect("rows");
        rows.collect::<Result<_, _>>().expect("rows")
    };
    for sql in [
        "CREATE TABLE a(x)",
        "CREATE TABLE b(id INTEGER PRIMARY KEY AUTOINCREMENT, x UNIQUE)",
        "CREATE TABLE c(id INTEGER PRIMARY KEY AUTOINCREMENT)",
    ] {
        session.execute(sql).expect("a table");
        sqlite.execute_batch(sql).expect("a table");
        let ours = answer(&mut session, "SELECT type, name, tbl_name FROM sqlite_master");
        assert_eq!(ours, theirs(), "{sql}");
    }
}
