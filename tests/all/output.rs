//! What the shell shows, and who reads it back.

use crate::shell::TestDirectory;
#[cfg(unix)]
use crate::terminal::screen::Screen;
use asof::language::Keyword;
use asof::language::ast::Identifier;
use rusqlite::Connection;

/// A table with a column of every type, and rows that are hard to write down.
const HARD: &str = "CREATE TABLE t(i INTEGER, r REAL, s TEXT, d DECIMAL(38,2), b BOOLEAN, day DATE, \
     at TIMESTAMP, x BLOB, j JSON, v ANY);
INSERT INTO t VALUES
 (9223372036854775807, 0.1, 'it''s \"q\", | <b> \\ née 漢', 1.50, TRUE, '2026-01-31',
  '2026-01-31 12:00:00.5', x'00ff', '{\"a\": [1, \"|\"]}', 'v'),
 (-9223372036854775808, 1e300, 'line
break	tab', -0.05, FALSE, '0001-01-01', '9999-12-31 23:59:59', x'', '[]', 1),
 (0, -1e-300, '', 0, NULL, NULL, NULL, NULL, NULL, 2.5),
 (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
 (1, 2.0, 'nul' || char(0) || 'nul', 99999999999999999999.99, TRUE, NULL, NULL, x'27', '\"x\"', x'61');
";

#[test]
fn what_needs_no_quotes_needs_none_in_sqlite_either() {
    let sqlite = Connection::open_in_memory().expect("memory");
    let words = Keyword::all().map(|word| word.text().to_lowercase());
    for word in words.chain(["a$1".into(), "née".into(), "two words".into()]) {
        let name = Identifier::of(word);
        let script = format!(
            "CREATE TABLE {name}({name} INTEGER); CREATE INDEX i ON {name}({name});
             INSERT INTO {name}({name}) VALUES(1); SELECT {name} FROM {name}; DROP TABLE {name};"
        );
        sqlite.execute_batch(&script).unwrap_or_else(|error| panic!("{script}\n{error}"));
    }
}

#[cfg(unix)]
#[test]
fn names_of_inserts_are_shown_as_they_are_and_escaped_for_a_terminal() {
    let script = ".mode insert\n.headers on\nSELECT 1 AS \"a\tb\";";
    let run = TestDirectory::new().run(&[], script);
    assert_eq!(run.out, "INSERT INTO t(\"a\tb\") VALUES(1);\n");
    let mut screen = Screen::start(&TestDirectory::new(), &["-c", script], 80, 24);
    screen.wait_for("INSERT INTO t(\"a\\tb\") VALUES(1);");
    assert_eq!(screen.end(), 0);
}

#[test]
fn inserts_are_read_back_by_asof() {
    let place = TestDirectory::new();
    assert_eq!(place.run(&["one"], HARD).err, "");
    for headers in ["off", "on"] {
        let script = format!(".mode insert t\n.headers {headers}\nSELECT * FROM t;");
        let dumped = place.run(&["one"], &script);
        assert_eq!((dumped.code, dumped.err.as_str()), (0, ""));
        let (create, _) = HARD.split_once(";\n").expect("two statements");
        let copy = format!("copy_{headers}");
        let loaded = place.run(&[&copy], format!("{create};\n{}", dumped.out));
        assert_eq!((loaded.code, loaded.err.as_str()), (0, ""));
        let all = |name: &str| {
            place.run(&["--json", name, "SELECT *, typeof(v), length(s) FROM t"], "").out
        };
        assert_eq!(all(&copy), all("one"));
    }
}

#[test]
fn inserts_are_read_by_sqlite() -> rusqlite::Result<()> {
    let place = TestDirectory::new();
    place.run(&["one"], HARD);
    let dumped = place.run(&["one", "--insert", "SELECT i, r, s, b, day, x FROM t"], "").out;
    let sqlite = Connection::open_in_memory()?;
    sqlite.execute_batch("CREATE TABLE t(i INTEGER, r REAL, s TEXT, b BOOLEAN, day, x BLOB)")?;
    sqlite.execute_batch(&dumped)?;
    // What both print as literals is what both have.
    let quoted = "SELECT quote(i), quote(r), 'x' || hex(s), quote(b), quote(day), quote(x) FROM t";
    let mut statement = sqlite.prepare(quoted)?;
    let rows = statement.query_map([], |row| {
        (0..6).map(|at| row.get::<_, String>(at)).collect::<Result<Vec<_>, _>>()
    })?;
    let theirs: Vec<String> =
        rows.map(|row| row.map(|row| row.join(";"))).collect::<Result<_, _>>()?;
    let ours = place.run(&["one", ".mode list\n.separator ';'", quoted], "").out;
    assert_eq!(ours.lines().count(), 5);
    // They write the same number otherwise.
    let ours = ours.replace("1e300", "1.0e+300").replace("1e-300", "1.0e-300");
    assert_eq!(ours.trim_end(), theirs.join("\n"));
    Ok(())
}

/// Where new tables are FLEXIBLE list prints what sqlite3 does: reals with 15 digits, blobs and texts as
/// their bytes up to a NUL, an empty text as nothing. Without it nothing is lost.
#[test]
fn list_of_a_flexible_session_prints_as_sqlite_does() {
    let script = "SELECT 0.1 + 0.2, 1e22, 1e15, 1e14, 1e-5, 0.0001, 123456789012345678.0, -2.0;
        SELECT sin(1), 100.0 / 3, 1e308 * 10, -1e308 * 10, 5e-324, 1025.1655084065987;
        SELECT x'4142', '', NULL, x'', 'a' || char(0) || 'b', x'610062', 1 = 1, 9007199254740993;";
    let place = TestDirectory::new();
    let run = place.run(&["--flexible-types"], script);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    insta::assert_snapshot!(run.out, @r"
    0.3|1.0e+22|1.0e+15|100000000000000.0|1.0e-05|0.0001|1.23456789012346e+17|-2.0
    0.841470984807897|33.3333333333333|Inf|-Inf|4.94065645841247e-324|1025.1655084066
    AB||||a|a|1|9007199254740993
    ");
    let other = place.run(
        &[],
        "SELECT 0.1 + 0.2, x'4142', '', NULL;\nSET flexible_types = on;\nSELECT 0.1 + 0.2;",
    );
    assert_eq!(other.out, "0.30000000000000004|x'4142'|\"\"|\n0.3\n");
    let csv = place.run(&["--flexible-types", "--csv"], "SELECT 0.1 + 0.2, x'4142', '';");
    assert_eq!(csv.out, "0.30000000000000004,x'4142',\"\"\n");
}

#[test]
fn csv_and_json_are_read_back_by_others() {
    let place = TestDirectory::new();
    place.run(&["one"], HARD);
    let select = "SELECT i, s, d, x FROM t";
    let csv = place.run(&["--csv", "--headers", "on", "one", select], "").out;
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let texts: Vec<String> =
        reader.records().map(|record| record.expect("CSV")[1].to_string()).collect();
    let json = place.run(&["--json", "one", select], "").out;
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let rows = json.as_array().expect("an array");
    assert_eq!((texts.len(), rows.len()), (5, 5));
    for (text, row) in texts.iter().zip(rows) {
        assert_eq!(text, row["s"].as_str().unwrap_or(""));
    }
    assert_eq!(rows[0]["i"], i64::MAX);
}

#[test]
fn commands_change_how_rows_are_shown() {
    let place = TestDirectory::new();
    let script = ".nullvalue -\nSELECT NULL, 1;\n.separator \"\\t\"\nSELECT NULL, 1;\n\
                  .mode column\n.width 4 -6\nSELECT 1 AS a, 'x' AS b;\n.x on\nSELECT 1 AS a;\n.x\n\
                  .mode csv\nSELECT 'a,b', 2;\n.mode insert 'an order'\nSELECT 1;\n.mode quote\n\
                  SELECT 'it''s', NULL;\n";
    let run = place.run(&["-q"], script);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    insta::assert_snapshot!(run.out, @r#"
    -|1
    -	1
    ┌──────┬────────┐
    │ a    │      b │
    ├──────┼────────┤
    │ 1    │      x │
    └──────┴────────┘
    ──┬────────────────────────────────────────
    a │ 1
    "a,b",2
    INSERT INTO "an order" VALUES(1);
    'it''s',NULL
    "#);
    for (line, said) in [
        (".rows 1", "1 is no number of rows"),
        (".width wide", "wide is no number of columns"),
        (".x sideways", "sideways is neither on nor off"),
        (".mode csv t", "mode csv names no table, insert does"),
        (".mode ascii", "there is no mode ascii"),
    ] {
        let run = place.run(&[], line);
        assert!(run.code == 1 && run.err.contains(said), "{line}: {}", run.err);
    }
}

#[test]
fn results_go_where_they_are_sent() {
    let place = TestDirectory::new();
    let script = "SELECT 1;\n.output 'a file'\nSELECT 2;\n.print two\n.output\nSELECT 3;\n\
                  .once once.csv\nSELECT 4;\nSELECT 5;\n.output |sort -r\nSELECT 6; SELECT 7;\n\
                  .once '|head -1'\nWITH_NOTHING;\nSELECT 8;\n";
    let run = place.run(&["--keep-going"], script);
    assert_eq!(run.code, 1);
    assert!(run.err.contains("error["), "{}", run.err);
    assert_eq!(run.out, "1\n3\n5\n7\n6\n8\n");
    let read = |name: &str| std::fs::read_to_string(place.path().join(name)).expect("a file");
    assert_eq!((read("a file").as_str(), read("once.csv").as_str()), ("2\ntwo\n", "4\n"));
    let nowhere = place.run(&["--keep-going"], ".output no/where\nSELECT 1;\n");
    assert_eq!((nowhere.code, nowhere.out.as_str()), (1, "1\n"));
    assert!(nowhere.err.contains("cannot write to no/where: "), "{}", nowhere.err);
    let twice = place.run(&[], ".output two words\n");
    assert!(twice.err.contains("needs quotes"), "{}", twice.err);
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_told_and_a_reader_that_left_is_not() {
    let place = TestDirectory::new();
    let script = ".output /dev/full\nSELECT 1;\nSELECT 2;\n.output |true\n\
                  SELECT 'much more than a pipe holds';\n.output\nSELECT 3;\n";
    let run = place.run(&["--keep-going"], script);
    assert_eq!((run.code, run.out.as_str()), (1, "2\n3\n"));
    assert!(run.err.contains("cannot write to /dev/full: No space left"), "{}", run.err);
    assert_eq!(run.err.matches("error[").count(), 1, "{}", run.err);
}

#[test]
fn the_last_result_is_a_table() {
    let place = TestDirectory::new();
    let script = "CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT);\nINSERT INTO t VALUES (1, 'x'), (2, 'y');\n\
         .last on\nSELECT a, b, a AS a FROM t ORDER BY a DESC;\nUPDATE t SET b = 'z';\n.last\n\
         SELECT b, \"a:1\" FROM _;\nSELECT count(*) FROM _;\n\
         SELECT * FROM _;\nSELECT t.b, x.* FROM t JOIN _ AS x ON t.a > x.\"count(*)\" - 1;\n\
         SELECT a FROM t WHERE a > 9;\nSELECT count(*) FROM _;\n.last off\n.last\n";
    let run = place.run(&["bank"], script);
    assert_eq!(run.out, "2|y|2\n1|x|1\n2|y|2\n1|x|1\ny|2\nx|1\n2\n2\nz|2\n0\n");
    assert!(run.err.contains("error[no-result]: no result was kept"), "{}", run.err);
    for (statement, said) in [
        ("SELECT * FROM _", "error[no-result]: there is no last result yet"),
        ("SELECT 1; SELECT * FROM _ AS OF EVENT 1", "error[no-past]: _ is the last result"),
        ("SELECT 1; AS OF EVENT 1 SELECT * FROM t, _", "error[no-past]"),
        ("INSERT INTO _ VALUES (1)", "error[read-only-table]: _ is the last result"),
        ("CREATE TABLE _(a)", "error[reserved-name]"),
        ("SELECT 1 AS x; SELECT y FROM _", "error[unknown-column]"),
    ] {
        let run = place.run(&["bank"], format!(".last on\n{statement};\n"));
        assert!(run.code == 1 && run.err.contains(said), "{statement}: {}", run.err);
    }
    let off = place.run(&["bank"], "SELECT 1; SELECT * FROM _;");
    assert!(off.err.contains(".last on keeps each"), "{}", off.err);
    let boxed = place.run(
        &["--box", "bank"],
        ".last on\nAS OF EVENT 2 SELECT a FROM t;\nSELECT * FROM _;\nEXPLAIN SELECT * FROM _;\n",
    );
    assert_eq!(boxed.out.matches("1 row · as of event 2 ").count(), 2, "{}", boxed.out);
    assert!(boxed.out.contains("_: the last result, 1 row"), "{}", boxed.out);
}

#[test]
fn a_result_too_large_to_keep_says_so() {
    let long = "x".repeat(1 << 20);
    let script = format!(
        "CREATE TABLE t(a TEXT);\nINSERT INTO t VALUES ('{long}'), ('2'), ('3'), ('4'), ('5');\n\
         .last on\n.output /dev/null\nSELECT t.a, x.a, y.a FROM t, t AS x, t AS y;\n\
         .output\nSELECT count(*) FROM _;\n"
    );
    let run = TestDirectory::new().run(&[], script);
    assert!(run.err.contains("more than 64 MB and was not kept"), "{}", run.err);
}

#[test]
fn events_are_shown_for_teaching() {
    let script = "CREATE TABLE accounts(id INTEGER PRIMARY KEY, owner TEXT);\n\
         INSERT INTO accounts VALUES (1, 'Ada'), (2, NULL);\nBEGIN;\n\
         UPDATE accounts SET owner = 'B' || char(27) || '[2J' WHERE id = 2;\n\
         DELETE FROM accounts WHERE id = 1;\nCOMMIT;\nTAG done;\n\
         INSERT INTO accounts(owner) SELECT 'x' FROM _events, _events AS e;\n";
    let arguments = ["--clock", "2026-03-01T09:00:00Z+60", "--receipts", "bank"];
    let run = TestDirectory::new().run(&arguments, format!(".events on\n{script}"));
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    insta::assert_snapshot!(run.out, @r"
    +1 event · #1 CREATE TABLE accounts
      #1 f8ce55d7 CREATE TABLE accounts
    +2 events · #2–3 INSERT accounts (2 rows)
      #2 7cde1fe4 accounts + 1, Ada
      #3 7cde1fe4 accounts + 2, NULL
    began a transaction
    +1 event · UPDATE accounts (1 row)
    +1 event · DELETE accounts (1 row)
    +2 events · #4–5 COMMIT
      #4 6aabc8c5 accounts 2: owner NULL → 'B\e[2J'
      #5 6aabc8c5 accounts − 1, Ada
    +1 event · #6 TAG done
      #6 3d8ff429 TAG 'done'
    +36 events · #7–42 INSERT accounts (36 rows)
      #7 68973647 accounts + 3, x
      #8 68973647 accounts + 4, x
      #9 68973647 accounts + 5, x
      #10 68973647 accounts + 6, x
      #11 68973647 accounts + 7, x
      #12 68973647 accounts + 8, x
      #13 68973647 accounts + 9, x
      #14 68973647 accounts + 10, x
      #15 68973647 accounts + 11, x
      #16 68973647 accounts + 12, x
      #17 68973647 accounts + 13, x
      #18 68973647 accounts + 14, x
      #19 68973647 accounts + 15, x
      #20 68973647 accounts + 16, x
      #21 68973647 accounts + 17, x
      #22 68973647 accounts + 18, x
      #23 68973647 accounts + 19, x
      #24 68973647 accounts + 20, x
      #25 68973647 accounts + 21, x
      #26 68973647 accounts + 22, x
      … 16 more: EVENTS SINCE EVENT 27
    ");
}

#[test]
fn times_are_told_where_somebody_asks() {
    let run = TestDirectory::new().run(&["--timer", "--box"], "SELECT 1;\n.timer off\nSELECT 2;\n");
    let told: Vec<&str> = run.out.lines().filter(|line| line.contains("row")).collect();
    assert!(told[0].starts_with("1 row · ") && told[0] != "1 row", "{told:?}");
    assert_eq!(told[1], "1 row");
    let list = TestDirectory::new().run(&["--timer", "--list"], "SELECT 1;\n");
    assert!(list.out == "1\n" && list.err.starts_with("time: "), "{} {}", list.out, list.err);
}

/// A shell at a terminal with nine numbers to look at.
#[cfg(unix)]
fn nine(place: &TestDirectory) -> Screen {
    let numbers: Vec<String> = (1..=9).map(|n| format!("({n}, 'row {n}')")).collect();
    let script = format!(
        "CREATE TABLE t(n INTEGER PRIMARY KEY, a_long_name TEXT);\nINSERT INTO t VALUES {};",
        numbers.join(", ")
    );
    assert_eq!(place.run(&["bank"], script).code, 0);
    let mut screen = Screen::start(place, &["bank"], 60, 40);
    screen.wait_line("bank@10> ");
    screen
}

#[test]
#[cfg(unix)]
fn a_terminal_shows_the_first_and_last_rows_and_last_shows_all() {
    let place = TestDirectory::new();
    let mut screen = nine(&place);
    screen.keys(".rows 4\r").wait_line("bank@10> ");
    screen.keys("SELECT * FROM t;\r").wait_for("9 rows (4 shown, .last for all) · ");
    screen.wait_line("bank@10> ");
    let shown = screen.contents();
    assert!(shown.contains("│       n │ a_long_name │\n│ integer │ text        │\n"), "{shown}");
    assert!(shown.contains("│       2 │ row 2       │\n│       ⋮ │ ⋮           │\n"), "{shown}");
    assert!(shown.contains(" · as of event 10") && !shown.contains("row 5"), "{shown}");
    screen.keys(".last\r").wait_for("row 5").wait_line("bank@10> ");
    screen.keys("SELECT sum(n) AS total FROM _;\r").wait_for("45").wait_line("bank@10> ");
    screen.keys("\x04");
    assert_eq!(screen.end(), 0);
}

#[test]
#[cfg(unix)]
fn a_pager_may_be_left_early() {
    let place = TestDirectory::new();
    let mut screen = nine(&place);
    screen.keys(".pager 'head -n 1'\r").wait_line("bank@10> ");
    screen
        .keys("SELECT t.* FROM t, t AS u, t AS v, t AS w;\r")
        .wait_for("┌─")
        .wait_line("bank@10> ");
    // Who leaves it has all of the result nevertheless, and nothing is computed before it is wanted.
    screen.keys(".pager off\r").wait_line("bank@10> ");
    screen.keys("SELECT count(*) AS c FROM _;\r").wait_for(" 6561 │").wait_line("bank@10> ");
    screen.keys(".pager false\r").wait_line("bank@10> ");
    screen.keys("SELECT 'unseen' AS x;\r").wait_line("bank@10> ");
    screen.keys(".pager off\r").wait_line("bank@10> ");
    screen.keys("SELECT 'seen' AS x;\r").wait_for("│ seen │").wait_line("bank@10> ");
    assert!(!screen.contents().contains("error"), "{}", screen.contents());
    screen.keys("\x04");
    assert_eq!(screen.end(), 0);
}

#[test]
#[cfg(unix)]
fn ctrl_c_stops_the_last_result_and_what_feeds_a_pager() {
    let place = TestDirectory::new();
    let mut screen = nine(&place);
    let many = "SELECT t.n FROM t, t AS u, t AS v, t AS w, t AS x, t AS y;\r";
    screen.keys(many).wait_for("531441 rows (").wait_line("bank@10> ");
    screen.keys(".clear\r").wait_gone("531441 rows (").wait_line("bank@10> ");
    // Two rows, whichever: what a busy machine shows first may be any of them.
    screen.keys(".last\r").wait_for(" │\n│ ").keys("\x03").wait_for("interrupted after ");
    screen.wait_line("bank@10> ");
    // A pager that heeds no Ctrl-C, and reads to the end of what it is fed when it is told to: until then what
    // feeds it waits, so that it is not at the end before Ctrl-C is there.
    let pager = "trap '' INT; head -n 9; until [ -e go ]; do sleep 0.1; done; cat > rest";
    screen.keys(&format!(".pager \"{pager}\"\r")).wait_line("bank@10> ");
    screen.keys(".clear\r").wait_gone("interrupted").wait_line("bank@10> ");
    screen.keys(".last\r").wait_for("┌─").keys("\x03").wait_for("^C");
    std::fs::write(place.path().join("go"), "").expect("a file");
    screen.wait_for("interrupted after ").wait_line("bank@10> ").keys("\x04");
    assert_eq!(screen.end(), 0);
    let fed = std::fs::read_to_string(place.path().join("rest")).expect("what the pager read");
    assert!(fed.lines().count() < 531_441 && fed.contains('┘'), "{}", fed.lines().count());
}

#[test]
#[cfg(unix)]
fn a_terminal_is_shown_events_when_it_wants_to() {
    let place = TestDirectory::new();
    let mut screen = nine(&place);
    screen.keys(".events on\r").wait_line("bank@10> ");
    screen.keys("UPDATE t SET a_long_name = 'x' WHERE n = 2;\r").wait_line("bank@11> ");
    screen.wait_for(" t 2: a_long_name row 2 → x");
    assert!(screen.sent().contains("\x1b[1m#11"), "{}", screen.sent());
    screen.keys("\x04");
    assert_eq!(screen.end(), 0);
}

#[test]
fn a_footer_says_at_which_moments_a_query_read() {
    let script =
        "CREATE TABLE t(a INTEGER);\nINSERT INTO t VALUES (1), (2);\nDELETE FROM t WHERE a = 1;\n";
    for (query, footer) in [
        ("SELECT 1", "1 row\n"),
        ("SELECT * FROM t", "1 row · as of event 4\n"),
        ("SELECT x.a FROM t AS x JOIN t AS y ON TRUE", "1 row · as of event 4\n"),
        ("SELECT x.a FROM t AS OF 3 AS x JOIN t AS y USING (a)", "1 row · as of events 3 and 4\n"),
        (
            "SELECT x.a FROM t AS OF 3 AS x JOIN t AS OF 2 AS y USING (a) JOIN t AS z ON TRUE",
            "1 row · as of events 2, 3 and 4\n",
        ),
        ("SELECT a FROM t FOR SYSTEM_TIME FROM 1 TO 3", "1 row · events 1–2\n"),
        ("SELECT a FROM t FOR SYSTEM_TIME ALL", "2 rows · events 0–4\n"),
    ] {
        let run = TestDirectory::new().run(&["--box"], format!("{script}{query};\n"));
        assert!(run.out.ends_with(footer), "{query}\n{}{}", run.out, run.err);
    }
}
