//! The binary as a process: scripts, exit codes, output modes, dot-commands.

mod dot;
#[cfg(unix)]
mod limits;
mod options;
pub(crate) mod piped;
mod processes;
mod scripts;
mod unavailable;

use assert_cmd::Command;
use piped::{Piped, ended};
use std::fs::{self, File};
use std::path::Path;
use std::process::Stdio;
use tempfile::TempDir;

/// A directory in which `asof` runs.
pub(super) struct TestDirectory(TempDir);

/// What a run gave.
pub(super) struct Run {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl TestDirectory {
    pub(super) fn new() -> TestDirectory {
        TestDirectory(TempDir::new().expect("a directory"))
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        fs::write(self.path().join(name), text).expect("a file");
    }

    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::cargo_bin("asof").expect("the binary");
        command.current_dir(self.path()).args(arguments).env("NO_COLOR", "1");
        command.env_remove("CLICOLOR_FORCE").env_remove("RUST_BACKTRACE").env_remove("ASOF_ACTOR");
        command
    }

    pub(super) fn run(&self, arguments: &[&str], input: impl AsRef<[u8]>) -> Run {
        let output =
            self.command(arguments).write_stdin(input.as_ref()).output().expect("the binary runs");
        Run {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).expect("text"),
            err: String::from_utf8(output.stderr).expect("text"),
        }
    }
}

/// Runs a script on a database in memory.
fn run(input: impl AsRef<[u8]>) -> Run {
    TestDirectory::new().run(&[], input)
}

const TABLE: &str = "CREATE TABLE t(a INTEGER, b TEXT);\n";

#[test]
fn empty_input_is_nothing() {
    for input in ["", "\n\n", "-- a comment", "/* one */ ;;", "#!/usr/bin/env asof\n"] {
        let run = run(input);
        assert_eq!((run.code, run.out.as_str(), run.err.as_str()), (0, "", ""), "{input:?}");
    }
}

#[test]
fn a_last_statement_needs_no_semicolon() {
    assert_eq!(run("SELECT 1;\nSELECT 2").out, "1\n2\n");
}

#[test]
fn writes_say_nothing_in_a_script_unless_asked() {
    let script = format!("{TABLE}INSERT INTO t VALUES (1, 'x');");
    assert_eq!(run(&script).out, "");
    let receipts = TestDirectory::new().run(&["--receipts"], &script);
    assert_eq!(receipts.out, "+1 event · #1 CREATE TABLE t\n+1 event · #2 INSERT t (1 row)\n");
}

#[test]
fn a_script_stops_at_its_first_error_and_says_how_to_go_on() {
    let place = TestDirectory::new();
    place.write(
        "seed.sql",
        format!("{TABLE}INSERT INTO t VALUES (1, 'x');\n\nSELECT\n  a FRM t;\nSELECT 9;\n"),
    );
    let run = place.run(&["bank", "-f", "seed.sql"], "");
    assert_eq!((run.code, run.out.as_str()), (1, ""));
    assert!(run.err.starts_with("seed.sql:5:"), "{}", run.err);
    assert!(run.err.contains("error["), "{}", run.err);
    assert!(run.err.contains("\n 5 |   a FRM t\n"), "{}", run.err);
    assert!(
        run.err.ends_with(
            "stopped at seed.sql:4 — 2 statements applied (events 1–2); \
             continue with: asof bank -f seed.sql --from-line 4\n"
        ),
        "{}",
        run.err
    );
    place.write("seed.sql", format!("{TABLE}INSERT INTO t VALUES (1, 'x');\n\nSELECT a FROM t;\n"));
    let resumed = place.run(&["bank", "-f", "seed.sql", "--from-line", "4"], "");
    assert_eq!((resumed.code, resumed.out.as_str(), resumed.err.as_str()), (0, "1\n", ""));
}

#[test]
fn an_error_in_a_transaction_names_its_beginning() {
    let script = format!("{TABLE}\nBEGIN;\nINSERT INTO t VALUES (1, 'x');\nOOPS;\nCOMMIT;\n");
    let place = TestDirectory::new();
    let run = place.run(&["bank"], &script);
    assert_eq!(run.code, 1);
    assert!(
        run.err.ends_with(
            "stopped at stdin:5, the transaction of line 3 rolled back — 1 statement applied \
             (event 1); continue with: asof bank --from-line 3\n"
        ),
        "{}",
        run.err
    );
    assert_eq!(place.run(&["bank", "SELECT count(*) FROM t"], "").out, "0\n");
}

#[test]
fn keep_going_goes_on_and_fails_at_the_end() {
    let run = TestDirectory::new().run(&["--keep-going"], "SELECT 1;\nOOPS;\nSELECT 2;\n");
    assert_eq!((run.code, run.out.as_str()), (1, "1\n2\n"));
    assert!(run.err.starts_with("stdin:2:1: error["), "{}", run.err);
    assert!(!run.err.contains("stopped"), "{}", run.err);
}

#[test]
fn byte_order_marks_carriage_returns_and_hash_bang_lines_are_passed_over() {
    let run = run("\u{feff}#!/usr/bin/asof\r\nSELECT 1;\r\n-- note\r\nSELECT 2;\r\nOOPS;\r\n");
    assert_eq!(run.out, "1\n2\n");
    assert!(run.err.starts_with("stdin:5:1: error["), "{}", run.err);
}

#[test]
fn what_is_no_text_is_refused_with_its_offset() {
    let cases: [(&[u8], &str); 4] = [
        (b"SELECT 1;\nSELECT '\0';", "a NUL byte: this is no text, at byte 18"),
        (b"SELECT 1;\nSELECT '\xff';", "bytes that are no UTF-8, at byte 18"),
        (b"SELECT 1;\nSELECT '\xc3", "bytes that are no UTF-8, at byte 18"),
        (b"SELECT 1;\nSELECT '\xed\xa0\x80';", "bytes that are no UTF-8, at byte 18"),
    ];
    for (input, message) in cases {
        let run = run(input);
        assert_eq!((run.code, run.out.as_str()), (1, "1\n"));
        assert!(run.err.contains(&format!("error[bad-input]: stdin: {message}")), "{}", run.err);
    }
    let elf = run(b"\x7fELF\x02\x01\x01\0\0\0");
    assert_eq!(elf.code, 1);
    assert!(elf.err.contains("at byte 7"), "{}", elf.err);
}

#[test]
fn what_is_open_at_the_end_is_an_error_where_it_was_opened() {
    let cases = [
        ("SELECT 1;\nSELECT 'abc\n\n", "stdin:2:8: error[unfinished]"),
        ("SELECT 1;\n  /* abc\n\n", "stdin:2:3: error[unfinished]"),
        ("SELECT 1;\nSELECT \"abc;\n\n", "stdin:2:8: error[unfinished]"),
        ("SELECT 1;\n BEGIN;\nSELECT 2;", "stdin:2:2: error[open-transaction]"),
    ];
    for (input, message) in cases {
        let run = run(input);
        assert_eq!(run.code, 1, "{input}");
        assert!(run.out.starts_with("1\n"));
        assert!(run.err.starts_with(message), "{}", run.err);
    }
}

#[test]
fn commands_are_parsed_before_the_first_one_runs() {
    let run = TestDirectory::new().run(&["-c", "SELECT 1", "-c", "SELECT 2; SELEC 3"], "");
    assert_eq!((run.code, run.out.as_str()), (1, ""));
    assert!(run.err.starts_with("-c:1:11: error["), "{}", run.err);
    let run =
        TestDirectory::new().run(&["-c", "SELECT 1; SELECT 2", "-c", ".print x", ":memory:"], "");
    assert_eq!((run.code, run.out.as_str()), (0, "1\n2\nx\n"));
}

#[test]
fn files_and_commands_run_in_the_order_they_are_given() {
    let place = TestDirectory::new();
    place.write("one.sql", "SELECT 1;");
    let arguments = ["-f", "one.sql", "-c", "SELECT 2", "-f", "-", "-c", "SELECT 4"];
    assert_eq!(place.run(&arguments, "SELECT 3").out, "1\n2\n3\n4\n");
}

#[test]
fn files_that_are_no_database_are_named() {
    let place = TestDirectory::new();
    let mut sqlite = b"SQLite format 3\0".to_vec();
    sqlite.resize(4096, 0);
    place.write("shop.db", sqlite);
    let run = place.run(&["shop.db"], "");
    assert_eq!(run.code, 3);
    let advice = "this is a SQLite database: sqlite3 shop.db .dump | asof shop";
    assert!(run.err.contains(advice), "{}", run.err);
    place.write("seed.sql", "SELECT 1");
    let run = place.run(&["seed.sql"], "");
    assert_eq!(run.code, 3);
    assert!(run.err.contains("asof DATABASE -f seed.sql"), "{}", run.err);
}

#[test]
fn hostile_names_reach_no_terminal_as_they_are() {
    let name = "\u{1b}[31m\u{7}\u{202e}../../x\r";
    let script = format!(
        "CREATE TABLE \"{name}\"(\"{name}\" TEXT);\n.tables\n.schema\n.mode box\n\
         INSERT INTO \"{name}\" VALUES ('{name}');\nSELECT * FROM \"{name}\";\n\
         SELECT nothing FROM \"{name}\";\nSELECT * FROM \"no {name}\";\n.mode {name}\n{name};\n"
    );
    let place = TestDirectory::new();
    let run = place.run(&["--keep-going", "bank"], script);
    assert_eq!(run.code, 1);
    assert_eq!(run.err.matches("error[").count(), 4, "{}", run.err);
    for text in [run.out, run.err] {
        let bare = text.chars().find(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}');
        assert_eq!(bare, None, "{text:?}");
        assert!(text.contains("\\e[31m"), "{text}");
    }
}

#[test]
fn usage_errors_exit_with_2() {
    let sql = TestDirectory::new().run(&["SELECT 1"], "");
    assert_eq!(sql.code, 2);
    assert!(sql.err.contains("asof -c 'SELECT 1'"), "{}", sql.err);
    let option = TestDirectory::new().run(&["bank", "--no-such-option"], "");
    assert_eq!(option.code, 2);
    assert!(option.err.contains("\nUsage: asof [OPTIONS] [DATABASE] [SQL]...\n"), "{}", option.err);
    assert_eq!(TestDirectory::new().run(&["", "SELECT 1"], "").code, 2);
    assert_eq!(TestDirectory::new().run(&["--clock", "soon"], "").code, 2);
    assert_eq!(TestDirectory::new().run(&["--version"], "").code, 0);
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let place = TestDirectory::new();
    place.write("long.sql", ".print one line of many\n".repeat(50_000));
    let piped = Piped::new(&place, &["-f", "long.sql"]);
    // What `head -1` does: some bytes are read, then nobody listens.
    let (child, _) = piped.close_output(10);
    assert_eq!(ended(child), (Some(141), String::new()));
}

#[test]
fn a_closed_pipe_ends_a_query_in_the_middle() {
    let place = TestDirectory::new();
    let values: Vec<String> = (0..1000).map(|n| format!("({n}, 'x')")).collect();
    let script = format!("{TABLE}INSERT INTO t VALUES {};", values.join(","));
    assert_eq!(place.run(&["bank"], script).code, 0);
    let piped = Piped::new(&place, &["bank", "SELECT * FROM t AS a, t AS b, t AS c"]);
    let (child, _) = piped.close_output(10);
    // All of it would be a billion rows.
    assert_eq!(ended(child), (Some(141), String::new()));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told() {
    let full = File::options().write(true).open("/dev/full").expect("Linux has it");
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_asof"))
        .args(["-c", "SELECT 1"])
        .stdin(Stdio::null())
        .stdout(full)
        .output()
        .expect("the binary runs");
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(message.contains("cannot write to standard output"), "{message}");
}

#[test]
fn a_query_that_fails_at_once_draws_nothing() {
    for mode in ["--box", "--json", "--csv", "--list", "--line"] {
        let run = TestDirectory::new()
            .run(&[mode, "--headers=on", "-c", "SELECT 9223372036854775807 + 1"], "");
        assert_eq!((run.code, run.out.as_str()), (1, ""), "{mode}");
        assert!(run.err.starts_with("-c:1:8: error[integer-overflow]"), "{}", run.err);
    }
}

#[test]
fn output_stands_before_the_error_that_follows_it() {
    let place = TestDirectory::new();
    let both = File::create(place.path().join("both")).expect("a file");
    let status = std::process::Command::new(env!("CARGO_BIN_EXE_asof"))
        .args(["--keep-going", "-f", "-"])
        .stdin(
            File::open({
                place.write("in", "SELECT 1;\nOOPS;\nSELECT 2;\n");
                place.path().join("in")
            })
            .expect("a file"),
        )
        .stdout(both.try_clone().expect("the same file"))
        .stderr(both)
        .status()
        .expect("the binary runs");
    assert_eq!(status.code(), Some(1));
    let text = fs::read_to_string(place.path().join("both")).expect("text");
    assert!(text.starts_with("1\nstdin:2:1: error[") && text.ends_with("2\n"), "{text}");
}

#[test]
fn every_mode_has_its_spellings() {
    let script = format!("{TABLE}INSERT INTO t VALUES (1, 'x,y'), (2, NULL), (3, '');");
    let shown = |options: &[&str]| {
        let place = TestDirectory::new();
        assert_eq!(place.run(&["bank"], &script).code, 0);
        let mut arguments = options.to_vec();
        arguments.extend(["bank", "SELECT a, b FROM t"]);
        let run = place.run(&arguments, "");
        assert_eq!((run.code, run.err.as_str()), (0, ""));
        run.out
    };
    assert_eq!(shown(&[]), "1|x,y\n2|\n3|\"\"\n");
    assert_eq!(shown(&["-list", "-header"]), "a|b\n1|x,y\n2|\n3|\"\"\n");
    assert_eq!(shown(&["--csv"]), "1,\"x,y\"\n2,\n3,\"\"\n");
    assert_eq!(shown(&["-csv", "--headers", "on"]), "a,b\n1,\"x,y\"\n2,\n3,\"\"\n");
    let json = "[{\"a\":1,\"b\":\"x,y\"},\n{\"a\":2,\"b\":null},\n{\"a\":3,\"b\":\"\"}]\n";
    assert_eq!(shown(&["-json"]), json);
    assert_eq!(shown(&["--mode", "ndjson"]).lines().count(), 3);
    assert_eq!(
        shown(&["-line"]),
        "    a = 1\n    b = x,y\n\n    a = 2\n    b = \n\n    a = 3\n    b = \n"
    );
    insta::assert_snapshot!(shown(&["-box"]), @r#"
    ┌───┬──────┐
    │ a │ b    │
    ├───┼──────┤
    │ 1 │ x,y  │
    │ 2 │ NULL │
    │ 3 │      │
    └───┴──────┘
    3 rows · as of event 4
    "#);
}

#[test]
fn dot_commands_work_between_statements() {
    let script = format!(
        "{TABLE}CREATE INDEX by_b ON t(b);\nCREATE TABLE other(x);\n.tables\n.tables o%\n\
         .schema T\n.mode json\nSELECT 1 AS one;\n.mode list\n.headers on\nSELECT 2 AS two;\n\
         .print 'a  b' c\n.exit 7\nSELECT 3;\n"
    );
    let run = run(script);
    assert_eq!((run.code, run.err.as_str()), (7, ""));
    insta::assert_snapshot!(run.out, @r#"
    other
    t
    other
    CREATE TABLE t(a INTEGER, b TEXT);
    CREATE INDEX by_b ON t(b);
    [{"one":1}]
    two
    2
    a  b c
    "#);
}

#[test]
fn echo_and_receipts_make_a_script_readable() {
    let script = format!(
        ".echo on\n.receipts on\n{TABLE}-- none\nSELECT\n  1;\n.print 'one  two'\n.receipts off\n\
         .echo off\nINSERT INTO t VALUES (1, 'x');\n"
    );
    let run = run(script);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    insta::assert_snapshot!(run.out, @r#"
    .receipts on
    CREATE TABLE t(a INTEGER, b TEXT);
    +1 event · #1 CREATE TABLE t
    SELECT
      1;
    1
    one  two
    .receipts off
    .echo off
    "#);
    let place = TestDirectory::new();
    assert_eq!(place.run(&["-echo", "-c", "SELECT 1"], "").out, "SELECT 1;\n1\n");
    assert_eq!(self::run(".echo perhaps\n").code, 1);
}

#[test]
fn a_query_that_fails_before_its_first_row_draws_no_box() {
    let run = TestDirectory::new().run(&["--box", "-c", "SELECT 9223372036854775807 + 1 AS n"], "");
    assert_eq!((run.code, run.out.as_str()), (1, ""));
    assert!(run.err.starts_with("-c:1:8: error[integer-overflow]"), "{}", run.err);
}

#[test]
fn help_lists_every_command_and_what_else_there_is() {
    let help = run(".help\n").out;
    for word in ["AS OF EVENT", "BEFORE EVENT", "HISTORY OF", "EVENTS", "REPLAY", "SET AS OF"] {
        assert!(help.contains(word), "{word}");
    }
    for command in asof::shell::commands() {
        assert!(help.contains(command.name), "{}", command.name);
    }
    assert!(help.contains("AS OF EVENT n"), "{help}");
    assert_eq!(run(".help goto\n").out.matches("read as of").count(), 1);
}

#[test]
fn misspelt_dot_commands_get_a_suggestion() {
    let run = run("SELECT 1;\n  .tabels\n");
    assert_eq!(run.code, 1);
    insta::assert_snapshot!(run.err, @r#"
    stdin:2:3: error[unknown-command]: there is no command .tabels
       = did you mean .tables?
    stopped at stdin:2 — 1 statement applied
    "#);
    assert!(self::run(".mode nothing\n").err.contains("modes are box, table, line, list"));
    assert!(self::run(".read\n").err.contains("usage: .read FILE"));
}

#[test]
fn scripts_read_scripts_but_not_without_end() {
    let place = TestDirectory::new();
    place.write("inner.sql", "SELECT 2;\n");
    place.write("outer.sql", "SELECT 1;\n.read inner.sql\nSELECT 3;\n");
    assert_eq!(place.run(&["-f", "outer.sql"], "").out, "1\n2\n3\n");
    place.write("inner.sql", "SELECT 2;\nOOPS;\n");
    let run = place.run(&["-f", "outer.sql"], "");
    assert_eq!((run.code, run.out.as_str()), (1, "1\n2\n"));
    assert!(run.err.starts_with("inner.sql:2:1: error["), "{}", run.err);
    place.write("inner.sql", ".read outer.sql\n");
    let run = place.run(&["-f", "outer.sql"], "");
    assert_eq!(run.code, 1);
    assert!(run.err.contains("outer.sql → inner.sql → outer.sql"), "{}", run.err);
}

#[test]
fn a_script_longer_than_its_buffers_is_cut_in_the_right_places() {
    let long = "é".repeat(300_000);
    let script = format!("SELECT 1;\n-- {long}\nSELECT 2;\n{}OOPS;", "\n".repeat(200_000));
    let run = run(script);
    assert_eq!(run.out, "1\n2\n");
    assert!(run.err.starts_with("stdin:200004:1: error["), "{}", run.err);
}

#[test]
fn the_same_clock_makes_the_same_log() {
    let log = || {
        let place = TestDirectory::new();
        let arguments = ["--clock", "2026-01-31T12:00:00Z+60", "bank"];
        let script = format!("{TABLE}INSERT INTO t VALUES (1, 'x');");
        assert_eq!(place.run(&arguments, script).code, 0);
        fs::read_to_string(place.path().join("bank/events.log")).expect("a log")
    };
    let clock = ["--clock", "2026-01-31T12:00:00Z", "-c", "SELECT CURRENT_TIMESTAMP"];
    assert!(TestDirectory::new().run(&clock, "").out.starts_with("2026-01-31 12:0"));
    let first = log();
    assert!(first.contains("2026-01-31T12:0"), "{first}");
    // Two databases are never taken for one.
    let second = log();
    let uuid = |log: &str| log.split_once("\"uuid\":\"").map(|(_, rest)| rest[..32].to_owned());
    assert_ne!(uuid(&first), uuid(&second));
    let events = |log: &str| log.split_once('\n').map(|(_, events)| events.to_owned());
    assert_eq!(events(&first), events(&second));
}
