//! Dumps as `sqlite3 .dump` writes them: they run as they are, and every table has then what it has in
//! SQLite.

use super::answer::rows_of;
use super::shell::TestDirectory;
use asof::session::Session;
use asof::storage::Database;
use asof::types::Value;
use rusqlite::types::ValueRef;
use std::sync::Arc;

/// The rows of a query of SQLite, as values of ours.
pub fn values_of_sqlite(sqlite: &rusqlite::Connection, sql: &str) -> Vec<Vec<Value>> {
    let mut statement = sqlite.prepare(sql).expect("a query");
    let width = statement.column_count();
    let value = |value: ValueRef<'_>| match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(integer) => Value::Integer(integer),
        ValueRef::Real(real) => Value::real(real),
        ValueRef::Text(text) => Value::text(std::str::from_utf8(text).expect("UTF-8")),
        ValueRef::Blob(bytes) => Value::Blob(bytes.into()),
    };
    let rows = statement.query_map([], |row| {
        (0..width).map(|column| row.get_ref(column).map(value)).collect::<Result<Vec<_>, _>>()
    });
    rows.expect("rows").map(|row| row.expect("a row")).collect()
}

/// The same as ours prints them.
pub fn rows_of_sqlite(sqlite: &rusqlite::Connection, sql: &str) -> Vec<Vec<String>> {
    let rows = values_of_sqlite(sqlite, sql);
    rows.iter().map(|row| row.iter().map(Value::to_string).collect()).collect()
}

/// Runs a dump in both, statement by statement in ours; gives the names of all tables.
fn load(session: &mut Session, sqlite: &rusqlite::Connection, dump: &str) -> Vec<String> {
    sqlite.execute_batch(dump).expect("SQLite wrote it");
    let mut splitter = asof::language::Splitter::new();
    splitter.feed(dump);
    while let Some(piece) = splitter.next() {
        let done = session.execute(&piece.text);
        assert!(done.is_ok(), "{}\n{:?}", piece.text, done.err());
    }
    let names = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'";
    rows_of_sqlite(sqlite, names).concat().iter().map(|name| name.replace('\'', "\"")).collect()
}

#[test]
fn tables_have_what_they_have_in_sqlite() {
    let mut session = Session::new(Arc::new(Database::in_memory().expect("a database")));
    let sqlite = rusqlite::Connection::open_in_memory().expect("SQLite");
    let tables = load(&mut session, &sqlite, include_str!("dumps/plain.sql"));
    assert_eq!(tables.len(), 8, "{tables:?}");
    let counters = "sqlite_sequence".to_owned();
    for table in tables.into_iter().chain([counters]) {
        let sql = format!("SELECT * FROM {table} ORDER BY 1, 2");
        let ours = rows_of(&mut session, &sql).expect("the table is there");
        let ours: Vec<Vec<String>> =
            ours.iter().map(|row| row.iter().map(Value::to_string).collect()).collect();
        assert_eq!(ours, rows_of_sqlite(&sqlite, &sql), "{table}");
    }
}

#[test]
fn what_a_dump_has_that_asof_has_not_is_named_and_passed_over() {
    let place = TestDirectory::new();
    let dump = "BEGIN TRANSACTION;\n\
        PRAGMA writable_schema=ON;\n\
        INSERT INTO sqlite_schema(type,name,tbl_name,rootpage,sql)\
        VALUES('table','ft','ft',0,'CREATE VIRTUAL TABLE ft using fts5(x)');\n\
        CREATE TABLE IF NOT EXISTS 'ft_content'(id INTEGER PRIMARY KEY, c0);\n\
        INSERT INTO ft_content VALUES(1,'hello');\n\
        PRAGMA writable_schema=OFF;\n\
        CREATE VIRTUAL TABLE v USING fts5(x);\n\
        COMMIT;\n";
    let run = place.run(&["--keep-going", "bank"], dump);
    assert_eq!(run.code, 1);
    for told in [
        "stdin:3:13: error[unsupported]: virtual tables are not supported",
        "^ --keep-going loads the rest of a dump",
    ] {
        assert!(run.err.contains(told), "{told}\n{}", run.err);
    }
    assert_eq!(place.run(&["bank"], "SELECT * FROM ft_content;").out, "1|hello\n");
}

/// What else than a number or a text an untyped column can hold.
#[test]
fn what_an_untyped_column_holds_loads_back_with_its_type() {
    let values = "(DATE '2026-01-31'), (TIMESTAMP '2026-01-31 09:00:00'), \
                  (CAST('{\"k\":1}' AS JSON)), (CAST('0.50' AS DECIMAL(9,2)))";
    let filled = format!("CREATE TABLE t(a);\nINSERT INTO t VALUES {values};\n");
    let asked = "SELECT typeof(a), a FROM t;\n";
    let run = |script: String| {
        let run = crate::shell::TestDirectory::new().run(&["-q"], script);
        assert_eq!((run.code, run.err.as_str()), (0, ""));
        run.out
    };
    let held = run(format!("{filled}{asked}"));
    assert_eq!(held.lines().count(), 4, "{held}");
    let dumped = run(format!("{filled}.dump\n"));
    assert_eq!(run(format!("{dumped}{asked}")), held, "{dumped}");
    let inserts = run(format!("{filled}.mode insert t\nSELECT a FROM t;\n"));
    assert_eq!(run(format!("CREATE TABLE t(a);\n{inserts}{asked}")), held, "{inserts}");
    let literals = run(format!("{filled}.mode quote\nSELECT a FROM t;\n"));
    let inserts: String =
        literals.lines().map(|literal| format!("INSERT INTO t VALUES ({literal});\n")).collect();
    assert_eq!(run(format!("CREATE TABLE t(a);\n{inserts}{asked}")), held, "{inserts}");
}
