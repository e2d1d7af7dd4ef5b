//! The schema as rows: `_tables`, `_columns`, `_indexes`, `_schema_history`, `sqlite_master`.

use crate::answer::{rows_of, told};
use crate::dumps::values_of_sqlite;
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

/// Where new tables are FLEXIBLE, as in SQLite: in the order of their creation, with the indexes of keys,
/// and as SQLite keeps the statements; PRAGMAs tell the types that it knows in capitals.
#[test]
fn the_schema_of_a_flexible_session_is_that_of_sqlite() {
    const STATEMENTS: &[&str] = &[
        "create table if not exists zebra (a int primary key, b varchar(10,2) unique, c double)",
        "create  table main.apple (x integer primary key, y any, z Text, unique (y, z))",
        "create index if not exists by_c on zebra(c)",
        "create unique index by_z on apple (z desc) where z > 1",
        "create view if not exists seen as select a, c from zebra",
        "create trigger if not exists t after insert on apple begin select 1; end",
        "create table bare (b, r real, i integer, x blob, primary key (i, b)) without rowid",
    ];
    const QUERIES: &[&str] = &[
        "SELECT type, name, tbl_name, sql FROM sqlite_master",
        "SELECT m.name, p.name, p.type, p.pk FROM sqlite_schema m JOIN pragma_table_info(m.name) p \
         WHERE m.type = 'table'",
        "SELECT * FROM pragma_table_info('sqlite_schema')",
        "SELECT * FROM pragma_table_xinfo('SQLITE_MASTER')",
    ];
    let sqlite = Connection::open_in_memory().expect("SQLite");
    sqlite.execute_batch(&STATEMENTS.join(";")).expect("it runs");
    let mut session = Session::new(Arc::new(Database::in_memory().expect("memory")));
    session.set_flexible_types(true);
    for statement in STATEMENTS {
        session.execute(statement).unwrap_or_else(|error| panic!("{statement}: {error}"));
    }
    for query in QUERIES {
        let ours = rows_of(&mut session, query).expect("rows");
        assert_eq!(ours, values_of_sqlite(&sqlite, query), "{query}");
    }
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
        ("SELECT options FROM _tables", "NULL"),
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
    6 'add_column' 'cards' 'since when' 'ALTER TABLE cards ADD COLUMN "since when" VARCHAR(9) NOT NULL DEFAULT ''it''''s'''
    7 'rename_column' 'cards' 'number' 'ALTER TABLE cards RENAME COLUMN number TO "order"'
    8 'drop_column' 'cards' 'since when' 'ALTER TABLE cards DROP COLUMN "since when"'
    9 'rename_table' 'cards' 'cards' 'ALTER TABLE cards RENAME TO plastic'
    11 'drop_index' 'accounts' 'by_owner' 'CREATE UNIQUE INDEX by_owner ON accounts (owner, id)'
    12 'drop_table' 'plastic' 'plastic' 'CREATE TABLE plastic ("order" TEXT, account INTEGER)'
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

/// Tables and what is altered of them, in SQL that SQLite runs, too.
const ALTERED: &[&str] = &[
    "CREATE TABLE shops (id INTEGER PRIMARY KEY, /* the owner */ name TEXT COLLATE BINARY UNIQUE)",
    "CREATE TABLE goods (code TEXT, shop INTEGER REFERENCES shops (id) ON DELETE CASCADE, price NUMERIC, \
     old TEXT, CONSTRAINT k PRIMARY KEY (code, shop), CHECK (price >= 0), \
     FOREIGN KEY (shop) REFERENCES shops (id))",
    "CREATE INDEX by_shop ON goods (shop DESC)",
    "CREATE TABLE untouched (a, b)",
    "INSERT INTO shops VALUES (1, 'Ada''s')",
    "INSERT INTO goods VALUES ('x', 1, 2, 'gone')",
    "ALTER TABLE goods ADD COLUMN note VARCHAR(9) NOT NULL DEFAULT 'it''s'",
    "ALTER TABLE goods DROP COLUMN old",
    "ALTER TABLE goods RENAME COLUMN shop TO \"the shop\"",
    "ALTER TABLE goods RENAME COLUMN code TO \"order\"",
    "ALTER TABLE shops RENAME COLUMN id TO number",
    "ALTER TABLE shops RENAME TO stores",
    "ALTER TABLE goods RENAME TO wares",
];

#[test]
fn what_was_altered_is_made_again_as_it_is() {
    let mut session = Session::new(Arc::new(Database::in_memory().expect("memory")));
    for statement in ALTERED {
        session.execute(statement).unwrap_or_else(|error| panic!("{statement}: {error}"));
    }
    let master = "SELECT sql FROM sqlite_master ORDER BY type DESC, name";
    insta::assert_snapshot!(told(&mut session, master).replace("', '", "'\n'"), @r#"
    'CREATE TABLE stores (number INTEGER PRIMARY KEY, /* the owner */ name TEXT COLLATE BINARY UNIQUE)'
    'CREATE TABLE untouched (a, b)'
    'CREATE TABLE wares ("order" TEXT, "the shop" INTEGER REFERENCES stores (number) ON DELETE CASCADE, price NUMERIC, note VARCHAR(9) NOT NULL DEFAULT ''it''''s'', CONSTRAINT k PRIMARY KEY ("order", "the shop"), CHECK (price >= 0), FOREIGN KEY ("the shop") REFERENCES stores (number))'
    'CREATE INDEX by_shop ON wares ("the shop" DESC)'
    "#);
    // The statements make tables with the same columns and keys, here and in SQLite.
    let mut again = Session::new(Arc::new(Database::in_memory().expect("memory")));
    let sqlite = Connection::open_in_memory().expect("SQLite");
    for row in rows_of(&mut session, master).expect("rows") {
        let Value::Text(sql) = &row[0] else { panic!("{row:?}") };
        again.execute(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
        sqlite.execute_batch(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    }
    for query in ["SELECT * FROM _columns", "SELECT * FROM _indexes", master] {
        assert_eq!(told(&mut again, query), told(&mut session, query), "{query}");
    }
    let altered = Connection::open_in_memory().expect("SQLite");
    altered.execute_batch(&ALTERED.join(";")).expect("it runs");
    let queries = ["wares", "stores"].map(|table| {
        [
            format!("SELECT name, type, \"notnull\", pk FROM pragma_table_info('{table}')"),
            format!("SELECT \"table\", \"from\", \"to\", on_delete FROM pragma_foreign_key_list('{table}')"),
            format!("SELECT name, \"unique\" FROM pragma_index_list('{table}')"),
        ]
    });
    for query in queries.iter().flatten() {
        let rows = |connection: &Connection| -> Vec<String> {
            let mut query = connection.prepare(query).expect("a query");
            let row = |row: &rusqlite::Row<'_>| {
                (0..)
                    .map_while(|at| row.get_ref(at).ok().map(|value| format!("{value:?}")))
                    .collect()
            };
            let row = |found: &rusqlite::Row<'_>| Ok::<Vec<String>, rusqlite::Error>(row(found));
            let rows = query.query_map([], row).expect("rows");
            rows.map(|row| row.expect("a row").join(" ")).collect()
        };
        assert_eq!(rows(&sqlite), rows(&altered), "{query}");
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
    assert_eq!(
        refused,
        "unsupported: virtual tables are not supported, nor is writing to sqlite_master, which makes \
         them"
    );
    let refused = told(&mut session, "DELETE FROM _tables");
    assert_eq!(refused, "read-only-table: _tables is written by the database alone");
}

#[test]
fn table_options_are_kept_and_survive_an_alteration() {
    let mut session = Session::new(Arc::new(Database::in_memory().expect("in memory")));
    for statement in [
        "CREATE TABLE a (x INTEGER) STRICT",
        "CREATE TABLE b (x INTEGER PRIMARY KEY) without rowid, strict",
        "CREATE TABLE c (x INTEGER) FLEXIBLE",
        "ALTER TABLE a RENAME COLUMN x TO y",
        "ALTER TABLE c ADD COLUMN z TEXT",
    ] {
        session.execute(statement).expect("it runs");
    }
    assert_eq!(
        told(&mut session, "SELECT name, options, sql FROM _tables"),
        "'a' 'STRICT' 'CREATE TABLE a (y INTEGER) STRICT', \
         'b' 'WITHOUT ROWID, STRICT' \
         'CREATE TABLE b (x INTEGER PRIMARY KEY) without rowid, strict', \
         'c' 'FLEXIBLE' 'CREATE TABLE c (x INTEGER, z TEXT) FLEXIBLE'"
    );
    let error = |session: &mut Session, statement: &str| {
        session.execute(statement).expect_err(statement).to_string()
    };
    let both = error(&mut session, "CREATE TABLE d (x INTEGER) STRICT, FLEXIBLE");
    assert!(both.contains("d cannot be STRICT and FLEXIBLE"), "{both}");
    let events = error(&mut session, "CREATE TABLE d (x INTEGER) FROM EVENTS");
    assert!(events.contains("FROM EVENTS is not supported yet"), "{events}");
}

#[test]
fn a_name_that_a_hidden_column_will_have_is_reserved() {
    let mut session = Session::new(Arc::new(Database::in_memory().expect("in memory")));
    session.execute("CREATE TABLE t (a INTEGER)").expect("it runs");
    for statement in [
        "CREATE TABLE u (_version INTEGER)",
        "ALTER TABLE t ADD COLUMN _Version TEXT",
        "ALTER TABLE t RENAME COLUMN a TO _VERSION",
        "INSERT INTO t (_version) VALUES (1)",
    ] {
        let error = session.execute(statement).expect_err(statement);
        assert_eq!(error.code(), "reserved-name", "{statement}: {error}");
    }
}
