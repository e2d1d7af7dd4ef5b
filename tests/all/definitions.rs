//! Views and triggers are definitions in the schema: every moment has those of then, whatever was made of
//! the log, and a log that was damaged is saved with them.

use crate::answer::rows_of;
use crate::shell::TestDirectory;
use asof::language::Splitter;
use asof::language::ast::Annotations;
use asof::session::Session;
use asof::storage::{Database, Environment, MemVfs, OpenOptions, Vfs};
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn options(vfs: &MemVfs, every: u64) -> OpenOptions {
    let environment = Environment { vfs: Arc::new(vfs.clone()), ..Environment::in_memory() };
    OpenOptions { snapshot_every: Some(every), environment, ..OpenOptions::default() }
}

fn open(vfs: &MemVfs, directory: &str, every: u64) -> Session {
    let database = Database::open(Path::new(directory), options(vfs, every));
    Session::new(Arc::new(database.expect("the log is good")))
}

fn run(session: &mut Session, script: &str) {
    let mut splitter = Splitter::new();
    splitter.feed(script);
    while let Some(piece) = splitter.next() {
        let done = session.execute(&piece.text).map(drop);
        done.unwrap_or_else(|error| panic!("{}: {error}", piece.text));
    }
}

/// The rows of a query on one line, or the code of its error.
fn shown(session: &mut Session, query: &str) -> String {
    let rows = match rows_of(session, query) {
        Ok(rows) => rows,
        Err(error) => return error.code().to_owned(),
    };
    let row = |row: &Vec<asof::types::Value>| {
        row.iter().map(|value| value.to_text().into_owned()).collect::<Vec<_>>().join(" ")
    };
    rows.iter().map(row).collect::<Vec<_>>().join(", ")
}

/// Events 1 to 3 are a table and two rows; 4 defines a view, 5 a trigger, 6 and 7 are a row and what the
/// trigger did, 8 another view under the name, 9 and 10 drop both, 11 a view of the name again.
const SCRIPT: &str = "CREATE TABLE t(id INTEGER PRIMARY KEY, a INTEGER);\n\
    INSERT INTO t(a) VALUES (10), (20);\n\
    CREATE VIEW v AS SELECT a FROM t WHERE a > 10;\n\
    CREATE TRIGGER x AFTER INSERT ON t BEGIN UPDATE t SET a = a + 1 WHERE id = 1; END;\n\
    INSERT INTO t(a) VALUES (30);\n\
    CREATE OR REPLACE VIEW v AS SELECT -a AS a FROM t;\n\
    DROP TRIGGER x;\n\
    DROP VIEW v;\n\
    CREATE VIEW v AS SELECT 'new' AS a;\n";

const ANSWERS: &[(&str, &str)] = &[
    ("SELECT a FROM v", "new"),
    // Before it existed it is read as it was defined first.
    ("SELECT a FROM v AS OF EVENT 2", ""),
    ("SELECT a FROM v AS OF EVENT 3", "20"),
    ("SELECT a FROM v AS OF EVENT 4", "20"),
    ("SELECT a FROM v AS OF EVENT 6", "20, 30"),
    ("SELECT a FROM v AS OF EVENT 7", "11, 20, 30"),
    ("SELECT sum(a) FROM v AS OF EVENT 8", "-61"),
    ("SELECT a FROM v AS OF EVENT 10", "unknown-table"),
    ("SELECT n.a, o.a FROM v AS n, v AS OF EVENT 4 AS o", "new 20"),
    ("AS OF EVENT 5 SELECT (SELECT max(a) FROM v), count(*) FROM t", "20 2"),
    ("SELECT name FROM _views AS OF EVENT 5", "v"),
    ("SELECT columns, created FROM _views AS OF EVENT 8", "a 4"),
    ("SELECT name, table_name, fires FROM _triggers AS OF EVENT 8", "x t AFTER INSERT"),
    ("SELECT count(*) FROM _triggers", "0"),
    ("SELECT type || name FROM sqlite_master AS OF EVENT 7", "tablet, viewv, triggerx"),
    (
        "SELECT event, op, name FROM _schema_history WHERE event IN (4, 8, 9)",
        "4 create_view v, 8 replace_view v, 9 drop_trigger x",
    ),
    ("SELECT event, cause FROM _events WHERE cause IS NOT NULL", "7 6"),
    ("SELECT change FROM _events WHERE event IN (5, 10)", "CREATE TRIGGER x ON t, DROP VIEW v"),
];

#[test]
fn every_moment_has_the_views_and_triggers_of_then() {
    holds_however_it_is_opened(SCRIPT, ANSWERS);
}

/// Runs a script, and asks for the answers to queries with what was made of the log, and without each part
/// of it.
pub fn holds_however_it_is_opened(script: &str, answers: &[(&str, &str)]) {
    for every in [1, 7, 1000] {
        let vfs = MemVfs::default();
        run(&mut open(&vfs, "bank", every), script);
        for removed in ["", "_catalog.json", "events.index", "snapshots"] {
            let paths: Vec<PathBuf> = match removed {
                "" => Vec::new(),
                "snapshots" => {
                    let directory = Path::new("bank/snapshots");
                    let names = vfs.names(directory).unwrap_or_default();
                    names.into_iter().map(|name| directory.join(name)).collect()
                }
                name => vec![Path::new("bank").join(name)],
            };
            for path in paths {
                vfs.remove(&path).expect("it was made");
            }
            let mut session = open(&vfs, "bank", every);
            for (query, answer) in answers {
                assert_eq!(shown(&mut session, query), *answer, "{query} ({every}, {removed})");
            }
        }
    }
}

#[test]
fn undo_brings_views_and_triggers_back_and_fires_nothing() {
    let vfs = MemVfs::default();
    let mut session = open(&vfs, "bank", 1000);
    run(&mut session, SCRIPT);
    let undo = |session: &mut Session| {
        session.undo(&Annotations::default()).map(drop).expect("it can be taken back");
    };
    undo(&mut session);
    assert_eq!(shown(&mut session, "SELECT a FROM v"), "unknown-table");
    run(&mut session, "CREATE TRIGGER x AFTER DELETE ON t BEGIN DELETE FROM t; END; DROP TABLE t;");
    undo(&mut session);
    assert_eq!(shown(&mut session, "SELECT name FROM _triggers"), "x");
    assert_eq!(shown(&mut session, "SELECT count(*) FROM t"), "3");
    run(&mut session, "DELETE FROM t WHERE id = 1;");
    assert_eq!(shown(&mut session, "SELECT count(*) FROM t"), "0");
    undo(&mut session);
    assert_eq!(shown(&mut session, "SELECT count(*) FROM t"), "3");
}

#[test]
fn a_damaged_log_is_saved_with_its_views_and_triggers() {
    for damaged in [3, 5, 8] {
        let vfs = MemVfs::default();
        let end = "PRAGMA user_version = 5;\nSNAPSHOT;\nINSERT INTO t(a) VALUES (40);\n";
        run(&mut open(&vfs, "bank", 1000), &format!("{SCRIPT}{end}"));
        let path = Path::new("bank/events.log");
        let mut log = vfs.contents(path).expect("the log is there");
        let line = format!("{{\"event\":{damaged},");
        let at = log.windows(line.len()).position(|at| at == line.as_bytes());
        log[at.expect("the event is there") + 3] ^= 1;
        let hurt = MemVfs::default();
        hurt.put(path, log);
        let snapshots = Path::new("bank/snapshots");
        for name in vfs.names(snapshots).expect("there is one") {
            let file = snapshots.join(name);
            hurt.put(&file, vfs.contents(&file).expect("it is there"));
        }
        let reading = OpenOptions { read_only: true, whole: true, ..options(&hurt, 1000) };
        let database = Database::open(Path::new("bank"), reading).expect("it opens");
        let saved = MemVfs::default();
        database.salvage_to(Path::new("saved"), options(&saved, 1000)).expect("it is saved");
        let mut saved = open(&saved, "saved", 1000);
        assert_eq!(shown(&mut saved, "SELECT a FROM v"), "new", "{damaged}");
        assert_eq!(shown(&mut saved, "SELECT count(*) FROM _triggers"), "0");
        assert_eq!(shown(&mut saved, "SELECT count(*) FROM t"), "4");
        assert_eq!(shown(&mut saved, "PRAGMA user_version"), "5");
    }
}

/// What `sqlite3 .dump` writes of views and triggers loads as it is, and `.dump` gives it back.
#[test]
fn dumps_with_views_and_triggers_go_both_ways() {
    let made = "CREATE TABLE t(id INTEGER PRIMARY KEY, a INTEGER);\n\
        INSERT INTO t VALUES(1,10);\n\
        INSERT INTO t VALUES(2,20);\n\
        CREATE TABLE log(what TEXT);\n";
    let definitions = "CREATE VIEW v AS SELECT a, b.what FROM t LEFT JOIN [log] AS b ON b.what = a;\n\
        CREATE VIEW \"two words\"(x) AS\n  SELECT a -- its only column; all of it\n  FROM v;\n\
        CREATE TRIGGER x AFTER UPDATE OF a ON t WHEN NEW.a > OLD.a BEGIN\n  \
        INSERT INTO log SELECT CASE WHEN NEW.a > 5 THEN 'much' END;\n  DELETE FROM log WHERE what IS NULL;\nEND;\n\
        CREATE TRIGGER y INSTEAD OF INSERT ON v BEGIN INSERT INTO t(a) VALUES (NEW.a); END;\n";
    let place = TestDirectory::new();
    let dump =
        format!("PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n{made}{definitions}COMMIT;\n");
    let run = place.run(&["bank"], &dump);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    let dumped = place.run(&["bank"], ".dump");
    assert!(dumped.out.ends_with(&format!("{definitions}COMMIT;\n")), "{}", dumped.out);
    let again = place.run(&["other"], &dumped.out);
    assert_eq!((again.code, again.err.as_str()), (0, ""));
    assert_eq!(place.run(&["other"], ".dump").out, dumped.out);
    let used = "INSERT INTO v(a) VALUES (7); UPDATE t SET a = a + 1; SELECT x FROM \"two words\"; SELECT * FROM log;";
    for bank in ["bank", "other"] {
        assert_eq!(place.run(&[bank], used).out, "11\n21\n8\nmuch\nmuch\nmuch\n");
    }
    let sqlite = rusqlite::Connection::open_in_memory().expect("a database");
    sqlite.execute_batch(&dumped.out).expect("SQLite takes it, too");
    let views: i64 = sqlite
        .query_row(
            "SELECT count(*) FROM sqlite_master WHERE type IN ('view', 'trigger')",
            [],
            |row| row.get(0),
        )
        .expect("a number");
    assert_eq!(views, 4);
}
