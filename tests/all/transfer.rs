//! Tables from and to files: what comes in, what is refused, and that all of it comes back.

mod formats;

use super::random::Dice;
use super::shell::{Run, TestDirectory};
use std::fs;

/// Runs a script on the database `bank`.
fn bank(place: &TestDirectory, script: &str) -> Run {
    place.run(&["bank"], script)
}

/// What a script prints that goes well.
fn out(place: &TestDirectory, script: &str) -> String {
    let run = bank(place, script);
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{script}");
    run.out
}

fn write(place: &TestDirectory, name: &str, text: impl AsRef<[u8]>) {
    fs::write(place.path().join(name), text).expect("a file");
}

fn read(place: &TestDirectory, name: &str) -> String {
    fs::read_to_string(place.path().join(name)).expect("a file")
}

#[test]
fn a_table_is_made_with_the_types_that_fit() {
    let place = TestDirectory::new();
    let text = "\u{feff}id,zip,price,day,at,ok,note,\r\n\
                1,01234,2.50,2026-01-31,2026-01-31 12:00:00,true,\"a \"\"b\"\"\",\r\n\
                2,99999,3,,2026-02-01,FALSE,\"\",\r\n\
                \r\n\
                3,,1e2,2026-02-28,,,\"two\nlines\",x\r\n";
    write(&place, "goods.csv", text);
    let made = "CREATE TABLE goods (id INTEGER, zip TEXT, price REAL, day DATE, \
                at TIMESTAMP, ok BOOLEAN, note TEXT, column8 TEXT);\n";
    assert_eq!(out(&place, ".import goods.csv goods\n.schema goods"), made);
    let rows = "[{\"id\":1,\"zip\":\"01234\",\"price\":2.5,\"day\":\"2026-01-31\",\
                \"at\":\"2026-01-31 12:00:00\",\"ok\":true,\"note\":\"a \\\"b\\\"\",\"column8\":null},\n\
                {\"id\":2,\"zip\":\"99999\",\"price\":3.0,\"day\":null,\
                \"at\":\"2026-02-01 00:00:00\",\"ok\":false,\"note\":\"\",\"column8\":null},\n\
                {\"id\":3,\"zip\":null,\"price\":100.0,\"day\":\"2026-02-28\",\
                \"at\":null,\"ok\":null,\"note\":\"two\\nlines\",\"column8\":\"x\"}]\n";
    assert_eq!(out(&place, ".mode json\nSELECT * FROM goods;"), rows);
    assert_eq!(out(&place, "SELECT count(*) FROM _transactions;"), "1\n");
}

#[test]
fn what_is_there_takes_rows_by_name_or_in_order() {
    let place = TestDirectory::new();
    out(&place, "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT DEFAULT 'd', b DECIMAL(9,2));");
    write(&place, "named.csv", "B,id\n1.50,7\n,8\n");
    write(&place, "plain.tsv", "# twice\n# skipped\n9\tx\\ty\t2\n10\t\"\"\t\\N\n");
    write(&place, "more.jsonl", "{\"id\": 11, \"b\": 3}\n\n{\"A\": {\"k\": [1, 2]}, \"id\": 12}\n");
    let script = ".import named.csv t\n.import plain.tsv t --skip 2\n.import more.jsonl t\n\
                  .mode csv\nSELECT * FROM t;";
    let rows = "7,d,1.50\n8,d,\n9,x\ty,2.00\n10,\"\",\n11,d,3.00\n12,\"{\"\"k\"\":[1,2]}\",\n";
    let shown = out(&place, script);
    assert_eq!(shown.replace("{\"\"k\"\": [1, 2]}", "{\"\"k\"\":[1,2]}"), rows);
    let receipts = place.run(&["--receipts", "bank"], "DELETE FROM t;\n.import named.csv t");
    assert!(receipts.out.ends_with("INSERT t (2 rows)\n"), "{}", receipts.out);
}

#[test]
fn every_wrong_line_is_told_and_nothing_is_done() {
    let place = TestDirectory::new();
    out(
        &place,
        "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT NOT NULL);\nINSERT INTO t VALUES (1, 'x');",
    );
    let mut text = b"id,a\n2,y\n1,z\nx,y\n3\n4,\n2,y\n\"5\"6,a\n7,\xff\n".to_vec();
    (0..5).for_each(|_| text.extend_from_slice(b"8,a,b\n"));
    text.extend_from_slice(b"9,\"open\n10,b\n");
    write(&place, "bad.csv", text);
    let run = bank(&place, ".import bad.csv t");
    let told = "stdin:1:1: error[import]: 13 lines of bad.csv are wrong: nothing was imported\n";
    assert_eq!(run.code, 1);
    assert!(run.err.starts_with(told), "{}", run.err);
    for line in [
        "line 3: t.id 1 is there already: PRIMARY KEY; the row there: id 1, a 'x'",
        "line 4: t.id cannot hold it",
        "line 5: expected 2 fields, found 1",
        "line 6: t.a must not be NULL",
        "line 7: t.id 2 is there already: PRIMARY KEY",
        "line 8: text behind the closing quote of field 1",
        "line 9: invalid UTF-8 at byte ",
        "line 10: expected 2 fields, found 3",
        "line 12: expected 2 fields",
        "and 3 more",
    ] {
        assert!(run.err.contains(line), "{line}\n{}", run.err);
    }
    assert!(!run.err.contains("line 13"), "{}", run.err);
    assert_eq!(out(&place, "SELECT count(*) FROM t;"), "1\n");
    // In a transaction the statements before it stay, and a table that it made does not.
    write(&place, "new.csv", "a,b\n1,2\n3\n");
    let script = "BEGIN;\nINSERT INTO t VALUES (5, 'mine');\n.import new.csv fresh\n\
                  .tables\nSELECT count(*) FROM t;\nCOMMIT;";
    let run = place.run(&["--keep-going", "bank"], script);
    assert_eq!((run.code, run.out.as_str()), (1, "t\n2\n"));
    assert!(run.err.contains("1 line of new.csv is wrong"), "{}", run.err);
    assert_eq!(out(&place, "SELECT count(*) FROM t;"), "2\n");
}

#[test]
fn a_long_file_is_imported_whole_or_not_at_all() {
    let count: u64 = if std::env::var_os("ASOF_EXHAUSTIVE").is_some() { 1_000_000 } else { 20_000 };
    let place = TestDirectory::new();
    let good = |n: u64| format!("{n},name {n},{}.5\n", n % 100);
    let lines: Vec<String> = (1..=count).map(good).collect();
    let mut broken = lines.clone();
    let late = usize::try_from(count).expect("it fits") - 2;
    (broken[9], broken[late]) = ("10,short\n".into(), "10,twice,1\n".into());
    write(&place, "good.csv", format!("id,name,price\n{}", lines.concat()));
    write(&place, "broken.csv", format!("id,name,price\n{}1,first,1\n", broken.concat()));
    out(&place, "CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT, price REAL);");
    let run = bank(&place, ".import broken.csv t");
    assert_eq!(run.code, 1);
    let told = format!("line {}: t.id 1 is there already: PRIMARY KEY; the row there:", count + 2);
    for line in ["2 lines of broken.csv are wrong", "line 11: expected 3 fields, found 2", &told] {
        assert!(run.err.contains(line), "{line}\n{}", run.err);
    }
    let asked = "SELECT count(*), sum(id), sum(price) FROM t;\nSELECT count(*) FROM _transactions;";
    assert_eq!(out(&place, asked), "0||\n1\n");
    let all = count * (count + 1) / 2;
    let expected = format!("{count}|{all}|{}.0\n2\n", count * 50);
    assert_eq!(out(&place, &format!(".import good.csv t\n{asked}")), expected);
    assert_eq!(out(&place, asked), expected);
}

#[test]
fn json_keeps_its_digits_and_names_what_has_no_column() {
    let place = TestDirectory::new();
    let text = "[{\"n\": 9007199254740993, \"d\": 0.10000000000000000001, \"j\": {\"a\": [1.50]}},\n\
                 {\"n\": null, \"d\": 123456789012345678.5}]";
    write(&place, "big.json", text);
    let script = "CREATE TABLE t(n INTEGER, d DECIMAL(38,20), j JSON, k TEXT DEFAULT 'none');\n\
                  .import big.json t\n.mode list\nSELECT * FROM t;";
    let rows = "9007199254740993|0.10000000000000000001|{\"a\":[1.50]}|none\n\
                |123456789012345678.50000000000000000000||none\n";
    assert_eq!(out(&place, script), rows);
    write(&place, "bad.ndjson", "{\"n\": 1}\n{\"nn\": 1}\n{\"n\": 1, \"N\": 2}\n[1]\n{\"n\": }\n");
    let run = bank(&place, ".import bad.ndjson t");
    for line in [
        "line 2: t has no column \"nn\"",
        "line 3: \"N\" is given twice",
        "line 4: expected an object",
        "line 5: expected value",
    ] {
        assert!(run.err.contains(line), "{line}\n{}", run.err);
    }
    // An array may well be one line, longer than anything that is read at once.
    let objects: Vec<String> =
        (0..30_000).map(|n| format!("{{\"n\":{n},\"s\":\"é\\\"]\"}}")).collect();
    write(&place, "long.json", format!("[{}]", objects.join(",")));
    let script = ".import long.json long\nSELECT count(*), sum(n), max(s) FROM long;";
    assert_eq!(out(&place, script), "30000|449985000|é\"]\n");
}

#[test]
fn what_is_no_file_or_no_kind_is_refused_with_a_word() {
    let place = TestDirectory::new();
    out(&place, "CREATE TABLE t(a TEXT);");
    write(&place, "data.txt", "a\n");
    write(&place, "empty.csv", "");
    fs::create_dir(place.path().join("dir.csv")).expect("a directory");
    let cases = [
        (".import data.txt t", "does not say what the file is"),
        (".import --csv - t", "statements come from standard input"),
        (".import dir.csv t", "it is a directory"),
        (".import gone.csv t", "cannot read gone.csv"),
        (".import empty.csv u", "empty.csv has no columns to make u of"),
        (".import data.txt", "usage: .import"),
        (".import --what data.txt t", "there is no option --what here, but --csv"),
        (".import --skip x data.txt t", "--skip needs a number"),
        (".import --json --header data.txt t", "--header and --no-header are for CSV and TSV"),
        (".import --csv data.txt _events", "a table that every database has"),
        (".export data.txt t", "does not say what the file is"),
        (".export dir.csv t", "it is no regular file"),
        (".export new.csv nothing", "no table \"nothing\""),
        (".export new.csv DELETE FROM t", "is no query"),
        (".export none/new.csv t", "cannot write none/new.csv"),
        (".export new.csv SELECT x FROM t", "unknown-column"),
        (".dump nothing", "no table \"nothing\""),
    ];
    for (command, expected) in cases {
        let run = bank(&place, command);
        assert_eq!(run.code, 1, "{command}");
        assert!(run.err.contains(expected), "{command}\n{}", run.err);
        assert_eq!(run.out, "", "{command}");
    }
    assert!(!place.path().join("new.csv").exists());
    assert_eq!(out(&place, ".import --csv data.txt t\n.import empty.csv t\nSELECT * FROM t;"), "");
    // Nothing but the database and these files is there: no half of a file.
    let names = fs::read_dir(place.path()).expect("a directory");
    assert_eq!(names.count(), 4);
}

#[test]
fn a_header_with_a_slip_is_refused_until_it_is_said_what_it_is() {
    let place = TestDirectory::new();
    out(&place, "CREATE TABLE m(id ANY, name TEXT, email TEXT);");
    let rows = || {
        let rows = out(&place, "SELECT id, name, email FROM m;");
        out(&place, "DELETE FROM m;");
        rows
    };
    write(&place, "slip.csv", "id,name,emial\n1,Ada,a@x\n");
    write(&place, "long.csv", "\nid,x1,x2,,x4,x5\n");
    write(&place, "none.csv", "Ada,Bob,Cy\n");
    write(&place, "good.csv", "email,id,name\na@x,1,Ada\n");
    let cases = [
        (
            ".import slip.csv m",
            "line 1 of slip.csv names id and name, and emial, which is no column of m\n",
            "did you mean \"email\"? --no-header says that it is no header but a row",
        ),
        (
            ".import slip.csv m --header",
            "line 1 of slip.csv names id and name, and emial, which is no column of m\n",
            "did you mean \"email\"?",
        ),
        (
            ".import long.csv m --skip 1",
            "line 2 of long.csv names id, and x1, x2, an empty field and 2 more, \
             which are no columns of m\n",
            "--no-header says",
        ),
        (
            ".import none.csv m --header",
            "line 1 of none.csv names Ada, Bob and Cy, which are no columns of m\n",
            "m has id, name and email",
        ),
    ];
    for (command, message, way_out) in cases {
        let run = bank(&place, command);
        assert_eq!((run.code, run.out.as_str()), (1, ""), "{command}");
        assert!(run.err.contains(&format!("error[import]: {message}")), "{}", run.err);
        assert!(run.err.contains(way_out), "{}", run.err);
        assert_eq!(rows(), "", "{command}");
    }
    out(&place, ".import --no-header slip.csv m");
    assert_eq!(rows(), "id|name|emial\n1|Ada|a@x\n");
    for option in ["--header", ""] {
        out(&place, &format!(".import {option} good.csv m"));
        assert_eq!(rows(), "1|Ada|a@x\n");
    }
    out(&place, ".import --no-header good.csv m\n.import none.csv m");
    assert_eq!(rows(), "email|id|name\na@x|1|Ada\nAda|Bob|Cy\n");
}

#[test]
fn the_first_line_of_a_new_table_is_a_row_where_that_is_said() {
    let place = TestDirectory::new();
    write(&place, "plain.csv", "1,Ada,\n2,Bob,x\n");
    let made = "CREATE TABLE n (column1 INTEGER, column2 TEXT, column3 TEXT);\n1|Ada|\n2|Bob|x\n";
    let script = ".import plain.csv n --no-header\n.schema n\nSELECT * FROM n;";
    assert_eq!(out(&place, script), made);
    let script = ".import plain.csv h --header\n.schema h";
    let made = "CREATE TABLE h (\"1\" INTEGER, \"Ada\" TEXT, column3 TEXT);\n";
    assert_eq!(out(&place, script).replace("Ada TEXT", "\"Ada\" TEXT"), made);
}

#[test]
fn json_that_is_wrong_is_told_by_its_line() {
    let place = TestDirectory::new();
    let lone = "expected an array of objects, [{…}, …]; --ndjson reads an object on each line";
    let cases = [
        ("[", "line 1: the array is never closed"),
        ("[\n{\"a\":1}\n{}]", "line 3: expected , or ]"),
        ("[\n\n{\"a\":}]", "line 3: expected value at column 6 of it"),
        ("\n{\"a\":1}", &format!("line 2: {lone}")),
        ("hello", "line 1: expected an array of objects, [{…}, …]"),
        ("[1]", "line 1: expected an object: {\"column\": value}"),
    ];
    for (text, line) in cases {
        write(&place, "new.json", text);
        let run = bank(&place, ".import new.json new");
        assert_eq!((run.code, run.out.as_str()), (1, ""), "{text}");
        let told = "error[import]: 1 line of new.json is wrong: nothing was imported\n";
        assert!(run.err.contains(told) && run.err.contains(line), "{text}\n{}", run.err);
    }
    write(&place, "new.json", "[{}]");
    let run = bank(&place, ".import new.json new");
    assert!(run.err.contains("new.json has no columns to make new of"), "{}", run.err);
}

#[test]
fn what_comes_through_a_pipe_is_read_as_a_file_is() {
    let place = TestDirectory::new();
    let text = "id,name\n1,Ada\n2,\n";
    for (path, table) in [("-", "a"), ("/dev/stdin", "b"), ("-", "a")] {
        let import = format!(".import --csv {path} {table}");
        let run = place.run(&["bank", &import], text);
        assert_eq!((run.code, run.err.as_str()), (0, ""), "{import}");
    }
    let rows = "1|Ada\n2|\n";
    assert_eq!(out(&place, "SELECT * FROM a;"), format!("{rows}{rows}"));
    assert_eq!(out(&place, "SELECT * FROM b;"), rows);
    let run = place.run(&["bank", ".import --csv - a"], "id,name\n3\n");
    assert!(
        run.err.contains("1 line of standard input is wrong") && run.err.contains("line 2"),
        "{}",
        run.err
    );
}

#[test]
fn an_import_leaves_children_alone_where_foreign_keys_are_off() {
    let place = TestDirectory::new();
    std::fs::write(place.path().join("p.csv"), "1,new\n").expect("a file");
    let script = |switch: &str| {
        format!(
            "PRAGMA foreign_keys = {switch};
CREATE TABLE p (id INTEGER PRIMARY KEY ON CONFLICT REPLACE, a TEXT);
CREATE TABLE c (x INTEGER REFERENCES p(id) ON DELETE CASCADE);
INSERT INTO p VALUES (1, 'old');
INSERT INTO c VALUES (1);
.import p.csv p
SELECT a, (SELECT count(*) FROM c) FROM p;
"
        )
    };
    for (switch, children) in [("off", 1), ("on", 0)] {
        let shown = place.run(&[":memory:"], script(switch));
        assert_eq!(shown.out, format!("new|{children}\n"), "{switch}: {}", shown.err);
    }
}

#[test]
fn a_file_that_is_there_is_replaced_only_by_force() {
    let place = TestDirectory::new();
    out(&place, "CREATE TABLE t(a TEXT, b INTEGER);\nINSERT INTO t VALUES ('x, y', 1), (NULL, 2);");
    out(&place, ".export t.csv");
    assert_eq!(read(&place, "t.csv"), "a,b\n\"x, y\",1\n,2\n");
    let run = bank(&place, ".export t.csv SELECT 1");
    assert!(run.err.contains("cannot write t.csv: it exists"), "{}", run.err);
    assert!(run.err.contains(".export --force t.csv"), "{}", run.err);
    out(
        &place,
        ".export --force t.csv SELECT b AS \"n  n\", 'it''s' AS s FROM t WHERE a LIKE '%, y';",
    );
    assert_eq!(read(&place, "t.csv"), "n  n,s\n1,it's\n");
    out(&place, ".export --ndjson t.txt \"t\"");
    assert_eq!(read(&place, "t.txt"), "{\"a\":\"x, y\",\"b\":1}\n{\"a\":null,\"b\":2}\n");
    out(&place, ".export past.json SELECT * FROM t AS OF EVENT 2");
    assert_eq!(read(&place, "past.json"), "[{\"a\":\"x, y\",\"b\":1}]\n");
}

/// A column of each type, and literals of values that it holds.
const COLUMNS: &[(&str, &[&str])] = &[
    ("INTEGER", &["0", "-9223372036854775807 - 1", "9223372036854775807", "9007199254740993"]),
    ("REAL", &["0.1", "-0.0", "1e300", "5e-324", "0.30000000000000004", "3.0", "1e-5"]),
    ("DECIMAL(38,4)", &["'1234567890123456789012345678901234.5678'", "-0.5", "7"]),
    (
        "TEXT",
        &[
            "''",
            "'NULL'",
            "'\"\"'",
            "'\"'",
            "'a,b'",
            "'a\tb'",
            "'\\N'",
            "'\\'",
            "'x''0a'''",
            "'two\nlines'",
            "'cr\r\nlf'",
            "'  pad '",
            "'Zoë 🎈'",
            "'007'",
            "'{\"$date\":1}'",
            "char(0) || 'a'",
            "'true'",
            "'a'",
            "char(27) || '[31m'",
        ],
    ),
    ("BLOB", &["x''", "x'00ff0a22'", "x'7827303027'"]),
    ("BOOLEAN", &["TRUE", "FALSE"]),
    ("DATE", &["'2026-01-31'", "'0001-01-01'", "'9999-12-31'"]),
    ("TIMESTAMP", &["'2026-01-31 12:00:00.123456'", "'1969-12-31 23:59:59'"]),
    ("JSON", &["'null'", "'{\"$json\":1}'", "'\"\"'", "'[1, 2.50, {\"a\": null}]'", "'12'"]),
    ("NUMERIC", &["12", "1.5", "-7", "1e300"]),
    (
        "ANY",
        &[
            "1",
            "'1'",
            "1.5",
            "'1.5'",
            "TRUE",
            "'true'",
            "''",
            "'\"a\"'",
            "x'00'",
            "'text'",
            "CAST('2026-01-31' AS DATE)",
            "CAST('2026-01-31 00:00:00' AS TIMESTAMP)",
            "CAST('0.50' AS DECIMAL(9,2))",
            "CAST('null' AS JSON)",
            "CAST('{\"$json\":1}' AS JSON)",
            "CAST('\"a\"' AS JSON)",
            "CAST('[1]' AS JSON)",
            "1e-5",
            "'{\"$blob\":\"AA==\"}'",
        ],
    ),
];

/// The definition of a table with every type, and statements that fill it at random.
fn everything(seed: u64) -> (String, String) {
    let mut dice = Dice::of(seed);
    let columns: Vec<String> =
        COLUMNS.iter().enumerate().map(|(n, (data_type, _))| format!("c{n} {data_type}")).collect();
    let definition = format!("({})", columns.join(", "));
    let most = COLUMNS.iter().map(|(_, values)| values.len()).max().unwrap_or(0);
    let mut script = String::new();
    for row in 0..most + 20 {
        let value = |(_, values): &(&str, &[&'static str])| match values.get(row) {
            Some(value) => *value,
            None if dice.roll(4) == 0 => "NULL",
            None => values[dice.roll(values.len())],
        };
        let values: Vec<&str> = COLUMNS.iter().map(value).collect();
        script.push_str(&format!("INSERT INTO a VALUES ({});\n", values.join(", ")));
    }
    (definition, script)
}

#[test]
fn every_value_of_every_type_comes_back_from_every_kind_of_file() {
    for (seed, kind) in (1..).zip(["csv", "tsv", "json", "ndjson"]) {
        let place = TestDirectory::new();
        let (definition, fill) = everything(seed);
        out(&place, &format!("CREATE TABLE a{definition};\nCREATE TABLE b{definition};\n{fill}"));
        out(&place, &format!(".export a.{kind} a\n.import a.{kind} b"));
        let dumped = |table: &str| {
            let text = out(&place, &format!(".dump {table}"));
            let rows = text.lines().filter(|line| !line.contains("CREATE TABLE"));
            rows.map(|line| line.replace(&format!("INTO {table}"), "INTO")).collect::<Vec<_>>()
        };
        let (before, after) = (dumped("a"), dumped("b"));
        for (before, after) in before.iter().zip(&after) {
            assert_eq!(before, after, "{kind}");
        }
        assert_eq!(before.len(), after.len(), "{kind}");
        // What the dump does not show: the types of the values of ANY, and bits of reals.
        let types = |table: &str| {
            out(&place, &format!(".mode csv\nSELECT typeof(c10), c1, c3, c10 FROM {table};"))
        };
        assert_eq!(types("a"), types("b"), "{kind}");
        // Once more, and the file is the same to the byte.
        out(&place, &format!(".export b.{kind} b"));
        assert_eq!(read(&place, &format!("a.{kind}")), read(&place, &format!("b.{kind}")));
    }
}

#[test]
fn a_safe_shell_touches_no_file() {
    let place = TestDirectory::new();
    out(&place, "CREATE TABLE t(a TEXT);");
    write(&place, "t.csv", "x\n");
    for command in [".import t.csv t", ".export u.csv t", ".save copy", ".open other"] {
        let run = place.run(&["--safe", "bank", command], "");
        assert_eq!(run.code, 1, "{command}");
        assert!(run.err.contains("error[safe-mode]"), "{}", run.err);
    }
    assert_eq!(out(&place, "SELECT count(*) FROM t;"), "0\n");
    assert!(!place.path().join("u.csv").exists() && !place.path().join("copy").exists());
}

#[test]
fn a_dump_makes_the_same_tables_again() {
    let place = TestDirectory::new();
    let (definition, fill) = everything(9);
    out(&place, &format!("CREATE TABLE a{definition};\n{fill}\nCREATE INDEX by_c0 ON a (c0);"));
    out(
        &place,
        "CREATE TABLE \"odd \"\" name\"(id INTEGER PRIMARY KEY);\nINSERT INTO \"odd \"\" name\" VALUES (3);",
    );
    out(
        &place,
        "ALTER TABLE a RENAME COLUMN c0 TO first;\nALTER TABLE a DROP COLUMN c1;\n\
         ALTER TABLE a ADD COLUMN later TEXT DEFAULT 'x';\nALTER TABLE a RENAME TO \"all\";",
    );
    let script = out(&place, ".dump");
    let again = place.run(&["again"], &script);
    assert_eq!((again.code, again.err.as_str()), (0, ""));
    assert_eq!(place.run(&["again"], ".dump").out, script);
    assert_eq!(place.run(&["again"], "SELECT count(*) FROM _transactions;").out, "1\n");
}

#[test]
fn sqlite_runs_a_dump_of_common_types() {
    let place = TestDirectory::new();
    let script = "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT, r REAL, b BLOB, ok BOOLEAN, d DATE);\n\
                  CREATE INDEX by_a ON t (a);\n\
                  INSERT INTO t VALUES (1, 'it''s', 0.1, x'00ff', TRUE, '2026-01-31'), (2, NULL, NULL, NULL, NULL, NULL);";
    out(&place, script);
    let sqlite = rusqlite::Connection::open_in_memory().expect("a database");
    sqlite.execute_batch(&out(&place, ".dump")).expect("it runs there");
    let row = "SELECT id || a || r || hex(b) || ok || d FROM t WHERE id = 1";
    let row: String = sqlite.query_row(row, [], |row| row.get(0)).expect("a row");
    assert_eq!(row, "1it's0.100FF12026-01-31");
    let count = "SELECT count(*) FROM t WHERE a IS NULL";
    let count: i64 = sqlite.query_row(count, [], |row| row.get(0)).expect("a row");
    assert_eq!(count, 1);
}

#[test]
fn a_copy_has_all_the_past_and_opens() {
    let place = TestDirectory::new();
    out(
        &place,
        "CREATE TABLE t(a INTEGER);\nINSERT INTO t VALUES (1), (2);\nDELETE FROM t WHERE a = 1;\n.save copy",
    );
    let ask = "SELECT count(*) FROM t AS OF EVENT 3;\nSELECT count(*) FROM t;";
    let copy = place.run(&["copy"], ask);
    assert_eq!((copy.code, copy.out.as_str(), copy.err.as_str()), (0, "2\n1\n", ""));
    let log = |name: &str| read(&place, &format!("{name}/events.log"));
    assert_eq!(log("copy"), log("bank"));
    let run = bank(&place, ".save copy");
    assert!(run.err.contains("cannot write copy: it exists"), "{}", run.err);
    let memory = "CREATE TABLE m(a TEXT);\nINSERT INTO m VALUES ('kept');\n.save kept\n";
    let run = place.run(&[], memory);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    assert_eq!(place.run(&["kept", "SELECT a FROM m"], "").out, "kept\n");
    let run = place.run(&[], ".save nothing");
    assert!(run.err.contains("there is nothing to copy"), "{}", run.err);
    assert!(!place.path().join("nothing").exists());
}

#[test]
fn another_database_takes_the_place_of_this_one() {
    let place = TestDirectory::new();
    out(&place, "CREATE TABLE t(a TEXT);\nINSERT INTO t VALUES ('first');\n.save other");
    let script = ".open other\nINSERT INTO t VALUES ('second');\n.open bank\nSELECT a FROM t;\n\
                  .open bank\nSELECT count(*) FROM t;\n.open\n.tables\nCREATE TABLE m(a TEXT);\n\
                  .open new\nCREATE TABLE n(a TEXT);\n.open other\nSELECT count(*) FROM t;";
    assert_eq!(out(&place, script), "first\n1\n2\n");
    assert_eq!(place.run(&["new", ".tables"], "").out, "n\n");
    write(&place, "file", "text");
    let script = "BEGIN;\n.open other\nROLLBACK;\nSELECT a FROM t;\n.open file\nDELETE FROM t;\n";
    let run = place.run(&["--keep-going", "bank"], script);
    // What comes behind it was meant for another database.
    assert_eq!((run.code, run.out.as_str()), (3, "first\n"));
    assert_eq!(place.run(&["bank", "SELECT a FROM t"], "").out, "first\n");
    assert!(run.err.contains("a transaction is open"), "{}", run.err);
    assert!(run.err.contains("file is a file"), "{}", run.err);
}
