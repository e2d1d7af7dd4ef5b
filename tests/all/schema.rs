//! The schema as rows: `_tables`, `_columns`, `_indexes`, `sqlite_master`.

use crate::answer::{rows_of, told};
use asof::session::Session;
use asof::storage::Database;
use asof::types::Value;
use rusqlite::Connection;
use std::sync::Arc;

/// Statements that SQLite stores as they are written.
const STATEMENTS: &[&str] = &[
    "CREATE TABLE accounts (id INTEGER PRIMARY KEY, owner TEXT NOT NULL DEFAULT 'nobody')",
    "CREATE TABLE cards (number TEXT, account INTEGER)",
    "CREATE UNIQUE INDEX by_owner ON accounts (owner, id)",
    "CREATE INDEX by_account ON cards (account)",
];

fn session() -> Session {
    let database = Database::in_memory().expect("a database in memory");
    let mut session = Session::new(Arc::new(database));
    for statement in STATEMENTS {
        session.execute(statement).expect("it runs");
    }
    session
}

#[test]
fn sqlite_master_says_what_that_of_sqlite_says() {
    const QUERY: &str = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name";
    let sqlite = Connection::open_in_memory().expect("SQLite");
    sqlite.execute_batch(&STATEMENTS.join(";")).expect("it runs");
    let mut query = sqlite.prepare(QUERY).expect("a query");
    let row = |row: &rusqlite::Row<'_>| (0..4).map(|at| row.get(at).map(Value::Text)).collect();
    let expected: Result<Vec<Vec<Value>>, _> = query.query_map([], row).expect("rows").collect();
    let expected = expected.expect("texts");
    assert_eq!(expected.len(), STATEMENTS.len());
    let mut session = session();
    assert_eq!(rows_of(&mut session, QUERY).expect("rows"), expected);
    let other = QUERY.replace("sqlite_master", "sqlite_schema");
    assert_eq!(rows_of(&mut session, &other).expect("rows"), expected);
}

#[test]
fn tables_columns_and_indexes_are_those_of_the_moment() {
    let mut session = session();
    session.execute("ALTER TABLE cards ADD COLUMN since DATE").expect("it runs");
    session.execute("DROP TABLE accounts").expect("it runs");
    let cases = [
        ("SELECT name, columns, created FROM _tables", "'cards' 3 2"),
        ("SELECT name, columns FROM _tables AS OF EVENT 2", "'accounts' 2, 'cards' 2"),
        ("SELECT name FROM _tables AS OF START", ""),
        (
            "SELECT position, \"column\", type, \"null\", key, \"default\" FROM _columns BEFORE EVENT 6 \
             WHERE table_name = 'accounts'",
            "1 'id' 'INTEGER' 'no' 'primary' NULL, 2 'owner' 'TEXT' 'no' 'index' '''nobody'''",
        ),
        ("SELECT count(*) FROM _columns", "3"),
        ("SELECT name, columns, is_unique FROM _indexes", "'by_account' 'account' FALSE"),
        ("SELECT name FROM _indexes AS OF EVENT 4 WHERE is_unique", "'by_owner'"),
        ("SELECT name FROM sqlite_master AS OF EVENT 1", "'accounts'"),
    ];
    for (query, expected) in cases {
        assert_eq!(told(&mut session, query), expected, "{query}");
    }
}

#[test]
fn an_open_transaction_sees_the_tables_that_it_made() {
    let mut session = session();
    session.execute("BEGIN").expect("it runs");
    session.execute("CREATE TABLE loans (id INTEGER PRIMARY KEY)").expect("it runs");
    assert_eq!(told(&mut session, "SELECT count(*) FROM _tables"), "3");
    session.execute("ROLLBACK").expect("it runs");
    assert_eq!(told(&mut session, "SELECT count(*) FROM _tables"), "2");
    let refused = told(&mut session, "DELETE FROM sqlite_master");
    assert_eq!(refused, "read-only-table: sqlite_master is written by the database alone");
}
