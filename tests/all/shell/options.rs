//! Options: each does what the help says, and those that exclude each other say so.

use super::{TABLE, TestDirectory};
use crate::terminal::screen::Screen;

/// A database with a table of one row, at event 2.
fn bank() -> TestDirectory {
    let place = TestDirectory::new();
    let script = format!("{TABLE}INSERT INTO t VALUES (1, 'x');");
    assert_eq!(place.run(&["bank"], script).code, 0);
    place
}

#[test]
fn at_opens_the_past_at_any_point_and_writes_nothing() {
    let place = bank();
    place.run(&["bank", "TAG 'one'; UPDATE t SET a = 2"], "");
    let read = |point: &str| place.run(&["--at", point, "bank", "SELECT a FROM t"], "");
    for point in ["EVENT 2", "2", "TX 2", "TAG 'one'", "EVENT -2", "tag 'one'"] {
        let run = read(point);
        assert_eq!((run.code, run.out.as_str(), run.err.as_str()), (0, "1\n", ""), "{point}");
    }
    for point in ["LATEST", "'tomorrow' ", "now"] {
        let run = read(point);
        assert!(run.code == 0 && run.out == "2\n" || run.code == 1, "{point}: {}", run.err);
    }
    let empty = place.run(&["--at", "2001-01-01 12:00", "bank", "SHOW TABLES"], "");
    assert_eq!((empty.code, empty.out.as_str(), empty.err.as_str()), (0, "", ""));
    for statement in ["DELETE FROM t", "SET AS OF LATEST; DELETE FROM t"] {
        let write = place.run(&["--at", "2", "bank", statement], "");
        assert_eq!(write.code, 1, "{statement}");
        assert!(write.err.contains("error["), "{}", write.err);
    }
    assert_eq!(place.run(&["bank", "SELECT count(*) FROM t"], "").out, "1\n");
}

#[test]
fn a_point_that_is_none_is_told_with_its_place() {
    let place = bank();
    let run = place.run(&["--at", "EVNT 2", "bank"], "SELECT 1;");
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    assert!(run.err.starts_with("--at:1:1: error[syntax]"), "{}", run.err);
    assert!(run.err.contains("\n 1 | EVNT 2\n"), "{}", run.err);
    let run = place.run(&["--at", "EVENT 2; DROP TABLE t", "bank"], "SELECT 1;");
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    let run = place.run(&["--at", "EVENT 9", "bank"], "SELECT 1;");
    assert_eq!((run.code, run.out.as_str()), (1, ""));
    assert!(run.err.starts_with("--at:1:1: error[beyond-head]"), "{}", run.err);
    assert!(run.err.contains("\n 1 | EVENT 9\n   | ^^^^^^^"), "{}", run.err);
    let missing = place.run(&["--at", "9", "bnak"], "SELECT 1;");
    assert_eq!(missing.code, 3);
    assert!(missing.err.contains("did you mean bank?"), "{}", missing.err);
}

#[test]
fn a_run_in_one_transaction_is_done_whole_or_not_at_all() {
    let place = bank();
    place.write("two.sql", "INSERT INTO t VALUES (2, 'y');\nINSERT INTO t VALUES (3, 'z');\n");
    place.write("bad.sql", "DELETE FROM t;\nINSERT INTO t VALUES (1);\n");
    let run = place.run(&["-1", "bank", "-f", "two.sql", "-f", "bad.sql"], "");
    assert_eq!((run.code, run.out.as_str()), (1, ""));
    assert!(run.err.starts_with("bad.sql:2:"), "{}", run.err);
    assert!(
        run.err.ends_with(
            "stopped at bad.sql:2\n\
             the whole run was one transaction: it is rolled back, nothing was written\n"
        ),
        "{}",
        run.err
    );
    let count = || place.run(&["bank", "SELECT count(*), max(_tx) FROM t"], "").out;
    assert_eq!(count(), "1|2\n");
    let run = place.run(&["--single-transaction", "bank", "-f", "two.sql", "DELETE FROM t"], "");
    assert_eq!((run.code, run.out.as_str(), run.err.as_str()), (0, "", ""));
    assert_eq!(count(), "0|\n");
    let run = place.run(&["-1", "bank"], "INSERT INTO t VALUES (4, 'a');\n.exit 0\nOOPS;");
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    assert_eq!(count(), "1|4\n");
    let run = place.run(&["-1", "bank"], "DELETE FROM t;\n.exit 5\n");
    assert_eq!(run.code, 5);
    assert!(run.err.contains("rolled back"), "{}", run.err);
    assert_eq!(count(), "1|4\n");
}

#[test]
fn a_run_in_one_transaction_has_no_other() {
    for word in ["BEGIN", "COMMIT", "END", "ROLLBACK", "/* a */ commit"] {
        let place = bank();
        let run = place.run(&["-1", "bank"], format!("DELETE FROM t;\n{word};\n"));
        assert_eq!(run.code, 1, "{word}");
        assert!(run.err.starts_with("stdin:2:"), "{}", run.err);
        assert!(run.err.contains("error[transaction]: the whole run"), "{}", run.err);
        assert_eq!(place.run(&["bank", "SELECT count(*) FROM t"], "").out, "1\n");
    }
    for other in ["--keep-going", "--read-only", "--check", "--at=1"] {
        assert_eq!(TestDirectory::new().run(&["-1", other, "bank"], "").code, 2, "{other}");
    }
}

#[test]
fn check_tells_every_error_and_does_nothing() {
    let place = bank();
    place.write("inner.sql", "SELECT z FROM t;\n");
    let script = "CREATE TABLE u(x INTEGER);\nINSERT INTO u VALUES (1);\nSELECT y FROM u;\n\
                  .tabels\n.read inner.sql\nSELECT x FROM u AS OF EVENT 4;\nSELEC;\n\
                  BEGIN;\nDROP TABLE t;\n";
    let run = place.run(&["--check", "bank"], script);
    assert_eq!((run.code, run.out.as_str()), (1, ""));
    let errors: Vec<&str> =
        run.err.lines().filter(|line| line.contains("error[")).map(first).collect();
    assert_eq!(
        errors,
        [
            "stdin:3:8: error[unknown-column]",
            "stdin:4:1: error[unknown-command]",
            "inner.sql:1:8: error[unknown-column]",
            "stdin:7:1: error[syntax]",
            "stdin:8:1: error[open-transaction]",
        ]
    );
    assert!(!run.err.contains("stopped"), "{}", run.err);
    let count = place.run(&["bank", "SELECT count(*) FROM _events"], "");
    assert_eq!(count.out, "2\n");
    let good = place.run(&["--check", "bank", "SELECT a FROM t"], "");
    assert_eq!((good.code, good.out.as_str(), good.err.as_str()), (0, "", ""));
    let new = place.run(&["--check", "new"], TABLE);
    assert_eq!((new.code, new.err.as_str()), (0, ""));
    assert!(!place.path().join("new").exists());
}

/// What a line says up to the kind of the error.
fn first(line: &str) -> &str {
    line.find(']').map_or(line, |end| &line[..=end])
}

#[test]
fn safe_refuses_what_touches_files_and_programs() {
    let place = TestDirectory::new();
    place.write("one.sql", "SELECT 1;\n");
    let run = place.run(&["--safe", "--keep-going"], "SELECT 2;\n.read one.sql\n");
    assert_eq!((run.code, run.out.as_str()), (1, "2\n"));
    assert!(run.err.starts_with("stdin:2:1: error[safe-mode]: .read is refused"), "{}", run.err);
    // What the command line names was meant by whoever wrote that.
    assert_eq!(place.run(&["-safe", "-f", "one.sql"], "").out, "1\n");
}

#[test]
fn a_start_up_file_comes_first_and_options_over_it() {
    let place = bank();
    place.write("rc.sql", ".mode json\n.headers on\nSELECT 0 AS rc;\nOOPS;\nSELECT 9;\n");
    let run = place.run(&["-init", "rc.sql", "--csv", "bank", "SELECT a FROM t"], "");
    assert_eq!((run.code, run.out.as_str()), (1, "[{\"rc\":0}]\na\n1\n"));
    assert!(run.err.starts_with("rc.sql:4:1: error[syntax]"), "{}", run.err);
    let missing = place.run(&["--init", "none.sql", "-c", "SELECT 1"], "");
    assert_eq!((missing.code, missing.out.as_str()), (1, "1\n"));
    assert!(missing.err.contains("cannot read none.sql"), "{}", missing.err);
    // Only whoever types is met by the one of the configuration.
    let home = place.path().join("config/asof");
    std::fs::create_dir_all(&home).expect("a directory");
    std::fs::write(home.join("rc.sql"), "SELECT 'rc';").expect("a file");
    let mut command = place.command(&["-c", "SELECT 1"]);
    let output = command.env("XDG_CONFIG_HOME", place.path().join("config")).output();
    assert_eq!(output.expect("the binary runs").stdout, b"1\n");
    assert_eq!(place.run(&["-X", "--init", "rc.sql"], "").code, 2);
}

#[cfg(unix)]
#[test]
fn at_a_terminal_the_start_up_file_of_the_configuration_runs() {
    let place = bank();
    let folder = place.path().join("home/asof");
    std::fs::create_dir_all(&folder).expect("a directory");
    let text = ".mode csv\nOOPS;\n.mode json\n";
    std::fs::write(folder.join("rc.sql"), text).expect("a file");
    let mut screen = Screen::start(&place, &["bank"], 100, 24);
    screen.wait_for("rc.sql:2:1: error[syntax]").wait_line("bank@2> ");
    screen.keys("SELECT a, b FROM t;\r").wait_for("1,x").wait_line("bank@2> ").keys("\x04");
    assert_eq!(screen.end(), 0);
    let mut screen = Screen::start(&place, &["-X", "--at", "1", "bank"], 100, 24);
    screen.wait_line("bank@1/2 past> ");
    assert!(!screen.contents().contains("rc.sql"), "{}", screen.contents());
    screen.keys("\x04");
    assert_eq!(screen.end(), 0);
}

#[test]
fn spellings_of_sqlite_work_or_get_a_word() {
    let place = TestDirectory::new();
    let arguments = ["-batch", "-bail", "-cmd", ".mode csv", "-cmd", "SELECT 1", ":memory:"];
    assert_eq!(place.run(&arguments, "SELECT 'a,b';").out, "1\n\"a,b\"\n");
    let values = ["-separator", ", ", "-nullvalue", "-", "-c", "SELECT 1, NULL"];
    assert_eq!(place.run(&values, "").out, "1, -\n");
    let run = place.run(&["-ascii", "-c", "SELECT 1"], "");
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    assert!(run.err.contains("there is no option -ascii: --tsv"), "{}", run.err);
    assert_eq!(place.run(&["-bail", "--keep-going"], "").code, 2);
    assert_eq!(place.run(&["-version"], "").code, 0);
}

#[test]
fn results_and_errors_go_where_and_how_they_are_asked_to() {
    let place = bank();
    let run = place.run(&["-o", "rows", "--null", "none", "bank", "SELECT a, NULL FROM t"], "");
    assert_eq!((run.code, run.out.as_str(), run.err.as_str()), (0, "", ""));
    let rows = std::fs::read_to_string(place.path().join("rows")).expect("a file");
    assert_eq!(rows, "1|none\n");
    let run = place.run(&["-o", "no/where", "bank", "DELETE FROM t"], "");
    assert_eq!(run.code, 1);
    assert!(run.err.contains("error[output]: cannot write to no/where"), "{}", run.err);
    assert_eq!(place.run(&["bank", "SELECT count(*) FROM t"], "").out, "1\n");
    let json = place.run(&["--error-format", "json", "bank", "OOPS"], "").err;
    assert!(json.starts_with("{\"code\":\"syntax\""), "{json}");
    assert_eq!(place.run(&["--error-format=short", "bank", "OOPS"], "").err.lines().count(), 1);
    assert_eq!(place.run(&["--error-format=long", "bank"], "").code, 2);
}

#[test]
fn colour_is_where_it_is_asked_for() {
    let coloured = |arguments: &[&str], name: &str, value: &str| {
        let place = TestDirectory::new();
        let mut command = place.command(arguments);
        command.env_remove("NO_COLOR").env(name, value);
        let output = command.output().expect("the binary runs");
        output.stderr.contains(&0x1b)
    };
    assert!(!coloured(&["-c", "OOPS"], "NOTHING", ""));
    assert!(coloured(&["--color", "always", "-c", "OOPS"], "NO_COLOR", "1"));
    assert!(coloured(&["-c", "OOPS"], "CLICOLOR_FORCE", "1"));
    assert!(!coloured(&["--color=never", "-c", "OOPS"], "CLICOLOR_FORCE", "1"));
    assert!(!coloured(&["-c", "OOPS"], "CLICOLOR_FORCE", "0"));
    assert_eq!(TestDirectory::new().run(&["--color", "sometimes"], "").code, 2);
}

#[test]
fn a_parameter_has_its_value_in_every_database() {
    let place = TestDirectory::new();
    let query = "SELECT $name || '!', :n + 1, typeof(@n);";
    let run = place.run(&["-v", "name=it's me", "-v", "n=41"], query);
    assert_eq!((run.code, run.out.as_str()), (0, "it's me!|42|integer\n"), "{}", run.err);
    let script = format!(".open other\nCREATE TABLE t (a);\n.open :memory:\n{query}");
    let run = place.run(&["--variable", "name=x", "-v", "n=1.5"], script);
    assert_eq!((run.code, run.out.as_str()), (0, "x!|2.5|real\n"), "{}", run.err);
    for wrong in ["name", "=1", "a b=1"] {
        assert_eq!(place.run(&["-v", wrong], "SELECT 1;").code, 2, "{wrong}");
    }
    assert_eq!(place.run(&[], "SELECT $name;").code, 1);
}

#[test]
fn a_transaction_that_never_commits_creates_nothing() {
    let place = TestDirectory::new();
    let too_long = format!("TAG '{}'", "x".repeat(65 << 20));
    for last in ["SELECT * FROM nowhere;", &too_long] {
        let run = place.run(&["-1", "bank"], format!("CREATE TABLE t (a);\n{last}"));
        assert_eq!(run.code, 1, "{}", run.err);
        assert!(!place.path().join("bank").exists(), "{}", run.err);
    }
    assert_eq!(place.run(&["-1", "bank"], "CREATE TABLE t (a);").code, 0);
    assert!(place.path().join("bank").exists());
}
