//! What `sqlite3 .dump` wrote of a database that has every feature: it runs as it is, and the dump of what
//! comes of it makes the same again, in SQLite and in asof.

use super::dumps::rows_of_sqlite;
use super::shell::TestDirectory;
use rusqlite::Connection;

const DUMP: &str = include_str!("dumps/every_feature.sql");

/// Where new tables hold what they hold in SQLite.
const FLEXIBLE: &str = "--flexible-types";

fn loaded_by_sqlite(dump: &str) -> Connection {
    let sqlite = Connection::open_in_memory().expect("SQLite");
    sqlite.execute_batch(dump).unwrap_or_else(|error| panic!("{error}\n{dump}"));
    sqlite
}

/// All that a database of SQLite has.
fn contents(sqlite: &Connection) -> Vec<(String, Vec<Vec<String>>)> {
    let statements = "SELECT type, name, tbl_name, sql FROM sqlite_schema \
                      WHERE name NOT LIKE 'sqlite%' ORDER BY name";
    let tables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' \
                  UNION ALL SELECT 'sqlite_sequence' ORDER BY 1";
    let tables = rows_of_sqlite(sqlite, tables).concat();
    let queries = tables.iter().map(|name| {
        let name = name.trim_matches('\'');
        format!("SELECT * FROM \"{name}\"")
    });
    let queries = queries.chain([statements.to_owned()]);
    let sorted = |query: &str| {
        let mut rows = rows_of_sqlite(sqlite, query);
        rows.sort();
        rows
    };
    queries.map(|query| (query.clone(), sorted(&query))).collect()
}

/// A dump with as many rows as INSERTs of several thousand have.
fn with_many_rows() -> String {
    let rows: Vec<String> = (3..4000).map(|row| format!("({row},'row {row}')")).collect();
    let insert = format!("INSERT INTO many VALUES{};\nCREATE INDEX", rows.join(","));
    DUMP.replacen("CREATE INDEX", &insert, 1)
}

#[test]
fn every_feature_comes_back_as_it_was() {
    let dump = with_many_rows();
    let place = TestDirectory::new();
    let run = place.run(&[FLEXIBLE, "bank"], &dump);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    let again = place.run(&["bank"], ".dump\n").out;
    // SQLite knows no table that says what all of its own are.
    let without_word = again.replace(" WITHOUT ROWID, FLEXIBLE;", " WITHOUT ROWID;");
    let without_word = without_word.replace(") FLEXIBLE;", ");");
    let (theirs, ours) = (loaded_by_sqlite(&dump), loaded_by_sqlite(&without_word));
    for (theirs, ours) in contents(&theirs).into_iter().zip(contents(&ours)) {
        assert_eq!(ours, theirs);
    }
    for (copy, dump) in [("other", &again), ("third", &without_word)] {
        let option = if copy == "third" { FLEXIBLE } else { "-q" };
        let run = place.run(&[option, copy], dump);
        assert_eq!((run.code, run.err.as_str()), (0, ""), "{copy}");
        assert_eq!(place.run(&[copy], ".dump\n").out, again, "{copy}");
    }
    let next = "INSERT INTO emptied DEFAULT VALUES;\nSELECT last_insert_rowid();\n";
    assert_eq!(place.run(&["-q", "other"], next).out, "13\n");
}

#[test]
fn a_moment_is_dumped_as_it_was() {
    let place = TestDirectory::new();
    let steps = [
        "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT NOT NULL);",
        "INSERT INTO t (a) VALUES ('x'), ('y');",
        "DELETE FROM t WHERE a = 'y';",
        "CREATE VIEW v AS SELECT a FROM t;",
        "ALTER TABLE t ADD CONSTRAINT short CHECK (length(a) < 9);",
        "ALTER TABLE t RENAME COLUMN a TO b;",
        "DELETE FROM t;",
        "DROP VIEW v;",
    ];
    let mut dumps = Vec::new();
    for step in steps {
        let run = place.run(&["bank"], step);
        assert_eq!((run.code, run.err.as_str()), (0, ""), "{step}");
        let head = place.run(&["bank"], "SELECT max(event) FROM _events;").out;
        dumps.push((head, place.run(&["bank"], ".dump\n").out));
    }
    for (head, dump) in dumps {
        let script = format!("SET AS OF EVENT {head};\n.dump\n");
        assert_eq!(place.run(&["-q", "bank"], script).out, dump);
        loaded_by_sqlite(&dump);
        let copy = TestDirectory::new();
        let run = copy.run(&["copy"], &dump);
        assert_eq!((run.code, run.err.as_str()), (0, ""), "{dump}");
        assert_eq!(copy.run(&["copy"], ".dump\n").out, dump);
    }
}
