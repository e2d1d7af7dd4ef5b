//! The schema as rows: `_tables`, `_columns`, `_indexes`, `_schema_history`, `sqlite_master`.

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
fn every_change_of_the_schema_is_a_row_with_its_definition() {
    let mut session = session();
    for statement in [
        "INSERT INTO accounts (owner) VALUES ('Ada')",
        "ALTER TABLE cards ADD COLUMN \"since when\" VARCHAR(9) NOT NULL DEFAULT 'it''s'",
        "ALTER TABLE cards RENAME COLUMN number TO \"order\"",
        "ALTER TABLE cards DROP COLUMN \"since when\"",
        "ALTER TABLE cards RENAME TO plastic",
        "TAG 'renamed'",
        "DROP INDEX by_owner",
        "DROP TABLE plastic",
    ] {
        session.execute(statement).unwrap_or_else(|error| panic!("{statement}: {error}"));
    }
    let query = "SELECT event, op, table_name, name, sql FROM _schema_history WHERE event > 3";
    insta::assert_snapshot!(told(&mut session, query).replace("', ", "'\n"), @r#"
    4 'create_index' 'cards' 'by_account' 'CREATE INDEX by_account ON cards (account)'
    6 'add_column' 'cards' 'since when' 'ALTER TABLE cards ADD COLUMN "since when" VARCHAR(9) NOT NULL DEFAULT (''it''''s'')'
    7 'rename_column' 'cards' 'number' 'ALTER TABLE cards RENAME COLUMN number TO "order"'
    8 'drop_column' 'cards' 'since when' 'ALTER TABLE cards DROP COLUMN "since when"'
    9 'rename_table' 'cards' 'cards' 'ALTER TABLE cards RENAME TO plastic'
    11 'drop_index' 'accounts' 'by_owner' 'CREATE UNIQUE INDEX by_owner ON accounts (owner, id)'
    12 'drop_table' 'plastic' 'plastic' 'CREATE TABLE cards (number TEXT, account INTEGER)'
    "#);
    let cases = [
        ("SELECT count(*), max(event) FROM _schema_history AS OF EVENT 5", "4 4"),
        ("SELECT count(*) FROM _schema_history AS OF START", "0"),
        ("SELECT tx, at IS NULL FROM _schema_history WHERE op = 'drop_table'", "12 FALSE"),
    ];
    for (query, expected) in cases {
        assert_eq!(told(&mut session, query), expected, "{query}");
    }
    // Done again from the first to the last, they make the same tables.
    let mut again = Session::new(Arc::new(Database::in_memory().expect("memory")));
    let made = "SELECT sql FROM _schema_history WHERE op NOT LIKE 'drop_%' OR op = 'drop_column'";
    for row in rows_of(&mut session, made).expect("rows") {
        let Value::Text(sql) = &row[0] else { panic!("{row:?}") };
        again.execute(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    }
    let columns = "SELECT * FROM _columns ORDER BY table_name, position";
    let before_drops = columns.replace(" ORDER", " AS OF EVENT 10 ORDER");
    assert_eq!(told(&mut again, columns), told(&mut session, &before_drops));
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
