//! FLEXIBLE tables beside SQLite's: what a column makes of a value, and how it compares with others.

use super::answer::rows_of;
use super::random::Dice;
use super::shell::TestDirectory;
use crate::dumps::values_of_sqlite;
use asof::session::Session;
use asof::storage::Database;
use asof::types::Value;
use std::sync::Arc;

const COLUMNS: [&str; 7] = ["i", "t", "r", "n", "b", "u", "d"];
const DEFINITION: &str = "CREATE TABLE f(id INTEGER PRIMARY KEY, i INT(11), t VARCHAR(9), r DOUBLE, \
                          n NUMERIC, b BLOB, u, d DATE)";

/// Values of every kind, some of them in the clothes of another. Reals whose text SQLite writes
/// otherwise are not among them.
const VALUES: [&str; 26] = [
    "NULL",
    "0",
    "1",
    "-7",
    "12",
    "12.5",
    "3.0",
    "-0.25",
    "'12'",
    "'12.0'",
    "'12.5'",
    "'1e3'",
    "' 5 '",
    "'abc'",
    "''",
    "'0x10'",
    "'007'",
    "'-7'",
    "x'3132'",
    "x''",
    "'2026-03-01'",
    "'3'",
    "1000",
    "9007199254740993",
    "'zz'",
    "'1,5'",
];

/// The rows of a query as literals, in both.
fn both(session: &mut Session, sqlite: &rusqlite::Connection, sql: &str) -> [Vec<Vec<String>>; 2] {
    let ours = rows_of(session, sql).unwrap_or_else(|error| panic!("{sql}\n{error}"));
    let shown = |value: &Value| {
        let Value::Boolean(truth) = value else { return value.to_string() };
        i64::from(*truth).to_string()
    };
    let ours = ours.iter().map(|row| row.iter().map(shown).collect()).collect();
    let theirs = values_of_sqlite(sqlite, sql);
    let theirs = theirs.iter().map(|row| row.iter().map(shown).collect()).collect();
    [ours, theirs]
}

/// Some condition over one or two of the tables `f a` and `f c`.
fn condition(dice: &mut Dice) -> String {
    let column = |dice: &mut Dice| format!("a.{}", dice.pick(&COLUMNS));
    let left = column(dice);
    let operator = dice.pick(&["=", "<>", "<", "<=", ">", ">=", "IS", "IS NOT"]);
    match dice.roll(7) {
        0 | 1 => format!("{left} {operator} {}", dice.pick(&VALUES)),
        2 => format!("{} {operator} {left}", dice.pick(&VALUES)),
        3 => format!("{left} {operator} {}", column(dice)),
        4 => {
            let (low, high) = (dice.pick(&VALUES), dice.pick(&VALUES));
            format!("{left} BETWEEN {low} AND {high}")
        }
        5 => {
            let list: Vec<&str> = (0..3).map(|_| dice.pick(&VALUES)).collect();
            format!("{left} IN ({})", list.join(", "))
        }
        _ => format!("+{left} {operator} {}", dice.pick(&VALUES)),
    }
}

#[test]
fn columns_hold_and_compare_as_sqlites_do() {
    let mut dice = Dice(0x00f1_e71b_1e00_0001);
    for round in 0..12 {
        let mut session = Session::new(Arc::new(Database::in_memory().expect("a database")));
        let sqlite = rusqlite::Connection::open_in_memory().expect("SQLite");
        session.execute(&format!("{DEFINITION} FLEXIBLE")).expect("a table");
        sqlite.execute_batch(DEFINITION).expect("a table");
        // Every other round finds rows by keys.
        let indexed = if round % 2 == 0 { &[][..] } else { &COLUMNS[..] };
        for column in indexed {
            let index = format!("CREATE INDEX by_{column} ON f({column})");
            session.execute(&index).expect("an index");
            sqlite.execute_batch(&index).expect("an index");
        }
        for id in 0..40 {
            let values: Vec<&str> = COLUMNS
                .iter()
                .map(|column| match dice.pick(&VALUES) {
                    // An integer that no real is stays one here.
                    "9007199254740993" if *column == "r" => "1",
                    value => value,
                })
                .collect();
            let insert = format!("INSERT INTO f VALUES ({id}, {})", values.join(", "));
            session.execute(&insert).expect("it takes everything");
            sqlite.execute_batch(&insert).expect("it takes everything");
        }
        let typed = COLUMNS.map(|column| format!("typeof({column}), {column}")).join(", ");
        let [ours, theirs] =
            both(&mut session, &sqlite, &format!("SELECT {typed} FROM f ORDER BY id"));
        assert_eq!(ours, theirs);
        for _ in 0..150 {
            let condition = condition(&mut dice);
            let sql = format!("SELECT a.id FROM f a WHERE {condition} ORDER BY a.id");
            let [ours, theirs] = both(&mut session, &sqlite, &sql);
            assert_eq!(ours, theirs, "{sql}");
        }
        for _ in 0..20 {
            let (one, two) = (dice.pick(&COLUMNS), dice.pick(&COLUMNS));
            for sql in [
                format!("SELECT a.id, c.id FROM f a JOIN f c ON a.{one} = c.{two} ORDER BY 1, 2"),
                format!("SELECT {one}, count(*) FROM f GROUP BY {one} ORDER BY {one}"),
                format!("SELECT id FROM f ORDER BY {one}, id"),
                format!("SELECT min({one}), max({two}), count(DISTINCT {one}) FROM f"),
            ] {
                let [ours, theirs] = both(&mut session, &sqlite, &sql);
                assert_eq!(ours, theirs, "{sql}");
            }
        }
    }
}

#[test]
fn a_loosely_typed_dump_is_told_the_way_and_loads() {
    let place = TestDirectory::new();
    let dump = "BEGIN TRANSACTION;\nCREATE TABLE t(a INTEGER, b DATE);\n\
                INSERT INTO t VALUES('n/a','soon');\nINSERT INTO t VALUES('7',X'00ff');\nCOMMIT;\n";
    let run = place.run(&["bank"], dump);
    assert_eq!(run.code, 1);
    assert!(run.err.contains("--flexible-types"), "{}", run.err);
    let run = place.run(&["--flexible-types", "bank"], dump);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    let all = "SELECT quote(a), quote(b) FROM t;";
    let rows = "'n/a'|'soon'\n7|x'00ff'\n";
    assert_eq!(place.run(&["bank"], all).out.to_lowercase(), rows);
    // Said in the script it is the same; a dump of ours and files bring it all back, types included.
    let script = format!("SET flexible_types = on;\n{dump}.dump\n");
    let again = place.run(&["other"], &script);
    assert_eq!(again.code, 0, "{}", again.err);
    assert!(again.out.contains("FLEXIBLE;"), "{}", again.out);
    assert_eq!(place.run(&["third"], &again.out).code, 0);
    assert_eq!(place.run(&["third"], all).out.to_lowercase(), rows);
    for file in ["t.csv", "t.tsv", "t.json"] {
        let script = format!(".export {file} t\nDELETE FROM t;\n.import {file} t\n{all}");
        assert_eq!(place.run(&["third"], &script).out.to_lowercase(), rows, "{file}");
    }
    // What was before a change of such a value is read as it was, also after a snapshot.
    let script = format!("UPDATE t SET a = 1.5;\nSNAPSHOT;\nAS OF EVENT -2 {all}");
    let run = place.run(&["bank"], &script);
    assert_eq!(run.code, 0, "{}", run.err);
}

/// Strict, a DATE times 2 is a type error; FLEXIBLE, it is a number as in SQLite.
#[test]
fn a_check_knows_whether_new_tables_are_flexible() {
    let place = TestDirectory::new();
    let script = "CREATE TABLE t(d DATE);\nSELECT d * 2 FROM t;\n";
    for (arguments, before, code) in [
        (&["--check"][..], "", 1),
        (&["--check", "--flexible-types"], "", 0),
        (&["--check"], "SET flexible_types = on;\n", 0),
        (&["--check", "--flexible-types"], "SET flexible_types = off;\n", 1),
        (
            &["--check", "--flexible-types"],
            "CREATE TABLE s(d DATE) STRICT; SELECT d * 2 FROM s;",
            1,
        ),
    ] {
        let checked = place.run(arguments, format!("{before}{script}"));
        assert_eq!(checked.code, code, "{arguments:?} {before} {}", checked.err);
        assert_eq!(code == 1, checked.err.contains("error[type]"), "{}", checked.err);
        // What the check says is what a run says.
        let run: Vec<&str> = arguments.iter().copied().filter(|a| *a != "--check").collect();
        assert_eq!(place.run(&run, format!("{before}{script}")).code, code, "{run:?} {before}");
    }
}

/// Values of every kind, read out of snapshots and row files, out of the log alone, and out of each
/// without the other.
#[test]
fn every_kind_of_value_comes_back_out_of_every_file() {
    let place = TestDirectory::new();
    let values = [
        "7",
        "-1.5",
        "1e300",
        "'text'",
        "''",
        "'7x'",
        "x'00ff'",
        "x''",
        "NULL",
        "'0.50'",
        "12345678901234567890",
        "9007199254740993",
    ];
    let columns =
        "a INTEGER, b REAL, c TEXT, d BLOB, e NUMERIC, f DECIMAL(9,2), g DATE, h BOOLEAN, i";
    let rows: Vec<String> =
        values.iter().map(|value| format!("({})", [*value; 9].join(", "))).collect();
    let script = format!(
        "CREATE TABLE t({columns}) FLEXIBLE;\nINSERT INTO t VALUES {};\nSNAPSHOT 'all';\n\
         UPDATE t SET i = a WHERE _row = 1;\n",
        rows.join(", ")
    );
    let run = place.run(&["bank"], script);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    let shown: Vec<String> =
        ('a'..='i').map(|column| format!("typeof({column}), quote({column})")).collect();
    let query =
        |point: &str| format!("SELECT {} FROM t {point} ORDER BY _row;\n", shown.join(", "));
    let query = format!("{}{}", query(""), query("AS OF SNAPSHOT 'all'"));
    let held = place.run(&["bank"], &query);
    assert_eq!((held.code, held.err.as_str()), (0, ""));
    assert_eq!(held.out.lines().count(), 2 * values.len(), "{}", held.out);
    let bank = place.path().join("bank");
    let files = |of_snapshots: bool| {
        let directory = if of_snapshots { bank.join("snapshots") } else { bank.clone() };
        let listed = std::fs::read_dir(directory)
            .expect("a directory")
            .map(|entry| entry.expect("a file").path());
        let ending = if of_snapshots { "json" } else { "db" };
        let wanted = listed.filter(|path| path.extension().is_some_and(|have| have == ending));
        wanted.collect::<Vec<_>>()
    };
    for of_snapshots in [false, true, false] {
        let gone = files(of_snapshots);
        assert!(!gone.is_empty());
        gone.iter().for_each(|path| std::fs::remove_file(path).expect("it is there"));
        let again = place.run(&["bank"], &query);
        assert_eq!((again.code, again.out), (0, held.out.clone()), "{}", again.err);
        // A write lets the files be made again.
        assert_eq!(
            place.run(&["bank"], "CREATE TABLE IF NOT EXISTS w(x); INSERT INTO w VALUES (1);").code,
            0
        );
    }
    assert_eq!(place.run(&["bank"], "VERIFY;").code, 0);
}
