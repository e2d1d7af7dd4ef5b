//! Scripts: where they stop and how to go on, what stops them from outside, and how long they may be.

use super::piped::{Piped, ended};
use super::{Run, TABLE, TestDirectory, run};
use crate::terminal::screen::Screen;
use std::fs::File;
use std::io::{Read, Write};
use std::process::Command;

/// The last line of what a run said.
fn last(run: &Run) -> &str {
    run.err.lines().last().unwrap_or("")
}

#[test]
fn where_a_script_stopped_is_said_in_every_case() {
    let cases = [
        // Nothing was done: there is nothing to pass over but what comes before.
        (
            "\nOOPS;",
            "stopped at stdin:2 — 0 statements applied; continue with: asof bank --from-line 2",
        ),
        // The line holds a statement that was done, too.
        ("SELECT 1; OOPS;", "stopped at stdin:1 — 1 statement applied"),
        // A statement of several lines is begun again where it begins.
        (
            "SELECT 1;\nSELECT\n  OOPS OOPS OOPS;",
            "stopped at stdin:2 — 1 statement applied; continue with: asof bank --from-line 2",
        ),
        // A transaction that was committed stays; one that was open is done again, from its BEGIN.
        (
            "BEGIN;\nDELETE FROM t;\nCOMMIT;\nOOPS;",
            "stopped at stdin:4 — 3 statements applied (event 2); \
             continue with: asof bank --from-line 4",
        ),
        (
            "SELECT 1;\nBEGIN;\nSELECT 1;\nOOPS;",
            "stopped at stdin:4, the transaction of line 2 rolled back — 1 statement applied; \
             continue with: asof bank --from-line 2",
        ),
        // What cannot be read on has no line to go on from.
        ("SELECT 1;\nSELECT 'x", "stopped in stdin — 1 statement applied"),
        ("SELECT 1;\n\0", "stopped in stdin — 1 statement applied"),
        (
            ".oops",
            "stopped at stdin:1 — 0 statements applied; continue with: asof bank --from-line 1",
        ),
    ];
    for (script, line) in cases {
        let place = TestDirectory::new();
        assert_eq!(place.run(&["bank"], format!("{TABLE}INSERT INTO t VALUES (1, 'x');")).code, 0);
        let line = line.replace("(event 2)", "(event 3)");
        let run = place.run(&["bank"], script);
        assert_eq!((run.code, last(&run)), (1, line.as_str()), "{script}");
    }
}

#[test]
fn the_command_that_goes_on_names_what_is_left() {
    let place = TestDirectory::new();
    place.write("a b.sql", TABLE);
    place.write("two.sql", "SELECT 1;\nOOPS;\n");
    let arguments = ["bank", "-f", "a b.sql", "-f", "two.sql", "-c", "SELECT 'x'"];
    let run = place.run(&arguments, "");
    assert_eq!((run.code, run.out.as_str()), (1, "1\n"));
    assert_eq!(
        last(&run),
        "stopped at two.sql:2 — 1 statement applied; \
         continue with: asof bank -f two.sql -c 'SELECT '\\''x'\\''' --from-line 2"
    );
    // In memory nothing is left to go on with.
    let run = place.run(&["-f", "two.sql"], "");
    assert_eq!(last(&run), "stopped at two.sql:2 — 1 statement applied");
    // A script inside another one is told with it.
    place.write("outer.sql", "SELECT 0;\n.read two.sql\n");
    let run = place.run(&["bank", "-f", "outer.sql"], "");
    let said: Vec<&str> = run.err.lines().filter(|line| line.starts_with("stopped")).collect();
    assert_eq!(
        said,
        [
            "stopped at two.sql:2 — 1 statement applied",
            "stopped at outer.sql:2 — 1 statement applied; \
             continue with: asof bank -f outer.sql --from-line 2",
        ]
    );
}

#[test]
fn lines_are_passed_over_and_still_counted() {
    let script = "OOPS;\r\nOOPS '\n;\nSELECT 1;\nOOPS;\n";
    let run = TestDirectory::new().run(&["--from-line", "4"], script);
    assert_eq!((run.code, run.out.as_str()), (1, "1\n"));
    assert!(run.err.starts_with("stdin:5:1: error["), "{}", run.err);
}

#[test]
fn a_line_behind_the_end_of_a_script_is_no_line_to_begin_with() {
    let cases = [
        ("SELECT 1;\nSELECT 2;\n", "stdin has only 2 lines"),
        ("SELECT 1;\nSELECT 2", "stdin has only 2 lines"),
        ("\r\n", "stdin has only 1 line"),
        ("SELECT 1;", "stdin has only 1 line"),
        ("", "stdin is empty"),
    ];
    for (script, end) in cases {
        let run = TestDirectory::new().run(&["--from-line", "3"], script);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{script:?}");
        assert_eq!(run.err, format!("error[usage]: --from-line 3: {end}\n"));
    }
    let place = TestDirectory::new();
    place.write("long.sql", format!("{}\nSELECT 2;", "x".repeat(300_000)));
    for (line, code, out) in [("1", 1, ""), ("2", 0, "2\n"), ("3", 2, "")] {
        let run = place.run(&["-f", "long.sql", "--from-line", line], "");
        assert_eq!((run.code, run.out.as_str()), (code, out), "{line}");
    }
    // What begins with the last line, and has nothing on it but a comment, is there.
    assert_eq!(place.run(&["--from-line", "2"], "OOPS;\n-- the end").code, 0);
}

#[test]
fn the_command_that_goes_on_has_all_options() {
    let place = TestDirectory::new();
    assert_eq!(place.run(&["bank"], "TAG 'new';").code, 0);
    place.write("v.sql", format!("{TABLE}INSERT INTO t VALUES ($x, 'a');\nOOPS;\n"));
    let options = [
        "--clock",
        "2026-01-31+60",
        "bank",
        "-v",
        "x=1",
        "-csv",
        "-v",
        "y=it's",
        "-q",
        "--headers=on",
        "--null",
        "-",
        "--busy-timeout",
        "9",
        "--from-line",
        "1",
        "-cmd",
        "SELECT 0 AS cmd",
        "-X",
        "-f",
        "v.sql",
    ];
    let run = place.run(&options, "");
    let all = "continue with: asof bank --clock 2026-01-31+60 -v x=1 -m csv -v 'y=it'\\''s' -q \
               --headers on --null=- --busy-timeout 9 --cmd 'SELECT 0 AS cmd' -X -f v.sql \
               --from-line 3";
    assert_eq!((run.code, run.out.as_str()), (1, "cmd\n0\n"));
    assert!(run.err.ends_with(&format!("{all}\n")), "{}", run.err);
    // Of a file of results the first part stays, a program begins again.
    place.write("o.sql", "SELECT 1;\nOOPS;\n");
    let run = place.run(&["bank", "-o", "my rows", "-f", "o.sql"], "");
    let file = "continue with: asof bank -f o.sql --from-line 2 >> 'my rows'";
    assert!(last(&run).ends_with(file), "{}", run.err);
    let run = place.run(&["bank", "-o", "| cat", "-f", "o.sql"], "");
    let program = "continue with: asof bank -o '| cat' -f o.sql --from-line 2";
    assert!(last(&run).ends_with(program), "{}", run.err);
}

#[cfg(unix)]
#[test]
fn the_command_that_goes_on_does_so() {
    let place = TestDirectory::new();
    assert_eq!(place.run(&["bank"], "TAG 'new';").code, 0);
    let script = |last: &str| format!("SELECT 1;\n{TABLE}INSERT INTO t VALUES (1, $x);\n{last};\n");
    place.write("my v.sql", script("OOPS"));
    let run = place.run(&["bank", "-o", "rows", "-v", "x=it's", "--json", "-f", "my v.sql"], "");
    let (_, command) = last(&run).split_once("continue with: ").expect("there is a way on");
    place.write("my v.sql", script("SELECT b FROM t"));
    let asof = env!("CARGO_BIN_EXE_asof");
    let command = format!("asof() {{ '{asof}' \"$@\"; }}; {command}");
    let status = Command::new("sh").args(["-c", &command]).current_dir(place.path()).status();
    assert!(status.expect("every Unix has it").success(), "{command}");
    let rows = std::fs::read_to_string(place.path().join("rows")).expect("a file");
    assert_eq!(rows, "[{\"1\":1}]\n[{\"b\":\"it's\"}]\n");
}

#[test]
fn a_script_that_reads_itself_stops_once() {
    let place = TestDirectory::new();
    assert_eq!(place.run(&["bank"], TABLE).code, 0);
    place.write("r.sql", "SELECT 1;\n.read r.sql\n");
    place.write("a.sql", ".read b.sql\n");
    place.write("b.sql", "\n.read a.sql\n");
    let stops = |file: &str| {
        let run = place.run(&["bank", "-f", file], "");
        assert_eq!(run.code, 1);
        assert_eq!(run.err.matches("error[read-loop]: scripts read each other").count(), 1);
        let stops = run.err.lines().filter(|line| line.starts_with("stopped"));
        stops.map(str::to_owned).collect::<Vec<_>>()
    };
    let way_on = "continue with: asof bank -f";
    let whole = format!("stopped at r.sql:2 — 1 statement applied; {way_on} r.sql --from-line 2");
    assert_eq!(stops("r.sql"), [whole]);
    let whole = format!("stopped at a.sql:1 — 0 statements applied; {way_on} a.sql --from-line 1");
    assert_eq!(stops("a.sql"), ["stopped at b.sql:2 — 0 statements applied", &whole]);
}

#[test]
fn a_dot_command_behind_a_statement_is_told_to_have_a_line_of_its_own() {
    let told = "error[dot-command]: .tables is no statement: a dot-command begins its line\n";
    let way_out = "put it at the beginning of a line of its own, or in a -c of its own";
    let text = "create table t(a); .tables;";
    let place = TestDirectory::new();
    let run = place.run(&["bank", "-c", text], "");
    assert!(run.err.starts_with(&format!("-c:1:20: {told}")), "{}", run.err);
    assert!(run.err.contains(way_out), "{}", run.err);
    assert_eq!(run.code, 1);
    // What the command line says is looked at before any of it runs.
    assert!(!place.path().join("bank").exists());
    let run = place.run(&["bank"], text);
    assert!(run.err.starts_with(&format!("stdin:1:20: {told}")), "{}", run.err);
    let run = place.run(&["bank", "-c", "SELECT 1", "-c", ".tables"], "");
    assert_eq!((run.code, run.out.as_str()), (0, "1\nt\n"));
}

#[test]
fn what_programs_read_is_whole() {
    let run = run(".mode json\nSELECT 1 AS n WHERE 1 = 2;\nSELECT 9007199254740993 AS n;\n\
                   .mode ndjson\nSELECT 1 AS n WHERE 1 = 2;\nSELECT -9223372036854775808 AS n;\n");
    assert_eq!(
        (run.code, run.out.as_str()),
        (0, "[]\n[{\"n\":9007199254740993}]\n{\"n\":-9223372036854775808}\n")
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_whatever_is_printed() {
    let mut scripts: Vec<String> = asof::render::MODES
        .iter()
        .map(|mode| format!(".mode {}\nSELECT 1 AS n;", mode.name))
        .collect();
    let others = [
        ".print x",
        ".receipts on\nCREATE TABLE t(a);",
        ".echo on\nSELECT 1;",
        ".help",
        ".show",
        "CREATE TABLE t(a);\n.schema",
        "CREATE TABLE t(a);\n.tables",
        "CREATE TABLE t(a);\nREPLAY;",
    ];
    scripts.extend(others.map(str::to_string));
    for script in scripts {
        let full = File::options().write(true).open("/dev/full").expect("Linux has it");
        let mut child = TestDirectory::new().spawn_onto(&[], full);
        let mut input = child.stdin.take().expect("a pipe");
        // Whoever has stopped reads no more.
        let _ = writeln!(input, "{script}\nSELECT 2;");
        drop(input);
        let (code, message) = ended(child);
        assert_eq!(code, Some(1), "{script}");
        assert!(message.contains("error[output]: cannot write to standard output"), "{message}");
    }
}

#[test]
fn what_ran_when_a_pipe_closed_is_durable() {
    let place = TestDirectory::new();
    let mut piped = Piped::new(&place, &["--receipts", "bank"]);
    piped.send(TABLE);
    let (mut child, mut input) = piped.close_output("+1 event".len());
    writeln!(input, "INSERT INTO t VALUES (1, 'x');").expect("it listens");
    let mut rest = Vec::new();
    // It ends by itself, with its input still open.
    child.stderr.take().expect("a pipe").read_to_end(&mut rest).expect("text");
    assert_eq!(child.wait().expect("it ends").code(), Some(141));
    assert_eq!(String::from_utf8_lossy(&rest), "");
    assert_eq!(place.run(&["bank", "SELECT count(*) FROM t"], "").out, "1\n");
}

#[cfg(unix)]
#[test]
fn an_interrupt_stops_a_script_with_130() {
    let place = TestDirectory::new();
    let script = format!("{TABLE}.print ready\n");
    let waiting = "";
    let values: Vec<String> = (0..2000).map(|n| format!("({n}, 'x')")).collect();
    let running = format!(
        "INSERT INTO t VALUES {};\nSELECT count(*) FROM t AS x, t AS y, t AS z;\nSELECT 1;\n",
        values.join(",")
    );
    for (rest, said) in [(waiting, ""), (running.as_str(), "interrupted after ")] {
        let mut piped = Piped::new(&place, &[]);
        piped.send(&script);
        piped.output.read_exact(&mut [0; 6]).expect("it is ready");
        piped.send(rest);
        // It waits for more, or computes what never ends.
        std::thread::sleep(std::time::Duration::from_millis(300));
        let Piped { child, input, .. } = piped;
        let kill = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
        assert!(kill.expect("kill runs").success());
        // Its input stays open until it has ended by itself.
        let output = child.wait_with_output().expect("it ends");
        drop(input);
        let said_last = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(130), "{said_last}");
        assert!(said_last.starts_with(said), "{said_last}");
    }
}

/// The most memory that a script of so many statements took, in KiB.
#[cfg(target_os = "linux")]
fn peak(statements: usize) -> u64 {
    let Piped { mut child, mut input, mut output } = Piped::new(&TestDirectory::new(), &[]);
    let statement = format!("SELECT length('{}');\n", "x".repeat(4_000));
    let feed = std::thread::spawn(move || {
        for _ in 0..statements {
            input.write_all(statement.as_bytes()).expect("it listens");
        }
        writeln!(input, ".shell grep VmHWM /proc/$PPID/status").expect("it listens");
    });
    let mut out = String::new();
    output.read_to_string(&mut out).expect("text");
    feed.join().expect("it was all taken");
    assert!(child.wait().expect("it ends").success());
    assert_eq!(out.matches("4000\n").count(), statements);
    let line = out.lines().last().expect("a line");
    line.split_whitespace().nth(1).expect("a number").parse().expect("a number")
}

#[cfg(target_os = "linux")]
#[test]
fn a_long_script_takes_no_more_memory_than_a_short_one() {
    let is_exhaustive = std::env::var_os("ASOF_EXHAUSTIVE").is_some();
    // 100 MB, or 8.
    let statements = if is_exhaustive { 25_000 } else { 2_000 };
    let (short, long) = (peak(10), peak(statements));
    assert!(
        long < short + 4 * 1024,
        "{short} KiB for 40 KB, {long} KiB for {statements} statements"
    );
}

#[cfg(unix)]
#[test]
fn long_work_tells_a_terminal_how_far_it_is_and_takes_the_line_away() {
    let place = TestDirectory::new();
    place.write("slow.sql", format!(".shell sleep 1.1\n.print done\n-- {}\n", "x".repeat(1000)));
    let mut screen = Screen::start(&place, &["-f", "slow.sql"], 80, 24);
    screen.wait_sent("slow.sql: 2% · ").wait_for("done");
    assert_eq!(screen.end(), 0);
    assert_eq!(screen.contents().trim_end(), "done");
}

#[test]
fn dot_commands_are_no_statements_that_were_applied() {
    let run = super::run(".print a\n.print b\nSELECT 1;\n.print c\nSELECT nothing;\n");
    assert_eq!((run.code, run.out.as_str()), (1, "a\nb\n1\nc\n"));
    assert!(run.err.contains("stopped at stdin:5 — 1 statement applied"), "{}", run.err);
}

#[test]
fn a_statement_with_a_body_is_one_statement() {
    let place = TestDirectory::new();
    let trigger = "CREATE TRIGGER t AFTER INSERT ON a\nBEGIN\n  SELECT CASE WHEN 1 THEN 2 END;\n  DELETE FROM a;\nEND;";
    let script = format!(
        "CREATE TABLE a (x); INSERT INTO a VALUES (1), (2);\nBEGIN;\n{trigger}\nEXPLAIN {trigger}\n\
         INSERT INTO a VALUES (3);\nSELECT count(*) FROM a;\n\
         ROLLBACK;\nSELECT count(*) FROM a;\n"
    );
    place.write("trigger.sql", &script);
    let file = place.run(&["--keep-going", "-f", "trigger.sql"], "");
    let pipe = place.run(&["--keep-going"], &script);
    for (run, name) in [(file, "trigger.sql"), (pipe, "stdin")] {
        assert_eq!((run.code, run.out.as_str()), (1, "0\n2\n"), "{}", run.err);
        let told = format!("{name}:8:24: error[trigger-exists]: trigger \"t\" is already there");
        assert!(run.err.contains(&told), "{}", run.err);
        assert_eq!(run.err.matches("error[").count(), 1, "{}", run.err);
    }
    // What stands in the body is no statement of the command line either.
    let run = place.run(&["bank", "-c", trigger, "-c", "SELECT 1"], "");
    assert_eq!((run.code, run.out.as_str()), (3, ""), "{}", run.err);
    assert_eq!(run.err.matches("error[").count(), 1, "{}", run.err);
    assert!(!place.path().join("bank").exists());
}

#[test]
fn a_body_that_is_left_open_is_an_error_where_it_opens() {
    let script = "SELECT 1;\nCREATE TRIGGER t AFTER INSERT ON a BEGIN\n SELECT 2;\nROLLBACK;\n";
    let run = super::run(script);
    assert_eq!((run.code, run.out.as_str()), (1, "1\n"));
    let told = "stdin:2:36: error[unfinished]: this body of statements is never closed\n";
    assert!(run.err.starts_with(told), "{}", run.err);
}

#[test]
fn what_is_kept_and_not_all_that_it_says_is_a_notice_of_its_create() {
    let script = "CREATE TABLE t (a timestmp, b timestmp, c POINT CHECK (c > 0), d REFERENCES t, CHECK (a <> b));\n\
                  CREATE TABLE IF NOT EXISTS t (x nonsense);\nALTER TABLE t ADD COLUMN e varchr(10);\n\
                  CREATE TABLE u (a VARCHAR(10), b INT UNSIGNED, c, d FLOAT8);\n";
    let notices = "notice: a, b of t are ANY: there is no type \"timestmp\" (did you mean \"TIMESTAMP\"?)\n\
                   notice: c of t is INTEGER: there is no type \"POINT\", and its name has the letters of one\n\
                   notice: e of t is ANY: there is no type \"varchr\" (did you mean \"VARCHAR\" or \"NVARCHAR\" or \"VARCHAR2\"?)\n";
    let inside = format!("BEGIN;\n{script}COMMIT;\n");
    for (options, script) in
        [(&[][..], script), (&["--check"], script), (&["-1"], script), (&[], &inside)]
    {
        let run = TestDirectory::new().run(options, script);
        assert_eq!((run.code, run.out.as_str(), run.err.as_str()), (0, "", notices), "{options:?}");
    }
    let described = super::run(format!(
        "{script}SELECT \"column\", type, holds FROM _columns WHERE table_name = 't';\n"
    ));
    assert_eq!(
        described.out,
        "a|timestmp|ANY\nb|timestmp|ANY\nc|POINT|INTEGER\nd|ANY|ANY\ne|varchr(10)|ANY\n"
    );
    // What fails says nothing but that.
    let failed = super::run("CREATE TABLE t (a nonsense, a CHECK (a > 0));\n");
    assert!(!failed.err.contains("notice"), "{}", failed.err);
}

#[test]
fn keep_going_runs_what_stands_beside_what_is_no_statement() {
    let place = TestDirectory::new();
    let commands = ["-c", "SELECT 1", "-c", "SELEC", "-c", "SELECT x", "-c", "SELECT 2"];
    let run = place.run(&[&["--keep-going"], &commands[..]].concat(), "");
    assert_eq!((run.code, run.out.as_str()), (1, "1\n2\n"), "{}", run.err);
    assert_eq!(run.err.matches("error[").count(), 2, "{}", run.err);
    // Nothing runs of a command line that cannot be right.
    let run = place.run(&commands, "");
    assert_eq!((run.code, run.out.as_str()), (1, ""), "{}", run.err);
    assert_eq!(run.err.matches("error[syntax]").count(), 1, "{}", run.err);
}
