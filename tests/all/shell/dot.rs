//! Dot-commands: those of the session, of the schema and of time.

use super::{TABLE, TestDirectory, run};

/// A database with a history: events 1 to 6.
fn bank() -> TestDirectory {
    let place = TestDirectory::new();
    let script = "CREATE TABLE accounts(id INTEGER PRIMARY KEY, owner TEXT, balance INTEGER);\n\
                  INSERT INTO accounts VALUES (1, 'Ada', 100), (2, 'Bob', 20);\n\
                  UPDATE accounts SET balance = 70 WHERE id = 1 WITH (intent = 'Paid', actor = 'amy');\n\
                  DELETE FROM accounts WHERE id = 2;\n\
                  INSERT INTO accounts VALUES (3, 'Cy', 0);\n";
    let arguments = ["--clock", "2026-03-01T09:00:00Z+60", "bank"];
    assert_eq!(place.run(&arguments, script).code, 0);
    place
}

/// What a script of dot-commands prints on that database.
fn said(script: &str) -> String {
    let run = bank().run(&["--clock", "2026-03-02T09:00:00Z+60", "bank"], script);
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{script}");
    run.out
}

#[test]
fn commands_of_time_move_the_session() {
    const COUNT: &str = "SELECT count(*), max(balance) FROM accounts;\n";
    assert_eq!(said(&format!(".goto EVENT 3\n{COUNT}.now\n{COUNT}")), "2|100\n2|70\n");
    assert_eq!(said(&format!(".goto 3\n.back\n{COUNT}.next 2\n{COUNT}")), "1|100\n2|70\n");
    assert_eq!(said(&format!(".back 2\n{COUNT}.next 99\n{COUNT}")), "2|70\n2|70\n");
    assert_eq!(
        said(
            ".mark 'the end'\nDELETE FROM accounts;\n.goto TAG 'the end'\nSELECT max(id) FROM accounts;\n"
        ),
        "3\n"
    );
    assert_eq!(said(".goto 2026-03-01 08:00\nSHOW TABLES;\n.goto '2026-03-01 08:30'\n.now\n"), "");
    let receipts = bank().run(&["--receipts", "bank"], ".goto 3;\n.now\n");
    assert_eq!(receipts.out, "reads the past, as of event 3\nreads the present\n");
}

#[test]
fn commands_of_time_say_why_they_do_not_go() {
    let cases = [
        (".goto EVENT 99", "error[beyond-head]"),
        (".goto EVNT 3", "error[syntax]"),
        (".goto", "usage: .goto POINT"),
        (".next", "error[beyond-head]: this is the present"),
        (".back 7", "there are only 6 events to go back"),
        (".back -1", "-1 is no number of events"),
        (".show 99", "error[beyond-head]"),
        (".show 0", "the first event is 1"),
        (".log nothing", "error[unknown-table]"),
        (".log 1 2", ".log takes one number and one table"),
        (".diff 1 soon", "error[timestamp]"),
        (".diff 1 2 nothing", "error[unknown-table]"),
        (".blame accounts", "usage: .blame TABLE KEY..."),
        (".blame accounts 9", "error[no-such-row]"),
        (".blame accounts 1 2", "the key of accounts is id"),
        (".blame nothing 1", "error[unknown-table]"),
    ];
    let place = bank();
    for (command, message) in cases {
        let run = place.run(&["bank"], format!("{command}\n"));
        assert_eq!((run.code, run.out.as_str()), (1, ""), "{command}");
        assert!(run.err.starts_with("stdin:1:1: ") && run.err.contains(message), "{}", run.err);
    }
    let run = place.run(&["bank"], "BEGIN;\n.goto 3\n");
    assert!(run.err.contains("error[transaction]"), "{}", run.err);
    assert_eq!(place.run(&["none"], ".back\n").code, 1);
}

#[test]
fn an_event_is_shown_whole() {
    insta::assert_snapshot!(said(".show 4\n.show #6\n"), @r#"
    #4 UPDATE accounts · tx 3 · 2026-03-01 09:05:00 · Paid by amy
    before|1|Ada|100
    after|1|Ada|70
    #6 INSERT accounts · tx 5 · 2026-03-01 09:09:00
    after|3|Cy|0
    "#);
    let log = said(".log accounts\n");
    assert_eq!(log.lines().count(), 6);
    let update =
        "\n4|2026-03-01 09:05:00|update|accounts|1|amy|Paid|accounts 1: balance 100 → 70|2|3|";
    assert!(log.contains(update), "{log}");
    assert_eq!(said(".log 2\n"), said(".log 2 accounts\n"));
    let newest: Vec<String> = log.lines().skip(4).map(String::from).collect();
    assert_eq!(said(".log accounts 2\n").lines().collect::<Vec<_>>(), newest);
    assert_eq!(said(".log 0\n"), "");
}

#[test]
fn a_difference_is_what_is_left_of_all_changes() {
    insta::assert_snapshot!(said(".headers on\n.diff 3 6\n.print\n.diff 6 3 accounts\n"), @r#"
    table_name|op|row|change|old|new
    accounts|update|1|accounts 1: balance 100 → 70|{"balance":100}|{"balance":70}
    accounts|delete|2|accounts − 2, Bob, 20|{"id":2,"owner":"Bob","balance":20}|
    accounts|insert|3|accounts + 3, Cy, 0||{"id":3,"owner":"Cy","balance":0}

    table_name|op|row|change|old|new
    accounts|update|1|accounts 1: balance 70 → 100|{"balance":70}|{"balance":100}
    accounts|insert|2|accounts + 2, Bob, 20||{"id":2,"owner":"Bob","balance":20}
    accounts|delete|3|accounts − 3, Cy, 0|{"id":3,"owner":"Cy","balance":0}|
    "#);
    assert_eq!(said(".diff 3 3\n"), "");
    insta::assert_snapshot!(said(".diff START 1\n"), @r#"accounts|create_table||CREATE TABLE accounts||"CREATE TABLE accounts(id INTEGER PRIMARY KEY, owner TEXT, balance INTEGER)""#);
    let altered = "ALTER TABLE accounts ADD COLUMN note TEXT;\nCREATE INDEX by_note ON accounts (note);\n\
                   ALTER TABLE accounts RENAME TO people;\n.diff 6 LATEST accounts\n.print\n.diff 9 7\n";
    insta::assert_snapshot!(said(altered), @r#"
    people|alter_table||ALTER TABLE accounts RENAME TO people, ADD COLUMN note|"CREATE TABLE accounts(id INTEGER PRIMARY KEY, owner TEXT, balance INTEGER)"|"CREATE TABLE people(id INTEGER PRIMARY KEY, owner TEXT, balance INTEGER, note TEXT)"
    people|create_index||CREATE INDEX by_note ON people||"CREATE INDEX by_note ON people (note)"

    accounts|alter_table||ALTER TABLE people RENAME TO accounts|"CREATE TABLE people(id INTEGER PRIMARY KEY, owner TEXT, balance INTEGER, note TEXT)"|"CREATE TABLE accounts(id INTEGER PRIMARY KEY, owner TEXT, balance INTEGER, note TEXT)"
    accounts|drop_index||DROP INDEX by_note|"CREATE INDEX by_note ON people (note)"|
    "#);
    let there_and_back = "UPDATE accounts SET balance = 1;\nUPDATE accounts SET balance = 70 \
                          WHERE id = 1;\n.diff 6 LATEST\n";
    assert_eq!(
        said(there_and_back),
        "accounts|update|3|accounts 3: balance 0 → 1|{\"balance\":0}|{\"balance\":1}\n"
    );
}

#[test]
fn blame_names_the_event_that_set_each_column() {
    insta::assert_snapshot!(said(".headers on\n.blame accounts 1\n"), @r#"
    column|value|event|at|tx|intent|actor
    id|1|2|2026-03-01 09:03:00|2||
    owner|Ada|2|2026-03-01 09:03:00|2||
    balance|70|4|2026-03-01 09:05:00|3|Paid|amy
    "#);
    let script = "ALTER TABLE accounts ADD COLUMN note TEXT DEFAULT 'none';\n.mode csv\n\
                  .blame accounts 3\n.goto 3\n.blame accounts 2\n";
    insta::assert_snapshot!(said(script), @r#"
    id,3,6,2026-03-01 09:09:00,5,,
    owner,Cy,6,2026-03-01 09:09:00,5,,
    balance,0,6,2026-03-01 09:09:00,5,,
    note,none,7,2026-03-02 09:02:00,6,,
    id,2,3,2026-03-01 09:03:00,2,,
    owner,Bob,3,2026-03-01 09:03:00,2,,
    balance,20,3,2026-03-01 09:03:00,2,,
    "#);
    let texts = "CREATE TABLE t(a TEXT, b TEXT, PRIMARY KEY (a, b));\nINSERT INTO t VALUES ('1', 'it''s');\n\
                 CREATE TABLE u(x INTEGER);\nINSERT INTO u VALUES (5);\n.blame t 1 \"it's\"\n.blame u 1\n";
    assert_eq!(said(texts).lines().count(), 3);
}

#[test]
fn undo_takes_the_last_transaction_back_and_can_be_undone() {
    let place = bank();
    let rows =
        || place.run(&["bank", "SELECT id, owner, balance FROM accounts ORDER BY id"], "").out;
    let before = rows();
    let script = "BEGIN;\nUPDATE accounts SET balance = balance + 1;\nDELETE FROM accounts WHERE id = 3;\n\
                  INSERT INTO accounts VALUES (9, 'Di', 9);\nCOMMIT;\n";
    assert_eq!(place.run(&["bank"], script).code, 0);
    let changed = rows();
    let undo = place.run(&["--receipts", "bank"], ".undo\n");
    assert_eq!((undo.code, undo.err.as_str()), (0, ""));
    let done = "UPDATE accounts (2 rows), DELETE accounts (1 row), INSERT accounts (1 row)";
    assert_eq!(undo.out, format!("+3 events · #11–13 UNDO transaction 6, {done}\n"));
    assert_eq!(rows(), before);
    assert_eq!(
        place
            .run(
                &[
                    "bank",
                    "SELECT intent, note, reverts FROM _transactions ORDER BY tx DESC LIMIT 1"
                ],
                ""
            )
            .out,
        "Undo|takes back transaction 6|6\n"
    );
    // What only names a moment, or has only an identity, is not in the way.
    let nothing = "BEGIN WITH (id = 'n-1');\nCOMMIT;\n";
    let script = format!("TAG 'x';\nSNAPSHOT;\n{nothing}.receipts on\n.undo\n");
    let undo = place.run(&["bank"], script);
    assert_eq!((undo.code, undo.err.as_str()), (0, ""));
    let done = "INSERT accounts (1 row), UPDATE accounts (1 row), DELETE accounts (1 row)";
    assert!(
        undo.out.contains("UNDO transaction 7 (undoes the undo of transaction 6), ")
            && undo.out.contains("DELETE accounts (1 row)"),
        "{done}: {}",
        undo.out
    );
    assert_eq!(rows(), changed);
}

#[test]
fn what_undo_brings_back_is_the_same_row() {
    let place = bank();
    let rows = |table: &str| {
        let query = format!("SELECT _row, _rev, _op, id FROM {table} ORDER BY id");
        place.run(&["bank", &query], "").out
    };
    let before = rows("accounts");
    assert_eq!(place.run(&["bank"], "DELETE FROM accounts;\n.undo\n").code, 0);
    let back = |line: &str| {
        let words: Vec<&str> = line.split('|').collect();
        let rev: u32 = words[1].parse().expect("a number");
        format!("{}|{}|insert|{}\n", words[0], rev + 2, words[3])
    };
    let expected: String = before.lines().map(back).collect();
    assert_eq!(rows("accounts"), expected);
    // A new row gets a number that none ever had.
    assert_eq!(place.run(&["bank"], "INSERT INTO accounts VALUES (50, 'New', 0);\n").code, 0);
    let new = rows("accounts").lines().last().map(str::to_owned).expect("a row");
    let largest = expected.lines().filter_map(|line| line.split('|').next()?.parse::<u64>().ok());
    let largest = largest.max().expect("rows");
    assert_eq!(new, format!("{}|1|insert|50", largest + 1));
    let verify = place.run(&["bank", "VERIFY"], "");
    assert_eq!(verify.code, 0, "{}", verify.err);
}

#[test]
fn undo_says_of_itself_what_its_options_say() {
    let place = bank();
    let script = "DELETE FROM accounts WHERE id = 1;\n\
                  .undo --intent Mistake --actor amy --note 'wrong id' --id u-1\n";
    assert_eq!(place.run(&["bank"], script).code, 0);
    let query = "SELECT intent, actor, note, id, length(digest), reverts FROM _transactions \
                 ORDER BY tx DESC LIMIT 1";
    assert_eq!(place.run(&["bank", query], "").out, "Mistake|amy|wrong id|u-1|64|6\n");
    for (line, message) in
        [(".undo --why", "there is no option --why here"), (".undo --note", "--note needs a text")]
    {
        let run = place.run(&["bank"], format!("{line}\n"));
        assert!(run.code == 1 && run.err.contains(message), "{}", run.err);
    }
}

#[test]
fn undo_says_why_it_cannot() {
    let cases = [
        (
            "ALTER TABLE accounts RENAME owner TO x;",
            "= ALTER TABLE accounts RENAME COLUMN x TO owner",
        ),
        (
            "ALTER TABLE accounts DROP COLUMN owner;",
            "= ALTER TABLE accounts ADD COLUMN owner TEXT; BEFORE",
        ),
        (
            "CREATE INDEX by_owner ON accounts(owner);",
            "error[undo]: the last transaction changed the tables",
        ),
        ("BEGIN; DELETE FROM accounts;", "error[transaction]"),
        (".goto 3", "error[past]"),
    ];
    for (before, message) in cases {
        let run = bank().run(&["bank"], format!("{before}\n.undo\n"));
        assert_eq!(run.code, 1, "{before}");
        assert!(run.err.contains(message), "{}", run.err);
    }
    assert!(run(".undo\n").err.contains("error[undo]: there is nothing to take back"));
}

#[test]
fn the_schema_and_the_session_can_be_asked_for() {
    let script = format!(
        "{TABLE}CREATE INDEX by_b ON t(b);\nCREATE UNIQUE INDEX by_a ON t(a);\n.indexes\n\
         .indexes none\n.stats\n.headers on\n.show\n.databases\n.sch t\n"
    );
    let run = run(script);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    insta::assert_snapshot!(run.out, @r#"
    by_a
    by_b
        database: in memory
          events: 3
    transactions: 3
          tables: 1
            rows: 0
       snapshots: 0
                 actor:
                  bail: on
                 check: off
                 color: output off, errors off
              database: memory
                  echo: off
          error-format: human
                events: off
               headers: on
                  last: off
                  mode: list
             nullvalue: ""
                output: stdout
                 pager: off
              progress: off
                prompt: "{database}@{event}{state}> " "{open}..> "
                 quiet: off
              receipts: off
                  rows: 40
                  safe: off
             separator: what suits the mode
    single-transaction: off
              terminal: no
                 timer: off
                 width:
                     x: off
    memory: in memory, read and write, event 3
    CREATE TABLE t(a INTEGER, b TEXT);
    CREATE INDEX by_b ON t(b);
    CREATE UNIQUE INDEX by_a ON t(a);
    "#);
}

#[test]
fn bail_decides_whether_a_script_goes_on() {
    let run = run(".bail off\nOOPS;\nSELECT 1;\n.bail on\nOOPS;\nSELECT 2;\n");
    assert_eq!((run.code, run.out.as_str()), (1, "1\n"));
    assert_eq!(run.err.matches("error[").count(), 2, "{}", run.err);
}

#[cfg(unix)]
#[test]
fn commands_of_the_system_run_and_read_nothing_of_the_script() {
    let script =
        "SELECT 1;\n.shell echo 'a  b' \"c\" | cat\n.system cat\nSELECT 2;\n.shell exit 3\n";
    let run = run(script);
    assert_eq!((run.code, run.out.as_str()), (1, "1\na  b c\n2\n"));
    assert!(
        run.err.contains("error[command-failed]: exit 3 ended with exit status: 3"),
        "{}",
        run.err
    );
    for command in [".shell true", ".system true", ".cd /", ".read x", ".output x", ".once | cat"] {
        let run = TestDirectory::new().run(&["--safe"], format!("{command}\n"));
        assert_eq!(run.code, 1);
        assert!(run.err.contains("error[safe-mode]"), "{}", run.err);
    }
}

#[cfg(unix)]
#[test]
fn another_directory_is_gone_to_unless_the_database_would_be_lost() {
    let place = TestDirectory::new();
    std::fs::create_dir(place.path().join("inside")).expect("a directory");
    place.write("inside/one.sql", "SELECT 1;\n");
    assert_eq!(place.run(&[], ".cd inside\n.read one.sql\n").out, "1\n");
    let run = place.run(&["bank"], format!("{TABLE}.cd inside\n"));
    assert_eq!(run.code, 1);
    assert!(run.err.contains("bank would not be found from another directory"), "{}", run.err);
    assert_eq!(place.run(&[], ".cd nowhere\n").code, 1);
}

#[test]
fn commands_of_other_shells_work_or_get_a_word() {
    let cases = [
        (".eqp on", "EXPLAIN"),
        (".backup main x.db", ".dump"),
        (".load x", "there are no extensions"),
        (".maxrows 9", ".rows"),
        ("\\dt\nSELECT 1;", "in a script write .tables"),
        ("\\copy t from x", ".import and .export"),
        ("\\nonsense", ".help lists them"),
        (".s", ".schema, "),
    ];
    for (command, word) in cases {
        let run = run(format!("{command}\n"));
        assert_eq!((run.code, run.out.as_str()), (1, ""), "{command}");
        assert!(
            run.err.contains("error[unknown-command]") && run.err.contains(word),
            "{}",
            run.err
        );
    }
    // What a script for sqlite3 begins with.
    let script =
        ".bail on\n.headers off\n.mode csv\n.timer off\n.echo off\nSELECT 1, 'a,b';\n.quit\n";
    assert_eq!(run(script).out, "1,\"a,b\"\n");
}

#[test]
fn show_lists_every_setting_as_it_is() {
    let script = ".bail off\n.echo on\n.events on\n.headers on\n.last on\n.mode insert 'my t'\n\
                  .nullvalue '∅\t'\n.once x\n.pager 'less -S'\n.prompt '> '\n.receipts on\n.rows all\n\
                  .separator ' ; '\n.timer on\n.width 5 -3\n.x auto\n.echo off\n.show\n";
    let place = TestDirectory::new();
    let run = place.run(&["-q", "--error-format", "short"], script);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    let shown = std::fs::read_to_string(place.path().join("x")).expect("what .once got");
    let lines: Vec<(&str, &str)> =
        shown.lines().filter_map(|line| line.trim_start().split_once(": ")).collect();
    for wanted in [
        ("bail", "off"),
        ("error-format", "short"),
        ("events", "on"),
        ("headers", "on"),
        ("last", "on"),
        ("mode", "insert my t"),
        ("nullvalue", "\"∅\\t\""),
        ("output", "x"),
        ("pager", "less -S"),
        ("prompt", "\"> \" \"{open}..> \""),
        ("quiet", "on"),
        ("receipts", "on"),
        ("rows", "all"),
        ("separator", "\" ; \""),
        ("timer", "on"),
        ("width", "5 -3"),
        ("x", "auto"),
    ] {
        assert!(lines.contains(&wanted), "{wanted:?} is not in\n{shown}");
    }
    assert!(lines.is_sorted_by_key(|(name, _)| *name), "{shown}");
}

#[test]
fn a_point_may_be_the_name_of_a_moment_or_a_number_back() {
    let place = TestDirectory::new();
    let script = "CREATE TABLE t (a); INSERT INTO t VALUES (1); TAG 'lesson 1'; INSERT INTO t VALUES (2);\n\
                  TAG two; SNAPSHOT 'three'; INSERT INTO t VALUES (3); TAG 'yesterday';\n";
    assert_eq!(place.run(&["bank"], script).code, 0);
    for (point, count) in [
        ("lesson 1", "1\n"),
        ("two", "2\n"),
        ("three", "2\n"),
        ("TAG two", "2\n"),
        // The tag of the name comes before the time.
        ("yesterday", "3\n"),
        ("2", "1\n"),
        ("-1", "3\n"),
        ("EVENT -3", "2\n"),
    ] {
        let run = place.run(&["bank"], format!(".goto {point};\nSELECT count(*) FROM t;\n"));
        assert_eq!((run.err.as_str(), run.out.as_str()), ("", count), "{point}");
        let at = place.run(&["bank", &format!("--at={point}"), "SELECT count(*) FROM t"], "");
        assert_eq!((at.err.as_str(), at.out.as_str()), ("", count), "{point}");
    }
    let rows = |diff: &str| place.run(&["bank"], format!("{diff}\n"));
    assert!(rows(".diff two LATEST").out.starts_with("t|insert|3|"));
    assert_eq!(rows(".diff two -1").out, rows(".diff two LATEST").out);
    assert_eq!(rows(".diff 'EVENT -3' LATEST t").out, rows(".diff -3 LATEST t").out);
    for (command, message) in [
        (".goto nosuch", "error[syntax]: nosuch is neither a point nor the name of one"),
        (".diff nosuch LATEST", "error[timestamp]: 'nosuch' is no time"),
        (".goto -99", "error[before-start]"),
    ] {
        let run = rows(command);
        assert_eq!(run.code, 1);
        assert!(run.err.contains(message), "{}", run.err);
    }
}

#[test]
fn blame_of_a_row_that_is_gone_says_when_it_went() {
    let place = TestDirectory::new();
    let script = "CREATE TABLE t (id INTEGER PRIMARY KEY, a); INSERT INTO t VALUES (1, 'x'), (2, 'y');\n\
                  DELETE FROM t WHERE id = 2 WITH (actor = 'amy', intent = 'Closed');\n\
                  UPDATE t SET id = 7;\n";
    let clock = ["--clock", "2026-03-01+1", "bank"];
    assert_eq!(place.run(&clock, script).code, 0);
    let blame = |key: &str| place.run(&["bank"], format!(".blame t {key}\n")).err;
    let deleted = blame("2");
    assert!(
        deleted.contains(
            "error[no-such-row]: t has no row with id = 2: event 4 deleted it (2026-03-01 "
        ),
        "{deleted}"
    );
    assert!(
        deleted.contains(", amy, Closed)\n   = .goto EVENT 3 goes to where it was last\n"),
        "{deleted}"
    );
    let moved = blame("1");
    assert!(moved.contains("t has no row with id = 1: event 5 gave it another key ("), "{moved}");
    let never = blame("9");
    assert!(never.contains("error[no-such-row]: t has no row with id = 9\n"), "{never}");
}

#[test]
fn what_turns_a_setting_over_says_what_it_is_now() {
    let run = TestDirectory::new().run(&["--receipts"], ".x\n.x\n.x on\n.x\n");
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    assert_eq!(run.out, "rows as lines: on\nrows as lines: off\nrows as lines: off\n");
    for (command, told) in [
        (".bail", "bail: off\nbail: on\n"),
        (".echo", "echo: on\n.echo\necho: off\n"),
        (".events", "events: on\nevents: off\n"),
        (".headers", "headers: on\nheaders: off\n"),
        (".receipts", "receipts: off\nreceipts: on\n"),
        (".timer", "timer: on\ntimer: off\n"),
    ] {
        let run = TestDirectory::new().run(&["--receipts"], format!("{command}\n{command}\n"));
        assert_eq!((run.code, run.err.as_str(), run.out.as_str()), (0, "", told), "{command}");
    }
}
